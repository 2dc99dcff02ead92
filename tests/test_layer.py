"""What all layers share: copies keep weights as safe as the original's."""

import copy
import pickle

import numpy as np
import pytest
from helpers import B, F, H, T, ours, randomise, rng_of, sequences

import lstm_edu as le
from lstm_edu.core.checks import plural

COPIES = {"pickled": lambda value: pickle.loads(pickle.dumps(value)), "deepcopied": copy.deepcopy}


def _model():
    model = le.Sequential([le.Bidirectional(le.LSTM(H, return_sequences=True)), le.GRU(2), le.Dense(3)])
    model.build((None, None, F))
    return randomise(model, rng_of(1))


MADE = {"LSTM": lambda: ours("LSTM", rng_of(0), units=H), "model": _model}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("what", MADE)
def test_a_copy_computes_the_same_and_its_weights_stay_read_only(what, how):
    layer = MADE[what]()
    twin = COPIES[how](layer)
    assert len(twin.weights) == len(layer.weights)
    for mine, its in zip(layer.weights, twin.weights, strict=True):
        assert not its.flags.writeable and (its == mine).all() and not np.shares_memory(its, mine)
        with pytest.raises(ValueError, match="read-only"):
            its[...] = 0
    x = sequences(rng_of(2))
    assert (twin(x) == layer(x)).all()
    twin.set_weights([0 * w for w in twin.get_weights()])
    assert all(w.any() for w in layer.weights), "the original keeps its own"


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_that_is_not_built_and_one_with_states(how):
    assert not COPIES[how](le.LSTM(H)).built
    layer = ours("LSTM", rng_of(3), (B, T, F), units=H, stateful=True)
    layer(sequences(rng_of(4)))
    twin = COPIES[how](layer)
    for mine, its in zip(layer.states, twin.states, strict=True):
        assert mine.all() and (mine == its).all()


@pytest.mark.parametrize(
    ("count", "word", "text"),
    [(1, "unit", "1 unit"), (0, "unit", "0 units"), (1200, "row of the table", "1,200 rows of the table"),
     (1, "row of the table", "1 row of the table"), (3, "entry", "3 entries"), (2, "array", "2 arrays"),
     (4, "hypothesis", "4 hypotheses"), (1, "axis", "1 axis")],
)  # fmt: skip
def test_what_is_counted_is_one_or_many(count, word, text):
    assert plural(count, word) == text


def _one_of_each():
    """A layer with one unit on one feature, built."""
    layer = le.LSTM(1, return_sequences=True, name="lone")
    layer.build((None, None, 1))
    return randomise(layer, rng_of(3))


ONE = np.full((1, 1, 1), 0.5, np.float32)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(lambda layer: layer(np.ones((1, 2, 3))), "must have 1 feature on its last axis"),
     (lambda layer: le.explore(layer, ONE, unit=1), "unit must be 0, as there is 1 unit, got 1"),
     (lambda layer: le.explore(layer, ONE, t=-1), "t must be 0, as there is 1 timestep, got -1: counting from the end"),
     (lambda layer: le.explore(layer, ONE, units=["a", "b"]), "one name for the unit of 'lone', .*, got 2 names"),
     (lambda layer: le.lstm_step(ONE[0], ONE[0], ONE[0], np.ones((1, 2)), *layer.get_weights()[1:]),
      "with 1 feature and 1 unit, kernel must have shape")],
)  # fmt: skip
def test_messages_count_one_as_one(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong(_one_of_each())
