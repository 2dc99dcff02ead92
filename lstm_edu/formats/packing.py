"""What all formats share: blocks in another order, layers made from arrays, and refusals that name the setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from lstm_edu.core import GRU, LSTM, Bidirectional, Dense, Layer, SimpleRNN, checks
from lstm_edu.core.kinds import NOTATION
from lstm_edu.libraries import PACKINGS


def _orders(kind: str) -> dict[str, str]:
    """By class, and by library where all its classes have one order."""
    rows = [row for row in PACKINGS if row.kind == kind]
    found = {"keras": NOTATION[kind].gates} | {row.name: row.order for row in rows}
    for library in dict.fromkeys(row.library for row in rows):
        orders = {row.order for row in rows if row.library == library}
        if len(orders) == 1:
            found["pytorch" if library == "torch" else library] = orders.pop()
    return found


# The gates' blocks in the order in which each library packs them, in this package's letters.
ORDERS: Mapping[str, Mapping[str, str]] = {kind: _orders(kind) for kind in ("LSTM", "GRU")}
KINDS = {"LSTM": LSTM, "GRU": GRU, "SimpleRNN": SimpleRNN, "Dense": Dense}
BLOCKS = {kind: len(NOTATION[kind].gates) for kind in KINDS if kind in NOTATION}


def reorder(packed: Any, source: str, target: str, axis: int = -1) -> np.ndarray:
    """The same blocks in another order: reorder(kernel, "ifgo", "iofg").

    Args:
        packed: an array whose axis holds len(source) blocks of equal size.
        source, target: the same letters, one per block, in two orders; or the names of two libraries, as in
            ORDERS["LSTM"]: reorder(kernel, "keras", "onnx").

    Raises:
        ValueError: other letters, or an axis that cannot be cut into as many blocks.
    """
    lstm = ORDERS["LSTM"]
    source, target = lstm.get(source, source), lstm.get(target, target)
    packed = checks.numbers(packed, "packed", "reorder")
    if sorted(source) != sorted(target) or len(set(source)) != len(source):
        raise ValueError(
            f"reorder: source and target must have the same letters once each, got {source!r} and {target!r}"
        )
    if not packed.ndim or packed.shape[axis] % len(source):
        raise ValueError(
            f"reorder: the axis must hold {len(source)} blocks of equal size, got shape "
            f"{checks.shape_text(packed.shape)}"
        )
    blocks = dict(zip(source, np.split(packed, len(source), axis=axis), strict=True))
    return np.concatenate([blocks[letter] for letter in target], axis=axis)


def swapped(packed: np.ndarray, kind: str, source: str, target: str, axis: int = -1) -> np.ndarray:
    """`reorder` for a kind of layer; a SimpleRNN has one block and stays as it is."""
    orders = ORDERS.get(kind)
    return np.array(packed) if orders is None else reorder(packed, orders[source], orders[target], axis)


def array(value: Any, name: str, owner: str, shape: tuple[int | None, ...] | None = None) -> np.ndarray:
    """`value` (a tensor of PyTorch too) as an array of floats of that shape, None standing for any size."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    found = checks.numbers(value, name, owner)
    found = found if found.dtype in (np.float32, np.float64) else found.astype(np.float32)
    if shape is not None:
        fits = found.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, found.shape, strict=True))
        if not fits:
            turned = (
                found.ndim == 2
                and found.T.ndim == len(shape)
                and all(n is None or n == m for n, m in zip(shape, found.T.shape, strict=True))
            )
            wanted = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
            raise ValueError(
                f"{owner}: {name} must have shape {wanted}, got {checks.shape_text(found.shape)}"
                + (": it looks transposed" if turned else "")
            )
    return found


def kind_of(rows: int, units: int, owner: str, kind: str | None = None) -> str:
    """LSTM, GRU or SimpleRNN, by how many blocks of `units` there are."""
    found = next((name for name, n in BLOCKS.items() if rows == n * units), None)
    if found is None or (kind is not None and kind != found):
        wanted = f"a {kind}" if kind else "4 (LSTM), 3 (GRU) or 1 (SimpleRNN) blocks"
        raise ValueError(
            f"{owner}: the weights of {checks.plural(units, 'unit')} must be {wanted} of "
            f"{checks.plural(units, 'row')} each, got {checks.plural(rows, 'row')}"
            + (f", which is a {found}" if found else "")
        )
    return found


def made(kind: str, weights: list[np.ndarray], **config: Any) -> Layer:
    """A built layer of this package with these weights, in get_weights() order; sequences unless told otherwise."""
    units = weights[1].shape[0] if kind in BLOCKS else weights[0].shape[1]
    if kind in BLOCKS:
        config = {"return_sequences": True} | config
    config = {"dtype": np.result_type(*weights).name, "use_bias": len(weights) == (3 if kind in BLOCKS else 2)} | config
    layer = KINDS[kind](units, **config)
    shape = (None, None, weights[0].shape[0]) if kind in BLOCKS else (None, weights[0].shape[0])
    layer.build_with(shape, weights)
    return layer


def both_ways(forward: Any, backward: Any) -> Bidirectional:
    """Bidirectional around two layers that have their weights."""
    layer = Bidirectional(forward, backward_layer=backward.copy(go_backwards=True))
    layer.build_with(forward.input_shape, [*forward.weights, *backward.weights])
    return layer


def parts_of(layer: Any, owner: str, kinds: tuple[str, ...]) -> tuple[str, list[Any]]:
    """The kind, and one or two recurrent layers: of a Bidirectional the forward and the backward one.

    Raises:
        TypeError: not a layer of this package. ValueError: another kind, not built, or a setting that has no place in
            any other format, by name.
    """
    if not isinstance(layer, Layer):
        keras = type(layer).__module__.split(".")[0] == "keras"
        hint = f": le.formats.{owner}(le.from_keras(layer))" if keras else ""
        raise TypeError(f"{owner}: expected a layer of lstm_edu, got {type(layer).__name__}{hint}")
    if not layer.built:
        raise ValueError(f"{owner}: {layer!r} is not built, so it has no weights yet: call build(input_shape) first")
    parts: list[Any] = [layer]
    if isinstance(layer, Bidirectional):
        if layer.merge_mode != "concat":
            refuse(layer, owner, f"merge_mode={layer.merge_mode!r}", "two directions are put side by side ('concat')")
        parts = [layer.forward_layer, layer.backward_layer]
        if layer.forward_layer.go_backwards:
            refuse(layer, owner, "a forward layer that goes backwards", "the first direction reads forwards")
    elif getattr(layer, "go_backwards", False):
        refuse(layer, owner, "go_backwards=True", "a single direction reads forwards; reverse x yourself")
    kind = type(parts[0]).__name__
    if kind not in kinds or type(parts[-1]) is not type(parts[0]):
        raise ValueError(
            f"{owner}: takes {', '.join(kinds)}{' or Bidirectional of one' * (len(kinds) > 1)}, got {kind}"
        )
    if parts[-1].units != parts[0].units:
        refuse(layer, owner, f"{parts[0].units} and {parts[1].units} units", "both directions need the same number")
    return kind, parts


def refuse(layer: Layer, owner: str, setting: str, rule: str) -> NoReturn:
    raise ValueError(f"{owner}: {layer.name!r} has {setting}, which this format cannot express: {rule}")


def need_activations(layer: Layer, owner: str, **allowed: tuple[str, ...]) -> None:
    """Refuse a layer whose activations are not among those that the format has."""
    for argument, names in allowed.items():
        used = getattr(layer, argument, None)
        if used is not None and used.name not in names:
            refuse(layer, owner, f"{argument}={used.name!r}", f"there it is always {' or '.join(names)}")


def bias_or_zeros(layer: Layer, *shape: int) -> np.ndarray:
    """The layer's bias; zeros for one without."""
    weights = layer.get_weights()
    return weights[2] if len(weights) == 3 else np.zeros(shape, weights[0].dtype)


# --- Deeplearning4j ---------------------------------------------------------------------------------------------------


def from_dl4j(W: Any, RW: Any, b: Any, **config: Any) -> Layer:
    """A Deeplearning4j LSTM: W (F, 4H), RW (H, 4H), b (4H,) or (1, 4H), blocks g, f, o, i.

    Args:
        config: further arguments of le.LSTM.

    Raises:
        ValueError: other shapes; the 3 further columns of RW that a GravesLSTM has, its peepholes.
    """
    W, RW = array(W, "W", "from_dl4j", (None, None)), array(RW, "RW", "from_dl4j", (None, None))
    units = RW.shape[0]
    if RW.shape[1] == 4 * units + 3:
        raise ValueError(
            "from_dl4j: RW has 3 columns more than 4 per unit, the peepholes of a GravesLSTM; Keras has none"
        )
    RW, W = array(RW, "RW", "from_dl4j", (units, 4 * units)), array(W, "W", "from_dl4j", (None, 4 * units))
    b = array(np.reshape(array(b, "b", "from_dl4j"), -1), "b", "from_dl4j", (4 * units,))
    return made("LSTM", [swapped(a, "LSTM", "dl4j", "keras") for a in (W, RW, b)], **config)


def to_dl4j(layer: Layer) -> dict[str, np.ndarray]:
    """W (F, 4H), RW (H, 4H) and b (1, 4H) of Deeplearning4j's LSTM.

    Raises:
        ValueError, TypeError: not an LSTM, or one with activations other than sigmoid and tanh.
    """
    _, parts = parts_of(layer, "to_dl4j", ("LSTM",))
    if len(parts) > 1:
        raise ValueError("to_dl4j: takes a single LSTM, got a Bidirectional: convert its two layers one by one")
    need_activations(layer, "to_dl4j", activation=("tanh",), recurrent_activation=("sigmoid",))
    kernel, recurrent = layer.get_weights()[:2]
    bias = bias_or_zeros(layer, 4 * parts[0].units)[None]
    arrays = {"W": kernel, "RW": recurrent, "b": bias}
    return {name: swapped(a, "LSTM", "keras", "dl4j") for name, a in arrays.items()}
