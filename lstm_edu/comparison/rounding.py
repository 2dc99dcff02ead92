"""How far rounding alone can move a layer's numbers: estimated for exactly these weights and inputs, not from a table.

Two right programs add the terms of a sum in another order and approximate tanh by another polynomial, so each of their
operations is wrong by a few units of the last place, differently every time. What becomes of those errors depends on
the layer: a forget gate near 1 keeps them, large recurrent weights make them grow from step to step, and in a chaotic
layer nothing else is left after a while. So errors of that size are drawn for every operation at every step, several
times, and carried along what the layer computed (`errors`); how far these runs spread is what rounding does.

(Monte Carlo arithmetic: D. Stott Parker, 1997. Chaos in recurrent layers: Laurent and von Brecht, 2016.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lstm_edu.comparison.errors import STEPS, Activated, Noise, Step, deviation, of_sum, times
from lstm_edu.core import Layer, threads
from lstm_edu.core.container import leaves, states_kept
from lstm_edu.core.graph import Graph, Reached
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

    def times(self, factor: float) -> Spread:
        """All numbers but those of inner layers, multiplied."""
        arrays = {name: np.float32(factor) * array for name, array in self.arrays.items()}
        return replace(self, arrays=arrays, output=tuple(np.float32(factor) * array for array in self.output))


def spread(trace: Trace, x: Any = None, mask: Any = None) -> Spread:
    """How far rounding moves the numbers of a trace of ours, when each layer gets exactly the input that it got there.

    Args:
        trace: of a layer of this package, whatever type it computes in. Where it lacks what is needed (an x that was
            not kept, dropout that was drawn), nothing is known: the Spread is empty.
        x, mask: what a Graph was called with, which its trace does not hold. Without x nothing is known about its
            output.
    """
    if isinstance(trace.layer, Graph):
        return _graph(trace, x, mask)
    if not _complete(trace):
        return Spread({}, ())
    found, _ = _estimated(trace, None, Noise(_runs(trace.layer), SPREADS))
    return found


class Chain:
    """The spread of each layer of a chain for exactly the input that it got; and of the last output when every layer
    gets the output of the one before it, with its errors.

    Args:
        layers: those of the chain, ours. It is then called with the trace of one after another.
    """

    def __init__(self, layers: Sequence[Layer]):
        self._noise = Noise(min(max(map(_runs, layers)), min(map(_affordable, layers))), SPREADS)
        self._error: Array | None = None  # of the next layer's input, when all errors come together
        self._last: tuple[Trace, Array | None]

    def __call__(self, trace: Trace) -> Spread:
        """The spread of the next layer by itself."""
        error, self._last = self._error, (trace, self._error)
        both = None if error is None else np.stack([np.zeros_like(error), error])
        found, after = _estimated(trace, both, self._noise)
        self._error = after[-1]
        return found

    @property
    def output(self) -> tuple[Array, ...]:
        """The spread of what the last layer returned, all errors together."""
        trace, error = self._last
        found, _ = _estimated(trace, None if error is None else error[None], self._noise)
        return found.output


def _estimated(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    with np.errstate(all="ignore"), threads.one_thread():  # what has become infinite or NaN has no limit
        return _of(trace, error, noise)


def _graph(trace: Trace, x: Any, mask: Any) -> Spread:
    """Each layer by itself; the output by runs in which what our layers return is disturbed as rounding could."""
    graph, children = trace.layer, {name: spread(child) for name, child in trace.children.items()}
    if x is None:
        return Spread({}, (), children)
    calls = [(children[name].output, child.initial_state or None) for name, child in trace.children.items()]
    runs = [trace.output if isinstance(trace.output, tuple) else (trace.output,)]
    runs += map(graph.rest.flat, disturbed(graph, x, mask, calls))
    return Spread({}, tuple(spread_of_runs([run[k] for run in runs]) for k in range(len(runs[0]))), children)


def disturbed(
    graph: Graph, x: Any, mask: Any, calls: Sequence[tuple[tuple[Array, ...], list[Array] | None]]
) -> Iterator[Any]:
    """What a graph returns when what our layers return in it is disturbed as rounding could, in several runs.

    Args:
        calls: for each call of a layer of ours, in order, the spread of what it returns, and the states from which it
            starts, if it has any.
    """
    for seed in range(_GRAPH_RUNS):
        with states_kept(graph):
            yield graph.rest.run(graph.rest.inputs(x), mask, _Disturbed(graph, calls, seed))


_GRAPH_RUNS = 4


class _Disturbed:
    """What our layers return in one run of a graph, each array moved as far as rounding could."""

    def __init__(self, graph: Graph, calls: Sequence[tuple[tuple[Array, ...], list[Array] | None]], seed: int):
        self.graph, self.calls, self.rng = graph, iter(calls), np.random.default_rng(seed)

    def __call__(self, reached: Reached) -> Any:
        sizes, start = next(self.calls)
        output = self.graph.compute(reached if start is None else reached._replace(initial_state=start))
        if not sizes:
            return output
        moved = [
            (array + size * self.rng.standard_normal(array.shape)).astype(array.dtype)
            for array, size in zip(_flat(output), sizes, strict=True)
        ]
        return tuple(moved) if isinstance(output, (list, tuple)) else moved[0]


def _flat(output: Any) -> Iterator[Array]:
    """The arrays that a layer returned, which may lie in lists."""
    if isinstance(output, (list, tuple)):
        for one in output:
            yield from _flat(one)
    else:
        yield output


def spread_of_runs(runs: Sequence[Array]) -> Array:
    """The spread of an array's numbers in several runs, the first being undisturbed."""
    first, *others = (run.astype(np.float64) for run in runs)
    with np.errstate(all="ignore"):
        return _smooth(deviation(np.stack(others) - first, 0))


# --- what follows from it -------------------------------------------------------------------------------------------

# A difference counts as rounding up to so many spreads: of millions of numbers some are far out, and in a layer that
# makes errors grow their distribution has long tails. Where that is more than so large a part of the largest number,
# the comparison could not see anything, and the type cannot decide; nor can it later in that sequence, whatever the
# numbers there.
SPREADS = 24.0
BLIND = 0.01
_BLIND_UNITS = 256  # where a type holds so few digits that this is more: one rounding is SPREADS / 2 units already
_MOST_BLIND = 0.5
_TINY = 1e5  # numbers below so many units are errors themselves, and are judged as if they were as large


def unit_of(layer: Layer) -> float:
    """The unit roundoff of the least precise type that anything in a layer computes in."""
    return max(map(unit_roundoff, leaves(layer)), default=unit_roundoff(layer))


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
        """How far each number may be from these: anything more is not rounding."""
        return SPREADS * self.spread + self.last_digits(right)

    def times(self, factor: float) -> Rounding:
        """So many times as much."""
        return Rounding(np.float32(factor) * self.spread, factor * self.unit)

    def last_digits(self, right: Array) -> Array:
        """A few units of the last place of each number. Where all numbers agree so well, nothing is left to decide."""
        size = np.abs(right if right.dtype == np.float32 else right.astype(np.float64))
        return 1e-11 + max(1e-9, 8 * self.unit) * np.where(np.isfinite(size), size, 0)

    def blind(self, right: Array, allowed: Array | None = None) -> Array:
        """Where so much counts as rounding that nothing can be decided. allowed: what `allowed` gives for these."""
        size = np.abs(right).max(initial=0, where=np.isfinite(right))
        allowed = self.allowed(right) if allowed is None else allowed
        return (allowed > blind_share(self.unit) * max(float(size), _TINY * self.unit)) & ~np.isnan(right)


_NUMBERS_OF_A_STEP = 96  # how many deviations one standard deviation should rest on
_FEWEST, _MOST = 4, 16
_ENOUGH = 1 << 13  # columns of kernels, in all runs


def _columns(layer: Layer) -> list[int]:
    """The widths of a layer's sums; of a layer around layers, of theirs."""
    return [width for leaf in leaves(layer) for width in [max((w.shape[-1] for w in leaf.weights), default=0)] if width]


def _runs(layer: Layer) -> int:
    """As many runs as it takes to know the spread at one timestep well; few where there are many units."""
    return int(np.clip(_NUMBERS_OF_A_STEP // min(_columns(layer), default=1), _FEWEST, _affordable(layer)))


def _affordable(layer: Layer) -> int:
    return int(np.clip(_ENOUGH // max(_columns(layer), default=1), _FEWEST, _MOST))


def _complete(trace: Trace) -> bool:
    """Whether a trace has what its layer can be run from again."""
    if any(mask is not None for mask in trace.dropout_masks):
        return False
    if trace.children:
        return all(map(_complete, trace.layers))
    return "x" in trace and bool(trace["x"].size) and (trace.kind not in STEPS or "h" in trace)


def _whole(trace: Trace) -> Trace:
    """A trace with every quantity: where some were not kept, the layer is run again."""
    if all(name in trace for name in trace.layer.quantities):
        return trace
    layer = trace.layer.copy()
    layer.build_with(trace.layer.input_shape, trace.weights)
    if trace.kind not in STEPS:
        return layer.trace(trace.x)
    order = slice(None, None, -1 if layer.go_backwards else 1)
    mask = None if trace.mask is None else trace.mask[:, order]
    return layer.trace(trace.x[:, order], mask=mask, initial_state=trace.initial_state)


# --- layers ---------------------------------------------------------------------------------------------------------


def _of(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    """The spread of a layer's numbers, and the errors of its (first) output, (G, R, ...), in the order of the output.

    error: of the input, (G, R, *shape of the input), in units of roundoff, or None for an exact one, which is one
        group. The spread is that of the first group.
    """
    unit = unit_roundoff(trace.layer)
    if error is not None and unit != noise.unit:
        error = error * np.float32(noise.unit / unit)
    noise.unit, noise.dtype = unit, _held_in(trace)
    found, after = _KINDS.get(trace.kind, _measured)(trace, error, noise)
    if not trace.children:
        found = found.times(unit)
    if error is None or "x" not in trace or error.shape[2:] != trace["x"].shape:
        return found, after
    of_x = _smooth(deviation(error[0], 0)) * unit
    if trace.time is not None and trace.time[0] > trace.time[-1]:
        of_x = of_x[:, ::-1]
    return replace(found, arrays={"x": of_x, **found.arrays}), after


def _held_in(trace: Trace) -> np.dtype:
    """float32, if what was computed is not so large that squares of its errors are more than it holds."""
    held = all(-_HELD < trace[name].min(initial=0) and trace[name].max(initial=0) < _HELD for name in trace.names)
    return np.dtype(np.float32 if held else np.float64)


_HELD = 1e12


def _dense(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    trace = _whole(trace)
    kernel, *bias = (w.astype(noise.dtype) for w in trace.weights)
    squares = np.square(trace.x.astype(noise.dtype)) @ np.square(kernel)
    if bias:
        squares += np.square(bias[0])
    dz = noise.of(of_sum(trace.z, np.sqrt(squares), len(kernel) + 1))
    if error is not None:
        dz = times(error, kernel) + dz
    dy = Activated([trace.layer.activation], trace.z, trace.y, noise)(dz)
    arrays = {"z": _smooth(deviation(dz[0], 0)), "y": _smooth(deviation(dy[0], 0))}
    return Spread(arrays, (arrays["y"],)), dy


def _recurrent(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    layer, trace = trace.layer, _whole(trace)
    now = {name: trace[name].swapaxes(0, 1) for name in layer.quantities}  # (T, B, .), in processing order
    before = [
        np.concatenate([start[None], now[name][:-1]]).astype(noise.dtype, copy=False)
        for start, name in zip(trace.initial_state, layer.state_names, strict=True)
    ]
    timesteps, batch, units = before[0].shape
    dx = None if error is None else np.moveaxis(error, 3, 0)[:: -1 if layer.go_backwards else 1]
    groups = 1 if error is None else len(error)
    names = [layer.quantities[1:], *[layer.state_names] * (groups - 1)]  # what each group has to provide
    found = [{name: np.empty(now[name].shape, noise.dtype) for name in some} for some in names]
    after = np.empty((timesteps if layer.return_sequences else 1, groups, noise.runs, batch, units), noise.dtype)
    step = STEPS[trace.kind](layer, trace.weights, noise)
    rows = max(1, _MOST_AT_ONCE // (groups * noise.runs * trace.weights[0].shape[-1]))
    for first in range(0, batch, rows):
        part = slice(first, first + rows)
        mask = None if trace.mask is None else trace.mask[part].T[:, :, None]
        quantities, states = {name: a[:, part] for name, a in now.items()}, [b[:, part] for b in before]
        for steps, errors in _scan(step, quantities, states, None if dx is None else dx[..., part, :], mask, groups):
            for group, arrays in enumerate(found):
                for name, array in arrays.items():
                    array[steps, part] = deviation(errors[name][:, group], 1)
            if layer.return_sequences:
                after[steps, :, :, part] = errors["h"]
        if not layer.return_sequences:
            after[0, :, :, part] = errors["h"][-1]
    after = np.moveaxis(after, 0, 3)  # (G, R, B, T, H)
    for group, arrays in enumerate(found):
        lost = _finish(trace, arrays)
        after[group][:, lost if layer.return_sequences else lost[:, -1:]] = np.nan
    arrays = found[0]
    last = [arrays[name][:, -1] for name in layer.state_names]
    output = arrays["h"] if layer.return_sequences else last[0]
    after = after if layer.return_sequences else after[:, :, :, 0]
    if trace.mask is not None and layer.masked_output == "zero":  # exactly
        counts = trace.mask if layer.return_sequences else trace.mask[:, -1]
        output = np.where(counts[..., None], output, 0)
        after[:, :, ~counts] = 0
    returned = (output, *last) if layer.return_state else (output,)
    return Spread(arrays, returned), after


_MOST_AT_ONCE = 1 << 18  # numbers of the sums of all runs: what stays in a processor's cache


def _scan(
    step: Step, now: dict[str, Array], before: list[Array], dx: Array | None, mask: Array | None, groups: int
) -> Iterator[tuple[slice, dict[str, Array]]]:
    """The loop over time, a stretch of steps after another: which steps, and each quantity's errors, (steps, G, R, B,
    .). mask: (T, B, 1)."""
    timesteps, batch, units = before[0].shape
    states = [np.zeros((groups, step.noise.runs, batch, units), step.noise.dtype) for _ in before]
    at_once = max(1, _MOST_AT_ONCE // (states[0].size * step.layer.blocks))
    for first in range(0, timesteps, at_once):
        steps, errors = slice(first, min(first + at_once, timesteps)), []
        step.enter(
            {name: a[steps] for name, a in now.items()}, [b[steps] for b in before], None if dx is None else dx[steps]
        )
        for t in range(steps.stop - first):
            made = step(t, *states)
            if mask is not None:
                for name, old in zip(step.layer.state_names, states, strict=True):
                    made[name] = np.where(mask[first + t], made[name], old)
            states = [made[name] for name in step.layer.state_names]
            errors.append(made)
        yield steps, {name: np.stack([made[name] for made in errors]) for name in errors[0]}


def _finish(trace: Trace, arrays: dict[str, Array]) -> Array:
    """Make spreads of deviations, (T, B, .), in place: smoothed, (B, T, .). Returns (B, T): where nothing is known."""
    for name in arrays:
        arrays[name] = arrays[name].swapaxes(0, 1)
    _forget(arrays, _lost(trace, arrays))  # or what comes after would say which units are the worst
    for name in arrays:
        arrays[name] = _smooth(arrays[name])
    tails = _tails(trace, arrays)[:, :, None]
    for array in arrays.values():
        array *= tails
    lost = _lost(trace, arrays)
    _forget(arrays, lost)
    return lost


def _forget(arrays: Mapping[str, Array], lost: Array) -> None:
    if lost.any():
        for array in arrays.values():
            array[lost] = np.inf


def _tails(trace: Trace, arrays: Mapping[str, Array]) -> Array:
    """(B, T): by how much to widen a spread. Where errors grow, a few of them decide how much, and some runs see ten
    times the growth of others: the more they have grown, the less a few runs tell."""
    growth = np.zeros(trace.x.shape[:2])
    for name in trace.layer.state_names:
        size, error = (np.sqrt(np.mean(np.square(a, dtype=np.float64), axis=-1)) for a in (trace[name], arrays[name]))
        growth = np.maximum(growth, error / np.maximum(size, np.finfo(float).tiny))
    finite = np.where(np.isfinite(growth), growth, 0)
    return (1 + np.clip(np.log10(np.maximum(finite, 1e-9) / _CALM), 0, _LONGEST)).astype(np.float32)


_CALM, _LONGEST = 10.0, 3.0  # from ten roundings on, up to four times as wide


def _lost(trace: Trace, arrays: Mapping[str, Array]) -> Array:
    """(B, T) bool: from which step on errors in the states are so large that nothing is known about what follows."""
    found, unit = np.zeros(trace.x.shape[:2], bool), unit_roundoff(trace.layer)
    for name in trace.layer.state_names:
        size = np.abs(trace[name]).max(axis=-1).astype(np.float64)
        size = np.maximum.accumulate(np.where(np.isfinite(size), size, 0), axis=1)
        error = SPREADS * unit * arrays[name].max(axis=-1).astype(np.float64)
        found |= error > blind_share(unit) * np.maximum(size, _TINY * unit)
    return np.logical_or.accumulate(found, axis=1)


def _bidirectional(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    layer = trace.layer
    found = {name: _of(child, error, noise) for name, child in trace.children.items()}
    (one, e_one), (other, e_other) = found.values()
    values = [child.output[0] if layer.return_state else child.output for child in trace.layers]
    back, e_back, y_back = other.output[0], e_other, values[1]
    merged: tuple[Array, ...]
    if layer.return_sequences:
        back, e_back, y_back = back[:, ::-1], e_back[:, :, :, ::-1], y_back[:, ::-1]
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


def _time_distributed(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    (name, inner), shape = next(iter(trace.children.items())), np.shape(trace.output)[:2]
    flat = None if error is None else error.reshape(*error.shape[:2], -1, *error.shape[4:])
    found, e = _of(inner, flat, noise)
    arrays = {key: a.reshape(*shape, *a.shape[1:]) for key, a in found.arrays.items()}
    output = tuple(a.reshape(*shape, *a.shape[1:]) for a in found.output)
    return Spread(arrays, output, {name: found}), e.reshape(*e.shape[:2], *shape, *e.shape[3:])


def _sequential(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    children = {}
    for name, child in trace.children.items():
        children[name], error = _of(child, error, noise)
    assert error is not None  # there is a layer
    return Spread({}, children[name].output, children), error


def _stacked(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    """Cells one above the other: each gets the errors of the one below, in the order in which they are computed."""
    layer, children = trace.layer, {}
    order = slice(None, None, -1 if layer.go_backwards else 1)
    if error is not None:
        error = error[:, :, :, order]
    for name, child in trace.children.items():
        assert child.time is not None  # a recurrent layer's
        children[name], error = _of(child.at(np.sort(child.time)), error, noise)
    assert error is not None  # there is a cell
    y = children[name].output[0]
    if not layer.return_sequences:
        y, error = y[:, -1], error[:, :, :, -1]
    states = [s for child in children.values() for s in child.output[1:]] if layer.return_state else []
    return Spread({}, (y, *states), children), error


def _exactly(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    """A layer that computes nothing: it looks up, or passes on."""
    y = trace.output
    if error is None or error.shape[2:] != y.shape:
        error = np.zeros((1 if error is None else len(error), noise.runs, *y.shape), np.float32)
    of_y = deviation(error[0], 0)
    return Spread({"y": of_y} if "y" in trace else {}, (of_y,)), error


def _measured(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    """A layer of another kind: what its own arithmetic does to disturbed inputs."""
    x = trace["x"]
    error = noise.of(np.abs(x)) if error is None else error + noise.of(np.abs(x))
    exact = np.asarray(trace.layer(x, mask=trace.mask), np.float64)
    moved = [
        [np.asarray(trace.layer((x + noise.unit * one).astype(x.dtype), mask=trace.mask)) - exact for one in group]
        for group in error
    ]
    found = (np.array(moved) / noise.unit).astype(np.float32) + noise.of(of_sum(exact, exact, 1))
    of_y = _smooth(deviation(found[0], 0))
    return Spread({"y": of_y} if "y" in trace else {}, (of_y,)), found


def _batch_normalization(trace: Trace, error: Array | None, noise: Noise) -> tuple[Spread, Array]:
    """x and the moving mean, both multiplied, may be far larger than their difference."""
    trace = _whole(trace)
    gamma, beta, mean, variance = (w.astype(noise.dtype) for w in trace.layer.in_full(trace.weights))
    factor = gamma / np.sqrt(variance + noise.dtype.type(trace.layer.epsilon))
    squares = np.square(trace.x * factor) + np.square(mean * factor) + np.square(beta)
    dy = noise.of(of_sum(trace.y, np.sqrt(squares), 3))
    if error is not None:
        dy = error * factor + dy
    of_y = _smooth(deviation(dy[0], 0))
    return Spread({"y": of_y}, (of_y,)), dy


_KINDS: dict[str, Callable[[Trace, Array | None, Noise], tuple[Spread, Array]]] = {
    "Dense": _dense,
    "Embedding": _exactly,
    "Masking": _exactly,
    "Dropout": _exactly,
    "BatchNormalization": _batch_normalization,
    "Bidirectional": _bidirectional,
    "StackedRNN": _stacked,
    "TimeDistributed": _time_distributed,
    "Sequential": _sequential,
    **dict.fromkeys(STEPS, _recurrent),
}


def _smooth(found: Array) -> Array:
    """A few runs know the spread of one number badly, and that of all units at one step well: both together.

    found: deviations, (B, T, units) or (..., units).
    """
    if found.ndim < 2 or not found.size:
        return found
    finite = np.isfinite(found)
    known = np.where(finite, found, 0)
    unit = np.sqrt(np.mean(np.square(known), axis=tuple(range(found.ndim - 1)), dtype=np.float64)).astype(found.dtype)
    with np.errstate(over="ignore", under="ignore"):
        share = known / np.where(unit > 0, unit, 1)
        fourth = np.square(np.square(share))
        step = np.sqrt(np.sqrt(np.mean(fourth, axis=-1, keepdims=True)))  # the few large ones count
        # Units may have their own scales, and explode alone.
        together = np.minimum(step * unit, _AT_MOST * known)
        return np.where(finite, np.hypot(known, together), np.inf).astype(np.float32)


_AT_MOST = 30.0
