"""Run a learner's function so that nothing it does reaches the notebook or the package.

It runs in a thread of its own, with copies of its arguments. When its time is up, an exception is raised in that thread
at its next line of Python, again and again until it ends. That works in a Jupyter kernel's main thread and on Windows,
where signals do not. What waits inside compiled code (time.sleep, one huge product) ends when that returns. An import
is never broken off, for a library that was imported by half is lost until the kernel is restarted: its time does not
count. Where Python has no threads, in a browser, it runs in the only one: see `_Here`.

This protects from accidents. It is not a sandbox: a function that means harm can do harm.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import ctypes
import dis
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, cast

import numpy as np

from lstm_edu.exercises.keeping import Kept, kept

_POLL = 0.02  # seconds between two looks at the clock; an interruption by the user waits no longer than that
_GRACE = 2.0  # seconds in which a thread whose time is up may end
_LONGEST_IMPORT = 300.0  # seconds; after these it is interrupted anyway
_MOST_KEPT = 1_000_000  # numbers of an array
_MOST_ITEMS = 100_000  # that are taken from a generator
_MOST_TEXT = 2_000  # characters of what is printed that are kept
_PACKAGE = str(Path(__file__).parents[1])
_THREADS = sys.platform != "emscripten"


class TimeUp(SystemExit):
    """Raised in the learner's thread when its time is up. A SystemExit, for threads end silently on these."""


@dataclass(frozen=True)
class Run:
    """What happened in one call.

    Attributes:
        value: what was returned; of a generator, the list of what it yields. error: what was raised, or None.
        arrays: of the function that was watched, by name.
        iterator: what kind of iterator was returned, such as "generator", or "".
        late: it was ended because its time was up. stuck: it could not be ended.
        printed: the beginning of what it printed. more: how many characters came after that.
        warned: the warnings, as texts. changed: the names of the arguments that it changed in place.
    """

    value: Any = None
    error: BaseException | None = None
    late: bool = False
    stuck: bool = False
    printed: str = ""
    more: int = 0
    warned: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    iterator: str = ""
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def run(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    limit: float,
    keep: Kept | None = None,
    watch: CodeType | None = None,
) -> Run:
    """Call `function` with copies of `arguments`, in order, for at most `limit` seconds.

    Args:
        keep: of the check that this call belongs to; None: this call is all.
        watch: a function's code, whose arrays by name are kept when it returns.

    Raises:
        KeyboardInterrupt: the user interrupted; the function is ended first.
    """
    if keep is None:
        with kept(function) as keep:
            return run(function, arguments, limit, keep, watch)
    given = [copy.deepcopy(value) for value in arguments.values()]
    outcome: dict[str, Any] = {}
    done = threading.Event()

    def work() -> None:
        try:
            if watch is not None:
                sys.setprofile(lambda frame, event, _: _keep(frame, event, watch, outcome))
            value = function(*given)
            sys.setprofile(None)
            if isinstance(value, Iterator):
                outcome["iterator"] = type(value).__name__
                value = list(islice(value, _MOST_ITEMS))
            outcome["value"] = value
        except BaseException as error:
            outcome["error"] = error
        finally:
            done.set()

    # A daemon: a thread that cannot be ended must not keep Python from ending.
    thread = threading.Thread(target=work, name="exercise", daemon=True) if _THREADS else _Here(work, limit)
    writer = thread if _THREADS else threading.current_thread()
    stdout, stderr = _Captured(sys.stdout, writer), _Captured(sys.stderr, writer)
    try:
        with warnings.catch_warnings(record=True) as warned, _streams(stdout, stderr):
            warnings.simplefilter("always")
            thread.start()
            try:
                late = not _awaited(thread, done, limit) or isinstance(outcome.get("error"), TimeUp)
            except BaseException:
                _end(thread, done)
                raise
            stuck = late and thread.is_alive() and not _end(thread, done)
            if not late:
                thread.join()
    finally:
        keep.after_a_call()
    texts = dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in warned)
    printed = "".join(stdout.kept + stderr.kept)
    if late:
        return Run(late=True, stuck=stuck, printed=printed, more=stdout.more + stderr.more)
    changed = tuple(name for name, now in zip(arguments, given, strict=True) if not _same(arguments[name], now))
    return Run(**outcome, printed=printed, more=stdout.more + stderr.more, warned=tuple(texts), changed=changed)


class _Here(threading.Thread):
    """Instead of a thread, where there is only one: `start` runs the function to its end, and at each step of its own
    code, not of libraries, a look at the clock may raise TimeUp.

    Python calls no tracing function again that has raised something. So it is raised where nothing around it catches
    it; and anywhere, again and again, if no such place comes in `_GRACE` seconds.
    """

    def __init__(self, target: Callable[[], None], limit: float):
        super().__init__(name="exercise")
        self.target, self.end = target, time.monotonic() + limit

    def start(self) -> None:
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            self.target()
        finally:
            sys.settrace(before)

    def join(self, timeout: float | None = None) -> None:
        """It has ended."""

    def _called(self, frame: FrameType, event: str, argument: Any) -> Callable | None:
        if not _learners(frame):
            return None
        frame.f_trace_opcodes = True  # `while True: pass` is one line, and never another
        return self._look

    def _look(self, frame: FrameType, event: str, argument: Any) -> Callable:
        late = time.monotonic() - self.end
        if late >= 0 and not _caught(frame):
            raise TimeUp
        if late >= _GRACE:
            _raise_in(threading.get_ident())
        return self._look


def _learners(frame: FrameType) -> bool:
    """Whether a frame runs neither a library's code nor this package's."""
    file = frame.f_code.co_filename
    return "site-packages" not in file and not file.startswith((_PACKAGE, "<frozen"))


def _caught(frame: FrameType | None) -> bool:
    """Whether an `except` or `finally` of the learner's is around what a frame does, in it or in one that called it."""
    while frame is not None and _learners(frame):
        if any(start <= frame.f_lasti < end for start, end in _guarded(frame.f_code)):
            return True
        frame = frame.f_back
    return False


@cache
def _guarded(code: CodeType) -> list[tuple[int, int]]:
    """The instructions of a function that are inside a `try`."""
    entries = dis.Bytecode(code).exception_entries  # type: ignore[attr-defined]
    # With lasti: what only tidies up, and raises again.
    return [(entry.start, entry.end) for entry in entries if not entry.lasti]


def _keep(frame: FrameType, event: str, watch: CodeType, outcome: dict[str, Any]) -> None:
    if event == "return" and frame.f_code is watch:
        arrays = {name: v for name, v in frame.f_locals.items() if type(v) is np.ndarray and v.size < _MOST_KEPT}
        outcome["arrays"] = {name: v.copy() for name, v in arrays.items()}


def _awaited(thread: threading.Thread, done: threading.Event, limit: float) -> bool:
    """Whether it is done within the limit, without the time that it spends in imports."""
    now = time.monotonic()
    end, last = now + limit, now + limit + _LONGEST_IMPORT
    while not done.wait(_POLL):
        before, now = now, time.monotonic()
        if _imports(thread) and now < last:
            end += now - before
        elif now >= end:
            return False
    return True


def _imports(thread: threading.Thread) -> bool:
    """Whether the thread is in the midst of an import."""
    frame = sys._current_frames().get(cast(int, thread.ident))
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _end(thread: threading.Thread, done: threading.Event) -> bool:
    """Raise TimeUp in the thread until it ends: a bare `except:` may swallow some. Whether it ended."""
    end = time.monotonic() + _GRACE
    while thread.is_alive() and time.monotonic() < end:
        if not done.is_set() and not _imports(thread):
            _raise_in(cast(int, thread.ident))  # it has been started
        thread.join(_POLL)
    return not thread.is_alive()


def _raise_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeUp))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        if not isinstance(other, np.ndarray) or one.shape != other.shape or one.dtype != other.dtype:
            return False
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other


# --- what is printed ------------------------------------------------------------------------------------------------


class _Captured:
    """A stream that keeps the beginning of what one thread writes, and passes on what all others write."""

    def __init__(self, real: Any, thread: threading.Thread):
        self.real, self.thread = real, thread
        self.kept: list[str] = []
        self.room, self.more = _MOST_TEXT, 0

    def write(self, text: str) -> int:
        if threading.current_thread() is not self.thread:
            return self.real.write(text)
        if self.room:
            self.kept.append(text[: self.room])
        self.more += max(len(text) - self.room, 0)
        self.room = max(self.room - len(text), 0)
        return len(text)

    def close(self) -> None:
        """The notebook's stream stays open."""

    def flush(self) -> None:
        if threading.current_thread() is not self.thread and self.real is not None:
            self.real.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("input() waits for someone to type, and nobody can while an exercise is checked")


@contextlib.contextmanager
def _streams(stdout: _Captured, stderr: _Captured) -> Iterator[None]:
    old = sys.stdout, sys.stderr, builtins.input, sys.breakpointhook
    sys.stdout, sys.stderr, builtins.input = stdout, stderr, _no_input
    sys.breakpointhook = lambda *_, **__: None  # there is nobody to debug
    try:
        yield
    finally:
        sys.stdout, sys.stderr, builtins.input, sys.breakpointhook = old
