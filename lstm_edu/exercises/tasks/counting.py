"""How many weights there are, and which gate each belongs to."""

from itertools import permutations

import numpy as np

from lstm_edu.core import LSTM
from lstm_edu.exercises.answers import COUNT, Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal, numbers, weights
from lstm_edu.palette import GATES, NAMES


def parameter_count(units, features):
    return 4 * (features * units + units * units + units)


def _draw(rng, k):
    units, features = (int(n) for n in [(2, 4), (32, 9), (3, 10), rng.integers(5, 60, 2)][k])
    return {"units": units, "features": features if features != units else features + 1}


def _layer(a):
    layer = LSTM(a["units"])
    layer.build((None, None, a["features"]))
    return layer


def _keras(keras, a):
    layer = keras.layers.LSTM(a["units"])
    layer.build((None, None, a["features"]))
    return (layer.count_params(),)


_COUNT = "4 * (features * units + units * units + units)"

PARAMETER_COUNT = Exercise(
    name="parameter_count",
    title="the number of weights of an LSTM layer",
    idea="How many numbers does an LSTM layer learn? Each of its four gates has weights for every feature of the "
    "input, weights for every unit of the previous output, and biases.",
    takes=(("units", "int", "H, the size of the state"), ("features", "int", "F, the size of one timestep's input")),
    returns=(Output("n", None, "the number of weights, an int: what layer.count_params() returns", COUNT),),
    draw=_draw,
    reference=lambda a: (_layer(a).count_params(),),
    example=lambda: {"units": 2, "features": 3},
    hints=(
        "Count one gate first: how many numbers does it multiply with the input, how many with h, and how many "
        "does it add?",
        "Look at the shapes of one gate's three arrays, W, U and b. F and H appear in them; does the number of "
        "timesteps?",
        "n = 4 * (features * ... + units * ... + ...)",
    ),
    answer=(parameter_count,),
    keras=_keras,
    wrong_answers=(
        Wrong(
            lambda units, features: 4 * (features * units + units * units),
            "bias-missing",
            "The biases are missing: one for each unit of each gate.",
            f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: 4 * (features * units + units * units + 2 * units),
            "torch-two-biases",
            "That counts two biases per unit of each gate, as PyTorch stores them; Keras has one.",
            f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: 4 * (features * units + units),
            sentence="The recurrent weights are missing: each gate also sees the previous output, units * units.",
            fix=f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: 4 * (features * units + units + units),
            sentence="Each gate multiplies all of the previous output by a matrix: units * units, not units.",
            fix=f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: features * units + units * units + units,
            sentence="That is one gate; an LSTM has four.",
            fix=f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: 3 * (features * units + units * units + units),
            sentence="That is three gates, a GRU; an LSTM has four.",
            fix=f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: 4 * (features * units + units * units + 1),
            sentence="One bias per gate is too few: every unit has its own.",
            fix=f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: 4 * (features * units + units * units) + units,
            sentence="That counts the biases of one gate only; each of the four has `units` of them.",
            fix=f"n = {_COUNT}",
        ),
        Wrong(
            lambda units, features: 4 * (features * units + features * features + features),
            sentence="Units and features are swapped in the recurrent part and in the biases: the state has `units` "
            "numbers, and so has each gate's bias.",
            fix=f"n = {_COUNT}",
        ),
    ),
)


# --- the blocks of a kernel -----------------------------------------------------------------------------------------


def split_kernel(kernel, units):
    W_i = kernel[:, :units]
    W_f = kernel[:, units : 2 * units]
    W_g = kernel[:, 2 * units : 3 * units]
    W_o = kernel[:, 3 * units :]
    return W_i, W_f, W_g, W_o


def _draw_kernel(rng, k):
    features, units = [(8, 3), (5, 2), (3, 6), (4, 5)][k]
    return {"kernel": normal(rng, features, 4 * units), "units": units}


def _cut(a):
    """The blocks, cut by the layer that holds them: each gate's sums for inputs that are 1 in one feature."""
    kernel, units = a["kernel"], a["units"]
    layer = LSTM(units, use_bias=False)
    layer.build((None, None, len(kernel)))
    layer.set_weights([kernel, np.zeros((units, 4 * units))])
    z = layer.trace(np.eye(len(kernel))[:, None]).z[:, 0]
    return tuple(np.split(z, 4, axis=-1))


_BLOCKS = "W_i, W_f, W_g, W_o = np.split(kernel, 4, axis=1)"


def _in_order(order):
    def answer(kernel, units):
        blocks = np.split(kernel, 4, axis=1)
        return tuple(blocks[order.index(gate)] for gate in GATES)

    return Wrong(
        answer,
        f"gate-order:{','.join(order)}",
        f"Your blocks come out in the order {', '.join(GATES[order.index(gate)] for gate in GATES)}; "
        "Keras packs them i, f, g, o, and that order is expected.",
        _BLOCKS,
    )


SPLIT_KERNEL = Exercise(
    name="split_kernel",
    title="where are W_i, W_f, W_g and W_o?",
    idea="Keras keeps the weights of the four gates in one array, side by side: blocks of `units` columns, in the "
    "order i, f, g, o (Keras's own code calls g c). Cut it into the four.",
    takes=(
        ("kernel", "(F, 4*units)", "an LSTM's kernel, layer.get_weights()[0]"),
        ("units", "int", "how many units the layer has"),
    ),
    returns=tuple(Output(f"W_{gate}", ("feature", "unit"), f"(F, units), of the {NAMES[gate]}") for gate in GATES),
    draw=_draw_kernel,
    reference=_cut,
    example=lambda: {"kernel": array(np.arange(1, 13), np.arange(21, 33)), "units": 3},
    hints=(
        "Every block is as tall as the kernel and a quarter as wide. So which of the two axes do you cut?",
        "Look at the part after the comma, kernel[:, start:end]. Block k begins at column k * units; the "
        "blocks come in the order i, f, g, o.",
        "start, end = ..., ...            # of f, the second block\nW_f = kernel[:, start:end]",
    ),
    answer=(split_kernel,),
    wrong_answers=(
        *map(_in_order, list(permutations(GATES))[1:]),
        Wrong(
            lambda kernel, units: tuple(np.split(kernel, 4, axis=0)),
            "kernel-reshaped:cut-across",
            "You cut the rows, which are the features; the gates lie side by side, in columns.",
            _BLOCKS,
        ),
        Wrong(
            lambda kernel, units: tuple(kernel[:, k::4] for k in range(4)),
            "kernel-reshaped:interleaved",
            "You take every fourth column; a gate's columns are next to each other.",
            _BLOCKS,
        ),
        Wrong(
            lambda kernel, units: tuple(kernel[k * units : (k + 1) * units] for k in range(4)),
            sentence="kernel[a:b] takes rows, which are the features; the gates lie side by side, in columns.",
            fix="W_i = kernel[:, :units]   # and so on",
        ),
        Wrong(
            lambda kernel, units: tuple(kernel[:, k : k + units] for k in range(4)),
            sentence="Each block begins one column after the one before; a block is `units` columns wide.",
            fix="W_f = kernel[:, units : 2 * units]",
        ),
        Wrong(
            lambda kernel, units: tuple(kernel[:, : (k + 1) * units] for k in range(4)),
            sentence="Every slice begins at column 0; each block begins where the one before it ends.",
            fix="W_f = kernel[:, units : 2 * units]",
        ),
        Wrong(
            lambda kernel, units: tuple(kernel.reshape(4, -1, units)),
            sentence="A reshape reads row after row, but a block is a few columns of every row.",
            fix=_BLOCKS,
        ),
        Wrong(
            lambda kernel, units: tuple(block.T for block in np.split(kernel, 4, axis=1)),
            "kernel-transposed",
            "The blocks are the right ones, but transposed.",
            _BLOCKS,
        ),
        Wrong(
            lambda kernel, units: (
                kernel[:, :units],
                kernel[:, units : 2 * units],
                kernel[:, 2 * units : 3 * units],
                kernel[:, 3 * units : -1],
            ),
            sentence="The last block loses a column: a slice that goes to the end is written [:, 3*units:].",
            fix="W_o = kernel[:, 3 * units :]",
        ),
        *(
            Wrong(
                lambda kernel, units, end=end: (kernel[:, :2], kernel[:, 2:4], kernel[:, 4:6], kernel[:, 6:end]),
                sentence="You cut blocks of 2 columns whatever the layer: a block has `units` columns.",
                fix="W_f = kernel[:, units : 2 * units]",
            )
            for end in (8, None)
        ),
    ),
)


# --- the bias, from outside -----------------------------------------------------------------------------------------


def read_bias(z, x_t, h, kernel, recurrent_kernel):
    b = z - x_t @ kernel - h @ recurrent_kernel  # the same in every row
    return b[0]


def _draw_sums(rng, k):
    batch, features, units = [(3, 4, 2), (2, 5, 3), (4, 3, 5), (5, 6, 4)][k]
    a = {"x_t": normal(rng, batch, features), "h": normal(rng, batch, units, scale=0.7)}
    w = weights(rng, features, units, 4)
    z = a["x_t"] @ w["kernel"] + a["h"] @ w["recurrent_kernel"] + w.pop("bias")
    return {"z": z, **a, **w}


def _left_over(a):
    z, x_t, h, kernel, recurrent_kernel = (a[name].astype(np.float64) for name in a)
    return ((z - x_t @ kernel - h @ recurrent_kernel).mean(axis=0),)


def _left_by_keras(keras, a):
    ops = keras.ops
    left = a["z"] - ops.matmul(a["x_t"], a["kernel"]) - ops.matmul(a["h"], a["recurrent_kernel"])
    return (numbers(ops.mean(left, axis=0)),)


_LEFT = "b = z - x_t @ kernel - h @ recurrent_kernel"


def _recorded():
    a = {
        "x_t": array([1], [-2]),
        "h": array([0.5, -1], [2, 1]),
        "kernel": array([1, 0, -1, 1, 2, -2, 0, 3]),
        "recurrent_kernel": array([2, -1, 0, 1, 0, 1, -2, 0], [0, 1, 1, 0, -1, 0, 2, 1]),
    }
    bias = array(0.5, -1, 2, 0.25, -0.5, 1, 3, -2)
    return {"z": a["x_t"] @ a["kernel"] + a["h"] @ a["recurrent_kernel"] + bias, **a}


READ_BIAS = Exercise(
    name="read_bias",
    title="an LSTM's bias, from its sums",
    idea="The sums of one LSTM step, z = x_t W + h U + b, were recorded, and the bias was lost. Everything else is "
    "there. Find the bias.",
    takes=(
        ("z", "(B, 4H)", "the sums, before any sigmoid or tanh"),
        ("x_t", "(B, F)", "the input of this timestep"),
        ("h", "(B, H)", "the previous output"),
        ("kernel", "(F, 4H)", "W"),
        ("recurrent_kernel", "(H, 4H)", "U"),
    ),
    returns=(Output("b", ("column",), "(4H,), one number per column: the bias"),),
    draw=_draw_sums,
    reference=_left_over,
    example=_recorded,
    hints=(
        "The bias is added once, to the whole sum. What is left of z if you take everything else away?",
        "Look at the rows of what is left: there is one per sequence, and they are equal up to rounding. The "
        "answer has shape (4H,).",
        "left = z - x_t @ ... - ...\nb = ...            # one row of it",
    ),
    answer=(read_bias,),
    keras=_left_by_keras,
    wrong_answers=(
        Wrong(
            lambda z, x_t, h, kernel, recurrent_kernel: (z - x_t @ kernel)[0],
            sentence="What comes from the previous output, h U, is still in it.",
            fix=f"{_LEFT}\nb = b[0]",
        ),
        Wrong(
            lambda z, x_t, h, kernel, recurrent_kernel: (z - h @ recurrent_kernel)[0],
            sentence="What comes from the input, x_t W, is still in it.",
            fix=f"{_LEFT}\nb = b[0]",
        ),
        Wrong(
            lambda z, x_t, h, kernel, recurrent_kernel: (z - x_t @ kernel - h @ recurrent_kernel)[0] / 2,
            "bias-twice",
            "That is half of it: you split the bias between the two products. Keras has one bias and adds it once.",
            f"{_LEFT}\nb = b[0]",
        ),
        Wrong(
            lambda z, x_t, h, kernel, recurrent_kernel: z - x_t @ kernel - h @ recurrent_kernel,
            sentence="Every row of it is the bias; return one of them, because all sequences share it.",
            fix="b = b[0]",
        ),
        Wrong(
            lambda z, x_t, h, kernel, recurrent_kernel: (z - x_t @ kernel - h @ recurrent_kernel).sum(axis=0),
            sentence="You add up the rows, but each of them is already the bias. Take one, or their mean.",
            fix="b = b[0]",
        ),
        Wrong(
            lambda z, x_t, h, kernel, recurrent_kernel: (x_t @ kernel + h @ recurrent_kernel - z)[0],
            sentence="The sign is wrong: the bias is z minus the two products.",
            fix=f"{_LEFT}\nb = b[0]",
        ),
        Wrong(
            lambda z, x_t, h, kernel, recurrent_kernel: (z - x_t @ kernel - h @ recurrent_kernel).mean(axis=1),
            sentence="You average over the columns, but each column has its own bias. It is the rows that are equal.",
            fix="b = b.mean(axis=0)",
        ),
    ),
)


# --- the columns of one unit ----------------------------------------------------------------------------------------


def unit_columns(kernel, units, j):
    return kernel[:, j::units]


def _draw_unit(rng, k):
    features, units, j = [(8, 3, 1), (5, 2, 1), (3, 6, 4), (4, 5, int(rng.integers(1, 5)))][k]
    return {"kernel": normal(rng, features, 4 * units), "units": units, "j": j}


def _of_unit(a):
    return (np.stack([block[:, a["j"]] for block in _cut(a)], axis=1),)


_COLUMNS = "columns = kernel[:, [j, units + j, 2 * units + j, 3 * units + j]]"

UNIT_COLUMNS = Exercise(
    name="unit_columns",
    title="everything that one unit reads with",
    idea="You can cut a kernel by gates. Now cut it by units: unit j has one column in each of the four blocks. Return "
    "these four columns, in the order of the gates.",
    takes=(
        ("kernel", "(F, 4*units)", "an LSTM's kernel, layer.get_weights()[0]"),
        ("units", "int", "how many units the layer has"),
        ("j", "int", "the number of the unit, from 0"),
    ),
    returns=(Output("columns", ("feature", "gate"), "(F, 4), unit j's weights in i, f, g and o"),),
    draw=_draw_unit,
    reference=_of_unit,
    example=lambda: {"kernel": array(np.arange(12), np.arange(20, 32)), "units": 3, "j": 2},
    hints=(
        "In a layer with 3 units, what are the numbers of the four columns that belong to unit 1?",
        "Look at the distance between these four numbers: it is always the same. A slice start::step takes every "
        "step-th column; a list of four numbers works as well.",
        "first, distance = ..., ...\ncolumns = kernel[:, first::distance]",
    ),
    answer=(unit_columns,),
    wrong_answers=(
        Wrong(
            lambda kernel, units, j: kernel[:, 4 * j : 4 * j + 4],
            sentence="You take four columns next to each other; the columns of one unit are `units` apart.",
            fix=_COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[:, j : j + 4],
            sentence="You take four columns next to each other; the columns of one unit are `units` apart.",
            fix=_COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[:, j::4],
            sentence="You take every fourth column; the columns of one unit are `units` apart.",
            fix=_COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[:, j * units : (j + 1) * units],
            sentence="That is a whole block, so one gate of all units; take one unit of all gates.",
            fix=_COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[j::units],
            sentence="kernel[a:b] takes rows, which are the features; the units are in the columns.",
            fix=_COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[:, j],
            sentence="That is the unit's column in the input gate only; there are three more.",
            fix=_COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[:, j::units].T,
            "kernel-transposed",
            "One row per feature and one column per gate is expected; you have it the other way round.",
            _COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[:, j - 1 :: units],
            sentence="That is the unit before: units are counted from 0.",
            fix=_COLUMNS,
        ),
        Wrong(
            lambda kernel, units, j: kernel[:, [j, units + j, 3 * units + j, 2 * units + j]],
            sentence="The last two are swapped: the order of the gates is i, f, g, o.",
            fix=_COLUMNS,
        ),
    ),
)
