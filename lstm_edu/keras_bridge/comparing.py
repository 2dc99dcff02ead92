"""Two results side by side: how far apart, where, by name, and whether that is more than rounding. Needs no Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import Layer, LSTMStep, checks
from lstm_edu.core.container import leaves
from lstm_edu.keras_bridge import adequate, tables
from lstm_edu.palette import GATES, NAMES
from lstm_edu.trace import Trace

# What two right implementations may differ by: absolute + relative * |y|, y being Keras's value. Sums are added up in
# another order, so the last digits differ; a mistake differs by far more. From the most precise to the least.
TOLERANCES = {
    "float64": (1e-11, 1e-9),
    "float32": (2e-6, 2e-5),
    "float16": (2e-3, 1e-2),
    "bfloat16": (2e-2, 8e-2),
}
_DIGITS = {"float16": 3, "bfloat16": 2}

Where = dict[str, int | str]


class Tolerance(NamedTuple):
    """absolute + relative * |Keras's value|, which `letter` stands for."""

    absolute: float
    relative: float
    letter: str = "y"

    def __str__(self) -> str:
        return f"{_power(self.absolute)} + {_power(self.relative)} |{self.letter}|"


@dataclass(frozen=True)
class Row:
    """The comparison of one array with Keras's.

    Attributes:
        name: what is compared.
        ok: whether every element agrees within the tolerance (and NaN stands where Keras has NaN, and nowhere else).
        shape: the shape, or ours and Keras's. dtype: the dtype, or ours and Keras's.
        max_abs: the largest |ours - Keras's|; infinity where the two cannot be subtracted.
        where: the place of max_abs, one name an axis: {"batch": 0, "timestep": 17, "gate": "f", "unit": 3}.
        values: ours and Keras's number at that place; None where there is none.
        size: how many elements Keras's array has. failed: how many of them are outside the tolerance.
        tolerance: what an element may differ by, as text; y (g of gradients, w of weights) is Keras's value.
        note: what else there is to say.
    """

    name: str
    ok: bool
    shape: str
    dtype: str
    max_abs: float
    where: Where
    values: tuple[Any, Any] | None
    size: int
    failed: int
    tolerance: str
    note: str = ""

    @property
    def sentence(self) -> str:
        """The row in words."""
        note = f" ({self.note})" if self.note else ""
        if self.values is None:
            return f"{self.name} cannot be compared with Keras's: shape {self.shape}" + (self.note and f": {self.note}")
        place = f" at {where_text(self.where)}" if self.where else ""
        if self.ok:
            if self.max_abs == 0:
                return f"{self.name} is equal to Keras's{note}"
            return f"{self.name} agrees with Keras's; the largest difference is {self.max_abs:.2g}{place}{note}"
        ours, theirs = self.values
        how_many = "" if self.size == 1 else f"; {self.failed} of {self.size} values differ"
        difference = "differs from Keras's" + (f" by {self.max_abs:.3g}" if np.isfinite(self.max_abs) else "")
        return (
            f"{self.name} {difference}{place}: ours {number_text(ours)}, Keras's {number_text(theirs)} "
            f"(allowed {self.tolerance}{how_many}){note}"
        )


@dataclass(frozen=True)
class Report:
    """What `compare` found: true if everything agrees. Shown as a table in a notebook.

    Attributes:
        rows: one for each array.
        trace: of the layer whose results these are, if that is known.
        inside: whether its recorded quantities were compared too.
    """

    rows: tuple[Row, ...]
    trace: Trace | None = field(default=None, repr=False, compare=False)
    inside: bool = field(default=False, repr=False, compare=False)

    @cached_property
    def adequacy(self) -> Any:
        """Which known mistakes this comparison would have caught with these weights, inputs and masks, and which not
        and why: a `le.doctor.Adequacy`, computed when it is asked for. None if it is not known what was compared."""
        return None if self.trace is None else adequate.of_trace(self.trace, inside=self.inside)

    def __bool__(self) -> bool:
        return all(row.ok for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row with the largest difference; among rows that differ, if any does."""
        return max([row for row in self.rows if not row.ok] or self.rows, key=lambda row: row.max_abs)

    @property
    def max_abs(self) -> float:
        """The largest |ours - Keras's| of all rows."""
        return self.worst.max_abs

    @property
    def where(self) -> Where:
        """The place of `max_abs`, by name."""
        return self.worst.where

    @property
    def sentence(self) -> str:
        """The result in words: the first array that differs, else the largest difference."""
        wrong = [row for row in self.rows if not row.ok]
        if not wrong:
            return self.worst.sentence
        also = f"; also: {', '.join(row.name for row in wrong[1:])}" if wrong[1:] else ""
        return wrong[0].sentence + also

    def check(self) -> Report:
        """The report itself if all agrees. AssertionError with `sentence` if not, so that a notebook stops there."""
        if not self:
            raise AssertionError(self.sentence)
        return self

    @property
    def _title(self) -> str:
        if self:
            return f"agrees with Keras; largest difference {self.max_abs:.2g}"
        return self.sentence

    def __repr__(self) -> str:
        table = tables.text(bool(self), self._title, _HEADER, [_cells(row) for row in self.rows])
        return table + (f"\n{self.adequacy.line}" if self and self.trace is not None else "")

    def _repr_html_(self) -> str:
        table = tables.html(bool(self), self._title, _HEADER, [_cells(row) for row in self.rows])
        return table + (self.adequacy.fold if self and self.trace is not None else "")


_HEADER = ("array", "shape", "dtype", "largest difference", "where", "allowed (y, g, w: Keras's)", "result")


def _cells(row: Row) -> tuple[str, ...]:
    compared = row.values is not None
    return (
        row.name,
        row.shape,
        row.dtype,
        f"{row.max_abs:.2g}" if compared else "—",
        where_text(row.where) if compared and (row.max_abs or not row.ok) else "—",
        row.tolerance,
        tables.verdict(row.ok) + (f": {row.note}" if row.note else ""),
    )


def compare(
    ours: Any,
    keras: Any,
    *,
    names: str | Sequence[str] | None = None,
    axes: Sequence[str] | None = None,
    gates: str | None = None,
    layer: Any = None,
    x: Any = None,
    mask: Any = None,
    initial_state: Any = None,
) -> Report:
    """Compare a result with Keras's, element by element, without any broadcasting.

    An element agrees if |ours - y| <= 2e-6 + 2e-5 |y| in float32 and 1e-11 + 1e-9 |y| in float64, y being Keras's
    value; the less precise of the two dtypes decides. Whole numbers and booleans must be equal. NaN agrees with NaN at
    the same place, and with nothing else.

    Args:
        ours, keras: two arrays or tensors; two lists or tuples of arrays (weights, or what return_state=True returns);
            two dicts (or an `LSTMStep` and a dict); two Traces: every quantity that both recorded, and the output. A
            Trace beside an array stands for its output.
        names: what to call the arrays.
        axes: the names of the axes, ("timestep", "unit") for the outputs of a single sequence. If None, by their
            number: (batch, timestep, unit), (batch, unit), (unit,).
        gates: "ifgo" if the last axis holds the blocks of four gates side by side, as in an LSTM's z, kernel or bias.
        layer, x, mask, initial_state: the layer or model whose results these are, ours or Keras's, and what it was
            called with. Not needed for the comparison: the report then says which known mistakes it would have caught,
            and which not and why (`.adequacy`). Of two Traces it is known without.

    Returns:
        A Report: `bool(report)`, `.max_abs`, `.where`, `.rows`, `.check()`, `.adequacy`. Arrays of different shapes are
        a row that failed and says what the cause probably is.

    Raises:
        TypeError: something that holds no numbers, or a symbolic tensor.
        ValueError: an empty array; names, axes or gates that do not fit.

    Example:
        >>> compare([[1.0, 2.0]], [[1.0, 2.5]]).where
        {'batch': 0, 'unit': 1}
    """
    if (layer is None) != (x is None) or (layer is None and (mask is not None or initial_state is not None)):
        raise ValueError("compare: layer and x belong together (and to them a mask and an initial_state, if any)")
    pairs = _pairs(ours, keras)
    if names is not None:
        pairs = _renamed(pairs, names)
    if axes is not None:
        axes = _checked_axes(axes, pairs)
    rows = []
    for pair in pairs:
        own_axes = (
            axes if axes is not None and pair.keras is not None and len(axes) == np.ndim(pair.keras) else pair.axes
        )
        rows.append(
            compare_arrays(pair.name, pair.ours, pair.keras, axes=own_axes, gates=gates or pair.gates, gate=pair.gate)
        )
    if layer is not None:
        return Report(tuple(rows), adequate.trace_of(layer, x, mask, initial_state))
    both = isinstance(ours, Trace) and isinstance(keras, Trace)
    return Report(tuple(rows), ours if both else None, inside=both)


# --- one array beside another ---------------------------------------------------------------------------------------


def compare_arrays(
    name: str,
    ours: np.ndarray | None,
    keras: np.ndarray | None,
    *,
    axes: Sequence[str] | None = None,
    gates: str | None = None,
    gate: str | None = None,
    tolerance: Tolerance | None = None,
) -> Row:
    """One row. `gates`: the last axis is packed; `gate`: the array belongs to this gate; `tolerance`: if not the usual
    one of the dtype."""
    if ours is None or keras is None:
        there, side = (keras, "Keras's") if ours is None else (ours, "ours")
        shape = f"{side} {checks.shape_text(there.shape)}"
        return _incomparable(name, shape, str(there.dtype), there.size, f"only {side} has it")
    dtype = str(keras.dtype) if ours.dtype == keras.dtype else f"{ours.dtype} / {keras.dtype}"  # ours / Keras's
    if ours.shape != keras.shape:
        shape = f"ours {checks.shape_text(ours.shape)}, Keras's {checks.shape_text(keras.shape)}"
        return _incomparable(name, shape, dtype, keras.size, _shape_cause(ours.shape, keras.shape))
    difference, wrong, allowed = differences(ours, keras, tolerance)
    axes = axes or default_axes(name, keras.ndim)
    index = np.unravel_index(np.argmax(difference), difference.shape)
    notes = []
    if wrong.any() and not wrong[index]:  # the largest difference stands beside a large value
        first = where(tuple(np.argwhere(wrong)[0]), keras.shape, axes, gates, gate)
        notes.append(f"outside the tolerance first at {where_text(first)}")
    precision = _lesser(ours, keras)
    if ours.dtype != keras.dtype and precision is not None:
        notes.append(f"compared as {precision}")
    if precision in _DIGITS:
        notes.append(f"{precision} holds about {_DIGITS[precision]} digits, so nothing finer can be seen")
    return Row(
        name=name,
        ok=not wrong.any(),
        shape=checks.shape_text(keras.shape),
        dtype=dtype,
        max_abs=float(difference[index]),
        where=where(index, keras.shape, axes, gates, gate),
        values=(ours[index], keras[index]),
        size=keras.size,
        failed=int(wrong.sum()),
        tolerance=allowed,
        note="; ".join(notes + _nan_notes(ours, keras)),
    )


def _incomparable(name: str, shape: str, dtype: str, size: int, note: str) -> Row:
    return Row(name, False, shape, dtype, np.inf, {}, None, size, size, "—", note)


def differences(
    ours: np.ndarray, keras: np.ndarray, tolerance: Tolerance | None = None
) -> tuple[np.ndarray, np.ndarray, str]:
    """|ours - keras|, where that is more than allowed, and what is allowed in words. The shapes are equal."""
    a, b = ours.astype(np.float64), keras.astype(np.float64)
    equal = (ours == keras) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.where(equal, 0, np.abs(a - b))
        # NaN on one side only, or infinities that are not the same
        difference = np.where(np.isnan(difference), np.inf, difference)
        precision = _lesser(ours, keras)
        if precision is None:
            return difference, ~equal, "0: whole numbers"
        tolerance = tolerance or Tolerance(*TOLERANCES[precision])
        allowed = tolerance.absolute + tolerance.relative * np.abs(b)
    wrong = ~equal & ~(np.isfinite(difference) & (difference <= allowed))
    return difference, wrong, str(tolerance)


def _power(value: float) -> str:
    return f"{value:.0e}".replace("e-0", "e-")


def _lesser(ours: np.ndarray, keras: np.ndarray) -> str | None:
    """The less precise of the two dtypes; None where both are whole numbers or booleans."""
    floats = [a.dtype.name for a in (ours, keras) if a.dtype.kind not in "iub"]
    order = list(TOLERANCES)
    return max((name if name in order else "float64" for name in floats), key=order.index, default=None)


def _nan_notes(ours: np.ndarray, keras: np.ndarray) -> list[str]:
    a, b = np.isnan(ours.astype(np.float64)), np.isnan(keras.astype(np.float64))
    notes = []
    if not (a.any() or b.any()):
        return notes
    if n := int((a & b).sum()):
        notes.append(f"NaN in both at {n} of {a.size} places")
    if n := int((a & ~b).sum()):
        notes.append(f"NaN at {n} places where Keras has a number")
    if n := int((b & ~a).sum()):
        notes.append(f"a number at {n} places where Keras has NaN")
    return notes


def _shape_cause(ours: tuple[int, ...], keras: tuple[int, ...]) -> str:
    """Why two shapes probably differ; "" if nothing comes to mind."""
    if len(ours) == 3 and len(keras) == 2 and (ours[0], ours[2]) == keras:
        return "ours holds every timestep, Keras's only the last (return_sequences=False); the last is y[:, -1]"
    if len(ours) == 2 and len(keras) == 3 and (keras[0], keras[2]) == ours:
        return "ours holds one timestep, Keras's all of them (return_sequences=True)"
    if len(ours) == 2 and ours == keras[::-1]:
        return "it looks transposed"
    if len(ours) == len(keras) == 3 and (ours[1], ours[0], ours[2]) == keras:
        return "batch and time look exchanged"
    if (1, *ours) == keras:
        return "ours has no batch axis; write ours[None]"
    if ours == (1, *keras):
        return "Keras's has no batch axis here; write ours[0]"
    if len(ours) == len(keras) and ours[:-1] == keras[:-1]:
        a, b = ours[-1], keras[-1]
        if a == len(GATES) * b > len(GATES):
            return "ours has four gates side by side, Keras's one"
        if b == len(GATES) * a > len(GATES):
            return "Keras's has four gates side by side, ours one"
        return "another number of units or features"
    if np.prod(ours) == np.prod(keras):
        return "as many numbers in another arrangement; they are not rearranged silently"
    if len(ours) == len(keras) == 3 and (ours[0], ours[2]) == (keras[0], keras[2]):
        return "another number of timesteps"
    if ours[1:] == keras[1:]:
        return "another number of sequences"
    return ""


# Of each kind of layer that has gates: the quantity that packs their sums, and the gates' letters in that order.
_PACKED = {"LSTM": ("z", "".join(GATES)), "GRU": ("a", "zrg")}
# In a GRU z is a gate.
_GATE_NAMES = {gate: NAMES[gate] for gate in GATES} | {"z": "update gate", "r": "reset gate"}

# The axes of weights. A GRU's bias has a row for the input's side and one for the recurrent side.
_WEIGHT_AXES = {
    ("kernel", 2): ("feature", "unit"),
    ("recurrent_kernel", 2): ("from unit", "unit"),
    ("bias", 1): ("unit",),
    ("bias", 2): ("row", "unit"),
    ("embeddings", 2): ("token", "unit"),
}


@dataclass(frozen=True)
class WeightPlace:
    """How to speak of one weight array: its name, the names of its axes, and the gates packed along the last."""

    name: str
    axes: tuple[str, ...] | None
    gates: str | None


def weight_places(layer: Layer) -> list[WeightPlace]:
    """One for each weight array of a layer or model of ours, in get_weights() order."""
    whose = [leaf for leaf in leaves(layer) for _ in leaf.weights]
    return [
        WeightPlace(
            name, _WEIGHT_AXES.get((name.split("/")[-1], w.ndim)), _PACKED.get(type(leaf).__name__, (0, None))[1]
        )
        for name, w, leaf in zip(layer.weight_names, layer.weights, whose, strict=True)
    ]


# --- places by name -------------------------------------------------------------------------------------------------


_WEIGHTS = {  # and, with a d before them, their gradients
    "kernel": ("feature", "unit"),
    "W": ("feature", "unit"),
    "recurrent_kernel": ("unit before", "unit"),
    "U": ("unit before", "unit"),
}


def default_axes(name: str, rank: int) -> tuple[str, ...]:
    if rank == 2 and (weights := _WEIGHTS.get(name.removeprefix("d"))):
        return weights
    last = "feature" if name == "x" else "unit"
    if rank == 0:
        return ()
    if rank <= 3:
        return ("batch", "timestep")[: rank - 1] + (last,)
    return ("batch", *(f"axis {k}" for k in range(1, rank - 1)), last)


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
        k = place.pop(axes[-1])
        place |= {"gate": gates[k // width], axes[-1]: k % width}
    elif gate is not None:
        unit = place.pop(axes[-1])
        place |= {"gate": gate, axes[-1]: unit}
    return place


def where_text(place: Where) -> str:
    """`batch 0, timestep 17, gate f (forget gate), unit 3`."""
    parts = [
        f"{axis} {k}" + (f" ({_GATE_NAMES[k]})" if axis == "gate" and k in _GATE_NAMES else "")
        for axis, k in place.items()
    ]
    return ", ".join(parts)


def number_text(value: Any) -> str:
    return f"{value:.7g}" if np.asarray(value).dtype.kind not in "iub" else str(value)


# --- what is compared with what -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    name: str
    ours: np.ndarray | None
    keras: np.ndarray | None
    axes: tuple[str, ...] | None = None
    gates: str | None = None
    gate: str | None = None
    time: np.ndarray | None = None  # which timestep each step read


def _pairs(ours: Any, keras: Any) -> list[_Pair]:
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
        # Several arrays on one side only: the others are missing, which is what the rows then say.
        a = [_array(v, "ours") for v in ours] if several[0] else [_array(ours, "ours")]
        b = [_array(v, "keras") for v in keras] if several[1] else [_array(keras, "keras")]
        n = max(len(a), len(b))
        a, b = a + [None] * (n - len(a)), b + [None] * (n - len(b))
        names = _names_of(b if several[1] else a)
        if hasattr(ours, "_fields"):
            names = list(ours._fields)
        return [_Pair(name, p, q) for name, p, q in zip(names, a, b, strict=True)]
    return [_Pair("output", _array(ours, "ours"), _array(keras, "keras"))]


def _of_trace(value: Any, other: Any) -> Any:
    """A Trace as what the other side can be compared with: its quantities beside names, its output beside numbers."""
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


def _pair(name: str, a: Any, b: Any, of_lstm: bool) -> _Pair:
    name = str(name)
    sums, letters = _PACKED["LSTM"] if of_lstm else (None, "")
    return _Pair(
        name,
        None if a is None else _array(a, f"ours[{name!r}]"),
        None if b is None else _array(b, f"keras[{name!r}]"),
        gates=letters if name == sums else None,
        gate=name if name in letters else None,
    )


def trace_pairs(ours: Trace, keras: Trace, prefix: str = "") -> list[_Pair]:
    """Every quantity that both recorded, in order of computation, and what was returned."""
    if ours.kind != keras.kind:
        raise ValueError(f"compare: a trace of {ours.kind} cannot be compared with one of {keras.kind}")
    pairs = []
    # Steps are recorded in processing order; only where that is the input's order too is a step's number its timestep.
    backwards = keras.time is not None and len(keras.time) > 1 and keras.time[0] > keras.time[-1]
    for name in keras.names:
        if name not in ours.names:
            continue
        axes = default_axes(name, keras[name].ndim)
        if backwards:
            axes = tuple("step" if axis == "timestep" else axis for axis in axes)
        sums, letters = _PACKED.get(keras.kind, (None, ""))
        pairs.append(
            _Pair(
                prefix + name,
                ours[name],
                keras[name],
                axes,
                gates=letters if name == sums else None,
                gate=name if name in letters and name != sums else None,
                time=keras.time,
            )
        )
    if len(ours.layers) != len(keras.layers):
        raise ValueError(f"compare: a model of {len(ours.layers)} layers cannot be compared with {len(keras.layers)}")
    for (name, theirs), own in zip(keras.children.items(), ours.layers, strict=True):
        pairs += trace_pairs(own, theirs, f"{prefix}{name}/")
    a, b = (t.output if isinstance(t.output, tuple) else (t.output,) for t in (ours, keras))
    names = ["output", *(f"returned {n}" for n in getattr(keras.layer, "state_names", ()))]
    names += [f"output {k}" for k in range(len(names), max(len(a), len(b)))]
    for k in range(max(len(a), len(b))):
        p, q = (t[k] if k < len(t) else None for t in (a, b))
        axes = None if q is None else default_axes(names[k], q.ndim)
        if backwards and axes is not None:
            axes = tuple("step" if axis == "timestep" else axis for axis in axes)
        pairs.append(_Pair(prefix + names[k], p, q, axes, time=keras.time))
    return pairs


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


def _renamed(pairs: list[_Pair], names: str | Sequence[str]) -> list[_Pair]:
    names = [names] if isinstance(names, str) else list(names)
    if len(names) != len(pairs):
        raise ValueError(f"compare: {len(pairs)} arrays are compared, but names holds {len(names)}: {names}")
    return [replace(pair, name=name) for name, pair in zip(names, pairs, strict=True)]


def _checked_axes(axes: Sequence[str], pairs: list[_Pair]) -> tuple[str, ...]:
    if isinstance(axes, str):
        raise TypeError(f'compare: axes is a sequence of names, such as ("timestep", "unit"), got the text {axes!r}')
    ranks = sorted({p.keras.ndim for p in pairs if p.keras is not None})
    if len(axes) not in ranks:
        raise ValueError(f"compare: axes names {len(axes)} axes {tuple(axes)}, but the arrays have {ranks}")
    if len(set(axes)) != len(axes):
        raise ValueError(f"compare: axes must have different names, got {tuple(axes)}")
    return tuple(axes)
