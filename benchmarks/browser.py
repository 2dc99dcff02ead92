"""A browser to measure in, and servers to open in it: for benchmarks, and for the scripts in docs/."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # servers are started without it, too
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from benchmarks import firefox

HERE = Path(__file__).resolve().parents[1]
TOKEN = "lstm-edu"
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"  # in JupyterLab's page
_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ARGUMENTS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def browser(engine: str = "chromium") -> Iterator[Browser]:
    """Chromium or Chrome of this machine, else the one that Playwright has downloaded; or its "firefox"."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(**_chromium()) if engine == "chromium" else firefox.launch(playwright)
        except Error as error:
            raise SystemExit(f"no browser could be started: install {engine.capitalize()}\n{error}") from None
        try:
            yield started
        finally:
            started.close()


def _chromium() -> dict[str, Any]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = _ARGUMENTS + (["--no-sandbox"] if root else [])  # its sandbox refuses to work for root
    return {"args": arguments, "executable_path": next(filter(None, map(shutil.which, _ON_PATH)), None)}


def visitor(playwright: Playwright, profile: Path) -> BrowserContext:
    """Start Chromium with what it has kept in this folder."""
    return playwright.chromium.launch_persistent_context(
        profile, viewport={"width": 1280, "height": 900}, **_chromium()
    )


class LiveSite:
    """A plain static server of what `site --live` wrote, until `stop`.

    Attributes:
        url: its address. sent: how many bytes of files it has sent.
    """

    def __init__(self, folder: Path):
        self.sent = 0
        site = self

        class Handler(SimpleHTTPRequestHandler):
            def copyfile(self, source, outputfile) -> None:
                content = source.read()
                outputfile.write(content)
                site.sent += len(content)

            def log_message(self, *_) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer nothing any more."""
        self._http.shutdown()
        self._http.server_close()


def free_port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def server(module: list[str], folder: Path, *options: str) -> Iterator[str]:
    """Start `python -m MODULE`, a Jupyter server of some kind, on a free port, and yield its address."""
    with server_process(module, folder, *options) as (_, address):
        yield address


@contextmanager
def server_process(
    module: list[str], folder: Path, *options: str, checkout: Path = HERE, also: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen, str]]:
    """The same; yields the process, too.

    Its settings are its own, in `folder`; nothing of the user's is read or written.

    Args:
        checkout: whose lstm_edu it imports. also: more variables of its environment.
    """
    port = free_port()
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(folder / f".{name.lower()}") for name in own}
    Path(environment["JUPYTER_DATA_DIR"]).mkdir(exist_ok=True)  # jupyter_server_fileid expects it to be there
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(checkout), os.environ.get("PYTHONPATH")]))
    environment |= also or {}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module, "--no-browser", f"--port={port}", *options],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://localhost:{port}"
        _wait(address, process, log)
        yield process, address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(address: str, process: subprocess.Popen, log: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/?token={TOKEN}", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")


def notebook(path: Path, cells: list[str], metadata: Mapping[str, object] | None = None) -> None:
    """Write a notebook of code cells."""
    import nbformat

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=kernel | dict(metadata or {})
    )
    nbformat.write(made, path)


@contextmanager
def jupyterlab(folder: Path, checkout: Path = HERE) -> Iterator[str]:
    """A checkout's own JupyterLab on this folder, its app within reach of scripts; yields its address."""
    options = [f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={TOKEN}"]
    options.append("--LabApp.expose_app_in_browser=True")
    with server_process(["lstm_edu", "lab"], folder, *options, checkout=checkout) as (_, address):
        yield address


def open_notebook(page: Page, address: str, name: str) -> None:
    """Open a notebook in a JupyterLab that exposes its app, and wait until its kernel is idle."""
    page.goto(f"{address}/lab/tree/{name}?token={TOKEN}&reset")
    page.wait_for_function(
        "() => { const panel = window.jupyterapp?.shell.currentWidget; return panel?.context?.isReady"
        " && panel.sessionContext.session?.kernel?.status === 'idle'; }"
    )


def run_all(page: Page, seconds: float = 90) -> None:
    """Run all cells of the notebook that is open, and wait for them."""
    page.evaluate(
        "() => { window.ran = false;"
        " jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.ran = true; }); }"
    )
    page.wait_for_function(f"() => window.ran && {KERNEL}.status === 'idle'", timeout=1000 * seconds)
