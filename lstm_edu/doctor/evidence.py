"""Does a computed output explain an observed one, and how sure can that be?

Two outputs agree if every number does, within a *window*: how far off the observed number may be because of how it was
printed or stored, and what float32 does to this computation. How much an agreement means is counted in bits: a number
whose distance from the right one is d and which is hit within w would be hit by chance with probability w/d. That
chance, multiplied over all numbers and by the number of hypotheses that were tried, bounds the chance of a false match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstm_edu.core.checks import plural
from lstm_edu.doctor.precision import Precision, noise
from lstm_edu.doctor.recipes import Outputs, Recipe

Array = np.ndarray

MOST_CHANCE = 1e-4  # of a false match, for a match to be called one
_FEWEST = 2  # different numbers, and one more for each further mistake: few can be hit by anything
_MOST_BITS = 30.0  # that one number can count for


@dataclass(frozen=True)
class Evidence:
    """What supports an explanation.

    Attributes:
        values: how many different numbers the mistake changes and reproduces.
        max_abs: the largest |observed - explained|.
        bits: how unlikely such an agreement is, 2 to the minus this, for one hypothesis.
        tried: how many hypotheses were tried.
        precision: how exactly the observed numbers are given.
        mistakes: how many mistakes it takes.
    """

    values: int
    max_abs: float
    bits: float
    tried: int
    precision: str
    mistakes: int = 1

    @property
    def chance(self) -> float:
        """An upper bound on the probability of a false match, among all that were tried."""
        return min(1.0, self.tried * 2.0**-self.bits)

    @property
    def enough(self) -> bool:
        return self.values >= _FEWEST + self.mistakes - 1 and self.chance <= MOST_CHANCE

    def __str__(self) -> str:
        numbers = "1 number" if self.values == 1 else f"{self.values:,} different numbers"
        tried = plural(self.tried, "hypothesis")
        return (
            f"{numbers} explained within {self.max_abs:.1g} (given as {self.precision}); {tried} tried; "
            f"chance of a false match: {chance_text(self.chance)}"
        )


def chance_text(chance: float) -> str:
    if chance < 1e-12:
        return "below 1 in 10^12"
    if chance > 0.1:
        return "more than 1 in 10"
    power = int(np.floor(-np.log10(chance)))
    return f"below 1 in {10**power:,}"


@dataclass(frozen=True)
class Fit:
    """How a recipe's outputs compare with the observed ones: `ratio` <= 1 is agreement; `tight`: the window's width."""

    ratio: float
    max_abs: float
    tight: tuple[Array, ...]


def windows(observed: Precision, outputs: Outputs, errors: Outputs) -> tuple[list[Array], list[Array]]:
    """(tight, loose) windows for each number. Loose: other libraries' tanh and exp are off by some units in the last
    place, more than ours."""
    tight, loose = [], []
    for half, y, e in zip(observed.half, outputs, errors, strict=True):
        size = np.nanmax(np.abs(y), initial=0) if np.isfinite(y).any() else 1.0
        tight.append(half + 4 * e + 2.5e-7 * size)
        loose.append(half + 8 * e + 1.5e-6 * size)
    return tight, loose


def fit(arrays: Sequence[Array], observed: Precision, recipe: Recipe, outputs: Outputs) -> Fit:
    """Measure one recipe's float32 noise, and compare its outputs with the observed ones."""
    (errors,) = noise([recipe], [outputs], observed.coarse)
    return fit_within(arrays, observed, outputs, errors)


def fit_within(arrays: Sequence[Array], observed: Precision, outputs: Outputs, errors: Outputs) -> Fit:
    """How outputs that float32 moves by so much compare with the observed ones."""
    tight, loose = windows(observed, outputs, errors)
    ratio = max(_ratio(a, y, w) for a, y, w in zip(arrays, outputs, loose, strict=True))
    max_abs = max(float(np.nanmax(np.abs(a - y), initial=0)) for a, y in zip(arrays, outputs, strict=True))
    return Fit(ratio, max_abs, tuple(tight))


def _ratio(a: Array, y: Array, w: Array) -> float:
    same = (a == y) | (np.isnan(a) & np.isnan(y))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where(same, 0, np.abs(a - y) / w)
    r[np.isnan(r)] = np.inf  # NaN on one side only
    return float(r.max(initial=0))


def weigh(
    arrays: Sequence[Array],
    right: Outputs | None,
    outputs: Outputs,
    found: Fit,
    tried: int,
    precision: str,
    parameters: int = 0,
) -> Evidence:
    """The evidence for an explanation. right: the right outputs; None if they have another shape. parameters: how many
    numbers of the explanation were solved for: as many of the observed ones say nothing."""
    changed, distance, width = [], [], []
    for k, (a, y, w) in enumerate(zip(arrays, outputs, found.tight, strict=True)):
        changed.append(a.ravel())
        distance.append((np.abs(a - right[k]) if right is not None else np.full_like(a, np.nanstd(a))).ravel())
        width.append((w * max(1.0, _ratio(a, y, w))).ravel())  # no finer than it really fits
    a, d, w = (np.concatenate(parts) for parts in (changed, distance, width))
    # What is changed from and to equal numbers counts once: units with equal weights, repeated outputs.
    _, first = np.unique(np.round(np.stack([a, d], axis=1), 12), axis=0, return_index=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = np.clip(np.nan_to_num(np.log2(d[first] / w[first]), nan=0, posinf=_MOST_BITS), 0, _MOST_BITS)
    bits = np.sort(bits)[: max(0, bits.size - parameters)]
    return Evidence(int((bits >= 1).sum()), found.max_abs, float(bits.sum()), tried, precision)
