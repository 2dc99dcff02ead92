"""Which mutant gives the numbers of an answer."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import combinations, islice, product
from typing import Any

import numpy as np

from lstm_edu.exercises.answers import agrees, all_agree, taken
from lstm_edu.exercises.explaining import Answered, Found
from lstm_edu.exercises.mutants import outside
from lstm_edu.exercises.mutants.batches import Batches, Tried, one_round, question_key
from lstm_edu.exercises.mutants.comparing import Theirs, as_numbers, differing, same
from lstm_edu.exercises.mutants.edits import collide, counts, speaks_of
from lstm_edu.exercises.mutants.mutant import FAILURES, Arguments, Changed, Given, Mutant, Outputs, Turned, called
from lstm_edu.exercises.mutants.mutating import changes
from lstm_edu.exercises.mutants.program import Program
from lstm_edu.exercises.mutants.programs import of
from lstm_edu.exercises.mutants.words import Words

Exercise = Any
_NUMBERS = 2  # so many wrong numbers must be explained; of one change also a single one that is no whole number
_OVERHEAD = 60  # operations that it costs as much as to put a program together and to compare it
_KEPT = 6  # questions whose outputs are kept
_DETOUR = 1.0  # the cost of a program that somebody wrote down as wrong
_LIKELY = 1.45  # up to this cost a change is one of two
_POSSIBLE = 1.65  # up to this cost it is one of two if the other one is near the numbers already
_WORK = 300_000  # operations of all programs of a search for pairs, if each had as many as the right one
_MOST_RUN = 9_000  # programs that are run for pairs, at most
_MOST_LOOKED = 60_000  # pairs that are looked at, at most; what cannot be is not run
_GIVEN = 0.25  # the part of it for other arguments
_ROUND = 0.15  # the part of it for detours
_WRITTEN = 2_500  # pairs of slips that somebody wrote down, at most
_BEGINNINGS = 14  # the nearest mutants, each tried with all others
_DEEPLY = 40  # so many others are tried with one of them before the next one's turn comes
_ROUND_ABOUT = 1.1  # up to this cost a change is tried in a program that is wrong as it is
_NEARBY = 3  # of these programs, the nearest
_GIVEN_AT_ALL = 1.4  # up to this cost another argument is one of two
_BATCHED = 1.37  # up to this cost a change is tried with all others at once
_MOST_BATCHED = 400  # pairs that seem to be it and are looked at, the usual ones first
_SEEDS = (1, 2, 3)  # of the exercise's own questions, which are asked first


def mutated(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """One change of a right program that gives these numbers on all questions; an explainer."""
    search = _searched(exercise, answered, right_on, _is_fraction)
    with _quiet():
        return None if search is None else search.single() or search.scaled()


def mutated_twice(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """Two changes at once that give these numbers on all questions, as far as the work allows; an explainer."""
    search = _searched(exercise, answered, right_on)
    with _quiet():
        return None if search is None else search.pair()


def _searched(
    exercise: Exercise,
    answered: Sequence[Answered],
    right_on: Sequence[Answered],
    says_enough: Callable[[Sequence[Answered]], bool] = lambda answered: False,
) -> _Search | None:
    """None where there are too few numbers for an explanation, or nothing but NaN, which a thousand mutants give."""
    arrays = [np.asarray(value) for one in answered for value in one.values if not isinstance(value, list)]
    if arrays and not any(a.dtype.kind in "fiub" and np.isfinite(a).any() for a in arrays):
        return None
    wrong = sum(differing(value, right) for one in answered for value, right in zip(one.values, one.right, strict=True))
    return _Search(bank_of(exercise), answered, right_on) if wrong >= _NUMBERS or says_enough(answered) else None


def _is_fraction(answered: Sequence[Answered]) -> bool:
    """Whether what is wrong is a number with a fraction, next to others that are right: no other change gives it by
    chance."""
    pairs = [
        (value, np.asarray(right))
        for one in answered
        for value, right in zip(one.values, one.right, strict=True)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.shape == np.shape(right)
    ]
    wrong = [v for value, right in pairs for v in value[~same(value, right)]]
    return sum(right.size for _, right in pairs) > len(wrong) > 0 and all(np.isfinite(v) and v % 1 for v in wrong)


@contextmanager
def _quiet() -> Iterator[None]:
    """Mutants divide by zero and average nothing; their warnings are of no interest."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


class Bank:
    """All mutants of an exercise, the usual ones first, and what they gave on the questions that were asked lately."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self.alternatives = of(exercise)
        question = exercise.draw(np.random.default_rng(_SEEDS[1]), 1)  # all sizes are different in the second one
        words = Words(self.alternatives.words)
        self.programs = [Program(functions, words, question) for functions in self.alternatives.programs]
        right = self.programs[0].function()
        self.turned = list(outside.turned(exercise.returns))
        self.given = list(outside.given(exercise.takes, question, words))

        def answer(arguments: Arguments) -> Outputs | None:
            return called(right, arguments)

        found: list[Mutant] = [
            Changed(program, [change], self.alternatives, change.cost + 0.02 * k)
            for k, program in enumerate(self.programs)
            for change in changes(program, self._known_before(k), self.alternatives.slips)
        ]
        # What is written down may need names that only one of the programs has.
        found = [m for m in found if not _is_slip(m) or m.run(question) is not None]
        self.detours = [
            Changed(Program(_with_helpers(function), words, question), [], self.alternatives, _DETOUR, said)
            for function, said in self.alternatives.detours
        ]
        found += self.detours
        found += [Turned(answer, turned) for turned in self.turned]
        found += [Given(answer, given) for given in self.given]
        self.mutants = sorted(found, key=lambda mutant: mutant.cost)
        self.most_run = min(_WORK // (self.programs[0].operations + _OVERHEAD), _MOST_RUN)
        self._outputs: dict[Any, dict[Mutant, Outputs | None]] = {}
        self._round_about: dict[Changed, list[Changed]] = {}
        self._batches: dict[int, Batches] = {}

    def round_about(self, wrong: Changed) -> list[Changed]:
        """A program that is wrong as it is, with one more change; made when it is first asked for."""
        if wrong not in self._round_about:
            found = [
                Changed(wrong.program, [change], self.alternatives, wrong.cost + change.cost, wrong.said)
                for change in changes(wrong.program, slips=self.alternatives.slips)
                if change.cost <= _ROUND_ABOUT or change.slip
            ]
            self._round_about[wrong] = sorted(found, key=lambda mutant: mutant.cost)
        return self._round_about[wrong]

    def _known_before(self, k: int) -> set[str]:
        """The functions of the k-th program that another one has, or that are written out in another one."""
        before = {name for p in self.programs[:k] for name in p.trees}
        helpers = {name for p in self.programs for name in p.trees if name != p.answer}
        return before | helpers if self.alternatives.written_out else before

    def batches(self, program: Program) -> Batches:
        if id(program) not in self._batches:
            self._batches[id(program)] = Batches(program)
        return self._batches[id(program)]

    def outputs(self, arguments: Arguments) -> dict[Mutant, Outputs | None]:
        """What mutants of the bank gave; kept, for the same questions are asked at each check."""
        key = question_key(arguments)
        if key not in self._outputs:
            while len(self._outputs) >= _KEPT:
                self._outputs.pop(next(iter(self._outputs)))
            self._outputs[key] = {}
        return self._outputs[key]


@cache
def bank_of(exercise: Exercise) -> Bank:
    """The exercise's mutants, made when they are first asked for."""
    with _quiet():
        return Bank(exercise)


def _with_helpers(function: Callable) -> list[Callable]:
    """A function, and before it those of its module that it calls."""
    called_by_it = [function.__globals__.get(name) for name in function.__code__.co_names]
    own = [f for f in called_by_it if getattr(f, "__module__", "") == function.__module__ and callable(f)]
    return [*(inner for f in own for inner in _with_helpers(f)), function]


def _timesteps(exercise: Exercise, arguments: Arguments) -> int:
    """How often a question makes a program go round; 0 where it has no timesteps."""
    timed = [(name, shape) for name, shape, _ in exercise.takes if "T" in outside.letters(shape)]
    return max((np.shape(arguments[name])[outside.letters(shape).index("T")] for name, shape in timed), default=0)


class _Search:
    """One answer, and the mutants that may be what it does."""

    def __init__(self, bank: Bank, answered: Sequence[Answered], right_on: Sequence[Answered]):
        self.bank, self.exercise = bank, bank.exercise
        # All mutants are run on one question: the shortest of those that are the same at each check.
        self.first = min(answered[: len(_SEEDS)], key=lambda one: _timesteps(self.exercise, one.arguments))
        self.rest = [one for one in answered if one is not self.first]
        self.answered, self.right_on = answered, right_on
        self._outputs = bank.outputs(self.first.arguments)
        self.theirs = Theirs(self.exercise, self.first.values)
        self._right = Theirs(self.exercise, self.first.right)
        self._wrong_outputs = sum(
            1 << k for k, right in enumerate(self.first.right) if not self.theirs.one_is(k, right)
        )
        self._left = bank.most_run  # programs that may still be run for pairs
        self._nearness: dict[Changed, tuple[float, float, float]] = {}
        self._marked: dict[Changed, tuple[int, int]] = {}
        self._tried = Tried()
        self._stacks: dict[int, list[tuple[list[Changed], np.ndarray]]] = {}
        self._rounds: list[Any] | None = None
        self._asked: dict[int, Any] = {}

    def _output(self, mutant: Mutant) -> Outputs | None:
        """What a mutant of the bank gives on the first question."""
        if mutant not in self._outputs:
            self._outputs[mutant] = mutant.run(self.first.arguments)
        return self._outputs[mutant]

    def single(self) -> Found | None:
        for mutant in self.bank.mutants:
            if self.theirs.are(self._output(mutant)) and self._everywhere(mutant):
                return mutant.told()
        return None

    def _everywhere(self, mutant: Mutant) -> bool:
        """Whether it gives the same on the other questions that were answered wrongly, and is right on those that were
        not."""
        if not all(Theirs(self.exercise, one.values).are(mutant.run(one.arguments)) for one in self.rest):
            return False
        return not any(self._wrong(mutant.run(one.arguments), one.right) for one in self.right_on)

    def _wrong(self, outputs: Outputs | None, right: Sequence[Any]) -> bool:
        """Whether these outputs would have been called wrong; there are none where a program failed."""
        if outputs is None:
            return True
        try:
            value: Any = outputs if len(self.exercise.returns) > 1 else outputs[0]
            return not all_agree(taken(value, self.exercise.returns), right)
        except Exception:  # noqa: BLE001  of a form that is not compared
            return True

    # --- a factor ---------------------------------------------------------------------------------------------------

    def scaled(self) -> Found | None:
        """One of several outputs that is the right one times a factor with a name; the others right."""
        if len(self.exercise.returns) == 1:
            return None
        for k, output in enumerate(self.exercise.returns):
            every = (*self.answered, *self.right_on)
            ratios = [_ratio(one, k) for one in every]
            if None in ratios:
                continue
            for factor, said in outside.scales(self.exercise.takes):
                wanted = [factor(one.arguments) for one in every]
                if np.allclose(np.array(ratios, float), wanted, rtol=1e-4):
                    return Found(f"The numbers of {output.name} are {said}.")
        return None

    # --- two at once ------------------------------------------------------------------------------------------------

    def pair(self) -> Found | None:
        """Two changes at once, the likely ones first, as far as the work allows."""
        singles = self._different()
        if (found := self._scaled_single(singles)) is not None:
            return found
        for attempt in (
            self._turned_pairs,
            self._batched_pairs,
            self._written_pairs,
            self._given_pairs,
            self._code_pairs,
        ):
            for mutant in attempt(singles):
                if self._everywhere(mutant) and not self._cancel(mutant):
                    return mutant.told()
        return None

    def _cancel(self, pair: Mutant) -> bool:
        """Whether most numbers of an output are right, but would be wrong with either of the two changes alone: nobody
        makes two mistakes that undo each other, so what was done is something else."""
        return any(self._cancel_on(pair, one) for one in self.answered)

    @staticmethod
    def _cancel_on(pair: Mutant, one: Answered) -> bool:
        alone = pair.alone(one.arguments, tuple(one.right))
        if len(alone) < 2:
            return False
        for k, (value, right) in enumerate(zip(one.values, one.right, strict=True)):
            undone = same(value, right) & ~same(right, 0)
            for outputs in alone:
                undone = undone & ~same(outputs[k] if k < len(outputs) else None, right)
            if 2 * np.sum(undone) > np.size(right):
                return True
        return False

    def _scaled_single(self, singles: Sequence[Changed]) -> Found | None:
        """One change, and then all numbers of the only output times a factor with a name."""
        if len(self.exercise.returns) > 1:
            return None
        every = (*self.answered, *self.right_on)
        for single in singles:
            if single.cost > _LIKELY:
                break
            outputs = self._output(single)
            if outputs is None or _ratio(self.first._replace(right=outputs), 0) in (None, 1.0):
                continue
            made = [(one, single.run(one.arguments)) for one in every]
            ratios = [None if values is None else _ratio(one._replace(right=values), 0) for one, values in made]
            if None in ratios:
                continue
            for factor, said in outside.scales(self.exercise.takes):
                wanted = [factor(one.arguments) for one in every]
                if np.allclose(np.array(ratios, float), wanted, rtol=1e-4):
                    inner = single.told(lines=False)
                    times = said.removeprefix("the right ones ")
                    return Found(
                        f"Two things are different. (1) {inner.sentence} (2) All numbers are {times}{_why(times)}"
                    )
        return None

    def _different(self) -> list[Changed]:
        """Of the changes in code those that give different numbers on the first question, in each program the cheapest
        of those that give the same."""
        seen: set[Any] = set()
        found = []
        for mutant in self.bank.mutants:
            if not isinstance(mutant, Changed) or mutant.cost > _POSSIBLE or any(map(counts, mutant.changes)):
                continue
            outputs = self._output(mutant)
            if outputs is None:
                continue
            where = mutant.changes[0].function if mutant.changes else ""
            key = (id(mutant.program), where, _rounded(outputs))
            slip = bool(mutant.changes) and mutant.changes[0].slip  # two may differ on the other questions
            if slip or key not in seen:
                seen.add(key)
                found.append(mutant)
        return found

    def _written_pairs(self, singles: Sequence[Changed]) -> Iterator[Mutant]:
        """Two that somebody wrote down, and a program of another idea with one more change."""
        slips = [s for s in singles if s.changes and s.changes[0].slip]
        nearest = sorted(slips, key=lambda s: self._near(s)[1])
        pairs = sorted(combinations(range(len(nearest)), 2), key=sum)
        tried: set[tuple[str, str]] = set()
        for i, k in pairs:
            one, other = nearest[i], nearest[k]
            key = (one.changes[0].phrase, other.changes[0].phrase)
            if one.program is not other.program or key in tried or key[::-1] in tried:
                continue
            if (one, other) in self._tried or not self._may_be(one, other):
                continue
            if len(tried) >= _WRITTEN:
                break
            tried.add(key)
            self._left -= 1
            mutant = self._both(one, other)
            if mutant is not None and self.theirs.are(mutant.run(self.first.arguments)):
                yield mutant
        nearby = sorted(self.bank.detours, key=lambda s: self._near(s)[1])[:_NEARBY]
        around = (mutant for detour in nearby for mutant in self.bank.round_about(detour))
        for mutant in islice(around, int(_ROUND * self.bank.most_run)):
            self._left -= 1
            if self.theirs.are(mutant.run(self.first.arguments)):
                yield mutant

    def _near(self, single: Changed) -> tuple[float, float, float]:
        """As `Theirs.nearness`; the distance is inf where nothing can be compared."""
        if single not in self._nearness:
            self._nearness[single] = self.theirs.nearness(self._output(single))
        return self._nearness[single]

    def _marks(self, single: Changed) -> tuple[int, int]:
        """The outputs that it changes, and those that are theirs: bit k is output k."""
        if single not in self._marked:
            outputs = self._output(single) or ()
            changed = sum(1 << k for k, value in enumerate(outputs) if not self._right.one_is(k, value))
            same = len(outputs) == len(self.theirs.values)
            theirs = sum(1 << k for k, value in enumerate(outputs) if same and self.theirs.one_is(k, value))
            self._marked[single] = changed, theirs
        return self._marked[single]

    def _may_be(self, one: Changed, other: Changed) -> bool:
        """Whether two changes together may give these numbers, if what changes an output alone does so with the other,
        too: an output that one of them changes, and the other does not, must be theirs already."""
        (a, mine), (b, as_well), wrong = self._marks(one), self._marks(other), self._wrong_outputs
        if (a | b) & ~wrong:
            return False
        return not wrong & ~(a & b | a & ~b & mine | b & ~a & as_well)

    def _turned_pairs(self, singles: Sequence[Changed]) -> Iterator[Mutant]:
        """A change in the code, and then another form of what comes out."""
        shapes = [np.shape(v) for v in self.theirs.values]
        likely = [s for s in singles if s.cost <= _LIKELY]
        for turned in self.bank.turned:
            if turned.cost > 1.5 or isinstance(self.theirs.values[turned.output], list):
                continue
            like_right = Turned(lambda a: self.first.right, turned)  # type: ignore[arg-type, return-value]
            form = like_right.applied(tuple(self.first.right))
            if form is None or np.shape(form[turned.output]) != shapes[turned.output]:
                continue
            for alike, many in self._stacked(turned.output, likely):
                for single in self._turning_into_theirs(turned, alike, many):
                    mutant = Turned(single.run, turned, single)
                    if self.theirs.are(mutant.applied(self._output(single))):
                        yield mutant

    def _stacked(self, output: int, singles: Sequence[Changed]) -> list[tuple[list[Changed], np.ndarray]]:
        """An output of those that give what is theirs in all others, as one array for each form that it has."""
        if output not in self._stacks:
            others = (1 << len(self.theirs.values)) - 1 & ~(1 << output)
            forms: dict[tuple[int, ...], list[tuple[Changed, np.ndarray]]] = {}
            for single in singles:
                outputs = () if others & ~self._marks(single)[1] else self._output(single) or ()
                numbers = as_numbers(outputs[output]) if output < len(outputs) else None
                if numbers is not None:
                    forms.setdefault(numbers.shape, []).append((single, numbers))
            self._stacks[output] = [
                ([single for single, _ in alike], np.stack([numbers for _, numbers in alike]).astype(np.float64))
                for alike in forms.values()
            ]
        return self._stacks[output]

    def _turning_into_theirs(
        self, turned: outside.Turned, singles: Sequence[Changed], many: np.ndarray
    ) -> Sequence[Changed]:
        """Those of which the output that is turned seems to become theirs, looked at all at once where that can be."""
        theirs = np.asarray(self.theirs.values[turned.output])
        try:
            if np.shape(turned.change(many[0])) != theirs.shape:
                return []
            changed = turned.of_many(many)
        except FAILURES:
            return []
        if changed is None:
            return singles
        near = np.isclose(changed, theirs, rtol=1e-3, atol=1e-3, equal_nan=True).reshape(len(many), -1).all(axis=1)
        return [single for single, is_near in zip(singles, near, strict=True) if is_near]

    def _given_pairs(self, singles: Sequence[Changed]) -> Iterator[Mutant]:
        """Another argument, and a change in the code."""
        likely = [s for s in singles if s.cost <= _LIKELY and not self._asked_of(self.bank.batches(s.program))]
        pairs = sorted(product(self._likely_given(), likely), key=lambda pair: pair[0].cost + pair[1].cost)
        possible = ((given, single) for given, single in pairs if not _of_the_same(given, single))
        for given, single in islice(possible, int(_GIVEN * self.bank.most_run)):
            mutant = Given(single.run, given, single)
            if self.theirs.are(mutant.run(self.first.arguments)):
                yield mutant

    def _likely_given(self) -> list[outside.Given]:
        return [given for given in self.bank.given if given.cost <= _GIVEN_AT_ALL and not given.alone]

    def _batched_pairs(self, singles: Sequence[Changed]) -> Iterator[Mutant]:
        """Two changes in the code, in different statements, or another argument and a change, the usual ones first."""
        found: list[tuple[float, Any, Changed]] = []
        seen: set[str] = set()
        for program in self.bank.programs:
            mine = [s for s in singles if s.program is program and s.changes and s.cost <= _BATCHED]
            batches = self.bank.batches(program)
            asked = self._asked_of(batches)
            if asked is None:
                continue
            pairs: Iterator[tuple[Any, Changed]] = batches.pairs(mine, *asked, self._tried)
            found += [(one.cost + other.cost, one, other) for one, other in pairs]
            # Other arguments do the same in every program: a later one is asked only for what is new in it.
            new = [s for s in mine if s.changes[0].slip and s.changes[0].phrase not in seen] if seen else mine
            seen |= {s.changes[0].phrase for s in mine}
            given = [(one, made) for one in self._likely_given() if (made := one.changed(asked[0])) is not None]
            pairs = batches.given_pairs(new, *asked, given)
            found += [(one.cost + other.cost, one, other) for one, other in pairs]
        found.sort(key=lambda pair: pair[0])
        for _, one, other in found[:_MOST_BATCHED]:
            mutant = self._both(one, other) if isinstance(one, Changed) else self._given(one, other)
            if mutant is not None and self.theirs.are(mutant.run(self.first.arguments)):
                yield mutant

    def _given(self, given: outside.Given, single: Changed) -> Mutant | None:
        return None if _of_the_same(given, single) else Given(single.run, given, single)

    def _asked_of(self, batches: Batches) -> tuple[Arguments, list[Any]] | None:
        """The first question, or one round of it, and the learner's numbers; None where that says nothing."""
        if id(batches) not in self._asked:
            self._asked[id(batches)] = self._found_of(batches)
        return self._asked[id(batches)]

    def _found_of(self, batches: Batches) -> tuple[Arguments, list[Any]] | None:
        if any(isinstance(v, list) for v in self.theirs.values):
            return None
        if not batches.loops:
            whole = self.first.arguments, self.theirs.values
            return whole if batches.gives(self.first.arguments, self.first.right) else None
        if self._rounds is None:
            self._rounds = list(one_round(self.exercise, self.first))
        for cut, values, right in self._rounds:
            if batches.gives(cut, right):
                return None if all_agree(values, right) else (cut, values)
        return None

    def _code_pairs(self, singles: Sequence[Changed]) -> Iterator[Mutant]:
        """Two changes in the code: first one that gives a part of the numbers, or comes near them, with every other;
        then the cheap ones with each other."""
        tried: set[tuple[int, int]] = set()
        for one, other in islice(self._likely_pairs(singles), _MOST_LOOKED):
            key = (min(id(one), id(other)), max(id(one), id(other)))
            if one is other or key in tried or (one, other) in self._tried:
                continue
            if len(tried) >= self._left:
                return
            if not self._may_be(one, other):
                continue
            tried.add(key)
            mutant = self._both(one, other)
            if mutant is not None and self.theirs.are(mutant.run(self.first.arguments)):
                yield mutant

    def _both(self, one: Changed, other: Changed) -> Changed | None:
        if one.program is not other.program or not (one.changes and other.changes):
            return None
        a, b = one.changes[0], other.changes[0]
        if collide(a, b):
            return None
        return Changed(one.program, [a, b], self.bank.alternatives, one.cost + other.cost)

    def _likely_pairs(self, singles: Sequence[Changed]) -> Iterator[tuple[Changed, Changed]]:
        by = [(self._near(s), s) for s in singles if s.changes]
        rankings: list[Callable[[Any], Any]] = [
            lambda pair: -pair[0][0],
            lambda pair: pair[0][1],
            lambda pair: -pair[0][2],
        ]
        beginnings: dict[int, Changed] = {}
        written = [(near, s) for near, s in by if s.changes[0].slip]  # many of them; two were tried with each other
        by = [(near, s) for near, s in by if not s.changes[0].slip]
        orders = [sorted(by, key=rank)[:_BEGINNINGS] for rank in rankings]
        for nearest in zip(*orders, strict=True):
            for _, single in nearest:
                beginnings.setdefault(id(single), single)
        for _, single in sorted(written, key=rankings[1])[:_BEGINNINGS]:
            beginnings.setdefault(id(single), single)
        likely = [
            (rank + place / _DEEPLY, one, other)
            for rank, one in enumerate(beginnings.values())
            for place, other in enumerate(s for s in singles if s.program is one.program)
        ]
        for _, one, other in sorted(likely, key=lambda pair: pair[0]):
            yield one, other
        cheap = [s for s in singles if s.cost <= _LIKELY and s.changes and not s.changes[0].slip]
        for total in range(1, 2 * len(cheap)):
            for i in range(max(0, total - len(cheap) + 1), (total + 1) // 2):
                yield cheap[i], cheap[total - i]


def _why(times: str) -> str:
    """The usual cause of a factor, asked; else a full stop."""
    found = re.fullmatch(r"multiplied by the number of (\w+)", times)
    return f": is there a sum over the {found[1]} where one of them, or their mean, is meant?" if found else "."


def _is_slip(mutant: Mutant) -> bool:
    return isinstance(mutant, Changed) and mutant.changes[0].slip


def _of_the_same(given: outside.Given, single: Changed) -> bool:
    """Whether both speak of one argument: then they may contradict each other."""
    words, both = single.program.words, len(given.about) > 1
    return any(speaks_of(change, name, words.of(name), both) for change in single.changes for name in given.about)


def _rounded(outputs: Outputs) -> Any:
    """The same for outputs that are the same up to rounding (nearly always)."""
    found = []
    for value in outputs:
        numbers = as_numbers(value)
        found.append(repr(value) if numbers is None else (numbers.shape, np.round(numbers.astype(float), 4).tobytes()))
    return tuple(found)


def _ratio(one: Answered, k: int) -> float | None:
    """By what factor output k is too large, if it is the same for all its numbers and all other outputs are right."""
    if any(not agrees(v, r) for n, (v, r) in enumerate(zip(one.values, one.right, strict=True)) if n != k):
        return None
    value, right = one.values[k], as_numbers(one.right[k])
    if right is None or not isinstance(value, np.ndarray) or value.shape != right.shape or value.size < 2:
        return None
    where = np.abs(right) > 1e-3
    if value.dtype.kind != "f" or not where.any() or not np.isfinite(value).all() or not np.isfinite(right).all():
        return None
    ratio = float(np.median(value[where] / right[where]))
    return ratio if np.allclose(value, ratio * np.asarray(right), rtol=1e-4, atol=1e-6) else None
