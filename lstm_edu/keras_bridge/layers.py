"""What the bridge knows about each Keras layer: one row per layer in `LAYERS`, two functions per row.

`rebuild` makes our layer with the configuration of Keras's, without weights. `record` runs Keras's own layer and reads
off every quantity that our trace of such a layer has. To add a layer, write the two and add a row.

Source: keras.layers of Keras 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Layer,
    Masking,
    SimpleRNN,
    StackedRNN,
    TimeDistributed,
)
from lstm_edu.core.container import unique_names
from lstm_edu.core.layer import TRAINING_ONLY
from lstm_edu.core.over_time import FLAGS
from lstm_edu.core.precision import Policy, unit_roundoff
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.keras_bridge.keras2 import hard_sigmoid_keras2
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.looping import over_time
from lstm_edu.trace import Trace


class Support(NamedTuple):
    """One row of the table.

    rebuild: Keras layer -> our layer, not yet built.
    record: (Keras layer, x, mask, start) -> name -> array. Everything is in processing order: x (B, ...) in the
        layer's dtype, mask (B, T) bool or None, start the list of states before the first step.
    inside: instead of `record`, for a layer around layers: (Keras layer, x, mask, initial_state, trace) -> (arrays,
        children). `trace(name, inner Keras layer, x, mask, initial_state)` gives the trace of one inside, whose name
        is that of our layer's `inner`.
    cell: of a recurrent layer, how the quantities of one step are read.
    """

    rebuild: Callable[[Any], Layer]
    record: Callable[..., dict[str, np.ndarray]] | None = None
    inside: Callable[..., tuple[dict[str, np.ndarray], dict[str, Trace]]] | None = None
    cell: Cell | None = None


class Cell(NamedTuple):
    """calls: how often the cell calls its activations in a step. states: their names. read: (what went in and what came
    out of each call, *states after the step) -> name -> tensor."""

    calls: int
    states: tuple[str, ...]
    read: Callable[..., dict[str, Any]]


# --- what all rows use ----------------------------------------------------------------------------------------------


def numbers(tensor: Any) -> np.ndarray:
    """A tensor or variable of any backend as our own array."""
    if keras().backend.backend() == "torch":
        tensor = keras().ops.convert_to_numpy(tensor)
    return np.array(np.asarray(tensor))  # NumPy 2 warns of np.array(tensor), which TensorFlow's tensors do not know


def dtype_of(layer: Any) -> Policy:
    """The layer's dtype policy, as this backend computes it here. ValueError for quantised policies.

    Where float64 is asked for, JAX computes in float32 unless it is told to know float64 (JAX_ENABLE_X64=1), Keras on
    NumPy rounds its weights and activations to float32, and Keras on PyTorch its matrix products (Keras 3.15).
    """
    policy = layer.dtype_policy
    name = f"mixed_{policy.compute_dtype}" if policy.compute_dtype != policy.variable_dtype else policy.compute_dtype
    try:
        if getattr(policy, "quantization_mode", None):
            raise ValueError("quantised")
        if name == "float64" and not _knows_float64():
            name = "float32"
        return Policy(name, cuts_products=policy.compute_dtype == "bfloat16" and cuts_products())
    except ValueError as error:
        raise ValueError(
            f"{layer.name!r} has the dtype policy {policy.name!r}, which cannot be rebuilt; float32, float64, float16, "
            "bfloat16 and the mixed ones can"
        ) from error


def _knows_float64() -> bool:
    backend = keras().backend.backend()
    if backend == "jax":
        import jax

        return bool(jax.config.jax_enable_x64)
    return backend == "tensorflow"


@cache
def cuts_products() -> bool:
    """Whether Keras, here, cuts the products of bfloat16 matrices off to bfloat16 instead of rounding them.

    TensorFlow 2.21 does on processors without units for bfloat16; with them, and on other backends, they are rounded.
    """
    ops = keras().ops
    # 1.0234375 * 1.25 is three quarters of the way from 1.2734375 to 1.28125.
    product = ops.matmul(*(ops.convert_to_tensor([[factor]], dtype="bfloat16") for factor in (1.0234375, 1.25)))
    return float(ops.cast(product, "float32")[0][0]) == 1.2734375


def activation_name(layer: Any, attribute: str, whose: Any = None) -> str:
    """Keras's name of an activation. ValueError for a function that is not one of keras.activations.

    whose: the layer that the error names, if that is another one.
    """
    function = getattr(layer, attribute)
    if function is hard_sigmoid_keras2:
        return "hard_sigmoid_keras2"
    name = getattr(function, "__name__", type(function).__name__)
    known = getattr(keras().activations, name, None)
    if known is not function or function is None:
        hint = f"; pass {attribute}={name!r} to Keras's layer if that is what it is" if callable(known) else ""
        raise ValueError(
            f"{(whose or layer).name!r}: {attribute} is {function!r}, which is not one of keras.activations and cannot "
            f"be rebuilt{hint}"
        )
    return name


def _common(layer: Any) -> dict[str, Any]:
    """The arguments that every layer has. Initialisers are left out: the weights that they drew are copied."""
    cell = getattr(layer, "cell", layer)
    arguments = {"name": layer.name, "dtype": dtype_of(layer), "trainable": layer.trainable and cell.trainable}
    for kind, attributes in TRAINING_ONLY.items():
        for attribute in attributes:
            value = getattr(layer, attribute, None)
            if value is None:
                value = getattr(cell, attribute, None)
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
            f"Keras {keras().__version__} calls the activations of {layer.name!r} {len(calls)} times per step where "
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


def _rebuild_batch_normalization(layer):
    rank = len((layer.get_build_config() or {}).get("input_shape") or ())
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if list(axes) not in ([-1], [rank - 1]):
        raise ValueError(f"{layer.name!r}: only axis=-1, the last one, can be rebuilt, got axis={layer.axis}")
    if getattr(layer, "renorm", False):
        raise ValueError(f"{layer.name!r}: renorm=True cannot be rebuilt")
    return BatchNormalization(**_same(layer, "momentum", "epsilon", "center", "scale"), **_common(layer))


def _rebuild_activation(layer):
    return Activation(activation_name(layer, "activation"), **_common(layer))


def _rebuild_relu(layer):
    slope, most, threshold = float(layer.negative_slope), layer.max_value, float(layer.threshold or 0)
    if threshold or (most is not None and (float(most) != 6 or slope)):
        raise ValueError(
            f"{layer.name!r}: ReLU with max_value={most}, negative_slope={slope:g}, threshold={threshold:g} cannot be "
            "rebuilt; max_value=6 can, or a negative_slope"
        )
    name = f"leaky_relu({slope!r})" if slope else "relu" if most is None else "relu6"
    return Activation(name, **_common(layer))


def _rebuild_leaky_relu(layer):
    return Activation(f"leaky_relu({float(layer.negative_slope)!r})", **_common(layer))


def _rebuild_elu(layer):
    return Activation("elu" if layer.alpha == 1 else f"elu({float(layer.alpha)!r})", **_common(layer))


def _rebuild_softmax(layer):
    if layer.axis != -1:
        raise ValueError(f"{layer.name!r}: only axis=-1, the last one, can be rebuilt, got axis={layer.axis}")
    return Activation("softmax", **_common(layer))


def _record_output(layer, x, mask, start):
    return {"x": x, "y": numbers(layer(x))}


# --- recurrent layers -----------------------------------------------------------------------------------------------

_OF_CELL = ("units", "use_bias", "dropout", "recurrent_dropout")


def _recurrent(layer: Any, *own: str) -> dict[str, Any]:
    """The arguments of a recurrent layer, or of keras.layers.RNN over its cell; `own`: of this kind of cell only."""
    _one_dtype(layer, layer.cell)
    names = [name for name in ("activation", "recurrent_activation") if hasattr(layer.cell, name)]
    cudnn = _same(layer, "use_cudnn") if hasattr(layer, "use_cudnn") else {}
    return {
        **{name: activation_name(layer.cell, name, layer) for name in names},
        "seed": _seed(layer.cell),
        **_same(layer.cell, *_OF_CELL, *own),
        **_same(layer, *FLAGS),
        "keras_backend": keras().backend.backend(),
        **cudnn,
        **_common(layer),
    }


def _seed(layer: Any) -> int | None:
    return layer.seed if isinstance(layer.seed, int) else None


def _rebuild_simple_rnn(layer):
    return SimpleRNN(**_recurrent(layer))


def _read_simple_rnn(calls, h):
    """The cell's activation is called once: h = act(z)."""
    return {"z": calls[0][0], "h": h}


def _rebuild_gru(layer):
    return GRU(**_recurrent(layer, "reset_after"))


def _read_gru(calls, h):
    """The cell calls z = rec(a_z), r = rec(a_r), g = act(a_g)."""
    (a_z, z), (a_r, r), (a_g, g) = calls
    return {"a": keras().ops.concatenate([a_z, a_r, a_g], axis=-1), "z": z, "r": r, "g": g, "h": h}


def _rebuild_lstm(layer):
    return LSTM(**_recurrent(layer, "unit_forget_bias"))


def _read_lstm(calls, h, c):
    """The cell calls i = rec(z_i), f = rec(z_f), g = act(z_g), o = rec(z_o), and act(c) for h."""
    (z_i, i), (z_f, f), (z_g, g), (z_o, o), _ = calls
    z = keras().ops.concatenate([z_i, z_f, z_g, z_o], axis=-1)
    return {"z": z, "i": i, "f": f, "g": g, "o": o, "c": c, "h": h}


def tapped_step(cell: Any, how: Cell, call: Callable[[], tuple]) -> tuple[dict[str, Any], tuple]:
    """The quantities of one step of Keras's cell, and what `call()`, which runs the cell, returned."""
    with tapped(cell, *(name for name in ("activation", "recurrent_activation") if name in vars(cell))) as calls:
        output, states = call()
    _expect(calls, how.calls, cell)
    return how.read(calls, *(states if isinstance(states, (list, tuple)) else [states])), (output, states)


def cell_of(layer: Any) -> Cell | None:
    """How the quantities of one step of a recurrent layer are read; None for other layers."""
    try:
        return support(layer).cell
    except ValueError:
        return None


def _record_steps(layer: Any, x: np.ndarray, mask: Any, start: list) -> dict[str, np.ndarray]:
    """Run Keras's own cell over time, its activations tapped."""
    cell, ops, how = layer.cell, keras().ops, cell_of(layer)
    assert how is not None

    def step(inputs, states):
        x, *counts = inputs
        quantities, (_, new) = tapped_step(cell, how, lambda: cell(x, states, training=False))
        if counts:  # as in keras.backend.rnn: what a masked step computed is discarded
            new = [ops.where(counts[0], now, before) for now, before in zip(new, states, strict=True)]
            quantities |= zip(how.states, new, strict=True)
        return quantities, list(new)

    return {"x": x} | over_time(step, [x] if mask is None else [x, mask[:, :, None]], start, cell)


# --- keras.layers.RNN over cells that we know -----------------------------------------------------------------------


def _rnn(layer: Any) -> Support:
    """The row for an RNN over this cell. ValueError, which names the cell, for one that may compute anything."""
    layers = keras().layers
    if type(layer.cell) is layers.StackedRNNCells:
        for cell in layer.cell.cells:
            _kind_of_cell(layer, cell)
        return Support(_rebuild_stack, inside=_inside_stack)
    return LAYERS[_kind_of_cell(layer, layer.cell)]


def _kind_of_cell(layer: Any, cell: Any) -> str:
    """The layer that has such a cell: "LSTM" for an LSTMCell."""
    for kind in _OF_CELLS:
        if type(cell) is getattr(keras().layers, f"{kind}Cell"):
            return kind
    name = getattr(cell, "name", "cell")
    raise ValueError(
        f"{layer.name!r} runs the cell {name!r} of class {type(cell).__module__.split('.')[0]} {type(cell).__name__}, "
        f"which may compute anything; cells that can be rebuilt: {', '.join(f'{kind}Cell' for kind in _OF_CELLS)}, and "
        "StackedRNNCells of them"
    )


_OF_CELLS = ("SimpleRNN", "GRU", "LSTM")


def _rebuild_rnn(layer):
    return _rnn(layer).rebuild(layer)


def _rebuild_stack(layer):
    cells = []
    for n in range(len(layer.cell.cells)):
        alone = _alone(layer, n)
        cell = support(alone).rebuild(alone)
        assert isinstance(cell, Recurrent)
        cells.append(cell.copy(zero_output_for_mask=False))
    _one_dtype(layer, *cells)
    if unit_roundoff(layer.cell) > unit_roundoff(layer):
        raise ValueError(
            f"{layer.name!r} computes in {layer.compute_dtype}, but its StackedRNNCells has the dtype "
            f"{layer.cell.compute_dtype}, to which Keras rounds the inputs and states of every step. Make it yourself: "
            f"RNN(StackedRNNCells(cells, dtype={layer.compute_dtype!r}), ...)"
        )
    return StackedRNN(cells, **_same(layer, *FLAGS), **_common(layer))


def _alone(layer: Any, n: int, **flags: Any) -> Any:
    """keras.layers.RNN over one cell of a stack, which stays where it is."""
    cell = layer.cell.cells[n]
    alone = keras().layers.RNN(cell, dtype=cell.dtype_policy, name=cell.name, trainable=cell.trainable, **flags)
    alone.build((None, None, cell.kernel.shape[0]))
    return alone


def _inside_stack(layer, x, mask, initial_state, trace):
    """Cell by cell, each over all timesteps. What a masked step computed goes on to the next cell, as in Keras."""
    states = initial_state
    if states is None and layer.stateful:
        states = [numbers(state) for state in keras().tree.flatten(layer.states)]
    order = slice(None, None, -1 if layer.go_backwards else 1)
    time = np.arange(x.shape[1])[order]
    x, mask = x[:, order], None if mask is None else mask[:, order]
    children: dict[str, Trace] = {}
    starts = [None] * len(layer.cell.cells) if states is None else nested_states(layer, states)
    for n, (name, start) in enumerate(zip(unique_names(layer.cell.cells), starts, strict=True)):
        last = n == len(starts) - 1
        zero = last and layer.zero_output_for_mask
        alone = _alone(layer, n, return_sequences=True, return_state=True, zero_output_for_mask=zero)
        child = trace(name, alone, x, mask, start)
        children[name] = child.at(time)
        x = child.output[0] if mask is None else child.layer.computed(dict(child._arrays), child.initial_state)
    return {}, children


# --- layers around layers -------------------------------------------------------------------------------------------


def _rebuild_bidirectional(layer):
    directions = layer.forward_layer, layer.backward_layer
    _one_dtype(layer, *directions)
    forward, backward = (support(inner).rebuild(inner) for inner in directions)
    assert isinstance(forward, (Recurrent, StackedRNN)) and isinstance(backward, (Recurrent, StackedRNN))
    # Our layer, too, puts the direction before the name of the layer that it is given.
    forward = forward.copy(name=forward.name.removeprefix("forward_"))
    return Bidirectional(forward, layer.merge_mode, backward_layer=backward, **_common(layer))


def _inside_bidirectional(layer, x, mask, initial_state, trace):
    n = len(initial_state or ()) // 2
    halves = (initial_state[:n], initial_state[n:]) if n else (None, None)
    inner = {"forward": layer.forward_layer, "backward": layer.backward_layer}
    return {}, {name: trace(name, one, x, mask, half) for (name, one), half in zip(inner.items(), halves, strict=True)}


def _rebuild_time_distributed(layer):
    _one_dtype(layer, layer.layer)
    return TimeDistributed(support(layer.layer).rebuild(layer.layer), **_common(layer))


def _inside_time_distributed(layer, x, mask, initial_state, trace):
    """Every timestep is one more sample for the layer inside."""
    batch, timesteps = x.shape[:2]
    child = trace(layer.layer.name, layer.layer, x.reshape(-1, *x.shape[2:]), None, None)
    arrays = {name: child[name].reshape(batch, timesteps, *child[name].shape[1:]) for name in child}
    return arrays, {layer.layer.name: child}


def _one_dtype(layer: Any, *inner: Any) -> None:
    """ValueError unless the layers or cells inside have the dtype of the one around them. All are Keras's, or cells
    that are already ours: on NumPy what computes in float64 in Keras may be float32 in ours."""
    for one in inner:
        if one.compute_dtype != layer.compute_dtype:
            raise ValueError(
                f"{layer.name!r} has the dtype {layer.compute_dtype} and {one.name!r} inside it {one.compute_dtype}: "
                "Keras casts the input twice. Give both the same dtype"
            )


def nested_states(layer: Any, states: Any) -> Any:
    """A list of states, flat or nested, in the lists that Keras needs: for stacked cells one list per cell."""
    layers, tree = keras().layers, keras().tree
    if type(layer) is layers.Bidirectional:
        half = len(states) // 2
        return [*nested_states(layer.forward_layer, states[:half]), *nested_states(layer.backward_layer, states[half:])]
    if type(getattr(layer, "cell", None)) is not layers.StackedRNNCells:
        return states
    rest = iter(tree.flatten(states))
    return [[next(rest) for _ in tree.flatten(size)] for size in layer.cell.state_size]


# --- the table ------------------------------------------------------------------------------------------------------

LAYERS: dict[str, Support] = {
    "Dense": Support(_rebuild_dense, _record_dense),
    "Embedding": Support(_rebuild_embedding, _record_output),
    "Masking": Support(_rebuild_masking, _record_output),
    "BatchNormalization": Support(_rebuild_batch_normalization, _record_output),
    "Dropout": Support(_rebuild_dropout, _record_output),
    "Activation": Support(_rebuild_activation, _record_output),
    "ReLU": Support(_rebuild_relu, _record_output),
    "LeakyReLU": Support(_rebuild_leaky_relu, _record_output),
    "ELU": Support(_rebuild_elu, _record_output),
    "Softmax": Support(_rebuild_softmax, _record_output),
    "SimpleRNN": Support(_rebuild_simple_rnn, _record_steps, cell=Cell(1, ("h",), _read_simple_rnn)),
    "GRU": Support(_rebuild_gru, _record_steps, cell=Cell(3, ("h",), _read_gru)),
    "LSTM": Support(_rebuild_lstm, _record_steps, cell=Cell(5, ("h", "c"), _read_lstm)),
    "RNN": Support(_rebuild_rnn),
    "Bidirectional": Support(_rebuild_bidirectional, inside=_inside_bidirectional),
    "TimeDistributed": Support(_rebuild_time_distributed, inside=_inside_time_distributed),
}


def support(layer: Any) -> Support:
    """The row for this Keras layer. ValueError, with the names of those that have one, if there is none.

    Only Keras's own classes: a subclass may compute anything at all.
    """
    kind = type(layer)
    if kind is keras().layers.RNN:
        return _rnn(layer)
    if kind.__name__ in LAYERS and kind is getattr(keras().layers, kind.__name__):
        return LAYERS[kind.__name__]
    parents = [p.__name__ for p in kind.__mro__[1:] if getattr(keras().layers, p.__name__, None) is p]
    own = next((p for p in parents if p in LAYERS), None)
    why = f": it is a subclass of {own} and may compute something else" if own else ""
    raise ValueError(
        f"{layer.name!r} is a layer of class {kind.__module__.split('.')[0]} {kind.__name__}, which is not "
        f"supported{why}. Supported: {', '.join(LAYERS)}, and Sequential and chain-shaped Functional models of them"
    )
