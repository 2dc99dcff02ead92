"""Why an answer is wrong: explainers are asked one after the other, and the first that finds something is believed.

An explainer is a function (exercise, answered) -> Found or None. `answered` holds one `Answered` for each question
whose numbers could be compared and are wrong, in the order in which they were asked; it is never empty. An explainer
says nothing (None) unless what it says holds on all of them.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.exercises.answers import NUMBERS, Unusable, agrees, all_agree, taken

Exercise = Any  # exercise.Exercise, which imports this module
_MOST_TIMES = 100  # as many numbers as are expected: no mistake makes more of them


class Answered(NamedTuple):
    """One question, and what came back.

    Attributes:
        arguments: by name, in order; nothing has changed them. right: the right outputs.
        values: the learner's, one for each output, as `answers.taken` gives them (of any shape).
    """

    arguments: dict[str, Any]
    right: Sequence[Any]
    values: Sequence[Any]


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
        sentence: what is wrong, for the learner; "" where the doctor finds the cause in the numbers by itself.
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


def explained(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """What the first explainer says that knows."""
    if not answered:
        return None
    return next(filter(None, (explainer(exercise, answered) for explainer in EXPLAINERS)), None)


# --- the exercise's own list ----------------------------------------------------------------------------------------


def listed(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """A listed wrong answer that gives the same, on every input where they can be compared."""
    for wrong in exercise.wrong_answers:
        if wrong.sentence and all(_gives(exercise, wrong.function, one) for one in answered):
            return Found(wrong.sentence, wrong.cause, wrong.fix)
    return None


def _gives(exercise: Exercise, function: Callable, one: Answered) -> bool:
    try:
        with np.errstate(all="ignore"):
            return all_agree(taken(function(*one.arguments.values()), exercise.returns), one.values)
    except (Unusable, ValueError, IndexError, TypeError):
        return False


# --- digits ---------------------------------------------------------------------------------------------------------


def digits(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """The right numbers, of which digits were cut off."""
    if _all_are(exercise, answered, np.trunc):
        return Found(
            "The fractions are cut off: an array of whole numbers keeps none.",
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


# --- the doctor -----------------------------------------------------------------------------------------------------


def one_mistake(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """The doctor's single mistake. Each input leaves fewer explanations."""
    left: dict[str, Any] | None = None
    for one in answered:
        found = _diagnosed(exercise, one, pairs=False)
        if found is None:
            break
        if found.verdict in ("rounding", "approximation"):  # "other weights" cannot be: the function was given these
            return Found(found.explanation, found.cause, found.fix)
        here = {c.id: c for c in found.candidates} if found.verdict in ("cause", "several") else {}
        left = here if left is None else {id: c for id, c in left.items() if id in here}
        if not left:
            return None
    if not left:
        return None
    first = next(iter(left.values()))
    return Found(first.sentence, first.id, first.fix)


def two_mistakes(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """Two of the doctor's mistakes at once, tried on one input only."""
    found = _diagnosed(exercise, answered[0], pairs=True)
    if found is None or found.verdict != "cause":
        return None
    return Found(found.explanation, found.cause, found.fix)


def _diagnosed(exercise: Exercise, one: Answered, pairs: bool) -> Any:
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
    except Exception:  # of a form that is none of the layer's; and a check raises nothing, whatever it was given
        return None


# The likely, and what is one slip, comes first: generated mutants of the solution belong before two mistakes at once.
EXPLAINERS: tuple[Callable[[Exercise, Sequence[Answered]], Found | None], ...] = (
    listed,
    digits,
    one_mistake,
    two_mistakes,
)
