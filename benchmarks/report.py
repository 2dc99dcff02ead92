"""Run everything and write it down: the tables as Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import machine, memory
from .contenders import (
    KERAS,
    KERAS_STEP,
    OUR_STEP,
    PREDICT,
    RECORDED,
    Contender,
    Problem,
    Size,
    backward,
    check_equal,
    forward,
    skipped,
    training_step,
)
from .imports import import_times
from .markdown import digits, table, time
from .timing import Spread, Timings, in_turns

# The four sizes, and the most that a forward pass with the full trace may take, as a multiple of Keras's time.
GOALS = {
    Size(1, 128, 9, 32): 0.35,
    Size(32, 128, 9, 32): 0.75,
    Size(64, 100, 64, 128): 1.1,
    Size(1, 10, 5, 4): 0.35,
}
PREDICT_GOAL = 25  # model.predict takes at least so many times as long as our trace, on the first size
PEAK_GOAL = 1.3  # bytes held at most during a forward pass, as a multiple of the trace's own


class Plan(NamedTuple):
    """How much is measured."""

    rounds: int
    sizes: tuple[Size, ...]
    timesteps: tuple[int, ...]  # the growth curve in T, of 8xTx16 -> 32
    units: tuple[int, ...]  # the growth curve in H, of 8x50x16 -> H
    imports: int


FULL = Plan(15, tuple(GOALS), (10, 30, 100, 300, 1000), (8, 32, 128, 512), 5)
QUICK = Plan(3, tuple(GOALS), (10, 100), (8, 128), 1)
TINY = Plan(1, (Size(2, 3, 4, 5),), (2,), (3,), 0)  # for the test that everything runs

Measured = dict[str, Timings]


class Measurements(NamedTuple):
    """All that a run measured."""

    forward: dict[Size, Measured]
    backward: dict[Size, Measured]
    step: Measured
    growth: dict[Size, Measured]
    imports: Measured
    quantities: list[tuple[str, tuple[int, ...], int]]
    weights: dict[str, memory.Weight]


def measure(plan: Plan, say: Callable[[str], None]) -> Measurements:
    """Run the whole plan. `say` hears what is being done."""

    def timed(contenders: dict[str, Contender], reference: str = KERAS) -> Measured:
        check_equal(contenders, reference)
        return in_turns({name: contender.call for name, contender in contenders.items()}, plan.rounds)

    say("memory")
    heavy = Problem(plan.sizes[min(2, len(plan.sizes) - 1)])
    quantities = memory.quantities(heavy.layer.trace(heavy.x))
    weights = memory.weights(heavy)
    fronts, backs, growth = {}, {}, {}
    for size in plan.sizes:
        say(f"{size}: forward")
        fronts[size] = timed(forward(Problem(size)))
        say(f"{size}: forward and backward")
        backs[size] = timed(backward(Problem(size)))
    say("a training step")
    step = timed(training_step(32), KERAS_STEP)
    for size in _growing(plan):
        say(f"{size}: growth")
        growth[size] = timed(forward(Problem(size), only=(RECORDED, KERAS)))
    say("imports")
    imports = import_times(("numpy", "lstm_edu", "keras"), plan.imports) if plan.imports else {}
    return Measurements(fronts, backs, step, growth, imports, quantities, weights)


def _growing(plan: Plan) -> list[Size]:
    return [*(Size(8, t, 16, 32) for t in plan.timesteps), *(Size(8, 50, 16, h) for h in plan.units)]


def write(plan: Plan, load_at_start: float | None, m: Measurements) -> str:
    """The report."""
    heavy = plan.sizes[min(2, len(plan.sizes) - 1)]
    warning = machine.busy(load_at_start, machine.cores())
    parts = [
        *([f"**{warning}**"] if warning else []),
        "Milliseconds that an LSTM layer takes (batch x time x features → units, float32, every timestep returned): the "
        f"median of {plan.rounds} rounds in turns, and in brackets the multiple of what Keras takes under tf.function.",
        *_lines(_times("forward", m.forward)),
        *_lines(_times("forward and backward", m.backward)),
        "lstm-edu beside what it is meant to reach, and how far the rounds lie apart (their quartiles):",
        *_lines(_goals(m)),
        "How the time grows:",
        *_lines(_growth(m.growth)),
        *(["Seconds an import takes, each in a fresh Python:", *_lines(_imports(m.imports))] if m.imports else []),
        f"Memory of a trace of {heavy}, in MB, as `tracemalloc` sees it:",
        *_lines(_quantities(m)),
        *_lines(_weights(m)),
        " ".join([*machine.description(load_at_start), *skipped()]),
    ]
    return "\n\n".join(parts) + "\n"


def _lines(lines: list[str]) -> list[str]:
    return ["\n".join(lines)]


def _times(what: str, measured: dict[Size, Measured]) -> list[str]:
    names = list(next(iter(measured.values())))

    def cell(timings: Measured, name: str) -> str:
        return f"{time(timings[name].spread.median)} ({digits(timings[name].over(timings[KERAS]).median)})"

    return table(
        [what, *map(str, measured)], [[name, *(cell(timings, name) for timings in measured.values())] for name in names]
    )


def _goals(m: Measurements) -> list[str]:
    rows = [
        _goal(f"{size}: full trace / Keras", timings[RECORDED].over(timings[KERAS]), GOALS.get(size), at_most=True)
        for size, timings in m.forward.items()
    ]
    first, timings = next(iter(m.forward.items()))
    rows.append(_goal(f"{first}: predict / full trace", timings[PREDICT].over(timings[RECORDED]), PREDICT_GOAL))
    for size, timings in m.backward.items():
        rows.append(_goal(f"{size}: forward and backward / Keras", timings[RECORDED].over(timings[KERAS]), None))
    step = m.step[OUR_STEP].over(m.step[KERAS_STEP])
    ours, theirs = (time(m.step[name].spread.median) for name in (OUR_STEP, KERAS_STEP))
    rows.append(_goal(f"training step, vowels: {ours} ms / Keras {theirs} ms", step, 1, at_most=True))
    full = next(iter(m.weights.values()))
    peak = full.peak / full.asked
    rows.append(
        _goal("memory: peak of the forward pass / trace", Spread(peak, peak, peak, peak), PEAK_GOAL, at_most=True)
    )
    return table(["ratio", "median", "quartiles", "of minima", "goal", "reached"], rows)


def _goal(name: str, ratio: Spread, goal: float | None, at_most: bool = False) -> list[str]:
    numbers = [digits(ratio.median), f"{digits(ratio.low)} to {digits(ratio.high)}", digits(ratio.best)]
    if goal is None:
        return [name, *numbers, "", ""]
    reached = ratio.median <= goal if at_most else ratio.median >= goal
    return [name, *numbers, f"{'at most' if at_most else 'at least'} {goal}", "yes" if reached else "no"]


def _growth(growth: dict[Size, Measured]) -> list[str]:
    rows = []
    for size, timings in growth.items():
        ours, theirs = timings[RECORDED], timings[KERAS]
        rows.append([str(size), time(ours.spread.median), time(theirs.spread.median), digits(ours.over(theirs).median)])
    return table(["forward", RECORDED, KERAS, "ratio"], rows)


def _imports(imports: Measured) -> list[str]:
    rows = [[f"import {name}", digits(t.spread.median), digits(t.spread.best)] for name, t in imports.items()]
    return table(["", "median", "minimum"], rows)


def _quantities(m: Measurements) -> list[str]:
    rows = [[name, "x".join(map(str, shape)), digits(nbytes / 1e6)] for name, shape, nbytes in m.quantities]
    total = sum(nbytes for _, _, nbytes in m.quantities)
    return table(["quantity", "batch x time x width", "MB"], [*rows, ["all", "", digits(total / 1e6)]])


def _weights(m: Measurements) -> list[str]:
    rows = [[f"`{call}`", *(digits(n / 1e6) for n in weight)] for call, weight in m.weights.items()]
    return table(["call", "arrays asked for", "held afterwards", "held at most"], rows)
