"""Layers without states as matrices: a Dense layer's x, W, b, sums and result; an Embedding's table and its rows."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from lstm_edu.core.checks import plural
from lstm_edu.plots.paper import colormap, ink_on, sheet, theme_of
from lstm_edu.plots.scales import input_scale, scale_of, signed_scale, strongest
from lstm_edu.trace import Trace

_NUMBERED = 8  # at most so many rows and columns are written as numbers
_ROWS = 6  # this many rows of x are drawn
_PIXELS = 700  # more rows or columns than this share some


def dense(trace: Trace, batch: int = 0, *, t: int = 0, unit: int = 0, theme: str = "light") -> Figure:
    """A Dense layer as matrices: x, W above its sums z, b, and y; one output with its row and its column framed.

    Args:
        trace: the Trace of a Dense, x (B, F) or (B, T, F); or of TimeDistributed(Dense).
        batch, t, unit: the output that is framed and written out; t is 0 where x has no time.
        theme: "light" or "dark"; if not given, `show` follows the page.

    Raises:
        TypeError: not a Trace. ValueError: another layer's, quantities that were not kept, a place out of range.
    """
    layer = _layer(trace, "dense", "a Dense layer", ("x", "z", "y"), lambda kind: kind == "Dense")
    x, z, y = (trace[name].reshape(len(trace[name]), -1, trace[name].shape[-1]) for name in "xzy")
    for name, value, count in (("batch", batch, len(x)), ("t", t, x.shape[1]), ("unit", unit, y.shape[2])):
        _inside(name, value, count)
    kernel, bias = trace.weights[0], trace.weights[1] if layer.use_bias else None
    timed = trace["x"].ndim == 3
    chosen, count = (t, x.shape[1]) if timed else (batch, len(x))
    first = max(0, min(count - _ROWS, chosen - _ROWS // 2))
    rows = slice(first, min(count, first + _ROWS))
    part = {n: (a[batch, rows] if timed else a[rows, 0]) for n, a in (("x", x), ("z", z), ("y", y))}
    row = chosen - first
    features, units = kernel.shape
    what = f"step {t} of sample {batch}" if timed else f"sample {batch}"

    unit_of = min(0.62, 9.0 / (features + 2 * units + 1))
    step = min(0.34, 3.0 / max(features, 1))
    wide = {"x": max(features * unit_of, 0.6), "W": units * unit_of, "z": units * unit_of, "y": y.shape[2] * unit_of}
    low = len(part["x"]) * 0.34
    gap, top, left = 0.62, 0.95, 0.45
    deep = max(features * step, 0.34)
    text_room = 1.25
    bias_room = 0.9 if bias is not None else 0.0
    height = top + deep + bias_room + gap + low + text_room
    width = max(left + wide["x"] + gap + wide["W"] + gap + wide["y"] + 0.5, 7.4)
    figure = sheet(width, height, theme, _describe_dense(trace, layer, part, row, unit, what))
    look = theme_of(theme)
    figure.text(left / width, 1 - 0.25 / height, f"{trace.layer.name}: y = {layer.activation.name}(x W"
                f"{' + b' if bias is not None else ''})", color=look["ink"], fontsize=12, va="center")  # fmt: skip
    weights = signed_scale(np.concatenate([w.ravel() for w in trace.weights]))
    scales = {
        "x": input_scale(x),
        "W": weights,
        "b": weights,
        "z": signed_scale(z),
        "y": scale_of(layer.activation.name, y),
    }

    def matrix(name: str, values: np.ndarray, place: tuple[float, ...], title: str, frame: Any) -> None:
        x0, y0, w, h = place
        axes = figure.add_axes((x0 / width, 1 - (y0 + h) / height, w / width, h / height))
        _heat(axes, values, scales[name], "h" if name == "y" else "x", theme, unit_of)
        axes.set_title(title, color=look["ink"], fontsize=10, loc="left", pad=4)
        if frame is not None:
            axes.add_patch(Rectangle(frame[:2], *frame[2:], fill=False, edgecolor=look["ink"], linewidth=2.2))

    middle = left + wide["x"] + gap
    matrix("W", kernel, (middle, top, wide["W"], deep), f"W  {kernel.shape}", (unit - 0.5, -0.5, 1, features))
    below = top + deep
    if bias is not None:
        matrix("b", bias[None], (middle, below + 0.45, wide["W"], 0.34), f"b  ({units},)", (unit - 0.5, -0.5, 1, 1))
        below += bias_room
    below += gap
    matrix(
        "x",
        part["x"],
        (left, below, wide["x"], low),
        f"x  input, {plural(features, 'feature')}" if wide["x"] > 1.3 else "x",
        (-0.5, row - 0.5, features, 1),
    )
    matrix("z", part["z"], (middle, below, wide["z"], low), "z = x W" + (" + b" if bias is not None else ""),
           (unit - 0.5, row - 0.5, 1, 1) if unit < units else None)  # fmt: skip
    matrix("y", part["y"], (middle + wide["z"] + gap, below, wide["y"], low), f"y = {layer.activation.name}(z)",
           (unit - 0.5, row - 0.5, 1, 1))  # fmt: skip
    for n, line in enumerate(_sum(part, kernel, bias, row, unit, layer)):
        figure.text(
            left / width, (text_room - 0.38 - 0.27 * n) / height, line, color=look["ink"], fontsize=10, va="center"
        )
    return figure


def embedding(trace: Trace, batch: int = 0, *, t: int | None = None, theme: str = "light") -> Figure:
    """An Embedding's table, with the rows that a sequence picks, and the vectors that come out, one per step.

    Args:
        trace: the Trace of an Embedding, x (B,) or (B, T).
        batch: which sequence. t: a step to frame, with the row that it picks.
        theme: "light" or "dark"; if not given, `show` follows the page.

    Raises:
        TypeError: not a Trace. ValueError: another layer's, quantities that were not kept, a place out of range.
    """
    layer = _layer(trace, "embedding", "an Embedding", ("x", "y"), lambda kind: kind == "Embedding")
    table = trace.weights[0]
    size, columns = table.shape
    _inside("batch", batch, len(trace["x"]))
    ids = trace["x"][batch].reshape(-1) % size
    if t is not None:
        _inside("t", t, len(ids))
    y = trace["y"][batch].reshape(-1, columns)
    look = theme_of(theme)
    scale = signed_scale(table)
    tall = min(max(0.22 * size, 1.2), 4.2)
    wide = min(max(0.24 * columns, 0.8), 3.0)
    width, height = 9.2, tall + 1.15
    text = (
        f"On the left, the table of the Embedding {layer.name!r} as a heat map: {plural(size, 'row')} (tokens) of "
        f"{plural(columns, 'number')}. On the right, what it gives for sequence {batch}, one column per step; the "
        f"tokens are {', '.join(map(str, ids[:20]))}{' ...' if len(ids) > 20 else ''}. Marks at the left "
        f"edge of the table show the {len(set(ids.tolist()))} rows that are picked."
        + (f" Step {t} is framed: it holds token {ids[t]} and picks row {ids[t]}." if t is not None else "")
    )
    figure = sheet(width, height, theme, text)
    title = f"{layer.name}: a table of {plural(size, 'row')} of {plural(columns, 'number')}"
    figure.text(0.06, 1 - 0.25 / height, title, color=look["ink"], fontsize=12, va="center")
    low = 0.5 / height
    axes = figure.add_axes((0.09, low, wide / width, tall / height))
    _heat(axes, table, scale, "x", theme, 0)
    axes.set_title("table", color=look["ink"], fontsize=10, loc="left", pad=4)
    picked = sorted(set(ids.tolist()))
    axes.set_yticks(picked, [str(n) for n in picked] if tall / size > 0.12 else [""] * len(picked))
    axes.tick_params(axis="y", colors=look["ink"], labelsize=8, length=5, width=1.4)
    start = 0.09 + wide / width + 0.08
    flat = min(tall, max(0.24 * columns, 0.8)) / height
    result = figure.add_axes((start, low + tall / height - flat, 0.93 - start, flat))
    _heat(result, y.T, scale, "x", theme, 0)
    result.set_title("output y, one column per step", color=look["ink"], fontsize=10, loc="left", pad=4)
    if len(ids) <= 30:
        result.set_xticks(range(len(ids)), [str(n) for n in ids])
        result.set_xlabel("token", color=look["muted"], fontsize=10)
    else:
        cast(MaxNLocator, result.xaxis.get_major_locator()).set_params(integer=True)
        result.set_xlabel("step", color=look["muted"], fontsize=10)
    result.tick_params(axis="x", colors=look["ink"], labelsize=8, length=2, labelbottom=True)
    if t is not None:
        frame: dict[str, Any] = {"fill": False, "edgecolor": look["ink"], "linewidth": 2.2, "clip_on": False}
        axes.add_patch(Rectangle((-0.5, ids[t] - 0.5), columns, 1, **frame))
        result.add_patch(Rectangle((t - 0.5, -0.5), 1, columns, **frame))
    return figure


def _layer(trace: Any, owner: str, what: str, names: tuple[str, ...], fits: Any) -> Any:
    """The layer that a trace is of; the errors for other things."""
    if not isinstance(trace, Trace):
        raise TypeError(f"{owner} needs a Trace (layer.trace(x)), got {type(trace).__name__}")
    layer = getattr(trace.layer, "layer", trace.layer) if trace.kind == "TimeDistributed" else trace.layer
    if not fits(type(layer).__name__):
        raise ValueError(f"{owner} draws the trace of {what}, got that of {trace.kind} {trace.layer.name!r}")
    missing = [name for name in names if name not in trace]
    if missing:
        raise ValueError(f"this trace did not keep {', '.join(missing)}: call layer.trace(x) without keep")
    if trace["x"].ndim > 3 or trace["x"].size == 0:
        raise ValueError(f"{owner} draws x of two or three axes and at least one number, got shape {trace['x'].shape}")
    return layer


def _inside(name: str, value: int, count: int) -> None:
    if not 0 <= value < count:
        raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}")


def _heat(axes: Axes, values: np.ndarray, scale: dict[str, Any], name: str, theme: str, cell: float) -> None:
    """A matrix as colours, and as numbers where it is small."""
    look = theme_of(theme)
    rows, columns = values.shape
    shown = strongest(strongest(values.astype(float), _PIXELS).T, _PIXELS).T
    colors = colormap(scale, name, theme)
    axes.imshow(np.ma.masked_invalid(shown), aspect="auto", interpolation="nearest", cmap=colors, vmin=scale["low"],
                vmax=scale["high"], extent=(-0.5, columns - 0.5, rows - 0.5, -0.5))  # fmt: skip
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color(look["line"])
    if cell < 0.45 or rows > _NUMBERED or columns > _NUMBERED:
        return
    for r in range(rows):
        for c in range(columns):
            value = float(values[r, c])
            under = colors((value - scale["low"]) / (scale["high"] - scale["low"])) if np.isfinite(value) else None
            ink = ink_on(under) if under is not None else look["paper"]
            axes.text(c, r, f"{value:.2f}".replace("-", "−"), color=ink, fontsize=8.5, ha="center", va="center")


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _sum(part: dict[str, np.ndarray], kernel: np.ndarray, bias: Any, row: int, unit: int, layer: Any) -> list[str]:
    """The framed output written out: its sum, the largest terms first if there are many, and the activation."""
    unit_z = min(unit, kernel.shape[1] - 1)
    products = part["x"][row].astype(float) * kernel[:, unit_z].astype(float)
    order = range(len(products)) if len(products) <= 4 else np.argsort(-np.abs(products), kind="stable")[:4]
    terms = [f"{_number(part['x'][row, k])} · {_number(kernel[k, unit_z])}" for k in order]
    rest = len(products) - len(terms)
    if rest:
        terms.append(f"{rest} smaller")
    if bias is not None:
        terms.append(_number(bias[unit_z]))
    z = part["z"][row, unit_z]
    return [
        f"z[{unit_z}] = {' + '.join(terms)} = {_number(z)}",
        f"y[{unit}] = {layer.activation.name}({_number(z) if layer.activation.elementwise else 'all z of the row'}) = "
        f"{_number(part['y'][row, unit])}",
    ]


def _describe_dense(trace: Trace, layer: Any, part: dict[str, np.ndarray], row: int, unit: int, what: str) -> str:
    kernel = trace.weights[0]
    bias = trace.weights[1] if layer.use_bias else None
    sums = "; ".join(_sum(part, kernel, bias, row, unit, layer))
    below = " and the bias below it" if bias is not None else ""
    return (
        f"The Dense layer {trace.layer.name!r} as matrices: x with {plural(kernel.shape[0], 'feature')} on the left, W "
        f"of shape {kernel.shape}{below} in the middle, below them the sums z, and on the right the outputs "
        f"y = {layer.activation.name}(z). Framed: output {unit} of {what}, its row of x and its column of W. {sums}."
    )
