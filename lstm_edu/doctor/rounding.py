"""Coarser arithmetic, emulated: what float16, bfloat16 and TF32 keep of a number."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from lstm_edu.core import precision

Array = np.ndarray


# How the numbers of a whole computation are rounded.
float16, bfloat16 = precision.to_float16, precision.to_bfloat16


def tf32(a: Array) -> Array:
    return precision.keep_bits(a, 10)


@cache
def rounded(function: Callable[..., Array], rounding: Callable[[Array], Array]) -> Callable[..., Array]:
    """`function`, its result rounded. The same two give the same function, so that recipes can be told equal."""

    def coarse(*arguments):
        return rounding(function(*arguments))

    return coarse
