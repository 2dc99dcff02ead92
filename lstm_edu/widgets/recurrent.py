"""RecurrentExplorer: step through a GRU's or a SimpleRNN's trace, with every gate in view."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_edu import palette
from lstm_edu.plots.scales import recurrent_scales
from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, words

# What each kind records, and the parts of its sums, gate by gate.
QUANTITIES = {"GRU": ("x", "a", "z", "r", "g", "h"), "SimpleRNN": ("x", "z", "h")}
MAPS = {"GRU": ("x", "z", "r", "g", "h"), "SimpleRNN": ("x", "z", "h")}
AXES = ("sequence", "step", "unit")


class RecurrentExplorer(_base.LayerOverTime):
    """A GRU's or a SimpleRNN's numbers over time, in the page: point, drag, or use the keys.

    Keys and traits are `LSTMExplorer`'s: left and right a timestep, up and down a unit, Page Up and Page Down ten
    timesteps, Home and End the first and the last, Space plays; `t`, `unit`, `batch` and `highlight`.

    Args:
        trace: a complete Trace of a GRU, x (B, T, F), a (B, T, 3 * units), z, r, g, h (B, T, units), with reset_after
            True or False; or of a SimpleRNN, x, z, h.
        reference: a trace of the same quantities by Keras (`le.keras_bridge.keras_trace`), shown next to ours.
        t, unit, batch: where to begin. detail: how much is shown, "simple", "gates" or "all".

    Raises:
        TypeError: `trace` or `reference` is not a Trace; a place is not a whole number.
        ValueError: a trace of another kind of layer, one that kept only some quantities, a reference from another
            input, a place out of range.
    """

    _MODULE = "recurrent/explorer.js"

    def _describe(self, trace, reference):
        return describe(trace, reference)

    def _quantities(self):
        return self._spec["maps"]


def describe(
    trace: Trace, reference: Trace | None = None, rows: int | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page needs of a GRU's or SimpleRNN's trace: (spec, arrays). `rows`: at most so many sequences.

    The arrays include the weights, as the layer has them; none of them if they are too large to travel, or if the
    run dropped numbers, so that its sums are not those of x and h alone.
    """
    owner = "RecurrentExplorer"
    kind = getattr(trace, "kind", "GRU")
    if kind not in QUANTITIES:
        kind = "GRU"  # need_trace says what is wrong
    quantities = QUANTITIES[kind]
    trace = _base.need_trace(trace, kind, quantities, owner)
    batch, steps, features = _base.need_steps(trace["x"], owner)
    units = trace["h"].shape[2]
    layer = trace.layer
    wanted = {name: trace[name] for name in quantities} | {"h_start": trace.initial_state[0]}
    if trace.mask is not None:
        wanted["counts"] = trace.mask
    if reference is not None:
        reference = _base.need_same(trace, reference, quantities, owner)
        wanted |= {f"keras_{name}": reference[name] for name in quantities[1:]}

    weights = dict(zip(layer.weight_names, trace.weights, strict=True))
    dropped = any(mask is not None for mask in trace.dropout_masks)
    light = _base.light(weights.values())
    if dropped or not light:
        weights = {}
    rows = _base.fitting(wanted, rows, taken=sum(array.nbytes for array in weights.values()))
    arrays = {name: array[:rows] for name, array in wanted.items()}
    spec = {
        "kind": kind,
        "name": layer.name,
        "title": words.recurrent_layer(trace),
        "rows": rows,
        "batch": batch,
        "steps": steps,
        "features": features,
        "units": units,
        "activation": layer.activation.name,
        "recurrent_activation": layer.recurrent_activation.name if kind == "GRU" else "",
        "reset_after": bool(getattr(layer, "reset_after", False)),
        "use_bias": layer.use_bias,
        "zero_output_for_mask": layer.masked_output == "zero",
        "closed": "" if weights else words.DROPPED if dropped else words.TOO_LARGE,
        "time": _base.reading_order(trace),
        "maps": list(MAPS[kind]),
        "letters": letters(kind),
        "scales": recurrent_scales(layer, arrays),
        "tolerance": _base.tolerance(trace["h"]),
        "comparison": None if reference is None else _base.compared(trace, _pairs(trace, reference), AXES),
    }
    return spec, arrays | weights


def letters(kind: str) -> dict[str, dict[str, str]]:
    """What is sent to the page about letters that mean something different from an LSTM's: colour, name, role."""
    if kind == "GRU":
        return {letter: {"as": of, "name": name, "role": role} for letter, (of, name, role) in palette.GRU.items()}
    return {
        "z": {"as": "x", "name": "sum (pre-activation)", "role": "what the input and the previous output add up to"},
        "h": {"as": "h", "name": palette.NAMES["h"], "role": "what the layer remembers, and its output at this step"},
    }


def _pairs(trace: Trace, reference: Trace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """name -> (ours, Keras's); a gate by gate, so that a place is always (sequence, step, unit)."""
    both = []
    for one in (trace, reference):
        found = {name: one[name] for name in QUANTITIES[trace.kind][1:] if name != "a"}
        if "a" in QUANTITIES[trace.kind]:
            found = {f"a_{g}": block for g, block in zip("zrg", np.split(one["a"], 3, axis=2), strict=True)} | found
        both.append(found)
    return {name: (both[0][name], both[1][name]) for name in both[0]}
