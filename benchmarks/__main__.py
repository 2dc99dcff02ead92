"""python -m benchmarks [--quick] [--docs]"""

from __future__ import annotations

import argparse
import sys

import benchmarks

from . import machine, markdown, report


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and points: under a minute, and less exact")
    parser.add_argument("--docs", action="store_true", help=f"also write the report into {markdown.PAGE.name}")
    options = parser.parse_args(arguments)

    load = machine.load()  # before this run adds to it
    if options.docs:
        machine.must_be_quiet(load)
    plan = report.QUICK if options.quick else report.FULL
    measured = report.measure(plan, say=lambda what: print(f"... {what}", file=sys.stderr))
    written = report.write(plan, load, measured)
    print(written)
    if options.docs:
        markdown.write_down(written.folded)


if __name__ == "__main__":
    main()
