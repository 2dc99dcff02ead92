"""What all pictures share: paper and ink of a theme, letters on their colours, descriptions, and showing them."""

from __future__ import annotations

import base64
import html
import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from lstm_edu import palette

THEMES = {
    "light": {"paper": "#FFFFFF", "ink": "#1F2328", "muted": "#59636E", "line": "#B8BFC7", "soft": "#F1F3F5"},
    "dark": {"paper": "#17191C", "ink": "#E6E8EB", "muted": "#A3ABB5", "line": "#50565E", "soft": "#23262B"},
}


def theme_of(theme: str) -> dict[str, str]:
    """The paper and inks of "light" or "dark". ValueError for another name."""
    if theme not in THEMES:
        raise ValueError(f'theme must be "light" or "dark", got {theme!r}')
    return THEMES[theme]


def sheet(width: float, height: float, theme: str, description: str) -> Figure:
    """An empty figure, in inches, on the theme's paper."""
    figure = Figure(figsize=(width, height), facecolor=theme_of(theme)["paper"], layout="none")
    figure.lstm_edu_description = description
    return figure


def ink_on(color: str) -> str:
    """Black or white, whichever reads better on this colour (WCAG's relative luminance)."""
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return "#000000" if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 else "#FFFFFF"


def letter(axes: Axes, x: float, y: float, name: str, **text: Any) -> None:
    """A quantity's letter on its colour."""
    color = palette.COLORS[name]
    style = {"ha": "center", "va": "center", "fontsize": 11} | text
    box = {"boxstyle": "round,pad=0.28,rounding_size=0.2", "facecolor": color, "edgecolor": "none"}
    axes.text(x, y, name, color=ink_on(color), bbox=box, family="serif", style="italic", weight="bold", **style)


def colormap(scale: dict[str, Any], name: str, theme: str) -> Colormap:
    """The colours of a named scale, as in the explorers; NaN and infinities stand out from all of them."""
    stops = palette.DIVERGING[theme] if scale["kind"] == "signed" else palette.sequential(name, theme)
    colors = LinearSegmentedColormap.from_list(f"lstm_edu_{name}_{theme}", stops)
    return colors.with_extremes(bad=THEMES[theme]["ink"])


# --- descriptions ---------------------------------------------------------------------------------------------------


def describe(figure: Figure) -> str:
    """The description in words of a figure of this package. ValueError for a figure that has none."""
    description = getattr(figure, "lstm_edu_description", "")
    if not description:
        raise ValueError(
            "this figure has no description: figures of lstm_edu.plots have one; for your own, write "
            'figure.lstm_edu_description = "what it shows", or show(figure, description="...")'
        )
    return description


class Picture:
    """A figure as a notebook displays it: an image with its description as alternative text."""

    def __init__(self, figure: Figure, description: str):
        self.figure = figure
        self.description = description

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=192, facecolor=self.figure.get_facecolor())
        source = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
        width = round(96 * self.figure.get_figwidth())
        image = f'<img src="{source}" width="{width}" style="max-width:100%;height:auto" alt="{{}}">'
        return {"text/html": image.format(html.escape(self.description)), "text/plain": self.description}

    def __repr__(self) -> str:
        return self.description


def show(figure: Figure, description: str | None = None) -> Picture:
    """Display a figure, as the last line of a cell, with its description for those who do not see it.

    Args:
        figure: a figure of this package, or any other with a `description`.
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"show needs a matplotlib Figure, such as le.plots.gates(trace), got {type(figure).__name__}")
    return Picture(figure, description or describe(figure))
