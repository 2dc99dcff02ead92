"""Weights from PyTorch and from ONNX."""

import numpy as np


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
