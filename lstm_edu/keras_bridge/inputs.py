"""The input of a model: checked and named, whatever form it comes in; or drawn, if none is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.keras_bridge.converting import input_shape
from lstm_edu.keras_bridge.drawing import Wanted, closed, drawn, layer_wants
from lstm_edu.keras_bridge.loading import keras

SEED = 0


def of_model(model: Any, x: Any, seed: int = SEED) -> tuple[Any, str]:
    """x as the model takes it, and what there is to say about it.

    Args:
        x: an array; a list or tuple of one for each input; a dict by the inputs' names; None: random numbers.

    Raises:
        ValueError: a different number of arrays, a name that the model does not have, a shape that does not fit.
        TypeError: something that has no numbers.
    """
    wanted = getattr(model, "inputs", None)
    if wanted is None:  # a model with custom code takes whatever it takes
        if x is None:
            raise ValueError(f"the model {model.name!r} does not say what inputs it takes: give an x")
        return x, ""
    names = [tensor.name for tensor in wanted]
    if x is None:
        made = [drawn(model, tensor, np.random.default_rng([seed, k])) for k, tensor in enumerate(wanted)]
        return structured(model, [array for array, _ in made]), _note(names, made, seed)
    if isinstance(x, Mapping):
        unknown = sorted(set(x) - set(names))
        missing = [name for name in names if name not in x]
        if unknown or missing:
            raise ValueError(
                f"{model.name!r} has the inputs {', '.join(names)}, but x has {', '.join(map(str, x)) or 'none'}"
            )
        given = [x[name] for name in names]
    elif len(wanted) == 1:
        alone = isinstance(x, (list, tuple)) and len(x) == 1 and np.ndim(x[0]) == len(wanted[0].shape)
        given = [x[0] if alone else x]
    elif isinstance(x, (list, tuple)) and len(x) == len(wanted):
        given = list(x)
    else:
        got = checks.plural(len(x), "array") if isinstance(x, (list, tuple)) else f"one {type(x).__name__}"
        raise ValueError(
            f"{model.name!r} has {len(wanted)} inputs ({', '.join(names)}) and needs a list of as many arrays, or a "
            f"dict by these names; got {got}"
        )
    arrays = [_checked(value, tensor, model) for value, tensor in zip(given, wanted, strict=True)]
    batches = {len(array) for array in arrays}
    if len(batches) > 1:
        raise ValueError(
            f"{model.name!r}: the inputs must have as many samples each, got "
            f"{', '.join(f'{name} {len(a)}' for name, a in zip(names, arrays, strict=True))}"
        )
    return structured(model, arrays), ""


def of_layer(layer: Any) -> tuple[np.ndarray, str]:
    """A random input for one layer, and the sentence that says so."""
    shape = input_shape(layer)
    if not layer.built or shape is None:
        raise ValueError(f"{layer.name!r} does not say what inputs it takes: give an x")
    wanted = layer_wants(layer)
    x = wanted.draw(np.random.default_rng([SEED, 0]), closed(shape)).astype(layer.input_dtype)
    return x, _note([""], [(x, wanted)], SEED)


def _note(names: list[str], made: list[tuple[np.ndarray, Wanted]], seed: int) -> str:
    """What was drawn, in words. A name that Keras made up for a model's only input says nothing, and is left out."""
    made_up = len(names) == 1 and _MADE_UP.fullmatch(names[0])
    said = [""] if made_up else names
    what = "; ".join(
        f"{name} {checks.shape_text(x.shape)} {'text' if is_text(x) else x.dtype}, {wanted.words}".strip()
        for name, (x, wanted) in zip(said, made, strict=True)
    )
    note = f"no input was given; random numbers were used (seed {seed}): {what}"
    unknown = [repr(name) for name, (_, wanted) in zip(names, made, strict=True) if not wanted.known and name]
    if not unknown:
        return note
    what = "the input" if made_up else ", ".join(unknown)
    return f"{note}. Nothing shows what {what} should hold: give yours (x=..., or --input X.npy)"


_MADE_UP = re.compile(r"(keras_tensor|input_layer|input)(_?\d+)?")


def structured(model: Any, arrays: list[np.ndarray]) -> Any:
    """The arrays as the model takes them: alone, or packed as its `inputs` were."""
    arrays = list(map(tensor, arrays))
    if len(arrays) == 1 and type(model) is keras().Sequential:
        return arrays[0]
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        return arrays[0] if len(arrays) == 1 else arrays
    return keras().tree.pack_sequence_as(structure, arrays)


def flat(given: Any) -> list[np.ndarray]:
    """The arrays of a structure, in order."""
    return keras().tree.flatten(given)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(n is None or n == m for n, m in zip(wanted, shape, strict=True))


def _checked(value: Any, tensor: Any, model: Any) -> np.ndarray:
    shape = tuple(tensor.shape)
    if str(tensor.dtype) == "string":
        array = _text(value, tensor)
        if array.ndim == len(shape) - 1 and shape[-1] == 1:
            array = array[..., None]  # ["a text", "another"] for an Input of shape (1,)
    else:
        array = checks.numbers(value, f"x of input {tensor.name!r}", repr(model.name))
    if not _fits(array.shape, shape):
        hint = ""
        if array.ndim == len(shape) - 1 and _fits(array.shape, shape[1:]):
            hint = ": it looks as if the batch axis is missing; write x[None]"
        elif array.ndim == len(shape) == 3 and array.shape[1:] == shape[:0:-1]:
            hint = ": time and features look swapped"
        raise ValueError(
            f"the input {tensor.name!r} of {model.name!r} takes shape {checks.shape_text(shape)}, got "
            f"{checks.shape_text(array.shape)}{hint}"
        )
    if not array.size:
        raise ValueError(f"the input {tensor.name!r} is empty, {checks.shape_text(array.shape)}: nothing to compare")
    return array if is_text(array) else checks.cast(array, np.dtype(tensor.dtype))


def _text(value: Any, tensor: Any) -> np.ndarray:
    """Strings as an array of objects. TypeError for anything else."""
    if hasattr(value, "numpy"):
        value = value.numpy()
    array = np.array(value, dtype=object)
    if not array.size or not all(isinstance(word, (str, bytes)) for word in array.ravel()):
        raise TypeError(
            f"the input {tensor.name!r} takes text: give strings, such as np.array(['a text', 'another']), got "
            f"{type(value).__name__} of {type(array.ravel()[0]).__name__ if array.size else 'nothing'}"
        )
    return array


def is_text(array: np.ndarray) -> bool:
    return array.dtype.kind in "OUST"


def tensor(array: np.ndarray) -> Any:
    """An array as Keras takes it: text as a tensor of strings, which it does not make itself."""
    return keras().ops.convert_to_tensor(array, dtype="string") if is_text(array) else array
