"""The first two: sums, and a memory of one number."""

from typing import Any

import numpy as np

from lstm_edu.core import LSTM, SimpleRNN
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal, numbers


def ink(image):
    return image.sum(axis=1)


def _draw_image(rng, k):
    rows, columns = [(5, 3), (4, 6), (7, 2), (6, 8)][k]
    return {"image": rng.uniform(0.1, 1, (rows, columns)).astype(np.float32)}


INK = Exercise(
    name="ink",
    title="how much ink is in each row",
    idea="An image is a table of numbers: 0 is paper, 1 is ink. Return the sum of each row.",
    takes=(("image", "(rows, columns)", "how much ink is at each place"),),
    returns=(Output("sums", ("row",), "(rows,), the sum of each row"),),
    draw=_draw_image,
    reference=lambda a: (a["image"].astype(np.float64) @ np.ones(a["image"].shape[1]),),
    example=lambda: {"image": array([0, 1, 0.5], [1, 1, 0])},
    hints=(
        "The answer has one number per row. So which of the two axes has to disappear?",
        "Look at the shape in the task, (rows, columns): a sum along an axis removes that axis. Axis 0 runs down "
        "the rows; axis 1 runs along a row, from column to column.",
        "sums = image.sum(axis=...)",
    ),
    answer=(ink,),
    keras=lambda keras, a: (numbers(keras.ops.sum(a["image"], axis=1)),),
    wrong_answers=(
        Wrong(
            lambda image: image.sum(axis=0),
            sentence="These are the sums of the columns: axis 0 is the one that disappeared, the rows.",
            fix="sums = image.sum(axis=1)",
        ),
        Wrong(
            lambda image: image.sum(),
            sentence="That is all the ink of the image, in one number; one number per row is expected.",
            fix="sums = image.sum(axis=1)",
        ),
        Wrong(
            lambda image: image.mean(axis=1),
            sentence="That is the mean of each row; its sum is expected.",
            fix="sums = image.sum(axis=1)",
        ),
        Wrong(
            lambda image: image.max(axis=1),
            sentence="That is the largest number of each row; the sum is expected.",
            fix="sums = image.sum(axis=1)",
        ),
        Wrong(
            lambda image: image[0].sum() + 0 * image[:, 0],
            sentence="Every row gets the sum of the first one: row number r is image[r].",
            fix="sums = np.array([row.sum() for row in image])",
        ),
    ),
)


# --- a memory of one number -----------------------------------------------------------------------------------------


def memory(values, keep):
    c, steps = 0.0, []
    for value in values:
        c = keep * c + value
        steps.append(c)
    return np.array(steps)


def _draw_values(rng, k):
    steps = [4, 6, 5, 8][k]
    return {"values": normal(rng, steps), "keep": float(np.round(rng.uniform(0.3, 0.9), 2))}


def _as_layer(layer: Any, a: dict[str, Any]) -> tuple:
    """The same as a SimpleRNN of one unit without tanh: the kernel is 1, the recurrent kernel `keep`."""
    layer.build((None, None, 1))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), a["keep"])])
    return (numbers(layer(a["values"][None, :, None])).reshape(-1),)


_OPTIONS: dict[str, Any] = {"activation": "linear", "use_bias": False, "return_sequences": True}
_STEP = "c = keep * c + value"


def _steps(step, last=False):
    def answer(values, keep):
        c, steps = 0.0, []
        for value in values:
            c = step(c, value, keep)
            steps.append(c)
        return np.asarray(steps[-1]) if last else np.array(steps)

    return answer


MEMORY = Exercise(
    name="memory",
    title="a memory of one number",
    idea="A memory c begins at 0. At each timestep the old c is multiplied by keep, and then the value is added in "
    "full: the new c is keep times the old c, plus the value. Return c after every timestep.",
    takes=(
        ("values", "(T,)", "one value per timestep"),
        ("keep", "float", "what the old c is multiplied by: from 0 (forget everything) to 1 (keep everything)"),
    ),
    returns=(Output("c", ("timestep",), "(T,), the memory after each timestep"),),
    draw=_draw_values,
    reference=lambda a: _as_layer(SimpleRNN(1, dtype="float64", **_OPTIONS), a),
    example=lambda: {"values": np.array([4, 8, 2], dtype=np.float32), "keep": 0.25},
    hints=(
        "Do the example with pencil and paper. What is c after the first value, and after the second?",
        "Look at the inside of your loop. It has two jobs: make the new c from the old one, then keep it, in a "
        "list that np.array turns into an array at the end.",
        "for value in values:\n    c = keep * ... + ...\n    steps.append(...)",
    ),
    answer=(memory,),
    keras=lambda keras, a: _as_layer(keras.layers.SimpleRNN(1, **_OPTIONS), a),
    wrong_answers=(
        Wrong(
            lambda values, keep: np.cumsum(values),
            sentence="Nothing is forgotten: the old c is not multiplied by keep.",
            fix=_STEP,
        ),
        Wrong(
            _steps(lambda c, value, keep: keep * (c + value)),
            sentence="The new value is multiplied by keep too; only the old c should be.",
            fix=_STEP,
        ),
        Wrong(
            _steps(lambda c, value, keep: c + keep * value),
            sentence="keep multiplies the new value; it belongs to the old c.",
            fix=_STEP,
        ),
        Wrong(
            _steps(lambda c, value, keep: keep * c + (1 - keep) * value),
            sentence="The new value is multiplied by 1 - keep; here it is added unchanged.",
            fix=_STEP,
        ),
        Wrong(
            lambda values, keep: np.concatenate([values[:1], keep * values[:-1] + values[1:]]),
            sentence="Each step looks back at the previous value only. Use the memory instead: it holds all of them.",
            fix=_STEP,
        ),
        Wrong(
            lambda values, keep: memory(values, keep) - values,
            sentence="c goes into the list before the value is added to it, so your list starts with 0.",
            fix=f"{_STEP}\nsteps.append(c)",
        ),
        Wrong(
            _steps(lambda c, value, keep: keep * c + value, last=True),
            sentence="That is the memory at the end; c after every timestep is expected.",
            fix="steps.append(c)",
        ),
        Wrong(
            _steps(lambda c, value, keep: value),
            sentence="The memory is empty at each step: c is not carried over from the step before.",
            fix=_STEP,
        ),
    ),
)


# --- the same memory, told what to do at each step ------------------------------------------------------------------


def gated_memory(values, keep, write):
    c, steps = 0.0, []
    for t in range(len(values)):
        c = keep[t] * c + write[t] * values[t]
        steps.append(c)
    return np.array(steps)


def _draw_gated(rng, k):
    steps = [4, 6, 5, 8][k]
    return {
        "values": np.tanh(normal(rng, steps)),
        "keep": rng.uniform(0.1, 0.95, steps).astype(np.float32),
        "write": rng.uniform(0.1, 0.95, steps).astype(np.float32),
    }


def _sums(a):
    """What an LSTM of one unit has to add up, so that its gates are `write` and `keep` and its candidate the value."""
    values, keep, write = (a[name].astype(np.float64) for name in ("values", "keep", "write"))
    z_i, z_f = (np.log(gate / (1 - gate)) for gate in (write, keep))
    return np.stack([z_i, z_f, np.arctanh(values), np.zeros_like(values)], axis=1)[None]


_PASSED_ON = [np.eye(4), np.zeros((1, 4)), np.zeros(4)]  # weights that hand the four sums straight on


def _cell_states(a):
    layer = LSTM(1, dtype="float64")
    layer.build((None, None, 4))
    layer.set_weights(_PASSED_ON)
    return (layer.trace(_sums(a)).c[0, :, 0],)


def _cell_states_in_keras(keras, a):
    z = _sums(a)
    layer = keras.layers.LSTM(1, return_state=True)
    layer.build((None, None, 4))
    layer.set_weights(_PASSED_ON)
    return (np.array([numbers(layer(z[:, :t])[2]).item() for t in range(1, z.shape[1] + 1)]),)


def _gated(step):
    def answer(values, keep, write):
        c, steps = 0.0, []
        for t in range(len(values)):
            c = step(c, values, keep, write, t)
            steps.append(c)
        return np.array(steps)

    return answer


_GATED = "c = keep[t] * c + write[t] * values[t]"

GATED_MEMORY = Exercise(
    name="gated_memory",
    title="a memory that is told what to keep and what to write",
    idea="The memory c begins at 0 again, but now every timestep brings three numbers: a value, a share `keep` of the "
    "old memory that stays, and a share `write` of the value that is added. Return c after every timestep.",
    takes=(
        ("values", "(T,)", "one value per timestep"),
        ("keep", "(T,)", "one share per timestep, from 0 to 1"),
        ("write", "(T,)", "one share per timestep, from 0 to 1"),
    ),
    returns=(Output("c", ("timestep",), "(T,), the memory after each timestep"),),
    draw=_draw_gated,
    reference=_cell_states,
    example=lambda: {
        "values": np.array([4, 8, 2], dtype=np.float32),
        "keep": np.array([1, 0.5, 1], dtype=np.float32),
        "write": np.array([1, 0.25, 0], dtype=np.float32),
    },
    hints=(
        "Do the example with pencil and paper. In the last step nothing is written and everything is kept: what is c?",
        "Look at your solution of `memory`: which line changes? The loop now needs the number of the step, t, because "
        "the three numbers that belong together are at the same place of three arrays.",
        "for t in range(len(values)):\n    c = keep[t] * ... + ... * values[t]\n    steps.append(...)",
    ),
    answer=(gated_memory,),
    keras=_cell_states_in_keras,
    wrong_answers=(
        Wrong(
            _gated(lambda c, v, keep, write, t: write[t] * c + keep[t] * v[t]),
            sentence="keep and write are swapped: keep belongs to the old c, write to the new value.",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: keep[t] * c + v[t]),
            sentence="The whole value is added at every step; only the share write[t] of it should be.",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: c + write[t] * v[t]),
            sentence="Nothing is forgotten: the old c is not multiplied by keep[t].",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: keep[t] * c + (1 - keep[t]) * v[t]),
            sentence="You write what is left after keeping, 1 - keep; the share to write is given: write[t].",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: keep[t] * (c + write[t] * v[t])),
            sentence="The new value is multiplied by keep too; only the old c should be.",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: write[t] * (keep[t] * c + v[t])),
            sentence="The old c is multiplied by write too; only the new value should be.",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: keep[t - 1] * c + write[t] * v[t]),
            sentence="You use the share `keep` of the previous timestep; use that of the same timestep, keep[t].",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: keep[0] * c + write[0] * v[t]),
            sentence="The shares of the first step are used at every step.",
            fix=_GATED,
        ),
        Wrong(
            _gated(lambda c, v, keep, write, t: keep[t] * (v[t - 1] if t else 0) + write[t] * v[t]),
            sentence="Each step looks back at the previous value only. Use the memory instead: it holds all of them.",
            fix=_GATED,
        ),
        Wrong(
            lambda values, keep, write: write * values,
            sentence="The memory is empty at each step: c is not carried over from the step before.",
            fix=_GATED,
        ),
    ),
)
