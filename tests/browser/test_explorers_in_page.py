"""The explorers without Jupyter: their module imported into a blank page, with a stub for the model.

Here is what needs a browser but no kernel: the module's pure functions, what is drawn for odd inputs, keys, what is
saved and when, accessibility (axe-core) in both themes and at three widths.
"""

import numpy as np
import pytest
from blank_page import (
    ROOT,
    SCHEMES,
    axe_finds_nothing,
    call,
    load_modules,
    nothing_sticks_out,
    put,
    shown,
    stop_the_clock,
)
from playwright.sync_api import expect

import lstm_edu as le
from lstm_edu import palette, widgets
from lstm_edu.widgets import _base


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Every test draws the same numbers, whichever ran before it."""
    global RNG
    RNG = np.random.default_rng(11)


def lstm_trace(batch=2, steps=9, features=4, units=5, mask=None, name="lstm", x=None, **layer):
    layer = le.LSTM(units, return_sequences=True, name=name, **layer)
    layer.build((None, None, features))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    if x is None:
        x = RNG.normal(size=(batch, steps, features))
    return layer.trace(x, mask=mask, initial_state=[RNG.normal(size=(len(x), units)) for _ in "hc"])


def dense_layer(features=3, units=4, activation="tanh", **layer):
    layer = le.Dense(units, activation, **layer)
    layer.build((None, features))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def model_trace():
    model = le.Sequential([le.LSTM(5, return_sequences=True, name="one"), le.LSTM(3, name="two"), dense_layer(3, 2)])
    model.build((None, 9, 4))
    return model.trace(RNG.normal(size=(2, 9, 4)))


def noted(root) -> str:
    """The notes that can be read."""
    return "\n".join(root.locator(".le-note:visible").all_inner_texts())


# --- pure functions -------------------------------------------------------------------------------------------------


def test_numbers_are_written_for_readers(page):
    put(page, widgets.packing(2, 3))
    for value, text in [
        (0, "0.0000"), (0.25, "0.2500"), (-1.5, "−1.5000"), (1e-7, "1.00e−7"), (-123456.0, "−1.23e+5"),
        ("NaN", "NaN"), ("inf", "∞"), ("-inf", "−∞"),
    ]:  # fmt: skip
        assert call(page, "format", value) == text


def test_a_map_may_keep_the_total_to_itself(page):
    for told in (True, False):
        root = put(page, widgets.packing(2, 4, total=told))
        root.locator("[data-block='W_o']").focus()
        expect(root.locator(".le-card")).to_contain_text("kernel[:, 3*units:]")
        expect(root.locator("[data-q='total']")).to_have_count(int(told))
        assert ("56" in root.inner_text()) == told


def test_a_key_leads_one_step_and_never_over_the_edge(page):
    put(page, widgets.packing(2, 3))
    limits = {"steps": 15, "units": 4}
    for key, start, end in [
        ("ArrowRight", (0, 0), (1, 0)), ("ArrowRight", (14, 0), (14, 0)), ("ArrowLeft", (0, 3), (0, 3)),
        ("ArrowDown", (3, 2), (3, 3)), ("ArrowDown", (3, 3), (3, 3)), ("ArrowUp", (3, 0), (3, 0)),
        ("PageDown", (3, 1), (13, 1)), ("PageDown", (13, 1), (14, 1)), ("PageUp", (13, 1), (3, 1)),
        ("PageUp", (3, 1), (0, 1)), ("Home", (9, 2), (0, 2)), ("End", (9, 2), (14, 2)),
    ]:  # fmt: skip
        place = call(page, "moved", key, {"t": start[0], "unit": start[1]}, limits)
        assert (place["t"], place["unit"]) == end, (key, start)
    assert call(page, "moved", "a", {"t": 0, "unit": 0}, limits) is None


def test_pixels_become_places(page):
    put(page, widgets.packing(2, 3))
    assert [call(page, "cellAt", p, 100, 4) for p in (-5, 0, 24.9, 25, 99, 250)] == [0, 0, 0, 1, 3, 3]
    assert call(page, "ticks", 128, 10) == [0, 20, 40, 60, 80, 100, 120]
    assert call(page, "ticks", 1, 10) == [0]
    assert call(page, "ticks", 7, 10) == [0, 1, 2, 3, 4, 5, 6]


def test_the_pages_activations_equal_numpys(page):
    put(page, widgets.packing(2, 3))
    row = [-30.0, -3.0, -2.6, -2.5, -1.0, -0.6, -0.5, -0.3, 0.0, 1e-3, 0.4, 0.7, 1.0, 2.4, 2.7, 3.0, 6.5, 30.0]
    for name in le.activations.names():
        here = call(page, "activate", name, row)
        if name == "glu":  # halves its input: the page does not know it, and says so
            assert here is None
            continue
        ours = le.activations.get(name)
        assert here == pytest.approx(ours(np.array(row)).tolist(), rel=1e-6, abs=1e-12), name
        assert call(page, "isElementwise", name) == ours.elementwise, name


def test_the_largest_terms_come_first_and_the_others_together(page):
    put(page, widgets.explore(dense_layer(), np.ones((1, 3))))
    load_modules(page)
    found = page.evaluate("module.terms([1, 2, 3, 4], f => [5, -1, 0.5, -2][f], 2)")
    assert [(term["f"], term["product"]) for term in found["shown"]] == [(3, -8), (0, 5)]
    assert (found["others"], found["rest"]) == (2, -0.5)
    for chosen, count, window in ((0, 9, [0, 4]), (8, 9, [5, 9]), (4, 9, [2, 6]), (1, 2, [0, 2])):
        assert call(page, "windowAround", chosen, count, 4) == window


# --- what is on the screen ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_first_paint_is_right_and_saves_nothing(page, dtype):
    trace = lstm_trace(dtype=dtype)
    root = put(page, widgets.explore(trace, t=4, unit=3, batch=1))
    for name in "ifgoch":
        assert shown(root, name) == trace[name][1, 4, 3]
    assert shown(root, "z_g") == trace.z[1, 4, 2 * 5 + 3]
    assert shown(root, "c_prev") == trace.c[1, 3, 3]
    assert shown(root, "squashed") == pytest.approx(np.tanh(float(trace.c[1, 4, 3])), abs=1e-12)
    page.wait_for_timeout(300)
    assert page.evaluate("model.saved.length") == 0
    assert {key: root.get_attribute(f"data-{key}") for key in ("kind", "t", "unit", "batch")} == {
        "kind": "LSTM", "t": "4", "unit": "3", "batch": "1",
    }  # fmt: skip


def test_the_equations_on_the_screen_are_the_traces_and_name_its_activations(page):
    trace = lstm_trace(activation="softsign", recurrent_activation="hard_sigmoid_keras2")
    root = put(page, widgets.explore(trace, t=2, unit=1))
    i, f, g, o, c, h = (float(trace[name][0, 2, 1]) for name in "ifgoch")
    before = float(trace.c[0, 1, 1])

    def n(value):
        return f"{value:.4f}".replace("-", "−")

    text = " ".join(root.locator("[data-row='c']").inner_text().split())
    assert f"= {n(f)} · {n(before)} + {n(i)} · {n(g)} = {n(c)}" in text
    text = " ".join(root.locator("[data-row='h']").inner_text().split())
    assert f"softsign(c) = {n(o)} · softsign({n(c)}) = {n(o)} · {n(c / (1 + abs(c)))} = {n(h)}" in text
    assert "hard_sigmoid_keras2(" in root.locator("[data-row='f']").inner_text()
    assert "tanh" not in root.inner_text()
    assert "sigmoid(" not in root.inner_text().replace("hard_sigmoid_keras2(", "")


def colour(root, quantity: str, t: int, unit: int, steps: int, units: int) -> list[int]:
    """The pixel in the middle of a cell."""
    return root.locator(f".le-plot[data-q='{quantity}'] canvas").evaluate(
        """(canvas, [x, y]) => [...canvas.getContext('2d')
            .getImageData(x * canvas.width, y * canvas.height, 1, 1).data]""",
        [(t + 0.5) / steps, (unit + 0.5) / units],
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_cells_colour_is_that_of_its_value(new_page, theme):
    page = new_page(color_scheme=theme)
    trace = lstm_trace()
    root = put(page, widgets.explore(trace))
    expect(root).to_have_attribute("data-theme", theme)
    for name, low, stops in (("i", 0, palette.sequential("i", theme)), ("g", -1, palette.DIVERGING[theme])):
        colours = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops])
        for t, unit in ((1, 2), (8, 0), (5, 4)):
            share = (trace[name][0, t, unit] - low) / (1 - low)
            wanted = [np.interp(share, np.linspace(0, 1, len(stops)), channel) for channel in colours.T]
            np.testing.assert_allclose(colour(root, name, t, unit, 9, 5)[:3], wanted, atol=2.5)


def test_every_key_moves_or_plays(page):
    root = put(page, widgets.explore(lstm_trace(steps=25)))
    root.focus()
    for key, t, unit in [
        ("ArrowRight", 1, 0), ("ArrowDown", 1, 1), ("PageDown", 11, 1), ("End", 24, 1),
        ("PageUp", 14, 1), ("ArrowUp", 14, 0), ("ArrowLeft", 13, 0), ("Home", 0, 0),
    ]:  # fmt: skip
        page.keyboard.press(key)
        expect(root).to_have_attribute("data-t", str(t))
        expect(root).to_have_attribute("data-unit", str(unit))
    page.keyboard.press("End")
    stop_the_clock(page)
    page.keyboard.press("Space")  # from the end, playing starts over
    expect(root.locator(".le-play")).to_have_text("Pause")
    page.clock.run_for(1000)
    expect(root).to_have_attribute("data-t", "4")
    page.keyboard.press("Space")
    expect(root.locator(".le-play")).to_have_text("Play")
    page.clock.run_for(1000)
    assert root.get_attribute("data-t") == "4"


def test_keys_stay_in_the_widget_and_those_with_control_do_not(page):
    root = put(page, widgets.explore(lstm_trace()))
    page.evaluate("window.leaked = []; document.addEventListener('keydown', e => leaked.push(e.key))")
    root.focus()
    for key in ("ArrowDown", "j", "Enter", "Control+s"):
        page.keyboard.press(key)
    assert page.evaluate("leaked") == ["s"] or page.evaluate("leaked") == ["Control", "s"]


def test_a_held_key_tells_python_at_most_ten_times_a_second(page):
    root = put(page, widgets.explore(lstm_trace(steps=60)))
    root.focus()
    page.evaluate("model.saved = []")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(15)
    page.wait_for_timeout(250)
    saved = page.evaluate("model.saved")
    expect(root).to_have_attribute("data-t", "30")
    assert len(saved) >= 2 and min(np.diff(saved)) > 90  # milliseconds


def test_an_answer_of_the_kernel_does_not_undo_the_key_pressed_since(page):
    root = put(page, widgets.explore(lstm_trace()))
    root.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("model.saved.length === 1")
    press = """value => { el.firstChild.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
                          model.set('t', value); }"""
    page.evaluate(press, 1)  # the answer to the first key, after the second
    expect(root).to_have_attribute("data-t", "2")
    page.wait_for_function("model.saved.length === 2")
    assert page.evaluate("model.get('t')") == 2
    page.evaluate(press, 5)  # what Python sets itself stays
    expect(root).to_have_attribute("data-t", "5")


def test_a_trait_that_python_sets_repaints(page):
    trace = lstm_trace()
    root = put(page, widgets.explore(trace))
    page.evaluate("model.set('t', 6); model.set('unit', 2); model.set('batch', 1); model.set('highlight', 'o')")
    expect(root).to_have_attribute("data-t", "6")
    assert shown(root, "h") == trace.h[1, 6, 2]
    expect(root.locator("[data-map='o'].le-lit")).to_have_count(1)
    assert page.evaluate("model.saved.length") == 0


def test_closing_leaves_nothing_behind(page):
    root = put(page, widgets.explore(lstm_trace()))
    page.evaluate(
        """() => {
            window.ticking = new Set();
            const [start, stop] = [setInterval, clearInterval];
            window.setInterval = (...call) => { const id = start(...call); ticking.add(id); return id; };
            window.clearInterval = id => { stop(id); ticking.delete(id); };
        }"""
    )
    root.locator(".le-play").click()
    assert page.evaluate("ticking.size") == 1
    page.evaluate("cleanup()")
    assert page.evaluate("ticking.size") == 0
    assert page.evaluate("model.listeners()") == 0
    assert page.locator(ROOT).count() == 0
    t = page.evaluate("model.get('t')")
    page.wait_for_timeout(500)
    assert page.evaluate("model.get('t')") == t  # no timer plays on


# --- odd inputs -----------------------------------------------------------------------------------------------------


def test_masked_steps_are_hatched_and_said(page):
    mask = np.ones((2, 9), bool)
    mask[0, 3:5] = False
    trace = lstm_trace(mask=mask)
    root = put(page, widgets.explore(trace, t=4, unit=2))
    assert "this step is masked" in root.locator(".le-words").inner_text()
    assert "Hatched steps are masked" in noted(root)
    text = " ".join(root.locator("[data-row='c']").inner_text().split())
    assert text.endswith(f"c = c prev = {trace.c[0, 4, 2]:.4f}".replace("-", "−")) or "cprev = " in text
    flat = root.locator(".le-plot[data-q='f'] canvas").evaluate(
        """(canvas, steps) => Array.from({length: steps}, (_, t) => {
            const w = canvas.width / steps;
            const data = canvas.getContext('2d').getImageData(t * w + 2, 2, w - 4, 6).data;  // inside one row
            const colours = new Set();
            for (let n = 0; n < data.length; n += 4) colours.add(data.slice(n, n + 3).join());
            return colours.size;
        })""",
        9,
    )
    assert [n > 1 for n in flat] == [not counts for counts in mask[0]]
    page.evaluate("model.set('t', 2)")
    expect(root.locator(".le-words")).to_contain_text("keeps")


def test_nan_and_infinity_are_drawn_and_said(page):
    x = RNG.normal(size=(1, 9, 4))
    x[0, 6, 1] = np.nan
    root = put(page, widgets.explore(lstm_trace(batch=1, x=x), t=6, unit=1))
    note = noted(root)
    assert f"{1 + 6 * 5 * 3} numbers of this sequence are NaN or infinite" in note
    assert "the first: x at step 6, feature 1" in note
    assert "not finite" in root.locator(".le-words").inner_text()
    assert root.locator(".le-num[data-q='f']").first.inner_text() == "NaN"
    chequered = {(0, 0, 0, 255), (255, 255, 255, 255)}
    assert colours_of_column(root, "f", 7, 9) == chequered  # after the NaN, in all units
    assert (0, 0, 0, 255) not in colours_of_column(root, "f", 4, 9)  # white may be: a gate that is shut


def colours_of_column(root, quantity: str, t: int, steps: int) -> set[tuple]:
    """The colours, with their opacity, in the middle of a timestep's column."""
    pixels = root.locator(f".le-plot[data-q='{quantity}'] canvas").evaluate(
        """(canvas, [t, steps]) => {
            const w = canvas.width / steps;
            const middle = [(t + 0.3) * w, 0, Math.max(1, 0.4 * w), canvas.height];
            return [...canvas.getContext('2d').getImageData(...middle).data];
        }""",
        [t, steps],
    )
    return {tuple(pixels[n : n + 4]) for n in range(0, len(pixels), 4)}


def test_one_step_of_one_unit_of_one_feature(page):
    trace = lstm_trace(batch=1, steps=1, features=1, units=1)
    root = put(page, widgets.explore(trace))
    assert shown(root, "h") == trace.h[0, 0, 0]
    root.focus()
    for key in ("ArrowRight", "ArrowDown", "PageUp", "End", "Space"):
        page.keyboard.press(key)
        assert page.evaluate("[model.get('t'), model.get('unit')]") == [0, 0]
    page.evaluate("() => new Promise(requestAnimationFrame)")  # what a key changes is shown in the next frame
    expect(root).to_have_attribute("data-t", "0")
    expect(root.locator(".le-error")).to_have_count(0)


def test_ten_thousand_steps_are_sampled_for_drawing_and_exact_when_pointed_at(page):
    trace = lstm_trace(batch=1, steps=10_000, features=1, units=3)
    root = put(page, widgets.explore(trace))
    assert "10000 steps are more than the picture has columns" in noted(root)
    root.focus()
    page.keyboard.press("End")
    expect(root).to_have_attribute("data-t", "9999")
    assert shown(root, "h") == trace.h[0, 9999, 0]
    box = root.locator(".le-plot[data-q='h'] canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"])
    expect(root.locator(".le-tip")).to_contain_text("unit 2")
    tip = root.locator(".le-tip").inner_text()
    t = int(tip.split("step ")[1].split(",")[0])
    assert t == pytest.approx(5000, abs=20)
    assert tip.endswith(f": {trace.h[0, t, 2]:.6f}".replace("-", "−"))


def test_single_infinities_among_thousands_of_steps_are_seen(page):
    x = RNG.normal(size=(1, 5000, 1))
    places = [1203, 2502, 3806, 4444]  # not all of them are the first of the steps that share a column of pixels
    x[0, places, 0] = np.inf
    root = put(page, widgets.explore(lstm_trace(batch=1, features=1, units=2, x=x)))
    black = root.locator(".le-plot[data-q='x'] canvas").evaluate(
        """c => Array.from({length: c.width}, (_, x) => x).filter(x => {
            const data = c.getContext('2d').getImageData(x, 0, 1, c.height).data;
            return data.some((_, n) => n % 4 === 0 && !data[n] && !data[n + 1] && !data[n + 2] && data[n + 3] === 255);
        }).map(x => x / c.width)"""
    )
    np.testing.assert_allclose(black, np.array(places) / 5000, atol=2e-3)


def test_a_single_spike_among_thousands_of_steps_and_hundreds_of_features_is_seen(page, monkeypatch):
    monkeypatch.setattr(_base, "MAX_BYTES", 10 * 2**20)
    x = RNG.normal(scale=0.01, size=(1, 5000, 300))
    x[0, 2503, 137] = -9  # neither the first step nor the first feature of those that share a pixel
    root = put(page, widgets.explore(lstm_trace(batch=1, features=300, units=2, x=x)))
    blue = root.locator(".le-plot[data-q='x'] canvas").evaluate(
        """c => { const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
            return Array.from({ length: c.width * c.height }, (_, n) => n)
                .filter(n => data[4 * n + 2] - data[4 * n] > 60)
                .map(n => [(n % c.width) / c.width, Math.floor(n / c.width) / c.height]); }"""
    )
    assert blue
    np.testing.assert_allclose(blue, [[2503 / 5000, 137 / 300]] * len(blue), atol=0.02)
    note = noted(root)
    assert "5000 steps are more than the picture has columns, 300 features are more than the picture has rows" in note
    assert "the picture shows the greatest of them and, below it, the least. The numbers are exact." in note


def test_a_short_dip_of_a_gate_among_thousands_of_steps_is_seen(page, monkeypatch):
    """An open gate that shuts for one step: the value nearest to zero of those that share a pixel, not the furthest."""
    monkeypatch.setattr(_base, "MAX_BYTES", 10 * 2**20)
    layer = le.LSTM(2)
    layer.build((None, None, 1))
    kernel, recurrent_kernel, bias = layer.get_weights()
    kernel[:], recurrent_kernel[:], bias[2:4] = 0, 0, 4
    kernel[0, 3] = -9  # the forget gate of unit 1 shuts where x is 1
    bias[3] += 0.5
    layer.set_weights([kernel, recurrent_kernel, bias])
    x = np.zeros((1, 6000, 1))
    x[0, 4111, 0] = 1  # neither the first nor the last of those that share a pixel
    trace = layer.trace(x)
    assert trace.f[0, 4111, 1] < 0.02 and trace.f[0, 4110, 1] > 0.98
    root = put(page, widgets.explore(trace))
    pale = root.locator(".le-plot[data-q='f'] canvas").evaluate(
        """c => { const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
            const light = n => data[4 * n] + data[4 * n + 1] + data[4 * n + 2];
            const usual = light(0);
            return Array.from({ length: c.width * c.height }, (_, n) => n).filter(n => light(n) > usual + 100)
                .map(n => [(n % c.width) / c.width, Math.floor(n / c.width) / c.height]); }"""
    )
    assert pale
    np.testing.assert_allclose([x for x, _ in pale], 4111 / 6000, atol=2e-3)
    assert {y >= 0.75 for _, y in pale} == {True}  # the lower half of the lower row


def test_a_large_batch_says_what_stayed_behind(page, monkeypatch):
    monkeypatch.setattr(_base, "MAX_BYTES", 40_000)
    trace = lstm_trace(batch=60)
    explorer = widgets.explore(trace)
    sent = explorer._spec["rows"]
    assert 1 < sent < 60
    assert len(explorer._data) <= 40_000 + 8 * 20  # each array ends on a multiple of eight bytes
    root = put(page, explorer)
    assert f"The first {sent} of 60 sequences are here" in noted(root)
    assert root.get_by_label("sequence of the batch").locator("option").count() == sent


def test_a_long_run_says_how_many_steps_stayed_behind(page, monkeypatch):
    monkeypatch.setattr(_base, "MAX_BYTES", 20_000)
    explorer = widgets.explore(lstm_trace(steps=400))
    sent = explorer._spec["steps"]
    root = put(page, explorer)
    assert f"The first {sent} of 400 steps are here" in noted(root)
    assert root.get_by_role("slider", name="timestep").get_attribute("max") == str(sent - 1)


def test_the_order_of_processing_is_said_when_time_runs_backwards(page):
    trace = lstm_trace(go_backwards=True)
    root = put(page, widgets.explore(trace, t=2))
    assert "reads input 6" in root.locator(".le-step").inner_text()


def test_gates_that_are_no_shares_are_not_told_as_percentages(page):
    root = put(page, widgets.explore(lstm_trace(recurrent_activation="linear", activation="relu", steps=4)))
    assert "%" not in root.locator(".le-words").inner_text()
    assert "relu(" in root.locator("[data-row='h']").inner_text()


def test_a_layers_name_cannot_inject_markup(page):
    name = "<img src=x onerror=document.title='injected'>"
    root = put(page, widgets.explore(lstm_trace(name=name)))
    assert root.locator("strong").inner_text() == name
    root = put(page, widgets.explore(dense_layer(name=name), np.ones((1, 3))))
    assert root.locator("strong").inner_text() == name
    model = le.Sequential([dense_layer(name=name)], name=name)
    model.build((None, 3))
    root = put(page, widgets.explore(model, np.ones((1, 3))))
    assert root.locator("img").count() == 0
    assert page.title() == "explorer"


def test_an_error_of_the_page_is_shown_in_the_widget(page, problems):
    put(page, widgets.explore(lstm_trace()))
    page.evaluate("() => { model.get = () => { throw new Error('planted') }; }")
    page.locator(ROOT).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".le-error")).to_contain_text("planted")
    assert "planted" in " ".join(problems)
    problems.clear()


# --- Keras next to ours ---------------------------------------------------------------------------------------------


def test_a_difference_to_the_reference_is_shown_where_it_is(page):
    trace = lstm_trace()
    other = trace.layer.trace(trace.x * np.float32(1.01), initial_state=trace.initial_state)
    root = put(page, widgets.explore(trace, reference=other, t=3, unit=2, batch=1))
    assert "they differ, most of all in" in root.locator(".le-verdict").inner_text()
    cell = root.locator("[data-difference='h']")
    assert cell.inner_text().startswith("≠")
    assert float(root.locator("[data-keras='h']").inner_text().replace("−", "-")) == pytest.approx(
        float(other.h[1, 3, 2]), abs=1e-6
    )
    same = put(page, widgets.explore(trace, reference=trace))
    assert "every number agrees; the largest difference is 0" in same.locator(".le-verdict").inner_text()
    assert same.locator("td.le-differs").count() == 0


# --- Dense ----------------------------------------------------------------------------------------------------------


def test_dense_shows_the_sum_term_by_term(page):
    layer, x = dense_layer(), RNG.normal(size=(2, 3)).astype("f4")
    trace = layer.trace(x)
    root = put(page, widgets.explore(trace, batch=1, unit=2))
    W, b = (w.astype(float) for w in layer.weights)
    for f in range(3):
        text = root.locator(f"[data-q='term{f}']").inner_text()
        assert float(text.replace("−", "-")) == pytest.approx(x[1, f] * W[f, 2], abs=0.6e-4)
    assert float(root.locator("[data-q='z']").get_attribute("title")) == trace.z[1, 2]
    assert float(root.locator(".le-result [data-q='y']").get_attribute("title")) == trace.y[1, 2]
    lit = root.locator(".le-number.le-in").evaluate_all("cells => cells.map(cell => cell.dataset.q)")
    assert sorted(lit) == ["W0,2", "W1,2", "W2,2", "b0,2", "x1,0", "x1,1", "x1,2", "y1,2"]


@pytest.mark.parametrize("activation", ["softmax", "gelu", "linear"])
def test_dense_recomputes_in_the_page(page, activation):
    layer, x = dense_layer(activation=activation), RNG.normal(size=(2, 3))
    explorer = widgets.explore(layer, x, unit=1)
    root = put(page, explorer)
    edits = {"W[2,1]": 0.75, "b[3]": -1.5, "x[0,1]": 2.0}
    page.evaluate("edits => model.set('edits', edits)", edits)
    explorer.edits = edits
    expect(root.locator(".le-changed")).to_have_count(3)
    for unit in range(4):
        page.evaluate("unit => model.set('unit', unit)", unit)
        expect(root).to_have_attribute("data-unit", str(unit))
        y = float(root.locator(".le-result [data-q='y']").get_attribute("title"))
        assert y == pytest.approx(float(explorer.output[0, unit]), abs=1e-6)
    root.get_by_text("Reset all").click()
    expect(root.locator(".le-changed")).to_have_count(0)
    y = float(root.locator(".le-result [data-q='y']").get_attribute("title"))
    assert y == layer.trace(x).y[0, 3]


def test_dense_keyboard_alone_chooses_and_changes_a_number(page):
    root = put(page, widgets.explore(dense_layer(), RNG.normal(size=(2, 3))))
    root.locator("[data-q='W0,0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(root.locator(".le-place")).to_have_value("W[1,1]")
    expect(root.get_by_role("slider", name="value of W[1,1]")).to_be_focused()
    page.keyboard.press("ArrowUp")
    assert list(page.evaluate("model.get('edits')")) == ["W[1,1]"]
    page.keyboard.press("Escape")
    expect(root).to_be_focused()
    root.locator(".le-place").fill("x[1, 2]")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    assert sorted(page.evaluate("model.get('edits')")) == ["W[1,1]", "x[1,2]"]
    root.locator(".le-place").fill("W[9,9]")
    page.keyboard.press("Tab")
    expect(root.locator(".le-place")).to_have_attribute("aria-invalid", "true")


def test_dense_over_time_and_large_matrices(page):
    layer, x = dense_layer(30, 12), RNG.normal(size=(2, 9, 30)).astype("f4")
    trace = layer.trace(x)
    root = put(page, widgets.explore(trace, t=7, unit=10, batch=1))
    assert float(root.locator("[data-q='y']").get_attribute("title")) == trace.y[1, 7, 10]
    assert root.locator(".le-number").count() == 0  # colours, there are too many for numbers
    box = root.locator(".le-W canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 2.5 / 12, box["y"] + box["height"] * 5.5 / 30)
    expect(root).to_have_attribute("data-unit", "2")
    expect(root.locator(".le-place")).to_have_value("W[5,2]")
    shares = root.locator(".le-terms tbody td[data-q]").evaluate_all("cells => cells.map(cell => cell.textContent)")
    assert sum(float(s.replace("−", "-")) for s in shares) == pytest.approx(float(trace.z[1, 7, 2]), abs=1e-3)


# --- tabs -----------------------------------------------------------------------------------------------------------


def test_each_tab_keeps_its_unit_and_all_share_the_step(page):
    root = put(page, widgets.ModelExplorer(model_trace(), t=3, unit=4))
    root.get_by_role("tab", name="two").click()
    expect(root).to_have_attribute("data-layer", "two")
    expect(root).to_have_attribute("data-unit", "0")
    expect(root).to_have_attribute("data-t", "3")
    root.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    root.get_by_role("tab", name="one").click()
    expect(root).to_have_attribute("data-unit", "4")
    expect(root).to_have_attribute("data-t", "4")
    root.get_by_role("tab", name="two").click()
    expect(root).to_have_attribute("data-unit", "1")


# --- accessible, at every width -------------------------------------------------------------------------------------

ALL = {
    "LSTM": lambda: widgets.explore(lstm_trace(), reference=None, t=2, highlight="f"),
    "LSTM with Keras": lambda: (lambda trace: widgets.explore(trace, reference=trace))(lstm_trace()),
    "LSTM, masked": lambda: widgets.explore(lstm_trace(mask=np.arange(18).reshape(2, 9) % 9 < 6), t=7),
    "Dense": lambda: widgets.explore(dense_layer(), RNG.normal(size=(2, 3)), edits={"W[0,1]": 3.0}, highlight="W"),
    "Dense, large": lambda: widgets.explore(dense_layer(30, 12), RNG.normal(size=(20, 30))),
    "Packing": lambda: widgets.packing(2, 4, block="U_g"),
    "model": lambda: widgets.explore(model_trace()),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(new_page, scheme):
    page = new_page(**SCHEMES[scheme])
    for which, make in ALL.items():
        put(page, make())
        axe_finds_nothing(page, which)


@pytest.mark.parametrize("width", [400, 760, 1400])
def test_nothing_sticks_out_at_any_width(new_page, width):
    page = new_page(viewport={"width": width, "height": 900})
    for which, make in ALL.items():
        put(page, make())
        nothing_sticks_out(page, which)


def test_in_high_contrast_the_place_is_still_marked(new_page):
    """Shadows are gone there."""
    page = new_page(**SCHEMES["forced"])
    for which in ("LSTM", "Dense, large"):
        marks = put(page, ALL[which]()).locator(".le-cursor, .le-cell")
        styles = marks.evaluate_all(
            "marks => marks.filter(e => e.offsetParent).map(e => getComputedStyle(e).outlineStyle)"
        )
        assert styles, which
        assert set(styles) == {"solid"}, which


def test_a_screen_reader_is_told_the_state_in_words_once_it_has_settled(page):
    trace = lstm_trace()
    root = put(page, widgets.explore(trace))
    live = root.locator("[aria-live=polite]")
    expect(live).to_contain_text("Unit 0 at step 0")
    root.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert "step 0" in live.inner_text()  # not yet: a held key must not chatter
    expect(live).to_contain_text("Unit 0 at step 5")
    expect(live).to_contain_text(f"h = {trace.h[0, 5, 0]:.3f}".replace("-", "−"))
    slider = root.get_by_role("slider", name="timestep")
    assert slider.get_attribute("aria-valuetext") == "step 5 (0 to 8)"


def test_focus_is_visible(page):
    root = put(page, widgets.explore(lstm_trace()))
    before = root.evaluate("e => getComputedStyle(e).outlineStyle")
    root.focus()
    assert before == "none"
    assert root.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


# --- fast enough ----------------------------------------------------------------------------------------------------


def test_a_key_is_painted_in_the_next_frame(page):
    """T = 128, H = 32. Frames are counted: how long they take, benchmarks.explorers measures."""
    root = put(page, widgets.explore(lstm_trace(batch=1, steps=128, features=9, units=32)))
    root.focus()
    page.evaluate(
        """() => {
            window.counted = [];
            const root = document.querySelector('.lstm-edu-explorer');
            root.addEventListener('keydown', () => {
                const wanted = model.get('t') + 1;
                const look = frame => requestAnimationFrame(() => setTimeout(() => {
                    if (root.dataset.t >= wanted) counted.push(frame); else look(frame + 1);
                }));
                look(1);
            }, {capture: true});
        }"""
    )
    for _ in range(30):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)
    page.wait_for_function("counted.length === 30")
    assert page.evaluate("counted") == [1] * 30
