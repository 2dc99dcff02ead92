"""TensorFlow 1: the variables of BasicLSTMCell, LSTMCell, GRUCell and BasicRNNCell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.formats import packing


def from_tf1(
    variables: Mapping[str, Any],
    prefix: str = "",
    *,
    forget_bias: float = 1.0,
    kind: str | None = None,
    activation: str = "tanh",
    **config: Any,
) -> Layer:
    """The layer of a TensorFlow 1 cell, from its variables.

    Args:
        variables: name -> array, as in a checkpoint: ".../kernel" (F + H, 4H), blocks i, j, f, o, and ".../bias" (4H,)
            of an LSTM cell; ".../gates/kernel" (F + H, 2H), blocks r, u, and ".../candidate/kernel" (F + H, H), with
            their biases, of a GRUCell; ".../kernel" (F + H, H) of a BasicRNNCell. A kernel's rows are x's, then h's.
        prefix: which of several cells.
        forget_bias: what the cell adds to its forget gate when it runs. It is not in the checkpoint, and 1.0 unless the
            cell was made with another; Keras keeps it in the bias. Cells of a cuDNN layer have 0.
        kind: "LSTM" or "SimpleRNN", where the variables' names do not tell ("lstm", "rnn"); LSTM if nothing does.
        activation: of the cell. config: further arguments of the layer made.

    Raises:
        ValueError: variables that are missing, or of a cell with peepholes or a projection; shapes that do not fit.
    """
    taken = {str(name).removesuffix(":0"): value for name, value in variables.items() if str(name).startswith(prefix)}
    for name in taken:
        if name.endswith(("_diag", "projection/kernel")):
            raise ValueError(f"from_tf1: {name} belongs to peepholes or a projection, which Keras's LSTM does not have")
    config = {"activation": activation} | config
    if any(name.endswith("gates/kernel") for name in taken):
        gates, candidate = (_pair(taken, f"{part}/") for part in ("gates", "candidate"))
        return _gru(gates, candidate, config)
    name, kernel, bias = _pair(taken, "")
    if kind is None:
        kind = "SimpleRNN" if "rnn_cell" in name.lower() and "lstm" not in name.lower() else "LSTM"
    if kind not in ("LSTM", "SimpleRNN"):
        raise ValueError(f"from_tf1: kind must be 'LSTM' or 'SimpleRNN' (a GRUCell has gates/kernel), got {kind!r}")
    blocks = packing.BLOCKS[kind]
    units, rest = divmod(kernel.shape[1], blocks)
    features = kernel.shape[0] - units
    if rest or features < 1:
        raise ValueError(
            f"from_tf1: the kernel of an {kind} must have shape (F + H, {'4 H' if blocks == 4 else 'H'}), got "
            f"{kernel.shape}: with H = {kernel.shape[1] / blocks:g} units, {features} rows would be left for x"
        )
    kernel, bias = (packing.swapped(a, kind, "tf1", "keras") for a in (kernel, bias))
    if kind == "LSTM":
        bias[units : 2 * units] += bias.dtype.type(forget_bias)
    return packing.made(kind, [kernel[:features], kernel[features:], bias], **config)


def _pair(taken: Mapping[str, Any], part: str) -> tuple[str, np.ndarray, np.ndarray]:
    """(the kernel's name, kernel, bias)."""
    names = [name for name in taken if name == f"{part}kernel" or name.endswith(f"/{part}kernel")]
    if len(names) != 1:
        raise ValueError(
            f"from_tf1: there must be one {part}kernel under the prefix, got {len(names)}: "
            f"{', '.join(names) or ', '.join(taken) or 'nothing'}; name the cell by its prefix"
        )
    bias = names[0].removesuffix("kernel") + "bias"
    if bias not in taken:
        raise ValueError(f"from_tf1: {bias} is missing next to {names[0]}")
    kernel = packing.array(taken[names[0]], names[0], "from_tf1", (None, None))
    return names[0], kernel, packing.array(taken[bias], bias, "from_tf1", kernel.shape[1:])


def _gru(gates, candidate, config):
    units = candidate[1].shape[1]
    features = candidate[1].shape[0] - units
    if gates[1].shape != (features + units, 2 * units) or features < 1:
        raise ValueError(
            f"from_tf1: with a candidate kernel of shape {candidate[1].shape}, gates/kernel must be "
            f"({features + units}, {2 * units}), got {gates[1].shape}"
        )
    kernel, bias = (np.concatenate(pair, axis=-1) for pair in zip(gates[1:], candidate[1:], strict=True))
    kernel, bias = (packing.swapped(a, "GRU", "tf1", "keras") for a in (kernel, bias))
    return packing.made("GRU", [kernel[:features], kernel[features:], bias], **{"reset_after": False} | config)


def to_tf1(layer: Layer, *, forget_bias: float = 1.0) -> dict[str, np.ndarray]:
    """The variables of the same TensorFlow 1 cell: "kernel" and "bias", or a GRUCell's "gates/..." and "candidate/...".

    Args:
        layer: a built LSTM, GRU (reset_after=False) or SimpleRNN.
        forget_bias: what the cell will be made with, and adds when it runs: it is subtracted from the forget gate's
            bias.

    Raises:
        ValueError: reset_after=True, a recurrent activation other than sigmoid, go_backwards, Bidirectional.
    """
    kind, parts = packing.parts_of(layer, "to_tf1", ("LSTM", "GRU", "SimpleRNN"))
    if len(parts) > 1:
        raise ValueError("to_tf1: takes a single layer, got a Bidirectional: convert its two layers one by one")
    packing.need_activations(layer, "to_tf1", recurrent_activation=("sigmoid",))
    (cell,) = parts
    if kind == "GRU" and cell.reset_after:
        packing.refuse(layer, "to_tf1", "reset_after=True", "the GRUCell applies the reset gate before the product")
    units = cell.units
    kernel = np.concatenate(layer.get_weights()[:2], axis=0)
    bias = packing.bias_or_zeros(layer, packing.BLOCKS[kind] * units).copy()
    if kind == "LSTM":
        bias[units : 2 * units] -= bias.dtype.type(forget_bias)
    kernel, bias = (packing.swapped(a, kind, "keras", "tf1") for a in (kernel, bias))
    if kind != "GRU":
        return {"kernel": kernel, "bias": bias}
    two = 2 * units
    return {
        "gates/kernel": kernel[:, :two],
        "gates/bias": bias[:two],
        "candidate/kernel": kernel[:, two:],
        "candidate/bias": bias[two:],
    }
