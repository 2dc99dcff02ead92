"""What a comparison says about itself: which known mistakes it would have caught.

The doctor knows that, and the bridge does not know the doctor: it calls the package's front door, which loads the
    doctor
only then, and only when the report is displayed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

import numpy as np

from lstm_edu.core import Graph, Layer
from lstm_edu.trace import Trace


class Adequacy(Protocol):
    """What `le.doctor.adequacy` returns, as far as a report needs it."""

    @property
    def line(self) -> str: ...

    @property
    def fold(self) -> str: ...


def trace_of(layer: Any, x: Any, mask: Any, initial_state: Any) -> Trace:
    """A layer or model, ours or Keras's, and an input to it, as they are now."""
    layer = layer if isinstance(layer, Layer) else import_module("lstm_edu").from_keras(layer)
    given = {} if initial_state is None else {"initial_state": initial_state}
    return layer.trace(x if isinstance(layer, Graph) else np.asarray(x), mask=mask, **given)


def of_trace(trace: Trace, *, inside: bool) -> Any:
    """The adequacy of a comparison of our trace; `inside`: of all its quantities, not only of the output."""
    return import_module("lstm_edu").doctor.adequacy(trace, inside=inside, brief=True)


def joined(layers: dict[str, Adequacy]) -> Any:
    return import_module("lstm_edu").doctor.Adequacy.joined(layers)
