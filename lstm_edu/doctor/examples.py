"""Weights and inputs that reveal every mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.core import Embedding, Graph, Layer, Masking, Sequential
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.wrappers import Bidirectional, TimeDistributed

Array = np.ndarray

# Which steps count, by row: all; padded on the right, on the left, in the middle; none. 1 is a step that counts.
_PATTERNS = ("1111", "1110", "0111", "1011", "0000")


@dataclass(frozen=True)
class Example:
    """What to compute.

    Attributes:
        x: the input; of a Graph a tuple, one array for each.
        mask, initial_state: None where there is none.
        weights: in get_weights() order; None: the layer's own.
        unseen: mistakes that show on no input at all, because something after them hides what they change: an output
            at a masked step, which the next layer skips.
    """

    x: Any
    mask: Array | None = None
    initial_state: list[Array] | None = None
    weights: list[Array] | None = None
    unseen: tuple[str, ...] = ()

    @property
    def call(self) -> dict:
        """The arguments besides x, for `layer(x, **example.call)`."""
        given = {"mask": self.mask, "initial_state": self.initial_state}
        return {name: value for name, value in given.items() if value is not None}


_POSITIVE = ("moving_mean", "moving_variance")  # the one has to be, and the two may be swapped


def random_weights(layer: Layer, rng: np.random.Generator) -> list[Array]:
    """Weights that are all different, none of them zero, and small enough not to saturate anything."""
    drawn = []
    for name, w in zip(layer.weight_names, layer.weights, strict=True):
        fan_in = w.shape[0] if w.ndim > 1 and w.shape[0] > 2 else 2
        numbers = rng.normal(size=w.shape) * (1.2 / np.sqrt(fan_in))
        drawn.append((np.abs(numbers) + 0.1 if name.endswith(_POSITIVE) else numbers).astype(w.dtype))
    return drawn


def examples(layer: Layer, seed: int = 0, *, masked: bool = True, states: bool = True) -> Iterator[Example]:
    """Inputs, and weights of the layer's shapes, freshly drawn each time, without end."""
    rng = np.random.default_rng(seed)
    while True:
        yield _example(layer, rng, masked, states)


def _example(layer: Layer, rng: np.random.Generator, masked: bool, states: bool) -> Example:
    if isinstance(layer, Graph):
        return Example(layer.rest.drawn(int(rng.integers(2**31))), weights=random_weights(layer, rng))
    first, recurrent = _first(layer), [inner for inner in _flat(layer) if isinstance(inner, Recurrent)]
    weights = random_weights(layer, rng)
    fixed = recurrent[0].input_shape[0] if recurrent and recurrent[0].stateful else None
    batch = fixed or len(_PATTERNS)
    units = max((inner.units for inner in recurrent), default=2)
    timesteps = max(units + 2, 5) if units <= 8 else 6
    patterns = np.array([[mark == "1" for mark in pattern] for pattern in _PATTERNS])
    counts = patterns[np.arange(batch) % len(patterns)][:, np.arange(timesteps) * 4 // timesteps]
    if isinstance(first, Embedding):
        x = rng.integers(1, max(first.input_dim, 2), (batch, timesteps)) % first.input_dim
        return Example(np.where(counts, x, 0), weights=weights)
    features = _features(first)
    if not recurrent:
        axes = (batch, timesteps) if isinstance(layer, TimeDistributed) else (batch,)
        return Example(rng.normal(size=(*axes, features)).astype(layer.dtype), weights=weights)
    x = rng.normal(size=(batch, timesteps, features)).astype(layer.dtype)
    if isinstance(first, Masking):
        return Example(np.where(counts[..., None], x, first.mask_value).astype(layer.dtype), weights=weights)
    start = None
    if states and isinstance(layer, (Recurrent, Bidirectional)):
        start = [
            rng.normal(size=(batch, inner.units)).astype(layer.dtype) for inner in recurrent for _ in inner.state_names
        ]
    return Example(x, counts if masked else None, start, weights)


def _first(layer: Layer) -> Layer:
    """The layer that the input reaches first."""
    if isinstance(layer, Sequential):
        return _first(layer.layers[0])
    return layer.layer if isinstance(layer, TimeDistributed) else layer


def _flat(layer: Layer) -> Iterator[Layer]:
    if inner := getattr(layer, "inner", None):
        for child in inner.values():
            yield from _flat(child)
    else:
        yield layer


def _features(layer: Layer) -> int:
    return layer.input_shape[-1] or 3
