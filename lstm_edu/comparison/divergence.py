"""Where two runs of the same input diverge: the first step, the first quantity computed there, the unit furthest
apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.comparison.places import PACKED
from lstm_edu.comparison.tolerance import apart
from lstm_edu.core import checks
from lstm_edu.trace import Trace

KINDS = ("LSTM", "PeepholeLSTM", "GRU", "SimpleRNN")

_MEANS_THE_SAME = ("x", "g", "c", "h")  # in whichever kind of layer


@dataclass(frozen=True)
class Divergence:
    """The first place at which two runs of a sequence differ: a and b are the two numbers there."""

    t: int
    quantity: str
    unit: int
    a: float
    b: float


def by_gate(trace: Trace) -> dict[str, np.ndarray]:
    """Every recorded quantity in the order of computation; sums of several gates gate by gate: z_i, z_f, z_g, z_o."""
    found: dict[str, np.ndarray] = {}
    sums, gates = PACKED.get(trace.kind, ("", ""))
    for name in trace.names:
        if name == sums:
            blocks = np.split(trace[name], len(gates), axis=-1)
            found |= {f"{name}_{gate}": block for gate, block in zip(gates, blocks, strict=True)}
        else:
            found[name] = trace[name]
    return found


def in_common(a: Trace, b: Trace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> (a's, b's) of what can be compared, in the order of a's computation.

    Of layers of one kind everything both kept; of different kinds what means the same in both: g, c and h (a GRU's z
    is a gate, an LSTM's z the sums). Always of equal shape.
    """
    ours, theirs = by_gate(a), by_gate(b)
    same = {a.kind, b.kind} <= {"LSTM", "PeepholeLSTM"} or a.kind == b.kind
    return {
        name: (array, theirs[name])
        for name, array in ours.items()
        if name in theirs and array.shape == theirs[name].shape and (same or name in _MEANS_THE_SAME)
    }


def first_divergences(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> list[Divergence | None]:
    """For each sequence the first place where they differ, or None.

    Args:
        pairs: name -> (a's, b's), (B, T, units) each, in the order of computation (`in_common`).
    """
    differs = {name: apart(a, b) for name, (a, b) in pairs.items()}
    at_step = np.stack([d.any(axis=-1) for d in differs.values()])  # (quantities, B, T)
    return [_first(row, at_step[:, row], pairs) for row in range(at_step.shape[1])]


def _first(row: int, at_step: np.ndarray, pairs: Mapping[str, Any]) -> Divergence | None:
    steps = np.flatnonzero(at_step.any(axis=0))
    if not steps.size:
        return None
    t = int(steps[0])
    name = list(pairs)[int(np.flatnonzero(at_step[:, t])[0])]
    a, b = (array[row, t].astype(np.float64) for array in pairs[name])
    with np.errstate(invalid="ignore"):
        size = np.where(apart(*(array[row, t] for array in pairs[name])), np.abs(a - b), -1)
    unit = int(np.argmax(np.where(np.isnan(size), np.inf, size)))
    return Divergence(t, name, unit, float(a[unit]), float(b[unit]))


def need_pair(a: Any, b: Any, owner: str, quantities: Sequence[str] | None = None, other_x: bool = False) -> dict:
    """What two traces have in common, or the error that says why they cannot be shown side by side.

    Raises:
        TypeError: not a Trace. ValueError: a layer without time, other numbers of sequences or steps, another input
            (unless `other_x`), nothing in common, a quantity that only one of them has.
    """
    for trace in (a, b):
        if not isinstance(trace, Trace):
            layer = ": a layer computes one, layer.trace(x)" if hasattr(trace, "trace") else ""
            raise TypeError(f"{owner} needs two Traces, got {type(trace).__name__}{layer}")
        if trace.kind not in KINDS:
            inside = f": take one of its layers, trace[{next(iter(trace.children))!r}]" if trace.children else ""
            raise ValueError(f"{owner} shows {', '.join(KINDS)} layers, got a trace of {trace.kind}{inside}")
    pairs = in_common(a, b)
    shapes = [next((t[name].shape[:2] for name in t.names), (0, 0)) for t in (a, b)]
    if shapes[0] != shapes[1]:
        (one, steps), (other, others) = shapes
        raise ValueError(
            f"{owner}: both runs must be of the same input, but the first has {checks.plural(one, 'sequence')} of "
            f"{checks.plural(steps, 'step')} and the second {other} of {others}"
        )
    if 0 in shapes[0]:
        raise ValueError(f"{owner} needs at least one sequence and one step, got {shapes[0]}: there is nothing to show")
    if "x" in a and "x" in b and not other_x:
        _same_x(a, b, owner)
    if not ("x" in pairs and other_x):
        pairs.pop("x", None)
    if quantities is not None:
        quantities = [quantities] if isinstance(quantities, str) else list(quantities)
        unknown = [name for name in quantities if name not in pairs]
        if unknown or not quantities:
            raise ValueError(
                f"{owner}: quantities must be some of {', '.join(pairs) or 'none'}, which both runs have in equal "
                f"shapes, got {quantities}"
            )
        pairs = {name: pair for name, pair in pairs.items() if name in quantities}
    if not pairs:
        raise ValueError(
            f"{owner}: the two traces have no quantity in common: {a.kind} {a.layer.name!r} has {_shapes(a)}; "
            f"{b.kind} {b.layer.name!r} has {_shapes(b)}"
        )
    return pairs


def _same_x(a: Trace, b: Trace, owner: str) -> None:
    one, other = a["x"], b["x"]
    rule = "pass other_x=True to show runs of different inputs side by side"
    if one.shape != other.shape:
        raise ValueError(
            f"{owner}: both runs must be of the same input, but x has {checks.plural(one.shape[2], 'feature')} in the "
            f"first and {other.shape[2]} in the second; {rule}"
        )
    differs = apart(one, other)
    if differs.any():
        row, t, feature = (int(n) for n in np.argwhere(differs)[0])
        cause = ""
        if not apart(one, other[:, ::-1]).any():
            cause = ": one of them ran backwards in time"
        raise ValueError(
            f"{owner}: both runs must be of the same input, but x differs at sequence {row}, step {t}, feature "
            f"{feature} ({one[row, t, feature]:.6g} and {other[row, t, feature]:.6g}){cause}; {rule}"
        )


def _shapes(trace: Trace) -> str:
    return ", ".join(f"{name} {array.shape}" for name, array in by_gate(trace).items() if name != "x") or "nothing"
