"""The gradient explorer and the side-by-side explorer in a page without Jupyter."""

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, call, load_modules, nothing_sticks_out, put, stop_the_clock
from limits import tries
from playwright.sync_api import expect

import lstm_edu as le
from lstm_edu.core.gradient_flow import flow

B, T, F, H = 2, 12, 3, 4


@pytest.fixture
def rng():
    return np.random.default_rng(53)  # of each test: a test that is run again draws the same numbers


def made(kind=le.LSTM, units=H, seed=5, **flags):
    rng = np.random.default_rng(seed)
    layer = kind(units, **{"return_sequences": True} | flags)
    layer.build((None, None, F))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


def inputs(batch=B, steps=T):
    return np.random.default_rng(7).normal(size=(batch, steps, F)).astype("float32")


def number(root, quantity: str) -> float:
    """The number on the screen in full: it is in the title of its element."""
    return float(root.locator(f".le-num[data-q='{quantity}']").first.get_attribute("title").partition("=")[2])


def text_number(text: str) -> float:
    """A number as the page writes it, also as a summand ("− 0.25") or in brackets."""
    return float(text.replace("−", "-").replace(" ", "").strip("()"))


def as_json(array) -> dict:
    return {"shape": list(array.shape), "data": np.asarray(array, float).ravel().tolist()}


# --- pure functions -------------------------------------------------------------------------------------------------


@pytest.fixture
def pure(page):
    """A page that has the modules' functions."""
    load_modules(page)
    return page


def test_the_greatest_and_the_least_of_each_group_of_cells_are_drawn(pure, rng):
    values = rng.normal(size=(7, 100)) + 3
    values[3, 57], values[5, 12] = -9, 14

    def drawn(values, down, across):
        return pure.evaluate(
            """([values, down, across]) => {
                const number = v => v === 'NaN' ? NaN : v;
                const read = (r, c) => number(values[r][c]);
                const s = module.extremes(read, values.length, values[0].length, down, across);
                const text = v => Number.isFinite(v) ? v : 'odd';
                const row = y => Array.from({length: s.columns}, (_, x) => text(s.value(y, x)));
                return Array.from({length: s.rows}, (_, y) => row(y));
            }""",
            [values, down, across],
        )

    found = drawn(values.tolist(), 7, 10)
    assert np.shape(found) == (6, 10)  # two rows for each of the three groups that seven pixels have room for
    rows = [range(0, 2), range(2, 4), range(4, 7)]
    for y, which in enumerate(rows):
        for x in range(10):
            group = values[which.start : which.stop, 10 * x : 10 * x + 10]
            assert [found[2 * y][x], found[2 * y + 1][x]] == [group.max(), group.min()]
    assert found[3][5] == -9 and found[4][1] == 14
    assert drawn(values.tolist(), 7, 100) == values.tolist()  # room enough: as they are
    with_nan = values.tolist()
    with_nan[6][42] = "NaN"
    found = drawn(with_nan, 20, 10)
    assert np.shape(found) == (14, 10)
    assert [(y, x) for y in range(14) for x in range(10) if found[y][x] == "odd"] == [(12, 4), (13, 4)]


def test_a_curve_of_many_steps_keeps_its_least_and_greatest(pure):
    values = [0.0] * 1000
    values[333], values[334], values[900] = 5.0, -7.0, "NaN"
    groups = call(pure, "envelope", [v for v in values if v != "NaN"] + [0.0], 10)
    assert groups[3] == [-7, 5]
    assert [g for n, g in enumerate(groups) if n != 3] == [[0, 0]] * 9
    assert call(pure, "envelope", [1, 2, 3], 10) == [[1, 1], [2, 2], [3, 3]]


def test_the_product_of_factors_goes_below_the_smallest_number(pure, rng):
    factors = rng.uniform(-1, 1, size=(2, 9, 3))
    found = pure.evaluate("([f, b, u]) => { const w = module.directWay(f, b, u); "
                          "return [[...w.exponent], [...w.sign]]; }", [as_json(factors), 1, 2])  # fmt: skip
    for t in range(9):
        product = np.prod(factors[1, t + 1 :, 2])
        assert found[1][t] * 10 ** found[0][t] == pytest.approx(product, rel=1e-9)
    tiny = np.full((1, 2001, 1), 0.1)
    exponent = pure.evaluate("f => module.directWay(f, 0, 0).exponent[0]", as_json(tiny))
    assert exponent == pytest.approx(-2000)
    assert call(pure, "fromExponent", -2000.3, -1) == "−5.01e−2001"
    assert call(pure, "fromExponent", "-inf", 1) == "0"
    assert call(pure, "fromExponent", -1, 1) == "0.1000"
    assert [call(pure, "sized", v) for v in (0, -0.0123456, 1234.56, 1e-7, -2e9, "NaN")] == [
        "0", "−0.01235", "1235", "1.00e−7", "−2.00e9", "NaN",
    ]  # fmt: skip


def test_factors_lengths_powers_and_sums(pure, rng):
    factors = as_json(np.arange(24.0).reshape(2, 6, 2))
    way = call(pure, "wayFrom", factors, {"batch": 1, "t": 1, "unit": 1}, 3)
    assert way == {"factors": [[2, 17], [3, 19], [4, 21]], "more": 1}
    assert call(pure, "wayFrom", factors, {"batch": 1, "t": 5, "unit": 1}) == {"factors": [], "more": 0}
    array = rng.normal(size=(2, 5, 3))
    found = pure.evaluate("a => [...module.lengths(a, 1)]", as_json(array))
    np.testing.assert_allclose(found, np.linalg.norm(array[1], axis=1))
    sums = rng.normal(size=(2, 5, 6))
    found = pure.evaluate("a => module.gathered(a, 1, 1, 3).map(s => [...s])", as_json(sums))
    for block in range(3):
        np.testing.assert_allclose(found[block][:5], sums[1, ::-1, 2 * block + 1].cumsum()[::-1])
    assert [call(pure, "byPowers", v, 10, 4) for v in (10, -1, 1e-9, 0)] == [1, -0.75, 0, 0]


def test_round_numbers_and_spans(pure):
    assert call(pure, "roundNumbers", -1, 1, 4) == pytest.approx([-1, -0.5, 0, 0.5, 1])
    assert call(pure, "roundNumbers", -12, 0, 4) == [-10, -5, 0]
    assert call(pure, "roundNumbers", 3, 3, 4) == [3]
    span = pure.evaluate("module.spanOf([{values: [-12.3, -Infinity, NaN, -0.5]}], true)")
    assert span == {"low": -13, "high": 0}
    assert pure.evaluate("module.spanOf([{values: [-500, 0]}], true)") == {"low": -45, "high": 0}
    assert pure.evaluate("module.spanOf([{values: [NaN]}], false)") == {"low": -1, "high": 1}


# --- the gradient explorer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_printed_equation_adds_up_to_the_recorded_gradient(page, dtype, rng):
    layer, dy = made(dtype=dtype), rng.normal(size=(B, T, H))
    root = put(page, le.explore_gradients(layer, inputs(), dy))
    grads = layer.backward(layer.trace(inputs()), dy)
    for t, unit, batch in ((T - 1, 0, 0), (5, 3, 1), (0, 2, 0)):
        page.evaluate(
            "place => { for (const name of ['t', 'unit', 'batch']) model.set(name, place[name]); }",
            {"t": t, "unit": unit, "batch": batch},
        )
        expect(root).to_have_attribute("data-t", str(t))
        expect(root).to_have_attribute("data-unit", str(unit))
        expect(root).to_have_attribute("data-batch", str(batch))
        assert number(root, "0/dc") == grads.trace.c[batch, t, unit]
        assert number(root, "0/dh") == grads.trace.h[batch, t, unit]
        rel = 1e-4 if dtype == "float32" else 1e-9
        total = number(root, "0/dh") * number(root, "0/o") * number(root, "0/slope")
        total += number(root, "0/dcNext") * number(root, "0/fNext")
        assert total == pytest.approx(number(root, "0/dc"), rel=rel, abs=1e-6)
        ways = sum(number(root, f"0/back_{gate}") for gate in "ifgo") if t < T - 1 else 0
        assert number(root, "0/own") + ways == pytest.approx(number(root, "0/dh"), rel=rel, abs=1e-5)
        # and what is read is what is meant: the rounded numbers add up to within their digits
        row = root.locator("[data-row='0/c'], [data-row='0/dc']")
        written = [text_number(row.locator(f"[data-q='0/{q}']").last.inner_text()) for q in ("shown", "kept", "dc")]
        assert written[0] + written[1] == pytest.approx(written[2], abs=2.1e-4)


@pytest.mark.parametrize("flags", [{}, {"reset_after": False}])
def test_the_ways_back_through_a_gru_add_up(page, flags, rng):
    layer, dy = made(le.GRU, **flags), rng.normal(size=(B, T, H))
    root = put(page, le.explore_gradients(layer, inputs(), dy, t=4, unit=2))
    ways = sum(number(root, f"0/back_{way}") for way in ("h · z", "z", "r", "g"))
    recorded = layer.backward(layer.trace(inputs()), dy).trace.h[0, 4, 2]
    assert number(root, "0/own") + ways == pytest.approx(recorded, rel=1e-4, abs=1e-5)
    assert number(root, "0/own") == pytest.approx(dy[0, 4, 2], rel=1e-6)


def test_the_ways_back_through_a_simple_rnn_add_up(page):
    layer = made(le.SimpleRNN)
    found = flow(layer, inputs())
    root = put(page, le.explore_gradients(layer, inputs(), t=6, unit=1, batch=1))
    itself, others = number(root, "0/back_itself"), number(root, "0/back_the other units")
    expected = found.grads.trace.h[1, 7, 1] * (1 - found.trace.h[1, 7, 1] ** 2) * layer.recurrent_kernel[1, 1]
    assert itself == pytest.approx(float(expected), rel=1e-5)
    assert itself + others == pytest.approx(float(found.grads.trace.h[1, 6, 1]), rel=1e-4, abs=1e-6)


def test_masked_steps_let_the_gradient_through(page):
    mask = np.ones((B, T), bool)
    mask[0, [3, 4]] = False
    layer = made()
    trace = layer.trace(inputs(), mask)
    root = put(page, le.explore_gradients(layer, inputs(), mask=mask, t=4, unit=1))
    grads = layer.backward(trace, flow(layer, inputs(), mask=mask).dy)
    expect(root.locator(".le-words")).to_contain_text("passes through it unchanged")
    expect(root.locator(".le-note").last).to_contain_text("Hatched steps are masked")
    assert number(root, "0/dc") == grads.trace.c[0, 4, 1]
    page.evaluate("model.set('t', 3)")
    expect(root).to_have_attribute("data-t", "3")
    assert number(root, "0/back_a masked step") == grads.trace.h[0, 4, 1]


def test_the_forget_gates_multiply(page):
    layer = made()
    f = layer.trace(inputs()).f[0, :, 3]
    root = put(page, le.explore_gradients(layer, inputs(), t=1, unit=3))
    chips = root.locator(".le-factor").all_inner_texts()
    assert len(chips) == 8
    for chip, (step, value) in zip(chips, list(enumerate(f))[2:10], strict=True):
        name, _, shown = " ".join(chip.split()).rpartition(" ")
        assert name.replace(" ", "") == f"f{step}"
        assert text_number(shown) == pytest.approx(float(value), abs=6e-4)
    assert "… (2 more)" in root.locator(".le-factors").inner_text()
    product = float(np.prod(f[2:].astype(float)))
    assert text_number(root.locator("[data-q='0/product']").inner_text()) == pytest.approx(product, rel=0.02, abs=6e-5)
    shown = root.locator("[data-curve='0/way']").inner_text()
    assert text_number(shown) == pytest.approx(product, rel=0.02, abs=6e-5)
    whole = flow(layer, inputs()).whole[0, 1, 3]
    assert text_number(root.locator("[data-curve='0/whole']").inner_text()) == pytest.approx(whole, rel=0.02, abs=6e-5)


def test_what_a_step_gives_to_the_bias_and_what_has_been_gathered(page):
    layer = made()
    root = put(page, le.explore_gradients(layer, inputs(batch=1), t=4, unit=2))
    grads = layer.backward(layer.trace(inputs(batch=1)), flow(layer, inputs(batch=1)).dy)
    for block, gate in enumerate("ifgo"):
        dz = grads.trace.z[0, :, block * H + 2].astype(float)
        now, gathered, everything = (
            root.locator("tr", has=page.locator(f"[data-q='0/db_{gate}']")).locator("td").all_inner_texts()[-3:]
        )
        assert text_number(now) == pytest.approx(dz[4], abs=6e-5, rel=6e-3)
        assert text_number(gathered) == pytest.approx(dz[4:].sum(), abs=6e-5, rel=6e-3)
        assert text_number(everything) == pytest.approx(grads.weights[2][block * H + 2], abs=6e-5, rel=6e-3)


def test_two_layers_have_one_scale_and_lines_that_differ(page):
    lstm, rnn = made(), made(le.SimpleRNN, units=3)
    ends = set()
    for one, other in ((rnn, lstm), (lstm, rnn)):  # the larger one, whichever comes first
        root = put(page, le.explore_gradients(one, inputs(), beside=other, t=8, unit=one.units - 1))
        ends |= {root.locator(f"[data-map='{n}/d_h'] .le-legend").inner_text().split()[-1] for n in (0, 1)}
    assert len(ends) == 1
    assert float(ends.pop()) >= max(abs(flow(layer, inputs()).grads.trace.h).max() for layer in (lstm, rnn))
    chart = root.locator("[data-map='norm']")
    expect(chart.locator(".le-line")).to_have_count(3)
    samples = chart.locator(".le-sample").evaluate_all("all => all.map(e => getComputedStyle(e).borderTopStyle)")
    assert samples == ["solid", "dotted", "dashed"]
    for n, layer in enumerate((lstm, rnn)):
        size = np.linalg.norm(flow(layer, inputs()).grads.trace.h[0, 8])
        assert text_number(chart.locator(f"[data-curve='{n}/dh']").inner_text()) == pytest.approx(size, abs=6e-5)
    expect(root.get_by_role("region", name="numbers of the SimpleRNN")).to_contain_text("U[u, u]")
    assert root.locator("[data-map='1/h'] .le-value").inner_text() == f"{rnn.trace(inputs()).h[0, 8, 2]:.4f}".replace(
        "-", "−"
    )  # unit 3 of three is the last one


def test_left_is_back_in_time_and_play_walks_to_the_first_step(page):
    root = put(page, le.explore_gradients(made(), inputs()))
    expect(root).to_have_attribute("data-t", "11")
    root.focus()
    for key, t, unit in [("ArrowLeft", 10, 0), ("ArrowDown", 10, 1), ("PageUp", 0, 1), ("ArrowRight", 1, 1),
                         ("End", 11, 1), ("ArrowUp", 11, 0), ("Home", 0, 0), ("PageDown", 10, 0)]:  # fmt: skip
        page.keyboard.press(key)
        expect(root).to_have_attribute("data-t", str(t))
        expect(root).to_have_attribute("data-unit", str(unit))
    stop_the_clock(page)
    page.keyboard.press("Space")
    expect(root.locator(".le-play")).to_have_text("Pause")
    page.clock.run_for(5000)
    expect(root).to_have_attribute("data-t", "0")
    expect(root.locator(".le-play")).to_have_text("Play")
    page.keyboard.press("Space")  # from the first step, it begins at the last
    expect(root.locator(".le-play")).to_have_text("Pause")
    page.clock.run_for(1000)
    expect(root).to_have_attribute("data-t", "7")
    page.keyboard.press("Space")
    expect(root.locator(".le-play")).to_have_text("Play")


def test_steps_that_the_gradient_has_not_reached_are_veiled(page):
    root = put(page, le.explore_gradients(made(), inputs(), t=3))
    widths = "e => e.getBoundingClientRect().width / e.parentElement.getBoundingClientRect().width"
    assert root.locator("[data-map='0/d_c'] .le-veil").evaluate(widths) == pytest.approx(3 / T, abs=0.01)
    expect(root.locator("[data-map='0/c'] .le-veil")).to_have_count(0)  # the run itself is all there
    root.focus()
    page.keyboard.press("Home")
    expect(root).to_have_attribute("data-t", "0")
    assert root.locator("[data-map='0/d_h'] .le-veil").evaluate(widths) == 0


def test_the_scales_can_be_changed_by_keyboard_and_are_told_to_python(page):
    root = put(page, le.explore_gradients(made(), inputs()))
    pixels = """c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data
                     .reduce((a, b) => (a * 31 + b) % 1e9, 7)"""
    canvases = [root.locator(f"[data-map='{key}'] canvas") for key in ("0/d_c", "norm", "0/c")]
    before = [canvas.evaluate(pixels) for canvas in canvases]
    root.get_by_label("colours by powers of ten").focus()
    page.keyboard.press("Space")
    root.get_by_label("curve by powers of ten").focus()
    page.keyboard.press("Space")
    page.wait_for_function("() => model.get('log_maps') === true && model.get('log_norm') === false")
    expect(root.locator("[data-map='0/d_c'] .le-legend")).to_contain_text(", log")
    expect(root.locator(".le-note").last).to_contain_text("colours go by powers of ten, down to 1e−6")
    after = [canvas.evaluate(pixels) for canvas in canvases]
    assert [a != b for a, b in zip(before, after, strict=True)] == [True, True, False]
    expect(root.locator(".le-play")).to_have_text("Play")  # Space was the box's


def test_a_picture_is_pointed_at_and_dragged(page):
    layer = made()
    root = put(page, le.explore_gradients(layer, inputs()))
    dc = layer.backward(layer.trace(inputs()), flow(layer, inputs()).dy).trace.c
    box = root.locator("[data-map='0/d_c'] canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 4.5 / T, box["y"] + box["height"] * 2.5 / H)
    expect(root).to_have_attribute("data-t", "4")
    expect(root).to_have_attribute("data-unit", "2")
    tip = root.locator(".le-tip").inner_text()
    assert tip == f"dL/dc · step 4, unit 2: {dc[0, 4, 2]:.6f}".replace("-", "−")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 9.5 / T, box["y"] + box["height"] * 1.5 / H, steps=3)
    page.mouse.up()
    expect(root).to_have_attribute("data-t", "9")
    expect(root).to_have_attribute("data-unit", "1")
    page.mouse.move(box["x"] + box["width"] * 2.5 / T, box["y"] + box["height"] * 3.5 / H)  # let go: it stays
    assert page.evaluate("[model.get('t'), model.get('unit')]") == [9, 1]
    box = root.locator("[data-map='norm'] canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 7.5 / T, box["y"] + 20)
    expect(root).to_have_attribute("data-t", "7")
    expect(root).to_have_attribute("data-unit", "1")


def test_what_has_vanished_and_what_is_not_finite_is_said(page):
    layer = made(le.SimpleRNN)
    kernel, recurrent_kernel, bias = layer.get_weights()
    layer.set_weights([kernel, 1e-4 * recurrent_kernel, bias])
    root = put(page, le.explore_gradients(layer, inputs(steps=30), t=3))
    expect(root.locator(".le-note").last).to_contain_text("Before step")
    expect(root.locator(".le-note").last).to_contain_text("exactly 0")
    x = inputs()
    x[0, 5, 1] = np.nan
    root = put(page, le.explore_gradients(made(), x, t=2))
    expect(root.locator(".le-note").last).to_contain_text("NaN or infinite, drawn as a chequerboard")
    expect(root.locator(".le-words")).to_contain_text("not finite")
    x[0, 5, 1] = np.inf
    put(page, le.explore_gradients(made(activation="relu"), x, t=2, beside=made(le.SimpleRNN)))
    silent = put(page, le.explore_gradients(made(), inputs(), np.zeros((B, T, H))))
    expect(silent.locator(".le-note").last).to_contain_text("No gradient reaches the LSTM")


def test_one_step_of_one_unit(page):
    layer = le.LSTM(1)
    layer.build((None, None, 1))
    root = put(page, le.explore_gradients(layer, np.ones((1, 1, 1)), beside=None))
    root.focus()
    for key in ("ArrowLeft", "ArrowDown", "Space", "End"):
        page.keyboard.press(key)
    expect(root).to_have_attribute("data-t", "0")
    expect(root.locator(".le-error")).to_have_count(0)
    expect(root.locator(".le-factors")).to_contain_text("no factor yet")


def test_ten_thousand_steps_show_a_single_spike_and_are_exact_when_pointed_at(page):
    steps, dy = 10_000, np.zeros((1, 10_000, 2))
    dy[0, 4321] = [3.0, 0.0]  # the only source of gradient, and forget gates that are shut: a single bright column
    layer = made(units=2)
    kernel, recurrent_kernel, bias = layer.get_weights()
    bias[2:4] = -50
    layer.set_weights([0 * kernel, 0 * recurrent_kernel, bias])
    root = put(page, le.explore_gradients(layer, inputs(1, steps), dy))
    expect(root.locator(".le-note").last).to_contain_text(f"{steps} steps are more than the picture has columns")
    bright = root.locator("[data-map='0/d_h'] canvas").evaluate(
        """c => Array.from({length: c.width}, (_, x) => x).filter(x => {
            const [r, g, b] = c.getContext('2d').getImageData(x, 2, 1, 1).data;
            return r - b > 60;
        }).map(x => x / c.width)"""
    )
    assert bright == pytest.approx([4321.5 / steps] * len(bright), abs=2e-3)
    assert bright
    page.evaluate("model.set('t', 4321)")
    expect(root).to_have_attribute("data-t", "4321")
    assert number(root, "0/dh") == 3.0


def test_names_cannot_inject_markup(page):
    name = "<img src=x onerror=document.title='injected'>"
    layer = le.LSTM(2, name=name)
    layer.build((None, None, F))
    for widget in (le.explore_gradients(layer, inputs(), beside=layer), le.explore_pair(layer, layer, inputs(),
                   names=(name, name + "2"))):  # fmt: skip
        root = put(page, widget)
        assert name in root.inner_text()
        assert root.locator("img").count() == 0
    assert page.title() == "explorer"


# --- side by side ---------------------------------------------------------------------------------------------------


def parted():
    """A run, and the same with a change at step 5 of the second sequence."""
    layer, x = made(), inputs()
    other = x.copy()
    other[1, 5] += 0.5
    a, b = layer.trace(x), layer.trace(other)
    return a, le.Trace(layer, {n: b[n] if n != "x" else a.x for n in b.names}, b.output,
                       initial_state=b.initial_state, time=b.time)  # fmt: skip


def test_the_first_divergence_is_marked_said_and_reached(page):
    a, b = parted()
    widget = le.explore_pair(a, b, names=("before", "after"))
    first = widget.divergences[1]
    root = put(page, widget, batch=1, unit=(first["unit"] + 1) % H)
    assert (first["t"], first["quantity"]) == (5, "z_i")
    words = root.locator(".le-parting-words")
    expect(words).to_contain_text("Up to step 4 the two runs of sequence 1 agree.")
    expect(words).to_contain_text(f"z_i at step 5, most of all in unit {first['unit']}")
    mark = root.locator("[data-map='difference'] .le-parting")
    expect(mark).to_be_visible()
    shift = mark.evaluate("e => new DOMMatrix(getComputedStyle(e).transform).e / e.parentElement.clientWidth")
    assert shift == pytest.approx(5 / T, abs=0.01)
    root.get_by_role("button", name="Go to the first divergence").click()
    expect(root).to_have_attribute("data-quantity", "z_i")
    expect(root).to_have_attribute("data-t", "5")
    expect(root).to_have_attribute("data-unit", str(first["unit"]))
    page.evaluate("model.set('batch', 0)")
    expect(words).to_contain_text("agree in every number that is compared")
    expect(root.get_by_role("button", name="Go to the first divergence")).to_be_disabled()
    expect(root.locator("[data-map='difference'] .le-parting")).to_be_hidden()
    assert root.get_by_role("tab", name="c, cell state").get_attribute("aria-label").endswith("the runs agree")


def test_key_d_leads_to_the_first_divergence(page):
    a, b = parted()
    widget = le.explore_pair(a, b)
    unit = widget.divergences[1]["unit"]
    root = put(page, widget, batch=1, unit=(unit + 1) % H)
    root.focus()
    page.keyboard.press("d")
    expect(root).to_have_attribute("data-t", "5")
    expect(root).to_have_attribute("data-unit", str(unit))
    expect(root).to_have_attribute("data-quantity", "z_i")


def test_the_numbers_of_both_runs_and_their_difference(page):
    a, b = parted()
    root = put(page, le.explore_pair(a, b, t=8, unit=3, batch=1, quantity="c"))
    for name in "ifgoch":
        mine, theirs = a[name][1, 8, 3], b[name][1, 8, 3]
        assert text_number(root.locator(f"[data-a='{name}']").inner_text()) == pytest.approx(float(mine), abs=6e-6)
        assert text_number(root.locator(f"[data-b='{name}']").inner_text()) == pytest.approx(float(theirs), abs=6e-6)
        difference = root.locator(f"[data-difference='{name}']").inner_text()
        assert difference.startswith("≠")
        assert text_number(difference[2:]) == pytest.approx(abs(float(mine) - float(theirs)), rel=0.05)
    z = a.z[1, 8, 2 * H + 3]
    assert text_number(root.locator("[data-a='z_g']").inner_text()) == pytest.approx(float(z), abs=6e-6)
    page.evaluate("model.set('t', 2)")
    expect(root).to_have_attribute("data-t", "2")
    assert root.locator("td.le-differs").count() == 0
    value = root.locator("[data-map='difference'] .le-value")
    expect(value).to_have_text("0.0000")


def test_tabs_are_walked_by_the_keys(page):
    a, b = parted()
    root = put(page, le.explore_pair(a, b))
    expect(root.get_by_role("tab")).to_have_count(10)
    root.get_by_role("tab", selected=True).focus()
    for key, quantity in [
        ("ArrowLeft", "c"),
        ("ArrowRight", "h"),
        ("ArrowRight", "z_i"),
        ("End", "h"),
        ("Home", "z_i"),
    ]:
        page.keyboard.press(key)
        expect(root).to_have_attribute("data-quantity", quantity)
        expect(root.locator(f"[data-quantity='{quantity}'][role=tab]")).to_be_focused()
    root.focus()
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-t", "1")


def test_curves_of_both_runs_differ_by_more_than_colour(page):
    a, b = parted()
    root = put(page, le.explore_pair(a, b, names=("right", "wrong"), batch=1, t=7, unit=1))
    chart = root.locator("[data-map='curves']")
    samples = chart.locator(".le-sample").evaluate_all("all => all.map(e => getComputedStyle(e).borderTopStyle)")
    assert samples == ["solid", "dashed"]
    expect(chart.locator(".le-line").first).to_have_text(f"right {a.h[1, 7, 1]:.4f}".replace("-", "−"))
    expect(chart.locator(".le-line").last).to_have_text(f"wrong {b.h[1, 7, 1]:.4f}".replace("-", "−"))


def test_curves_take_ink_and_paper_from_the_style_sheet(page):
    x = inputs()
    root = put(page, le.explore_pair(made().trace(x), made(seed=6).trace(x)))
    page.add_style_tag(content=".lstm-edu-explorer { --le-ink: #ff0000 !important; --le-paper: #0000fa !important; }")
    page.set_viewport_size({"width": 1000, "height": 900})
    colours = """canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const count = (r, g, b) => Array.from({length: data.length / 4}, (_, n) => 4 * n)
            .filter(n => data[n] === r && data[n + 1] === g && data[n + 2] === b).length;
        return [count(255, 0, 0), count(0, 0, 250), count(255, 255, 255), count(31, 35, 40)];
    }"""
    canvas = root.locator("[data-map='curves'] canvas")
    for _ in tries(5):
        ink, paper, *others = canvas.evaluate(colours)
        if ink > 100 and paper > 10_000:
            break
        page.wait_for_timeout(100)
    assert ink > 100 and paper > 10_000
    assert others == [0, 0]


def test_layers_of_different_kinds_say_what_they_share(page):
    root = put(page, le.explore_pair(made(), made(le.GRU), inputs(), names=("LSTM", "GRU")))
    expect(root.get_by_role("tab")).to_have_count(2)
    expect(root.locator(".le-note").last).to_contain_text("only what means the same in both is compared: g, h")


def test_runs_with_inputs_of_their_own_and_other_widths(page):
    layer = made()
    x = inputs()
    root = put(page, le.explore_pair(layer.trace(x), layer.trace(x + 1), other_x=True, unit=3, quantity="x"))
    expect(root.locator(".le-note").last).to_contain_text("different inputs")
    expect(root).to_have_attribute("data-unit", str(F - 1))  # there is no fourth feature
    root.get_by_role("tab", name="h, output").click()
    expect(root).to_have_attribute("data-unit", "3")


def test_ten_thousand_steps_side_by_side(page):
    layer, x = made(units=2), inputs(1, 10_000)
    a = layer.trace(x)
    arrays = {name: np.array(a[name]) for name in a.names}
    arrays["h"][0, 7777, 1] += 0.9
    b = le.Trace(layer, arrays, a.output, initial_state=a.initial_state, time=a.time)
    root = put(page, le.explore_pair(a, b))
    expect(root.locator(".le-parting-words")).to_contain_text("h at step 7777")
    coloured = root.locator("[data-map='difference'] canvas").evaluate(
        """c => Array.from({length: c.width}, (_, x) => x).filter(x => {
            const [r, g, b] = c.getContext('2d').getImageData(x, c.height - 3, 1, 1).data;
            return Math.abs(r - b) > 60;
        }).map(x => x / c.width)"""
    )
    assert coloured == pytest.approx([0.77775] * len(coloured), abs=2e-3)
    assert coloured


# --- both: accessible, at every width -------------------------------------------------------------------------------

MASK = np.arange(B * T).reshape(B, T) % T < 9
BOTH = {
    "gradients": lambda: le.explore_gradients(made(), inputs(), t=5),
    "gradients, two layers": lambda: le.explore_gradients(made(), inputs(), beside=made(le.SimpleRNN), mask=MASK),
    "gradients, GRU": lambda: le.explore_gradients(made(le.GRU), inputs(), t=5, unit=2, log_maps=True),
    "pair": lambda: le.explore_pair(*parted(), names=("right", "with a mistake"), batch=1, t=5),
    "pair of kinds": lambda: le.explore_pair(made(), made(le.GRU), inputs(), mask=MASK, names=("LSTM", "GRU")),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_them(new_page, scheme):
    page = new_page(**SCHEMES[scheme])
    for which, make in BOTH.items():
        put(page, make())
        axe_finds_nothing(page, which)


@pytest.mark.parametrize("width", [400, 760, 1400])
def test_nothing_of_them_sticks_out(new_page, width):
    page = new_page(viewport={"width": width, "height": 900})
    for which, make in BOTH.items():
        put(page, make())
        nothing_sticks_out(page, which)


@pytest.mark.parametrize("which", ["gradients, two layers", "pair"])
def test_the_state_is_told_once_it_has_settled_and_nothing_stays_behind(page, which):
    root = put(page, BOTH[which]())
    live = root.locator("[aria-live=polite]")
    expect(live).to_contain_text("step")
    root.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(live).to_contain_text("at step 1")
    page.wait_for_function("model.saved.length >= 1")
    slider = root.get_by_role("slider", name="timestep")
    expect(slider).to_have_attribute("aria-valuetext", "step 1 (0 to 11)")
    root.locator(".le-play").click()
    page.evaluate("cleanup()")
    assert page.evaluate("model.listeners()") == 0
    assert page.locator(".lstm-edu-explorer").count() == 0


@pytest.mark.parametrize("which", list(BOTH))
def test_the_first_paint_saves_nothing(page, which):
    root = put(page, BOTH[which]())
    expect(root.locator("[aria-live=polite]")).not_to_have_text("")  # it has settled
    assert page.evaluate("model.saved.length") == 0
    expect(root.locator(".le-error")).to_have_count(0)
