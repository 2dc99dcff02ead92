"""Dense, and the two functions that squash a gate's sum."""

import numpy as np

from lstm_edu.core import Dense, Sequential, activations
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Question, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal, numbers


def dense(x, kernel, bias):
    return x @ kernel + bias


_DENSE = "y = x @ kernel + bias"


def _draw(rng, k):
    batch, features, units = [(3, 4, 4), (5, 2, 3), (2, 6, 4), (4, 3, 7)][k]
    return {
        "x": normal(rng, batch, features),
        "kernel": normal(rng, features, units),
        "bias": normal(rng, units),
    }


def _layer(a):
    layer = Dense(a["kernel"].shape[1])
    layer.build((None, len(a["kernel"])))
    layer.set_weights([a["kernel"], a["bias"]])
    return layer


def _keras_dense(keras, a):
    layer = keras.layers.Dense(a["kernel"].shape[1])
    layer.build((None, len(a["kernel"])))
    layer.set_weights([a["kernel"], a["bias"]])
    return (numbers(layer(a["x"])),)


DENSE = Exercise(
    name="dense",
    title="what a Dense layer computes",
    idea="A Dense layer without activation: every output is a weighted sum of all inputs of its row, plus a bias.",
    takes=(
        ("x", "(B, F)", "B rows of F features"),
        ("kernel", "(F, units)", "the weights, one column per unit"),
        ("bias", "(units,)", "one number per unit"),
    ),
    returns=(Output("y", ("row", "unit"), "(B, units), what keras.layers.Dense returns"),),
    draw=_draw,
    reference=lambda a: (_layer(a)(a["x"]),),
    example=lambda: {
        "x": array([1, 2], [-1, 3], [0, 1]),
        "kernel": array([1, 0, -1, 2], [0, 1, 1, -1]),
        "bias": array(0.5, -3, 2, 10),
    },
    hints=(
        "Begin with the shapes: (B, F) and (F, units) must become (B, units). Which product does that?",
        "Look at one output that you have computed by hand: a sum over the features, then one bias. A matrix "
        "product computes these sums for all rows and units at once, and NumPy adds a row of biases to every row.",
        "y = x @ ... + ...",
    ),
    answer=(dense,),
    question=lambda a: Question(_layer(a), a["x"]),
    keras=_keras_dense,
    wrong_answers=(
        # The doctor knows these five too, but mentions gates and states, which come later in the course.
        Wrong(lambda x, kernel, bias: x @ kernel, "bias-missing", "The bias is not added anywhere.", _DENSE),
        Wrong(lambda x, kernel, bias: x @ kernel + 2 * bias, "bias-twice", "The bias is added twice.", _DENSE),
        Wrong(
            lambda x, kernel, bias: x @ kernel.T + bias,
            "kernel-transposed",
            "The kernel is transposed. Keras's has one row per feature and one column per unit; with as many features "
            "as units there is no error to warn you.",
            f"{_DENSE}   # not kernel.T",
        ),
        Wrong(
            lambda x, kernel, bias: np.tanh(x @ kernel + bias),
            "extra-activation:tanh",
            "tanh is applied to the sum; this layer has no activation.",
            _DENSE,
        ),
        Wrong(
            lambda x, kernel, bias: np.maximum(x @ kernel + bias, 0),
            "extra-activation:relu",
            "relu is applied to the sum; this layer has no activation.",
            _DENSE,
        ),
        Wrong(
            lambda x, kernel, bias: x @ kernel + x.shape[1] * bias,
            sentence="The bias is added once for each feature: it is inside the innermost loop.",
            fix="y[n, j] = bias[j]   # before the loop over the features",
        ),
        Wrong(
            lambda x, kernel, bias: x @ kernel - bias,
            sentence="The bias is subtracted; it should be added.",
            fix=_DENSE,
        ),
        Wrong(
            lambda x, kernel, bias: (x @ kernel).sum(axis=0) + bias,
            sentence="The rows of the batch are added up; every row should have its own output.",
            fix=f"{_DENSE}   # no sum over the batch",
        ),
    ),
)


# --- the weights from outside ---------------------------------------------------------------------------------------


def read_dense(y_zeros, y_eye):
    bias = y_zeros[0]
    kernel = y_eye - bias
    return kernel, bias


def _draw_answers(rng, k):
    features, units = [(4, 3), (2, 5), (6, 4), (3, 2)][k]
    kernel, bias = normal(rng, features, units), normal(rng, units)
    return {"y_zeros": bias[None].copy(), "y_eye": kernel + bias}


def _answering(a):
    """The layer that gives these answers, in float64; its weights are taken one at a time."""
    y_zeros, y_eye = a["y_zeros"].astype(np.float64), a["y_eye"].astype(np.float64)
    layer = Dense(y_eye.shape[1], dtype="float64")
    layer.build((None, len(y_eye)))
    layer.set_weights([y_eye - y_zeros, y_zeros[0]])
    return layer


_READ = "bias = y_zeros[0]\nkernel = y_eye - bias"

READ_DENSE = Exercise(
    name="read_dense",
    title="read a Dense layer's weights from its outputs",
    idea="A linear Dense layer, y = x W + b, was called twice: on one row of zeros, and on the identity matrix. You "
    "have both outputs. Find its kernel and its bias.",
    takes=(
        ("y_zeros", "(1, U)", "the output for np.zeros((1, F))"),
        ("y_eye", "(F, U)", "the outputs for np.eye(F)"),
    ),
    returns=(
        Output("kernel", ("feature", "unit"), "(F, U)"),
        Output("bias", ("unit",), "(U,)"),
    ),
    draw=_draw_answers,
    reference=lambda a: tuple(_answering(a).get_weights()),
    example=lambda: {"y_zeros": array([1, 2]), "y_eye": array([1.5, 2], [0, 2.5], [1, 3])},
    hints=(
        "Which part of y = x W + b is left if x is zero everywhere?",
        "Look at the first row of the identity, 1, 0, 0, ...: in x W it picks out one row of W. So what has been "
        "added to every row of y_eye?",
        "bias = ...              # the only row of y_zeros\nkernel = y_eye - ...",
    ),
    answer=(read_dense,),
    wrong_answers=(
        Wrong(
            lambda y_zeros, y_eye: (y_eye, y_zeros[0]),
            sentence="The bias is still in your kernel: each row of y_eye is a row of W plus b.",
            fix=_READ,
        ),
        Wrong(
            lambda y_zeros, y_eye: (y_eye, y_zeros),
            sentence="The bias is still in your kernel: each row of y_eye is a row of W plus b.",
            fix=_READ,
        ),
        Wrong(
            lambda y_zeros, y_eye: (y_eye - y_eye[0], y_eye[0]),
            sentence="You take the first row of y_eye for the bias; the bias is the output for zeros, y_zeros.",
            fix=_READ,
        ),
        Wrong(
            lambda y_zeros, y_eye: ((y_eye - y_zeros).T, y_zeros[0]),
            "kernel-transposed",
            "Your kernel is transposed; it should have one row per feature and one column per unit.",
            _READ,
        ),
        Wrong(
            lambda y_zeros, y_eye: (y_eye + y_zeros, y_zeros[0]),
            sentence="The bias is in your kernel twice: it has to be subtracted.",
            fix=_READ,
        ),
        Wrong(
            lambda y_zeros, y_eye: (y_eye - y_zeros, y_zeros),
            sentence="The bias has one number per unit, (U,); y_zeros has a batch axis in front of that.",
            fix=_READ,
        ),
        Wrong(
            lambda y_zeros, y_eye: (y_eye - y_eye.mean(axis=0), y_eye.mean(axis=0)),
            sentence="You take the mean of the outputs for the bias; y_zeros is the bias exactly.",
            fix=_READ,
        ),
    ),
)


# --- the sigmoid and its straight relatives -------------------------------------------------------------------------


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))  # 1 / (1 + exp(-x)), which cannot overflow when it is written like this


def hard_sigmoid(x):
    return np.clip(x / 6 + 0.5, 0, 1)


def _draw_any(rng, k):
    x = normal(rng, *[(3, 4), (7,), (2, 3, 5), (4, 1, 2)][k], scale=2.5)
    if k == 1:
        x[:2] = [-800, 800]  # far outside: nothing may overflow, in float64 either
    return {"x": x}


def _step(right):
    return Wrong(
        lambda x: np.where(x > 0, 1.0, 0.0),
        sentence="That is a step: 0 below zero, 1 above it (or the right numbers, rounded to 0 and 1).",
        fix=right,
    )


_SHAPE = (("x", "any shape", "numbers in an array with any number of axes"),)


SIGMOID = Exercise(
    name="sigmoid",
    title="from any number to a fraction",
    idea="The sigmoid, 1 / (1 + exp(-x)), of each number in an array of any shape: near 0 far below zero, 1/2 at zero, "
    "near 1 far above.",
    takes=_SHAPE,
    returns=(Output("y", None, "the same shape, every number between 0 and 1"),),
    draw=_draw_any,
    reference=lambda a: (activations.sigmoid(a["x"]),),
    example=lambda: {"x": array([-2, 0, 1], [800, -800, 3])},
    hints=(
        "What should the result be for 0, for a very large number and for a very negative one? And what does your "
        "function give for 0, 800 and -800?",
        "Look at what is below the fraction bar. Two things go wrong there: the sign of the exponent, and the "
        "brackets around the sum.",
        "y = 1 / (1 + np.exp(...))",
    ),
    answer=(sigmoid,),
    keras=lambda keras, a: (numbers(keras.activations.sigmoid(a["x"])),),
    wrong_answers=(
        Wrong(
            lambda x: np.clip(0.2 * x + 0.5, 0, 1),
            "hard-sigmoid-v2",
            "That is the hard sigmoid of Keras 2, clip(0.2 x + 0.5, 0, 1).",
            "y = 1 / (1 + np.exp(-x))",
        ),
        Wrong(
            lambda x: np.clip(x / 6 + 0.5, 0, 1),
            "hard-sigmoid-v3",
            "That is the hard sigmoid of Keras 3, clip(x/6 + 0.5, 0, 1).",
            "y = 1 / (1 + np.exp(-x))",
        ),
        Wrong(
            lambda x: np.where(x < 0, np.exp(x), 1) / (1 + np.exp(-x)),
            sentence="For negative x the denominator has to be 1 + exp(x), with the same sign as above the bar.",
            fix="y = np.exp(x) / (1 + np.exp(x))   # the same as 1 / (1 + np.exp(-x))",
        ),
        Wrong(
            lambda x: activations.sigmoid(-x),
            sentence="The sign is wrong: your function falls where the sigmoid rises.",
            fix="y = 1 / (1 + np.exp(-x))   # minus x",
        ),
        Wrong(lambda x: np.tanh(x), sentence="That is tanh, from -1 to 1; the sigmoid goes from 0 to 1."),
        Wrong(
            lambda x: np.exp(x) / (1 + np.exp(x)),
            sentence="For large x this is infinity divided by infinity, nan.",
            fix="y = 1 / (1 + np.exp(-x))   # exp(-x) becomes 0 there",
        ),
        Wrong(
            lambda x: 1 / (1 - np.exp(-x)),
            sentence="There is one minus too many: below the fraction bar is 1 + exp(-x).",
            fix="y = 1 / (1 + np.exp(-x))",
        ),
        Wrong(lambda x: 1 / 1 + np.exp(-x), sentence="Brackets are missing: 1 / 1 + exp(-x) divides by 1 only."),
        _step("y = 1 / (1 + np.exp(-x))"),
    ),
)


HARD_SIGMOID = Exercise(
    name="hard_sigmoid",
    title="a sigmoid made of straight lines, as in Keras 3",
    idea="Keras 3's hard sigmoid of each number in an array of any shape: the line x/6 + 1/2, but 0 where the line is "
    "below 0, and 1 where it is above 1.",
    takes=_SHAPE,
    returns=(Output("y", None, "the same shape, every number between 0 and 1"),),
    draw=_draw_any,
    reference=lambda a: (activations.get("hard_sigmoid")(a["x"]),),
    example=lambda: {"x": array([-4, 0, 1.5], [6, -1.5, 3])},
    hints=(
        "Draw it: a straight line through (0, 1/2) that reaches 0 at x = -3 and 1 at x = 3. What is its slope?",
        "Look at your drawing outside of -3 to 3: there the line has to be cut off, at the bottom and at the "
        "top. np.clip(numbers, low, high) does both.",
        "y = np.clip(x / ... + ..., 0, 1)",
    ),
    answer=(hard_sigmoid,),
    keras=lambda keras, a: (numbers(keras.activations.hard_sigmoid(a["x"])),),
    wrong_answers=(
        Wrong(
            lambda x: np.clip(0.2 * x + 0.5, 0, 1),
            "hard-sigmoid-v2",
            "That is Keras 2's hard sigmoid, of slope 0.2; Keras 3's has slope 1/6 under the same name.",
            "y = np.clip(x / 6 + 0.5, 0, 1)",
        ),
        Wrong(
            lambda x: activations.sigmoid(x),
            "hard-sigmoid-v3:sigmoid",
            "That is the smooth sigmoid, 1 / (1 + exp(-x)).",
            "y = np.clip(x / 6 + 0.5, 0, 1)",
        ),
        Wrong(
            lambda x: x / 6 + 0.5,
            sentence="The line is not cut off: a gate must stay between 0 and 1.",
            fix="y = np.clip(x / 6 + 0.5, 0, 1)",
        ),
        Wrong(lambda x: np.clip(x / 6, 0, 1), sentence="The line must go through 1/2 at x = 0: + 0.5 is missing."),
        Wrong(lambda x: np.clip(x / 6 + 0.5, -1, 1), sentence="It is cut off at -1; a gate is never below 0."),
        Wrong(
            lambda x: np.maximum(0, x / 6 + 0.5),
            sentence="It is cut off below, but not above: a gate is never above 1.",
            fix="y = np.clip(x / 6 + 0.5, 0, 1)",
        ),
        Wrong(
            lambda x: np.minimum(1, x / 6 + 0.5),
            sentence="It is cut off above, but not below: a gate is never below 0.",
            fix="y = np.clip(x / 6 + 0.5, 0, 1)",
        ),
        Wrong(
            lambda x: np.clip(x, 0, 1),
            sentence="You cut off x itself; it should be the line, x/6 + 1/2.",
            fix="y = np.clip(x / 6 + 0.5, 0, 1)",
        ),
        _step("y = np.clip(x / 6 + 0.5, 0, 1)"),
    ),
)


# --- two layers in one ----------------------------------------------------------------------------------------------


def merge_dense(kernel_1, bias_1, kernel_2, bias_2):
    return kernel_1 @ kernel_2, bias_1 @ kernel_2 + bias_2


def _draw_two(rng, k):
    features, between, units = [(3, 3, 3), (4, 2, 5), (2, 6, 3), (5, 3, 2)][k]
    return {
        "kernel_1": normal(rng, features, between),
        "bias_1": normal(rng, between),
        "kernel_2": normal(rng, between, units),
        "bias_2": normal(rng, units),
    }


def _read_from(model, features):
    """The kernel and the bias of a model without activations, from its outputs."""
    bias = numbers(model(np.zeros((1, features))))[0]
    return numbers(model(np.eye(features))) - bias, bias


def _merged(a):
    model = Sequential([Dense(len(a["bias_1"]), dtype="float64"), Dense(len(a["bias_2"]), dtype="float64")])
    model.build((None, len(a["kernel_1"])))
    model.set_weights(list(a.values()))
    return _read_from(model, len(a["kernel_1"]))


def _merged_in_keras(keras, a):
    one, other = (keras.layers.Dense(len(a[name]), dtype="float64") for name in ("bias_1", "bias_2"))
    model = keras.Sequential([keras.Input((len(a["kernel_1"]),), dtype="float64"), one, other])
    model.set_weights(list(a.values()))
    return _read_from(model, len(a["kernel_1"]))


_MERGED = "kernel = kernel_1 @ kernel_2\nbias = bias_1 @ kernel_2 + bias_2"


def _merge(kernel=lambda W_1, W_2: W_1 @ W_2, bias=lambda b_1, W_2, b_2: b_1 @ W_2 + b_2):
    """The answer with something else in one place."""
    return lambda kernel_1, bias_1, kernel_2, bias_2: (kernel(kernel_1, kernel_2), bias(bias_1, kernel_2, bias_2))


MERGE_DENSE = Exercise(
    name="merge_dense",
    title="two Dense layers are one",
    idea="The output of a Dense layer is the input of a second one; neither has an activation. There is one single "
    "Dense layer that gives the same output for every x. Find its kernel and its bias.",
    takes=(
        ("kernel_1", "(F, M)", "of the first layer"),
        ("bias_1", "(M,)", "of the first layer"),
        ("kernel_2", "(M, U)", "of the second layer"),
        ("bias_2", "(U,)", "of the second layer"),
    ),
    returns=(
        Output("kernel", ("feature", "unit"), "(F, U), of the one layer"),
        Output("bias", ("unit",), "(U,), of the one layer"),
    ),
    draw=_draw_two,
    reference=_merged,
    example=lambda: {
        "kernel_1": array([1, 2], [0, 1], [3, 0]),
        "bias_1": array(1, -1),
        "kernel_2": array([1, 0, 2, 1], [0, 3, 1, -1]),
        "bias_2": array(10, 20, 30, 40),
    },
    hints=(
        "Write down what the second layer computes, (x W_1 + b_1) W_2 + b_2, and multiply out the brackets. Which part "
        "contains x, and which does not?",
        "Look at the shapes: (F, M) and (M, U) must become (F, U). Then look at the first bias: on its way to the "
        "output it passes through the second layer.",
        "kernel = kernel_1 @ ...\nbias = ... @ kernel_2 + ...",
    ),
    answer=(merge_dense,),
    keras=_merged_in_keras,
    wrong_answers=(
        Wrong(
            _merge(bias=lambda b_1, W_2, b_2: b_2),
            sentence="The first bias is lost: it passes through the second layer's kernel, and is still in the output.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(bias=lambda b_1, W_2, b_2: b_1 @ W_2),
            sentence="The second bias is missing.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(bias=lambda b_1, W_2, b_2: b_1 + b_2),
            sentence="The first bias is added as it is; it passes through the second layer's kernel first.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(bias=lambda b_1, W_2, b_2: (b_1 + b_2) @ W_2),
            sentence="The second bias is multiplied by kernel_2; it is added after that product.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(bias=lambda b_1, W_2, b_2: W_2 @ b_1 + b_2),
            sentence="The bias is multiplied from the wrong side: in this course a row of numbers is on the left.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(kernel=lambda W_1, W_2: W_2 @ W_1),
            sentence="The kernels are multiplied in the wrong order: x meets kernel_1 first.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(kernel=lambda W_1, W_2: W_1 * W_2),
            sentence="That multiplies the kernels number by number; two layers in a row are a matrix product.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(kernel=lambda W_1, W_2: W_1 + W_2),
            sentence="That adds the kernels; two layers in a row are a matrix product.",
            fix=_MERGED,
        ),
        Wrong(
            _merge(kernel=lambda W_1, W_2: (W_1 @ W_2).T),
            "kernel-transposed",
            "Your kernel is transposed; it should have one row per feature and one column per unit.",
            _MERGED,
        ),
    ),
)
