"""The input that a model was made for: what is drawn where none is given, and what the report says about it."""

import numpy as np
import pytest
from helpers import B, F, H, T, keras, keras_noise_allowed, rng_of, sequences

import lstm_edu as le
from lstm_edu.keras_bridge import drawing, inputs

V = 11


def model_of(*layers, shape=(T, F), dtype="float32"):
    return keras().Sequential([keras().Input(shape, dtype=dtype, name="given"), *layers])


def drawn(model):
    x, note = inputs.of_model(model, None)
    return np.asarray(x), note


def test_ids_are_below_input_dim_and_padded_where_zero_is_masked():
    layers = keras().layers
    x, note = drawn(model_of(layers.Embedding(V, 3, mask_zero=True), layers.LSTM(H), shape=(T,), dtype="int32"))
    assert x.shape == (drawing.BATCH, T) and 0 < x.max() < V
    assert (x[1] == 0).any() and (x[0] > 0).all()
    assert "ids below 11, padded with 0" in note and "give yours" not in note


def test_the_smallest_of_several_vocabularies_counts():
    layers = keras().layers
    ids = keras().Input((T,), dtype="int32")
    both = layers.Add()([layers.Embedding(V, 3)(ids), layers.Embedding(4, 3)(ids)])
    x, _ = drawn(keras().Model(ids, layers.LSTM(H)(both)))
    assert x.max() < 4


def test_one_hot_in_the_model_wants_ids():
    ids = keras().Input((T,), dtype="int32")
    model = keras().Model(ids, keras().layers.LSTM(H)(keras().ops.one_hot(ids, V)))
    x, note = drawn(model)
    assert x.dtype.kind == "i" and 1 < x.max() < V and "ids below 11" in note


def test_a_masking_layer_gets_steps_to_mask():
    layers = keras().layers
    model = model_of(layers.Masking(-1.0), layers.LSTM(H))
    x, note = drawn(model)
    assert (x == -1).all(axis=-1).any(axis=1).tolist() == [False, True, False]
    assert "padded with the mask_value -1" in note
    report = le.verify(model).check()
    assert report.layers[1].ours.mask is not None and not report.layers[1].ours.mask.all()


def test_a_model_that_predicts_the_next_of_what_it_reads_gets_one_hot_rows():
    layers = keras().layers
    x, note = drawn(model_of(layers.LSTM(H), layers.Dense(V, "softmax"), shape=(T, V)))
    assert ((x == 0) | (x == 1)).all() and (x.sum(axis=-1) == 1).all()
    assert "one-hot rows" in note and "give yours" not in note
    y, note = drawn(model_of(layers.LSTM(H), layers.Dense(V), shape=(T, V)))
    assert not (y == x).all() and "give yours" in note, "no softmax: no distribution over what is read"


def test_numbers_have_the_scale_that_the_model_was_adapted_to():
    layers = keras().layers
    normalize = layers.Normalization()
    seen = 50 + 7 * rng_of(1).standard_normal((400, T, F))
    normalize.adapt(seen)
    x, note = drawn(model_of(normalize, layers.LSTM(H)))
    assert 30 < x.mean() < 70 and 4 < x.std() < 10 and "Normalization was adapted to" in note
    x, note = drawn(model_of(layers.Rescaling(1 / 255), layers.LSTM(H)))
    assert 0 <= x.min() and 128 < x.max() <= 255 and "from 0 to 255" in note


def test_words_come_from_the_vocabulary():
    layers = keras().layers
    lookup = layers.StringLookup(vocabulary=["up", "down", "left"])
    model = model_of(lookup, layers.Embedding(4, 3), layers.LSTM(H), shape=(T,), dtype="string")
    x, note = drawn(model)
    assert {w.decode() if isinstance(w, bytes) else w for w in x.ravel()} <= {"up", "down", "left"}
    assert f"words from the vocabulary of {lookup.name!r}" in note
    report = le.verify(model).check()
    assert {"embedding", "lstm"} <= {layer.kind.lower() for layer in report.layers}
    le.verify(model, [["up", "left", "up", "up", "down", "nowhere"]]).check()


def test_text_of_which_nothing_is_known_is_asked_for():
    layers = keras().layers
    hashed = layers.Hashing(V)
    model = model_of(hashed, layers.Embedding(V, 3), layers.LSTM(H), shape=(T,), dtype="string")
    with pytest.raises(ValueError, match="'given' takes text, and no vocabulary says which: give an x"):
        le.verify(model)
    le.verify(model, np.full((2, T), "word")).check()
    with pytest.raises(ValueError, match="takes shape"):
        le.verify(model, ["word"])
    with pytest.raises(TypeError, match="takes text: give strings"):
        le.verify(model, [[1, 2, 3, 4, 5, 6]])


def test_where_nothing_can_be_known_the_report_says_so():
    report = le.verify(model_of(keras().layers.LSTM(H), keras().layers.Dense(2)))
    (note,) = report.notes
    assert note.endswith("Nothing shows what 'given' should hold: give yours (x=..., or --input X.npy)")


def test_a_name_that_keras_made_up_is_not_shown(tmp_path):
    layers = keras().layers
    model = keras().Sequential([keras().Input((T, F)), layers.LSTM(H)])
    with keras_noise_allowed():
        model.save(tmp_path / "model.keras")
    for source in (model, tmp_path / "model.keras"):
        (note,) = le.verify(source).notes
        assert f"(seed 0): (3, {T}, {F}) float32" in note and "Nothing shows what the input should hold" in note


def test_another_seed_draws_another_input():
    model = model_of(keras().layers.LSTM(H))
    one, other = (np.asarray(inputs.of_model(model, None, seed=seed)[0]) for seed in (0, 1))
    assert not (one == other).any() and (one == drawn(model)[0]).all()
    assert sequences(rng_of(0)).shape == one.shape == (B, T, F)
