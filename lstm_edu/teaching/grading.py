"""Grade a notebook: the learner's cells run in a separate process, as they ran at home; the checks run in this one.

So a submission that replaces our `check`, or NumPy, changes nothing: what its functions
return are numbers, and these are compared with the right ones here. `fences.py` says what that process is kept from.

Each exercise is judged by what its function's name is bound to at the notebook's check. A cell that raises
does not end the run, as it does not for a learner who runs one cell after the other. Where an answer is not correct at
its check, and a cell of the learner's own further down gives the name another function, that one is judged too.
"""

from __future__ import annotations

import ast
import base64
import builtins
import collections
import contextlib
import dataclasses
import functools
import inspect
import json
import os
import queue
import re
import subprocess
import tempfile
import textwrap
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from lstm_edu.exercises import Exercise
from lstm_edu.exercises.errors import seconds_text
from lstm_edu.teaching import tasks
from lstm_edu.teaching.fences import Fence, Limits
from lstm_edu.teaching.fences import fence as fence_named
from lstm_edu.teaching.tasks import Judged
from lstm_edu.teaching.wire import PROTOCOL, decode, encode

ANSWER, CHECK = "answer-", "check-"  # what the grade_ids of an assignment begin with
OURS = "lstm_edu"  # of a notebook's metadata: what our assignments keep there
_STARTING = 120.0  # seconds to start Python, or a container, and to import what it needs
_SPARE = 30.0  # seconds past a limit that the far end sees to by itself
_MOST_BYTES = 1 << 26  # of one message
_MOST_FILES = 1 << 25  # bytes of the files next to a notebook that it gets; each counts as so many more:
_FILE = 1 << 14
_MOST_SOURCE = 100_000  # characters of a function that are read
_MOST_STARTS = 6  # a notebook is started again where a cell, or an answer, has ended Python
_MOST_TEXT = 2_000
_MUCH_MEMORY = 2**30  # bytes
_TOO_MANY = ("can't start new thread", "Resource temporarily unavailable")  # what Python says past that limit
_POLL = 0.05


@dataclass(frozen=True)
class Check:
    """A graded cell: where it is, the exercise or patient (see `tasks`), the name that is judged, the answer's cell."""

    exercise: str
    function: str
    cell: int
    answer: int | None = None


def grade(
    notebook: Mapping[str, Any],
    *,
    files: str | Path | None = None,
    fence: Fence | None = None,
    limits: Limits | None = None,
) -> dict[str, Judged]:
    """What the checks of an assignment's notebook say about its answers, each exercise's by its name; of a patient
    of the clinic by "patient_3".

    Args:
        notebook: as `nbformat.read` gives it, version 4, with the marks that `make_assignment` puts in.
        files: the folder next to which its cells think they are: what is in it is copied for them (up to 32 MiB).
        fence: how the process with the answers is started; None: as `lstm_edu.teaching.fence()` finds best.
        limits: of the process.

    Raises:
        RuntimeError: the process could not be started; that is not an answer's fault.
    """
    return run(notebook, files=files, fence=fence, limits=limits).results


def run(
    notebook: Mapping[str, Any],
    *,
    files: str | Path | None = None,
    fence: Fence | None = None,
    limits: Limits | None = None,
) -> Run:
    """`grade`, with what else it knows about the run."""
    fence, limits = fence or fence_named(), limits or Limits()
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    checks = marked(cells)
    last = max((k for k, c in enumerate(cells) if c["metadata"].get("nbgrader", {}).get("grade")), default=-1)
    job = _Job([_text(c["source"]) for c in cells], checks, last, _own(notebook, cells), _copies(files), limits)
    with tempfile.TemporaryDirectory(prefix="lstm-edu-", ignore_cleanup_errors=True) as folder:
        done = Run(job, fence, Path(folder))
        if unreadable := notebook["metadata"].get(OURS, {}).get("unreadable"):
            done.results |= {c.exercise: tasks.not_judged(c.exercise, unreadable, attempted=False) for c in checks}
        else:
            done.to_the_end()
    return done


def marked(cells: Sequence[Mapping[str, Any]]) -> list[Check]:
    """The graded cells among code cells, each exercise's once."""
    found: dict[str, Check] = {}
    grade_ids = [str(cell["metadata"].get("nbgrader", {}).get("grade_id", "")) for cell in cells]
    for index, (grade_id, cell) in enumerate(zip(grade_ids, cells, strict=True)):
        asked = re.search(r"\.(?:check|answer)\(\s*(\w+)\s*\)\s*$", _text(cell["source"]))
        name = grade_id.removeprefix(CHECK)
        if grade_id.startswith(CHECK) and tasks.known(name):
            function = asked[1] if asked else tasks.answer_name(name)
            answer = grade_ids.index(ANSWER + name) if ANSWER + name in grade_ids else None
            found.setdefault(name, Check(name, function, index, answer))
    return list(found.values())


def _own(notebook: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> list[int]:
    """Which code cells are the learner's: the answers, and those that the assignment did not have."""
    given = set(notebook["metadata"].get(OURS, {}).get("cells", []))
    return [
        k
        for k, c in enumerate(cells)
        if c.get("id") not in given or str(c["metadata"].get("nbgrader", {}).get("grade_id", "")).startswith(ANSWER)
    ]


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _copies(folder: str | Path | None) -> dict[str, str]:
    """The files of a folder, without notebooks and hidden folders, as far as there is room."""
    copies: dict[str, str] = {}
    room = _MOST_FILES
    for place, folders, names in os.walk(folder) if folder is not None else ():
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for path in (Path(place) / name for name in sorted(names)):
            if path.suffix == ".ipynb" or path.is_symlink() or not path.is_file() or path.stat().st_size > room:
                continue
            content = path.read_bytes()
            room -= len(content) + _FILE
            copies[path.relative_to(cast(Path, folder)).as_posix()] = base64.b64encode(content).decode("ascii")
    return copies


# --- one notebook ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Job:
    cells: list[str]
    checks: list[Check]
    last: int  # the last graded cell
    own: list[int]
    files: dict[str, str]
    limits: Limits


@dataclass
class Run:
    """The notebook, run as often as it takes to judge every exercise."""

    job: _Job
    fence: Fence
    folder: Path
    results: dict[str, Judged] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)  # cells at which Python ended, and why: they are left out
    stopped: dict[int, dict[str, Any]] = field(default_factory=dict)  # cells that raised, or took too long
    closed: set[str] = field(default_factory=set)  # exercises that are not judged again
    until: float = 0.0

    def to_the_end(self) -> None:
        self.until = time.monotonic() + self.job.limits.notebook
        why = ""
        for start in range(_MOST_STARTS):
            if not self._open():
                break
            if time.monotonic() > self.until:
                why = f"it takes longer than the {self.job.limits.notebook:g} seconds that the grader allows in total"
                break
            try:
                with _FarEnd(self.fence, self.folder / str(start), self._message()) as far:
                    self._follow(far)
                break
            except _Ended as end:
                why = str(end)
                if end.cell is None and end.exercise is None:  # it would end there again
                    break
                if end.cell is not None:
                    self.ended[end.cell] = why
        for name in (check.exercise for check in self.job.checks):
            said = f"The notebook could not be run as far as this check: {why}."
            self.results.setdefault(name, tasks.not_judged(name, said))

    def _open(self) -> list[Check]:
        return [check for check in self.job.checks if check.exercise not in self.closed]

    def _message(self) -> dict[str, Any]:
        limits, left = self.job.limits, max(self.until - time.monotonic(), 1.0)
        return {
            "cells": self.job.cells,
            "last": self.job.last,
            "checks": [dataclasses.asdict(check) for check in self._open()],
            "own": self.job.own,
            "skip": [*self.ended, *(check.cell for check in self.job.checks)],
            "files": self.job.files,
            "clinic": any(tasks.patient_of(check.exercise) is not None for check in self.job.checks),
            "limits": dataclasses.asdict(limits) | {"processor": int(4 * left) + 1, "own user": self.fence.own_user},
        }

    def _follow(self, far: _FarEnd) -> None:
        at: int | None = None
        limits = self.job.limits
        while True:
            try:
                told = far.next(min(limits.cell + _SPARE, max(self.until - time.monotonic(), _POLL)))
            except _Ended as end:
                raise _Ended(str(end), cell=at) from None
            if "end" in told:
                return
            try:
                at = self._heard(far, told)
            except _Ended as end:
                raise _Ended(str(end), cell=None if end.exercise else at, exercise=end.exercise) from None
            except Exception as error:  # of something that our far end never sends
                raise _Ended(f"what Python answered cannot be read ({type(error).__name__}: {error})", at) from error

    def _heard(self, far: _FarEnd, told: dict[str, Any]) -> int | None:
        """Take what the far end says. The cell that it is at."""
        if "at" in told:
            return int(told["at"])
        if "stopped" in told:
            self.stopped[int(told["stopped"])] = told
        elif "stuck" in told:
            raise _Ended(_late("it", self.job.limits.cell, told))
        elif "check" in told:
            self._judge(far, told)
        return None

    def _judge(self, far: _FarEnd, told: dict[str, Any]) -> None:
        check = next(c for c in self.job.checks if c.exercise == told["check"])
        calls = _Calls(far, self.job.limits)
        bound = told.get("bound")
        if bound is None:
            result = self._nothing_there(check)
        else:
            answered = calls.of(bound) if "callable" in bound else decode(bound["value"])
            result = tasks.judged(check.exercise, answered, time_limit=2 * (self.job.limits.call + _SPARE))
            if tasks.is_the_patient(check.exercise, str(bound.get("module", "")), calls.noticed):
                result = tasks.judged_as_the_patient(check.exercise)
        if calls.over:
            result = tasks.not_judged(check.exercise, calls.over, printed=getattr(result, "printed", ""))
        notes = self._notes(check, told, result.message, calls.noticed)
        result = dataclasses.replace(result, notes=(*result.notes, *notes))
        before = self.results.get(check.exercise)
        if before is None or result or before.status in tasks.NOTHING_YET:
            self.results[check.exercise] = result
        if result or calls.ended:
            self.closed.add(check.exercise)
        if calls.ended:
            raise _Ended(calls.over, exercise=check.exercise)
        far.say(correct=bool(result))

    def _nothing_there(self, check: Check) -> Judged:
        """The result where no cell above the check has bound the name."""
        for index in reversed(range(check.cell)):
            if index != check.answer and not re.search(rf"\b{check.function}\b", self.job.cells[index]):
                continue
            if index in self.ended:
                said = f"At {self._cell(index)}: {self.ended[index]}."
                return tasks.not_judged(check.exercise, said)
            if index in self.stopped:
                what, line = self._stop(index)
                return tasks.not_judged(check.exercise, f"T{self._cell(index)[1:]} {what}.", detail=line)
        said = f"No cell above the check defines {check.function}."
        return tasks.not_judged(check.exercise, said, attempted=False)

    def _matters(self, index: int, check: Check) -> bool:
        """Whether a cell that raised may be a reason of what a check says: not another exercise's answer, unless this
        one uses it."""
        other = next((c for c in self.job.checks if c.answer == index and c is not check), None)
        used = "" if check.answer is None else self.job.cells[check.answer]
        return other is None or re.search(rf"\b{other.function}\b", used) is not None

    def _cell(self, index: int) -> str:
        first = next((line.strip() for line in self.job.cells[index].splitlines() if line.strip()), "")
        return f"the cell that begins `{first[:60]}`"

    def stop(self, index: int) -> str:
        """Why a cell stopped; "" if it did not."""
        if index in self.ended:
            return f"Python ended at it: {self.ended[index]}"
        return self._stop(index)[0] if index in self.stopped else ""

    def _stop(self, index: int) -> tuple[str, str]:
        """(why a cell stopped, its line)."""
        told = self.stopped[index]
        if "late" in told:
            return _late("", self.job.limits.cell, told).strip(), ""
        error = told["error"]
        text = f"{error['name']}: {error['text']}" if error["text"] else str(error["name"])
        if error["name"] == "TooMuchOutput":  # the grader's own, which nobody else knows
            text = str(error["text"])
        if error["kind"] in ("SyntaxError", "IndentationError", "TabError"):
            return f"cannot be read by Python: {text}", str(error["line"])
        return f"stopped: {text}", str(error["line"])

    def _notes(self, check: Check, told: dict[str, Any], message: str, noticed: Sequence[str]) -> list[str]:
        """What a learner should know about the run, and what a teacher may want to look at."""
        notes = []
        task = tasks.exercise_of(check.exercise)
        raised = [k for k in sorted({*self.stopped, *self.ended}) if k < check.cell and self._matters(k, check)]
        if raised and check.exercise not in self.results and self._cell(raised[0])[1:] not in message:
            k = raised[0]
            what = f"ended Python ({self.ended[k]})" if k in self.ended else self._stop(k)[0]
            more = f" {_counted(len(raised) - 1, 'more cell')} stopped, too." if len(raised) > 1 else ""
            notes.append(f"Above this check {self._cell(k)} {what}.{more} The grader went on to the cells below it.")
        if told["below"]:
            what = "function" if task is not None else "diagnosis"
            notes.append(f"The {what} was found below its check: at the check itself it was not correct.")
        bound = told.get("bound") or {}
        if str(bound.get("module", "")).partition(".")[0] in ("lstm_edu", "keras"):
            notes.append(f"For the teacher: the answer is a function of {bound['module'].partition('.')[0]} itself.")
        elif noticed:
            notes.append(f"For the teacher: the answer calls a library that has this built in ({', '.join(noticed)}).")
        if told["shown"]:
            notes.append("For the teacher: the notebook shows the solution above this check.")
        elif bound.get("diagnosed"):
            notes.append("For the teacher: the diagnosis is what le.diagnose returned.")
        elif task is not None and _same_code(str(bound.get("source", "")), task):
            notes.append("For the teacher: the answer is the solution, word for word.")
        return notes


class _Ended(Exception):
    """The far end is no longer there. cell, exercise: at which it ended."""

    def __init__(self, why: str, cell: int | None = None, exercise: str | None = None):
        super().__init__(why)
        self.cell, self.exercise = cell, exercise


def _late(what: str, limit: float, told: Mapping[str, Any]) -> str:
    """Why something was stopped: time, and what else it had used by then."""
    memory, printed = float(told.get("memory", 0)), int(told.get("much", 0))
    text = f"{what} did not end within {seconds_text(limit)} and was stopped"
    if memory > _MUCH_MEMORY:
        return f"{text}; its memory had grown by {memory / 2**30:.1f} GiB by then: does something grow without end?"
    if printed:
        return f"{text}; it had printed {printed:,} more characters by then: does a loop that prints never end?"
    return f"{text}: is there a loop that never ends, or something that waits?"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _same_code(source: str, task: Exercise) -> bool:
    """Whether a function's statements are the solution's, apart from comments, the docstring and its name. Two lines or
    fewer could be anyone's."""
    ours = _statements(inspect.getsource(task.answer[-1]))
    return ours.count("\n") >= 2 and _statements(source) == ours


def _statements(source: str) -> str:
    definition = _definition(source)
    if definition is None:
        return ""
    body = definition.body[1:] if ast.get_docstring(definition) is not None else definition.body
    return "\n".join(ast.dump(node) for node in body)


# --- the far end ----------------------------------------------------------------------------------------------------


class _FarEnd:
    """The process behind the fence: lines of JSON to it and from it."""

    def __init__(self, fence: Fence, folder: Path, job: dict[str, Any]):
        self._fence, self._folder, self._job = fence, folder, job

    def __enter__(self) -> _FarEnd:
        self._process, self._kill = self._fence.start(self._folder, Limits(**_of_limits(self._job["limits"])))
        self._stdin = cast(IO[bytes], self._process.stdin)
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._said: collections.deque[bytes] = collections.deque(maxlen=20)  # on stderr, before the notebook begins
        threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
        self._listening = threading.Thread(target=_keep, args=(self._process.stderr, self._said), daemon=True)
        self._listening.start()
        try:
            protocol = self.next(_STARTING).get("hello")
        except _Ended as end:  # not the learner's fault
            self.end()
            raise RuntimeError(
                f"the process for the answers could not be started ({self._fence.name}): {end}"
            ) from None
        if protocol != PROTOCOL:
            self.end()
            raise RuntimeError(f"behind the fence ({self._fence.name}) is another version of lstm-edu than here")
        self.say(**self._job)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.end()

    def say(self, **content: Any) -> None:
        with contextlib.suppress(OSError):  # that it has ended is seen when it is asked
            self._stdin.write(json.dumps(content).encode() + b"\n")
            self._stdin.flush()

    def next(self, seconds: float) -> dict[str, Any]:
        """What it says next. _Ended if it says nothing in time, or nothing that can be read."""
        waited = 0.0
        while waited < seconds:
            try:
                line = self._lines.get(timeout=_POLL)  # short waits, so that a check can end this thread
            except queue.Empty:
                waited += _POLL
                continue
            if not line:
                raise _Ended(self._why())
            try:
                told = json.loads(line)
            except (ValueError, RecursionError):
                raise _Ended("Python ended, or what it answered cannot be read") from None
            if not isinstance(told, dict):
                raise _Ended("what Python answered cannot be read")
            if "failed" in told:
                raise _Ended(f"the grader's own part of that process failed: {told['failed']}")
            return told
        raise _Ended(f"Python did not answer within {seconds:.0f} seconds")

    def _why(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_SPARE)
        self._listening.join(_POLL)
        said = b"".join(self._said).decode(errors="replace").strip()[-_MOST_TEXT:]
        ended = "Python ended (by exit, by a crash, or because it needed too much memory)"
        return f"{ended}; it said: {said}" if said else ended

    def end(self) -> None:
        """All of it at each call: where the time is up, a check's thread may be ended in the midst of this."""
        self._kill()
        self._process.wait()
        with contextlib.suppress(OSError):  # what was not sent yet
            self._stdin.close()


def _of_limits(told: dict[str, Any]) -> dict[str, Any]:
    return {f.name: told[f.name] for f in dataclasses.fields(Limits)}


def _read(stream: Any, lines: queue.Queue[bytes]) -> None:
    with stream:
        while line := stream.readline(_MOST_BYTES):
            lines.put(line)
    lines.put(b"")


def _keep(stream: Any, lines: collections.deque[bytes]) -> None:
    with stream:
        while line := stream.readline(_MOST_TEXT):
            lines.append(line)


# --- the learner's function, called as if it were here -------------------------------------------------------------


class _Calls:
    """over: the limit that a call has run into, in words. ended: the far end can no longer be used."""

    def __init__(self, far: _FarEnd, limits: Limits):
        self._far, self._limits = far, limits
        self.over, self.ended = "", False
        self.noticed: list[str] = []

    def of(self, bound: dict[str, Any]) -> Callable[..., Any]:
        """A function that looks like the learner's, and calls the far end."""

        def answered(*arguments: Any, **named: Any) -> Any:
            if named:  # they travel by their places
                given = inspect.signature(answered).bind(*arguments, **named)
                given.apply_defaults()
                arguments = given.args
            return self._call(arguments)

        outline = _outline(str(bound.get("source", "")))
        if outline is not None:
            functools.update_wrapper(answered, outline)
        if (signature := _signature(bound.get("arguments"))) is not None:
            vars(answered)["__signature__"] = signature
        return answered

    def _call(self, arguments: Sequence[Any]) -> Any:
        if self.over:
            raise RuntimeError(self.over)
        try:
            self._far.say(arguments=[encode(a) for a in arguments])
            answer = self._far.next(self._limits.call + _SPARE)
            error, value = (None, None) if "late" in answer else self._taken(answer, arguments)
        except _Ended as end:
            self.over, self.ended = f"Your function stopped: {end}", True
            raise RuntimeError(self.over) from None
        except BaseException as fault:  # an unusable answer; or this thread's time is up
            self.over, self.ended = "Your function stopped: what it returned cannot be read", True
            raise RuntimeError(self.over) from fault
        if "late" in answer:
            self.over, self.ended = _late("Your function", self._limits.call, answer), bool(answer.get("stuck"))
            raise RuntimeError(self.over)
        if isinstance(error, MemoryError):  # what is left of it may get in the way of the next answer
            allowed = f"the grader allows {self._limits.memory / 2**30:.3g} GiB"
            self.over, self.ended = f"Your function stopped: it needs more memory than there is ({allowed})", True
        if error is not None:
            raise error
        return value

    def _taken(self, answer: dict[str, Any], arguments: Sequence[Any]) -> tuple[BaseException | None, Any]:
        """What the call raised, and what it returned; what else it did is done here."""
        self.noticed += [str(name)[:80] for name in answer.get("noticed", [])]
        for k, changed in answer["changed"].items():
            _put(arguments[int(k)], decode(changed))
        if answer["printed"]:
            print(str(answer["printed"])[:_MOST_TEXT])
        for text in answer["warned"][:5]:
            name, _, said = str(text).partition(": ")
            kind = getattr(builtins, name, None)
            known = isinstance(kind, type) and issubclass(kind, Warning)
            warnings.warn(said if known else str(text), cast(type, kind) if known else UserWarning, stacklevel=2)
        if "error" in answer:
            return _error(answer["error"], self._limits), None
        value = decode(answer["value"])
        return None, _iterator(str(answer["iterator"]), value) if answer["iterator"] else value


def _iterator(name: str, values: list[Any]) -> Any:
    """An iterator of a type of that name, instead of a generator, a zip or a map, which cannot be sent."""
    rest = iter(values)
    return type(name, (), {"__iter__": lambda self: self, "__next__": lambda self: next(rest)})()


def _put(argument: Any, changed: Any) -> None:
    """Make an argument what the far end has made of it, in place, so that the check sees the change."""
    try:
        argument[...] = changed
    except (TypeError, ValueError):
        if isinstance(argument, list) and isinstance(changed, list):
            argument[:] = changed


def _error(told: dict[str, str], limits: Limits) -> BaseException:
    """The far end's exception, of the same built-in class."""
    kind = getattr(builtins, str(told.get("kind")), RuntimeError)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)) or issubclass(kind, KeyboardInterrupt):
        kind = RuntimeError
    name, text = str(told.get("name")), str(told.get("text"))
    if any(words in text for words in _TOO_MANY):
        text += f" (the grader allows {limits.processes} processes and threads)"
    try:
        error = kind(text if name == kind.__name__ else f"{name}: {text}")
    except TypeError:  # a UnicodeDecodeError takes five arguments
        error = RuntimeError(f"{name}: {text}")
    vars(error)["learners_line"] = str(told.get("line", ""))
    return error


# --- what is known about a function without running it --------------------------------------------------------------


def _definition(source: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    if len(source) > _MOST_SOURCE:
        return None
    try:
        body = ast.parse(textwrap.dedent(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def _outline(source: str) -> Callable | None:
    """The function of a definition, without its decorators, defaults and annotations: nothing of the learner's runs."""
    definition = _definition(source)
    if definition is None:
        return None
    arguments = definition.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            argument.annotation = None
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [d and ast.Constant(None) for d in arguments.kw_defaults]
    definition.decorator_list, definition.returns = [], None
    module = ast.fix_missing_locations(ast.Module([definition], []))
    names: dict[str, Any] = {}
    try:
        exec(compile(module, "<answer>", "exec"), names)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return names[definition.name]


def _signature(told: Any) -> inspect.Signature | None:
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    str(name), list(inspect._ParameterKind)[kind], default=None if optional else inspect._empty
                )
                for name, kind, optional in told
            ]
        )
    except (TypeError, ValueError, IndexError):
        return None
