"""An extra factor: dropout's scaling at inference, an input that was or was not scaled. The factor is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.doctor.families import Groups, Search, Situation, side_by_side, solved
from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake, Mutation, of_input
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    EmbeddingRecipe,
    GraphRecipe,
    Recipe,
    RecurrentRecipe,
    StackRecipe,
    inputs_of,
    with_input,
)

Array = np.ndarray

_STEPS = 8  # timesteps from which a factor is found
_EXACT = 2e-4  # a factor this close, relatively, to one that is known is that one


def _close(value: float, known: float) -> bool:
    return abs(value - known) <= _EXACT * max(abs(known), 1e-3)


# --- dropout ---------------------------------------------------------------------------------------------------------


def times(r: Any, factor: float, where: str) -> Recipe | None:
    """where: the "input" as the kernel sees it, the "recurrent" state as its kernel sees it, or the "output"."""
    if isinstance(r, EmbeddingRecipe):
        return r.but(table=factor * r.table) if where == "output" else None
    if where == "input":
        return r.but(kernel=factor * r.kernel)
    if where == "recurrent":
        return r.but(recurrent_kernel=factor * r.recurrent_kernel)
    if isinstance(r, RecurrentRecipe):
        return r.but(shown=(*r.shown, lambda y, c: factor * y))
    return r.then(lambda outputs: [factor * outputs[0], *outputs[1:]])


_RATES = (*(k / 20 for k in range(1, 20)), 1 / 3)  # the rates that people use
_SEEN = {"input": "The input", "recurrent": "The previous output, before the recurrent kernel,", "output": "The output"}


def dropout_scaling(situation: Situation) -> Groups:
    places = ["output"]
    if type(situation.layer).__name__ != "Embedding":
        places.append("input")
    if isinstance(situation.layer, Recurrent):
        places.append("recurrent")
    factors = yield from _solved(situation, [(partial(_times_this, where=where), [1.0]) for where in places])
    for where, factor in zip(places, factors, strict=True):
        if factor is None:
            continue
        for rate in _RATES:
            for known, words, id in (
                (1 - rate, f"multiplied by {1 - rate:.4g}, dropout's 1 - p", "times"),
                (1 / (1 - rate), f"divided by {1 - rate:.4g}, dropout's 1 - p", "divided"),
            ):
                if _close(factor[0], known):
                    yield [_dropout(where, rate, known, words, id)]


def _times_this(factor: Array, where: str) -> partial:
    return partial(times, factor=float(factor[0]), where=where)


def _dropout(where: str, rate: float, factor: float, words: str, id: str) -> Mistake:
    return Mistake(
        f"dropout-scaling:{where}-{id}-{1 - rate:.3g}",
        _KINDS,
        f"{_SEEN[where]} is {words} for p = {rate:.3g}. Keras scales in training only, not at inference.",
        "layer(x, training=False)   # nothing is dropped, and nothing is scaled",
        partial(times, factor=factor, where=where),
        versions="papers and libraries that scale at inference; exporters that keep the training graph",
        source="keras.layers.Dropout: inputs not set to 0 are scaled up by 1 / (1 - rate) in training",
        alone=True,
        parameters=1,
    )


# --- the input -------------------------------------------------------------------------------------------------------


def rescaled(r: Recipe, change: Callable[[Array], Array], which: int = 0) -> Recipe | None:
    """The same on another input: `change` of it, as the layer computes with it."""
    dtype = r.dtype if isinstance(r, StackRecipe) else None
    return with_input(r, lambda x, mask: (np.asarray(change(np.asarray(x, dtype))), mask), which)


def line(x: Array, factor: float, shift: float) -> Array:
    return factor * x + shift


def standardised(x: Array, axes: tuple[int, ...] | None) -> Array:
    spread = x.std(axis=axes, keepdims=True)
    return (x - x.mean(axis=axes, keepdims=True)) / np.where(spread == 0, 1, spread)


def centred(x: Array, axes: tuple[int, ...] | None) -> Array:
    return x - x.mean(axis=axes, keepdims=True)


def between_0_and_1(x: Array, axes: tuple[int, ...] | None) -> Array:
    low, high = x.min(axis=axes, keepdims=True), x.max(axis=axes, keepdims=True)
    return (x - low) / np.where(high == low, 1, high - low)


_BY_ITSELF = {
    "standardised": ("standardised (its mean subtracted, divided by its standard deviation", standardised),
    "centred": ("centred (its mean subtracted", centred),
    "minmax": ("scaled to 0…1 (by its smallest and largest number", between_0_and_1),
}
_KNOWN = {  # factor, shift: words
    (1 / 255, 0.0): "divided by 255", (255.0, 0.0): "multiplied by 255", (1 / 256, 0.0): "divided by 256",
    (1 / 127.5, -1.0): "scaled to -1…1, x / 127.5 - 1", (127.5, 127.5): "multiplied by 127.5, and 127.5 added",
    (2.0, -1.0): "rescaled from 0…1 to -1…1, 2 x - 1", (0.5, 0.5): "rescaled from -1…1 to 0…1, x / 2 + 0.5",
    (0.01, 0.0): "divided by 100", (100.0, 0.0): "multiplied by 100", (0.001, 0.0): "divided by 1000",
    (1000.0, 0.0): "multiplied by 1000", (-1.0, 0.0): "negated",
}  # fmt: skip


def input_scaled(situation: Situation) -> Groups:
    """Of the input of a layer, or of a chain."""
    base = situation.base.right_part(situation.place[0]) if isinstance(situation.base, GraphRecipe) else situation.base
    if isinstance(base, BidirectionalRecipe):
        base = next(iter(base.parts.values()))
    x = getattr(base, "x", None)
    yield from scaled(situation, 1 if x is None else x.ndim)


def scaled(situation: Situation, axes: int, which: int | None = None) -> Groups:
    """The usual scalings, then a factor and a shift that are solved for.

    axes: of the input. which: of a whole graph, the number of its input.
    """
    on_a_line = partial(_on_this_line, which=which or 0)
    solutions = yield from _solved(situation, [(on_a_line, [factor, 0.0]) for factor in (1.0, 0.1, 4.0)])
    found = next((p for p in solutions if p is not None), None)
    yield [
        _scaled(f"{id}-{where}", f"{words}, {said})", partial(change, axes=over), which, across=True)
        for id, (words, change) in _BY_ITSELF.items()
        for where, said, over in _over(axes)
    ]
    yield [
        _scaled(
            f"{factor:.4g}-x{shift:+.4g}".replace("+0", ""), words, partial(line, factor=factor, shift=shift), which
        )
        for (factor, shift), words in _KNOWN.items()
    ]
    if found is not None and _different_numbers(situation, which) > 3:
        factor, shift = map(_plain, found)
        words = [f"multiplied by {factor:.6g}"] if factor != 1 else []
        words += [f"shifted by {shift:.6g}"] if shift else []
        if words:
            id = f"{factor:.4g}-x{shift:+.4g}" if shift else f"{factor:.4g}-x"
            change = partial(line, factor=factor, shift=shift)
            yield [_scaled(id, " and ".join(words), change, which, parameters=2)]


def _different_numbers(situation: Situation, which: int | None) -> int:
    """In the input; any two numbers can be brought to any other two by a factor and a shift."""
    arrays = inputs_of(situation.base)
    return min(len(np.unique(x)) for x in (arrays if which is None else [arrays[which]]))


def _plain(value: float) -> float:
    """The number with four digits that this one is meant to be, if it is."""
    plain = float(f"{value:.4g}")
    return 0.0 if abs(value) < _EXACT / 10 else plain if abs(value - plain) <= 1e-5 * abs(plain) else float(value)


def _over(axes: int) -> list[tuple[str, str, tuple[int, ...] | None]]:
    """What a mean is taken over: everything, or all but the features."""
    found: list[tuple[str, str, tuple[int, ...] | None]] = [("whole", "over all of it", None)]
    if axes > 1:
        found.append(("features", "each feature by itself", tuple(range(axes - 1))))
    return found


def _scaled(
    id: str,
    words: str,
    change: Callable[[Array], Array],
    which: int | None,
    across: bool = False,
    parameters: int = 0,
) -> Mistake:
    reached = "this layer" if which is None else "the model"
    return Mistake(
        f"input-scaled:{id}" + of_input(which),
        _MADE_OF if which is None else ("Graph",),
        f"The input was {words}, before it reached {reached}; here it was not.",
        "y = layer(preprocess(x))   # the same preprocessing in both; once",
        partial(rescaled, change=change, which=which or 0),
        versions="preprocessing in one of two programs; Rescaling or Normalization in the model",
        source="keras.layers.Rescaling, Normalization",
        across=across,
        alone=True,
        parameters=parameters,
    )


def _on_this_line(parameters: Array, which: int) -> partial:
    factor, shift = map(float, parameters)
    return partial(rescaled, change=partial(line, factor=factor, shift=shift), which=which)


def _solved(situation: Situation, searches: list[tuple[Callable[[Array], Mutation], list[float]]]) -> Search:
    """The parameters that each search ends with, (mutation, start); None for one that ends nowhere."""
    if situation.right is None:
        return [None] * len(searches)
    beginning = situation.beginning(_STEPS).one_sequence()
    nudge = 1e-3 if isinstance(situation.base, GraphRecipe) else 1e-5  # in a graph, Keras may compute in float32
    found = yield from side_by_side(
        [solved(beginning, mutation, start, from_right=start[0] == 1, nudge=nudge) for mutation, start in searches]
    )
    return [p if p is not None and np.isfinite(p).all() else None for p in found]


def _reads_numbers(layer: Layer) -> bool:
    inner = getattr(layer, "layers", None)
    first = inner[0] if inner else layer
    return type(first).__name__ not in ("Embedding", "Masking")


_KINDS = ("Dense", "Embedding", *RECURRENT)
_MADE_OF = ("Dense", *RECURRENT, "Bidirectional", "Sequential")

CATALOGUE.add(
    Mistake(
        "dropout-scaling",
        _KINDS,
        "Dropout's scaling is left in at inference: a factor 1 - p, or 1 / (1 - p), on the input, on the output, or "
        "before the recurrent kernel. The doctor finds p.",
        "layer(x, training=False)   # nothing is dropped, and nothing is scaled",
        None,
        versions="papers and libraries that scale at inference; exporters that keep the training graph",
        source="keras.layers.Dropout: inputs not set to 0 are scaled up by 1 / (1 - rate) in training",
        family_of=dropout_scaling,
    )
)
CATALOGUE.add(
    Mistake(
        "input-scaled",
        _MADE_OF,
        "The input was scaled or shifted before the layer saw it, or was not and should have been. The doctor finds "
        "out how.",
        "y = layer(preprocess(x))   # the same preprocessing in both; once",
        None,
        condition=_reads_numbers,
        versions="preprocessing in one of two programs; Rescaling or Normalization in the model",
        source="keras.layers.Rescaling, Normalization",
        family_of=input_scaled,
    )
)
