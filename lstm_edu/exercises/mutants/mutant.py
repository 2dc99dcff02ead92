"""One wrong answer that can be run, and told."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from lstm_edu.exercises.explaining import Found
from lstm_edu.exercises.mutants import outside
from lstm_edu.exercises.mutants.edits import Change, made
from lstm_edu.exercises.mutants.program import Program
from lstm_edu.exercises.mutants.programs import Alternatives
from lstm_edu.exercises.mutants.words import code

Arguments = dict[str, Any]
Outputs = tuple[Any, ...]
FAILURES = (
    ValueError, TypeError, IndexError, KeyError, NameError, AttributeError, ArithmeticError, AssertionError,
    RecursionError, MemoryError, SyntaxError,
)  # fmt: skip
_LONGEST = 110  # characters of a line that is shown


class Mutant:
    """Attributes: cost, how unusual it is: of two that give the same numbers the cheaper one is told."""

    cost: float

    def run(self, arguments: Arguments) -> Outputs | None:
        """What it returns; None where it fails. The arguments stay as they are."""
        raise NotImplementedError

    def told(self) -> Found:
        """What it does, for the learner."""
        raise NotImplementedError

    def alone(self, arguments: Arguments, right: Outputs) -> list[Outputs]:
        """Of two changes what each gives without the other, where that runs. right: what the right answer gives."""
        return []


class Changed(Mutant):
    """A program with one change, or with two in the same function.

    said: of a program that is wrong as it is, what is wrong with it.
    """

    def __init__(
        self,
        program: Program,
        changes: Sequence[Change],
        alternatives: Alternatives,
        cost: float,
        said: str = "",
    ):
        self.program, self.changes, self.cost, self.said = program, tuple(changes), cost, said
        self.alternatives = alternatives
        self._function: Callable | None = None
        self._broken = False

    def run(self, arguments: Arguments) -> Outputs | None:
        if self._function is None and not self._broken:
            try:
                self._function = self.program.function(self.changes)
            except FAILURES:
                self._broken = True
        return None if self._function is None else called(self._function, arguments)

    def alone(self, arguments: Arguments, right: Outputs) -> list[Outputs]:
        if len(self.changes) != 2:
            return []
        each = [Changed(self.program, [change], self.alternatives, self.cost) for change in self.changes]
        return _those_that_run(one.run(arguments) for one in each)

    def told(self, lines: bool = True) -> Found:
        """`lines`: whether the changed lines are shown; of two changes only if both are in them, for the numbers are
        those of both."""
        phrases = [*([self.said] if self.said else []), *(change.phrase for change in self.changes)]
        shown = list({id(c.statement): c.statement for c in self.changes if c.statement is not None}.values())
        fixes = [c.fix or (code(c.statement) if c.statement is not None else "") for c in self.changes]
        right = "\n".join(dict.fromkeys(fix for fix in fixes if fix)) if not self.said else ""
        with made([edit for change in self.changes for edit in change.edits]):
            wrong = [code(statement) for statement in shown]
        short = all(len(line) <= _LONGEST for line in wrong)
        if len(wrong) == len(set(phrases)) == 2 and short and self._of_one_argument(phrases):
            phrases = [f"In `{line}`: {phrase}" for line, phrase in zip(wrong, phrases, strict=True)]
            lines = False
        if len(phrases) == 1 and wrong and wrong[0] in self.alternatives.stories:
            return self._own(self.alternatives.stories[wrong[0]], right)
        lines = lines and (len(phrases) == 1 or not self.said and all(self._is_in(shown, c) for c in self.changes))
        return Found(_sentence(phrases) + (_those_of(wrong) if lines else ""), None, right)

    def _is_in(self, shown: Sequence[ast.stmt], change: Change) -> bool:
        """Whether these statements, changed, show the whole change."""
        if change.statement is not None:
            return True
        return all(any(self.program.statement_of(edit.owner) is s for s in shown) for edit in change.edits)

    def _of_one_argument(self, phrases: Sequence[str]) -> bool:
        """Whether all phrases name the same argument; one alone would contradict the other: inverted, and not used."""
        words = self.program.words
        arguments = [words.of(a.arg).lower() for a in self.program.trees[self.program.answer].args.args]
        return any(all(argument in phrase.lower() for phrase in phrases) for argument in arguments)

    @staticmethod
    def _own(story: Any, right: str) -> Found:
        return Found(*story) if isinstance(story, tuple) else Found(story, None, right)


def _sentence(phrases: Sequence[str]) -> str:
    if len(phrases) == 1:
        return phrases[0]
    if len(set(phrases)) == 1:
        return f"{phrases[0]} This happens in two places."
    return "Two things are different. " + " ".join(f"({k}) {phrase}" for k, phrase in enumerate(phrases, 1))


def _those_of(lines: Sequence[str]) -> str:
    short = [f"`{line}`" for line in lines if len(line) <= _LONGEST]
    return f" Your numbers are those of {' and '.join(short)}." if short and len(short) == len(lines) else ""


class Turned(Mutant):
    """Another mutant, or the right answer, with one of its outputs made into something else."""

    def __init__(self, of: Callable[[Arguments], Outputs | None], turned: outside.Turned, inner: Changed | None = None):
        self._of, self.turned, self._inner = of, turned, inner
        self.cost = turned.cost + (inner.cost if inner else 0)

    def run(self, arguments: Arguments) -> Outputs | None:
        return self.applied(self._of(arguments))

    def applied(self, outputs: Outputs | None) -> Outputs | None:
        """The outputs of what is inside, made into something else."""
        try:
            return None if outputs is None else self.turned.applied(outputs)
        except FAILURES:
            return None

    def alone(self, arguments: Arguments, right: Outputs) -> list[Outputs]:
        if self._inner is None:
            return []
        return _those_that_run([self._inner.run(arguments), self.applied(right)])

    def told(self) -> Found:
        if self._inner is None:
            return Found(self.turned.phrase, None, self.turned.fix)
        inner = self._inner.told(lines=False)
        after = self.turned.after or self.turned.phrase
        fix = "\n".join(filter(None, (inner.fix, self.turned.fix)))
        return Found(f"Two things are different. (1) {inner.sentence} (2) {after}", None, fix)


class Given(Mutant):
    """A mutant, or the right answer, for other arguments."""

    def __init__(self, of: Callable[[Arguments], Outputs | None], given: outside.Given, inner: Changed | None = None):
        self._of, self._given, self._inner = of, given, inner
        self.cost = given.cost + (inner.cost if inner else 0)

    def run(self, arguments: Arguments) -> Outputs | None:
        try:
            changed = self._given.change(arguments)
        except FAILURES:
            return None
        return self._of(changed)

    def alone(self, arguments: Arguments, right: Outputs) -> list[Outputs]:
        if self._inner is None:
            return []
        whole = Given(Changed(self._inner.program, [], self._inner.alternatives, 0).run, self._given)
        return _those_that_run([self._inner.run(arguments), whole.run(arguments)])

    def told(self) -> Found:
        if self._inner is None:
            return Found(self._given.phrase, None, self._given.fix)
        inner = self._inner.told(lines=False)
        fix = "\n".join(filter(None, (inner.fix, self._given.fix)))
        return Found(f"Two things are different. (1) {self._given.phrase} (2) {inner.sentence}", None, fix)


def _those_that_run(outputs: Iterable[Outputs | None]) -> list[Outputs]:
    return [one for one in outputs if one is not None]


def called(function: Callable, arguments: Arguments) -> Outputs | None:
    """What a function returns for copies of the arguments, as a tuple; None where it fails."""
    try:
        value = function(*[np.array(v) if isinstance(v, np.ndarray) else copy.copy(v) for v in arguments.values()])
    except FAILURES:
        return None
    return value if isinstance(value, tuple) else (value,)
