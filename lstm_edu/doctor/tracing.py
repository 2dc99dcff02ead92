"""A run with a mistake in it, to look at next to the right one, step by step."""

from __future__ import annotations

import difflib
import sys
from typing import Any

from lstm_edu.core import Layer
from lstm_edu.doctor.mistake import CATALOGUE
from lstm_edu.trace import Trace


def mistaken_trace(layer: Any, mistake_id: str, x: Any, mask: Any = None, initial_state: Any = None) -> Trace:
    """What `layer.trace(x, mask, initial_state)` would record if the layer made this mistake of the catalogue.

        le.explore_pair(layer.trace(x), le.doctor.mistaken_trace(layer, "bias-missing", x), names=("right", "wrong"))

    Args:
        layer: a built SimpleRNN, GRU or LSTM of this package.
        mistake_id: such as "gate-order:i,g,f,o"; le.mistakes(layer) lists those that it can have.
        x, mask, initial_state: as for a call.

    Returns:
        A Trace with the layer's own quantities; `output` is what the layer would return with the mistake, which may be
        of another shape than usual.

    Raises:
        TypeError: not a layer of this package.
        ValueError: no such mistake; it cannot be made in this layer, or not with this input.
    """
    if not isinstance(layer, Layer):
        known = sys.modules.get("keras")
        keras = ": convert it first, le.from_keras(layer)" if known and isinstance(layer, known.Layer) else ""
        raise TypeError(f"mistaken_trace needs a layer of lstm_edu, got {type(layer).__name__}{keras}")
    if mistake_id not in CATALOGUE:
        close = difflib.get_close_matches(str(mistake_id), [m.id for m in CATALOGUE], n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"the catalogue has no mistake {mistake_id!r}{hint} le.mistakes() lists them")
    return CATALOGUE[mistake_id].trace(layer, x, mask, initial_state)
