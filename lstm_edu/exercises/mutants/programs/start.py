"""Sums of rows, and a memory of one number."""

import numpy as np


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


INK_WORDS = {
    "image": "the image",
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
