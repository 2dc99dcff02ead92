"""Exercises: a learner writes a function, `check` says whether it is right, and if not, which mistake it makes.

le.exercises.names()
le.exercises.lstm_step.task                # what to write
le.exercises.lstm_step.check(lstm_step)    # not attempted, wrong (and why), or correct
le.exercises.lstm_step.hint()              # a question, then a place, then a line with a gap
le.exercises.lstm_step.solution()
"""

from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.result import Hint, Result, Solution, Task
from lstm_edu.exercises.tasks import ALL

__all__ = ["Exercise", "Hint", "Result", "Solution", "Task", "Wrong", "get", "names"]

_BY_NAME = {exercise.name: exercise for exercise in ALL}
_RENAMED = {"embedding_rows": "update_rows", "masks": "masked_lstm", "global_clip": "clip_together"}
globals().update(_BY_NAME)


def names() -> list[str]:
    """The exercises' names, in the course's order."""
    return list(_BY_NAME)


def get(name: str) -> Exercise:
    """The exercise of that name. ValueError for an unknown one."""
    if name in _RENAMED:
        raise ValueError(f"the exercise {name!r} is called {_RENAMED[name]!r} now, like the function it asks for")
    if name not in _BY_NAME:
        raise ValueError(f"there is no exercise {name!r}; le.exercises.names() lists them: {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def __getattr__(name: str) -> Exercise:
    if name in _RENAMED:
        new = f"le.exercises.{_RENAMED[name]}"
        raise AttributeError(f"le.exercises.{name} is called {new} now, like the function it asks for")
    raise AttributeError(f"lstm_edu.exercises has no {name!r}; the exercises are {', '.join(_BY_NAME)}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_BY_NAME})
