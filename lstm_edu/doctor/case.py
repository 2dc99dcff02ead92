"""A layer and an input to it: what is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.doctor.observed import Observed, observe
from lstm_edu.doctor.recipes import Form, Recipe, recipe_of

Array = np.ndarray
FEW_ROWS = 2  # sequences that are looked at first, where the mistake does not mix them


@dataclass(frozen=True)
class Case:
    """A layer and one input to it."""

    layer: Layer
    x: Array
    mask: Any = None
    initial_state: Any = None
    weights: Sequence[Array] | None = None  # if not the layer's own

    def recipe(self, form: Form | None = None, dtype: Any = np.float64) -> Recipe:
        return recipe_of(
            self.layer, self.x, self.mask, self.initial_state, weights=self.weights, form=form, dtype=dtype
        )

    def rows(self, which: Sequence[int]) -> Case | None:
        """Some sequences only; None where that is all there are, or where a layer keeps a state for each."""
        if len(self.x) <= len(which) or keeps_states(self.layer):
            return None
        which, start = list(which), self.initial_state
        if start is not None:
            start = start[which] if isinstance(start, np.ndarray) else [np.asarray(s)[which] for s in start]
        mask = None if self.mask is None else np.asarray(self.mask)[which]
        return replace(self, x=self.x[which], mask=mask, initial_state=start)

    def steps(self, n: int) -> Case:
        """The first n timesteps only; for layers that go through time."""
        return replace(self, x=self.x[:, :n], mask=None if self.mask is None else np.asarray(self.mask)[:, :n])

    def observe(self, theirs: Any) -> Observed:
        shape = np.shape(self.x)
        return observe(theirs, self.layer, shape[0], shape[1] if len(shape) > 1 else None)


def keeps_states(layer: Layer) -> bool:
    return bool(getattr(layer, "stateful", False)) or any(map(keeps_states, getattr(layer, "inner", {}).values()))
