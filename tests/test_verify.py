"""keras_trace and verify: Keras's own numbers from inside, and mistakes that are found where they are made."""

import itertools
import re

import numpy as np
import pytest
from helpers import B, F, H, T, as_arrays, keras, mask_of, ours, randomise, rng_of, sequences, states, theirs

import lstm_edu as le
from lstm_edu.core import recurrent
from lstm_edu.keras_bridge import keras_trace, layers, looping, noting
from lstm_edu.keras_bridge.recording import unchanged

# --- what Keras computes inside -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_trace_of_keras_obeys_the_equations(dtype):
    # Written out once more from what was recorded, without any layer of ours.
    rng = rng_of(1)
    layer = theirs("LSTM", rng, units=H, return_sequences=True, return_state=True, dtype=dtype)
    x, (h, c) = sequences(rng, dtype=dtype), states(rng, dtype=dtype)
    kernel, recurrent_kernel, bias = layer.get_weights()
    trace = keras_trace(layer, x, initial_state=[h, c])
    for t in range(T):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        i, f, o = (1 / (1 + np.exp(-a)) for a in (z_i, z_f, z_o))
        g = np.tanh(z_g)
        c = f * c + i * g
        h = o * np.tanh(c)
        le.compare(
            {"z": z, "i": i, "f": f, "g": g, "o": o, "c": c, "h": h}, {name: trace[name][:, t] for name in "zifgoch"}
        ).check()
    assert {trace[name].dtype.name for name in trace} == {dtype}


def test_the_trace_of_keras_is_one_of_ours_with_keras_output():
    rng = rng_of(2)
    layer = theirs("LSTM", rng, units=H, return_sequences=True, return_state=True, go_backwards=True)
    x, mask, start = sequences(rng), mask_of("interior", rng), states(rng)
    trace = keras_trace(layer, x, mask, start)
    own = le.from_keras(layer).trace(x, mask, start)
    assert trace.kind == "LSTM" and trace.names == own.names
    assert (trace.mask == own.mask).all() and (trace.time == own.time).all()
    assert (trace.output_mask == own.output_mask).all()
    assert trace.layer.get_weights()[0].shape == (F, 4 * H) and trace.layer.name == layer.name
    for a, b in zip(trace.output, as_arrays(layer(x, mask=mask, initial_state=start)), strict=True):
        assert (a == b).all(), "exactly what Keras returned"
    with pytest.raises(ValueError, match="read-only"):
        trace.f[...] = 0


def test_a_dense_layer_and_a_model_are_recorded_too():
    layers = keras().layers
    model = keras().Sequential(
        [keras().Input((T, F)), layers.LSTM(H, return_sequences=True), layers.LSTM(2), layers.Dense(3, "softmax")]
    )
    randomise(model, rng_of(3))
    x = sequences(rng_of(4))
    trace = keras_trace(model, x)
    assert list(trace.children) == [layer.name for layer in model.layers]
    lstm, second, dense = trace.layers
    assert (second.x == lstm.output).all() and (dense.x == second.output).all()
    assert dense.names == ("x", "z", "y") and (dense.y == trace.output).all()
    assert (trace.output == np.asarray(model(x))).all()


def test_nothing_of_keras_is_changed():
    rng = rng_of(5)
    layer = theirs("LSTM", rng, (B, None, F), units=H, stateful=True, dropout=0.5, recurrent_dropout=0.5)
    x = sequences(rng)
    layer(x)

    def everything():
        seed = layer.cell.seed_generator.state
        return [*layer.get_weights(), *(np.asarray(s) for s in layer.states), np.asarray(seed)]

    before, functions = everything(), (layer.cell.activation, layer.cell.recurrent_activation)
    assert any((s != 0).all() for s in before[3:5])
    le.verify(layer, x).check()
    keras_trace(layer, x)
    for a, b in zip(everything(), before, strict=True):
        assert (a == b).all()
    assert (layer.cell.activation, layer.cell.recurrent_activation) == functions
    model = keras().Sequential([keras().Input(batch_shape=(B, T, F)), layer, keras().layers.Dense(2)])
    le.verify(model, x).check()
    for a, b in zip(everything(), before, strict=True):
        assert (a == b).all()


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
@pytest.mark.parametrize("masked", [False, True])
def test_long_sequences_are_recorded_compiled_and_the_same(kind, masked, monkeypatch):
    rng, timesteps = rng_of(12, len(kind)), looping._EAGER + 7
    layer = theirs(kind, rng, (B, None, F), units=H, return_sequences=True, go_backwards=True, stateful=True)
    layer(sequences(rng))  # which leaves states
    x, mask = sequences(rng, timesteps=timesteps), mask_of("interior", rng, timesteps=timesteps) if masked else None
    compiled = keras_trace(layer, x, mask)
    monkeypatch.setattr(looping, "_EAGER", timesteps)
    one_by_one = keras_trace(layer, x, mask)
    own = le.from_keras(layer).trace(x, mask)
    assert compiled.names == own.names
    for name in own:
        assert compiled[name].shape == (B, timesteps, compiled[name].shape[-1])
        assert np.abs(compiled[name] - one_by_one[name]).max() <= 1e-6, name
    le.compare(own, compiled).check()
    assert all(np.array_equal(a, b) for a, b in zip(own.initial_state, compiled.initial_state, strict=True))


NOTES = pytest.mark.skipif(
    keras().backend.backend() not in ("tensorflow", "numpy"), reason="on JAX and PyTorch layers run in one piece"
)


@NOTES
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("timesteps", "flag"), [(T, "go_backwards"), (T, "unroll"), (30, "go_backwards"), (30, "stateful")]
)
@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_what_a_cell_computes_is_noted_while_the_layer_runs(kind, timesteps, flag, masked, monkeypatch):
    rng = rng_of(15, len(kind), len(flag))
    layer = theirs(kind, rng, (B, timesteps, F), units=H, return_sequences=True, **{flag: True})
    x, mask = sequences(rng, timesteps=timesteps), mask_of("interior", rng, timesteps=timesteps) if masked else None
    twice = keras_trace(layer, x, mask)
    monkeypatch.setattr(layers, "over_time", lambda *arguments: pytest.fail("the cell was run once more"))
    once = keras_trace(layer, x, mask)
    assert once.names == twice.names
    le.compare(once, twice).check()
    le.compare(le.from_keras(layer).trace(x, mask), once).check()


@NOTES
def test_notes_that_are_not_what_the_layer_returned_are_not_used(monkeypatch):
    rng, timesteps = rng_of(16), 30
    layer = theirs("GRU", rng, (B, timesteps, F), units=H)
    x, read = sequences(rng, timesteps=timesteps), noting.Noted.arrays
    right = keras_trace(layer, x)

    def changed(*arguments):
        arrays = read(*arguments)
        return arrays | {"h": np.nextafter(arrays["h"], 1), "z": arrays["z"] + 0.1}

    monkeypatch.setattr(noting.Noted, "arrays", changed)
    le.compare(keras_trace(layer, x), right).check()


def test_a_long_model_runs_once_and_is_compiled_once_a_layer(monkeypatch):
    layers = keras().layers
    inner = keras().Sequential([layers.LSTM(H, return_sequences=True, name="inside")], name="inner")
    model = keras().Sequential(
        [keras().Input((None, F)), inner, layers.Bidirectional(layers.GRU(H), name="both"), layers.Dense(2)]
    )
    randomise(model, rng_of(13))
    calls = []
    for layer in (inner.layers[0], model.layers[1]):
        call = layer.call
        monkeypatch.setattr(layer, "call", lambda *a, call=call, **k: (calls.append(call), call(*a, **k))[1])
    x = sequences(rng_of(14), timesteps=looping._EAGER + 3)
    trace = keras_trace(model, x)
    assert len(calls) == 2
    le.compare(trace.output, np.asarray(model(x))).check()
    assert trace.layers[0].layers[0].names == ("x", "z", "i", "f", "g", "o", "c", "h")
    assert list(trace.layers[1].children) == ["forward", "backward"]


def test_the_activations_are_put_back_when_keras_fails(monkeypatch):
    rng = rng_of(6)
    layer = theirs("LSTM", rng, units=H)

    def fails(*arguments):
        raise RuntimeError("planted")

    monkeypatch.setattr(layer.cell, "_compute_carry_and_output_fused", fails)
    functions = (layer.cell.activation, layer.cell.recurrent_activation)
    with pytest.raises(RuntimeError, match="planted"):
        keras_trace(layer, sequences(rng))
    assert (layer.cell.activation, layer.cell.recurrent_activation) == functions


def test_a_cell_that_is_not_what_the_layer_does_is_noticed(monkeypatch):
    rng = rng_of(7)
    layer = theirs("LSTM", rng, units=H)
    call = layer.call
    monkeypatch.setattr(layer, "call", lambda *a, **k: call(*a, **k) + 0.01)
    with pytest.raises(RuntimeError, match="cannot be trusted"):
        keras_trace(layer, sequences(rng))


def test_states_come_back_even_after_an_error():
    layer = theirs("LSTM", rng_of(8), (B, None, F), units=H, stateful=True)
    with pytest.raises(KeyError), unchanged(layer):
        layer(sequences(rng_of(9)))
        raise KeyError
    assert all((np.asarray(s) == 0).all() for s in layer.states)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        ({"x": np.zeros((T, F))}, ValueError, r"x\[None"),
        ({"x": np.zeros((B, F, T))}, ValueError, "time and features look swapped"),
        ({"x": np.zeros((B, 0, F))}, ValueError, "at least one timestep"),
        ({"x": np.zeros((B, T, F)), "mask": np.ones((B, T + 1))}, ValueError, "another length"),
        ({"x": np.zeros((B, T, F)), "initial_state": [np.zeros((B, H))]}, ValueError, "2 array"),
        ({"x": np.zeros((B, T, F)), "initial_state": np.zeros((B, H))}, TypeError, "list of 2"),
        ({"x": "text"}, TypeError, "real numbers"),
    ],
)
def test_wrong_inputs_are_refused_before_keras_sees_them(call, error, said):
    layer = theirs("LSTM", rng_of(10), units=H)
    for function in (keras_trace, le.verify):
        with pytest.raises(error, match=said):
            function(layer, **call)


def test_a_model_takes_no_initial_state():
    model = keras().Sequential([keras().Input((T, F)), keras().layers.LSTM(H)])
    with pytest.raises(ValueError, match="takes no initial_state"):
        le.verify(model, np.zeros((B, T, F)), initial_state=[np.zeros((B, H))] * 2)


# --- every layer ----------------------------------------------------------------------------------------------------

LAYERS = {
    "SimpleRNN": lambda la: la.SimpleRNN(H, return_sequences=True),
    "GRU": lambda la: la.GRU(H, return_sequences=True, return_state=True),
    "GRU, reset before": lambda la: la.GRU(H, reset_after=False, go_backwards=True),
    "Bidirectional LSTM": lambda la: la.Bidirectional(la.LSTM(H, return_sequences=True, return_state=True)),
    "Bidirectional GRU, two outputs": lambda la: la.Bidirectional(la.GRU(H), merge_mode=None),
    "Bidirectional, two kinds": lambda la: la.Bidirectional(
        la.LSTM(H, return_sequences=True),
        "mul",
        backward_layer=la.LSTM(H, "relu", return_sequences=True, go_backwards=True),
    ),
    "TimeDistributed": lambda la: la.TimeDistributed(la.Dense(H, "tanh")),
    "Masking": lambda la: la.Masking(),
    "Dropout": lambda la: la.Dropout(0.5),
}


@pytest.mark.parametrize("kind", ["none", "interior", "full row"])
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_recorded_and_agrees(name, kind):
    rng = rng_of(30)
    layer = LAYERS[name](keras().layers)
    layer.build((None, None, F))
    randomise(layer, rng)
    x = sequences(rng)
    x[0, 2:4] = 0  # steps that Masking masks
    report = le.verify(layer, x, mask=mask_of(kind, rng)).check()
    own, keras_own = report.layers[0].ours, report.layers[0].keras
    assert own.names == keras_own.names and list(own.children) == list(keras_own.children)


def test_the_states_of_both_directions():
    rng = rng_of(31)
    layer = keras().layers.Bidirectional(keras().layers.LSTM(H, return_state=True))
    layer.build((None, None, F))
    randomise(layer, rng)
    x, start, mask = sequences(rng), states(rng, count=4), mask_of("interior", rng)
    le.verify(layer, x, mask=mask, initial_state=start).check()
    le.compare(
        le.from_keras(layer)(x, mask=mask, initial_state=start), layer(x, mask=mask, initial_state=start)
    ).check()


def test_both_directions_keep_their_states():
    rng = rng_of(32)
    layer = keras().layers.Bidirectional(keras().layers.GRU(H, stateful=True))
    layer.build((B, T, F))
    randomise(layer, rng)
    x = sequences(rng)
    layer(x)
    le.verify(layer, x).check()
    mine = le.from_keras(layer)
    for _ in range(2):
        le.compare(mine(x), layer(x)).check()


@pytest.mark.parametrize("functional", [False, True])
def test_a_model_of_many_layers_with_its_masks(functional):
    layers = keras().layers
    parts = [
        layers.Embedding(7, 3, mask_zero=True),
        layers.Bidirectional(layers.LSTM(H, return_sequences=True)),
        layers.Dropout(0.3),
        layers.TimeDistributed(layers.Dense(3, "tanh")),
        layers.GRU(2),
        layers.Dense(2, "softmax"),
    ]
    if functional:
        x = inputs = keras().Input((T,), dtype="int32")
        for part in parts:
            x = part(x)
        model = keras().Model(inputs, x)
    else:
        model = keras().Sequential([keras().Input((T,)), *parts])
    randomise(model, rng_of(33))
    tokens = rng_of(34).integers(0, 7, (B, T))
    report = le.verify(model, tokens).check()
    assert [la.kind for la in report.layers] == [type(la).__name__ for la in parts if la is not parts[2]]
    assert [(la.kind, la.counts) for la in report.passed] == [("Dropout", False)], "it does nothing here"
    assert "5 of 5 layers compared" in report.sentence
    assert report.layers[3].ours.mask is not None, "the mask came as far as the GRU"
    assert "forward: z i f g o c h output; backward: z" in repr(report)


def test_a_masking_layer_before_one_that_goes_backwards():
    layers = keras().layers
    model = keras().Sequential(
        [
            keras().Input((T, F)),
            layers.Masking(),
            layers.LSTM(H, return_sequences=True, go_backwards=True),
            layers.LSTM(2),
        ]
    )
    randomise(model, rng_of(35))
    x = sequences(rng_of(36))
    x[0, 3:] = 0
    le.verify(model, x).check()


def test_the_gates_of_a_gru_have_their_own_names():
    layer = theirs("GRU", rng_of(37), units=H)
    wrong = le.from_keras(layer)
    kernel, recurrent_kernel, bias = wrong.get_weights()
    bias[1, H + 2] += 1  # the reset gate's, on the recurrent side
    wrong.set_weights([kernel, recurrent_kernel, bias])
    report = le.verify(layer, sequences(rng_of(38)), ours=wrong)
    assert report.first.quantity == "a"
    assert report.first.where == {"sequence": report.first.where["sequence"], "timestep": 0, "gate": "r", "unit": 2}
    assert "gate r (reset gate)" in report.sentence


# --- verify -----------------------------------------------------------------------------------------------------------


def test_a_right_layer_passes_and_says_how_much_was_compared():
    rng = rng_of(11)
    layer = theirs("LSTM", rng, units=H, return_sequences=True)
    report = le.verify(layer, sequences(rng))
    assert report and report.check() is report and report.first is None and report.where == {}
    assert [row.name for row in report.layers[0].report.rows] == [*"zifgoch", "output"]
    numbers = B * T * (4 * H + 6 * H + H)
    assert f"1 of 1 layer compared, {numbers:,} numbers equal up to rounding" in report.sentence
    assert report.whole is None and report.max_abs < 2e-6


def exchanged(a, b, units=H):
    """The weights with the blocks of two gates swapped."""

    def mistake(layer):
        order = [*"ifgo"]
        order["ifgo".index(a)], order["ifgo".index(b)] = b, a
        columns = np.concatenate([np.arange(units) + units * "ifgo".index(gate) for gate in order])
        return layer, [w[..., columns] for w in layer.get_weights()]

    return mistake


def with_weights(change):
    return lambda layer: (layer, change(*layer.get_weights()))


def with_config(**config):
    def mistake(layer):
        return layer.copy(**config), layer.get_weights()

    return mistake


def block(gate, bias, value):
    bias = bias.copy()
    k = "ifgo".index(gate)
    bias[k * H : (k + 1) * H] = value
    return bias


# Each: the mistake, and where it must show first: the quantity, and the gates that it can show in.
MISTAKES = {
    **{f"gates {a} and {b} swapped": (exchanged(a, b), "z", {a, b}) for a, b in itertools.combinations("ifgo", 2)},
    "bias left out": (with_weights(lambda k, r, b: [k, r, 0 * b]), "z", set("ifgo")),
    "bias added twice": (with_weights(lambda k, r, b: [k, r, 2 * b]), "z", set("ifgo")),
    **{
        f"bias of {gate} left out": (with_weights(lambda k, r, b, gate=gate: [k, r, block(gate, b, 0)]), "z", {gate})
        for gate in "ifgo"
    },
    "recurrent kernel's blocks transposed": (
        with_weights(lambda k, r, b: [k, np.concatenate([u.T for u in np.split(r, 4, axis=1)], axis=1), b]),
        "z",
        set("ifgo"),
    ),
    "slope of the old hard_sigmoid": (with_config(recurrent_activation="hard_sigmoid_keras2"), "i", {"i"}),
    "sigmoid instead of hard_sigmoid": (with_config(recurrent_activation="sigmoid"), "i", {"i"}),
    "another activation": (with_config(activation="softsign"), "g", {"g"}),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_where_it_is_made(name):
    mistake, quantity, gates = MISTAKES[name]
    rng = rng_of(12)
    layer = theirs("LSTM", rng, units=H, return_sequences=True, recurrent_activation="hard_sigmoid")
    wrong, weights = mistake(le.from_keras(layer))
    wrong.build((None, None, F))
    wrong.set_weights(weights)
    x, start = sequences(rng), states(rng)
    report = le.verify(layer, x, initial_state=start, ours=wrong)
    assert not report
    assert report.first.quantity == quantity
    assert report.first.timestep == 0 and report.first.where["gate"] in gates
    place = report.first.where
    column = place["unit"] + (H * "ifgo".index(place["gate"]) if quantity == "z" else 0)
    own, keras_own = report.layers[0].ours, report.layers[0].keras
    index = (place["sequence"], place["timestep"], column)
    assert own[quantity][index] == report.first.ours and keras_own[quantity][index] == report.first.keras
    with pytest.raises(
        AssertionError, match=rf"{layer.name}: {quantity} is the first to differ from Keras's.*timestep 0"
    ):
        report.check()
    with pytest.raises(AssertionError, match="output differs from Keras's"):
        le.compare(wrong(x, initial_state=start), layer(x, initial_state=start)).check()


def test_an_ignored_mask_is_found_at_the_first_masked_step():
    class Ignores(le.LSTM):
        def _run(self, x, *, mask, **call):
            return super()._run(x, mask=None, **call)

    Ignores.__name__ = "LSTM"
    rng = rng_of(13)
    layer = theirs("LSTM", rng, units=H, return_sequences=True)
    wrong = Ignores(H, return_sequences=True)
    wrong.build((None, None, F))
    wrong.set_weights(layer.get_weights())
    x = sequences(rng)
    mask = np.ones((B, T), bool)
    mask[1, 3] = False
    report = le.verify(layer, x, mask=mask, ours=wrong)
    assert not report
    assert report.first.timestep == 3 and report.first.quantity == "c" and report.first.where["sequence"] == 1
    with pytest.raises(AssertionError, match="sequence 1"):
        le.compare(wrong(x, mask=mask), layer(x, mask=mask)).check()
    assert le.verify(layer, x, ours=wrong), "without a mask it is right"


def test_the_initial_state_shown_before_the_first_step_that_counts_is_found(monkeypatch):
    rng = rng_of(14)
    layer = theirs("LSTM", rng, units=H, return_sequences=True)
    mask = np.ones((B, T), bool)
    mask[2, :2] = False
    monkeypatch.setattr(recurrent, "live", lambda skipped, zero: np.ones_like(skipped))
    report = le.verify(layer, sequences(rng), mask=mask, initial_state=states(rng))
    assert not report
    assert report.first.quantity == "output" and report.first.timestep == 0 and report.first.where["sequence"] == 2
    assert [row.name for row in report.layers[0].report.rows if not row.ok] == ["output"]


def test_a_state_that_is_not_carried_shows_at_the_second_step():
    class Forgets(le.LSTM):
        def _run(self, x, **call):
            runs = [super(Forgets, self)._run(x[:, t : t + 1], **call) for t in range(x.shape[1])]
            arrays = {name: np.concatenate([r["arrays"][name] for r in runs], axis=1) for name in runs[0]["arrays"]}
            return runs[0] | {"arrays": arrays, "output": arrays["h"], "time": np.arange(x.shape[1])}

    Forgets.__name__ = "LSTM"
    rng = rng_of(15)
    layer = theirs("LSTM", rng, units=H, return_sequences=True)
    wrong = Forgets(H, return_sequences=True)
    wrong.build((None, None, F))
    wrong.set_weights(layer.get_weights())
    report = le.verify(layer, sequences(rng), ours=wrong)
    assert report.first.timestep == 1 and report.first.quantity == "z"


def test_time_goes_before_the_order_of_quantities():
    # h is wrong at step 2, z only from step 3 on: h it is.
    class Slips(le.LSTM):
        def _scan(self, x, *arguments):
            arrays, h, end = super()._scan(x, *arguments)
            h[2, 1, 0] += 0.5
            arrays["z"][3, 1, 0] += 0.5
            return arrays, h, end

    Slips.__name__ = "LSTM"
    rng = rng_of(16)
    layer = theirs("LSTM", rng, units=H, return_sequences=True)
    wrong = Slips(H, return_sequences=True)
    wrong.build((None, None, F))
    wrong.set_weights(layer.get_weights())
    first = le.verify(layer, sequences(rng), ours=wrong).first
    assert (first.quantity, first.where) == ("h", {"sequence": 1, "timestep": 2, "unit": 0})


def test_backwards_the_step_and_its_timestep_are_both_named():
    rng = rng_of(17)
    layer = theirs("LSTM", rng, units=H, go_backwards=True)
    wrong = le.from_keras(layer)
    wrong.set_weights([2 * w for w in wrong.get_weights()])
    first = le.verify(layer, sequences(rng), ours=wrong).first
    assert first.where["step"] == 0 and first.timestep == T - 1


def test_each_layer_of_a_model_is_judged_on_keras_own_input():
    layers = keras().layers
    model = keras().Sequential(
        [keras().Input((T, F)), layers.LSTM(H, return_sequences=True), layers.LSTM(2), layers.Dense(3)]
    )
    randomise(model, rng_of(18))
    wrong = le.from_keras(model)
    wrong.layers[1].set_weights([-w for w in wrong.layers[1].get_weights()])
    x = sequences(rng_of(19))
    report = le.verify(model, x, ours=wrong)
    assert [bool(layer) for layer in report.layers] == [True, False, True]
    assert not report.whole and not report
    assert report.first.layer == model.layers[1].name
    assert report.where["layer"] == model.layers[1].name and report.where["quantity"] == "z"


def test_a_mistake_between_the_layers_is_found_in_the_whole(monkeypatch):
    layers = keras().layers
    model = keras().Sequential([keras().Input((T, F)), layers.LSTM(H, return_sequences=True), layers.LSTM(2)])
    randomise(model, rng_of(20))
    run = le.Sequential._run

    def loses_the_mask(self, x, *, mask, **call):
        return run(self, x, mask=None, **call)

    monkeypatch.setattr(le.Sequential, "_run", loses_the_mask)
    rng = rng_of(21)
    report = le.verify(model, sequences(rng), mask=mask_of("left", rng))
    assert all(report.layers) and not report
    with pytest.raises(AssertionError, match="every layer agrees on its own, but the model does not"):
        report.check()


def test_a_float64_model_is_given_what_its_input_rounds_to():
    # keras.Input is float32 unless told otherwise, whatever the layers compute in.
    model = keras().Sequential([keras().Input((T, F)), keras().layers.LSTM(H, dtype="float64")])
    randomise(model, rng_of(22))
    x = sequences(rng_of(23), dtype="float64")
    assert not le.compare(le.from_keras(model)(x), model(x))
    le.verify(model, x).check()


def test_ours_must_be_of_the_same_kind():
    rng = rng_of(24)
    layer = theirs("LSTM", rng, units=H)
    x = sequences(rng)
    with pytest.raises(ValueError, match="LSTM in Keras, but ours is a Dense"):
        le.verify(layer, x, ours=ours("Dense", rng, (None, F), units=H))
    with pytest.raises(TypeError, match="must be a layer"):
        le.verify(layer, x, ours=layer)
    model = keras().Sequential([keras().Input((T, F)), layer])
    two = le.Sequential([le.LSTM(H, return_sequences=True), le.LSTM(H)])
    two.build((None, None, F))
    with pytest.raises(ValueError, match="has 1 layer in Keras, but ours has 2"):
        le.verify(model, x, ours=two)
    other = le.verify(layer, x, ours=ours("LSTM", rng, units=H + 1))
    assert not other and "a different number of units" in repr(other.layers[0])
    with pytest.raises(AssertionError, match="cannot be compared"):
        other.check()


def test_a_stateful_layer_of_ours_is_left_as_it_was():
    rng = rng_of(25)
    layer = theirs("LSTM", rng, (B, None, F), units=H, stateful=True)
    x = sequences(rng)
    layer(x)
    mine = le.from_keras(layer)
    before = mine.states
    le.verify(layer, x, ours=mine).check()
    for a, b in zip(mine.states, before, strict=True):
        assert (a == b).all() and (a != 0).any()


def test_the_tables():
    rng = rng_of(26)
    layer = theirs("LSTM", rng, units=H, name="a<b")
    wrong = le.from_keras(layer)
    wrong.set_weights([2 * w for w in wrong.get_weights()])
    right, different = le.verify(layer, sequences(rng)), le.verify(layer, sequences(rng), ours=wrong)
    for report, sign, columns in [(right, "✓", 4), (different, "✗", 5)]:  # where nothing differs, no place is shown
        assert repr(report).startswith(sign)
        html = report._repr_html_()
        assert "a&lt;b" in html and "a<b" not in html
        assert "<caption" in html and html.partition("<details")[0].count('scope="col"') == columns
        assert not re.search(r"#[0-9a-f]{3}|rgb|hsl", html)
        (details,) = re.findall("<summary>a&lt;b.*", report.body(), re.DOTALL)  # a layer's table is folded once
        assert details.partition("<details")[0].count('scope="row"') == 8
    assert "z at sequence" in repr(report)


def test_many_layers_are_compiled_without_advice_from_tensorflow(caplog):
    rng = rng_of(81)
    parts = [keras().layers.GRU(3, return_sequences=True) for _ in range(7)]
    model = randomise(keras().Sequential([keras().Input((30, 2)), *parts]), rng)
    with caplog.at_level("WARNING", logger="tensorflow"):
        le.verify(model, rng.normal(size=(1, 30, 2))).check()
    assert not [record.getMessage() for record in caplog.records if "retracing" in record.getMessage()]


def test_the_table_in_a_terminal_breaks_no_word():
    rng, layers = rng_of(27), keras().layers
    layer = layers.Bidirectional(layers.GRU(H), name="bidirectional")
    layer.build((None, T, F))
    randomise(layer, rng)
    wrong = le.from_keras(layer)
    wrong.set_weights([2 * w for w in wrong.get_weights()])
    assert "(Bidirectional)" in le.verify(layer, sequences(rng), ours=wrong).text(80)
