"""Answers as students write them: python -m benchmarks.exercises [SET ...] [--show] [--base PATH] [--docs]

Each set in benchmarks/answers is a file of blocks: "### exercise: NAME", "### wrong: the slip" or "### right: the
style", and the code. Every answer is checked as in a notebook. Printed per set: right answers accepted and refused,
wrong ones accepted, explained, told only a position or a form; stories judged true and false; seconds per check.

A story is judged by a person, who writes into answers/judged.json whether it is true: {"set/number": {"story": true}}.
--show lists every wrong answer with what is said about it. --base compares the time with another checkout's.

Sets a and b were available when the explanations were written. c to k were not: each was sealed until it was measured
once, and has been read since, so the next measurement needs a new one. docs/measurements.md keeps the first figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from . import machine, markdown

MARKERS = ("<!-- answers:begin -->", "<!-- answers:end -->")
ANSWERS = Path(__file__).resolve().parent / "answers"
JUDGED = ANSWERS / "judged.json"
RIGHT, WRONG = "right", "wrong"
EXPLAINED, POSITION, FORM, STOPPED = "explained", "position only", "form only", "stopped or empty"
ACCEPTED, REMARKED = "accepted", "accepted with a remark on its form"
# What is said about an answer that nothing explains: a place, or the form of what came back.
_PLACES = (" first at ", " differs first", "; the right one is ", "the right one ")
_FORMS = ("Your function returned", "has shape", "things; it has to return", "entries; ")


class Answer(NamedTuple):
    """One answer of a set: its number from 1, the exercise's name, right or wrong, what was done, the code."""

    number: int
    exercise: str
    kind: str
    done: str
    code: str


class Checked(NamedTuple):
    """What a check said, in how many seconds; `story` is the part of it that explains."""

    answer: Answer
    group: str
    story: str
    message: str
    seconds: float


def answers(path: Path) -> list[Answer]:
    """The blocks of a set."""
    found = []
    for block in path.read_text(encoding="utf-8").split("\n### exercise:")[1:]:
        name, _, rest = block.partition("\n")
        head, _, code = rest.partition("\n")
        kind, _, done = head.removeprefix("###").partition(":")
        found.append(Answer(len(found) + 1, name.strip(), kind.strip(), done.strip(), code.strip() + "\n"))
    return found


def checked(answer: Answer) -> Checked:
    """Run the code as a cell and check the function, as a notebook does."""
    import lstm_edu as le

    exercise = _exercise(answer.exercise)
    names: dict = {"np": np, "le": le}
    for before in exercise.answer[:-1]:  # what the course's cells above have defined
        names[before.__name__] = before
    exec(compile(answer.code, "<cell>", "exec"), names)
    exercise.reset()
    with _recorded() as found:
        start = time.perf_counter()
        result = exercise.check(names[answer.exercise], keras=False)
        seconds = time.perf_counter() - start
    story = found[-1].sentence if found else ""
    return Checked(answer, _group(result, story), story, result.message, seconds)


@contextmanager
def _recorded() -> Iterator[list]:
    """What the explainers find, in a list; an older checkout has none and only its times are asked for."""
    from lstm_edu.exercises import exercise as module

    explained, found = getattr(module, "explained", None), []

    def recording(*arguments, **more):
        what = explained(*arguments, **more)
        if what is not None:
            found.append(what)
        return what

    if explained is not None:
        module.explained = recording
    try:
        yield found
    finally:
        if explained is not None:
            module.explained = explained


# Exercises whose names have changed: what a set, or an older checkout, calls them.
_NAMES = (
    ("count", "parameter_count"),
    ("masks", "masked_lstm"),
    ("global_clip", "clip_together"),
    ("embedding_rows", "update_rows"),
)


def _exercise(name: str):
    import lstm_edu as le

    known = le.exercises.names()
    others = [n for pair in _NAMES if name in pair for n in pair]
    return le.exercises.get(next(n for n in (name, *others) if n in known))


def _group(result, story: str) -> str:
    if result.status == "correct":
        return REMARKED if result.notes or getattr(result, "remark", "") else ACCEPTED  # older ones have no remarks
    if story or result.message.startswith("The numbers are right"):
        return EXPLAINED
    if result.message.startswith(("Your function stopped", "Your function returns nothing")):
        return STOPPED
    if any(place in result.message for place in _PLACES):
        return POSITION
    return FORM if any(form in result.message for form in _FORMS) else EXPLAINED


def run(paths: list[Path]) -> Iterator[Checked]:
    for path in paths:
        for answer in answers(path):
            yield checked(answer)


# --- judging --------------------------------------------------------------------------------------------------------


def judged(path: Path, one: Checked, judgements: dict) -> bool | None:
    return judgements.get(f"{path.stem}/{one.answer.number}", {}).get(one.story)


# --- reporting ------------------------------------------------------------------------------------------------------


def row(path: Path, all_checked: list[Checked], judgements: dict) -> list[str]:
    right = [c for c in all_checked if c.answer.kind == RIGHT]
    wrong = [c for c in all_checked if c.answer.kind == WRONG]
    groups = Counter(c.group for c in wrong)
    told = [judged(path, c, judgements) for c in wrong if c.group == EXPLAINED]
    seconds = sorted(c.seconds for c in wrong)
    refused = sum(c.group not in (ACCEPTED, REMARKED) for c in right)
    numbers = (len(right), refused, len(wrong), groups[ACCEPTED], groups[REMARKED], groups[EXPLAINED])
    share = (groups[EXPLAINED] + groups[REMARKED]) / len(wrong)
    return [
        path.stem,
        *map(str, numbers),
        f"{share:.1%}",
        f"{told.count(True)}, {told.count(False)}, {told.count(None)}",
        f"{median(seconds):.2f}, {median(seconds[-max(len(seconds) // 10, 1) :]):.2f}",
    ]


HEADER = (
    "set",
    "right",
    "refused",
    "wrong",
    "accepted",
    "right numbers, a remark",
    "explained",
    "with remarks",
    "stories true, false, not judged",
    "seconds: median, slowest tenth",
)


def show(path: Path, all_checked: list[Checked], judgements: dict) -> str:
    lines = []
    for c in all_checked:
        if c.answer.kind == RIGHT and c.group in (ACCEPTED, REMARKED):
            continue
        verdict = {True: "judged true", False: "JUDGED FALSE", None: "not judged"}[judged(path, c, judgements)]
        lines += [
            f"{path.stem}/{c.answer.number} {c.answer.exercise} ({c.answer.kind}): {c.answer.done}",
            f"    {c.group}{f' [{verdict}]' if c.group == EXPLAINED else ''} {c.seconds:.2f} s: {c.story or c.message}",
        ]
    return "\n".join(lines)


def ratios(mine: list[Checked], base: list[float]) -> str:
    """Times of this checkout against those of another, answer by answer."""
    pairs = [(c.seconds, b) for c, b in zip(mine, base, strict=True) if c.answer.kind == WRONG]
    each = sorted(a / b for a, b in pairs)
    slow = max(len(pairs) // 10, 1)
    now, before = (median(sorted(times)[-slow:]) for times in zip(*pairs, strict=True))
    return (
        f"against the other checkout: median of the ratios {median(each):.2f}, "
        f"slowest tenth {now:.2f} s against {before:.2f} s ({now / before:.2f})."
    )


def _seconds_of(base: Path, path: Path) -> list[float]:
    """The same set, checked by another checkout in a separate process."""
    program = (
        "import importlib.util as u, json, sys; from pathlib import Path; "
        f"s = u.spec_from_file_location('benchmarks.exercises', {str(Path(__file__).resolve())!r}); "
        "m = sys.modules[s.name] = u.module_from_spec(s); s.loader.exec_module(m); "
        "print(json.dumps([c.seconds for c in m.run([Path(sys.argv[1])])]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(base)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env=environment,
        cwd=base,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exercises", description=__doc__)
    parser.add_argument(
        "sets", nargs="*", metavar="SET", help="names of sets, or files; all of benchmarks/answers if none"
    )
    parser.add_argument("--show", action="store_true", help="also list what is said about each answer")
    parser.add_argument("--base", type=Path, help="another checkout, for the ratio of the times")
    parser.add_argument("--docs", action="store_true", help=f"also write the table into {markdown.PAGE.name}")
    options = parser.parse_args(arguments)
    load = machine.load()
    if options.docs:
        machine.must_be_quiet(load)
    paths = [ANSWERS / f"{name}.txt" if "/" not in name else Path(name) for name in options.sets]
    judgements = json.loads(JUDGED.read_text(encoding="utf-8")) if JUDGED.exists() else {}
    rows, times = [], []
    for path in paths or sorted(ANSWERS.glob("*.txt")):
        done = list(run([path]))
        if options.show:
            print(show(path, done, judgements))
        rows.append(row(path, done, judgements))
        if options.base:
            times.append(f"{path.stem}: {ratios(done, _seconds_of(options.base.resolve(), path))}")
    said = "\n\n".join([markdown.table(HEADER, rows), *times, machine.description(load)[0]])
    print(said)
    if options.docs:
        markdown.write_down(said, *MARKERS)


if __name__ == "__main__":
    main()
