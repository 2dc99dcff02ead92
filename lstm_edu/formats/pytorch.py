"""PyTorch: torch.nn.LSTM, GRU, RNN, Linear and Embedding, by the names of their state_dict."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.core import Bidirectional, Embedding, Layer, Sequential
from lstm_edu.formats import packing

_NAME = re.compile(r"(weight|bias)_(ih|hh|hr)_l(\d+)(_reverse)?$")


def from_pytorch(
    state_dict: Mapping[str, Any],
    prefix: str = "",
    *,
    layer: int | None = None,
    kind: str | None = None,
    nonlinearity: str = "tanh",
    **config: Any,
) -> Layer:
    """The layers of a PyTorch module, from its state_dict (of tensors or arrays).

    PyTorch's recurrent layers return every timestep, so these do (return_sequences=True) unless told otherwise; x is
    (B, T, F) here, which there is batch_first=True. The two biases of an LSTM or RNN are added; a GRU keeps both.

    Args:
        state_dict: weight_ih_l0 (nH, F), weight_hh_l0 (nH, H), bias_ih_l0 and bias_hh_l0 (nH,); ..._l1 and so on for
            num_layers, ..._reverse for the other direction. Or weight (U, F) and bias (U,) of a Linear.
        prefix: what comes before these names, such as "encoder.lstm.".
        layer: which of several layers, from 0; if None all of them, as a Sequential where there are several.
        kind: "LSTM", "GRU", "SimpleRNN", "Dense" or "Embedding" (its weight is (input_dim, output_dim)), where the
            shapes could mean several.
        nonlinearity: of a torch.nn.RNN, "tanh" or "relu"; a state_dict does not say.
        config: further arguments of the layers made: name, return_state ...

    Returns:
        A built layer with the weights: LSTM, GRU or SimpleRNN, Bidirectional around one, Sequential, Dense, Embedding.

    Raises:
        ValueError: no such names, naming the prefixes that there are; shapes that do not fit together; proj_size.
    """
    names = [name[len(prefix) :] for name in state_dict if name.startswith(prefix)]
    found = {name: match for name in names if (match := _NAME.fullmatch(name))}
    if not found:
        if "weight" in names:
            return _single(state_dict, prefix, kind, "bias" in names, config)
        raise ValueError(_nothing(state_dict, prefix))
    if any(match[2] == "hr" for match in found.values()):
        raise ValueError("from_pytorch: weight_hr belongs to proj_size, a projection that Keras's LSTM does not have")
    numbers = sorted({int(match[3]) for match in found.values()})
    if numbers != list(range(len(numbers))):
        raise ValueError(f"from_pytorch: the layers must be l0, l1, ... without a gap, got {numbers}")
    if layer is not None:
        if layer not in numbers:
            raise ValueError(f"from_pytorch: layer must be from 0 to {numbers[-1]}, got {layer}")
        numbers = [layer]
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"from_pytorch: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
    layers = []
    for n in numbers:
        ways = [
            _direction(state_dict, prefix, n, way, kind, nonlinearity, config)
            for way in ("", "_reverse")
            if way == "" or f"weight_ih_l{n}{way}" in found
        ]
        layers.append(ways[0] if len(ways) == 1 else packing.both_ways(*ways))
    if len(layers) == 1:
        return layers[0]
    model = Sequential([one.copy(name=f"layer_{n}") for n, one in enumerate(layers)])
    model.build_with(layers[0].input_shape, [w for one in layers for w in one.weights])
    return model


def _direction(state_dict, prefix, n, way, kind, nonlinearity, config):
    def take(name, shape=(None, None), needed=True):
        full = f"{prefix}{name}_l{n}{way}"
        if full not in state_dict and not needed:
            return None
        if full not in state_dict:
            raise ValueError(f"from_pytorch: {full} is missing; it belongs with the others of its layer")
        return packing.array(state_dict[full], full, "from_pytorch", shape)

    recurrent = take("weight_hh")
    rows, units = recurrent.shape
    kind = packing.kind_of(rows, units, "from_pytorch", kind)
    kernel = take("weight_ih", (rows, None))
    weights = [packing.swapped(a.T, kind, "pytorch", "keras") for a in (kernel, recurrent)]
    biases = [take(name, (rows,), needed=False) for name in ("bias_ih", "bias_hh")]
    if (biases[0] is None) != (biases[1] is None):
        raise ValueError(
            f"from_pytorch: layer {n} has one of bias_ih and bias_hh; PyTorch makes both or none, and adds both"
        )
    if biases[0] is not None:
        b_ih, b_hh = (packing.swapped(b, kind, "pytorch", "keras") for b in biases)
        weights.append(np.stack([b_ih, b_hh]) if kind == "GRU" else b_ih + b_hh)
    if kind == "SimpleRNN":
        config = {"activation": nonlinearity} | config
    return packing.made(kind, weights, **config)


def _single(state_dict, prefix, kind, has_bias, config):
    weight = packing.array(state_dict[f"{prefix}weight"], f"{prefix}weight", "from_pytorch", (None, None))
    if kind is None and not has_bias:
        raise ValueError(
            f"from_pytorch: {prefix}weight alone may be a Linear without bias or an Embedding: give kind='Dense' or "
            "kind='Embedding'"
        )
    if kind == "Embedding":
        layer = Embedding(*weight.shape, **{"dtype": weight.dtype.name} | config)
        layer.build_with((None, None), [weight])
        return layer
    if kind not in (None, "Dense"):
        raise ValueError(f"from_pytorch: weight and bias belong to a Linear (kind='Dense'), but kind is {kind!r}")
    weights = [weight.T]
    if has_bias:
        weights.append(packing.array(state_dict[f"{prefix}bias"], f"{prefix}bias", "from_pytorch", weight.shape[:1]))
    return packing.made("Dense", weights, **config)


def _nothing(state_dict: Mapping[str, Any], prefix: str) -> str:
    there = sorted({re.sub(r"(weight|bias)(_(ih|hh)_l\d+(_reverse)?)?$", "", str(name)) for name in state_dict})
    listed = ", ".join(map(repr, there[:8])) + (" ..." if len(there) > 8 else "") or "none"
    return (
        f"from_pytorch: no weight_ih_l0 and no weight under the prefix {prefix!r}. The state_dict has these prefixes: "
        f"{listed}"
    )


def to_pytorch(layer: Layer, prefix: str = "") -> dict[str, np.ndarray]:
    """The state_dict of the same torch.nn module, as arrays: {name: torch.from_numpy(a) ...} loads it.

    Args:
        layer: a built LSTM, GRU (reset_after), SimpleRNN, Bidirectional (concat) of one, a Sequential of such layers
            of equal kind and width (num_layers), a Dense or an Embedding. prefix: put before the names.

    Returns:
        name -> array. Keras's one bias goes into bias_ih, and bias_hh is zero; a GRU's two rows go into both.

    Raises:
        ValueError: what torch.nn does not have: reset_after=False, activations other than sigmoid and tanh (of a
            SimpleRNN: tanh, relu), go_backwards, other merge modes, stacks of different layers.
    """
    if isinstance(layer, Sequential):
        layers = list(layer.layers)
    else:
        layers = [layer]
    kind = type(layer).__name__
    if kind in ("Dense", "Embedding"):
        if not layer.built:
            raise ValueError(f"to_pytorch: {layer!r} is not built, so it has no weights yet")
        if kind == "Dense":
            packing.need_activations(layer, "to_pytorch", activation=("linear",))
        first, *rest = layer.get_weights()
        return {f"{prefix}weight": first.T.copy() if kind == "Dense" else first} | {f"{prefix}bias": b for b in rest}
    arrays: dict[str, np.ndarray] = {}
    seen = None
    for n, one in enumerate(layers):
        kind, parts = packing.parts_of(one, "to_pytorch", ("LSTM", "GRU", "SimpleRNN"))
        made = (kind, parts[0].units, isinstance(one, Bidirectional), parts[0].use_bias)
        if seen not in (None, made):
            packing.refuse(
                one,
                "to_pytorch",
                f"{made[1]} units of {kind} in a stack of another kind or width",
                "num_layers are all alike; convert them one by one",
            )
        seen = made
        for part, way in zip(parts, ("", "_reverse"), strict=False):
            arrays |= {f"{prefix}{name}_l{n}{way}": a for name, a in _arrays(kind, part).items()}
    return arrays


def _arrays(kind: str, layer: Any) -> dict[str, np.ndarray]:
    if kind == "SimpleRNN":
        packing.need_activations(layer, "to_pytorch", activation=("tanh", "relu"))
    else:
        packing.need_activations(layer, "to_pytorch", activation=("tanh",), recurrent_activation=("sigmoid",))
    if kind == "GRU" and not layer.reset_after:
        packing.refuse(
            layer, "to_pytorch", "reset_after=False", "PyTorch's GRU applies the reset gate after the product"
        )
    kernel, recurrent, *bias = (packing.swapped(w, kind, "keras", "pytorch") for w in layer.get_weights())
    arrays = {"weight_ih": kernel.T.copy(), "weight_hh": recurrent.T.copy()}
    if bias:
        both = bias[0] if kind == "GRU" else np.stack([bias[0], np.zeros_like(bias[0])])
        arrays |= {"bias_ih": both[0].copy(), "bias_hh": both[1].copy()}
    return arrays
