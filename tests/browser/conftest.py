"""Fixtures for tests in a real browser, against a real JupyterLab.

A test takes what it needs::

    def test_the_explorer_steps(lab, page):          # any test in this folder gets the marker `browser`
        lab.open(page, "06_lstm_one_step.ipynb")     # waits until the notebook is shown and its kernel is idle
        lab.run_all(page)                            # waits for the last cell, and fails with the error of a cell
        lab.set_theme(page, "dark")
        lab.show_cell(page, 7)                       # scrolls: JupyterLab only draws cells near the visible ones
        page.locator(".my-widget").press("ArrowRight")

`browser`   the browser, one for all tests: Chromium, Chrome or Edge of this machine, else the one that Playwright has
            downloaded, else the tests are skipped. With CI=true a missing browser is an error.
`engine`    "chromium". A test that runs in Firefox too, in its pages and in `lab`, says so:
            ``@pytest.mark.parametrize("engine", ["chromium", "firefox"])``.
`webkit`    WebKit, Safari's engine, where there is WebKitWebDriver: docs/webkit.py says what one can do in it.
`new_page`  a function: ``new_page(color_scheme="dark", viewport={"width": 480, "height": 800})`` opens a page in a
            context of its own (no cookies or storage of another test); the options are Playwright's for new_context.
`page`      ``new_page()``: light, 1280 x 900. Without `lab`, give it any HTML: ``page.set_content(...)``.
`problems`  a list that fills with what must not happen on any page of the test: messages on the console at level error,
            uncaught exceptions, requests to another machine. The test fails at its end if it is not empty; a test that
            provokes one asserts it and then calls ``problems.clear()``.
`lab`       a JupyterLab, one for all tests but without the kernels of earlier ones. `python -m lstm_edu lab` starts it,
            in a copy of this repository: nothing that a test does or saves reaches the repository, nor the settings of
            the user. See class Lab.

A test of an explorer needs no JupyterLab: `blank_page.put(page, explorer)` shows it, and `axe_finds_nothing(page)` and
`nothing_sticks_out(page)` there are what every explorer must bear, in each of `blank_page.SCHEMES` and at each width.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import nbformat
import pytest
from limits import HANGS, PAGE_HANGS
from playwright.sync_api import Browser, Error, Page, Playwright, Request, expect, sync_playwright

from benchmarks.firefox import launch as launch_firefox
from docs.webkit import Missing, WebKit
from lstm_edu.export import save_html

expect.set_options(timeout=1000 * PAGE_HANGS)

pytest.register_assert_rewrite("blank_page")  # its asserts say what they compared, as those of tests do

HERE = Path(__file__).parent
ON_PATH = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
CHANNELS = ("chrome", "msedge")  # Playwright knows where Windows and macOS keep these
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Chromium's own sandbox refuses to work for root, as in a container.
ARGUMENTS = QUIET + (["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])
TOKEN = "lstm-edu-tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder `browser`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


def launch(playwright: Playwright) -> Browser:
    """Start the first browser that there is; raise Playwright's Error if there is none."""
    found = [{"executable_path": path} for path in map(shutil.which, ON_PATH) if path]
    for where in [*found, *({"channel": channel} for channel in CHANNELS)]:
        try:
            return playwright.chromium.launch(args=ARGUMENTS, **where)
        except Error:
            continue
    return playwright.chromium.launch(args=ARGUMENTS)


def missing(reason: str) -> NoReturn:
    """Without this browser its tests are skipped; CI has to have it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs a browser: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    try:
        browser = launch(playwright)
    except Error as error:
        missing(f"no Chrome, Chromium or Edge was found, and none that Playwright had downloaded\n{error}")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    try:
        browser = launch_firefox(playwright)
    except Error as error:
        missing(f"no Firefox was found (Debian's firefox-esr)\n{error}")
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def webkit() -> Iterator[WebKit]:
    try:
        with WebKit.started() as webkit:
            yield webkit
    except Missing as error:
        missing(str(error))


@pytest.fixture
def engine() -> str:
    return "chromium"


@pytest.fixture
def problems() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert not found, "the page had problems"


@pytest.fixture
def new_page(request: pytest.FixtureRequest, engine: str, problems: list[str]) -> Iterator[Callable[..., Page]]:
    browser = request.getfixturevalue({"chromium": "browser", "firefox": "firefox"}[engine])
    contexts = []

    def watch_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about", "file") and address.hostname not in (
            "localhost",
            "127.0.0.1",
        ):
            problems.append(f"request to another machine: {request.url}")

    def new_page(**options) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PAGE_HANGS)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
        page.on("request", watch_request)
        return page

    yield new_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


class Lab:
    """A running JupyterLab, and what a test does in it. `folder` is the copy of the repository that it serves."""

    def __init__(self, url: str, folder: Path):
        self.url = url
        self.folder = folder

    def address(self, path: str = "") -> str:
        """The address of a path of the server, with what lets a fresh browser in."""
        return f"{self.url}/{path}{'&' if '?' in path else '?'}token={TOKEN}"

    def ask(self, path: str, method: str = "GET"):
        """What the server's REST interface answers."""
        with urllib.request.urlopen(
            urllib.request.Request(self.address(path), method=method), timeout=PAGE_HANGS
        ) as answer:
            return json.loads(answer.read() or "null")

    def write_notebook(self, name: str, *cells: str) -> None:
        """Put a notebook of code cells next to those of the course, in the copy that is served."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.folder / "notebooks" / name)

    def end_kernels(self) -> None:
        """End every kernel that runs."""
        for session in self.ask("api/sessions"):
            self.ask(f"api/sessions/{session['id']}", method="DELETE")

    def open(self, page: Page, notebook: str, *, theme: str = "light") -> None:
        """Open a notebook (its path below notebooks/) and wait until it is shown and its kernel is idle."""
        page.goto(self.address(f"lab/tree/{notebook}?reset"))
        self.wait_for_notebook(page, notebook)
        self.set_theme(page, theme)

    def wait_for_notebook(self, page: Page, notebook: str) -> None:
        """Wait until a notebook is the one on the screen and its kernel is idle."""
        page.wait_for_function(
            """notebook => {
                const panel = window.jupyterapp?.shell.currentWidget;
                return panel?.context?.path === notebook && panel.context.isReady
                    && panel.sessionContext.session?.kernel?.status === 'idle';
            }""",
            arg=notebook,
        )

    def run_all(self, page: Page) -> None:
        """Run every cell of the notebook on the screen, wait for the last, and fail if a cell raised an error."""
        page.evaluate(
            """() => {
                window.lstmEduRan = false;
                jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.lstmEduRan = true; });
            }"""  # the promise is not returned: Playwright would wait for it without a timeout of ours
        )
        page.wait_for_function(
            "() => window.lstmEduRan && jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'",
            timeout=1000 * HANGS,
        )
        errors = self.errors(page)
        assert not errors, "\n".join(errors)

    def errors(self, page: Page) -> list[str]:
        """One line for each error among the outputs of the notebook on the screen."""
        return [
            f"cell {index}: {output['ename']}: {output['evalue']}"
            for index, outputs in enumerate(self.outputs(page))
            for output in outputs
            if output["output_type"] == "error"
        ]

    def outputs(self, page: Page) -> list[list[dict]]:
        """The outputs of every cell of the notebook on the screen, as nbformat writes them (a text cell has none)."""
        return page.evaluate(
            "() => jupyterapp.shell.currentWidget.content.model.toJSON().cells.map(cell => cell.outputs ?? [])"
        )

    def show_cell(self, page: Page, index: int) -> None:
        """Scroll to a cell, counted from 0, and make it the active one."""
        page.evaluate(
            """async index => {
                const notebook = jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                await notebook.scrollToItem(index, 'start');
            }""",
            index,
        )

    def set_theme(self, page: Page, theme: str) -> None:
        """Switch to JupyterLab's "light" or "dark" theme. JupyterLab remembers it; `open` sets it again."""
        light = {"light": "true", "dark": "false"}[theme]
        page.evaluate(
            "name => { jupyterapp.commands.execute('apputils:change-theme', {theme: name}); }",
            f"JupyterLab {theme.capitalize()}",
        )
        page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)


def free_port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        return server.getsockname()[1]


def end(process: subprocess.Popen) -> None:
    """Let JupyterLab end itself and its kernels, and make sure of its process group if it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=PAGE_HANGS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        process.wait()


def wait_until_it_answers(lab: Lab, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + HANGS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            lab.ask("api/status")
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start (status {process.poll()}):\n{log.read_text()}")


def plant_another_kernel(folder: Path) -> None:
    """A kernel of the name that the notebooks ask for, as an old installation leaves one behind. Not to be used."""
    kernel = folder / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit('the wrong kernel')", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Planted", "language": "python"}))


@pytest.fixture(scope="session")
def jupyterlab(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    for part in ("lstm_edu", "notebooks"):
        shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    plant_another_kernel(folder / "planted")
    environment = os.environ | {"PYTHONPATH": str(folder), "JUPYTER_PATH": str(folder / "planted")}
    for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[variable] = str(folder / variable.lower())
    port = free_port()
    lab, log = Lab(f"http://localhost:{port}", folder), folder / "jupyterlab.log"
    command = [sys.executable, "-m", "lstm_edu", "lab", "--no-browser", f"--port={port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True"],
            cwd=folder.parent,  # any folder will do
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until_it_answers(lab, process, log)
            yield lab
        finally:
            end(process)


@pytest.fixture
def lab(jupyterlab: Lab) -> Lab:
    jupyterlab.end_kernels()  # those of the tests before, which may hold Keras and half a gigabyte each
    return jupyterlab


@pytest.fixture(scope="session")
def wide_formulas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a notebook with three formulas, each wider than a telephone: alone, in a paragraph, as an output."""
    wide = r"c_t = f_t \odot c_{t-1} + i_t \odot g_t = \sigma(W_f x_t + U_f h_{t-1} + b_f) \odot c_{t-1} + i_t g_t"
    latex = f"from IPython.display import Latex\nLatex(r'$${wide}$$')"
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(f"# Wide\n$${wide}$$\n\nIn the middle $${wide}$$ of a paragraph."),
            nbformat.v4.new_code_cell(
                latex,
                outputs=[nbformat.v4.new_output("display_data", {"text/latex": f"$${wide}$$", "text/plain": "Latex"})],
            ),
        ]
    )
    folder = tmp_path_factory.mktemp("formulas")
    nbformat.write(made, folder / "wide.ipynb")
    return save_html(folder / "wide.ipynb", folder / "wide.html", execute=False)
