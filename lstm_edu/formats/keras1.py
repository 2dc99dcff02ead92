"""Keras 1: get_weights() of a recurrent layer gave each gate's W, U and b by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.formats import packing

_BY_COUNT = {12: "LSTM", 9: "GRU", 3: "SimpleRNN"}


def from_keras1(
    arrays: Sequence[Any],
    *,
    activation: str = "tanh",
    inner_activation: str = "hard_sigmoid",
    **config: Any,
) -> Layer:
    """The layer of Keras 1's get_weights(): W (F, H), U (H, H), b (H,) for each gate in turn.

    Args:
        arrays: 12 of an LSTM, gates i, c, f, o; 9 of a GRU, gates z, r, h; 3 of a SimpleRNN.
        activation, inner_activation: as in Keras 1, where the inner one is hard_sigmoid unless told otherwise: that is
            clip(0.2 z + 0.5, 0, 1), "hard_sigmoid_keras2" here, and not what Keras 3 calls by that name.
        config: further arguments of the layer made. A GRU has reset_after=False.

    Raises:
        ValueError: a different number of arrays, or shapes that do not fit together.
    """
    kind = _BY_COUNT.get(len(arrays))
    if kind is None:
        raise ValueError(f"from_keras1: needs 12 arrays (LSTM), 9 (GRU) or 3 (SimpleRNN), got {len(arrays)}")
    first = packing.array(arrays[0], "arrays[0]", "from_keras1", (None, None))
    features, units = first.shape
    if kind == "SimpleRNN" and np.ndim(arrays[1]) == 2 and np.shape(arrays[1]) not in ((units, units),):
        raise ValueError(
            f"from_keras1: three arrays are W, U, b of a SimpleRNN, with U ({units}, {units}), got "
            f"{np.shape(arrays[1])}: these look packed, as in Keras 2 and 3, where set_weights() takes them as they are"
        )
    shapes = [(features, units), (units, units), (units,)]
    checked = [packing.array(a, f"arrays[{n}]", "from_keras1", shapes[n % 3]) for n, a in enumerate(arrays)]
    weights = [packing.swapped(np.concatenate(checked[k::3], axis=-1), kind, "keras1", "keras") for k in range(3)]
    config = {"activation": activation} | config
    if kind != "SimpleRNN":
        inner = "hard_sigmoid_keras2" if inner_activation == "hard_sigmoid" else inner_activation
        config = {"recurrent_activation": inner} | config
    if kind == "GRU":
        config = {"reset_after": False} | config
    return packing.made(kind, weights, **config)


def to_keras1(layer: Layer) -> list[np.ndarray]:
    """The 12, 9 or 3 arrays of the same layer in Keras 1.

    Raises:
        ValueError: a GRU with reset_after=True; Keras 3's hard_sigmoid, whose slope Keras 1 does not have.
    """
    kind, parts = packing.parts_of(layer, "to_keras1", ("LSTM", "GRU", "SimpleRNN"))
    if len(parts) > 1:
        raise ValueError("to_keras1: takes a single layer, got a Bidirectional: convert its two layers one by one")
    (only,) = parts
    if kind == "GRU" and only.reset_after:
        packing.refuse(layer, "to_keras1", "reset_after=True", "Keras 1 applies the reset gate before the product")
    for argument in ("activation", "recurrent_activation"):
        if getattr(getattr(layer, argument, None), "name", "") == "hard_sigmoid":
            packing.refuse(layer, "to_keras1", f"{argument}='hard_sigmoid' of Keras 3", "there its slope is 0.2")
    n = packing.BLOCKS[kind]
    weights = [*layer.get_weights()[:2], packing.bias_or_zeros(layer, n * only.units)]
    blocks = [np.split(packing.swapped(w, kind, "keras", "keras1"), n, axis=-1) for w in weights]
    return [np.ascontiguousarray(block[gate]) for gate in range(n) for block in blocks]
