"""What the commands that open a model share: the model, arrays from files, pages and lines for the terminal."""

import argparse
import importlib
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

NARROW, WIDE = 80, 120
CANNOT = 2  # the exit status, next to one line that says why
MODEL = (
    "a .keras file, an .h5 file of Keras 2, or .json with its weights in a file next to it; or module:name, a model "
    "(or a function or class that makes one) in your own module, which is imported"
)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the model, and the weights of a .json, to a command."""
    parser.add_argument("model", help=MODEL)
    parser.add_argument("--weights", type=Path, metavar="W.h5", help="of a .json: the file of its weights")


def attempt(command: str, passed_on: Sequence[str], work: Callable[[], Any]) -> Any:
    """What `work` returns; None where it could not be done, after one line that says why.

    Args:
        command: the command's name.
        passed_on: options that it does not know.
        work: takes nothing. What matters of the warnings of Keras is in its answer, so they are not shown.
    """
    try:
        if passed_on:
            raise ValueError(f"{command} has no option {passed_on[0]}; see python -m lstm_edu {command} --help")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()
    except (ValueError, TypeError, OSError, ImportError, RuntimeError) as error:
        cannot(command, str(error))
        return None


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
