"""Tables that read well in a terminal and on a page, and the place in docs/measurements.md where they go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "measurements.md"
CLASSROOM = PAGE.with_name("classroom.md")
BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers, aligned on the right."""
    widths = [max(len(row[k]) for row in (header, *rows)) for k in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]) + " |"

    rule = "| " + " | ".join(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]) + " |"
    return "\n".join([line(header), rule, *map(line, rows)])


def put_between_markers(text: str, content: str, begin: str = BEGIN, end: str = END) -> str:
    """`text` with `content` instead of what is between the two markers. ValueError without exactly one pair."""
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"there must be one line {begin} and after it one line {end}")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n\n{content.strip()}\n\n{end}{after}"


def write_down(content: str, begin: str = BEGIN, end: str = END, page: Path | None = None) -> None:
    """Put it between the markers in docs/measurements.md, or in another page."""
    page = page or PAGE
    page.write_text(put_between_markers(page.read_text(encoding="utf-8"), content, begin, end), encoding="utf-8")


def time(seconds: float) -> str:
    """Milliseconds, with three digits that count: 0.014, 0.99, 13.8, 116."""
    return digits(1000 * seconds)


def digits(value: float) -> str:
    """About three digits that count, without an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
