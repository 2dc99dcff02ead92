"""Dense: y = activation(x W + b)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import activations, checks, initializers
from lstm_edu.core.layer import Gradients, Layer, Shape, WeightSpec, features_of
from lstm_edu.trace import Trace


class Dense(Layer):
    """Keras's Dense layer (keras.layers.Dense, Keras 3.15.1).

    z = x W + b, y = activation(z): x (..., F), W = kernel (F, units), b = bias (units,), y (..., units). On inputs
    with a time axis every timestep is treated alike.

    Weights: kernel (F, units), bias (units,). The trace records x, z and y.

    Args:
        units: number of outputs, an integer >= 1.
        activation: Keras's name, or None for linear.
        use_bias: whether b is added.
        kernel_initializer, bias_initializer: Keras's names.
        name, dtype, trainable, seed: see `Layer`.
    """

    quantities = ("x", "z", "y")
    _example_shape = "(None, 9)"

    units: int
    activation: activations.Activation
    use_bias: bool
    kernel_initializer: Any
    bias_initializer: Any

    def __init__(
        self,
        units: int,
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._configure(
            units=checks.positive_int(units, "units", "Dense"),
            activation=activations.get(activation),
            use_bias=checks.flag(use_bias, "use_bias", "Dense"),
            kernel_initializer=initializers.known(kernel_initializer),
            bias_initializer=initializers.known(bias_initializer),
        )
        if self.activation.name == "glu" and self.units % 2:
            raise ValueError(f"Dense: glu halves the outputs, so units must be even, got {units}")

    @property
    def weight_names(self) -> tuple[str, ...]:
        return ("kernel", "bias") if self.use_bias else ("kernel",)

    @property
    def kernel(self) -> np.ndarray:
        """W, (F, units), read-only."""
        self._require_built("kernel")
        return self._weights["kernel"]

    @property
    def bias(self) -> np.ndarray | None:
        """b, (units,), read-only; None without bias."""
        self._require_built("bias")
        return self._weights.get("bias")

    def _weight_specs(self, input_shape: Shape) -> dict[str, WeightSpec]:
        specs: dict[str, WeightSpec] = {"kernel": ((features_of(input_shape), self.units), self.kernel_initializer)}
        if self.use_bias:
            specs["bias"] = ((self.units,), self.bias_initializer)
        return specs

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        return (*input_shape[:-1], self.units // 2 if self.activation.name == "glu" else self.units)

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        x = self.checked_input(x)
        mask = mask if x.ndim < 3 else checks.mask(mask, x.shape[0], x.shape[1], self._label)
        if self.dtype_policy.half:
            z = self.dtype_policy.computed(_summed, x, *self.weights)
            y = self.dtype_policy.computed(self.activation.function, z)
        else:
            z = x @ self.kernel
            if self.use_bias:
                z += self.bias
            y = self.activation.function(z)
        if y is z and keep:
            y = z.copy()  # a linear layer: z and y stay two quantities
        arrays = {"x": x, "z": z, "y": y}
        return {
            "arrays": {name: arrays[name] for name in self.quantities if name in keep},
            "output": y,
            "mask": mask,
            "output_mask": mask,
        }

    def checked_input(self, x: Any) -> np.ndarray:
        """x, (..., F), as a copy in the layer's dtype; ValueError or TypeError for what the layer cannot read."""
        x = checks.numbers(x, "x", self._label)
        features = self.kernel.shape[0]
        if x.ndim < 2:
            raise ValueError(
                f"{self._label}: x must have shape (batch, features) = (any, {features}) or more axes, "
                f"got {checks.shape_text(x.shape)}: for one sample write x[None, :]"
            )
        if x.shape[-1] != features:
            cause = (
                "it looks transposed" if x.ndim == 2 and x.shape[0] == features else "it was built for another number"
            )
            raise ValueError(
                f"{self._label}: x must have {checks.plural(features, 'feature')} on its last axis, "
                f"got shape {checks.shape_text(x.shape)}: {cause}"
            )
        return np.array(self.dtype_policy.cast(x))

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        self._no_state(d_state)
        dy = self._gradient(dy, trace.output, "dy")
        kernel = self.dtype_policy.cast(trace.weights[0])
        dz = self.activation.backward(dy, trace.z, trace.y)
        rows = dz.reshape(-1, self.units)  # every leading axis is just more samples
        d_weights = [trace.x.reshape(-1, kernel.shape[0]).T @ rows]
        if self.use_bias:
            d_weights.append(rows.sum(axis=0))
        dx = dz @ kernel.T
        return Gradients(d_weights, dx, [], Trace(self, {"x": dx, "z": dz, "y": dy}, dy, weights=trace.weights))

    def _checked_input_shape(self, shape: Any) -> Shape:
        shape = super()._checked_input_shape(shape)
        if len(shape) < 2 or not shape[-1]:
            raise ValueError(
                f"Dense: the input shape must be (batch, ..., features) with the number of features known, such as "
                f"(None, 9), got {checks.shape_text(shape)}"
            )
        return shape

    def _shape_hint(self, name: str, shape: tuple[int, ...]) -> str:
        if name == "bias" and len(shape) == 2:
            return "one bias per unit, without a batch axis"
        return ""


def _summed(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    z = x @ kernel
    return z if bias is None else z + bias
