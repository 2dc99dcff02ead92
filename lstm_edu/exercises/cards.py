"""Texts and cards. Colours are inherited, so that a card fits light and dark themes; no sign appears without words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from lstm_edu.comparison.tables import CODE_STYLE

# What a part's text is. In TEXT `backticks` mark code; a line of COLUMNS is code, some spaces, and what it means.
TEXT, CODE, COLUMNS = "text", "code", "columns"
Part = tuple[str, str, str]  # heading, text, kind

_CARD = (
    "border: 1px solid currentColor; border-left-width: 5px; border-radius: 4px; padding: 0.6em 1em; margin: 0.4em 0; "
    "max-width: 60em; color: inherit; background: none; overflow-wrap: anywhere"
)


def text(title: str, parts: Sequence[Part]) -> str:
    lines = [title]
    for heading, body, kind in parts:
        if heading and (kind != TEXT or "\n" in body):
            lines += [
                heading if heading.endswith("?") else f"{heading}:",
                *(f"    {line}" if line else "" for line in body.splitlines()),
            ]
        else:
            lines.append(f"{heading}: {body}" if heading else body)
    return "\n".join(lines)


def html(label: str, title: str, parts: Sequence[Part]) -> str:
    body = ""
    for heading, content, kind in parts:
        head = f'<strong style="color: inherit">{escape(heading)}</strong>' if heading else ""
        if kind == COLUMNS:
            inner = _columns(content)
        elif kind == CODE:
            inner = (
                f'<pre tabindex="0" aria-label="{escape(heading or label, quote=True)}" '
                f'style="{CODE_STYLE}; line-height: 1.4">'
                f'<code style="background: none; color: inherit">{escape(content)}</code></pre>'
            )
        else:
            inner = "".join(f'<div style="margin: 0.1em 0">{inline(line)}</div>' for line in content.splitlines())
        body += f'<div style="margin: 0.5em 0 0 0">{head}{inner}</div>'
    head = f'<div style="font-weight: bold; font-size: 1.1em; color: inherit">{escape(title)}</div>'
    return f'<section aria-label="{escape(label, quote=True)}" style="{_CARD}">{head}{body}</section>'


def _columns(content: str) -> str:
    """Two columns; in a narrow window the meaning of a name is below it."""
    rows = [re.split(r" {2,}", line, maxsplit=1) for line in content.splitlines()]
    width = max(len(name) for name, _ in rows) + 2
    row = (
        '<div style="display: flex; flex-wrap: wrap; margin: 0.1em 0">'
        '<code style="flex: 0 0 {width}ch; background: none; color: inherit; padding: 0">{name}</code>'
        '<span style="flex: 1 1 13em">{meaning}</span></div>'
    )
    return "".join(row.format(width=width, name=escape(name), meaning=inline(meaning)) for name, meaning in rows)


def inline(line: str) -> str:
    """One line of text, with whatever is between `backticks` as code. A single backtick stays as it is."""
    parts = escape(line).split("`")
    lonely = f"`{parts.pop()}" if len(parts) % 2 == 0 else ""
    code = '<code style="color: inherit">{}</code>'
    return "".join(code.format(part) if n % 2 else part for n, part in enumerate(parts)) + lonely
