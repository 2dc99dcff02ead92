"""What happens in the page before the first cell."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from lstm_edu.live import missing, standins

RECORDED = "recorded.json"  # static/pyodide.js puts it into the home folder


def load_ipython_extension(shell: Any) -> None:
    """Make what Keras needs importable, and let one line say what cannot be here. IPython's configuration calls it."""
    standins.install()
    recorded = Path.home() / RECORDED
    missing.install(shell, json.loads(recorded.read_text(encoding="utf-8")) if recorded.is_file() else {})
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # of its font cache, made again at each visit
    _send_none_as_null()
    _say_done()


# Pyodide makes undefined of None, in the midst of things, too.
_NULLS = """const nulls = (value) =>
  value === undefined ? null
  : Array.isArray(value) ? value.map(nulls)
  : value?.constructor === Object ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, nulls(inner)]))
  : value;
nulls"""


def _send_none_as_null() -> None:
    """What a widget says to the page arrives there as from any other kernel: JSON knows null, and no undefined."""
    from js import Object
    from pyodide.code import run_js
    from pyodide.ffi import to_js
    from pyodide_kernel.comm import Comm

    nulls, publish = run_js(_NULLS), Comm.publish_msg

    def publish_msg(self: Any, msg_type: str, data: Any = None, *args: Any, **keys: Any) -> None:
        state = None if data is None else nulls(to_js(data, dict_converter=Object.fromEntries))
        publish(self, msg_type, state, *args, **keys)

    Comm.publish_msg = publish_msg


def _say_done() -> None:
    """The line about loading goes away."""
    from js import BroadcastChannel, Object  # Pyodide's
    from pyodide.ffi import to_js

    BroadcastChannel.new("lstm-edu-live").postMessage(to_js({"done": True}, dict_converter=Object.fromEntries))
