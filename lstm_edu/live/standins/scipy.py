"""Instead of SciPy, which a browser could have for a 20 MB larger download: names that raise when they are called.

Keras's NumPy backend imports `scipy.linalg` for two functions, lu_factor and solve_triangular. A cell that itself says
`import scipy` before `import keras` gets the real one.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from lstm_edu.live.missing import NotInTheBrowser

__path__: list[str] = []


def _missing(name: str) -> Any:
    def absent(*args: Any, **kwargs: Any) -> Any:
        raise NotInTheBrowser(name, "SciPy")

    return absent


linalg = ModuleType("scipy.linalg")
for _name in ("lu_factor", "solve_triangular"):
    setattr(linalg, _name, _missing(f"scipy.linalg.{_name}"))
sys.modules["scipy.linalg"] = linalg
