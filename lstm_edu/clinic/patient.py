"""One patient: what a learner gets, and what they are told about a diagnosis."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from lstm_edu.clinic import evidence
from lstm_edu.clinic.patients import RECORDS, WORDS, Cause, Setting, digest, opened
from lstm_edu.core import Layer
from lstm_edu.doctor import CATALOGUE
from lstm_edu.exercises import cards
from lstm_edu.exercises.cards import CODE, COLUMNS, TEXT
from lstm_edu.exercises.result import TIERS, Card, Hint

Array = np.ndarray
_LETTERS = "ABCDEFGH"
FOUND, NOT_YET, UNANSWERED, UNKNOWN, SHOWN = "found", "not yet", "no answer yet", "not understood", "solution"
NOT_JUDGED = "not judged"
_SIGNS = {FOUND: "✓", NOT_YET: "✗"} | dict.fromkeys((UNANSWERED, UNKNOWN, SHOWN, NOT_JUDGED), "○")


@dataclass(frozen=True, repr=False)
class Finding(Card):
    """The verdict on a diagnosis. True if the mistake was found.

    Attributes:
        patient: the patient's number.
        status: "found", "not yet", "no answer yet", "not understood" or "solution"; a grader also says "not judged".
        message: why, in words.
        cause: the mistake's id in the catalogue, once it is found or shown; of two mistakes "id + id".
        fix: what to write instead. seen: what the numbers showed.
        notes: what a grader noticed besides.
    """

    patient: int
    status: str
    message: str
    cause: str | None = None
    fix: str = ""
    seen: str = ""
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.status == FOUND

    _title = property(lambda self: f"{_SIGNS[self.status]} Patient {self.patient}: {self.status}")
    _label = property(lambda self: f"Patient {self.patient}: {self.status}")

    def _parts(self) -> list[cards.Part]:
        parts = [("", self.message, TEXT)]
        if self.fix:
            parts.append(("The fix", self.fix, CODE))
        if self.seen:
            parts.append(("How the numbers showed it", self.seen, TEXT))
        if self.cause:
            ids = [f"`{one}`" for one in self.cause.split(" + ")]
            called = f"it is called {ids[0]}" if len(ids) == 1 else f"they are called {' and '.join(ids)}"
            parts.append(("", f"In `le.mistakes()` {called}.", TEXT))
        parts += [("Note", note, TEXT) for note in self.notes]
        if self.status == NOT_YET:
            parts.append(("", f"For a hint: `le.clinic.case({self.patient}).hint()`", TEXT))
        return parts


class _Function:
    """The code of a patient: function(x) returns what it makes of any x that the layer can read."""

    def __init__(self, number: int) -> None:
        self._number, self._asked = number, 0

    def __call__(self, x: Any) -> Array:
        self._asked += 1
        layer = case(self._number).layer
        x = np.asarray(x, layer.dtype)
        layer(x)  # which says what is wrong with an x that does not fit
        return opened(self._number).output(layer, x)

    def __repr__(self) -> str:
        return f"<the function of patient {self._number}>"


class Patient(Card):
    """A layer, an input, and what someone's code made of it. Something is wrong with it: what?

    Attributes:
        number: of the patient. story: whose code it is.
        layer: the layer as it should be, a built layer of this package. `layer(x)` is right.
        x, mask, initial_state: the arguments of the call; mask and initial_state are None where there is none.
        output: what the patient's code returned.
        function: the patient's code, function(x), where you may call it with other inputs; else None.
        choices: what it might be, by letter. mistakes: how many of them were made, 1 or 2.
    """

    def __init__(self, number: int) -> None:
        self._record = RECORDS[number]
        self._setting: Setting = self._record.setting(np.random.default_rng(number))
        self.number, self.story, self.mistakes = number, self._record.story, self._record.mistakes
        self.layer: Layer = self._setting.layer
        self.x, self.mask, self.initial_state = self._setting.x, self._setting.mask, self._setting.initial_state
        self.output: Array = _made(opened(number), self._setting)
        self.function: Callable[[Any], Array] | None = _Function(number) if self._record.asked else None
        mixed = sorted(self._record.choices, key=lambda mistake_id: digest(-number, mistake_id))
        self._ids = dict(zip(_LETTERS, mixed, strict=False))
        self.choices = {letter: WORDS[mistake_id] for letter, mistake_id in self._ids.items()}
        self._hints_shown = 0

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_") or name.startswith("__")]

    # --- for the learner ----------------------------------------------------------------------------------------------

    @property
    def symptoms(self) -> str:
        """How many of the output's numbers are wrong, and by how much."""
        return evidence.summary(self.output, self._right)

    def answer(self, *diagnosis: Any) -> Finding:
        """Say what is wrong.

        Args:
            diagnosis: a letter of `choices`, or its words; the id of the mistake in `le.mistakes()`; what `le.diagnose`
                found; or your own function, f(x), that makes the same mistake and so gives the same numbers. Of a
                patient with two mistakes two letters, words or ids: `answer("A", "C")`, or `answer("A and C")`.

        Returns:
            A Finding, which is true if that is it.

        Raises:
            TypeError: for anything else.
        """
        if len(diagnosis) == 1 and callable(diagnosis[0]):
            return self._reproduced(diagnosis[0])
        texts = [text for one in diagnosis for text in self._texts(one)]
        if None in texts:
            return self._finding(UNKNOWN, "This diagnosis does not name a single cause. What do you think it is?")
        named = {text: self._named(text) for text in texts if text and _words(text)}
        if not named:  # "?", as the notebook has it, or "", or the gap of an assignment
            where = "in quotes, instead of the dots" if ... in diagnosis else "between the quotes"
            return self._finding(UNANSWERED, f"Write {self._letters_expected} {where}.")
        if unknown := [text for text, ids in named.items() if not ids]:
            return self._finding(
                UNKNOWN,
                f"I do not know a mistake called {unknown[0][:60]!r}. Answer with {self._letters_expected}, or with an "
                f"id from `le.mistakes(le.clinic.case({self.number}).layer)`.",
            )
        return self._judged(Cause.of({mistake_id for ids in named.values() for mistake_id in ids}))

    def hint(self) -> Hint:
        """The next of three hints: a question; what the numbers show; three diagnoses, of which one is right."""
        self._hints_shown = min(self._hints_shown + 1, TIERS)
        ladder = (self._question, self._seen, self._three)
        return _ClinicHint(f"clinic.case({self.number})", self._hints_shown, ladder[self._hints_shown - 1])

    def solution(self) -> Finding:
        """What it is, and how the numbers show it."""
        return self._explained(SHOWN)

    # --- inside -------------------------------------------------------------------------------------------------------

    @property
    def _right(self) -> Array:
        return _computed(self._setting)

    @staticmethod
    def _texts(diagnosis: Any) -> Sequence[str | None]:
        """The texts of one thing that was answered; None for a diagnosis that names nothing."""
        if diagnosis is None or diagnosis is ...:
            return ["?"]
        if isinstance(diagnosis, str):
            return [diagnosis]
        if isinstance(diagnosis, (list, tuple, set)) and all(isinstance(one, str) for one in diagnosis):
            return list(diagnosis)
        if not hasattr(diagnosis, "cause"):
            raise TypeError(
                f"answer takes a letter, the words of a diagnosis, the id of a mistake, what le.diagnose returned, "
                f"or a function; got {type(diagnosis).__name__}"
            )
        return [diagnosis.cause]

    def _named(self, text: str) -> tuple[str, ...]:
        """The ids of the mistakes that are meant; none if that is not clear."""
        if (one := self._named_alone(text)) is not None:
            return (one,)
        parts = re.split(r"\s*[+&]\s*|\s+and\s+|(?<=^[A-Za-z])[\s,]+(?=[A-Za-z]$)", text.strip())
        several = [self._named_alone(part) for part in parts] if len(parts) > 1 else []
        return tuple(one for one in several if one is not None) if None not in several else ()

    def _named_alone(self, text: str) -> str | None:
        text = text.strip()
        if text.upper() in self._ids:
            return self._ids[text.upper()]
        if text in CATALOGUE:
            return text
        if same := [m for m in self._record.choices if WORDS[m].lower() == text.lower()]:
            return same[0]
        meant = _words(text)
        close = [
            mistake_id for mistake_id in self._record.choices if meant <= _words(f"{WORDS[mistake_id]} {mistake_id}")
        ]
        exact = [mistake_id for mistake_id in close if meant == _words(WORDS[mistake_id])]
        return next((one for those in (exact, close) if len(those) == 1 for one in those), None)

    def _judged(self, named: Cause) -> Finding:
        """What is said about mistakes that were named."""
        if len(named.ids) > self.mistakes:
            how_many = "one mistake" if self.mistakes == 1 else "two mistakes"
            return self._finding(UNKNOWN, f"This patient has {how_many}: answer with {self._letters_expected}.")
        if self._is_it(named):
            return self._explained(FOUND, "You found it. " if self.mistakes == 1 else "You found both. ")
        half = bool(opened(self.number).ids & named.ids)
        if len(named.ids) > 1:
            begin, what = "One of the two is right, the other is not. " if half else "", "these two mistakes"
        else:
            begin, what = ("That is one of the two. ", "that mistake alone") if half else ("", "that mistake")
        guessed = _made_if_possible(named, self._setting)
        return self._finding(NOT_YET, begin + evidence.against(guessed, self.output, self._right, what))

    def _is_it(self, named: Cause) -> bool:
        """Whether it is what the patient has, or another name for it: one that gives the same for other inputs too."""
        right = opened(self.number)
        if named.ids == right.ids:
            return True
        settings = (self._setting, self._another)
        return any(
            all(evidence.agree(_made_if_possible(named, s, places), _made(right, s)) for s in settings)
            for places in product(*(mistake.places(self.layer) for mistake in named.mistakes))
        )

    @property
    def _another(self) -> Setting:
        """Another input for the same layer, of the same shape."""
        s, rng = self._setting, np.random.default_rng(1000 + self.number)
        start = s.initial_state and [rng.normal(size=a.shape).astype(a.dtype) for a in s.initial_state]
        return Setting(s.layer, rng.normal(size=s.x.shape).astype(s.x.dtype), s.mask, start)

    def _reproduced(self, function: Callable) -> Finding:
        """What is said about a function that should make the same mistake."""
        itself = "That is the patient itself. Write your own function that does the same."
        if isinstance(function, _Function):
            return self._finding(NOT_YET, itself)
        asked = self._times_asked
        for setting in (self._setting, self._another):
            named = {"mask": setting.mask, "initial_state": setting.initial_state}
            given = {name: copy.deepcopy(value) for name, value in named.items() if value is not None}
            try:
                theirs = np.asarray(function(np.copy(setting.x), **given), float)
            except Exception as error:  # of the learner's own code
                return self._finding(UNKNOWN, f"Your function raised {type(error).__name__}: {error}")
            output, right = _made(opened(self.number), setting), _computed(setting)
            if evidence.agree(theirs, right):
                return self._finding(NOT_YET, "Your function is right: it gives Keras's numbers. Now make the mistake.")
            if not evidence.agree(theirs, output):
                return self._finding(NOT_YET, evidence.against(theirs, output, right, "your code"))
        if self._times_asked > asked:
            return self._finding(NOT_YET, itself)
        return self._explained(FOUND, "Your function gives the same numbers, for another input too. ")

    @property
    def _times_asked(self) -> int:
        return self.function._asked if isinstance(self.function, _Function) else 0

    def _explained(self, status: str, begin: str = "") -> Finding:
        cause = opened(self.number)
        return self._finding(status, begin + cause.sentence, cause.id, cause.fix, self._seen)

    def _finding(self, status: str, message: str, cause: str | None = None, fix: str = "", seen: str = "") -> Finding:
        return Finding(self.number, status, message, cause, fix, seen)

    @property
    def _question(self) -> str:
        if self.mistakes > 1:
            return (
                "Where, or for which input, can only one of the two mistakes show? Find that one there, and make it in "
                "a step of your own. What is left?"
            )
        if self.x.ndim < 3:
            return "Which input shows most simply what is added, and which one shows what x is multiplied by?"
        return (
            f"Compare the output with `{self._call}`, timestep by timestep. Which is the first that differs? Is "
            "anything strange about the numbers: their size, their sign, their order?"
        )

    @property
    def _seen(self) -> str:
        if self.x.ndim < 3:
            zeros = np.zeros_like(self.x[:1])
            ours, theirs = _shown(self.layer(zeros)), _shown(opened(self.number).output(self.layer, zeros))
            return f"For an input of zeros it returns {theirs}; the right answer is {ours}, the bias."
        kind = type(self.layer).__name__
        return evidence.seen(self.output, self._right, self.mask, kind, self.initial_state is None)

    @property
    def _three(self) -> str:
        """The right one among three, or the right two among four, in the order of the letters."""
        right = opened(self.number).ids
        others = [mistake_id for mistake_id in self._ids.values() if mistake_id not in right]
        kept = {*right, *sorted(others, key=lambda mistake_id: digest(self.number, f"3 {mistake_id}"))[:2]}
        left = [f"{letter}: {self.choices[letter]}" for letter, mistake_id in self._ids.items() if mistake_id in kept]
        among = "It is one of these three." if self.mistakes == 1 else "They are two of these four."
        return "\n".join([among, *left])

    @property
    def _letters_expected(self) -> str:
        letters = f"{min(self.choices)} to {max(self.choices)}"
        return f"one of the letters {letters}" if self.mistakes == 1 else f"two of the letters {letters}"

    _title = property(lambda self: f"Patient {self.number}")
    _label = property(lambda self: f"Patient {self.number} of the clinic")

    def _parts(self) -> list[cards.Part]:
        name = f"le.clinic.case({self.number})"
        what, how = "What might it be?", '"...")`, with a letter'
        if self.mistakes > 1:
            what, how = "Two mistakes were made. Which?", '"...", "...")`, with two letters'
        return [
            ("", f"{self.story} {self.symptoms}", TEXT),
            (f"patient = {name} has", "\n".join(f"patient.{k}  {v}" for k, v in self._belongings.items()), COLUMNS),
            (what, "\n".join(f"{letter}: {words}" for letter, words in self.choices.items()), TEXT),
            ("", f"Your answer: `{name}.answer({how}. Guessing is allowed; a reason is better.", TEXT),
        ]

    @property
    def _call(self) -> str:
        """What gives the right output."""
        given = [name for name in ("mask", "initial_state") if getattr(self, name) is not None]
        return f"patient.layer({', '.join(['patient.x', *(f'{name}=patient.{name}' for name in given)])})"

    @property
    def _belongings(self) -> dict[str, str]:
        """What the learner gets, and what each thing is."""
        found = {
            "x": f"the input, {self.x.shape}",
            "output": f"what the code returned, {self.output.shape}",
            "layer": f"the layer as it should be: `{self._call}` is right, `patient.layer.get_weights()` too",
        }
        if self.mask is not None:
            found["mask"] = f"which timesteps count, {self.mask.shape}"
        if self.initial_state is not None:
            found["initial_state"] = f"[h, c] before the first timestep, {self.initial_state[0].shape} each"
        if self.function is not None:
            found["function"] = "the code itself: `patient.function(x)` is its result for any x"
        return found


class _ClinicHint(Hint):
    """A hint of the clinic: all three are text."""

    def _parts(self) -> list[cards.Part]:
        more = "hint()` says more." if self.tier < TIERS else "solution()` says what it is."
        return [("", self.text, TEXT), ("", f"`le.{self.exercise}.{more}", TEXT)]


_patients: dict[int, Patient] = {}


def case(number: int) -> Patient:
    """The patient of that number, from 1. The same object each time, so that its hints continue.

    Raises:
        ValueError: there is no such patient.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number not in RECORDS:
        raise ValueError(f"clinic.case: the patients have the numbers 1 to {max(RECORDS)}, got {number!r}")
    if number not in _patients:
        _patients[number] = Patient(number)
    return _patients[number]


def _made(cause: Cause, s: Setting, places: Sequence[Any] = ()) -> Array:
    return cause.output(s.layer, s.x, s.mask, s.initial_state, places)


def _made_if_possible(cause: Cause, s: Setting, places: Sequence[Any] = ()) -> Array | None:
    try:
        return _made(cause, s, places)
    except ValueError:
        return None


def _computed(s: Setting) -> Array:
    given: dict[str, Any] = {"mask": s.mask, "initial_state": s.initial_state}
    return s.layer(s.x, **{name: value for name, value in given.items() if value is not None})


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def _shown(row: Array) -> str:
    return np.array2string(np.ravel(row), precision=3, suppress_small=True, separator=", ")
