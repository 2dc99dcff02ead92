"""Gradients of a Dense layer, steps downhill, Adam, clipping."""

import numpy as np


def dense_gradient_of_the_sum(x, y, target):
    difference = y - target
    d_kernel = 2 * x.T @ difference / y.size
    d_bias = 2 * difference.sum(axis=0) / y.size
    return d_kernel, d_bias


def dense_gradient_by_rows(x, y, target):
    d_kernel = np.zeros((x.shape[1], y.shape[1]))
    d_bias = np.zeros(y.shape[1])
    for n in range(len(x)):
        dy = 2 * (y[n] - target[n]) / y.size
        d_kernel += x[n][:, None] * dy
        d_bias += dy
    return d_kernel, d_bias


def dense_gradient_named(x, y, target):
    dy = 2 * (y - target) / (y.shape[0] * y.shape[1])
    d_kernel = x.T @ dy
    d_bias = dy.sum(axis=0)
    return d_kernel, d_bias


GRADIENT_WORDS = {
    "x": "the input x",
    "y": "the output y",
    "target": "the target",
    "dy": "dy",
    "difference": "the difference y - target",
    "y - target": "the difference y - target",
    "d_kernel": "d_kernel",
    "d_bias": "d_bias",
    "2": "2",
    "y.size": "the number of all entries of y",
    "y.shape[0] * y.shape[1]": "the number of all entries of y",
    "len(x)": "the number of rows",
    "x.shape[0]": "the number of rows",
    "len(y)": "the number of rows",
    "y.shape[0]": "the number of rows",
    "len(target)": "the number of rows",
    "target.shape[0]": "the number of rows",
    "x.shape[1]": "the number of features",
    "y.shape[1]": "the number of units",
    "target.shape[1]": "the number of units",
    "x.size": "the number of all entries of x",
    "target.size": "the number of all entries of the target",
    "learning_rate": "the learning rate",
    "steps": "the number of steps",
    "kernel": "the kernel",
    "bias": "the bias",
    "x @ kernel": "the product x @ kernel",
    "learning_rate * d_kernel": "the step of the kernel",
    "learning_rate * d_bias": "the step of the bias",
}


def train_dense_in_turn(x, target, kernel, bias, learning_rate, steps):
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        d_kernel = x.T @ dy
        d_bias = dy.sum(axis=0)
        kernel = kernel - learning_rate * d_kernel
        bias = bias - learning_rate * d_bias
    return kernel, bias


def train_dense_direct(x, target, kernel, bias, learning_rate, steps):
    for _ in range(steps):
        y = x @ kernel + bias
        d_kernel = x.T @ (2 * (y - target) / y.size)
        kernel_new = kernel - learning_rate * d_kernel
        y = x @ kernel + bias
        d_bias = (2 * (y - target) / y.size).sum(axis=0)
        bias = bias - learning_rate * d_bias
        kernel = kernel_new
    return kernel, bias


def adam_step_by_lines(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    root = np.sqrt(v)
    w = w - rate * m / (root + epsilon)
    return w, m, v


def adam_step_with_betas(w, g, m, v, t, learning_rate, epsilon):
    beta_1, beta_2 = 0.9, 0.999
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    first = 1 - beta_1**t
    second = 1 - beta_2**t
    rate = learning_rate * np.sqrt(second) / first
    w = w - rate * m / (np.sqrt(v) + epsilon)
    return w, m, v


def adam_step_with_hats(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    w = w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon / np.sqrt(1 - 0.999**t))
    return w, m, v


ADAM_WORDS = {
    "w": "the array w of weights",
    "g": "the gradient g",
    "m": "m",
    "v": "v",
    "t": "the update's number t",
    "learning_rate": "the learning rate",
    "epsilon": "epsilon",
    "rate": "the corrected rate",
    "root": "the root of v",
    "np.sqrt(v)": "the root of v",
    "np.sqrt(1 - 0.999 ** t)": "the correction of v (the root of 1 - 0.999**t)",
    "np.sqrt(second)": "the correction of v (the root of 1 - 0.999**t)",
    "1 - 0.9 ** t": "the correction of m, 1 - 0.9**t",
    "first": "the correction of m, 1 - 0.9**t",
    "second": "the correction of v, 1 - 0.999**t",
    "1 - 0.999 ** t": "the correction of v, 1 - 0.999**t",
    "m_hat": "the corrected m",
    "v_hat": "the corrected v",
    "beta_1": "beta_1 (0.9)",
    "beta_2": "beta_2 (0.999)",
    "0.9 * m": "what is kept of the old m",
    "0.1 * g": "the gradient's share of m",
    "0.999 * v": "what is kept of the old v",
    "0.001 * g ** 2": "the squared gradient's share of v",
    "beta_1 * m": "what is kept of the old m",
    "(1 - beta_1) * g": "the gradient's share of m",
    "beta_2 * v": "what is kept of the old v",
    "(1 - beta_2) * g ** 2": "the squared gradient's share of v",
    "rate * m / (np.sqrt(v) + epsilon)": "the step",
    "rate * m / (root + epsilon)": "the step",
    "epsilon / np.sqrt(1 - 0.999 ** t)": "epsilon (corrected like the root)",
}


def clip_together_if_long(g_kernel, g_bias, most):
    total = (g_kernel**2).sum() + (g_bias**2).sum()
    norm = np.sqrt(total)
    if norm > most:
        g_kernel = g_kernel * most / norm
        g_bias = g_bias * most / norm
    return g_kernel, g_bias


def clip_together_by_norms(g_kernel, g_bias, most):
    norm_kernel = np.linalg.norm(g_kernel)
    norm_bias = np.linalg.norm(g_bias)
    norm = np.sqrt(norm_kernel**2 + norm_bias**2)
    if norm > most:
        share = most / norm
    else:
        share = 1.0
    return g_kernel * share, g_bias * share


def clip_together_in_one_row(g_kernel, g_bias, most):
    every = np.concatenate([g_kernel.ravel(), g_bias])
    norm = np.linalg.norm(every)
    share = min(1, most / norm)
    return g_kernel * share, g_bias * share


def clip_each_alike(g_kernel, g_bias, most):
    norm_kernel = np.sqrt((g_kernel**2).sum() + (g_bias**2).sum())
    norm_bias = np.sqrt((g_kernel**2).sum() + (g_bias**2).sum())
    share_kernel = min(1, most / norm_kernel)
    share_bias = min(1, most / norm_bias)
    return g_kernel * share_kernel, g_bias * share_bias


CLIP_WORDS = {
    "g_kernel": "the kernel's gradient",
    "g_bias": "the bias's gradient",
    "most": "most",
    "norm": "the length of both together",
    "total": "the sum of all squares",
    "share": "share",
    "every": "the row of all numbers",
    "norm_kernel": "the length of the kernel's gradient",
    "norm_bias": "the length of the bias's gradient",
    "(g_kernel ** 2).sum()": "the kernel's sum of squares",
    "(g_bias ** 2).sum()": "the bias's sum of squares",
    "norm_kernel ** 2": "the kernel's sum of squares",
    "norm_bias ** 2": "the bias's sum of squares",
    "1": "1",
    "most / norm": "most / norm",
}


def clip_together_in_turn(g_kernel, g_bias, most):
    norm_kernel = np.sqrt((g_kernel**2).sum() + (g_bias**2).sum())
    norm_bias = np.sqrt((g_kernel**2).sum() + (g_bias**2).sum())
    g_kernel = g_kernel * min(1, most / norm_kernel)
    g_bias = g_bias * min(1, most / norm_bias)
    return g_kernel, g_bias
