"""A layer's computation for one input, laid out as parts that a mistake can replace: its recipe.

`recipe_of(layer, x)` is the right computation. A mistake makes another recipe of it, `recipe.but(kernel=...)`, and
`running.run` computes any number of recipes. Recipes compute in float64, so that what another result differs by is that
result's own rounding.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from lstm_edu.core import Activation, BatchNormalization, Dense, Embedding, Graph, Layer, Sequential, StackedRNN, checks
from lstm_edu.core.graph import Alteration, Reached, Recording
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.wrappers import Bidirectional, TimeDistributed
from lstm_edu.doctor.equations import Equations, equations_of, function_of

Array = np.ndarray
Outputs = list[Array]


@dataclass(frozen=True, eq=False, kw_only=True)
class Recipe:
    """What all recipes have. `after`: what is done to the outputs at the end, one function after another.

    closed: no other mistake can be made in it.
    """

    closed: ClassVar[bool] = False

    layer: Layer
    after: tuple[Callable[[Outputs], Outputs], ...] = ()

    def but(self, **changes: Any) -> Self:
        """The same with other parts. Like dataclasses.replace, but fast: it is called for every hypothesis."""
        own = vars(self)
        if not changes.keys() <= own.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(changes.keys() - own.keys())}")
        other = object.__new__(type(self))
        vars(other).update(own, **changes)
        return other

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
class ActivationRecipe(Recipe):
    """activation(x): x (..., F)."""

    x: Array
    activation: Callable[[Array], Array]

    def compute(self):
        return [self.activation(self.x)]


@dataclass(frozen=True, eq=False, kw_only=True)
class EmbeddingRecipe(Recipe):
    """table[ids]: ids (B, T) or any shape, table (vocabulary, D)."""

    x: Array
    table: Array

    def compute(self):
        return [self.table[self.x]]


@dataclass(frozen=True, eq=False, kw_only=True)
class NormalizationRecipe(Recipe):
    """gamma (x - mean) / root(variance, epsilon) + beta: x (..., F), all others (F,)."""

    x: Array
    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float
    root: Callable[[Array, float], Array]

    def compute(self):
        return [self.gamma * (self.x - self.mean) / self.root(self.variance, self.epsilon) + self.beta]


def root_of_sum(variance: Array, epsilon: float) -> Array:
    return np.sqrt(variance + epsilon)


@dataclass(frozen=True, eq=False, kw_only=True)
class PlainRecipe(Recipe):
    """A layer about which the catalogue has nothing, as it is."""

    x: Array
    mask: Array | None = None

    def compute(self):
        outputs = self.layer(self.x, mask=self.mask)
        return [np.asarray(a) for a in (outputs if isinstance(outputs, tuple) else (outputs,))]


@dataclass(frozen=True, eq=False, kw_only=True)
class HandedOn(Recipe):
    """Numbers that are there already, instead of a layer's outputs."""

    closed = True

    outputs: tuple[Array, ...]

    def compute(self) -> Outputs:
        return list(self.outputs)


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
        """The same layer on a changed (x, mask), both passed to `change` in the order of the input."""
        way = slice(None, None, -1 if self.backwards else 1)
        x, mask = change(self.x[:, way], None if self.mask is None else self.mask[:, way])
        return self.but(x=x[:, way], mask=None if mask is None else mask[:, way], **changes)


# --- layers made of layers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class BidirectionalRecipe(Recipe):
    """Two recurrent recipes on the same input, and how their outputs are joined.

    merge: "concat", "sum", "mul", "ave" or None. turned: whether the backward layer's sequence is reversed again.
    order: the names of the two, in the order in which outputs and states are joined.
    """

    parts: dict[str, RecurrentRecipe]
    merge: str | None
    turned: bool = True
    order: tuple[str, str] = ("forward", "backward")

    @property
    def form(self) -> Form:
        return self.parts["forward"].form


Change = Callable[[Recipe], Recipe | None]


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelRecipe(Recipe):
    """Several layers, each with a recipe that is made when its input is there.

    weights: layer's name -> its weights. form: what the last layer returns, instead of what its flags say.
    changes: layer's name -> what is done to its recipe, one function after another. exchanged: other weights, for some.
    """

    x: Any
    mask: Array | None
    weights: dict[str, list[Array]]
    form: Form | None
    dtype: np.dtype
    changes: dict[str, tuple[Change, ...]] = field(default_factory=dict)
    exchanged: dict[str, list[Array]] = field(default_factory=dict)

    def right_part(self, name: str) -> Recipe | None:
        """The recipe of one layer, without its changes, on what reaches it when none before it is changed; None if that
        is not known."""
        raise NotImplementedError

    def changed(self, name: str, recipe: Recipe | None) -> Recipe | None:
        """A layer's recipe with this model's changes of the layer; None where they cannot be made."""
        for change in self.changes.get(name, ()):
            recipe = None if recipe is None or recipe.closed else change(recipe)
        return recipe


@dataclass(frozen=True, eq=False, kw_only=True)
class StackRecipe(ModelRecipe):
    """Layers one after another. x: an array.

    starts: layer's name -> its initial states, for those that are given some.
    reached: what reaches each layer when none before it is changed; filled as it is computed, and shared by all recipes
        that are made from one.
    made: right recipes of layers, from which those for other inputs of the same shape are made; shared in the same way.
    """

    starts: dict[str, list[Array]] = field(default_factory=dict)
    reached: dict[str, tuple[Array, Array | None]] = field(default_factory=dict)
    made: dict[Any, Recipe] = field(default_factory=dict)

    def right_part(self, name: str) -> Recipe | None:
        return self.but(changes={}).recipe_for(name, *self.reached[name]) if name in self.reached else None

    def first_change(self) -> int:
        """The position of the first layer that is not as it should be; the number of layers if all are."""
        names = list(self.layer.inner)
        return min((names.index(name) for name in (*self.changes, *self.exchanged)), default=len(names))

    def recipe_for(self, name: str, x: Array, mask: Array | None) -> Recipe | None:
        """The recipe of one layer, its changes made; None if it cannot be made of this x."""
        layer, layers = self.layer.inner[name], self.layer.layers
        weights = self.exchanged.get(name, self.weights[name])
        form = self.form if layer is layers[-1] else None
        kind = name, x.shape, x.dtype, form, *map(id, weights)
        alike = self.made.get(kind)
        if alike is not None and mask is None:
            return self.changed(name, alike.but(x=x))
        try:
            first, start = layer is layers[0], self.starts.get(name)
            recipe = recipe_of(layer, x, mask, start, weights=weights, form=form, dtype=self.dtype, cast=first)
        except ValueError:  # the layer before passed on something of another shape
            return None
        if getattr(recipe, "x", None) is x and mask is None and not getattr(layer, "stateful", False):
            self.made[kind] = recipe
        return self.changed(name, recipe)


@dataclass(frozen=True, eq=False, kw_only=True)
class GraphRecipe(ModelRecipe):
    """Layers of ours in a model whose rest is computed by something else. x: a tuple, one array for each input.

    run: of the right recipe, from which all that are made of it go on; filled when it is computed.
    alteration: what is done to layers that are not ours; a recipe with one has a run of its own.
    """

    run: list[Recording] = field(default_factory=list)
    alteration: Alteration | None = None

    @property
    def batch(self) -> int:
        return len(self.x[0])

    def recipe_for(self, reached: Reached) -> Recipe | None:
        """The recipe of one layer, its changes made; None if it cannot be made of what reaches it."""
        layer, name = self.layer.inner[reached.name], reached.name
        weights, form = self.exchanged.get(name, self.weights[name]), self.form if layer is self.layer.end else None
        given = (reached.x, reached.mask, reached.initial_state)
        try:
            recipe = recipe_of(layer, *given, weights=weights, form=form, dtype=self.dtype)
        except ValueError:
            return None
        changed = self.changed(name, recipe)
        # Of a layer that is called several times: made in those calls in which it can be.
        return recipe if changed is None and len(self.calls(name)) > 1 else changed

    def calls(self, name: str) -> list[Reached]:
        """What reaches each call of a layer when none before it is changed, as far as that is known."""
        return [reached for run in self.run for reached in run.reached if reached.name == name]

    def right_part(self, name: str) -> Recipe | None:
        calls = self.calls(name)
        return self.but(changes={}).recipe_for(calls[0]) if calls else None


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
        form: what should be returned, instead of what the layer's flags say; recurrent layers only.
        dtype: what everything is computed in.
        cast: round x to the layer's own dtype first, as a call of the layer does.
    """
    if isinstance(layer, TimeDistributed):
        return recipe_of(layer.layer, x, mask, weights=weights, dtype=dtype, cast=cast).but(layer=layer)
    weights = [np.asarray(w, dtype) for w in (layer.weights if weights is None else weights)]
    if isinstance(layer, Sequential):
        return _stack_recipe(layer, x, mask, weights, form, dtype)
    if isinstance(layer, Graph):
        return _graph_recipe(layer, x, mask, weights, form, dtype)
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
    if isinstance(layer, Activation):
        return ActivationRecipe(layer=layer, x=_cast(layer, x, dtype, cast), activation=function_of(layer.activation))
    if isinstance(layer, BatchNormalization):
        gamma, beta, mean, variance = layer.in_full(weights)
        return NormalizationRecipe(
            layer=layer, x=_cast(layer, x, dtype, cast), gamma=gamma, beta=beta, mean=mean, variance=variance,
            epsilon=layer.epsilon, root=root_of_sum,
        )  # fmt: skip
    return PlainRecipe(layer=layer, x=np.asarray(x), mask=mask)


def _cast(layer: Layer, x: Any, dtype: Any, to_own_dtype: bool) -> Array:
    checked = layer.checked_input(x)
    return (checked if to_own_dtype else np.asarray(x)).astype(dtype, copy=False)


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
        x=x[:, way] if layer.go_backwards else x,
        mask=mask[:, way] if layer.go_backwards and mask is not None else mask,
        start=_start(layer, initial_state, len(x), dtype),
        kernel=weights[0],
        recurrent_kernel=weights[1],
        bias=bias,
        equations=equations,
        before=("carried",) * len(equations.states),
        masking=Masking(("carry",) * len(equations.states), layer.masked_output),
        form=form or Form(layer.return_sequences, layer.return_state),
        backwards=layer.go_backwards,
    )


def _start(layer: Recurrent, initial_state: Any, batch: int, dtype: Any) -> tuple[Array, ...]:
    states = tuple(s.astype(dtype) for s in layer.start_states(initial_state, batch))
    return tuple(_zeros(s.shape, s.dtype) if not s.any() else s for s in states)


@lru_cache(maxsize=32)
def _zeros(shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """The same array for all that start from zeros: what starts from one array is computed once."""
    zeros = np.zeros(shape, dtype)
    zeros.setflags(write=False)
    return zeros


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


def _graph_recipe(layer, x, mask, weights, form, dtype):
    for name, inner in layer.inner.items():
        if isinstance(inner, StackedRNN) and inner.return_state:
            raise ValueError(
                f"the catalogue of mistakes has nothing about stacked cells that pass on their states inside a model: "
                f"diagnose {name!r} by itself, on the input that le.verify recorded for it"
            )
    own = {name: part for name, (_, part) in zip(layer.inner, layer._split(weights), strict=True)}
    x = x if type(x) is tuple else layer.rest.inputs(x)
    return GraphRecipe(layer=layer, x=x, mask=mask, weights=own, form=form, dtype=np.dtype(dtype))


def inputs_of(r: Recipe) -> list[Array]:
    """What goes in, in the order of the input."""
    if isinstance(r, GraphRecipe):
        return list(r.x)
    if isinstance(r, BidirectionalRecipe):
        return inputs_of(r.parts["forward"])
    x = getattr(r, "x", None)
    if x is None:
        return []
    return [x[:, ::-1] if isinstance(r, RecurrentRecipe) and r.backwards else x]


InputChange = Callable[[Array, Array | None], tuple[Array, Array | None]]  # of x and the mask, in the input's order


def with_input(r: Recipe, change: InputChange, which: int = 0) -> Recipe | None:
    """The same recipe on another input. which: the number of the input, of a graph with several."""
    if isinstance(r, RecurrentRecipe):
        return r.reread(change)
    if isinstance(r, BidirectionalRecipe):
        return r.but(parts={name: part.reread(change) for name, part in r.parts.items()})
    if isinstance(r, StackRecipe):
        x, mask = change(r.x, r.mask)
        return r.but(x=x, mask=mask, reached={})
    if isinstance(r, GraphRecipe):
        x, mask = change(r.x[which], r.mask)
        return r.but(x=(*r.x[:which], x, *r.x[which + 1 :]), mask=mask, run=[])
    return r.but(x=change(r.x, None)[0]) if hasattr(r, "x") else None


def mapped(recipe: Recipe, function: Callable[[Array], Array]) -> Recipe:
    """The same recipe with other numbers: `function` of each array of floats in it."""

    def new(value):
        if isinstance(value, Recipe):
            return mapped(value, function)
        if isinstance(value, np.ndarray):
            return function(value) if value.dtype.kind == "f" else value
        if type(value) is tuple and value and isinstance(value[0], (np.ndarray, Recipe)):
            return tuple(map(new, value))
        return value

    if isinstance(recipe, BidirectionalRecipe):
        return recipe.but(parts={name: mapped(part, function) for name, part in recipe.parts.items()})
    if isinstance(recipe, ModelRecipe):
        own, exchanged = (
            {name: list(map(new, ws)) for name, ws in group.items()} for group in (recipe.weights, recipe.exchanged)
        )
        dtype = next((w.dtype for ws in own.values() for w in ws), recipe.dtype)
        afresh = {"run": []} if isinstance(recipe, GraphRecipe) else {"reached": {}, "made": {}}
        return recipe.but(x=new(recipe.x), weights=own, exchanged=exchanged, dtype=dtype, **afresh)
    names = [f.name for f in dataclasses.fields(recipe) if f.name not in ("layer", "after")]
    return recipe.but(**{name: new(getattr(recipe, name)) for name in names})
