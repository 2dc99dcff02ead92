"""Which line a learner's function is, cut off at its ends or in a sigmoid, measured from its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_edu.comparison.places import number_text
from lstm_edu.exercises.answers import agrees
from lstm_edu.exercises.explaining import Answered, Exercise, Found
from lstm_edu.exercises.mutants.program import sigmoid

_INSIDE = 1e-4  # what is nearer to an end is taken for cut off


def cut_line(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """The slope, the height at 0 and the limits of y = clip(a x + b, low, high), where all numbers are such."""
    every = (*answered, *right_on)
    if list(answered[0].arguments) != ["x"] or _line(*_all(every, right=True)) is None:
        return None
    x, y = _all(every)
    found = _line(x, y)
    if found is None or not agrees(np.clip(found[0] * x + found[1], found[2], found[3]), y):
        return None
    slope, height, low, high = found
    at = f"{number_text(1 / slope)}" if abs(1 / slope - round(1 / slope)) < 1e-3 else ""
    line = f"x / {at}" if at not in ("", "1", "-1") else f"{number_text(slope)} x"
    ends = [f"at {number_text(end)} ({'below' if end == low else 'above'})" for end in (low, high) if np.isfinite(end)]
    return Found(
        f"Your function is the line {_with_height(line, height)}, "
        f"{'cut off ' + ' and '.join(ends) if ends else 'not cut off'}; "
        "x / 6 + 1/2, cut off at 0 and at 1, is expected.",
        fix="y = np.clip(x / 6 + 0.5, 0, 1)",
    )


def sigmoid_of_line(
    exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()
) -> Found | None:
    """The slope and the height at 0 of y = sigmoid(a x + b), where all numbers are such."""
    if list(answered[0].arguments) != ["x"]:
        return None
    every = (*answered, *right_on)
    (x, y), (_, right) = _all(every), _all(every, right=True)
    if x.shape != y.shape or not np.all((y >= 0) & (y <= 1)):
        return None
    inside = (y > 1e-4) & (y < 1 - 1e-4)
    if inside.sum() < 5 or not agrees(sigmoid(x), right):
        return None
    slope, height = np.polyfit(x[inside], np.log(y[inside] / (1 - y[inside])), 1)
    slope, height = (_rational(float(f"{v:.3g}")) if abs(v) > 1e-3 else 0.0 for v in (slope, height))
    if not slope or not agrees(sigmoid(slope * x + height), y):
        return None
    inner = _with_height("x" if slope == 1 else f"{number_text(slope)} x", height)
    return Found(f"Your function is the sigmoid of {inner}; that of x is expected.", fix="y = 1 / (1 + np.exp(-x))")


def _with_height(line: str, height: float) -> str:
    return f"{line} {'+' if height > 0 else '-'} {number_text(abs(height))}" if height else line


def _all(answered: Sequence[Answered], right: bool = False) -> tuple[np.ndarray, np.ndarray]:
    outputs = [np.ravel(one.right[0] if right else one.values[0]) for one in answered]
    x = np.concatenate([np.ravel(one.arguments["x"]) for one in answered]).astype(np.float64)
    return x, np.concatenate(outputs).astype(np.float64)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float] | None:
    """Slope, height at 0, and limits (infinite where nothing is cut off); None if that is not what the numbers are."""
    if x.shape != y.shape or not np.isfinite(y).all():
        return None
    order = np.argsort(x)
    x, y = x[order], y[order]
    if y[0] > y[-1]:
        return None
    flat = [float(end) if abs(near - end) < _INSIDE else np.inf for end, near in ((y[0], y[1]), (y[-1], y[-2]))]
    low, high = -np.inf if np.isinf(flat[0]) else flat[0], flat[1]
    inside = (y > low + _INSIDE) & (y < high - _INSIDE)
    if inside.sum() < 5:
        return None
    slope, height = np.polyfit(x[inside], y[inside], 1)
    slope, height = (float(f"{float(v):.4g}") if abs(v) > 1e-5 else 0.0 for v in (slope, height))
    exact = _rational(slope), _rational(height), _rational(low), _rational(high)
    fits = np.abs(np.clip(exact[0] * x + exact[1], exact[2], exact[3]) - y).max() < 1e-4
    return exact if fits and exact[0] > 0 else None


def _rational(value: float) -> float:
    """The number, or the fraction with a small denominator that it is up to rounding."""
    for below in range(1, 13):
        if np.isfinite(value) and abs(value * below - round(value * below)) < 1e-3 * below * max(abs(value), 0.01):
            return round(value * below) / below
    return value
