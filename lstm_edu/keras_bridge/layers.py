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

from lstm_edu.core import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Layer,
    Masking,
    SimpleRNN,
    TimeDistributed,
)
from lstm_edu.core.layer import TRAINING_ONLY
from lstm_edu.keras_bridge.keras2 import hard_sigmoid_keras2
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.trace import Trace


class Support(NamedTuple):
    """One row of the table.

    rebuild: Keras layer -> our layer, not yet built.
    record: (Keras layer, x, mask, start) -> name -> array. Everything is in processing order: x (B, ...) in the
        layer's dtype, mask (B, T) bool or None, start the list of states before the first step.
    inside: instead of `record`, for a layer around layers: (Keras layer, x, mask, initial_state, trace) -> (arrays,
        children). `trace(name, inner Keras layer, x, mask, initial_state)` gives the trace of one inside, whose name
        is that of our layer's `inner`.
    """

    rebuild: Callable[[Any], Layer]
    record: Callable[..., dict[str, np.ndarray]] | None = None
    inside: Callable[..., tuple[dict[str, np.ndarray], dict[str, Trace]]] | None = None


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
    if function is hard_sigmoid_keras2:
        return "hard_sigmoid_keras2"
    name = getattr(function, "__name__", type(function).__name__)
    known = getattr(keras().activations, name, None)
    if known is not function or function is None:
        hint = f"; pass {attribute}={name!r} to Keras's layer if that is what it is" if callable(known) else ""
        raise ValueError(
            f"{layer.name!r}: {attribute} is {function!r}, which is not one of keras.activations and cannot be "
            f"rebuilt{hint}"
        )
    return name


def _common(layer: Any) -> dict[str, Any]:
    """The arguments that every layer has. Initialisers are left out: the weights that they drew are copied."""
    arguments = {"name": layer.name, "dtype": dtype_of(layer), "trainable": layer.trainable}
    for kind, attributes in TRAINING_ONLY.items():
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
    _plain(layer)
    return Dense(activation=activation_name(layer, "activation"), **_same(layer, "units", "use_bias"), **_common(layer))


def _record_dense(layer, x, mask, start):
    with tapped(layer, "activation") as calls:
        layer(x)
    _expect(calls, 1, layer)
    z, y = map(numbers, calls[0])
    return {"x": x, "z": z, "y": y}


def _plain(layer: Any) -> None:
    if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
        raise ValueError(f"{layer.name!r}: quantised and LoRA-adapted layers cannot be rebuilt")


# --- layers that only look up or let through ------------------------------------------------------------------------


def _rebuild_embedding(layer):
    _plain(layer)
    return Embedding(**_same(layer, "input_dim", "output_dim", "mask_zero"), **_common(layer))


def _rebuild_masking(layer):
    return Masking(layer.mask_value, **_common(layer))


def _rebuild_dropout(layer):
    return Dropout(layer.rate, layer.noise_shape, seed=_seed(layer), **_common(layer))


def _record_output(layer, x, mask, start):
    return {"x": x, "y": numbers(layer(x))}


# --- recurrent layers -----------------------------------------------------------------------------------------------

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


def _recurrent(layer: Any, *own: str) -> dict[str, Any]:
    """The arguments of a recurrent layer; `own`: those that not every one of them has."""
    gate = {}
    if hasattr(layer, "recurrent_activation"):
        gate["recurrent_activation"] = activation_name(layer, "recurrent_activation")
    return {
        "activation": activation_name(layer, "activation"),
        "seed": _seed(layer.cell),
        **gate,
        **_same(layer, *_RECURRENT, *own),
        **_common(layer),
    }


def _seed(layer: Any) -> int | None:
    return layer.seed if isinstance(layer.seed, int) else None


def _rebuild_simple_rnn(layer):
    return SimpleRNN(**_recurrent(layer))


def _record_simple_rnn(layer, x, mask, start):
    """The cell's activation is called once: h = act(z)."""
    return _step_by_step(layer, x, mask, start, 1, lambda calls, h: {"z": calls[0][0], "h": h})


def _rebuild_gru(layer):
    return GRU(**_recurrent(layer, "reset_after", "use_cudnn"))


def _record_gru(layer, x, mask, start):
    """The cell calls z = rec(a_z), r = rec(a_r), g = act(a_g)."""

    def read(calls, h):
        (a_z, z), (a_r, r), (a_g, g) = calls
        return {"a": np.concatenate([a_z, a_r, a_g], axis=-1), "z": z, "r": r, "g": g, "h": h}

    return _step_by_step(layer, x, mask, start, 3, read)


def _rebuild_lstm(layer):
    return LSTM(**_recurrent(layer, "unit_forget_bias", "use_cudnn"))


def _record_lstm(layer, x, mask, start):
    """The cell calls i = rec(z_i), f = rec(z_f), g = act(z_g), o = rec(z_o), and act(c) for h."""

    def read(calls, h, c):
        (z_i, i), (z_f, f), (z_g, g), (z_o, o), _ = calls
        return {"z": np.concatenate([z_i, z_f, z_g, z_o], axis=-1), "i": i, "f": f, "g": g, "o": o, "c": c, "h": h}

    return _step_by_step(layer, x, mask, start, 5, read)


def _step_by_step(layer: Any, x: np.ndarray, mask: Any, start: list, n: int, read: Callable) -> dict[str, np.ndarray]:
    """Run Keras's own cell over time, its activations tapped.

    n: how often the cell calls its activations in a step. read: (the calls, *states after the step) -> name -> array.
    """
    cell, ops = layer.cell, keras().ops
    tap = [name for name in ("activation", "recurrent_activation") if name in vars(cell)]
    states = [ops.convert_to_tensor(s) for s in start]
    steps = []
    for t in range(x.shape[1]):
        with tapped(cell, *tap) as calls:
            _, new = cell(ops.convert_to_tensor(x[:, t]), states, training=False)
        _expect(calls, n, cell)
        if mask is not None:  # as in keras.backend.rnn: what a masked step computed is thrown away
            new = [ops.where(mask[:, t, None], now, before) for now, before in zip(new, states, strict=True)]
        states = list(new)
        steps.append(read([(numbers(a), numbers(b)) for a, b in calls], *map(numbers, states)))
    return {"x": x} | {name: np.stack([step[name] for step in steps], axis=1) for name in steps[0]}


# --- layers around layers -------------------------------------------------------------------------------------------


def _rebuild_bidirectional(layer):
    forward, backward = (support(inner).rebuild(inner) for inner in (layer.forward_layer, layer.backward_layer))
    _one_dtype(layer, forward, backward)
    # Our layer, too, puts the direction before the name of the layer that it is given.
    forward = forward.copy(name=forward.name.removeprefix("forward_"))
    return Bidirectional(forward, layer.merge_mode, backward_layer=backward, **_common(layer))


def _inside_bidirectional(layer, x, mask, initial_state, trace):
    n = len(initial_state or ()) // 2
    halves = (initial_state[:n], initial_state[n:]) if n else (None, None)
    inner = {"forward": layer.forward_layer, "backward": layer.backward_layer}
    return {}, {name: trace(name, one, x, mask, half) for (name, one), half in zip(inner.items(), halves, strict=True)}


def _rebuild_time_distributed(layer):
    inner = support(layer.layer).rebuild(layer.layer)
    _one_dtype(layer, inner)
    return TimeDistributed(inner, **_common(layer))


def _inside_time_distributed(layer, x, mask, initial_state, trace):
    """Every timestep is one more sample for the layer inside."""
    batch, timesteps = x.shape[:2]
    child = trace(layer.layer.name, layer.layer, x.reshape(-1, *x.shape[2:]), None, None)
    arrays = {name: child[name].reshape(batch, timesteps, *child[name].shape[1:]) for name in child}
    return arrays, {layer.layer.name: child}


def _one_dtype(layer: Any, *inner: Layer) -> None:
    for one in inner:
        if one.dtype.name != dtype_of(layer):
            raise ValueError(
                f"{layer.name!r} has the dtype {dtype_of(layer)} and the layer inside it {one.dtype}: Keras casts the "
                "input twice. Give both the same dtype"
            )


# --- the table ------------------------------------------------------------------------------------------------------

LAYERS: dict[str, Support] = {
    "Dense": Support(_rebuild_dense, _record_dense),
    "Embedding": Support(_rebuild_embedding, _record_output),
    "Masking": Support(_rebuild_masking, _record_output),
    "Dropout": Support(_rebuild_dropout, _record_output),
    "SimpleRNN": Support(_rebuild_simple_rnn, _record_simple_rnn),
    "GRU": Support(_rebuild_gru, _record_gru),
    "LSTM": Support(_rebuild_lstm, _record_lstm),
    "Bidirectional": Support(_rebuild_bidirectional, inside=_inside_bidirectional),
    "TimeDistributed": Support(_rebuild_time_distributed, inside=_inside_time_distributed),
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
