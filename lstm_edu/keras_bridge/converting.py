"""From Keras to the same in NumPy: a layer, a model, or a saved file."""

from __future__ import annotations

import os
from typing import Any

from lstm_edu.core import Layer, Sequential, StackedRNN
from lstm_edu.keras_bridge import files
from lstm_edu.keras_bridge.layers import numbers, support
from lstm_edu.keras_bridge.loading import is_keras, keras


def convert(source: Any, shape: tuple[int | None, ...] | None) -> Layer:
    """A layer, or a model that is a chain of layers of this package, in NumPy.

    shape: of the inputs; None: any size that fits. ValueError, TypeError: as `graph.from_keras`, and for a model of
    another shape.
    """
    if is_model(source):
        layers = []
        for layer in chain(source):
            own = convert(layer, shape or tuple(source.input_shape))
            layers.append(own)
            shape = own.compute_output_shape(own.input_shape)
        ours: Layer = Sequential(layers, name=source.name)
        ours.build(layers[0].input_shape)
        return ours
    row = support(source)
    require_built(source)
    ours = row.rebuild(source)
    ours.build_with(shape or _input_shape(source), source.get_weights())
    _take_states(ours, source)
    return ours


def opened(source: Any) -> Any:
    """A Keras layer or model: `source` itself, or the model in the file of that name."""
    if isinstance(source, (str, os.PathLike)):
        return load_model(source)
    if isinstance(source, Layer):
        raise TypeError(
            f"expected a Keras layer or model, got an lstm_edu {type(source).__name__}, which is already converted"
        )
    if isinstance(source, type):
        raise TypeError(
            f"expected a Keras layer or model, got the class {source.__name__}; make one: {source.__name__}(...)"
        )
    if not is_keras(source):
        raise TypeError(
            f"expected a Keras layer or model, or the path of a .keras file, got {type(source).__name__} "
            f"({type(source).__module__}.{type(source).__qualname__})"
        )
    return source


def load_model(path: str | os.PathLike) -> Any:
    """The Keras model in a `.keras` file, or an `.h5` file of Keras 2; no code from the file is run.

    Raises:
        FileNotFoundError, ValueError, ImportError: as `files.load`.
    """
    return files.load(path).model


def is_model(value: Any) -> bool:
    return isinstance(value, keras().Model)


def require_built(layer: Any) -> None:
    if not layer.built:
        raise ValueError(
            f"the Keras {type(layer).__name__} {layer.name!r} is not built, so it has no weights yet: call it once on "
            "data, or call its build(input_shape); give a model a keras.Input first"
        )


def chain(model: Any) -> list[Any]:
    """A model's layers in order, Input layers left out.

    Raises:
        ValueError: not built; a model with custom code; a graph that branches, shares a layer or has calls with
            further arguments.
    """
    if type(model) is keras().Sequential:
        require_built(model)
        layers = list(model.layers)
    elif _is_functional(model):
        layers = _functional_chain(model)
    else:
        raise ValueError(
            f"the model {model.name!r} is of class {type(model).__name__}, whose computation is custom code and "
            "cannot be rebuilt; only keras.Sequential and Functional models (keras.Model(inputs, outputs)) can. Its "
            "layers can be compared one by one"
        )
    if not layers:
        raise ValueError(f"the model {model.name!r} has no layers")
    return layers


def _is_functional(model: Any) -> bool:
    kind = type(model)
    return kind.__name__ == "Functional" and kind.__module__.split(".")[0] == "keras"


def _functional_chain(model: Any) -> list[Any]:
    """The layers from the model's output back to its input."""
    outputs = _flat(model.outputs)
    if len(model.inputs) != 1:
        names = ", ".join(tensor._keras_history.operation.name for tensor in model.inputs)
        raise ValueError(f"the model {model.name!r} is not a chain: it has {len(model.inputs)} inputs ({names})")
    layers: list[Any] = []
    tensors = outputs
    while True:
        histories = [tensor._keras_history for tensor in tensors]
        operation, index = histories[0].operation, histories[0].node_index
        made = _flat(operation._inbound_nodes[index].outputs)
        if any(h.operation is not operation for h in histories) or [id(t) for t in tensors] != [id(t) for t in made]:
            names = ", ".join(f"{h.operation.name} (output {h.tensor_index})" for h in histories)
            raise ValueError(
                f"the model {model.name!r} is not a chain: it uses {names}; a chain takes exactly what the layer "
                "before returns (return_state=True returns the states too)"
            )
        node = operation._inbound_nodes[index]
        if tensors[0] is model.inputs[0]:
            break
        if not isinstance(operation, keras().Layer):
            raise ValueError(
                f"the model {model.name!r} computes {operation.name!r} ({type(operation).__name__}) between its "
                "layers; only layers can be rebuilt"
            )
        if operation in layers:
            raise ValueError(f"the model {model.name!r} is not a chain: it uses the layer {operation.name!r} twice")
        inputs = _flat(node.arguments.args)
        extra = {k: v for k, v in node.arguments.kwargs.items() if v is not None and v is not False}
        if extra.get("mask") is getattr(inputs[0], "_keras_mask", None):
            extra.pop("mask", None)  # passed on by Keras itself
        if len(inputs) != 1 or extra:
            with_what = f"the arguments {', '.join(extra)}" if extra else f"{len(inputs)} inputs"
            raise ValueError(f"the model {model.name!r} is not a chain: it calls {operation.name!r} with {with_what}")
        layers.append(operation)
        tensors = inputs
    return layers[::-1]


def _flat(structure: Any) -> list[Any]:
    return keras().tree.flatten(structure)


def input_shape(layer: Any) -> tuple[int | None, ...] | None:
    """The shape of a Keras layer's first input when it was built, as far as it is known."""
    config = layer.get_build_config() or {}
    several = config.get("shapes_dict") or {}  # one that was first called with an initial_state, say
    return config.get("input_shape") or next(iter(several.values()), None)


def _input_shape(layer: Any) -> tuple[int | None, ...]:
    """What to build ours for: any batch and any time, except for a stateful layer, which has one state per sequence."""
    known = input_shape(layer)
    if known is None:  # a layer without weights
        return (None, None, None)
    batch, *steps, features = known
    return (batch if getattr(layer, "stateful", False) else None, *(None for _ in steps), features)


def _take_states(ours: Layer, layer: Any) -> None:
    """The states that a stateful layer of Keras keeps."""
    for name, inner in getattr(ours, "inner", {}).items():
        _take_states(inner, getattr(layer, f"{name}_layer", None))
    states = getattr(layer, "states", None)
    if not getattr(layer, "stateful", False) or states is None:
        return
    if isinstance(ours, StackedRNN):
        for cell, own in zip(ours.cells, states, strict=True):
            cell._states = [cell.dtype_policy.cast(numbers(s)) for s in own]
    elif not hasattr(ours, "inner"):
        ours._states = [ours.dtype_policy.cast(numbers(s)) for s in states]
