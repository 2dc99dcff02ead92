"""Two directions put together."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


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


_TIME = "reverse the timesteps, the axis in the middle."

DIRECTION_SLIPS = (
    Slip(
        "turned = backward[:, ::-1]",
        "turned = backward",
        "The backward outputs are still in reversed time: backward[:, 0] belongs to the last timestep.",
        0.98,
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = backward[:, :, ::-1]",
        f"The units of backward are reversed; {_TIME}",
    ),
    Slip("turned = backward[:, ::-1]", "turned = backward[::-1]", f"The sequences of backward are reversed; {_TIME}"),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.flip(backward)",
        f"All three axes of backward are reversed; {_TIME}",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = backward[:, ::-1, ::-1]",
        f"The timesteps and the units of backward are reversed; {_TIME}",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.roll(backward[:, ::-1], 1, axis=1)",
        "backward is reversed, but moved by one timestep.",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.roll(backward[:, ::-1], -1, axis=1)",
        "backward is reversed, but moved by one timestep.",
        1.05,
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.concatenate([backward[:, ::-1][:, 1:], 0 * backward[:, :1]], axis=1)",
        "backward is reversed, but moved by one timestep, with 0 at the end.",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.concatenate([0 * backward[:, :1], backward[:, ::-1][:, :-1]], axis=1)",
        "backward is reversed, but moved by one timestep, with 0 at the beginning.",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.repeat(backward[:, -1:], backward.shape[1], axis=1)",
        "The last output of backward is there for every timestep; each timestep has its own.",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.repeat(backward[:, :1], backward.shape[1], axis=1)",
        "The first output of backward is there for every timestep; each timestep has its own.",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = np.sort(backward, axis=1)",
        "backward is sorted by size; it should be reversed in time.",
    ),
    Slip("turned = backward[:, ::-1]", "turned = -backward", "backward gets a minus; it should be reversed in time."),
    Slip(
        "turned = backward[:, ::-1]",
        "turned, forward = backward, forward[:, ::-1]",
        "forward is reversed, and backward is not: it should be the other way round.",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "turned, forward = backward[:, ::-1], forward[:, ::-1]",
        "forward is reversed too; it is already in order.",
    ),
    Slip(
        "turned = backward[:, ::-1]",
        "forward = turned = backward[:, ::-1]",
        "backward is there twice, and forward is missing.",
        1.05,
    ),
    Slip("turned = backward[:, ::-1]", "turned = forward", "forward is there twice, and backward is missing.", 1.05),
    Slip(
        "turned = backward[:, ::-1]",
        "turned = forward[:, ::-1]",
        "Where backward belongs there is forward, reversed.",
        1.05,
    ),
    *(
        Slip("np.concatenate([forward, turned], axis=2)", new, said)
        for new, said in (
            ("np.concatenate([turned, forward], axis=2)", "The two parts are swapped: the forward one comes first."),
            (
                "np.concatenate([forward, turned], axis=1)",
                "One comes after the other in time; they should be side by side, along the last axis.",
            ),
            (
                "np.concatenate([turned, forward], axis=1)",
                "One comes after the other in time, backward first; they should be side by side, forward first.",
            ),
            (
                "np.concatenate([forward, turned], axis=0)",
                "They are joined along the batch; they should be side by side, along the last axis.",
            ),
            ("forward + turned", "The two are added (merge_mode='sum'); here they are put side by side."),
            (
                "(forward + turned) / 2",
                "The mean of the two is taken (merge_mode='ave'); here they are put side by side.",
            ),
            ("forward * turned", "The two are multiplied (merge_mode='mul'); here they are put side by side."),
            ("forward - turned", "The difference of the two is taken; here they are put side by side."),
            ("np.maximum(forward, turned)", "The larger of the two is taken; here they are put side by side."),
            ("forward", "The backward part is missing."),
            ("turned", "The forward part is missing."),
            (
                "np.stack([forward, turned], axis=2)",
                "The two are stacked along a new axis; they should be joined along the last one.",
            ),
            (
                "np.stack([forward, turned], axis=-1)",
                "The two are stacked along a new axis; they should be joined along the last one.",
            ),
            (
                "np.stack([forward, turned], axis=0)",
                "The two are stacked along a new axis; they should be joined along the last one.",
            ),
            (
                "np.stack([forward, turned], axis=-1).reshape(*forward.shape[:2], -1)",
                "The units of both alternate; forward's units come first, then backward's.",
            ),
            (
                "np.stack([forward, turned], axis=2).reshape(len(forward), -1, forward.shape[2])",
                "The timesteps of both alternate; they should be side by side in each timestep.",
            ),
            ("np.concatenate([forward, turned], axis=2)[:, ::-1]", "The result is reversed in time as a whole."),
            (
                "np.concatenate([forward[:, -1], turned[:, -1]], axis=1)",
                "Only the last timestep is returned; all timesteps are expected.",
            ),
            (
                "np.concatenate([forward[:, -1], turned[:, 0]], axis=1)",
                "Only one output of each direction is returned; all timesteps are expected.",
            ),
            (
                "np.concatenate([forward[..., :forward.shape[2] // 2], turned[..., forward.shape[2] // 2:]], axis=2)",
                "Half of the units of each are taken; all units of both are expected.",
            ),
        )
    ),
)
