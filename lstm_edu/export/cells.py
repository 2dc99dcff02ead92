"""A notebook's cells as HTML: texts, formulas, code, outputs."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from lstm_edu.export import images
from lstm_edu.export.formulas import mathml
from lstm_edu.export.states import NEEDS_PYTHON, STATE, VIEW, Widgets


class Contents:
    """What a notebook has become: `html`, its `title` and its first paragraph as text, and its `widgets`."""

    def __init__(self, notebook: Any, path: Path, links: Mapping[str, str]):
        """`links`: what to call other notebooks, {"07_x.ipynb": "07_x.html"}; a link to any other file becomes text."""
        self._path, self._links = path, links
        self._ids: set[str] = set()
        self._titled = False
        self.title = path.stem.replace("_", " ")
        self.lead = ""
        self.widgets = Widgets(notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {}))
        parts = [self._cell(cell) for cell in notebook.cells]
        if not self._titled:
            parts.insert(0, f"<h1>{escape(self.title)}</h1>")
        self.html = images.smaller("\n".join(part for part in parts if part))

    def _cell(self, cell: Any) -> str:
        if cell.cell_type == "markdown":
            return f'<div class="text">{self._markdown(cell.source, cell.get("attachments", {}))}</div>'
        if cell.cell_type != "code":
            return f"<pre>{escape(cell.source)}</pre>"
        if not cell.source.strip():
            return ""
        outputs = "\n".join(self._output(output) for output in cell.outputs)
        code = f'<div class="code">{_code(cell.source)}</div>'
        if cell.metadata.get("jupyter", {}).get("source_hidden"):  # as JupyterLab folds it: an answer may stand in it
            code = f"<details><summary><code>{escape(cell.source.splitlines()[0])} …</code></summary>{code}</details>"
        return code + (f'\n<div class="outputs">{outputs}</div>' if outputs else "")

    def _markdown(self, source: str, attachments: Mapping[str, Any] | None = None) -> str:
        renderer = _Renderer(self, attachments=dict(attachments or {}), path=str(self._path.parent))
        return MarkdownWithMath(renderer=renderer).render(source)

    def _output(self, output: Any) -> str:
        if output.output_type == "stream":
            return f'<pre class="{escape(output.name)}" tabindex="0">{ansi2html(output.text)}</pre>'
        if output.output_type == "error":
            traceback = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
            return f'<pre class="error" tabindex="0">{ansi2html(traceback)}</pre>'
        data, text = output.data, output.data.get("text/plain", "")
        if VIEW in data:
            view = self.widgets.view(data[VIEW]["model_id"], text)
            return view or f'<pre tabindex="0">{escape(text)}</pre>\n{NEEDS_PYTHON}'
        if "text/html" in data:
            return f'<div class="html">{data["text/html"]}</div>'
        if "text/markdown" in data:
            return self._markdown(data["text/markdown"])
        for kind in ("image/svg+xml", "image/png", "image/jpeg", "image/gif"):
            if kind in data:
                said = output.metadata.get(kind, {}) if isinstance(output.metadata.get(kind), dict) else {}
                return _image(kind, data[kind], said.get("alt") or text)
        if "text/latex" in data:
            return f"<p>{mathml(data['text/latex'].strip().strip('$'), block=True)}</p>"
        return f'<pre tabindex="0">{ansi2html(text)}</pre>' if text else ""

    # --- what the renderer asks ---

    def heading(self, html: str, level: int) -> str:
        """A heading with an id; the first of the first level is the page's, and there is no second."""
        text = " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())
        if level == 1:
            if self._titled:
                level = 2
            else:
                self._titled, self.title = True, text
        name = base = text.replace(" ", "-")  # as JupyterLab calls it
        for n in range(2, 1000):
            if name not in self._ids:
                break
            name = f"{base}-{n}"
        self._ids.add(name)
        return f'<h{level} id="{escape(name)}">{html}</h{level}>\n'

    def paragraph(self, html: str) -> None:
        text = " ".join(unescape(re.sub(r"<(annotation|math).*?</\1>|<[^>]*>", "", html)).split())
        if self._titled and not self.lead and len(text) > 40 and "<math" not in html:
            self.lead = text

    def target(self, url: str) -> str | None:
        """Where a link leads in the page; None where it would lead nowhere."""
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", url):
            return url if url.split(":")[0].lower() in ("http", "https", "mailto") else None
        file, hash_, place = url.partition("#")
        if not file:
            return url
        return self._links[file] + hash_ + place if file in self._links else None


class _Renderer(IPythonRenderer):
    """nbconvert's Markdown, with our links, headings, pictures and formulas."""

    def __init__(self, contents: Contents, **options: Any):
        super().__init__(escape=False, embed_images=True, **options)
        self._contents = contents

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        return self._contents.heading(text, level)

    def paragraph(self, text: str) -> str:
        self._contents.paragraph(text)
        return f"<p>{text}</p>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        target = self._contents.target(url)
        return text if target is None else f'<a href="{escape(target)}">{text}</a>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if re.match(r"(https?:)?//", url):  # the page loads nothing: a link instead
            return f'<a href="{escape(url)}">{text or escape(url)}</a>'
        return super().image(text, url, title)

    def _html_embed_images(self, html: str) -> str:
        """nbconvert's own parses the piece and so closes what a later piece closes: <details> around Markdown."""
        return re.sub(
            r"""(<img\b[^>]*?\bsrc\s*=\s*)(["'])(.*?)\2""",
            lambda m: f"{m[1]}{m[2]}{self._src_to_base64(m[3]) or m[3]}{m[2]}",
            html,
        )

    def block_code(self, code: str, info: str | None = None) -> str:
        language = (info or "").split()[0] if (info or "").strip() else "text"
        return _code(code.rstrip("\n"), language)

    def inline_math(self, body: str) -> str:
        return mathml(body, block=False)

    def block_math(self, body: str) -> str:
        return mathml(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


def _code(source: str, language: str = "python") -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name({"python": "ipython3", "py": "ipython3"}.get(language, language), stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    marked = highlight(source, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    return f'<pre tabindex="0"><code>{marked}</code></pre>'


def _image(kind: str, data: str, text: str) -> str:
    """A picture in the file itself. An SVG is one too: as a picture it can run no script."""
    encoded = base64.b64encode(data.encode()).decode() if kind == "image/svg+xml" else "".join(data.split())
    return f'<img src="data:{kind};base64,{encoded}" alt="{escape(text)}">'
