"""Grade one answer: the learner's function runs in a process of its own, the check in this one.

So a submission that puts another `check`, or another NumPy, in the place of ours changes nothing: what it returns are
numbers, and these are held against the right ones here. That process may write no file and gets bounded time and
memory, but it is no sandbox: for a class that is not trusted, grade in a container.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any, cast

from lstm_edu import exercises
from lstm_edu.exercises.result import NOT_ATTEMPTED, WRONG, Result
from lstm_edu.teaching import answering

SECONDS = 10.0  # for one call; the learner's computer may be faster than the teacher's
_STARTING = 60.0  # seconds to start Python, import NumPy and run the cell
_MOST_BYTES = 1 << 26  # of one answer
_POLL = 0.05
_ENVIRONMENT = ("SYSTEMROOT", "OPENBLAS_NUM_THREADS")  # Windows starts no Python without the first


def grade(
    exercise: str, source: str, before: Sequence[str] = (), *, function: str | None = None, time_limit: float = SECONDS
) -> Result:
    """What `le.exercises.<exercise>.check(function)` says of the function that this source defines.

    Args:
        exercise: an exercise's name.
        source: the cell with the learner's function.
        before: the cells above it. Of these, only imports and definitions that the answer uses are run.
        function: the function's name; None: as the exercise's task has it.
        time_limit: seconds that one call may take.

    Raises:
        ValueError: there is no such exercise.
    """
    task = exercises.get(exercise)
    name = function or task.answer[-1].__name__
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = (getattr(error, "text", "") or "").strip()
        return Result(exercise, WRONG, f"Python cannot read the cell: {error}", detail=line)
    definition = next((n for n in reversed(tree.body) if isinstance(n, ast.FunctionDef) and n.name == name), None)
    if definition is None:
        return Result(exercise, NOT_ATTEMPTED, f"The cell defines no function {name}.")
    with tempfile.TemporaryDirectory() as folder, _Answering(source, name, _needed(before, tree), folder) as far_end:

        @functools.wraps(_outline(definition))
        def answered(*arguments: Any) -> Any:
            return far_end(*arguments)

        task.reset()  # hints are for whoever asks for them
        return task.check(answered, time_limit=time_limit, keras=False)


# --- the far end ----------------------------------------------------------------------------------------------------


class _Answering:
    """The function at the far end, called as if it were here. Once its process has ended, every call says why."""

    def __init__(self, source: str, function: str, before: list[str], folder: str):
        self._job = {"source": source, "function": function, "before": before}
        self._folder = folder
        self._ended: BaseException | None = None

    def __enter__(self) -> _Answering:
        self._process = subprocess.Popen(
            [sys.executable, "-I", answering.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        self._stdin = cast(IO[bytes], self._process.stdin)
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
        try:
            answer = self._ask(self._job, _STARTING)
            if "error" in answer:
                raise _error(answer["error"])
        except BaseException as error:
            self._end(error)
        return self

    def __exit__(self, *_: object) -> None:
        self._end(RuntimeError("the grading is over"))

    def __call__(self, *arguments: Any) -> Any:
        if self._ended is not None:
            raise self._ended
        try:
            answer = self._ask({"arguments": [answering.encode(a) for a in arguments]}, float("inf"))
        except BaseException as error:  # that the time is up, too
            self._end(error)
            raise
        for k, changed in answer.get("changed", {}).items():
            _put(arguments[int(k)], _value(changed))
        if answer.get("printed"):
            print(str(answer["printed"])[: answering.MOST_TEXT])
        for text in answer.get("warned", [])[:5]:
            warnings.warn(str(text), stacklevel=2)
        if "error" in answer:
            raise _error(answer["error"])
        return _value(answer["value"])

    def _ask(self, content: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            self._stdin.write(json.dumps(content).encode() + b"\n")
            self._stdin.flush()
        except OSError as error:
            raise RuntimeError("Python ended (exit, or too much memory?)") from error
        waited = 0.0
        while waited < seconds:
            try:
                line = self._lines.get(timeout=_POLL)  # short waits, so that a check can end this thread
            except queue.Empty:
                waited += _POLL
                continue
            try:
                answer = json.loads(line)
            except ValueError as error:
                raise RuntimeError("Python ended (exit, or too much memory?)") from error
            if not isinstance(answer, dict):
                raise RuntimeError("the answer cannot be read")
            return answer
        raise RuntimeError(f"the cell did not end within {seconds:g} seconds: is there a loop that never ends?")

    def _end(self, why: BaseException) -> None:
        """All of it at each call: where the time is up, the learner's thread may be ended in the midst of this."""
        if self._ended is None:
            self._ended = why
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):  # what was not sent yet
            self._stdin.close()


def _read(stream: Any, lines: queue.Queue[bytes]) -> None:
    with stream:
        while line := stream.readline(_MOST_BYTES):
            lines.put(line)
    lines.put(b"")


def _value(encoded: Any) -> Any:
    try:
        return answering.decode(encoded)
    except Exception as error:
        raise RuntimeError("the answer cannot be read") from error


def _put(argument: Any, changed: Any) -> None:
    """Make an argument what the far end has made of it, in place, so that the check sees the change."""
    try:
        argument[...] = changed
    except (TypeError, ValueError):
        if isinstance(argument, list) and isinstance(changed, list):
            argument[:] = changed


def _error(told: dict[str, str]) -> BaseException:
    """The far end's exception, of the built-in class that it is of."""
    kind = getattr(builtins, str(told.get("kind")), RuntimeError)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)) or issubclass(kind, KeyboardInterrupt):
        kind = RuntimeError
    name, text = str(told.get("name")), str(told.get("text"))
    try:
        error = kind(text if name == kind.__name__ else f"{name}: {text}")
    except TypeError:  # a UnicodeDecodeError takes five arguments
        error = RuntimeError(f"{name}: {text}")
    vars(error)["learners_line"] = str(told.get("line", ""))
    return error


# --- what is known of a source without running it -------------------------------------------------------------------


def _outline(definition: ast.FunctionDef) -> Callable:
    """The function of a definition, without its decorators, defaults and annotations: nothing of the learner's runs."""
    arguments = definition.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            argument.annotation = None
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [d and ast.Constant(None) for d in arguments.kw_defaults]
    definition.decorator_list, definition.returns = [], None
    module = ast.fix_missing_locations(ast.Module([definition], []))
    names: dict[str, Any] = {}
    exec(compile(module, answering.FILE, "exec"), names)
    return names[definition.name]


def _needed(cells: Iterable[str], answer: ast.Module) -> list[str]:
    """The imports and definitions of earlier cells that an answer uses, directly or through one another."""
    defined: dict[str, ast.stmt] = {}
    for cell in cells:
        try:
            body = ast.parse(cell).body
        except (SyntaxError, ValueError):  # a line of IPython's; or a cell that is broken anyway
            continue
        for node in body:
            for name in _defines(node):
                defined[name] = node
    wanted: list[ast.AST] = [answer]
    used: list[ast.stmt] = []
    while wanted:
        needing = wanted.pop()
        names = {n.id for n in ast.walk(needing) if isinstance(n, ast.Name)}
        found = [defined[name] for name in names if name in defined and defined[name] not in used]
        for one in dict.fromkeys(found):
            used.append(one)
            wanted.append(one)
    order = list(dict.fromkeys(defined.values()))
    return [ast.unparse(node) for node in sorted(used, key=order.index)]


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Assign) and _is_constant(node.value):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _is_constant(node: ast.expr) -> bool:
    return not any(isinstance(n, (ast.Call, ast.Await, ast.Attribute, ast.Subscript)) for n in ast.walk(node))
