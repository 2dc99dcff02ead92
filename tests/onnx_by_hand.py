"""An .onnx file written without any library, for ONNX Runtime to run: protocol buffers, field by field."""

import struct

import numpy as np

FLOAT, INT, STRING, TENSOR, FLOATS, INTS, STRINGS = 1, 2, 3, 4, 6, 7, 8  # AttributeProto.AttributeType


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """One field: a whole number, or bytes or text with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, array, raw=True):
    kind = {"float32": 1, "float64": 11, "int64": 7}[array.dtype.name]
    data = field(9, array.tobytes()) if raw else field(4, array.astype("<f4").tobytes())
    return b"".join(field(1, n) for n in array.shape) + field(2, kind) + field(8, name) + data


def attribute(name, value):
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, INT)
    if isinstance(value, float):
        return field(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + field(20, FLOAT)
    if isinstance(value, str):
        return field(1, name) + field(4, value) + field(20, STRING)
    if isinstance(value, np.ndarray):
        return field(1, name) + field(5, tensor("", value)) + field(20, TENSOR)
    if isinstance(value[0], str):
        return field(1, name) + b"".join(field(9, v) for v in value) + field(20, STRINGS)
    if isinstance(value[0], float):
        packed = b"".join(varint(7 << 3 | 5) + struct.pack("<f", v) for v in value)
        return field(1, name) + packed + field(20, FLOATS)
    return field(1, name) + b"".join(field(8, v) for v in value) + field(20, INTS)


def node(op, inputs, outputs, name="", **attributes):
    return (
        b"".join(field(1, i) for i in inputs)
        + b"".join(field(2, o) for o in outputs)
        + field(3, name)
        + field(4, op)
        + b"".join(field(5, attribute(key, value)) for key, value in attributes.items())
    )


def value_info(name, shape):
    dims = b"".join(field(1, field(2, n) if isinstance(n, str) else field(1, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def model(nodes, arrays, inputs, outputs, raw=True):
    """The bytes of a file. inputs, outputs: name -> shape, text for an open size."""
    graph = (
        b"".join(field(1, n) for n in nodes)
        + field(2, "graph")
        + b"".join(field(5, tensor(name, array, raw)) for name, array in arrays.items())
        + b"".join(field(11, value_info(*pair)) for pair in inputs.items())
        + b"".join(field(12, value_info(*pair)) for pair in outputs.items())
    )
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 14))


def recurrent_model(weights, name="", raw=True):
    """One operator of `lstm_edu.formats.to_onnx`: X (T, B, F), -> Y (T, D, B, H)."""
    features, units, directions = weights.W.shape[2], weights.R.shape[2], len(weights.W)
    arrays = {"W": weights.W, "R": weights.R, "B": weights.B}
    one = node(weights.op, ["X", "W", "R", "B"], ["Y"], name, **weights.attributes)
    return model([one], arrays, {"X": ("T", "N", features)}, {"Y": ("T", directions, "N", units)}, raw)


def run(content, **given):
    """What ONNX Runtime computes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return session.run(None, given)[0]
