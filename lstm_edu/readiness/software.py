"""Which versions are installed, and which ones the course needs."""

import importlib.util
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

_OURS = "lstm-edu"
_NAMED = ("numpy", "matplotlib", "ipykernel", "ipywidgets", "anywidget", "jupyterlab", "keras", "tensorflow",
          "tensorflow-cpu", "jax", "torch", "jupyterhub", "nbgitpuller", "nbgrader")  # fmt: skip
_EXTENSIONS = {"anywidget": "anywidget", "ipywidgets": "@jupyter-widgets/jupyterlab-manager"}


def versions() -> dict[str, str]:
    """Of Python, of lstm-edu, and of what it depends on: only what is installed."""
    found = {"python": platform.python_version()}
    for name in (_OURS, *_NAMED):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def trouble() -> list[str]:
    """What is missing or too old, each in a few words, as the installed lstm-edu's own requirements say.

    Which of TensorFlow's packages it is, a kernel that imports Keras tells better.
    """
    from packaging.specifiers import SpecifierSet

    try:
        ours = metadata.metadata(_OURS)
    except metadata.PackageNotFoundError:
        return ["lstm-edu is not installed, only on the path"]
    said = []
    if platform.python_version() not in SpecifierSet(wanted := str(ours["Requires-Python"] or "")):
        said.append(f"Python {platform.python_version()} does not fit: {wanted} is needed")
    for requirement in _brought_by("course"):
        if not requirement.name.startswith("tensorflow"):
            said += _trouble_with(requirement.name, requirement.specifier)
    return list(dict.fromkeys(said))


def _brought_by(extra: str) -> list[Any]:
    """The requirements of this package with one of its extras, and with those that the extra names."""
    from packaging.requirements import Requirement

    found = []
    for requirement in map(Requirement, metadata.requires(_OURS) or []):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            ours = requirement.name == _OURS
            found += [r for name in requirement.extras for r in _brought_by(name)] if ours else [requirement]
    return found


def _trouble_with(name: str, needed) -> list[str]:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return [f"{_spelt(name)} is not installed"]
    if needed.contains(version, prereleases=True):
        return []
    return [f"{_spelt(name)} {version} does not fit: {needed} is needed"]


def _spelt(name: str) -> str:
    return {"jupyterlab": "JupyterLab", "keras": "Keras", "numpy": "NumPy"}.get(name, name)


def missing_extensions() -> list[str]:
    """Of the parts of JupyterLab that draw widgets: those that this Python's JupyterLab would not find."""
    from jupyter_core.paths import jupyter_path

    folders = [Path(sys.prefix, "share", "jupyter", "labextensions"), *map(Path, jupyter_path("labextensions"))]
    return [
        package
        for package, path in _EXTENSIONS.items()
        if importlib.util.find_spec(package) and not any((folder / path).is_dir() for folder in folders)
    ]
