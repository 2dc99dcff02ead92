"""The explorers of the layers other than the LSTM, on Python's side: what they take, refuse and send."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import widgets
from lstm_edu.plots.layouts import KINDS, layouts
from lstm_edu.widgets import words

RNG = np.random.default_rng(29)
B, T, F, H = 3, 7, 4, 5
X = RNG.normal(size=(B, T, F)).astype("float32")
TOKENS = RNG.integers(0, 11, size=(B, T))


def built(kind, shape, *arguments, **flags):
    layer = getattr(le, kind)(*arguments, **flags)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def received(explorer) -> dict[str, np.ndarray]:
    """The arrays as the page reads them: from one buffer, by the table."""
    found = {}
    for name, place in explorer._spec["arrays"].items():
        count = int(np.prod(place["shape"]))
        flat = np.frombuffer(explorer._data, dtype=place["dtype"], count=count, offset=place["offset"])
        found[name] = flat.reshape(place["shape"])
    return found


LAYERS = {
    "GRU": lambda: built("GRU", (None, None, F), H),
    "GRU, reset before": lambda: built("GRU", (None, None, F), H, reset_after=False, use_bias=False),
    "SimpleRNN": lambda: built("SimpleRNN", (None, None, F), H, return_state=True),
    "Embedding": lambda: built("Embedding", (None, None), 11, H),
    "TimeDistributed": lambda: built("TimeDistributed", (None, None, F), le.Dense(H, "tanh")),
    "TimeDistributed Dropout": lambda: built("TimeDistributed", (None, None, F), le.Dropout(0.3)),
    "Bidirectional": lambda: built("Bidirectional", (None, None, F), le.GRU(H, return_sequences=True)),
    "Masking": lambda: built("Masking", (None, None, F)),
    "Dropout": lambda: built("Dropout", (None, None, F), 0.5),
    "PeepholeLSTM": lambda: built("PeepholeLSTM", (None, None, F), H),
}
EXPLORERS = {
    "GRU": ("RecurrentExplorer", "GRU"),
    "GRU, reset before": ("RecurrentExplorer", "GRU"),
    "SimpleRNN": ("RecurrentExplorer", "SimpleRNN"),
    "Embedding": ("EmbeddingExplorer", "Embedding"),
    "TimeDistributed": ("DenseExplorer", "Dense"),
    "TimeDistributed Dropout": ("LayerExplorer", "TimeDistributed"),
    "Bidirectional": ("ModelExplorer", "Bidirectional"),
    "Masking": ("LayerExplorer", "Masking"),
    "Dropout": ("LayerExplorer", "Dropout"),
    "PeepholeLSTM": ("LayerExplorer", "PeepholeLSTM"),
}


@pytest.mark.parametrize("which", LAYERS)
def test_every_layer_has_the_explorer_that_fits(which):
    layer = LAYERS[which]()
    x = TOKENS if which == "Embedding" else X
    name, kind = EXPLORERS[which]
    for explorer in (le.explore(layer, x), le.explore(layer.trace(x))):
        assert type(explorer).__name__ == name
        assert explorer._spec["kind"] == kind
        assert "needs a notebook" in repr(explorer)


@pytest.mark.parametrize("which", ["GRU", "GRU, reset before", "SimpleRNN"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_recurrent_layers_numbers_and_weights_travel_exactly(which, dtype):
    layer = LAYERS[which]()
    layer = layer.copy(name="other", dtype=dtype)
    layer.build((None, None, F))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    start = [RNG.normal(size=(B, H))]
    trace = layer.trace(X, initial_state=start, mask=RNG.random((B, T)) < 0.7)
    sent = received(le.explore(trace, reference=trace))
    for name in trace.names:
        assert sent[name].dtype == dtype
        np.testing.assert_array_equal(sent[name], trace[name], err_msg=name)
    for name, weight in zip(layer.weight_names, layer.weights, strict=True):
        np.testing.assert_array_equal(sent[name], weight, err_msg=name)
    np.testing.assert_array_equal(sent["h_start"], start[0].astype(dtype))
    np.testing.assert_array_equal(sent["counts"].astype(bool), trace.mask)
    np.testing.assert_array_equal(sent["keras_h"], trace.h)


def test_weights_of_a_run_with_dropout_do_not_travel_for_its_sums_are_others():
    layer = built("GRU", (None, None, F), H, dropout=0.4)
    assert "kernel" in received(le.explore(layer.trace(X)))
    explorer = le.explore(layer.trace(X, training=True))
    assert "kernel" not in received(explorer)
    assert "dropped numbers" in explorer._spec["closed"]


def test_a_grus_letters_are_told_in_their_own_meaning():
    spec = le.explore(LAYERS["GRU"](), X)._spec
    assert spec["letters"]["z"] == {"as": "f", "name": "update gate", "role": "how much of the old state is kept"}
    assert spec["scales"]["z"] == {"kind": "from zero", "low": 0.0, "high": 1.0}
    assert le.explore(LAYERS["SimpleRNN"](), X)._spec["letters"]["z"]["name"] == "sum (pre-activation)"


def test_of_a_large_table_the_rows_that_are_used_travel(monkeypatch):
    layer = LAYERS["Embedding"]()
    tokens = np.array([[3, 10, 3], [-2, 7, 0]])  # -2 counts from the end: 9
    whole = le.explore(layer, tokens)
    np.testing.assert_array_equal(received(whole)["table"], layer.embeddings)
    np.testing.assert_array_equal(received(whole)["ids"], [[3, 10, 3], [9, 7, 0]])
    monkeypatch.setattr(widgets.embedding, "_TABLE_BYTES", 10)
    part = le.explore(layer, tokens)
    sent, kept = received(part), part._spec["kept"]
    assert kept == [0, 3, 7, 9, 10]
    np.testing.assert_array_equal(np.array(kept)[sent["ids"].astype(int)], [[3, 10, 3], [9, 7, 0]])
    np.testing.assert_array_equal(sent["table"], layer.embeddings[kept])


def test_a_dense_in_time_distributed_is_a_dense_with_time():
    layer = LAYERS["TimeDistributed"]()
    explorer = le.explore(layer, X, t=3, edits={"W[1,2]": 4.0, "x[0,3,1]": 2.0})
    trace = layer.trace(X)
    np.testing.assert_array_equal(received(explorer)["y"], trace.y)
    x, kernel = X.copy(), layer.weights[0].copy()
    x[0, 3, 1], kernel[1, 2] = 2.0, 4.0
    np.testing.assert_allclose(explorer.output, np.tanh(x @ kernel + layer.weights[1]), rtol=1e-5)


def test_a_layer_without_anything_inside_tells_what_it_does():
    mask_layer = LAYERS["Masking"]()
    x = X.copy()
    x[1, 2:] = 0
    explorer = le.explore(mask_layer, x)
    assert f"{B * T - 5} of {B * T} steps count" in explorer._spec["says"]
    np.testing.assert_array_equal(received(explorer)["counts"].astype(bool), (x != 0).any(-1))
    drop = LAYERS["Dropout"]()
    assert "Does nothing here" in le.explore(drop, X)._spec["says"]
    trained = drop.trace(X, training=True)
    lost = np.mean(trained.y == 0)
    assert f"{lost:.0%} of the numbers were set to 0" in le.explore(trained)._spec["says"]
    np.testing.assert_array_equal(received(le.explore(trained))["y"], trained.y)
    many_axes = le.explore(drop.trace(X[None, None]))  # nothing to draw, but no error
    assert many_axes._spec["arrays"] == {}


def everything():
    model = le.Sequential(
        [
            le.Embedding(11, 6, mask_zero=True, name="words"),
            le.Dropout(0.2, name="drop"),
            le.Bidirectional(le.LSTM(3, return_sequences=True), name="both"),
            le.GRU(4, return_sequences=True, name="gru"),
            le.SimpleRNN(5, return_sequences=True, name="rnn"),
            le.TimeDistributed(le.Dense(2, "softmax"), name="each"),
        ]
    )
    model.build((None, T))
    model.set_weights([RNG.normal(size=w.shape) for w in model.weights])
    return model


def test_each_layer_of_a_model_gets_the_tab_that_fits():
    model = everything()
    trace = model.trace(TOKENS)
    explorer = le.explore(trace, reference=trace)
    assert explorer.layers == (
        "words", "drop", "both/forward", "both/backward", "both/merged", "gru", "rnn", "each",
    )  # fmt: skip
    specs = explorer._spec["layers"]
    inside = ["Embedding", "plain", "LSTM", "LSTM", "plain", "GRU", "SimpleRNN", "Dense"]
    assert [spec["inside"] for spec in specs] == inside
    assert specs[3]["time"] == list(range(T))[::-1]
    assert specs[7]["kind"] == "TimeDistributed"
    assert (specs[5]["input_shape"], specs[5]["output_shape"]) == (f"({B}, {T}, 6)", f"({B}, {T}, 4)")
    assert all(spec["comparison"]["agrees"] for spec in specs)
    sent = received(explorer)
    np.testing.assert_array_equal(sent["5/z"], trace["gru"].z)
    np.testing.assert_array_equal(sent["7/y"], trace["each"].y)
    np.testing.assert_array_equal(sent["4/y"], trace["both"].output)
    np.testing.assert_array_equal(sent["4/x"], trace["drop"].output)
    assert explorer.layer == "words"
    explorer.goto(layer="gru", unit=3, highlight="z", t=6)
    with pytest.raises(ValueError, match="unit must be from 0 to 4, as there are 5 units in rnn"):
        explorer.goto(layer="rnn", unit=5)


def test_the_input_of_a_bidirectional_is_in_the_order_of_time():
    layer = built("Bidirectional", (None, None, F), le.GRU(H, go_backwards=True))  # its forward layer reads backwards
    np.testing.assert_array_equal(received(le.explore(layer, X))["2/x"], X)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: widgets.RecurrentExplorer(LAYERS["GRU"]()), TypeError, "got GRU .a layer computes one"),
        (lambda: widgets.RecurrentExplorer(LAYERS["Masking"]().trace(X)), ValueError, "got a trace of Masking"),
        (lambda: le.explore(LAYERS["GRU"]().trace(X, keep=("x", "h"))), ValueError, "did not keep a, z, r, g"),
        (lambda: le.explore(LAYERS["GRU"](), X, unit=5), ValueError, "unit must be from 0 to 4, as there are 5 units"),
        (lambda: le.explore(LAYERS["GRU"](), X, highlight="i"), ValueError, "one of x, z, r, g, h"),
        (lambda: le.explore(LAYERS["SimpleRNN"](), X, highlight="r"), ValueError, "one of x, z, h"),
        (lambda: le.explore(LAYERS["Embedding"](), TOKENS, unit=5), ValueError, "there are 5 columns"),
        (lambda: le.explore(LAYERS["Embedding"](), TOKENS[:, :0]), ValueError, "at least one token"),
        (lambda: le.explore(LAYERS["Embedding"](), TOKENS[None]), ValueError, "explore a part of it"),
        (lambda: widgets.LayerExplorer(LAYERS["Dropout"]()), TypeError, "needs a Trace"),
        (lambda: le.explore(LAYERS["Dropout"](), X, t=7), ValueError, "t must be from 0 to 6"),
        (lambda: widgets.ModelExplorer(LAYERS["Dropout"]().trace(X)), ValueError, "has none inside"),
        (lambda: le.packing(2, 4, kind="RNN"), ValueError, "one of LSTM, GRU, SimpleRNN, Dense, got 'RNN'"),
        (lambda: le.packing(2, 4, kind="LSTM", reset_after=True), ValueError, "only a GRU has reset_after"),
        (lambda: le.packing(2, 4, beside="Torch"), ValueError, "beside must be one of PyTorch, ONNX, TF1, Keras 1"),
        (lambda: le.packing(2, 4, kind="GRU", beside="TF1"), ValueError, "had only reset_after=False"),
        (lambda: le.packing(2, 4, kind="GRU", reset_after=False, beside="PyTorch"), ValueError, "only reset_after=T"),
        (lambda: le.packing(2, 4, kind="Dense", block="U"), ValueError, "block must be one of W, b"),
        (lambda: le.packing(LAYERS["GRU"](), kind="GRU"), ValueError, "a layer has its own kind"),
        (lambda: le.packing(LAYERS["PeepholeLSTM"]()), TypeError, "got PeepholeLSTM"),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_rule_value_and_cause(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("kind", KINDS)
def test_a_layers_packing_has_its_kind_and_its_flags(kind):
    shape = (None, F) if kind == "Dense" else (None, None, F)
    for use_bias in (True, False):
        layer = built(kind, shape, H, use_bias=use_bias)
        explorer = le.packing(layer)
        assert (explorer.units, explorer.features, explorer._spec["of"]) == (H, F, kind)
        known = layouts(kind, use_bias)
        assert known["Keras 3"].count(H, F) == layer.count_params()
        assert [one["name"] for one in explorer._spec["layouts"]] == list(known)
    gru = built("GRU", (None, None, F), H, reset_after=False)
    assert le.packing(gru)._spec["blocks"][-1] == "b_g"
    assert layouts("GRU", reset_after=False)["Keras 3"].count(H, F) == gru.count_params()


def test_packing_takes_keras_layers_of_every_kind():
    keras = pytest.importorskip("keras")
    layer = keras.layers.GRU(H, reset_after=False)
    layer.build((None, None, F))
    explorer = le.packing(layer, beside="ONNX")
    assert (explorer.units, explorer._spec["of"], explorer.beside) == (H, "GRU", "ONNX")


def test_keras_brings_its_own_numbers_for_every_kind():
    keras = pytest.importorskip("keras")
    net = keras.Sequential(
        [
            keras.Input((T,), dtype="int32"),
            keras.layers.Embedding(11, 6, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True, reset_after=False)),
            keras.layers.GRU(4, return_sequences=True),
            keras.layers.SimpleRNN(5, return_sequences=True),
            keras.layers.TimeDistributed(keras.layers.Dense(2)),
        ]
    )
    for w in net.weights:
        w.assign(RNG.normal(size=w.shape))
    explorer = le.explore(net, TOKENS)
    specs = explorer._spec["layers"]
    assert [spec["inside"] for spec in specs] == ["Embedding", "GRU", "GRU", "plain", "GRU", "SimpleRNN", "Dense"]
    assert all(spec["comparison"]["agrees"] for spec in specs), [spec["comparison"] for spec in specs]
    sent = received(explorer)
    assert not np.array_equal(sent["4/keras_a"], sent["4/a"])  # computed by another, and so rounded otherwise


def test_one_of_a_kind_is_not_several():
    for make, shape in ((le.LSTM, (1, 1, 1)), (le.GRU, (1, 1, 1)), (le.SimpleRNN, (1, 1, 1))):
        layer = make(1)
        layer.build(shape)
        explorer = le.explore(layer, np.full(shape, 0.5))
        assert "1 unit, 1 timestep of 1 feature" in explorer._spec["title"]
    assert "1 unit on 1 feature" in widgets.packing(1, 1)._spec["title"]
    assert "3 units on 2 features" in widgets.packing(3, 2)._spec["title"]
    assert "1 sample in 1 bin" in words.bins(1, 1)
