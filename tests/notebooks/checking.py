"""The asserts of a notebook, which a reader does not see: they would give away the answers.

`checks/01_dense.py` has a section for each cell of `01_dense.ipynb` behind which something must hold:

    # after cell product:
    assert np.allclose(y, dense_loop(x, W, b))

A section sees the notebook's variables, and leaves none of its own behind: no later cell can come to need them.
"""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat

FOLDER = Path(__file__).resolve().parent / "checks"
HEADER = re.compile(r"# after cell (\S+):")


class Section(NamedTuple):
    """What must hold after a cell, and in which line of its file that begins."""

    cell: str
    line: int
    source: str


def sections(text: str) -> list[Section]:
    """The sections of a file. ValueError for a header that is none, or that comes twice."""
    found: dict[str, list[str]] = {}
    begins: dict[str, int] = {}
    lines: list[str] = []  # before the first header there is nothing to run
    for number, line in enumerate(text.splitlines(), start=1):
        header = HEADER.fullmatch(line.strip())
        if header is None and re.match(r"\s*#\s*after\b", line, flags=re.I):
            raise ValueError(f"line {number}, {line!r}, should read '# after cell <id>:'")
        if header is None:
            lines.append(line)
            continue
        cell = header[1]
        if cell in found:
            raise ValueError(f"line {number}: cell {cell!r} has a section already, in line {begins[cell] - 1}")
        begins[cell], lines = number + 1, []
        found[cell] = lines
    return [Section(cell, begins[cell], "\n".join(lines)) for cell, lines in found.items()]


def checks_of(notebook: Path) -> Path:
    """Where the checks of a notebook are; not every notebook has some."""
    return FOLDER / f"{notebook.stem}.py"


def insert(notebook: nbformat.NotebookNode, checks: Path) -> None:
    """Put each section behind its cell, as a cell of its own. ValueError where there is no such code cell."""
    after = {section.cell: section for section in sections(checks.read_text(encoding="utf-8"))}
    unknown = after.keys() - {cell.id for cell in notebook.cells if cell.cell_type == "code"}
    if unknown:
        raise ValueError(f"{checks.name} checks cells that the notebook does not have as code: {sorted(unknown)}")
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.id in after:
            cells.append(_cell(after[cell.id], checks))
    notebook.cells = cells


def _cell(section: Section, checks: Path) -> nbformat.NotebookNode:
    there = "\n" * (section.line - 1) + section.source  # so that a traceback shows the line of the file
    return nbformat.v4.new_code_cell(
        f"exec(compile({there!r}, {str(checks)!r}, 'exec'), dict(globals()))", id=f"check-after-{section.cell}"[:64]
    )
