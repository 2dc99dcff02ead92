"""Sums of rows, and a memory of one number."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


def ink_by_rows(image):
    totals = []
    for row in image:
        totals.append(row.sum())
    return np.array(totals)


def ink_by_numbers(image):
    totals = np.zeros(image.shape[0])
    for r in range(image.shape[0]):
        for k in range(image.shape[1]):
            totals[r] += image[r, k]
    return totals


def ink_as_a_product(image):
    return image @ np.ones(image.shape[1])


def ink_by_lines(image):
    table = image
    sums = table.sum(axis=1)
    return sums


INK_WORDS = {
    "image": "the image",
    "table": "the image",
    "row": "the row",
    "totals": "the list of totals",
    "image[r, k]": "the number in row r, column k",
    "image.shape[0]": "the number of rows",
    "len(image)": "the number of rows",
    "image.shape[1]": "the number of columns",
    "image.size": "the number of all entries",
}


def memory_from_given(values, keep):
    c = 0.0
    steps = []
    for t in range(len(values)):
        c = keep * c + values[t]
        steps.append(c)
    return np.array(steps)


def memory_in_an_array(values, keep):
    c = np.zeros(len(values))
    c[0] = values[0]
    for t in range(1, len(values)):
        c[t] = keep * c[t - 1] + values[t]
    return c


def memory_weighed(values, keep):
    c, steps = 0.0, []
    for value in values:
        c = keep * c + 1 * value
        steps.append(c)
    return np.array(steps)


MEMORY_WORDS = {
    "values": "the array values",
    "value": "the new value",
    "values[t]": "the new value",
    "values[0]": "the first value",
    "1 * value": "the new value",
    "keep": "keep",
    "c": "the memory c",
    "c[t - 1]": "the old c",
    "keep * c": "what is kept of the old c",
    "keep * c[t - 1]": "what is kept of the old c",
    "len(values)": "the number of values",
    "values.size": "the number of values",
    "values.shape[0]": "the number of values",
}


def memory_filled(values, keep):
    steps = np.zeros(len(values))
    c = 0.0
    for t in range(len(values)):
        c = keep * c + values[t]
        steps[t] = c
    return steps


INK_SLIPS = (
    Slip(
        "table = image",
        "table = (image > 0.5)",
        "You count the places that are darker than 0.5; the ink of all places should be added up.",
    ),
    Slip(
        "table = image",
        "table = (image > 0)",
        "You count the places that have any ink; how much they have should be added up.",
    ),
    Slip(
        "table = image", "table = (1 - image)", "That is the paper, 1 - image: 1 is ink in this image, and 0 is paper."
    ),
    Slip("table = image", "table = image ** 2", "The numbers are squared before they are added up.", 1.1),
    Slip(
        "table = image",
        "table = (image / image.max())",
        "All numbers are divided by the largest one of the image first.",
        1.1,
    ),
    Slip(
        "table = image",
        "table = (image / image.size)",
        "All numbers are divided by the number of all entries first.",
        1.1,
    ),
    Slip("table = image", "table = (image - image.mean())", "The mean of the image is subtracted first.", 1.1),
    Slip(
        "table = image",
        "table = np.abs(np.diff(image, axis=1))",
        "You add up the steps from each number to the next.",
        1.1,
    ),
    Slip("table.sum(axis=1)", "np.median(table, axis=1)", "That is the median of each row; its sum is expected."),
    Slip("table.sum(axis=1)", "np.linalg.norm(table, axis=1)", "That is the root of each row's sum of squares."),
    Slip("table.sum(axis=1)", "table[:, 0]", "That is the first number of each row; the whole row counts."),
    Slip(
        "table.sum(axis=1)",
        "table[:, -1]",
        "Only the last number of each row is left (in a loop: `=` where `+=` is meant); the whole row counts.",
        0.85,
    ),
    Slip(
        "table.sum(axis=1)",
        "(table[:, :-1] + table[:, 1:]).sum(axis=1) / 2",
        "That is the area under a line through the numbers (`trapezoid`), in which both ends count half.",
    ),
    Slip(
        "table.sum(axis=1)",
        "np.average(table, axis=1, weights=np.arange(table.shape[1]) + 1)",
        "Each number is weighted by its place in the row; they all count the same.",
        1.2,
    ),
    Slip(
        "table.sum(axis=1)",
        "table.max(axis=1) - table.min(axis=1)",
        "That is the difference between each row's largest and smallest number.",
        1.2,
    ),
)


def gated_memory_by_zip(values, keep, write):
    c, steps = 0.0, []
    for value, k, w in zip(values, keep, write, strict=True):
        c = k * c + w * value
        steps.append(c)
    return np.array(steps)


def gated_memory_in_an_array(values, keep, write):
    c = np.zeros(len(values))
    c[0] = write[0] * values[0]
    for t in range(1, len(values)):
        c[t] = keep[t] * c[t - 1] + write[t] * values[t]
    return c


def gated_memory_by_lines(values, keep, write):
    c = 0.0
    steps = np.zeros(len(values))
    for t in range(len(values)):
        kept = keep[t] * c
        written = write[t] * values[t]
        c = kept + written
        steps[t] = c
    return steps


GATED_WORDS = {
    "values": "the array values",
    "keep": "the array keep",
    "write": "the array write",
    "values[t]": "the value",
    "value": "the value",
    "keep[t]": "the share keep[t]",
    "k": "the share to keep",
    "write[t]": "the share write[t]",
    "w": "the share to write",
    "c": "the memory c",
    "c[t - 1]": "the old c",
    "keep[t] * c": "what is kept of the old c",
    "keep[t] * c[t - 1]": "what is kept of the old c",
    "k * c": "what is kept of the old c",
    "kept": "what is kept of the old c",
    "write[t] * values[t]": "what is written",
    "w * value": "what is written",
    "written": "what is written",
    "len(values)": "the number of values",
    "values.size": "the number of values",
    "values.shape[0]": "the number of values",
}

_SMOOTHED = "The new value is multiplied by 1 - keep; here it is added unchanged."
_EXCHANGED = "keep multiplies the new value, and 1 - keep the old c: keep belongs to the old c, and the value is added."
_AS_A_MEAN = "The sum is divided by 1 + keep, which makes a mean of it; the value is added in full."
_MORE_OFTEN = "keep is raised to the power of the step's number; each step multiplies the old c by keep once."
_PERCENT = "keep is divided by 100; it is already a share, from 0 to 1."

MEMORY_SLIPS = (
    Slip("value", "(1 - keep) * value", _SMOOTHED),
    Slip("values[t]", "(1 - keep) * values[t]", _SMOOTHED),
    Slip("keep * c + value", "(1 - keep) * c + keep * value", _EXCHANGED),
    Slip("keep * c + values[t]", "(1 - keep) * c + keep * values[t]", _EXCHANGED),
    Slip("keep * c[t - 1] + values[t]", "(1 - keep) * c[t - 1] + keep * values[t]", _EXCHANGED),
    Slip("keep * c + value", "c + keep * value", "keep multiplies the new value; it belongs to the old c."),
    Slip("keep * c + value", "(keep * c + value) / (1 + keep)", _AS_A_MEAN),
    Slip("keep * c + value", "keep * c + keep * value", "The new value is multiplied by keep too.", 1.05),
    Slip("keep * c + value", "max(keep * c, value)", "The larger of the two is taken; they should be added.", 1.2),
    Slip("keep * c + value", "c - keep + value", "keep is subtracted from the old c; it should multiply it."),
    Slip("keep * c + value", "c / keep + value", "The old c is divided by keep; it should be multiplied by it."),
    Slip("keep * c + values[t]", "keep ** t * c + values[t]", _MORE_OFTEN),
    Slip("keep * c + values[t]", "keep ** (t + 1) * c + values[t]", _MORE_OFTEN),
    Slip("keep * c + values[t]", "(t * c + values[t]) / (t + 1)", "That is the mean of all values so far."),
    Slip("keep", "keep / 100", _PERCENT, 1.1),
    Slip("keep", "np.exp(-keep)", "The old c is multiplied by exp(-keep); multiply it by keep itself.", 1.1),
    Slip("keep", "np.sqrt(keep)", "The old c is multiplied by the root of keep; multiply it by keep itself.", 1.1),
    Slip("keep", "min(1, 2 * keep)", "keep is doubled.", 1.6),
)


def memory_of_all(values, keep):
    steps = []
    for t in range(len(values)):
        c = 0.0
        for k in range(t + 1):
            c += keep**k * values[k]
        steps.append(c)
    return np.array(steps)


def memory_without_values(values, keep):
    c, steps = values[0], []
    for _ in values:
        steps.append(c)
        c = keep * c
    return np.array(steps)


def memory_centred(values, keep):
    return np.convolve(values, float(keep) ** np.arange(len(values)), mode="same")


def memory_going_on(values, keep):
    return np.convolve(values, float(keep) ** np.arange(len(values)))


def memory_of_the_end(values, keep):
    return np.convolve(values, float(keep) ** np.arange(len(values)))[len(values) - 1 :]


def memory_as_a_mean(values, keep):
    c, weight, steps = 0.0, 0.0, []
    for value in values:
        c = keep * c + value
        weight = keep * weight + 1
        steps.append(c / weight)
    return np.array(steps)


_FULL = "the memory after each timestep is what the full convolution begins with, its first T numbers."

MEMORY_DETOURS = (
    (memory_centred, f"The convolution is cut in its middle, so that each c has later values in it; {_FULL}"),
    (memory_going_on, f"The convolution goes on after the last value, while the memory fades; {_FULL}"),
    (memory_of_the_end, f"That is the end of the convolution, in which the memory fades; {_FULL}"),
    (
        memory_as_a_mean,
        "You divide by the sum of the weights 1, keep, keep**2 and so on, which makes a mean of it, as `ewm` in pandas "
        "does; the memory is the sum itself.",
    ),
    (memory_of_all, "The powers of keep are the wrong way round: the first value counts in full, the latest least."),
    (memory_without_values, "Only the first value is stored, and fades; every value should be added."),
)


def gated_memory_one_step_back(values, keep, write):
    written = write * values
    before = np.concatenate([[0.0], written[:-1]])
    return keep * before + written


def gated_memory_of_sums(values, keep, write):
    return np.cumprod(keep) * np.cumsum(write * values)


def gated_memory_of_all_shares(values, keep, write):
    return np.prod(keep) * np.cumsum(write * values)


def gated_memory_from_the_start(values, keep, write):
    return np.cumsum(write * values * np.cumprod(keep))


def gated_memory_of_powers(values, keep, write):
    c = np.zeros(len(values))
    for t in range(len(values)):
        for s in range(t + 1):
            c[t] += keep[t] ** (t - s) * write[s] * values[s]
    return c


_EVERY_SHARE = (
    "What is written at a step is multiplied by the shares `keep` of that step and of those before it too; only those "
    "of the steps after it belong there."
)

GATED_DETOURS = (
    (
        gated_memory_one_step_back,
        "Only what was written one step before is kept; the memory c holds what all steps before have written.",
    ),
    (
        gated_memory_of_powers,
        "What was written k steps before is multiplied by the share `keep` of this step k times; each of the steps in "
        "between has its own.",
    ),
    (gated_memory_of_sums, _EVERY_SHARE),
    (gated_memory_of_all_shares, _EVERY_SHARE),
    (
        gated_memory_from_the_start,
        "What is written is multiplied by the shares `keep` up to its own step; those of the steps after it belong "
        "there.",
    ),
)

_ONE_SHARE = "keep is not used: the old c is multiplied by 1 - write."
_TO_WRITE = "You write a share of the difference between the value and the old c; write[t] multiplies the value alone."
_OF_BOTH = "The sum is divided by keep + write, which makes a mean of it."
_ONLY_REST = "Of the value's share only 1 - keep is written: multiply by write[t] alone."

GATED_SLIPS = (
    Slip("keep[t] * c", "(1 - write[t]) * c", _ONE_SHARE),
    Slip("keep[t]", "(1 - keep[t])", "1 - keep is kept; keep[t] is the share that stays."),
    Slip("write[t]", "(1 - write[t])", "1 - write is written; write[t] is the share that is added."),
    Slip("write[t]", "(1 - keep[t])", "You write what is left after keeping, 1 - keep; write[t] is given."),
    Slip("write[t]", "(1 - keep[t]) * write[t]", _ONLY_REST),
    Slip("write[t] * values[t]", "write[t] * (values[t] - c)", _TO_WRITE),
    Slip("write[t] * values[t]", "write[t] * values[t] * keep[t]", "The new value is multiplied by keep too."),
    Slip("write[t] * values[t]", "values[t]", "The whole value is added; only the share write[t] of it should be."),
    Slip("write[t] * values[t]", "write[t]", "The share itself is added; it should be that share of the value."),
    Slip("keep[t] * c", "c", "Nothing is forgotten: the old c is not multiplied by keep[t]."),
    Slip("keep[t] * c", "keep[t]", "The share itself is what is left; it should multiply the old c."),
    Slip(
        "keep[t] * c", "(1 - keep[t]) * (1 - write[t]) * c", "The old c is multiplied by 1 - keep and 1 - write.", 1.3
    ),
    Slip("keep[t] * c", "keep[t] * (1 - write[t]) * c", "The old c is multiplied by 1 - write too."),
    Slip(
        "keep[t] * c", "keep[t] * write[t] * c", "The old c is multiplied by write too; only the new value should be."
    ),
    Slip(
        "keep[t] * c + write[t] * values[t]",
        "(keep[t] * c + write[t] * values[t]) / (keep[t] + write[t])",
        _OF_BOTH,
    ),
    Slip("keep[t]", "keep[t - 1]", "You use the share `keep` of the step before; use that of the same step."),
    Slip("write[t]", "write[t - 1]", "You use the share `write` of the step before; use that of the same step."),
    Slip("values[t]", "values[t - 1]", "You use the value of the step before; use that of the same step."),
    Slip("keep[t]", "keep[0]", "The share `keep` of the first step is used at every step."),
    Slip("write[t]", "write[0]", "The share `write` of the first step is used at every step."),
    Slip("keep[t]", "keep.mean()", "The mean of all shares `keep` is used at every step.", 1.2),
    Slip("write[t]", "write.mean()", "The mean of all shares `write` is used at every step.", 1.2),
    Slip("keep[t]", "(keep[t] > 0.5)", "keep is rounded to all or nothing; it is a share.", 1.1),
    Slip("write[t]", "(write[t] > 0.5)", "write is rounded to all or nothing; it is a share.", 1.1),
    Slip("values[t]", "np.tanh(values[t])", "`tanh` is applied to the value; it should be used as it is.", 1.2),
    Slip("keep[t]", "np.prod(keep[:t + 1])", "All shares `keep` so far are multiplied; each step needs its own only."),
)
