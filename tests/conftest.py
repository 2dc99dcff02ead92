"""What all tests share: quiet libraries, an order that tells early of a broken thing, and a list of where time went."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

# Before anything imports them: TensorFlow says errors only and computes as in a learner's kernel (benchmarks, which
# some tests import, would leave oneDNN on for all that follow), and matplotlib needs no screen.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("MPLBACKEND", "agg")

# The same examples in every run: what fails on one machine fails on the next. A slow machine is not a failure.
hypothesis.settings.register_profile("lstm_edu", derandomize=True, deadline=None)
hypothesis.settings.load_profile("lstm_edu")


def pytest_configure(config: pytest.Config) -> None:
    """On other backends than TensorFlow, Keras's own variables speak an older dialect of NumPy's, and warn of it."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        config.addinivalue_line(
            "filterwarnings", "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what takes milliseconds first, then the notebooks, then the browser.

    A browser on a busy machine may miss a moment: its tests get two more tries, and pytest says so.
    """
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))
    items.sort(key=lambda item: ("notebooks" in item.keywords) + 2 * ("browser" in item.keywords))


def pytest_terminal_summary(terminalreporter) -> None:
    """Seconds per file, the longest first. They are measured, not judged: no test fails because of the clock."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.location[0]] += report.duration
    long = [(file, took) for file, took in seconds.most_common() if took >= 1]
    if long:
        terminalreporter.section("seconds per file (those of a second or more)")
    for file, took in long:
        terminalreporter.write_line(f"{file:<50}{took:7.1f}")


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C interrupts, as in a terminal: whatever runs in the background was told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT
