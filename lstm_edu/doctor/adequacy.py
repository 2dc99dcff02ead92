"""What a comparison can see: which mistakes would have changed its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from lstm_edu.doctor import cards
from lstm_edu.doctor.case import FEW_ROWS, Case
from lstm_edu.doctor.comparing import same
from lstm_edu.doctor.equations import blocks
from lstm_edu.doctor.examples import Example, examples
from lstm_edu.doctor.mistake import Mistake
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    DenseRecipe,
    EmbeddingRecipe,
    Outputs,
    Recipe,
    RecurrentRecipe,
    StackRecipe,
    run,
)
from lstm_edu.doctor.search import Made, single_mistakes, with_mistakes
from lstm_edu.doctor.source import ours


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
    """

    caught: tuple[Made, ...]
    missed: tuple[Unseen, ...]
    outside: tuple[Unseen, ...]

    def __bool__(self) -> bool:
        return not self.missed

    @property
    def sentence(self) -> str:
        """The result in words."""
        n = len(self.caught) + len(self.missed)
        if not self.missed:
            return f"all {n} mistakes that could be made here would have been caught"
        reasons = "; ".join(f"{why}: {_names(some)}" for why, some in _by_reason(self.missed))
        return f"{len(self.caught)} of {n} mistakes would have been caught; not these, because {reasons}"

    def check(self) -> Adequacy:
        """The report itself if every mistake is caught. AssertionError with `sentence` if not."""
        if not self:
            raise AssertionError(self.sentence)
        return self

    @property
    def _title(self) -> str:
        n = len(self.caught) + len(self.missed)
        return f"{len(self.caught)} of {n} mistakes would have been caught by this comparison"

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [("✓ caught", str(len(self.caught)), "a number changes by more than rounding", _families(self.caught))]
        for sign, those in (("✗ not caught", self.missed), ("– cannot occur here", self.outside)):
            rows += [(sign, str(len(some)), why, _names(some)) for why, some in _by_reason(those)]
        return rows

    def __repr__(self) -> str:
        return cards.text_table(bool(self), self._title, _HEADER, self._rows())

    def _repr_html_(self) -> str:
        return cards.html_table(bool(self), self._title, _HEADER, self._rows())


_HEADER = ("result", "mistakes", "why", "which")


def _by_reason(unseen: tuple[Unseen, ...]) -> list[tuple[str, list[Unseen]]]:
    reasons: dict[str, list[Unseen]] = {}
    for one in unseen:
        reasons.setdefault(one.why, []).append(one)
    return list(reasons.items())


def _names(unseen: list[Unseen]) -> str:
    return ", ".join(dict.fromkeys(str(one.made) for one in unseen))


def _families(caught: tuple[Made, ...]) -> str:
    count: dict[str, int] = {}
    for made in caught:
        count[made.mistake.family] = count.get(made.mistake.family, 0) + 1
    return ", ".join(family + (f" ({n})" if n > 1 else "") for family, n in count.items())


def adequacy(layer: Any, x: Any, mask: Any = None, initial_state: Any = None) -> Adequacy:
    """Which mistakes a comparison of this layer, with its weights, on this input would have caught.

    Every mistake of the catalogue is made in the layer. It is caught if a number of the output changes by more than
    2e-6 + 2e-5 |y|, what `le.compare` allows for rounding, or if the output has another shape.

    Args:
        layer: a built layer or stack of this package, or a Keras layer or model. x, mask, initial_state: as for a call.

    Raises:
        ValueError, TypeError: as a call of the layer.
    """
    case = Case(ours(layer), np.asarray(x), mask, initial_state)
    made = single_mistakes(case.layer)
    right = case.recipe()
    (expected,) = run([right])
    shown = _shown_by_few(case, made)
    rest = [m for m in made if m not in shown]
    recipes = {m: with_mistakes(right, (m,)) for m in rest}
    possible = [m for m in rest if recipes[m] is not None]
    at_once = max(4, _MOST_NUMBERS // max(1, sum(y.size for y in expected)))
    missed, outside = [], [Unseen(m, _why_not_here(right, m.mistake)) for m in rest if recipes[m] is None]
    for k in range(0, len(possible), at_once):
        part = possible[k : k + at_once]
        for m, outputs in zip(part, run([recipes[m] for m in part]), strict=True):
            if outputs is None and isinstance(right, StackRecipe) and _impossible(right, recipes[m]):
                outside.append(Unseen(m, _why_not_here(right, m.mistake)))
            elif same(outputs, expected):
                missed.append(Unseen(m, _why_unseen(right, recipes[m], outputs, expected)))
    unseen = {one.made for one in (*missed, *outside)}
    caught = [m for m in made if m not in unseen]
    return Adequacy(tuple(caught), tuple(missed), tuple(outside))


def _shown_by_few(case: Case, made: Sequence[Made]) -> set[Made]:
    """Those mistakes that already a few sequences of the batch show, each sequence being by itself."""
    few = case.rows(range(FEW_ROWS))
    if few is None:
        return set()
    right = few.recipe()
    (expected,) = run([right])
    recipes = {m: with_mistakes(right, (m,)) for m in made if not m.mistake.across}
    possible = [m for m, recipe in recipes.items() if recipe is not None]
    outputs = run([recipes[m] for m in possible])
    return {m for m, wrong in zip(possible, outputs, strict=True) if wrong is not None and not same(wrong, expected)}


def adequate_example(layer: Any, seed: int = 0) -> Example:
    """Weights and inputs, masks and states included, on which every mistake shows that can be made in this layer.

    Args:
        layer: a built layer or stack, ours or Keras's; it keeps its own weights.

    Returns:
        An Example: x, mask, initial_state and weights, all random and all different;
        `layer.set_weights(example.weights); layer(example.x, **example.call)`.

    Raises:
        ValueError: no weights were found on which every mistake shows that can show at all.
    """
    layer = ours(layer)
    own = layer.get_weights()
    tried = []
    try:
        for example in islice(examples(layer, seed), _TRIALS):
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
        raise ValueError(f"no weights were found on which every mistake shows; not seen: {', '.join(missed)}")
    return replace(example, unseen=tuple(missed))


_MOST_NUMBERS = 1 << 23  # of outputs that are held at once
_TRIALS, _ENOUGH = 20, 3


# --- reasons --------------------------------------------------------------------------------------------------------


def _leaves(right: Recipe, wrong: Recipe) -> Iterator[tuple[Recipe, Recipe]]:
    """The recipes of the layers in which the mistake is, as they should be and as they are."""
    if isinstance(right, BidirectionalRecipe):
        for name, part in right.parts.items():
            if wrong.parts[name] is not part:
                yield part, wrong.parts[name]
    elif isinstance(right, StackRecipe):
        for name in wrong.changes:
            if name in right.reached:
                here = there = right.recipe_for(name, *right.reached[name])
                for change in wrong.changes[name]:
                    there = None if there is None else change(there)
                if there is not None:
                    yield from _leaves(here, there)
    else:
        yield right, wrong


def _impossible(right: StackRecipe, wrong: StackRecipe) -> bool:
    """Whether a layer's mistake cannot be made with what reaches that layer."""
    return any(name in right.reached and wrong.recipe_for(name, *right.reached[name]) is None for name in wrong.changes)


_NOT_HERE = {
    "mask-lost": "no mask is given",
    "masked-steps": "no mask is given",
    "cudnn-mask": "no mask is given",
    "h-c-swapped:returned": "no states are returned",
    "h-c-swapped": "no initial state is given",
    "state-not-carried": "no initial state is given",
    "bidirectional-order": "no initial state is given",
    "go-backwards-order": "only one step is returned",
    "return-last-vs-sequence": "every step is returned",
}


def _why_not_here(right: Recipe, mistake: Mistake) -> str:
    why = _NOT_HERE.get(mistake.id) or _NOT_HERE.get(mistake.family)
    return why or "the sizes of batch, time, features and units, or a given state, leave no room for it"


def _why_unseen(right: Recipe, wrong: Recipe, outputs: Outputs, expected: Outputs) -> str:
    for here, there in _leaves(right, wrong):
        reason = _reason(here, there)
        if reason:
            return reason
        if isinstance(right, StackRecipe) and not same(*run([here, there])):
            return "what it changes does not reach the output"
    most = max(
        (float(np.nanmax(np.abs(a - b), initial=0)) for a, b in zip(outputs, expected, strict=True)), default=0.0
    )
    return "it changes nothing here" if most == 0 else f"it changes no number by more than {most:.0e} here"


def _reason(here: Recipe, there: Recipe) -> str:
    """Why two recipes give the same numbers, from what was changed and yet stayed as it was."""
    if isinstance(here, DenseRecipe):
        if there.bias is not here.bias and np.array_equal(there.bias, here.bias):
            return "the bias is zero"
        return "the kernel is symmetric" if _unmoved(here, there, "kernel") else ""
    if isinstance(here, EmbeddingRecipe):
        return "no id 0 is looked up" if there.table is not here.table and not (here.x == 0).any() else ""
    if not isinstance(here, RecurrentRecipe):
        return ""
    if _unmoved(here, there, "kernel") and _unmoved(here, there, "recurrent_kernel"):
        return "the gates' blocks of the weights are equal"
    if _unmoved(here, there, "recurrent_kernel"):
        return "the blocks of the recurrent kernel are symmetric"
    if _unmoved(here, there, "bias"):
        return _about_biases(here)
    if there.start is not here.start and all(map(np.array_equal, here.start, there.start)):
        return "h0 equals c0"
    if here.mask is not None and here.mask.all() and (there.mask is not here.mask or there.masking != here.masking):
        return "no step is masked"
    if here.mask is not None and there.mask is not here.mask and np.array_equal(here.mask, there.mask):
        return "the mask is padded on the right only"
    if there.masking.shown == "state":
        return "no sequence begins with a masked step and a state that is not zero"
    if there.masking != here.masking:
        return "no masked step is seen in the output"
    if here.x.shape[1] == 1:
        return "there is only one timestep"
    return ""


def _unmoved(here: Any, there: Any, name: str) -> bool:
    old, new = getattr(here, name), getattr(there, name)
    return new is not old and np.array_equal(old, new)


def _about_biases(r: RecurrentRecipe) -> str:
    parts = dict(zip(r.gates, blocks(r.bias, len(r.gates)), strict=True))
    zero = [f"b_{gate}" for gate, b in parts.items() if not b.any()]
    if len(r.bias) == 2 and not zero:
        return "the two rows of the bias are equal, or one of them is zero"
    if len(zero) == len(parts):
        return "all biases are zero"
    if not zero:
        return "the biases of these gates are equal"
    listed = zero[0] if len(zero) == 1 else f"{', '.join(zero[:-1])} and {zero[-1]}"
    return f"{listed} {'is' if len(zero) == 1 else 'are all'} zero"
