"""Families of mistakes that differ in a parameter: it is scanned or solved for, not listed.

A family is an entry of the catalogue with `family_of`, a function that is asked in a `Situation` which of its mistakes
may give the observed numbers. It answers with groups of mistakes, the common ones first. Each is then computed and
held against the numbers as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lstm_edu.core import Graph, Layer, Sequential
from lstm_edu.core.wrappers import Bidirectional, TimeDistributed
from lstm_edu.doctor.mistake import BOTH, EVERY, EVERYWHERE, Mistake, Mutation, Place, mutated
from lstm_edu.doctor.recipes import Recipe
from lstm_edu.doctor.running import run

Array = np.ndarray


@dataclass(frozen=True)
class Situation:
    """What a family is told.

    family: itself. place: where its mistake would be. base: the right recipe.
    observed: the numbers. right: what the right recipe gives; None if that has another shape.
    """

    family: Mistake
    place: Place
    base: Recipe
    observed: Sequence[Array]
    right: Sequence[Array] | None

    @property
    def layer(self) -> Layer:
        """The layer in which the mistake would be; where it would be in several, the first of them."""
        return layer_at(self.base.layer, self.place, self.family)

    def compute(self, mutations: Sequence[Mutation]) -> list[Array | None]:
        """All outputs in one row, with each of these done at the place; None where that cannot be computed."""
        recipes = [mutated(self.base, _unnamed(self.family, mutation), self.place) for mutation in mutations]
        possible = [r for r in recipes if r is not None]
        outputs = iter(run(possible))
        shapes = [a.shape for a in self.observed]
        found = [None if r is None else next(outputs) for r in recipes]
        return [None if y is None or [a.shape for a in y] != shapes else flat(y) for y in found]


def _unnamed(family: Mistake, mutation: Mutation) -> Mistake:
    return Mistake(family.id, family.kinds, "", "", mutation, family.condition, together=family.together)


def flat(arrays: Sequence[Array]) -> Array:
    return np.concatenate([a.ravel() for a in arrays])


def layer_at(layer: Layer, place: Place, mistake: Mistake) -> Layer:
    """The layer inside at this place; of several the first in which the mistake can be made."""
    for part in place:
        if part == BOTH and isinstance(layer, Bidirectional):
            layer = next(iter(layer.inner.values()))
        elif part.startswith(EVERY) and part not in layer.inner:
            kind = None if part == EVERYWHERE else part.removeprefix(EVERY)
            layer = next(
                inner
                for inner in layer.inner.values()
                if mistake.applies(inner) and kind in (None, type(inner).__name__)
            )
        else:
            layer = layer.inner[part]
    while isinstance(layer, (Bidirectional, TimeDistributed, Sequential, Graph)):
        layer = next(inner for inner in layer.inner.values() if mistake.applies(inner))
    return layer


def solved(
    situation: Situation, mutation: Callable[[Array], Mutation], start: Sequence[float], rounds: int = 8
) -> Array | None:
    """The parameters with which the mutation comes nearest to the observed numbers, from `start` on; None if it gets
    nowhere near.

    Gauss and Newton: the outputs are taken as linear in the parameters near where one is.
    """
    target = flat(situation.observed)
    counts = np.isfinite(target)
    size = np.abs(target[counts]).max(initial=0)
    now, best = np.asarray(start, dtype=np.float64), np.inf
    for _ in range(rounds):
        nudges = 1e-5 * np.maximum(np.abs(now), 0.1)
        tried = [now, *(now + nudge * axis for nudge, axis in zip(nudges, np.eye(len(now)), strict=True))]
        outputs = situation.compute([mutation(p) for p in tried])
        if any(y is None or not np.isfinite(y[counts]).all() for y in outputs):
            return None
        here, *beside = (y[counts] for y in outputs)
        left = target[counts] - here
        off = float(np.sqrt(np.mean(left**2)))
        if off > 4 * best:
            return None
        best = min(best, off)
        slopes = np.stack([(y - here) / nudge for y, nudge in zip(beside, nudges, strict=True)], axis=1)
        step = np.linalg.lstsq(slopes, left, rcond=None)[0]
        now = now + step
        if np.abs(step).max() < 1e-9 * max(1.0, np.abs(now).max()):
            break
    return now if best <= 0.05 * size else None
