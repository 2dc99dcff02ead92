"""DenseExplorer: y = activation(x W + b), with every number within reach."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import traitlets

from lstm_edu.core import Dense, TimeDistributed
from lstm_edu.core.checks import plural
from lstm_edu.plots.scales import input_scale, scale_of, signed_scale
from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, words

QUANTITIES = ("x", "z", "y")
_PLACE = re.compile(r"([xWb])\[(\d+)(?:,(\d+))?(?:,(\d+))?\]")


class DenseExplorer(_base.LayerOverTime):
    """A Dense layer's x, W, b and y as matrices: choose an output and see its sum, term by term; change any number.

    Keys: left and right an output, up and down a row (a sample of the batch, or a timestep where x has time), Page Up
    and Page Down ten rows, Home and End the first and the last. A click on a number of x, W or b connects it to the
    slider, whose arrow keys change it; the page recomputes the rest.

    `batch`, `t` and `unit` are traits that say which output is shown; `t` is 0 where x has no time axis. `edits` holds
    what the reader has changed, such as {"W[0,3]": 1.5}; set it from Python, or {} to undo all changes.

    Args:
        layer_or_trace: a built Dense layer or TimeDistributed(Dense), with x; or its Trace.
        x: (B, F), or (B, T, F) with time. Only with a layer.
        reference: the Trace of Keras's layer for the same x, shown next to ours while nothing is changed.
        t, unit, batch: where to begin. detail: how much is shown, "simple", "gates" or "all".

    Raises:
        TypeError, ValueError: x missing or given twice, a trace of another kind, a place out of range.
    """

    _MODULE = "dense/explorer.js"

    _UNITS, _ROWS = "output", "sample"

    edits = traitlets.Dict(help='Changed numbers, such as {"W[0,3]": 1.5, "b[2]": 0.1, "x[0,1]": 2.0}.').tag(sync=True)

    def __init__(
        self,
        layer_or_trace: Dense | Trace,
        x: Any = None,
        *,
        reference: Trace | None = None,
        t: int = 0,
        unit: int = 0,
        batch: int = 0,
        **layout: Any,
    ):
        trace: Any = layer_or_trace
        if isinstance(layer_or_trace, (Dense, TimeDistributed)):
            if x is None:
                raise ValueError("DenseExplorer needs an x to compute with: DenseExplorer(layer, x) or a trace")
            trace = layer_or_trace.trace(x)
        elif x is not None:
            raise ValueError("a trace has its own x: give DenseExplorer a layer and x, or a trace alone")
        super().__init__(trace, reference, t=t, unit=unit, batch=batch, **layout)

    def _describe(self, trace, reference):
        described = describe(trace, reference)
        self._trace, self._layer = trace, dense_of(trace)
        return described

    def _quantities(self):
        return ("x", "W", "b", "y")

    @traitlets.validate("edits")
    def _valid_edits(self, proposal: Any) -> Any:
        return self._check("edits", proposal["value"])

    def _check(self, name: str, value: Any) -> Any:
        if name != "edits":
            return super()._check(name, value)
        for place, number in value.items():
            self._find(place, number)
        return value

    # --- the numbers as the reader has changed them ----------------------------------------------------------------

    @property
    def x(self) -> np.ndarray:
        """x with the reader's changes: an array of x's own shape."""
        return self._edited("x", self._trace["x"])

    @property
    def kernel(self) -> np.ndarray:
        """W with the reader's changes, (F, units)."""
        return self._edited("W", self._trace.weights[0])

    @property
    def bias(self) -> np.ndarray | None:
        """b with the reader's changes, (units,); None for a layer without bias."""
        return self._edited("b", self._trace.weights[1]) if self._layer.use_bias else None

    @property
    def output(self) -> np.ndarray:
        """What the layer would return with the reader's changes, by NumPy."""
        z = self.x @ self.kernel
        return self._layer.activation(z if self.bias is None else z + self.bias)

    def _edited(self, name: str, array: np.ndarray) -> np.ndarray:
        array = array.copy()
        for place, number in self.edits.items():
            which, index = self._find(place, number)
            if which == name:
                array[index] = number
        return array

    def _find(self, place: str, number: Any) -> tuple[str, tuple[int, ...]]:
        """The array and the index that "W[0,3]" names. ValueError for a place that does not exist."""
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not np.isfinite(number):
            raise ValueError(f"edits: {place} must be a finite number, got {number!r}")
        x, kernel = self._trace["x"], self._trace.weights[0]
        shapes = {"x": x.shape, "W": kernel.shape} | ({"b": kernel.shape[1:]} if self._layer.use_bias else {})
        match = _PLACE.fullmatch(str(place).replace(" ", ""))
        index = tuple(int(n) for n in match.groups()[1:] if n is not None) if match else ()
        shape = shapes.get(match[1]) if match else None
        fits = shape and len(index) == len(shape) and all(n < size for n, size in zip(index, shape, strict=True))
        if match is None or not fits:
            known = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
            raise ValueError(f'edits: a place is written like "W[0,3]", in {known}; got {place!r}')
        return match[1], index


def dense_of(trace: Trace) -> Any:
    """The Dense layer of a trace: the layer itself, or the one that a TimeDistributed applies to every timestep."""
    return getattr(trace.layer, "layer", trace.layer)


def describe(
    trace: Trace, reference: Trace | None = None, rows: int | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page needs of a Dense layer's trace: (spec, arrays). `rows`: at most so many samples."""
    owner = "DenseExplorer"
    around = isinstance(trace, Trace) and trace.kind == "TimeDistributed" and isinstance(dense_of(trace), Dense)
    trace = _base.need_trace(trace, "TimeDistributed" if around else "Dense", QUANTITIES, owner)
    x, layer = trace["x"], dense_of(trace)
    if x.size == 0:
        raise ValueError(f"{owner} needs at least one sample, but x has shape {x.shape}: there is nothing to show")
    if x.ndim > 3:
        raise ValueError(
            f"{owner} shows x of shape (batch, features) or (batch, timesteps, features), got {x.shape}: "
            "explore a part of it, such as x[:, 0]"
        )
    units = trace["y"].shape[-1]

    def timed(array: np.ndarray) -> np.ndarray:
        return array.reshape(array.shape[0], -1, array.shape[-1])  # (B, T, .), T = 1 without a time axis

    per_row = {name: timed(trace[name]) for name in QUANTITIES}
    if reference is not None:
        reference = _base.need_same(trace, reference, QUANTITIES, owner)
        per_row |= {f"keras_{name}": timed(reference[name]) for name in ("z", "y")}
    rows = _base.fitting(per_row, rows)
    arrays = {name: array[:rows] for name, array in per_row.items()}
    arrays["W"] = trace.weights[0]
    if layer.use_bias:
        arrays["b"] = trace.weights[1]
    name = layer.activation.name
    batch, steps, features = per_row["x"].shape
    spec = {
        "kind": "Dense",
        "name": trace.layer.name,
        "title": words.layer(trace, plural(units, "unit"), plural(features, "feature")),
        "rows": rows,
        "batch": batch,
        "steps": steps,
        "timed": x.ndim == 3,
        "features": features,
        "units": units,
        "sums": int(trace["z"].shape[-1]),
        "activation": name,
        "formula": layer.activation.formula,
        "use_bias": layer.use_bias,
        "scales": {
            "x": input_scale(arrays["x"]),
            "W": signed_scale(np.concatenate([a.ravel() for a in trace.weights])),
            "y": scale_of(name, arrays["y"]),
        },
        "tolerance": _base.tolerance(trace["y"]),
        "comparison": None
        if reference is None
        else _base.compared(
            trace,
            {name: (trace[name], reference[name]) for name in ("z", "y")},
            ("sample", "step", "output") if x.ndim == 3 else ("sample", "output"),
        ),
    }
    return spec, arrays
