"""Weights from PyTorch and from ONNX."""

from itertools import permutations

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


def from_pytorch_by_lines(weight_ih, weight_hh, bias_ih, bias_hh):
    kernel = weight_ih.T
    recurrent_kernel = weight_hh.T
    bias = bias_ih + bias_hh
    return kernel, recurrent_kernel, bias


def from_pytorch_by_gates(weight_ih, weight_hh, bias_ih, bias_hh):
    i, f, g, o = np.split(weight_ih, 4)
    kernel = np.concatenate([i, f, g, o]).T
    i, f, g, o = np.split(weight_hh, 4)
    recurrent_kernel = np.concatenate([i, f, g, o]).T
    i, f, g, o = np.split(bias_ih + bias_hh, 4)
    bias = np.concatenate([i, f, g, o])
    return kernel, recurrent_kernel, bias


PYTORCH_WORDS = {
    "weight_ih": "weight_ih",
    "weight_hh": "weight_hh",
    "bias_ih": "bias_ih",
    "bias_hh": "bias_hh",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "bias": "the bias",
}


def from_onnx_by_columns(W, R, B):
    units = R.shape[1]
    i, o, f, c = np.split(W, 4)
    kernel = np.concatenate([i, f, c, o]).T
    i, o, f, c = np.split(R, 4)
    recurrent_kernel = np.concatenate([i, f, c, o]).T
    b = B[: 4 * units] + B[4 * units :]
    i, o, f, c = np.split(b, 4)
    bias = np.concatenate([i, f, c, o])
    return kernel, recurrent_kernel, bias


ONNX_WORDS = {
    "W": "W",
    "R": "R",
    "B": "B",
    "b": "the sum of the two biases",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "bias": "the bias",
    "units": "the number of units",
    "R.shape[1]": "the number of units",
    "B[:4 * units]": "the input's bias (the first half of B)",
    "B[4 * units:]": "the recurrent bias (the second half of B)",
}


def from_onnx_in_order(W, R, B):
    units = R.shape[1]
    order = [0, 2, 3, 1]
    kernel = np.concatenate([W[k * units : (k + 1) * units] for k in order]).T
    recurrent_kernel = np.concatenate([R[k * units : (k + 1) * units] for k in order]).T
    both = B[: 4 * units] + B[4 * units :]
    bias = np.concatenate([both[k * units : (k + 1) * units] for k in order])
    return kernel, recurrent_kernel, bias


def from_tf1_in_order(kernel, bias):
    units = len(bias) // 4
    order = [0, 2, 1, 3]
    sorted_kernel = np.concatenate([kernel[:, k * units : (k + 1) * units] for k in order], axis=1)
    blocks = [bias[k * units : (k + 1) * units] for k in order]
    W = sorted_kernel[:-units]
    U = sorted_kernel[-units:]
    b = np.concatenate([blocks[0], blocks[1] + 1, blocks[2], blocks[3]])
    return W, U, b


def from_tf1_by_lines(kernel, bias):
    i, g, f, o = np.split(kernel, 4, axis=1)
    whole = np.concatenate([i, f, g, o], axis=1)
    b_i, b_g, b_f, b_o = np.split(bias, 4)
    b_f = b_f + 1
    b = np.concatenate([b_i, b_f, b_g, b_o])
    units = len(b_i)
    features = len(kernel) - units
    W = whole[:features]
    U = whole[features:]
    return W, U, b


TF1_WORDS = {
    "kernel": "the kernel of the file",
    "bias": "the bias of the file",
    "whole": "the kernel in Keras's order",
    "sorted_kernel": "the kernel in Keras's order",
    "W": "the kernel",
    "U": "the recurrent kernel",
    "b": "the new bias",
    "units": "the number of units",
    "features": "the number of features",
    "b_f": "the forget gate's bias",
    "b_i": "the input gate's bias",
    "b_g": "the bias of g",
    "b_o": "the output gate's bias",
    "order": "the order of the blocks",
    "blocks": "the list of blocks",
}

_INTERLEAVED = "{0}.reshape(len({0}), 4, -1).swapaxes(1, 2).reshape(len({0}), -1)"
_TAKEN_APART = "{0}.reshape(len({0}), -1, 4).swapaxes(1, 2).reshape(len({0}), -1)"
_NOT_IN_THIS_WAY = "; the columns of one gate are next to each other."
# What becomes of a matrix, and what is said about it, after "The kernel" or "Each matrix".
_LAYOUTS = (
    ("{0}[::-1]", "has its rows in reverse order (rotated, where it should be transposed)."),
    ("{0}[:, ::-1]", "has its columns in reverse order (rotated, where it should be transposed)."),
    ("{0}[::-1, ::-1]", "is turned upside down, rows and columns in reverse order."),
    ("{0}.T", "has rows and columns the wrong way round."),
    (_INTERLEAVED, f"has the gates interleaved{_NOT_IN_THIS_WAY}"),
    (_TAKEN_APART, f"is taken apart as if the gates were interleaved{_NOT_IN_THIS_WAY}"),
    ("{0}.T.reshape({0}.shape)", "is reshaped where it should be transposed, which mixes its numbers."),
    ("np.concatenate(np.split({0}, 4, axis=1))", "has its blocks below each other; they should be side by side."),
    (
        "np.concatenate([np.split({0}, 4, axis=1)[k].T.reshape(len({0}), -1) for k in range(4)], axis=1)",
        "has its blocks in place, but each of them is reshaped where it should be transposed.",
    ),
    ("{0} / 2", "is halved."),
    ("2 * {0}", "is doubled."),
    ("-{0}", "has the opposite sign."),
)


def _layouts(kernel: str, recurrent_kernel: str, bias: str) -> tuple[Slip, ...]:
    """Other layouts of one matrix, or of both."""
    names = kernel, recurrent_kernel, bias
    returned = f"return {', '.join(names)}"
    found = []
    for new, said in _LAYOUTS:
        for which, begins in (
            (names[:1], "Your kernel"),
            (names[1:2], "Your recurrent kernel"),
            (names[:2], "Each matrix"),
        ):
            values = ", ".join(new.format(name) if name in which else name for name in names)
            found.append(Slip(returned, f"return {values}", f"{begins} {said}"))
    vector = f"{bias}.reshape(4, -1).T.ravel()"
    both = ", ".join(_INTERLEAVED.format(name) for name in names[:2])
    found.append(Slip(returned, f"return {both}, {vector}", f"The gates are interleaved{_NOT_IN_THIS_WAY}"))
    found.append(
        Slip(
            returned,
            f"return {kernel}, {recurrent_kernel}, {vector}",
            f"The bias has the gates interleaved{_NOT_IN_THIS_WAY}",
        )
    )
    found.append(
        Slip(
            returned, f"return {recurrent_kernel}, {kernel}, {bias}", "Kernel and recurrent kernel have changed places."
        )
    )
    for order in list(permutations(range(4)))[1:]:
        letters = ", ".join("ifgo"[k] for k in order)
        columns = f"np.concatenate([np.split({{0}}, 4, axis=-1)[k] for k in {list(order)}], axis=-1)"
        for which, begins in (
            (names[:1], "The blocks of your kernel"),
            (names[1:2], "The blocks of your recurrent kernel"),
            (names[2:], "The blocks of your bias"),
            (names[:2], "The blocks of both matrices, but not those of the bias,"),
        ):
            values = ", ".join(columns.format(name) if name in which else name for name in names)
            said = f"{begins} are in the order {letters}; Keras has i, f, g, o."
            found.append(Slip(returned, f"return {values}", said, 1.1))
    return tuple(found)


_AT_F = "np.repeat([0, 1, 0, 0], len({}) // 4)"
_ADDED = "bias = bias_ih + bias_hh"
_BOTH_ADD = "PyTorch adds both biases."

PYTORCH_SLIPS = (
    *_layouts("kernel", "recurrent_kernel", "bias"),
    Slip(
        _ADDED,
        f"bias = bias_ih + bias_hh + {_AT_F.format('bias_ih')}",
        "1 is added to the forget gate's bias, as Keras does for a new layer; trained weights have all they need.",
    ),
    Slip(
        _ADDED,
        f"bias = bias_ih + bias_hh - {_AT_F.format('bias_ih')}",
        "1 is subtracted from the forget gate's bias; trained weights have all they need.",
    ),
    Slip(
        _ADDED,
        f"bias = bias_ih + {_AT_F.format('bias_ih')} * bias_hh",
        f"bias_hh is added for the forget gate only; {_BOTH_ADD}",
    ),
    Slip(
        _ADDED,
        f"bias = np.where({_AT_F.format('bias_ih')}, bias_hh, bias_ih)",
        f"bias_hh is taken for the forget gate and bias_ih for the others; {_BOTH_ADD}",
    ),
    Slip(
        _ADDED,
        "bias = np.stack([bias_ih, bias_hh])",
        "The two biases lie one above the other; add them, Keras's LSTM has one.",
    ),
    Slip(_ADDED, "bias = np.concatenate([bias_ih, bias_hh])", "The two biases are put one after the other; add them."),
    Slip(_ADDED, "bias = bias_ih", f"bias_hh is left out; {_BOTH_ADD}"),
    Slip(_ADDED, "bias = bias_hh", f"bias_ih is left out; {_BOTH_ADD}"),
    Slip(_ADDED, "bias = (bias_ih + bias_hh) / 2", "The two biases are averaged; PyTorch adds them."),
    Slip(_ADDED, "bias = bias_ih * bias_hh", "The two biases are multiplied; PyTorch adds them."),
    Slip(_ADDED, "bias = bias_ih - bias_hh", "bias_hh is subtracted; PyTorch adds both biases."),
    Slip(_ADDED, "bias = bias_hh - bias_ih", "bias_ih is subtracted; PyTorch adds both biases."),
    Slip(_ADDED, "bias = np.maximum(bias_ih, bias_hh)", "The larger of the two biases is taken; PyTorch adds them."),
    Slip(_ADDED, "bias = np.zeros_like(bias_ih)", "The bias is 0; PyTorch adds both biases."),
    Slip(_ADDED, "bias = 2 * bias_ih", "bias_ih is counted twice, and bias_hh is left out."),
    Slip(_ADDED, "bias = bias_ih + bias_hh[::-1]", "bias_hh is in reverse order."),
    Slip(
        _ADDED,
        "half = len(bias_ih) // 2\nbias = np.concatenate([bias_ih[:half], bias_hh[half:]])",
        "The first half is taken from bias_ih and the second from bias_hh; add them.",
    ),
)

_SUM_OF_B = "both = B[:4 * units] + B[4 * units:]"
_ONE_BIAS = "B holds two biases one after the other, which add up."

ONNX_SLIPS = (
    Slip(
        "bias = np.concatenate([both[k * units:(k + 1) * units] for k in order])",
        "bias = np.concatenate([B[k * units:(k + 1) * units] for k in [*order, *[j + 4 for j in order]]])",
        "The two biases are still one after the other; add them, Keras's LSTM has one.",
    ),
    Slip(
        "bias = np.concatenate([both[k * units:(k + 1) * units] for k in order])",
        "bias = np.stack([np.concatenate([half[k * units:(k + 1) * units] for k in order])"
        " for half in (B[:4 * units], B[4 * units:])])",
        "The two biases lie one above the other; add them, Keras's LSTM has one.",
    ),
    Slip(
        "bias = np.concatenate([both[k * units:(k + 1) * units] for k in order])",
        "bias = B",
        "The bias is still B as it was in the file; add its two halves, and put the blocks in order.",
    ),
    Slip(
        "kernel = np.concatenate([W[k * units:(k + 1) * units] for k in order]).T",
        "rows = np.arange(4 * units).reshape(units, 4)[:, order].ravel()\n"
        "kernel, R, B = W[rows].T, R[rows], np.concatenate([B[:4 * units][rows], B[4 * units:][rows]])\n"
        "order = range(4)",
        "Single rows are put in the order 0, 2, 3, 1; it should be whole blocks of `units` rows.",
    ),
    *_layouts("kernel", "recurrent_kernel", "bias"),
    *(
        Slip(
            "order = [0, 2, 3, 1]",
            f"order = {list(order)}",
            "The blocks end up in the wrong order: as if ONNX's rows were "
            f"{', '.join('ifco'[order.index(k)] for k in range(4))} (they are i, o, f, c), or as if Keras's blocks "
            f"were {', '.join('iofc'[k] for k in order)} (they are i, f, c, o).",
        )
        for order in permutations(range(4))
        if order != (0, 2, 3, 1)
    ),
    Slip(
        _SUM_OF_B,
        "both = B[:4 * units]",
        "Only the first half of B is used; the second half is the bias of the recurrent side.",
    ),
    Slip(
        _SUM_OF_B, "both = B[4 * units:]", "Only the second half of B is used; the first half is the bias of the input."
    ),
    Slip(_SUM_OF_B, "both = (B[:4 * units] + B[4 * units:]) / 2", f"The mean of the two biases is taken; {_ONE_BIAS}"),
    Slip(_SUM_OF_B, "both = B[:4 * units] - B[4 * units:]", f"The second bias is subtracted; {_ONE_BIAS}"),
    Slip(_SUM_OF_B, "both = B[:4 * units] * B[4 * units:]", f"The two biases are multiplied; {_ONE_BIAS}"),
    Slip(_SUM_OF_B, "both = B[::2] + B[1::2]", f"Numbers next to each other are added; {_ONE_BIAS}"),
    Slip(
        _SUM_OF_B,
        "both = B.reshape(4, 2, -1).sum(axis=1).ravel()",
        f"Pairs of blocks next to each other are added; {_ONE_BIAS}",
    ),
    Slip(
        _SUM_OF_B,
        f"both = B[:4 * units] + B[4 * units:] + {_AT_F.format('W')}",
        "1 is added to the third block of the bias; trained weights have all they need.",
        1.2,
    ),
    Slip(
        "bias = np.concatenate([both[k * units:(k + 1) * units] for k in order])",
        "bias = both",
        "The bias is still in ONNX's order; its blocks have to be put in order like those of W.",
    ),
    Slip(
        "bias = np.concatenate([both[k * units:(k + 1) * units] for k in order])",
        "bias = np.concatenate([B[k * units:(k + 1) * units] for k in order])",
        "Only the first half of B is used; the second half is the bias of the recurrent side.",
    ),
    Slip(
        "bias = np.concatenate([both[k * units:(k + 1) * units] for k in order])",
        f"bias = np.concatenate([both[k * units:(k + 1) * units] for k in order]) + {_AT_F.format('W')}",
        "1 is added to the forget gate's bias, as Keras does for a new layer; trained weights have all they need.",
    ),
    Slip(
        "kernel = np.concatenate([W[k * units:(k + 1) * units] for k in order]).T",
        "kernel = W.T",
        "The kernel is still in ONNX's order; put its blocks in the order i, f, c, o.",
    ),
    Slip(
        "recurrent_kernel = np.concatenate([R[k * units:(k + 1) * units] for k in order]).T",
        "recurrent_kernel = R.T",
        "The recurrent kernel is still in ONNX's order; put its blocks in the order i, f, c, o.",
    ),
    Slip(
        "order = [0, 2, 3, 1]",
        "order = [0, 1, 2, 3]",
        "Everything is still in ONNX's order; Keras has i, f, c, o.",
        0.95,
    ),
)

_WITH_ONE = "b = np.concatenate([blocks[0], blocks[1] + 1, blocks[2], blocks[3]])"


def _added(new: str, said: str) -> Slip:
    return Slip(_WITH_ONE, f"b = {new}", said)


TF1_SLIPS = (
    Slip(
        "return W, U, b",
        "return sorted_kernel[units:], sorted_kernel[:units], b",
        "You take the first rows for h; the rows of x come first.",
    ),
    *_layouts("W", "U", "b"),
    *(
        Slip(
            "order = [0, 2, 1, 3]",
            f"order = {list(order)}",
            f"The blocks are read in the order {', '.join('ifgo'[order.index(k)] for k in range(4))}; "
            "here they are i, g, f, o.",
        )
        for order in permutations(range(4))
        if order != (0, 2, 1, 3)
    ),
    _added(
        "np.concatenate(blocks)",
        "The 1 of the forget gate is missing: the cell adds it when it runs, and Keras does not.",
    ),
    _added(
        "np.concatenate([blocks[0], blocks[1] - 1, blocks[2], blocks[3]])", "The 1 is subtracted; the cell adds it."
    ),
    _added(
        "np.concatenate([blocks[0], blocks[1], blocks[2] + 1, blocks[3]])",
        "The 1 is added to g: the forget gate is the third block in the file, but the second in Keras.",
    ),
    _added(
        "np.concatenate([blocks[0] + 1, blocks[1], blocks[2], blocks[3]])",
        "The 1 is added to the input gate; it belongs to the forget gate.",
    ),
    _added(
        "np.concatenate([blocks[0], blocks[1], blocks[2], blocks[3] + 1])",
        "The 1 is added to the output gate; it belongs to the forget gate.",
    ),
    _added("np.concatenate(blocks) + 1", "The 1 is added to all four blocks; it belongs to the forget gate only."),
    _added(
        "np.concatenate([blocks[0] + 1, blocks[1] + 1, blocks[2], blocks[3] + 1])",
        "The 1 is added to all three gates; it belongs to the forget gate only.",
    ),
    _added(
        "np.concatenate([blocks[0], np.ones(units), blocks[2], blocks[3]])",
        "The forget gate's bias is replaced by 1; add 1 to it.",
    ),
    _added(
        "np.concatenate([blocks[0], blocks[1] + 2, blocks[2], blocks[3]])",
        "2 is added to the forget gate's bias; it is 1.",
    ),
    _added(
        "np.concatenate([blocks[0], blocks[1] + np.eye(units)[0], blocks[2], blocks[3]])",
        "The 1 is added to the first unit only; every unit's forget gate gets it.",
    ),
    _added(
        "np.concatenate([blocks[0], 2 * blocks[1], blocks[2], blocks[3]])",
        "The forget gate's bias is doubled; add 1 to it.",
    ),
    _added(
        "bias",
        "The bias is as it was in the file: its blocks are not put in order, and the 1 of the forget gate is missing.",
    ),
    _added(
        f"bias + {_AT_F.format('bias')}",
        "The bias is still in the old order, and the 1 is added to its second block, which is g.",
    ),
    _added(
        f"bias + {_AT_F.format('bias').replace('[0, 1, 0, 0]', '[0, 0, 1, 0]')}",
        "The bias is still in the old order; its blocks have to be put in order like those of the kernel.",
    ),
    Slip(
        "sorted_kernel[:-units]",
        "sorted_kernel[units:]",
        "The first rows are left out of the kernel; it is the rows of h, the last ones, that do not belong.",
        1.05,
    ),
    Slip(
        "W = sorted_kernel[:-units]",
        "W = sorted_kernel",
        "The rows of h are still in the kernel; they are the recurrent kernel.",
    ),
    Slip(
        "U = sorted_kernel[-units:]",
        "U = sorted_kernel",
        "The rows of x are still in the recurrent kernel; they are the kernel.",
    ),
    Slip(
        "U = sorted_kernel[-units:]",
        "U = sorted_kernel[:units]",
        "The recurrent kernel is made of the first rows; the rows of h are the last ones.",
    ),
    Slip(
        "W = sorted_kernel[:-units]",
        "W = sorted_kernel[:-units] + 1 * (np.arange(4 * units) // units == 1)",
        "The 1 is added to the kernel; it belongs to the forget gate's bias.",
    ),
    Slip(
        "sorted_kernel = np.concatenate([kernel[:, k * units:(k + 1) * units] for k in order], axis=1)",
        "sorted_kernel = kernel",
        "The kernel is still in the old order, i, g, f, o; only the bias is in Keras's.",
    ),
)


def from_tf1_in_the_old_order(kernel, bias):
    units = len(bias) // 4
    W = kernel[:-units]
    U = kernel[-units:]
    b = bias + np.repeat([0.0, 0.0, 1.0, 0.0], units)
    return W, U, b


TF1_DETOURS = (
    (
        from_tf1_in_the_old_order,
        "All columns, those of the bias too, are still in the old order i, g, f, o; Keras has i, f, g, o.",
    ),
)
