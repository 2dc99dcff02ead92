"""``python -m lstm_edu check``: is this computer, or this server of a hub, ready for the course?"""

import argparse
import json
import os
import sys
from pathlib import Path

from lstm_edu._lab import NOTEBOOKS, port_trouble
from lstm_edu._models import cannot, say

READY, NOT_READY, CANNOT = 0, 1, 2


def add_command(commands) -> None:
    """Add ``check`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "check",
        help="is this computer, or this server of a hub, ready for the course?",
        description="Look at versions, memory, processors and disk, start a kernel, show an explorer in it and compare "
        "Keras's LSTM with ours. One line says the result; each problem is one line more, with what to do.",
        epilog=f"Exit status: {READY} ready; {NOT_READY} not ready; {CANNOT} an option that does not exist.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print everything that was found, for a program")
    parser.add_argument("--port", type=int, help="also: can JupyterLab listen on this port?")
    parser.add_argument("--hub", metavar="ADDRESS", help="also: does the JupyterHub at this address answer?")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> int:
    """Print what was found and return the exit status."""
    if passed_on:
        cannot("check", f"check has no option {passed_on[0]}; see python -m lstm_edu check --help")
        return CANNOT
    if options.hub is not None and not options.hub.startswith(("http://", "https://")):
        cannot("check", f"--hub takes an address that begins with http:// or https://, got {options.hub!r}")
        return CANNOT
    if sys.stderr.isatty():
        print("This takes about ten seconds ...", file=sys.stderr)
    trouble = None if options.port is None else port_trouble(None, options.port)
    port = trouble and f"port {options.port} cannot be used: {trouble}"
    from lstm_edu.readiness import look

    found = look(folder(), options.hub, port)
    if options.json:
        print(json.dumps(found.to_dict(), indent=2))
    else:
        say(found.line())
        for problem in found.problems:
            say(f"✗ {problem}")
        for problem in found.advice:
            say(f"! {problem}")
    return READY if found.ready else NOT_READY


def folder() -> Path:
    """Where the learner's notebooks are saved: the repository's folder, or where this is run."""
    return NOTEBOOKS if NOTEBOOKS.is_dir() and os.access(NOTEBOOKS, os.W_OK) else Path.cwd()
