"""Every notebook runs from its first cell to its last, as on Binder: in a gigabyte of memory.

The end of the run says how long each took.
"""

from pathlib import Path

import nbformat
import pytest
from running import NOTEBOOKS, run_of

MEGABYTES = 1000


def printed_to_stderr(notebook: nbformat.NotebookNode) -> list[str]:
    """What a reader would see on red ground: warnings, log lines."""
    return [
        f"cell {index}, {cell.id}: {output.text}"
        for index, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


@pytest.mark.notebooks
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path: Path, record_property) -> None:
    run = run_of(path)
    if run.failure:
        raise pytest.fail.Exception(run.failure, pytrace=False)
    for name, value in {"notebook": path.name, "seconds": run.seconds, "peak_mb": run.peak_mb}.items():
        record_property(name, value)
    assert not printed_to_stderr(run.notebook)
    peak = run.peak_mb
    assert peak is None or peak <= MEGABYTES, f"{path.name} needed {peak} MB; Binder guarantees 1 GB to everything"
