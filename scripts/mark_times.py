"""Say how many minutes each section of the course takes, each notebook, and all of it: run it after an edit.

The minutes are an estimate for somebody who meets all of it for the first time: the rates below, for what there is to
read, to answer, to write and to look at. "Try it yourself" and summaries have no time of their own. What is below a
heading that says "Side trip" is not on the direct path.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
LESSONS = "[0-9]*.ipynb"
MAP = NOTEBOOKS / "map_and_glossary.ipynb"
PLANS = NOTEBOOKS.parent / "docs" / "teaching.md"

WORDS_A_MINUTE = 150
FORMULA = 0.15  # minutes, each: one that has a line of its own
LINE_OF_CODE, PREDICTION, PICTURE = 0.12, 1.0, 1.5
EXERCISE, EXERCISE_ALONE, PATIENT = 6.0, 14.0, 7.0  # in side trips there is no model of the answer
SHORTEST = 5  # a section that takes less does not say so

_SKIP = r"(\n\n\*)(?:\d+ minutes\. )?(?=Skip |You can skip )"
_SAID = re.compile(rf"^(##+ .*)(?:\n\n\*\d+ minutes\*$)?(?:{_SKIP})?", flags=re.M)
_UNTIMED = re.compile(r"#+ (Summary|Try it yourself)")


class Section(NamedTuple):
    """What is below one heading: the heading itself, whether it is off the direct path, and its minutes."""

    heading: str
    side: bool
    minutes: float


def _pieces(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, nbformat.NotebookNode, str]]:
    """Heading, cell and text, for every part of a cell; a text is cut where a heading begins."""
    heading = ""
    for cell in notebook.cells:
        parts = re.split(r"(?m)^(?=##+ )", cell.source) if cell.cell_type == "markdown" else [cell.source]
        for part in filter(None, parts):
            if cell.cell_type == "markdown" and part.startswith("#"):
                heading = part.partition("\n")[0]
            yield heading, cell, part


def sections(notebook: nbformat.NotebookNode) -> list[Section]:
    """The second level's sections, and the side trips of every level; what is below any other heading counts above."""
    found: list[Section] = []
    level, last = 0, None
    for heading, cell, text in _pieces(notebook):
        depth = len(heading.partition(" ")[0])
        if heading != last:
            trip = "Side trip" in heading
            if depth <= 2 or trip:
                found.append(Section(heading, trip, 0.0))
                level = depth if trip else 0
            elif level and depth <= level:  # back on the path, in the section that the side trip is in
                found.append(Section("", False, 0.0))
                level = 0
            last = heading
        now = found[-1]
        found[-1] = now._replace(minutes=now.minutes + _minutes(cell, text, now.side))
    return [s for s in _joined(found) if not _UNTIMED.match(s.heading)]


def _joined(found: list[Section]) -> list[Section]:
    """With what comes after a side trip of the third level added to the section that the side trip is in."""
    joined: list[Section] = []
    for section in found:
        if section.heading:
            joined.append(section)
            continue
        k = max(k for k, s in enumerate(joined) if not s.side)
        joined[k] = joined[k]._replace(minutes=joined[k].minutes + section.minutes)
    return joined


def _minutes(cell: nbformat.NotebookNode, text: str, side: bool) -> float:
    if cell.cell_type == "markdown":
        text = re.sub(r"<details>.*?</details>", "", text, flags=re.S)
        formulas = re.findall(r"\$\$.*?\$\$", text, flags=re.S)
        words = len(re.sub(r"\$\$.*?\$\$", "", text, flags=re.S).split())
        return words / WORDS_A_MINUTE + FORMULA * sum(len(f.split("\n")) for f in formulas)
    if "le.predict(" in text:
        return PREDICTION
    if re.search(r"exercise\w*\.(\w+\.)?check\(", text):
        return EXERCISE_ALONE if side else EXERCISE
    if "le.clinic.case(" in text:
        return PATIENT
    if cell.metadata.get("jupyter", {}).get("source_hidden") or '"""Returns' in text or text.endswith(".task"):
        return 0.0
    lines = sum(bool(line.strip()) for line in text.splitlines())
    return LINE_OF_CODE * lines + PICTURE * bool(re.search(r"le\.(explore\w*|packing|plots)\b|\.goto\(", text))


def whole(notebook: nbformat.NotebookNode) -> tuple[int, int]:
    """Minutes of the direct path, and with all side trips; to five minutes."""
    found = sections(notebook)
    direct = sum(s.minutes for s in found if not s.side)
    return rounded(direct), rounded(sum(s.minutes for s in found))


def rounded(minutes: float) -> int:
    return max(5, 5 * round(minutes / 5))


def said(minutes: float) -> int:
    """As a section says it: to a minute where it is short."""
    return round(minutes) if minutes < 7.5 else rounded(minutes)


def mark(notebook: nbformat.NotebookNode) -> bool:
    """Write the times into the headings' cells and into the first one; whether anything changed."""
    before = [cell.source for cell in notebook.cells]
    times = {s.heading: s.minutes for s in sections(notebook) if s.heading.startswith("##")}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _SAID.sub(lambda m: _timed(m[1], m[2] or "", times), cell.source)
    direct, all_ = whole(notebook)
    trips = sum(s.side for s in sections(notebook))
    more = "" if all_ == direct else f"; {all_} with the side trip{'s' if trips > 1 else ''}"
    notebook.cells[0].source = re.sub(
        r"about \d+ minutes(; \d+ with [\w ]*side trips?)?", f"about {direct} minutes{more}", notebook.cells[0].source
    )
    return before != [cell.source for cell in notebook.cells]


def _timed(heading: str, skip: str, times: dict[str, float]) -> str:
    """The heading, and its minutes; `skip` begins the line that says that one may skip it, where there is one."""
    minutes = said(times.get(heading, 0))
    if minutes < SHORTEST:
        return heading + skip
    return f"{heading}{skip}{minutes} minutes. " if skip else f"{heading}\n\n*{minutes} minutes*"


def mark_map(page: nbformat.NotebookNode, times: dict[str, tuple[int, int]]) -> bool:
    """Write the times of all notebooks into the table of the map, and their sums below it; whether anything changed."""
    cell = next(cell for cell in page.cells if cell.id == "map")
    before = cell.source
    for name, (direct, all_) in times.items():
        last = f"| {direct} |" if direct == all_ else f"| {direct} ({all_}) |"
        cell.source = re.sub(rf"(?m)^(\|[^|]*\({name}\) \|[^|]*)\|.*$", rf"\1{last}", cell.source)
    hours = [round(sum(both) / 60) for both in zip(*times.values(), strict=True)]
    cell.source = re.sub(r"about \d+ hours, and \d+ with", f"about {hours[0]} hours, and {hours[1]} with", cell.source)
    return before != cell.source


def mark_plans(text: str, times: dict[str, tuple[int, int]]) -> str:
    """A teacher's plans with the minutes of the direct path after each notebook's number: "| 07 (20), 07b (35) |"."""
    minutes = {name.partition("_")[0]: direct for name, (direct, _) in times.items()}
    return re.sub(r"\b(\d\db?) \(\d+\)", lambda m: f"{m[1]} ({minutes[m[1]]})" if m[1] in minutes else m[0], text)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def main() -> None:
    times = {}
    for path in sorted(NOTEBOOKS.glob(LESSONS)):
        notebook = read(path)
        if mark(notebook):
            nbformat.write(notebook, path)
            print(path.name)
        times[path.name] = whole(notebook)
    page = read(MAP)
    if mark_map(page, times):
        nbformat.write(page, MAP)
        print(MAP.name)
    before = PLANS.read_text(encoding="utf-8")
    if (after := mark_plans(before, times)) != before:
        PLANS.write_text(after, encoding="utf-8")
        print(PLANS.name)


if __name__ == "__main__":
    sys.exit(main())
