"""Keras's weight initialisers by Keras's names: the same distributions, from NumPy's generator.

`get("glorot_uniform")` returns a function (shape, rng, dtype) -> array. Every use draws new numbers: Keras returns the
same values each time *one instance* is called (KERAS_FACTS 15), which is a trap and not reproduced.

Source: keras.initializers of Keras 3.15.1; Glorot and Bengio (2010); He et al. (2015); Saxe et al. (2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Initializer = Callable[[tuple[int, ...], np.random.Generator, np.dtype], np.ndarray]


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs and outputs of a weight matrix (a vector counts as both, as in Keras)."""
    return (shape[0], shape[0]) if len(shape) == 1 else (math.prod(shape[:-1]), shape[-1])


def _variance_scaling(scale: float, mode: str, distribution: str) -> Initializer:
    def draw(shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> np.ndarray:
        fan_in, fan_out = _fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
        variance = scale / max(1.0, n)
        if distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape).astype(dtype)
        # A normal cut off at two deviations is narrower; the constant restores the variance.
        return _truncated_normal(math.sqrt(variance) / 0.87962566103423978)(shape, rng, dtype)

    return draw


def _truncated_normal(stddev: float) -> Initializer:
    def draw(shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> np.ndarray:
        values = rng.standard_normal(shape)
        while (outside := np.abs(values) > 2).any():
            values[outside] = rng.standard_normal(outside.sum())
        return (stddev * values).astype(dtype)

    return draw


def _orthogonal(shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> np.ndarray:
    """A matrix whose rows or columns, whichever are fewer, are orthonormal."""
    if len(shape) < 2:
        raise ValueError(f"orthogonal needs a matrix, got shape {shape}")
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))  # makes the draw uniform over orthogonal matrices
    return (q if rows >= columns else q.T).reshape(shape).astype(dtype)


def _constant(value: float) -> Initializer:
    return lambda shape, rng, dtype: np.full(shape, value, dtype)


def _identity(shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> np.ndarray:
    if len(shape) != 2:
        raise ValueError(f"identity needs a matrix, got shape {shape}")
    return np.eye(*shape, dtype=dtype)


_ALL: dict[str, Initializer] = {
    "zeros": _constant(0.0),
    "ones": _constant(1.0),
    "identity": _identity,
    "orthogonal": _orthogonal,
    "glorot_uniform": _variance_scaling(1, "fan_avg", "uniform"),
    "glorot_normal": _variance_scaling(1, "fan_avg", "normal"),
    "he_uniform": _variance_scaling(2, "fan_in", "uniform"),
    "he_normal": _variance_scaling(2, "fan_in", "normal"),
    "lecun_uniform": _variance_scaling(1, "fan_in", "uniform"),
    "lecun_normal": _variance_scaling(1, "fan_in", "normal"),
    "random_uniform": lambda shape, rng, dtype: rng.uniform(-0.05, 0.05, shape).astype(dtype),
    "uniform": lambda shape, rng, dtype: rng.uniform(-0.05, 0.05, shape).astype(dtype),
    "random_normal": lambda shape, rng, dtype: (0.05 * rng.standard_normal(shape)).astype(dtype),
    "normal": lambda shape, rng, dtype: (0.05 * rng.standard_normal(shape)).astype(dtype),
    "truncated_normal": _truncated_normal(0.05),
}


def names() -> tuple[str, ...]:
    """Every name that `get` knows."""
    return tuple(_ALL)


def get(identifier: str | float | Initializer) -> Initializer:
    """The initialiser of that name, of that constant, or the function itself. ValueError for an unknown name."""
    if callable(identifier):
        return identifier
    if isinstance(identifier, (int, float)) and not isinstance(identifier, bool):
        return _constant(float(identifier))
    if not isinstance(identifier, str):
        raise TypeError(
            f"an initialiser is Keras's name, a number, or a function (shape, rng, dtype) -> array; got {identifier!r}"
        )
    if identifier not in _ALL:
        raise ValueError(f"unknown initialiser {identifier!r}. Known: {', '.join(sorted(_ALL))}")
    return _ALL[identifier]


def known(identifier: str | float | Initializer) -> str | float | Initializer:
    """`identifier` itself, once `get` has accepted it."""
    get(identifier)
    return identifier
