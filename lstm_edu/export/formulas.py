"""LaTeX to MathML, which browsers draw by themselves: no MathJax, four megabytes less per page."""

from __future__ import annotations

from html import escape, unescape
from typing import Any

# latex2mathml knows aligned equations by these names only.
_ENVIRONMENTS = {"aligned": "align*", "align": "align*", "eqnarray": "align*", "gathered": "align*"}

_SIGNS = ("\N{MINUS SIGN}", "+")
_CLOSING = (")", "]", "}", "|", "\N{DOUBLE VERTICAL LINE}", "!", "\N{PRIME}")


def mathml(latex: str, *, block: bool) -> str:
    """A formula as a <math> element; LaTeX that cannot be read is shown as it was written."""
    from xml.etree.ElementTree import tostring

    from latex2mathml.converter import convert_to_element

    known = latex.strip()
    for name, other in _ENVIRONMENTS.items():
        for word in ("begin", "end"):
            known = known.replace(f"\\{word}{{{name}}}", f"\\{word}{{{other}}}")
    try:
        made = convert_to_element(known, display="block" if block else "inline")
    except Exception:  # its errors have no common class; a formula in LaTeX is better than no page
        return f'<code class="latex">{escape(latex)}</code>'
    _amend(made)
    made.set("data-latex", " ".join(latex.split()))
    return tostring(made, encoding="unicode")


def _amend(element: Any) -> None:
    """What latex2mathml leaves undone, in the whole tree."""
    before = None  # the last piece that is seen
    for piece in element:
        # A sign after another one, as in "(1, -2)", is the number's own, and is set close to it.
        signed = piece.tag == "mo" and unescape(piece.text or "") in _SIGNS
        if signed and before is not None and before.tag == "mo" and unescape(before.text or "") not in _CLOSING:
            piece.set("form", "prefix")
        if piece.tag != "mspace":
            before = piece
        _amend(piece)
    if element.text:
        element.text = unescape(element.text)  # its names for letters; written, "<" is escaped again
        if element.tag == "mtext":
            element.text = element.text.replace("\\_", "_")
    element.attrib.pop("href", None)  # could be a script
