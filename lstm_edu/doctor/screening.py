"""Ruling out hypotheses quickly: on one sequence, in float32, and after a few steps if that is enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from lstm_edu.core.progress import Progress
from lstm_edu.doctor.beginning import some_rows
from lstm_edu.doctor.hypotheses import Hypothesis, Made, with_mistakes
from lstm_edu.doctor.observed import Observed
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    DenseRecipe,
    ModelRecipe,
    Outputs,
    Recipe,
    RecurrentRecipe,
    StackRecipe,
)
from lstm_edu.doctor.running import run

Array = np.ndarray

_FEW_STEPS = 5
_IN_FLOAT32 = 2.0  # times as far from the numbers as float64 may be: both were rounded on the way


class Screen:
    """What is left of hypotheses after a look at a part of the numbers.

    observed: that part. base: the right recipe for it, in float32. tried: how many different recipes were computed.
    whole: the right recipe for all sequences, in float32, and which of them this part has: mistakes that mix sequences
        are made in it. None if these are all.
    """

    def __init__(self, observed: Observed, base: Recipe, whole: tuple[Recipe, list[int]] | None = None):
        self.observed = observed
        self.base = observed.in_this_form(base)
        self.whole = None if whole is None else (observed.in_this_form(whole[0]), whole[1])
        self.tried = 0
        self._first: tuple[Made | None, Recipe | None] = (None, None)
        self._names: dict[Any, list[Hypothesis]] = {signature(self.base): [()]}  # signature -> all that have it

    def left(
        self, hypotheses: Sequence[Hypothesis], report: Report, reordered: list[Hypothesis] | None = None
    ) -> tuple[list[Hypothesis], list[Hypothesis]]:
        """Those whose numbers may be the observed ones; and those that cannot be made with this part.

        reordered: where to put those whose numbers may be the observed ones with their columns in another order.
        """
        unmade: list[Hypothesis] = []
        new, signatures, others = self._new(hypotheses, unmade, report), [], []
        while chunk := list(islice(new, self._at_once())):
            recipes = [recipe for _, recipe in chunk]
            shuffled: list[int] | None = None if reordered is None else []
            signatures += [chunk[k][0] for k in self._possible(recipes, shuffled)]
            others += [chunk[k][0] for k in shuffled or ()]
            report.show()
        if reordered is not None:
            reordered += self._all_names(others)
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
        if self.whole is not None and any(made.mistake.across for made in hypothesis):
            right, rows = self.whole
            wrong = with_mistakes(right, hypothesis)
            return None if wrong is None else some_rows(wrong, right, self.base, rows)
        first, *others = hypothesis
        if self._first[0] is not first:
            self._first = first, with_mistakes(self.base, (first,))
        recipe = self._first[1]
        return None if recipe is None else with_mistakes(recipe, others)

    def _at_once(self) -> int:
        """How many recipes to hold in memory together. Those of a model are made layer by layer."""
        layers = (
            getattr(self.base.layer, "inner", {}).values() if isinstance(self.base, ModelRecipe) else [self.base.layer]
        )
        weights = max(sum(w.nbytes for w in layer.weights) for layer in layers) + 20_000
        return int(np.clip(64_000_000 // weights, 8, 512))

    def _possible(self, recipes: list[Recipe], reordered: list[int] | None) -> list[int]:
        """The positions of those that are not ruled out: by the first steps, by as many as there are, by all."""
        left = list(range(len(recipes)))
        for steps in self._steps():
            at_once = max(1, _MOST_NUMBERS // self.observed.size)
            parts = [left[k : k + at_once] for k in range(0, len(left), at_once)]
            left = []
            for part in parts:
                for k, outputs in zip(part, run([recipes[k] for k in part], steps), strict=True):
                    if outputs is None or not self.observed.fits(outputs):
                        continue
                    # Of a part NaN says nothing: it is what has not been computed.
                    if near(self.observed, outputs, _IN_FLOAT32, known_only=steps is not None):
                        left.append(k)
                    elif reordered is not None and self._may_be_reordered(outputs):
                        reordered.append(k)
        return left

    def _steps(self) -> list[int | None]:
        """How many steps are computed; None: all that there are, also where a mistake has made more of them."""
        timesteps = _timesteps(self.base)
        timed = any(a.ndim == 3 for a in self.observed.arrays)
        first = [_FEW_STEPS if timed else 1] if timesteps and timesteps > 2 * _FEW_STEPS else []
        if not timed and self.whole is not None:
            first = []  # a single step shows only the shapes, and these fit except where sequences are mixed
        return [*first, *([timesteps] if timesteps else []), None]

    def _may_be_reordered(self, outputs: Outputs) -> bool:
        """Whether what is known about the first output is near the observed one apart from the order of the columns."""
        a, y = self.observed.arrays[0], outputs[0]
        if a.ndim < 2 or a.shape[-1] < 2:
            return False
        most = _IN_FLOAT32 * self.observed.reaches[0]
        with np.errstate(all="ignore"):
            sums_off = np.abs(y.sum(axis=-1) - self._sums)
            return not (sums_off > most * a.shape[-1]).any() and not (np.abs(np.sort(y) - self._sorted) > most).any()

    @cached_property
    def _sums(self) -> Array:
        return self.observed.arrays[0].sum(axis=-1)

    @cached_property
    def _sorted(self) -> Array:
        return np.sort(self.observed.arrays[0], axis=-1)

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
    with np.errstate(invalid="ignore"):
        for a, y, most in zip(observed.arrays, outputs, observed.reaches, strict=True):
            off = np.abs(a - y)
            if off.max(initial=0) <= times * most:  # NaN is not near
                continue
            unknown = np.isnan(y)
            off = off[~((a == y) | (unknown & (known_only | np.isnan(a))))]
            if off.size and not off.max() <= times * most:
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
    """Counts what has been tried, and reports progress."""

    def __init__(self, progress: Progress | None, total: int, words: str):
        self.progress, self.total, self.words, self.done = progress, total, words, 0

    def show(self) -> None:
        if self.progress is not None:
            self.progress(self.done, self.total, self.words)

    def end(self) -> None:
        self.done = self.total
        self.show()
