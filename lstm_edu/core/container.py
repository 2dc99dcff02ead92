"""What layers made of layers share: their weights are the inner layers' weights, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from lstm_edu.core.layer import Layer
from lstm_edu.trace import Trace


class Container(Layer):
    """Base of Sequential, Bidirectional, StackedRNN, TimeDistributed. Subclasses say which layers they hold."""

    @property
    def inner(self) -> Mapping[str, Layer]:
        """Name -> layer, in order; the names of the trace's children."""
        raise NotImplementedError

    @property
    def weights(self) -> list[np.ndarray]:
        return [w for layer in self.inner.values() for w in layer.weights]

    @property
    def weight_names(self) -> tuple[str, ...]:
        return tuple(f"{name}/{w}" for name, layer in self.inner.items() for w in layer.weight_names)

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for layer in self.inner.values() for name in layer.quantities))

    def set_weights(self, weights: Sequence[Any]) -> None:
        self._require_built("set_weights()")
        if isinstance(weights, np.ndarray) or not isinstance(weights, Sequence):
            raise TypeError(f"{self._label}: set_weights needs a list of arrays, got {type(weights).__name__}")
        old = self.weights
        if len(weights) != len(old):
            parts = ", ".join(f"{name}: {len(layer.weights)}" for name, layer in self.inner.items())
            raise ValueError(f"{self._label} has {len(old)} weight arrays ({parts}), got {len(weights)}")
        try:
            for layer, part in self._split(weights):
                layer.set_weights(part)
        except (TypeError, ValueError):
            self._assign(old)  # all or none
            raise

    def _assign(self, weights: Sequence[np.ndarray]) -> None:
        for layer, part in self._split(weights):
            layer._assign(part)

    def _split(self, weights: Sequence[Any]) -> list[tuple[Layer, list[Any]]]:
        """Each inner layer with its part of a flat list."""
        rest = list(weights)
        parts = []
        for layer in self.inner.values():
            n = len(layer.weights)
            parts.append((layer, rest[:n]))
            rest = rest[n:]
        return parts

    def reset_state(self) -> None:
        for layer in self.inner.values():
            layer.reset_state()

    def _missing(self, trace: Trace) -> list[str]:
        return [
            f"{name}/{quantity}"
            for name, layer in self.inner.items()
            for quantity in layer._missing(trace.children[name])
        ]


def leaves(layer: Layer) -> Iterator[Layer]:
    """The layers that have weights themselves."""
    if isinstance(layer, Container):
        for inner in layer.inner.values():
            yield from leaves(inner)
    else:
        yield layer


def containers(layer: Layer) -> Iterator[Container]:
    """The layers around layers, outermost first."""
    if isinstance(layer, Container):
        yield layer
        for inner in layer.inner.values():
            yield from containers(inner)


@contextmanager
def states_kept(layer: Layer) -> Iterator[None]:
    """Leave stateful layers with the states that they had."""
    layers = list(leaves(layer))
    before = [getattr(inner, "_states", None) for inner in layers]
    try:
        yield
    finally:
        for inner, states in zip(layers, before, strict=True):
            if states is not None:
                inner._states = states


Named = TypeVar("Named")


def unique_names(layers: Sequence[Named]) -> dict[str, Named]:
    """Name -> layer; layers that share a name are numbered as Keras numbers them: lstm, lstm_1."""
    named: dict[str, Named] = {}
    for layer in layers:
        own: str = layer.name  # type: ignore[attr-defined]  # of Keras's layers or of ours
        name, n = own, 0
        while name in named:
            n += 1
            name = f"{own}_{n}"
        named[name] = layer
    return named
