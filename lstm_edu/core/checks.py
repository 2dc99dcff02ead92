"""Checks of what comes in. Each error states the rule, what was received and the likely cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def positive_int(value: Any, name: str, owner: str) -> int:
    """`value` as an int >= 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{owner}: {name} must be a whole number, got {value!r} ({type(value).__name__})")
    if value < 1:
        raise ValueError(f"{owner}: {name} must be at least 1, got {value}")
    return int(value)


def flag(value: Any, name: str, owner: str) -> bool:
    """`value` as a bool. A string such as "False" is refused, not taken for True."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{owner}: {name} must be True or False, got {value!r} ({type(value).__name__})")
    return bool(value)


def dropout_rate(value: Any, name: str, owner: str) -> float:
    """`value` as a float in [0, 1)."""
    rate = number(value, name, owner, 0, 1)
    if rate == 1:
        raise ValueError(f"{owner}: {name} must be at least 0 and less than 1 (at 1 nothing is left), got {value}")
    return rate


def in_training(training: bool, name: str, owner: str) -> None:
    """A dropout mask has a meaning only in training; it is not ignored elsewhere."""
    if not training:
        raise ValueError(f"{owner}: {name} was given, but dropout acts only in training: pass training=True as well")


def dropout_mask(value: Any, shape: tuple[int, ...], dtype: np.dtype, name: str, owner: str) -> np.ndarray:
    """A dropout mask of exactly that shape, as a copy."""
    array = numbers(value, name, owner)
    if array.shape != shape:
        raise ValueError(
            f"{owner}: {name} must have shape {shape_text(shape)}, got {shape_text(array.shape)}; "
            "it holds 0 for what is dropped and 1 / (1 - rate) for what is kept"
        )
    return np.array(cast(array, dtype))


def number(value: Any, name: str, owner: str, low: float = -np.inf, high: float = np.inf) -> float:
    """`value` as a float from low to high."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{owner}: {name} must be a number, got {value!r} ({type(value).__name__})")
    if not low <= value <= high:
        limits = f"at least {low:g}" if high == np.inf else f"from {low:g} to {high:g}"
        raise ValueError(f"{owner}: {name} must be {limits}, got {value}")
    return float(value)


def float_dtype(value: Any, owner: str) -> np.dtype:
    """float32 or float64, given by name or as a NumPy dtype."""
    try:
        dtype = np.dtype("float32" if value is None else value)
    except TypeError:
        dtype = None
    if dtype not in (np.dtype("float32"), np.dtype("float64")):
        raise ValueError(
            f"{owner}: dtype must be 'float32' or 'float64', got {value!r}; half precision is not supported here"
        )
    return dtype


def numbers(value: Any, name: str, owner: str) -> np.ndarray:
    """`value` as an array of real numbers, not yet cast. Text, objects, ragged lists, complex numbers are refused."""
    if value is None:
        raise TypeError(f"{owner}: {name} must be an array of numbers, got None")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{owner}: {name} must be a rectangular array, but its rows have different lengths; "
            "pad the sequences to one length and pass a mask"
        ) from error
    if array.dtype.kind not in "fiub" and not _is_bfloat16(array):
        raise TypeError(f"{owner}: {name} must hold real numbers, got dtype {array.dtype}")
    return array


def _is_bfloat16(array: np.ndarray) -> bool:
    return array.dtype.name == "bfloat16"


def cast(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """`array` in `dtype`, silently, as Keras casts its inputs (KERAS_FACTS 10)."""
    if array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):  # 1e300 is inf in float32: what Keras makes of it too
        return array.astype(dtype)


def plural(count: int, word: str) -> str:
    """ "1 unit", "3 units", "2 rows of the table", "1,200 entries": the first word of `word` says what is counted."""
    one, space, rest = word.partition(" ")
    if count == 1:
        many = one
    elif one.endswith("is"):
        many = f"{one[:-2]}es"
    else:
        many = f"{one[:-1]}ies" if re.search("[^aeiou]y$", one) else f"{one}s"
    return f"{count:,} {many}{space}{rest}"


def shape_text(shape: Sequence[Any]) -> str:
    return "(" + ", ".join(str(n) for n in shape) + ("," if len(shape) == 1 else "") + ")"


def weight(
    value: Any,
    expected: tuple[int, ...],
    kept: Callable[[np.ndarray], np.ndarray],
    name: str,
    owner: str,
    hint: str = "",
) -> np.ndarray:
    """A private copy of one weight array, of exactly the expected shape, finite; `kept` casts it to its dtype."""
    array = numbers(value, name, owner)
    if array.shape != expected:
        if len(expected) == 2 and array.shape == expected[::-1]:
            hint = "it looks transposed"
        elif not hint and array.size == np.prod(expected):
            hint = "it has the right number of values in another shape; Keras's own layout is expected"
        raise ValueError(
            f"{owner}: {name} must have shape {shape_text(expected)}, got {shape_text(array.shape)}"
            + (f": {hint}" if hint else "")
        )
    array = np.array(kept(array), order="C", copy=True)
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(
            f"{owner}: {name} must be finite, but {name}{bad} is {array[tuple(bad)]} "
            "(a training that diverged, or a value too large for the layer's dtype?)"
        )
    return array


def mask(value: Any, batch: int, timesteps: int, owner: str) -> np.ndarray | None:
    """A (B, T) boolean mask, or None. Numbers are cast as Keras casts them: 0 is False."""
    if value is None:
        return None
    array = numbers(value, "mask", owner)
    if array.shape != (batch, timesteps):
        if array.shape == (timesteps, batch):
            cause = "batch and time look swapped"
        elif array.ndim == 2 and array.shape[0] == batch:
            cause = "the mask belongs to sequences of another length"
        elif array.ndim == 3:
            cause = "a mask has no feature axis: one value for a whole timestep"
        else:
            cause = "it needs one value for each sequence and timestep"
        raise ValueError(
            f"{owner}: mask must have shape (batch, timesteps) = ({batch}, {timesteps}), "
            f"got {shape_text(array.shape)}: {cause}"
        )
    return np.array(array, dtype=bool)  # a copy: the trace keeps it


def keep(value: Any, known: Sequence[str], owner: str) -> frozenset[str]:
    """Which quantities a trace should keep: all of them, or the named ones."""
    if value is None:
        return frozenset(known)
    names = (value,) if isinstance(value, str) else tuple(value)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{owner}: keep names {unknown}, which it does not record; it records {', '.join(known)}")
    return frozenset(names)
