"""One line that shows progress, once something takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

Progress = Callable[[int, int, str], None]  # (done, total, of what)

_AFTER = 1.0  # seconds


class Line:
    """Call it with (done, total, words): "pairs of mistakes: 512 of 5,503".

    In a terminal one line is written over and over, in a notebook one output changes. Where nobody is watching, in a
    pipe or a file, nothing is written.
    """

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.words: str | None = None  # of what is being counted now
        self.ended = False
        self.handle: Any = None

    def __call__(self, done: int, total: int, words: str) -> None:
        last = done >= total
        if words != self.words:
            self.words, self.ended, shown = words, False, False
        else:
            shown = True
        if self.ended or time.monotonic() - self.started < _AFTER or (last and not shown):
            return
        self.ended = last
        text = f"{words}: {done:,} of {total:,}"
        if "ipykernel" in sys.modules:  # one output that changes, and nothing in the red of stderr
            self._in_notebook(sys.modules["IPython.display"], text)
        elif sys.stderr.isatty():
            print(f"\r{text}", end="\n" if last else "", file=sys.stderr, flush=True)

    def _in_notebook(self, ipython: Any, text: str) -> None:
        shown = {"text/plain": text}
        if self.handle is None:
            self.handle = ipython.display(shown, raw=True, display_id=True)
        else:
            self.handle.update(shown, raw=True)


def shown(progress: Progress | bool | None) -> Progress | None:
    """What an argument `progress` means: a function is called, False says nothing, None and True write a `Line`."""
    if callable(progress):
        return progress
    return None if progress is False else Line()
