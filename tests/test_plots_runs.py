"""Still pictures of gradients and of two runs: what they draw and say."""

import base64

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.comparison.divergence import first_divergences, need_pair
from lstm_edu.core.gradient_flow import flow
from lstm_edu.plots.gradient_flow import own_way
from lstm_edu.plots.scales import extremes, strongest

RNG = np.random.default_rng(43)
B, T, F, H = 2, 9, 3, 4
X = RNG.normal(size=(B, T, F)).astype("float32")


def made(kind=le.LSTM, units=H, **flags):
    layer = kind(units, **{"return_sequences": True} | flags)
    layer.build((None, None, F))
    rng = np.random.default_rng(units)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


def maps(figure):
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images and axes.get_xlim()[1] > 2]


def two_runs():
    layer = made()
    return layer.trace(X), le.doctor.mistaken_trace(layer, "bias-missing:o", X)


FIGURES = {
    "gradients": lambda theme: le.plots.gradients(made(), X, beside=made(le.SimpleRNN, units=3), theme=theme),
    "gradients of a GRU": lambda theme: le.plots.gradients(made(le.GRU), X, unit=2, theme=theme),
    "pair": lambda theme: le.plots.pair(*two_runs(), names=("right", "wrong"), theme=theme),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_shown_with_its_description(name, theme):
    figure = FIGURES[name](theme)
    bundle = le.plots.show(figure)._repr_mimebundle_()
    assert bundle["text/plain"] == le.plots.describe(figure)
    assert base64.b64decode(bundle["text/html"].partition("base64,")[2].partition('"')[0]).startswith(b"\x89PNG")


def test_states_stand_above_their_gradients():
    layer, rnn = made(), made(le.SimpleRNN, units=3)
    shown = maps(le.plots.gradients(layer, X, beside=rnn, batch=1))
    found, beside = flow(layer, X), flow(rnn, X)
    expected = [found.trace.c, found.grads.trace.c, found.trace.h, found.grads.trace.h, beside.trace.h,
                beside.grads.trace.h]  # fmt: skip
    assert len(shown) == 6
    for picture, array in zip(shown, expected, strict=True):
        np.testing.assert_allclose(picture, array[1].T, rtol=1e-6)


def test_curves_are_powers_of_ten_of_the_size_and_of_the_factors():
    layer = made()
    figure = le.plots.gradients(layer, X, batch=1, unit=3)
    lines = {line.get_label(): line.get_ydata() for axes in figure.axes for line in axes.lines}
    found = flow(layer, X)
    np.testing.assert_allclose(
        lines["LSTM |dL/dc|"], np.log10(np.linalg.norm(found.grads.trace.c[1], axis=1)), atol=1e-5
    )
    product = [np.log10(np.prod(found.trace.f[1, t + 1 :, 3].astype(float))) for t in range(T)]
    np.testing.assert_allclose(lines["LSTM: product of forget gates"], product, atol=1e-9)
    signs, _ = own_way(flow(made(le.SimpleRNN), X), 0, 1)
    factors = flow(made(le.SimpleRNN), X).direct[0, 1:, 1]
    assert signs[0] == np.sign(np.prod(factors))
    description = le.plots.describe(figure)
    assert f"|dL/dh| is {np.sqrt(H):.3g} at the last step" in description
    assert f"multiply to {10 ** product[0]:.3g}" in description


def test_a_vanished_gradient_is_described():
    layer = made(le.SimpleRNN)
    kernel, recurrent_kernel, bias = layer.get_weights()
    layer.set_weights([kernel, 0 * recurrent_kernel, bias])
    description = le.plots.describe(le.plots.gradients(layer, X))
    assert "is 2 at the last step and 0 at the first; the factors of unit 0 multiply to 0." in description


def test_two_runs_their_difference_and_where_they_part():
    a, b = two_runs()
    figure = le.plots.pair(a, b, names=("right", "wrong"), quantity="o", batch=1)
    one, other, difference = maps(figure)
    np.testing.assert_allclose(one, a.o[1].T)
    np.testing.assert_allclose(other, b.o[1].T)
    np.testing.assert_allclose(difference, (a.o[1].astype(float) - b.o[1]).T)
    first = first_divergences(need_pair(a, b, "here"))[1]
    assert f"diverge at step {first.t}, marked by a dashed line" in le.plots.describe(figure)
    assert f"is z_o, most of all in unit {first.unit}" in le.plots.describe(figure)
    assert "agree in every number" in le.plots.describe(le.plots.pair(a, a))


def test_sampling_keeps_the_largest_of_each_group():
    values = RNG.normal(size=(3, 5000)) * 0.1
    values[1, 3333], values[2, 17] = -9, np.nan
    sampled = strongest(values, 100)
    assert sampled.shape == (3, 100)
    assert sampled[1, 66] == -9
    assert np.isnan(sampled[2, 0])
    np.testing.assert_array_equal(np.abs(sampled[0]), np.abs(values[0]).reshape(100, 50).max(axis=1))
    assert strongest(values, 5000) is values


def test_sampling_over_time_keeps_the_greatest_and_the_least_of_each_group():
    values = RNG.normal(size=(3, 5000)) * 0.01 + 0.9  # a gate that is open,
    values[1, 3333], values[2, 17], values[0, 4999] = 0.05, np.inf, 1.7  # and shuts for one step
    sampled = extremes(values, 100)
    assert sampled.shape == (6, 100)
    groups = values.reshape(3, 100, 50)
    for row in range(3):
        found = sampled[2 * row : 2 * row + 2]
        expected = np.array([groups[row].max(axis=1), groups[row].min(axis=1)])
        if row == 2:
            assert np.isnan(found[:, 0]).all()
            found, expected = found[:, 1:], expected[:, 1:]
        np.testing.assert_array_equal(found, expected)
    assert sampled[3, 66] == 0.05 and sampled[0, 99] == 1.7
    assert extremes(values, 5000) is values
    long = le.plots.gradients(made(units=2), RNG.normal(size=(1, 3000, F)))
    assert maps(long)[0].shape == (4, 1200)
    assert "the greatest value of several steps and, below it, the least" in le.plots.describe(long)


def test_masks_and_numbers_that_are_not_finite_are_said():
    x = X.copy()
    x[0, 4, 0] = np.nan
    mask = np.ones((B, T), bool)
    mask[0, 2] = False
    description = le.plots.describe(le.plots.gradients(made(), x, mask=mask))
    assert "are NaN or infinite" in description
    assert "1 masked steps are hatched" in description
    le.plots.show(le.plots.gradients(made(), x, mask=mask))._repr_mimebundle_()
    layer = made()
    figure = le.plots.pair(layer.trace(X), layer.trace(x), other_x=True)
    assert "are NaN or infinite" in le.plots.describe(figure)
    le.plots.show(figure)._repr_mimebundle_()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: le.plots.gradients(made(), X, batch=2), ValueError, "batch must be from 0 to 1, got 2"),
        (lambda: le.plots.gradients(made(), X, unit=-1), ValueError, "unit must be from 0 to 3, got -1"),
        (lambda: le.plots.gradients(made(), X, theme="blue"), ValueError, "theme must be"),
        (lambda: le.plots.gradients(made().trace(X), X), TypeError, "got Trace"),
        (lambda: le.plots.pair(*two_runs(), quantity="q"), ValueError, "quantity must be one of z_i"),
        (lambda: le.plots.pair(*two_runs(), unit=4), ValueError, "unit must be from 0 to 3, got 4"),
        (lambda: le.plots.pair(made(), made()), TypeError, "pair needs two Traces, got LSTM"),
        (lambda: le.plots.pair(made().trace(X), made().trace(-X)), ValueError, "x differs at"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
