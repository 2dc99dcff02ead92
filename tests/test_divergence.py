"""comparison.divergence: where two runs part; and doctor.mistaken_trace, which makes one of them."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.comparison.divergence import by_gate, first_divergences, in_common, need_pair
from lstm_edu.comparison.tolerance import apart
from lstm_edu.doctor import CATALOGUE, mistaken_trace

RNG = np.random.default_rng(41)
B, T, F, H = 3, 8, 5, 4
X = RNG.normal(size=(B, T, F)).astype("float32")


def made(kind=le.LSTM, units=H, **flags):
    rng = np.random.default_rng(units)
    layer = kind(units, **{"return_sequences": True} | flags)
    layer.build((None, None, F))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


class Changed:
    """A trace of the same layer, with some numbers changed."""

    def __new__(cls, trace, **changes):
        arrays = {name: np.array(trace[name]) for name in trace.names}
        for name, edits in changes.items():
            for index, value in edits.items():
                arrays[name][index] = value
        return le.Trace(trace.layer, arrays, trace.output, initial_state=trace.initial_state, time=trace.time)


def test_the_first_step_then_the_order_of_computation_then_the_largest_unit():
    trace = made().trace(X)
    other = Changed(
        trace,
        h={(0, 2, 1): 9.0, (1, 5, 0): 9.0},
        c={(1, 5, 2): trace.c[1, 5, 2] + 0.1, (1, 5, 3): trace.c[1, 5, 3] - 0.5, (0, 4, 0): 7.0},
        z={(1, 6, 2 * H + 1): 5.0},
    )
    first = first_divergences(in_common(trace, other))
    assert [(d.t, d.quantity, d.unit) for d in first[:2]] == [(2, "h", 1), (5, "c", 3)]
    assert (first[1].a, first[1].b) == pytest.approx((trace.c[1, 5, 3], trace.c[1, 5, 3] - 0.5))
    assert first[2] is None
    moved = Changed(trace, z={(0, 0, 2 * H + 1): 5.0, (0, 0, 3 * H + 1): -80.0}, i={(0, 0, 0): 3.0})
    first = first_divergences(in_common(trace, moved))[0]
    assert (first.t, first.quantity, first.unit) == (0, "z_g", 1)


def test_rounding_is_no_difference_and_nan_is_equal_to_itself():
    a = np.array([1.0, np.nan, np.inf, np.inf, 0.0, np.nan], "float32")
    b = np.array([1 + 1e-5, np.nan, np.inf, -np.inf, 1e-6, 2.0], "float32")
    assert apart(a, b).tolist() == [False, False, False, True, False, True]
    assert apart(a.astype("float64"), b.astype("float64")).tolist() == [True, False, False, True, True, True]
    trace = made().trace(X)
    other = Changed(trace, f={(0, 3, 2): np.nan})
    first = first_divergences(in_common(trace, other))[0]
    assert (first.t, first.quantity, first.unit) == (3, "f", 2)
    assert np.isnan(first.b)


def test_sums_are_split_by_gate():
    trace = made().trace(X)
    np.testing.assert_array_equal(by_gate(trace)["z_g"], trace.z[:, :, 2 * H : 3 * H])
    assert list(by_gate(trace)) == ["x", "z_i", "z_f", "z_g", "z_o", "i", "f", "g", "o", "c", "h"]
    trace = made(le.GRU).trace(X)
    np.testing.assert_array_equal(by_gate(trace)["a_r"], trace.a[:, :, H : 2 * H])


def test_of_different_kinds_only_what_means_the_same_is_compared():
    lstm, gru, rnn = (made(kind).trace(X) for kind in (le.LSTM, le.GRU, le.SimpleRNN))
    assert list(need_pair(lstm, gru, "here")) == ["g", "h"]
    assert list(need_pair(gru, rnn, "here")) == ["h"]  # a GRU's z is a gate, a SimpleRNN's the sum
    assert list(need_pair(rnn, rnn, "here")) == ["z", "h"]
    peephole = made(le.PeepholeLSTM).trace(X)
    assert "z_o" in need_pair(lstm, peephole, "here")


def test_a_mistaken_trace_is_the_doctors():
    layer = made(return_sequences=False)
    mask = RNG.random((B, T)) < 0.8
    for which in ("gate-order:i,g,f,o", "bias-missing", "output-activation:missing"):
        if which not in CATALOGUE:
            continue
        trace = mistaken_trace(layer, which, X, mask)
        np.testing.assert_array_equal(trace.output, CATALOGUE[which].output(layer, X, mask))
        right = layer.trace(X, mask)
        assert trace.names == right.names
        np.testing.assert_array_equal(trace.x, right.x)
        assert any(first_divergences(need_pair(right, trace, "here"))), which
    assert le.doctor.mistaken_trace is mistaken_trace


def test_the_first_divergence_names_what_the_mistake_is_about():
    layer = made()
    trace = mistaken_trace(layer, "bias-missing:g", X)
    found = first_divergences(need_pair(layer.trace(X), trace, "here"))
    assert [(d.t, d.quantity) for d in found] == [(0, "z_g")] * B


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: need_pair(made(), made().trace(X), "here"), TypeError, "got LSTM: a layer computes one"),
        (lambda: need_pair(1, 2, "here"), TypeError, "needs two Traces, got int"),
        (lambda: need_pair(made().trace(X), made().trace(X[:2]), "here"), ValueError, "3 sequences of 8 steps and"),
        (lambda: need_pair(made().trace(X), made().trace(X[:, :5]), "here"), ValueError, "second 3 of 5"),
        (lambda: need_pair(made().trace(X), made().trace(X + (X > 9) + 1e-3), "here"), ValueError,
         "x differs at sequence 0, step 0, feature 0 .* pass other_x=True"),
        (lambda: need_pair(made().trace(X), made(go_backwards=True).trace(X), "here"), ValueError, "ran backwards"),
        (lambda: need_pair(made().trace(X), made(units=6).trace(X), "here"), ValueError, "no quantity in common"),
        (lambda: need_pair(made().trace(X), made().trace(X), "here", ["h", "q"]), ValueError, "must be some of z_i,"),
        (lambda: need_pair(made().trace(X), made().trace(X), "here", []), ValueError, "must be some of"),
        (lambda: mistaken_trace(made(), "gate-ordr:i,g,f,o", X), ValueError, "did you mean 'gate-order:"),
        (lambda: mistaken_trace("lstm", "bias-missing", X), TypeError, "got str"),
        (lambda: mistaken_trace(made(use_bias=False), "bias-missing", X), ValueError, "cannot be made in"),
    ],
)  # fmt: skip
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_model_is_asked_for_one_of_its_layers():
    model = le.Sequential([made()])
    model.build((None, T, F))
    trace = model.trace(X)
    with pytest.raises(ValueError, match="got a trace of Sequential: take one of its layers, trace\\['lstm'\\]"):
        need_pair(trace, trace, "here")


def test_other_inputs_are_compared_first_when_that_is_wanted():
    a, b = made().trace(X), made().trace(X + np.float32(0.5))
    pairs = need_pair(a, b, "here", other_x=True)
    assert next(iter(pairs)) == "x"
    assert first_divergences(pairs)[0].quantity == "x"
