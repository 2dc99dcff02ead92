"""Activation functions as curves."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from lstm_edu.core import activations as known
from lstm_edu.plots.paper import sheet, theme_of

# Okabe and Ito's colours in an order that keeps neighbours apart; the dashes tell curves apart without them.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
_DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (8, 2, 2, 2)), (0, (1, 1)), (0, (4, 1, 1, 1, 1, 1)))
_MOST = 7


def activations(
    names: Sequence[str] = ("sigmoid", "tanh"), *, low: float = -6.0, high: float = 6.0, theme: str = "light"
) -> Figure:
    """The curves of some activation functions, with their formulas.

    Args:
        names: Keras's names, at most seven, such as ["sigmoid", "tanh", "hard_sigmoid_keras2"].
        low, high: the ends of the axis.
        theme: "light" or "dark".

    Raises:
        TypeError, ValueError: as `le.activations.get`; and for an activation without a curve, such as
            softmax, more than seven of them, or an empty range.
    """
    names = [names] if isinstance(names, str) else list(names)
    if not 1 <= len(names) <= _MOST:
        raise ValueError(f"activations draws 1 to {_MOST} curves, got {len(names)}: more could not be told apart")
    if not low < high:
        raise ValueError(f"low must be less than high, got {low} and {high}")
    functions = [known.get(name) for name in names]
    for function in functions:
        if not function.elementwise:
            raise ValueError(f"{function.name} has no curve: each of its outputs depends on all inputs of a row")
    look = theme_of(theme)
    x = np.linspace(low, high, 601)
    curves = [function(x) for function in functions]
    # The formulas are below, one per line: next to the curves they would make the picture small in a narrow window.
    below, height = 0.65 + 0.23 * len(names), 3.3
    figure = sheet(5.4, height + below, theme, _describe(functions, low, high))
    axes = figure.add_axes(
        (0.1, below / (height + below), 0.87, 0.96 - below / (height + below)), facecolor=look["paper"]
    )
    axes.axhline(0, color=look["line"], linewidth=1)
    axes.axvline(0, color=look["line"], linewidth=1)
    for n, (function, y) in enumerate(zip(functions, curves, strict=True)):
        dash = _DASHES[n % len(_DASHES)]
        axes.plot(x, y, color=_COLORS[n], linestyle=dash, linewidth=2.4, label=f"{function.name}: {_formula(function)}")
    axes.set_xlim(low, high)
    tallest = max(float(np.abs(y).max()) for y in curves)
    if tallest > 2.5:  # a steep one must not flatten all the others
        axes.set_ylim(-1.5, 2.5)
    axes.set_xlabel("z", color=look["muted"], family="serif", style="italic", fontsize=12)
    axes.tick_params(colors=look["muted"], labelsize=9, length=3)
    axes.grid(color=look["line"], linewidth=0.5, alpha=0.5)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(look["line"])
    figure.legend(loc="lower left", bbox_to_anchor=(0.08, 0), frameon=False, labelcolor=look["ink"], fontsize=10,
                  handlelength=3.2)  # fmt: skip
    return figure


def _formula(function: known.Activation) -> str:
    """Of z, as the course calls what goes into an activation."""
    return re.sub(r"\bx\b", "z", function.formula)


def _describe(functions: list[known.Activation], low: float, high: float) -> str:
    lines = [f"Curves of {', '.join(f.name for f in functions)} from {low:g} to {high:g}."]
    for f in functions:
        ends = f(np.array([low, 0.0, high]))
        lines.append(
            f"{f.name}(z) = {_formula(f)}: {ends[0]:.3g} at {low:g}, {ends[1]:.3g} at 0, {ends[2]:.3g} at {high:g}."
        )
    return " ".join(lines)
