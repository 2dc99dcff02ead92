"""The explorers outside JupyterLab: python -m docs.try_elsewhere [FOLDER FOR SCREENSHOTS]

Needs `pip install notebook voila` beside what the tests need. Opens a notebook with four explorers in Jupyter Notebook
and in Voila, steps each by keys, compares the numbers on the screen with NumPy's, and says what it saw.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from benchmarks.browser import TOKEN, browser, notebook, server

SETUP = """
import numpy as np
import lstm_edu as le
rng = np.random.default_rng(7)
model = le.Sequential([le.LSTM(5, return_sequences=True, name="one"), le.Dense(3, "tanh", name="two")])
model.build((None, 7, 4))
model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
trace = model.trace(rng.normal(size=(2, 7, 4)))
"""
CELLS = ["le.explore(trace.layers[0])", "le.explore(trace.layers[1])", "le.packing(2, 4)", "le.explore(trace)"]


def look(page: Page, trace: Any) -> str:
    """Step all four explorers; what was seen, or an AssertionError."""

    def root(kind: str):
        found = page.locator(f".lstm-edu-explorer[data-kind={kind}][data-ready=true]")
        expect(found).to_have_count(1, timeout=120_000)
        found.locator(".le-head").first.click()  # as a reader does; a notebook gives the focus to its cells else
        expect(found).to_be_focused()
        return found

    lstm = root("LSTM")
    for t in range(1, 4):
        page.keyboard.press("ArrowRight")
        expect(lstm).to_have_attribute("data-t", str(t))
    page.keyboard.press("ArrowDown")
    expect(lstm).to_have_attribute("data-unit", "1")
    for name in "ifgoch":
        title = lstm.locator(f".le-num[data-q='{name}']").first.get_attribute("title")
        assert float(title.partition("=")[2]) == trace.layers[0][name][0, 3, 1], name

    dense = root("Dense")
    page.keyboard.press("ArrowRight")
    expect(dense).to_have_attribute("data-unit", "1")
    y = float(dense.locator(".le-result [data-q='y']").get_attribute("title"))
    assert abs(y - float(trace.layers[1].y[0, 0, 1])) < 1e-6

    packing = root("Packing")
    page.keyboard.press("ArrowRight")
    expect(packing).to_have_attribute("data-block", "W_i")

    whole = root("Sequential")
    whole.get_by_role("tab").nth(1).click()
    expect(whole).to_have_attribute("data-layer", "two")
    return "LSTM, Dense, Packing and a model's tabs were drawn and stepped by key; the numbers are the trace's"


def in_notebook(page: Page, address: str) -> None:
    page.goto(f"{address}/notebooks/explorers.ipynb?token={TOKEN}")
    page.wait_for_function(
        "() => { const panel = window.jupyterapp?.shell.currentWidget; return panel?.context?.isReady"
        " && panel.sessionContext.session?.kernel?.status === 'idle'; }"
    )
    page.evaluate(
        """() => { jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.ran = true; }); }"""
    )
    page.wait_for_function("() => window.ran")  # it takes the focus from cell to cell until then


def in_voila(page: Page, address: str) -> None:
    page.goto(f"{address}/?token={TOKEN}")


def main() -> None:
    pictures = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    names: dict[str, Any] = {}
    exec(SETUP, names)
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    ways: dict[str, tuple[list[str], Callable[[Page, str], None]]] = {
        "notebook": (["notebook", *root, "--JupyterNotebookApp.expose_app_in_browser=True"], in_notebook),
        "voila": (["voila", "explorers.ipynb"], in_voila),
    }
    failed = False
    with browser() as started:
        for name, (command, open_) in ways.items():
            with tempfile.TemporaryDirectory() as temporary:
                folder = Path(temporary)
                notebook(folder / "explorers.ipynb", [SETUP, *CELLS])
                with server(command, folder, f"--IdentityProvider.token={TOKEN}") as address:
                    page = started.new_page(viewport={"width": 1280, "height": 900})
                    page.set_default_timeout(90_000)
                    problems: list[str] = []
                    page.on("pageerror", lambda error, to=problems: to.append(str(error)))
                    try:
                        open_(page, address)
                        seen = look(page, names["trace"])
                    except Exception as error:
                        seen, failed = f"FAILED: {error}", True
                    page.screenshot(path=pictures / f"{name}.png")
                    page.close()
            print(f"{name} {metadata.version(name)}: {seen}; uncaught errors: {problems or 'none'}")
    print(f"screenshots: {pictures}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
