"""Gradients: ours, from the chain rule written out, against Keras's, from TensorFlow's tape."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from lstm_edu.comparison.places import default_axes, weight_places
from lstm_edu.comparison.report import Report, Row, compare_arrays
from lstm_edu.comparison.tolerance import Tolerance
from lstm_edu.core import Gradients, Layer, checks, losses
from lstm_edu.keras_bridge.calling import call_keras, unchanged
from lstm_edu.keras_bridge.compiling import compiled_loss
from lstm_edu.keras_bridge.converting import is_model
from lstm_edu.keras_bridge.layers import numbers
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.recording import rounded
from lstm_edu.trace import Trace

# What gradients may differ by: absolute + relative |g| + of_largest max |g|, g being Keras's. In float32 a gradient
# that is the small sum of large terms has only their digits, so the array's largest number counts too; in float64 no
# right implementation needs it.
_TOLERANCES = {"float64": (1e-10, 1e-8, 0.0), "float32": (1e-7, 1e-4, 1e-5)}


def require_tape() -> None:
    backend = keras().backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"Keras's gradients come from tf.GradientTape, so they need the TensorFlow backend, but Keras runs on "
            f"{backend!r}. Set KERAS_BACKEND=tensorflow before Keras is imported, and restart the kernel"
        )


def least_precise(layer: Layer, loss: losses.Loss | None = None) -> str:
    """The dtype on which it depends how exact gradients are: float32 if anything computes in it."""
    dtypes = [layer.dtype, *(w.dtype for w in layer.weights), *([] if loss is None else [loss.dtype])]
    return "float32" if np.float32 in dtypes else "float64"


def compare_gradients(
    source: Any, ours: Layer, theirs: Trace, x: Any, y: Any, *, mask: Any, initial_state: Any, loss: Any
) -> Report:
    """One row for the loss, if there is one, each weight, the input and each initial state; see `verify`."""
    require_tape()
    if is_model(source):
        their_loss, our_loss = compiled_loss(source, loss)
        x = rounded(np.asarray(x), source)
        mine: Any = copy.deepcopy(ours)  # with a loss of its own, and states that may go on
        mine.compile("sgd", our_loss)
        value, own, _ = mine.loss_and_gradients(x, y, mask)
        expected, d_weights, d_inputs = _tape(source, x, mask, (), own.x is not None, lambda out: their_loss(y, out))
        rows = [compare_arrays("loss", np.asarray(value, expected.dtype), expected)]
        precision = least_precise(theirs.layer, our_loss)
    else:
        if loss is not None:
            raise ValueError(
                f"{source.name!r} is a single layer, for which y is dL/d(output), whatever L is; for a loss put the "
                "layer into a keras.Sequential model"
            )
        d_out = _output_gradients(source, theirs, y)
        own = _own_gradients(ours, x, mask, initial_state, d_out)
        if own.x is not None:
            x = checks.cast(np.asarray(x), theirs.layer.dtype)
        start = [checks.cast(np.asarray(s), theirs.layer.dtype) for s in initial_state or ()]
        _, d_weights, d_inputs = _tape(source, np.asarray(x), mask, start, own.x is not None, d_out)
        rows, precision = [], least_precise(theirs.layer)
    places = weight_places(theirs.layer)
    for place, mine, keras_own in zip_longest(places, own.weights, d_weights):
        rows.append(
            _row(
                place.name if place else "another weight",
                mine,
                keras_own,
                precision,
                place and place.axes,
                place and place.gates,
            )
        )
    dx, *d_start = d_inputs
    if dx is not None:
        rows.append(_row("x", own.x, dx, precision, default_axes("x", dx.ndim)))
    if d_start:
        for name, mine, keras_own in zip(_state_names(theirs.layer), own.initial_state, d_start, strict=True):
            rows.append(_row(f"initial state {name}", mine, keras_own, precision, ("batch", "unit")))
    return Report(tuple(rows))


def _row(name, ours, theirs, precision, axes=None, gates=None) -> Row:
    absolute, relative, of_largest = _TOLERANCES[precision]
    if theirs is not None and of_largest:
        absolute += of_largest * float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0))
    tolerance = Tolerance(absolute, relative, "g")
    ours = None if ours is None else np.asarray(ours)  # an embedding's gradient is an array that knows more
    return compare_arrays(f"gradient of {name}", ours, theirs, axes=axes, gates=gates, allowed=tolerance)


def _state_names(layer: Any) -> list[str]:
    parts = getattr(layer, "inner", {})
    if not parts:
        return list(layer.state_names)
    return [f"{part}/{name}" for part, inner in parts.items() for name in inner.state_names]


# --- ours -----------------------------------------------------------------------------------------------------------


def _outputs(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _output_gradients(source: Any, theirs: Trace, y: Any) -> list[np.ndarray]:
    """y as a list: dL/d(each array that the layer returns)."""
    outputs = _outputs(theirs.output)
    several = len(outputs) > 1
    if several and not (isinstance(y, (list, tuple)) and len(y) == len(outputs)):
        shapes = ", ".join(checks.shape_text(o.shape) for o in outputs)
        raise ValueError(
            f"{source.name!r} returns {len(outputs)} arrays, so y must be a list of dL/d(each of them), of the shapes "
            f"{shapes}; got {f'{len(y)} arrays' if isinstance(y, (list, tuple)) else type(y).__name__}"
        )
    d_out = [checks.numbers(d, "y", "verify") for d in (y if several else [y])]
    for d, output in zip(d_out, outputs, strict=True):
        if d.shape != output.shape:
            raise ValueError(
                f"{source.name!r} is a single layer, for which y is dL/d(output), of the output's shape "
                f"{checks.shape_text(output.shape)}, got {checks.shape_text(d.shape)}; are these targets? They need a "
                "model and its loss"
            )
    return [checks.cast(d, output.dtype) for d, output in zip(d_out, outputs, strict=True)]


def _own_gradients(ours: Layer, x: Any, mask: Any, initial_state: Any, d_out: Sequence[np.ndarray]) -> Gradients:
    ours = copy.deepcopy(ours)  # whose states may go on
    given = {} if initial_state is None else {"initial_state": initial_state}
    trace = ours.trace(x, mask=mask, **given)
    n = 2 if getattr(ours, "merge_mode", "") is None else 1
    return ours.backward(trace, d_out[0] if n == 1 else list(d_out[:n]), list(d_out[n:]) or None)


# --- Keras's --------------------------------------------------------------------------------------------------------


def _tape(
    source: Any, x: np.ndarray, mask: Any, start: Sequence[np.ndarray], with_x: bool, target: Any
) -> tuple[Any, list[np.ndarray], list[np.ndarray | None]]:
    """(the loss or None, dL/dw of each weight, [dL/dx or None, dL/d(each initial state)]).

    target: the loss as a function of the output, or a list of dL/d(each array that is returned).
    """
    import tensorflow as tf

    # The arrays behind Keras's variables; frozen layers have gradients too.
    weights = [w.value for w in source.weights]
    inputs = [tf.constant(a) for a in (x, *start)]
    with_x = with_x and inputs[0].dtype.is_floating
    watched = [*weights, *inputs[0 if with_x else 1 :]]
    given = {"initial_state": inputs[1:]} if start else {}
    with unchanged(source):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(watched)
            output = call_keras(source, inputs[0], mask=mask, **given)
            end = target(output) if callable(target) else keras().tree.flatten(output)
        d_end = None if callable(target) else [tf.constant(d) for d in target]
        found = tape.gradient(end, watched, output_gradients=d_end, unconnected_gradients="zero")
    found = [numbers(tf.convert_to_tensor(g)) for g in found]  # an embedding's is a list of rows
    d_weights, d_inputs = found[: len(weights)], found[len(weights) :]
    return numbers(end) if callable(target) else None, d_weights, d_inputs if with_x else [None, *d_inputs]
