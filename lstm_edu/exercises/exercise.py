"""One exercise: its task, how an answer is checked, hints, solution."""

from __future__ import annotations

import copy
import dis
import functools
import importlib
import inspect
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from lstm_edu.core.checks import plural
from lstm_edu.exercises.affine import measured
from lstm_edu.exercises.answers import ANOTHER_ORDER, Output, Unusable, all_agree, first_difference, kind_of, read
from lstm_edu.exercises.errors import seconds_text, shapes_text, shortened, told
from lstm_edu.exercises.explainers import explained
from lstm_edu.exercises.explaining import Answered, Found, Question, Wrong, listed
from lstm_edu.exercises.keeping import Kept, kept, settings_kept
from lstm_edu.exercises.quantities import assigned, first_wrong, in_the_task
from lstm_edu.exercises.result import CORRECT, NOT_ATTEMPTED, TIERS, WRONG, Hint, Result, Solution, Task
from lstm_edu.exercises.running import Run, run

Arguments = dict[str, Any]
SEEDS = (1, 2, 3)  # of the questions that are always the same; one more is new at each check
RUN_IT = "(If you see your code above, run that cell first: Shift + Enter.)"
_MOST_NAMES = 5
_TAUGHT: set[str] = set()  # the functions that learners write in this course, and those that help them
TIME_LIMIT = 5.0  # seconds per call


@dataclass
class _Progress:
    """Which mistake was found last, and how many hints were shown for it."""

    cause: str | None = None
    fix: str = ""
    shown: int = 0


@dataclass(frozen=True, eq=False)
class Exercise:
    """An exercise. `task`, `check(function)`, `hint()` and `solution()` are for the learner.

    Attributes:
        name, title: of the exercise. idea: what is to be computed, in words and equations.
        takes: for each argument its name, its shape and its meaning. returns: the outputs.
        draw: (rng, k) -> arguments of the k-th question, by name, in order.
        reference: arguments -> the right outputs, from this package's layers, which the tests hold equal to Keras's.
        example: arguments of the example in the task.
        hints: a ladder: a question, a place to look at, a line or two with gaps (...) to fill.
        answer: functions whose sources, one after the other, are the solution; the last is what is asked for.
        wrong_answers: typical ones.
        question: arguments -> the layer's call that the doctor is asked about; None where it knows nothing.
        keras: (keras, arguments) -> the right outputs from Keras itself; None where Keras has no such thing.
    """

    name: str
    title: str
    idea: str
    takes: tuple[tuple[str, str, str], ...]
    returns: tuple[Output, ...]
    draw: Callable[[np.random.Generator, int], Arguments] = field(repr=False)
    reference: Callable[[Arguments], tuple] = field(repr=False)
    example: Callable[[], Arguments] = field(repr=False)
    hints: tuple[str, str, str] = field(repr=False)
    answer: tuple[Callable, ...] = field(repr=False)
    wrong_answers: tuple[Wrong, ...] = field(default=(), repr=False)
    question: Callable[[Arguments], Question] | None = field(default=None, repr=False)
    keras: Callable[[ModuleType, Arguments], tuple] | None = field(default=None, repr=False)
    _progress: _Progress = field(default_factory=_Progress, repr=False)

    def __post_init__(self) -> None:
        _TAUGHT.update(function.__name__ for function in self.answer)

    # --- for the learner --------------------------------------------------------------------------------------------

    @property
    def task(self) -> Task:
        """What is to be written: the function's name and arguments, shapes, one example."""
        function, arguments = self.answer[-1], self.example()
        shown = [f"{name} = {_array_text(value, len(name) + 3)}" for name, value in arguments.items()]
        with np.errstate(all="ignore"):
            values = self.solved(arguments)
        shown += [f"{function.__name__}({', '.join(arguments)}) returns"]
        shown += [f"{o.name} = {_array_text(v, len(o.name) + 3)}" for o, v in zip(self.returns, values, strict=True)]
        width = max(len(f"{name} {shape}") for name, shape, _ in self.takes) + 2
        outputs = ", ".join(o.name for o in self.returns)
        return Task(
            self.name,
            self.title,
            f"def {function.__name__}({', '.join(name for name, *_ in self.takes)}):\n"
            f'    """Returns {outputs}."""\n    ...',
            self.idea,
            "\n".join(f"{name} {shape}".ljust(width) + meaning for name, shape, meaning in self.takes),
            "\n".join(f"{o.name}: {o.meaning}" for o in self.returns),
            "\n".join(shown),
        )

    def check(
        self, function: Callable | None = None, *, time_limit: float = TIME_LIMIT, keras: bool | None = None
    ) -> Result:
        """Try a function on several inputs, all sizes different and all numbers random, one of them new at each check.

        The right outputs come from this package's layers, which its tests hold equal to Keras's. Nothing that the
        function does is raised here; only an interruption by the user is.

        Args:
            function: what the learner wrote. None, or a function whose body is still empty, is "not attempted".
            time_limit: seconds that one call of it may take.
            keras: also compare with Keras itself. None: if it is already imported, because importing it takes some
                seconds. True: import it. False: do not.

        Raises:
            ImportError: keras=True and there is no Keras.
        """
        if isinstance(time_limit, bool) or not isinstance(time_limit, (int, float)) or not time_limit > 0:
            raise ValueError(f"check: time_limit must be a number of seconds above 0, got {time_limit!r}")
        result = self._checked(function, time_limit)
        if result.status == CORRECT:
            result = self._beside_keras(result, keras)
        return result

    def hint(self) -> Hint:
        """The next of three hints: a question; a place to look at; a line with a gap.

        They begin again when a check finds another mistake.
        """
        self._progress.shown = min(self._progress.shown + 1, TIERS)
        return self._hint()

    def solution(self) -> Solution:
        """One way to write it, to be read and run; and what to change, if the last check recognised the mistake."""
        sources = [inspect.getsource(function).rstrip() for function in self.answer]
        return Solution(
            self.name, "\n\n\n".join(["import numpy as np", *sources]) + "\n", self.answer[-1], self._progress.fix
        )

    def reset(self) -> None:
        """Begin with the first hint again."""
        vars(self._progress).update(vars(_Progress()))

    def solved(self, arguments: Arguments) -> tuple:
        """The solution's outputs, one of each of `returns`."""
        values = self.answer[-1](*arguments.values())
        return values if len(self.returns) > 1 else (values,)

    # --- a check ----------------------------------------------------------------------------------------------------

    def _checked(self, function: Any, limit: float) -> Result:
        name = self.answer[-1].__name__
        if function is None or function is ... or _is_blank(function):
            return self._result(NOT_ATTEMPTED, f"Nothing has been written yet: {name} is still empty. {RUN_IT}")
        if not callable(function):
            return self._wrong(
                f"check takes the function itself, but was given {kind_of(function)}: "
                f"`le.exercises.{self.name}.check({name})`, without brackets after {name}."
            )
        if problem := self._signature_problem(function):
            return self._wrong(problem)
        with kept(function) as keep:
            result = self._asked(function, limit, keep)
            running = keep.threads
        return replace(result, notes=(*result.notes, *_left_behind(keep.changed, running)))

    def _asked(self, function: Callable, limit: float, keep: Kept) -> Result:
        name = self.answer[-1].__name__
        questions = [self.draw(np.random.default_rng(seed), k) for k, seed in enumerate(SEEDS)]
        questions.append(self.draw(np.random.default_rng(), len(SEEDS)))
        expected = [tuple(self.reference(arguments)) for arguments in questions]
        problems, answered, right_on, raw, seen = [], list[Answered](), list[Answered](), list[Answered](), _Seen()
        for k, (arguments, right) in enumerate(zip(questions, expected, strict=True)):
            done = run(function, arguments, limit, keep)
            seen.add(done)
            if done.late:
                return self._wrong(_late(done, limit), seen)
            if k == 0 and _is_unwritten(done, function):
                return self._result(NOT_ATTEMPTED, f"{name} is not finished yet. {RUN_IT}", seen)
            if done.error is not None:
                text, line = told(done.error, function, _TAUGHT)
                shapes = shapes_text(done.error, arguments)
                problems.append((f"{text.removesuffix('.')}. {shapes}" if shapes else text, line))
                continue
            if done.value is None:
                return self._wrong(_nothing(function), seen)
            try:
                form = read(done.value, self.returns, right, done.iterator)
            except Unusable as unusable:
                problems.append((str(unusable), ""))
                continue
            seen.remarks = tuple(dict.fromkeys(seen.remarks + form.remarks))
            values = _copied(form.values, right)
            difference = first_difference(values, right, self.returns, self._computed)
            raw.append(Answered(arguments, right, _copied(form.raw, right)))
            if difference is not None:
                if all(isinstance(value, int) for value in arguments.values()):
                    asked = ", ".join(f"{name} = {value}" for name, value in arguments.items())
                    difference = f"With {asked}: {difference[0].lower()}{difference[1:]}"
                problems.append((difference, ""))
                answered.append(
                    Answered(arguments, right, values, functools.partial(self._again, function, limit, keep, right))
                )
                continue
            right_on.append(Answered(arguments, right, values))
            if k == 0:
                again = run(function, arguments, limit, keep)
                if again.late or again.error is not None or not self._same_again(again, right):
                    return self._wrong(
                        "The first call was right, but a second one with the same arguments was not: does your "
                        "function keep something from one call to the next, or draw random numbers?",
                        seen,
                    )
        if problems:
            inside = functools.partial(self._inside, function, limit, keep)
            return self._explained(problems, answered, right_on, seen, inside)
        if seen.remarks and (found := listed(self, raw)):  # right, except for a form that the exercise is about
            return self._wrong(found.sentence, seen, found)
        return self._right(len(questions), seen)

    def _again(
        self, function: Callable, limit: float, keep: Kept, right: Sequence[Any], many: list[Arguments]
    ) -> list[list[Any]] | None:
        """What the function returns for other arguments, all in one run; None if it does not get through."""
        done = run(lambda: [function(*copy.deepcopy(list(a.values()))) for a in many], {}, limit, keep)
        if done.late or done.error is not None:
            return None
        try:
            return [read(value, self.returns, right).values for value in done.value]
        except Unusable:
            return None

    def _right(self, questions: int, seen: _Seen) -> Result:
        """A correct answer, with one remark at most: what is changed in place, or an unusual form."""
        right = (
            f"Right: your function was tried on {questions} inputs of different sizes with random numbers. The last of "
            "them is new at each check."
        )
        if not seen.changed:
            return self._result(CORRECT, right, seen, remark=next(iter(seen.remarks), ""))
        remark = (
            f"One thing to fix: the numbers are right, but your function changes what it is given "
            f"({', '.join(seen.changed)}), and its caller may still need that."
        )
        instead = "{0} = {0} + ...   # a new array; not {0} += ...\n{0} = np.array({0})   # or a copy"
        return self._result(CORRECT, right, seen, remark=remark, instead=instead.format(seen.changed[0]))

    @functools.cached_property
    def _computed(self) -> tuple[str, ...]:
        """The outputs' names in the order in which the solution computes them."""
        return assigned(self.answer[-1])

    def _same_again(self, again: Run, right: Sequence[Any]) -> bool:
        try:
            return all_agree(read(again.value, self.returns, right, again.iterator).values, right)
        except Unusable:
            return False

    def _signature_problem(self, function: Callable) -> str | None:
        names = [name for name, *_ in self.takes]
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):  # functions written in C have no signature
            return None
        try:
            signature.bind(*names)
        except TypeError:
            return (
                f"Your function takes {signature}; it is called with {plural(len(names), 'argument')}, in this order: "
                f"{', '.join(names)}."
            )
        return None

    def _explained(self, problems, answered, right_on, seen, inside) -> Result:
        """The result for a wrong answer: its cause if one is known, else the first problem, and where that begins.

        inside: answered -> what is right and what is wrong among the function's own variables, in words.
        """
        found = explained(self, answered, right_on)
        text, line = problems[0]
        closer = ""
        if found is not None and text.startswith(ANOTHER_ORDER):
            text = ""
        if found is None and answered:
            said, differs = inside(answered[0])
            text = " ".join(filter(None, [text, said, "" if differs else measured(self, answered)]))
            place = f"le.exercises.{self.name}"
            closer = (
                f"To look closer: `{self.answer[-1].__name__}(*{place}.example().values())` should return what the "
                f"example in `{place}.task` shows."
            )
        return self._wrong(f"{found.sentence} {text}".rstrip() if found else text, seen, found, line, closer)

    def _inside(self, function: Callable, limit: float, keep: Kept, one: Answered) -> tuple[str, bool]:
        """The quantities of the task that the function computes by the same names, and the first that differs."""
        own, theirs = self.answer[-1], _unwrapped(function)
        outputs = [output.name for output in self.returns]
        names = [n for n in in_the_task(own, self.idea, step="h" in outputs) if n not in outputs]
        if not names or not isinstance(theirs, FunctionType):
            return "", False
        done = [run(f, one.arguments, limit, keep, f.__code__) for f in (theirs, own)]
        mine = [n for n in names if n not in one.arguments]
        return first_wrong(mine, done[0].arrays, done[1].arrays, one.arguments)

    # --- results ----------------------------------------------------------------------------------------------------

    def _wrong(
        self,
        message: str,
        seen: _Seen | None = None,
        found: Found | None = None,
        detail: str = "",
        closer: str = "",
    ) -> Result:
        cause, fix = (found.cause, found.fix) if found else (None, "")
        if (cause, fix) != (self._progress.cause, self._progress.fix):
            vars(self._progress).update(cause=cause, fix=fix, shown=0)
        return self._result(WRONG, message, seen, cause, detail, remark=closer)

    def _result(
        self,
        status: str,
        message: str,
        seen: _Seen | None = None,
        cause: str | None = None,
        detail: str = "",
        **more: str,
    ) -> Result:
        hint = self._hint() if status == WRONG and self._progress.shown else None
        seen = seen or _Seen()
        return Result(self.name, status, message, cause, hint, detail, seen.text, seen.notes(status), **more)

    def _hint(self) -> Hint:
        tier = self._progress.shown
        return Hint(self.name, tier, self.hints[tier - 1])

    def _beside_keras(self, result: Result, wanted: bool | None) -> Result:
        if self.keras is None or wanted is False or (wanted is None and "keras" not in sys.modules):
            return result
        keras = importlib.import_module("lstm_edu.keras_bridge.loading").keras()
        arguments = self.draw(np.random.default_rng(SEEDS[0]), 0)
        with settings_kept():  # each of Keras's initializers takes its seed from Python's `random`
            theirs = [np.asarray(a) if not isinstance(a, (int, list)) else a for a in self.keras(keras, arguments)]
        same = all_agree(self.reference(arguments), theirs)
        said = f"Keras {keras.__version__} itself gives the same." if same else "Keras itself gives other numbers."
        return replace(result, message=f"{result.message} {said}")


class _Seen:
    """What was noticed in all calls together."""

    def __init__(self) -> None:
        self.text = ""
        self.changed: tuple[str, ...] = ()
        self.warned: tuple[str, ...] = ()
        self.remarks: tuple[str, ...] = ()  # on the form of what was returned

    def add(self, done: Run) -> None:
        self.changed = tuple(dict.fromkeys(self.changed + done.changed))
        self.warned = tuple(dict.fromkeys(self.warned + done.warned))
        if done.printed and not self.text:
            self.text = shortened(_without_repetition(done.printed.rstrip()))
            if done.more and not self.text.endswith(_AGAIN):
                self.text = self.text.partition(" ... (")[0] + " ... (and much more)"

    def notes(self, status: str) -> tuple[str, ...]:
        notes = []
        if status == WRONG:
            notes += [f"Your function changed {', '.join(self.changed)} in place."] if self.changed else []
            notes += self.remarks[:1]
        for warning in self.warned[:3]:
            harmless = " Your numbers are right anyway." if status == CORRECT else ""
            notes.append(f"A warning came up, {shortened(warning)}.{harmless}")
        return tuple(notes)


_AGAIN = "... (the same line, many more times)"


def _without_repetition(printed: str) -> str:
    """A line that comes three times or more is shown once."""
    lines: list[str] = []
    for line, same in itertools.groupby(printed.splitlines()):
        alike = list(same)
        lines += [line, _AGAIN] if len(alike) > 2 else alike
    if len(lines) > 2 and lines[-2] == _AGAIN and lines[-3].startswith(lines[-1]):  # once more, and cut off
        lines.pop()
    return "\n".join(lines)


def _late(done: Run, limit: float) -> str:
    text = f"Your function did not end within {seconds_text(limit)} and was stopped: is there a loop that never ends?"
    if done.stuck:
        text += " It could not even be stopped; if the notebook becomes slow, restart the kernel."
    return text


def _left_behind(changed: Sequence[str], running: Sequence[Any]) -> Iterator[str]:
    """Notes on what the function did to the notebook."""
    changed = [name for name in changed if not name.startswith("_")]  # IPython's own
    if changed:
        whose = "a variable of your notebook" if len(changed) == 1 else "variables of your notebook"
        it_is = "it is as it was" if len(changed) == 1 else "they are as they were"
        names = ", ".join(changed[:_MOST_NAMES]) + (" and more" if len(changed) > _MOST_NAMES else "")
        yield f"Your function changes {names}, {whose}. The check has undone that: {it_is} before."
    if running:
        yield (
            f"Your function started {_counted(len(running), 'thread')} that {'is' if len(running) == 1 else 'are'} "
            "still running."
        )


def _counted(n: int, word: str) -> str:
    return f"a {word}" if n == 1 else f"{n} {word}s"


def _copied(values: list[Any], right: Sequence[Any]) -> list[Any]:
    """Private copies of arrays of the right shape; others, however large, are only read."""
    return [
        np.array(v) if isinstance(v, np.ndarray) and v.shape == np.shape(r) else v
        for v, r in zip(values, right, strict=True)
    ]


def _array_text(value: Any, indent: int) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    return np.array2string(value, precision=4, suppress_small=True, separator=", ").replace("\n", "\n" + " " * indent)


# --- not attempted --------------------------------------------------------------------------------------------------

_NOTHING = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "POP_TOP", "CACHE", "COPY_FREE_VARS"}


def _unwrapped(function: Any) -> Any:
    """What a decorator was put around; the function itself if there is none."""
    return inspect.unwrap(function) if isinstance(function, FunctionType) else function


def _is_blank(function: Any) -> bool:
    """Whether a function's body is nothing but a docstring, `pass`, `...` or `return None`."""
    function = _unwrapped(function)
    code = getattr(function, "__code__", None)
    if not isinstance(function, FunctionType) or code is None:
        return False
    steps = list(dis.get_instructions(code))
    returned = next((s.argval for s in reversed(steps) if s.opname in ("LOAD_CONST", "RETURN_CONST")), None)
    return all(s.opname in _NOTHING for s in steps) and (returned is None or returned is ...)


def _has_gap(function: Any) -> bool:
    """Whether a `...` is still assigned or returned somewhere in it."""
    function = _unwrapped(function)
    code = getattr(function, "__code__", None)
    if not isinstance(function, FunctionType) or code is None:
        return False
    steps = list(dis.get_instructions(code))
    return any(
        a.opname == "LOAD_CONST" and a.argval is ... and b.opname.startswith(("STORE_", "RETURN_"))
        for a, b in zip(steps, steps[1:], strict=False)
    )


_CONSTANTS = ("LOAD_CONST", "RETURN_CONST")


def _nothing(function: Any) -> str:
    """What is wrong where None came back."""
    before: dis.Instruction | None = None
    for step in dis.get_instructions(getattr(function, "__code__", _nothing.__code__)):
        constant = before if step.opname == "RETURN_VALUE" else step
        nothing = constant is not None and constant.opname in _CONSTANTS and constant.argval is None
        if step.opname in ("RETURN_VALUE", "RETURN_CONST") and not nothing:
            return (
                "Your function returns nothing here: it ended without reaching its `return`. Is that inside an "
                "`if` or a loop? Then it is not always reached."
            )
        before = step
    return "Your function returns nothing: its last line must be `return ...`."


def _is_unwritten(done: Run, function: Any) -> bool:
    """Whether the first call shows that the function is still a placeholder, or has one in it."""
    value = done.value
    if isinstance(value, tuple) and value and all(v is None or v is ... for v in value):
        return True
    if value is ... or isinstance(done.error, NotImplementedError):
        return True
    if isinstance(done.error, TypeError) and "ellipsis" in str(done.error):  # `c = f * ...`, as a hint leaves it
        return True
    return (done.error is not None or value is None) and _has_gap(function)
