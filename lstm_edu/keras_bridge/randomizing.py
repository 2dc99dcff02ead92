"""Random weights for a Keras model, for the duration of a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

SEED = 0


@contextmanager
def randomized(source: Any) -> Iterator[None]:
    """While open, every weight of a layer or model is random and none is zero; afterwards it has its own again.

    Kernels get a standard deviation of 1 / sqrt(rows), biases and other vectors 0.3; variances are positive. Variables
    without real numbers, such as the state of a random generator, stay as they are.
    """
    variables = [v for v in source.variables if np.issubdtype(np.dtype(_name(v)), np.floating)]
    before = [np.array(v) for v in variables]
    rng = np.random.default_rng(SEED)
    try:
        for variable, old in zip(variables, before, strict=True):
            new = rng.normal(0, 0.3 if old.ndim < 2 else 1 / np.sqrt(max(2, old.shape[0])), old.shape)
            variable.assign(np.abs(new) + 0.1 if "variance" in variable.name else new)
        yield
    finally:
        for variable, old in zip(variables, before, strict=True):
            variable.assign(old)


def _name(variable: Any) -> str:
    """The variable's dtype as NumPy knows it; bfloat16 counts as a float."""
    name = str(variable.dtype)
    return "float16" if name == "bfloat16" else name
