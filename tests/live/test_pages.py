"""Every notebook inside a page: what runs, what says that it cannot, an exercise, an explorer."""

import json

import pytest

from lstm_edu._lab import NOTEBOOKS
from lstm_edu.live.building import DIFFERS

NAMES = sorted(path.name for path in NOTEBOOKS.glob("[0-9]*.ipynb"))  # the map has no code
WHOLE = ("00", "01", "06", "07", "08_", "09")  # nothing is missing in these
STEP = "06_lstm_one_step.ipynb"
LEAST = 0.85  # of all code cells run

differs = json.loads(DIFFERS.read_text())
missing, different = (
    {name: [id_ for id_, said in ids.items() if isinstance(said, dict) == runs] for name, ids in differs.items()}
    for runs in (False, True)
)


def code_cells(name: str) -> list[str]:
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return [cell["id"] for cell in cells if cell["cell_type"] == "code"]


def test_most_of_the_course_runs_in_a_page():
    assert set(differs) <= set(NAMES) and not [name for name in NAMES if name.startswith(WHOLE) and missing.get(name)]
    cells = {name: code_cells(name) for name in NAMES}
    for name, ids in differs.items():
        assert list(ids) == [id_ for id_ in cells[name] if id_ in ids], f"{name}: not its cells, or not in its order"
    ran = 1 - sum(map(len, missing.values())) / sum(map(len, cells.values()))
    assert ran >= LEAST


def says(words: str, cells: list[dict]) -> list[str]:
    """The cells with an output that begins with these words."""
    texts = {c["id"]: ["".join(o.get("data", {}).get("text/plain", "")) for o in c["outputs"]] for c in cells}
    return [id_ for id_, shown in texts.items() if any(text.startswith(words) for text in shown)]


both = pytest.mark.parametrize("engine", ["chromium", "firefox"])


@pytest.mark.live
@pytest.mark.parametrize(("engine", "name"), [("firefox", STEP), *(("chromium", name) for name in NAMES)])
def test_all_cells_run_or_say_why_not(name, course):
    course.open(name)
    course.run_all()
    cells = course.cells()
    errors = {cell["id"]: o["evalue"] for cell in cells for o in cell["outputs"] if o["output_type"] == "error"}
    assert errors == {} and course.uncaught == []
    assert [cell["id"] for cell in cells] == code_cells(name) and all(cell["count"] for cell in cells)
    assert says("Not in this page.", cells) == missing.get(name, [])
    assert says("Different in this page.", cells) == different.get(name, [])


WRONG = """def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    i, f, o, g = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
    i, f, o = (1 / (1 + np.exp(-z)) for z in (i, f, o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c
"""
RIGHT = WRONG.replace("i, f, o, g = np", "i, f, g, o = np")
FOREVER = WRONG.replace("    return", "    while True:\n        pass\n    return")


def text_of(course, cell_id: str) -> str:
    (cell,) = [cell for cell in course.cells() if cell["id"] == cell_id]
    return "\n".join("".join(output.get("data", {}).get("text/plain", "")) for output in cell["outputs"])


@pytest.mark.live
@both
def test_an_exercise_is_typed_wrong_then_right_and_a_loop_without_end_is_ended(course):
    course.open(STEP)
    course.run_cell("goal-explorer")
    for source, words in [
        (WRONG, "in the order i,f,o,g"),
        (FOREVER, "did not end within"),
        (RIGHT, "lstm_step: correct"),
    ]:
        course.type("lstm-step-write", source)
        course.run_cell("lstm-step-check")
        said = text_of(course, "lstm-step-check")
        assert words in said and ("wrong" in said) == (source is not RIGHT)


@pytest.mark.live
@both
def test_an_explorer_is_stepped_and_python_hears_of_it(course):
    course.open(STEP)
    course.run_cell("goal-explorer")
    root = course.page.locator(".lstm-edu-explorer[data-kind=LSTM][data-ready=true]")
    begun = int(root.get_attribute("data-t"))
    root.press("ArrowRight")
    assert root.get_attribute("data-t") == str(begun + 1)
    course.page.wait_for_timeout(1000)  # as long as the page keeps what it tells
    explorer = "__import__('IPython').get_ipython().user_ns['Out'][1]"
    assert course.tell(f"print({explorer}.t)") == f"{begun + 1}\n"


@pytest.mark.live
@both
def test_a_prediction_is_asked_for_and_judged(course):
    course.open(STEP)
    for cell in ("goal-explorer", "numbers-code", "ask-sum"):
        course.run_cell(cell)
    card = course.page.locator(".lstm-edu-explorer[data-kind=Prediction][data-state=asked]")
    card.wait_for()  # nobody has said anything yet
    card = course.page.locator(".lstm-edu-explorer[data-kind=Prediction]")
    for guess, state in [("12, 2", "again"), ("2, 12", "right")]:
        card.get_by_role("textbox").fill(guess)
        card.get_by_role("textbox").press("Enter")
        course.page.locator(f".lstm-edu-explorer[data-kind=Prediction][data-state={state}]").wait_for()
    assert "meet the 3 rows of" in card.inner_text() and course.uncaught == []
