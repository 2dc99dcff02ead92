"""Why a comparison cannot see a mistake: from what the mistake should have changed but did not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lstm_edu.comparison.tolerance import same
from lstm_edu.doctor.equations import blocks
from lstm_edu.doctor.mistake import Mistake
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    DenseRecipe,
    EmbeddingRecipe,
    ModelRecipe,
    Outputs,
    Recipe,
    RecurrentRecipe,
)
from lstm_edu.doctor.running import run


def leaves(right: Recipe, wrong: Recipe) -> Iterator[tuple[Recipe, Recipe]]:
    """The recipes of the layers in which the mistake is, as they should be and as they are."""
    if isinstance(right, BidirectionalRecipe):
        for name, part in right.parts.items():
            if wrong.parts[name] is not part:
                yield part, wrong.parts[name]
    elif isinstance(right, ModelRecipe):
        for name in wrong.changes:
            here = right.right_part(name)
            there = wrong.changed(name, here)
            if there is not None:
                yield from leaves(here, there)
    else:
        yield right, wrong


def impossible(right: ModelRecipe, wrong: ModelRecipe) -> bool:
    """Whether a layer's mistake cannot be made with what reaches that layer."""
    parts = ((name, right.right_part(name)) for name in wrong.changes)
    return any(part is not None and wrong.changed(name, part) is None for name, part in parts)


_NOT_HERE = {
    "mask-lost": "no mask is given",
    "masked-steps": "no mask is given",
    "masked-steps:initial-state": "no mask, or no initial state, is given",
    "cudnn-mask": "no mask is given",
    "h-c-swapped:returned": "no states are returned",
    "h-c-swapped": "no initial state is given",
    "state-not-carried": "no initial state is given",
    "stateful-carry:not-kept": "the layer starts from zeros",
    "h-n-view": "there is only one sequence",
    "flipped-along-the-batch": "there is only one sequence",
    "bidirectional-order": "no initial state is given",
    "go-backwards-order": "only one step is returned",
    "return-last-vs-sequence": "every step is returned",
}


_NOTHING = 1e-12  # float64 itself does not add up exactly
_NOT_SEEN = {"extra-activation:relu": "no output is negative"}


def why_not_here(mistake: Mistake) -> str:
    """The reason why a mistake cannot be made with an input."""
    why = _NOT_HERE.get(mistake.id) or _NOT_HERE.get(mistake.family)
    return why or "the sizes of batch, time, features and units, or a given state, leave no room for it"


def why_unseen(mistake: Mistake, right: Recipe, wrong: Recipe, outputs: Outputs, expected: Outputs) -> str:
    """The reason why a mistake leaves all numbers as they are."""
    if mistake.id in _NOT_SEEN:
        return _NOT_SEEN[mistake.id]
    for here, there in leaves(right, wrong):
        reason = _reason(here, there)
        if reason:
            return reason
        if isinstance(right, ModelRecipe) and not same(*run([here, there])):
            return "what it changes does not reach the output"
    most = max(
        (float(np.nanmax(np.abs(a - b), initial=0)) for a, b in zip(outputs, expected, strict=True)), default=0.0
    )
    return "it changes nothing here" if most < _NOTHING else f"it changes no number by more than {most:.0e} here"


def _reason(here: Recipe, there: Recipe) -> str:
    """Why two recipes give the same numbers, from what should have changed but did not."""
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
