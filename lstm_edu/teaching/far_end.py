"""The far end of grading: a process that runs a learner's notebook as Jupyter does, and nothing else.

`grading.py` starts it in a separate process and an empty folder, behind a fence (`fences.py`), and talks to it in
lines of JSON. It has no secrets and decides nothing: it says what a name is bound to where the notebook's check
would run, and what that function returns for given arguments.

It is told the job, and says {"at": cell}, {"stopped": cell, ...}, {"check": exercise, ...}. Then it answers
each {"arguments": ...} until it is told whether the answer is {"correct": ...}. At last it says {"end": true}.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import inspect
import io
import json
import os
import signal
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from lstm_edu.exercises import Exercise
from lstm_edu.exercises.errors import told
from lstm_edu.exercises.keeping import Kept, kept
from lstm_edu.exercises.running import Run, run
from lstm_edu.teaching.wire import PROTOCOL, decode, encode

MOST_TEXT = 2_000  # characters of what is printed, or said by an error, that are kept
_SIGNALS = ("lstm_edu", "keras", "tensorflow", "torch", "jax")  # libraries that have the answers
_MOST_NOTICED = 3
_GRACE = 5.0  # seconds in which a cell that was interrupted may end
_POLL = 0.1


class _Shell(InteractiveShell):
    """IPython as in a kernel, but its tracebacks are not read."""

    def showtraceback(self, *args: Any, **options: Any) -> None:
        pass

    def showsyntaxerror(self, *args: Any, **options: Any) -> None:
        pass

    def enable_gui(self, gui: Any = None) -> None:
        """`%matplotlib inline` asks for none, and a kernel has none."""

    def ask_exit(self) -> None:
        """`exit` does not end the run."""


class TooMuchOutput(RuntimeError):
    """More was printed than the grader keeps."""


class _Counted(io.TextIOBase):
    """A stream that keeps nothing, and stops a cell that prints without end."""

    def __init__(self, most: int):
        self.most, self.written = most, 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written += len(text)
        if self.written > self.most:
            self.written = 0  # the next cell may print again
            raise TooMuchOutput(f"it prints more than {self.most:,} characters; the grader stops it there")
        return len(text)


def main() -> None:
    # What the learner's code reads and prints past Python must not be taken for the judge's words, or its own answers.
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")

    def answer(**content: Any) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    answer(hello=PROTOCOL)
    job = json.loads(requests.readline())
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.stdin, sys.stdout = io.StringIO(), _Counted(job["limits"]["output"])
    sys.stderr = sys.stdout
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _Notebook(job, answer, lambda: json.loads(requests.readline())).run()
    except BaseException:
        answer(failed=traceback.format_exc(limit=-5)[-MOST_TEXT:])
        raise


def _limit(limits: dict[str, int]) -> None:
    """Bounded memory, processor time and files, where the system can see to that (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        "RLIMIT_DATA": limits["memory"],  # not RLIMIT_AS: libraries reserve addresses that they never use
        "RLIMIT_FSIZE": limits["file"],
        "RLIMIT_CPU": limits["processor"],
        "RLIMIT_CORE": 0,
        # Counts all processes of this user, so it only makes sense where the answer has its own user.
        **({"RLIMIT_NPROC": limits["processes"]} if limits.get("own user") else {}),
    }
    for name, most in wanted.items():
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (most, most))
    with contextlib.suppress(AttributeError, ValueError):  # too large a file is an OSError, as a full disk is
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def memory_used() -> int:
    """Bytes of memory that this process uses; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


class _Watch:
    """A thread that looks every tenth of a second: how long something takes, and how much its memory has grown."""

    def __init__(self, late: Callable[[float], None] = lambda seconds: None):
        self._late, self._over = late, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.grown = 0

    def __enter__(self) -> _Watch:
        self._before, self._began = memory_used(), time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_POLL):
            self.grown = max(self.grown, memory_used() - self._before)
            self._late(time.monotonic() - self._began)


class _Notebook:
    """The notebook's cells, in order, in one IPython."""

    def __init__(self, job: dict[str, Any], answer: Callable[..., None], ask: Callable[[], dict[str, Any]]):
        self.cells: list[str] = job["cells"]
        self.last: int = job["last"]
        self.skip, self.own = set(job["skip"]), set(job["own"])
        self.checks: dict[int, dict[str, str]] = {check["cell"]: check for check in job["checks"]}
        self.limits = job["limits"]
        self.answer, self.ask = answer, ask
        self.shown: set[str] = set()  # the exercises whose solutions were shown
        for path, content in job["files"].items():
            place = Path(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(base64.b64decode(content))
        sys.path.insert(0, "")  # a notebook imports what is next to it
        config = Config()
        config.HistoryManager.enabled = False
        self.shell = _Shell.instance(config=config)
        builtins.input = _nobody_types
        self._notice_solutions()
        if job["clinic"]:  # which takes a moment to import
            self._notice_solutions_of_patients()
        _limit(self.limits)

    def run(self) -> None:
        open_: dict[
            str, dict[str, Any]
        ] = {}  # exercises not yet correct: the check, what was judged, by whom it was bound
        for index, source in enumerate(self.cells):
            if index > self.last and not self._more_to_come(index, open_):
                break
            if index in self.checks:
                check = self.checks[index]
                bound = self._bound(check["function"])
                if not self._judged(check, bound):
                    open_[check["exercise"]] = {"check": check, "judged": bound, "again": False}
            elif index not in self.skip:
                before = {e: self._bound(o["check"]["function"]) for e, o in open_.items()}
                self._cell(index, source)
                for exercise, one in open_.items():
                    if (now := self._bound(one["check"]["function"])) is not before[exercise]:
                        one["again"] = index in self.own and now is not one["judged"]
        for one in open_.values():
            if one["again"]:
                self._judged(one["check"], self._bound(one["check"]["function"]), below=True)
        self.answer(end=True)

    def _more_to_come(self, index: int, open_: dict[str, dict[str, Any]]) -> bool:
        """Whether a cell of the learner's own further down may have an answer that was not there at its check."""
        names = [one["check"]["function"] for one in open_.values()]
        return any(k in self.own and any(n in self.cells[k] for n in names) for k in range(index, len(self.cells)))

    def _bound(self, name: str) -> Any:
        return self.shell.user_ns.get(name)

    # --- cells ------------------------------------------------------------------------------------------------------

    def _cell(self, index: int, source: str) -> None:
        self.answer(at=index)
        error: BaseException | None = None
        interrupted = False

        def late(seconds: float) -> None:
            nonlocal interrupted
            if seconds > self.limits["cell"] + _GRACE:  # it swallows the interruption, or waits in compiled code
                self.answer(stuck=index, memory=watch.grown)
                os._exit(1)
            if seconds > self.limits["cell"]:
                interrupted = True
                _interrupt(main_thread)

        main_thread = threading.main_thread().ident
        # An interruption may also come between the cell's last line and the end of the watch.
        with contextlib.suppress(KeyboardInterrupt), _Watch(late) as watch:
            result = self.shell.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        if interrupted:
            self.answer(stopped=index, late=True, memory=watch.grown)
        elif error is not None:
            self.answer(stopped=index, error=_problem(error))

    # --- checks -----------------------------------------------------------------------------------------------------

    def _judged(self, check: dict[str, str], bound: Any, below: bool = False) -> bool:
        """Answer calls of the function until the judge is done. Whether it was judged correct."""
        exercise = check["exercise"]
        shown = exercise in self.shown
        known = check["function"] in self.shell.user_ns
        self.answer(check=exercise, below=below, shown=shown, bound=_described(bound) if known else None)
        first = True
        with kept(bound) as keep:
            while "arguments" in (request := self.ask()):
                self.answer(**self._called(bound, [decode(a) for a in request["arguments"]], keep, first))
                first = False
        return bool(request["correct"])

    def _called(self, function: Any, given: list[Any], keep: Kept, first: bool) -> dict[str, Any]:
        kept: list[Any] = []

        def call(*arguments: Any) -> Any:
            kept.extend(arguments)  # run() gives copies; what became of these is told
            return function(*arguments)

        noticed: dict[str, None] = {}
        with _Watch() as watch, _library_calls(noticed) if first else contextlib.nullcontext():
            done = run(call, {str(k): a for k, a in enumerate(given)}, self.limits["call"], keep)
        answer: dict[str, Any] = {"printed": done.printed[:MOST_TEXT], "much": done.more, "warned": [*done.warned][:5]}
        if done.late:
            return answer | {"late": True, "stuck": done.stuck, "memory": watch.grown}
        answer["noticed"] = list(noticed)[:_MOST_NOTICED]
        answer["changed"] = {k: encode(kept[int(k)]) for k in done.changed}
        try:
            return answer | _outcome(done, function)
        except Exception as error:  # of a learner's object that cannot even be inspected
            return answer | {"error": _problem(error, function)}

    def _notice_solutions(self) -> None:
        solution, shown = Exercise.solution, self.shown

        def noticed(exercise: Exercise) -> Any:
            shown.add(exercise.name)
            return solution(exercise)

        Exercise.solution = noticed  # type: ignore[method-assign, assignment]

    def _notice_solutions_of_patients(self) -> None:
        from lstm_edu.clinic import Patient
        from lstm_edu.teaching.tasks import name_of

        solution, shown = Patient.solution, self.shown

        def noticed(patient: Patient) -> Any:
            shown.add(name_of(patient.number))
            return solution(patient)

        Patient.solution = noticed  # type: ignore[method-assign, assignment]


def _nobody_types(prompt: object = "") -> str:
    raise RuntimeError("input() waits for someone to type, and nobody can while a notebook is graded")


def _interrupt(thread: int | None) -> None:
    if hasattr(signal, "pthread_kill") and thread is not None:
        signal.pthread_kill(thread, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()


def _problem(error: BaseException, function: Any = None) -> dict[str, str]:
    """An exception as the near end can raise it again, with the learner's own line."""
    try:
        text = str(error)[:MOST_TEXT]
    except Exception:  # an exception of the learner's own may fail even at that
        text = ""
    try:
        line = told(error, function)[1]
    except Exception:
        line = ""
    if isinstance(error, SyntaxError):
        text, line = str(error.msg)[:MOST_TEXT], f"line {error.lineno}: {(error.text or '').strip()}"
    kind = next(k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins")
    return {"kind": kind, "name": type(error).__name__[:80], "text": text, "line": line[:MOST_TEXT]}


def _outcome(done: Run, function: Any) -> dict[str, Any]:
    if done.error is not None:
        return {"error": _problem(done.error, function)}
    return {"value": encode(done.value), "iterator": done.iterator}


def _described(value: Any) -> dict[str, Any]:
    """What a name is bound to: a value, or a function's source and arguments."""
    if not callable(value):
        found = type(value).__module__.startswith("lstm_edu.doctor") and hasattr(value, "cause")
        return {"value": encode(value.cause), "diagnosed": True} if found else {"value": encode(value)}
    told: dict[str, Any] = {"callable": type(value).__name__[:80], "module": str(getattr(value, "__module__", ""))[:80]}
    function = inspect.unwrap(value) if isinstance(value, types.FunctionType) else value
    with contextlib.suppress(Exception):
        told["source"] = inspect.getsource(function)
    with contextlib.suppress(Exception):
        told["arguments"] = [
            [p.name, int(p.kind), p.default is not p.empty] for p in inspect.signature(value).parameters.values()
        ]
    return told


@contextlib.contextmanager
def _library_calls(noticed: dict[str, None]) -> Iterator[None]:
    """What is called of the libraries that have the answers, straight from the learner's functions, in new threads."""

    def profile(frame: Any, event: str, argument: Any) -> None:
        if event != "call" or frame.f_back is None:
            return
        library = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if library in _SIGNALS and str(frame.f_back.f_globals.get("__name__", "")).partition(".")[0] == "__main__":
            name = frame.f_code.co_qualname
            noticed[f"{library}: {library if '<' in name else name}"] = None

    threading.setprofile(profile)
    try:
        yield
    finally:
        threading.setprofile(None)
