"""How long a reader of the live site waits: python -m benchmarks.live SITE [NUMBER] [--visits 3] [--docs]

SITE is what `python -m lstm_edu site --live -o SITE` wrote (`--pyodide` makes it independent of a network). A notebook
of it (06) is opened in Chromium, and all of its cells are run as soon as Python is ready. Timed from the click: until
Python is ready, until the first explorer is painted, until the last cell is done. The first visit finds an empty
browser, the others what the browser has kept; the browser is started again in between.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from . import machine
from .browser import HERE, KERNEL, LiveSite, run_all, visitor
from .course import FAILED, NOTEBOOKS, WATCH
from .markdown import put_between_markers, table

PAGE = HERE / "docs" / "live.md"
MARKERS = ("<!-- live:begin -->", "<!-- live:end -->")
SECONDS = 600  # at most


class Visit(NamedTuple):
    """Seconds from the click, and megabytes that the server sent."""

    ready: float
    first: float
    all_cells: float
    megabytes: float


def visited(page: Page, site: LiveSite, name: str) -> Visit:
    """Open and run one notebook."""
    page.set_default_timeout(1000 * SECONDS)
    sent, start = site.sent, time.perf_counter()
    page.goto(f"{site.url}/live/lab/index.html?path={name}")
    page.wait_for_function(
        f"() => window.jupyterapp?.shell.currentWidget?.context?.isReady && {KERNEL.replace('.session.', '.session?.')}"
        "?.status === 'idle'"
    )
    ready = time.perf_counter() - start
    page.evaluate(WATCH)
    run_all(page, SECONDS)
    all_cells = time.perf_counter() - start
    if errors := page.evaluate(FAILED):
        raise RuntimeError(f"cells of {name} raised {', '.join(errors)}")
    first = ready + page.wait_for_function("() => window.firstExplorer").json_value() / 1000
    page.wait_for_timeout(10_000)  # what the page keeps for later is loaded
    return Visit(ready, first, all_cells, (site.sent - sent) / 1e6)


def visits(folder: Path, name: str, times: int) -> list[Visit]:
    """One after the other; reported as they come."""
    made = []
    site = LiveSite(folder)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        for _ in range(times):
            with visitor(playwright, Path(profile)) as context:
                made.append(visited(context.new_page(), site, name))
            print(*made[-1], sep=" | ", file=sys.stderr, flush=True)
    site.stop()
    return made


def write(made: list[Visit], name: str, load: float | None) -> str:
    """The table in Markdown, with what it depends on."""
    head = [f"visit to {name.partition('_')[0]}, seconds from the click", "Python is ready", "first explorer"]
    rows = [
        [str(n + 1), f"{v.ready:.1f}", f"{v.first:.1f}", f"{v.all_cells:.1f}", f"{v.megabytes:.1f}"]
        for n, v in enumerate(made)
    ]
    warning = machine.busy(load, machine.cores())
    return "\n\n".join(
        [
            *([f"**{warning}**"] if warning else []),
            table([*head, "all cells", "MB sent"], rows),
            machine.description(load)[0],
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("site", type=Path, help="the folder that `site --live` wrote")
    parser.add_argument("number", nargs="?", default="06", help="of the notebook")
    parser.add_argument("--visits", type=int, default=3)
    parser.add_argument("--docs", action="store_true", help="also write the table into docs/live.md")
    options = parser.parse_args(arguments)
    (name,) = [path.name for path in NOTEBOOKS.glob(f"{options.number}_*.ipynb")]
    load = machine.load()
    if options.docs:
        machine.must_be_quiet(load)
    text = write(visits(options.site, name, options.visits), name, load)
    print(text)
    if options.docs:
        PAGE.write_text(put_between_markers(PAGE.read_text(encoding="utf-8"), text, *MARKERS), encoding="utf-8")


if __name__ == "__main__":
    main()
