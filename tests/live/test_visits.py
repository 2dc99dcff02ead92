"""How a reader comes to a page that runs, and comes back to it: links, a line while it loads, what is kept."""

import json
import re
from pathlib import Path

import pytest

from lstm_edu._lab import NOTEBOOKS

pytestmark = pytest.mark.live

STEP, NEXT = "06_lstm_one_step.ipynb", "07_packed_weights.ipynb"
FIRST_VISIT, LATER_VISIT = 60e6, 3e6  # bytes, at most
ANSWER = "def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):\n    return h, c  # not yet\n"


def source_of(course, cell_id: str) -> str:
    return course.page.evaluate(
        """(id) => jupyterapp.shell.currentWidget.content.widgets.find(({ model }) => model.id === id)
            .model.sharedModel.source""",
        cell_id,
    )


def line(course, words: str) -> str:
    """The line about loading, once it has these words."""
    found = course.page.wait_for_function(
        "(words) => { const { textContent } = document.getElementById('lstm-edu-progress') ?? {};"
        "return textContent?.includes(words) && textContent }",
        arg=words,
    )
    return found.json_value()


def test_a_second_visit_comes_from_the_browser_and_a_third_needs_no_network(server, visit):
    course = visit()
    course.page.goto(f"{server.url}/live/lab/index.html?path={STEP}")
    assert re.match(r"Loading Python \(\d+ MB\), \d+ s\. ", line(course, "Loading Python"))
    assert re.match(r"Loading NumPy.* \(\d+ MB\), \d+ s\. ", line(course, "Loading NumPy"))
    assert re.match(r"Python is ready after \d+ s\. ", line(course, "opens without a network, too"))
    course.wait_for(STEP)
    assert 20e6 < server.sent <= FIRST_VISIT

    before = server.sent
    visit().open(STEP)
    assert server.sent - before <= LATER_VISIT

    server.stop()
    course = visit()
    course.open(STEP)
    assert course.tell("import keras; print(keras.backend.backend())") == "numpy\n"
    course.open(NEXT)  # never opened before
    course.run_all()
    cells = course.cells()
    assert all(cell["count"] for cell in cells)
    assert [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"] == []


def test_what_is_typed_is_kept_and_can_be_taken_out(course):
    course.open(STEP)
    course.type("lstm-step-write", ANSWER)
    course.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    course.open(STEP)  # again, as after a cup of tea
    assert source_of(course, "lstm-step-write") == ANSWER
    with course.page.expect_download() as downloading:
        course.page.evaluate("() => void jupyterapp.commands.execute('docmanager:download')")
    taken = json.loads(Path(downloading.value.path()).read_text(encoding="utf-8"))
    assert downloading.value.suggested_filename == STEP
    assert ["".join(cell["source"]) for cell in taken["cells"] if cell["id"] == "lstm-step-write"] == [ANSWER]


def test_a_page_leads_to_its_notebook_and_that_to_the_next(course, server):
    page = course.page
    page.goto(f"{server.url}/index.html")
    page.get_by_role("link", name="In your browser").click()
    page.wait_for_function("window.jupyterapp?.shell")
    for name in ("07b_counting_weights.ipynb", "map_and_glossary.ipynb", STEP):
        page.goto(f"{server.url}/{name.replace('.ipynb', '.html')}")
        page.get_by_role("link", name="Run this page").click()
        course.wait_for(name)
    last = len(json.loads((NOTEBOOKS / STEP).read_text(encoding="utf-8"))["cells"]) - 1
    page.evaluate("(n) => jupyterapp.shell.currentWidget.content.scrollToItem(n)", last)
    page.locator(f'.jp-NotebookPanel:visible a[href*="{NEXT}"]').last.click()
    course.wait_for(NEXT)


def test_a_narrow_window_has_room_for_the_notebook(course, server):
    course.page.set_viewport_size({"width": 420, "height": 800})
    course.page.goto(f"{server.url}/live/lab/index.html?path={STEP}")
    course.page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady")
    course.page.wait_for_function(
        "jupyterapp.shell.leftCollapsed && jupyterapp.shell.currentWidget.node.clientWidth > 300"
    )
    course.page.wait_for_timeout(5000)  # JupyterLab opens the list once more
    assert course.page.evaluate("jupyterapp.shell.leftCollapsed")
