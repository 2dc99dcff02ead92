"""Rows of a table, means of sentences."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


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


_TOTAL, _COUNT = "total = kept.sum(axis=1)", "count = mask.sum(axis=1)"
_SHARED = "The sum is divided by {}; divide it by the number of words of the sentence."


def _counted(new: str, what: str) -> Slip:
    return Slip(_COUNT, f"count = {new}", _SHARED.format(what))


def _mean(new: str, said: str, cost: float = 1.0) -> Slip:
    """Another way to make one vector of each sentence."""
    return Slip("total / count[:, None]", new, said, cost)


_WORDS_ALONE = "np.where(mask[:, :, None], vectors, np.nan)"

MEAN_SLIPS = (
    _counted("np.sqrt(np.maximum(mask.sum(axis=1), 1))", "the root of the number of words"),
    _counted("np.full(len(mask), np.sqrt(mask.shape[1]))", "the root of the number of timesteps"),
    _counted("np.maximum(mask.sum(axis=1), 1) ** 2", "the square of the number of words"),
    _counted("np.maximum(mask.sum(axis=1) - 1, 1)", "one too few (the number of words less 1)"),
    _counted("mask.sum(axis=1) + 1", "one too many (the number of words plus 1)"),
    _counted("(~mask).sum(axis=1)", "the number of padded timesteps"),
    _counted("np.full(len(mask), mask.shape[1])", "the number of all timesteps, the padded ones too"),
    _counted("np.full(len(mask), mask.sum())", "the number of words of all sentences together"),
    _counted("np.full(len(mask), mask.sum(axis=1).max())", "the number of words of the longest sentence"),
    _counted("np.full(len(mask), mask.sum(axis=1).mean())", "the mean number of words of all sentences"),
    _counted("np.full(len(mask), len(mask))", "the number of sentences"),
    _counted("np.full(len(mask), vectors.shape[2])", "the number of columns"),
    _counted("mask.sum(axis=1) * vectors.shape[2]", "the number of all numbers of the words"),
    _counted("mask.shape[1] - np.argmax(mask[:, ::-1], axis=1)", "the place of the last word"),
    _counted("np.full(len(mask), mask[0].sum())", "the number of words of the first sentence"),
    Slip("vectors * mask[:, :, None]", "vectors", "The padding is added up too: the sum does not use the mask.", 1.05),
    _mean(
        "(vectors * mask[:, :, None]).mean(axis=1) * mask.mean(axis=1)[:, None]",
        "The mean over all timesteps is multiplied by the share of words; divide by it.",
    ),
    _mean(
        "vectors.mean(axis=1) * mask.mean(axis=1)[:, None]",
        "The mean of all timesteps, the padding too, is multiplied by the share of words.",
    ),
    _mean(
        "(vectors * (mask * (np.arange(mask.shape[1]) + 1))[:, :, None]).sum(axis=1)"
        " / (mask * (np.arange(mask.shape[1]) + 1)).sum(axis=1)[:, None]",
        "Later words weigh more: each is multiplied by its place; they all count the same.",
    ),
    _mean(
        "(vectors * (mask * np.cumsum(mask, axis=1))[:, :, None]).sum(axis=1)"
        " / (mask * np.cumsum(mask, axis=1)).sum(axis=1)[:, None]",
        "Later words weigh more: each is multiplied by its number; they all count the same.",
    ),
    _mean(
        "(vectors * (mask / (np.arange(mask.shape[1]) + 1))[:, :, None]).sum(axis=1)"
        " / (mask / (np.arange(mask.shape[1]) + 1)).sum(axis=1)[:, None]",
        "Later words weigh less: each is divided by its place; they all count the same.",
    ),
    _mean(
        f"np.nanmax({_WORDS_ALONE}, axis=1)",
        "The largest number of the words is taken in each column (max pooling); the mean is expected.",
    ),
    _mean(f"np.nanmin({_WORDS_ALONE}, axis=1)", "The smallest number of the words is taken in each column."),
    _mean(
        "(vectors * mask[:, :, None]).max(axis=1)",
        "The largest number is taken in each column, 0 for the padding; the mean is expected.",
    ),
    _mean(f"np.nanmedian({_WORDS_ALONE}, axis=1)", "That is the median of the words; their mean is expected."),
    _mean(f"np.nanstd({_WORDS_ALONE}, axis=1)", "That is the spread of the words; their mean is expected."),
    _mean("vectors[np.arange(len(mask)), np.argmax(mask, axis=1)]", "That is the first word of each sentence."),
    _mean(
        "vectors[np.arange(len(mask)), mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)]",
        "That is the last word of each sentence; the mean of all its words is expected.",
    ),
    _mean(
        "vectors[np.arange(len(mask)), mask.sum(axis=1) - 1]",
        "That is one timestep of each sentence, at the number of its words less 1; the mean is expected.",
    ),
    _mean("vectors[:, 0]", "That is the first timestep of each sentence."),
    _mean("vectors[:, -1]", "That is the last timestep of each sentence."),
    _mean("vectors.mean(axis=1)", "The padding counts as words; the mask is not used."),
    _mean("np.median(vectors, axis=1)", "That is the median of all timesteps, the padding too."),
    _mean("vectors.max(axis=1)", "That is the largest number of all timesteps in each column, the padding too."),
    _mean(
        "total / np.linalg.norm(total, axis=1, keepdims=True)",
        "The sum is divided by its own length; divide it by the number of words.",
    ),
    _mean(
        "total / count[:, None] / np.linalg.norm(total / count[:, None], axis=1, keepdims=True)",
        "The mean is divided by its own length (normalized); it should stay as it is.",
    ),
    _mean(
        "np.full_like(total, 1) * (total / count[:, None]).mean(axis=0)",
        "Every sentence gets the mean of all sentences.",
    ),
    _mean(
        "np.full_like(total, 1) * (total / count[:, None]).mean(axis=1, keepdims=True)",
        "Every column gets the mean of all columns of its sentence.",
    ),
    _mean(
        "np.full_like(total, 1) * total.sum(axis=0) / mask.sum()",
        "Every sentence gets the mean of all words of all sentences; each should have its own.",
    ),
    _mean(
        "(softmax(np.where(mask, 0.0, -1e9))[:, :, None] * vectors).sum(axis=1) * count[:, None]",
        "That is the sum of the words; divide it by their number.",
        1.5,
    ),
    _mean(
        "(softmax(mask * 1.0)[:, :, None] * vectors).sum(axis=1)",
        "A softmax of the mask makes the weights, so that the padding counts too; multiply by the mask.",
    ),
    *(
        Slip("vectors * mask[:, :, None]", new, said)
        for new, said in (
            ("vectors * ~mask[:, :, None]", "The mask is inverted: the padding is added up, not the words."),
            ("vectors * np.roll(mask, 1, axis=1)[:, :, None]", "The mask is one timestep too late."),
            ("vectors * np.roll(mask, -1, axis=1)[:, :, None]", "The mask is one timestep too early."),
            ("vectors * mask[0][None, :, None]", "The mask of the first sentence is used for all sentences."),
            ("np.abs(vectors) * mask[:, :, None]", "The signs are lost (abs) before the words are added up."),
            ("vectors ** 2 * mask[:, :, None]", "The numbers are squared before they are added up."),
            ("np.tanh(vectors) * mask[:, :, None]", "`tanh` is applied to the vectors before they are added up."),
            (
                "vectors * (np.arange(mask.shape[1]) < mask.sum(axis=1)[:, None])[:, :, None]",
                "You take the first timesteps of each sentence, as many as it has words; a mask may have gaps.",
            ),
            (
                "vectors * np.logical_or.accumulate(mask[:, ::-1], axis=1)[:, ::-1, None]",
                "The padding in between is added up too: only what comes after the last word is left out.",
            ),
            (
                "vectors * np.logical_and.accumulate(mask, axis=1)[:, :, None]",
                "You stop at the first padded timestep; a mask may have gaps, and words may follow.",
            ),
        )
    ),
    Slip(
        "kept = vectors * mask[:, :, None]",
        "last = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)\n"
        "kept = np.where(mask[:, :, None], vectors, vectors[np.arange(len(mask)), last][:, None])",
        "Where there is padding the last word is added once more; leave the padding out.",
    ),
    Slip(
        "kept = vectors * mask[:, :, None]",
        "before = np.maximum.accumulate(np.where(mask, np.arange(mask.shape[1]), 0), axis=1)\n"
        "kept = np.take_along_axis(vectors, before[:, :, None], axis=1)",
        "Where there is padding the word before it (at the beginning the first vector) is added once more; leave the "
        "padding out.",
    ),
    Slip(
        "kept = vectors * mask[:, :, None]",
        "kept = np.where(mask[:, :, None], vectors, 1.0)",
        "Where there is padding 1 is added; leave the padding out.",
    ),
    Slip(
        "kept = vectors * mask[:, :, None]",
        "kept = np.where(mask[:, :, None], vectors, vectors.mean(axis=1, keepdims=True))",
        "Where there is padding the mean of all timesteps is added; leave the padding out.",
        1.1,
    ),
)


def masked_mean_in_halves(vectors, mask):
    y = np.zeros((vectors.shape[0], vectors.shape[2]))
    for n in range(len(vectors)):
        for t in range(vectors.shape[1]):
            if mask[n, t]:
                y[n] = (y[n] + vectors[n, t]) / 2
    return y


def masked_mean_of_numbered_words(vectors, mask):
    means = []
    for n in range(len(vectors)):
        words = vectors[n][mask[n].astype(int)]
        means.append(words.mean(axis=0))
    return np.array(means)


MEAN_DETOURS = (
    (
        masked_mean_of_numbered_words,
        "The mask is used as numbers of timesteps, 0 and 1, so that only the first two timesteps count; True "
        "should select a timestep.",
    ),
    (
        masked_mean_in_halves,
        "Each word is averaged with what was there before, so that later words count more; add up, and divide once.",
    ),
)

_MASKED = "table - learning_rate * gradient * mask"


def _row(new: str, said: str, cost: float = 1.0) -> Slip:
    """Another step of the rows that learn."""
    return Slip("learning_rate * gradient * mask", new, said, cost)


_MANY = "learning_rate * gradient * mask / {}"

UPDATE_SLIPS = (
    _row(
        "learning_rate * (gradient * mask + table)",
        "The table is added to the gradient: that shrinks all rows (weight decay).",
    ),
    *(
        Slip(_MASKED, f"{kept} - learning_rate * gradient * mask", said)
        for rate in (0.1, 0.01, 0.001)
        for kept, said in (
            (
                f"table * (1 - learning_rate * {rate})",
                f"All rows shrink by the learning rate times {rate} (weight decay).",
            ),
            (
                f"table * (1 - learning_rate * {rate} * mask)",
                f"The rows that learn shrink by {rate} of the rate (weight decay).",
            ),
            (f"table * (1 - {rate})", f"All rows shrink by {rate} at each step (weight decay)."),
        )
    ),
    _row(_MANY.format("trainable.sum()"), "The step is divided by the number of rows that learn."),
    _row(_MANY.format("len(table)"), "The step is divided by the number of rows."),
    _row(_MANY.format("table.shape[1]"), "The step is divided by the number of columns."),
    _row(_MANY.format("table.size"), "The step is divided by the number of all entries."),
    _row(
        "learning_rate * mask * gradient[trainable].mean(axis=0)",
        "Each row that learns gets the mean gradient of them all; each has its own.",
    ),
    _row(
        "learning_rate * mask * gradient[trainable].sum(axis=0)",
        "Each row that learns gets the sum of their gradients; each has its own.",
    ),
    _row("learning_rate * mask * gradient.mean(axis=0)", "Each row that learns gets the mean gradient of all rows."),
    _row(
        "learning_rate * mask * gradient.mean(axis=1, keepdims=True)",
        "All columns get the mean of their row's gradient.",
    ),
    _row(
        "learning_rate * mask * gradient[np.maximum(np.cumsum(trainable) - 1, 0)]",
        "The rows that learn get the first rows of the gradient, one after the other; each has its own row.",
    ),
    _row(
        "learning_rate * gradient * mask * (np.arange(table.shape[1]) == 0)",
        "Only the first column learns; all columns of a row do.",
    ),
    _row("learning_rate * mask * gradient[0]", "Each row that learns gets the gradient of the first row."),
    _row(
        "learning_rate * mask * np.sign(gradient)",
        "Only the sign of the gradient counts; a step is its size times the rate.",
    ),
    _row("learning_rate * mask * np.clip(gradient, -1, 1)", "The gradient is cut off at -1 and 1; use it as it is."),
    _row(
        "learning_rate * mask * gradient / np.linalg.norm(gradient)",
        "The gradient is divided by its length; use it as it is.",
    ),
    _row(
        "learning_rate * mask * gradient / np.linalg.norm(gradient * mask)",
        "The gradient is divided by the length of the rows that learn; use it as it is.",
    ),
    _row(
        "learning_rate * mask * gradient / np.linalg.norm(gradient, axis=1, keepdims=True)",
        "Each row of the gradient is divided by its length; use it as it is.",
    ),
    _row("learning_rate * mask * gradient ** 2", "The gradient is squared."),
    _row("learning_rate * mask * np.abs(gradient)", "The gradient has lost its signs (abs)."),
    _row("learning_rate * mask * gradient * table", "The step is multiplied by the table too.", 1.05),
    _row(
        "learning_rate * gradient * (mask * 2 - 1)",
        "The frozen rows go the other way, uphill; they should stay as they are.",
    ),
    _row("learning_rate * gradient * np.where(mask, 1, 0.5)", "The frozen rows learn too, half as much."),
    _row("learning_rate * gradient * np.where(mask, 1, 0.1)", "The frozen rows learn too, a tenth as much."),
    _row("gradient / learning_rate * mask", "The gradient is divided by the learning rate; multiply it."),
    _row(
        "learning_rate * gradient * (np.arange(len(table)) < trainable.sum())[:, None]",
        "The first rows learn, as many as are True; take those that are True.",
    ),
    _row(
        "learning_rate * gradient * (np.arange(len(table)) >= len(table) - trainable.sum())[:, None]",
        "The last rows learn, as many as are True; take those that are True.",
    ),
    _row(
        "learning_rate * gradient * (np.arange(len(table)) == trainable.argmax())[:, None]",
        "Only the first of the new rows learns.",
    ),
    _row(
        "learning_rate * gradient * (np.arange(len(table)) == np.flatnonzero(trainable)[-1])[:, None]",
        "Only the last of the new rows learns.",
    ),
    _row("learning_rate * gradient * np.roll(trainable, 1)[:, None]", "The mask is one row too low."),
    _row("learning_rate * gradient * np.roll(trainable, -1)[:, None]", "The mask is one row too high."),
    _row("learning_rate * gradient * trainable[::-1, None]", "The mask is used in reverse order."),
    _row(
        "learning_rate * gradient * trainable.any()", "All rows learn as soon as one does; each row decides for itself."
    ),
    _row(
        "learning_rate * gradient * trainable.mean()",
        "All rows learn a share of the step; each row decides for itself.",
    ),
    Slip(
        _MASKED,
        "np.where(mask, table - learning_rate * gradient, 0)",
        "The frozen rows become 0; they should stay as they are in the table.",
    ),
    Slip(
        _MASKED,
        "np.where(mask, table - learning_rate * gradient, gradient)",
        "The frozen rows are replaced by their gradient.",
    ),
    Slip(_MASKED, "np.where(mask, gradient, table)", "The rows that learn are replaced by their gradient."),
    Slip(
        _MASKED,
        "np.where(mask, -learning_rate * gradient, table)",
        "The rows that learn are replaced by the step; add it to what was there.",
    ),
    Slip(
        _MASKED,
        "np.where(mask, -learning_rate * gradient, 0)",
        "The step alone is returned; add it to the table.",
    ),
    Slip(_MASKED, "-learning_rate * gradient * mask", "The step alone is returned; add it to the table."),
    Slip(_MASKED, "learning_rate * gradient * mask", "The step alone is returned; subtract it from the table."),
    Slip(
        _MASKED, "table - learning_rate * (gradient - table) * mask", "The table is subtracted from the gradient first."
    ),
    Slip(
        _MASKED,
        "table + learning_rate * (gradient - table) * mask",
        "The rows move towards the gradient; subtract learning_rate * gradient.",
    ),
    Slip(
        _MASKED,
        "(1 - learning_rate) * table - learning_rate * gradient * mask",
        "All rows are multiplied by 1 - learning_rate.",
    ),
    Slip(
        _MASKED,
        "np.where(mask, (1 - learning_rate) * table + learning_rate * gradient, table)",
        "The rows that learn are a blend of the table and the gradient; subtract learning_rate * gradient.",
    ),
    Slip(_MASKED, "table * mask - learning_rate * gradient", "The mask is at the table; it belongs to the gradient."),
    Slip(
        _MASKED,
        "table * (1 - learning_rate * gradient * mask)",
        "The table is multiplied by 1 minus the step; subtract the step.",
        1.1,
    ),
    Slip(_MASKED, "table", "Nothing is changed."),
    Slip(_MASKED, "table - 2 * learning_rate * gradient * mask", "The step is twice as long as it should be."),
)


def update_rows_by_numbers(table, gradient, trainable, learning_rate):
    rows = trainable.astype(int)
    new = table.copy()
    new[rows] = table[rows] - learning_rate * gradient[rows]
    return new


UPDATE_DETOURS = (
    (
        update_rows_by_numbers,
        "The mask is used as row numbers, 0 for False and 1 for True, so that rows 0 and 1 change; True should select "
        "a row.",
    ),
)


def embedding_gradient_by_loop(ids, dy, rows):
    d_table = np.zeros((rows, dy.shape[2]))
    for n in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            d_table[ids[n, t]] += dy[n, t]
    return d_table


def embedding_gradient_one_hot(ids, dy, rows):
    words = ids.ravel()
    flat = dy.reshape(-1, dy.shape[2])
    one_hot = np.eye(rows)[words]
    return one_hot.T @ flat


def embedding_gradient_by_rows(ids, dy, rows):
    d_table = np.zeros((rows, dy.shape[2]))
    for v in range(rows):
        d_table[v] = dy[ids == v].sum(axis=0)
    return d_table


TABLE_WORDS = {
    "ids": "the words ids",
    "dy": "dy",
    "rows": "the number of rows",
    "d_table": "the gradient d_table",
    "ids[n, t]": "the word at this place",
    "dy[n, t]": "dy at this place",
    "d_table[ids[n, t]]": "the word's row of d_table",
    "words": "the row of all words",
    "flat": "dy, one row per word",
    "one_hot": "the one-hot array",
    "one_hot.T": "the transposed one-hot array",
    "ids.shape[0]": "the number of sentences",
    "ids.shape[1]": "the number of timesteps",
    "dy.shape[0]": "the number of sentences",
    "dy.shape[1]": "the number of timesteps",
    "dy.shape[2]": "the number of columns",
    "len(ids)": "the number of sentences",
    "ids.size": "the number of all words",
}
_INTO = "one_hot.T @ flat"
_HIT = "np.bincount(words, minlength=rows)[:, None]"


def _gathered(new: str, said: str, cost: float = 1.0) -> Slip:
    return Slip(_INTO, new, said, cost)


TABLE_SLIPS = (
    _gathered(f"{_INTO} / np.maximum({_HIT}, 1)", "You take the mean over the places of a word; they add up."),
    _gathered(
        f"{_INTO} / {_HIT}",
        "You take the mean over a word's places (0 / 0 if it has none); they add up.",
    ),
    _gathered(
        f"{_INTO} / np.sqrt(np.maximum({_HIT}, 1))",
        "Each row is divided by the root of how often the word occurs; the places add up.",
    ),
    _gathered(
        f"{_INTO} * {_HIT}", "Each row is multiplied by how often the word occurs; its places have already been added."
    ),
    _gathered(f"{_INTO} / words.size", "You divide by the number of all words; dy already includes the mean."),
    _gathered(f"{_INTO} / len(ids)", "You divide by the number of sentences; dy already includes the mean."),
    _gathered(f"{_INTO} / ids.shape[1]", "You divide by the number of timesteps; dy already includes the mean."),
    _gathered(f"{_INTO} / rows", "You divide by the number of rows; dy already includes the mean."),
    _gathered(f"{_INTO} / dy.shape[2]", "You divide by the number of columns; dy already includes the mean."),
    _gathered(
        f"({_HIT} > 0) * flat.sum(axis=0)", "Every word that occurs gets the sum over all words; take its own places."
    ),
    _gathered(
        f"({_HIT} > 0) * flat.mean(axis=0)",
        "Every word that occurs gets the mean over all words; add up its own places.",
    ),
    _gathered(f"{_HIT} * flat.mean(axis=0)", "Every place gets the mean of dy; each has its own."),
    _gathered(f"{_HIT} * np.ones(dy.shape[2])", "You count how often each word occurs; dy is not used."),
    _gathered(
        "np.stack([flat[words == v][0] if (words == v).any() else 0 * flat[0] for v in range(rows)])",
        "Each word keeps what arrives at its first place; all its places add up.",
        0.95,
    ),
    _gathered(
        "np.stack([flat[words == v][-1] if (words == v).any() else 0 * flat[0] for v in range(rows)])",
        "Each word keeps what arrives at its last place; all its places add up.",
        0.95,
    ),
    _gathered(
        "np.stack([flat[words == v].max(axis=0) if (words == v).any() else 0 * flat[0] for v in range(rows)])",
        "Each word gets the largest of what arrives at its places; they add up.",
    ),
    _gathered(
        "np.stack([(dy * (ids == v)[:, :, None]).mean(axis=(0, 1)) for v in range(rows)])",
        "You divide by the number of all words; dy already includes the mean.",
    ),
    _gathered(f"softmax({_INTO})", "A softmax is applied; the sums are expected.", 1.3),
    _gathered(f"np.cumsum({_INTO}, axis=0)", "The rows are added up from the first on; each has its own."),
    _gathered(f"({_INTO})[::-1]", "The rows are in reverse order.", 1.05),
    _gathered(
        f"({_INTO}) / np.maximum(np.linalg.norm({_INTO}, axis=1, keepdims=True), 1e-12)",
        "Each row is divided by its length.",
    ),
    _gathered(
        "np.eye(rows)[np.minimum(words + 1, rows - 1)].T @ flat",
        "The words are one row too low: words are counted from 0.",
    ),
    _gathered("np.eye(rows)[words - 1].T @ flat", "The words are one row too high: words are counted from 0."),
    _gathered(
        "np.eye(rows)[words[words > 0]].T @ flat[words > 0]",
        "Word 0 is left out, as padding; here it is a word like all others.",
    ),
    _gathered("np.eye(rows)[words[1:]].T @ flat[1:]", "The very first word is left out."),
    _gathered(
        "np.eye(rows)[ids[:, 1:].ravel()].T @ dy[:, 1:].reshape(-1, dy.shape[2])",
        "The first word of each sentence is left out.",
    ),
    _gathered(
        "np.eye(rows)[ids[:, :-1].ravel()].T @ dy[:, :-1].reshape(-1, dy.shape[2])",
        "The last word of each sentence is left out.",
    ),
    _gathered("np.eye(rows)[ids[:, 0]].T @ dy[:, 0]", "Only the first word of each sentence is used."),
    _gathered("np.eye(rows)[ids[-1]].T @ dy[-1]", "Only the last sentence of the batch is used."),
    _gathered(
        "np.eye(rows)[ids[:-1].ravel()].T @ dy[:-1].reshape(-1, dy.shape[2])",
        "The last sentence of the batch is left out.",
    ),
    _gathered(
        "np.eye(rows)[ids[1:].ravel()].T @ dy[1:].reshape(-1, dy.shape[2])",
        "The first sentence of the batch is left out.",
    ),
    _gathered(
        "np.eye(rows)[ids[:, 1:].ravel()].T @ dy[:, :-1].reshape(-1, dy.shape[2])",
        "Each dy goes to the word that follows.",
    ),
    _gathered(
        "np.eye(rows)[ids[:, :-1].ravel()].T @ dy[:, 1:].reshape(-1, dy.shape[2])", "Each dy goes to the word before."
    ),
    _gathered(
        "np.eye(rows)[ids.T.ravel()].T @ flat",
        "The words are read down the columns, but dy along the rows.",
    ),
    _gathered("np.eye(rows)[words].T @ np.abs(flat)", "dy has lost its signs (abs)."),
    _gathered("np.eye(rows)[words].T @ flat ** 2", "dy is squared."),
    _gathered(
        "sum(np.eye(rows)[np.unique(i)].T @ np.stack([d[i == v].mean(axis=0) for v in np.unique(i)])"
        " for i, d in zip(ids, dy))",
        "Within a sentence you take the mean over the places of a word; they add up.",
    ),
    _gathered(
        "sum(np.eye(rows)[np.unique(i)].T @ np.stack([d[i == v][-1] for v in np.unique(i)]) for i, d in zip(ids, dy))",
        "A word that occurs twice in a sentence learns once: d_table[ids[n]] += dy[n] keeps the last.",
    ),
    _gathered(
        "sum(np.eye(rows)[np.unique(i)].T @ np.stack([d[i == v][-1] for v in np.unique(i)])"
        " for i, d in zip(ids.T, dy.swapaxes(0, 1)))",
        "A word that occurs twice at a timestep learns once: d_table[ids[:, t]] += dy[:, t] keeps the last.",
    ),
)
