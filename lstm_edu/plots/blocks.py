"""How an LSTM's weights are packed: three arrays to scale, cut into the gates' blocks."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lstm_edu import palette
from lstm_edu.core.checks import positive_int
from lstm_edu.plots.paper import ink_on, sheet, theme_of


def packing(units: int, features: int, *, theme: str = "light") -> Figure:
    """kernel (F, 4H), recurrent_kernel (H, 4H) and bias (4H,), drawn to scale, with the count of their numbers.

    Args:
        units: H. features: F. theme: "light" or "dark".

    Raises:
        TypeError, ValueError: sizes that are not whole numbers >= 1.
    """
    h, f = positive_int(units, "units", "packing"), positive_int(features, "features", "packing")
    look = theme_of(theme)
    arrays = [("W", "kernel", f, f"(F, 4H) = ({f}, {4 * h})"),
              ("U", "recurrent_kernel", h, f"(H, 4H) = ({h}, {4 * h})"),
              ("b", "bias", 1, f"(4H,) = ({4 * h},)")]  # fmt: skip
    counts = [4 * f * h, 4 * h * h, 4 * h]
    total = f"{' + '.join(f'{n:,}' for n in counts)} = {sum(counts):,}"
    total = f"4 · (F·H + H·H + H) = 4 · ({f}·{h} + {h}·{h} + {h}) = {total} numbers"
    description = (
        f"The three weight arrays of an LSTM with {h} units on {f} features, drawn to scale, each cut into four "
        f"blocks of {h} columns for the gates i, f, g, o, from left to right: kernel of shape ({f}, {4 * h}), "
        f"recurrent_kernel of shape ({h}, {4 * h}), bias of shape ({4 * h},). In all {total}."
    )
    # One number is `cell` inches wide and high in all three arrays; the thinnest get room for their letters.
    cell = min(0.42, 6.4 / (4 * h), 3.4 / (f + h + 1))
    wide = max(cell * h, 0.55)
    tall = [max(cell * rows, 0.3) for _, _, rows, _ in arrays]
    gap = 0.42
    figure = sheet(max(4 * wide + 0.6, 6.6), sum(tall) + 3 * gap + 0.55, theme, description)
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    y = 0.0
    for (name, array, rows, shape), high in zip(arrays, tall, strict=True):
        y += gap
        axes.text(0.3, y - 0.13, f"${name}$  {array}  ", color=look["ink"], fontsize=11, va="center")
        axes.text(0.3 + 4 * wide, y - 0.13, shape, color=look["muted"], fontsize=10, va="center", ha="right")
        for n, gate in enumerate(palette.GATES):
            x = 0.3 + n * wide
            color = palette.COLORS[gate]
            axes.add_patch(Rectangle((x, y), wide, high, facecolor=color, edgecolor=look["paper"], linewidth=2))
            if cell >= 0.1 and wide == cell * h:
                rule = {"color": "#FFFFFF", "linewidth": 0.6, "alpha": 0.5}
                axes.vlines([x + k * cell for k in range(1, h)], y, y + high, **rule)
                if high == cell * rows:
                    axes.hlines([y + k * cell for k in range(1, rows)], x, x + wide, **rule)
            place = {"ha": "center", "va": "center", "fontsize": 13}
            axes.text(x + wide / 2, y + high / 2, f"${name}_{gate}$", color=ink_on(color), **place)
        y += high
    axes.text(0.3, y + 0.36, total, color=look["ink"], fontsize=10, va="center")
    return figure
