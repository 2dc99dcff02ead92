"""LSTM: equal to Keras in every quantity, the fast scan equal to the readable step, gradients equal to differences."""

import itertools

import hypothesis
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
    randomise,
    rng_of,
    sequences,
    states,
    tape_gradients,
    theirs,
)
from hypothesis import given, settings

import lstm_edu as le

# --- forward, against Keras -----------------------------------------------------------------------------------------

FLAGS = (
    "use_bias",
    "return_sequences",
    "return_state",
    "go_backwards",
    "zero_output_for_mask",
    "unit_forget_bias",
    "unroll",
)


@st.composite
def situations(draw):
    batch, timesteps, features, units = draw(st.permutations(range(1, 7)))[:4]
    config = {flag: draw(st.booleans()) for flag in FLAGS}
    config |= {
        "units": units,
        "activation": draw(st.sampled_from(MILD)),
        "recurrent_activation": draw(st.sampled_from(BOUNDED)),
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "recurrent_dropout": draw(st.sampled_from([0.0, 0.3])),
    }
    return {
        "sizes": (batch, timesteps, features),
        "config": config,
        "mask": draw(st.sampled_from(MASKS)),
        "initial_state": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**16)),
    }


@given(situations())
@settings(max_examples=60)
def test_every_quantity_equals_keras_on_random_configurations(situation):
    batch, timesteps, features = situation["sizes"]
    config, rng = situation["config"], rng_of(situation["seed"])
    layer = theirs("LSTM", rng, (None, None, features), **config)
    x = sequences(rng, batch, timesteps, features, config["dtype"])
    start = states(rng, batch, config["units"], config["dtype"]) if situation["initial_state"] else None
    mask = mask_of(situation["mask"], rng, batch, timesteps)
    if mask is not None and all(config[flag] for flag in ("unroll", "go_backwards", "zero_output_for_mask")):
        hypothesis.assume(not config["return_sequences"])  # Keras's own mistake, which has its own test
    report = le.verify(layer, x, mask=mask, initial_state=start).check()
    assert {row.dtype for row in report.layers[0].report.rows} == {config["dtype"]}
    # And as a user calls the two.
    call = {"initial_state": start} if start else {}
    le.compare(le.from_keras(layer)(x, mask=mask, **call), layer(x, mask=mask, **call)).check()


@pytest.mark.parametrize("role", ["activation", "recurrent_activation"])
@pytest.mark.parametrize("name", sorted({*le.activations.names()} - {"glu", "hard_sigmoid_keras2"}))
def test_every_activation_in_both_roles(name, role):
    rng = rng_of(1, len(name))
    layer = theirs("LSTM", rng, (None, None, 3), units=2, return_sequences=True, **{role: name})
    randomise(layer, rng, 0.3)
    le.verify(layer, sequences(rng, 4, 3, 3)).check()


@pytest.mark.parametrize("sizes", [(1, 6, 3, 4), (4, 1, 3, 2), (2, 3, 1, 4), (2, 4, 3, 1), (1, 1, 1, 1)])
def test_a_single_sequence_step_feature_or_unit(sizes):
    batch, timesteps, features, units = sizes
    rng = rng_of(2)
    layer = theirs("LSTM", rng, (None, None, features), units=units, return_sequences=True, return_state=True)
    le.verify(layer, sequences(rng, batch, timesteps, features)).check()


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("zero", [False, True])
def test_masks(kind, zero):
    rng = rng_of(3)
    for sequence, backwards in itertools.product([False, True], repeat=2):
        layer = theirs(
            "LSTM",
            rng,
            units=H,
            return_sequences=sequence,
            return_state=True,
            go_backwards=backwards,
            zero_output_for_mask=zero,
        )
        le.verify(layer, sequences(rng), mask=mask_of(kind, rng), initial_state=states(rng)).check()


def test_keras_zeroes_other_steps_when_unrolled_backwards_which_is_refused():
    rng = rng_of(3)
    flags = {"units": H, "return_sequences": True, "go_backwards": True, "zero_output_for_mask": True}
    layer, unrolled = theirs("LSTM", rng, **flags), theirs("LSTM", rng, unroll=True, **flags)
    unrolled.set_weights(layer.get_weights())
    x, mask = sequences(rng), mask_of("left", rng)
    assert not le.compare(layer(x, mask=mask), unrolled(x, mask=mask)), "Keras has fixed it: follow it now"
    with pytest.raises(ValueError, match="zeroes the outputs of steps other"):
        le.verify(unrolled, x, mask=mask)
    le.verify(unrolled, x).check()


def test_a_fully_masked_row_returns_zeros_and_its_initial_state():
    rng = rng_of(4)
    layer = ours("LSTM", rng, units=H, return_state=True)
    mask = np.ones((B, T), bool)
    mask[1] = False
    h0, c0 = states(rng)
    y, h, c = layer(sequences(rng), mask=mask, initial_state=[h0, c0])
    assert (y[1] == 0).all() and (y[0] != 0).all()
    assert (h[1] == h0[1]).all() and (c[1] == c0[1]).all()


@pytest.mark.parametrize("dtype", ["int64", "float32", "uint8"])
def test_numbers_as_a_mask_mean_what_keras_takes_them_for(dtype):
    rng = rng_of(5)
    layer = theirs("LSTM", rng, units=H)
    mask = mask_of("interior", rng)
    x = sequences(rng)
    le.compare(le.from_keras(layer)(x, mask=mask.astype(dtype)), layer(x, mask=mask)).check()


@pytest.mark.parametrize("dtype", ["float64", "float16", "int32", "bool"])
def test_inputs_are_cast_as_keras_casts_them(dtype):
    rng = rng_of(6)
    layer = theirs("LSTM", rng, units=H)
    x = (3 * sequences(rng)).astype(dtype)
    y = le.from_keras(layer)(x)
    assert y.dtype == np.float32
    le.compare(y, layer(x.astype("float32"))).check()


def test_large_inputs_saturate_without_warnings():
    rng = rng_of(7)
    for activation, gate in [("tanh", "sigmoid"), ("softsign", "hard_sigmoid"), ("sigmoid", "tanh")]:
        layer = theirs("LSTM", rng, units=H, activation=activation, recurrent_activation=gate, return_sequences=True)
        # Weights of few bits: the large terms add up exactly, whatever the order.
        layer.set_weights([np.round(8 * w) / 8 for w in layer.get_weights()])
        x = (1e4 * np.sign(sequences(rng))).astype("float32")
        le.verify(layer, x).check()
        assert np.isfinite(le.from_keras(layer)(x)).all()
        le.from_keras(layer)(np.where(x > 0, np.float32(3e38), 0))


def test_nan_appears_only_where_keras_has_it():
    rng = rng_of(8)
    layer = theirs("LSTM", rng, units=H, return_sequences=True)
    x = sequences(rng)
    x[1, 2, 3] = np.nan
    le.verify(layer, x).check()
    y = le.from_keras(layer)(x)
    assert np.isnan(y[1, 2:]).all()
    assert np.isfinite(y[1, :2]).all() and np.isfinite(y[[0, 2]]).all()
    mask = np.ones((B, T), bool)
    mask[1, 2] = False
    le.verify(layer, x, mask=mask).check()
    assert np.isfinite(le.from_keras(layer)(x, mask=mask)).all()


def test_a_stateful_layer_over_several_batches():
    rng = rng_of(9)
    layer = theirs("LSTM", rng, (B, None, F), units=H, stateful=True, return_sequences=True)
    mine = le.from_keras(layer)
    for k in range(3):
        x = sequences(rng)
        mask = mask_of("interior", rng) if k == 1 else None
        le.compare(mine(x, mask=mask), layer(x, mask=mask)).check()
        le.compare(mine.states, [np.asarray(s) for s in layer.states]).check()
    x, start = sequences(rng), states(rng)
    le.compare(mine(x, initial_state=start), layer(x, initial_state=start)).check()
    le.compare(mine(x), layer(x)).check()
    mine.reset_state()
    layer.reset_state()
    le.compare(mine(x), layer(x)).check()
    with pytest.raises(ValueError, match="stateful"):
        mine(x[:2])


# --- the fast scan and the readable step ----------------------------------------------------------------------------


@pytest.mark.parametrize("activation", MILD)
@pytest.mark.parametrize("recurrent_activation", MILD)
@pytest.mark.parametrize("use_bias", [True, False])
def test_the_scan_equals_the_readable_step(activation, recurrent_activation, use_bias):
    rng = rng_of(10)
    acts = {"activation": activation, "recurrent_activation": recurrent_activation}
    layer = ours("LSTM", rng, units=H, use_bias=use_bias, return_sequences=True, dtype="float64", **acts)
    x, (h, c) = sequences(rng, dtype="float64"), states(rng, dtype="float64")
    trace = layer.trace(x, initial_state=[h, c])
    for t in range(T):
        step = le.lstm_step(x[:, t], h, c, layer.kernel, layer.recurrent_kernel, layer.bias, **acts)
        for name in step._fields:
            assert_close(trace[name][:, t], getattr(step, name), 1e-12, 1e-12, f"{name} at step {t}")
        h, c = step.h, step.c


def test_the_step_takes_a_single_sequence():
    rng = rng_of(11)
    layer = ours("LSTM", rng, units=H)
    x, (h, c) = sequences(rng)[:, 0], states(rng)
    batch = le.lstm_step(x, h, c, *layer.get_weights())
    for k in range(B):
        single = le.lstm_step(x[k], h[k], c[k], *layer.get_weights())
        le.compare(single, {name: getattr(batch, name)[k] for name in batch._fields}).check()


@pytest.mark.parametrize("kept", [(), ("f",), ("c", "h"), ("z",), ("i", "o", "x"), tuple("xzifgoch")])
@pytest.mark.parametrize("sequence", [False, True])
def test_what_is_kept_does_not_change_what_is_computed(kept, sequence):
    rng = rng_of(12)
    layer = ours("LSTM", rng, units=H, return_sequences=sequence, return_state=True)
    x, mask = sequences(rng), mask_of("interior", rng)
    full, part = layer.trace(x, mask=mask), layer.trace(x, mask=mask, keep=kept)
    assert part.names == tuple(name for name in full.names if name in kept)
    for name in kept:
        assert_close(part[name], full[name], 0, 0, name)
    for a, b in zip(part.output, full.output, strict=True):
        assert_close(a, b, 0, 0, "output")
    if "z" not in kept:
        assert part.nbytes < full.nbytes


# --- backward -------------------------------------------------------------------------------------------------------

SMALL = {"batch": 2, "timesteps": 4, "features": 3}
BACKWARD = [
    {},
    {"return_sequences": True},
    {"return_sequences": True, "return_state": True},
    {"return_state": True, "go_backwards": True},
    {"return_sequences": True, "go_backwards": True},
    {"use_bias": False, "return_sequences": True},
    {"activation": "relu", "recurrent_activation": "hard_sigmoid", "return_sequences": True},
    {"activation": "softmax", "recurrent_activation": "silu", "return_state": True},
    {"zero_output_for_mask": True, "return_sequences": True},
    {"zero_output_for_mask": True},
]


def gradient_case(config, kind):
    rng = rng_of(13, len(config), MASKS.index(kind))
    layer = ours("LSTM", rng, (None, None, 3), units=2, dtype="float64", **config)
    x, start = sequences(rng, **SMALL, dtype="float64"), states(rng, 2, 2, "float64")
    mask = mask_of(kind, rng, 2, 4)
    d_out = [rng.standard_normal(a.shape) for a in as_arrays(layer(x))]
    return layer, x, mask, start, d_out


def gradients(layer, x, mask, start, d_out):
    grads = layer.backward(layer.trace(x, mask=mask, initial_state=start), d_out[0], d_out[1:] or None)
    names = [*layer.weight_names, "x", "h0", "c0"]
    return dict(zip(names, [*grads.weights, grads.x, *grads.initial_state], strict=True)), grads


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("config", BACKWARD, ids=str)
def test_gradients_equal_differences(config, kind):
    layer, x, mask, start, d_out = gradient_case(config, kind)
    analytic, _ = gradients(layer, x, mask, start, d_out)
    weights = layer.get_weights()

    def loss(*arguments):
        *w, x, h, c = arguments
        layer.set_weights(w)
        return sum(
            (d * y).sum() for d, y in zip(d_out, as_arrays(layer(x, mask=mask, initial_state=[h, c])), strict=True)
        )

    numerical = differences_of(loss, [*weights, x, *start])
    for (name, exact), approximate in zip(analytic.items(), numerical, strict=True):
        assert_close(exact, approximate, 1e-7, 1e-6, f"dL/d{name}")


@pytest.mark.parametrize("kind", ["none", "left", "interior", "full row"])
@pytest.mark.parametrize("config", BACKWARD, ids=str)
def test_gradients_equal_keras(config, kind):
    layer, x, mask, start, d_out = gradient_case(config, kind)
    analytic, _ = gradients(layer, x, mask, start, d_out)
    twin = keras().layers.LSTM(2, dtype="float64", **config)
    twin.build((None, None, 3))
    twin.set_weights(layer.get_weights())
    expected = tape_gradients(twin, [x, *start], d_out, mask=mask)
    for (name, exact), by_tape in zip(analytic.items(), expected, strict=True):
        assert_close(exact, by_tape, 1e-10, 1e-8, f"dL/d{name}")


def replay(layer, x, mask, start, nudge):
    """The layer written out once more, in test's own words, with nudge[name] (B, T, .) added to each quantity."""
    w, u, b = layer.get_weights() if layer.use_bias else (*layer.get_weights(), 0)
    act, gate = layer.activation, layer.recurrent_activation
    h, c = start
    started = np.zeros((len(x), 1), bool)
    outputs = []
    order = range(x.shape[1])[:: -1 if layer.go_backwards else 1]
    for s, t in enumerate(order):
        here = {name: values[:, s] for name, values in nudge.items()}
        z = (x[:, t] + here["x"]) @ w + h @ u + b + here["z"]
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        i, f, g, o = (
            a(z) + here[n] for n, a, z in zip("ifgo", (gate, gate, act, gate), (z_i, z_f, z_g, z_o), strict=True)
        )
        counts = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        # A nudge of a state acts on what is carried: after the mask.
        new_c = np.where(counts, f * c + i * g, c) + here["c"]
        new_h = np.where(counts, o * act(new_c), h) + here["h"]
        started = started | counts
        shown = counts if layer.zero_output_for_mask else started
        outputs.append(np.where(shown, new_h, 0))
        h, c = new_h, new_c
    y = np.stack(outputs, axis=1) if layer.return_sequences else outputs[-1]
    return [y, h, c] if layer.return_state else [y]


@pytest.mark.parametrize("kind", ["none", "left", "interior"])
@pytest.mark.parametrize("config", BACKWARD, ids=str)
def test_the_gradient_of_every_recorded_quantity(config, kind):
    layer, x, mask, start, d_out = gradient_case(config, kind)
    _, grads = gradients(layer, x, mask, start, d_out)
    trace = layer.trace(x, mask=mask, initial_state=start)
    zeros = {name: np.zeros(trace[name].shape) for name in trace.names}
    for mine, again in zip(as_arrays(trace.output), replay(layer, x, mask, start, zeros), strict=True):
        assert_close(mine, again, 1e-12, 1e-12, "replay")
    assert grads.trace.names == trace.names

    def loss(*nudges):
        nudged = replay(layer, x, mask, start, dict(zip(trace.names, nudges, strict=True)))
        return sum((d * y).sum() for d, y in zip(d_out, nudged, strict=True))

    numerical = differences_of(loss, list(zeros.values()))
    for name, approximate in zip(trace.names, numerical, strict=True):
        assert_close(grads.trace[name], approximate, 1e-7, 1e-6, f"dL/d{name}")


def test_backward_refuses_what_does_not_belong():
    rng = rng_of(14)
    layer, other = (ours("LSTM", rng, units=H, return_sequences=True) for _ in range(2))
    x = sequences(rng)
    trace = layer.trace(x)
    dy = np.ones_like(trace.output)
    with pytest.raises(ValueError, match="another layer"):
        other.backward(trace, dy)
    with pytest.raises(TypeError, match="Trace"):
        layer.backward(x, dy)
    with pytest.raises(ValueError, match="shape"):
        layer.backward(trace, dy[:, -1])
    with pytest.raises(ValueError, match="did not keep.*z"):
        layer.backward(layer.trace(x, keep=("h", "c")), dy)
    with pytest.raises(ValueError, match="return_state=False"):
        layer.backward(trace, dy, states(rng))
    both = ours("LSTM", rng, units=H, return_state=True)
    trace = both.trace(x)
    with pytest.raises(ValueError, match="2 arrays"):
        both.backward(trace, trace.output[0], states(rng, count=1))
    with pytest.raises(ValueError, match="shape"):
        both.backward(trace, trace.output[0], states(rng, units=H + 1))


def test_backward_uses_the_weights_of_the_trace():
    rng = rng_of(15)
    layer = ours("LSTM", rng, units=H)
    trace = layer.trace(sequences(rng))
    dy = np.ones_like(trace.output)
    before = layer.backward(trace, dy)
    randomise(layer, rng)
    for a, b in zip(before.weights, layer.backward(trace, dy).weights, strict=True):
        assert_close(b, a, 0, 0)


# --- what a user holds in their hands -------------------------------------------------------------------------------


@pytest.mark.parametrize("sequence", [False, True])
@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize("kind", ["none", "interior"])
def test_outputs_belong_to_the_caller(sequence, state, kind):
    rng = rng_of(16)
    layer = ours("LSTM", rng, units=H, return_sequences=sequence, return_state=state)
    x, mask, start = sequences(rng), mask_of(kind, rng), states(rng)
    copies = [a.copy() for a in (x, *start)]
    first = as_arrays(layer(x, mask=mask, initial_state=start))
    expected = [a.copy() for a in first]
    for a, b in itertools.combinations(first, 2):
        assert not np.shares_memory(a, b)
    for a in first:
        a[...] = 7  # writable, and nobody else's
    for a, b in zip((x, *start), copies, strict=True):
        assert (a == b).all()
    for a, b in zip(as_arrays(layer(x, mask=mask, initial_state=start)), expected, strict=True):
        assert_close(a, b, 0, 0)


def test_the_same_seed_gives_the_same_weights():
    a, b, c = (le.LSTM(H, seed=s) for s in (1, 1, 2))
    for layer in (a, b, c):
        layer.build((None, None, F))
    assert all((v == w).all() for v, w in zip(a.get_weights(), b.get_weights(), strict=True))
    assert (a.kernel != c.kernel).any()


def test_parameters_are_counted():
    for units, features, count in [(2, 4, 56), (100, 50, 60_400), (3, 10, 168)]:
        layer = le.LSTM(units)
        layer.build((None, None, features))
        assert layer.count_params() == count


def test_unit_forget_bias_sets_the_forget_block_only():
    for initializer, rest in [("zeros", 0), (0.03, 0.03)]:
        layer = le.LSTM(H, bias_initializer=initializer)
        layer.build((None, None, F))
        i, f, g, o = np.split(layer.bias, 4)
        assert (f == 1).all()
        assert_close(np.concatenate([i, g, o]), np.full(3 * H, rest, "float32"), 0, 0)
    layer = le.LSTM(H, unit_forget_bias=False)
    layer.build((None, None, F))
    assert (layer.bias == 0).all()


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros((T, F)), r"x\[None, :, :\]"),
        (np.zeros(F), r"x\[None, :, None\]"),
        (np.zeros((1, B, T, F)), "too many axes"),
        (np.zeros((B, F, T)), "time and features look swapped"),
        (np.zeros((B, T, F + 2)), "built for another number"),
        (np.zeros((B, 0, F)), "at least one timestep"),
        (np.zeros((0, T, F)), "at least one sequence"),
        ([[[0.0] * F], [[0.0] * F] * 2], "different lengths"),
    ],
)
def test_wrong_inputs_are_refused_with_their_cause(x, said):
    layer = ours("LSTM", rng_of(17), units=H)
    for call in (layer, layer.trace):
        with pytest.raises(ValueError, match=said):
            call(x)


@pytest.mark.parametrize("x", [None, "text", np.zeros((B, T, F), complex), np.full((B, T, F), None)])
def test_what_is_no_numbers_is_refused(x):
    with pytest.raises(TypeError, match="x must"):
        ours("LSTM", rng_of(18), units=H)(x)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((T, B), "batch and time look swapped"),
        ((B, T - 1), "another length"),
        ((B, T, 1), "no feature axis"),
        ((T,), "one value for each"),
        ((1, T), "one value for each"),
    ],
)
def test_wrong_masks_are_refused_with_their_cause(shape, said):
    with pytest.raises(ValueError, match=said):
        ours("LSTM", rng_of(19), units=H)(np.zeros((B, T, F)), mask=np.ones(shape, bool))


def test_wrong_states_are_refused_with_their_cause():
    layer, x = ours("LSTM", rng_of(20), units=H), np.zeros((B, T, F))
    h = np.zeros((B, H))
    for state, error, said in [
        ([h], ValueError, "2 array"),
        ([h, h, h], ValueError, "got 3"),
        (h, TypeError, "list of 2 arrays"),
        ([h, np.zeros(H)], ValueError, "none is repeated silently"),
        ([h, np.zeros((1, H))], ValueError, "none is repeated silently"),
        ([np.zeros((H, B)), h], ValueError, "initial_state h"),
        ([h, None], TypeError, "initial_state c"),
    ]:
        with pytest.raises(error, match=said):
            layer(x, initial_state=state)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda k, r, b: [k.T, r, b], "kernel must have shape.*transposed"),
        (lambda k, r, b: [k, r.T, b], "recurrent_kernel must have shape.*transposed"),
        (lambda k, r, b: [k[:, : 2 * H], r, b], "a layer of 2 units"),
        (lambda k, r, b: [k[:, : 3 * H], r, b], "belong to a GRU"),
        (lambda k, r, b: [k[:-1], r, b], "inputs of 4 features"),
        (lambda k, r, b: [k, r, np.stack([b, b])], "two rows, as PyTorch"),
        (lambda k, r, b: [k, r], "bias is missing"),
        (lambda k, r, b: [k, r, b, b], "pass their sum"),
        (lambda k, r, b: [k.ravel(), r, b], "another shape"),
        (
            lambda k, r, b: [np.where(k == k[1, 2], np.nan, k), r, b],
            r"kernel must be finite, but kernel\[1, 2\] is nan",
        ),
        (lambda k, r, b: [k, r, b * np.inf], "finite"),
        (lambda k, r, b: [k * 1e300 * 1e8, r, b], "finite"),
        (lambda k, r, b: [k, r, None], "bias must be an array"),
        (lambda k, r, b: k, "list of arrays"),
    ],
)
def test_wrong_weights_are_refused_and_the_old_ones_kept(change, said):
    layer = ours("LSTM", rng_of(21), units=H)
    before = layer.get_weights()
    with pytest.raises((ValueError, TypeError), match=said):
        layer.set_weights(change(*(w.astype("float64") for w in before)))
    for a, b in zip(layer.get_weights(), before, strict=True):
        assert (a == b).all()


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"units": 0}, ValueError, "at least 1"),
        ({"units": -3}, ValueError, "at least 1"),
        ({"units": 2.0}, TypeError, "whole number"),
        ({"units": "4"}, TypeError, "whole number"),
        ({"units": True}, TypeError, "whole number"),
        ({"units": 2, "activation": "tahn"}, ValueError, "did you mean 'tanh'"),
        ({"units": 2, "recurrent_activation": "glu"}, ValueError, "halves"),
        ({"units": 2, "activation": np.tanh}, TypeError, "as a string"),
        ({"units": 2, "return_sequences": "False"}, TypeError, "True or False"),
        ({"units": 2, "use_bias": 1}, TypeError, "True or False"),
        ({"units": 2, "dropout": 1.5}, ValueError, "dropout"),
        ({"units": 2, "dtype": "float8"}, ValueError, "float32.*float64.*bfloat16"),
        ({"units": 2, "kernel_initializer": "glorot"}, ValueError, "unknown initialiser"),
        ({"units": 2, "time_major": True}, TypeError, "time_major"),
        ({"units": 2, "name": 3}, TypeError, "name"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, error, said):
    with pytest.raises(error, match=said):
        le.LSTM(**arguments)


def test_an_unbuilt_layer_says_what_to_do():
    layer = le.LSTM(3)
    for use in (
        lambda: layer(np.zeros((B, T, F))),
        lambda: layer.trace(np.zeros((B, T, F))),
        lambda: layer.kernel,
        layer.get_weights,
        layer.count_params,
        lambda: layer.set_weights([]),
    ):
        with pytest.raises(ValueError, match=r"build\(\(None, None, 9\)\)"):
            use()


@pytest.mark.parametrize(
    ("shape", "error"),
    [((None, 9), ValueError), ((None, None, None), ValueError), (9, TypeError), ((2, 3, -1), ValueError)],
)
def test_wrong_shapes_to_build_for(shape, error):
    with pytest.raises(error, match="shape"):
        le.LSTM(3).build(shape)
    with pytest.raises(ValueError, match="batch size"):
        le.LSTM(3, stateful=True).build((None, None, 9))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("x_t", np.zeros((B, T, F))),
        ("x_t", np.zeros(F)),
        ("h", np.zeros((B + 1, H))),
        ("h", np.zeros((1, H))),
        ("c", np.zeros((1, H))),
        ("c", np.zeros(H)),
        ("kernel", np.zeros((4 * H, F))),
        ("kernel", np.zeros((F, 3 * H))),
        ("recurrent_kernel", np.zeros((4 * H, H))),
        ("recurrent_kernel", np.zeros((F, 4 * H))),
        ("bias", np.zeros(H)),
        ("bias", np.zeros((1, 4 * H))),
    ],
)
def test_the_step_broadcasts_nothing(name, wrong):
    right = {
        "x_t": np.zeros((B, F)),
        "h": np.zeros((B, H)),
        "c": np.zeros((B, H)),
        "kernel": np.zeros((F, 4 * H)),
        "recurrent_kernel": np.zeros((H, 4 * H)),
        "bias": np.zeros(4 * H),
    }
    le.lstm_step(**right)
    with pytest.raises(ValueError, match="lstm_step"):
        le.lstm_step(**right | {name: wrong})
