"""How long a test waits before it says that something hangs: the only place for that.

No test fails because a machine is slow or busy. How long things take is measured in benchmarks/, and at the end of
every run of the tests: seconds per file, seconds and memory per notebook.
"""

import time
from collections.abc import Iterator

HANGS = 600.0  # seconds: for a process, a kernel, a notebook's cell, a server's start
PAGE_HANGS = 120.0  # seconds: for one thing to appear on a page of the browser


def tries(seconds: float = PAGE_HANGS) -> Iterator[None]:
    """Again and again until so many seconds are over: `for _ in tries(): ...`, with a pause and a way out in it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
