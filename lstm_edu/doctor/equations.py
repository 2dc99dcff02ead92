"""One timestep of each recurrent layer, as equations made of named pieces, so that a mistake can exchange one piece.

The layers of `core` are fast and fixed; these are slow and can be taken apart. A test holds the two equal. Arrays may
have one more axis in front, for many sets of weights at once: (..., B, H).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lstm_edu.core import activations
from lstm_edu.core.kinds import NOTATION

Array = np.ndarray
Function = Callable[[Array], Array]


def blocks(array: Array, n: int) -> list[Array]:
    """The n gates' blocks of a packed array, along its last axis."""
    width = array.shape[-1] // n
    return [array[..., k * width : (k + 1) * width] for k in range(n)]


def sigmoid(x: Array) -> Array:
    """core's sigmoid, without its own guard against warnings: whoever runs a recipe has one around it all."""
    return 1 / (1 + np.exp(-x))


def function_of(activation: activations.Activation | str) -> Function:
    """The function of an activation; always the same object for the same one."""
    activation = activations.get(activation)
    return sigmoid if activation is activations.sigmoid else activation.function


# Functions that mix the numbers of a row (softmax): each gate's row has to come alone.
_MIXING = {a.function for a in map(activations.get, activations.names()) if not a.elementwise}


def gate_values(functions: tuple[Function, ...], sums: list[Array], packed: Array) -> list[Array]:
    """Each gate's function of its sum; the most common one is called once, on the packed sums."""
    if not _MIXING.isdisjoint(functions):
        return [function(z) for function, z in zip(functions, sums, strict=True)]
    common = max(functions, key=functions.count)
    shared = blocks(common(packed), len(functions))
    return [
        done if function is common else function(z) for function, z, done in zip(functions, sums, shared, strict=True)
    ]


# --- the pieces, as they should be ----------------------------------------------------------------------------------


def seen_by_gates(h: Array, *others: Array) -> Array:
    """What the recurrent kernel is multiplied by: the previous output."""
    return h


def new_cell(i: Array, f: Array, g: Array, c: Array, h: Array) -> Array:
    return f * c + i * g


def new_output(o: Array, c: Array, old_c: Array, squash: Function) -> Array:
    return o * squash(c)


def reset_after(xg: Array, hu: Array, r: Array, h: Array, u: Array, d: Array) -> Array:
    """The candidate's sum: the reset gate acts on the recurrent product, its bias d included."""
    return xg + r * hu


def reset_before(xg: Array, hu: Array, r: Array, h: Array, u: Array, d: Array) -> Array:
    """The candidate's sum: the reset gate acts on the previous output."""
    return xg + (r * h) @ u + d


def mix(z: Array, h: Array, g: Array) -> Array:
    return z * h + (1 - z) * g


# --- the steps ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LSTMEquations:
    """z = x W + b + h U;  i, f, g, o;  c = f c + i g;  h = o tanh(c).

    activations: of i, f, g and o. squash: of the cell state on its way out. seen, cell, output: see above.
    peephole: what the gates see of the cell state besides, a function of it, or None.
    """

    activations: tuple[Function, ...]
    squash: Function
    seen: Callable[..., Array] = seen_by_gates
    cell: Callable[..., Array] = new_cell
    output: Callable[..., Array] = new_output
    peephole: Function | None = None

    gates: ClassVar[str] = NOTATION["LSTM"].gates
    states: ClassVar[tuple[str, ...]] = ("h", "c")
    quantities: ClassVar[tuple[str, ...]] = ("z", "i", "f", "g", "o", "c", "h")

    def step(self, xw: Array, states: tuple[Array, ...], recurrent_kernel: Array, d: Array) -> tuple[dict, tuple]:
        """One step from xw = x W + b; d is not used. Returns the quantities by name, and the new states."""
        h, c = states
        z = xw + self.seen(h, c) @ recurrent_kernel
        if self.peephole is None:
            i, f, g, o = gate_values(self.activations, blocks(z, 4), z)
            new_c = self.cell(i, f, g, c, h)
        else:
            z_i, z_f, z_g, z_o = blocks(z, 4)
            act_i, act_f, act_g, act_o = self.activations
            i, f, g = act_i(z_i + self.peephole(c)), act_f(z_f + self.peephole(c)), act_g(z_g)
            new_c = self.cell(i, f, g, c, h)
            o = act_o(z_o + self.peephole(new_c))
        new_h = self.output(o, new_c, c, self.squash)
        return {"z": z, "i": i, "f": f, "g": g, "o": o, "c": new_c, "h": new_h}, (new_h, new_c)


@dataclass(frozen=True)
class GRUEquations:
    """a = x W + b, h U + d;  z, r;  g = tanh(a_g with the reset gate);  h = z h + (1 - z) g.

    activations: of z, r and g. candidate, mixed: see `reset_after` and `mix`.
    """

    activations: tuple[Function, ...]
    seen: Callable[..., Array] = seen_by_gates
    candidate: Callable[..., Array] = reset_after
    mixed: Callable[..., Array] = mix

    gates: ClassVar[str] = NOTATION["GRU"].gates
    states: ClassVar[tuple[str, ...]] = ("h",)
    quantities: ClassVar[tuple[str, ...]] = ("a", "z", "r", "g", "h")

    def step(self, xw: Array, states: tuple[Array, ...], recurrent_kernel: Array, d: Array) -> tuple[dict, tuple]:
        """One step from xw = x W + b; d: the bias on the recurrent side."""
        (h,) = states
        seen = self.seen(h)
        hu = seen @ recurrent_kernel + d
        x_z, x_r, x_g = blocks(xw, 3)
        h_z, h_r, h_g = blocks(hu, 3)
        act_z, act_r, act_g = self.activations
        a_z, a_r = x_z + h_z, x_r + h_r
        z, r = act_z(a_z), act_r(a_r)
        a_g = self.candidate(x_g, h_g, r, seen, blocks(recurrent_kernel, 3)[2], blocks(d, 3)[2])
        g = act_g(a_g)
        new_h = self.mixed(z, h, g)
        return {"a": (a_z, a_r, a_g), "z": z, "r": r, "g": g, "h": new_h}, (new_h,)


@dataclass(frozen=True)
class SimpleRNNEquations:
    """z = x W + b + h U;  h = tanh(z)."""

    activations: tuple[Function, ...]
    seen: Callable[..., Array] = seen_by_gates

    gates: ClassVar[str] = NOTATION["SimpleRNN"].gates
    states: ClassVar[tuple[str, ...]] = ("h",)
    quantities: ClassVar[tuple[str, ...]] = ("z", "h")

    def step(self, xw: Array, states: tuple[Array, ...], recurrent_kernel: Array, d: Array) -> tuple[dict, tuple]:
        (h,) = states
        z = xw + self.seen(h) @ recurrent_kernel
        new_h = self.activations[0](z)
        return {"z": z, "h": new_h}, (new_h,)


Equations = LSTMEquations | GRUEquations | SimpleRNNEquations


def equations_of(layer: Any) -> Equations:
    """The right equations of one of core's recurrent layers."""
    act = function_of(layer.activation)
    kind = type(layer).__name__
    if kind == "SimpleRNN":
        return SimpleRNNEquations((act,))
    gate = function_of(layer.recurrent_activation)
    if kind == "GRU":
        return GRUEquations((gate, gate, act), candidate=reset_after if layer.reset_after else reset_before)
    return LSTMEquations((gate, gate, act, gate), act)
