"""An LSTM with one gate for two: what is written takes the place of what is forgotten, f = 1 - i."""

from itertools import permutations

import numpy as np

from lstm_edu.core import LSTM
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, keras_layer, lstm_of, normal, numbers, weights
from lstm_edu.exercises.tasks.lstm import sigmoid

# --- one step -------------------------------------------------------------------------------------------------------


def coupled_step(x_t, h, c, kernel, recurrent_kernel, bias):
    z_i, z_g, z_o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 3, axis=-1)
    i = sigmoid(z_i)
    c = (1 - i) * c + i * np.tanh(z_g)
    return sigmoid(z_o) * np.tanh(c), c


def _draw(rng, k):
    batch, features, units = [(3, 4, 4), (5, 2, 3), (2, 6, 5), (4, 3, 2)][k]
    return {
        "x_t": normal(rng, batch, features),
        "h": normal(rng, batch, units, scale=0.7),
        "c": normal(rng, batch, units),
        **weights(rng, features, units, 3),
    }


def _as_lstm(a):
    """The weights of an LSTM that does the same: sigmoid(-z) is 1 - sigmoid(z), so the forget gate's are minus i's."""

    def with_forget(array):
        i, g, o = np.split(array, 3, axis=-1)
        return np.concatenate([i, -i, g, o], axis=-1)

    return {name: with_forget(a[name]) for name in ("kernel", "recurrent_kernel", "bias")}


def _right(a):
    trace = lstm_of(_as_lstm(a)).trace(a["x_t"][:, None], initial_state=[a["h"], a["c"]])
    return trace.h[:, 0], trace.c[:, 0]


def _keras(keras, a):
    layer = keras_layer(keras, "LSTM", _as_lstm(a), return_state=True)
    _, h, c = layer(a["x_t"][:, None], initial_state=[a["h"], a["c"]])
    return numbers(h), numbers(c)


def _step(order="igo", cell=lambda i, g, c: (1 - i) * c + i * g, gate=sigmoid, candidate=np.tanh, squash=np.tanh):
    """The step with something else in one place."""

    def answer(x_t, h, c, kernel, recurrent_kernel, bias):
        z = dict(zip(order, np.split(x_t @ kernel + h @ recurrent_kernel + bias, 3, axis=-1), strict=True))
        new_c = cell(gate(z["i"]), candidate(z["g"]), c)
        return gate(z["o"]) * squash(new_c), new_c

    return answer


def _in_order(order):
    return Wrong(
        _step(order=order),
        sentence=f"You read the blocks in the order {', '.join(order)}; here they are i, g, o.",
        fix="z_i, z_g, z_o = np.split(z, 3, axis=-1)",
    )


def _one_minus_sum(x_t, h, c, kernel, recurrent_kernel, bias):
    z_i, z_g, z_o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 3, axis=-1)
    c = sigmoid(1 - z_i) * c + sigmoid(z_i) * np.tanh(z_g)
    return sigmoid(z_o) * np.tanh(c), c


def _old_cell(x_t, h, c, kernel, recurrent_kernel, bias):
    z_o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 3, axis=-1)[2]
    return sigmoid(z_o) * np.tanh(c), coupled_step(x_t, h, c, kernel, recurrent_kernel, bias)[1]


_CELL = "c = (1 - i) * c + i * g"

COUPLED_STEP = Exercise(
    name="coupled_step",
    title="one gate instead of two",
    idea="Some LSTMs have no separate forget gate: a cell keeps exactly the share that is not overwritten, "
    "f = 1 - i. So there are only three blocks, i, g, o, in the kernel, the recurrent kernel and the bias. Everything "
    "else is as in the LSTM that you know. Write its step. (NumPy has no sigmoid: write your own, above it.)",
    takes=(
        ("x_t", "(B, F)", "the input of this timestep"),
        ("h", "(B, H)", "the previous output"),
        ("c", "(B, H)", "the previous cell state"),
        ("kernel", "(F, 3H)", "W, blocks i, g, o"),
        ("recurrent_kernel", "(H, 3H)", "U, blocks i, g, o"),
        ("bias", "(3H,)", "b, blocks i, g, o"),
    ),
    returns=(
        Output("h", ("sequence", "unit"), "(B, H), the new output"),
        Output("c", ("sequence", "unit"), "(B, H), the new cell state"),
    ),
    draw=_draw,
    reference=_right,
    example=lambda: {
        "x_t": array([1, 2], [0.5, -1], [0, 1]),
        "h": array([0.5, -0.5], [1, 0.25], [0, -1]),
        "c": array([-0.5, 1], [2, 0.5], [-1, 0.25]),
        "kernel": array([1, 0, -1, 1, 0.5, 0], [0, 1, 0.5, 0, -1, 1]),
        "recurrent_kernel": array([1, -1, 1, 0, 2, 0.5], [0, 1, 0.5, -1, 1, 0]),
        "bias": array(0.5, 0, 1, 2, -0.5, 1),
    },
    hints=(
        "Which of the six equations of an LSTM change, and which stay? And how many blocks does z have now?",
        "Look at your line for c: what replaces f there? Then look at the line that cuts z into blocks.",
        "z_i, z_g, z_o = np.split(z, ..., axis=-1)\nc = (...) * c + i * ...",
    ),
    answer=(sigmoid, coupled_step),
    keras=_keras,
    wrong_answers=(
        *map(_in_order, list(permutations("igo"))[1:]),
        Wrong(
            _step(cell=lambda i, g, c: i * c + (1 - i) * g),
            sentence="i and 1 - i are swapped: the input gate i writes the candidate, 1 - i keeps the old c.",
            fix=_CELL,
        ),
        Wrong(
            _step(cell=lambda i, g, c: i * c + i * g),
            sentence="The old c is multiplied by i; what is kept is the rest, 1 - i.",
            fix=_CELL,
        ),
        Wrong(
            _step(cell=lambda i, g, c: c + i * g),
            sentence="Nothing is forgotten: the old c should be multiplied by 1 - i.",
            fix=_CELL,
        ),
        Wrong(
            _step(cell=lambda i, g, c: (1 - i) * c + g),
            sentence="The whole candidate is written; only the share i of it should be.",
            fix=_CELL,
        ),
        Wrong(
            _one_minus_sum,
            sentence="The 1 is inside the sigmoid: you compute sigmoid(1 - z_i). Take 1 minus the gate itself.",
            fix=_CELL,
        ),
        Wrong(
            _old_cell,
            sentence="h is made from the old c; use the c that you have just computed.",
            fix="h = o * np.tanh(c)   # with the new c",
        ),
        Wrong(_step(squash=lambda c: c), sentence="tanh is missing in h = o * tanh(c).", fix="h = o * np.tanh(c)"),
        Wrong(
            _step(candidate=sigmoid),
            sentence="The candidate g is a sigmoid; it should be the tanh of its block.",
            fix="g = np.tanh(z_g)",
        ),
        Wrong(
            lambda *a: coupled_step(*a)[::-1],
            sentence="You return c, h; h is expected first, then c.",
            fix="return h, c",
        ),
        Wrong(
            lambda x_t, h, c, kernel, recurrent_kernel, bias: coupled_step(
                x_t, h, c, kernel, recurrent_kernel, np.zeros_like(bias)
            ),
            "bias-missing",
            "The bias is not added anywhere.",
            "z = x_t @ kernel + h @ recurrent_kernel + bias",
        ),
    ),
)


# --- one step back --------------------------------------------------------------------------------------------------


def coupled_backward(dc, i, g, c_before):
    di, dg, dc_before = dc * (g - c_before), dc * i, dc * (1 - i)
    return di * i * (1 - i), dg * (1 - g**2), dc_before


def _draw_back(rng, k):
    batch, units = [(3, 4), (5, 2), (2, 5), (4, 3)][k]
    return {
        "dc": normal(rng, batch, units),
        "i": sigmoid(normal(rng, batch, units)),
        "g": np.tanh(normal(rng, batch, units)),
        "c_before": normal(rng, batch, units),
    }


def _back_reference(a):
    """The LSTM's own backward pass, in float64. Its forget gate's sum is minus that of i, so the two gradients meet."""
    dc, i, g, c_before = (a[name].astype(np.float64) for name in ("dc", "i", "g", "c_before"))
    units = i.shape[1]
    layer = LSTM(units, dtype="float64", return_state=True)
    layer.build((None, None, 4 * units))
    layer.set_weights([np.eye(4 * units), np.zeros((units, 4 * units)), np.zeros(4 * units)])
    z_i = np.log(i / (1 - i))
    z = np.concatenate([z_i, -z_i, np.arctanh(g), np.zeros_like(i)], axis=-1)
    zero = np.zeros_like(i)
    grads = layer.backward(layer.trace(z[:, None], initial_state=[zero, c_before]), zero, d_state=[zero, dc])
    dz_i, dz_f, dz_g, _ = np.split(grads.trace.z[:, 0], 4, axis=-1)
    return dz_i - dz_f, dz_g, grads.initial_state[1]


def _back(
    di=lambda dc, i, g, c: dc * (g - c),
    dg=lambda dc, i, g, c: dc * i,
    before=lambda dc, i, g, c: dc * (1 - i),
    slopes=(lambda y: y * (1 - y), lambda y: 1 - y**2),
):
    """The step back with something else in one place."""

    def answer(dc, i, g, c_before):
        a = dc, i, g, c_before
        return di(*a) * slopes[0](i), dg(*a) * slopes[1](g), before(*a)

    return answer


_DI = "di = dc * (g - c_before)"

COUPLED_BACKWARD = Exercise(
    name="coupled_backward",
    title="one step back through a coupled gate",
    idea="In some LSTMs one gate does the work of two: c = (1 - i) * c_before + i * g, with i = sigmoid(z_i) and "
    "g = tanh(z_g). You know dL/dc, with everything that arrives at c. How does the loss change with z_i, with z_g and "
    "with c_before?",
    takes=(
        ("dc", "(B, H)", "dL/dc"),
        ("i", "(B, H)", "the gate"),
        ("g", "(B, H)", "the candidate"),
        ("c_before", "(B, H)", "the cell state before the step"),
    ),
    returns=(
        Output("dz_i", ("sequence", "unit"), "(B, H), dL/dz_i"),
        Output("dz_g", ("sequence", "unit"), "(B, H), dL/dz_g"),
        Output("dc_before", ("sequence", "unit"), "(B, H), dL/d(c_before)"),
    ),
    draw=_draw_back,
    reference=_back_reference,
    example=lambda: {
        "dc": array([1, -2, 0.5], [3, 1, -1]),
        "i": array([0.25, 0.6, 0.5], [0.75, 0.4, 0.1]),
        "g": array([-0.5, 0.8, 0.25], [0.5, -0.75, 0.9]),
        "c_before": array([1, -1, 2], [-0.5, 3, 1]),
    },
    hints=(
        "At how many places does i appear in the equation of c? What arrives by each of them, and with which sign?",
        "Look at the equation once more, with the brackets multiplied out: c = c_before - i * c_before + i * g. Then "
        "add the slopes: sigmoid's is y (1 - y), tanh's is 1 - y^2.",
        "di = dc * (g - ...)\ndg, dc_before = dc * ..., dc * ...\ndz_i, dz_g = di * i * (...), dg * (...)",
    ),
    answer=(coupled_backward,),
    wrong_answers=(
        Wrong(
            _back(di=lambda dc, i, g, c: dc * g),
            sentence="i appears at two places: what reaches it through (1 - i) * c_before is missing.",
            fix=_DI,
        ),
        Wrong(
            _back(di=lambda dc, i, g, c: -dc * c),
            sentence="i appears at two places: what reaches it through i * g is missing.",
            fix=_DI,
        ),
        Wrong(
            _back(di=lambda dc, i, g, c: dc * (g + c)),
            sentence="The two parts of di are added; the one through 1 - i comes with a minus.",
            fix=_DI,
        ),
        Wrong(
            _back(di=lambda dc, i, g, c: dc * (c - g)),
            sentence="The sign of di is wrong: more i means more of g and less of c_before.",
            fix=_DI,
        ),
        Wrong(
            _back(before=lambda dc, i, g, c: dc * i),
            sentence="On its way to c_before the gradient passes the share that is kept, 1 - i, not i.",
            fix="dc_before = dc * (1 - i)",
        ),
        Wrong(
            _back(before=lambda dc, i, g, c: dc),
            sentence="On its way to c_before the gradient is multiplied by the share that is kept, 1 - i.",
            fix="dc_before = dc * (1 - i)",
        ),
        Wrong(
            _back(dg=lambda dc, i, g, c: dc * (1 - i)),
            sentence="The candidate was multiplied by i, not by 1 - i.",
            fix="dg = dc * i",
        ),
        Wrong(
            _back(slopes=(lambda y: 1, lambda y: 1)),
            sentence="You return the gradients of i and g; the slopes of sigmoid and tanh are missing.",
            fix="dz_i = di * i * (1 - i)\ndz_g = dg * (1 - g ** 2)",
        ),
        Wrong(
            _back(slopes=(lambda y: y * (1 - y), lambda y: y * (1 - y))),
            sentence="The candidate g is a tanh: its slope is not that of the gate.",
            fix="dz_g = dg * (1 - g ** 2)",
        ),
    ),
)
