"""A notebook's cells as HTML: texts, formulas, code, outputs; and its number, title, parts and time, if known."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from lstm_edu.exercises import cards
from lstm_edu.export import answers, images
from lstm_edu.export.formulas import mathml
from lstm_edu.export.page import static
from lstm_edu.export.states import NEEDS_PYTHON, STATE, VIEW, Widgets


@dataclass
class Section:
    """A heading and what is below it, up to the next one: for the table of contents and for the search.

    Attributes:
        anchor: its id in the page. level: 1 to 6; 0 for what is above the first heading.
        html: the heading as markup, without links. title: as text.
        text: what is below it. Nothing that the page folds is in it.
    """

    anchor: str
    level: int
    html: str
    text: str = ""

    @property
    def title(self) -> str:
        return text_of(self.html)


class Contents:
    """What a notebook has become.

    Attributes:
        html: its cells. widgets: those that it shows.
        number: "06" of 06_x.ipynb, or "". title: its first heading as text. name: both.
        lead: its first paragraph as markup, without links.
        minutes: what it says about its time: (on the direct path, with all side trips), or None.
        sections: its headings, and the text below each.
    """

    def __init__(self, notebook: Any, path: Path, links: Mapping[str, str], *, run: str = ""):
        """Render a notebook, as it was run or as it is.

        Args:
            links: what to call other files, {"07_x.ipynb": "07_x.html"}; a link to any other file becomes text.
            run: where a reader can run this notebook; "": not known.
        """
        self._path, self._links, self._run = path, links, run
        self._ids: set[str] = set()
        self._titled = False
        numbered = _NUMBER.match(path.stem)
        self.number = numbered[1] if numbered else ""
        self.title = path.stem.removeprefix(self.number).replace("_", " ").strip()
        self.lead = ""
        self.minutes: tuple[int, int] | None = None
        self.sections = [Section("", 0, "")]
        self.widgets = Widgets(notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {}))
        parts = [self._cell(cell) for cell in notebook.cells]
        if not self._titled:
            parts.insert(0, f"<h1>{self._numbered(escape(self.title))}</h1>")
        self.html = images.smaller("\n".join(part for part in parts if part))

    @property
    def name(self) -> str:
        """Number and title, as other pages and texts call it."""
        return f"{self.number} {self.title}".strip()

    @property
    def outline(self) -> str:
        """The table of contents of the page; "" where there is nothing to list."""
        listed = [
            f'<li class="level-{section.level}"><a href="#{escape(section.anchor)}">{section.html}</a></li>'
            for section in self.sections
            if section.level in (2, 3)
        ]
        return f"<ul>{''.join(listed)}</ul>" if len(listed) > 1 else ""

    def _cell(self, cell: Any) -> str:
        if cell.cell_type == "markdown":
            html = self._markdown(cell.source, cell.get("attachments", {}))
            self._note(html)
            return f'<div class="text">{html}</div>'
        if cell.cell_type != "code":
            return f"<pre>{escape(cell.source)}</pre>"
        if not cell.source.strip():
            return ""
        if exercise := answers.not_attempted(cell):
            return f'<div class="text">{self._exercise(exercise)}</div>'
        outputs = "\n".join(self._output(output) for output in cell.outputs)
        code = f'<div class="code">{_code(cell.source)}</div>'
        if cell.metadata.get("jupyter", {}).get("source_hidden"):  # as JupyterLab folds it: it may contain an answer
            code = f"<details><summary><code>{escape(cell.source.splitlines()[0])} …</code></summary>{code}</details>"
        else:
            self.sections[-1].text += f" {cell.source}"
        return code + (f'\n<div class="outputs">{outputs}</div>' if outputs else "")

    def _note(self, html: str) -> None:
        """Add a text's headings and what is below them to `sections`."""
        for piece in re.split(r"(?=<h[1-6] id=)", re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)):
            if heading := re.match(r'<h([1-6]) id="(.*?)">(.*?)</h\1>', piece, re.DOTALL):
                self.sections.append(Section(unescape(heading[2]), int(heading[1]), _unlinked(heading[3])))
                piece = piece[heading.end() :]
            if text := text_of(piece):
                self.sections[-1].text += f" {text}"

    def _exercise(self, exercise: Any) -> str:
        """What a page has instead of the check of an answer: hints and a solution, folded."""
        question, place, gap = exercise.hints
        hints = [f"<p>{cards.inline(question)}</p>", f"<p>{cards.inline(place)}</p>", _code(gap)]
        folded = [(f"Hint {n} of {len(hints)}", hint) for n, hint in enumerate(hints, 1)]
        folded.append((f"A solution of {exercise.name}", _code(exercise.solution().code.rstrip())))
        return f"{self._no_typing}\n" + "\n".join(
            f'<details class="answer"><summary>{escape(what)}</summary>{html}</details>' for what, html in folded
        )

    @property
    def _no_typing(self) -> str:
        """One line for where a reader would write something."""
        how = f'<a href="{escape(self._run)}">run it</a>' if self._run else "open the notebook in JupyterLab"
        return f'<p class="no-typing">Nothing can be typed into this page. To write your own answer, {how}.</p>'

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
            html = answers.task(data["text/html"]) or data["text/html"]
            asks = self._no_typing if answers.is_a_question(html) else ""
            return f'<div class="html">{html}</div>{asks}'
        if "text/markdown" in data:
            return self._markdown(data["text/markdown"])
        for kind in ("image/svg+xml", "image/png", "image/jpeg", "image/gif"):
            if kind in data:
                said = output.metadata.get(kind, {}) if isinstance(output.metadata.get(kind), dict) else {}
                return _image(kind, data[kind], said.get("alt") or text)
        if "text/latex" in data:
            return f"<p>{_formula(data['text/latex'].strip().strip('$'))}</p>"
        return f'<pre tabindex="0">{ansi2html(text)}</pre>' if text else ""

    # --- what the renderer asks ---

    def heading(self, html: str, level: int) -> str:
        """A heading with an id; the first one at the top level is the page's, and there is no second."""
        text = text_of(html)
        shown = html
        if level == 1:
            if self._titled:
                level = 2
            else:
                self._titled, self.title = True, text
                shown = self._numbered(html)
        name = base = text.replace(" ", "-")  # as JupyterLab calls it
        for n in range(2, 1000):
            if name not in self._ids:
                break
            name = f"{base}-{n}"
        self._ids.add(name)
        return f'<h{level} id="{escape(name)}">{shown}</h{level}>\n'

    def _numbered(self, html: str) -> str:
        return f'<span class="number">{self.number}</span> {html}' if self.number else html

    def paragraph(self, html: str) -> None:
        """Look whether a paragraph is the first one, or the one that says how long the notebook takes."""
        text = text_of(html)
        if self.minutes is None and (says := _MINUTES.search(text)):
            self.minutes = int(says[1]), int(says[2] or says[1])
        if self._titled and not self.lead and len(text) > 40 and not html.startswith("<strong>"):
            self.lead = _unlinked(html)

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
        return _formula(body)

    def latex_environment(self, name: str, body: str) -> str:
        return _formula(f"\\begin{{{name}}}{body}\\end{{{name}}}")


_NUMBER = re.compile(r"(\d+[a-z]?)_")
_MINUTES = re.compile(r"^What you need: .*\babout (\d+) minutes(?:[;,] (\d+) with)?")


def text_of(html: str) -> str:
    """Markup as one line of text."""
    apart = re.sub(r"</?(?:p|li|t[dhr]|h\d|pre|div|blockquote|mtr|br)\b[^>]*>", " ", html)
    return " ".join(unescape(re.sub(r"<annotation.*?</annotation>|<[^>]*>", "", apart, flags=re.DOTALL)).split())


def _unlinked(html: str) -> str:
    return re.sub(r"</?a\b[^>]*>", "", html)


def _formula(latex: str) -> str:
    """A formula on its own line. Firefox and WebKit clip no <math>, so what scrolls a wide one is around it; Safari
    scrolls by keys only what can have the focus."""
    return f'<span class="formula" tabindex="0">{mathml(latex, block=True)}</span>'


@cache
def _coloured() -> frozenset[str]:
    """Which of Pygments' classes the page's style gives a colour. The others, three of four, would be dead weight."""
    rules = static("page.css").split("/* --- code --- */")[1].split("/* ---")[0]
    return frozenset(re.findall(r"^\.(\w+)", rules, re.MULTILINE))


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
    coloured = _coloured()
    marked = re.sub(r'<span class="(\w+)">([^<]*)</span>', lambda span: span[0 if span[1] in coloured else 2], marked)
    return f'<pre tabindex="0"><code>{marked}</code></pre>'


def _image(kind: str, data: str, text: str) -> str:
    """A picture in the file itself. An SVG is one too: as a picture it can run no script."""
    encoded = base64.b64encode(data.encode()).decode() if kind == "image/svg+xml" else "".join(data.split())
    return f'<img src="data:{kind};base64,{encoded}" alt="{escape(text)}">'
