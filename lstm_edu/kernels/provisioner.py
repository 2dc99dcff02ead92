"""The kernel provisioner "lstm-edu-fork" of jupyter_client, an entry point in pyproject.toml."""

import asyncio
import pathlib
import signal
import time
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from lstm_edu.kernels import killed
from lstm_edu.kernels.link import the_forker
from lstm_edu.kernels.using import waits, why_not

_MOST = 120.0  # seconds that a kernel waits, where it does, until it can be forked


class ForkProvisioner(LocalProvisioner):
    """Jupyter's own way to start, interrupt, restart and end a kernel, except that its process is forked.

    Where it cannot be forked, it is started as Jupyter always does. (jupyter_client 8.6 to 8.10.)
    A kernel that was killed because memory ran out has a successor that tells the learner so, at the first cell.
    """

    _killed_before = 0  # processes, on this machine, because memory ran out, when the kernel was started
    _ended_by: int | None = None  # the last kernel's exit status, where nothing here ended it
    _ending = False

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel, or start it."""
        if self._ended_by == -signal.SIGKILL and killed.count() > self._killed_before:
            cmd = [*cmd, killed.TELL]
        self._killed_before, self._ended_by, self._ending = killed.count(), None, False
        kernel = None
        if why_not() is None:
            end = time.monotonic() + _MOST
            while waits() and the_forker().may_come() and time.monotonic() < end:
                await asyncio.sleep(0.1)
            try:
                kernel = the_forker().fork(cmd, kwargs.get("env") or {}, kwargs.get("cwd"))
            except OSError as error:  # no process, no memory, no handle left: the usual way says so better
                self.log.warning("A kernel could not be forked (%s); it is started as usual", error)
        if kernel is None:
            made = await super().launch_kernel(cmd, **kwargs)
        else:
            self.process: Any = kernel
            self.pid = self.pgid = kernel.pid
            self.cwd = kwargs.get("cwd", pathlib.Path.cwd())
            made = self.connection_info
        killed.prefer(self.pid)
        return made

    async def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        status = await super().poll()
        if self.process is not None and status is not None and not self._ending:
            self._ended_by = status
        return status

    async def kill(self, restart: bool = False) -> None:
        """End it, unless it has ended."""
        if await self.poll() is None:
            self._ending = True
        await super().kill(restart)
