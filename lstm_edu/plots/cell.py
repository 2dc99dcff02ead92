"""The LSTM cell as a drawing: what flows where in one step."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from lstm_edu import palette
from lstm_edu.plots.paper import ink_on, letter, sheet, theme_of

_DESCRIPTION = (
    "One step of an LSTM cell, drawn as wires and boxes. The cell state c[t-1] enters at the upper left and runs "
    "along the top to c[t] on the right. On its way it is multiplied by the forget gate f, and then the product of "
    "the input gate i and the candidate g is added: c[t] = f * c[t-1] + i * g. The previous output h[t-1] enters at "
    "the lower left and joins the input x[t], which comes from below; together they give the sum "
    "z = x[t] W + h[t-1] U + b, from which the four gates are computed: i, f and o by a sigmoid, the candidate g by a "
    "tanh. At the right, a copy of c[t] goes down through a tanh and is multiplied by the output gate o: "
    "h[t] = o * tanh(c[t]), which leaves at the lower right."
)
# Where the gates are, from left to right: (letter, x, function).
_GATES = (("f", 33, "sigmoid"), ("i", 46, "sigmoid"), ("g", 59, "tanh"), ("o", 72, "sigmoid"))
_TOP, _BUS, _GATE, _WRITE, _OUT = 50, 12, 22, 37.5, 32  # heights of the wires


def cell_diagram(*, theme: str = "light") -> Figure:
    """One step of an LSTM cell: the gates in their colours, the path of the cell state, the six equations.

    Args:
        theme: "light" or "dark".
    """
    look = theme_of(theme)
    figure = sheet(9.6, 6.3, theme, _DESCRIPTION)
    axes = figure.add_axes((0, 0.2, 1, 0.8))
    axes.set(xlim=(0, 120), ylim=(0, 63), aspect="equal")
    axes.axis("off")
    axes.add_patch(
        FancyBboxPatch((22, 6), 76, 51.5, boxstyle="round,pad=0,rounding_size=3", facecolor=look["soft"],
                       edgecolor=look["line"], linewidth=1.2)
    )  # fmt: skip

    colors = palette.COLORS
    # the cell state, straight through: the reason why an LSTM remembers
    wire(axes, [(12, _TOP), (33, _TOP)], colors["c"], 4.5, arrow=False)
    wire(axes, [(33, _TOP), (59, _TOP)], colors["c"], 4.5, arrow=False)
    wire(axes, [(59, _TOP), (108, _TOP)], colors["c"], 4.5)
    # what the gates see: the previous output and the input, joined
    wire(axes, [(12, _BUS), (27, _BUS)], colors["h"], 4.5, arrow=False)
    wire(axes, [(27, 1.5), (27, _BUS - 1.6)], colors["x"], 4.5, arrow=False)
    wire(axes, [(27, _BUS), (72, _BUS)], look["muted"], 2.4, arrow=False)
    axes.add_patch(Circle((27, _BUS), 1.6, facecolor=look["muted"], edgecolor="none", zorder=4))
    for _, x, _ in _GATES:
        wire(axes, [(x, _BUS), (x, _GATE - 4.6)], look["muted"], 2.4)
    # what the gates do
    wire(axes, [(33, _GATE + 4), (33, _TOP - 3)], colors["f"], 3)
    wire(axes, [(46, _GATE + 4), (46, _WRITE), (56, _WRITE)], colors["i"], 3)
    wire(axes, [(59, _GATE + 4), (59, _WRITE - 3)], colors["g"], 3)
    wire(axes, [(59, _WRITE + 3), (59, _TOP - 3)], colors["c"], 3)
    wire(axes, [(72, _GATE + 4), (72, _OUT), (84, _OUT)], colors["o"], 3)
    wire(axes, [(87, _TOP), (87, 45.4)], colors["c"], 3, arrow=False)
    wire(axes, [(87, 39), (87, _OUT + 3)], colors["c"], 3)
    wire(axes, [(87, _OUT - 3), (87, _BUS), (108, _BUS)], colors["h"], 4.5)
    axes.add_patch(Circle((87, _TOP), 1.1, facecolor=colors["c"], edgecolor="none", zorder=4))

    for name, x, function in _GATES:
        gate(axes, x, name, function)
    plain(axes, 87, 42.2, "tanh", look)
    for x, y, sign in ((33, _TOP, "×"), (59, _TOP, "+"), (59, _WRITE, "×"), (87, _OUT, "×")):
        axes.add_patch(Circle((x, y), 2.7, facecolor=look["paper"], edgecolor=look["ink"], linewidth=1.6, zorder=5))
        axes.text(x, y - 0.1, sign, color=look["ink"], fontsize=15, ha="center", va="center", zorder=6)

    ends: dict[str, Any] = {"color": look["ink"], "fontsize": 14, "va": "center"}
    axes.text(10.5, _TOP, "$c_{t-1}$", ha="right", **ends)
    axes.text(109.5, _TOP, "$c_t$", ha="left", **ends)
    axes.text(10.5, _BUS, "$h_{t-1}$", ha="right", **ends)
    axes.text(109.5, _BUS, "$h_t$", ha="left", **ends)
    axes.text(25, 2.6, "$x_t$", ha="right", **ends)
    small: dict[str, Any] = {"color": look["muted"], "fontsize": 10}
    axes.text(50, _BUS - 3.2, "$z = x_t\\,W + h_{t-1}\\,U + b$", ha="center", va="center", **small | {"fontsize": 11})
    axes.text(35, 41.5, "keep", ha="left", va="center", **small)
    axes.text(61, 43.8, "write", ha="left", va="center", **small)
    axes.text(85.5, 35.9, "show", ha="right", va="center", **small)

    _legend(figure, look)
    return figure


def wire(axes: Axes, points: list[tuple[float, float]], color: str, width: float, arrow: bool = True) -> None:
    """A line through these points, with an arrow at its end."""
    *start, (x0, y0), (x1, y1) = [*points]
    line = [*start, (x0, y0)]
    style: dict[str, Any] = {"color": color, "linewidth": width, "solid_joinstyle": "round", "zorder": 2}
    if len(line) > 1:
        axes.plot(*zip(*line, strict=True), solid_capstyle="projecting", **style)
    if arrow:
        axes.add_patch(
            FancyArrowPatch((x0, y0), (x1, y1), arrowstyle="-|>,head_length=5,head_width=3", mutation_scale=1.25,
                            color=color, linewidth=width, shrinkA=0, shrinkB=0, joinstyle="miter", zorder=2)
        )  # fmt: skip
    else:
        axes.plot([x0, x1], [y0, y1], solid_capstyle="butt", **style)


def gate(axes: Axes, x: float, name: str, function: str) -> None:
    """A gate's box: its letter, and the function that makes it."""
    color = palette.COLORS[name]
    ink = ink_on(color)
    axes.add_patch(
        FancyBboxPatch((x - 5.2, _GATE - 4), 10.4, 8, boxstyle="round,pad=0,rounding_size=1.4", facecolor=color,
                       edgecolor="none", zorder=5)
    )  # fmt: skip
    axes.text(x, _GATE + 1.5, name, color=ink, fontsize=17, family="serif", style="italic", weight="bold",
              ha="center", va="center", zorder=6)  # fmt: skip
    axes.text(x, _GATE - 2.3, function, color=ink, fontsize=9, ha="center", va="center", zorder=6)


def plain(axes: Axes, x: float, y: float, text: str, look: dict[str, str]) -> None:
    """A function without weights."""
    axes.add_patch(
        FancyBboxPatch((x - 4.6, y - 3.2), 9.2, 6.4, boxstyle="round,pad=0,rounding_size=3", facecolor=look["paper"],
                       edgecolor=look["ink"], linewidth=1.6, zorder=5)
    )  # fmt: skip
    axes.text(x, y, text, color=look["ink"], fontsize=10, ha="center", va="center", zorder=6)


def _legend(figure: Figure, look: dict[str, Any]) -> None:
    """The six equations under the drawing, each with its letter, its name and what it is for."""
    axes = figure.add_axes((0, 0, 1, 0.2))
    axes.set(xlim=(0, 120), ylim=(15, 0))
    axes.axis("off")
    lines = {
        "i": "$i = \\mathrm{sigmoid}(z_i)$",
        "f": "$f = \\mathrm{sigmoid}(z_f)$",
        "g": "$g = \\tanh(z_g)$",
        "o": "$o = \\mathrm{sigmoid}(z_o)$",
        "c": "$c_t = f \\cdot c_{t-1} + i \\cdot g$",
        "h": "$h_t = o \\cdot \\tanh(c_t)$",
    }
    for n, (name, equation) in enumerate(lines.items()):
        x, y = (4 if n < 3 else 64), 2.2 + 4.4 * (n % 3)
        letter(axes, x, y, name, fontsize=11)
        axes.text(x + 3.2, y, equation, color=look["ink"], fontsize=11, va="center")
        axes.text(x + 21.5, y, palette.ROLES[name], color=look["muted"], fontsize=10, va="center")
