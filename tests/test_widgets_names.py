"""Names of features, units, classes, words and steps, on Python's side. tests/browser/test_names.py has the page."""

import re

import numpy as np
import pytest
from helpers import keras, keras_noise_allowed

import lstm_edu as le

RNG = np.random.default_rng(37)
B, T, F, H = 2, 5, 3, 4
X = RNG.normal(size=(B, T, F)).astype("float32")
IDS = RNG.integers(0, 6, size=(B, T))
FEATURES, UNITS = ["value", "write", "tell"], ["north", "east", "south", "west"]
WORDS = ["(none)", "the", "bat", "hits", "ball", "game"]
STEPS = ["the", "bat", "hits", "the", "ball"]  # a word may come twice


def made(kind, *arguments, shape=(None, T, F), **options):
    layer = getattr(le, kind)(*arguments, **options)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def stack(*layers, shape=(None, T)):
    model = le.Sequential(list(layers))
    model.build(shape)
    model.set_weights([RNG.normal(size=w.shape) for w in model.get_weights()])
    return model


def text_model():
    return stack(
        le.Embedding(6, F, mask_zero=True, name="table"),
        le.LSTM(H, return_sequences=True, name="one"),
        le.Dropout(0.3, name="drop"),
        le.GRU(3, go_backwards=True, name="two"),
        le.Dense(2, "softmax", name="out"),
    )


def told(explorer) -> dict:
    """Of a model: by the names of its layers."""
    spec = explorer._spec
    return {one["tab"]: one["named"] for one in spec["layers"]} if "layers" in spec else spec["named"]


# --- one layer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN", "Dense"])
def test_features_units_and_steps_are_told(kind):
    layer = made(kind, H)
    assert told(le.explore(layer, X)) == {}
    explorer = le.explore(layer, X, features=FEATURES, units=tuple(UNITS), steps=np.array(STEPS))
    assert told(explorer) == {"features": FEATURES, "units": UNITS, "steps": STEPS}
    by_sequence = [STEPS, STEPS[::-1]]
    assert told(le.explore(layer, X, steps=by_sequence)) == {"steps": by_sequence}


def test_steps_are_named_in_the_order_in_which_they_are_read():
    layer = made("LSTM", H, go_backwards=True)
    assert told(le.explore(layer, X, steps=STEPS))["steps"] == STEPS[::-1]
    assert told(le.explore(layer, X, steps=[STEPS, WORDS[:T]]))["steps"] == [STEPS[::-1], WORDS[:T][::-1]]


def test_classes_are_the_units_of_a_dense_layer():
    assert told(le.explore(made("Dense", 2), X, classes=["bat", "ball"])) == {"units": ["bat", "ball"], "classes": True}


def test_words_are_the_rows_of_a_table_or_those_that_travel(monkeypatch):
    layer = made("Embedding", 6, 4, shape=(None, T))
    assert told(le.explore(layer, IDS, words=WORDS)) == {"words": WORDS}
    monkeypatch.setattr("lstm_edu.widgets.embedding._TABLE_BYTES", 1)
    used = sorted(set(IDS.ravel()))
    assert len(used) < 6
    assert told(le.explore(layer, IDS, words=WORDS)) == {"words": [WORDS[k] for k in used]}


def test_names_are_taken_from_a_dataset_and_from_a_vocabulary():
    digits = le.datasets.digits()
    dense = made("Dense", 10, shape=(None, 8))
    explorer = le.explore(dense, digits.x_test[:2, 0], features=digits, classes=digits)
    assert told(explorer)["features"] == [f"column {k}" for k in range(1, 9)]
    assert told(explorer)["units"] == [str(k) for k in range(10)]

    class Tokenizer:  # as Keras 2's, and as pickles of it come back
        num_words = None
        index_word = {2: "bat", 1: "the", 3: "hits"}

    layer = made("Embedding", 6, 4, shape=(None, T))
    assert told(le.explore(layer, IDS, words=Tokenizer()))["words"] == ["(none)", "the", "bat", "hits", "4", "5"]
    lookup = keras().layers.StringLookup(vocabulary=["bat", "ball"], mask_token="")
    assert told(le.explore(layer, IDS, words=lookup))["words"] == ["(none)", "[UNK]", "bat", "ball", "4", "5"]


def test_a_layer_without_an_explorer_of_its_own_names_its_features():
    assert told(le.explore(made("Masking"), X, features=FEATURES, steps=STEPS)) == {
        "features": FEATURES,
        "steps": STEPS,
    }


# --- a model --------------------------------------------------------------------------------------------------------


def test_each_layer_of_a_model_has_its_part_and_hands_it_on():
    explorer = le.explore(
        text_model(), IDS, words=WORDS, units={"one": UNITS, "two": ["up", "down", "left"]}, classes=["dull", "fine"]
    )
    steps = [[WORDS[k] for k in row] for row in IDS]
    found = told(explorer)
    assert found["table"] == {"words": WORDS}
    assert found["one"] == {"units": UNITS, "steps": steps}
    assert found["drop"] == {"features": UNITS, "steps": steps}
    backwards = [row[::-1] for row in steps]
    assert found["two"] == {"units": ["up", "down", "left"], "features": UNITS, "steps": backwards}
    assert found["out"] == {"units": ["dull", "fine"], "classes": True, "features": ["up", "down", "left"]}


def test_features_are_those_of_the_models_input_and_units_of_its_one_recurrent_layer():
    model = stack(le.Masking(name="skip"), le.LSTM(H, name="one"), le.Dense(2, name="out"), shape=(None, T, F))
    found = told(le.explore(model, X, features=FEATURES, units=UNITS, steps=STEPS))
    assert found["skip"] == {"features": FEATURES, "steps": STEPS}
    assert found["one"] == {"units": UNITS, "steps": STEPS, "features": FEATURES}
    assert found["out"] == {"features": UNITS}


def test_nothing_is_handed_on_where_a_layer_does_not_read_the_one_before():
    both = made("Bidirectional", le.LSTM(F, return_sequences=True))  # as many units as features
    found = told(le.explore(both, X, units={"forward": UNITS[:F]}))
    assert found == {"forward": {"units": UNITS[:F]}, "backward": {}, "merged": {}}


def test_the_words_of_a_keras_model_that_looks_them_up_are_found(tmp_path):
    layers = keras().layers
    text = layers.TextVectorization(output_sequence_length=T)
    text.adapt(["the bat hits the ball", "a good game"])
    model = keras().Sequential(
        [keras().Input((1,), dtype="string"), text, layers.Embedding(12, F, mask_zero=True, name="table")]
        + [layers.LSTM(H, name="one")]
    )
    x = np.array([["the bat"], ["a good ball game"]], dtype=object)
    steps = [["the", "bat", "(none)", "(none)", "(none)"], ["a", "good", "ball", "game", "(none)"]]
    with keras_noise_allowed():
        model.save(tmp_path / "text.keras")
        for source in (model, tmp_path / "text.keras"):
            found = told(le.explore(source, x, units=UNITS))
            assert found["table"]["words"][:2] == ["(none)", "[UNK]"] and len(found["table"]["words"]) == 12
            assert found["one"] == {"units": UNITS, "steps": steps}
        own = [f"word {k}" for k in range(12)]
        assert told(le.explore(model, x, words=own))["table"]["words"] == own


# --- bad input ------------------------------------------------------------------------------------------------------

LSTM = lambda **names: le.explore(made("LSTM", H), X, **names)  # noqa: E731
DENSE = lambda **names: le.explore(made("Dense", 2), X, **names)  # noqa: E731
TABLE = lambda **names: le.explore(made("Embedding", 6, 4, shape=(None, T)), IDS, **names)  # noqa: E731
ALONE = lambda **names: le.explore(stack(le.LSTM(H), shape=(None, T, F)), X, **names)  # noqa: E731
PAIR = lambda **names: le.explore_pair(*[made("LSTM", H).trace(X) for _ in range(2)], **names)  # noqa: E731
MODEL = lambda **names: le.explore(text_model(), IDS, **names)  # noqa: E731


@pytest.mark.parametrize(
    ("make", "names", "error", "message"),
    [
        (
            LSTM,
            {"features": FEATURES[:2]},
            ValueError,
            "features must be one name for each of the 3 features of x, in the order of x[..., :], got 2",
        ),
        (
            LSTM,
            {"units": FEATURES},
            ValueError,
            "units must be one name for each of the 4 units of 'lstm', in the order of its output, got 3 names",
        ),
        (LSTM, {"units": []}, ValueError, "got 0 names"),
        (
            LSTM,
            {"steps": STEPS[1:]},
            ValueError,
            "steps must be one name for each of the 5 steps of 'lstm', got 4 names",
        ),
        (LSTM, {"steps": [STEPS]}, ValueError, "one list for all sequences, or 2, one for each, got 1 list"),
        (LSTM, {"steps": [STEPS, STEPS[:3]]}, ValueError, "steps[1] must be one name for each of the 5 steps"),
        (
            LSTM,
            {"features": ["a", "b", "a"]},
            ValueError,
            "features must tell apart what they name, but 'a' is there twice, as number 0 and number 2: a, b, a",
        ),
        (
            DENSE,
            {"classes": ["bat", "bat"]},
            ValueError,
            "classes must tell apart what they name, but 'bat' is there twice",
        ),
        (LSTM, {"features": "abc"}, TypeError, "features must be a list of names, got 'abc' (str): write ['abc']"),
        (LSTM, {"features": 3}, TypeError, "features must be a list of names, got 3 (int)"),
        (LSTM, {"features": {"value", "write", "tell"}}, TypeError, "features must be a list of names"),
        (LSTM, {"features": ["a", 1, "c"]}, TypeError, "features must be strings, but number 1 is 1 (int)"),
        (LSTM, {"features": [b"a", "b", "c"]}, TypeError, "features must be strings, but number 0 is b'a' (bytes)"),
        (LSTM, {"features": ["a", " ", "c"]}, ValueError, "features: number 1 is ' ', which cannot be read"),
        (
            LSTM,
            {"words": WORDS},
            TypeError,
            "words= names nothing in the explorer of LSTM layers, which takes features=, units=, steps=",
        ),
        (LSTM, {"classes": UNITS}, TypeError, "classes= names nothing in the explorer of LSTM layers"),
        (
            TABLE,
            {"features": FEATURES},
            TypeError,
            "features= names nothing in the explorer of Embedding layers, which takes words=, units=, steps=",
        ),
        (DENSE, {"classes": ["a", "b"], "units": ["a", "b"]}, TypeError, "give units= or classes=, not both"),
        (
            TABLE,
            {"words": WORDS[:4]},
            ValueError,
            "words must be one name for each of the 6 rows of the table (6 is the layer's input_dim), got 4 names",
        ),
        (
            LSTM,
            {"units": le.datasets.digits()},
            TypeError,
            "units= cannot be taken from a dataset, which names features, classes",
        ),
        (
            LSTM,
            {"features": le.datasets.digits()},
            ValueError,
            "3 features of x, in the order of x[..., :], got 8 names: column 1",
        ),
        (
            MODEL,
            {"features": FEATURES},
            ValueError,
            "features= names the features of the model's input, but these are ids: words= names them",
        ),
        (
            MODEL,
            {"units": UNITS},
            ValueError,
            "units= of a model with 2 recurrent layers must say which layer they belong to",
        ),
        (
            MODEL,
            {"units": {"three": UNITS}},
            ValueError,
            "units= names a layer 'three', but the layers are table, one, drop, two, out",
        ),
        (MODEL, {"units": {"one": UNITS[:3]}}, ValueError, "one name for each of the 4 units of 'one'"),
        (MODEL, {"steps": STEPS[1:]}, ValueError, "one name for each of the 5 steps"),
        (
            ALONE,
            {"classes": UNITS},
            ValueError,
            "classes= names the outputs of the last Dense layer, but this model has none",
        ),
        (PAIR, {"units": UNITS}, TypeError, "has no 'units'"),
    ],
)
def test_names_that_do_not_fit_are_told_by_rule_value_and_cause(make, names, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make(**names)


def test_a_vocabulary_of_another_model_is_refused():
    lookup = keras().layers.StringLookup(vocabulary=[f"word {k}" for k in range(9)])
    with pytest.raises(
        ValueError, match=r"StringLookup knows 10 words, but there are 6 rows .* that of another model\?"
    ):
        TABLE(words=lookup)
