"""Today's code next to an older checkout's, in turns: python -m benchmarks.ratios --base PATH [--only TASK] [--docs]

The older checkout is a worktree: git worktree add ../base 9ce2a63.
Each task runs in a fresh Python with one of the two checkouts on its path, first the older one, then this one, and so
on: processor seconds of the task itself, and the most memory that its process ever held. A small run of each comes
first, so that Python has compiled the files of both, as it has for everyone from the second run on. The two must give
the same answer. The ratio is that of the least of all rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from . import machine, markdown

HERE = Path(__file__).resolve().parents[1]
MARKERS = ("<!-- ratios:begin -->", "<!-- ratios:end -->")
_SCRIPT = Path(__file__).with_name("ratio_tasks.py")


class Measure(NamedTuple):
    """What is measured in a task, its unit, and the ratio to be reached; None: no goal."""

    task: str
    name: str
    unit: str
    goal: float | None


MEASURES = {
    "verify of 3 x LSTM(512), T = 500": [
        Measure("verify", "seconds", "processor seconds", 1 / 6),
        Measure("verify", "peak", "MB at most", 1 / 2),
        Measure("verify", "html", "MB of HTML report", 1 / 15),
    ],
    "a diagnosis that finds nothing, 3 x LSTM(64), T = 100": [
        Measure("stack", "seconds", "processor seconds", 1 / 6),
        Measure("stack", "peak", "MB at most", None),
    ],
    "a diagnosis that finds nothing, 32x128x9->32, with pairs": [
        Measure("pairs", "seconds", "processor seconds", 1 / 4),
        Measure("pairs", "peak", "MB at most", None),
    ],
}
TASKS = list(dict.fromkeys(m.task for measures in MEASURES.values() for m in measures))

Result = dict[str, object]
Results = dict[str, tuple[list[Result], list[Result]]]  # task -> of the older checkout, of this one; one for each round


def run_task(task: str, checkout: Path, size: str, compiled: Path) -> Result:
    """What one run in a fresh Python says. RuntimeError if it fails, or if it ran another checkout's code.

    compiled: a folder for what Python compiles of the files.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPYCACHEPREFIX": str(compiled),
        "PYTHONPATH": str(checkout),
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, "-P", str(_SCRIPT), task, size]
    done = subprocess.run(command, capture_output=True, text=True, cwd=checkout, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(f"{task} failed in {checkout}:\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    if Path(result.pop("code")).resolve().parents[1] != checkout:
        raise RuntimeError(f"{task} was to run the code in {checkout}, but another lstm_edu was imported")
    return result


def measured(
    base: Path, tasks: list[str], rounds: int, size: str = "full"
) -> dict[str, tuple[list[Result], list[Result]]]:
    """task -> the results of the older checkout and of this one, a list of as many as there are rounds."""
    found: dict[str, tuple[list[Result], list[Result]]] = {task: ([], []) for task in tasks}
    with TemporaryDirectory() as folder:
        for task, checkout in product(tasks, (base, HERE)):
            run_task(task, checkout, "small", Path(folder))
        for n in range(rounds):
            for task in tasks:
                for which, checkout in enumerate((base, HERE)):
                    name = "this checkout" if which else "the older one"
                    print(f"... round {n + 1}: {task}, {name}", file=sys.stderr)
                    found[task][which].append(run_task(task, checkout, size, Path(folder)))
    return found


def text(found: Results) -> str:
    """The table, and whether the answers are the same."""
    rows = []
    for title, measures in MEASURES.items():
        for measure in measures:
            if measure.task in found:
                old, new = (min(float(str(r[measure.name])) for r in results) for results in found[measure.task])
                goal = "" if measure.goal is None else f"1/{1 / measure.goal:.0f}"
                reached = "" if measure.goal is None else "yes" if new <= measure.goal * old else "no"
                ratio = f"1/{markdown.digits(old / new)}"
                rows.append([title, measure.unit, markdown.digits(old), markdown.digits(new), ratio, goal, reached])
    answers = [
        f"{task}: {old[0]['answer']}, then and now ({_counts(old[0], new[0])})."
        if old[0]["answer"] == new[0]["answer"]
        else f"**{task}: {old[0]['answer']} then, {new[0]['answer']} now.**"
        for task, (old, new) in found.items()
    ]
    header = ["", "measured", "then", "now", "ratio", "goal", "reached"]
    return "\n\n".join([markdown.table(header, rows), "Answers: " + " ".join(answers)])


def _counts(old: Result, new: Result) -> str:
    return f"{old['tried']} hypotheses then, {new['tried']} now"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratios", description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="the older checkout")
    parser.add_argument("--only", choices=TASKS, action="append", help="this task only; may be given several times")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--size", choices=("full", "small"), default="full", help="small: does it run?")
    parser.add_argument("--docs", action="store_true", help=f"also write the table into {markdown.PAGE.name}")
    options = parser.parse_args(arguments)
    load = machine.load()
    if options.docs:
        machine.must_be_quiet(load)
    found = measured(options.base.resolve(), options.only or TASKS, options.rounds, options.size)
    said = "\n\n".join([text(found), " ".join(machine.description(load))])
    print(said)
    if options.docs:
        markdown.write_down(said, *MARKERS)


if __name__ == "__main__":
    main()
