"""Families of mistakes that differ in a parameter: it is scanned or solved for, not listed.

A family is an entry of the catalogue with `family_of`, a generator that is asked in a `Situation` which of its mistakes
may give the observed numbers. It answers with groups of mistakes, the common ones first. Each is then computed and
compared with the numbers like any other. Between groups it may yield a `Trial`, and is sent its result: so the trials
of several families, and at several places, are computed side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lstm_edu.core import Graph, Layer, Sequential
from lstm_edu.core.wrappers import Bidirectional, TimeDistributed
from lstm_edu.doctor.mistake import BOTH, EVERY, EVERYWHERE, Mistake, Mutation, Place, mutated
from lstm_edu.doctor.recipes import Recipe, RecurrentRecipe, StackRecipe, inputs_of
from lstm_edu.doctor.running import run

Array = np.ndarray


@dataclass(frozen=True)
class Situation:
    """What a family is told.

    family: itself. place: where its mistake would be. base: the right recipe.
    observed: the numbers. right: what the right recipe gives; None if that has another shape.
    reordered: single mistakes after which the output's columns are the observed ones in another order.
    """

    family: Mistake
    place: Place
    base: Recipe
    observed: Sequence[Array]
    right: Sequence[Array] | None
    reordered: Sequence[Any] = ()

    @property
    def layer(self) -> Layer:
        """The layer in which the mistake would be; where it would be in several, the first of them."""
        return layer_at(self.base.layer, self.place, self.family)

    def compute(self, mutations: Sequence[Mutation]) -> list[Array | None]:
        """All outputs in one row, with each of these done at the place; None where that cannot be computed."""
        (found,) = tried([Trial(self, mutations)])
        return found

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
        """The same for the first steps only; where these cannot be taken alone, all of it."""
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

    def one_sequence(self) -> Situation:
        """The same for the first sequence only, where its numbers are enough to solve for a few parameters."""
        base, batch = self.base, len(self.observed[0])
        alone = isinstance(base, StackRecipe) and not (base.starts or base.after) and self.right
        if not alone or len(base.x) != batch or batch == 1 or self.observed[0][0].size < _ENOUGH:
            return self
        mask = None if base.mask is None else base.mask[:1]
        return replace(
            self,
            base=base.but(x=base.x[:1], mask=mask, reached={}, made={}),
            observed=[a[:1] for a in self.observed],
            right=[a[:1] for a in self.right],
        )


_ENOUGH = 24  # numbers to solve for a few parameters


@dataclass(frozen=True)
class Trial:
    """Mutations whose outputs a family wants to see."""

    situation: Situation
    mutations: Sequence[Mutation]

    def recipes(self) -> list[Recipe | None]:
        family = self.situation.family
        return [mutated(self.situation.base, _unnamed(family, m), self.situation.place) for m in self.mutations]


Search = Generator[Any, Any, Any]  # yields trials, is sent what they give, and returns what it found
Groups = Generator[Any, Any, None]  # yields groups of mistakes, and trials


def tried(trials: Sequence[Trial]) -> list[list[Array | None]]:
    """What each trial gives: for each mutation all outputs in one row; None where that cannot be computed."""
    recipes = [trial.recipes() for trial in trials]
    outputs = iter(run([r for own in recipes for r in own if r is not None]))
    found = []
    for trial, own in zip(trials, recipes, strict=True):
        shapes = [a.shape for a in trial.situation.observed]
        each = [None if r is None else next(outputs) for r in own]
        found.append([None if y is None or [a.shape for a in y] != shapes else flat(y) for y in each])
    return found


def side_by_side(searches: Sequence[Search]) -> Search:
    """What each of them finds; their trials, all in one situation, become one."""
    results: list[Any] = [None] * len(searches)
    sent: dict[int, Any] = dict.fromkeys(range(len(searches)))
    while sent:
        asked: dict[int, Trial] = {}
        for k, answer in sent.items():
            try:
                asked[k] = searches[k].send(answer)
            except StopIteration as end:
                results[k] = end.value
        if asked:
            situation = next(iter(asked.values())).situation
            outputs = yield Trial(situation, [m for trial in asked.values() for m in trial.mutations])
            each = iter(outputs)
            sent = {k: [next(each) for _ in trial.mutations] for k, trial in asked.items()}
        else:
            sent = {}
    return results


def at_once(search: Search) -> Any:
    """What it finds, each trial computed when it is asked for."""
    try:
        trial = next(search)
        while True:
            (answer,) = tried([trial])
            trial = search.send(answer)
    except StopIteration as end:
        return end.value


def groups_of(situation: Situation) -> Iterator[Sequence[Mistake]]:
    """The family's groups of mistakes, each trial computed when it is asked for."""
    family, answer = iter(situation.family.family_of(situation)), None
    while True:
        try:
            item = next(family) if answer is None else family.send(answer)
        except StopIteration:
            return
        answer = None
        if isinstance(item, Trial):
            (answer,) = tried([item])
        else:
            yield item


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
    start: Sequence[float] | Array,
    rounds: int = 12,
    damping: float = 0.0,
    near: float = 2e-3,
    from_right: bool = False,
    nudge: float = 1e-5,
) -> Search:
    """The parameters with which the mutation comes nearest to the observed numbers, from `start` on; None if that is
    not nearer than `near`, as a part of the largest number.

    Gauss and Newton: the outputs are taken as linear in the parameters near where one is; a step that leads further
    away is made smaller. damping: keeps parameters on which the numbers hardly depend near 0. from_right: `start` is
    the right computation. nudge: how far a parameter is moved to see a slope: further where
    something on the way is float32.
    """
    target = flat(situation.observed)
    counts = np.isfinite(target)
    size = np.abs(target[counts]).max(initial=0)
    now = best = np.asarray(start, dtype=np.float64)
    off, step = np.inf, np.zeros(len(now))
    for n in range(rounds):
        nudges = nudge * np.maximum(np.abs(now), 0.1)
        points = [now, *(now + nudge * axis for nudge, axis in zip(nudges, np.eye(len(now)), strict=True))]
        known = [flat(situation.right)] if from_right and n == 0 and situation.right is not None else []
        outputs = [*known, *(yield Trial(situation, [mutation(p) for p in points[len(known) :]]))]
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
        lost = n >= _PATIENCE and off > 10 * size
        if lost or not np.abs(step).max() > 1e-9 * max(1.0, np.abs(now).max()):
            break
        now = best + step
    return best if off <= near * size else None


_PATIENCE = 3  # rounds for what is off by more than the numbers themselves
_NO_MORE = 0.9  # of what was left before a step: more steps will not help
