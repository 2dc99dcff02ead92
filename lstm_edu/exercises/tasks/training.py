"""How a Dense layer learns: the gradient of its loss, and steps downhill."""

import numpy as np

from lstm_edu.core import Dense, Sequential, losses, optimizers
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal


def dense_gradient(x, y, target):
    dy = 2 * (y - target) / y.size
    return x.T @ dy, dy.sum(axis=0)


def train_dense(x, target, kernel, bias, learning_rate, steps):
    for _ in range(steps):
        y = x @ kernel + bias
        dy = 2 * (y - target) / y.size
        d_kernel, d_bias = x.T @ dy, dy.sum(axis=0)
        kernel = kernel - learning_rate * d_kernel
        bias = bias - learning_rate * d_bias
    return kernel, bias


def _sizes(k):
    return [(3, 4, 2), (5, 2, 3), (2, 6, 4), (7, 3, 5)][k]


def _model(x, units, kernel, bias, learning_rate=0.1):
    """A Dense layer of this package that is trained on mean squared error."""
    model = Sequential([Dense(units, dtype="float64")])
    model.build((None, x.shape[1]))
    model.set_weights([kernel, bias])
    model.compile(optimizers.SGD(learning_rate), losses.MeanSquaredError(dtype="float64"))
    return model


# --- the gradient ---------------------------------------------------------------------------------------------------


def _draw(rng, k):
    batch, features, units = _sizes(k)
    return {"x": normal(rng, batch, features), "y": normal(rng, batch, units), "target": normal(rng, batch, units)}


def _reference(a):
    """From a layer that outputs this y: y enters as further features, which the kernel passes on as they are."""
    x, y, target = (a[name].astype(np.float64) for name in ("x", "y", "target"))
    units = y.shape[1]
    model = _model(np.hstack([x, y]), units, np.vstack([np.zeros((x.shape[1], units)), np.eye(units)]), np.zeros(units))
    d_kernel, d_bias = model.loss_and_gradients(np.hstack([x, y]), target).gradients.weights
    return d_kernel[: x.shape[1]], d_bias


def _gradient(scale=lambda y: 2 / y.size, sign=1, kernel=lambda x, dy: x.T @ dy, bias=lambda dy: dy.sum(axis=0)):
    def answer(x, y, target):
        dy = sign * (y - target) * scale(y)
        return kernel(x, dy), bias(dy)

    return answer


_DY = "dy = 2 * (y - target) / y.size"

DENSE_GRADIENT = Exercise(
    name="dense_gradient",
    title="which way is downhill for a Dense layer",
    idea="A linear Dense layer returned y = x W + b where target was expected. The loss is the mean squared error, the "
    "mean of (y - target)**2 over all B * U numbers of y. How does it change with each weight and each bias?",
    takes=(
        ("x", "(B, F)", "the input"),
        ("y", "(B, U)", "what the layer returned"),
        ("target", "(B, U)", "what was expected"),
    ),
    returns=(
        Output("d_kernel", ("feature", "unit"), "(F, U), dL/d(kernel)"),
        Output("d_bias", ("unit",), "(U,), dL/d(bias)"),
    ),
    draw=_draw,
    reference=_reference,
    example=lambda: {
        "x": array([1, 2, 0], [3, -1, 1]),
        "y": array([3, 0, 1, 2], [1, 4, 0, 0]),
        "target": array([1, 0, 5, 2], [1, 0, 0, 4]),
    },
    hints=(
        "First only dL/dy: if one number of y grows a little, how does the mean of (y - target)**2 change? And "
        "how many numbers are in that mean?",
        "Look at one weight, W[k, j]: it moves y[n, j] by x[n, k], in every row n, and all rows add up. That is "
        "a matrix product; the shapes tell you which factor to transpose. A bias moves y by 1 in every row.",
        "dy = 2 * (y - target) / ...\nd_kernel = ... @ dy\nd_bias = dy.sum(axis=...)",
    ),
    answer=(dense_gradient,),
    wrong_answers=(
        Wrong(
            _gradient(scale=lambda y: 1 / y.size),
            sentence="The 2 is missing: the slope of a square is twice what is squared.",
            fix=_DY,
        ),
        Wrong(
            _gradient(scale=lambda y: 2 / len(y)),
            sentence="You divide by the number of rows only; the loss is the mean over all numbers of y, units too.",
            fix=_DY,
        ),
        Wrong(
            _gradient(scale=lambda y: 2 / y.shape[1]),
            sentence="You divide by the number of units only; the loss is the mean over all numbers of y, rows too.",
            fix=_DY,
        ),
        Wrong(
            _gradient(scale=lambda y: 2.0),
            sentence="That is the gradient of a sum of squares; the loss is their mean.",
            fix=_DY,
        ),
        Wrong(
            _gradient(sign=-1),
            sentence="The sign is reversed: (y - target), not (target - y). The minus comes later, in the step.",
            fix=_DY,
        ),
        Wrong(
            _gradient(kernel=lambda x, dy: dy.T @ x),
            sentence="d_kernel is transposed; it has the shape of the kernel, (F, U).",
            fix="d_kernel = x.T @ dy",
        ),
        Wrong(
            _gradient(bias=lambda dy: dy.mean(axis=0)),
            sentence="For the bias you average over the rows; add them up instead, as for the kernel.",
            fix="d_bias = dy.sum(axis=0)",
        ),
    ),
)


# --- steps downhill -------------------------------------------------------------------------------------------------


def _draw_training(rng, k):
    batch, features, units = _sizes(k)
    return {
        "x": normal(rng, batch, features),
        "target": normal(rng, batch, units),
        "kernel": normal(rng, features, units),
        "bias": normal(rng, units),
        "learning_rate": float(np.round(rng.uniform(0.2, 0.4), 3)),
        "steps": 3 + k,
    }


def _trained(a):
    x, target, kernel, bias = (a[name].astype(np.float64) for name in ("x", "target", "kernel", "bias"))
    model = _model(x, kernel.shape[1], kernel, bias, a["learning_rate"])
    for _ in range(a["steps"]):
        model.train_on_batch(x, target)
    return tuple(model.get_weights())


def _training(
    rate=lambda given: given,
    count=lambda steps: steps,
    scale=lambda y: 2 / y.size,
    once=False,
    one_after_the_other=False,
    bias_too=True,
):
    def answer(x, target, kernel, bias, learning_rate, steps):
        dy = None
        for _ in range(count(steps)):
            if dy is None or not once:
                dy = (x @ kernel + bias - target) * scale(target)
            kernel = kernel - rate(learning_rate) * x.T @ dy
            if one_after_the_other:
                dy = (x @ kernel + bias - target) * scale(target)
            if bias_too:
                bias = bias - rate(learning_rate) * dy.sum(axis=0)
        return kernel, bias

    return answer


def _keras_trained(keras, a):
    model = keras.Sequential([keras.layers.Dense(a["kernel"].shape[1])])
    model.build((None, a["x"].shape[1]))
    model.set_weights([a["kernel"], a["bias"]])
    model.compile(keras.optimizers.SGD(a["learning_rate"]), "mse")
    for _ in range(a["steps"]):
        model.train_on_batch(a["x"], a["target"])
    return tuple(model.get_weights())


TRAIN_DENSE = Exercise(
    name="train_dense",
    title="train a Dense layer by gradient descent",
    idea="Do what `fit` does with plain SGD on one batch: again and again, compute y = x W + b, the gradient of the "
    "mean squared error (the mean over all B * U numbers of y), and one step downhill for the kernel and the bias.",
    takes=(
        ("x", "(B, F)", "the input"),
        ("target", "(B, U)", "what the layer should return"),
        ("kernel", "(F, U)", "the weights to begin with"),
        ("bias", "(U,)", "the biases to begin with"),
        ("learning_rate", "float", "how far a step goes"),
        ("steps", "int", "how many steps"),
    ),
    returns=(
        Output("kernel", ("feature", "unit"), "(F, U), after the last step"),
        Output("bias", ("unit",), "(U,), after the last step"),
    ),
    draw=_draw_training,
    reference=_trained,
    example=lambda: {
        "x": array([1, 2, 0], [0, 1, 1], [2, 0, 1], [-1, 1, 0]),
        "target": array([4, 0], [1, 2], [0, 3], [2, 1]),
        "kernel": array([1, 0], [0.5, -1], [0, 2]),
        "bias": array(0.5, 1),
        "learning_rate": 0.1,
        "steps": 3,
    },
    hints=(
        "Which of the lines depend on the weights, and so have to be inside the loop?",
        "Look at the order inside your loop: the output, then both gradients, and only then both updates. After "
        "the first update the weights are no longer those that the gradients belong to.",
        "for _ in range(steps):\n"
        "    y = ...\n"
        "    dy = 2 * (y - target) / y.size\n"
        "    d_kernel, d_bias = ..., ...\n"
        "    kernel = kernel - ... * d_kernel\n"
        "    bias = bias - ... * d_bias",
    ),
    answer=(train_dense,),
    keras=_keras_trained,
    wrong_answers=(
        Wrong(
            _training(rate=lambda given: -given),
            sentence="The steps go uphill: the gradient is added; it has to be subtracted.",
            fix="kernel = kernel - learning_rate * d_kernel",
        ),
        Wrong(
            _training(once=True),
            sentence="The gradient is computed once, before the loop; but it changes with every step.",
            fix=f"for _ in range(steps):\n    y = x @ kernel + bias\n    {_DY}",
        ),
        Wrong(
            _training(one_after_the_other=True),
            sentence="The bias's gradient is computed after the kernel has moved; compute both before either moves.",
            fix="d_kernel, d_bias = x.T @ dy, dy.sum(axis=0)   # both, before either moves",
        ),
        Wrong(
            _training(bias_too=False),
            sentence="The bias stays as it was; it learns too.",
            fix="bias = bias - learning_rate * d_bias",
        ),
        Wrong(
            _training(rate=lambda given: 1),
            sentence="The learning rate is missing: each step is learning_rate times the gradient.",
            fix="kernel = kernel - learning_rate * d_kernel",
        ),
        Wrong(
            _training(count=lambda steps: steps - 1),
            sentence="That is one step too few: range(1, steps) leaves one out.",
            fix="for _ in range(steps):",
        ),
        Wrong(
            _training(count=lambda steps: steps + 1),
            sentence="That is one step too many.",
            fix="for _ in range(steps):",
        ),
        Wrong(
            _training(scale=lambda y: 1 / y.size),
            sentence="The 2 is missing: the slope of a square is twice what is squared.",
            fix=_DY,
        ),
        Wrong(
            _training(scale=lambda y: 2 / len(y)),
            sentence="You divide by the number of rows only; the loss is the mean over all numbers of y, units too.",
            fix=_DY,
        ),
        Wrong(
            _training(scale=lambda y: 2),
            sentence="That is the gradient of a sum of squares; the loss is their mean.",
            fix=_DY,
        ),
        Wrong(
            _training(count=lambda steps: 1),
            sentence="That is one step only: is `return` inside the loop?",
            fix="for _ in range(steps):\n    ...\nreturn kernel, bias   # after the loop",
        ),
    ),
)


# --- Adam -----------------------------------------------------------------------------------------------------------


def adam_step(w, g, m, v, t, learning_rate, epsilon):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


def _draw_adam(rng, k):
    shape = [(3, 2), (4,), (2, 5), (3, 4)][k]
    return {
        "w": normal(rng, *shape, scale=0.2),  # small: even a slightly different step shows
        "g": normal(rng, *shape, scale=1.6),
        "m": normal(rng, *shape),
        "v": rng.uniform(0.2, 6, shape).astype(np.float32),  # often more than g**2, so that the new v is smaller
        "t": int(rng.integers(5, 30)),
        "learning_rate": round(float(rng.uniform(0.3, 0.6)), 3),
        "epsilon": round(float(rng.uniform(0.05, 0.3)), 3),
    }


def _adam_reference(a):
    adam = optimizers.Adam(a["learning_rate"], epsilon=a["epsilon"])
    w, g, m, v = (a[name].astype(np.float64) for name in "wgmv")
    adam.iterations, adam.slots = a["t"] - 1, [{"m": m, "v": v}]
    (new,) = adam.update([w], [g])
    return new, *adam.slots[0].values()


def _adam_in_keras(keras, a):
    adam = keras.optimizers.Adam(a["learning_rate"], epsilon=a["epsilon"])
    w = keras.Variable(a["w"])
    adam.build([w])
    adam.iterations.assign(a["t"] - 1)
    for variable, value in zip(adam.variables[2:], (a["m"], a["v"]), strict=True):
        variable.assign(value)
    adam.apply([keras.ops.convert_to_tensor(a["g"])])
    return [np.asarray(variable) for variable in (w, *adam.variables[2:])]


def _divided(rate, m, v, epsilon):
    return rate * m / (np.sqrt(v) + epsilon)


def _adam(
    old_m=False,
    corrected=True,
    hatted=False,
    whole_root=False,
    keeps=(0.9, 0.999),
    square=np.square,
    sign=-1,
    divided=_divided,
    largest=False,
):
    """The update with something else in one place."""

    def answer(w, g, m, v, t, learning_rate, epsilon):
        before, v_before = m, v
        m, v = (keep * old + (1 - keep) * new for keep, old, new in zip(keeps, (m, v), (g, square(g)), strict=True))
        one, two = (1 - 0.9**t, 1 - 0.999**t) if corrected else (1, 1)
        rate = learning_rate * (np.sqrt(two / one) if whole_root else np.sqrt(two) / one)
        added = epsilon * np.sqrt(two) if hatted else epsilon
        by = np.maximum(v, v_before) if largest else v
        v = by if largest == "kept" else v
        return w + sign * divided(rate, before if old_m else m, by, added), m, v

    return answer


_ADAM = "w - rate * m / (np.sqrt(v) + epsilon)"
_RATE = "rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)"

ADAM_STEP = Exercise(
    name="adam_step",
    title="one update by Adam, as in Keras",
    idea="m follows the gradient, v follows its square: m = 0.9 m + 0.1 g, v = 0.999 v + 0.001 g**2. Both begin at 0, "
    "and are too small at first; the rate corrects for that: rate = learning_rate * sqrt(1 - 0.999**t) / (1 - 0.9**t). "
    "Then w = w - rate * m / (sqrt(v) + epsilon).",
    takes=(
        ("w", "(...)", "the weights"),
        ("g", "(...)", "dL/dw"),
        ("m", "(...)", "m before this update"),
        ("v", "(...)", "v before this update"),
        ("t", "int", "the number of this update: 1 for the first"),
        ("learning_rate", "float", "as given to Adam"),
        ("epsilon", "float", "as given to Adam"),
    ),
    returns=(
        Output("w", None, "the new weights"),
        Output("m", None, "the new m"),
        Output("v", None, "the new v"),
    ),
    draw=_draw_adam,
    reference=_adam_reference,
    example=lambda: {
        "w": array(1, -2),
        "g": array(2, -1),
        "m": array(4, -24),
        "v": array(1, 4),
        "t": 3,
        "learning_rate": 0.5,
        "epsilon": 0.25,
    },
    hints=(
        "Which m and v does the update of w use, the old ones or the new ones?",
        "Look at the order of your lines: m and v, then the rate, then w. Then look at the place of epsilon: it "
        "is added to the root, not under it.",
        "m = 0.9 * m + ... * g\n"
        "v = 0.999 * v + ... * g**2\n"
        "rate = learning_rate * np.sqrt(1 - ...) / (1 - ...)\n"
        "w = w - rate * m / (... + epsilon)",
    ),
    answer=(adam_step,),
    wrong_answers=(
        Wrong(_adam(old_m=True), sentence="The step uses m as it was before this update.", fix=_ADAM + "  # the new m"),
        Wrong(
            _adam(corrected=False),
            sentence="The rate is not corrected, although m and v began at 0.",
            fix=_RATE,
        ),
        Wrong(
            _adam(divided=lambda rate, m, v, epsilon: rate * m / np.sqrt(v + epsilon)),
            sentence="epsilon is under the root; Keras adds it to the root.",
            fix=_ADAM,
        ),
        Wrong(
            _adam(divided=lambda rate, m, v, epsilon: rate * m / np.sqrt(v) - epsilon),
            sentence="epsilon is added to w in the end: brackets are missing, the step is divided by "
            "(sqrt(v) + epsilon).",
            fix=_ADAM,
        ),
        Wrong(
            _adam(hatted=True),
            sentence="epsilon is added to the corrected root, as in the paper's first form; Keras adds it to the root "
            "of v itself, and corrects the rate.",
            fix=f"{_RATE}\n{_ADAM}",
        ),
        Wrong(
            _adam(divided=lambda rate, m, v, epsilon: rate * m / (v + epsilon)),
            sentence="The step is divided by v; it is divided by the root of v.",
            fix=_ADAM,
        ),
        Wrong(_adam(sign=1), sentence="The step goes uphill: it has to be subtracted from w.", fix=_ADAM),
        Wrong(
            _adam(whole_root=True),
            sentence="You take the root of the whole quotient; only 1 - 0.999**t is under the root.",
            fix=_RATE,
        ),
        Wrong(
            _adam(keeps=(0.1, 0.001)),
            sentence="The two shares are swapped: m keeps 0.9 of its old value and takes 0.1 of g; v keeps 0.999.",
            fix="m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g**2",
        ),
        *(
            Wrong(
                _adam(largest=largest),
                sentence="v never becomes smaller in your function: that is AMSGrad. In Adam it also falls, where "
                "g**2 is less than v.",
                fix="v = 0.999 * v + 0.001 * g**2   # no maximum",
            )
            for largest in ("kept", "only in the step")
        ),
        Wrong(
            _adam(square=np.abs),
            sentence="v follows the square of the gradient, not its size.",
            fix="v = 0.999 * v + 0.001 * g**2",
        ),
    ),
    keras=_adam_in_keras,
)


# --- clipping -------------------------------------------------------------------------------------------------------


def clip_together(g_kernel, g_bias, most):
    norm = np.sqrt((g_kernel**2).sum() + (g_bias**2).sum())
    share = min(1, most / norm)
    return g_kernel * share, g_bias * share


def _draw_clipped(rng, k):
    features, units = [(3, 4), (5, 2), (2, 6), (4, 3)][k]
    g_kernel, g_bias = normal(rng, features, units), normal(rng, units)
    if k == 2:  # so short that even the square of its length is less than `most`
        g_kernel, g_bias = g_kernel / 10, g_bias / 10
    if k == 3:  # the shorter array is the longer vector
        g_bias = g_bias * (2 * np.linalg.norm(g_kernel) / np.linalg.norm(g_bias))
    norm = float(np.sqrt((g_kernel**2).sum() + (g_bias**2).sum()))
    # The second and the third question are such that nothing has to be clipped. In the first one even the mean size of
    # the numbers is more than `most`, so whatever is taken for the length leads to a factor; in the last one the length
    # is only a little more, so what is subtracted instead leaves something.
    return {"g_kernel": g_kernel, "g_bias": g_bias, "most": round(norm * (0.08, 1.7, 1.7, 0.8)[k], 4)}


def _clip_reference(a):
    sgd = optimizers.SGD(1.0, global_clipnorm=a["most"])
    gradients = [a["g_kernel"].astype(np.float64), a["g_bias"].astype(np.float64)]
    return tuple(-moved for moved in sgd.update([np.zeros_like(g) for g in gradients], gradients))


def _clip_in_keras(keras, a):
    sgd = keras.optimizers.SGD(1.0, global_clipnorm=a["most"])
    variables = [keras.Variable(np.zeros_like(a[name])) for name in ("g_kernel", "g_bias")]
    sgd.build(variables)
    sgd.apply([keras.ops.convert_to_tensor(a[name]) for name in ("g_kernel", "g_bias")])
    return [-np.asarray(variable) for variable in variables]


def _clip(norm, always=False):
    def answer(g_kernel, g_bias, most):
        shares = [most / n if always else min(1, most / n) for n in norm(g_kernel, g_bias)]
        return g_kernel * shares[0], g_bias * shares[1]

    return answer


def _together(a, b):
    return [np.sqrt((a**2).sum() + (b**2).sum())] * 2


def _clip_if_square_is_longer(g_kernel, g_bias, most):
    norm = _together(g_kernel, g_bias)[0]
    share = most / norm if norm**2 > most else 1
    return g_kernel * share, g_bias * share


def _clip_to_one_if_longer(g_kernel, g_bias, most):
    norm = _together(g_kernel, g_bias)[0]
    return (g_kernel / norm, g_bias / norm) if norm > most else (g_kernel, g_bias)


_NORM = "norm = np.sqrt((g_kernel**2).sum() + (g_bias**2).sum())"

CLIP_TOGETHER = Exercise(
    name="clip_together",
    title="clip all gradients together",
    idea="One unusual batch can give gradients that are far too large. global_clipnorm treats all gradients as one "
    "long list of numbers. If the length of that list, the root of the sum of all squares, is more than `most`, all "
    "numbers are reduced by the same factor, so that the length becomes `most`. Otherwise nothing changes.",
    takes=(
        ("g_kernel", "(F, U)", "dL/d(kernel)"),
        ("g_bias", "(U,)", "dL/d(bias)"),
        ("most", "float", "the largest length allowed"),
    ),
    returns=(
        Output("g_kernel", ("feature", "unit"), "(F, U), clipped"),
        Output("g_bias", ("unit",), "(U,), clipped"),
    ),
    draw=_draw_clipped,
    reference=_clip_reference,
    example=lambda: {
        "g_kernel": array([1, -2], [2, 0], [-4, 2]),
        "g_bias": array(4, -2),
        "most": 3.5,
    },
    hints=(
        "How long is the whole gradient, if the numbers of both arrays are written into one list?",
        "Look at your factor: it is the same for both arrays, and it must never make a short gradient longer.",
        "norm = np.sqrt((g_kernel**2).sum() + ...)\nshare = min(..., most / norm)",
    ),
    answer=(clip_together,),
    wrong_answers=(
        Wrong(
            _clip(lambda a, b: [np.sqrt((a**2).sum()), np.sqrt((b**2).sum())]),
            sentence="You clip each array by its own length (that is `clipnorm`); here both arrays "
            "together have one length.",
            fix=_NORM,
        ),
        Wrong(
            _clip_if_square_is_longer,
            sentence="You compare the square of the length with `most`; compare the length itself, after the root.",
            fix=_NORM,
        ),
        Wrong(
            _clip(lambda a, b: [np.sqrt(np.linalg.norm(a, 2) ** 2 + (b**2).sum())] * 2),
            sentence="For g_kernel you take the norm of a matrix (its largest singular value, as MATLAB's norm does); "
            "the length is the root of the sum of all squares.",
            fix=_NORM,
        ),
        Wrong(
            _clip(_together, always=True),
            sentence="Gradients that are short enough stay as they are; yours are made longer.",
            fix="share = min(1, most / norm)",
        ),
        Wrong(
            lambda g_kernel, g_bias, most: (np.clip(g_kernel, -most, most), np.clip(g_bias, -most, most)),
            sentence="You cut off each number by itself (that is `clipvalue`), which changes the direction.",
            fix="share = min(1, most / norm)      # one factor for all numbers",
        ),
        Wrong(
            _clip(lambda a, b: [(a**2).sum() + (b**2).sum()] * 2),
            sentence="The root is missing: the length is the root of the sum of the squares.",
            fix=_NORM,
        ),
        Wrong(
            _clip(lambda a, b: [np.sqrt((a**2).sum()) + np.sqrt((b**2).sum())] * 2),
            sentence="You add the lengths of the two arrays; take the root of the sum of all squares instead.",
            fix=_NORM,
        ),
        Wrong(
            _clip_to_one_if_longer,
            sentence="Long gradients get the length 1; they should get the length `most`.",
            fix="share = min(1, most / norm)",
        ),
        Wrong(
            lambda g_kernel, g_bias, most: tuple(g / _together(g_kernel, g_bias)[0] for g in (g_kernel, g_bias)),
            sentence="The length becomes 1; it has to become `most`, and only if it is more than that.",
            fix="share = min(1, most / norm)",
        ),
    ),
    keras=_clip_in_keras,
)


# --- further back: the gradient of the input ------------------------------------------------------------------------


def input_gradient(dy, kernel):
    return dy @ kernel.T


def _draw_backwards(rng, k):
    batch, features, units = [(3, 4, 4), (5, 2, 3), (2, 6, 4), (7, 3, 5)][k]
    return {"dy": normal(rng, batch, units), "kernel": normal(rng, features, units)}


def _input_reference(a):
    """The layer's own backward pass, in float64; which input came in does not matter."""
    dy, kernel = (a[name].astype(np.float64) for name in ("dy", "kernel"))
    layer = Dense(kernel.shape[1], use_bias=False, dtype="float64")
    layer.build((None, len(kernel)))
    layer.set_weights([kernel])
    return (layer.backward(layer.trace(np.ones((len(dy), len(kernel)))), dy).x,)


_DX = "dx = dy @ kernel.T"

INPUT_GRADIENT = Exercise(
    name="input_gradient",
    title="what the input should have been",
    idea="For a Dense layer, y = x W + b, you know dL/dy, how the loss changes with each output. You have computed "
    "dL/dW and dL/db from it. How does the loss change with each number of the input x?",
    takes=(("dy", "(B, U)", "dL/dy"), ("kernel", "(F, U)", "W")),
    returns=(Output("dx", ("row", "feature"), "(B, F), dL/dx"),),
    draw=_draw_backwards,
    reference=_input_reference,
    example=lambda: {
        "dy": array([1, 10], [2, 0], [0, -1], [1, 1]),
        "kernel": array([1, 0], [2, 3], [0, 4]),
    },
    hints=(
        "Increase one number of x, say feature 2 of row 0. Which outputs change, and by how much each?",
        "Look at the row of W that belongs to this feature: it has one weight per unit. What reaches x along each of "
        "these weights is dy times the weight, and where several ways lead to the loss, they add up.",
        "dx = dy @ ...            # (B, U) and what shape give (B, F)?",
    ),
    answer=(input_gradient,),
    wrong_answers=(
        Wrong(
            lambda dy, kernel: dy @ kernel,
            sentence="The kernel is not transposed; on the way back it has to be.",
            fix=_DX,
        ),
        Wrong(
            lambda dy, kernel: kernel @ dy.T,
            sentence="Your dx is transposed: it should have the shape of x, one row per sample.",
            fix=_DX,
        ),
        Wrong(
            lambda dy, kernel: dy.sum(axis=1, keepdims=True) * kernel.sum(axis=1),
            sentence="You add up dy and the weights first, and multiply the sums; multiply first, then add.",
            fix=_DX,
        ),
        Wrong(
            lambda dy, kernel: (dy @ kernel.T) / dy.shape[1],
            sentence="You take the mean over the units; the ways through the units add up.",
            fix=_DX,
        ),
        Wrong(
            lambda dy, kernel: (dy @ kernel.T) / len(dy),
            sentence="You divide by the number of rows; dy already includes the mean.",
            fix=_DX,
        ),
        Wrong(
            lambda dy, kernel: -dy @ kernel.T,
            sentence="dx has the wrong sign; the minus comes later, with a step.",
            fix=_DX,
        ),
        Wrong(
            lambda dy, kernel: (dy @ kernel.T).sum(axis=0),
            sentence="You add up the rows; each row of x is its own input and keeps its own gradient.",
            fix=_DX,
        ),
    ),
)


# --- one batch in several parts -------------------------------------------------------------------------------------


def merge_gradients(gradients, sizes):
    whole = 0
    for gradient, size in zip(gradients, sizes, strict=True):
        whole = whole + size * gradient
    return whole / sizes.sum()


def _draw_parts(rng, k):
    parts, features, units = [(2, 3, 4), (3, 5, 2), (4, 2, 3), (3, 4, 5)][k]
    return {
        "gradients": normal(rng, parts, features, units),
        "sizes": np.append(rng.permutation(np.arange(16, 40))[: parts - 1], rng.integers(3, 12)),
    }


def _merge_reference(a):
    return (np.average(a["gradients"].astype(np.float64), axis=0, weights=a["sizes"]),)


_WHOLE = "whole = whole + size * gradient\nreturn whole / sizes.sum()"

MERGE_GRADIENTS = Exercise(
    name="merge_gradients",
    title="one large batch in several parts",
    idea="A batch is too large for the memory, so its gradient is computed in parts. The loss is a mean: the gradient "
    "of each part is that of the mean loss of the part's own samples. The last part is smaller than the others. Return "
    "the gradient of the mean loss of the whole batch.",
    takes=(
        ("gradients", "(P, F, U)", "dL/d(kernel) of each of P parts"),
        ("sizes", "(P,) int", "how many samples each part has"),
    ),
    returns=(Output("whole", ("feature", "unit"), "(F, U), dL/d(kernel) of the whole batch"),),
    draw=_draw_parts,
    reference=_merge_reference,
    example=lambda: {
        "gradients": array([[1, 2]], [[4, 2]], [[7, -4]]),
        "sizes": np.array([30, 20, 10]),
    },
    hints=(
        "One part has 30 samples, the other 10. Should both gradients count the same?",
        "Look at what a part's gradient is: a sum over its samples, divided by their number. Undo that division "
        "first; then sums can be added, and divided by the number of all samples.",
        "for gradient, size in zip(gradients, sizes):\n    whole = whole + ... * gradient\nwhole = whole / ...",
    ),
    answer=(merge_gradients,),
    wrong_answers=(
        Wrong(
            lambda gradients, sizes: gradients.mean(axis=0),
            sentence="That is the plain mean of the parts: a sample of the small part counts more than one of a "
            "large part.",
            fix=_WHOLE,
        ),
        Wrong(
            lambda gradients, sizes: gradients.sum(axis=0),
            sentence="That is the sum of the parts' gradients; the loss is the mean over all samples.",
            fix=_WHOLE,
        ),
        Wrong(
            lambda gradients, sizes: np.tensordot(sizes, gradients, 1),
            sentence="That is the gradient of the summed loss; divide by the number of all samples.",
            fix=_WHOLE,
        ),
        Wrong(
            lambda gradients, sizes: np.tensordot(sizes, gradients, 1) / len(sizes),
            sentence="You divide by the number of parts; divide by the number of all samples.",
            fix=_WHOLE,
        ),
        Wrong(
            lambda gradients, sizes: gradients.sum(axis=0) / sizes.sum(),
            sentence="Each part's gradient is already a mean; multiply it by the size of its part first.",
            fix=_WHOLE,
        ),
        Wrong(
            lambda gradients, sizes: np.average(gradients, axis=0, weights=1 / sizes),
            sentence="The small part counts most: you divide by the sizes where you should multiply.",
            fix=_WHOLE,
        ),
        Wrong(
            lambda gradients, sizes: np.average(gradients[:-1], axis=0, weights=sizes[:-1]),
            sentence="The last part is left out, because it is smaller; its samples count like all others.",
            fix=_WHOLE,
        ),
        Wrong(
            lambda gradients, sizes: gradients[-1] * 1.0,
            sentence="That is the last part's gradient only: is `whole` replaced in each round of the loop?",
            fix=_WHOLE,
        ),
    ),
)
