"""Weights that were stored coarsely: rounded to decimals, float16, whole numbers with a scale, fixed point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from lstm_edu.doctor import rounding
from lstm_edu.doctor.equations import blocks
from lstm_edu.doctor.families import Situation
from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake
from lstm_edu.doctor.recipes import DenseRecipe, EmbeddingRecipe, Recipe, RecurrentRecipe

Array = np.ndarray
Coarse = Callable[[Array, int], Array]  # (weights, number of gates in their last axis) -> what is left of them


# --- what is left of weights -----------------------------------------------------------------------------------------


def decimals(a: Array, gates: int, n: int, cut: bool = False) -> Array:
    """Rounded to n decimals; `cut`: the digits after them are dropped."""
    return np.trunc(a * 10**n) / 10**n if cut else np.round(a, n)


def digits(a: Array, gates: int, n: int) -> Array:
    """Rounded to n significant digits."""
    with np.errstate(divide="ignore"):
        step = 10.0 ** (np.floor(np.log10(np.abs(np.where(a == 0, 1, a)))) - n + 1)
    return np.round(a / step) * step


def stored_as(a: Array, gates: int, keep: Callable[[Array], Array]) -> Array:
    return keep(a)


def fixed_point(a: Array, gates: int, bits: int, cut: bool) -> Array:
    """`bits` bits after the point; `cut`: rounded down, as shifting right does."""
    return (np.floor if cut else np.round)(a * 2.0**bits) / 2.0**bits


def scaled(a: Array, gates: int, bits: int, each: str, most: float) -> Array:
    """Whole numbers of `bits` bits times a scale, largest |a| / most: one per "tensor", per "channel" (column), or per
    "gate"."""
    if each == "gate":
        return np.concatenate([scaled(block, 1, bits, "tensor", most) for block in blocks(a, gates)], axis=-1)
    axis = a.ndim - 2 if each == "channel" and a.ndim > 1 else None
    scale = np.abs(a).max(axis=axis, keepdims=True) / most
    scale = np.where(scale == 0, 1, scale)
    return np.clip(np.round(a / scale), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) * scale


def shifted(a: Array, gates: int, bits: int, each: str) -> Array:
    """The same with a zero point: from the smallest to the largest weight, zero included."""
    axis = a.ndim - 2 if each == "channel" and a.ndim > 1 else None
    low = np.minimum(a.min(axis=axis, keepdims=True), 0)
    high = np.maximum(a.max(axis=axis, keepdims=True), 0)
    scale = (high - low) / (2**bits - 1)
    scale = np.where(scale == 0, 1, scale)
    zero = np.round(-low / scale)
    return (np.clip(np.round(a / scale) + zero, 0, 2**bits - 1) - zero) * scale


def stored(r: DenseRecipe | RecurrentRecipe | EmbeddingRecipe, coarse: Coarse, bias: bool) -> Recipe:
    """The recipe with coarse weights; the bias too, or as it is."""
    gates = len(r.gates) if isinstance(r, RecurrentRecipe) else 1
    names = ["table"] if isinstance(r, EmbeddingRecipe) else ["kernel", *["bias"] * bias]
    if isinstance(r, RecurrentRecipe):
        names.append("recurrent_kernel")
    # Of a table a channel is a row: one for each id, as Keras quantises an Embedding.
    turned = isinstance(r, EmbeddingRecipe)
    # In float64 always: a weight half-way between two steps is rounded the same way whatever the recipe computes in.
    exact = {name: getattr(r, name).astype(np.float64) for name in names}
    left = {name: coarse(a.T, gates).T if turned else coarse(a, gates) for name, a in exact.items()}
    return r.but(**{name: a.astype(getattr(r, name).dtype) for name, a in left.items()})


# --- the family ------------------------------------------------------------------------------------------------------

_KINDS = ("Dense", "Embedding", *RECURRENT)
_SOURCE = "tensorflow#58861; TFLite's float16 and int8 weights; exporters with fixed point"
_MORE_DIGITS = "np.savez(path, *layer.get_weights())   # all digits; in text repr(float(w)), or '%.9g' % w"
_FLOAT32 = "weights.astype('float32')   # float32 weights, or live with differences of this size"


def _left_of(a: Array, coarse: Coarse, bias: bool) -> Array:
    """What is left of weights of a layer that is not ours: of a convolution's kernel a channel is its last axis."""
    if a.ndim < 2 and not bias:
        return a
    return coarse(a.reshape(-1, a.shape[-1]).astype(np.float64), 1).reshape(a.shape).astype(a.dtype) if a.ndim else a


def _coarse(id: str, what: str, coarse: Coarse, fix: str = _FLOAT32, bias: bool = True) -> Mistake:
    which = "The weights" if bias else "The weights (not the bias)"
    return Mistake(
        f"weights-rounded:{id}" + ("" if bias else "-kernels"),
        _KINDS,
        f"{which} were {what}; this is not a logic error.",
        fix,
        partial(stored, coarse=coarse, bias=bias),
        versions="exporters, converters, weights copied as text",
        source=_SOURCE,
        together=True,
        rounding=True,
        everywhere=True,
        of_rest=partial(_left_of, coarse=coarse, bias=bias),
        alone=True,
    )


def _whole_numbers(bits: int, each: str, most: float, bias: bool) -> Mistake:
    return _coarse(
        f"int{bits}-per-{each}{_NAMED[most - 2 ** (bits - 1)]}",
        f"stored as int{bits}, with one scale per {each}",
        partial(scaled, bits=bits, each=each, most=most),
        bias=bias,
    )


def coarse_weights(situation: Situation) -> Iterator[list[Mistake]]:
    """From the likeliest to the less likely: everything rounded, the kernels only, whole numbers, fixed point."""
    for bias in (True, False):
        rounded = [
            _coarse(f"{n}-decimals", f"rounded (to {n} decimal{'s' * (n > 1)})", partial(decimals, n=n), _MORE_DIGITS,
                    bias)
            for n in range(1, 8)
        ]  # fmt: skip
        halves = [
            _coarse(name, f"stored as {name}", partial(stored_as, keep=keep), bias=bias)
            for name, keep in (("float16", rounding.float16), ("bfloat16", rounding.bfloat16))
        ]
        yield rounded + halves
    if not situation.first:  # an exporter stores all layers in the same way; or only those with the most weights
        if type(situation.layer).__name__ in ("Embedding", "Dense"):
            yield [_whole_numbers(8, each, 127, bias=False) for each in ("tensor", "channel")]
        return
    for bias in (False, True):
        yield [
            _whole_numbers(bits, each, most, bias)
            for bits in (8, 4, 16)
            for each in ("tensor", "channel", "gate")
            for most in (2 ** (bits - 1) - 1, 2 ** (bits - 1) - 0.5, 2 ** (bits - 1))
        ]  # fmt: skip
        yield [
            _coarse(f"int{bits}-per-{each}-asymmetric",
                    f"stored as int{bits}, with one scale and one zero point per {each}",
                    partial(shifted, bits=bits, each=each), bias=bias)
            for bits in (8, 4, 16)
            for each in ("tensor", "channel")
        ]  # fmt: skip
    for cut in (False, True):
        how = ", rounded down" if cut else ""
        yield [
            _coarse(f"fixed-point-{bits}" + "-down" * cut,
                    f"stored in fixed point with {bits} bits after the point{how}",
                    partial(fixed_point, bits=bits, cut=cut))
            for bits in range(2, 17)
        ]  # fmt: skip
    yield [
        _coarse(f"{n}-digits", f"rounded (to {n} significant digits)", partial(digits, n=n), _MORE_DIGITS)
        for n in range(1, 7)
    ]
    yield [
        _coarse(f"{n}-decimals-cut", f"cut off (after {n} decimal{'s' * (n > 1)})", partial(decimals, n=n, cut=True),
                _MORE_DIGITS)
        for n in range(1, 7)
    ]  # fmt: skip


_NAMED = {-1.0: "", -0.5: "-127.5", 0.0: "-128"}

CATALOGUE.add(
    Mistake(
        "weights-rounded",
        _KINDS,
        "The weights were stored coarsely: rounded to decimals, as float16, as int8 with a scale, in fixed point. The "
        "doctor finds out how; it is not a logic error.",
        _FLOAT32,
        None,
        versions="exporters, converters, weights copied as text",
        source=_SOURCE,
        together=True,
        rounding=True,
        everywhere=True,
        of_rest=np.copy,  # its members say what
        family_of=coarse_weights,
    )
)
