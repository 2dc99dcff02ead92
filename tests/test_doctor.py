"""The doctor: what a comparison can see, what explains an output, what does not, and how the answer is shown."""

import itertools
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from helpers import as_arrays, randomise, rng_of
from test_doctor_catalogue import SPECIMENS, Tags, built

import lstm_edu as le
from lstm_edu.comparison.tolerance import same
from lstm_edu.doctor.adequacy import adequacy, adequate_example
from lstm_edu.doctor.evidence import Evidence
from lstm_edu.doctor.mistake import CATALOGUE
from lstm_edu.doctor.observed import numbers_in
from lstm_edu.doctor.precision import precision_of

sys.path.append(str(Path(__file__).resolve().parents[1]))
from benchmarks import doctor as figures  # noqa: E402  its random layers and mistakes


def lstm(units=4, features=5, seed=0, **flags):
    return randomise(built(le.LSTM(units, **flags), (None, None, features)), rng_of(seed))


def sequences(batch=2, timesteps=6, features=5, seed=1):
    return rng_of(seed).standard_normal((batch, timesteps, features)).astype("float32")


def diagnose(theirs, layer, x, *arguments, pairs=False, **options):
    return le.diagnose(theirs, layer, x, *arguments, pairs=pairs, progress=False, **options)


# --- adequacy -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", SPECIMENS)
def test_an_adequate_example_shows_every_mistake(make):
    layer = make()
    own = layer.get_weights()
    example = adequate_example(layer)
    for before, after in zip(own, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)  # the layer keeps its weights
    layer.set_weights(example.weights)
    report = adequacy(layer, example.x, example.mask, example.initial_state)
    assert report.caught and {str(one.made) for one in report.missed} == set(example.unseen)
    if isinstance(layer, le.Sequential):  # what a layer does at a masked step, the next one skips
        assert all("masked-steps" in name for name in example.unseen)
    else:
        assert report.check()


def test_fresh_keras_weights_cannot_show_the_biases():
    layer = built(le.LSTM(4, seed=0, return_sequences=True))
    report = adequacy(layer, sequences())
    assert not report
    why = {one.why for one in report.missed}
    assert why == {"b_i, b_g and b_o are all zero"}
    assert {"bias-missing:i", "bias-missing:g", "bias-missing:o"} <= {one.id for one in report.missed}
    assert "b_i, b_g and b_o are all zero" in report.sentence
    with pytest.raises(AssertionError, match="all zero"):
        report.check()


def test_constant_kernels_cannot_show_the_order_of_the_gates():
    layer = built(le.LSTM(2))
    kernel, recurrent_kernel, bias = layer.get_weights()  # bias: 1 in the forget gate's block, else 0
    layer.set_weights([0 * kernel + 0.5, 0 * recurrent_kernel + 0.5, bias])
    missed = {one.id for one in adequacy(layer, sequences()).missed}
    orders = [m.id for m in CATALOGUE if m.family == "gate-order"]
    assert {id for id in orders if id in missed} == {id for id in orders if id.split(",")[1] == "f"}
    assert "recurrent-transposed" in missed


@pytest.mark.parametrize(
    ("timesteps", "mask", "state", "id", "why"),
    [
        (1, None, None, "state-not-carried", "there is only one timestep"),
        (4, "ones", None, "mask-lost", "no step is masked"),
        (4, "right", None, "cudnn-mask", "the mask is padded on the right only"),
        (4, None, "same", "h-c-swapped", "h0 equals c0"),
        (4, "right", "two", "masked-steps:initial-state", "no sequence begins with a masked step and a state"),
    ],
)
def test_what_cannot_be_seen_is_given_a_reason(timesteps, mask, state, id, why):
    layer = lstm(return_sequences=True)
    masks = {"ones": [[1, 1, 1, 1]] * 2, "right": [[1, 1, 0, 0], [1, 1, 1, 0]], "left": [[0, 1, 1, 1]] * 2}
    h0, c0 = rng_of(3).standard_normal((2, 2, 4))
    start = {"same": [h0, h0], "two": [h0, c0]}.get(state)
    report = adequacy(layer, sequences(timesteps=timesteps), masks.get(mask), start)
    reasons = {one.id: one.why for one in report.missed}
    assert why in reasons[id]


def test_what_cannot_happen_is_not_counted_as_missed():
    report = adequacy(lstm(), sequences())
    outside = {one.id: one.why for one in report.outside}
    assert outside["mask-lost"] == "no mask is given"
    assert outside["h-c-swapped"] == "no initial state is given"
    assert report and report.sentence.startswith("all ")


def test_adequacy_is_a_table():
    report = adequacy(built(le.LSTM(3, seed=0)), sequences())
    html = Tags(report._repr_html_())
    assert "b_i, b_g and b_o are all zero" in html.text and "b_i, b_g and b_o are all zero" in repr(report)
    assert [attrs.get("scope") for tag, attrs in html.seen if tag == "th"].count("col") == 4


def test_a_layer_without_weights_is_refused():
    with pytest.raises(ValueError, match="build"):
        adequacy(le.LSTM(3), sequences())
    with pytest.raises(ValueError, match="build"):
        le.diagnose(np.zeros((2, 3)), le.LSTM(3), sequences())


# --- figures: small samples of what benchmarks/doctor.py measures ---------------------------------------------------


def measured(cases, first_seed, one):
    return figures.measure(cases, first_seed, figures.Log(None, ""), one)


def test_random_mistakes_are_found():
    score = measured(150, 200_000, partial(figures.with_mistake, make=figures.one_of_all, pairs=False))
    assert score.count("named") >= 147, score.missed
    assert score.count("first") >= 140


def test_random_pairs_are_found():
    score = measured(8, 300_000, partial(figures.with_mistake, make=figures.two_mistakes, pairs=True))
    assert score.count("named") >= 7, score.missed


def test_nothing_is_invented():
    score = measured(120, 400_000, partial(figures.without_mistake, pairs=False))
    assert not score.count("named"), [o for o in score.outcomes if o.named]


def test_nothing_is_invented_by_trying_pairs():
    score = measured(6, 500_000, partial(figures.without_mistake, pairs=True))
    assert not score.count("named"), [o for o in score.outcomes if o.named]


def test_one_number_never_has_a_cause():
    assert figures.measure_scalars(40)[1] == 0


def test_one_number_in_another_form_has_no_cause_either():
    layer, x = lstm(units=1, return_sequences=True), sequences(1)
    found = diagnose(layer(x)[:, -1], layer, x)
    assert found.verdict == "too little" and found.cause is None
    assert diagnose(layer(x)[:, -1].astype("float16"), lstm(units=1), x).cause is None


# --- other weights ---------------------------------------------------------------------------------------------------

# The kernel of the puzzle in notebook 01.
PRINTED = [
    [-0.6072792, 0.87520194, -0.5916964, -0.28233814, 0.37042332],
    [0.24503589, -0.8950937, -0.7122175, 0.67322683, 0.9035703],
]


def puzzle():
    layer = built(le.Dense(5), (None, 2))
    layer.set_weights([PRINTED, np.zeros(5)])
    return layer


def test_weights_drawn_twice_are_proved_by_more_samples():
    rng = rng_of(0)
    x = rng.standard_normal((8, 2))
    other = randomise(built(le.Dense(5), (None, 2)), rng)
    found = diagnose(other(x), puzzle(), x)
    assert found.verdict == "other weights" and found.cause is None
    assert "no function of the printed weights" in found.explanation.lower()
    noisy = other(x) + 1e-3 * rng.standard_normal((8, 5))
    assert diagnose(noisy, puzzle(), x).verdict == "unexplained"


def test_as_many_equations_as_unknowns_prove_nothing():
    rng = rng_of(0)
    one, other = (randomise(built(le.Dense(1), (None, 2)), rng) for _ in range(2))
    for samples in (2, 3, 4):
        x = rng.standard_normal((samples, 2))
        assert diagnose(other(x), one, x).verdict == "unexplained"


def test_other_weights_of_a_simple_rnn_and_of_a_table_are_proved():
    rng = rng_of(1)
    one, other = (randomise(built(le.SimpleRNN(3, return_sequences=True)), rng) for _ in range(2))
    x = sequences(4, 7)
    assert diagnose(other(x), one, x).verdict == "other weights"
    start = rng.standard_normal((4, 3))
    no_first = np.zeros((4, 7, 3))  # the right weights, but no first step: its zeros are equations too
    for t in range(1, 7):
        no_first[:, t] = one(x[:, t : t + 1], initial_state=[no_first[:, t - 1]])[:, 0]
    assert diagnose(no_first, one, x, initial_state=[start]).verdict == "unexplained"
    tables = [randomise(built(le.Embedding(6, 3), (None, None)), rng) for _ in range(2)]
    ids = rng.integers(0, 6, (3, 5))
    assert diagnose(tables[0](ids), tables[1], ids).verdict == "other weights"


# --- forms of outputs -----------------------------------------------------------------------------------------------


def wrong(id, layer, x, *arguments):
    return CATALOGUE[id].output(layer, x, *arguments)


def test_output_and_states_are_taken_in_every_form():
    layer, x = lstm(return_state=True), sequences()
    y, h, c = wrong("gate-order:i,g,f,o", layer, x)
    for theirs in (
        [y, h, c],
        (y, h, c),
        [h, c],
        y,
        [y.tolist(), h.tolist(), c.tolist()],
        y.tolist(),
        y.astype("float64"),
    ):
        assert diagnose(theirs, layer, x).cause == "gate-order:i,g,f,o"


def test_one_sequence_needs_no_batch_axis():
    layer, x = lstm(return_sequences=True), sequences(1)
    y = wrong("bias-missing", layer, x)
    assert diagnose(y[0], layer, x).cause == "bias-missing"


@pytest.mark.parametrize("digits", [3, 4, 6])
def test_numbers_copied_from_a_page(digits):
    layer, x = lstm(), sequences(3)
    y = np.round(wrong("recurrent-transposed", layer, x).astype("float64"), digits)
    found = diagnose(str(y), layer, x)
    assert found.cause == "recurrent-transposed"
    assert found.evidence.precision == f"{digits} decimals"


def test_too_few_digits_are_no_evidence():
    layer, x = lstm(units=2), sequences(1)
    found = diagnose(np.round(wrong("bias-missing:g", layer, x), 1), layer, x)
    assert found.cause is None


@pytest.mark.parametrize(
    ("text", "array"),
    [
        ("[[0.1 -2e-3]\n [3. .5]]", [[0.1, -2e-3], [3, 0.5]]),
        ("array([[1.5, 2.25]], dtype=float32)", [[1.5, 2.25]]),
        ("tf.Tensor([[[0.5]\n  [1.]]], shape=(1, 2, 1))", [[[0.5], [1]]]),
        ("0.25, 0.75", [0.25, 0.75]),
    ],
)
def test_text_is_read_as_an_array(text, array):
    np.testing.assert_array_equal(numbers_in(text), array)


@pytest.mark.parametrize("text", ["", "no numbers", "[[1, 2], [3]]", "[[1, 2]", "[]"])
def test_text_that_is_no_array_is_refused(text):
    with pytest.raises(ValueError, match="diagnose"):
        numbers_in(text)


def test_every_step_for_the_last_one_and_the_other_way_round():
    last, every, x = lstm(), lstm(return_sequences=True), sequences()
    assert diagnose(every(x), last, x).cause == "return-last-vs-sequence:sequence"
    assert diagnose(last(x), every, x).cause == "return-last-vs-sequence:last"
    assert diagnose(wrong("bias-missing", every, x), last, x).cause == "bias-missing"


def test_quantities_by_name_show_the_gate():
    layer, x = lstm(return_sequences=True), sequences()
    trace = layer.trace(x)
    named = {name: np.array(trace[name]) for name in "ifgoch"}
    assert diagnose(named, layer, x).verdict == "agrees"
    assert diagnose(trace, layer, x).verdict == "agrees"
    named["o"][:, 3:] *= 0.9
    found = diagnose(named, layer, x)
    assert found.cause is None
    assert found.first.quantity == "o" and found.first.timestep == 3
    assert "output gate o" in found.first.sentence
    mistaken = CATALOGUE["candidate-activation:tanh-on-f"].trace(layer, x)
    assert diagnose({"f": mistaken.f, "h": mistaken.h}, layer, x).cause == "candidate-activation:tanh-on-f"
    kernel, recurrent_kernel, bias = layer.get_weights()
    step = le.lstm_step(x[:, 0], np.zeros((2, 4)), np.zeros((2, 4)), kernel, recurrent_kernel, 0 * bias)
    assert diagnose(step, layer, x[:, :1]).cause == "bias-missing"


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        ("words", "no numbers"),
        ({"q": np.zeros((2, 6, 4))}, "quantities by name"),
        (np.zeros((0, 4)), "empty"),
        ([np.zeros((2, 4))] * 5, "returns 1 array"),
        (None, "array of numbers"),
        (np.array(["a"]), "real numbers"),
    ],
)
def test_what_is_no_output_is_refused(theirs, message):
    with pytest.raises((ValueError, TypeError), match=message):
        diagnose(theirs, lstm(return_sequences=True), sequences())


def test_another_shape_is_said():
    found = diagnose(np.ones((2, 6, 9)), lstm(return_sequences=True), sequences())
    assert found.verdict == "shape" and found.cause is None
    assert "(2, 6, 9)" in found.explanation and "(2, 6, 4)" in found.explanation


def test_numbers_that_are_not_finite_have_no_cause():
    layer, x = lstm(return_sequences=True), sequences()
    y = np.array(layer(x))
    y[0, 2:] = np.nan
    found = diagnose(y, layer, x)
    assert found.cause is None and found.first.timestep == 2
    assert diagnose(np.full_like(y, np.inf), layer, x).cause is None


def test_the_input_is_checked_as_the_layer_checks_it():
    with pytest.raises(ValueError, match="features"):
        diagnose(np.zeros((2, 4)), lstm(), sequences(features=3))


# --- rounding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", [m.id for m in CATALOGUE if m.rounding and m.mutation])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN", "Dense"])
def test_rounding_is_named_and_is_no_mistake(kind, id):
    rng = rng_of(2)
    if kind == "Dense":
        layer, x = randomise(built(le.Dense(7), (None, 5)), rng), rng.standard_normal((6, 5)).astype("float32")
    else:
        layer, x = randomise(built(getattr(le, kind)(7, return_sequences=True)), rng), sequences(3, 5)
    found = diagnose(wrong(id, layer, x), layer, x)
    assert found.verdict == "rounding" and found.cause == id
    assert found and "not a mistake" in found.title


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_right_output_stored_in_float16_is_rounding(dtype):
    layer, x = lstm(return_sequences=True), sequences()
    found = diagnose(layer(x).astype("float16").astype(dtype), layer, x)
    assert found.verdict == "rounding" and found.cause == "precision-only:float16"


def test_a_mistake_is_found_in_float16_too():
    layer, x = lstm(return_sequences=True), sequences()
    assert diagnose(wrong("bias-missing:g", layer, x).astype("float16"), layer, x).cause == "bias-missing:g"


@pytest.mark.parametrize("size", [1e-5, 1e-4, 1e-3, 1e-2])
def test_noise_is_not_called_rounding(size):
    layer, x = lstm(return_sequences=True), sequences()
    y = layer(x)
    assert diagnose(y * (1 + size * rng_of(5).standard_normal(y.shape)), layer, x).cause is None


def test_float32_of_another_library_is_agreement():
    layer, x = lstm(return_sequences=True), sequences()
    y = layer(x)
    found = diagnose(y + 3e-7 * rng_of(5).standard_normal(y.shape), layer, x)
    assert found.verdict == "agrees" and found and "adequacy" in found.explanation


def test_a_round_number_alone_was_not_rounded():
    one, three = np.array([0.25]), np.array([0.25, 0.75, 0.3125])
    assert precision_of([one], [np.dtype("float32")]).name == "float32"
    assert precision_of([three], [np.dtype("float32")]).name == "4 decimals"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([0.12, -0.5, 1.25, 0.33], "2 decimals"),
        ([1.234e-5, 2.341e-1, 7.123e-3, 4.321e-2], "4 digits"),
        (rng_of(0).standard_normal(9).astype("float32").tolist(), "float32"),
        (rng_of(0).standard_normal(9).tolist(), "float64"),
        (rng_of(0).standard_normal(9).astype("float16").tolist(), "float16"),
    ],
)
def test_how_exactly_numbers_are_given(values, name):
    assert precision_of([np.array(values)], [np.dtype("float64")]).name == name


# --- the same mistakes, made without the catalogue ------------------------------------------------------------------


def bias_of(change):
    def weights(kernel, recurrent_kernel, bias):
        parts = dict(zip("ifgo", np.split(bias, 4), strict=True))
        return [kernel, recurrent_kernel, np.concatenate([(parts | change(parts))[gate] for gate in "ifgo"])]

    return weights


def torch_rows(a):
    return a.T.reshape(a.shape)


BY_WEIGHTS = {
    "bias-missing": lambda k, u, b: [k, u, 0 * b],
    "bias-twice": lambda k, u, b: [k, u, 2 * b],
    "tf1-forget-bias": bias_of(lambda p: {"f": p["f"] + 1}),
    "unit-forget-bias:missing": bias_of(lambda p: {"f": p["f"] - 1}),
    "bias-missing:o": bias_of(lambda p: {"o": 0 * p["o"]}),
    "bias-wrong-gate:f-o": bias_of(lambda p: {"f": p["o"], "o": p["f"]}),
    "bias-wrong-gate:only-g": bias_of(lambda p: dict.fromkeys("ifgo", p["g"])),
    "kernel-reshaped:both-back": lambda k, u, b: [torch_rows(k), torch_rows(u), b],
    "kernel-reshaped:interleaved": lambda k, u, b: [
        np.concatenate([a.reshape(*a.shape[:-1], -1, 4)[..., j] for j in range(4)], axis=-1) for a in (k, u, b)
    ],
    "kernel-reshaped:cut-across": lambda k, u, b: (
        [np.concatenate(list(a.reshape(4, len(a), -1)), axis=-1) for a in (k, u)] + [b]
    ),
}


@pytest.mark.parametrize("id", BY_WEIGHTS)
def test_a_mistake_in_the_weights_is_what_its_name_says(id):
    layer, x = lstm(return_sequences=True), sequences()
    other = built(le.LSTM(4, return_sequences=True))
    other.set_weights(BY_WEIGHTS[id](*layer.get_weights()))
    assert diagnose(other(x), layer, x).cause == id


START = [rng_of(8).standard_normal((2, 4)), rng_of(9).standard_normal((2, 4))]
MASK = np.array([[0, 1, 1, 0, 1, 0], [1, 1, 0, 1, 1, 1]], bool)


def step_by_step(layer, x, start):
    return np.concatenate([layer(x[:, t : t + 1], initial_state=start) for t in range(x.shape[1])], axis=1)


def row_by_row(layer, x):
    """A loop over sequences that forgets to start again."""
    returning = layer.copy(return_state=True)
    returning.build((None, None, 5))
    returning.set_weights(layer.get_weights())
    state, outputs = None, []
    for row in x:
        y, *state = returning(row[None], initial_state=state)
        outputs.append(y)
    return np.concatenate(outputs)


BY_CALL = {
    "h-c-swapped": lambda layer, x: layer(x, initial_state=START[::-1]),
    "state-not-carried:initial-state": lambda layer, x: layer(x),
    "state-not-carried:initial-everywhere": lambda layer, x: step_by_step(layer, x, START),
    "go-backwards-order": lambda layer, x: layer(x, initial_state=START)[:, ::-1],
    "go-backwards-order:direction": lambda layer, x: layer(x[:, ::-1], initial_state=START),
    "return-last-vs-sequence:c-for-h": lambda layer, x: layer.trace(x, initial_state=START).c,
    "extra-activation:tanh": lambda layer, x: np.tanh(layer(x, initial_state=START)),
    "slicing:first-step-everywhere": lambda layer, x: layer(np.repeat(x[:, :1], 6, axis=1), initial_state=START),
}
WITHOUT_STATE = {
    "state-not-carried": lambda layer, x: step_by_step(layer, x, None),
    "state-not-reset": row_by_row,
    "axes-swapped:batch-time": lambda layer, x: layer(x.swapaxes(0, 1)).swapaxes(0, 1),
    "axes-swapped:output": lambda layer, x: layer(x).swapaxes(0, 1),
    "axes-swapped:reshaped": lambda layer, x: layer(x.reshape(6, 2, 5).swapaxes(0, 1)),
    "all-steps-at-once:summed": lambda layer, x: layer(x.sum(axis=1, keepdims=True)),
}
WITH_MASK = {
    "mask-lost": lambda layer, x: layer(x),
    "mask-lost:inverted": lambda layer, x: layer(x, mask=~MASK),
    "cudnn-mask": lambda layer, x: layer(x, mask=-np.sort(-MASK.astype(int), axis=1)),
    "masked-steps:zero": lambda layer, x: layer(x, mask=MASK) * MASK[:, :, None],
    "masked-steps:input-zeroed": lambda layer, x: layer(x * MASK[:, :, None]),
}


@pytest.mark.parametrize("id", [*BY_CALL, *WITHOUT_STATE, *WITH_MASK])
def test_a_mistake_in_the_call_is_what_its_name_says(id):
    layer, x = lstm(return_sequences=True), sequences()
    start = START if id in BY_CALL else None
    mask = MASK if id in WITH_MASK else None
    theirs = (BY_CALL | WITHOUT_STATE | WITH_MASK)[id](layer, x)
    found = diagnose(theirs, layer, x, mask, start)
    assert found.cause == id, found


# --- several, and how to tell them apart ----------------------------------------------------------------------------


def test_mistakes_that_cannot_be_told_apart_are_all_named():
    layer, x = built(le.LSTM(4, seed=0, return_sequences=True)), sequences()
    found = diagnose(wrong("bias-missing", layer, x), layer, x)
    assert found.verdict == "several" and found.cause is None
    assert {"bias-missing", "bias-missing:f", "unit-forget-bias:missing"} <= {c.id for c in found.candidates}
    assert found.experiment.weights is not None  # with these weights no input tells them apart
    layer.set_weights(found.experiment.weights)
    assert different_outputs(found, layer) > 1


def test_an_input_is_named_that_tells_them_apart():
    layer, x = lstm(return_sequences=True), sequences(timesteps=5)  # one step more than units
    found = diagnose(wrong("units-vs-timesteps", layer, x), layer, x)
    assert {c.id for c in found.candidates} == {"units-vs-timesteps", "slicing:last-step-skipped"}
    assert found.experiment.weights is None
    assert different_outputs(found, layer) == 2


def different_outputs(found, layer):
    example = found.experiment
    outputs = []
    for candidate in found.candidates:
        try:
            y = as_arrays(candidate.mistakes[0].output(layer, example.x, example.mask, example.initial_state))
        except ValueError:
            y = None
        if not any(same(y, other) for other in outputs):
            outputs.append(y)
    return len(outputs)


def test_two_mistakes_at_once():
    layer, x = lstm(return_sequences=True), sequences()
    both = randomise(built(le.LSTM(4, return_sequences=True)), rng_of(0))
    kernel, recurrent_kernel, bias = layer.get_weights()
    blocks = np.split(recurrent_kernel, 4, axis=1)
    both.set_weights([kernel, np.concatenate([b.T for b in blocks], axis=1), 0 * bias])
    found = diagnose(both(x), layer, x, pairs=True)
    assert set(found.candidates[0].ids) == {"bias-missing", "recurrent-transposed"}
    assert found.cause == found.candidates[0].id and " + " in found.cause
    assert "Two mistakes at once" in found.explanation
    assert diagnose(both(x), layer, x, pairs=False).cause is None
    some = diagnose(both(x), layer, x, pairs=24)  # of so many mistakes only, the first of each kind before any second
    assert some.cause == found.cause and some.tried < found.tried / 4
    assert diagnose(both(x), layer, x, pairs=2).cause is None


def test_a_mistake_in_one_layer_of_a_stack_is_placed():
    model = le.Sequential([le.LSTM(4, return_sequences=True), le.LSTM(3, name="second"), le.Dense(2)])
    randomise(built(model), rng_of(0))
    x = sequences()
    mistake = CATALOGUE["gate-order:i,g,f,o"]
    for place, words in ((("second",), "in 'second'"), (("every LSTM",), "in every LSTM")):
        found = diagnose(mistake.output(model, x, place=place), model, x)
        assert found.cause == mistake.id and found.candidates[0].place == words


def test_a_mistake_in_one_direction_is_placed():
    layer = randomise(built(le.Bidirectional(le.LSTM(3, return_sequences=True))), rng_of(0))
    x = sequences()
    mistake = CATALOGUE["bias-missing"]
    for place, words in ((("both",), "in both directions"), (("backward",), "in the backward direction only")):
        found = diagnose(mistake.output(layer, x, place=place), layer, x)
        assert found.cause == mistake.id and found.candidates[0].place == words


def test_the_first_divergence_is_named():
    layer, x = lstm(return_sequences=True, go_backwards=True), sequences()
    y = np.array(layer(x))
    y[1, 2, 3] += 0.25
    first = diagnose(y, layer, x).first
    assert first.where == {"sequence": 1, "timestep": 3, "unit": 3}  # the third step of six, from the end
    assert first.before and first.theirs - first.right == pytest.approx(0.25, abs=1e-6)


# --- evidence -------------------------------------------------------------------------------------------------------


def test_evidence_weighs_numbers_against_hypotheses():
    assert Evidence(2, 1e-7, 40, 100, "float32").enough
    assert not Evidence(1, 1e-7, 40, 100, "float32").enough  # one number is never enough
    assert not Evidence(2, 1e-7, 19, 100, "float32").enough
    assert not Evidence(2, 1e-7, 40, 100, "float32", mistakes=2).enough
    assert Evidence(2, 1e-7, 20, 74_000, "float32").chance == pytest.approx(74_000 / 2**20)


def test_more_hypotheses_need_more_numbers():
    layer, x = lstm(units=2), sequences(1)
    right, mistaken = layer(x), wrong("bias-missing:g", layer, x)
    assert not same([right], [mistaken])
    found = diagnose(mistaken, layer, x)
    assert found.evidence.values == 2 and found.evidence.tried > 80


# --- functions ------------------------------------------------------------------------------------------------------


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class ByHand:
    """An LSTM as a learner writes it, with a fault if one is asked for."""

    def __init__(self, layer, fault=None):
        self.weights, self.units, self.fault = layer.get_weights(), layer.units, fault
        self.states = None

    def __call__(self, x):
        kernel, recurrent_kernel, bias = self.weights
        h = c = np.zeros((len(x), self.units))
        if self.fault == "kept" and self.states is not None:
            h, c = self.states
        y = np.zeros((*x.shape[:2], self.units))
        for t in range(self.units if self.fault == "units" else x.shape[1]):
            z = x[:, t] @ kernel + h @ recurrent_kernel + bias
            i, f, g, o = np.split(z, 4, axis=-1)
            if self.fault == "order":
                f, g = g, f
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            y[:, t] = h
        self.states = h, c
        return y


def test_a_right_function_agrees_on_inputs_that_show_everything():
    layer = lstm(return_sequences=True)
    found = diagnose(ByHand(layer), layer, sequences(timesteps=1))
    assert found.verdict == "agrees" and found and "others" in found.explanation


def test_a_wrong_function_is_explained():
    layer = lstm(return_sequences=True)
    assert diagnose(ByHand(layer, "order"), layer, sequences()).cause == "gate-order:i,g,f,o"


def test_a_function_is_asked_what_tells_the_candidates_apart():
    layer, x = lstm(return_sequences=True), sequences(timesteps=5)
    function = ByHand(layer, "units")
    assert diagnose(function(x), layer, x).verdict == "several"
    assert diagnose(function, layer, x).cause == "units-vs-timesteps"


def test_a_fault_that_the_given_input_hides_is_found():
    layer = lstm(return_sequences=True)
    x = sequences(timesteps=4)  # as many steps as units
    assert diagnose(ByHand(layer, "units")(x), layer, x).verdict == "agrees"
    found = diagnose(ByHand(layer, "units"), layer, x)
    assert found.cause == "units-vs-timesteps"
    assert any("With your own input the numbers agree" in note for note in found.notes)


def test_a_function_that_takes_a_mask_is_asked_with_one():
    layer = lstm(return_sequences=True)

    def function(x, mask=None):
        return layer(x)

    assert diagnose(function, layer, sequences()).cause == "mask-lost"


def test_a_function_that_keeps_its_state_is_told():
    layer = lstm(return_sequences=True)
    found = diagnose(ByHand(layer, "kept"), layer, sequences())
    assert found.cause == "stateful-carry" and "first call agrees" in found.explanation


def test_a_random_function_is_told():
    layer, rng = lstm(return_sequences=True), rng_of(0)
    found = diagnose(lambda x: layer(x) + rng.standard_normal(), layer, sequences())
    assert found.verdict == "random" and found.cause is None and "dropout-active" in found.explanation
    dropping = lstm(return_sequences=True, dropout=0.5)
    found = diagnose(lambda x: dropping(x, training=True), dropping, sequences())
    assert found.verdict == "random" and found.cause == "dropout-active"


def test_an_exception_is_reported_kindly():
    layer = lstm()
    found = diagnose(lambda x: x @ np.zeros((3, 3)), layer, sequences())
    assert found.verdict == "error" and found.cause is None
    assert "ValueError" in found.explanation and "(2, 6, 5)" in found.explanation


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: None, "return missing"),
        (lambda x: "text", "cannot be compared"),
        (lambda x: np.zeros((2, 6, 9)), "(2, 6, 9)"),
        (lambda x: [np.zeros((2, 4))] * 7, "cannot be compared"),
    ],
)
def test_a_function_that_returns_something_else_is_told(function, words):
    found = diagnose(function, lstm(return_sequences=True), sequences())
    assert found.verdict == "shape" and words in found.explanation


def test_a_function_that_changes_its_input_is_told_and_cannot_do_harm():
    layer, x = lstm(return_sequences=True), sequences()
    before = x.copy()

    def function(x):
        y = layer(x)
        x *= 0
        return y

    found = diagnose(function, layer, x)
    np.testing.assert_array_equal(x, before)
    assert found.verdict == "agrees" and any("changes the arrays" in note for note in found.notes)


def test_a_mask_for_a_function_that_takes_none_is_refused():
    with pytest.raises(ValueError, match="takes none"):
        diagnose(lambda x: x, lstm(), sequences(), np.ones((2, 6)))


# --- how it is shown ------------------------------------------------------------------------------------------------


def answers():
    """One of every kind of answer."""
    layer, x = lstm(return_sequences=True), sequences()
    fresh = built(le.LSTM(4, seed=0, return_sequences=True))
    short = sequences(1, 2)
    dense = puzzle()
    samples = rng_of(0).standard_normal((8, 2))
    chance = rng_of(0)
    return {
        "agrees": diagnose(layer(x), layer, x),
        "cause": diagnose(wrong("gate-order:i,g,f,o", layer, x), layer, x),
        "several": diagnose(wrong("bias-missing", fresh, x), fresh, x),
        "rounding": diagnose(layer(x).astype("float16"), layer, x),
        "other weights": diagnose(randomise(built(le.Dense(5), (None, 2)), rng_of(3))(samples), dense, samples),
        "too little": diagnose(wrong("bias-missing", lstm(1), short), lstm(1), short),
        "unexplained": diagnose(layer(x) + 0.1, layer, x),
        "shape": diagnose(np.ones((2, 6, 9)), layer, x),
        "error": diagnose(lambda x: 1 / 0, layer, x),
        "random": diagnose(lambda x: layer(x) + chance.standard_normal(), layer, x),
    }


def test_every_kind_of_answer_is_a_card():
    for verdict, found in answers().items():
        assert found.verdict == verdict
        html = Tags(found._repr_html_())
        (section,) = [attrs for tag, attrs in html.seen if tag == "section"]
        assert section["aria-label"].startswith("Diagnosis: ")
        assert found.explanation in html.text and found.explanation in repr(found)
        assert found.title in html.text and repr(found).startswith(found.title)
        for _, attrs in html.seen:  # legible in light and dark: no colour but the page's own
            assert "#" not in attrs.get("style", "") and "rgb" not in attrs.get("style", "")
        assert bool(found) == (verdict in ("agrees", "rounding"))
        assert (found.cause is None) == (verdict not in ("cause", "rounding"))


def test_what_is_shown_is_escaped():
    found = diagnose(lambda x: {}["<script>"], lstm(), sequences())
    assert "<script>" not in found._repr_html_() and "&lt;script&gt;" in found._repr_html_()


def test_progress_is_told():
    told = []
    layer, x = randomise(built(le.SimpleRNN(3, return_sequences=True)), rng_of(0)), sequences()
    le.diagnose(layer(x) + 0.1, layer, x, progress=lambda *now: told.append(now))
    done, totals, words = zip(*told, strict=True)
    assert list(dict.fromkeys(words)) == ["mistakes", "pairs of mistakes"]
    for what in set(words):
        counted = [n for n, of in zip(done, words, strict=True) if of == what]
        assert counted == sorted(counted) and counted[-1] == totals[len(words) - 1 - words[::-1].index(what)]


def test_none_of_it_loads_keras():
    program = """
import sys, numpy as np, lstm_edu as le
layer = le.LSTM(3, seed=0, return_sequences=True); layer.build((None, None, 4))
x = np.random.default_rng(0).normal(size=(2, 5, 4))
le.diagnose(layer(x) + 1, layer, x, pairs=False)
le.doctor.adequacy(layer, x), le.adequate_example(layer), le.mistakes()
print(sorted({"keras", "tensorflow", "matplotlib", "ipywidgets"} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_keras_layer_is_taken_over():
    from helpers import theirs

    keras_layer = theirs("LSTM", rng_of(0), units=4, return_sequences=True)
    x = sequences()
    ours = le.from_keras(keras_layer)
    assert diagnose(wrong("bias-missing:o", ours, x), keras_layer, x).cause == "bias-missing:o"
    assert diagnose(np.asarray(keras_layer(x)), keras_layer, x).verdict == "agrees"
    assert len(le.mistakes(keras_layer)) == len(le.mistakes(ours))
    assert adequacy(keras_layer, x).caught == adequacy(ours, x).caught


def test_a_mistake_that_few_sequences_show_is_found():
    layer, x = lstm(return_sequences=True), sequences(9)
    mask = np.ones((9, 6), bool)
    mask[7, 2:4] = False
    assert diagnose(layer(x), layer, x, mask).cause == "mask-lost"
    assert "mask-lost" in [m.mistake.id for m in adequacy(layer, x, mask).caught]
    start = [np.zeros((9, 4)), np.zeros((9, 4))]
    start[0][5] = start[1][6] = 0.5
    assert diagnose(layer(x), layer, x, None, start).cause == "state-not-carried:initial-state"
    both = np.tanh(layer(x, mask=mask))
    both[7] = np.tanh(layer(x))[7]
    assert set(diagnose(both, layer, x, mask, pairs=True).candidates[0].ids) == {"mask-lost", "extra-activation:tanh"}


def test_large_inputs_are_held_in_memory_by_portions():
    layer, x = lstm(units=16, features=8, return_sequences=True), sequences(40, 50, 8)
    assert diagnose(wrong("recurrent-transposed", layer, x), layer, x).cause == "recurrent-transposed"
    assert adequacy(layer, x)


def test_random_cases_are_of_every_kind():
    kinds = {type(figures.random_case(rng_of(k)).layer).__name__ for k in range(80)}
    assert kinds == set(figures.KINDS)
    for seed in itertools.islice(range(40), 0, None, 10):
        case = figures.random_case(rng_of(seed))
        assert all(np.isfinite(y).all() for y in case.right)
