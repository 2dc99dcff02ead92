"""What a learner sees: the result of a check, a hint, a task, a solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lstm_edu.exercises import cards
from lstm_edu.exercises.cards import CODE, COLUMNS, TEXT

NOT_ATTEMPTED, WRONG, CORRECT = "not attempted", "wrong", "correct"
_SIGNS = {NOT_ATTEMPTED: "○", WRONG: "✗", CORRECT: "✓"}
TIERS = 3


class Card:
    """Text and HTML from `_title`, `_label` and `_parts`."""

    _title: Any  # a text, or a property that makes it
    _label: Any

    def _parts(self) -> list[cards.Part]:
        raise NotImplementedError

    def __repr__(self) -> str:
        return cards.text(self._title, self._parts())

    def _repr_html_(self) -> str:
        return cards.html(self._label, self._title, self._parts())


@dataclass(frozen=True, repr=False)
class Hint(Card):
    """One of three hints: 1 a question, 2 a place to look at, 3 a line with a gap, `...`."""

    exercise: str
    tier: int
    text: str

    _title = property(lambda self: f"Hint {self.tier} of {TIERS}")
    _label = property(lambda self: f"{self._title} for {self.exercise}")

    def _parts(self) -> list[cards.Part]:
        if self.tier < TIERS:
            return [("", self.text, TEXT), ("", f"`le.exercises.{self.exercise}.hint()` says more.", TEXT)]
        return [
            ("Nearly written: fill each gap (...)", self.text, CODE),
            ("", f"That was the last hint; `le.exercises.{self.exercise}.solution()` shows one way to write it.", TEXT),
        ]


@dataclass(frozen=True, repr=False)
class Result(Card):
    """What a check found. True if the answer is correct.

    Attributes:
        exercise: the exercise's name.
        status: "not attempted", "wrong" or "correct".
        message: what was found, in words.
        cause: the id of the mistake in the catalogue (`le.mistakes()`); of two mistakes "id + id"; None if no entry
            explains it.
        hint: the last hint that was shown for this mistake, or None.
        detail: the learner's own line where an error was raised, or "".
        printed: what the function printed, shortened.
        remark: what could be better in a correct answer, in words; of a wrong one that nothing explains, how to look
            closer. instead: what could be better, in code.
        notes: what else was seen (warnings, arguments that were changed).
    """

    exercise: str
    status: str
    message: str
    cause: str | None = None
    hint: Hint | None = None
    detail: str = ""
    printed: str = ""
    notes: tuple[str, ...] = ()
    remark: str = ""
    instead: str = ""

    def __bool__(self) -> bool:
        return self.status == CORRECT

    @property
    def _title(self) -> str:
        return f"{_SIGNS[self.status]} {self.exercise}: {self.status}" + (
            ", with one thing to fix" if self.instead else ""
        )

    _label = property(lambda self: f"Exercise {self.exercise}: {self.status}")

    def _parts(self) -> list[cards.Part]:
        parts = [("", self.message, TEXT)]
        if self.detail:
            parts.append(("Your line", self.detail, CODE))
        if self.remark:
            parts.append(("", self.remark, TEXT))
        if self.instead:
            parts.append(("Write instead", self.instead, CODE))
        parts += [("Note", note, TEXT) for note in self.notes]
        if self.printed:
            parts.append(("Your function printed", self.printed, CODE))
        if self.cause:
            parts.append(("Mistake", f"{self.cause} (an entry of `le.mistakes()`)", TEXT))
        if self.hint is not None:
            parts.append((self.hint._title, self.hint.text, CODE if self.hint.tier == TIERS else TEXT))
        if self.status == WRONG and (self.hint is None or self.hint.tier < TIERS):
            parts.append(("", f"For a hint: `le.exercises.{self.exercise}.hint()`", TEXT))
        if self.status == NOT_ATTEMPTED:
            parts.append(("", f"The task: `le.exercises.{self.exercise}.task`", TEXT))
        return parts


@dataclass(frozen=True, repr=False)
class Task(Card):
    """What is to be written. str(task) is the text."""

    exercise: str
    title: str
    skeleton: str
    idea: str
    takes: str
    returns: str
    example: str

    _title = property(lambda self: f"{self.exercise}: {self.title}")
    _label = property(lambda self: f"Task {self._title}")

    def _parts(self) -> list[cards.Part]:
        return [
            ("", self.idea, TEXT),
            ("Write", self.skeleton, CODE),
            ("It is given", self.takes, COLUMNS),
            ("It returns", self.returns, CODE),
            ("Example", self.example, CODE),
            ("", f"Then: `le.exercises.{self.exercise}.check({self.exercise_function})`", TEXT),
        ]

    def on_paper(self) -> str:
        """The card as HTML for a page in which nothing can be checked: without its last line."""
        return cards.html(self._label, self._title, self._parts()[:-1])

    @property
    def exercise_function(self) -> str:
        """The name of the function that is to be written."""
        return self.skeleton.removeprefix("def ").partition("(")[0]


@dataclass(frozen=True, repr=False)
class Solution(Card):
    """One way to write it. `code` runs in any cell; `function` is what it defines; `fix` repairs the mistake that the
    last check found, or is ""."""

    exercise: str
    code: str
    function: Callable = field(repr=False)
    fix: str = ""

    _title = property(lambda self: f"Solution of {self.exercise}")
    _label = _title

    def _parts(self) -> list[cards.Part]:
        whole = ("One way to write all of it" if self.fix else "", self.code, CODE)
        return [("In your code", self.fix, CODE), whole] if self.fix else [whole]

    def __repr__(self) -> str:
        return self.code
