"""One notebook as a page; a folder of them as a site."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, TextIO

import nbformat

from lstm_edu.export import executing, page, search
from lstm_edu.export.cells import Contents, text_of
from lstm_edu.export.course import Course
from lstm_edu.export.progress import Progress
from lstm_edu.export.states import Widgets

INDEX = "index.html"
_HERE = "<!-- the notebooks -->"


def one_page(path: Path, *, execute: bool = True) -> str:
    """A notebook's page. Links to other notebooks become plain text: they are not part of it."""
    notebook = executing.read(path)
    if execute:
        executing.run(notebook, path)
    contents = Contents(notebook, path, {})
    return page.whole(contents.html, contents.widgets, title=contents.name, outline=contents.outline)


@dataclass
class Site:
    """What has become of a folder of notebooks.

    Attributes:
        notebooks: by file name, those that have a page, with the outputs that it shows. failed: why others have none.
    """

    notebooks: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def problem(self) -> str | None:
        """Which notebooks have no page, and why, in words; None if all have one."""
        if not self.failed:
            return None
        total = len(self.notebooks) + len(self.failed)
        return f"{len(self.failed)} of {total} notebooks have no page:\n" + "\n".join(self.failed.values())


def whole_site(
    folder: Path,
    to: Path,
    *,
    execute: bool = True,
    title: str = "lstm-edu",
    live: str = "",
    stream: TextIO | None = sys.stderr,
) -> Site:
    """All notebooks of a folder as pages, in the order of their names, with an index and a search.

    Each page is written as soon as its notebook has been run. A notebook that fails has no page, and no other page
    leads to it.

    Args:
        to: the folder to write; what is there and has another name stays.
        execute: run the notebooks; False takes the outputs as they were saved.
        title: where no README has one. live: the folder of the live site, seen from `to`, if there is one.
        stream: is told how far it is; None: progress is not reported.

    Raises:
        ValueError: there are no notebooks, or `to` is a file.
    """
    paths = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if not paths:
        raise ValueError(f"there are no notebooks in {folder}")
    if to.exists() and not to.is_dir():
        raise ValueError(f"{to} is a file: a folder of notebooks becomes a folder of pages")
    site, notebooks = Site(), dict[Path, Any]()
    for path in paths:
        try:
            notebooks[path] = executing.read(path)
        except ValueError as error:
            site.failed[path.name] = str(error)
    to.mkdir(parents=True, exist_ok=True)
    course = Course(folder, [path.name for path in paths], title=title, live=live)
    progress = Progress({path.name: len(executing.code_cells(n)) for path, n in notebooks.items()}, stream)
    pages = _Pages(to, course, notebooks)
    try:
        for path, notebook in notebooks.items():
            progress.begin(path.name)
            try:
                if execute:
                    executing.run(notebook, path, progress.cell)
                pages.write(path)
            except (RuntimeError, ValueError) as error:
                site.failed[path.name] = str(error)
            else:
                site.notebooks[path.name] = notebook
            progress.end(site.failed.get(path.name, ""))
    finally:  # also when it is interrupted: what is done is a site
        done = {path: notebook for path, notebook in notebooks.items() if path.name in site.notebooks}
        if len(done) < len(notebooks):  # the other pages are not to lead to those that are missing
            pages = _Pages(to, course, done)
            for path in done:
                pages.write(path)
        if done:
            pages.write_around()
    return site


class _Pages:
    """The pages of these notebooks, which lead to each other."""

    def __init__(self, to: Path, course: Course, notebooks: Mapping[Path, Any]):
        self._to, self._course, self._notebooks = to, course, notebooks
        self._files = {path.name: f"{path.stem}.html" for path in notebooks}
        self._known = {path: self._contents(path) for path in notebooks}  # titles and texts need no outputs
        self._top = f'<nav aria-label="Course"><a href="{INDEX}">{escape(course.title)}</a></nav>{search.FORM}'

    def _contents(self, path: Path) -> Contents:
        return Contents(self._notebooks[path], path, self._files, run=self._course.run(path.name))

    def write(self, path: Path) -> None:
        """The page of one notebook, with the outputs that it has now."""
        contents = self._contents(path)
        text = page.whole(
            self._nearby(path, run=True) + contents.html,
            contents.widgets,
            title=f"{contents.name} - {self._course.title}",
            description=text_of(contents.lead),
            outline=contents.outline,
            before=self._top,
            after=f"<footer>{self._nearby(path)}{self._course.footer}</footer>",
        )
        page.write(self._to / self._files[path.name], text)

    def _nearby(self, path: Path, *, run: bool = False) -> str:
        """Links to the pages before and after this one; with `run`, above a page, also to where it is run."""
        order = list(self._notebooks)
        place = order.index(path)
        links = [self._link(other, "prev", "Previous") for other in order[max(place - 1, 0) : place]]
        if run and (where := self._course.run(path.name)):
            links.append(f'<a class="run" href="{escape(where)}">Run this page</a>')
        links += [self._link(other, "next", "Next") for other in order[place + 1 : place + 2]]
        label = "Pages nearby" if run else "Pages nearby, at the end"
        return f'<nav class="nearby" aria-label="{label}">{"".join(links)}</nav>\n' if links else ""

    def _link(self, path: Path, rel: str, word: str) -> str:
        return f'<a rel="{rel}" href="{escape(self._files[path.name])}">{word}: {escape(self._known[path].name)}</a>'

    def write_around(self) -> None:
        """The index, and the page that searches."""
        page.write(self._to / INDEX, self._index())
        pages = [(self._files[path.name], contents) for path, contents in self._known.items()]
        page.write(self._to / search.FILE, search.search_page(pages, title=self._course.title, before=self._top))

    def _index(self) -> str:
        course = self._course
        source = "\n\n".join([f"# {course.title}", course.about, _HERE, course.ways, course.licence])
        links = {f"notebooks/{name}": file for name, file in self._files.items()} | {course.lab: course.lab}
        contents = Contents(_text(source), course.path, links)
        listed = "\n".join(self._entry(path, contents) for path, contents in self._known.items())
        total = _hours([contents.minutes for contents in self._known.values() if contents.minutes])
        content = contents.html.replace(
            _HERE, f'<h2 id="The-notebooks">The notebooks</h2>{total}<ul class="contents">{listed}</ul>'
        )
        return page.whole(
            content,
            Widgets({}),
            title=course.title,
            description=text_of(contents.lead),
            before=self._top,
            after=f"<footer>{course.footer}</footer>",
        )

    def _entry(self, path: Path, contents: Contents) -> str:
        link = f'<a href="{escape(self._files[path.name])}">{escape(contents.name)}</a>'
        time = f' <span class="small">{_time(*contents.minutes)}</span>' if contents.minutes else ""
        return f"<li>{link}{time}" + (f"<p>{contents.lead}</p>" if contents.lead else "") + "</li>"


def _text(source: str) -> Any:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source)])


def _time(direct: int, whole: int) -> str:
    return f"about {direct} min" + (f", {whole} with side trips" if whole > direct else "")


def _hours(minutes: Sequence[tuple[int, int]]) -> str:
    direct, whole = (round(sum(time[n] for time in minutes) / 60) for n in (0, 1))
    if not direct:
        return ""
    more = f", {whole} with all side trips" if whole > direct else ""
    return f"<p>About {direct} hour{'s' * (direct > 1)} in all{more}.</p>"
