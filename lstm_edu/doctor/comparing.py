"""When two outputs count as the same: the tolerance of a comparison, and groups of equal outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_edu.doctor.recipes import Outputs

Array = np.ndarray

# What two right implementations may differ by, absolute + relative * |y|: the tolerances of `le.compare`.
ABSOLUTE, RELATIVE = 2e-6, 2e-5


def differs(a: Array, right: Array) -> Array:
    """Where the two, of one shape, differ by more than rounding."""
    with np.errstate(invalid="ignore"):
        near = np.abs(a - right) <= ABSOLUTE + RELATIVE * np.abs(right)
    return ~(near | (a == right) | (np.isnan(a) & np.isnan(right)))


def same(one: Outputs | None, other: Outputs | None) -> bool:
    """Whether a comparison would call them equal."""
    if one is None or other is None:
        return one is other
    if [a.shape for a in one] != [a.shape for a in other]:
        return False
    return not any(differs(a, b).any() for a, b in zip(one, other, strict=True))


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
