"""All explainers of wrong answers, in the order in which they are tried: the first that finds something wins."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence

from lstm_edu.exercises.affine import unused, weighed
from lstm_edu.exercises.explaining import Answered, Exercise, Found, digits, doctor, listed, no_numbers, scaled
from lstm_edu.exercises.lines import cut_line, sigmoid_of_line
from lstm_edu.exercises.mutants import catalogued, mutated, mutated_twice
from lstm_edu.exercises.polynomials import counted

# What is listed comes first, then what is measured, then one slip, and last two mistakes at once.
EXPLAINERS: tuple[Callable[..., Found | None], ...] = (
    listed,
    no_numbers,
    digits,
    catalogued,
    scaled,
    weighed,
    mutated,
    cut_line,
    sigmoid_of_line,
    counted,
    mutated_twice,
    doctor,
    unused,
)

# These describe everything that the function does, so they are tried only where no question was answered right. The
# others are given the questions that were.
OF_EVERYTHING = (digits, scaled, weighed, unused)


def explained(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """What the first explainer that finds something says. answered: what was answered wrongly; right_on: what right."""
    if not answered:
        return None
    with _uncollected():
        for explainer in EXPLAINERS:
            if explainer in OF_EVERYTHING and right_on:
                continue
            given = () if explainer in OF_EVERYTHING else (right_on,)
            with contextlib.suppress(Exception):  # whatever was answered, a check raises nothing
                if (found := explainer(exercise, answered, *given)) is not None:
                    return found
    return None


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's garbage collection: thousands of small trees are made, which start it again and again, and each
    time it looks at everything that Keras and the notebook hold."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
