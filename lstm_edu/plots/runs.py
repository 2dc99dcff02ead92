"""Two runs of the same input side by side, as one picture: both, their difference, and where they diverge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from lstm_edu import palette
from lstm_edu.comparison.divergence import Divergence, first_divergences, need_pair
from lstm_edu.core.checks import plural
from lstm_edu.plots.gradient_flow import DASHES, Stack
from lstm_edu.plots.paper import theme_of
from lstm_edu.plots.scales import signed_scale
from lstm_edu.trace import Trace


def pair(
    a: Trace,
    b: Trace,
    *,
    names: Sequence[str] = ("a", "b"),
    quantity: str = "h",
    quantities: Sequence[str] | None = None,
    other_x: bool = False,
    batch: int = 0,
    unit: int | None = None,
    theme: str = "light",
) -> Figure:
    """Heat maps of one quantity in two runs and of the difference, the curves of one unit, and the first divergence.

    Args:
        a, b: Traces of LSTM, GRU or SimpleRNN layers, with the same x. names: what to call them.
        quantity: which to draw: h, c, f, or a gate's sum, z_f. quantities, other_x: as for `le.explore_pair`.
        batch: which sequence. unit: whose curves; if None, that of the first divergence, or 0.
        theme: "light" or "dark".

    Raises:
        TypeError, ValueError: as `le.explore_pair`; ValueError for a quantity, sequence or unit that there is not.
    """
    look = theme_of(theme)
    pairs = need_pair(a, b, "pair", quantities, other_x)
    if quantity not in pairs:
        raise ValueError(f"quantity must be one of {', '.join(pairs)}, got {quantity!r}")
    rows, steps, units = pairs[quantity][0].shape
    for name, value, count in (("batch", batch, rows), ("unit", unit, units)):
        if value is not None and not 0 <= value < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}")
    first = first_divergences({n: (one[batch : batch + 1], two[batch : batch + 1]) for n, (one, two) in pairs.items()})[
        0
    ]
    if unit is None:
        unit = min(first.unit, units - 1) if first else 0
    one, other = (array[batch].astype(float) for array in pairs[quantity])
    with np.errstate(invalid="ignore"):
        difference = one - other
    tall = min(max(units * 0.15, 0.42), 0.95)
    title = f"{names[0]} and {names[1]}: {palette.NAMES.get(quantity, quantity)}"
    stack = Stack([tall] * 3 + [1.6], theme, _describe(names, quantity, batch, unit, one, other, first), title)
    masks = [t.mask[batch] for t in (a, b) if t.mask is not None]
    skipped = ~np.all(masks, axis=0) if masks else None
    scale = signed_scale(np.concatenate([one, other]))
    shown = [(names[0], one, scale), (names[1], other, scale),
             (f"{names[0]} − {names[1]}", difference, signed_scale(difference))]  # fmt: skip
    for text, values, its_scale in shown:
        axes = stack.map(values, its_scale, text, None, skipped)
        if first is not None:
            axes.axvline(first.t - 0.5, color=look["ink"], linestyle=(0, (3, 2)), linewidth=1.6)
    axes = stack.axes(f"{quantity} of unit {unit} in both runs", quantity)
    gate = quantity.partition("_")[2] or quantity
    axes.plot(one[:, unit], color=palette.COLORS.get(gate, "#7F7F7F"), linewidth=2.6, label=names[0])
    axes.plot(other[:, unit], color=look["ink"], linestyle=DASHES[1], linewidth=1.6, label=names[1])
    if first is not None:
        axes.axvline(first.t - 0.5, color=look["ink"], linestyle=(0, (3, 2)), linewidth=1.6)
        axes.text(first.t - 0.5, 0.04, " ≠ from here", color=look["ink"], fontsize=9, va="bottom", ha="left",
                  transform=axes.get_xaxis_transform(),
                  bbox={"facecolor": look["paper"], "edgecolor": "none", "pad": 1, "alpha": 0.8})  # fmt: skip
    stack.finish_curves(axes, steps, last=True)
    return stack.figure


def _describe(
    names: Sequence[str],
    quantity: str,
    batch: int,
    unit: int,
    one: np.ndarray,
    other: np.ndarray,
    first: Divergence | None,
) -> str:
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other)
    finite = apart[np.isfinite(apart)]
    largest = f"{finite.max():.3g}" if finite.size else "not a number"
    lines = [
        f"Heat maps of {palette.NAMES.get(quantity, quantity)} {quantity} over {plural(len(one), 'step')} of sequence "
        f"{batch}, of two runs, {names[0]} and {names[1]}, and of their difference; under them the curves of unit "
        f"{unit}, {names[0]} solid and {names[1]} dashed. The largest difference in {quantity} is {largest}."
    ]
    if first is None:
        lines.append("The two runs agree in every number that is compared.")
    else:
        lines.append(
            f"They diverge at step {first.t}, marked by a dashed line: the first number that differs, in the order of "
            f"computation, is {first.quantity}, most of all in unit {first.unit}, {first.a:.6g} and {first.b:.6g}."
        )
    odd = one.size + other.size - int(np.isfinite(one).sum() + np.isfinite(other).sum())
    if odd:
        lines.append(f"{plural(odd, 'value')} {'is' if odd == 1 else 'are'} NaN or infinite.")
    return " ".join(lines)
