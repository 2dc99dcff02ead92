"""core.gradient_flow: what is left of a gradient on its way back. Against differences, and the recorded gradients."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.core import gradient_flow as flows
from lstm_edu.core.gradient_flow import flow

B, T, F, H = 2, 7, 3, 4
KINDS = (le.LSTM, le.GRU, le.SimpleRNN)


@pytest.fixture
def rng():
    return np.random.default_rng(31)


def made(kind, rng, **flags):
    layer = kind(H, **{"return_sequences": True, "dtype": "float64"} | flags)
    layer.build((None, None, F))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("flags", [{}, {"go_backwards": True}, {"return_sequences": False, "return_state": True}])
@pytest.mark.parametrize("kind", KINDS)
def test_all_ways_together_are_what_a_nudge_of_the_state_does_to_the_end(kind, flags, rng):
    layer, x = made(kind, rng, **flags), rng.normal(size=(B, T, F))
    start = [rng.normal(size=(B, H)) for _ in layer.state_names]
    found = flow(layer, x, initial_state=start)
    trace, row, nudge = found.trace, 1, 1e-6
    again = made(kind, rng)
    again.set_weights(layer.get_weights())
    for t in (0, 3, T - 2):
        for unit in range(H):

            def end(by, t=t, unit=unit):
                state = trace["c" if kind is le.LSTM else "h"][row, t].copy()
                state[unit] += by
                states = [trace.o[row, t] * np.tanh(state), state] if kind is le.LSTM else [state]
                rest = again.trace(trace.x[row : row + 1, t + 1 :], initial_state=[s[None] for s in states])
                return rest["c" if kind is le.LSTM else "h"][0, -1, unit]

            assert found.whole[row, t, unit] == pytest.approx((end(nudge) - end(-nudge)) / (2 * nudge), abs=1e-7)
    np.testing.assert_array_equal(found.whole[:, -1], 1)
    np.testing.assert_allclose(found.norm[:, -1], 1)
    assert (found.norm >= np.abs(found.whole).max(axis=2) - 1e-12).all()


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_ways_through_u_only_the_direct_way_is_left(kind, rng):
    """With U = 0 (except a SimpleRNN's diagonal) all ways together are the product of the direct factors."""
    layer, x = made(kind, rng), rng.normal(size=(B, T, F))
    kernel, recurrent_kernel, bias = layer.get_weights()
    recurrent_kernel = np.diag(np.diag(recurrent_kernel)) if kind is le.SimpleRNN else 0 * recurrent_kernel
    layer.set_weights([kernel, recurrent_kernel, bias])
    found = flow(layer, x)
    after = np.concatenate([found.direct[:, 1:], np.ones((B, 1, H))], axis=1)
    np.testing.assert_allclose(np.cumprod(after[:, ::-1], axis=1)[:, ::-1], found.whole, rtol=1e-9)


def test_the_recorded_gradient_of_an_lstm_is_the_sum_that_is_shown(rng):
    layer, x = made(le.LSTM, rng), rng.normal(size=(B, T, F))
    mask = rng.random((B, T)) < 0.7
    found = flow(layer, x, rng.normal(size=(B, T, H)), mask)
    dc, dh = found.grads.trace["c"], found.grads.trace["h"]
    following = np.concatenate([dc[:, 1:] * found.direct[:, 1:], np.zeros((B, 1, H))], axis=1)
    shown = np.where(mask[..., None], dh * found.trace["o"] * found.slope, 0)
    np.testing.assert_allclose(shown + following, dc, atol=1e-12)


def test_a_masked_step_lets_everything_through(rng):
    mask = np.ones((B, T), bool)
    mask[:, 4] = False
    np.testing.assert_array_equal(flow(made(le.LSTM, rng), rng.normal(size=(B, T, F)), mask=mask).direct[:, 4], 1)
    found = flow(made(le.GRU, rng), rng.normal(size=(B, T, F)), mask=mask)
    np.testing.assert_array_equal(found.direct[:, 4], 1)
    np.testing.assert_array_equal(found.whole[:, 3], found.whole[:, 4])
    assert not np.array_equal(found.whole[:, 2], found.whole[:, 3])


@pytest.mark.parametrize("flags", [{}, {"return_sequences": False}])
def test_the_loss_that_is_meant_by_none(flags, rng):
    found = flow(made(le.LSTM, rng, **flags), rng.normal(size=(B, T, F)))
    dh = found.grads.trace["h"]
    np.testing.assert_array_equal(dh[:, -1], 1)
    assert (dh[:, :-1] != 1).all()
    assert found.dy.sum() == B * H


def test_large_layers_are_not_traced_for_minutes(rng, monkeypatch):
    layer, x = made(le.GRU, rng), rng.normal(size=(5, T, F))
    assert flow(layer, x).norm.shape == (5, T)
    assert flow(layer, x, rows=2).whole.shape == (2, T, H)
    monkeypatch.setattr(flows, "_MOST_WORK", 0)
    assert flow(layer, x).norm.shape == (1, T)
    monkeypatch.setattr(flows, "_MOST_WORK_ALONE", 0)
    assert flow(layer, x).norm.shape == (0, T)


def test_in_pieces_it_is_the_same(rng, monkeypatch):
    layer, x = made(le.LSTM, rng), rng.normal(size=(B, T, F))
    whole = flow(layer, x)
    monkeypatch.setattr(flows, "_MOST_BYTES", 3 * 8 * T * H * 16)  # three of four units at a time
    pieces = flow(layer, x)
    np.testing.assert_allclose(pieces.whole, whole.whole, rtol=1e-12)
    np.testing.assert_allclose(pieces.norm, whole.norm, rtol=1e-12)


def test_numbers_that_are_not_finite_stay_where_they_are(rng):
    x = rng.normal(size=(B, T, F))
    x[0, 3, 1] = np.nan
    found = flow(made(le.LSTM, rng), x)
    assert np.isnan(found.norm[0, :3]).all()
    assert np.isfinite(found.norm[1]).all()


def test_a_stateful_layer_is_followed_from_where_it_stood_and_left_there(rng):
    layer = le.SimpleRNN(H, stateful=True, return_sequences=True)
    layer.build((B, None, F))
    x = rng.normal(size=(B, T, F)).astype("float32")
    layer(x)
    before = layer.states[0]
    found = flow(layer, x)
    np.testing.assert_array_equal(found.trace.initial_state[0], before)
    np.testing.assert_array_equal(layer.states[0], found.trace.h[:, -1])  # moved on by this one run, as by any other


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda rng: flow(le.Dense(3), np.ones((2, 3))), TypeError, "a single LSTM, GRU or SimpleRNN, got Dense"),
        (lambda rng: flow(le.PeepholeLSTM(3), np.ones((2, 3, 4))), TypeError, "got PeepholeLSTM"),
        (lambda rng: flow(made(le.GRU, rng, activation="softmax"), np.ones((2, 5, F))), ValueError, "mixes its units"),
        (lambda rng: flow(le.LSTM(3), np.ones((2, 5, F))), ValueError, "has no weights yet"),
        (lambda rng: flow(made(le.GRU, rng), np.ones((2, 5, F)), np.ones((2, H))), ValueError, "dy must have"),
        (lambda rng: flow(made(le.GRU, rng), np.ones((0, 5, F))), ValueError, "at least one sequence"),
    ],
)  # fmt: skip
def test_bad_input(make, error, message, rng):
    with pytest.raises(error, match=message):
        make(rng)
