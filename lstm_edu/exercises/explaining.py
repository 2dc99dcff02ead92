"""Why an answer is wrong: what explainers are given and say, and the simple ones. `explainers` asks all of them.

An explainer is a function (exercise, answered, right_on) -> Found or None. `answered` holds one `Answered` for each
question whose numbers could be compared and are wrong, in the order in which they were asked; it is never empty.
`right_on` holds one for each question that was answered right. An explainer says nothing (None) unless what it says
holds on all of them: a mistake that would have made another number wrong is not the one that was made.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.exercises.answers import NUMBERS, Unusable, agrees, all_agree, taken

Exercise = Any  # exercise.Exercise, which imports this module
_MOST_PAIRED = 24  # mistakes of which two at once are tried: a learner waits for the answer
_MOST_TIMES = 100  # as many numbers as are expected: no mistake makes more of them


class Answered(NamedTuple):
    """One question, and what came back.

    Attributes:
        arguments: by name, in order; nothing has changed them. right: the right outputs.
        values: the learner's, one for each output, as `answers.taken` gives them (of any shape).
        ask: the learner's function with other arguments: a list of them -> a list of values, or None if that fails.
    """

    arguments: dict[str, Any]
    right: Sequence[Any]
    values: Sequence[Any]
    ask: Callable[[list[dict[str, Any]]], list[list[Any]] | None] | None = None


@dataclass(frozen=True)
class Found:
    """Why an answer is wrong.

    Attributes:
        sentence: for the learner. cause: the mistake's id in the catalogue, if it has one. fix: what to write instead.
    """

    sentence: str
    cause: str | None = None
    fix: str = ""


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer.

    Attributes:
        function: the answer.
        cause: the mistake's id in the catalogue, if it has one.
        sentence: what is wrong, for the learner; "": as the catalogue has it.
        fix: what to write instead.
    """

    function: Callable = field(repr=False)
    cause: str | None = None
    sentence: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Question:
    """The layer, and the call of it, which returns what the exercise's function should return."""

    layer: Layer
    x: Any
    mask: Any = None
    initial_state: Any = None


# --- the exercise's own list ----------------------------------------------------------------------------------------


def listed(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """A listed wrong answer that gives the same, on every input where they can be compared."""
    for wrong in exercise.wrong_answers:
        if all(_gives(exercise, wrong.function, one) for one in (*answered, *right_on)):
            if wrong.sentence:
                return Found(wrong.sentence, wrong.cause, wrong.fix)
            mistake = importlib.import_module("lstm_edu.doctor").CATALOGUE[wrong.cause]
            return Found(mistake.sentence, wrong.cause, mistake.fix)
    return None


def _gives(exercise: Exercise, function: Callable, one: Answered) -> bool:
    try:
        with np.errstate(all="ignore"):
            return all_agree(taken(function(*one.arguments.values()), exercise.returns), one.values)
    except (Unusable, ValueError, IndexError, TypeError):
        return False


def no_numbers(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """Nothing but NaN, where numbers are expected."""
    values = [np.asarray(value) for one in answered for value in one.values if not isinstance(value, list)]
    rights = [np.asarray(right) for one in answered for right in one.right if not isinstance(right, list)]
    if not values or not all(v.dtype.kind == "f" and v.size and np.isnan(v).all() for v in values):
        return None
    if any(np.isnan(right).any() for right in rights):
        return None
    every = "For some arguments every" if right_on else "Every"
    return Found(
        f"{every} number is nan, which is the result of 0 / 0, of infinity minus infinity, of the root or the "
        "logarithm of a negative number, and of every sum and mean that contains a nan (np.nanmean leaves it "
        "out)."
    )


# --- digits ---------------------------------------------------------------------------------------------------------


def digits(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """The right numbers, of which digits were cut off."""
    if _all_are(exercise, answered, np.trunc):
        return Found(
            "The fractions are cut off: by `//`, by int(...), or by an array of whole numbers (dtype int).",
            fix="np.zeros(shape)   # dtype float; np.zeros(shape, dtype=int) keeps whole numbers only",
        )
    for places in range(5):
        if _all_are(exercise, answered, lambda y, places=places: np.round(y, places)):
            to = "whole numbers" if places == 0 else f"{places} digit{'s' * (places > 1)}"
            return Found(f"Your numbers are the right ones, rounded to {to}. Return them unrounded.")
    return None


def _all_are(exercise: Exercise, answered: Sequence[Answered], change: Callable) -> bool:
    """Whether all numbers are the right ones after this change."""
    for one in answered:
        for value, right, output in zip(one.values, one.right, exercise.returns, strict=True):
            if output.kind == NUMBERS and not agrees(value, change(np.asarray(right, dtype=np.float64))):
                return False
    return any(output.kind == NUMBERS for output in exercise.returns)


# --- all numbers alike ----------------------------------------------------------------------------------------------


def scaled(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """All numbers are the right ones times one factor, or plus one number."""
    if any(output.kind != NUMBERS for output in exercise.returns):
        return None
    left: list[str] | None = None
    for one in answered:
        here = [words for words, change in _changes(exercise, one) if _all_are(exercise, [one], change)]
        left = here if left is None else [words for words in left if words in here]
    return Found(f"All your numbers are the right ones{left[0]}.") if left else None


def _changes(exercise: Exercise, one: Answered) -> Iterator[tuple[str, Callable]]:
    yield " with the opposite sign", lambda y: -y
    for letter, n in _sizes(exercise, one).items():
        yield f" divided by {letter}", lambda y, n=n: y / n
        yield f" times {letter}", lambda y, n=n: y * n
    for n in (2, 3, 4, 10, 100):
        yield f" times {n}", lambda y, n=n: y * n
        yield f" divided by {n}", lambda y, n=n: y / n
    for more in (1.0, 0.5):
        yield f" plus {more:g}", lambda y, n=more: y + n
        yield f" minus {more:g}", lambda y, n=more: y - n
    if all(np.all(np.asarray(y) > 0) for y in one.right):
        yield ", squared", np.square
    yield " without their signs", np.abs
    if (factor := _factor(one)) is not None:
        yield f" times {factor:.4g}", lambda y: y * factor


def _factor(one: Answered) -> float | None:
    """What the largest of the right numbers is multiplied by."""
    value, right = (np.asarray(v[0], dtype=np.float64) for v in (one.values, one.right))
    if value.shape != right.shape or not value.size or not (np.isfinite(value).all() and np.isfinite(right).all()):
        return None
    k = np.abs(right).argmax()
    return float(value.flat[k] / right.flat[k]) if right.flat[k] else None


def _sizes(exercise: Exercise, one: Answered) -> dict[str, int]:
    """The letters of the task, and what they are in this question: B: 3, F: 4."""
    sizes: dict[str, int] = {}
    for name, shape, _ in exercise.takes:
        letters = [part.strip() for part in shape.partition(")")[0].strip("(").split(",")]
        actual = np.shape(one.arguments[name])
        if len(letters) == len(actual):
            sizes |= {letter: n for letter, n in zip(letters, actual, strict=True) if letter.isidentifier() and n > 1}
    return sizes


# --- the doctor -----------------------------------------------------------------------------------------------------


def doctor(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """The doctor's mistake, or two of its likeliest at once. Each input leaves fewer explanations."""
    first = _diagnosed(exercise, answered[0], pairs=_MOST_PAIRED)
    left = _candidates(first)
    if first is not None and first.verdict in ("rounding", "approximation"):  # "other weights" cannot be
        return Found(first.explanation, first.cause, first.fix)
    gives_others = importlib.import_module("lstm_edu.exercises.mutants.catalogue").gives_others
    if first is not None and first.verdict == "cause" and len(first.candidates[0].mistakes) > 1:
        if any(gives_others(exercise, first.candidates[0], one) for one in (*answered[1:], *right_on)):
            return None
        return Found(first.explanation, first.cause, first.fix)
    left = {id: c for id, c in left.items() if not any(gives_others(exercise, c, one) for one in right_on)}
    for one in answered[1:]:
        if not left:
            return None
        here = _candidates(_diagnosed(exercise, one, pairs=False))
        left = {id: c for id, c in left.items() if id in here}
    found = next(iter(left.values()), None)
    return None if found is None else Found(found.sentence, found.id, found.fix)


def _candidates(found: Any) -> dict[str, Any]:
    return {c.id: c for c in found.candidates} if found is not None and found.verdict in ("cause", "several") else {}


def _diagnosed(exercise: Exercise, one: Answered, pairs: bool | int) -> Any:
    if exercise.question is None or any(
        np.size(v) > _MOST_TIMES * np.size(r) for v, r in zip(one.values, one.right, strict=True)
    ):
        return None
    asked = exercise.question(one.arguments)
    theirs = list(one.values) if len(exercise.returns) > 1 else one.values[0]
    diagnose = importlib.import_module("lstm_edu.doctor").diagnose
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return diagnose(theirs, asked.layer, asked.x, asked.mask, asked.initial_state, pairs=pairs, progress=False)
    except Exception:  # whose form fits no output of the layer; and a check raises nothing, whatever it was given
        return None
