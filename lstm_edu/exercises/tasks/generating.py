"""An LSTM that continues on its own: its output is its next input."""

import numpy as np

from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, keras_layer, lstm_of, normal, numbers, weights
from lstm_edu.exercises.tasks.lstm import lstm_step, sigmoid


def generate(x, steps, kernel, recurrent_kernel, bias):
    h = c = np.zeros((len(x), len(recurrent_kernel)))
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
    outputs = []
    for _ in range(steps):
        h, c = lstm_step(h, h, c, kernel, recurrent_kernel, bias)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def _draw(rng, k):
    batch, timesteps, units, steps = [(2, 4, 3, 5), (3, 5, 2, 4), (4, 3, 5, 2), (2, 6, 4, 3)][k]
    return {"x": normal(rng, batch, timesteps, units), "steps": steps, **weights(rng, units, units, 4)}


def _reference(a):
    """One call for what is given, then one call for each step: the states come back, and go in again."""
    layer = lstm_of(a, return_state=True)
    y, *state = layer(a["x"])
    outputs = []
    for _ in range(a["steps"]):
        y, *state = layer(y[:, None], initial_state=state)
        outputs.append(y)
    return (np.stack(outputs, axis=1),)


def _keras(keras, a):
    layer = keras_layer(keras, "LSTM", a, return_state=True)
    y, *state = layer(a["x"])
    outputs = []
    for _ in range(a["steps"]):
        y, *state = layer(y[:, None], initial_state=state)
        outputs.append(numbers(y))
    return (np.stack(outputs, axis=1),)


def _going_on(fed=lambda h, c, x: h, state=lambda h, c: (h, c), first=0, read=lambda x: x):
    """The answer with something else in one place: what is fed, the states that go on, which output is the first."""

    def answer(x, steps, kernel, recurrent_kernel, bias):
        h = c = np.zeros((len(x), len(recurrent_kernel)))
        for t in range(read(x).shape[1]):
            h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        outputs = [h]
        for _ in range(steps):
            h_before, c_before = state(h, c)
            h, c = lstm_step(fed(h, c, x), h_before, c_before, kernel, recurrent_kernel, bias)
            outputs.append(h)
        return np.stack(outputs[1 - first : 1 - first + steps], axis=1)

    return answer


_STEP = "h, c = lstm_step(h, h, c, kernel, recurrent_kernel, bias)"

GENERATE = Exercise(
    name="generate",
    title="let the layer continue on its own",
    idea="This LSTM has as many units as features, so an output can be its next input. It starts with h and c of zeros "
    "and reads the sequences x. Then the input ends, and it continues for `steps` more timesteps: at each, it reads "
    "its own previous output. Return the outputs of these further timesteps only. (lstm_step and the "
    "sigmoid that it uses have to be defined in this notebook.)",
    takes=(
        ("x", "(B, T, H)", "B sequences of T timesteps"),
        ("steps", "int", "how many more timesteps"),
        ("kernel", "(H, 4H)", "W, blocks i, f, g, o"),
        ("recurrent_kernel", "(H, 4H)", "U, blocks i, f, g, o"),
        ("bias", "(4H,)", "b, blocks i, f, g, o"),
    ),
    returns=(Output("y", ("sequence", "timestep", "unit"), "(B, steps, H), the outputs after the end of x"),),
    draw=_draw,
    reference=_reference,
    example=lambda: {
        "x": array([[1, 0], [0.5, -1], [0, 2]], [[-1, 1], [2, 0], [1, 0.5]]),
        "steps": 2,
        "kernel": array([1, 0, -1, 1, 0.5, 0, 2, -1], [0, 1, 0.5, 0, -1, 1, 0, 0.5]),
        "recurrent_kernel": array([1, -1, 1, 0, 2, 0.5, 0, -1], [0, 1, 0.5, -1, 1, 0, -2, 1]),
        "bias": array(0.5, 0, 1, 2, -0.5, 1, 0, -1),
    },
    hints=(
        "What does lstm_step need at the first timestep after the end of x: which input, which h, which c?",
        "Look at the end of your first loop: h is the last output and also the next input, and h and c go on as they "
        "are. A second loop, over the further steps, needs no x.",
        "for _ in range(steps):\n    h, c = lstm_step(..., ..., ..., kernel, recurrent_kernel, bias)\n"
        "    outputs.append(...)",
    ),
    answer=(sigmoid, lstm_step, generate),
    keras=_keras,
    wrong_answers=(
        Wrong(
            _going_on(fed=lambda h, c, x: x[:, -1]),
            sentence="The last timestep of x is read again and again; after it, the input is the previous output.",
            fix=_STEP,
        ),
        Wrong(
            _going_on(fed=lambda h, c, x: np.zeros_like(h)),
            sentence="After the end of x the layer reads zeros; it should read its own previous output.",
            fix=_STEP,
        ),
        Wrong(
            _going_on(fed=lambda h, c, x: c),
            sentence="The cell state is fed back; the input should be the output, h.",
            fix=_STEP,
        ),
        Wrong(
            _going_on(first=1),
            sentence="Your first output is the last one of x; begin with the step after it.",
            fix=f"{_STEP}\noutputs.append(h)   # after the step",
        ),
        Wrong(
            _going_on(state=lambda h, c: (np.zeros_like(h), np.zeros_like(c))),
            "state-not-carried",
            "The states start again at zero after the end of x; h and c go on.",
            _STEP,
        ),
        Wrong(
            _going_on(state=lambda h, c: (h, np.zeros_like(c))),
            "state-not-carried:c",
            "The cell state starts again at zero at each further step; it goes on.",
            _STEP,
        ),
        Wrong(
            _going_on(state=lambda h, c: (np.zeros_like(h), c)),
            "state-not-carried:h",
            "h is the next input and also the next state; you give it as input only.",
            _STEP,
        ),
        Wrong(
            _going_on(read=lambda x: x[:, :0]),
            sentence="x is not read: the layer goes on from zeros.",
            fix="for t in range(x.shape[1]):\n    h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)",
        ),
        Wrong(
            _going_on(read=lambda x: x[:, :-1]),
            sentence="The last timestep of x is not read.",
            fix="for t in range(x.shape[1]):",
        ),
        Wrong(
            lambda x, steps, *w: np.moveaxis(generate(x, steps, *w), 1, 0),
            "axes-swapped:output",
            "Time is your first axis; it should be between the batch and the units.",
            "np.stack(outputs, axis=1)",
        ),
    ),
)
