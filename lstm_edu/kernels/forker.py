"""The process that kernels are forked from: python -m lstm_edu.kernels.forker FD [--without-keras] [--at-once]

It imports and runs nothing. FD is its end of a pair of sockets; when the other end closes, it ends. Messages are JSON.

To it: {"argv": [...], "env": {...}, "cwd": "..." or null}: fork a kernel.
From it: {"ready": "keras"}: what is imported, after each stage. {"importing": "keras"}: deaf until the next "ready".
{"forked": pid}. {"exited": pid, "code": n}, as Popen's returncode. {"unusual": "..."}: why it ends.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

Request = dict[str, Any]

_LONGEST_WAIT = 120.0  # seconds for an idle moment; after that, or with --at-once, Keras is imported anyway
_IDLE = 0.5  # of the machine's processors
_LOOK = 0.5  # seconds between two looks at how busy it is
_LONGEST_MESSAGE = 1 << 20
_NOT_KERNEL = ("__main__", "lstm_edu", "numpy")
_QUIET = "PYDEVD_DISABLE_FILE_VALIDATION"  # with it, debugpy does not warn about Python's frozen modules


def main() -> None:
    link = socket.socket(fileno=int(sys.argv[1]))
    server = os.pidfd_open(os.getppid())
    if sys.path[0] == os.getcwd():  # which `python -m` puts there, and ipykernel's launcher takes away
        del sys.path[0]
    before = dict(os.environ)
    wait = 0 if "--at-once" in sys.argv else _LONGEST_WAIT
    forker = _Forker(link, wait, with_keras="--without-keras" not in sys.argv)
    request = forker.serve()
    if request is not None:  # this is the child
        link.close()
        set_by_imports = {name: value for name, value in os.environ.items() if before.get(name) != value}
        _become_kernel(request, set_by_imports, server, forker.of_kernel)


class _Forker:
    """Waits for requests, reports what ends, and imports in between."""

    def __init__(self, link: socket.socket, wait: float, with_keras: bool):
        self.link, self.wait, self.pids = link, wait, set[int]()
        self.stages = ["course", "keras"] if with_keras else ["course"]
        self.began, self.threads, self.of_kernel = time.monotonic(), 1, dict[str, ModuleType]()
        self.woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to be woken
        self.ends = (self.woken, wake)

    def serve(self) -> Request | None:
        """Until the other end closes: None. In a forked child: its request."""
        busy = _Busy()
        while True:
            if self.stages and (self.stages[0] == "course" or busy.is_idle() or self._waited()):
                self._import(self.stages.pop(0))
            waiting = [self.link.fileno(), self.woken]
            readable, _, _ = select.select(waiting, [], [], _LOOK if self.stages else None)
            if self.woken in readable:
                self._woken()
            if waiting[0] in readable:
                if not (message := self._heard()):
                    return None
                if self._fork() == 0:
                    return json.loads(message)

    def _heard(self) -> bytes:
        """What the other end says; nothing once it has closed, whether or not it has read what was sent to it."""
        try:
            return self.link.recv(_LONGEST_MESSAGE)
        except OSError:
            return b""

    def _waited(self) -> bool:
        return time.monotonic() - self.began > self.wait

    def _import(self, stage: str) -> None:
        self.say(importing=stage)
        if stage == "course":
            self.of_kernel = import_kernel()
            import_numpy()
            self.threads = threads()
            import_course()
        else:
            import_keras()
        if trouble := unsafe(self.threads):
            self.say(unusual=trouble)
            sys.exit(1)
        gc.collect()
        gc.freeze()  # nothing that already exists is touched, and so copied, by a child's garbage collector
        self.say(ready=stage)

    def _fork(self) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of the thread that unsafe() allows
            pid = os.fork()
        if pid:
            self.pids.add(pid)
            self.say(forked=pid)
        else:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in self.ends:
                os.close(end)
        return pid

    def _woken(self) -> None:
        os.read(self.woken, 4096)
        for pid in list(self.pids):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self.pids.discard(pid)
                self.say(exited=pid, code=os.waitstatus_to_exitcode(status))

    def say(self, **message: Any) -> None:
        try:
            self.link.send(json.dumps(message).encode())
        except OSError:
            pass  # the other end has closed, which the next recv says


class _Busy:
    """How much of the machine's processors was idle since the last look."""

    def __init__(self) -> None:
        self.last = self._ticks()

    @staticmethod
    def _ticks() -> tuple[int, int]:
        """Idle ones (waiting for a disk included) and all."""
        ticks = [int(n) for n in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return ticks[3] + ticks[4], sum(ticks)

    def is_idle(self) -> bool:
        (idle, every), (idle_then, every_then) = self._ticks(), self.last
        if every - every_then < 0.9 * _LOOK * os.sysconf("SC_CLK_TCK"):
            return False
        self.last = idle, every
        return idle - idle_then > _IDLE * (every - every_then)


# --- what is imported -----------------------------------------------------------------------------------------------


def import_kernel() -> dict[str, ModuleType]:
    """What a kernel is made of, debugpy and SQLite included; returns the modules that a usual one has at its start."""
    given = os.environ.get(_QUIET)
    os.environ[_QUIET] = "1"
    import sqlite3  # noqa: F401

    import ipykernel.debugger  # noqa: F401
    import ipykernel.ipkernel  # noqa: F401
    import ipykernel.kernelapp  # noqa: F401
    import IPython.core.completerlib
    import IPython.core.debugger
    import IPython.core.logger
    import IPython.core.oinspect
    import IPython.extensions.storemagic  # noqa: F401
    import tornado.platform.asyncio  # noqa: F401

    del os.environ[_QUIET]
    if given is not None:
        os.environ[_QUIET] = given
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] not in _NOT_KERNEL}


def import_numpy() -> None:
    """Its OpenBLAS starts a thread for each further processor, ends them before a fork and starts them again later."""
    import numpy  # noqa: F401


def import_course() -> None:
    """Everything but Keras. Matplotlib's backend is what a kernel sets by itself: only a running one can load it."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    import anywidget  # noqa: F401
    import ipywidgets  # noqa: F401
    import matplotlib.pyplot  # noqa: F401

    import lstm_edu.comparison.report
    import lstm_edu.core
    import lstm_edu.doctor
    import lstm_edu.exercises
    import lstm_edu.plots
    import lstm_edu.widgets  # noqa: F401


def import_keras() -> None:
    import keras  # noqa: F401

    import lstm_edu.keras_bridge  # noqa: F401


def threads() -> int:
    """How many this process has, whoever started them."""
    return len(os.listdir("/proc/self/task"))


def unsafe(most: int) -> str | None:
    """Why this process should not be forked from, or None. most: threads that are known to survive a fork."""
    if threads() > most or threading.active_count() > 1:
        return f"{threads()} threads after the imports, {most} after NumPy's"
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    if context is not None and context._initialized:  # TensorFlow 2.21
        return "TensorFlow has already started its devices"
    return None


# --- in the child ---------------------------------------------------------------------------------------------------


def _become_kernel(
    request: Request, set_by_imports: dict[str, str], server: int, of_kernel: dict[str, ModuleType]
) -> None:
    """What `python -m ipykernel_launcher` does, in a process that should not look forked to anyone."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(set_by_imports | request["env"])
    if request["cwd"]:
        os.chdir(request["cwd"])
    sys.argv[:] = request["argv"]
    threading.Thread(target=_end_with, args=(server,), name="end-with-server", daemon=True).start()
    _forget()

    import ipywidgets
    from ipykernel import ipkernel
    from ipykernel.kernelapp import IPKernelApp

    # What is imported when a kernel is made, ipykernel takes for its own, which the debugger steps over. And to look at
    # every module that Keras brings would copy the pages they are on: 20 MB in each kernel.
    setattr(ipkernel, "sys", _Sys(of_kernel))  # noqa: B010 (mypy)
    # A parent of 1 means "do not watch it": the parent is the process that forked, which may go before the kernel.
    app = IPKernelApp.instance(parent_handle=1)
    app.initialize(request["argv"][1:])
    ipywidgets._handle_ipython()  # which ipywidgets 8.1 does when it is imported in a kernel
    app.start()


class _Sys:
    """`sys`, with the modules that a usual kernel has when it starts."""

    def __init__(self, modules: dict[str, ModuleType]):
        self.modules = modules

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def _end_with(server: int) -> None:
    """End this kernel when the Jupyter server is gone, however that ended."""
    select.select([server], [], [])
    os._exit(1)


def _forget() -> None:
    """What every process draws afresh. Python does so for its own `random` and `uuid`."""
    import numpy as np

    np.random.seed()  # noqa: NPY002 (it is the old generator that is seeded again)


if __name__ == "__main__":
    main()
