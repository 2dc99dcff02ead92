"""The gradient explorer and the side-by-side explorer in a real JupyterLab: numbers, keys, and Python."""

import pytest
from limits import tries
from playwright.sync_api import expect
from test_explorers_in_lab import SETUP, run_here, tell

GRADIENTS = """
lstm = le.LSTM(5, return_sequences=True)
rnn = le.SimpleRNN(5, return_sequences=True)
for layer in (lstm, rnn):
    layer.build((None, None, 4))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
gradients = le.explore_gradients(lstm, x, beside=rnn)
"""
PAIR = """
wrong = le.doctor.mistaken_trace(lstm, "bias-missing:g", x)
pair = le.explore_pair(lstm.trace(x), wrong, names=("right", "wrong"), t=3)
"""


def wait_until_python_says(page, code: str, text: str) -> None:
    """What the page tells Python is throttled; and what Python sets while a message is on its way may be lost."""
    for _ in tries():
        if (said := tell(page, code)) == text:
            return
        page.wait_for_timeout(100)
    assert said == text


def test_both_step_in_jupyterlab_and_python_follows(lab, page):
    lab.write_notebook("gradients.ipynb", f"{SETUP}{GRADIENTS}gradients", f"{PAIR}pair")
    lab.open(page, "gradients.ipynb")
    lab.run_all(page)
    here = run_here(GRADIENTS + PAIR)
    lstm, x = here["lstm"], here["x"]
    trace = lstm.trace(x)
    dy = trace.h * 0
    dy[:, -1] = 1
    dc = lstm.backward(trace, dy).trace.c

    lab.show_cell(page, 0)
    root = page.locator(".lstm-edu-explorer[data-kind=Gradients][data-ready=true]")
    expect(root).to_have_attribute("data-t", "6")
    root.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(root).to_have_attribute("data-t", "5")
    expect(root).to_have_attribute("data-unit", "1")
    shown = root.locator(".le-num[data-q='0/dc']").first.get_attribute("title")
    assert float(shown.partition("=")[2]) == pytest.approx(float(dc[0, 5, 1]), abs=1e-7)
    wait_until_python_says(page, "print(gradients.t, gradients.unit)", "5 1\n")
    tell(page, "gradients.goto(t=2, unit=4, batch=1)")
    expect(root).to_have_attribute("data-t", "2")
    expect(root).to_have_attribute("data-batch", "1")
    root.get_by_label("colours by powers of ten").click()
    wait_until_python_says(page, "print(gradients.t, gradients.log_maps)", "2 True\n")

    lab.show_cell(page, 1)
    root = page.locator(".lstm-edu-explorer[data-kind=Pair][data-ready=true]")
    expect(root).to_have_attribute("data-t", "3")
    expect(root.locator(".le-parting-words")).to_contain_text("differ from the first step on")
    root.get_by_role("button", name="Go to the first divergence").click()
    expect(root).to_have_attribute("data-quantity", "z_g")
    expect(root).to_have_attribute("data-t", "0")
    wait_until_python_says(page, "print(pair.quantity, pair.t)", "z_g 0\n")
    tell(page, "pair.goto(quantity='c', t=6, unit=2)")
    expect(root).to_have_attribute("data-quantity", "c")
    cell = root.locator("[data-b='c']").inner_text().replace("−", "-")
    assert float(cell) == pytest.approx(float(here["wrong"].c[0, 6, 2]), abs=6e-6)
    root.get_by_role("tab", name="f, forget gate").click()
    wait_until_python_says(page, "print(pair.quantity)", "f\n")
