"""Run everything and write it down: the tables as Markdown."""

from __future__ import annotations

import textwrap
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
    """Everything that a run measured."""

    forward: dict[Size, Measured]
    backward: dict[Size, Measured]
    step: Measured
    growth: dict[Size, Measured]
    imports: Measured
    quantities: list[tuple[str, tuple[int, ...], int]]
    footprints: dict[str, memory.Footprint]


def measure(plan: Plan, say: Callable[[str], None]) -> Measurements:
    """Run the whole plan. `say` is told what is being done."""

    def timed(contenders: dict[str, Contender], reference: str = KERAS) -> Measured:
        check_equal(contenders, reference)
        return in_turns({name: contender.call for name, contender in contenders.items()}, plan.rounds)

    say("memory")
    heavy = Problem(_heavy(plan))
    quantities = memory.quantities(heavy.layer.trace(heavy.x))
    footprints = memory.footprints(heavy)
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
    return Measurements(fronts, backs, step, growth, imports, quantities, footprints)


def _growing(plan: Plan) -> list[Size]:
    return [*(Size(8, t, 16, 32) for t in plan.timesteps), *(Size(8, 50, 16, h) for h in plan.units)]


class Report(NamedTuple):
    """The report in two parts, Markdown: what a reader wants first, and the rest."""

    main: str
    more: str

    def __str__(self) -> str:
        return f"{self.main}\n\n{self.more}\n"

    @property
    def folded(self) -> str:
        """For a page on which the rest opens at a click."""
        more = f"<details>\n<summary>Growth, imports, memory</summary>\n\n{self.more}\n\n</details>"
        return f"{self.main}\n\n{more}"


def write(plan: Plan, load_at_start: float | None, m: Measurements) -> Report:
    """Put what was measured into words and tables."""
    heavy = _heavy(plan)
    warning = machine.busy(load_at_start, machine.cores())
    main = [
        *([_text(f"**{warning}**")] if warning else []),
        _text(
            "Milliseconds that an LSTM layer takes (batch x time x features -> units, float32, every timestep "
            f"returned): the median of {plan.rounds} rounds in turns, and in brackets the multiple of what Keras takes "
            "under tf.function."
        ),
        _times("forward", m.forward),
        _times("forward and backward", m.backward),
        _text("What lstm-edu is meant to reach, and how far apart the rounds are (their quartiles):"),
        _goals(m),
        _text(" ".join([*machine.description(load_at_start), *skipped()])),
    ]
    more = ["How the time grows with the timesteps and with the units, in milliseconds:", _growth(m.growth)]
    if m.imports:
        more += ["Seconds that an import takes, each in a fresh Python:", _imports(m.imports)]
    more += [
        f"Megabytes of each quantity in a trace of {heavy}:",
        _quantities(m),
        _text(
            "Megabytes by what is asked for: the arrays themselves, what the result keeps alive, and the most that was "
            "held on the way (seen by `tracemalloc`):"
        ),
        _footprints(m),
    ]
    return Report("\n\n".join(main), "\n\n".join(more))


def _heavy(plan: Plan) -> Size:
    """The size that needs most memory."""
    return max(plan.sizes, key=lambda size: size.batch * size.timesteps * size.units)


def _text(sentences: str) -> str:
    return textwrap.fill(sentences, 125, break_long_words=False, break_on_hyphens=False)


def _times(what: str, measured: dict[Size, Measured]) -> str:
    names = list(next(iter(measured.values())))

    def cell(timings: Measured, name: str) -> str:
        return f"{time(timings[name].spread.median)} ({digits(timings[name].over(timings[KERAS]).median)})"

    return table(
        [what, *map(str, measured)], [[name, *(cell(timings, name) for timings in measured.values())] for name in names]
    )


def _goals(m: Measurements) -> str:
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
    full = next(iter(m.footprints.values()))
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


def _growth(growth: dict[Size, Measured]) -> str:
    rows = []
    for size, timings in growth.items():
        ours, theirs = timings[RECORDED], timings[KERAS]
        rows.append([str(size), time(ours.spread.median), time(theirs.spread.median), digits(ours.over(theirs).median)])
    return table(["forward", RECORDED, KERAS, "ratio"], rows)


def _imports(imports: Measured) -> str:
    rows = [[f"import {name}", digits(t.spread.median), digits(t.spread.best)] for name, t in imports.items()]
    return table(["", "median", "minimum"], rows)


def _quantities(m: Measurements) -> str:
    rows = [[name, "x".join(map(str, shape)), digits(nbytes / 1e6)] for name, shape, nbytes in m.quantities]
    total = sum(nbytes for _, _, nbytes in m.quantities)
    return table(["quantity", "batch x time x width", "MB"], [*rows, ["all", "", digits(total / 1e6)]])


def _footprints(m: Measurements) -> str:
    rows = [[f"`{call}`", *(digits(n / 1e6) for n in footprint)] for call, footprint in m.footprints.items()]
    return table(["call", "arrays", "kept alive", "at most"], rows)
