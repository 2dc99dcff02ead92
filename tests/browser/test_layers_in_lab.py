"""The explorers of the layers other than the LSTM in a real JupyterLab: one notebook, one run."""

import pytest
from playwright.sync_api import expect

SETUP = """
import numpy as np
import lstm_edu as le
rng = np.random.default_rng(7)
model = le.Sequential([
    le.Embedding(11, 6, name="words"),
    le.Bidirectional(le.GRU(3, return_sequences=True), name="both"),
    le.SimpleRNN(5, return_sequences=True, name="rnn"),
    le.TimeDistributed(le.Dense(2, "tanh"), name="each"),
])
model.build((None, 7))
model.set_weights([rng.normal(size=w.shape) for w in model.weights])
tokens = rng.integers(0, 11, size=(3, 7))
trace = model.trace(tokens)
"""
CELLS = [
    SETUP + "model_explorer = le.explore(trace)\nmodel_explorer",
    "packing = le.packing(3, 5, beside='PyTorch')\npacking",
    "le.plots.show(le.plots.gates(trace['rnn']))",
]


def test_every_tab_packing_and_a_picture_in_jupyterlab(lab, page, problems):
    lab.write_notebook("layers.ipynb", *CELLS)
    lab.open(page, "layers.ipynb", theme="dark")
    lab.run_all(page)

    names: dict = {}
    exec(SETUP, names)
    trace = names["trace"]

    # the model: a tab for each layer, with the trace's own numbers, moved by keys
    lab.show_cell(page, 0)
    root = page.locator(".lstm-edu-explorer[data-kind=Sequential][data-ready=true]")
    expect(root).to_have_count(1)
    expect(root).to_have_attribute("data-theme", "dark")
    root.get_by_role("tab", name="both/backward").click()
    expect(root).to_have_attribute("data-layer", "both/backward")
    root.focus()
    page.keyboard.press("Home")  # a test that is run again finds it where the last try left it
    expect(root).to_have_attribute("data-t", "0")
    for t in (1, 2):
        page.keyboard.press("ArrowRight")
        expect(root).to_have_attribute("data-t", str(t))
    backward = trace["both"]["backward"]
    number = root.get_by_role("tabpanel", name="both/backward").locator(".le-num[data-q='z']").first
    unit = int(root.get_attribute("data-unit"))
    shown = float(number.get_attribute("title").partition("=")[2])
    assert shown == pytest.approx(float(backward.z[0, 2, unit]), abs=1e-7)
    for tab in ("words", "both/merged", "rnn", "each"):
        root.get_by_role("tab", name=tab).click()
        expect(root).to_have_attribute("data-layer", tab)
        expect(root.locator(".le-error")).to_have_count(0)

    # packing: pointing at a block of PyTorch's lights Keras's, and Python learns of it
    lab.show_cell(page, 1)
    root = page.locator(".lstm-edu-explorer[data-kind=Packing][data-ready=true]")
    block = root.locator("[data-side=PyTorch] [data-array=bias_hh_l0][data-block=b_o]")
    block.focus()
    expect(root).to_have_attribute("data-block", "b_o")
    expect(root.locator("[data-side='Keras 3'] .le-chosen")).to_have_count(1)
    expect(root.locator("[data-side=PyTorch] .le-chosen")).to_have_count(2)

    # the picture follows the theme
    lab.show_cell(page, 2)
    dark, light = page.locator("img.lstm-edu-dark"), page.locator("img.lstm-edu-light")
    expect(dark).to_be_visible()
    expect(light).to_be_hidden()
    lab.set_theme(page, "light")
    expect(light).to_be_visible()
    expect(dark).to_be_hidden()
    assert problems == []
