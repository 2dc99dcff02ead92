"""When two numbers count as equal: how much they may differ when nothing more is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Array = np.ndarray


class Tolerance(NamedTuple):
    """absolute + relative * |y|, y being the reference's value, called `letter` in texts."""

    absolute: float
    relative: float
    letter: str = "y"

    def __str__(self) -> str:
        return f"{_power(self.absolute)} + {_power(self.relative)} |{self.letter}|"

    def allowed(self, right: Array) -> Array:
        """How far a number may be from each of these."""
        size = np.abs(right.astype(np.float64))
        return self.absolute + self.relative * np.where(np.isfinite(size), size, 0)

    def times(self, factor: float) -> Tolerance:
        """So many times as much."""
        return self._replace(absolute=factor * self.absolute, relative=factor * self.relative)


def _power(value: float) -> str:
    return f"{value:.0e}".replace("e-0", "e-")


# How much two right implementations usually differ. Sums are added up in another order, so the last digits differ; a
# mistake differs by far more. From the most precise to the least.
TOLERANCES = {
    "float64": Tolerance(1e-11, 1e-9),
    "float32": Tolerance(2e-6, 2e-5),
    "float16": Tolerance(2e-3, 1e-2),
    "bfloat16": Tolerance(2e-2, 8e-2),
}


def lesser_dtype(a: Array, b: Array) -> str | None:
    """The less precise of two arrays' dtypes, by name; None where both hold whole numbers or booleans."""
    floats = [array.dtype.name for array in (a, b) if array.dtype.kind not in "iub"]
    order = list(TOLERANCES)
    return max((name if name in order else "float64" for name in floats), key=order.index, default=None)


def tolerance_of(a: Array, b: Array) -> Tolerance | None:
    """How much two arrays of these dtypes may differ; None for whole numbers, which must be equal."""
    name = lesser_dtype(a, b)
    return None if name is None else TOLERANCES[name]


def distance(a: Array, b: Array) -> Array:
    """|a - b| in float64. NaN is equal to NaN and infinity to itself; NaN on one side only is infinitely far."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
    if a.dtype.kind == b.dtype.kind == "f" and np.isfinite(apart).all():
        return apart
    equal = (a == b) | (np.isnan(a) & np.isnan(b))
    apart = np.where(apart == 0, 1, apart)  # of whole numbers too large for float64 to tell apart
    return np.where(equal, 0, np.where(np.isnan(apart), np.inf, apart))


def beyond(difference: Array, allowed: Array | float) -> Array:
    """Where a `distance` is more than allowed; an infinite one is, unless there is no limit."""
    return (difference > 0) & ~(difference <= allowed)


def apart(a: Array, right: Array, tolerance: Tolerance | None = None) -> Array:
    """Where two arrays of one shape differ by more than `tolerance`, or if None by what their dtypes allow."""
    tolerance = tolerance or tolerance_of(a, right)
    with np.errstate(invalid="ignore"):
        allowed = 0.0 if tolerance is None else tolerance.allowed(right)
    return beyond(distance(a, right), allowed)


Outputs = Sequence[Array]


def same(one: Outputs | None, other: Outputs | None) -> bool:
    """Whether a comparison in float32 would call two lists of arrays equal, whatever they were computed in."""
    if one is None or other is None:
        return one is other
    if [a.shape for a in one] != [a.shape for a in other]:
        return False
    return not any(apart(a, b, TOLERANCES["float32"]).any() for a, b in zip(one, other, strict=True))


def groups(outputs: Sequence[Outputs | None]) -> list[list[int]]:
    """The positions of equal outputs, together, in order."""
    found: list[list[int]] = []
    for k, output in enumerate(outputs):
        for group in found:
            if same(output, outputs[group[0]]):
                group.append(k)
                break
        else:
            found.append([k])
    return found
