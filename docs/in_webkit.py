"""What a reader does with one explorer of every kind in an exported page in WebKit: for docs.try_elsewhere, and tests.

Less than docs/every_kind.py has for the browsers that Playwright drives: drawn, stepped by keys, with NumPy's numbers;
and typed into, where there is something to type into.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import lstm_edu as le
from docs.every_kind import KINDS, LAST, same, shown_by
from docs.webkit import ROOT, WebKit

# kind -> keys, and where each leads
STEPS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "LSTM": [("ArrowRight", {"t": 1}), ("ArrowDown", {"unit": 1}), ("End", {"t": LAST})],
    "GRU": [("ArrowRight", {"t": 1}), ("ArrowDown", {"unit": 1}), ("End", {"t": LAST})],
    "SimpleRNN": [("ArrowRight", {"t": 1}), ("ArrowDown", {"unit": 1}), ("End", {"t": LAST})],
    "Dense": [("ArrowRight", {"unit": 1})],
    "Packing": [("ArrowRight", {"block": "W_i"}), ("ArrowRight", {"block": "W_f"})],
    "Embedding": [("ArrowRight", {"t": 1}), ("ArrowDown", {"unit": 1})],
    "Gradients": [("ArrowLeft", {"t": LAST - 1}), ("ArrowDown", {"unit": 1})],
    "Pair": [("ArrowRight", {"t": 1}), ("d", {"quantity": "z_g", "t": 0})],
    "Bins": [("ArrowRight", {"range": "0 1.25"})],
    "a model": [("ArrowRight", {"t": 1})],
    "any other layer": [("ArrowRight", {"t": 1})],
}


def use(webkit: WebKit, name: str, names: dict[str, Any], file: Path) -> str:
    """Write one kind as a page, do it all, and return what was seen. `names`: what every_kind.SETUP computes."""
    le.save_html(shown_by(name, names), file)
    webkit.open(file, width=600)
    webkit.drawn()
    webkit.focus("[aria-label='value_range, high']" if name == "Bins" else ROOT)
    for key, places in STEPS.get(name, []):
        webkit.press(key)
        webkit.places(**places)
    seen = ["drawn"] + ["stepped by keys"] * (name in STEPS)
    if shown := NUMBERS.get(name):
        for css, value in shown(names).items():
            same(webkit.number(css), value)
        seen.append("the numbers are NumPy's")
    if type_into := TYPED.get(name):
        type_into(webkit, names)
        seen.append("typed into")
    assert webkit.run("return document.documentElement.scrollWidth <= innerWidth"), "wider than the window"
    return "; ".join(seen)


# --- what is on the screen after the keys, by NumPy ------------------------------------------------------------------


def _recurrent(layer: str, letters: str) -> Any:
    def numbers(names: dict[str, Any]) -> dict[str, float]:
        trace = names[layer].trace(names["x"])
        return {f".le-num[data-q='{letter}']": trace[letter][0, LAST, 1] for letter in letters}

    return numbers


def _dense(names: dict[str, Any]) -> dict[str, float]:
    kernel, bias = names["dense"].get_weights()
    return {".le-result [data-q='y']": np.tanh(names["x"][0, 0] @ kernel[:, 1] + bias[1])}


def _embedding(names: dict[str, Any]) -> dict[str, float]:
    return {".le-num[data-q='y']": names["words"].get_weights()[0][names["tokens"][0, 1], 1]}


def _gradients(names: dict[str, Any]) -> dict[str, float]:
    trace = names["lstm"].trace(names["x"])
    dy = np.zeros_like(trace.h)
    dy[:, LAST] = 1
    found = names["lstm"].backward(trace, dy).trace
    return {f".le-num[data-q='0/d{letter}']": found[letter][0, LAST - 1, 1] for letter in "ch"}


NUMBERS = {
    "LSTM": _recurrent("lstm", "ifgoch"),
    "GRU": _recurrent("gru", "zrgh"),
    "SimpleRNN": _recurrent("rnn", "zh"),
    "Dense": _dense,
    "Embedding": _embedding,
    "Gradients": _gradients,
}


# --- typed into ------------------------------------------------------------------------------------------------------


def _another_input(webkit: WebKit, names: dict[str, Any]) -> None:
    webkit.click(".le-whatif summary")
    webkit.until("return [...document.querySelectorAll('.le-whatif summary')].length > 1")
    tool = "[...document.querySelectorAll('.le-whatif summary')].find(s => s.textContent.includes('Change a number'))"
    webkit.run(f"{tool}.click()")
    webkit.until("return document.querySelector(arguments[0])", "[aria-label='the number, as a number']")
    webkit.type("[aria-label='the number, as a number']", "1.5")
    webkit.until("return document.querySelectorAll('.le-changes li').length === 1")
    other = names["x"].copy()
    other[0, LAST, 0] = 1.5
    same(webkit.number(".le-num[data-q='c']"), names["lstm"].trace(other).c[0, LAST, 1])


def _another_weight(webkit: WebKit, names: dict[str, Any]) -> None:
    webkit.type("[aria-label='which number to change']", "W[2,1]")
    webkit.press("Enter")
    webkit.until("return document.querySelector(arguments[0])", "[aria-label='value of W[2,1], typed']")
    webkit.type("[aria-label='value of W[2,1], typed']", "0.5")
    kernel, bias = names["dense"].get_weights()
    kernel[2, 1] = 0.5
    webkit.until("return document.querySelector(\"[data-q='was']\")")
    same(webkit.number(".le-result [data-q='y']"), np.tanh(names["x"][0, 0] @ kernel[:, 1] + bias[1]))


def _a_guess(webkit: WebKit, names: dict[str, Any]) -> None:
    webkit.type(".le-guess", "1/4")
    webkit.press("Enter")
    webkit.places(state="right")


TYPED = {"LSTM": _another_input, "Dense": _another_weight, "Prediction": _a_guess}
IN_PAGES = [name for name, kind in KINDS.items() if kind.kind]
