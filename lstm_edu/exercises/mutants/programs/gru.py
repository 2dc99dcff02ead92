"""One step of a GRU."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip
from lstm_edu.exercises.mutants.program import sigmoid


def gru_step_by_slices(x_t, h, kernel, recurrent_kernel, bias):
    n = h.shape[1]
    x_sum = x_t @ kernel + bias[0]
    h_sum = h @ recurrent_kernel + bias[1]
    z = sigmoid(x_sum[:, :n] + h_sum[:, :n])
    r = sigmoid(x_sum[:, n : 2 * n] + h_sum[:, n : 2 * n])
    g = np.tanh(x_sum[:, 2 * n :] + r * h_sum[:, 2 * n :])
    return z * h + (1 - z) * g


def gru_step_by_gates(x_t, h, kernel, recurrent_kernel, bias):
    W_z, W_r, W_g = np.split(kernel, 3, axis=1)
    U_z, U_r, U_g = np.split(recurrent_kernel, 3, axis=1)
    b_z, b_r, b_g = np.split(bias[0], 3)
    d_z, d_r, d_g = np.split(bias[1], 3)
    z = sigmoid(x_t @ W_z + b_z + h @ U_z + d_z)
    r = sigmoid(x_t @ W_r + b_r + h @ U_r + d_r)
    g = np.tanh(x_t @ W_g + b_g + r * (h @ U_g + d_g))
    return z * h + (1 - z) * g


def gru_step_by_lines(x_t, h, kernel, recurrent_kernel, bias):
    x_z, x_r, x_g = np.split(x_t @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    z = sigmoid(x_z + h_z)
    r = sigmoid(x_r + h_r)
    g = np.tanh(x_g + r * h_g)
    new_h = z * h + (1 - z) * g
    return new_h


GRU_WORDS = {
    "x_t": "the input x_t",
    "h": "the previous output h",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "bias": "the bias",
    "bias[0]": "the input's bias (bias[0])",
    "bias[1]": "the recurrent bias (bias[1])",
    "z": "the update gate z",
    "r": "the reset gate r",
    "g": "the candidate g",
    "z * h": "what is kept of the old h",
    "(1 - z) * g": "what is taken of the candidate",
    "1 - z": "1 - z",
    "x_z": "the input's part of z",
    "x_r": "the input's part of r",
    "x_g": "the input's part of g",
    "h_z": "the recurrent part of z",
    "h_r": "the recurrent part of r",
    "h_g": "the recurrent part of g",
    "r * h_g": "the recurrent part of g (r * h_g)",
    "x_t @ kernel": "the input's part of the sum",
    "h @ recurrent_kernel": "the recurrent part of the sum",
    "x_sum": "the input's sum",
    "h_sum": "the recurrent sum",
    "n": "the number of units",
    "h.shape[1]": "the number of units",
    **{f"b_{gate}": f"the input's bias of {gate}" for gate in "zrg"},
    **{f"d_{gate}": f"the recurrent bias of {gate}" for gate in "zrg"},
    **{f"W_{gate}": f"the kernel's block of {gate}" for gate in "zrg"},
    **{f"U_{gate}": f"the recurrent kernel's block of {gate}" for gate in "zrg"},
    **{f"x_t @ W_{gate}": f"the input's part of {gate}" for gate in "zrg"},
    **{f"h @ U_{gate}": f"the recurrent part of {gate}" for gate in "zrg"},
}


_AFTER = "Here r multiplies the recurrent part with its bias, r * (h U + b[1])"
_BLEND = "the new h is z * h + (1 - z) * g."
_TWO_PARTS = "The candidate is tanh of x's part plus tanh of h's part; it should be one tanh around the sum of both."

GRU_SLIPS = (
    # the candidate
    Slip(
        "g = np.tanh(x_g + r * h_g)",
        "g = np.tanh(x_g + (r * h) @ np.split(recurrent_kernel, 3, axis=1)[2] + np.split(bias[1], 3)[2])",
        f"r multiplies h before the product with U (reset_after=False). {_AFTER}.",
    ),
    Slip(
        "g = np.tanh(x_g + r * h_g)",
        "g = np.tanh(x_g + (r * h) @ np.split(recurrent_kernel, 3, axis=1)[2])",
        f"r multiplies h before the product with U, and b[1] is missing there. {_AFTER}.",
    ),
    Slip(
        "g = np.tanh(x_g + r * h_g)",
        "g = np.tanh(x_g + (z * h) @ np.split(recurrent_kernel, 3, axis=1)[2] + np.split(bias[1], 3)[2])",
        f"z * h is multiplied by U in the candidate. {_AFTER}.",
        1.1,
    ),
    Slip(
        "g = np.tanh(x_g + r * h_g)",
        "g = np.tanh(x_g + r * (h_g - np.split(bias[1], 3)[2]) + np.split(bias[1], 3)[2])",
        f"The recurrent bias is added after r; it should be multiplied by r too. {_AFTER}.",
    ),
    Slip(
        "g = np.tanh(x_g + r * h_g)",
        "g = np.tanh(x_g + r * (h_g - np.split(bias[1], 3)[2]))",
        f"In the candidate the recurrent bias is missing. {_AFTER}.",
    ),
    Slip(
        "g = np.tanh(x_g + r * h_g)",
        "g = np.tanh(x_g + r * h)",
        "In the candidate r multiplies h itself, without U and its bias; it should be r * (h U + b[1]).",
    ),
    Slip(
        "np.tanh(x_g + r * h_g)", "np.tanh(r * (x_g + h_g))", "r multiplies x's part too; it belongs to h's part alone."
    ),
    Slip("np.tanh(x_g + r * h_g)", "np.tanh(r * x_g + h_g)", "r multiplies x's part; it belongs to h's part."),
    Slip(
        "np.tanh(x_g + r * h_g)",
        "r * np.tanh(x_g + h_g)",
        "r multiplies the candidate after tanh; it belongs inside, to h's part.",
    ),
    Slip(
        "np.tanh(x_g + r * h_g)",
        "np.tanh(x_g + z * h_g)",
        "The update gate z is used in the candidate; it should be the reset gate r.",
    ),
    Slip("np.tanh(x_g + r * h_g)", "np.tanh(x_g + (1 - r) * h_g)", "1 - r is used in the candidate; it should be r."),
    Slip(
        "np.tanh(x_g + r * h_g)", "np.tanh(x_g + (1 - z) * h_g)", "1 - z is used in the candidate; it should be r.", 1.1
    ),
    Slip(
        "np.tanh(x_g + r * h_g)", "np.tanh(x_g + r + h_g)", "r is added in the candidate; it should multiply h's part."
    ),
    Slip(
        "np.tanh(x_g + r * h_g)",
        "np.tanh(x_g + h_g)",
        "The reset gate r is missing in the candidate; it multiplies h's part.",
        0.95,
    ),
    Slip("np.tanh(x_g + r * h_g)", "np.tanh(x_g)", "The candidate does not see h at all; r * h's part is missing."),
    Slip("np.tanh(x_g + r * h_g)", "np.tanh(h_g)", "The candidate does not see x at all.", 1.1),
    Slip("np.tanh(x_g + r * h_g)", "np.tanh(x_g) + np.tanh(r * h_g)", _TWO_PARTS),
    Slip("np.tanh(x_g + r * h_g)", "np.tanh(x_g) + r * np.tanh(h_g)", _TWO_PARTS, 1.1),
    Slip(
        "np.tanh(x_g + r * h_g)",
        "np.tanh(x_g) + r * h_g",
        "tanh is around x's part only; it belongs around the whole sum.",
    ),
    Slip(
        "np.tanh(x_g + r * h_g)",
        "x_g + np.tanh(r * h_g)",
        "tanh is around h's part only; it belongs around the whole sum.",
    ),
    Slip("np.tanh(x_g + r * h_g)", "np.tanh(x_g + z * r * h_g)", "z multiplies h's part of the candidate too.", 1.1),
    # the gates
    Slip("z = sigmoid(x_z + h_z)", "z = np.tanh(x_z + h_z)", "z is a tanh; a gate is a sigmoid, between 0 and 1."),
    Slip(
        "sigmoid(x_z + h_z)",
        "sigmoid(x_z) + sigmoid(h_z)",
        "z is the sum of two sigmoids; it should be one sigmoid of the sum.",
    ),
    Slip(
        "sigmoid(x_r + h_r)",
        "sigmoid(x_r) + sigmoid(h_r)",
        "r is the sum of two sigmoids; it should be one sigmoid of the sum.",
    ),
    Slip("sigmoid(x_z + h_z)", "sigmoid(x_z)", "The gate z does not see h.", 1.05),
    Slip("sigmoid(x_r + h_r)", "sigmoid(x_r)", "The gate r does not see h.", 1.05),
    Slip("r = sigmoid(x_r + h_r)", "z, r = sigmoid(x_z), sigmoid(x_r)", "The gates z and r do not see h.", 1.05),
    Slip(
        "r = sigmoid(x_r + h_r)",
        "z, r = np.tanh(x_z + h_z), np.tanh(x_r + h_r)",
        "z and r are tanh; gates are sigmoids, between 0 and 1.",
        1.05,
    ),
    Slip(
        "r = sigmoid(x_r + h_r)",
        "r = sigmoid(x_r + h_r)\nh = r * h",
        "h itself is multiplied by r, so that the last line keeps r * h of it.",
        1.1,
    ),
    Slip(
        "r = sigmoid(x_r + h_r)",
        "r = sigmoid(x_r + h_r)\nh = r * h\nh_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)[2]\nr = 1",
        "h itself is replaced by r * h, so that the last line keeps r * h of it instead of the old h.",
        1.1,
    ),
    # the blend
    Slip("z * h + (1 - z) * g", "(1 - z) * h + z * g", f"z and 1 - z have changed places: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "z * h + z * g", f"Both parts are multiplied by z: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "(1 - z) * h + (1 - z) * g", f"Both parts are multiplied by 1 - z: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "z * h + g", f"The candidate is taken in full: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "h + (1 - z) * g", f"The old h is kept in full: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "h + z * g", f"The old h is kept in full, and z multiplies g: {_BLEND}", 1.05),
    Slip("z * h + (1 - z) * g", "z * h + r * g", f"The reset gate r multiplies g: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "z * h + (1 - r) * g", f"1 - r multiplies g: {_BLEND}"),
    Slip(
        "z * h + (1 - z) * g",
        "r * h + (1 - r) * g",
        f"The reset gate r blends old and new; it should be the update gate z: {_BLEND}",
    ),
    Slip(
        "z * h + (1 - z) * g",
        "(1 - r) * h + r * g",
        f"The reset gate r blends old and new, the wrong way round: {_BLEND}",
    ),
    Slip("z * h + (1 - z) * g", "r * h + (1 - z) * g", f"The reset gate r keeps the old h: {_BLEND}"),
    Slip(
        "z * h + (1 - z) * g",
        "z * (r * h) + (1 - z) * g",
        f"r multiplies the kept h too; it belongs to the candidate alone: {_BLEND}",
    ),
    Slip(
        "z * h + (1 - z) * g",
        "(1 - z) * (r * h) + z * g",
        f"r multiplies the kept h too, and z and 1 - z have changed places: {_BLEND}",
        1.2,
    ),
    Slip("z * h + (1 - z) * g", "z * h_g + (1 - z) * g", f"h U is kept instead of h: {_BLEND}", 1.1),
    Slip("z * h + (1 - z) * g", "z * np.tanh(h) + (1 - z) * g", f"`tanh` is applied to the old h: {_BLEND}", 1.1),
    Slip("z * h + (1 - z) * g", "np.tanh(z * h + (1 - z) * g)", f"`tanh` is applied to the whole: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "(h + g) / 2", f"It is the mean of h and g: {_BLEND}", 1.1),
    Slip("z * h + (1 - z) * g", "z * h - (1 - z) * g", f"The candidate's part is subtracted: {_BLEND}", 1.1),
    Slip(
        "z * h + (1 - z) * g",
        "z * h * (1 - z) * g",
        f"The two parts are multiplied; they should be added: {_BLEND}",
        1.1,
    ),
    Slip("z * h + (1 - z) * g", "(1 - z) * g", f"What is kept of the old h is missing: {_BLEND}"),
    Slip("z * h + (1 - z) * g", "z * g", f"What is kept of the old h is missing, and z multiplies g: {_BLEND}", 1.1),
    Slip("z * h + (1 - z) * g", "g", "The candidate g is returned; the old h stays in part."),
    # the sums
    Slip(
        "h @ recurrent_kernel",
        "h @ np.concatenate([u.T for u in np.split(recurrent_kernel, 3, axis=1)], axis=1)",
        "Each block of the recurrent kernel is transposed; the blocks are square, so there is no error message.",
    ),
    Slip(
        "h @ recurrent_kernel",
        "np.concatenate([h * np.diag(u) for u in np.split(recurrent_kernel, 3, axis=1)], axis=1)",
        "Each unit sees only its own old output (the diagonal of each block); it should see those of all units.",
        1.2,
    ),
    Slip(
        "bias[0]",
        "bias.sum(axis=0)",
        "Both rows of the bias are added on the input side (and the second row on the recurrent side again).",
        1.2,
    ),
    Slip("bias[0]", "bias.mean(axis=0)", "The mean of both rows of the bias is used on the input side.", 1.2),
    Slip(
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)",
        "x_z, x_r, x_g = np.split(x_t @ kernel + bias[0] + bias[1], 3, axis=-1)\n"
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel, 3, axis=-1)",
        "Both biases are added on the input side; b[1] belongs to the recurrent side, where r multiplies it.",
    ),
    Slip(
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)",
        "x_z, x_r, x_g = np.split(x_t @ kernel, 3, axis=-1)\n"
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[0] + bias[1], 3, axis=-1)",
        "Both biases are added on the recurrent side; b[0] belongs to the input's side, outside r.",
    ),
    Slip(
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)",
        "x_z, x_r, x_g = np.split(x_t @ kernel, 3, axis=-1)\n"
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel, 3, axis=-1)",
        "No bias is added at all.",
    ),
    Slip(
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)",
        "h_r, h_z, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)\n"
        "x_r, x_z, x_g = np.split(x_t @ kernel + bias[0], 3, axis=-1)",
        "The blocks are read in the order r, z, g (as PyTorch has them); Keras packs z, r, g.",
    ),
    Slip(
        "r = sigmoid(x_r + h_r)",
        "z, r = sigmoid(x_r + h_r), z",
        "The blocks are read in the order r, z, g (as PyTorch has them); Keras packs z, r, g.",
        1.02,
    ),
    *(
        Slip(
            "h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)",
            f"{', '.join('h_' + k for k in order)} = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)\n"
            f"{', '.join('x_' + k for k in order)} = np.split(x_t @ kernel + bias[0], 3, axis=-1)",
            f"The blocks are read in the order {', '.join(order)}; Keras packs z, r, g.",
            1.05,
        )
        for order in ("zgr", "rgz", "gzr", "grz")
    ),
    Slip(
        "h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)",
        "x_z, x_r, x_g = ((x_t @ kernel + bias[0])[:, k::3] for k in range(3))\n"
        "h_z, h_r, h_g = ((h @ recurrent_kernel + bias[1])[:, k::3] for k in range(3))",
        "Every third column is taken for a gate; Keras keeps a gate's columns next to each other.",
        1.1,
    ),
)

_MGU_BLEND = "the new h is (1 - f) * h + f * g."

MGU_SLIPS = (
    Slip("(1 - f) * h + f * g", "f * h + (1 - f) * g", f"f and 1 - f have changed places: {_MGU_BLEND}", 0.98),
    Slip("(1 - f) * h + f * g", "f * h + f * g", f"Both parts are multiplied by f: {_MGU_BLEND}"),
    Slip("(1 - f) * h + f * g", "(1 - f) * h + (1 - f) * g", f"Both parts are multiplied by 1 - f: {_MGU_BLEND}"),
    Slip("(1 - f) * h + f * g", "h + f * g", f"The old h is kept in full: {_MGU_BLEND}"),
    Slip(
        "(1 - f) * h + f * g",
        "h + (1 - f) * g",
        f"The old h is kept in full, and 1 - f multiplies g: {_MGU_BLEND}",
        1.05,
    ),
    Slip("(1 - f) * h + f * g", "(1 - f) * h + g", f"The candidate is taken in full: {_MGU_BLEND}"),
    Slip("(1 - f) * h + f * g", "f * h + g", f"f keeps the old h, and the candidate is taken in full: {_MGU_BLEND}"),
    Slip("(1 - f) * h + f * g", "g", "The candidate g is returned; the old h stays in part."),
    Slip("(1 - f) * h + f * g", "f * g", f"What is kept of the old h is missing: {_MGU_BLEND}"),
    Slip("(1 - f) * h + f * g", "(1 - f) * (f * h) + f * g", f"f * h is kept instead of h: {_MGU_BLEND}"),
    Slip("(1 - f) * h + f * g", "(1 - f) * g + f * g", f"The old h is missing in the last line: {_MGU_BLEND}", 1.1),
    Slip("(1 - f) * h + f * g", "np.tanh((1 - f) * h + f * g)", f"`tanh` is applied to the whole: {_MGU_BLEND}"),
    Slip("(1 - f) * h + f * g", "(1 - f) * h - f * g", f"The candidate's part is subtracted: {_MGU_BLEND}", 1.1),
    Slip("(1 - f) * h + f * g", "(h + g) / 2", f"It is the mean of h and g: {_MGU_BLEND}", 1.1),
    Slip("(f * h) @ U_g", "h @ U_g", "The candidate sees all of the old h; it should see the share f of it."),
    Slip(
        "(f * h) @ U_g", "f * (h @ U_g)", "f is multiplied after the product with U; here h is multiplied by f first."
    ),
    Slip(
        "np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)",
        "np.tanh(x_t @ W_g + f * (h @ U_g + b_g))",
        "f is multiplied after the product with U, and with the bias; here h is multiplied by f first.",
    ),
    Slip(
        "(f * h) @ U_g",
        "((1 - f) * h) @ U_g",
        "The candidate sees the share 1 - f of the old h; it should see the share f.",
    ),
    Slip("(f * h) @ U_g", "f @ U_g", "The candidate sees f itself; it should see f * h.", 1.05),
    Slip("(f * h) @ U_g", "f * h", "U_g is missing in the candidate: f * h should be multiplied by it.", 1.05),
    Slip("(f * h) @ U_g", "(f + h) @ U_g", "f and h are added in the candidate; they should be multiplied.", 1.1),
    Slip(
        "np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)",
        "np.tanh(f * (x_t @ W_g + h @ U_g + b_g))",
        "f multiplies the whole sum of the candidate; it belongs to h alone.",
    ),
    Slip(
        "np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)",
        "f * np.tanh(x_t @ W_g + h @ U_g + b_g)",
        "f multiplies the candidate after tanh; it belongs to h, before the product.",
    ),
    Slip(
        "np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)", "np.tanh(x_t @ W_g + b_g)", "The candidate does not see h at all."
    ),
    Slip(
        "np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)",
        "np.tanh(x_t @ W_g + b_g) + np.tanh((f * h) @ U_g)",
        "The candidate is the sum of two tanh; it should be one tanh of the sum.",
    ),
    Slip(
        "np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)",
        "np.tanh(x_t @ W_g) + np.tanh((f * h) @ U_g + b_g)",
        "The candidate is the sum of two tanh; it should be one tanh of the sum.",
    ),
    Slip(
        "np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)",
        "np.tanh(x_t @ W_g + b_g) + (f * h) @ U_g",
        "tanh is around x's part only; it belongs around the whole sum.",
    ),
    Slip("sigmoid(x_t @ W_f + h @ U_f + b_f)", "sigmoid(x_t @ W_f + b_f)", "The gate f does not see h.", 1.05),
    Slip(
        "sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "np.tanh(x_t @ W_f + h @ U_f + b_f)",
        "f is a tanh; a gate is a sigmoid, between 0 and 1.",
    ),
    Slip("h @ U_f", "h @ U_f.T", "U_f is transposed; it should be used as it is.", 1.1),
    Slip(
        "g = np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)",
        "h = f * h\ng = np.tanh(x_t @ W_g + h @ U_g + b_g)",
        "h itself is replaced by f * h, so that the last line keeps that instead of the old h.",
        1.05,
    ),
    Slip(
        "f = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "U_f, U_g = U_f.T, U_g.T\nf = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "Both blocks of the recurrent kernel are transposed; they are square, so there is no error message.",
    ),
    Slip(
        "f = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "W_f, W_g, U_f, U_g, b_f, b_g = W_g, W_f, U_g, U_f, b_g, b_f\nf = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "You read the blocks in the order g, f; here they are f, g.",
    ),
    Slip(
        "f = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "b_f = b_g = 0\nf = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "No bias is added at all.",
    ),
    Slip(
        "f = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "W_f, W_g, U_f, U_g, b_f, b_g = (a[..., k::2] for a in (kernel, recurrent_kernel, bias) for k in range(2))\n"
        "f = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        "Every second column is taken for a block; a block's columns are next to each other.",
        1.1,
    ),
)


def mgu_step_by_lines(x_t, h, kernel, recurrent_kernel, bias):
    W_f, W_g = np.split(kernel, 2, axis=1)
    U_f, U_g = np.split(recurrent_kernel, 2, axis=1)
    b_f, b_g = np.split(bias, 2)
    f = sigmoid(x_t @ W_f + h @ U_f + b_f)
    g = np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)
    new_h = (1 - f) * h + f * g
    return new_h


def mgu_step_by_parts(x_t, h, kernel, recurrent_kernel, bias):
    W_f, W_g = np.split(kernel, 2, axis=1)
    U_f, U_g = np.split(recurrent_kernel, 2, axis=1)
    b_f, b_g = np.split(bias, 2)
    of_f = x_t @ W_f + b_f
    f = sigmoid(of_f + h @ U_f)
    seen = f * h
    of_g = x_t @ W_g + b_g
    g = np.tanh(of_g + seen @ U_g)
    kept = (1 - f) * h
    return kept + f * g


MGU_WORDS = {
    "x_t": "the input x_t",
    "h": "the previous output h",
    "new_h": "the new h",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "bias": "the bias",
    "f": "the gate f",
    "g": "the candidate g",
    "1 - f": "1 - f",
    "f * h": "the share f of the old h",
    "(1 - f) * h": "what is kept of the old h",
    "kept": "what is kept of the old h",
    "seen": "the share f of the old h",
    "of_f": "the input's part of f, with the bias",
    "of_g": "the input's part of g, with the bias",
    "seen @ U_g": "the recurrent part of g",
    "f * g": "what is taken of the candidate",
    "units": "the number of units",
    "h.shape[1]": "the number of units",
    **{f"b_{gate}": f"the bias of {gate}" for gate in "fg"},
    **{f"W_{gate}": f"the kernel's block of {gate}" for gate in "fg"},
    **{f"U_{gate}": f"the recurrent kernel's block of {gate}" for gate in "fg"},
    **{f"x_t @ W_{gate}": f"the input's part of {gate}" for gate in "fg"},
    "h @ U_f": "the recurrent part of f",
    "(f * h) @ U_g": "the recurrent part of g",
}
