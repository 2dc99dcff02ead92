"""Assignments for nbgrader, and the grading of what comes back."""

import copy
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import HANGS

import lstm_edu as le
from lstm_edu.__main__ import main
from lstm_edu.teaching import answering, grade
from lstm_edu.teaching.assignment import instructors_version, solved

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
ARGUMENTS = "x_t, h, c, kernel, recurrent_kernel, bias"
RIGHT = f"""
def lstm_step({ARGUMENTS}):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    c = gate(f) * c + gate(i) * np.tanh(g)
    return gate(o) * np.tanh(c), c
"""
BEFORE = [
    "import numpy as np\nimport a_package_that_nobody_has",
    "%matplotlib inline",
    "HALF = 0.5",
    "def gate(x):\n    return HALF * (1 + np.tanh(HALF * x))",
]


def code(source: str, name: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, id=name)


def lesson() -> nbformat.NotebookNode:
    """A notebook with two exercises, written in two ways."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Compute two things", id="title"),
        code("import numpy as np\nimport lstm_edu as le", "imports"),
        code('def dense(x, kernel, bias):\n    """Returns y."""\n    ...', "dense"),
        code("le.exercises.dense.check(dense)", "dense-check"),
        code("exercise = le.exercises.lstm_step\nexercise.task", "task"),
        code(f"def lstm_step({ARGUMENTS}):\n    ...\n\n\nexercise.check(lstm_step)", "step"),
    ]
    return notebook


# --- one answer -----------------------------------------------------------------------------------------------------


def test_a_right_answer_may_use_what_stands_above_it():
    result = grade("lstm_step", RIGHT, BEFORE)
    assert result.status == "correct", result


def test_what_the_answer_does_not_use_is_not_run():
    assert grade("lstm_step", RIGHT, [*BEFORE, "raise SystemExit", "unused = 1 / 0"]).status == "correct"


def test_a_wrong_answer_gets_the_doctor_s_cause():
    wrong = RIGHT.replace("gate(i) * np.tanh(g)", "gate(g) * np.tanh(i)")
    result = grade("lstm_step", wrong, BEFORE)
    assert (result.status, result.cause) == ("wrong", "gate-order:g,f,i,o")


@pytest.mark.parametrize(
    "source",
    [
        f'def lstm_step({ARGUMENTS}):\n    """Returns h, c."""\n    ...',
        f"def lstm_step({ARGUMENTS}):\n    z = ...\n    return z[0]",
        "pass",
        "def another():\n    return 1",
    ],
)
def test_an_untouched_cell_is_not_attempted(source):
    assert grade("lstm_step", source).status == "not attempted"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("return undefined", "NameError: name 'undefined' is not defined"),
        ("raise KeyError('h')", "KeyError"),
        ("import os; os._exit(0)", "Python ended"),
        ("import sys; sys.exit(0)", "tries to end Python"),
        ("class Own(Exception): pass\n    raise Own('mine')", "Own: mine"),
        ("return np.array([object()]), c", "a ndarray"),
        ("return lambda: 0", "returned a function"),
        ("return h, [1.0]", "(1,); (3, 4)"),
        ("while True: pass", "did not end within 0.5 seconds"),
        ("import os; os.write(1, b'{\"value\": 1}')\n    return 3", "int"),
        ("import os; os.write(3, b'no json\\n')\n    return h, c", "Python ended"),
    ],
)
def test_what_goes_wrong_is_told(line, says):
    result = grade(
        "lstm_step", f"def lstm_step({ARGUMENTS}):\n    {line}", time_limit=0.5 if "did not end" in says else HANGS
    )
    assert result.status == "wrong"
    assert says in result.message


def test_the_learner_s_line_is_shown():
    assert grade("lstm_step", f"def lstm_step({ARGUMENTS}):\n    return undefined").detail == "return undefined"


def test_a_cell_that_python_cannot_read_is_told_and_not_run():
    assert "Python cannot read the cell" in grade("dense", "def dense(x, kernel, bias:\n    return x").message


def test_a_change_of_an_argument_is_seen_across_the_processes():
    answer = "def dense(x, kernel, bias):\n    x += 1\n    return (x - 1) @ kernel + bias"
    assert "changes what it is given (x)" in grade("dense", answer).remark


def test_what_is_printed_is_shown():
    answer = "def dense(x, kernel, bias):\n    print('shape', x.ndim)\n    return x @ kernel + bias"
    assert grade("dense", answer).printed.strip() == "shape 2"


def test_an_answer_cannot_put_another_check_in_the_place_of_ours(tmp_path):
    before = os.getpid()
    answer = textwrap.dedent(f"""
        import lstm_edu.exercises.exercise as module
        from lstm_edu.exercises.result import Result
        import numpy
        module.Exercise.check = lambda *args, **options: Result("dense", "correct", "")
        numpy.array_equal = lambda *args, **options: True
        open({str(tmp_path / "written")!r}, "w").write("x" * 10)

        def dense(x, kernel, bias):
            return x
    """)
    result = grade("dense", answer)
    assert result.status == "wrong"
    assert os.getpid() == before
    if sys.platform == "linux":
        written = tmp_path / "written"
        assert not written.exists() or written.stat().st_size == 0


def test_an_unknown_exercise_is_refused():
    with pytest.raises(ValueError, match="there is no exercise 'dens'"):
        grade("dens", "def dense(x): ...")


@pytest.mark.parametrize("name", le.exercises.names())
def test_every_solution_of_an_exercise_is_graded_correct(name):
    assert grade(name, solved(name)).status == "correct"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_values_come_through_the_wire_unchanged(value):
    came = answering.decode(json.loads(json.dumps(answering.encode(value))))
    assert came == value
    assert type(came) is type(value)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "bool", "complex128", "<U3", ">f8"])
def test_arrays_come_through_the_wire_unchanged(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    came = answering.decode(json.loads(json.dumps(answering.encode(array.T))))
    assert came.dtype == array.dtype
    np.testing.assert_array_equal(came, array.T)


# --- the notebook ---------------------------------------------------------------------------------------------------


def test_the_instructor_s_version_has_solutions_and_marks():
    notebook, points = instructors_version(lesson(), 5)
    assert points == {"dense": 5, "lstm_step": 5}
    marks = [(c.metadata.nbgrader.grade_id, c.metadata.nbgrader.solution) for c in notebook.cells if c.metadata]
    assert marks == [
        ("answer-dense", True),
        ("check-dense", False),
        ("answer-lstm_step", True),
        ("check-lstm_step", False),
    ]
    assert notebook.cells[-1].source == "le.exercises.lstm_step.check(lstm_step)"
    assert "return x @ kernel + bias" in notebook.cells[2].source
    nbformat.validate(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_with_exercises_can_be_an_assignment(path):
    notebook = nbformat.read(path, as_version=4)
    checks = sum(".check(" in c.source and "exercise" in c.source for c in notebook.cells if c.cell_type == "code")
    if not checks:
        pytest.skip("it has no exercise")
    made, points = instructors_version(notebook, 10)
    assert len(points) == checks
    nbformat.validate(made)


def test_a_notebook_without_exercises_is_refused():
    notebook = nbformat.v4.new_notebook(cells=[code("1 + 1", "sum")])
    with pytest.raises(ValueError, match="no exercise to grade"):
        instructors_version(notebook, 10)


def test_two_functions_in_one_cell_are_refused():
    notebook = lesson()
    notebook.cells[2].source += f"\n\n\ndef lstm_step({ARGUMENTS}):\n    ..."
    notebook.cells[-1].source = "exercise.check(lstm_step)"
    with pytest.raises(ValueError, match="in one cell"):
        instructors_version(notebook, 10)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.ipynb"], "there is no notebook nowhere.ipynb"),
        (["{folder}/text.ipynb"], "is not a Jupyter notebook"),
        (["{folder}/text.ipynb", "--points=0"], "points must be a whole number from 1 on, got 0"),
        (["{folder}/text.ipynb", "--pionts=3"], "takes no --pionts=3"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, says, tmp_path):
    (tmp_path / "text.ipynb").write_text("no notebook")
    said = main(["assignment", *(a.format(folder=tmp_path) for a in arguments)])
    assert says in said
    assert "\n" not in said
    assert [p.name for p in tmp_path.iterdir()] == ["text.ipynb"]


# --- nbgrader itself ------------------------------------------------------------------------------------------------


def nbgrader(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=folder, capture_output=True, text=True, timeout=HANGS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_teacher_s_page_discusses_every_exercise(root):
    page = (root / "docs" / "teaching.md").read_text(encoding="utf-8")
    discussed = re.findall(r"^\| `(\w+)` \|", page[page.index("## The exercises") :], flags=re.MULTILINE)
    assert sorted(discussed) == sorted(le.exercises.names())


def test_the_mistakes_of_the_teacher_s_page_are_the_catalogue_s(root):
    page = (root / "docs" / "teaching.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\(`([a-z0-9]+(?:-[a-z0-9]+)+)`", page))
    assert len(named) > 10
    assert named <= {mistake.id.split(":")[0] for mistake in le.mistakes()}


def test_a_class_hands_in_and_is_graded_by_nbgrader(tmp_path, capsys):
    pytest.importorskip("nbgrader")
    nbformat.write(lesson(), tmp_path / "two things.ipynb")
    folder = tmp_path / "class"
    assert main(["assignment", str(tmp_path / "two things.ipynb"), "--folder", str(folder), "--points", "7"]) is None
    assert "dense (7), lstm_step (7)" in capsys.readouterr().out

    name = "two_things"
    released = nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)
    assert "SOLUTION" not in json.dumps(released)
    assert "x @ kernel" not in json.dumps(released)
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in nbformat.read(folder / "source" / name / f"{name}.ipynb", as_version=4).cells
        if "nbgrader" in cell.metadata and cell.metadata.nbgrader.solution
    }
    written = tmp_path / "written"

    def submit(student: str, changes: dict[str, str], first: str | None = None) -> None:
        notebook = copy.deepcopy(released)
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = changes.get(grade_id, cell.source)
        if first is not None:
            notebook.cells[1].source = first
        (folder / "submitted" / student / name).mkdir(parents=True)
        nbformat.write(notebook, folder / "submitted" / student / name / f"{name}.ipynb")

    submit("right", answers)
    order = answers["answer-lstm_step"].replace("z_i, z_f, z_g, z_o", "z_i, z_g, z_f, z_o")
    assert order != answers["answer-lstm_step"]
    submit("wrong", answers | {"answer-lstm_step": order})
    submit("untouched", {})
    submit(
        "malicious",
        {
            "answer-dense": "from lstm_edu.exercises.exercise import Exercise\nExercise.check = lambda *a, **k: 7\n"
            "def dense(x, kernel, bias):\n    return True",
            "check-dense": "7",
            "answer-lstm_step": f"def lstm_step({ARGUMENTS}):\n    import os\n    os._exit(0)",
        },
        first=f"open({str(written)!r}, 'w').write('harm')\nclass Yes:\n    check = lambda *a: 7\n"
        "import lstm_edu as le\nle.exercises.dense = le.exercises.lstm_step = Yes()",
    )
    nbgrader(folder, "autograde", name)
    nbgrader(folder, "export", "--to", "grades.csv")
    rows = [line.split(",") for line in (folder / "grades.csv").read_text().splitlines()]
    column = rows[0].index("score")
    scores = {row[rows[0].index("student_id")]: float(row[column]) for row in rows[1:]}
    assert scores == {"right": 14, "wrong": 7, "untouched": 0, "malicious": 0}
    assert not written.exists()

    nbgrader(folder, "generate_feedback", name)
    feedback = {s: (folder / "feedback" / s / name / f"{name}.html").read_text("utf-8") for s in scores}
    assert "gate-order:i,g,f,o" in feedback["wrong"]
    assert "lstm_step: correct" in feedback["right"]
    assert all(f"{exercise}: not attempted" in feedback["untouched"] for exercise in ("dense", "lstm_step"))
    assert "Python ended" in feedback["malicious"]
