"""The gradient explorer on Python's side: what it takes, refuses and sends. What it draws is in tests/browser."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.core.gradient_flow import flow
from lstm_edu.widgets import _base

RNG = np.random.default_rng(29)
B, T, F, H = 3, 8, 4, 5
X = RNG.normal(size=(B, T, F)).astype("float32")


def made(kind=le.LSTM, units=H, **flags):
    layer = kind(units, **flags)
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


def test_the_numbers_are_those_that_backward_recorded():
    layer, dy = made(return_sequences=True), RNG.normal(size=(B, T, H))
    sent = received(le.explore_gradients(layer, X, dy))
    trace = layer.trace(X)
    grads = layer.backward(trace, dy)
    for name, array in (("0/d_c", grads.trace.c), ("0/d_h", grads.trace.h), ("0/d_sums", grads.trace.z),
                        ("0/c", trace.c), ("0/h", trace.h), ("0/o", trace.o), ("0/direct", trace.f),
                        ("0/U", layer.recurrent_kernel)):  # fmt: skip
        np.testing.assert_array_equal(sent[name], array, err_msg=name)
    np.testing.assert_array_equal(sent["0/own"], dy.astype("float32"))
    np.testing.assert_allclose(sent["0/d_sums"].sum(axis=(0, 1)), grads.weights[2], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sum_that_is_printed_is_the_recorded_gradient(dtype):
    """dL/dc_t = dL/dh_t · o · tanh'(c_t) + dL/dc_{t+1} · f_{t+1}, from what travels."""
    explorer = le.explore_gradients(made(dtype=dtype, return_sequences=True), X, RNG.normal(size=(B, T, H)))
    sent = {name: array.astype("float64") for name, array in received(explorer).items()}
    kept = np.zeros((B, T, H))
    kept[:, :-1] = sent["0/d_c"][:, 1:] * sent["0/direct"][:, 1:]
    total = sent["0/d_h"] * sent["0/o"] * sent["0/slope"] + kept
    np.testing.assert_allclose(total, sent["0/d_c"], rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-6)


def test_none_is_the_sum_of_the_last_output():
    for flags in ({}, {"return_sequences": True}, {"return_state": True}):
        sent = received(le.explore_gradients(made(**flags), X))
        np.testing.assert_array_equal(sent["0/d_h"][:, -1], 1)
        assert "0/own" not in sent  # nothing before the last step
    assert le.explore_gradients(made(), X)._spec["given"] is False


def test_a_second_layer_stands_beside_the_first():
    lstm, rnn = made(), made(le.SimpleRNN, units=3)
    explorer = le.explore_gradients(lstm, X, beside=rnn, unit=4)
    assert [layer["kind"] for layer in explorer._spec["layers"]] == ["LSTM", "SimpleRNN"]
    sent, ours = received(explorer), flow(rnn, X)
    np.testing.assert_array_equal(sent["1/d_h"], ours.grads.trace.h)
    np.testing.assert_array_equal(sent["1/direct"], ours.direct)
    np.testing.assert_array_equal(sent["1/norm"], ours.norm)
    dy = RNG.normal(size=(B, H))
    same = received(le.explore_gradients(made(), X, dy, beside=made(le.GRU)))
    np.testing.assert_array_equal(same["1/d_h"][:, -1], dy.astype("float32"))


def test_it_begins_at_the_end():
    explorer = le.explore_gradients(made(), X)
    assert (explorer.t, explorer.unit, explorer.batch) == (T - 1, 0, 0)
    assert le.explore_gradients(made(), X, t=0).t == 0
    explorer.goto(t=2, unit=4, batch=2)
    assert (explorer.t, explorer.unit, explorer.batch) == (2, 4, 2)
    with pytest.raises(ValueError, match="t must be from 0 to 7"):
        explorer.goto(unit=1, t=8)
    assert (explorer.t, explorer.unit) == (2, 4)


def test_it_shows_as_much_as_is_asked_for():
    assert le.explore_gradients(made(), X).show == "all"
    for level in ("size", "path", "all"):
        explorer = le.explore_gradients(made(), X, show=level)
        assert explorer.show == explorer._spec["show"] == level
        assert list(explorer._spec["levels"]) == ["size", "path", "all"]
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), "show")
    explorer.show = "path"
    with pytest.raises(ValueError, match="show must be .* got 'gates'"):
        explorer.show = "gates"
    assert seen == ["path"] and explorer.show == "path"


def test_masked_steps_and_backwards_time_travel():
    mask = RNG.random((B, T)) < 0.6
    explorer = le.explore_gradients(made(go_backwards=True), X, mask=mask)
    np.testing.assert_array_equal(received(explorer)["counts"].astype(bool), mask[:, ::-1])
    assert explorer._spec["time"] == list(range(T))[::-1]


def test_of_a_large_batch_as_much_travels_as_fits(monkeypatch):
    monkeypatch.setattr(_base, "MAX_BYTES", 30_000)
    layer, x = made(), RNG.normal(size=(60, T, F))
    explorer = le.explore_gradients(layer, x)
    rows = explorer._spec["rows"]
    assert 1 < rows < 60
    assert explorer._spec["layers"][0]["traced"] <= rows
    assert len(explorer._data) < 40_000
    assert "0/U" in received(explorer)
    monkeypatch.setattr(_base, "MAX_BYTES", 1000)
    assert "0/U" not in received(le.explore_gradients(layer, x))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: le.explore_gradients(made().trace(X), X), TypeError, "a trace cannot be run again; give its layer"),
        (lambda: le.explore_gradients("lstm", X), TypeError, "as its layer, got str"),
        (lambda: le.explore_gradients(made(), X, beside=3), TypeError, "as its beside, got int"),
        (lambda: le.explore_gradients(le.Dense(3), X), TypeError, "single LSTM, GRU or SimpleRNN, got Dense"),
        (lambda: le.explore_gradients(le.LSTM(3), X), ValueError, "has no weights yet"),
        (lambda: le.explore_gradients(made(), X[0]), ValueError, "must have shape .batch, timesteps, features."),
        (lambda: le.explore_gradients(made(), X[:, :0]), ValueError, "at least one timestep"),
        (lambda: le.explore_gradients(made(), X[:0]), ValueError, "at least one sequence"),
        (lambda: le.explore_gradients(made(), X, np.ones((B, T, H))), ValueError, "dy must have the shape"),
        (lambda: le.explore_gradients(made(), X, np.ones((B, H)), beside=made(units=3)), ValueError, "omit dy"),
        (lambda: le.explore_gradients(made(), X, unit=H), ValueError, "unit must be from 0 to 4"),
        (lambda: le.explore_gradients(made(), X, t=-1), ValueError, "counting from the end is not supported"),
        (lambda: le.explore_gradients(made(), X, batch=0.5), TypeError, "batch must be a whole number, got 0.5"),
        (lambda: le.explore_gradients(made(activation="softmax"), X), ValueError, "mixes its units"),
        (lambda: le.explore_gradients(made(), X, show="x"), ValueError,
         r"""show must be "size" \(one curve.*\), "path" \(.*\) or "all" \(.*\), got 'x'"""),
        (lambda: le.explore_gradients(made(), X, show="simple"), ValueError, "got 'simple'"),
        (lambda: le.explore_gradients(made(), X, show=None), TypeError, "show must be a string, got None"),
        (lambda: le.explore_gradients(made(), X, show=1), TypeError, r"show must be a string, got 1 \(int\)"),
        (lambda: le.explore_gradients(made(), X, detail="simple"), TypeError, "has no 'detail'.* is set by .*show"),
        (lambda: le.explore_gradients(made(), X, name="mine"), TypeError, "takes no name, got name='mine'"),
    ],
)  # fmt: skip
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_keras_layer_is_converted():
    keras = pytest.importorskip("keras")
    layers = [keras.layers.LSTM(H, return_sequences=True), keras.layers.SimpleRNN(H, return_sequences=True)]
    for layer in layers:
        layer.build((None, T, F))
        layer.set_weights([RNG.normal(size=w.shape) for w in layer.get_weights()])
    explorer = le.explore_gradients(layers[0], X, beside=layers[1])
    ours = le.from_keras(layers[0])
    np.testing.assert_array_equal(received(explorer)["0/d_c"], flow(ours, X).grads.trace.c)
