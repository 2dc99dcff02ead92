"""Activations: Keras's numbers, and derivatives that are those of the functions."""

import pickle

import numpy as np
import pytest
from helpers import assert_close, differences_of, keras, rng_of

import lstm_edu as le
from lstm_edu import activations

IN_KERAS = sorted({*activations.names()} - {"hard_sigmoid_keras2"})
MIXING = {"softmax", "log_softmax", "sparsemax", "glu"}
ELEMENTWISE = sorted({*activations.names()} - MIXING)

# Corners of every piecewise function, and both sides of them.
CORNERS = np.array([0, 0.5, 1, 2.5, 3, 6])
GRID = np.unique(np.concatenate([np.linspace(-8, 8, 161), CORNERS, -CORNERS, CORNERS + 1e-3, -CORNERS - 1e-3]))
EXTREME = np.array([1e4, -1e4, 3e38, -3e38, 1e-30, -0.0, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", IN_KERAS)
def test_values_equal_keras(name, dtype):
    rng = rng_of(1)
    x = rng.normal(0, 3, (7, 6)).astype(dtype) if name in MIXING else GRID.astype(dtype)
    y = activations.get(name)(x)
    assert y.dtype == dtype
    le.compare(y, getattr(keras().activations, name, keras().activations.get(name))(x), names=name).check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted({*IN_KERAS} - MIXING))
def test_extremes_are_where_keras_has_them_and_nothing_warns(name, dtype):
    x = EXTREME.astype(dtype)
    le.compare(activations.get(name)(x), keras().activations.get(name)(x), names=name).check()


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_extreme_rows(name):
    x = np.array([[1e4, 0, -1e4], [np.nan] * 3, [3e38, 3e38, 0], [-np.inf, 0, 1]], "float32")
    le.compare(activations.get(name)(x), keras().activations.get(name)(x), names=name).check()


@pytest.mark.parametrize("name", activations.names())
def test_the_chain_rule_equals_differences(name):
    rng = rng_of(2)
    x = rng.normal(0, 2, (5, 6))
    near = np.abs(np.abs(x)[..., None] - CORNERS).min(axis=-1) < 1e-3
    x[near] += 0.01  # a kink has no derivative
    act = activations.get(name)
    y = act(x)
    dy = rng.standard_normal(y.shape)
    (approximate,) = differences_of(lambda x: (dy * act(x)).sum(), [x])
    assert_close(act.backward(dy, x, y), approximate, 1e-7, 1e-6, name)
    if act.elementwise:
        assert_close(act.derivative(x) * dy, approximate, 1e-7, 1e-6, name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", IN_KERAS)
def test_the_chain_rule_equals_tensorflow_kinks_included(name, dtype):
    import tensorflow as tf

    rng = rng_of(3)
    x = rng.normal(0, 2, (5, 6)).astype(dtype) if name in MIXING else GRID.astype(dtype)
    if name == "celu":
        x = x[x != 0]  # at 0 TensorFlow adds up the slopes of its two halves
    act = activations.get(name)
    y = act(x)
    dy = rng.standard_normal(y.shape).astype(dtype)
    at = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(at)
        loss = tf.reduce_sum(dy * keras().activations.get(name)(at))
    found = act.backward(dy, x, y)
    assert found.dtype == dtype
    le.compare(found, tape.gradient(loss, at), names=f"{name}'").check()


def test_the_two_generations_of_hard_sigmoid():
    new, old = activations.get("hard_sigmoid"), activations.get("hard_sigmoid_keras2")
    x = np.array([-3.0, -2.5, -1, 0, 1, 2.5, 3])
    assert_close(new(x), np.clip(x / 6 + 0.5, 0, 1), 1e-15, 0)
    assert_close(old(x), np.clip(0.2 * x + 0.5, 0, 1), 1e-15, 0)
    assert np.abs(new(x) - old(x)).max() > 0.03


def test_none_is_linear_and_aliases_are_the_same_function():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.get("silu")
    assert activations.get("hard_swish") is activations.get("hard_silu")
    assert activations.get(activations.tanh) is activations.tanh


@pytest.mark.parametrize(
    ("identifier", "error", "said"),
    [
        ("tahn", ValueError, "did you mean 'tanh'"),
        ("Sigmoid", ValueError, "did you mean 'sigmoid'"),
        ("threshold", ValueError, "two more arguments"),
        ("nothing like it", ValueError, "Known: "),
        (np.tanh, TypeError, "as a string"),
        (3, TypeError, "as a string"),
    ],
)
def test_unknown_activations_are_refused(identifier, error, said):
    with pytest.raises(error, match=said):
        activations.get(identifier)


def test_mixing_activations_have_no_derivative_of_their_own_shape():
    with pytest.raises(ValueError, match="use backward"):
        activations.get("softmax").derivative(np.ones((2, 3)))
    with pytest.raises(ValueError, match="even"):
        activations.get("glu")(np.ones((2, 3)))


def test_whole_numbers_become_float32_and_text_is_refused():
    assert activations.sigmoid(np.array([0, 1])).dtype == np.float32
    with pytest.raises(TypeError, match="real numbers"):
        activations.sigmoid(np.array(["a"]))


def test_an_activation_survives_pickling_as_itself():
    for name in activations.names():
        assert pickle.loads(pickle.dumps(activations.get(name))) is activations.get(name)
