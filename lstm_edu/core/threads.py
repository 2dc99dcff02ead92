"""How many threads NumPy's matrix products take.

A loop over time multiplies small matrices, thousands of times. OpenBLAS divides each of them among all processors, and
where other programs need these too, its threads wait for each other hundreds of times as long as they compute: seen on
two busy cores, with NumPy 2.4, 32 ms instead of 0.06 ms for (32, 64) x (64, 256). NumPy has no call for this, so
OpenBLAS itself is asked, as threadpoolctl does it. Where NumPy uses another library, nothing is changed.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

WORTH_SHARING = 1 << 24  # multiplications in one product: about a millisecond

_NAMES = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")
_lock = Lock()
_inside: list[int] = []  # one entry for each `one_thread` that is open: how many threads there were before the first


@contextmanager
def one_thread(multiplications: int = 0) -> Iterator[None]:
    """Inside, a matrix product runs on one processor; afterwards on as many as before.

    Args:
        multiplications: in one product. From WORTH_SHARING on, all processors are left to it.
    """
    openblas = _openblas()
    if openblas is None or multiplications >= WORTH_SHARING:
        yield
        return
    count, limit = openblas
    with _lock:
        _inside.append(_inside[0] if _inside else count())
        limit(1)
    try:
        yield
    finally:
        with _lock:
            before = _inside.pop()
            if not _inside:
                limit(before)


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], Any]] | None:
    """OpenBLAS's functions that say and set its number of threads; None where NumPy has no OpenBLAS in reach."""
    try:
        # A name is looked up in what it links to, too.
        library = ctypes.CDLL(sys.modules["numpy._core._multiarray_umath"].__file__)
    except (KeyError, OSError):
        return None
    for name in _NAMES:
        try:
            return getattr(library, name.format("get_num_threads")), getattr(library, name.format("set_num_threads"))
        except AttributeError:
            continue
    return None
