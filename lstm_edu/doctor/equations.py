"""One timestep of each recurrent layer, as equations made of named pieces, so that a mistake can replace one piece.

The layers of `core` are fast and fixed; these can be taken apart. A test holds the two equal. They are computed for N
recipes side by side: states are (N, B, H), and what there is of each gate has the gates in front, (gates, N, B, H).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, ClassVar, NamedTuple

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
    """core's sigmoid, without its guard against warnings: whatever runs a recipe has one around everything."""
    y = np.exp(-x)
    y += 1
    return np.divide(1, y, out=y) if isinstance(y, np.ndarray) else 1 / y


def function_of(activation: activations.Activation | str) -> Function:
    """The function of an activation; always the same object for the same one."""
    activation = activations.get(activation)
    return sigmoid if activation is activations.sigmoid else activation.function


# --- several recipes side by side -----------------------------------------------------------------------------------


class Kernel(NamedTuple):
    """The kernel of some recipes: one for all of them, (gates, F, H) or as a layer has it, (F, gates H); or, if `each`,
    one for each, (k, F, gates H)."""

    which: slice
    numbers: Array
    each: bool

    def times(self, h: Array, gates: int) -> Array:
        """(k, B, F) -> (gates, k, B, H)."""
        y = (h if self.each else h.reshape(-1, h.shape[-1])) @ self.numbers
        if self.each or self.numbers.ndim == 2:
            return y.reshape(*h.shape[:2], gates, -1).transpose(2, 0, 1, 3)
        return y.reshape(gates, *h.shape[:2], -1)

    def block(self, k: int, gates: int) -> Kernel:
        own = blocks(self.numbers, gates)[k] if self.each or self.numbers.ndim == 2 else self.numbers[k : k + 1]
        return self._replace(numbers=own)

    def of(self, some: slice) -> Kernel | None:
        first, end = max(self.which.start, some.start), min(self.which.stop, some.stop)
        if first >= end:
            return None
        own = self.numbers[first - self.which.start : end - self.which.start] if self.each else self.numbers
        return Kernel(slice(first - some.start, end - some.start), own, self.each)


class Kernels:
    """The recurrent kernels of N recipes: `h @ kernels` is (gates, N, B, H) for h (N, B, H).

    make: what puts them side by side, when they are first needed. finite: whether zeros times them are zeros.
    """

    __array_ufunc__ = None  # so that NumPy leaves h @ kernels to __rmatmul__

    def __init__(self, make: Callable[[], Sequence[Kernel]], gates: int, finite: bool = False):
        self.make, self.gates, self.finite = make, gates, finite

    @cached_property
    def parts(self) -> Sequence[Kernel]:
        return self.make()

    def __rmatmul__(self, h: Array) -> Array:
        if self.finite and not h.any():
            return np.zeros((self.gates, *h.shape), h.dtype)
        if len(self.parts) == 1:
            return self.parts[0].times(h, self.gates)
        y = np.empty((self.gates, *h.shape), h.dtype)
        for part in self.parts:
            y[:, part.which] = part.times(h[part.which], self.gates)
        return y

    def block(self, k: int) -> Kernels:
        """Those of one gate only."""
        return Kernels(lambda: [part.block(k, self.gates) for part in self.parts], 1, self.finite)

    def of(self, some: slice) -> Kernels:
        """Those of some of the recipes."""

        def make() -> list[Kernel]:
            parts = (part.of(some) for part in self.parts)
            return [part for part in parts if part is not None]

        return Kernels(make, self.gates, self.finite)


class Merged(NamedTuple):
    """A piece of the equations for several programs: `common` for all recipes except those that have another."""

    common: Any
    others: tuple[tuple[slice, Any], ...]

    def __call__(self, *arguments: Any) -> Array:
        y = self.common(*arguments)
        if any(y is a for a in arguments):
            y = y.copy()
        kinds = [type(a) if not isinstance(a, np.ndarray) or len(a) > 1 else None for a in arguments]
        for which, function in self.others:
            y[which] = function(*[_of(a, kind, which) for a, kind in zip(arguments, kinds, strict=True)])
        return y


def _of(argument: Any, kind: type | None, which: slice) -> Any:
    """The part for some of the recipes; what all of them share stays as it is."""
    if kind is np.ndarray:
        return argument[which]
    return argument.of(which) if kind is Kernels else argument


def gate_values(functions: tuple[Function, ...] | Merged, sums: Array, gates: slice = slice(None)) -> Array:
    """These gates' functions of their sums (gates, N, B, H); the most common one is called once, for all."""
    if isinstance(functions, Merged):
        values = gate_values(functions.common, sums, gates)
        for which, others in functions.others:
            for k, (common, function) in enumerate(zip(functions.common[gates], others[gates], strict=True)):
                if function is not common:
                    values[k, which] = function(sums[k, which])
        return values
    own = functions[gates]
    common = max(own, key=own.count)
    if sums[0].size > _LARGE and own.count(common) < len(own):
        values = np.empty_like(sums)
        for first, end, function in _runs(own):
            values[first:end] = function(sums[first:end])
        return values
    values = common(sums)
    if values is sums:  # linear
        values = sums.copy()
    for k, function in enumerate(own):
        if function is not common:
            values[k] = function(sums[k])
    return values


_LARGE = 2000  # numbers, from which one more call costs less than a gate computed for nothing


@lru_cache(maxsize=64)
def _runs(functions: tuple[Function, ...]) -> list[tuple[int, int, Function]]:
    """(first, end, function) of gates next to each other that have the same one."""
    starts = [k for k, f in enumerate(functions) if k == 0 or f is not functions[k - 1]]
    return [(a, b, functions[a]) for a, b in zip(starts, [*starts[1:], len(functions)], strict=True)]


# --- the pieces, as they should be ----------------------------------------------------------------------------------


def seen_by_gates(h: Array, *others: Array) -> Array:
    """What the recurrent kernel is multiplied by: the previous output."""
    return h


def new_cell(i: Array, f: Array, g: Array, c: Array, h: Array) -> Array:
    return f * c + i * g


def new_output(o: Array, c: Array, old_c: Array, squash: Function) -> Array:
    return o * squash(c)


def reset_after(xg: Array, hu: Array, r: Array, h: Array, u: Kernels, d: Array) -> Array:
    """The candidate's sum: the reset gate acts on the recurrent product, its bias d included."""
    return xg + r * hu


def reset_before(xg: Array, hu: Array, r: Array, h: Array, u: Kernels, d: Array) -> Array:
    """The candidate's sum: the reset gate acts on the previous output."""
    (product,) = (r * h) @ u
    return xg + product + d


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

    def step(self, xw: Array, states: tuple[Array, ...], recurrent_kernel: Kernels, d: Array) -> tuple[dict, tuple]:
        """One step from xw = x W + b; d is not used. Returns the quantities by name, and the new states."""
        h, c = states
        z = xw + self.seen(h, c) @ recurrent_kernel
        if self.peephole is None:
            i, f, g, o = gate_values(self.activations, z)
            new_c = self.cell(i, f, g, c, h)
        else:
            z_i, z_f, z_g, z_o = z
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

    def step(self, xw: Array, states: tuple[Array, ...], recurrent_kernel: Kernels, d: Array) -> tuple[dict, tuple]:
        """One step from xw = x W + b; d: the bias on the recurrent side, (gates, N or 1, 1, H)."""
        (h,) = states
        seen = self.seen(h)
        hu = seen @ recurrent_kernel + d
        sums = xw[:2] + hu[:2]
        z, r = gate_values(self.activations, sums, slice(2))
        a_g = self.candidate(xw[2], hu[2], r, seen, recurrent_kernel.block(2), d[2])
        (g,) = gate_values(self.activations, a_g[None], slice(2, 3))
        new_h = self.mixed(z, h, g)
        return {"a": (*sums, a_g), "z": z, "r": r, "g": g, "h": new_h}, (new_h,)


@dataclass(frozen=True)
class SimpleRNNEquations:
    """z = x W + b + h U;  h = tanh(z)."""

    activations: tuple[Function, ...]
    seen: Callable[..., Array] = seen_by_gates

    gates: ClassVar[str] = NOTATION["SimpleRNN"].gates
    states: ClassVar[tuple[str, ...]] = ("h",)
    quantities: ClassVar[tuple[str, ...]] = ("z", "h")

    def step(self, xw: Array, states: tuple[Array, ...], recurrent_kernel: Kernels, d: Array) -> tuple[dict, tuple]:
        (h,) = states
        z = xw + self.seen(h) @ recurrent_kernel
        (new_h,) = gate_values(self.activations, z)
        return {"z": z, "h": new_h}, (new_h,)


Equations = LSTMEquations | GRUEquations | SimpleRNNEquations


def merged(programs: Sequence[tuple[slice, Equations]]) -> Equations:
    """One set of equations for several programs without peepholes, each for some of the recipes; the last one is taken
    for the common one."""
    *others, (_, common) = programs
    pieces: dict[str, Any] = {}
    for name in ("activations", "seen", "cell", "candidate", "mixed"):
        if hasattr(common, name):
            own = getattr(common, name)
            different = tuple((which, getattr(e, name)) for which, e in others if getattr(e, name) != own)
            if different:
                pieces[name] = Merged(own, different)
    if isinstance(common, LSTMEquations):
        lstms = [(which, e) for which, e in others if isinstance(e, LSTMEquations)]
        ways_out = tuple((which, _with_its_squash(e)) for which, e in lstms if e.output != common.output)
        squashes = tuple(
            (which, e.squash) for which, e in lstms if e.output == common.output and e.squash != common.squash
        )
        if ways_out:
            pieces["output"] = Merged(common.output, ways_out)
        if squashes:
            pieces["squash"] = Merged(common.squash, squashes)
    return replace(common, **pieces)


def _with_its_squash(equations: LSTMEquations) -> Callable[..., Array]:
    return lambda o, c, old_c, squash: equations.output(o, c, old_c, equations.squash)


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
