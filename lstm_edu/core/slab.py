"""Memory for large records, reused once their last reader is gone.

A fresh megabyte costs more than the arithmetic that fills it: the system provides it page by page, zeroed. Taking one
slab for everything that a trace records, and giving the slab of a trace that is no longer read to the next one, halves
the time of a forward pass (`python -m benchmarks`).
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

_ALIGN = 64  # bytes: a cache line
_WORTH_KEEPING = 1 << 18  # smaller pieces come quickly from anywhere
_MOST_KEPT = 1 << 27  # bytes kept for later, in all

_free: list[np.ndarray] = []


def arrays(*shapes: tuple[int, ...], dtype: np.dtype) -> list[np.ndarray]:
    """Uninitialised arrays of these shapes, side by side in one slab, which lives as long as any of them is seen."""
    sizes = [math.prod(shape) * dtype.itemsize for shape in shapes]
    starts = list(accumulate((-(-size // _ALIGN) * _ALIGN for size in sizes), initial=0))
    slab = _slab(starts[-1])
    return [np.ndarray(shape, dtype, slab, start) for shape, start in zip(shapes, starts, strict=False)]


def concatenated(parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
    """What np.concatenate gives, in such memory."""
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    (whole,) = arrays(tuple(shape), dtype=np.result_type(*parts))
    return np.concatenate(parts, axis=axis, out=whole)


def _slab(nbytes: int) -> np.ndarray:
    if nbytes < _WORTH_KEEPING:
        return np.empty(nbytes, np.uint8)
    raw = _take(nbytes)
    # The memoryview between the two keeps NumPy from looking through: every view's base is `slab`, so the end of
    # `slab` is the end of all of them.
    slab = np.frombuffer(raw.data, np.uint8, count=nbytes)
    weakref.finalize(slab, _give_back, raw).atexit = False
    return slab


def _take(nbytes: int) -> np.ndarray:
    for position, raw in enumerate(_free):
        if nbytes <= raw.nbytes <= 2 * nbytes:
            try:
                return _free.pop(position)
            except IndexError:  # another thread was faster
                break
    return np.empty(nbytes, np.uint8)


def _give_back(raw: np.ndarray) -> None:
    if sum(other.nbytes for other in _free) + raw.nbytes <= _MOST_KEPT:
        _free.append(raw)
