"""Explorers without Jupyter: a linked module in a blank page, with a stub for the model; what each must bear.

Pure functions are tested in the modules as they are: `call(page, "format", 0.5)`.
"""

import base64
import functools
import importlib
import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from lstm_edu.widgets import linking

ROOT = ".lstm-edu-explorer"

# Options of new_page: axe-core looks at each.
SCHEMES = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"color_scheme": "light", "forced_colors": "active"},
}

# A model as anywidget gives it to render(), and a page that holds on to everything for the tests to look at. The data
# arrives as a DataView that starts at an odd byte of a larger buffer, as it may in Jupyter.
STUB = """
async ({esm, css, state, data}) => {
    const style = document.createElement('style');
    style.textContent = css;
    document.head.append(style);
    const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    state._data = new DataView(larger.buffer, 3, bytes.length);
    const heard = {};
    window.model = {
        saved: [],
        get: name => state[name],
        set(name, value) { state[name] = value; for (const f of [...(heard['change:' + name] ?? [])]) f(); },
        save_changes() { this.saved.push(performance.now()); },
        on: (event, f) => (heard[event] ??= []).push(f),
        off: (event, f) => { heard[event] = (heard[event] ?? []).filter(g => g !== f); },
        listeners: () => Object.values(heard).flat().length,
    };
    window.linked = await import(URL.createObjectURL(new Blob([esm], {type: 'text/javascript'})));
    window.el = document.createElement('div');
    document.body.append(el);
    window.cleanup = linked.default.render({model, el});
}
"""
PAGE = "<!doctype html><html lang='en'><title>explorer</title><main></main><body style='margin: 8px'></body></html>"


def put(page: Page, widget, **changes) -> Locator:
    """Show a widget in the page and return its root."""
    state = {k: v for k, v in widget.get_state().items() if k not in ("_esm", "_css", "_data", "layout")} | changes
    page.set_content(PAGE)
    data = base64.b64encode(widget._data).decode()
    page.evaluate(STUB, {"esm": widget._esm, "css": widget._css, "state": state, "data": data})
    root = page.locator(ROOT)
    expect(root).to_have_attribute("data-ready", "true")
    return root


def stop_the_clock(page: Page) -> None:
    """From now on time passes in the page only by `page.clock.run_for(milliseconds)`, however busy the machine is."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def load_modules(page: Page) -> None:
    """Let the page have `module`, all that the modules of static/ export: as they are, each imported by the browser."""
    address = "http://localhost/static"
    every = "".join(f'export * from "{address}/{path}";\n' for path in linking.files())

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(f"{address}/")
        text = every if path == "every.js" else (linking.STATIC / path).read_text(encoding="utf-8")
        route.fulfill(content_type="text/javascript", body=text, headers={"Access-Control-Allow-Origin": "*"})

    page.route(f"{address}/**", answer)
    page.evaluate("async address => { window.module ??= await import(address) }", f"{address}/every.js")


def call(page: Page, function: str, *arguments):
    """A function that a module exports, called with JSON arguments; NaN and infinities come back as strings."""
    if not page.evaluate("'module' in window"):
        load_modules(page)
    code = f"""([args]) => JSON.stringify(window.module.{function}(...args.map(a =>
        a === 'NaN' ? NaN : a === 'inf' ? Infinity : a === '-inf' ? -Infinity : a)),
        (key, value) => typeof value === 'number' && !Number.isFinite(value) ? String(value) : value)"""
    return json.loads(page.evaluate(code, [list(arguments)]))


def shown(root: Locator, quantity: str) -> float:
    """The number on the screen, in full: it is in the title of its element."""
    return float(root.locator(f".le-num[data-q='{quantity}']").first.get_attribute("title").partition("=")[2])


@functools.cache
def axe_core() -> str:
    """axe-core, the accessibility checker, as its PyPI package carries it."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("axe_playwright_python", reason="axe-core is not installed (tests/requirements.txt)")
    package = importlib.import_module("axe_playwright_python")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def axe_finds_nothing(page: Page, which="", selector: str = ROOT) -> None:
    """Let axe-core look for what keeps people out of the explorer; it has a name and a live region too."""
    page.add_script_tag(content=axe_core())
    found = page.evaluate("async root => (await axe.run(root)).violations", selector)
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == [], which
    root = page.locator(selector)
    assert root.get_attribute("aria-label"), which
    assert root.locator("[aria-live=polite]").count() >= 1, which


def nothing_sticks_out(page: Page, which="") -> None:
    """Nothing is wider than the page, nor than the explorer, save what can be scrolled."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], which
    wide = page.locator(ROOT).evaluate(
        """root => [...root.querySelectorAll('*')].filter(e => !e.closest('.le-scroll, .le-hidden') &&
            e.offsetParent && e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
            .map(e => e.className)"""
    )
    assert wide == [], which
