"""The command line: ``python -m lstm_edu COMMAND``."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from lstm_edu import _assignment, _check, _diagnose, _export, _lab, _site, _verify

# One module per command; each adds its own to the parser and loads what it needs when it is run.
COMMANDS = (_lab, _check, _verify, _diagnose, _export, _site, _assignment)


def main(argv: Sequence[str] | None = None) -> str | int | None:
    """Run one command; return what ``sys.exit`` takes: None or 0 for success, another number, or one line that says
    what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m lstm_edu", description="Learn how LSTM layers compute.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add_command(commands)
    options, passed_on = parser.parse_known_args(argv)
    options.typed = shlex.join(["python", "-m", "lstm_edu", *(sys.argv[1:] if argv is None else argv)])  # for reports
    return options.run(options, passed_on)


if __name__ == "__main__":
    sys.exit(main())
