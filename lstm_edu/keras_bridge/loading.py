"""Keras itself, imported when it is first needed: it takes some seconds and half a gigabyte."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from types import ModuleType

_HOW = (
    "Install what the course needs with `python -m pip install -r requirements.txt` in the project's folder, or Keras "
    "alone with `python -m pip install keras tensorflow-cpu` (on a Mac: `keras tensorflow`), and restart the kernel"
)


def keras() -> ModuleType:
    """The module keras, on the backend that KERAS_BACKEND or the user's own Keras settings name.

    Raises:
        ImportError: Keras 3 or its backend is not installed; says how to install it.
    """
    try:
        with warnings.catch_warnings(), _without_chatter():
            warnings.simplefilter("ignore", DeprecationWarning)  # other people's, while they import each other
            import keras
    except ImportError as error:
        raise ImportError(f"This needs Keras, which could not be imported: {error}. {_HOW}", name=error.name) from error
    if int(keras.__version__.split(".")[0]) < 3:
        raise ImportError(f"This needs Keras 3, but Keras {keras.__version__} is installed. {_HOW}", name="keras")
    return keras


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep back what TensorFlow says about the machine while it is loaded; it is shown after all if loading fails.

    Some of it is written before TensorFlow's own switch, TF_CPP_MIN_LOG_LEVEL, is read, straight to file descriptor 2.
    Whoever has set the switch wants to see it.
    """
    if "tensorflow" in sys.modules or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with TemporaryFile() as held:
        try:
            stderr = os.dup(2)
        except OSError:  # there is none, as under pythonw
            yield
            return
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(stderr, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def is_keras(value: object) -> bool:
    """Whether `value` is a Keras layer or model. Where Keras was never imported, nothing is."""
    module = sys.modules.get("keras")
    return module is not None and hasattr(module, "Layer") and isinstance(value, module.Layer)
