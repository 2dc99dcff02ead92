"""What holds on every backend that Keras runs on, by that backend's own rule: KERAS_BACKEND says which is tested."""

import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import B, F, H, T, keras, mask_of, randomise, rng_of, sequences, states, theirs

import lstm_edu as le
from lstm_edu.keras_bridge import keras_trace

BACKEND = keras().backend.backend()
SCANS = BACKEND in ("jax", "numpy")  # Keras's loop over time there has no "previous output"
SAYS_FLOAT32 = BACKEND == "jax"  # NumPy and PyTorch give float64 arrays, of numbers that were float32 on the way
FLAGS = {
    "as it is": {},
    "zeros": {"zero_output_for_mask": True},
    "unrolled": {"unroll": True},
    "unrolled zeros": {"unroll": True, "zero_output_for_mask": True},
    "backwards": {"go_backwards": True},
    "last step": {"return_sequences": False},
}


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_masks_with_an_initial_state_follow_the_backend(kind, flags):
    rng = rng_of(1, len(kind), len(flags))
    layer = theirs(kind, rng, (B, T, F), **{"units": H, "return_sequences": True, "return_state": True} | FLAGS[flags])
    start = states(rng, count=len(le.from_keras(layer).state_names))
    mask = mask_of("interior", rng)
    mask[0, :2], mask[1] = False, False  # begins masked; masked everywhere
    le.verify(layer, sequences(rng), mask=mask, initial_state=start).check()


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("zero", [False, True])
def test_the_outputs_before_the_first_step_that_counts(unroll, zero):
    rng = rng_of(2)
    layer = theirs("GRU", rng, (B, T, F), units=H, return_sequences=True, unroll=unroll, zero_output_for_mask=zero)
    (h0,) = states(rng, count=1)
    mask = np.ones((B, T), bool)
    mask[:, 0] = False
    expected = h0 if SCANS and not unroll and not zero else np.zeros_like(h0)
    x = sequences(rng)
    assert np.array_equal(np.asarray(keras_trace(layer, x, mask, [h0]).output[:, 0]), expected)
    ours = le.from_keras(layer)
    assert ours.keras_backend == BACKEND
    assert np.array_equal(ours(x, mask=mask, initial_state=h0)[:, 0], expected)
    mask[:, 0], mask[:, 2] = True, False
    zeroed = (ours(x, mask=mask, initial_state=h0)[:, 2] == 0).all()
    assert zeroed == (zero and not (SCANS and unroll))
    said = [c for c in le.verify(layer, x, mask=mask).cautions if "zero_output_for_mask does nothing" in c.text]
    assert bool(said) == (zero and not zeroed)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")  # JAX makes it float32, and says so
@pytest.mark.parametrize("wrapper", ["Bidirectional", "TimeDistributed"])
def test_a_layer_of_float64_inside_a_wrapper_of_float64(wrapper):
    rng = rng_of(4, len(wrapper))
    inner = {
        "Bidirectional": lambda: keras().layers.LSTM(H, return_sequences=True, dtype="float64"),
        "TimeDistributed": lambda: keras().layers.Dense(H, dtype="float64"),
    }[wrapper]()
    layer = getattr(keras().layers, wrapper)(inner, dtype="float64")
    layer.build((B, T, F))
    randomise(layer, rng)
    le.verify(layer, sequences(rng)).check()


@pytest.mark.parametrize("flags", ["as it is", "zeros", "unrolled zeros", "backwards"])
def test_gradients_at_masked_steps(flags):
    rng = rng_of(3, len(flags))
    layer = theirs(
        "LSTM", rng, (B, T, F), **{"units": H, "return_sequences": True, "return_state": True} | FLAGS[flags]
    )
    mask = mask_of("interior", rng)
    mask[0, :2], mask[1] = False, False
    dy = [sequences(rng, features=H), *states(rng)]
    report = le.verify(layer, sequences(rng), dy, mask=mask, initial_state=states(rng))
    _gradients_where_there_are_some(report, rows=3 + 1 + 2)


@pytest.mark.parametrize("loss", ["mse", "categorical_crossentropy"])
def test_a_model_and_its_gradients(loss):
    rng, layers = rng_of(4), keras().layers
    model = keras().Sequential(
        [
            keras().Input((T,)),
            layers.Embedding(9, F, mask_zero=True),
            layers.Bidirectional(layers.LSTM(H, return_sequences=True)),
            layers.GRU(2, trainable=False),
            layers.Dense(3, "softmax"),
        ]
    )
    randomise(model, rng)
    ids = rng.integers(1, 9, (B, T))
    ids[1, 4:] = 0
    report = le.verify(model, ids, np.eye(3)[[0, 2, 1]], loss=loss)
    _gradients_where_there_are_some(report, rows=1 + 1 + 6 + 3 + 2)


def _gradients_where_there_are_some(report, rows):
    report.check()
    if BACKEND == "numpy":
        assert report.gradients is None
        assert "computes no gradients on the backend 'numpy'" in report.notes[-1]
    else:
        assert len(report.gradients.rows) == rows and not report.notes
        assert max(np.abs(row.values[1]) for row in report.gradients.rows if row.values is not None) > 0


@pytest.mark.skipif(BACKEND == "numpy", reason="Keras on NumPy does not train")
def test_a_saturated_cross_entropy_is_what_this_backend_makes_of_it():
    rng = rng_of(5)
    model = keras().Sequential([keras().Input((F,)), keras().layers.Dense(3, "softmax")])
    kernel, bias = randomise(model, rng, scale=20).get_weights()
    x, wanted = rng.standard_normal((B, F)).astype("float32"), [0, 2, 1]
    model.compile("sgd", "categorical_crossentropy")
    report = le.verify(model, x, np.eye(3)[wanted])
    report.check()
    z = x.astype("float64") @ kernel + bias
    log_p = z - z.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    from_logits = -log_p[range(B), wanted].mean()
    clipped = -np.log(np.clip(np.exp(log_p), 1e-7, 1 - 1e-7))[range(B), wanted].mean()
    assert from_logits > 1.05 * clipped > 1
    expected = from_logits if BACKEND == "tensorflow" else clipped
    assert report.gradients.rows[0].values[1] == pytest.approx(expected, 1e-4)


def test_a_long_layer_is_recorded_as_keras_computes_it():
    rng = rng_of(6)
    layer = theirs("LSTM", rng, (B, None, F), units=H, return_sequences=True, stateful=True)
    layer(sequences(rng))  # which leaves states
    x, mask = sequences(rng, timesteps=40), mask_of("interior", rng, timesteps=40)
    report = le.verify(layer, x, mask=mask)
    report.check()
    said = next(c.text for c in report.cautions if c.id == "stateful-carry")
    assert ("On JAX every predict starts afresh" in said) == (BACKEND == "jax")


def test_an_adequate_example_and_compare():
    rng = rng_of(7)
    layer = theirs("LSTM", rng, units=H, return_sequences=True)
    example = le.adequate_example(le.from_keras(layer))
    x, mask = example.x, example.mask
    le.compare(le.from_keras(layer)(x, mask=mask), np.asarray(keras_trace(layer, x, mask).output)).check()


@pytest.mark.filterwarnings("ignore:.*float64:UserWarning")
def test_float64_is_what_the_backend_makes_of_it():
    layer = theirs("LSTM", rng_of(8), units=H, dtype="float64", return_sequences=True)
    assert le.from_keras(layer).dtype == (np.float64 if BACKEND == "tensorflow" else np.float32)
    le.verify(layer, sequences(rng_of(9), dtype="float64")).check()


@pytest.mark.filterwarnings("ignore:.*float64:UserWarning")
def test_our_float64_against_what_the_backend_makes_of_it():
    """Of weights and inputs that float32 does not hold."""
    rng = rng_of(10)
    layer = theirs("LSTM", rng, units=H, dtype="float64", return_sequences=True)
    exact = le.LSTM(H, dtype="float64", return_sequences=True, keras_backend=BACKEND)
    exact.build((None, None, F))
    exact.set_weights([rng.standard_normal(w.shape) for w in exact.weights])
    layer.set_weights(exact.get_weights())
    x = rng.standard_normal((B, T, F))
    y = layer(x.astype("float32") if BACKEND == "torch" else x)
    le.compare(exact(x), y, layer=layer, x=x).check()
    if SAYS_FLOAT32 or BACKEND == "tensorflow":
        le.compare(exact(x), y, layer=exact, x=x).check()
    exact.set_weights([w + 1e-4 for w in exact.get_weights()])
    assert le.compare(exact(x), y, layer=exact, x=x).verdict == "different"


# What takes gradients from Keras, and what compares layers of float64; CI runs all of the course on TensorFlow.
COURSE = ["00_start_here", "10_backpropagation_through_time", "12_relatives"]


@pytest.mark.skipif(BACKEND != "jax", reason="the course without TensorFlow is the course on JAX")
@pytest.mark.filterwarnings("ignore:.*float64:UserWarning")
@pytest.mark.parametrize("name", COURSE)
def test_every_cell_of_the_course_without_tensorflow(name, monkeypatch):
    for module in ("anywidget", "matplotlib", "nbformat"):
        pytest.importorskip(module)
    import nbformat

    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as if it were not installed
    notebook = Path(__file__).resolve().parents[1] / "notebooks" / f"{name}.ipynb"
    names: dict = {}
    for cell in nbformat.read(notebook, as_version=nbformat.NO_CONVERT).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, f"{name}, {cell.id}", "exec"), names)


def test_the_rule_is_checked():
    with pytest.raises(ValueError, match="keras_backend must be one of tensorflow, torch, jax, numpy, got 'theano'"):
        le.LSTM(H, keras_backend="theano")
