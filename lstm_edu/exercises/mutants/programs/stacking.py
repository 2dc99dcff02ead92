"""A second layer that reads the first, and the last output that counts."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip
from lstm_edu.exercises.mutants.programs.lstm import SEQUENCE_WORDS, lstm_step


def two_layers_in_turn(x, W1, U1, b1, W2, U2, b2):
    h1 = np.zeros((len(x), len(U1)))
    c1 = np.zeros((len(x), len(U1)))
    outputs = []
    for t in range(x.shape[1]):
        h1, c1 = lstm_step(x[:, t], h1, c1, W1, U1, b1)
        outputs.append(h1)
    h2 = np.zeros((len(x), len(U2)))
    c2 = np.zeros((len(x), len(U2)))
    for t in range(x.shape[1]):
        h2, c2 = lstm_step(outputs[t], h2, c2, W2, U2, b2)
    return h2


TWO_WORDS = SEQUENCE_WORDS | {
    "h1": "the output of the first layer",
    "c1": "the cell state of the first layer",
    "h2": "the output of the second layer",
    "c2": "the cell state of the second layer",
    "W1": "the first kernel",
    "U1": "the first recurrent kernel",
    "b1": "the first bias",
    "W2": "the second kernel",
    "U2": "the second recurrent kernel",
    "b2": "the second bias",
    "len(U1)": "the number of units of the first layer",
    "len(U2)": "the number of units of the second layer",
    "outputs": "the list of the first layer's outputs",
    "outputs[t]": "the output of the first layer at this step",
}

_LAST_EXPECTED = "its last output is expected."
_SECOND_AGAIN = (
    "h2, c2, second = 0 * h2, 0 * c2, []\nfor t in range(x.shape[1]):\n"
    "    h2, c2 = lstm_step(outputs[t], h2, c2, W2, U2, b2)\n    second.append(h2)\n"
)

TWO_SLIPS = (
    Slip("outputs[t]", "outputs[-1]", "At every timestep the second layer reads the last output of the first."),
    Slip("outputs[t]", "outputs[-1 - t]", "The second layer reads the outputs of the first from last to first."),
    Slip(
        "outputs.append(h1)",
        "outputs.append(c1)",
        "The second layer reads the cell state of the first; it should read its output, h1.",
    ),
    *(
        Slip("return h2", f"{_SECOND_AGAIN}return {new}", f"{said} of the second layer is returned; {_LAST_EXPECTED}")
        for new, said in (
            ("np.mean(second, axis=0)", "The mean of all outputs"),
            ("np.sum(second, axis=0)", "The sum of all outputs"),
            ("np.max(second, axis=0)", "The largest of all outputs"),
            ("second[0]", "The first output"),
        )
    ),
    Slip("return h2", "return np.tanh(h2)", "tanh is applied to the output once more."),
    Slip("return h2", "return c2", "You return the cell state of the second layer; its output is h2."),
)


def last_counting_by_rows(y, mask):
    h = []
    for n in range(len(y)):
        last = np.flatnonzero(mask[n])[-1]
        h.append(y[n, last])
    return np.array(h)


def last_counting_by_steps(y, mask):
    h = np.zeros((len(y), y.shape[2]))
    for t in range(y.shape[1]):
        h = np.where(mask[:, t, None], y[:, t], h)
    return h


def last_counting_reversed(y, mask):
    last = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    return y[np.arange(len(y)), last]


def last_counting_by_numbers(y, mask):
    last = (mask * np.arange(mask.shape[1])).max(axis=1)
    return y[np.arange(len(y)), last]


LAST_WORDS = {
    "y": "the outputs y",
    "mask": "the mask",
    "row": "the mask of one sequence",
    "mask[n]": "the mask of one sequence",
    "mask[:, t, None]": "the mask of this step",
    "mask[:, ::-1]": "the mask from its end",
    "y[:, t]": "the outputs of this step",
    "y[n, last]": "the output of that step",
    "last": "the number of the last step that counts",
    "h": "what is returned",
    "len(y)": "the number of sequences",
    "y.shape[1]": "the number of timesteps",
    "mask.shape[1]": "the number of timesteps",
    "y.shape[2]": "the number of units",
    "np.arange(len(y))": "the numbers of the sequences",
    "np.arange(mask.shape[1])": "the numbers of the timesteps",
}

LAST_SLIPS = (
    Slip("np.flatnonzero(mask[n])[-1]", "np.flatnonzero(mask[n])[0]", "The first step that counts is taken."),
    Slip("np.flatnonzero(mask[n])[-1]", "np.flatnonzero(mask[n])[-2]", "The last step but one that counts is taken."),
    Slip(
        "np.flatnonzero(mask[n])[-1]",
        "len(np.flatnonzero(mask[n])) - 1",
        "The number of steps that count tells where the last one is only if all padding is at the end.",
    ),
    Slip(
        "np.where(mask[:, t, None], y[:, t], h)",
        "np.where(mask[:, t, None], h, y[:, t])",
        "The two are swapped in `np.where`: where the step counts, the output of this step is expected.",
    ),
    Slip(
        "np.where(mask[:, t, None], y[:, t], h)",
        "np.where(mask[:, t, None], y[:, t], 0)",
        "Where a step does not count, what you have so far becomes 0; it should stay.",
    ),
    Slip(
        "np.where(mask[:, t, None], y[:, t], h)",
        "h + mask[:, t, None] * y[:, t]",
        "The outputs of all steps that count are added up; only the last of them is expected.",
    ),
    Slip(
        "np.where(mask[:, t, None], y[:, t], h)",
        "np.maximum(h, mask[:, t, None] * y[:, t])",
        "You take the largest output of each unit; the one of the last step that counts is expected.",
    ),
    Slip(
        "np.argmax(mask[:, ::-1], axis=1)",
        "np.argmax(mask, axis=1)",
        "The steps are counted from the end, but argmax looks for the first True: reverse the mask first.",
    ),
    Slip(
        "mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)",
        "np.argmax(mask[:, ::-1], axis=1)",
        "You found the step in the reversed mask; count it from the end.",
    ),
)
