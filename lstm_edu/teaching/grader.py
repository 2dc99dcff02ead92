"""nbgrader's parts of the grading; imported by nbgrader only (see settings.py)."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Enum, Unicode

from lstm_edu.teaching.fences import AUTO, FENCES, IMAGE, NOT_HELD, Limits, fence
from lstm_edu.teaching.grading import CHECK, OURS, run
from lstm_edu.teaching.tasks import Judged


class Submissions(NotebookExporter):
    """Reads what was handed in so that nothing in it can end the run for the students who come after.

    What cannot be read becomes the notebook that was released, with a note about it. nbgrader's marks are the released
    ones again: of an answer's copies the last keeps it, of a check's the first; a graded cell that is missing is put
    back, below its answer if that is there.
    """

    def from_file(self, file_stream: Any, resources: dict | None = None, **options: Any) -> Any:
        released = self._released(resources or {})
        try:
            notebook = nbformat.read(file_stream, as_version=4)
            if not isinstance(notebook.get("cells"), list):
                raise ValueError("it has no cells")
        except Exception as error:  # nbformat raises what its JSON reader and its validator happen to raise
            if released is None:
                raise
            said = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"
            notebook = unreadable(released, said)
        if released is not None:
            restore(notebook, released)
        return self.from_notebook_node(notebook, resources=resources, **options)

    def _released(self, resources: dict) -> nbformat.NotebookNode | None:
        about = resources.get("nbgrader", {})
        course = CourseDirectory(parent=self)
        folder = course.format_path(course.release_directory, ".", str(about.get("assignment")))
        path = Path(folder) / f"{about.get('notebook')}.ipynb"
        return nbformat.read(path, as_version=4) if path.is_file() else None


def unreadable(released: nbformat.NotebookNode, said: str) -> nbformat.NotebookNode:
    """The released notebook instead of one that cannot be read."""
    text = f"The file that was handed in is not a Jupyter notebook ({said}). It could not be run."
    notebook = copy.deepcopy(released)
    notebook.metadata.setdefault(OURS, {})["unreadable"] = text
    notebook.cells.insert(0, new_markdown_cell(f"**{text}** Below is the assignment as it was handed out."))
    return notebook


def restore(notebook: nbformat.NotebookNode, released: nbformat.NotebookNode) -> None:
    """Put nbgrader's marks, and the graded cells, back as they were released."""
    marked = {c.metadata.nbgrader.grade_id: c for c in released.cells if "nbgrader" in c.metadata}
    at: dict[str, Any] = {}
    for cell in notebook.cells:
        cell.setdefault("metadata", nbformat.NotebookNode())
        mark = cell.metadata.pop("nbgrader", None)
        grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
        if (
            isinstance(grade_id, str)
            and grade_id in marked
            and not (grade_id in at and utils.is_grade(marked[grade_id]))
        ):
            at[grade_id] = cell
    for grade_id, cell in at.items():
        cell.metadata.nbgrader = copy.deepcopy(marked[grade_id].metadata.nbgrader)
    before: Any = None  # the marked cell before this one, where it is now
    for grade_id, cell in marked.items():
        if grade_id not in at and utils.is_grade(cell):
            at[grade_id] = copy.deepcopy(cell)
            place = 1 + next((k for k, c in enumerate(notebook.cells) if c is before), len(notebook.cells) - 1)
            notebook.cells.insert(place, at[grade_id])
        before = at.get(grade_id, before)


class GradeExercises(NbGraderPreprocessor):
    """Runs the notebook behind a fence and writes under each check what it found: full points if correct, else none."""

    fence = Enum(FENCES, AUTO, help="How the process that runs a submission is kept from everything else").tag(
        config=True
    )
    image = Unicode(IMAGE, help="The image of the container, for docker and podman").tag(config=True)
    limits = Dict(help="What a submission may use, see lstm_edu.teaching.Limits").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        chosen = fence(self.fence, self.image)
        if chosen.held:
            self.log.info("What was handed in runs behind the fence %s", chosen.name)
        else:
            self.log.warning("There is no fence: %s", NOT_HELD)
        files = resources.get("metadata", {}).get("path") or None
        done = run(nb, files=files, fence=chosen, limits=Limits(**self.limits))
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        for index, cell in enumerate(cells):
            if utils.is_grade(cell):
                result = done.results.get(cell.metadata.nbgrader.grade_id.removeprefix(CHECK))
                cell.outputs = _told(result) if result is not None else _stopped(done.stop(index))
        return nb, resources


def _told(result: Judged) -> list[Any]:
    """The card, and an error where there are no points: that is how nbgrader knows."""
    card = new_output("display_data", data={"text/plain": repr(result), "text/html": result._repr_html_()})
    return [card] if result else [card, _error(result.status, "")]


def _stopped(why: str) -> list[Any]:
    """Of a graded cell that is not one of our checks: it was run with the others."""
    return [_error("stopped", why)] if why else []


def _error(name: str, text: str) -> Any:
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}" if text else name])
