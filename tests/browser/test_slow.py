"""On a slow computer: twenty explorers in one notebook, and every one of them receives messages from Python."""

import pytest
from playwright.sync_api import expect
from test_explorers_in_lab import DENSE, LSTM, PACKING, SETUP, tell

MODULE_TOO_LATE = "[anywidget] Failed to initialize model."

# anywidget's two seconds, over before a module can be there: what a slow computer does to some models happens to all.
NO_TIME = """
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = milliseconds => {
    if (milliseconds !== 2000) return timeout(milliseconds);
    const over = new AbortController();
    queueMicrotask(() => over.abort());
    return over.signal;
};
"""

KINDS = [
    (LSTM, "lstm", "goto(t=5, unit=3)", {"t": "5", "unit": "3"}),
    (PACKING, "packing", "goto(units=7)", {"units": "7"}),
    (DENSE, "dense", "unit = 2", {"unit": "2"}),
    (LSTM + "\npair = le.explore_pair(trace, layer.trace(x))", "pair", "goto(t=4)", {"t": "4"}),
]


def notebook(lab, page, name: str, count: int) -> list[dict[str, str]]:
    """A notebook of so many explorers, run, and each told by Python in its last cell where to go: where that is."""
    cells, goto, places = [SETUP + "shown = []"], [], []
    for n in range(count):
        source, variable, told, place = KINDS[n % len(KINDS)]
        cells.append(f"{source}\nshown.append({variable})\n{variable}")
        goto.append(f"shown[{n}].{told}")
        places.append(place)
    lab.write_notebook(name, *cells, "\n".join(goto))
    lab.open(page, name)
    return places


def all_are_there(lab, page, places: list[dict[str, str]]) -> None:
    for n, place in enumerate(places):
        lab.show_cell(page, n + 1)
        root = page.locator(".jp-Cell").nth(n + 1).locator(".lstm-edu-explorer[data-ready=true]")
        for axis, value in place.items():
            expect(root).to_have_attribute(f"data-{axis}", value)
    expect(page.get_by_role("alert").filter(has_text="cannot hear Python")).to_have_count(0)


def may_be_too_late(problems: list[str]) -> int:
    """How many of anywidget's models were; that is no problem of the page any more."""
    late = [problem for problem in problems if MODULE_TOO_LATE in problem]
    problems[:] = [problem for problem in problems if problem not in late]
    return len(late)


@pytest.mark.parametrize("times", [6, 20])
def test_twenty_explorers_follow_python_on_a_slow_computer(lab, page, problems, times):
    places = notebook(lab, page, f"slow_{times}.ipynb", 20)
    processor = page.context.new_cdp_session(page)
    processor.send("Emulation.setCPUThrottlingRate", {"rate": times})
    lab.run_all(page)
    processor.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    all_are_there(lab, page, places)
    may_be_too_late(problems)


def test_explorers_that_came_too_late_are_told_what_they_missed_and_what_comes(lab, page, problems):
    page.add_init_script(NO_TIME)
    places = notebook(lab, page, "late.ipynb", 4)
    lab.run_all(page)
    all_are_there(lab, page, places)
    tell(page, "shown[0].goto(t=2)")
    lab.show_cell(page, 1)
    root = page.locator(".lstm-edu-explorer[data-kind=LSTM]").first
    expect(root).to_have_attribute("data-t", "2")
    root.focus()
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-t", "3")
    assert may_be_too_late(problems) >= 4


def test_an_explorer_that_cannot_hear_python_says_so_and_how_to_go_on(lab, page, problems):
    page.add_init_script(NO_TIME)
    source = LSTM + "lstm.on_msg(lstm._say_again, remove=True)\nlstm"  # as a package that is older than the page
    lab.write_notebook("deaf.ipynb", SETUP + source)
    lab.open(page, "deaf.ipynb")
    lab.run_all(page)
    root = page.locator(".lstm-edu-explorer[data-ready=true]")
    expect(root.get_by_role("alert")).to_contain_text("run its cell again")
    root.focus()
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-t", "1")
    assert may_be_too_late(problems) >= 1


def test_where_there_was_time_python_is_asked_for_nothing(lab, page):
    asked = "asked = []\nlstm.on_msg(lambda widget, content, buffers: asked.append(content))\nlstm"
    lab.write_notebook("quick.ipynb", SETUP + LSTM + asked)
    lab.open(page, "quick.ipynb")
    lab.run_all(page)
    root = page.locator(".lstm-edu-explorer[data-ready=true]")
    expect(root).to_have_count(1)
    tell(page, "lstm.goto(t=3)")
    expect(root).to_have_attribute("data-t", "3")
    assert tell(page, "print(asked)") == "[]\n"
