"""The input that a model was made for, drawn at random: ids that its Embedding has, words that its vocabulary knows.

What a model expects is read from the layers that its inputs reach first. Where these say nothing, normal
numbers are drawn, and the report says that nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import numpy as np

from lstm_edu.core import checks
from lstm_edu.keras_bridge.layers import numbers
from lstm_edu.keras_bridge.loading import keras

Array = np.ndarray
Generator = np.random.Generator

BATCH, STEPS = 3, 7  # where a shape leaves them open
_MOST = 2**24  # numbers that are drawn; for more, the user has to ask
_FEWEST_CLASSES = 8  # of a model that looks as if it predicts what it reads, for its input to be taken as one-hot


class Wanted(NamedTuple):
    """What an input should hold.

    draw: (generator, shape) -> an array. words: what that is, for a report. known: whether the model shows it.
    """

    draw: Callable[[Generator, tuple[int, ...]], Array]
    words: str
    known: bool = True


def drawn(model: Any, tensor: Any, rng: Generator) -> tuple[Array, Wanted]:
    """An array for one input of a model, and what it is.

    Raises:
        ValueError: nothing can be drawn: it is too big, or takes text about which nothing is known.
    """
    wanted = wanted_by(model, tensor)
    shape = closed(tensor.shape)
    array = wanted.draw(rng, shape)
    return array if str(tensor.dtype) == "string" else array.astype(str(tensor.dtype)), wanted


def wanted_by(model: Any, tensor: Any) -> Wanted:
    """What this input of the model should hold, as far as the model shows."""
    found = [w for w in map(_of_layer, _readers(model, tensor)) if w is not None]
    if found:
        ids = [w for w in found if isinstance(w, _Ids)]
        return min(ids, key=lambda w: w.below).wanted() if ids else cast(Wanted, found[0])
    if str(tensor.dtype) == "string":
        raise ValueError(f"the input {tensor.name!r} takes text, and no vocabulary says which: give an x")
    if not np.issubdtype(np.dtype(tensor.dtype), np.floating):
        return Wanted(lambda rng, shape: rng.integers(0, 2, shape), "zeros and ones", False)
    if _predicts_what_it_reads(model, tensor):
        return Wanted(
            _one_hot, "one-hot rows, because the model's softmax has as many classes as the input has features"
        )
    return NORMAL


def layer_wants(layer: Any) -> Wanted:
    """What one layer by itself should be given."""
    wanted = _of_layer(layer) or NORMAL
    return wanted.wanted() if isinstance(wanted, _Ids) else wanted


def closed(shape: Any) -> tuple[int, ...]:
    """The shape with numbers instead of None."""
    shape = (BATCH if shape[0] is None else shape[0], *(STEPS if n is None else n for n in shape[1:]))
    if np.prod([float(n) for n in shape]) > _MOST:
        raise ValueError(
            f"an input of shape {checks.shape_text(shape)} is too big to be drawn at random: give an x yourself"
        )
    return shape


NORMAL = Wanted(lambda rng, shape: rng.standard_normal(shape), "normal numbers", False)


def _one_hot(rng: Generator, shape: tuple[int, ...]) -> Array:
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]


# --- what a layer says about its input ------------------------------------------------------------------------------


class _Ids(NamedTuple):
    """Whole numbers from 0; the smallest of several limits counts. padded: 0 is not a token."""

    below: int
    padded: bool = False

    def wanted(self) -> Wanted:
        padded = self.padded and self.below > 1

        def draw(rng: Generator, shape: tuple[int, ...]) -> Array:
            if not padded or len(shape) < 2:
                return rng.integers(0, self.below, shape)
            return _padded(rng.integers(1, self.below, shape), 0)

        return Wanted(draw, f"ids below {self.below}" + (", padded with 0" if padded else ""))


def _padded(x: Array, value: Any) -> Array:
    """Every other sequence padded, on the right."""
    x[1::2, x.shape[1] - x.shape[1] // 3 :] = value
    return x


def _of_layer(layer: Any) -> Wanted | _Ids | None:
    kind = type(layer).__name__
    rule = _RULES.get(kind)
    return None if rule is None else rule(layer)


def _masking(layer: Any) -> Wanted:
    value = layer.mask_value

    def draw(rng: Generator, shape: tuple[int, ...]) -> Array:
        return _padded(rng.standard_normal(shape), value)

    return Wanted(draw, f"normal numbers, padded with the mask_value {value:g}")


def _scaled(layer: Any) -> Wanted | None:
    """Normalization: numbers such as those to which it was adapted. Its mean and variance have the input's rank."""
    if getattr(layer, "mean", None) is None:
        return None
    mean, spread = numbers(layer.mean)[0], np.sqrt(numbers(layer.variance)[0])
    return _around(mean, spread, "normal numbers of the means and variances that Normalization was adapted to")


def _batch_normalization(layer: Any) -> Wanted | None:
    if layer.axis not in (-1, len(layer.get_build_config()["input_shape"]) - 1):
        return None
    mean, spread = numbers(layer.moving_mean), np.sqrt(numbers(layer.moving_variance))
    return _around(mean, spread, "normal numbers of the means and variances that BatchNormalization has seen")


def _around(mean: Array, spread: Array, words: str) -> Wanted:
    return Wanted(lambda rng, shape: mean + spread * rng.standard_normal(shape), words)


def _rescaling(layer: Any) -> Wanted | None:
    scale, offset = np.asarray(layer.scale, float), np.asarray(layer.offset, float)
    if scale.ndim or offset.ndim or not scale:
        return None
    ends = sorted((low - offset) / scale for low in ((-1.0 if offset < 0 else 0.0), 1.0))
    low, high = (float(end) for end in ends)
    return Wanted(lambda rng, shape: rng.uniform(low, high, shape), f"numbers from {low:g} to {high:g}, for Rescaling")


def _vocabulary_of(layer: Any) -> Wanted | None:
    """StringLookup, IntegerLookup, TextVectorization: words that it knows, and for text several in a row."""
    words = [w for w in layer.get_vocabulary() if w not in ("", "[UNK]", "[MASK]", -1, 0)]
    if not words:
        return None
    text = type(layer).__name__ == "TextVectorization"

    def draw(rng: Generator, shape: tuple[int, ...]) -> Array:
        if not text:
            return np.array(words)[rng.integers(0, len(words), shape)]
        lines = [" ".join(rng.choice(words, 2 + k % STEPS)) for k in range(int(np.prod(shape)))]
        return np.array(lines).reshape(shape)

    what = "texts of words" if text else "words" if isinstance(words[0], str) else "values"
    return Wanted(draw, f"{what} from the vocabulary of {layer.name!r}")


_RULES: dict[str, Callable[[Any], Any]] = {
    "Embedding": lambda layer: _Ids(int(layer.input_dim), bool(layer.mask_zero)),
    "CategoryEncoding": lambda layer: _Ids(int(layer.num_tokens)),
    "OneHot": lambda operation: _Ids(int(operation.num_classes)),
    "Masking": _masking,
    "Normalization": _scaled,
    "BatchNormalization": _batch_normalization,
    "Rescaling": _rescaling,
    "StringLookup": _vocabulary_of,
    "IntegerLookup": _vocabulary_of,
    "TextVectorization": _vocabulary_of,
}

_SEEN_THROUGH = ("Dropout", "SpatialDropout1D", "Reshape", "Permute", "RepeatVector", "Flatten", "Identity")


def _readers(model: Any, tensor: Any) -> Iterator[Any]:
    """The layers and operations that read this input, looking through those that only move numbers."""
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
                yield inner
                if hasattr(inner, "operations") or hasattr(inner, "_functional"):
                    todo.append((inner, inner.inputs[min(places[0], len(inner.inputs) - 1)]))
                elif type(inner).__name__ in _SEEN_THROUGH or not isinstance(inner, keras().Layer):
                    todo += [(where, output) for output in node.outputs]


def _predicts_what_it_reads(model: Any, tensor: Any) -> bool:
    """Whether its output is a distribution over as many classes as the input has features: the next of one-hot rows."""
    features = tensor.shape[-1]
    if len(tensor.shape) != 3 or not features or features < _FEWEST_CLASSES:
        return False
    for output in keras().tree.flatten(model.outputs):
        maker = output._keras_history.operation
        name = getattr(getattr(maker, "activation", None), "__name__", type(maker).__name__.lower())
        if name == "softmax" and output.shape[-1] == features:
            return True
    return False
