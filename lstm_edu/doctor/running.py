"""Computing recipes: any number of them, those that differ in numbers only all at once.

`run` is the entry point. Recurrent recipes go through `_scan`, the loop over time; layers made of layers are taken
apart into theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np

from lstm_edu.core import threads
from lstm_edu.core.graph import Reached, Recording, Refused
from lstm_edu.doctor.equations import Kernel, Kernels, blocks, merged
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    GraphRecipe,
    Outputs,
    Recipe,
    RecurrentRecipe,
    StackRecipe,
    last_step,
    unchanged,
)

Array = np.ndarray


def run(recipes: Sequence[Recipe], steps: int | None = None) -> list[Outputs | None]:
    """The outputs of each recipe, in order; None for one that cannot be computed, because a mistake left something of
    another shape. Recurrent recipes that differ in numbers only are computed side by side.

    steps: how many steps every layer takes, in its processing order; all if None. Whatever depends on later ones is NaN
        in the outputs, which keep their shapes: what is not NaN is known, wherever a mistake has put it.
    """
    results: list[Outputs | None] = [None] * len(recipes)
    kinds: dict[Callable, list[int]] = {}
    for k, recipe in enumerate(recipes):
        kinds.setdefault(_how(type(recipe)), []).append(k)
    with np.errstate(all="ignore"), threads.one_thread():
        for compute, those in kinds.items():
            for k, outputs in zip(those, compute([recipes[k] for k in those], steps), strict=True):
                results[k] = None if outputs is None else _finished(recipes[k], outputs)
    return results


@cache
def _how(kind: type[Recipe]) -> Callable[[Sequence[Any], int | None], list[Outputs | None]]:
    """What computes recipes of this class."""
    ways: dict[type[Recipe], Callable] = {
        RecurrentRecipe: _run_recurrent,
        BidirectionalRecipe: _run_bidirectional,
        StackRecipe: _run_stacks,
        GraphRecipe: _run_graphs,
        Recipe: _run_plain,
    }
    return next(compute for base, compute in ways.items() if issubclass(kind, base))


def _finished(recipe: Recipe, outputs: Outputs) -> Outputs | None:
    try:
        return recipe.finish(outputs)
    except (ValueError, IndexError):
        return None


def _run_plain(recipes: Sequence[Recipe], steps: int | None) -> list[Outputs | None]:
    return list(map(_computed, recipes))


def _computed(recipe: Recipe) -> Outputs | None:
    try:
        return recipe.compute()
    except ValueError:  # made of recipes that cannot be computed
        return None


# --- recurrent layers -----------------------------------------------------------------------------------------------


def _run_recurrent(recipes: Sequence[RecurrentRecipe], steps: int | None) -> list[Outputs | None]:
    groups: dict[Any, dict[Any, list[int]]] = {}  # kind -> program and numbers -> the positions of the recipes
    for k, recipe in enumerate(recipes):
        if _consistent(recipe):
            groups.setdefault(_kind(recipe, steps), {}).setdefault(_program(recipe) + _numbers(recipe), []).append(k)
    results: list[Outputs | None] = [None] * len(recipes)
    for of_one_kind in groups.values():
        for part in _portions(_next_to_alike(list(of_one_kind.values()), recipes), recipes):
            taken = _loop([recipes[k] for k, *_ in part], steps)
            for n, members in enumerate(part):
                own = taken.of(n)
                for k in members:
                    results[k] = _returned_if_possible(recipes[k], own)
    return results


def _returned_if_possible(recipe: RecurrentRecipe, steps: Steps) -> Outputs | None:
    try:
        return _returned(recipe, steps)
    except (ValueError, IndexError):  # two mistakes that cannot both be made
        return None


def _consistent(r: RecurrentRecipe) -> bool:
    """Whether the parts still belong together, after several mistakes."""
    batch, timesteps, features = r.x.shape
    return (
        (r.mask is None or r.mask.shape == (batch, timesteps))
        and all(s.shape == (batch, r.units) for s in r.start)
        and r.kernel.shape[0] == features
        and timesteps > 0
    )


def _kind(r: RecurrentRecipe, steps: int | None) -> tuple:
    """Recipes of one kind are computed side by side."""
    batch, timesteps = r.x.shape[:2]
    masked = None if r.mask is None else r.masking.states
    program = r.equations if getattr(r.equations, "peephole", None) else type(r.equations)
    plain = r.mask is None and r.passes == 1 and not r.record and set(r.before) == {"carried"}
    if plain and (steps is None or steps >= timesteps):
        # Whole runs go with others of up to twice their length: the shorter ones begin later.
        timesteps = -timesteps.bit_length()
    return program, masked, r.passes, r.record, batch, timesteps, r.x.dtype, r.recurrent_kernel.shape, r.bias.shape


def _program(r: RecurrentRecipe) -> tuple:
    """Recipes with the same program differ in numbers only."""
    return r.equations, r.before


def _numbers(r: RecurrentRecipe) -> tuple:
    """Recipes with the same program and the same arrays take the same steps, and differ in what is returned of them."""
    return tuple(map(id, (r.x, r.mask, r.kernel, r.recurrent_kernel, r.bias, *r.start)))


def _next_to_alike(members: list[list[int]], recipes: Sequence[RecurrentRecipe]) -> list[list[int]]:
    """The same, those with one program next to each other, and among them those with one recurrent kernel; the most
    common ones last."""
    programs, kernels = Counter[Any](), Counter[int]()
    for k, *_ in members:
        programs[_program(recipes[k])] += 1
        kernels[id(recipes[k].recurrent_kernel)] += 1
    places = {program: n for n, (program, _) in enumerate(reversed(programs.most_common()))}

    def place(positions: list[int]) -> tuple:
        recipe = recipes[positions[0]]
        kernel = id(recipe.recurrent_kernel)
        return places[_program(recipe)], -kernels[kernel], kernel, id(recipe.kernel), id(recipe.bias)

    return sorted(members, key=place)


_MOST_NUMBERS = 1 << 21  # in one array of a scan


def _portions(members: list[list[int]], recipes: Sequence[RecurrentRecipe]) -> Iterable[list[list[int]]]:
    """Members of a group in portions that fit into memory, and into the processor's cache if they can."""
    r = recipes[members[0][0]]
    batch, timesteps = len(r.x), max(recipes[k].x.shape[1] for k, *_ in members)
    each = max(batch * timesteps * r.kernel.shape[-1], r.kernel.size + r.recurrent_kernel.size)
    size = max(1, _MOST_NUMBERS // each)
    return (members[k : k + size] for k in range(0, len(members), size))


@dataclass
class Steps:
    """What a scan leaves of one recipe, for each step: h, the output as computed before a mask (fresh), and c, each
    (steps, B, H); the last states (end).

    timesteps: T, how many steps there are; only the first ones may have been computed.
    """

    timesteps: int
    h: Array
    fresh: Array
    c: Array | None
    end: tuple[Array, ...]
    quantities: dict[str, Array] = field(default_factory=dict)

    def over_time(self, steps: Array) -> Array:
        """(B, T, H), NaN where it was not computed."""
        if len(steps) == self.timesteps:
            return np.ascontiguousarray(steps.swapaxes(0, 1))
        y = np.full((steps.shape[1], self.timesteps, steps.shape[2]), np.nan, steps.dtype)
        y[:, : len(steps)] = steps.swapaxes(0, 1)
        return y


@dataclass
class Taken:
    """The same of N recipes, each array with one more axis, (steps, N, B, H). Shorter ones began later.

    timesteps: of the longest. lengths: of each.
    """

    timesteps: int
    lengths: list[int]
    h: Array
    fresh: Array
    c: Array | None
    end: tuple[Array, ...]
    quantities: dict[str, Array]

    def of(self, n: int) -> Steps:
        """What is left of the n-th."""
        own = slice(self.timesteps - self.lengths[n], None), n
        return Steps(
            self.lengths[n],
            self.h[own],
            self.fresh[own],
            None if self.c is None else self.c[own],
            tuple(s[n] for s in self.end),
            {name: a[own] for name, a in self.quantities.items()},
        )


def _loop(recipes: Sequence[RecurrentRecipe], most: int | None) -> Taken:
    """The loop over time, for recipes of one kind.

    most: how many steps to take, unless everything is run more than once; all if None.
    """
    r = recipes[0]
    batch, dtype, n = len(r.x), r.x.dtype, len(recipes)
    lengths = [q.x.shape[1] for q in recipes]
    timesteps = max(lengths)
    many = timesteps if most is None or r.passes > 1 else min(most, timesteps)
    programs = _stretches(recipes, lambda q: q.equations)
    equations = merged([(which, recipes[which.start].equations) for which in programs])
    u = Kernels(lambda: _kernels(recipes, many), len(r.gates), finite=many == 1 and _begin_with_zeros(recipes))
    xw = _Projection(recipes, many)
    d = _last_rows(recipes)
    masks = None if r.mask is None else np.stack([q.mask[:, :many].T for q in recipes], axis=1)[..., None]
    states = tuple(np.stack([q.start[s] for q in recipes]) for s in range(len(r.start)))
    stretches = _stretches(recipes, lambda q: q.before)
    begin = Counter(timesteps - length for length in lengths)
    restarts = [which for which in stretches if set(recipes[which.start].before) != {"carried"}]
    for _ in range(r.passes):
        h = np.empty((many, n, batch, r.units), dtype)
        fresh = h if masks is None else np.empty_like(h)
        c = np.empty_like(h) if len(states) > 1 else None
        quantities: dict[str, list[Array]] = {name: [] for name in r.record}
        first = states
        for t in range(many):
            if t and t in begin:
                states = _begun(states, first, [timesteps - length == t for length in lengths])
            before = states
            if t and restarts:
                before = _restarted(states, first, recipes, restarts)
            found, states = equations.step(xw.at(t), before, u, d)
            if masks is not None:
                fresh[t] = states[0]
                states = _masked(states, before, masks[t], r.masking.states)
            for memory, state in zip((h, c), states, strict=False):
                memory[t] = state
            states = (h[t],) if c is None else (h[t], c[t])
            for name in r.record:
                value = found[name] if name not in equations.states else states[equations.states.index(name)]
                quantities[name].append(_packed(value))
    end = states if many == timesteps else tuple(np.full_like(s, np.nan) for s in states)
    return Taken(timesteps, lengths, h, fresh, c, end, {name: np.stack(values) for name, values in quantities.items()})


def _stretches(recipes: Sequence[RecurrentRecipe], key: Callable[[RecurrentRecipe], Any]) -> list[slice]:
    """Where recipes next to each other have the same key."""
    starts = [k for k, r in enumerate(recipes) if k == 0 or key(r) != key(recipes[k - 1])]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(recipes)], strict=True)]


_FEW = 4  # kernels are stacked where fewer recipes next to each other have the same one


def _begin_with_zeros(recipes: Sequence[RecurrentRecipe]) -> bool:
    """Whether all start from zeros, and their layers' weights are finite: a first step needs no recurrent kernel."""
    starts = {id(s): s for r in recipes for s in r.start}
    weights = {id(w): w for r in recipes for w in r.layer.weights}
    return not any(s.any() for s in starts.values()) and all(np.isfinite(np.vdot(w, w)) for w in weights.values())


_OFTEN = 8  # times that a kernel is used from which it is worth having each gate's block by itself


def _kernels(recipes: Sequence[RecurrentRecipe], many: int) -> list[Kernel]:
    """The recurrent kernels for so many steps: one for recipes next to each other that have the same, others one for
    each."""
    parts: list[Kernel] = []
    single: list[int] = []
    gates = len(recipes[0].gates)

    def add_singles() -> None:
        if single:
            which = slice(single[0], single[-1] + 1)
            parts.append(Kernel(which, np.stack([r.recurrent_kernel for r in recipes[which]]), each=True))
            single.clear()

    for which in _stretches(recipes, lambda r: id(r.recurrent_kernel)):
        if which.stop - which.start < min(_FEW, len(recipes)):
            single += range(which.start, which.stop)
        else:
            add_singles()
            kernel = recipes[which.start].recurrent_kernel
            kernel = kernel if many < _OFTEN else np.stack(blocks(kernel, gates))
            parts.append(Kernel(which, kernel, each=False))
    add_singles()
    return parts


class _Projection:
    """x W + b of each step, (gates, N, B, H); N is 1 if all recipes have the same.

    Where recipes next to each other have one kernel and different inputs, each step is one product of them all; the
    others are computed for all steps beforehand.
    """

    def __init__(self, recipes: Sequence[RecurrentRecipe], many: int):
        r = recipes[0]
        self.shape = len(r.gates), len(recipes), len(r.x), r.units
        self.dtype, self.many = r.x.dtype, many
        self.parts: list[tuple[slice, Callable[[int], Array]]] = []
        before: list[int] = []

        def add_those_before() -> None:
            if before:
                which = slice(before[0], before[-1] + 1)
                self.parts.append((which, self._beforehand(recipes[which])))
                before.clear()

        for which in _stretches(recipes, lambda q: (id(q.kernel), id(q.bias))):
            if len({id(q.x) for q in recipes[which]}) < _FEW:
                before += range(which.start, which.stop)
            else:
                add_those_before()
                self.parts.append((which, self._step_by_step(recipes[which])))
        add_those_before()

    def at(self, t: int) -> Array:
        if len(self.parts) == 1:
            return self.parts[0][1](t)
        xw = np.empty(self.shape, self.dtype)
        for which, own in self.parts:
            xw[:, which] = own(t)
        return xw

    def _step_by_step(self, recipes: Sequence[RecurrentRecipe]) -> Callable[[int], Array]:
        r = recipes[0]
        # x gets a column of ones, and the bias is one more row of the kernel.
        kernel = np.stack(blocks(np.concatenate([r.kernel, r.bias[:1]]), len(r.gates)))
        x = np.zeros((self.many, len(recipes), len(r.x), r.x.shape[-1] + 1), self.dtype)
        x[..., -1] = 1
        for k, q in enumerate(recipes):
            own = q.x[:, : self.many]
            x[self.many - own.shape[1] :, k, :, :-1] = own.swapaxes(0, 1)
        of_all = Kernel(slice(0, len(recipes)), kernel, each=False)
        return lambda t: of_all.times(x[t], len(r.gates))

    def _beforehand(self, recipes: Sequence[RecurrentRecipe]) -> Callable[[int], Array]:
        different: dict[Any, list[int]] = {}
        for k, q in enumerate(recipes):
            different.setdefault((id(q.x), id(q.kernel), id(q.bias)), []).append(k)
        gates, _, batch, units = self.shape
        xw = np.zeros((self.many, gates, len(recipes) if len(different) > 1 else 1, batch, units), self.dtype)
        for those in different.values():
            q = recipes[those[0]]
            x = q.x[:, : self.many]
            product = x.reshape(-1, x.shape[-1]) @ q.kernel + q.bias[0]
            own = product.reshape(batch, -1, gates, units).transpose(1, 2, 0, 3)
            for k in those if len(different) > 1 else (0,):
                xw[self.many - len(own) :, :, k] = own
        return lambda t: xw[t]


def _last_rows(recipes: Sequence[RecurrentRecipe]) -> Array:
    """The biases' last rows by gate, (gates, N, 1, H); N is 1 if all have the same."""
    one = all(r.bias is recipes[0].bias for r in recipes)
    gates = len(recipes[0].gates)
    return np.stack([r.bias[-1].reshape(gates, 1, -1) for r in (recipes[:1] if one else recipes)], axis=1)


def _begun(states: tuple[Array, ...], first: tuple[Array, ...], which: list[bool]) -> tuple[Array, ...]:
    """The states, where some recipes begin only now."""
    return tuple(
        np.where(np.array(which)[:, None, None], start, state) for state, start in zip(states, first, strict=True)
    )


def _restarted(
    states: tuple[Array, ...], first: tuple[Array, ...], recipes: Sequence[RecurrentRecipe], restarts: list[slice]
) -> tuple[Array, ...]:
    """The states that a step finds, where some recipes do not carry theirs on."""
    found = tuple(s.copy() for s in states)
    for which in restarts:
        for state, start, kind in zip(found, first, recipes[which.start].before, strict=True):
            if kind != "carried":
                state[which] = start[which] if kind == "start" else 0
    return found


def _packed(value: Any) -> Array:
    """(N, B, H) as it is; of several gates (N, B, n H)."""
    gates = value if isinstance(value, tuple) else list(value) if value.ndim == 4 else [value]
    return np.concatenate(gates, axis=-1)


def _masked(new: tuple, old: tuple, counts: Array, rules: tuple[str, ...]) -> tuple:
    after = {"carry": lambda n, o: o, "compute": lambda n, o: n, "zero": lambda n, o: np.zeros((), n.dtype)}
    return tuple(np.where(counts, n, after[rule](n, o)) for n, o, rule in zip(new, old, rules, strict=True))


def _returned(r: RecurrentRecipe, steps: Steps) -> Outputs:
    """What the layer returns of what it computed."""
    if r.record:
        return [steps.over_time(steps.quantities[name]) for name in r.record]
    everything = r.form.sequences or r.shown or r.last is not last_step or r.folding.steps is not unchanged
    y = _shown(r, steps, slice(None) if everything else slice(-1, None))
    if r.shown:
        c = None if steps.c is None else steps.over_time(steps.c)
        for function in r.shown:
            y = function(y, c)
    outputs = [r.folding.sequence(y) if r.form.sequences else r.last(r.folding.steps(y))]
    if r.form.states:
        ends = zip((steps.h, steps.c), steps.end, strict=False)
        folded = r.folding.steps is not unchanged
        outputs += [last_step(r.folding.steps(steps.over_time(s))) if folded else end.copy() for s, end in ends]
    return outputs


def _held(y: Array, mask: Array) -> Array:
    """At masked steps the output of the last step that counts; zeros before the first."""
    steps = np.arange(y.shape[1])
    last = np.maximum.accumulate(np.where(mask, steps, -1), axis=1)
    held = np.take_along_axis(y, np.maximum(last, 0)[:, :, None], axis=1)
    return np.where((last >= 0)[:, :, None], held, np.zeros((), y.dtype))


def _shown(r: RecurrentRecipe, steps: Steps, which: slice) -> Array:
    """The outputs of these steps, (B, T, H)."""
    source = steps.fresh if r.mask is not None and r.masking.shown == "fresh" else steps.h
    if r.mask is not None and r.masking.shown == "held":
        return _held(steps.over_time(steps.fresh), r.mask)[:, which]
    if which != slice(None) and len(source) == steps.timesteps:  # without the others
        y = np.stack(source[which], axis=1)
    else:
        y = steps.over_time(source)[:, which]
    if r.mask is None or r.masking.shown in ("state", "fresh"):
        return y
    live = r.mask if r.masking.shown == "zero" else np.logical_or.accumulate(r.mask, axis=1)
    return np.where(live[:, which, None], y, np.zeros((), y.dtype))


# --- layers made of layers ------------------------------------------------------------------------------------------


def _run_bidirectional(recipes: Sequence[BidirectionalRecipe], steps: int | None) -> list[Outputs | None]:
    outputs = run([part for r in recipes for part in r.parts.values()], steps)
    return [_put_together(r, *outputs[2 * k : 2 * k + 2]) for k, r in enumerate(recipes)]


def _put_together(r: BidirectionalRecipe, forward: Outputs | None, backward: Outputs | None) -> Outputs | None:
    if forward is None or backward is None:
        return None
    if r.turned and backward[0].ndim == 3:
        backward = [backward[0][:, ::-1], *backward[1:]]
    ways = {"forward": forward, "backward": backward}
    (y, *states), (y_second, *states_second) = (ways[name] for name in r.order)
    try:
        return [*_merged(r.merge, y, y_second), *states, *states_second]
    except ValueError:  # one way gives all steps, the other the last
        return None


def _merged(merge: str | None, y: Array, y_back: Array) -> Outputs:
    if merge is None:
        return [y, y_back]
    if merge == "concat":
        return [np.concatenate([y, y_back], axis=-1)]
    if merge == "mul":
        return [y * y_back]
    return [(y + y_back) / 2 if merge == "ave" else y + y_back]


def _run_stacks(stacks: Sequence[StackRecipe], steps: int | None) -> list[Outputs | None]:
    """Layer by layer, all stacks at once. They are variants of one: what they have in common is computed once."""
    names = list(stacks[0].layer.inner)
    now: list[tuple[Array, Array | None] | None] = [None] * len(stacks)  # what reaches the layer
    results: list[Outputs | None] = [None] * len(stacks)
    for depth, name in enumerate(names):
        layer = stacks[0].layer.inner[name]
        last = depth == len(names) - 1
        busy: dict[int, tuple[Recipe, Array, Array | None]] = {}
        for k, stack in enumerate(stacks):
            if depth == 0:
                now[k] = stack.reached.setdefault(name, (stack.x, stack.mask))
            untouched = depth < stack.first_change()
            if untouched and not last and names[depth + 1] in stack.reached:
                now[k] = stack.reached[names[depth + 1]]
            elif now[k] is not None:
                recipe = stack.recipe_for(name, *now[k])
                if recipe is None:
                    now[k] = None
                else:
                    busy[k] = recipe, *now[k]
        for (k, (_, x, mask)), outputs in zip(busy.items(), run([r for r, *_ in busy.values()], steps), strict=True):
            if outputs is None:
                now[k] = None
                continue
            mask = layer.compute_mask(x, mask)
            now[k] = outputs[0], mask[0] if isinstance(mask, list) else mask
            results[k] = outputs
            whole = steps is None or x.ndim < 2 or steps >= x.shape[1]
            if depth < stacks[k].first_change() and not last and whole:
                stacks[k].reached.setdefault(names[depth + 1], now[k])
        results = [outputs if now[k] is not None else None for k, outputs in enumerate(results)]
    return results


# --- a model of any shape ---------------------------------------------------------------------------------------------


class _Apart(Exception):
    """Several recipes cannot be computed as one batch."""


_MOST_AT_ONCE = 1 << 21  # numbers that a layer passes on


def _run_graphs(graphs: Sequence[GraphRecipe], steps: int | None) -> list[Outputs | None]:
    """Variants of one graph go on from the first layer in which they differ, many of them as one batch."""
    results: list[Outputs | None] = [None] * len(graphs)
    variants: dict[int, list[int]] = {}
    for k, graph in enumerate(graphs):
        variants.setdefault(id(graph.run), []).append(k)
    for members in variants.values():
        alteration, rest = graphs[members[0]].alteration, graphs[members[0]].layer.rest
        with nullcontext() if alteration is None else rest.altered(alteration):
            for k, outputs in zip(members, _run_variants([graphs[k] for k in members]), strict=True):
                results[k] = outputs
    return results


def _run_variants(graphs: Sequence[GraphRecipe]) -> list[Outputs | None]:
    """The same of graphs that have one run."""
    results: list[Outputs | None] = [None] * len(graphs)
    first = graphs[0]
    if not first.run:
        right = first.but(changes={}, exchanged={})
        compute = partial(_side_by_side, [right], alive=[True])
        try:
            first.run.append(first.layer.rest.record(first.x, first.mask, compute))
        except (Refused, _Apart):  # of an input that was cut off, pooling may leave a layer no step
            return results
    (before,) = first.run
    names = [reached.name for reached in before.reached]
    starts: dict[int, list[int]] = {}
    for k, graph in enumerate(graphs):
        where = [names.index(n) for n in {*graph.changes, *graph.exchanged} if n in names]
        if where:
            starts.setdefault(min(where), []).append(k)
        else:
            results[k] = before.outputs
    for at, those in starts.items():
        for k, outputs in zip(those, _gone_on([graphs[k] for k in those], before, at), strict=True):
            results[k] = outputs
    return results


def _gone_on(graphs: Sequence[GraphRecipe], before: Recording, at: int) -> list[Outputs | None]:
    """The outputs of graphs that differ first in the layer that was reached as number `at`."""
    results: list[Outputs | None] = [None] * len(graphs)
    recipes = {k: graph.recipe_for(before.reached[at]) for k, graph in enumerate(graphs)}
    possible = [k for k, recipe in recipes.items() if recipe is not None]
    returned = dict(zip(possible, run([recipes[k] for k in possible]), strict=True))
    shapes: dict[tuple, list[int]] = {}
    for k, outputs in returned.items():
        if outputs is not None:
            shapes.setdefault(tuple(a.shape for a in outputs), []).append(k)
    ends = at == len(before.reached) - 1 and graphs[0].layer.inner[before.reached[at].name] is graphs[0].layer.end
    for those in shapes.values():
        if ends:  # nothing comes after it
            results_of = {k: returned[k] for k in those}
        else:
            results_of = _batched(graphs, those, returned, before, at)
        for k, outputs in results_of.items():
            results[k] = outputs
    return results


def _batched(graphs, those, returned, before, at) -> dict[int, Outputs | None]:
    """The same for those of them whose layer returned arrays of the same shapes."""
    size = sum(a.size for a in returned[those[0]])
    most = max(1, _MOST_AT_ONCE // max(1, size)) if len(those) > 1 and before.separable else 1
    found: dict[int, Outputs | None] = {}
    for start in range(0, len(those), most):
        part = those[start : start + most]
        try:
            found |= _together(graphs, part, returned, before, at)
        except (Refused, _Apart):
            for k in part if len(part) > 1 else ():
                try:
                    found |= _together(graphs, [k], returned, before, at)
                except (Refused, _Apart):
                    continue
    return found


def _together(graphs, part, returned, before, at) -> dict[int, Outputs | None]:
    stacked = tuple(np.concatenate(arrays) for arrays in zip(*(returned[k] for k in part), strict=True))
    alive = [True] * len(part)
    compute = partial(_side_by_side, [graphs[k] for k in part], alive=alive)
    outputs = before.go_on(at, stacked if len(stacked) > 1 else stacked[0], compute, len(part))
    split = [np.split(a.astype(np.float64), len(part)) for a in outputs]
    return {k: [a[n] for a in split] if alive[n] else None for n, k in enumerate(part)}


def _side_by_side(graphs: Sequence[GraphRecipe], reached: Reached, alive: list[bool]) -> Any:
    """What one layer returns in each of several graphs, whose batches come one after another in what reaches it."""
    n = len(graphs)

    def part(a: Any, k: int) -> Any:
        return a if a is None or n == 1 else np.split(np.asarray(a), n)[k]

    recipes = []
    for k, graph in enumerate(graphs):
        states = reached.initial_state
        own = reached._replace(
            x=part(reached.x, k),
            mask=part(reached.mask, k),
            initial_state=None if states is None else [part(s, k) for s in states],
        )
        recipes.append(graph.recipe_for(own) if alive[k] else None)
    possible = [k for k, recipe in enumerate(recipes) if recipe is not None]
    outputs: list[Outputs | None] = [None] * n
    for k, arrays in zip(possible, run([recipes[k] for k in possible]), strict=True):
        outputs[k] = arrays
    made = [arrays for arrays in outputs if arrays is not None]
    if not made or any([a.shape for a in arrays] != [a.shape for a in made[0]] for arrays in made):
        raise _Apart
    for k, arrays in enumerate(outputs):
        if arrays is None:
            alive[k] = False
            outputs[k] = [np.zeros_like(a) for a in made[0]]
    whole = tuple(np.concatenate(arrays) for arrays in zip(*outputs, strict=True))
    return whole if len(whole) > 1 else whole[0]
