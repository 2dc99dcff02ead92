"""An activation other than the layer's: any of Keras's, everywhere or in one place; slopes are found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.core.kinds import NOTATION
from lstm_edu.doctor.catalogue.gates import with_activation, with_equations
from lstm_edu.doctor.equations import Function, function_of
from lstm_edu.doctor.families import Groups, Situation, solved
from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake
from lstm_edu.doctor.recipes import ActivationRecipe, DenseRecipe, Recipe

Array = np.ndarray

_COMMON = (
    "relu", "tanh", "sigmoid", "softmax", "linear", "elu", "selu", "gelu", "silu", "softplus", "softsign",
    "leaky_relu", "hard_sigmoid", "hard_sigmoid_keras2", "exponential",
)  # fmt: skip
_IN_ONE_PLACE = ("relu", "tanh", "sigmoid", "linear", "softsign", "hard_sigmoid", "hard_tanh", "elu")
_ON_GATES = ("tanh", "relu", "linear", "softsign", "softmax", "sigmoid", "hard_sigmoid",
             "hard_sigmoid_keras2")  # fmt: skip
_RARE = ("relu6", "hard_tanh", "mish", "hard_silu", "log_softmax", "log_sigmoid", "softmax over the batch",
         "softmax over time", "squareplus", "soft_shrink", "hard_shrink", "tanh_shrink", "sparse_plus",
         "sparse_sigmoid", "sparsemax")  # fmt: skip
_WITH_OTHERS = ("relu", "tanh")  # of a recurrent layer together with another mistake; of a Dense layer all
_SLOPES = (0.01, 0.3, 0.1)
_NONE = {"linear": "linear (no activation)"}
_TOLD = _NONE | {"leaky_relu": "leaky_relu, whose slope below zero is 0.2 in Keras 3"}
_STEPS = 8  # timesteps from which a slope is found
_FOUND = 1e-5  # a slope this close to one with two digits is that one


# --- functions without a name in Keras -------------------------------------------------------------------------------


@cache
def leaky(slope: float) -> Function:
    def leaky_relu(x: Array) -> Array:
        return np.where(x > 0, x, slope * x)

    return leaky_relu


def gelu_tanh(x: Array) -> Array:
    """gelu's approximation (approximate=True): 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


@cache
def softmax_over(axis: int) -> Function:
    def softmax(x: Array) -> Array:
        e = np.exp(x - x.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    return softmax


def _without_time(layer: Layer) -> bool:
    return type(layer).__name__ in ("Dense", "Activation")


def _function(name: str, layer: Layer) -> Function | None:
    """The function of that name; None where it is the layer's own, or makes no sense in it."""
    if name == "softmax over the batch":
        return softmax_over(0 if _without_time(layer) else -2)
    if name == "softmax over time":
        return softmax_over(1) if _without_time(layer) else None
    return function_of(name)


# --- the family ------------------------------------------------------------------------------------------------------


def replaced(r: Any, function: Function, where: str) -> Recipe:
    """where: "" is everything that the layer's `activation` applies to; "candidate", "output" (an LSTM's cell state on
    its way out), or "gates"."""
    if isinstance(r, (DenseRecipe, ActivationRecipe)):
        return r.but(activation=function)
    kind = type(r.layer).__name__
    if where == "gates":
        return with_activation(r, NOTATION[kind].fractions, function)
    if where != "output":
        r = with_activation(r, "g" if "g" in r.gates else "h", function)
    return with_equations(r, squash=function) if kind == "LSTM" and where != "candidate" else r


_WHERE = {
    "candidate": ", on the candidate only",
    "output": ", where the cell state is output (h = o * activation(c))",
    "gates": " on its gates",
}


def _fix(layer: Layer, where: str) -> str:
    kind = type(layer).__name__
    own = _own(layer, where)
    if kind == "Activation":
        return f"y = {own}(x)   # {own!r}"
    if own == "linear" and kind == "Dense":
        return "y = x @ kernel + bias   # activation='linear'"
    if kind == "Dense":
        return f"y = {own}(x @ kernel + bias)   # activation={own!r}"
    if where == "gates":
        gates = "; ".join(f"{gate} = {own}({NOTATION[kind].sum_of(gate)})" for gate in NOTATION[kind].fractions)
        return f"{gates}   # recurrent_activation={own!r}"
    candidate = "h = {}(z)" if kind == "SimpleRNN" else f"g = {{}}({NOTATION[kind].sum_of('g')})"
    lines = [candidate.format(own)] if where != "output" else []
    if kind == "LSTM" and where != "candidate":
        lines.append(f"h = o * {own}(c)")
    return "; ".join(lines) + f"   # activation={own!r}"


def _own(layer: Any, where: str) -> str:
    return (layer.recurrent_activation if where == "gates" else layer.activation).name


def _instead(layer: Layer, name: str, function: Function, where: str, words: str = "", parameters: int = 0) -> Mistake:
    own = _own(layer, where)
    article = "an" if own[0] in "aeiou" else "a"
    told = _TOLD.get(own, own)
    return Mistake(
        "-".join(filter(None, (f"activation-replaced:{name.replace('_', '-').replace(' ', '-')}", where))),
        (type(layer).__name__,),
        f"{words or _NONE.get(name, name)} is used where the layer has {told}{_WHERE.get(where, '')}."
        + ("" if parameters == 0 else f" The slope was found from the numbers; {article} {own} has a different one."),
        _fix(layer, where),
        partial(replaced, function=function, where=where),
        versions="all: a different argument, or a different default",
        source="keras.layers: activation, recurrent_activation",
        across="batch" in name,
        alone=not _without_time(layer) and name not in _WITH_OTHERS or where != "",
        parameters=parameters,
    )


def _named(layer: Layer, names: Iterable[str], where: str = "") -> list[Mistake]:
    own = function_of(_own(layer, where))
    functions = ((name, _function(name, layer)) for name in names)
    return [_instead(layer, name, f, where) for name, f in functions if f is not None and f is not own]


def another_activation(situation: Situation) -> Groups:
    """The common activations first; then those in one place only; then the rare ones, and slopes that are found."""
    layer = situation.layer
    found = None
    if situation.first or _without_time(layer):
        found = yield from solved(situation.beginning(_STEPS).one_sequence(), _sloping, [0.1])
    slopes = [
        _instead(layer, f"leaky_relu-{slope}", leaky(slope), "", f"leaky_relu with slope {slope}") for slope in _SLOPES
    ]
    gelu = _instead(layer, "gelu-tanh", gelu_tanh, "", "gelu's approximation by tanh (approximate=True)")
    yield [*_named(layer, _COMMON), *slopes, gelu]
    if hasattr(layer, "recurrent_activation"):
        yield _named(layer, _ON_GATES, "gates")
        yield _named(layer, ("hard_tanh", "relu6"), "gates")
    if type(layer).__name__ == "LSTM":
        yield [one for where in ("candidate", "output") for one in _named(layer, _IN_ONE_PLACE, where)]
    yield _named(layer, _RARE)
    if found is not None:
        slope = float(found[0])
        slope = round(slope, 2) if abs(slope - round(slope, 2)) < _FOUND else float(f"{slope:.7g}")
        if 0 < abs(slope) < 1:
            yield [_instead(layer, f"leaky_relu-{slope:.4g}", leaky(slope), "",
                            f"leaky_relu with slope {slope:.4g}", parameters=1)]  # fmt: skip


def _sloping(parameters: Array) -> partial:
    return partial(replaced, function=leaky(float(parameters[0])), where="")


CATALOGUE.add(
    Mistake(
        "activation-replaced",
        ("Dense", "Activation", *RECURRENT),
        "A different activation is used: everywhere, on the candidate, on the output, or on the gates. "
        "The doctor finds out which one, and a leaky_relu's slope.",
        "y = activation(x @ kernel + bias)   # the layer's own, layer.get_config()['activation']",
        None,
        versions="all: a different argument, or a different default",
        source="tf2onnx#2211; rnnoise#58; lwtnn#167; keras.layers: activation, recurrent_activation",
        of_output=lambda layer: type(layer).__name__ == "Dense" and layer.activation.name == "linear",
        family_of=another_activation,
    )
)
