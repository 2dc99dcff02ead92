"""Numbers of weights, blocks of a kernel, a bias from its sums."""

from itertools import permutations

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


def count_by_parts(units, features):
    kernel = features * units
    recurrent_kernel = units * units
    bias = units
    return 4 * (kernel + recurrent_kernel + bias)


def count_by_arrays(units, features):
    kernel = features * 4 * units
    recurrent_kernel = units * 4 * units
    bias = 4 * units
    return kernel + recurrent_kernel + bias


def count_by_columns(units, features):
    return 4 * units * (features + units + 1)


COUNT_WORDS = {
    "units": "the number of units",
    "features": "the number of features",
    "features * units": "the kernel's part (features * units)",
    "units * units": "the recurrent part (units * units)",
    "kernel": "the kernel's part",
    "recurrent_kernel": "the recurrent part",
    "bias": "the bias",
    "4": "4 (the number of gates)",
    "1": "1",
    "2": "2",
}


def split_kernel_by_split(kernel, units):
    W_i, W_f, W_g, W_o = np.split(kernel, 4, axis=1)
    return W_i, W_f, W_g, W_o


def split_kernel_by_loop(kernel, units):
    blocks = []
    for k in range(4):
        blocks.append(kernel[:, k * units : (k + 1) * units])
    return blocks[0], blocks[1], blocks[2], blocks[3]


def split_kernel_by_reshape(kernel, units):
    blocks = kernel.reshape(len(kernel), 4, units)
    return blocks[:, 0], blocks[:, 1], blocks[:, 2], blocks[:, 3]


SPLIT_WORDS = {
    "kernel": "the kernel",
    "units": "the number of units",
    "W_i": "W_i",
    "W_f": "W_f",
    "W_g": "W_g",
    "W_o": "W_o",
    "blocks": "the list of blocks",
    "len(kernel)": "the number of features",
    "kernel.shape[0]": "the number of features",
    "kernel.shape[1]": "the number of columns",
}


def read_bias_by_mean(z, x_t, h, kernel, recurrent_kernel):
    b = z - (x_t @ kernel + h @ recurrent_kernel)
    return b.mean(axis=0)


def read_bias_of_one_row(z, x_t, h, kernel, recurrent_kernel):
    row = z[0] - x_t[0] @ kernel - h[0] @ recurrent_kernel
    return row


def read_bias_of_all_rows(z, x_t, h, kernel, recurrent_kernel):
    b = z - x_t @ kernel - h @ recurrent_kernel
    return b.mean(axis=0)


def read_bias_of_the_last_row(z, x_t, h, kernel, recurrent_kernel):
    b = z - x_t @ kernel - h @ recurrent_kernel
    return b[-1]


BIAS_WORDS = {
    "z": "the sum z",
    "z[0]": "the first row of z",
    "x_t": "the input x_t",
    "h": "the previous output h",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "x_t @ kernel": "the input's part (x_t @ kernel)",
    "h @ recurrent_kernel": "the recurrent part (h @ recurrent_kernel)",
    "x_t[0] @ kernel": "the input's part (x_t @ kernel)",
    "h[0] @ recurrent_kernel": "the recurrent part (h @ recurrent_kernel)",
    "x_t @ kernel + h @ recurrent_kernel": "the sum of both products",
    "b": "what is left",
    "row": "what is left",
}


def read_bias_of_means(z, x_t, h, kernel, recurrent_kernel):
    return z.mean(axis=0) - x_t.mean(axis=0) @ kernel - h.mean(axis=0) @ recurrent_kernel


def read_bias_by_rows(z, x_t, h, kernel, recurrent_kernel):
    total = np.zeros(z.shape[1])
    for n in range(len(z)):
        total += z[n] - x_t[n] @ kernel - h[n] @ recurrent_kernel
    return total / len(z)


def split_kernel_by_starts(kernel, units):
    W_i = kernel[:, 0 * units : 0 * units + units]
    W_f = kernel[:, 1 * units : 1 * units + units]
    W_g = kernel[:, 2 * units : 2 * units + units]
    W_o = kernel[:, 3 * units : 3 * units + units]
    return W_i, W_f, W_g, W_o


_N = "4 * (features * units + units * units + units)"
_ONE_GATE = "(features * units + units * units + units)"

COUNT_SLIPS = (
    Slip(_N, f"{_N} + 3 * units", "Peepholes are counted, 3 more weights for each unit; Keras's LSTM has none."),
    Slip(_N, f"{_N} + 3 * units * units", "Peepholes are counted as matrices; Keras's LSTM has none."),
    Slip(
        _N, f"{_N} + 2 * units", "The states h and c are counted; they are computed again for each input, not learned."
    ),
    Slip(_N, f"{_N} + units", "The state is counted; it is computed again for each input, not learned."),
    Slip(_N, f"{_N} + features", "The input is counted; it is given, not learned."),
    Slip(_N, f"{_N} + units + 1", "A Dense layer of one unit on top is counted too; only the LSTM layer is expected."),
    Slip(_N, f"{_N} + units * units", "There is one more matrix of units * units: the cell state has no weights."),
    Slip(_N, f"2 * {_N}", "That is a Bidirectional layer, twice an LSTM.", 0.95),
    Slip(_N, f"5 * {_ONE_GATE}", "That is five gates: an LSTM has three and the candidate, four in all."),
    Slip(
        _N, "3 * (features * units + units * units + 2 * units)", "That is a GRU layer as Keras has it (reset_after)."
    ),
    Slip(
        _N,
        "4 * (features * units + features * features + units)",
        "The recurrent part is features * features; the state has `units` numbers: units * units.",
    ),
    Slip(
        _N,
        "4 * (features * units * units + units)",
        "The two matrices are multiplied; they are two matrices: add their sizes.",
    ),
    Slip(
        _N,
        "4 * (features * units * units + 1)",
        "The two matrices are multiplied, and each gate has one bias: add, with `units` biases.",
    ),
    Slip(_N, "4 * (features * units * units * units)", "The sizes are multiplied; add those of the three arrays."),
    Slip(
        _N,
        "4 * (features * units + units * units + features)",
        "Each gate has `units` biases, not one for each feature.",
    ),
    Slip(
        _N,
        "4 * (features * units + units * units + features + units)",
        "Biases for each feature are counted too; each gate has one for each unit.",
    ),
    Slip(
        _N,
        "4 * (features * units + units * units + features * units)",
        "A bias for each weight is counted; each gate has one for each unit.",
    ),
    Slip(_N, "4 * ((features + units) ** 2 + units)", "(features + units) is squared; it is multiplied by units."),
    Slip(_N, "4 * (features + units) ** 2", "(features + units) is squared, and there are no biases."),
    Slip(_N, "4 * (features + units + units)", "The sizes are added; a matrix has rows times columns."),
    Slip(_N, "4 * (features + units + 1)", "That is one unit: multiply by units."),
    Slip(_N, "4 * (features + units)", "The sizes are added; a matrix has rows times columns, and there are biases."),
    Slip(_N, "4 * features * units", "That is the kernel alone; the recurrent kernel and the biases are missing."),
    Slip(_N, "4 * units * units", "That is the recurrent kernel alone; the kernel and the biases are missing."),
    Slip(
        _N,
        "4 * (features * units + 2 * units * units + units)",
        "The recurrent kernel is counted twice: for h and for c.",
    ),
    Slip(_N, "4 * (2 * features * units + units * units + units)", "The kernel is counted twice."),
    Slip(_N, "4 * (features * units + units * units) + 4", "One bias per gate is counted; every unit has its own."),
    Slip(
        _N,
        "4 * (features * units + units * units) + 1",
        "One bias in all is counted; every unit of each gate has its own.",
    ),
    Slip(_N, "4 * (features * units + units * units) - 4 * units", "The biases are subtracted; add them.", 1.1),
)

_LEFT = "b = z - x_t @ kernel - h @ recurrent_kernel"

BIAS_SLIPS = (
    Slip(
        _LEFT,
        "b = z - kernel.sum(axis=0) - recurrent_kernel.sum(axis=0)",
        "The sums of the weights are taken away, as if x_t and h were ones; multiply x_t and h by the weights.",
    ),
    Slip(
        _LEFT,
        "b = z - kernel.mean(axis=0) - recurrent_kernel.mean(axis=0)",
        "The means of the weights are taken away; multiply x_t and h by the weights.",
    ),
    Slip(
        _LEFT,
        "b = z - x_t.mean(axis=0) @ kernel - h.mean(axis=0) @ recurrent_kernel",
        "The mean input and the mean state are used for every row of z; each row has its own.",
    ),
    Slip(
        "z.mean(axis=0) - x_t.mean(axis=0) @ kernel - h.mean(axis=0) @ recurrent_kernel",
        "z.mean(axis=0) - x_t[0] @ kernel - h[0] @ recurrent_kernel",
        "The first row of x_t and h is used with the mean of z; take the same rows of all three.",
    ),
    Slip(_LEFT, "b = z - x_t[::-1] @ kernel - h[::-1] @ recurrent_kernel", "x_t and h come from other rows than z."),
    Slip(
        _LEFT,
        "b = z - np.hstack([h, x_t]) @ np.vstack([kernel, recurrent_kernel])",
        "You join the inputs in the order h, x_t, but the weights in the order kernel, recurrent_kernel: h meets the "
        "weights of x_t.",
    ),
    Slip(
        _LEFT,
        "b = z - np.hstack([x_t, h]) @ np.vstack([recurrent_kernel, kernel])",
        "You join the inputs in the order x_t, h, but the weights in the order recurrent_kernel, kernel: x_t meets the "
        "weights of h.",
    ),
    Slip(_LEFT, "b = z", "Nothing is taken away: these are still the sums."),
    Slip(
        _LEFT,
        "b = x_t @ kernel + h @ recurrent_kernel",
        "These are the two products; what is left of z without them is the bias.",
    ),
    Slip(_LEFT, "b = z + x_t @ kernel + h @ recurrent_kernel", "The two products are added; take them away from z."),
    Slip(
        _LEFT,
        "b = np.tanh(z) - x_t @ kernel - h @ recurrent_kernel",
        "`tanh` is applied to z, which is already the sum.",
    ),
    Slip(
        _LEFT,
        "b = sigmoid(z) - x_t @ kernel - h @ recurrent_kernel",
        "The sigmoid is applied to z, which is already the sum.",
    ),
    Slip(
        _LEFT,
        "b = np.arctanh(z) - x_t @ kernel - h @ recurrent_kernel",
        "z is already the sum before tanh: there is nothing to undo.",
    ),
    Slip(
        _LEFT,
        "b = np.log(z / (1 - z)) - x_t @ kernel - h @ recurrent_kernel",
        "z is already the sum before the sigmoid: there is nothing to undo.",
    ),
    Slip(
        "return b[0]",
        "return np.repeat(b[0].reshape(4, -1).mean(axis=1), b.shape[1] // 4)",
        "Every unit of a gate gets the mean of the gate's biases; each column has its own.",
    ),
    Slip(
        "return b[0]",
        "return np.repeat(b[0].reshape(4, -1)[:, 0], b.shape[1] // 4)",
        "Every unit of a gate gets the gate's first bias; each column has its own.",
    ),
    Slip(
        "return b[0]",
        "return np.tile(b[0].reshape(4, -1).mean(axis=0), 4)",
        "Each unit gets the mean of its four biases in all gates; each column has its own.",
    ),
    Slip(
        "return b[0]",
        "return np.tile(b[0][:b.shape[1] // 4], 4)",
        "The biases of the input gate are used for all four gates.",
    ),
    Slip(
        "return b[0]",
        "return b[0].reshape(4, -1).mean(axis=1)",
        "That is one number per gate; each column has its own bias.",
    ),
    Slip(
        "return b[0]",
        "return b[0].reshape(4, -1).mean(axis=0)",
        "That is one number per unit; each column has its own bias.",
    ),
    Slip(
        "return b[0]", "return b[0][:b.shape[1] // 4]", "That is the bias of the input gate only; there are four gates."
    ),
    Slip(
        "return b[0]",
        "return np.diag(b)",
        "The bias is taken from the diagonal, which has too few numbers; take a row.",
    ),
    Slip("return b[0]", "return b[:, 0]", "That is the first column of what is left; the bias is a row."),
    Slip(
        "return b[0]",
        "return b[0].reshape(4, -1).sum(axis=0)",
        "The biases of the four gates are added up; each column has its own.",
    ),
    Slip("return b[0]", "return b[0].mean()", "That is the mean of all biases; each column has its own."),
    Slip("return b[0]", "return b[0][0]", "That is the first bias only; each column has its own."),
    Slip(
        "return b[0]",
        "return np.full_like(b[0], b.mean())",
        "Every column gets the mean of all biases; each has its own.",
    ),
    Slip(
        "return b[0]",
        "return b.std(axis=0)",
        "That is the spread of the rows, which are equal: 0 up to rounding. Take one of them.",
    ),
    Slip("return b[0]", "return b.sum(axis=0) / (len(b) - 1)", "The mean is divided by one too few rows."),
    Slip("return b[0]", "return b[0] / 4", "The bias is divided by the number of gates."),
    *(
        Slip(
            "return b[0]",
            f"return b[0] {sign} np.repeat([0, 1, 0, 0], b.shape[1] // 4)",
            f"1 is {done} the forget gate's biases: whatever they began with, what is left of z is the bias itself.",
        )
        for sign, done in (("-", "subtracted from"), ("+", "added to"))
    ),
    *(
        Slip(
            "return b[0]",
            f"return np.concatenate([b[0].reshape(4, -1)[k] for k in {order}])",
            f"The gates are in the order {', '.join('ifgo'[k] for k in order)}; as in z, it is i, f, g, o.",
        )
        for order in ([0, 2, 1, 3], [0, 1, 3, 2], [1, 0, 2, 3], [3, 2, 1, 0])
    ),
    Slip(
        "return b[0]",
        "return b[0].reshape(4, -1).T.ravel()",
        "The gates are interleaved: the columns of one gate are next to each other.",
    ),
    Slip(
        "return b[0]",
        "return b[0].reshape(-1, 4).T.ravel()",
        "The columns are taken apart as if the gates were interleaved.",
    ),
)


def split_by_lengths(kernel, units):
    W_i = kernel[:, :units]
    W_f = kernel[:, units:units]
    W_g = kernel[:, 2 * units : units]
    W_o = kernel[:, 3 * units : units]
    return W_i, W_f, W_g, W_o


def split_in_fours(kernel, units):
    W_i = kernel[:, 0:4]
    W_f = kernel[:, 4:8]
    W_g = kernel[:, 8:12]
    W_o = kernel[:, 12:16]
    return W_i, W_f, W_g, W_o


def split_by_features(kernel, units):
    features = len(kernel)
    W_i = kernel[:, :features]
    W_f = kernel[:, features : 2 * features]
    W_g = kernel[:, 2 * features : 3 * features]
    W_o = kernel[:, 3 * features : 4 * features]
    return W_i, W_f, W_g, W_o


def split_interleaved(kernel, units):
    W_i = kernel[:, 0::4]
    W_f = kernel[:, 1::4]
    W_g = kernel[:, 2::4]
    W_o = kernel[:, 3::4]
    return W_i, W_f, W_g, W_o


def split_from_the_end(kernel, units):
    W_i = kernel[:, -units:]
    W_f = kernel[:, -2 * units : -units]
    W_g = kernel[:, -3 * units : -2 * units]
    W_o = kernel[:, : -3 * units]
    return W_i, W_f, W_g, W_o


def split_from_one(kernel, units):
    W_i = kernel[:, 1 : units + 1]
    W_f = kernel[:, units + 1 : 2 * units + 1]
    W_g = kernel[:, 2 * units + 1 : 3 * units + 1]
    W_o = kernel[:, 3 * units + 1 :]
    return W_i, W_f, W_g, W_o


def split_without_ends(kernel, units):
    W_i = kernel[:, : units - 1]
    W_f = kernel[:, units : 2 * units - 1]
    W_g = kernel[:, 2 * units : 3 * units - 1]
    W_o = kernel[:, 3 * units : 4 * units - 1]
    return W_i, W_f, W_g, W_o


def split_with_ends(kernel, units):
    W_i = kernel[:, : units + 1]
    W_f = kernel[:, units : 2 * units + 1]
    W_g = kernel[:, 2 * units : 3 * units + 1]
    W_o = kernel[:, 3 * units : 4 * units + 1]
    return W_i, W_f, W_g, W_o


def split_after_gaps(kernel, units):
    W_i = kernel[:, :units]
    W_f = kernel[:, units + 1 : 2 * units]
    W_g = kernel[:, 2 * units + 1 : 3 * units]
    W_o = kernel[:, 3 * units + 1 :]
    return W_i, W_f, W_g, W_o


def split_to_the_end(kernel, units):
    W_i = kernel[:, :]
    W_f = kernel[:, units:]
    W_g = kernel[:, 2 * units :]
    W_o = kernel[:, 3 * units :]
    return W_i, W_f, W_g, W_o


def split_by_units(kernel, units):
    W_i, W_f, W_g, W_o = (kernel[:, k::units] for k in range(4))
    return W_i, W_f, W_g, W_o


def split_as_pytorch(kernel, units):
    W_i, W_f, W_g, W_o = np.split(kernel.T, 4)
    return W_i, W_f, W_g, W_o


def split_rows(kernel, units):
    W_i, W_f, W_g, W_o = np.array_split(kernel, 4)
    return W_i, W_f, W_g, W_o


def split_rows_by_units(kernel, units):
    W_i, W_f, W_g, W_o = (kernel[k * units : (k + 1) * units] for k in range(4))
    return W_i, W_f, W_g, W_o


_IN_PYTHON = "kernel[:, a:b] goes from column a to the column before b"

SPLIT_DETOURS = (
    (
        split_by_lengths,
        "Each slice ends at `units`, which is a width; kernel[:, start:end] needs the column after the last.",
    ),
    (split_in_fours, "You cut blocks of 4 columns; a block has `units` columns, and there are 4 blocks."),
    (split_by_features, "You cut blocks as wide as the number of features; a block has `units` columns."),
    (split_interleaved, "You take every fourth column; a gate's columns are next to each other."),
    (split_from_the_end, "The blocks are taken from the end; the order i, f, g, o begins on the left."),
    (split_from_one, "All blocks begin one column too late: columns are counted from 0."),
    (split_without_ends, f"Each block lacks its last column: {_IN_PYTHON}."),
    (split_with_ends, f"Each block has a column of the next one: {_IN_PYTHON}."),
    (
        split_after_gaps,
        f"From the second block on the first column is lost: {_IN_PYTHON}, so the next block begins at b.",
    ),
    (split_to_the_end, "Every slice goes on to the end; each block ends where the next one begins."),
    (
        split_by_units,
        "You take every `units`-th column, which is one unit of all gates; a gate's columns are next to each other.",
    ),
    (split_as_pytorch, "The blocks are transposed."),
    (split_rows, "The rows are cut into four parts; the blocks of the gates are side by side, so cut the columns."),
    (split_rows_by_units, "You cut `units` rows for each gate; the blocks are side by side, so cut the columns."),
)

SPLIT_SLIPS = (
    Slip("return W_i, W_f, W_g, W_o", "return W_i.T, W_f.T, W_g.T, W_o.T", "The blocks are transposed."),
    Slip(
        "return W_i, W_f, W_g, W_o",
        "return W_i[::-1], W_f[::-1], W_g[::-1], W_o[::-1]",
        "The rows of each block, its features, are in reverse order.",
    ),
    Slip(
        "return W_i, W_f, W_g, W_o",
        "return W_i[:, ::-1], W_f[:, ::-1], W_g[:, ::-1], W_o[:, ::-1]",
        "The columns of each block, its units, are in reverse order.",
    ),
    Slip(
        "return W_i, W_f, W_g, W_o",
        "return W_i.ravel(), W_f.ravel(), W_g.ravel(), W_o.ravel()",
        "The blocks are flat, one long row each.",
    ),
    Slip(
        "return W_i, W_f, W_g, W_o",
        "return W_i[0], W_f[0], W_g[0], W_o[0]",
        "Only the first row of each block is returned; all features count.",
    ),
    Slip(
        "return W_i, W_f, W_g, W_o",
        "return sigmoid(W_i), sigmoid(W_f), np.tanh(W_g), sigmoid(W_o)",
        "The gates' functions are applied to the weights; they are applied to the sums.",
    ),
    Slip("return W_i, W_f, W_g, W_o", "return W_i, W_i, W_i, W_i", "All four are the first block."),
)


def unit_columns_by_list(kernel, units, j):
    return kernel[:, [j, units + j, 2 * units + j, 3 * units + j]]


def unit_columns_by_blocks(kernel, units, j):
    W_i, W_f, W_g, W_o = np.split(kernel, 4, axis=1)
    return np.stack([W_i[:, j], W_f[:, j], W_g[:, j], W_o[:, j]], axis=1)


def unit_columns_by_loop(kernel, units, j):
    columns = []
    for k in range(4):
        columns.append(kernel[:, k * units + j])
    return np.stack(columns, axis=1)


def unit_columns_by_reshape(kernel, units, j):
    blocks = kernel.reshape(len(kernel), 4, units)
    return blocks[:, :, j]


def unit_columns_in_order(kernel, units, j):
    order = [0, 1, 2, 3]
    n = j
    return kernel[:, [k * units + n for k in order]]


UNIT_WORDS = {
    "n": "the unit's number j",
    "kernel": "the kernel",
    "units": "the number of units",
    "j": "the unit's number j",
    "columns": "the list of columns",
    "blocks": "the array of blocks",
    "len(kernel)": "the number of features",
    "kernel.shape[0]": "the number of features",
    "kernel.shape[1]": "the number of columns",
}
_FROM_J = "kernel[:, j::units]"
_APART = "; the columns of one unit are `units` apart."

UNIT_SLIPS = (
    Slip(
        _FROM_J,
        "np.stack([kernel.ravel()[(n + np.arange(4)) * units + j] for n in range(len(kernel))])",
        "The flat kernel is read with rows of length `units`; each row has 4 * units numbers.",
    ),
    Slip(_FROM_J, "kernel[:, ::units]", "You always take unit 0: begin at column j."),
    Slip(_FROM_J, "kernel[j::units]", "You take rows, every `units`-th; a unit has columns: kernel[:, j::units]."),
    Slip(_FROM_J, "kernel[:, j + 1::units]", "That is the unit after: units are counted from 0."),
    Slip(_FROM_J, "kernel[:, units - 1 - j::units]", "The units are counted from the end."),
    Slip(_FROM_J, "kernel[:, j::units + 1]", f"You take every (units + 1)-th column{_APART}"),
    Slip(_FROM_J, "kernel[:, j::units - 1]", f"You take every (units - 1)-th column{_APART}"),
    Slip(_FROM_J, "kernel[:, j::2]", f"You take every second column{_APART}"),
    Slip(
        _FROM_J,
        "kernel[:, j:units]",
        "That is the rest of the input gate's block, from unit j on; take unit j of all four.",
    ),
    Slip(_FROM_J, "kernel[:, j:j + units]", f"You take `units` columns next to each other{_APART}"),
    Slip(_FROM_J, "kernel[:, j:j + 4]", f"You take four columns next to each other{_APART}"),
    Slip(_FROM_J, "kernel[:, j * 4:j * 4 + 4]", f"You take four columns next to each other{_APART}"),
    Slip(_FROM_J, "kernel[:, :4]", f"You take the first four columns{_APART}"),
    Slip(_FROM_J, "kernel[:, j:]", "You take all columns from j on; take every `units`-th of them."),
    Slip(
        _FROM_J,
        "kernel[:, j * units:(j + 1) * units]",
        "That is a whole block, so one gate of all units; take one unit of all gates.",
    ),
    Slip(_FROM_J, "kernel[:, j:j + 1]", "That is the unit's column in the input gate only; there are three more."),
    Slip(
        _FROM_J,
        "kernel[:, j + 3 * units::-units]",
        "The four columns are in reverse order; the order of the gates is i, f, g, o.",
        0.95,
    ),
    Slip(_FROM_J, "kernel[:, j::units][:, :3]", "Only three of the four columns are there: o is missing."),
    Slip(_FROM_J, "kernel[:, j + units::units]", "The column of the input gate is missing: begin at column j."),
    Slip(_FROM_J, "kernel[:, j::units].mean(axis=1)", "The mean of the four columns is taken; return all four."),
    Slip(_FROM_J, "kernel[:, j::units].sum(axis=1)", "The four columns are added up; return all four."),
    Slip(
        _FROM_J,
        "kernel[:, j::units].T.ravel()",
        "The four columns are one after the other in one long row; they should be side by side.",
    ),
    Slip(_FROM_J, "kernel[:, j::units].ravel()", "The numbers are right, but all in one long row."),
    Slip(
        _FROM_J,
        "kernel.reshape(4, -1, units)[:, :, j].T",
        "A reshape to (4, F, units) mixes rows and blocks: each row holds all four blocks.",
    ),
    Slip(
        _FROM_J,
        "kernel.reshape(units, -1)[j].reshape(-1, 4)",
        "A reshape keeps the order of the numbers, row after row; the columns of one unit are `units` apart.",
    ),
    Slip(_FROM_J, "kernel.reshape(-1, units, 4)[:, j]", f"You take four columns next to each other{_APART}"),
    Slip("n = j", "n = j - 1", "That is the unit before: units are counted from 0."),
    Slip("n = j", "n = j + 1", "That is the unit after: units are counted from 0."),
    *(
        Slip(
            "order = [0, 1, 2, 3]",
            f"order = {list(order)}",
            f"The gates are in the order {', '.join('ifgo'[k] for k in order)}; it should be i, f, g, o.",
        )
        for order in permutations(range(4))
        if order != (0, 1, 2, 3)
    ),
)
