"""The command line: ``python -m lstm_edu COMMAND``."""

import argparse
import sys
from collections.abc import Sequence

from lstm_edu import _lab


def main(argv: Sequence[str] | None = None) -> str | None:
    """Run one command; return what ``sys.exit`` takes: None for success, or one line that says what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m lstm_edu", description="Learn how LSTM layers compute.")
    commands = parser.add_subparsers(dest="command", required=True)
    _lab.add_command(commands)
    options, passed_on = parser.parse_known_args(argv)
    return options.run(options, passed_on)


if __name__ == "__main__":
    sys.exit(main())
