"""verify on models of any shape: each layer on what Keras really handed to it, and what nobody says aloud."""

import json
import re

import numpy as np
import pytest
from helpers import B, F, H, T, keras, keras_noise_allowed, mask_of, randomise, rng_of, sequences

import lstm_edu as le
from lstm_edu.keras_bridge import counting, tapping, verifying

pytestmark = pytest.mark.filterwarnings("ignore:.*does not support masking.*:UserWarning")


def layer_names(report):
    return [layer.name for layer in report.layers]


def cautions(report, of):
    return [caution for caution in report.cautions if caution.id == of]


def two_branches():
    """Two inputs, three outputs, a shared layer, a model inside, an initial state from another layer, a mask."""
    layers, model = keras().layers, keras().Model
    ids = keras().Input((T,), dtype="int32", name="ids")
    signal = keras().Input((7, F), name="signal")
    words = layers.Embedding(9, 3, mask_zero=True, name="words")(ids)
    last, h, c = layers.LSTM(H, return_state=True, name="encoder")(words)
    steps = layers.LSTM(H, return_sequences=True, name="decoder")(signal, initial_state=[h, c])
    shared = layers.Dense(3, "tanh", name="shared")
    wide = layers.Conv1D(H, 3, padding="same", name="conv")(signal)
    both = layers.Concatenate(name="both")([shared(steps), shared(wide)])
    read = layers.Bidirectional(layers.GRU(2, reset_after=False), name="read")(both)
    inner = keras().Sequential([keras().Input((4,)), layers.Dense(5, "relu", name="d1"), layers.Dense(2)], name="inner")
    flat = layers.Dense(2, name="flat_dense")(layers.Flatten(name="flat")(words))
    outputs = {"inner": inner(read), "sum": last * 2.0 + h, "flat": flat}
    return randomise(model([ids, signal], outputs, name="two_branches"), rng_of(1))


@pytest.fixture(scope="module")
def branching():
    return two_branches()


def inputs_of(rng, batch=B):
    ids = rng.integers(1, 9, (batch, T))
    ids[1, 4:] = 0
    return {"ids": ids, "signal": sequences(rng, batch, 7)}


def test_every_branch_is_compared(branching):
    x = inputs_of(rng_of(2))
    report = le.verify(branching, x).check()
    assert sorted(layer_names(report)) == sorted(
        [
            "words",
            "encoder",
            "decoder",
            "shared (call 1 of 2)",
            "shared (call 2 of 2)",
            "read",
            "inner/d1",
            f"inner/{branching.get_layer('inner').layers[1].name}",
            "flat_dense",
        ]
    )
    kinds = {layer.kind for layer in report.passed}
    assert kinds == {"Conv1D", "Concatenate", "Flatten", "Multiply", "Add"}
    assert "Conv1D 'conv' (4 filters); its output was taken from Keras: lstm_edu has no such layer" in repr(report)
    assert "8 of 11 layers compared" in report.sentence and "conv, both and flat were not" in report.sentence
    assert [row.name for row in report.whole.rows] == ["output 'inner'", "output 'sum'", "output 'flat'"]
    assert report.notes == ()


def test_each_layer_was_given_what_keras_gave_it(branching):
    x = inputs_of(rng_of(3))
    by_name = {layer.name: layer for layer in le.verify(branching, x).layers}
    words = branching.get_layer("words")(x["ids"])
    assert (by_name["encoder"].ours.x == np.asarray(words)).all()
    assert (by_name["encoder"].ours.mask == (x["ids"] != 0)).all()
    assert not by_name["encoder"].ours.mask.all()
    last, h, c = branching.get_layer("encoder")(words)
    for given, wanted in zip(by_name["decoder"].ours.initial_state, (h, c), strict=True):
        assert (given == np.asarray(wanted)).all() and np.abs(given).min() > 0
    assert (by_name["shared (call 1 of 2)"].ours.x == by_name["decoder"].keras.output).all()
    assert (by_name["shared (call 2 of 2)"].ours.x != by_name["shared (call 1 of 2)"].ours.x).any()
    outputs = branching(x)
    assert (by_name["flat_dense"].keras.output == np.asarray(outputs["flat"])).all()


@pytest.mark.parametrize("form", ["list", "tuple", "dict"])
def test_inputs_by_order_and_by_name_are_the_same(branching, form):
    x = inputs_of(rng_of(4))
    given = {"list": [x["ids"], x["signal"]], "tuple": (x["ids"], x["signal"]), "dict": dict(reversed(x.items()))}[form]
    a, b = le.verify(branching, given), le.verify(branching, x)
    assert all((p.ours.output[0] == q.ours.output[0]).all() for p, q in zip(a.layers, b.layers, strict=True))


def test_random_inputs_fit_and_are_the_same_each_time(branching):
    report = le.verify(branching).check()
    assert report.notes == (
        "no input was given; random numbers were used (seed 0): ids (3, 6) int32, ids below 9, padded with 0; signal "
        "(3, 7, 5) float32, normal numbers. Nothing shows what 'signal' should hold: give yours (x=..., or --input "
        "X.npy)",
    )
    assert "seed 0" in repr(report) and "seed 0" in report._repr_html_()
    ids = report.layers[layer_names(report).index("words")].ours.x
    assert 0 < ids.max() < 9 and (ids == 0).any() and (ids[:, 0] != 0).all(), "padded on the right"
    again = le.verify(branching)
    assert (again.layers[0].ours.output == report.layers[0].ours.output).all()


def test_random_inputs_of_single_layers_and_chains():
    layers = keras().layers
    lstm = layers.LSTM(H)
    lstm.build((None, None, F))
    assert "(3, 7, 5) float32" in le.verify(randomise(lstm, rng_of(5))).check().notes[0]
    table = layers.Embedding(4, 3)
    table.build((None, T))
    ids = le.verify(table).check().layers[0].ours.x
    assert ids.max() < 4 and ids.dtype.kind in "if" and (ids == ids.round()).all()
    chain = keras().Sequential([keras().Input((T,)), layers.Embedding(5, 3), layers.SimpleRNN(2), layers.Dense(1)])
    report = le.verify(randomise(chain, rng_of(6))).check()
    assert report.layers[0].ours.x.max() < 5 and report.notes
    with pytest.raises(ValueError, match="give an x"):
        le.verify(randomise(built_dropout(), rng_of(6)))


def built_dropout():
    layer = keras().layers.Dropout(0.5)
    layer.built = True
    return layer


def test_an_embedding_is_found_behind_other_layers_and_models():
    layers = keras().layers
    ids = keras().Input((T, 2), dtype="int32")
    inner_ids = keras().Input((T,))
    inner = keras().Model(inner_ids, layers.Embedding(3, 2)(layers.Dropout(0.1)(inner_ids)))
    y = layers.Dense(2)(inner(ids[:, :, 0]))
    z = layers.TimeDistributed(layers.Embedding(8, 2))(ids)
    z = layers.Dense(1)(layers.Flatten()(z))
    model = randomise(keras().Model(ids, [y, z]), rng_of(7))
    report = le.verify(model).check()
    x = next(layer.ours.x for layer in report.layers if layer.kind == "TimeDistributed")
    assert set(np.unique(x)) == {0, 1, 2}, "what the smaller of the two tables knows"


@pytest.mark.parametrize(
    ("x", "error", "said"),
    [
        (np.zeros((B, T)), ValueError, r"2 inputs \(ids, signal\).*got one ndarray"),
        ([np.zeros((B, T))], ValueError, "got 1 array"),
        ({"ids": np.zeros((B, T))}, ValueError, "has the inputs ids, signal, but x has ids"),
        ({"ids": np.zeros((B, T)), "signal": np.zeros((B, 7, F)), "z": 1}, ValueError, "x has ids, signal, z"),
        ([np.zeros((B, T)), np.zeros((B, F, 7))], ValueError, "'signal'.*time and features look swapped"),
        ([np.zeros((B, T)), np.zeros((7, F))], ValueError, r"x\[None\]"),
        ([np.zeros((B, T)), np.zeros((B + 1, 7, F))], ValueError, "as many samples each, got ids 3, signal 4"),
        ([np.zeros((0, T)), np.zeros((0, 7, F))], ValueError, "is empty"),
        (["text", np.zeros((B, 7, F))], TypeError, "real numbers"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_name(branching, x, error, said):
    with pytest.raises(error, match=said):
        le.verify(branching, x)


def test_nothing_of_keras_is_changed(branching):
    parts = list(branching._flatten_layers())
    before, weights = [dict(vars(part)) for part in parts], branching.get_weights()
    le.verify(branching, inputs_of(rng_of(8)))
    for part, old in zip(parts, before, strict=True):
        assert vars(part).get("call") is old.get("call")
        assert vars(part).keys() == old.keys()
    assert all((a == b).all() for a, b in zip(branching.get_weights(), weights, strict=True))


def test_the_calls_are_put_back_when_keras_fails(branching, monkeypatch):
    def fails(*arguments, **more):
        raise RuntimeError("planted")

    monkeypatch.setattr(branching.get_layer("read"), "call", fails)
    with pytest.raises(RuntimeError, match="planted"):
        le.verify(branching, inputs_of(rng_of(9)))
    assert "call" not in vars(branching.get_layer("words"))
    assert branching.get_layer("read").call is fails


@pytest.mark.parametrize("name", ["encoder", "decoder", "shared", "read", "d1", "words"])
def test_a_mistake_in_any_layer_is_found_there_and_in_the_whole(branching, name, monkeypatch):
    real = verifying.convert

    def mistaken(layer, shape):
        ours = real(layer, shape)
        if layer.name == name:
            ours.set_weights([1.1 * w for w in ours.get_weights()])
        return ours

    monkeypatch.setattr(verifying, "convert", mistaken)
    report = le.verify(branching, inputs_of(rng_of(10)))
    wrong = [layer.name for layer in report.layers if not layer]
    assert wrong and all(re.sub(r" \(call.*|.*/", "", one) == name for one in wrong)
    assert not report.whole and not report
    assert report.first.layer == wrong[0]
    with pytest.raises(AssertionError, match=f"{re.escape(wrong[0])}: .* is the first to differ"):
        report.check()


def test_a_recording_that_is_not_what_the_layer_returned_is_noticed(branching, monkeypatch):
    real = tapping._arrays

    def slipped(value):
        return real(value) + 0.01 if getattr(value, "shape", ()) == (B, 7, 3) else real(value)

    monkeypatch.setattr(tapping, "_arrays", slipped)
    with pytest.raises(RuntimeError, match="cannot be trusted"):
        le.verify(branching, inputs_of(rng_of(11)))


# --- models of other kinds --------------------------------------------------------------------------------------------


def test_a_model_with_code_of_its_own():
    layers = keras().layers

    class Mine(keras().Model):
        def __init__(self):
            super().__init__(name="mine")
            self.steps = layers.LSTM(H, return_sequences=True, name="steps")
            self.score = layers.Dense(2, name="score")

        def call(self, x):
            return self.score(keras().ops.max(self.steps(x), axis=1)) + self.score(x[:, 0, :H])

    model = Mine()
    x = sequences(rng_of(12))
    model(x)
    report = le.verify(randomise(model, rng_of(13)), x).check()
    assert layer_names(report) == ["steps", "score (call 1 of 2)", "score (call 2 of 2)"]
    with pytest.raises(ValueError, match="does not say what inputs it takes: give an x"):
        le.verify(model)


def test_what_is_inside_a_layer_of_ones_own_is_compared():
    layers = keras().layers

    class Block(layers.Layer):
        def __init__(self, **config):
            super().__init__(**config)
            self.dense = layers.Dense(F, "tanh", name="dense_inside")
            self.normal = layers.LayerNormalization(name="normal_inside")

        def call(self, x):
            return self.normal(x + self.dense(x))

    model = keras().Sequential([keras().Input((T, F)), Block(name="block"), layers.GRU(2, name="gru")])
    report = le.verify(randomise(model, rng_of(14)), sequences(rng_of(15))).check()
    assert layer_names(report) == ["block/dense_inside", "gru"]
    (block,) = report.passed
    assert "Block 'block'" in str(block) and "of what is inside, dense_inside was compared" in str(block)


def test_layers_that_run_inside_compiled_code_are_passed_through_whole():
    layers = keras().layers
    inner = keras().Sequential([keras().Input((F,)), layers.Dense(3)])
    model = keras().Sequential([keras().Input((T, F)), layers.TimeDistributed(inner, name="each"), layers.LSTM(2)])
    report = le.verify(randomise(model, rng_of(16)), sequences(rng_of(17))).check()
    assert [layer.name for layer in report.passed] == ["each"] and len(report.layers) == 1


def test_supported_layers_with_unsupported_settings_say_why():
    layers = keras().layers

    class OwnCell(layers.GRUCell):
        pass

    parts = [
        layers.LSTM(H, dtype="mixed_float16", return_sequences=True, name="half"),
        layers.SimpleRNN(H, activation=lambda x: x, return_sequences=True, name="own_function"),
        layers.RNN(OwnCell(3), name="cell"),
        layers.Dense(2, name="score"),
    ]
    model = keras().Sequential([keras().Input((T, F)), *parts])
    report = le.verify(randomise(model, rng_of(18)), sequences(rng_of(19))).check()
    assert layer_names(report) == ["half", "score"]
    assert {layer.name: layer.kind for layer in report.passed} == {"own_function": "SimpleRNN", "cell": "RNN"}
    assert "which may compute anything" in repr(report) and "not one of keras.activations" in repr(report)


def test_a_shared_stateful_layer_begins_each_call_where_the_last_one_ended():
    layers = keras().layers
    x = keras().Input(batch_shape=(B, T, F))
    shared = layers.GRU(F, stateful=True, return_sequences=True, name="shared")
    model = randomise(keras().Model(x, shared(shared(x))), rng_of(20))
    data = sequences(rng_of(21))
    before = [np.asarray(s) for s in shared.states]
    report = le.verify(model, data).check()
    first, second = report.layers
    assert (second.ours.initial_state[0] == first.keras.h[:, -1]).all()
    assert all((np.asarray(s) == old).all() for s, old in zip(shared.states, before, strict=True))


def test_a_model_without_any_layer_of_ours_says_so():
    layers = keras().layers
    model = keras().Sequential([keras().Input((T, F)), layers.Conv1D(2, 2, name="conv"), layers.Flatten()])
    with pytest.raises(ValueError, match="no layer that can be rebuilt: Conv1D 'conv'.*Supported: Dense"):
        le.verify(model, sequences(rng_of(22)))


def test_what_needs_a_chain_says_so(branching):
    x = inputs_of(rng_of(23))
    for more in ({"y": np.zeros((B, 2)), "loss": "mse"}, {"ours": le.Dense(2)}):
        with pytest.raises(ValueError, match="not a chain"):
            le.verify(branching, x, **more)


# --- what nobody says aloud -------------------------------------------------------------------------------------------


def test_masks_that_are_lost_are_named(branching):
    report = le.verify(branching, inputs_of(rng_of(24)))
    assert [caution.layer for caution in cautions(report, "mask-lost")] == ["flat"]
    assert "Flatten does not support masks" in cautions(report, "mask-lost")[0].text


@pytest.mark.parametrize(("kind", "loses"), [("GlobalMaxPooling1D", True), ("GlobalAveragePooling1D", False)])
def test_a_pooling_that_ignores_the_mask(kind, loses):
    layers = keras().layers
    parts = [layers.Embedding(7, 3, mask_zero=True), getattr(layers, kind)(name="pool"), layers.Dense(2)]
    model = randomise(keras().Sequential([keras().Input((T,)), *parts]), rng_of(25))
    report = le.verify(model, np.array([[1, 2, 3, 0, 0, 0], [1, 2, 3, 4, 5, 6]])).check()
    assert [c.layer for c in cautions(report, "mask-lost")] == (["pool"] if loses else [])


def test_a_mask_that_keras_3_does_not_hand_on_beside_an_initial_state():
    """Measured on Keras 3.15.1: a layer called with two tensors is not given the mask of the first."""
    layers = keras().layers
    ids, h = keras().Input((T,)), keras().Input((H,))
    words = layers.Embedding(7, 3, mask_zero=True, name="words")
    alone, given = layers.GRU(H, name="alone"), layers.GRU(H, name="given")
    told = layers.GRU(H, name="told")
    masked = words.compute_mask(ids)
    outputs = [
        alone(words(ids)),
        given(words(ids), initial_state=h),
        told(words(ids), initial_state=h, mask=masked),
    ]
    model = randomise(keras().Model([ids, h], outputs), rng_of(26))
    for layer in (given, told):
        layer.set_weights(alone.get_weights())
    x = [np.array([[1, 2, 3, 0, 0, 0], [1, 2, 3, 4, 5, 6]]), np.zeros((2, H))]
    report = le.verify(model, x).check()
    assert [c.layer for c in cautions(report, "mask-lost")] == ["given"]
    with_mask, without, again = (np.asarray(y) for y in model(x))
    assert (with_mask == again).all()
    assert np.abs(with_mask[0] - without[0]).max() > 0.01 and np.abs(with_mask[1] - without[1]).max() < 1e-6


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        ([[1, 1, 0, 0], [1, 1, 1, 1]], ""),
        ([[0, 1, 1, 1], [1, 1, 1, 1]], "sequence 0 is not padded on the right only"),
        ([[1, 1, 1, 1], [1, 0, 1, 1]], "sequence 1 is not padded on the right only"),
        ([[1, 1, 1, 1], [0, 0, 0, 0]], "sequence 1 is masked everywhere"),
    ],
)
def test_masks_that_cudnn_does_not_take(mask, said):
    layers = keras().layers
    x = sequences(rng_of(27), 2, 4)
    for layer in (layers.LSTM(H), layers.Bidirectional(layers.GRU(H))):
        layer.build((None, None, F))
        report = le.verify(randomise(layer, rng_of(28)), x, mask=np.array(mask, bool)).check()
        found = cautions(report, "cudnn-mask")
        assert bool(found) == bool(said)
        assert all(said in caution.text and "use_cudnn=False" in caution.text for caution in found)
    for off in ({"use_cudnn": False}, {"activation": "relu"}, {"unroll": True}, {"use_bias": False}):
        layer = layers.LSTM(H, **off)
        layer.build((None, 4, F))
        report = le.verify(randomise(layer, rng_of(29)), x, mask=np.array(mask, bool)).check()
        assert not cautions(report, "cudnn-mask"), off


def test_padding_without_a_mask_is_named():
    layers = keras().layers
    for mask_zero, ids, said in [
        (False, [[1, 2, 3, 0, 0], [1, 2, 3, 4, 5]], True),
        (False, [[0, 0, 3, 1, 2], [1, 2, 3, 4, 5]], True),
        (True, [[1, 2, 3, 0, 0], [1, 2, 3, 4, 5]], False),
        (False, [[1, 2, 0, 3, 0], [1, 2, 3, 4, 5]], False),
    ]:
        parts = [layers.Embedding(7, 3, mask_zero=mask_zero, name="words"), layers.GRU(2)]
        model = randomise(keras().Sequential([keras().Input((5,)), *parts]), rng_of(30))
        found = cautions(le.verify(model, np.array(ids)).check(), "mask-lost")
        assert bool(found) is said
        assert not said or "1 of 2 sequences begins or ends with zeros" in found[0].text


def test_the_slope_of_hard_sigmoid_is_named_with_what_it_does_here():
    layers = keras().layers
    layer = layers.LSTM(H, recurrent_activation="hard_sigmoid", name="gates")
    layer.build((None, None, F))
    randomise(layer, rng_of(31))
    x = sequences(rng_of(32))
    (said,) = cautions(le.verify(layer, x).check(), "hard-sigmoid-v3")
    old = le.LSTM(H, recurrent_activation="hard_sigmoid_keras2")
    old.build((None, None, F))
    old.set_weights(layer.get_weights())
    far = np.abs(old(x) - np.asarray(layer(x))).max()
    assert f"differ by up to {far:.2g}" in said.text and far > 1e-3
    assert not cautions(le.verify(randomise(built_lstm(), rng_of(31)), x), "hard-sigmoid-v3")


def built_lstm(**config):
    layer = keras().layers.LSTM(H, **config)
    layer.build((None, None, F))
    return layer


def test_the_other_order_of_the_reset_gate_is_named():
    for reset_after in (True, False):
        layer = keras().layers.GRU(H, reset_after=reset_after)
        layer.build((None, None, F))
        report = le.verify(randomise(layer, rng_of(33)), sequences(rng_of(34))).check()
        assert bool(cautions(report, "gru-reset-after")) is not reset_after


# --- the count of parameters, the report ------------------------------------------------------------------------------

COUNTED = {
    "LSTM": (lambda la: la.LSTM(3), "108 parameters = 4 (5·3 + 3·3 + 3) = 4 (F H + H H + H), with F = 5 features"),
    "LSTM, no bias": (lambda la: la.LSTM(3, use_bias=False), "96 parameters = 4 (5·3 + 3·3) = 4 (F H + H H)"),
    "GRU": (lambda la: la.GRU(3), "90 parameters = 3 (5·3 + 3·3 + 2·3) = 3 (F H + H H + 2 H)"),
    "GRU, before": (lambda la: la.GRU(3, reset_after=False), "81 parameters = 3 (5·3 + 3·3 + 3)"),
    "SimpleRNN": (lambda la: la.SimpleRNN(3), "27 parameters = 5·3 + 3·3 + 3 = F H + H H + H"),
    "Dense": (lambda la: la.Dense(1), "6 parameters = 5·1 + 1 = F U + U, with F = 5 features and U = 1 unit"),
    "Both ways": (lambda la: la.Bidirectional(la.LSTM(3)), "216 parameters = 2 directions of 108 = 4 (5·3"),
    "Two kinds": (
        lambda la: la.Bidirectional(la.LSTM(3), backward_layer=la.GRU(2, go_backwards=True)),
        "forward 108 = 4 (5·3 + 3·3 + 3) = 4 (F H + H H + H), with F = 5 features and H = 3 units; backward 54 = 3",
    ),
    "Each step": (lambda la: la.TimeDistributed(la.Dense(3)), "the same for every timestep"),
    "Dropout": (lambda la: la.Dropout(0.1), "0 parameters"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_the_number_of_parameters_is_explained(name):
    make, said = COUNTED[name]
    layer = make(keras().layers)
    layer.build((None, T, F))
    text = counting.explained(le.from_keras(layer))
    assert said in text
    assert text.startswith(f"{layer.count_params():,} parameters")
    if " = " in text and "directions" not in text and "forward" not in text:
        written = text.split(" = ")[1]
        value = eval(re.sub(r"(\d) \(", r"\1*(", written.replace("·", "*")))
        assert value == layer.count_params()


def test_the_report_in_words_fits_a_terminal(branching):
    report = le.verify(branching)
    for width in (80, 100, 120):
        lines = report.text(width).splitlines()
        assert max(map(len, lines)) <= width
        said = " ".join(" ".join(lines).split())
        for part in ("Parameters", "Not compared", "Good to know", "Input", "encoder, LSTM: 128 parameters"):
            assert part in said
    assert report.text().startswith("✓ two_branches agrees with Keras")


def test_the_page_stands_alone_and_names_cannot_break_it():
    layers = keras().layers
    name = "<script>alert(1)<"
    parts = [layers.LSTM(2, return_sequences=True, name=name), layers.Conv1D(2, 1, name="<b>")]
    model = keras().Sequential([keras().Input((T, F)), *parts])
    page = le.verify(randomise(model, rng_of(35)), sequences(rng_of(36))).page()
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert "<script" not in page and "<b>" not in page and "&lt;script&gt;" in page
    assert not re.search(r"https?://|@import|src=", page)


def test_explore_shows_every_layer_beside_keras(branching):
    report = le.verify(branching, inputs_of(rng_of(37)))
    shown = report.explore(layer="decoder", t=2)
    assert {"encoder", "decoder", "read/forward", "inner/d1"} <= set(shown.layers)
    assert shown.layer == "decoder" and shown.t == 2
    single = le.verify(randomise(built_lstm(), rng_of(38)), sequences(rng_of(39)))
    assert type(single.explore()).__name__ == "LSTMExplorer"


def test_a_file_of_any_model(tmp_path, branching):
    with keras_noise_allowed():
        branching.save(tmp_path / "model.keras")
        report = le.verify(tmp_path / "model.keras", inputs_of(rng_of(40))).check()
    assert len(report.layers) == 9
    json.dumps(report.notes)


def test_a_mask_given_to_a_model_that_is_no_chain():
    layers = keras().layers
    parts = [
        layers.LSTM(H, return_sequences=True, name="first"),
        layers.LayerNormalization(),
        layers.GRU(2, name="last"),
    ]
    model = randomise(keras().Sequential([keras().Input((T, F)), *parts]), rng_of(41))
    mask = mask_of("interior", rng_of(42))
    report = le.verify(model, sequences(rng_of(43)), mask=mask).check()
    assert (report.layers[0].ours.mask == mask).all() and not mask.all()


def test_layers_of_the_same_name_in_two_models_inside_stay_two():
    layers = keras().layers
    inner = [keras().Sequential([keras().Input((F,)), layers.Dense(F, name="dense")], name=name) for name in "ab"]
    model = randomise(keras().Sequential([keras().Input((F,)), *inner]), rng_of(44))
    report = le.verify(model, rng_of(45).standard_normal((B, F))).check()
    assert layer_names(report) == ["a/dense", "b/dense"]
    assert len(report.explore().layers) == 2


def test_explore_takes_models_of_any_shape(branching):
    x = inputs_of(rng_of(46))
    assert set(le.explore(branching, x).layers) == set(le.verify(branching, x).explore().layers)
