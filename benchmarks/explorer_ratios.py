"""The LSTM explorer next to an older checkout's, in turns: python -m benchmarks.explorer_ratios --base PATH [--docs]

The older checkout is a worktree: git worktree add ../base 9ce2a63. Each checkout draws its own explorer, with all that
it has to show, in the same Chromium: in a page that it exported, and in its own JupyterLab. How a key press is timed,
`benchmarks.explorers` says.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from . import machine, markdown
from .browser import HERE, browser, jupyterlab
from .explorers import (
    EXPLORERS,
    HELD,
    SETUP,
    TOOLS,
    first_paints,
    measured,
    opened,
    presses_in_one_of_many,
    steps_drawn,
    write_notebooks,
)

MARKERS = ("<!-- explorer-ratios:begin -->", "<!-- explorer-ratios:end -->")
PRESSES = 100
NOTEBOOK = "06_lstm_one_step"

# One explorer, in a page of its own; what it carries besides its numbers, in bytes.
_PAGE = f"""{SETUP}
import json, sys
explorer = le.explore(trace)
le.save_html(explorer, sys.argv[1])
print(json.dumps({{"code": le.__file__, "carried": len((explorer._esm + explorer._css).encode())}}))
"""


class Figure(NamedTuple):
    """One row: what it is, its unit, and at most how much of the older checkout's it should be."""

    what: str
    unit: str
    goal: float | None


FIGURES = {
    "page": Figure("exported page, T=128, H=32: key to repaint, median", "ms", 0.7),
    "work": Figure("of it, the page's own work on the processor, mean", "ms", None),
    "held": Figure(f"steps drawn of {HELD} while a key is held for two seconds", "", None),
    "paint": Figure("JupyterLab: display to first paint, median of 10", "ms", 0.7),
    "many": Figure(f"JupyterLab, {EXPLORERS} explorers: key to repaint, median", "ms", 0.7),
    "carried": Figure("code and style of one explorer", "kB", 0.6),
    "exported": Figure(f"exported notebook {NOTEBOOK[:2]}", "kB", 0.6),
}
Found = dict[str, tuple[list[float], list[float]]]


def _run(checkout: Path, *arguments: str) -> str:
    """What a Python says that imports this checkout's lstm_edu. RuntimeError if it fails."""
    environment = os.environ | {"PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-P", *arguments], capture_output=True, text=True, cwd=checkout, env=environment, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)[:80]} failed in {checkout}:\n{done.stderr[-2000:]}")
    return done.stdout


def in_a_page(started: Any, checkout: Path, folder: Path) -> dict[str, float]:
    """Single presses and a held key in a page that this checkout exported; what its explorer carries."""
    path = folder / "page.html"
    said = json.loads(_run(checkout, "-c", _PAGE, str(path)).splitlines()[-1])
    if Path(said["code"]).resolve().parents[1] != checkout:
        raise RuntimeError(f"{checkout} was to be measured, but the lstm_edu in {said['code']} was imported")
    with opened(started) as page:
        page.goto(path.as_uri())
        page.wait_for_selector(".lstm-edu-explorer[data-ready=true]")
        page.evaluate(TOOLS)
        measured(page, 20)
        took, work = measured(page, PRESSES)
        held = steps_drawn(page, HELD)
    return {"page": statistics.median(took), "work": work, "held": held, "carried": said["carried"] / 1000}


def in_jupyterlab(started: Any, checkout: Path, folder: Path) -> dict[str, float]:
    """First paint, and single presses in one of twenty, in this checkout's own JupyterLab."""
    write_notebooks(folder)
    with jupyterlab(folder, checkout) as address:
        paint = statistics.median(first_paints(started, address, "one.ipynb"))
        many = statistics.median(presses_in_one_of_many(started, address, PRESSES))
    return {"paint": paint, "many": many}


def exported(checkout: Path, folder: Path) -> dict[str, float]:
    """The size of this checkout's own notebook as a page, with all its explorers."""
    path = folder / "page.html"
    _run(checkout, "-m", "lstm_edu", "export", f"notebooks/{NOTEBOOK}.ipynb", "-o", str(path))
    return {"exported": path.stat().st_size / 1000}


def side_by_side(base: Path, rounds: int) -> Found:
    """All figures of the older checkout and of this one, as many of each as there are rounds."""
    found: Found = {name: ([], []) for name in FIGURES}

    def note(which: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            found[name][which].append(value)
            print(f"... {('then', 'now')[which]}: {FIGURES[name].what} | {value:.1f}", file=sys.stderr, flush=True)

    parts: list[Callable[[Any, Path, Path], dict[str, float]]] = [in_a_page, in_jupyterlab]
    with browser() as started:
        for _ in range(rounds):
            for part in parts:
                for which, checkout in enumerate((base, HERE)):
                    with tempfile.TemporaryDirectory() as folder:
                        note(which, part(started, checkout, Path(folder)))
    for which, checkout in enumerate((base, HERE)):
        with tempfile.TemporaryDirectory() as folder:
            note(which, exported(checkout, Path(folder)))
    return found


def text(found: Found) -> str:
    """The table: the least of all rounds, except for steps drawn."""
    rows = []
    for name, (what, unit, goal) in FIGURES.items():
        older, newer = (min(values) for values in found[name])
        ratio = newer / older
        reached = "" if goal is None else "yes" if ratio <= goal else "no"
        figures = [f"{markdown.digits(value)} {unit}".strip() for value in (older, newer)]
        rows.append([what, *figures, f"{ratio:.2f}", "" if goal is None else f"{goal:g}", reached])
    return markdown.table(["", "then", "now", "ratio", "goal", "reached"], rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer_ratios", description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="the older checkout")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--docs", action="store_true", help=f"also write the table into {markdown.PAGE.name}")
    options = parser.parse_args(arguments)
    load = machine.load()
    if options.docs:
        machine.must_be_quiet(load)
    said = "\n\n".join(
        [text(side_by_side(options.base.resolve(), options.rounds)), " ".join(machine.description(load))]
    )
    print(said)
    if options.docs:
        markdown.write_down(said, *MARKERS)


if __name__ == "__main__":
    main()
