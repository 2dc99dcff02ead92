"""Sequential: layers in turn, masks passed on, and gradients through all of them."""

import numpy as np
import pytest
from helpers import B, F, H, T, as_arrays, assert_close, differences_of, keras, mask_of, randomise, rng_of, sequences
from helpers import tape_gradients as by_tape

import lstm_edu as le

# Each a list of (class, arguments); the first takes (B, T, F).
MODELS = {
    "the lesson's": [
        ("LSTM", {"units": 4, "return_sequences": True}),
        ("LSTM", {"units": 3}),
        ("Dense", {"units": 6, "activation": "softmax"}),
    ],
    "Dense at every step": [
        ("Dense", {"units": 4, "activation": "tanh"}),
        ("LSTM", {"units": 3, "return_sequences": True, "go_backwards": True}),
        ("Dense", {"units": 2}),
    ],
    "a mask through a layer that goes backwards": [
        ("LSTM", {"units": 4, "return_sequences": True, "go_backwards": True}),
        ("LSTM", {"units": 3, "return_sequences": True, "zero_output_for_mask": True}),
        ("LSTM", {"units": 2, "return_state": True}),
    ],
    "Dense alone": [("Dense", {"units": 4, "activation": "relu"})],
}


def make(spec, dtype="float32", seed=1):
    """The model, ours and Keras's, with the same random weights."""
    k = keras()
    mine = le.Sequential([getattr(le, kind)(dtype=dtype, **arguments) for kind, arguments in spec])
    mine.build((None, None, F))
    randomise(mine, rng_of(seed))
    twin = k.Sequential(
        [k.Input((None, F), dtype=dtype)]
        + [getattr(k.layers, kind)(dtype=dtype, **arguments) for kind, arguments in spec]
    )
    twin.set_weights(mine.get_weights())
    return mine, twin


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("none", "float32"), ("left", "float64"), ("right", "float32"), ("interior", "float64"), ("full row", "float32")],
)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_equals_keras(name, kind, dtype):
    mine, twin = make(MODELS[name], dtype)
    rng = rng_of(2)
    x, mask = sequences(rng, dtype=dtype), mask_of(kind, rng)
    report = le.verify(twin, x, mask=mask, ours=mine).check()
    assert [layer.kind for layer in report.layers] == [kind for kind, _ in MODELS[name]]
    assert report.whole is not None


@pytest.mark.parametrize("kind", ["none", "left", "interior"])
@pytest.mark.parametrize("name", MODELS)
def test_gradients_equal_differences_and_keras(name, kind):
    mine, twin = make(MODELS[name], "float64")
    rng = rng_of(3)
    x, mask = sequences(rng, 2, 4, dtype="float64"), mask_of(kind, rng, 2, 4)
    weights = mine.get_weights()
    trace = mine.trace(x, mask=mask)
    d_out = [rng.standard_normal(a.shape) for a in as_arrays(trace.output)]
    grads = mine.backward(trace, d_out[0], d_out[1:] or None)
    found = [*grads.weights, grads.x]
    names = [*mine.weight_names, "x"]
    if mask is None:  # TensorFlow's own way of giving a mask to a model is not the tape's concern
        for name, exact, theirs in zip(names, found, by_tape(twin, [x], d_out), strict=True):
            assert_close(exact, theirs, 1e-10, 1e-8, f"dL/d{name}")

    def loss(*arguments):
        mine.set_weights(arguments[:-1])
        outputs = as_arrays(mine(arguments[-1], mask=mask))
        return sum((d * y).sum() for d, y in zip(d_out, outputs, strict=True))

    for name, exact, approximate in zip(names, found, differences_of(loss, [*weights, x]), strict=True):
        assert_close(exact, approximate, 1e-7, 1e-6, f"dL/d{name}")
    assert list(grads.trace.children) == list(trace.children)
    for child, d_child in zip(trace.layers, grads.trace.layers, strict=True):
        assert {n: a.shape for n, a in zip(child, map(child.__getitem__, child), strict=True)} == {
            n: d_child[n].shape for n in d_child
        }


def test_layers_of_one_name_are_numbered_as_in_keras():
    model = le.Sequential([le.LSTM(2, return_sequences=True), le.LSTM(3), le.Dense(1)])
    model.build((None, None, F))
    assert list(model.trace(np.zeros((1, 2, F))).children) == ["lstm", "lstm_1", "dense"]
    assert model.weight_names[0] == "lstm/kernel" and model.weight_names[3] == "lstm_1/kernel"


def test_the_summary_counts_every_layer():
    model = le.Sequential([le.LSTM(32, return_sequences=True), le.LSTM(32), le.Dense(6, "softmax")])
    model.build((None, 128, 9))
    assert model.count_params() == 5376 + 8320 + 198
    text = model.summary()
    for part in ("lstm (LSTM)", "(None, 128, 32)", "5,376", "lstm_1 (LSTM)", "8,320", "dense (Dense)", "13,894"):
        assert part in text
    assert model.compute_output_shape((None, 128, 9)) == (None, 6)


def test_weights_are_set_all_or_none():
    model, _ = make(MODELS["the lesson's"])
    before = model.get_weights()
    with pytest.raises(ValueError, match="8 weight arrays"):
        model.set_weights(before[:-1])
    with pytest.raises(ValueError, match="transposed"):
        model.set_weights([w + 1 for w in before[:3]] + [before[3].T, *before[4:]])
    with pytest.raises(TypeError, match="list"):
        model.set_weights(before[0])
    for a, b in zip(model.get_weights(), before, strict=True):
        assert (a == b).all()


@pytest.mark.parametrize(
    ("layers", "error", "said"),
    [
        (lambda: [], ValueError, "at least one"),
        (lambda: le.Dense(2), TypeError, "list of layers"),
        (lambda: [le.Dense(2), "LSTM"], TypeError, "layer 1 must be a layer of lstm_edu, got str"),
        (lambda: [keras().layers.Dense(2)], TypeError, "from_keras"),
        (lambda: [le.Dense(2)] * 2, ValueError, "twice"),
        (lambda: [le.LSTM(2, return_state=True), le.Dense(2)], ValueError, "only the last layer may"),
    ],
)
def test_what_makes_no_model_is_refused(layers, error, said):
    with pytest.raises(error, match=said):
        le.Sequential(layers())


def test_layers_that_do_not_fit_together_are_refused():
    model = le.Sequential([le.LSTM(2), le.LSTM(3)])  # the first returns its last output only
    with pytest.raises(ValueError, match=r"\(batch, timesteps, features\)"):
        model.build((None, None, F))
    with pytest.raises(ValueError, match="build"):
        le.Sequential([le.LSTM(2)])(np.zeros((B, T, F)))
    built, _ = make(MODELS["the lesson's"])
    with pytest.raises(ValueError, match="features"):
        built(np.zeros((B, T, F + 1)))
    with pytest.raises(ValueError, match="another length"):
        built(np.zeros((B, T, F)), mask=np.ones((B, T + 1), bool))


def test_a_stateful_model_is_reset_as_a_whole():
    model = le.Sequential([le.LSTM(H, stateful=True, return_sequences=True), le.LSTM(2, stateful=True)])
    model.build((B, None, F))
    randomise(model, rng_of(4))
    x = sequences(rng_of(5))
    first, second = model(x), model(x)
    assert (first != second).any()
    model.reset_state()
    assert_close(model(x), first, 0, 0)
