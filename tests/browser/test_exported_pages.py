"""Exported pages, opened from file:// without a network: explorers step, are edited, follow the theme."""

import subprocess
import sys

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from helpers import keras, keras_noise_allowed
from limits import HANGS
from playwright.sync_api import expect

import lstm_edu as le
from docs import every_kind

ROOT = ".lstm-edu-explorer"
SOURCE = """
import numpy as np
import lstm_edu as le
rng = np.random.default_rng(7)
model = le.Sequential([le.LSTM(5, return_sequences=True, name="one"), le.Dense(3, "tanh", name="two")])
model.build((None, 7, 4))
model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
trace = model.trace(rng.normal(size=(2, 7, 4)))
explorer = le.explore(trace)
dense = le.explore(trace.layers[1])
packing = le.packing(2, 4)
"""


@pytest.fixture(scope="module")
def here() -> dict:
    names: dict = {}
    exec(SOURCE, names)
    return names


@pytest.fixture
def offline(new_page):
    """A function: a page that opens a file, with the network switched off."""

    def offline(path, **options):
        page = new_page(offline=True, **options)
        page.goto(path.as_uri())
        return page

    return offline


def shown(root, quantity: str) -> float:
    return float(root.locator(f".le-num[data-q='{quantity}']").first.get_attribute("title").partition("=")[2])


def test_an_lstm_explorer_steps_from_a_file(offline, here, tmp_path):
    trace = here["trace"].layers[0]
    page = offline(le.save_html(le.explore(trace, t=2, unit=1), tmp_path / "page.html"))
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-ready", "true")
    root.focus()
    t, unit = 2, 1
    for key, dt, du in (("", 0, 0), ("ArrowRight", 1, 0), ("ArrowDown", 0, 1), ("End", 9, 0), ("ArrowLeft", -1, 0)):
        if key:
            page.keyboard.press(key)
        t, unit = min(t + dt, 6), unit + du
        expect(root).to_have_attribute("data-t", str(t))
        expect(root).to_have_attribute("data-unit", str(unit))
        for name in "ifgoch":
            assert shown(root, name) == trace[name][0, t, unit]
        assert shown(root, "c_prev") == trace.c[0, t - 1, unit]


def test_a_level_is_changed_without_a_kernel_and_remembered_by_the_page(offline, here, tmp_path):
    explorer = le.explore(here["trace"].layers[0], t=2, detail="simple")
    page = offline(le.save_html(explorer, tmp_path / "page.html"))
    root = page.locator(ROOT)
    expect(root.locator("[data-map=written]")).to_be_visible()
    expect(root.locator(".le-equations")).to_be_hidden()
    root.get_by_role("radio", name="all").check()
    expect(root.locator(".le-equations")).to_be_visible()
    assert shown(root, "c") == here["trace"].layers[0].c[0, 2, 0]
    page.reload()
    expect(root).to_have_attribute("data-detail", "all")
    expect(root.locator(".le-equations")).to_be_visible()


def test_a_models_tabs_open_and_a_dense_layer_is_edited_in_a_file(offline, here, tmp_path):
    page = offline(le.save_html(here["explorer"], tmp_path / "page.html"))
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-ready", "true")
    root.get_by_role("tab").nth(1).click()
    expect(root).to_have_attribute("data-layer", "two")
    kernel, bias = here["model"].layers[1].get_weights()
    x = here["trace"].layers[1].x[0, 0]
    y = root.get_by_role("tabpanel").locator(".le-result [data-q='y']")
    assert float(y.get_attribute("title")) == pytest.approx(np.tanh(x @ kernel[:, 0] + bias[0]), abs=1e-6)


def test_a_dense_explorer_computes_in_a_file(offline, here, tmp_path):
    page = offline(le.save_html(here["dense"], tmp_path / "page.html"))
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-ready", "true")
    kernel, bias = here["model"].layers[1].get_weights()
    x = here["trace"].layers[1].x[0, 0]
    y = root.locator(".le-result [data-q='y']")
    assert float(y.get_attribute("title")) == pytest.approx(np.tanh(x @ kernel[:, 0] + bias[0]), abs=1e-6)
    root.locator("[data-q='W2,0']").click()
    page.keyboard.press("ArrowRight")
    expect(root.locator(".le-changed").first).to_be_visible()
    changed = kernel[:, 0].copy()
    changed[2] = float(root.locator("[data-q='W2,0']").inner_text().replace("\N{MINUS SIGN}", "-"))
    assert changed[2] != pytest.approx(kernel[2, 0], abs=0.005)
    assert float(y.get_attribute("title")) == pytest.approx(
        np.tanh(x @ changed + bias[0]), abs=0.01 * abs(float(x[2])) + 1e-5
    )


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
@pytest.mark.parametrize("name", [name for name, kind in every_kind.KINDS.items() if kind.kind])
def test_every_kind_of_explorer_lives_in_a_file(offline, problems, tmp_path, name):
    """Stepped, played, changed and reset, with NumPy's numbers, on a narrow page, without a network."""
    names = every_kind.here(kernel=False)
    path = le.save_html(every_kind.shown_by(name, names), tmp_path / "page.html")
    page = offline(path, viewport={"width": 400, "height": 800})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    every_kind.KINDS[name].use(page, every_kind.root_of(page, name), names)
    expect(page.locator(".le-error")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert [url for url in asked if not url.startswith(("blob:", "data:"))] == []
    assert problems == []


def test_a_theme_that_changes_while_the_explorer_is_hidden_is_drawn_when_it_is_seen(offline, here, tmp_path):
    """JupyterLab hides its page while it changes the theme: there is no size to draw in then."""
    page = offline(le.save_html(le.explore(here["trace"].layers[0]), tmp_path / "page.html"))
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-ready", "true")
    page.evaluate(
        """async () => {
            const root = document.querySelector('.lstm-edu-explorer');
            root.style.transitionDuration = '300ms';
            document.getElementById('theme').click();
            getComputedStyle(root).color;
            for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
            document.querySelector('main').style.display = 'none';
            getComputedStyle(root).color;
            for (let n = 0; n < 4; n++) await new Promise(requestAnimationFrame);
            document.querySelector('main').style.display = '';
        }"""
    )
    expect(root).to_have_attribute("data-theme", "dark")
    plot = root.locator(".le-plot[data-q='c']")
    assert plot.locator("canvas").bounding_box()["width"] == pytest.approx(plot.bounding_box()["width"], abs=3)


def test_what_has_the_focus_asks_jupyter_notebook_for_its_keys(offline, here, tmp_path):
    page = offline(le.save_html(here["explorer"], tmp_path / "page.html"))
    tab = page.get_by_role("tab").first
    tab.focus()
    page.keyboard.press("ArrowRight")
    expect(tab).to_have_attribute("data-lm-suppress-shortcuts", "")
    expect(page.locator(ROOT)).to_have_attribute("data-layer", "two")


def test_a_hostile_name_is_text_in_the_page(offline, tmp_path):
    name = "</script><script>window.bad = 1</script><!--<img src=x onerror='window.bad = 2'>"
    layer = le.LSTM(2, name=name)
    layer.build((None, None, 3))
    page = offline(le.save_html(le.explore(layer, np.ones((1, 4, 3))), tmp_path / "page.html"))
    expect(page.locator(ROOT)).to_have_attribute("data-ready", "true")
    expect(page.locator(f"{ROOT} strong").first).to_have_text(name)
    assert name in page.title()
    assert page.evaluate("window.bad") is None


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of two executed notebooks."""
    from lstm_edu.export.site import whole_site

    folder = tmp_path_factory.mktemp("course")
    text = """# A lesson about gates
A paragraph of text that is long enough to appear in the list of contents. Then [the other](02_b.ipynb).

## Formulas and tables

$$\\begin{aligned} c_t &= f \\odot c_{t-1} + i \\odot g \\\\ h_t &= o \\odot \\tanh(c_t) \\end{aligned}$$

| a | b |
|---|---|
| 1 | 2 |

## The forget gate

A gate that is near zero forgets.

<details><summary>Answer</summary>A folded marmot.</details>
"""
    cells = [SOURCE + "packing", "packing.goto(units=3)", "packing", "explorer", "trace.output.shape"]
    for name in ("01_a", "02_b"):
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_markdown_cell(text), *map(nbformat.v4.new_code_cell, cells)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(made, folder / f"{name}.ipynb")
    (folder / "README.md").write_text(
        "# A course\n\nWhat it is.\n\n[a](01_a.ipynb)\n\n```sh\nrun lab\n```\n\n## Licence\n\nFree."
    )
    whole_site(folder, folder / "site", live="live", stream=None)
    return folder / "site"


def test_a_site_is_read_from_page_to_page(offline, site):
    page = offline(site / "index.html")
    page.get_by_role("link", name="A lesson about gates").first.click()
    expect(page).to_have_url((site / "01_a.html").as_uri())
    page.get_by_role("link", name="Next: 02 A lesson about gates").first.click()
    expect(page).to_have_url((site / "02_b.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("navigation", name="Course").get_by_role("link", name="A course").click()
    expect(page).to_have_url((site / "index.html").as_uri())


def look_for(page, words: str) -> None:
    """Search from any page of a site."""
    box = page.get_by_role("searchbox", name="Words to search for")
    box.fill(words)
    box.press("Enter")
    page.wait_for_url("**/search.html?q=*")


def test_a_search_leads_to_the_place_without_a_network(offline, site):
    page = offline(site / "01_a.html")
    look_for(page, "gate forgets")
    expect(page.get_by_role("status")).to_have_text("2 places.")
    found = page.locator("#found li")
    expect(found.get_by_role("link")).to_have_text(
        ["01 A lesson about gates: The forget gate", "02 A lesson about gates: The forget gate"]
    )
    expect(found.first.locator("mark")).to_have_text(["gate", "forgets"])
    found.last.get_by_role("link").click()
    expect(page).to_have_url(f"{(site / '02_b.html').as_uri()}#The-forget-gate")
    expect(page.get_by_role("heading", name="The forget gate")).to_be_in_viewport()


def test_a_search_is_told_what_it_did_not_find(offline, site):
    page = offline(site / "index.html")
    look_for(page, "forget marmot")  # the second is in what is folded only
    expect(page.get_by_role("status")).to_have_text("No place has all of these words. Some of them are here.")
    look_for(page, "<img-qqqq onerrorqqqq=alertqqqq()> xyzzy")
    expect(page.get_by_role("status")).to_have_text("Nothing was found.")
    expect(page.locator("#found *")).to_have_count(0)
    look_for(page, "forgwt")  # a slip of the fingers
    expect(page.locator("#found li")).not_to_have_count(0)
    look_for(page, "tanh (size=w.shape)")
    expect(page.locator("#found li").first.locator("mark")).to_contain_text(["tanh", "size=w"])


def test_the_table_of_contents_is_next_to_the_text_or_folded_above_it(offline, site):
    page = offline(site / "01_a.html", viewport={"width": 1400, "height": 600})
    nav = page.get_by_role("navigation", name="On this page")
    expect(nav.get_by_role("link")).to_have_text(["Formulas and tables", "The forget gate"])
    text, listed = page.locator("main").bounding_box(), nav.bounding_box()
    assert listed["x"] + listed["width"] <= text["x"] and listed["y"] == pytest.approx(text["y"], abs=2)
    page.locator(f"{ROOT}[data-ready=true]").last.scroll_into_view_if_needed()
    expect(nav.locator("[aria-current]")).to_have_text("The forget gate")
    expect(nav).to_be_in_viewport()
    nav.get_by_role("link", name="Formulas").click()
    expect(nav.locator("[aria-current]")).to_have_text("Formulas and tables")
    page.set_viewport_size({"width": 400, "height": 800})
    expect(nav.get_by_role("link").first).to_be_hidden()
    nav.get_by_text("On this page").click()
    expect(nav.get_by_role("link").first).to_be_visible()
    assert nav.bounding_box()["y"] < page.locator("main").bounding_box()["y"]


def test_a_page_leads_to_the_live_notebook(offline, site):
    page = offline(site / "01_a.html")
    link = page.get_by_role("link", name="Run this page")
    assert link.get_attribute("href") == "live/lab/index.html?path=01_a.ipynb"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_light_and_has_nothing_to_click(offline, site, theme):
    page = offline(site / "01_a.html", color_scheme=theme)
    expect(page.locator(f"{ROOT}[data-ready=true]")).to_have_count(3)
    page.evaluate(
        """() => {
            window.seen = {};
            addEventListener('beforeprint', () => {
                seen.paper = getComputedStyle(document.body).backgroundColor;
                seen.theme = document.body.dataset.jpThemeLight;
            });
        }"""
    )
    page.pdf()
    assert page.evaluate("seen") == {"paper": "rgb(255, 255, 255)", "theme": "true"}
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.emulate_media(media="print")
    for what in ("[role=search]", "#theme", ".outline", ".nearby >> nth=0", "main > .text details"):
        expect(page.locator(what)).to_be_hidden()
    expect(page.get_by_role("heading", name="The forget gate")).to_be_visible()
    assert page.locator(".code > pre").first.evaluate("pre => getComputedStyle(pre).whiteSpace") == "pre-wrap"
    page.locator("main > .text details").evaluate("details => { details.open = true }")
    expect(page.get_by_text("A folded marmot")).to_be_visible()


def test_two_views_of_a_widget_stay_one(offline, site):
    page = offline(site / "01_a.html")
    views = page.locator(f"{ROOT}[data-kind=Packing][data-ready=true]")
    expect(views).to_have_count(2)
    expect(views.first).to_have_attribute("data-units", "3")
    views.last.get_by_label("units").last.fill("5")
    for n in (0, 1):
        expect(views.nth(n)).to_have_attribute("data-units", "5")
        expect(views.nth(n).locator("[data-q='total']")).to_have_text(str(4 * (4 * 5 + 5 * 5 + 5)))


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_mathematics_is_drawn(offline, site):
    page = offline(site / "01_a.html")
    math = page.locator("math[display=block]")
    expect(math).to_have_count(1)
    tops = math.locator("mtr").evaluate_all("rows => rows.map(r => r.getBoundingClientRect().top)")
    assert tops[0] + 10 < tops[1]
    signs = math.locator("mtr > mtd:nth-child(2)").evaluate_all(
        "cells => cells.map(c => c.getBoundingClientRect().left)"
    )
    assert signs[0] == pytest.approx(signs[1], abs=1)  # aligned at their "="
    expect(page.get_by_text("$$")).to_have_count(0)


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_a_wide_formula_scrolls_in_a_narrow_window(offline, wide_formulas):
    page = offline(wide_formulas, viewport={"width": 400, "height": 800})
    formulas = page.locator(".formula")
    expect(formulas).to_have_count(3)
    assert formulas.evaluate_all("all => all.filter(f => f.scrollWidth > f.clientWidth).length") == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert Axe().run(page).response["violations"] == []


# Firefox begins in the system's theme, whatever is asked: see benchmarks/firefox.py.
@pytest.mark.parametrize(("engine", "theme"), [("chromium", "light"), ("chromium", "dark"), ("firefox", "light")])
def test_the_page_and_its_explorers_follow_the_theme_and_its_switch(offline, site, theme):
    other = {"light": "dark", "dark": "light"}[theme]
    page = offline(site / "01_a.html", color_scheme=theme)
    explorers = page.locator(f"{ROOT}[data-ready=true]")
    expect(explorers).to_have_count(3)
    for now in (theme, other, theme):
        for n in range(3):
            expect(explorers.nth(n)).to_have_attribute("data-theme", now)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, paper[4:-1].split(", "))) > 400) == (now == "light")
        page.locator("#theme").click()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_nobody_is_kept_out(offline, site, theme, width):
    for name, explorers in {"index.html": 0, "search.html": 0, "01_a.html": 3}.items():
        page = offline(site / name, color_scheme=theme, viewport={"width": width, "height": 900})
        expect(page.locator(f"{ROOT}[data-ready=true]")).to_have_count(explorers)
        if name == "search.html":
            look_for(page, "forget")
            expect(page.locator("#found li")).not_to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"]) for v in found] == []


def test_a_report_of_a_file_fits_a_narrow_page(offline, tmp_path):
    model = keras().Sequential([keras().Input((7, 4)), keras().layers.LSTM(5), keras().layers.Dense(3)])
    with keras_noise_allowed():
        model.save(tmp_path / "model.keras")
    report = le.verify(tmp_path / "model.keras")
    (tmp_path / "report.html").write_text(report.page(), encoding="utf-8")
    page = offline(tmp_path / "report.html", viewport={"width": 480, "height": 900})
    expect(page.get_by_text("SHA-256")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 480


def test_the_programs_in_docs_start_firefox_too(firefox, root):
    """docs.try_elsewhere opens its places in what benchmarks.browser starts: Firefox and not another browser."""
    code = "from benchmarks.browser import browser\nwith browser('firefox') as b: print(b.browser_type.name, b.version)"
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=HANGS)
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == ["firefox", firefox.version]
