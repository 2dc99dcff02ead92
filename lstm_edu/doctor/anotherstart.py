"""Did the layer start from some other state? Where it shows every step, each follows from the one before.

The first steps are taken as observed, and the right computation goes on from the state that they show. If it gives all
the others, which the right initial state does not, only the start is different: a stateful layer that has seen other
input before.
"""

from __future__ import annotations

import numpy as np

from lstm_edu.core import LSTM
from lstm_edu.doctor.diagnosis import Candidate
from lstm_edu.doctor.evidence import Evidence
from lstm_edu.doctor.mistake import CATALOGUE
from lstm_edu.doctor.observed import Observed
from lstm_edu.doctor.recipes import Form, Outputs, Recipe, RecurrentRecipe
from lstm_edu.doctor.running import run

Array = np.ndarray

_NEAR = 1e-4  # of the largest number: how near the others must be. A cell state is read from float32 with few digits
_FEWEST = 8  # numbers that the right start gives wrong, and this one right: nothing is fitted to them
_BITS = 10.0  # for which each of them counts


def found(observed: Observed, base: Recipe, right: Outputs | None) -> Candidate | None:
    """The candidate, if the observed numbers go on as they should from a state that is not the right one."""
    if not isinstance(base, RecurrentRecipe) or right is None or observed.record or base.mask is not None:
        return None
    y = observed.arrays[0]
    first = len(base.start)  # steps that show the whole state: a GRU's output is it, an LSTM's c takes one more
    if y.ndim != 3 or y.shape != right[0].shape or base.after or base.shown or not np.isfinite(y).all():
        return None
    if not y[:, 0].any():  # zeros that nothing was written to: the first step is missing
        return None
    states = _states(base, y) if y.shape[1] > first else None
    if states is None:
        return None
    (outputs,) = run([base.but(x=base.x[:, first:], start=states, form=Form(True, base.form.states))])
    if outputs is None:
        return None
    theirs, own = [y[:, first:], *observed.arrays[1:]], [right[0][:, first:], *right[1:]]
    size = max(float(np.abs(a).max()) for a in theirs)
    off = [np.abs(a - b) for a, b in zip(theirs, outputs, strict=True)]
    wrong = sum(int((np.abs(a - b) > 4 * _NEAR * size).sum()) for a, b in zip(theirs, own, strict=True))
    most = max(float(a.max()) for a in off)
    evidence = Evidence(wrong, most, _BITS * wrong, 1, observed.precision.name)
    if most > _NEAR * size or wrong < _FEWEST or not evidence.enough:
        return None
    return Candidate((CATALOGUE["stateful-carry:another-input"],), ((),), evidence)


def _states(base: RecurrentRecipe, y: Array) -> tuple[Array, ...] | None:
    """The states after the first steps, from the outputs y (B, T, H); None where they cannot be read from them."""
    if len(base.start) == 1:
        return (y[:, 0],)
    if not isinstance(base.layer, LSTM) or base.layer.activation.name != "tanh":
        return None
    second = base.but(x=base.x[:, 1:2], start=(y[:, 0], np.zeros_like(base.start[1])), record=("o",), after=())
    (recorded,) = run([second])
    if recorded is None:
        return None
    with np.errstate(all="ignore"):
        c = np.arctanh(y[:, 1] / recorded[0][:, 0])
    return (y[:, 1], c) if np.isfinite(c).all() else None
