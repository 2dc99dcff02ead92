"""ModelExplorer: a model's trace, one tab per layer; step and sequence are the same in all tabs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import traitlets

from lstm_edu.core import Dense
from lstm_edu.core.checks import plural
from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, dense, named, plain, words
from lstm_edu.widgets.layers import LAYERS


class ModelExplorer(_base.InDetail):
    """The layers of a model, one tab each, over one run of it.

    `layer` is the name of the tab shown; `t`, `unit` and `batch` are the place, as in `LSTMExplorer` and
    `DenseExplorer`, and `t` and `batch` stay when the tab changes. `layers` lists the names.

    Args:
        trace: the Trace of a Sequential (or of any layer with inner layers).
        reference: the same by Keras, layers in the same order.
        layer: the tab to begin with; the first that can be explored, if not given.
        t, unit, batch: where to begin. detail: how much is shown, in all tabs: "simple", "gates" or "all".
    """

    _MODULE = "model/explorer.js"

    layer = traitlets.Unicode("", help="The name of the layer shown.").tag(sync=True)
    t = traitlets.Int(0, help="The step shown, from 0.").tag(sync=True)
    unit = traitlets.Int(0, help="The unit shown, from 0.").tag(sync=True)
    batch = traitlets.Int(0, help="The sequence of the batch, from 0.").tag(sync=True)
    highlight = traitlets.Unicode("", help="A quantity to point out, or nothing.").tag(sync=True)

    def __init__(
        self,
        trace: Trace,
        reference: Trace | None = None,
        *,
        layer: str | None = None,
        t: int = 0,
        unit: int = 0,
        batch: int = 0,
        **layout: Any,
    ):
        if not isinstance(trace, Trace):
            raise TypeError(f"ModelExplorer needs the Trace of a model, got {type(trace).__name__}")
        found = list(leaves(trace))
        theirs: list[Trace | None] = [None] * len(found) if reference is None else [t for _, t in leaves(reference)]
        if len(theirs) != len(found):
            raise ValueError(
                f"ModelExplorer: the reference must be of the same model, but it has {plural(len(theirs), 'layer')} "
                f"and the trace {len(found)}"
            )
        if not found:
            raise ValueError(f"ModelExplorer shows the layers of a model, but this {trace.kind} trace has none inside")
        able = [name for name, child in found if inside_of(child) != "plain"] or [name for name, _ in found]
        specs, arrays = describe_all(found, theirs)
        asked = {argument: layout.pop(argument, None) for argument in named.ARGUMENTS}
        ids = next((array for name, array in arrays.items() if name.endswith("/ids")), None)
        for one, names in zip(specs, named.of_model(specs, asked, named.is_chain(trace), ids), strict=True):
            one["named"] = names
        spec = {
            "kind": trace.kind,
            "name": trace.layer.name,
            "title": words.model(trace, [name for name, _ in found]),
            "layers": specs,
        }
        super().__init__(spec, arrays, layer=layer or able[0], t=t, unit=unit, batch=batch, **layout)

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers, in order."""
        return tuple(layer["tab"] for layer in self._spec["layers"])

    @traitlets.validate("layer", "t", "unit", "batch", "highlight")
    def _valid(self, proposal: Any) -> Any:
        return self._check(proposal["trait"].name, proposal["value"])

    def _check(self, name: str, value: Any, layer: str | None = None) -> Any:
        if name == "layer":
            if value not in self.layers:
                raise ValueError(f"layer must be one of {', '.join(self.layers)}, got {value!r}")
            return value
        if name == "highlight":
            known = ("x", "i", "f", "g", "o", "c", "h", "z", "r", "W", "b", "y")
            if value not in ("", *known):
                raise ValueError(f"highlight must be one of {', '.join(known)}, or '' for none, got {value!r}")
            return value
        if name == "unit":
            spec = next(s for s in self._spec["layers"] if s["tab"] == (layer or self.layer))
            return _base.where("unit", value, spec.get("units", 1), f"unit in {spec['tab']}")
        key, what = {"t": ("steps", "timestep"), "batch": ("rows", "sequence")}[name]
        return _base.where(name, value, max(s.get(key, 1) for s in self._spec["layers"]), what)

    @traitlets.observe("layer")
    def _unit_exists(self, _: Any) -> None:
        spec = next(s for s in self._spec["layers"] if s["tab"] == self.layer)
        self.unit = min(self.unit, spec.get("units", 1) - 1)

    def goto(
        self,
        t: int | None = None,
        unit: int | None = None,
        batch: int | None = None,
        highlight: str | None = None,
        layer: str | None = None,
    ) -> None:
        """Go to a layer, a step, a unit, a sequence, and point out a quantity; what is not given stays as it is."""
        if layer is not None:
            self._check("layer", layer)
        if unit is not None:
            self._check("unit", unit, layer)
        with self.hold_sync():
            if layer is not None:
                self.layer = layer
            _base.go(self, {"t": t, "unit": unit, "batch": batch, "highlight": highlight})


def leaves(trace: Trace, path: str = "") -> Iterator[tuple[str, Trace]]:
    """(name, trace) of every layer, in order: "bidirectional/forward" for inner ones, and "bidirectional/merged".

    TimeDistributed counts as one layer.
    """
    for name, child in trace.children.items():
        if child.children and child.kind != "TimeDistributed":
            yield from leaves(child, f"{path}{name}/")
        else:
            yield path + name, child
    if trace.kind == "Bidirectional":
        yield f"{path}merged", trace


def inside_of(trace: Trace) -> str:
    """Which explorer fits: "LSTM", "GRU", "SimpleRNN", "Dense", "Embedding"; "plain" for all others."""
    if trace.kind == "TimeDistributed":
        return "Dense" if isinstance(dense.dense_of(trace), Dense) and trace["x"].ndim == 3 else "plain"
    if trace.kind == "Dense" and "x" in trace and trace["x"].ndim > 3:
        return "plain"
    return trace.kind if trace.kind in LAYERS else "plain"


def describe_all(
    found: list[tuple[str, Trace]], theirs: list[Trace | None]
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """The specs of all layers, and their arrays under "0/x", "1/x" ...; as many samples of each as of the others."""
    recorded = [t for pair in zip([child for _, child in found], theirs, strict=True) for t in pair if t is not None]
    sized = {f"{n}/{name}": t[name] for n, t in enumerate(recorded) for name in t.names}
    rows = _base.fitting(sized) if sized else None
    traces = zip([child for _, child in found], theirs, strict=True)
    described, own = _base.first_steps(
        [LAYERS[inside_of(child)].describe(child, other, rows) for child, other in traces]
    )
    specs: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for n, ((tab, child), spec) in enumerate(zip(found, described, strict=True)):
        shapes = {"input_shape": str(plain.input_shape(child)), "output_shape": str(plain.output_shape(child))}
        specs.append(spec | shapes | {"tab": tab, "kind": child.kind, "inside": inside_of(child)})
        arrays |= {f"{n}/{name}": array for name, array in own[n].items()}
    return specs, arrays
