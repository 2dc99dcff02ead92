"""``python -m lstm_edu site``: the course as a static site, with ``--live`` also as one that runs inside the page."""

import argparse
import sys
from pathlib import Path

from lstm_edu._lab import NOTEBOOKS

LIVE = "live"  # the folder of JupyterLite in the site


def add_command(commands) -> None:
    """Add ``site`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "site",
        help="write the course as a static site",
        description="Run the notebooks of the course and write them as pages: a folder that any server can serve, and "
        "that is read without a network, too. With --live the folder also has JupyterLite with the notebooks, this "
        "package and Keras, in which readers run them without installing anything, and each page leads there.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("site"), help="the folder to write (if left out: site)"
    )
    parser.add_argument(
        "--live", action="store_true", help=f"also notebooks that run in the page, in the folder {LIVE}"
    )
    parser.add_argument(
        "--no-execute",
        action="store_true",
        help="run nothing here: pages show the outputs that were saved in the notebooks, and the live notebooks no "
        "recorded results where something is missing there",
    )
    parser.add_argument("--no-pages", action="store_true", help="with --live: nothing but the live notebooks")
    parser.add_argument("--wheels", type=Path, help="with --live: a folder that keeps the wheels for the next time")
    parser.add_argument(
        "--pyodide",
        type=Path,
        help="with --live: a folder with Pyodide, to be copied; without it readers load it from its own server",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> str | None:
    """Write the site; one line instead where it cannot be done."""
    if passed_on:
        return f"site takes no {' '.join(passed_on)}"
    for name in ("no_pages", "wheels", "pyodide"):
        if getattr(options, name) and not options.live:
            return f"--{name.replace('_', '-')} is only for the live notebooks: add --live"
    try:
        return _write(options)
    except (OSError, RuntimeError, ValueError, ModuleNotFoundError) as error:
        return str(error)


def _write(options: argparse.Namespace) -> str | None:
    from lstm_edu import extras

    extras.need("export", "a page")
    from lstm_edu.export import site
    from lstm_edu.live import building

    to, execute = options.output, not options.no_execute
    if options.live:
        building.check(NOTEBOOKS, to / LIVE)  # before minutes are spent on pages
    pages = None
    if not options.no_pages:
        pages = site.whole_site(NOTEBOOKS, to, execute=execute, live=LIVE if options.live else "")
        if pages.notebooks:
            print(to / site.INDEX)
    if options.live:
        building.build(
            NOTEBOOKS,
            to / LIVE,
            wheels=options.wheels,
            pyodide=options.pyodide or building.CDN,
            record=execute,
            executed=pages.notebooks if pages else None,
            say=lambda what: print(what, file=sys.stderr),
        )
        print(to / LIVE / "lab" / "index.html")
    return pages.problem if pages else None
