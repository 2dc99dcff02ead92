"""Random mistakes of the catalogue's families: some that are listed, some whose parameter has to be found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from lstm_edu.doctor.catalogue import approximations, functions, inputs, scales
from lstm_edu.doctor.families import Situation, groups_of
from lstm_edu.doctor.mistake import CATALOGUE, Mistake, Place, mutated
from lstm_edu.doctor.recipes import Recipe
from lstm_edu.doctor.running import run

Outputs = list[np.ndarray]
FAMILIES = tuple(m.id for m in CATALOGUE if m.family_of is not None)
_FEWEST = 10  # numbers
_SOLVED = ("dropout-scaling", "output-columns")  # nothing of these is listed


def random_member(
    right: Recipe, outputs: Outputs, rng: np.random.Generator, family: str
) -> tuple[Mistake, Place] | None:
    """A mistake of this family, and where it is made; None if it has none for this layer and input, or none that could
    be told: of few numbers, of the columns of a single row, of a table that is shown as it was rounded.

    right: the right recipe in float64; outputs: what it gives.
    """
    entry = CATALOGUE[family]
    if sum(y.size for y in outputs) < _FEWEST:
        return None
    if family == "output-columns" and outputs[0].size < 2 * outputs[0].shape[-1]:
        return None
    if family == "weights-rounded" and type(right.layer).__name__ == "Embedding":
        return None
    places = entry.places(right.layer)
    if not places:
        return None
    place = places[rng.integers(len(places))]
    situation = Situation(entry, place, right, outputs, outputs)
    own = _own(family, situation, rng)
    if own is not None and (family in _SOLVED or rng.random() < 0.3):
        return Mistake(f"{family}:solved", entry.kinds, "", "", own, entry.condition, together=entry.together), place
    if family in _SOLVED:
        return None
    listed = [m for group in groups_of(situation) for m in group]
    return (listed[rng.integers(len(listed))], place) if listed else None


def made(right: Recipe, mistake: Mistake, place: Place) -> Outputs | None:
    """What comes out, in float32; None where it cannot be made."""
    wrong = mutated(right, mistake, place)
    outputs = None if wrong is None else run([wrong])[0]
    return None if outputs is None else [y.astype(np.float32) for y in outputs]


def _own(family: str, situation: Situation, rng: np.random.Generator) -> Callable[[Any], Recipe | None] | None:
    """A mutation whose parameter is drawn, so that it has to be found from the numbers."""
    if family == "dropout-scaling":
        where = ["output", "input", "recurrent"][: 3 if hasattr(situation.layer, "state_names") else 2]
        rate = float(rng.choice([0.1, 0.2, 0.25, 0.3, 0.4, 0.5]))
        factor = 1 - rate if rng.random() < 0.5 else 1 / (1 - rate)
        return partial(scales.times, factor=factor, where=str(rng.choice(where)))
    if family == "input-scaled":
        factor, shift = round(float(rng.uniform(0.3, 3)), 2), round(float(rng.uniform(-0.5, 0.5)), 2)
        return partial(scales.rescaled, change=partial(scales.line, factor=factor, shift=shift))
    if family == "activation-replaced":
        slope = round(float(rng.uniform(0.05, 0.5)), 2)
        return partial(functions.replaced, function=functions.leaky(slope), where="")
    if family == "approximated-functions":
        n, reach = (int(rng.choice(some)) for some in (approximations._SIZES, approximations._REACHES))
        name = "tanh" if approximations.functions_in(situation.layer)[0] else "sigmoid"
        table = approximations.table(name, n, reach, *approximations._WAYS[rng.integers(4)])
        return partial(approximations.nearly, **{name: table})
    if family == "input-columns":
        n = situation.layer.weights[0].shape[0]
        return partial(inputs.in_order, order=rng.permutation(n).tolist()) if inputs._is_first(situation) else None
    if family == "output-columns":
        order = rng.permutation(situation.observed[0].shape[-1]).tolist()
        return lambda r: r.then(lambda outputs: [outputs[0][..., order], *outputs[1:]])
    return None
