"""Two results side by side: how far apart, where, by name, and whether that is more than rounding. Needs no Keras."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np

from lstm_edu.comparison import adequate, tables
from lstm_edu.comparison.pairs import Pair, checked_axes, pairs_of, renamed, trace_pairs, with_rounding
from lstm_edu.comparison.places import Where, default_axes, number_text, where, where_text
from lstm_edu.comparison.rounding import Rounding, blind_share, spread, unit_of
from lstm_edu.comparison.tolerance import Tolerance, beyond, distance, lesser_dtype, tolerance_of
from lstm_edu.core import checks
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.palette import GATES
from lstm_edu.trace import Trace

_DIGITS = {"float16": 3, "bfloat16": 2}


EQUAL, DIFFERENT, UNDECIDED = "equal", "different", "undecided"


@dataclass(frozen=True)
class Row:
    """The comparison of one array with Keras's.

    Attributes:
        name: what is compared.
        verdict: "equal" up to what is allowed (with NaN where Keras has NaN, and nowhere else), "different", or
            "undecided": rounding alone can move these numbers so far that their type cannot decide.
        shape: the shape, or ours and Keras's. dtype: the dtype, or ours and Keras's.
        max_abs: the largest |ours - Keras's|; infinity where the two cannot be subtracted.
        where: the place of max_abs, one name per axis: {"sequence": 0, "timestep": 17, "gate": "f", "unit": 3}.
        values: ours and Keras's number at that place; None where there is none.
        size: how many elements Keras's array has. failed: how many of them differ by more than is allowed.
        tolerance: what an element may differ by, as text; y (g of gradients, w of weights) is Keras's value.
        note: anything else.
        blind_from: in an undecided row, the first place where nothing can be decided, by name.
    """

    name: str
    verdict: str
    shape: str
    dtype: str
    max_abs: float
    where: Where
    values: tuple[Any, Any] | None
    size: int
    failed: int
    tolerance: str
    note: str = ""
    blind_from: Where = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every element is equal up to what is allowed."""
        return self.verdict == EQUAL

    @property
    def sentence(self) -> str:
        """The row in words."""
        note = f" ({self.note})" if self.note else ""
        if self.values is None:
            return f"{self.name} cannot be compared with Keras's: shape {self.shape}" + (self.note and f": {self.note}")
        place = f" at {where_text(self.where)}" if self.where else ""
        if self.verdict == UNDECIDED:
            return (
                f"{self.undecided(f' about {self.name}')}. The largest difference from Keras's is "
                f"{self.max_abs:.2g}{place}{note}"
            )
        if self.ok:
            if self.max_abs == 0:
                return f"{self.name} is equal to Keras's{note}"
            return f"{self.name} agrees with Keras's; the largest difference is {self.max_abs:.2g}{place}{note}"
        ours, theirs = self.values
        how_many = "" if self.size == 1 else f"; {self.failed:,} of {self.size:,} values differ"
        difference = "differs from Keras's" + (f" by {self.max_abs:.3g}" if np.isfinite(self.max_abs) else "")
        return (
            f"{self.name} {difference}{place}: ours {number_text(ours)}, Keras's {number_text(theirs)} "
            f"(allowed: {self.tolerance}{how_many}){note}"
        )

    def undecided(self, what: str = "") -> str:
        """Why nothing can be decided in an undecided row, and from where on; `what`: about what."""
        dtype = self.dtype.split(" / ")[-1]
        most = f"{blind_share(unit_roundoff(dtype)):.0%}"
        return (
            f"{dtype} cannot decide{what}{self.since}: small errors grow in this layer, until rounding alone moves "
            f"these numbers by more than {most}"
        )

    @property
    def since(self) -> str:
        """Of an undecided row, from where on nothing can be decided: " from timestep 41 on", or ""."""
        name = next((name for name in ("timestep", "step") if self.blind_from.get(name)), None)
        return f" from {name} {self.blind_from[name]} on" if name else ""


def joined(verdicts: Iterable[str]) -> str:
    """One verdict for several: "different" if any is, else "undecided" if any is, else "equal"."""
    found = set(verdicts)
    return next((verdict for verdict in (DIFFERENT, UNDECIDED) if verdict in found), EQUAL)


@dataclass(frozen=True)
class Report:
    """What `compare` found: true if everything is equal up to rounding. Shown as a table in a notebook.

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
        return self.verdict == EQUAL

    @property
    def verdict(self) -> str:
        """ "equal", "different" or "undecided" (see `Row`), by the rows together."""
        return joined(row.verdict for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row with the largest difference, among those that decide the verdict."""
        return max((row for row in self.rows if row.verdict == self.verdict), key=lambda row: row.max_abs)

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
        """The result in words: the first array that differs or that cannot be decided, else the largest difference."""
        if self:
            return self.worst.sentence
        first, *others = (row for row in self.rows if row.verdict == self.verdict)
        return first.sentence + (f"; also: {', '.join(row.name for row in others)}" if others else "")

    def check(self) -> Report:
        """The report itself if all is equal. AssertionError with `sentence` if not, so that a notebook stops there."""
        if not self:
            raise AssertionError(self.sentence)
        return self

    @property
    def _title(self) -> str:
        if self:
            return f"agrees with Keras; largest difference {self.max_abs:.2g}"
        return self.sentence

    @property
    def _line(self) -> str:
        """The title of what agrees, with its arrays named."""
        one, names = len(self.rows) == 1, ", ".join(row.name for row in self.rows)
        known = names if len(self.rows) <= _NAMED else f"all {len(self.rows)} arrays"
        agrees = self._title if one else self._title.replace("agrees", "agree", 1)
        return f"{known} {agrees}"

    @property
    def _header(self) -> tuple[str, ...]:
        letters = [letter for letter in "ygw" if any(f"|{letter}|" in row.tolerance for row in self.rows)]
        allowed = f"allowed ({', '.join(letters)}: Keras's)" if letters else "allowed"
        return "array", "result", "largest difference", "where", allowed, "shape", "dtype"

    @property
    def _cells(self) -> list[tuple[str, ...]]:
        return [_cells(row) for row in self.rows]

    def __repr__(self) -> str:
        table = tables.text(self.verdict, self._title, self._header, self._cells)
        return table + (f"\n{self.adequacy.line}" if self and self.trace is not None else "")

    def table(self) -> str:
        """The table in view, as HTML, whatever it says."""
        return tables.html(self.verdict, self._title, self._header, self._cells) + self._caught

    @property
    def _caught(self) -> str:
        return self.adequacy.fold if self and self.trace is not None else ""

    def _repr_html_(self) -> str:
        """What agrees is one line that opens to the table; what does not is shown as a table."""
        if not self:
            return self.table()
        table = tables.folded(f"✓ {self._line}", tables.html(None, "", self._header, self._cells))
        return table + self._caught


_NAMED = 7  # arrays in a line: as many as an LSTM's step has


def _cells(row: Row) -> tuple[str, ...]:
    compared = row.values is not None
    return (
        row.name,
        tables.verdict(row.verdict) + row.since + (f": {row.note}" if row.note else ""),
        f"{row.max_abs:.2g}" if compared else "—",
        where_text(row.where) if compared and (row.max_abs or not row.ok) else "—",
        row.tolerance,
        row.shape,
        row.dtype,
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

    Of two arrays of which nothing else is known, an element agrees if |ours - y| <= 2e-6 + 2e-5 |y| in float32 and
    1e-11 + 1e-9 |y| in float64, y being Keras's value; the less precise of the two dtypes decides. With `layer` and
    `x`, and for two Traces, it is estimated instead how far rounding can move exactly these numbers
    (`lstm_edu.comparison.rounding`), in the layer's type or, where one array is in a less precise one, in that; and
    where that is too far to decide anything, the report says so. Whole numbers and booleans must be equal. NaN agrees
    with NaN at the same place, and with nothing else.

    Args:
        ours, keras: two arrays or tensors; two lists or tuples of arrays (weights, or what return_state=True returns);
            two dicts (or an `LSTMStep` and a dict); two Traces: every quantity that both recorded, and the output. A
            Trace compared with an array means its output.
        names: what to call the arrays.
        axes: the names of the axes, ("timestep", "unit") for the outputs of a single sequence. If None, by their
            number: (batch, timestep, unit), (batch, unit), (unit,).
        gates: "ifgo" if the last axis holds the blocks of four gates side by side, as in an LSTM's z, kernel or bias.
        layer, x, mask, initial_state: the layer or model whose results these are, ours or Keras's, and what it was
            called with: then rounding is estimated, and the report says which known mistakes it would have caught, and
            which not and why (`.adequacy`). For two Traces they are not needed.

    Returns:
        A Report: `bool(report)`, `.verdict` ("equal", "different", "undecided"), `.max_abs`, `.where`, `.rows`,
        `.check()`, `.adequacy`. Arrays of different shapes are a row that failed and says what the cause probably is.

    Raises:
        TypeError: something that holds no numbers, or a symbolic tensor.
        ValueError: an empty array; names, axes or gates that do not fit.

    Example:
        >>> compare([[1.0, 2.0]], [[1.0, 2.5]]).where
        {'row': 0, 'unit': 1}
    """
    if (layer is None) != (x is None) or (layer is None and (mask is not None or initial_state is not None)):
        raise ValueError("compare: layer and x belong together (and to them a mask and an initial_state, if any)")
    trace = None
    if layer is not None:
        trace = adequate.trace_of(layer, x, mask, initial_state)
        pairs = with_rounding(pairs_of(ours, keras), spread(trace, x, mask), unit_of(trace.layer))
    elif isinstance(ours, Trace) and isinstance(keras, Trace):
        trace = ours
        pairs = trace_pairs(ours, keras, spread=spread(ours))
    else:
        pairs = pairs_of(ours, keras)
    if names is not None:
        pairs = renamed(pairs, names)
    if axes is not None:
        axes = checked_axes(axes, pairs)
    rows = []
    for pair in pairs:
        fits = axes is not None and pair.keras is not None and len(axes) == np.ndim(pair.keras)
        rows.append(compare_pair(replace(pair, axes=axes if fits else pair.axes, gates=gates or pair.gates)))
    return Report(tuple(rows), trace, inside=layer is None and trace is not None)


# --- one array next to another --------------------------------------------------------------------------------------


def compare_pair(pair: Pair) -> Row:
    """One row."""
    return compare_arrays(
        pair.name, pair.ours, pair.keras, axes=pair.axes, gates=pair.gates, gate=pair.gate, allowed=pair.rounding
    )


def compare_arrays(
    name: str,
    ours: np.ndarray | None,
    keras: np.ndarray | None,
    *,
    axes: Sequence[str] | None = None,
    gates: str | None = None,
    gate: str | None = None,
    allowed: Tolerance | Rounding | None = None,
) -> Row:
    """One row. `gates`: the last axis is packed; `gate`: the array belongs to this gate; `allowed`: what rounding does
    to these numbers, if it is known, or a tolerance; if None, the usual one of the dtype."""
    if ours is None or keras is None:
        there, side = (cast(np.ndarray, keras), "Keras's") if ours is None else (ours, "ours")
        shape = f"{side} {checks.shape_text(there.shape)}"
        return _incomparable(name, shape, str(there.dtype), there.size, f"only {side} has it")
    dtype = str(keras.dtype) if ours.dtype == keras.dtype else f"{ours.dtype} / {keras.dtype}"  # ours / Keras's
    if ours.shape != keras.shape:
        shape = f"ours {checks.shape_text(ours.shape)}, Keras's {checks.shape_text(keras.shape)}"
        return _incomparable(name, shape, dtype, keras.size, _shape_cause(ours.shape, keras.shape))
    difference, wrong, blind, limit = differences(ours, keras, allowed)
    verdict = DIFFERENT if wrong.any() else UNDECIDED if blind.any() else EQUAL
    axes = axes or default_axes(name, keras.ndim)
    index = np.unravel_index(np.argmax(difference), difference.shape)
    notes = []
    if wrong.any() and not wrong[index]:  # the largest difference is next to a large value
        first = where(tuple(np.argwhere(wrong)[0]), keras.shape, axes, gates, gate)
        notes.append(f"outside the tolerance first at {where_text(first)}")
    precision = lesser_dtype(ours, keras)
    if ours.dtype != keras.dtype and precision is not None:
        notes.append(f"compared as {precision}")
    if precision in _DIGITS:
        notes.append(f"{precision} holds about {_DIGITS[precision]} digits, so nothing finer can be seen")
    return Row(
        name=name,
        verdict=verdict,
        shape=checks.shape_text(keras.shape),
        dtype=dtype,
        max_abs=float(difference[index]),
        where=where([int(k) for k in index], keras.shape, axes, gates, gate),
        values=(ours[index], keras[index]),
        size=keras.size,
        failed=int(wrong.sum()),
        tolerance=limit if isinstance(limit, str) else _limit_text(limit[index]),
        note="; ".join(notes + _nan_notes(ours, keras)),
        blind_from=_first_of(blind, axes, gates, gate) if verdict == UNDECIDED else {},
    )


def _incomparable(name: str, shape: str, dtype: str, size: int, note: str) -> Row:
    return Row(name, DIFFERENT, shape, dtype, np.inf, {}, None, size, size, "—", note)


def _limit_text(limit: float) -> str:
    return f"rounding, up to {limit:.1g}" if np.isfinite(limit) else "rounding, without limit"


def _first_of(those: np.ndarray, axes: Sequence[str], gates: str | None, gate: str | None) -> Where:
    """The earliest of these places in time."""
    places = np.argwhere(those)
    if axes[1:2] in (("timestep",), ("step",)):
        places = places[np.argsort(places[:, 1], kind="stable")]
    return where(tuple(places[0]), those.shape, axes, gates, gate)


class Differences(NamedTuple):
    """|ours - keras|; where that is more than allowed; where nothing can be decided; and what is allowed: a text, or
    a number for each element."""

    size: np.ndarray
    wrong: np.ndarray
    blind: np.ndarray
    allowed: str | np.ndarray


def differences(ours: np.ndarray, keras: np.ndarray, allowed: Tolerance | Rounding | None = None) -> Differences:
    """Two arrays of one shape."""
    difference, nowhere = distance(ours, keras), np.zeros(ours.shape, bool)
    allowed = allowed or tolerance_of(ours, keras)
    if allowed is None:
        return Differences(difference, difference > 0, nowhere, "0: whole numbers")
    with np.errstate(invalid="ignore", over="ignore"):
        limit = allowed.allowed(keras)
        wrong = beyond(difference, limit)
        if isinstance(allowed, Tolerance):
            return Differences(difference, wrong, nowhere, str(allowed))
        blind = allowed.blind(keras, limit) if beyond(difference, allowed.last_digits(keras)).any() else nowhere
        return Differences(difference, wrong, blind, limit)


def _nan_notes(ours: np.ndarray, keras: np.ndarray) -> list[str]:
    a, b = (np.isnan(v if v.dtype.kind == "f" else v.astype(np.float64)) for v in (ours, keras))
    notes: list[str] = []
    if not (a.any() or b.any()):
        return notes
    if n := int((a & b).sum()):
        notes.append(f"NaN in both at {n} of {checks.plural(a.size, 'place')}")
    if n := int((a & ~b).sum()):
        notes.append(f"NaN at {checks.plural(n, 'place')} where Keras has a number")
    if n := int((b & ~a).sum()):
        notes.append(f"a number at {checks.plural(n, 'place')} where Keras has NaN")
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
        return "batch and time look swapped"
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
        return "a different number of units or features"
    if np.prod(ours) == np.prod(keras):
        return "the same number of values in another arrangement; they are not rearranged silently"
    if len(ours) == len(keras) == 3 and (ours[0], ours[2]) == (keras[0], keras[2]):
        return "a different number of timesteps"
    if ours[1:] == keras[1:]:
        return "a different number of sequences"
    return ""
