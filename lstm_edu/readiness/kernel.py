"""A real kernel, started as JupyterLab starts one: an explorer shown in it, and Keras's LSTM compared with ours."""

import json
import os
import tempfile
import time
from queue import Empty
from typing import Any, NamedTuple

_LONGEST = 180.0  # seconds for one step, on the slowest machine that is still of use
_WIDGET = "application/vnd.jupyter.widget-view+json"

# The first explorer of a lesson, then Keras: weights, biases and inputs are all different from zero and each other.
_EXPLORER = """
import numpy as np, lstm_edu as le
rng = np.random.default_rng(7)
x = rng.normal(size=(2, 5, 3)).astype("float32")
weights = [rng.normal(size=s).astype("float32") for s in ((3, 16), (4, 16), (16,))]
layer = le.LSTM(4, return_sequences=True)
layer.build(x.shape)
layer.set_weights(weights)
display(le.explore(layer.trace(x)))
"""
_KERAS = """
import json, keras
theirs = keras.layers.LSTM(4, return_sequences=True)
theirs.build(x.shape)
theirs.set_weights(weights)
found = le.compare(layer(x), theirs(x))
print(json.dumps({"backend": keras.backend.backend(), "agrees": bool(found), "said": found.verdict}))
"""


class Kernel(NamedTuple):
    """Seconds on the clock until each step was done, each from the end of the one before; what went wrong, or None."""

    seconds: dict[str, float]
    widget: bool
    keras: dict[str, Any]
    trouble: str | None


class _Trouble(Exception):
    """One line."""


def try_one() -> Kernel:
    """Start a kernel, use it, end it."""
    seconds: dict[str, float] = {}
    outputs: list[dict[str, Any]] = []
    keras: dict[str, Any] = {}
    trouble = None
    with tempfile.TemporaryFile() as log:
        try:
            with _Running(log) as kernel:
                seconds["start"] = kernel.lap()
                outputs = kernel.run("an explorer", _EXPLORER)
                seconds["explorer"] = kernel.lap()
                keras = json.loads("".join(kernel.printed("Keras", _KERAS)).strip().splitlines()[-1])
                seconds["keras"] = kernel.lap()
        except _Trouble as error:
            trouble = str(error)
    return Kernel(seconds, any(_WIDGET in output.get("data", {}) for output in outputs), keras, trouble)


class _Running:
    def __init__(self, log: Any):
        from jupyter_client.manager import KernelManager

        self.log, self.began = log, time.monotonic()
        self.manager = KernelManager()

    def __enter__(self) -> "_Running":
        from jupyter_client.provisioning import KernelProvisionerFactory

        factory = KernelProvisionerFactory.instance()
        factory.default_provisioner_name = "local-provisioner"  # this process has none to fork from
        own = {"TF_CPP_MIN_LOG_LEVEL": "3"}
        try:
            self.manager.start_kernel(env=os.environ | own, stdout=self.log, stderr=self.log)
        except Exception as error:  # no kernel of that name, no room for its connection file, no process ...
            raise _Trouble(f"no kernel can be started: {error}") from None
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=_LONGEST)
        except RuntimeError:
            why = self.why("was being started")
            self.__exit__()
            raise _Trouble(why) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def lap(self) -> float:
        before, self.began = self.began, time.monotonic()
        return round(self.began - before, 2)

    def run(self, what: str, code: str) -> list[dict[str, Any]]:
        """The contents of a cell's outputs. _Trouble where it raises, or the kernel ends."""
        identity = self.client.execute(code, allow_stdin=False)
        contents: list[dict[str, Any]] = []
        end = time.monotonic() + _LONGEST
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Empty:
                if not self.manager.is_alive():
                    raise _Trouble(self.why(f"came to {what}")) from None
                continue
            if message["parent_header"].get("msg_id") != identity:
                continue
            content = message["content"]
            if message["msg_type"] == "error":
                raise _Trouble(f"{what} fails in a kernel: {content['ename']}: {content['evalue']}")
            if content.get("execution_state") == "idle":
                return contents
            contents.append(content)
        raise _Trouble(f"{what} takes more than {_LONGEST:.0f} seconds in a kernel")

    def printed(self, what: str, code: str) -> list[str]:
        return [content["text"] for content in self.run(what, code) if content.get("name") == "stdout"]

    def why(self, when: str) -> str:
        """Why it has ended."""
        if getattr(getattr(self.manager.provisioner, "process", None), "returncode", None) == -9:
            return f"the kernel was killed while it {when}, as happens where memory runs out"
        self.log.seek(0)
        last = self.log.read().decode(errors="replace").strip().splitlines()[-1:]
        return f"the kernel ended while it {when}" + "".join(f": {line}" for line in last)
