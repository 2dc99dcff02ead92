"""Kernels of the course, forked and usual, side by side: python -m benchmarks.kernels [--base PATH] [--course] [--docs]

Linux only. Two real servers, `python -m lstm_edu lab`: one starts kernels as usual (of an older checkout, if --base
says so), the other forks them. Measured: from asking the server for a kernel until a cell with `import keras` has run;
all code cells of notebook 06; five kernels with Keras at once. Seconds of a kernel are its own, its children's, and
what its server and the process it was forked from spent on it meanwhile. With --course instead: all code cells of every
notebook, each in a fresh kernel, the older checkout's notebooks in its own usual kernels.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
from jupyter_client.blocking import BlockingKernelClient

from . import machine, markdown
from .browser import HERE, TOKEN, server_process

MARKERS = ("<!-- kernels:begin -->", "<!-- kernels:end -->")
COURSE_MARKERS = ("<!-- run-all:begin -->", "<!-- run-all:end -->")
COURSE_GOAL = 0.7  # of the sum
NOTEBOOK = "06_lstm_one_step.ipynb"
MOST = 600.0  # seconds for a cell
KERNELS = 5
_WAITS = 130.0  # seconds: longer than it waits for an idle moment
_CALL = "import keras, numpy as np; keras.layers.LSTM(8)(np.ones((2, 5, 3), 'float32')).shape"


class Measured(NamedTuple):
    """Processor seconds and seconds on the clock until Keras is imported; processor seconds of notebook 06; megabytes:
    own memory of the last of five kernels with Keras, all five with their server and what they are forked from (PSS),
    own memory of a kernel that has run all of notebook 06."""

    cpu: float
    clock: float
    notebook: float
    own: float
    together: float
    own_after: float


GOALS = (0.2, 0.25, 0.5, 0.4, None, None)
NAMES = (
    "until `import keras` has run, processor seconds",
    "until `import keras` has run, seconds on the clock",
    "all of notebook 06, processor seconds",
    f"own memory of one more of {KERNELS} kernels with Keras, MB",
    f"{KERNELS} kernels with Keras and their server, MB (PSS; goal: 1,000)",
    "own memory of a kernel after all of notebook 06, MB",
)


class Server:
    """A running JupyterLab of one checkout."""

    def __init__(self, process: subprocess.Popen, address: str, folder: Path):
        self.process, self.address, self.folder = psutil.Process(process.pid), address, folder

    def kernel(self) -> tuple[psutil.Process, BlockingKernelClient, str]:
        """A new one: its process, a client, its id."""
        identity = json.loads(self._ask("POST", "api/kernels", b"{}"))["id"]
        path = next(self.folder.rglob(f"kernel-{identity}.json"))
        client = BlockingKernelClient(connection_file=str(path))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=MOST)
        return psutil.Process(int(run(client, "import os; print(os.getpid())"))), client, identity

    def end(self, identity: str) -> None:
        self._ask("DELETE", f"api/kernels/{identity}")

    def _ask(self, method: str, path: str, data: bytes | None = None) -> bytes:
        asked = urllib.request.Request(f"{self.address}/{path}?token={TOKEN}", data=data, method=method)
        with urllib.request.urlopen(asked, timeout=MOST) as answer:
            return answer.read()

    def family(self, kernels: list[psutil.Process]) -> list[psutil.Process]:
        """The server and everything that it started, except these kernels."""
        return [p for p in [self.process, *self.process.children(recursive=True)] if p not in kernels]

    def settle(self) -> None:
        """Wait until Keras is ready to be forked, or will not be, and nothing has worked for two seconds."""
        end = time.monotonic() + _WAITS
        while time.monotonic() < end and not self._has_keras():
            time.sleep(0.5)
        before, now = -1.0, seconds(self.family([]))
        while now - before > 0.05:
            time.sleep(2)
            before, now = now, seconds(self.family([]))

    def _has_keras(self) -> bool:
        forkers = [p for p in self.family([]) if "lstm_edu.kernels.forker" in p.cmdline()]
        return any("libtensorflow" in Path(f"/proc/{p.pid}/maps").read_text() for p in forkers)


@contextmanager
def lab(checkout: Path, forked: bool) -> Iterator[Server]:
    also = {"LSTM_EDU_FORK": "1" if forked else "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    options = [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={checkout}"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = server_process(["lstm_edu", "lab"], folder, *options, checkout=checkout, also=also)
        with started as (process, address):
            yield Server(process, address, folder)


def run(client: BlockingKernelClient, code: str) -> str:
    """What a cell prints. RuntimeError if it raises."""
    said: list[str] = []

    def hear(message: dict) -> None:
        said.append(message["content"].get("text", ""))

    reply = client.execute_interactive(code, output_hook=hear, timeout=MOST, allow_stdin=False)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"{code}\n{reply['content'].get('evalue')}")
    return "".join(said)


def seconds(processes: list[psutil.Process]) -> float:
    """Processor seconds of processes and of the children that they have waited for."""
    total = 0.0
    for process in processes:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def megabytes(processes: list[psutil.Process], what: str) -> float:
    """Of these together: "pss", or "uss", what no other process shares."""
    return sum(getattr(process.memory_full_info(), what) for process in processes) / 1e6


def measure(server: Server, notebooks: Path) -> Measured:
    server.settle()
    rest = server.family([])
    before, began = seconds(rest), time.monotonic()
    kernel, client, identity = server.kernel()
    run(client, "import keras")
    clock, cpu = time.monotonic() - began, seconds([kernel]) + seconds(rest) - before
    run_notebook(client, notebooks / NOTEBOOK)
    notebook, own_after = seconds([kernel]) + seconds(rest) - before, megabytes([kernel], "uss")
    client.stop_channels()
    server.end(identity)
    kernels = []
    for _ in range(KERNELS):
        kernel, client, _ = server.kernel()
        run(client, _CALL)
        kernels.append(kernel)
    own = megabytes(kernels[-1:], "uss")
    return Measured(cpu, clock, notebook, own, megabytes(kernels + server.family(kernels), "pss"), own_after)


def measure_course(server: Server, notebooks: Path) -> dict[str, float]:
    """Processor seconds by number: "07" is all of 07_*.ipynb and 07b_*.ipynb, each in a kernel of its own."""
    server.settle()
    took: dict[str, float] = {}
    for notebook in sorted(notebooks.glob("[0-9]*.ipynb")):
        rest = server.family([])
        before = seconds(rest)
        kernel, client, identity = server.kernel()
        run_notebook(client, notebook)
        number = notebook.name[:2]
        took[number] = took.get(number, 0.0) + seconds([kernel]) + seconds(rest) - before
        client.stop_channels()
        server.end(identity)
    return took


def course_text(usual: dict[str, float], forked: dict[str, float]) -> str:
    rows = [_row(number, then, forked[number], None) for number, then in usual.items()]
    rows.append(_row("all", sum(usual.values()), sum(forked.values()), COURSE_GOAL))
    return markdown.table(["notebook, processor seconds", "older", "now", "ratio", "goal", "reached"], rows)


def run_notebook(client: BlockingKernelClient, notebook: Path) -> None:
    cells = nbformat.read(notebook, as_version=4).cells
    run(client, f"import os; os.chdir({str(notebook.parent)!r})")
    for cell in cells:
        if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", []):
            run(client, cell.source)


def text(usual: Measured, forked: Measured) -> str:
    rows = [_row(*of_one) for of_one in zip(NAMES, usual, forked, GOALS, strict=True)]
    return markdown.table(["kernels", "usual", "forked", "ratio", "goal", "reached"], rows)


def _row(name: str, then: float, now: float, goal: float | None) -> list[str]:
    aim = ["", ""] if goal is None else [str(goal), "yes" if now <= goal * then else "no"]
    return [name, markdown.digits(then), markdown.digits(now), f"{now / then:.2f}", *aim]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, default=HERE, help="the checkout whose usual kernels are measured")
    parser.add_argument("--course", action="store_true", help="run every notebook instead")
    parser.add_argument(
        "--docs",
        action="store_true",
        help=f"also write the table into {markdown.CLASSROOM.name}, that of --course into {markdown.PAGE.name}",
    )
    options = parser.parse_args(arguments)
    load = machine.load()
    if options.docs:
        machine.must_be_quiet(load)
    base, work = options.base.resolve(), measure_course if options.course else measure
    with lab(base, forked=False) as server:
        usual = work(server, base / "notebooks")
    with lab(HERE, forked=True) as server:
        forked = work(server, HERE / "notebooks")
    table = course_text(usual, forked) if options.course else text(usual, forked)
    said = "\n\n".join([table, " ".join(machine.description(load))])
    print(said)
    if options.docs:
        if options.course:
            markdown.write_down(said, *COURSE_MARKERS)
        else:
            markdown.write_down(said, *MARKERS, page=markdown.CLASSROOM)


if __name__ == "__main__":
    main()
