"""The doctor's single mistakes as mutants of an exercise: the same idea, with the catalogue's id and sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from lstm_edu.exercises.explaining import Answered, Found, Question
from lstm_edu.exercises.mutants.comparing import Theirs

Exercise = Any


def catalogued(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
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
    if not left:
        return None
    first = next(iter(left.values()))
    return Found(first.sentence, first.id, first.fix)


def _outputs(exercise: Exercise, arguments: dict[str, Any]) -> Iterator[tuple[Any, tuple]]:
    """Each mistake that can be made in the exercise's layer, with what comes out."""
    import_module("lstm_edu.doctor")  # the catalogue is entered
    hypotheses = import_module("lstm_edu.doctor.hypotheses")
    recipes = import_module("lstm_edu.doctor.recipes")
    running = import_module("lstm_edu.doctor.running")
    asked = _asked(exercise, arguments)
    right = recipes.recipe_of(asked.layer, asked.x, asked.mask, asked.initial_state, dtype=asked.layer.dtype)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        made = [
            (one.mistake, hypotheses.with_mistakes(right, [one])) for one in hypotheses.single_mistakes(asked.layer)
        ]
        possible = [(mistake, recipe) for mistake, recipe in made if recipe is not None]
        results = running.run([recipe for _, recipe in possible])
    for (mistake, _), outputs in zip(possible, results, strict=True):
        if outputs is not None:
            yield mistake, tuple(outputs[-len(exercise.returns) :])


def _asked(exercise: Exercise, arguments: dict[str, Any]) -> Question:
    """The exercise's question; of a layer that returns its states if the exercise does."""
    asked = exercise.question(arguments)
    if len(exercise.returns) == 1:
        return asked
    layer = type(asked.layer)(asked.layer.units, return_state=True)
    layer.build((None, None, asked.x.shape[-1]))
    layer.set_weights(asked.layer.get_weights())
    return Question(layer, asked.x, asked.mask, asked.initial_state)
