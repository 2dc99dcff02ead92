"""A layer and an input to it: what is asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lstm_edu.core import Graph, Layer
from lstm_edu.doctor.observed import Observed, observe
from lstm_edu.doctor.recipes import Form, GraphRecipe, Recipe, recipe_of
from lstm_edu.doctor.running import run

Array = np.ndarray
FEW_ROWS = 2  # sequences that are checked first, where the mistake does not mix them


@dataclass(frozen=True)
class Case:
    """A layer and one input to it. x: an array; for a Graph a tuple, one array for each input."""

    layer: Layer
    x: Any
    mask: Any = None
    initial_state: Any = None
    weights: Sequence[Array] | None = None  # if not the layer's own

    @classmethod
    def asked(cls, layer: Layer, x: Any, mask: Any = None, initial_state: Any = None) -> Case:
        """What the user asks: x as for a call of the layer."""
        if not isinstance(layer, Graph):
            return cls(layer, np.asarray(x), mask, initial_state)
        if initial_state is not None:
            raise ValueError(f"the model {layer.name!r} takes no initial_state: its layers find their own")
        return cls(layer, layer.rest.inputs(x), mask)

    @property
    def inputs(self) -> tuple[Array, ...]:
        """One array for each input."""
        return self.x if isinstance(self.x, tuple) else (self.x,)

    @property
    def batch(self) -> int:
        return len(self.inputs[0])

    def with_inputs(self, change: Callable[[Array], Array], **changes: Any) -> Case:
        """The same with other inputs: `change` of each."""
        return replace(self, x=tuple(map(change, self.x)) if isinstance(self.x, tuple) else change(self.x), **changes)

    @property
    def given(self) -> Any:
        """x as a call takes it: an array, or a list of several."""
        return self.inputs[0] if len(self.inputs) == 1 else list(self.inputs)

    def recipe(self, form: Form | None = None, dtype: Any = np.float64) -> Recipe:
        return recipe_of(
            self.layer, self.x, self.mask, self.initial_state, weights=self.weights, form=form, dtype=dtype
        )

    @cached_property
    def separable(self) -> bool:
        """Whether each sequence is computed by itself. What computes the rest of a graph may mix them."""
        if not isinstance(self.layer, Graph):
            return True
        recipe = self.recipe()
        assert isinstance(recipe, GraphRecipe)
        run([recipe])
        return recipe.run[0].separable

    def rows(self, which: Sequence[int]) -> Case | None:
        """Only some of the sequences; None if there are no others, or where a layer keeps a state for each."""
        if self.batch <= len(which) or keeps_states(self.layer) or not self.separable:
            return None
        which, start = list(which), self.initial_state
        if start is not None:
            start = start[which] if isinstance(start, np.ndarray) else [np.asarray(s)[which] for s in start]
        mask = None if self.mask is None else np.asarray(self.mask)[which]
        return self.with_inputs(lambda x: x[which], mask=mask, initial_state=start)

    def steps(self, n: int) -> Case:
        """Only the first n timesteps; for layers that go through time."""
        mask = None if self.mask is None else np.asarray(self.mask)[:, :n]
        return self.with_inputs(lambda x: x[:, :n], mask=mask)

    def observe(self, theirs: Any) -> Observed:
        shape = np.shape(self.inputs[0])
        return observe(theirs, self.layer, shape[0], shape[1] if len(shape) > 1 else None)


def keeps_states(layer: Layer) -> bool:
    return bool(getattr(layer, "stateful", False)) or any(map(keeps_states, getattr(layer, "inner", {}).values()))
