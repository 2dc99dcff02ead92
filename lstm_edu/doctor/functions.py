"""A learner's function: it is called, with inputs of the doctor's own choosing."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lstm_edu.comparison.tolerance import same
from lstm_edu.core.progress import Progress
from lstm_edu.doctor.adequacy import adequacy
from lstm_edu.doctor.case import Case
from lstm_edu.doctor.diagnosis import Candidate, Diagnosis
from lstm_edu.doctor.evidence import fit
from lstm_edu.doctor.examples import examples
from lstm_edu.doctor.explaining import explain
from lstm_edu.doctor.hypotheses import Made, with_mistakes
from lstm_edu.doctor.mistake import CATALOGUE
from lstm_edu.doctor.observed import TIMED, Observed, last_layer
from lstm_edu.doctor.recipes import recipe_of
from lstm_edu.doctor.running import run

Array = np.ndarray


class Refused(Exception):
    """The function returned nothing that could be checked. `diagnosis` says why."""

    def __init__(self, diagnosis: Diagnosis):
        super().__init__(diagnosis.explanation)
        self.diagnosis = diagnosis


@dataclass
class Learner:
    """The learner's function and what was noticed about it. Raises `Refused` for whatever cannot be used."""

    function: Callable[..., Any]
    notes: list[str] = field(default_factory=list)
    calls: int = 0

    def takes(self, name: str) -> bool:
        """Whether the function has an argument of that name (or takes any)."""
        try:
            parameters = inspect.signature(self.function).parameters.values()
        except (TypeError, ValueError):
            return False
        return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters)

    def ask(self, case: Case) -> Observed:
        """What it returns for this input, also as outputs of the layer."""
        given = {"mask": case.mask, "initial_state": case.initial_state}
        given = {name: value for name, value in given.items() if value is not None}
        for name in given:
            if not self.takes(name):
                raise ValueError(
                    f"diagnose: {name} was given, but the function takes none: write it as f(x, {name}=None), or omit "
                    f"{name}"
                )
        x, arguments = _copy(case.given), {name: _copy(value) for name, value in given.items()}
        self.calls += 1
        try:
            output = self.function(x, **arguments)
        except Exception as error:  # whatever it is, the learner should read it
            raise Refused(_did_not_finish(error, case)) from error
        if not (_equal(x, case.given) and all(_equal(arguments[name], given[name]) for name in given)):
            self._note("Your function changes the arrays that it receives. Work on a copy: x = np.array(x).")
        if output is None:
            raise Refused(_no_numbers("Your function returns None. Is the return missing?"))
        try:
            return case.observe(output)
        except (TypeError, ValueError) as error:
            reason = str(error).removeprefix("diagnose: ")
            raise Refused(_no_numbers(f"What your function returns cannot be compared: {reason}.")) from error

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _copy(value: Any) -> Any:
    return [np.array(v) for v in value] if isinstance(value, (list, tuple)) else np.array(value)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return all(map(_equal, one, other))
    return np.array_equal(one, np.asarray(other), equal_nan=np.asarray(other).dtype.kind == "f")


def _did_not_finish(error: Exception, case: Case) -> Diagnosis:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    line = f" It stopped at this line: {frames[-1].line}" if frames and frames[-1].line else ""
    said = f"With an input of shape {shape_of(case)} your function stopped: {type(error).__name__}: {error}"
    return Diagnosis("error", said.rstrip(".") + f".{line}")


def shape_of(case: Case) -> str:
    return ", ".join(str(x.shape) for x in case.inputs)


def _no_numbers(text: str) -> Diagnosis:
    return Diagnosis("shape", text)


# --- asking ---------------------------------------------------------------------------------------------------------

_MOST_QUESTIONS = 6


def diagnose_function(
    function: Callable[..., Any], case: Case, pairs: bool | int, progress: Progress | None
) -> Diagnosis:
    """The answer for a function. It is called with the given input, then with others, until one answer is left."""
    learner = Learner(function)
    try:
        answer = _examined(learner, case, pairs, progress)
    except Refused as refused:
        answer = refused.diagnosis
    notes = (*answer.notes, *learner.notes)
    if answer.verdict not in ("error", "shape", "random"):
        notes += (f"Your function was called {learner.calls} times.",)
    return replace(answer, notes=notes)


def _examined(learner: Learner, case: Case, pairs: bool | int, progress: Progress | None) -> Diagnosis:
    observed = learner.ask(case)
    second = learner.ask(case)
    if not same(list(observed.arrays), list(second.arrays)):
        return _random(case, observed, second)
    answer = explain(case, observed, pairs, progress)
    for question in _questions(case, learner)[:_MOST_QUESTIONS]:
        try:
            reply = learner.ask(question)
        except Refused as refused:
            if answer.verdict == "agrees":
                return _only_with_other_inputs(refused.diagnosis, question)
            continue
        if answer.candidates and answer.verdict in ("cause", "several", "too little"):
            left = [c for c in answer.candidates if _holds(c, question, reply)]
            if not left:  # it fitted by chance, or is only part of it
                answer = explain(question, reply, pairs, progress)
            elif len(left) < len(answer.candidates) or answer.verdict == "too little":
                answer = _narrowed(answer, tuple(left), explain(question, reply, pairs=False))
        elif answer.verdict in ("agrees", "unexplained", "shape"):
            other = explain(question, reply, pairs and answer.verdict == "agrees", progress)
            if answer.verdict == "agrees" and other.verdict != "agrees":
                shape = shape_of(question)
                note = f"With your own input the numbers agree; with another one, of shape {shape}, they do not."
                answer = replace(other, notes=(note, *other.notes))
            elif other.verdict in ("cause", "several") and _holds(other.candidates[0], case, observed):
                answer = other
    return _sure(answer, learner)


def _questions(case: Case, learner: Learner) -> list[Case]:
    """Inputs to try: of the given shape first, then of others, those that show the most mistakes first."""
    layer = case.layer
    timed = isinstance(last_layer(layer), TIMED)
    masked, states = (timed and learner.takes(name) for name in ("mask", "initial_state"))
    rng = np.random.default_rng(5)

    def other(x: Array) -> Array:
        again = rng.permutation(x.ravel()).reshape(x.shape)
        return (again + rng.normal(size=x.shape)).astype(x.dtype) if x.dtype.kind == "f" else again

    found = [case.with_inputs(other)]
    made: list[tuple[int, int, Case]] = []
    for example, _ in zip(examples(layer, 11, masked=masked, states=states), range(3), strict=False):
        question = Case(layer, example.x, example.mask, example.initial_state)
        seen = adequacy(layer, question.x, question.mask, question.initial_state)
        made.append((-len(seen.caught), len(made), question))
    best = [question for *_, question in sorted(made, key=lambda one: one[:2])]
    plain = [replace(question, mask=None, initial_state=None) for question in best[:1] if masked or states]
    return [*found, *best[:2], *plain]


def _holds(candidate: Candidate, question: Case, reply: Observed) -> bool:
    """Whether the candidate's mistakes give this answer too."""
    hypothesis = [Made(m, place) for m, place in zip(candidate.mistakes, candidate.places, strict=True)]
    forms = [None] if reply.form is None else [reply.form]
    for form in forms:
        right = reply.in_this_form(
            recipe_of(question.layer, question.x, question.mask, question.initial_state, form=form)
        )
        wrong = with_mistakes(right, hypothesis)
        if wrong is None:
            return True  # it cannot be made with this input, so nothing speaks against it
        (outputs,) = run([wrong])
        if outputs is not None and reply.fits(outputs):
            return fit(reply.arrays, reply.precision, wrong, outputs).ratio <= 1
    return False


def _narrowed(answer: Diagnosis, left: tuple[Candidate, ...], other: Diagnosis) -> Diagnosis:
    """The answer, with only those candidates left that hold for another input too."""
    ids = {c.name for c in left}
    evidence = next((c.evidence for c in other.candidates if c.name in ids and c.evidence.enough), left[0].evidence)
    first = left[0]
    one = len(left) == 1 or all(c.id in first.same_as for c in left[1:])
    if not evidence.enough:
        return replace(answer, candidates=left)
    if one:
        return replace(
            answer, verdict="cause", cause=first.id, candidates=left, explanation=first.sentence, fix=first.fix,
            evidence=evidence, experiment=None,
        )  # fmt: skip
    explanation = f"{len(left)} explanations fit every call, and none of the doctor's inputs tells them apart."
    return replace(answer, verdict="several", candidates=left, explanation=explanation, evidence=evidence)


def _sure(answer: Diagnosis, learner: Learner) -> Diagnosis:
    if answer.verdict != "agrees":
        return answer
    return replace(
        answer,
        explanation=f"Your function agrees with the layer on your input and on {learner.calls - 2} others, chosen so "
        "that the catalogue's mistakes would show.",
    )


def _only_with_other_inputs(refusal: Diagnosis, question: Case) -> Diagnosis:
    note = (
        f"With your own input the numbers agree. The function was also called with an input of shape "
        f"{shape_of(question)}, which the layer takes."
    )
    return replace(refusal, notes=(note,))


def _random(case: Case, first: Observed, second: Observed) -> Diagnosis:
    """Two calls with one input differ: is a state kept, or is something random?"""
    found = explain(case, second, pairs=False)
    if found.cause == "stateful-carry" and explain(case, first, pairs=False):
        return replace(found, explanation=f"{found.explanation} The first call agrees, the second does not.")
    drops = bool(getattr(case.layer, "dropout", 0) or getattr(case.layer, "recurrent_dropout", 0))
    dropout = CATALOGUE["dropout-active"]
    return Diagnosis(
        "random",
        "Something in your function is random, or is kept from one call to the next. "
        + (dropout.sentence if drops else "If it is random, it may be dropout (dropout-active)."),
        cause=dropout.id if drops else None,
        fix=dropout.fix,
    )
