"""Prediction: a question before its answer. The reader guesses first; then the answer is shown, and why."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from numbers import Real
from typing import Any, cast

import numpy as np
import traitlets

from lstm_edu.widgets import _base

CHOICE, NUMBER, NUMBERS, TEXT = "choice", "number", "numbers", "text"


class Prediction(_base.Explorer):
    """A question that keeps its answer until the reader has guessed, or asks to be shown.

    The page holds everything, so that it works without a kernel too. What the reader does can be read from Python:
    `guess` (None before; then a number, a text, or a list of numbers), `shown` (whether the answer is visible) and
    `right`. After a first wrong number there is a guess and no answer yet: the reader may try once more. `predict`
    makes one and lists the errors.
    """

    _MODULE = "predict/explorer.js"

    guess = traitlets.Any(None, allow_none=True, help="What the reader said; None before.").tag(sync=True)
    shown = traitlets.Bool(False, help="Whether the answer is shown.").tag(sync=True)

    @property
    def right(self) -> bool | None:
        """Whether the guess is right; None as long as there is none."""
        return None if self.guess is None else judge(self._spec, self.guess)

    @traitlets.validate("guess")
    def _valid(self, proposal: Any) -> Any:
        value = proposal["value"]
        return None if value is None else _checked_guess(self._spec, value)


def predict(
    question: str,
    answer: Any,
    *,
    choices: Sequence[str] | None = None,
    why: str = "",
    tolerance: float | None = None,
) -> Prediction:
    """Ask for a prediction, to be shown as the last line of a cell. The answer appears when the reader has guessed.

    Where a number or several are asked for, a wrong guess gets one more try before the answer.

    The answer is in the code, so a notebook folds that cell: {"jupyter": {"source_hidden": true}, "tags":
    ["hide-input"]} in its metadata, for JupyterLab and for Jupyter Book.

    Args:
        question: what is asked. In this text and in `why`, `backticks` mark code, and line breaks are kept.
        answer: a number (the reader gets a field for a number), several numbers such as a shape (2, 3), True or False
            (yes or no), or a text (capitals and spaces do not count).
        choices: two or more texts to choose from; then the answer is one of them.
        why: the reason, shown with the answer.
        tolerance: how far from the answer a number may be. None: not at all from a whole number, else as far as one
            unit of the second digit that is not 0: two digits are enough.

    Raises:
        TypeError, ValueError: a question or a choice that is not a text, an answer that is not among the choices, that
            is not a finite number, or of another kind; a tolerance below 0 or for something that is not a number.
    """
    for name, value in (("question", question), ("why", why)):
        if not isinstance(value, str):
            raise TypeError(f"predict: {name} must be a text, got {value!r} ({type(value).__name__})")
    if not question.strip():
        raise ValueError("predict: the question is empty")
    spec = {"kind": "Prediction", "title": question, "question": question.strip(), "why": why.strip()}
    return Prediction(spec | _asked(answer, choices, tolerance), {})


# --- what is asked for ----------------------------------------------------------------------------------------------


def _asked(answer: Any, choices: Any, tolerance: Any) -> dict[str, Any]:
    """mode, choices, answer, answer_text and tolerance, as the page needs them."""
    if isinstance(answer, np.ndarray) or hasattr(answer, "__array__"):
        answer = np.asarray(answer).tolist()
    if choices is None and isinstance(answer, bool):
        answer, choices = ("yes" if answer else "no"), ("yes", "no")
    if choices is not None:
        choices = _checked_choices(choices)
        if not isinstance(answer, str) or answer not in choices:
            raise ValueError(f"predict: the answer must be one of the choices {choices}, got {answer!r}")
        mode, text = CHOICE, answer
    elif isinstance(answer, str):
        if not normal(answer):
            raise ValueError("predict: the answer is empty")
        mode, text = TEXT, answer
    elif isinstance(answer, (list, tuple)):
        if not answer or not all(isinstance(a, Real) and not isinstance(a, bool) for a in answer):
            raise TypeError(f"predict: an answer of several numbers is a list or tuple of numbers, got {answer!r}")
        mode, text = NUMBERS, f"({', '.join(map(number_text, answer))}{',' if len(answer) == 1 else ''})"
    elif isinstance(answer, Real):
        mode, text = NUMBER, number_text(cast(float, answer))
    else:
        raise TypeError(
            f"predict: the answer must be a number, several numbers, True or False, or a text, got {answer!r} "
            f"({type(answer).__name__})"
        )
    allowed = None
    if mode in (NUMBER, NUMBERS):
        allowed = [_tolerance(a, tolerance) for a in (answer if mode == NUMBERS else [answer])]
        answer = [float(a) for a in answer] if mode == NUMBERS else float(answer)
    elif tolerance is not None:
        raise ValueError(f"predict: a tolerance belongs to numbers, but the answer is {answer!r}")
    return {"mode": mode, "choices": choices, "answer": answer, "answer_text": text, "tolerance": allowed}


def _checked_choices(choices: Any) -> list[str]:
    if isinstance(choices, str) or not isinstance(choices, Sequence):
        raise TypeError(f"predict: choices must be a list of texts, got {choices!r} ({type(choices).__name__})")
    other = [c for c in choices if not isinstance(c, str) or not c.strip()]
    if other:
        raise TypeError(f"predict: every choice must be a text that is not empty, got {other[0]!r}: str() makes one")
    if len(choices) < 2 or len(set(choices)) < len(choices):
        raise ValueError(f"predict: choices must be two or more, all different, got {list(choices)}")
    return list(choices)


def _tolerance(answer: float, tolerance: Any) -> float:
    if not math.isfinite(answer):
        raise ValueError(f"predict: {answer} cannot be typed into a field for numbers: give choices")
    if tolerance is None:
        whole = isinstance(answer, (int, np.integer))
        tolerance = 0 if whole else 10.0 ** (math.floor(math.log10(abs(answer))) - 1) if answer else 0.01
    elif isinstance(tolerance, bool) or not isinstance(tolerance, (int, float, np.integer, np.floating)):
        raise TypeError(f"predict: tolerance must be a number or None, got {tolerance!r}")
    elif not 0 <= tolerance < math.inf:
        raise ValueError(f"predict: tolerance must be a finite number from 0 on, got {tolerance}")
    # 0.4 is within 0.1 of 0.3, whatever binary fractions make of it.
    return float(tolerance) + 1e-9 * max(abs(float(answer)), float(tolerance))


def number_text(value: float) -> str:
    """A number as the answer shows it: whole ones whole, others with 4 digits."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 1000:
        return f"{value:.1f}"
    return f"{value:.4g}"


# --- judging: the page does the same (static/predict/guesses.js) ------------------------------------------------------


def normal(text: str) -> str:
    """A text without what does not count: capitals, spaces, quotes, a full stop at the end."""
    text = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in text if not c.isspace() and c not in "\"'`‘’“”").rstrip(".")


def judge(spec: dict[str, Any], guess: Any) -> bool:
    """Whether a guess is right."""
    answer = spec["answer"]
    if spec["mode"] == CHOICE:
        return guess == answer
    if spec["mode"] == TEXT:
        return normal(guess) == normal(answer)
    guesses, answers = (guess, answer) if spec["mode"] == NUMBERS else ([guess], [answer])
    return len(guesses) == len(answers) and all(
        abs(g - a) <= t for g, a, t in zip(guesses, answers, spec["tolerance"], strict=True)
    )


def _checked_guess(spec: dict[str, Any], guess: Any) -> Any:
    mode = spec["mode"]
    if mode == CHOICE and guess not in spec["choices"]:
        raise ValueError(f"guess must be one of {spec['choices']}, or None, got {guess!r}")
    if mode == TEXT and not isinstance(guess, str):
        raise TypeError(f"guess must be a text, or None, got {guess!r}")
    if mode == NUMBERS:
        if not isinstance(guess, (list, tuple)):
            raise TypeError(f"guess must be a list of numbers, or None, got {guess!r}")
        return [_checked_number(g) for g in guess]
    return _checked_number(guess) if mode == NUMBER else guess


def _checked_number(guess: Any) -> Any:
    if isinstance(guess, bool) or not isinstance(guess, Real) or not math.isfinite(guess):
        raise TypeError(f"guess must be a finite number, or None, got {guess!r}")
    return guess
