"""Tests in `test_pages.py` run notebooks inside a page, in real Chromium, minutes each: only when they are asked for.

pip install -e '.[test,live]'
python tests/live/bench.py /tmp/pyodide        # Pyodide, for a page without a network
LIVE_PYODIDE=/tmp/pyodide pytest tests/live    # -k 06_lstm for one notebook; LIVE_SITE=site/live: one that is built
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from limits import PAGE_HANGS
from playwright.sync_api import Page, sync_playwright

_spec = importlib.util.spec_from_file_location(
    "browser_conftest", Path(__file__).parents[1] / "browser" / "conftest.py"
)
_browser = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_browser)

SLOW = 20  # times what a page may take elsewhere: Python itself is loaded and compiled in it


class Course:
    """The site in a browser. `open` a notebook, `run_all`, then ask for its `cells`."""

    def __init__(self, url: str, page: Page):
        self.url, self.page = url, page

    def open(self, notebook: str) -> None:
        """Open a notebook, and wait for its Python."""
        self.page.goto(f"{self.url}/lab/index.html?path={notebook}")
        self.page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady")
        self.page.wait_for_function("jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")

    def run_all(self) -> None:
        """Run all cells, to the end or to the first error."""
        self.page.evaluate(
            "() => { window.done = 0;"
            "jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.done = 1 }) }"
        )
        self.page.wait_for_function("window.done")

    def run_cell(self, cell_id: str) -> None:
        """Run one cell."""
        self._select(cell_id)
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")

    def type(self, cell_id: str, source: str) -> None:
        """Rewrite a cell with the keyboard, and run it."""
        self._select(cell_id)
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:enter-edit-mode')")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.run_cell(cell_id)

    def _select(self, cell_id: str) -> None:
        self.page.evaluate(
            """async (id) => {
                const { content } = jupyterapp.shell.currentWidget;
                content.activeCellIndex = content.widgets.findIndex((cell) => cell.model.id === id);
                await content.scrollToCell(content.activeCell);
            }""",
            cell_id,
        )

    def tell(self, code: str) -> str:
        """Run code in the notebook's Python; what it prints."""
        return self.page.evaluate(
            """async (code) => {
                const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code });
                let printed = "";
                future.onIOPub = ({ content }) => { printed += content.text ?? content.evalue ?? "" };
                await future.done;
                return printed;
            }""",
            code,
        ).lstrip("\n")

    def cells(self) -> list[dict]:
        """All code cells: `id`, `count` (None: it was not run), and `outputs` as in a notebook file."""
        return self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets.filter((cell) => cell.model.type === 'code').map(
                ({ model }) => ({ id: model.id, count: model.executionCount, outputs: model.outputs.toJSON() }))"""
        )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pyodide = os.environ.get("LIVE_PYODIDE")
    if pyodide is None:
        pytest.skip("LIVE_PYODIDE is not set: see tests/live/conftest.py")
    if built := os.environ.get("LIVE_SITE"):
        folder = Path(built)
    else:
        to = tmp_path_factory.mktemp("site")
        command = ["-m", "lstm_edu", "site", "--live", "--no-pages", "--no-execute", "-o", str(to)]
        subprocess.run([sys.executable, *command, "--pyodide", pyodide], check=True)
        folder = to / "live"
    config = folder / "jupyter-lite.json"
    text = json.loads(config.read_text())
    text["jupyter-config-data"]["exposeAppInBrowser"] = True  # for these tests only
    config.write_text(json.dumps(text))
    return folder


@pytest.fixture(scope="session")
def url(site: Path) -> Iterator[str]:
    """Where a plain static server gives the site to a browser."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(site)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        port = re.search(r"port (\d+)", server.stdout.readline())[1]
        yield f"http://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture(scope="session")
def context(url: str):
    """One visitor for all tests: after the first, Python comes from the browser's memory."""
    with sync_playwright() as playwright:
        browser = _browser.launch(playwright)
        yield browser.new_context(viewport={"width": 1280, "height": 900})
        browser.close()


@pytest.fixture
def course(url: str, context):
    page = context.new_page()
    page.set_default_timeout(1000 * PAGE_HANGS * SLOW)
    yield Course(url, page)
    page.close()
