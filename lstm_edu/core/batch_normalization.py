"""BatchNormalization at inference: y = gamma (x - mean) / sqrt(variance + epsilon) + beta.

mean and variance are those that training left behind, one number for each feature, and so are gamma and beta.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.layer import Gradients, Layer, Shape, WeightSpec, features_of
from lstm_edu.trace import Trace


class BatchNormalization(Layer):
    """Keras's BatchNormalization layer (keras.layers.BatchNormalization, Keras 3.15.1), at inference.

    y = gamma (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, for each feature of the last axis separately:
    x and y (..., F). Each sample is computed by itself, masked steps like all others.

    Weights: gamma (F,) if scale, beta (F,) if center, moving_mean (F,), moving_variance (F,). The trace has x and y.

    Args:
        epsilon: is added to the variance, inside the root. Keras's default is 1e-3, PyTorch's 1e-5.
        center, scale: whether there is a beta, a gamma.
        axis: only -1, the last axis.
        momentum: stored, but not used here.
        name, dtype, trainable, seed: see `Layer`.

    Raises:
        ValueError: a call with training=True, unless trainable=False: statistics of the batch are not supported here.
    """

    quantities = ("x", "y")
    _example_shape = "(None, 9)"

    axis: int
    momentum: float
    epsilon: float
    center: bool
    scale: bool

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if axis != -1:
            raise ValueError(f"BatchNormalization: only axis=-1, the last one, is supported, got {axis!r}")
        self._configure(
            axis=axis,
            momentum=checks.number(momentum, "momentum", "BatchNormalization", 0.0, 1.0),
            epsilon=checks.number(epsilon, "epsilon", "BatchNormalization", 0.0),
            center=checks.flag(center, "center", "BatchNormalization"),
            scale=checks.flag(scale, "scale", "BatchNormalization"),
        )

    @property
    def weight_names(self) -> tuple[str, ...]:
        own = (("gamma",) if self.scale else ()) + (("beta",) if self.center else ())
        return (*own, "moving_mean", "moving_variance")

    def _weight_specs(self, input_shape: Shape) -> dict[str, WeightSpec]:
        start = {"gamma": "ones", "beta": "zeros", "moving_mean": "zeros", "moving_variance": "ones"}
        return {name: ((features_of(input_shape),), start[name]) for name in self.weight_names}

    def checked_input(self, x: Any) -> np.ndarray:
        """x, (..., F), as a copy in the layer's dtype; ValueError or TypeError for what the layer cannot read."""
        x = checks.numbers(x, "x", self._label)
        features = len(self.weights[-1])
        if x.ndim < 2 or x.shape[-1] != features:
            raise ValueError(
                f"{self._label}: x must have shape (batch, ..., features) with {checks.plural(features, 'feature')} on "
                f"its last axis, got {checks.shape_text(x.shape)}"
            )
        return np.array(checks.cast(x, self.dtype))

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        if training and self.trainable:
            raise ValueError(
                f"{self._label}: in training Keras uses the statistics of the batch, which is not supported here; "
                "only inference is, or a layer with trainable=False"
            )
        x = self.checked_input(x)
        if x.ndim == 3:
            mask = checks.mask(mask, x.shape[0], x.shape[1], self._label)
        gamma, beta, mean, variance = self.in_full(self.weights)
        factor = gamma / np.sqrt(variance + self.dtype.type(self.epsilon))
        arrays = {"x": x, "y": x * factor + (beta - mean * factor)}
        return {
            "arrays": {name: arrays[name] for name in self.quantities if name in keep},
            "output": arrays["y"],
            "mask": mask,
            "output_mask": mask,
        }

    def in_full(self, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
        """gamma, beta, moving_mean, moving_variance; 1 and 0 for those that are not there."""
        named = dict(zip(self.weight_names, weights, strict=True))
        one, zero = np.ones((), self.dtype), np.zeros((), self.dtype)
        return [named.get("gamma", one), named.get("beta", zero), named["moving_mean"], named["moving_variance"]]

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        self._no_state(d_state)
        dy = self._gradient(dy, trace.output, "dy")
        gamma, _, mean, variance = self.in_full(trace.weights)
        spread = np.sqrt(variance + self.dtype.type(self.epsilon))
        axes = tuple(range(dy.ndim - 1))
        centred = ((trace.x - mean) * dy).sum(axis=axes)
        total = dy.sum(axis=axes)
        d = {
            "gamma": centred / spread,
            "beta": total,
            "moving_mean": -gamma / spread * total,
            "moving_variance": -gamma * centred / (2 * spread**3),
        }
        dx = dy * (gamma / spread)
        return Gradients(
            [d[name] for name in self.weight_names],
            dx,
            [],
            Trace(self, {"x": dx, "y": dy}, dy, weights=trace.weights),
        )

    def _checked_input_shape(self, shape: Any) -> Shape:
        shape = super()._checked_input_shape(shape)
        if len(shape) < 2 or not shape[-1]:
            raise ValueError(
                f"BatchNormalization: the input shape must be (batch, ..., features) with the number of features "
                f"known, such as (None, 9), got {checks.shape_text(shape)}"
            )
        return shape
