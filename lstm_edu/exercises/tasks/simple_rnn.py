"""The simplest recurrent layer: forwards through time, and the gradient back through it."""

from typing import Any

import numpy as np

from lstm_edu.core import SimpleRNN
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Question, Wrong
from lstm_edu.exercises.tasks.drawing import array, keras_layer, normal, numbers, weights


def simple_rnn(x, kernel, recurrent_kernel, bias, h):
    outputs = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def rnn_backward(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in reversed(range(1, h.shape[1])):
        dz = gradients[0] * (1 - h[:, t] ** 2)
        gradients.insert(0, dz @ recurrent_kernel.T)
    return np.stack(gradients, axis=1)


def _layer(kernel, recurrent_kernel, bias, dtype="float32"):
    layer = SimpleRNN(len(recurrent_kernel), return_sequences=True, dtype=dtype)
    layer.build((None, None, len(kernel)))
    layer.set_weights([kernel, recurrent_kernel, bias])
    return layer


# --- forwards -------------------------------------------------------------------------------------------------------


def _draw(rng, k):
    batch, steps, features, units = [(3, 4, 5, 2), (5, 6, 2, 3), (2, 5, 3, 4), (4, 7, 6, 3)][k]
    return {
        "x": normal(rng, batch, steps, features),
        **weights(rng, features, units, 1),
        "h": normal(rng, batch, units, scale=0.7),
    }


def _run(a):
    return _layer(a["kernel"], a["recurrent_kernel"], a["bias"])


def _keras(keras, a):
    layer = keras_layer(keras, "SimpleRNN", a, return_sequences=True)
    return (numbers(layer(a["x"], initial_state=a["h"])),)


_STEP = "h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)"


def _other(step, last=False, start=None):
    def answer(x, kernel, recurrent_kernel, bias, h):
        outputs, h0 = [], h
        h = h if start is None else start(h)
        for t in range(x.shape[1]):
            h = step(x[:, t], h, h0, kernel, recurrent_kernel, bias)
            outputs.append(h)
        return h if last else np.stack(outputs, axis=1)

    return answer


def _from_the_second(x, kernel, recurrent_kernel, bias, h):
    y = np.zeros((*x.shape[:2], len(bias)))
    for t in range(1, x.shape[1]):
        y[:, t] = np.tanh(x[:, t] @ kernel + y[:, t - 1] @ recurrent_kernel + bias)
    return y


def _right(x, h, h0, W, U, b):
    return np.tanh(x @ W + h @ U + b)


def _example():
    return {
        "x": array([[1, 0], [0.5, 1], [0, -1]], [[0, 1], [-1, 0], [1, 0.5]]),
        "kernel": array([1, -0.5], [0, 0.5]),
        "recurrent_kernel": array([0.5, -1], [1, 0]),
        "bias": array(0.5, -0.25),
        "h": array([0.5, -0.5], [1, 0.75]),
    }


SIMPLE_RNN = Exercise(
    name="simple_rnn",
    title="a SimpleRNN through time",
    idea="At every timestep the layer reads the input of that step and its own previous output: the new h is "
    "tanh(x_t W + h U + b). Return the outputs of all timesteps.",
    takes=(
        ("x", "(B, T, F)", "B sequences of T timesteps"),
        ("kernel", "(F, H)", "W"),
        ("recurrent_kernel", "(H, H)", "U"),
        ("bias", "(H,)", "b"),
        ("h", "(B, H)", "the state before the first timestep"),
    ),
    returns=(Output("y", ("sequence", "timestep", "unit"), "(B, T, H), h after every timestep"),),
    draw=_draw,
    reference=lambda a: (_run(a)(a["x"], initial_state=[a["h"]]),),
    example=_example,
    hints=(
        "Write one timestep first. Which arrays does it read, and what does the next timestep need from it?",
        "Look at what is inside your loop over t and what comes after it. Inside, h is replaced and put into a "
        "list. After it, the list becomes one array, in which time must be the second axis.",
        "for t in range(x.shape[1]):\n"
        "    h = np.tanh(x[:, t] @ ... + h @ ... + bias)\n"
        "    outputs.append(...)\n"
        "y = np.stack(outputs, axis=...)",
    ),
    answer=(simple_rnn,),
    question=lambda a: Question(_run(a), a["x"], initial_state=[a["h"]]),
    keras=_keras,
    wrong_answers=(
        Wrong(_other(lambda x, h, h0, W, U, b: np.tanh(x @ W + h @ U)), "bias-missing"),
        Wrong(
            _other(lambda x, h, h0, W, U, b: np.tanh(x @ W + h @ U.T + b)),
            "recurrent-transposed",
            "The recurrent kernel is transposed. It is square, so there is no error message.",
        ),
        Wrong(_other(_right, start=np.zeros_like), "state-not-carried:initial-state"),
        Wrong(_other(lambda x, h, h0, W, U, b: np.tanh(x @ W + h0 @ U + b)), "state-not-carried:initial-everywhere"),
        Wrong(_other(_right, last=True), "return-last-vs-sequence:last"),
        Wrong(
            lambda x, kernel, recurrent_kernel, bias, h: np.stack(
                list(simple_rnn(x, kernel, recurrent_kernel, bias, h).swapaxes(0, 1))
            ),
            "axes-swapped:output",
        ),
        Wrong(
            _other(lambda x, h, h0, W, U, b: x @ W + h @ U + b),
            sentence="tanh is missing: the state is the sum itself.",
            fix=_STEP,
        ),
        Wrong(
            _other(lambda x, h, h0, W, U, b: np.tanh(x @ W) + h @ U + b),
            sentence="tanh applies to the whole sum, not to x @ kernel alone: check the brackets.",
            fix=_STEP,
        ),
        Wrong(
            lambda x, kernel, recurrent_kernel, bias, h: (
                simple_rnn(x, kernel, recurrent_kernel, bias, h).swapaxes(0, 1).reshape(*x.shape[:2], -1)
            ),
            sentence="A reshape gives the right shape, but mixes sequences and timesteps: it does not swap axes.",
            fix="y = np.stack(outputs, axis=1)",
        ),
        Wrong(
            _from_the_second,
            sentence="The first timestep is left out: it should read x[:, 0] and the h that is given.",
            fix=f"for t in range(x.shape[1]):\n    {_STEP}",
        ),
    ),
)


# --- back through time ----------------------------------------------------------------------------------------------


def _draw_back(rng, k):
    batch, steps, units = [(3, 5, 2), (2, 4, 3), (4, 6, 5), (5, 3, 4)][k]
    return {
        "dh": normal(rng, batch, units),
        "h": np.tanh(normal(rng, batch, steps, units)),
        "recurrent_kernel": normal(rng, units, units, scale=0.7),
    }


def _reference_back(a):
    """The layer's own backward pass, in float64: the input is chosen so that the layer outputs h."""
    dh, h, U = (a[name].astype(np.float64) for name in ("dh", "h", "recurrent_kernel"))
    units = len(U)
    before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
    layer = _layer(np.eye(units), U, np.zeros(units), dtype="float64")
    dy = np.zeros_like(h)
    dy[:, -1] = dh
    return (layer.backward(layer.trace(np.arctanh(h) - before @ U), dy).trace.h,)


def _back(slope=lambda h, t: 1 - h[:, t] ** 2, matrix=lambda U: U.T, turned=False):
    def answer(dh, h, recurrent_kernel):
        gradients = [dh]
        for t in reversed(range(1, h.shape[1])):
            dz = gradients[0] * slope(h, t)
            gradients.insert(0, dz @ matrix(recurrent_kernel))
        return np.stack(gradients[::-1] if turned else gradients, axis=1)

    return answer


def _one_too_many(dh, h, recurrent_kernel):
    gradients: list[Any] = []
    for t in reversed(range(h.shape[1])):
        dh = dh * (1 - h[:, t] ** 2) @ recurrent_kernel.T
        gradients.insert(0, dh)
    return np.stack(gradients, axis=1)


def _always_the_last(dh, h, recurrent_kernel):
    steps = [dh * (1 - h[:, t] ** 2) @ recurrent_kernel.T for t in range(1, h.shape[1])]
    return np.stack([*steps, dh], axis=1)


def _forwards(dh, h, recurrent_kernel):
    gradients: list[Any] = []
    for t in range(h.shape[1]):
        dh = dh * (1 - h[:, t] ** 2) @ recurrent_kernel.T
        gradients.append(dh)
    return np.stack(gradients, axis=1)


def _slope_last(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in reversed(range(1, h.shape[1])):
        gradients.insert(0, (gradients[0] @ recurrent_kernel.T) * (1 - h[:, t] ** 2))
    return np.stack(gradients, axis=1)


_SLOPE, _BACK = "dz = dh * (1 - h[:, t] ** 2)", "dh = dz @ recurrent_kernel.T"

RNN_BACKWARD = Exercise(
    name="rnn_backward",
    title="the gradient on its way back through time",
    idea="A SimpleRNN has run over a sequence, and each h was made from the h before it: tanh(x_t W + h U + b). Only "
    "the last output counts for the loss, and dL/dh of the last timestep is known. How does the loss change with h of "
    "every earlier timestep? (The slope of the tanh that made h_t is "
    "`1 - h_t**2`, with the same h_t.)",
    takes=(
        ("dh", "(B, H)", "dL/dh at the last timestep"),
        ("h", "(B, T, H)", "the outputs of all timesteps"),
        ("recurrent_kernel", "(H, H)", "U"),
    ),
    returns=(
        Output("gradients", ("sequence", "timestep", "unit"), "(B, T, H): gradients[:, t] is dL/dh of timestep t"),
    ),
    draw=_draw_back,
    reference=_reference_back,
    example=lambda: {
        "dh": array([1, -2], [0.5, 3]),
        "h": array([[0.1, 0.9], [0.5, -0.5], [0.2, 0.4]], [[-0.3, 0.6], [0.8, 0], [-0.5, 0.7]]),
        "recurrent_kernel": array([0.5, 1], [-1, 2]),
    },
    hints=(
        "On its way into the next timestep, what does h meet first, U or tanh? So which of them comes first on "
        "the way back?",
        "Look at where your loop begins and where it ends. The gradient of the last timestep is given; each step "
        "of the loop starts from the one that was computed just before.",
        "gradients = [dh]\n"
        "for t in reversed(range(1, h.shape[1])):\n"
        "    dz = dh * (1 - ... ** 2)\n"
        "    dh = dz @ ...\n"
        "    gradients.insert(0, dh)",
    ),
    answer=(rnn_backward,),
    wrong_answers=(
        Wrong(
            _back(slope=lambda h, t: 1.0),
            sentence="The slope of tanh is missing: on its way back the gradient goes through tanh too.",
            fix=_SLOPE,
        ),
        Wrong(
            _back(matrix=lambda U: U),
            sentence="U is not transposed; on the way back it has to be.",
            fix=_BACK,
        ),
        Wrong(
            _back(slope=lambda h, t: 1 - h[:, t - 1] ** 2),
            sentence="You take the slope at the timestep that the gradient goes to; take it at the later one, which it "
            "comes from: 1 - h**2 with the h that the tanh between the two made.",
            fix=_SLOPE,
        ),
        Wrong(
            _back(slope=lambda h, t: 1 - np.tanh(h[:, t]) ** 2),
            sentence="tanh is applied once more: h has already been through it, so its slope is 1 - h**2.",
            fix=_SLOPE,
        ),
        Wrong(
            _back(turned=True),
            sentence="The gradients are in reverse order: the last timestep's comes first.",
            fix="gradients.insert(0, dh)   # at the front",
        ),
        Wrong(
            _one_too_many,
            sentence="That is one step back too many: dh is already the last timestep's gradient.",
            fix="gradients = [dh]   # the last timestep's\nfor t in reversed(range(1, h.shape[1])):",
        ),
        Wrong(
            _always_the_last,
            sentence="Every step starts from the last timestep's gradient; start from the one just computed instead.",
            fix=f"{_SLOPE}\n{_BACK}   # dh is replaced at each step",
        ),
        Wrong(
            _forwards,
            sentence="You go forwards through time. The gradient is known at the end: begin there and count down.",
            fix="for t in reversed(range(1, h.shape[1])):",
        ),
        Wrong(
            _slope_last,
            sentence="The order is wrong: on the way back the gradient meets tanh first, and then U.",
            fix=f"{_SLOPE}\n{_BACK}",
        ),
    ),
)


# --- from the end to the beginning ----------------------------------------------------------------------------------


def backwards_rnn(x, kernel, recurrent_kernel, bias, h):
    outputs = []
    for t in reversed(range(x.shape[1])):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        outputs.append(h)
    return np.stack(outputs[::-1], axis=1)  # the last one computed belongs to timestep 0


def _run_backwards(a):
    units = len(a["recurrent_kernel"])
    layer = SimpleRNN(units, return_sequences=True, go_backwards=True)
    layer.build((None, None, len(a["kernel"])))
    layer.set_weights([a["kernel"], a["recurrent_kernel"], a["bias"]])
    return (layer(a["x"], initial_state=[a["h"]])[:, ::-1],)


def _keras_backwards(keras, a):
    layer = keras_layer(keras, "SimpleRNN", a, return_sequences=True, go_backwards=True)
    return (numbers(layer(a["x"], initial_state=a["h"]))[:, ::-1],)


def _backwards_with(
    step=_right, start=lambda h: h, shown=lambda outputs: outputs[::-1], order=lambda n: range(n)[::-1]
):
    """The answer with something else in one place."""

    def answer(x, kernel, recurrent_kernel, bias, h):
        outputs, h0 = [], h
        h = start(h)
        for t in order(x.shape[1]):
            h = step(x[:, t], h, h0, kernel, recurrent_kernel, bias)
            outputs.append(h)
        return np.stack(shown(outputs), axis=1)

    return answer


_DOWN, _IN_PLACE = "for t in reversed(range(x.shape[1])):", "y = np.stack(outputs[::-1], axis=1)"

BACKWARDS_RNN = Exercise(
    name="backwards_rnn",
    title="a SimpleRNN that reads from the end to the beginning",
    idea="Now the layer reads the last timestep first, with the h that is given, and then goes back to timestep 0. The "
    "step itself is the same, tanh(x_t W + h U + b). Return the outputs in the order of the input: y[:, t] is the h "
    "that was computed when timestep t was read.",
    takes=(
        ("x", "(B, T, F)", "B sequences of T timesteps"),
        ("kernel", "(F, H)", "W"),
        ("recurrent_kernel", "(H, H)", "U"),
        ("bias", "(H,)", "b"),
        ("h", "(B, H)", "the state before the first timestep that is read"),
    ),
    returns=(Output("y", ("sequence", "timestep", "unit"), "(B, T, H), h after reading each timestep"),),
    draw=_draw,
    reference=_run_backwards,
    example=_example,
    hints=(
        "Which timestep is read first, and at which place of the result does its output belong?",
        "Look at two lines of the forward loop, and at nothing else: the one that counts t, and the one that makes an "
        "array of the list. In which order is the list now?",
        "for t in ...:\n    h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)\n    outputs.append(h)\n"
        "outputs = ...            # back in the order of the input\ny = np.stack(outputs, axis=...)",
    ),
    answer=(backwards_rnn,),
    keras=_keras_backwards,
    wrong_answers=(
        Wrong(
            _backwards_with(shown=lambda outputs: outputs),
            sentence="The outputs are in the order in which they were computed: y[:, 0] belongs to the last timestep.",
            fix=_IN_PLACE,
        ),
        Wrong(
            _backwards_with(order=range, shown=lambda outputs: outputs),
            sentence="You read from timestep 0 to the end; this layer begins at the last timestep.",
            fix=_DOWN,
        ),
        Wrong(
            _backwards_with(order=range),
            sentence="You read forwards and reverse the outputs only; the reading itself begins at the end.",
            fix=_DOWN,
        ),
        Wrong(
            lambda x, kernel, recurrent_kernel, bias, h: simple_rnn(x[:, :, ::-1], kernel, recurrent_kernel, bias, h),
            sentence="You reversed the features; reverse the timesteps, the axis in the middle.",
            fix=_DOWN,
        ),
        Wrong(
            lambda x, kernel, recurrent_kernel, bias, h: backwards_rnn(x[::-1], kernel, recurrent_kernel, bias, h),
            sentence="The sequences of the batch are reversed, too; only the timesteps should be.",
            fix=_DOWN,
        ),
        Wrong(
            _backwards_with(start=np.zeros_like),
            sentence="You begin with zeros; begin with the h that is given.",
            fix=_DOWN,
        ),
        Wrong(
            _backwards_with(step=lambda x, h, h0, W, U, b: np.tanh(x @ W + h0 @ U + b)),
            sentence="Every step starts from the first h: it is not replaced by the new one.",
            fix=_STEP,
        ),
        Wrong(
            _backwards_with(step=lambda x, h, h0, W, U, b: np.tanh(x @ W + h @ U.T + b)),
            "recurrent-transposed",
            "U is transposed. Only gradients need that; this is the forward computation, in another order of time.",
            _STEP,
        ),
        Wrong(
            _backwards_with(step=lambda x, h, h0, W, U, b: np.tanh(x @ W + h @ U)),
            "bias-missing",
            "The bias is not added anywhere.",
            _STEP,
        ),
    ),
)
