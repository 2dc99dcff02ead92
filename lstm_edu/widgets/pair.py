"""PairExplorer: two runs of the same input side by side, their difference, and where they diverge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import traitlets

from lstm_edu.comparison.divergence import first_divergences, need_pair
from lstm_edu.comparison.tolerance import apart
from lstm_edu.core import Layer
from lstm_edu.core.kinds import NOTATION
from lstm_edu.keras_bridge.loading import is_keras
from lstm_edu.plots.scales import scale_of, signed_scale
from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, words


class PairExplorer(_base.OverTime):
    """Two runs of one input: maps of the first, the second and their difference, with the first divergence marked.

    Keys: left and right a step, up and down a unit, Page Up and Page Down ten steps, Home and End the first and the
    last step, Space plays, d goes to the first divergence. One tab per quantity; a tab says whether the runs differ in
    it. `quantity`, `t`, `unit` and `batch` are traits that Python may set and observe; `divergences` says where each
    sequence's runs diverge.

    Args:
        a, b: two Traces of LSTM, PeepholeLSTM, GRU or SimpleRNN layers, with the same x.
        names: what to call them.
        quantities: which to compare; all that both have if None. Of layers of one kind that is everything recorded, a
            gate's sums under their own names (z_i, z_f, ...); of different kinds only what means the same in both:
            g, c and h.
        other_x: accept runs of different inputs, too; then x is compared first.
        quantity: the tab to begin with; h if None. t, unit, batch: where to begin.

    Raises:
        TypeError: not Traces; a place is not a whole number.
        ValueError: a layer without time, different numbers of sequences or steps, another x, nothing in common, an
            unknown quantity, a place out of range.
    """

    _MODULE = "pair/explorer.js"

    quantity = traitlets.Unicode("", help="The quantity shown.").tag(sync=True)

    def __init__(
        self,
        a: Trace,
        b: Trace,
        *,
        names: Sequence[str] = ("a", "b"),
        quantities: Sequence[str] | None = None,
        other_x: bool = False,
        quantity: str | None = None,
        t: int = 0,
        unit: int = 0,
        batch: int = 0,
        **layout: Any,
    ):
        spec, arrays = describe(a, b, names, quantities, other_x)
        known = spec["quantities"]
        quantity = quantity if quantity is not None else "h" if "h" in known else known[-1]
        super().__init__(spec, arrays, quantity=quantity, t=t, unit=unit, batch=batch, **layout)

    @property
    def divergences(self) -> list[dict[str, Any] | None]:
        """For each sequence that travelled: {"t", "quantity", "unit", "a", "b"} of the first difference, or None."""
        return [None if d is None else dict(d) for d in self._spec["divergences"]]

    @traitlets.validate("quantity")
    def _valid(self, proposal: Any) -> Any:
        return self._check(proposal["trait"].name, proposal["value"])

    def _check(self, name: str, value: Any) -> Any:
        if name == "quantity":
            if value not in self._spec["quantities"]:
                raise ValueError(f"quantity must be one of {', '.join(self._spec['quantities'])}, got {value!r}")
            return value
        return super()._check(name, value)

    def goto(
        self,
        t: int | None = None,
        unit: int | None = None,
        batch: int | None = None,
        quantity: str | None = None,
    ) -> None:
        """Go to a step, a unit, a sequence, a quantity; what is not given stays as it is."""
        _base.go(self, {"t": t, "unit": unit, "batch": batch, "quantity": quantity})


def explore_pair(
    a: Any,
    b: Any,
    x: Any = None,
    *,
    mask: Any = None,
    initial_state: Any = None,
    names: Sequence[str] = ("a", "b"),
    quantities: Sequence[str] | None = None,
    other_x: bool = False,
    **places: Any,
) -> PairExplorer:
    """Two runs of the same input side by side: ours and a mistaken one, before and after training, an LSTM and a GRU.

        le.explore_pair(layer.trace(x), le.doctor.mistaken_trace(layer, "bias-missing", x), names=("right", "wrong"))
        le.explore_pair(keras_lstm, keras_gru, x, names=("LSTM", "GRU"))

    Args:
        a, b: two Traces; or two layers of this package or of Keras, with x.
        x: (B, T, F), what layers are run on. mask: (B, T) or None. initial_state: a list of (B, units), or None. Not
            with Traces, which have been run.
        names, quantities, other_x: as for `PairExplorer`.
        places: where to begin: quantity, t, unit, batch.

    Raises:
        As `PairExplorer`; and ValueError where x is missing, or given with Traces.
    """
    runs = [_run(side, x, mask, initial_state) for side in (a, b)]
    return PairExplorer(*runs, names=names, quantities=quantities, other_x=other_x, **places)


def _run(side: Any, x: Any, mask: Any, initial_state: Any) -> Trace:
    if isinstance(side, Trace):
        arguments = {"x": x, "mask": mask, "initial_state": initial_state}
        given = [name for name, value in arguments.items() if value is not None]
        if given:
            raise ValueError(
                f"a Trace has already been run and takes no {given[0]}: explore_pair(trace, trace), or "
                "explore_pair(layer, layer, x)"
            )
        return side
    if is_keras(side):
        from lstm_edu import keras_bridge

        side = keras_bridge.from_keras(side)
    if not isinstance(side, Layer):
        raise TypeError(
            "explore_pair needs two Traces (layer.trace(x)), or two layers of lstm_edu or Keras with x, "
            f"got {type(side).__name__}"
        )
    if x is None:
        raise ValueError(f"explore_pair needs an input to run {side.name!r} on: explore_pair(layer, layer, x)")
    options = {"mask": mask, "initial_state": initial_state}
    return side.trace(x, **{name: value for name, value in options.items() if value is not None})


def describe(
    a: Any,
    b: Any,
    names: Sequence[str] = ("a", "b"),
    quantities: Sequence[str] | None = None,
    other_x: bool = False,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page needs of two traces: (spec, arrays "a/h", "b/h" ...)."""
    owner = "PairExplorer"
    pairs = need_pair(a, b, owner, quantities, other_x)
    if isinstance(names, str) or len(names) != 2 or not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError(f"{owner}: names must be two strings, one per run, got {names!r}")
    if names[0] == names[1]:
        raise ValueError(f"{owner}: the two runs need different names, got {names[0]!r} twice")
    wanted = {f"{side}/{name}": pair[n] for name, pair in pairs.items() for n, side in enumerate("ab")}
    for side, trace in zip("ab", (a, b), strict=True):
        if trace.mask is not None:
            wanted[f"{side}/counts"] = trace.mask
    rows = _base.fitting(wanted)
    arrays = {name: array[:rows] for name, array in wanted.items()}
    cut = {name: (one[:rows], other[:rows]) for name, (one, other) in pairs.items()}
    differing = {name: np.atleast_1d(apart(*pair).any(axis=(1, 2))) for name, pair in cut.items()}
    batch, steps, _ = next(iter(pairs.values()))[0].shape
    divergences = [None if d is None else asdict(d) for d in first_divergences(cut)]
    for found in divergences:
        if found is not None:  # JSON has no NaN; the page reads the numbers themselves
            found |= {side: float(found[side]) if np.isfinite(found[side]) else None for side in "ab"}
    spec = {
        "kind": "Pair",
        "title": words.pair(names, steps),
        "names": list(names),
        "kinds": [a.kind, b.kind],
        "layers": [a.layer.name, b.layer.name],
        "quantities": list(pairs),
        "rows": rows,
        "batch": batch,
        "steps": steps,
        "units": max(one.shape[2] for one, _ in pairs.values()),
        "widths": {name: one.shape[2] for name, (one, _) in pairs.items()},
        "scales": {name: _scale(name, a, b, pair) for name, pair in cut.items()},
        "difference_scales": {name: signed_scale(_difference(*pair)) for name, pair in cut.items()},
        "divergences": divergences,
        "differing": [[name for name in pairs if differing[name][row]] for row in range(rows)],
        "tolerance": _base.tolerance(*next(iter(pairs.values()))),
        "other_x": "x" in pairs,
        "time": _base.reading_order(a),
    }
    return spec, arrays


def _difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        return one.astype(np.float64) - other


def _scale(name: str, a: Trace, b: Trace, pair: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    """One scale for both: an activation's own range where both runs keep to it."""
    values = np.concatenate([array.astype(np.float64).ravel() for array in pair])
    gates = NOTATION[a.kind].fractions if a.kind in NOTATION else ""
    activation = a.layer.recurrent_activation if name in gates else a.layer.activation if name == "g" else None
    scale = signed_scale(values) if activation is None else scale_of(activation.name, values)
    finite = values[np.isfinite(values)]
    fits = not finite.size or (finite.min() >= scale["low"] and finite.max() <= scale["high"])
    return scale if fits else signed_scale(values)
