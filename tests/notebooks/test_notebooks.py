"""Every notebook runs from its first cell to its last, as on Binder: in a minute, and in a gigabyte of memory."""

import re
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
SECONDS = 60
MEGABYTES = 1000


def peak_megabytes(pid: int) -> int | None:
    """The largest resident memory that a running process has had so far; None where only Linux would tell."""
    if sys.platform != "linux":
        return None
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(kilobytes) * 1024 / 1e6)


def printed_to_stderr(notebook: nbformat.NotebookNode) -> list[str]:
    """What a reader would see on red ground: warnings, log lines."""
    return [
        f"cell {index}: {output.text}"
        for index, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


@pytest.mark.notebooks
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path: Path, record_property, monkeypatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # or the kernel would not catch what libraries write to stderr
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=2 * SECONDS, resources={"metadata": {"path": str(path.parent)}}
    )
    start = time.perf_counter()
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                print(re.sub(r"\x1b\[[\d;]*m", "", error.traceback))  # without its colours
                raise pytest.fail.Exception(f"cell {index}: {error.ename}: {error.evalue}", pytrace=False) from None
        seconds = time.perf_counter() - start
        peak = peak_megabytes(client.km.provisioner.process.pid)

    for name, value in {"notebook": path.name, "seconds": seconds, "peak_mb": peak}.items():
        record_property(name, value)
    assert not printed_to_stderr(notebook)
    assert seconds <= SECONDS, f"{path.name} took {seconds:.0f} s; on Binder a reader waits even longer"
    assert peak is None or peak <= MEGABYTES, f"{path.name} needed {peak} MB; Binder guarantees 1 GB to everything"
