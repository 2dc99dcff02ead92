"""What the user brings: numbers in one of many forms, read as outputs of a layer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lstm_edu.core import Graph, Layer, Sequential, StackedRNN, checks
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.wrappers import Bidirectional
from lstm_edu.doctor.precision import Precision, precision_of
from lstm_edu.doctor.recipes import Form, Outputs, Recipe, RecurrentRecipe
from lstm_edu.trace import Trace

Array = np.ndarray


@dataclass(frozen=True)
class Observed:
    """Observed outputs of a layer, in float64.

    names: of the arrays: "output", then the states; or recorded quantities ("i", "c").
    form: the form that they have, for a layer that can return several; None for other layers.
    record: the quantities, if these were given instead of outputs.
    states_only: the states were given without the output.
    """

    arrays: tuple[Array, ...]
    names: tuple[str, ...]
    precision: Precision
    form: Form | None = None
    record: tuple[str, ...] = ()
    states_only: bool = False

    @property
    def size(self) -> int:
        return sum(a.size for a in self.arrays)

    @cached_property
    def reaches(self) -> list[float]:
        """For each array, how far off a computed number may be that is worth a closer look."""
        coarse = 0.05 if self.precision.coarse else 2e-3
        half = max(float(h.max(initial=0)) for h in self.precision.half)
        return [coarse * float(np.nanmax(np.abs(a), initial=0)) + 2 * half for a in self.arrays]

    def in_this_form(self, recipe: Recipe) -> Recipe:
        """The recipe, returning what was given."""
        if self.record:
            assert isinstance(recipe, RecurrentRecipe)
            return recipe.but(record=self.record)
        return recipe.then(lambda outputs: outputs[1:]) if self.states_only else recipe

    def rows(self, which: Sequence[int], batch: int) -> Observed | None:
        """Some of `batch` sequences; None if the arrays are not one row per sequence."""
        if any(a.shape[:1] != (batch,) for a in self.arrays):
            return None
        which = list(which)
        precision = replace(self.precision, half=tuple(h[which] for h in self.precision.half))
        return replace(self, arrays=tuple(a[which] for a in self.arrays), precision=precision)

    def fits(self, outputs: Outputs) -> bool:
        return [a.shape for a in self.arrays] == [y.shape for y in outputs]


# Layers that go through time, and return all of it or its end.
TIMED = (Recurrent, Bidirectional, StackedRNN)


def last_layer(layer: Layer) -> Layer:
    """The layer whose flags say in which form the outputs come."""
    if isinstance(layer, Sequential):
        return last_layer(layer.layers[-1])
    return layer.end if isinstance(layer, Graph) and layer.end is not None else layer


def observe(theirs: Any, layer: Layer, batch: int, timesteps: int | None) -> Observed:
    """Read what was given as outputs of `layer`.

    Args:
        theirs: an array, nested lists, text with numbers, a list of arrays (output and states), or quantities by name:
            a dict, an LSTMStep, a Trace.
        batch, timesteps: of the layer's input; timesteps is None for layers without time.

    Raises:
        TypeError, ValueError: no numbers, or none of these forms.
    """
    if isinstance(layer, Graph):
        theirs = _in_order(theirs, layer)
    named = _by_name(theirs)
    if named is not None:
        return _quantities(named, layer, timesteps)
    raw = [_array(a) for a in _arrays(theirs)]
    if len(raw) == 1 and isinstance(theirs, (list, tuple)) and _are_several(len(theirs), layer, batch):
        raw = [_array(a) for a in theirs]  # output and states, each written as lists
    if batch == 1 and _lacks_batch(raw[0], layer, timesteps):
        raw = [a[None] for a in raw]
    arrays = tuple(a.astype(np.float64) for a in raw)
    if not all(a.size for a in arrays):
        raise ValueError("diagnose: the output is empty, so there is nothing to explain")
    precision = precision_of(arrays, [a.dtype for a in raw])
    end = last_layer(layer)
    if not isinstance(end, TIMED):
        own = end.rest.outputs if isinstance(end, Graph) else ("output",)
        if len(arrays) != len(own):
            many = f"{len(own)} arrays ({', '.join(own)})" if len(own) > 1 else "one array"
            raise ValueError(
                f"diagnose: {end.name if own[1:] else type(end).__name__} returns {many}, got {len(arrays)}"
            )
        return Observed(arrays, own, precision)
    outputs, states = _counts(end)
    n = len(arrays)
    if n not in (outputs, outputs + len(states), len(states)):
        raise ValueError(
            f"diagnose: {type(end).__name__} returns {outputs} array(s), or {outputs + len(states)} with its states "
            f"({', '.join(states)}), got {n}"
        )
    only_states = n == len(states) and n != outputs and n != outputs + len(states)
    names = [*["output", "output of the backward layer"][:outputs], *(f"state {s}" for s in states)]
    return Observed(
        arrays,
        tuple(names[outputs:] if only_states else names[:n]),
        precision,
        Form(sequences=not only_states and arrays[0].ndim == 3, states=n != outputs),
        states_only=only_states,
    )


def _in_order(theirs: Any, graph: Graph) -> Any:
    """The outputs of a model that returns several, by their names, as a list."""
    names = [name.removeprefix("output ").strip("'") for name in graph.rest.outputs]
    if isinstance(theirs, Mapping) and set(theirs) == set(names):
        theirs = [theirs[name] for name in names]
    several = len(names) > 1 and isinstance(theirs, (list, tuple)) and len(theirs) == len(names)
    return [np.asarray(one) for one in theirs] if several else theirs


def _are_several(n: int, layer: Layer, batch: int) -> bool:
    end = last_layer(layer)
    if not isinstance(end, TIMED):
        return False
    outputs, states = _counts(end)
    return n != batch and n in (outputs + len(states), len(states)) and n > 1


def _counts(layer: Layer) -> tuple[int, list[str]]:
    """How many outputs, and the names of the states; of stacked cells only the output is checked."""
    if isinstance(layer, StackedRNN):
        return 1, []
    if isinstance(layer, Bidirectional):
        states = [f"{s} {way}" for way, inner in layer.inner.items() for s in inner.state_names]
        return (2 if layer.merge_mode is None else 1), states
    return 1, list(getattr(layer, "state_names", ()))


def _lacks_batch(a: Array, layer: Layer, timesteps: int | None) -> bool:
    """(T, H) or (H,), for a single sequence."""
    recurrent = isinstance(last_layer(layer), TIMED)
    return a.ndim == 1 or (recurrent and a.ndim == 2 and a.shape[0] == timesteps != 1)


def _by_name(theirs: Any) -> dict[str, Any] | None:
    if isinstance(theirs, Trace):
        return {name: theirs[name] for name in theirs.names}
    if isinstance(theirs, Mapping):
        return dict(theirs)
    return theirs._asdict() if hasattr(theirs, "_asdict") else None


def _quantities(named: dict[str, Any], layer: Layer, timesteps: int | None) -> Observed:
    known = [name for name in layer.quantities if name in named and name != "x"]
    unknown = sorted(set(named) - set(layer.quantities))
    if unknown or not known or not isinstance(layer, Recurrent):
        raise ValueError(
            f"diagnose: quantities by name must be some of {', '.join(layer.quantities)}, as {type(layer).__name__}'s "
            f"trace has them, got {', '.join(map(str, named))}"
        )
    raw = [_array(named[name]) for name in known]
    raw = [a[:, None] if a.ndim == 2 and timesteps == 1 else a for a in raw]
    arrays = tuple(a.astype(np.float64) for a in raw)
    return Observed(arrays, tuple(known), precision_of(arrays, [a.dtype for a in raw]), record=tuple(known))


def _arrays(theirs: Any) -> list[Any]:
    if isinstance(theirs, str):
        return [numbers_in(theirs)]
    if isinstance(theirs, (tuple, list)) and theirs and all(np.ndim(a) > 0 and not _rows(a) for a in theirs):
        return list(theirs)
    return [theirs]


def _rows(value: Any) -> bool:
    """A row of one array written as lists, rather than a separate array."""
    return isinstance(value, (list, tuple))


def _array(value: Any) -> Array:
    if hasattr(value, "detach"):  # a PyTorch tensor
        value = value.detach().cpu()
    array = checks.numbers(value, "the output", "diagnose")
    return array.astype(np.float64) if array.dtype.kind in "iub" else array


_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)", re.IGNORECASE)


def numbers_in(text: str) -> Array:
    """The array that a page shows: "[[0.1 0.2]\\n [0.3 0.4]]", with or without commas and brackets.

    ValueError for text without numbers, or whose rows have different lengths.
    """
    body = text[text.index("[") : text.rindex("]") + 1] if "[" in text and "]" in text else f"[{text}]"
    tokens = re.findall(rf"[\[\]]|{_NUMBER.pattern}", body, re.IGNORECASE)
    stack: list[list] = [[]]
    for token in tokens:
        if token == "[":
            stack.append([])
        elif token == "]":
            inner = stack.pop()
            if not stack:
                raise ValueError("diagnose: the brackets of the text do not match")
            stack[-1].append(inner)
        else:
            stack[-1].append(float(token))
    if len(stack) != 1 or not stack[0]:
        raise ValueError("diagnose: the text holds no array of numbers, or its brackets do not match")
    try:
        array = np.array(stack[0][0] if len(stack[0]) == 1 else stack[0], dtype=np.float64)
    except ValueError as error:
        raise ValueError("diagnose: the rows of the text have different lengths") from error
    if not array.size:
        raise ValueError("diagnose: the text holds no numbers")
    return array
