"""An LSTM with one gate for two, forwards and back."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip
from lstm_edu.exercises.mutants.program import sigmoid
from lstm_edu.exercises.mutants.programs.lstm import COUPLED_WORDS


def coupled_step_by_lines(x_t, h, c, kernel, recurrent_kernel, bias):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    z_i, z_g, z_o = np.split(z, 3, axis=-1)
    i = sigmoid(z_i)
    g = np.tanh(z_g)
    o = sigmoid(z_o)
    new_c = (1 - i) * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def coupled_step_by_gates(x_t, h, c, kernel, recurrent_kernel, bias):
    W_i, W_g, W_o = np.split(kernel, 3, axis=1)
    U_i, U_g, U_o = np.split(recurrent_kernel, 3, axis=1)
    b_i, b_g, b_o = np.split(bias, 3)
    i = sigmoid(x_t @ W_i + h @ U_i + b_i)
    g = np.tanh(x_t @ W_g + h @ U_g + b_g)
    o = sigmoid(x_t @ W_o + h @ U_o + b_o)
    new_c = (1 - i) * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


STEP_WORDS = {
    **COUPLED_WORDS,
    "sigmoid(z_o)": "the output gate o",
    "np.tanh(z_g)": "the candidate g",
    "1 - i": "1 - i",
    "(1 - i) * c": "what is kept of the old cell state",
}

_KEPT = "What is kept of the old c is {}; it should be 1 - i."
_CELL = "c is (1 - i) * c + i * g."

STEP_SLIPS = (
    # what is kept
    Slip("(1 - i) * c", "i * c", _KEPT.format("i")),
    Slip("(1 - i) * c", "c", "Nothing is forgotten: the old c should be multiplied by 1 - i."),
    Slip(
        "(1 - i) * c",
        "sigmoid(1 - z_i) * c",
        "The 1 is inside the sigmoid, sigmoid(1 - z_i); take 1 minus the gate itself.",
    ),
    Slip(
        "(1 - i) * c",
        "sigmoid(-i) * c",
        "The sigmoid is applied to minus i, which has already been through it; take 1 - i.",
    ),
    Slip("(1 - i) * c", "sigmoid(1 - i) * c", "The sigmoid is applied once more, to 1 - i; 1 - i itself is the share."),
    Slip("(1 - i) * c", "(1 - z_i) * c", "1 minus the sum z_i is taken; it should be 1 minus the gate i.", 1.05),
    Slip("(1 - i) * c", "(i - 1) * c", "i - 1 has the wrong sign; it should be 1 - i."),
    Slip("(1 - i) * c", "(1 + i) * c", _KEPT.format("1 + i")),
    Slip("(1 - i) * c", "(1 - g) * c", _KEPT.format("1 - g")),
    Slip("(1 - i) * c", "(1 - o) * c", _KEPT.format("1 - o")),
    Slip("(1 - i) * c", "o * c", _KEPT.format("o"), 1.05),
    Slip("(1 - i) * c", "(1 - i ** 2) * c", _KEPT.format("1 - i squared"), 1.1),
    Slip("(1 - i) * c", "(1 - i) ** 2 * c", _KEPT.format("1 - i, squared,"), 1.1),
    Slip("(1 - i) * c", "c / i", _KEPT.format("1 / i"), 1.1),
    Slip("(1 - i) * c", "c / 2", _KEPT.format("one half"), 1.2),
    Slip("(1 - i) * c", "(1 - i) * h", "The old h is kept; it should be the old c."),
    Slip("(1 - i) * c", "(1 - i) * np.tanh(c)", "`tanh` is applied to the old c; it should be kept as it is."),
    Slip("(1 - i) * c", "1 - i * c", "Brackets are missing: 1 - i * c is not (1 - i) * c."),
    # the cell state
    Slip(
        "(1 - i) * c + i * g",
        "i * c + (1 - i) * g",
        "i and 1 - i are swapped: i writes the candidate, 1 - i keeps the old c.",
    ),
    Slip(
        "(1 - i) * c + i * g",
        "(1 - i) * c + (1 - i) * g",
        "The candidate is multiplied by 1 - i; it should be multiplied by i.",
    ),
    Slip("(1 - i) * c + i * g", "(1 - i) * c + g", "The whole candidate is written; only the share i of it should be."),
    Slip(
        "(1 - i) * c + i * g",
        "(1 - i) * (c + g)",
        "Both c and g are multiplied by 1 - i; g should be multiplied by i.",
        1.05,
    ),
    Slip("(1 - i) * c + i * g", "(1 - i) * c + i", "The gate i itself is written; it should be i * g.", 1.05),
    Slip("(1 - i) * c + i * g", "(1 - i) * c", f"Nothing is written: {_CELL}"),
    Slip("(1 - i) * c + i * g", "i * g", f"The old c is missing: {_CELL}"),
    Slip("(1 - i) * c + i * g", "(1 - i) * c - i * g", f"What is written is subtracted: {_CELL}"),
    Slip(
        "(1 - i) * c + i * g",
        "np.tanh((1 - i) * c + i * g)",
        "`tanh` is applied to the new c itself; c is stored without it, only h takes tanh(c).",
    ),
    Slip(
        "(1 - i) * c + i * g",
        "(1 - i) * c * i * g",
        f"The two parts are multiplied; they should be added: {_CELL}",
        1.1,
    ),
    Slip("(1 - i) * c + i * g", "(c + i * g) / 2", f"It is the mean of c and i * g: {_CELL}", 1.2),
    # the sums
    Slip("z_i", "(z_i + c)", "That is a peephole: i sees the old c. In this LSTM the gates see x_t and h only."),
    Slip(
        "o = sigmoid(z_o)",
        "o = sigmoid(z_o + c)",
        "That is a peephole: o sees the old c. In this LSTM the gates see x_t and h only.",
    ),
    Slip(
        "o * np.tanh(new_c)",
        "sigmoid(z_o + new_c) * np.tanh(new_c)",
        "That is a peephole: o sees the new c. In this LSTM the gates see x_t and h only.",
    ),
    Slip(
        "i = sigmoid(z_i)",
        "i = sigmoid(z_i + c)\nz_o = z_o + c",
        "These are peepholes: i and o see the old c. In this LSTM the gates see x_t and h only.",
    ),
    Slip(
        "h @ recurrent_kernel",
        "h @ np.concatenate([u.T for u in np.split(recurrent_kernel, 3, axis=1)], axis=1)",
        "Each block of the recurrent kernel is transposed; the blocks are square, so there is no error message.",
    ),
    Slip(
        "h @ recurrent_kernel",
        "c @ recurrent_kernel",
        "The cell state c is multiplied by the recurrent kernel; it should be h.",
    ),
    # the output
    Slip(
        "o * np.tanh(new_c)",
        "o * np.tanh(new_c) + (1 - o) * h",
        "A share 1 - o of the old h is kept; h is o * tanh(c) only.",
    ),
    Slip(
        "o * np.tanh(new_c)",
        "o * np.tanh(new_c) + (1 - i) * h",
        "A share 1 - i of the old h is kept; h is o * tanh(c) only.",
    ),
    Slip("o * np.tanh(new_c)", "(1 - i) * np.tanh(new_c)", "1 - i is used for h; it should be the output gate o."),
    Slip("o * np.tanh(new_c)", "(1 - o) * np.tanh(new_c)", "1 - o is used for h; it should be o."),
    Slip("o * np.tanh(new_c)", "i * np.tanh(new_c)", "The input gate i is used for h; it should be the output gate o."),
    Slip("o * np.tanh(new_c)", "np.tanh(o * new_c)", "`tanh` is applied to the product o * c; it belongs to c alone."),
    Slip("o * np.tanh(new_c)", "np.tanh(new_c)", "The output gate o is missing: h is o * tanh(c).", 0.99),
    Slip("o * np.tanh(new_c)", "o * np.tanh(g)", "h is made from the candidate g; it should be made from the new c."),
    Slip(
        "o * np.tanh(new_c)", "o * g", "h is made from the candidate g; it should be made from tanh of the new c.", 1.05
    ),
)


def coupled_backward_by_lines(dc, i, g, c_before):
    di = dc * (g - c_before)
    dg = dc * i
    dc_before = dc * (1 - i)
    dz_i = di * i * (1 - i)
    dz_g = dg * (1 - g**2)
    return dz_i, dz_g, dc_before


BACK_WORDS = {
    "dc": "dc",
    "i": "the gate i",
    "g": "the candidate g",
    "c_before": "c_before",
    "di": "di",
    "dg": "dg",
    "dz_i": "dz_i",
    "dz_g": "dz_g",
    "dc_before": "dc_before",
    "g - c_before": "g - c_before",
    "1 - i": "1 - i",
    "1 - g ** 2": "the slope of tanh (1 - g**2)",
    "dc * i": "dc * i",
}

_TWO_PLACES = "i appears at two places: what reaches it through {} is missing."
_DI = "di is dc * (g - c_before)."
_SIGMOID_AGAIN = "i has already been through the sigmoid: its slope is i * (1 - i), without another sigmoid."

BACK_SLIPS = (
    Slip("dc * (g - c_before)", "dc * g", _TWO_PLACES.format("(1 - i) * c_before")),
    Slip("dc * (g - c_before)", "-dc * c_before", _TWO_PLACES.format("i * g")),
    Slip(
        "dc * (g - c_before)", "dc * c_before", _TWO_PLACES.format("i * g") + " And the other one comes with a minus."
    ),
    Slip(
        "dc * (g - c_before)",
        "dc * (g + c_before)",
        "The two parts of di are added; the one through 1 - i comes with a minus.",
    ),
    Slip(
        "dc * (g - c_before)",
        "dc * (c_before - g)",
        "The sign of di is wrong: more i means more of g and less of c_before.",
    ),
    Slip(
        "dc * (g - c_before)",
        "dc * g * c_before",
        f"g and c_before are multiplied; it should be their difference: {_DI}",
    ),
    Slip("dc * (g - c_before)", "dc * (g - i * c_before)", f"c_before is multiplied by i as well: {_DI}"),
    Slip(
        "dc * (g - c_before)",
        "dc * (i * g - (1 - i) * c_before)",
        f"The factors of i are still there, i and 1 - i; they disappear in the derivative with respect to i: {_DI}",
    ),
    Slip("dc * (g - c_before)", "dc * (i * g - c_before)", f"g is multiplied by i as well: {_DI}", 1.05),
    Slip(
        "dc * (g - c_before)", "dc * (g - (1 - i) * c_before)", f"c_before is multiplied by 1 - i as well: {_DI}", 1.05
    ),
    Slip("dc * (g - c_before)", "dc * (g - 1)", f"c_before itself is missing, there is 1: {_DI}", 1.05),
    Slip("dc * (g - c_before)", "dc * (1 - c_before)", f"g itself is missing, there is 1: {_DI}", 1.05),
    Slip(
        "dc * (g - c_before)",
        "dc * i",
        "In a product, each factor's gradient is multiplied by the other factor, not by itself.",
        1.05,
    ),
    Slip("dc * (g - c_before)", "dc", f"The factors of i are missing: {_DI}"),
    Slip("dc * (g - c_before)", "g - c_before", f"dc is missing: {_DI}"),
    Slip(
        "dg = dc * i",
        "dg = dc * g",
        "In a product, each factor's gradient is multiplied by the other factor, not by itself: dg is dc * i.",
    ),
    Slip("dg = dc * i", "dg = dc", "The factor i is missing: dg is dc * i."),
    Slip("dg = dc * i", "dg = dc * (1 - i)", "The candidate was multiplied by i, not by 1 - i."),
    Slip("dg = dc * i", "dg = di * i", "dg is made from di; it should be made from dc.", 1.05),
    Slip("dg = dc * i", "dg = dc * (i - c_before)", "c_before has no part in dg: g appears in i * g only.", 1.1),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = dc * i",
        "On its way to c_before the gradient passes the share that is kept, 1 - i, not i.",
    ),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = dc",
        "On its way to c_before the gradient is multiplied by the share that is kept, 1 - i.",
    ),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = -dc * i",
        "The 1 of 1 - i is lost: dc_before is dc * (1 - i), not -dc * i.",
    ),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = -dc",
        "dc_before is dc * (1 - i); a minus is there instead of the share.",
    ),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = dc * i * (1 - i)",
        "The sigmoid's slope is there too; on the way to c_before there is no sigmoid: dc * (1 - i).",
    ),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = di * (1 - i)",
        "dc_before is made from di; it should be made from dc.",
        1.05,
    ),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = dc * (1 - i) + di",
        "di is added to dc_before; only dc * (1 - i) reaches it.",
        1.1,
    ),
    Slip(
        "dc_before = dc * (1 - i)",
        "dc_before = dc * (1 - i) * c_before",
        "c_before itself is there as a factor; dc_before is dc * (1 - i).",
    ),
    Slip("dc_before = dc * (1 - i)", "dc_before = dc * (1 - g)", "1 - g is there instead of 1 - i.", 1.1),
    Slip("di * i * (1 - i)", "di", "The sigmoid's slope, i * (1 - i), is missing in dz_i."),
    Slip("di * i * (1 - i)", "di * (1 - i)", "Half of the sigmoid's slope is missing: it is i * (1 - i)."),
    Slip("di * i * (1 - i)", "di * i", "Half of the sigmoid's slope is missing: it is i * (1 - i)."),
    Slip("di * i * (1 - i)", "di * (1 - i ** 2)", "For i the slope of tanh is taken; i is a sigmoid: i * (1 - i)."),
    Slip("di * i * (1 - i)", "di * sigmoid(i) * (1 - sigmoid(i))", _SIGMOID_AGAIN),
    Slip("di * i * (1 - i)", "di * i * (1 + i)", "The sigmoid's slope is i * (1 - i), with a minus."),
    Slip("di * i * (1 - i)", "di * i * (i - 1)", "The sigmoid's slope has the wrong sign: it is i * (1 - i)."),
    Slip(
        "di * i * (1 - i)", "di * i ** 2 * (1 - i)", "i is there twice in the sigmoid's slope: it is i * (1 - i).", 1.1
    ),
    Slip(
        "di * i * (1 - i)",
        "di * i * (1 - i) ** 2",
        "1 - i is there twice in the sigmoid's slope: it is i * (1 - i).",
        1.1,
    ),
    Slip("dg * (1 - g ** 2)", "dg", "The slope of tanh, 1 - g ** 2, is missing in dz_g."),
    Slip("dg * (1 - g ** 2)", "dg * g * (1 - g)", "For g the sigmoid's slope is taken; g is a tanh: 1 - g ** 2."),
    Slip("dg * (1 - g ** 2)", "dg * (1 - g)", "g is not squared in the slope of tanh: it is 1 - g ** 2."),
    Slip(
        "dg * (1 - g ** 2)", "dg * (1 - g) ** 2", "The square is around the bracket; the slope of tanh is 1 - g ** 2."
    ),
    Slip(
        "dg * (1 - g ** 2)",
        "dg * (1 - np.tanh(g) ** 2)",
        "tanh is applied once more: g has already been through it, so its slope is 1 - g ** 2.",
    ),
    Slip("dg * (1 - g ** 2)", "dg * (1 + g ** 2)", "The slope of tanh is 1 - g ** 2, with a minus."),
    Slip("dg * (1 - g ** 2)", "dg * (g ** 2 - 1)", "The slope of tanh has the wrong sign: it is 1 - g ** 2."),
    Slip("dg * (1 - g ** 2)", "dg * g ** 2", "The 1 is missing in the slope of tanh: it is 1 - g ** 2."),
    Slip("dg * (1 - g ** 2)", "dg * np.tanh(g)", "tanh itself is there instead of its slope, 1 - g ** 2."),
    Slip(
        "dz_g = dg * (1 - g ** 2)",
        "dz_i = di\ndz_g = dg",
        "You return the gradients of i and g; the slopes of sigmoid and tanh are missing.",
    ),
    Slip(
        "dz_g = dg * (1 - g ** 2)",
        "dz_i, dz_g = di * (1 - i ** 2), dg * g * (1 - g)",
        "The two slopes have changed places: i is a sigmoid, i * (1 - i), and g a tanh, 1 - g ** 2.",
    ),
)
