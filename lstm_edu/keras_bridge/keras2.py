"""What Keras 1 and 2 wrote into files and Keras 3 reads differently, or not at all.

Sources: files written with tf_keras 2.21 and by older versions, read by Keras 3.15.1; the differences of hard_sigmoid
and of the GRU's reset_after are entries of the catalogue of mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lstm_edu.core.checks import plural
from lstm_edu.keras_bridge.caution import Caution
from lstm_edu.keras_bridge.loading import keras

_CANNOT = {
    "CuDNNLSTM": "keeps its weights in cuDNN's own order; in Keras 2, load them into an LSTM with "
    "recurrent_activation='sigmoid' and save that",
    "CuDNNGRU": "keeps its weights in cuDNN's own order; in Keras 2, load them into a GRU with reset_after=True and "
    "save that",
    "TFOpLambda": "is an operation that Keras 2 stored as the name of a TensorFlow function; write it with keras.ops",
    "SlicingOpLambda": "is an operation that Keras 2 stored as the name of a TensorFlow function; write it with "
    "keras.ops",
    "Merge": "is a layer of Keras 1",
    "MaxoutDense": "is a layer of Keras 1",
}
_OF_WRAPPERS = ("layer", "backward_layer", "cell", "cells")  # where a configuration holds another layer's
_RECURRENT = ("SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "RNN")


def numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: (3, 15, 1) of "3.15.1", () of none."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def is_old(version: str) -> bool:
    """Whether a file of this Keras version was written before Keras 3."""
    return re.match(r"[012]\.|[012]$", version) is not None


def hard_sigmoid_keras2(x: Any) -> Any:
    """clip(0.2 x + 0.5, 0, 1): what hard_sigmoid was until Keras 3, in Keras 3's operations."""
    ops = keras().ops
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def mended(
    config: Any, version: str, gru_bias_ranks: Mapping[str, int] | None = None
) -> tuple[Any, tuple[Caution, ...]]:
    """The configuration of a Keras 2 model as Keras 3 needs it, and what that changed in meaning.

    Args:
        gru_bias_ranks: of each GRU layer by name, the rank of its bias in the file: 2 under reset_after.

    Raises:
        ValueError: a layer that Keras 3 no longer has, or a setting that it does not support, by name.
    """
    cautions: list[Caution] = []

    def mend(node: Any, place: str = "") -> Any:
        if isinstance(node, list):
            return [mend(value, place) for value in node]
        if not isinstance(node, dict):
            return node
        if node.get("class_name") == "Sequential":
            node = _with_input(node)
        node = {key: mend(value, key) for key, value in node.items()}
        kind, inner = node.get("class_name"), node.get("config")
        if not isinstance(kind, str):
            return node
        if not isinstance(inner, dict):
            return node
        name = str(inner.get("name", kind))
        if kind in _CANNOT:
            raise ValueError(
                f"the layer {name!r} is a {kind} of Keras {version}, which Keras 3 lacks: it {_CANNOT[kind]}"
            )
        if kind == "Policy":  # "mixed_float16" and the like
            return inner.get("name", "float32")
        if kind == "Model":
            node["class_name"] = "Functional"
        _mend_layer(kind, name, inner, version, gru_bias_ranks, cautions)
        if ".engine." in str(node.get("module")):  # where Keras 2 kept its models
            node["module"] = _module(kind) or node["module"]
        if place in _OF_WRAPPERS and "module" not in node and (module := _module(kind)):
            node["module"] = module  # without it Keras 3 finds a layer only where it is not inside another
        if isinstance(node.get("inbound_nodes"), list):
            node["inbound_nodes"] = [
                _called(call, kind in (*_RECURRENT, "Bidirectional")) for call in node["inbound_nodes"]
            ]
        return node

    return mend(config), tuple(cautions)


def _module(kind: str) -> str:
    """Where Keras 3 has this class; "" if it is not Keras's."""
    if kind in ("Model", "Functional"):
        return "keras.src.models.functional"
    return "keras" if kind == "Sequential" else "keras.layers" * hasattr(keras().layers, kind)


def _called(call: Any, has_states: bool) -> Any:
    """One call of a layer in a Functional model, with its tensors where Keras 3 expects them.

    Keras 2 lists [[layer, node, tensor, arguments], ...]: of a recurrent layer first the input and then the initial
    states, and among the arguments more tensors, as such triples. Keras 3 reads the list as the first argument.
    """
    if not isinstance(call, list) or not call or not all(isinstance(one, list) and len(one) in (3, 4) for one in call):
        return call
    arguments: dict[str, Any] = {}
    for one in call:
        arguments |= one[3] if len(one) == 4 and isinstance(one[3], dict) else {}
    tensors = [_tensor(one[:3]) for one in call]
    if has_states and len(call) > 1:
        first, *states = tensors
        return {"args": [first], "kwargs": _revived(arguments) | {"initial_state": states}}
    if _revived(arguments) == arguments:
        return call
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": _revived(arguments)}


def _tensor(place: list) -> dict[str, Any]:
    """A layer's output by [layer, node, tensor], as Keras 3 writes it; it knows the shape itself."""
    return {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "float32", "keras_history": place}}


def _revived(value: Any) -> Any:
    """The arguments of a call, with triples as tensors."""
    if isinstance(value, dict):
        return {key: _revived(one) for key, one in value.items()}
    if isinstance(value, list):
        triple = len(value) == 3 and isinstance(value[0], str) and all(type(n) is int and n >= 0 for n in value[1:])
        return _tensor(value) if triple else [_revived(one) for one in value]
    return value


def _mend_layer(kind, name, inner, version, gru_bias_ranks, cautions):
    if "inner_activation" in inner or (kind in _RECURRENT and "output_dim" in inner):
        raise ValueError(
            f"the layer {name!r} is a {kind} of Keras 1, whose arguments have other names: convert its weights "
            "with le.formats.from_keras1"
        )
    if inner.pop("time_major", False):
        raise ValueError(
            f"the layer {name!r} has time_major=True (time before batch), which Keras 3 lacks; put a Permute before it"
        )
    if kind == "InputLayer":
        if inner.pop("ragged", False):
            raise ValueError(f"the input {name!r} takes ragged tensors, which are not supported")
        if "batch_input_shape" in inner:
            inner["batch_shape"] = inner.pop("batch_input_shape")
    else:
        inner.pop("batch_input_shape", None)
    if kind == "Embedding":
        inner.pop("input_length", None)
    if kind.startswith("SpatialDropout"):
        for argument in ("noise_shape", "trainable"):
            inner.pop(argument, None)
    if kind in _RECURRENT:
        inner.pop("implementation", None)
    if kind == "BatchNormalization" and isinstance(inner.get("axis"), list) and len(inner["axis"]) == 1:
        inner["axis"] = inner["axis"][0]
    if kind == "GRU" and "reset_after" not in inner:
        rank = (gru_bias_ranks or {}).get(name)
        inner["reset_after"] = rank == 2
        how = (
            f"its bias has {plural(rank, 'axis')} in the file"
            if rank
            else "it has no bias that would tell, and this was the only kind when such files were written"
        )
        cautions.append(
            Caution(
                "gru-reset-after",
                name,
                f"the file of Keras {version or '1 or 2'} does not say where this GRU applies its reset gate, and "
                f"Keras 3 would take reset_after=True. Used here: reset_after={inner['reset_after']}, because {how}",
            )
        )


def _with_input(node: dict) -> dict:
    """A Sequential with the Input layer that Keras 2 wrote into the first layer's configuration."""
    inner = node.get("config")
    if isinstance(inner, list):  # before 2.2.3: the layers themselves
        inner = {"name": "sequential", "layers": inner}
    layers = inner.get("layers") if isinstance(inner, dict) else None
    first = layers[0] if isinstance(layers, list) and layers else None
    config = first.get("config") if isinstance(first, dict) else None
    if not (isinstance(config, dict) and isinstance(inner, dict) and isinstance(first, dict) and layers):
        return node
    if first.get("class_name") != "InputLayer" and "batch_input_shape" in config:
        shape = {"batch_shape": config["batch_input_shape"], "name": f"{config.get('name')}_input"}
        layers = [{"class_name": "InputLayer", "config": shape}, *layers]
    return node | {"config": inner | {"layers": layers}}


def gru_biases(weights: Any) -> dict[str, int]:
    """Of each layer in the weights' part of an HDF5 file, the rank of the last weight called bias.

    A layer inside another one too: "gru" of "bidirectional/forward_gru/bias:0".
    """
    found: dict[str, int] = {}

    def note(path, item):
        *layers, weight = path.split("/")
        if hasattr(item, "shape") and "bias" in weight:
            found.update((name.removeprefix("forward_"), len(item.shape)) for name in layers)

    weights.visititems(note)
    return found


def with_old_functions(model: Any, version: str) -> tuple[Caution, ...]:
    """Give the layers that name hard_sigmoid the one of Keras 2; a caution for each."""
    new = keras().activations.hard_sigmoid
    cautions = []
    owners = {id(layer.cell): layer.name for layer in model._flatten_layers() if hasattr(layer, "cell")}
    for layer in model._flatten_layers():
        old = [name for name in ("activation", "recurrent_activation") if vars(layer).get(name) is new]
        # Past Layer.__setattr__, which would track and convert what it is given.
        vars(layer).update(dict.fromkeys(old, hard_sigmoid_keras2))
        if old:
            cautions.append(
                Caution(
                    "hard-sigmoid-v2",
                    owners.get(id(layer), layer.name),
                    f"{' and '.join(old)} is hard_sigmoid, in a file of Keras {version}: there it was "
                    "clip(0.2 z + 0.5, 0, 1), and that is computed here. Keras 3 has another function of that name, "
                    "clip(z/6 + 0.5, 0, 1), and load_model uses it without a warning",
                )
            )
    return tuple(cautions)
