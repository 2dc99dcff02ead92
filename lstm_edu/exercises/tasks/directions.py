"""Two directions made one: what Bidirectional does with the outputs."""

import numpy as np

from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, lstm_of, normal, weights


def bidirectional(forward, backward):
    return np.concatenate([forward, backward[:, ::-1]], axis=2)


def _layers(rng, k):
    """Two LSTMs of this package, and an input."""
    batch, steps, features, units = [(2, 4, 3, 5), (3, 5, 2, 4), (4, 3, 5, 2), (2, 6, 4, 3)][k]
    a, b = weights(rng, features, units, 4), weights(rng, features, units, 4)
    layers = lstm_of(a, return_sequences=True), lstm_of(b, return_sequences=True, go_backwards=True)
    return layers, normal(rng, batch, steps, features)


def _draw(rng, k):
    (one, other), x = _layers(rng, k)
    return {"forward": one(x), "backward": other(x)}


def _reference(a):
    forward, backward = a["forward"], a["backward"]
    steps = forward.shape[1]
    return (np.stack([np.hstack([forward[:, t], backward[:, steps - 1 - t]]) for t in range(steps)], axis=1),)


_JOIN = "np.concatenate([forward, backward[:, ::-1]], axis=2)"

BIDIRECTIONAL = Exercise(
    name="bidirectional",
    title="join the outputs of two directions",
    idea="Bidirectional(LSTM(H, return_sequences=True)) runs one LSTM from the first timestep to the last, and another "
    "one from the last to the first. Both outputs are in the order in which they were computed. Join them along the "
    "last axis, forward first, so that both parts of each timestep belong to that timestep.",
    takes=(
        ("forward", "(B, T, H)", "outputs of the forward LSTM"),
        ("backward", "(B, T, H)", "outputs of the backward LSTM, in the order in which it computed them"),
    ),
    returns=(Output("y", ("sequence", "timestep", "unit"), "(B, T, 2H)"),),
    draw=_draw,
    reference=_reference,
    example=lambda: {
        "forward": array([[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]),
        "backward": array([[50, 60], [30, 40], [10, 20]], [[110, 120], [90, 100], [70, 80]]),
    },
    hints=(
        "What did the backward LSTM read first? So which timestep does backward[:, 0] belong to?",
        "Look at the three axes, batch, time and units: one of the two arrays is reversed along one axis, and "
        "then both are joined along another.",
        "y = np.concatenate([forward, ...], axis=...)",
    ),
    answer=(bidirectional,),
    wrong_answers=(
        Wrong(
            lambda forward, backward: np.concatenate([forward, backward], axis=2),
            sentence="The backward outputs are still in reversed time: backward[:, 0] belongs to the last timestep.",
            fix=_JOIN,
        ),
        Wrong(
            lambda forward, backward: np.concatenate([backward[:, ::-1], forward], axis=2),
            sentence="The two parts are swapped: the forward one comes first.",
            fix=_JOIN,
        ),
        Wrong(
            lambda forward, backward: np.concatenate([forward, backward[:, :, ::-1]], axis=2),
            sentence="You reversed the units; reverse the timesteps, the axis in the middle.",
            fix=_JOIN,
        ),
        Wrong(
            lambda forward, backward: np.concatenate([forward[:, ::-1], backward], axis=2),
            sentence="You reversed the wrong one: the forward outputs are already in order.",
            fix=_JOIN,
        ),
        Wrong(
            lambda forward, backward: np.concatenate([forward, backward[::-1]], axis=2),
            sentence="You reversed the sequences of the batch; reverse the timesteps, the axis in the middle.",
            fix=_JOIN,
        ),
        Wrong(
            lambda forward, backward: np.concatenate([forward, np.flip(backward)], axis=2),
            sentence="You reversed all three axes; reverse only the timesteps, the axis in the middle.",
            fix=_JOIN,
        ),
        Wrong(
            lambda forward, backward: np.concatenate([forward, backward[:, ::-1]], axis=1),
            sentence="You put one after the other in time; they should be side by side, along the last axis.",
            fix=_JOIN,
        ),
        Wrong(
            lambda forward, backward: forward + backward[:, ::-1],
            sentence="You add the two (that is merge_mode='sum'); here they are put side by side.",
            fix=_JOIN,
        ),
    ),
)
