"""Tests marked `live` run notebooks inside a page, in real browsers, minutes each: only when they are asked for.

pip install -e '.[test,live]'
python tests/live/bench.py /tmp/pyodide        # Pyodide, for a page without a network
LIVE_PYODIDE=/tmp/pyodide pytest tests/live    # -k 06_lstm for one notebook; LIVE_SITE=site: a site that is built
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from limits import PAGE_HANGS
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from benchmarks.browser import LiveSite, visitor

_spec = importlib.util.spec_from_file_location(
    "browser_conftest", Path(__file__).parents[1] / "browser" / "conftest.py"
)
_browser = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_browser)

SLOW = 20  # times what a page may take elsewhere: Python itself is loaded and compiled in it


class Course:
    """The live site in a browser. `open` a notebook, `run_all`, then ask for its `cells`.

    Attributes:
        uncaught: exceptions that no script in the page has caught.
    """

    def __init__(self, url: str, page: Page):
        self.url, self.page, self.uncaught = url, page, list[str]()
        page.set_default_timeout(1000 * PAGE_HANGS * SLOW)
        page.on("pageerror", lambda error: self.uncaught.append(str(error)))

    def open(self, notebook: str) -> None:
        """Open a notebook, and wait for its Python."""
        self.page.goto(f"{self.url}/live/lab/index.html?path={notebook}")
        self.wait_for(notebook)

    def wait_for(self, notebook: str) -> None:
        """Wait until a notebook is the one on the screen, and its Python is ready."""
        self.page.wait_for_function(
            """(notebook) => {
                const panel = window.jupyterapp?.shell.currentWidget;
                return panel?.context?.path === notebook && panel.context.isReady
                    && panel.sessionContext.session?.kernel?.status === 'idle';
            }""",
            arg=notebook,
        )

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
    """The whole site: the pages, without outputs, and in `live` the notebooks that run."""
    pyodide = os.environ.get("LIVE_PYODIDE")
    if pyodide is None:
        pytest.skip("LIVE_PYODIDE is not set: see tests/live/conftest.py")
    if built := os.environ.get("LIVE_SITE"):
        folder = Path(built)
    else:
        folder = tmp_path_factory.mktemp("site")
        command = ["-m", "lstm_edu", "site", "--live", "--no-execute", "-o", str(folder), "--pyodide", pyodide]
        subprocess.run([sys.executable, *command], check=True)
    return folder


@pytest.fixture
def server(site: Path) -> Iterator[LiveSite]:
    server = LiveSite(site)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browsers(playwright: Playwright) -> Iterator[Callable[[str], Browser]]:
    """The browser of an engine, one for all tests."""
    started = {}

    def browser(engine: str) -> Browser:
        if engine not in started:
            launch = {"chromium": _browser.launch, "firefox": _browser.launch_firefox}[engine]
            started[engine] = launch(playwright)
        return started[engine]

    yield browser
    for browser_ in started.values():
        browser_.close()


@pytest.fixture
def engine() -> str:
    return "chromium"


@pytest.fixture
def course(server: LiveSite, browsers: Callable[[str], Browser], engine: str) -> Iterator[Course]:
    """The course as somebody sees it who has never been there."""
    context = browsers(engine).new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield Course(server.url, context.new_page())
    context.close()


@pytest.fixture
def visit(server: LiveSite, playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[], Course]]:
    """A function: start Chromium, each time with what it has kept of the visits before."""
    visits: list[BrowserContext] = []

    def visit() -> Course:
        if visits:
            visits.pop().close()
        visits.append(visitor(playwright, tmp_path / "profile"))
        return Course(server.url, visits[-1].new_page())

    yield visit
    for last in visits:
        last.close()
