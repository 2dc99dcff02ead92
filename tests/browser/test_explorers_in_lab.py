"""The explorers in a real JupyterLab: numbers, keys, mouse, and Python on the other side."""

import re
import uuid

import nbformat
import pytest
from blank_page import ROOT, axe_finds_nothing
from limits import tries
from playwright.sync_api import expect

B, T, F, H = 3, 7, 4, 5
SETUP = f"""
import numpy as np
import lstm_edu as le
rng = np.random.default_rng(7)
x = rng.normal(size=({B}, {T}, {F}))
"""
LSTM = """
layer = le.LSTM(5, return_sequences=True, name="first")
layer.build((None, None, 4))
layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
trace = layer.trace(x, initial_state=[rng.normal(size=(3, 5)), rng.normal(size=(3, 5))])
lstm = le.explore(trace)
"""
DENSE = """
layer = le.Dense(3, "tanh")
layer.build((None, 4))
layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
dense = le.explore(layer, x[0])
"""
PACKING = "packing = le.packing(2, 4)\n"
MODEL = """
import keras
network = keras.Sequential([keras.Input((7, 4)), keras.layers.LSTM(5, return_sequences=True, name="one"),
                            keras.layers.LSTM(3, name="two"), keras.layers.Dense(2, "softmax", name="last")])
for w in network.weights:
    w.assign(rng.normal(size=w.shape))
model = le.explore(network, x)
"""
CELLS = {
    "LSTM": (LSTM, "lstm"),
    "Dense": (DENSE, "dense"),
    "Packing": (PACKING, "packing"),
    "Sequential": (MODEL, "model"),
}


def run_here(source: str) -> dict:
    """What the same cell computes in this Python."""
    names: dict = {}
    exec(SETUP + source, names)
    return names


def jupyterlab_s_own(error) -> bool:
    """JupyterLab sometimes takes an output away twice when a cell is run again. Explorers come from a blob: address."""
    return "removeChild" in str(error) and "blob:" not in (error.stack or "")


@pytest.fixture(scope="module")  # so it takes `jupyterlab` itself: `lab` ends the kernels before each test
def notebook(jupyterlab, browser):
    """One notebook with all explorers, for all tests: its page."""
    sources = [f"{SETUP}{source}{variable}" for source, variable in CELLS.values()]
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source.strip()) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, jupyterlab.folder / "notebooks" / "explorers.ipynb")
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: None if jupyterlab_s_own(error) else problems.append(f"uncaught: {error}"))
    jupyterlab.open(page, "explorers.ipynb")
    jupyterlab.run_all(page)
    yield page
    page.context.close()
    assert not problems


@pytest.fixture
def page(notebook):
    return notebook


@pytest.fixture
def show(jupyterlab, page):
    """A function: scroll to the explorer of this kind, at its beginning, and return its root."""

    def show(kind: str):
        jupyterlab.show_cell(page, list(CELLS).index(kind))
        root = page.locator(f".lstm-edu-explorer[data-kind={kind}][data-ready=true]")
        expect(root).to_have_count(1)
        return root

    return show


def tell(page, code: str) -> str:
    """Run code in the notebook's kernel, and return what it printed."""
    return page.evaluate(
        """async code => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({code});
            let printed = '';
            future.onIOPub = message => {
                if (message.header.msg_type === 'stream') printed += message.content.text;
                if (message.header.msg_type === 'error') printed += message.content.evalue;
            };
            await future.done;
            return printed;
        }""",
        code,
    )


def until(page, code: str, printed: str) -> None:
    """Wait until the kernel prints this: it is told what the reader does a moment later."""
    for _ in tries():
        if (found := tell(page, code)) == printed:
            return
        page.wait_for_timeout(100)
    assert found == printed


def begin(page, root, name: str = "lstm", *, t: int = 0, unit: int = 0, batch: int = 0, highlight: str = "") -> None:
    """Go to a place, and wait until page and Python both are there: an earlier test's may still be on its way."""
    place = {"t": t, "unit": unit, "batch": batch}
    quiet = 0
    for _ in tries():
        tell(page, f"{name}.goto(**{place}, highlight={highlight!r})")
        page.wait_for_timeout(100)  # as long as the page keeps what it tells
        here = [root.get_attribute(f"data-{axis}") for axis in place]
        there = tell(page, f"print({name}.t, {name}.unit, {name}.batch)")
        quiet = quiet + 1 if here == there.split() == [str(n) for n in place.values()] else 0
        if quiet == 3:
            return
    raise AssertionError(f"the page is at {here}, Python at {there}, not at {place}")


def shown(root, quantity: str) -> float:
    """The number on the screen, by its quantity, in full: it is in the title of its element."""
    title = root.locator(f".le-num[data-q='{quantity}']").first.get_attribute("title")
    return float(title.partition("=")[2])


def numbers(text: str) -> float:
    return float(text.replace("−", "-"))


def test_the_lstm_explorer_shows_the_traces_numbers_at_first_paint_and_after_every_key(show, page):
    trace = run_here(LSTM)["trace"]
    root = show("LSTM")
    begin(page, root)
    expect(root).to_have_attribute("data-kind", "LSTM")
    root.focus()
    t, unit = 0, 0
    for key, (dt, du) in {
        "": (0, 0), "ArrowRight": (1, 0), "ArrowDown": (0, 1), "PageDown": (10, 0), "ArrowUp": (0, -1),
        "ArrowLeft": (-1, 0), "Home": (-9, 0), "End": (9, 0),
    }.items():  # fmt: skip
        if key:
            page.keyboard.press(key)
        t, unit = min(max(t + dt, 0), T - 1), min(max(unit + du, 0), H - 1)
        expect(root).to_have_attribute("data-t", str(t))
        expect(root).to_have_attribute("data-unit", str(unit))
        for name in "ifgoch":
            assert shown(root, name) == trace[name][0, t, unit], (name, t, unit)
            value = root.locator(f".le-plot[data-q='{name}']").locator("..").locator(".le-value").inner_text()
            assert abs(numbers(value) - trace[name][0, t, unit]) <= 0.5e-4
        for k, gate in enumerate("ifgo"):
            assert shown(root, f"z_{gate}") == trace["z"][0, t, k * H + unit]
        before = trace["c"][0, t - 1, unit] if t else trace.initial_state[1][0, unit]
        assert shown(root, "c_prev") == before
    until(page, "print(lstm.t, lstm.unit)", f"{T - 1} 0\n")


def test_a_what_if_goes_both_ways(show, page):
    names = run_here(LSTM)
    trace = names["trace"]
    wrong = names["le"].mistakes()["bias-missing"].trace(names["layer"], names["x"], None, list(trace.initial_state))
    root = show("LSTM")
    tell(page, "lstm.reset()")
    begin(page, root, t=3, unit=1)
    tell(page, "lstm.what_if(mistake='bias-missing')")
    value = root.locator(".le-map[data-map=h] .le-value")
    expect(value).to_have_text(f"{wrong.h[0, 3, 1]:.4f}".replace("-", "−"))
    root.locator(".le-whatif > details").evaluate("e => { e.open = true; }")
    root.get_by_text("Hold a gate").click()  # it is the mistake's tool that is open
    root.get_by_role("button", name="open (1)").click()
    expect(root.locator(".le-changes li")).to_have_count(2)
    until(page, "print(lstm.whatif)", "{'hold': [{'gate': 'f', 'value': 1.0}], 'mistake': 'bias-missing'}\n")
    tell(page, "lstm.reset()")
    expect(root).to_have_attribute("data-whatif", "false")
    expect(value).to_have_text(f"{trace.h[0, 3, 1]:.4f}".replace("-", "−"))
    root.locator(".le-whatif > details").evaluate("e => { e.open = false; }")


@pytest.mark.parametrize(("width", "height"), [(1400, 1000), (1280, 720)])
def test_what_changes_is_seen_while_it_is_changed(show, page, width, height):
    """The notebook scrolls, not the page: the panel of the what-if moves along in it."""
    size = page.viewport_size
    root = show("LSTM")
    page.set_viewport_size({"width": width, "height": height})
    root.get_by_text("What if …").click()
    dial = root.get_by_role("slider", name="value at which the gate is held")
    expect(dial).to_be_visible()
    for quantity in "fgoch":
        picture = root.locator(f".le-map[data-map={quantity}] .le-plot")
        picture.evaluate("e => e.scrollIntoView({block: 'center'})")
        for part in (picture, dial):
            assert part.evaluate(
                """e => {
                    const box = e.getBoundingClientRect();
                    const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                    return box.top > 0 && box.bottom < innerHeight && e.contains(at);
                }"""
            ), quantity
    root.get_by_text("What if …").click()
    page.set_viewport_size(size)


def test_a_level_goes_both_ways(show, page):
    root = show("LSTM")
    begin(page, root, t=4)
    root.get_by_role("radio", name="gates").check()
    until(page, "print(lstm.detail)", "gates\n")
    page.keyboard.press("ArrowLeft")  # to the level before, and not to the step before
    until(page, "print(lstm.detail, lstm.t)", "simple 4\n")
    expect(root.locator(".le-equations")).to_be_hidden()
    expect(root.locator(".le-words")).to_contain_text("of its memory")
    tell(page, "lstm.detail = 'all'")
    expect(root.locator(".le-equations")).to_be_visible()
    page.evaluate("localStorage.removeItem(`lstm-edu-detail ${location.pathname}`)")  # for the tests that follow


def test_a_key_in_the_explorer_does_not_reach_jupyterlab(show, page):
    root = show("LSTM")
    begin(page, root)
    root.focus()
    cell = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
    before = page.evaluate(cell)
    for key in ("ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp", "j", "k", "b", "a", "Escape"):
        page.keyboard.press(key)
    assert page.evaluate(cell) == before
    assert len(page.evaluate("() => jupyterapp.shell.currentWidget.content.model.toJSON().cells")) == len(CELLS)


def test_control_s_in_the_explorer_still_saves_the_notebook(show, page):
    root = show("LSTM")
    page.evaluate("() => { jupyterapp.shell.currentWidget.context.model.dirty = true; }")
    root.focus()
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")


def test_the_mouse_moves_the_lstm_explorer(show, page):
    trace = run_here(LSTM)["trace"]
    root = show("LSTM")
    begin(page, root)
    plot = root.locator(".le-plot[data-q='g'] canvas")

    def at(t: int, unit: int) -> dict[str, float]:
        """A place in the plot. Playwright waits until the plot stops moving: JupyterLab may be moving the cells."""
        box = plot.bounding_box()
        return {"x": box["width"] * (t + 0.5) / T, "y": box["height"] * (unit + 0.5) / H}

    plot.click(position=at(5, 3))
    expect(root).to_have_attribute("data-t", "5")
    expect(root).to_have_attribute("data-unit", "3")
    assert shown(root, "g") == trace.g[0, 5, 3]
    plot.hover(position=at(5, 3))
    page.mouse.down()
    plot.hover(position=at(3, 2))  # drag
    plot.hover(position=at(2, 1))
    page.mouse.up()
    expect(root).to_have_attribute("data-t", "2")
    expect(root).to_have_attribute("data-unit", "1")
    assert shown(root, "h") == trace.h[0, 2, 1]
    expect(root.locator(".le-tip")).to_have_text(f"g · step 2, unit 1: {trace.g[0, 2, 1]:.6f}".replace("-", "−"))
    root.get_by_role("slider", name="timestep").fill("4")
    expect(root).to_have_attribute("data-t", "4")
    root.get_by_label("sequence of the batch").select_option("2")
    expect(root).to_have_attribute("data-batch", "2")
    assert shown(root, "c") == trace.c[2, 4, 1]


def test_python_drives_the_lstm_explorer_and_observes_it(show, page):
    trace = run_here(LSTM)["trace"]
    root = show("LSTM")
    begin(page, root)
    # Other names at each try: the kernel, and who observes the explorer in it, outlive a test that is run again.
    seen = f"seen_{uuid.uuid4().hex}"
    tell(page, f"{seen} = []; lstm.observe(lambda change, to={seen}: to.append(change.new), 't'); lstm.t = 3")
    expect(root).to_have_attribute("data-t", "3")
    assert shown(root, "o") == trace.o[0, 3, 0]
    tell(page, "lstm.goto(t=1, unit=4, batch=1, highlight='f')")
    expect(root).to_have_attribute("data-unit", "4")
    assert shown(root, "f") == trace.f[1, 1, 4]
    expect(root.locator(".le-map.le-lit")).to_have_attribute("data-map", "f")
    root.focus()
    page.keyboard.press("End")
    until(page, f"print({seen})", f"[3, 1, {T - 1}]\n")


def test_the_cell_and_the_equations_follow_python_and_the_keys(show, page):
    trace = run_here(LSTM)["trace"]
    root = show("LSTM")
    begin(page, root, t=2, unit=3, batch=1, highlight="f")
    expect(root.locator(".le-diagram-wire.le-lit")).to_have_attribute("data-wire", "f")
    wire = root.locator(".le-diagram-number[data-wire='f']")
    expect(wire).to_have_text(f"{trace.f[1, 2, 3]:.3f}")

    button = root.locator("button.le-addend:has([data-q='hU_g'])")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-t", "3")
    expect(wire).to_have_text(f"{trace.f[1, 3, 3]:.3f}")
    panel = root.locator(f"#{button.get_attribute('aria-controls')}")
    column = 2 * H + 3
    expect(panel.locator("code")).to_have_text(f"recurrent_kernel[:, {column}]")
    products = trace.h[1, 2] * trace.weights[1][:, column]
    found = panel.locator("tbody tr td:last-child").all_inner_texts()
    assert [numbers(text) for text in found] == pytest.approx(products.astype(float).tolist(), abs=0.51e-4)
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()

    spot = root.locator(".le-spot[data-spot='o']")
    spot.click()
    expect(root.locator(".le-map.le-lit")).to_have_attribute("data-map", "o")
    until(page, "print(lstm.highlight)", "o\n")
    tell(page, "lstm.goto(highlight='')")


def test_the_theme_of_jupyterlab_is_followed_while_the_explorer_is_shown(show, jupyterlab, page):
    root = show("LSTM")
    jupyterlab.set_theme(page, "dark")
    expect(root).to_have_attribute("data-theme", "dark")
    corner = """root => [...root.querySelector(".le-plot[data-q='c'] canvas").getContext('2d')
        .getImageData(1, 1, 1, 1).data].join()"""
    dark = root.evaluate(corner)
    jupyterlab.set_theme(page, "light")
    expect(root).to_have_attribute("data-theme", "light")
    assert root.evaluate(corner) != dark


def test_a_theme_that_changed_while_an_explorer_was_scrolled_away_is_there_when_it_is_seen(show, jupyterlab, page):
    try:
        for theme, kinds in (("dark", list(CELLS)), ("light", list(CELLS)[::-1]), ("dark", list(CELLS))):
            jupyterlab.set_theme(page, theme)
            for kind in kinds:
                expect(show(kind)).to_have_attribute("data-theme", theme)
    finally:
        jupyterlab.set_theme(page, "light")


@pytest.mark.parametrize("theme", ["light", "dark", "forced"])
def test_axe_finds_nothing_in_jupyterlabs_own_colours(show, jupyterlab, page, theme):
    try:
        page.emulate_media(forced_colors="active" if theme == "forced" else "none")
        jupyterlab.set_theme(page, "dark" if theme == "dark" else "light")
        for kind in CELLS:
            root = show(kind)
            expect(root).to_have_attribute("data-theme", "dark" if theme == "dark" else "light")
            axe_finds_nothing(page, kind, f"{ROOT}[data-kind={kind}]")
    finally:
        page.emulate_media(forced_colors="none")
        jupyterlab.set_theme(page, "light")


def test_the_dense_explorer_computes_in_the_page_what_numpy_computes(show, page):
    dense = run_here(DENSE)["layer"]
    x = run_here("")["x"][0].astype("f4")
    root = show("Dense")
    tell(page, "dense.edits = {}")
    begin(page, root, "dense")
    root.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(root).to_have_attribute("data-unit", "1")
    expect(root).to_have_attribute("data-batch", "1")
    y = root.locator(".le-result [data-q='y']")
    assert float(y.get_attribute("title")) == pytest.approx(float(dense(x)[1, 1]), abs=1e-7)
    assert root.locator(".le-number.le-in").count() == 4 + 4 + 1 + 1  # the row, the column, the bias, the output

    root.locator("[data-q='W2,1']").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(root.locator(".le-number.le-changed")).to_have_count(1)
    in_page = float(y.get_attribute("title"))
    assert in_page != pytest.approx(float(dense(x)[1, 1]), abs=1e-4)
    until(page, f"print(list(dense.edits), abs(dense.output[1, 1] - {in_page}) < 1e-6)", "['W[2,1]'] True\n")
    tell(page, "dense.edits = {}")
    expect(root.locator(".le-changed")).to_have_count(0)
    assert float(y.get_attribute("title")) == pytest.approx(float(dense(x)[1, 1]), abs=1e-7)


def test_the_packing_explorer_names_the_block_that_is_pointed_at(show, page):
    root = show("Packing")
    tell(page, "packing.goto(units=2, features=4)")
    expect(root).to_have_attribute("data-units", "2")
    for _ in tries():  # what JupyterLab still moves may slip away from under the mouse
        page.mouse.move(0, 0)
        root.locator("[data-block='U_o']").hover()
        page.wait_for_timeout(300)
        if root.get_attribute("data-block") == "U_o":
            break
    expect(root).to_have_attribute("data-block", "U_o")
    expect(root.locator(".le-card")).to_contain_text("recurrent_kernel[:, 3*units:] = recurrent_kernel[:, 6:8]")
    root.locator("[data-block='U_o']").click()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(root).to_have_attribute("data-block", "W_g")
    expect(root.locator(".le-card")).to_contain_text("kernel[:, 2*units:3*units] = kernel[:, 4:6]")
    expect(root.locator(".le-card [data-q='shape']")).to_have_text("(4, 2)")
    expect(root.locator("[data-q='total']")).to_have_text("56")
    root.get_by_label("units").last.fill("4")
    root.get_by_label("features").last.fill("5")
    expect(root.locator("[data-q='total']")).to_have_text(str(4 * (5 * 4 + 4 * 4 + 4)))
    # What crosses a change of the page's on the way, ipywidgets drops.
    until(page, "print(packing.units, packing.features)", "4 5\n")
    tell(page, "packing.units = 3; packing.features = 10")
    expect(root.locator("[data-q='total']")).to_have_text("168")


def test_keras_stands_beside_ours_one_tab_a_layer(show, page):
    root = show("Sequential")
    tabs = root.get_by_role("tab")
    tabs.first.click()
    expect(tabs).to_have_text([re.compile("one"), re.compile("two"), re.compile("last")])
    expect(root.locator(".le-verdict").first).to_contain_text("every number agrees")
    panel = root.get_by_role("tabpanel")
    cells = panel.locator(".le-compare tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
    )
    assert len(cells) == 11
    for _, ours, keras, _ in cells:
        assert numbers(ours) == pytest.approx(numbers(keras), abs=2e-6)
    tabs.first.focus()
    page.keyboard.press("ArrowLeft")
    expect(root).to_have_attribute("data-layer", "last")
    y = panel.locator("[data-q='y']").first.inner_text()
    assert numbers(panel.locator("[data-keras='y']").inner_text()) == pytest.approx(numbers(y), abs=1e-4)
    # What Python sets before it knows what the reader did loses to the reader.
    until(page, "print(model.layer)", "last\n")
    tell(page, "model.goto(layer='two', t=4, unit=2)")
    expect(root).to_have_attribute("data-layer", "two")
    expect(root).to_have_attribute("data-unit", "2")


def test_a_cell_that_is_run_again_leaves_no_view_behind(show, jupyterlab, page):
    show("Packing")
    for _ in range(2):
        page.evaluate("async () => { await jupyterapp.commands.execute('notebook:run-cell'); }")
        page.wait_for_timeout(500)
        expect(page.locator(".lstm-edu-explorer[data-kind=Packing][data-ready=true]")).to_have_count(1)
    expect(page.locator(".lstm-edu-explorer[data-kind=Packing]")).to_have_count(1)
    tell(page, "packing.goto(units=7)")
    expect(show("Packing")).to_have_attribute("data-units", "7")
