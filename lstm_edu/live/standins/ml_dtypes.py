"""Instead of ml_dtypes 0.6, which has no build for this browser's Python: the limits of NumPy's own dtypes.

Keras asks for nothing else while it computes in float32 and float64. bfloat16, float8 and the 4-bit kinds are not here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_edu.live.missing import NotInTheBrowser

__version__ = "0.0.0+absent"
iinfo = np.iinfo


def finfo(dtype: Any) -> np.finfo:
    """NumPy's limits of a floating-point dtype.

    Raises:
        NotInTheBrowser: one that NumPy does not have, such as "bfloat16".
    """
    try:
        known = np.dtype(dtype).isbuiltin == 1
    except TypeError:
        known = False
    if not known:
        raise NotInTheBrowser(f"dtype {dtype}", "ml_dtypes")
    return np.finfo(dtype)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotInTheBrowser(f"dtype {name}", "ml_dtypes")
