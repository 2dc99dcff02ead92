"""The bins of a histogram of fixed width: as TensorFlow counts them, and what the explorer refuses."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.widgets.bins import bin_of

ACTIONS = np.repeat([0, 1, 2, 3], [443, 120, 157, 280])  # samples of a Categorical over four actions


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
def test_bins_are_tensorflows(dtype):
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(5)
    for low, high, bins in [(0, 1, 4), (0, 4, 4), (0, 3, 4), (1, 3, 4), (-2, 6, 8), (-1, 2, 3), (2, 3, 1), (-4, 4, 16)]:
        values = (rng.normal(size=400) * 3).astype(dtype)
        values = np.concatenate([values, np.arange(-5, 7).astype(dtype)])  # the ends and the inner edges too
        theirs = tf.histogram_fixed_width(values, np.array([low, high], dtype), nbins=bins).numpy()
        np.testing.assert_array_equal(np.bincount(bin_of(values, (low, high), bins), minlength=bins), theirs)


def test_the_users_histogram_and_the_repaired_one():
    explorer = le.explore_bins(ACTIONS)
    assert explorer.counts.tolist() == [443, 0, 0, 557]
    explorer.value_range = (0, 4)
    assert explorer.value_range == [0.0, 4.0]
    assert explorer.counts.tolist() == [443, 120, 157, 280]
    assert "1,000 samples in 4 bins" in repr(explorer)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: le.explore_bins(["a"]), TypeError, "needs numbers"),
        (lambda: le.explore_bins([True]), TypeError, "needs numbers, got values of dtype bool"),
        (lambda: le.explore_bins([]), ValueError, "at least one value"),
        (lambda: le.explore_bins([0, np.nan]), ValueError, "NaN belongs to no bin"),
        (lambda: le.explore_bins(np.arange(1001)), ValueError, "at most 1000 different values, got 1001"),
        (lambda: le.explore_bins([0], 0), ValueError, "bins"),
        (lambda: le.explore_bins([0], 65), ValueError, "at most 64 bins, got 65"),
        (lambda: le.explore_bins([0], value_range=(1, 1)), ValueError, r"low < high, both finite, got \(1, 1\)"),
        (lambda: le.explore_bins([0], value_range=(0, np.inf)), ValueError, "both finite"),
        (lambda: le.explore_bins([0], value_range=1), TypeError, "two numbers, .low, high., got 1"),
        (lambda: le.explore_bins([0], what=3), TypeError, "what must be a text"),
    ],
)
def test_bad_input_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
