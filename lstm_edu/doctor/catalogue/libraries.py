"""Weights that are passed to or taken from another library as they are, where it differs in more than the
order of its gates. The order alone is in gates.py. Both are made from the table `lstm_edu.libraries`."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lstm_edu.core.kinds import NOTATION
from lstm_edu.doctor.catalogue.biases import forget_plus
from lstm_edu.doctor.catalogue.gates import old_and_new_exchanged, read_as, with_equations
from lstm_edu.doctor.catalogue.weights import interleaved
from lstm_edu.doctor.equations import blocks, reset_after, reset_before
from lstm_edu.doctor.mistake import mistake
from lstm_edu.doctor.recipes import RecurrentRecipe
from lstm_edu.libraries import PACKINGS, Packing, spelled


def as_packed(r: RecurrentRecipe, row: Packing) -> RecurrentRecipe:
    """What that class computes with these weights, the biases added up where it has fewer."""
    if row.interleaved:
        arrays = ("kernel", "recurrent_kernel", "bias")
        r = r.but(**{name: interleaved(getattr(r, name), len(r.gates)) for name in arrays})
    r = read_as(r, tuple(row.order))
    if row.forget_bias:
        r = forget_plus(r, number=row.forget_bias)
    if row.update == "new":
        r = with_equations(r, mixed=old_and_new_exchanged)
    if row.kind == "GRU":
        r = with_equations(r, candidate=reset_after if row.reset_after else reset_before)
    return r


def _unlike(row: Packing) -> dict[str, str]:
    """How it differs from Keras, apart from the side of the reset gate: a word for the id, and words for a learner."""
    order = ", ".join(row.order)
    return {
        word: says
        for word, says, holds in (
            (row.order, f"blocks in the order {order}", row.order != NOTATION[row.kind].gates),
            ("interleaved", "the gates of one unit next to each other", row.interleaved),
            ("forget-1", "1 added to the forget gate's sum when it runs", row.forget_bias == 1),
            ("new", "an update gate that weighs the new value instead of the old state", row.update == "new"),
        )
        if holds
    }


def _several(layer: Any, row: Packing) -> bool:
    """Whether more than one thing differs from this layer: a mistake with only one of them has its own entry."""
    gates = NOTATION[row.kind].gates
    unlike = _unlike(row)
    if row.order in unlike and all(_all_alike(w, len(gates)) for w in layer.weights):
        del unlike[row.order]  # no order can be told from another
    other_side = row.kind == "GRU" and layer.reset_after != row.reset_after
    return len(unlike) + other_side > 1


def _all_alike(packed: np.ndarray, n: int) -> bool:
    first, *others = blocks(packed, n)
    return all(np.array_equal(first, other) for other in others)


_SIDE = {True: "after", False: "before", None: ""}
_alike: dict[tuple[str, ...], list[Packing]] = {}  # by what is unlike Keras in them
for _row in PACKINGS:
    if _row.kind == "GRU" or len(_unlike(_row)) > 1:
        _alike.setdefault((*(_unlike(_row) or [_row.order]), _SIDE[_row.reset_after]), []).append(_row)

for _words, _rows in _alike.items():
    _row = _rows[0]
    if not _unlike(_row):
        continue  # a GRU with nothing but its reset gate on a side: gru-reset-after
    _side = [f"the reset gate {_SIDE[_row.reset_after]} the recurrent product"] * (_row.kind == "GRU")
    _what = "; ".join([*_unlike(_row).values(), *_side])
    mistake(
        f"library-packing:{'-'.join(filter(None, _words))}",
        _row.kind,
        sentence=f"The weights are used as {spelled(_rows)} packs them: {_what}.",
        fix=f'layer = le.formats.from_library("{_row.name}", arrays)   # the other way: to_library',
        condition=partial(_several, row=_row),
        versions=", ".join(f"{row.name} ({row.version})" for row in _rows),
        source="; ".join(dict.fromkeys(row.source for row in _rows)),
    )(partial(as_packed, row=_row))
