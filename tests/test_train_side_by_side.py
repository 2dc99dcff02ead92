"""Training side by side: the same losses, the same weights after every update; and mistakes that show."""

import numpy as np
import pytest
from helpers import F, H, keras, rng_of, sequences
from side_by_side import assert_same_weights, models

import lstm_edu as le
from lstm_edu.core import optimizers, recurrent
from lstm_edu.keras_bridge import train_side_by_side

N, T, CLASSES, TOKENS = 9, 6, 3, 7
SEQUENCE = {"units": H, "return_sequences": True}
END = ("Dense", {"units": CLASSES, "activation": "softmax"})
EMBEDDED = ("Embedding", {"input_dim": TOKENS, "output_dim": F, "mask_zero": True})
ADAM = ("Adam", {"learning_rate": 0.02})
NESTEROV = ("SGD", {"learning_rate": 0.1, "momentum": 0.8, "nesterov": True})


def compiled(
    spec, optimizer=ADAM, loss="SparseCategoricalCrossentropy", *, dtype="float64", batch=None, loss_dtype=None
):
    """Keras's model, compiled, all weights random and different, with its inputs and targets."""
    ids = spec[0] is EMBEDDED
    spec = [(kind, {"name": f"{kind.lower()}_{k}", **settings}) for k, (kind, settings) in enumerate(spec)]
    _, model = models(spec, (batch, T) if ids else (batch, T, F), dtype=dtype)
    name, settings = optimizer
    model.compile(
        getattr(keras().optimizers, name)(**settings),
        getattr(keras().losses, loss)(dtype=loss_dtype or dtype),
        metrics=["accuracy"],
    )
    rng = rng_of(1)
    x = rng.integers(0, TOKENS, (N, T)) if ids else sequences(rng, N, T, dtype=dtype)
    y = rng.integers(0, CLASSES, N) if loss.startswith("Sparse") else rng.standard_normal((N, CLASSES))
    return model, x, y


SMALL = [("LSTM", {"units": H}), END]

MODELS = {
    "LSTM": ([("LSTM", SEQUENCE), ("LSTM", {"units": 2}), END], "SparseCategoricalCrossentropy"),
    "GRU": ([("Masking", {}), ("GRU", {"units": H}), ("Dense", {"units": CLASSES})], "MeanSquaredError"),
    "Bidirectional": (
        [("Bidirectional", {"layer": ("LSTM", {"units": H}), "merge_mode": "mul"}), END],
        "SparseCategoricalCrossentropy",
    ),
    "Embedding": (
        [EMBEDDED, ("Bidirectional", {"layer": ("GRU", SEQUENCE)}), ("LSTM", {"units": 2, "trainable": False}), END],
        "SparseCategoricalCrossentropy",
    ),
}


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [*((name, ADAM) for name in MODELS), ("GRU", NESTEROV), ("Embedding", NESTEROV)],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_twenty_steps_agree(name, optimizer):
    spec, loss = MODELS[name]
    model, x, y = compiled(spec, optimizer, loss)
    before = model.get_weights()
    report = train_side_by_side(model, x, y, batch_size=3).check()
    assert len(report.steps) == 20 and report.first is None and report.where == {}
    assert report.differences.shape == (20, len(before)) and len(report.weight_names) == len(before)
    assert report.max_abs <= 1e-9
    # Compared with each other here once more, and both have learned.
    assert_same_weights(report.ours, report.keras)
    frozen = [k for k, n in enumerate(report.weight_names) if name == "Embedding" and n.startswith("lstm_2/")]
    assert [k for k, far in enumerate(report.moved) if not far > 1e-3] == frozen
    assert (report.losses[:, 0] != report.losses[0, 0]).any()
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True)), (
        "the given model is left alone"
    )
    assert int(model.optimizer.iterations) == 0


def test_the_batches_follow_one_another_and_the_losses_are_keras_own():
    model, x, y = compiled(SMALL)
    report = train_side_by_side(model, x, y, steps=5, batch_size=4)
    x_batches = [slice(0, 4), slice(4, 8), slice(8, 9), slice(0, 4), slice(4, 8)]
    expected = [model.train_on_batch(x[b], y[b], return_dict=True)["loss"] for b in x_batches]
    np.testing.assert_allclose(report.losses[:, 1], expected, rtol=1e-6)
    np.testing.assert_allclose(report.losses[:, 0], expected, rtol=1e-6)
    assert_same_weights(report.ours, model)


def test_in_place_trains_the_model_itself():
    model, x, y = compiled(SMALL)
    before = model.get_weights()
    report = train_side_by_side(model, x, y, steps=2, in_place=True).check()
    assert report.keras is model and int(model.optimizer.iterations) == 2
    assert_same_weights(report.ours, model)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    with pytest.raises(ValueError, match="has made 2 updates"):
        train_side_by_side(model, x, y, in_place=True)
    train_side_by_side(model, x, y, steps=2).check()  # a copy, with a new optimizer


def test_float32_models_and_losses_in_float32():
    for dtypes in ({"dtype": "float32"}, {"loss_dtype": "float32"}):
        model, x, y = compiled(SMALL, **dtypes)
        report = train_side_by_side(model, x, y).check()
        assert "1e-5 |w|" in report.steps[0].weights.rows[0].tolerance


def test_a_falling_learning_rate_clipping_and_states_that_are_kept():
    schedule = keras().optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
    settings = ("SGD", {"learning_rate": schedule, "momentum": 0.5, "global_clipnorm": 0.1})
    model, x, y = compiled([("LSTM", {"units": H, "stateful": True}), END], settings, batch=3)
    states = model.layers[0].states
    model(x[:3])
    before = [np.asarray(s) for s in states]
    report = train_side_by_side(model, x, y, steps=6, batch_size=3).check()
    assert report.optimizer == "SGD, learning rate 0.1"
    for state, now, twin in zip(before, states, report.keras.layers[0].states, strict=True):
        assert state.any() and (np.asarray(now) == state).all() and (np.asarray(twin) != state).any()


# --- mistakes -------------------------------------------------------------------------------------------------------


def _epsilon_of_pytorch(monkeypatch):
    def update(self, w, g, lr, t, slot):
        m, v = slot["m"], slot["v"]
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (np.asarray(g) ** 2 - v)
        return w - lr * m / (1 - self.beta_1**t) / (np.sqrt(v / (1 - self.beta_2**t)) + 1e-8)

    monkeypatch.setattr(optimizers.Adam, "_new_weight", update)


def _mask_ignored(monkeypatch):
    right = recurrent.Recurrent._run

    def run(self, x, *, mask, **call):
        return right(self, x, mask=None, **call)

    monkeypatch.setattr(recurrent.Recurrent, "_run", run)


def _no_gradient_of_biases(monkeypatch):
    right = recurrent.Recurrent._backward

    def backward(self, *arguments):
        grads = right(self, *arguments)
        return grads._replace(weights=[*grads.weights[:2], 0 * grads.weights[2]])

    monkeypatch.setattr(recurrent.Recurrent, "_backward", backward)


def _momentum_forgotten(monkeypatch):
    right = optimizers.SGD._new_weight

    def update(self, w, g, lr, t, slot):
        slot["m"][...] = 0
        return right(self, w, g, lr, t, slot)

    monkeypatch.setattr(optimizers.SGD, "_new_weight", update)


MISTAKES = {  # (what, optimizer, the first step and quantity that show it)
    "epsilon of PyTorch": (_epsilon_of_pytorch, ADAM, 1, "embedding_0/embeddings"),
    "mask ignored": (_mask_ignored, ADAM, 1, "loss"),
    "no gradient of biases": (_no_gradient_of_biases, ADAM, 1, "lstm_1/bias"),
    "momentum forgotten": (_momentum_forgotten, NESTEROV, 2, "embedding_0/embeddings"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_shows_at_its_step(name, monkeypatch):
    plant, optimizer, step, quantity = MISTAKES[name]
    model, x, y = compiled([EMBEDDED, ("LSTM", {"units": H}), END], optimizer)
    x[:, 0] = 0
    plant(monkeypatch)
    report = train_side_by_side(model, x, y, steps=3)
    assert not report and report.first.number == step
    assert (report.where["step"], report.where["quantity"]) == (step, quantity)
    assert f"step {step}: {quantity} differs from Keras's" in report.sentence
    with pytest.raises(AssertionError, match=f"step {step}: {quantity}"):
        report.check()


def test_a_mistake_in_the_middle_is_in_a_long_table(monkeypatch):
    model, x, y = compiled(SMALL, ("SGD", {}))
    right = optimizers.SGD._new_weight
    monkeypatch.setattr(
        optimizers.SGD, "_new_weight", lambda self, w, g, lr, t, slot: right(self, w, g, lr, t, slot) + 1e-6 * (t == 13)
    )
    report = train_side_by_side(model, x, y, steps=24)
    assert report.first.number == 13
    title, header, *rows = repr(report).splitlines()
    assert title.startswith("✗ ") and header.split() == (
        "step our loss Keras's loss weights differ by most in result".split()
    )
    numbers = [row.split()[0] for row in rows]
    assert numbers == [*map(str, range(1, 11)), "…", "13", "…", *map(str, range(15, 25))]
    assert "✗ differs" in rows[11] and "✓ agrees" in rows[0]


def test_the_tables():
    model, x, y = compiled(SMALL)
    report = train_side_by_side(model, x, y, steps=2)
    assert repr(report).splitlines()[0].startswith("✓ ") and len(repr(report).splitlines()) == 4
    assert "after moving by up to 0.0" in report.sentence
    page = report._repr_html_()
    assert page.count("<tr") == 3 and "Keras&#x27;s loss" in page and "✓&nbsp;agrees" in page
    assert "lstm_0/kernel" in repr(report.steps[0].weights) and report.steps[0].sentence.startswith("step 1: ")


# --- refused --------------------------------------------------------------------------------------------------------


def test_what_cannot_be_followed_is_refused_by_name():
    model, x, y = compiled(SMALL)
    for optimizer, said in [
        ("rmsprop", "the optimizer RMSprop is not supported. Supported: SGD, Adam"),
        (keras().optimizers.AdamW(), "the optimizer AdamW is not"),
        (keras().optimizers.SGD(weight_decay=0.1), "SGD: weight_decay=0.1"),
        (keras().optimizers.Adam(use_ema=True), "Adam: use_ema=True"),
        (keras().optimizers.Adam(keras().optimizers.schedules.CosineDecay(0.1, 5)), "CosineDecay is not supported"),
    ]:
        model.compile(optimizer, "sparse_categorical_crossentropy")
        with pytest.raises(ValueError, match=said):
            train_side_by_side(model, x, y)
    model.compile("sgd", "huber")
    with pytest.raises(ValueError, match="the loss huber"):
        train_side_by_side(model, x, y)
    for spec, said in [
        ([("LSTM", {"units": H, "recurrent_dropout": 0.3}), END], "recurrent_dropout=0.3"),
        ([("Dropout", {"rate": 0.2}), *SMALL], "'dropout.*rate=0.2"),
        (
            [("LSTM", {"units": H, "trainable": False}), ("Dense", {"units": 3, "trainable": False})],
            "no weights to train",
        ),
    ]:
        with pytest.raises(ValueError, match=said):
            train_side_by_side(*compiled(spec))


def test_what_does_not_fit_is_refused():
    model, x, y = compiled(SMALL)
    for arguments, error, said in [
        ((model, x, y[1:]), ValueError, r"one entry for each sample, got the shapes \(9, 6, 5\) and \(8,\)"),
        ((model, x, y + CLASSES), ValueError, "class numbers from 0 to 2"),
        ((model, x[:, :, 1:], y), ValueError, "features"),
        ((model.layers[0], x, y), TypeError, "put it in a keras.Sequential"),
        ((le.from_keras(model), x, y), TypeError, "is already converted"),
    ]:
        with pytest.raises(error, match=said):
            train_side_by_side(*arguments)
    for given, error in [({"steps": 0}, ValueError), ({"batch_size": 2.5}, TypeError), ({"in_place": 3}, TypeError)]:
        with pytest.raises(error, match=next(iter(given))):
            train_side_by_side(model, x, y, **given)
    _, untouched = models(SMALL, (None, T, F))
    with pytest.raises(ValueError, match="is not compiled"):
        train_side_by_side(untouched, x, y)
