"""benchmarks.doctor: runs, writes its tables, and counts rightly. How good its figures are, is measured there."""

import dataclasses

import numpy as np
import pytest
from helpers import rng_of

import lstm_edu as le
from benchmarks import by_hand, doctor, family_mistakes, markdown

TINY = doctor.Plan(single=6, by_hand=4, pairs=2, unexplained=4, unexplained_pairs=2, scalars=4, speed=False)


def test_everything_runs_once_and_is_written_between_its_markers(capsys, tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("\n".join(["before", *doctor.MARKERS, "after"]), encoding="utf-8")
    monkeypatch.setattr(doctor, "PAGE", page)
    doctor.main(["--quick", "--docs"], TINY)
    printed = capsys.readouterr().out
    page = page.read_text(encoding="utf-8")
    assert printed.strip() in page and page.startswith("before") and page.endswith("after")
    for expected in (
        "one mistake",
        "two mistakes",
        "a single number",
        "does not import it",
        f"{len(le.mistakes())} mis",
    ):
        assert expected in printed


def test_the_page_has_the_markers_and_readme_names_it(root):
    page = (root / "docs" / "measurements.md").read_text(encoding="utf-8")
    assert "python -m benchmarks.doctor" in page
    assert markdown.put_between_markers(page, "new", *doctor.MARKERS) != page
    assert "docs/measurements.md" in (root / "README.md").read_text(encoding="utf-8")


def test_a_run_goes_on_where_it_was(tmp_path):
    asked = []

    def one(seed):
        asked.append(seed)
        return None if seed == 1 else doctor.Outcome(seed, "bias-twice", "cause bias-twice", first=seed == 2)

    first = doctor.measure(2, 0, doctor.Log(tmp_path, "part"), one)
    again = doctor.measure(3, 0, doctor.Log(tmp_path, "part"), one)
    assert asked == [0, 1, 2, 3] and [o.seed for o in first.outcomes] == [0, 2]
    assert [o.seed for o in again.outcomes] == [0, 2, 3] and again.count("first") == 1


# Random stacks seldom have two layers of one shape, or two of different kinds that keep it; none is a graph.
SELDOM = ("layers-exchanged", "layer-order", "model-input", "part-of-keras")


@pytest.mark.parametrize("family", [f for f in family_mistakes.FAMILIES if f not in SELDOM])
def test_a_mistake_of_each_family_is_made_and_found(family):
    """In one layer or another; one that shows too little is not a case."""
    found = 0
    for seed in range(60):
        rng = rng_of(seed)
        case = doctor.random_case(rng)
        if family == "padding-side" and case.x.ndim == 3:
            case.x[:, :1] = 0
        outputs = case.right
        shown = [y.astype(np.float64) for y in outputs]
        member = family_mistakes.random_member(case.recipe(np.float64), shown, rng, family)
        wrong = None if member is None else family_mistakes.made(case.recipe(np.float64), *member)
        if wrong is None or doctor.same(wrong, outputs):
            continue
        said = doctor.outcome(seed, case, (doctor.Made(*member),), case.diagnose(wrong, pairs=False))
        found += said.first
        if found > 1:
            return
    assert found > 1


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
    found = case.diagnose(wrong, pairs=False)
    right, other = (doctor.outcome(k, case, (id,), found) for k, id in enumerate(("bias-twice", "bias-missing")))
    assert (right.alone, right.first, right.named) == (True, True, True)
    assert (other.alone, other.first, other.named) == (False, False, False)
    score = doctor.Score([right, other])
    assert (score.cases, score.count("first")) == (2, 1)
    assert score.missed == ["1: bias-missing: cause bias-twice"]
    twice = doctor.Made(dataclasses.replace(le.mistakes()["bias-twice"], id="another-name"), ())
    assert doctor.outcome(2, case, (twice,), found).first  # the same computation
    noise = [y + rng_of(0).normal(scale=0.1, size=y.shape).astype("float32") for y in case.right]
    assert np.isfinite(noise[0]).all() and case.diagnose(noise, pairs=False).cause is None
