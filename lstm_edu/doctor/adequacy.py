"""What a comparison can see: which mistakes would have changed its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from lstm_edu.comparison import tables
from lstm_edu.comparison.rounding import Rounding
from lstm_edu.comparison.tolerance import TOLERANCES, apart
from lstm_edu.core import Embedding, Graph, Sequential
from lstm_edu.core.checks import plural
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.core.progress import Line
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.wrappers import Bidirectional
from lstm_edu.doctor.beginning import beginning
from lstm_edu.doctor.case import FEW_ROWS, Case, keeps_states
from lstm_edu.doctor.examples import Example, examples
from lstm_edu.doctor.hypotheses import Made, single_mistakes, with_mistakes
from lstm_edu.doctor.judging import Roundings, shows
from lstm_edu.doctor.reasons import impossible, leaves, why_not_here, why_unseen
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    DenseRecipe,
    ModelRecipe,
    Outputs,
    Recipe,
    RecurrentRecipe,
    unchanged,
)
from lstm_edu.doctor.running import run
from lstm_edu.doctor.source import ours
from lstm_edu.trace import Trace


@dataclass(frozen=True)
class Unseen:
    """A mistake that this comparison cannot see, and why, in words."""

    made: Made
    why: str

    @property
    def id(self) -> str:
        return self.made.mistake.id


@dataclass(frozen=True)
class Adequacy:
    """What `adequacy` found: true if the comparison catches every mistake that it could be hit by.

    Attributes:
        caught: the mistakes that change some number by more than rounding.
        missed: those that do not, with the reason.
        outside: those that cannot be made with such an input (mask mistakes where no mask is given), with the reason.
        part: which part of the input was checked, if not all of it: "2 of 64 sequences".
    """

    caught: tuple[Made, ...]
    missed: tuple[Unseen, ...]
    outside: tuple[Unseen, ...]
    part: str = ""

    def __bool__(self) -> bool:
        return not self.missed

    @property
    def counted(self) -> int:
        """How many mistakes could be made here."""
        return len(self.caught) + len(self.missed)

    @property
    def sentence(self) -> str:
        """The result in words."""
        looked = f" (checked on {self.part})" if self.part else ""
        if not self.missed:
            return f"all {self.counted} mistakes that could be made here would have been caught{looked}"
        reasons = "; ".join(f"{why}: {_names(some)}" for why, some in _by_reason(self.missed))
        return (
            f"{len(self.caught)} of {plural(self.counted, 'mistake')} would have been caught{looked}; "
            f"not these, because {reasons}"
        )

    @classmethod
    def joined(cls, layers: Mapping[str, Adequacy]) -> Adequacy:
        """The reports of several comparisons, one per layer; each mistake is named together with its layer."""

        def unseen(name: str, some: tuple[Unseen, ...]) -> list[Unseen]:
            return [Unseen(one.made.within(name), one.why) for one in some]

        return cls(
            tuple(made.within(name) for name, one in layers.items() for made in one.caught),
            tuple(u for name, one in layers.items() for u in unseen(name, one.missed)),
            tuple(u for name, one in layers.items() for u in unseen(name, one.outside)),
            "; ".join(f"{name}: {one.part}" for name, one in layers.items() if one.part),
        )

    def check(self) -> Adequacy:
        """The report itself if every mistake is caught. AssertionError with `sentence` if not."""
        if not self:
            raise AssertionError(self.sentence)
        return self

    @property
    def _title(self) -> str:
        looked = f", checked on {self.part}" if self.part else ""
        caught = f"{len(self.caught)} of {plural(self.counted, 'mistake')}"
        return f"{caught} would have been caught by this comparison{looked}"

    def _rows(self) -> list[tuple[str, ...]]:
        def rows(sign: str, those: tuple[Unseen, ...]) -> list[tuple[str, ...]]:
            return [(sign, str(len(some)), why, _names(some)) for why, some in _by_reason(those)]

        caught = str(len(self.caught)), "a number changes by more than rounding", _families(self.caught)
        return [
            *rows("✗\u00a0not\u00a0caught", self.missed),
            ("✓\u00a0caught", *caught),
            *rows("–\u00a0cannot occur", self.outside),
        ]

    def __repr__(self) -> str:
        return tables.text(bool(self), self._title, _HEADER, self._rows())

    def _repr_html_(self) -> str:
        return tables.html(bool(self), self._title, _HEADER, self._rows())

    # As part of the comparison's own card:

    @property
    def line(self) -> str:
        """The result in one line; "" where there is nothing that could go wrong."""
        if not self.counted:
            return ""
        looked = f" (checked on {self.part})" if self.part else ""
        if not self.missed:
            return f"This comparison would have caught all {self.counted} known mistakes that can be made here{looked}"
        n, missed = len(self.caught), len(self.missed)
        others = "the other" if missed == 1 else f"the other {missed}"
        why = "; ".join(f"{why} ({_few(some)})" for why, some in _by_reason(self.missed))
        line = (
            f"This comparison would have caught {n} of {self.counted} known mistakes{looked}, but not {others}: {why}"
        )
        return line + (_STRONGER if any("bias" in one.why and "zero" in one.why for one in self.missed) else "")

    @property
    def fold(self) -> str:
        """The same as HTML: a line that opens to the table."""
        if not self.counted:
            return ""
        table = tables.html(None, "", _HEADER, self._rows())
        line = f"✓ {self.line}" if self else self.line
        return tables.folded(line, table)


_STRONGER = ". Trained weights would catch more, or verify(..., randomize=True)"

_HEADER = ("result", "mistakes", "why", "which")


def _by_reason(unseen: tuple[Unseen, ...]) -> list[tuple[str, list[Unseen]]]:
    reasons: dict[str, list[Unseen]] = {}
    for one in unseen:
        reasons.setdefault(one.why, []).append(one)
    return list(reasons.items())


def _names(unseen: list[Unseen]) -> str:
    return ", ".join(dict.fromkeys(str(one.made) for one in unseen))


def _few(unseen: list[Unseen], most: int = 4) -> str:
    names = list(dict.fromkeys(str(one.made) for one in unseen))
    return (
        ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    )


def _families(caught: tuple[Made, ...]) -> str:
    count: dict[str, int] = {}
    for made in caught:
        count[made.mistake.family] = count.get(made.mistake.family, 0) + 1
    return ", ".join(family + (f" ({n})" if n > 1 else "") for family, n in count.items())


def adequacy(
    layer: Any, x: Any = None, mask: Any = None, initial_state: Any = None, *, inside: bool = False, brief: bool = False
) -> Adequacy:
    """Which mistakes a comparison of this layer, with its weights, on this input would have caught.

    Every mistake of the catalogue is made in the layer. It is caught if a number of the output changes by more than
    `le.compare` allows for rounding with this layer and this input, or if the output has another shape.

    Args:
        layer: a built layer or stack of this package, or a Keras layer or model. Or one of our Traces: then weights and
            input are those with which it was recorded, and of a model each layer is checked on its own input.
        x, mask, initial_state: as for a call; not together with a Trace.
        inside: also compare every recorded quantity at every timestep (as `le.verify` does).
        brief: take about a second at most: of a large input, check only a few sequences, or only their first timesteps.

    Raises:
        ValueError, TypeError: as a call of the layer.
    """
    if isinstance(layer, Trace):
        return _of_trace(layer, inside, brief)
    if x is None:
        raise ValueError("adequacy: x is missing: which mistakes show depends on the input")
    return _of_case(Case.asked(ours(layer), x, mask, initial_state), inside, brief)


def _of_trace(trace: Trace, inside: bool, brief: bool) -> Adequacy:
    layers = dict(_traced_layers(trace))
    found, progress = {}, Line()
    for name, case in layers.items():
        progress(len(found), len(layers), "layers checked for mistakes that would show")
        found[name] = _of_case(case, inside, brief, len(layers))
    progress(len(found), len(layers), "layers checked for mistakes that would show")
    return found[""] if list(found) == [""] else Adequacy.joined(found)


def _traced_layers(trace: Trace, name: str = "") -> Iterator[tuple[str, Case]]:
    """(name, its case) for each layer of a stack; the name is "" for a single layer."""
    if isinstance(trace.layer, (Sequential, Graph)):
        for child, inner in trace.children.items():
            yield from _traced_layers(inner, f"{name}/{child}" if name else child)
        return
    first, states = trace, trace.initial_state
    while "x" not in first.names and first.children:  # a layer around layers that read the same
        states = [s for child in first.layers for s in child.initial_state]
        first = first.layers[0]
    if "x" not in first.names:
        return
    back = slice(None) if first.time is None else first.time  # from the order of processing to that of the input
    x = first.x if first.time is None else first.x[:, back]
    mask = first.mask if first.mask is None or first.time is None else first.mask[:, back]
    yield name, Case(trace.layer, x, mask, states or None, trace.weights)


def _of_case(case: Case, inside: bool, brief: bool, layers: int = 1) -> Adequacy:
    made = single_mistakes(case.layer)
    rest = _not_shown_by_the_beginning(case, made, inside)
    if not rest:
        return Adequacy(tuple(made), (), ())
    part = _part_of(case, len(rest), _BRIEF / layers) if brief else case
    if part is case:
        rest = _not_shown_by(case.rows(range(FEW_ROWS)), rest)
    missed, outside = _looked_at(part, rest, inside)
    unseen = {one.made for one in (*missed, *outside)}
    caught = tuple(m for m in made if m not in unseen)
    return Adequacy(caught, tuple(missed), tuple(outside), _part_text(part, case) if missed else "")


def _looked_at(case: Case, made: list[Made], inside: bool) -> tuple[list[Unseen], list[Unseen]]:
    """The mistakes that change no number in this case, and those that cannot be made in it."""
    roundings, outside = Roundings.of(case), list[Unseen]()
    if isinstance(case.layer, Recurrent) and unit_roundoff(case.layer) >= unit_roundoff(np.float32):
        made, outside = _not_clearly_shown(case, made, roundings)
    if not made:
        return [], outside
    right = case.recipe()
    (expected,) = run([right])
    missed = []
    for m, wrong, outputs in _computed(right, expected, made):
        if wrong is None or (outputs is None and isinstance(right, ModelRecipe) and impossible(right, wrong)):
            outside.append(Unseen(m, why_not_here(m.mistake)))
        elif not (shows(outputs, expected, roundings.outputs) or (inside and _shows_inside(right, wrong, roundings))):
            missed.append(Unseen(m, why_unseen(m.mistake, right, wrong, outputs, expected)))
    return missed, outside


def _not_clearly_shown(case: Case, made: list[Made], roundings: Roundings) -> tuple[list[Made], list[Unseen]]:
    """Without the mistakes that show when everything is computed in float32, rounding allowed for; and those that
    cannot be made."""
    right = case.recipe(dtype=np.float32)
    (expected,) = run([right])
    unsure, outside = [], []
    for m, wrong, outputs in _computed(right, expected, made):
        if wrong is None:
            outside.append(Unseen(m, why_not_here(m.mistake)))
        elif outputs is None or not shows(outputs, expected, roundings.outputs, _IN_FLOAT32):
            unsure.append(m)
    return unsure, outside


_IN_FLOAT32 = 2.0  # times what a comparison allows, which is tens of times float32's own errors


def _computed(
    right: Recipe, expected: Outputs, made: list[Made]
) -> Iterator[tuple[Made, Recipe | None, Outputs | None]]:
    """Each mistake with its recipe and its outputs, as many at a time as memory holds; None for what cannot be."""
    for lot in _lots(right, expected, made):
        computed = iter(run([recipe for _, recipe in lot if recipe is not None]))
        for m, recipe in lot:
            yield m, recipe, None if recipe is None else next(computed)


def _lots(right: Recipe, expected: Outputs, made: list[Made]) -> Iterator[list[tuple[Made, Recipe | None]]]:
    """Each mistake with its recipe, None for what cannot be; as many at a time as memory holds."""
    lot: list[tuple[Made, Recipe | None]] = []
    numbers, each = 0, sum(y.size for y in expected)
    for m in made:
        wrong = with_mistakes(right, (m,))
        lot.append((m, wrong))
        numbers += 0 if wrong is None else each + _numbers_of_its_own(wrong, right)
        if numbers >= _MOST_NUMBERS:
            yield lot
            lot, numbers = [], 0
    if lot:
        yield lot


def _numbers_of_its_own(wrong: Recipe, right: Recipe) -> int:
    """How many numbers of weights a mistake makes that the right recipe does not have; twice, since they are put side
    by side. Those of a model are made when it is run."""
    if isinstance(right, ModelRecipe) or type(wrong) is not type(right):
        return 2 * sum(w.size for w in right.layer.weights)
    if isinstance(right, BidirectionalRecipe):
        return sum(_numbers_of_its_own(wrong.parts[name], part) for name, part in right.parts.items())
    arrays = {id(a) for a in vars(right).values()}
    return 2 * sum(a.size for a in vars(wrong).values() if isinstance(a, np.ndarray) and id(a) not in arrays)


_BRIEF = 2e9  # multiplications
_BRIEF_ROWS = 3


def _part_of(case: Case, mistakes: int, most: float) -> Case:
    """As much of the input as `mistakes` computations of it may take: sequences that are masked differently, and if
    these are still too much, their first timesteps."""
    if _work(case) * mistakes <= most:
        return case
    rows = list(range(min(case.batch, _BRIEF_ROWS)))
    if case.mask is not None:
        lengths = np.asarray(case.mask).sum(axis=1)
        rows = sorted({int(lengths.argmin()), int(lengths.argmax()), int(np.argsort(lengths)[len(lengths) // 2])})
    case = case.rows(rows) or case
    if isinstance(case.layer, (Recurrent, Bidirectional)):
        steps = int(case.x.shape[1] * most / max(1.0, _work(case) * mistakes))
        case = case.steps(max(steps, min(_BRIEF_STEPS, case.x.shape[1]))) if steps < case.x.shape[1] else case
    return case


_BRIEF_STEPS = 8


def _work(case: Case) -> float:
    """About how many multiplications one computation takes."""
    rows = sum(x.size / (1 if isinstance(case.layer, Embedding) else x.shape[-1]) for x in case.inputs)
    return rows * sum(w.size for w in case.layer.weights)


def _part_text(case: Case, whole: Case) -> str:
    if case is whole:
        return ""
    parts = []
    (x, *_), (everything, *_) = case.inputs, whole.inputs
    if len(x) < len(everything):
        parts.append(f"{len(x)} of {plural(len(everything), 'sequence')}")
    if x.shape[1:2] != everything.shape[1:2]:
        parts.append(f"the first {x.shape[1]} of {plural(everything.shape[1], 'timestep')}")
    return ", ".join(parts)


def _shows_inside(right: Recipe, wrong: Recipe, roundings: Roundings) -> bool:
    """Whether any quantity that a trace records differs."""
    for here, there in leaves(right, wrong):
        known: list[Rounding | None] = []
        if isinstance(here, RecurrentRecipe):
            names = here.equations.quantities
            known = [roundings.quantities.get(name) for name in names] if here.layer is right.layer else []
            here, there = (r.but(record=names, after=()) for r in (here, there))
        elif isinstance(here, DenseRecipe):
            here, there = (r.but(activation=unchanged, after=()) for r in (here, there))
        one, other = run([here, there])
        if one is None or shows(other, one, known):
            return True
    return False


def _not_shown_by_the_beginning(case: Case, made: list[Made], inside: bool) -> list[Made]:
    """Without the mistakes that a sequence's first steps already show, computed in float32."""
    layer = case.layer
    timed = isinstance(layer, Recurrent) and (inside or layer.return_sequences)
    if keeps_states(layer) or not (timed or (isinstance(layer, Bidirectional) and inside)):
        return made
    few = case.rows([0]) or case
    rights = {across: (case if across else few).recipe(dtype=np.float32) for across in {m.mistake.across for m in made}}
    for steps in _BEGINNING:
        shown: set[Made] = set()
        for across, right in rights.items():
            expected = run([_begun(right, right, inside, steps)])[0]
            for lot in _lots(right, expected, [m for m in made if m.mistake.across == across]):
                begun = [(m, None if r is None else _begun(r, right, inside, steps)) for m, r in lot]
                possible = [(m, recipe) for m, recipe in begun if recipe is not None]
                computed = run([recipe for _, recipe in possible])
                shown |= {m for (m, _), y in zip(possible, computed, strict=True) if _clearly_apart(y, expected)}
        made = [m for m in made if m not in shown]
    return made


_BEGINNING = 1, 2  # steps: recurrent weights count from the second on, and cost most


def _begun(wrong: Recipe, right: Recipe, inside: bool, steps: int) -> Recipe | None:
    """The beginning of a recipe, in the numbers that are compared; None if it says nothing about them."""
    if isinstance(wrong, BidirectionalRecipe) and inside:
        parts = {name: _begun(part, right, inside, steps) for name, part in wrong.parts.items()}
        both = None not in parts.values()
        return wrong.but(parts=parts, merge=None, turned=False, order=right.order, after=()) if both else None
    if type(wrong) is not RecurrentRecipe:
        return None
    part = beginning(wrong, slice(1), steps)
    if part is None or inside:
        return None if part is None else part.but(record=part.equations.quantities, after=())
    output_only = (part.form, part.shown, part.after) != (right.form, right.shown, right.after)
    return None if output_only else part


def _clearly_apart(wrong: Outputs | None, right: Outputs) -> bool:
    """Whether some number differs by more than rounding, float32's own included."""
    if wrong is None:
        return False
    tolerance = TOLERANCES["float32"].times(_CLEARLY)
    return [a.shape for a in wrong] != [b.shape for b in right] or any(
        apart(a, b, tolerance).any() for a, b in zip(wrong, right, strict=True)
    )


_CLEARLY = 10  # times what a comparison allows


def _not_shown_by(few: Case | None, made: list[Made]) -> list[Made]:
    """Without the mistakes that a part of the input already shows: a few sequences, each independent of the others."""
    if few is None:
        return made
    right = few.recipe()
    (expected,) = run([right])
    alone = [m for m in made if not m.mistake.across]
    known = Roundings.of(few).outputs
    shown = {
        m
        for m, _, outputs in _computed(right, expected, alone)
        if outputs is not None and shows(outputs, expected, known)
    }
    return [m for m in made if m not in shown]


def adequate_example(layer: Any, seed: int = 0) -> Example:
    """Weights and inputs, masks and states included, that reveal every mistake that can be made in this layer.

    Args:
        layer: a built layer or stack, ours or Keras's; it keeps its own weights.

    Returns:
        An Example: x, mask, initial_state and weights, all random and all different;
        `layer.set_weights(example.weights); layer(example.x, **example.call)`.

    Raises:
        ValueError: no weights were found that reveal every mistake that can show at all.
    """
    layer = ours(layer)
    own = layer.get_weights()
    tried, progress = [], Line()
    try:
        for example in islice(examples(layer, seed), _TRIALS):
            progress(len(tried), _TRIALS, "examples tried")
            layer.set_weights(example.weights)
            report = adequacy(layer, example.x, example.mask, example.initial_state)
            if report:
                return example
            tried.append((example, [str(one.made) for one in report.missed]))
            if len(tried) == _ENOUGH and all(missed == tried[0][1] for _, missed in tried):
                break
    finally:
        layer.set_weights(own)
    never = set.intersection(*(set(missed) for _, missed in tried))
    example, missed = min(tried, key=lambda one: len(one[1]))
    if set(missed) != never:
        raise ValueError(f"no weights were found that reveal every mistake; not revealed: {', '.join(missed)}")
    return replace(example, unseen=tuple(missed))


_MOST_NUMBERS = 1 << 23  # of outputs that are held at once
_TRIALS, _ENOUGH = 20, 3
