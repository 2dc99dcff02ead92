"""Keras's layers and models, called as they are, without changing anything in them."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from lstm_edu.keras_bridge.layers import nested_states, numbers
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.looping import tensor


def call_keras(layer: Any, x: Any, **call: Any) -> Any:
    """layer(x), with those arguments that it takes and that are not None."""
    known = inspect.signature(layer.call).parameters
    call = {name: value for name, value in call.items() if value is not None and name in known}
    if "initial_state" in call:
        call["initial_state"] = nested_states(layer, call["initial_state"])
    if isinstance(x, np.ndarray) and x.dtype == np.float64 and keras().backend.backend() == "torch":
        x = tensor(x)  # from an array Keras would make float32 first
    with warnings.catch_warnings():
        # Keras 3.15 says this of a mask given to a whole model, which nevertheless arrives at its layers.
        warnings.filterwarnings("ignore", message=".*was passed an input with a mask attached", category=UserWarning)
        return layer(x, **call)


@contextmanager
def unchanged(layer: Any) -> Iterator[None]:
    """Put the states of stateful layers, and the seeds of dropout, back to what they were."""
    variables = list(layer.non_trainable_variables)
    for inner in layer._flatten_layers():
        variables += keras().tree.flatten(getattr(inner, "states", None) or [])
    before = [numbers(v) for v in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
