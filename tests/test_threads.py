"""NumPy's matrix products on one processor inside loops over time, and on as many as before afterwards."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.core import threads


@pytest.fixture
def count():
    """How many threads OpenBLAS takes now; it begins with two."""
    if threads._openblas() is None:
        pytest.skip("this NumPy has no OpenBLAS within reach")
    count, limit = threads._openblas()
    before = count()
    limit(2)
    yield count
    limit(before)


def test_inside_there_is_one_thread_and_afterwards_as_many_as_before(count):
    with threads.one_thread():
        assert count() == 1
        with threads.one_thread():
            assert count() == 1
        assert count() == 1
    assert count() == 2


def test_an_error_inside_leaves_the_number_as_it_was(count):
    with pytest.raises(ZeroDivisionError), threads.one_thread():
        raise ZeroDivisionError
    assert count() == 2


def test_a_large_product_keeps_its_threads(count):
    with threads.one_thread(threads.WORTH_SHARING):
        assert count() == 2


def test_two_that_overlap_in_time_leave_the_number_as_it_was(count):
    opened, first_is_gone = Barrier(2), Barrier(2)

    def leave_first():
        with threads.one_thread():
            opened.wait(10)
        first_is_gone.wait(10)

    def leave_last():
        with threads.one_thread():
            opened.wait(10)
            first_is_gone.wait(10)
            return count()

    with ThreadPoolExecutor(2) as pool:
        first, last = pool.submit(leave_first), pool.submit(leave_last)
        first.result(10)
        assert last.result(10) == 1
    assert count() == 2


def test_a_diagnosis_computes_on_one_thread(count):
    layer = le.LSTM(3, seed=0)
    layer.build((None, None, 2))
    x = np.random.default_rng(0).standard_normal((2, 4, 2))
    from lstm_edu.doctor.recipes import recipe_of
    from lstm_edu.doctor.running import run

    right, heard = recipe_of(layer, x), []

    def seen(h, c):
        heard.append(threads._openblas()[0]())
        return h

    run([right.but(equations=dataclasses.replace(right.equations, seen=seen))])
    assert heard == [1] * 4
    assert count() == 2


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_a_layer_runs_its_steps_on_one_thread(count, kind, monkeypatch):
    layer = getattr(le, kind)(3, seed=0)
    layer.build((None, None, 2))
    heard = []
    for scan in ("_scan", "_scan_backward"):
        own = getattr(layer, scan)
        monkeypatch.setattr(layer, scan, lambda *a, own=own: (heard.append(count()), own(*a))[1], raising=False)
    trace = layer.trace(np.ones((2, 4, 2), "float32"))
    layer.backward(trace, np.ones((2, 3), "float32"))
    assert heard == [1, 1]
    assert count() == 2
