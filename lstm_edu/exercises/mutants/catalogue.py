"""The doctor's single mistakes as mutants of an exercise: the same idea, with the catalogue's id and sentence."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from lstm_edu.exercises.explaining import Answered, Found, Question
from lstm_edu.exercises.mutants.comparing import Theirs

Exercise = Any


def catalogued(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """The first mistake of the catalogue that gives these numbers on every question; an explainer.

    It knows what the doctor knows about exact numbers and single mistakes, and is a hundred times faster: no families
    of mistakes, no rounded numbers.
    """
    if exercise.question is None:
        return None
    left: dict[str, Any] | None = None
    for one in answered:
        theirs = Theirs(exercise, one.values)
        here = {m.id: m for m, outputs in _outputs(exercise, one.arguments) if theirs.are(outputs)}
        left = here if left is None else {id: mistake for id, mistake in left.items() if id in here}
        if not left:
            return None
    possible = left or {}
    for one in right_on if possible else ():
        theirs = Theirs(exercise, one.values)
        made = [(mistake.id, theirs.are(outputs)) for mistake, outputs in _outputs(exercise, one.arguments)]
        contradicted = {id for id, _ in made} - {id for id, same in made if same}
        possible = {id: mistake for id, mistake in possible.items() if id not in contradicted}
    first = next(iter(possible.values()), None)
    return None if first is None else Found(first.sentence, first.id, first.fix)


def gives_others(exercise: Exercise, candidate: Any, one: Answered) -> bool:
    """Whether a candidate of the doctor's gives other numbers than were returned for a question. False where its
    mistakes cannot be made."""
    made = import_module("lstm_edu.doctor.hypotheses").Made
    hypothesis = [made(mistake, place) for mistake, place in zip(candidate.mistakes, candidate.places, strict=True)]
    found = _outputs_of(exercise, one.arguments, lambda layer: [hypothesis])
    return any(not Theirs(exercise, one.values).are(outputs) for _, outputs in found)


def _outputs(exercise: Exercise, arguments: dict[str, Any]) -> Iterator[tuple[Any, tuple]]:
    """Each mistake that can be made in the exercise's layer, with what comes out."""
    import_module("lstm_edu.doctor")  # the catalogue is entered
    singles = import_module("lstm_edu.doctor.hypotheses").single_mistakes
    for (made,), outputs in _outputs_of(exercise, arguments, lambda layer: [(one,) for one in singles(layer)]):
        yield made.mistake, outputs


def _outputs_of(
    exercise: Exercise, arguments: dict[str, Any], hypotheses_of: Callable[[Any], Sequence[Sequence[Any]]]
) -> Iterator[tuple[Sequence[Any], tuple]]:
    """Those of the hypotheses about a layer that can be, with what comes out of the exercise's layer."""
    with_mistakes = import_module("lstm_edu.doctor.hypotheses").with_mistakes
    recipes = import_module("lstm_edu.doctor.recipes")
    running = import_module("lstm_edu.doctor.running")
    asked = _asked(exercise, arguments)
    right = recipes.recipe_of(asked.layer, asked.x, asked.mask, asked.initial_state, dtype=asked.layer.dtype)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        made = [(one, with_mistakes(right, one)) for one in hypotheses_of(asked.layer)]
        possible = [(one, recipe) for one, recipe in made if recipe is not None]
        results = running.run([recipe for _, recipe in possible])
    for (one, _), outputs in zip(possible, results, strict=True):
        if outputs is not None:
            yield one, tuple(outputs[-len(exercise.returns) :])


def _asked(exercise: Exercise, arguments: dict[str, Any]) -> Question:
    """The exercise's question; of a layer that returns its states if the exercise does."""
    asked = exercise.question(arguments)
    if len(exercise.returns) == 1:
        return asked
    layer = type(asked.layer)(asked.layer.units, return_state=True)
    layer.build((None, None, asked.x.shape[-1]))
    layer.set_weights(asked.layer.get_weights())
    return Question(layer, asked.x, asked.mask, asked.initial_state)
