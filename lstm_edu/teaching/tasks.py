"""What can be graded: an exercise, or what a patient of the clinic has. An exercise goes by its name, a patient by
"patient_3"; the answer of an exercise is a function of a known name, that of the patient is called diagnosis_3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lstm_edu import clinic, exercises
from lstm_edu.clinic import Finding
from lstm_edu.clinic.patient import NOT_JUDGED, UNANSWERED, UNKNOWN
from lstm_edu.exercises import Exercise
from lstm_edu.exercises import result as results
from lstm_edu.exercises.exercise import RUN_IT
from lstm_edu.exercises.result import Result

Judged = Result | Finding  # true if the answer is correct
NOTHING_YET = (results.NOT_ATTEMPTED, UNANSWERED)


def known(name: str) -> bool:
    """Whether there is such a task."""
    return name in exercises.names() or patient_of(name) is not None


def name_of(patient: int) -> str:
    """What the task of saying what a patient has is called."""
    return f"patient_{patient}"


def patient_of(name: str) -> int | None:
    """The number of the patient that a task is about; None for an exercise."""
    return next((number for number in clinic.cases() if name_of(number) == name), None)


def exercise_of(name: str) -> Exercise | None:
    """The exercise that a task is; None for a patient."""
    return None if patient_of(name) is not None else exercises.get(name)


def answer_name(name: str) -> str:
    """What an answer is called."""
    exercise = exercise_of(name)
    return f"diagnosis_{patient_of(name)}" if exercise is None else exercise.answer[-1].__name__


def check_source(name: str, answer: str) -> str:
    """The line of the notebook that checks an answer."""
    number = patient_of(name)
    return f"le.exercises.{name}.check({answer})" if number is None else f"le.clinic.case({number}).answer({answer})"


def judged(name: str, answered: Any, time_limit: float) -> Judged:
    """What the task's check says. time_limit: seconds that a call of a function may take."""
    if (exercise := exercise_of(name)) is not None:
        exercise.reset()  # hints are for whoever asks for them
        result = exercise.check(answered, time_limit=time_limit, keras=False)
        return replace(result, message=result.message.removesuffix(f" {RUN_IT}"))  # the grader has run it
    number = patient_of(name) or 0
    try:
        return clinic.case(number).answer(answered)
    except TypeError as error:  # no diagnosis at all
        return Finding(number, UNKNOWN, str(error))


def judged_as_the_patient(name: str) -> Judged:
    """What is said where the patient's own code is the answer."""
    patient = clinic.case(patient_of(name) or 0)
    return patient.answer(patient.function)


def is_the_patient(name: str, module: str, called: Sequence[str]) -> bool:
    """Whether a function is the patient's own code. module: of the function. called: what it calls of libraries."""
    number = patient_of(name)
    own = module.startswith("lstm_edu.clinic") or any("_Function.__call__" in one for one in called)
    return number is not None and clinic.case(number).function is not None and own


def not_judged(name: str, message: str, detail: str = "", printed: str = "", attempted: bool = True) -> Judged:
    """Why an answer could not be judged. detail: the learner's line where it stopped. attempted: if there is one."""
    number = patient_of(name)
    if number is None:
        status = results.WRONG if attempted else results.NOT_ATTEMPTED
        return Result(name, status, message, detail=detail, printed=printed)
    notes = (f"The line is `{detail}`.",) if detail else ()
    return Finding(number, NOT_JUDGED if attempted else UNANSWERED, message, notes=notes)
