"""Assignments for nbgrader, and the grading of what comes back."""

import copy
import html
import json
import os
import re
import shutil
import socket
import subprocess
import symtable
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import HANGS, tries

import lstm_edu as le
from benchmarks import submissions
from lstm_edu.__main__ import main
from lstm_edu.clinic.patients import WORDS, opened
from lstm_edu.exercises.result import Result
from lstm_edu.teaching import Limits, as_graded, fence, grade, tasks, wire
from lstm_edu.teaching.assignment import instructors_version, solved
from lstm_edu.teaching.fences import BUBBLEWRAP, DOCKER, FENCES, GRADING, IMAGE, NONE, PODMAN, Fence
from lstm_edu.teaching.grading import run

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("[0-9]*.ipynb"))
ARGUMENTS = "x_t, h, c, kernel, recurrent_kernel, bias"
HEAD = "import numpy as np\nimport lstm_edu as le"
DENSE = "def dense(x, kernel, bias):\n    return x @ kernel + bias"


def code(source: str, name: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, id=name)


def lesson() -> nbformat.NotebookNode:
    """A notebook with two exercises, written in two ways."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Compute two things", id="title"),
        code(HEAD, "imports"),
        code('def dense(x, kernel, bias):\n    """Returns y."""\n    ...', "dense"),
        code("le.exercises.dense.check(dense)", "dense-check"),
        code("exercise = le.exercises.lstm_step\nexercise.task", "task"),
        code(f"def lstm_step({ARGUMENTS}):\n    ...\n\n\nexercise.check(lstm_step)", "step"),
    ]
    return notebook


def assignment(*exercises: str) -> nbformat.NotebookNode:
    """The assignment of a notebook that has these exercises and nothing else, as students get it."""
    cells = [code(HEAD, "imports")]
    for name in exercises:
        if (number := tasks.patient_of(name)) is not None:
            cells.append(code(f"le.clinic.case({number}).answer('?')", f"patient-{number}"))
            continue
        function = le.exercises.get(name).answer[-1].__name__
        cells.append(code(le.exercises.get(name).task.skeleton, f"{name.replace('_', '-')}-answer"))
        cells.append(code(f"le.exercises.{name}.check({function})", f"{name.replace('_', '-')}-check"))
    notebook = nbformat.v4.new_notebook(cells=cells)
    return instructors_version(notebook, 10)[0]


def marked(notebook: nbformat.NotebookNode, grade_id: str) -> int:
    return next(k for k, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def handed_in(**answers: str | list[str]) -> nbformat.NotebookNode:
    """An assignment of these exercises with these answers: each a cell, or a list that ends in the answer's."""
    notebook = assignment(*answers)
    for name, written in answers.items():
        *above, answer = [written] if isinstance(written, str) else written
        k = marked(notebook, f"answer-{name}")
        notebook.cells[k].source = answer
        notebook.cells[k:k] = [nbformat.v4.new_code_cell(source) for source in above]
    return notebook


def graded(limits: Limits | None = None, **answers: str | list[str]) -> dict[str, Result]:
    return grade(handed_in(**answers), fence=Fence(NONE), limits=limits)


# --- as at home -----------------------------------------------------------------------------------------------------

STYLES = dict(zip((style.name for style in submissions.RIGHT), le.exercises.names(), strict=False))
BELOW_ITS_CHECK = "a new cell below the check"


@pytest.fixture(scope="module")
def in_every_style() -> nbformat.NotebookNode:
    """One notebook, and in each of its exercises another way of writing a right answer."""
    notebook = assignment(*STYLES.values())
    for style, exercise in STYLES.items():
        written = submissions.by_name(style).cells(exercise)
        k = marked(notebook, f"answer-{exercise}")
        notebook.cells[k].source = written["answer"][0]
        for at, place in ((k + 2, "after"), (k + 1, "below"), (k, "above")):
            notebook.cells[at:at] = [nbformat.v4.new_code_cell(source) for source in written[place]]
    return notebook


@pytest.fixture(scope="module")
def styles_graded(in_every_style):
    return grade(in_every_style)


@pytest.fixture(scope="module")
def styles_at_home(in_every_style, tmp_path_factory):
    """What the checks said in a real kernel, cell by cell: exercise -> the last check's text."""
    nbclient = pytest.importorskip("nbclient")
    notebook = copy.deepcopy(in_every_style)
    again = notebook.cells[marked(notebook, f"check-{STYLES[BELOW_ITS_CHECK]}")]  # who writes below it runs it again
    notebook.cells = [c for c in notebook.cells if c.id != "as-graded"] + [copy.deepcopy(again)]
    folder = tmp_path_factory.mktemp("home")
    nbclient.NotebookClient(
        notebook, timeout=HANGS, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    ).execute()
    said = {}
    for cell in notebook.cells:
        if asked := re.fullmatch(r"le\.exercises\.(\w+)\.check\(\w+\)", cell.get("source", "").strip()):
            said[asked[1]] = "".join(o.get("data", {}).get("text/plain", "") for o in cell.outputs)
    return said


@pytest.mark.parametrize("style", STYLES)
def test_what_is_correct_at_home_gets_its_points(style, styles_graded, styles_at_home):
    exercise = STYLES[style]
    assert styles_at_home[exercise].startswith(f"✓ {exercise}: correct")
    assert styles_graded[exercise].status == "correct", styles_graded[exercise]


def test_the_styles_are_all_tried():
    assert len(STYLES) == len(submissions.RIGHT)


def test_an_answer_may_use_keras():
    answer = "import keras\n\n\ndef dense(x, kernel, bias):\n    return np.asarray(keras.ops.matmul(x, kernel) + bias)"
    result = grade(handed_in(dense=answer))["dense"]
    assert result.status == "correct", result
    assert any("For the teacher: the answer calls a library" in note and "keras" in note for note in result.notes)


def test_what_was_found_below_its_check_is_said(styles_graded):
    assert any("found below its check" in note for note in styles_graded[STYLES[BELOW_ITS_CHECK]].notes)


def test_a_cell_above_that_raises_is_named(styles_graded):
    notes = styles_graded[STYLES["an error in a cell above"]].notes
    assert any("`1 / 0` stopped: ZeroDivisionError" in note or "So did" in note for note in notes), notes


def test_a_file_next_to_the_notebook_is_there(tmp_path):
    (tmp_path / "helpers.py").write_text(f"import numpy as np\n\n\n{DENSE}\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one.txt").write_text("1")
    answer = "from helpers import dense\n\nassert open('data/one.txt').read() == '1'"
    notebook = handed_in(dense=answer)
    assert grade(notebook, files=tmp_path)["dense"].status == "correct"
    assert "No module named 'helpers'" in grade(notebook, fence=Fence(NONE))["dense"].message


@pytest.mark.notebooks
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_solution_is_graded_correct_below_the_cells_that_are_above_it(path):
    """As the course has them: the solution in the answer's cell, and all else as it is. No cell raises."""
    notebook = nbformat.read(path, as_version=4)
    try:
        made, points = instructors_version(notebook, 10)
    except ValueError:
        pytest.skip("it has no exercise")
    done = run(made)
    assert done.results.keys() == points.keys() and all(done.results.values()), done.results
    assert not done.stopped
    assert not done.ended


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_course_s_own_cells_answer_no_exercise(path):
    """Nobody gets points for a notebook as it is given out: none of its cells binds an answer's name."""
    notebook = nbformat.read(path, as_version=4)
    try:
        made, points = instructors_version(notebook, 10)
    except ValueError:
        pytest.skip("it has no exercise")
    names = set(map(tasks.answer_name, points))
    for cell in made.cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("solution"):
            symbols = symtable.symtable(cell.source, path.name, "exec").get_symbols()
            bound = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
            assert not bound & names, cell.source


# --- what goes wrong ------------------------------------------------------------------------------------------------

WRONG = {
    "dense": ("def dense(x, kernel, bias:\n    return x", "cannot be read by Python", "line 1: def dense"),
    "ink": ("def ink(image):\n    return undefined", "NameError: name 'undefined' is not defined", "return undefined"),
    "memory": ("def memory(values, keep):\n    raise KeyError('h')", "KeyError", "raise KeyError"),
    "sigmoid": ("def sigmoid(x):\n    import sys; sys.exit(0)", "tries to end Python", ""),
    "labels": ("def labels(z, names):\n    class Own(Exception): pass\n    raise Own('mine')", "Own: mine", ""),
    "shares": ("def shares(samples, classes):\n    return lambda: 0", "returned a function", ""),
    "crossentropy": ("import nothing_of_that_name", "ModuleNotFoundError", "import nothing"),
    "masked_mean": ("def masked_mean(vectors, mask):\n    return np.array([object()])", "dtype object", ""),
    "hard_sigmoid": (
        "def hard_sigmoid(x):\n    import os; os.write(1, b'{\"value\": 1}')\n    return 'text'",
        "str",
        "",
    ),
    "forget_path": ("forget_path = 3", "check takes the function itself", ""),
    "dense_gradient": ("pass", "No cell above the check defines dense_gradient", ""),
}


@pytest.fixture(scope="module")
def wrong_answers():
    return graded(**{name: answer for name, (answer, *_) in WRONG.items()})


@pytest.mark.parametrize("exercise", WRONG)
def test_what_goes_wrong_is_told(exercise, wrong_answers):
    _, says, line = WRONG[exercise]
    result = wrong_answers[exercise]
    assert result.status == ("not attempted" if "No cell" in says else "wrong")
    assert says in result.message
    assert line in result.detail


LIMITED = {
    "dense": ("def dense(x, kernel, bias):\n    while True: pass", "loop that never ends"),
    "ink": (
        "def ink(image):\n    kept = []\n    while True: kept.append(np.ones(2**18))",
        "needs more memory than there is",
    ),
    "memory": ("def memory(values, keep):\n    import os; os._exit(0)", "Python ended"),
    "sigmoid": ("def sigmoid(x):\n    while True: print('again and again')", "more characters by then"),
    "labels": ("def labels(z, names):\n    return np.ones(10**11)", "needs more memory than there is"),
    "crossentropy": ("while True: pass", "did not end within"),
    "shares": ("import os\nos._exit(0)\n\n\ndef shares(): pass", "Python ended"),
    "masked_mean": ("while True: print('masked_mean')", "prints more than"),
    "hard_sigmoid": ("def hard_sigmoid(x):\n    return np.clip(x / 6 + 0.5, 0, 1)", "Right"),
}


@pytest.fixture(scope="module")
def limited():
    limits = Limits(call=5, cell=8, memory=1 << 30, output=100_000)
    return graded(limits, **{name: answer for name, (answer, _) in LIMITED.items()})


@pytest.mark.parametrize("exercise", LIMITED)
def test_limits_are_told_apart_and_the_rest_is_graded(exercise, limited):
    result = limited[exercise]
    assert result.status == ("correct" if exercise == "hard_sigmoid" else "wrong")
    assert LIMITED[exercise][1] in result.message, result


def test_a_memory_that_grows_until_the_time_is_up_is_no_endless_loop():
    grows = (
        "import time\ndef dense(x, kernel, bias):\n    kept = [np.ones(220 * 2**20)]\n    while True: time.sleep(0.1)"
    )
    result = graded(Limits(call=30), dense=grows)["dense"]  # 1.7 GiB
    assert re.search(r"its memory had grown by 1\.\d GiB", result.message)
    assert "loop" not in result.message


def test_a_wrong_answer_gets_the_doctor_s_cause():
    answer = solved("lstm_step").replace("z_i, z_f, z_g, z_o", "z_g, z_f, z_i, z_o")
    assert answer != solved("lstm_step")
    result = graded(lstm_step=answer)["lstm_step"]
    assert (result.status, result.cause) == ("wrong", "gate-order:g,f,i,o")


def test_an_untouched_notebook_is_not_attempted():
    results = grade(assignment("dense", "lstm_step", "labels"), fence=Fence(NONE))
    assert {r.status for r in results.values()} == {"correct"}  # the instructor's
    untouched = assignment("dense", "lstm_step", "labels")
    for name in ("dense", "lstm_step", "labels"):
        untouched.cells[marked(untouched, f"answer-{name}")].source = le.exercises.get(name).task.skeleton
    assert {r.status for r in grade(untouched, fence=Fence(NONE)).values()} == {"not attempted"}


def test_a_change_of_an_argument_is_seen_across_the_processes():
    answer = "def dense(x, kernel, bias):\n    x += 1\n    return (x - 1) @ kernel + bias"
    assert "changes what it is given (x)" in graded(dense=answer)["dense"].remark


def test_what_is_printed_is_shown():
    answer = "def dense(x, kernel, bias):\n    print('shape', x.ndim)\n    return x @ kernel + bias"
    assert graded(dense=answer)["dense"].printed.strip() == "shape 2"


def test_an_answer_cannot_put_another_check_in_the_place_of_ours():
    before = os.getpid()
    answer = """
        import lstm_edu.exercises.exercise as module
        from lstm_edu.exercises.result import Result
        import numpy
        module.Exercise.check = lambda *args, **options: Result("dense", "correct", "")
        numpy.array_equal = lambda *args, **options: True

        def dense(x, kernel, bias):
            return x
    """
    assert graded(dense=answer)["dense"].status == "wrong"
    assert os.getpid() == before


# --- for the teacher ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (f"def lstm_step({ARGUMENTS}):\n    s = le.lstm_step({ARGUMENTS})\n    return s.h, s.c", "lstm_edu: lstm_step"),
        ("lstm_step = le.exercises.lstm_step.solution().function", "a function of lstm_edu itself"),
        ("print(le.exercises.lstm_step.solution())\n" + solved("lstm_step"), "shows the solution"),
    ],
)
def test_an_answer_that_is_not_one_s_own_is_noted_for_the_teacher(answer, says):
    result = graded(lstm_step=answer)["lstm_step"]
    assert result.status == "correct"
    assert any("For the teacher" in note and says in note for note in result.notes), result.notes


def test_the_solution_word_for_word_is_noted_and_another_way_is_not():
    copied = "# mine\n" + solved("split_kernel")
    theirs = "def split_kernel(kernel, units):\n    return tuple(np.split(kernel, 4, axis=-1))"
    results = graded(split_kernel=copied, dense=DENSE)
    assert any("word for word" in note for note in results["split_kernel"].notes)
    assert not results["dense"].notes  # one line: everybody's
    assert not graded(split_kernel=theirs)["split_kernel"].notes


def test_an_answer_below_its_check_is_found_although_another_ends_python():
    notebook = handed_in(dense="pass", ink="def ink(image):\n    import os; os._exit(0)")
    notebook.cells[-2:] = [nbformat.v4.new_code_cell(DENSE)]
    results = grade(notebook, fence=Fence(NONE))
    assert (results["dense"].status, results["ink"].status) == ("correct", "wrong")


def test_what_no_far_end_of_ours_says_ends_no_class(monkeypatch):
    """An answer that finds the way to the judge's ear, and says what makes no sense."""
    answer = """import os
for k in range(3, 30):
    try:
        os.write(k, b'{"check": 3}\\n')
    except OSError:
        pass"""
    result = graded(dense=answer)["dense"]
    assert result.status == "wrong"
    assert "cannot be read" in result.message


# --- patients of the clinic -----------------------------------------------------------------------------------------

FROM_THE_FIRST_STATE = """
layer = le.clinic.case(5).layer


def diagnosis_5(x, initial_state=None):
    steps = [layer(x[:, t : t + 1], initial_state=initial_state) for t in range(x.shape[1])]
    return np.concatenate(steps, axis=1)
"""
DIAGNOSES = {  # the answer's cell, the status, and what is said
    "patient_1": ("diagnosis_1 = {letters}  # strong outputs", "found", "You found it."),
    "patient_2": ("diagnosis_2 = 'bias-missing'", "not yet", "Look at sequence 0, timestep 3"),
    "patient_3": (
        "W, b = le.clinic.case(3).layer.get_weights()\ndiagnosis_3 = lambda x: x @ W + 2 * b",
        "found",
        "Your function gives the same numbers",
    ),
    "patient_16": ("diagnosis_16 = lambda x: le.clinic.case(16).function(x)", "not yet", "That is the patient itself."),
    "patient_4": ("diagnosis_4 = (\n    ...\n)  # later", "no answer yet", "in quotes, instead of the dots"),
    "patient_5": (FROM_THE_FIRST_STATE, "found", "Your function gives the same numbers"),
    "patient_6": ("diagnosis_6 = (\n    'A'", "not judged", "cannot be read by Python"),
    "patient_7": ("diagnosis_7 = lambda x: 1 / 0", "not understood", "ZeroDivisionError"),
    "patient_8": ("le.clinic.case(8).solution()\ndiagnosis_8 = {letters}", "found", "the notebook shows the solution"),
    "patient_10": ("def diagnosis_10(x):\n    while True:\n        pass", "not judged", "loop that never ends"),
    "patient_11": ("diagnosis_11 = 3", "not understood", "got int"),
    "patient_13": (
        "p = le.clinic.case(13)\ndiagnosis_13 = le.diagnose(p.output, p.layer, p.x, progress=False)",
        "found",
        "For the teacher: the diagnosis is what le.diagnose returned.",
    ),
    "patient_14": ("pass", "no answer yet", "No cell above the check defines diagnosis_14"),
    "patient_15": ("diagnosis_15 = {letters}", "found", "You found both."),
    "patient_12": ("diagnosis_12 = '?'", "no answer yet", "between the quotes"),
    "patient_9": ("diagnosis_9 = {letter}", "found", "You found it."),
}


def letters_of(name):
    patient = le.clinic.case(tasks.patient_of(name))
    right = [WORDS[mistake_id] for mistake_id in opened(patient.number).ids]
    return [letter for letter, words in patient.choices.items() if words in right]


@pytest.fixture(scope="module")
def diagnosed():
    answers = {}
    for name, (answer, *_) in DIAGNOSES.items():
        letters = list(map(repr, letters_of(name)))
        answers[name] = answer.replace("{letters}", ", ".join(letters)).replace("{letter}", letters[0])
    return graded(Limits(call=5), **answers)


@pytest.mark.parametrize("name", DIAGNOSES)
def test_a_diagnosis_is_graded_as_the_card_says(name, diagnosed):
    _, status, says = DIAGNOSES[name]
    card = diagnosed[name]
    assert card.status == status and bool(card) == (status == "found"), card
    assert says in repr(card) and "le.exercises" not in repr(card)
    assert html.escape(says) in card._repr_html_()


def test_the_patient_s_own_code_is_no_answer():
    card = graded(patient_3="diagnosis_3 = le.clinic.case(3).function")["patient_3"]
    assert not card and "That is the patient itself." in card.message


def test_one_of_two_mistakes_gets_no_points_and_is_told():
    card = graded(patient_16=f"diagnosis_16 = {letters_of('patient_16')[0]!r}")["patient_16"]
    assert not card and "That is one of the two." in card.message


def test_a_cell_that_raises_is_named_where_it_matters():
    step = solved("lstm_step").replace("z_i, z_f, z_g, z_o", "z_i, z_g, z_f, z_o")
    broken = "def sigmoid(x:\n    return x"
    results = graded(sigmoid=broken, dense=DENSE.replace(" + bias", ""), lstm_step=step)
    assert "cannot be read by Python" in results["sigmoid"].message and not results["sigmoid"].notes
    assert not results["dense"].notes
    assert any("`def sigmoid(x:` cannot be read" in note for note in results["lstm_step"].notes), results["lstm_step"]


def test_a_card_of_the_grader_asks_nobody_to_run_a_cell():
    untouched = le.exercises.dense.task.skeleton
    card = graded(dense=untouched)["dense"]
    assert card.status == "not attempted" and "Shift" not in card.message
    assert "Shift" in le.exercises.dense.check(None).message


def test_a_diagnosis_gets_a_cell_of_its_own_in_an_assignment():
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        code(HEAD, "imports"),
        code("patient = le.clinic.case(4)\npatient", "one"),
        code('patient.answer("?")  # a letter instead of the question mark', "one-answer"),
        code("def mine(x):\n    return x\n\n\npatient.answer(mine)", "proof"),
        code("le.clinic.case(15)", "two"),
        code('le.clinic.case(15).answer("?", "?")', "two-answer"),
    ]
    made, points = instructors_version(notebook, 4)
    assert points == {"patient_4": 4, "patient_15": 4}
    for name, answer in (("patient_4", "diagnosis_4"), ("patient_15", "diagnosis_15")):
        cell = made.cells[marked(made, f"answer-{name}")]
        exec(cell.source, names := {})
        assert names[answer] == (letters_of(name)[0] if name == "patient_4" else tuple(letters_of(name)))
        assert made.cells[marked(made, f"check-{name}")].source == f"le.clinic.case({name[8:]}).answer({answer})"
    assert "patient.answer(mine)" in made.cells[4].source and not made.cells[4].metadata
    nbformat.validate(made)


# --- the student's own look at it -----------------------------------------------------------------------------------


def test_the_assignment_s_last_cell_says_what_the_grader_would_say(tmp_path, monkeypatch):
    notebook = handed_in(dense=DENSE, ink="def ink(image):\n    return image")
    assert 'as_graded("' in notebook.cells[-1].source
    name = re.search(r'as_graded\("(.+)"\)', notebook.cells[-1].source)[1]
    nbformat.write(notebook, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(notebook.cells[-1].source.replace("\nas_graded", "\nsaid = as_graded"), names)
    said = names["said"]
    assert "would call 1 of 2 correct" in repr(said)
    assert "dense: correct" in repr(said)
    assert "ink: wrong" in said._repr_html_()
    assert not said


def test_the_grader_does_not_grade_within_the_grading(monkeypatch):
    monkeypatch.setenv(GRADING, "1")
    assert as_graded("nowhere.ipynb") is None


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (None, FileNotFoundError, "was it renamed"),
        ("no json", ValueError, "is not a Jupyter notebook"),
        ("", ValueError, "not an assignment"),
    ],
)
def test_what_cannot_be_graded_is_refused(content, kind, says, tmp_path):
    path = tmp_path / "one.ipynb"
    if content == "":
        nbformat.write(lesson(), path)
    elif content is not None:
        path.write_text(content)
    with pytest.raises(kind, match=says):
        as_graded(path)


# --- the fence ------------------------------------------------------------------------------------------------------


def has_bubblewrap() -> bool:
    try:
        return fence(BUBBLEWRAP).held
    except RuntimeError:
        return False


def has_image(program: str) -> bool:
    command = [program, "image", "inspect", IMAGE]
    return shutil.which(program) is not None and subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def probes(tmp_path):
    """A notebook whose answer tries to get out, and where its traces would be: harmless, all in this test."""
    instructors = tmp_path / "instructors"
    instructors.mkdir()
    (instructors / "gradebook.db").write_text("grades")
    server = socket.create_server(("127.0.0.1", 0))
    port, sign = server.getsockname()[1], f"left_behind_{os.getpid()}"
    tried = f"""
import os, pathlib, socket, subprocess, sys
out = []
def attempt(what, do):
    try:
        do(); out.append(what)
    except Exception:
        pass
attempt("read", lambda: pathlib.Path({str(instructors / "gradebook.db")!r}).read_text())
attempt("write", lambda: pathlib.Path({str(instructors / "gradebook.db")!r}).write_text("changed"))
attempt("touch", lambda: pathlib.Path({str(tmp_path / "touched")!r}).touch())
attempt("connect", lambda: socket.create_connection(("127.0.0.1", {port}), timeout=5).close())
attempt("signal", lambda: os.kill({os.getpid()}, 0))
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", {sign!r}], start_new_session=True)

def ink(image):
    raise RuntimeError(" ".join(out) or "nothing")
"""
    yield handed_in(ink=tried), tmp_path, sign
    server.close()


def running(sign: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if sign.encode() in command:
            found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("name", [BUBBLEWRAP, DOCKER, PODMAN])
def test_an_answer_behind_a_fence_reaches_nothing_and_nothing_outlives_it(name, probes):
    if name == BUBBLEWRAP and not has_bubblewrap():
        pytest.skip("bubblewrap does not work here")
    if name != BUBBLEWRAP and not has_image(name):
        pytest.skip(f"{name} has no image {IMAGE} here")
    notebook, folder, sign = probes
    result = grade(notebook, fence=fence(name))["ink"]
    assert "RuntimeError: nothing" in result.message, result
    assert (folder / "instructors" / "gradebook.db").read_text() == "grades"
    assert not (folder / "touched").exists()
    for _ in tries():
        if not running(sign):
            break
        time.sleep(0.1)
    assert not running(sign)


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_without_a_fence_all_that_is_reached_as_the_documents_say(probes):
    notebook, folder, sign = probes
    result = grade(notebook, fence=Fence(NONE))["ink"]
    try:
        assert "RuntimeError: read write touch connect signal" in result.message
        assert (folder / "instructors" / "gradebook.db").read_text() == "changed"
        assert running(sign)
    finally:
        for process in running(sign):
            os.kill(process, 9)


@pytest.mark.skipif(not has_bubblewrap(), reason="bubblewrap does not work here")
def test_too_many_processes_are_told_apart():
    answer = """def dense(x, kernel, bias):
    import threading, time
    over = threading.Event()
    for _ in range(1000): threading.Thread(target=over.wait, args=(60,), daemon=True).start()
    return x @ kernel + bias"""
    result = grade(handed_in(dense=answer), fence=fence(BUBBLEWRAP), limits=Limits(processes=200))["dense"]
    assert "can't start new thread (the grader allows 200 processes and threads)" in result.message


def test_the_container_s_command_gives_it_nothing_of_this_machine():
    command = Fence(DOCKER, "class/lstm-edu:1").command(Limits(memory=3 << 30, processes=77), "one")
    text = " ".join(command)
    assert command[:5] == ["docker", "run", "--rm", "--interactive", "--name"]
    for wanted in (
        "--network none",
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--user 1000:1000",
        "--pids-limit 77",
        f"--memory {3 << 30} --memory-swap {3 << 30}",
        "class/lstm-edu:1 python -I -c",
    ):
        assert wanted in text
    assert "--volume" not in text and "--mount" not in text and " -v " not in text
    assert str(Path.home()) not in text
    assert sys.prefix not in text


def test_a_container_that_does_not_start_is_no_fault_of_the_answer(tmp_path, monkeypatch):
    """A docker whose daemon does not run: the real client says so, or a command that fails as it does."""
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 125\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(RuntimeError, match="could not be started .docker.*Cannot connect to the Docker daemon"):
        grade(handed_in(dense=DENSE), fence=fence(DOCKER))


def test_an_unknown_fence_is_refused():
    with pytest.raises(ValueError, match="fence must be one of 'auto', .* got 'prison'"):
        fence("prison")
    assert set(FENCES) == {"auto", "bubblewrap", "docker", "podman", "none"}


@pytest.mark.parametrize("limits", [{"call": 0}, {"memory": -1}, {"cell": True}, {"output": "many"}])
def test_limits_that_are_none_are_refused(limits):
    with pytest.raises(ValueError, match="must be a number above 0"):
        Limits(**limits)


# --- the wire -------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_values_come_through_the_wire_unchanged(value):
    came = wire.decode(json.loads(json.dumps(wire.encode(value))))
    assert came == value
    assert type(came) is type(value)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "bool", "complex128", "<U3", ">f8", "object"])
def test_arrays_come_through_the_wire_unchanged(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    came = wire.decode(json.loads(json.dumps(wire.encode(array.T))))
    assert came.dtype == array.dtype
    np.testing.assert_array_equal(came, array.T)


def test_what_makes_an_array_of_itself_comes_with_its_numbers_and_its_name():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3.0)

    came = wire.decode(json.loads(json.dumps(wire.encode([Tensor(), (n for n in ())]))))
    assert [type(v).__name__ for v in came] == ["Tensor", "generator"]
    np.testing.assert_array_equal(np.asarray(came[0]), np.arange(3.0))
    assert not hasattr(came[1], "__array__")


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
    assert notebook.cells[marked(notebook, "check-lstm_step")].source == "le.exercises.lstm_step.check(lstm_step)"
    assert "return x @ kernel + bias" in notebook.cells[2].source
    nbformat.validate(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_with_exercises_can_be_an_assignment(path):
    notebook = nbformat.read(path, as_version=4)
    checks = sum(".check(" in c.source and "exercise" in c.source for c in notebook.cells if c.cell_type == "code")
    checks += sum(c.source.startswith('patient.answer("?")') for c in notebook.cells)
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


# --- the teacher's page ---------------------------------------------------------------------------------------------


def test_the_teacher_s_page_discusses_every_exercise(root):
    page = (root / "docs" / "teaching.md").read_text(encoding="utf-8")
    discussed = re.findall(r"^\| `(\w+)` \|", page[page.index("## The exercises") :], flags=re.MULTILINE)
    assert sorted(discussed) == sorted(le.exercises.names())


def test_the_mistakes_of_the_teacher_s_page_are_the_catalogue_s(root):
    page = (root / "docs" / "teaching.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\(`([a-z0-9]+(?:-[a-z0-9]+)+)`", page))
    assert len(named) > 10
    assert named <= {mistake.id.split(":")[0] for mistake in le.mistakes()}


def sections_of(notebook: Path) -> dict[str, list[str]]:
    """The headings on the direct path, without their #s, and the exercises below each."""
    found: dict[str, list[str]] = {"": []}
    heading, side = "", 9
    for cell in nbformat.read(notebook, as_version=4).cells:
        for line in cell.source.splitlines():
            depth = len(line) - len(line.lstrip("#"))
            if cell.cell_type == "markdown" and depth:
                heading = line.strip("# ")
                side = depth if heading.startswith("Side trip") else 9 if depth <= side else side
                if side == 9:
                    found[heading] = []
            elif side == 9 and (asked := re.search(r"exercises\.(\w+)\.check", line)):
                found[heading].append(asked[1])
    return found


def test_the_plans_name_sections_minutes_and_exercises_of_the_direct_path(root):
    page = (root / "docs" / "teaching.md").read_text(encoding="utf-8")
    plans = page[page.index("## One hour") : page.index("## The board")].replace("`*`", "")
    paths = {path.name.partition("_")[0]: path for path in (root / "notebooks").glob("[0-9]*.ipynb")}
    found = {number: sections_of(path) for number, path in paths.items()}
    rows = [line for line in plans.splitlines() if line.startswith("|") and not line.startswith(("|--", "| |", "| M"))]
    named, minutes, number = set(), {}, "00"  # the hour is 00 alone
    for row in rows:
        for place, said, section in re.findall(r"\b(\d\db?)(?=:| \()(?: \((\d+))?|\*([^*]+)\*", row):
            number = place or number
            if said:
                minutes[number] = int(said)
            if section:
                named.add((number, section))
    assert len(named) > 40
    assert not [(number, section) for number, section in named if section not in found[number]]
    first = {n: nbformat.read(path, as_version=4).cells[0].source for n, path in paths.items()}
    right = {n: int(re.search(r"about (\d+) minutes", source)[1]) for n, source in first.items()}
    assert minutes == right, "run python scripts/mark_times.py"

    term = [line.strip("| ").split(" | ") for line in plans[plans.index("## A term") :].splitlines() if "|" in line]
    graded = [(set(re.findall(r"\b\d\db?(?= \()", row[1])), re.findall(r"`(\w+)`", row[-1])) for row in term[2:]]
    assert len(graded) == 15
    for numbers, names in graded:
        assert set(names) <= {name for n in numbers for below in found[n].values() for name in below}, numbers


# --- nbgrader itself ------------------------------------------------------------------------------------------------


def nbgrader(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=folder, capture_output=True, text=True, timeout=HANGS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    """A class that handed in, graded: (what autograde said, student -> score, student -> feedback)."""
    pytest.importorskip("nbgrader")
    folder = tmp_path_factory.mktemp("class")
    nbformat.write(lesson(), folder / "two things.ipynb")
    assert main(["assignment", str(folder / "two things.ipynb"), "--folder", str(folder), "--points", "7"]) is None
    name = "two_things"
    released = nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)
    assert "SOLUTION" not in json.dumps(released)
    assert "x @ kernel" not in json.dumps(released)
    source = nbformat.read(folder / "source" / name / f"{name}.ipynb", as_version=4)
    solutions = {e: source.cells[marked(source, f"answer-{e}")].source for e in ("dense", "lstm_step")}
    order = solutions["lstm_step"].replace("z_i, z_f, z_g, z_o", "z_i, z_g, z_f, z_o")
    assert order != solutions["lstm_step"]

    def submit(student: str, change=lambda notebook: None, **answers: str) -> None:
        notebook = copy.deepcopy(released)
        for exercise, answer in answers.items():
            notebook.cells[marked(notebook, f"answer-{exercise}")].source = answer
        said = change(notebook)
        path = folder / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(said if isinstance(said, str) else nbformat.writes(notebook), encoding="utf-8")

    def copied(*grade_ids: str):
        def change(notebook):
            for grade_id in grade_ids:
                k = marked(notebook, grade_id)
                notebook.cells.insert(k + 1, copy.deepcopy(notebook.cells[k]))
                notebook.cells[k + 1].id = f"copy{k}"

        return change

    def without(*grade_ids: str):
        def change(notebook):
            for grade_id in grade_ids:
                del notebook.cells[marked(notebook, grade_id)]

        return change

    def old_marks(notebook):
        notebook.cells[1].metadata["nbgrader"] = {"grade": True, "grade_id": "other", "points": 50, "schema_version": 1}
        notebook.cells[4].metadata["nbgrader"] = {}

    def as_other_type(notebook):
        cell = notebook.cells[marked(notebook, "answer-dense")]
        cell.cell_type = "markdown"
        del cell["outputs"], cell["execution_count"]

    def moved(notebook):
        notebook.cells.append(notebook.cells.pop(marked(notebook, "answer-dense")))

    def ends_python(notebook):
        notebook.cells[1].source = f"{HEAD}\nimport os\nos._exit(0)"

    submit("right", **solutions)
    submit("wrong", **solutions | {"lstm_step": order})
    submit("untouched")
    submit("copied_answer", copied("answer-dense"), **solutions)
    submit("copied_all", copied("answer-dense", "check-dense", "answer-lstm_step", "check-lstm_step"), **solutions)
    submit("deleted_answer", without("answer-dense"), **solutions)
    submit("deleted_check", without("check-dense"), **solutions)
    submit("deleted_both", without("answer-dense", "check-dense"), **solutions)
    submit("deleted_everything", lambda notebook: notebook.cells.clear())
    submit("old_marks", old_marks, **solutions)
    submit("moved_answer", moved, **solutions)
    submit("made_a_text", as_other_type, **solutions)
    submit("syntax", **solutions | {"dense": "def dense(x, kernel, bias:\n    return x"})
    submit("no_json", lambda notebook: "{ this is not a notebook")
    submit("no_notebook", lambda notebook: json.dumps({"cells": "none"}))
    submit("empty", lambda notebook: "")
    submit("ends_python", ends_python, **solutions)
    submit(
        "cheats",
        lambda notebook: notebook.cells[marked(notebook, "check-dense")].update(source="7"),
        dense="from lstm_edu.exercises.exercise import Exercise\nExercise.check = lambda *a, **k: 7\n"
        "def dense(x, kernel, bias):\n    return True",
        lstm_step="class Yes:\n    check = lambda *a: 7\nle.exercises.lstm_step = Yes()\n"
        f"def lstm_step({ARGUMENTS}):\n    import os\n    os._exit(0)",
    )
    said = nbgrader(folder, "autograde", name)
    nbgrader(folder, "export", "--to", "grades.csv")
    rows = [line.split(",") for line in (folder / "grades.csv").read_text().splitlines()]
    column = rows[0].index("score")
    scores = {row[rows[0].index("student_id")]: float(row[column]) for row in rows[1:]}
    nbgrader(folder, "generate_feedback", name)
    pages = {s: (folder / "feedback" / s / name / f"{name}.html").read_text("utf-8") for s in scores}
    return said, scores, pages


POINTS = {
    "right": 14,
    "wrong": 7,
    "untouched": 0,
    "copied_answer": 14,
    "copied_all": 14,
    "deleted_answer": 7,
    "deleted_check": 14,
    "deleted_both": 7,
    "deleted_everything": 0,
    "old_marks": 14,
    "moved_answer": 14,
    "made_a_text": 14,
    "syntax": 7,
    "no_json": 0,
    "no_notebook": 0,
    "empty": 0,
    "ends_python": 7,  # without that cell there is no np, and `dense` needs none
    "cheats": 0,
}


@pytest.mark.parametrize("student", POINTS)
def test_nbgrader_grades_the_whole_class(student, a_class):
    assert a_class[1][student] == POINTS[student], a_class[2][student][-3000:]


@pytest.mark.parametrize(
    ("student", "says"),
    [
        ("wrong", "gate-order:i,g,f,o"),
        ("right", "lstm_step: correct"),
        ("untouched", "dense: not attempted"),
        ("untouched", "lstm_step: not attempted"),
        ("cheats", "Python ended"),
        ("ends_python", "ended Python"),
        ("deleted_answer", "No cell above the check defines dense"),
        ("deleted_check", "dense: correct"),
        ("syntax", "cannot be read by Python"),
        ("moved_answer", "found below its check"),
        ("no_json", "The file that was handed in is not a Jupyter notebook"),
        ("no_notebook", "The file that was handed in is not a Jupyter notebook"),
        ("empty", "The file that was handed in is not a Jupyter notebook"),
    ],
)
def test_each_student_s_feedback_says_what_happened(student, says, a_class):
    assert says in a_class[2][student]


def test_the_teacher_is_told_which_fence_there_is_and_where_there_is_none(a_class):
    assert ("There is no fence" in a_class[0]) is (not fence().held)
    assert (f"behind the fence {fence().name}" in a_class[0]) is fence().held


def test_nbgrader_grades_diagnoses_and_gives_nobody_the_answer(tmp_path):
    pytest.importorskip("nbgrader")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [code(HEAD, "imports"), code("le.clinic.case(15).answer('?', '?')", "two")]
    nbformat.write(notebook, tmp_path / "ward.ipynb")
    assert main(["assignment", str(tmp_path / "ward.ipynb"), "--folder", str(tmp_path), "--points", "6"]) is None
    released = nbformat.read(tmp_path / "release" / "ward" / "ward.ipynb", as_version=4)
    answer = released.cells[marked(released, "answer-patient_15")].source
    assert answer.startswith("diagnosis_15 = (\n    ...\n)")
    one, other = letters_of("patient_15")
    for student, said in (("both", f'"{one}", "{other}"'), ("half", f'"{one}"'), ("nothing", "...")):
        released.cells[marked(released, "answer-patient_15")].source = answer.replace("...", said, 1)
        path = tmp_path / "submitted" / student / "ward" / "ward.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(released, path)
    nbgrader(tmp_path, "autograde", "ward")
    nbgrader(tmp_path, "export", "--to", "grades.csv")
    rows = [line.split(",") for line in (tmp_path / "grades.csv").read_text().splitlines()]
    student, score = rows[0].index("student_id"), rows[0].index("score")
    assert {row[student]: float(row[score]) for row in rows[1:]} == {"both": 6, "half": 0, "nothing": 0}
    nbgrader(tmp_path, "generate_feedback", "ward")
    page = (tmp_path / "feedback" / "half" / "ward" / "ward.html").read_text("utf-8")
    assert "That is one of the two." in page
    assert not [m.sentence for m in opened(15).mistakes if m.sentence in page]
