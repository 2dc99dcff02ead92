"""Families of mistakes that differ in a parameter: it is scanned or solved for, not listed.

A family is an entry of the catalogue with `family_of`, a function that is asked in a `Situation` which of its mistakes
may give the observed numbers. It answers with groups of mistakes, the common ones first. Each is then computed and
held against the numbers as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lstm_edu.core import Graph, Layer, Sequential
from lstm_edu.core.wrappers import Bidirectional, TimeDistributed
from lstm_edu.doctor.mistake import BOTH, EVERY, EVERYWHERE, Mistake, Mutation, Place, mutated
from lstm_edu.doctor.recipes import Recipe, RecurrentRecipe, inputs_of
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

    @property
    def first(self) -> bool:
        """Whether this is the first of the places: in a model the likeliest, all of it."""
        return self.place == self.family.places(self.base.layer)[0]

    @property
    def work(self) -> int:
        """About how many multiplications one computation takes."""
        (x, *_) = inputs_of(self.base)
        return x.shape[0] * (x.shape[1] if x.ndim == 3 else 1) * sum(w.size for w in self.base.layer.weights)

    def beginning(self, steps: int) -> Situation:
        """The same for the first steps only; where these cannot be taken by themselves, all of it."""
        base, first = self.base, self.observed[0]
        alone = isinstance(base, RecurrentRecipe) and len(self.observed) == 1 and not base.after and self.right
        if not alone or first.ndim != 3 or first.shape[1] != base.x.shape[1] or first.shape[1] <= steps:
            return self
        mask = None if base.mask is None else base.mask[:, :steps]
        return replace(
            self,
            base=base.but(x=base.x[:, :steps], mask=mask),
            observed=(first[:, :steps],),
            right=(self.right[0][:, :steps],),
        )


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
    situation: Situation,
    mutation: Callable[[Array], Mutation],
    start: Sequence[float],
    rounds: int = 12,
    damping: float = 0.0,
    near: float = 2e-3,
) -> Array | None:
    """The parameters with which the mutation comes nearest to the observed numbers, from `start` on; None if that is
    not nearer than `near`, as a part of the largest number.

    Gauss and Newton: the outputs are taken as linear in the parameters near where one is; a step that leads further
    away is made smaller. damping: keeps parameters on which the numbers hardly depend near 0.
    """
    target = flat(situation.observed)
    counts = np.isfinite(target)
    size = np.abs(target[counts]).max(initial=0)
    now = best = np.asarray(start, dtype=np.float64)
    off, step = np.inf, np.zeros(len(now))
    for _ in range(rounds):
        nudges = 1e-5 * np.maximum(np.abs(now), 0.1)
        tried = [now, *(now + nudge * axis for nudge, axis in zip(nudges, np.eye(len(now)), strict=True))]
        outputs = situation.compute([mutation(p) for p in tried])
        usable = all(y is not None and np.isfinite(y[counts]).all() for y in outputs)
        left = target[counts] - outputs[0][counts] if usable else np.full(1, np.inf)
        here = float(np.sqrt(np.mean(left**2)))
        if here < off:
            gain, off, best = here / off, here, now
            slopes = np.stack([(y - outputs[0])[counts] for y in outputs[1:]], axis=1) / nudges
            size_of = damping * np.linalg.norm(slopes)
            slopes = np.concatenate([slopes, size_of * np.eye(len(now))])
            step = np.linalg.lstsq(slopes, np.concatenate([left, -size_of * now]), rcond=None)[0]
            if gain > _NO_MORE and np.isfinite(gain) and off < 1:
                break
        else:
            step = step / 4
        if not np.abs(step).max() > 1e-9 * max(1.0, np.abs(now).max()):
            break
        now = best + step
    return best if off <= near * size else None


_NO_MORE = 0.9  # of what was left before a step: more steps will not help
