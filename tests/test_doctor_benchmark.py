"""benchmarks.doctor: runs, writes its tables, and counts rightly. How good its figures are, is measured there."""

import numpy as np
import pytest
from helpers import rng_of

import lstm_edu as le
from benchmarks import by_hand, doctor, markdown

TINY = doctor.Plan(single=6, by_hand=4, pairs=2, unexplained=4, scalars=4, speed=False)


def test_everything_runs_once_and_is_written_between_its_markers(capsys, tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text("\n".join(["before", *doctor.MARKERS, "after"]), encoding="utf-8")
    monkeypatch.setattr(doctor, "README", readme)
    doctor.main(["--quick", "--readme"], TINY)
    printed = capsys.readouterr().out
    page = readme.read_text(encoding="utf-8")
    assert printed.strip() in page and page.startswith("before") and page.endswith("after")
    for expected in (
        "one mistake",
        "two mistakes",
        "a single number",
        "does not import it",
        f"{len(le.mistakes())} mis",
    ):
        assert expected in printed


def test_the_readme_has_the_markers(root):
    page = (root / "README.md").read_text(encoding="utf-8")
    assert "python -m benchmarks.doctor" in page
    assert markdown.put_between_markers(page, "new", *doctor.MARKERS) != page


def plain(seed):
    """A plain LSTM of 5 units on 7 timesteps, every second one with initial states."""
    rng = rng_of(seed)
    layer = doctor.with_random_weights(le.LSTM(5, return_sequences=True), (None, None, 3), rng)
    start = [rng.standard_normal((3, 5)).astype("float32") for _ in "hc"] if seed % 2 else None
    return doctor.Case(layer, rng.standard_normal((3, 7, 3)).astype("float32"), None, start)


def test_without_a_mistake_the_loop_written_by_hand_is_the_layer():
    for seed in (0, 1):
        case = plain(seed)
        le.compare(doctor.written_by_hand(case, by_hand.Call())[0], case.right[0]).check()


@pytest.mark.parametrize("id", by_hand.LISTED)
def test_a_mistake_written_by_hand_is_the_catalogues(id):
    for seed in (0, 1):
        case = plain(seed)
        found = case.diagnose(doctor.written_by_hand(case, by_hand.LISTED[id]), pairs=False)
        names = [name for candidate in found.candidates for name in (candidate.id, *candidate.same_as)]
        assert id in names, found


@pytest.mark.parametrize("name", by_hand.UNLISTED)
def test_what_is_called_unlisted_is_not_in_the_catalogue(name):
    for seed in (0, 1):
        case = plain(seed)
        wrong = doctor.written_by_hand(case, by_hand.UNLISTED[name])
        assert not le.compare(wrong[0], case.right[0])
        found = case.diagnose(wrong, pairs=False)
        assert found.cause is None and not found.candidates


def test_what_is_counted():
    case = plain(0)
    wrong = doctor.written_by_hand(case, by_hand.LISTED["bias-twice"])
    score = doctor.Score()
    score.add(0, ("bias-twice",), case.diagnose(wrong, pairs=False))
    assert (score.cases, score.alone, score.first, score.named, score.missed) == (1, 1, 1, 1, [])
    score.add(1, ("bias-missing",), case.diagnose(wrong, pairs=False))  # another answer than the truth
    assert (score.cases, score.alone, score.first, score.named) == (2, 1, 1, 1)
    assert score.missed == ["1: bias-missing: cause bias-twice"]
    noise = [y + rng_of(0).normal(scale=0.1, size=y.shape).astype("float32") for y in case.right]
    assert np.isfinite(noise[0]).all() and case.diagnose(noise, pairs=False).cause is None
