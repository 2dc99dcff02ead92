"""In which order a solution computes its quantities: what is wrong first is named first."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, permutations
from types import MappingProxyType
from typing import Any

import numpy as np

from lstm_edu.comparison.places import number_text
from lstm_edu.comparison.tolerance import TOLERANCES, apart
from lstm_edu.exercises.answers import agrees


def assigned(function: Callable) -> tuple[str, ...]:
    """The names that a function assigns, in the order in which they get their last value."""
    lines: dict[str, int] = {}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            lines[node.id] = max(node.lineno, lines.get(node.id, 0))
    return tuple(sorted(lines, key=lambda name: lines[name]))


def in_the_task(function: Callable, idea: str, step: bool = False) -> tuple[str, ...]:
    """Those of them that the task defines, so that in an answer they mean the same: "z = x W + b", and in a step also
    the gates, "blocks i, f, g, o". None where the function has a loop, in which they have a value at each turn."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(tree)):
        return ()
    gates = re.findall(r"(?:blocks|blocks only,) ((?:[a-z], )+[a-z])\b", idea) if step else []
    letters = {letter for listed in gates for letter in listed.split(", ")}
    return tuple(n for n in assigned(function) if n in letters or re.search(rf"(?<!\w){n}(, \w+)* = ", idea))


def first_wrong(
    names: Sequence[str],
    theirs: Mapping[str, np.ndarray],
    right: Mapping[str, np.ndarray],
    arguments: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[str, bool]:
    """Which of these is the first that differs, in words ("" where none can be compared), and whether one does.

    One that may be another quantity under the same name, and right as that, is left out: `g` before its tanh, say.
    arguments: what both functions were given.
    """
    known = [n for n in names if n in theirs and n in right and theirs[n].shape == right[n].shape]
    known = [n for n in known if agrees(theirs[n], right[n]) or not _is_another(theirs[n], right[n], right, arguments)]
    wrong = next((n for n in known if not agrees(theirs[n], right[n])), None)
    good = known if wrong is None else known[: known.index(wrong)]
    before = f"{_listed(good)} {'is' if len(good) == 1 else 'are'} right" if good else ""
    if wrong is None:
        return (f"In your function, {before}." if good else ""), False
    place = tuple(int(k) for k in np.argwhere(apart(theirs[wrong], right[wrong], TOLERANCES["float32"]))[0])
    at = f"{wrong}[{', '.join(map(str, place))}]"
    first = f"{wrong} is the first that differs: {at} is {number_text(theirs[wrong][place])}, and should be "
    return f"In your function, {before}{'; ' if before else ''}{first}{number_text(right[wrong][place])}.", True


def _is_another(value: np.ndarray, own: np.ndarray, right: Mapping[str, np.ndarray], arguments: Mapping) -> bool:
    """Whether an array is a quantity of the solution, or a block of one, before or after a function, or a sum to which
    a term still has to be added. own: what the solution has by its name."""
    given = [a for a in arguments.values() if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    blocks = [b for a in (*right.values(), *given) for b in _blocks(a, value.shape[-1:])]
    with np.errstate(all="ignore"):
        before = [f(value) for f in _FUNCTIONS]
        if any(agrees(v, b) for b in blocks for v in before) or any(
            agrees(value, f(b)) for b in blocks for f in _FUNCTIONS
        ):
            return True
        terms = [b for a in given for b in _blocks(a, own.shape[-1:])]
        terms += [a @ b for a, b in permutations(given, 2) if a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0]]
        terms = [t for t in terms if t.shape in (own.shape, own.shape[-1:])]
        return any(agrees(value + t, own) for t in terms) or any(
            agrees(value + s + t, own) for s, t in combinations(terms, 2)
        )


_FUNCTIONS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda v: v,
    np.tanh,
    lambda v: 1 / (1 + np.exp(-v)),
    np.exp,
    lambda v: 1 - v,
    np.negative,
)


def _blocks(array: np.ndarray, width: tuple[int, ...]) -> list[np.ndarray]:
    """An array, and the blocks of that width that its last axis is made of."""
    if not array.ndim or not width or not width[0] or array.shape[-1] % width[0]:
        return []
    return [array, *np.split(array, array.shape[-1] // width[0], axis=-1)]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
