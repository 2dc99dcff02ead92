"""Hypotheses: the mistakes of the catalogue, each at a place of the layer, alone or two together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.doctor.mistake import CATALOGUE, Mistake, Place, mutated
from lstm_edu.doctor.recipes import Recipe


class Made(NamedTuple):
    """A mistake made at a place in the layer."""

    mistake: Mistake
    place: Place

    def within(self, name: str) -> Made:
        """The same in a layer of that name in a model; a single layer has none."""
        return Made(self.mistake, (name, *self.place)) if name else self

    def __str__(self) -> str:
        return self.mistake.id + (f" in {'/'.join(self.place)}" if self.place else "")


Hypothesis = tuple[Made, ...]


def single_mistakes(layer: Layer, rounding: bool = False) -> list[Made]:
    """Every single mistake of the catalogue at every place of the layer where it can be made; families are searched
    by `Search.families`."""
    return [
        Made(m, place) for m in CATALOGUE if m.rounding == rounding and m.family_of is None for place in m.places(layer)
    ]


def with_mistakes(right: Recipe, hypothesis: Iterable[Made]) -> Recipe | None:
    """The right recipe with the mistakes, made one after another; None where that is not possible."""
    recipe: Recipe | None = right
    for mistake, place in hypothesis:
        try:
            with np.errstate(all="ignore"):
                recipe = None if recipe is None else mutated(recipe, mistake, place)
        except (ValueError, IndexError):  # the mistakes before left something in which this one cannot be made
            return None
    return recipe


def compatible(a: Made, b: Made) -> bool:
    """Whether two mistakes make a pair worth trying: in the same layer of a stack; not in one direction of two only."""
    if _one_way(a) or _one_way(b):
        return False
    return not a.place or not b.place or a.place[0] == b.place[0]


def _one_way(made: Made) -> bool:
    return made.place[-1:] in (("forward",), ("backward",))
