"""What the README of a folder of notebooks says about them: what they are, a picture, how they are run, the licence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

_LICENCE = re.compile(r"^## (Licen[cs]e\b[^\n]*)\n(.*?)(?=^## |^<!--|\Z)", re.MULTILINE | re.DOTALL)
_BINDER = re.compile(r"https://mybinder\.org/v2/(\w+)/([\w.-]+/[\w.-]+)/[^\s)>\]]+")
_HOSTS = {"gh": "https://github.com", "gl": "https://gitlab.com"}  # of Binder's names for them


class Course:
    """The README next to the notebooks, or one folder up, if it names one of them; else nothing is known but names.

    Attributes:
        path: the README. title: its first heading. about: its first paragraph and picture, in Markdown.
        licence: heading and text of that section, in Markdown, or "". lab: the address of the live site, or "".
    """

    def __init__(self, folder: Path, notebooks: Iterable[str], *, title: str, live: str = ""):
        """`live`: the folder of the live site, seen from the pages; "": there is none."""
        self.path, self._text = folder / "README.md", ""
        for path in (folder / "README.md", folder.resolve().parent / "README.md"):
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            if any(name in text for name in notebooks):
                self.path, self._text = path, text
                break
        self.lab = f"{live}/lab/index.html" if live else ""
        heading = re.search(r"^# (.+)$", self._text, re.MULTILINE)
        self.title = heading[1].strip() if heading else title
        self._binder = _BINDER.search(self._text)
        section = _LICENCE.search(self._text)
        self.licence = f"## {section[1]}\n\n{section[2].strip()}" if section else ""

    @property
    def about(self) -> str:
        blocks = re.split(r"\n\s*\n", self._text)
        prose = [block for block in blocks if re.match(r"[A-Z]", block)]
        pictures = [block for block in blocks if re.match(r"!\[", block) and "](http" not in block]
        return "\n\n".join([*prose[:1], *pictures[:1]])

    def run(self, notebook: str) -> str:
        """Where a reader can run a notebook: in the live site, on Binder, or as the index says; "": not known."""
        if self.lab:
            return f"{self.lab}?path={notebook}"
        if self._binder:
            return re.sub(r"(urlpath=lab/tree/(?:[^\s&]*/)?)[^/\s&]+\.ipynb", rf"\g<1>{notebook}", self._binder[0])
        return f"index.html#{HOW.replace(' ', '-')}" if self._command else ""

    @property
    def ways(self) -> str:
        """All ways to run the notebooks, in Markdown; "" if there is none."""
        ways = []
        if self.lab:
            ways.append(
                f"[In your browser]({self.lab}): nothing to install, and nothing leaves your "
                "computer. Whatever needs TensorFlow is missing there, and says so. (This works on a web server, not "
                "from a folder.)"
            )
        if self._binder:
            ways.append(
                f"[On Binder]({self._binder[0]}): nothing to install. Starting takes a few minutes, and a session ends "
                "when it is left alone."
            )
        if self._command:
            ways.append(f"On your own computer: {self._source}in their folder, run\n\n```sh\n{self._command}\n```")
        return f"## {HOW}\n\n" + "\n".join(f"- {way}".replace("\n", "\n  ") for way in ways) if ways else ""

    @property
    def _command(self) -> str:
        """The first command in the README that opens a lab."""
        found = [
            block for block in re.findall(r"```sh\n(.*?)\n```", self._text, re.DOTALL) if re.search(r"\blab\b", block)
        ]
        return found[0].strip() if found else ""

    @property
    def _source(self) -> str:
        host = _HOSTS.get(self._binder[1]) if self._binder else None
        return f"download [the files]({host}/{self._binder[2]}) and, " if self._binder and host else ""

    @property
    def footer(self) -> str:
        """The last line of each page, as markup."""
        heading = self.licence.partition("\n")[0].removeprefix("## ")
        to = f' · <a href="index.html#{escape(heading.replace(" ", "-"))}">{escape(heading)}</a>' if heading else ""
        return f'<p class="small"><a href="index.html">{escape(self.title)}</a>{to}</p>'


HOW = "Run the notebooks"
