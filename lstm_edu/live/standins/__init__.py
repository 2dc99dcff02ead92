"""Libraries that Keras imports and that this browser lacks, as small as they can be.

Nothing of Keras's own arithmetic is replaced. A real library, where there is one, is always taken instead.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
NAMES = ("jax", "ml_dtypes", "optree", "scipy")


class StandIns(MetaPathFinder):
    """Finds a stand-in where nobody before it in `sys.meta_path` found the library."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname not in NAMES:
            return None
        return spec_from_file_location(fullname, FOLDER / f"{fullname}.py", submodule_search_locations=[])


def install() -> None:
    """From now on they are found where the real ones are missing."""
    if not any(isinstance(finder, StandIns) for finder in sys.meta_path):
        sys.meta_path.append(StandIns())
