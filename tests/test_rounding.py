"""comparison.rounding: how far rounding moves a layer's numbers, against how far Keras's really are from ours."""

import keras
import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.comparison import rounding
from lstm_edu.comparison.rounding import Rounding, spread
from lstm_edu.keras_bridge import keras_trace

# kind, units, timesteps, features, standard deviation of the weights, input, arguments
PANEL = [
    ("LSTM", 128, 60, 40, 0.2, "normal", {}),
    ("LSTM", 64, 100, 64, 0.1, "one-hot", {}),
    ("LSTM", 32, 100, 9, 0.3, "normal", {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    ("LSTM", 16, 80, 12, 0.3, "unscaled", {}),
    ("LSTM", 5, 40, 3, 0.7, "normal", {}),
    ("GRU", 128, 40, 16, 0.2, "normal", {}),
    ("GRU", 48, 60, 30, 0.3, "one-hot", {"reset_after": False}),
    ("GRU", 7, 100, 4, 0.5, "normal", {}),
    ("SimpleRNN", 64, 40, 10, 0.1, "normal", {}),
    ("SimpleRNN", 24, 20, 6, 0.3, "unscaled", {}),
    ("Dense", 128, 1, 784, 0.05, "unscaled", {"activation": "relu"}),
    ("Dense", 10, 1, 128, 0.3, "normal", {"activation": "softmax"}),
]


def drawn(kind, units, timesteps, features, deviation, given, arguments, seed=0):
    """A layer of Keras's with weights of such a standard deviation, the same of ours, and an input (2, T, F)."""
    rng = np.random.default_rng(seed)
    if kind != "Dense":
        arguments = arguments | {"return_sequences": True}
    theirs = getattr(keras.layers, kind)(units, **arguments)
    theirs.build((2, timesteps, features))
    theirs.set_weights([rng.normal(size=w.shape) * deviation for w in theirs.get_weights()])
    x = rng.normal(size=(2, timesteps, features)).astype("float32")
    if given == "one-hot":
        x = np.eye(features, dtype="float32")[rng.integers(0, features, (2, timesteps))]
    if given == "unscaled":
        x = rng.uniform(0, 255, x.shape).astype("float32")
    return theirs, le.from_keras(theirs), x


@pytest.fixture(scope="module")
def panel():
    """(Keras's output, our trace, its spread) of each layer of the panel."""
    found = []
    for case in PANEL:
        theirs, ours, x = drawn(*case)
        trace = ours.trace(x)
        found.append((keras.ops.convert_to_numpy(theirs(x)), trace, spread(trace).output[0]))
    return found


def reached(panel, factor=1.0):
    """How much of what counts as rounding the largest real difference reaches: the geometric mean over the panel."""
    shares = []
    for theirs, trace, deviation in panel:
        limit = Rounding(factor * deviation, 2.0**-24).allowed(theirs)
        shares.append((np.abs(theirs - trace.output) / limit).max())
    return float(np.exp(np.mean(np.log(shares)))), max(shares)


LEAST, MOST = 0.08, 0.165


def test_the_estimate_is_neither_too_wide_nor_too_narrow(panel):
    mean, most = reached(panel)
    assert LEAST < mean < MOST and most < 1, (mean, most)


@pytest.mark.parametrize("factor", [2, 0.5])
def test_that_test_would_notice(panel, factor):
    mean, _ = reached(panel, factor)
    assert not LEAST < mean < MOST, "an estimate twice too wide or half too narrow would pass unseen"


def chaotic(units=64, timesteps=120, deviation=0.7, kind="GRU"):
    return drawn(kind, units, timesteps, 20, deviation, "normal", {})


def test_a_chaotic_layer_cannot_be_decided_in_float32_and_the_report_says_from_where_on():
    theirs, ours, x = chaotic()
    y = keras.ops.convert_to_numpy(theirs(x))
    report = le.compare(ours(x), y, layer=ours, x=x)
    assert report.verdict == "undecided" and not report
    (row,) = report.rows
    step = row.blind_from["timestep"]
    assert 3 < step < 60, "the first steps can be decided"
    assert f"float32 cannot decide about output from timestep {step} on" in report.sentence
    with pytest.raises(AssertionError, match="cannot decide"):
        report.check()
    assert le.compare(ours(x[:, :3]), y[:, :3], layer=ours, x=x[:, :3]).verdict == "equal"


def test_a_mistake_in_a_chaotic_layer_is_still_a_difference():
    theirs, ours, x = chaotic()
    wrong = le.from_keras(theirs)
    weights = wrong.get_weights()
    weights[2][0, 3] += 0.01  # one bias of one gate
    wrong.set_weights(weights)
    report = le.compare(wrong(x), keras.ops.convert_to_numpy(theirs(x)), layer=ours, x=x)
    assert report.verdict == "different"


@pytest.mark.parametrize("case", PANEL, ids=lambda case: f"{case[0]}-{case[1]}-{case[5]}")
def test_verify_calls_a_right_layer_right(case):
    theirs, _, x = drawn(*case, seed=1)
    assert le.verify(theirs, x).verdict == "equal"


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX computes in float32 unless it is told otherwise")
def test_the_same_layer_in_float64_has_no_such_excuse():
    theirs, ours, x = chaotic(timesteps=60)
    assert le.compare(ours(x), theirs(x), layer=ours, x=x).verdict == "undecided"
    exact = keras.layers.GRU(64, return_sequences=True, dtype="float64")
    exact.build(x.shape)
    exact.set_weights(theirs.get_weights())
    report = le.verify(exact, x)
    assert report.verdict == "equal" and report.max_abs < 1e-6


def in_two_types(case):
    """Keras's layer in float32, the same of ours in float64, and an input, of numbers that float32 does not hold."""
    theirs, ours, x = drawn(*case, seed=3)
    exact = ours.copy(dtype="float64")
    rng = np.random.default_rng(4)
    exact.build_with(ours.input_shape, [w * (1 + 1e-7 * rng.uniform(-1, 1, w.shape)) for w in ours.get_weights()])
    theirs.set_weights(exact.get_weights())
    return theirs, exact, x * (1 + 1e-7 * rng.uniform(-1, 1, x.shape))


@pytest.mark.parametrize("case", PANEL, ids=lambda case: f"{case[0]}-{case[1]}-{case[5]}")
def test_ours_in_float64_is_compared_with_float32_as_float32(case):
    """As on JAX, which makes float32 of a float64 layer's weights and inputs."""
    theirs, exact, x = in_two_types(case)
    y = keras.ops.convert_to_numpy(theirs(x.astype("float32")))
    report = le.compare(exact(x), y, layer=exact, x=x)
    assert report.verdict == "equal" and report.rows[0].note == "compared as float32"
    trace = exact.trace(x)
    assert le.compare(trace, keras_trace(theirs, x)).verdict == "equal"
    own = Rounding(spread(trace).output[0], 2.0**-53)
    assert (np.abs(y - trace.output) > own.allowed(y)).any(), "in float64 it would be a difference"
    exact.set_weights([1.01 * w for w in exact.get_weights()])
    assert le.compare(exact(x), y, layer=exact, x=x).verdict == "different"


def test_the_spread_grows_with_time_where_errors_grow_and_not_where_they_are_forgotten():
    _, growing, x = chaotic(timesteps=40)
    of_growing = spread(growing.trace(x)).output[0].max(axis=(0, 2))
    assert of_growing[30] > 1000 * of_growing[0]
    _, calm, x = drawn("LSTM", 64, 40, 20, 0.05, "normal", {})
    of_calm = spread(calm.trace(x)).output[0].max(axis=(0, 2))
    assert of_calm[30] < 5 * of_calm[0]


def test_the_layers_of_a_chain_and_its_whole_in_one_go():
    model = le.Sequential([le.GRU(48, return_sequences=True), le.LSTM(32), le.Dense(5, "softmax")])
    model.build((None, None, 8))
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=w.shape) * 0.4 for w in model.get_weights()])
    trace = model.trace(rng.normal(size=(3, 50, 8)).astype("float32"))
    chain = rounding.Chain(model.layers)
    for child in trace.layers:
        one, alone = chain(child), spread(child)
        for name in alone.arrays:
            assert _mean_ratio(one.arrays[name], alone.arrays[name]) == pytest.approx(1, abs=0.25), name
    whole = spread(trace).output[0]
    assert _mean_ratio(chain.output[0], whole) == pytest.approx(1, abs=0.35)
    assert _mean_ratio(whole, alone.output[0]) > 3, "alone, the last layer gets an exact input"


def _mean_ratio(a, b):
    return float(np.exp(np.mean(np.log(a / b))))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_spread_is_that_of_runs_with_errors_put_in(dtype):
    """Of an LSTM whose inputs are wrong by one rounding each, the spread of h is at least what comes of these alone."""
    _, layer, x = drawn("LSTM", 24, 30, 7, 0.4, "normal", {"dtype": dtype})
    exact = layer.copy(dtype="float64")
    exact.build_with((None, None, 7), layer.get_weights())
    x, unit, rng = x.astype(np.float64), rounding.unit_roundoff(dtype), np.random.default_rng(1)
    far = 1e6 if dtype == "float64" else 1  # float64 itself rounds: larger errors, of the same kind
    moved = [exact(x * (1 + far * unit * rng.standard_normal(x.shape))) - exact(x) for _ in range(200)]
    of_input = np.sqrt(np.mean(np.square(moved), axis=0)) / far
    assert (of_input < 1.2 * spread(layer.trace(x.astype(dtype))).output[0]).all()


def test_values_whose_squares_float32_does_not_hold_are_followed():
    """An LSTM with relu whose numbers grow to 1e23, every one of them right to the last digits."""
    layer = le.LSTM(24, activation="relu", return_sequences=True)
    layer.build((None, None, 9))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.standard_normal(w.shape) * 0.5 for w in layer.get_weights()])
    trace = layer.trace(rng.standard_normal((3, 100, 9)).astype("float32"))
    assert trace.h[1, -1].max() > 1e20
    assert np.isfinite(spread(trace).output[0][2]).all(), "sequence 2 can be decided to its end"


def test_outputs_that_a_mask_makes_zero_are_exact():
    """A NaN in the padding's own sequence is no reason to doubt the zeros after it."""
    layer = le.LSTM(6, return_sequences=True, zero_output_for_mask=True)
    layer.build((None, None, 4))
    x, mask = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32"), np.ones((2, 9), bool)
    x[1, 4, 2], mask[1, 6:] = np.nan, False
    y = layer(x, mask=mask)
    assert (y[1, 6:] == 0).all()
    report = le.compare(y * np.float32(1 + 1e-6), y, layer=layer, x=x, mask=mask)
    assert report.verdict == "equal" and "NaN in both at 12" in report.rows[0].note


def test_what_was_not_kept_is_computed_again():
    _, layer, x = drawn("GRU", 12, 20, 5, 0.3, "normal", {"go_backwards": True})
    whole, part = spread(layer.trace(x)), spread(layer.trace(x, keep=("x", "h")))
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(part.arrays[name], array)


def test_a_stack_hands_its_errors_on():
    model = keras.Sequential(
        [
            keras.Input((60, 8)),
            keras.layers.GRU(48, return_sequences=True),
            keras.layers.Bidirectional(keras.layers.LSTM(32, return_sequences=True)),
            keras.layers.TimeDistributed(keras.layers.Dense(5, "softmax")),
        ]
    )
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=w.shape) * 0.5 for w in model.get_weights()])
    x = rng.normal(size=(2, 60, 8)).astype("float32")
    layers = le.verify(model, x).layers
    whole = spread(le.from_keras(model).trace(x)).output[0]
    assert whole.max() > 5 * spread(layers[-1].ours).output[0].max(), "alone, the last layer gets an exact input"


def test_what_cannot_be_run_again_has_no_spread():
    layer = le.LSTM(3, dropout=0.5, seed=1)
    layer.build((None, None, 4))
    x = np.ones((2, 5, 4), "float32")
    assert spread(layer.trace(x, training=True)).output == ()
    assert spread(layer.trace(x, keep=("h",))).output == ()
    assert le.compare(layer.trace(x, keep=("h",)), layer.trace(x, keep=("h",))).rows[0].tolerance == "2e-6 + 2e-5 |y|"


@pytest.mark.parametrize("masked", [False, True])
def test_rows_taken_in_turns_give_the_same_shapes(masked, monkeypatch):
    _, ours, x = drawn("LSTM", 6, 9, 4, 0.3, "normal", {})
    x = np.concatenate([x] * 3)
    mask = np.random.default_rng(0).random(x.shape[:2]) > 0.3 if masked else None
    whole = spread(ours.trace(x, mask=mask))
    monkeypatch.setattr(rounding, "_MOST_AT_ONCE", 1)
    parts = spread(ours.trace(x, mask=mask))
    for name, array in whole.arrays.items():
        assert parts.arrays[name].shape == array.shape
        np.testing.assert_allclose(np.log(parts.arrays[name].max()), np.log(array.max()), atol=1.5)


def test_what_comes_after_chaos_is_never_called_a_difference():
    """A GRU without a bound on its output, whose errors grow for hundreds of steps: Keras and ours end far apart."""
    theirs, _, x = drawn("GRU", 23, 400, 64, 0.7, "one-hot", {"activation": "elu"})
    report = le.verify(theirs, x)
    assert report.verdict == "undecided" and report.first is None
    assert "float32 cannot decide from timestep" in report.sentence
    assert "no difference beyond rounding" in report.sentence
    since = min(row.blind_from["timestep"] for row in report.layers[0].report.rows if row.verdict == "undecided")
    for shown in (repr(report), report._repr_html_().replace("&nbsp;", " ")):
        assert f"? cannot be decided from timestep {since} on" in shown and "first to differ" not in shown
        assert "What would decide" in shown and "dtype float64" in shown


@pytest.mark.parametrize("factor", [0.5, 2])
def test_the_doctor_says_what_compare_says(factor):
    _, ours, x = drawn("LSTM", 24, 12, 9, 0.3, "normal", {})
    limit = Rounding(spread(ours.trace(x)).output[0], 2.0**-24).allowed(ours(x))
    signs = np.sign(np.random.default_rng(0).standard_normal(limit.shape))
    theirs = (ours(x) + factor * signs * limit).astype("float32")
    agrees = bool(le.compare(theirs, ours(x), layer=ours, x=x))
    assert agrees is (factor < 1)
    assert (le.diagnose(theirs, ours, x, pairs=False, progress=False).verdict == "agrees") is agrees


def test_the_doctor_does_not_search_where_float32_cannot_decide():
    theirs, ours, x = chaotic()
    answer = le.diagnose(keras.ops.convert_to_numpy(theirs(x)), ours, x, progress=False)
    assert answer.verdict == "undecided" and not answer and answer.tried == 0
    assert "float32 cannot decide about output from timestep" in answer.explanation


def normalised(seed):
    """A BatchNormalization whose mean is 400 times as large as what it leaves, as after training on unscaled data."""
    rng = np.random.default_rng([9, seed])
    layer = keras.layers.BatchNormalization()
    layer.build((None, 30, 12))
    mean, variance = rng.uniform(30, 50, 12), rng.uniform(0.005, 0.02, 12)
    layer.set_weights([rng.uniform(0.5, 2, 12), rng.standard_normal(12) * 0.1, mean, variance])
    return layer, (mean + 0.1 * rng.standard_normal((4, 30, 12))).astype("float32")


def test_a_batch_normalization_whose_sums_cancel_is_called_right():
    reports = [le.verify(*normalised(seed)) for seed in range(4)]
    assert [report.verdict for report in reports] == ["equal"] * 4
    assert max(report.max_abs for report in reports) > 8e-6  # with 24 units of the last place of 1 it would not be


def test_its_mistakes_are_differences_all_the_same():
    layer, x = normalised(5)
    ours = le.from_keras(layer)
    wrong = ours.copy(epsilon=0.99e-3)
    wrong.build_with(ours.input_shape, ours.weights)
    assert le.verify(layer, x, ours=wrong).verdict == "different"
