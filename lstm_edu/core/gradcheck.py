"""Is a layer's backward pass the derivative of its forward pass? Ask the forward pass itself.

The derivative of L along one number w is nearly (L(w + eps) - L(w - eps)) / (2 eps): two more forward passes, no chain
rule, nothing to get wrong. Far too slow to learn with, and just right to check with.

L can be any number that depends on all outputs: here the sum of the outputs, each times its own random number,
so that errors in two outputs cannot cancel.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.container import leaves
from lstm_edu.core.layer import Layer


@dataclass(frozen=True)
class ArgumentCheck:
    """The two gradients along one argument.

    Attributes:
        argument: "kernel", "x", "initial_state[0]", ...
        received: what backward returned. expected: what the differences give. Same shapes.
        ok: True where the two agree.
    """

    argument: str
    received: np.ndarray
    expected: np.ndarray
    ok: np.ndarray

    @property
    def max_abs(self) -> float:
        """The largest difference."""
        return float(np.abs(self.received - self.expected).max(initial=0))


@dataclass(frozen=True)
class GradCheck:
    """What `gradcheck` found: true if every gradient agrees. Printed, a table of the arguments."""

    function: str
    arguments: tuple[ArgumentCheck, ...]

    def __bool__(self) -> bool:
        return all(a.ok.all() for a in self.arguments)

    @property
    def max_abs(self) -> float:
        """The largest difference of all."""
        return max((a.max_abs for a in self.arguments), default=0.0)

    def check(self) -> GradCheck:
        """AssertionError for the first gradient that is wrong: function, argument, index, received and expected."""
        for a in self.arguments:
            if not a.ok.all():
                index = tuple(np.argwhere(~a.ok)[0].tolist())
                raise AssertionError(
                    f"the gradient of {self.function} is wrong.\n"
                    f"  argument: {a.argument}\n"
                    f"  index:    {index} ({(~a.ok).sum()} of {a.ok.size} numbers are wrong)\n"
                    f"  received: {a.received[index]:.9g} (from backward)\n"
                    f"  expected: {a.expected[index]:.9g} (from differences of the forward pass)"
                )
        return self

    def __repr__(self) -> str:
        rows = [("argument", "shape", "largest difference", "")]
        for a in self.arguments:
            verdict = "ok" if a.ok.all() else f"{(~a.ok).sum()} of {a.ok.size} wrong"
            rows.append((a.argument, checks.shape_text(a.received.shape), f"{a.max_abs:.1e}", verdict))
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([f"Gradients of {self.function}: {'all agree' if self else 'WRONG'}", *lines])


def gradcheck(
    layer: Layer,
    x: Any,
    mask: Any = None,
    initial_state: Any = None,
    seed: int = 0,
    *,
    eps: float = 1e-5,
    rtol: float = 1e-6,
    atol: float = 1e-8,
) -> GradCheck:
    """Compare `layer.backward` with differences of `layer(x)`, for every weight, the input and the initial state.

    Args:
        layer: a built layer or model of dtype "float64". It is left as it is, states included.
        x, mask, initial_state: as for a call. Without an initial state the layer starts from its own, which is then
            not checked. Token ids have no gradient and are not checked either.
        seed: for the random numbers that the outputs are multiplied by.
        eps: how far each number is moved. rtol, atol: agreement is |received - expected| <= atol + rtol |expected|.

    Returns:
        GradCheck: true or false, a table when printed, and `.check()`, which raises AssertionError.

    Raises:
        TypeError: something that is not a layer. ValueError: a layer that computes in float32, where differences drown
            in rounding, or is not built.

    Where the forward pass has a kink (relu at 0, hard_sigmoid at its corners) the two may rightly differ.
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"gradcheck needs a layer or a model of lstm_edu, got {type(layer).__name__}")
    layer._require_built("gradcheck()")
    narrow = [w.dtype for w in layer.weights if w.dtype != np.float64]
    if narrow or layer.dtype != np.float64:
        raise ValueError(
            f"gradcheck needs {layer._label} to compute in float64, but it has {[*narrow, layer.dtype][0]}, whose "
            'rounding hides what is being checked: make it with dtype="float64" (each layer of a model)'
        )
    layer = copy.deepcopy(layer)
    stateful = any(getattr(leaf, "stateful", False) for leaf in leaves(layer))

    def run(method: str, x: Any, states: list[np.ndarray]) -> Any:
        work = copy.deepcopy(layer) if stateful else layer  # a call changes the states that are kept
        return getattr(work, method)(x, mask, **({"initial_state": states} if states else {}))

    states = [np.array(s, np.float64) for s in _as_list(initial_state)]
    trace = run("trace", x, states)
    directions = [
        np.random.default_rng((seed, k)).standard_normal(y.shape) for k, y in enumerate(_as_list(trace.output))
    ]
    n = _main_outputs(layer)
    dy = directions[0] if n == 1 else directions[:n]
    grads = trace.layer.backward(trace, dy, directions[n:] or None)

    weights = layer.get_weights()
    arguments = list(zip(layer.weight_names, weights, grads.weights, strict=True))
    if grads.x is not None:
        x = np.array(x, np.float64)
        arguments.append(("x", x, grads.x))
    arguments += [(f"initial_state[{k}]", s, grads.initial_state[k]) for k, s in enumerate(states)]

    def loss() -> float:
        layer._assign(weights)
        outputs = _as_list(run("__call__", x, states))
        return float(sum((d * y).sum() for d, y in zip(directions, outputs, strict=True)))

    report = []
    for name, value, gradient in arguments:
        received, expected = np.array(gradient), _differences(loss, value, eps)
        ok = np.abs(received - expected) <= atol + rtol * np.abs(expected)
        report.append(ArgumentCheck(name, received, expected, ok))
    return GradCheck(f"{type(layer).__name__} {layer.name!r}", tuple(report))


def _differences(loss: Callable[[], float], value: np.ndarray, eps: float) -> np.ndarray:
    """dL/d(value), moving one number of it at a time, in place."""
    gradient = np.empty_like(value)
    for index in np.ndindex(value.shape):
        kept = value[index]
        value[index] = kept + eps
        above = loss()
        value[index] = kept - eps
        below = loss()
        value[index] = kept
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def _main_outputs(layer: Layer) -> int:
    """How many arrays a layer returns before its states."""
    while hasattr(layer, "layers"):
        layer = layer.layers[-1]
    return 2 if getattr(layer, "merge_mode", "") is None else 1


def _as_list(value: Any) -> list[np.ndarray]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
