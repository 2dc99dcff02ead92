"""The types that numbers are computed in: what they keep of a number.

Keras's dtype policies: "float64", "float32", "float16" and "bfloat16" compute in that type and keep their weights in
it; "mixed_float16" and "mixed_bfloat16" compute in half precision and keep their weights in float32.

Source: keras.dtype_policies of Keras 3.15.1; IEEE 754-2019 for float16 (binary16); bfloat16 is the upper half of a
float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

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
            "another type are not computed with here"
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
