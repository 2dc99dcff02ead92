"""Whether right layers are called right, and wrong ones wrong: python -m benchmarks.truth [--quick] [--docs]

1. Random layers of Keras, of the sizes, weights and inputs that users have, on the backend that Keras runs on. `verify`
   must call none of them different. In some of them mistakes of the catalogue are made, and it is counted how many of
   those a comparison sees, with the estimate of rounding and with the fixed tolerance that `compare` has for arrays
   about which nothing is known. A "visible" mistake moves some number ten times as far as Keras's float32 is from
   float64.
2. Models that are trained here until they no longer improve, on the data sets of this package and of scikit-learn and
   statsmodels (where those are installed: pip install scikit-learn statsmodels). `verify` must call none of them
   different.

Run it once per backend: KERAS_BACKEND=jax python -m benchmarks.truth --only layers --docs
"""

from __future__ import annotations

import argparse
import atexit
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import lstm_edu as le
from lstm_edu.comparison.report import differences
from lstm_edu.comparison.rounding import Rounding, spread
from lstm_edu.comparison.tolerance import TOLERANCES, apart
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.doctor.hypotheses import single_mistakes, with_mistakes
from lstm_edu.doctor.recipes import recipe_of
from lstm_edu.doctor.running import run

from . import machine, markdown

KINDS = ("LSTM", "GRU", "SimpleRNN", "Dense", "Bidirectional", "Embedding")
HOW_OFTEN = (0.4, 0.25, 0.1, 0.1, 0.1, 0.05)
DEVIATIONS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
INPUTS = ("normal", "one-hot", "ids", "unscaled")
ALIKE = 2  # layers of the same shapes where a shape costs time
MISTAKES = 12  # in each layer
MOST_WORK = 1e9  # multiplications of one run of a layer: longer ones are shortened


class Drawn(NamedTuple):
    """A Keras layer, or a model of an Embedding and a layer, and an input."""

    source: Any
    x: np.ndarray
    words: str


def drawn(rng: np.random.Generator, numbers: np.random.Generator | None = None) -> Drawn:
    """Units to 512, timesteps to 1000, weights of standard deviation 0.05 to 0.7.

    numbers: what the weights and the input are drawn from, if not rng too.
    """
    import keras

    numbers = numbers or rng
    kind, deviation, given = str(rng.choice(KINDS, p=HOW_OFTEN)), float(rng.choice(DEVIATIONS)), str(rng.choice(INPUTS))
    units, features = _size(rng, 512), _size(rng, 128)
    batch = int(rng.integers(1, 5))
    timesteps = min(_size(rng, 1000), max(2, int(MOST_WORK / (batch * 4 * units * (units + features)))))
    x = numbers.standard_normal((batch, timesteps, features)).astype("float32")
    if given == "one-hot":
        x = np.eye(features, dtype="float32")[numbers.integers(0, features, (batch, timesteps))]
    elif given == "unscaled":
        x = (numbers.uniform(0, 1, x.shape) * numbers.choice([10, 100, 255])).astype("float32")
    layer = _layer(kind, units, rng)
    if kind == "Embedding" or given == "ids":
        x = numbers.integers(0, features + 1, (batch, timesteps))
        size, masks = _size(rng, 64), bool(rng.random() < 0.5)
        table = keras.layers.Embedding(features + 1, size, mask_zero=masks, embeddings_initializer="zeros")
        parts = [keras.Input((timesteps,), dtype="int32"), table, *([] if kind == "Embedding" else [layer])]
        source = keras.Sequential(parts)
    else:
        source = layer
        source.build(x.shape)
    source.set_weights([numbers.standard_normal(w.shape) * deviation for w in source.get_weights()])
    return Drawn(source, x, f"{kind}({units}), T = {timesteps}, {x.shape[-1]} features, weights {deviation}, {given}")


def _size(rng: np.random.Generator, most: int) -> int:
    """As often below the geometric middle as above it."""
    return int(np.exp(rng.uniform(0, np.log(most + 0.999))))


def _layer(kind: str, units: int, rng: np.random.Generator) -> Any:
    import keras

    layers = keras.layers
    if kind in ("Dense", "Embedding"):
        name = str(rng.choice(["linear", "relu", "tanh", "sigmoid", "softmax", "elu"]))
        return layers.Dense(units, activation=name, kernel_initializer="zeros")
    # The weights are set afterwards: drawing orthogonal ones takes JAX longer than all the rest.
    zeros = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    if kind == "Bidirectional":
        inner = layers.LSTM if rng.random() < 0.5 else layers.GRU
        return layers.Bidirectional(inner(units, return_sequences=True, **zeros))
    arguments: dict[str, Any] = {"return_sequences": bool(rng.random() < 0.7), **zeros}
    if rng.random() < 0.25:
        arguments["activation"] = str(rng.choice(["relu", "elu", "softsign"]))
    if kind == "GRU":
        arguments["reset_after"] = bool(rng.random() < 0.7)
    if kind != "SimpleRNN" and rng.random() < 0.2:
        arguments["recurrent_activation"] = "hard_sigmoid"
    return getattr(layers, kind)(units, **arguments)


# --- right layers, and mistakes in them -----------------------------------------------------------------------------


class Counted(NamedTuple):
    """The outcome for the layers: verdicts, how many the fixed tolerance calls wrong, and mistakes seen."""

    verdicts: Counter[str]
    fixed: int
    mistakes: Counter[str]
    wrong: list[str]


def right_layers(n: int, seed: int = 0) -> Counted:
    verdicts: Counter[str] = Counter()
    mistakes: Counter[str] = Counter()
    fixed, wrong = 0, []
    alike = _keep_compiled()
    begin = time.perf_counter()
    for k in range(n):
        rng = np.random.default_rng([seed, k])
        case = drawn(rng) if alike == 1 else drawn(np.random.default_rng([seed, k // alike, alike]), rng)
        report = le.verify(case.source, case.x)
        verdicts[report.verdict] += 1
        if report.verdict == "different":
            wrong.append(f"{case.words} (seed {k}): {report.sentence}")
            print(f"  called different: {wrong[-1]}", flush=True)
        last = report.layers[-1]
        fixed += any(
            apart(a, b).any()
            for a, b in zip(_arrays(last.ours), _arrays(last.keras), strict=True)
            if a.dtype.kind == "f"
        )
        if k % 4 == 0:
            mistakes.update(_mistakes(last.ours, last.keras, rng))
        if (k + 1) % 50 == 0:
            took = time.perf_counter() - begin
            print(f"  {k + 1} of {n} layers, {took:.0f} s, {dict(verdicts)}", flush=True)
            _forget()
    return Counted(verdicts, fixed, mistakes, wrong)


def _keep_compiled() -> int:
    """How many layers in a row have the same shapes, with other weights and inputs.

    JAX compiles a second for each shape: there it is two, and what is compiled is kept in a folder for this run.
    """
    import keras

    if keras.backend.backend() != "jax":
        return 1
    import jax

    folder = tempfile.mkdtemp(prefix="compiled-by-jax-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return ALIKE


def _forget() -> None:
    """JAX keeps what it has compiled: some 20 MB for each layer here, 40 GB for two thousand."""
    if jax := sys.modules.get("jax"):
        jax.clear_caches()


def _arrays(trace: le.Trace) -> list[np.ndarray]:
    return list(trace.output) if isinstance(trace.output, tuple) else [trace.output]


def _mistakes(ours: le.Trace, keras: le.Trace, rng: np.random.Generator) -> Iterator[str]:
    """For some mistakes in a layer: whether each is visible, and what sees it."""
    layer = ours.layer
    if "x" not in ours or layer.weights[0].size > 2e5 or ours.output is None:
        return
    back = slice(None) if ours.time is None else ours.time
    x = ours.x[:, back] if ours.x.ndim == 3 else ours.x
    right = recipe_of(layer, x, None if ours.mask is None else ours.mask[:, back], None, dtype=np.float64)
    exact, theirs, made = run([right])[0], _arrays(keras), single_mistakes(layer)
    known = spread(ours).output
    if exact is None or not made:
        return
    for one in rng.choice(len(made), min(MISTAKES, len(made)), replace=False):
        recipe = with_mistakes(right, (made[one],))
        outputs = None if recipe is None else run([recipe])[0]
        if outputs is None or [a.shape for a in outputs] != [a.shape for a in exact]:
            continue
        moved = [np.abs(a - b) for a, b in zip(outputs, exact, strict=True)]
        real = [_so_far(np.abs(a - b)) for a, b in zip(theirs, exact, strict=True)]
        if not any((m > 10 * r + 1e-9 + 1e-6 * np.abs(y)).any() for m, r, y in zip(moved, real, exact, strict=True)):
            yield "hidden"
            continue
        yield "visible"
        with np.errstate(over="ignore"):
            wrong = [a.astype(np.float32) for a in outputs]
        unit = unit_roundoff(layer)
        if any(differences(a, b, Rounding(s, unit)).wrong.any() for a, b, s in zip(wrong, theirs, known, strict=True)):
            yield "seen"
        if any(apart(a, b, TOLERANCES["float32"]).any() for a, b in zip(wrong, theirs, strict=True)):
            yield "seen by the fixed tolerance"


def _so_far(error: np.ndarray) -> np.ndarray:
    """The largest error over batch and units, up to each step."""
    if error.ndim != 3:
        return np.full_like(error, error.max(initial=0))
    return np.broadcast_to(np.maximum.accumulate(error.max(axis=(0, 2)))[None, :, None], error.shape)


# --- trained models -------------------------------------------------------------------------------------------------


def trained_models(quick: bool = False) -> Iterator[tuple[str, Any, np.ndarray]]:
    """(words, model, held-out input): each trained here until its validation loss no longer falls."""
    import keras

    for k, (name, x, y, make) in enumerate(_tasks()):
        if quick and k >= 2:
            return
        keras.utils.set_random_seed(k)
        model = make()
        classes = y.dtype.kind in "iu"
        model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy" if classes else "mse")
        stop = keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)
        order = np.random.default_rng(k).permutation(len(x))
        x, y = x[order], y[order]
        held = max(16, len(x) // 5)
        fit = model.fit(
            x[held:], y[held:], 64, epochs=60, verbose=0, callbacks=[stop], validation_data=(x[:held], y[:held])
        )
        yield f"{name}, {len(fit.epoch)} epochs, loss {min(fit.history['val_loss']):.3g}", model, x[:16]


def _tasks() -> Iterator[tuple[str, np.ndarray, np.ndarray, Any]]:
    """(name, x, y, a function that makes the model)."""
    import keras

    layers = keras.layers

    def model(shape, *parts, dtype="float32"):
        return lambda: keras.Sequential([keras.Input(shape, dtype=dtype), *[part() for part in parts]])

    vowels, raw, digits = le.datasets.vowels(normalise=True), le.datasets.vowels(), le.datasets.digits()
    x, y = vowels.x_train, vowels.y_train
    shape, nine = x.shape[1:], lambda: layers.Dense(9, "softmax")
    mask = layers.Masking
    yield "vowels: LSTM(64)", x, y, model(shape, mask, lambda: layers.LSTM(64), nine)
    yield "vowels: GRU(128)", x, y, model(shape, mask, lambda: layers.GRU(128), nine)
    yield "vowels: SimpleRNN(64)", x, y, model(shape, mask, lambda: layers.SimpleRNN(64), nine)
    yield "vowels: Bidirectional(LSTM(96))", x, y, model(shape, lambda: layers.Bidirectional(layers.LSTM(96)), nine)
    yield "vowels unscaled: LSTM(64, relu)", raw.x_train, y, model(shape, lambda: layers.LSTM(64, "relu"), nine)
    two = [lambda: layers.LSTM(96, return_sequences=True), lambda: layers.LSTM(64), nine]
    yield "vowels: LSTM(96), LSTM(64)", x, y, model(shape, mask, *two)
    hard = lambda: layers.LSTM(64, recurrent_activation="hard_sigmoid")  # noqa: E731
    yield "vowels: LSTM(64), hard_sigmoid", x, y, model(shape, hard, nine)
    convolved = [lambda: layers.Conv1D(32, 3, activation="relu"), lambda: layers.GRU(64), nine]
    yield "vowels: Conv1D, GRU(64)", x, y, model(shape, *convolved)
    rows = digits.x_train.reshape(len(digits.x_train), 8, 8).astype("float32")
    wide = lambda: layers.Dense(200, "relu")  # noqa: E731
    flat, ten = digits.x_train.reshape(len(digits.x_train), -1).astype("float32"), lambda: layers.Dense(10, "softmax")
    yield (
        "digits, unscaled: Dense(200, relu)",
        flat,
        digits.y_train,
        model((64,), wide, ten),
    )
    yield "digits by rows: LSTM(128)", rows / 16, digits.y_train, model((8, 8), lambda: layers.LSTM(128), ten)
    yield "digits by rows, unscaled: GRU(64)", rows, digits.y_train, model((8, 8), lambda: layers.GRU(64), ten)
    pixels = rows.reshape(len(rows), 64, 1) / 16
    yield "digits by pixels: LSTM(64)", pixels[:600], digits.y_train[:600], model((64, 1), lambda: layers.LSTM(64), ten)
    ids = rows.reshape(len(rows), 64).astype("int32")
    table = [lambda: layers.Embedding(17, 16, mask_zero=True), lambda: layers.LSTM(64), ten]
    yield "digits as ids: Embedding, LSTM(64)", ids[:600], digits.y_train[:600], model((64,), *table, dtype="int32")
    text, target = _characters()
    letters = int(text.max()) + 1
    hot = np.eye(letters, dtype="float32")[text]
    next_letter = lambda: layers.Dense(letters, "softmax")  # noqa: E731
    yield "text, one-hot: LSTM(128)", hot, target, model(hot.shape[1:], lambda: layers.LSTM(128), next_letter)
    stack = [lambda: layers.Embedding(letters, 32), lambda: layers.GRU(128), next_letter]
    yield "text, ids: Embedding, GRU(128)", text, target, model(text.shape[1:], *stack, dtype="int32")
    for name, series in _series():
        windows = np.lib.stride_tricks.sliding_window_view(series, 61)[:, :, None].astype("float32")
        x, y = windows[:, :60], windows[:, 60, 0]
        one = lambda: layers.Dense(1)  # noqa: E731
        yield f"{name}: LSTM(64)", x, y, model((60, 1), lambda: layers.LSTM(64), one)
        yield f"{name}: GRU(32, relu)", x, y, model((60, 1), lambda: layers.GRU(32, "relu"), one)


def _characters() -> tuple[np.ndarray, np.ndarray]:
    """Windows of 60 characters of this package's own prose, and the character that follows each."""
    root = Path(le.__file__).parent
    text = " ".join((root / name).read_text(encoding="utf-8") for name in ("core/recurrent.py", "core/lstm.py"))
    alphabet = sorted(set(text))
    codes = np.array([alphabet.index(letter) for letter in text])
    windows = np.lib.stride_tricks.sliding_window_view(codes, 61)[::7]
    return windows[:, :60].astype("int32"), windows[:, 60]


def _series() -> Iterator[tuple[str, np.ndarray]]:
    """Series that packages carry, where they are installed; standardised."""
    try:
        from sklearn.datasets import load_diabetes

        yield "diabetes, sorted by age", _standard(np.sort(load_diabetes(scaled=False).data[:, 0]))
    except ImportError:
        pass
    try:
        from statsmodels.datasets import elnino, nile, sunspots

        yield "sunspots", _standard(sunspots.load_pandas().data["SUNACTIVITY"].to_numpy())
        yield "El Nino", _standard(elnino.load_pandas().data.iloc[:, 1:].to_numpy().ravel())
        yield "Nile", _standard(nile.load_pandas().data["volume"].to_numpy())
    except ImportError:
        pass


def _standard(series: np.ndarray) -> np.ndarray:
    return (series - series.mean()) / series.std()


# --- the report -----------------------------------------------------------------------------------------------------


def table_of_layers(counted: Counted, n: int, backend: str) -> str:
    verdicts, mistakes = counted.verdicts, counted.mistakes
    visible = mistakes["visible"] or 1
    header = (f"right layers, Keras on {backend}", "number")
    rows = [
        ("layers", f"{n:,}"),
        ("called different (goal: 0)", str(verdicts["different"])),
        ("equal up to rounding", f"{verdicts['equal']:,}"),
        ("float32 cannot decide", f"{verdicts['undecided']:,}"),
        ("a fixed tolerance would call different", f"{counted.fixed:,}"),
        ("visible mistakes made in them", f"{mistakes['visible']:,}"),
        ("seen", f"{100 * mistakes['seen'] / visible:.1f}%"),
        ("seen with a fixed tolerance", f"{100 * mistakes['seen by the fixed tolerance'] / visible:.1f}%"),
    ]
    return markdown.table(header, rows)


def table_of_models(quick: bool) -> tuple[str, int]:
    rows, wrong = [], 0
    for words, model, x in trained_models(quick):
        report = le.verify(model, x)
        wrong += report.verdict == "different"
        rows.append((words, f"{report.max_abs:.1g}", report.verdict))
        print(f"  {words}: {report.verdict}, {report.max_abs:.1g}", flush=True)
    return markdown.table(("trained here", "largest difference", "verdict"), rows), wrong


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few layers and two models: does it run?")
    parser.add_argument("--layers", type=int, default=2000, help="how many layers")
    parser.add_argument("--only", choices=("layers", "models"), help="one part only")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/measurements.md")
    options = parser.parse_args()
    import keras

    backend, load = keras.backend.backend(), machine.load()
    parts: dict[str, str] = {}
    wrong = 0
    if options.only != "models":
        n = 20 if options.quick else options.layers
        counted = right_layers(n)
        wrong += counted.verdicts["different"]
        parts[f"truth-{backend}"] = table_of_layers(counted, n, backend)
    if options.only != "layers":
        parts["trained"], different = table_of_models(options.quick)
        wrong += different
    for name, text in parts.items():
        print(f"\n{text}")
        if options.docs:
            said = f"{text}\n\n{machine.description(load)[0]} {machine.description(load)[1]}"
            markdown.write_down(said, f"<!-- {name}:begin -->", f"<!-- {name}:end -->")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
