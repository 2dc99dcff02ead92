"""`python -m lstm_edu lab` as a learner sees it; and the fixtures of conftest.py fail where they should."""

import json
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))


def test_the_course_opens_on_its_first_notebook_and_asks_nothing(lab, page):
    page.goto(lab.address())
    lab.wait_for_notebook(page, "00_start_here.ipynb")
    page.get_by_role("tab", name="00_start_here.ipynb").wait_for()
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_of_the_course_runs_in_jupyterlab(path, lab, page):
    lab.open(page, path.name)
    lab.run_all(page)
    assert page.get_by_text("Error displaying widget").count() == 0


def test_the_first_notebook_leads_to_the_map_and_the_map_to_every_lesson(lab, page):
    lab.open(page, "00_start_here.ipynb")
    count = page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.length")
    lab.show_cell(page, count - 1)
    page.get_by_role("link", name="a page of their own").click()
    lab.wait_for_notebook(page, "map_and_glossary.ipynb")
    shown = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    linked = shown.locator("table").first.locator("a").all_inner_texts()
    assert len(linked) == len(NOTEBOOKS)
    shown.get_by_role("link", name="Rebuild a whole model").click()
    lab.wait_for_notebook(page, "08b_rebuilding_a_model.ipynb")


def test_run_all_waits_for_the_last_cell_in_the_python_that_started_jupyterlab(lab, page):
    lab.write_notebook("planted_wait.ipynb", "import sys, time\ntime.sleep(2)", "sys.executable")
    lab.open(page, "planted_wait.ipynb")
    lab.run_all(page)
    assert lab.outputs(page)[1][0]["data"]["text/plain"] == repr(sys.executable)


def test_saving_a_notebook_keeps_what_its_widgets_show(lab, page):
    lab.write_notebook("planted_widget.ipynb", "import ipywidgets\nipywidgets.IntSlider(value=37)")
    lab.open(page, "planted_widget.ipynb")
    lab.run_all(page)
    page.locator(".widget-slider").wait_for()
    page.evaluate("() => jupyterapp.shell.currentWidget.context.save()")
    saved = json.loads((lab.folder / "notebooks" / "planted_widget.ipynb").read_text())
    (widgets,) = saved["metadata"]["widgets"].values()
    assert 37 in [model["state"].get("value") for model in widgets["state"].values()]


def test_both_themes_reach_the_screen(lab, page):
    brightness = """() => {
        const context = document.createElement('canvas').getContext('2d');
        context.fillStyle = getComputedStyle(document.body).getPropertyValue('--jp-layout-color1').trim();
        context.fillRect(0, 0, 1, 1);
        return context.getImageData(0, 0, 1, 1).data[0];
    }"""
    lab.open(page, "00_start_here.ipynb", theme="dark")
    assert page.evaluate(brightness) < 60
    lab.set_theme(page, "light")
    assert page.evaluate(brightness) > 200


def test_an_error_in_a_cell_fails_run_all(lab, page):
    lab.write_notebook("planted_error.ipynb", "1", "1 / 0", "3")
    lab.open(page, "planted_error.ipynb")
    with pytest.raises(AssertionError, match="cell 1: ZeroDivisionError"):
        lab.run_all(page)


def test_problems_are_noticed(page, problems):
    page.set_content(
        "<img src='http://192.0.2.1/picture.png'><script>console.error('planted'); throw Error('thrown')</script>"
    )
    noticed = " | ".join(problems)
    problems.clear()
    for sign in ("planted", "uncaught: thrown", "request to another machine: http://192.0.2.1/picture.png"):
        assert sign in noticed
