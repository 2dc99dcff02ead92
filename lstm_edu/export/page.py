"""The page around the content: head, style, scripts; and how a file is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from lstm_edu.export.states import Widgets

_STATIC = Path(__file__).parent / "static"

# The browser itself enforces this: with this policy the page loads nothing that is not in the file.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; media-src data:"
)


def whole(
    content: str,
    widgets: Widgets,
    *,
    title: str,
    description: str = "",
    outline: str = "",
    before: str = "",
    after: str = "",
    scripts: str = "",
) -> str:
    """An HTML document.

    Args:
        content: markup, with its heading. widgets: those in it.
        title, description: text, of which the second is for those who list pages.
        outline: a list of links to parts of the content.
        before: what is in the line at the top. after: what comes below the content. scripts: what is loaded at the end.
    """
    described = f'<meta name="description" content="{escape(description)}">\n' if description else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lstm-edu">
{described}<title>{escape(title)}</title>
<style>
{static("page.css")}
</style>
{widgets.styles()}
</head>
<body>
<script>
{static("theme.js")}
</script>
<a class="skip" href="#content">Skip to the content</a>
<header>{before}<button type="button" id="theme" hidden>Dark</button></header>
{_outline(outline)}<main id="content" tabindex="-1">
{content}
</main>
{after}
{_runtime(widgets)}{scripts}
</body>
</html>
"""


def _outline(listed: str) -> str:
    """The table of contents: next to the content where there is room, above it, folded, where there is none."""
    if not listed:
        return ""
    return f"""<nav class="outline" aria-label="On this page">
<details open><summary>On this page</summary>
{listed}
</details>
</nav>
<script>
{static("outline.js")}
</script>
"""


def _runtime(widgets: Widgets) -> str:
    if not widgets.models:
        return ""
    return f"""<script type="application/json" id="widgets">{widgets.json()}</script>
<script type="module">
{static("runtime.js")}
</script>"""


def static(name: str) -> str:
    """The text of a file of the folder static."""
    return (_STATIC / name).read_text(encoding="utf-8").strip()


def of_widget(widget: Any, *, title: str = "", before: str = "") -> str:
    """The page of one widget, with `before`, markup, above it. The title, text: the first explorer's if not given."""
    from ipywidgets.embed import dependency_state

    states = dependency_state([widget], drop_defaults=False)
    widgets = Widgets(states)
    view = widgets.view(widget.model_id, _named(states[widget.model_id]["state"]))
    if not title:
        title = next(filter(None, (_named(m["state"]) for m in widgets.models.values())), type(widget).__name__)
        title = title[0].upper() + title[1:]
    if view is None:
        raise ValueError(
            f"{type(widget).__name__} cannot work in a page: it needs Python at every click. "
            "Explorers can (le.explore, le.packing), and every other anywidget that computes in JavaScript"
        )
    return whole(f"<h1>{escape(title)}</h1>\n{before}{view}", widgets, title=title)


def of_text(title: str, body: str) -> str:
    """The page of `body`, markup in which nothing moves, under its title, text."""
    return whole(f"<h1>{escape(title)}</h1>\n{body}", Widgets({}), title=title)


def _named(state: Mapping[str, Any]) -> str:
    """An explorer's title; of any other widget ""."""
    spec = state.get("_spec")
    return str(spec.get("title") or "") if isinstance(spec, Mapping) else ""


def destination(path: Any) -> Path:
    """`path` as a file that can be written, or the error that says why it cannot."""
    if not isinstance(path, (str, Path)):
        raise TypeError(f"the file to write must be a path, got {type(path).__name__}")
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name the file to write, for example {path / 'page.html'}")
    if not path.parent.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {path.parent}")
    return path


def write(path: Path, text: str) -> None:
    """The whole file or none of it: a reader never sees half a page."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
