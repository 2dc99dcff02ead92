"""Rows of a table, means of sentences."""

import numpy as np


def update_rows_by_loop(table, gradient, trainable, learning_rate):
    new = table.copy()
    for r in range(len(table)):
        if trainable[r]:
            new[r] = table[r] - learning_rate * gradient[r]
    return new


def update_rows_where(table, gradient, trainable, learning_rate):
    step = learning_rate * gradient
    return np.where(trainable[:, None], table - step, table)


def update_rows_masked(table, gradient, trainable, learning_rate):
    mask = trainable[:, None]
    return table - learning_rate * gradient * mask


UPDATE_WORDS = {
    "table": "the table",
    "gradient": "the gradient",
    "trainable": "the mask trainable",
    "trainable[:, None]": "the mask trainable",
    "mask": "the mask trainable",
    "masked": "the masked gradient",
    "learning_rate": "the learning rate",
    "learning_rate * masked": "the step",
    "step": "the step",
    "learning_rate * gradient": "the step",
    "table - step": "the table after the step",
    "table[r]": "the old row",
    "gradient[r]": "the row of the gradient",
    "new": "the new table",
}


def masked_mean_by_rows(vectors, mask):
    means = []
    for n in range(len(vectors)):
        words = vectors[n][mask[n]]
        means.append(words.mean(axis=0))
    return np.array(means)


def masked_mean_by_lines(vectors, mask):
    kept = vectors * mask[:, :, None]
    total = kept.sum(axis=1)
    count = mask.sum(axis=1)
    return total / count[:, None]


def masked_mean_by_steps(vectors, mask):
    total = np.zeros((vectors.shape[0], vectors.shape[2]))
    for t in range(vectors.shape[1]):
        total += vectors[:, t] * mask[:, t, None]
    return total / mask.sum(axis=1, keepdims=True)


MEAN_WORDS = {
    "vectors": "the array vectors",
    "mask": "the mask",
    "mask[:, :, None]": "the mask",
    "mask[:, t, None]": "the mask",
    "mask[n]": "the mask",
    "counts": "the mask",
    "kept": "kept",
    "total": "the sum of the words",
    "count": "the number of words",
    "count[:, None]": "the number of words",
    "counts.sum(axis=1)": "the number of words",
    "mask.sum(axis=1)": "the number of words",
    "mask.sum(axis=1, keepdims=True)": "the number of words",
    "(vectors * counts).sum(axis=1)": "the sum of the words",
    "vectors * counts": "the product vectors * counts",
    "words": "the array of words",
    "len(vectors)": "the number of sentences",
    "vectors.shape[0]": "the number of sentences",
    "vectors.shape[1]": "the number of timesteps",
    "mask.shape[1]": "the number of timesteps",
    "vectors.shape[2]": "the number of columns",
}


def masked_mean_by_words(vectors, mask):
    y = np.zeros((vectors.shape[0], vectors.shape[2]))
    for n in range(vectors.shape[0]):
        total = np.zeros(vectors.shape[2])
        count = 0
        for t in range(vectors.shape[1]):
            if mask[n, t]:
                total = total + vectors[n, t]
                count += 1
        y[n] = total / count
    return y
