"""Dense: equal to Keras, forward and backward."""

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers import (
    MILD,
    B,
    F,
    H,
    T,
    assert_close,
    differences_of,
    keras,
    ours,
    randomise,
    rng_of,
    sequences,
    tape_gradients,
    theirs,
)
from hypothesis import given, settings

import lstm_edu as le


@given(
    st.permutations(range(1, 8)),
    st.integers(2, 5),
    st.sampled_from(sorted({*le.activations.names()} - {"glu", "hard_sigmoid_keras2"})),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
    st.integers(0, 2**16),
)
@settings(max_examples=80)
def test_every_quantity_equals_keras_on_random_configurations(sizes, rank, activation, use_bias, dtype, seed):
    *leading, features, units = sizes[: rank + 1]
    rng = rng_of(seed)
    layer = theirs("Dense", rng, (None, features), units=units, activation=activation, use_bias=use_bias, dtype=dtype)
    x = rng.standard_normal((*leading, features)).astype(dtype)
    le.verify(layer, x).check()
    le.compare(le.from_keras(layer)(x), layer(x)).check()


def test_glu_halves_the_outputs():
    rng = rng_of(1)
    layer = theirs("Dense", rng, (None, F), units=6, activation="glu")
    x = sequences(rng)[:, 0]
    le.verify(layer, x).check()
    assert le.from_keras(layer)(x).shape == (B, 3)
    with pytest.raises(ValueError, match="even"):
        le.Dense(5, activation="glu")


def test_the_output_is_x_w_plus_b():
    rng = rng_of(2)
    layer = ours("Dense", rng, (None, F), units=H, dtype="float64")
    x = sequences(rng, dtype="float64")
    expected = np.zeros((B, T, H))
    for b, t, j in np.ndindex(expected.shape):
        expected[b, t, j] = layer.bias[j] + sum(x[b, t, k] * layer.kernel[k, j] for k in range(F))
    assert_close(layer(x), expected, 1e-12, 1e-12)


def test_nan_and_large_numbers_stay_in_their_row():
    rng = rng_of(3)
    layer = theirs("Dense", rng, (None, F), units=H, activation="sigmoid")
    layer.set_weights([np.round(8 * w) / 8 for w in layer.get_weights()])  # exact sums, whatever their order
    x = (1e4 * np.sign(sequences(rng)[:, 0])).astype("float32")
    le.verify(layer, x).check()
    x[1, 2] = np.nan
    le.verify(layer, x).check()
    assert np.isnan(le.from_keras(layer)(x)[1]).all()
    assert np.isfinite(le.from_keras(layer)(x)[[0, 2]]).all()


@pytest.mark.parametrize("activation", [*MILD, "softmax", "gelu", "glu", "sparsemax", "log_softmax"])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 5)])
def test_gradients_equal_differences_and_keras(activation, use_bias, shape):
    rng = rng_of(4)
    config = {"units": 4, "activation": activation, "use_bias": use_bias, "dtype": "float64"}
    layer = ours("Dense", rng, (None, 5), **config)
    x = rng.standard_normal(shape)
    trace = layer.trace(x)
    dy = rng.standard_normal(trace.output.shape)
    grads = layer.backward(trace, dy)
    weights = layer.get_weights()

    def loss(*arguments):
        layer.set_weights(arguments[:-1])
        return (dy * layer(arguments[-1])).sum()

    names = [*layer.weight_names, "x"]
    for name, exact, approximate in zip(
        names, [*grads.weights, grads.x], differences_of(loss, [*weights, x]), strict=True
    ):
        assert_close(exact, approximate, 1e-7, 1e-6, f"dL/d{name}")
    twin = keras().layers.Dense(**config)
    twin.build((None, 5))
    twin.set_weights(weights)
    for name, exact, by_tape in zip(names, [*grads.weights, grads.x], tape_gradients(twin, [x], [dy]), strict=True):
        assert_close(exact, by_tape, 1e-10, 1e-8, f"dL/d{name}")
    act = layer.activation
    assert_close(grads.trace.y, dy, 0, 0)
    (dz,) = differences_of(lambda z: (dy * act(z)).sum(), [trace.z])
    assert_close(grads.trace.z, dz, 1e-7, 1e-6, "dL/dz")
    assert_close(grads.trace.x, grads.x, 0, 0)


def test_backward_refuses_what_does_not_belong():
    rng = rng_of(5)
    layer, other = (ours("Dense", rng, (None, F), units=H) for _ in range(2))
    trace = layer.trace(sequences(rng)[:, 0])
    with pytest.raises(ValueError, match="another layer"):
        other.backward(trace, trace.output)
    with pytest.raises(ValueError, match="shape"):
        layer.backward(trace, trace.output[:, :1])
    with pytest.raises(ValueError, match="returns no state"):
        layer.backward(trace, trace.output, [trace.output])


def test_outputs_belong_to_the_caller():
    rng = rng_of(6)
    for activation in ("linear", "relu"):
        layer = ours("Dense", rng, (None, F), units=H, activation=activation)
        x = sequences(rng)[:, 0]
        before, y = x.copy(), layer(x)
        y[...] = 7
        assert (x == before).all() and (layer(x) != 7).all()
        trace = layer.trace(x)
        x[...] = 9
        assert (trace.x == before).all(), "the trace keeps what it was given"


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros(F), r"x\[None, :\]"),
        (np.zeros((F, B)), "transposed"),
        (np.zeros((B, F + 1)), "built for another number"),
        (np.zeros((B, T, F + 1)), "built for another number"),
        (np.float32(3), "batch, features"),
    ],
)
def test_wrong_inputs_are_refused_with_their_cause(x, said):
    with pytest.raises(ValueError, match=said):
        ours("Dense", rng_of(7), (None, F), units=H)(x)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([np.zeros((H, F)), np.zeros(H)], "transposed"),
        ([np.zeros((F, H)), np.zeros((1, H))], "without a batch axis"),
        ([np.zeros((F, H))], "has 2 weight arrays"),
        ([np.full((F, H), np.nan), np.zeros(H)], "finite"),
    ],
)
def test_wrong_weights_are_refused_with_their_cause(weights, said):
    with pytest.raises(ValueError, match=said):
        ours("Dense", rng_of(8), (None, F), units=H).set_weights(weights)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"units": 0}, ValueError),
        ({"units": 1.5}, TypeError),
        ({"units": 2, "activation": "rely"}, ValueError),
        ({"units": 2, "use_bias": None}, TypeError),
        ({"units": 2, "kernel": 3}, TypeError),
    ],
)
def test_wrong_arguments_are_refused(arguments, error):
    with pytest.raises(error, match="Dense|activation"):
        le.Dense(**arguments)


def test_weights_are_counted_and_copied():
    layer = ours("Dense", rng_of(9), (None, F), units=H)
    assert layer.count_params() == F * H + H
    layer.get_weights()[0][...] = 0
    assert (layer.kernel != 0).all()
    with pytest.raises(ValueError, match="read-only"):
        layer.kernel[0, 0] = 1
    mine = np.ones((F, H))
    layer.set_weights([mine, np.ones(H)])
    mine[...] = 5
    assert (layer.kernel == 1).all()


def test_a_layer_is_fixed_once_made():
    layer = ours("Dense", rng_of(10), (None, F), units=H)
    with pytest.raises(AttributeError, match="make a new layer"):
        layer.units = 3
    with pytest.raises(ValueError, match="cannot be built again"):
        layer.build((None, F + 1))
    kept = layer.get_weights()
    layer.build((B, T, F))
    assert (layer.kernel == kept[0]).all()
    randomise(layer, rng_of(11))
