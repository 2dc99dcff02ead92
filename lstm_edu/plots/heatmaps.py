"""An LSTM's gates and states over time, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lstm_edu import palette
from lstm_edu.plots.paper import colormap, letter, sheet, theme_of
from lstm_edu.plots.scales import lstm_scales
from lstm_edu.trace import Trace

QUANTITIES = ("x", "i", "f", "g", "o", "c", "h")


def gates(
    trace: Trace,
    batch: int = 0,
    *,
    quantities: Sequence[str] = QUANTITIES,
    t: int | None = None,
    unit: int | None = None,
    theme: str = "light",
) -> Figure:
    """Heat maps of an LSTM's input, gates and states: units from top to bottom, steps from left to right.

    Args:
        trace: the trace of an LSTM, with all the wanted quantities.
        batch: which sequence.
        quantities: which of x, i, f, g, o, c, h, in the order in which they are wanted.
        t, unit: a step to frame, and a unit to point at.
        theme: "light" or "dark".

    Returns:
        A matplotlib Figure; `figure.lstm_edu_description` says in words what it shows.

    Raises:
        TypeError: not a Trace. ValueError: not an LSTM's, a quantity unknown or not kept, a place out of range.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"gates needs a Trace (layer.trace(x)), got {type(trace).__name__}")
    if trace.kind != "LSTM":
        raise ValueError(f"gates draws the trace of an LSTM, got that of {trace.kind} {trace.layer.name!r}")
    unknown = [name for name in quantities if name not in QUANTITIES]
    if unknown or not quantities:
        raise ValueError(f"quantities must be some of {', '.join(QUANTITIES)}, got {list(quantities)}")
    missing = [name for name in quantities if name not in trace]
    if missing:
        raise ValueError(f"this trace did not keep {', '.join(missing)}: call layer.trace(x) without keep")
    rows, steps = trace[quantities[0]].shape[:2]
    units = trace.layer.units
    for name, value, count in (("batch", batch, rows), ("t", t, steps), ("unit", unit, units)):
        if value is not None and not 0 <= value < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}")

    arrays = {name: trace[name] if name in trace else np.zeros(0) for name in QUANTITIES}
    scales = lstm_scales(trace.layer, arrays)
    shown = {name: arrays[name][batch] for name in quantities}
    look = theme_of(theme)
    heights = [min(max(a.shape[1] * 0.16, 0.42), 0.95) for a in shown.values()]
    gap, top, bottom = 0.34, 0.62, 0.62
    figure = sheet(
        9.2, top + bottom + sum(heights) + gap * (len(heights) - 1), theme, _describe(trace, batch, shown, t)
    )
    height = figure.get_figheight()
    figure.text(0.03, 1 - 0.2 / height, _title(trace, batch), color=look["ink"], fontsize=12, va="center")

    y = top
    for (name, values), tall in zip(shown.items(), heights, strict=True):
        axes = figure.add_axes((0.03, 1 - (y + tall) / height, 0.84, tall / height))
        _draw(axes, name, values, scales[name], theme, trace.mask if trace.mask is None else trace.mask[batch])
        bar = figure.add_axes((0.885, 1 - (y + tall) / height, 0.014, tall / height))
        _scale_bar(bar, scales[name], name, theme)
        if t is not None:
            axes.axvspan(t - 0.5, t + 0.5, fill=False, edgecolor=look["ink"], linewidth=1.4)
        if unit is not None and name != "x":
            axes.plot([-0.012], [unit], marker=">", color=look["ink"], markersize=6, clip_on=False,
                      transform=axes.get_yaxis_transform())  # fmt: skip
        y += tall + gap
    axes.tick_params(labelbottom=True)
    order = " (in the order of processing)" if _reordered(trace) else ""
    axes.set_xlabel(f"step{order}", color=look["muted"], fontsize=10)
    return figure


def _draw(axes: Any, name: str, values: np.ndarray, scale: dict[str, Any], theme: str, mask: Any) -> None:
    look = theme_of(theme)
    finite = np.ma.masked_invalid(values.T.astype(float))
    axes.imshow(finite, aspect="auto", interpolation="nearest", cmap=colormap(scale, name, theme),
                vmin=scale["low"], vmax=scale["high"])  # fmt: skip
    if mask is not None:
        for step in np.flatnonzero(~mask):
            axes.axvspan(step - 0.5, step + 0.5, facecolor="none", hatch="////", edgecolor=look["ink"], linewidth=0)
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(labelbottom=False, colors=look["muted"], labelsize=9, length=2)
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(look["line"])
    points = 72 * axes.figure.get_figheight() * axes.get_position().height
    above = 1 + 10 / points  # ten points above the picture
    place = {"transform": axes.transAxes}
    letter(axes, 0.011, above, name, fontsize=10, **place)
    axes.text(0.03, above, palette.NAMES[name], color=look["ink"], fontsize=10, va="center", **place)
    what = "features" if name == "x" else "units"
    axes.text(1, above, f"{values.shape[1]} {what}", color=look["muted"], fontsize=9, va="center", ha="right", **place)


def _scale_bar(axes: Any, scale: dict[str, Any], name: str, theme: str) -> None:
    look = theme_of(theme)
    ramp = np.linspace(scale["high"], scale["low"], 128)[:, None]
    axes.imshow(ramp, aspect="auto", cmap=colormap(scale, name, theme), extent=(0, 1, scale["low"], scale["high"]))
    axes.set_xticks([])
    axes.yaxis.tick_right()
    ends = [scale["low"], scale["high"]]
    axes.set_yticks(ends, [f"{v:g}".replace("-", "−") for v in ends])
    axes.tick_params(colors=look["muted"], labelsize=9, length=2)
    for spine in axes.spines.values():
        spine.set_color(look["line"])


def _title(trace: Trace, batch: int) -> str:
    rows = trace["h"].shape[0] if "h" in trace else 1
    which = f", sequence {batch} of 0…{rows - 1}" if rows > 1 else ""
    return f"{trace.layer.name}: an LSTM of {trace.layer.units} units{which}"


def _reordered(trace: Trace) -> bool:
    return trace.time is not None and not (np.diff(trace.time) == 1).all()


def _describe(trace: Trace, batch: int, shown: dict[str, np.ndarray], t: int | None) -> str:
    first = next(iter(shown.values()))
    lines = [
        f"Heat maps over {len(first)} steps of sequence {batch}, one above the other with a shared time axis: "
        f"{', '.join(f'{palette.NAMES[name]} {name}' for name in shown)} of the LSTM {trace.layer.name!r} "
        f"with {trace.layer.units} units."
    ]
    for name, values in shown.items():
        finite = values[np.isfinite(values)]
        if finite.size:
            line = f"{name} runs from {finite.min():.3g} to {finite.max():.3g}, with a mean of {finite.mean():.3g}"
        else:
            line = f"{name} has no finite value"
        odd = values.size - finite.size
        lines.append(line + (f"; {odd} of its values are NaN or infinite." if odd else "."))
    if trace.mask is not None and not trace.mask[batch].all():
        lines.append(f"{int((~trace.mask[batch]).sum())} masked steps are hatched.")
    if t is not None:
        lines.append(f"Step {t} is framed.")
    return " ".join(lines)
