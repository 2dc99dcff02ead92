"""The layer in question: ours, or one of Keras's, converted."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lstm_edu.core import Layer


def ours(source: Any) -> Layer:
    """`source` itself if it is a layer of this package; else `le.from_keras(source)`.

    The doctor does not know Keras: it calls the package's front door, which loads the bridge only then.
    """
    layer = source if isinstance(source, Layer) else import_module("lstm_edu").from_keras(source)
    if not layer.built:
        raise ValueError(
            f"the doctor needs a layer with weights, but {layer!r} has none yet: call its build(input_shape) first"
        )
    return layer
