"""Which mistakes, or pairs of them, give the observed numbers: every hypothesis is computed and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lstm_edu.core.progress import Progress
from lstm_edu.doctor.evidence import Evidence, Fit, fit, fit_within, weigh
from lstm_edu.doctor.families import Situation, Trial, tried
from lstm_edu.doctor.hypotheses import Hypothesis, Made, compatible, with_mistakes
from lstm_edu.doctor.mistake import CATALOGUE, Place
from lstm_edu.doctor.observed import Observed
from lstm_edu.doctor.precision import in_float32, noise
from lstm_edu.doctor.recipes import Outputs, Recipe, mapped
from lstm_edu.doctor.running import run
from lstm_edu.doctor.screening import Report, Screen, near, program

Array = np.ndarray


@dataclass(frozen=True)
class Explanation:
    """A hypothesis whose numbers are the observed ones."""

    hypothesis: Hypothesis
    outputs: Outputs
    found: Fit
    evidence: Evidence


class Search:
    """The hypotheses for one observation.

    base: the right recipe, in the form that was observed. right: its outputs; None if they have another shape.
    smaller: a search with a few sequences of the batch only; None: there is none.
    few: the screen that hypotheses pass first, of one sequence; None: there is none, and all pass that of everything.
    members: of the families that were searched, what is worth trying together with another mistake.
    reordered: of the single mistakes, those after which the output's columns are the observed ones in another order.
    """

    def __init__(self, observed: Observed, base: Recipe):
        self.observed = observed
        self.base = observed.in_this_form(base)
        (outputs,) = run([self.base])
        self.right = outputs if outputs is not None and observed.fits(outputs) else None
        self.smaller: Search | None = None
        self.members: list[Made] = []
        self.reordered: list[Hypothesis] = []
        self.few: Screen | None = None
        self._right_recipe = base

    @cached_property
    def everything(self) -> Screen:
        """The screen of all sequences."""
        return Screen(self.observed, mapped(self._right_recipe, in_float32))

    @property
    def tried(self) -> int:
        """How many different hypotheses have been computed."""
        return self.everything.tried + (self.few.tried if self.few else 0)

    # --- the right computation --------------------------------------------------------------------------------------

    @property
    def agreement(self) -> Fit | None:
        """How the right outputs fit the observed ones; None if they have another shape."""
        if self.right is None:
            return None
        return fit_within(self.observed.arrays, self.observed.precision, self.right, self.errors)

    @cached_property
    def errors(self) -> Outputs:
        """How far float32 may move each of the right numbers."""
        assert self.right is not None
        (errors,) = noise([self.base], [self.right], self.observed.precision.coarse)
        return errors

    @property
    def errors_of_few(self) -> Outputs:
        """The same, measured on a few sequences if possible."""
        assert self.right is not None
        few = self.smaller.errors if self.smaller is not None and "errors" not in self.__dict__ else self.errors
        return [np.broadcast_to(e[:1], y.shape) if len(e) < len(y) else e for e, y in zip(few, self.right, strict=True)]

    # --- one mistake, two mistakes ----------------------------------------------------------------------------------

    def singles(self, made: Sequence[Made], progress: Progress | None = None) -> list[Explanation]:
        return self._found([(m,) for m in made], Report(progress, len(made), "mistakes"), self.reordered)

    def families(self, rounding: bool = False) -> list[Explanation]:
        """The explanations among the mistakes that the catalogue's families find for these numbers.

        A family names its mistakes in groups, the common ones first; a group that explains something is the last one.
        """
        search = self.smaller or self
        arrays, right, layer = search.observed.arrays, search.right, self.base.layer
        asked: dict[Any, tuple[Place, Any]] = {}  # a family's generator -> the place, and what it is sent
        for family in CATALOGUE:
            if family.family_of is not None and family.rounding == rounding:
                for place in family.places(layer):
                    situation = Situation(family, place, search.base, arrays, right, self.reordered)
                    asked[iter(family.family_of(situation))] = place, None
        while asked:
            asked, members = _next_groups(asked)
            if found := self.singles(members):
                return found
            self.members += [m for m in members if not m.mistake.alone]
        return []

    def pairs(self, made: Sequence[Made], progress: Progress | None = None) -> list[Explanation]:
        """Every two of these mistakes, in both orders where that makes a difference."""
        programs: dict[Any, list[Made]] = {}
        for m in made:  # side by side what is computed side by side
            recipe = with_mistakes((self.few or self.everything).base, (m,))
            programs.setdefault(None if recipe is None else program(recipe), []).append(m)
        ordered = [m for group in programs.values() for m in group]
        pairs = [(a, b) for a in ordered for b in ordered if a != b and compatible(a, b)]
        return self._found(pairs, Report(progress, len(pairs), "pairs of mistakes"))

    def _found(
        self, hypotheses: Sequence[Hypothesis], report: Report, reordered: list[Hypothesis] | None = None
    ) -> list[Explanation]:
        """The explanations among the hypotheses: those that the screens leave are computed for all sequences.

        reordered: where to put those that give the observed numbers apart from the order of their columns.
        """
        left: list[Hypothesis] = []
        together = list(hypotheses)
        if self.few is not None:
            left, together = self.few.left(hypotheses, report, reordered)
        left += self.everything.left(together, report, reordered)[0]
        report.end()
        candidates = ((h, with_mistakes(self.base, h)) for h in left)
        return self._explain([(h, recipe) for h, recipe in candidates if recipe is not None])

    def _explain(self, candidates: Sequence[tuple[Hypothesis, Recipe]]) -> list[Explanation]:
        explanations = []
        for hypothesis, recipe, outputs in self._computed(candidates):
            if outputs is None or not self.observed.fits(outputs) or not near(self.observed, outputs):
                continue
            found = fit(self.observed.arrays, self.observed.precision, recipe, outputs)
            if found.ratio <= 1:
                evidence = self._weigh(outputs, found, sum(m.mistake.parameters for m in hypothesis))
                if evidence.values or self.right is None:
                    explanations.append(Explanation(hypothesis, outputs, found, evidence))
        return explanations

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
        assert self.right is not None
        return weigh(self.observed.arrays, None, self.right, found, self.tried, self.observed.precision.name)


_MOST_NUMBERS = 1 << 22  # of outputs that are held at once


def _next_groups(asked: dict[Any, tuple[Place, Any]]) -> tuple[dict[Any, tuple[Place, Any]], list[Made]]:
    """The next group of mistakes of each family, all together; and the families that may have more. Until each has
    come to its next group, or to its end, their trials are computed side by side."""
    left: dict[Any, tuple[Place, Any]] = {}
    members: list[Made] = []
    while asked:
        trials: dict[Any, Trial] = {}
        for family, (place, answer) in asked.items():
            try:
                item = next(family) if answer is None else family.send(answer)
            except StopIteration:
                continue
            if isinstance(item, Trial):
                trials[family] = item
            else:
                left[family] = place, None
                members += [Made(mistake, place) for mistake in item]
        answers = tried(list(trials.values()))
        asked = {family: (asked[family][0], answer) for family, answer in zip(trials, answers, strict=True)}
    return left, members
