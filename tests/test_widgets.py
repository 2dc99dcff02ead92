"""The explorers on Python's side: what they take, refuse, send and keep in step. What they draw is in tests/browser."""

import re

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import widgets
from lstm_edu.widgets import _base, linking

RNG = np.random.default_rng(23)
B, T, F, H = 3, 7, 4, 5


def lstm(**flags):
    layer = le.LSTM(H, return_sequences=True, **flags)
    layer.build((B if flags.get("stateful") else None, None, F))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def dense(features=F, units=2, activation="tanh", **flags):
    layer = le.Dense(units, activation, **flags)
    layer.build((None, features))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


X = RNG.normal(size=(B, T, F)).astype("float32")
STATES = [RNG.normal(size=(B, H)).astype("float32") for _ in "hc"]


def received(explorer) -> dict[str, np.ndarray]:
    """The arrays as the page reads them: from one buffer, by the table."""
    found = {}
    for name, place in explorer._spec["arrays"].items():
        count = int(np.prod(place["shape"]))
        assert place["offset"] % 8 == 0
        flat = np.frombuffer(explorer._data, dtype=place["dtype"], count=count, offset=place["offset"])
        found[name] = flat.reshape(place["shape"])
    return found


# --- explore chooses ------------------------------------------------------------------------------------------------


def test_explore_chooses_the_explorer_of_the_kind():
    layer = lstm()
    model = le.Sequential([lstm(name="a"), dense(H)])
    model.build((None, T, F))
    assert isinstance(le.explore(layer.trace(X)), widgets.LSTMExplorer)
    assert isinstance(le.explore(layer, X), widgets.LSTMExplorer)
    assert isinstance(le.explore(dense(), X[0]), widgets.DenseExplorer)
    assert isinstance(le.explore(dense(), X), widgets.DenseExplorer)
    assert isinstance(le.explore(model, X), widgets.ModelExplorer)
    assert isinstance(le.explore(model.trace(X)), widgets.ModelExplorer)
    assert isinstance(le.packing(2, 4), widgets.PackingExplorer)


def test_explore_passes_mask_and_states_on():
    layer, mask = lstm(), RNG.random((B, T)) < 0.6
    sent = received(le.explore(layer, X, mask, STATES))
    trace = layer.trace(X, mask=mask, initial_state=STATES)
    np.testing.assert_array_equal(sent["h"], trace.h)
    np.testing.assert_array_equal(sent["counts"].astype(bool), mask)
    np.testing.assert_array_equal(sent["h_start"], STATES[0])
    np.testing.assert_array_equal(sent["c_start"], STATES[1])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: le.explore(lstm()), ValueError, "explore needs an input to run 'lstm' on"),
        (lambda: le.explore(lstm().trace(X), X), ValueError, "a Trace has already been run and takes no x"),
        (lambda: le.explore(lstm().trace(X), mask=X > 0), ValueError, "takes no mask"),
        (lambda: le.explore("lstm"), FileNotFoundError, "there is no file 'lstm'"),
        (lambda: le.explore(7), TypeError, "explore needs a Trace .* got int"),
        (lambda: le.explore(None), TypeError, "got NoneType"),
        (lambda: le.explore(lstm(), X[0]), ValueError, "must have shape .batch, timesteps, features."),
        (lambda: le.explore(lstm(), X, t=7), ValueError, "t must be from 0 to 6, as there are 7 timesteps, got 7"),
        (lambda: le.explore(lstm(), X, unit=-1), ValueError, "counting from the end is not supported"),
        (lambda: le.explore(lstm(), X, batch=1.5), TypeError, "batch must be a whole number, got 1.5"),
        (lambda: widgets.LSTMExplorer(lstm()), TypeError, "got LSTM .a layer computes one"),
        (lambda: widgets.LSTMExplorer(dense().trace(X)), ValueError, "shows LSTM layers, got a trace of Dense"),
        (lambda: le.explore(lstm().trace(X, keep=("h", "x"))), ValueError, "did not keep z, i, f, g, o, c"),
        (lambda: le.explore(lstm().trace(X), reference=1), TypeError, "needs a Trace as its reference, got int"),
        (lambda: le.explore(lstm().trace(X), reference=lstm().trace(X[:, :3])), ValueError, "the same input"),
        (lambda: le.explore(dense(), X[None, None]), ValueError, "explore a part of it"),
        (lambda: widgets.DenseExplorer(dense()), ValueError, "needs an x to compute with"),
        (lambda: widgets.DenseExplorer(dense().trace(X), X), ValueError, "a trace has its own x"),
        (lambda: le.explore(dense(), np.empty((0, F))), ValueError, "at least one sample"),
        (lambda: le.explore(dense(), X[0], edits={"W[4,0]": 1.0}), ValueError, r"W of shape \(4, 2\)"),
        (lambda: le.explore(dense(), X[0], edits={"W[0,0]": np.inf}), ValueError, "must be a finite number"),
        (lambda: le.explore(dense(use_bias=False), X[0], edits={"b[0]": 1.0}), ValueError, "a place is written like"),
        (lambda: le.packing(3), TypeError, "needs both sizes"),
        (lambda: le.packing(0, 3), ValueError, "units must be at least 1, got 0"),
        (lambda: le.packing(3, "4"), TypeError, "features must be a whole number"),
        (lambda: le.packing(10**6, 3), ValueError, "at most 2048 units"),
        (lambda: le.packing(lstm(), 3), ValueError, "a layer has its own features"),
        (lambda: le.packing(le.LSTM(3)), ValueError, "has no weights yet"),
        (lambda: le.packing(le.Dropout(0.5)), TypeError, "packing shows LSTM, GRU, SimpleRNN, Dense .* got Dropout"),
        (lambda: le.packing(2, 4, block="W_c"), ValueError, "block must be one of W_i, W_f, W_g, W_o"),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_rule_value_and_cause(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- what travels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_numbers_travel_exactly_and_once(dtype):
    trace = lstm(dtype=dtype).trace(X, initial_state=STATES)
    explorer = le.explore(trace)
    sent = received(explorer)
    for name in trace.names:
        assert sent[name].dtype == dtype
        np.testing.assert_array_equal(sent[name], trace[name], err_msg=name)
    assert len(explorer._data) < 1.1 * sum(a.nbytes for a in sent.values())
    np.testing.assert_array_equal(received(le.explore(trace, reference=trace))["keras_z"], trace.z)


def test_every_gate_has_its_activations_scale():
    spec = le.explore(lstm(activation="relu", recurrent_activation="hard_sigmoid"), X)._spec
    assert spec["scales"]["f"] == {"kind": "from zero", "low": 0.0, "high": 1.0}
    assert spec["scales"]["g"]["kind"] == "signed"
    assert spec["activation"], spec["recurrent_activation"] == ("relu", "hard_sigmoid")


def test_of_a_large_batch_as_many_sequences_travel_as_fit(monkeypatch):
    layer, x = lstm(), RNG.normal(size=(50, T, F))
    whole = le.explore(layer, x)
    assert whole._spec["rows"] == 50
    monkeypatch.setattr(_base, "MAX_BYTES", len(whole._data) // 5)
    part = le.explore(layer, x)
    assert 5 <= part._spec["rows"] <= 10
    assert part._spec["batch"] == 50
    np.testing.assert_array_equal(received(part)["c"], layer.trace(x).c[: part._spec["rows"]])
    monkeypatch.setattr(_base, "MAX_BYTES", 1)
    assert le.explore(layer, x)._spec["rows"] == 1  # one always
    with pytest.raises(ValueError, match="batch must be 0, as there is 1 sequence, got 1"):
        le.explore(layer, x, batch=1)


def test_of_a_long_run_the_first_steps_travel_and_that_is_said(monkeypatch):
    layer = lstm(go_backwards=True)
    x = RNG.normal(size=(2, 200, F))
    whole = le.explore(layer, x)
    assert whole._spec["steps"] == 200 and "all_steps" not in whole._spec
    monkeypatch.setattr(_base, "MAX_BYTES", len(whole._data) // 10)
    part = le.explore(layer, x)
    steps = part._spec["steps"]
    assert part._spec["rows"] == 1 and 8 <= steps < 100 and part._spec["all_steps"] == 200
    assert len(part._data) <= _base.MAX_BYTES + 8 * len(part._spec["arrays"])
    np.testing.assert_array_equal(received(part)["c"], layer.trace(x).c[:1, :steps])
    np.testing.assert_array_equal(received(part)["kernel"], layer.kernel)
    assert part._spec["time"] == list(range(199, 199 - steps, -1))
    with pytest.raises(ValueError, match=f"t must be from 0 to {steps - 1}"):
        le.explore(layer, x, t=steps)


def test_a_short_page_still_says_how_the_whole_run_compares(monkeypatch):
    model = le.Sequential([le.LSTM(H, return_sequences=True), le.Dense(2)])
    model.build((None, None, F))
    x = RNG.normal(size=(1, 200, F))
    trace, other = model.trace(x), model.trace(x)
    late = np.array(other.layers[0]["h"])
    late[0, 190, 0] += 1
    first = other.layers[0]
    arrays = {name: late if name == "h" else first[name] for name in first.names}
    changed = le.Trace(first.layer, arrays, first.output, initial_state=first.initial_state, time=first.time)
    reference = le.Trace(
        model, {}, other.output, children=dict(zip(other.children, [changed, other.layers[1]], strict=True))
    )
    size = len(le.explore(trace, reference=reference)._data)
    monkeypatch.setattr(_base, "MAX_BYTES", size // 4)
    explorer = le.explore(trace, reference=reference)
    lstm_spec, dense_spec = explorer._spec["layers"]
    assert lstm_spec["steps"] == dense_spec["steps"] < 190 and lstm_spec["all_steps"] == dense_spec["all_steps"] == 200
    assert not lstm_spec["comparison"]["agrees"] and "190" in lstm_spec["comparison"]["text"]
    assert len(explorer._data) <= size // 4 + 8 * len(explorer._spec["arrays"])


def test_the_order_of_time_travels_when_it_is_not_the_inputs():
    assert le.explore(lstm(), X)._spec["time"] is None
    assert le.explore(lstm(go_backwards=True), X)._spec["time"] == list(range(T))[::-1]


def explorers() -> list[type]:
    """The classes of explorers."""
    return [kind for kind in vars(widgets).values() if hasattr(kind, "_MODULE")]


def test_modules_are_complete_and_free_of_the_network():
    assert len(explorers()) >= 11
    for kind in explorers():
        module, style = linking.module(kind._MODULE), linking.style(kind._MODULE)
        assert re.findall(r"\bexport\b.*", module) == [module.splitlines()[-1]], kind
        source = module.replace('"http://www.w3.org/2000/svg"', "")  # SVG's name, no address
        for forbidden in ("http://", "https://", "import ", "fetch(", "innerHTML", "insertAdjacentHTML", "eval("):
            assert forbidden not in source, (kind, forbidden)
        assert "url(" not in style and "@import" not in style


def test_an_explorer_brings_the_style_of_every_class_that_it_uses():
    def styled(sheet):
        return set(re.findall(r"\.(le-[\w-]+)", sheet))

    sheets = [path.read_text(encoding="utf-8") for path in linking.STATIC.rglob("*.css")]
    known = set().union(*map(styled, sheets))
    for kind in explorers():
        used = set(re.findall(r"(?<![-\w])le-[\w-]+", linking.module(kind._MODULE)))
        assert (used & known) - styled(linking.style(kind._MODULE)) == set(), kind
    modules = {path.removesuffix(".js") for path in linking.files()}
    sheets = {path.relative_to(linking.STATIC).as_posix() for path in linking.STATIC.rglob("*.css")}
    assert {sheet.removesuffix(".css") for sheet in sheets} <= modules  # or it would not be there


# --- traits ---------------------------------------------------------------------------------------------------------


def test_places_can_be_set_and_observed_and_stay_in_range():
    explorer, seen = le.explore(lstm(), X), []
    explorer.observe(lambda change: seen.append((change["name"], change["new"])), ["t", "unit", "batch", "highlight"])
    explorer.t = 6
    explorer.goto(unit=4, batch=2, highlight="c")
    assert seen == [("t", 6), ("unit", 4), ("batch", 2), ("highlight", "c")]
    for name, value in (("t", 7), ("unit", 5), ("batch", 3), ("t", -1), ("highlight", "z")):
        with pytest.raises(ValueError, match=name):
            setattr(explorer, name, value)
    assert (explorer.t, explorer.unit, explorer.batch, explorer.highlight) == (6, 4, 2, "c")


def test_goto_changes_all_or_nothing():
    explorer = le.explore(lstm(), X, t=2)
    with pytest.raises(ValueError, match="unit must be from 0 to 4"):
        explorer.goto(t=5, unit=9)
    assert (explorer.t, explorer.unit) == (2, 0)


def test_dense_tells_python_what_the_reader_changed():
    layer = dense(activation="softmax")
    explorer = le.explore(layer, X)
    np.testing.assert_array_equal(explorer.output, layer.trace(X).y)
    explorer.edits = {"W[3,1]": 2.5, "b[0]": -1.0, "x[2,6,0]": 9.0}
    x, kernel, bias = X.copy(), layer.kernel.copy(), layer.bias.copy()
    x[2, 6, 0], kernel[3, 1], bias[0] = 9.0, 2.5, -1.0
    np.testing.assert_array_equal(explorer.x, x)
    np.testing.assert_array_equal(explorer.kernel, kernel)
    np.testing.assert_array_equal(explorer.bias, bias)
    changed = dense(activation="softmax")
    changed.set_weights([kernel, bias])
    np.testing.assert_allclose(explorer.output, changed(x), rtol=1e-6)
    with pytest.raises(ValueError, match="x of shape"):
        explorer.edits = {"x[0,1]": 1.0}  # x has time here
    np.testing.assert_array_equal(layer.kernel, explorer._trace.weights[0])  # the layer itself is untouched


def test_packing_of_a_layer_has_the_layers_sizes():
    layer = lstm(use_bias=False)
    explorer = le.packing(layer)
    assert (explorer.units, explorer.features) == (H, F)
    with pytest.raises(ValueError, match="block"):
        explorer.block = "b_i"  # there is no bias
    explorer.goto(block="U_f", units=9)
    assert (explorer.block, explorer.units) == ("U_f", 9)


# --- models ---------------------------------------------------------------------------------------------------------


def model():
    net = le.Sequential([lstm(name="one"), le.LSTM(3, name="two"), dense(3, 2, "softmax", name="last")])
    net.build((None, T, F))
    return net


def test_a_models_tabs_are_its_layers_and_carry_their_numbers():
    net = model()
    explorer = le.explore(net, X, layer="two", t=5, unit=2)
    assert explorer.layers == ("one", "two", "last")
    sent, trace = received(explorer), net.trace(X)
    np.testing.assert_array_equal(sent["0/c"], trace["one"].c)
    np.testing.assert_array_equal(sent["1/h"], trace["two"].h)
    np.testing.assert_array_equal(sent["2/y"][:, 0], trace["last"].y)
    np.testing.assert_array_equal(sent["2/W"], net.layers[2].kernel)


def test_a_models_unit_stays_within_the_layer_shown():
    explorer = le.explore(model(), X, unit=4)
    explorer.layer = "two"
    assert explorer.unit == 2
    with pytest.raises(ValueError, match="unit must be from 0 to 2, as there are 3 units in two"):
        explorer.unit = 3
    explorer.goto(layer="one", unit=4, t=6)
    assert (explorer.layer, explorer.unit, explorer.t) == ("one", 4, 6)
    with pytest.raises(ValueError, match="layer must be one of one, two, last, got 'three'"):
        explorer.goto(layer="three")
    with pytest.raises(ValueError, match="units in last"):
        explorer.goto(layer="last", unit=2)
    assert explorer.layer == "one"


def test_a_models_reference_is_matched_layer_by_layer():
    trace = model().trace(X)
    explorer = le.explore(trace, reference=trace)
    assert [spec["comparison"]["agrees"] for spec in explorer._spec["layers"]] == [True] * 3
    with pytest.raises(ValueError, match="the reference must be of the same model, but it has 1 layer and"):
        other = le.Sequential([dense()])
        other.build((None, F))
        le.explore(trace, reference=other.trace(X[0]))


# --- Keras ----------------------------------------------------------------------------------------------------------


def test_without_keras_nothing_imports_it():
    import subprocess
    import sys

    program = """
import sys, numpy as np, lstm_edu as le
layer = le.LSTM(3, seed=1); layer.build((None, None, 2))
le.explore(layer, np.ones((1, 4, 2))); le.packing(2, 3)
assert not {"keras", "tensorflow", "matplotlib"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_keras_layer_or_model_brings_its_own_numbers():
    keras = pytest.importorskip("keras")
    net = keras.Sequential(
        [keras.Input((T, F)), keras.layers.LSTM(H, return_sequences=True), keras.layers.LSTM(3), keras.layers.Dense(2)]
    )
    for w in net.weights:
        w.assign(RNG.normal(size=w.shape))
    explorer = le.explore(net, X)
    assert [spec["kind"] for spec in explorer._spec["layers"]] == ["LSTM", "LSTM", "Dense"]
    assert all(spec["comparison"]["agrees"] for spec in explorer._spec["layers"])
    sent = received(explorer)
    assert not np.array_equal(sent["0/keras_z"], sent["0/z"])  # computed by another, and so rounded otherwise
    np.testing.assert_allclose(sent["2/keras_y"][:, 0], np.asarray(net(X)), atol=2e-6, rtol=2e-5)

    layer = net.layers[0]
    mask = RNG.random((B, T)) < 0.6
    one = le.explore(layer, X, mask=mask, initial_state=STATES)
    assert one._spec["comparison"]["agrees"]
    np.testing.assert_allclose(received(one)["keras_h"], received(one)["h"], atol=2e-6, rtol=2e-5)
    ours = le.from_keras(layer)
    assert le.explore(ours, X, reference=layer)._spec["comparison"]["agrees"]
    assert le.packing(layer).features == F
    with pytest.raises(ValueError, match="explore needs an input"):
        le.explore(layer)
    with pytest.raises(ValueError, match="its own reference"):
        le.explore(layer, X, reference=ours.trace(X))
    with pytest.raises(ValueError, match="the reference must be a Trace too"):
        le.explore(ours.trace(X), reference=layer)


def test_a_comparison_finds_where_ours_and_the_reference_part():
    layer = lstm()
    trace = layer.trace(X)
    kernel, recurrent_kernel, bias = layer.get_weights()
    wrong = lstm()
    gates = [0, 2, 1, 3]  # f and g exchanged: TensorFlow 1's order
    wrong.set_weights(
        [np.concatenate([np.split(w, 4, axis=-1)[k] for k in gates], axis=-1) for w in (kernel, recurrent_kernel, bias)]
    )
    comparison = le.explore(trace, reference=wrong.trace(X))._spec["comparison"]
    assert not comparison["agrees"]
    assert "they differ, most of all in" in comparison["text"]
    nudged = le.explore(trace, reference=trace)._spec["comparison"]
    assert nudged["agrees"] and nudged["text"] == "every number agrees; the largest difference is 0"


def test_the_worst_place_is_named():
    trace = lstm().trace(X)
    theirs = trace.h.copy()
    theirs[1, 2, 3] += 0.5
    axes = ("sequence", "step", "unit")
    pairs = {"c": (trace.c, trace.c), "h": (trace.h, theirs)}
    found = _base.compared(trace, pairs, axes)
    assert not found["agrees"]
    assert found["text"] == (
        "they differ, most of all in h at sequence 1, step 2, unit 3: the difference there is 5.0e-01"
    )
    theirs[0, 0, 1] = np.nan
    text = _base.compared(trace, pairs, axes)["text"]
    assert "h at sequence 0, step 0, unit 1: the difference there is not finite" in text


def test_an_explorer_judges_as_compare_does():
    trace = lstm().trace(X)
    axes = ("sequence", "step", "unit")
    limit = _base.roundings(trace)["h"].allowed(trace.h)
    for factor in (0.9, 1.1):
        moved = (trace.h + factor * limit).astype("float32")
        agrees = _base.compared(trace, {"h": (trace.h, moved)}, axes)["agrees"]
        assert agrees is bool(le.compare({"h": trace.h}, {"h": moved}, layer=trace.layer, x=X)) is (factor < 1)


def test_what_float32_cannot_decide_is_said():
    rng = np.random.default_rng(0)
    layer = le.GRU(64, return_sequences=True)
    layer.build((None, None, 20))
    layer.set_weights([0.7 * rng.normal(size=w.shape) for w in layer.get_weights()])
    trace = layer.trace(rng.normal(size=(1, 120, 20)).astype("float32"))
    theirs = trace.h.copy()
    theirs[:, 60:] *= 0.99
    found = _base.compared(trace, {"h": (trace.h, theirs)}, ("sequence", "step", "unit"))
    assert found["agrees"] and "on float32 cannot decide, because errors grow" in found["text"]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ({"colour": "red"}, "LSTMExplorer has no 'colour', got colour='red'. Where it begins is set by .*unit"),
        ({"timestep": 2}, "has no 'timestep'"),
        ({"t": "a"}, "t must be a whole number, got 'a' .str."),
        ({"unit": 1.5}, "unit must be a whole number, got 1.5 .float."),
        ({"batch": True}, "batch must be a whole number, got True"),
    ],
)
def test_a_place_that_there_is_not_is_an_error(places, said):
    with pytest.raises(TypeError, match=said):
        le.explore(lstm().trace(X), **places)
    assert le.explore(lstm().trace(X), t=np.int64(1)).t == 1
