"""A JupyterHub of deploy/ on loopback, and students on it who do what JupyterLab does: for benchmarks.classroom and
deploy/tests. It needs what deploy/requirements-hub.txt says, and configurable-http-proxy from npm."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from lstm_edu.export.states import VIEW

from .browser import HERE, free_port

CONFIG = HERE / "deploy" / "tests" / "jupyterhub_config.py"
PROXY = "LSTM_EDU_PROXY"  # the command that starts configurable-http-proxy, where it is not on the path
_PAGE = ("lab", "lab/api/settings", "lab/api/workspaces/default", "api/kernelspecs", "api/sessions", "api/terminals")


class Hub(NamedTuple):
    """A running hub: its address, a token of a service that may start servers, the hub's process."""

    address: str
    token: str
    process: psutil.Process

    def family(self) -> list[psutil.Process]:
        """The hub and whatever runs for it: the proxy, servers, kernels and what they are forked from."""
        api = f"JUPYTERHUB_API_URL=http://127.0.0.1:{int(self.address.rpartition(':')[2]) + 1}/"
        children = self.process.children(recursive=True) if self.process.is_running() else []
        found = {process.pid: process for process in [self.process, *children]}
        for process in psutil.process_iter():
            try:
                if api.encode() in Path(f"/proc/{process.pid}/environ").read_bytes():
                    found[process.pid] = process
            except OSError:
                continue
        return list(found.values())


@contextmanager
def hub(folder: Path, also: dict[str, str] | None = None) -> Iterator[Hub]:
    """Start JupyterHub with deploy/'s settings. RuntimeError, with the end of its log, where it does not start."""
    proxy = os.environ.get(PROXY) or shutil.which("configurable-http-proxy")
    if proxy is None:
        raise RuntimeError(f"there is no configurable-http-proxy: npm install configurable-http-proxy, or set {PROXY}")
    port, token = _three_ports(), secrets.token_hex(16)
    (folder / "home").mkdir(exist_ok=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))} | {
        "LSTM_EDU_HUB_FOLDER": str(folder), "LSTM_EDU_HUB_PORT": str(port), "LSTM_EDU_HUB_TOKEN": token, PROXY: proxy,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")])),
    } | (also or {})  # fmt: skip
    log = folder / "hub.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "jupyterhub", "-f", str(CONFIG)]
        started = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output, start_new_session=True)
    running = Hub(f"http://127.0.0.1:{port}", token, psutil.Process(started.pid))
    try:
        _wait(f"{running.address}/hub/api/", started, log)
        yield running
    finally:
        family = running.family()
        started.terminate()
        try:
            started.wait(60)
        except subprocess.TimeoutExpired:
            started.kill()
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue


def _three_ports() -> int:
    """The first of three free ones."""
    while True:
        first = free_port()
        try:
            for port in (first + 1, first + 2):
                socket.create_server(("127.0.0.1", port)).close()
            return first
        except OSError:
            continue


def _wait(address: str, process: subprocess.Popen, log: Path, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"the hub did not start:\n{log.read_text()[-3000:]}")


class Student:
    """One user of a hub. Seconds are counted from `begin`.

    Attributes:
        server, explorer, end: when the server was there, the first explorer was shown, the last cell had run; or None.
        trouble: what went wrong, or None. said: what each cell of the last `play` printed.
    """

    def __init__(self, hub: Hub, name: str):
        self.hub, self.name, self.http = hub, name, AsyncHTTPClient()
        self.server: float | None = None
        self.explorer: float | None = None
        self.end: float | None = None
        self.trouble: str | None = None
        self.said: list[str] = []
        self.token, self.began = hub.token, 0.0

    async def ask(self, path: str, method: str = "GET", body: Any = None, at: str = "") -> Any:
        """What the hub, or the student's server, answers."""
        headers = {"Authorization": f"token {self.token}"}
        data = None if method in ("GET", "DELETE") else json.dumps(body or {})
        request = HTTPRequest(
            f"{at or self.hub.address}/{path}", method, headers, data, request_timeout=300, connect_timeout=60
        )
        answer = await self.http.fetch(request)
        text = answer.body.decode()
        return json.loads(text) if text.startswith(("{", "[")) else text

    @property
    def at(self) -> str:
        return f"{self.hub.address}/user/{self.name}"

    def begin(self) -> None:
        self.began = time.monotonic()

    def since(self) -> float:
        return time.monotonic() - self.began

    async def start(self) -> None:
        """Log in, start the server and open its page. TimeoutError, RuntimeError or HTTPClientError if it fails."""
        await self.ask(f"hub/api/users/{self.name}", "POST")
        self.token = (await self.ask(f"hub/api/users/{self.name}/tokens", "POST"))["token"]
        service = Student(self.hub, self.name)
        while True:
            try:
                await service.ask(f"hub/api/users/{self.name}/server", "POST")
                break
            except HTTPClientError as error:
                if error.code != 429:  # too many at once: the page says so, and the student tries again
                    raise
                await asyncio.sleep(5)
        while True:
            server = (await service.ask(f"hub/api/users/{self.name}"))["servers"].get("")
            if server is None:
                raise RuntimeError("the server did not start")
            if server["ready"]:
                break
            await asyncio.sleep(0.5)
        for path in _PAGE:
            await self.ask(path, at=self.at)
        self.server = self.since()

    async def play(self, sources: list[str], pause: float = 0) -> None:
        """Run the cells of a notebook in a new kernel, one after another."""
        kernel = (await self.ask("api/kernels", "POST", {"name": "python3"}, at=self.at))["id"]
        address = f"{self.at.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
        request = HTTPRequest(address, headers={"Authorization": f"token {self.token}"}, request_timeout=120)
        self.channel = await websocket_connect(request, ping_interval=30, max_message_size=1 << 30)
        self.said = []
        try:
            for source in sources:
                messages = await self.run(source)
                self.said.append("".join(message["content"].get("text", "") for message in messages))
                if self.explorer is None and any(VIEW in message["content"].get("data", {}) for message in messages):
                    self.explorer = self.since()
                await asyncio.sleep(pause)
        finally:
            self.channel.close()
        self.end = self.since()

    async def run(self, source: str) -> list[dict[str, Any]]:
        """The messages of one cell. RuntimeError where it raises, or the kernel ends."""
        identity = uuid.uuid4().hex
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        header = {"msg_id": identity, "msg_type": "execute_request", "session": self.name, "username": self.name,
                  "version": "5.3", "date": ""}  # fmt: skip
        request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await self.channel.write_message(json.dumps(request))
        messages = []
        while True:
            said = await self.channel.read_message()
            if said is None:
                raise RuntimeError("the server has closed the connection")
            message = _parsed(said)
            if message["content"].get("execution_state") in ("restarting", "dead"):
                raise RuntimeError("the kernel has ended")
            if message["parent_header"].get("msg_id") != identity:
                continue
            if message["msg_type"] == "error":
                raise RuntimeError(f"{message['content']['ename']}: {message['content']['evalue']}")
            messages.append(message)
            if message["content"].get("execution_state") == "idle":
                return messages


def _parsed(said: str | bytes) -> dict[str, Any]:
    """A message of Jupyter's older protocol: JSON, or where it has buffers, their offsets, JSON, and the buffers."""
    if isinstance(said, str):
        return json.loads(said)
    count = int.from_bytes(said[:4], "big")
    offsets = [int.from_bytes(said[4 * k : 4 * k + 4], "big") for k in range(1, count + 1)]
    return json.loads(said[offsets[0] : offsets[1] if count > 1 else None])
