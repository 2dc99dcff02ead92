"""Numbers of weights, blocks of a kernel, a bias from its sums."""

import numpy as np


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
