"""What the notebooks claim beyond Keras's numbers, measured: python -m benchmarks.claims [--only NAME ...] [--list]

"An LSTM learns this and a SimpleRNN does not": such a sentence depends on rates, sizes, lengths and seeds. Each
function below varies them for one such claim, at Keras's defaults unless it says otherwise and with all sides tuned
alike, and returns figures. They are written into claims.json next to this file; tests/notebooks/test_claims.py compares
what the notebooks say with them. Where a notebook has the code of an experiment, its own cells are run.

All of it takes about 20 minutes on a quiet core. Keras runs on TensorFlow, or on JAX with KERAS_BACKEND=jax; the file
says on which. The figures of another machine or backend differ in detail, because training is chaotic; what the
notebooks say should not.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import lstm_edu as le

FILE = Path(__file__).resolve().with_name("claims.json")
NOTEBOOKS = FILE.parents[1] / "notebooks"
SEEDS = (1, 2, 3)
LEARNED = 0.05  # an error of the adding task that no layer has by chance; always answering 1 gives 0.167

Figures = dict[str, Any]


def cells(number: str, *ids: str) -> SimpleNamespace:
    """What these cells of a notebook define."""
    path = next(NOTEBOOKS.glob(f"{number}_*.ipynb"))
    sources = {cell["id"]: "".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]}
    names: dict[str, Any] = {"np": np, "le": le}
    for id in ids:
        exec(compile(sources[id], f"{path.name}, {id}", "exec"), names)
    return SimpleNamespace(**names)


def typical(values: Iterable[float]) -> list[float]:
    """The least, the median and the largest, to two digits."""
    return [float(f"{value:.2g}") for value in typical_of(values)]


def typical_of(values: Iterable[float]) -> tuple[float, float, float]:
    values = list(values)
    return min(values), float(np.median(values)), max(values)


# --- gradients of fresh layers (NumPy) --------------------------------------------------------------------------------


def fresh_gradients() -> Figures:
    """Of the gradient at the last step, what arrives 39 steps earlier: fresh LSTMs and SimpleRNNs (05, 10)."""
    notebook = _notebook_10()
    figures: Figures = {}
    for units in (5, 32, 128):
        lefts = {kind.__name__: _lefts(notebook, kind, units) for kind in (le.LSTM, le.SimpleRNN)}
        figures |= {f"{kind}, {units} units": typical(values) for kind, values in lefts.items()}
        ratio = np.array(lefts["LSTM"]) / lefts["SimpleRNN"]
        figures[f"LSTM over SimpleRNN, {units} units"] = typical(ratio)
    for units in (5, 32, 128):
        for scale in (0.1, 3):
            lstm, rnn = (_lefts(notebook, kind, units, scale) for kind in (le.LSTM, le.SimpleRNN))
            figures[f"LSTM over SimpleRNN, {units} units, inputs times {scale}"] = typical(np.array(lstm) / rnn)
    for bias in (0, 1, 3):
        figures[f"LSTM, 32 units, forget bias {bias}"] = typical(_lefts(notebook, le.LSTM, 32, bias=bias))
        figures[f"its forget gates alone, forget bias {bias}"] = typical(_gates_alone(notebook, bias))
    for scale in (0.1, 1, 3):
        figures[f"SimpleRNN, 32 units, inputs times {scale}"] = typical(_lefts(notebook, le.SimpleRNN, 32, scale))
        figures[f"LSTM, 32 units, inputs times {scale}"] = typical(_lefts(notebook, le.LSTM, 32, scale))
    return figures


def orthogonal_start() -> Figures:
    """The same for SimpleRNNs whose recurrent weights start orthogonal, or as the kernel does (10)."""
    notebook = _notebook_10()
    return {
        f"{start}, {units} units": typical(
            _lefts(notebook, le.SimpleRNN, units, seeds=range(20), recurrent_initializer=start)
        )
        for start in ("orthogonal", "glorot_uniform")
        for units in (8, 16, 64)
    }


def scaled_matrix() -> Figures:
    """How an orthogonal recurrent matrix changes the gradient over 39 steps, if it is scaled; small inputs (05)."""
    figures: Figures = {}
    for scale in (0.5, 0.9, 1, 1.2, 1.5, 3):
        grown = []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            x, orthogonal = rng.normal(size=(2, 40, 3)), np.linalg.qr(rng.normal(size=(8, 8)))[0]
            layer = le.SimpleRNN(8, dtype="float64")
            layer.build((None, None, 3))
            layer.set_weights([0.1 * rng.normal(size=(3, 8)), scale * orthogonal, np.zeros(8)])
            grown.append(_left(layer, 0.05 * x)[1])
        figures[f"{scale}"] = typical(grown)
    return figures


def _notebook_10() -> SimpleNamespace:
    return cells("10", "explorer", "beside-code", "forget-bias")


def _lefts(
    notebook: SimpleNamespace,
    kind: type,
    units: int,
    scale: float = 1,
    bias: float | None = None,
    seeds: Iterable[int] = range(5),
    **arguments: Any,
) -> list[float]:
    lefts = []
    for seed in seeds:
        x = scale * np.random.default_rng(seed).normal(size=(4, 40, 3))
        layer = notebook.fresh(kind, units, seed, **arguments)
        if bias is not None:
            layer = notebook.with_forget_bias(layer, bias)
        lefts.append(notebook.left(layer, x))
    return lefts


def _gates_alone(notebook: SimpleNamespace, bias: float) -> list[float]:
    """What the product of the forget gates leaves, for the layers and inputs of `_lefts`."""
    products = []
    for seed in range(5):
        layer = notebook.with_forget_bias(notebook.fresh(le.LSTM, 32, seed), bias)
        f = layer.trace(np.random.default_rng(seed).normal(size=(4, 40, 3))).f
        products.append(np.prod(f[:, 1:], axis=1).mean())
    return products


def fresh_forget_gates() -> Figures:
    """What is in the middle nine tenths of the forget gates of fresh LSTM(4) layers, for inputs of two sizes (07b)."""
    figures: Figures = {}
    for scale in (1, 10):
        gates = []
        for seed in range(20):
            layer = le.LSTM(4, seed=seed)
            layer.build((None, None, 5))
            gates.append(layer.trace(scale * np.random.default_rng(seed).normal(size=(4, 20, 5))).f)
        figures[f"inputs times {scale}"] = [round(float(q), 2) for q in np.quantile(gates, [0.05, 0.95])]
    return figures


# --- one step, and many (NumPy) ---------------------------------------------------------------------------------------


def stuck_blocks() -> Figures:
    """Of 300 layers, in how many each block that is stuck at -100 shows its own sign and no other (07)."""
    figures: Figures = {}
    for units, sequences in ((1, 1), (2, 3), (4, 3)):
        clear = 0
        for seed in range(300):
            rng = np.random.default_rng(seed)
            kernel, recurrent, bias = (rng.normal(size=n) for n in ((4, 4 * units), (units, 4 * units), 4 * units))
            x, h, c = (rng.normal(size=(sequences, n)) for n in (4, units, units))
            signs = []
            for block in range(4):
                stuck = bias.copy()
                stuck[block * units : (block + 1) * units] = -100
                step, empty = (le.lstm_step(x, h, before, kernel, recurrent, stuck) for before in (c, 0 * c))
                kept = np.allclose(step.c, empty.c)
                signs.append([np.allclose(empty.c, 0), kept, (empty.c < 0).all(), np.allclose(step.h, 0)])
            clear += np.array_equal(signs, np.eye(4))
        figures[f"{units} units, {sequences} sequences"] = clear
    return figures


def wrong_or_rounding() -> Figures:
    """The mean error of h from float32, and from the old hard sigmoid, at the first step and the last of 128 (08b)."""
    figures: dict[str, list[float]] = {}
    for seed in range(5):
        x = _waves(seed)
        for units in (1, 8, 32, 128):
            error = _apart(x, units, {"recurrent_activation": "hard_sigmoid_keras2"}, seed=seed)
            figures.setdefault(f"old hard sigmoid, fresh, {units} units, step 0", []).append(error[0])
        for size in (1, 8):
            kernel, recurrent, bias = _drawn(seed, 128)
            weights = [size * kernel, size * recurrent, bias]
            error = _apart(x, 128, {"dtype": "float32"}, weights)
            for step in (0, 127):
                figures.setdefault(f"rounding, kernels times {size}, step {step}", []).append(error[step])
    return {name: typical(values) for name, values in figures.items()}


def _waves(seed: int) -> np.ndarray:
    """Three recordings of nine waves as in 08b, (3, 128, 9)."""
    rng = np.random.default_rng(seed)
    frequency, phase, height = (rng.uniform(*span, size=(3, 1, 9)) for span in ((0.5, 5), (0, 2 * np.pi), (0.3, 1.5)))
    waves = height * np.sin(2 * np.pi * frequency * np.arange(128)[:, None] / 50 + phase)
    return (waves + 0.1 * rng.normal(size=waves.shape)).astype("float32")


def _drawn(seed: int, units: int) -> list[np.ndarray]:
    """Weights of an LSTM on nine features, drawn as those of 08b are."""
    rng = np.random.default_rng(seed)
    shapes = ((9, 4 * units), (units, 4 * units), (4 * units,))
    return [rng.normal(size=shape).astype("float32") / np.float32(np.sqrt(1 + np.prod(shape[:-1]))) for shape in shapes]


def _apart(
    x: np.ndarray, units: int, other: dict[str, Any], weights: list[np.ndarray] | None = None, seed: int = 0
) -> np.ndarray:
    """How far the outputs of an LSTM move on average, at each step, if it is made with these other arguments."""
    outputs = []
    for arguments in ({}, other):
        layer = le.LSTM(units, return_sequences=True, seed=seed, **{"dtype": "float64"} | arguments)
        layer.build((None, None, x.shape[2]))
        if weights:
            layer.set_weights(weights)
        outputs.append(layer(x))
    return np.abs(outputs[0] - outputs[1]).mean(axis=(0, 2))


# --- the adding task --------------------------------------------------------------------------------------------------


def adding_race() -> Figures:
    """SimpleRNN, LSTM and GRU on 30 steps, three rates: when the error is below 0.05, and where it ends (05, 12)."""
    data = le.datasets.adding(train=2048, timesteps=30)
    rates = (0.001, 0.003, 0.01)
    return _raced(data, "SimpleRNN", rates, 60) | _raced(data, "LSTM", rates, 60) | _raced(data, "GRU", rates[1:], 40)


def adding_lengths() -> Figures:
    """The same on 10, 60 and 100 steps, the SimpleRNN at the rates that suit it, the LSTM at 0.01 (05)."""
    figures: Figures = {}
    for timesteps in (10, 60, 100):
        data = le.datasets.adding(train=2048, timesteps=timesteps)
        raced = _raced(data, "SimpleRNN", (0.001, 0.003), 60) | _raced(data, "LSTM", (0.01,), 60)
        figures |= {f"{timesteps} steps, {name}": values for name, values in raced.items()}
    return figures


def which_gradient() -> Figures:
    """An LSTM with both marks in the last 10 of 30 steps, as usual, or in the first 10; three forget biases (05)."""
    forget_bias = cells("05", "keras-import", "forget-bias").forget_bias
    return {
        f"{where}, forget bias {bias}: rounds": [
            _learned(_losses(forget_bias(bias), _marked(where), 0.01, 60, seed, stop=True)) for seed in SEEDS
        ]
        for where in ("near", "usual", "far")
        for bias in (0, 1, 3)
    }


def trained_gradients() -> Figures:
    """Of the adding task's gradient, what arrives 29 steps earlier: before the training, and after it (05)."""
    import keras

    data = le.datasets.adding(train=2048, timesteps=30)
    figures: dict[str, list[float]] = {}
    for name, rate, rounds in (("SimpleRNN", 0.01, 15), ("SimpleRNN", 0.003, 60), ("LSTM", 0.01, 15)):
        for seed in SEEDS:
            for when, count in (("fresh", 0), ("trained", rounds)):
                layers: list[Any] = []
                losses = _losses(_kept(getattr(keras.layers, name), layers), data, rate, count, seed)
                trace, left = _left(le.from_keras(layers[0]), data.x_test)
                key = f"{name}, {when}" + (f" {rounds} rounds at {rate}" if count else "")
                figures.setdefault(f"{key}: left", []).append(left)
                if count:
                    figures.setdefault(f"{key}: error", []).append(losses[-1])
                if "f" in trace:
                    gates = trace.f.mean(axis=(0, 1))  # of each unit
                    for what, value in (("mean", gates.mean()), ("most open", gates.max())):
                        figures.setdefault(f"{key}: {what} forget gate", []).append(value)
    return {name: [float(f"{value:.2g}") for value in values] for name, values in figures.items()}


def _kept(kind: Callable[[int], Any], layers: list[Any]) -> Callable[[int], Any]:
    """Makes a layer, and notes it in layers."""
    return lambda units: layers.append(kind(units)) or layers[-1]


def _left(layer: Any, x: np.ndarray) -> tuple[Any, float]:
    trace = layer.trace(x)
    gradients = layer.backward(trace, np.ones((len(x), layer.units))).trace
    size = np.linalg.norm(gradients.c if "c" in gradients else gradients.h, axis=2).mean(axis=0)
    return trace, float(size[0] / size[-1])


def _marked(where: str) -> Any:
    usual = le.datasets.adding(train=2048, timesteps=30)
    if where == "usual":
        return usual
    unmarked = cells("05", "unmarked").unmarked
    short = le.datasets.adding(train=2048, timesteps=10)
    rest = {part: unmarked(len(getattr(short, part))) for part in ("x_train", "x_test")}
    joined = {
        part: np.concatenate([getattr(short, part), more][:: 1 if where == "far" else -1], axis=1)
        for part, more in rest.items()
    }
    return SimpleNamespace(**joined, y_train=short.y_train, y_test=short.y_test)


def _raced(data: Any, name: str, rates: Iterable[float], rounds: int) -> Figures:
    import keras

    figures: Figures = {}
    for rate in rates:
        runs = [_losses(getattr(keras.layers, name), data, rate, rounds, seed) for seed in SEEDS]
        figures[f"{name}, rate {rate}: rounds"] = [_learned(losses) for losses in runs]
        figures[f"{name}, rate {rate}: error at the end"] = [float(f"{losses[-1]:.2g}") for losses in runs]
    return figures


def _losses(
    kind: Callable[[int], Any], data: Any, rate: float, rounds: int, seed: int, *, stop: bool = False
) -> list[float]:
    """The error on new sequences after each round; with stop, until it is below `LEARNED`."""
    import keras

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = stop and logs["val_loss"] < LEARNED

    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input(data.x_train.shape[1:]), kind(16), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(rate), loss="mse", steps_per_execution=32)  # a round is one call: faster
    test = (data.x_test, data.y_test)
    history = model.fit(data.x_train, data.y_train, 64, rounds, verbose=0, validation_data=test, callbacks=[Stop()])
    return history.history.get("val_loss", [])


def _learned(losses: list[float]) -> int | None:
    return next((number for number, loss in enumerate(losses, start=1) if loss < LEARNED), None)


# --- digits, strips of digits, voices, words --------------------------------------------------------------------------


def last_setting() -> Figures:
    """The setting after the last 0 of a strip: recurrent layers and simple methods, on people not seen before (14)."""
    import keras

    notebook = cells("14", "data", "strips", "split", "simple-code", "simple-methods", "train-code")
    new, right = notebook.x_test, notebook.y_test
    figures: Figures = {name: _percent((method(new) == right).mean()) for name, method in notebook.simple.items()}
    for name, layers in {
        "Dense network of as many weights": [keras.layers.Flatten(), keras.layers.Dense(20, "relu")],
        "pairs of neighbours": [keras.layers.Conv1D(32, 2, activation="relu"), keras.layers.GlobalMaxPooling1D()],
    }.items():
        model = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
        model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
        stop = keras.callbacks.EarlyStopping("val_loss", patience=40, restore_best_weights=True)
        known = (notebook.x_val, notebook.y_val)
        model.fit(notebook.x, notebook.y, 64, 40, verbose=0, validation_data=known, callbacks=[stop])
        figures[name] = _percent(model.evaluate(new, right, verbose=0)[1])
    for name, arguments in {
        "LSTM": {},
        "LSTM, dropout 0.3": {"dropout": 0.3},
        "LSTM, 16 units": {"units": 16},
        "LSTM, rate 0.003": {"rate": 0.003, "epochs": 60},
        "GRU": {"kind": keras.layers.GRU},
        "SimpleRNN": {"kind": keras.layers.SimpleRNN, "epochs": 60},
        "SimpleRNN, rate 0.003": {"kind": keras.layers.SimpleRNN, "rate": 0.003, "epochs": 60},
    }.items():
        models = [notebook.train(seed=seed, **arguments)[0] for seed in SEEDS]
        figures[f"{name}, validation"] = [
            _percent(model.evaluate(notebook.x_val, notebook.y_val, verbose=0)[1]) for model in models
        ]
        figures[name] = [_percent(model.evaluate(new, right, verbose=0)[1]) for model in models]
    return figures | _read_one_by_one(notebook)


def _read_one_by_one(notebook: SimpleNamespace) -> Figures:
    """With more knowledge: what each picture of the training part shows, and the rule."""
    digits = notebook.digits
    reader = le.Sequential([le.Dense(10, activation="softmax", seed=0)])
    reader.build((None, 64))
    reader.compile(le.optimizers.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"])
    reader.fit(digits.x_train[:1000].reshape(-1, 64), digits.y_train[:1000], epochs=40, verbose=0, seed=0)
    parts = {
        "validation": (digits.x_train[1000:], digits.y_train[1000:], notebook.x_val, notebook.y_val),
        "test": (digits.x_test, digits.y_test, notebook.x_test, notebook.y_test),
    }
    figures: Figures = {}
    for part, (pictures, shown, strips, settings) in parts.items():
        figures[f"one picture read by softmax regression, {part}"] = _percent(
            reader.evaluate(pictures.reshape(-1, 64), shown)[1]
        )
        read = reader.predict(strips.reshape(-1, 64)).argmax(axis=1).reshape(strips.shape[:2])
        zero = read[:, :9] == 0
        last = np.where(zero.any(axis=1), 8 - zero[:, ::-1].argmax(axis=1), 0)
        told = read[np.arange(len(read)), last + 1]
        figures[f"each picture read, then the rule, {part}"] = _percent((told == settings).mean())
    return figures


def digit_rows() -> Figures:
    """A single digit: an LSTM that reads its rows, softmax regression, and the nearest neighbour (14)."""
    import keras

    data = le.datasets.digits()
    flat, flat_test = (x.reshape(len(x), 64) for x in (data.x_train, data.x_test))
    accuracies: dict[str, list[float]] = {"LSTM, 24 units": [], "softmax regression": []}
    for seed in SEEDS:
        for name, layers, x, x_test in (
            ("LSTM, 24 units", [keras.layers.LSTM(24)], data.x_train, data.x_test),
            ("softmax regression", [], flat, flat_test),
        ):
            keras.utils.set_random_seed(seed)
            model = keras.Sequential([keras.Input(x.shape[1:]), *layers, keras.layers.Dense(10, "softmax")])
            model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
            model.fit(x, data.y_train, 32, 40, verbose=0)
            accuracies[name].append(_percent(model.evaluate(x_test, data.y_test, verbose=0)[1]))
    nearest = ((flat**2).sum(axis=1) - 2 * flat_test @ flat.T).argmin(axis=1)
    return accuracies | {"nearest neighbour": _percent((data.y_train[nearest] == data.y_test).mean())}


def untrained_loss() -> Figures:
    """The loss of a fresh classifier over ln K, for inputs of several sizes, without and with a hidden layer (02)."""
    figures: Figures = {}
    for size in (0.1, 1, 255):
        for hidden in (0, 32):
            ratios = []
            for seed in range(10):
                for classes in (3, 10, 100):
                    rng = np.random.default_rng(seed)
                    layers = [le.Dense(hidden, activation="tanh", seed=seed)] if hidden else []
                    model = le.Sequential([*layers, le.Dense(classes, activation="softmax", seed=seed + 100)])
                    model.build((None, 64))
                    model.compile("sgd", "sparse_categorical_crossentropy")
                    x, y = size * rng.random((500, 64)), rng.integers(classes, size=500)
                    ratios.append(float(np.ravel(model.evaluate(x, y))[0]) / np.log(classes))
            name = "a hidden layer" if hidden else "one Dense layer"
            figures[f"inputs from 0 to {size}, {name}"] = typical(ratios)
    return figures


def digit_rates() -> Figures:
    """A Dense layer on the digits at three rates: accuracy and loss on new images, how sure it is when wrong (03)."""
    data = le.datasets.digits()
    images, new = (x.reshape(len(x), 64) for x in (data.x_train, data.x_test))
    figures: Figures = {}
    for rate in (0.1, 1, 20):
        runs = []
        for seed in range(5):
            model = le.Sequential([le.Dense(10, activation="softmax", seed=seed)])
            model.build((None, 64))
            model.compile(le.optimizers.SGD(rate), "sparse_categorical_crossentropy", ["accuracy"])
            model.fit(images, data.y_train, epochs=20, verbose=0, seed=seed)
            p = model.predict(new)
            wrong = p.argmax(axis=1) != data.y_test
            runs.append((*model.evaluate(new, data.y_test), p[wrong].max(axis=1).mean()))
        loss, accuracy, sure = zip(*runs, strict=True)
        figures |= {
            f"rate {rate}: loss": typical(loss),
            f"rate {rate}: right": [_percent(a) for a in typical_of(accuracy)],
        }
        figures[f"rate {rate}: sure when wrong"] = [_percent(a) for a in typical_of(sure)]
    return figures


def rare_words() -> Figures:
    """How far a rare word's vector moves, as a share of a frequent word's, with two optimizers (04)."""
    import keras

    words = cells("04", "opinions")
    figures: Figures = {}
    for name, optimizer in (("SGD", lambda: keras.optimizers.SGD(3.0)), ("Adam", lambda: keras.optimizers.Adam(0.05))):
        shares, lengths = [], []
        for seed in range(5):
            keras.utils.set_random_seed(seed)
            table = keras.layers.Embedding(len(words.words) + 1, 2, mask_zero=True)
            tower = [table, keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1, activation="sigmoid")]
            model = keras.Sequential([keras.Input((None,)), *tower])
            model.compile(optimizer(), loss="binary_crossentropy")
            model.fit(words.ids, words.liked, epochs=60, verbose=0)
            size = {word: np.linalg.norm(table.get_weights()[0][k]) for word, k in words.id_of.items()}
            shares.append((size["fine"] + size["poor"]) / (size["good"] + size["bad"]))
            lengths.append(max(size[word] for word in ("a", "the", "game", "was", "ball")) / size["good"])
        figures |= {f"{name}: rare over frequent": typical(shares), f"{name}: neutral over good": typical(lengths)}
    return figures


def first_frame() -> Figures:
    """Who is speaking? Softmax regression on the first timesteps of an utterance, and on the mean of all (08, 14)."""
    data = le.datasets.vowels(normalise=True)
    inputs = {f"first {n}": [x[:, :n].reshape(len(x), -1) for x in (data.x_train, data.x_test)] for n in (1, 4)}
    inputs["mean of all"] = [
        x.sum(axis=1) / mask.sum(axis=1, keepdims=True)
        for x, mask in ((data.x_train, data.mask_train), (data.x_test, data.mask_test))
    ]
    figures: Figures = {}
    for name, (x, x_test) in inputs.items():
        accuracies = []
        for seed in SEEDS:
            model = le.Sequential([le.Dense(9, activation="softmax", seed=seed)])
            model.build((None, x.shape[1]))
            model.compile(le.optimizers.Adam(0.01), "sparse_categorical_crossentropy", ["accuracy"])
            model.fit(x, data.y_train, epochs=60, verbose=0, seed=seed)
            accuracies.append(_percent(model.evaluate(x_test, data.y_test)[1]))
        figures[name] = accuracies
    return figures


def hard_sigmoid() -> Figures:
    """The old hard sigmoid in an LSTM of 128 steps: the mean error of h at four steps, and as a share later (08)."""
    figures: Figures = {}
    for bias in (1, 3):
        errors = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            x = np.cumsum(rng.normal(size=(4, 128, 9)), axis=1) / 10  # slow movements, as sensors have them
            layers = [
                le.LSTM(32, return_sequences=True, recurrent_activation=a) for a in ("sigmoid", "hard_sigmoid_keras2")
            ]
            weights = [rng.normal(scale=0.3, size=shape) for shape in ((9, 128), (32, 128), (128,))]
            weights[2][32:64] += bias
            for layer in layers:
                layer.build((None, None, 9))
                layer.set_weights(weights)
            errors.append(np.abs(layers[0](x) - layers[1](x)).mean(axis=(0, 2)))
        for step in (0, 10, 20, 127):
            figures[f"forget bias {bias}, step {step}"] = typical(error[step] for error in errors)
        figures[f"forget bias {bias}, last 28 over 15 to 50"] = typical(
            e[100:].mean() / e[15:50].mean() for e in errors
        )
    return figures


def swapped_states() -> Figures:
    """A trained LSTM gets another sequence's h, or its c, halfway: the error; and its clearest gate at marks (11)."""
    import keras

    data = le.datasets.adding(train=1024, test=256, timesteps=20)
    marks = data.x_test[:, :, 1]
    figures: dict[str, list[float]] = {}
    for seed in range(5):
        keras.utils.set_random_seed(seed)
        layer, answer = keras.layers.LSTM(6), keras.layers.Dense(1)
        model = keras.Sequential([keras.Input((20, 2)), layer, answer])
        model.compile(keras.optimizers.Adam(0.01, global_clipnorm=1.0), "mse", steps_per_execution=16)
        model.fit(data.x_train, data.y_train, 64, 40, verbose=0)
        ours, last = le.from_keras(layer), le.from_keras(answer)
        half = ours.trace(data.x_test[:, :10])
        h, c = half.h[:, -1], half.c[:, -1]
        for name, state in (
            ("as they are", [h, c]),
            ("another sequence's h", [np.roll(h, 1, axis=0), c]),
            ("another sequence's c", [h, np.roll(c, 1, axis=0)]),
        ):
            rest = ours.trace(data.x_test[:, 10:], initial_state=state)
            figures.setdefault(name, []).append(float(np.mean((last(rest.h[:, -1]) - data.y_test) ** 2)))
        gate = ours.trace(data.x_test).i
        at_marks, elsewhere = gate[marks == 1].mean(axis=0), gate[marks == 0].mean(axis=0)
        best = (at_marks - elsewhere).argmax()
        figures.setdefault("i at marks", []).append(at_marks[best])
        figures.setdefault("i elsewhere", []).append(elsewhere[best])
    return {name: typical(values) for name, values in figures.items()}


def learned_or_memorised() -> Figures:
    """An LSTM of 16 units after 600 updates on 32 sequences and on 64: its error on new ones, six seeds (11)."""
    notebook = cells("11", "data", "few-code")
    return {
        f"{examples} sequences, error on new ones": [
            float(f"{notebook.learning_curves(examples, seed)[-1, 1]:.2g}") for seed in range(1, 7)
        ]
        for examples in (32, 64)
    }


def smaller_model() -> Figures:
    """The same 600 updates on 32 sequences with 4 units instead of 16: the error on new ones, six seeds (11)."""
    notebook = cells("11", "data", "few-code")
    errors = [notebook.learning_curves(32, seed, units=4)[-1, 1] for seed in range(1, 7)]
    return {"4 units, error on new ones": [float(f"{error:.2g}") for error in errors]}


def _percent(share: float) -> float:
    return round(100 * float(share), 1)


def run(names: Iterable[str]) -> None:
    """Run these experiments, and write each into the file as it is done."""
    import keras

    for name in names:
        start = time.perf_counter()
        figures = {"backend": keras.backend.backend()} | EXPERIMENTS[name]()
        known = read() | {name: figures}
        FILE.write_text(_written({n: known[n] for n in EXPERIMENTS if n in known}), encoding="utf-8")
        print(f"{name} ({time.perf_counter() - start:.0f} s)", flush=True)
        for what, value in figures.items():
            print(f"    {what}: {value}", flush=True)


def read() -> dict[str, Figures]:
    """What was measured: experiment -> figures."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def _written(figures: dict[str, Figures]) -> str:
    """JSON with one line per figure, so that a change shows which."""
    blocks = [
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"    {json.dumps(what)}: {json.dumps(value)}" for what, value in values.items())
        + "\n  }"
        for name, values in figures.items()
    ]
    return "{\n" + ",\n".join(blocks) + "\n}\n"


EXPERIMENTS: dict[str, Callable[[], Figures]] = {
    function.__name__: function
    for function in (
        fresh_gradients,
        orthogonal_start,
        scaled_matrix,
        fresh_forget_gates,
        stuck_blocks,
        wrong_or_rounding,
        adding_race,
        adding_lengths,
        which_gradient,
        trained_gradients,
        last_setting,
        digit_rows,
        untrained_loss,
        digit_rates,
        rare_words,
        first_frame,
        hard_sigmoid,
        swapped_states,
        learned_or_memorised,
        smaller_model,
    )
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(EXPERIMENTS), metavar="NAME", help="these experiments")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    options = parser.parse_args(arguments)
    if options.list:
        for name, function in EXPERIMENTS.items():
            print(f"{name}: {(function.__doc__ or '').splitlines()[0]}")
    else:
        run(options.only or EXPERIMENTS)


if __name__ == "__main__":
    main()
