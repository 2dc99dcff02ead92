"""Coarser arithmetic, emulated: what float16, bfloat16 and TF32 keep of a number."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

Array = np.ndarray


def keep_bits(a: Array, mantissa: int) -> Array:
    """`a` rounded to float32 numbers with so many bits after the leading one, ties to even."""
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32)
    drop = np.uint32(23 - mantissa)
    one = np.uint32(1)
    half = (one << (drop - one)) - one + ((bits >> drop) & one)
    rounded = ((bits + half) >> drop) << drop
    return np.where(np.isfinite(a), rounded.view(np.float32), np.float32(np.nan)).astype(a.dtype)


def float16(a: Array) -> Array:
    with np.errstate(over="ignore"):  # infinity is what becomes of too large a number
        return a.astype(np.float16).astype(a.dtype)


def bfloat16(a: Array) -> Array:
    return keep_bits(a, 7)


def tf32(a: Array) -> Array:
    return keep_bits(a, 10)


@cache
def rounded(function: Callable[..., Array], rounding: Callable[[Array], Array]) -> Callable[..., Array]:
    """`function`, its result rounded. The same two give the same function, so that recipes can be told equal."""

    def coarse(*arguments):
        return rounding(function(*arguments))

    return coarse
