"""Which numbers the colours of a picture mean: the same in the still pictures and in the explorers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_ZERO_TO_ONE = {"sigmoid", "hard_sigmoid", "hard_sigmoid_keras2", "sparse_sigmoid", "softmax", "sparsemax"}
_PLUS_MINUS_ONE = {"tanh", "hard_tanh", "softsign"}


def scale_of(activation: str, values: np.ndarray) -> dict[str, Any]:
    """The scale of that activation's outputs: its own range where it has one, else that of the values.

    Returns {"kind": "from zero" or "signed", "low": float, "high": float}.
    """
    if activation in _ZERO_TO_ONE:
        return {"kind": "from zero", "low": 0.0, "high": 1.0}
    if activation in _PLUS_MINUS_ONE:
        return {"kind": "signed", "low": -1.0, "high": 1.0}
    return signed_scale(values)


def signed_scale(values: np.ndarray) -> dict[str, Any]:
    """From -a to a, a being the largest finite |value| rounded up to a readable number; 1 if all are zero."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max(initial=0.0))
    if largest < 1e-30:
        high = 1.0
    else:
        power = 10.0 ** math.floor(math.log10(largest))
        high = next(m * power for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * power >= largest * (1 - 1e-6))
    return {"kind": "signed", "low": -high, "high": high}


def input_scale(values: np.ndarray) -> dict[str, Any]:
    """From 0 where nothing is negative (pixels, counts, the output of a relu), else from -a to a."""
    scale = signed_scale(values)
    finite = values[np.isfinite(values)]
    if finite.size and finite.min() >= 0 and finite.max() > 0:
        return {"kind": "from zero", "low": 0.0, "high": scale["high"]}
    return scale


def lstm_scales(layer: Any, arrays: dict[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """The scales of an LSTM's x, i, f, g, o, c, h, given its layer and what it recorded."""
    scales = {name: scale_of(layer.recurrent_activation.name, arrays[name]) for name in "ifo"}
    scales["g"] = scale_of(layer.activation.name, arrays["g"])
    scales["x"] = input_scale(arrays["x"])
    return scales | {name: signed_scale(arrays[name]) for name in "ch"}


def recurrent_scales(layer: Any, arrays: dict[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """The scales of a GRU's x, z, r, g, h or a SimpleRNN's x, z, h, given the layer and what it recorded."""
    scales = {"x": input_scale(arrays["x"]), "h": signed_scale(arrays["h"])}
    if hasattr(layer, "recurrent_activation"):
        scales |= {name: scale_of(layer.recurrent_activation.name, arrays[name]) for name in "zr"}
        return scales | {"g": scale_of(layer.activation.name, arrays["g"])}
    return scales | {"z": signed_scale(arrays["z"])}


def strongest(values: np.ndarray, most: int) -> np.ndarray:
    """At most `most` columns of (rows, T), for a picture with fewer pixels than steps.

    Of each group of neighbours the value largest in magnitude, so that no spike is lost; what is not finite wins.
    """
    count = values.shape[1]
    if count <= most:
        return values
    weight = np.where(np.isfinite(values), np.abs(values), np.inf)
    edges = _edges(count, most)
    columns = [first + weight[:, first:end].argmax(axis=1) for first, end in zip(edges, edges[1:], strict=False)]
    return np.take_along_axis(values, np.stack(columns, axis=1), axis=1)


def extremes(values: np.ndarray, most: int) -> np.ndarray:
    """(rows, T) as (2 rows, most), where T is more than `most`: for a picture with fewer pixels than steps.

    Each row becomes two: the greatest of each group of neighbours and, below it, the least, so that no spike or dip is
    lost; NaN where one of them is not finite.
    """
    rows, count = values.shape
    if count <= most:
        return values
    known, first = np.where(np.isfinite(values), values, np.nan), _edges(count, most)[:-1]
    both = [function.reduceat(known, first, axis=1) for function in (np.maximum, np.minimum)]
    return np.stack(both, axis=1).reshape(2 * rows, most)


def _edges(count: int, most: int) -> np.ndarray:
    """Where `most` groups of `count` steps begin and end, as even as can be: each stands for its own share of time."""
    return np.arange(most + 1) * count // most
