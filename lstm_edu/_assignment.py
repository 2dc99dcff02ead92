"""``python -m lstm_edu assignment NOTEBOOK``: an instructor's and a student's version for nbgrader."""

from __future__ import annotations

import argparse
from typing import Any


def add_command(commands: Any) -> None:
    parser = commands.add_parser(
        "assignment",
        help="make an nbgrader assignment from a notebook",
        description="Make an instructor's and a student's version of a notebook, for nbgrader.",
    )
    parser.add_argument("notebook", help="the .ipynb file")
    parser.add_argument("--folder", default="assignments", help="nbgrader's course folder (default: %(default)s)")
    parser.add_argument("--points", type=int, default=10, help="for each exercise (default: %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> str | None:
    """Make the assignment; return None, or one line that says what went wrong."""
    if passed_on:
        return f"assignment takes no {passed_on[0]}; python -m lstm_edu assignment --help lists what it takes"
    from lstm_edu.teaching import make_assignment

    try:
        made = make_assignment(options.notebook, options.folder, options.points)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        return str(error)
    print(f"instructor's version  {made.source}")
    print(f"student's version     {made.release}")
    print(f"graded                {', '.join(f'{name} ({points})' for name, points in made.exercises.items())}")
    print(f"next, in {made.folder}: nbgrader autograde {made.name}")
    return None
