"""What a report should say about itself, so that it can be checked later: file, versions, backend, date."""

from __future__ import annotations

import hashlib
import os
import platform
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lstm_edu.keras_bridge.loading import keras


def of(source: Any) -> tuple[str, ...]:
    """Lines about a comparison of this source (a path, a layer or a model) that is made now."""
    lines = []
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        size = f", {path.stat().st_size:,} bytes, SHA-256 {_hash(path)}" if path.is_file() else ""
        lines.append(f"{path.name}{size}")
    k, own = keras(), import_module("lstm_edu").__version__
    lines.append(
        f"lstm_edu {own}, Keras {k.__version__} on {k.backend.backend()}, NumPy {np.__version__}, "
        f"Python {platform.python_version()} on {platform.system()}"
    )
    lines.append(datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"))
    return tuple(lines)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
