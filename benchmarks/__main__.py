"""python -m benchmarks [--quick] [--readme]"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import benchmarks

from . import machine, markdown, report

README = Path(__file__).resolve().parents[1] / "README.md"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and points: under a minute, and less exact")
    parser.add_argument("--readme", action="store_true", help=f"also write the report into {README.name}")
    options = parser.parse_args(arguments)

    load = machine.load()  # before this run adds to it
    plan = report.QUICK if options.quick else report.FULL
    measured = report.measure(plan, say=lambda what: print(f"... {what}", file=sys.stderr))
    written = report.write(plan, load, measured)
    print(written)
    if options.readme:
        text = README.read_text(encoding="utf-8")
        README.write_text(markdown.put_between_markers(text, written.folded), encoding="utf-8")


if __name__ == "__main__":
    main()
