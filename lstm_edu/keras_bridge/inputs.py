"""The input of a model: checked and named, whatever form it comes in; or drawn, if none is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.keras_bridge.converting import input_shape, is_model
from lstm_edu.keras_bridge.loading import keras

SEED = 0
BATCH, STEPS = 3, 7  # where a shape leaves them open
_MOST = 2**24  # numbers that are drawn; more than these, and someone must mean it


def of_model(model: Any, x: Any) -> tuple[Any, str]:
    """x as the model takes it, and what there is to say about it.

    Args:
        x: an array; a list or tuple of one for each input; a dict by the inputs' names; None: random numbers.

    Raises:
        ValueError: another number of arrays, a name that the model does not have, a shape that does not fit.
        TypeError: something that holds no numbers.
    """
    wanted = getattr(model, "inputs", None)
    if wanted is None:  # a model with code of its own takes whatever it takes
        if x is None:
            raise ValueError(f"the model {model.name!r} does not say what inputs it takes: give an x")
        return x, ""
    names = [tensor.name for tensor in wanted]
    if x is None:
        arrays = [_drawn(tensor, _vocabulary(model, tensor), k) for k, tensor in enumerate(wanted)]
        what = "; ".join(
            f"{name} {checks.shape_text(a.shape)} {a.dtype}" for name, a in zip(names, arrays, strict=True)
        )
        return _structured(model, arrays), f"no input was given; random numbers were taken (seed {SEED}): {what}"
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
        got = f"{len(x)} arrays" if isinstance(x, (list, tuple)) else f"one {type(x).__name__}"
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
    return _structured(model, arrays), ""


def of_layer(layer: Any) -> tuple[np.ndarray, str]:
    """A random input for one layer, and the sentence that says so."""
    shape = input_shape(layer)
    if not layer.built or shape is None:
        raise ValueError(f"{layer.name!r} does not say what inputs it takes: give an x")
    vocabulary = getattr(layer, "input_dim", None) if type(layer).__name__ == "Embedding" else None
    x = _random(_closed(shape), vocabulary, getattr(layer, "mask_zero", False), layer.input_dtype, 0)
    return x, (f"no input was given; random numbers were taken (seed {SEED}): {checks.shape_text(x.shape)} {x.dtype}")


def _structured(model: Any, arrays: list[np.ndarray]) -> Any:
    """The arrays as the model takes them: alone, or packed as its `inputs` were."""
    if len(arrays) == 1 and type(model) is keras().Sequential:
        return arrays[0]
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        return arrays[0] if len(arrays) == 1 else arrays
    return keras().tree.pack_sequence_as(structure, arrays)


def flat(given: Any) -> list[np.ndarray]:
    """The arrays of a structure, in order."""
    return keras().tree.flatten(given)


def _checked(value: Any, tensor: Any, model: Any) -> np.ndarray:
    array = checks.numbers(value, f"x of input {tensor.name!r}", repr(model.name))
    shape = tuple(tensor.shape)
    fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape, strict=True))
    if not fits:
        hint = ""
        if array.ndim == len(shape) - 1:
            hint = ": it looks as if the batch axis is missing; write x[None]"
        elif array.ndim == len(shape) == 3 and array.shape[1:] == shape[:0:-1]:
            hint = ": time and features look exchanged"
        raise ValueError(
            f"the input {tensor.name!r} of {model.name!r} takes shape {checks.shape_text(shape)}, got "
            f"{checks.shape_text(array.shape)}{hint}"
        )
    if not array.size:
        raise ValueError(f"the input {tensor.name!r} is empty, {checks.shape_text(array.shape)}: nothing to compare")
    return checks.cast(array, np.dtype(tensor.dtype))


# --- random ---------------------------------------------------------------------------------------------------------


def _drawn(tensor: Any, vocabulary: tuple[int, bool] | None, k: int) -> np.ndarray:
    if str(tensor.dtype) == "string":
        raise ValueError(f"the input {tensor.name!r} takes text, which cannot be drawn at random: give an x")
    size, masked = vocabulary or (None, False)
    return _random(_closed(tensor.shape), size, masked, str(tensor.dtype), k)


def _closed(shape: Any) -> tuple[int, ...]:
    """The shape with numbers in place of None."""
    batch, *rest = shape
    closed = (BATCH if batch is None else batch, *(STEPS if n is None else n for n in rest))
    if np.prod([float(n) for n in closed]) > _MOST:
        raise ValueError(
            f"an input of shape {checks.shape_text(closed)} is too big to be drawn at random: give an x yourself"
        )
    return closed


def _random(shape: tuple[int, ...], vocabulary: int | None, masked: bool, dtype: str, k: int) -> np.ndarray:
    rng = np.random.default_rng([SEED, k])
    if vocabulary is None:
        if np.issubdtype(np.dtype(dtype), np.floating):
            return rng.standard_normal(shape).astype(dtype)
        return rng.integers(0, 2, shape).astype(dtype)
    if not masked or vocabulary < 2 or len(shape) < 2:
        return rng.integers(0, vocabulary, shape).astype(dtype)
    ids = rng.integers(1, vocabulary, shape)
    ids[1::2, shape[1] - shape[1] // 3 :] = 0  # every other sequence is padded, on the right
    return ids.astype(dtype)


_SEEN_THROUGH = ("Masking", "Dropout", "SpatialDropout1D", "Reshape", "Permute", "RepeatVector", "Flatten", "Identity")


def _vocabulary(model: Any, tensor: Any) -> tuple[int, bool] | None:
    """The least input_dim of the Embeddings that look this input up, and whether 0 is masked; None if none does."""
    found: list[tuple[int, bool]] = []
    todo, seen = [(model, tensor)], set()
    while todo:
        where, tensor = todo.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        for operation in where.operations if hasattr(where, "operations") else where._functional.operations:
            for node in operation._inbound_nodes:
                arguments = keras().tree.flatten((node.arguments.args, node.arguments.kwargs))
                places = [n for n, argument in enumerate(arguments) if argument is tensor]
                if not places:
                    continue
                inner = operation.layer if type(operation).__name__ == "TimeDistributed" else operation
                if type(inner).__name__ == "Embedding":
                    found.append((int(inner.input_dim), bool(inner.mask_zero)))
                elif is_model(operation):
                    todo.append((operation, operation.inputs[min(places[0], len(operation.inputs) - 1)]))
                elif type(operation).__name__ in _SEEN_THROUGH or not isinstance(operation, keras().Layer):
                    todo += [(where, output) for output in node.outputs]
    if not found:
        return None
    return min(size for size, _ in found), any(masked for _, masked in found)
