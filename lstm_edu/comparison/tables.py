"""Tables of results, as text and for the notebook.

Colours are inherited, so that a table fits every theme; a sign never appears without its word.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from html import escape

_SIGNS = {True: "✓ ", False: "✗ ", None: "", "equal": "✓ ", "different": "✗ ", "undecided": "? "}
_WORDS = {"equal": "agrees", "different": "differs", "undecided": "cannot be decided"}

# Of <pre>. Jupyter breaks lines of output anywhere, in the middle of a name too: a narrow window makes that unreadable.
# And on slides code is half as large as text, with a shadow, if nothing is said.
CODE_STYLE = (
    "font-size: 0.93em; width: auto; box-shadow: none; "
    "margin: 0.2em 0; padding: 0 0 0.2em 0; line-height: 1.5; background: none; color: inherit; overflow-x: auto; "
    "white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere"
)


def verdict(found: bool | str) -> str:
    """A verdict's sign and word; True and False are "equal" and "different"."""
    word = {True: "equal", False: "different"}[found] if isinstance(found, bool) else found
    return _SIGNS[word] + _WORDS[word]


def text(
    ok: bool | str | None, title: str, header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None
) -> str:
    """A table in plain text, its title first; in lines of at most `width` characters, if that is given."""
    lines = [tuple(header), *map(tuple, rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    titled = _SIGNS[ok] + title
    if width is None:
        body = ("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)
        return "\n".join([titled, *body])
    longest = [max((len(word) for line in lines for word in line[k].split()), default=0) for k in range(len(header))]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        whole = [w if w > word else 0 for w, word in zip(widths, longest, strict=True)]  # no word is broken there
        widest = whole if max(whole) > _NARROWEST else widths
        widths[widest.index(max(widest))] -= 1
    titled = textwrap.fill(titled, width, subsequent_indent="  ")
    return "\n".join([titled, "", _row(lines[0], widths), "─" * width, *(_row(line, widths) for line in lines[1:])])


_NARROWEST = 10


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table, each cell wrapped in its column."""
    columns = [textwrap.wrap(cell, w) or [""] for cell, w in zip(cells, widths, strict=True)]
    height = max(map(len, columns))
    lines = (
        "  ".join((column[k] if k < len(column) else "").ljust(w) for column, w in zip(columns, widths, strict=True))
        for k in range(height)
    )
    return "\n".join(line.rstrip() for line in lines)


def text_list(title: str, items: Sequence[str], width: int | None = None) -> str:
    """A titled list in plain text; nothing for no items."""
    if not items:
        return ""
    if width is not None:
        items = [textwrap.fill(item, width - 2, subsequent_indent="  ") for item in items]
    return "\n".join([title, *(f"  {item}".replace("\n", "\n  ") for item in items)])


def html_list(title: str, items: Sequence[str]) -> str:
    """The same in HTML."""
    if not items:
        return ""
    body = "".join(f'<li style="color: inherit; overflow-wrap: anywhere">{words(item)}</li>' for item in items)
    style = "margin: 0.2em 0; padding-left: 1.4em; color: inherit"
    return (
        f'<p style="color: inherit; font-weight: bold; margin: 0.6em 0 0.2em">{escape(title)}</p>'
        f'<ul style="{style}">{body}</ul>'
    )


def page(title: str, body: str) -> str:
    """A separate page, light or dark as the reader prefers; nothing is fetched from anywhere."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; "
        "max-width: 75em; padding: 0 1em } h1 { font-size: 1.4em }</style>\n"
        f"</head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


_CELL = (
    "text-align:left;vertical-align:top;padding:.2em .8em .2em 0;background:none;color:inherit"  # in each cell: short
)
_IN_VIEW = "display: inline-block; max-width: 100cqi"  # a title is read without scrolling, however wide its table


def html(
    ok: bool | str | None, title: str, header: Sequence[str], rows: Sequence[Sequence[str]], height: str = ""
) -> str:
    """The same as an HTML table: the title as its caption, the first column as headers of the rows.

    height: of the window through which a long table is scrolled, such as "30em".
    """
    caption = "text-align: left; caption-side: top; color: inherit; font-weight: bold; padding: 0.3em 0"
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(cell)}</th>' for cell in header)
    body = ""
    for first, *rest in rows:
        cells = "".join(f'<td style="{_CELL}">{words(cell)}</td>' for cell in rest)
        body += f'<tr style="background: none"><th scope="row" style="{_CELL}">{words(first)}</th>{cells}</tr>'
    window = f'tabindex="0" role="region" aria-label="{escape(title, quote=True)}" ' if height else ""
    shown = f'<span style="{_IN_VIEW}">{words(_SIGNS[ok] + title)}</span>'
    caption = f'<caption style="{caption}">{shown}</caption>' if title else ""
    style = "overflow-x: auto; container-type: inline-size" + (
        f"; overflow: auto; max-height: {height}" if height else ""
    )
    return (
        f'<div {window}style="{style}">'
        '<table style="border-collapse: collapse; color: inherit; background: none; margin: 0.3em 0">'
        f"{caption}"
        f'<thead style="border-bottom: 1px solid currentColor"><tr style="background: none">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def folded(line: str, body: str) -> str:
    """A line of HTML that opens to more."""
    return f'<details style="margin: 0.3em 0"><summary>{words(line)}</summary>{body}</details>'


def words(said: str) -> str:
    """A text as HTML, with each sign next to its word and each number such as 2e-07 on one line."""
    together = escape(said).replace("✓ ", "✓&nbsp;").replace("✗ ", "✗&nbsp;").replace("? cannot", "?&nbsp;cannot")
    return _SMALL.sub(r'<span style="white-space: nowrap">\g<0></span>', together)


_SMALL = re.compile(r"\d[\d.]*e-\d+")
