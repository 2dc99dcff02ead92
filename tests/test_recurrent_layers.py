"""SimpleRNN, GRU, LSTM and their wrappers: outputs, states and gradients equal to Keras on random configurations."""

import hypothesis.strategies as st
import numpy as np
import pytest
from helpers import (
    BOUNDED,
    MASKS,
    MILD,
    B,
    F,
    H,
    T,
    as_arrays,
    assert_close,
    differences_of,
    keras,
    mask_of,
    ours,
    rng_of,
    sequences,
    states,
    tape_gradients,
)
from hypothesis import given, settings

import lstm_edu as le

FLAGS = ("use_bias", "return_sequences", "return_state", "go_backwards", "zero_output_for_mask")
STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}
TOLERANCE = {"float32": (2e-6, 2e-5), "float64": (1e-11, 1e-9)}
FLOAT64_GRADIENT = (1e-10, 1e-8)


def both(ours_layer, theirs_layer, rng, input_shape=(None, None, F)):
    """Build both and give them the same random weights."""
    ours_layer.build(input_shape)
    theirs_layer.build(input_shape)
    weights = [0.5 * rng.standard_normal(w.shape) for w in ours_layer.get_weights()]
    ours_layer.set_weights(weights)
    theirs_layer.set_weights(weights)
    return ours_layer, theirs_layer


def pair(kind, rng, features=F, **config):
    return both(getattr(le, kind)(**config), getattr(keras().layers, kind)(**config), rng, (None, None, features))


def bidirectional_pair(kind, rng, merge_mode, backward_units=None, **config):
    def one(library):
        extra = {}
        if backward_units:
            extra["backward_layer"] = getattr(library, kind)(**config | {"units": backward_units, "go_backwards": True})
        return library.Bidirectional(
            getattr(library, kind)(**config), merge_mode=merge_mode, dtype=config.get("dtype"), **extra
        )

    return both(one(le), one(keras().layers), rng)


def assert_same_output(ours_layer, theirs_layer, x, mask=None, start=None, dtype="float32"):
    call = {"initial_state": start} if start else {}
    got, want = ours_layer(x, mask=mask, **call), theirs_layer(x, mask=mask, **call)
    assert isinstance(got, tuple) == isinstance(want, (tuple, list))
    for k, (a, b) in enumerate(zip(as_arrays(got), as_arrays(want), strict=True)):
        assert a.dtype == dtype
        assert_close(a, b, *TOLERANCE[dtype], f"output {k}")


def assert_same_gradients(ours_layer, theirs_layer, rng, x, mask=None, start=()):
    """All gradients in float64, against TensorFlow's."""
    trace = ours_layer.trace(x, mask=mask, **({"initial_state": list(start)} if start else {}))
    outputs = as_arrays(trace.output)
    d_out = [rng.standard_normal(y.shape) for y in outputs]
    n = 2 if getattr(ours_layer, "merge_mode", "") is None else 1
    grads = ours_layer.backward(trace, d_out[0] if n == 1 else d_out[:2], d_out[n:] or None)
    want = tape_gradients(theirs_layer, [x, *start], d_out, mask)
    got = [*grads.weights, grads.x, *(grads.initial_state if start else [])]
    names = [*ours_layer.weight_names, "x", *(f"initial state {k}" for k in range(len(start)))]
    for name, a, b in zip(names, got, want, strict=True):
        assert_close(a, b, *FLOAT64_GRADIENT, f"gradient of {name}")


# --- the layers, on random configurations ---------------------------------------------------------------------------


@st.composite
def situations(draw):
    kind = draw(st.sampled_from(["SimpleRNN", "GRU", "LSTM"]))
    batch, timesteps, features, units = draw(st.permutations(range(1, 7)))[:4]
    config = {flag: draw(st.booleans()) for flag in FLAGS} | {"units": units, "activation": draw(st.sampled_from(MILD))}
    if kind != "SimpleRNN":
        config["recurrent_activation"] = draw(st.sampled_from(BOUNDED))
    if kind == "GRU":
        config["reset_after"] = draw(st.booleans())
    return {
        "kind": kind,
        "sizes": (batch, timesteps, features),
        "config": config,
        "mask": draw(st.sampled_from(MASKS)),
        "initial_state": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**16)),
    }


@given(situations(), st.sampled_from(["float32", "float64"]))
@settings(max_examples=60)
def test_outputs_and_states_equal_keras(situation, dtype):
    (batch, timesteps, features), config = situation["sizes"], situation["config"]
    rng = rng_of(situation["seed"])
    layers = pair(situation["kind"], rng, features, dtype=dtype, **config)
    start = None
    if situation["initial_state"]:
        start = states(rng, batch, config["units"], dtype, STATES[situation["kind"]])
    x = sequences(rng, batch, timesteps, features, dtype)
    assert_same_output(*layers, x, mask_of(situation["mask"], rng, batch, timesteps), start, dtype)


@given(situations())
@settings(max_examples=40)
def test_gradients_equal_tensorflow(situation):
    (batch, timesteps, features), config = situation["sizes"], situation["config"]
    rng = rng_of(situation["seed"], 1)
    layers = pair(situation["kind"], rng, features, dtype="float64", **config)
    count = STATES[situation["kind"]] if situation["initial_state"] else 0
    start = states(rng, batch, config["units"], "float64", count)
    x = sequences(rng, batch, timesteps, features, "float64")
    assert_same_gradients(*layers, rng, x, mask_of(situation["mask"], rng, batch, timesteps), start)


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
@pytest.mark.parametrize("name", sorted({*le.activations.names()} - {"glu", "hard_sigmoid_keras2"}))
def test_every_activation(kind, name):
    rng = rng_of(2, len(name))
    config = {"units": 2, "activation": name, "return_sequences": True}
    if kind != "SimpleRNN":
        config["recurrent_activation"] = "sigmoid"
    assert_same_output(*pair(kind, rng, 3, **config), sequences(rng, 4, 3, 3) / 2)


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_large_inputs_saturate_without_a_warning(kind):
    rng = rng_of(3)
    layers = pair(kind, rng, units=H, return_sequences=True, return_state=True)
    assert_same_output(*layers, 1e4 * np.sign(sequences(rng)))


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_a_nan_stays_in_its_row_from_its_step_on(kind):
    rng = rng_of(4)
    layer, theirs_layer = pair(kind, rng, units=H, return_sequences=True)
    x = sequences(rng)
    x[1, 3, 2] = np.nan
    got, want = layer(x), np.asarray(theirs_layer(x))
    assert (np.isnan(got) == np.isnan(want)).all()
    assert np.isnan(got[1, 3:]).all() and not np.isnan(got[1, :3]).any() and not np.isnan(got[[0, 2]]).any()


def test_an_empty_batch_and_an_empty_sequence_are_refused_where_keras_refuses_them():
    rng = rng_of(5)
    with pytest.raises(ValueError, match="at least one sequence"):
        ours("LSTM", rng, units=H)(np.zeros((0, T, F)))
    assert ours("GRU", rng, units=H)(np.zeros((0, T, F))).shape == (0, H)
    for kind in STATES:
        with pytest.raises(ValueError, match="at least one timestep"):
            ours(kind, rng, units=H)(np.zeros((B, 0, F)))


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_a_stateful_layer_goes_on_from_where_it_stopped(kind):
    rng = rng_of(6)
    shape = (B, None, F)
    config = {"units": H, "stateful": True, "return_sequences": True}
    layers = both(getattr(le, kind)(**config), getattr(keras().layers, kind)(**config), rng, shape)
    first, second = sequences(rng), sequences(rng)
    for x in (first, second):
        assert_same_output(*layers, x)
    start = states(rng, count=STATES[kind])
    assert_same_output(*layers, first, start=start)  # overrides the kept state, and the result is kept
    assert_same_output(*layers, second, mask=mask_of("interior", rng))
    for layer in layers:
        layer.reset_state()
    assert_same_output(*layers, second)
    with pytest.raises(ValueError, match="built for batches of 3"):
        layers[0](first[:1])


# --- GRU: the traps of its biases -----------------------------------------------------------------------------------


def test_gru_counts_its_second_row_of_biases():
    layers = {flag: ours("GRU", rng_of(7), (None, None, 4), units=5, reset_after=flag) for flag in (True, False)}
    assert layers[True].count_params() == 165
    assert layers[False].count_params() == 150


def test_a_gru_bias_of_the_other_kind_is_refused_with_its_name():
    layer = ours("GRU", rng_of(8), units=H)
    kernel, recurrent_kernel, bias = layer.get_weights()
    with pytest.raises(ValueError, match="reset_after=False"):
        layer.set_weights([kernel, recurrent_kernel, bias.sum(axis=0)])


@pytest.mark.parametrize("row", [0, 1])
def test_dropping_a_row_of_gru_biases_shows(row):
    rng = rng_of(9)
    layer, theirs_layer = pair("GRU", rng, units=H)
    weights = layer.get_weights()
    weights[2][row] = 0
    layer.set_weights(weights)
    x = sequences(rng)
    assert not le.compare(layer(x), np.asarray(theirs_layer(x)))


# --- Bidirectional --------------------------------------------------------------------------------------------------


@st.composite
def two_ways(draw):
    kind = draw(st.sampled_from(["SimpleRNN", "GRU", "LSTM"]))
    config = {"units": H, "return_sequences": draw(st.booleans()), "return_state": draw(st.booleans())}
    merge_mode = draw(st.sampled_from(["concat", "sum", "mul", "ave", None]))
    other = draw(st.sampled_from([None, 2])) if merge_mode in ("concat", None) else None
    return {
        "kind": kind,
        "config": config,
        "merge_mode": merge_mode,
        "backward_units": other,
        "mask": draw(st.sampled_from(MASKS)),
        "initial_state": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**16)),
    }


@given(two_ways())
@settings(max_examples=30)
def test_bidirectional_equals_keras_with_its_gradients(case):
    rng = rng_of(case["seed"], 2)
    units = case["backward_units"]
    layers = bidirectional_pair(case["kind"], rng, case["merge_mode"], units, dtype="float64", **case["config"])
    count = STATES[case["kind"]]
    start = []
    if case["initial_state"]:
        start = states(rng, B, H, "float64", count) + states(rng, B, units or H, "float64", count)
    x, mask = sequences(rng, dtype="float64"), mask_of(case["mask"], rng)
    assert_same_output(*layers, x, mask, start, "float64")
    assert_same_gradients(*layers, rng, x, mask, start)


def test_bidirectional_passes_its_mask_on_in_the_order_of_time():
    rng = rng_of(10)
    layer, theirs_layer = bidirectional_pair("LSTM", rng, "concat", units=H, return_sequences=True)
    x, mask = sequences(rng), mask_of("right", rng)
    assert (layer.trace(x, mask).output_mask == mask).all()
    assert (layer.compute_mask(x, mask) == np.asarray(theirs_layer.compute_mask(x, mask))).all()


def test_bidirectional_copies_the_layer_it_is_given():
    inner = le.LSTM(H, return_sequences=True)
    layer = le.Bidirectional(inner)
    layer.build((None, None, F))
    assert not inner.built
    forward, backward = layer.forward_layer.kernel, layer.backward_layer.kernel
    assert (forward != backward).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": le.Dense(2)}, "must be a SimpleRNN, GRU, LSTM or StackedRNN"),
        ({"layer": le.LSTM(2), "merge_mode": "max"}, "merge_mode must be one of"),
        ({"layer": le.LSTM(2), "backward_layer": le.LSTM(2)}, "opposite directions"),
        ({"layer": le.LSTM(2), "merge_mode": "sum", "backward_layer": le.LSTM(3, go_backwards=True)}, "as many units"),
        ({"layer": le.LSTM(2, stateful=True, return_state=True)}, "fail in Keras itself"),
        ({"layer": le.LSTM(2), "backward_layer": le.LSTM(2, go_backwards=True, return_sequences=True)}, "same return_"),
    ],
)
def test_bidirectional_refuses(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        le.Bidirectional(**arguments)


# --- the other wrappers and small layers ----------------------------------------------------------------------------


def test_time_distributed_dense_equals_dense_and_keras():
    rng = rng_of(11)
    layers = keras().layers
    wrapped = both(
        le.TimeDistributed(le.Dense(H, "softmax", dtype="float64")),
        layers.TimeDistributed(layers.Dense(H, "softmax", dtype="float64"), dtype="float64"),
        rng,
    )
    x = sequences(rng, dtype="float64")
    assert_same_output(*wrapped, x, dtype="float64")
    assert_same_gradients(*wrapped, rng, x)
    plain = le.Dense(H, "softmax", dtype="float64")
    plain.build((None, None, F))
    plain.set_weights(wrapped[0].get_weights())
    assert (plain(x) == wrapped[0](x)).all()
    assert wrapped[0].trace(x).z.shape == (B, T, H)


@pytest.mark.parametrize("inner", [le.LSTM(2), le.Bidirectional(le.GRU(2)), le.Sequential([le.Dense(2)])])
def test_time_distributed_refuses_layers_with_a_time_of_their_own(inner):
    with pytest.raises(ValueError, match="not supported inside"):
        le.TimeDistributed(inner)


def test_masking_equals_keras():
    rng = rng_of(12)
    layer, theirs_layer = both(le.Masking(-1.0), keras().layers.Masking(-1.0), rng)
    x = sequences(rng)
    x[0, 2:] = -1
    x[1, 1, :3] = -1  # some features only: this step counts
    x[2, 0] = np.nan
    trace = layer.trace(x)
    np.testing.assert_array_equal(trace.output, np.asarray(theirs_layer(x)))
    np.testing.assert_array_equal(trace.output_mask, np.asarray(theirs_layer.compute_mask(x)))
    assert trace.output_mask.sum() == 2 + T + T


@pytest.mark.parametrize("mask_zero", [False, True])
def test_embedding_equals_keras_with_its_gradient(mask_zero):
    rng = rng_of(13)
    config = {"input_dim": 11, "output_dim": H, "mask_zero": mask_zero, "dtype": "float64"}
    layer, theirs_layer = both(le.Embedding(**config), keras().layers.Embedding(**config), rng, (None, None))
    ids = np.array([[1, 3, 3, 0, 0], [10, -1, -11, 7, 0]])
    np.testing.assert_array_equal(layer(ids), np.asarray(theirs_layer(ids)))
    mask, want = layer.compute_mask(ids), theirs_layer.compute_mask(ids)
    assert (mask is None and want is None) or (mask == np.asarray(want)).all()

    dy = rng.standard_normal((*ids.shape, H))
    grads = layer.backward(layer.trace(ids), dy)
    (want,) = differences_of(
        lambda table: _set_and_sum(layer, table, ids, dy),
        layer.get_weights(),
    )
    assert_close(grads.weights[0], want, 1e-8, 1e-6, "gradient of the table")
    assert grads.x is None
    assert grads.weights[0].indices.tolist() == [1, 3, 3, 0, 0, 10, 10, 0, 7, 0]


def _set_and_sum(layer, table, ids, dy):
    layer.set_weights([table])
    return (layer(ids) * dy).sum()


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([[11]], "is 11, but input_dim = 11 allows only ids below 11"),
        ([[-12]], "is -12, but input_dim = 11"),
        ([[0.5]], "whole numbers, got 0.5"),
        ([[np.nan]], "whole numbers, got nan"),
        ([["cat"]], "real numbers"),
    ],
)
def test_embedding_refuses(ids, message):
    layer = ours("Embedding", rng_of(14), (None, None), input_dim=11, output_dim=2)
    with pytest.raises((TypeError, ValueError), match=message):
        layer(ids)


# --- dropout --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
@pytest.mark.parametrize("rates", [(0.3, 0.0), (0.0, 0.4), (0.3, 0.4)])
def test_dropout_equals_keras_in_training_when_both_use_the_same_masks(kind, rates):
    rng = rng_of(15)
    dropout, recurrent = rates
    config = {"units": H, "dropout": dropout, "recurrent_dropout": recurrent, "return_sequences": True}
    layer, theirs_layer = pair(kind, rng, dtype="float64", **config)
    gates = (layer.blocks,) if recurrent and layer.blocks > 1 else ()

    def mask(rate, width):
        return (rng.random((*gates, B, width)) >= rate) / (1 - rate) if rate else None

    masks = {"dropout_mask": mask(dropout, F), "recurrent_dropout_mask": mask(recurrent, H)}
    # Keras's cell draws its masks once a call and keeps them: give it ours to keep.
    cell = theirs_layer.cell
    theirs_layer._maybe_config_dropout_masks = lambda *_: None
    theirs_layer._maybe_reset_dropout_masks = lambda *_: None
    for attribute, value in (
        ("_dropout_mask", masks["dropout_mask"]),
        ("_recurrent_dropout_mask", masks["recurrent_dropout_mask"]),
    ):
        tensor = None if value is None else keras().ops.convert_to_tensor(value)
        setattr(cell, attribute, list(tensor) if gates and tensor is not None else tensor)

    x = sequences(rng, dtype="float64")
    given_masks = {name: value for name, value in masks.items() if value is not None}
    trace = layer.trace(x, training=True, **given_masks)
    assert_close(trace.output, np.asarray(theirs_layer(x, training=True)), *TOLERANCE["float64"], "output")
    assert np.abs(trace.output - layer(x)).max() > 1e-3, "dropout changed nothing"

    dy = rng.standard_normal(trace.output.shape)
    grads = layer.backward(trace, dy)

    def loss(new_x, *weights):
        layer.set_weights(weights)
        return (layer(new_x, training=True, **given_masks) * dy).sum()

    for name, got, want in zip(
        ["x", *layer.weight_names],
        [grads.x, *grads.weights],
        differences_of(loss, [x, *layer.get_weights()]),
        strict=True,
    ):
        assert_close(got, want, 1e-7, 1e-6, f"gradient of {name}")


def test_dropout_is_inert_at_inference_and_fair_in_training():
    layer = le.Dropout(0.25, seed=0)
    layer.build((None, 1000))
    x = np.ones((50, 1000), "float32")
    assert (layer(x) == x).all()
    y = layer(x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(y.mean() - 1) < 0.01
    trace = layer.trace(x, training=True)
    assert (layer.backward(trace, np.ones_like(x)).x == trace.output).all()


def test_dropout_masks_that_would_be_ignored_are_refused():
    layer = ours("LSTM", rng_of(16), units=H, dropout=0.5)
    x = sequences(rng_of(16))
    with pytest.raises(ValueError, match="training=True"):
        layer(x, dropout_mask=np.ones((B, F)))
    with pytest.raises(ValueError, match="rate is 0"):
        layer(x, training=True, recurrent_dropout_mask=np.ones((B, H)))
    with pytest.raises(ValueError, match=r"dropout_mask must have shape \(3, 5\)"):
        layer(x, training=True, dropout_mask=np.ones((F, B)))


# --- peepholes ------------------------------------------------------------------------------------------------------


def onnx_lstm(x, h, c, kernel, recurrent_kernel, bias, peepholes):
    """The LSTM operator as ONNX defines it (opset 22), equation by equation. Blocks i, o, f, c; Wb and Rb apart."""

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    units = h.shape[1]
    w_i, w_o, w_f, w_c = (kernel[k * units : (k + 1) * units] for k in range(4))
    r_i, r_o, r_f, r_c = (recurrent_kernel[k * units : (k + 1) * units] for k in range(4))
    b_i, b_o, b_f, b_c = (bias[k * units : (k + 1) * units] for k in range(4))
    p_i, p_o, p_f = (peepholes[k * units : (k + 1) * units] for k in range(3))
    outputs = []
    for x_t in np.moveaxis(x, 1, 0):
        it = sigmoid(x_t @ w_i.T + h @ r_i.T + p_i * c + b_i)
        ft = sigmoid(x_t @ w_f.T + h @ r_f.T + p_f * c + b_f)
        ct = np.tanh(x_t @ w_c.T + h @ r_c.T + b_c)
        c = ft * c + it * ct
        ot = sigmoid(x_t @ w_o.T + h @ r_o.T + p_o * c + b_o)
        h = ot * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1), h, c


def to_onnx(blocks, order):
    """Keras's blocks i, f, g, o along the last axis in another order, along the first."""
    parts = dict(zip("ifgo", np.split(blocks, 4, axis=-1), strict=True))
    return np.concatenate([parts[gate] for gate in order], axis=-1).T


def test_peepholes_equal_onnx_definition():
    rng = rng_of(17)
    layer = ours("PeepholeLSTM", rng, units=H, return_sequences=True, return_state=True, dtype="float64")
    kernel, recurrent_kernel, bias, peepholes = layer.get_weights()
    p_i, p_f, p_o = np.split(peepholes, 3)
    x, (h0, c0) = sequences(rng, dtype="float64"), states(rng, dtype="float64")
    want = onnx_lstm(
        x,
        h0,
        c0,
        to_onnx(kernel, "iofg"),
        to_onnx(recurrent_kernel, "iofg"),
        to_onnx(bias, "iofg"),
        np.concatenate([p_i, p_o, p_f]),
    )
    for got, expected in zip(layer(x, initial_state=[h0, c0]), want, strict=True):
        assert_close(got, expected, *TOLERANCE["float64"], "output")
    without = le.LSTM(H, return_sequences=True, return_state=True, dtype="float64")
    without.build((None, None, F))
    without.set_weights([kernel, recurrent_kernel, bias])
    assert np.abs(without(x)[0] - layer(x)[0]).max() > 1e-3, "the peepholes changed nothing"


def test_peepholes_gradients_equal_differences():
    rng = rng_of(18)
    layer = ours("PeepholeLSTM", rng, units=H, return_sequences=True, return_state=True, dtype="float64")
    x, start, mask = sequences(rng, dtype="float64"), states(rng, dtype="float64"), mask_of("interior", rng)
    le.gradcheck(layer, x, mask=mask, initial_state=start).check()


# --- what a layer will not take -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"units": 0}, "units must be at least 1, got 0"),
        ({"units": 2.5}, "units must be a whole number"),
        ({"units": True}, "units must be a whole number"),
        ({"units": 2, "dropout": 1.0}, "less than 1"),
        ({"units": 2, "return_sequences": "yes"}, "return_sequences must be True or False"),
        ({"units": 2, "time_major": True}, "time_major"),
        ({"units": 2, "activation": "tanhh"}, "did you mean 'tanh'"),
        ({"units": 2, "activation": "glu"}, "halves its input"),
        ({"units": 2, "dtype": "int8"}, "dtype must be 'float32', .*got 'int8'"),
        ({"units": 2, "kernel_initializer": "glorot"}, "unknown initialiser"),
    ],
)
def test_configurations_that_are_refused(kind, config, message):
    with pytest.raises((TypeError, ValueError), match=message):
        getattr(le, kind)(**config)


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_backward_refuses_what_does_not_belong_together(kind):
    rng = rng_of(19)
    layer, other = (ours(kind, rng, units=H, return_sequences=True) for _ in range(2))
    x = sequences(rng)
    trace = layer.trace(x)
    with pytest.raises(ValueError, match="made by another layer"):
        other.backward(trace, np.ones((B, T, H)))
    with pytest.raises(ValueError, match=r"dy must have the shape .*\(3, 6, 4\), got \(3, 4\)"):
        layer.backward(trace, np.ones((B, H)))
    with pytest.raises(ValueError, match="returns none"):
        layer.backward(trace, np.ones((B, T, H)), d_state=[np.ones((B, H))] * STATES[kind])
    with pytest.raises(ValueError, match="did not keep"):
        layer.backward(layer.trace(x, keep="h"), np.ones((B, T, H)))
    with pytest.raises(TypeError, match="needs a Trace"):
        layer.backward(x, np.ones((B, T, H)))
