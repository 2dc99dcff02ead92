"""A class hands in, and nbgrader grades it: python -m benchmarks.grading [--notebook 06_lstm_one_step] [--students 30]

Each submission is written in a different way (benchmarks/submissions.py), partly right, partly wrong, partly broken.
Its points at home are what its checks say in a real kernel, cell after cell; nbgrader's are those of its gradebook,
after one `nbgrader autograde` and nothing by hand.
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbclient
import nbformat

from lstm_edu.teaching import fence, make_assignment

from . import machine, submissions
from .markdown import table

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
Notebook = nbformat.NotebookNode


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("--notebook", default="06_lstm_one_step", help="of the course (default: %(default)s)")
    parser.add_argument("--students", type=int, default=30, help="how many hand in (default: %(default)s)")
    options = parser.parse_args(arguments)
    load = machine.load()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "class"
        assignment = make_assignment(NOTEBOOKS / f"{options.notebook}.ipynb", folder, points=1)
        released = nbformat.read(assignment.release, as_version=4)
        handed_in = written(released, list(assignment.exercises), options.students)
        for student, text in handed_in.items():
            path = folder / "submitted" / student / assignment.name / assignment.release.name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
        began = time.perf_counter()
        said = subprocess.run(
            [sys.executable, "-m", "nbgrader", "autograde", assignment.name], cwd=folder, capture_output=True, text=True
        )
        took = time.perf_counter() - began
        given = _points(folder, assignment.name)
        home = {student: at_home(text, folder) for student, text in handed_in.items()}
    rows = [[student, str(home[student]), str(given.get(student, "lost"))] for student in handed_in]
    print(table(["submission", "at home", "nbgrader"], rows))
    same = sum(home[student] == given.get(student) for student in handed_in)
    print(
        f"\n{options.notebook}, {len(assignment.exercises)} exercises: {len(handed_in)} submissions, {len(given)} "
        f"graded, {same} with the points of home; nbgrader ended with {said.returncode}. "
        f"{took / len(handed_in):.1f} s per submission, fence: {fence().name}. {machine.description(load)[0]}"
    )


def _points(folder: Path, name: str) -> dict[str, int]:
    """Each student's points in the gradebook."""
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "export", "--to", "grades.csv"], cwd=folder, check=True, capture_output=True
    )
    with (folder / "grades.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["assignment"] == name]
    graded = {path.parent.parent.name for path in folder.glob(f"autograded/*/{name}/*.ipynb")}
    return {row["student_id"]: int(float(row["score"])) for row in rows if row["student_id"] in graded}


# --- what is handed in ----------------------------------------------------------------------------------------------


def written(released: Notebook, exercises: list[str], students: int) -> dict[str, str]:
    """Student -> the file: one exercise in its own style, the others right, wrong or empty. Some are broken."""
    broken = list(BROKEN.items())[: students // 4]
    styles = [submissions.RIGHT[k % len(submissions.RIGHT)] for k in range(students - len(broken))]
    files = {}
    for k, style in enumerate(styles):
        notebook = copy.deepcopy(released)
        chosen = exercises[k % len(exercises)]
        for j, exercise in enumerate(exercises):
            if exercise == chosen:
                put(notebook, exercise, style.cells(exercise))
            elif (k + j) % 3:  # a third of the others stay empty
                other = submissions.by_name("plain").cells(exercise)
                if (k + j) % 3 == 2:
                    other["answer"] = [
                        re.sub(r"(?m)^    return (my_\w+\(.*\))$", r"    return (\1, 0)", other["answer"][0])
                    ]
                put(notebook, exercise, other)
        files[f"{k:02}: {style.name}".replace("/", "-")] = nbformat.writes(notebook)
    for name, change in broken:
        notebook = copy.deepcopy(released)
        for exercise in exercises:
            put(notebook, exercise, submissions.by_name("plain").cells(exercise))
        files[name] = change(notebook, exercises) or nbformat.writes(notebook)
    return {re.sub(r"[^\w-]+", "_", name).strip("_"): text for name, text in files.items()}


def put(notebook: Notebook, exercise: str, cells: dict[str, list[str]]) -> None:
    """An answer's cells where they belong."""
    answer, check = (place(notebook, f"{kind}-{exercise}") for kind in ("answer", "check"))
    notebook.cells[answer].source = cells["answer"][0]
    for at, where in ((check + 1, "after"), (answer + 1, "below"), (answer, "above")):
        notebook.cells[at:at] = [nbformat.v4.new_code_cell(source) for source in cells[where]]


def place(notebook: Notebook, grade_id: str) -> int:
    return next(k for k, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def _copied(notebook: Notebook, exercises: list[str]) -> None:
    at = place(notebook, f"answer-{exercises[0]}")
    notebook.cells.insert(at, copy.deepcopy(notebook.cells[at]))
    notebook.cells[at].id = "a-copy"


def _deleted(notebook: Notebook, exercises: list[str]) -> None:
    del notebook.cells[place(notebook, f"answer-{exercises[0]}")]


def _syntax(notebook: Notebook, exercises: list[str]) -> None:
    notebook.cells[place(notebook, f"answer-{exercises[-1]}")].source = "def answer(:\n    return"


def _old_marks(notebook: Notebook, exercises: list[str]) -> None:
    notebook.cells[0].metadata["nbgrader"] = {"grade_id": "of another course", "schema_version": 1}


def _raises(notebook: Notebook, exercises: list[str]) -> None:
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import a_package_that_nobody_has"))


BROKEN: dict[str, Any] = {
    "no JSON": lambda notebook, exercises: "{ this is not a notebook",
    "a copied answer": _copied,
    "a deleted answer": _deleted,
    "a syntax error": _syntax,
    "marks of another course": _old_marks,
    "JSON, but no notebook": lambda notebook, exercises: json.dumps({"cells": "none"}),
    "an error in the first cell": _raises,
}


# --- at home --------------------------------------------------------------------------------------------------------


def at_home(text: str, folder: Path) -> int:
    """How many exercises' checks say "correct" in a real kernel. Those who wrote below a check run it once more."""
    try:
        notebook = nbformat.reads(text, as_version=4)
        checks = [c for c in notebook.cells if re.fullmatch(r"le\.exercises\.\w+\.check\(\w+\)", c.source.strip())]
    except Exception:  # what nbformat raises on a file that is not a notebook
        return 0
    again = [nbformat.v4.new_code_cell(cell.source) for cell in checks]
    notebook.cells = [cell for cell in notebook.cells if cell.id != "as-graded"]
    last = max((k for k, cell in enumerate(notebook.cells) if cell in checks), default=0)
    own = [k for k, c in enumerate(notebook.cells) if c.id not in notebook.metadata["lstm_edu"]["cells"]]
    notebook.cells = notebook.cells[: max([last, *own]) + 1] + again
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=600, allow_errors=True, resources=resources).execute()
    return len({cell.source for cell in notebook.cells if cell.cell_type == "code" and _is_correct(cell)})


def _is_correct(cell: Notebook) -> bool:
    shown = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
    return re.match(r"✓ \w+: correct", shown) is not None


if __name__ == "__main__":
    main()
