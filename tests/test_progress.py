"""How far something is: said in a terminal and in a notebook, not in a pipe, and not of what takes a moment."""

import sys
import types

import pytest

from lstm_edu.core import progress


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]  # seconds
    monkeypatch.setattr(progress, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    return now


def terminal(monkeypatch, yes):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: yes, raising=False)


def told(clock, step=0.6):
    line = progress.Line()
    for n in range(5):
        line(n, 4, "layers compared")
        clock[0] += step


def test_in_a_terminal_one_line_is_written_over_once_a_second_has_passed(clock, monkeypatch, capsys):
    terminal(monkeypatch, True)
    told(clock)
    said = capsys.readouterr()
    assert said.err == "\rlayers compared: 2 of 4\rlayers compared: 3 of 4\rlayers compared: 4 of 4\n" and not said.out


def test_what_is_quick_says_nothing(clock, monkeypatch, capsys):
    terminal(monkeypatch, True)
    told(clock, step=0.1)
    assert capsys.readouterr().err == ""


def test_in_a_pipe_nothing_is_written(clock, monkeypatch, capsys):
    terminal(monkeypatch, False)
    told(clock)
    said = capsys.readouterr()
    assert said.err == "" and said.out == ""


def test_in_a_notebook_one_output_changes(clock, monkeypatch, capsys):
    shown = []
    handle = types.SimpleNamespace(update=lambda data, raw: shown.append(data["text/plain"]))

    def display(data, raw, display_id):
        shown.append(data["text/plain"])
        return handle

    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=display))
    told(clock)
    assert shown == [f"layers compared: {n} of 4" for n in (2, 3, 4)]
    assert capsys.readouterr().err == ""


def test_one_thing_after_another_is_counted_anew(clock, monkeypatch, capsys):
    terminal(monkeypatch, True)
    line = progress.Line()
    clock[0] = 2
    for words in ("mistakes", "pairs of mistakes"):
        for n in (1, 2):
            line(n, 2, words)
    assert capsys.readouterr().err == (
        "\rmistakes: 1 of 2\rmistakes: 2 of 2\n\rpairs of mistakes: 1 of 2\rpairs of mistakes: 2 of 2\n"
    )


def test_a_function_is_called_and_false_is_silent():
    assert progress.shown(print) is print
    assert progress.shown(False) is None
    assert isinstance(progress.shown(None), progress.Line)
