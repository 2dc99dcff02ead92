"""Notebooks: read, and run from the first cell to the last."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lstm_edu.export.states import STATE, VIEW

_SECONDS = 600  # for one cell


def read(path: Path) -> Any:
    """A notebook in nbformat 4. ValueError for anything else."""
    import nbformat

    if not path.is_file():
        raise ValueError(f"there is no notebook {path}")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # not JSON, not a notebook, of a version to come: nbformat's errors have no common class
        raise ValueError(f"{path} is not a readable notebook: {str(error).splitlines()[0][:200]}") from None


def code_cells(notebook: Any) -> list[Any]:
    """The cells that there is something to run in."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def run(notebook: Any, path: Path, told: Callable[[int], None] = lambda done: None) -> None:
    """Run all cells with this Python, in the notebook's folder, and keep outputs and the states of widgets in it.

    A widget is kept as it was when the last cell that shows it had run, wherever later cells have taken it.
    `told` is called with the number of code cells that are done, before each of them. RuntimeError for the first cell
    that raises an error: it names the notebook, the cell and the error.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class ThisPython(AsyncKernelManager):
        """Another Python's kernel of the same name may be installed: this one ignores those."""

        def _kernel_spec_manager_default(self) -> KernelSpecManager:
            return KernelSpecManager(kernel_dirs=[])

    cells, place = code_cells(notebook), dict[str, Any]()
    met: dict[str, tuple[dict[str, Any], list[Any]]] = {}  # state and buffers when a cell that shows it had run

    def begins(cell: Any, cell_index: int) -> None:
        done = next(n for n, other in enumerate(cells) if other is cell)
        place.update(cell=cell, number=done + 1)
        told(done)

    def ends(cell: Any, cell_index: int, execute_reply: Any) -> None:
        for id in filter(client.widget_state.get, _shown(cell)):
            met[id] = (dict(client.widget_state[id]), list(client.widget_buffers.get(id, {}).values()))

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        timeout=_SECONDS,
        resources={"metadata": {"path": str(path.resolve().parent)}},
        on_cell_execute=begins,
        on_cell_executed=ends,
    )
    try:
        client.execute(stderr=subprocess.DEVNULL)  # the kernel's own log; what cells write there is in their outputs
    except CellExecutionError as error:
        what = f"{error.ename}: {error.evalue}"
        if error.ename == "ModuleNotFoundError":
            what += ". Install what the notebook needs, or take its saved outputs with --no-execute"
    except CellTimeoutError:
        what = f"it took longer than {_SECONDS} seconds"
    except AssertionError:  # what nbclient makes of Ctrl-C: it ends the kernel, and then asserts that there is one
        raise KeyboardInterrupt from None
    except DeadKernelError:
        what = "Python ended, perhaps because memory ran out"
    else:
        for id, (state, buffers) in met.items():
            notebook.metadata.widgets[STATE]["state"][id] |= {"state": state, "buffers": buffers}
        return
    what = re.sub(r"\x1b\[[\d;]*m", "", what)
    if "cell" not in place:
        raise RuntimeError(f"{path.name}: {what}")
    first = place["cell"].source.strip().splitlines()[0]
    raise RuntimeError(f"{path.name}, code cell {place['number']} of {len(cells)} ({first}): {what}")


def _shown(cell: Any) -> list[str]:
    """The widgets that a cell displays, by id."""
    views = (output.get("data", {}).get(VIEW) for output in cell.outputs)
    return [view["model_id"] for view in views if view]
