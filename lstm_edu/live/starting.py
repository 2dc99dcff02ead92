"""What happens in the page before the first cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lstm_edu.live import missing, standins

RECORDED = "recorded.json"  # static/pyodide.js puts it into the home folder


def load_ipython_extension(shell: Any) -> None:
    """Make what Keras needs importable, and let one line say what cannot be here. IPython's configuration calls it."""
    standins.install()
    recorded = Path.home() / RECORDED
    missing.install(shell, json.loads(recorded.read_text(encoding="utf-8")) if recorded.is_file() else {})
    _say_done()


def _say_done() -> None:
    """The line about loading goes away."""
    from js import BroadcastChannel, Object  # Pyodide's
    from pyodide.ffi import to_js

    BroadcastChannel.new("lstm-edu-live").postMessage(to_js({"done": True}, dict_converter=Object.fromEntries))
