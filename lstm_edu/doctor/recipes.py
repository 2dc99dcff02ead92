"""A layer's computation for one input, laid out as parts that a mistake can exchange: its recipe.

`recipe_of(layer, x)` is the right computation. A mistake makes another recipe of it, `recipe.but(kernel=...)`, and
`running.run` computes any number of recipes. Recipes compute in float64, so that what another result differs by is that
result's own rounding.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from lstm_edu.core import Dense, Embedding, Layer, Sequential, StackedRNN, checks
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.wrappers import Bidirectional, TimeDistributed
from lstm_edu.doctor.equations import Equations, equations_of, function_of

Array = np.ndarray
Outputs = list[Array]


@dataclass(frozen=True, eq=False, kw_only=True)
class Recipe:
    """What all recipes have. `after`: what is done to the outputs at the end, one function after another."""

    layer: Layer
    after: tuple[Callable[[Outputs], Outputs], ...] = ()

    def but(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)

    def then(self, function: Callable[[Outputs], Outputs]) -> Self:
        """The same, with one more thing done to the outputs."""
        return self.but(after=(*self.after, function))

    def finish(self, outputs: Outputs) -> Outputs:
        for function in self.after:
            outputs = function(outputs)
        return outputs

    def compute(self) -> Outputs:
        """The outputs, before anything is done to them `after`; layers without time only."""
        raise NotImplementedError


# --- layers without time --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class DenseRecipe(Recipe):
    """activation(x W + b): x (..., F), kernel (F, U), bias (U,)."""

    x: Array
    kernel: Array
    bias: Array
    activation: Callable[[Array], Array]

    def compute(self):
        return [self.activation(self.x @ self.kernel + self.bias)]


@dataclass(frozen=True, eq=False, kw_only=True)
class EmbeddingRecipe(Recipe):
    """table[ids]: ids (B, T) or any shape, table (vocabulary, D)."""

    x: Array
    table: Array

    def compute(self):
        return [self.table[self.x]]


@dataclass(frozen=True, eq=False, kw_only=True)
class PlainRecipe(Recipe):
    """A layer that the catalogue has nothing about, as it is."""

    x: Array
    mask: Array | None = None

    def compute(self):
        outputs = self.layer(self.x, mask=self.mask)
        return [np.asarray(a) for a in (outputs if isinstance(outputs, tuple) else (outputs,))]


# --- recurrent layers -----------------------------------------------------------------------------------------------


class Form(NamedTuple):
    """What is returned: every step's output or the last one's; and the final states too."""

    sequences: bool
    states: bool


class Masking(NamedTuple):
    """What happens at a masked step.

    states: for each state "carry" (the old one stays), "compute" (as if there were no mask) or "zero".
    shown: the output: "repeat" the previous one (zeros before the first) by showing the state that was kept, "held":
        the same where the state is not kept; "zero", the "state" h, or "fresh": the output as computed, although the
        state is not kept.
    """

    states: tuple[str, ...]
    shown: str


class Folding(NamedTuple):
    """How steps were put elsewhere, and how they are brought back.

    sequence: all computed steps -> the outputs (B, T, H). steps: all computed steps -> the steps whose last one is the
    last step.
    """

    sequence: Callable[[Array], Array]
    steps: Callable[[Array], Array]


def unchanged(array: Array) -> Array:
    return array


def last_step(sequence: Array) -> Array:
    return sequence[:, -1]


@dataclass(frozen=True, eq=False, kw_only=True)
class RecurrentRecipe(Recipe):
    """SimpleRNN, GRU or LSTM on one input, in processing order.

    x (B, T, F); mask (B, T) or None; start: the states before the first step, each (B, H).
    kernel (F, n H), recurrent_kernel (H, n H), bias (rows, n H): one row, two for a GRU (zeros if there is no bias).
    equations: of one step. before: for each state, what a step after the first finds: the one that the step before left
        ("carried"), "zero", or the "start".
    masking: see `Masking`. passes: how often the whole is run, each time from the states in which the last run ended.
    form: what is returned. record: the quantities of every step that are returned instead. shown: what is done to the
    outputs of all steps (outputs, cell states), before the last one is picked by `last`.
    backwards: whether the layer reads its input from the end.
    """

    x: Array
    mask: Array | None
    start: tuple[Array, ...]
    kernel: Array
    recurrent_kernel: Array
    bias: Array
    equations: Equations
    before: tuple[str, ...]
    masking: Masking
    form: Form
    backwards: bool
    passes: int = 1
    folding: Folding = Folding(unchanged, unchanged)
    shown: tuple[Callable[[Array, Array | None], Array], ...] = ()
    last: Callable[[Array], Array] = last_step
    record: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        return self.recurrent_kernel.shape[-2]

    @property
    def gates(self) -> str:
        return self.equations.gates

    def reread(self, change: Callable[[Array, Array | None], tuple[Array, Array | None]], **changes: Any) -> Self:
        """The same layer on a changed (x, mask), both handed to `change` in the order of the input."""
        way = slice(None, None, -1 if self.backwards else 1)
        x, mask = change(self.x[:, way], None if self.mask is None else self.mask[:, way])
        return self.but(x=x[:, way], mask=None if mask is None else mask[:, way], **changes)


# --- layers made of layers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class BidirectionalRecipe(Recipe):
    """Two recurrent recipes on the same input, and how their outputs are put together.

    merge: "concat", "sum", "mul", "ave" or None. turned: whether the way back's sequence is turned round again.
    order: the names of the two, in the order in which outputs and states are put together.
    """

    parts: dict[str, RecurrentRecipe]
    merge: str | None
    turned: bool = True
    order: tuple[str, str] = ("forward", "backward")

    @property
    def form(self) -> Form:
        return self.parts["forward"].form


@dataclass(frozen=True, eq=False, kw_only=True)
class StackRecipe(Recipe):
    """Layers one after another, each with a recipe that is made when its input is there.

    weights: layer's name -> its weights. starts: layer's name -> its initial states, for those that are given some.
    form: what the last layer returns, instead of what its flags say.
    changes: layer's name -> what is done to its recipe, one function after another. exchanged: other weights, for some.
    reached: what reaches each layer when none before it is changed; filled as it is computed, and shared by all recipes
        that are made from one.
    """

    x: Array
    mask: Array | None
    weights: dict[str, list[Array]]
    form: Form | None
    dtype: np.dtype
    starts: dict[str, list[Array]] = field(default_factory=dict)
    changes: dict[str, tuple[Callable[[Recipe], Recipe | None], ...]] = field(default_factory=dict)
    exchanged: dict[str, list[Array]] = field(default_factory=dict)
    reached: dict[str, tuple[Array, Array | None]] = field(default_factory=dict)

    def first_change(self) -> int:
        """The position of the first layer that is not as it should be; the number of layers if all are."""
        names = list(self.layer.inner)
        return min((names.index(name) for name in (*self.changes, *self.exchanged)), default=len(names))

    def recipe_for(self, name: str, x: Array, mask: Array | None) -> Recipe | None:
        """The recipe of one layer, its changes made; None if it cannot be made of this x."""
        layer, layers = self.layer.inner[name], self.layer.layers
        weights = self.exchanged.get(name, self.weights[name])
        form = self.form if layer is layers[-1] else None
        try:
            first, start = layer is layers[0], self.starts.get(name)
            recipe = recipe_of(layer, x, mask, start, weights=weights, form=form, dtype=self.dtype, cast=first)
        except ValueError:  # the layer before handed on something of another shape
            return None
        for change in self.changes.get(name, ()):
            recipe = None if recipe is None else change(recipe)
        return recipe


# --- from a layer to its recipe -------------------------------------------------------------------------------------


def recipe_of(
    layer: Layer,
    x: Any,
    mask: Any = None,
    initial_state: Any = None,
    *,
    weights: Sequence[Array] | None = None,
    form: Form | None = None,
    dtype: Any = np.float64,
    cast: bool = True,
) -> Recipe:
    """The right computation of a built layer for one input.

    Args:
        x, mask, initial_state: as for a call of the layer, which checks them.
        weights: in get_weights() order, instead of the layer's own.
        form: what shall be returned, instead of what the layer's flags say; recurrent layers only.
        dtype: what everything is computed in.
        cast: round x to the layer's own dtype first, as a call of the layer does.
    """
    if isinstance(layer, TimeDistributed):
        return recipe_of(layer.layer, x, mask, weights=weights, dtype=dtype, cast=cast).but(layer=layer)
    weights = [np.asarray(w, dtype) for w in (layer.weights if weights is None else weights)]
    if isinstance(layer, Sequential):
        return _stack_recipe(layer, x, mask, weights, form, dtype)
    if isinstance(layer, StackedRNN):
        way = slice(None, None, -1 if layer.go_backwards else 1)
        x, mask = layer.cells[0].checked_input(x), checks.mask(mask, *np.shape(x)[:2], layer._label)
        starts = {} if initial_state is None else dict(zip(layer.inner, layer.starts(initial_state), strict=True))
        form = form or Form(layer.return_sequences, layer.return_state)
        stack = _stack_recipe(layer, x[:, way], None if mask is None else mask[:, way], weights, form, dtype)
        return stack.but(starts=starts)
    if isinstance(layer, Bidirectional):
        if isinstance(layer.forward_layer, StackedRNN):
            raise ValueError("the catalogue of mistakes has nothing about Bidirectional layers around stacked cells")
        return _bidirectional_recipe(layer, x, mask, initial_state, weights, form, dtype, cast)
    if isinstance(layer, Recurrent) and type(layer).__name__ in ("SimpleRNN", "GRU", "LSTM"):
        return _recurrent_recipe(layer, x, mask, initial_state, weights, form, dtype, cast)
    if isinstance(layer, Recurrent):
        raise ValueError(f"the catalogue of mistakes has nothing about {type(layer).__name__} layers")
    if isinstance(layer, Embedding):
        return EmbeddingRecipe(layer=layer, x=layer._ids(x), table=weights[0])
    if isinstance(layer, Dense):
        bias = weights[1] if layer.use_bias else np.zeros(layer.units, dtype)
        x = _cast(layer, x, dtype, cast)
        return DenseRecipe(layer=layer, x=x, kernel=weights[0], bias=bias, activation=function_of(layer.activation))
    return PlainRecipe(layer=layer, x=np.asarray(x), mask=mask)


def _cast(layer: Layer, x: Any, dtype: Any, to_own_dtype: bool) -> Array:
    checked = layer.checked_input(x)
    return (checked if to_own_dtype else np.asarray(x)).astype(dtype)


def _recurrent_recipe(layer, x, mask, initial_state, weights, form, dtype, cast):
    x = _cast(layer, x, dtype, cast)
    mask = checks.mask(mask, *x.shape[:2], layer._label)
    way = slice(None, None, -1 if layer.go_backwards else 1)
    equations = equations_of(layer)
    width = weights[0].shape[1]
    bias = weights[2] if layer.use_bias else np.zeros(width, dtype)
    bias = bias.reshape(-1, width)
    if type(layer).__name__ == "GRU" and len(bias) == 1:
        bias = np.concatenate([bias, np.zeros_like(bias)])  # reset_after=False: nothing on the recurrent side
    return RecurrentRecipe(
        layer=layer,
        x=x[:, way],
        mask=None if mask is None else mask[:, way],
        start=tuple(s.astype(dtype) for s in layer.start_states(initial_state, len(x))),
        kernel=weights[0],
        recurrent_kernel=weights[1],
        bias=bias,
        equations=equations,
        before=("carried",) * len(equations.states),
        masking=Masking(("carry",) * len(equations.states), "zero" if layer.zero_output_for_mask else "repeat"),
        form=form or Form(layer.return_sequences, layer.return_state),
        backwards=layer.go_backwards,
    )


def _bidirectional_recipe(layer, x, mask, initial_state, weights, form, dtype, cast):
    halves = [None, None] if initial_state is None else layer._halves(initial_state)
    n = len(layer.forward_layer.weights)
    parts = {
        name: recipe_of(inner, x, mask, state, weights=own, form=form, dtype=dtype, cast=cast)
        for (name, inner), state, own in zip(layer.inner.items(), halves, (weights[:n], weights[n:]), strict=True)
    }
    return BidirectionalRecipe(layer=layer, parts=parts, merge=layer.merge_mode)


def _stack_recipe(layer, x, mask, weights, form, dtype):
    own = {name: part for name, (_, part) in zip(layer.inner, layer._split(weights), strict=True)}
    return StackRecipe(layer=layer, x=np.asarray(x), mask=mask, weights=own, form=form, dtype=np.dtype(dtype))


def mapped(recipe: Recipe, function: Callable[[Array], Array]) -> Recipe:
    """The same recipe with other numbers: `function` of each array of floats in it."""

    def new(value):
        if isinstance(value, np.ndarray):
            return function(value) if value.dtype.kind == "f" else value
        if type(value) is tuple and value and isinstance(value[0], np.ndarray):
            return tuple(map(new, value))
        return value

    if isinstance(recipe, BidirectionalRecipe):
        return recipe.but(parts={name: mapped(part, function) for name, part in recipe.parts.items()})
    if isinstance(recipe, StackRecipe):
        own, exchanged = (
            {name: list(map(new, ws)) for name, ws in group.items()} for group in (recipe.weights, recipe.exchanged)
        )
        dtype = next((w.dtype for ws in own.values() for w in ws), recipe.dtype)
        return recipe.but(x=new(recipe.x), weights=own, exchanged=exchanged, dtype=dtype, reached={})
    names = [f.name for f in dataclasses.fields(recipe) if f.name not in ("layer", "after")]
    return recipe.but(**{name: new(getattr(recipe, name)) for name in names})
