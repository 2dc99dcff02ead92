"""Gradients: ours, from the chain rule written out, against Keras's, from the backend's automatic differentiation."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.comparison.places import default_axes, weight_places
from lstm_edu.comparison.report import Report, Row, compare_arrays
from lstm_edu.comparison.rounding import SPREADS, Rounding
from lstm_edu.comparison.tolerance import Tolerance
from lstm_edu.core import Gradients, Layer, checks, losses
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.keras_bridge.calling import call_keras, unchanged
from lstm_edu.keras_bridge.compiling import compiled_loss
from lstm_edu.keras_bridge.converting import is_model
from lstm_edu.keras_bridge.layers import numbers
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.looping import tensor
from lstm_edu.keras_bridge.recording import rounded
from lstm_edu.trace import Trace

# How much gradients may differ: absolute + relative |g| + of_largest max |g|, g being Keras's. In float32 a gradient
# that is the small sum of large terms has only their digits, so the array's largest number counts too; in float64 no
# right implementation needs it.
_TOLERANCES = {"float64": (1e-10, 1e-8, 0.0), "float32": (1e-7, 1e-4, 1e-5)}


def none_here() -> str:
    """Why Keras has no gradients on its present backend, in a sentence; "" where it has them."""
    backend = keras().backend.backend()
    if backend in _GRADIENTS:
        return ""
    return (
        f"Keras computes no gradients on the backend {backend!r}, so none were compared; it does on "
        f"{', '.join(_GRADIENTS)} (set KERAS_BACKEND before Keras is imported)"
    )


def least_precise(layer: Layer, loss: losses.Loss | None = None) -> str:
    """The dtype on which it depends how exact gradients are: float32 if anything computes in it."""
    dtypes = [layer.dtype, *(w.dtype for w in layer.weights), *([] if loss is None else [loss.dtype])]
    return "float32" if np.float32 in dtypes else "float64"


def compare_gradients(
    source: Any, ours: Layer, theirs: Trace, x: Any, y: Any, *, mask: Any, initial_state: Any, loss: Any
) -> Report:
    """One row for the loss, if there is one, each weight, the input and each initial state; see `verify`."""
    if is_model(source):
        their_loss, our_loss = compiled_loss(source, loss)
        x = rounded(np.asarray(x), source)
        mine: Any = copy.deepcopy(ours)  # with its own loss, and states that may change
        mine.compile("sgd", our_loss)
        value, own, _ = mine.loss_and_gradients(x, y, mask)
        expected, d_weights, d_inputs = _theirs(source, x, mask, (), own.x is not None, lambda out: their_loss(y, out))
        rows = [compare_arrays("loss", np.asarray(value, expected.dtype), expected)]
        precision = least_precise(theirs.layer, our_loss)
        moved = _moved_by_rounding(own, mine, lambda: mine.loss_and_gradients(x, y, mask)[1])
    else:
        if loss is not None:
            raise ValueError(
                f"{source.name!r} is a single layer, for which y is dL/d(output), whatever L is; for a loss put the "
                "layer in a keras.Sequential model"
            )
        d_out = _output_gradients(source, theirs, y)
        own = _own_gradients(ours, x, mask, initial_state, d_out)
        if own.x is not None:
            x = checks.cast(np.asarray(x), theirs.layer.dtype)
        start = [checks.cast(np.asarray(s), theirs.layer.dtype) for s in initial_state or ()]
        _, d_weights, d_inputs = _theirs(source, np.asarray(x), mask, start, own.x is not None, d_out)
        rows, precision = [], least_precise(theirs.layer)
        other = copy.deepcopy(ours)
        moved = _moved_by_rounding(own, other, lambda: _own_gradients(other, x, mask, initial_state, d_out))
    places = weight_places(theirs.layer)
    for place, mine, keras_own, far in zip_longest(places, own.weights, d_weights, moved.weights):
        name = place.name if place else "another weight"
        rows.append(_row(name, mine, keras_own, precision, far, place and place.axes, place and place.gates))
    dx, *d_start = d_inputs
    if dx is not None:
        rows.append(_row("x", own.x, dx, precision, moved.x, default_axes("x", dx.ndim)))
    if d_start:
        states = zip(_state_names(theirs.layer), own.initial_state, d_start, moved.initial_state, strict=True)
        for name, mine, keras_own, far in states:
            rows.append(_row(f"initial state {name}", mine, keras_own, precision, far, ("sequence", "unit")))
    return Report(tuple(rows))


class Moved(NamedTuple):
    """How far rounding moves gradients: for each array the largest distance that was seen; 0.0 for none."""

    weights: list[float]
    x: float
    initial_state: list[float]


def _moved_by_rounding(own: Gradients, layer: Any, again: Callable[[], Gradients]) -> Moved:
    """Seen from gradients at weights that differ by one rounding each: a layer that makes errors grow on the way
    forward also makes them grow on the way back. `layer` is a copy that may be changed, and `again` takes its
    gradients."""
    rng, weights = np.random.default_rng(0), layer.get_weights()
    moved = Moved([0.0] * len(own.weights), 0.0, [0.0] * len(own.initial_state))
    for _ in range(_SHAKEN):
        shaken = [w * (1 + np.finfo(w.dtype).eps * rng.uniform(-1, 1, w.shape)).astype(w.dtype) for w in weights]
        layer.set_weights(shaken)
        other = again()
        moved = Moved(
            [max(m, _far(a, b)) for m, a, b in zip(moved.weights, other.weights, own.weights, strict=True)],
            max(moved.x, 0.0 if own.x is None else _far(other.x, own.x)),
            [
                max(m, _far(a, b))
                for m, a, b in zip(moved.initial_state, other.initial_state, own.initial_state, strict=True)
            ],
        )
    layer.set_weights(weights)
    return moved


_SHAKEN = 2


def _far(one: Any, other: Any) -> float:
    difference = np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))
    return float(difference[np.isfinite(difference)].max(initial=0))


def _row(name, ours, theirs, precision, moved, axes=None, gates=None) -> Row:
    """One row; moved: how far rounding was seen to move this gradient, None for an array that ours does not have."""
    absolute, relative, of_largest = _TOLERANCES[precision]
    if theirs is not None and of_largest:
        absolute += of_largest * float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0))
    tolerance = Tolerance(absolute, relative, "g")
    ours = None if ours is None else np.asarray(ours)  # an embedding's gradient is an array with more in it
    allowed: Tolerance | Rounding = tolerance
    if theirs is not None and moved and SPREADS * moved > tolerance.allowed(theirs).max(initial=0):
        allowed = Rounding(np.full(theirs.shape, moved, np.float32), unit_roundoff(precision))
    return compare_arrays(f"gradient of {name}", ours, theirs, axes=axes, gates=gates, allowed=allowed)


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
            f"{shapes}; got {checks.plural(len(y), 'array') if isinstance(y, (list, tuple)) else type(y).__name__}"
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
    ours = copy.deepcopy(ours)  # whose states may change
    given = {} if initial_state is None else {"initial_state": initial_state}
    trace = ours.trace(x, mask=mask, **given)
    n = 2 if getattr(ours, "merge_mode", "") is None else 1
    return ours.backward(trace, d_out[0] if n == 1 else list(d_out[:n]), list(d_out[n:]) or None)


# --- Keras's --------------------------------------------------------------------------------------------------------


def _theirs(
    source: Any, x: np.ndarray, mask: Any, start: Sequence[np.ndarray], with_x: bool, target: Any
) -> tuple[Any, list[np.ndarray], list[np.ndarray | None]]:
    """(the loss or None, dL/dw of each weight, [dL/dx or None, dL/d(each initial state)]).

    target: the loss as a function of the output, or a list of dL/d(each array that is returned).
    """
    with_x = with_x and x.dtype.kind == "f"
    steady = [] if with_x else [x]
    moving = [*([x] if with_x else []), *start]

    def end(inputs: Sequence[Any]) -> Any:
        """The loss, of tensors; or the sum whose gradients are those of the given dL/d(output)."""
        tensors: list[Any] = [*steady, *inputs]
        x, *start = tensors
        output = call_keras(source, x, mask=mask, **({"initial_state": start} if start else {}))
        if callable(target):
            return target(output)
        ops = keras().ops
        ends = zip(map(tensor, target), keras().tree.flatten(output), strict=True)
        return sum(ops.sum(d * y) for d, y in ends)

    with unchanged(source):
        value, found = _GRADIENTS[keras().backend.backend()](source, moving, end)
    found = [numbers(g) for g in found]
    n = len(source.weights)
    return numbers(value) if callable(target) else None, found[:n], [*([] if with_x else [None]), *found[n:]]


End = Callable[[Sequence[Any]], Any]  # the inputs that gradients are taken of -> one number


def _tensorflow(source: Any, inputs: list[np.ndarray], end: End) -> tuple[Any, list[Any]]:
    import tensorflow as tf

    # The arrays behind Keras's variables; frozen layers have gradients too.
    tensors = [tf.constant(a) for a in inputs]
    watched = [*(w.value for w in source.weights), *tensors]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(watched)
        value = end(tensors)
    found = tape.gradient(value, watched, unconnected_gradients="zero")
    return value, [tf.convert_to_tensor(g) for g in found]  # an embedding's is a list of rows


def _jax(source: Any, inputs: list[np.ndarray], end: End) -> tuple[Any, list[Any]]:
    import jax

    def value(weights, inputs):
        with keras().StatelessScope(state_mapping=list(zip(source.weights, weights, strict=True))):
            return end(inputs)

    weights = [w.value for w in source.weights]
    tensors = [tensor(a) for a in inputs]
    value, (d_weights, d_inputs) = jax.value_and_grad(value, argnums=(0, 1))(weights, tensors)
    return value, [*d_weights, *d_inputs]


def _torch(source: Any, inputs: list[np.ndarray], end: End) -> tuple[Any, list[Any]]:
    import torch

    weights = [w.value for w in source.weights]
    tensors = [tensor(a).requires_grad_() for a in inputs]
    before = [w.requires_grad for w in weights]
    for weight in weights:  # frozen ones too
        weight.requires_grad_()
    try:
        value = end(tensors)
        found = torch.autograd.grad(value, [*weights, *tensors], allow_unused=True, materialize_grads=True)
    finally:
        for weight, needed in zip(weights, before, strict=True):
            weight.requires_grad_(needed)
    return value, list(found)


_GRADIENTS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
