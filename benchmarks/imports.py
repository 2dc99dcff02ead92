"""How long an import takes, each in a separate Python."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from .timing import Timings

_TIMED = "import time; begin = time.perf_counter(); import {}; print(time.perf_counter() - begin)"


def import_times(modules: tuple[str, ...], rounds: int) -> dict[str, Timings]:
    """Import each module once per round, in turns, with the .pyc files that an earlier import wrote."""
    for module in modules:
        _seconds(module)
    seconds = [[_seconds(module) for module in modules] for _ in range(rounds)]
    return dict(zip(modules, map(Timings, np.array(seconds).T), strict=True))


def _seconds(module: str) -> float:
    # Where this variable is set nothing is compiled for the next time, and imports take two to three times as long.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run(
        [sys.executable, "-c", _TIMED.format(module)],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return float(run.stdout)
