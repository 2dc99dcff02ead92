"""Names of features, units, classes, words and steps in the page: next to every number, and as text only."""

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, nothing_sticks_out, put
from playwright.sync_api import expect

import lstm_edu as le

FEATURES, UNITS = ["value", "write", "tell"], ["north", "east", "south", "west"]
WORDS = ["(none)", "the", "bat", "hits", "ball", "game"]
DAYS = [f"day {n}" for n in range(6)]
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Every test draws the same numbers, whichever ran before it."""
    global RNG
    RNG = np.random.default_rng(41)


def made(kind, *arguments, shape=(None, 6, 3), x=None, **options):
    layer = getattr(le, kind)(*arguments, **options)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer.trace(RNG.normal(size=(2, *shape[1:])) if x is None else x)


def recurrent(kind="LSTM", **names):
    named = {"features": FEATURES, "units": UNITS, "steps": DAYS} | names
    return le.explore(made(kind, 4, return_sequences=True), t=3, unit=1, batch=1, **named)


def sorter(**options):
    trace = made("Dense", 3, "softmax", shape=(None, 2), x=RNG.normal(size=(4, 2)))
    return trace, le.explore(trace, features=["length", "roundness"], classes=["ball", "bat", "glove"], **options)


def text(**names):
    ids = np.array([[1, 2, 3, 1, 4, 0], [1, 5, 3, 1, 4, 2]])
    model = le.Sequential(
        [le.Embedding(6, 3, name="table"), le.LSTM(4, name="one"), le.Dense(2, "softmax", name="out")]
    )
    model.build((None, 6))
    model.set_weights([RNG.normal(size=w.shape) for w in model.get_weights()])
    named = {"words": WORDS, "units": UNITS, "classes": ["dull", "fine"]} | names
    return le.explore(model.trace(ids), t=2, batch=1, layer="one", **named)


def rows_of(root, name):
    return root.locator(f".le-map[data-map={name}] .le-row-names span").all_inner_texts()


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_names_stand_next_to_the_rows_in_the_sentence_and_in_the_controls(page, kind):
    root = put(page, recurrent(kind))
    assert rows_of(root, "x") == FEATURES
    for name in {"LSTM": "ifgoch", "GRU": "zrgh", "SimpleRNN": "zh"}[kind]:
        assert rows_of(root, name) == UNITS, name
    # Each name at the height of its row.
    plot, names = root.locator(".le-plot[data-q=h]"), root.locator(".le-map[data-map=h] .le-row-names span")
    box = plot.bounding_box()
    for n, name in enumerate(names.all()):
        middle = name.bounding_box()["y"] + name.bounding_box()["height"] / 2
        assert abs(middle - (box["y"] + (n + 0.5) * box["height"] / 4)) < 3
        assert name.bounding_box()["x"] + name.bounding_box()["width"] <= box["x"]
        assert name.evaluate("e => e.scrollWidth <= e.clientWidth")  # none is cut off
    expect(root.locator(".le-words")).to_contain_text("Unit 1 “east” at step 3 “day 3” of sequence 1")
    expect(root.locator("[aria-live]")).to_contain_text("Unit 1 “east” at step 3 “day 3”")
    described = root.locator(".le-maps").first.get_attribute("aria-label")
    assert "The features: value, write, tell." in described and "The units: north, east, south, west." in described
    assert root.get_by_label("unit", exact=True).locator("option").all_inner_texts()[2] == "2 “south”"
    expect(root.locator(".le-step")).to_have_text("step 3 “day 3” (0 to 5)")
    assert root.locator(".le-axis span").all_inner_texts() == DAYS
    plot.hover(position={"x": 2, "y": 2})
    expect(root.locator(".le-tip")).to_contain_text("step 0 “day 0”, unit 0 “north”:")
    root.locator(".le-plot[data-q=x]").hover(position={"x": 2, "y": 2})
    expect(root.locator(".le-tip")).to_contain_text("feature 0 “value”:")


def test_names_stand_in_the_cell_and_in_the_equations(page):
    root = put(page, recurrent())
    expect(root.locator(".le-diagram-fold summary")).to_have_text("The cell of unit 1 “east” at step 3 “day 3”")
    assert "The cell of unit 1 “east” at step 3 “day 3”." in root.locator(".le-diagram svg").get_attribute("aria-label")
    for q, names in (("xW_i", FEATURES), ("hU_o", UNITS)):
        button = root.locator(f"button.le-addend:has([data-q='{q}'])")
        button.click()
        panel = root.locator(f"[id='{button.get_attribute('aria-controls')}']")
        assert panel.locator("tbody th").all_inner_texts() == [f"{n} “{name}”" for n, name in enumerate(names)]
    root.focus()
    page.keyboard.press("ArrowDown")
    expect(root.locator(".le-diagram-fold summary")).to_have_text("The cell of unit 2 “south” at step 3 “day 3”")
    root = put(page, le.explore(made("GRU", 4), features=FEATURES, units=UNITS))
    button = root.locator("button.le-rnn-part:has([data-q='xW_z'])")
    button.click()
    panel = root.locator(f"[id='{button.get_attribute('aria-controls')}']")
    assert panel.locator("tbody th").all_inner_texts()[:3] == [f"k = {n} “{name}”" for n, name in enumerate(FEATURES)]


def test_of_many_rows_the_chosen_one_is_named(page):
    units = [f"unit of {n}" for n in range(40)]
    root = put(page, le.explore(made("LSTM", 40, return_sequences=True), units=units, unit=7))
    names = root.locator(".le-map[data-map=c] .le-row-names")
    expect(names).to_have_text("unit of 7")
    root.focus()
    page.keyboard.press("ArrowDown")
    expect(names).to_have_text("unit of 8")
    plot, label = root.locator(".le-plot[data-q=c]").bounding_box(), names.bounding_box()
    assert abs(label["y"] - (plot["y"] + 8 * plot["height"] / 40)) < 3


def test_without_names_nothing_is_quoted_and_no_room_is_taken(page):
    root = put(page, le.explore(made("LSTM", 4, return_sequences=True), t=3, unit=1))
    assert "“" not in root.inner_text() and root.locator(".le-row-names").count() == 0
    expect(root.locator(".le-diagram-fold summary")).to_have_text("The cell at this step")
    without = root.locator(".le-plot").first.bounding_box()["x"]
    root = put(page, le.explore(made("LSTM", 4, return_sequences=True), units=UNITS))
    assert root.locator(".le-plot").first.bounding_box()["x"] > without + 20


def test_a_dense_layer_names_columns_terms_and_the_class_it_decides_for(page):
    trace, explorer = sorter(batch=2, unit=1)
    root = put(page, explorer)
    for part, names in ((".le-x", ["length", "roundness"]), (".le-W", ["ball", "bat", "glove"]), (".le-b", [])):
        assert root.locator(f"{part} .le-column-name").all_inner_texts() == names
    assert root.locator(".le-y .le-column-name").all_inner_texts() == ["ball", "bat", "glove"]
    heads = root.locator(".le-y .le-column-name").all()
    for n, head in enumerate(heads):  # each above its column
        cell = root.locator(f"[data-q='y0,{n}']").bounding_box()
        assert abs(head.bounding_box()["x"] - cell["x"]) < 2 and head.bounding_box()["y"] < cell["y"]
    beside = root.locator(".le-row-name")
    assert beside.all_inner_texts() == ["length", "roundness"]
    for row, name in enumerate(beside.all()):  # each next to its row, over x
        box, cell = name.bounding_box(), root.locator(f"[data-q='W{row},0']").bounding_box()
        assert cell["y"] <= box["y"] + box["height"] / 2 <= cell["y"] + cell["height"]
        assert root.locator(".le-x").bounding_box()["x"] - 1 <= box["x"] and box["x"] + box["width"] <= cell["x"]
    columns = [root.locator(f"[data-q='{place}']").bounding_box()["x"] for place in ("W0,1", "b0,1", "y0,1")]
    assert len(set(columns)) == 1  # W, b and y are still one below the other
    assert root.locator("[data-q='W1,2']").get_attribute("aria-label").startswith("W[1, 2] “roundness” “glove” = ")
    assert root.locator(".le-terms tbody th").all_inner_texts()[:2] == [
        "x[0] “length” · W[0,1]", "x[1] “roundness” · W[1,1]",
    ]  # fmt: skip
    largest = int(trace.y[2].argmax())
    said = f"The largest of this row is “{['ball', 'bat', 'glove'][largest]}”, {trace.y[2, largest]:.4f}."
    expect(root.locator(".le-words")).to_contain_text("Output 1 “bat” of sample 2")
    expect(root.locator(".le-words")).to_contain_text(said)
    expect(root.locator("[aria-live]")).to_contain_text(said)
    root.locator("[data-q='W0,0']").click()
    assert said in root.locator(".le-words").inner_text()  # nothing has been changed yet
    for place in ("b[0]", "b[1]", "b[2]"):
        page.evaluate(
            "([place, v]) => model.set('edits', {...model.get('edits'), [place]: v})", [place, 9 * (place == "b[0]")]
        )
    expect(root.locator(".le-words")).to_contain_text("The largest of this row is “ball”")


def test_units_are_no_classes(page):
    trace = made("Dense", 3, "tanh", shape=(None, 2), x=RNG.normal(size=(4, 2)))
    root = put(page, le.explore(trace, units=["ball", "bat", "glove"]))
    assert "The largest" not in root.inner_text()


def test_words_stand_for_their_tokens_and_name_the_steps_of_the_layers_that_follow(page):
    root = put(page, text())
    expect(root.locator("[role=tabpanel]:visible .le-words")).to_contain_text("Unit 0 “north” at step 2 “hits”")
    root.get_by_role("tab", name="table").click()
    panel = root.locator("[role=tabpanel]:visible")
    expect(panel.locator(".le-emb-token")).to_have_text(["the", "game", "hits", "the", "ball", "bat"])
    expect(panel.locator(".le-emb-token").nth(1)).to_have_attribute("aria-label", "step 1, token 5 “game”")
    expect(panel.locator(".le-words")).to_contain_text("Step 2 holds token 3 “hits”: it picks row 3 of the table")
    assert set(panel.locator(".le-emb-marks span").all_inner_texts()) == set(WORDS[1:])
    panel.locator(".le-plot[data-q=table]").hover(position={"x": 5, "y": 5 * 16 + 8})
    expect(panel.locator(".le-tip")).to_contain_text("row 5 “game”")
    root.get_by_role("tab", name="out").click()
    panel = root.locator("[role=tabpanel]:visible")
    expect(panel.locator(".le-x .le-column-name")).to_have_text(UNITS)
    expect(panel.locator(".le-words")).to_contain_text("The largest of this row is “")


def test_names_are_text_and_never_markup(page):
    words = [HOSTILE, "</script><b>", "{{x}}", "&lt;i&gt;", "'\"`", "javascript:alert(1)"]
    units = {"one": [HOSTILE, "<b>", "&amp;", "a" * 300]}
    for explorer in (
        text(words=words, units=units, classes=[HOSTILE, "<i>"]),
        recurrent(features=[HOSTILE, "<b>x</b>", "&"], units=[HOSTILE, "<u>", "&", "b" * 300], steps=[HOSTILE] * 6),
        recurrent("GRU", features=[HOSTILE, "<b>x</b>", "&"], units=[HOSTILE, "<u>", "&", "b"]),
        le.explore(made("Dense", 2, shape=(None, 2)), features=[HOSTILE, "<b>"], classes=[HOSTILE, "<u>"]),
        le.explore(made("Masking"), features=[HOSTILE, "<b>", "&"]),
    ):
        root = put(page, explorer)
        for tab in root.get_by_role("tab").all():
            tab.click()
            page.wait_for_timeout(50)
        assert root.locator("img, b, u, i i, script").count() == 0
        assert HOSTILE in root.inner_text() or HOSTILE in root.locator("select").first.inner_text()
        nothing_sticks_out(page)


TOKENS = np.array([[1, 2, 3, 4, 5, 0]])

NAMED = {
    "LSTM": recurrent, "GRU": lambda: recurrent("GRU"), "Dense": lambda: sorter()[1], "text": text,
    "Embedding": lambda: le.explore(made("Embedding", 6, 4, shape=(None, 6), x=TOKENS), words=WORDS),
    "Masking": lambda: le.explore(made("Masking"), features=FEATURES, steps=DAYS),
}  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_where_there_are_names_and_nothing_sticks_out(new_page, scheme):
    page = new_page(**SCHEMES[scheme])
    for width in (400, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        for which, make in NAMED.items():
            put(page, make())
            axe_finds_nothing(page, (which, width))
            nothing_sticks_out(page, (which, width))


def test_the_rows_of_a_matrix_of_colours_have_names(page):
    trace = made("Dense", 40, shape=(None, 3), x=RNG.normal(size=(4, 3)))
    root = put(page, le.explore(trace, features=FEATURES))
    names = root.locator(".le-W .le-colour-rows span")
    assert names.all_inner_texts() == FEATURES
    canvas = root.locator(".le-W canvas").bounding_box()
    for row, name in enumerate(names.all()):
        box = name.bounding_box()
        assert abs(box["y"] + box["height"] / 2 - (canvas["y"] + (row + 0.5) * canvas["height"] / 3)) < 4
        assert box["x"] >= root.bounding_box()["x"] and box["x"] + box["width"] <= canvas["x"]
