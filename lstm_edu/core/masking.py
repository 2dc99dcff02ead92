"""Masking: find the timesteps that are only padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.layer import Gradients, Layer
from lstm_edu.trace import Trace


class Masking(Layer):
    """Keras's Masking layer (keras.layers.Masking, Keras 3.15.1).

    A timestep whose features all equal `mask_value` is masked: its mask is False and its output is 0. The mask is
    passed on to the layers that follow; one that came in is replaced. A NaN equals nothing, so its step counts.
    In half precision x is rounded and mask_value is not, as in Keras: where they are not the same number there, as -999
    in bfloat16 (-1000), nothing is masked.
    The trace records x and y, (B, T, F); `trace.output_mask` is the mask.
    """

    quantities = ("x", "y")

    mask_value: float

    def __init__(self, mask_value: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(mask_value, bool) or not isinstance(mask_value, (int, float, np.integer, np.floating)):
            raise TypeError(f"Masking: mask_value must be a number, got {mask_value!r}")
        self._configure(mask_value=float(mask_value))

    def _features(self, shape: Sequence[int | None]) -> Any:
        return None

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return self._mask(self.checked_input(x))

    def checked_input(self, x: Any) -> np.ndarray:
        """x, (B, T, F) or (B, T), in the layer's dtype; ValueError or TypeError for what the layer cannot read."""
        x = checks.numbers(x, "x", self._label)
        if x.ndim < 2:
            raise ValueError(
                f"{self._label}: x must have shape (batch, timesteps, features), got {checks.shape_text(x.shape)}"
            )
        return self.dtype_policy.cast(x)

    def _mask(self, x: np.ndarray) -> np.ndarray:
        return (x != self.dtype.type(self.mask_value)).any(axis=-1)

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        x = self.checked_input(x)
        mask = self._mask(x)
        y = np.where(mask[..., None], x, np.zeros((), self.dtype))
        arrays = {"x": x.copy() if "x" in keep else x, "y": y}
        return {
            "arrays": {name: arrays[name] for name in self.quantities if name in keep},
            "output": y,
            "mask": mask,
            "output_mask": mask,
        }

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        self._no_state(d_state)
        dy = self._gradient(dy, trace.output, "dy")
        dx = np.where(cast(np.ndarray, trace.mask)[..., None], dy, np.zeros((), self.dtype))
        return Gradients([], dx, [], Trace(self, {"x": dx, "y": dy}, dy, mask=trace.mask))
