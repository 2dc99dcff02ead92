"""A figure that was drawn for white paper, on dark paper."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb, to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from numpy.typing import ArrayLike

_GREY = 0.08  # red, green and blue that differ by no more than this are a grey
_CONTRAST = 3.0  # WCAG 2.2, 1.4.11: the least for what a picture needs to be understood


def on_paper(figure: Figure, paper: str, ink: str) -> Figure | None:
    """A copy on dark paper: black and white change places, and colours that would be too dark there become lighter.

    Images and colour maps stay as they are.

    Returns:
        None where the figure is dark already, or cannot be copied (pickled).
    """
    if sum(to_rgb(figure.get_facecolor())) < 1.5:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            copy: Any = pickle.loads(pickle.dumps(figure))
    except Exception:  # a custom artist or formatter, for which pickle raises anything
        return None
    copy.draw_without_rendering()  # ticks and legends exist from here on
    for artist in [*copy.findobj(), *_hidden(copy)]:
        _recolor(artist, partial(_dark, paper=np.array(to_rgb(paper)), ink=np.array(to_rgb(ink))))
    for axes in copy.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _keep_for_new_ticks(axis)
    return copy


def _hidden(figure: Figure) -> Iterator[Artist]:
    """What findobj does not find: arrows of annotations, boxes around texts."""
    for text in figure.findobj(Text):
        yield from filter(None, (getattr(text, "arrow_patch", None), text.get_bbox_patch()))


def _recolor(artist: Artist, dark: Callable) -> None:
    if isinstance(artist, Line2D):
        _change(artist, dark, "color", "markerfacecolor", "markeredgecolor")
    elif isinstance(artist, Text):
        _change(artist, dark, "color")
    elif isinstance(artist, Patch):
        _change(artist, dark, "facecolor", "edgecolor")
    elif isinstance(artist, Collection) and artist.get_array() is None:
        _change(artist, lambda colors: [dark(color) for color in to_rgba_array(colors)], "facecolor", "edgecolor")


def _change(artist: Any, change: Callable, *parts: str) -> None:
    """All are looked up first: a marker that follows its line would be changed twice."""
    found = {part: getattr(artist, f"get_{part}")() for part in parts}
    for part, value in found.items():
        if not (isinstance(value, str) and value.lower() == "none"):
            getattr(artist, f"set_{part}")(change(value))


def _keep_for_new_ticks(axis: Axis) -> None:
    """A picture of another size may have more of them."""
    for ticks, set_params in (
        (axis.get_major_ticks(), partial(axis.set_tick_params, "major")),
        (axis.get_minor_ticks(), partial(axis.set_tick_params, "minor")),
    ):
        for tick in ticks[:1]:
            color, label, grid = tick.tick1line.get_markeredgecolor(), tick.label1.get_color(), tick.gridline
            set_params(color=color, labelcolor=label, grid_color=grid.get_color(), grid_alpha=grid.get_alpha())


def _dark(color: Any, paper: np.ndarray, ink: np.ndarray) -> tuple[float, ...]:
    """For black, white and greys: the ink, the paper, and what is in between. For a colour: itself or a lighter one."""
    *rgb, alpha = to_rgba(color)
    found = np.array(rgb)
    if found.max() - found.min() <= _GREY:
        found = ink + found.mean() * (paper - ink)
    else:
        while _contrast(found, paper) < _CONTRAST:
            found = found + 0.1 * (ink - found)
    return (*found, alpha)


def _contrast(one: np.ndarray, other: np.ndarray) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(rgb: ArrayLike) -> float:
    """Of red, green and blue, 0 to 1 each: WCAG's relative luminance, from 0, black, to 1, white."""
    rgb = np.asarray(rgb)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
