"""LayerExplorer: what goes into a layer and what comes out, for layers that have nothing inside to step through."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_edu.plots.scales import input_scale
from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, words


class LayerExplorer(_base.LayerOverTime):
    """A layer's input and output as pictures, and in words what it does: Masking, Dropout, Bidirectional, or any other.

    Keys and traits are those of `LSTMExplorer`: `t` the step (0 where there is no time), `unit` the feature, `batch`.

    Args:
        trace: the Trace of any layer.
        reference: the same by Keras.
        t, unit, batch: where to begin. detail: how much is shown, "simple", "gates" or "all".

    Raises:
        TypeError: not a Trace. ValueError: a place out of range.
    """

    _MODULE = "plain/explorer.js"

    _UNITS = "feature"

    def _describe(self, trace, reference):
        if not isinstance(trace, Trace):
            raise TypeError(f"LayerExplorer needs a Trace (layer.trace(x)), got {type(trace).__name__}")
        return describe(trace, reference)


def describe(
    trace: Trace, reference: Trace | None = None, rows: int | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page needs of any layer's trace: (spec, arrays). `rows`: at most so many sequences."""
    layer = trace.layer
    output = trace.output[0] if isinstance(trace.output, tuple) else trace.output
    given = _input(trace)
    whole = {"x": given, "y": np.asarray(output)}
    if reference is not None:
        theirs = reference.output[0] if isinstance(reference.output, tuple) else reference.output
        if np.shape(theirs) == output.shape:
            whole["keras_y"] = np.asarray(theirs)
    timed = {name: _timed(a) for name, a in whole.items() if a is not None and a.size and a.dtype.kind in "fiub"}
    shown = {name: a for name, a in timed.items() if a is not None}
    mask = _mask(trace)
    steps = max((a.shape[1] for a in shown.values()), default=1)
    if mask is not None and mask.ndim == 2 and mask.shape[1] == steps:
        shown["counts"] = mask
    rows = _base.fitting(shown, rows) if shown else 1
    arrays = {name: array[:rows] for name, array in shown.items()}
    widths = [a.shape[2] for name, a in arrays.items() if name != "counts"]
    spec = {
        "kind": trace.kind,
        "name": layer.name,
        "title": words.layer(trace),
        "says": words.what_it_does(trace),
        "shapes": {name: str(array.shape) for name, array in whole.items() if array is not None and name != "keras_y"},
        "rows": rows,
        "batch": len(output) if np.ndim(output) else 1,
        "steps": steps,
        "units": max(widths, default=1),
        "scales": _scales({name: arrays[name] for name in "xy" if name in arrays}),
        "tolerance": _base.tolerance(output),
        "comparison": _base.compared(trace, {"y": (shown["y"], shown["keras_y"])}, ("sequence", "step", "feature"))
        if "keras_y" in shown and "y" in shown and shown["y"].dtype.name in _base.TOLERANCES
        else None,
    }
    return spec, arrays


def input_shape(trace: Trace) -> tuple[int, ...]:
    """The shape of what went in; () where the trace did not keep it."""
    given = _input(trace)
    return () if given is None else given.shape


def output_shape(trace: Trace) -> tuple[int, ...]:
    """The shape of the output, the first of them if there are several."""
    return np.shape(trace.output[0] if isinstance(trace.output, tuple) else trace.output)


def _input(trace: Trace) -> np.ndarray | None:
    """What went in: recorded by the layer itself, or by the first of its inner layers, in the order of the input."""
    if "x" in trace:
        return trace["x"]
    for child in trace.children.values():
        found = _input(child)
        if found is not None:
            return found if child.time is None else found[:, np.argsort(child.time)]
    return None


def _scales(arrays: dict[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """One scale for both where they have the same shape, so that equal numbers have equal colours."""
    if len({a.shape for a in arrays.values()}) == 1:
        return dict.fromkeys(arrays, input_scale(np.concatenate([a.ravel() for a in arrays.values()])))
    return {name: input_scale(a) for name, a in arrays.items()}


def _mask(trace: Trace) -> np.ndarray | None:
    return trace.mask if trace.kind == "Masking" or trace.mask is not None else trace.output_mask


def _timed(array: np.ndarray) -> np.ndarray | None:
    """(B,), (B, F) or (B, T, F) as (B, T, F); None for more axes than a picture has."""
    if array.ndim > 3 or array.ndim == 0:
        return None
    return array.reshape(len(array), 1, -1) if array.ndim < 3 else array
