"""As much of an .onnx file as weights need, read without any library: protocol buffers are four kinds of fields.

Source: the encoding of protocol buffers (varints; fields as tag, then value), and onnx.proto3 for the fields' numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

DEEPEST = 16  # graphs within graphs


@dataclass
class Node:
    """One operator: what it reads and writes by name, and its attributes (a Loop's body is a Graph)."""

    op: str = ""
    domain: str = ""
    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """The operators in order, the arrays that are stored, and what goes in and comes out.

    inputs: name -> whether it holds floats (anything else may be whole numbers, booleans, text).
    """

    nodes: list[Node] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    inputs: dict[str, bool] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)


def fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """(number, value) of each field of a message; a value is a whole number or bytes."""
    at = 0
    value: Any
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
        else:
            size, at = _varint(data, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
            if size < 0 or at + size > len(data):
                raise ValueError("the file is cut off or not an .onnx file: a field does not end inside it")
            value, at = data[at : at + size], at + size
        yield number, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("the file is cut off or not an .onnx file: a number does not end inside it")
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def graph(content: bytes, folder: Path | None = None) -> Graph:
    """The main graph of an .onnx file.

    Args:
        folder: where the file is; arrays in other files of that folder are read, and of no other.

    Raises:
        ValueError: not an .onnx file, or cut off; arrays in another file that cannot be read, or of a kind that is not
            a number; graphs nested endlessly.
    """
    try:
        body = [value for number, value in fields(memoryview(content)) if number == 7 and not isinstance(value, int)]
        if len(body) != 1:
            raise ValueError("this is not an .onnx file: it has no graph")
        return _graph(body[0], folder, 0)
    except (
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
    ) as error:  # fields of other kinds than their numbers say
        raise ValueError(f"this is not an .onnx file, or it is damaged ({error})") from error


def _graph(data: Any, folder: Path | None, depth: int) -> Graph:
    if depth > DEEPEST:
        raise ValueError(f"the file is damaged or hostile: more than {DEEPEST} graphs are nested")
    found = Graph()
    for number, value in fields(data):
        if number == 1:
            found.nodes.append(_node(value, folder, depth))
        elif number == 5:
            name, array = _tensor(value, folder)
            found.arrays[name] = array
        elif number == 11:
            name, floats = _value_info(value)
            found.inputs[name] = floats
        elif number == 12:
            found.outputs.append(_value_info(value)[0])
        elif number == 15:
            raise ValueError("the file has sparse arrays, which are not read")
    return found


def _value_info(data: Any) -> tuple[str, bool]:
    """The name of an input or output, and whether its type is a tensor of floats."""
    name, kind = "", 0
    for number, value in fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            for inner in (tensor for n, tensor in fields(value) if n == 1):
                kind = next((elem for n, elem in fields(inner) if n == 1), kind)
    return name, kind in _FLOATS


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace")


def _node(data: Any, folder: Path | None, depth: int) -> Node:
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
            name, found = _attribute(value, folder, depth)
            node.attributes[name] = found
        elif number == 7:
            node.domain = _text(value)
    return node


def _attribute(data: Any, folder: Path | None, depth: int) -> tuple[str, Any]:
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
        return name, _tensor(one[5], folder)[1]
    if kind == 5:
        return name, _graph(one[6], folder, depth + 1)
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


_DTYPES = {1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8"}
_DTYPES |= {12: "<u4", 13: "<u8"}
_BFLOAT16 = 16  # the upper half of a float32
_FLOATS = (1, 10, 11, _BFLOAT16)
_IN_FIELD = {4: "<f4", 10: "<f8"}  # float_data, double_data


def _tensor(data: Any, folder: Path | None) -> tuple[str, np.ndarray]:
    name, shape, kind, raw, listed, ints, elsewhere, place = "", [], 1, None, [], [], False, {}
    for number, value in fields(data):
        if number == 1:
            shape += _packed(value)
        elif number == 2:
            kind = value
        elif number in _IN_FIELD and not isinstance(value, int):
            listed.append(np.frombuffer(value, _IN_FIELD[number]))
        elif number in (5, 7, 11):
            ints += _packed(value)
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = value
        elif number == 13:
            entry = {n: _text(text) for n, text in fields(value)}
            place[entry.get(1, "")] = entry.get(2, "")
        elif number == 14:
            elsewhere = value == 1
    if elsewhere:
        raw = _elsewhere(name, place, folder)
    if kind not in (*_DTYPES, _BFLOAT16):  # text, packed small numbers: not weights
        return name, np.empty(0, np.float32)
    dtype = np.dtype(_DTYPES.get(kind, "<u2"))
    if raw is not None:
        flat = np.frombuffer(raw, dtype)
    elif listed:
        flat = np.concatenate(listed)
    elif kind in (10, _BFLOAT16):  # the bits, one whole number each
        flat = np.array(ints, np.uint16).view(dtype)
    else:
        flat = np.array(ints, np.int64).astype(dtype)
    if kind == _BFLOAT16:
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    if flat.size != np.prod([float(n) for n in shape]):
        raise ValueError(f"the array {name!r} must hold {shape} numbers, but has {flat.size}: the file is damaged")
    return name, flat.reshape(shape)


def _elsewhere(name: str, place: dict[str, str], folder: Path | None) -> bytes:
    """The bytes of an array in another file: in the same folder, under a plain name."""
    file = place.get("location", "")
    if folder is None:
        raise ValueError(
            f"the array {name!r} is in another file, {file!r}: give the path of the .onnx file and not its bytes, or "
            "save the model as one file"
        )
    if not file or Path(file).name != file or "\\" in file or file in (".", "..") or (folder / file).is_symlink():
        raise ValueError(f"the array {name!r} is in {file!r}, which is not a file in the same folder and is not read")
    if not (folder / file).is_file():
        raise ValueError(f"the array {name!r} is in another file, {file!r}, which is not next to this one")
    offset, length = int(place.get("offset", 0)), int(place.get("length", -1))
    size = (folder / file).stat().st_size
    length = size - offset if length < 0 else length
    if offset < 0 or offset + length > size:
        raise ValueError(f"the array {name!r} is beyond the end of {file!r}: the file is damaged or cut off")
    with (folder / file).open("rb") as source:
        source.seek(offset)
        return source.read(length)
