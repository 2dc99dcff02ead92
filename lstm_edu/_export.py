"""``python -m lstm_edu export``: a notebook as one HTML file, or a folder of notebooks as a site."""

import argparse
from pathlib import Path


def add_command(commands) -> None:
    """Add ``export`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "export",
        help="write notebooks as web pages that need no network",
        description="Run a notebook and write it as one HTML file, in which explorers still step and compute, from any "
        "folder and without a network. A folder of notebooks becomes a folder of pages with an index.html; a notebook "
        "that fails has no page, and is named at the end.",
        allow_abbrev=False,
    )
    parser.add_argument("notebook", type=Path, help="a notebook, or a folder of notebooks")
    parser.add_argument(
        "-o", "--output", type=Path, help="the file to write, or for a folder the folder (if left out: NAME.html, site)"
    )
    parser.add_argument("--no-execute", action="store_true", help="take the outputs that were saved in the notebook")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> str | None:
    """Write the page or the site; one line instead where it cannot be done."""
    if passed_on:
        return f"export takes no {' '.join(passed_on)}"
    from lstm_edu import export, extras

    execute = not options.no_execute
    try:
        if options.notebook.is_dir():
            extras.need("export", "a page")
            from lstm_edu.export import site

            to = options.output or Path("site")
            made = site.whole_site(options.notebook, to, execute=execute)
            if made.notebooks:
                print(to / site.INDEX)
            return made.problem
        else:
            print(
                export.save_html(options.notebook, options.output or f"{options.notebook.stem}.html", execute=execute)
            )
    except (OSError, RuntimeError, ValueError, ModuleNotFoundError) as error:
        return str(error)
    return None
