"""An activation as a layer of its own: Keras's Activation, ReLU, LeakyReLU, ELU and Softmax."""

import numpy as np
import pytest
from helpers import keras, randomise, rng_of

import lstm_edu as le
from lstm_edu.core import activations

THEIRS = {
    "gelu": lambda layers: layers.Activation("gelu"),
    "log_softmax": lambda layers: layers.Activation("log_softmax"),
    "relu": lambda layers: layers.ReLU(),
    "relu6": lambda layers: layers.ReLU(max_value=6),
    "leaky_relu(0.25)": lambda layers: layers.ReLU(negative_slope=0.25),
    "leaky_relu(0.3)": lambda layers: layers.LeakyReLU(),
    "leaky_relu(0.07)": lambda layers: layers.LeakyReLU(negative_slope=0.07),
    "elu": lambda layers: layers.ELU(),
    "elu(0.4)": lambda layers: layers.ELU(alpha=0.4),
    "softmax": lambda layers: layers.Softmax(),
}


def numbers(*shape, seed=0):
    """Some of them above 6, some below -6."""
    return (4 * rng_of(seed).standard_normal(shape)).astype("float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", THEIRS)
def test_it_computes_what_keras_computes(name, dtype):
    layer = THEIRS[name](keras().layers)
    layer = type(layer).from_config({**layer.get_config(), "dtype": dtype})
    layer.build((None, 5))
    mine, x = le.from_keras(layer), numbers(4, 5)
    assert type(mine) is le.Activation and mine.activation.name == name
    np.testing.assert_allclose(mine(x), np.asarray(layer(x)), rtol=1e-6 if dtype == "float32" else 1e-12, atol=1e-12)
    assert mine.copy().activation is mine.activation


@pytest.mark.parametrize("name", THEIRS)
def test_it_is_compared_in_a_model_and_its_gradients_too(name):
    layers = keras().layers
    parts = [keras().Input((6,)), layers.Dense(5), THEIRS[name](layers), layers.Dense(3, activation="tanh")]
    model = randomise(keras().Sequential(parts), rng_of(1))
    report = le.verify(model, numbers(7, 6, seed=2), numbers(7, 3, seed=3), loss="mse").check()
    assert [layer.kind for layer in report.layers] == ["Dense", "Activation", "Dense"] and not report.passed
    assert report.gradients


@pytest.mark.parametrize("name", THEIRS)
def test_its_gradient_is_that_of_its_numbers(name):
    layer = le.Activation(name, dtype="float64")
    layer.build((None, 5))
    assert le.gradcheck(layer, numbers(3, 5, seed=4).astype("float64"))


@pytest.mark.parametrize(("end", "loss"), [("softmax", "categorical_crossentropy"), ("sigmoid", "binary_crossentropy")])
def test_a_loss_finds_the_logits_behind_it(end, loss):
    """With outputs that are 0 and 1 in float32, where only the logits still have a gradient."""
    layers = keras().layers
    model = keras().Sequential([keras().Input((4,)), layers.Dense(3), layers.Activation(end)])
    randomise(model, rng_of(5))
    model.set_weights([30 * w for w in model.get_weights()])
    x, y = numbers(6, 4, seed=6), np.eye(3, dtype="float32")[rng_of(7).integers(0, 3, 6)]
    report = le.verify(model, x, y, loss=loss).check()
    assert report.gradients
    mine = le.from_keras(model)
    mine.compile(optimizer="sgd", loss=loss)
    assert np.isclose(mine.train_on_batch(x, y), keras().losses.get(loss)(y, model(x)).numpy().mean(), rtol=1e-4)


def test_the_mask_goes_through():
    layers = keras().layers
    parts = [layers.Embedding(9, 4, mask_zero=True), layers.LeakyReLU(), layers.LSTM(3)]
    model = randomise(keras().Sequential([keras().Input((6,), dtype="int32"), *parts]), rng_of(8))
    ids = rng_of(9).integers(1, 9, (4, 6))
    ids[1, 3:] = 0
    report = le.verify(model, ids).check()
    assert report.layers[-1].ours.mask is not None and not report.layers[-1].ours.mask.all()


def test_names_with_a_number():
    assert activations.get("leaky_relu(0.3)") is activations.get("leaky_relu(0.3)")
    assert "leaky_relu(0.3)" not in activations.names()
    assert activations.get("elu(0.5)")(np.array([-40.0]))[0] == -0.5
    dense = le.Dense(3, activation="leaky_relu(0.1)")
    assert dense.copy().activation is dense.activation
    for wrong in ("leaky_relu(a)", "elu(nan)", "elu()", "tanh(2)"):
        with pytest.raises(ValueError, match="number in its brackets|unknown activation"):
            activations.get(wrong)


def test_what_cannot_be_rebuilt_is_passed_through_and_bad_input_is_refused():
    layers = keras().layers
    for layer, said in ((layers.ReLU(max_value=3), "max_value=3"), (layers.ReLU(threshold=1), "threshold=1"),
                        (layers.Softmax(axis=1), "axis=1"), (layers.Activation(lambda x: x), "lambda")):  # fmt: skip
        layer.build((None, 3, 4))
        with pytest.raises(ValueError, match=said):
            le.from_keras(layer)
    layer = le.Activation("relu")
    layer.build((None, 5))
    with pytest.raises(ValueError, match=r"x must have shape \(batch, ..., features\)"):
        layer(numbers(5))
    with pytest.raises(ValueError, match="unknown activation 'rely'; did you mean 'relu'"):
        le.Activation("rely")
    with pytest.raises(ValueError, match="glu halves"):
        le.Activation("glu").build((None, 5))
