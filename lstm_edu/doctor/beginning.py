"""The first steps of a few sequences: what they show, the whole shows too, and they are a hundred times as quick."""

from __future__ import annotations

from lstm_edu.doctor.recipes import RecurrentRecipe, unchanged


def beginning(recipe: RecurrentRecipe, rows: slice, steps: int) -> RecurrentRecipe | None:
    """The same computation of some sequences, ended after so many steps in processing order.

    Its mistakes are made already, so that it does to these sequences and steps what the whole does to them. None where
    the first steps depend on later ones: where everything is run more than once, or steps are put elsewhere.
    """
    if recipe.passes > 1 or recipe.folding.sequence is not unchanged or recipe.folding.steps is not unchanged:
        return None
    return recipe.but(
        x=recipe.x[rows, :steps],
        mask=None if recipe.mask is None else recipe.mask[rows, :steps],
        start=tuple(s[rows] for s in recipe.start),
    )
