"""The equations of a step: another state, another product, another function in one place."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lstm_edu.doctor.catalogue.gates import with_equations
from lstm_edu.doctor.equations import new_cell, sigmoid
from lstm_edu.doctor.mistake import mistake


def _always(layer) -> bool:
    return True


def _several_units(layer) -> bool:
    return layer.units > 1


# --- the wrong state in one place -----------------------------------------------------------------------------------


def cell_seen(h, c):
    return c


def both_seen(h, c):
    return h + c


def output_as_cell(i, f, g, c, h):
    return f * h + i * g


def from_old_cell(o, c, old_c, squash):
    return o * squash(old_c)


def not_squashed(o, c, old_c, squash):
    return o * c


def _changes(once, then) -> bool:
    """Whether `then` changes what `once` returned."""
    y = once(_SOME)
    return not np.allclose(then(y), y)


_SOME = np.linspace(-2, 2, 9)


def squashed_twice(o, c, old_c, squash):
    return o * squash(squash(c))


for _variant, _pieces, _sentence, _fix, *_conditions in (
    (
        "gates-see-c",
        {"seen": cell_seen},
        "The recurrent kernel is multiplied by the previous cell state c, instead of the previous output h.",
        "z = x_t @ kernel + h @ recurrent_kernel + bias",
    ),
    (
        "h-for-c",
        {"cell": output_as_cell},
        "The forget gate is applied to the previous output h; it belongs to the previous cell state c.",
        "c = f * c + i * g",
    ),
    (
        "output-from-old-c",
        {"output": from_old_cell},
        "The output is computed from the previous step's cell state; Keras uses the new one.",
        "c = f * c + i * g; h = o * np.tanh(c)   # c first",
    ),
    (
        "cell-not-squashed",
        {"output": not_squashed},
        "The cell state is output without tanh; Keras applies tanh to it first.",
        "h = o * np.tanh(c)",
        lambda layer: layer.activation.name != "linear",
    ),
    (
        "tanh-twice",
        {"output": squashed_twice},
        "tanh is applied twice to the cell state before it is output.",
        "h = o * np.tanh(c)",
        lambda layer: _changes(layer.activation.function, layer.activation.function),
    ),
):
    mistake(
        f"wrong-previous-state:{_variant}",
        "LSTM",
        sentence=_sentence,
        fix=_fix,
        versions="hand-written code",
        source="keras.layers.LSTM",
        condition=_conditions[0] if _conditions else _always,
    )(partial(with_equations, **_pieces))


def _squashed_cell(i, f, g, c, h):
    return np.tanh(new_cell(i, f, g, c, h))


mistake(
    "wrong-previous-state:squashed-c-kept",
    "LSTM",
    sentence="tanh(c) is carried on to the next step; c itself should be, and tanh(c) is only for the output.",
    fix="c = f * c + i * g; h = o * np.tanh(c)   # return h, c",
    condition=lambda layer: layer.activation.name == "tanh",
    versions="hand-written code",
    source="keras.layers.LSTM",
)(partial(with_equations, cell=_squashed_cell, output=not_squashed))


def _sigmoid_on_the_way_out(o, c, old_c, squash):
    return o * sigmoid(c)


mistake(
    "candidate-activation:sigmoid-on-c",
    "LSTM",
    sentence="The cell state is output through a sigmoid; Keras uses the layer's activation, usually tanh.",
    fix="h = o * np.tanh(c)",
    condition=lambda layer: layer.activation.name != "sigmoid",
    versions="hand-written code",
    source="keras.layers.LSTM: activation",
)(partial(with_equations, output=_sigmoid_on_the_way_out))


# --- a matrix product where numbers are multiplied one by one -------------------------------------------------------


def dot(a, b):
    """What np.dot gives for one sequence's two vectors: one number, which NumPy then spreads over all units."""
    return (a * b).sum(axis=-1, keepdims=True) + np.zeros_like(a)


def _dot_fc(i, f, g, c, h):
    return dot(f, c) + i * g


def _dot_ig(i, f, g, c, h):
    return f * c + dot(i, g)


def _dot_cell(i, f, g, c, h):
    return dot(f, c) + dot(i, g)


def _dot_output(o, c, old_c, squash):
    return dot(o, squash(c))


def _dot_zh(z, h, g):
    return dot(z, h) + (1 - z) * g


def _dot_zg(z, h, g):
    return z * h + dot(1 - z, g)


def _dot_mix(z, h, g):
    return dot(z, h) + dot(1 - z, g)


_PRODUCTS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("LSTM", "f-c", {"cell": _dot_fc}, "c = f * c + i * g"),
    ("LSTM", "i-g", {"cell": _dot_ig}, "c = f * c + i * g"),
    ("LSTM", "f-c-i-g", {"cell": _dot_cell}, "c = f * c + i * g"),
    ("LSTM", "o-c", {"output": _dot_output}, "h = o * np.tanh(c)"),
    ("LSTM", "all", {"cell": _dot_cell, "output": _dot_output}, "c = f * c + i * g; h = o * np.tanh(c)"),
    ("GRU", "z-h", {"mixed": _dot_zh}, "h = z * h + (1 - z) * g"),
    ("GRU", "z-g", {"mixed": _dot_zg}, "h = z * h + (1 - z) * g"),
    ("GRU", "z-h-z-g", {"mixed": _dot_mix}, "h = z * h + (1 - z) * g"),
)
for _kind, _variant, _pieces, _fix in _PRODUCTS:
    mistake(
        f"product-not-elementwise:{_variant}",
        _kind,
        sentence="np.dot is used where numbers are multiplied element by element (the circled dot of the papers): "
        "every unit gets the same sum.",
        fix=_fix,
        condition=_several_units,
        versions="hand-written code",
        source=f"keras.layers.{_kind}",
    )(partial(with_equations, **_pieces))


# --- peepholes ------------------------------------------------------------------------------------------------------


def _as_it_is(c):
    return c


mistake(
    "peepholes:ones",
    "LSTM",
    sentence="The gates also see the cell state, added to their sums (i and f the old one, o the new one); "
    "Keras's LSTM has no such peepholes.",
    fix="z = x_t @ kernel + h @ recurrent_kernel + bias   # no c in it",
    versions="peephole LSTMs: TensorFlow 1's LSTMCell(use_peepholes=True), ONNX",
    source="Gers and Schmidhuber (2000)",
)(partial(with_equations, peephole=_as_it_is))

mistake(
    "peepholes:recurrent-kernel",
    "LSTM",
    sentence="The recurrent kernel is multiplied by h + c; Keras multiplies it by h alone.",
    fix="z = x_t @ kernel + h @ recurrent_kernel + bias",
    versions="hand-written code",
    source="keras.layers.LSTM",
)(partial(with_equations, seen=both_seen))
