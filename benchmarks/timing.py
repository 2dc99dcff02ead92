"""Time several ways of doing one thing, in turns, so that whatever else the machine does disturbs all of them
equally."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

_LONGEST_WAIT = 0.4  # seconds


class Spread(NamedTuple):
    """Repeated measurements of one quantity: their median, their quartiles, and the value of the undisturbed case."""

    median: float
    low: float
    high: float
    best: float


class Timings:
    """Seconds per call, one number per round."""

    def __init__(self, seconds: np.ndarray):
        self.seconds = seconds

    @property
    def spread(self) -> Spread:
        low, median, high = np.quantile(self.seconds, (0.25, 0.5, 0.75))
        return Spread(float(median), float(low), float(high), float(self.seconds.min()))

    def over(self, base: Timings) -> Spread:
        """This time as a multiple of `base`'s, round by round; and of their minima, which load moves least."""
        low, median, high = np.quantile(self.seconds / base.seconds, (0.25, 0.5, 0.75))
        return Spread(float(median), float(low), float(high), float(self.seconds.min() / base.seconds.min()))


def in_turns(contenders: Mapping[str, Callable[[], object]], rounds: int, block: float = 0.02) -> dict[str, Timings]:
    """Time each contender once per round, each round in a different order.

    Args:
        contenders: name -> what to call. Each is called once before the first round.
        rounds: how many numbers to take of each.
        block: seconds; what takes less is called as often as fits, one after another, and their mean is the number.
    """
    calls = {}
    for name, call in contenders.items():
        call()
        calls[name] = max(1, math.ceil(block / _block(call, 3)))
    names = list(contenders)
    seconds = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            _wait_for_idle_threads()
            seconds[name].append(_block(contenders[name], calls[name]))
    return {name: Timings(np.array(values)) for name, values in seconds.items()}


def _block(call: Callable[[], object], times: int) -> float:
    """Seconds per call, over so many calls; with the garbage collector off, as in timeit."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(times):
            call()
        return (time.perf_counter() - start) / times
    finally:
        if collecting:
            gc.enable()


def _wait_for_idle_threads() -> None:
    """Wait until this process does nothing.

    The threads of OpenBLAS, PyTorch and ONNX Runtime go on looking for work when there is none, OpenBLAS's for a tenth
    of a second, and would take a core away from whatever is timed next.
    """
    pause, begin = 0.02, time.perf_counter()
    while time.perf_counter() - begin < _LONGEST_WAIT:
        busy = time.process_time()
        time.sleep(pause)
        if time.process_time() - busy < 0.1 * pause:
            return
