"""Whether observed numbers are the right ones: decided as in `le.compare` and `le.verify`, so that they agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lstm_edu.comparison.report import UNDECIDED, Row, compare_arrays, differences, joined
from lstm_edu.comparison.rounding import Rounding, Spread, spread
from lstm_edu.comparison.tolerance import TOLERANCES, Tolerance
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.doctor.case import Case
from lstm_edu.doctor.observed import Observed
from lstm_edu.doctor.recipes import Outputs
from lstm_edu.trace import Trace


class Judged(NamedTuple):
    """The verdict on observed numbers, array by array."""

    rows: list[Row]

    @property
    def verdict(self) -> str:
        """ "equal", "different" or "undecided"."""
        return joined(row.verdict for row in self.rows)

    @property
    def max_abs(self) -> float:
        return max(row.max_abs for row in self.rows)

    @property
    def sentence(self) -> str:
        """Why it cannot be decided."""
        return next(row.sentence for row in self.rows if row.verdict == UNDECIDED)


class Roundings(NamedTuple):
    """What rounding can do to a case's numbers; None where that is not known.

    outputs: for each array that the layer returns. quantities: for each recorded quantity by name.
    """

    outputs: list[Rounding | None]
    quantities: dict[str, Rounding]

    @classmethod
    def of(cls, case: Case) -> Roundings:
        if case.weights is not None and any(a is not b for a, b in zip(case.weights, case.layer.weights, strict=True)):
            return cls([], {})
        _, known = _computed(case)
        unit = unit_roundoff(case.layer)
        quantities = {name: Rounding(array, unit) for name, array in known.arrays.items()}
        return cls([Rounding(array, unit) for array in known.output], quantities)


def _computed(case: Case) -> tuple[Trace, Spread]:
    """What the case's layer computes, and how far rounding moves it."""
    given = {} if case.initial_state is None else {"initial_state": case.initial_state}
    trace = case.layer.trace(case.x, mask=case.mask, **given)
    return trace, spread(trace, case.x, case.mask)


def shows(wrong: Outputs | None, right: Outputs, roundings: Sequence[Rounding | None] = (), times: float = 1.0) -> bool:
    """Whether a comparison would see that these outputs are not the right ones: `le.compare`'s own judgement.

    times: so many times the distance that it allows.
    """
    if wrong is None or [a.shape for a in wrong] != [b.shape for b in right]:
        return True
    for k, (a, b) in enumerate(zip(wrong, right, strict=True)):
        allowed: Rounding | Tolerance | None = roundings[k] if k < len(roundings) else None
        if not isinstance(allowed, Rounding) or allowed.spread.shape != b.shape:
            allowed = TOLERANCES["float32"]
        if differences(a, b, allowed if times == 1 else allowed.times(times)).wrong.any():
            return True
    return False


def judged(case: Case, observed: Observed) -> Judged | None:
    """None where `compare` would not know either: numbers with few digits, in another form than the layer's own, or of
    a layer whose rounding is not known."""
    if observed.precision.printed or observed.precision.coarse or case.weights is not None or observed.states_only:
        return None
    trace, known = _computed(case)
    if observed.record:
        right = [trace[name] for name in observed.record]
        spreads = [known.arrays.get(name) for name in observed.record]
    else:
        right = list(trace.output) if isinstance(trace.output, tuple) else [trace.output]
        spreads = list(known.output)
    if len(spreads) < len(observed.arrays) or [a.shape for a in right] != [a.shape for a in observed.arrays]:
        return None
    unit, rows = unit_roundoff(trace.layer), []
    for name, theirs, y, of_y in zip(observed.names, observed.arrays, right, spreads, strict=False):
        if of_y is None or of_y.shape != y.shape:
            return None
        rows.append(compare_arrays(name, theirs, y, allowed=Rounding(of_y, unit)))
    return Judged(rows)
