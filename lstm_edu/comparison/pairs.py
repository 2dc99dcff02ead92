"""What is compared with what: arrays, tuples, dicts, steps and traces, taken apart into pairs of arrays with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from lstm_edu.comparison.places import PACKED, default_axes
from lstm_edu.comparison.rounding import Rounding, Spread, unit_of
from lstm_edu.comparison.tolerance import lesser_dtype
from lstm_edu.core import LSTMStep, checks
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.trace import Trace


@dataclass(frozen=True)
class Pair:
    name: str
    ours: np.ndarray | None
    keras: np.ndarray | None
    axes: tuple[str, ...] | None = None
    gates: str | None = None
    gate: str | None = None
    time: np.ndarray | None = None  # which timestep each step read
    rounding: Rounding | None = None  # what rounding can do to these numbers, if that is known


def pairs_of(ours: Any, keras: Any) -> list[Pair]:
    if isinstance(ours, Trace) and isinstance(keras, Trace):
        return trace_pairs(ours, keras)
    ours, keras = (_of_trace(a, b) for a, b in ((ours, keras), (keras, ours)))
    if _is_record(ours) and _is_record(keras):
        a, b = _as_dict(ours), _as_dict(keras)
        if not a.keys() & b.keys():
            raise ValueError(f"compare: no name is on both sides; ours has {', '.join(a)}, Keras's {', '.join(b)}")
        of_lstm = isinstance(ours, LSTMStep) or isinstance(keras, LSTMStep)
        return [_pair(name, a.get(name), b.get(name), of_lstm) for name in [*b, *(name for name in a if name not in b)]]
    if isinstance(ours, Mapping) or isinstance(keras, Mapping):
        kinds = f"{type(ours).__name__} and {type(keras).__name__}"
        raise TypeError(f"compare: a dict is compared with a dict, a Trace or an LSTMStep, got {kinds}")
    several = [_is_several(ours), _is_several(keras)]
    if all(several) or (any(several) and (isinstance(ours, tuple) or isinstance(keras, tuple))):
        # Several arrays on one side only: the others are missing, and the rows say so.
        own = [_array(v, "ours") for v in ours] if several[0] else [_array(ours, "ours")]
        theirs = [_array(v, "keras") for v in keras] if several[1] else [_array(keras, "keras")]
        both = list(zip_longest(own, theirs))
        names = _names_of([q if several[1] else p for p, q in both])
        if hasattr(ours, "_fields"):
            names = list(ours._fields)
        return [Pair(name, p, q) for name, (p, q) in zip(names, both, strict=True)]
    return [Pair("output", _array(ours, "ours"), _array(keras, "keras"))]


def _of_trace(value: Any, other: Any) -> Any:
    """A Trace in the form that the other side can be compared with: its quantities for names, its output for
    numbers."""
    if not isinstance(value, Trace):
        return value
    if _is_record(other):
        names = [name for name in _as_dict(other) if name in value.names]
        return {name: value[name] for name in names}
    return value.output


def _is_record(value: Any) -> bool:
    return isinstance(value, Mapping) or hasattr(value, "_fields")


def _as_dict(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else value._asdict()


def _pair(name: str, a: Any, b: Any, of_lstm: bool) -> Pair:
    name = str(name)
    sums, letters = PACKED["LSTM"] if of_lstm else (None, "")
    return Pair(
        name,
        None if a is None else _array(a, f"ours[{name!r}]"),
        None if b is None else _array(b, f"keras[{name!r}]"),
        gates=letters if name == sums else None,
        gate=name if name in letters else None,
    )


def with_rounding(pairs: list[Pair], spread: Spread, unit: float) -> list[Pair]:
    """The same pairs, with what rounding does to those for which a layer's spread is known: quantities by
    their names, what the layer returns by its position. unit: that of the type that the layer computes in."""
    known = []
    for k, pair in enumerate(pairs):
        found = spread.arrays.get(pair.name)
        if found is None and k < len(spread.output):
            found = spread.output[k]
        rounding = _rounding(found, pair.ours, pair.keras, unit)
        known.append(pair if rounding is None else replace(pair, rounding=rounding))
    return known


def trace_pairs(ours: Trace, keras: Trace, prefix: str = "", spread: Spread | None = None) -> list[Pair]:
    """Every quantity that both recorded, in order of computation, and what was returned.

    spread: what rounding does to ours, if that is known.
    """
    unit = unit_of(ours.layer) if spread is not None else 0.0
    if ours.kind != keras.kind:
        raise ValueError(f"compare: a trace of {ours.kind} cannot be compared with one of {keras.kind}")
    pairs = []
    each = "sequence" if hasattr(keras.layer, "state_names") else "row"
    # Steps are recorded in processing order; only where that is the input's order too is a step's number its timestep.
    backwards = keras.time is not None and len(keras.time) > 1 and keras.time[0] > keras.time[-1]

    def axes_of(name: str, array: np.ndarray) -> tuple[str, ...]:
        axes = default_axes(name, array.ndim, each)
        return tuple("step" if axis == "timestep" else axis for axis in axes) if backwards else axes

    for name in keras.names:
        if name not in ours.names:
            continue
        axes = axes_of(name, keras[name])
        sums, letters = PACKED.get(keras.kind, (None, ""))
        pairs.append(
            Pair(
                prefix + name,
                ours[name],
                keras[name],
                axes,
                gates=letters if name == sums else None,
                gate=name if name in letters and name != sums else None,
                time=keras.time,
                rounding=_rounding(None if spread is None else spread.arrays.get(name), ours[name], keras[name], unit),
            )
        )
    if len(ours.layers) != len(keras.layers):
        size = checks.plural(len(ours.layers), "layer")
        raise ValueError(f"compare: a model of {size} cannot be compared with one of {len(keras.layers)}")
    for (name, theirs), own in zip(keras.children.items(), ours.layers, strict=True):
        inner = None if spread is None else spread.children.get(name)
        pairs += trace_pairs(own, theirs, f"{prefix}{name}/", inner)
    a, b = (t.output if isinstance(t.output, tuple) else (t.output,) for t in (ours, keras))
    names = ["output", *(f"returned {n}" for n in getattr(keras.layer, "state_names", ()))]
    names += [f"output {k}" for k in range(len(names), max(len(a), len(b)))]
    for k in range(max(len(a), len(b))):
        p, q = (t[k] if k < len(t) else None for t in (a, b))
        known = None if spread is None or q is None or k >= len(spread.output) else spread.output[k]
        of_q = None if q is None else axes_of(names[k], q)
        pairs.append(Pair(prefix + names[k], p, q, of_q, time=keras.time, rounding=_rounding(known, p, q, unit)))
    return pairs


def _rounding(
    spread: np.ndarray | None, ours: np.ndarray | None, keras: np.ndarray | None, unit: float
) -> Rounding | None:
    """What rounding does to two arrays, if that is known. A spread is carried to first order, so in a type of a larger
    unit, which one of the two is in, it is larger by that factor: as where JAX makes float32 of a float64 layer."""
    if spread is None or ours is None or keras is None or spread.shape != keras.shape:
        return None
    dtype = lesser_dtype(ours, keras)
    factor = 1.0 if dtype is None else max(1.0, unit_roundoff(dtype) / unit)
    return Rounding(spread, unit).times(factor)


def _is_several(value: Any) -> bool:
    """A tuple or list of arrays: not of numbers, and not the rows of one array written as lists."""
    return (
        isinstance(value, (tuple, list))
        and len(value) > 0
        and all(not isinstance(v, (list, tuple, int, float)) and np.ndim(v) > 0 for v in value)
    )


def _names_of(arrays: Sequence[np.ndarray]) -> list[str]:
    """output, h and c for what an LSTM with return_state returns; else numbers."""
    shapes = [a.shape for a in arrays if a is not None]
    if len(shapes) in (2, 3) and all(len(s) == 2 and s == shapes[1] for s in shapes[1:]):
        if len(shapes[0]) in (2, 3) and shapes[0][-1] == shapes[1][-1] and shapes[0][0] == shapes[1][0]:
            return ["output", "h", "c"][: len(arrays)]
    return [f"array {k}" for k in range(len(arrays))]


def _array(value: Any, name: str) -> np.ndarray:
    if type(value).__name__ == "KerasTensor":
        raise TypeError(f"compare: {name} is symbolic, without numbers; call the layer or model on an array")
    if hasattr(value, "detach"):  # a PyTorch tensor, perhaps on another device, perhaps with a gradient
        value = value.detach().cpu()
    array = checks.numbers(value, name, "compare")
    if not array.size:
        raise ValueError(
            f"compare: {name} is empty, {checks.shape_text(array.shape)}: nothing can differ, so nothing is compared"
        )
    return array


def renamed(pairs: list[Pair], names: str | Sequence[str]) -> list[Pair]:
    names = [names] if isinstance(names, str) else list(names)
    if len(names) != len(pairs):
        are = f"{checks.plural(len(pairs), 'array')} {'is' if len(pairs) == 1 else 'are'}"
        raise ValueError(f"compare: {are} compared, but names holds {len(names)}: {names}")
    return [replace(pair, name=name) for name, pair in zip(names, pairs, strict=True)]


def checked_axes(axes: Sequence[str], pairs: list[Pair]) -> tuple[str, ...]:
    if isinstance(axes, str):
        raise TypeError(f'compare: axes is a sequence of names, such as ("timestep", "unit"), got the text {axes!r}')
    ranks = sorted({p.keras.ndim for p in pairs if p.keras is not None})
    if len(axes) not in ranks:
        raise ValueError(
            f"compare: axes names {checks.plural(len(axes), 'axis')} {tuple(axes)}, but the arrays have {ranks}"
        )
    if len(set(axes)) != len(axes):
        raise ValueError(f"compare: axes must have different names, got {tuple(axes)}")
    return tuple(axes)
