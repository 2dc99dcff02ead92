"""How rounding errors travel through a layer: carried along what it computed, to first order.

An error is small next to its number, so each operation multiplies it by its slope there: nothing is
computed again, and errors of any size are carried alike. They are counted in units of roundoff and held in float32,
except for numbers so large that their squares do not fit.

Arrays of errors are (G, R, ...): R runs, each with its own errors, in G groups. The groups differ in what came in
with the input, and get the same errors on the way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core.activations import Activation

Array = np.ndarray

# Sizes of errors, in units of roundoff, so that the spread is that of the difference between two right programs.
# Measured against Keras on TensorFlow, JAX and NumPy; tests/test_rounding.py holds them.
_SUM, _SUM_GROWTH = 0.3, 0.12
_RESULT = 0.5
_ACTIVATION = 0.6
_EXACT = ("linear", "relu", "relu6", "hard_shrink", "soft_shrink")
_KINKED = (  # flat on one side
    "relu",
    "relu6",
    "hard_sigmoid",
    "hard_sigmoid_keras2",
    "hard_tanh",
    "hard_silu",
    "hard_shrink",
    "soft_shrink",
)


class Noise:
    """The errors of single operations, different in every run.

    Args:
        runs: R. far: how many deviations off a right program may be; what is next to a kink is judged
            by it.
    """

    def __init__(self, runs: int, far: float, seed: int = 0):
        self.runs, self.far, self.rng = runs, far, np.random.default_rng(seed)
        self.unit = 1.0  # the unit roundoff that errors are counted in
        self.dtype = np.dtype(np.float32)  # what they are held in
        self._drawn = np.empty(0, np.float32)

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Normal numbers: a stretch of many that were drawn once, starting somewhere else each time."""
        n = math.prod(shape)
        if len(self._drawn) < 2 * n:
            self._drawn = self.rng.standard_normal(max(4 * n, 1 << 16), np.float32)
        first = int(self.rng.integers(len(self._drawn) - n + 1))
        return self._drawn[first : first + n].reshape(shape)

    def of(self, size: Array, at: int = 0) -> Array:
        """Errors of this size: two axes, 1 and R, come in before axis `at`."""
        shape = (*size.shape[:at], 1, self.runs, *size.shape[at:])
        return self.normal(shape) * np.expand_dims(size.astype(self.dtype, copy=False), (at, at + 1))

    def of_activation(self, function: Activation, y: Array) -> Array:
        """The size of the errors of a function that libraries approximate to a few units of the last place of numbers
        near 1."""
        return np.zeros_like(y) if function.name in _EXACT else _ACTIVATION * (np.abs(y) + 0.5)


def of_result(term: Array, other: Array | float = 0.0) -> Array:
    """The size of the errors of a product, or of a sum of two terms."""
    return _RESULT * (np.abs(term) + np.abs(other))


def of_sum(total: Array, root: Array, terms: int) -> Array:
    """Of a sum of `terms` products: root is the root of the sum of their squares. It grows with the number of terms,
    less than that of one long sum would, since processors add in blocks."""
    return (_SUM + _SUM_GROWTH * math.sqrt(terms)) * np.maximum(root, np.abs(total))


def deviation(errors: Array, axis: int) -> Array:
    """The root mean square over the runs, which are axis `axis`; infinite where nothing is known."""
    found = np.sqrt(np.mean(np.square(errors), axis=axis))
    unknown = np.isnan(found)
    return np.where(unknown, found.dtype.type(np.inf), found) if unknown.any() else found


class Activated:
    """How activation functions change errors, where their inputs and outputs are known.

    Args:
        functions: one for each of as many blocks of columns.
        z, y: what went in and what came out, (..., columns). at: where the axes G and R come in.
    """

    def __init__(self, functions: Sequence[Activation], z: Array, y: Array, noise: Noise, at: int = 0):
        self.noise, self.z = noise, z
        width = z.shape[-1] // len(functions)
        self.blocks = [(f, slice(k * width, (k + 1) * width)) for k, f in enumerate(functions)]
        outputs = [y] if len(functions) == 1 else [y[..., block] for _, block in self.blocks]
        slopes, sizes = [], []
        for (function, block), of_block in zip(self.blocks, outputs, strict=True):
            slopes.append(function.slope(z[..., block], of_block) if function.slope else np.zeros_like(of_block))
            sizes.append(noise.of_activation(function, of_block))
        self.slope = np.concatenate(slopes, axis=-1).astype(noise.dtype, copy=False)
        self.errors = noise.of(np.concatenate(sizes, axis=-1), at)
        self.special = [part for part in self.blocks if part[0].slope is None or part[0].name in _KINKED]

    def __call__(self, dz: Array, t: Any = ...) -> Array:
        """Errors of the outputs from those of the inputs; t: of this place on the first axis."""
        z, slope = self.z[t], self.slope[t]
        if len(self.blocks) == 1 and self.special and self.blocks[0][0].slope is None:
            return self._difference(self.blocks[0][0], z, dz) + self.errors[t]
        dy = slope * dz
        for function, block in self.special:
            if function.slope is None:
                dy[..., block] = self._difference(function, z[..., block], dz[..., block])
            else:
                dy[..., block] += self._across_kinks(function, z[..., block], slope[..., block], dz[..., block])
        return dy + self.errors[t]

    def _difference(self, function: Activation, z: Array, dz: Array) -> Array:
        """Of a function that mixes its inputs, such as softmax: errors are put in."""
        z, unit = z.astype(np.float64), max(self.noise.unit, 2.0**-24)
        return ((function.function(z + unit * dz) - function.function(z)) / unit).astype(self.noise.dtype)

    def _across_kinks(self, function: Activation, z: Array, slope: Array, dz: Array) -> Array:
        """Next to a kink another program may already be on the other side of it: what that adds."""
        size = np.sqrt(np.mean(np.square(dz), axis=1, keepdims=True))
        far, y = self.noise.far * self.noise.unit, function.function(z)
        sides = [np.abs(function.function(z + side * size) - y) / far for side in (-far, far)]
        return self.noise.normal(dz.shape[1:]) * np.maximum(np.maximum(*sides) - np.abs(slope) * size, 0)


# --- recurrent layers -----------------------------------------------------------------------------------------------


class Step:
    """How one step of a recurrent layer changes errors; the equations are at the top of its file in core.

    Everything that does not wait for the step before is computed for a stretch of steps at once, by `enter`.

    Args:
        layer, weights: of the trace. noise: the errors of operations.
    """

    def __init__(self, layer: Any, weights: Sequence[Array], noise: Noise):
        self.layer, self.noise, self.units = layer, noise, layer.units
        self.kernel, self.recurrent_kernel, *self.rest = (w.astype(noise.dtype, copy=False) for w in weights)
        self.squares = np.square(self.kernel), np.square(self.recurrent_kernel)
        self.terms = len(self.kernel) + len(self.recurrent_kernel) + 1

    def enter(self, now: dict[str, Array], before: Sequence[Array], dx: Array | None) -> None:
        """A stretch of steps.

        Args:
            now: quantity -> (steps, B, .), as they were computed. before: of each state, as each step finds it.
            dx: errors of the input, (steps, G, R, B, F); None if it is exact.
        """
        raise NotImplementedError

    def __call__(self, t: int, *states: Array) -> dict[str, Array]:
        """The errors of every recorded quantity, (G, R, B, .), from those of the states before step t."""
        raise NotImplementedError

    def read(self, now: dict[str, Array], names: str) -> list[Array]:
        return [now[name].astype(self.noise.dtype, copy=False) for name in names]

    def input_bias(self) -> Array | float:
        return self.rest[0] if self.layer.use_bias else 0.0

    def of_squares(self, x: Array, h: Array) -> tuple[Array, Array]:
        """The sum of the squares of the terms in each sum, those of the input and those of h."""
        of_x = times(np.square(x), self.squares[0])
        of_x += np.square(self.input_bias())
        return of_x, times(np.square(h), self.squares[1])

    def root(self, x: Array, h: Array) -> Array:
        """The root of the sum of the squares of all terms in each sum."""
        squares, of_h = self.of_squares(x, h)
        squares += of_h
        return np.sqrt(squares, out=squares)

    def with_input(self, errors: Array, dx: Array | None) -> Array:
        """The errors of sums, (steps, 1, R, B, .), and with them what the input's errors make there."""
        if dx is None:
            return errors
        through = np.empty((*dx.shape[:-1], self.kernel.shape[1]), self.noise.dtype)
        for group in range(dx.shape[1]):
            if dx[:, group].any():
                np.add(times(dx[:, group], self.kernel), errors[:, 0], out=through[:, group])
            else:
                through[:, group] = errors[:, 0]
        return through

    def through(self, dh: Array, columns: slice = slice(None)) -> Array:
        """dh U, or some columns of it."""
        return times(dh, self.recurrent_kernel[:, columns])


def times(errors: Array, kernel: Array) -> Array:
    """As one product of matrices."""
    return (errors.reshape(-1, len(kernel)) @ kernel).reshape(*errors.shape[:-1], kernel.shape[1])


class _SimpleRNN(Step):
    def enter(self, now, before, dx):
        x, z, h = self.read(now, "xzh")
        self.sums = self.with_input(self.noise.of(of_sum(z, self.root(x, before[0]), self.terms), 1), dx)
        self.act = Activated([self.layer.activation], now["z"], h, self.noise, 1)

    def __call__(self, t, *states):
        (dh,) = states
        dz = self.through(dh) + self.sums[t]
        return {"z": dz, "h": self.act(dz, t)}


class _LSTM(Step):
    def enter(self, now, before, dx):
        noise, gate, act, n = self.noise, self.layer.recurrent_activation, self.layer.activation, self.units
        x, z, i, f, g, o, c = self.read(now, "xzifgoc")
        h_before, c_before = before
        self.sums = self.with_input(noise.of(of_sum(z, self.root(x, h_before), self.terms), 1), dx)
        self.ifg = Activated([gate, gate, act], now["z"][..., : 3 * n], np.concatenate([i, f, g], axis=-1), noise, 1)
        self.open = Activated([gate], now["z"][..., 3 * n :], o, noise, 1)
        squashed = act.function(now["c"]).astype(noise.dtype, copy=False)
        self.squash = Activated([act], now["c"], squashed, noise, 1)
        self.factors = list(zip(i, f, g, o, c_before, squashed, strict=True))
        self.of_c = noise.of(of_result(f * c_before, i * g), 1)
        self.of_h = noise.of(of_result(o * squashed), 1)

    def __call__(self, t, *states):
        dh, dc = states
        i, f, g, o, c_before, squashed = self.factors[t]
        dz = self.peep(self.through(dh) + self.sums[t], "if", dc)
        di, df, dg = np.split(self.ifg(dz[..., : 3 * self.units], t), 3, axis=-1)
        dc = f * dc + c_before * df + i * dg + g * di + self.of_c[t]
        dz = self.peep(dz, "o", dc)
        do = self.open(dz[..., 3 * self.units :], t)
        dh = squashed * do + o * self.squash(dc, t) + self.of_h[t]
        return {"z": dz, "i": di, "f": df, "g": dg, "o": do, "c": dc, "h": dh}

    def peep(self, dz, gates, dc):
        return dz


class _PeepholeLSTM(_LSTM):
    def peep(self, dz, gates, dc):
        """p_i and p_f read c before the step, p_o after it."""
        of_gates = dict(zip("ifgo", np.split(dz, 4, axis=-1), strict=True))
        for gate, p in zip("ifo", np.split(self.rest[-1], 3), strict=True):
            if gate in gates:
                of_gates[gate] += p * dc
        return dz


class _GRU(Step):
    def input_bias(self):
        return self.rest[0][0] if self.layer.reset_after and self.layer.use_bias else super().input_bias()

    def enter(self, now, before, dx):
        noise, gate, act, n = self.noise, self.layer.recurrent_activation, self.layer.activation, self.units
        x, a, z, r, g = self.read(now, "xazrg")
        (h,) = before
        of_x, of_h = self.of_squares(x, h)
        self.sums = self.with_input(noise.of(of_sum(a, np.sqrt(of_x + of_h), self.terms), 1), dx)
        self.gates = Activated([gate, gate], now["a"][..., : 2 * n], np.concatenate([z, r], axis=-1), noise, 1)
        self.act = Activated([act], now["a"][..., 2 * n :], g, noise, 1)
        seen = h
        if self.layer.reset_after:
            hu = times(h, self.recurrent_kernel) + (self.rest[0][1] if self.layer.use_bias else 0.0)
            self.back, seen = noise.of(of_sum(hu, np.sqrt(of_h), n + 1), 1), hu[..., 2 * n :]
        self.factors = list(zip(z, r, g, h, seen, strict=True))
        self.of_h = noise.of(of_result(z * h, (1 - z) * g), 1)

    def __call__(self, t, *states):
        (dh,) = states
        z, r, g, h, seen = self.factors[t]
        n = self.units
        if self.layer.reset_after:
            dhu = self.through(dh) + self.back[t]
        else:
            dhu = self.through(dh, slice(2 * n))
        da = dhu[..., : 2 * n] + self.sums[t][..., : 2 * n]
        dz, dr = np.split(self.gates(da, t), 2, axis=-1)
        if self.layer.reset_after:
            back = dr * seen + r * dhu[..., 2 * n :]
        else:
            back = self.through(dr * seen + r * dh, slice(2 * n, None))
        da_g = back + self.sums[t][..., 2 * n :]
        dg = self.act(da_g, t)
        dh = z * dh + (h - g) * dz + (1 - z) * dg + self.of_h[t]
        return {"a": np.concatenate([da, da_g], axis=-1), "z": dz, "r": dr, "g": dg, "h": dh}


STEPS: dict[str, type[Step]] = {"SimpleRNN": _SimpleRNN, "LSTM": _LSTM, "PeepholeLSTM": _PeepholeLSTM, "GRU": _GRU}
