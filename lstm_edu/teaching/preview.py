"""For the student: what the grader would say about the notebook as it is saved."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat

from lstm_edu.teaching.fences import GRADING
from lstm_edu.teaching.grading import grade
from lstm_edu.teaching.tasks import Judged


@dataclass(frozen=True, repr=False)
class Preview:
    """What the grader would say. True if it would give all points. saved: when the file was saved."""

    results: dict[str, Judged]
    saved: str

    def __bool__(self) -> bool:
        return all(self.results.values())

    @property
    def headline(self) -> str:
        """How many answers the grader would call correct."""
        right = sum(map(bool, self.results.values()))
        return f"The grader would call {right} of {len(self.results)} correct (the notebook as saved at {self.saved})."

    def __repr__(self) -> str:
        return "\n\n".join([self.headline, *map(repr, self.results.values())])

    def _repr_html_(self) -> str:
        return f"<p>{self.headline}</p>" + "".join(result._repr_html_() for result in self.results.values())


def as_graded(notebook: str | Path) -> Preview | None:
    """Run a saved notebook as the grader does, and say what it would say. None where the grader itself runs this.

    The notebook runs from its first cell to its last, in a separate process: what was run in this kernel and is no
    longer in the notebook does not count, and neither does what has not been saved.

    Args:
        notebook: the assignment's .ipynb file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a notebook, or not an assignment.
    """
    if os.environ.get(GRADING):
        return None
    path = Path(notebook)
    if not path.is_file():
        raise FileNotFoundError(f"there is no notebook {path} here ({Path.cwd()}): was it renamed?")
    try:
        read = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises what its JSON reader and its validator happen to raise
        raise ValueError(f"{path} is not a Jupyter notebook: {str(error).splitlines()[0]}") from error
    results = grade(read, files=path.parent)
    if not results:
        raise ValueError(f"{path} is not an assignment: it has no cell that is graded")
    return Preview(results, time.strftime("%H:%M:%S", time.localtime(path.stat().st_mtime)))
