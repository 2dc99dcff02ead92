"""verify with targets: our gradients against TensorFlow's tape, and wrong ones, found by name."""

import numpy as np
import pytest
from helpers import B, F, H, T, keras, keras_noise_allowed, mask_of, ours, randomise, rng_of, sequences, states, theirs
from side_by_side import models

import lstm_edu as le
from lstm_edu.core import recurrent

CLASSES = 3
TOKENS = 7
EMBEDDED = ("Embedding", {"input_dim": TOKENS, "output_dim": F, "mask_zero": True})
SEQUENCE = {"units": H, "return_sequences": True}


def _like(rng, outputs):
    """Random numbers in the shapes of what a layer returned."""
    several = isinstance(outputs, (list, tuple))
    found = [rng.standard_normal(np.shape(y)) for y in (outputs if several else [outputs])]
    return found if several else found[0]


# --- single layers: y is dL/d(output) -------------------------------------------------------------------------------

LAYERS = {
    "LSTM": ("LSTM", {**SEQUENCE, "return_state": True}, 2),
    "LSTM, last output": ("LSTM", {"units": H, "recurrent_activation": "hard_sigmoid"}, 2),
    "LSTM backwards": ("LSTM", {**SEQUENCE, "go_backwards": True}, 0),
    "GRU": ("GRU", {**SEQUENCE, "return_state": True}, 1),
    "GRU, one bias": ("GRU", {**SEQUENCE, "reset_after": False}, 1),
    "SimpleRNN": ("SimpleRNN", {**SEQUENCE, "use_bias": False}, 1),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["none", "interior"])
@pytest.mark.parametrize("name", LAYERS)
def test_the_gradients_of_a_layer(name, kind, dtype):
    rng = rng_of(1, len(name))
    kind_of_layer, config, n = LAYERS[name]
    layer = theirs(kind_of_layer, rng, dtype=dtype, **config)
    x, mask = sequences(rng, dtype=dtype), mask_of(kind, rng)
    call = {"initial_state": states(rng, dtype=dtype, count=n)} if n else {}
    dy = _like(rng, layer(x, **call))
    report = le.verify(layer, x, dy, mask=mask, **call).check()
    weights = le.from_keras(layer).weight_names
    start = [f"initial state {s}" for s in ("h", "c")[:n]]
    assert [row.name for row in report.gradients.rows] == [f"gradient of {w}" for w in (*weights, "x", *start)]
    letter = report.gradients.rows[0].tolerance
    assert letter == "1e-10 + 1e-8 |g|" if dtype == "float64" else "1e-4 |g|" in letter


def test_layers_around_layers_and_layers_without_state():
    rng = rng_of(2)
    layers = keras().layers
    both_ways = layers.Bidirectional(
        layers.LSTM(H, return_state=True, dtype="float64"), merge_mode=None, dtype="float64"
    )
    timed = layers.TimeDistributed(layers.Dense(H, "tanh", dtype="float64"), dtype="float64")
    x = sequences(rng, dtype="float64")
    for layer, n in ((both_ways, 4), (timed, 0)):
        layer.build((None, None, F))
        randomise(layer, rng)
        call = {"initial_state": states(rng, dtype="float64", count=n)} if n else {}
        report = le.verify(layer, x, _like(rng, layer(x, **call)), **call).check()
        names = [row.name for row in report.gradients.rows]
        assert ("gradient of initial state backward/c" in names) == bool(n)
    table = theirs("Embedding", rng, (None, None), input_dim=TOKENS, output_dim=F, dtype="float64")
    ids = rng.integers(0, TOKENS, (B, T))
    report = le.verify(table, ids, rng.standard_normal((B, T, F))).check()
    assert [row.name for row in report.gradients.rows] == ["gradient of embeddings"], "token ids have no gradient"


# --- models: y are targets ------------------------------------------------------------------------------------------

MODELS = {
    "embedding, both ways, GRU": [
        EMBEDDED,
        ("Bidirectional", {"layer": ("LSTM", SEQUENCE)}),
        ("GRU", {"units": 2}),
        ("Dense", {"units": CLASSES, "activation": "softmax"}),
    ],
    "frozen, dropout": [
        ("Masking", {}),
        ("LSTM", {**SEQUENCE, "trainable": False, "dropout": 0.5}),
        ("Dropout", {"rate": 0.5}),
        ("SimpleRNN", {"units": 2}),
        ("Dense", {"units": CLASSES}),
    ],
}
LOSSES = {
    "embedding, both ways, GRU": "SparseCategoricalCrossentropy",
    "frozen, dropout": "MeanSquaredError",
}


def _model(name, dtype="float64"):
    """Keras's model, its inputs and targets, and its loss as precise as the model."""
    ids = MODELS[name][0] is EMBEDDED
    _, model = models(MODELS[name], (None, T) if ids else (None, T, F), dtype=dtype)
    rng = rng_of(3)
    x = rng.integers(0, TOKENS, (B, T)) if ids else sequences(rng, dtype=dtype)
    if not ids:
        x[1, :2] = x[2, 3] = 0
    y = rng.integers(0, CLASSES, B) if "Sparse" in LOSSES[name] else rng.standard_normal((B, CLASSES))
    return model, x, y, getattr(keras().losses, LOSSES[name])(dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MODELS)
def test_the_gradients_of_a_model(name, dtype):
    model, x, y, loss = _model(name, dtype)
    model.compile("sgd", loss)
    report = le.verify(model, x, y).check()
    names = [row.name for row in report.gradients.rows]
    assert names[0] == "loss" and len(names) == 1 + len(model.weights) + (MODELS[name][0] is not EMBEDDED)
    assert all(np.abs(row.values[1]) > 0 for row in report.gradients.rows)
    assert "of their gradients" in report.sentence
    assert le.verify(model, x).gradients is None, "without targets as before"


def test_a_loss_by_name_by_function_or_as_an_object():
    model, x, y, precise = _model("frozen, dropout")
    function = keras().losses.mean_squared_error
    with pytest.raises(ValueError, match="not compiled"):
        le.verify(model, x, y)
    found = {str(loss): le.verify(model, x, y, loss=loss).check().gradients for loss in ("mse", function, precise)}
    by_name, by_function, exact = found.values()
    assert by_name.rows[0].dtype == by_function.rows[0].dtype == "float32", "as Keras's losses are"
    assert exact.rows[0].dtype == "float64" and exact.rows[1].tolerance == "1e-10 + 1e-8 |g|"
    assert by_name.max_abs > exact.max_abs
    model.compile("sgd", "mae")
    value = le.verify(model, x, y).gradients.rows[0].values[1]
    assert value == pytest.approx(np.abs(np.asarray(model(x)) - y).mean(), rel=1e-6), "the loss it was compiled with"
    assert le.verify(model, x, y, loss="mse").gradients.rows[0].values[1] == by_name.rows[0].values[1]


def test_a_mask_that_is_given():
    _, model = models([("LSTM", SEQUENCE), ("Dense", {"units": 2})], (None, T, F))
    rng = rng_of(4)
    x, y, mask = sequences(rng, dtype="float64"), rng.standard_normal((B, T, 2)), mask_of("left", rng)
    loss = keras().losses.MeanSquaredError(dtype="float64")
    masked, whole = (le.verify(model, x, y, mask=m, loss=loss).check().gradients for m in (mask, None))
    assert masked.rows[0].values != whole.rows[0].values


def test_a_saturated_softmax_has_the_gradient_of_its_logits():
    _, model = models([("LSTM", {"units": H}), ("Dense", {"units": CLASSES, "activation": "softmax"})], (None, T, F))
    model.set_weights([50 * w for w in model.get_weights()])
    loss = keras().losses.CategoricalCrossentropy(dtype="float64")
    x = sequences(rng_of(5), dtype="float64")
    report = le.verify(model, x, np.eye(CLASSES)[[0, 1, 2]], loss=loss).check()
    assert abs(report.gradients.rows[-2].values[1]) > 0.01, "clipped probabilities would have none"


def test_nothing_is_changed():
    layer = theirs("LSTM", rng_of(6), (B, None, F), units=H, stateful=True)
    x, dy = sequences(rng_of(7)), rng_of(8).standard_normal((B, H))
    layer(x)
    mine = le.from_keras(layer)
    before = [np.asarray(s) for s in layer.states], mine.states
    le.verify(layer, x, dy, ours=mine).check()
    for old, new in zip(before, ([np.asarray(s) for s in layer.states], mine.states), strict=True):
        assert all((a == b).all() and a.any() for a, b in zip(old, new, strict=True))
    model, x, y, loss = _model("embedding, both ways, GRU")
    mine = le.from_keras(model)
    mine.compile("sgd", "mse")
    optimizer = mine.optimizer
    le.verify(model, x, y, loss=loss, ours=mine).check()
    assert mine.optimizer is optimizer and not model.compiled


# --- mistakes -------------------------------------------------------------------------------------------------------


def _spoiled(monkeypatch, kind, change):
    """Our layers of this kind with gradients that `change` has changed."""
    right = kind._backward

    def wrong(self, *arguments):
        grads = right(self, *arguments)
        return grads._replace(**change(grads))

    monkeypatch.setattr(kind, "_backward", wrong)


def _one_number_off(size):
    def change(grads):
        kernel, *rest = map(np.array, grads.weights)
        kernel[2, H + 1] += size * np.abs(kernel).max()  # feature 2, the second block, unit 1
        return {"weights": [kernel, *rest]}

    return change


def _gates_exchanged(grads):
    def exchanged(w):
        i, f, g, o = np.split(w, 4, axis=-1)
        return np.concatenate([f, i, g, o], axis=-1)

    return {"weights": [*grads.weights[:2], exchanged(grads.weights[2])]}


MISTAKES = {
    "one number": (_one_number_off(1e-6), "kernel", "f"),
    "two gates swapped": (_gates_exchanged, "bias", None),
    "the input's time turned": (lambda grads: {"x": grads.x[:, ::-1]}, "x", None),
    "no way back to c": (
        lambda grads: {"initial_state": [grads.initial_state[0], 0 * grads.initial_state[1]]},
        "initial state c",
        None,
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_gradient_is_found_and_named(name, monkeypatch):
    change, quantity, gate = MISTAKES[name]
    rng = rng_of(9)
    layer = theirs("LSTM", rng, dtype="float64", **SEQUENCE)
    x, start, dy = sequences(rng, dtype="float64"), states(rng, dtype="float64"), rng.standard_normal((B, T, H))
    le.verify(layer, x, dy, initial_state=start).check()
    _spoiled(monkeypatch, recurrent.Recurrent, change)
    report = le.verify(layer, x, dy, initial_state=start)
    assert not report and all(report.layers) and report.first is None, "the way forward is right"
    wrong = [row.name for row in report.gradients.rows if not row.ok]
    assert wrong == [f"gradient of {quantity}"]
    assert report.where["quantity"] == wrong[0]
    if gate:
        assert report.where == {"quantity": wrong[0], "feature": 2, "gate": gate, "unit": 1}
        assert "gradients: gradient of kernel differs" in report.sentence and "gate f (forget gate)" in report.sentence
    with pytest.raises(AssertionError, match=quantity):
        report.check()
    (line,) = [line for line in repr(report).splitlines() if line.startswith("gradients ")]
    assert "✗" in line and wrong[0] in report._repr_html_()


def test_a_mask_that_the_way_back_ignores_is_found(monkeypatch):
    rng = rng_of(10)
    layer = theirs("GRU", rng, dtype="float64", **SEQUENCE)
    x, dy, mask = sequences(rng, dtype="float64"), rng.standard_normal((B, T, H)), mask_of("interior", rng)
    right = le.GRU._scan_backward

    def unmasked(self, run, *rest):
        return right(self, run._replace(skipped=None), *rest)

    monkeypatch.setattr(le.GRU, "_scan_backward", unmasked)
    report = le.verify(layer, x, dy, mask=mask)
    assert all(report.layers) and not report.gradients
    assert le.verify(layer, x, dy), "without a mask it is right"


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_in_float32_small_gradients_are_not_let_off(scale, monkeypatch):
    rng = rng_of(11)
    layer = theirs("LSTM", rng, **SEQUENCE)
    x, dy = sequences(rng), scale * rng.standard_normal((B, T, H))
    le.verify(layer, x, dy).check()
    _spoiled(monkeypatch, recurrent.Recurrent, _one_number_off(1e-2))
    assert not le.verify(layer, x, dy)


def test_ours_with_other_weights_fails_there_too():
    rng = rng_of(12)
    layer = theirs("LSTM", rng, units=H)
    report = le.verify(layer, sequences(rng), rng.standard_normal((B, H)), ours=ours("LSTM", rng, units=H))
    assert not report.gradients and report.first is not None


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "y", "loss", "error", "said"),
    [
        ({}, np.zeros(B), None, ValueError, r"dL/d\(output\), of the output's shape \(3, 4\), got \(3,\)"),
        ({}, np.zeros((B, H)), "mse", ValueError, "put the layer in a keras.Sequential"),
        ({"return_state": True}, np.zeros((B, H)), None, ValueError, "returns 3 arrays, so y must be a list"),
        ({"return_state": True}, [np.zeros((B, H))], None, ValueError, "got 1 array"),
        ({}, None, "mse", ValueError, "needs the targets y"),
        ({}, "text", None, TypeError, "y"),
    ],
)
def test_what_does_not_fit_a_layer_is_refused(config, y, loss, error, said):
    layer = theirs("LSTM", rng_of(13), units=H, **config)
    with pytest.raises(error, match=said):
        le.verify(layer, sequences(rng_of(14)), y, loss=loss)


def test_what_does_not_fit_a_model_is_refused(tmp_path):
    model, x, y, _ = _model("frozen, dropout")
    for loss, error, said in [
        ("huber", ValueError, "the loss huber cannot be rebuilt. Supported: MeanSquaredError"),
        (keras().losses.Huber(), ValueError, "the loss Huber cannot"),
        ("mean_square", ValueError, "has no loss 'mean_square'"),
        (lambda t, p: p, ValueError, "cannot be rebuilt"),
        (le.losses.MeanSquaredError(), ValueError, "give Keras's"),
        (["mse"], TypeError, "one loss"),
        (keras().losses.MeanSquaredError(reduction="none"), ValueError, "reduction"),
    ]:
        with pytest.raises(error, match=said):
            le.verify(model, x, y, loss=loss)
    with pytest.raises(ValueError, match="y_true must have y_pred's shape"):
        le.verify(model, x, y[:, :1], loss="mse")
    with keras_noise_allowed():
        model.save(tmp_path / "model.keras")
        with pytest.raises(ValueError, match="a file is opened without"):
            le.verify(tmp_path / "model.keras", x, y)
    model.compile("sgd", "mse", loss_weights=2.0)
    with pytest.raises(ValueError, match="loss_weights=2.0"):
        le.verify(model, x, y)
    layers = keras().layers
    held = keras().Sequential([keras().Input((T, F)), layers.LSTM(2, kernel_regularizer="l2")])
    with pytest.raises(ValueError, match="kernel_regularizer"):
        le.verify(held, x, np.zeros((B, 2)), loss="mse")


def test_where_keras_has_no_gradients_the_rest_goes_on(monkeypatch):
    layer = theirs("Dense", rng_of(15), (None, F), units=H)
    x = rng_of(16).standard_normal((B, F)).astype("float32")
    monkeypatch.setattr(keras().backend, "backend", lambda: "numpy")
    report = le.verify(layer, x, np.ones((B, H))).check()
    assert report.gradients is None
    assert report.notes == (
        "Keras computes no gradients on the backend 'numpy', so none were compared; it does on tensorflow, jax, "
        "torch (set KERAS_BACKEND before Keras is imported)",
    )


def test_gradients_of_a_layer_that_makes_errors_grow_are_not_called_wrong():
    """A SimpleRNN with large recurrent weights: float32 moves its gradients far more than a fixed tolerance allows."""
    rng = rng_of(77)
    layer = keras().layers.SimpleRNN(48, return_sequences=True)
    layer.build((2, 40, 6))
    layer.set_weights([rng.normal(size=w.shape) * 0.35 for w in layer.get_weights()])
    x, dy = rng.normal(size=(2, 40, 6)).astype("float32"), rng.normal(size=(2, 40, 48)).astype("float32")
    report = le.verify(layer, x, dy)
    assert report.verdict != "different" and report.gradients.verdict != "different"
    assert any(row.tolerance.startswith("rounding") for row in report.gradients.rows)
    wrong = le.from_keras(layer)
    wrong.set_weights([1.05 * w for w in wrong.get_weights()])
    assert le.verify(layer, x[:, :4], dy[:, :4], ours=wrong).gradients.verdict == "different"
