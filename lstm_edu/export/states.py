"""Widgets in a page: their states and modules as JSON, and the element in which each is drawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from html import escape
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"

_BOXES = {"HBoxModel": "row", "VBoxModel": "column", "BoxModel": "row", "GridBoxModel": "row"}


class Widgets:
    """The widgets of one page. `states` is what a notebook's metadata hold: id -> {state, buffers, model_name}."""

    def __init__(self, states: Mapping[str, Any]):
        self._states = states
        self.models: dict[str, dict[str, Any]] = {}  # those that the page shows
        self._modules: dict[str, str] = {}  # ES modules by their hash: ten explorers share one
        self._styles: dict[str, str] = {}

    def view(self, model_id: str, text: str = "") -> str | None:
        """The element for one view of a widget, with `text` in it until it is drawn; None if it needs a kernel."""
        if model_id not in self._states:
            return None
        state = self._states[model_id]["state"]
        if "_esm" in state:
            self._add(model_id)
            waiting = f"<p>{escape(text)}</p>" if text else ""
            return f'<div class="widget" data-model="{escape(model_id)}"{self._layout(state)}>{waiting}</div>'
        if self._states[model_id].get("model_name") in _BOXES:
            children = [self.view(_reference(child)) for child in state.get("children", [])]
            if any(children):
                direction = _BOXES[self._states[model_id]["model_name"]]
                inside = "".join(child or NEEDS_PYTHON for child in children)
                return f'<div class="box {direction}"{self._layout(state)}>{inside}</div>'
        return None

    def _add(self, model_id: str) -> None:
        if model_id in self.models:
            return
        saved = self._states[model_id]
        state = {k: v for k, v in saved["state"].items() if k not in ("_esm", "_css", "layout") and k[:6] != "_model"}
        buffers = [{"path": buffer["path"], "data": buffer["data"]} for buffer in saved.get("buffers", [])]
        module = saved["state"]["_esm"]
        key = hashlib.sha256(module.encode()).hexdigest()[:12]
        self._modules[key] = module
        if style := saved["state"].get("_css"):
            self._styles[hashlib.sha256(style.encode()).hexdigest()] = style
        self.models[model_id] = {"module": key, "state": state, "buffers": buffers}

    def _layout(self, state: Mapping[str, Any]) -> str:
        """What ipywidgets' Layout says, as a style attribute."""
        layout = self._states.get(_reference(state.get("layout")), {}).get("state", {})
        rules = [f"{k.replace('_', '-')}:{v}" for k, v in layout.items() if k[0] != "_" and isinstance(v, str)]
        return f' style="{escape(";".join(rules))}"' if rules else ""

    def styles(self) -> str:
        """The widgets' style sheets, each once."""
        safe = (
            style.replace("</", "<\\/") for style in self._styles.values()
        )  # or a text in one could end the element
        return "\n".join(f"<style>\n{style}\n</style>" for style in safe)

    def json(self) -> str:
        """Everything for runtime.js, safe inside a script element. ValueError for what JSON cannot hold."""
        for model_id, model in self.models.items():
            for name, value in model["state"].items():
                try:
                    json.dumps(value, allow_nan=False)
                except (TypeError, ValueError) as error:
                    kind = self._states[model_id]["state"].get("_anywidget_id") or model_id
                    raise ValueError(
                        f"the widget {kind} cannot be saved: its trait {name!r} holds what JSON cannot express, such "
                        f"as NaN ({error}). Numbers that may be NaN are sent as bytes"
                    ) from None
        content = {"modules": self._modules, "models": self.models}
        # "<" occurs inside strings only; without it no text can end the script element.
        return json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


NEEDS_PYTHON = '<p class="needs-python">A control that needs Python: open the notebook to use it.</p>'


def _reference(value: Any) -> str:
    """The id in "IPY_MODEL_...": how one widget's state names another."""
    return value.removeprefix("IPY_MODEL_") if isinstance(value, str) else ""
