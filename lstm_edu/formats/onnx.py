"""ONNX: the operators LSTM, GRU and RNN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import Layer, checks
from lstm_edu.formats import packing

OPERATORS = {"LSTM": "LSTM", "GRU": "GRU", "RNN": "SimpleRNN"}
# ONNX's name -> ours. HardSigmoid has its slope next to it.
_ACTIVATIONS = {"Sigmoid": "sigmoid", "Tanh": "tanh", "Relu": "relu", "Softsign": "softsign", "Softplus": "softplus"}
_DEFAULT = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "SimpleRNN": ("Tanh",)}


ATTRIBUTES = (
    "direction",
    "activations",
    "activation_alpha",
    "activation_beta",
    "linear_before_reset",
    "hidden_size",
    "layout",
    "clip",
    "input_forget",
)


class OnnxWeights(NamedTuple):
    """One ONNX operator.

    Attributes:
        op: "LSTM", "GRU" or "RNN".
        W: (D, nH, F), D being 1 or 2 directions. R: (D, nH, H). B: (D, 2nH), the input's biases, then the others.
        attributes: of the operator: hidden_size, direction, activations and what belongs to them, linear_before_reset.
    """

    op: str
    W: np.ndarray
    R: np.ndarray
    B: np.ndarray
    attributes: dict[str, Any]


def from_onnx(
    W: Any,
    R: Any,
    B: Any = None,
    *,
    direction: str = "forward",
    activations: Sequence[str] | None = None,
    activation_alpha: Sequence[float] | None = None,
    activation_beta: Sequence[float] | None = None,
    linear_before_reset: int = 0,
    hidden_size: int | None = None,
    layout: int = 0,
    clip: float | None = None,
    input_forget: int = 0,
    P: Any = None,
    **config: Any,
) -> Layer:
    """The layer of an ONNX operator LSTM, GRU or RNN, from its inputs and attributes by their own names.

    The shapes tell which operator it is. X is (T, B, F) there and (B, T, F) here; Y (T, D, B, H) is (B, T, D H) here.
    from_onnx(w.W, w.R, w.B, **w.attributes) undoes `to_onnx`.

    Args:
        W: (D, nH, F), blocks i, o, f, c or z, r, h. R: (D, nH, H). B: (D, 2nH) or None.
        direction: "forward", or "bidirectional" with D = 2. "reverse" becomes go_backwards=True, whose outputs are
            in the order of processing; ONNX puts them in the order of time.
        linear_before_reset: of a GRU; 1 is Keras's reset_after=True.
        activations: ONNX's names, one per gate and direction; HardSigmoid's slope is activation_alpha, 0.2 if not
            given.
        config: further arguments of the layer made.

    Raises:
        ValueError: shapes that do not fit; peepholes P, clip, input_forget, layout=1; activations that Keras does not
            have; weights that are not finite.
    """
    if P is not None and np.any(np.asarray(P)):
        raise ValueError("from_onnx: P holds peepholes, which Keras's LSTM does not have; le.PeepholeLSTM does")
    for name, value in {"clip": clip, "input_forget": input_forget, "layout": layout}.items():
        if value:
            raise ValueError(f"from_onnx: {name}={value} has no counterpart in Keras")
    W, R = packing.array(W, "W", "from_onnx", (None,) * 3), packing.array(R, "R", "from_onnx", (None,) * 3)
    directions, rows, units = R.shape
    if hidden_size not in (None, units):
        raise ValueError(f"from_onnx: hidden_size is {hidden_size}, but R {R.shape} has {checks.plural(units, 'unit')}")
    if direction not in ("forward", "reverse", "bidirectional") or directions != 1 + (direction == "bidirectional"):
        raise ValueError(
            f"from_onnx: direction={direction!r} does not go with R {R.shape} of "
            f"{checks.plural(directions, 'direction')}"
        )
    kind = packing.kind_of(rows, units, "from_onnx")
    W = packing.array(W, "W", "from_onnx", (directions, rows, None))
    B = None if B is None else packing.array(B, "B", "from_onnx", (directions, 2 * rows))
    for name, weights in {"W": W, "R": R, "B": B}.items():
        if weights is not None:
            finite(weights, name)
    slots = _slots(kind, directions, activations, activation_alpha, activation_beta)
    layers = []
    for d in range(directions):
        weights = [packing.swapped(a[d].T, kind, "onnx", "keras") for a in (W, R)]
        own: dict[str, Any] = dict(slots[d])
        if kind == "GRU":
            own["reset_after"] = bool(linear_before_reset)
        if B is not None:
            b_w, b_r = (packing.swapped(b, kind, "onnx", "keras") for b in np.split(B[d], 2))
            # Where the reset gate works on h alone, the two are only added.
            with np.errstate(over="ignore"):
                weights.append(np.stack([b_w, b_r]) if kind == "GRU" and linear_before_reset else b_w + b_r)
            finite(weights[-1], "the sum of B's two halves")
        own["go_backwards"] = direction == "reverse"
        layers.append(packing.made(kind, weights, **own | config))
    return layers[0] if directions == 1 else packing.both_ways(*layers)


def finite(array: np.ndarray, name: str) -> None:
    """Refuse weights that contain a NaN or an infinity, with its place."""
    wrong = ~np.isfinite(array)
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} holds {array[place]} at {place} ({int(wrong.sum())} of {array.size} values are not finite): "
            "training has diverged, or the file is damaged"
        )


def _slots(kind, directions, activations, alphas, betas) -> list[dict[str, str]]:
    """The activations of each direction under Keras's arguments."""
    n = len(_DEFAULT[kind])
    names = list(activations or _DEFAULT[kind] * directions)
    if len(names) != n * directions:
        raise ValueError(f"from_onnx: activations must have {n * directions} names for this {kind}, got {names}")
    alphas, betas = list(alphas or []), list(betas or [])
    ours = []
    for name in names:
        if name == "HardSigmoid":
            alpha = alphas.pop(0) if alphas else 0.2
            beta = betas.pop(0) if betas else 0.5
            known = {0.2: "hard_sigmoid_keras2", 1 / 6: "hard_sigmoid"}
            match = [known[slope] for slope in known if abs(slope - alpha) < 1e-6 and abs(beta - 0.5) < 1e-6]
            if not match:
                raise ValueError(
                    f"from_onnx: HardSigmoid with alpha={alpha}, beta={beta}; Keras has slope 1/6 and had 0.2, beta 0.5"
                )
            ours.append(match[0])
        elif name in _ACTIVATIONS:
            ours.append(_ACTIVATIONS[name])
        else:
            raise ValueError(f"from_onnx: the activation {name!r} is not supported; {', '.join(_ACTIVATIONS)} are")
    found = []
    for d in range(directions):
        part = ours[n * d : n * (d + 1)]
        if kind == "LSTM" and part[1] != part[2]:
            raise ValueError(f"from_onnx: Keras has one activation for candidate and cell, got {part[1]} and {part[2]}")
        own = {"activation": part[-1]}
        found.append(own | ({"recurrent_activation": part[0]} if n > 1 else {}))
    return found


def to_onnx(layer: Layer) -> OnnxWeights:
    """W, R, B and the attributes of the ONNX operator that computes the same; P and sequence_lens are not needed.

    Args:
        layer: a built LSTM, GRU or SimpleRNN, or Bidirectional (concat) of one.

    Raises:
        ValueError: an activation that ONNX does not have, go_backwards, other merge modes, a GRU whose directions
            differ in reset_after.
    """
    kind, parts = packing.parts_of(layer, "to_onnx", ("LSTM", "GRU", "SimpleRNN"))
    n, units = packing.BLOCKS[kind], parts[0].units
    names: list[str] = []
    alphas: list[float] = []
    betas: list[float] = []
    for part in parts:
        used = [part.activation.name] * (2 if kind == "LSTM" else 1)
        used = ([part.recurrent_activation.name] if kind != "SimpleRNN" else []) + used
        for name in used:
            slope = {"hard_sigmoid_keras2": 0.2, "hard_sigmoid": 1 / 6}.get(name)
            if slope is not None:
                names, alphas, betas = [*names, "HardSigmoid"], [*alphas, slope], [*betas, 0.5]
                continue
            theirs = {ours: onnx for onnx, ours in _ACTIVATIONS.items()}.get(name)
            if theirs is None:
                packing.refuse(
                    part, "to_onnx", f"the activation {name!r}", f"it has {', '.join(_ACTIVATIONS)}, HardSigmoid"
                )
            names.append(theirs)
    attributes: dict[str, Any] = {"hidden_size": units, "direction": ("forward", "bidirectional")[len(parts) - 1]}
    attributes["activations"] = names
    if alphas:
        attributes |= {"activation_alpha": alphas, "activation_beta": betas}
    if kind == "GRU":
        if len({part.reset_after for part in parts}) > 1:
            packing.refuse(
                layer, "to_onnx", "directions that differ in reset_after", "linear_before_reset is one for both"
            )
        attributes["linear_before_reset"] = int(parts[0].reset_after)
    kernels, recurrents, biases = [], [], []
    for part in parts:
        kernel, recurrent = (packing.swapped(w, kind, "keras", "onnx").T for w in part.get_weights()[:2])
        bias = packing.bias_or_zeros(part, n * units)
        both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
        kernels.append(kernel)
        recurrents.append(recurrent)
        biases.append(packing.swapped(both, kind, "keras", "onnx").reshape(-1))
    op = {ours: theirs for theirs, ours in OPERATORS.items()}[kind]
    W, R, B = (np.ascontiguousarray(np.stack(arrays)) for arrays in (kernels, recurrents, biases))
    return OnnxWeights(op, W, R, B, attributes)
