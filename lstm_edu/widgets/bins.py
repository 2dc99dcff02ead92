"""BinsExplorer: which bin of a histogram of fixed width a value falls into, and how that depends on the range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import traitlets

from lstm_edu.core.checks import positive_int
from lstm_edu.widgets import _base, words

_MOST_VALUES, _MOST_BINS = 1000, 64


def bin_of(values: Any, value_range: Sequence[float], bins: int) -> np.ndarray:
    """The bin of each value, int64 of the values' shape: as tf.histogram_fixed_width counts (TensorFlow 2.21).

    The range is cut into `bins` of equal width. A bin includes its lower end but not its upper one; what is below the
    range counts in the first bin, and what is at its end or beyond counts in the last. Within rounding of an inner
    edge, TensorFlow may choose the other side.
    """
    low, high = value_range
    values = np.asarray(values)
    step = (np.float64(high) - np.float64(low)) / bins
    inside = np.clip(values, low, high).astype(np.float64) - low
    return np.minimum((inside / step).astype(np.int64), bins - 1)


class BinsExplorer(_base.Explorer):
    """Samples, a histogram of them, and two sliders for `value_range`: see what falls into which bin.

    `value_range` [low, high] is a trait that Python and the page share. The picture follows tf.histogram_fixed_width.

    Args:
        values: the samples, of any shape, at most 1000 different ones.
        bins: how many bins. value_range: where to begin.
        what: what one sample is called.
    """

    _MODULE = "bins/explorer.js"

    value_range = traitlets.List([0.0, 1.0], help="[low, high], the ends of the histogram.").tag(sync=True)

    def __init__(
        self, values: Any, bins: int = 4, *, value_range: Sequence[float] = (0, 1), what: str = "action", **layout: Any
    ):
        distinct, counts = _counted(values)
        bins = positive_int(bins, "bins", "explore_bins")
        if bins > _MOST_BINS:
            raise ValueError(f"explore_bins draws at most {_MOST_BINS} bins, got {bins}")
        if not isinstance(what, str):
            raise TypeError(f"explore_bins: what must be a text, got {what!r}")
        least, most = min(distinct[0], 0.0), max(distinct[-1], float(bins), 1.0)
        margin = max(1.0, math.ceil((most - least) / 4))
        spec = {
            "kind": "Bins",
            "title": words.bins(counts.sum(), bins),
            "what": what,
            "bins": bins,
            "values": distinct.tolist(),
            "counts": counts.tolist(),
            "ends": [math.floor(least - margin), math.ceil(most + margin)],
        }
        super().__init__(spec, {}, value_range=_checked_range(value_range), **layout)

    @traitlets.validate("value_range")
    def _valid(self, proposal: Any) -> Any:
        return _checked_range(proposal["value"])

    @property
    def counts(self) -> np.ndarray:
        """How many samples each bin has at present, (bins,)."""
        values, counts = self._spec["values"], self._spec["counts"]
        bins = bin_of(values, self.value_range, self._spec["bins"]).astype(np.intp)  # np.bincount takes no wider ones
        return np.bincount(bins, counts, self._spec["bins"]).astype(int)


def explore_bins(
    values: Any, bins: int = 4, *, value_range: Sequence[float] = (0, 1), what: str = "action"
) -> BinsExplorer:
    """Move the ends of a histogram and see which bin each value falls into; as tf.histogram_fixed_width counts.

    Args:
        values: numbers of any shape, such as the actions 0 ... 3 that a Categorical drew; at most 1000 different ones.
        bins: how many bins, 1 to 64.
        value_range: (low, high) to begin with.
        what: what one value is called.

    Raises:
        TypeError, ValueError: values that are not finite numbers, none, or too many; low not below high.
    """
    return BinsExplorer(values, bins, value_range=value_range, what=what)


def _counted(values: Any) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(values)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"explore_bins needs numbers, got values of dtype {values.dtype}")
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("explore_bins needs at least one value, and finite ones: NaN belongs to no bin")
    distinct, counts = np.unique(values.astype(np.float64), return_counts=True)
    if len(distinct) > _MOST_VALUES:
        raise ValueError(
            f"explore_bins shows at most {_MOST_VALUES} different values, got {len(distinct)}: "
            "it is for classes and actions; np.histogram counts measurements"
        )
    return distinct, counts


def _checked_range(value: Any) -> list[float]:
    fits = isinstance(value, (list, tuple, np.ndarray)) and len(value) == 2
    if not fits or not all(isinstance(v, (Real, np.generic)) and not isinstance(v, bool) for v in value):
        raise TypeError(f"value_range must be two numbers, (low, high), got {value!r}")
    low, high = map(float, value)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"value_range must be (low, high) with low < high, both finite, got ({low:g}, {high:g})")
    return [low, high]
