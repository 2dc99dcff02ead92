"""An exported page on paper: all of it is there, in light colours, as wide as a sheet."""

import re

import nbformat
import pytest
from playwright.sync_api import expect
from test_exported_pages import ROOT, SOURCE, offline  # noqa: F401

import lstm_edu as le

# What the page is while it is printed: looked at after its own listeners.
LOOK = """() => addEventListener('beforeprint', () => {
    const drawn = canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
    const roots = [...document.querySelectorAll('.lstm-edu-explorer')];
    const canvases = roots.flatMap(root => [...root.querySelectorAll('canvas')]).filter(canvas => canvas.clientWidth);
    window.printed = {
        theme: document.documentElement.dataset.theme,
        closed: [...document.querySelectorAll('.le-fold:not([open])')].map(fold => fold.innerText.slice(0, 7)),
        themes: roots.map(root => root.dataset.theme),
        widths: roots.map(root => root.offsetWidth),
        canvases: canvases.length,
        empty: canvases.filter(canvas => !drawn(canvas)).length,
        wide: canvases.filter(canvas => canvas.getBoundingClientRect().right
            > canvas.closest('.lstm-edu-explorer').getBoundingClientRect().right).length,
    };
})"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The page of a notebook with explorers far below."""
    folder = tmp_path_factory.mktemp("paper")
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# On paper\n\n" + "A line.\n\n" * 60),
            *map(nbformat.v4.new_code_cell, (SOURCE + "explorer", "1 + 1", "le.explore(trace.layers[0])", "packing")),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, folder / "paper.ipynb")
    return le.save_html(folder / "paper.ipynb", folder / "paper.html")


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_a_printed_page_has_everything_that_is_scrolled_away_and_all_of_its_explorers(offline, lesson):  # noqa: F811
    page = offline(lesson)
    page.get_by_role("button", name="Dark").click()
    roots = page.locator(f"{ROOT}[data-ready=true]")
    expect(roots).to_have_count(3)
    page.locator(".le-equations-fold summary").last.click()
    closed = roots.locator("details:not([open])")
    expect(closed).to_have_count(3)  # the equations, two what-ifs
    page.wait_for_function("() => document.querySelectorAll('.le-settled').length === 3")
    before = roots.evaluate_all("roots => roots.map(root => root.offsetWidth)")
    page.evaluate(LOOK)
    page.pdf(format="A4")
    printed = page.evaluate("window.printed")
    assert printed["theme"] == "light" and printed["themes"] == ["light"] * 3
    assert printed["closed"] == ["What if", "What if"]
    assert max(printed["widths"]) <= 640
    assert printed["canvases"] >= 10 and not printed["empty"] and not printed["wide"]
    for n in range(3):
        expect(roots.nth(n)).to_have_attribute("data-theme", "dark")
    expect(closed).to_have_count(3)
    assert roots.evaluate_all("roots => roots.map(root => root.offsetWidth)") == before


def test_the_pdf_has_every_picture(offline, lesson):  # noqa: F811
    """Also of what nobody has scrolled to, and where no script runs before printing: by the style sheet alone."""
    page = offline(lesson)
    expect(page.locator(f"{ROOT}[data-ready=true]")).to_have_count(3)
    page.wait_for_function("() => document.querySelectorAll('.le-settled').length === 3")
    page.evaluate("() => addEventListener('beforeprint', event => event.stopImmediatePropagation(), {capture: true})")
    canvases = page.locator(f"{ROOT} canvas").evaluate_all("all => all.filter(one => one.clientWidth).length")
    pictures = len(re.findall(rb"/Subtype\s*/Image", page.pdf(format="A4")))
    assert pictures >= canvases >= 10
