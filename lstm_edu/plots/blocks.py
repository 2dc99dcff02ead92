"""How a layer's weights are packed: its arrays to scale, cut into the gates' blocks, in Keras 3 and elsewhere."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lstm_edu import palette
from lstm_edu.core.checks import plural, positive_int
from lstm_edu.core.kinds import NOTATION
from lstm_edu.plots.layouts import KERAS, Array, Layout, layouts
from lstm_edu.plots.paper import ink_on, sheet, theme_of

_LEAST = (0.55, 0.3)  # inches: a block's letters need that much
_BETWEEN = 0.16  # inches between two arrays side by side
_LABEL = 0.42  # inches above a line of arrays


def packing(
    units: int,
    features: int,
    *,
    kind: str = "LSTM",
    layout: str = KERAS,
    reset_after: bool = True,
    use_bias: bool = True,
    theme: str = "light",
) -> Figure:
    """A layer's arrays, drawn to scale, with the count of their numbers: kernel (F, 4H) and the others of Keras 3, or
    those of another program.

    Args:
        units: H. features: F.
        kind: "LSTM", "GRU", "SimpleRNN" or "Dense". reset_after: which GRU. use_bias: whether there is one.
        layout: "Keras 3", "PyTorch", "ONNX", "TF1" or "Keras 1".
        theme: "light" or "dark"; if not given, `show` follows the page.

    Raises:
        TypeError, ValueError: sizes that are not whole numbers >= 1, an unknown kind, a layout that is unknown or
            cannot hold such a layer.
    """
    h, f = positive_int(units, "units", "packing"), positive_int(features, "features", "packing")
    known = layouts(kind, use_bias, reset_after)
    if layout not in known:
        raise ValueError(f"layout must be one of {', '.join(known)} for this {kind}, got {layout!r}")
    chosen, look = known[layout], theme_of(theme)
    size = {"1": 1, "F": f, "H": h}
    counts = [sum(size[r] for r in array.rows) * sum(size[c] for c in array.columns) for array in chosen.arrays]
    terms = f" = {' + '.join(map(str, counts))}" if 1 < len(counts) < 5 else ""
    total = f"{_formula(chosen, kind, h, f)}{terms} = {sum(counts)} numbers"
    # One number is `cell` inches wide and high in all arrays; the thinnest blocks get room for their letters.
    cell = _cell(chosen, size)
    lines = [[_tracks(array, size, cell) for array in line] for line in chosen.lines]
    tall = [max(sum(rows) for _, rows in line) for line in lines]
    wide = max(
        sum(max(sum(columns), _label_width(array, line, size)) for (columns, _), array in zip(sizes, line, strict=True))
        + _BETWEEN * (len(line) - 1)
        for sizes, line in zip(lines, chosen.lines, strict=True)
    )
    several = any(len(line) > 1 for line in chosen.lines)
    above = _LABEL + 0.16 * several
    figure = sheet(
        max(wide + 0.6, 6.6), sum(tall) + len(tall) * above + 0.55, theme, _describe(chosen, kind, h, f, total)
    )
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    y = 0.0
    for line, sizes, high in zip(chosen.lines, lines, tall, strict=True):
        y += above
        x = 0.3
        for array, (columns, rows) in zip(line, sizes, strict=True):
            _label(axes, array, x, y, sum(columns), size, several, look)
            top = y
            for r, (names, row) in enumerate(zip(array.blocks, rows, strict=True)):
                left = x
                for c, (name, column) in enumerate(zip(names, columns, strict=True)):
                    numbers = size[array.rows[r]], size[array.columns[c]]
                    _block(axes, name, kind, (left, top, column, row), numbers, cell, look["paper"])
                    left += column
                top += row
            x += max(sum(columns), _label_width(array, line, size)) + _BETWEEN
        y += high
    axes.text(
        0.3, y + 0.36, total if layout == KERAS else f"{layout}: {total}", color=look["ink"], fontsize=10, va="center"
    )
    return figure


def _cell(layout: Layout, size: dict[str, int]) -> float:
    """Inches for one number, so that the widest line and all lines together fit a page."""
    wide = max(sum(size[c] for array in line for c in array.columns) for line in layout.lines)
    tall = sum(max(sum(size[r] for r in array.rows) for array in line) for line in layout.lines)
    return min(0.42, 6.4 / wide, 3.4 / tall)


def _tracks(array: Array, size: dict[str, int], cell: float) -> tuple[list[float], list[float]]:
    columns = [max(cell * size[c], _LEAST[0]) for c in array.columns]
    return columns, [max(cell * size[r], _LEAST[1]) for r in array.rows]


def _shape(array: Array, size: dict[str, int]) -> str:
    rows, columns = (sum(size[n] for n in sizes) for sizes in (array.rows, array.columns))
    axes = [rows * columns] if array.flat else [rows, columns]
    numbers = ", ".join(str(n) for n in ([1] * array.batch) + axes)
    return f"({numbers}{',' if len(axes) + array.batch == 1 else ''})"


def _label_width(array: Array, line: tuple[Array, ...], size: dict[str, int]) -> float:
    return 0.082 * max(len(array.name), len(_shape(array, size))) if len(line) > 1 else 0.0


def _label(
    axes: Axes, array: Array, x: float, y: float, wide: float, size: dict[str, int], several: bool, look: dict[str, str]
) -> None:
    """The array's name and shape above it: side by side where a line has one array, else one above the other."""
    if several:
        axes.text(x, y - 0.29, array.name, color=look["ink"], fontsize=9.5, va="center")
        axes.text(x, y - 0.12, _shape(array, size), color=look["muted"], fontsize=9, va="center")
        return
    known = {"kernel": "$W$  ", "recurrent_kernel": "$U$  ", "bias": "$b$  "}
    axes.text(x, y - 0.13, known.get(array.name, "") + array.name, color=look["ink"], fontsize=11, va="center")
    room = max(wide, 0.1 * len(array.name) + 0.095 * len(_shape(array, size)) + 0.6)
    axes.text(x + room, y - 0.13, _shape(array, size), color=look["muted"], fontsize=10, va="center", ha="right")


def _block(
    axes: Axes, name: str, kind: str, box: tuple[float, ...], numbers: tuple[int, int], cell: float, edge: str
) -> None:
    x, y, wide, high = box
    rows, columns = numbers
    color = palette.COLORS[_color_of(name, kind)]
    axes.add_patch(Rectangle((x, y), wide, high, facecolor=color, edgecolor=edge, linewidth=2))
    rule: dict[str, Any] = {"color": "#FFFFFF", "linewidth": 0.6, "alpha": 0.5}
    if cell >= 0.1 and abs(wide - cell * columns) < 1e-9:
        axes.vlines([x + k * cell for k in range(1, columns)], y, y + high, **rule)
        if abs(high - cell * rows) < 1e-9:
            axes.hlines([y + k * cell for k in range(1, rows)], x, x + wide, **rule)
    text = f"${name}$"
    axes.text(x + wide / 2, y + high / 2, text, color=ink_on(color), ha="center", va="center", fontsize=13)


def _color_of(name: str, kind: str) -> str:
    gate = name.partition("_")[2]
    return palette.whose(kind, gate) if gate else "h"


def _formula(layout: Layout, kind: str, h: int, f: int) -> str:
    """The count as a formula, in letters and in numbers: "4 · (F·H + H·H + H) = 4 · (4·2 + 2·2 + 2)"."""
    gates = len(NOTATION[kind].gates) if kind in NOTATION else 1
    names = [name for array in layout.arrays for row in array.blocks for name in row]
    biases = sum(name[0] in "bd" for name in names) // gates
    past = any(name[0] == "U" for name in names)

    def write(F: str, H: str) -> str:
        terms = [f"{F}·{H}"] + [f"{H}·{H}"] * past + ([H] if biases == 1 else [f"{biases}·{H}"] if biases else [])
        return f"{gates} · ({' + '.join(terms)})" if gates > 1 else " + ".join(terms)

    return f"{write('F', 'H')} = {write(str(f), str(h))}"


def _describe(layout: Layout, kind: str, h: int, f: int, total: str) -> str:
    size = {"1": 1, "F": f, "H": h}
    arrays = []
    for array in layout.arrays:
        order = ", ".join(name for row in array.blocks for name in row)
        way = "from top to bottom" if len(array.rows) > 1 and len(array.columns) == 1 else "from left to right"
        if len(array.rows) > 1 and len(array.columns) > 1:
            way = "row by row"
        arrays.append(f"{array.name} of shape {_shape(array, size)}, blocks {way} {order}")
    article = "an" if kind == "LSTM" else "a"
    return (
        f"The weight arrays of {article} {kind} with {plural(h, 'unit')} on {plural(f, 'feature')}, as {layout.name} "
        f"packs them, drawn to scale and cut into the gates' blocks: {'; '.join(arrays)}. In all {total}. "
        f"{layout.note}".strip()
    )
