"""Keras itself, imported when it is first needed: it takes some seconds and half a gigabyte."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType

_HOW = (
    "Install what the course needs with `python -m pip install -r requirements.txt` in the project's folder, or Keras "
    "alone with `python -m pip install keras tensorflow-cpu` (on a Mac: `keras tensorflow`; where TensorFlow has no "
    "build: `keras jax`, and KERAS_BACKEND=jax), and restart the kernel"
)


def keras() -> ModuleType:
    """The module keras, on the backend that KERAS_BACKEND or the user's own Keras settings name.

    Raises:
        ImportError: Keras 3 or its backend is not installed; says how to install it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of other libraries, while they import each other
            import keras
    except ImportError as error:
        raise ImportError(f"This needs Keras, which could not be imported: {error}. {_HOW}", name=error.name) from error
    if int(keras.__version__.split(".")[0]) < 3:
        raise ImportError(f"This needs Keras 3, but Keras {keras.__version__} is installed. {_HOW}", name="keras")
    return keras


def is_keras(value: object) -> bool:
    """Whether `value` is a Keras layer or model. Where Keras was never imported, nothing is."""
    module = sys.modules.get("keras")
    return module is not None and hasattr(module, "Layer") and isinstance(value, module.Layer)
