"""Exercises: every solution passes, every typical wrong answer gets its diagnosis, nothing a function does gets out."""

import ast
import dataclasses
import html
import html.parser
import linecache
import math
import re
import subprocess
import sys
import threading
import time
from _thread import interrupt_main
from pathlib import Path

import numpy as np
import pytest
from limits import HANGS

import lstm_edu as le
from lstm_edu.exercises import Wrong, exercise, running
from lstm_edu.exercises.affine import unused
from lstm_edu.exercises.answers import Unusable, all_agree, taken
from lstm_edu.exercises.errors import told
from lstm_edu.exercises.explainers import EXPLAINERS
from lstm_edu.exercises.explaining import Answered, doctor, listed
from lstm_edu.exercises.mutants import catalogued
from lstm_edu.exercises.running import run

ex = le.exercises
NAMES = ex.names()
QUICK = 0.3  # seconds: time limit for what never ends


@pytest.fixture(autouse=True)
def first_hints():
    """Each test begins without hints shown."""
    yield
    for name in NAMES:
        ex.get(name).reset()


def solution(name):
    """The function that the solution's text defines."""
    shown = ex.get(name).solution()
    namespace = {}
    exec(shown.code, namespace)
    return namespace[shown.function.__name__]


def code_of(function):
    """How an answer is called in a test's name."""
    return function.__name__


dense = solution("dense")

# --- every exercise -------------------------------------------------------------------------------------------------


def test_the_exercises_of_the_course_are_all_there():
    assert set(NAMES) == {
        "ink",
        "memory",
        "dense",
        "read_dense",
        "sigmoid",
        "hard_sigmoid",
        "parameter_count",
        "split_kernel",
        "read_bias",
        "lstm_step",
        "lstm",
        "masked_lstm",
        "labels",
        "crossentropy",
        "shares",
        "dense_gradient",
        "train_dense",
        "masked_mean",
        "update_rows",
        "simple_rnn",
        "rnn_backward",
        "backward_step",
        "forget_path",
        "clip_together",
        "adam_step",
        "gru_step",
        "bidirectional",
        "from_pytorch",
        "from_onnx",
        "gated_memory",
        "merge_dense",
        "undo_softmax",
        "confusion",
        "input_gradient",
        "merge_gradients",
        "embedding_gradient",
        "backwards_rnn",
        "coupled_step",
        "coupled_backward",
        "generate",
        "unit_columns",
        "two_layers",
        "last_counting",
        "mgu_step",
        "from_tf1",
    }
    assert all(getattr(ex, name) is ex.get(name) and name in dir(ex) for name in NAMES)
    with pytest.raises(AttributeError, match="the exercises are ink"):
        ex.dence  # noqa: B018
    with pytest.raises(ValueError, match=r"no exercise 'dence'"):
        ex.get("dence")


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_as_it_is_shown_is_correct(name):
    result = ex.get(name).check(solution(name), keras=False)
    assert result.status == "correct" and result and result.cause is None
    assert not result.notes and not result.printed


@pytest.mark.parametrize("name", NAMES)
def test_keras_itself_agrees(name):
    keras = pytest.importorskip("keras")
    result = ex.get(name).check(solution(name), keras=True)
    assert result.status == "correct"
    if ex.get(name).keras is not None:
        assert result.message.endswith(f"Keras {keras.__version__} itself gives the same.")


def test_a_check_does_not_wait_for_keras():
    program = """
import sys, lstm_edu as le
assert le.exercises.dense.check(lambda x, kernel, bias: x @ kernel).cause == "bias-missing"
assert le.exercises.dense.check(lambda x, kernel, bias: x @ kernel + bias)
print(*{"keras", "tensorflow", "matplotlib", "ipywidgets"} & sys.modules.keys())
"""
    loaded = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert loaded.split() == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_written_is_not_attempted(name):
    task = ex.get(name)
    namespace = {"np": np}
    exec(task.task.skeleton, namespace)
    skeleton = namespace[task.answer[-1].__name__]

    def only_pass(*arguments):
        """What it should do."""
        pass

    def dots(*arguments): ...

    def returned_dots(*arguments):
        return ...

    def not_implemented(*arguments):
        raise NotImplementedError("write me")

    for function in (None, ..., skeleton, only_pass, dots, returned_dots, not_implemented):
        result = task.check(function)
        assert result.status == "not attempted" and not result and result.cause is None, function
    assert task.check(lambda *a: None).status == "not attempted"


def test_a_gap_that_is_left_is_not_attempted():
    def gap(x, kernel, bias):
        z = ...
        return z + bias

    def gap_returned(x, kernel, bias):
        y = ...
        return y

    def gap_in_pair(x_t, h, c, kernel, recurrent_kernel, bias):
        z = x_t @ kernel
        print(z.shape)
        return None, None

    assert ex.dense.check(gap).status == "not attempted"
    assert ex.dense.check(gap_returned).status == "not attempted"
    assert ex.lstm_step.check(gap_in_pair).status == "not attempted"


WRONG = [(name, k) for name in NAMES for k in range(len(ex.get(name).wrong_answers))]


@pytest.mark.parametrize(("name", "k"), WRONG)
def test_a_typical_wrong_answer_gets_its_diagnosis(name, k):
    wrong = ex.get(name).wrong_answers[k]
    result = ex.get(name).check(wrong.function)
    assert (result.status, result.cause) == ("wrong", wrong.cause)
    assert (wrong.sentence or le.doctor.CATALOGUE[wrong.cause].sentence) in result.message
    fix = wrong.fix if wrong.sentence else le.doctor.CATALOGUE[wrong.cause].fix
    assert ex.get(name).solution().fix == fix


@pytest.mark.parametrize("name", NAMES)
def test_wrong_answers_are_listed_with_ids_of_the_catalogue(name):
    wrong = ex.get(name).wrong_answers
    assert len(wrong) >= 3
    assert all(isinstance(w, Wrong) and (w.cause or w.sentence) for w in wrong)
    assert all(w.cause is None or w.cause in le.doctor.CATALOGUE for w in wrong)


@pytest.mark.parametrize("name", NAMES)
def test_no_question_is_a_special_case(name):
    """Sizes differ from question to question, and within one wherever no mistake needs them equal."""
    task = ex.get(name)
    questions = [task.draw(np.random.default_rng(seed), k) for k, seed in enumerate((*exercise.SEEDS, 9))]
    shapes = [tuple(np.shape(v) for v in q.values()) for q in questions]
    assert len(set(shapes)) == 4 or name == "parameter_count"
    for q in questions:
        assert list(q) == [argument for argument, *_ in task.takes]
        for value in q.values():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                assert np.all(value != 0) and len(np.unique(value)) == value.size


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_not_stored_anywhere_that_a_constant_could_use(name):
    """Outputs that were remembered from the fixed questions do not pass: the last question is always new."""
    task = ex.get(name)
    known = []
    for k, seed in enumerate(exercise.SEEDS):
        arguments = task.draw(np.random.default_rng(seed), k)
        right = task.reference(arguments)
        known.append((list(arguments.values()), right if len(right) > 1 else right[0]))

    def remembered(*arguments):
        for question, right in known:
            if all(np.array_equal(a, b) for a, b in zip(question, arguments, strict=True)):
                return right
        return known[0][1]

    assert task.check(remembered).status == "wrong"
    assert task.check(lambda *a: known[0][1]).status == "wrong"


# --- what the doctor adds -------------------------------------------------------------------------------------------


def test_the_weights_are_never_called_others_for_the_function_was_given_them():
    def last_feature(x, kernel, bias):  # = for +=
        return np.outer(x[:, -1], kernel[-1]) + bias

    assert "weights that are printed" not in ex.dense.check(last_feature).message


def test_two_mistakes_at_once_are_named():
    def answer(x, kernel, bias):
        return np.tanh(x @ kernel)

    result = ex.dense.check(answer)
    assert "Two things are different" in result.message
    assert "bias is not" in result.message and "tanh" in result.message


MEASURED = {
    "the last feature": (
        lambda x, W, b: np.outer(x[:, -1], W[-1]) + b,
        "Only the last feature of each row counts: is there a `=` where `+=` is meant? The bias is right.",
    ),
    "the first feature": (lambda x, W, b: np.outer(x[:, 0], W[0]) + b, "Only the first feature of each row counts."),
    "a mean": (lambda x, W, b: (x[:, :, None] * W).mean(axis=1) + b, "kernel divided by the number of features"),
    "a feature too few": (lambda x, W, b: x[:, :-1] @ W[:-1] + b, "The last feature does not count. The bias is"),
    "another feature too few": (lambda x, W, b: x[:, 1:] @ W[1:] + b, "The first feature does not count."),
    "bias in the weights": (lambda x, W, b: x @ (W + b), "The weights are kernel + bias: the bias belongs to y, not"),
    "bias times": (lambda x, W, b: x @ W * b, "The weights are kernel * bias"),
    "all biases": (lambda x, W, b: x @ W + b.sum(), "The weights are right. Every unit gets the sum of all biases"),
    "one bias": (lambda x, W, b: x @ W + b[0], "Every unit gets the first bias"),
    "other weights": (lambda x, W, b: x @ (W * np.arange(len(W))[:, None]) + b, "kernel[0, 0] counts as 0 instead of"),
    "other biases": (lambda x, W, b: x @ W + np.cumsum(b), "The biases are not those of bias: bias[1] counts as"),
    "rows are mixed": (lambda x, W, b: x @ W + b + x.sum(), "In your y[0, 0], the given x[0, 0] counts"),
    "a mean, bias and all": (lambda x, W, b: (x @ W + b) / len(W), "All your numbers are the right ones divided by F."),
    "another sign": (lambda x, W, b: -(x @ W + b), "All your numbers are the right ones with the opposite sign."),
    "a factor": (lambda x, W, b: 1.25 * (x @ W + b), "All your numbers are the right ones times 1.25."),
}  # fmt: skip


@pytest.mark.parametrize("what", MEASURED)
def test_the_weights_that_a_function_uses_are_measured(what):
    function, words = MEASURED[what]
    result = ex.dense.check(function)
    assert result.status == "wrong" and words in result.message


def test_what_is_true_of_one_question_only_is_not_said_of_the_function():
    """Wrong for one size: neither a factor, nor an argument that is not used, nor rounding."""
    for wrong in (lambda y, b: 2 * y, lambda y, b: y - b, lambda y, b: np.round(y), lambda y, b: y + b.sum() - b):
        said = ex.dense.check(lambda x, W, b, w=wrong: w(x @ W + b, b) if len(x) == 5 else x @ W + b).message
        assert "All your numbers" not in said and "does not use" not in said and "rounded" not in said
        assert "find that out" not in said.partition("differs first")[0]


@pytest.mark.parametrize("name", ex.names())
def test_a_listed_story_is_told_only_if_it_is_true_of_what_was_right_too(name):
    exercise, false = ex.get(name), 0
    for mistake in exercise.wrong_answers:
        try:
            with np.errstate(all="ignore"):
                asked = [taken_of(exercise, asked_of(exercise, mistake.function, k)) for k in range(3)]
        except (Unusable, ValueError, TypeError, IndexError):  # of a form that cannot be compared
            continue
        right_on = [one for one in asked if all_agree(one.values, one.right)]
        wrong = [one for one in asked if not all_agree(one.values, one.right)]
        if wrong:  # where the mistake shows, and where it does not
            assert listed(exercise, wrong, right_on) is not None
        if not right_on:
            found = listed(exercise, asked[:1], [one._replace(values=one.right) for one in asked[1:]])
            assert found is None or found.sentence != mistake.sentence
            false += 1
    assert false or not exercise.wrong_answers


def taken_of(exercise, one):
    """A question with what was returned as a check compares it."""
    value = one.values[0] if len(exercise.returns) == 1 else one.values
    return one._replace(values=taken(value, exercise.returns))


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("dense", lambda x, kernel, bias: x @ kernel if len(x) == 5 else x @ kernel + bias, "bias"),
        (
            "hard_sigmoid",
            lambda x: np.clip((0.2 if x.ndim == 1 else 1 / 6) * x + 0.5, 0, 1),
            "x / 5",
        ),
    ],
)
def test_a_mistake_in_one_question_only_is_not_told_as_a_mistake_in_all(name, wrong, words):
    result = ex.get(name).check(wrong)
    assert result.status == "wrong" and result.cause is None
    assert "differs first" in result.message and words not in result.message.partition("differs first")[0]


def test_the_catalogue_s_mistakes_are_asked_about_what_was_right_too():
    right = solution("simple_rnn")

    def one(x, kernel, recurrent_kernel, bias, h):
        return right(x, kernel, recurrent_kernel.T, bias, h)

    def two(x, kernel, recurrent_kernel, bias, h):
        return right(x, kernel, recurrent_kernel.T, 0 * bias, h)

    for function, explainer in ((one, catalogued), (one, doctor), (two, doctor)):
        first, *others = (asked_of(ex.simple_rnn, function, k) for k in range(3))
        assert "recurrent-transposed" in explainer(ex.simple_rnn, [first, *others]).cause
        right_on = [other._replace(values=other.right) for other in others]
        assert "recurrent-transposed" in explainer(ex.simple_rnn, [first]).cause
        assert explainer(ex.simple_rnn, [first], right_on) is None


def test_that_all_is_there_in_another_order_is_said_once():
    said = ex.lstm_step.check(lambda *given: solution("lstm_step")(*given)[::-1]).message
    assert said.count("expected") == 1 and "h is expected first, then c" in said


def test_what_is_not_affine_is_not_measured():
    for function in (lambda x, W, b: np.sin(x @ W + b), lambda x, W, b: np.abs(x) @ W + b, lambda x, W, b: x**2 @ W):
        said = ex.dense.check(function).message
        assert "the given x" not in said and "y differs first at row 0, unit 0" in said


STEP = """
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
"""


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        ("ink", lambda image: image[:, 1:] @ np.sin(np.arange(1, image.shape[1])), "the first column of image"),
        ("ink", lambda image: np.cos(np.arange(len(image))), "image at all"),
        ("lstm_step", STEP.replace("f * c + i * g", "np.sin(i * g) ** 3"), "c at all"),
    ],
)
def test_an_argument_that_is_not_used_is_named(name, function, words):
    exercise = ex.get(name)
    if isinstance(function, str):
        function = defined(function, sigmoid=solution("sigmoid"))
    assert f"Your function does not use {words}." in exercise.check(function).message
    asked = [asked_of(exercise, function, k) for k in range(3)]
    found = unused(exercise, asked)
    assert found is not None and found.sentence == f"Your function does not use {words}."
    assert not [e.__name__ for e in EXPLAINERS if e is not unused and e(exercise, asked) is not None]


def asked_of(exercise, function, k):
    """One question, and what the function answers, as a check hands it to the explainers."""

    def ask(many):
        values = [function(*arguments.values()) for arguments in many]
        return [list(v) if isinstance(v, tuple) else [v] for v in values]

    arguments = exercise.draw(np.random.default_rng(k), k)
    return Answered(arguments, exercise.reference(arguments), ask([arguments])[0], ask)


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("f = sigmoid(z_f)", "f = np.cos(z_f)", "z and i are right; f is the first that differs: f[0, 0] is"),
        ("+ bias\n", "+ np.cumsum(bias)\n", "In your function, z is the first that differs"),
        ("i * g", "i * g * 1.3", "z, i, f, g and o are right. Your function treats the given c correctly."),
        ("np.tanh(c)\n", "np.cos(c)\n", "(c is right.) In your function, z, i, f, g and o are right."),
    ],
)
def test_the_first_wrong_quantity_is_named(right, wrong, words):
    answer = defined(STEP.replace(right, wrong), sigmoid=solution("sigmoid"))
    said = ex.lstm_step.check(answer).message
    assert words in said
    assert said.startswith("h differs first" if "(c is right.)" in words else "c differs first at sequence 0, unit 0")


def test_a_name_that_means_something_else_is_not_judged():
    """A variable of another shape, an argument that keeps its name, a loop's counter."""
    source = STEP.replace("f = sigmoid(z_f)", "f = np.cos(z_f)").replace(" f ", " q ").replace("= i ", "= j ")
    said = ex.lstm_step.check(defined(source, sigmoid=solution("sigmoid"))).message
    assert "f is the first" not in said and "c differs first" in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"g = np.tanh(z_g)": "g = z_g", "i * g": "i * np.tanh(g) * 1.3"}, "z, i, f and o are right. "),
        ({"z_i, z_f": "i, f", "i = sigmoid(z_i)": "s = sigmoid(i)", "f = sigmoid(z_f)": "t = sigmoid(f)",
          "f * c + i * g": "t * c + s * g * 1.3"}, "z, g and o are right. "),
        ({" + bias": "", "split(z, 4": "split(z + bias, 4", "i * g": "i * g * 1.3"}, "i, f, g and o are right. "),
        ({"g = np.tanh(z_g)": "g = 1 - np.tanh(z_g)", "i * g": "i * (1 - g) * 1.3"}, "z, i, f and o are right. "),
    ],
)  # fmt: skip
def test_a_name_of_something_else_that_is_right_is_not_blamed(changes, words):
    """Before its function, one of the blocks, without a term that is added later, the other share."""
    source = STEP
    for right, other in changes.items():
        assert right in source
        source = source.replace(right, other)
    said = ex.lstm_step.check(defined(source, sigmoid=solution("sigmoid"))).message
    assert f"In your function, {words}" in said and "is the first that differs" not in said


@pytest.mark.parametrize("low", [1e-3, 1e-7, 1e-12])
def test_a_loss_may_not_be_cut_off_where_it_can_be_large(low):
    """1e-7 is where Keras cuts off probabilities; what 1e-12 does shows in no loss below 27."""

    def crossentropy(z, classes):
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p = p / p.sum(axis=1, keepdims=True)
        return -np.log(np.clip(p[np.arange(len(z)), classes], low, 1))

    result = ex.crossentropy.check(crossentropy)
    assert bool(result) == (low < 1e-8)
    assert result or f"No probability may be below {low:g} in your function" in result.message


def test_a_mistake_that_only_square_weights_let_pass_is_named_all_the_same():
    result = ex.dense.check(lambda x, kernel, bias: x @ kernel.T + bias)
    assert result.cause == "kernel-transposed"


def test_what_no_entry_explains_is_told_by_its_place():
    def answer(x, kernel, recurrent_kernel, bias, h, c):
        y = solution("lstm")(x, kernel, recurrent_kernel, bias, h, c)
        y[1, 2:, 0] += np.linspace(0.1, 0.37, y.shape[1] - 2)
        return y

    result = ex.lstm.check(answer)
    assert result.status == "wrong" and result.cause is None
    assert "sequence 1, timestep 2, unit 0" in result.message
    assert "All timesteps before 2 are right" in result.message
    looks = re.search(r"To look closer: `(.+?)` should return what the example in `(.+?)` shows", repr(result))
    shown = eval(looks[1], {"le": le, "lstm": solution("lstm")})
    assert f"{shown[0, 0, 0]:.4f}".rstrip("0") in str(eval(looks[2], {"le": le}))
    assert "To look closer" not in repr(ex.dense.check(lambda x, kernel, bias: x @ kernel))


def test_a_timestep_too_few_or_too_many_is_told_with_its_likely_cause():
    right = solution("simple_rnn")
    one = ex.simple_rnn.check(lambda *a: right(*a)[:, :1])
    assert "(3, 1, 2); (3, 4, 2)" in one.message and "inside the loop?)" in one.message
    more = ex.simple_rnn.check(lambda *a: np.concatenate([a[-1][:, None], right(*a)], axis=1))
    assert "one timestep too many (is the state before the first step among them?)" in more.message


def test_a_gate_is_named_where_gates_lie_side_by_side():
    def answer(dh, dc, i, f, g, o, c_before, c):
        dz, dc_before = solution("backward_step")(dh, dc, i, f, g, o, c_before, c)
        n = i.shape[1]
        dz[:, 2 * n : 3 * n] *= 1.5
        return dz, dc_before

    result = ex.backward_step.check(answer)
    assert "gate g (candidate), unit 0" in result.message and "(dc_before is right.)" in result.message


def test_a_right_answer_written_differently_is_correct():
    def by_loops(x, kernel, bias):
        y = np.zeros((len(x), len(bias)))  # float64
        for row in range(len(x)):
            for unit in range(len(bias)):
                y[row, unit] = sum(x[row, k] * kernel[k, unit] for k in range(x.shape[1])) + bias[unit]
        return y

    assert ex.dense.check(by_loops).status == "correct"
    assert ex.split_kernel.check(lambda kernel, units: np.split(kernel, 4, axis=1)).status == "correct"  # a list
    assert ex.parameter_count.check(lambda units, features: np.int64(4 * units * (features + units + 1))).status == (
        "correct"
    )

    def one_over(x):
        return 1 / (1 + np.exp(-x))

    result = ex.sigmoid.check(one_over)
    assert result.status == "correct"
    assert "overflow" in result.notes[0] and "right anyway" in result.notes[0]


# --- hints ----------------------------------------------------------------------------------------------------------


def test_hints_come_in_three_tiers_and_the_fix_comes_with_the_solution():
    task = ex.lstm_step
    swapped = task.wrong_answers[0].function
    assert task.check(swapped).hint is None
    hints = [task.hint() for _ in range(4)]
    assert [(hint.tier, hint.text) for hint in hints] == [*enumerate(task.hints, 1), (3, task.hints[2])]
    assert task.check(swapped).hint == hints[2]  # what was shown stays on the card
    assert hints[2].text.splitlines()[0] in repr(task.check(swapped))
    fix = le.doctor.CATALOGUE["gate-order:i,g,f,o"].fix
    assert task.solution().fix == fix and "In your code" in task.solution()._repr_html_()
    task.check(solution("lstm_step"))

    other = task.check(task.wrong_answers[4].function)  # another mistake
    assert other.hint is None and task.hint().tier == 1
    assert "hint()` says more" in repr(task.hint())


def bare(line):
    """A line of code without its comment and its spaces."""
    return re.sub(r"\s", "", line.partition("#")[0])


@pytest.mark.parametrize("name", NAMES)
def test_hints_are_a_ladder(name):
    """A question, a place, a line with gaps. None of them is the solution."""
    question, place, nearly = ex.get(name).hints
    written = [bare(line) for line in ex.get(name).solution().code.splitlines()]
    assert "?" in question
    assert re.search(r"\b(Look|look|Begin) at\b", place)
    assert not [line for line in written if "=" in line and line in bare(question + place)]

    lines = [bare(line) for line in nearly.splitlines()]
    gaps = [line for line in lines if "..." in line]
    assert gaps and not set(gaps) & set(written)
    assert len([line for line in lines if line not in gaps and not line.startswith("for")]) <= len(gaps)
    indices = [node.slice for node in ast.walk(ast.parse(nearly)) if isinstance(node, ast.Subscript)]
    assert not [i for i in indices if "..." in ast.unparse(i)], "x[...] is all of x, and no gap"


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_has_the_name_of_its_function(name):
    assert ex.get(name).answer[-1].__name__ == name
    assert f"le.exercises.{name}.check({name})" in str(ex.get(name).task)


@pytest.mark.parametrize(
    ("old", "new"), [("embedding_rows", "update_rows"), ("masks", "masked_lstm"), ("global_clip", "clip_together")]
)
def test_an_old_name_says_the_new_one(old, new):
    with pytest.raises(AttributeError, match=rf"le\.exercises\.{old} is called le\.exercises\.{new} now"):
        getattr(ex, old)
    with pytest.raises(ValueError, match=f"'{old}' is called '{new}' now"):
        ex.get(old)
    assert old not in NAMES and getattr(ex, new) is ex.get(new)


def test_the_gap_of_a_hint_is_not_attempted_yet():
    def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
        i, f, g, o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
        c = f * ... + i * ...
        return o * np.tanh(c), c

    def ink(image):
        return image.sum(axis=...)

    assert ex.lstm_step.check(lstm_step).status == "not attempted"
    assert ex.ink.check(ink).status == "not attempted"


# --- what must not get out ------------------------------------------------------------------------------------------


def forever(x, kernel, bias):
    while True:
        pass


def forever_swallowing(x, kernel, bias):
    while True:
        try:
            x = x + 1
        except:  # noqa: E722
            pass


def forever_printing(x, kernel, bias):
    while True:
        print("still here")


def forever_finally(x, kernel, bias):
    try:
        while True:
            np.dot(x, kernel)
    finally:
        x = None


def forever_inside(x, kernel, bias):
    return [k for k in iter(int, 1)]


@pytest.mark.parametrize(
    "function", [forever, forever_swallowing, forever_printing, forever_finally, forever_inside], ids=code_of
)
def test_a_loop_without_end_is_ended(function, monkeypatch):
    monkeypatch.setattr(running, "_GRACE", HANGS)  # on a busy machine it may end later
    if function is forever_inside:
        function = _growing
    result = ex.dense.check(function, time_limit=QUICK)
    assert result.status == "wrong" and "did not end within 0.3 seconds" in result.message
    assert not [t for t in threading.enumerate() if t.name == "exercise"]
    assert len(result.printed) < 400
    if function is forever_printing:
        assert "still here" in result.printed and "more" in result.printed
    assert ex.dense.check(dense).status == "correct"  # and nothing is broken


def _growing(x, kernel, bias):
    return sum(1 for _ in iter(int, 1))


@pytest.fixture
def without_threads(monkeypatch):
    """As in a browser: nothing can be started next to the one thread that there is."""
    monkeypatch.setattr(running, "_THREADS", False)

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


@pytest.mark.parametrize("function", [forever, forever_swallowing, forever_printing, forever_finally], ids=code_of)
def test_a_loop_without_end_is_ended_where_there_are_no_threads(function, without_threads):
    before = sys.gettrace()
    result = ex.dense.check(function, time_limit=QUICK)
    assert result.status == "wrong" and "did not end within 0.3 seconds" in result.message
    assert ("still here" in result.printed) == (function is forever_printing) and sys.gettrace() is before


def test_right_and_wrong_answers_without_threads(without_threads, capsys):
    def forgotten(x, kernel, bias):
        print("computed")
        return x @ kernel

    assert ex.dense.check(dense).status == "correct"
    result = ex.dense.check(forgotten)
    assert result.status == "wrong" and "bias" in result.message and "computed" in result.printed
    assert capsys.readouterr().out == ""


def test_what_waits_in_compiled_code_is_left_behind():
    """It cannot be ended before it comes back; the check does not wait for that."""
    came_back, went_on = threading.Lock(), []
    came_back.acquire()

    def waiting(x, kernel, bias):
        came_back.acquire()
        went_on.append(True)

    result = ex.dense.check(waiting, time_limit=QUICK)
    assert came_back.locked() and "could not even be stopped" in result.message
    came_back.release()
    for thread in threading.enumerate():
        if thread.name == "exercise":
            thread.join(HANGS)
            assert not thread.is_alive()
    assert not went_on  # it ended as soon as it came back


def test_an_interruption_by_the_user_gets_through(ctrl_c):
    for _ in range(3):  # Python loses one that comes while it collects garbage
        threading.Timer(0.3, interrupt_main).start()
        try:
            result = ex.dense.check(forever, time_limit=5)
        except KeyboardInterrupt:
            break
        assert "did not end" in result.message
    else:
        pytest.fail("no interruption got through")
    for thread in threading.enumerate():
        if thread.name == "exercise":
            thread.join(HANGS)
            assert not thread.is_alive()


def raising(x, kernel, bias):
    return x @ kernel + bias + undefined_name  # noqa: F821


def raising_deep(x, kernel, bias):
    return np.stack([x, kernel, bias])  # fails inside NumPy


def recursive(x, kernel, bias):
    return recursive(x, kernel, bias)


def leaving(x, kernel, bias):
    raise SystemExit(3)


def interrupting(x, kernel, bias):
    raise KeyboardInterrupt


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no")


def unspeakable(x, kernel, bias):
    raise Unspeakable


def asking(x, kernel, bias):
    return input("number? ")


def verbose_error(x, kernel, bias):
    raise ValueError("a" * 100_000)


@pytest.mark.parametrize(
    ("function", "message", "line"),
    [
        (raising, "NameError: name 'undefined_name' is not defined", "return x @ kernel + bias + undefined_name"),
        (raising_deep, "ValueError", "return np.stack([x, kernel, bias])"),
        (recursive, "calls itself again and again", "return recursive(x, kernel, bias)"),
        (leaving, "tries to end Python", "raise SystemExit(3)"),
        (interrupting, "KeyboardInterrupt", "raise KeyboardInterrupt"),
        (unspeakable, "Unspeakable", "raise Unspeakable"),
        (asking, "input() waits for someone", 'return input("number? ")'),
        (verbose_error, "more characters", "raise ValueError("),
    ],
    ids=lambda v: v.__name__ if callable(v) else "",
)
def test_an_exception_is_told_with_the_learners_own_line(function, message, line):
    result = ex.dense.check(function)
    assert result.status == "wrong" and result.cause is None
    assert message in result.message and len(result.message) < 500
    assert line in result.detail and re.match(r"line \d+: ", result.detail)
    assert "running.py" not in repr(result) and "Traceback" not in repr(result)


def test_two_lines_are_shown_where_the_error_arose_in_a_helper_of_the_learners():
    def helper(a, b):
        return a.nonsense(b)

    def answer(x, kernel, bias):
        return helper(x, kernel)

    own, helpers = ex.dense.check(answer).detail.splitlines()
    assert own.endswith(": return helper(x, kernel)")
    assert re.fullmatch(r"line \d+ of helper: return a\.nonsense\(b\)", helpers)


def test_the_right_numbers_in_another_order_are_told_from_wrong_ones():
    said = ex.read_dense.check(lambda y_zeros, y_eye: (y_zeros[0], y_eye - y_zeros))
    assert "returned in the order `bias, kernel`; it should be `kernel, bias`" in said.message


def test_a_single_number_is_told_from_a_missing_axis():
    assert "it is a single number" in ex.crossentropy.check(lambda z, classes: np.float32(0.5)).message


def test_an_error_of_numpys_is_told_with_what_was_probably_not_meant():
    def names_by_an_array(z, names):
        return z, names[z.argmax(axis=1)]

    for asked, answer, remedy in [
        (ex.dense, lambda x, kernel, bias: kernel @ x, "a needs as many columns as b has rows"),
        (ex.dense, lambda x, kernel, bias: kernel.T @ x.T + bias, "counted from the last axis"),
        (ex.sigmoid, lambda x: 1 / (1 + math.exp(-x)), "np.exp takes a whole array"),
        (ex.sigmoid, np.vectorize(lambda x: 1 / (1 + math.exp(-x))), "np.exp gives inf there"),
        (ex.labels, names_by_an_array, "[names[k] for k in numbers]"),
    ]:
        assert remedy in asked.check(answer).message


def defined(source, **known):
    """The function that a cell defines, in a notebook that knows these names."""
    file, namespace = f"<cell {len(linecache.cache)}>", {"np": np, **known}
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), namespace)
    return next(v for k, v in reversed(namespace.items()) if k not in known and callable(v))


def test_a_name_that_is_not_known_is_told_where_it_comes_from():
    for asked, source, words in [
        (ex.lstm, "def lstm(x, W, U, b, h, c):\n    return lstm_step(x, h, c, W, U, b)", "first, or use le.lstm_step"),
        (ex.lstm_step, "def lstm_step(x, h, c, W, U, b):\n    return sigmoid(h), c", "or use le.activations.sigmoid"),
        (ex.masked_lstm, "def masked_lstm(x, m, W, U, b, h, c):\n    return lstm(x)", "cell that defines lstm first"),
        (ex.dense, "def dense(x, kernel, bias):\n    return x @ kernal + bias", "Did you mean kernel?"),
        (ex.dense, "def dense(x, kernel, bias):\n    return le.Dense(3)(x)", "cell with `import lstm_edu as le` first"),
    ]:  # fmt: skip
        assert words in asked.check(defined(source)).message
    assert "meant" not in ex.dense.check(raising).message


def test_one_number_per_row_against_rows_is_told_with_its_cure():
    source = """
def masked_lstm(x, mask, kernel, recurrent_kernel, bias, h, c):
    outputs = []
    for t in range(x.shape[1]):
        new_h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        h = np.where(mask[:, t], new_h, h)
        outputs.append(h)
    return np.stack(outputs, axis=1)
"""
    result = ex.masked_lstm.check(defined(source, lstm_step=solution("lstm_step")))
    assert "(5,), becomes a column of shape (5, 1) by `mask[:, t, None]`" in result.message
    rows = ex.dense.check(lambda x, kernel, bias: x @ kernel + bias + x.sum(axis=1)[: x.shape[0]] if len(x) != 4 else x)
    assert "by `a[:, None]`" in rows.message


def test_an_exception_with_some_sizes_only():
    def answer(x, kernel, bias):
        return x @ kernel + bias[:4].reshape(2, 2).ravel()

    result = ex.dense.check(answer)
    assert result.status == "wrong" and "reshape" in result.detail


def test_an_error_without_any_line_of_the_learners():
    error = ValueError("somewhere")
    assert told(error, print) == ("Your function stopped: ValueError: somewhere", "")


async def asynchronous(x, kernel, bias):
    return x @ kernel + bias


def generator(x, kernel, bias):
    for row in x:
        yield row @ kernel + bias


RIGHT_IN_ANOTHER_FORM = {
    "list": (lambda x, k, b: (x @ k + b).tolist(), "You returned a list of 3; NumPy users return an array"),
    "list of arrays": (lambda x, k, b: list(x @ k + b), "You returned a list of 3"),
    "tuple of arrays": (lambda x, k, b: tuple(x @ k + b), "You returned a tuple of 3"),
    "generator": (generator, "You returned a generator"),
    "iterator": (lambda x, k, b: map(lambda row: row @ k + b, x), "You returned a map"),
    "dict": (lambda x, k, b: {"y": x @ k + b}, "You returned a dictionary"),
    "one in a tuple": (lambda x, k, b: (x @ k + b,), "is there a comma at the end of the line?"),
    "one in a list": (lambda x, k, b: [x @ k + b], "You returned a list of 1"),
    "spare axis": (lambda x, k, b: (x @ k + b)[:, None], "shape (3, 1, 4), with an axis of length 1 too many"),
    "masked array": (lambda x, k, b: np.ma.masked_array(x @ k + b), "MaskedArray"),
    "matrix": (lambda x, k, b: np.asmatrix(x @ k + b), "a matrix"),
    "complex": (lambda x, k, b: (x @ k + b).astype(complex), "complex128"),
    "objects": (lambda x, k, b: (x @ k + b).astype(object), "dtype object"),
    "of another library": (lambda x, k, b: Tensor(x @ k + b), "an object of type Tensor"),
}


class Tensor:
    """What gives NumPy an array when it is asked for one."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return self._array


@pytest.mark.parametrize("form", RIGHT_IN_ANOTHER_FORM)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_right_numbers_in_another_form_are_right(form):
    function, words = RIGHT_IN_ANOTHER_FORM[form]
    result = ex.dense.check(function)
    assert result.status == "correct" and words in result.remark
    assert result.remark in repr(result) and html.escape(words, quote=True) in result._repr_html_()
    assert not ex.dense.check(dense).remark


@pytest.mark.parametrize("form", RIGHT_IN_ANOTHER_FORM)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_in_another_form_too_the_mistake_is_in_the_numbers(form):
    function, words = RIGHT_IN_ANOTHER_FORM[form]
    result = ex.dense.check(lambda x, kernel, bias: function(x, kernel, -bias))
    assert result.status == "wrong" and "The bias is subtracted" in result.message
    assert words in result.notes[0]


FORMS = {
    "coroutine": (asynchronous, "a coroutine"),
    "text": (lambda x, k, b: "done", "a str"),
    "function": (lambda x, k, b: dense, "a function (are the brackets of a call missing?)"),
    "pair": (lambda x, k, b: (x, k), "a tuple of 2 arrays; one is expected, y"),
    "and a text": (lambda x, k, b: (x @ k + b, "done"), "a tuple of 2 things of different kinds"),
    "dict": (lambda x, k, b: {"z": x}, "a dict"),
    "set": (lambda x, k, b: {1.0, 2.0}, "a set"),
    "number": (lambda x, k, b: 3.5, "3.5 (float)"),
    "rows of different lengths": (lambda x, k, b: [[1.0], [1.0, 2.0]], "its rows have different lengths"),
    "masked": (lambda x, k, b: np.ma.masked_less(x @ k + b, 0), "some numbers are masked"),
    "no numbers": (lambda x, k, b: Tensor(None).__array__, "a function"),
    "transposed": (lambda x, k, b: (x @ k + b).T, "It looks transposed: the numbers are right"),
    "one row": (lambda x, k, b: (x @ k + b)[0], "the batch axis is gone"),
    "scalar": (lambda x, k, b: (x @ k + b).sum(), "shape ()"),
    "empty": (lambda x, k, b: np.zeros((0, 3)), "shape (0, 3)"),
    "booleans": (lambda x, k, b: (x @ k + b) > 0, "was a comparison returned"),
    "objects": (lambda x, k, b: np.array([1.0, None]), "dtype object"),
    "nan": (lambda x, k, b: (x @ k + b) * np.nan, "yours nan"),
    "huge": (lambda x, k, b: np.broadcast_to(np.float32(1), (10**6, 10**6)), "(1000000, 1000000)"),
    "too much": (lambda x, k, b: np.ones((10**7, 10**7)), "needs more memory than there is"),
    "integers": (lambda x, k, b: (x @ k + b).astype(int), "The fractions are cut off"),
    "rounded": (lambda x, k, b: np.rint(x @ k + b), "rounded to whole numbers"),
    "two digits": (lambda x, k, b: np.round(x @ k + b, 2), "rounded to 2 digits"),
}


@pytest.mark.parametrize("form", FORMS)
def test_another_form_is_named(form):
    function, words = FORMS[form]
    result = ex.dense.check(function)
    assert result.status == "wrong" and words in result.message


def test_a_dtype_that_keeps_less_is_named():
    whole = ex.dense.check(lambda x, k, b: (x @ k + b).astype(int))
    assert f"dtype {np.dtype(int)}, whole numbers only" in whole.notes[0]
    half = ex.dense.check(lambda x, k, b: (x @ k + b).astype(np.float16))
    assert half.status == "wrong" and "half precision keeps only 3 digits" in half.notes[0]


def test_counts_are_called_counts_whatever_their_dtype():
    said = ex.shares.check(lambda samples, classes: np.bincount(samples, minlength=classes)).message
    assert "These are the counts; divide them by the number of draws." in said


def test_several_outputs_in_another_form_are_right():
    step, split = solution("lstm_step"), solution("split_kernel")
    named = ex.lstm_step.check(lambda *a: dict(zip("hc", step(*a), strict=True)))
    assert named.status == "correct" and "`return h, c`" in named.remark
    stacked = ex.split_kernel.check(lambda *a: np.stack(split(*a)))
    assert stacked.status == "correct" and "one array that holds all 4" in stacked.remark
    numbered = ex.shares.check(lambda samples, classes: {k: (samples == k).mean() for k in range(classes)})
    assert numbered.status == "correct" and "You returned a dictionary" in numbered.remark
    lists = ex.lstm_step.check(lambda *a: [v.tolist() for v in step(*a)])
    assert lists.status == "correct" and "a list of 3" in lists.remark
    assert "h is expected first, then c" in ex.lstm_step.check(lambda *a: np.stack(step(*a)[::-1])).message


def test_axes_in_another_order_are_named():
    right = solution("lstm")
    said = ex.lstm.check(lambda *a: right(*a).transpose(2, 0, 1)).message
    assert "The numbers are right, but the axes are (unit, " in said


def test_several_outputs_and_one_missing():
    step = solution("lstm_step")
    assert (
        "an array of shape (3, 4); it has to return 2 things: h, c"
        in ex.lstm_step.check(lambda *a: step(*a)[0]).message
    )
    assert "returned 7 things" in ex.lstm_step.check(lambda *a: le.lstm_step(*a)).message
    assert "As c your function returned None" in ex.lstm_step.check(lambda *a: (step(*a)[0], None)).message


def test_several_outputs_where_one_is_wanted():
    right = solution("dense")
    two = ex.dense.check(lambda *a: (right(*a), right(*a)))
    assert "a tuple of 2 arrays; one is expected, " in two.message


def test_a_place_in_an_array_whose_axes_have_no_names_is_written_as_an_index():
    def unrooted(w, g, m, v, t, learning_rate, epsilon):
        return w - 1, *solution("adam_step")(w, g, m, v, t, learning_rate, epsilon)[1:]

    assert "w differs first at w[0, 0]: yours" in ex.adam_step.check(unrooted).message


def test_a_count_is_a_whole_number():
    assert ex.parameter_count.check(lambda units, features: 216.0).status == "wrong"
    assert "216.5 (float)" in ex.parameter_count.check(lambda units, features: 216.5).message
    right = ex.parameter_count.check(lambda units, features: 4.0 * units * (features + units + 1))
    assert right.status == "correct" and "56.0 (float); a count is a whole number, 56" in right.remark
    assert ex.parameter_count.check(lambda units, features: True).status == "wrong"
    constant = ex.parameter_count.check(lambda units, features: 56)  # right for the first question
    assert "With units = 32, features = 9: your n is 56; the right one is 5376." in constant.message


def test_a_forgotten_return_is_named():
    def answer(x, kernel, bias):
        y = x @ kernel + bias  # noqa: F841

    result = ex.dense.check(answer)
    assert result.status == "wrong" and "returns nothing" in result.message


def test_a_return_that_is_not_reached_is_named():
    def answer(x, kernel, bias):
        if x.shape[0] > 1000:
            return x @ kernel + bias

    result = ex.dense.check(answer)
    assert result.status == "wrong" and "without reaching its `return`" in result.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda x, kernel: x, "Your function takes (x, kernel); it is called with 3 arguments"),
        (lambda: 0, "takes ()"),
        (lambda x, kernel, bias, *, more: x, "takes (x, kernel, bias, *, more)"),
        (np.zeros((3, 4)), "check takes the function itself, but was given an array of shape (3, 4)"),
        ("dense", "without brackets after dense"),
    ],
)
def test_what_cannot_be_called_like_that(given, words):
    result = ex.dense.check(given)
    assert result.status == "wrong" and words in result.message


def test_arguments_changed_in_place_are_noticed_and_do_no_harm():
    def in_place(x, kernel, bias):
        y = x @ kernel + bias
        kernel *= 0
        x[0] = 7
        return y

    result = ex.dense.check(in_place)
    assert result.status == "correct" and repr(result).startswith("✓ dense: correct, with one thing to fix")
    assert "the numbers are right, but your function changes what it is given (x, kernel)" in result.remark
    assert "x = np.array(x)" in result.instead and "Write instead:\n    x = x" in repr(result)

    def wrong_and_in_place(x, kernel, bias):
        bias += 1
        return x @ kernel + bias

    result = ex.dense.check(wrong_and_in_place)
    assert result.status == "wrong" and "changed bias in place" in result.notes[0]


def test_what_is_printed_is_kept_and_shortened(capsys):
    def noisy(x, kernel, bias):
        print("shape", x.shape)
        print("y" * 10**6)
        return x @ kernel + bias

    result = ex.dense.check(noisy)
    assert result.status == "correct" and result.printed.startswith("shape (3, 4)")
    assert len(result.printed) < 400 and "more" in result.printed
    assert capsys.readouterr().out == ""


def test_a_line_that_is_printed_again_and_again_is_shown_once():
    def noisy(x, kernel, bias):
        print("begins", "begins", sep="\n")
        for _ in range(20):
            print("step")
        print("ends")
        return x @ kernel + bias

    lines = ex.dense.check(noisy).printed.splitlines()
    assert lines == ["begins", "begins", "step", "... (the same line, many more times)", "ends"]


def test_one_second_is_no_plural():
    assert "within 1 second and" in ex.dense.check(forever, time_limit=1).message


def test_an_error_about_shapes_says_which_shapes():
    said = ex.dense.check(lambda x, kernel, bias: kernel @ x + bias).message
    assert "ValueError: matmul: a has 4 columns, b has 3 rows (" in said
    assert "element by element is *). The shapes in this call: x (3, 4), kernel (4, 4), bias (4,)." in said
    assert "gufunc" not in said
    assert "The shapes in this call" not in ex.dense.check(raising).message


def test_what_a_function_knows_is_said_where_a_name_is_not_known():
    said = ex.dense.check(raising).message
    assert "Your function knows its arguments (x, kernel, bias) and what is defined in the cells" in said


def test_other_threads_still_print(capsys):
    def answer(x, kernel, bias):
        other = threading.Thread(target=print, args=("from another thread",))
        other.start()
        other.join()
        return x @ kernel + bias

    assert ex.dense.check(answer).printed == ""
    assert "from another thread" in capsys.readouterr().out


def test_a_function_that_keeps_something_between_calls():
    kept = []

    def remembering(x, kernel, bias):
        kept.append(1)
        return x @ kernel + bias * len(kept)

    assert "a second one with the same arguments was not" in ex.dense.check(remembering).message
    rng = np.random.default_rng(0)
    assert ex.dense.check(lambda x, k, b: x @ k + b + rng.normal()).status == "wrong"


def test_the_package_and_numpy_stay_as_they_were():
    right = ex.dense.check(dense)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    n = len(list(le.doctor.CATALOGUE))

    def meddling(x, kernel, bias):
        le.LSTM = le.Dense = None
        le.Layer.__call__ = lambda *a, **k: 0
        le.Layer.extra = 1
        le.anything = 1
        le.doctor.CATALOGUE._entries.clear()
        le.exercises.exercise.first_difference = lambda *a: None
        le.exercises.dense.__dict__["reference"] = lambda a: (np.zeros(3),)
        le.activations._ALL.clear()
        np.tanh = np.exp
        np.random.seed(0)  # noqa: NPY002
        return x * 0

    assert ex.dense.check(meddling).status == "wrong"
    assert isinstance(le.LSTM, type) and le.Dense is le.core.Dense and not hasattr(le, "anything")
    assert not hasattr(le.Layer, "extra") and le.activations.get("tanh")(1.0) == np.tanh(1.0) < 1
    assert len(list(le.doctor.CATALOGUE)) == n > 40
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert ex.dense.check(dense) == right


def test_running_gives_copies_and_waits_no_longer_than_needed():
    x = np.arange(3.0)
    began = time.monotonic()
    done = run(lambda x, names: names.append("b") or x, {"x": x, "names": ["a"]}, HANGS)
    assert time.monotonic() - began < HANGS / 2
    assert done.value is not x and np.array_equal(done.value, x)
    assert done.changed == ("names",) and done.error is None and not done.late


@pytest.mark.parametrize("limit", [0, -1, True, "5", float("nan"), None])
def test_a_time_limit_is_a_number_of_seconds(limit):
    with pytest.raises(ValueError, match="time_limit must be a number of seconds"):
        ex.dense.check(dense, time_limit=limit)


# --- how it looks ---------------------------------------------------------------------------------------------------


class _Tags(html.parser.HTMLParser):
    """Whether all tags are closed, and what is said about colours."""

    VOID = ("br", "hr")

    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def cards():
    yield ex.dense.check(dense)
    yield ex.dense.check(None)
    yield ex.dense.check(lambda x, k, b: x @ k)
    yield ex.dense.check(verbose_error)
    yield ex.dense.hint()
    for name in NAMES:
        yield ex.get(name).task
        yield ex.get(name).solution()


def test_cards_are_closed_labelled_and_take_the_themes_colours():
    for card in cards():
        text = card._repr_html_()
        tags = _Tags(text)
        assert tags.seen[0][0] == "section" and tags.seen[0][1]["aria-label"]
        assert not re.search(r"#[0-9a-fA-F]{3,6}\b|rgb\(", text)  # no colour of its own: light and dark alike
        for tag, attributes in tags.seen:
            if tag == "pre":  # can be scrolled, so it must be reachable by keyboard and have a name
                assert attributes["tabindex"] == "0" and attributes["aria-label"]


def test_a_status_is_written_in_words_beside_its_sign():
    assert repr(ex.dense.check(dense)).startswith("✓ dense: correct")
    assert repr(ex.dense.check(None)).startswith("○ dense: not attempted")
    wrong = ex.dense.check(lambda x, k, b: x @ k)
    assert repr(wrong).startswith("✗ dense: wrong") and "bias-missing" in repr(wrong)
    assert "le.exercises.dense.hint()" in repr(wrong)


def test_backticks_mark_code_in_a_cards_text():
    def shown(card):
        text = card._repr_html_()
        _Tags(text)
        return re.sub(r"<code [^>]*>", "<code>", text)

    def answer(x, kernel, bias):
        raise ValueError("a `pair`, a lonely ` and <b>")

    assert "what <code>fit</code> does" in shown(ex.train_dense.task)
    assert "<code>le.exercises.dense.hint()</code>" in shown(ex.dense.check(lambda x, k, b: x @ k))
    assert "a <code>pair</code>, a lonely ` and &lt;b&gt;" in shown(ex.dense.check(answer))


def test_what_a_learner_writes_cannot_become_html():
    def answer(x, kernel, bias):
        print("<script>alert(1)</script>")
        raise ValueError("<img src=x onerror=alert(1)>")

    text = ex.dense.check(answer)._repr_html_()
    assert "<script" not in text and "<img" not in text and "&lt;script&gt;" in text


def test_a_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ex.dense.check(None).status = "correct"


@pytest.mark.parametrize("name", NAMES)
def test_a_task_says_all_that_is_needed(name):
    task = ex.get(name).task
    text = str(task)
    assert f"le.exercises.{name}.check({ex.get(name).answer[-1].__name__})" in text
    for argument, shape, _ in ex.get(name).takes:
        assert f"{argument} {shape}" in text and f"{argument} = " in text
    for output in ex.get(name).returns:
        assert f"{output.name} = " in task.example
    assert len(ex.get(name).hints) == 3 and len(set(ex.get(name).hints)) == 3


# --- in a notebook --------------------------------------------------------------------------------------------------


@pytest.mark.notebooks
def test_a_notebook_survives_a_loop_without_end(tmp_path: Path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    cells = [
        "import lstm_edu as le",
        "def dense(x, kernel, bias):\n    print('going on')\n    while True:\n        pass",
        "le.exercises.dense.check(dense, time_limit=0.5)",
        "def dense(x, kernel, bias):\n    y = x @ kernel\n    return y + b",
        "le.exercises.dense.check(dense)",
        "def dense(x, kernel, bias):\n    return x @ kernel + bias\nprint('still here')",
        "le.exercises.dense.check(dense)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbclient.NotebookClient(
        notebook, timeout=HANGS, startup_timeout=HANGS, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    ended, raised, right = (notebook.cells[k].outputs[0]["data"] for k in (2, 4, 6))
    assert "did not end within 0.5 seconds" in ended["text/plain"] and "going on" in ended["text/plain"]
    assert "line 3: return y + b" in raised["text/plain"]
    assert "✓ dense: correct" in right["text/plain"] and "<section" in right["text/html"]
    assert notebook.cells[5].outputs[0]["text"] == "still here\n"


# --- references that no layer of this package gives directly --------------------------------------------------------


def test_the_parts_of_a_batch_give_the_gradient_of_the_whole():
    rng = np.random.default_rng(5)
    x, target, sizes = rng.normal(size=(23, 4)), rng.normal(size=(23, 3)), np.array([11, 8, 4])
    model = le.Sequential([le.Dense(3, activation="tanh", dtype="float64", seed=1)])
    model.build((None, 4))
    model.compile("sgd", "mse")

    def gradient(rows):
        return model.loss_and_gradients(x[rows], target[rows]).gradients.weights[0]

    parts = np.stack([gradient(rows) for rows in np.split(np.arange(23), np.cumsum(sizes)[:-1])])
    (whole,) = ex.merge_gradients.reference({"gradients": parts, "sizes": sizes})
    np.testing.assert_allclose(whole, gradient(slice(None)), rtol=1e-5)  # the loss is float32
    assert np.abs(parts.mean(axis=0) - whole).max() > 1e-3  # the sizes matter


def test_the_scores_that_are_found_give_the_probabilities_again():
    p = ex.undo_softmax.draw(np.random.default_rng(6), 1)["p"].astype(np.float64)
    (z,) = ex.undo_softmax.reference({"p": p})
    np.testing.assert_allclose(le.activations.softmax(z), p / p.sum(axis=1, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(z.mean(axis=1), 0, atol=1e-12)


def test_nothing_is_made_up_about_numbers_that_are_all_nan():
    result = le.exercises.masked_mean.check(lambda vectors, mask: np.full((len(vectors), vectors.shape[-1]), np.nan))
    assert not result and "Every number is nan" in result.message and result.cause is None
    assert "Your numbers are those of" not in result.message and "times" not in result.message


def test_one_of_several_rows_that_are_alike_is_enough():
    """The solution of read_bias takes the first row; to use no other is not what is wrong with an answer that does."""

    def mean_of_each_gate(z, x_t, h, kernel, recurrent_kernel):
        rest = (z - x_t @ kernel - h @ recurrent_kernel)[0]
        return np.repeat(rest.reshape(4, -1).mean(axis=1), rest.size // 4)

    assert "does not use" not in le.exercises.read_bias.check(mean_of_each_gate).message


def test_a_dictionary_is_read_by_its_keys_never_by_its_order():
    def blocks(order):
        def split_kernel(kernel, units):
            return dict(zip(order, np.split(kernel, 4, axis=1), strict=True))

        return split_kernel

    for order in ("ifgo", (0, 1, 2, 3), (1, 2, 3, 4), ("W_i", "W_f", "W_c", "W_o"), "ifco"):
        result = ex.split_kernel.check(blocks(order))
        assert result.status == "correct" and "a dictionary" in result.remark
    assert "in the order i, f, o, g" in ex.split_kernel.check(blocks("ifog")).message
    assert "Your function returned a dict" in ex.split_kernel.check(blocks("abcd")).message


@pytest.mark.parametrize(
    ("name", "function", "words"),
    [
        (
            "hard_sigmoid",
            lambda x: np.clip(0.25 * x + 0.5, -1, 1),
            "the line x / 4 + 0.5, cut off at -1 (below) and at 1",
        ),
        ("hard_sigmoid", lambda x: np.minimum(x / 6 + 0.4, 0.9), "the line x / 6 + 0.4, cut off at 0.9 (above)"),
        ("hard_sigmoid", lambda x: 0.3 * x + 1, "the line 0.3 x + 1, not cut off"),
        ("sigmoid", lambda x: 0.5 + 0.5 * np.tanh(1.5 * x), "the sigmoid of 3 x"),
        ("sigmoid", lambda x: 0.5 + 0.5 * np.tanh(0.5 * x - 1), "the sigmoid of x - 2"),
        (
            "parameter_count",
            lambda units, features: 4 * units * (features + 3 * units + 2) - 6,
            "`4 * features * units + 12 * units * units + 8 * units - 6`: `units * units` is counted 12 times",
        ),
    ],
)
def test_lines_and_counts_are_measured(name, function, words):
    assert words in ex.get(name).check(function, keras=False).message


def test_a_line_is_measured_only_where_all_numbers_are_on_it():
    assert "the line" not in ex.hard_sigmoid.check(lambda x: np.clip(x / 4 + 0.5, 0, 1) + 0.01 * x**2).message
    assert "Your function counts" not in ex.parameter_count.check(lambda units, features: units**features + 1).message
