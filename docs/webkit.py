"""WebKit, the engine of Safari, for docs.try_elsewhere and for tests: driven by the W3C's WebDriver.

Debian's package webkit2gtk-driver has the driver and a browser. They are not Playwright's, which cannot drive them.
Where there is no screen the browser draws on that of Debian's xvfb.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.browser import free_port

ROOT = ".lstm-edu-explorer"
KEYS = {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
    "Home": "\ue011", "End": "\ue010", "Enter": "\ue007"}  # fmt: skip
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's id, by WebDriver's rules
_TRIES = 240  # looks, a quarter of a second apart


class Missing(Exception):
    """There is no WebKit here, or no screen for it."""


class WebKit:
    """A window of WebKit."""

    def __init__(self, address: str):
        self._address = address
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {}}})
        self._session = f"/session/{made['sessionId']}"
        self.version = made["capabilities"]["browserVersion"]

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[WebKit]:
        """A window of its own. Missing if there is no WebKit."""
        driver = shutil.which("WebKitWebDriver")
        if driver is None:
            raise Missing("no WebKit was found (Debian's webkit2gtk-driver)")
        with ExitStack() as stack:
            environment = os.environ | stack.enter_context(_screen())
            port = free_port()
            stack.enter_context(_process([driver, f"--port={port}"], environment))
            window = cls(f"http://127.0.0.1:{port}")
            stack.callback(window._ask, "DELETE", window._session)
            yield window

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, {"Content-Type": "application/json"})
        request.method = method
        for _ in range(_TRIES):
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.load(answer)["value"]
            except urllib.error.HTTPError as error:
                told = json.load(error)["value"]
                raise RuntimeError(f"{told['error']}: {told['message']}") from None
            except urllib.error.URLError:  # the driver is not up yet
                time.sleep(0.25)
        raise RuntimeError("WebKitWebDriver does not answer")

    def _tell(self, what: str, **body: Any) -> Any:
        return self._ask("POST", f"{self._session}/{what}", body)

    def open(self, file: Path, width: int = 1280, height: int = 900) -> None:
        """Open a file in a window of this size."""
        self._tell("window/rect", width=width, height=height)
        self._tell("url", url=file.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """What the body of a JavaScript function returns."""
        return self._tell("execute/sync", script=script, args=list(arguments))

    def until(self, script: str, *arguments: Any) -> Any:
        """Again and again, until it returns something true."""
        for _ in range(_TRIES):
            if found := self.run(script, *arguments):
                return found
            time.sleep(0.25)
        said = self.run("return document.body.innerText.slice(0, 2000)")
        raise AssertionError(f"{script} {arguments}: never so; the page says {said!r}")

    def _find(self, css: str) -> str:
        return self._tell("element", using="css selector", value=css)[_ELEMENT]

    def focus(self, css: str) -> None:
        self.run("document.querySelector(arguments[0]).focus()", css)

    def click(self, css: str) -> None:
        self._tell(f"element/{self._find(css)}/click")

    def type(self, css: str, text: str) -> None:
        """What is in a field is replaced by this text."""
        element = self._find(css)
        self._tell(f"element/{element}/clear")
        self._tell(f"element/{element}/value", text=text)

    def press(self, *keys: str) -> None:
        """Keys for what has the focus."""
        pressed = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._tell("actions", actions=[{"type": "key", "id": "keyboard", "actions": pressed}])

    def picture(self, file: Path) -> None:
        file.write_bytes(b64decode(self._ask("GET", f"{self._session}/screenshot")))

    # --- explorers ---

    def drawn(self) -> None:
        """Wait until every explorer of the page is drawn: none says that it met an error, no picture is empty."""
        ready = f"document.querySelectorAll('{ROOT}[data-ready=true]').length"
        self.until(f"return document.querySelectorAll('.widget').length === {ready}")
        assert self.run("return document.querySelectorAll('.le-error').length") == 0
        self.until(
            """return [...document.querySelectorAll('canvas')].every(canvas => !canvas.clientWidth || canvas
                .getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean))"""
        )

    def places(self, **places: Any) -> None:
        """Wait until the explorer is at these places."""
        for name, value in places.items():
            there = f"return document.querySelector('{ROOT}').dataset[arguments[0]] === arguments[1]"
            self.until(there, name, str(value))

    def number(self, css: str) -> float:
        """A number on the screen in full: it is in the title of its element, alone or as "c = 0.25"."""
        title = self.run("return document.querySelector(arguments[0]).title", css)
        return float(title.rpartition("=")[2])


@contextmanager
def _process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def _screen() -> Iterator[dict[str, str]]:
    """What the environment must say for a window to have a screen."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield {}
        return
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        raise Missing("there is no screen for WebKit (Debian's xvfb is one)")
    with _process([xvfb, "-displayfd", "1", "-screen", "0", "1400x1000x24"]) as process:
        assert process.stdout
        yield {"DISPLAY": f":{process.stdout.readline().decode().strip()}"}
