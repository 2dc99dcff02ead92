"""float16, bfloat16 and the mixed policies: the numbers of Keras, each operation rounded as Keras rounds it."""

import ml_dtypes
import numpy as np
import pytest
from helpers import B, F, H, T, keras, mask_of, randomise, rng_of, sequences

import lstm_edu as le
from lstm_edu.core.precision import Policy, to_bfloat16, to_float16, unit_roundoff
from lstm_edu.keras_bridge import layers as layers_of_keras

POLICIES = ("float16", "mixed_float16", "bfloat16", "mixed_bfloat16")
HALF = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
# TensorFlow cannot draw "orthogonal" in bfloat16: it has no QR decomposition of it.
DRAWN = {"recurrent_initializer": "glorot_uniform", "return_sequences": True}


def numbers(tensor):
    return layers_of_keras.numbers(tensor).astype(np.float64)


def units(mine, theirs, dtype):
    """The largest difference in units of the type's roundoff, of numbers that are not almost nothing."""
    a, b = np.asarray(mine, np.float64), numbers(theirs)
    assert a.shape == b.shape
    return float((np.abs(a - b) / np.maximum(np.abs(b), 0.05)).max() / unit_roundoff(dtype))


def built(layer, shape=(None, T, F), seed=1):
    layer.build(shape)
    return randomise(layer, rng_of(seed))


def layers_of(dtype):
    layers, given = keras().layers, {"dtype": dtype, **DRAWN}
    return {
        "SimpleRNN": layers.SimpleRNN(H, **given),
        "LSTM": layers.LSTM(H, **given),
        "LSTM without bias": layers.LSTM(H, use_bias=False, recurrent_activation="hard_sigmoid", **given),
        "GRU": layers.GRU(H, **given),
        "GRU, reset before": layers.GRU(H, reset_after=False, **given),
        "Bidirectional sum": layers.Bidirectional(layers.GRU(H, **given), "sum", dtype=dtype),
        "Bidirectional mul": layers.Bidirectional(layers.LSTM(H, **given), "mul", dtype=dtype),
        "Bidirectional ave": layers.Bidirectional(layers.SimpleRNN(H, **given), "ave", dtype=dtype),
        "Dense": layers.Dense(H, "sigmoid", dtype=dtype),
        "TimeDistributed": layers.TimeDistributed(layers.Dense(H, "tanh", dtype=dtype), dtype=dtype),
        "stack": layers.RNN(
            layers.StackedRNNCells(
                [
                    layers.LSTMCell(H, recurrent_initializer="glorot_uniform", dtype=dtype),
                    layers.GRUCell(3, recurrent_initializer="glorot_uniform", dtype=dtype),
                ],
                dtype=dtype,
            ),
            return_sequences=True,
            dtype=dtype,
        ),
    }


@pytest.mark.parametrize("name", layers_of("float32"))
@pytest.mark.parametrize("dtype", POLICIES)
def test_every_layer_equals_keras(dtype, name):
    layer = built(layers_of(dtype)[name])
    x = sequences(rng_of(2), timesteps=10)
    mine, theirs = le.from_keras(layer), layer(x)
    assert mine.compute_dtype == layer.compute_dtype == str(theirs.dtype).split("'")[-2].removeprefix("torch.")
    y = mine(x)
    assert y.dtype == np.float32 and (y.astype(HALF[mine.compute_dtype]).astype(np.float32) == y).all()
    # Only where float32's own rounding of a sum decides a tie may a number be another one of the half type.
    assert (y == numbers(theirs)).mean() >= 0.98 and units(y, theirs, dtype) <= 4


@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_masks_states_and_everything_inside(kind, dtype):
    rng = rng_of(3, len(kind))
    layer = built(
        getattr(keras().layers, kind)(H, dtype=dtype, go_backwards=True, return_state=True, **DRAWN), seed=len(kind)
    )
    timesteps = 40 if kind == "GRU" else T  # of long sequences Keras's record is compiled
    x, mask = sequences(rng, timesteps=timesteps), mask_of("interior", rng, timesteps=timesteps)
    start = [rng.standard_normal((B, H)).astype(np.float32) for _ in le.from_keras(layer).state_names]
    report = le.verify(layer, x, mask=mask, initial_state=start).check()
    assert report.max_abs <= 8 * unit_roundoff(dtype)
    (one,) = report.layers
    assert all(one.ours[name].dtype == np.float32 for name in one.ours.names)
    recorded = {one.keras[name].dtype.name for name in one.keras.names if name != "x"}
    assert recorded == {layer.compute_dtype}


def test_a_chain_of_half_precision_is_compared_with_a_caution_of_none():
    layers, rng = keras().layers, rng_of(4)
    parts = [
        layers.Embedding(20, 6, mask_zero=True, dtype="mixed_bfloat16"),
        layers.Bidirectional(layers.LSTM(H, dtype="mixed_bfloat16", return_sequences=True), dtype="mixed_bfloat16"),
        layers.Dropout(0.5, dtype="mixed_bfloat16"),
        layers.GRU(H, dtype="mixed_bfloat16"),
        layers.Dense(2, "softmax", dtype="float32"),
    ]
    model = randomise(keras().Sequential([keras().Input((T,)), *parts]), rng)
    ids = rng.integers(1, 20, (B, T))
    ids[0, 4:] = 0
    report = le.verify(model, ids).check()
    assert [layer.kind for layer in report.layers] == ["Embedding", "Bidirectional", "GRU", "Dense"]
    trace = le.keras_bridge.keras_trace(model, ids)
    assert trace.layers[3].h.dtype.name == "bfloat16"
    assert le.explore(model, ids) is not None
    with pytest.raises(ValueError, match="training in half precision"):
        le.verify(model, ids, np.array([0, 1, 0]), loss="sparse_categorical_crossentropy")


def test_a_mask_value_that_half_precision_does_not_hold_masks_nothing():
    x = sequences(rng_of(5))
    x[1, 2], x[0, 3] = -999, -1
    for value, dtype, masked in ((-999.0, "bfloat16", 0), (-999.0, "mixed_float16", 1), (-1.0, "bfloat16", 1)):
        layer = keras().layers.Masking(value, dtype=dtype)
        mine = le.from_keras(layer)
        assert (mine(x) == numbers(layer(x))).all()
        mask = mine.compute_mask(x)
        assert (mask == numbers(layer(x)._keras_mask)).all() and (~mask).sum() == masked
        cautions = le.verify(layer, x).cautions
        assert ["-1000 in bfloat16" in str(c) for c in cautions] == [True] * (not masked)


def test_a_stateful_layer_keeps_its_states_in_half():
    layer = keras().layers.LSTM(H, stateful=True, dtype="bfloat16", **DRAWN)
    layer = built(layer, (B, T, F))
    x = sequences(rng_of(6))
    mine = le.from_keras(layer)
    for _ in range(2):
        assert units(mine(x), layer(x), "bfloat16") <= 4
    again = le.from_keras(layer)
    assert all((a == b).all() for a, b in zip(again.states, mine.states, strict=True))


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", sorted({*le.activations.names()} - {"hard_sigmoid_keras2", "swish", "hard_swish"}))
def test_every_activation(name, dtype):
    """To a few units of the last place of the numbers that go into it."""
    x = Policy(dtype).cast(2 * rng_of(7).standard_normal((200, 10)).astype(np.float32))
    function = getattr(keras().activations, name)
    want = numbers(function(keras().ops.convert_to_tensor(x, dtype=dtype)))
    got = Policy(dtype).computed(le.activations.get(name).function, x)
    size = np.abs(x) if want.shape == x.shape else 1.0
    assert (np.abs(got - want) <= 8 * unit_roundoff(dtype) * np.maximum(np.abs(want), np.maximum(size, 0.2))).all()
    if name in ("tanh", "sigmoid", "hard_sigmoid", "relu", "linear", "silu", "elu"):
        assert (got == want).all()


# --- without Keras --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "rounded"), [("float16", to_float16), ("bfloat16", to_bfloat16)])
def test_rounding_is_to_the_nearest_number_of_the_type(dtype, rounded):
    rng = rng_of(8)
    a = (rng.standard_normal(5000) * 10.0 ** rng.integers(-9, 9, 5000)).astype(np.float32)
    a = np.concatenate([a, np.float32([0, -0.0, np.inf, -np.inf, np.nan, 1 + 2**-8, 1 + 3 * 2**-8, 65520, 1e-8])])
    with np.errstate(over="ignore"):
        want = a.astype(HALF[dtype]).astype(np.float32)
    assert np.array_equal(rounded(a), want, equal_nan=True)


@pytest.mark.parametrize("dtype", HALF)
def test_arithmetic_is_that_of_arrays_of_the_type(dtype):
    policy, rng = Policy(dtype), rng_of(9)
    p, q = (rng.standard_normal((7, 5)).astype(HALF[dtype]) for _ in range(2))
    a, b = policy.coarse(p), policy.coarse(q)
    for got, want in ((a + b, p + q), (a * b, p * q), (1 - a, 1 - p), (np.tanh(a), np.tanh(p)), (a / b, p / q)):
        assert (policy.plain(got) == want.astype(np.float32)).all()
    product = policy.plain(a @ b.T)
    exact = p.astype(np.float64) @ q.astype(np.float64).T
    assert (np.abs(product - exact) <= unit_roundoff(dtype) * np.abs(exact) * 1.01 + 1e-6).all()


def test_products_that_are_cut_off():
    x, w = np.full((1, 1), 1.0234375, np.float32), np.full((1, 1), 1.25, np.float32)
    for cuts, want in ((True, 1.2734375), (False, 1.28125)):
        policy = Policy("bfloat16", cuts_products=cuts)
        assert float(policy.computed(np.matmul, x, w)[0, 0]) == want
    theirs = keras().ops.matmul(*(keras().ops.convert_to_tensor(a, dtype="bfloat16") for a in (x, w)))
    assert float(numbers(theirs)[0, 0]) == (1.2734375 if layers_of_keras.cuts_products() else 1.28125)


def test_a_cell_that_counts_stops_at_256_in_bfloat16_and_at_2048_in_float16():
    for dtype, stop in (("bfloat16", 256), ("mixed_bfloat16", 256), ("float16", 2048)):
        layer = le.LSTM(1, activation="linear", recurrent_activation="linear", return_state=True, dtype=dtype)
        layer.build((None, None, 1))
        layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.ones(4)])  # i = f = g = o = 1: c counts the steps
        for steps in (100, 255, stop + 300):
            _, _, c = layer(np.zeros((1, steps, 1)))
            assert c[0, 0] == min(steps, stop)


def test_mixed_policies_keep_their_weights_in_float32():
    weights = [rng_of(10).standard_normal(shape).astype(np.float32) for shape in ((F, 4 * H), (H, 4 * H), (4 * H,))]
    for dtype in ("mixed_bfloat16", "bfloat16"):
        layer = le.LSTM(H, dtype=dtype)
        layer.build((None, None, F))
        layer.set_weights(weights)
        want = weights if dtype.startswith("mixed") else [to_bfloat16(w) for w in weights]
        assert all((a == b).all() for a, b in zip(layer.get_weights(), want, strict=True))
    one, other = le.LSTM(H, dtype="mixed_bfloat16"), le.LSTM(H, dtype="bfloat16")
    for layer in (one, other):
        layer.build((None, None, F))
        layer.set_weights(weights)
    x = sequences(rng_of(11))
    assert (one(x) == other(x)).all()


@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
def test_a_mistake_is_still_seen(dtype):
    layer = built(keras().layers.LSTM(H, dtype=dtype, **DRAWN))
    x = sequences(rng_of(12))
    wrong = le.from_keras(layer)
    kernel, recurrent, bias = wrong.get_weights()
    i, f, g, o = np.split(kernel, 4, axis=-1)
    wrong.set_weights([np.concatenate([i, g, f, o], axis=-1), recurrent, bias])
    report = le.verify(layer, x, ours=wrong)
    assert report.verdict == "different" and report.first.quantity == "z" and report.first.timestep == 0
    assert le.diagnose(numbers(layer(x)), layer, x).verdict == "agrees"


def test_gradients_of_half_precision_are_computed_in_float32():
    half, single = le.GRU(H, dtype="mixed_float16"), le.GRU(H)
    x, dy = sequences(rng_of(13)), rng_of(14).standard_normal((B, H)).astype(np.float32)
    grads = []
    for layer in (half, single):
        layer.build((None, None, F))
        layer.set_weights([0.5 * rng_of(15, k).standard_normal(w.shape) for k, w in enumerate(layer.get_weights())])
        grads.append(layer.backward(layer.trace(x), dy))
    for a, b in zip(grads[0].weights, grads[1].weights, strict=True):
        assert a.dtype == np.float32 and np.abs(a - b).max() < 0.02 * np.abs(b).max() and (a != b).any()


# --- what is refused ------------------------------------------------------------------------------------------------


def test_other_types_and_what_has_no_half_precision_are_refused():
    with pytest.raises(ValueError, match="dtype must be 'float32', 'float64', 'float16', 'bfloat16', 'mixed_float16'"):
        le.LSTM(2, dtype="int8")
    with pytest.raises(ValueError, match="PeepholeLSTM: dtype must be 'float32' or 'float64', got 'bfloat16'"):
        le.PeepholeLSTM(2, dtype="bfloat16")
    with pytest.raises(ValueError, match=r"training in half precision \(mixed_float16\) is not supported"):
        le.Sequential([le.Dense(2, dtype="mixed_float16")]).compile("sgd", "mse")
    with pytest.raises(ValueError, match="must be finite"):
        layer = le.Dense(1, dtype="float16")
        layer.build((None, 1))
        layer.set_weights([[[1e5]], [0]])


def test_a_quantised_layer_is_refused():
    layer = keras().layers.Dense(4, dtype="int8_from_float32")
    layer.build((None, F))
    with pytest.raises(ValueError, match="cannot be rebuilt"):
        le.from_keras(layer)
