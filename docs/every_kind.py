"""One explorer of every kind, and what a reader does with it: for docs.try_elsewhere, and for tests of exported pages.

Each kind has a notebook cell that ends in its explorer, and a function `use(page, root, here)`: it moves the explorer
by keys and by mouse and compares the numbers on the screen with NumPy's. `here` has the same variables, computed in
this Python; `here["kernel"]` says whether there is a Python behind the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, expect

STEPS = 7
LAST = STEPS - 1
SETUP = """
import ipywidgets
import numpy as np
import lstm_edu as le
rng = np.random.default_rng(7)
x = rng.normal(size=(2, 7, 4)).astype("float32")
tokens = rng.integers(0, 11, size=(2, 7))
def made(kind, shape, *arguments, **options):
    layer = getattr(le, kind)(*arguments, **options)
    layer.build(shape)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer
lstm = made("LSTM", (None, None, 4), 5, return_sequences=True, name="first")
gru = made("GRU", (None, None, 4), 5, return_sequences=True)
rnn = made("SimpleRNN", (None, None, 4), 5, return_sequences=True)
dense = made("Dense", (None, 4), 3, "tanh")
words = made("Embedding", (None, None), 11, 6)
wrong = le.doctor.mistaken_trace(lstm, "bias-missing:g", x)
model = le.Sequential([le.Embedding(11, 4, name="words"), le.LSTM(5, return_sequences=True, name="reads"),
                       le.Dense(3, "softmax", name="answers")])
model.build((None, 7))
model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
"""


@dataclass(frozen=True)
class Kind:
    """An explorer: its data-kind (None: a card of text), a cell, what is done with it, and what that shows."""

    kind: str | None
    cell: str
    use: Callable[[Page, Locator, dict[str, Any]], None]
    shows: str
    python: str = ""  # what it shows besides where there is a Python


# --- what all have in common ----------------------------------------------------------------------------------------


def focus(root: Locator) -> None:
    """As a reader does: a click on the head. A notebook gives the focus to its cells else."""
    root.locator(".le-head").first.click()
    expect(root).to_be_focused()


def press(root: Locator, key: str, **places: Any) -> None:
    root.page.keyboard.press(key)
    for name, value in places.items():
        expect(root).to_have_attribute(f"data-{name}", str(value))


def number(root: Locator, quantity: str) -> float:
    """A number on the screen in full: it is in the title of its element, alone or as "c = 0.25"."""
    title = root.locator(f".le-num[data-q='{quantity}']").first.get_attribute("title")
    return float(title.rpartition("=")[2])


def same(found: float, wanted: float, within: float = 1e-5) -> None:
    assert abs(found - float(wanted)) <= within, f"{found} on the screen, {wanted} by NumPy"


def type_into(field: Locator, text: str) -> None:
    """By keys, instead of what was in it. (What `fill` does in Firefox is no event of the page, Playwright 1.65.)"""
    field.press("ControlOrMeta+a")
    field.press_sequentially(text)


def play(root: Locator, start: str, first: int, end: int) -> None:
    """From one end to the other, without another key."""
    focus(root)
    press(root, start, t=first)
    press(root, "Space")
    expect(root).to_have_attribute("data-t", str(end), timeout=20_000)
    expect(root.locator(".le-play").first).to_have_text("Play")


# --- each kind ------------------------------------------------------------------------------------------------------


def use_lstm(page: Page, root: Locator, here: dict[str, Any]) -> None:
    le, lstm, x = here["le"], here["lstm"], here["x"]
    trace = lstm.trace(x)
    focus(root)
    for t in range(1, 4):
        press(root, "ArrowRight", t=t)
    press(root, "ArrowDown", unit=1)
    for name in "ifgoch":
        same(number(root, name), trace[name][0, 3, 1], 0)
    same(float(root.locator("[data-keras='c']").inner_text().replace("\N{MINUS SIGN}", "-")), trace.c[0, 3, 1], 1e-6)
    play(root, "Home", 0, LAST)

    root.get_by_text("What if …").click()
    root.get_by_role("button", name="shut (0)").click()
    expect(root.locator(".le-changes li")).to_have_count(1)
    kernel, recurrent, bias = lstm.get_weights()
    bias[5:10] = -200  # the forget gates of all units: shut
    shut = lstm.copy()
    shut.build((None, None, 4))
    shut.set_weights([kernel, recurrent, bias])
    shut = shut.trace(x)
    same(number(root, "f"), 0)
    for name in "ch":
        same(number(root, name), shut[name][0, LAST, 1])
        expect(root.get_by_role("img", name=f"{name} of unit 1 over 7 steps")).to_be_visible()
    reset(root)

    root.get_by_text("Make a mistake").click()
    type_into(root.get_by_role("searchbox", name="search the mistakes"), "no bias")
    root.get_by_role("radio", name="no bias at all").check()
    expect(root.locator(".le-lesson")).to_be_visible()
    same(number(root, "h"), le.doctor.mistaken_trace(lstm, "bias-missing", x).h[0, LAST, 1])
    root.get_by_role("button", name="remove: mistake: no bias at all").click()
    expect(root.locator(".le-changes li")).to_have_count(0)

    root.get_by_text("Change a number").click()
    type_into(root.get_by_label("the number, as a number"), "1.5")
    expect(root.locator(".le-changes li")).to_have_count(1)
    other = x.copy()
    other[0, LAST, 0] = 1.5
    same(number(root, "c"), lstm.trace(other).c[0, LAST, 1])
    reset(root)
    for name in "ifgoch":
        same(number(root, name), trace[name][0, LAST, 1], 0)


def reset(root: Locator) -> None:
    root.get_by_role("button", name="Reset", exact=True).click()
    expect(root.locator(".le-changes li")).to_have_count(0)


def use_recurrent(page: Page, root: Locator, here: dict[str, Any]) -> None:
    layer = here["gru" if root.get_attribute("data-kind") == "GRU" else "rnn"]
    trace = layer.trace(here["x"])
    focus(root)
    press(root, "End", t=LAST)
    press(root, "ArrowLeft", t=LAST - 1)
    press(root, "ArrowDown", unit=1)
    for name in "zrgh" if layer is here["gru"] else "zh":
        same(number(root, name), trace[name][0, LAST - 1, 1], 0)
    button = root.locator("[data-row='z'] button.le-rnn-part").nth(1)  # h_prev · U: opens to its terms
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    total = root.locator(f"#{button.get_attribute('aria-controls')} tr").last.locator("td[data-q]")
    same(float(total.get_attribute("title")), trace.h[0, LAST - 2] @ layer.recurrent_kernel[:, 1], 1e-6)
    play(root, "Home", 0, LAST)


def use_gru_with_python(page: Page, root: Locator, here: dict[str, Any]) -> None:
    use_recurrent(page, root, here)
    if not here["kernel"]:
        return
    expect(page.get_by_text(f"Python has heard: step {LAST}, unit 1")).to_be_visible()
    page.get_by_role("button", name="Python, go to step 2").click()
    expect(root).to_have_attribute("data-t", "2")
    expect(root).to_have_attribute("data-unit", "3")


def use_dense(page: Page, root: Locator, here: dict[str, Any]) -> None:
    x = here["x"][0]
    kernel, bias = here["dense"].get_weights()
    focus(root)
    press(root, "ArrowRight", unit=1)
    y = root.locator(".le-result [data-q='y']")
    same(float(y.get_attribute("title")), np.tanh(x[0] @ kernel[:, 1] + bias[1]), 1e-6)
    type_into(root.get_by_label("which number to change"), "W[2,1]")
    page.keyboard.press("Enter")
    type_into(root.get_by_label("value of W[2,1], typed"), "0.5")
    expect(root.locator("[data-q='was']")).to_be_visible()
    kernel[2, 1] = 0.5
    same(float(y.get_attribute("title")), np.tanh(x[0] @ kernel[:, 1] + bias[1]), 1e-6)
    root.get_by_text("Reset all").click()
    expect(root.locator("[data-q='was']")).to_have_count(0)


def use_packing(page: Page, root: Locator, here: dict[str, Any]) -> None:
    focus(root)
    press(root, "ArrowRight", block="W_i")
    press(root, "ArrowRight", block="W_f")
    root.get_by_role("slider", name="units").fill("7")
    expect(root).to_have_attribute("data-units", "7")
    expect(root.locator("[data-q='total']")).to_have_text(str(4 * (4 * 7 + 7 * 7 + 7)))
    root.get_by_role("button", name="PyTorch").click()
    expect(root.locator("[data-side=PyTorch] .le-chosen")).to_have_count(1)


def use_embedding(page: Page, root: Locator, here: dict[str, Any]) -> None:
    table, tokens = here["words"].get_weights()[0], here["tokens"][0]
    focus(root)
    press(root, "ArrowRight", t=1, token=tokens[1])
    press(root, "ArrowDown", unit=1)
    same(number(root, "y"), table[tokens[1], 1], 0)
    root.get_by_role("button", name=f"step 4, token {tokens[4]}").click()
    expect(root).to_have_attribute("data-token", str(tokens[4]))
    play(root, "Home", 0, LAST)


def use_gradients(page: Page, root: Locator, here: dict[str, Any]) -> None:
    trace = here["lstm"].trace(here["x"])
    dy = np.zeros_like(trace.h)
    dy[:, LAST] = 1
    found = here["lstm"].backward(trace, dy).trace
    focus(root)
    press(root, "ArrowLeft", t=LAST - 1)
    press(root, "ArrowDown", unit=1)
    same(number(root, "0/dc"), found.c[0, LAST - 1, 1], 0)
    same(number(root, "0/dh"), found.h[0, LAST - 1, 1], 0)
    root.get_by_label("colours by powers of ten").click()
    expect(root.locator("[data-map='0/d_c'] .le-legend")).to_contain_text("log")
    play(root, "End", LAST, 0)


def use_pair(page: Page, root: Locator, here: dict[str, Any]) -> None:
    focus(root)
    press(root, "ArrowRight", t=1)
    press(root, "d", quantity="z_g", t=0)
    root.get_by_role("tab", name="c, cell state").click()
    expect(root).to_have_attribute("data-quantity", "c")
    unit = int(root.get_attribute("data-unit"))
    for side, trace in (("a", here["lstm"].trace(here["x"])), ("b", here["wrong"])):
        text = root.locator(f"[data-{side}='c']").inner_text().replace("\N{MINUS SIGN}", "-")
        same(float(text), trace.c[0, 0, unit])
    play(root, "Home", 0, LAST)


def use_bins(page: Page, root: Locator, here: dict[str, Any]) -> None:
    shares = "bins => bins.map(bin => bin.dataset.share)"
    assert root.locator(".le-bins-bin").evaluate_all(shares) == ["0.400", "0.000", "0.000", "0.600"]
    root.get_by_role("slider", name="value_range, high").focus()
    for n in range(1, 13):  # from 1 to 4, a quarter a key
        press(root, "ArrowRight", range=f"0 {1 + n / 4:g}")
    assert root.locator(".le-bins-bin").evaluate_all(shares) == ["0.400", "0.300", "0.200", "0.100"]


def use_prediction(page: Page, root: Locator, here: dict[str, Any]) -> None:
    field = root.get_by_role("textbox")
    field.click()
    page.keyboard.type("1/4")
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-state", "right")
    expect(root.locator(".le-answer")).to_contain_text("Answer: 0.25")
    root.get_by_role("button", name="Ask me again").click()
    expect(root).to_have_attribute("data-state", "asked")


def use_model(page: Page, root: Locator, here: dict[str, Any]) -> None:
    trace = here["model"].trace(here["tokens"])
    focus(root)
    press(root, "ArrowRight", t=1)
    root.get_by_role("tab", name="words").focus()
    press(root, "ArrowRight", layer="reads")
    panel = root.get_by_role("tabpanel", name="reads")
    same(number(panel, "h"), trace["reads"].h[0, 1, 0], 0)
    panel.get_by_text("What if …").click()
    panel.get_by_role("button", name="open (1)").click()
    expect(panel.locator(".le-changes li")).to_have_count(1)
    same(number(panel, "f"), 1, 0)
    root.get_by_role("tab", name="answers").click()
    expect(root).to_have_attribute("data-layer", "answers")
    y = root.get_by_role("tabpanel", name="answers").locator(".le-result [data-q='y']")
    same(float(y.get_attribute("title")), trace["answers"].y[0, 1, 0], 1e-6)
    root.get_by_role("tab", name="reads").click()
    reset(panel)


def use_plain(page: Page, root: Locator, here: dict[str, Any]) -> None:
    focus(root)
    press(root, "ArrowRight", t=1)
    title = root.locator("[data-map='y'] .le-value").get_attribute("title")
    same(float(title.partition("=")[2]), here["x"][0, 1, 0], 0)
    play(root, "Home", 0, LAST)


def use_card(page: Page, root: Locator, here: dict[str, Any]) -> None:
    expect(root).to_be_visible()
    assert root.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), "the card sticks out"


HEARD = """
heard = ipywidgets.Label("Python has heard nothing yet")
button = ipywidgets.Button(description="Python, go to step 2", layout={"width": "auto"})
explorer = le.explore(gru, x)
def hear(change): heard.value = f"Python has heard: step {explorer.t}, unit {explorer.unit}"
explorer.observe(hear, ["t", "unit"])
button.on_click(lambda _: explorer.goto(t=2, unit=3))
ipywidgets.VBox([button, heard, explorer])
"""
STEPPED = "stepped by keys and by Play; the numbers are NumPy's"
KINDS = {
    "LSTM": Kind(
        "LSTM",
        "le.explore(lstm.trace(x), reference=lstm.trace(x))",
        use_lstm,
        f"{STEPPED}; what if: a gate held shut, a mistake, an input changed, reset",
    ),
    "GRU": Kind("GRU", HEARD, use_gru_with_python, f"{STEPPED}; a product opened", "; Python is told, and moves it"),
    "SimpleRNN": Kind("SimpleRNN", "le.explore(rnn, x)", use_recurrent, f"{STEPPED}; a product opened"),
    "Dense": Kind("Dense", "le.explore(dense, x[0])", use_dense, "stepped by keys; a weight changed, reset"),
    "Packing": Kind(
        "Packing", "le.packing(2, 4)", use_packing, "blocks by keys; units by the slider; PyTorch next to it"
    ),
    "Embedding": Kind("Embedding", "le.explore(words, tokens)", use_embedding, f"{STEPPED}; a token clicked"),
    "Gradients": Kind("Gradients", "le.explore_gradients(lstm, x, beside=rnn)", use_gradients, STEPPED),
    "Pair": Kind(
        "Pair",
        "le.explore_pair(lstm.trace(x), wrong, names=('right', 'wrong'))",
        use_pair,
        f"{STEPPED}; tabs; the first divergence",
    ),
    "Bins": Kind("Bins", "le.explore_bins([0, 0, 0, 0, 1, 1, 1, 2, 2, 3])", use_bins, "the range moved by keys"),
    "Prediction": Kind(
        "Prediction", "le.predict('What is a quarter?', 0.25)", use_prediction, "a guess typed, judged, asked again"
    ),
    "a model": Kind("Sequential", "le.explore(model, tokens)", use_model, "tabs by mouse and keys; what if in a tab"),
    "any other layer": Kind("Masking", "le.explore(made('Masking', (None, None, 4)), x)", use_plain, STEPPED),
    "exercise card": Kind(None, "le.exercises.lstm_step.task", use_card, "drawn"),
    "solution card": Kind(None, "le.exercises.lstm_step.solution()", use_card, "drawn"),
}
CELLS = [kind.cell for kind in KINDS.values()]


def here(kernel: bool) -> dict[str, Any]:
    """What SETUP computes, in this Python."""
    names: dict[str, Any] = {"kernel": kernel}
    exec(SETUP, names)
    return names


def shown_by(name: str, names: dict[str, Any]) -> Any:
    """What the kind's cell shows: a widget, or a card."""
    *lines, last = KINDS[name].cell.strip().splitlines()
    exec("\n".join(lines), names)
    return eval(last, names)


def root_of(page: Page, name: str) -> Locator:
    """The element of one kind, when it is drawn."""
    if KINDS[name].kind is None:
        return page.locator(f"section[aria-label^='{'Solution of' if 'solution' in name else 'Task'} lstm_step']")
    found = page.locator(f".lstm-edu-explorer[data-kind={KINDS[name].kind}]")
    expect(found).to_have_count(1, timeout=60_000)
    expect(found).to_have_attribute("data-ready", "true")
    return found
