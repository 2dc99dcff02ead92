"""How far the notebooks of a site are, and about how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TextIO


class Progress:
    """One line for each notebook that is begun and that is done; in a terminal its cells are counted, too.

    The time left is that of the code cells so far, times those that are left: cells that train take longer than others.
    """

    def __init__(self, cells: Mapping[str, int], stream: TextIO | None):
        """`cells`: for each notebook in order its number of code cells. `stream`: where lines go; None: nowhere."""
        self._cells, self._stream = dict(cells), stream
        self._started = time.monotonic()
        self._before = 0  # cells of the notebooks that are done
        self._name = ""

    def begin(self, name: str) -> None:
        self._name = name
        self._passing(f"{self._where}: starting Python")

    def cell(self, done: int) -> None:
        """So many cells of this notebook are done."""
        self._passing(f"{self._where}: {done} of {self._cells[self._name]} cells{self._left(self._before + done)}")

    def end(self, failed: str = "") -> None:
        """This notebook is done, or `failed`."""
        self._before += self._cells[self._name]
        seconds = _duration(time.monotonic() - self._started)
        what = f"FAILED: {failed}" if failed else f"written after {seconds}"
        self._line(f"{self._where}: {what}{self._left(self._before)}")

    @property
    def _where(self) -> str:
        return f"{self._name} ({list(self._cells).index(self._name) + 1} of {len(self._cells)})"

    def _left(self, done: int) -> str:
        remaining = sum(self._cells.values()) - done
        if done == 0 or remaining == 0:
            return ""
        return f"; about {_duration((time.monotonic() - self._started) / done * remaining)} left"

    def _passing(self, text: str) -> None:
        """A line that the next one replaces: for terminals only."""
        if self._stream is not None and self._stream.isatty():
            print(f"\r\x1b[K{text}", end="", file=self._stream, flush=True)

    def _line(self, text: str) -> None:
        if self._stream is not None:
            print(f"\r\x1b[K{text}" if self._stream.isatty() else text, file=self._stream, flush=True)


def _duration(seconds: float) -> str:
    return f"{round(seconds / 60)} min" if seconds >= 90 else f"{max(1, round(seconds))} s"
