"""The types that numbers are computed in: what they keep of a number, and arithmetic that keeps no more.

Keras's dtype policies: "float64", "float32", "float16" and "bfloat16" compute in that type and keep their weights in
it; "mixed_float16" and "mixed_bfloat16" compute in half precision and keep their weights in float32.

NumPy has no bfloat16, and multiplies matrices of float16 slowly. So half precision is computed here in float32, every
result of every operation being rounded immediately to what the half type can hold, as processors without half-precision
units do it, and Keras on TensorFlow, JAX and PyTorch with them: sums of products are added up in float32 and rounded
once. Arrays are float32, which holds every number of both half types exactly.

Source: keras.dtype_policies of Keras 3.15.1; IEEE 754-2019 for float16 (binary16); bfloat16 is the upper half of a
float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

Array = np.ndarray

# How many bits of a number are kept, the leading one included.
_BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}


def compute_dtype(dtype: Any) -> str:
    """The name of the type that is computed in: "float64", "float32", "float16" or "bfloat16".

    Args:
        dtype: that name; the name of a mixed policy, "mixed_float16" or "mixed_bfloat16"; a NumPy dtype; or whatever
            has a `compute_dtype`: a layer or a dtype policy, ours or Keras's. None is Keras's default, float32.

    Raises:
        ValueError: another type or policy.
    """
    given = getattr(dtype, "compute_dtype", dtype)
    name = "float32" if given is None else _name(given).removeprefix("mixed_")
    if name not in _BITS:
        raise ValueError(
            f"dtype must be one of {', '.join(_BITS)}, 'mixed_float16' or 'mixed_bfloat16', got {dtype!r}: numbers of "
            "another type are not supported here"
        )
    return name


def _name(dtype: Any) -> str:
    if isinstance(dtype, str):
        return dtype
    try:
        return np.dtype(dtype).name
    except TypeError:
        return ""


def unit_roundoff(dtype: Any) -> float:
    """The most by which rounding to this type changes a number, relative to it: 2^-53, 2^-24, 2^-11 or 2^-8.

    Args:
        dtype: as in `compute_dtype`; of a mixed policy, the type that it computes in counts.

    Raises:
        ValueError: another type or policy.
    """
    return 2.0 ** -_BITS[compute_dtype(dtype)]


# --- rounding -------------------------------------------------------------------------------------------------------


def keep_bits(a: Array, mantissa: int) -> Array:
    """`a` rounded to float32 numbers with so many bits after the leading one, ties to even."""
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32)
    drop = np.uint32(23 - mantissa)
    one = np.uint32(1)
    half = (one << (drop - one)) - one + ((bits >> drop) & one)
    rounded = ((bits + half) >> drop) << drop
    return np.where(np.isfinite(a), rounded.view(np.float32), a).astype(a.dtype)


def _cut(a: Array) -> Array:
    """`a` as bfloat16, the bits that do not fit being cut off."""
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(a), a, bits.view(np.float32)).astype(a.dtype)


def to_float16(a: Array) -> Array:
    """`a` rounded to numbers of float16, in its own dtype; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return a.astype(np.float16).astype(a.dtype)


def to_bfloat16(a: Array) -> Array:
    """`a` rounded to numbers of bfloat16, in its own dtype."""
    return keep_bits(a, 7)


class Coarse(np.ndarray):
    """A float32 array that computes in half precision: the result of every operation is rounded immediately.

    Numbers of Python that take part (as 0.2 in `0.2 * x`) are rounded first, as a framework does that makes tensors of
    them.
    """

    unit: float  # the unit roundoff
    keep: Callable[[Array], Array]
    keep_product: Callable[[Array], Array]  # of a sum of products

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        kind = type(self)
        if "out" in kwargs:
            kwargs["out"] = tuple(_plain(a) for a in kwargs["out"])
        result = getattr(ufunc, method)(*map(self._operand, inputs), **kwargs)
        if not isinstance(result, (np.ndarray, np.generic)) or result.dtype.kind != "f":
            return result
        keep = kind.keep_product if ufunc is np.matmul else kind.keep
        return keep(np.asarray(result, np.float32)).view(kind)

    def _operand(self, value: Any) -> Any:
        if isinstance(value, float):
            return type(self).keep(np.asarray(value, np.float32))
        return _plain(value)


class _Float16(Coarse):
    unit = unit_roundoff("float16")
    keep = staticmethod(to_float16)
    keep_product = staticmethod(to_float16)


class _BFloat16(Coarse):
    unit = unit_roundoff("bfloat16")
    keep = staticmethod(to_bfloat16)
    keep_product = staticmethod(to_bfloat16)


class _BFloat16Cut(_BFloat16):
    keep_product = staticmethod(_cut)


_COARSE: dict[tuple[str, bool], type[Coarse]] = {
    ("float16", False): _Float16,
    ("float16", True): _Float16,
    ("bfloat16", False): _BFloat16,
    ("bfloat16", True): _BFloat16Cut,
}


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Coarse) else value


# --- policies -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Policy:
    """What a layer computes in, and what it keeps its weights in.

    Attributes:
        name: Keras's: "float32", "float64", "float16", "bfloat16", "mixed_float16" or "mixed_bfloat16".
        cuts_products: whether sums of products are cut off to bfloat16 instead of rounded, as TensorFlow does on
            processors without bfloat16 units (`keras_bridge` asks the machine); without effect on other types.
    """

    name: str = "float32"
    cuts_products: bool = False

    def __post_init__(self) -> None:
        compute_dtype(self.name)

    def __str__(self) -> str:
        return self.name

    @property
    def compute_dtype(self) -> str:
        """The name of the type in which it computes."""
        return compute_dtype(self.name)

    @property
    def variable_dtype(self) -> str:
        """The name of the type that weights are kept in."""
        return "float32" if self.name.startswith("mixed_") else self.name

    @property
    def half(self) -> bool:
        """Whether it computes in half precision."""
        return self.compute_dtype in ("float16", "bfloat16")

    @property
    def held_in(self) -> np.dtype:
        """The dtype of the arrays: float32 for half precision."""
        return np.dtype("float32" if self.half else self.name)

    @property
    def _coarse(self) -> type[Coarse]:
        return _COARSE[self.compute_dtype, self.cuts_products]

    def cast(self, a: Array) -> Array:
        """`a` in the type that is computed in, silently, as Keras casts its inputs (KERAS_FACTS 10)."""
        with np.errstate(over="ignore"):  # 1e300 is inf in float32: what Keras makes of it too
            held = a.astype(self.held_in, copy=False)
        return self._coarse.keep(held) if self.half else held

    def kept(self, weight: Array) -> Array:
        """A weight in the type that weights are kept in."""
        return self.cast(weight) if self.variable_dtype == self.compute_dtype else weight.astype(np.float32, copy=False)

    def coarse(self, a: Array) -> Array:
        """`a`, cast, as an array that computes in half precision; `plain` gives the numbers."""
        return cast(Array, self.cast(np.asarray(a)).view(self._coarse))

    def plain(self, a: Array) -> Array:
        """What was computed with `coarse` arrays as an ordinary array, in the type that is computed in."""
        return np.ascontiguousarray(self.cast(np.asarray(_plain(a))))

    def computed(self, function: Callable[..., Array], *arrays: Array) -> Array:
        """function(*arrays), computed in this type."""
        if not self.half:
            return function(*arrays)
        return self.plain(function(*map(self.coarse, arrays)))


def policy(value: Any, owner: str) -> Policy:
    """The policy of that name; a Policy; or None for float32.

    Raises:
        ValueError: another type or policy, such as a quantised one.
    """
    if isinstance(value, Policy):
        return value
    name = "float32" if value is None else _name(getattr(value, "name", value) if not isinstance(value, str) else value)
    try:
        return Policy(name)
    except ValueError:
        raise ValueError(
            f"{owner}: dtype must be 'float32', 'float64', 'float16', 'bfloat16', 'mixed_float16' or "
            f"'mixed_bfloat16', got {value!r}"
        ) from None
