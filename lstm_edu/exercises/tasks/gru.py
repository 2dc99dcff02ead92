"""One step of a GRU."""

import numpy as np

from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Question, Wrong
from lstm_edu.exercises.tasks.drawing import array, gru_of, keras_layer, normal, numbers, weights


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def gru_step(x_t, h, kernel, recurrent_kernel, bias):
    x_z, x_r, x_g = np.split(x_t @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    z = sigmoid(x_z + h_z)
    r = sigmoid(x_r + h_r)
    g = np.tanh(x_g + r * h_g)
    return z * h + (1 - z) * g


def _draw(rng, k):
    batch, features, units = [(3, 4, 4), (5, 2, 3), (2, 6, 5), (4, 3, 2)][k]
    return {
        "x_t": normal(rng, batch, features),
        "h": normal(rng, batch, units),
        **weights(rng, features, units, 3, rows=2),
    }


def _keras(keras, a):
    return (numbers(keras_layer(keras, "GRU", a)(a["x_t"][:, None], initial_state=a["h"])),)


def _step(order="zrg", rows=(0, 1), flipped=False, before=False, both=False, reset=True):
    """The step with something else in one place."""

    def answer(x_t, h, kernel, recurrent_kernel, bias):
        b, d = (np.zeros_like(bias[0]) if k is None else bias[k] for k in rows)
        if both:
            b, d = bias.sum(axis=0), np.zeros_like(bias[0])
        x = dict(zip(order, np.split(x_t @ kernel + b, 3, axis=-1), strict=True))
        u = dict(zip(order, np.split(h @ recurrent_kernel + d, 3, axis=-1), strict=True))
        z, r = sigmoid(x["z"] + u["z"]), sigmoid(x["r"] + u["r"])
        if before:
            n = h.shape[1]
            inner = (r * h) @ recurrent_kernel[:, 2 * n :] + d[2 * n :]
        else:
            inner = r * u["g"] if reset else u["g"]
        g = np.tanh(x["g"] + inner)
        return (1 - z) * h + z * g if flipped else z * h + (1 - z) * g

    return answer


GRU_STEP = Exercise(
    name="gru_step",
    title="one timestep of a GRU",
    idea="Keras's GRU (reset_after=True): two sums, x_t W + b[0] and h U + b[1], each cut into blocks z, r, g "
    "(so the bias is part of each block). "
    "z and r are the sigmoid of the sum of both; g = tanh(x's block + r * h's block); the new h is "
    "z * h + (1 - z) * g. (NumPy has no sigmoid: write your own, above it.)",
    takes=(
        ("x_t", "(B, F)", "the input of this timestep"),
        ("h", "(B, H)", "the previous output"),
        ("kernel", "(F, 3H)", "W, blocks z, r, g (Keras calls the last h)"),
        ("recurrent_kernel", "(H, 3H)", "U, blocks z, r, g"),
        ("bias", "(2, 3H)", "row 0 on the input side, row 1 on the recurrent side"),
    ),
    returns=(Output("h", ("sequence", "unit"), "(B, H), the new output"),),
    draw=_draw,
    reference=lambda a: (gru_of(a)(a["x_t"][:, None], initial_state=[a["h"]]),),
    example=lambda: {
        "x_t": array([1, 2], [0.5, -1], [0, 1]),
        "h": array([0.5, -0.5], [1, 0.25], [0, -1]),
        "kernel": array([1, 0, -1, 1, 0.5, 0], [0, 1, 0.5, 0, -1, 1]),
        "recurrent_kernel": array([1, -1, 1, 0, 2, 0.5], [0, 1, 0.5, -1, 1, 0]),
        "bias": array([0.5, 0, 1, 2, -0.5, 1], [-1, 0.5, 0, 0.25, 1, -0.5]),
    },
    hints=(
        "Why must the input's sum and the recurrent sum stay apart here, while an LSTM adds them right away?",
        "Look at your line for g: r multiplies the recurrent block, its bias b[1] included, and nothing of the "
        "input. Then look at your last line: where z is 1, the old h stays.",
        "g = np.tanh(x_g + r * ...)\nh = z * ... + (1 - z) * ...",
    ),
    answer=(sigmoid, gru_step),
    question=lambda a: Question(gru_of(a), a["x_t"][:, None], None, [a["h"]]),
    keras=_keras,
    wrong_answers=(
        Wrong(_step(order="rzg"), "gru-gate-order:r,z,g"),
        Wrong(_step(flipped=True), "gru-update-flipped"),
        Wrong(_step(both=True), "gru-bias-rows:summed"),
        Wrong(_step(rows=(0, None)), "gru-bias-rows:input-only"),
        Wrong(_step(rows=(1, 0)), "gru-bias-rows:exchanged"),
        Wrong(_step(rows=(None, None)), "bias-missing"),
        Wrong(_step(before=True), "gru-reset-after"),
        Wrong(
            _step(reset=False),
            sentence="The reset gate r does nothing; it multiplies the recurrent part of the candidate's sum.",
            fix="g = np.tanh(x_g + r * h_g)",
        ),
    ),
)


# --- a relative with a single gate ----------------------------------------------------------------------------------


def mgu_step(x_t, h, kernel, recurrent_kernel, bias):
    units = h.shape[1]
    W_f, W_g = kernel[:, :units], kernel[:, units:]
    U_f, U_g = recurrent_kernel[:, :units], recurrent_kernel[:, units:]
    f = sigmoid(x_t @ W_f + h @ U_f + bias[:units])
    g = np.tanh(x_t @ W_g + (f * h) @ U_g + bias[units:])
    return (1 - f) * h + f * g


def _draw_mgu(rng, k):
    batch, features, units = [(3, 4, 4), (5, 2, 3), (2, 6, 5), (4, 3, 2)][k]
    return {
        "x_t": normal(rng, batch, features),
        "h": normal(rng, batch, units),
        **weights(rng, features, units, 2),
    }


def _as_gru(a):
    """The weights of a GRU that does the same: its reset gate is f, its update gate 1 - f, as sigmoid(-z) is."""

    def three(array):
        f, g = np.split(array, 2, axis=-1)
        return np.concatenate([-f, f, g], axis=-1)

    return {name: three(a[name]) for name in ("kernel", "recurrent_kernel", "bias")}


def _right_mgu(a):
    return (gru_of(_as_gru(a), reset_after=False)(a["x_t"][:, None], initial_state=[a["h"]]),)


def _mgu_in_keras(keras, a):
    layer = keras_layer(keras, "GRU", _as_gru(a), reset_after=False)
    return (numbers(layer(a["x_t"][:, None], initial_state=a["h"])),)


def _mgu(order="fg", inner=lambda f, h, U: (f * h) @ U, new=lambda f, h, g: (1 - f) * h + f * g, bias_of=lambda b: b):
    """The step with something else in one place."""

    def answer(x_t, h, kernel, recurrent_kernel, bias):
        W, U, b = (
            dict(zip(order, np.split(array, 2, axis=-1), strict=True))
            for array in (kernel, recurrent_kernel, bias_of(bias))
        )
        f = sigmoid(x_t @ W["f"] + h @ U["f"] + b["f"])
        return new(f, h, np.tanh(x_t @ W["g"] + inner(f, h, U["g"]) + b["g"]))

    return answer


_INNER, _NEW = "g = np.tanh(x_t @ W_g + (f * h) @ U_g + b_g)", "h = (1 - f) * h + f * g"

MGU_STEP = Exercise(
    name="mgu_step",
    title="a recurrent layer with a single gate",
    idea="The minimal gated unit (Zhou and others, 2016) has one gate, f = sigmoid(x_t W_f + h U_f + b_f). It does two "
    "things: the candidate sees only the share f of the old h, g = tanh(x_t W_g + (f * h) U_g + b_g), and the same "
    "f says how much of the candidate is taken: the new h is (1 - f) * h + f * g. Its arrays have two blocks, f and g. "
    "(NumPy has no sigmoid: write your own, above it.)",
    takes=(
        ("x_t", "(B, F)", "the input of this timestep"),
        ("h", "(B, H)", "the previous output"),
        ("kernel", "(F, 2H)", "W, blocks f, g"),
        ("recurrent_kernel", "(H, 2H)", "U, blocks f, g"),
        ("bias", "(2H,)", "b, blocks f, g"),
    ),
    returns=(Output("h", ("sequence", "unit"), "(B, H), the new output"),),
    draw=_draw_mgu,
    reference=_right_mgu,
    example=lambda: {
        "x_t": array([1, 2], [0.5, -1], [0, 1]),
        "h": array([0.5, -0.5], [1, 0.25], [0, -1]),
        "kernel": array([1, 0, -1, 0.5], [0, 1, 0.5, -1]),
        "recurrent_kernel": array([1, -1, 2, 0], [0, 1, 0.5, -1]),
        "bias": array(0.5, 0, 1, -0.5),
    },
    hints=(
        "Which of the two sums can be computed right away, and which one has to wait for the gate?",
        "Look at the product h U: for f it takes h itself, for g it takes f * h. So cut the arrays into their blocks "
        "before you multiply.",
        "f = sigmoid(x_t @ W_f + ... @ U_f + b_f)\ng = np.tanh(x_t @ W_g + ... @ U_g + b_g)\n"
        "h = (1 - f) * ... + f * ...",
    ),
    answer=(sigmoid, mgu_step),
    keras=_mgu_in_keras,
    wrong_answers=(
        Wrong(
            _mgu(order="gf"),
            sentence="You read the blocks in the order g, f; here they are f, g.",
            fix="W_f, W_g = np.split(kernel, 2, axis=1)",
        ),
        Wrong(
            _mgu(inner=lambda f, h, U: h @ U),
            sentence="The candidate sees all of the old h; it should see the share f of it.",
            fix=_INNER,
        ),
        Wrong(
            _mgu(inner=lambda f, h, U: f * (h @ U)),
            "gru-reset-after",
            "The gate is multiplied after the product with U, as in Keras's usual GRU; here h is multiplied first.",
            _INNER,
        ),
        Wrong(
            _mgu(new=lambda f, h, g: f * h + (1 - f) * g),
            "gru-update-flipped",
            "f and 1 - f are swapped in the last line: f says how much of the candidate is taken.",
            _NEW,
        ),
        Wrong(
            _mgu(new=lambda f, h, g: h + f * g),
            sentence="Nothing of the old h is forgotten in the last line; multiply it by 1 - f.",
            fix=_NEW,
        ),
        Wrong(_mgu(new=lambda f, h, g: g), sentence="You return the candidate; the old h stays in part.", fix=_NEW),
        Wrong(
            _mgu(inner=lambda f, h, U: ((1 - f) * h) @ U),
            sentence="The candidate sees the share 1 - f of the old h; it should see the share f.",
            fix=_INNER,
        ),
        Wrong(
            _mgu(bias_of=np.zeros_like),
            "bias-missing",
            "The bias is not added anywhere.",
            "f = sigmoid(x_t @ W_f + h @ U_f + b_f)",
        ),
    ),
)
