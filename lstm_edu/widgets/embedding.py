"""EmbeddingExplorer: which row of the table each token picks."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_edu.core.checks import plural
from lstm_edu.plots.scales import signed_scale
from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, words

QUANTITIES = ("x", "y")
_TABLE_BYTES = 2 * 2**20  # a larger table stays in Python; the rows that are used travel


class EmbeddingExplorer(_base.LayerOverTime):
    """An Embedding's table as a heat map, the tokens of a sequence, and the row that each of them picks.

    Keys: left and right a step, up and down a column of the table, Page Up and Page Down ten steps, Home and End the
    first and the last, Space plays. A click on a row of the table goes to the next step that holds this token.

    `t` is the step, `unit` the column of the table (one number of the vector), `batch` the sequence.

    Args:
        trace: the Trace of an Embedding with x (B,) or (B, T) and y.
        reference: the same by Keras, shown next to ours.
        t, unit, batch: where to begin. detail: how much is shown, "simple", "gates" or "all".

    Raises:
        TypeError, ValueError: as `LSTMExplorer`.
    """

    _MODULE = "embedding/explorer.js"

    _UNITS = "column"

    def _describe(self, trace, reference):
        return describe(trace, reference)


def describe(
    trace: Trace, reference: Trace | None = None, rows: int | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page needs of an Embedding's trace: (spec, arrays). `rows`: at most so many sequences.

    arrays: ids (B, T) rows of the table, y (B, T, D), table (V, D): all rows, or those in "kept" if the table is large.
    """
    owner = "EmbeddingExplorer"
    trace = _base.need_trace(trace, "Embedding", QUANTITIES, owner)
    x, layer = trace["x"], trace.layer
    if x.size == 0:
        raise ValueError(f"{owner} needs at least one token, but x has shape {x.shape}: there is nothing to show")
    if x.ndim > 2:
        raise ValueError(
            f"{owner} shows x of shape (batch,) or (batch, timesteps), got {x.shape}: explore a part of it"
        )
    table = trace.weights[0]
    size, width = table.shape
    batch = len(x)
    ids = (x % size).reshape(batch, -1)  # a negative id counts from the end
    per_row = {"ids": ids, "y": trace["y"].reshape(batch, -1, width)}
    if reference is not None:
        reference = _base.need_same(trace, reference, ("y",), owner)
        per_row["keras_y"] = reference["y"].reshape(per_row["y"].shape)
    rows = _base.fitting(per_row, rows)
    arrays = {name: array[:rows] for name, array in per_row.items()}
    kept = None
    if table.nbytes > _TABLE_BYTES:
        used = np.unique(arrays["ids"])
        table, kept = table[used], used.tolist()
        arrays["ids"] = np.searchsorted(used, arrays["ids"])
    arrays["table"] = table
    arrays["ids"] = arrays["ids"].astype(np.float64)  # exact, whatever their number
    spec = {
        "kind": "Embedding",
        "name": layer.name,
        "title": words.layer(trace, f"a table of {plural(size, 'row')} of {plural(width, 'number')}"),
        "rows": rows,
        "batch": batch,
        "steps": ids.shape[1],
        "units": width,
        "vocabulary": size,
        "kept": kept,
        "mask_zero": layer.mask_zero,
        "scale": signed_scale(table),
        "tolerance": _base.tolerance(trace["y"]),
        "comparison": None
        if reference is None
        else _base.compared(trace, {"y": (per_row["y"], per_row["keras_y"])}, ("sequence", "step", "column")),
    }
    return spec, arrays
