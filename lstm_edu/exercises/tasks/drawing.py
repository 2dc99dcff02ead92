"""Random arguments, and layers of this package that hold them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_edu.core import GRU, LSTM, Layer

Array = np.ndarray


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> Array:
    """float32, no two numbers equal."""
    return (scale * rng.standard_normal(shape)).astype(np.float32)


def weights(rng: np.random.Generator, features: int, units: int, gates: int, rows: int = 0) -> dict[str, Array]:
    """kernel, recurrent_kernel and bias, all different, and none of them zero."""
    n = gates * units
    return {
        "kernel": normal(rng, features, n, scale=0.7),
        "recurrent_kernel": normal(rng, units, n, scale=0.7),
        "bias": normal(rng, *([rows] if rows else []), n, scale=0.7),
    }


def lstm_of(a: dict[str, Any], **options: Any) -> Layer:
    """The LSTM with the kernel, recurrent_kernel and bias among these arguments."""
    return _built(LSTM(len(a["recurrent_kernel"]), **options), a)


def gru_of(a: dict[str, Any], **options: Any) -> Layer:
    return _built(GRU(len(a["recurrent_kernel"]), **options), a)


def _built(layer: Layer, a: dict[str, Any]) -> Layer:
    layer.build((None, None, len(a["kernel"])))
    layer.set_weights([a["kernel"], a["recurrent_kernel"], a["bias"]])
    return layer


def keras_layer(keras: Any, kind: str, a: dict[str, Any], **options: Any) -> Any:
    """Keras's layer of that kind with the same weights."""
    layer = getattr(keras.layers, kind)(len(a["recurrent_kernel"]), **options)
    layer.build((None, None, len(a["kernel"])))
    layer.set_weights([a["kernel"], a["recurrent_kernel"], a["bias"]])
    return layer


def numbers(value: Any) -> Array:
    """A Keras tensor as a NumPy array."""
    return np.asarray(value)


def array(*rows: Any) -> Array:
    return np.array(rows, dtype=np.float32)
