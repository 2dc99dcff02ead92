"""What a function of whole numbers counts: its terms, measured by asking it with small numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from lstm_edu.exercises.answers import COUNT
from lstm_edu.exercises.explaining import Answered, Exercise, Found

_ASKED = (1, 2, 3, 5)  # each argument


def counted(exercise: Exercise, answered: Sequence[Answered], right_on: Sequence[Answered] = ()) -> Found | None:
    """Which terms are counted too often or not often enough, where the function of two numbers is a sum of terms such
    as 4 * a * b, b**2 and 3."""
    names = list(answered[0].arguments)
    ask = answered[0].ask
    if len(names) != 2 or [output.kind for output in exercise.returns] != [COUNT] or ask is None:
        return None
    many = [dict(zip(names, values, strict=True)) for values in product(_ASKED, repeat=2)]
    many += [one.arguments for one in (*answered, *right_on)]
    values = ask(many)
    if values is None:
        return None
    theirs = _terms(names, many, [v[0] for v in values])
    right = _terms(names, many, [exercise.solved(a)[0] for a in many])
    if theirs is None or right is None or theirs == right:
        return None
    apart = [_told(term, theirs.get(term, 0), right.get(term, 0)) for term in {**right, **theirs}]
    return Found(f"Your function counts `{_written(theirs)}`: {'; '.join(filter(None, apart))}.")


def _terms(names: Sequence[str], many: Sequence[dict], values: Sequence[int]) -> dict[str, int] | None:
    """How often each term is counted; None if the values are no such sum."""
    a, b = (np.array([arguments[name] for arguments in many], float) for name in names)
    one, other = names
    columns = {
        f"{other} * {one}": a * b,
        f"{one} * {one}": a * a,
        f"{other} * {other}": b * b,
        f"{other} * {one} * {one}": a * a * b,
        one: a,
        other: b,
        "1": np.ones_like(a),
    }
    table = np.stack(list(columns.values()), axis=1)
    often = np.linalg.lstsq(table, np.array(values, float), rcond=None)[0].round().astype(int)
    if not np.array_equal(table @ often, np.array(values, float)):
        return None
    return {term: int(n) for term, n in zip(columns, often, strict=True) if n}


def _told(term: str, theirs: int, right: int) -> str:
    if theirs == right:
        return ""
    counts = {0: "is not counted", 1: "is counted once"}.get(theirs, f"is counted {theirs} times")
    named = "a single number" if term == "1" else f"`{term}`"
    return f"{named} {counts}, and should " + ("not be" if right == 0 else f"be {right} times")


def _written(terms: dict[str, int]) -> str:
    """4 * features * units + 3"""
    parts = [str(n) if term == "1" else term if n == 1 else f"{n} * {term}" for term, n in terms.items()]
    return " + ".join(parts).replace("+ -", "- ") or "0"
