"""The explorers wherever they are said to run: python -m docs.try_elsewhere [PLACES] [--pictures FOLDER]

Needs `pip install voila` besides what the tests need, and Firefox and WebKit. Puts one explorer of every kind into a
notebook, opens it in JupyterLab, in Jupyter Notebook, in Voila and as an exported page without a network, in Chromium
and where it says so in Firefox and WebKit, does in each what a reader does (docs/every_kind.py, docs/in_webkit.py),
compares the numbers on the screen with NumPy's, and says what it saw. The status is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import metadata
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

import lstm_edu as le
from benchmarks.browser import TOKEN, browser, notebook, open_notebook, run_all, server
from docs.every_kind import CELLS, KINDS, SETUP, here, root_of
from docs.in_webkit import IN_PAGES, use
from docs.webkit import WebKit

NAME = "explorers.ipynb"
ROOT = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
Show = Callable[[int], None]  # brings the explorer of a cell into view


@contextmanager
def in_lab(page: Page, folder: Path) -> Iterator[Show]:
    with server(["jupyterlab", *ROOT, "--LabApp.expose_app_in_browser=True"], folder, _token()) as address:
        open_notebook(page, address, NAME)
        yield _run(page)


@contextmanager
def in_notebook(page: Page, folder: Path) -> Iterator[Show]:
    command = ["notebook", *ROOT, "--JupyterNotebookApp.expose_app_in_browser=True"]
    with server(command, folder, _token()) as address:
        page.goto(f"{address}/notebooks/{NAME}?token={TOKEN}")
        page.wait_for_function(
            "() => { const panel = window.jupyterapp?.shell.currentWidget; return panel?.context?.isReady"
            " && panel.sessionContext.session?.kernel?.status === 'idle'; }"
        )
        yield _run(page)


@contextmanager
def in_voila(page: Page, folder: Path) -> Iterator[Show]:
    with server(
        ["voila"], folder, _token()
    ) as address:  # of a folder: else each look whether it is up runs the notebook
        page.goto(f"{address}/voila/render/{NAME}?token={TOKEN}")
        yield lambda n: None


@contextmanager
def in_a_file(page: Page, folder: Path) -> Iterator[Show]:
    page.context.set_offline(True)
    page.goto(le.save_html(folder / NAME, folder / "explorers.html").as_uri())
    yield lambda n: None


def _token() -> str:
    return f"--IdentityProvider.token={TOKEN}"


def _run(page: Page) -> Show:
    run_all(page)

    def show(n: int) -> None:  # JupyterLab and Notebook draw the cells near the visible ones only
        page.evaluate(
            """async n => {
                const notebook = jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = n;
                await notebook.scrollToItem(n, 'start');
            }""",
            n + 1,
        )

    return show


# Place -> how it is opened, the package whose version counts, how its dark theme is chosen.
THEME = """() => { jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'}); }"""
PLACES = {
    "lab": (in_lab, "jupyterlab", lambda page: page.evaluate(THEME)),
    "notebook": (in_notebook, "notebook", lambda page: page.evaluate(THEME)),
    "voila": (in_voila, "voila", lambda page: page.goto(f"{page.url}&theme=dark")),
    "file": (in_a_file, "lstm-edu", lambda page: page.locator("#theme").click()),
}
# Those that are opened in Firefox too, and a place with a way of its own.
IN_FIREFOX = {"lab-firefox": "lab", "file-firefox": "file"}
IN_WEBKIT = "file-webkit"
ALL = [*PLACES, *IN_FIREFOX, IN_WEBKIT]


def visit(started: Browser, place: str, pictures: Path) -> bool:
    """Try every kind in one place, and print a line for each; whether all went well."""
    open_, package, darken = PLACES[place]
    print(f"{place}: {package} {metadata.version(package)}, {started.browser_type.name} {started.version}", flush=True)
    well = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        notebook(folder / NAME, [SETUP, *CELLS])
        context = started.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page = context.new_page()
        page.set_default_timeout(60_000)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error).splitlines()[0]))
        page.on("console", lambda m: problems.append(m.text.splitlines()[0][:150]) if m.type == "error" else None)
        names = here(kernel=place != "file")
        with open_(page, folder) as show:
            expect.set_options(timeout=20_000)
            for n, (name, kind) in enumerate(KINDS.items()):
                before = len(problems)
                try:
                    show(n)
                    root = root_of(page, name)
                    kind.use(page, root, names)
                    assert not page.locator(".le-error").count(), "an explorer shows an error"
                    root.screenshot(path=pictures / f"{place}-{name.replace(' ', '-')}.png")
                    seen = kind.shows + (kind.python if names["kernel"] else "")
                except Exception as error:
                    seen, well = f"FAILED: {error}", False
                    page.screenshot(path=pictures / f"{place}-{name.replace(' ', '-')}-failed.png")
                print(
                    f"  {name}: {seen}", *(f"    on the console: {p}" for p in problems[before:]), sep="\n", flush=True
                )
            try:
                darken(page)
                show(0)
                expect(root_of(page, "LSTM")).to_have_attribute("data-theme", "dark")
                page.screenshot(path=pictures / f"{place}-dark.png")
                print("  dark theme: followed", flush=True)
            except Exception as error:
                print(f"  dark theme: FAILED: {error}", flush=True)
                well = False
            page.close()
        context.close()
    print(f"  on the console in all: {sorted(set(problems)) or 'nothing'}", flush=True)
    return well


def visit_webkit(pictures: Path) -> bool:
    """The same for exported pages in WebKit, one for each kind."""
    well = True
    with WebKit.started() as webkit, tempfile.TemporaryDirectory() as temporary:
        print(f"{IN_WEBKIT}: lstm-edu {metadata.version('lstm-edu')}, WebKit {webkit.version}", flush=True)
        for name in IN_PAGES:
            try:
                seen = use(webkit, name, here(kernel=False), Path(temporary, "page.html"))
            except Exception as error:
                seen, well = f"FAILED: {error}", False
            webkit.picture(pictures / f"webkit-{name.replace(' ', '-')}.png")
            print(f"  {name}: {seen}", flush=True)
    return well


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m docs.try_elsewhere", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("places", nargs="*", help=f"some of {', '.join(ALL)} (if left out: all)")
    parser.add_argument("--pictures", type=Path, help="a folder for screenshots")
    options = parser.parse_args()
    if unknown := set(options.places) - set(ALL):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with nullcontext(options.pictures) if options.pictures else tempfile.TemporaryDirectory() as folder:
        well = []
        for place in options.places or ALL:
            if place == IN_WEBKIT:
                well.append(visit_webkit(Path(folder)))
                continue
            with browser("firefox" if place in IN_FIREFOX else "chromium") as started:
                well.append(visit(started, IN_FIREFOX.get(place, place), Path(folder)))
    sys.exit(not all(well))


if __name__ == "__main__":
    main()
