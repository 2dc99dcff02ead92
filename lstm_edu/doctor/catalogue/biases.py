"""Biases left out, added twice, or given to another gate."""

from __future__ import annotations

from functools import partial
from itertools import combinations

import numpy as np

from lstm_edu.doctor.equations import blocks
from lstm_edu.doctor.mistake import RECURRENT, mistake
from lstm_edu.doctor.recipes import Recipe, RecurrentRecipe


def _biased(layer) -> bool:
    return layer.use_bias


def each_gate(r: RecurrentRecipe, change) -> RecurrentRecipe:
    """`change`: gate -> its bias becomes a new dict of the same gates. Rows of a GRU's bias stay rows."""
    parts = change(dict(zip(r.gates, blocks(r.bias, len(r.gates)), strict=True)))
    return r.but(bias=np.concatenate([parts[gate] for gate in r.gates], axis=-1))


# --- missing, twice -------------------------------------------------------------------------------------------------


def times(r: Recipe, factor: float) -> Recipe:
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
    versions="code of one's own",
    source="keras.layers: use_bias=True is the default",
)(partial(times, factor=0))

mistake(
    "bias-twice",
    "Dense",
    *RECURRENT,
    sentence="The bias is added twice, in a recurrent layer perhaps once on the input's side and once on the recurrent "
    "side; Keras adds it once, to the sum.",
    fix=_ONCE,
    condition=_biased,
    versions="code of one's own; conversions to libraries with two biases",
    source="keras.layers.LSTM: one bias",
)(partial(times, factor=2))

mistake(
    "torch-two-biases",
    "LSTM",
    "SimpleRNN",
    sentence="Keras's bias was copied into both of PyTorch's, b_ih and b_hh, which PyTorch adds up.",
    fix="bias_ih[:] = bias; bias_hh[:] = 0   # and back: bias = bias_ih + bias_hh",
    condition=_biased,
    versions="PyTorch",
    source="pytorch#750; torch.nn.LSTM: bias_ih and bias_hh",
)(partial(times, factor=2))


def without(r: RecurrentRecipe, gate: str) -> RecurrentRecipe:
    return each_gate(r, lambda bias: bias | {gate: np.zeros_like(bias[gate])})


for _kind, _gate in (*(("LSTM", gate) for gate in "ifgo"), *(("GRU", gate) for gate in "zrh")):
    mistake(
        f"bias-missing:{_gate}",
        _kind,
        sentence=f"The bias of {_gate} is not added; the other gates have theirs.",
        fix=f"z_{_gate} = x_t @ W_{_gate} + h @ U_{_gate} + b_{_gate}",
        condition=_biased,
        versions="code of one's own",
        source=f"keras.layers.{_kind}",
    )(partial(without, gate=_gate))


# --- the forget gate's 1 --------------------------------------------------------------------------------------------


def forget_plus(r: RecurrentRecipe, number: float) -> RecurrentRecipe:
    return each_gate(r, lambda bias: bias | {"f": bias["f"] + number})


mistake(
    "tf1-forget-bias",
    "LSTM",
    sentence="1 is added to the forget gate's sum at run time, as TensorFlow 1's cells do (forget_bias=1.0); "
    "Keras has everything in its bias.",
    fix="bias[units : 2 * units] += 1   # in the weights taken from TensorFlow 1; nothing at run time",
    versions="TensorFlow 1: BasicLSTMCell, LSTMCell; the 1 is not in their checkpoints",
    source="tensorflow#14223; tf.nn.rnn_cell.BasicLSTMCell",
)(partial(forget_plus, number=1))

mistake(
    "unit-forget-bias:twice",
    "LSTM",
    sentence="The forget gate's bias of 1 is added a second time; with unit_forget_bias=True the bias has it already.",
    fix="f = sigmoid(z_f)   # no 1 added: it is part of the bias",
    condition=_biased,
    versions="Keras: unit_forget_bias=True is the default",
    source="keras.layers.LSTM: unit_forget_bias; Jozefowicz et al. (2015)",
)(partial(forget_plus, number=1))

mistake(
    "unit-forget-bias:missing",
    "LSTM",
    sentence="The forget gate's bias lacks the 1 that Keras puts there when the layer is made (unit_forget_bias=True).",
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


for _kind, _gates in (("LSTM", "ifgo"), ("GRU", "zrh")):
    for _gate in _gates:
        mistake(
            f"bias-wrong-gate:only-{_gate}",
            _kind,
            sentence=f"The bias of {_gate} is used for every gate.",
            fix=f"b_{', b_'.join(_gates)} = np.split(bias, {len(_gates)}, axis=-1)",
            condition=_biased,
            versions="code of one's own",
            source=f"keras.layers.{_kind}",
        )(partial(one_for_all, gate=_gate))
    for _one, _other in combinations(_gates, 2):
        mistake(
            f"bias-wrong-gate:{_one}-{_other}",
            _kind,
            sentence=f"The biases of {_one} and {_other} are exchanged; the kernels are not.",
            fix=f"b_{', b_'.join(_gates)} = np.split(bias, {len(_gates)}, axis=-1)",
            condition=_biased,
            versions="code of one's own",
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
        "The two rows of the bias are added up; the candidate's recurrent bias then stands outside the reset gate.",
    ),
    ("input-only", lambda b, d: (b, 0 * d), "Only the bias's first row (the input's side) is used."),
    ("recurrent-only", lambda b, d: (0 * b, d), "Only the bias's second row (the recurrent side) is used."),
    ("exchanged", lambda b, d: (d, b), "The two rows of the bias are exchanged; row 0 is the input's side."),
):
    mistake(
        f"gru-bias-rows:{_variant}",
        "GRU",
        sentence=_sentence,
        fix="b, d = bias; g = np.tanh(x @ W_h + b_h + r * (h @ U_h + d_h))",
        condition=_two_rows,
        versions="reset_after=True, the default since TensorFlow 2; cuDNN and PyTorch have two biases too",
        source="keras#8720; tfjs#2442",
    )(partial(rows, change=_change))
