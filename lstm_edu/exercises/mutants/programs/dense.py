"""Dense: a matrix product, three loops, columns one by one; the functions that squash a sum."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


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


DENSE_SLIPS = (
    Slip(
        "x @ kernel", "np.ones_like(x) * x.sum(axis=0) @ kernel", "All rows are added up, and every row gets the sum."
    ),
    Slip("x @ kernel", "np.ones_like(x) * x.mean(axis=0) @ kernel", "Every row gets what the mean of all rows gives."),
    Slip("x @ kernel", "np.ones_like(x) * x[0] @ kernel", "Every row gets what the first row gives."),
    Slip("x", "((x - x.mean(axis=0)) / x.std(axis=0))", "x is standardised first; use it as it is.", 1.2),
    Slip("x", "(x / np.linalg.norm(x, axis=1, keepdims=True))", "Each row of x is divided by its length first.", 1.2),
    Slip("x", "np.maximum(x, 0)", "relu is applied to x; this layer has no activation.", 1.1),
    Slip("x", "x ** 2", "x is squared first; use it as it is.", 1.3),
    Slip(
        "x @ kernel",
        "x @ kernel / np.sqrt(x.shape[1])",
        "The product is divided by the root of the number of features.",
    ),
    Slip(
        "x @ kernel", "x @ kernel / kernel.sum(axis=0)", "That is a weighted mean: the sum is divided by the weights'."
    ),
    Slip(
        "x @ kernel", "(x[:, :, None] * kernel).max(axis=1)", "The largest of the products is taken; add them up.", 1.1
    ),
    Slip("x @ kernel", "(x[:, :, None] + kernel).sum(axis=1)", "x and the weights are added; multiply them.", 1.1),
    Slip(
        "x @ kernel",
        "x.sum(axis=1, keepdims=True) * kernel.sum(axis=0)",
        "Sums are multiplied: first multiply, then add.",
    ),
    Slip(
        "x @ kernel",
        "x.sum(axis=1, keepdims=True) + 0 * kernel[0]",
        "Every unit gets the plain sum of x: no weights.",
        1.1,
    ),
    Slip("bias", "bias.mean()", "Every unit gets the mean of all biases; each has its own bias."),
    Slip("bias", "bias[0]", "Every unit gets the first bias; each has its own bias."),
    Slip("bias", "0 * bias", "The bias is not added."),
    Slip("bias", "bias.sum()", "Every unit gets the sum of all biases; each has its own bias."),
    Slip("bias", "np.sort(bias)", "The biases are sorted.", 1.6),
    Slip("bias", "np.abs(bias)", "The biases are added without their signs.", 1.4),
)

_SPREAD = "The bias is divided among the features; every row of y_eye has all of it."
_STEPS = "Each row of your kernel is the difference to the row before; what is in every row is the bias."
_DIAGONAL = (
    "The bias is subtracted on the diagonal only, where the ones of the identity are; every number of y_eye has it."
)
_ROW_FOR_BIAS = "You take the {} row of y_eye for the bias; the bias is the output for zeros, y_zeros."

READ_SLIPS = (
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_zeros - np.eye(*y_eye.shape)",
        "The identity is subtracted too: it is the input, not a part of the output.",
    ),
    Slip("kernel = y_eye - bias", "kernel = y_eye - bias / len(y_eye)", _SPREAD),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - np.diag(np.ones(max(y_eye.shape)))[:len(y_eye), :y_eye.shape[1]]",
        "1 is subtracted on the diagonal; the surplus in y_eye is the bias.",
    ),
    Slip("kernel = y_eye - y_zeros", "kernel = y_eye - 1", "1 is subtracted; the surplus in y_eye is the bias.", 1.2),
    Slip(
        "kernel = y_eye - y_zeros", "kernel = y_eye - np.diag(np.diag(np.ones_like(y_eye) * y_zeros))", _DIAGONAL, 1.2
    ),
    Slip("kernel = y_eye - y_zeros", "kernel = y_eye - np.eye(*y_eye.shape) * y_zeros", _DIAGONAL),
    Slip("kernel = y_eye - y_zeros", "kernel = np.concatenate([y_eye[:1] - y_zeros, np.diff(y_eye, axis=0)])", _STEPS),
    Slip("kernel = y_eye - y_zeros", "kernel = y_eye - np.concatenate([0 * y_eye[:1], y_eye[:-1]])", _STEPS),
    Slip("kernel = y_eye - y_zeros", "kernel = y_eye / y_zeros", "y_eye is divided by the bias; subtract it."),
    Slip("kernel = y_eye - y_zeros", "kernel = y_eye * y_zeros", "y_eye is multiplied by the bias; subtract it."),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_zeros.mean()",
        "The mean of all biases is subtracted; each column has its own bias.",
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_zeros.sum()",
        "The sum of all biases is subtracted; each column has its own bias.",
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_zeros[0, 0]",
        "The first bias is subtracted from all columns; each has its own bias.",
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_eye.mean(axis=0)",
        "Each column's mean is subtracted; subtract the bias, which is y_zeros.",
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_eye.mean(axis=1, keepdims=True)",
        "Each row's mean is subtracted; subtract the bias, which is y_zeros.",
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_eye[0]",
        "The first row of y_eye is subtracted; subtract the bias, which is y_zeros.",
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye - y_eye[-1]",
        "The last row of y_eye is subtracted; subtract the bias, which is y_zeros.",
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = np.concatenate([y_eye[:1] - y_zeros, y_eye[1:]])",
        "The bias is subtracted from the first row only; every row of y_eye has it.",
    ),
    Slip("kernel = y_eye - y_zeros", "kernel = y_eye - 2 * y_zeros", "The bias is subtracted twice."),
    Slip(
        "kernel = y_eye - y_zeros", "kernel = y_zeros - y_eye", "The kernel has the wrong sign: y_eye minus the bias."
    ),
    Slip(
        "kernel = y_eye - y_zeros",
        "kernel = y_eye",
        "The bias is still in your kernel: each row of y_eye is a row of W plus b.",
    ),
    Slip("bias = y_zeros[0]", "bias = y_eye[0]", _ROW_FOR_BIAS.format("first")),
    Slip("bias = y_zeros[0]", "bias = y_eye[-1]", _ROW_FOR_BIAS.format("last")),
    Slip(
        "bias = y_zeros[0]",
        "bias = y_eye.mean(axis=0)",
        "You take the mean of the outputs for the bias; y_zeros is the bias exactly.",
    ),
    Slip(
        "bias = y_zeros[0]",
        "bias = y_eye.sum(axis=0)",
        "You take the sum of the outputs for the bias; y_zeros is the bias.",
    ),
    Slip(
        "bias = y_zeros[0]",
        "bias = y_eye.min(axis=0)",
        "You take each column's minimum for the bias; y_zeros is the bias.",
    ),
    Slip("bias = y_zeros[0]", "bias = y_zeros[0] / len(y_eye)", "The bias is divided by the number of features."),
    Slip(
        "bias = y_zeros[0]",
        "bias = np.full_like(y_zeros[0], y_zeros.mean())",
        "All biases are the mean of y_zeros; each unit has its own.",
    ),
    Slip(
        "bias = y_zeros[0]",
        "bias = np.full_like(y_zeros[0], y_zeros.sum())",
        "All biases are the sum of y_zeros; each unit has its own.",
    ),
    Slip(
        "bias = y_zeros[0]",
        "bias = np.full_like(y_zeros[0], y_zeros[0, 0])",
        "All biases are the first number of y_zeros; each unit has its own.",
    ),
    Slip("bias = y_zeros[0]", "bias = np.zeros_like(y_zeros[0])", "The bias is 0; y_zeros is the bias."),
    Slip(
        "return kernel, bias",
        "return kernel.T, bias",
        "Your kernel is transposed; it should have one row per feature and one column per unit.",
    ),
)


def merge_dense_by_lines(kernel_1, bias_1, kernel_2, bias_2):
    kernel = kernel_1 @ kernel_2
    passed = bias_1 @ kernel_2
    bias = passed + bias_2
    return kernel, bias


def merge_dense_from_outside(kernel_1, bias_1, kernel_2, bias_2):
    x = np.eye(len(kernel_1))
    bias = bias_1 @ kernel_2 + bias_2
    y = (x @ kernel_1 + bias_1) @ kernel_2 + bias_2
    kernel = y - bias
    return kernel, bias


def merge_dense_by_numbers(kernel_1, bias_1, kernel_2, bias_2):
    kernel = np.zeros((kernel_1.shape[0], kernel_2.shape[1]))
    bias = np.zeros(kernel_2.shape[1])
    for j in range(kernel_2.shape[1]):
        for k in range(kernel_1.shape[0]):
            for m in range(kernel_2.shape[0]):
                kernel[k, j] += kernel_1[k, m] * kernel_2[m, j]
        for m in range(kernel_2.shape[0]):
            bias[j] += bias_1[m] * kernel_2[m, j]
        bias[j] += bias_2[j]
    return kernel, bias


MERGE_WORDS = {
    "kernel_1": "the first kernel",
    "kernel_2": "the second kernel",
    "bias_1": "the first bias",
    "bias_2": "the second bias",
    "kernel_1 @ kernel_2": "the product of the kernels",
    "bias_1 @ kernel_2": "the first bias, passed through the second kernel",
    "passed": "the first bias, passed through the second kernel",
    "kernel": "the kernel",
    "bias": "the bias",
    "y": "the output for the identity",
    "len(kernel_1)": "the number of features",
    "kernel_1.shape[0]": "the number of features",
    "kernel_1.shape[1]": "the number of units in between",
    "kernel_2.shape[0]": "the number of units in between",
    "kernel_2.shape[1]": "the number of units",
    "len(bias_1)": "the number of units in between",
}
_PASSES = "it passes through the second layer's kernel as a row of numbers: bias_1 @ kernel_2."
_K, _B = "kernel = kernel_1 @ kernel_2", "passed = bias_1 @ kernel_2"

MERGE_SLIPS = (
    Slip(_K, "kernel = 2 * kernel_1 @ kernel_2", "The kernel is twice as large as it should be."),
    Slip(_K, "kernel = kernel_1 @ kernel_2 / 2", "The kernel is half of what it should be."),
    Slip(_K, "kernel = -kernel_1 @ kernel_2", "The kernel has the wrong sign."),
    Slip(_B, "passed = 0", f"The first bias is lost; {_PASSES}"),
    Slip("passed + bias_2", "passed", "The second bias is missing."),
    Slip("passed + bias_2", "passed - bias_2", "The second bias is subtracted; add it."),
    Slip("passed + bias_2", "passed + 2 * bias_2", "The second bias is added twice."),
    Slip(
        _K,
        "kernel = kernel_1 @ kernel_2 + bias_1 @ kernel_2 + bias_2",
        "The bias is still in your kernel: the output for the identity is the kernel plus the bias.",
    ),
    Slip(
        _K,
        "kernel = (kernel_1 + bias_1) @ kernel_2",
        "The first bias is in your kernel; it does not multiply x, so it belongs to the bias.",
    ),
    Slip(_K, "kernel = kernel_1 @ kernel_2 + bias_2", "The second bias is in your kernel; it belongs to the bias."),
    Slip(
        _K,
        "kernel = np.maximum(kernel_1, 0) @ kernel_2",
        "relu is applied to the first kernel; there is no activation.",
    ),
    Slip(_K, "kernel = np.tanh(kernel_1) @ kernel_2", "tanh is applied to the first kernel; there is no activation."),
    Slip(
        _K,
        "kernel = kernel_1 @ kernel_2 / len(kernel_2)",
        "The product is divided by the number of units in between, which makes a mean of it; it is a sum.",
    ),
    Slip(
        _K,
        "kernel = np.outer(kernel_1.sum(axis=1), kernel_2.sum(axis=0))",
        "Sums of the weights are multiplied: first multiply, then add up.",
    ),
    Slip(
        _K,
        "kernel = kernel_1 @ np.maximum(kernel_2, 0)",
        "relu is applied to the second kernel; there is no activation.",
    ),
    Slip(
        _B,
        "passed = bias_1.sum() * kernel_2.sum(axis=0)",
        f"The sum of the first bias multiplies sums of weights; {_PASSES}",
    ),
    Slip(_B, "passed = bias_1.sum()", f"The sum of the first bias is added to every unit; {_PASSES}"),
    Slip(_B, "passed = bias_1.mean()", f"The mean of the first bias is added to every unit; {_PASSES}"),
    Slip(_B, "passed = kernel_2.sum(axis=0)", f"The first bias is taken as ones; {_PASSES}"),
    Slip(
        _B, "passed = kernel_2.mean(axis=0)", f"The mean of the second kernel takes the first bias's place; {_PASSES}"
    ),
    Slip(_B, "passed = np.maximum(bias_1, 0) @ kernel_2", "relu is applied to the first bias; there is no activation."),
    Slip(_B, "passed = np.tanh(bias_1) @ kernel_2", "tanh is applied to the first bias; there is no activation."),
    Slip(
        _B,
        "passed = kernel_1.sum(axis=0) @ kernel_2 + bias_1 @ kernel_2",
        "The kernel is in your bias: that is the output for ones. For the bias the input is zeros.",
    ),
    Slip(
        _B,
        "passed = kernel_1.mean(axis=0) @ kernel_2 + bias_1 @ kernel_2",
        "The mean of the kernel's rows is in your bias; for the bias the input is zeros.",
    ),
    Slip(
        _B,
        "passed = bias_1 @ kernel_2 / len(bias_1)",
        "The first bias's part is divided by the number of units in between.",
    ),
    Slip(_B, "passed = bias_1[0] * kernel_2[0]", "Only the first number of the first bias counts; all of them do."),
    Slip("passed + bias_2", "(passed + bias_2) / 2", "The mean of both biases is taken; they add up."),
    Slip(
        "passed + bias_2",
        "passed + bias_2 @ kernel_2[:1].T * kernel_2[0]",
        "The second bias is multiplied by kernel_2; it is added after that product.",
        1.6,
    ),
    Slip("passed + bias_2", "passed * bias_2", "The biases are multiplied; they add up."),
    Slip(
        "return kernel, bias",
        "return kernel.T, bias",
        "Your kernel is transposed; it should have one row per feature and one column per unit.",
    ),
)


def merge_dense_with_relu(kernel_1, bias_1, kernel_2, bias_2):
    x = np.eye(len(kernel_1))
    bias = np.maximum(bias_1, 0) @ kernel_2 + bias_2
    y = np.maximum(x @ kernel_1 + bias_1, 0) @ kernel_2 + bias_2
    return y - bias, bias


def merge_dense_with_tanh(kernel_1, bias_1, kernel_2, bias_2):
    x = np.eye(len(kernel_1))
    bias = np.tanh(bias_1) @ kernel_2 + bias_2
    y = np.tanh(x @ kernel_1 + bias_1) @ kernel_2 + bias_2
    return y - bias, bias


MERGE_DETOURS = (
    (merge_dense_with_relu, "relu is applied between the layers; neither has an activation."),
    (merge_dense_with_tanh, "tanh is applied between the layers; neither has an activation."),
)

# What else is applied to each number, or to all of them, and what it is called: after "That is ".
FUNCTIONS = (
    ("x", "x itself"),
    ("np.tanh(x)", "tanh, from -1 to 1"),
    ("(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))", "tanh, and not a number far from 0, where exp is infinite"),
    ("np.log(1 + np.exp(x))", "softplus, log(1 + exp(x)), which is infinite for large x"),
    ("np.exp(x) / np.exp(x).sum()", "softmax over all numbers together"),
    ("np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)", "softmax along the last axis"),
    ("np.tanh(x / 2)", "the sigmoid stretched to -1 and 1, which is tanh(x / 2)"),
    ("(np.tanh(x) + 1) / 2", "(tanh(x) + 1) / 2, which is the sigmoid of 2 x"),
    ("softmax(x)", "softmax along the last axis, which looks at several numbers together"),
    ("np.exp(x - x.max()) / np.exp(x - x.max()).sum()", "softmax over all numbers together"),
    ("softmax(np.swapaxes(x, 0, -1)).swapaxes(0, -1)", "softmax along the first axis"),
    ("np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))", "softplus, log(1 + exp(x))"),
    ("np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))", "the logarithm of the sigmoid"),
    ("np.maximum(x, 0)", "relu, max(0, x)"),
    ("np.clip(x, 0, 6)", "relu6, x between 0 and 6"),
    ("np.clip(x, 0, 6) / 6", "relu6 / 6, which begins to rise at 0, not at -3"),
    ("np.clip(x, -1, 1)", "the hard tanh, x cut off at -1 and 1"),
    ("np.clip(x, 0, 1)", "x itself, cut off at 0 and 1"),
    ("np.where(x > 0, x, 0.01 * x)", "leaky relu"),
    ("np.where(x > 0, x, 0.1 * x)", "leaky relu"),
    ("np.where(x > 0, x, 0.2 * x)", "leaky relu"),
    ("np.where(x > 0, x, np.expm1(np.minimum(x, 0)))", "elu"),
    ("x * sigmoid(x)", "swish (silu), x times the sigmoid"),
    ("x * np.clip(x / 6 + 0.5, 0, 1)", "hard swish, x times the hard sigmoid"),
    ("x * np.clip(0.2 * x + 0.5, 0, 1)", "hard swish, x times the hard sigmoid of Keras 2"),
    ("x / (1 + np.abs(x))", "softsign, x / (1 + |x|)"),
    ("(x / (1 + np.abs(x)) + 1) / 2", "softsign, moved to between 0 and 1"),
    ("0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))", "gelu"),
    ("normal_cdf(x)", "the cumulative normal distribution (probit), another S-curve from 0 to 1"),
    ("sigmoid(1.702 * x)", "the sigmoid of 1.702 x, which is near the cumulative normal distribution"),
    ("np.arctan(x) / np.pi + 0.5", "arctan, moved to between 0 and 1"),
    ("np.arctan(x)", "arctan"),
    ("np.sign(x)", "the sign, -1 or 1"),
    ("(x - x.min()) / (x.max() - x.min())", "x scaled to 0…1 by its own smallest and largest number"),
    ("x / np.abs(x).max()", "x divided by its largest size"),
    ("(x - x.mean()) / x.std()", "x standardised"),
    ("np.exp(-x ** 2)", "a bell, exp(-x**2)"),
    ("np.exp(x)", "exp(x)"),
    ("np.exp(-x)", "exp(-x)"),
    ("1 - np.exp(-np.maximum(x, 0))", "1 - exp(-x) above zero"),
    ("sigmoid(x) * (1 - sigmoid(x))", "the sigmoid's slope, s (1 - s)"),
    ("1 - np.tanh(x) ** 2", "the slope of tanh"),
    ("(np.abs(x) < 3) * 1.0", "1 where the line rises, and 0 elsewhere"),
    ("(np.abs(x) < 3) / 6", "the slope of the hard sigmoid"),
    ("sigmoid(x)", "the smooth sigmoid, 1 / (1 + exp(-x))"),
    ("1 - sigmoid(x)", "the sigmoid the wrong way round, it falls"),
    ("sigmoid(x / 2)", "the sigmoid of x / 2"),
    ("sigmoid(x / 6 + 0.5)", "the smooth sigmoid of the line"),
    ("np.tanh(x / 6 + 0.5)", "tanh of the line"),
    ("np.clip(x / 6 + 0.5, 0, 1)", "the hard sigmoid of Keras 3, a line that is cut off"),
    ("np.clip(0.2 * x + 0.5, 0, 1)", "the hard sigmoid of Keras 2, a line that is cut off"),
    ("sigmoid(sigmoid(x))", "the sigmoid, applied twice"),
    ("np.log(1 + np.exp(-x))", "log(1 + exp(-x)), the loss"),
    ("np.log(x / (1 - x))", "the logit, which undoes the sigmoid"),
    ("1 / (1 + x ** 2)", "1 / (1 + x**2)"),
    ("1 / (1 + np.exp(-np.abs(x)))", "the sigmoid of |x|: the sign of x is lost"),
    ("1 / (1 + 2.0 ** -x)", "2 to the power of -x where exp(-x) belongs"),
    ("1 / (1 + 10.0 ** -x)", "10 to the power of -x where exp(-x) belongs"),
    ("1 / (1 + np.exp(-np.clip(x, -1, 1)))", "the sigmoid of x cut off at -1 and 1"),
    ("np.clip(sigmoid(x), 0.01, 0.99)", "the sigmoid, cut off at 0.01 and 0.99"),
    ("np.exp(np.minimum(x, 0)) / 2 + (1 - np.exp(-np.maximum(x, 0))) / 2", "half an exponential on each side of 0"),
)  # fmt: skip


def _instead(right: str, besides: tuple[str, ...], begins: str) -> tuple[Slip, ...]:
    return tuple(Slip(right, new, f"That is {what}; {begins}.", 0.95) for new, what in FUNCTIONS if what not in besides)


SIGMOID_SLIPS = _instead(
    "1 / (1 + np.exp(-x))",
    ("the smooth sigmoid, 1 / (1 + exp(-x))",),
    "the sigmoid of each number, 1 / (1 + exp(-x)), is expected",
)
HARD_SLIPS = (
    *_instead(
        "np.clip(0.16666666666666666 * x + 0.5, 0, 1)",
        ("the hard sigmoid of Keras 3, a line that is cut off",),
        "the line x / 6 + 1/2, cut off at 0 and 1, is expected",
    ),
    *(
        Slip(
            "np.where(x < -3, 0.0, np.where(x > 3, 1.0, line))",
            f"np.where(x < -{edge}, 0.0, np.where(x > {edge}, 1.0, line))",
            f"The line ends at {edge} and -{edge}, where it jumps; it reaches 0 at -3 and 1 at 3.",
        )
        for edge in (0.5, 1, 1.5, 2, 2.5, 4, 5, 6)
    ),
    Slip("x / 6", "x / 5", "The slope is 0.2, as in Keras 2; in Keras 3 it is 1/6."),
    Slip("line = np.where(line < 0, 0, line)", "line = np.where(line < -1, -1, line)", "It is cut off at -1, not 0."),
    Slip(
        "np.where(x < -3, 0.0, np.where(x > 3, 1.0, line))",
        "np.where(x > 0, 1.0, np.where(x < -3, 0.0, line))",
        "Everything above zero is 1; the line goes on to x = 3.",
    ),
)
