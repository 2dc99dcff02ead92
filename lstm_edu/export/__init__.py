"""Pages to give away: one HTML file each, which loads nothing from the network and in which explorers still compute.

An explorer is an ES module that draws itself from a model. In Jupyter the model is ipywidgets'; in a page it is the
small object of static/runtime.js, which holds the same state, so nothing else is needed. Formulas become MathML.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["save_html"]


def save_html(source: Any, path: str | Path, *, execute: bool = True) -> Path:
    """Write a widget or a notebook as one self-contained HTML file.

    The file opens from anywhere, even from a folder on a computer without a network. Explorers, and other anywidgets,
    are stepped and compute in it as they do in a notebook; what would need Python, such as a button of ipywidgets, is
    shown as text.

    Args:
        source: a widget, such as `le.explore(trace)`; or the path of a notebook.
        path: the file to write; one that is there is replaced.
        execute: run the notebook's cells first, in the notebook's folder; False takes the outputs as they were saved.

    Returns:
        The path of the file.

    Raises:
        TypeError: neither a widget nor a path.
        ValueError: a widget that cannot work in a page; something that is not a notebook; a path that is a folder, or
            is in a folder that does not exist.
        ModuleNotFoundError: the extra "export" is not installed.
        RuntimeError: a cell raised an error. Nothing is written then.
    """
    from lstm_edu import extras

    extras.need("export", "a page")
    from lstm_edu.export import page, site

    path = page.destination(path)
    if isinstance(source, (str, Path)):
        text = site.one_page(Path(source), execute=execute)
    elif hasattr(source, "get_state") and hasattr(source, "model_id"):
        text = page.of_widget(source)
    else:
        raise TypeError(
            f"save_html writes a widget (le.explore(trace)) or the path of a notebook, got {type(source).__name__}"
        )
    page.write(path, text)
    return path
