"""Where a layer's number of parameters comes from, written out."""

from __future__ import annotations

import re

from lstm_edu.core import Bidirectional, Layer, StackedRNN, TimeDistributed
from lstm_edu.core.kinds import NOTATION


def explained(layer: Layer) -> str:
    """`5,376 parameters = 4 (9·32 + 32·32 + 32) = 4 (F H + H H + H), with ...`; of a built layer of ours."""
    n = layer.count_params()
    formula = _formula(layer) if n else ""
    return f"{n:,} parameters" + (f" = {formula}" if formula else "")


def _formula(layer: Layer) -> str:
    kind = type(layer).__name__
    if isinstance(layer, Bidirectional):
        forward, backward = layer.forward_layer, layer.backward_layer
        one, two = _formula(forward), _formula(backward)
        if one == two:
            return f"2 directions of {forward.count_params():,} = {one}"
        return f"forward {forward.count_params():,} = {one}; backward {backward.count_params():,} = {two}"
    if isinstance(layer, StackedRNN):
        return "; ".join(f"{name} {cell.count_params():,} = {_formula(cell)}" for name, cell in layer.inner.items())
    if isinstance(layer, TimeDistributed):
        return f"{_formula(layer.layer)}, the same for every timestep"
    shapes = dict(
        zip((name.split("/")[-1] for name in layer.weight_names), (w.shape for w in layer.weights), strict=True)
    )
    if kind in NOTATION and "kernel" in shapes:
        features, units = shapes["kernel"][0], shapes["recurrent_kernel"][0]
        bias = "" if "bias" not in shapes else " + 2 H" if len(shapes["bias"]) == 2 else " + H"
        gates = len(NOTATION[kind].gates)
        formula = f"F H + H H{bias}" if gates == 1 else f"{gates} (F H + H H{bias})"
        formula += " + 3 H" if "peepholes" in shapes else ""
        return _with_numbers(formula, F=(features, "features"), H=(units, "units"))
    if kind == "Dense" and "kernel" in shapes:
        features, units = shapes["kernel"]
        formula = "F U + U" if "bias" in shapes else "F U"
        return _with_numbers(formula, F=(features, "features"), U=(units, "units"))
    if kind == "Embedding":
        rows, width = shapes["embeddings"]
        return _with_numbers("V D", V=(rows, "rows"), D=(width, "numbers each"))
    return ""


def _with_numbers(formula: str, **letters: tuple[int, str]) -> str:
    """`4 (3·2 + 2·2 + 2) = 4 (F H + H H + H), with F = 3 features and H = 2 units`."""
    numbers = re.sub(r"(?<=\w) (?=[A-Z])", "·", formula)
    for letter, (value, _) in letters.items():
        numbers = numbers.replace(letter, str(value))
    given = " and ".join(
        f"{letter} = {value} {what.removesuffix('s') if value == 1 else what}"
        for letter, (value, what) in letters.items()
    )
    return f"{numbers} = {formula}, with {given}"
