"""The Firefox of this machine, as Playwright drives it by WebDriver BiDi: no build of Playwright's own.

Playwright begins each window with `emulation.setMediaFeaturesOverride`, which Firefox ESR 153 does not know, and gives
up. So it starts this file, which starts Firefox and sits between the two: where Firefox does not know that command it
counts as done. A page in such a Firefox is therefore in the theme of the system, whatever is asked.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

_MAY_BE_UNKNOWN = "emulation.setMediaFeaturesOverride"
_LARGEST = 2**30  # bytes of a message: screenshots, and printed pages


def _path() -> str | None:
    return next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


def launch(playwright: Playwright) -> Browser:
    """Start Firefox. Playwright's Error if there is none."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "firefox")
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n')
        script.chmod(0o755)
        return playwright.firefox.launch(channel="moz-firefox", executable_path=script if _path() else None)


async def _start(arguments: list[str]) -> None:
    """Firefox with these arguments; the address that it says is that of _between()."""
    firefox = await asyncio.create_subprocess_exec(str(_path()), *arguments, stderr=asyncio.subprocess.PIPE)
    assert firefox.stderr
    async for line in firefox.stderr:
        said = line.decode(errors="replace")
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", said):
            said = said.replace(found[1], f"ws://127.0.0.1:{_between(found[1])}")
        print(said, end="", file=sys.stderr, flush=True)
    sys.exit(await firefox.wait())


def _between(address: str) -> int:
    """A port that hands on what it is told to Firefox at this address, and back what it answers."""
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets
    from tornado.web import Application
    from tornado.websocket import WebSocketHandler, websocket_connect

    class Between(WebSocketHandler):
        async def open(self) -> None:
            self.asked: set[int] = set()
            self.firefox = await websocket_connect(
                f"{address}/session", on_message_callback=self.back, max_message_size=_LARGEST
            )

        def on_message(self, message: Any) -> None:
            if _MAY_BE_UNKNOWN in message and (command := json.loads(message))["method"] == _MAY_BE_UNKNOWN:
                self.asked.add(command["id"])
            self.firefox.write_message(message)

        def back(self, message: Any) -> None:
            if message is None:
                return self.close()
            if '"unknown command"' in message and (answer := json.loads(message)).get("id") in self.asked:
                message = json.dumps({"type": "success", "id": answer["id"], "result": {}})
            self.write_message(message)

        def on_close(self) -> None:
            self.firefox.close()

    [socket] = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/session", Between)], websocket_max_message_size=_LARGEST))
    server.add_socket(socket)
    return socket.getsockname()[1]


if __name__ == "__main__":
    asyncio.run(_start(sys.argv[1:]))
