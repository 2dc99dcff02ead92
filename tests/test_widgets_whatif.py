"""The LSTM explorer's what-if on Python's side: how it is asked, checked, joined, and which mistakes are offered."""

import json

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import widgets
from lstm_edu.doctor import CATALOGUE
from lstm_edu.widgets import _base, words

B, T, F, H = 2, 7, 4, 3
RNG = np.random.default_rng(5)
X = RNG.normal(size=(B, T, F)).astype("float32")


def lstm(**flags):
    layer = le.LSTM(H, return_sequences=True, **flags)
    layer.build((None, None, F))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def explorer(**call):
    return le.explore(lstm(), X, **call)


def test_everything_that_can_be_asked_is_written_down():
    asked = explorer(batch=1)
    seen = []
    asked.observe(lambda change: seen.append(change["new"]), "whatif")
    asked.what_if(
        hold={"f": 1, "o": np.float32(0.25)},
        unit=2,
        steps=(1, 4),
        mistake="gate-order:i,g,f,o",
        x={(3, 0): 2, (0, 6, 1): -1.5},
        kernel={(1, 11): 0.5},
        recurrent_kernel={(2, np.int64(7)): 0.125},
        bias={5: -1},
    )
    place = {"unit": 2, "from": 1, "to": 4}
    assert asked.whatif == {
        "hold": [{"gate": "f", "value": 1.0} | place, {"gate": "o", "value": 0.25} | place],
        "numbers": {
            "x[1,3,0]": 2.0,  # of the sequence shown
            "x[0,6,1]": -1.5,
            "kernel[1,11]": 0.5,
            "recurrent_kernel[2,7]": 0.125,
            "bias[5]": -1.0,
        },
        "mistake": "gate-order:i,g,f,o",
    }
    assert json.loads(json.dumps(asked.whatif)) == asked.whatif
    asked.reset()
    assert asked.whatif == {}
    assert len(seen) == 2


def test_a_new_question_takes_the_place_of_the_old_one_or_is_added_to_it():
    asked = explorer()
    asked.what_if(hold={"f": 1, "i": 0}, bias={0: 1})
    asked.what_if(mistake="bias-twice")
    assert asked.whatif == {"mistake": "bias-twice"}
    asked.what_if(hold={"f": 1, "i": 0}, bias={0: 1}, add=True)
    asked.what_if(hold={"f": 0.5}, bias={0: 2, 1: 3}, add=True)
    assert asked.whatif == {
        "hold": [{"gate": "i", "value": 0.0}, {"gate": "f", "value": 0.5}],
        "numbers": {"bias[0]": 2.0, "bias[1]": 3.0},
        "mistake": "bias-twice",
    }
    asked.what_if(hold={"f": 0.5}, unit=1, add=True)
    assert len(asked.whatif["hold"]) == 3  # of another place
    asked.what_if()
    assert asked.whatif == {}


def test_the_trait_takes_what_the_page_writes():
    asked = le.explore(lstm(), X, whatif={"hold": [{"gate": "g", "value": 0}]})
    assert asked.whatif == {"hold": [{"gate": "g", "value": 0.0}]}
    asked.whatif = {"hold": [], "numbers": {"kernel[0, 3]": 1}, "mistake": ""}
    assert asked.whatif == {"numbers": {"kernel[0,3]": 1.0}}
    asked.whatif = {"hold": [{"gate": "f", "value": 1, "unit": None, "from": 0, "to": 6}]}
    assert asked.whatif == {"hold": [{"gate": "f", "value": 1.0, "from": 0, "to": 6}]}


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"hold": {"c": 1}}, ValueError, "one of i, f, g, o, got 'c': c and h are states"),
        ({"hold": {"forget": 1}}, ValueError, "one of i, f, g, o, got 'forget'"),
        ({"hold": {"f": "open"}}, TypeError, "the value at which f is held must be a number, got 'open' .str."),
        ({"hold": {"f": True}}, TypeError, "must be a number, got True"),
        ({"hold": {"f": np.nan}}, ValueError, "must be a finite number, got nan"),
        ({"hold": {"f": 7}}, ValueError, "f is held at 7, which sigmoid never gives: it is between 0 and 1"),
        ({"hold": {"g": -1.5}}, ValueError, "g is held at -1.5, which tanh never gives: it is between -1 and 1"),
        ({"hold": "f"}, TypeError, "hold must be a dict such as .* got str"),
        ({"hold": {"f": 1}, "unit": 3}, ValueError, "unit must be from 0 to 2, as there are 3 units, got 3"),
        ({"hold": {"f": 1}, "unit": 1.0}, TypeError, "unit must be a whole number, got 1.0"),
        ({"hold": {"f": 1}, "steps": (2, 7)}, ValueError, "to must be from 0 to 6, as there are 7 steps, got 7"),
        ({"hold": {"f": 1}, "steps": (5, 2)}, ValueError, "got from 5 to 2: swapped.?"),
        ({"hold": {"f": 1}, "steps": 3}, TypeError, "steps must be the first and the last step"),
        ({"unit": 1}, ValueError, "no gate is: hold=.'f': 1. is missing"),
        ({"steps": (0, 1)}, ValueError, "steps=.0, 1. says where gates are held, but no gate is"),
        ({"mistake": "gate-ordre:i,g,f,o"}, ValueError, "no mistake 'gate-ordre:i,g,f,o'; did you mean 'gate-order:"),
        ({"mistake": "mask-lost"}, ValueError, "mask-lost cannot be switched on here: .*no mask"),
        ({"mistake": "gru-reset-after"}, ValueError, "it belongs to another kind of layer"),
        ({"mistake": 3}, TypeError, "a mistake is named by its id in le.mistakes.., got 3"),
        ({"x": {(7, 0): 1}}, ValueError, r"in x of shape \(2, 7, 4\), .* got 'x\[0,7,0\]'"),
        ({"x": {3: 1}}, ValueError, r"got 'x\[3\]'"),
        ({"x": [1, 2]}, TypeError, "x must be a dict of places and numbers, got list"),
        ({"kernel": {(4, 0): 1}}, ValueError, r"kernel of shape \(4, 12\)"),
        ({"kernel": {(-1, 0): 1}}, ValueError, r"got 'kernel\[-1,0\]'"),
        ({"recurrent_kernel": {(0, 12): 1}}, ValueError, r"recurrent_kernel of shape \(3, 12\)"),
        ({"bias": {(0, 1): 1}}, ValueError, r"bias of shape \(12,\); got 'bias\[0,1\]'"),
        ({"bias": {0: "1"}}, TypeError, r"bias\[0\] must be a number, got '1'"),
    ],
)
def test_a_wrong_question_is_told_by_rule_value_and_cause(asked, error, message):
    one = explorer(whatif={"mistake": "bias-twice"})
    with pytest.raises(error, match=message):
        one.what_if(**asked)
    assert one.whatif == {"mistake": "bias-twice"}


@pytest.mark.parametrize(
    ("written", "error", "message"),
    [
        ({"gates": []}, ValueError, "a what-if has hold, numbers and mistake, got 'gates'"),
        ({"hold": {"f": 1}}, TypeError, "hold must be a list such as"),
        ({"hold": [{"gate": "f"}]}, ValueError, "the value at which f is held is missing"),
        ({"hold": [{"gate": "f", "value": 1, "until": 3}]}, ValueError, "got 'until'"),
        ({"hold": ["f"]}, TypeError, "a gate is held by a dict"),
        ({"numbers": [1]}, TypeError, "numbers must be a dict"),
        ({"numbers": {"W[0,3]": 1.0}}, ValueError, r"is named like .* got 'W\[0,3\]'"),
    ],
)
def test_what_the_page_could_not_have_written_is_refused(written, error, message):
    with pytest.raises(error, match=message):
        explorer().whatif = written


def test_a_layer_without_bias_has_none_to_change():
    asked = le.explore(lstm(use_bias=False), X)
    with pytest.raises(ValueError, match=r"this layer has no bias .use_bias=False."):
        asked.what_if(bias={0: 1})
    asked.what_if(mistake="tf1-forget-bias")  # adds its 1 anyway


# --- the mistakes that are offered ----------------------------------------------------------------------------------


def offered(explorer) -> set[str]:
    return {entry["id"] for entry in explorer._spec["mistakes"]}


def test_only_mistakes_that_can_be_made_in_this_run_are_offered():
    plain = offered(explorer())
    mask = RNG.random((B, T)) < 0.6
    states = [RNG.normal(size=(B, H)) for _ in "hc"]
    assert {"gate-order:i,g,f,o", "bias-missing", "recurrent-transposed", "state-not-carried"} <= plain
    assert offered(explorer(mask=mask)) - plain == {
        "mask-lost", "mask-lost:inverted", "cudnn-mask", "masked-steps:state-zeroed", "masked-steps:c-goes-on",
        "masked-steps:h-goes-on", "masked-steps:input-zeroed", "masked-steps:zero",
    }  # fmt: skip
    assert "masked-steps:initial-state" in offered(explorer(mask=mask, initial_state=states))
    assert offered(explorer(initial_state=states)) - plain == {
        "h-c-swapped", "state-not-carried:initial-state", "state-not-carried:initial-everywhere",
    }  # fmt: skip
    assert not {"bias-missing", "bias-twice", "bias-wrong-gate:i-f"} & offered(le.explore(lstm(use_bias=False), X))
    assert "kernel-transposed" not in plain  # more features than units: it would not fit
    assert offered(widgets.LSTMExplorer(lstm().trace(X[:1]))) == plain


def test_words_are_there_for_mistakes_of_the_catalogue_only():
    known = [id for group in words._MISTAKES.values() for id in group]
    assert len(set(known)) == len(known) and all(id in CATALOGUE for id in known)
    assert words.mistake("axes-swapped:output") is None


def test_each_mistake_is_said_in_words_of_its_own_in_a_group():
    mask, states = RNG.random((B, T)) < 0.6, [RNG.normal(size=(B, H)) for _ in "hc"]
    entries = explorer(mask=mask, initial_state=states)._spec["mistakes"]
    for entry in entries:
        assert set(entry) == {"id", "group", "words", "sentence", "fix"}
        assert 5 < len(entry["words"]) <= 70 and entry["id"] not in entry["words"], entry
    assert len({entry["words"] for entry in entries}) == len(entries)
    assert len({entry["group"] for entry in entries}) == 9
    said = {entry["id"]: entry["words"] for entry in entries}
    assert said["gate-order:i,o,f,g"] == "order i, o, f, g, as in ONNX"
    assert said["gate-order:o,g,f,i"] == "order o, g, f, i"
    assert said["bias-wrong-gate:f-o"] == "the biases of f and o swapped"


def test_mistakes_of_what_is_returned_are_those_of_what_this_layer_returns():
    def of_output(**flags):
        layer = le.LSTM(H, **flags)
        layer.build((None, None, F))
        layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
        ids = offered(le.explore(layer, X))
        return {i for i in ids if i.split(":")[0] in ("return-last-vs-sequence", "go-backwards-order", "slicing")}

    always = {"return-last-vs-sequence:c-for-h", "slicing:last-step-skipped"}
    assert of_output() == always | {"return-last-vs-sequence:sequence", "return-last-vs-sequence:first"}
    assert of_output(return_sequences=True) == always | {"return-last-vs-sequence:last", "go-backwards-order"}
    asked = explorer()
    asked.what_if(mistake="return-last-vs-sequence:c-for-h")
    assert asked.whatif == {"mistake": "return-last-vs-sequence:c-for-h"}
    with pytest.raises(ValueError, match="direction cannot be switched on here: .* or the page cannot compute it"):
        asked.what_if(mistake="go-backwards-order:direction")


def test_every_lstm_of_a_model_has_its_mistakes():
    model = le.Sequential([lstm(), le.LSTM(2), le.Dense(1)])
    model.build((None, T, F))
    specs = le.explore(model, X)._spec["layers"]
    assert len(specs[0]["mistakes"]) > 60
    first, second = ({m["id"] for m in spec["mistakes"]} for spec in specs[:2])
    assert second - first == {f"return-last-vs-sequence:{what}" for what in ("sequence", "first")}
    assert "mistakes" not in specs[2]


# --- runs that the page cannot compute ------------------------------------------------------------------------------


def test_weights_travel_unless_they_are_too_large(monkeypatch):
    layer = lstm()
    size = sum(w.nbytes for w in layer.weights)
    asked = le.explore(layer, X)
    assert {"kernel", "recurrent_kernel", "bias"} <= set(asked._spec["arrays"])
    assert asked._spec["no_what_if"] == ""
    monkeypatch.setattr(_base, "MAX_BYTES", 2 * size - 2)
    asked = le.explore(layer, X)
    assert "kernel" not in asked._spec["arrays"]
    with pytest.raises(ValueError, match="what if cannot be asked here. The weights .* too large to send"):
        asked.what_if(hold={"f": 1})
    asked.reset()


def test_a_run_with_dropout_is_not_computed_anew():
    layer = lstm(dropout=0.5, seed=3)
    assert le.explore(layer.trace(X))._spec["no_what_if"] == ""
    asked = le.explore(layer.trace(X, training=True))
    with pytest.raises(ValueError, match="made in training, with numbers dropped at random"):
        asked.whatif = {"mistake": "bias-missing"}


# --- names ----------------------------------------------------------------------------------------------------------


def test_an_explorer_may_have_a_name_of_its_own():
    layer = lstm(name="lstm_3")
    named = le.explore(layer, X, name="before training")
    assert named._spec["name"] == "before training"
    assert "'before training'" in repr(named) and "lstm_3" not in repr(named)
    assert le.explore(layer, X)._spec["name"] == "lstm_3"
    assert widgets.LSTMExplorer(layer.trace(X), name="one")._spec["name"] == "one"
    with pytest.raises(TypeError, match="name must be a string, got 3"):
        le.explore(layer, X, name=3)
