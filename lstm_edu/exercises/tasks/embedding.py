"""A table of vectors: train some of its rows only; average the vectors of a sentence without its padding."""

import numpy as np

from lstm_edu.core import Embedding
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal, numbers


def update_rows(table, gradient, trainable, learning_rate):
    masked = gradient * trainable[:, None]  # 0 in the frozen rows
    return table - learning_rate * masked


def _draw(rng, k):
    rows, size = [(4, 4), (6, 3), (5, 2), (7, 4)][k]
    trainable = np.zeros(rows, bool)
    trainable[rng.permutation(rows)[: 2 + k // 2]] = True
    return {
        "table": normal(rng, rows, size),
        "gradient": normal(rng, rows, size),
        "trainable": trainable,
        "learning_rate": float(np.round(rng.uniform(0.05, 0.5), 3)),
    }


def _reference(a):
    new = a["table"] - np.float32(a["learning_rate"]) * a["gradient"]
    return (np.where(a["trainable"][:, None], new, a["table"]),)


_STEP = "table - learning_rate * gradient * trainable[:, None]"

UPDATE_ROWS = Exercise(
    name="update_rows",
    title="train only the new rows of an embedding",
    idea="One step of gradient descent on an embedding's table in which only the new rows learn. The others "
    "stay exactly as they are. Return a new table, and leave the one that is given unchanged. (One way is to multiply "
    "the gradient by a mask before the step.)",
    takes=(
        ("table", "(V, D)", "one vector per token"),
        ("gradient", "(V, D)", "dL/d(table)"),
        ("trainable", "(V,) bool", "True: this row learns"),
        ("learning_rate", "float", "how far a step goes"),
    ),
    returns=(Output("new_table", ("row", "column"), "(V, D), the table after the step, a new array"),),
    draw=_draw,
    reference=_reference,
    example=lambda: {
        "table": array([1, 2], [3, 4], [5, 6]),
        "gradient": array([10, 20], [30, -10], [-20, 40]),
        "trainable": np.array([False, True, True]),
        "learning_rate": 0.1,
    },
    hints=(
        "What must the gradient of a row be, so that gradient descent leaves that row alone?",
        "Look at the shapes: trainable is (V,), the gradient is (V, D). NumPy lines (V,) up with the last axis, "
        "the columns. Which shape lines up with the rows?",
        "masked = gradient * ...            # 0 in the frozen rows\nnew_table = table - learning_rate * ...",
    ),
    answer=(update_rows,),
    wrong_answers=(
        Wrong(
            lambda table, gradient, trainable, learning_rate: table - learning_rate * gradient,
            sentence="All rows learn; the mask is not used.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: table - learning_rate * gradient * ~trainable[:, None],
            sentence="The mask is inverted: the old rows learn, and the new ones stay.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: table + learning_rate * gradient * trainable[:, None],
            sentence="The step goes uphill: the gradient is added; it should be subtracted.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: (table - learning_rate * gradient) * trainable[:, None],
            sentence="The frozen rows become 0; they should stay as they are in the table. (If you multiply by the "
            "mask: the gradient only.)",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: table - gradient * trainable[:, None],
            sentence="The learning rate is missing.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: table - learning_rate * gradient * trainable,
            sentence="The mask acts on columns: NumPy lines (V,) up with the last axis. Give it a second axis.",
            fix="masked = gradient * trainable[:, None]   # (V, 1)",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: np.where(
                trainable[:, None], learning_rate * gradient, table
            ),
            sentence="The rows that learn are replaced by the step; subtract the step from what was there.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: (table - learning_rate * gradient)[trainable],
            sentence="Only the rows that learn are returned; the whole table is expected.",
            fix=f"new_table = {_STEP}",
        ),
    ),
)


# --- the mean of a sentence -----------------------------------------------------------------------------------------


def masked_mean(vectors, mask):
    counts = mask[:, :, None]
    return (vectors * counts).sum(axis=1) / counts.sum(axis=1)


def _draw_sentences(rng, k):
    batch, steps, size = [(3, 4, 2), (2, 5, 4), (4, 6, 3), (5, 3, 4)][k]
    lengths = rng.integers(1, steps, size=batch)  # at least one word, at least one padded step
    mask = np.arange(steps) < lengths[:, None]
    if k:  # the padding is anywhere, not only at the end
        mask = rng.permuted(mask, axis=1)
    return {"vectors": normal(rng, batch, steps, size), "mask": mask}


def _mean(a):
    vectors, mask = a["vectors"].astype(np.float64), a["mask"]
    return (np.stack([v[m].mean(axis=0) for v, m in zip(vectors, mask, strict=True)]),)


_MEAN = "counts = mask[:, :, None]\ny = (vectors * counts).sum(axis=1) / counts.sum(axis=1)"

MASKED_MEAN = Exercise(
    name="masked_mean",
    title="the mean of a sentence's words, without the padding",
    idea="Each sentence is a list of word vectors, padded to the same length. mask is True where there is a word, and "
    "False where there is padding, which may be anywhere (a mask may have gaps) and need not be zero. Every sentence "
    "has at least one word. Return the mean of each sentence's words.",
    takes=(
        ("vectors", "(B, T, D)", "one vector per timestep"),
        ("mask", "(B, T) bool", "True: a word; False: padding"),
    ),
    returns=(Output("y", ("sentence", "column"), "(B, D), one vector per sentence"),),
    draw=_draw_sentences,
    reference=_mean,
    example=lambda: {
        "vectors": array([[1, 2], [9, 9], [3, 4]], [[8, 8], [5, 6], [7, 9]]),
        "mask": np.array([[True, False, True], [False, True, False]]),
    },
    hints=(
        "What must a padded vector be, so that it does not change a sum? And by how many do you divide?",
        "Look at the shapes: mask is (B, T), vectors is (B, T, D). To act on whole vectors the mask needs a "
        "third axis, mask[:, :, None]. Which axis do both sums run over?",
        "counts = mask[:, :, None]\ny = (vectors * ...).sum(axis=...) / ...",
    ),
    answer=(masked_mean,),
    keras=lambda keras, a: (numbers(keras.layers.GlobalAveragePooling1D()(a["vectors"], mask=a["mask"])),),
    wrong_answers=(
        Wrong(
            lambda vectors, mask: vectors.mean(axis=1),
            "mask-lost",
            "The padding counts as words; the mask is not used.",
            _MEAN,
        ),
        Wrong(
            lambda vectors, mask: (vectors * mask[:, :, None]).mean(axis=1),
            sentence="You divide by all timesteps, the padded ones too; divide by the number of words. (Padding cannot "
            "be recognised by its zeros: it may be anything.)",
            fix=_MEAN,
        ),
        Wrong(
            lambda vectors, mask: (vectors * mask[:, :, None]).sum(axis=1),
            sentence="That is the sum; divide it by the number of words.",
            fix=_MEAN,
        ),
        Wrong(
            lambda vectors, mask: masked_mean(vectors, ~mask),
            "mask-lost:inverted",
            "The mask is inverted: this is the mean of the padding.",
            _MEAN,
        ),
        Wrong(
            lambda vectors, mask: np.full((len(vectors), vectors.shape[2]), vectors[mask].mean(axis=0)),
            sentence="vectors[mask] mixes all sentences; each should have its own mean.",
            fix=_MEAN,
        ),
        Wrong(
            lambda vectors, mask: (vectors * mask[:, :, None]).sum(axis=1) / mask.sum(),
            sentence="mask.sum() counts the words of all sentences together; count along time, mask.sum(axis=1).",
            fix=_MEAN,
        ),
        Wrong(
            lambda vectors, mask: masked_mean(vectors, -np.sort(-mask.astype(int), axis=1)),
            sentence="You take the first timesteps of each sentence, as many as it has words; a mask may have gaps.",
            fix=_MEAN,
        ),
        Wrong(
            lambda vectors, mask: masked_mean(vectors, np.logical_and.accumulate(mask, axis=1)),
            sentence="You stop at the first padded timestep; a mask may have gaps, and words may follow.",
            fix=_MEAN,
        ),
    ),
)


# --- the gradient of the table --------------------------------------------------------------------------------------


def embedding_gradient(ids, dy, rows):
    d_table = np.zeros((rows, dy.shape[2]))
    np.add.at(d_table, ids, dy)  # like d_table[ids] += dy, but a row that occurs twice is added to twice
    return d_table


def _draw_looked_up(rng, k):
    batch, steps, size, rows = [(2, 5, 3, 4), (3, 4, 2, 6), (2, 6, 4, 5), (4, 3, 5, 7)][k]
    ids = rng.integers(rows - 1, size=(batch, steps))  # so some words occur more than once, and the last one never
    return {"ids": ids, "dy": normal(rng, batch, steps, size), "rows": rows}


def _table_gradient(a):
    layer = Embedding(a["rows"], a["dy"].shape[2], dtype="float64")
    layer.build(a["ids"].shape)
    (gradient,) = layer.backward(layer.trace(a["ids"]), a["dy"].astype(np.float64)).weights
    return (np.asarray(gradient),)


def _by_one_hot(change):
    def answer(ids, dy, rows):
        return np.einsum("btv,btd->vd", change(np.eye(rows)[ids], ids, rows), dy)

    return answer


def _last_one_wins(ids, dy, rows):
    d_table = np.zeros((rows, dy.shape[2]))
    d_table[ids] += dy
    return d_table


def _as_a_mean(one_hot, ids, rows):
    return one_hot / np.maximum(np.bincount(ids.ravel(), minlength=rows), 1)


_ADDED = "np.add.at(d_table, ids, dy)      # or a loop: d_table[ids[n, t]] += dy[n, t]"

EMBEDDING_GRADIENT = Exercise(
    name="embedding_gradient",
    title="how an embedding's table learns",
    idea="An embedding looks up one row of its table for every word of every sentence: y[n, t] = table[ids[n, t]]. You "
    "know dL/dy. How does the loss change with each number of the table? Some words occur more than once, some not at "
    "all.",
    takes=(
        ("ids", "(B, T) int", "the words"),
        ("dy", "(B, T, D)", "dL/dy, one vector per word"),
        ("rows", "int", "V, the number of rows of the table"),
    ),
    returns=(Output("d_table", ("row", "column"), "(V, D), dL/d(table)"),),
    draw=_draw_looked_up,
    reference=_table_gradient,
    example=lambda: {
        "ids": np.array([[2, 0, 2], [0, 3, 0]]),
        "dy": array([[1, 2], [5, 5], [10, 20]], [[3, 1], [-4, 6], [7, 0]]),
        "rows": 5,
    },
    hints=(
        "One row of the table is looked up at two places. In how many ways does it change the loss? And a row that is "
        "never looked up?",
        "Look at row 2 in the example: it gets the sum of what arrives at its two places. Then look at a line such as "
        "d_table[ids] += dy: does NumPy add twice to a row that occurs twice?",
        "d_table = np.zeros((rows, dy.shape[2]))\nfor n in range(ids.shape[0]):\n    for t in range(ids.shape[1]):\n"
        "        d_table[ids[n, t]] += ...",
    ),
    answer=(embedding_gradient,),
    wrong_answers=(
        Wrong(
            _last_one_wins,
            sentence="A word that occurs twice learns only once, from its last place. That happens with `=`, and with "
            "d_table[ids] += dy too. (NumPy reads all rows first, adds, and then writes them back.)",
            fix=_ADDED,
        ),
        Wrong(
            _by_one_hot(_as_a_mean),
            sentence="You take the mean over the places of a word; they add up.",
            fix=_ADDED,
        ),
        Wrong(
            _by_one_hot(lambda one_hot, ids, rows: one_hot / ids.size),
            sentence="You divide by the number of all words; dy already includes the mean.",
            fix=_ADDED,
        ),
        Wrong(
            lambda ids, dy, rows: embedding_gradient(ids[:1], dy[:1], rows),
            sentence="Only the first sentence of the batch is used.",
            fix=_ADDED,
        ),
        Wrong(
            lambda ids, dy, rows: embedding_gradient(ids[:, -1:], dy[:, -1:], rows),
            sentence="Only the last word of each sentence is used.",
            fix=_ADDED,
        ),
        Wrong(
            lambda ids, dy, rows: -embedding_gradient(ids, dy, rows),
            sentence="The sign is wrong; the minus comes later, with the step.",
            fix=_ADDED,
        ),
        Wrong(
            lambda ids, dy, rows: dy.sum(axis=(0, 1)) * np.isin(np.arange(rows), ids)[:, None],
            sentence="Every word that occurs gets the sum over all words; it should get the sum over its own places.",
            fix=_ADDED,
        ),
    ),
)
