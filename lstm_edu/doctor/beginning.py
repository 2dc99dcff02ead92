"""A part of a computation whose mistakes have already been made: the first steps, or some of the sequences.

Whatever they show, the whole shows too, and they are a hundred times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    DenseRecipe,
    HandedOn,
    Recipe,
    RecurrentRecipe,
    StackRecipe,
    unchanged,
)
from lstm_edu.doctor.running import run


def beginning(recipe: RecurrentRecipe, rows: slice, steps: int) -> RecurrentRecipe | None:
    """The same computation of some sequences, ended after so many steps in processing order.

    Its mistakes have already been made, so it does to these sequences and steps what the whole does. None where
    the first steps depend on later ones: where everything is run more than once, or steps are put elsewhere.
    """
    if recipe.passes > 1 or recipe.folding.sequence is not unchanged or recipe.folding.steps is not unchanged:
        return None
    return recipe.but(
        x=recipe.x[rows, :steps],
        mask=None if recipe.mask is None else recipe.mask[rows, :steps],
        start=tuple(s[rows] for s in recipe.start),
    )


def some_rows(wrong: Recipe, right: Recipe, few: Recipe | None, rows: Sequence[int]) -> Recipe | None:
    """Some sequences of a recipe in which a mistake was made that mixes sequences; None where it may mix them in
    anything but an input, as it does not in `right`.

    few: the right recipe of these sequences; a stack is made of it. right: that of all.
    """
    rows = list(rows)
    if type(wrong) is not type(right) or wrong.after != right.after:
        return None
    if isinstance(wrong, BidirectionalRecipe) and isinstance(right, BidirectionalRecipe):
        parts = {name: some_rows(part, right.parts[name], None, rows) for name, part in wrong.parts.items()}
        alike = (wrong.merge, wrong.turned, wrong.order) == (right.merge, right.turned, right.order)
        return wrong.but(parts=parts) if alike and None not in parts.values() else None
    if isinstance(wrong, StackRecipe) and isinstance(right, StackRecipe) and isinstance(few, StackRecipe):
        return _rows_of_stack(wrong, right, few, rows)
    if isinstance(wrong, DenseRecipe) and isinstance(right, DenseRecipe):
        alike = wrong.activation is right.activation and wrong.x.shape == right.x.shape
        return wrong.but(x=wrong.x[rows]) if alike else None
    if not isinstance(wrong, RecurrentRecipe) or not isinstance(right, RecurrentRecipe):
        return None
    if wrong.x.shape != right.x.shape or any(getattr(wrong, name) != getattr(right, name) for name in _MAY_MIX):
        return None
    mask = None if wrong.mask is None else wrong.mask[rows]
    return wrong.but(x=wrong.x[rows], mask=mask, start=tuple(s[rows] for s in wrong.start))


def _rows_of_stack(wrong: StackRecipe, right: StackRecipe, few: StackRecipe, rows: list[int]) -> Recipe | None:
    """The same of a stack: its input is another, or one of its layers."""
    if wrong.exchanged or wrong.starts or len(wrong.changes) > 1 or len(wrong.x) != len(right.x):
        return None
    if wrong.x is not right.x:
        mask = None if wrong.mask is None else wrong.mask[rows]
        return None if wrong.changes else few.but(x=wrong.x[rows], mask=mask, reached={})
    for name in wrong.changes:
        if name not in right.reached:
            run([right])
        here = right.right_part(name)
        there = wrong.changed(name, here)
        if here is None or there is None:
            return None
        own = some_rows(there, here, None, rows) or _rows_of_outputs(there, here, rows)
        return None if own is None else few.but(changes={name: (partial(_instead, own),)})
    return None


def _rows_of_outputs(wrong: Recipe, right: Recipe, rows: list[int]) -> Recipe | None:
    """What the recipe returns for these sequences: the layers after it need no more. None where it takes other steps
    than it should: of many more, the first ones may be enough."""
    there, here = (np.shape(getattr(r, "x", ()))[:2] for r in (wrong, right))
    (outputs,) = run([wrong]) if here and there == here else (None,)
    if outputs is None or any(len(a) != here[0] for a in outputs):
        return None
    return HandedOn(layer=wrong.layer, outputs=tuple(a[rows] for a in outputs))


def _instead(own: Recipe, right: Recipe) -> Recipe:
    return own


_MAY_MIX = ("equations", "shown", "last", "folding")
