"""What all layers over time have, whether they run one cell, several or two directions: flags, states and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.layer import Layer, Prepared
from lstm_edu.trace import Trace

FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful", "zero_output_for_mask", "unroll")


class OverTime(Layer):
    """Base of the recurrent layers, StackedRNN and Bidirectional: x is (B, T, F), and calls take an initial_state."""

    return_sequences: bool
    return_state: bool
    stateful: bool

    @property
    def output_sizes(self) -> list[int]:
        """The size of the last axis of each output; more than one where two directions are not merged."""
        raise NotImplementedError

    @property
    def state_sizes(self) -> list[int]:
        """The size of each state."""
        raise NotImplementedError

    def _set_flags(self, **flags: Any) -> None:
        """Check and keep those of `FLAGS` that are given."""
        kind = type(self).__name__
        self._configure(**{name: checks.flag(value, name, kind) for name, value in flags.items()})

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        batch, timesteps = input_shape[:2]
        steps = (timesteps,) if self.return_sequences else ()
        shapes = [(batch, *steps, size) for size in self.output_sizes]
        if self.return_state:
            shapes += [(batch, size) for size in self.state_sizes]
        return tuple(shapes) if len(shapes) > 1 else shapes[0]

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        output_mask = mask if self.return_sequences else None
        masks = [output_mask] * len(self.output_sizes)
        if self.return_state:
            masks += [None] * len(self.state_sizes)
        return masks if len(masks) > 1 else output_mask

    def __call__(
        self, x: Any, mask: Any = None, initial_state: Any = None, *, training: bool = False, **call: Any
    ) -> Any:
        return super().__call__(x, mask, initial_state=initial_state, training=training, **call)

    def trace(
        self,
        x: Any,
        mask: Any = None,
        initial_state: Any = None,
        *,
        training: bool = False,
        keep: Iterable[str] | None = None,
        **call: Any,
    ) -> Trace:
        return super().trace(x, mask, initial_state=initial_state, training=training, keep=keep, **call)


class OneWay(OverTime):
    """Base of those that read the input in one direction: the recurrent layers and StackedRNN."""

    units: int  # the size of the output
    state_names: tuple[str, ...]
    go_backwards: bool
    zero_output_for_mask: bool
    unroll: bool

    @property
    def output_sizes(self) -> list[int]:
        return [self.units]

    @property
    def order(self) -> slice:
        """From the order of the input to that of processing, and back."""
        return slice(None, None, -1 if self.go_backwards else 1)

    def checked_input(self, x: Any) -> np.ndarray:
        """x, (B, T, F), in the layer's dtype; ValueError or TypeError for what the layer cannot read."""
        raise NotImplementedError

    def start_states(self, initial_state: Any, batch: int) -> list[np.ndarray]:
        """The states before the first step, checked: given ones, kept ones, or zeros."""
        raise NotImplementedError

    def prepared(self, x: Any, mask: Any = None, initial_state: Any = None) -> Prepared:
        x = self.checked_input(x)
        batch, timesteps, _ = x.shape
        mask = checks.mask(mask, batch, timesteps, self._label)
        return Prepared(
            x[:, self.order],
            None if mask is None else mask[:, self.order],
            self.start_states(initial_state, batch),
            np.arange(timesteps)[self.order],
        )


def states_of(inner: Mapping[str, OneWay], states: Any, label: str, name: str = "initial_state") -> list[list[Any]]:
    """The states of each of several layers, from one list of arrays or one list for each layer.

    Raises:
        ValueError: it is not a list, or there are too many or too few of them.
    """
    flat = flat_states(states) if isinstance(states, Sequence) else None
    names = [f"{layer}/{state}" for layer, one in inner.items() for state in one.state_names]
    if flat is None or len(flat) != len(names):
        got = "one array" if isinstance(states, np.ndarray) else type(states).__name__ if flat is None else len(flat)
        raise ValueError(
            f"{label}: {name} must be a list of {checks.plural(len(names), 'array')} [{', '.join(names)}], "
            f"or one list for each of {', '.join(inner)}, got {got}"
        )
    return shared_out(inner.values(), flat)


def shared_out(layers: Iterable[OneWay], states: Sequence[Any]) -> list[list[Any]]:
    """A flat list of states as one list for each layer."""
    rest: Iterator[Any] = iter(states)
    return [[next(rest) for _ in layer.state_names] for layer in layers]


def flat_states(states: Sequence[Any]) -> list[Any]:
    """States that may be nested, one list per cell, in one flat list."""
    return [one for state in states for one in (state if isinstance(state, (list, tuple)) else [state])]
