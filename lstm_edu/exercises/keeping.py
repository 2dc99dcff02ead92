"""What a check leaves as it was, whatever the learner's function did: the notebook's variables and what is in them, the
settings of Python and of libraries, and the tools with which the check itself works.

Nothing is emptied on the way: only what has changed is put back, one name at a time, for a namespace is in use while
this happens. What was imported stays, and so does what an import added elsewhere (pybind11 adds to `builtins`).

What cannot be put back: a file or an iterator that was read, TensorFlow's seed, an object of a library with a state of
its own (a data frame, an optimizer), arrays beyond `MOST_BYTES`.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import functools
import gc
import locale
import logging
import math
import operator
import os
import random
import signal
import sys
import threading
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

MOST_BYTES = 1 << 28  # of arrays that are copied before a check
MOST_OBJECTS = 10_000  # that are looked into
_PACKAGE = __name__.partition(".")[0]
_MISSING = object()
Restore = Callable[[], Iterable[str]]  # puts something back, and names what it had to


@contextlib.contextmanager
def kept(function: Callable) -> Iterator[Kept]:
    """Around all calls of a check: afterwards everything is as it was."""
    with contextlib.ExitStack() as stack:
        own = Kept(function)
        stack.callback(own._put_back)
        stack.enter_context(settings_kept())
        stack.enter_context(_figures())
        stack.enter_context(_shell())
        yield own


class Kept:
    """What one check has to leave as it was.

    Attributes:
        changed: afterwards, the notebook's variables that the function changed, by name.
    """

    def __init__(self, function: Callable):
        self.changed: tuple[str, ...] = ()
        self._threads = set(threading.enumerate())
        self._notebook = list(_notebook(function))
        self._tools = list(_tools())

    def after_a_call(self) -> None:
        """Put back what the check itself works with: this package, NumPy and Python's own functions."""
        for restore in self._tools:
            restore()

    @property
    def threads(self) -> list[threading.Thread]:
        """Those that the function started and that still run."""
        return [t for t in threading.enumerate() if t not in self._threads and t.name != "exercise"]

    def _put_back(self) -> None:
        self.after_a_call()
        self.changed = tuple(dict.fromkeys(name for restore in self._notebook for name in restore()))


# --- one thing, and how it is put back ------------------------------------------------------------------------------


def _names(box: MutableMapping[str, Any], drop: Callable[[str, Any], bool]) -> Restore:
    """A namespace: what was there is there again; what is new goes if `drop` says so."""
    before = dict(box)

    def restore() -> Iterable[str]:
        if _identical(box, before):
            return []
        changed = [name for name, value in before.items() if box.get(name, _MISSING) is not value]
        new = [name for name in list(box) if name not in before and drop(name, box[name])]
        box.update((name, before[name]) for name in changed)
        for name in new:
            del box[name]
        if list(box)[: len(before)] != list(before):
            for name in before:  # the order, too
                box[name] = box.pop(name)
        return changed + new

    return restore


def _attributes(owner: Any) -> Restore:
    """A class's or an object's own attributes; of a module, whose namespace is a dict, see `_names`."""
    before = dict(vars(owner))

    def restore() -> Iterable[str]:
        now = dict(vars(owner))
        changed = [name for name, value in before.items() if now.get(name, _MISSING) is not value]
        new = [name for name in now if name not in before and not name.startswith("__")]
        with contextlib.suppress(AttributeError, TypeError):
            for name in changed:
                type.__setattr__(owner, name, before[name]) if isinstance(owner, type) else vars(owner).update(
                    {name: before[name]}
                )
            for name in new:
                type.__delattr__(owner, name) if isinstance(owner, type) else vars(owner).pop(name)
        return changed + new

    return restore


def _list(box: Any) -> Restore:
    before = list(box)

    def restore() -> Iterable[str]:
        if _identical(list(box), before):
            return []
        if isinstance(box, list):
            box[:] = before
        else:  # a set, a deque
            box.clear()
            box.update(before) if isinstance(box, set) else box.extend(before)
        return [""]

    return restore


def _array(array: np.ndarray) -> Restore:
    before = array.copy()

    def restore() -> Iterable[str]:
        if array.shape == before.shape and array.tobytes() == before.tobytes():
            return []
        with contextlib.suppress(ValueError, AttributeError):
            array.shape = before.shape
            np.copyto(array, before)
        return [""]

    return restore


def _state(get: Callable[[], Any], put: Callable[[Any], Any]) -> Restore:
    before = copy.deepcopy(get())

    def restore() -> Iterable[str]:
        if _equal(get(), before):
            return []
        put(before)
        return [""]

    return restore


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)


def _identical(one: Any, other: Any) -> bool:
    """Whether two lists, or two dicts, have the very same objects in the same order. Called for thousands at each
    run."""
    same = len(one) == len(other) and all(map(operator.is_, one, other))
    return same and (isinstance(one, list) or all(map(operator.is_, one.values(), other.values())))


# --- the notebook ---------------------------------------------------------------------------------------------------


def _notebook(function: Callable) -> Iterator[Restore]:
    """The variables of the notebook, and the contents of those that the function can reach."""
    room, seen = [MOST_BYTES, MOST_OBJECTS], set[int]()
    for code in _functions(function):
        if str(code.__globals__.get("__name__")).partition(".")[0] == _PACKAGE:  # see `_tools`
            continue
        if id(code.__globals__) not in seen:
            seen.add(id(code.__globals__))
            yield _names(code.__globals__, lambda name, value: not isinstance(value, types.ModuleType))
        for name, cell in zip(code.__code__.co_freevars, code.__closure__ or (), strict=True):
            yield _named(name, _cell(cell))
        for name, value in _used(code):
            if isinstance(value, types.ModuleType):
                for module in _parts(value, _names_in(code.__code__)):
                    if id(module) not in seen:
                        seen.add(id(module))
                        yield _functions_of(module)
            else:
                for restore in _contents(value, code.__globals__.get("__name__"), seen, room):
                    yield _named(name, restore)


def _named(name: str, restore: Restore) -> Restore:
    return lambda: [name for _ in restore()]


def _cell(cell: types.CellType) -> Restore:
    def inside() -> Any:
        try:
            return cell.cell_contents
        except ValueError:  # nothing was assigned yet
            return _MISSING

    before = inside()

    def restore() -> Iterable[str]:
        if inside() is before or before is _MISSING:
            return []
        cell.cell_contents = before
        return [""]

    return restore


def _functions(function: Any) -> Iterator[types.FunctionType]:
    """The function, and those of the same notebook that it can call."""
    waiting, seen = [function], set[int]()
    while waiting and len(seen) < MOST_OBJECTS:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, functools.partial):
            waiting.append(one.func)
        elif isinstance(one, types.MethodType):
            waiting.append(one.__func__)
        elif isinstance(one, types.FunctionType):
            yield one
            waiting += [value for _, value in _used(one) if _is_own(value, one.__globals__)]
            waiting += [one.__dict__["__wrapped__"]] if "__wrapped__" in one.__dict__ else []
        elif isinstance(one, type):
            waiting += [value for value in vars(one).values() if isinstance(value, types.FunctionType)]
        else:
            waiting.append(type(one))


def _is_own(value: Any, names: dict[str, Any]) -> bool:
    """Whether a function, a class or an object of a class was defined along with these names."""
    if isinstance(value, types.FunctionType):
        return value.__globals__ is names
    kind = value if isinstance(value, type) else type(value)
    return isinstance(value, (functools.partial, types.MethodType)) or kind.__module__ == names.get("__name__", "")


def _used(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function can reach by name: globals, what surrounds it, its defaults, its own attributes."""
    names, known = _names_in(function.__code__), function.__globals__
    yield from ((name, known[name]) for name in names if name in known)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):
            yield name, cell.cell_contents
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    yield from zip(positional[len(positional) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()
    yield from function.__dict__.items()


def _names_in(code: types.CodeType) -> list[str]:
    """The names of globals and attributes in a function's code, and in the functions within it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return list(dict.fromkeys([*code.co_names, *(name for one in inner for name in _names_in(one))]))


def _parts(module: types.ModuleType, names: Iterable[str]) -> Iterator[types.ModuleType]:
    """A module, and the modules in it of these names: of `keras.layers.LSTM` keras and keras.layers."""
    yield module
    for part in map(vars(module).get, names):
        if isinstance(part, types.ModuleType):
            yield part


def _functions_of(module: types.ModuleType) -> Restore:
    """A library's public functions and classes, which only a learner would replace. What is hidden, and what holds a
    state, is the library's own affair."""
    before = {name: value for name, value in vars(module).items() if callable(value) and not name.startswith("_")}

    def restore() -> Iterable[str]:
        changed = [name for name, value in before.items() if vars(module).get(name, _MISSING) is not value]
        vars(module).update((name, before[name]) for name in changed)
        return []

    return restore


def _contents(value: Any, notebook: str | None, seen: set[int], room: list[int]) -> Iterator[Restore]:
    """What is in a variable, and in what is in it."""
    if id(value) in seen or room[1] <= 0:
        return
    room[1] -= 1
    inside: Iterable[Any] = ()
    if isinstance(value, np.ndarray):
        if value.nbytes > room[0]:
            return
        room[0] -= value.nbytes
        if value.flags.writeable and not value.dtype.hasobject:
            yield _array(value)
    elif isinstance(value, (list, set, deque, dict)):
        inside = value.values() if isinstance(value, dict) else value
        yield _names(value, lambda *_: True) if isinstance(value, dict) else _list(value)
    elif isinstance(value, tuple):
        inside = value
    elif isinstance(value, np.random.Generator):
        generator = value.bit_generator
        yield _state(lambda: generator.state, lambda state: setattr(generator, "state", state))
    elif isinstance(value, np.random.RandomState):
        yield _state(value.get_state, value.set_state)
    elif isinstance(value, random.Random):
        yield _state(value.getstate, value.setstate)
    elif isinstance(value, type):
        if value.__module__ != notebook:
            return
        inside = [v for name, v in vars(value).items() if not name.startswith("__")]
        yield _attributes(value)
    elif callable(getattr(value, "get_weights", None)) and callable(getattr(value, "set_weights", None)):
        with contextlib.suppress(Exception):  # a layer or a model, ours or Keras's; one that is not built has none
            yield _state(value.get_weights, value.set_weights)
    elif callable(getattr(value, "assign", None)) and callable(getattr(value, "numpy", None)):
        yield _state(value.numpy, value.assign)
    elif type(value).__module__ == notebook and hasattr(value, "__dict__"):
        inside = list(vars(value).values())
        yield _attributes(value)
    else:
        return
    seen.add(id(value))
    for part in list(inside):
        yield from _contents(part, notebook, seen, room)


# --- the tools of a check -------------------------------------------------------------------------------------------


def _tools() -> Iterator[Restore]:
    """This package, NumPy and Python's own functions."""
    for module in (builtins, math, random, np, np.linalg, np.random):
        yield _functions_of(module)
    for owner in _owners():
        names = vars(owner)
        yield _names(names, _is_no_import) if isinstance(owner, types.ModuleType) else _attributes(owner)
        for name, box in list(names.items()):
            if not name.startswith("__") and type(box) in (dict, list):
                yield _names(box, lambda *_: True) if isinstance(box, dict) else _list(box)


def _is_no_import(name: str, value: Any) -> bool:
    """What was imported meanwhile stays; a name that is loaded at first use is loaded again."""
    return not name.startswith("__") and not isinstance(value, types.ModuleType)


def _owners() -> Iterator[Any]:
    """The modules of this package, its classes, and the objects that its modules hold."""
    seen: set[int] = set()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == _PACKAGE and isinstance(module, types.ModuleType):
            yield module
            for value in list(vars(module).values()):
                kind = value if isinstance(value, type) else type(value)
                mine = getattr(kind, "__module__", "").startswith(_PACKAGE)
                if mine and hasattr(value, "__dict__") and id(value) not in seen:
                    seen.add(id(value))
                    yield value


# --- settings of the process ----------------------------------------------------------------------------------------

_HOOKS = ("stdout", "stderr", "stdin", "displayhook", "excepthook", "breakpointhook", "argv")


def _settings_of(module: str, *names: str) -> list[tuple[Callable, Callable]]:
    """Pairs of functions, `name` and `set_name`, of a module that may not be loaded."""
    owner: Any = sys.modules.get(module)
    return [(getattr(owner, name), getattr(owner, f"set_{name}")) for name in names if hasattr(owner, f"set_{name}")]


@contextlib.contextmanager
def settings_kept() -> Iterator[None]:
    """Random generators, folders, limits, the environment, logging, alarms. NumPy's way with errors and Keras's names
    and policies belong to a thread, and the function's ends with it."""
    loaded = len(sys.modules)
    root = logging.getLogger()
    pairs: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
        (np.random.get_state, np.random.set_state),  # noqa: NPY002  the notebook may use it
        (random.getstate, random.setstate),
        (os.getcwd, os.chdir),
        (lambda: list(sys.path), lambda before: operator.setitem(sys.path, slice(None), before)),
        (sys.getrecursionlimit, sys.setrecursionlimit),
        (sys.getswitchinterval, sys.setswitchinterval),
        (gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
        (np.get_printoptions, lambda before: np.set_printoptions(**before)),
        (lambda: locale.setlocale(locale.LC_ALL), lambda before: locale.setlocale(locale.LC_ALL, before)),
        (lambda: root.level, root.setLevel),
        (lambda: root.manager.disable, logging.disable),
        *_settings_of("keras.config", "floatx", "epsilon", "image_data_format"),
    ]
    restores = []
    for get, put in pairs:
        with contextlib.suppress(Exception):  # a folder that is gone, a locale that is none
            restores.append(_state(get, put))
    states: Any = sys.modules.get(
        "keras.src.backend.common.global_state"
    )  # that clear_session replaces, for all threads
    locals_ = {n: v for n, v in vars(states).items() if isinstance(v, threading.local)} if states else {}
    hooks = {name: getattr(sys, name) for name in _HOOKS if hasattr(sys, name)}
    environment, handlers, modules = dict(os.environ), list(root.handlers), dict(sys.modules)
    try:
        with _alarms():
            yield
    finally:
        for restore in restores:
            with contextlib.suppress(Exception):
                restore()
        vars(sys).update(hooks)
        if states:
            vars(states).update(locals_)
        imported = len(sys.modules) > loaded
        _put_back_strings(os.environ, environment, imported)
        if not imported:  # a library may add its own when it is first imported
            root.handlers[:] = handlers
        sys.modules.update((n, m) for n, m in modules.items() if n not in sys.modules)


def _put_back_strings(now: MutableMapping[str, str], before: Mapping[str, str], imported: bool) -> None:
    for name in [n for n in now if n not in before and not imported]:
        del now[name]
    now.update({n: text for n, text in before.items() if now.get(n) != text})


@contextlib.contextmanager
def _alarms() -> Iterator[None]:
    """An alarm that the function sets would end Python if nothing waits for it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before, timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    if before is not signal.SIG_DFL or timer[0]:
        yield
        return
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _figures() -> Iterator[None]:
    """The function's figures are its own, and are closed; the notebook's, and which axes are the current ones, stay."""
    parameters: Any = getattr(sys.modules.get("matplotlib"), "rcParams", None)
    before = None if parameters is None else dict(parameters)
    manager = getattr(sys.modules.get("matplotlib._pylab_helpers"), "Gcf", None)
    figures = None if manager is None else manager.figs
    if manager is not None:
        manager.figs = OrderedDict()
    try:
        yield
    finally:
        with contextlib.suppress(Exception):
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")
            if before is not None and dict(parameters) != before:
                parameters.update(before)
        if manager is not None:
            manager.figs = figures


@contextlib.contextmanager
def _shell() -> Iterator[None]:
    """In a notebook: what the function displays is not shown at each of its calls, and `exit` ends no kernel."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None:
        yield
        return
    from IPython.core.displaypub import CapturingDisplayPublisher

    def leave() -> None:
        raise SystemExit

    with contextlib.ExitStack() as stack:
        for name, value in (("display_pub", CapturingDisplayPublisher()), ("ask_exit", leave)):
            if hasattr(shell, name):  # JupyterLite's has no ask_exit
                stack.callback(setattr, shell, name, getattr(shell, name))
                setattr(shell, name, value)
        yield
