"""One step of a GRU."""

import numpy as np

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
