"""What all layers share: copies keep weights as safe as the original's."""

import copy
import pickle

import numpy as np
import pytest
from helpers import B, F, H, T, ours, randomise, rng_of, sequences

import lstm_edu as le

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
