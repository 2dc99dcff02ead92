"""What a model adds to a layer: a second layer that reads the first, and one output for each sequence."""

import numpy as np

from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, keras_layer, lstm_of, normal, numbers, weights
from lstm_edu.exercises.tasks.lstm import lstm_step, sigmoid


def two_layers(x, W1, U1, b1, W2, U2, b2):
    h1 = c1 = np.zeros((len(x), len(U1)))
    h2 = c2 = np.zeros((len(x), len(U2)))
    for t in range(x.shape[1]):
        h1, c1 = lstm_step(x[:, t], h1, c1, W1, U1, b1)
        h2, c2 = lstm_step(h1, h2, c2, W2, U2, b2)
    return h2


def _draw(rng, k):
    batch, timesteps, features, units, more = [(2, 4, 3, 5, 2), (3, 5, 2, 4, 3), (4, 3, 5, 2, 6), (2, 6, 4, 3, 5)][k]
    first, second = weights(rng, features, units, 4), weights(rng, units, more, 4)
    return {
        "x": normal(rng, batch, timesteps, features),
        **dict(zip(("W1", "U1", "b1"), first.values(), strict=True)),
        **dict(zip(("W2", "U2", "b2"), second.values(), strict=True)),
    }


def _weights_of(a, number):
    return {"kernel": a[f"W{number}"], "recurrent_kernel": a[f"U{number}"], "bias": a[f"b{number}"]}


def _reference(a):
    """One layer after the other, each through the whole sequence."""
    return (lstm_of(_weights_of(a, 2))(lstm_of(_weights_of(a, 1), return_sequences=True)(a["x"])),)


def _keras(keras, a):
    first = keras_layer(keras, "LSTM", _weights_of(a, 1), return_sequences=True)
    return (numbers(keras_layer(keras, "LSTM", _weights_of(a, 2))(first(a["x"]))),)


def _stacked(reads=lambda h, c, before: h, carried=lambda h, c: (h, c), shown=lambda h, c: h):
    """The answer with something else in one place: what the second layer reads, what it keeps, what is returned."""

    def answer(x, W1, U1, b1, W2, U2, b2):
        h1 = c1 = np.zeros((len(x), len(U1)))
        h2 = c2 = np.zeros((len(x), len(U2)))
        for t in range(x.shape[1]):
            before = h1
            h1, c1 = lstm_step(x[:, t], h1, c1, W1, U1, b1)
            h2, c2 = carried(h2, c2)
            h2, c2 = lstm_step(reads(h1, c1, before), h2, c2, W2, U2, b2)
        return shown(h2, c2)

    return answer


def _all_steps(x, *w):
    return np.stack([two_layers(x[:, : t + 1], *w) for t in range(x.shape[1])], axis=1)


def _always_the_last(x, W1, U1, b1, W2, U2, b2):
    last = lstm_of({"kernel": W1, "recurrent_kernel": U1, "bias": b1})(x)
    again = np.repeat(last[:, None], x.shape[1], axis=1)
    return lstm_of({"kernel": W2, "recurrent_kernel": U2, "bias": b2})(again)


_SECOND = "h2, c2 = lstm_step(h1, h2, c2, W2, U2, b2)"

TWO_LAYERS = Exercise(
    name="two_layers",
    title="an LSTM that reads an LSTM",
    idea="The first LSTM reads the sequences x, the second one reads the outputs of the first. Both start with states "
    "of zeros. Return the last output of the second layer. (lstm_step and the sigmoid that it uses have to be defined "
    "in this notebook.)",
    takes=(
        ("x", "(B, T, F)", "B sequences of T timesteps"),
        ("W1", "(F, 4H)", "the first layer's kernel"),
        ("U1", "(H, 4H)", "its recurrent kernel"),
        ("b1", "(4H,)", "its bias"),
        ("W2", "(H, 4K)", "the second layer's kernel"),
        ("U2", "(K, 4K)", "its recurrent kernel"),
        ("b2", "(4K,)", "its bias"),
    ),
    returns=(Output("y", ("sequence", "unit"), "(B, K), the last output of the second layer"),),
    draw=_draw,
    reference=_reference,
    example=lambda: {
        "x": array([[1, 0.5], [-1, 2]], [[0, -0.5], [2, 1]]),
        "W1": array([1, -1, 0.5, 2], [0, 1, -1, 0.5]),
        "U1": array([0.5, 1, -1, 2]),
        "b1": array(0.5, 1, -0.5, 0),
        "W2": array([2, 0.5, -1, 1]),
        "U2": array([-1, 0.5, 2, 1]),
        "b2": array(0, 1, 0.5, -0.5),
    },
    hints=(
        "What does the second layer need at timestep t: which output of the first, and which states?",
        "Look at the loop of one layer: as soon as it has taken its step, the second layer can take one, too. Its "
        "input is the h that the first has just returned; its states are its own.",
        "for t in range(x.shape[1]):\n"
        "    h1, c1 = lstm_step(x[:, t], ..., ..., W1, U1, b1)\n"
        "    h2, c2 = lstm_step(..., ..., ..., W2, U2, b2)",
    ),
    answer=(sigmoid, lstm_step, two_layers),
    keras=_keras,
    wrong_answers=(
        Wrong(
            _stacked(reads=lambda h, c, before: c),
            sentence="The second layer reads the cell state of the first; it should read its output, h1.",
            fix=_SECOND,
        ),
        Wrong(
            _stacked(reads=lambda h, c, before: before),
            sentence="The second layer reads the previous output of the first, so it is always one step late.",
            fix=f"h1, c1 = lstm_step(x[:, t], h1, c1, W1, U1, b1)   # first this\n{_SECOND}",
        ),
        Wrong(
            _always_the_last,
            sentence="At every timestep the second layer reads the same numbers, the last output of the first; it "
            "should read what the first has just returned for that timestep.",
            fix=f"{_SECOND}   # inside the first loop, or keep all h1 in a list",
        ),
        Wrong(
            _stacked(carried=lambda h, c: (np.zeros_like(h), np.zeros_like(c))),
            "state-not-carried",
            "The last step of the second layer begins with zeros: either its states start again at each timestep, or "
            "it takes a single step, on the last output of the first layer.",
            f"{_SECOND}   # inside the loop",
        ),
        Wrong(
            _stacked(carried=lambda h, c: (h, np.zeros_like(c))),
            "state-not-carried:c",
            "The cell state of the second layer starts again at zero at each timestep; it goes on.",
            _SECOND,
        ),
        Wrong(
            _stacked(shown=lambda h, c: c),
            "return-last-vs-sequence:c-for-h",
            "You return the cell state of the second layer; its output is h2.",
            "return h2",
        ),
        Wrong(
            _all_steps,
            "return-last-vs-sequence:sequence",
            "You return the outputs of all timesteps; only the last one is expected.",
            "return h2   # after the loop",
        ),
    ),
)


# --- the last output that counts --------------------------------------------------------------------------------------


def last_counting(y, mask):
    last = [np.flatnonzero(row)[-1] for row in mask]
    return y[np.arange(len(y)), last]


_COUNTS = ("111111", "111000", "001110", "101100")  # padding nowhere, at the end, at both ends, and with a gap


def _draw_outputs(rng, k):
    batch, timesteps, units = [(4, 6, 3), (3, 5, 2), (3, 4, 5), (4, 7, 2)][k]
    patterns = np.array([[mark == "1" for mark in row] for row in _COUNTS])
    steps = np.arange(timesteps) * 6 // timesteps
    return {"y": normal(rng, batch, timesteps, units), "mask": patterns[-batch:][:, steps]}


def _taken_along(a):
    last = a["mask"].shape[1] - 1 - np.argmax(a["mask"][:, ::-1], axis=1)
    return (np.take_along_axis(a["y"], last[:, None, None], axis=1)[:, 0],)


_LAST = "last = [np.flatnonzero(row)[-1] for row in mask]"
_PAIRED = "y[np.arange(len(y)), last]"

LAST_COUNTING = Exercise(
    name="last_counting",
    title="the last output that counts",
    idea="These outputs of an LSTM, all timesteps, come from a program that writes anything at all where the mask is "
    "False. A Dense layer comes next, and it needs one output for each sequence: that of the last timestep that "
    "counts. Padding may be at either end, and in between; in each sequence at least one step counts.",
    takes=(
        ("y", "(B, T, H)", "outputs of all timesteps"),
        ("mask", "(B, T) bool", "True: this step counts"),
    ),
    returns=(Output("h", ("sequence", "unit"), "(B, H), the output of each sequence's last step that counts"),),
    draw=_draw_outputs,
    reference=_taken_along,
    example=lambda: {
        "y": array([[1, 2], [3, 4], [5, 6]], [[-1, -2], [-3, -4], [-5, -6]]),
        "mask": np.array([[True, False, True], [False, True, False]]),
    },
    hints=(
        "For one sequence: how can you find the number of its last True?",
        "np.flatnonzero(row) lists the numbers of all True. Then look at your index of y: each sequence has a last "
        "step of its own, so sequence number and step number must be given in pairs.",
        "last = [... for row in mask]\nh = y[np.arange(len(y)), last]",
    ),
    answer=(last_counting,),
    wrong_answers=(
        Wrong(
            lambda y, mask: y[:, -1],
            sentence="That is the last timestep of all, which may be padding; take the last one that counts.",
            fix=f"{_LAST}\nreturn {_PAIRED}",
        ),
        Wrong(
            lambda y, mask: y[np.arange(len(y)), mask.sum(axis=1) - 1],
            sentence="The number of steps that count tells where the last one is only if all padding is at the end.",
            fix=_LAST,
        ),
        Wrong(
            lambda y, mask: y[np.arange(len(y)), mask.argmax(axis=1)],
            sentence="argmax finds the first True; the last one is expected.",
            fix=_LAST,
        ),
        Wrong(
            lambda y, mask: y[np.arange(len(y)), mask.argmin(axis=1) - 1],
            sentence="That is the step before the first False; after a gap, or after padding in front, more steps may "
            "count.",
            fix=_LAST,
        ),
        Wrong(
            lambda y, mask: (y * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None],
            sentence="That is the mean over all steps that count; only the last of them is expected.",
            fix=f"{_LAST}\nreturn {_PAIRED}",
        ),
        Wrong(
            lambda y, mask: (y * mask[:, :, None])[:, -1],
            sentence="The outputs of steps that do not count are set to 0, and then the last timestep is taken, "
            "whether it counts or not.",
            fix=f"{_LAST}\nreturn {_PAIRED}",
        ),
        Wrong(
            lambda y, mask: y[:, [np.flatnonzero(row)[-1] for row in mask]],
            sentence="`y[:, last]` takes all these steps of every sequence; give the sequences' numbers as well, so "
            "that each goes with its own step.",
            fix=f"return {_PAIRED}",
        ),
    ),
)
