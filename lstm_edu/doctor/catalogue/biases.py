"""Biases left out, added twice, or given to another gate."""

from __future__ import annotations

from functools import partial
from itertools import combinations

import numpy as np

from lstm_edu.core.kinds import NOTATION
from lstm_edu.doctor.equations import blocks
from lstm_edu.doctor.mistake import RECURRENT, mistake
from lstm_edu.doctor.recipes import DenseRecipe, Recipe, RecurrentRecipe


def _biased(layer) -> bool:
    return layer.use_bias


def each_gate(r: RecurrentRecipe, change) -> RecurrentRecipe:
    """`change`: gate -> its bias becomes a new dict of the same gates. Rows of a GRU's bias stay rows."""
    parts = change(dict(zip(r.gates, blocks(r.bias, len(r.gates)), strict=True)))
    return r.but(bias=np.concatenate([parts[gate] for gate in r.gates], axis=-1))


# --- missing, twice -------------------------------------------------------------------------------------------------


def times(r: DenseRecipe | RecurrentRecipe, factor: float) -> Recipe:
    return r.but(bias=r.bias * factor)


# In a Dense layer, and in the recurrent ones.
_ONCE = "z = x @ kernel + bias   # Dense\nz = x_t @ kernel + h @ recurrent_kernel + bias   # a recurrent layer"

mistake(
    "bias-missing",
    "Dense",
    *RECURRENT,
    sentence="The bias is not added anywhere.",
    fix=_ONCE,
    condition=_biased,
    versions="hand-written code",
    source="keras.layers: use_bias=True is the default",
)(partial(times, factor=0))

mistake(
    "bias-twice",
    "Dense",
    *RECURRENT,
    sentence="The bias is added twice, in a recurrent layer perhaps once on the input side and once on the recurrent "
    "side; Keras adds it once, to the sum.",
    fix=_ONCE,
    condition=_biased,
    versions="hand-written code; conversions to libraries with two biases",
    source="keras.layers.LSTM: one bias",
)(partial(times, factor=2))

mistake(
    "torch-two-biases",
    "LSTM",
    "SimpleRNN",
    sentence="Keras's bias was copied into both of PyTorch's biases, b_ih and b_hh, and PyTorch adds the two.",
    fix="bias_ih[:] = bias; bias_hh[:] = 0   # and back: bias = bias_ih + bias_hh",
    condition=_biased,
    versions="PyTorch",
    source="pytorch#750; torch.nn.LSTM: bias_ih and bias_hh",
)(partial(times, factor=2))


def without(r: RecurrentRecipe, gate: str) -> RecurrentRecipe:
    return each_gate(r, lambda bias: bias | {gate: np.zeros_like(bias[gate])})


# Each gate with the kinds of layers that have it: g is an LSTM's and a GRU's.
_GATED = ("LSTM", "GRU")
_GATES = {
    gate: tuple(kind for kind in _GATED if gate in NOTATION[kind].gates)
    for gate in NOTATION["LSTM"].gates + NOTATION["GRU"].gates
}


def _for_each(kinds: tuple[str, ...], line) -> str:
    """A line of code for each kind of layer, labelled where there are several."""
    return "\n".join(line(kind) + (f"   # {kind}" if len(kinds) > 1 else "") for kind in kinds)


def _sum(kind: str, gate: str) -> str:
    if (kind, gate) == ("GRU", "g"):
        return "a_g = x_t @ W_g + b_g + r * (h @ U_g + d_g)"
    return f"{NOTATION[kind].sum_of(gate)} = x_t @ W_{gate} + h @ U_{gate} + b_{gate}"


def _cut(kind: str) -> str:
    gates = NOTATION[kind].gates
    return f"b_{', b_'.join(gates)} = np.split(bias, {len(gates)}, axis=-1)"


for _gate, _kinds in _GATES.items():
    mistake(
        f"bias-missing:{_gate}",
        *_kinds,
        sentence=f"The bias of {_gate} is not added; those of the other gates are.",
        fix=_for_each(_kinds, partial(_sum, gate=_gate)),
        condition=_biased,
        versions="hand-written code",
        source=" and ".join(f"keras.layers.{kind}" for kind in _kinds),
    )(partial(without, gate=_gate))


# --- the forget gate's 1 --------------------------------------------------------------------------------------------


def forget_plus(r: RecurrentRecipe, number: float) -> RecurrentRecipe:
    return each_gate(r, lambda bias: bias | {"f": bias["f"] + number})


mistake(
    "tf1-forget-bias",
    "LSTM",
    sentence="1 is added to the forget gate's sum at run time, as TensorFlow 1's cells do (forget_bias=1.0); "
    "in Keras the 1 is already part of the bias.",
    fix="bias[units : 2 * units] += 1   # in the weights taken from TensorFlow 1; nothing at run time",
    versions="TensorFlow 1: BasicLSTMCell, LSTMCell; the 1 is not in their checkpoints",
    source="tensorflow#14223; tf.nn.rnn_cell.BasicLSTMCell",
)(partial(forget_plus, number=1))

mistake(
    "unit-forget-bias:twice",
    "LSTM",
    sentence="The forget gate's bias of 1 is added a second time; with unit_forget_bias=True the bias already has it.",
    fix="f = sigmoid(z_f)   # no 1 added: it is part of the bias",
    condition=_biased,
    versions="Keras: unit_forget_bias=True is the default",
    source="keras.layers.LSTM: unit_forget_bias; Jozefowicz et al. (2015)",
)(partial(forget_plus, number=1))

mistake(
    "unit-forget-bias:missing",
    "LSTM",
    sentence="The forget gate's bias lacks the 1 that Keras puts in when the layer is built (unit_forget_bias=True).",
    fix="bias = layer.get_weights()[2]   # as it is, the 1 included",
    condition=_biased,
    versions="Keras: unit_forget_bias=True is the default",
    source="keras.layers.LSTM: unit_forget_bias; Jozefowicz et al. (2015)",
)(partial(forget_plus, number=-1))


# --- another gate's -------------------------------------------------------------------------------------------------


def one_for_all(r: RecurrentRecipe, gate: str) -> RecurrentRecipe:
    return each_gate(r, lambda bias: dict.fromkeys(bias, bias[gate]))


def exchanged(r: RecurrentRecipe, one: str, other: str) -> RecurrentRecipe:
    return each_gate(r, lambda bias: bias | {one: bias[other], other: bias[one]})


for _gate, _kinds in _GATES.items():
    mistake(
        f"bias-wrong-gate:only-{_gate}",
        *_kinds,
        sentence=f"The bias of {_gate} is used for every gate.",
        fix=_for_each(_kinds, _cut),
        condition=_biased,
        versions="hand-written code",
        source=" and ".join(f"keras.layers.{kind}" for kind in _kinds),
    )(partial(one_for_all, gate=_gate))

for _kind in _GATED:
    for _one, _other in combinations(NOTATION[_kind].gates, 2):
        mistake(
            f"bias-wrong-gate:{_one}-{_other}",
            _kind,
            sentence=f"The biases of {_one} and {_other} are swapped; the kernels are not.",
            fix=_cut(_kind),
            condition=_biased,
            versions="hand-written code",
            source=f"keras.layers.{_kind}",
        )(partial(exchanged, one=_one, other=_other))


# --- the GRU's two rows ---------------------------------------------------------------------------------------------


def _two_rows(layer) -> bool:
    return layer.use_bias and layer.reset_after


def rows(r: RecurrentRecipe, change) -> RecurrentRecipe:
    return r.but(bias=np.stack(change(*r.bias)))


for _variant, _change, _sentence in (
    (
        "summed",
        lambda b, d: (b + d, 0 * d),
        "The two rows of the bias are added up; the candidate's recurrent bias is then outside the reset gate.",
    ),
    ("input-only", lambda b, d: (b, 0 * d), "Only the bias's first row (the input side) is used."),
    ("recurrent-only", lambda b, d: (0 * b, d), "Only the bias's second row (the recurrent side) is used."),
    ("exchanged", lambda b, d: (d, b), "The two rows of the bias are swapped; row 0 is the input side."),
):
    mistake(
        f"gru-bias-rows:{_variant}",
        "GRU",
        sentence=_sentence,
        fix="b, d = bias; g = np.tanh(x @ W_g + b_g + r * (h @ U_g + d_g))",
        condition=_two_rows,
        versions="reset_after=True, the default since TensorFlow 2; cuDNN and PyTorch have two biases too",
        source="keras#8720; tfjs#2442",
    )(partial(rows, change=_change))
