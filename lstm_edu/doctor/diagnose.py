"""The front door: numbers or a function in, a Diagnosis out."""

from __future__ import annotations

from typing import Any

from lstm_edu.core.progress import Progress, shown
from lstm_edu.doctor.case import Case
from lstm_edu.doctor.diagnosis import Diagnosis
from lstm_edu.doctor.explaining import explain
from lstm_edu.doctor.functions import diagnose_function
from lstm_edu.doctor.source import ours


def diagnose(
    theirs: Any,
    layer: Any,
    x: Any,
    mask: Any = None,
    initial_state: Any = None,
    *,
    pairs: bool | int = True,
    progress: Progress | bool | None = None,
) -> Diagnosis:
    """Which mistake produces these numbers?

    Every mistake of the catalogue is made in the layer, then every pair of mistakes, and the results are compared with
    the numbers. Only agreement to float precision on several numbers, and more of them than so many hypotheses
    could hit by chance, is called a cause.

    Args:
        theirs: what was computed, as an array (every step or the last one, rounded to any number of digits), as text
            copied from a page, as a list of output and states, or as quantities by name (a dict, an LSTMStep, a Trace).
            Or the function that computes it, f(x), f(x, mask=...), f(x, initial_state=...): it is called with inputs
            of the doctor's own choosing, of x's shape and others.
        layer: the built layer or stack that it should equal, ours or Keras's.
        x, mask, initial_state: the input, as for a call of the layer.
        pairs: also try two mistakes at once, where one is not enough. A number: pair only so many mistakes, one of each
            kind first; the work grows with its square.
        progress: a function (done, total, words); False for none. If None, a line is shown if it takes long.

    Returns:
        A Diagnosis: `.cause`, `.candidates`, `.explanation`, `.fix`, `.evidence`, `.verdict`.

    Raises:
        ValueError, TypeError: x does not fit the layer, or `theirs` holds no numbers that could be its outputs.

    Example:
        >>> le.diagnose(y_mine, keras_layer, x).cause                       # doctest: +SKIP
        'gate-order:i,g,f,o'
    """
    case = Case.asked(ours(layer), x, mask, initial_state)
    report = shown(progress)
    if callable(theirs) and not hasattr(theirs, "__array__"):
        return diagnose_function(theirs, case, pairs, report)
    return explain(case, case.observe(theirs), pairs, report)
