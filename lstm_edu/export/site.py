"""One notebook as a page; a folder of them as a site."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from lstm_edu.export import executing, page
from lstm_edu.export.cells import Contents
from lstm_edu.export.states import Widgets


def one_page(path: Path, *, execute: bool = True) -> str:
    """A notebook's page. Links to other notebooks become plain text: they do not travel with it."""
    contents = _contents(path, {}, execute)
    return page.whole(contents.html, contents.widgets, title=contents.title)


def whole_site(
    folder: Path, to: Path, *, execute: bool = True, title: str = "lstm-edu", say: Callable[[str], None] = print
) -> list[Path]:
    """All notebooks of a folder, in the order of their names, and an index.html that lists them.

    `say` hears which notebook is being read. Nothing is written before all have been run. Returns the files written.
    """
    notebooks = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if not notebooks:
        raise ValueError(f"there are no notebooks in {folder}")
    if to.exists() and not to.is_dir():
        raise ValueError(f"{to} is a file: a folder of notebooks becomes a folder of pages")
    names = {path.name: f"{path.stem}.html" for path in notebooks}
    pages = []
    for path in notebooks:
        say(path.name)
        pages.append((names[path.name], _contents(path, names, execute)))

    made = {"index.html": _index(title, pages)}
    for n, (name, contents) in enumerate(pages):
        nearby = [
            (rel, word, *pages[k]) for rel, word, k in (("prev", "Before", n - 1), ("next", "Next", n + 1))
            if 0 <= k < len(pages)
        ]  # fmt: skip
        links = [
            f'<a rel="{rel}" href="{escape(file)}">{word}: {escape(other.title)}</a>'
            for rel, word, file, other in nearby
        ]
        before = f'<nav aria-label="Course"><a href="index.html">{escape(title)}</a></nav>'
        after = f'<footer><nav aria-label="Next and before">{"".join(links)}</nav></footer>'
        whole = f"{contents.title} - {title}"
        made[name] = page.whole(contents.html, contents.widgets, title=whole, before=before, after=after)
    to.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        page.write(to / name, text)
    return [to / name for name in made]


def _contents(path: Path, links: dict[str, str], execute: bool) -> Contents:
    notebook = executing.read(path)
    if execute:
        executing.run(notebook, path)
    return Contents(notebook, path, links)


def _index(title: str, pages: list[tuple[str, Contents]]) -> str:
    lines = [
        f'<li><a href="{escape(name)}">{escape(contents.title)}</a>'
        + (f"<p>{escape(contents.lead)}</p>" if contents.lead else "")
        + "</li>"
        for name, contents in pages
    ]
    content = f'<h1>{escape(title)}</h1>\n<ul class="contents">{"".join(lines)}</ul>'
    return page.whole(content, Widgets({}), title=title)
