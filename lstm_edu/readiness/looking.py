"""Everything that is checked, and what is said about it."""

import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from lstm_edu.kernels import why_not
from lstm_edu.readiness import hub, kernel, machine, software

_GIGA = 1e9
_ONE_NOTEBOOK = 0.7e9  # bytes that a kernel takes with Keras, a fit and figures: docs/classroom.md
_LITTLE_DISK, _NO_DISK = 500e6, 20e6


class Problem(NamedTuple):
    """What stops the course here, and what to do."""

    what: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.what[:1].upper()}{self.what[1:]}. {self.next_step}"


class Readiness(NamedTuple):
    """What was found. facts: for a program, in SI units. problems: they stop the course. advice: they do not."""

    facts: dict[str, Any]
    problems: list[Problem]
    advice: list[Problem]

    @property
    def ready(self) -> bool:
        return not self.problems

    def line(self) -> str:
        """One line, to read out."""
        f = self.facts
        versions, memory = f["versions"], f["memory"]
        software = [f"lstm-edu {versions.get('lstm-edu', '?')}", f"Python {versions['python']}"]
        software += [f"{shown} {versions[name]}" for name, shown in _READ_OUT.items() if name in versions]
        if f["keras"].get("backend"):
            software[-1] += f" on {f['keras']['backend']}"
        here = [f["where"] + (f" {f['hub']}" if f["hub"] else ""), f["system"], f"{f['processors']:g} processors"]
        of = memory["limit"] or memory["total"]
        here.append(f"{memory['free'] / _GIGA:.1f} of {of / _GIGA:.1f} GB of memory free")
        here.append(f"{f['disk_free'] / _GIGA:.1f} GB of disk free")
        took = [f"{_STEPS[name]} {seconds:.1f} s" for name, seconds in f["kernel"]["seconds"].items()]
        verdict = "Ready" if self.ready else f"Not ready, {len(self.problems)} to fix"
        parts = [", ".join(software), ", ".join(here), ", ".join(took)]
        return f"{'✓' if self.ready else '✗'} {verdict}: {'; '.join(filter(None, parts))}"

    def to_dict(self) -> dict[str, Any]:
        """For --json."""
        return {"ready": self.ready, "line": self.line(), **self.facts} | {
            name: [problem._asdict() for problem in getattr(self, name)] for name in ("problems", "advice")
        }


_STEPS = {"start": "kernel", "explorer": "explorer", "keras": "Keras"}
_READ_OUT = {"jupyterlab": "JupyterLab", "anywidget": "anywidget", "keras": "Keras"}


def look(folder: Path, hub_address: str | None = None, port: str | None = None) -> Readiness:
    """Check everything.

    Args:
        folder: where the notebooks are saved. hub_address: a hub that must answer; if None, the one that this server
            belongs to. port: why the port that the teacher names cannot be used, if so.
    """
    where = hub.where()
    help_ = _helper(where)
    problems: list[Problem] = []
    advice: list[Problem] = []
    if port is not None:
        problems.append(Problem(port, "Choose another --port, or stop what uses this one"))

    versions, wrong = software.versions(), software.trouble()
    problems += [Problem(what, help_) for what in wrong]
    problems += [Problem(f"JupyterLab does not find its part of {name}, so explorers stay empty", help_)
                 for name in software.missing_extensions()]  # fmt: skip

    api, hub_version = hub.address(hub_address), None
    if api is not None:
        try:
            hub_version = hub.version(api)
        except OSError as error:
            said = f"the hub at {api.removesuffix('/hub/api')} cannot be reached: {error}"
            problems.append(Problem(said, "Check the address and the network; if both are right, the hub is down: tell "
                                    "your teacher"))  # fmt: skip

    room = _disk(folder, problems, advice)
    memory, processors = machine.memory(), machine.processors()
    if 0 < memory.free < _ONE_NOTEBOOK:
        close = "Close other notebooks (Kernel → Shut Down All Kernels) and programs"
        what = f"only {memory.free / _GIGA:.1f} GB of memory is free, and a notebook with Keras takes 0.3 to 0.7"
        advice.append(Problem(what, close))

    tried = None
    if room:  # a kernel writes files
        tried = kernel.try_one()
        problems += _of_kernel(tried, help_)
    forks = why_not()
    facts = {
        "where": where,
        "hub": hub_version,
        "system": _system(),
        "versions": versions,
        "processors": processors,
        "memory": memory._asdict(),
        "disk_free": machine.disk_free(folder),
        "kernel": {"seconds": tried.seconds if tried else {}, "forks": forks is None, "why_not": forks},
        "widget": bool(tried and tried.widget),
        "keras": tried.keras if tried else {},
    }
    return Readiness(facts, problems, advice)


def _helper(where: str) -> str:
    """What to do about an environment in which something is missing."""
    if where == "computer":
        return f"In the folder of README.md, run: {sys.executable} -m pip install -r requirements.txt"
    return f"Show your teacher this line: the environment of this {where}'s servers has to be rebuilt"


def _disk(folder: Path, problems: list[Problem], advice: list[Problem]) -> bool:
    """Whether what Jupyter writes can be written: notebooks, and what connects to kernels."""
    from jupyter_core.paths import jupyter_runtime_dir

    runtime = Path(jupyter_runtime_dir())
    room = True
    for what, where in (("notebooks", folder), ("connections to kernels", _existing(runtime))):
        trouble = machine.write_trouble(where)
        free = machine.disk_free(where)
        if trouble is None and free < _NO_DISK:
            trouble = "the disk is full"
        if trouble is not None:
            said = f"no {what} can be saved in {where}: {trouble} ({free / 1e6:.0f} MB free)"
            full = "full" in trouble
            step = "Delete files that you no longer need, and empty the bin" if full else "Use a folder that is yours"
            problems.append(Problem(said, step))
            room = False
        elif free < _LITTLE_DISK:
            advice.append(Problem(f"only {free / 1e6:.0f} MB of disk is left for {what}", "Delete what you don't need"))
    return room


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _of_kernel(tried: kernel.Kernel, help_: str) -> list[Problem]:
    if tried.trouble is not None:
        killed = "killed" in tried.trouble
        step = "Close other notebooks and programs, then try again" if killed else help_
        return [Problem(tried.trouble, step)]
    found = []
    if not tried.widget:
        found.append(Problem("an explorer is shown as text only", help_))
    if not tried.keras["agrees"]:
        said = f"Keras on {tried.keras['backend']} and lstm_edu give different numbers here: {tried.keras['said']}"
        found.append(Problem(said, "Please report it, with what --json prints"))
    return found


def _system() -> str:
    names = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
    return names.get(sys.platform, sys.platform) + (" (a container)" if os.path.exists("/.dockerenv") else "")
