"""Training side by side with Keras: losses, weights, histories; what the loss sees; what is refused."""

import json
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from side_by_side import assert_close, assert_same_weights, keras, models

import lstm_edu as le
from lstm_edu.core import training

DENSE = ("Dense", {"units": 4, "activation": "softmax"})


def compiled(
    spec,
    shape,
    loss,
    optimizer=("SGD", {"learning_rate": 0.1}),
    *,
    metrics=None,
    dtype="float64",
    loss_dtype=None,
):
    """Ours and Keras's, compiled alike; the loss's dtype is the model's unless told otherwise."""
    pair = models(spec, shape, dtype=dtype)
    for model, library in zip(pair, (le, keras), strict=True):
        model.compile(
            getattr(library.optimizers, optimizer[0])(**optimizer[1]),
            getattr(library.losses, loss)(dtype=loss_dtype or dtype),
            metrics=metrics,
        )
    return pair


def sequences(seed, batch=7, timesteps=6, features=3):
    """Padded sequences: mask left, right, inside, nowhere and everywhere."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, timesteps, features))
    mask = np.ones((batch, timesteps), bool)
    mask[1, :2] = mask[2, 4:] = mask[3, 2:4] = mask[4, :] = False
    return np.where(mask[..., None], x, 0), mask


# --- the steps of training ------------------------------------------------------------------------------------------

MODELS = {
    "a class for each sequence": ([("Masking", {}), ("LSTM", {"units": 5}), DENSE], "classes"),
    "a class for each timestep": ([("Masking", {}), ("GRU", {"units": 5, "return_sequences": True}), DENSE], "steps"),
    "a class for each timestep, backwards": (
        [("Masking", {}), ("SimpleRNN", {"units": 5, "return_sequences": True, "go_backwards": True}), DENSE],
        "steps",
    ),
    "bidirectional, time-distributed": (
        [
            ("Masking", {}),
            ("Bidirectional", {"layer": ("LSTM", {"units": 2, "return_sequences": True})}),
            ("TimeDistributed", {"layer": DENSE}),
        ],
        "steps",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_losses_and_weights_over_several_steps(name):
    spec, kind = MODELS[name]
    ours, theirs = compiled(
        spec, (None, 6, 3), "SparseCategoricalCrossentropy", ("Adam", {"learning_rate": 0.02}), metrics=["accuracy"]
    )
    for step in range(6):
        x, _ = sequences(step)
        y = np.random.default_rng(step).integers(0, 4, (7, 6) if kind == "steps" else 7)
        assert ours.test_on_batch(x, y) == pytest.approx(theirs.test_on_batch(x, y), rel=1e-6)
        assert ours.train_on_batch(x, y) == pytest.approx(theirs.train_on_batch(x, y), rel=1e-6)
    assert_same_weights(ours, theirs)


def test_a_given_mask_does_what_masking_does():
    spec = [("LSTM", {"units": 5, "return_sequences": True}), DENSE]
    ours, _ = compiled(spec, (None, 6, 3), "SparseCategoricalCrossentropy")
    with_masking, _ = compiled([("Masking", {}), *spec], (None, 6, 3), "SparseCategoricalCrossentropy")
    x, mask = sequences(0)
    y = np.random.default_rng(0).integers(0, 4, (7, 6))
    assert ours.train_on_batch(x, y, mask) == with_masking.train_on_batch(x, y)
    assert_close(ours.get_weights(), with_masking.get_weights(), "weight", 0, 1e-12)
    assert ours.train_on_batch(x, y) != with_masking.train_on_batch(x, y)  # and without it another thing


def test_stateful_layers_carry_their_states_over_batches_and_epochs():
    spec = [("LSTM", {"units": 5, "stateful": True}), ("Dense", {"units": 2})]
    ours, theirs = compiled(spec, (4, 6, 3), "MeanSquaredError")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 6, 3)).astype("float32"), rng.standard_normal((8, 2)).astype("float32")
    history = ours.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0).history
    expected = theirs.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx(expected["loss"], rel=1e-6)
    assert_same_weights(ours, theirs)
    assert_close(ours.layers[0].states, [s.numpy() for s in theirs.layers[0].states], "state", 1e-9, 1e-7)
    ours.reset_state(), theirs.layers[0].reset_state()
    assert ours.test_on_batch(x[:4], y[:4]) == pytest.approx(theirs.test_on_batch(x[:4], y[:4]), rel=1e-6)


def test_layers_that_are_not_trainable_stay_as_they_are():
    spec = [
        ("LSTM", {"units": 5, "trainable": False, "return_sequences": True}),
        (
            "Bidirectional",
            {
                "layer": ("GRU", {"units": 2}),
                "backward_layer": ("GRU", {"units": 2, "go_backwards": True, "trainable": False}),
            },
        ),
        DENSE,
    ]
    optimizer = ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "global_clipnorm": 0.1})
    ours, theirs = compiled(spec, (None, 6, 3), "SparseCategoricalCrossentropy", optimizer)
    before = ours.get_weights()
    for step in range(3):
        x, _ = sequences(step)
        y = np.random.default_rng(step).integers(0, 4, 7)
        ours.train_on_batch(x, y), theirs.train_on_batch(x, y)
    assert_same_weights(ours, theirs)
    changed = [not np.array_equal(a, b) for a, b in zip(before, ours.get_weights(), strict=True)]
    assert changed == [False] * 3 + [True] * 3 + [False] * 3 + [True] * 2


def test_float32_models_train_alike():
    ours, theirs = compiled(
        [("LSTM", {"units": 5}), DENSE], (None, 6, 3), "SparseCategoricalCrossentropy", ("Adam", {}), dtype="float32"
    )
    for step in range(20):
        rng = np.random.default_rng(step)
        x, y = rng.standard_normal((7, 6, 3)).astype("float32"), rng.integers(0, 4, 7)
        assert ours.train_on_batch(x, y) == pytest.approx(theirs.train_on_batch(x, y), rel=1e-5)
    assert_close(ours.get_weights(), theirs.get_weights(), "weight", 1e-4, 1e-4)


def test_dropout_acts_in_training_only():
    model = le.Sequential([le.LSTM(5, dropout=0.5, seed=1), le.Dropout(0.5, seed=2), le.Dense(2)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 6, 3)), np.ones((4, 2))
    model.build((None, 6, 3))
    assert model.test_on_batch(x, y) == model.test_on_batch(x, y)
    weights = model.get_weights()
    losses = {model.loss_and_gradients(x, y, training=True).loss for _ in range(3)}
    assert len(losses) == 3
    assert_close(model.get_weights(), weights, "weight", 0, 0)


# --- what the loss sees ---------------------------------------------------------------------------------------------

# Probabilities so near 0 and 1 that it shows whether the logits were used.
SATURATED = {
    "softmax, sparse": ([DENSE], "SparseCategoricalCrossentropy", "class"),
    "softmax, one-hot": ([DENSE], "CategoricalCrossentropy", "one-hot"),
    "sigmoid, binary": ([("Dense", {"units": 4, "activation": "sigmoid"})], "BinaryCrossentropy", "one-hot"),
    "one sigmoid, targets (B,)": ([("Dense", {"units": 1, "activation": "sigmoid"})], "BinaryCrossentropy", "bit"),
    "softmax, binary": ([DENSE], "BinaryCrossentropy", "one-hot"),
    "sigmoid, categorical": ([("Dense", {"units": 4, "activation": "sigmoid"})], "CategoricalCrossentropy", "one-hot"),
    "sigmoid, sparse": ([("Dense", {"units": 4, "activation": "sigmoid"})], "SparseCategoricalCrossentropy", "class"),
    "softmax, mse": ([DENSE], "MeanSquaredError", "one-hot"),
    "softplus, categorical": (
        [("Dense", {"units": 4, "activation": "softplus"})],
        "CategoricalCrossentropy",
        "one-hot",
    ),
    "softmax, float32 loss": ([DENSE], "SparseCategoricalCrossentropy", "class"),
}


@pytest.mark.parametrize("case", SATURATED)
def test_the_loss_uses_the_logits_where_keras_uses_them(case):
    spec, loss, kind = SATURATED[case]
    loss_dtype = "float32" if case.endswith("float32 loss") else None
    ours, theirs = compiled(spec, (None, 3), loss, ("SGD", {"learning_rate": 1.0}), loss_dtype=loss_dtype)
    rng = np.random.default_rng(1)
    weights = [30 * rng.standard_normal(w.shape) for w in ours.get_weights()]
    ours.set_weights(weights), theirs.set_weights(weights)
    x, labels = rng.standard_normal((9, 3)), rng.integers(0, 4, 9)
    y = {"class": labels, "one-hot": np.eye(4)[labels], "bit": labels % 2}[kind]
    assert ours.test_on_batch(x, y) == pytest.approx(theirs.test_on_batch(x, y), rel=1e-6)
    assert ours.train_on_batch(x, y) == pytest.approx(theirs.train_on_batch(x, y), rel=1e-6)
    tolerance = 1e-5 if loss_dtype else 1e-9
    assert_close(ours.get_weights(), theirs.get_weights(), "weight", tolerance, 1e-7)


def test_through_time_distributed_the_loss_uses_probabilities():
    spec = [("TimeDistributed", {"layer": DENSE})]
    ours, theirs = compiled(spec, (None, 6, 3), "SparseCategoricalCrossentropy")
    plain, _ = compiled([DENSE], (None, 6, 3), "SparseCategoricalCrossentropy")
    weights = [30 * w for w in ours.get_weights()]
    for model in (ours, theirs, plain):
        model.set_weights(weights)
    x, y = np.random.default_rng(0).standard_normal((5, 6, 3)), np.random.default_rng(1).integers(0, 4, (5, 6))
    assert ours.train_on_batch(x, y) == pytest.approx(theirs.train_on_batch(x, y), rel=1e-6)
    assert_same_weights(ours, theirs)
    assert plain.test_on_batch(x, y) > 1.5 * ours.test_on_batch(x, y)  # the logits are not clipped


def test_a_model_in_a_model_lends_its_logits():
    inner = le.Sequential([le.Dense(4, "softmax", dtype="float64")])
    outer = le.Sequential([le.LSTM(5, dtype="float64"), inner])
    flat, _ = compiled([("LSTM", {"units": 5}), DENSE], (None, 6, 3), "SparseCategoricalCrossentropy")
    outer.build((None, 6, 3))
    outer.set_weights([10 * w for w in flat.get_weights()]), flat.set_weights(outer.get_weights())
    outer.compile(le.optimizers.SGD(0.1), le.losses.SparseCategoricalCrossentropy(dtype="float64"))
    x, y = np.random.default_rng(0).standard_normal((5, 6, 3)), np.array([0, 1, 2, 3, 1])
    assert outer.train_on_batch(x, y) == flat.train_on_batch(x, y)
    assert_close(outer.get_weights(), flat.get_weights(), "weight", 0, 0)
    assert outer.test_on_batch(x, y) == flat.test_on_batch(x, y)


def test_from_logits_after_softmax_warns_and_uses_the_logits_once():
    ours, _ = compiled([DENSE], (None, 3), "SparseCategoricalCrossentropy")
    x, y = np.random.default_rng(0).standard_normal((5, 3)), np.array([0, 1, 2, 3, 1])
    expected = ours.test_on_batch(x, y)
    with pytest.warns(UserWarning, match="from_logits=True, but the model ends in a softmax"):
        ours.compile("sgd", le.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64"))
    assert ours.test_on_batch(x, y) == expected


def test_loss_and_gradients_changes_nothing_and_returns_everything():
    ours, _ = compiled([("LSTM", {"units": 5}), DENSE], (None, 6, 3), "SparseCategoricalCrossentropy")
    x, y = np.random.default_rng(0).standard_normal((2, 6, 3)), np.array([3, 1])
    weights = ours.get_weights()
    loss, gradients, trace = ours.loss_and_gradients(x, y)
    assert loss == ours.test_on_batch(x, y)
    assert_close(ours.get_weights(), weights, "weight", 0, 0)
    np.testing.assert_array_equal(trace.output, ours(x))
    np.testing.assert_allclose(gradients.trace.layers[-1].z, (trace.output - np.eye(4)[y]) / 2, atol=1e-15)  # y - t
    assert gradients.x.shape == x.shape and gradients.trace.layers[0].c.shape == (2, 6, 5)
    for k, w in enumerate(weights):  # the derivative of the loss along one number of each weight
        index, eps = tuple(n // 2 for n in w.shape), 1e-6
        step = np.zeros_like(w)
        step[index] = eps
        values = []
        for sign in (1, -1):
            ours.set_weights([*weights[:k], w + sign * step, *weights[k + 1 :]])
            values.append(ours.test_on_batch(x, y))
        assert gradients.weights[k][index] == pytest.approx((values[0] - values[1]) / (2 * eps), rel=1e-6, abs=1e-9)


# --- fit, evaluate, predict -----------------------------------------------------------------------------------------


REPORTS = {
    "steps": (
        [("Masking", {}), ("LSTM", {"units": 5, "return_sequences": True}), DENSE],
        "SparseCategoricalCrossentropy",
    ),
    "classes": ([DENSE], "SparseCategoricalCrossentropy"),
    "numbers": ([("Dense", {"units": 2})], "MeanSquaredError"),
    "one output": ([("Dense", {"units": 1, "activation": "sigmoid"})], "BinaryCrossentropy"),
}


@pytest.mark.parametrize("kind", REPORTS)
def test_fit_evaluate_and_predict_report_what_keras_reports(kind):
    """Batches of 4, 4 and 2 with different masks: how means are taken shows."""
    spec, loss = REPORTS[kind]
    rng = np.random.default_rng(0)
    x = sequences(0, batch=13)[0]
    x = x if kind == "steps" else x[:, 0] + x[:, 5]
    metrics = ["mae"] if kind == "numbers" else ["accuracy"]
    ours, theirs = compiled(spec, (None, *x.shape[1:]), loss, ("Adam", {"learning_rate": 0.01}), metrics=metrics)
    y = {
        "steps": rng.integers(0, 4, (13, 6)),
        "classes": rng.integers(0, 4, 13),
        "numbers": rng.standard_normal((13, 2)),
        "one output": rng.integers(0, 2, 13),
    }[kind]
    arguments = {"batch_size": 4, "epochs": 3, "verbose": 0, "shuffle": False, "validation_split": 0.2}
    history, expected = ours.fit(x, y, **arguments), theirs.fit(x, y, **arguments)
    assert history.epoch == expected.epoch == [0, 1, 2]
    assert set(history.history) == set(expected.history)
    for name, values in history.history.items():
        assert values == pytest.approx(expected.history[name], rel=1e-5), name
    assert_same_weights(ours, theirs)
    assert ours.evaluate(x, y, batch_size=4) == pytest.approx(theirs.evaluate(x, y, batch_size=4, verbose=0), rel=1e-5)
    as_dict = ours.evaluate(x, y, return_dict=True)
    assert as_dict == pytest.approx(theirs.evaluate(x, y, verbose=0, return_dict=True), rel=1e-5)
    assert_close(
        [ours.predict(x, batch_size=4)], [theirs.predict(x, batch_size=4, verbose=0)], "prediction", 1e-9, 1e-7
    )
    assert ours.history is history and "3 epochs: loss" in repr(history)


def test_categorical_accuracy():
    ours, theirs = compiled([DENSE], (None, 3), "CategoricalCrossentropy", metrics=["accuracy"])
    x, y = np.random.default_rng(0).standard_normal((9, 3)), np.eye(4)[np.random.default_rng(1).integers(0, 4, 9)]
    assert ours.test_on_batch(x, y) == pytest.approx(theirs.test_on_batch(x, y), rel=1e-6)
    ours.compile("sgd", "categorical_crossentropy", metrics="acc")
    assert list(ours.evaluate(x, y, return_dict=True)) == ["loss", "acc"]


def test_fit_learns_with_validation_data_masks_and_a_seed():
    x = np.random.default_rng(0).standard_normal((40, 6, 3))
    y = (x.sum(axis=(1, 2)) > 0).astype(int)
    mask = np.random.default_rng(1).random((40, 6)) < 0.9

    def trained(seed):
        model = le.Sequential([le.LSTM(8, seed=0), le.Dense(2, "softmax", seed=1)])  # built by fit, as in Keras
        model.compile(le.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, 8, 15, 0, validation_data=(x, y), validation_mask=mask, mask=mask, seed=seed).history
        return model, history

    model, history = trained(3)
    assert history["loss"][-1] < 0.5 * history["loss"][0] and history["accuracy"][-1] > 0.9
    assert history["val_loss"][-1] == pytest.approx(model.evaluate(x, y, 8, mask=mask)[0], rel=1e-6)
    assert history == trained(3)[1] != trained(4)[1]
    assert model.predict(x, mask=mask).shape == (40, 2)


def test_predict_returns_every_output():
    model = le.Sequential([le.LSTM(2, return_state=True, seed=0)])
    x = np.random.default_rng(0).standard_normal((5, 6, 3)).astype("float32")
    outputs = model.predict(x, batch_size=2)
    assert len(outputs) == 3
    assert_close(outputs, model(x), "output", 1e-6, 1e-6)


def test_fit_rounds_data_to_float32_as_keras_does_and_train_on_batch_does_not():
    x = np.array([[1 + 1e-9]])
    model = le.Sequential([le.Dense(1, use_bias=False, dtype="float64")])
    model.build((None, 1))
    model.set_weights([[[1.0]]])
    assert model.predict(x) == 1.0 and model(x) > 1.0


def test_nothing_is_printed_when_silent_and_the_bar_tells_epoch_and_loss(capsys):
    model = le.Sequential([le.Dense(2)])
    model.compile("sgd", "mse")
    x = np.ones((10, 3))
    model.fit(x, np.ones((10, 2)), verbose=0)
    assert capsys.readouterr() == ("", "")
    model.fit(x, np.ones((10, 2)), batch_size=4, epochs=2, validation_split=0.2, verbose=1)
    model.evaluate(x, np.ones((10, 2)), verbose=0), model.predict(x, verbose=0)
    shown = capsys.readouterr().err
    assert "epoch 2/2" in shown and "loss=" in shown and "val_loss=" in shown and "4/4" in shown
    model.evaluate(x, np.ones((10, 2)), 4, verbose=1), model.predict(x, 2, verbose=1)
    shown = capsys.readouterr().err
    assert "3/3" in shown and "5/5" in shown


def test_tqdm_is_not_loaded_for_silent_training():
    code = (
        "import sys, numpy as np, lstm_edu as le; m = le.Sequential([le.Dense(1)]); m.compile('sgd', 'mse');"
        "m.fit(np.ones((3, 2)), np.ones((3, 1)), verbose=0);"
        "import json; print(json.dumps([n for n in ('tqdm', 'keras', 'matplotlib') if n in sys.modules]))"
    )
    assert (
        json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        == []
    )


def test_a_training_that_diverges_is_quiet_and_gives_nan():
    model = le.Sequential([le.Dense(2, seed=0)])
    model.compile(le.optimizers.SGD(1e30), "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses = [model.train_on_batch(np.ones((4, 3)), np.ones((4, 2))) for _ in range(5)]
    assert np.isnan(losses[-1])


# --- bad input ------------------------------------------------------------------------------------------------------


def model(*layers, loss="mse", optimizer="sgd"):
    m = le.Sequential(layers or [le.Dense(2)])
    m.compile(optimizer, loss)
    return m


X, Y = np.ones((4, 3)), np.ones((4, 2))


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: le.Sequential([le.Dense(2)]).compile(loss="mse"), ValueError, "rmsprop"),
        (lambda: le.Sequential([le.Dense(2)]).compile("adam"), ValueError, "needs a loss"),
        (lambda: le.Sequential([le.Dense(2)]).compile("adam", "huber"), ValueError, "huber"),
        (lambda: le.Sequential([le.Dense(2)]).compile("adam", "mse", metrics=["auc"]), ValueError, "auc"),
        (lambda: le.Sequential([le.Dense(2)]).compile("adam", "mse", metrics=[max]), TypeError, "metric"),
        (lambda: le.Sequential([le.Dense(2)]).compile("adam", "mse", loss_weights=[1]), TypeError, "loss_weights"),
        (lambda: model(le.Dense(2, kernel_regularizer="l2")), ValueError, "kernel_regularizer='l2'"),
        (
            lambda: model(le.Bidirectional(le.LSTM(2, bias_constraint="non_neg"))),
            ValueError,
            "forward_lstm.*bias_constraint",
        ),
        (lambda: model(le.Bidirectional(le.LSTM(2), trainable=False)), ValueError, "Bidirectional.*trainable=False"),
        (lambda: model(le.LSTM(2, return_state=True)), ValueError, "LSTM returns several"),
        (lambda: model(le.Bidirectional(le.LSTM(2), merge_mode=None)), ValueError, "returns several"),
        (lambda: le.Sequential([le.Dense(2)]).fit(X, Y), ValueError, r"call compile\(\) first"),
        (lambda: le.Sequential([le.Dense(2)]).train_on_batch(X, Y), ValueError, r"call compile\(\) first"),
        (lambda: le.Sequential([le.Dense(2)]).evaluate(X, Y), ValueError, r"call compile\(\) first"),
        (lambda: model(le.Dense(2, trainable=False)).train_on_batch(X, Y), ValueError, "no weights to train"),
        (lambda: model().train_on_batch(X, Y[:, :1]), ValueError, r"\(4, 2\), got \(4, 1\)"),
        (lambda: model().fit(X, Y[:3], verbose=0), ValueError, r"\(4, 3\) and \(3, 2\)"),
        (lambda: model().fit(X, None, verbose=0), TypeError, "y"),
        (lambda: model().fit(X[:0], Y[:0], verbose=0), ValueError, "empty"),
        (lambda: model().fit(X, Y, batch_size=0, verbose=0), ValueError, "batch_size"),
        (lambda: model().fit(X, Y, epochs=1.5, verbose=0), TypeError, "epochs"),
        (lambda: model().fit(X, Y, verbose=2), ValueError, "verbose.*2"),
        (lambda: model().fit(X, Y, verbose=0, shuffle="batch"), TypeError, "shuffle"),
        (lambda: model().fit(X, Y, verbose=0, callbacks=[]), TypeError, "callbacks"),
        (lambda: model().fit(X, Y, verbose=0, validation_split=0.9), ValueError, "leaves one of the two parts empty"),
        (lambda: model().fit(X, Y, verbose=0, validation_data=(X, Y, Y)), ValueError, r"a pair \(x, y\)"),
        (lambda: model().fit(X, Y, verbose=0, validation_mask=X), ValueError, "belongs to validation_data"),
        (lambda: model(le.LSTM(2)).fit(np.ones((4, 5, 3)), Y, mask=np.ones((4, 6)), verbose=0), ValueError, "mask"),
    ],
)
def test_bad_input_is_refused(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_an_optimizer_serves_one_model():
    adam = le.optimizers.Adam()
    first = model(optimizer=adam)
    first.train_on_batch(X, Y)
    first.compile(adam, "mae")  # the same model may go on with it
    with pytest.raises(ValueError, match="belongs to another model, 'sequential'"):
        model(optimizer=adam)
    assert first.optimizer is adam and adam.iterations == 1


def test_a_compiled_model_can_be_pickled_and_goes_on_learning():
    m = le.Sequential([le.LSTM(3, seed=0), le.Dense(2, "sigmoid", seed=1)])
    m.compile(le.optimizers.Adam(0.1), "bce", metrics=["accuracy", "mse"])
    x, y = np.random.default_rng(0).standard_normal((4, 5, 3)), np.eye(2)[[0, 1, 1, 0]]
    m.fit(x, y, verbose=0)
    twin = pickle.loads(pickle.dumps(m))
    assert twin.train_on_batch(x, y) == m.train_on_batch(x, y)
    assert_close(twin.get_weights(), m.get_weights(), "weight", 0, 0)


def test_a_refused_batch_changes_nothing():
    m = model(le.Dense(4, "softmax"), loss="sparse_categorical_crossentropy", optimizer="adam")
    m.train_on_batch(X, [0, 1, 2, 3])
    before = m.get_weights()
    with pytest.raises(ValueError, match="class numbers from 0 to 3, got 4"):
        m.train_on_batch(X, [0, 1, 2, 4])
    assert m.optimizer.iterations == 1
    assert_close(m.get_weights(), before, "weight", 0, 0)


def test_history_keeps_what_came_before_an_interruption(monkeypatch):
    m = model()
    calls = iter([False, False, True])

    def interrupted(*args):
        if next(calls):
            raise KeyboardInterrupt
        return training.Trainer._train(m, *args)

    monkeypatch.setattr(le.Sequential, "_train", lambda self, *args: interrupted(*args))
    with pytest.raises(KeyboardInterrupt):
        m.fit(X, Y, epochs=5, verbose=0)
    assert m.history.epoch == [0, 1] and len(m.history.history["loss"]) == 2
