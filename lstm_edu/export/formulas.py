"""LaTeX to MathML, which browsers draw by themselves: no MathJax, four megabytes less a page."""

from __future__ import annotations

import re
from html import escape

# latex2mathml knows aligned equations by these names only.
_ENVIRONMENTS = {
    "aligned": "align*",
    "align": "align*",
    "eqnarray": "align*",
    "gather": "gather*",
    "gathered": "gather*",
}

# A minus after another sign, as in "(1, -2)", is the number's own, and stands close to it. Browsers know it by its
# place in a group; latex2mathml makes no groups.
_SIGN = re.compile(
    r"(<mo[^>]*>(?!&#x0?0?0?(?:29|5D|7D|7C);|&#x02016;)[^<]*</mo>(?:<mspace[^>]*/>)?)<mo>(&#x02212;|&#x0002B;)"
)


def mathml(latex: str, *, block: bool) -> str:
    """A formula as a <math> element; LaTeX that cannot be read stands there as it was written."""
    from latex2mathml.converter import convert

    for name, known in _ENVIRONMENTS.items():
        for word in ("begin", "end"):
            latex = latex.replace(f"\\{word}{{{name}}}", f"\\{word}{{{known}}}")
    try:
        made = convert(latex.strip(), display="block" if block else "inline")
    except Exception:  # its errors have no common class; a formula in LaTeX is better than no page
        return f'<code class="latex">{escape(latex)}</code>'
    made = re.sub(r"(<mtext[^>]*>)(.*?)(</mtext>)", lambda m: m[1] + m[2].replace("\\_", "_") + m[3], made)
    made = _SIGN.sub(r'\1<mo form="prefix">\2', made)
    label = escape(" ".join(latex.split()))
    return made.replace("<math ", f'<math data-latex="{label}" ', 1)
