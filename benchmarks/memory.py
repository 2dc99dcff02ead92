"""What a trace takes: bytes of each quantity, and the most that is held while it is made."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import lstm_edu as le
from lstm_edu.core import slab

from .contenders import Problem


class Footprint(NamedTuple):
    """Bytes: what the arrays of a call's result hold, what the result really keeps alive, and the most that was held
    on the way."""

    asked: int
    held: int
    peak: int


def quantities(trace: le.Trace) -> list[tuple[str, tuple[int, ...], int]]:
    """Name, shape and bytes of each recorded quantity."""
    return [(name, trace[name].shape, trace[name].nbytes) for name in trace.names]


def footprint(call: Callable[[], Any], read: Callable[[Any], Iterable[Any]]) -> Footprint:
    """Measure what `call` allocates (NumPy's arrays and Python's objects); `read` finds the arrays in its result."""
    call()  # what only a first call needs
    gc.collect()
    slab._free.clear()  # or an earlier trace's memory would be used again, and not be seen here
    tracemalloc.start()
    try:
        result = call()
        _, peak = tracemalloc.get_traced_memory()
        slab._free.clear()  # what waits for the next call belongs to no result
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Footprint(sum(array.nbytes for array in read(result)), held, peak)


def footprints(problem: Problem) -> dict[str, Footprint]:
    """What a forward pass takes, for several choices of what is kept."""
    layer, x = problem.layer, problem.x

    def recorded(trace: le.Trace) -> list[Any]:
        output = [] if "h" in trace else [trace.output]  # the output is there in any case, and is h
        return [*(trace[name] for name in trace.names), *output]

    found = {"trace(x)": footprint(lambda: layer.trace(x), recorded)}
    for keep in (("i", "f", "o"), ("c", "h"), ("h",)):
        call = f"trace(x, keep={list(keep)})".replace("'", '"')
        found[call] = footprint(lambda keep=keep: layer.trace(x, keep=keep), recorded)
    found["layer(x)"] = footprint(lambda: layer(x), lambda y: [y])
    return found
