"""Dense: a matrix product, three loops, columns one by one; the functions that squash a sum."""

import numpy as np


def dense_by_lines(x, kernel, bias):
    z = x @ kernel
    y = z + bias
    return y


def dense_by_numbers(x, kernel, bias):
    y = np.zeros((x.shape[0], kernel.shape[1]))
    for n in range(x.shape[0]):
        for j in range(kernel.shape[1]):
            for k in range(kernel.shape[0]):
                y[n, j] += x[n, k] * kernel[k, j]
            y[n, j] += bias[j]
    return y


def dense_from_bias(x, kernel, bias):
    y = np.zeros((x.shape[0], kernel.shape[1]))
    for n in range(x.shape[0]):
        for j in range(kernel.shape[1]):
            y[n, j] = bias[j]
            for k in range(kernel.shape[0]):
                y[n, j] += x[n, k] * kernel[k, j]
    return y


def dense_by_totals(x, kernel, bias):
    y = np.zeros((x.shape[0], kernel.shape[1]))
    for n in range(x.shape[0]):
        for j in range(kernel.shape[1]):
            total = bias[j]
            for k in range(kernel.shape[0]):
                total += x[n, k] * kernel[k, j]
            y[n, j] = total
    return y


def dense_by_units(x, kernel, bias):
    columns = []
    for j in range(kernel.shape[1]):
        columns.append((x * kernel[:, j]).sum(axis=1) + bias[j])
    return np.stack(columns, axis=1)


def dense_by_rows(x, kernel, bias):
    rows = []
    for row in x:
        rows.append((row[:, None] * kernel).sum(axis=0) + bias)
    return np.array(rows)


def dense_by_features(x, kernel, bias):
    y = np.zeros((x.shape[0], kernel.shape[1]))
    for k in range(kernel.shape[0]):
        y += x[:, k, None] * kernel[k]
    y += bias
    return y


DENSE_WORDS = {
    "x": "the input x",
    "kernel": "the kernel",
    "bias": "the bias",
    "bias[j]": "the bias of unit j",
    "x @ kernel": "the product x @ kernel",
    "z": "the product x @ kernel",
    "row": "the row of x",
    "y": "the output y",
    "y[n, j]": "y[n, j]",
    "x[n, k]": "x[n, k]",
    "kernel[k, j]": "the weight kernel[k, j]",
    "x.shape[0]": "the number of rows",
    "len(x)": "the number of rows",
    "x.shape[1]": "the number of features",
    "kernel.shape[0]": "the number of features",
    "len(kernel)": "the number of features",
    "kernel.shape[1]": "the number of units",
    "len(bias)": "the number of units",
    "bias.shape[0]": "the number of units",
    "bias.size": "the number of units",
    "x.size": "the number of all entries of x",
    "kernel.size": "the number of weights",
}


def read_dense_by_rows(y_zeros, y_eye):
    bias = y_zeros[0]
    rows = []
    for row in y_eye:
        rows.append(row - bias)
    return np.array(rows), bias


def read_dense_by_lines(y_zeros, y_eye):
    bias = y_zeros[0]
    kernel = y_eye - y_zeros
    return kernel, bias


READ_WORDS = {
    "y_zeros": "y_zeros",
    "y_eye": "y_eye",
    "y_zeros[0]": "the row of y_zeros",
    "bias": "the bias",
    "kernel": "the kernel",
    "row": "the row of y_eye",
}


def sigmoid_by_exp(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_by_lines(x):
    e = np.exp(-x)
    y = 1 / (1 + e)
    return y


SIGMOID_WORDS = {"x": "x", "np.exp(-x)": "`exp(-x)`", "np.exp(x)": "`exp(x)`", "e": "`exp(-x)`", "y": "y"}


def hard_sigmoid_by_limits(x):
    return np.maximum(0, np.minimum(1, x / 6 + 0.5))


def hard_sigmoid_by_slope(x):
    return np.clip(0.16666666666666666 * x + 0.5, 0, 1)


def hard_sigmoid_by_lines(x):
    line = x / 6 + 0.5
    line = np.where(line < 0, 0, line)
    line = np.where(line > 1, 1, line)
    return line


def hard_sigmoid_by_pieces(x):
    line = x / 6 + 0.5
    return np.where(x < -3, 0.0, np.where(x > 3, 1.0, line))


HARD_WORDS = {
    "x": "x",
    "x / 6": "x / 6",
    "x / 6 + 0.5": "the line x / 6 + 0.5",
    "line": "the line x / 6 + 0.5",
    "6": "6",
    "0.5": "0.5",
    "0.16666666666666666": "1/6",
    "0.16666666666666666 * x": "x / 6",
}


def dense_of_all_products(x, kernel, bias):
    y = np.zeros((x.shape[0], kernel.shape[1]))
    for n in range(x.shape[0]):
        for j in range(kernel.shape[1]):
            total = 0.0
            for k in range(kernel.shape[0]):
                total += x[n, k] * kernel[k, j]
            y[n, j] = total + bias[j]
    return y


def dense_with_ones(x, kernel, bias):
    longer = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    weights = np.concatenate([kernel, bias[None]], axis=0)
    return longer @ weights


def sigmoid_by_pieces(x):
    above = 1 / (1 + np.exp(-x))
    below = np.exp(x) / (1 + np.exp(x))
    return np.where(x >= 0, above, below)


def hard_sigmoid_of_six(x):
    return np.minimum(np.maximum(x + 3, 0), 6) / 6
