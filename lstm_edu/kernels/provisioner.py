"""The kernel provisioner "lstm-edu-fork" of jupyter_client, an entry point in pyproject.toml."""

import pathlib
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from lstm_edu.kernels.link import the_forker
from lstm_edu.kernels.using import why_not


class ForkProvisioner(LocalProvisioner):
    """Jupyter's own way to start, interrupt, restart and end a kernel, except that its process is forked.

    Where it cannot be forked, it is started as Jupyter always does. (jupyter_client 8.6 to 8.10.)
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel, or start it."""
        kernel = None
        if why_not() is None:
            try:
                kernel = the_forker().fork(cmd, kwargs.get("env") or {}, kwargs.get("cwd"))
            except OSError as error:  # no process, no memory, no handle left: the usual way says so better
                self.log.warning("A kernel could not be forked (%s); it is started as usual", error)
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = kernel
        self.pid = self.pgid = kernel.pid
        self.cwd = kwargs.get("cwd", pathlib.Path.cwd())
        return self.connection_info
