"""Cells in which a reader would write something: a page takes no answer, so it has other things in their place."""

from __future__ import annotations

import re
from typing import Any

from lstm_edu import exercises

_CHECK = re.compile(r"[\w.]*\bexercises\.(\w+)\.check\([^()]*\)")
_TASK = re.compile(r'<section aria-label="Task (\w+): ')
_UNANSWERED = re.compile(r'<section aria-label="Patient \d+: no answer yet"')


def not_attempted(cell: Any) -> Any:
    """The exercise whose check is all that a code cell does, if there is no answer yet; else None."""
    found = _CHECK.fullmatch(cell.source.strip())
    if not found:
        return None
    shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
    if cell.outputs and f'aria-label="Exercise {found[1]}: not attempted"' not in shown:
        return None
    return _exercise(found[1])


def task(html: str) -> str:
    """An exercise's card without its last line, which names the check; "" if the output is none."""
    found = _TASK.match(html)
    exercise = _exercise(found[1]) if found else None
    return exercise.task.on_paper() if exercise else ""


def is_a_question(html: str) -> bool:
    """Whether an output is the card of the clinic that waits for a diagnosis."""
    return _UNANSWERED.match(html) is not None


def _exercise(name: str) -> Any:
    return exercises.get(name) if name in exercises.names() else None
