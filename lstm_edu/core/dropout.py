"""Dropout: the layer, and the products under dropout inside recurrent layers.

Srivastava et al. (2014); in recurrent layers after Gal and Ghahramani (2016): one mask per sequence, the same at every
timestep. A mask holds 0 where a number is dropped and 1 / (1 - rate) where it is kept, as Keras's do, so that
expectations stay the same and nothing has to be scaled at inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.layer import Gradients, Layer
from lstm_edu.core.precision import Coarse
from lstm_edu.trace import Trace


def draw_mask(shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: np.dtype) -> np.ndarray:
    """A random dropout mask."""
    return (rng.random(shape) >= rate).astype(dtype) / dtype.type(1 - rate)


def product(a: np.ndarray, weight: np.ndarray, masks: np.ndarray | None, out: np.ndarray | None = None) -> np.ndarray:
    """a W under dropout of a.

    Args:
        a: (..., K). weight: (K, blocks * H).
        masks: None; one mask (B, K) for all columns of W; or (blocks, B, K), one for each block of columns.
    """
    if masks is None:
        return np.matmul(a, weight) if isinstance(a, Coarse) else np.dot(a, weight, out=out)
    if masks.ndim == 2:
        return np.matmul(a * masks, weight, out=out)
    blocks = np.split(weight, len(masks), axis=1)
    return np.concatenate([(a * m) @ w for m, w in zip(masks, blocks, strict=True)], axis=-1, out=out)


def product_back(d: np.ndarray, weight: np.ndarray, masks: np.ndarray | None) -> np.ndarray:
    """dL/da of `product`, given d = dL/d(a W)."""
    if masks is None or masks.ndim == 2:
        rows = d.reshape(-1, d.shape[-1]) @ weight.T  # one product; with a time axis it would be one for each step
        da = rows.reshape(*d.shape[:-1], -1)
        return da if masks is None else da * masks
    parts = zip(np.split(d, len(masks), axis=-1), np.split(weight, len(masks), axis=1), masks, strict=True)
    return sum((d_k @ w.T) * m for d_k, w, m in parts)


def product_weight(a: np.ndarray, d: np.ndarray, masks: np.ndarray | None) -> np.ndarray:
    """dL/dW of `product`: summed over every leading axis, because all steps used the same W."""
    if masks is not None and masks.ndim == 3:
        parts = zip(np.split(d, len(masks), axis=-1), masks, strict=True)
        return np.concatenate([product_weight(a, d_k, m) for d_k, m in parts], axis=1)
    if masks is not None:
        a = a * masks
    return a.reshape(-1, a.shape[-1]).T @ d.reshape(-1, d.shape[-1])


class Dropout(Layer):
    """Keras's Dropout layer (keras.layers.Dropout, Keras 3.15.1): y = x at inference, y = x * mask in training.

    In training the mask is drawn, or given: `layer(x, training=True, dropout_mask=m)`, to compare with Keras's.
    The trace records x and y.

    Args:
        rate: the fraction dropped, at least 0 and less than 1.
        noise_shape: the mask's shape, with 1 along axes that share it and None where it is x's; x's shape if None.
    """

    quantities = ("x", "y")

    rate: float
    noise_shape: tuple[int | None, ...] | None
    _rng: np.random.Generator

    def __init__(self, rate: float, noise_shape: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._configure(
            rate=checks.dropout_rate(rate, "rate", "Dropout"),
            noise_shape=None if noise_shape is None else tuple(noise_shape),
        )
        self._rng = np.random.default_rng(self.seed)

    def _features(self, shape: Sequence[int | None]) -> Any:
        return None

    def _run(
        self, x: Any, *, mask: Any, training: bool, keep: frozenset[str], dropout_mask: Any = None
    ) -> dict[str, Any]:
        x = self.dtype_policy.cast(checks.numbers(x, "x", self._label))
        masks: tuple[np.ndarray, ...] = ()
        if dropout_mask is not None:
            checks.in_training(training, "dropout_mask", self._label)
            masks = (checks.dropout_mask(dropout_mask, self._mask_shape(x), self.dtype, "dropout_mask", self._label),)
        elif training and self.rate:
            masks = (draw_mask(self._mask_shape(x), self.rate, self._rng, self.dtype),)
        y = self.dtype_policy.computed(np.multiply, x, masks[0]) if masks else x.copy()
        arrays = {"x": x.copy() if "x" in keep else x, "y": y}
        return {
            "arrays": {name: arrays[name] for name in self.quantities if name in keep},
            "output": y,
            "output_mask": mask,
            "dropout_masks": masks,
        }

    def _mask_shape(self, x: np.ndarray) -> tuple[int, ...]:
        shape = self.noise_shape or x.shape
        if len(shape) != x.ndim or any(n not in (None, 1, size) for n, size in zip(shape, x.shape, strict=False)):
            raise ValueError(f"{self._label}: noise_shape {shape} does not fit x of shape {checks.shape_text(x.shape)}")
        return tuple(size if n is None else n for n, size in zip(shape, x.shape, strict=True))

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        self._no_state(d_state)
        dy = self._gradient(dy, trace.output, "dy")
        dx = dy * trace.dropout_masks[0] if trace.dropout_masks else dy.copy()
        return Gradients([], dx, [], Trace(self, {"x": dx, "y": dy}, dy))
