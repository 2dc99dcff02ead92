"""``python -m lstm_edu site --live``: the course as a static site in which notebooks run inside the page."""

import argparse
import sys
from pathlib import Path

from lstm_edu._lab import NOTEBOOKS


def add_command(commands) -> None:
    """Add ``site`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "site",
        help="write the course as a static site that runs in the reader's browser",
        description="Write JupyterLite with the notebooks, this package and Keras: a folder that any static server can "
        "serve, and in which readers run the notebooks without installing anything. (Pages that are read, not run: "
        "see export.)",
        allow_abbrev=False,
    )
    parser.add_argument("--live", action="store_true", required=True, help="notebooks that run in the page")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("live"), help="the folder to write (if left out: live)"
    )
    parser.add_argument("--wheels", type=Path, help="a folder that keeps the wheels for the next time")
    parser.add_argument(
        "--pyodide",
        type=Path,
        help="a folder with Pyodide, to be copied; without it readers load it from its own server",
    )
    parser.add_argument(
        "--no-record", action="store_true", help="do not run here what the page cannot run, to show its results there"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> str | None:
    """Write the site; one line instead where it cannot be done."""
    if passed_on:
        return f"site does not know {' '.join(passed_on)}"
    from lstm_edu.live import building

    try:
        to = building.build(
            NOTEBOOKS,
            options.output,
            wheels=options.wheels,
            pyodide=options.pyodide or building.CDN,
            record=not options.no_record,
            say=lambda what: print(what, file=sys.stderr),
        )
    except (OSError, RuntimeError, ValueError) as error:
        return str(error)
    print(to / "lab" / "index.html")
    return None
