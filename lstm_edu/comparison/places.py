"""Places in arrays by name: axes, gates and units instead of index tuples; and how a number is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.core import Layer, checks
from lstm_edu.core.container import leaves
from lstm_edu.core.kinds import NOTATION
from lstm_edu.palette import GATES, NAMES

Where = dict[str, int | str]

# Of each kind of layer that has gates: the quantity that packs their sums, and the gates' letters in that order.
PACKED = {kind: (letters.sums, letters.gates) for kind, letters in NOTATION.items() if len(letters.gates) > 1}
# In a GRU z is a gate.
_GATE_NAMES = {gate: NAMES[gate] for gate in GATES} | {"z": "update gate", "r": "reset gate"}

# What a recurrent layer computes in one step, for each sequence.
_OF_STEPS = {"h", "c", *(name for sums, gates in PACKED.values() for name in (sums, *gates))}

# The axes of weights. A GRU's bias has a row for the input side and one for the recurrent side.
_WEIGHT_AXES = {
    ("kernel", 2): ("feature", "unit"),
    ("recurrent_kernel", 2): ("from unit", "unit"),
    ("bias", 1): ("unit",),
    ("bias", 2): ("row", "unit"),
    ("embeddings", 2): ("token", "unit"),
}


@dataclass(frozen=True)
class WeightPlace:
    """How to refer to one weight array: its name, the names of its axes, and the gates packed along the last."""

    name: str
    axes: tuple[str, ...] | None
    gates: str | None


def weight_places(layer: Layer) -> list[WeightPlace]:
    """One for each weight array of a layer or model of ours, in get_weights() order."""
    whose = [leaf for leaf in leaves(layer) for _ in leaf.weights]
    return [
        WeightPlace(
            name, _WEIGHT_AXES.get((name.split("/")[-1], w.ndim)), PACKED.get(type(leaf).__name__, (0, None))[1]
        )
        for name, w, leaf in zip(layer.weight_names, layer.weights, whose, strict=True)
    ]


_WEIGHTS = {  # and, with a d before them, their gradients
    "kernel": ("feature", "unit"),
    "W": ("feature", "unit"),
    "recurrent_kernel": ("unit before", "unit"),
    "U": ("unit before", "unit"),
}


def default_axes(name: str, rank: int, each: str = "row") -> tuple[str, ...]:
    """The names of an array's axes. each: what an array of two axes has one line for, a "row" or a "sequence"."""
    if rank == 2 and (weights := _WEIGHTS.get(name.removeprefix("d"))):
        return weights
    last = "feature" if name == "x" else "unit"
    if rank == 0:
        return ()
    if rank < 3:
        return ("sequence" if name in _OF_STEPS else each, last)[2 - rank :]
    if rank == 3:
        return "sequence", "timestep", last
    return ("sequence", *(f"axis {k}" for k in range(1, rank - 1)), last)


def where(
    index: Sequence[int],
    shape: Sequence[int],
    axes: Sequence[str],
    gates: str | None = None,
    gate: str | None = None,
) -> Where:
    """The names and numbers of one place in an array."""
    place: Where = {axis: int(k) for axis, k in zip(axes, index, strict=True)}
    if gates is not None:
        width, rest = divmod(shape[-1] if shape else 0, len(gates))
        if rest or not width:
            raise ValueError(
                f"compare: gates={gates!r} needs a last axis of {len(gates)} equal blocks, got shape "
                f"{checks.shape_text(shape)}"
            )
        k = int(place.pop(axes[-1]))
        place |= {"gate": gates[k // width], axes[-1]: k % width}
    elif gate is not None:
        unit = place.pop(axes[-1])
        place |= {"gate": gate, axes[-1]: unit}
    return place


def where_text(place: Where) -> str:
    """`sequence 0, timestep 17, gate f (forget gate), unit 3`."""
    parts = [
        f"{axis} {k}" + (f" ({_GATE_NAMES[k]})" if axis == "gate" and k in _GATE_NAMES else "")
        for axis, k in place.items()
    ]
    return ", ".join(parts)


def number_text(value: Any) -> str:
    return f"{value:.7g}" if np.asarray(value).dtype.kind not in "iub" else str(value)
