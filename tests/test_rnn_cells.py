"""keras.layers.RNN over cells that we know: one cell is our layer of its kind, a stack of cells is a StackedRNN."""

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers import (
    BOUNDED,
    MASKS,
    MILD,
    B,
    F,
    H,
    T,
    assert_close,
    keras,
    mask_of,
    randomise,
    rng_of,
    sequences,
    tape_gradients,
)
from hypothesis import given, settings

import lstm_edu as le

TOLERANCE = {"float32": (2e-6, 2e-5), "float64": (1e-11, 1e-9)}
STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}


@st.composite
def cell_configs(draw, kinds=("SimpleRNN", "GRU", "LSTM")):
    kind = draw(st.sampled_from(kinds))
    config = {"units": draw(st.integers(1, 5)), "activation": draw(st.sampled_from(MILD))}
    config["use_bias"] = draw(st.booleans())
    if kind != "SimpleRNN":
        config["recurrent_activation"] = draw(st.sampled_from(BOUNDED))
    if kind == "GRU":
        config["reset_after"] = draw(st.booleans())
    return kind, config


@st.composite
def situations(draw, cells):
    flags = ("return_sequences", "return_state", "go_backwards", "zero_output_for_mask", "unroll")
    config = {flag: draw(st.booleans()) for flag in flags}
    if config["unroll"] and config["go_backwards"]:
        config["zero_output_for_mask"] = False  # Keras zeroes other steps than the masked ones
    return {
        "cells": draw(st.lists(cell_configs(), min_size=cells[0], max_size=cells[1])),
        "config": config,
        "sizes": draw(st.permutations(range(1, 7)))[:3],
        "mask": draw(st.sampled_from(MASKS)),
        "initial_state": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**16)),
    }


def cells_of(configs, dtype):
    made = [getattr(keras().layers, f"{kind}Cell")(**config, dtype=dtype) for kind, config in configs]
    return made[0] if len(made) == 1 else keras().layers.StackedRNNCells(made, dtype=dtype)


def start_of(rng, configs, batch, dtype):
    """Random initial states: a list for one cell, a list of lists for several."""
    nested = [
        [rng.standard_normal((batch, config["units"])).astype(dtype) for _ in range(STATES[kind])]
        for kind, config in configs
    ]
    return nested[0] if len(nested) == 1 else nested


def built(situation, dtype, rng):
    batch, timesteps, features = situation["sizes"]
    layer = keras().layers.RNN(cells_of(situation["cells"], dtype), dtype=dtype, **situation["config"])
    layer.build((None, timesteps, features))
    start = start_of(rng, situation["cells"], batch, dtype) if situation["initial_state"] else None
    x = sequences(rng, batch, timesteps, features, dtype)
    return randomise(layer, rng), x, mask_of(situation["mask"], rng, batch, timesteps), start


def flat(structure):
    return [np.asarray(a) for a in keras().tree.flatten(structure)]


def assert_same(layer, x, mask, start, dtype):
    """What a call returns, in the same nest of lists; and everything inside."""
    mine, call = le.from_keras(layer), {} if start is None else {"initial_state": start}
    got, want = mine(x, mask=mask, **call), layer(x, mask=mask, **call)
    assert isinstance(got, tuple) == isinstance(want, (tuple, list))
    if isinstance(got, tuple):
        assert [len(g) if isinstance(g, list) else 0 for g in got] == [
            len(w) if isinstance(w, list) else 0 for w in want
        ]
    for k, (a, b) in enumerate(zip(flat(got), flat(want), strict=True)):
        assert a.dtype == dtype
        assert_close(a, b, *TOLERANCE[dtype], f"output {k}")
    theirs = le.keras_bridge.keras_trace(layer, x, mask, start)
    own = mine.trace(x, mask=mask, **call)
    pairs = list(zip(all_of(own), all_of(theirs), strict=True))
    for (name, a), (other, b) in pairs:
        assert name == other
        assert_close(a, b, *TOLERANCE[dtype], name)
    return mine, pairs


def all_of(trace, prefix=""):
    yield from ((prefix + name, trace[name]) for name in trace.names)
    for name, child in trace.children.items():
        yield from all_of(child, f"{prefix}{name}/")
        yield f"{prefix}{name} time", child.time


@given(situations((1, 1)), st.sampled_from(["float32", "float64"]))
@settings(max_examples=12)
def test_one_cell_is_the_layer_of_its_kind(situation, dtype):
    layer, x, mask, start = built(situation, dtype, rng_of(situation["seed"]))
    mine, _ = assert_same(layer, x, mask, start, dtype)
    ((kind, config),) = situation["cells"]
    assert type(mine).__name__ == kind and mine.name == layer.name
    for name, value in config.items():
        assert (getattr(mine, name).name if "activation" in name else getattr(mine, name)) == value


@given(situations((2, 3)), st.sampled_from(["float32", "float64"]))
@settings(max_examples=12)
def test_a_stack_of_cells_equals_keras_with_everything_inside(situation, dtype):
    """At a masked step every cell's states are carried over, and the one above still reads what was computed."""
    layer, x, mask, start = built(situation, dtype, rng_of(situation["seed"], 1))
    mine, pairs = assert_same(layer, x, mask, start, dtype)
    assert isinstance(mine, le.StackedRNN) and len(pairs) >= 2 * 4
    assert [type(cell).__name__ for cell in mine.cells] == [kind for kind, _ in situation["cells"]]


@given(situations((2, 3)))
@settings(max_examples=10)
def test_gradients_of_a_stack_equal_tensorflow(situation):
    situation["config"]["unroll"] = False
    rng = rng_of(situation["seed"], 2)
    layer, x, mask, start = built(situation, "float64", rng)
    mine = le.from_keras(layer)
    trace = mine.trace(x, mask=mask, **({} if start is None else {"initial_state": start}))
    outputs = flat(trace.output)
    d_out = [rng.standard_normal(y.shape) for y in outputs]
    grads = mine.backward(trace, d_out[0], d_out[1:] or None)
    states = [] if start is None else [s for one in start for s in one]
    want = nested_tape_gradients(layer, [x, *states], d_out, mask, mine)
    got = [*grads.weights, grads.x, *(grads.initial_state if states else [])]
    names = [*mine.weight_names, "x", *mine.state_names]
    for name, a, b in zip(names, got, want, strict=False):
        assert_close(a, b, 1e-10, 1e-8, f"gradient of {name}")
    assert len(got) == len(want)


def nested_tape_gradients(layer, inputs, d_out, mask, mine):
    """tape_gradients of a layer whose states are nested."""

    class Flat:
        def __init__(self):
            self.trainable_weights = layer.trainable_weights

        def __call__(self, x, mask=None, initial_state=None):
            given = {} if initial_state is None else {"initial_state": mine.per_cell(initial_state)}
            output = layer(x, mask=mask, **given)
            flattened = keras().tree.flatten(output)
            return tuple(flattened) if len(flattened) > 1 else flattened[0]

    return tape_gradients(Flat(), inputs, d_out, mask)


CELLS = [("LSTM", {"units": 4}), ("GRU", {"units": 3, "reset_after": False}), ("SimpleRNN", {"units": 2})]


@pytest.mark.parametrize(
    ("count", "sequences_too", "merge_mode"),
    [(1, False, None), (1, True, "concat"), (2, False, "concat"), (2, True, None)],
)
def test_both_directions(count, sequences_too, merge_mode):
    rng = rng_of(count, sequences_too)
    inner = keras().layers.RNN(cells_of(CELLS[:count], None), return_state=True, return_sequences=sequences_too)
    layer = keras().layers.Bidirectional(inner, merge_mode=merge_mode)
    layer.build((None, T, F))
    randomise(layer, rng)
    start = [start_of(rng, CELLS[:count], B, "float32") for _ in range(2)]
    for mask, states in (
        (None, None),
        (mask_of("interior", rng), None),
        (mask_of("full row", rng), start[0] + start[1]),
    ):
        assert_same(layer, sequences(rng), mask, states, "float32")


def test_a_stateful_stack_goes_on_from_where_it_stopped():
    rng = rng_of(3)
    layer = keras().layers.RNN(cells_of(CELLS, None), stateful=True, return_sequences=True)
    layer.build((B, T, F))
    randomise(layer, rng)
    x = sequences(rng)
    mine = le.from_keras(layer)
    for _ in range(2):
        assert_close(mine(x), np.asarray(layer(x)), *TOLERANCE["float32"], "output")
    for a, b in zip(mine.states, flat(layer.states), strict=True):
        assert_close(a, b, *TOLERANCE["float32"], "state")
    before = flat(layer.states)
    report = le.verify(layer, x)  # from the states that it has now, and they stay
    assert report and report.layers[0].ours.initial_state[1].any()
    assert all((a == b).all() for a, b in zip(flat(layer.states), before, strict=True))
    again = le.from_keras(layer)
    assert_close(again(x), np.asarray(layer(x)), *TOLERANCE["float32"], "output")
    again.reset_state()
    assert not any(s.any() for s in again.states)


def model_of_cells(rng):
    layers = keras().layers
    model = keras().Sequential(
        [
            keras().Input((T, F)),
            layers.RNN([layers.LSTMCell(4, name="low"), layers.GRUCell(3, name="high")], return_sequences=True),
            layers.RNN(layers.SimpleRNNCell(4, dropout=0.5, recurrent_dropout=0.25)),
            layers.Dense(2),
        ]
    )
    return randomise(model, rng)


def test_a_model_is_verified_with_its_gradients_and_parameters():
    rng = rng_of(4)
    model, x = model_of_cells(rng), sequences(rng)
    report = le.verify(model, x, rng.standard_normal((B, 2)).astype("float32"), loss="mse").check()
    stack, simple, _ = report.layers
    assert (stack.kind, simple.kind) == ("StackedRNN", "SimpleRNN")
    names = [row.name for row in stack.report.rows]
    assert {"low/z", "low/f", "low/c", "high/a", "high/r", "high/h", "output"} <= {*names}
    assert "low 160 = 4 (5·4 + 4·4 + 4)" in stack.parameters and "high 81 = 3 (" in stack.parameters
    assert len(report.gradients.rows) >= 3 + 3 + 3 + 2


def test_a_graph_around_a_stack_that_returns_its_states():
    layers, rng = keras().layers, rng_of(10)
    x = keras().Input((T, F))
    y, low, high = layers.RNN([layers.LSTMCell(4), layers.LSTMCell(3)], return_state=True)(x)
    again = layers.RNN([layers.LSTMCell(4), layers.LSTMCell(3)], return_sequences=True)(x, initial_state=[low, high])
    model = randomise(keras().Model(x, [layers.add([y, *high]), again]), rng)
    report = le.verify(model, sequences(rng)).check()
    assert [layer.kind for layer in report.layers] == ["StackedRNN", "StackedRNN"]
    assert report.layers[1].ours.initial_state[2].any() and len(report.whole.rows) == 2


def test_a_mistake_in_an_upper_cell_is_found_there(monkeypatch):
    rng = rng_of(5)
    model, x = model_of_cells(rng), sequences(rng)
    wrong = le.from_keras(model)
    weights = wrong.get_weights()
    weights[4] = np.roll(weights[4], 3, axis=1)  # the gates of the recurrent kernel of "high"
    wrong.set_weights(weights)
    report = le.verify(model, x, ours=wrong)
    assert not report and report.first.quantity == "high/a" and report.first.timestep == 1


def test_the_doctor_names_a_mistake_inside_a_stack():
    rng = rng_of(6)
    layer = keras().layers.RNN([keras().layers.LSTMCell(4, name="low"), keras().layers.GRUCell(3, name="high")])
    layer.build((None, T, F))
    randomise(layer, rng)
    x, mine = sequences(rng), le.from_keras(layer)
    assert le.diagnose(mine(x), layer, x).cause is None
    wrong = mine.copy()
    wrong.build((None, None, F))
    kernel, recurrent, bias, *high = mine.get_weights()
    swapped = [
        np.concatenate([np.split(w, 4, -1)[k] for k in (0, 2, 1, 3)], axis=-1) for w in (kernel, recurrent, bias)
    ]
    wrong.set_weights([*swapped, *high])
    found = le.diagnose(wrong(x), layer, x)
    assert found.cause == "gate-order:igfo" or "gate-order" in found.cause


def test_explorers_show_one_cell_as_its_layer_and_a_stack_cell_by_cell():
    rng = rng_of(7)
    x = sequences(rng)
    one = keras().layers.RNN(keras().layers.LSTMCell(H), return_sequences=True)
    one(x)
    assert type(le.explore(one, x)).__name__ == "LSTMExplorer"
    both = le.explore(model_of_cells(rng), x)
    assert [tab.split("/")[-1] for tab in both.layers[:2]] == ["low", "high"]


# --- what is refused ------------------------------------------------------------------------------------------------


def test_a_cell_of_ones_own_is_named():
    class Mine(keras().layers.LSTMCell):
        pass

    layers = keras().layers
    for cell in (Mine(3, name="mine"), layers.StackedRNNCells([layers.GRUCell(3), Mine(3, name="mine")])):
        layer = layers.RNN(cell)
        layer.build((None, T, F))
        with pytest.raises(ValueError, match="'mine' of class .* Mine, which may compute anything; cells that can be"):
            le.from_keras(layer)
    model = keras().Sequential([keras().Input((T, F)), layer, layers.Dense(2)])
    report = le.verify(model, sequences(rng_of(8)))
    assert [one.name for one in report.passed] == [layer.name] and "may compute anything" in report.passed[0].why


def test_a_subclass_of_rnn_is_refused():
    class Mine(keras().layers.RNN):
        pass

    layer = Mine(keras().layers.LSTMCell(3))
    layer.build((None, T, F))
    with pytest.raises(ValueError, match="subclass of RNN"):
        le.from_keras(layer)


def test_dtypes_that_keras_casts_between_are_refused():
    layers = keras().layers
    layer = layers.RNN(layers.LSTMCell(3, dtype="float64"))
    layer.build((None, T, F))
    with pytest.raises(ValueError, match="Give both the same dtype"):
        le.from_keras(layer)
    # Keras makes StackedRNNCells of a list, and gives it its default dtype.
    layer = layers.RNN([layers.LSTMCell(3, dtype="float64"), layers.GRUCell(2, dtype="float64")], dtype="float64")
    layer.build((None, T, F))
    with pytest.raises(ValueError, match=r"RNN\(StackedRNNCells\(cells, dtype='float64'\)"):
        le.from_keras(layer)


@pytest.mark.parametrize(
    ("cells", "error", "message"),
    [
        ([], TypeError, "needs a list of SimpleRNN, GRU or LSTM"),
        (le.LSTM(2), TypeError, "needs a list"),
        ([le.LSTM(2), le.Dense(2)], TypeError, "cell 1 must be a SimpleRNN, GRU or LSTM, got Dense"),
        ([le.LSTM(2, return_sequences=True)], ValueError, "return_sequences=True, which belongs to the whole"),
        ([le.LSTM(2), le.GRU(2, dtype="float64")], ValueError, "must have the stack's dtype, float32, got float64"),
    ],
)
def test_stacks_that_are_refused(cells, error, message):
    with pytest.raises(error, match=message):
        le.StackedRNN(cells)


def test_states_of_the_wrong_number_are_refused():
    stack = le.StackedRNN([le.LSTM(4, name="low"), le.GRU(3, name="high")], return_state=True)
    stack.build((None, None, F))
    x = sequences(rng_of(9))
    with pytest.raises(ValueError, match=r"3 arrays \[low/h, low/c, high/h\], or one list for each.* got 2"):
        stack(x, initial_state=[np.zeros((B, 4)), np.zeros((B, 3))])
    y, low, high = stack(x, initial_state=[np.ones((B, 4)), np.ones((B, 4)), np.ones((B, 3))])
    again = stack(x, initial_state=[[np.ones((B, 4)), np.ones((B, 4))], [np.ones((B, 3))]])
    assert (again[0] == y).all() and len(low) == 2 and (high[0] == y).all()


def test_seeds_differ_from_cell_to_cell_and_from_way_to_way():
    both = le.Bidirectional(le.StackedRNN([le.GRU(3), le.GRU(3)], seed=1))
    both.build((None, None, 3))
    kernels = [cell.kernel for way in both.inner.values() for cell in way.cells]
    assert len({k.tobytes() for k in kernels}) >= 3


def test_the_shapes_of_the_states_of_two_directions_are_those_of_their_cells():
    stack = le.StackedRNN([le.LSTM(3, name="low"), le.GRU(2, name="high")], return_state=True, seed=1)
    both = le.Bidirectional(stack)
    both.build((4, 5, 6))
    returned = both.trace(np.ones((4, 5, 6))).output
    assert both.compute_output_shape((4, 5, 6)) == tuple(a.shape for a in returned)
    assert [a.shape[1] for a in returned] == [4, 3, 3, 2, 3, 3, 2]
