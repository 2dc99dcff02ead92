"""Ruling out hypotheses quickly: on one sequence, in float32, and after a few steps if that is enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from lstm_edu.core.progress import Progress
from lstm_edu.doctor.hypotheses import Hypothesis, Made, with_mistakes
from lstm_edu.doctor.observed import Observed
from lstm_edu.doctor.recipes import BidirectionalRecipe, DenseRecipe, Outputs, Recipe, RecurrentRecipe, StackRecipe
from lstm_edu.doctor.running import run

Array = np.ndarray

_FEW_STEPS = 5
_IN_FLOAT32 = 2.0  # times as far from the numbers as float64 may be: both were rounded on the way


class Screen:
    """What is left of hypotheses after a look at a part of the numbers.

    observed: that part. base: the right recipe for it, in float32. tried: how many different recipes were computed.
    """

    def __init__(self, observed: Observed, base: Recipe):
        self.observed = observed
        self.base = observed.in_this_form(base)
        self.tried = 0
        self._first: tuple[Made | None, Recipe | None] = (None, None)
        self._names: dict[Any, list[Hypothesis]] = {signature(self.base): [()]}  # signature -> all that have it

    def left(self, hypotheses: Sequence[Hypothesis], report: Report) -> tuple[list[Hypothesis], list[Hypothesis]]:
        """Those whose numbers may be the observed ones; and those that cannot be made with this part."""
        unmade: list[Hypothesis] = []
        new, signatures = self._new(hypotheses, unmade, report), []
        while chunk := list(islice(new, self._at_once())):
            recipes = [recipe for _, recipe in chunk]
            signatures += [chunk[k][0] for k in self._possible(recipes)]
            report.show()
        return list(self._all_names(signatures)), unmade

    def _new(
        self, hypotheses: Iterable[Hypothesis], unmade: list[Hypothesis], report: Report
    ) -> Iterator[tuple[tuple[Any, int], Recipe]]:
        """The recipes that no other hypothesis had, each with its signature and how many mistakes it takes."""
        for hypothesis in hypotheses:
            recipe = self._recipe(hypothesis)
            if recipe is None:
                unmade.append(hypothesis)
                continue
            report.done += 1
            signed = signature(recipe)
            known = self._names.setdefault(signed, [])
            known.append(hypothesis)
            if len(known) == 1:
                self.tried += 1
                yield (signed, len(hypothesis)), recipe

    def _recipe(self, hypothesis: Hypothesis) -> Recipe | None:
        """The recipe; many pairs, one after another, have their first mistake in common."""
        first, *others = hypothesis
        if self._first[0] is not first:
            self._first = first, with_mistakes(self.base, (first,))
        recipe = self._first[1]
        return None if recipe is None else with_mistakes(recipe, others)

    def _at_once(self) -> int:
        """How many recipes to hold in memory together."""
        weights = sum(w.nbytes for w in self.base.layer.weights) * 2 + 20_000
        return int(np.clip(64_000_000 // weights, 8, 512))

    def _possible(self, recipes: list[Recipe]) -> list[int]:
        """The positions of those that are not ruled out: by the first steps, then by as many as there are."""
        left = list(range(len(recipes)))
        for steps in self._steps():
            at_once = max(1, _MOST_NUMBERS // self.observed.size)
            parts = [left[k : k + at_once] for k in range(0, len(left), at_once)]
            left = []
            for part in parts:
                computed = run([recipes[k] for k in part], steps)
                left += [k for k, outputs in zip(part, computed, strict=True) if self._may_be(outputs)]
        return left

    def _steps(self) -> list[int | None]:
        timesteps = _timesteps(self.base)
        timed = any(a.ndim == 3 for a in self.observed.arrays)
        return [_FEW_STEPS, timesteps] if timed and timesteps and timesteps > 2 * _FEW_STEPS else [timesteps]

    def _may_be(self, outputs: Outputs | None) -> bool:
        """Whether what is known of the outputs, all that is not NaN, is near the observed numbers."""
        if outputs is None or not self.observed.fits(outputs):
            return False
        return near(self.observed, outputs, _IN_FLOAT32, known_only=True)

    def _all_names(self, signatures: Sequence[tuple[Any, int]]) -> Iterator[Hypothesis]:
        """All hypotheses of so many mistakes that have these recipes."""
        for signed, mistakes in signatures:
            named = set()
            for other in self._names[signed]:
                what = frozenset(other)
                if len(other) == mistakes and what not in named:  # not the same two in the other order
                    named.add(what)
                    yield other


_MOST_NUMBERS = 1 << 22  # of outputs that are held at once


def _timesteps(recipe: Recipe) -> int | None:
    """How many steps it takes; None for what does not go through time as we do."""
    if isinstance(recipe, BidirectionalRecipe):
        return _timesteps(recipe.parts["forward"])
    if isinstance(recipe, (RecurrentRecipe, StackRecipe)) and recipe.x.ndim > 1:
        return recipe.x.shape[1]
    return None


def near(observed: Observed, outputs: Outputs, times: float = 1.0, known_only: bool = False) -> bool:
    """Whether it is worth measuring how exactly these agree. known_only: NaN among the outputs says nothing."""
    coarse = 0.05 if observed.precision.coarse else 2e-3
    half = max(float(h.max(initial=0)) for h in observed.precision.half)
    for a, y in zip(observed.arrays, outputs, strict=True):
        size = float(np.nanmax(np.abs(a), initial=0))
        unknown = np.isnan(y)
        with np.errstate(invalid="ignore"):
            off = np.abs(a - y)
        off = off[~((a == y) | (unknown & (known_only | np.isnan(a))))]
        if off.size and not off.max() <= times * (coarse * size + 2 * half):  # NaN is not near
            return False
    return True


# --- the same recipe under several names ----------------------------------------------------------------------------


def signature(recipe: Recipe) -> Any:
    """Equal for recipes that are certain to give the same numbers."""
    if isinstance(recipe, BidirectionalRecipe):
        parts = tuple((name, signature(part)) for name, part in recipe.parts.items())
        return parts, recipe.merge, recipe.turned, recipe.order, recipe.after
    if isinstance(recipe, DenseRecipe):
        numbers = (recipe.x, recipe.kernel, recipe.bias)
        return tuple(map(_by_value, numbers)), recipe.kernel.shape, recipe.activation, recipe.after
    if not isinstance(recipe, RecurrentRecipe):
        return object()  # equal to none
    r = recipe
    return (
        program(r),
        tuple(map(_by_value, (r.x, r.kernel, r.recurrent_kernel, r.bias, *r.start))),
        None if r.mask is None else _by_value(r.mask),
        r.masking,
        r.form,
        r.after,
        r.shown,
        r.last,
        r.folding,
    )


def _by_value(a: Array) -> Any:
    return hash(a.tobytes())


def program(recipe: Recipe) -> Any:
    """Equal for recipes that are computed side by side."""
    if isinstance(recipe, RecurrentRecipe):
        r = recipe
        return r.equations, r.before, r.masking.states, r.passes, r.mask is None, r.x.shape
    if isinstance(recipe, BidirectionalRecipe):
        return tuple(map(program, recipe.parts.values()))
    return type(recipe)


# --- how far it is --------------------------------------------------------------------------------------------------


class Report:
    """Counts what has been tried, and tells whoever wants to know."""

    def __init__(self, progress: Progress | None, total: int, words: str):
        self.progress, self.total, self.words, self.done = progress, total, words, 0

    def show(self) -> None:
        if self.progress is not None:
            self.progress(self.done, self.total, self.words)

    def end(self) -> None:
        self.done = self.total
        self.show()
