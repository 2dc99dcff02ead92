"""Layers around layers: Bidirectional and TimeDistributed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.container import Container
from lstm_edu.core.layer import Gradients, Layer, Prepared, Shape
from lstm_edu.core.over_time import OverTime, states_of
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.stacked_rnn import StackedRNN
from lstm_edu.trace import Trace

_MERGE_MODES = ("concat", "sum", "mul", "ave", None)


class Bidirectional(OverTime, Container):
    """Keras's Bidirectional (keras.layers.Bidirectional, Keras 3.15.1; Schuster and Paliwal, 1997).

    Two layers read the same input, one from its start and one from its end. With return_sequences the backward layer's
    outputs are reversed in time, so that both refer to the same timestep. Both layers are copies: the one that is
    passed in stays as it is. As in Keras, both get zero_output_for_mask = return_sequences.

    Weights: the forward layer's, then the backward layer's. States: the forward layer's, then the backward layer's
    ([h, c, h, c] for LSTM). With merge_mode=None the output is (y_forward, y_backward, *states).
    The trace has two children, "forward" and "backward", each in its own processing order.

    Args:
        layer: a SimpleRNN, GRU, LSTM or StackedRNN.
        merge_mode: "concat", "sum", "mul", "ave", or None for two outputs.
        weights: initial weights, the forward layer's then the backward layer's.
        backward_layer: another layer for the backward direction; must have go_backwards=True.
    """

    forward_layer: Recurrent | StackedRNN
    backward_layer: Recurrent | StackedRNN
    merge_mode: str | None

    def __init__(
        self,
        layer: Recurrent | StackedRNN,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: Recurrent | StackedRNN | None = None,
        **kwargs: Any,
    ):
        for given, name in ((layer, "layer"), (backward_layer, "backward_layer")):
            if not isinstance(given, (Recurrent, StackedRNN)) and not (given is None and name == "backward_layer"):
                raise TypeError(
                    f"Bidirectional: {name} must be a SimpleRNN, GRU, LSTM or StackedRNN, got {type(given).__name__}"
                )
        if merge_mode not in _MERGE_MODES:
            raise ValueError(f"Bidirectional: merge_mode must be one of {_MERGE_MODES}, got {merge_mode!r}")
        if weights is not None:
            raise ValueError("Bidirectional: weights is not supported; build the layer and use set_weights()")
        kwargs.setdefault("dtype", layer.dtype_policy)
        super().__init__(**kwargs)
        zero = {"zero_output_for_mask": layer.return_sequences}
        forward = layer.copy(name=f"forward_{layer.name}", **zero)
        if backward_layer is None:
            # A different seed: the two directions start from different weights.
            seed = None if layer.seed is None else layer.seed + 1
            backward = layer.copy(name=f"backward_{layer.name}", go_backwards=not layer.go_backwards, seed=seed, **zero)
        else:
            backward = backward_layer.copy(**zero)
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                "Bidirectional: the two layers must read in opposite directions, but both have "
                f"go_backwards={forward.go_backwards}"
            )
        for flag in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, flag) != getattr(backward, flag):
                raise ValueError(f"Bidirectional: both layers must have the same {flag}")
        if forward.stateful and forward.return_state:
            raise ValueError("Bidirectional: stateful and return_state together fail in Keras itself, and here too")
        if merge_mode in ("sum", "mul", "ave") and forward.units != backward.units:
            raise ValueError(
                f"Bidirectional: merge_mode {merge_mode!r} needs as many units in both directions, "
                f"got {forward.units} and {backward.units}"
            )
        self._configure(
            forward_layer=forward,
            backward_layer=backward,
            merge_mode=merge_mode,
            return_sequences=forward.return_sequences,
            return_state=forward.return_state,
            stateful=forward.stateful,
        )

    @property
    def inner(self) -> dict[str, Recurrent | StackedRNN]:
        return {"forward": self.forward_layer, "backward": self.backward_layer}

    def build(self, input_shape: Sequence[int | None]) -> None:
        for layer in self.inner.values():
            layer.build(input_shape)
        self._input_shape = self.forward_layer.input_shape

    @property
    def output_sizes(self) -> list[int]:
        sizes = [layer.units for layer in self.inner.values()]
        if self.merge_mode is None:
            return sizes
        return [sum(sizes) if self.merge_mode == "concat" else sizes[0]]

    @property
    def state_sizes(self) -> list[int]:
        return [size for layer in self.inner.values() for size in layer.state_sizes]

    def prepared(self, x: Any, mask: Any = None, initial_state: Any = None) -> Prepared:
        halves = [None, None] if initial_state is None else self._halves(initial_state)
        x = checks.numbers(x, "x", self._label)
        parts = [layer.prepared(x, mask, half) for layer, half in zip(self.inner.values(), halves, strict=True)]
        mask = checks.mask(mask, x.shape[0], x.shape[1], self._label)
        return Prepared(x, mask, [s for part in parts for s in part.initial_state], None)

    def _run(
        self, x: Any, *, mask: Any, training: bool, keep: frozenset[str], initial_state: Any = None
    ) -> dict[str, Any]:
        halves = [None, None] if initial_state is None else self._halves(initial_state)
        children = {
            name: Trace(layer, **layer._run(x, mask=mask, training=training, keep=keep, initial_state=state))
            for (name, layer), state in zip(self.inner.items(), halves, strict=True)
        }
        ends = [child.output if self.return_state else (child.output,) for child in children.values()]
        y, y_back = ends[0][0], self._turned(ends[1][0])
        if self.merge_mode == "concat":
            outputs: tuple[np.ndarray, ...] = (np.concatenate([y, y_back], axis=-1),)
        elif self.merge_mode == "sum":
            outputs = (self.dtype_policy.computed(np.add, y, y_back),)
        elif self.merge_mode == "ave":
            outputs = (self.dtype_policy.computed(lambda a, b: (a + b) / 2, y, y_back),)
        elif self.merge_mode == "mul":
            outputs = (self.dtype_policy.computed(np.multiply, y, y_back),)
        else:
            outputs = (y.copy(), y_back.copy())
        outputs += tuple(state.copy() for end in ends for state in end[1:])
        return {
            "arrays": {},
            "output": outputs if len(outputs) > 1 else outputs[0],
            "mask": checks.mask(mask, len(x), np.shape(x)[1], self._label),
            "output_mask": children["forward"].output_mask,
            "initial_state": [s for child in children.values() for s in child.initial_state],
            "children": children,
        }

    def _returned(self, output: Any) -> Any:
        there, back = self.forward_layer, self.backward_layer
        if not (self.return_state and isinstance(there, StackedRNN) and isinstance(back, StackedRNN)):
            return output
        n = 2 if self.merge_mode is None else 1
        forward, backward = self._halves(output[n:])
        return (*output[:n], *there.per_cell(forward), *back.per_cell(backward))

    def _turned(self, y: np.ndarray) -> np.ndarray:
        return y[:, ::-1] if self.return_sequences else y

    def _halves(self, initial_state: Any) -> list[list[Any]]:
        return states_of(self.inner, initial_state, self._label)

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        forward, backward = (trace.children[name] for name in self.inner)
        y, y_back = (child.output[0] if self.return_state else child.output for child in (forward, backward))
        if self.merge_mode is None:
            if isinstance(dy, np.ndarray) or len(dy) != 2:
                raise ValueError(
                    f"{self._label}: merge_mode=None returns two outputs, so dy must be a list of two gradients"
                )
            d_forward, d_back = (self._gradient(d, like, "dy") for d, like in zip(dy, trace.output[:2], strict=True))
        else:
            dy = self._gradient(dy, trace.output[0] if self.return_state else trace.output, "dy")
            if self.merge_mode == "concat":
                d_forward, d_back = np.split(dy, [self.forward_layer.units], axis=-1)
            elif self.merge_mode == "mul":
                d_forward, d_back = dy * self._turned(y_back), dy * y
            else:
                d_forward = d_back = dy / 2 if self.merge_mode == "ave" else dy
        halves = [None, None] if d_state is None else states_of(self.inner, d_state, self._label, "d_state")
        parts = {
            "forward": self.forward_layer._backward(forward, d_forward, halves[0]),
            "backward": self.backward_layer._backward(backward, self._turned(d_back), halves[1]),
        }
        record = Trace(
            self,
            {},
            trace.output,
            mask=trace.mask,
            children={name: grads.trace for name, grads in parts.items()},
            weights=trace.weights,
        )
        return Gradients(
            [w for grads in parts.values() for w in grads.weights],
            cast(np.ndarray, parts["forward"].x) + cast(np.ndarray, parts["backward"].x),
            [s for grads in parts.values() for s in grads.initial_state],
            record,
        )

    def _features(self, shape: Sequence[int | None]) -> Any:
        return self.forward_layer._features(shape)

    def _checked_input_shape(self, shape: Any) -> Shape:
        return self.forward_layer._checked_input_shape(shape)


class TimeDistributed(Container):
    """Keras's TimeDistributed (keras.layers.TimeDistributed, Keras 3.15.1): one layer, applied to every timestep alike.

    TimeDistributed(Dense) equals Dense, which acts on the last axis anyway. The trace records the inner layer's
    quantities with the time axis put back, (B, T, ...).

    Args:
        layer: a layer without time or state of its own: Dense, Dropout, Embedding.
    """

    _example_shape = "(None, None, 9)"

    layer: Layer

    def __init__(self, layer: Layer, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise TypeError(f"TimeDistributed: layer must be a layer of lstm_edu, got {type(layer).__name__}")
        if isinstance(layer, (Recurrent, Bidirectional, TimeDistributed)) or hasattr(layer, "layers"):
            raise ValueError(
                f"TimeDistributed: {type(layer).__name__} is not supported inside; layers independent of time are"
            )
        kwargs.setdefault("dtype", layer.dtype_policy)
        super().__init__(**kwargs)
        self._configure(layer=layer)

    @property
    def inner(self) -> dict[str, Layer]:
        return {self.layer.name: self.layer}

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape = self._checked_input_shape(input_shape)
        self.layer.build((shape[0], *shape[2:]))
        self._input_shape = shape

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        batch, timesteps, *rest = input_shape
        return (batch, timesteps, *self.layer.compute_output_shape((batch, *rest))[1:])

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        x = checks.numbers(x, "x", self._label)
        if x.ndim < 3:
            raise ValueError(
                f"{self._label}: x must have shape (batch, timesteps, ...) with at least 3 axes, "
                f"got {checks.shape_text(x.shape)}"
            )
        batch, timesteps = x.shape[:2]
        mask = checks.mask(mask, batch, timesteps, self._label)
        inner = Trace(self.layer, **self.layer._run(_steps_as_samples(x), mask=None, training=training, keep=keep))
        return {
            "arrays": {name: a.reshape(batch, timesteps, *a.shape[1:]) for name, a in inner._arrays.items()},
            "output": inner.output.reshape(batch, timesteps, *inner.output.shape[1:]).copy(),
            "mask": mask,
            "output_mask": mask,
            "children": {self.layer.name: inner},
        }

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        self._no_state(d_state)
        dy = self._gradient(dy, trace.output, "dy")
        batch, timesteps = dy.shape[:2]
        grads = self.layer._backward(trace.layers[0], _steps_as_samples(dy), None)
        arrays = {name: a.reshape(batch, timesteps, *a.shape[1:]) for name, a in grads.trace._arrays.items()}
        dx = None if grads.x is None else grads.x.reshape(batch, timesteps, *grads.x.shape[1:])
        record = Trace(
            self, arrays, dy, mask=trace.mask, children={self.layer.name: grads.trace}, weights=trace.weights
        )
        return Gradients(grads.weights, dx, [], record)

    def _features(self, shape: Sequence[int | None]) -> Any:
        return self.layer._features(shape[1:])

    def _checked_input_shape(self, shape: Any) -> Shape:
        shape = super()._checked_input_shape(shape)
        if len(shape) < 3:
            raise ValueError(
                f"{self._label}: the input shape must be (batch, timesteps, ...), got {checks.shape_text(shape)}"
            )
        return shape


def _steps_as_samples(a: np.ndarray) -> np.ndarray:
    """(B, T, ...) as (B * T, ...)."""
    return a.reshape(-1, *a.shape[2:])
