"""Any class of the table `lstm_edu.libraries`, one function each way: from_library and to_library."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lstm_edu.core import Layer, checks
from lstm_edu.core.kinds import NOTATION
from lstm_edu.formats import packing
from lstm_edu.libraries import PACKINGS, Array, Packing

Arrays = Mapping[str, np.ndarray]
Blocks = dict[str, np.ndarray]  # "W_i" -> that block as Keras has it: W (F, H), U (H, H), b, d, s (H,)


def from_library(
    name: str, arrays: Mapping[str, Any], prefix: str = "", *, units: int | None = None, **config: Any
) -> Layer:
    """A built layer of this package that computes what that class of another library computes, from its arrays.

    What the library does to its numbers when it runs goes into the weights: a forget bias that is in no array is added
    to the forget gate's bias; where z weighs the new value instead of the old state, its blocks are negated, because
    1 - sigmoid(a) = sigmoid(-a).

    Args:
        name: a class of `le.formats.PACKINGS`, "equinox.nn.LSTMCell" say.
        arrays: name -> array or tensor, by the names that the table gives. The biases may be left out, all of them.
        prefix: what comes before these names; arrays under other names are ignored.
        units: H, where all arrays are in one flat vector, whose length does not tell.
        config: further arguments of the layer made. Where a class may have either reset_after and its arrays do not
            tell which (ONNX), it is needed.

    Returns:
        A built LSTM, GRU or SimpleRNN, which returns sequences unless told otherwise.

    Raises:
        ValueError: no such class; arrays that are missing, unknown or of shapes that do not fit together, with the
            shapes that the class has, those received and what these look like. TypeError: not a mapping, not numbers.
    """
    rows = packing_of(name)
    if not isinstance(arrays, Mapping):
        raise TypeError(f"from_library: arrays must be a mapping of names to arrays, got {type(arrays).__name__}")
    given = {
        str(key)[len(prefix) :]: packing.array(value, str(key), "from_library")
        for key, value in arrays.items()
        if str(key).startswith(prefix)
    }
    if "reset_after" in config:
        rows = tuple(row for row in rows if row.reset_after == config["reset_after"])
        if not rows:
            raise ValueError(f"from_library: {name} has only reset_after={not config['reset_after']}")
    found, refusals = [], []
    for row in rows:
        try:
            found.append((row, _read(row, given, units)))
        except ValueError as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    if len(found) > 1:
        raise ValueError(
            f"from_library: {name} may have either, and its arrays do not tell: give reset_after=True or False"
        )
    ((row, blocks),) = found
    settings: dict[str, Any] = {"activation": row.activations[0]}
    if row.kind != "SimpleRNN":
        settings["recurrent_activation"] = row.recurrent_activations[0]
    if row.kind == "GRU":
        settings["reset_after"] = row.reset_after
    return packing.made(row.kind, _keras_weights(row, blocks), **settings | config)


def to_library(name: str, layer: Layer, prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays with which that class of another library computes what this layer computes.

    Args:
        name: a class of `le.formats.PACKINGS`. layer: a built LSTM, GRU or SimpleRNN of this package.
        prefix: put before the names.

    Returns:
        name -> array, of the layer's dtype. Where the library has two biases and Keras one, the second is zero.

    Raises:
        ValueError: no such class, and what the class cannot express: another kind of layer, the other reset_after,
            other activations, go_backwards, Bidirectional, a bias for which it has no array. TypeError: not a layer of
            this package.
    """
    rows = packing_of(name)
    kind, parts = packing.parts_of(layer, "to_library", (rows[0].kind,))
    if len(parts) > 1:
        raise ValueError("to_library: takes a single layer, got a Bidirectional: convert its two layers one by one")
    (part,) = parts
    row = next((row for row in rows if kind != "GRU" or row.reset_after == part.reset_after), None)
    if row is None:
        side = "before" if part.reset_after else "behind"
        packing.refuse(
            layer, "to_library", f"reset_after={part.reset_after}", f"{name} has the reset gate {side} the product"
        )
    allowed = {"activation": row.activations, "recurrent_activation": row.recurrent_activations}
    packing.need_activations(layer, "to_library", **allowed)
    return {prefix + name: array for name, array in written(row, layer).items()}


def packing_of(name: str) -> tuple[Packing, ...]:
    """The rows of the table for a class: two for a GRU that may have its reset gate on either side.

    Raises:
        ValueError: no such class, naming those of the same library, or of similar names.
    """
    rows = tuple(row for row in PACKINGS if row.name == name)
    if not rows:
        names = list(dict.fromkeys(row.name for row in PACKINGS))
        library = str(name).partition(".")[0].lower()
        near = [known for known in names if known.partition(".")[0] == library]
        near = near or difflib.get_close_matches(str(name), names, cutoff=0.5) or names
        raise ValueError(f"the table of packings has no class {name!r}; it has {', '.join(near)}")
    return rows


# --- between arrays and blocks ----------------------------------------------------------------------------------------


def _cut(numbers: np.ndarray, keys: Sequence[str], features: int, units: int) -> Blocks:
    """A vector of numbers as blocks, one after another."""
    shapes = [{"W": (features, units), "U": (units, units)}.get(key[0], (units,)) for key in keys]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(numbers, ends[:-1])
    return {key: part.reshape(shape) for key, part, shape in zip(keys, parts, shapes, strict=True)}


def _places(array: Array, order: str, features: int, units: int) -> np.ndarray:
    """For each number of the array, its place in its blocks laid one after another. Both ways read it."""
    keys = array.blocks(order)
    sizes = {"W": features * units, "U": units * units}
    blocks = _cut(np.arange(sum(sizes.get(key[0], units) for key in keys)), keys, features, units)
    floors = [[blocks[key] for key in floor] for floor in array.grid(order)]
    columns = [np.concatenate(column, axis=0).T for column in zip(*floors, strict=True)]
    if array.lies == "flat":
        laid = np.concatenate([column.reshape(-1) for column in columns])
    elif array.lies == "interleaved":
        laid = np.stack(columns, axis=1)
    else:
        laid = np.concatenate(columns, axis=0)
        laid = laid.T if array.lies == "beside" else laid
    return laid.reshape([_size(axis, features, units) for axis in array.axes])


def _size(written: str, features: int, units: int) -> int:
    """An axis of the table, "4FH + 8H", in numbers."""
    total = 0
    for term in written.split("+"):
        read = re.fullmatch(r"(\d*)([FH]*)", term.strip())
        assert read is not None, written
        number, letters = read.groups()
        total += int(number or 1) * features ** letters.count("F") * units ** letters.count("H")
    return total


def written(row: Packing, layer: Layer) -> Arrays:
    """The arrays of a class, by name, with this layer's weights in them."""
    blocks = _blocks(row, layer)
    features, units = blocks["W_" + row.order[0]].shape
    made = {}
    for array in row.named_arrays:
        numbers = np.concatenate([blocks[key].reshape(-1) for key in array.blocks(row.order)])
        made[array.name] = np.ascontiguousarray(numbers[_places(array, row.order, features, units)])
    return made


def _read(row: Packing, given: Arrays, units: int | None) -> Blocks:
    """The blocks in a library's arrays, all of one dtype."""
    wanted = {array.name: array for array in row.named_arrays}
    missing = [name for name in wanted if name not in given]
    if missing == [name for name, array in wanted.items() if array.only_biases]:
        missing = []
    if missing:
        raise ValueError(_misfit(row, given, f"{missing[0]} is missing"))
    if unknown := [name for name in given if name not in wanted]:
        raise ValueError(_misfit(row, given, f"{unknown[0]!r} is none of them"))
    features, units = _sizes(row, given, units)
    dtype = np.result_type(*given.values())
    blocks: Blocks = {}
    for name, values in given.items():
        shape = tuple(_size(axis, features, units) for axis in wanted[name].axes)
        if values.shape != shape or not all(shape):
            turned = ", which looks transposed" if values.shape == shape[::-1] else ""
            sizes = f"{checks.plural(units, 'unit')} and {checks.plural(features, 'feature')}"
            expected = f"with {sizes} {name} must be {checks.shape_text(shape)}"
            raise ValueError(_misfit(row, given, f"{expected}, got {checks.shape_text(values.shape)}{turned}"))
        places = _places(wanted[name], row.order, features, units)
        numbers = np.empty(places.size, dtype)
        numbers[places] = values
        blocks |= _cut(numbers, wanted[name].blocks(row.order), features, units)
    return blocks


def _sizes(row: Packing, given: Arrays, units: int | None) -> tuple[int, int]:
    """(F, H), as most of the axes say."""
    axes = [
        (written, size)
        for array in row.named_arrays
        if array.name in given
        for written, size in zip(array.axes, given[array.name].shape, strict=False)
    ]
    if units is None:
        found = Counter(
            size // _size(written, 0, 1)
            for written, size in axes
            if re.fullmatch(r"\d*H", written) and size and size % _size(written, 0, 1) == 0
        )
        if not found:
            raise ValueError(_misfit(row, given, "they do not tell the number of units: give units=..."))
        units = found.most_common(1)[0][0]
    units = checks.positive_int(units, "units", "from_library")
    found = Counter()
    for written, size in axes:
        if "F" in written:
            whole, rest = divmod(size - _size(written, 0, units), _size(written, 1, units) - _size(written, 0, units))
            found[whole if rest == 0 else 0] += 1
    return max(found.most_common(1)[0][0], 0), units


def _misfit(row: Packing, given: Arrays, what: str) -> str:
    """What the class has, what was received, what is wrong with it, and the likely cause."""
    rule = ", ".join(f"{array.name} ({array.shape})" for array in row.named_arrays)
    received = ", ".join(f"{name} {checks.shape_text(a.shape)}" for name, a in given.items()) or "no array"
    blocks = len(row.order)
    matrices = [a.shape for a in given.values() if a.ndim == 2]
    keras = len(matrices) == 2 and all(columns == blocks * matrices[1][0] for _, columns in matrices)
    cause = ". This looks like Keras's own layout, which set_weights() takes as it is" if keras else ""
    return f"from_library: {row.name} has {rule}; got {received}: {what}{cause}"


# --- between blocks and Keras's weights -------------------------------------------------------------------------------


def _keras_weights(row: Packing, blocks: Blocks) -> list[np.ndarray]:
    """kernel, recurrent_kernel and, where there are any biases, bias: as Keras has them."""
    gates = NOTATION[row.kind].gates
    if row.update == "new":
        blocks = blocks | {key: -block for key, block in blocks.items() if key.endswith("_z")}
    weights = [np.concatenate([blocks[f"{letter}_{gate}"] for gate in gates], axis=-1) for letter in "WU"]
    if not (row.forget_bias or any(key[0] in "bds" for key in blocks)):
        return weights
    zeros = np.zeros_like(blocks[f"U_{gates[0]}"][0])
    b, d, s = (np.stack([blocks.get(f"{letter}_{gate}", zeros) for gate in gates]) for letter in "bds")
    b = b + s
    if row.forget_bias:
        b[gates.index("f")] += b.dtype.type(row.forget_bias)
    two = row.kind == "GRU" and row.reset_after
    return [*weights, np.stack([b.reshape(-1), d.reshape(-1)]) if two else (b + d).reshape(-1)]


def _blocks(row: Packing, layer: Layer) -> Blocks:
    """What goes into the library's arrays."""
    kernel, recurrent, *bias = layer.get_weights()
    gates = NOTATION[row.kind].gates
    n, units = len(gates), len(recurrent)
    rows = np.zeros((2, n, units), kernel.dtype)  # b and d
    if bias:
        rows[: bias[0].ndim] = bias[0].reshape(-1, n, units)
    if row.forget_bias:
        rows[0, gates.index("f")] -= rows.dtype.type(row.forget_bias)
    blocks: Blocks = {}
    for k, (gate, w, u) in enumerate(
        zip(gates, np.split(kernel, n, axis=1), np.split(recurrent, n, axis=1), strict=True)
    ):
        b, d = rows[:, k]
        blocks |= {f"W_{gate}": w, f"U_{gate}": u, f"b_{gate}": b, f"d_{gate}": d, f"s_{gate}": b + d}
    if row.update == "new":
        blocks |= {key: -block for key, block in blocks.items() if key.endswith("_z")}
    held = {key for array in row.named_arrays for key in array.blocks(row.order)}
    for gate in gates:
        for letter, side in (("b", "input"), ("d", "recurrent")):
            if held.isdisjoint({f"{letter}_{gate}", f"s_{gate}"}) and blocks[f"{letter}_{gate}"].any():
                packing.refuse(
                    layer, "to_library", f"biases of {gate} on the {side} side", f"{row.name} has no array for them"
                )
    return blocks
