"""What is done to the output at the end."""

from __future__ import annotations

from functools import partial

import numpy as np

from lstm_edu.doctor.equations import function_of
from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake, mistake
from lstm_edu.doctor.recipes import Recipe


def again(r: Recipe, function) -> Recipe:
    return r.then(lambda outputs: [function(outputs[0]), *outputs[1:]])


def _changes(layer, name: str) -> bool:
    """Whether this activation does anything to the layer's output: relu after sigmoid does not."""
    inner = getattr(layer, "forward_layer", layer)  # of a Bidirectional
    y = function_of(inner.activation)(_SOME)
    instead = np.allclose(function_of(name)(y), function_of(name)(_SOME))
    if type(layer).__name__ == "Dense" and layer.activation.name != "linear" and instead:
        return False  # relu(elu(z)) is relu(z): the other activation instead of the layer's, not one more
    return not np.allclose(function_of(name)(y), y) and not (name == "softmax" and inner.units == 1)


_SOME = np.linspace(-2, 2, 8)[None]


for _name in ("softmax", "tanh", "sigmoid", "relu"):
    mistake(
        f"extra-activation:{_name}",
        "Dense",
        "Bidirectional",
        *RECURRENT,
        sentence=f"{_name} is applied to the layer's output, which needs nothing more: the layer already has its "
        "activation, or none.",
        fix="p = layer(x)   # softmax is in it; so the loss gets from_logits=False"
        if _name == "softmax"
        else "y = layer(x)   # nothing after it",
        condition=partial(_changes, name=_name),
        versions="all; softmax in the layer and from_logits=True in the loss",
        of_output=lambda layer: True,
        source="keras#6143",
    )(partial(again, function=function_of(_name)))


@mistake(
    "extra-activation:left-out",
    "Dense",
    sentence="The layer's activation is not applied: the output is the sum x W + b.",
    fix="y = activation(x @ kernel + bias)",
    condition=lambda layer: layer.activation.name != "linear",
    versions="all; logits taken for probabilities",
    source="keras.layers.Dense: activation",
)
def _sum_only(r):
    return r.but(activation=function_of("linear"))


CATALOGUE.add(
    Mistake(
        "dropout-active",
        ("Dropout", *RECURRENT),
        "Dropout is active: some numbers are dropped at random, so two calls differ.",
        "layer(x, training=False)   # the default of a call; model.predict never drops",
        None,
        versions="all; training=True, or dropout applied by hand at inference",
        source="keras.layers.Dropout",
    )
)
