"""How long a learner waits: python -m benchmarks.course [NUMBER ...] [--docs]

Each notebook is opened in a real JupyterLab in Chromium, with a fresh kernel, and stays at its first explorer (a card
that asks for a prediction does not count) while all its cells are run. Timed from there: until that explorer is
painted, and until the last cell is done. The kernel says its own peak memory.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from . import machine
from .browser import KERNEL, browser, jupyterlab, open_notebook, run_all
from .markdown import put_between_markers, table

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "teaching.md"
MARKERS = ("<!-- course:begin -->", "<!-- course:end -->")
GOALS = (3.0, 60.0, 1000)  # seconds, seconds, megabytes

# Notes when the first explorer is ready, from the moment that run_all() is called. The reader stays at its cell:
# JupyterLab draws what is on the screen first, and running all cells leads to the last one.
WATCH = """() => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const index = notebook.model.toJSON().cells.findIndex(
    ({ cell_type, source }) => cell_type === "code" && /le\\.(explore|packing)\\w*\\(/.test([source].flat().join("")));
  window.firstExplorer = null;
  if (index < 0) return false;
  const stay = setInterval(() => notebook.scrollToItem(index, "start"), 200);
  const start = performance.now();
  const look = () => {
    if (document.querySelector(".lstm-edu-explorer[data-ready=true]:not([data-kind=Prediction])")) {
      window.firstExplorer = performance.now() - start;
      clearInterval(stay);
    } else requestAnimationFrame(look);
  };
  look();
  return true;
}"""
FAILED = """() => jupyterapp.shell.currentWidget.content.model.toJSON().cells
    .flatMap(cell => cell.outputs ?? []).filter(output => output.output_type === "error").map(output => output.ename)"""
_PEAK = f"""async () => {{
  let said = "";
  const code = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000)";
  const asked = {KERNEL}.requestExecute({{ code, store_history: false }});
  asked.onIOPub = message => {{ said += message.content.text ?? ""; }};
  await asked.done;
  return Number(said);
}}"""


class Row(NamedTuple):
    """What one notebook took: seconds, seconds, megabytes; names of the errors that its cells raised."""

    name: str
    first: float | None  # None: it has none
    all_cells: float
    peak: int
    errors: list[str]


def measured(page: Page, address: str, name: str) -> Row:
    """Open, run and time one notebook."""
    open_notebook(page, address, f"notebooks/{name}")
    has_one = page.evaluate(WATCH)
    start = time.perf_counter()
    run_all(page, 180)
    took = time.perf_counter() - start
    first = page.wait_for_function("() => window.firstExplorer").json_value() / 1000 if has_one else None
    row = Row(name, first, took, page.evaluate(_PEAK), page.evaluate(FAILED))
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    return row


def course(names: list[str]) -> list[Row]:
    """Every notebook in a separate page; reported as they come."""
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        with browser() as started, jupyterlab(folder) as address:
            for name in names:
                page = started.new_page(viewport={"width": 1280, "height": 900})
                page.set_default_timeout(60_000)
                rows.append(measured(page, address, name))
                page.close()
                print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    return rows


def write(rows: list[Row], load: float | None) -> str:
    """The table in Markdown, with what it depends on."""

    def said(value: float, goal: float, digits: int) -> str:
        return f"{value:.{digits}f}" if value <= goal else f"**{value:.{digits}f}**"

    lines = [
        [row.name.removesuffix(".ipynb"), "none" if row.first is None else said(row.first, GOALS[0], 1),
         said(row.all_cells, GOALS[1], 0),
         said(row.peak, GOALS[2], 0) + (f", **raised {', '.join(row.errors)}**" if row.errors else "")]
        for row in rows
    ]  # fmt: skip
    head = ["notebook", "first explorer, s", "all cells, s", "the kernel's peak, MB"]
    warning = machine.busy(load, machine.cores())
    goals = "Goals: the first explorer within 3 s, all cells within 60 s, 1,000 MB; what misses one is in bold."
    return "\n\n".join(
        [*([f"**{warning}**"] if warning else []), table(head, lines), f"{goals} {machine.description(load)[0]}"]
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.course", description=__doc__)
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="only these notebooks: 06 08b")
    parser.add_argument("--docs", action="store_true", help="also write the table into docs/teaching.md")
    options = parser.parse_args(arguments)
    names = sorted(path.name for path in NOTEBOOKS.glob("[0-9]*.ipynb"))
    if options.numbers:
        names = [name for name in names if name.partition("_")[0] in options.numbers]
    load = machine.load()
    text = write(course(names), load)
    print(text)
    if options.docs:
        PAGE.write_text(put_between_markers(PAGE.read_text(encoding="utf-8"), text, *MARKERS), encoding="utf-8")


if __name__ == "__main__":
    main()
