"""A recurrent layer's gates and states over time, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lstm_edu import palette
from lstm_edu.core.checks import plural
from lstm_edu.plots.paper import colormap, letter, sheet, theme_of, which_sequence
from lstm_edu.plots.scales import extremes, lstm_scales, recurrent_scales
from lstm_edu.trace import Trace

QUANTITIES = {
    "LSTM": ("x", "i", "f", "g", "o", "c", "h"),
    "GRU": ("x", "z", "r", "g", "h"),
    "SimpleRNN": ("x", "z", "h"),
}
_COLUMNS = 1200  # more steps than this share columns


def gates(
    trace: Trace,
    batch: int = 0,
    *,
    quantities: Sequence[str] | None = None,
    t: int | None = None,
    unit: int | None = None,
    theme: str = "light",
) -> Figure:
    """Heat maps of a recurrent layer's input, gates and states: units from top to bottom, steps from left to right.

    Where several of very many steps share a column of the picture, it shows the greatest of them and, below it, the
    least.

    Args:
        trace: the trace of an LSTM, GRU or SimpleRNN, with all the quantities to draw.
        batch: which sequence.
        quantities: which of x, i, f, g, o, c, h (LSTM), x, z, r, g, h (GRU) or x, z, h (SimpleRNN), in the order in
            which to draw them; all, if not given.
        t, unit: a step to frame, and a unit to point at.
        theme: "light" or "dark"; if not given, `show` follows the page.

    Returns:
        A matplotlib Figure; `figure.lstm_edu_description` says in words what it shows.

    Raises:
        TypeError: not a Trace. ValueError: another layer's, a quantity unknown or not kept, a place out of range.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"gates needs a Trace (layer.trace(x)), got {type(trace).__name__}")
    if trace.kind not in QUANTITIES:
        raise ValueError(
            f"gates draws the trace of an LSTM, GRU or SimpleRNN, got that of {trace.kind} {trace.layer.name!r}"
        )
    known = QUANTITIES[trace.kind]
    quantities = known if quantities is None else quantities
    unknown = [name for name in quantities if name not in known]
    if unknown or not quantities:
        raise ValueError(f"quantities must be some of {', '.join(known)}, got {list(quantities)}")
    missing = [name for name in quantities if name not in trace]
    if missing:
        raise ValueError(f"this trace did not keep {', '.join(missing)}: call layer.trace(x) without keep")
    rows, steps = trace[quantities[0]].shape[:2]
    units = trace.layer.units
    for name, value, count in (("batch", batch, rows), ("t", t, steps), ("unit", unit, units)):
        if value is not None and not 0 <= value < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}")

    arrays = {name: trace[name] if name in trace else np.zeros(0) for name in known}
    scales = (lstm_scales if trace.kind == "LSTM" else recurrent_scales)(trace.layer, arrays)
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
        of, said = _letter(trace, name)
        _draw(
            axes, (name, of, said), values, scales[name], theme, trace.mask if trace.mask is None else trace.mask[batch]
        )
        bar = figure.add_axes((0.885, 1 - (y + tall) / height, 0.014, tall / height))
        _scale_bar(bar, scales[name], of, theme)
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


def _letter(trace: Trace, name: str) -> tuple[str, str]:
    """Whose colour a quantity of this layer has, and what it is called: a GRU's z is a gate."""
    if trace.kind == "GRU" and name in palette.GRU:
        return palette.GRU[name][:2]
    return ("x" if name == "z" else name), palette.NAMES[name]


def _draw(
    axes: Any, named: tuple[str, str, str], values: np.ndarray, scale: dict[str, Any], theme: str, mask: Any
) -> None:
    look = theme_of(theme)
    name, of, said = named
    shown = np.ma.masked_invalid(extremes(values.T.astype(float), _COLUMNS))
    axes.imshow(shown, aspect="auto", interpolation="nearest", cmap=colormap(scale, of, theme), vmin=scale["low"],
                vmax=scale["high"], extent=(-0.5, len(values) - 0.5, values.shape[1] - 0.5, -0.5))  # fmt: skip
    for first, end in skipped_runs(mask):
        axes.axvspan(first - 0.5, end - 0.5, facecolor="none", hatch="////", edgecolor=look["ink"], linewidth=0)
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(labelbottom=False, colors=look["muted"], labelsize=9, length=2)
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(look["line"])
    points = 72 * axes.figure.get_figheight() * axes.get_position().height
    above = 1 + 10 / points  # ten points above the picture
    place = {"transform": axes.transAxes}
    letter(axes, 0.011, above, name, of, fontsize=10, **place)
    axes.text(0.03, above, said, color=look["ink"], fontsize=10, va="center", **place)
    what = "features" if name == "x" else "units"
    axes.text(1, above, f"{values.shape[1]} {what}", color=look["muted"], fontsize=9, va="center", ha="right", **place)


def skipped_runs(mask: np.ndarray | None) -> list[tuple[int, int]]:
    """Runs of steps that do not count, [(first, end), ...]; none without a mask (T,)."""
    if mask is None:
        return []
    edges = np.flatnonzero(np.diff(np.concatenate([[True], mask, [True]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


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
    size = f"{'an' if trace.kind == 'LSTM' else 'a'} {trace.kind} of {plural(trace.layer.units, 'unit')}"
    return f"{trace.layer.name}: {size}{which_sequence(batch, rows)}"


def _reordered(trace: Trace) -> bool:
    return trace.time is not None and not (np.diff(trace.time) == 1).all()


def _describe(trace: Trace, batch: int, shown: dict[str, np.ndarray], t: int | None) -> str:
    first = next(iter(shown.values()))
    lines = [
        f"Heat maps over {plural(len(first), 'step')} of sequence {batch}, one above the other with a shared time "
        f"axis: {', '.join(f'{_letter(trace, name)[1]} {name}' for name in shown)} of the {trace.kind} "
        f"{trace.layer.name!r} with {plural(trace.layer.units, 'unit')}."
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
