"""What 00_start_here says in words about its digit, its four units and the reader's computer."""

import contextlib
import io
from pathlib import Path

import nbformat
import numpy as np
import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "00_start_here.ipynb"


@pytest.fixture(scope="module")
def start_here() -> dict:
    """The variables of the notebook after its last cell."""
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{NOTEBOOK.name}, {cell.id}", "exec"), names)
    return names


def cell(name: str) -> str:
    """A cell's source, by its id."""
    cells = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT).cells
    return next(cell.source for cell in cells if cell.id == name)


@pytest.mark.parametrize(
    ("python_fits", "missing", "says"),
    [
        (True, [], "Everything is there: Python"),
        (True, ["tensorflow"], "Everything except the comparisons with Keras will run."),
        (True, ["keras", "tensorflow"], "-m pip install -r requirements.txt"),
        (True, ["lstm-edu"], "start it again with the command in the README"),
        (False, [], "install Python 3.13"),
    ],
)
def test_the_verdict_on_the_computer(start_here, capsys, python_fits, missing, says):
    installed = {name: None if name in missing else "1.0" for name in start_here["names"]}
    exec(cell("verdict"), start_here | {"python_fits": python_fits, "installed": installed})
    assert says in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "numpy"])
def test_what_keras_computes_on_is_looked_for_and_nothing_else(monkeypatch, backend):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    exec(cell("versions"), names := {})
    assert names["names"].count(backend) == 1
    assert {"tensorflow", "jax"} & set(names["names"]) == {backend} - {"numpy"}


def test_a_course_on_jax_that_lacks_it_is_told_what_to_install(monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    exec(cell("versions"), names := {})
    exec(cell("verdict"), names | {"python_fits": True, "installed": dict.fromkeys(names["names"][:-1], "1.0")})
    assert '-m pip install -c constraints.txt -e ".[course-jax]"' in capsys.readouterr().out


def test_the_digit_is_a_seven_with_its_bar_in_row_4(start_here):
    digits = start_here["digits"]
    assert digits.class_names[digits.y_train[start_here["number"]]] == "7"
    assert start_here["image"].sum(axis=1).argmax() == 4
    assert len(digits.x_train) + len(digits.x_test) == 1797
    assert len(digits.x_train) == 1286 + 1  # "a number from 0 to 1286"
    long_row = (digits.x_train.sum(axis=2) > 4.2).any(axis=1)
    assert 0.2 < long_row.mean() < 0.3  # "about a quarter of them do"


def test_unit_0_adds_up_and_unit_1_keeps_the_current_row_only(start_here):
    trace, ink = start_here["trace"], start_here["image"].sum(axis=1)
    assert (np.diff(trace.c[0, :, 0]) > 0).all()
    np.testing.assert_allclose(trace.c[0, :, 1], np.tanh(ink / 10), atol=0.02)
    one, other = trace.weights[0][:, :2], trace.weights[1][:, :2]
    assert (one[:, 0] == one[:, 1]).all() and (other[:, 0] == other[:, 1]).all()
    biases = trace.weights[2].reshape(4, 4)
    assert np.flatnonzero(biases[:, 0] != biases[:, 1]).tolist() == [1]  # they differ in the forget gate's bias only


def test_the_memory_of_the_exercise_is_unit_0_or_unit_1(start_here):
    memory = start_here["le"].exercises.memory.solution().function
    trace = start_here["trace"]
    for unit, keep in ((0, 0.982), (1, 0.018)):
        offered = trace.i[0, :, unit] * trace.g[0, :, unit]
        np.testing.assert_allclose(memory(offered, keep), trace.c[0, :, unit], atol=1e-3)


def test_unit_2_forgets_at_the_bar_and_nowhere_else(start_here):
    f = start_here["trace"].f[0, :, 2]
    assert f[4] < 0.02 and (np.delete(f, 4) > 0.97).all()


def test_unit_3_writes_the_first_row_and_keeps_it_with_a_little_fading(start_here):
    trace = start_here["trace"]
    assert trace.i[0, 0, 3] > 0.98 and (trace.i[0, 1:, 3] < 0.001).all()
    c = trace.c[0, :, 3]
    assert (np.diff(c) < 0).all() and c[-1] > 0.85 * c[0]


def test_the_explorer_ends_where_the_last_sentence_put_it(start_here):
    explorer = start_here["explorer"]
    assert (explorer.t, explorer.unit, explorer.highlight) == (1, 3, "i")


def test_a_leaking_staircase_stays_low_and_goes_down_at_the_end(start_here):
    """The second thing to try: a bias of 1 opens the forget gate to about 0.73."""
    kernel, recurrent_kernel, bias = (w.copy() for w in start_here["trace"].weights)
    bias[4] = 1
    layer = start_here["le"].LSTM(4)
    layer.build((None, 8, 8))
    layer.set_weights([kernel, recurrent_kernel, bias])
    trace = layer.trace(start_here["image"][np.newaxis])
    np.testing.assert_allclose(trace.f[0, :, 0], 0.73, atol=0.005)
    c = trace.c[0, :, 0]
    assert c.max() < 0.7 * start_here["trace"].c[0, :, 0].max() and (np.diff(c)[-2:] < 0).all()
