"""One run of each notebook, for all the tests that look at it: as on Binder, and with its comparisons noted.

Its kernel is forked where kernels are forked here (`tests/forking.py`); some notebooks also run in a usual one.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import checking
import forking
import nbformat
from jupyter_core.utils import ensure_event_loop
from limits import HANGS
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
NOTEBOOKS = sorted((HERE.parents[1] / "notebooks").glob("[0-9]*.ipynb"))  # the lessons
MAP = HERE.parents[1] / "notebooks" / "map_and_glossary.ipynb"  # for looking things up: no lesson
CANNOT_CATCH = "# Cannot catch"  # a comment that says that, and why, its cell's comparison is not adequate


@dataclass
class Run:
    """What happened when a notebook ran.

    forked: whether its kernel was.
    comparisons: (cell, what `recorder.noted` said) for every comparison that was checked.
    """

    notebook: nbformat.NotebookNode
    seconds: float = 0.0
    peak_mb: int | None = None
    failure: str = ""
    forked: bool = False
    comparisons: list[tuple[nbformat.NotebookNode, dict]] = field(default_factory=list)


def number_of(path: Path) -> str:
    """How the course counts a notebook: "07b"."""
    return path.name.partition("_")[0]


Wanted = tuple[Path, bool]  # a notebook, and whether its kernel is to be forked
_runs: dict[Wanted, Future[Run]] = {}


def begin(wanted: Iterable[Wanted]) -> None:
    """Run these notebooks, each in a process of its own, in this order and two at a time."""
    pool = ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1), thread_name_prefix="notebook")
    _runs.update({one: pool.submit(_run_file, *one) for one in wanted})
    pool.shutdown(wait=False)


def begun() -> bool:
    return bool(_runs)


def forget() -> None:
    """Begin no more of them."""
    for future in _runs.values():
        future.cancel()


def run_of(path: Path, forked: bool = forking.FORKS) -> Run:
    """The run of a notebook, once it is over."""
    if (path, forked) not in _runs:
        begin([(path, forked)])
    return _runs[path, forked].result()


def _run_file(path: Path, forked: bool) -> Run:
    try:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        if checking.checks_of(path).exists():
            checking.insert(notebook, checking.checks_of(path))
        return run(notebook, path.parent, forked)
    finally:
        ensure_event_loop().close()  # nbclient made one for this thread


def run(notebook: nbformat.NotebookNode, folder: Path, forked: bool = forking.FORKS) -> Run:
    found = Run(notebook)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        timeout=HANGS,
        startup_timeout=HANGS,
        iopub_timeout=HANGS,
    )
    environment = forking.prepare(client.create_kernel_manager(), forked)
    with client.setup_kernel(env=environment, stderr=subprocess.DEVNULL):  # its own log; what cells write is output
        found.forked = forking.is_forked(client.km)
        _asked(client, f"import sys; sys.path.append({str(HERE)!r})")
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                _run_cell(client, cell, index, found)
            if found.failure:
                break
        found.peak_mb = peak_megabytes(client.km.provisioner.process.pid)
    return found


def _run_cell(client: NotebookClient, cell: nbformat.NotebookNode, index: int, found: Run) -> None:
    compares = re.search(r"\b(compare|verify|check)\(", cell.source) is not None
    start = time.perf_counter()
    if "keras" in cell.source or compares:
        _asked(
            client, ("import keras; " if "import keras" in cell.source else "") + "import recorder; recorder.watch()"
        )
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        traceback = re.sub(r"\x1b\[[\d;]*m", "", error.traceback)  # without its colours
        found.failure = f"{traceback}\ncell {index}, {cell.id}: {error.ename}: {error.evalue}"
        return
    found.seconds += time.perf_counter() - start
    if compares:
        said = _asked(client, "import json, recorder; print(json.dumps(recorder.noted()))")
        found.comparisons += [(cell, one) for one in json.loads(said.strip().splitlines()[-1])]


def _asked(client: NotebookClient, source: str) -> str:
    """What a line of ours prints; it is in no cell and in no history."""
    cell, first = nbformat.v4.new_code_cell(source), client.nb.cells[0]
    client.execute_cell(cell, 0, store_history=False)
    client.nb.cells[0] = first  # where the client puts what it has run
    return "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")


def peak_megabytes(pid: int) -> int | None:
    """The largest resident memory that a running process has had so far; None where only Linux would tell."""
    if sys.platform != "linux":
        return None
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(kilobytes) * 1024 / 1e6)
