"""The trace: complete, read-only, and telling what was computed rather than what is there now."""

import copy
import pickle

import numpy as np
import pytest
from helpers import B, F, H, T, mask_of, ours, randomise, rng_of, sequences, states

import lstm_edu as le


def lstm_trace(**config):
    rng = rng_of(1)
    layer = ours("LSTM", rng, units=H, **config)
    x, mask, start = sequences(rng), mask_of("interior", rng), states(rng)
    return layer, x, mask, start, layer.trace(x, mask=mask, initial_state=start)


def model_trace():
    model = le.Sequential(
        [le.LSTM(H, return_sequences=True, name="first", seed=0), le.LSTM(2, name="second"), le.Dense(3, "softmax")]
    )
    model.build((None, None, F))
    rng = rng_of(2)
    randomise(model, rng)
    x = sequences(rng)
    return model, x, model.trace(x)


def test_an_lstm_records_every_quantity_in_its_shape():
    layer, x, mask, start, trace = lstm_trace(return_sequences=True)
    shapes = {"x": F, "z": 4 * H} | dict.fromkeys("ifgoch", H)
    assert trace.names == tuple("xzifgoch")
    assert {name: trace[name].shape for name in trace} == {name: (B, T, n) for name, n in shapes.items()}
    assert all(trace[name].dtype == np.float32 for name in trace)
    assert trace.kind == "LSTM" and trace.layer is layer and len(trace) == 8
    assert (trace.mask == mask).all() and (trace.output_mask == mask).all()
    assert (trace.time == np.arange(T)).all()
    for given, kept in zip(start, trace.initial_state, strict=True):
        assert (given == kept).all()
    assert (trace.x == x).all()
    assert "f" in trace and "q" not in trace and trace.f is trace["f"]


def test_a_dense_layer_records_x_z_and_y():
    rng = rng_of(3)
    layer = ours("Dense", rng, (None, F), units=H, activation="relu")
    trace = layer.trace(sequences(rng)[:, 0])
    assert trace.names == ("x", "z", "y")
    assert (trace.y == np.maximum(trace.z, 0)).all() and (trace.output == trace.y).all()
    assert trace.time is None and trace.initial_state == []


def test_the_states_are_zeros_if_none_were_given():
    rng = rng_of(4)
    trace = ours("LSTM", rng, units=H).trace(sequences(rng))
    assert len(trace.initial_state) == 2
    assert all(s.shape == (B, H) and (s == 0).all() for s in trace.initial_state)


@pytest.mark.parametrize(
    "config", [{}, {"return_sequences": True}, {"return_state": True}, {"return_sequences": True, "return_state": True}]
)
def test_the_output_is_exactly_what_the_layer_returns(config):
    layer, x, mask, start, trace = lstm_trace(**config)
    returned = layer(x, mask=mask, initial_state=start)
    assert isinstance(returned, tuple) == isinstance(trace.output, tuple)
    le.compare(returned, trace.output).check()


def test_backwards_steps_are_recorded_in_the_order_of_processing():
    rng = rng_of(5)
    x, mask = sequences(rng), mask_of("interior", rng)
    forward = ours("LSTM", rng, units=H, return_sequences=True)
    backward = le.LSTM(H, return_sequences=True, go_backwards=True)
    backward.build((None, None, F))
    backward.set_weights(forward.get_weights())
    turned, trace = forward.trace(x[:, ::-1], mask=mask[:, ::-1]), backward.trace(x, mask=mask)
    assert (trace.time == np.arange(T)[::-1]).all()
    assert (trace.x == x[:, trace.time]).all() and (trace.mask == mask[:, trace.time]).all()
    le.compare({n: trace[n] for n in trace}, {n: turned[n] for n in turned}).check()
    assert (trace.output_mask == mask).all(), "Keras hands the mask on as it came"


def test_masked_steps_carry_the_states():
    layer, x, mask, start, trace = lstm_trace(return_sequences=True)
    for name, before in (("h", start[0]), ("c", start[1])):
        values = np.concatenate([before[:, None], trace[name]], axis=1)
        assert (values[:, 1:][~mask] == values[:, :-1][~mask]).all()
        assert (values[:, 1:][mask] != values[:, :-1][mask]).any(axis=-1).all()


def test_nothing_in_a_trace_can_be_changed():
    for trace in (lstm_trace(return_state=True)[-1], model_trace()[-1].layers[0]):
        arrays = [*(trace[name] for name in trace), *trace.weights, *trace.initial_state, trace.time]
        arrays += trace.output if isinstance(trace.output, tuple) else [trace.output]
        arrays += [m for m in (trace.mask, trace.output_mask) if m is not None]
        for array in arrays:
            assert not array.flags.writeable
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
        for change in (lambda t=trace: setattr(t, "f", 1), lambda t=trace: setattr(t, "layer", 1)):
            with pytest.raises(AttributeError, match="cannot be changed"):
                change()
        with pytest.raises(AttributeError, match="cannot be changed"):
            del trace.mask
        with pytest.raises(TypeError):
            trace["f"] = 1


def test_a_trace_does_not_follow_what_happens_later():
    layer, x, mask, start, trace = lstm_trace(return_sequences=True)
    before = copy.deepcopy({name: trace[name] for name in trace})
    weights, output, first = [w.copy() for w in trace.weights], trace.output.copy(), trace.initial_state[0].copy()
    x[...] = 0
    mask[...] = False
    start[0][...] = 9
    randomise(layer, rng_of(6))
    layer(x), layer.trace(x)
    for name, values in before.items():
        assert (trace[name] == values).all(), name
    assert (trace.output == output).all() and (trace.initial_state[0] == first).all() and trace.mask.any()
    assert all((a == b).all() for a, b in zip(trace.weights, weights, strict=True))


def test_many_traces_live_side_by_side():
    # Memory that is used again must not be that of a trace somebody still holds.
    layer, x, mask, start, first = lstm_trace(return_sequences=True)
    kept = {name: first[name].copy() for name in first}
    others = [layer.trace(x + k) for k in range(1, 6)]
    slices = [layer.trace(x + k).f[0] for k in range(5)]
    again = [layer.trace(x + k).f[0] for k in range(5)]
    for name, values in kept.items():
        assert (first[name] == values).all(), name
    for k, other in enumerate(others, 1):
        assert (other.x == x + k).all()
        le.compare(other, layer.trace(x + k)).check()
    le.compare(slices, again).check()


def test_a_trace_names_what_it_does_not_have():
    trace = lstm_trace()[-1]
    with pytest.raises(AttributeError, match="no 'y'; it recorded x, z, i"):
        trace.y  # noqa: B018
    with pytest.raises(KeyError, match="no 'y'"):
        trace["y"]


def test_a_model_has_a_trace_of_each_layer():
    model, x, trace = model_trace()
    assert trace.kind == "Sequential" and trace.names == ()
    assert list(trace.children) == ["first", "second", "dense"]
    assert trace.layers == tuple(trace.children.values())
    assert trace["second"].kind == "LSTM" and (trace["second"].x == trace["first"].output).all()
    assert (trace.output == trace["dense"].y).all()
    assert [layer.layer for layer in trace.layers] == list(model.layers)


def test_what_is_kept_can_be_chosen():
    layer, x, mask, start, _ = lstm_trace(return_sequences=True)
    assert layer.trace(x, keep=("h", "f")).names == ("f", "h")
    assert layer.trace(x, keep="f").names == ("f",)
    assert layer.trace(x, keep=()).names == ()
    with pytest.raises(ValueError, match="does not record"):
        layer.trace(x, keep=("y",))
    model, x, full = model_trace()
    part = model.trace(x, keep=("y", "c"))
    assert [t.names for t in part.layers] == [("c",), ("c",), ("y",)]
    assert part.nbytes < full.nbytes
    le.compare(part.output, full.output).check()


def test_the_bytes_are_counted_once():
    layer, x, mask, start, trace = lstm_trace(return_sequences=True)
    assert trace.nbytes <= 4 * B * T * (F + 4 * H + 4 * H + 3 * H) * 1.2
    assert trace.nbytes >= 4 * B * T * (F + 4 * H + 4 * H + 2 * H)


@pytest.mark.parametrize("make", [lambda: lstm_trace(return_state=True), model_trace])
def test_a_trace_survives_pickling_and_copying(make):
    *_, trace = make()
    for twin in (pickle.loads(pickle.dumps(trace)), copy.deepcopy(trace)):
        le.compare(twin, trace).check()
        assert twin.kind == trace.kind and twin.names == trace.names
        assert list(twin.children) == list(trace.children)
        assert twin.layer.name == trace.layer.name
        for a, b in zip(twin.weights, trace.weights, strict=True):
            assert (a == b).all()


def test_a_pickled_trace_is_still_read_only():
    trace = pickle.loads(pickle.dumps(lstm_trace()[-1]))
    with pytest.raises(ValueError, match="read-only"):
        trace.f[...] = 0


def test_the_summary_names_every_quantity():
    text = repr(model_trace()[-1])
    assert "first" in text and "second" in text and f"({B}, {T}, {4 * H})" in text
