"""The package itself needs NumPy. What else it can use is in extras, and an error names the one that is missing."""

import sys
from importlib.util import find_spec

NEEDS = {  # the extra of pyproject.toml -> what it brings; the same names in both
    "widgets": ("ipywidgets", "anywidget"),
    "plots": ("matplotlib",),
    "export": ("nbclient", "nbconvert", "latex2mathml"),
}


def need(extra: str, what: str) -> None:
    """Go on if all that `what`, such as "an explorer", needs can be imported.

    Raises:
        ModuleNotFoundError: it cannot; says what to install.
    """
    if lacking := [name for name in NEEDS[extra] if find_spec(name) is None]:
        raise ModuleNotFoundError(
            f"{what} needs {' and '.join(lacking)}, which this Python lacks. Install the extra {extra!r}: "
            f'"{sys.executable}" -m pip install "lstm-edu[{extra}]" (in a clone of the repository: -e ".[{extra}]"). '
            "The extra 'course' has everything",
            name=lacking[0],
        )
