"""The layers of a model that Keras computes: one of them left out, or with another epsilon."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from lstm_edu.core.graph import Alteration, Graph, Part
from lstm_edu.doctor.families import Situation
from lstm_edu.doctor.mistake import CATALOGUE, Mistake
from lstm_edu.doctor.recipes import GraphRecipe, Recipe

_EPSILONS = (1e-3, 1e-5, 1e-4, 1e-6, 1e-7, 1e-8, 1e-12, 0.0)


def altered(r: GraphRecipe, alteration: Alteration) -> Recipe:
    return r.but(alteration=alteration, run=[])


def parts_of_keras(situation: Situation) -> Iterator[list[Mistake]]:
    model = situation.base.layer
    assert isinstance(model, Graph)
    parts = model.rest.parts()
    yield [_without(part) for part in parts if part.keeps_the_shape]
    yield [
        _with_epsilon(part, epsilon)
        for part in parts
        for epsilon in _EPSILONS
        if part.epsilon is not None and part.epsilon != epsilon
    ]


_PART: dict[str, Any] = {
    "versions": "models that are put together by hand, or by a converter that does not know a layer",
    "source": "keras.layers.Rescaling, Normalization, LayerNormalization: epsilon",
    "alone": True,
}


def _without(part: Part) -> Mistake:
    return Mistake(
        f"layer-count:without-{part.name}",
        ("Graph",),
        f"The {part.kind} layer {part.name!r} is left out: its input is passed on unchanged. Input and output have the "
        "same shape, so there is no error message.",
        "for layer in model.layers: x = layer(x)   # every one",
        partial(altered, alteration=Alteration(part.name, "without")),
        **_PART,
    )


def _with_epsilon(part: Part, epsilon: float) -> Mistake:
    return Mistake(
        f"part-of-keras:epsilon-{epsilon:g}",
        ("Graph",),
        f"The {part.kind} layer {part.name!r} has epsilon = {epsilon:g}; in the model it is {part.epsilon:g}. Keras's "
        "default is 0.001, PyTorch's 0.00001.",
        f"epsilon={part.epsilon:g}",
        partial(altered, alteration=Alteration(part.name, "epsilon", epsilon)),
        **_PART,
    )


CATALOGUE.add(
    Mistake(
        "part-of-keras",
        ("Graph",),
        "A layer that Keras computes is left out, or has another epsilon.",
        "for layer in model.layers: x = layer(x)   # every one, with its own configuration",
        None,
        versions=_PART["versions"],
        source=_PART["source"],
        family_of=parts_of_keras,
    )
)
