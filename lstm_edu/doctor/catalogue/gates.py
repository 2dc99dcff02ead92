"""Which gate is which, and which function it has."""

from __future__ import annotations

import dataclasses
from functools import partial
from itertools import permutations
from typing import Any

from lstm_edu.core import slab
from lstm_edu.core.kinds import NOTATION
from lstm_edu.doctor.equations import blocks, function_of, mix, reset_after, reset_before
from lstm_edu.doctor.mistake import RECURRENT, mistake
from lstm_edu.doctor.recipes import RecurrentRecipe
from lstm_edu.libraries import packed_in_order, spelled


def with_equations(r: RecurrentRecipe, **pieces) -> RecurrentRecipe:
    return r.but(equations=dataclasses.replace(r.equations, **pieces))


# --- the order of the blocks ----------------------------------------------------------------------------------------


def read_as(r: RecurrentRecipe, order: tuple[str, ...]) -> RecurrentRecipe:
    """Each gate takes the block at the place where `order` has its letter."""
    places = [order.index(gate) for gate in r.gates]

    def reread(packed):
        parts = blocks(packed, len(order))
        return slab.concatenated([parts[k] for k in places], axis=-1)

    return r.but(kernel=reread(r.kernel), recurrent_kernel=reread(r.recurrent_kernel), bias=reread(r.bias))


_SEEN = {"i,g,f,o": "tensorflow#29308; keras#3088", "r,z,g": "keras#8720"}
_FIX = {"LSTM": "z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)", "GRU": "a_z, a_r, a_g = np.split(a, 3, axis=-1)"}

for _kind, _family in (("LSTM", "gate-order"), ("GRU", "gru-gate-order")):
    _keras, *_others = permutations(NOTATION[_kind].gates)
    for _order in _others:
        _name = ",".join(_order)
        _rows = packed_in_order(_kind, _order)
        _like = f", as {spelled(_rows)} packs them" if _rows else ""
        mistake(
            f"{_family}:{_name}",
            _kind,
            sentence=f"The blocks of the weights are read in the order {_name}{_like}; Keras packs them "
            f"{', '.join(_keras)}.",
            fix=_FIX[_kind],
            versions=", ".join(f"{row.name} ({row.version})" for row in _rows) or "hand-written code",
            source="; ".join(
                [*([_SEEN[_name]] if _name in _SEEN else []), *dict.fromkeys(row.source for row in _rows)]
                or [f"keras.layers.{_kind}"]
            ),
        )(partial(read_as, order=_order))


# --- the functions of the gates -------------------------------------------------------------------------------------

sigmoid, tanh, linear = map(function_of, ("sigmoid", "tanh", "linear"))
_SIGMOIDS = ("sigmoid", "hard_sigmoid", "hard_sigmoid_keras2")


def _gate_function(layer) -> str:
    """The name of the activation that is, or could be, a sigmoid."""
    return getattr(layer, "recurrent_activation", layer.activation).name


def with_sigmoid(r, function):
    """The layer with another function instead of its sigmoid."""
    if not isinstance(r, RecurrentRecipe):
        return r.but(activation=function)
    layer: Any = r.layer
    old = function_of(layer.recurrent_activation)
    return with_equations(r, activations=tuple(function if a is old else a for a in r.equations.activations))


for _id, _name, _sentence, _fix, _versions, _source in (
    (
        "hard-sigmoid-v2",
        "hard_sigmoid_keras2",
        "The hard sigmoid of Keras 2, clip(0.2 z + 0.5, 0, 1), is used where the layer has another sigmoid.",
        "1 / (1 + np.exp(-z))   # if the layer has sigmoid; in an LSTM for i, f and o\n"
        "np.clip(z / 6 + 0.5, 0, 1)   # if it has today's hard_sigmoid",
        "Keras 2.2 and older had it as the default; tf_keras still has it under the name hard_sigmoid",
        "tensorflow#47495; stackoverflow.com/q/49759614",
    ),
    (
        "hard-sigmoid-v3",
        "hard_sigmoid",
        "The hard sigmoid of Keras 3, clip(z/6 + 0.5, 0, 1), is used where the layer has another sigmoid.",
        'recurrent_activation="sigmoid" (in a Dense layer activation=); for Keras 2\'s weights "hard_sigmoid_keras2"',
        "Keras 3: the name hard_sigmoid stayed, the slope changed, and an old configuration loads silently",
        "keras.activations.hard_sigmoid of Keras 3.15",
    ),
    (
        "hard-sigmoid-v3:sigmoid",
        "sigmoid",
        "The sigmoid, 1 / (1 + exp(-z)), is used where the layer has a hard sigmoid.",
        'recurrent_activation="hard_sigmoid"   # in a Dense layer activation=',
        "Keras 2.3 made it the default",
        "the release notes of Keras 2.3.0",
    ),
):
    mistake(
        _id,
        "LSTM",
        "GRU",
        "Dense",
        sentence=_sentence,
        fix=_fix,
        condition=lambda layer, name=_name: _gate_function(layer) in _SIGMOIDS and _gate_function(layer) != name,
        versions=_versions,
        source=_source,
    )(partial(with_sigmoid, function=function_of(_name)))


def with_activation(r: RecurrentRecipe, gates: str, function) -> RecurrentRecipe:
    pairs = zip(r.gates, r.equations.activations, strict=True)
    return with_equations(r, activations=tuple(function if gate in gates else old for gate, old in pairs))


def _unlike(name: str, attribute: str):
    return lambda layer: getattr(layer, attribute).name != name


def on_candidate(r: RecurrentRecipe, function) -> RecurrentRecipe:
    return with_activation(r, "g" if "g" in r.gates else "h", function)


for _variant, _function, _sentence in (
    ("sigmoid", sigmoid, "A sigmoid is applied to the candidate; Keras uses the layer's activation, usually tanh."),
    (
        "none",
        linear,
        "The candidate has no activation; Keras applies the layer's activation, usually tanh.",
    ),
):
    mistake(
        f"candidate-activation:{_variant}",
        *RECURRENT,
        sentence=_sentence,
        fix="g = np.tanh(z_g)   # LSTM\ng = np.tanh(a_g)   # GRU\nh = np.tanh(z)   # SimpleRNN",
        condition=_unlike("sigmoid" if _variant == "sigmoid" else "linear", "activation"),
        versions="hand-written code",
        source="keras.layers.LSTM, GRU and SimpleRNN: activation",
    )(partial(on_candidate, function=_function))

for _kind, _gates in (
    ("LSTM", "i"),
    ("LSTM", "f"),
    ("LSTM", "o"),
    ("LSTM", "ifo"),
    ("GRU", "z"),
    ("GRU", "r"),
    ("GRU", "zr"),
):
    mistake(
        f"candidate-activation:tanh-on-{_gates}",
        _kind,
        sentence=f"tanh is applied to {', '.join(_gates)}; a gate is a fraction between 0 and 1 and needs a sigmoid.",
        fix="; ".join(f"{gate} = sigmoid({NOTATION[_kind].sum_of(gate)})" for gate in _gates),
        condition=_unlike("tanh", "recurrent_activation"),
        versions="hand-written code",
        source=f"keras.layers.{_kind}: recurrent_activation",
    )(partial(with_activation, gates=_gates, function=tanh))


# --- the GRU's own --------------------------------------------------------------------------------------------------


@mistake(
    "gru-reset-after",
    "GRU",
    sentence="The reset gate is applied on the other side of the recurrent product than in this layer "
    "(reset_after=True: r * (h U + d); reset_after=False: (r * h) U).",
    fix="g = np.tanh(x @ W_g + b_g + r * (h @ U_g + d_g))   # reset_after=True, the default of Keras 3",
    versions="Keras's default became reset_after=True with TensorFlow 2; the bias tells: (2, 3 units) or (3 units,)",
    source="keras.layers.GRU",
)
def _other_side(r):
    return with_equations(r, candidate=reset_before if r.equations.candidate is reset_after else reset_after)


def old_and_new_exchanged(z, h, g):
    return mix(z, g, h)


@mistake(
    "gru-update-flipped",
    "GRU",
    sentence="The update gate is reversed, z * candidate + (1 - z) * h; Keras keeps the old state where z is 1.",
    fix="h = z * h + (1 - z) * g",
    versions="papers and code that define z the other way round",
    source="Cho et al. (2014) and keras.layers.GRU; Chung et al. (2014) has it the other way round",
)
def _flipped(r):
    return with_equations(r, mixed=old_and_new_exchanged)
