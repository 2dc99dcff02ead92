"""One step of backpropagation through an LSTM cell."""

from itertools import permutations

import numpy as np

from lstm_edu.core import LSTM
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal
from lstm_edu.palette import GATES


def backward_step(dh, dc, i, f, g, o, c_before, c):
    do = dh * np.tanh(c)
    dc = dc + dh * o * (1 - np.tanh(c) ** 2)
    di, df, dg = dc * g, dc * c_before, dc * i
    dz = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)]
    return np.concatenate(dz, axis=-1), dc * f


def _sigmoid(z):
    return (0.5 * (1 + np.tanh(0.5 * z))).astype(np.float32)


def _draw(rng, k):
    batch, units = [(3, 4), (5, 2), (2, 5), (4, 3)][k]
    i, f, o = (_sigmoid(normal(rng, batch, units)) for _ in range(3))
    g = np.tanh(normal(rng, batch, units))
    c_before = normal(rng, batch, units)
    return {
        "dh": normal(rng, batch, units),
        "dc": normal(rng, batch, units),
        "i": i,
        "f": f,
        "g": g,
        "o": o,
        "c_before": c_before,
        "c": f * c_before + i * g,
    }


def _reference(a):
    """The layer's own backward pass, in float64: weights that pass the gates' sums straight on."""
    units = a["i"].shape[1]
    i, f, g, o = (a[name].astype(np.float64) for name in "ifgo")
    layer = LSTM(units, dtype="float64", return_state=True)
    layer.build((None, None, 4 * units))
    layer.set_weights([np.eye(4 * units), np.zeros((units, 4 * units)), np.zeros(4 * units)])
    z = np.concatenate([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))], axis=-1)
    trace = layer.trace(z[:, None], initial_state=[np.zeros_like(i), a["c_before"].astype(np.float64)])
    zero = np.zeros_like(i)
    grads = layer.backward(trace, a["dh"].astype(np.float64), d_state=[zero, a["dc"].astype(np.float64)])
    return grads.trace.z[:, 0], grads.initial_state[1]


def _tanh_slope(y):
    return 1 - y**2


def _sigmoid_slope(y):
    return y * (1 - y)


def _pass(
    order=GATES,
    later=lambda dc, f: dc,
    shown=lambda c: _tanh_slope(np.tanh(c)),
    do=lambda dh, o, c: dh * np.tanh(c),
    gates=lambda dc, i, f, g, c_before, c: (dc * g, dc * c_before, dc * i),
    slopes=(_sigmoid_slope, _sigmoid_slope, _tanh_slope, _sigmoid_slope),
    before=lambda dc, dc_later, f: dc * f,
    join=lambda blocks: np.concatenate(blocks, axis=-1),
):
    """The step with something else in one place."""

    def answer(dh, dc, i, f, g, o, c_before, c):
        dc_later, dc = dc, later(dc, f) + dh * o * shown(c)
        di, df, dg = gates(dc, i, f, g, c_before, c)
        wanted = zip((di, df, dg, do(dh, o, c)), slopes, (i, f, g, o), strict=True)
        dz = dict(zip(GATES, (d * slope(y) for d, slope, y in wanted), strict=True))
        return join([dz[gate] for gate in order]), before(dc, dc_later, f)

    return answer


def _in_order(order):
    return Wrong(
        _pass(order=order),
        f"gate-order:{','.join(order)}",
        f"The blocks of dz are in the order {', '.join(order)}; Keras packs them i, f, g, o.",
        _JOIN,
    )


_CELL = "dc = dc + dh * o * (1 - np.tanh(c) ** 2)"
_SLOPES = "dz_i = di * i * (1 - i)\ndz_f = df * f * (1 - f)\ndz_g = dg * (1 - g ** 2)\ndz_o = do * o * (1 - o)"
_TWICE = [(_sigmoid, _sigmoid_slope), (_sigmoid, _sigmoid_slope), (np.tanh, _tanh_slope), (_sigmoid, _sigmoid_slope)]
_SIDE_BY_SIDE = "The four blocks of dz should be side by side, along the last axis."
_JOIN = "dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1)"


def _example():
    a = {
        "dh": array([1, -2], [0.5, 3]),
        "dc": array([0.5, 1], [-1, 2]),
        "i": array([0.5, 0.25], [0.75, 0.4]),
        "f": array([0.25, 0.6], [0.5, 0.75]),
        "g": array([-0.5, 0.8], [0.25, -0.75]),
        "o": array([0.75, 0.5], [0.2, 0.9]),
        "c_before": array([2, -1], [1, -0.5]),
    }
    return {**a, "c": a["f"] * a["c_before"] + a["i"] * a["g"]}


BACKWARD_STEP = Exercise(
    name="backward_step",
    title="one step of backpropagation through an LSTM cell",
    idea="Forwards, c = f * c_before + i * g and h = o * tanh(c), "
    "where i, f and o are sigmoid(z_i), sigmoid(z_f), sigmoid(z_o) "
    "and g = tanh(z_g). You know how the loss L changes with h and, through the later steps, with c. "
    "How does it change with the four sums z, and with c_before? (sigmoid's slope is y (1 - y), tanh's is 1 - y^2.)",
    takes=(
        ("dh", "(B, H)", "dL/dh"),
        ("dc", "(B, H)", "the part of dL/dc that comes from the later steps, not all of it"),
        ("i", "(B, H)", "input gate"),
        ("f", "(B, H)", "forget gate"),
        ("g", "(B, H)", "candidate"),
        ("o", "(B, H)", "output gate"),
        ("c_before", "(B, H)", "the cell state before the step"),
        ("c", "(B, H)", "the cell state after it"),
    ),
    returns=(
        Output("dz", ("sequence", "unit"), "(B, 4H), dL/dz, blocks i, f, g, o", gates="".join(GATES)),
        Output("dc_before", ("sequence", "unit"), "(B, H), dL/d(c_before)"),
    ),
    draw=_draw,
    reference=_reference,
    example=_example,
    hints=(
        "In how many ways does L depend on c, and what arrives along each of them?",
        "Begin at h = o * tanh(c): it gives do, and what dh adds to dc. Only then go on to c = f * c_before + i * "
        "g, where each factor gets the whole dc times its partner. The slopes of sigmoid and tanh come last.",
        "dc = dc + dh * o * (1 - ... ** 2)\n"
        "di, df, dg, dc_before = dc * ..., dc * ..., dc * ..., dc * ...\n"
        "dz_i = di * i * (...)      # and the same for f and o\n"
        "dz_g = dg * (...)",
    ),
    answer=(backward_step,),
    wrong_answers=(
        *map(_in_order, list(permutations(GATES))[1:]),
        Wrong(
            _pass(later=lambda dc, f: 0),
            sentence="What comes back from the later steps, dc, is left out.",
            fix=_CELL,
        ),
        Wrong(
            _pass(later=lambda dc, f: dc * f),
            sentence="The dc that you are given has already passed the next step's forget gate; add it unchanged. "
            "The forget gate of this step comes later, on the way to c_before.",
            fix=f"{_CELL}\ndc_before = dc * f",
        ),
        Wrong(
            _pass(shown=lambda c: 1),
            sentence="The slope of tanh(c) is missing on the way from h to c.",
            fix=_CELL,
        ),
        Wrong(
            _pass(shown=lambda c: 1 - c**2),
            sentence="The slope of tanh is 1 - y^2 with y = tanh(c), not with c itself.",
            fix=_CELL,
        ),
        Wrong(
            _pass(do=lambda dh, o, c: dh * c),
            sentence="In h = o * tanh(c) the output gate's partner is tanh(c), not c.",
            fix="do = dh * np.tanh(c)",
        ),
        Wrong(
            _pass(gates=lambda dc, i, f, g, c_before, c: (dc * i, dc * f, dc * g)),
            sentence="In a product, each factor's gradient is multiplied by the other factor, not by itself.",
            fix="di, df, dg = dc * g, dc * c_before, dc * i",
        ),
        Wrong(
            _pass(gates=lambda dc, i, f, g, c_before, c: (dc * g, dc * c, dc * i)),
            sentence="The forget gate multiplied the cell state before the step, not the new one.",
            fix="df = dc * c_before",
        ),
        Wrong(
            _pass(slopes=(lambda y: 1,) * 4),
            sentence="dz holds the slopes with respect to the gates; the slopes of sigmoid and tanh are missing.",
            fix=_SLOPES,
        ),
        Wrong(
            _pass(slopes=(_sigmoid_slope,) * 4),
            sentence="The candidate g is a tanh: its slope is not that of the gates.",
            fix="dz_g = dg * (1 - g ** 2)",
        ),
        Wrong(
            _pass(slopes=[lambda y, a=a, slope=slope: slope(a(y)) for a, slope in _TWICE]),
            sentence="i, f, g and o have already been through sigmoid and tanh: their slopes need no second "
            "sigmoid or tanh.",
            fix=_SLOPES,
        ),
        Wrong(
            _pass(before=lambda dc, dc_later, f: dc),
            sentence="On its way to c_before the gradient goes through the forget gate.",
            fix="dc_before = dc * f",
        ),
        Wrong(
            _pass(before=lambda dc, dc_later, f: dc_later * f),
            sentence="dc_before needs the whole dc, with what came through h of this step.",
            fix=f"{_CELL}\ndc_before = dc * f      # with this dc",
        ),
        Wrong(_pass(join=np.stack), sentence=_SIDE_BY_SIDE, fix=_JOIN),
        Wrong(_pass(join=np.concatenate), sentence=_SIDE_BY_SIDE, fix=_JOIN),
        Wrong(
            _pass(join=lambda blocks: -np.concatenate(blocks, axis=-1)),
            sentence="dz has the wrong sign; the minus comes later, in the optimizer's step.",
        ),
    ),
)


# --- along the cell state -------------------------------------------------------------------------------------------


def forget_path(f):
    path = np.ones_like(f)
    for t in range(len(f) - 2, -1, -1):
        path[t] = path[t + 1] * f[t + 1]
    return path


def _draw_gates(rng, k):
    steps, units = [(5, 3), (4, 6), (7, 2), (6, 4)][k]
    return {"f": rng.uniform(0.2, 0.95, (steps, units)).astype(np.float32)}


def _path_reference(a):
    f = a["f"].astype(np.float64)
    return (np.stack([f[t + 1 :].prod(axis=0) for t in range(len(f))]),)


def _products(one):
    return lambda f: np.stack([one(f, t) for t in range(len(f))])


FORGET_PATH = Exercise(
    name="forget_path",
    title="how much of a gradient survives along the cell state",
    idea="At each step c = f * c_before + ..., so on its way from c of a step to c of the step before it, a gradient "
    "is multiplied by f. How much of it reaches step t, if it begins at the last step with 1? (Only along the cell "
    "state: what goes through h is left out.)",
    takes=(("f", "(T, H)", "the forget gates of one sequence"),),
    returns=(
        Output(
            "path",
            ("timestep", "unit"),
            "(T, H): path[t] is the factor on the way from c after the last step back to c after step t",
        ),
    ),
    draw=_draw_gates,
    reference=_path_reference,
    example=lambda: {"f": array([0.5, 0.25], [0.9, 0.5], [0.4, 0.75])},
    hints=(
        "At the last step nothing has happened yet: the factor is 1. One step earlier, exactly one gate has been "
        "passed: which one?",
        "Look at the direction of your loop: the gradient starts at the end. The factor of step t can reuse the "
        "one of step t + 1.",
        "path = np.ones_like(f)\nfor t in range(len(f) - 2, -1, -1):\n    path[t] = ... * ...",
    ),
    answer=(forget_path,),
    wrong_answers=(
        Wrong(
            _products(lambda f, t: f[t:].prod(axis=0)),
            sentence="The forget gate of step t itself is one too many: it is between c_t and the step before it.",
            fix="path[t] = path[t + 1] * f[t + 1]",
        ),
        Wrong(
            _products(lambda f, t: f[1 : t + 1].prod(axis=0)),
            sentence="The product runs forwards, from the first step; it has to run from the last one back.",
            fix="for t in range(len(f) - 2, -1, -1):      # from the end to the beginning",
        ),
        Wrong(
            _products(lambda f, t: f[:t].prod(axis=0)),
            sentence="Each step gets the product of the gates before it; it should be that of the gates after it.",
            fix="path[t] = path[t + 1] * f[t + 1]",
        ),
        Wrong(
            lambda f: np.cumprod(f, axis=0),
            sentence="You multiply from the first step on; the gradient comes from the last one.",
            fix="for t in range(len(f) - 2, -1, -1):      # from the end to the beginning",
        ),
        Wrong(
            _products(lambda f, t: f[t + 1 : -1].prod(axis=0)),
            sentence="The forget gate of the last step is missing: it is the first one that the gradient passes.",
            fix="path[t] = path[t + 1] * f[t + 1]      # path of the last step is 1",
        ),
        Wrong(
            lambda f: forget_path(f)[::-1],
            sentence="The order is reversed: the first row belongs to step 0; the last one is all ones.",
            fix="path = path[::-1]",
        ),
        Wrong(
            lambda f: np.cumprod(f[::-1], axis=0),
            sentence="The order is reversed: the first row belongs to step 0. And the last step's factor is 1.",
            fix="path[t] = path[t + 1] * f[t + 1]      # path of the last step is 1",
        ),
        Wrong(
            lambda f: np.cumprod(f, axis=1),
            sentence="You multiply from unit to unit; multiply from step to step instead.",
            fix="path[t] = path[t + 1] * f[t + 1]      # all units at once",
        ),
        Wrong(
            np.ones_like,
            sentence="Nothing was multiplied: every factor is 1. A range that counts down needs its third number, -1.",
            fix="for t in range(len(f) - 2, -1, -1):",
        ),
        Wrong(
            _products(lambda f, t: 1 + f[t + 1 :].sum(axis=0)),
            sentence="The gates are multiplied one after the other, not added.",
            fix="path[t] = path[t + 1] * f[t + 1]",
        ),
    ),
)
