"""Texts and cards. Colours are inherited, so that a card fits light and dark themes; no sign stands without words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

# (heading, text, whether it is code); in a text that is none, `backticks` mark code
Part = tuple[str, str, bool]

_CARD = (
    "border: 1px solid currentColor; border-left-width: 5px; border-radius: 4px; padding: 0.6em 1em; margin: 0.4em 0; "
    "max-width: 60em; color: inherit; background: none; overflow-wrap: anywhere"
)
# Jupyter breaks lines of output anywhere, in the middle of a name too: in a narrow window that cannot be read.
_CODE = (
    "margin: 0.2em 0; padding: 0 0 0.2em 0; line-height: 1.4; background: none; color: inherit; overflow-x: auto; "
    "white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere"
)


def text(title: str, parts: Sequence[Part]) -> str:
    lines = [title]
    for heading, body, code in parts:
        if heading and (code or "\n" in body):
            lines += [f"{heading}:", *(f"    {line}" if line else "" for line in body.splitlines())]
        else:
            lines.append(f"{heading}: {body}" if heading else body)
    return "\n".join(lines)


def html(label: str, title: str, parts: Sequence[Part]) -> str:
    body = ""
    for heading, content, code in parts:
        head = f'<strong style="color: inherit">{escape(heading)}</strong>' if heading else ""
        if code:
            inner = (
                f'<pre tabindex="0" aria-label="{escape(heading or label, quote=True)}" style="{_CODE}">'
                f'<code style="background: none; color: inherit">{escape(content)}</code></pre>'
            )
        else:
            inner = "".join(f'<div style="margin: 0.1em 0">{_inline(line)}</div>' for line in content.splitlines())
        body += f'<div style="margin: 0.5em 0 0 0">{head}{inner}</div>'
    head = f'<div style="font-weight: bold; font-size: 1.1em; color: inherit">{escape(title)}</div>'
    return f'<section aria-label="{escape(label, quote=True)}" style="{_CARD}">{head}{body}</section>'


def _inline(line: str) -> str:
    """One line of text, what stands between `backticks` as code. A lonely backtick stays what it is."""
    parts = escape(line).split("`")
    lonely = f"`{parts.pop()}" if len(parts) % 2 == 0 else ""
    code = '<code style="color: inherit">{}</code>'
    return "".join(code.format(part) if n % 2 else part for n, part in enumerate(parts)) + lonely
