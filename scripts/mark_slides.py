"""Mark in every cell of the course where it belongs in slides (`jupyter nbconvert --to slides`): run it after an edit.

A heading of the first or second level begins a slide. A text that follows code begins another one below it, so that a
slide is a text, the code that belongs to it, and what that shows.
"""

import re
import sys
from itertools import pairwise
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def slide_types(notebook: nbformat.NotebookNode) -> list[str]:
    """For each cell "slide", "subslide" or "-", which is: on the slide of the cell before."""
    types = ["slide"]
    for before, cell in pairwise(notebook.cells):
        if cell.cell_type != "markdown":
            types.append("-")
        elif re.match(r"##? ", cell.source):
            types.append("slide")
        else:
            types.append("subslide" if before.cell_type == "code" or cell.source.startswith("#") else "-")
    return types


def mark(notebook: nbformat.NotebookNode) -> bool:
    """Write the types into the cells; whether anything changed."""
    changed = False
    for cell, kind in zip(notebook.cells, slide_types(notebook), strict=True):
        wanted = {} if kind == "-" else {"slide_type": kind}
        if cell.metadata.get("slideshow", {}) != wanted:
            changed = True
            cell.metadata.pop("slideshow", None)
            if wanted:
                cell.metadata["slideshow"] = wanted
    return changed


def main() -> None:
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        if mark(notebook):
            nbformat.write(notebook, path)
            print(path.name)


if __name__ == "__main__":
    sys.exit(main())
