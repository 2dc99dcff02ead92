"""How fast the LSTM explorer is in a browser: python -m benchmarks.explorers [--quick] [--docs]

Measured in Chromium, in a page that `le.save_html` wrote and in a real JupyterLab. A key press is timed from its
dispatch to the first moment after the frame that shows its result was painted. It comes at a random moment between
two frames, as a finger does: half a frame, 8 ms, is the screen's share.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Page

import lstm_edu as le

from . import machine
from .browser import KERNEL, browser, jupyterlab, notebook, open_notebook, run_all
from .markdown import PAGE, table, write_down

MARKERS = ("<!-- explorers:begin -->", "<!-- explorers:end -->")
EXPLORERS = 20
HELD = 60  # repeats of a key, 33 ms apart: two seconds

TOOLS = """
window.tools = {
  // The explorer on the screen: JupyterLab takes away those that are far from it.
  root: () =>
    [...document.querySelectorAll(".lstm-edu-explorer[data-ready=true]")].find((el) => {
      const { top, bottom } = el.getBoundingClientRect();
      return el.clientWidth && bottom > 200 && top < innerHeight - 100;
    }),
  press: (root, key) => root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })),
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  painted: () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const channel = new MessageChannel(); // a message sent in a frame arrives after it was painted
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
      }),
    ),
};
"""


def _within(seconds: int, script: str) -> str:
    """The script with a time limit: a page that is stuck does not hold up the rest."""
    late = f"setTimeout(() => no(new Error('not done after {seconds} s')), {1000 * seconds})"
    return f"argument => Promise.race([({script})(argument), new Promise((_, no) => {late})])"


# Milliseconds of `times` single presses, there and back.
_PRESSES = _within(
    90,
    """async ([times, key, back]) => {
  const root = tools.root();
  const took = [];
  for (let n = 0; n < times; n++) {
    await tools.wait(60 + 40 * Math.random());
    const before = root.dataset.t;
    const start = performance.now();
    tools.press(root, n % 20 < 10 ? key : back);
    do {
      await tools.painted();
      if (performance.now() - start > 3000) throw new Error(`press ${n} moved nothing from step ${before}`);
    } while (root.dataset.t === before);
    took.push(performance.now() - start);
  }
  return took;
}""",
)

# A key held down: repeats, 33 ms apart. How many of the steps were drawn?
_HELD = _within(
    30,
    """async (repeats) => {
  const root = tools.root();
  tools.press(root, "Home");
  await tools.wait(300);
  const drawn = new Set();
  const observer = new MutationObserver(() => drawn.add(root.dataset.t));
  observer.observe(root, { attributes: true, attributeFilter: ["data-t"] });
  const start = performance.now();
  for (let n = 1; n <= repeats; n++) {
    tools.press(root, "ArrowRight");
    await tools.wait(Math.max(0, start + 33 * n - performance.now()));
  }
  await tools.wait(100);
  observer.disconnect();
  return drawn.size;
}""",
)


# Twenty explorers drawn side by side and taken away again, by the module itself.
_ROUNDS = """async ([count]) => {
  const { modules, models } = JSON.parse(document.getElementById("widgets").textContent);
  const [{ module, state, buffers }] = Object.values(models);
  const address = URL.createObjectURL(new Blob([modules[module]], { type: "text/javascript" }));
  const { default: widget } = await import(address);
  const bytes = (data) => new DataView(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)).buffer);
  for (const { path, data } of buffers) state[path[0]] = bytes(data);
  document.querySelector(".widget").remove();
  const heard = new Set();
  const model = { get: (name) => state[name], set() {}, save_changes() {}, send() {},
    on: (event, action) => heard.add(action), off: (event, action) => heard.delete(action) };
  window.heard = heard;
  window.round = async () => {
    const shown = [];
    for (let n = 0; n < count; n++) {
      const el = document.createElement("div");
      document.querySelector("main").append(el);
      shown.push([el, widget.render({ model, el })]);
    }
    await tools.wait(1500);
    for (const [el, stop] of shown) stop(), el.remove();
    await tools.wait(600);
  };
}"""


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    goal: str
    reached: bool | None


Rows = Iterator[Row]


def _trace(steps: int, units: int) -> Any:
    rng = np.random.default_rng(0)
    layer = le.LSTM(units, return_sequences=True)
    layer.build((None, None, 12))
    layer.set_weights([rng.normal(scale=0.3, size=w.shape) for w in layer.weights])
    return layer.trace(rng.normal(size=(1, steps, 12)))


def _presses(what: str, took: list[float], median: float, most: float | None) -> list[Row]:
    middle, late = statistics.median(took), float(np.percentile(took, 95))
    text = f"{middle:.1f} ms (least {min(took):.1f})"
    rows = [Row(f"{what}, median of {len(took)}", text, f"at most {median:g} ms", middle <= median)]
    if most is not None:
        rows.append(Row(f"{what}, 95th percentile", f"{late:.1f} ms", f"at most {most:g} ms", late <= most))
    return rows


def measured(page: Page, times: int) -> tuple[list[float], float]:
    """Milliseconds of each press; and what the page's thread itself worked for one: no other process moves that."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        return {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}[
            "TaskDuration"
        ]

    start = worked()
    took = page.evaluate(_PRESSES, [times, "ArrowRight", "ArrowLeft"])
    mean = 1000 * (worked() - start) / times
    session.detach()
    return took, mean


def steps_drawn(page: Page, repeats: int) -> int:
    """How many steps the explorer on the screen draws while a key is held: as many as `repeats`, if none is skipped."""
    return page.evaluate(_HELD, repeats)


def weight() -> Rows:
    """What one LSTM explorer carries besides its numbers; the goal is 0.6 of what it was at commit 9ce2a63."""
    explorer = le.explore(_trace(2, 3))
    carried = len((explorer._esm + explorer._css).encode()) / 1000
    yield Row("code and style of one explorer", f"{carried:.1f} kB", "at most 95.7 kB", carried <= 95.7)


def in_a_page(started: Any, steps: int, units: int, goal: tuple[float, float | None], times: int) -> Rows:
    """Single presses in an exported page; with a second goal, a held key and what stays behind as well."""
    median, most = goal
    with tempfile.TemporaryDirectory() as folder:
        path = le.save_html(le.explore(_trace(steps, units)), Path(folder) / f"{steps}.html")
        with opened(started) as page:
            page.goto(path.as_uri())
            page.wait_for_selector(".lstm-edu-explorer[data-ready=true]")
            page.evaluate(TOOLS)
            page.evaluate(_PRESSES, [20, "ArrowRight", "ArrowLeft"])
            size = f"T={steps}, H={units}"
            took, worked = measured(page, times)
            yield from _presses(f"{size}: key to repaint", took, median, most)
            yield Row(f"{size}: of it, the page's own work on the processor, mean", f"{worked:.1f} ms", "", None)
            if most is not None:
                drawn = steps_drawn(page, HELD)
                yield Row(f"{size}: steps drawn of {HELD} while a key is held", str(drawn), str(HELD), drawn == HELD)
                yield from _leaks(page)


def _leaks(page: Page) -> Rows:
    page.evaluate(_ROUNDS, [EXPLORERS])
    held = []
    for _ in range(4):
        page.evaluate("async () => { await round(); }")
        held.append(_held_by_page(page) | {"what the model calls": page.evaluate("heard.size")})
    for what in held[0]:
        early, late = held[1][what], held[3][what]
        text = f"{what} left after {EXPLORERS} explorers, round 2 and 4"
        yield Row(text, f"{early:.0f}, {late:.0f}", "no growth", late <= 1.02 * early)


# --- in JupyterLab --------------------------------------------------------------------------------------------------

SETUP = """
import numpy as np
import lstm_edu as le
rng = np.random.default_rng(0)
layer = le.LSTM(32, return_sequences=True)
layer.build((None, None, 12))
layer.set_weights([rng.normal(scale=0.3, size=w.shape) for w in layer.weights])
trace = layer.trace(rng.normal(size=(1, 128, 12)))
"""

# What any widget costs JupyterLab: the control.
_EMPTY = f"""
import anywidget
class Empty(anywidget.AnyWidget):
    _esm = '''export default {{ render({{ el }}) {{
        const root = document.createElement("div");
        root.className = "lstm-edu-explorer";
        root.dataset.ready = "true";
        root.style.height = "300px";
        el.append(root);
        return () => root.remove();
    }} }};'''
explorers = globals().get('explorers') or [Empty() for _ in range({EXPLORERS})]
"""

# From the kernel's message that displays the widget to the frame after its first paint.
_FIRST_PAINTS = _within(
    60,
    """async (times) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const took = [];
  for (let n = 0; n < times; n++) {
    let start = 0;
    const heard = (_, message) => {
      if (message.content.data?.["application/vnd.jupyter.widget-view+json"]) start = performance.now();
    };
    kernel.iopubMessage.connect(heard);
    const old = tools.root();
    await jupyterapp.commands.execute('notebook:run-cell');
    for (;;) {
      const root = tools.root();
      if (start && root && root !== old && root.dataset.ready) break;
      await new Promise(requestAnimationFrame);
    }
    await tools.painted();
    took.push(performance.now() - start);
    kernel.iopubMessage.disconnect(heard);
    await tools.wait(200);
  }
  return took;
}""",
)


@contextmanager
def opened(started: Any) -> Iterator[Page]:
    page = started.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    try:
        yield page
    finally:
        page.close()


def _open(page: Page, address: str, name: str) -> None:
    open_notebook(page, address, name)
    page.evaluate(TOOLS)
    run_all(page)


def _show(page: Page, index: int) -> None:
    page.evaluate(
        """async index => { const notebook = jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = index; await notebook.scrollToItem(index, 'start'); }""",
        index,
    )
    page.wait_for_timeout(500)


def _held_by_page(page: Page) -> dict[str, float]:
    """What the page holds on to, after its garbage was collected."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        page.wait_for_timeout(300)
    metrics = {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return {
        "event listeners": metrics["JSEventListeners"],
        "nodes": metrics["Nodes"],
        "MB of heap": metrics["JSHeapUsedSize"] / 1e6,
    }


def _explorer(page: Page, index: int) -> None:
    """Bring the explorer of this cell on the screen, and warm it up."""
    _show(page, index)
    page.wait_for_function("() => tools.root()")
    page.evaluate(_PRESSES, [20, "ArrowRight", "ArrowLeft"])


def first_paints(started: Any, address: str, name: str) -> list[float]:
    """Milliseconds from the kernel's message to the first frame of what the second cell shows, ten times."""
    with opened(started) as page:
        _open(page, address, name)
        page.wait_for_selector(".lstm-edu-explorer[data-ready=true]")
        _show(page, 1)
        page.evaluate(_FIRST_PAINTS, 2)
        return page.evaluate(_FIRST_PAINTS, 10)


def first_paint(started: Any, address: str) -> Rows:
    """From the kernel's message to the first frame; of that, what an empty widget takes as well."""
    took = {name: first_paints(started, address, f"{name}.ipynb") for name in ("one", "empty")}
    median = {name: statistics.median(times) for name, times in took.items()}
    text = f"{median['one']:.0f} ms (least {min(took['one']):.0f}; an empty widget {median['empty']:.0f})"
    yield Row("JupyterLab: display to first paint, median of 10", text, "at most 300 ms", median["one"] <= 300)


def one_in_jupyterlab(started: Any, address: str, times: int) -> Rows:
    """Single presses while the kernel is idle and while it is busy, and a held key while it is busy."""
    with opened(started) as page:
        _open(page, address, "one.ipynb")
        _explorer(page, 1)
        took = page.evaluate(_PRESSES, [times, "ArrowRight", "ArrowLeft"])
        yield from _presses("JupyterLab, T=128, H=32: key to repaint", took, 20, 34)
        busy = "import time\\nend = time.time() + 60\\nwhile time.time() < end: sum(range(100000))"
        page.evaluate(f"() => {{ window.busy = {KERNEL}.requestExecute({{code: '{busy}'}}); }}")
        page.wait_for_function(f"() => {KERNEL}.status === 'busy'")
        took = page.evaluate(_PRESSES, [times, "ArrowRight", "ArrowLeft"])
        yield from _presses("JupyterLab, the kernel busy: key to repaint", took, 20, 34)
        drawn = steps_drawn(page, HELD)
        what = f"JupyterLab, the kernel busy: steps drawn of {HELD}"
        yield Row(what, str(drawn), str(HELD), drawn == HELD)
        page.evaluate(f"() => {KERNEL}.interrupt()")


def presses_in_one_of_many(started: Any, address: str, times: int) -> list[float]:
    """Milliseconds of single presses in the middle one of twenty explorers."""
    with opened(started) as page:
        _open(page, address, "explorers.ipynb")
        _explorer(page, EXPLORERS // 2)
        return page.evaluate(_PRESSES, [times, "ArrowRight", "ArrowLeft"])


def many_in_jupyterlab(started: Any, address: str, times: int) -> Rows:
    """Single presses in one of twenty."""
    took = presses_in_one_of_many(started, address, times)
    yield from _presses(f"JupyterLab, {EXPLORERS} explorers: key to repaint", took, 20, 34)


def cleared_in_jupyterlab(started: Any, address: str, rounds: int = 4) -> Rows:
    """How much more the page holds after each round of twenty cleared and run again; the same for empty widgets."""
    grown = {}
    for name in ("explorers", "empties"):
        counts = []
        with opened(started) as page:
            _open(page, address, f"{name}.ipynb")
            for n in range(rounds):
                if n:
                    run_all(page)
                for index in range(1, EXPLORERS + 1, 4):
                    _show(page, index)
                _show(page, 0)
                page.evaluate("() => { jupyterapp.commands.execute('notebook:clear-all-cell-outputs'); }")
                page.wait_for_timeout(1500)
                counts.append(_held_by_page(page))
        grown[name] = {what: (counts[-1][what] - counts[1][what]) / (rounds - 2) for what in counts[0]}
    for what, own in grown["empties"].items():
        ours = grown["explorers"][what]
        slack = 1.0 if what.startswith("MB") else 0.02 * abs(own)
        yield Row(f"JupyterLab: {what} more after {EXPLORERS} explorers were cleared and run again",
                  f"{ours:.1f} (empty widgets: {own:.1f})", "as empty widgets", ours <= own + slack)  # fmt: skip


def write_notebooks(folder: Path) -> None:
    """One explorer, twenty explorers, and as many empty widgets, in notebooks of their own."""
    shown = [f"explorers[{n}]" for n in range(EXPLORERS)]
    made = f"{SETUP}\nexplorers = globals().get('explorers') or [le.explore(trace) for _ in range({EXPLORERS})]"
    notebook(folder / "one.ipynb", [SETUP, "le.explore(trace)"])
    notebook(folder / "empty.ipynb", [_EMPTY, "Empty()"])
    notebook(folder / "explorers.ipynb", [made, *shown])
    notebook(folder / "empties.ipynb", [_EMPTY, *shown])


def in_jupyterlab(started: Any, times: int) -> list[Row]:
    """The same with a kernel, idle and busy; first paint; twenty explorers, cleared and run again."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_notebooks(folder)
        with jupyterlab(folder) as address:
            rows += _part("first paint in JupyterLab", lambda: first_paint(started, address))
            rows += _part("presses in JupyterLab", lambda: one_in_jupyterlab(started, address, times))
            rows += _part("many in JupyterLab", lambda: many_in_jupyterlab(started, address, times))
            rows += _part("clearing in JupyterLab", lambda: cleared_in_jupyterlab(started, address))
    return rows


# --- the report -----------------------------------------------------------------------------------------------------


def _part(name: str, measure: Callable[[], Rows]) -> list[Row]:
    """The rows of one part, said as they come. A part that fails says so, and what it had measured stays."""
    rows = []
    try:
        for row in measure():
            print(*row, sep=" | ", file=sys.stderr, flush=True)
            rows.append(row)
    except Exception as error:  # whatever it was, the other parts continue
        print(f"{name}: {error}", file=sys.stderr, flush=True)
        rows.append(Row(name, f"not measured: {type(error).__name__}", "", False))
    return rows


def write(rows: list[Row], load: float | None, version: str) -> str:
    """The table in Markdown, with what it depends on."""
    said = {True: "yes", False: "**no**", None: ""}
    lines = [[row.what, row.measured, row.goal, said[row.reached]] for row in rows]
    warning = machine.busy(load, machine.cores())
    where = (
        f"{machine.description(load)[0]} Chromium {version}, headless and without a GPU, so the processor also "
        "rasterises. A key comes at a random moment between two frames of 16.7 ms."
    )
    return "\n\n".join(
        [*([f"**{warning}**"] if warning else []), table(["", "measured", "goal", "reached"], lines), where]
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer presses, no JupyterLab")
    parser.add_argument("--docs", action="store_true", help=f"also write the table into {PAGE.name}")
    options = parser.parse_args(arguments)
    load = machine.load()
    if options.docs:
        machine.must_be_quiet(load)
    times = 40 if options.quick else 100
    with browser() as started:
        rows = _part("weight", weight)
        rows += _part("T=128", lambda: in_a_page(started, 128, 32, (20, 34), times))
        rows += _part("T=1000", lambda: in_a_page(started, 1000, 128, (34, None), times))
        if not options.quick:
            try:
                rows += in_jupyterlab(started, 120)
            except Exception as error:  # the server did not start: the figures above stay
                print(error, file=sys.stderr)
                rows.append(Row("in JupyterLab", f"not measured: {type(error).__name__}", "", False))
        text = write(rows, load, started.version)
    print(text)
    if options.docs:
        write_down(text, *MARKERS)


if __name__ == "__main__":
    main()
