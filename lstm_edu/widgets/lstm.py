"""LSTMExplorer: step through an LSTM's trace, with every gate in view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from lstm_edu.plots.scales import lstm_scales
from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, whatif, words

QUANTITIES = ("x", "z", "i", "f", "g", "o", "c", "h")
AXES = ("sequence", "step", "unit")
MAPS = ("x", "i", "f", "g", "o", "c", "h")  # what is drawn over time


class LSTMExplorer(_base.LayerOverTime):
    """An LSTM's gates and states over time, in the page: point, drag, or use the keys.

    Keys: left and right a timestep, up and down a unit, Page Up and Page Down ten timesteps, Home and End the first and
    the last, Space plays. `t`, `unit` and `batch` are traits: set them and the picture follows, observe them and follow
    the reader. Steps are counted as the layer processed them (`trace.time` says which timestep of the input each read).

    Next to the pictures the cell of the chosen unit is drawn, its wires as thick as what flows in them, and there are
    the equations with their numbers; each product of a sum opens to its terms. Pointing at a wire, or pressing it, sets
    `highlight`, and setting `highlight` lights the wire.

    "What if ..." holds gates, changes numbers, or makes a mistake of the catalogue; the page recomputes the run and
    shows the old one next to it. `what_if` does the same from Python, `reset` brings the run back, and the trait
    `whatif` says what is on: a dict, {} if nothing is.

    Args:
        trace: a complete Trace of an LSTM: x (B, T, F), z (B, T, 4 * units), i, f, g, o, c, h (B, T, units).
        reference: a trace of the same quantities by Keras (`le.keras_bridge.keras_trace`), shown next to ours.
        t, unit, batch: where to begin. detail: how much is shown, "simple", "gates" or "all".
        name: what to call it, instead of the layer's name.

    Of a large batch only the first sequences travel to the page, about 8 MB of them; the explorer says so.

    Raises:
        TypeError: `trace` or `reference` is not a Trace; a place is not a whole number.
        ValueError: a trace of another kind of layer, one that kept only some quantities, a reference from another
            input, a place out of range.
    """

    _MODULE = "lstm/explorer.js"

    whatif = traitlets.Dict(help="What is changed in the run, as `what_if` writes it down; {}: nothing.").tag(sync=True)

    def _describe(self, trace, reference):
        return describe(trace, reference)

    def _quantities(self):
        return MAPS

    @traitlets.validate("whatif")
    def _valid_what_if(self, proposal: Any) -> dict[str, Any]:
        return whatif.checked(proposal["value"], self._spec)

    def what_if(
        self,
        hold: Mapping[str, float] | None = None,
        *,
        unit: int | None = None,
        steps: tuple[int, int] | None = None,
        mistake: str | None = None,
        x: Mapping[tuple[int, ...], float] | None = None,
        kernel: Mapping[tuple[int, int], float] | None = None,
        recurrent_kernel: Mapping[tuple[int, int], float] | None = None,
        bias: Mapping[int, float] | None = None,
        add: bool = False,
    ) -> None:
        """Show the run as it would be with these changes; the old run stays in sight next to it.

        Args:
            hold: gate -> the number it is held at, {"f": 1} (open) or {"i": 0, "o": 0.5}, whatever its sum says.
            unit: of this unit only; all units, if not given. steps: from this step to this one, both included.
            mistake: an id of the catalogue (`le.mistakes(layer)`), "gate-order:i,g,f,o".
            x: (step, feature) -> number, in the sequence shown; or (sequence, step, feature) -> number. Steps are
                counted as the layer processed them.
            kernel, recurrent_kernel: (row, column) -> number; columns as Keras packs them, gate by gate.
            bias: column -> number.
            add: to what is already changed; else instead of it.

        The numbers are put in first, then the mistake is made, and the gates are held last.

        Raises:
            TypeError: something of the wrong kind.
            ValueError: a gate, a place or a mistake that does not exist; a number that is not finite; a mistake that
                cannot be made in this run; a layer whose weights are too large to travel to the page.

        Example:
            >>> explorer.what_if(hold={"f": 1}, unit=0)           # unit 0 forgets nothing
            >>> explorer.what_if(mistake="bias-missing")          # the whole run without its bias
            >>> explorer.what_if(x={(3, 0): 0.0}, add=True)       # ... and another input at step 3
        """
        numbers = {"x": x, "kernel": kernel, "recurrent_kernel": recurrent_kernel, "bias": bias}
        asked = whatif.asked(self._spec, self.batch, hold, unit, steps, mistake, numbers)
        self.whatif = whatif.joined(self.whatif, asked) if add else asked

    def reset(self) -> None:
        """Back to the run as it was recorded."""
        self.whatif = {}


def describe(
    trace: Trace, reference: Trace | None = None, rows: int | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page needs of an LSTM's trace: (spec, arrays). `rows`: at most so many sequences.

    The arrays hold the weights too, kernel (F, 4 * units), recurrent_kernel (units, 4 * units) and bias (4 * units,)
    if there is one; none of them if they are too large to travel.
    """
    owner = "LSTMExplorer"
    trace = _base.need_trace(trace, "LSTM", QUANTITIES, owner)
    batch, steps, features = _base.need_steps(trace["x"], owner)
    units = trace["h"].shape[2]
    layer = trace.layer
    wanted = {name: trace[name] for name in QUANTITIES}
    wanted |= {"h_start": trace.initial_state[0], "c_start": trace.initial_state[1]}
    if trace.mask is not None:
        wanted["counts"] = trace.mask
    if reference is not None:
        reference = _base.need_same(trace, reference, QUANTITIES, owner)
        wanted |= {f"keras_{name}": reference[name] for name in QUANTITIES[1:]}
        wanted["keras_c_start"] = reference.initial_state[1] if reference.initial_state else wanted["c_start"]

    weights = dict(zip(layer.weight_names, trace.weights, strict=True))
    if not _base.light(weights.values()):
        weights = {}
    rows = _base.fitting(wanted, rows, taken=sum(array.nbytes for array in weights.values()))
    arrays = {name: array[:rows] for name, array in wanted.items()}

    squash, gate = layer.activation.name, layer.recurrent_activation.name
    spec = {
        "kind": "LSTM",
        "name": layer.name,
        "title": words.recurrent_layer(trace),
        "rows": rows,
        "batch": batch,
        "steps": steps,
        "features": features,
        "units": units,
        "activation": squash,
        "recurrent_activation": gate,
        "zero_output_for_mask": getattr(layer, "masked_output", "") == "zero",
        "masked_output": getattr(layer, "masked_output", ""),
        "return_sequences": layer.return_sequences,
        "time": _base.reading_order(trace),
        "scales": lstm_scales(layer, arrays),
        "use_bias": layer.use_bias,
        "no_what_if": whatif.unavailable(trace),
        "mistakes": whatif.offered(trace),
        "tolerance": _base.tolerance(trace["h"]),
        "comparison": None if reference is None else _base.compared(trace, _pairs(trace, reference), AXES),
    }
    return spec, arrays | weights


def _pairs(trace: Trace, reference: Trace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """name -> (ours, Keras's); z gate by gate, so that a place is always (sequence, step, unit)."""
    both = [
        {f"z_{gate}": block for gate, block in zip("ifgo", np.split(t["z"], 4, axis=2), strict=True)}
        | {name: t[name] for name in QUANTITIES[2:]}
        for t in (trace, reference)
    ]
    return {name: (both[0][name], both[1][name]) for name in both[0]}
