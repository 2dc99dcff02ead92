"""The trace of a Keras layer or model: our names, Keras's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lstm_edu.comparison.report import differences
from lstm_edu.comparison.rounding import Rounding, spread
from lstm_edu.comparison.tolerance import apart
from lstm_edu.core import Layer, StackedRNN, checks
from lstm_edu.core.container import Container
from lstm_edu.core.precision import Policy, unit_roundoff
from lstm_edu.keras_bridge.calling import call_keras, unchanged
from lstm_edu.keras_bridge.converting import chain, convert, is_model, opened
from lstm_edu.keras_bridge.layers import numbers, support
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.looping import compiled
from lstm_edu.keras_bridge.noting import Noted, noting
from lstm_edu.keras_bridge.tapping import Call, record
from lstm_edu.trace import Trace

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_ZEROES_OTHER_STEPS = ("unroll", "go_backwards", "zero_output_for_mask", "return_sequences")  # TensorFlow, PyTorch


def keras_trace(source: Any, x: Any, mask: Any = None, initial_state: Sequence[Any] | None = None) -> Trace:
    """What Keras computes inside, recorded under our names.

    Every number comes from Keras's own code: the layer's own cell is run step by step, its activation functions
    tapped, and the result is compared with what the layer itself returns. The layer is not changed: a stateful
    one has the same states afterwards as before.

    Args:
        source: a Keras layer that `from_keras` supports, a model that is a chain of such, or the path of its file.
        x: (B, T, F) for recurrent layers, (B, ..., F) for Dense. mask: (B, T) or None.
        initial_state: for a single recurrent layer, [h0, c0], each (B, H).

    Returns:
        A Trace such as `layer.trace(x)` returns. `trace.output` is what Keras's layer returned, `trace.layer` is
        `from_keras(source)`, `trace.children` has one trace per layer for a model.

    Raises:
        ValueError, TypeError: as `from_keras`, and for an x, mask or initial_state that does not fit.
    """
    source = opened(source)
    return _trace(source, convert(source, None), np.asarray(x), mask, initial_state)


def _trace(source: Any, ours: Layer, x: np.ndarray, mask: Any, initial_state: Any) -> Trace:
    if not is_model(source):
        return trace_of(source, ours, x, mask, initial_state)
    if initial_state is not None:
        raise ValueError(f"the model {source.name!r} takes no initial_state; only a single recurrent layer does")
    calls, output = record(source, rounded(x, source), mask)
    return _chained(source, ours, {id(call.layer): call for call in calls}, output)


def _chained(model: Any, ours: Any, calls: dict[int, Call], output: Any = None) -> Trace:
    """The trace of a chain, of what was noted of each layer in it."""
    children: dict[str, Trace] = {}
    for layer, own in zip(chain(model), ours.layers, strict=True):
        if is_model(layer):
            child = _chained(layer, own, calls)
        else:
            call = calls[id(layer)]
            child = trace_of_call(call, own)
        children[layer.name] = child
    first, last = (children[name] for name in (next(iter(children)), next(reversed(children))))
    if output is not None:
        confirm(model, (last.output, output))
    return Trace(ours, {}, last.output, mask=first.mask, output_mask=last.output_mask, children=children)


def trace_of_call(call: Call, ours: Layer) -> Trace:
    """The trace of a layer of Keras that was called, of which `ours` is the same in NumPy. It is not run once more,
    unless its steps were not noted."""
    return trace_of(call.layer, ours, call.x, call.mask, call.initial_state, call.output, call.steps)


def trace_of(
    layer: Any,
    ours: Layer,
    x: np.ndarray,
    mask: Any,
    initial_state: Any,
    output: Any = None,
    steps: Noted | None = None,
) -> Trace:
    """The trace of one layer of Keras, of which `ours` is the same in NumPy.

    output, steps: what it returned for this, and what its cell computed, where that is known.
    """
    given = {} if initial_state is None else {"initial_state": initial_state}
    plan = ours.prepared(x, mask, **given)
    mask = None if mask is None else np.asarray(mask).astype(bool)
    zeroes = getattr(ours, "masked_output", "") == "zero" and all(getattr(layer, f, False) for f in _ZEROES_OTHER_STEPS)
    if mask is not None and zeroes:
        raise ValueError(
            f"{layer.name!r}: with {'=True, '.join(_ZEROES_OTHER_STEPS)}=True and a mask Keras 3.15 reverses the steps "
            "but not the mask, and zeroes the outputs of steps other than the masked ones. This is not supported "
            "here; set unroll=False"
        )
    if output is None:
        with noting(layer, x) as steps:
            output = _call(layer, x, mask=mask, **given)
    else:
        output = _arrays(layer, output)
    row = support(layer)
    children: dict[str, Trace] = {}
    noted = None if steps is None else steps.arrays(plan.mask, plan.initial_state)
    if noted is not None and _returned(layer, noted, output, plan.mask):
        arrays = {"x": plan.x} | noted
    elif row.inside is None:
        assert row.record is not None
        with unchanged(layer):
            arrays = row.record(layer, plan.x, plan.mask, plan.initial_state)
    else:
        assert isinstance(ours, Container)
        own = ours.inner
        arrays, children = row.inside(
            layer, x, mask, initial_state, lambda name, inner, *call: trace_of(inner, own[name], *call)
        )
    if isinstance(ours, StackedRNN):
        confirm(layer, (ours.gathered(children), output))
    output_mask = layer.compute_mask(x, mask)
    if isinstance(output_mask, (list, tuple)):  # of several outputs, the first is what the next layer would take
        output_mask = output_mask[0]
    trace = Trace(
        ours,
        arrays,
        output,
        mask=plan.mask,
        output_mask=None if output_mask is None else numbers(output_mask),
        initial_state=plan.initial_state,
        time=plan.time,
        children=children,
    )
    _confirm_record(layer, trace, arrays)
    return trace


def _returned(layer: Any, arrays: dict[str, np.ndarray], output: Any, mask: np.ndarray | None) -> bool:
    """Whether what was noted equals, to the last digit, what the layer returned."""
    return all(np.array_equal(a, b, equal_nan=True) for a, b in _same_twice(layer, arrays, output, mask))


def _confirm_record(layer: Any, trace: Trace, arrays: dict[str, np.ndarray]) -> None:
    """What was recorded must be what the layer returned, up to rounding; how much that is, is computed only in
    doubt."""
    pairs = list(_same_twice(layer, arrays, trace.output, trace.mask))
    if not any(apart(recorded, returned).any() for recorded, returned in pairs):
        return
    unit, known = unit_roundoff(trace.layer), dict(spread(trace).arrays)
    if known.keys() >= arrays.keys() - {"x"}:
        of_pairs = [one for one, _ in _same_twice(layer, known, trace.output, trace.mask)]
        if not any(
            differences(recorded, returned, Rounding(one, unit)).wrong.any()
            for one, (recorded, returned) in zip(of_pairs, pairs, strict=True)
        ):
            return
    confirm(layer, *pairs)


def rounded(x: np.ndarray, model: Any) -> np.ndarray:
    """x in the dtype of the model's Input: what Keras rounds it to first, whatever its layers compute in."""
    dtype = model.inputs[0].dtype
    return Policy(dtype).cast(np.asarray(x)) if dtype in _FLOATS else checks.cast(np.asarray(x), np.dtype(dtype))


def _call(layer: Any, x: np.ndarray, **call: Any) -> np.ndarray | tuple[np.ndarray, ...]:
    """What Keras's layer returns, as arrays."""
    with unchanged(layer):
        return _arrays(layer, compiled(layer, x, lambda: call_keras(layer, x, **call)))


def _arrays(layer: Any, output: Any) -> np.ndarray | tuple[np.ndarray, ...]:
    if isinstance(output, Mapping):
        raise ValueError(f"{layer.name!r} returns a dict, which is not supported")
    return tuple(map(numbers, keras().tree.flatten(output))) if isinstance(output, (list, tuple)) else numbers(output)


def _same_twice(layer: Any, arrays: dict[str, np.ndarray], output: Any, mask: np.ndarray | None) -> Iterator[tuple]:
    """(recorded, returned) wherever a recorded quantity has to be what the layer returned."""
    first, *states = output if isinstance(output, tuple) else (output,)
    if "h" not in arrays:
        if "y" in arrays:
            yield arrays["y"], first
        return
    h = arrays["h"]
    counts = np.ones(h.shape[:2], bool) if mask is None else mask
    if layer.return_sequences:
        yield h[counts], first[counts]
    else:
        yield h[counts[:, -1], -1], first[counts[:, -1]]
    for name, state in zip("hc", states, strict=False):
        yield arrays[name][:, -1], state


def confirm(layer: Any, *pairs: tuple[Any, Any]) -> None:
    for recorded, returned in pairs:
        a, b = (v if isinstance(v, tuple) else (v,) for v in (recorded, returned))
        if len(a) != len(b) or any(apart(p, q).any() for p, q in zip(a, b, strict=True)):
            raise RuntimeError(
                f"what was recorded inside {layer.name!r} is not what it returned, so the record cannot be trusted "
                f"(Keras {keras().__version__}, {keras().backend.backend()}). Is its computation changed, or does it "
                "run on a device that rounds differently?"
            )
