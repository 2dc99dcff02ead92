"""Which mistakes, or pairs of them, give the observed numbers: every hypothesis is computed and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.doctor.case import FEW_ROWS
from lstm_edu.doctor.evidence import Evidence, Fit, fit, weigh
from lstm_edu.doctor.families import Situation
from lstm_edu.doctor.mistake import CATALOGUE, Mistake, Place, mutated
from lstm_edu.doctor.observed import Observed
from lstm_edu.doctor.recipes import BidirectionalRecipe, DenseRecipe, Outputs, Recipe, RecurrentRecipe, unchanged
from lstm_edu.doctor.running import run

Array = np.ndarray
Progress = Callable[[int, int, str], None]


class Made(NamedTuple):
    """A mistake made at a place in the layer."""

    mistake: Mistake
    place: Place

    def within(self, name: str) -> Made:
        """The same in a layer of that name in a model; the only layer has none."""
        return Made(self.mistake, (name, *self.place)) if name else self

    def __str__(self) -> str:
        return self.mistake.id + (f" in {'/'.join(self.place)}" if self.place else "")


Hypothesis = tuple[Made, ...]


@dataclass(frozen=True)
class Explanation:
    """A hypothesis whose numbers are the observed ones."""

    hypothesis: Hypothesis
    outputs: Outputs
    found: Fit
    evidence: Evidence
    signature: Any


def single_mistakes(layer: Layer, rounding: bool = False) -> list[Made]:
    """Every single mistake of the catalogue at every place of the layer where it can be made; families are searched
    by `Search.families`."""
    return [
        Made(m, place) for m in CATALOGUE if m.rounding == rounding and m.family_of is None for place in m.places(layer)
    ]


def with_mistakes(right: Recipe, hypothesis: Iterable[Made]) -> Recipe | None:
    """The right recipe with the mistakes, made one after another; None where that is not possible."""
    recipe: Recipe | None = right
    for mistake, place in hypothesis:
        try:
            recipe = None if recipe is None else mutated(recipe, mistake, place)
        except (ValueError, IndexError):  # the mistakes before left something in which this one cannot be made
            return None
    return recipe


def _members(situation: Situation) -> Iterator[list[Made]]:
    for group in situation.family.family_of(situation):
        yield [Made(mistake, situation.place) for mistake in group]


class Search:
    """The hypotheses for one observation.

    base: the right recipe, in the form that was observed. right: its outputs; None if they have another shape.
    smaller: a search with a few sequences of the batch only, to rule out most hypotheses; None: there is none.
    tried: how many different hypotheses have been computed.
    members: of the families that were searched, what is worth trying together with another mistake.
    """

    def __init__(self, observed: Observed, base: Recipe):
        self.observed = observed
        self.base = observed.in_this_form(base)
        (outputs,) = run([self.base])
        self.right = outputs if outputs is not None and observed.fits(outputs) else None
        self.smaller: Search | None = None
        self.tried = 0
        self.members: list[Made] = []
        self._unmade: list[Hypothesis] = []
        self._seen: dict[Any, list[Hypothesis]] = {self._signature(self.base): [()]}  # signature -> all that have it

    # --- the right computation --------------------------------------------------------------------------------------

    @property
    def agreement(self) -> Fit | None:
        """How the right outputs fit the observed ones; None if they have another shape."""
        if self.right is None:
            return None
        return fit(self.observed.arrays, self.observed.precision, self.base, self.right)

    # --- one mistake, two mistakes ----------------------------------------------------------------------------------

    def singles(self, made: Sequence[Made]) -> list[Explanation]:
        return self._found([(m,) for m in made], _Report(None, len(made)))

    def families(self, rounding: bool = False) -> list[Explanation]:
        """The explanations among the mistakes that the catalogue's families find for these numbers.

        A family names its mistakes in groups, the common ones first; a group that explains something is the last one.
        """
        search = self.smaller or self
        layer = self.base.layer
        groups: list[Iterator[list[Made]]] = []
        for family in CATALOGUE:
            if family.family_of is None or family.rounding != rounding:
                continue
            for place in family.places(layer):
                situation = Situation(family, place, search.base, search.observed.arrays, search.right)
                groups.append(_members(situation))
        while groups:
            now = [(group, next(group, None)) for group in groups]
            groups = [group for group, made in now if made is not None]
            members = [m for _, made in now for m in made or ()]
            if found := self.singles(members):
                return found
            self.members += [m for m in members if not m.mistake.alone]
        return []

    def pairs(self, made: Sequence[Made], progress: Progress | None = None) -> list[Explanation]:
        """Every two of these mistakes, in both orders where that makes a difference."""
        programs: dict[Any, list[Made]] = {}
        for m in made:  # side by side what is computed side by side
            recipe = with_mistakes(self.base, (m,))
            if recipe is not None:
                programs.setdefault(_program(recipe), []).append(m)
        ordered = [m for group in programs.values() for m in group]
        pairs = [(a, b) for a in ordered for b in ordered if a != b and _compatible(a, b)]
        return self._found(pairs, _Report(progress, len(pairs)))

    def _found(self, hypotheses: Sequence[Hypothesis], report: _Report) -> list[Explanation]:
        """The explanations among the hypotheses; what a few sequences rule out is not computed for all of them."""
        if self.smaller is None:
            return self._all_names(self._search(hypotheses, report))
        across = [h for h in hypotheses if any(m.mistake.across for m in h)]
        alone = [h for h in hypotheses if not any(m.mistake.across for m in h)]
        before = self.smaller.tried
        left = [e.hypothesis for e in self.smaller._all_names(self.smaller._search(alone, report))]
        left += self.smaller._unmade  # with these sequences; perhaps with others
        self.tried += self.smaller.tried - before
        self.smaller._unmade.clear()
        candidates = [(h, with_mistakes(self.base, h)) for h in left]
        found = self._explain((h, r) for h, r in candidates if r is not None)
        return found + self._all_names(self._search(across, report))

    def _search(self, hypotheses: Sequence[Hypothesis], report: _Report) -> list[Explanation]:
        """Those of many hypotheses that explain the numbers, computed so many at a time as memory holds."""
        new, found = self._new(map(report.count, hypotheses)), []
        while chunk := list(islice(new, self._at_once())):
            found += self._explain(chunk)
            report.show()
        report.show()
        return found

    def _at_once(self) -> int:
        """How many recipes to hold in memory together."""
        weights = sum(w.nbytes for w in self.base.layer.weights) * 2 + 20_000
        return int(np.clip(64_000_000 // weights, 8, 512))

    def _new(self, hypotheses: Iterable[Hypothesis]) -> Iterator[tuple[Hypothesis, Recipe]]:
        """Those that can be computed and whose recipe no other had; each counts as tried."""
        for hypothesis in hypotheses:
            recipe = with_mistakes(self.base, hypothesis)
            if recipe is None:
                self._unmade.append(hypothesis)
                continue
            known = self._seen.setdefault(self._signature(recipe), [])
            known.append(hypothesis)
            if len(known) == 1:
                self.tried += 1
                yield hypothesis, recipe

    def _explain(self, candidates: Iterable[tuple[Hypothesis, Recipe]]) -> list[Explanation]:
        candidates = self._promising(list(candidates))
        explanations = []
        for hypothesis, recipe, outputs in self._computed(candidates):
            if outputs is None or not self.observed.fits(outputs) or not self._near(outputs, self.observed.arrays):
                continue
            found = fit(self.observed.arrays, self.observed.precision, recipe, outputs)
            if found.ratio <= 1:
                evidence = self._weigh(outputs, found, sum(m.mistake.parameters for m in hypothesis))
                if evidence.values or self.right is None:
                    explanations.append(Explanation(hypothesis, outputs, found, evidence, self._signature(recipe)))
        return explanations

    def _all_names(self, explanations: Sequence[Explanation]) -> list[Explanation]:
        """The explanations, and beside each the other hypotheses that had the very same recipe."""
        everything = []
        for e in explanations:
            named = set()
            for other in self._seen.get(e.signature, [e.hypothesis]):
                what = frozenset(other)
                if len(other) == len(e.hypothesis) and what not in named:  # not the same two in the other order
                    named.add(what)
                    everything.append(replace(e, hypothesis=other))
        return everything

    def _computed(
        self, candidates: Sequence[tuple[Hypothesis, Recipe]]
    ) -> Iterator[tuple[Hypothesis, Recipe, Outputs | None]]:
        at_once = max(1, _MOST_NUMBERS // self.observed.size)
        for k in range(0, len(candidates), at_once):
            part = candidates[k : k + at_once]
            for (hypothesis, recipe), outputs in zip(part, run([r for _, r in part]), strict=True):
                yield hypothesis, recipe, outputs

    def _weigh(self, outputs: Outputs, found: Fit, parameters: int) -> Evidence:
        name = self.observed.precision.name
        return weigh(self.observed.arrays, self.right, outputs, found, self.tried, name, parameters)

    def weigh_alone(self, found: Fit) -> Evidence:
        """The evidence that the right numbers are the observed ones, against numbers that have nothing to do with
        them."""
        return weigh(self.observed.arrays, None, self.right, found, self.tried, self.observed.precision.name)

    # --- quickly ruling out -----------------------------------------------------------------------------------------

    def _promising(self, candidates: list[tuple[Hypothesis, Recipe]]) -> list[tuple[Hypothesis, Recipe]]:
        """Without those that a few sequences and the first steps already rule out."""
        cut = [self._cut(recipe) for _, recipe in candidates]
        few = [k for k, c in enumerate(cut) if c is not None]
        if not few:
            return candidates
        ruled_out = set()
        for k, outputs in zip(few, run([cut[k][0] for k in few]), strict=True):
            if outputs is None or outputs[0].shape != cut[k][1].shape or not self._near(outputs[:1], [cut[k][1]]):
                ruled_out.add(k)
        return [c for k, c in enumerate(candidates) if k not in ruled_out]

    def _cut(self, recipe: Recipe) -> tuple[Recipe, Array] | None:
        """A small part of the recipe and the numbers that belong to it, if sequences and steps can be taken by
        themselves; None if they cannot, or if nothing is saved."""
        base, y = self.base, self.observed.arrays[0]
        parts = [recipe] if isinstance(recipe, RecurrentRecipe) else list(getattr(recipe, "parts", {}).values())
        same = [base] if isinstance(base, RecurrentRecipe) else list(getattr(base, "parts", {}).values())
        if not parts or recipe.after is not base.after or len(parts) != len(same):
            return None
        if not all(_local(part, own) for part, own in zip(parts, same, strict=True)):
            return None
        batch, timesteps = parts[0].x.shape[:2]
        rows = slice(min(batch, FEW_ROWS))
        timed = y.ndim == 3 and isinstance(recipe, RecurrentRecipe) and not recipe.shown
        steps = slice(min(timesteps, _FEW_STEPS)) if timed else slice(timesteps)
        if y[rows].shape[:1] + parts[0].x[rows, steps].shape[1:2] == (batch, timesteps) or y.shape[0] != batch:
            return None
        smaller = [
            part.but(
                x=part.x[rows, steps],
                mask=None if part.mask is None else part.mask[rows, steps],
                start=tuple(s[rows] for s in part.start),
            )
            for part in parts
        ]
        if isinstance(recipe, BidirectionalRecipe):
            return recipe.but(parts=dict(zip(recipe.parts, smaller, strict=True))), y[rows]
        return smaller[0], y[rows, steps] if timed else y[rows]

    def _near(self, outputs: Outputs, arrays: Sequence[Array]) -> bool:
        """Whether it is worth measuring how exactly these agree."""
        coarse = 0.05 if self.observed.precision.coarse else 2e-3
        half = max(float(h.max(initial=0)) for h in self.observed.precision.half)
        for a, y in zip(arrays, outputs, strict=True):
            size = float(np.nanmax(np.abs(a), initial=0))
            with np.errstate(invalid="ignore"):
                off = np.abs(a - y)
            off = off[~((a == y) | (np.isnan(a) & np.isnan(y)))]
            if off.size and not off.max() <= coarse * size + 2 * half:  # NaN is not near
                return False
        return True

    def _signature(self, recipe: Recipe) -> Any:
        """Equal for recipes that are certain to give the same numbers."""
        if isinstance(recipe, BidirectionalRecipe):
            parts = tuple((name, self._signature(part)) for name, part in recipe.parts.items())
            return parts, recipe.merge, recipe.turned, recipe.order, recipe.after
        if isinstance(recipe, DenseRecipe):
            numbers = (recipe.x, recipe.kernel, recipe.bias)
            return tuple(map(_by_value, numbers)), recipe.kernel.shape, recipe.activation, recipe.after
        if not isinstance(recipe, RecurrentRecipe):
            return object()  # equal to none
        r = recipe
        # What the mutations leave alone is the same object; the weights are compared by value.
        return (
            _program(r),
            tuple(hash(a.tobytes()) for a in (r.kernel, r.recurrent_kernel, r.bias, *r.start)),
            _by_value(r.x),
            None if r.mask is None else _by_value(r.mask),
            r.masking,
            r.form,
            r.after,
            r.shown,
            r.last,
            r.folding,
        )


_MOST_NUMBERS = 1 << 22  # of outputs that are held at once
_FEW_STEPS = 5


class _Report:
    """Counts what has been tried, and tells whoever wants to know."""

    def __init__(self, progress: Progress | None, total: int):
        self.progress, self.total, self.done = progress, total, 0

    def count(self, hypothesis: Hypothesis) -> Hypothesis:
        self.done += 1
        return hypothesis

    def show(self) -> None:
        if self.progress is not None:
            self.progress(self.done, self.total, "pairs of mistakes")


def _by_value(a: Array) -> Any:
    return hash(np.ascontiguousarray(a).tobytes())


def _local(part: RecurrentRecipe, own: RecurrentRecipe) -> bool:
    """Whether each sequence and each step depends on nothing but itself and what came before."""
    return (
        part.x is own.x
        and part.mask is own.mask
        and part.passes == own.passes
        and part.shown == own.shown
        and part.last is own.last
        and part.folding.sequence is unchanged
        and part.form == own.form
    )


def _program(recipe: Recipe) -> Any:
    if isinstance(recipe, RecurrentRecipe):
        r = recipe
        return r.equations, r.before, r.masking.states, r.passes, r.mask is None, r.x.shape
    if isinstance(recipe, BidirectionalRecipe):
        return tuple(map(_program, recipe.parts.values()))
    return type(recipe)


def _compatible(a: Made, b: Made) -> bool:
    """Whether two mistakes make a pair worth trying: in the same layer of a stack; not in one direction of two only."""
    if _one_way(a) or _one_way(b):
        return False
    return not a.place or not b.place or a.place[0] == b.place[0]


def _one_way(made: Made) -> bool:
    return made.place[-1:] in (("forward",), ("backward",))
