"""The benchmarks run, and compare like with like. How fast anything is, is not tested: that depends on the machine."""

import numpy as np
import pytest

import lstm_edu as le
from benchmarks import __main__ as command
from benchmarks import explorer_ratios, explorers, kernels, machine, markdown, memory, ratios, report, timing
from benchmarks.contenders import KERAS, ONNX, RECORDED, TORCH, Contender, Problem, Size, check_equal, forward


def test_a_table_has_straight_columns():
    assert markdown.table(["what", "ms"], [["a", "1.25"], ["a longer one", "2"]]).splitlines() == [
        "| what         |   ms |",
        "| ------------ | ---: |",
        "| a            | 1.25 |",
        "| a longer one |    2 |",
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0141, "0.014"), (0.1, "0.10"), (0.994, "0.99"), (13.81, "13.8"), (116.2, "116")]
)
def test_numbers_keep_the_digits_that_count(value, text):
    assert markdown.digits(value) == text


def test_only_what_stands_between_the_markers_changes():
    page = f"before\n{markdown.BEGIN}\nold\n{markdown.END}\nafter\n"
    once = markdown.put_between_markers(page, "new\n")
    assert once == f"before\n{markdown.BEGIN}\n\nnew\n\n{markdown.END}\nafter\n"
    assert markdown.put_between_markers(once, "new") == once


@pytest.mark.parametrize(
    "page",
    [
        "no markers",
        markdown.BEGIN,
        f"{markdown.END} {markdown.BEGIN}",
        f"{markdown.BEGIN} {markdown.END} {markdown.BEGIN} {markdown.END}",
    ],
)
def test_missing_or_doubled_markers_are_refused(page):
    with pytest.raises(ValueError, match="exactly|must be one"):
        markdown.put_between_markers(page, "new")


@pytest.mark.parametrize(
    ("markers", "page"),
    [
        ((markdown.BEGIN, markdown.END), markdown.PAGE),
        (explorers.MARKERS, markdown.PAGE),
        (explorer_ratios.MARKERS, markdown.PAGE),
        (ratios.MARKERS, markdown.PAGE),
        (kernels.COURSE_MARKERS, markdown.PAGE),
        (kernels.MARKERS, markdown.CLASSROOM),
    ],
)
def test_the_page_has_the_markers(markers, page):
    text = page.read_text(encoding="utf-8")
    assert markdown.put_between_markers(text, "new", *markers) != text


def test_a_ratio_is_taken_round_by_round():
    ours, theirs = timing.Timings(np.array([1.0, 4.0, 9.0])), timing.Timings(np.array([2.0, 4.0, 3.0]))
    ratio = ours.over(theirs)  # 0.5, 1, 3: the ratio of the medians would be 4/3
    assert (ratio.low, ratio.median, ratio.high) == (0.75, 1.0, 2.0)
    assert ratio.best == 0.5
    assert ours.spread == (4.0, 2.5, 6.5, 1.0)


def test_contenders_take_turns_and_nobody_is_always_first(monkeypatch):
    said = []
    monkeypatch.setattr(timing, "_wait_for_idle_threads", lambda: said.append("|"))
    contenders = {name: lambda name=name: said.append(name) for name in "abc"}
    found = timing.in_turns(contenders, rounds=3, block=1e-9)
    turns = [turn[0] for turn in "".join(said).split("|")[1:]]
    assert turns == [*"abc", *"bca", *"cab"]
    assert {name: len(t.seconds) for name, t in found.items()} == {"a": 3, "b": 3, "c": 3}


def test_a_busy_machine_is_warned_of():
    assert machine.busy(1.9, 2)
    assert machine.busy(0.1, 2) is None
    assert machine.busy(None, 2) is None  # Windows does not say


def test_a_contender_that_computes_something_else_is_refused():
    right = np.random.default_rng(0).normal(size=(2, 3, 4))
    swapped = right[..., [1, 0, 2, 3]]
    check_equal({KERAS: Contender(lambda: right, np.asarray), "same": Contender(lambda: right + 1e-9, np.asarray)})
    with pytest.raises(AssertionError, match="swapped differs from Keras"):
        check_equal({KERAS: Contender(lambda: right, np.asarray), "swapped": Contender(lambda: swapped, np.asarray)})
    with pytest.raises(AssertionError, match="shape"):
        check_equal({KERAS: Contender(lambda: right, np.asarray), "flat": Contender(lambda: right, np.ravel)})


@pytest.mark.parametrize(("name", "modules"), [(TORCH, ["torch"]), (ONNX, ["onnx", "onnxruntime"])])
def test_the_other_libraries_get_the_same_layer(name, modules):
    for module in modules:
        pytest.importorskip(module)
    problem = Problem(Size(2, 3, 4, 5))
    found = forward(problem, only=(name,))[name]
    np.testing.assert_allclose(found.numbers(found.call()), problem.layer(problem.x), rtol=1e-5, atol=1e-6)


def test_a_trace_keeps_no_more_memory_alive_than_it_was_asked_to_keep():
    """Also what `layer(x)` returns: not the scan's memory of which it once was a piece."""
    problem = Problem(Size(16, 80, 8, 24))  # large enough that Python's own objects hardly count
    found = memory.footprints(problem)
    last = problem.layer.copy(return_sequences=False)
    last.build((None, None, 8))
    found["last"] = memory.footprint(lambda: last.trace(problem.x, keep="c"), lambda trace: [trace.c])
    for call, footprint in found.items():
        assert footprint.held < 1.3 * footprint.asked, call
    assert found["trace(x)"].peak < report.PEAK_GOAL * found["trace(x)"].asked


def test_everything_runs_once(capsys, tmp_path, monkeypatch):
    page = tmp_path / "measurements.md"
    page.write_text(f"{markdown.BEGIN}\n{markdown.END}\n", encoding="utf-8")
    monkeypatch.setattr(markdown, "PAGE", page)
    monkeypatch.setattr(machine, "load", lambda: 0.0)
    monkeypatch.setattr(report, "QUICK", report.TINY)
    command.main(["--quick", "--docs"])

    printed = capsys.readouterr().out
    for expected in (RECORDED, KERAS, "2x3x4 -> 5", "train", "predict", "8x2x16 -> 32", "8x50x16 -> 3", "Threads: "):
        assert expected in printed
    for name in le.LSTM.quantities:
        assert f"| {name} " in printed
    for line in filter(None, printed.splitlines()):
        assert line in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("program", [command, explorers, kernels])
def test_a_busy_machine_writes_nothing_down(program, monkeypatch):
    monkeypatch.setattr(machine, "load", lambda: 7.5)
    with pytest.raises(SystemExit, match=r"busy with other work when this run began \(load 7.5"):
        program.main(["--docs"])


def test_ratios_run_both_checkouts_and_hold_their_answers_together(root):
    found = ratios.measured(root, ["stack", "pairs"], 1, "small")
    said = ratios.text(found)
    assert said.count("unexplained, then and now") == 2 and "1/6" in said and "1/4" in said
    for old, new in found.values():
        assert old[0]["seconds"] > 0 and new[0]["peak"] > 20
    found["stack"][1][0]["answer"] = "cause"
    assert "**stack: unexplained then, cause now.**" in ratios.text(found)


def test_ratios_notice_that_other_code_was_run(root, tmp_path):
    with pytest.raises(RuntimeError, match="another lstm_edu was imported|failed in"):
        ratios.run_task("stack", tmp_path, "small", tmp_path)


def test_ratios_of_a_busy_machine_are_not_written_down(monkeypatch):
    monkeypatch.setattr(machine, "load", lambda: 9.0)
    with pytest.raises(SystemExit, match="busy with other work"):
        ratios.main(["--base", ".", "--docs"])
