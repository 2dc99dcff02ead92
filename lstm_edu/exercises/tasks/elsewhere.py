"""Weights that come from another program."""

from itertools import permutations

import numpy as np

from lstm_edu import formats
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import normal

_RETURNS = (
    Output("kernel", ("feature", "unit"), "(F, 4H), blocks i, f, g, o", gates="ifgo"),
    Output("recurrent_kernel", ("unit before", "unit"), "(H, 4H), blocks i, f, g, o", gates="ifgo"),
    Output("bias", ("unit",), "(4H,), blocks i, f, g, o", gates="ifgo"),
)


def _sizes(k):
    return [(3, 4), (5, 2), (2, 3), (4, 5)][k]  # features, units


# --- PyTorch --------------------------------------------------------------------------------------------------------


def from_pytorch(weight_ih, weight_hh, bias_ih, bias_hh):
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


def _draw_pytorch(rng, k):
    features, units = _sizes(k)
    return {
        "weight_ih": normal(rng, 4 * units, features),
        "weight_hh": normal(rng, 4 * units, units),
        "bias_ih": normal(rng, 4 * units),
        "bias_hh": normal(rng, 4 * units),
    }


def _pytorch_reference(a):
    state = {f"{name}_l0": value for name, value in a.items()}
    return tuple(formats.from_pytorch(state, kind="LSTM").get_weights())


def _reordered(order):
    """The answer of someone who assumes that PyTorch's rows are in this order."""

    def answer(weight_ih, weight_hh, bias_ih, bias_hh):
        def keras_order(rows):
            blocks = dict(zip(order, np.split(rows, 4), strict=True))
            return np.concatenate([blocks[gate] for gate in "ifgo"])

        return keras_order(weight_ih).T, keras_order(weight_hh).T, keras_order(bias_ih + bias_hh)

    return answer


def _count(start, *shape):
    return np.arange(start, start + np.prod(shape), dtype=np.float32).reshape(shape)


FROM_PYTORCH = Exercise(
    name="from_pytorch",
    title="an LSTM's weights from PyTorch to Keras",
    idea="torch.nn.LSTM computes the same equations, with its gates in the same order, i, f, g, o. But it stores each "
    "matrix with the gates in rows, and it has two biases, which it adds to the same sum.",
    takes=(
        ("weight_ih", "(4H, F)", "weight_ih_l0 of PyTorch's state_dict"),
        ("weight_hh", "(4H, H)", "weight_hh_l0"),
        ("bias_ih", "(4H,)", "bias_ih_l0"),
        ("bias_hh", "(4H,)", "bias_hh_l0"),
    ),
    returns=_RETURNS,
    draw=_draw_pytorch,
    reference=_pytorch_reference,
    example=lambda: {
        "weight_ih": _count(1, 8, 3),
        "weight_hh": _count(31, 8, 2),
        "bias_ih": _count(1, 8),
        "bias_hh": 10 * _count(1, 8),
    },
    hints=(
        "Compare the shapes: what has to happen to (4H, F) so that it becomes (F, 4H)? And how many biases does "
        "Keras have?",
        "Look at what PyTorch does with its two biases: it adds both to the same sum, so one array can do the "
        "work of both. The gates are already in Keras's order.",
        "kernel = weight_ih.T\nrecurrent_kernel = ...\nbias = bias_ih + ...",
    ),
    answer=(from_pytorch,),
    wrong_answers=(
        Wrong(
            lambda a, b, c, d: (a.T, b.T, c),
            "torch-two-biases",
            "bias_hh is left out; PyTorch adds both biases.",
            "bias = bias_ih + bias_hh",
        ),
        Wrong(
            lambda a, b, c, d: (a.T, b.T, d),
            "torch-two-biases",
            "bias_ih is left out; PyTorch adds both biases.",
            "bias = bias_ih + bias_hh",
        ),
        Wrong(
            lambda a, b, c, d: (a.reshape(-1, len(a)), b.T, c + d),
            "kernel-reshaped",
            "A reshape keeps the numbers in the order of memory, which mixes gates and features; transpose instead.",
            "kernel = weight_ih.T",
        ),
        Wrong(
            lambda a, b, c, d: (a.T, b.reshape(-1, len(b)), c + d),
            sentence="weight_hh was reshaped, which mixes the gates; transpose it instead.",
            fix="recurrent_kernel = weight_hh.T",
        ),
        Wrong(
            lambda a, b, c, d: (a.T, np.concatenate(np.split(b, 4), axis=1), c + d),
            sentence="Each gate's block of weight_hh is put next to the others as it is; it has to be transposed too.",
            fix="recurrent_kernel = weight_hh.T",
        ),
        Wrong(
            lambda a, b, c, d: (a.T, b.T, (c + d) / 2),
            sentence="The two biases are averaged; PyTorch adds them.",
            fix="bias = bias_ih + bias_hh",
        ),
        *(
            Wrong(
                _reordered(order),
                sentence="You change the order of the gates; PyTorch already has Keras's order, i, f, g, o.",
                fix="kernel = weight_ih.T",
            )
            for order in ("igfo", "iofg", "ifog")
        ),
    ),
)


# --- ONNX -----------------------------------------------------------------------------------------------------------


def from_onnx(W, R, B):
    def keras_order(rows):
        i, o, f, c = np.split(rows, 4)
        return np.concatenate([i, f, c, o])

    units = R.shape[1]
    bias = B[: 4 * units] + B[4 * units :]
    return keras_order(W).T, keras_order(R).T, keras_order(bias)


def _draw_onnx(rng, k):
    features, units = _sizes(k)
    return {
        "W": normal(rng, 4 * units, features),
        "R": normal(rng, 4 * units, units),
        "B": normal(rng, 8 * units),
    }


def _onnx_reference(a):
    return tuple(formats.from_onnx(*(value[None] for value in a.values())).get_weights())


def _as_if(order, whole_bias=True):
    """The answer of someone who assumes that the rows are in this order."""

    def answer(W, R, B):
        def keras_order(rows):
            blocks = dict(zip(order, np.split(rows, 4), strict=True))
            return np.concatenate([blocks[gate] for gate in "ifgo"])

        n = 4 * R.shape[1]
        return keras_order(W).T, keras_order(R).T, keras_order(B[:n] + B[n:] if whole_bias else B[:n])

    return answer


def _as_if_in(order):
    """What is said about it: the same blocks are wrong whether they were read or put together in another order."""
    read = [gate.replace("g", "c") for gate in order]
    put = ["iofc"[order.index(gate)] for gate in "ifgo"]
    return (
        f"The blocks end up in the wrong order: as if ONNX's rows were {', '.join(read)} (they are i, o, f, c), or as "
        f"if Keras's blocks were {', '.join(put)} (they are i, f, c, o)."
    )


def _cut_whole(B):
    i, o, f, c = np.split(B, 4)
    rows = np.concatenate([i, f, c, o])
    return rows[: len(B) // 2] + rows[len(B) // 2 :]


def _not_transposed(R):
    i, o, f, c = np.split(R, 4)
    return np.concatenate([i, f, c, o], axis=1)


_ORDER = "i, o, f, c = np.split(rows, 4)\nrows = np.concatenate([i, f, c, o])"

FROM_ONNX = Exercise(
    name="from_onnx",
    title="an LSTM's weights from ONNX to Keras",
    idea="The operator LSTM of ONNX stores its gates in rows, in the order i, o, f, c (this c is the candidate, our g, "
    "not the cell state). Its B holds the biases of the input, 4H numbers, and after them those of the recurrent side, "
    "4H more, in the same order.",
    takes=(
        ("W", "(4H, F)", "W[0] of the file: rows i, o, f, c"),
        ("R", "(4H, H)", "R[0]: rows i, o, f, c"),
        ("B", "(8H,)", "B[0]: two biases one after the other"),
    ),
    returns=_RETURNS,
    draw=_draw_onnx,
    reference=_onnx_reference,
    example=lambda: {"W": _count(1, 8, 3), "R": _count(31, 8, 2), "B": _count(1, 16)},
    hints=(
        "Three things differ from Keras: which? Compare the order of the gates, rows and columns, and the number "
        "of biases.",
        "Look at the rows first: cut them into four blocks, and put these together in Keras's order. The same "
        "lines work for W, for R and, once its two halves have been added, for the bias.",
        "i, o, f, c = np.split(rows, 4)\n"
        "rows = np.concatenate([i, ..., ..., ...])      # of W, of R and of the bias\n"
        "bias = B[: 4 * units] + ...",
    ),
    answer=(from_onnx,),
    wrong_answers=(
        *(
            Wrong(
                _as_if(order),
                sentence=_as_if_in(order),
                fix=_ORDER,
            )
            for order in map("".join, permutations("ifgo"))
            if order != "iofg"
        ),
        Wrong(
            lambda W, R, B: (*from_onnx(W, R, B)[:1], _not_transposed(R), *from_onnx(W, R, B)[2:]),
            sentence="Each gate's block of R is put next to the others as it is; it has to be transposed too.",
            fix=f"{_ORDER}\nrecurrent_kernel = rows.T",
        ),
        Wrong(
            _as_if("iofg", whole_bias=False),
            sentence="Only the first half of B is used; the second half is the bias of the recurrent side.",
            fix="bias = B[:4 * units] + B[4 * units:]",
        ),
        Wrong(
            lambda W, R, B: (*from_onnx(W, R, B)[:2], B[: len(W)] + B[len(W) :]),
            sentence="The bias is still in ONNX's order; its blocks have to be put in order like those of W.",
            fix=_ORDER,
        ),
        Wrong(
            lambda W, R, B: (*from_onnx(W, R, B)[:2], _cut_whole(B)),
            sentence="You cut all of B into four; it holds eight blocks. First add its two halves.",
            fix="bias = B[:4 * units] + B[4 * units:]      # then its blocks",
        ),
    ),
)


# --- TensorFlow 1 ---------------------------------------------------------------------------------------------------


def from_tf1(kernel, bias):
    i, g, f, o = np.split(kernel, 4, axis=1)
    kernel = np.concatenate([i, f, g, o], axis=1)
    b_i, b_g, b_f, b_o = np.split(bias, 4)
    units = len(b_i)
    return kernel[:-units], kernel[-units:], np.concatenate([b_i, b_f + 1, b_g, b_o])


def _draw_tf1(rng, k):
    features, units = _sizes(k)
    return {"kernel": normal(rng, features + units, 4 * units), "bias": normal(rng, 4 * units)}


def _tf1_reference(a):
    return tuple(formats.from_tf1({f"lstm_cell/{name}": value for name, value in a.items()}).get_weights())


def _tf1(order="igfo", forget_bias=(("f", 1.0),), bias_too=True, h_first=False):
    """The answer with something else in one place."""

    def answer(kernel, bias):
        def keras_order(array):
            blocks = dict(zip(order, np.split(array, 4, axis=-1), strict=True))
            return np.concatenate([blocks[gate] for gate in "ifgo"], axis=-1)

        units = len(bias) // 4
        both = keras_order(kernel)
        b = keras_order(bias) if bias_too else bias.copy()
        for gate, amount in forget_bias:
            k = "ifgo".index(gate)
            b[k * units : (k + 1) * units] += amount
        W, U = (both[units:], both[:units]) if h_first else (both[:-units], both[-units:])
        return W, U, b

    return answer


_FORGET_BIAS = "b_f = b_f + 1            # what the cell adds when it runs"
_TF1_ORDER = "i, g, f, o = np.split(kernel, 4, axis=1)\nkernel = np.concatenate([i, f, g, o], axis=1)"

FROM_TF1 = Exercise(
    name="from_tf1",
    title="an LSTM's weights from TensorFlow 1 to Keras",
    idea="TensorFlow 1's BasicLSTMCell has one kernel for both: its first F rows multiply x, the H rows below multiply "
    "h. Its columns are blocks in the order i, g, f, o. And when it runs, it adds 1 to the sum of the forget gate; "
    "this 1 is not in the file, so it has to go into Keras's bias.",
    takes=(
        ("kernel", "(F + H, 4H)", "rows of x, then rows of h; blocks i, g, f, o"),
        ("bias", "(4H,)", "blocks i, g, f, o"),
    ),
    returns=_RETURNS,
    draw=_draw_tf1,
    reference=_tf1_reference,
    example=lambda: {"kernel": _count(1, 3, 8), "bias": _count(1, 8)},
    hints=(
        "How many units does the layer have, if the bias has 4H numbers? So how many rows belong to h?",
        "Look at the three differences one by one: the order of the blocks, in the kernel and in the bias; the rows "
        "of x and of h; the 1 of the forget gate. Each of them is a line of your function.",
        "i, g, f, o = np.split(kernel, 4, axis=1)\nkernel = np.concatenate([i, ..., ..., ...], axis=1)\n"
        "units = len(bias) // 4\nkernel, recurrent_kernel = ..., kernel[-units:]\nb_f = b_f + ...",
    ),
    answer=(from_tf1,),
    wrong_answers=(
        *(
            Wrong(
                _tf1(order=order),
                sentence=f"The blocks are read in the order {', '.join(order)}; here they are i, g, f, o.",
                fix=_TF1_ORDER,
            )
            for order in map("".join, permutations("ifgo"))
            if order != "igfo"
        ),
        Wrong(
            _tf1(forget_bias=()),
            "tf1-forget-bias",
            "The 1 of the forget gate is missing: the cell adds it when it runs, and Keras does not.",
            _FORGET_BIAS,
        ),
        Wrong(
            _tf1(forget_bias=[("g", 1.0)]),
            sentence="The 1 is added to g: the forget gate is the third block in the file, but the second in Keras.",
            fix=_FORGET_BIAS,
        ),
        Wrong(
            _tf1(forget_bias=[(gate, 1.0) for gate in "ifgo"]),
            sentence="The 1 is added to all four blocks; it belongs to the forget gate only.",
            fix=_FORGET_BIAS,
        ),
        Wrong(
            _tf1(forget_bias=[("f", -1.0)]),
            sentence="The 1 is subtracted; the cell adds it.",
            fix=_FORGET_BIAS,
        ),
        Wrong(
            _tf1(bias_too=False),
            sentence="The bias is still in the old order; its blocks have to be put in order like those of the kernel.",
            fix="b_i, b_g, b_f, b_o = np.split(bias, 4)",
        ),
        Wrong(
            _tf1(h_first=True),
            sentence="You take the first rows for h; the rows of x come first.",
            fix="kernel, recurrent_kernel = kernel[:-units], kernel[-units:]",
        ),
    ),
)
