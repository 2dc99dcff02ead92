"""compare: what agrees, what differs, where it is, and what it says."""

import re

import numpy as np
import pytest
from helpers import B, F, H, T, assert_close, ours, rng_of, sequences

import lstm_edu as le

Y = np.array([[1.5, -2.0, 0.25], [4.0, -0.125, 8.0]])


def shifted(dtype, absolute, relative, factor):
    """Y and a copy whose every element is `factor` times the tolerance away."""
    y = Y.astype(dtype)
    return (y.astype("float64") + factor * (absolute + relative * np.abs(y.astype("float64")))).astype(dtype), y


@pytest.mark.parametrize(
    ("dtype", "absolute", "relative"), [("float32", 2e-6, 2e-5), ("float64", 1e-11, 1e-9), ("float16", 2e-3, 1e-2)]
)
def test_the_tolerance_is_what_it_says(dtype, absolute, relative):
    assert le.compare(*shifted(dtype, absolute, relative, 0.9))
    report = le.compare(*shifted(dtype, absolute, relative, 1.1))
    assert not report
    assert report.rows[0].failed == Y.size


def test_the_tolerance_grows_with_keras_value_not_with_ours():
    assert le.compare(np.float32([1000.015]), np.float32([1000.0]))
    assert not le.compare(np.float32([1000.015]), np.float32([0.0]))
    assert not le.compare(np.float32([0.0]), np.float32([1e-5]))
    assert not le.compare(np.float32([1e-5]), np.float32([0.0]))


def test_the_less_precise_dtype_decides_and_is_named():
    report = le.compare(Y + 1e-6, Y.astype("float32"))
    assert report
    assert "float64" in report.rows[0].dtype and "float32" in report.rows[0].dtype
    assert "compared as float32" in repr(report)
    assert not le.compare(Y + 1e-6, Y)
    assert "float16 holds about 3 digits" in repr(le.compare(Y, Y.astype("float16")))


def test_whole_numbers_and_booleans_must_be_equal():
    assert le.compare([1, 2, 3], [1, 2, 3])
    assert not le.compare([1, 2, 3], [1, 2, 4])
    assert not le.compare([10**9], [10**9 + 1])
    assert not le.compare([2**60], [2**60 + 1])
    assert le.compare([True, False], [True, False])
    assert not le.compare([True, False], [True, True])
    assert le.compare([1, 2], np.float32([1, 2]))


def test_nan_agrees_with_nan_at_the_same_place_only():
    a, b = Y.copy(), Y.copy()
    a[0, 1] = b[0, 1] = np.nan
    assert le.compare(a, b)
    assert "NaN in both at 1 of 6 places" in le.compare(a, b).sentence
    assert le.compare(np.full(3, np.nan), np.full(3, np.nan)).max_abs == 0
    for x, y, said in [(a, Y, "where Keras has a number"), (Y, a, "where Keras has NaN")]:
        report = le.compare(x, y)
        assert not report
        assert report.max_abs == np.inf
        assert report.where == {"row": 0, "unit": 1}
        assert said in report.sentence


def test_infinities_agree_with_the_same_infinity_only():
    inf = np.array([np.inf, 1.0])
    assert le.compare(inf, inf)
    assert not le.compare(inf, -inf)
    assert not le.compare(np.array([1.0, 1.0]), inf)
    assert not le.compare(inf, np.array([1.0, 1.0]))
    assert not le.compare(inf, np.array([np.nan, 1.0]))


@pytest.mark.parametrize(
    ("ours_shape", "keras_shape", "cause"),
    [
        ((B, T, H), (B, H), "every timestep"),
        ((B, H), (B, T, H), "one timestep"),
        ((H, B), (B, H), "transposed"),
        ((T, B, H), (B, T, H), "batch and time"),
        ((T, H), (1, T, H), "no batch axis"),
        ((1, T, H), (T, H), "no batch axis"),
        ((B, T, 4 * H), (B, T, H), "four gates"),
        ((B, T, H), (B, T, 4 * H), "four gates"),
        ((B, T, H), (B, T, H + 1), "units"),
        ((B, T + 1, H), (B, T, H), "timesteps"),
        ((B + 1, H), (B, H), "sequences"),
        ((B * T, H), (B, T, H), "another arrangement"),
        ((1, H), (B, H), "sequences"),
        ((B, 1), (B, H), "units"),
        ((H,), (B, H), ""),
        ((), (B, H), ""),
    ],
)
def test_shapes_are_never_broadcast_and_the_cause_is_guessed(ours_shape, keras_shape, cause):
    report = le.compare(np.ones(ours_shape), np.ones(keras_shape))
    assert not report
    row = report.rows[0]
    assert row.values is None and row.max_abs == np.inf and row.where == {}
    assert cause in row.note
    assert str(keras_shape) in row.shape
    with pytest.raises(AssertionError, match="cannot be compared"):
        report.check()


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0, 4)])
def test_empty_arrays_are_refused(shape):
    with pytest.raises(ValueError, match="empty"):
        le.compare(np.ones(shape), np.ones(shape))


@pytest.mark.parametrize("value", [None, "text", np.array([1j]), np.array([object()]), {"h": None}])
def test_what_holds_no_numbers_is_refused(value):
    with pytest.raises(TypeError):
        le.compare(value, Y)
    with pytest.raises(TypeError):
        le.compare(Y, value)


def test_ragged_lists_are_refused():
    with pytest.raises(ValueError, match="different lengths"):
        le.compare([[1.0], [1.0, 2.0]], Y)


@pytest.mark.parametrize(
    ("shape", "place", "where"),
    [
        ((), (), {}),
        ((H,), (2,), {"unit": 2}),
        ((B, H), (1, 3), {"row": 1, "unit": 3}),
        ((B, T, H), (2, 5, 1), {"sequence": 2, "timestep": 5, "unit": 1}),
        ((2, B, T, H), (1, 2, 5, 1), {"sequence": 1, "axis 1": 2, "axis 2": 5, "unit": 1}),
    ],
)
def test_the_place_is_named(shape, place, where):
    y = np.zeros(shape)
    x = y.copy()
    x[place] = 0.5
    report = le.compare(x, y)
    assert report.where == where
    assert report.max_abs == 0.5
    for name, k in where.items():
        assert f"{name} {k}" in report.sentence


def test_axes_can_be_named():
    x = np.zeros((T, H))
    x[4, 1] = 1
    assert le.compare(x, 0 * x, axes=("timestep", "unit")).where == {"timestep": 4, "unit": 1}
    with pytest.raises(ValueError, match="2"):
        le.compare(x, 0 * x, axes=("unit",))
    with pytest.raises(ValueError, match="different names"):
        le.compare(x, 0 * x, axes=("unit", "unit"))
    with pytest.raises(TypeError, match="sequence of names"):
        le.compare(x, 0 * x, axes="timestep")


@pytest.mark.parametrize(
    ("column", "gate", "unit"), [(0, "i", 0), (H + 2, "f", 2), (2 * H, "g", 0), (4 * H - 1, "o", 3)]
)
def test_packed_gates_are_told_apart(column, gate, unit):
    x = np.zeros((B, T, 4 * H))
    x[1, 5, column] = 1
    report = le.compare(x, 0 * x, gates="ifgo")
    assert report.where == {"sequence": 1, "timestep": 5, "gate": gate, "unit": unit}
    assert f"gate {gate} (" in report.sentence
    with pytest.raises(ValueError, match="4 equal blocks"):
        le.compare(x[..., :-1], x[..., :-1], gates="ifgo")


def test_the_largest_difference_may_be_allowed_while_a_smaller_one_is_not():
    y = np.array([1e6, 0.0], "float32")
    report = le.compare(y + np.array([8, 1e-3], "float32"), y)
    assert not report
    assert report.where == {"unit": 0} and report.max_abs == 8
    assert "outside the tolerance first at unit 1" in report.sentence


def test_lists_and_tuples_are_compared_one_by_one():
    y, h, c = np.ones((B, T, H)), np.ones((B, H)), np.ones((B, H))
    wrong = c.copy()
    wrong[2, 3] = 2
    report = le.compare((y, h, wrong), [y, h, c])
    assert [row.name for row in report.rows] == ["output", "h", "c"]
    assert [row.ok for row in report.rows] == [True, True, False]
    assert report.worst.name == "c" and report.where == {"sequence": 2, "unit": 3}
    assert [row.name for row in le.compare([h, c], [h, c], names=["a", "b"]).rows] == ["a", "b"]
    with pytest.raises(ValueError, match="names holds 1"):
        le.compare([h, c], [h, c], names=["a"])
    # Weights have other shapes: no guess what they are.
    weights = [np.ones((F, 4 * H)), np.ones((H, 4 * H)), np.ones(4 * H)]
    assert [row.name for row in le.compare(weights, weights).rows] == ["array 0", "array 1", "array 2"]


def test_a_missing_array_fails():
    h = np.ones((B, H))
    for a, b in [((h, h, h), h), (h, (h, h, h)), ([h, h], [h, h, h])]:
        report = le.compare(a, b)
        assert not report and len(report.rows) == 3
        assert "only" in report.sentence


def test_a_list_of_steps_beside_one_array_is_one_array():
    y = rng_of(1).standard_normal((T, B, H))
    assert le.compare(list(y), y)
    assert le.compare(y.tolist(), y)
    assert not le.compare(list(y[::-1]), y)
    assert len(le.compare(list(y), y).rows) == 1


def test_dicts_are_compared_by_name():
    a = {"h": np.ones((B, H)), "c": np.zeros((B, H))}
    assert le.compare(a, dict(reversed(a.items())))
    report = le.compare(a, {"h": np.ones((B, H)), "o": np.ones((B, H))})
    assert {row.name: row.ok for row in report.rows} == {"h": True, "o": False, "c": False}
    with pytest.raises(ValueError, match="no name is on both sides"):
        le.compare(a, {"q": Y})
    with pytest.raises(TypeError, match="a dict is compared with a dict"):
        le.compare(a, Y)


def test_a_step_is_compared_by_its_names():
    rng = rng_of(2)
    layer = ours("LSTM", rng, units=H, return_sequences=True)
    x = sequences(rng)
    trace = layer.trace(x)
    zero = np.zeros((B, H), "float32")
    step = le.lstm_step(x[:, 0], zero, zero, *layer.get_weights())
    assert le.compare(step, {name: trace[name][:, 0] for name in step._fields})
    assert [row.name for row in le.compare(step, step).rows] == list("zifgoch")


def test_traces_are_compared_in_every_quantity():
    rng = rng_of(3)
    layer = ours("LSTM", rng, units=H, return_state=True)
    x = sequences(rng)
    trace = layer.trace(x)
    report = le.compare(trace, trace)
    assert report
    assert [r.name for r in report.rows] == [*"xzifgoch", "output", "returned h", "returned c"]
    kept = layer.trace(x, keep=("f", "c"))
    assert [r.name for r in le.compare(kept, trace).rows] == ["f", "c", "output", "returned h", "returned c"]
    other = layer.trace(x + 0.1)
    report = le.compare(other, trace)
    assert report.rows[1].where.keys() == {"sequence", "timestep", "gate", "unit"}
    assert next(r for r in report.rows if r.name == "f").where["gate"] == "f"
    assert le.compare(trace, layer(x))
    assert le.compare(trace, {"c": trace.c})
    assert le.compare(trace, list(layer(x)))
    with pytest.raises(ValueError, match="cannot be compared"):
        le.compare(trace, ours("Dense", rng, (None, F), units=2).trace(x[:, 0]))


def test_steps_that_go_backwards_are_not_called_timesteps():
    rng = rng_of(4)
    layer = ours("LSTM", rng, units=H, go_backwards=True)
    x = sequences(rng)
    assert "step" in le.compare(layer.trace(x), layer.trace(x + 1)).rows[1].where


def test_check_returns_the_report_or_stops_with_a_sentence():
    good = le.compare(Y, Y)
    assert good.check() is good
    with pytest.raises(
        AssertionError, match=r"h differs from Keras's by 0\.5 at sequence 1, unit 2: ours 8\.5, Keras's 8"
    ) as e:
        le.compare(Y + np.array([[0, 0, 0], [0, 0, 0.5]]), Y, names="h").check()
    assert "1 of 6 values differ" in str(e.value)


def test_the_report_cannot_be_changed():
    report = le.compare(Y, Y)
    with pytest.raises(AttributeError):
        report.rows = ()
    with pytest.raises(AttributeError):
        report.rows[0].ok = False


def test_the_table_is_readable_as_text_and_as_html():
    wrong = le.compare([Y, Y + 1], [Y, Y], names=["<b>&", "second"])
    text, html = repr(wrong), wrong._repr_html_()
    assert "✗ differs" in text and "✓ agrees" in text and text.startswith("✗")
    assert repr(le.compare(Y, Y)).startswith("✓ agrees with Keras")
    assert "✗&nbsp;differs" in html and "✓&nbsp;agrees" in html
    assert "&lt;b&gt;&amp;" in html and "<b>" not in html
    assert "<caption" in html and html.count('scope="col"') == 7 and html.count('scope="row"') == 2
    # Colours are the theme's own: none is set, and nothing is told by colour alone.
    assert not re.search(r"#[0-9a-f]{3}|rgb|hsl|red|green", html)


def test_what_agrees_is_one_line_that_opens_to_the_table():
    html = le.compare([Y, Y], [Y, Y + 1e-12], names=["h", "c"])._repr_html_()
    assert html.startswith("<details") and "<summary>✓&nbsp;h, c agree with Keras; largest difference" in html
    assert "<caption" not in html and html.count('scope="row"') == 2
    assert "<summary>✓&nbsp;h agrees with Keras" in le.compare(Y, Y, names="h")._repr_html_()
    assert "<summary>✓&nbsp;all 8 arrays agree" in le.compare([Y] * 8, [Y] * 8)._repr_html_()
    assert "<details" not in le.compare([Y, Y + 1], [Y, Y])._repr_html_()


def test_arrays_are_not_changed():
    a, b = Y.copy(), Y.copy()
    a[0, 0] = np.nan
    before = a.copy()
    le.compare(a, b)
    assert_close(np.nan_to_num(a), np.nan_to_num(before), 0, 0)
    assert np.isnan(a[0, 0])


def test_large_numbers_do_not_warn():
    huge = np.array([3e38, -3e38], "float32")
    assert not le.compare(huge, -huge)
    assert not le.compare(np.array([1.7e308]), np.array([-1.7e308]))


def test_an_lstm_step_beside_a_dict_knows_where_its_gates_are():
    rng = rng_of(0)
    layer, x = ours("LSTM", rng, units=H), sequences(rng)
    zero = np.zeros((B, H), "float32")
    step = le.lstm_step(x[:, 0], zero, zero, *layer.get_weights())
    wrong = {name: np.array(value) for name, value in step._asdict().items()}
    wrong["z"][1, 2 * H + 1] += 1
    wrong["o"][0, 2] += 1
    rows = {row.name: row for row in le.compare(step, wrong).rows}
    assert rows["z"].where == {"sequence": 1, "gate": "g", "unit": 1}
    assert rows["o"].where == {"sequence": 0, "gate": "o", "unit": 2}
    assert rows["h"].ok and "gate" not in rows["h"].where
