"""Still pictures: for print, for slides, and for reading without a kernel. Each has a description in words.

Every function returns a matplotlib Figure that belongs to no window and to no global state. `show(figure)` displays it
in a notebook together with its description, for those who cannot see it, in the theme of the page.
"""

from importlib import import_module
from typing import Any

from lstm_edu import extras

_HOMES = {
    "activations": "curves",
    "cell_diagram": "cell",
    "dense": "matrices",
    "embedding": "matrices",
    "gates": "heatmaps",
    "gradients": "gradient_flow",
    "packing": "blocks",
    "pair": "runs",
    "Picture": "paper",
    "describe": "paper",
    "show": "paper",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load matplotlib for the first picture only: the explorers use this package's scales without it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'lstm_edu.plots' has no attribute {name!r}")
    extras.need("plots", "a picture")
    value = getattr(import_module(f"lstm_edu.plots.{_HOMES[name]}"), name)
    if _HOMES[name] != "paper":
        value = import_module("lstm_edu.plots.paper").in_both_themes(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
