"""Do these numbers come from functions that are almost tanh and sigmoid? Tried where no known form fits.

Each function's error is taken to be an odd function of its sum, made of straight pieces, and solved for. With far
fewer pieces than there are numbers, only a layer that really computes with one such function can be explained by them:
noise, other weights and other inputs cannot.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from lstm_edu.doctor.catalogue.approximations import approximation, functions_in, nearly, small_difference
from lstm_edu.doctor.equations import Function, function_of
from lstm_edu.doctor.evidence import Evidence
from lstm_edu.doctor.families import Situation, at_once, flat, solved
from lstm_edu.doctor.mistake import Mistake
from lstm_edu.doctor.recipes import Recipe, RecurrentRecipe

Array = np.ndarray

_KNOTS = {
    "tanh": (0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 1.8, 2.2, 2.6, 3.0, 3.6, 4.5),
    "sigmoid": (0.4, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 3.6, 4.3, 5.0, 6.0, 7.5, 9.0),
}
_EACH = 4  # numbers that are needed for each that is solved for
_ENOUGH = 20  # numbers for each, at most, are looked at
_LEFT = 0.25  # of the differences, at most
_MOST_OFF = 0.06  # an approximation is nowhere further off
_BITS = 40.0
_TOLD = 0.2  # of the largest: a function that is off by less is not mentioned


def bent(name: str, off: Array) -> Function:
    """tanh or sigmoid plus an odd function of straight pieces, that is `off` at the knots and 0 at 0."""
    function, knots = function_of(name), np.array([0.0, *_KNOTS[name]])

    def nearly_that(z: Array) -> Array:
        return function(z) + np.sign(z) * np.interp(np.abs(z), knots, np.concatenate([[0.0], off]))

    return nearly_that


def found(situation: Situation) -> tuple[Mistake, Evidence, str] | None:
    """The functions that explain the numbers, the evidence, and how far off they are, in words; or None."""
    names = [name for name, used in zip(_KNOTS, functions_in(situation.layer), strict=True) if used]
    n = sum(len(_KNOTS[name]) for name in names)
    a_step = max(1, sum(a.size // max(1, a.shape[1]) for a in situation.observed if a.ndim == 3))
    situation = situation.beginning(max(6, _ENOUGH * n // a_step))
    target = flat(situation.observed)
    if not names or target.size < _EACH * n or not np.isfinite(target).all() or not small_difference(situation):
        return None

    def with_these(off: Array) -> partial:
        return partial(nearly, **{name: bent(name, part) for name, part in _by_name(names, off).items()})

    off = at_once(solved(situation, with_these, np.zeros(n), rounds=3, damping=1e-3, near=1.0))
    if off is None:
        return None
    mutation = with_these(off)
    (outputs,) = situation.compute([mutation])
    before, left = target - flat(situation.right), target - outputs
    ratio = float(np.sqrt(np.mean(left**2) / np.mean(before**2)))
    bits = (target.size - n) * -np.log2(max(ratio, 1e-4) * np.sqrt(target.size / (target.size - n)))
    parts = _by_name(names, off)
    if ratio > _LEFT or bits < _BITS or np.abs(off).max() > _MOST_OFF:
        return None
    if _only_scaled(situation, names, ratio):
        return None
    most = np.abs(off).max()
    parts = {name: part for name, part in parts.items() if np.abs(part).max() > _TOLD * most}
    words = " and ".join(_worst(name, part) for name, part in parts.items())
    said = f"{' and '.join(parts)} {'are' if len(parts) > 1 else 'is'} not exact"
    mistake = approximation("found", said, mutation, parameters=n)
    evidence = Evidence(target.size, float(np.abs(left).max()), float(bits), 1, "float32")
    return mistake, evidence, f"{words}, which explains all but {100 * ratio:.0f} % of the differences"


def _by_name(names: list[str], off: Array) -> dict[str, Array]:
    parts, start = {}, 0
    for name in names:
        parts[name] = off[start : start + len(_KNOTS[name])]
        start += len(_KNOTS[name])
    return parts


def _worst(name: str, off: Array) -> str:
    k = int(np.argmax(np.abs(off[:-2])))  # further out there is hardly a sum
    return f"{name} is off by about {abs(off[k]):.1g} near {_KNOTS[name][k]:g}"


def _only_scaled(situation: Situation, names: list[str], ratio: float) -> bool:
    """Whether the outputs, the functions, their sums, or the weights, multiplied by numbers, do as well: then the
    functions are not approximations."""
    target, right = flat(situation.observed), flat(situation.right)

    def as_good(outputs: Array) -> bool:
        return bool(np.mean((target - outputs) ** 2) <= (1.5 * ratio) ** 2 * np.mean((target - right) ** 2))

    def functions(factors: Array, make) -> partial:
        return partial(nearly, **{n: make(function_of(n), f) for n, f in zip(names, factors, strict=True)})

    ways = [(len(names), partial(functions, make=make)) for make in (_taller, _steeper)]
    for n, with_these in (*ways, (3, lambda factors: partial(_heavier, factors=factors))):
        factors = at_once(solved(situation, with_these, np.ones(n), rounds=3, damping=1e-6, near=1.0))
        if factors is not None:
            (outputs,) = situation.compute([with_these(factors)])
            if as_good(outputs):
                return True
    line = np.stack([right, np.ones_like(right)], axis=1)
    return as_good(line @ np.linalg.lstsq(line, target, rcond=None)[0])


def _taller(function: Function, factor: float) -> Function:
    return lambda z: factor * function(z)


def _steeper(function: Function, factor: float) -> Function:
    return lambda z: function(factor * z)


def _heavier(r: Recipe, factors: Array) -> Recipe:
    changes = {"kernel": factors[0] * r.kernel, "bias": factors[1] * r.bias}
    if isinstance(r, RecurrentRecipe):
        changes["recurrent_kernel"] = factors[2] * r.recurrent_kernel
    return r.but(**changes)
