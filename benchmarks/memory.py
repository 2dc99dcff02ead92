"""What a trace weighs: bytes of each quantity, and the most that is held while it is made."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import lstm_edu as le
from lstm_edu.core import memory as core_memory

from .contenders import Problem


class Weight(NamedTuple):
    """Bytes of a call's result: what its arrays hold as they are read, what is really held for them afterwards, and
    the most that was held on the way."""

    asked: int
    held: int
    peak: int


def quantities(trace: le.Trace) -> list[tuple[str, tuple[int, ...], int]]:
    """Name, shape and bytes of each recorded quantity."""
    return [(name, trace[name].shape, trace[name].nbytes) for name in trace.names]


def weigh(call: Callable[[], Any], read: Callable[[Any], Iterable[Any]]) -> Weight:
    """Weigh what `call` allocates (NumPy's arrays and Python's objects); `read` finds the arrays in its result."""
    call()  # what only a first call needs
    gc.collect()
    core_memory._free.clear()  # or an earlier trace's memory would be used again, and not be seen here
    tracemalloc.start()
    try:
        result = call()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Weight(sum(array.nbytes for array in read(result)), held, peak)


def weights(problem: Problem) -> dict[str, Weight]:
    """The weight of a forward pass for several choices of what is kept."""
    layer, x = problem.layer, problem.x

    def recorded(trace: le.Trace) -> list[Any]:
        return [trace[name] for name in trace.names]

    found = {"trace(x)": weigh(lambda: layer.trace(x), recorded)}
    for keep in (("i", "f", "o"), ("c", "h"), ("h",)):
        call = f"trace(x, keep={list(keep)})".replace("'", '"')
        found[call] = weigh(lambda keep=keep: layer.trace(x, keep=keep), recorded)
    found["layer(x)"] = weigh(lambda: layer(x), lambda y: [y])
    return found
