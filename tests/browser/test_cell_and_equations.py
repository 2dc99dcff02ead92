"""The cell diagram and the equations of the LSTM explorer: their numbers are the trace's, their sums NumPy's."""

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, call, load_modules, nothing_sticks_out, put, shown
from playwright.sync_api import expect

import lstm_edu as le
from lstm_edu import widgets
from lstm_edu.widgets import _base

B, T, F, H = 2, 7, 4, 5
WIRES = ("c_prev", "kept", "written", "c", "squashed", "h", "i", "f", "g", "o", "z_i", "z_f", "z_g", "z_o")


def made(batch=B, steps=T, features=F, units=H, mask=None, x=None, **options):
    """A trace with random weights, biases and initial state, all different."""
    rng = np.random.default_rng(5)
    layer = le.LSTM(units, return_sequences=True, **options)
    layer.build((None, None, features))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    x = rng.normal(size=(batch, steps, features)) if x is None else x
    return layer.trace(x, mask=mask, initial_state=[rng.normal(size=(batch, units)) for _ in "hc"])


def before(trace, state: str, batch: int, t: int) -> np.ndarray:
    """What the state was when step t began."""
    return trace[state][batch, t - 1] if t else trace.initial_state["hc".index(state)][batch]


def printed(text: str) -> float:
    return float(text.replace("−", "-").replace("+", ""))


def go(page, root, **place):
    for name, value in place.items():
        page.evaluate("([name, value]) => model.set(name, value)", [name, value])
        expect(root).to_have_attribute(f"data-{name}", str(value))


def product(root, kind: str, gate: str):
    """The button of a product, and the panel that it opens."""
    button = root.locator(f"button.le-addend:has([data-q='{kind}_{gate}'])")
    return button, root.locator(f"#{button.get_attribute('aria-controls')}")


def rows(panel) -> list[list[str]]:
    return panel.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def wire(root, name: str):
    return root.locator(f".le-diagram-wire[data-wire='{name}']")


def number(root, name: str) -> str:
    return root.locator(f".le-diagram-number[data-wire='{name}']").text_content()


# --- pure functions -------------------------------------------------------------------------------------------------


def test_a_gates_column_is_where_keras_packs_it(page):
    trace = made()
    put(page, widgets.explore(trace))
    load_modules(page)
    kernel = trace.weights[0]
    for block, gate in enumerate("ifgo"):
        for unit in range(H):
            found = page.evaluate("([gate, units, unit]) => module.columnOf(gate, units, unit)", [gate, H, unit])
            column = np.split(kernel, 4, axis=1)[block][:, unit]
            np.testing.assert_array_equal(kernel[:, found["column"]], column)
            formula = found["formula"].replace("·", "*")
            assert eval(formula, {"units": H, "unit": unit}) == found["column"]
            assert not found["sum"] or eval(found["sum"].replace("·", "*")) == found["column"]


@pytest.mark.parametrize("use_bias", [True, False])
def test_the_parts_of_every_sum_equal_numpys(page, use_bias):
    trace = made(use_bias=use_bias)
    put(page, widgets.explore(trace))
    load_modules(page)
    kernel, recurrent_kernel, *bias = (w.astype(float) for w in trace.weights)
    for batch, t, unit in [(0, 0, 0), (1, 0, 4), (0, 3, 2), (1, 6, 1)]:
        found = page.evaluate(
            "place => module.addendsOf(model.get('_spec'), module.readArrays(model.get('_spec').arrays, "
            "model.get('_data')), place)",
            {"batch": batch, "t": t, "unit": unit},
        )
        assert len(found) == (12 if use_bias else 8)
        for block, gate in enumerate("ifgo"):
            column = block * H + unit
            assert found[f"xW_{gate}"] == pytest.approx(trace.x[batch, t].astype(float) @ kernel[:, column], abs=1e-12)
            h = before(trace, "h", batch, t).astype(float)
            assert found[f"hU_{gate}"] == pytest.approx(h @ recurrent_kernel[:, column], abs=1e-12)
            if use_bias:
                assert found[f"b_{gate}"] == bias[0][column]
            total = sum(found.get(f"{part}_{gate}", 0) for part in ("xW", "hU", "b"))
            assert total == pytest.approx(trace.z[batch, t, column], abs=2e-6)


BROKEN = """([place, change]) => {
    const spec = model.get('_spec');
    const arrays = module.readArrays(spec.arrays, model.get('_data'));
    const numbers = module.numbersAt(spec, arrays, place);
    for (const [name, by] of Object.entries(change)) numbers.ours[name] += by;
    return Object.keys(module.brokenIn(spec, numbers, module.addendsOf(spec, arrays, place))).sort();
}"""


@pytest.mark.parametrize("functions", [("tanh", "sigmoid"), ("gelu", "hard_sigmoid"), ("relu", "softmax")])
def test_an_equation_is_broken_only_where_a_number_is_not_what_it_says(page, functions):
    mask = np.ones((B, T), bool)
    mask[0, 2:4] = False
    put(page, widgets.explore(made(mask=mask, activation=functions[0], recurrent_activation=functions[1])))
    load_modules(page)
    for batch in range(B):
        for t in range(T):
            for unit in range(H):
                place = {"batch": batch, "t": t, "unit": unit}
                assert page.evaluate(BROKEN, [place, {}]) == [], place
    place = {"batch": 1, "t": 3, "unit": 2}
    elementwise = functions[1] != "softmax"
    assert page.evaluate(BROKEN, [place, {"f": 0.1}]) == (["c", "f"] if elementwise else ["c"])
    assert page.evaluate(BROKEN, [place, {"h": 0.1}]) == ["h"]
    assert "z_o" in page.evaluate(BROKEN, [place, {"z_o": 0.1}])
    assert page.evaluate(BROKEN, [{**place, "batch": 0}, {"c": 0.1, "h": 0.1}]) == []  # masked: no equation holds there


def test_thickness_and_signs(page):
    put(page, widgets.explore(made()))
    sizes = [call(page, "thickness", value, 2) for value in (0, 0.1, -0.5, 1, 2, -3)]
    assert sizes == sorted(sizes) and sizes[0] > 0 and sizes[-2] == sizes[-1]
    assert call(page, "thickness", -0.5, 2) == call(page, "thickness", 0.5, 2)
    assert call(page, "thickness", "NaN", 2) > 0
    for value, text in [
        (0.25, "+0.250"),
        (-0.25, "−0.250"),
        (0, "0.000"),
        ("NaN", "NaN"),
        ("inf", "∞"),
        ("-inf", "−∞"),
    ]:
        assert call(page, "withSign", value) == text


# --- sums and their terms -------------------------------------------------------------------------------------------


def test_every_product_opens_to_terms_that_add_up_to_z(page):
    trace = made()
    root = put(page, widgets.explore(trace, t=0, unit=3, batch=1))
    kernel, recurrent_kernel, bias = (w.astype(float) for w in trace.weights)
    for gate in "ifgo":
        for kind in ("xW", "hU"):
            button, panel = product(root, kind, gate)
            expect(panel).to_be_hidden()
            button.click()
            expect(panel).to_be_visible()
            assert button.get_attribute("aria-expanded") == "true"
    for t in (0, 4):
        go(page, root, t=t)
        for block, gate in enumerate("ifgo"):
            column = block * H + 3
            sums = {}
            for kind, vector, weights, name in (
                ("xW", trace.x[1, t], kernel, "kernel"),
                ("hU", before(trace, "h", 1, t), recurrent_kernel, "recurrent_kernel"),
            ):
                panel = product(root, kind, gate)[1]
                expect(panel.locator("code")).to_have_text(f"{name}[:, {column}]")
                found = rows(panel)
                assert [int(row[0]) for row in found] == list(range(len(vector)))
                for k, row in enumerate(found):
                    wanted = (vector[k], weights[k, column], vector[k] * weights[k, column])
                    assert [printed(row[n]) for n in (1, 2, 4)] == pytest.approx(
                        [float(v) for v in wanted], abs=0.51e-4
                    )
                total = panel.locator(f"[data-q='sum_{kind}_{gate}']")
                sums[kind] = float(total.get_attribute("title"))
                assert shown(root, f"{kind}_{gate}") == pytest.approx(sums[kind], abs=1e-9)
                assert printed(total.inner_text()) == pytest.approx(float(vector @ weights[:, column]), abs=0.51e-4)
            assert sums["xW"] + sums["hU"] + bias[column] == pytest.approx(trace.z[1, t, column], abs=2e-6)
            assert shown(root, f"b_{gate}") == pytest.approx(bias[column], abs=1e-12)
            assert shown(root, f"z_{gate}") == trace.z[1, t, column]
    expect(root.locator(".le-equations .le-differs")).to_have_count(0)


def test_of_many_terms_the_twelve_largest_are_shown_and_all_on_demand(page):
    trace = made(features=30, units=2)
    root = put(page, widgets.explore(trace, t=2, unit=1))
    products = trace.x[0, 2].astype(float) * trace.weights[0][:, 5]  # g of unit 1: column 2 * 2 + 1
    button, panel = product(root, "xW", "g")
    button.click()
    found = rows(panel)
    order = np.argsort(-np.abs(products))
    assert [int(row[0]) for row in found[:12]] == order[:12].tolist()
    assert found[12][0] == "the 18 smaller terms"
    assert printed(found[12][1]) == pytest.approx(products[order[12:]].sum(), abs=0.51e-4)
    widths = panel.locator(".le-fill").evaluate_all("fills => fills.map(fill => parseFloat(fill.style.width))")
    np.testing.assert_allclose(widths, 50 * np.abs(products[order[:12]]) / np.abs(products).max(), atol=1e-3)
    minus = panel.locator(".le-fill").evaluate_all("fills => fills.map(fill => fill.classList.contains('le-minus'))")
    assert minus == (products[order[:12]] < 0).tolist()
    panel.get_by_role("button", name="show all 30 terms").click()
    expect(panel.locator("tbody tr")).to_have_count(30)
    assert [int(row[0]) for row in rows(panel)] == list(range(30))
    assert sum(printed(row[4]) for row in rows(panel)) == pytest.approx(products.sum(), abs=30 * 0.51e-4)
    panel.get_by_role("button", name="show the 12 largest").click()
    expect(panel.locator("tbody tr")).to_have_count(13)
    button.click()
    expect(panel).to_be_hidden()


def test_without_a_bias_there_is_no_bias(page):
    root = put(page, widgets.explore(made(use_bias=False), t=1))
    assert root.locator("[data-q^='b_']").count() == 0
    text = " ".join(root.locator("[data-row='f'] .le-sum").inner_text().split())
    assert text.count("+") == 1
    assert root.locator(".le-law-text").text_content().rstrip("\u200b").endswith("U")


def test_after_masked_steps_h_is_the_one_that_was_carried(page):
    mask = np.ones((B, T), bool)
    mask[0, 2:4] = False
    trace = made(mask=mask, zero_output_for_mask=True)
    root = put(page, widgets.explore(trace, t=4, unit=1))
    np.testing.assert_array_equal(trace.h[0, 3], trace.h[0, 1])
    button, panel = product(root, "hU", "o")
    button.click()
    assert [printed(row[1]) for row in rows(panel)] == pytest.approx(trace.h[0, 1].astype(float).tolist(), abs=0.51e-4)
    assert shown(root, "c_prev") == trace.c[0, 1, 1]


def test_weights_that_are_too_large_to_travel_leave_the_sums_shut(page, monkeypatch):
    monkeypatch.setattr(_base, "MAX_BYTES", 1000)
    trace = made()
    root = put(page, widgets.explore(trace, t=3))
    assert root.locator("button.le-addend").count() == 0
    expect(root.locator(".le-equations")).to_contain_text("too large to send")
    assert shown(root, "z_f") == trace.z[0, 3, H]


def test_the_keyboard_opens_a_product_and_steps_while_it_is_open(page):
    trace = made()
    root = put(page, widgets.explore(trace, unit=2))
    button, panel = product(root, "xW", "f")
    button.focus()
    page.keyboard.press("Space")
    expect(panel).to_be_visible()
    expect(root.locator(".le-play")).to_have_text("Play")  # and nothing plays
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-t", "1")
    expect(button).to_be_focused()
    assert printed(rows(panel)[3][1]) == pytest.approx(float(trace.x[0, 1, 3]), abs=0.51e-4)
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    page.keyboard.press("Tab")
    expect(product(root, "hU", "f")[0]).to_be_focused()
    assert button.evaluate("e => e.getBoundingClientRect().height") >= 24  # a finger finds it


def test_where_a_gate_is_held_the_equation_says_that_it_does_not_hold(page):
    trace = made()
    explorer = widgets.explore(trace, t=3, unit=2)
    root = put(page, explorer)
    note = root.get_by_text("≠ marks where this run does not follow the equation")
    expect(note).to_be_hidden()
    explorer.what_if(hold={"f": 0.25}, unit=2)
    page.evaluate("changes => model.set('whatif', changes)", explorer.whatif)
    expect(root.locator("[data-row='f'] .le-differs")).to_have_text("≠")
    expect(root.locator(".le-equations .le-differs")).to_have_count(1)  # and nowhere else
    expect(note).to_be_visible()
    assert number(root, "f") == "0.250"
    bold = root.locator(".le-diagram-number.le-other").evaluate_all("texts => texts.map(text => text.dataset.wire)")
    assert "f" in bold and "c" in bold and "x" not in bold
    page.evaluate("model.set('whatif', {})")
    expect(note).to_be_hidden()
    expect(root.locator(".le-other")).to_have_count(0)


# --- the cell -------------------------------------------------------------------------------------------------------


def test_the_wires_carry_the_traces_numbers(page):
    trace = made()
    root = put(page, widgets.explore(trace))
    for batch, t, unit in [(0, 0, 0), (1, 0, 3), (1, 5, 2), (0, 6, 4)]:
        go(page, root, batch=batch, t=t, unit=unit)
        n = {name: float(trace[name][batch, t, unit]) for name in "ifgoch"}
        n["c_prev"] = float(before(trace, "c", batch, t)[unit])
        n |= {f"z_{gate}": float(trace.z[batch, t, k * H + unit]) for k, gate in enumerate("ifgo")}
        n |= {"kept": n["f"] * n["c_prev"], "written": n["i"] * n["g"], "squashed": np.tanh(n["c"])}
        for name in WIRES:
            assert printed(number(root, name)) == pytest.approx(n[name], abs=0.51e-3), name
            assert ("−" in number(root, name)) == (n[name] < 0), name
            dashed = wire(root, name).locator(".le-wire").evaluate("e => getComputedStyle(e).strokeDasharray")
            assert (dashed != "none") == (n[name] < 0), name
        for gate in "ifgo":  # the bar of a gate is as high as the gate is open
            box = root.locator(f".le-diagram-gate:has(.le-gate-letter:text-is('{gate}'))")
            high = float(box.locator(".le-gate-fill").get_attribute("height"))
            assert high == pytest.approx(23 * n[gate] if gate != "g" else 23 * abs(n["g"]) / 2, abs=0.01)
        kept, written = (
            float(bar.get_attribute("height")) for bar in root.locator(".le-diagram-amount").all()
        )  # as amounts of one measure
        assert kept / written == pytest.approx(abs(n["kept"] / n["written"]), rel=0.02, abs=0.1)
    widths = [float(wire(root, name).locator(".le-wire").get_attribute("stroke-width")) for name in ("i", "f", "o")]
    assert np.argsort(widths).tolist() == np.argsort([n[gate] for gate in "ifo"]).tolist()


def test_what_cannot_be_a_number_is_written_as_such(page):
    x = np.random.default_rng(1).normal(size=(1, T, F))
    x[0, 3, 1] = np.nan
    root = put(page, widgets.explore(made(batch=1, x=x), t=3, unit=1))
    assert number(root, "c") == number(root, "f") == "NaN"
    expect(root.locator(".le-error")).to_have_count(0)
    assert "NaN" in root.locator(".le-diagram svg").get_attribute("aria-label")


def test_a_masked_step_passes_the_state_on(page):
    mask = np.ones((B, T), bool)
    mask[0, 3] = False
    trace = made(mask=mask)
    root = put(page, widgets.explore(trace, t=3, unit=2))
    assert printed(number(root, "c")) == printed(number(root, "c_prev")) == round(float(trace.c[0, 2, 2]), 3)
    expect(root.locator(".le-diagram-number[data-wire='f']")).to_be_hidden()
    expect(root.locator(".le-diagram-amount").first).to_be_hidden()
    assert "masked" in root.locator(".le-diagram svg").get_attribute("aria-label")
    go(page, root, t=4)
    expect(root.locator(".le-diagram-number[data-wire='f']")).to_be_visible()
    expect(root.locator(".le-diagram-amount").first).to_be_visible()


def lit(root) -> set[str]:
    return set(root.locator(".le-diagram-wire.le-lit").evaluate_all("wires => wires.map(wire => wire.dataset.wire)"))


def test_what_python_points_out_is_lit_in_the_cell_and_the_equations(page):
    root = put(page, widgets.explore(made()))
    assert lit(root) == set()
    for quantity, wires in {
        "f": {"f"}, "i": {"i"}, "g": {"g"}, "o": {"o"}, "x": {"x"}, "h": {"h", "h_prev"},
        "c": {"c_prev", "kept", "written", "c", "c_down", "squashed"},
    }.items():  # fmt: skip
        page.evaluate("value => model.set('highlight', value)", quantity)
        expect(wire(root, min(wires))).to_have_class("le-diagram-wire le-lit")
        assert lit(root) == wires
        assert root.locator(".le-diagram-gate.le-lit").count() == (quantity in "ifgo")
        row = root.locator(".le-equation.le-lit")
        assert [r.get_attribute("data-row") for r in row.all()] == ([quantity] if quantity != "x" else [])
        pressed = root.locator(".le-spot[aria-pressed=true]")
        assert [p.get_attribute("data-spot") for p in pressed.all()] == [quantity]
    page.evaluate("model.set('highlight', '')")
    expect(root.locator(".le-lit")).to_have_count(0)


def test_what_the_reader_points_at_is_pointed_out_as_long_as_it_lasts_and_stays_when_pressed(page):
    root = put(page, widgets.explore(made(), t=2), highlight="f")

    def pointed_out(quantity):
        expect(root.locator(f".le-map[data-map='{quantity}']")).to_have_class("le-map le-lit")
        expect(root.locator(".le-map.le-lit")).to_have_count(1)
        assert page.evaluate("model.get('highlight')") == quantity

    pointed_out("f")
    target = wire(root, "i").locator(".le-halo")
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] - 12)  # on its upright part
    pointed_out("i")
    page.mouse.move(2, 2)
    pointed_out("f")
    spot = root.locator(".le-spot[data-spot='c']")
    page.wait_for_function("model.saved.length > 0")  # Python is told, a moment later
    spot.focus()
    pointed_out("c")
    root.focus()
    pointed_out("f")
    spot.focus()
    page.keyboard.press("Enter")
    root.focus()
    pointed_out("c")
    spot.focus()
    page.keyboard.press("Space")
    expect(root.locator(".le-lit")).to_have_count(0)
    expect(root.locator(".le-play")).to_have_text("Play")


def opener(root, name: str):
    """The button of a wire that carries many numbers, and the panel that it opens."""
    button = root.locator(f".le-spot[data-opens='{name}']")
    return button, root.locator(f"#{button.get_attribute('aria-controls')}")


def vector_of(trace, name: str, batch: int, t: int) -> np.ndarray:
    return trace.x[batch, t] if name == "x" else before(trace, "h", batch, t)


@pytest.mark.parametrize("name", ["x", "h_prev"])
def test_a_wire_of_many_numbers_opens_to_its_vector(page, name):
    trace = made()
    root = put(page, widgets.explore(trace, unit=1))
    button, panel = opener(root, name)
    text = root.locator(f".le-diagram-number[data-wire='{name}']")
    carries = f"{F} features" if name == "x" else f"{H} units"
    expect(text).to_have_text(f"{carries} ▸")
    expect(panel).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(text).to_have_text(f"{carries} ▾")
    for batch, t in ((0, 0), (1, 0), (1, 5)):
        go(page, root, batch=batch, t=t)
        found = rows(panel)
        expected = vector_of(trace, name, batch, t).astype(float)
        assert [row[0] for row in found] == [f"{carries.split()[1][:-1]} {n}" for n in range(len(expected))]
        assert [printed(row[2]) for row in found] == pytest.approx(expected.tolist(), abs=0.51e-4)
        bars = panel.locator(".le-fill").evaluate_all("bars => bars.map(bar => parseFloat(bar.style.width))")
        assert bars == pytest.approx((50 * abs(expected) / abs(expected).max()).tolist(), abs=0.01)
        assert f"step {t}" in panel.locator("caption").inner_text()
    button.click()
    expect(panel).to_be_hidden()


def test_pressing_such_a_wire_shows_its_numbers_as_long_as_it_stays_pointed_out(page):
    root = put(page, widgets.explore(made(), t=2))
    target = wire(root, "h_prev").locator(".le-halo")
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    at = box["x"] + 8, box["y"] + box["height"] - 4
    (_, x), (_, h) = opener(root, "x"), opener(root, "h_prev")
    page.mouse.click(*at)
    expect(h).to_be_visible()
    assert page.evaluate("model.get('highlight')") == "h"
    page.mouse.click(*at)
    expect(h).to_be_hidden()
    root.locator(".le-spot[data-spot='h']").click()  # the output: no vector flows there
    expect(h).to_be_hidden()
    root.locator(".le-spot[data-spot='x']").click()
    expect(x).to_be_visible()


def test_of_a_long_vector_the_largest_come_first_and_all_on_demand(page):
    trace = made(features=30)
    root = put(page, widgets.explore(trace, t=3, features=[f"<b>{n}</b>" for n in range(30)]))
    button, panel = opener(root, "x")
    button.click()
    x = trace.x[0, 3].astype(float)
    largest = np.argsort(-abs(x))[:12]
    assert [row[0] for row in rows(panel)] == [f"feature {n} “<b>{n}</b>”" for n in largest]
    panel.get_by_role("button", name="show all 30").click()
    expect(panel.locator("tbody tr")).to_have_count(30)  # in the next frame
    assert [printed(row[2]) for row in rows(panel)] == pytest.approx(x.tolist(), abs=0.51e-4)
    panel.get_by_role("button", name="show the 12 largest").click()
    expect(panel.locator("tbody tr")).to_have_count(12)
    alone = put(page, widgets.explore(made(features=1, units=1)))
    expect(alone.locator("[data-opens]")).to_have_count(0)  # one number is written where it flows


def test_the_cell_is_told_in_words_once_the_numbers_have_settled(page):
    trace = made()
    root = put(page, widgets.explore(trace, unit=1))
    picture = root.locator(".le-diagram svg")
    assert picture.get_attribute("role") == "img"
    assert "unit 1 at step 0" in picture.get_attribute("aria-label")
    root.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(picture).to_have_attribute("aria-label", in_words(trace, 3, 1))


def in_words(trace, t: int, unit: int) -> str:
    def n(value) -> str:
        return f"{float(value):.3f}".replace("-", "−")

    i, f, g, o, c, h = (trace[name][0, t, unit] for name in "ifgoch")
    z = dict(zip("ifgo", trace.z[0, t].reshape(4, -1)[:, unit], strict=True))
    old = float(before(trace, "c", 0, t)[unit])
    return (
        f"The cell of unit {unit} at step {t}. The gates are computed from the sums z: forget gate f = {n(f)} from "
        f"{n(z['f'])}, input gate i = {n(i)} from {n(z['i'])}, candidate g = {n(g)} from {n(z['g'])}, output gate o = "
        f"{n(o)} from {n(z['o'])}. The cell state before, {n(old)}, is multiplied by f, which leaves "
        f"{n(float(f) * old)}; i times g adds {n(float(i) * float(g))}: c = {n(c)}. tanh turns it into "
        f"{n(np.tanh(float(c)))}, and multiplied by o this is the output h = {n(h)}."
    )


def test_a_step_changes_numbers_and_makes_no_elements(page):
    root = put(page, widgets.explore(made(features=30)))
    for kind, gate in (("xW", "f"), ("hU", "g")):
        product(root, kind, gate)[0].click()
    page.evaluate(
        """() => {
            window.made = 0;
            new MutationObserver(changes => {
                for (const change of changes) for (const node of change.addedNodes) made += node.nodeType === 1;
            }).observe(document.querySelector('.le-body'), {childList: true, subtree: true});
        }"""
    )
    root.focus()
    for key in ("ArrowRight", "ArrowDown", "End"):
        page.keyboard.press(key)
    expect(root).to_have_attribute("data-t", str(T - 1))
    assert page.evaluate("made") == 0


def test_what_is_folded_is_not_painted_until_it_is_opened(page):
    trace = made()
    root = put(page, widgets.explore(trace))
    summary = root.get_by_text("The cell at this step")
    summary.focus()
    page.keyboard.press("Space")
    expect(root.locator(".le-diagram")).to_be_hidden()
    page.keyboard.press("End")
    expect(root).to_have_attribute("data-t", str(T - 1))
    assert printed(number(root, "h")) == pytest.approx(float(trace.h[0, 0, 0]), abs=0.51e-3)
    page.keyboard.press("Space")
    expect(root.locator(".le-diagram-number[data-wire='h']")).to_have_text(
        f"{float(trace.h[0, T - 1, 0]):+.3f}".replace("-", "−")
    )
    expect(root.locator(".le-play")).to_have_text("Play")


# --- readable everywhere --------------------------------------------------------------------------------------------

OVERLAPS = """svg => {
    const texts = [...svg.querySelectorAll('text')];
    const boxes = texts.filter(text => text.textContent && !text.closest('.le-diagram-gate'))
        .map(text => [text.textContent, text.getBoundingClientRect()]);
    const frame = svg.getBoundingClientRect();
    const inside = b => b.left > frame.left - 3 && b.right < frame.right + 3 && b.top > frame.top - 3 &&
        b.bottom < frame.bottom + 3;
    const found = boxes.filter(([, box]) => !inside(box)).map(([text]) => `${text} sticks out`);
    boxes.forEach(([text, a], n) => boxes.slice(n + 1).forEach(([other, b]) => {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 5) found.push(`${text} over ${other}`);  // a line's box is higher than its letters
    }));
    return found;
}"""


@pytest.mark.parametrize("width", [340, 400, 640, 760, 1000, 1280])
def test_no_text_lies_over_another_at_any_width(new_page, width):
    page = new_page(viewport={"width": width, "height": 800})
    for options in ({"units": 128, "features": 130, "steps": 3}, {"units": 1, "features": 1}, {"use_bias": False}):
        root = put(page, widgets.explore(made(**options), t=1))
        svg = root.locator(".le-diagram svg")
        assert svg.evaluate(OVERLAPS) == []
        assert root.locator(".le-diagram.le-wide").count() == (width == 640)
        smallest = svg.evaluate("svg => svg.getScreenCTM().a * 12.5")  # the numbers, in pixels of the screen
        assert smallest >= 9.5
        for spot in root.locator(".le-spot").all():
            assert min(spot.bounding_box()[side] for side in ("width", "height")) >= 24


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_what_is_opened(new_page, scheme):
    page = new_page(**SCHEMES[scheme])
    for width in (400, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        root = put(page, widgets.explore(made(features=14), t=2, unit=3), highlight="c")
        for kind, gate in (("xW", "i"), ("hU", "o")):
            product(root, kind, gate)[0].click()
        for name in ("x", "h_prev"):
            opener(root, name)[0].click()
        axe_finds_nothing(page, width)
        nothing_sticks_out(page, width)


def test_in_high_contrast_wires_have_the_colour_of_text_and_letters_name_them(new_page):
    page = new_page(forced_colors="active")
    root = put(page, widgets.explore(made()))
    ink = root.evaluate("root => getComputedStyle(root).color")
    for name in WIRES:
        assert wire(root, name).locator(".le-wire").evaluate("e => getComputedStyle(e).stroke") == ink
    paper = root.locator(".le-gate-box").first.evaluate("e => getComputedStyle(e).fill")
    letter = root.locator(".le-gate-letter").first.evaluate("e => getComputedStyle(e).fill")
    assert paper != letter == ink
    product(root, "xW", "f")[0].click()
    for bar in (*root.locator(".le-dot-product .le-fill").all(), *root.locator(".le-amounts > *").all()):
        assert bar.evaluate("e => getComputedStyle(e).backgroundColor") == ink


def test_a_models_tab_has_the_cell_too(page):
    model = le.Sequential([le.LSTM(3, return_sequences=True, name="one"), le.LSTM(2, name="two")])
    model.build((None, T, F))
    trace = model.trace(np.random.default_rng(2).normal(size=(B, T, F)))
    root = put(page, widgets.explore(trace))
    root.get_by_role("tab", name="two").click()
    panel = root.get_by_role("tabpanel")
    page.evaluate("model.set('t', 5); model.set('unit', 1)")
    expect(root).to_have_attribute("data-t", "5")
    two = trace.layers[1]
    assert printed(number(panel, "c")) == pytest.approx(float(two.c[0, 5, 1]), abs=0.51e-3)
    button, opened = product(panel, "xW", "f")
    button.click()
    assert [printed(row[1]) for row in rows(opened)] == pytest.approx(two.x[0, 5].astype(float).tolist(), abs=0.51e-4)
