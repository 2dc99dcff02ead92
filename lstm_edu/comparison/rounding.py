"""How far rounding alone can move a layer's numbers: estimated for these very weights and inputs, not from a table.

Two right programs add the terms of a sum in another order and approximate tanh by another polynomial, so each of their
operations is wrong by a few units of the last place, every time by other ones. What becomes of those errors depends on
the layer: a forget gate near 1 keeps them, large recurrent weights make them grow from step to step, and in a chaotic
layer nothing else is left after a while. So the layer is run in float64 from the same input, once exactly and several
times with errors of that size put into every operation at every step; how far these runs spread is what rounding does.

(Monte Carlo arithmetic: D. Stott Parker, 1997. Chaos in recurrent layers: Laurent and von Brecht, 2016.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lstm_edu.core import threads
from lstm_edu.core.activations import Activation
from lstm_edu.core.graph import Graph
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.trace import Trace

Array = np.ndarray


@dataclass(frozen=True)
class Spread:
    """How far rounding moves each number of a trace: about one standard deviation, in the shapes of the numbers.

    Attributes:
        arrays: quantity -> its spread, in processing order as in the trace.
        output: the spread of what the layer returns, one array for each array that it returns.
        children: of the inner layers, by name.
    """

    arrays: Mapping[str, Array]
    output: tuple[Array, ...]
    children: Mapping[str, Spread] = field(default_factory=dict)


def spread(trace: Trace, x: Any = None, mask: Any = None) -> Spread:
    """How far rounding moves the numbers of a trace of ours, when each layer gets exactly the input that it got there.

    Args:
        trace: of a layer of this package, whatever type it computes in. Where it lacks what is needed (an x that was
            not kept, dropout that was drawn), nothing is known: the Spread is empty.
        x, mask: what a Graph was called with, which its trace does not hold. Without x nothing is known of its output.
    """
    if isinstance(trace.layer, Graph):
        return _graph(trace, x, mask)
    if not _complete(trace):
        return Spread({}, ())
    with np.errstate(all="ignore"), threads.one_thread():  # what has become infinite or NaN has no limit
        found, _ = _of(trace, None, _noise_for([trace]))
    return found


def _graph(trace: Trace, x: Any, mask: Any) -> Spread:
    """Each layer by itself; the output by runs in which what our layers return is disturbed as rounding could."""
    graph, children = trace.layer, {name: spread(child) for name, child in trace.children.items()}
    if x is None:
        return Spread({}, (), children)
    runs = [trace.output if isinstance(trace.output, tuple) else (trace.output,)]
    for seed in range(_GRAPH_RUNS):
        disturb = _Disturb(list(children.values()), seed)
        outputs = graph.rest.run(graph.rest.inputs(x), mask, lambda reached, also=disturb: also(graph.compute(reached)))
        runs.append(tuple(graph.rest.flat(outputs)))
    return Spread({}, tuple(spread_of_runs(np.stack([run[k] for run in runs])) for k in range(len(runs[0]))), children)


_GRAPH_RUNS = 4


class _Disturb:
    """Adds to the outputs of one call after another what rounding could."""

    def __init__(self, calls: list[Spread], seed: int):
        self.calls, self.rng = iter(calls), np.random.default_rng(seed)

    def __call__(self, output: Any) -> Any:
        sizes = next(self.calls).output
        if isinstance(output, tuple):
            return tuple(self._with(a, size) for a, size in zip(output, sizes, strict=True)) if sizes else output
        return self._with(output, sizes[0]) if sizes else output

    def _with(self, array: Array, size: Array) -> Array:
        return (array + size * self.rng.standard_normal(array.shape)).astype(array.dtype)


def spread_through(traces: list[Trace]) -> tuple[Array, ...]:
    """The spread of the last output when every layer gets the output of the one before it, with its errors."""
    noise, error, found = _noise_for(traces), None, None
    noise.inside = False
    for trace in traces:
        noise.unit = unit_roundoff(trace.layer)
        with np.errstate(all="ignore"), threads.one_thread():
            found, error = _of(trace, error, noise)
    return found.output


def spread_of_runs(runs: Array) -> Array:
    """The spread of an array's numbers, (R, ...), run 0 being undisturbed."""
    return _smooth(_deviation(runs))


# --- what follows from it -------------------------------------------------------------------------------------------

# A difference counts as rounding up to so many spreads: of millions of numbers some lie far out, and in a layer that
# makes errors grow their distribution has long tails. Where that is more than so large a part of the largest number,
# the comparison could not see anything, and the type cannot decide; nor can it later in that sequence, whatever the
# numbers there.
SPREADS = 24.0
BLIND = 0.01
_BLIND_UNITS = 256  # where a type holds so few digits that this is more: one rounding is SPREADS / 2 units already
_MOST_BLIND = 0.5
_TINY = 1e5  # numbers below so many units are errors themselves, and are judged as if they were as large


def blind_share(unit: float) -> float:
    """From which part of the largest number on nothing can be decided, for a type of this unit roundoff."""
    return max(BLIND, min(_BLIND_UNITS * unit, _MOST_BLIND))


@dataclass(frozen=True)
class Rounding:
    """What rounding can do to the numbers of one array.

    Attributes:
        spread: of each number, in the array's shape. unit: the unit roundoff of the type that they were computed in.
    """

    spread: Array
    unit: float

    def allowed(self, right: Array) -> Array:
        """How far each number may lie from these: more is no rounding."""
        return SPREADS * self.spread + self.last_digits(right)

    def last_digits(self, right: Array) -> Array:
        """A few units of the last place of each number. Where all numbers agree so well, nothing is left to decide."""
        size = np.abs(right.astype(np.float64))
        return 1e-11 + max(1e-9, 8 * self.unit) * np.where(np.isfinite(size), size, 0)

    def blind(self, right: Array) -> Array:
        """Where so much counts as rounding that nothing can be decided."""
        size = np.abs(right[np.isfinite(right)].astype(np.float64)).max(initial=0)
        return (self.allowed(right) > blind_share(self.unit) * max(size, _TINY * self.unit)) & ~np.isnan(right)


# --- errors of single operations ------------------------------------------------------------------------------------

# In units of roundoff, so that the spread is that of the difference between two right programs. Measured against Keras
# on TensorFlow, JAX and NumPy; tests/test_rounding.py holds them.
_SUM, _SUM_GROWTH = 0.3, 0.12
_RESULT = 0.5
_ACTIVATION = 0.6
_EXACT = ("linear", "relu", "relu6", "hard_shrink", "soft_shrink")
_KINKED = (
    "relu",
    "relu6",
    "hard_sigmoid",
    "hard_sigmoid_keras2",
    "hard_tanh",
    "hard_silu",
    "hard_shrink",
    "soft_shrink",
)  # flat on one side


class _Noise:
    """Runs along a first axis: run 0 is exact, the others get errors."""

    def __init__(self, unit: float, trials: int, products: Any = np.float64, seed: int = 0):
        self.unit, self.trials, self.products, self.rng = unit, trials, products, np.random.default_rng(seed)
        self.inside = True  # whether the spread of every quantity is asked for, or that of the states only
        self._drawn = np.empty(0)

    def put(self, exact: Array, size: Array) -> Array:
        """Errors of `unit * size` in every run but the first, in place."""
        exact[1:] += self._normal((self.trials, *exact.shape[1:])) * (self.unit * size)
        return exact

    def _normal(self, shape: tuple[int, ...]) -> Array:
        """Normal numbers: a stretch of many that were drawn once, from another place each time."""
        n = math.prod(shape)
        if len(self._drawn) < 2 * n:
            self._drawn = self.rng.standard_normal(max(4 * n, 1 << 16))
        first = int(self.rng.integers(len(self._drawn) - n + 1))
        return self._drawn[first : first + n].reshape(shape)

    def result(self, exact: Array) -> Array:
        """Of a product or a sum of a few terms."""
        return self.put(exact, _RESULT * np.abs(exact[0]))

    def sum(self, total: Array, root: Array, terms: int) -> Array:
        """Of a sum of `terms` products: root is the root of the sum of their squares. It grows with the number of
        terms, less than that of one long sum would, since processors add in blocks."""
        size = (_SUM + _SUM_GROWTH * np.sqrt(terms)) * np.maximum(root, np.abs(total[0]))
        return self.put(total, size)

    def activation(self, function: Activation, z: Array) -> Array:
        """Of a function that libraries approximate to a few units of the last place of numbers near 1."""
        y = np.array(function.function(z))
        if function.name in _KINKED:
            y = self._across_kinks(function, z, y)
        return y if function.name in _EXACT else self.put(y, _ACTIVATION * (np.abs(y[0]) + 0.5))

    def _across_kinks(self, function: Activation, z: Array, y: Array) -> Array:
        """Next to a kink another program may already be on the other side of it, though none of these runs is."""
        flat = (y[1:] == y[0]).all(axis=0)
        if not flat.any():
            return y
        far = SPREADS * np.sqrt(np.mean(np.square(z[1:] - z[0]), axis=0))
        with np.errstate(invalid="ignore"):
            sides = [np.abs(function.function(z[0] + side) - y[0]) for side in (-far, far)]
        return self.put(y, np.where(flat, np.maximum(*sides), 0) / (SPREADS * self.unit))

    def many(self, exact: Array) -> Array:
        """The same numbers for every run, (R, ...), to be written to."""
        return np.repeat(exact[None].astype(np.float64), self.trials + 1, axis=0)


def _deviation(runs: Array) -> Array:
    """The root mean square of the runs' distances from the exact one."""
    with np.errstate(all="ignore"):
        found = np.sqrt(np.mean(np.square(runs[1:] - runs[0]), axis=0))
    return np.where(np.isnan(found), np.inf, found).astype(np.float32)


_NUMBERS_OF_A_STEP = 96  # how many deviations one standard deviation should rest on
_FEWEST, _MOST = 4, 16


def _noise_for(traces: Sequence[Trace]) -> _Noise:
    """As many runs as it takes. Everything is computed in float64, but for products with kernels that are so wide that
    time counts: float32 holds them well enough, since the errors of such a sum are larger than one rounding."""
    trials = max(map(_trials, traces))
    wide = all(max((w.shape[-1] for w in trace.weights), default=0) >= _WIDE for trace in traces)
    single = wide and all(unit_roundoff(trace.layer) >= 2.0**-24 for trace in traces)
    return _Noise(unit_roundoff(traces[0].layer), trials, np.float32 if single else np.float64)


_WIDE = 512  # columns of a kernel


def _trials(trace: Trace) -> int:
    """As many runs as it takes to know the spread at one timestep well; few where there are many units."""
    widths = [a.shape[-1] for name, a in ((n, trace[n]) for n in trace.names) if name != "x" and a.ndim]
    if trace.children:
        return max(map(_trials, trace.layers))
    return int(np.clip(_NUMBERS_OF_A_STEP // max(1, *widths, 1), _FEWEST, _MOST))


def _complete(trace: Trace) -> bool:
    """Whether a trace has what its layer can be run from again."""
    if any(mask is not None for mask in trace.dropout_masks):
        return False
    if trace.children:
        return all(map(_complete, trace.layers))
    return "x" in trace and bool(trace["x"].size) and (trace.kind not in _STEPS or "h" in trace)


# --- layers ---------------------------------------------------------------------------------------------------------


def _of(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    """The spread of a layer's numbers, and the errors of its (first) output, (trials, ...), in the order of the output.

    error: of the input, (trials, *shape of the input), or None for an exact one.
    """
    found, after = _KINDS.get(trace.kind, _measured)(trace, error, noise)
    if error is None or "x" not in trace or error.shape[1:] != trace["x"].shape:
        return found, after
    of_x = np.sqrt(np.mean(np.square(error), axis=0)).astype(np.float32)
    if trace.time is not None and trace.time[0] > trace.time[-1]:
        of_x = of_x[:, ::-1]
    return replace(found, arrays={"x": _smooth(of_x), **found.arrays}), after


def _dense(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    kernel, *bias = (w.astype(np.float64) for w in trace.weights)
    x = trace.x.astype(np.float64)
    runs = x[None] if error is None else x + np.concatenate([np.zeros_like(x)[None], error])
    z = runs @ kernel
    squares = np.square(x) @ np.square(kernel)
    if bias:
        z, squares = z + bias[0], squares + np.square(bias[0])
    z = noise.sum(noise.many(z[0]) if len(z) == 1 else z, np.sqrt(squares), len(kernel) + 1)
    y = noise.activation(trace.layer.activation, z)
    arrays = {"z": _smooth(_deviation(z)), "y": _smooth(_deviation(y))}
    return Spread(arrays, (arrays["y"],)), y[1:] - y[0]


def _recurrent(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    layer, order = trace.layer, slice(None, None, -1 if trace.layer.go_backwards else 1)
    x = trace.x.astype(np.float64)
    before = np.concatenate([trace.initial_state[0][:, None], trace.h[:, :-1]], axis=1)
    parts = []
    rows = max(1, _MOST_AT_ONCE // (x.shape[1] * trace.weights[0].shape[-1] * (1 if error is None else noise.trials)))
    for first in range(0, len(x), rows):
        part = slice(first, first + rows)
        disturbed = None if error is None else error[:, part, order]
        mask = None if trace.mask is None else trace.mask[part]
        start = [s[part] for s in trace.initial_state]
        parts.append(_scan(trace, x[part], before[part], disturbed, mask, start, noise))
    arrays = {name: _smooth(np.concatenate([a[name] for a, _ in parts])) for name in parts[0][0]}
    h_error = np.concatenate([e for _, e in parts], axis=1)  # (trials, B, T, H), in processing order
    tails = _tails(trace, arrays)[:, :, None]
    for array in arrays.values():
        array *= tails
    lost = _lost(trace, arrays)
    for array in arrays.values():
        array[lost] = np.inf
    h_error[:, lost] = np.nan
    last = [arrays[name][:, -1] for name in layer.state_names]
    output = arrays["h"] if layer.return_sequences else last[0]
    returned = (output, *last) if layer.return_state else (output,)
    return Spread(arrays, returned), h_error if layer.return_sequences else h_error[:, :, -1]


def _tails(trace: Trace, arrays: Mapping[str, Array]) -> Array:
    """(B, T): by how much to widen a spread. Where errors grow, a few of them decide how much, and some runs see ten
    times the growth of others: the more they have grown, the less a few runs tell."""
    unit, growth = unit_roundoff(trace.layer), np.zeros(trace.x.shape[:2])
    for name in trace.layer.state_names:
        if name in trace:
            size = np.sqrt(np.mean(np.square(trace[name].astype(np.float64)), axis=-1))
            error = np.sqrt(np.mean(np.square(arrays[name].astype(np.float64)), axis=-1))
            growth = np.maximum(growth, error / np.maximum(unit * size, np.finfo(float).tiny))
    finite = np.where(np.isfinite(growth), growth, 0)
    return (1 + np.clip(np.log10(np.maximum(finite, 1e-9) / _CALM), 0, _LONGEST)).astype(np.float32)


_CALM, _LONGEST = 10.0, 3.0  # from ten roundings on, up to four times as wide


def _lost(trace: Trace, arrays: Mapping[str, Array]) -> Array:
    """(B, T) bool: from which step on errors in the states are so large that nothing is known of what follows."""
    found = np.zeros(trace.x.shape[:2], bool)
    for name in trace.layer.state_names:
        if name in trace:
            size = np.abs(trace[name].astype(np.float64)).max(axis=-1)
            size = np.maximum.accumulate(np.where(np.isfinite(size), size, 0), axis=1)
            unit = unit_roundoff(trace.layer)
            found |= SPREADS * arrays[name].max(axis=-1) > blind_share(unit) * np.maximum(size, _TINY * unit)
    return np.logical_or.accumulate(found, axis=1)


_MOST_AT_ONCE = 1 << 23  # numbers of the sums that are held in float64; more sequences are taken in turns


def _scan(
    trace: Trace,
    x: Array,
    before: Array,
    error: Array | None,
    mask: Array | None,
    start: list[Array],
    noise: _Noise,
) -> tuple[dict[str, Array], Array]:
    """The loop over time for all runs. x (B, T, F), before (B, T, H): h as each step finds it, mask (B, T), error
    (trials, B, T, F), in processing order.

    Returns each quantity's deviation, (B, T, .), and the errors of h, (trials, B, T, H).
    """
    step = _STEPS[trace.kind](trace, noise)
    runs = x[None] if error is None else x + np.concatenate([np.zeros_like(x)[None], error])
    projected, of_x, of_h = step.project(runs), step.root_of_x(x), step.root_of_h(before)
    states = [noise.many(s) for s in start]
    arrays: dict[str, list[Array]] = {}
    h_error = np.empty((noise.trials, *x.shape[:2], start[0].shape[-1]), np.float32)
    for t in range(x.shape[1]):
        found = step(projected[:, :, t], of_x[:, t], of_h[:, t], *states)
        if mask is not None:
            for name, old in zip(trace.layer.state_names, states, strict=True):
                found[name] = np.where(mask[None, :, t, None], found[name], old)
        states = [found[name] for name in trace.layer.state_names]
        for name in found if noise.inside else trace.layer.state_names:
            arrays.setdefault(name, []).append(_deviation(found[name]))
        h_error[:, :, t] = states[0][1:] - states[0][0]
    return {name: np.stack(steps, axis=1) for name, steps in arrays.items()}, h_error


class _Step:
    """One step of a recurrent layer in all runs; the equations are at the top of the layer's file in core."""

    def __init__(self, trace: Trace, noise: _Noise):
        self.layer, self.noise = trace.layer, noise
        self.kernel, self.recurrent_kernel = (w.astype(noise.products) for w in trace.weights[:2])
        self.rest = [w.astype(np.float64) for w in trace.weights[2:]]

    def input_bias(self) -> Array | float:
        return self.rest[0] if self.layer.use_bias else 0.0

    def project(self, runs: Array) -> Array:
        """x W + b for all steps of all runs."""
        return runs.astype(self.kernel.dtype) @ self.kernel + self.input_bias()

    def root_of_x(self, x: Array) -> Array:
        """The root of the sum of the squares of the input's terms in each sum, (B, T, .)."""
        squares = np.square(x.astype(self.kernel.dtype)) @ np.square(self.kernel)
        return np.sqrt(squares + np.square(self.input_bias()))

    def root_of_h(self, before: Array) -> Array:
        """The same for the terms of h."""
        return np.sqrt(np.square(before.astype(self.kernel.dtype)) @ np.square(self.recurrent_kernel))

    def through(self, h: Array, columns: slice = slice(None)) -> Array:
        """h U, or some columns of it."""
        return h.astype(self.recurrent_kernel.dtype) @ self.recurrent_kernel[:, columns]

    def summed(self, projected: Array, of_x: Array, of_h: Array, h: Array) -> Array:
        """x W + h U + b with its errors."""
        terms = len(self.kernel) + len(self.recurrent_kernel) + 1
        return self.noise.sum(projected + self.through(h), np.hypot(of_x, of_h), terms)

    def __call__(self, projected: Array, of_x: Array, of_h: Array, *states: Array) -> dict[str, Array]:
        """Every recorded quantity, (R, B, .)."""
        raise NotImplementedError


class _SimpleRNN(_Step):
    def __call__(self, projected, of_x, of_h, h):
        z = self.summed(projected, of_x, of_h, h)
        return {"z": z, "h": self.noise.activation(self.layer.activation, z)}


class _LSTM(_Step):
    def __call__(self, projected, of_x, of_h, h, c):
        noise, gate, act = self.noise, self.layer.recurrent_activation, self.layer.activation
        z = self.summed(projected, of_x, of_h, h)
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        z_i, z_f = self.peep(z_i, 0, c), self.peep(z_f, 1, c)
        i, f, g = noise.activation(gate, z_i), noise.activation(gate, z_f), noise.activation(act, z_g)
        c = noise.put(f * c + i * g, _RESULT * (np.abs(f * c)[0] + np.abs(i * g)[0]))
        z_o = self.peep(z_o, 2, c)
        o = noise.activation(gate, z_o)
        h = noise.result(o * noise.activation(act, c))
        return {"z": np.concatenate([z_i, z_f, z_g, z_o], axis=-1), "i": i, "f": f, "g": g, "o": o, "c": c, "h": h}

    def peep(self, z, block, c):
        return z


class _PeepholeLSTM(_LSTM):
    def peep(self, z, block, c):
        return z + self.rest[-1].reshape(3, -1)[block] * c


class _GRU(_Step):
    def input_bias(self):
        return super().input_bias() if not self.layer.reset_after or not self.layer.use_bias else self.rest[0][0]

    def __call__(self, projected, of_x, of_h, h):
        noise, gate, act, n = self.noise, self.layer.recurrent_activation, self.layer.activation, h.shape[-1]
        terms, root = len(self.kernel) + n + 1, np.hypot(of_x, of_h)
        if self.layer.reset_after:
            hu = self.through(h) + (self.rest[0][1] if self.layer.use_bias else 0.0)
            hu = noise.sum(hu, of_h, n + 1)
            zr = noise.sum(projected[..., : 2 * n] + hu[..., : 2 * n], root[..., : 2 * n], terms)
        else:
            zr = projected[..., : 2 * n] + self.through(h, slice(2 * n))
            zr = noise.sum(zr, root[..., : 2 * n], terms)
        z, r = noise.activation(gate, zr[..., :n]), noise.activation(gate, zr[..., n:])
        back = r * hu[..., 2 * n :] if self.layer.reset_after else self.through(r * h, slice(2 * n, None))
        a_g = noise.sum(projected[..., 2 * n :] + back, root[..., 2 * n :], terms)
        g = noise.activation(act, a_g)
        h = noise.put(z * h + (1 - z) * g, _RESULT * (np.abs(z * h)[0] + np.abs((1 - z) * g)[0]))
        return {"a": np.concatenate([zr, a_g], axis=-1), "z": z, "r": r, "g": g, "h": h}


_STEPS: dict[str, type[_Step]] = {"SimpleRNN": _SimpleRNN, "LSTM": _LSTM, "PeepholeLSTM": _PeepholeLSTM, "GRU": _GRU}


def _bidirectional(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    layer = trace.layer
    found = {name: _of(child, error, noise) for name, child in trace.children.items()}
    (one, e_one), (other, e_other) = found.values()
    values = [child.output[0] if layer.return_state else child.output for child in trace.layers]
    back, e_back, y_back = other.output[0], e_other, values[1]
    if layer.return_sequences:
        back, e_back, y_back = back[:, ::-1], e_back[:, :, ::-1], y_back[:, ::-1]
    if layer.merge_mode == "concat":
        merged, e = (np.concatenate([one.output[0], back], axis=-1),), np.concatenate([e_one, e_back], axis=-1)
    elif layer.merge_mode == "mul":
        e = e_one * y_back + e_back * values[0]
        merged = (np.hypot(one.output[0] * np.abs(y_back), back * np.abs(values[0])),)
    elif layer.merge_mode is None:
        merged, e = (one.output[0], back), e_one
    else:
        half = 2 if layer.merge_mode == "ave" else 1
        merged, e = (np.hypot(one.output[0], back) / half,), (e_one + e_back) / half
    states = (*one.output[1:], *other.output[1:]) if layer.return_state else ()
    return Spread({}, (*merged, *states), {name: child for name, (child, _) in found.items()}), e


def _time_distributed(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    (name, inner), shape = next(iter(trace.children.items())), np.shape(trace.output)[:2]
    flat = None if error is None else error.reshape(len(error), -1, *error.shape[3:])
    found, e = _of(inner, flat, noise)
    arrays = {key: a.reshape(*shape, *a.shape[1:]) for key, a in found.arrays.items()}
    output = tuple(a.reshape(*shape, *a.shape[1:]) for a in found.output)
    return Spread(arrays, output, {name: found}), e.reshape(len(e), *shape, *e.shape[2:])


def _sequential(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    children = {}
    for name, child in trace.children.items():
        children[name], error = _of(child, error, noise)
    return Spread({}, children[name].output, children), error


def _stacked(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    """Cells one above the other: each gets the errors of the one below, in the order in which they are computed."""
    layer, children = trace.layer, {}
    order = slice(None, None, -1 if layer.go_backwards else 1)
    if error is not None:
        error = error[:, :, order]
    for name, child in trace.children.items():
        children[name], error = _of(child.at(np.sort(child.time)), error, noise)
    y = children[name].output[0]
    if not layer.return_sequences:
        y, error = y[:, -1], error[:, :, -1]
    states = [s for child in children.values() for s in child.output[1:]] if layer.return_state else []
    return Spread({}, (y, *states), children), error


def _exactly(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    """A layer that computes nothing: it looks up, or hands on."""
    y = trace.output
    error = np.zeros((noise.trials, *np.shape(y)), np.float32) if error is None or error.shape[1:] != y.shape else error
    deviation = np.sqrt(np.mean(np.square(error), axis=0))
    return Spread({"y": deviation} if "y" in trace else {}, (deviation,)), error


def _measured(trace: Trace, error: Array | None, noise: _Noise) -> tuple[Spread, Array]:
    """A layer of another kind: what becomes of disturbed inputs in its own arithmetic."""
    x = trace["x"]
    noise_of = noise.rng.standard_normal
    error = noise_of((noise.trials, *x.shape)) * noise.unit * np.abs(x) if error is None else error
    exact = np.asarray(trace.layer(x, mask=trace.mask), np.float64)
    e = np.stack([np.asarray(trace.layer((x + one).astype(x.dtype), mask=trace.mask)) - exact for one in error])
    found = noise.put(np.concatenate([exact[None], exact + e]), (_SUM + _SUM_GROWTH) * np.abs(exact))
    deviation = _smooth(_deviation(found))
    return Spread({"y": deviation} if "y" in trace else {}, (deviation,)), found[1:] - exact


_KINDS: dict[str, Callable[[Trace, Array | None, _Noise], tuple[Spread, Array]]] = {
    "Dense": _dense,
    "Embedding": _exactly,
    "Masking": _exactly,
    "Dropout": _exactly,
    "Bidirectional": _bidirectional,
    "StackedRNN": _stacked,
    "TimeDistributed": _time_distributed,
    "Sequential": _sequential,
    **dict.fromkeys(_STEPS, _recurrent),
}


def _smooth(deviation: Array) -> Array:
    """A few runs know the spread of one number badly, and that of all units at one step well: both together.

    deviation: (B, T, units) or (..., units).
    """
    if deviation.ndim < 2 or not deviation.size:
        return deviation
    finite = np.isfinite(deviation)
    known = np.where(finite, deviation, 0)
    unit = np.sqrt(np.mean(np.square(known, dtype=np.float64), axis=tuple(range(deviation.ndim - 1))))
    with np.errstate(over="ignore", under="ignore"):
        share = known / np.where(unit > 0, unit, 1)
        fourth = np.square(np.square(share))
        step = np.sqrt(np.sqrt(np.mean(fourth, axis=-1, keepdims=True)))  # the few large ones count
        # Units may live on scales of their own, and explode alone.
        together = np.minimum(step * unit, _AT_MOST * known)
        return np.where(finite, np.hypot(known, together), np.inf).astype(np.float32)


_AT_MOST = 30.0
