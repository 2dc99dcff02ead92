"""How exactly numbers are given, and how exactly a computation in float32 can give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstm_edu.doctor import rounding
from lstm_edu.doctor.recipes import Outputs, Recipe, mapped
from lstm_edu.doctor.running import run

Array = np.ndarray

# How unlikely it must be that numbers have so few digits by chance: 2 to the minus this.
_CERTAIN = 20.0


@dataclass(frozen=True)
class Precision:
    """How exactly the observed numbers are given.

    Attributes:
        name: "float32", "float64", "float16", "bfloat16", "4 decimals", "5 digits".
        printed: whether they were rounded to decimals.
        half: for each array, by how much each number may be off for that reason alone.
    """

    name: str
    printed: bool
    half: tuple[Array, ...]

    @property
    def coarse(self) -> str | None:
        """ "float16" or "bfloat16" if that is what the numbers were stored in."""
        return self.name if self.name in ("float16", "bfloat16") else None


def precision_of(arrays: Sequence[Array], dtypes: Sequence[np.dtype]) -> Precision:
    """Find out from the numbers themselves: rounded to decimals, or stored in a coarse format, or neither.

    arrays: the numbers in float64; dtypes: what they came in.
    """
    flat = np.concatenate([a.ravel() for a in arrays])
    values = flat[np.isfinite(flat) & (flat != 0) & (np.abs(flat) != 1)]
    given = {dtype.name for dtype in dtypes}
    for name, bits in (("float16", 11), ("bfloat16", 8)):
        if name in given:
            return Precision(name, False, tuple(_ulps(a, bits) for a in arrays))
    if not values.size:
        return Precision("float32", False, tuple(_ulps(a, 24) for a in arrays))
    stored = 2.0**-24 if "float32" in given else 1e-15  # the relative error of the storage
    printed = [
        Precision(f"{n} {unit}", True, tuple(0.5 * step(a, n) for a in arrays))
        for unit, step, most in (("decimals", _decimal_step, range(9)), ("digits", _digit_step, range(2, 9)))
        for n in most
        if _on_grid(values, step(values, n), stored)
    ]
    if printed:  # on several grids: the coarsest is the one that was printed
        return max(printed, key=lambda p: float(np.median(np.concatenate([h.ravel() for h in p.half]))))
    for name, coarse, bits in (("float16", rounding.float16, 11), ("bfloat16", rounding.bfloat16, 8)):
        if values.size * (24 - bits) >= _CERTAIN and np.array_equal(coarse(values), values):
            return Precision(name, False, tuple(_ulps(a, bits) for a in arrays))
    name = "float32" if np.array_equal(values.astype(np.float32), values) else "float64"
    return Precision(name, False, tuple(_ulps(a, 24 if name == "float32" else 53) for a in arrays))


def _ulps(a: Array, bits: int) -> Array:
    return np.abs(a) * 2.0**-bits


def _decimal_step(a: Array, decimals: int) -> Array:
    return np.full_like(a, 10.0**-decimals)


def _digit_step(a: Array, digits: int) -> Array:
    """The value of the last printed digit, for so many significant digits."""
    with np.errstate(divide="ignore"):
        magnitude = np.where(a == 0, 0, np.floor(np.log10(np.abs(np.where(np.isfinite(a), a, 1)))))
    return 10.0 ** (np.maximum(magnitude, -300) - digits + 1)


def _on_grid(values: Array, step: Array, stored: float) -> bool:
    """Whether all values are whole multiples of their steps, and that could not be by chance."""
    allowed = stored * np.abs(values) * 1.01
    off = np.abs(values - np.round(values / step) * step)
    if (off > allowed + 1e-16).any():
        return False
    chance = np.minimum(1, np.maximum(2 * allowed, 2e-16) / step)
    return -np.log2(chance).sum() >= _CERTAIN


# --- what float32 does to a computation -----------------------------------------------------------------------------

_TRIALS = 3


def in_float32(a: Array) -> Array:
    return a.astype(np.float32)


def noise(recipes: Sequence[Recipe], outputs: Sequence[Outputs], coarse: str | None = None) -> list[Outputs]:
    """How far each recipe's outputs may lie from what it computes in float32, for each number.

    Measured, not guessed: each recipe is run again in float32, and in float64 with its numbers shaken by half a unit of
    float32's last place. Errors grow with time, so a step has at least those of the steps before it.
    coarse: "float16" or "bfloat16", if that is what everything was stored in.
    """
    rng = np.random.default_rng(0)
    half_ulp = 2.0**-24

    def shaken(a):
        return a * (1 + half_ulp * rng.uniform(-1, 1, a.shape))

    keep = {"float16": rounding.float16, "bfloat16": rounding.bfloat16}.get(coarse or "")
    trials = [in_float32, *[shaken] * (_TRIALS - 1)] if keep is None else [keep]
    errors = [[np.zeros_like(a) for a in arrays] for arrays in outputs]
    for change in trials:
        for error, right, tried in zip(errors, outputs, run([mapped(r, change) for r in recipes]), strict=True):
            for k, (e, a, b) in enumerate(zip(error, right, tried or right, strict=True)):
                error[k] = np.maximum(e, np.abs(np.nan_to_num(a - b)))
    return [[_spread(e) for e in error] for error in errors]


def _spread(error: Array) -> Array:
    """The largest error over batch and units, up to each step, for all of them."""
    if error.ndim != 3:
        return np.full_like(error, error.max(initial=0))
    so_far = np.maximum.accumulate(error.max(axis=(0, 2), initial=0))
    return np.broadcast_to(so_far[None, :, None], error.shape)
