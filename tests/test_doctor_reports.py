"""What comparisons say about themselves: which known mistakes they would have caught."""

import subprocess
import sys

import numpy as np
import pytest
from helpers import as_arrays, keras, randomise, rng_of, theirs
from test_doctor_catalogue import Tags, built

import lstm_edu as le
from lstm_edu.doctor import adequacy
from lstm_edu.doctor.mistake import CATALOGUE


def sequences(batch=2, timesteps=6, features=5, seed=1):
    return rng_of(seed).standard_normal((batch, timesteps, features)).astype("float32")


def ids(unseen):
    return {one.id for one in unseen}


def fresh(kind="LSTM", **flags):
    """A layer of Keras's as Keras makes it."""
    layer = getattr(keras().layers, kind)(4, **flags)
    layer.build((None, 6, 5))
    return layer


# --- verify ---------------------------------------------------------------------------------------------------------


def test_verify_of_random_weights_says_that_it_sees_everything():
    report = le.verify(theirs("LSTM", rng_of(0), units=4, return_sequences=True), sequences())
    assert report.adequacy and report.adequacy.missed == () and len(report.adequacy.caught) > 80
    line = f"would have caught all {len(report.adequacy.caught)} known mistakes"
    assert line in repr(report) and line in Tags(report._repr_html_()).text
    assert line in repr(report.layers[0]) and report.layers[0].adequacy is report.adequacy


def test_verify_of_fresh_weights_names_what_it_cannot_see_and_why():
    report = le.verify(fresh(return_sequences=True), sequences())
    assert report and not report.adequacy
    assert {"bias-missing:i", "bias-missing:g", "bias-missing:o"} <= ids(report.adequacy.missed)
    html = Tags(report._repr_html_())
    assert "b_i, b_g and b_o are all zero" in repr(report) and "b_i, b_g and b_o are all zero" in html.text
    assert [tag for tag, _ in html.seen if tag in ("details", "summary")] == ["details", "summary"]


def test_a_model_is_looked_at_layer_by_layer_on_its_own_input():
    layers = keras().layers
    model = keras().Sequential(
        [keras().Input((6,)), layers.Embedding(9, 5, mask_zero=True), layers.LSTM(4), layers.Dense(3, "softmax")]
    )
    randomise(model, rng_of(0))
    lstm, dense = model.layers[1:]
    dense.set_weights([dense.get_weights()[0], np.zeros(3)])
    tokens = rng_of(1).integers(1, 9, (4, 6))
    tokens[0, 2:] = tokens[1, :3] = 0  # padded on the right, and on the left
    report = le.verify(model, tokens)
    missed = {str(one.made): one.why for one in report.adequacy.missed}
    assert missed[f"bias-missing in {dense.name}"] == "the bias is zero"
    assert {made.place[0] for made in report.adequacy.caught} == {layer.name for layer in model.layers}
    assert not any(name.endswith(lstm.name) for name in missed)
    alone = le.verify(lstm, np.asarray(model.layers[0](report.layers[0].ours.x)), mask=report.layers[1].ours.mask)
    assert [m.mistake.id for m in alone.adequacy.caught] == [
        made.mistake.id for made in report.adequacy.caught if made.place[0] == lstm.name
    ]


def test_a_failed_comparison_says_nothing_about_mistakes_it_would_have_caught():
    layer = theirs("LSTM", rng_of(0), units=4)
    wrong = randomise(le.from_keras(layer), rng_of(1))
    report = le.verify(layer, sequences(), ours=wrong)
    assert not report and "would have caught" not in repr(report) and "would have caught" not in report._repr_html_()


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        ("LSTM", {"go_backwards": True}),
        ("GRU", {"return_state": True, "return_sequences": True}),
        ("SimpleRNN", {"stateful": False}),
        ("Bidirectional", {}),
        ("TimeDistributed", {}),
    ],
)
def test_what_a_trace_was_made_of_is_what_is_looked_at(kind, flags):
    layers, rng = keras().layers, rng_of(3)
    if kind == "Bidirectional":
        layer = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
    elif kind == "TimeDistributed":
        layer = layers.TimeDistributed(layers.Dense(4, activation="tanh"))
    else:
        layer = getattr(layers, kind)(4, **flags)
    layer.build((None, 6, 5))
    randomise(layer, rng)
    x = sequences(3)
    timed = kind != "TimeDistributed"
    mask = np.array([[1, 1, 1, 1, 1, 1], [0, 1, 1, 0, 1, 0], [1, 1, 1, 1, 0, 0]], bool) if timed else None
    given = {}
    if timed:
        n = {"LSTM": 2, "Bidirectional": 4}.get(kind, 1)
        given = {"initial_state": [rng.standard_normal((3, 4)).astype("float32") for _ in range(n)]}
    ours = le.from_keras(layer)
    of_trace, of_call = adequacy(ours.trace(x, mask=mask, **given)), adequacy(ours, x, mask, **given)
    assert of_trace == of_call and of_call.caught
    assert not any("is given" in one.why and "returned" not in one.why for one in of_call.outside)


def test_weights_are_those_of_the_comparison_not_todays():
    layer = built(le.LSTM(4, return_sequences=True, seed=0))
    trace = layer.trace(sequences())
    randomise(layer, rng_of(0))
    assert "bias-missing:g" in ids(adequacy(trace).missed)
    assert adequacy(layer, sequences())


def test_quantities_are_seen_where_the_output_hides_them():
    layer = randomise(built(le.LSTM(4)), rng_of(0))
    kernel, recurrent_kernel, bias = layer.get_weights()
    bias[4:8] = -40  # everything is forgotten at once, so that the last output knows nothing of the beginning
    bias[:4] = bias[8:12] = bias[12:]
    layer.set_weights([kernel, 0 * recurrent_kernel, bias])
    start = [rng_of(2).standard_normal((2, 4)), rng_of(3).standard_normal((2, 4))]
    trace = layer.trace(sequences(), initial_state=start)
    id = "slicing:first-step-skipped"
    assert id in ids(adequacy(trace).missed)
    assert id not in ids(adequacy(trace, inside=True).missed)


def large() -> tuple[le.LSTM, np.ndarray]:
    return randomise(built(le.LSTM(96, return_sequences=True), (None, None, 48)), rng_of(0)), sequences(40, 150, 48)


def test_of_a_large_input_a_part_is_looked_at_and_that_is_said():
    layer, x = large()
    kernel, recurrent_kernel, bias = layer.get_weights()
    bias[:96] = 0
    layer.set_weights([kernel, recurrent_kernel, bias])
    brief = adequacy(layer, x, brief=True)
    assert brief.part and "of 40 sequences" in brief.part and brief.part in brief.sentence and brief.part in brief.line
    assert len(brief.caught) > 80 and ids(brief.missed) == {"bias-missing:i"}
    mask = np.ones((40, 150), bool)
    mask[7, 20:] = False
    assert "mask-lost" in {
        m.mistake.id for m in adequacy(layer, x, mask, brief=True).caught
    }  # the shortest is among them


def test_what_a_part_shows_the_whole_shows_so_that_no_part_is_spoken_of():
    layer, x = large()
    brief = adequacy(layer, x, brief=True)
    assert brief and len(brief.caught) > 80 and not brief.part


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_the_beginning_shows_nothing_that_the_whole_does_not(kind, inside):
    """With weights on which many mistakes do not show: what is said to be caught changes a number of the whole."""
    layer = built(getattr(le, kind)(4, return_sequences=True))
    kernel, recurrent_kernel, bias = layer.get_weights()
    square = recurrent_kernel[:, :4]
    symmetric = np.tile(square + square.T, recurrent_kernel.shape[1] // 4)
    layer.set_weights([kernel, symmetric, bias])
    x = sequences(4, 9)
    mask = np.ones((4, 9), bool)
    mask[1:, 7:] = False
    found = adequacy(layer.trace(x, mask=mask), inside=inside)
    assert found.missed and found.caught
    for made in found.missed:
        assert le.compare(CATALOGUE[made.id].output(layer, x, mask), layer(x, mask=mask))
    for made in found.caught if not inside else ():
        assert not le.compare(CATALOGUE[made.mistake.id].output(layer, x, mask), layer(x, mask=mask))


def test_a_small_input_is_looked_at_as_a_whole():
    layer = randomise(built(le.LSTM(4)), rng_of(0))
    assert adequacy(layer, sequences(), brief=True) == adequacy(layer, sequences())


def test_brief_finds_what_the_whole_finds():
    for seed, flags in enumerate([{}, {"return_sequences": True}, {"go_backwards": True}]):
        layer = randomise(built(le.LSTM(5, **flags)), rng_of(seed))
        x = sequences(3, 30, seed=seed)
        assert adequacy(layer, x, brief=True).missed == adequacy(layer, x).missed


def test_a_layer_without_entries_says_nothing():
    peepholes = built(le.PeepholeLSTM(3))
    found = adequacy(peepholes, sequences())
    assert found.counted == 0 and found.line == "" and found.fold == ""
    with pytest.raises(ValueError, match="x is missing"):
        adequacy(peepholes)


# --- compare --------------------------------------------------------------------------------------------------------


def test_compare_of_traces_knows_what_was_compared():
    layer, x = theirs("LSTM", rng_of(0), units=4), sequences()
    report = le.compare(le.from_keras(layer).trace(x), le.keras_bridge.keras_trace(layer, x))
    assert report.adequacy and "would have caught all" in repr(report)


def test_compare_of_arrays_does_not_know_unless_it_is_told():
    layer, x = fresh(return_sequences=True), sequences()
    y = le.from_keras(layer)(x)
    silent = le.compare(y, layer(x))
    assert silent.adequacy is None and "caught" not in repr(silent) + silent._repr_html_()
    for told in (layer, le.from_keras(layer)):
        report = le.compare(y, layer(x), layer=told, x=x)
        assert report and "bias-missing:g" in ids(report.adequacy.missed)
        assert "b_i, b_g and b_o are all zero" in Tags(report._repr_html_()).text


def test_compare_takes_a_mask_and_states_too():
    layer, x, rng = theirs("LSTM", rng_of(0), units=4, return_sequences=True), sequences(), rng_of(5)
    mask, start = np.array([[1, 1, 0, 1, 1, 0], [0, 1, 1, 1, 1, 1]], bool), [rng.standard_normal((2, 4)) for _ in "hc"]
    y = as_arrays(layer(x, mask=mask, initial_state=start))[0]
    report = le.compare(y, y, layer=layer, x=x, mask=mask, initial_state=start)
    assert {"mask-lost", "h-c-swapped"} <= {m.mistake.id for m in report.adequacy.caught}


@pytest.mark.parametrize("given", [{"layer": le.LSTM(2)}, {"x": [[1.0]]}, {"mask": [[True]]}, {"initial_state": []}])
def test_half_of_what_was_called_is_refused(given):
    with pytest.raises(ValueError, match="belong together"):
        le.compare([1.0], [1.0], **given)


def test_a_comparison_does_not_load_the_doctor_until_it_is_asked():
    program = """
import sys, numpy as np, lstm_edu as le
layer = le.LSTM(3, seed=0); layer.build((None, None, 4))
trace = layer.trace(np.ones((2, 5, 4)))
report = le.compare(trace, trace)
assert report and not [name for name in sys.modules if name.startswith("lstm_edu.doctor")]
assert report.adequacy is not None and "keras" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_mistake_that_is_called_caught_is_one():
    layer, x = randomise(built(le.GRU(4)), rng_of(0)), sequences()
    right = layer(x)
    for made in adequacy(layer.trace(x), brief=True).caught:
        assert not le.compare(CATALOGUE[made.mistake.id].output(layer, x), right)


def test_a_relu_too_many_is_not_seen_where_nothing_is_negative():
    layer = built(le.Dense(3), (None, 2))
    layer.set_weights([np.array([[0.5, 1, 2], [0.25, 3, 0.75]]), np.array([0.1, 0.2, 0.3])])
    missed = {one.id: one.why for one in adequacy(layer, np.array([[1.0, 2], [3, 0.5]])).missed}
    assert missed == {"extra-activation:relu": "no output is negative"}


def test_what_the_first_steps_show_is_not_caught_where_only_the_last_step_is_returned():
    layer = randomise(built(le.LSTM(4)), rng_of(0))
    kernel, recurrent_kernel, bias = layer.get_weights()
    bias[4:8] = -9  # what was there at the beginning is soon forgotten
    layer.set_weights([kernel, 0.01 * recurrent_kernel, bias])
    start = [rng_of(2).standard_normal((2, 4)), rng_of(3).standard_normal((2, 4))]
    trace = layer.trace(sequences(2, 30), initial_state=start)
    assert "h-c-swapped" in ids(adequacy(trace).missed)
    assert "h-c-swapped" not in ids(adequacy(trace, inside=True).missed)


@pytest.mark.parametrize("wrapped", ["LSTM", "GRU"])
def test_the_beginning_of_both_directions_shows_only_what_the_whole_shows(wrapped):
    layer = randomise(built(le.Bidirectional(getattr(le, wrapped)(3, return_sequences=True))), rng_of(0))
    weights = layer.get_weights()
    weights[2] = np.zeros_like(weights[2])  # the way forward has no biases
    layer.set_weights(weights)
    found = adequacy(layer.trace(sequences()), inside=True, brief=True)
    assert found.missed and all(made.place == ("forward",) for made in (one.made for one in found.missed))
    assert all(one.why == "all biases are zero" for one in found.missed)
    assert {("both",), ("backward",)} <= {made.place for made in found.caught}
