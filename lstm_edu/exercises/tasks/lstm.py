"""The LSTM: one step, all steps, and steps that do not count."""

import numpy as np

from lstm_edu.core import lstm_step as right_step
from lstm_edu.exercises.answers import Output
from lstm_edu.exercises.exercise import Exercise, Question, Wrong
from lstm_edu.exercises.tasks.drawing import array, keras_layer, lstm_of, normal, numbers, weights


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    i = sigmoid(z_i)
    f = sigmoid(z_f)
    g = np.tanh(z_g)
    o = sigmoid(z_o)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm(x, kernel, recurrent_kernel, bias, h, c):
    outputs = []
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def masked_lstm(x, mask, kernel, recurrent_kernel, bias, h, c):
    output, outputs = np.zeros_like(h), []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        new_h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        h, c = np.where(counts, new_h, h), np.where(counts, new_c, c)
        output = np.where(counts, h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


_WEIGHTS = (
    ("kernel", "(F, 4H)", "W, Keras's kernel: blocks i, f, g, o"),
    ("recurrent_kernel", "(H, 4H)", "U, blocks i, f, g, o"),
    ("bias", "(4H,)", "b, blocks i, f, g, o"),
)


# --- one step -------------------------------------------------------------------------------------------------------


_DEFINE = " (NumPy has no sigmoid: write your own, above it, in this notebook.)"


def _draw_step(rng, k):
    batch, features, units = [(3, 4, 4), (5, 2, 3), (2, 6, 5), (4, 3, 2)][k]
    return {
        "x_t": normal(rng, batch, features),
        "h": normal(rng, batch, units, scale=0.7),
        "c": normal(rng, batch, units),
        **weights(rng, features, units, 4),
    }


def _right_step(a):
    step = right_step(*a.values())
    return step.h, step.c


def _keras_step(keras, a):
    layer = keras_layer(keras, "LSTM", a, return_state=True)
    _, h, c = layer(a["x_t"][:, None], initial_state=[a["h"], a["c"]])
    return numbers(h), numbers(c)


def _step(order="ifgo", gate=sigmoid, candidate=np.tanh, squash=np.tanh, sum_=None, cell=None):
    """The step with something else in one place."""

    def answer(x_t, h, c, kernel, recurrent_kernel, bias):
        z = (sum_ or (lambda x, h, c, W, U, b: x @ W + h @ U + b))(x_t, h, c, kernel, recurrent_kernel, bias)
        block = dict(zip(order, np.split(z, 4, axis=-1), strict=True))
        i, f, g, o = gate(block["i"]), gate(block["f"]), candidate(block["g"]), gate(block["o"])
        new_c = cell(i, f, g, h, c) if cell else f * c + i * g
        return o * squash(new_c), new_c

    return answer


def _hard_2(z):
    return np.clip(0.2 * z + 0.5, 0, 1)


def _hard_3(z):
    return np.clip(z / 6 + 0.5, 0, 1)


def _exchanged(x_t, h, c, kernel, recurrent_kernel, bias):
    return lstm_step(x_t, h, c, kernel, recurrent_kernel, bias)[::-1]


def _no_functions(x_t, h, c, kernel, recurrent_kernel, bias):
    i, f, g, o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
    new_c = f * c + i * g
    return o * np.tanh(new_c), new_c


def _old_output(x_t, h, c, kernel, recurrent_kernel, bias):
    return h, lstm_step(x_t, h, c, kernel, recurrent_kernel, bias)[1]


def _old_cell(x_t, h, c, kernel, recurrent_kernel, bias):
    z_i, z_f, z_g, z_o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
    return sigmoid(z_o) * np.tanh(c), sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)


LSTM_STEP = Exercise(
    name="lstm_step",
    title="one timestep of an LSTM",
    idea="One sum for all four gates, z = x_t W + h U + b, is cut into blocks i, f, g, o. Three of them become gates "
    "between 0 and 1, and g becomes the candidate, between -1 and 1. The new cell state is a share f of the old one "
    "and a share i of the candidate. The new output is a share o of the tanh of the new cell state." + _DEFINE,
    takes=(
        ("x_t", "(B, F)", "the input of this timestep"),
        ("h", "(B, H)", "the previous output"),
        ("c", "(B, H)", "the previous cell state"),
        *_WEIGHTS,
    ),
    returns=(
        Output("h", ("sequence", "unit"), "(B, H), the new output"),
        Output("c", ("sequence", "unit"), "(B, H), the new cell state"),
    ),
    draw=_draw_step,
    reference=_right_step,
    example=lambda: {
        "x_t": array([1, 2], [0.5, -1], [0, 1]),
        "h": array([0.5, -0.5], [1, 0.25], [0, -1]),
        "c": array([-0.5, 1], [2, 0.5], [-1, 0.25]),
        "kernel": array([1, 0, -1, 1, 0.5, 0, 2, -1], [0, 1, 0.5, 0, -1, 1, 0, 0.5]),
        "recurrent_kernel": array([1, -1, 1, 0, 2, 0.5, 0, -1], [0, 1, 0.5, -1, 1, 0, -2, 1]),
        "bias": array(0.5, 0, 1, 2, -0.5, 1, 0, -1),
    },
    hints=(
        "Go through it gate by gate: which block of z does each gate use, and which activation is applied to it?",
        "Look at your line for c: it keeps a share of the old c and adds a share of g, and each share has its "
        "own gate. Then look at your line for h: it uses the c that you have just computed.",
        "c = f * ... + i * ...\nh = o * np.tanh(...)",
    ),
    answer=(sigmoid, lstm_step),
    question=lambda a: Question(lstm_of(a), a["x_t"][:, None], None, [a["h"], a["c"]]),
    keras=_keras_step,
    wrong_answers=(
        Wrong(_step(order="igfo"), "gate-order:i,g,f,o"),
        Wrong(_step(order="iofg"), "gate-order:i,o,f,g"),
        Wrong(
            _step(order="figo"),
            "gate-order:f,i,g,o",
            "i and f are swapped. Either the blocks are read in the order f, i, g, o (Keras packs i, f, g, o), "
            "or i and f are swapped in the line for c.",
            "z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)\nc = f * c + i * g   # f keeps, i writes",
        ),
        Wrong(
            _no_functions,
            sentence="The blocks of z are used directly: sigmoid should turn three of them into gates, and tanh the "
            "fourth into the candidate.",
            fix="i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)",
        ),
        Wrong(
            _old_output,
            sentence="The h that you return is the one that came in.",
            fix="h = o * np.tanh(c)   # with the new c\nreturn h, c",
        ),
        Wrong(_step(gate=_hard_2), "hard-sigmoid-v2"),
        Wrong(_step(gate=_hard_3), "hard-sigmoid-v3"),
        Wrong(_step(candidate=sigmoid), "candidate-activation:sigmoid"),
        Wrong(_step(squash=lambda c: c), "wrong-previous-state:cell-not-squashed"),
        Wrong(_step(cell=lambda i, f, g, h, c: f * h + i * g), "wrong-previous-state:h-for-c"),
        Wrong(_old_cell, "wrong-previous-state:output-from-old-c"),
        Wrong(_step(sum_=lambda x, h, c, W, U, b: x @ W + h @ U), "bias-missing"),
        Wrong(_step(sum_=lambda x, h, c, W, U, b: x @ W + b + h @ U + b), "bias-twice"),
        Wrong(
            _exchanged,
            "h-c-swapped:returned",
            "You return c, h; h is expected first, then c.",
            "return h, c",
        ),
    ),
)


# --- all steps ------------------------------------------------------------------------------------------------------


def _draw_sequence(rng, k):
    batch, timesteps, features, units = [(3, 5, 3, 3), (2, 6, 4, 3), (4, 3, 2, 5), (3, 4, 5, 2)][k]
    return {
        "x": normal(rng, batch, timesteps, features),
        **weights(rng, features, units, 4),
        "h": normal(rng, batch, units, scale=0.7),
        "c": normal(rng, batch, units),
    }


def _question(a):
    layer = lstm_of(a, return_sequences=True)
    return Question(layer, a["x"], a.get("mask"), [a["h"], a["c"]])


def _right(a):
    q = _question(a)
    return (q.layer(q.x, mask=q.mask, initial_state=q.initial_state),)


def _keras_sequence(keras, a):
    layer = keras_layer(keras, "LSTM", a, return_sequences=True)
    return (numbers(layer(a["x"], mask=a.get("mask"), initial_state=[a["h"], a["c"]])),)


def _loop(step=lstm_step, forget=(), start=None, steps=None):
    """The loop with something else in one place."""

    def answer(x, kernel, recurrent_kernel, bias, h, c):
        if start is not None:
            h, c = start(h, c)
        outputs = []
        for t in steps(x.shape[1]) if steps else range(x.shape[1]):
            h, c = step(x[:, t], h, c, kernel, recurrent_kernel, bias)
            outputs.append(h)
            h, c = (np.zeros_like(s) if name in forget else s for name, s in zip("hc", (h, c), strict=True))
        return np.stack(outputs, axis=1)

    return answer


def _reshaped(x, kernel, recurrent_kernel, bias, h, c):
    return _time_first(x, kernel, recurrent_kernel, bias, h, c).reshape(*x.shape[:2], -1)


def _time_last(x, kernel, recurrent_kernel, bias, h, c):
    return np.moveaxis(lstm(x, kernel, recurrent_kernel, bias, h, c), 1, 2)


def _pairs(x, kernel, recurrent_kernel, bias, h, c):
    outputs = []
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        outputs.append((h, c))
    return np.stack(outputs, axis=1)


def _time_first(x, kernel, recurrent_kernel, bias, h, c):
    return np.moveaxis(lstm(x, kernel, recurrent_kernel, bias, h, c), 1, 0)


def _last_only(x, kernel, recurrent_kernel, bias, h, c):
    return lstm(x, kernel, recurrent_kernel, bias, h, c)[:, -1]


_EXAMPLE = {
    "x": lambda: array([[1], [0.5], [-1]], [[-2], [1], [0.5]]),
    "kernel": lambda: array([1, 0, -1, 1, 0.5, -1, 0, 2]),
    "recurrent_kernel": lambda: array([1, -1, 1, 0, 2, 0.5, 0, -1], [0, 1, 0.5, -1, 1, 0, -2, 1]),
    "bias": lambda: array(0.5, 0, 1, 2, -0.5, 1, 0, -1),
    "h": lambda: array([0.5, -0.5], [0.25, 1]),
    "c": lambda: array([-1, 0.5], [2, -0.5]),
}


LSTM_LOOP = Exercise(
    name="lstm",
    title="an LSTM through time",
    idea="Take the step of an LSTM (your lstm_step) once for each timestep: what one step returns goes into the next. "
    "(An lstm_step of your own and the sigmoid that it uses have to be defined in this notebook.)",
    takes=(
        ("x", "(B, T, F)", "B sequences of T timesteps"),
        *_WEIGHTS,
        ("h", "(B, H)", "the output before the first step"),
        ("c", "(B, H)", "the cell state before the first step"),
    ),
    returns=(Output("y", ("sequence", "timestep", "unit"), "(B, T, H), the output h of every timestep"),),
    draw=_draw_sequence,
    reference=_right,
    example=lambda: {name: make() for name, make in _EXAMPLE.items()},
    hints=(
        "Which two arrays go from one step to the next? And in which order are the axes of what you return?",
        "Look at the call of lstm_step in your loop: what it returns has to be what the next call is given. Each "
        "h also goes into a list, which is stacked after the loop so that time is the second axis.",
        "for t in range(x.shape[1]):\n"
        "    h, c = lstm_step(x[:, t], ..., ..., kernel, recurrent_kernel, bias)\n"
        "    outputs.append(...)\n"
        "return np.stack(outputs, axis=...)",
    ),
    answer=(sigmoid, lstm_step, lstm),
    question=_question,
    keras=_keras_sequence,
    wrong_answers=(
        Wrong(_loop(forget="hc"), "state-not-carried"),
        Wrong(_loop(forget="h"), "state-not-carried:h"),
        Wrong(_loop(forget="c"), "state-not-carried:c"),
        Wrong(_loop(start=lambda h, c: (np.zeros_like(h), np.zeros_like(c))), "state-not-carried:initial-state"),
        Wrong(_loop(start=lambda h, c: (c, h)), "h-c-swapped"),
        Wrong(_loop(step=_step(order="igfo")), "gate-order:i,g,f,o"),
        Wrong(_loop(step=_step(gate=_hard_2)), "hard-sigmoid-v2"),
        Wrong(_loop(steps=lambda n: [0] * n), "slicing:first-step-everywhere"),
        Wrong(_loop(steps=lambda n: range(n - 1, -1, -1)), "go-backwards-order:direction"),
        Wrong(_last_only, "return-last-vs-sequence:last"),
        Wrong(_time_first, "axes-swapped:output"),
        Wrong(
            _reshaped,
            sentence="The shape is right, but the numbers are in the wrong places: a reshape fills new rows in the old "
            "order; it does not swap axes.",
            fix="np.stack(outputs, axis=1)      # instead of the reshape",
        ),
        Wrong(
            _time_last,
            sentence="Time is your last axis; it belongs between the batch and the units.",
            fix="np.stack(outputs, axis=1)",
        ),
        Wrong(
            _pairs,
            sentence="Each entry of your list is the pair (h, c); the output of a step is h alone.",
            fix="outputs.append(h)",
        ),
        Wrong(
            _loop(step=_exchanged),
            sentence="lstm_step returns h first and then c; you take them in the opposite order.",
            fix="h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)",
        ),
    ),
)


# --- masks ----------------------------------------------------------------------------------------------------------

_COUNTS = ("111111", "111100", "001111", "101101", "000000")


def _draw_masked(rng, k):
    batch, timesteps, features, units = [(5, 6, 3, 3), (4, 5, 4, 2), (5, 4, 2, 5), (4, 6, 3, 4)][k]
    patterns = np.array([[mark == "1" for mark in row] for row in _COUNTS])
    steps = np.arange(timesteps) * 6 // timesteps
    return {
        "x": normal(rng, batch, timesteps, features),
        "mask": patterns[np.arange(batch) + (5 - batch)][:, steps],
        **weights(rng, features, units, 4),
        "h": normal(rng, batch, units, scale=0.7),
        "c": normal(rng, batch, units),
    }


def _masked(rule):
    """The masked loop with another rule: (counts, new, old, output) -> (h, c, output)."""

    def answer(x, mask, kernel, recurrent_kernel, bias, h, c):
        output, outputs = np.zeros_like(h), []
        for t in range(x.shape[1]):
            new = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
            h, c, output = rule(mask[:, t, None], new, (h, c), output)
            outputs.append(output)
        return np.stack(outputs, axis=1)

    return answer


def _kept(counts, new, old):
    return tuple(np.where(counts, a, b) for a, b in zip(new, old, strict=True))


def _zero_shown(counts, new, old, output):
    h, c = _kept(counts, new, old)
    return h, c, np.where(counts, h, 0)


def _state_shown(counts, new, old, output):
    h, c = _kept(counts, new, old)
    return h, c, h


def _state_zeroed(counts, new, old, output):
    h, c = (a * counts for a in new)
    return h, c, h


def _where_exchanged(counts, new, old, output):
    h, c = _kept(counts, old, new)
    return h, c, np.where(counts, h, output)


def _states_go_on(counts, new, old, output):
    return *new, np.where(counts, new[0], output)


def _zeros_only(counts, new, old, output):
    return *new, np.where(counts, new[0], 0)


def _h_goes_on(counts, new, old, output):
    return new[0], np.where(counts, new[1], old[1]), np.where(counts, new[0], output)


def _all_rows_at_once(counts, new, old, output):
    return (*new, new[0]) if counts.all() else (*old, output)


def _c_goes_on(counts, new, old, output):
    h = np.where(counts, new[0], old[0])
    return h, new[1], np.where(counts, h, output)


def _with_mask(change):
    """The right answer for another mask."""

    def answer(x, mask, *others):
        return masked_lstm(x, change(mask), *others)

    return answer


def _no_mask(x, mask, kernel, recurrent_kernel, bias, h, c):
    return lstm(x, kernel, recurrent_kernel, bias, h, c)


def _input_zeroed(x, mask, kernel, recurrent_kernel, bias, h, c):
    return lstm(x * mask[:, :, None], kernel, recurrent_kernel, bias, h, c)


_KEEP = "counts = mask[:, t, None]\nh, c = np.where(counts, new_h, h), np.where(counts, new_c, c)"

MASKED_LSTM = Exercise(
    name="masked_lstm",
    title="timesteps that do not count",
    idea="An LSTM through time with a mask: at a step that does not count, h and c stay as they were, and the previous "
    "output is repeated. Steps that do not count may be anywhere: a mask may have gaps. Before the first step that "
    "counts, the output is 0 (and the states are still h and c). (lstm_step and the sigmoid that it uses have to be "
    "defined in this notebook.)",
    takes=(
        ("x", "(B, T, F)", "B sequences of T timesteps"),
        ("mask", "(B, T) bool", "True: this step counts"),
        *_WEIGHTS,
        ("h", "(B, H)", "the output before the first step"),
        ("c", "(B, H)", "the cell state before the first step"),
    ),
    returns=(Output("y", ("sequence", "timestep", "unit"), "(B, T, H), what keras.layers.LSTM returns for this mask"),),
    draw=_draw_masked,
    reference=_right,
    example=lambda: (
        {"x": _EXAMPLE["x"](), "mask": np.array([[True, False, True], [False, True, False]])}
        | {name: make() for name, make in _EXAMPLE.items() if name != "x"}
    ),
    hints=(
        "Three things must stay as they were where a step does not count. Which three?",
        "Look at the shapes: mask[:, t] is (B,), the states are (B, H). With mask[:, t, None], np.where decides "
        "for each row by itself. Check the starting value, too: before the first step that counts the output is 0, not "
        "h.",
        "counts = mask[:, t, None]\n"
        "h, c = np.where(counts, new_h, ...), np.where(counts, new_c, ...)\n"
        "output = np.where(counts, ..., ...)",
    ),
    answer=(sigmoid, lstm_step, masked_lstm),
    question=_question,
    keras=_keras_sequence,
    wrong_answers=(
        Wrong(_no_mask, "mask-lost"),
        Wrong(_with_mask(np.logical_not), "mask-lost:inverted"),
        Wrong(_input_zeroed, "masked-steps:input-zeroed"),
        Wrong(_masked(_zero_shown), "masked-steps:zero"),
        Wrong(_masked(_state_shown), "masked-steps:initial-state"),
        Wrong(_masked(_state_zeroed), "masked-steps:state-zeroed"),
        Wrong(_masked(_c_goes_on), "masked-steps:c-goes-on"),
        Wrong(
            _masked(_h_goes_on),
            sentence="At a masked step h changes; only c and the output are kept. Keep h as well.",
            fix=_KEEP,
        ),
        Wrong(
            _masked(_states_go_on),
            sentence="Only the output is kept at a masked step; h and c change, and must be kept as well.",
            fix=_KEEP,
        ),
        Wrong(
            _masked(_zeros_only),
            sentence="The mask only turns outputs into zeros; h and c change at masked steps. Keep all three.",
            fix=f"{_KEEP}\noutput = np.where(counts, h, output)",
        ),
        Wrong(
            _masked(_where_exchanged),
            sentence="h and c are kept where the step counts, and replaced where it does not: swap the two.",
            fix=_KEEP,
        ),
        Wrong(
            _masked(_all_rows_at_once),
            sentence="One decision is made for all sequences; each of them has its own mask.",
            fix=_KEEP,
        ),
        Wrong(
            _with_mask(lambda mask: np.sort(mask, axis=1)[:, ::-1]),
            sentence="You let the first mask.sum() timesteps of each sequence count; the mask may have gaps, and says "
            "for each timestep whether it counts.",
            fix=_KEEP,
        ),
        Wrong(
            _with_mask(lambda mask: np.logical_and.accumulate(mask, axis=1)),
            sentence="You stop at the first step that does not count; a mask may have gaps, and later steps "
            "count again.",
            fix=_KEEP,
        ),
    ),
)
