"""Every notebook runs from its first cell to its last, as on Binder: in a gigabyte of memory.

Its comparisons with Keras must be adequate (test_adequacy.py). The end of the run says how long each took.
"""

from pathlib import Path

import nbformat
import pytest
from forking import FORKS
from running import NOTEBOOKS, number_of, run_of
from test_adequacy import judged, missed, without_need

MEGABYTES = 1000
ALSO_USUAL = ("01", "06", "09")  # in a kernel that is not forked, as on Windows and macOS
USUAL = [path for path in NOTEBOOKS if FORKS and number_of(path) in ALSO_USUAL]
RUNS = {path.stem: (path, FORKS) for path in NOTEBOOKS} | {f"{path.stem}, usual": (path, False) for path in USUAL}


def printed_to_stderr(notebook: nbformat.NotebookNode) -> list[str]:
    """What a reader would see on red ground: warnings, log lines."""
    return [
        f"cell {index}, {cell.id}: {output.text}"
        for index, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]


@pytest.mark.notebooks
@pytest.mark.parametrize(("path", "forked"), RUNS.values(), ids=RUNS)
def test_notebook(path: Path, forked: bool, record_property) -> None:
    run = run_of(path, forked)
    name = path.name + " in a usual kernel" * (FORKS and not forked)
    if run.failure:
        raise pytest.fail.Exception(run.failure, pytrace=False)
    for what, value in {"notebook": name, "seconds": run.seconds, "peak_mb": run.peak_mb}.items():
        record_property(what, value)
    assert run.forked == forked
    assert not printed_to_stderr(run.notebook)
    peak = run.peak_mb
    assert peak is None or peak <= MEGABYTES, f"{path.name} needed {peak} MB; Binder guarantees 1 GB to everything"
    record_property("adequacy", (name, judged(run.comparisons), len(run.comparisons)))
    assert missed(run.comparisons) == {}
    assert without_need(run.comparisons) == []
