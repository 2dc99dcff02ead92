"""Gradients of a Dense layer, steps downhill, Adam, clipping."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


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


def dense_gradient_in_turn(x, y, target):
    dy = 2 * (y - target) / y.size
    d_kernel = x.T @ dy
    d_bias = dy.sum(axis=0)
    return d_kernel, d_bias


_DY, _DK, _DB = "dy = 2 * (y - target) / y.size", "d_kernel = x.T @ dy", "d_bias = dy.sum(axis=0)"
_MEAN_OF_ALL = "the loss is the mean over all numbers of y."


def _dy(new: str, said: str, cost: float = 1.0) -> Slip:
    return Slip(_DY, f"dy = {new}", said, cost)


GRADIENT_SLIPS = (
    _dy("(y - target) / y.size", "The 2 is missing: the slope of a square is twice what is squared."),
    _dy("2 * (y - target) / len(y)", f"You divide by the number of rows only; {_MEAN_OF_ALL}"),
    _dy(
        "(y - target) / len(y)",
        f"You divide by the number of rows, without the 2 (as for half the square, summed over units); {_MEAN_OF_ALL}",
    ),
    _dy("(y - target) / (2 * len(y))", f"You divide by twice the number of rows, and the 2 is missing; {_MEAN_OF_ALL}"),
    _dy("(y - target) / (2 * y.size)", "You divide by 2 where you should multiply by 2."),
    _dy("2 * (y - target) / y.shape[1]", f"You divide by the number of units only; {_MEAN_OF_ALL}"),
    _dy("(y - target) / y.shape[1]", f"You divide by the number of units only, and the 2 is missing; {_MEAN_OF_ALL}"),
    _dy("2 * (y - target) / x.shape[1]", f"You divide by the number of features; {_MEAN_OF_ALL}"),
    _dy("2 * (y - target) / x.size", f"You divide by the number of all entries of x; {_MEAN_OF_ALL}"),
    _dy("(y - target) / x.shape[1]", f"You divide by the number of features, and the 2 is missing; {_MEAN_OF_ALL}"),
    _dy("(y - target) / x.size", f"You divide by the number of all entries of x, and the 2 is missing; {_MEAN_OF_ALL}"),
    _dy("2 * (y - target) / (y.size * x.shape[1])", f"You divide by the number of features too; {_MEAN_OF_ALL}"),
    _dy("y - target", f"Nothing is divided, and the 2 is missing: that is for half the sum of squares; {_MEAN_OF_ALL}"),
    _dy("2 * (y - target)", "That is the gradient of a sum of squares; the loss is their mean."),
    _dy("2 * (y - target) / np.sqrt(y.size)", f"You divide by the root of the number of entries; {_MEAN_OF_ALL}"),
    *(
        _dy(f"{error} / {size}", f"{said}{more}")
        for error, said in (
            (
                "np.sign(y - target)",
                "Only the sign of the difference counts: that is the mean absolute error; here the square counts",
            ),
            ("(y - target) ** 2", "The difference is squared; the slope of the square is 2 * (y - target)"),
            ("2 * (y - target) ** 2", "The difference is squared; the slope of the square is 2 * (y - target)"),
            (
                "-((y - target) ** 2)",
                "The difference is squared, with a minus; the slope of the square is 2 * (y - target)",
            ),
            ("2 * (y - target) * np.abs(y - target)", "The difference is multiplied by its own size; it is doubled"),
            ("(y - target) * np.abs(y - target)", "The difference is multiplied by its own size; it is doubled"),
            ("-2 * (y - target) * np.abs(y - target)", "The difference is multiplied by its own size, with a minus"),
            ("(y - target) ** 3", "The difference is cubed; the slope of the square is 2 * (y - target)"),
            ("4 * (y - target) ** 3", "That is the slope of the fourth power; here the square counts"),
            ("np.abs(y - target)", "The difference has lost its sign (abs)"),
            ("2 * np.abs(y - target)", "The difference has lost its sign (abs)"),
            (
                "np.clip(y - target, -1, 1)",
                "The difference is cut off at -1 and 1 (the Huber loss); here the square counts",
            ),
            ("2 * np.clip(y - target, -1, 1)", "The difference is cut off at -1 and 1; use it as it is"),
            (
                "np.tanh(y - target)",
                "`tanh` is applied to the difference: that is the log-cosh loss; here the square counts",
            ),
            (
                "2 * (y - target) * y * (1 - y)",
                "The slope of a sigmoid, y (1 - y), is multiplied in; this layer has no activation",
            ),
            ("(y - target) * y * (1 - y)", "The slope of a sigmoid, y (1 - y), is multiplied in, and the 2 is missing"),
            (
                "2 * (y - target) * (1 - y ** 2)",
                "The slope of tanh, 1 - y**2, is multiplied in; this layer has no activation",
            ),
            ("(y - target) * (1 - y ** 2)", "The slope of tanh, 1 - y**2, is multiplied in, and the 2 is missing"),
            (
                "2 * (y - target) * (y > 0)",
                "The slope of relu, (y > 0), is multiplied in; this layer has no activation",
            ),
            ("2 * (y - target) * y", "There is a factor y too many"),
            ("2 * (y - target) * target", "There is a factor `target` too many"),
            ("2 * (sigmoid(y) - target)", "The sigmoid is applied to y; this layer has no activation"),
            (
                "(sigmoid(y) - target)",
                "The sigmoid is applied to y: that is the binary cross-entropy; here the square counts",
            ),
            ("(softmax(y) - target)", "softmax is applied to y: that is the cross-entropy; here the square counts"),
            ("2 * (softmax(y) - target)", "softmax is applied to y; this layer has no activation"),
            ("-target / y", "That is the gradient of a cross-entropy, -target / y; here the square counts"),
            ("2 * (y - target) / target", "The difference is divided by the target; the error is not relative"),
            ("2 * y", "The target is not subtracted"),
            ("-2 * target", "Only the target counts; y is missing"),
            ("2 * (y + target)", "The target is added; subtract it"),
            ("2 * (y - target) / y.std()", "The difference is divided by the spread of y"),
            ("2 * (y - target.mean())", "The mean of all targets is subtracted; each number has its own target"),
            (
                "2 * (y - target.mean(axis=0))",
                "The mean target of each unit is subtracted; each row has its own target",
            ),
            ("2 * (y - target).mean() * np.ones_like(y)", "Every number gets the mean difference; each has its own"),
            ("2 * (y - y.mean(axis=0))", "The mean of y is subtracted where the target belongs"),
        )
        for size, more in (
            ("y.size", "."),
            ("len(y)", ", and you divide by the number of rows only."),
            ("1", ", and nothing is divided."),
        )
    ),
    _dy(
        "(y - target) / (y.size * np.sqrt(((y - target) ** 2).mean()))",
        "That is the gradient of the root of the mean squared error; the loss is without the root.",
    ),
    _dy(
        "2 * (y - target) / (y.size * np.sqrt(((y - target) ** 2).mean()))",
        "dy is divided by the root of the loss; the loss is without the root.",
    ),
    _dy(
        "(y - target) / np.linalg.norm(y - target)",
        "The difference is divided by its length: that is the gradient of the distance.",
    ),
    _dy(
        "2 * (y - target) / np.linalg.norm(y - target)",
        "The difference is divided by its length; divide by the number of entries.",
    ),
    _dy("2 * (y - target) / (y.size - 1)", "You divide by one too few, as for a variance."),
    _dy(
        "((y - target) ** 2).mean() * np.ones_like(y)",
        "The loss itself is sent back; its slope is expected, 2 * (y - target) / y.size.",
    ),
    _dy(
        "((y - target) ** 2).mean() * (y - target)", "The difference is multiplied by the loss; its slope is expected."
    ),
    Slip(
        _DK,
        "d_kernel = np.outer(x.mean(axis=0), dy.sum(axis=0))",
        "The mean input is multiplied by the summed dy; multiply row by row, then add up.",
    ),
    Slip(
        _DK,
        "d_kernel = np.outer(x.sum(axis=0), dy.sum(axis=0))",
        "The summed input is multiplied by the summed dy; multiply row by row, then add up.",
    ),
    Slip(
        _DK,
        "d_kernel = np.outer(x.mean(axis=0), dy.mean(axis=0))",
        "The mean input is multiplied by the mean dy; multiply row by row, then add up.",
    ),
    Slip(_DK, "d_kernel = np.outer(x[0], dy[0])", "Only the first row counts for the kernel; all rows add up."),
    Slip(
        _DK,
        "d_kernel = np.outer(x[-1], dy[-1])",
        "Only the last row counts for the kernel (in a loop: `=` where `+=` is meant); all rows add up.",
    ),
    Slip(
        _DK,
        "d_kernel = x.T @ dy / len(x)",
        "For the kernel you divide by the number of rows once more; dy has already been divided.",
    ),
    Slip(
        _DK,
        "d_kernel = x.T @ dy / x.shape[1]",
        "For the kernel you divide by the number of features; the loss is a mean over y.",
    ),
    Slip(_DK, "d_kernel = np.abs(x).T @ dy", "x has lost its signs (abs)."),
    Slip(_DK, "d_kernel = np.sign(x).T @ dy", "Only the sign of x counts."),
    Slip(_DK, "d_kernel = (x ** 2).T @ dy", "x is squared; use it as it is."),
    Slip(_DK, "d_kernel = (x - x.mean(axis=0)).T @ dy", "The mean of x is subtracted first; use x as it is."),
    Slip(_DK, "d_kernel = np.linalg.pinv(x) @ dy", "x is inverted; it should be transposed."),
    Slip(_DK, "d_kernel = np.ones_like(x).T @ dy", "x is taken as ones: every feature gets the gradient of the bias."),
    Slip(
        _DK, "d_kernel = x[::-1].T @ dy", "The rows of x and dy do not belong together: one is in reverse order.", 1.1
    ),
    Slip(
        _DB,
        "d_bias = dy.mean(axis=0)",
        "For the bias you average over the rows; add them up instead, as for the kernel.",
    ),
    Slip(
        _DB,
        "d_bias = np.full(dy.shape[1], dy.sum())",
        "Every bias gets the sum over all units; each gets its own unit's.",
    ),
    Slip(
        _DB,
        "d_bias = np.full(dy.shape[1], dy.mean())",
        "Every bias gets the mean over all units; each gets its own unit's.",
    ),
    Slip(_DB, "d_bias = dy.sum()", "That is one number for all biases; each unit has its own."),
    Slip(_DB, "d_bias = dy[0]", "Only the first row counts for the bias; all rows add up."),
    Slip(
        _DB,
        "d_bias = dy[-1]",
        "Only the last row counts for the bias (in a loop: `=` where `+=` is meant); all rows add up.",
    ),
    Slip(_DB, "d_bias = d_kernel.sum(axis=0)", "The gradient of the kernel is added up for the bias; add up dy."),
    Slip(_DB, "d_bias = d_kernel.mean(axis=0)", "The mean of the kernel's gradient is taken for the bias; add up dy."),
    Slip(_DB, "d_bias = dy.sum(axis=0) / x.shape[1]", "For the bias you divide by the number of features too."),
    Slip(_DB, "d_bias = np.abs(dy).sum(axis=0)", "For the bias dy has lost its signs (abs)."),
    Slip(_DB, "d_bias = dy.max(axis=0)", "For the bias the largest of the rows is taken; add them up."),
    Slip(
        _DB,
        "d_bias = np.ones(dy.shape[1])",
        "The gradient of the bias is taken as 1: that is the slope of y; multiply by dy and add up.",
    ),
    Slip(_DB, "d_bias = np.zeros(dy.shape[1])", "The gradient of the bias is taken as 0; the bias moves y too."),
    Slip(_DB, "d_bias = 2 * (y - target).sum(axis=0)", "For the bias nothing is divided; the loss is a mean."),
    Slip(
        _DB,
        "d_bias = 2 * (y - target).mean(axis=0)",
        "For the bias you divide by the number of rows only; divide by all numbers of y.",
    ),
    Slip(
        _DB,
        "d_bias = (y - target).mean(axis=0)",
        "For the bias you divide by the number of rows only, and the 2 is missing.",
    ),
    Slip(
        "return d_kernel, d_bias",
        "return d_kernel.T, d_bias",
        "d_kernel is transposed; it has the shape of the kernel, (F, U).",
    ),
    Slip("return d_kernel, d_bias", "return -d_kernel, d_bias", "The sign of d_kernel is wrong."),
    Slip("return d_kernel, d_bias", "return d_kernel, -d_bias", "The sign of d_bias is wrong."),
    Slip(
        "return d_kernel, d_bias",
        "return -d_kernel, -d_bias",
        "The sign is reversed: (y - target), not (target - y). The minus comes later, in the step.",
    ),
)


def train_dense_at_a_rate(x, target, kernel, bias, learning_rate, steps):
    for step in range(steps):  # noqa: B007  other rates depend on it
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        d_kernel = x.T @ dy
        d_bias = dy.sum(axis=0)
        rate = learning_rate
        kernel = kernel - rate * d_kernel
        bias = bias - rate * d_bias
    return kernel, bias


_RATE = "rate = learning_rate"
_BOTH = "np.sqrt((d_kernel ** 2).sum() + (d_bias ** 2).sum())"


def _rate(new: str, said: str, cost: float = 1.0) -> Slip:
    return Slip(_RATE, f"rate = learning_rate {new}", said, cost)


def _of_both(new: str, said: str) -> Slip:
    """Other gradients, of the kernel and of the bias."""
    kernel, bias = new.replace("G", "d_kernel"), new.replace("G", "d_bias")
    return Slip(_RATE, f"rate = learning_rate\nsize = {_BOTH}\nd_kernel, d_bias = {kernel}, {bias}", said)


_CONSTANT = "The rate stays the same here."

TRAINING_SLIPS = (
    Slip("range(steps)", "range(steps + 1)", "One step too many is taken: `steps` of them are expected."),
    Slip("range(steps)", "range(steps - 1)", "One step too few is taken: `steps` of them are expected."),
    *(
        slip
        for slip in GRADIENT_SLIPS
        if not slip.old.startswith("return")
        and ", and you divide" not in slip.said
        and ", and nothing" not in slip.said
    ),
    Slip(
        _RATE,
        "rate = -learning_rate",
        "The steps go uphill: either the difference is target - y (it should be y - target), or the step is added (it "
        "should be subtracted).",
        0.9,
    ),
    _rate("/ (step + 1)", f"The learning rate is divided by the number of the step. {_CONSTANT}"),
    _rate("/ np.sqrt(step + 1)", f"The learning rate is divided by the root of the step's number. {_CONSTANT}"),
    *(
        _rate(f"* {by} ** step", f"The learning rate is multiplied by {by} at each step. {_CONSTANT}")
        for by in (0.9, 0.5, 0.99, 0.95)
    ),
    *(
        _rate(f"* {by} ** (step + 1)", f"The learning rate is multiplied by {by} at each step. {_CONSTANT}")
        for by in (0.9, 0.5, 0.99)
    ),
    *(
        _rate(f"/ (1 + {by} * step)", f"The learning rate falls from step to step (decay {by}). {_CONSTANT}")
        for by in (0.1, 0.01, 0.5)
    ),
    _rate("* (1 - step / steps)", f"The learning rate falls linearly to 0. {_CONSTANT}"),
    _rate("* (step + 1)", f"The learning rate is multiplied by the number of the step. {_CONSTANT}"),
    _rate("* step", f"The learning rate is multiplied by the number of the step, 0 at first. {_CONSTANT}"),
    _rate("/ steps", "The learning rate is divided by the number of steps; each step has all of it."),
    _rate("* steps", "The learning rate is multiplied by the number of steps."),
    _rate("/ len(x)", "The step is divided by the number of rows once more; dy has already been divided."),
    _rate("/ x.shape[1]", "The step is divided by the number of features."),
    _rate("* len(x)", "The step is multiplied by the number of rows."),
    _rate("** 2", "The learning rate is squared."),
    _rate("/ 10", "The learning rate is divided by 10."),
    _rate("* 10", "The learning rate is multiplied by 10."),
    *(
        Slip(_RATE, f"rate = {fixed}", f"The learning rate is always {fixed}; use the one that is given.")
        for fixed in (0.01, 0.1, 0.001)
    ),
    _of_both("np.sign(G)", "Only the sign of the gradient counts; a step is its size times the rate."),
    _of_both("G / size", "The gradient is divided by its length; use it as it is."),
    _of_both("G / np.linalg.norm(G)", "Each gradient is divided by its own length; use it as it is."),
    _of_both("G / np.abs(G).max()", "Each gradient is divided by its largest number; use it as it is."),
    _of_both("G * min(1, 1 / size)", "The gradient is clipped to the length 1; use it as it is."),
    _of_both("G * min(1, 1 / np.linalg.norm(G))", "Each gradient is clipped to the length 1; use it as it is."),
    *(
        _of_both(f"np.clip(G, -{most}, {most})", f"The gradient is cut off at -{most} and {most}; use it as it is.")
        for most in (1, 0.1, 0.5)
    ),
    _of_both("np.abs(G)", "The gradient has lost its signs (abs)."),
    _of_both("G ** 2", "The gradient is squared."),
    *(
        Slip(
            _DK,
            f"d_kernel = x.T @ dy + {by} * kernel",
            "A share of the kernel is added to its gradient (weight decay).",
        )
        for by in (0.01, 0.001, 0.1, 0.02)
    ),
    Slip(
        "kernel = kernel - rate * d_kernel",
        "kernel = kernel - d_kernel",
        "For the kernel the learning rate is missing.",
    ),
    Slip("bias = bias - rate * d_bias", "bias = bias - d_bias", "For the bias the learning rate is missing."),
    Slip("bias = bias - rate * d_bias", "", "The bias stays as it was; it learns too."),
    Slip("kernel = kernel - rate * d_kernel", "", "The kernel stays as it was; it learns too."),
    Slip("bias = bias - rate * d_bias", "bias = bias + rate * d_bias", "The bias goes uphill: subtract its step."),
    Slip(
        "kernel = kernel - rate * d_kernel",
        "kernel = kernel + rate * d_kernel",
        "The kernel goes uphill: subtract its step.",
    ),
    Slip(
        "bias = bias - rate * d_bias",
        "bias = -rate * d_bias",
        "The bias is replaced by its step; subtract the step from it.",
    ),
    Slip(
        "kernel = kernel - rate * d_kernel",
        "kernel = -rate * d_kernel",
        "The kernel is replaced by its step; subtract the step from it.",
    ),
    Slip(
        "return kernel, bias",
        "return kernel - rate * d_kernel, bias - rate * d_bias",
        "The last step is taken twice.",
        1.2,
    ),
    Slip(
        "return kernel, bias",
        "return kernel + rate * d_kernel, bias + rate * d_bias",
        "One step is missing: the weights that are returned are those before the last step.",
    ),
    Slip(
        "x @ kernel + bias",
        "np.tanh(x @ kernel + bias)",
        "`tanh` is applied to the output; this layer has no activation.",
    ),
    Slip(
        "x @ kernel + bias",
        "sigmoid(x @ kernel + bias)",
        "The sigmoid is applied to the output; this layer has no activation.",
    ),
    Slip(
        "x @ kernel + bias",
        "np.maximum(x @ kernel + bias, 0)",
        "relu is applied to the output; this layer has no activation.",
    ),
    Slip(
        "for step in range(steps):",
        "kernel, bias = 0 * kernel, 0 * bias\nfor step in range(steps):\n    y = x @ kernel + bias\n"
        "    dy = 2 * (y - target) / y.size\n    kernel = kernel - learning_rate * x.T @ dy\n"
        "    bias = bias - learning_rate * dy.sum(axis=0)",
        "The weights begin with zeros; they are given.",
    ),
    Slip(
        "for step in range(steps):",
        "bias = 0 * bias\nfor step in range(steps):\n    y = x @ kernel + bias\n"
        "    dy = 2 * (y - target) / y.size\n    kernel = kernel - learning_rate * x.T @ dy\n"
        "    bias = bias - learning_rate * dy.sum(axis=0)",
        "The bias begins with zeros; it is given.",
    ),
)


def train_dense_row_by_row(x, target, kernel, bias, learning_rate, steps):
    for _ in range(steps):
        for row, wanted in zip(x, target, strict=True):
            error = 2 * (row @ kernel + bias - wanted) / wanted.size
            kernel = kernel - learning_rate * np.outer(row, error)
            bias = bias - learning_rate * error
    return kernel, bias


def train_dense_row_after_row(x, target, kernel, bias, learning_rate, steps):
    for _ in range(steps):
        for row, wanted in zip(x, target, strict=True):
            error = 2 * (row @ kernel + bias - wanted) / target.size
            kernel = kernel - learning_rate * np.outer(row, error)
            bias = bias - learning_rate * error
    return kernel, bias


def train_dense_by_the_delta_rule(x, target, kernel, bias, learning_rate, steps):
    for _ in range(steps):
        for row, wanted in zip(x, target, strict=True):
            error = row @ kernel + bias - wanted
            kernel = kernel - learning_rate * np.outer(row, error)
            bias = bias - learning_rate * error
    return kernel, bias


def train_dense_with_less_momentum(x, target, kernel, bias, learning_rate, steps):
    v_kernel, v_bias, momentum = 0 * kernel, 0 * bias, 0.5
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        v_kernel = momentum * v_kernel + x.T @ dy
        v_bias = momentum * v_bias + dy.sum(axis=0)
        kernel = kernel - learning_rate * v_kernel
        bias = bias - learning_rate * v_bias
    return kernel, bias


def train_dense_one_row_a_step(x, target, kernel, bias, learning_rate, steps):
    for step in range(steps):
        n = step % len(x)
        error = 2 * (x[n] @ kernel + bias - target[n]) / target.shape[1]
        kernel = kernel - learning_rate * np.outer(x[n], error)
        bias = bias - learning_rate * error
    return kernel, bias


def train_dense_with_momentum(x, target, kernel, bias, learning_rate, steps):
    v_kernel, v_bias, momentum = 0 * kernel, 0 * bias, 0.9
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        v_kernel = momentum * v_kernel + x.T @ dy
        v_bias = momentum * v_bias + dy.sum(axis=0)
        kernel = kernel - learning_rate * v_kernel
        bias = bias - learning_rate * v_bias
    return kernel, bias


def train_dense_smoothed(x, target, kernel, bias, learning_rate, steps):
    v_kernel, v_bias, momentum = 0 * kernel, 0 * bias, 0.9
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        v_kernel = momentum * v_kernel + (1 - momentum) * x.T @ dy
        v_bias = momentum * v_bias + (1 - momentum) * dy.sum(axis=0)
        kernel = kernel - learning_rate * v_kernel
        bias = bias - learning_rate * v_bias
    return kernel, bias


def train_dense_nesterov(x, target, kernel, bias, learning_rate, steps):
    v_kernel, v_bias, momentum = 0 * kernel, 0 * bias, 0.9
    for _ in range(steps):
        y = x @ (kernel + momentum * v_kernel) + bias + momentum * v_bias
        dy = 2 * (y - target) / y.size
        v_kernel = momentum * v_kernel - learning_rate * x.T @ dy
        v_bias = momentum * v_bias - learning_rate * dy.sum(axis=0)
        kernel = kernel + v_kernel
        bias = bias + v_bias
    return kernel, bias


def train_dense_nesterov_as_in_keras(x, target, kernel, bias, learning_rate, steps):
    v_kernel, v_bias, momentum = 0 * kernel, 0 * bias, 0.9
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        v_kernel = momentum * v_kernel - learning_rate * x.T @ dy
        v_bias = momentum * v_bias - learning_rate * dy.sum(axis=0)
        kernel = kernel + momentum * v_kernel - learning_rate * x.T @ dy
        bias = bias + momentum * v_bias - learning_rate * dy.sum(axis=0)
    return kernel, bias


def train_dense_outputs_downhill(x, target, kernel, bias, learning_rate, steps):
    y = x @ kernel + bias
    for _ in range(steps):
        dy = 2 * (y - target) / y.size
        kernel = kernel - learning_rate * x.T @ dy
        bias = bias - learning_rate * dy.sum(axis=0)
        y = y - learning_rate * dy
    return kernel, bias


def train_dense_from_the_start(x, target, kernel, bias, learning_rate, steps):
    new_kernel, new_bias = kernel, bias
    for _ in range(steps):
        y = x @ new_kernel + new_bias
        dy = 2 * (y - target) / y.size
        new_kernel = kernel - learning_rate * x.T @ dy
        new_bias = bias - learning_rate * dy.sum(axis=0)
    return new_kernel, new_bias


def train_dense_averaged(x, target, kernel, bias, learning_rate, steps):
    kernels, biases = [], []
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        kernel = kernel - learning_rate * x.T @ dy
        bias = bias - learning_rate * dy.sum(axis=0)
        kernels.append(kernel)
        biases.append(bias)
    return sum(kernels) / len(kernels), sum(biases) / len(biases)


def train_dense_adagrad(x, target, kernel, bias, learning_rate, steps):
    s_kernel, s_bias = 0 * kernel, 0 * bias
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        s_kernel = s_kernel + (x.T @ dy) ** 2
        s_bias = s_bias + dy.sum(axis=0) ** 2
        kernel = kernel - learning_rate * x.T @ dy / (np.sqrt(s_kernel) + 1e-8)
        bias = bias - learning_rate * dy.sum(axis=0) / (np.sqrt(s_bias) + 1e-8)
    return kernel, bias


def train_dense_rmsprop(x, target, kernel, bias, learning_rate, steps):
    s_kernel, s_bias, rho = 0 * kernel, 0 * bias, 0.9
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        s_kernel = rho * s_kernel + (1 - rho) * (x.T @ dy) ** 2
        s_bias = rho * s_bias + (1 - rho) * dy.sum(axis=0) ** 2
        kernel = kernel - learning_rate * x.T @ dy / (np.sqrt(s_kernel) + 1e-7)
        bias = bias - learning_rate * dy.sum(axis=0) / (np.sqrt(s_bias) + 1e-7)
    return kernel, bias


def train_dense_adam(x, target, kernel, bias, learning_rate, steps):
    m, v = [0 * kernel, 0 * bias], [0 * kernel, 0 * bias]
    weights = [kernel, bias]
    for step in range(steps):
        y = x @ weights[0] + weights[1]
        dy = 2 * (y - target) / y.size
        gradients = [x.T @ dy, dy.sum(axis=0)]
        for k in range(2):
            m[k] = 0.9 * m[k] + 0.1 * gradients[k]
            v[k] = 0.999 * v[k] + 0.001 * gradients[k] ** 2
            m_hat = m[k] / (1 - 0.9 ** (step + 1))
            v_hat = v[k] / (1 - 0.999 ** (step + 1))
            weights[k] = weights[k] - learning_rate * m_hat / (np.sqrt(v_hat) + 1e-8)
    return weights[0], weights[1]


def train_dense_bias_first(x, target, kernel, bias, learning_rate, steps):
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        bias = bias - learning_rate * dy.sum(axis=0)
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        kernel = kernel - learning_rate * x.T @ dy
    return kernel, bias


def train_dense_in_alternation(x, target, kernel, bias, learning_rate, steps):
    for step in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        if step % 2 == 0:
            kernel = kernel - learning_rate * x.T @ dy
        else:
            bias = bias - learning_rate * dy.sum(axis=0)
    return kernel, bias


def train_dense_to_the_end(x, target, kernel, bias, learning_rate, steps):
    longer = np.hstack([x, np.ones((len(x), 1))])
    solution = np.linalg.pinv(longer) @ target
    return solution[:-1], solution[-1]


def train_dense_accumulating(x, target, kernel, bias, learning_rate, steps):
    d_kernel, d_bias = 0 * kernel, 0 * bias
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        d_kernel = d_kernel + x.T @ dy
        d_bias = d_bias + dy.sum(axis=0)
        kernel = kernel - learning_rate * d_kernel
        bias = bias - learning_rate * d_bias
    return kernel, bias


TRAINING_DETOURS = (
    (train_dense_accumulating, "The gradients are added up over all steps; each step should start with new ones."),
    (train_dense_row_by_row, "A step is taken after each single row; the whole batch makes one step."),
    (
        train_dense_row_after_row,
        "A step is taken after each single row, with the rows before it included; the whole batch makes one step.",
    ),
    (
        train_dense_by_the_delta_rule,
        "A step is taken after each single row (the delta rule, for half the sum of squares); the whole batch makes "
        "one step, with the mean of squares.",
    ),
    (
        train_dense_with_less_momentum,
        "Earlier steps keep having an effect: that is SGD with momentum 0.5; here it is plain SGD.",
    ),
    (train_dense_one_row_a_step, "Each step sees one row only; the whole batch makes one step."),
    (
        train_dense_with_momentum,
        "Earlier steps keep having an effect: that is SGD with momentum; here it is plain SGD.",
    ),
    (train_dense_smoothed, "A running mean of the gradients is used; plain SGD uses each step's own gradient."),
    (train_dense_nesterov, "The gradient is taken further ahead: that is Nesterov's momentum; here it is plain SGD."),
    (train_dense_nesterov_as_in_keras, "That is SGD with Nesterov's momentum; here it is plain SGD."),
    (
        train_dense_outputs_downhill,
        "y itself is moved downhill; at each step it has to be computed again from the weights.",
    ),
    (
        train_dense_from_the_start,
        "Each step starts from the first weights again; it should start from those of the step before.",
    ),
    (train_dense_averaged, "The mean of the weights over all steps is returned; the last ones are expected."),
    (
        train_dense_adagrad,
        "The gradient is divided by the root of its squares so far: that is Adagrad; here it is plain SGD.",
    ),
    (
        train_dense_rmsprop,
        "The gradient is divided by the root of its mean square: that is RMSprop; here it is plain SGD.",
    ),
    (train_dense_adam, "That is Adam; here it is plain SGD."),
    (
        train_dense_bias_first,
        "The kernel's gradient is computed after the bias has moved; compute both before either moves.",
    ),
    (train_dense_in_alternation, "The kernel and the bias learn in turn; both learn at each step."),
    (train_dense_to_the_end, "These are the weights with the smallest loss of all; only `steps` steps are expected."),
)

_M, _V = "m = 0.9 * m + 0.1 * g", "v = 0.999 * v + 0.001 * g ** 2"
_CORRECTED = "rate = learning_rate * np.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)"
_W = "w = w - rate * m / (root + epsilon)"


def _v(new: str, said: str, cost: float = 1.0) -> Slip:
    return Slip(_V, f"v = {new}", said, cost)


def _corrected(new: str, said: str, cost: float = 1.0) -> Slip:
    return Slip(_CORRECTED, f"rate = learning_rate * {new}", said, cost)


_SQUARES = (
    ("m ** 2", "v is made with the new m; it follows the square of the gradient g"),
    ("(g - m) ** 2", "v follows the distance from m, (g - m)**2, like a variance (AdaBelief); in Adam it follows g**2"),
    ("np.mean(g ** 2)", "One mean of all squares is used for the whole array; each number has its own g**2"),
    ("np.sum(g ** 2)", "One sum of all squares is used for the whole array; each number has its own g**2"),
    ("np.max(g ** 2)", "The largest square is used for the whole array; each number has its own g**2"),
    ("g", "v follows the gradient; it follows its square"),
    ("np.abs(g)", "v follows the gradient's size; it follows its square"),
    ("g * m", "v follows g * m; it follows g**2"),
    ("v ** 2", "v is made of its own square; it follows g**2"),
)
_SHARES = ((0.99, 0.01), (0.9, 0.1), (0.9999, 0.0001), (0.95, 0.05), (0.5, 0.5))
_TIMES = (
    ("t - 1", "t is one too small in the correction: it is 1 at the first update."),
    ("t + 1", "t is one too large in the correction: it is 1 at the first update."),
    ("1", "t is not used: the correction is always that of the first update."),
    ("2 * t", "t is doubled in the correction."),
)

ADAM_SLIPS = (
    *(_v(f"0.999 * v + 0.001 * {square}", f"{said}.") for square, said in _SQUARES),
    *(
        _v(f"{keep} * v + {new} * g ** 2", f"v keeps {keep} of its old value and takes {new}; it is 0.999 and 0.001.")
        for keep, new in _SHARES
    ),
    *(
        _v(f"{keep} * v + {new} * {square}", f"{said}, and its shares are {keep} and {new}; they are 0.999 and 0.001.")
        for square, said in _SQUARES
        for keep, new in _SHARES
    ),
    _v("0.999 * v + g ** 2", "The share 0.001 of the new square is missing."),
    _v("v + g ** 2", "All squares are added up: that is Adagrad; v keeps 0.999 of its old value and takes 0.001."),
    _v("v + 0.001 * g ** 2", "The old v is not multiplied by 0.999."),
    _v("g ** 2", "v is the new square alone; it keeps 0.999 of its old value."),
    _v("0.999 * v", "The new square is not added to v."),
    _v("0.001 * v + 0.999 * g ** 2", "The shares of v are swapped: it keeps 0.999 of its old value."),
    _v("0.999 * v - 0.001 * g ** 2", "The new square is subtracted from v; add it."),
    _v("np.maximum(0.999 * v, np.abs(g))", "v is a maximum: that is Adamax; in Adam it follows g**2."),
    _v("(0.999 * v + 0.001 * g) ** 2", "The whole line is squared; only g is."),
    *(
        Slip(_M, f"m = {keep} * m + {round(1 - keep, 6)} * g", f"m keeps {keep} of its old value; it is 0.9.")
        for keep in (0.99, 0.999, 0.95, 0.5, 0.8)
    ),
    Slip(_M, "m = 0.9 * m + g", "The share 0.1 of the new gradient is missing."),
    Slip(_M, "m = 0.1 * m + 0.9 * g", "The shares of m are swapped: it keeps 0.9 of its old value."),
    Slip(_M, "m = g", "m is the gradient alone; it keeps 0.9 of its old value."),
    Slip(_M, "m = m + 0.1 * g", "The old m is not multiplied by 0.9."),
    Slip(_M, "m = 0.9 * m", "The gradient is not added to m."),
    Slip(_M, "m = 0.9 * m - 0.1 * g", "The gradient is subtracted from m; the minus comes with the step."),
    Slip(_M, "m = 0.9 * m + 0.1 * g ** 2", "m follows the square of the gradient; it follows the gradient."),
    Slip(_M, "m = 0.9 * m + 0.1 * np.abs(g)", "m follows the size of the gradient, without its sign."),
    Slip(_M, "m = 0.9 * m + learning_rate * g", "m takes learning_rate times the gradient; it takes 0.1 of it."),
    Slip(_M, "m = 0.9 * (m + 0.1 * g)", "The gradient's share is multiplied by 0.9 too."),
    *(_corrected(f"np.sqrt(1 - 0.999 ** ({t})) / (1 - 0.9 ** ({t}))", said) for t, said in _TIMES),
    _corrected("1", "The rate is not corrected, although m and v began at 0."),
    _corrected("1 / (1 - 0.9 ** t)", "Only m is corrected; the root of 1 - 0.999**t belongs above the bar."),
    _corrected("np.sqrt(1 - 0.999 ** t)", "Only v is corrected; 1 - 0.9**t belongs below the bar."),
    _corrected(
        "(1 - 0.999 ** t) / (1 - 0.9 ** t)", "The root is missing: the correction of v is np.sqrt(1 - 0.999**t)."
    ),
    _corrected(
        "(1 - 0.9 ** t) / np.sqrt(1 - 0.999 ** t)",
        "The correction is upside down: the root belongs above the bar, 1 - 0.9**t below.",
    ),
    _corrected("np.sqrt(1 - 0.999 ** t) * (1 - 0.9 ** t)", "The two corrections are multiplied; divide by 1 - 0.9**t."),
    _corrected(
        "np.sqrt((1 - 0.999 ** t) / (1 - 0.9 ** t))",
        "You take the root of the whole quotient; only 1 - 0.999**t is under the root.",
    ),
    _corrected(
        "np.sqrt(1 - 0.9 ** t) / (1 - 0.999 ** t)",
        "The two betas are swapped in the correction: the root is of 1 - 0.999**t.",
    ),
    _corrected(
        "np.sqrt(t * (1 - 0.999)) / (t * (1 - 0.9))", "You multiply by t; raise 0.9 and 0.999 to the power of t."
    ),
    _corrected("np.sqrt(1 - 0.999 * t) / (1 - 0.9 * t)", "You multiply by t; raise 0.9 and 0.999 to the power of t."),
    _corrected(
        "np.sqrt((1 - 0.999) ** t) / (1 - 0.9) ** t",
        "w is returned as it was, or nearly so. In the correction only 0.9 and 0.999 are raised to the power of t, "
        "not 1 - 0.9 and 1 - 0.999.",
        0.85,
    ),
    _corrected("np.sqrt(1 - 0.999) / (1 - 0.9)", "The exponent t is missing in the correction."),
    _corrected("np.sqrt(0.999 ** t) / 0.9 ** t", "The 1 - is missing in the correction, twice."),
    _corrected(
        "np.sqrt(1 + 0.999 ** t) / (1 + 0.9 ** t)",
        "There is a plus in the correction; 1 - 0.999**t and 1 - 0.9**t are expected.",
    ),
    _corrected("np.sqrt(1 - 0.99 ** t) / (1 - 0.9 ** t)", "0.99 is used in the correction; it is 0.999."),
    _corrected("np.sqrt(1 - 0.999 ** t) / (1 - 0.999 ** t)", "0.999 is used for m too in the correction; it is 0.9."),
    _corrected("np.sqrt(1 - 0.9 ** t) / (1 - 0.9 ** t)", "0.9 is used for v too in the correction; it is 0.999."),
    _corrected("1 / np.sqrt(t)", "The rate is divided by the root of t; the correction is a different one."),
    _corrected("1 / t", "The rate is divided by t; the correction is a different one."),
    *(
        Slip(_W, f"w = w - {step}", said)
        for step, said in (
            ("rate * m / np.sqrt(v + epsilon)", "epsilon is under the root; Keras adds it to the root."),
            (
                "rate * m / np.sqrt(v + epsilon ** 2)",
                "The square of epsilon is under the root; Keras adds epsilon to the root.",
            ),
            ("rate * m / root", "epsilon is missing: it is added to the root."),
            ("rate * m / (v + epsilon)", "The step is divided by v; it is divided by the root of v."),
            ("rate * m / (root * epsilon)", "The root is multiplied by epsilon; add it."),
            ("rate * m / np.maximum(root, epsilon)", "The larger of the root and epsilon is taken; they are added."),
            ("rate * (m + epsilon) / root", "epsilon is added to m; it is added to the root."),
            ("rate * (m + epsilon) / (root + epsilon)", "epsilon is added to m too."),
            ("rate * m / root + epsilon", "Brackets are missing around root + epsilon."),
            ("rate * g / (root + epsilon)", "The step takes the gradient g where m belongs (that is RMSprop)."),
            ("rate * m", "The division by the root of v is missing."),
            ("rate * np.sign(m)", "Only the sign of m counts; divide m by the root of v."),
            ("rate * m * (root + epsilon)", "The step is multiplied by the root; divide by it."),
            ("learning_rate * m / (root + epsilon)", "The rate is not corrected, although m and v began at 0."),
            ("rate * (0.9 * m + 0.1 * g) / (root + epsilon)", "The step takes 0.9 m + 0.1 g (that is Nadam); take m."),
            ("rate * m / (np.sqrt(v.mean()) + epsilon)", "The mean of v is used for all numbers; each has its own."),
            (
                "rate * m / (np.linalg.norm(root) + epsilon)",
                "The length of all roots is used for all numbers; each has its own.",
            ),
            (
                "rate * m / (root + epsilon) - learning_rate * 0.01 * w",
                "The weights shrink too (AdamW, weight decay 0.01).",
            ),
            (
                "rate * m / (root + epsilon) - learning_rate * 0.001 * w",
                "The weights shrink too (AdamW, weight decay 0.001).",
            ),
            (
                "rate * m / (root + epsilon) - learning_rate * 0.004 * w",
                "The weights shrink too (AdamW, weight decay 0.004).",
            ),
            ("rate * m / (root + 1e-7)", "epsilon is always 1e-7; use the one that is given."),
            ("rate * g", "The step is rate times the gradient: m and v are not used."),
            ("learning_rate * g", "That is plain SGD: m and v are not used."),
            ("learning_rate * m", "That is SGD with momentum: v is not used."),
            ("m / (root + epsilon)", "The rate is missing in the step."),
            ("rate * m / (root + epsilon) * w", "The step is multiplied by w too."),
        )
    ),
    Slip("root = np.sqrt(v)", "root = v", "The root of v is missing: the step is divided by v + epsilon."),
    # The same in the program with a corrected v; there it would be told as a factor that is there twice.
    Slip(
        "v_hat = v / (1 - 0.999 ** t)",
        "v_hat = v * v / (1 - 0.999 ** t)",
        "The root of v is missing: the step is divided by v + epsilon.",
    ),
    Slip(
        "root = np.sqrt(v)", "root = np.sqrt(v.mean())", "The mean of v is used for all numbers; each has its own.", 1.1
    ),
    Slip("root = np.sqrt(v)", "root = np.sqrt(np.abs(m))", "The root of m is taken; it is that of v."),
    Slip(_W, "w = w + rate * m / (root + epsilon)", "The step goes uphill: it has to be subtracted from w."),
    Slip(_W, "w = -rate * m / (root + epsilon)", "The step alone is returned; add it to w."),
    Slip(_W, "w = rate * m / (root + epsilon)", "The step alone is returned; subtract it from w."),
    Slip(
        "return w, m, v",
        "return w, m / (1 - 0.9 ** t), v / (1 - 0.999 ** t)",
        "The corrected m and v are returned; m and v themselves are kept for the next update.",
    ),
    Slip(
        "return w, m, v", "return w, m, np.sqrt(v)", "The root of v is returned; v itself is kept for the next update."
    ),
)


def adam_with_the_old_ones(w, g, m, v, t, learning_rate, epsilon):
    rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    w = w - rate * m / (np.sqrt(v) + epsilon)
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    return w, m, v


def adam_with_the_old_v(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    w = w - rate * m / (np.sqrt(v) + epsilon)
    v = 0.999 * v + 0.001 * g**2
    return w, m, v


def adam_with_corrected_ones_kept(w, g, m, v, t, learning_rate, epsilon):
    m = (0.9 * m + 0.1 * g) / (1 - 0.9**t)
    v = (0.999 * v + 0.001 * g**2) / (1 - 0.999**t)
    w = w - learning_rate * m / (np.sqrt(v) + epsilon)
    return w, m, v


def adam_with_hats_in_turn(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    w = w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return w, m, v


def adam_with_epsilon_under_the_hat(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    w = w - learning_rate * m_hat / np.sqrt(v_hat + epsilon)
    return w, m, v


def adam_with_no_root_of_the_hat(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    w = w - learning_rate * m_hat / (v_hat + epsilon)
    return w, m, v


def adam_corrected_twice(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    w = w - rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return w, m, v


def adam_of_the_distance(w, g, m, v, t, learning_rate, epsilon):
    v = 0.999 * v + 0.001 * (g - m) ** 2
    m = 0.9 * m + 0.1 * g
    rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    w = w - rate * m / (np.sqrt(v) + epsilon)
    return w, m, v


ADAM_DETOURS = (
    (adam_with_the_old_ones, "The step uses m and v as they were before this update; m and v come first, then w."),
    (adam_with_the_old_v, "The step uses v as it was before this update; m and v come first, then w."),
    (
        adam_with_corrected_ones_kept,
        "The corrected m and v are kept and returned; the correction belongs to the step only.",
    ),
    (
        adam_with_hats_in_turn,
        "epsilon is added to the corrected root, as in the paper's first form; Keras adds it to the root of v itself, "
        "and corrects the rate.",
    ),
    (
        adam_with_epsilon_under_the_hat,
        "epsilon is under the root of the corrected v; Keras adds it to the root of v itself.",
    ),
    (
        adam_with_no_root_of_the_hat,
        "The step is divided by the corrected v plus epsilon; divide by the root of v, plus epsilon.",
    ),
    (adam_corrected_twice, "m and v are corrected, and the rate is too; once is enough."),
    (adam_of_the_distance, "v follows the distance from the old m, (g - m)**2; in Adam it follows g**2."),
)

_NORM, _SHARE = "norm = np.sqrt((g_kernel ** 2).sum() + (g_bias ** 2).sum())", "share = min(1, most / norm)"
_CLIPPED = "return g_kernel * share, g_bias * share"


def _norm(new: str, said: str, cost: float = 1.0) -> Slip:
    return Slip(_NORM, f"norm = {new}", f"{said}; the length is the root of the sum of all squares.", cost)


_LENGTHS = "np.linalg.norm(g_kernel), np.linalg.norm(g_bias)"
_OWN = "min(1, {most} / np.linalg.norm({g}))"


def _each(most: str, said: str) -> Slip:
    """Each array by its own length, to another most."""
    kernel, bias = (_OWN.format(most=most, g=g) for g in ("g_kernel", "g_bias"))
    return Slip(_CLIPPED, f"return g_kernel * {kernel}, g_bias * {bias}", said)


_ALL = "np.append(g_kernel, g_bias)"
_SIZES = (
    (f"np.sqrt(({_ALL} ** 2).mean())", "the root of the mean of all squares"),
    (f"({_ALL} ** 2).mean()", "the mean of all squares"),
    (f"np.abs({_ALL}).mean()", "the mean size of all numbers"),
    (f"np.abs({_ALL}).max()", "the largest number"),
    (f"np.abs({_ALL}).sum()", "the sum of the sizes of all numbers"),
    (f"({_ALL} ** 2).sum()", "the sum of all squares, without the root,"),
    (f"{_ALL}.std()", "the standard deviation of all numbers"),
    (f"np.abs({_ALL}.sum())", "the sum of all numbers, with their signs,"),
)

CLIP_SLIPS = (
    *(
        Slip(
            _CLIPPED,
            f"return np.clip(g_kernel, -{limit}, {limit}), np.clip(g_bias, -{limit}, {limit})",
            f"Each number is cut off at {limit} and -{limit} (that is `clipvalue`); multiply all by one factor.",
            0.95,
        )
        for limit in ("(most / 2)", "1", "most / norm")
    ),
    _norm("np.sqrt((g_kernel ** 2).sum())", "Only the kernel's gradient counts in your length"),
    _norm("np.sqrt((g_bias ** 2).sum())", "Only the bias's gradient counts in your length"),
    _norm(f"max({_LENGTHS})", "You take the longer of the two arrays"),
    _norm(f"min({_LENGTHS})", "You take the shorter of the two arrays"),
    _norm("np.linalg.norm(g_kernel) + np.linalg.norm(g_bias)", "You add the lengths of the two arrays"),
    _norm("(np.linalg.norm(g_kernel) + np.linalg.norm(g_bias)) / 2", "You take the mean of the two lengths"),
    _norm("np.linalg.norm(g_kernel) * np.linalg.norm(g_bias)", "You multiply the two lengths"),
    _norm("(g_kernel ** 2).sum() + (g_bias ** 2).sum()", "The root is missing"),
    _norm("np.sqrt((g_kernel ** 2).mean() + (g_bias ** 2).mean())", "You take means of squares"),
    _norm(
        "np.sqrt(((g_kernel ** 2).sum() + (g_bias ** 2).sum()) / (g_kernel.size + g_bias.size))",
        "You take the root of the mean of all squares",
    ),
    _norm("np.sqrt(((g_kernel ** 2).sum() + (g_bias ** 2).sum()) / 2)", "You divide by the number of arrays"),
    _norm("np.abs(g_kernel).sum() + np.abs(g_bias).sum()", "You add up the sizes of all numbers, without squares"),
    _norm("max(np.abs(g_kernel).max(), np.abs(g_bias).max())", "You take the largest number"),
    _norm(f"np.abs({_ALL}).mean()", "You take the mean size of all numbers"),
    _norm(f"({_ALL} ** 2).mean()", "You take the mean of all squares, without the root"),
    _norm(f"{_ALL}.std()", "You take the standard deviation of all numbers"),
    *(
        Slip(
            _SHARE,
            f"share = 1 if norm <= most else most / ({size})",
            f"The length is compared with `most`, but the factor uses {what}; it should use the length too.",
            1.05,
        )
        for size, what in _SIZES
    ),
    Slip(
        _SHARE,
        f"share = 1 if {_SIZES[0][0]} <= most else most / norm",
        "The factor is right, but some gradients longer than `most` are not reduced: compare their length with it.",
    ),
    Slip(
        _SHARE,
        f"share = 1 if {_SIZES[0][0]} <= most else 0",
        "Some gradients longer than `most` become 0, others stay: compare their length with it, and multiply by "
        "most / norm.",
        1.05,
    ),
    _norm("np.abs(g_kernel.sum() + g_bias.sum())", "You add up the numbers with their signs"),
    _norm("np.abs(g_kernel).mean() + np.abs(g_bias).mean()", "You add the mean sizes"),
    _norm(
        "np.sqrt(np.linalg.norm(g_kernel) + np.linalg.norm(g_bias))",
        "You take the root of the sum of the lengths; square them first",
    ),
    _norm("np.sqrt(g_kernel.sum() ** 2 + g_bias.sum() ** 2)", "You square the sums; square each number, then add up"),
    _norm(
        "np.sqrt(np.linalg.norm(g_kernel, 2) ** 2 + (g_bias ** 2).sum())",
        "For g_kernel you take its largest singular value",
    ),
    Slip(_SHARE, "share = most / norm", "Gradients that are short enough stay as they are; yours are made longer."),
    Slip(_SHARE, "share = max(1, most / norm)", "`max` is used; with `min` a factor is never above 1."),
    Slip(_SHARE, "share = min(1, norm / most)", "The fraction is upside down: most / norm."),
    Slip(
        _SHARE, "share = 1 / norm", "The length becomes 1; it has to become `most`, and only if it is more than that."
    ),
    Slip(_SHARE, "share = min(1, 1 / norm)", "Everything longer than 1 gets the length 1; `most` is the limit."),
    Slip(_SHARE, "share = most", "All numbers are multiplied by `most`; multiply by most / norm."),
    Slip(_SHARE, "share = min(1, most / norm) ** 2", "The factor is squared."),
    Slip(_SHARE, "share = min(1, most / norm ** 2)", "The length is squared in the factor."),
    Slip(_SHARE, "share = min(1, np.sqrt(most / norm))", "The root of the factor is taken."),
    Slip(_SHARE, "share = min(1, most / norm) / 2", "All numbers are halved too."),
    Slip(_SHARE, "share = min(1, most / (2 * norm))", "The length becomes half of `most`; it has to become `most`."),
    Slip(_SHARE, "share = min(1, most / (norm + 1))", "1 is added to the length in the factor."),
    Slip(
        _SHARE,
        "share = most / (norm + most)",
        "The factor is most / (norm + most), which shortens short gradients too.",
    ),
    Slip(_SHARE, "share = most / max(norm, 1)", "The length is compared with 1; compare it with `most`."),
    Slip(_SHARE, "share = 1 if norm <= most else 0", "Long gradients become 0; they should get the length `most`."),
    Slip(_SHARE, "share = 1 if norm <= most else 0.5", "Long gradients are halved; they should get the length `most`."),
    Slip(
        _SHARE,
        "share = 1 if norm <= most else 1 / norm",
        "Long gradients get the length 1; they should get the length `most`.",
    ),
    Slip(
        _SHARE,
        "share = 1 if norm <= most else most",
        "Long gradients are multiplied by `most`; they should get the length `most`.",
    ),
    Slip(
        _SHARE,
        "share = 1 if norm <= most else norm / most",
        "Long gradients are made longer: the fraction is upside down.",
    ),
    Slip(
        _SHARE,
        "share = 1 if norm >= most else most / norm",
        "The comparison is the wrong way round: short gradients are changed, long ones stay.",
    ),
    Slip(
        _SHARE, "share = 1 if norm ** 2 <= most else most / norm", "The square of the length is compared with `most`."
    ),
    Slip(_SHARE, "share = 1", "Gradients longer than `most` are not reduced."),
    Slip(
        _CLIPPED, "return g_kernel * share, g_bias", "Only the kernel's gradient is reduced; both get the same factor."
    ),
    Slip(_CLIPPED, "return g_kernel, g_bias * share", "Only the bias's gradient is reduced; both get the same factor."),
    Slip(
        _CLIPPED,
        "return np.clip(g_kernel, -norm * share, norm * share), np.clip(g_bias, -norm * share, norm * share)",
        "Each number is cut off at the length; multiply all by one factor.",
    ),
    Slip(
        _CLIPPED,
        "return np.minimum(g_kernel, most), np.minimum(g_bias, most)",
        "Each number is cut off above `most`; multiply all by one factor.",
    ),
    Slip(
        _CLIPPED,
        "less = max(norm - most, 0)\n"
        "return (np.sign(g_kernel) * np.maximum(np.abs(g_kernel) - less, 0), "
        "np.sign(g_bias) * np.maximum(np.abs(g_bias) - less, 0))",
        "The excess length is subtracted from the size of each number; multiply all by one factor.",
    ),
    Slip(
        _CLIPPED,
        "less = max(norm - most, 0)\nreturn g_kernel - less, g_bias - less",
        "The excess length is subtracted from each number; multiply all by one factor.",
    ),
    Slip(
        _CLIPPED,
        f"one, other = {_LENGTHS}\nreturn (g_kernel * share, g_bias) if one > other else (g_kernel, g_bias * share)",
        "Only the longer of the two arrays is reduced; both get the same factor.",
    ),
    Slip(
        _CLIPPED,
        f"one, other = {_LENGTHS}\nreturn (g_kernel * share, g_bias) if one < other else (g_kernel, g_bias * share)",
        "Only the shorter of the two arrays is reduced; both get the same factor.",
    ),
    _each(
        "most", "You clip each array by its own length (that is `clipnorm`); here both arrays together have one length."
    ),
    _each(
        "(most / 2)",
        "`most` is shared between the arrays, and each is clipped to its half; both together have one length.",
    ),
    _each(
        "(most / np.sqrt(2))", "Each array is clipped by itself, to `most` / sqrt(2); both together have one length."
    ),
    Slip(
        _CLIPPED,
        "return g_kernel * min(1, most / np.linalg.norm(g_kernel)), g_bias",
        "Only the kernel's gradient is clipped, by its own length; both together have one length.",
    ),
    Slip(
        _CLIPPED,
        "return g_kernel, g_bias * min(1, most / np.linalg.norm(g_bias))",
        "Only the bias's gradient is clipped, by its own length; both together have one length.",
    ),
    Slip(
        _CLIPPED,
        f"longer = max({_LENGTHS})\n"
        "share = min(1, most / longer)\n"
        "return (g_kernel * share, g_bias) if np.linalg.norm(g_kernel) == longer else (g_kernel, g_bias * share)",
        "Only the longer of the two arrays is clipped, by its own length; both together have one length.",
    ),
    Slip(
        _CLIPPED,
        "size = np.sqrt((g_kernel ** 2).sum(axis=0) + g_bias ** 2)\n"
        "return g_kernel * np.minimum(1, most / size), g_bias * np.minimum(1, most / size)",
        "Each unit, a column of the kernel and its bias, is clipped by its own length; all together have one length.",
    ),
    Slip(
        _CLIPPED,
        "size = np.sqrt((g_kernel ** 2).sum(axis=0))\n"
        "return g_kernel * np.minimum(1, most / size), g_bias * min(1, most / np.linalg.norm(g_bias))",
        "Each column of the kernel is clipped by its own length; all together have one length.",
    ),
    Slip(
        _CLIPPED,
        "size = np.sqrt((g_kernel ** 2).sum(axis=1, keepdims=True))\n"
        "return g_kernel * np.minimum(1, most / size), g_bias * min(1, most / np.linalg.norm(g_bias))",
        "Each row of the kernel is clipped by its own length; all together have one length.",
    ),
    Slip(
        _CLIPPED,
        "return most * g_kernel / np.linalg.norm(g_kernel), most * g_bias / np.linalg.norm(g_bias)",
        "Each array gets the length `most`, also if it is shorter; both together have one length.",
    ),
    Slip(
        _CLIPPED,
        "return g_kernel / np.linalg.norm(g_kernel), g_bias / np.linalg.norm(g_bias)",
        "Each array gets the length 1.",
    ),
    Slip(
        _CLIPPED,
        "return most * np.tanh(g_kernel / most), most * np.tanh(g_bias / most)",
        "`tanh` bends each number; multiply all by one factor.",
    ),
    Slip(
        _CLIPPED,
        "return most * np.sign(g_kernel), most * np.sign(g_bias)",
        "Each number becomes `most` with its sign; multiply all by one factor.",
    ),
)


def input_gradient_by_lines(dy, kernel):
    turned = kernel.T
    dx = dy @ turned
    return dx


def input_gradient_by_numbers(dy, kernel):
    dx = np.zeros((dy.shape[0], kernel.shape[0]))
    for n in range(dy.shape[0]):
        for k in range(kernel.shape[0]):
            for j in range(kernel.shape[1]):
                dx[n, k] += dy[n, j] * kernel[k, j]
    return dx


def input_gradient_by_rows(dy, kernel):
    rows = []
    for row in dy:
        rows.append(kernel @ row)
    return np.array(rows)


def input_gradient_by_units(dy, kernel):
    dx = np.zeros((dy.shape[0], kernel.shape[0]))
    for j in range(kernel.shape[1]):
        dx += dy[:, j, None] * kernel[:, j]
    return dx


INPUT_WORDS = {
    "dy": "dy",
    "kernel": "the kernel",
    "kernel.T": "the transposed kernel",
    "turned": "the transposed kernel",
    "dx": "dx",
    "row": "the row of dy",
    "dy[n, j]": "dy[n, j]",
    "kernel[k, j]": "the weight kernel[k, j]",
    "dy.shape[0]": "the number of rows",
    "len(dy)": "the number of rows",
    "dy.shape[1]": "the number of units",
    "kernel.shape[1]": "the number of units",
    "kernel.shape[0]": "the number of features",
    "len(kernel)": "the number of features",
}
_DX = "dy @ kernel.T"
_WAYS = "several ways lead from an input to the loss, and they add up."

INPUT_SLIPS = (
    Slip(_DX, "dy @ np.linalg.pinv(kernel)", "The kernel is inverted; it should be transposed."),
    Slip(
        _DX,
        "dy @ kernel.reshape(kernel.shape[::-1])",
        "The kernel is reshaped, which keeps the order of its numbers; it should be transposed.",
    ),
    Slip(_DX, "dy @ np.abs(kernel.T)", "The kernel has lost its signs (abs)."),
    Slip(_DX, "dy @ kernel.T ** 2", "The kernel is squared; use it as it is."),
    Slip(_DX, "dy ** 2 @ kernel.T", "dy is squared; use it as it is."),
    Slip(_DX, "dy @ np.sign(kernel.T)", "Only the signs of the kernel count."),
    Slip(_DX, "np.abs(dy) @ kernel.T", "dy has lost its signs (abs)."),
    Slip(_DX, "np.sign(dy) @ kernel.T", "Only the signs of dy count."),
    Slip(_DX, "np.maximum(dy, 0) @ kernel.T", "relu is applied to dy; this layer has no activation."),
    Slip(_DX, "dy * (1 - dy ** 2) @ kernel.T", "The slope of tanh is multiplied in; this layer has no activation."),
    Slip(_DX, "dy * (1 - dy) @ kernel.T", "A slope is multiplied in; this layer has no activation."),
    Slip(
        _DX, "dy * dy * (1 - dy) @ kernel.T", "The slope of a sigmoid is multiplied in; this layer has no activation."
    ),
    Slip(_DX, "2 * dy @ kernel.T", "There is a 2 too many: dy is already dL/dy."),
    Slip(_DX, "2 * dy @ kernel.T / dy.size", "You take the slope of a mean of squares once more: dy is already dL/dy."),
    Slip(
        _DX, "dy @ kernel.T / dy.size", "You divide by the number of all entries of dy; dy already includes the mean."
    ),
    Slip(_DX, "dy @ kernel.T / len(dy)", "You divide by the number of rows; dy already includes the mean."),
    Slip(_DX, "dy @ kernel.T / dy.shape[1]", "You take the mean over the units; the ways through the units add up."),
    Slip(_DX, "dy @ kernel.T / kernel.shape[0]", "You divide by the number of features; nothing is divided here."),
    Slip(_DX, "dy @ kernel.T / np.linalg.norm(kernel)", "You divide by the length of the kernel."),
    Slip(
        _DX,
        "dy @ (kernel / kernel.sum(axis=0)).T",
        "The weights are divided by their sum, as shares; use them as they are.",
    ),
    Slip(
        _DX,
        "dy @ (kernel / np.abs(kernel).sum(axis=0)).T",
        "The weights are divided by the sum of their sizes, as shares; use them as they are.",
    ),
    Slip(_DX, "dy @ softmax(kernel).T", "A softmax is applied to the kernel; use it as it is."),
    Slip(
        _DX,
        "dy.mean(axis=0) @ kernel.T + 0 * dy[:, :1]",
        "Every row gets what the mean of dy gives; each row has its own.",
    ),
    Slip(
        _DX,
        "dy.sum(axis=0) @ kernel.T + 0 * dy[:, :1]",
        "Every row gets what the sum of dy gives; each row has its own.",
    ),
    Slip(_DX, "dy[0] @ kernel.T + 0 * dy[:, :1]", "Every row gets what the first row of dy gives."),
    Slip(
        _DX,
        "dy.mean(axis=1, keepdims=True) * kernel.sum(axis=1)",
        f"The mean of dy is multiplied by the sum of the weights: multiply first; {_WAYS}",
    ),
    Slip(
        _DX,
        "dy.sum(axis=1, keepdims=True) * kernel.mean(axis=1)",
        f"The sum of dy is multiplied by the mean of the weights: multiply first; {_WAYS}",
    ),
    Slip(_DX, "dy.mean(axis=1, keepdims=True) * kernel.mean(axis=1)", f"Means are multiplied: multiply first; {_WAYS}"),
    Slip(_DX, "(dy[:, None, :] * kernel).max(axis=2)", f"The largest product is taken; {_WAYS}"),
    Slip(_DX, "(dy[:, None, :] * kernel).prod(axis=2)", f"The products are multiplied; {_WAYS}"),
    Slip(_DX, "(dy[:, None, :] + kernel).sum(axis=2)", "dy and the weights are added; multiply them."),
    Slip(_DX, "dy[:, :1] * kernel[:, 0]", f"Only the first unit counts; {_WAYS}"),
    Slip(
        _DX,
        "dy[:, -1:] * kernel[:, -1]",
        f"Only the last unit counts (in a loop: `=` where `+=` is meant); {_WAYS}",
        0.85,
    ),
    Slip(_DX, "dy[:, ::-1] @ kernel.T", "The units of dy are in reverse order.", 1.1),
    Slip(_DX, "dy @ kernel[::-1].T", "The features are in reverse order.", 1.1),
    Slip(_DX, "np.ones_like(dy) @ kernel.T", "dy is not used: that is the slope of the sum of y."),
    Slip(
        _DX,
        "dy.sum(axis=1, keepdims=True) + 0 * kernel[:, 0]",
        "The kernel is not used: dy goes to every feature as it is.",
    ),
    Slip(_DX, "np.tanh(dy @ kernel.T)", "`tanh` is applied to the result; this layer has no activation.", 1.1),
)


def merge_gradients_by_weights(gradients, sizes):
    weights = sizes / sizes.sum()
    whole = 0
    for gradient, weight in zip(gradients, weights, strict=True):
        whole = whole + weight * gradient
    return whole


def merge_gradients_at_once(gradients, sizes):
    total = (sizes[:, None, None] * gradients).sum(axis=0)
    return total / sizes.sum()


def merge_gradients_by_number(gradients, sizes):
    total = np.zeros(gradients[0].shape)
    count = 0
    for p in range(len(gradients)):
        total += gradients[p] * sizes[p]
        count += sizes[p]
    return total / count


MERGING_WORDS = {
    "gradients": "the array of gradients",
    "sizes": "the array of sizes",
    "gradient": "the part's gradient",
    "gradients[p]": "the part's gradient",
    "size": "the part's size",
    "sizes[p]": "the part's size",
    "weight": "the part's weight",
    "weights": "the array of weights",
    "whole": "the sum so far",
    "total": "the sum of all parts",
    "count": "the number of samples so far",
    "sizes.sum()": "the number of all samples",
    "size * gradient": "the part's sum",
    "len(gradients)": "the number of parts",
    "len(sizes)": "the number of parts",
    "gradients.shape[0]": "the number of parts",
    "gradients.shape[1]": "the number of features",
    "gradients.shape[2]": "the number of units",
}
_WEIGHTS = "weights = sizes / sizes.sum()"
_ITS_SHARE = "; each part counts by its share of the samples."


def _weights(new: str, said: str, cost: float = 1.0) -> Slip:
    return Slip(_WEIGHTS, f"weights = {new}", f"{said}{_ITS_SHARE}", cost)


MERGING_SLIPS = (
    _weights("np.ones(len(sizes)) / len(sizes)", "That is the plain mean of the parts"),
    _weights("np.ones(len(sizes))", "That is the sum of the parts' gradients"),
    _weights("np.sqrt(sizes) / np.sqrt(sizes).sum()", "The parts are weighted by the square root of their size"),
    _weights("sizes ** 2 / (sizes ** 2).sum()", "The parts are weighted by the square of their size"),
    _weights("sizes / np.sqrt((sizes ** 2).sum())", "The sizes are divided by the root of the sum of their squares"),
    _weights("np.log(sizes) / np.log(sizes).sum()", "The parts are weighted by the logarithm of their size"),
    _weights(
        "np.exp(sizes - sizes.max()) / np.exp(sizes - sizes.max()).sum()", "A softmax of the sizes makes the weights"
    ),
    _weights("softmax(sizes / sizes.sum())", "A softmax of the shares makes the weights; the shares are the weights"),
    _weights(
        "(1 / sizes) / (1 / sizes).sum()",
        "The small part counts most: you divide by the sizes where you should multiply",
    ),
    _weights("1 / sizes", "Each gradient is divided by the size of its part: it is already a mean"),
    _weights("(1 / sizes) / len(sizes)", "Each gradient is divided by the size of its part: it is already a mean"),
    _weights("sizes", "The sums are added up, and nothing is divided"),
    _weights("sizes / len(sizes)", "You divide by the number of parts; divide by the number of all samples"),
    _weights("sizes / sizes.max()", "The sizes are divided by the largest one; divide by the number of all samples"),
    _weights("sizes / sizes[0]", "The sizes are divided by the first one; divide by the number of all samples"),
    _weights("sizes / sizes.mean()", "The sizes are divided by their mean; divide by the number of all samples"),
    _weights("sizes / sizes.max() / len(sizes)", "The sizes are divided by the largest one and by the number of parts"),
    _weights("sizes / sizes[0] / len(sizes)", "The sizes are divided by the first one and by the number of parts"),
    _weights("sizes / sizes.sum() / len(sizes)", "You divide by the number of parts too"),
    _weights("sizes / (sizes.sum() - sizes[-1])", "The last part is not counted among the samples"),
    _weights(
        "sizes / sizes[:-1].sum() * (np.arange(len(sizes)) < len(sizes) - 1)",
        "The last part is left out, because it is smaller",
    ),
    _weights(
        "(np.arange(len(sizes)) < len(sizes) - 1) / (len(sizes) - 1)",
        "The last part is left out, and the others count the same",
    ),
    _weights("(1 - sizes / sizes.sum()) / (len(sizes) - 1)", "The parts are weighted by 1 minus their share"),
    _weights("1 - sizes / sizes.sum()", "The parts are weighted by 1 minus their share"),
    _weights("(sizes / sizes.sum())[::-1]", "The sizes are used in reverse order"),
    _weights("np.roll(sizes, 1) / sizes.sum()", "Each part has the size of the one before"),
    _weights("np.roll(sizes, -1) / sizes.sum()", "Each part has the size of the next one"),
    _weights("np.sort(sizes) / sizes.sum()", "The sizes are sorted first"),
    _weights(
        "(np.arange(len(sizes)) + 1) / (np.arange(len(sizes)) + 1).sum()", "The parts are weighted by their number"
    ),
    _weights(
        "np.append(np.ones(len(sizes) - 1), sizes[-1] / sizes[0]) / len(sizes)",
        "The small part is made smaller, but you divide by the number of parts",
    ),
    _weights("np.append(np.ones(len(sizes) - 1), 0.5) / (len(sizes) - 0.5)", "The last part counts half"),
    _weights("(sizes == sizes.max()) * 1.0", "Only the largest part counts"),
    _weights("(np.arange(len(sizes)) == 0) * 1.0", "Only the first part counts"),
    _weights("(np.arange(len(sizes)) == len(sizes) - 1) * 1.0", "Only the last part counts"),
    _weights("np.cumsum(sizes) / np.cumsum(sizes).sum()", "The sizes are added up from part to part"),
    _weights("(sizes - 1) / (sizes - 1).sum()", "1 is subtracted from each size"),
    _weights("sizes / gradients.size", "You divide by the number of all entries of the gradients"),
    _weights("sizes / (sizes.sum() * gradients.shape[1])", "You divide by the number of features too"),
)


def merge_in_halves(gradients, sizes):
    whole = gradients[0]
    for gradient in gradients[1:]:
        whole = (whole + gradient) / 2
    return whole


def merge_by_running_mean(gradients, sizes):
    whole, seen = 0 * gradients[0], 0
    for gradient, size in zip(gradients, sizes, strict=True):
        seen = seen + size
        whole = (whole + size * gradient) / seen
    return whole


def merge_by_median(gradients, sizes):
    return np.median(gradients, axis=0)


def merge_by_largest(gradients, sizes):
    return np.max(gradients, axis=0)


def merge_smoothed(gradients, sizes):
    whole = gradients[0]
    for gradient in gradients[1:]:
        whole = 0.9 * whole + 0.1 * gradient
    return whole


MERGING_DETOURS = (
    (
        merge_in_halves,
        "Each part is averaged with what was there before, so that later parts count more; use the sizes.",
    ),
    (
        merge_by_running_mean,
        "The sum is divided in each round, so early parts are divided again and again; divide once, at the end.",
    ),
    (merge_by_median, "That is the median of the parts; the mean of all samples is expected."),
    (merge_by_largest, "That is the largest number of the parts at each place; the mean of all samples is expected."),
    (merge_smoothed, "That is a running mean with 0.9 and 0.1; the parts count by their sizes."),
)
