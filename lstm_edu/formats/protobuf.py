"""As much of an .onnx file as weights need, read without any library: protocol buffers are four kinds of fields.

Source: the encoding of protocol buffers (varints; fields as tag, then value), and onnx.proto3 for the fields' numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Node:
    """One operator: what it reads and writes by name, and its attributes."""

    op: str = ""
    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """The operators in order, and the arrays that are stored."""

    nodes: list[Node]
    arrays: dict[str, np.ndarray]


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(number, value) of each field of a message; a value is a whole number or the bytes it has."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
        else:
            size, at = _varint(data, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
            if size < 0 or at + size > len(data):
                raise ValueError("the file is cut off or no .onnx file: a field does not end inside it")
            value, at = data[at : at + size], at + size
        yield number, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("the file is cut off or no .onnx file: a number does not end inside it")
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def graph(content: bytes) -> Graph:
    """The main graph of an .onnx file.

    Raises:
        ValueError: no .onnx file, or cut off; arrays in another file, or of a kind that is no number.
    """
    body = [value for number, value in fields(memoryview(content)) if number == 7 and not isinstance(value, int)]
    if len(body) != 1:
        raise ValueError("this is no .onnx file: it has no graph")
    nodes, arrays = [], {}
    for number, value in fields(body[0]):
        if number == 1:
            nodes.append(_node(value))
        elif number == 5:
            name, array = _tensor(value)
            arrays[name] = array
    for node in nodes:
        if node.op == "Constant" and isinstance(node.attributes.get("value"), np.ndarray):
            arrays[node.outputs[0]] = node.attributes["value"]
    return Graph(nodes, arrays)


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace")


def _node(data: Any) -> Node:
    node = Node()
    for number, value in fields(data):
        if number == 1:
            node.inputs.append(_text(value))
        elif number == 2:
            node.outputs.append(_text(value))
        elif number == 3:
            node.name = _text(value)
        elif number == 4:
            node.op = _text(value)
        elif number == 5:
            name, found = _attribute(value)
            node.attributes[name] = found
    return node


def _attribute(data: Any) -> tuple[str, Any]:
    name, kind, one, floats, ints, strings = "", 0, {}, [], [], []
    for number, value in fields(data):
        if number == 1:
            name = _text(value)
        elif number == 20:
            kind = value
        elif number == 7:
            floats += np.frombuffer(value, "<f4").tolist()
        elif number == 8:
            ints += _packed(value)
        elif number == 9:
            strings.append(_text(value))
        else:
            one[number] = value
    if kind == 1:
        return name, float(np.frombuffer(one[2], "<f4")[0])
    if kind == 2:
        return name, _signed(one.get(3, 0))
    if kind == 3:
        return name, _text(one.get(4, b""))
    if kind == 4:
        return name, _tensor(one[5])[1]
    return name, {6: floats, 7: ints, 8: strings}.get(kind)


def _packed(value: Any) -> list[int]:
    if isinstance(value, int):
        return [_signed(value)]
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(_signed(number))
    return found


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


_DTYPES = {1: "<f4", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8", 9: "?"}
_IN_FIELD = {4: "<f4", 10: "<f8"}  # float_data, double_data


def _tensor(data: Any) -> tuple[str, np.ndarray]:
    name, shape, kind, raw, listed, ints = "", [], 1, None, [], []
    for number, value in fields(data):
        if number == 1:
            shape += _packed(value)
        elif number == 2:
            kind = value
        elif number in _IN_FIELD and not isinstance(value, int):
            listed.append(np.frombuffer(value, _IN_FIELD[number]))
        elif number in (5, 7):
            ints += _packed(value)
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = value
        elif number == 14 and value == 1:
            raise ValueError(f"the array {name!r} lies in another file, which is not read: save the model as one file")
    if kind not in _DTYPES:  # text, packed small numbers: no weights
        return name, np.empty(0, np.float32)
    dtype = np.dtype(_DTYPES[kind])
    flat = np.frombuffer(raw, dtype) if raw is not None else np.concatenate(listed) if listed else np.array(ints, dtype)
    if flat.size != np.prod([float(n) for n in shape]):
        raise ValueError(
            f"the array {name!r} must hold {shape} numbers, but {flat.size} are there: the file is damaged"
        )
    return name, flat.reshape(shape)
