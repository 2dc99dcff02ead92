"""Results as text and as HTML. Colours are inherited, so that they fit every theme; no sign stands without words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_CELL = "text-align: left; vertical-align: top; padding: 0.2em 0.8em 0.2em 0; background: none; color: inherit"
_IN_VIEW = "display: inline-block; max-width: 100cqi"  # a title is read without scrolling, however wide its table
# Of <pre>. Jupyter breaks lines of output anywhere, in the middle of a name too: a narrow window makes that unreadable.
# And on slides code is half as large as text, with a shadow, if nothing is said.
CODE_STYLE = (
    "font-size: 0.93em; width: auto; box-shadow: none; "
    "margin: 0.2em 0; padding: 0 0 0.2em 0; line-height: 1.5; background: none; color: inherit; overflow-x: auto; "
    "white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere"
)

_SIGNS = {True: "✓ ", False: "✗ ", None: ""}


def text_table(ok: bool | None, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in plain text, its title first."""
    lines = [tuple(header), *map(tuple, rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    body = ("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)
    return "\n".join([_SIGNS[ok] + title, *body])


def html_table(
    ok: bool | None, title: str, header: Sequence[str], rows: Sequence[Sequence[str]], height: str = ""
) -> str:
    """The same as an HTML table: the title as its caption, the first column as headers of the rows.

    height: of the window through which a long table is scrolled, such as "30em".
    """
    caption = "text-align: left; caption-side: top; color: inherit; font-weight: bold; padding: 0.3em 0"
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(cell)}</th>' for cell in header)
    body = ""
    for first, *rest in rows:
        cells = "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in rest)
        body += f'<tr style="background: none"><th scope="row" style="{_CELL}">{escape(first)}</th>{cells}</tr>'
    window = f'tabindex="0" role="region" aria-label="{escape(title, quote=True)}" ' if height else ""
    shown = f'<span style="{_IN_VIEW}">{escape(_SIGNS[ok] + title)}</span>'
    caption = f'<caption style="{caption}">{shown}</caption>' if title else ""
    style = "overflow: auto; container-type: inline-size" + (f"; max-height: {height}" if height else "")
    return (
        f'<div {window}style="{style}">'
        '<table style="border-collapse: collapse; color: inherit; background: none; margin: 0.3em 0">'
        f"{caption}"
        f'<thead style="border-bottom: 1px solid currentColor"><tr style="background: none">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
