"""How much an explorer shows: what is seen at each level, the control that changes it, what the page remembers."""

import base64

import numpy as np
import pytest
from blank_page import ROOT, SCHEMES, STUB, axe_finds_nothing, call, nothing_sticks_out, put
from playwright.sync_api import expect

import lstm_edu as le

LEVELS = ("simple", "gates", "all")


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Every test draws the same numbers, whichever ran before it."""
    global RNG
    RNG = np.random.default_rng(17)


def made(kind, units, *, steps=7, features=3, mask=None, **options):
    layer = getattr(le, kind)(units, return_sequences=True, **options)
    layer.build((None, None, features))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer.trace(RNG.normal(size=(2, steps, features)), mask=mask)


def dense(units=4, features=3, activation="softmax"):
    layer = le.Dense(units, activation)
    layer.build((None, features))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer.trace(RNG.normal(size=(5, features)))


def model():
    layers = [le.Embedding(9, 3, mask_zero=True, name="table"), le.LSTM(5, return_sequences=True, name="one")]
    net = le.Sequential([*layers, le.GRU(3, name="two"), le.Dense(2, "softmax", name="out")])
    net.build((None, 6))
    net.set_weights([RNG.normal(size=w.shape) for w in net.get_weights()])
    return net.trace(RNG.integers(0, 9, size=(2, 6)))


def embedding():
    layer = le.Embedding(9, 4, mask_zero=True)
    layer.build((None, 6))
    return layer.trace(RNG.integers(0, 9, size=(2, 6)))


def masking():
    layer = le.Masking()
    layer.build((None, 6, 3))
    return layer.trace(RNG.normal(size=(2, 6, 3)))


TRACES = {
    "LSTM": lambda: made("LSTM", 5), "GRU": lambda: made("GRU", 5), "SimpleRNN": lambda: made("SimpleRNN", 5),
    "Dense": dense, "Embedding": embedding, "Masking": masking, "model": model,
}  # fmt: skip

# What is seen from which level on; and the maps at each of the three.
PARTS = {
    "LSTM": {".le-words": 0, ".le-diagram": 1, ".le-equations": 2, ".le-whatif > details": 2, ".le-compare": 2},
    "GRU": {".le-words": 0, ".le-equations": 2, ".le-compare": 2},
    "SimpleRNN": {".le-words": 0, ".le-equations": 2, ".le-compare": 2},
    "Dense": {
        ".le-words": 0, ".le-x": 0, ".le-y": 0, ".le-W": 1, ".le-b": 1, ".le-curve": 1, ".le-law": 1, ".le-terms": 2,
        ".le-bench": 2, ".le-verdict": 2,
    },
    "Embedding": {
        ".le-words": 0, ".le-emb-tokens": 0, ".le-emb-table": 0, "[aria-label='column of the table']": 1,
        ".le-emb-vector": 2, ".le-verdict": 2,
    },
    "Masking": {".le-words": 0, ".le-verdict": 2},
}  # fmt: skip
MAPS = {
    "LSTM": (["x", "f", "written", "c", "h"], list("xifgoch"), list("xifgoch")),
    "GRU": (["x", "z", "written", "h"], list("xzrgh"), list("xzrgh")),
    "SimpleRNN": (["x", "h"], list("xzh"), list("xzh")),
    "Dense": ([], [], []),
    "Embedding": ([], ["y"], ["y"]),
    "Masking": (["x", "y"], ["x", "y"], ["x", "y"]),
}


@pytest.mark.parametrize("which", PARTS)
def test_each_level_adds_to_the_one_before(page, which):
    trace = TRACES[which]()
    for n, level in enumerate(LEVELS):
        root = put(page, le.explore(trace, reference=trace, detail=level))
        expect(root).to_have_attribute("data-detail", level)
        for part, first in PARTS[which].items():
            assert root.locator(part).first.is_visible() == (n >= first), (level, part)
        maps = root.locator(".le-map").evaluate_all("maps => maps.filter(m => m.offsetParent).map(m => m.dataset.map)")
        assert maps == MAPS[which][n], level
        drawn = root.locator(".le-map:visible canvas").evaluate_all("all => all.map(c => c.width)")
        assert all(width > 300 for width in drawn), (level, drawn)


def gradients():
    lstm, rnn = made("LSTM", 5).layer, made("SimpleRNN", 4).layer
    return le.explore_gradients(lstm, RNG.normal(size=(2, 7, 3)), beside=rnn)


SHOWN = {name: lambda name=name: le.explore(TRACES[name]()) for name in PARTS} | {"gradients": gradients}


@pytest.mark.parametrize("which", SHOWN)
def test_no_name_and_no_number_is_cut_off_in_400_pixels(new_page, which):
    page = new_page(viewport={"width": 400, "height": 900})
    root = put(page, SHOWN[which]())
    assert root.evaluate("e => e.clientWidth") < 400
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    assert root.locator(".le-title, .le-title span:not(.le-chip), .le-scroll, .le-number").evaluate_all(cut) == []
    ends = "all => all.map(e => e.getBoundingClientRect().right)"
    edge = root.locator(".le-head").first.evaluate("e => e.getBoundingClientRect().right")
    assert max(root.locator("table:visible td, .le-matrices").evaluate_all(ends), default=0) <= edge + 1


def test_one_unit_is_not_a_choice(page):
    assert put(page, le.explore(made("LSTM", 1))).get_by_label("unit", exact=True).count() == 0
    assert put(page, le.explore(made("LSTM", 2))).get_by_label("unit", exact=True).count() == 1


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_what_is_written_is_what_the_trace_adds_to_the_memory(page, kind):
    mask = np.arange(7)[None] < [[7], [5]]
    trace = made(kind, 4, mask=mask)
    written = trace.i * trace.g if kind == "LSTM" else (1 - trace.z) * trace.g
    for batch, t, unit in ((0, 3, 1), (1, 4, 3), (1, 6, 2)):
        root = put(page, le.explore(trace, detail="simple", batch=batch, t=t, unit=unit))
        expected = float(written[batch, t, unit]) if mask[batch, t] else 0.0
        assert expected == 0 or abs(expected) > 0.01  # a number that can be told from others
        value = root.locator(".le-map[data-map=written] .le-value")
        expect(value).to_have_text(f"{expected:.3f}".replace("-", "−"))
        words = root.locator(".le-words").inner_text()
        assert ("masked" in words) == (not mask[batch, t])
        assert not mask[batch, t] or f"writes {expected:.3f} into it".replace("-", "−") in words
        root.evaluate("() => model.set('highlight', 'g')")
        expect(root.locator(".le-map.le-lit")).to_have_attribute("data-map", "written")


def test_the_sentence_of_the_simple_level_says_what_is_kept_written_and_held(page):
    trace = made("LSTM", 4)
    root = put(page, le.explore(trace, detail="simple", batch=1, t=5, unit=2))
    f, before, c, h = (float(a[1, n, 2]) for a, n in ((trace.f, 5), (trace.c, 4), (trace.c, 5), (trace.h, 5)))
    written = float(trace.i[1, 5, 2] * trace.g[1, 5, 2])
    said = (
        f"Unit 2 at step 5 of sequence 1 keeps {100 * f:.0f} % of its memory ({f * before:.3f} of {before:.3f}), "
        f"writes {written:.3f} into it, and now holds c = {c:.3f}. What goes out is h = {h:.3f}."
    )
    expect(root.locator(".le-words")).to_have_text(said.replace("-", "−"))
    expect(root.locator("[aria-live]")).to_contain_text("keeps")
    expect(root.locator(".le-kept")).to_contain_text(
        f"kept {f * before:+.3f}, written {written:+.3f}; together {c:.3f}".replace("-", "−")
    )
    assert "candidate" not in root.inner_text() and "tanh" not in root.inner_text()


@pytest.mark.parametrize(("kind", "state"), [("LSTM", "c"), ("GRU", "h")])
def test_the_first_sentence_of_all_says_that_the_memory_is_empty(page, kind, state):
    trace = made(kind, 4)
    gate = trace.i if kind == "LSTM" else 1 - trace.z
    written, held = float(gate[0, 0, 1] * trace.g[0, 0, 1]), float(trace[state][0, 0, 1])
    root = put(page, le.explore(trace, detail="simple", unit=1))
    said = f"finds its memory empty, writes {written:.3f} into it, and now holds {state} = {held:.3f}"
    expect(root.locator(".le-words")).to_contain_text(said.replace("-", "−"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.000"), (9.9e-5, "0.000"), (-9.9e-5, "0.000"), (1e-4, "0.0001"), (-0.0004, "−0.0004"), (0.0005, "0.001"),
        (0.25, "0.250"), (-1.5, "−1.500"), (1e6, "1.00e+6"), ("NaN", "NaN"), ("-inf", "−∞"),
    ],
)  # fmt: skip
def test_next_to_nothing_is_written_as_zero(page, value, text):
    assert call(page, "formatSimply", value) == text


def test_tiny_numbers_are_zero_in_words_until_all_is_shown(page):
    layer = le.LSTM(2, return_sequences=True)
    layer.build((None, None, 1))
    layer.set_weights([RNG.normal(size=w.shape) * 1e-7 for w in layer.weights])
    trace = layer.trace(RNG.normal(size=(1, 4, 1)))
    assert 0 < abs(trace.c[0, 2, 1]) < 1e-6
    for level in LEVELS:
        root = put(page, le.explore(trace, detail=level, t=2, unit=1))
        drawing = root.locator("svg.le-diagram-picture")
        drawn = drawing.get_attribute("aria-label") if drawing.count() else ""  # the simple level draws no cell
        ends = root.locator(".le-legend").all_inner_texts()  # a scale says how small its numbers are at every level
        text = "".join(t for t in root.inner_text().splitlines() if not any(t in end for end in ends)) + (drawn or "")
        assert ("e−" in text) == (level == "all"), level
        assert ("0.000" in root.locator(".le-map[data-map=c] .le-value").inner_text()) == (level != "all")
        root.locator(".le-plot[data-q=c]").hover()
        assert ("e−" in root.locator(".le-tip").inner_text()) == (level == "all")


# --- the control ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", TRACES)
def test_the_level_is_changed_by_keyboard_alone_and_nothing_else_moves(page, which):
    root = put(page, le.explore(TRACES[which](), detail="simple"))
    choice = root.get_by_role("radiogroup", name="show how much")
    levels = [radio.get_attribute("value") for radio in choice.get_by_role("radio").all()]
    assert levels == ([level for level in LEVELS if level != "gates"] if which == "Masking" else list(LEVELS))
    root.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "radio"
    before = page.evaluate("[model.get('t'), model.get('unit'), model.get('batch')]")
    for level in levels[1:]:
        page.keyboard.press("ArrowRight")
        expect(root).to_have_attribute("data-detail", level)
        assert page.evaluate("model.get('detail')") == level
    page.keyboard.press("ArrowUp")
    expect(root).to_have_attribute("data-detail", levels[-2])
    assert page.evaluate("[model.get('t'), model.get('unit'), model.get('batch')]") == before
    page.wait_for_function("model.saved.length > 0")  # Python is told


def test_python_sets_the_level_and_the_page_follows(page):
    root = put(page, le.explore(made("LSTM", 5), detail="all"))
    for level in ("simple", "gates", "all"):
        page.evaluate("level => model.set('detail', level)", level)
        expect(root.get_by_role("radio", name=level, exact=True)).to_be_checked()
        assert root.locator(".le-diagram").is_visible() == (level != "simple")
        sizes = root.locator(".le-map:visible canvas").evaluate_all("all => all.map(c => c.offsetWidth)")
        assert len(set(sizes)) == 1 and sizes[0] > 300, level


def test_the_tabs_of_a_model_have_one_level(page):
    root = put(page, le.explore(model(), detail="simple", layer="one"))
    assert root.locator(".le-levels").count() == 1
    root.get_by_role("radio", name="gates").check()
    for tab, part in (("two", "[data-map=r]"), ("out", ".le-W"), ("table", "[data-map=y]"), ("one", ".le-diagram")):
        root.get_by_role("tab", name=tab).click()
        expect(root.locator(f"[role=tabpanel]:visible {part}")).to_be_visible()
        assert root.locator("[role=tabpanel]:visible .le-equations").first.is_visible() is False
    assert root.locator("[data-map=o] canvas").evaluate("c => c.offsetWidth") > 300  # drawn again, if seen before
    root.get_by_role("tab", name="one").click()
    root.get_by_role("radio", name="all").check()
    expect(root.locator("[role=tabpanel]:visible .le-equations")).to_be_visible()


def test_what_a_what_if_changes_is_said_at_every_level(page):
    explorer = le.explore(made("LSTM", 5), detail="simple", t=3)
    explorer.what_if(hold={"f": 0})
    root = put(page, explorer)
    expect(root.locator(".le-changes li")).to_be_visible()
    expect(root.locator(".le-words")).to_contain_text("keeps 0 % of its memory")
    expect(root.locator(".le-whatif > details")).to_be_hidden()


def test_below_all_a_number_of_dense_is_looked_at_and_not_taken(page):
    root = put(page, le.explore(dense(), detail="gates"))
    root.locator("[data-q='W1,2']").click()
    expect(root).to_have_attribute("data-unit", "2")
    assert root.locator(".le-bench").is_hidden()
    assert page.evaluate("document.activeElement.dataset.q") == "W1,2"
    root.get_by_role("radio", name="all").check()
    expect(root.locator(".le-bench .le-place")).to_have_value("W[0,0]")  # what was on the bench from the start


# --- what is remembered ---------------------------------------------------------------------------------------------


def at_address(page, address):
    """A page of an address of its own, where something can be kept."""
    page.route("http://localhost/**", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    page.goto(address)


def put_at(page, address, explorer):
    at_address(page, address)
    state = {k: v for k, v in explorer.get_state().items() if k not in ("_esm", "_css", "_data", "layout")}
    data = base64.b64encode(explorer._data).decode()
    page.evaluate(STUB, {"esm": explorer._esm, "css": explorer._css, "state": state, "data": data})
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-ready", "true")
    return root


def test_the_page_remembers_what_was_chosen_instead_of_what_was_asked_for(page):
    trace = made("LSTM", 5)
    asked = {level: le.explore(trace, detail=level) for level in LEVELS}
    root = put_at(page, "http://localhost/a", asked["simple"])
    assert page.evaluate("localStorage.length") == 0  # nothing is kept of whoever chooses nothing
    root.get_by_role("radio", name="gates").check()
    root = put_at(page, "http://localhost/a", asked["simple"])
    expect(root).to_have_attribute("data-detail", "gates")
    expect(root.get_by_role("radio", name="gates")).to_be_checked()
    assert page.evaluate("model.get('detail')") == "gates"
    # What was asked for at another level, or on another page, is not touched.
    expect(put_at(page, "http://localhost/a", asked["all"])).to_have_attribute("data-detail", "all")
    expect(put_at(page, "http://localhost/b", asked["simple"])).to_have_attribute("data-detail", "simple")
    root = put_at(page, "http://localhost/a", asked["simple"])
    root.get_by_role("radio", name="simple").check()
    expect(put_at(page, "http://localhost/a", asked["simple"])).to_have_attribute("data-detail", "simple")


@pytest.mark.parametrize("kept", ["null", "7", '"gates"', "{", '{"simple": "everything"}', '{"simple": null}', "[]"])
def test_nonsense_in_the_memory_is_no_matter(page, kept):
    at_address(page, "http://localhost/a")
    page.evaluate("kept => localStorage.setItem('lstm-edu-detail /a', kept)", kept)
    root = put_at(page, "http://localhost/a", le.explore(made("GRU", 5), detail="simple"))
    expect(root).to_have_attribute("data-detail", "simple")
    root.get_by_role("radio", name="all").check()
    root = put_at(page, "http://localhost/a", le.explore(made("GRU", 5), detail="simple"))
    expect(root).to_have_attribute("data-detail", "all")


def test_where_nothing_may_be_kept_the_control_works_all_the_same(page):
    root = put(page, le.explore(made("LSTM", 5), detail="simple"))
    refused = page.evaluate("() => { try { return String(localStorage) } catch (error) { return error.name } }")
    assert refused == "SecurityError"
    root.get_by_role("radio", name="all").check()
    expect(root.locator(".le-equations")).to_be_visible()
    expect(root.locator(".le-error")).to_have_count(0)


# --- for everyone ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["simple", "gates"])  # the other tests look at "all"
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_at_any_level_and_nothing_sticks_out(new_page, scheme, level):
    page = new_page(**SCHEMES[scheme])
    for width in (400, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        for which, make in TRACES.items():
            put(page, le.explore(make(), detail=level))
            axe_finds_nothing(page, (which, width))
            nothing_sticks_out(page, (which, width))


def test_names_of_pictures_are_read_in_full_on_the_narrowest_page(new_page):
    """280 pixels: what JupyterLab leaves of 400."""
    page = new_page(viewport={"width": 296, "height": 800})
    for level in LEVELS:
        root = put(page, le.explore(made("LSTM", 5), detail=level))
        names = root.locator(".le-map:visible .le-name:visible")
        assert names.count() == len(MAPS["LSTM"][LEVELS.index(level)])
        assert names.evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)") == []
        if level != "all":  # an equation with its numbers needs 300 pixels
            nothing_sticks_out(page, level)
