"""A gradient on its way back through time, as one picture: states, gradients, their size, and what is left of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lstm_edu import palette
from lstm_edu.core.checks import plural
from lstm_edu.core.gradient_flow import Flow, flow
from lstm_edu.core.kinds import NOTATION
from lstm_edu.plots.paper import colormap, letter, sheet, theme_of, which_sequence
from lstm_edu.plots.scales import extremes, signed_scale

DASHES = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 1.5, 1, 1.5)))
_COLUMNS = 1200  # more steps than this are sampled
_DECADES = 45


def gradients(
    layer: Any,
    x: Any,
    dy: Any = None,
    *,
    mask: Any = None,
    initial_state: Any = None,
    beside: Any = None,
    batch: int = 0,
    unit: int = 0,
    theme: str = "light",
) -> Figure:
    """Heat maps of a layer's states and of the gradients that come back to them, with curves of what is left.

    Args:
        layer: an LSTM, GRU or SimpleRNN of this package, built. beside: a second one, run on the same x and mask.
        x (B, T, F), dy, mask, initial_state: as for `le.explore_gradients`; dy None: the loss is the sum of the last
            output.
        batch: which sequence. unit: whose own way back is drawn (of `beside`, its last unit if it has fewer).
        theme: "light" or "dark".

    Raises:
        As `le.explore_gradients`; ValueError for a sequence or unit that there is not.
    """
    theme_of(theme)
    flows = [flow(layer, x, dy, mask, initial_state, rows=0)]
    if beside is not None:
        flows.append(flow(beside, x, dy, mask, rows=0))
    rows, steps, units = flows[0].trace["h"].shape
    for name, value, count in (("batch", batch, rows), ("unit", unit, units)):
        if not 0 <= value < count:
            raise ValueError(f"{name} must be from 0 to {count - 1}, got {value}")
    maps = [
        (n, name, source[name][batch])
        for n, f in enumerate(flows)
        for name in dict.fromkeys((NOTATION[f.trace.kind].carries, "h"))
        for source in (f.trace, f.grads.trace)
    ]
    # Gradients of one state have one scale in both layers: or what has vanished would look as large as the other.
    shared = {
        name: signed_scale(np.concatenate([f.grads.trace[name][batch].ravel() for f in flows if name in f.grads.trace]))
        for name in "ch"
        if any(name in f.grads.trace for f in flows)
    }
    skipped = None if flows[0].trace.mask is None else ~flows[0].trace.mask[batch]
    heights = [min(max(values.shape[1] * 0.14, 0.36), 0.7) for _, _, values in maps] + [1.35, 1.35]
    stack = Stack(heights, theme, _describe(flows, batch, unit), _title(flows, batch, rows))
    for index, (n, name, values) in enumerate(maps):
        kind = flows[n].trace.kind
        gradient = bool(index % 2)
        scale = shared[name] if gradient else signed_scale(values)
        title = f"{kind}: gradient of {name}, dL/d{name}" if gradient else f"{kind}: {palette.NAMES[name]}"
        stack.map(values, scale, title, None if gradient else name, skipped)
    axes = stack.axes("size of the gradient at each step, over all units")
    curves = [(f, name) for f in flows for name in dict.fromkeys((NOTATION[f.trace.kind].carries, "h"))]
    for (f, name), dash in zip(curves, DASHES, strict=False):  # four at most
        size = np.linalg.norm(f.grads.trace[name][batch].astype(float), axis=1)
        _log_line(axes, size, f"{f.trace.kind} |dL/d{name}|", palette.COLORS[name], dash)
    stack.finish_curves(axes, steps, log=True)
    axes = stack.axes(f"what is left of a gradient on unit {unit}'s own way, from the last step back to here")
    for n, f in enumerate(flows):
        _, way = own_way(f, batch, min(unit, f.trace["h"].shape[2] - 1))
        text, color = {
            "LSTM": ("product of forget gates", palette.COLORS["f"]),
            "GRU": ("product of update gates", palette.COLORS["f"]),
            "SimpleRNN": ("product of slope · U[u, u]", palette.COLORS["x"]),
        }[f.trace.kind]
        _line(axes, way, f"{f.trace.kind}: {text}", color, DASHES[n])
    stack.finish_curves(axes, steps, log=True, last=True)
    return stack.figure


def own_way(f: Flow, batch: int, unit: int) -> tuple[np.ndarray, np.ndarray]:
    """The product of a unit's direct factors from each step to the last: (signs (T,), exponents of ten (T,))."""
    after = np.append(f.direct[batch, 1:, unit].astype(float), 1.0)
    with np.errstate(divide="ignore"):
        exponents = np.log10(np.abs(after))[::-1].cumsum()[::-1]
    return np.sign(after)[::-1].cumprod()[::-1], exponents


class Stack:
    """Pictures one above the other with one axis of time, each with a title, a scale bar or a legend at its right."""

    def __init__(self, heights: Sequence[float], theme: str, description: str, title: str, gap: float = 0.36):
        self.theme, self.look = theme, theme_of(theme)
        self.heights, self.gap = list(heights), gap
        self.figure = sheet(9.2, 0.62 + 0.62 + sum(heights) + gap * (len(heights) - 1), theme, description)
        self.figure.text(0.03, 1 - 0.2 / self.figure.get_figheight(), title, color=self.look["ink"], fontsize=12,
                         va="center")  # fmt: skip
        self._next, self._y = 0, 0.62

    def axes(self, title: str, name: str | None = None) -> Axes:
        """The next picture's axes."""
        tall, height = self.heights[self._next], self.figure.get_figheight()
        axes = self.figure.add_axes((0.07, 1 - (self._y + tall) / height, 0.8, tall / height),
                                    facecolor=self.look["paper"])  # fmt: skip
        self._next += 1
        self._y += tall + self.gap
        above = 1 + 10 / (72 * tall)
        if name is not None and name in palette.COLORS:
            letter(axes, 0.011, above, name, fontsize=10, transform=axes.transAxes)
        axes.text(0.03 if name in palette.COLORS else 0, above, title, color=self.look["ink"], fontsize=10,
                  va="center", transform=axes.transAxes)  # fmt: skip
        axes.tick_params(colors=self.look["muted"], labelsize=9, length=2, labelbottom=False)
        for spine in axes.spines.values():
            spine.set_color(self.look["line"])
        return axes

    def map(self, values: np.ndarray, scale: dict[str, Any], title: str, name: str | None, skipped: Any) -> Axes:
        """A heat map of (T, units) with its scale."""
        axes = self.axes(title, name)
        steps = len(values)
        shown = extremes(values.T.astype(float), _COLUMNS)
        colors = colormap(scale, name if name is not None and name in palette.COLORS else "x", self.theme)
        extent = (-0.5, steps - 0.5, values.shape[1] - 0.5, -0.5)
        axes.imshow(np.ma.masked_invalid(shown), aspect="auto", interpolation="nearest", cmap=colors, extent=extent,
                    vmin=scale["low"], vmax=scale["high"])  # fmt: skip
        hatch(axes, skipped, self.look)
        axes.set_yticks([])
        position = axes.get_position()
        bar = self.figure.add_axes((0.885, position.y0, 0.014, position.height))
        ramp = np.linspace(scale["high"], scale["low"], 128)[:, None]
        bar.imshow(ramp, aspect="auto", cmap=colors, extent=(0, 1, scale["low"], scale["high"]))
        bar.set_xticks([])
        bar.yaxis.tick_right()
        ends = [scale["low"], scale["high"]]
        bar.set_yticks(ends, [f"{v:g}".replace("-", "−") for v in ends])
        bar.tick_params(colors=self.look["muted"], labelsize=9, length=2)
        for spine in bar.spines.values():
            spine.set_color(self.look["line"])
        return axes

    def finish_curves(self, axes: Axes, steps: int, *, log: bool = False, last: bool = False) -> None:
        """Limits, ticks and legend of a picture of curves; `last`: the time axis is below it."""
        axes.set_xlim(-0.5, steps - 0.5)
        axes.grid(color=self.look["line"], linewidth=0.5, alpha=0.5)
        if log:  # the values are exponents
            low, high = axes.get_ylim()
            axes.set_ylim(max(low, high - _DECADES), high)
            cast(MaxNLocator, axes.yaxis.get_major_locator()).set_params(integer=True, nbins=4)
            axes.yaxis.set_major_formatter(lambda v, _: "1" if v == 0 else f"1e{v:g}".replace("-", "−"))
        axes.legend(loc="best", fontsize=8, handlelength=2.8, labelcolor=self.look["ink"], borderaxespad=0.4,
                    facecolor=self.look["paper"], edgecolor=self.look["line"], framealpha=0.9)  # fmt: skip
        if last:
            self.time_axis(axes)

    def time_axis(self, axes: Axes, text: str = "step") -> None:
        axes.tick_params(labelbottom=True)
        cast(MaxNLocator, axes.xaxis.get_major_locator()).set_params(integer=True)
        axes.set_xlabel(text, color=self.look["muted"], fontsize=10)


def hatch(axes: Axes, skipped: np.ndarray | None, look: dict[str, str]) -> None:
    """Hatch the steps that the layer skipped."""
    for step in () if skipped is None else np.flatnonzero(skipped):
        axes.axvspan(step - 0.5, step + 0.5, facecolor="none", hatch="////", edgecolor=look["ink"], linewidth=0)


def _log_line(axes: Axes, sizes: np.ndarray, label: str, color: str, dash: Any) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        _line(axes, np.log10(sizes), label, color, dash)


def _line(axes: Axes, exponents: np.ndarray, label: str, color: str, dash: Any) -> None:
    finite = np.where(np.isfinite(exponents), exponents, np.nan)
    axes.plot(finite, color=color, linestyle=dash, linewidth=1.9, label=label)


def _title(flows: list[Flow], batch: int, rows: int) -> str:
    names = " and ".join(f"{f.trace.kind} {f.trace.layer.name}" for f in flows)
    return f"The gradient's way back through time: {names}{which_sequence(batch, rows)}"


def _describe(flows: list[Flow], batch: int, unit: int) -> str:
    steps = flows[0].trace["h"].shape[1]
    lines = [
        f"Heat maps over {plural(steps, 'step')} of sequence {batch}, each state above the gradient that comes back to "
        "it, and two curves on logarithmic axes: the gradient's size at each step, and the product of the factors of "
        f"unit {unit}'s own way from the last step back."
    ]
    for f in flows:
        size = np.linalg.norm(f.grads.trace["h"][batch].astype(float), axis=1)
        own = min(unit, f.trace["h"].shape[2] - 1)
        signs, exponents = own_way(f, batch, own)
        lines.append(
            f"{f.trace.kind} {f.trace.layer.name!r}: |dL/dh| is {size[-1]:.3g} at the last step and {size[0]:.3g} at "
            f"the first; the factors of unit {own} multiply to {_power(exponents[0], signs[0])}."
        )
    odd = sum(int((~np.isfinite(f.grads.trace["h"][batch])).sum()) for f in flows)
    if odd:
        lines.append(f"{odd} gradients are NaN or infinite.")
    mask = flows[0].trace.mask
    if mask is not None and not mask[batch].all():
        lines.append(f"{int((~mask[batch]).sum())} masked steps are hatched.")
    if steps > _COLUMNS:
        lines.append("Each column of the maps shows the greatest value of several steps and, below it, the least.")
    return " ".join(lines)


def _power(exponent: float, sign: float) -> str:
    if not np.isfinite(exponent):
        return "0" if exponent < 0 else str(exponent)
    if abs(exponent) < 300:
        return f"{sign * 10**exponent:.3g}"
    return f"{'-' if sign < 0 else ''}1e{round(exponent)}"
