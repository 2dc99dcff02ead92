"""An activation as a layer of its own: y = activation(x)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import activations, checks
from lstm_edu.core.layer import Gradients, Layer, Shape
from lstm_edu.trace import Trace


class Activation(Layer):
    """Keras's Activation layer (keras.layers.Activation, Keras 3.15.1), and with "leaky_relu(0.3)", "elu(0.5)",
    "relu6" its LeakyReLU, ELU and ReLU too.

    y = activation(x): x and y (..., F). It has no weights. The trace records x and y.

    Args:
        activation: Keras's name, such as "relu"; one with another slope or alpha in brackets (`activations.get`); None
            for linear.
        name, dtype, trainable, seed: see `Layer`.
    """

    quantities = ("x", "y")

    activation: activations.Activation

    def __init__(self, activation: str | activations.Activation | None, **kwargs: Any):
        super().__init__(**kwargs)
        self._configure(activation=activations.get(activation))

    def _features(self, shape: Sequence[int | None]) -> Any:
        return None

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        *rest, last = input_shape
        return (*rest, last // 2 if self.activation.name == "glu" and last else last)

    def checked_input(self, x: Any) -> np.ndarray:
        """x, (batch, ...), as a copy in the layer's dtype; ValueError or TypeError for what the layer cannot read."""
        x = checks.numbers(x, "x", self._label)
        if x.ndim < 2:
            raise ValueError(
                f"{self._label}: x must have shape (batch, ..., features), got {checks.shape_text(x.shape)}"
            )
        return np.array(self.dtype_policy.cast(x))

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        x = self.checked_input(x)
        if self.dtype_policy.half:
            y = self.dtype_policy.computed(self.activation.function, x)
        else:
            y = self.activation.function(x)
        arrays = {"x": x, "y": y.copy() if y is x else y}
        return {
            "arrays": {name: arrays[name] for name in self.quantities if name in keep},
            "output": arrays["y"],
            "mask": mask,
            "output_mask": mask,
        }

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        self._no_state(d_state)
        dy = self._gradient(dy, trace.output, "dy")
        dx = self.activation.backward(dy, trace.x, trace.y)
        return Gradients([], dx, [], Trace(self, {"x": dx, "y": dy}, dy))

    def _checked_input_shape(self, shape: Any) -> Shape:
        shape = super()._checked_input_shape(shape)
        if self.activation.name == "glu" and shape[-1] and shape[-1] % 2:
            raise ValueError(
                f"Activation: glu halves the last axis, which must be even, got {checks.shape_text(shape)}"
            )
        return shape
