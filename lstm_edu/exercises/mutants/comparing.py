"""A learner's numbers, compared with those of many mutants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.exercises.answers import COUNT, agrees

_ROUGHLY = 1e-3  # what differs by more in its first number is not looked at further


class Theirs:
    """What came back for one question: arrays, counts or lists of names."""

    def __init__(self, exercise: Any, values: Sequence[Any]):
        self.values = [v if isinstance(v, list) else np.asarray(v) for v in values]
        self._exact = [output.kind == COUNT for output in exercise.returns]

    def are(self, outputs: Sequence[Any] | None) -> bool:
        """Whether a comparison would call these outputs the same."""
        if outputs is None or len(outputs) != len(self.values):
            return False
        return all(self.one_is(k, mine) for k, mine in enumerate(outputs))

    def one_is(self, k: int, mine: Any) -> bool:
        """Whether this is output k."""
        theirs = self.values[k]
        if isinstance(theirs, list):
            return isinstance(mine, list) and mine == theirs
        mine = as_numbers(mine)
        if mine is None or mine.shape != theirs.shape or theirs.dtype.kind not in "fiub":
            return False
        if self._exact[k]:
            return bool(np.all(mine == theirs))
        if mine.size:
            one, other = float(mine.flat[0]), float(theirs.flat[0])
            if not abs(one - other) <= _ROUGHLY * (1 + abs(other)) and (np.isfinite(one) or np.isfinite(other)):
                return False
        return agrees(theirs.astype(np.float64), mine.astype(np.float64))

    def nearness(self, outputs: Sequence[Any] | None) -> tuple[float, float, float]:
        """How much of this mutant's numbers is in them already: the share of equal numbers, the distance, and how much
        they go up and down together; (0, inf, 0) where nothing can be compared."""
        equal, far, together, n = 0, 0.0, 0.0, 0
        for k, mine in enumerate(outputs or ()):
            theirs = self.values[k] if k < len(self.values) else None
            mine = as_numbers(mine)
            if isinstance(theirs, list) or theirs is None or mine is None or mine.shape != theirs.shape:
                continue
            a, b = mine.astype(np.float64).ravel(), theirs.astype(np.float64).ravel()
            apart = np.abs(a - b)
            equal += int((apart <= 1e-5 + 1e-4 * np.abs(b)).sum())
            far += float(np.minimum(np.nan_to_num(apart, nan=1e3), 1e3).sum())
            spread = a.std() * b.std() if a.size > 1 else 0.0
            together += abs(float(((a - a.mean()) * (b - b.mean())).mean())) / spread * a.size if spread > 0 else 0.0
            n += a.size
        return (equal / n, far / n, together / n) if n else (0.0, np.inf, 0.0)


def as_numbers(value: Any) -> np.ndarray | None:
    """An array, or None for what is none."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array if array.dtype.kind in "fiub" else None


def differing(value: Any, right: Any) -> int:
    """How many numbers of an output are not right; all that are expected, or more, where its form is another."""
    if not isinstance(value, np.ndarray) or np.shape(value) != np.shape(right):
        return max(np.size(value), np.size(right))
    return int((~np.isclose(value, right, rtol=1e-4, atol=1e-5, equal_nan=True)).sum())


def same(value: Any, right: Any) -> Any:
    """Which numbers are the same, roughly: a mask, or False where the two cannot be compared."""
    one, other = as_numbers(value), as_numbers(right)
    if one is None or other is None or other.ndim and one.shape != other.shape:
        return np.False_
    return np.isclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)
