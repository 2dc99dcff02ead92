"""Two directions put together."""

import numpy as np


def bidirectional_by_steps(forward, backward):
    T = forward.shape[1]
    steps = []
    for t in range(T):
        steps.append(np.concatenate([forward[:, t], backward[:, T - 1 - t]], axis=1))
    return np.stack(steps, axis=1)


def bidirectional_by_lines(forward, backward):
    turned = backward[:, ::-1]
    return np.concatenate([forward, turned], axis=2)


def bidirectional_spelled_out(forward, backward):
    return np.concatenate([forward[::1, ::1, ::1], backward[::1, ::-1, ::1]], axis=-1)


DIRECTION_WORDS = {
    "forward": "the forward output",
    "backward": "the backward output",
    "backward[:, ::-1]": "the backward output (put in order)",
    "turned": "the backward output (put in order)",
    "forward[:, t]": "the forward output of step t",
    "backward[:, T - 1 - t]": "the backward output of step t",
    "T": "the number of timesteps",
    "forward.shape[1]": "the number of timesteps",
}
