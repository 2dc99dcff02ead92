"""What the doctor answers: one cause, several that cannot be told apart, only rounding, other weights, or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from lstm_edu.comparison.tables import CODE_STYLE, words
from lstm_edu.doctor.evidence import Evidence
from lstm_edu.doctor.examples import Example
from lstm_edu.doctor.hypotheses import Hypothesis
from lstm_edu.doctor.mistake import EVERY, Mistake, Mistakes
from lstm_edu.palette import NAMES

# The kinds of answers, each with its sign and what the card says above everything else.
VERDICTS = {
    "agrees": ("✓", "Nothing to explain: the numbers agree"),
    "undecided": ("?", "Rounding is too large here to decide"),
    "cause": ("✗", "Found"),
    "several": ("✗", "Several mistakes give these numbers"),
    "rounding": ("✓", "Only rounding, not a mistake"),
    "approximation": ("≈", "Approximated functions, not a logic error"),
    "other weights": ("✗", "Other weights were used"),
    "too little": ("?", "Too few numbers to be sure"),
    "unexplained": ("?", "Nothing in the catalogue explains this"),
    "shape": ("✗", "A different shape"),
    "not finite": ("✗", "Not every number is finite"),
    "error": ("✗", "Your function did not finish"),
    "random": ("✗", "Two calls with the same input gave different numbers"),
}


@dataclass(frozen=True)
class Candidate(Mistakes):
    """One explanation that fits.

    Attributes:
        mistakes: one, or two that were made together, in the order in which they were made.
        places: where each was made; () is the layer itself.
        evidence: what supports it.
        same_as: the ids of candidates that are the same computation under another name, for every input and weights.
    """

    mistakes: tuple[Mistake, ...]
    places: tuple[tuple[str, ...], ...]
    evidence: Evidence
    same_as: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(m.id for m in self.mistakes)

    @property
    def place(self) -> str:
        """Where, in words; "" for a single layer."""
        return "; ".join(dict.fromkeys(filter(None, map(place_text, self.places))))

    @property
    def name(self) -> str:
        return self.id + (f" ({self.place})" if self.place else "")

    @classmethod
    def of(cls, hypothesis: Hypothesis, evidence: Evidence, same_as: tuple[str, ...] = ()) -> Candidate:
        return cls(tuple(m.mistake for m in hypothesis), tuple(m.place for m in hypothesis), evidence, same_as)

    def __repr__(self) -> str:
        return f"<Candidate {self.name}>"


def place_text(place: tuple[str, ...]) -> str:
    words = []
    for part in place:
        if part == "both":
            words.append("in both directions")
        elif part in ("forward", "backward"):
            words.append(f"in the {part} direction only")
        else:
            words.append(f"in {part if part.startswith(EVERY) else repr(part)}")
    return ", ".join(words)


@dataclass(frozen=True)
class Divergence:
    """The first number that differs from the right one: the earliest step, and in it the first quantity computed.

    Attributes:
        quantity: "output", or the quantity by name. where: its place, by name.
        theirs, right: the two numbers. before: whether an earlier step agrees.
    """

    quantity: str
    where: dict[str, int]
    theirs: float
    right: float
    before: bool = False

    @property
    def timestep(self) -> int | None:
        return self.where.get("timestep")

    @property
    def sentence(self) -> str:
        place = ", ".join(f"{name} {k}" for name, k in self.where.items())
        earlier = " The steps before it agree." if self.before else ""
        return (
            f"The first difference is in the {_quantity(self.quantity)}, at {place}: yours {self.theirs:.7g}, "
            f"the right one {self.right:.7g}.{earlier}"
        )


def _quantity(name: str) -> str:
    return f"{NAMES[name]} {name}" if name in NAMES else name


@dataclass(frozen=True)
class Diagnosis:
    """What `le.diagnose` found. Shown as a card in a notebook.

    Attributes:
        verdict: "agrees", "undecided" (rounding alone moves these numbers too far to say), "cause", "several" (mistakes
            that this input cannot tell apart), "rounding" and "approximation" (which are not logic errors), "other
            weights", "too little" (something fits, but so few numbers prove nothing), "unexplained", "shape", "not
            finite" (NaN or infinity where the right number is finite); of a function also "error" and "random".
        cause: the catalogue's id, of a pair "id + id"; None if there is no single answer.
        candidates: everything that fits, the likeliest first.
        explanation: the answer in words. fix: the right thing in code, or "".
        evidence: what supports the first candidate, or None.
        experiment: where the verdict is "several", an input on which the candidates differ (with other weights, if
            these can never tell them apart).
        first: where the numbers first differ from the right ones, or None.
        notes: what else was noticed: of a function, that it changed its arguments.
        tried: how many hypotheses were computed.
    """

    verdict: str
    explanation: str
    cause: str | None = None
    candidates: tuple[Candidate, ...] = ()
    fix: str = ""
    evidence: Evidence | None = None
    experiment: Example | None = field(default=None, repr=False)
    first: Divergence | None = None
    notes: tuple[str, ...] = ()
    tried: int = 0

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, got {self.verdict!r}")

    def __bool__(self) -> bool:
        """True if there is nothing to fix: the numbers agree, or differ by rounding only."""
        return self.verdict in ("agrees", "rounding")

    @property
    def title(self) -> str:
        sign, words = VERDICTS[self.verdict]
        return f"{sign} {words}" + (f": {self.candidates[0].name}" if self.verdict == "cause" else "")

    def _parts(self) -> list[tuple[str, Any]]:
        """What the card shows below its title: (heading, text or list of texts or code)."""
        parts: list[tuple[str, Any]] = [("", self.explanation)]
        if self.verdict == "several":
            parts.append(("They are", [f"{c.name}: {c.sentence}" for c in self.candidates[:_MOST_SHOWN]]))
        if self.fix:
            parts.append(("What to write", self.fix))
        if self.experiment is not None:
            parts.append(("An input that tells them apart", _shapes(self.experiment)))
        if self.first is not None and self.verdict not in ("cause", "rounding", "approximation", "not finite"):
            parts.append(("", self.first.sentence))
        if self.evidence is not None and self.verdict not in ("agrees", "undecided"):
            parts.append(("Evidence", str(self.evidence)))
        if self.notes:
            parts.append(("Notes", list(self.notes)) if len(self.notes) > 1 else ("Note", self.notes[0]))
        return parts

    def __repr__(self) -> str:
        lines = [self.title]
        for heading, text in self._parts():
            if isinstance(text, list):
                lines += [f"{heading}:", *(f"  - {item}" for item in text)]
            else:
                lines.append(f"{heading}: {text}" if heading else text)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        body = ""
        for heading, text in self._parts():
            head = f'<strong style="color: inherit">{escape(heading)}</strong>' if heading else ""
            if isinstance(text, list):
                items = "".join(f'<li style="margin: 0.1em 0">{words(item)}</li>' for item in text)
                content = f'<ul style="margin: 0.2em 0 0.2em 1.2em; padding: 0">{items}</ul>'
            elif heading == "What to write":
                code = f'<code style="background: none; color: inherit">{escape(text)}</code>'
                content = f'<pre tabindex="0" style="{CODE_STYLE}">{code}</pre>'
            else:
                content = f'<div style="margin: 0.1em 0">{words(text)}</div>'
            body += f'<div style="margin: 0.5em 0 0 0">{head}{content}</div>'
        label = escape(f"Diagnosis: {self.title[2:]}", quote=True)
        title = f'<div style="font-weight: bold; font-size: 1.1em; color: inherit">{escape(self.title)}</div>'
        return f'<section aria-label="{label}" style="{_CARD}">{title}{body}</section>'


_CARD = (
    "border: 1px solid currentColor; border-left-width: 5px; border-radius: 4px; padding: 0.6em 1em; margin: 0.4em 0; "
    "max-width: 60em; color: inherit; background: none; overflow-wrap: anywhere"
)
_MOST_SHOWN = 8


def _shapes(example: Example) -> str:
    arrays = example.x if isinstance(example.x, tuple) else (example.x,)  # a tuple of a model's inputs
    parts = [f"found.experiment.x {' and '.join(str(a.shape) for a in arrays)}"]
    if example.mask is not None:
        parts.append(f"found.experiment.mask {example.mask.shape}")
    if example.initial_state is not None:
        parts.append(
            f"found.experiment.initial_state ({len(example.initial_state)} x {np.shape(example.initial_state[0])})"
        )
    if example.weights is not None:
        parts.append("the weights found.experiment.weights, since with the present weights no input does")
    return ", ".join(parts[:-1]) + (" and " if parts[:-1] else "") + parts[-1]
