"""The Jupyter server's end: starts the process that kernels are forked from, and asks it for one."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import cache
from typing import Any

_PATIENCE = 1.0  # seconds for an answer; a fork takes some hundredths
_MAY_DIFFER = ("JPY_", "JUPYTER", "PYDEVD_")  # beginnings of names of variables that no import reads


class ForkedKernel:
    """A forked kernel as Popen would show it: pid, returncode, poll, wait, send_signal, terminate, kill."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, forker: "Forker"):
        self.pid, self._forker = pid, forker
        self.returncode: int | None = None
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            code = self._forker.exit_code(self.pid)
            self.returncode = 1 if code is None else code
            os.close(self._handle)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, once it has ended. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        if self.returncode is None and not select.select([self._handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked kernel", timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended, as with Popen: a restart begins with an interrupt even then."""
        if self.poll() is None:
            try:
                signal.pidfd_send_signal(self._handle, number)
            except ProcessLookupError:
                pass

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forker:
    """The process to fork from, started when it is first needed, and once more without Keras if it is unusual with it.

    Threads may share it: what it answers one of them, no other takes.

    Attributes:
        imported: the stages that it has imported. trouble: why it cannot be used, or None.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None
        self.link: socket.socket | None = None
        self.env: dict[str, str] = {}
        self.imported: list[str] = []
        self.importing, self.with_keras = False, True
        self.trouble: str | None = None
        self._codes: dict[int, int] = {}
        self._forked: list[int] = []
        self._given_up = 0
        self._lock = threading.RLock()

    def start(self, at_once: bool = False) -> None:
        """Start it, if it is not there. at_once: Keras is imported without waiting for an idle moment."""
        with self._lock:
            if self.process is not None:
                return
            self.link, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.env = dict(os.environ)
            self.imported, self.importing, self._forked, self._given_up = [], True, [], 0
            options = ["--without-keras"] * (not self.with_keras) + ["--at-once"] * at_once
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lstm_edu.kernels.forker", str(other.fileno()), *options],
                stdin=subprocess.DEVNULL,
                env={name: value for name, value in self.env.items() if not name.startswith("JPY_")},
                pass_fds=[other.fileno()],
                start_new_session=True,  # so that Ctrl-C in the terminal is the server's to answer
            )
            other.close()

    def fork(self, cmd: list[str], env: dict[str, str], cwd: str | None) -> ForkedKernel | None:
        """A kernel for this command; None where one should be started as usual."""
        with self._lock:
            if not self._is_usual(cmd, env):
                return None
            self.start()
            self._listen()
            if self.importing or self.link is None:
                return None
            request = {
                "argv": ["ipykernel_launcher", *cmd[3:]],
                "env": env | {"JPY_PARENT_PID": str(os.getpid())},  # which jupyter_client's launcher sets
                "cwd": cwd and str(cwd),
            }
            try:
                self.link.send(json.dumps(request).encode())
            except OSError:
                self._gone()
                return None
            end = time.monotonic() + _PATIENCE
            while not self._forked and not self.importing and self.link is not None and time.monotonic() < end:
                self._listen(end - time.monotonic())
            if not self._forked:
                self._given_up += self.link is not None  # what comes now comes too late
                return None
            return ForkedKernel(self._forked.pop(), self)

    def may_come(self) -> bool:
        """Whether it is still to import what it imports."""
        with self._lock:
            self._listen()
            last = "keras" if self.with_keras else "course"
            return self.link is not None and last not in self.imported

    def exit_code(self, pid: int) -> int | None:
        """Of a kernel that has ended. None where it is not known: the process that knows has ended, or is importing."""
        with self._lock:
            end = time.monotonic() + _PATIENCE
            while pid not in self._codes and self.link is not None and time.monotonic() < end:
                self._listen(end - time.monotonic())
            return self._codes.pop(pid, None)

    def stop(self) -> None:
        """End it. Kernels that were forked from it go on."""
        with self._lock:
            if self.link is not None:
                self._gone()

    def _is_usual(self, cmd: list[str], env: dict[str, str]) -> bool:
        """Whether a kernel of this Python is asked for, in the environment in which the modules were imported."""
        first = [sys.executable, "-m", "ipykernel_launcher"]
        return cmd[:3] == first and (self.process is None or _imports_alike(env, self.env))

    def _listen(self, seconds: float = 0) -> None:
        """Take in what it has said, after at most so many seconds."""
        while self.link is not None and select.select([self.link], [], [], max(0, seconds))[0]:
            try:
                message = self.link.recv(1 << 16)
            except OSError:
                message = b""
            if not message:
                self._gone()
                return
            self._take(json.loads(message))
            seconds = 0

    def _take(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self.imported.append(message["ready"])
        self.importing = "importing" in message or (self.importing and "ready" not in message)
        if "exited" in message:
            self._codes[message["exited"]] = message["code"]
        if "forked" in message:
            if self._given_up:
                self._given_up -= 1
                os.kill(message["forked"], signal.SIGKILL)
            else:
                self._forked.append(message["forked"])
        if "unusual" in message:
            self.trouble = message["unusual"]

    def _gone(self) -> None:
        """It has ended: the next kernel starts another, but not a second one with Keras where that was unusual."""
        if self.link is not None:
            self.link.close()
        if self.process is not None:
            self.process.wait()  # it ends when its link is closed
        self.with_keras = self.with_keras and self.trouble is None and "keras" in self.imported
        self.process = self.link = None


def _imports_alike(a: dict[str, str], b: dict[str, str]) -> bool:
    return all(a.get(name) == b.get(name) for name in {*a, *b} if not name.startswith(_MAY_DIFFER))


@cache
def the_forker() -> Forker:
    """Of this process: one per server."""
    return Forker()
