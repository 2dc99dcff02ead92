"""Run a learner's function so that nothing it does reaches the notebook or the package.

It runs in a thread of its own, with copies of its arguments. When its time is up, an exception is raised in that thread
at its next line of Python, again and again until it ends. That works in a Jupyter kernel's main thread and on Windows,
where signals do not. What waits inside compiled code (time.sleep, one huge product) ends when that returns.

This protects from accidents. It is no sandbox: a function that means harm can do harm.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import ctypes
import operator
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

_POLL = 0.02  # seconds between two looks at the clock; an interruption by the user waits no longer than that
_GRACE = 2.0  # seconds in which a thread whose time is up may end
_MOST_TEXT = 2_000  # characters of what is printed that are kept


class TimeUp(SystemExit):
    """Raised in the learner's thread when its time is up. A SystemExit, for threads end silently on these."""


@dataclass(frozen=True)
class Run:
    """What happened in one call.

    Attributes:
        value: what was returned. error: what was raised, or None.
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


def run(function: Callable[..., Any], arguments: Mapping[str, Any], limit: float) -> Run:
    """Call `function` with copies of `arguments`, in order, for at most `limit` seconds.

    Raises:
        KeyboardInterrupt: the user interrupted; the function is ended first.
    """
    given = [copy.deepcopy(value) for value in arguments.values()]
    outcome: dict[str, Any] = {}
    done = threading.Event()

    def work() -> None:
        try:
            outcome["value"] = function(*given)
        except BaseException as error:
            outcome["error"] = error
        finally:
            done.set()

    # A daemon: a thread that cannot be ended must not keep Python from ending.
    thread = threading.Thread(target=work, name="exercise", daemon=True)
    stdout, stderr = _Captured(sys.stdout, thread), _Captured(sys.stderr, thread)
    with _unchanged(), warnings.catch_warnings(record=True) as warned, _streams(stdout, stderr):
        warnings.simplefilter("always")
        thread.start()
        end = time.monotonic() + limit
        try:
            while not done.wait(_POLL) and time.monotonic() < end:
                pass
        except BaseException:
            _end(thread, done)
            raise
        late = not done.is_set()
        stuck = late and not _end(thread, done)
        if not late:
            thread.join()
    texts = dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in warned)
    printed = "".join(stdout.kept + stderr.kept)
    if late:
        return Run(late=True, stuck=stuck, printed=printed, more=stdout.more + stderr.more)
    changed = tuple(name for name, now in zip(arguments, given, strict=True) if not _same(arguments[name], now))
    return Run(**outcome, printed=printed, more=stdout.more + stderr.more, warned=tuple(texts), changed=changed)


def _end(thread: threading.Thread, done: threading.Event) -> bool:
    """Raise TimeUp in the thread until it ends: a bare `except:` may swallow some. Whether it ended."""
    end = time.monotonic() + _GRACE
    ident = ctypes.c_ulong(cast(int, thread.ident))  # it has been started
    while thread.is_alive() and time.monotonic() < end:
        if not done.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(TimeUp))
        thread.join(_POLL)
    return not thread.is_alive()


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        if not isinstance(other, np.ndarray) or one.shape != other.shape or one.dtype != other.dtype:
            return False
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return type(one) is type(other) and one == other


# --- what is printed ------------------------------------------------------------------------------------------------


class _Captured:
    """A stream that keeps the beginning of what one thread writes, and hands on what all others write."""

    def __init__(self, real: Any, thread: threading.Thread):
        self.real, self.thread = real, thread
        self.kept: list[str] = []
        self.room, self.more = _MOST_TEXT, 0

    def write(self, text: str) -> int:
        if threading.current_thread() is not self.thread:
            return self.real.write(text)
        self.kept.append(text[: self.room])
        self.more += max(len(text) - self.room, 0)
        self.room = max(self.room - len(text), 0)
        return len(text)

    def flush(self) -> None:
        if threading.current_thread() is not self.thread and self.real is not None:
            self.real.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("input() waits for somebody to type, and nobody does while an exercise is checked")


@contextlib.contextmanager
def _streams(stdout: _Captured, stderr: _Captured) -> Iterator[None]:
    old = sys.stdout, sys.stderr, builtins.input
    sys.stdout, sys.stderr, builtins.input = stdout, stderr, _no_input
    try:
        yield
    finally:
        sys.stdout, sys.stderr, builtins.input = old


# --- what must stay as it is ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def _unchanged() -> Iterator[None]:
    """Afterwards every name of this package and of NumPy means what it meant before, and NumPy's old random generator
    is where it was."""
    state = np.random.get_state()  # noqa: NPY002  the learner's notebook may use it
    saved = [(owner, dict(vars(owner))) for owner in _owners()]
    contents = [(box, copy.copy(box)) for _, names in saved for box in names.values() if type(box) in (dict, list)]
    try:
        yield
    finally:
        for owner, before in saved:
            _restore(owner, before)
        for box, before in contents:
            if not _identical(box, before):
                box.clear()
                box.update(before) if isinstance(box, dict) else box.extend(before)
        np.random.set_state(state)  # noqa: NPY002


def _owners() -> Iterator[Any]:
    """The modules of this package and NumPy, and the package's classes and the objects that modules hold."""
    seen: set[int] = set()
    yield np
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == __name__.partition(".")[0] and isinstance(module, types.ModuleType):
            yield module
            for value in list(vars(module).values()):
                kind = value if isinstance(value, type) else type(value)
                mine = getattr(kind, "__module__", "").startswith("lstm_edu")
                if mine and hasattr(value, "__dict__") and id(value) not in seen:
                    seen.add(id(value))
                    yield value


def _restore(owner: Any, before: dict[str, Any]) -> None:
    if _identical(vars(owner), before):
        return
    now = dict(vars(owner))
    for name, value in before.items():
        if name not in now or now[name] is not value:
            setattr(owner, name, value) if isinstance(owner, type) else vars(owner).update({name: value})
    for name in now.keys() - before.keys():
        # What was imported meanwhile stays; a name that is loaded at first use is loaded again.
        if not isinstance(now[name], types.ModuleType) and not (isinstance(owner, type) and name.startswith("__")):
            delattr(owner, name) if isinstance(owner, type) else vars(owner).pop(name)


def _identical(one: Any, other: Any) -> bool:
    """Whether two lists, or two dicts, hold the very same objects in the same order. Asked of thousands at each run."""
    same = len(one) == len(other) and all(map(operator.is_, one, other))
    return same and (isinstance(one, list) or all(map(operator.is_, one.values(), other.values())))
