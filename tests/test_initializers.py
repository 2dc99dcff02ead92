"""Initialisers: Keras's distributions."""

import numpy as np
import pytest
from helpers import keras, rng_of

import lstm_edu as le
from lstm_edu import initializers

RANDOM = sorted({*initializers.names()} - {"zeros", "ones", "identity", "orthogonal"})
SHAPE = (300, 200)


def draw(name, shape=SHAPE, seed=0, dtype="float64"):
    return initializers.get(name)(shape, rng_of(seed), np.dtype(dtype))


@pytest.mark.parametrize("name", RANDOM)
def test_the_distribution_is_keras_one(name):
    mine = draw(name)
    theirs = np.asarray(keras().initializers.get(name)(SHAPE))
    assert mine.shape == SHAPE
    assert abs(mine.mean()) < 0.02 * np.abs(theirs).max()
    assert mine.std() == pytest.approx(theirs.std(), rel=0.02)
    assert np.abs(mine).max() == pytest.approx(np.abs(theirs).max(), rel=0.2 if name.endswith("normal") else 0.01)
    # The shape of the distribution: as many values in each tenth.
    edges = np.quantile(theirs, np.linspace(0.1, 0.9, 9))
    shares = np.histogram(mine, [-np.inf, *edges, np.inf])[0] / mine.size
    assert np.abs(shares - 0.1).max() < 0.01


@pytest.mark.parametrize(
    ("name", "limit"),
    [("glorot_uniform", np.sqrt(6 / 500)), ("he_uniform", np.sqrt(6 / 300)), ("random_uniform", 0.05)],
)
def test_the_bounds_of_the_uniform_ones(name, limit):
    values = draw(name)
    assert np.abs(values).max() <= limit
    assert np.abs(values).max() > 0.999 * limit


@pytest.mark.parametrize("shape", [(5, 5), (3, 12), (12, 3), (1, 4)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    q = draw("orthogonal", shape)
    q = q.T if shape[0] < shape[1] else q
    assert np.abs(q.T @ q - np.eye(q.shape[1])).max() < 1e-12
    with pytest.raises(ValueError, match="matrix"):
        draw("orthogonal", (4,))


def test_constants():
    assert (draw("zeros") == 0).all() and (draw("ones") == 1).all() and (draw(0.25) == 0.25).all()
    assert (draw("identity", (3, 3)) == np.eye(3)).all()


@pytest.mark.parametrize("name", initializers.names())
def test_the_dtype_is_kept_and_a_seed_repeats(name):
    shape = (4, 4)
    assert draw(name, shape, dtype="float32").dtype == np.float32
    assert (draw(name, shape, seed=1) == draw(name, shape, seed=1)).all()
    if name in RANDOM or name == "orthogonal":
        assert (draw(name, shape, seed=1) != draw(name, shape, seed=2)).any()


def test_a_layer_draws_each_weight_anew():
    layer = le.LSTM(4, seed=0, recurrent_initializer="glorot_uniform")
    layer.build((None, None, 4))
    assert (layer.kernel != layer.recurrent_kernel).all()


@pytest.mark.parametrize(("identifier", "error"), [("glorot", ValueError), (None, TypeError), (True, TypeError)])
def test_unknown_initialisers_are_refused(identifier, error):
    with pytest.raises(error, match="initialiser"):
        initializers.get(identifier)
