"""The same model twice, ours and Keras's, with the same random weights, to be trained side by side."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

import lstm_edu as le
from lstm_edu.keras_bridge.loading import keras as load_keras

keras = load_keras()
tf = sys.modules["tensorflow"]

Spec = Sequence[tuple]  # (class name, arguments) of each layer; a layer inside another is such a pair too


def layer(library: Any, spec: tuple, dtype: str) -> Any:
    """One layer of either library from its spec."""
    name, arguments = spec
    arguments = {
        key: layer(library, value, dtype) if isinstance(value, tuple) else value for key, value in arguments.items()
    }
    return getattr(library, name)(**arguments, dtype=dtype)


def models(spec: Spec, shape: tuple, *, dtype: str = "float64", seed: int = 0, scale: float = 0.6) -> tuple[Any, Any]:
    """Ours and Keras's, for inputs of this shape (with the batch size first), all weights random and different."""
    ours = le.Sequential([layer(le, s, dtype) for s in spec])
    ours.build(shape)
    # Keras's Input is float32 unless told otherwise, and rounds what a float64 model gets.
    start = keras.layers.Input(batch_shape=shape, dtype=dtype)
    theirs = keras.Sequential([start, *(layer(keras.layers, s, dtype) for s in spec)])
    rng = np.random.default_rng(seed)
    weights = [(scale * rng.standard_normal(w.shape)).astype(dtype) for w in ours.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def assert_close(ours: Any, theirs: Any, what: str, atol: float, rtol: float) -> None:
    """Every array close to its counterpart; the message names the first that is not."""
    assert len(ours) == len(theirs), what
    for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape, f"{what} {k}"
        error = np.abs(a - b) - (atol + rtol * np.abs(b))
        assert (error <= 0).all(), f"{what} {k} {a.shape}: off by {np.abs(a - b).max():.3g}"


def assert_same_weights(ours: Any, theirs: Any) -> None:
    """The weights of both models within what issue 3 asks for after 20 steps in float64."""
    assert_close(ours.get_weights(), theirs.get_weights(), "weight", atol=1e-9, rtol=1e-7)
