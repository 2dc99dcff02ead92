"""What the bridge knows of each Keras layer: one row a layer in `LAYERS`, two functions a row.

`rebuild` makes our layer with the configuration of Keras's, without weights. `record` runs Keras's own layer and reads
off every quantity that our trace of such a layer has. To add a layer, write the two and add a row.

Source: keras.layers of Keras 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import LSTM, Dense, Layer
from lstm_edu.keras_bridge.loading import keras


class Support(NamedTuple):
    """One row of the table.

    rebuild: Keras layer -> our layer, not yet built.
    record: (Keras layer, x, mask, start) -> name -> array. Everything is in processing order: x (B, ...) in the
        layer's dtype, mask (B, T) bool or None, start the list of states before the first step.
    """

    rebuild: Callable[[Any], Layer]
    record: Callable[..., dict[str, np.ndarray]]


# --- what all rows use ----------------------------------------------------------------------------------------------


def numbers(tensor: Any) -> np.ndarray:
    """A tensor or variable of any backend as an array of our own."""
    if hasattr(tensor, "detach"):  # PyTorch
        tensor = keras().ops.convert_to_numpy(tensor)
    return np.array(np.asarray(tensor))  # NumPy 2 warns of np.array(tensor), which TensorFlow's tensors do not know


def dtype_of(layer: Any) -> str:
    """ "float32" or "float64". ValueError for half precision, mixed and quantised policies."""
    policy = layer.dtype_policy
    if policy.name not in ("float32", "float64"):
        raise ValueError(
            f"{layer.name!r} has the dtype policy {policy.name!r}; only 'float32' and 'float64' can be rebuilt. Half "
            "precision, mixed and quantised layers round differently at every step"
        )
    return policy.name


def activation_name(layer: Any, attribute: str) -> str:
    """Keras's name of an activation. ValueError for a function that is not one of keras.activations."""
    function = getattr(layer, attribute)
    name = getattr(function, "__name__", type(function).__name__)
    known = getattr(keras().activations, name, None)
    if known is not function or function is None:
        hint = f"; pass {attribute}={name!r} to Keras's layer if that is what it is" if callable(known) else ""
        raise ValueError(
            f"{layer.name!r}: {attribute} is {function!r}, which is not one of keras.activations and cannot be "
            f"rebuilt{hint}"
        )
    return name


_TRAINING_ONLY = {
    "regularizers": ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer"),
    "constraints": ("kernel_constraint", "recurrent_constraint", "bias_constraint"),
}


def _common(layer: Any) -> dict[str, Any]:
    """The arguments that every layer has. Initialisers are left out: the weights that they drew are copied."""
    arguments = {"name": layer.name, "dtype": dtype_of(layer), "trainable": layer.trainable}
    for kind, attributes in _TRAINING_ONLY.items():
        for attribute in attributes:
            value = getattr(layer, attribute, None)
            if value is not None:
                arguments[attribute] = getattr(keras(), kind).serialize(value)
    return arguments


def _same(layer: Any, *attributes: str) -> dict[str, Any]:
    return {attribute: getattr(layer, attribute) for attribute in attributes}


@contextmanager
def tapped(layer: Any, *attributes: str) -> Iterator[list[tuple[Any, Any]]]:
    """Note every call of these activations of Keras's layer, while open: a list of (what went in, what came out)."""
    calls: list[tuple[Any, Any]] = []

    def tap(function):
        def noted(x):
            y = function(x)
            calls.append((x, y))
            return y

        return noted

    # Past Layer.__setattr__, which would track and convert what it is given.
    own = {attribute: vars(layer)[attribute] for attribute in attributes}
    vars(layer).update({attribute: tap(function) for attribute, function in own.items()})
    try:
        yield calls
    finally:
        vars(layer).update(own)


def _expect(calls: list, n: int, layer: Any) -> None:
    if len(calls) != n:
        raise RuntimeError(
            f"Keras {keras().__version__} calls the activations of {layer.name!r} {len(calls)} times a step where "
            f"Keras 3.15 calls them {n} times: its inner values cannot be read"
        )


# --- Dense ----------------------------------------------------------------------------------------------------------


def _rebuild_dense(layer):
    if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
        raise ValueError(f"{layer.name!r}: quantised and LoRA-adapted Dense layers cannot be rebuilt")
    return Dense(activation=activation_name(layer, "activation"), **_same(layer, "units", "use_bias"), **_common(layer))


def _record_dense(layer, x, mask, start):
    with tapped(layer, "activation") as calls:
        layer(x)
    _expect(calls, 1, layer)
    z, y = map(numbers, calls[0])
    return {"x": x, "z": z, "y": y}


# --- LSTM -----------------------------------------------------------------------------------------------------------

_RECURRENT = (
    "units",
    "use_bias",
    "dropout",
    "recurrent_dropout",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "zero_output_for_mask",
    "unroll",
)


def _rebuild_lstm(layer):
    return LSTM(
        activation=activation_name(layer, "activation"),
        recurrent_activation=activation_name(layer, "recurrent_activation"),
        seed=layer.cell.seed if isinstance(layer.cell.seed, int) else None,
        **_same(layer, *_RECURRENT, "unit_forget_bias", "use_cudnn"),
        **_common(layer),
    )


def _record_lstm(layer, x, mask, start):
    """Keras's own cell, step by step, its activations tapped: rec(z_i), rec(z_f), act(z_g), rec(z_o), act(c)."""
    cell = layer.cell
    states = [keras().ops.convert_to_tensor(s) for s in start]
    steps = []
    for t in range(x.shape[1]):
        with tapped(cell, "activation", "recurrent_activation") as calls:
            h, new = cell(keras().ops.convert_to_tensor(x[:, t]), states, training=False)
        _expect(calls, 5, cell)
        (z_i, i), (z_f, f), (z_g, g), (z_o, o), _ = [(numbers(a), numbers(b)) for a, b in calls]
        h, c = carry(states, new, mask, t)
        steps.append([x[:, t], np.concatenate([z_i, z_f, z_g, z_o], axis=-1), i, f, g, o, numbers(c), numbers(h)])
        states = [h, c]
    return dict(zip(("x", "z", "i", "f", "g", "o", "c", "h"), map(over_time, zip(*steps, strict=True)), strict=True))


def carry(old: list[Any], new: list[Any], mask: np.ndarray | None, t: int) -> list[Any]:
    """The states after step t: the new ones, or the old ones where the step is masked (keras.backend.rnn)."""
    if mask is None:
        return list(new)
    counts = mask[:, t, None]
    return [keras().ops.where(counts, n, o) for n, o in zip(new, old, strict=True)]


def over_time(steps: Any) -> np.ndarray:
    return np.stack(steps, axis=1)


# --- the table ------------------------------------------------------------------------------------------------------

LAYERS: dict[str, Support] = {
    "Dense": Support(_rebuild_dense, _record_dense),
    "LSTM": Support(_rebuild_lstm, _record_lstm),
}


def support(layer: Any) -> Support:
    """The row for this Keras layer. ValueError, with the names of those that have one, if there is none.

    Only Keras's own classes: a subclass may compute anything at all.
    """
    kind = type(layer)
    if kind.__name__ in LAYERS and kind is getattr(keras().layers, kind.__name__):
        return LAYERS[kind.__name__]
    parents = [p.__name__ for p in kind.__mro__[1:] if getattr(keras().layers, p.__name__, None) is p]
    own = next((p for p in parents if p in LAYERS), None)
    why = f": it is a subclass of {own} and may compute something else" if own else ""
    raise ValueError(
        f"{layer.name!r} is a layer of class {kind.__module__.split('.')[0]} {kind.__name__}, which is not "
        f"supported{why}. Supported: {', '.join(LAYERS)}, and Sequential and chain-shaped Functional models of them"
    )
