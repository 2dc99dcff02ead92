"""What the commands that open a model share: the model, arrays from files, pages and lines for the terminal."""

import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

NARROW, WIDE = 80, 120
MODEL = (
    "a .keras file, an .h5 file of Keras 2, or .json with its weights in a file next to it; or module:name, a model "
    "(or a function or class that makes one) in your own module, which is imported"
)


def model_of(given: str) -> Any:
    """The path of a model's file; or, of `module:name`, the model itself.

    Raises:
        ValueError: there is no such module or name in it, or it is not a model.
    """
    module, colon, name = given.partition(":")
    if not colon or Path(given).exists() or not all(part.isidentifier() for part in module.split(".")):
        return Path(given)
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ValueError(f"there is no file {given!r}, and no module {error.name!r} in this folder") from error
    if not hasattr(found, name):
        raise ValueError(f"the module {module!r} has no {name!r}")
    model = getattr(found, name)
    import keras

    if not isinstance(model, keras.layers.Layer) and callable(model):
        model = model()
    if not isinstance(model, keras.layers.Layer):
        raise ValueError(f"{given} is a {type(model).__name__}: name a Keras model, or a function that returns one")
    return model


def array(path: Path):
    """The array of an .npy file, or a dict of those of an .npz file. Never unpickles."""
    import numpy as np

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except Exception as error:  # whatever a damaged file makes NumPy or zipfile say
        raise ValueError(
            f"{path.name!r} cannot be read as .npy or .npz: it is damaged, or holds Python objects, which are never "
            f"loaded. Save numbers: np.save({path.name!r}, x). NumPy said: {error}"
        ) from error


def say(text: str) -> None:
    """To the terminal, with ? for what its encoding lacks (the signs, on an old Windows console)."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def columns() -> int:
    """How wide the terminal is, within reason."""
    return min(max(shutil.get_terminal_size((100, 24)).columns, NARROW), WIDE)


def cannot(command: str, why: str) -> None:
    """One line about what stopped a command."""
    print(f"cannot {command}: " + " ".join(why.split()), file=sys.stderr)
