"""What all pictures share: paper and ink of a theme, letters on their colours, descriptions, and showing them."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable
from functools import wraps
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.typing import ColorType

from lstm_edu import palette
from lstm_edu.plots.recoloring import luminance, on_paper

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
    figure: Any = Figure(figsize=(width, height), facecolor=theme_of(theme)["paper"])
    figure.set_layout_engine("none")
    figure.lstm_edu_description, figure.lstm_edu_theme = description, theme
    return figure


def ink_on(color: ColorType) -> str:
    """Black or white, whichever reads better on this colour of matplotlib's."""
    return "#000000" if luminance(to_rgb(color)) > 0.179 else "#FFFFFF"


def letter(axes: Axes, x: float, y: float, name: str, of: str | None = None, **text: Any) -> None:
    """A quantity's letter on its colour; `of`: whose colour, if not its own."""
    color = palette.COLORS[of or name]
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 11} | text
    box = {"boxstyle": "round,pad=0.28,rounding_size=0.2", "facecolor": color, "edgecolor": "none"}
    axes.text(x, y, name, color=ink_on(color), bbox=box, family="serif", style="italic", weight="bold", **style)


def which_sequence(batch: int, rows: int) -> str:
    """For a title: ", sequence 2 (0 to 4)"; nothing where there is only one."""
    return f", sequence {batch} (0 to {rows - 1})" if rows > 1 else ""


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
    """A figure as a notebook displays it: an image with its description as alternative text.

    A figure that can be drawn in both themes comes as two images, of which the page shows the one that fits: dark on
    pages that JupyterLab, Notebook, Voila, nbconvert, VS Code, Colab or Sphinx mark as dark; light on others and on
    paper.
    """

    def __init__(self, figure: Figure, description: str):
        self.figure = figure
        self.description = description

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        other = _on_dark(self.figure)
        if other is None:
            images = self._image(self.figure)
        else:
            images = f"<style>{_SWITCH}</style>" + self._image(self.figure, "lstm-edu-light")
            images += self._image(other, "lstm-edu-dark")
        return {"text/html": images, "text/plain": self.description}

    def _image(self, figure: Figure, name: str = "") -> str:
        buffer = io.BytesIO()
        dark = name == "lstm-edu-dark"  # seen on dark pages only: their own background shows through
        paper = "none" if dark else figure.get_facecolor()
        for axes in figure.axes if dark else ():
            if axes.get_facecolor() == figure.get_facecolor():
                axes.patch.set_alpha(0)
        figure.savefig(buffer, format="png", dpi=192, facecolor=paper)
        source = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
        width = round(96 * figure.get_figwidth())
        marked = f' class="{name}"' if name else ""
        # Where style sheets are removed (a notebook that is not trusted), the light image is the one that is seen.
        style = f"{'display:none;' if dark else ''}max-width:100%;height:auto"
        text = html.escape(self.description)
        return f'<img{marked} src="{source}" width="{width}" style="{style}" alt="{text}">'

    def __repr__(self) -> str:
        return self.description


# What marks a page as dark: JupyterLab, Notebook, Voila and nbconvert; VS Code; Colab; Sphinx and Jupyter Book.
_DARK = ":is([data-jp-theme-light='false'], .vscode-dark, html[theme='dark'], html[data-theme='dark'])"
_SWITCH = (
    "@media not print {"
    f"{_DARK} img.lstm-edu-light {{display: none !important}} "
    f"{_DARK} img.lstm-edu-dark {{display: inline !important}}"
    "}"
)


def in_both_themes(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """`draw`, whose figures remember how to be drawn in the other theme; not if a theme was asked for."""

    @wraps(draw)
    def drawn(*args: Any, **options: Any) -> Figure:
        figure: Any = draw(*args, **options)
        if "theme" not in options:
            figure.lstm_edu_again = lambda theme: draw(*args, theme=theme, **options)
            figure.lstm_edu_parts = len(figure.findobj())
        return figure

    return drawn


def _on_dark(figure: Figure) -> Figure | None:
    """The same figure for dark pages. None for one that was asked for in a theme, or that cannot be copied."""
    again, parts = (getattr(figure, f"lstm_edu_{name}", None) for name in ("again", "parts"))
    if again is not None and len(figure.findobj()) == parts:
        return again("dark")
    if hasattr(figure, "lstm_edu_theme"):
        return None  # ours, in the theme that was asked for, or with something more drawn into it
    return on_paper(figure, THEMES["dark"]["paper"], THEMES["dark"]["ink"])


def show(figure: Figure, description: str | None = None) -> Picture:
    """Display a figure, as the last line of a cell, with its description for those who cannot see it.

    It fits light and dark pages alike: figures of this package, unless a theme was asked for, and your own, if they
    are drawn for white paper.

    Args:
        figure: a figure of this package, or any other with a `description`.

    Raises:
        TypeError: not a matplotlib Figure. ValueError: a figure without a description.
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"show needs a matplotlib Figure, such as le.plots.gates(trace), got {type(figure).__name__}")
    return Picture(figure, description or describe(figure))
