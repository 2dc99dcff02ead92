"""At the end of a run: how long each notebook took, how much memory its kernel needed, and how easily it reads."""

from collections.abc import Iterator

import forking
import pytest
import running

EASE = "ease"  # of reading: the property that tests/notebooks/test_prose.py records


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the first test that asks for the run of a notebook, those of all that were selected begin.

    A worker of pytest-xdist knows all tests, but not which will be its own: there each run begins with its test.
    """
    if running.begun() or not asks(item):
        return
    if forking.FORKS:
        forking.warm()
    if hasattr(item.config, "workerinput"):
        return
    asked = (one.callspec.params for one in item.session.items if asks(one))
    running.begin(dict.fromkeys((one["path"], one.get("forked", forking.FORKS)) for one in asked))


def asks(item: pytest.Item) -> bool:
    """Whether a test looks at the run of a notebook."""
    return (
        item.path.parent == running.HERE
        and item.get_closest_marker("notebooks") is not None
        and "path" in getattr(item, "fixturenames", ())
    )


def pytest_sessionfinish() -> None:
    running.forget()


def measurements(terminalreporter) -> Iterator[tuple[str, float, int | None]]:
    """Name, seconds and peak MB of every notebook that ran to its end."""
    for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", []):
        found = dict(report.user_properties)
        if report.when == "call" and "notebook" in found:
            yield found["notebook"], found["seconds"], found["peak_mb"]


def pytest_terminal_summary(terminalreporter) -> None:
    rows = sorted(measurements(terminalreporter))
    if rows:
        terminalreporter.section("notebooks, two at a time")
    for name, seconds, peak_mb in rows:
        memory = "not measured" if peak_mb is None else f"{peak_mb:5d} MB at the peak"
        terminalreporter.write_line(f"{name:<40}{seconds:6.1f} s   {memory}")

    judged = [
        dict(r.user_properties)["adequacy"]
        for r in terminalreporter.stats.get("passed", [])
        if "adequacy" in dict(r.user_properties)
    ]
    if judged:
        terminalreporter.section("comparisons with Keras: of how many it was measured what they would have caught")
    for name, known, compared in sorted(judged):
        terminalreporter.write_line(f"{name:<40}{known:4d} of {compared}")

    eases = [
        dict(r.user_properties)[EASE]
        for r in terminalreporter.stats.get("passed", [])
        if EASE in dict(r.user_properties)
    ]
    if eases:
        terminalreporter.section("reading ease (Flesch: 60 and more is plain English)")
    for name, ease in sorted(eases):
        terminalreporter.write_line(f"{name:<40}{ease:6.0f}")
