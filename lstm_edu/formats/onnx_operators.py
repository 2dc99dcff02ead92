"""ONNX's operators as NumPy functions: enough to compute weights from stored arrays, and one step of a Loop.

Source: the operators of ONNX, opset 7 to 24. What has moved from an attribute to an input is taken from either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from lstm_edu.core import activations
from lstm_edu.formats.protobuf import Node

Array = np.ndarray
Values = dict[str, Array]

_CAST = {1: "f4", 2: "u1", 3: "i1", 4: "u2", 5: "i2", 6: "i4", 7: "i8", 9: "?", 10: "f2", 11: "f8", 12: "u4", 13: "u8"}


class TooBig(ValueError):
    """An operator asks for more numbers than a file of that size could need."""


def evaluate(nodes: Iterable[Node], values: Values, most: int) -> None:
    """Compute, in order, what can be computed, into `values`; the rest stays unknown.

    Args:
        values: name -> array of what is known; gets the results too.
        most: so many numbers all results may have together.

    Raises:
        TooBig: they have more.
    """
    made = 0
    for node in nodes:
        function = OPERATORS.get(node.op)
        if function is None or node.domain not in ("", "ai.onnx") or not node.outputs:
            continue
        if not all(name in values for name in node.inputs if name):
            continue
        given = [values[name] if name else None for name in node.inputs]
        try:
            with np.errstate(all="ignore"):  # numbers of a damaged file; they are checked when they are weights
                result = function(given, {"num_outputs": len(node.outputs)} | node.attributes, most - made)
        except TooBig:
            raise
        except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, AttributeError):
            continue  # a damaged operator computes nothing
        results = result if isinstance(result, list) else [result]
        for name, array in zip(node.outputs, results, strict=False):
            values[name] = np.asarray(array)
            made += 0 if array.base is not None else array.size
        if made > most:
            raise TooBig(f"{node.op} {node.name!r} makes arrays of more than {most:,} numbers: the file is hostile")


def need(count: float, left: int, op: str) -> None:
    if count > left:
        raise TooBig(f"{op} asks for {count:,.0f} numbers, which no model of that size needs: the file is hostile")


# --- what they do: (inputs, attributes, how many numbers they may make) -> array, or a list of them -------------------


def _ints(value: Any) -> list[int]:
    return [int(n) for n in np.ravel(value)]


def _axes(given, attributes, place=1):
    """An attribute of old opsets, an input of new ones."""
    if "axes" in attributes:
        return _ints(attributes["axes"])
    return _ints(given[place]) if len(given) > place and given[place] is not None else None


def _cast(given, attributes, left):
    return given[0].astype(np.dtype(_CAST[attributes["to"]]))


def _transpose(given, attributes, left):
    return np.transpose(given[0], attributes.get("perm"))


def _reshape(given, attributes, left):
    shape = _ints(given[1] if len(given) > 1 else attributes["shape"])
    if not attributes.get("allowzero"):
        shape = [given[0].shape[k] if n == 0 else n for k, n in enumerate(shape)]
    return given[0].reshape(shape)


def _squeeze(given, attributes, left):
    axes = _axes(given, attributes)
    return np.squeeze(given[0], None if axes is None else tuple(axes))


def _unsqueeze(given, attributes, left):
    return np.expand_dims(given[0], tuple(_axes(given, attributes)))


def _concat(given, attributes, left):
    need(sum(a.size for a in given), left, "Concat")
    return np.concatenate(given, attributes["axis"])


def _split(given, attributes, left):
    axis, size = attributes.get("axis", 0), given[0].shape[attributes.get("axis", 0)]
    sizes = attributes.get("split") or (_ints(given[1]) if len(given) > 1 and given[1] is not None else None)
    if sizes is None:
        count = attributes["num_outputs"]
        part = math.ceil(size / count)
        return [a for a in np.split(given[0], range(part, size, part), axis)]
    return np.split(given[0], np.cumsum(sizes)[:-1], axis)


def _slice(given, attributes, left):
    data = given[0]
    starts, ends = (
        _ints(attributes[name]) if name in attributes else _ints(given[place])
        for place, name in ((1, "starts"), (2, "ends"))
    )
    axes = _axes(given, attributes, 3) or range(len(starts))
    steps = _ints(given[4]) if len(given) > 4 and given[4] is not None else [1] * len(starts)
    where = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        stop = None if step < 0 and end < -data.shape[axis] else end
        where[axis] = slice(start, stop, step)
    return data[tuple(where)]


def _gather(given, attributes, left):
    axis = attributes.get("axis", 0)
    need(given[1].size * given[0].size / max(given[0].shape[axis], 1), left, "Gather")
    return np.take(given[0], given[1], axis)


def _expand(given, attributes, left):
    shape = np.broadcast_shapes(given[0].shape, tuple(_ints(given[1])))
    need(math.prod(map(float, shape)), left, "Expand")
    return np.broadcast_to(given[0], shape)


def _tile(given, attributes, left):
    need(given[0].size * math.prod(map(float, _ints(given[1]))), left, "Tile")
    return np.tile(given[0], _ints(given[1]))


def _constant_of_shape(given, attributes, left):
    shape = tuple(_ints(given[0]))
    need(math.prod(map(float, shape)), left, "ConstantOfShape")
    value = np.ravel(attributes.get("value", np.zeros(1, np.float32)))[0]
    return np.full(shape, value, np.asarray(value).dtype)


def _constant(given, attributes, left):
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in attributes:
            value = np.asarray(attributes[name])
            return value.astype(np.float32) if name in ("value_float", "value_floats") else value
    raise KeyError("value")


def _clip(given, attributes, left):
    limits = [given[k] if len(given) > k else attributes.get(name) for k, name in ((1, "min"), (2, "max"))]
    return np.clip(given[0], *limits)


def _divide(given, attributes, left):
    return given[0] // given[1] if given[0].dtype.kind in "iu" else given[0] / given[1]


def _gemm(given, attributes, left):
    a, b = (m.T if attributes.get(name) else m for m, name in zip(given, ("transA", "transB"), strict=False))
    product = attributes.get("alpha", 1.0) * (a @ b)
    return product + attributes.get("beta", 1.0) * given[2] if len(given) > 2 and given[2] is not None else product


def _matmul(given, attributes, left):
    need(given[0].size / max(given[0].shape[-1], 1) * given[1].shape[-1], left, "MatMul")
    return given[0] @ given[1]


def _dequantize(given, attributes, left):
    """(x - zero point) * scale, with one scale or one for each index of the axis."""
    data, scale = given[0], given[1]
    zero = given[2] if len(given) > 2 and given[2] is not None else np.zeros_like(scale)
    if scale.ndim == 1 and scale.size > 1:
        shape = [1] * data.ndim
        shape[attributes.get("axis", 1)] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return (data.astype(scale.dtype) - zero.astype(scale.dtype)) * scale


def _elementwise(function: Callable[..., Array]):
    def compute(given, attributes, left):
        need(math.prod(map(float, np.broadcast_shapes(*(a.shape for a in given)))), left, "the operator")
        return np.asarray(function(*given))

    return compute


def _leaky(given, attributes, left):
    return np.where(given[0] < 0, attributes.get("alpha", 0.01) * given[0], given[0])


def _elu(given, attributes, left):
    return np.where(given[0] < 0, attributes.get("alpha", 1.0) * np.expm1(np.minimum(given[0], 0)), given[0])


def _hard_sigmoid(given, attributes, left):
    return np.clip(attributes.get("alpha", 0.2) * given[0] + attributes.get("beta", 0.5), 0, 1)


_ELEMENTWISE: Mapping[str, Callable[..., Array]] = {
    "Identity": lambda x: x,
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Pow": np.power,
    "Max": lambda *arrays: np.maximum.reduce(np.broadcast_arrays(*arrays)),
    "Min": lambda *arrays: np.minimum.reduce(np.broadcast_arrays(*arrays)),
    "Where": np.where,
    "Equal": np.equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Not": np.logical_not,
    "Neg": np.negative,
    "Abs": np.abs,
    "Exp": np.exp,
    "Log": np.log,
    "Sqrt": np.sqrt,
    "Reciprocal": lambda x: 1 / x,
    "Erf": lambda x: np.vectorize(math.erf, otypes=[x.dtype])(x),
    "Sigmoid": activations.get("sigmoid"),
    "Tanh": np.tanh,
    "Relu": lambda x: np.maximum(x, 0),
    "Softplus": activations.get("softplus"),
    "Softsign": activations.get("softsign"),
}

OPERATORS: Mapping[str, Callable[[list, Mapping[str, Any], int], Array | list[Array]]] = {
    "Cast": _cast,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Gather": _gather,
    "Expand": _expand,
    "Tile": _tile,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Clip": _clip,
    "Div": _divide,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "DequantizeLinear": _dequantize,
    "LeakyRelu": _leaky,
    "Elu": _elu,
    "HardSigmoid": _hard_sigmoid,
    "Shape": lambda given, attributes, left: np.array(given[0].shape, np.int64)[
        attributes.get("start", 0) : attributes.get("end")
    ],
} | {name: _elementwise(function) for name, function in _ELEMENTWISE.items()}
