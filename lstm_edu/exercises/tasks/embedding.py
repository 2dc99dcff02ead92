"""Train some rows of a table of vectors, and leave the others exactly as they are."""

import numpy as np

from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal


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

EMBEDDING_ROWS = Exercise(
    name="embedding_rows",
    title="train only the new rows of an embedding",
    idea="One step of gradient descent on an embedding's table, in which only some rows learn: the new ones. The "
    "others stay exactly as they are. Multiply the gradient by a mask before the step.",
    takes=(
        ("table", "(V, D)", "one vector a token"),
        ("gradient", "(V, D)", "dL/d(table)"),
        ("trainable", "(V,) bool", "True: this row learns"),
        ("learning_rate", "float", ""),
    ),
    returns=(Output("new_table", ("row", "column"), "(V, D), the table after the step; `table` itself stays"),),
    draw=_draw,
    reference=_reference,
    example=lambda: {
        "table": array([1, 1], [2, 2], [3, 3]),
        "gradient": array([5, 5], [5, 5], [5, 10]),
        "trainable": np.array([False, False, True]),
        "learning_rate": 0.1,
    },
    hints=(
        "trainable has shape (V,), the gradient (V, D). Which shape must the mask have to act on whole rows?",
        "new = table - learning_rate * gradient, with the gradient 0 in rows that do not learn.",
        f"new_table = {_STEP}",
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
            sentence="The mask is turned round: the old rows learn, and the new ones stay.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: table + learning_rate * gradient * trainable[:, None],
            sentence="The step goes uphill: the gradient is added; it is subtracted.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: (table - learning_rate * gradient) * trainable[:, None],
            sentence="The mask stands on the whole table, so that the frozen rows become 0. It belongs on gradient.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: table - gradient * trainable[:, None],
            sentence="The learning rate is missing.",
            fix=f"new_table = {_STEP}",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: table - learning_rate * gradient * trainable,
            sentence="The mask acts on columns: (V,) stands beside the last axis. Give it a second axis.",
            fix="masked = gradient * trainable[:, None]   # (V, 1)",
        ),
        Wrong(
            lambda table, gradient, trainable, learning_rate: (table - learning_rate * gradient)[trainable],
            sentence="Only the rows that learn are returned; wanted is the whole table.",
            fix=f"new_table = {_STEP}",
        ),
    ),
)
