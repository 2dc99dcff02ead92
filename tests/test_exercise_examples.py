"""The worked example on a task's card must not confirm a wrong answer."""

import copy

import numpy as np
import pytest

import lstm_edu as le

DIGITS = 1e-4  # what the card shows
# One example cannot both be clipped and stay as it is: these two are wrong only where nothing has to be clipped.
ONLY_IF_SHORT = {
    "You compare the square of the length with `most`; compare the length itself, after the root.",
    "Gradients that are short enough stay as they are; yours are made longer.",
}


def looks_alike(one, other):
    """Whether two results, or parts of them, cannot be told apart on the card."""
    if isinstance(other, tuple):
        return isinstance(one, tuple) and len(one) == len(other) and all(map(looks_alike, one, other))
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or (one.dtype.kind == "U") != (other.dtype.kind == "U"):
        return False
    if other.dtype.kind == "U":
        return one.tolist() == other.tolist()
    return np.allclose(one, other, rtol=0, atol=1.5 * DIGITS)


def on_the_example(name, function):
    with np.errstate(all="ignore"):
        return function(*copy.deepcopy(list(le.exercises.get(name).example().values())))


def confirms(name, wrong):
    """Whether the example gives its own result for this wrong answer, which raises nothing."""
    try:
        theirs = on_the_example(name, wrong.function)
    except (ValueError, IndexError, TypeError):
        return False
    return looks_alike(theirs, on_the_example(name, le.exercises.get(name).answer[-1]))


@pytest.mark.parametrize("name", le.exercises.names())
def test_an_example_confirms_no_typical_wrong_answer(name):
    confirmed = {
        wrong.sentence or wrong.cause for wrong in le.exercises.get(name).wrong_answers if confirms(name, wrong)
    }
    assert confirmed == (ONLY_IF_SHORT if name == "clip_together" else set())


@pytest.mark.parametrize("name", le.exercises.names())
def test_an_example_is_right_and_short(name):
    task = le.exercises.get(name)
    result = on_the_example(name, task.answer[-1])
    if name != "gated_memory":  # gates of exactly 0 and 1, which no sum of an LSTM gives
        assert looks_alike(result if len(task.returns) > 1 else (result,), tuple(task.reference(task.example())))
    lines = str(task.task.example).splitlines()
    assert len(lines) <= 36 and max(map(len, lines)) <= 110
    assert all(np.size(value) <= 24 for value in task.example().values())
