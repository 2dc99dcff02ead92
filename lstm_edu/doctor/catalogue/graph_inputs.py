"""The inputs of a model of any shape: swapped, reversed, reshaped, scaled, their columns in another order.

What goes straight into a layer of ours is that layer's matter, and the other entries have it. Here are the inputs that
Keras computes with first, such as a convolution's.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations, permutations

import numpy as np

from lstm_edu.doctor.catalogue.inputs import (
    columns_in,
    features_by_reshape,
    features_first_buffer,
    with_exchanged,
)
from lstm_edu.doctor.catalogue.scales import scaled
from lstm_edu.doctor.families import Groups, Situation
from lstm_edu.doctor.mistake import CATALOGUE, Mistake, of_input
from lstm_edu.doctor.recipes import GraphRecipe, InputChange, Recipe, inputs_of, with_input
from lstm_edu.doctor.running import run

Array = np.ndarray

_MOST_ORDERED = 4  # columns of which every order is tried: each is one run of Keras
_MOST_SWAPS = 60


def model_inputs(situation: Situation) -> Groups:
    """Whole inputs and their axes first, then columns and scales of each."""
    arrays = inputs_of(situation.base)
    numbers = [k for k, x in enumerate(arrays) if x.dtype.kind == "f" and x.ndim > 1]
    elsewhere = [k for k in numbers if _keras_reads(situation, arrays[k])]
    yield [*_swapped(arrays), *(m for k in numbers for m in _other_axes(arrays[k], k)), *_reversed(arrays)]
    yield [columns_in(order, True, k) for k in elsewhere for order in _orders(arrays[k].shape[-1])]
    for k in elsewhere:
        yield from scaled(situation, arrays[k].ndim, k)


def _keras_reads(situation: Situation, x: Array) -> bool:
    """Whether an input goes into something that is not ours."""
    base = situation.base
    assert isinstance(base, GraphRecipe)
    if not base.run:
        run([base])
    return not any(np.array_equal(reached.x, x) for one in base.run for reached in one.reached)


# --- whole inputs ---------------------------------------------------------------------------------------------------


def swapped(r: GraphRecipe, one: int, other: int) -> Recipe:
    x = list(r.x)
    x[one], x[other] = x[other], x[one]
    return r.but(x=tuple(x), run=[])


def _swapped(arrays: list[Array]) -> Iterator[Mistake]:
    for one, other in combinations(range(len(arrays)), 2):
        if arrays[one].shape == arrays[other].shape and arrays[one].dtype == arrays[other].dtype:
            yield _input(
                f"swapped-{one},{other}",
                f"The model's inputs number {one} and {other} are swapped. They have the same shape, so there is no "
                "error message.",
                "model({name: array, ...})   # by name, not by position",
                partial(swapped, one=one, other=other),
            )


def backwards(x: Array, mask: Array | None) -> tuple[Array, Array | None]:
    return x[:, ::-1], None if mask is None else mask[:, ::-1]


def _reversed(arrays: list[Array]) -> Iterator[Mistake]:
    for k, x in enumerate(arrays):
        if x.ndim == 3 or x.ndim == 2 and x.dtype.kind in "iu":
            yield _input(
                "reversed" + of_input(k),
                f"{_called(arrays, k)} is reversed in time: the last timestep comes first.",
                "model(x)   # and not of x[:, ::-1]",
                partial(with_input, change=backwards, which=k),
            )


def _other_axes(x: Array, k: int) -> Iterator[Mistake]:
    if x.ndim != 3 or 1 in x.shape[1:]:
        return
    for variant, change, sentence, fix in _AXES:
        yield _input(variant + of_input(k), sentence, fix, partial(with_input, change=change, which=k))


_AXES: tuple[tuple[str, InputChange, str, str], ...] = (
    (
        "features-reshaped",
        features_by_reshape,
        "The input is turned into (batch, features, timesteps) by a reshape; it has to be transposed.",
        "x.transpose(0, 2, 1)   # not x.reshape(batch, features, timesteps)",
    ),
    (
        "features-buffer",
        features_first_buffer,
        "Each sample is stored feature by feature, but read as if it were stored timestep by timestep.",
        "x.reshape(batch, features, timesteps).transpose(0, 2, 1)   # not x.reshape(batch, timesteps, features)",
    ),
)


def _called(arrays: list[Array], k: int) -> str:
    return "The input" if len(arrays) == 1 else f"The model's input number {k}"


def _input(variant: str, sentence: str, fix: str, mutation) -> Mistake:
    return Mistake(
        f"model-input:{variant}",
        ("Graph",),
        sentence,
        fix,
        mutation,
        versions="inputs that are prepared again outside of training",
        source="deeplearning4j#8701; keras.Model: inputs by position or by name",
        alone=True,
    )


# --- columns --------------------------------------------------------------------------------------------------------


def _orders(n: int) -> list[tuple[int, ...]]:
    """All of a few columns; of more those that are reversed, rotated, or with two swapped."""
    own = tuple(range(n))
    if n <= _MOST_ORDERED:
        return [order for order in permutations(own) if order != own]
    rotated = [own[k:] + own[:k] for k in range(1, n)] if n <= _MOST_SWAPS else []
    exchanged = list(combinations(own, 2)) if n * (n - 1) // 2 <= _MOST_SWAPS else []
    return list(dict.fromkeys([own[::-1], *rotated, *(with_exchanged(n, a, b) for a, b in exchanged)]))


CATALOGUE.add(
    Mistake(
        "model-input",
        ("Graph",),
        "Two inputs of a model are swapped; or an input is reversed in time, reshaped, scaled, or its columns moved, "
        "before a layer that Keras computes.",
        "x = prepared(raw)   # exactly the function that prepared the input in training",
        None,
        versions="inputs that are prepared again outside of training",
        source="deeplearning4j#8701; keras#13830",
        family_of=model_inputs,
    )
)
