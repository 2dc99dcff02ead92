"""Computing recipes: any number of them, those that differ in numbers only all at once.

`run` is what everybody calls. Recurrent recipes go through `_scan`, the loop over time; layers made of layers are taken
apart into theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from lstm_edu.core import threads
from lstm_edu.core.graph import Reached, Recording
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
    kinds = {
        RecurrentRecipe: partial(_run_recurrent, steps=steps),
        BidirectionalRecipe: partial(_run_bidirectional, steps=steps),
        StackRecipe: partial(_run_stacks, steps=steps),
        GraphRecipe: _run_graphs,
        Recipe: _run_plain,
    }
    with np.errstate(all="ignore"), threads.one_thread():
        for kind, compute in kinds.items():
            those = [k for k, r in enumerate(recipes) if next(c for c in kinds if isinstance(r, c)) is kind]
            for k, outputs in zip(those, compute([recipes[k] for k in those]) if those else (), strict=True):
                results[k] = None if outputs is None else _finished(recipes[k], outputs)
    return results


def _finished(recipe: Recipe, outputs: Outputs) -> Outputs | None:
    try:
        return recipe.finish(outputs)
    except (ValueError, IndexError):
        return None


def _run_plain(recipes: Sequence[Recipe]) -> list[Outputs | None]:
    return list(map(_computed, recipes))


def _computed(recipe: Recipe) -> Outputs | None:
    try:
        return recipe.compute()
    except ValueError:  # made of recipes that cannot be computed
        return None


# --- recurrent layers -----------------------------------------------------------------------------------------------


def _run_recurrent(recipes: Sequence[RecurrentRecipe], steps: int | None) -> list[Outputs | None]:
    groups: dict[Any, dict[Any, list[int]]] = {}  # program -> numbers -> the positions of the recipes
    for k, recipe in enumerate(recipes):
        if _consistent(recipe):
            groups.setdefault(_program(recipe), {}).setdefault(_numbers(recipe), []).append(k)
    results: list[Outputs | None] = [None] * len(recipes)
    for same_program in groups.values():
        different = list(same_program.values())
        for part in _portions(different, recipes[different[0][0]]):
            for members, taken in zip(part, _scan([recipes[k] for k, *_ in part], steps), strict=True):
                for k in members:
                    results[k] = _returned_if_possible(recipes[k], taken)
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


def _program(r: RecurrentRecipe) -> tuple:
    """Recipes with the same program differ in numbers only."""
    arrays = (r.x, r.kernel, r.recurrent_kernel, r.bias, *r.start)
    shapes = tuple((a.shape, a.dtype) for a in arrays)
    return r.equations, r.before, r.masking.states, r.passes, r.mask is None, r.record, shapes


def _numbers(r: RecurrentRecipe) -> tuple:
    """Recipes with the same program and the same arrays take the same steps, and differ in what is returned of them."""
    return tuple(map(id, (r.x, r.mask, r.kernel, r.recurrent_kernel, r.bias, *r.start)))


_MOST_NUMBERS = 1 << 21  # in one array of a scan


def _portions(members: list[list[int]], r: RecurrentRecipe) -> Iterable[list[list[int]]]:
    """Members of a group in portions that fit into memory, and into the processor's cache if they can."""
    batch, timesteps = r.x.shape[:2]
    each = max(batch * timesteps * r.kernel.shape[-1], r.kernel.size + r.recurrent_kernel.size)
    size = max(1, _MOST_NUMBERS // each)
    return (members[k : k + size] for k in range(0, len(members), size))


@dataclass
class Steps:
    """What a scan leaves: for each step h, the output as computed before a mask (fresh), and c; all (B, H).

    timesteps: T, how many steps there are; only the first ones may have been computed.
    """

    timesteps: int
    h: list[Array]
    fresh: list[Array]
    c: list[Array] | None
    end: tuple[Array, ...]
    quantities: dict[str, list[Array]] = field(default_factory=dict)

    def of(self, k: int) -> Steps:
        """Those of the k-th recipe of several; what all of them share has no axis for them."""
        return self._each(lambda a: a[k] if a.ndim > 2 else a)

    def rows(self, which: slice) -> Steps:
        """Those of some sequences."""
        return self._each(lambda a: a[which])

    def _each(self, pick: Callable[[Array], Array]) -> Steps:
        def own(steps):
            return None if steps is None else list(map(pick, steps))

        quantities = {name: own(steps) for name, steps in self.quantities.items()}
        return Steps(self.timesteps, own(self.h), own(self.fresh), own(self.c), tuple(own(self.end)), quantities)

    def over_time(self, steps: list[Array]) -> Array:
        """(B, T, H), NaN where it was not computed."""
        if len(steps) == self.timesteps:
            return np.stack(steps, axis=1)
        batch, width = steps[0].shape
        y = np.full((batch, self.timesteps, width), np.nan, steps[0].dtype)
        y[:, : len(steps)] = np.stack(steps, axis=1)
        return y


def _scan(recipes: Sequence[RecurrentRecipe], steps: int | None) -> list[Steps]:
    """The steps of recipes of one program, all at once."""
    if len(recipes) == 1:
        return [_loop(recipes, steps)]
    if all(r.kernel is recipes[0].kernel and _recurrent_side(r) == _recurrent_side(recipes[0]) for r in recipes):
        taken, batch = _loop([_one_batch(recipes)], steps), len(recipes[0].x)
        return [taken.rows(slice(k * batch, (k + 1) * batch)) for k in range(len(recipes))]
    taken = _loop(recipes, steps)
    return [taken.of(k) for k in range(len(recipes))]


def _recurrent_side(r: RecurrentRecipe) -> tuple[int, int]:
    return id(r.recurrent_kernel), id(r.bias)


def _one_batch(recipes: Sequence[RecurrentRecipe]) -> RecurrentRecipe:
    """Recipes with the same weights as one, on all their sequences: one large product is quicker than many small."""

    def joined(pick):
        return np.concatenate([pick(r) for r in recipes])

    return recipes[0].but(
        x=joined(lambda r: r.x),
        mask=None if recipes[0].mask is None else joined(lambda r: r.mask),
        start=tuple(joined(lambda r, s=s: r.start[s]) for s in range(len(recipes[0].start))),
    )


def _stacked(arrays: Sequence[Array]) -> Array:
    """One array if all are the same one; else all of them along a new first axis."""
    first = arrays[0]
    return first if all(a is first for a in arrays) else np.stack(arrays)


def _loop(recipes: Sequence[RecurrentRecipe], most: int | None) -> Steps:
    """The loop over time, for recipes of one program; what they do not share has one more axis, in front.

    most: how many steps to take, unless everything is run more than once; all if None.
    """
    r = recipes[0]
    timesteps = r.x.shape[1]
    many = timesteps if most is None or r.passes > 1 else min(most, timesteps)

    def part(pick):
        return _stacked([pick(recipe) for recipe in recipes])

    x, kernel, u, bias = (part(lambda q, a=a: getattr(q, a)) for a in ("x", "kernel", "recurrent_kernel", "bias"))
    mask = None if r.mask is None else part(lambda q: q.mask)[..., None]  # (..., B, T, 1)
    states = tuple(part(lambda q, s=s: q.start[s]) for s in range(len(r.start)))
    rows = [bias[..., k : k + 1, :] for k in range(bias.shape[-2])]  # each (..., 1, n H)
    x = x[..., :many, :]
    xw = x @ (kernel if kernel.ndim == 2 else kernel[:, None]) + rows[0][..., None, :, :]  # (..., B, T, n H)
    for _ in range(r.passes):
        steps = Steps(timesteps, [], [], [] if len(states) > 1 else None, states)
        first = states
        for t in range(many):
            before = states
            if t and any(kind != "carried" for kind in r.before):
                kinds = {"carried": states, "zero": tuple(map(np.zeros_like, states)), "start": first}
                before = tuple(kinds[kind][k] for k, kind in enumerate(r.before))
            quantities, states = r.equations.step(xw[..., t, :], before, u, rows[-1])
            steps.fresh.append(states[0])
            if mask is not None:
                states = _masked(states, before, mask[..., t, :], r.masking.states)
            steps.h.append(states[0])
            if steps.c is not None:
                steps.c.append(states[1])
            for name in r.record:
                value = quantities[name] if name not in r.equations.states else states[r.equations.states.index(name)]
                value = np.concatenate(value, axis=-1) if isinstance(value, tuple) else value
                steps.quantities.setdefault(name, []).append(value)
        steps.end = states if many == timesteps else tuple(np.full_like(s, np.nan) for s in states)
    return steps


def _masked(new: tuple, old: tuple, counts: Array, rules: tuple[str, ...]) -> tuple:
    after = {"carry": lambda n, o: o, "compute": lambda n, o: n, "zero": lambda n, o: np.zeros((), n.dtype)}
    return tuple(np.where(counts, n, after[rule](n, o)) for n, o, rule in zip(new, old, rules, strict=True))


def _returned(r: RecurrentRecipe, steps: Steps) -> Outputs:
    """What the layer hands out of what it computed."""
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
        outputs += [last_step(r.folding.steps(steps.over_time(s))) if folded else end for s, end in ends]
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
            if depth < stacks[k].first_change() and not last:
                stacks[k].reached.setdefault(names[depth + 1], now[k])
        results = [outputs if now[k] is not None else None for k, outputs in enumerate(results)]
    return results


# --- a model of any shape ---------------------------------------------------------------------------------------------


class _Apart(Exception):
    """Several recipes cannot be computed as one batch."""


_MOST_AT_ONCE = 1 << 21  # numbers that a layer hands on


def _run_graphs(graphs: Sequence[GraphRecipe]) -> list[Outputs | None]:
    """Variants of one graph go on from the first layer in which they differ, many of them as one batch."""
    results: list[Outputs | None] = [None] * len(graphs)
    variants: dict[int, list[int]] = {}
    for k, graph in enumerate(graphs):
        variants.setdefault(id(graph.run), []).append(k)
    for members in variants.values():
        first = graphs[members[0]]
        if not first.run:
            right = first.but(changes={}, exchanged={})
            compute = partial(_side_by_side, [right], alive=[True])
            try:
                first.run.append(first.layer.rest.record(first.x, first.mask, compute))
            except Exception:  # whatever the rest says to an input of another shape
                continue
        (before,) = first.run
        names = [reached.name for reached in before.reached]
        starts: dict[int, list[int]] = {}
        for k in members:
            where = [names.index(n) for n in {*graphs[k].changes, *graphs[k].exchanged} if n in names]
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
        except Exception:  # whatever the rest says to arrays of another shape
            for k in part if len(part) > 1 else ():
                try:
                    found |= _together(graphs, [k], returned, before, at)
                except Exception:  # whatever the rest says to arrays of another shape
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
