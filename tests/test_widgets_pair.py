"""The side-by-side explorer on Python's side: what it takes, refuses and sends. What it draws is in tests/browser."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.widgets import _base

RNG = np.random.default_rng(37)
B, T, F, H = 3, 8, 4, 5
X = RNG.normal(size=(B, T, F)).astype("float32")


def made(kind=le.LSTM, units=H, **flags):
    layer = kind(units, **{"return_sequences": True} | flags)
    layer.build((None, None, F))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def received(explorer):
    found = {}
    for name, place in explorer._spec["arrays"].items():
        count = int(np.prod(place["shape"]))
        flat = np.frombuffer(explorer._data, dtype=place["dtype"], count=count, offset=place["offset"])
        found[name] = flat.reshape(place["shape"])
    return found


def test_both_runs_travel_exactly():
    layer = made()
    right, wrong = layer.trace(X), le.doctor.mistaken_trace(layer, "bias-missing", X)
    explorer = le.explore_pair(right, wrong, names=("right", "without bias"))
    sent = received(explorer)
    assert explorer._spec["quantities"] == ["z_i", "z_f", "z_g", "z_o", "i", "f", "g", "o", "c", "h"]
    for name in "ifgoch":
        np.testing.assert_array_equal(sent[f"a/{name}"], right[name])
        np.testing.assert_array_equal(sent[f"b/{name}"], wrong[name])
    np.testing.assert_array_equal(sent["b/z_o"], wrong.z[:, :, 3 * H :])
    assert [d["quantity"] for d in explorer.divergences] == ["z_i"] * B
    assert (explorer.quantity, explorer.t) == ("h", 0)


def test_a_run_beside_itself_agrees():
    trace = made().trace(X)
    explorer = le.explore_pair(trace, trace)
    assert explorer.divergences == [None] * B
    assert explorer._spec["differing"] == [[]] * B


def test_the_tabs_know_in_which_sequences_the_runs_differ():
    layer = made()
    x = X.copy()
    x[2, 4] += 1
    explorer = le.explore_pair(layer.trace(X), layer.trace(x), other_x=True)
    assert [bool(names) for names in explorer._spec["differing"]] == [False, False, True]
    assert explorer.divergences[2]["t"] == 4
    assert explorer.divergences[2]["quantity"] == "x"


def test_two_layers_are_run_on_the_same_input():
    lstm, gru, mask = made(), made(le.GRU), RNG.random((B, T)) < 0.7
    explorer = le.explore_pair(lstm, gru, X, mask=mask, names=("LSTM", "GRU"))
    sent = received(explorer)
    assert explorer._spec["quantities"] == ["g", "h"]
    np.testing.assert_array_equal(sent["a/h"], lstm.trace(X, mask).h)
    np.testing.assert_array_equal(sent["b/h"], gru.trace(X, mask).h)
    np.testing.assert_array_equal(sent["a/counts"].astype(bool), mask)
    np.testing.assert_array_equal(sent["b/counts"].astype(bool), mask)
    start = [RNG.normal(size=(B, H)) for _ in "hc"]
    sent = received(le.explore_pair(lstm, made(), X, initial_state=start))
    np.testing.assert_array_equal(sent["a/c"], lstm.trace(X, initial_state=start).c)


def test_both_runs_have_one_scale():
    layer = made()
    spec = le.explore_pair(layer.trace(X), le.doctor.mistaken_trace(layer, "bias-missing", X))._spec
    assert spec["scales"]["f"] == {"kind": "from zero", "low": 0.0, "high": 1.0}
    strange = le.doctor.mistaken_trace(layer, "candidate-activation:tanh-on-f", X)  # a forget gate below zero
    scale = le.explore_pair(layer.trace(X), strange)._spec["scales"]["f"]
    assert scale["kind"] == "signed"


def test_places_and_quantities_can_be_chosen():
    explorer = le.explore_pair(made(), made(), X, quantities=["c", "f"], t=3, unit=2, batch=1)
    assert explorer._spec["quantities"] == ["f", "c"]  # in the order of computation
    assert (explorer.quantity, explorer.t, explorer.unit, explorer.batch) == ("c", 3, 2, 1)
    explorer.goto(quantity="f", t=7)
    with pytest.raises(ValueError, match="quantity must be one of f, c, got 'h'"):
        explorer.goto(quantity="h", t=0)
    assert (explorer.quantity, explorer.t) == ("f", 7)


def test_numbers_that_are_not_finite_can_be_sent():
    import json

    x = X.copy()
    x[0, 2, 1] = np.nan
    explorer = le.explore_pair(made(), made(), x)
    json.dumps(explorer._spec, allow_nan=False)
    layer = made()
    other = le.explore_pair(layer.trace(X), layer.trace(x), other_x=True)
    json.dumps(other._spec, allow_nan=False)
    assert other.divergences[0] == {"t": 2, "quantity": "x", "unit": 1, "a": float(X[0, 2, 1]), "b": None}


def test_of_a_large_batch_as_much_travels_as_fits(monkeypatch):
    monkeypatch.setattr(_base, "MAX_BYTES", 30_000)
    explorer = le.explore_pair(made(), made(), RNG.normal(size=(60, T, F)))
    assert 1 < explorer._spec["rows"] < 60
    assert len(explorer._data) <= 30_000 + 8 * 20
    assert len(explorer.divergences) == explorer._spec["rows"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: le.explore_pair(made(), made()), ValueError, "needs an input to run 'lstm' on"),
        (lambda: le.explore_pair(made().trace(X), made().trace(X), X), ValueError, "takes no x"),
        (lambda: le.explore_pair(made().trace(X), made().trace(X), mask=X[..., 0] > 0), ValueError, "takes no mask"),
        (lambda: le.explore_pair(made().trace(X), 3), TypeError, "two Traces .* or two layers .* got int"),
        (lambda: le.explore_pair(made().trace(X), made().trace(X + 1)), ValueError, "x differs at sequence 0, step 0"),
        (lambda: le.explore_pair(made(), made(units=7), X), ValueError, "no quantity in common"),
        (lambda: le.explore_pair(made(), made(), X, quantities=["q"]), ValueError, "quantities must be some of"),
        (lambda: le.explore_pair(made(), made(), X, names="ab"), ValueError, "names must be two strings"),
        (lambda: le.explore_pair(made(), made(), X, names=("a", "a")), ValueError, "different names, got 'a' twice"),
        (lambda: le.explore_pair(made(), made(), X, names=("a", 3)), ValueError, "names must be two strings"),
        (lambda: le.explore_pair(made(), made(), X, t=T), ValueError, "t must be from 0 to 7"),
        (lambda: le.explore_pair(made(), made(), X[:, :0]), ValueError, "at least one timestep"),
        (lambda: le.explore_pair(le.Dense(3), made(), X), ValueError, "has no weights yet"),
    ],
)  # fmt: skip
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_keras_layers_are_converted():
    keras = pytest.importorskip("keras")
    layers = [keras.layers.LSTM(H, return_sequences=True), keras.layers.GRU(H, return_sequences=True)]
    for layer in layers:
        layer.build((None, T, F))
    sent = received(le.explore_pair(*layers, X, names=("LSTM", "GRU")))
    np.testing.assert_allclose(sent["b/h"], np.asarray(layers[1](X)), atol=1e-5)
