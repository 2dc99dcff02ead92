"""A class on one server: python -m benchmarks.classroom [--students 30] [--row 5] [--every 20] [--docs]

A hub with deploy/'s settings is started on loopback; then a row of students logs in at a time, each starts a server,
opens JupyterLab and runs all of a notebook. Nothing that this starts listens anywhere but on loopback, and all of it
ends after --seconds at the latest. deploy/requirements-hub.txt says what it needs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import nbformat

from . import machine, markdown
from .browser import HERE
from .hub import Hub, Student, hub
from .kernels import megabytes, seconds

MARKERS = ("<!-- class:begin -->", "<!-- class:end -->")
MOST = 200  # students


def cells(name: str) -> list[str]:
    """The sources of a notebook's code cells, except those that are meant to raise."""
    notebook = nbformat.read(HERE / "notebooks" / f"{name}.ipynb", as_version=4)
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    return [
        cell.source
        for cell, tagged in zip(notebook.cells, tags, strict=True)
        if cell.cell_type == "code" and "raises-exception" not in tagged
    ]


async def lesson(running: Hub, options: argparse.Namespace) -> tuple[list[Student], dict[str, float]]:
    """All students, and megabytes when the last has ended (or none is left)."""
    sources = cells(options.notebook)
    students = [Student(running, f"student-{k + 1}") for k in range(options.students)]

    async def one(k: int, student: Student) -> None:
        await asyncio.sleep(k // options.row * options.every)
        student.begin()
        try:
            await student.start()
            await student.play(sources, options.pause)
        except Exception as error:  # whatever stops one student, the others continue
            student.trouble = student.trouble or f"{type(error).__name__}: {error}"[:200]

    tasks = [asyncio.create_task(one(k, student)) for k, student in enumerate(students)]
    _, late = await asyncio.wait(tasks, timeout=options.seconds)
    for task, student in zip(tasks, students, strict=True):
        if task in late:
            student.trouble = f"not done when the {options.seconds:.0f} s of this run were over"
            task.cancel()
    family = running.family()
    memory = {"all": megabytes(family, "pss"), "hub": megabytes(family[:1], "pss")}
    memory["seconds"] = seconds(family)
    for student in students:
        status = await Student(running, student.name).ask(f"hub/api/users/{student.name}")
        if student.server is not None and not status["servers"].get("", {}).get("ready"):
            student.trouble = "the server is lost"
    return students, memory


def text(students: list[Student], memory: dict[str, float], options: argparse.Namespace, load: float | None) -> str:
    """The table, and what it depends on."""
    number = options.notebook.partition("_")[0]
    rows = []
    for name, times in [
        ("until the server was there", [s.server for s in students]),
        (f"until the first explorer of {number}", [s.explorer for s in students]),
        (f"until all of {number} had run", [s.end for s in students]),
    ]:
        known = sorted(t for t in times if t is not None)
        shown = [f"{v:.0f}" for v in (known[0], median(known), known[-1])] if known else ["", "", ""]
        rows.append([name, f"{len(known)} of {len(students)}", *shown])
    table = markdown.table(["seconds from a student's own login", "students", "least", "median", "most"], rows)
    lost = sum(s.trouble is not None and "lost" in s.trouble for s in students)
    troubles = sorted({s.trouble for s in students if s.trouble})
    rest = (
        f"{options.students} students, {options.row} every {options.every:.0f} s, {options.pause:g} s between cells. "
        f"{lost} servers lost. PSS at the end: {memory['all']:.0f} MB, of which the hub has {memory['hub']:.0f}; "
        f"{(memory['all'] - memory['hub']) / len(students):.0f} MB and {memory['seconds'] / len(students):.1f} "
        "processor seconds per student."
    )
    said = "".join(f"\n\nTrouble: {trouble}" for trouble in troubles)
    busy = machine.busy(load, machine.cores())
    warning = f"**{busy}**\n\n" if busy else ""
    return f"{warning}{table}\n\n{rest}{said}\n\n{machine.description(load)[0]}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classroom", description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=30, help=f"at most {MOST} (default: %(default)s)")
    parser.add_argument("--row", type=int, default=5, help="how many log in at a time (default: %(default)s)")
    parser.add_argument("--every", type=float, default=20, help="seconds between two rows (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=1, help="seconds between two cells (default: %(default)s)")
    parser.add_argument("--notebook", default="06_lstm_one_step", help="(default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=900, help="when all ends (default: %(default)s)")
    parser.add_argument("--docs", action="store_true", help=f"also write the table into docs/{markdown.CLASSROOM.name}")
    options = parser.parse_args(arguments)
    if not 1 <= options.students <= MOST or options.row < 1:
        parser.error(f"1 to {MOST} students, and at least one in a row")
    load = machine.load()
    with tempfile.TemporaryDirectory() as made:
        with hub(Path(made)) as running:
            students, memory = asyncio.run(lesson(running, options))
        time.sleep(1)  # for files that were still held open by what has just ended
    said = text(students, memory, options, load)
    print(said)
    if options.docs:
        markdown.write_down(said, *MARKERS, page=markdown.CLASSROOM)
    if any(student.trouble for student in students):
        raise SystemExit(1)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()
