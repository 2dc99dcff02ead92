"""A notebook of the course as an assignment: the instructor's version, from which nbgrader makes the student's."""

from __future__ import annotations

import ast
import copy
import importlib.util
import inspect
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import nbformat

from lstm_edu import clinic, exercises
from lstm_edu.clinic.patients import WORDS, opened
from lstm_edu.teaching import tasks
from lstm_edu.teaching.grading import OURS

_SETTINGS = '''"""nbgrader's settings for this folder, written by `python -m lstm_edu assignment`; yours to change."""

from lstm_edu.teaching import configure

c = get_config()  # noqa: F821  nbgrader provides it
configure(c)
'''


@dataclass(frozen=True)
class Assignment:
    """What was made. source: the instructor's notebook. release: the student's. exercises: name -> points; a patient of
    the clinic is "patient_3"."""

    name: str
    folder: Path
    source: Path
    release: Path
    exercises: dict[str, int]


def make_assignment(notebook: str | Path, folder: str | Path = "assignments", points: int = 10) -> Assignment:
    """Make an instructor's and a student's version of a notebook, for nbgrader.

    Each `le.exercises.NAME.check(function)` in the notebook becomes a cell that is graded, worth `points`; the cell
    that defines the function becomes the answer, with the solution in the instructor's version and a gap in the
    student's. So does each `le.clinic.case(3).answer("?")` that is a cell by itself: the diagnosis has a cell of its
    own, which only the instructor's version knows.
    Everything else stays as it is.

    Args:
        notebook: the .ipynb file. Its name becomes the assignment's.
        folder: nbgrader's course folder; made if there is none. An existing assignment of this name is made again; what
            students have handed in is not touched.
        points: for each exercise, 1 or more.

    Raises:
        FileNotFoundError: there is no such notebook.
        ValueError: it is not a notebook, or has no exercise; points below 1.
        ImportError: nbgrader is not installed.
        RuntimeError: nbgrader refused the notebook; the text is nbgrader's.
    """
    path, folder = Path(notebook), Path(folder)
    if isinstance(points, bool) or not isinstance(points, int) or points < 1:
        raise ValueError(f"points must be a whole number from 1 on, got {points!r}")
    if not path.is_file():
        raise FileNotFoundError(f"there is no notebook {path}")
    if importlib.util.find_spec("nbgrader") is None:
        raise ImportError(f'assignments need nbgrader: "{sys.executable}" -m pip install nbgrader')
    name = re.sub(r"[^\w-]+", "_", path.stem)  # nbgrader does not allow + in it
    instructors, found = instructors_version(_read(path), points, f"{name}.ipynb")
    source = folder / "source" / name / f"{name}.ipynb"
    source.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(instructors, source)
    settings = folder / "nbgrader_config.py"
    if not settings.exists():
        settings.write_text(_SETTINGS, encoding="utf-8")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--force"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"nbgrader could not make the student's version of {path.name}:\n{done.stderr.strip()}")
    return Assignment(name, folder, source, folder / "release" / name / f"{name}.ipynb", found)


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises what its JSON reader and its validator happen to raise
        raise ValueError(f"{path} is not a Jupyter notebook: {str(error).splitlines()[0]}") from error


def instructors_version(
    notebook: nbformat.NotebookNode, points: int, called: str = "the notebook"
) -> tuple[nbformat.NotebookNode, dict[str, int]]:
    """(the notebook with solutions and nbgrader's marks, {exercise: points}). ValueError if it has no exercise."""
    notebook = copy.deepcopy(notebook)
    checks = _checks(notebook.cells)
    if not checks:
        raise ValueError(
            f"{called} has no exercise to grade: an exercise is a cell with le.exercises.NAME.check(function), and the "
            'function is defined in that cell or above it; or a cell with le.clinic.case(NUMBER).answer("?")'
        )
    for k, check in reversed(list(enumerate(checks))):
        _mark(notebook.cells, check, points, places=[c.answer for c in checks[:k]])
    notebook.metadata["celltoolbar"] = "Create Assignment"
    notebook.cells += _what_the_grader_would_say(Path(called).name)
    notebook.metadata[OURS] = {"cells": [cell.id for cell in notebook.cells]}  # the others will be the learner's own
    return notebook, {check.exercise: points for check in checks}


# --- finding the exercises ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Check:
    """A call `le.exercises.NAME.check(function)`, or `le.clinic.case(NUMBER).answer("?")`: in which cell it is, and
    which cell defines the answer."""

    exercise: str
    function: str
    cell: int
    answer: int


def _checks(cells: list[Any]) -> list[_Check]:
    found: dict[str, _Check] = {}
    aliases: dict[str, str] = {}
    defined: dict[str, int] = {}
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a line of IPython's
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                defined[node.name] = index
            if isinstance(node, ast.Assign) and (name := _task(node.value, aliases)):
                aliases |= {target.id: name for target in node.targets if isinstance(target, ast.Name)}
            if len(tree.body) == 1 and (name := _diagnosed(node, aliases)):
                found.setdefault(name, _Check(name, tasks.answer_name(name), index, index))
            for call in ast.walk(node):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr == "check"
                    and (name := _task(call.func.value, aliases))
                    and len(call.args) == 1
                    and isinstance(call.args[0], ast.Name)
                    and call.args[0].id in defined
                ):
                    function = call.args[0].id
                    found.setdefault(name, _Check(name, function, index, defined[function]))
    return list(found.values())


def _diagnosed(node: ast.stmt, aliases: dict[str, str]) -> str | None:
    """The patient whose diagnosis a statement asks for: `le.clinic.case(3).answer("?")`."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "answer":
        return None
    texts = all(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in call.args)
    return _task(call.func.value, aliases) if texts else None


def _task(node: ast.expr, aliases: dict[str, str]) -> str | None:
    """The exercise or the patient that an expression names: le.exercises.NAME, le.exercises.get("NAME"),
    le.clinic.case(3), or a variable set to one."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    text = ast.unparse(node)
    if match := re.fullmatch(r"(?:\w+\.)?clinic\.case\((\d+)\)", text):
        name = tasks.name_of(int(match[1]))
    else:
        match = re.fullmatch(r"(?:\w+\.)?exercises\.(?:get\('(\w+)'\)|(\w+))", text)
        name = (match[1] or match[2]) if match else ""
    return name if tasks.known(name) else None


# --- nbgrader's marks -----------------------------------------------------------------------------------------------


def _mark(cells: list[Any], check: _Check, points: int, places: list[int]) -> None:
    """Make the function's cell an answer, and the check a graded cell after it."""
    answer, checking = cells[check.answer], cells[check.cell]
    if check.answer == check.cell:
        checking = nbformat.v4.new_code_cell("", id=f"{answer.id}-check"[-64:])
        cells.insert(check.cell + 1, checking)
    if check.answer in places:
        raise ValueError(f"two exercises have their functions in one cell ({check.exercise} is one): give each its own")
    answer.source = solved(check.exercise, check.function)
    checking.source = tasks.check_source(check.exercise, check.function)
    common = {"schema_version": 3, "cell_type": "code"}
    answer.metadata["nbgrader"] = common | {
        "grade": False,
        "solution": True,
        "locked": False,
        "task": False,
        "grade_id": f"answer-{check.exercise}",
    }
    checking.metadata["nbgrader"] = common | {
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "grade_id": f"check-{check.exercise}",
        "points": points,
    }
    for cell in (answer, checking):
        cell.outputs, cell.execution_count = [], None


def solved(exercise: str, function: str | None = None) -> str:
    """The task's function with the solution in it, between the lines that tell nbgrader what to take out."""
    if (number := tasks.patient_of(exercise)) is not None:
        return _diagnosis(number, function or tasks.answer_name(exercise))
    task = exercises.get(exercise)
    *helpers, last = [textwrap.dedent(inspect.getsource(f)) for f in task.answer]
    definition = cast(ast.FunctionDef, ast.parse(last).body[0])
    first = next(n for k, n in enumerate(definition.body) if k or not _is_docstring(n))
    body = textwrap.dedent("\n".join(last.splitlines()[first.lineno - 1 :]))
    inside = "\n\n".join([*(h.rstrip() for h in helpers), body.rstrip()])
    head, _, rest = task.task.skeleton.partition("(")
    docstring = rest.rstrip().removesuffix("...").rstrip()
    lines = f"### BEGIN SOLUTION\n{inside}\n### END SOLUTION"
    name = function or head.removeprefix("def ")
    return f"def {name}({docstring}\n{textwrap.indent(lines, '    ')}"


def _diagnosis(number: int, name: str) -> str:
    """The cell with a patient's diagnosis, as `solved`."""
    patient, right = clinic.case(number), {WORDS[mistake_id] for mistake_id in opened(number).ids}
    letters = ", ".join(f'"{letter}"' for letter, words in patient.choices.items() if words in right)
    hint = 'a letter in quotes, such as "A"' if patient.mistakes == 1 else 'two letters in quotes, such as "A", "B"'
    return f"{name} = (\n    ### BEGIN SOLUTION\n    {letters}\n    ### END SOLUTION\n)  # instead of the dots: {hint}"


def _what_the_grader_would_say(file: str) -> list[Any]:
    text = (
        "## Before you hand it in\n\nSave the notebook (Ctrl + S). Then the next cell says what the grader would say."
    )
    code = f'from lstm_edu.teaching import as_graded\n\nas_graded("{file}")'
    return [
        nbformat.v4.new_markdown_cell(text, id="as-graded-text"),
        nbformat.v4.new_code_cell(code, id="as-graded"),
    ]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
