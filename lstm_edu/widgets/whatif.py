"""What if: the changes that an LSTM's explorer computes in the page, how they are written down, and which there are.

A what-if is one JSON object, {} where nothing is changed::

    {"hold": [{"gate": "f", "value": 1.0, "unit": 3, "from": 2, "to": 5}],  # without unit: all; both steps included
     "numbers": {"x[0,4,1]": 2.5, "kernel[1,7]": 0.0, "recurrent_kernel[2,7]": 1.0, "bias[7]": -1.0},
     "mistake": "gate-order:i,g,f,o"}

The numbers come first, then the mistake, and the gates are held last. `x[sequence,step,feature]`; steps are counted as
the layer processed them, columns as in Keras's packed weights.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.trace import Trace
from lstm_edu.widgets import _base, words

GATES = "ifgo"
_PLACE = re.compile(r"(x|kernel|recurrent_kernel|bias)\[(\d+(?:,\d+)*)\]")


def in_page(mistake: Any) -> bool:
    """Whether the page can make this mistake of the catalogue: recompute.js can, and words.py has words for it.

    The others read the input in another order, need other sequences of the batch, or cannot be computed at all.
    """
    return words.mistake(mistake.id) is not None


def offered(trace: Trace) -> list[dict[str, str]]:
    """The mistakes that the page can switch on in this run, in the catalogue's order.

    Each is {"id", "group", "words", "sentence", "fix"}: words in a list of its group, the sentence once it is made.
    """
    from lstm_edu.doctor import equations
    from lstm_edu.doctor.mistake import CATALOGUE
    from lstm_edu.doctor.recipes import Form, Masking, RecurrentRecipe

    layer = trace.layer
    width = trace.weights[0].shape[1]
    recipe = RecurrentRecipe(
        layer=layer,
        x=trace["x"],
        mask=trace.mask,
        start=tuple(trace.initial_state),
        kernel=trace.weights[0],
        recurrent_kernel=trace.weights[1],
        bias=(trace.weights[2] if layer.use_bias else np.zeros(width, trace["h"].dtype)).reshape(1, width),
        equations=equations.equations_of(layer),
        before=("carried", "carried"),
        masking=Masking(("carry", "carry"), layer.masked_output),
        form=Form(layer.return_sequences, layer.return_state),
        backwards=layer.go_backwards,
    )
    return [
        {"id": m.id, **(words.mistake(m.id) or {}), "sentence": m.sentence, "fix": m.fix}
        for m in CATALOGUE
        if in_page(m) and m.applies(layer) and m.mutation is not None and m.mutation(recipe) is not None
    ]


def unavailable(trace: Trace) -> str:
    """Why this run cannot be computed in the page; "" if it can."""
    if any(mask is not None for mask in trace.dropout_masks):
        return words.NO_WHAT_IF_IN_TRAINING
    if not _base.light(trace.weights):
        return words.no_what_if_of(sum(w.nbytes for w in trace.weights))
    return ""


def checked(edits: Any, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A what-if as it is written down: numbers as floats, and only what changes something.

    Raises:
        TypeError: not a dict, or a part of the wrong kind.
        ValueError: a part, a gate, a place or a mistake that does not exist; a number that is not finite.
    """
    if not isinstance(edits, Mapping):
        raise TypeError(f"a what-if is a dict with hold, numbers and mistake, got {type(edits).__name__} ({edits!r})")
    unknown = [name for name in edits if name not in ("hold", "numbers", "mistake")]
    if unknown:
        raise ValueError(f"a what-if has hold, numbers and mistake, got {unknown[0]!r}")
    if edits and spec["no_what_if"]:
        raise ValueError(f"what if cannot be asked here. {spec['no_what_if']}")
    held, numbers, mistake = edits.get("hold") or [], edits.get("numbers") or {}, edits.get("mistake") or ""
    if isinstance(held, (str, Mapping)) or not isinstance(held, (list, tuple)):
        raise TypeError(f'hold must be a list such as [{{"gate": "f", "value": 1}}], got {held!r}')
    if not isinstance(numbers, Mapping):
        raise TypeError(f'numbers must be a dict such as {{"bias[2]": 0.5}}, got {numbers!r}')
    found: dict[str, Any] = {}
    if held:
        found["hold"] = [_hold(one, spec) for one in held]
    if numbers:
        found["numbers"] = {_place(place, spec): _number(value, str(place)) for place, value in numbers.items()}
    if mistake:
        found["mistake"] = _mistake(mistake, spec)
    return found


def asked(
    spec: Mapping[str, Any],
    batch: int,
    hold: Mapping[Any, float] | None,
    unit: int | None,
    steps: Any,
    mistake: str | None,
    arrays: Mapping[str, Mapping[Any, float] | None],
) -> dict[str, Any]:
    """A what-if from the arguments of `LSTMExplorer.what_if`, checked."""
    if hold is None and (unit is not None or steps is not None):
        name, value = ("unit", unit) if unit is not None else ("steps", steps)
        raise ValueError(f"{name}={value!r} says where gates are held, but no gate is: hold={{'f': 1}} is missing")
    one: dict[str, Any] = {} if unit is None else {"unit": unit}
    if steps is not None:
        if isinstance(steps, (str, Mapping)) or not hasattr(steps, "__len__") or len(steps) != 2:
            raise TypeError(f"steps must be the first and the last step, such as (2, 5), got {steps!r}")
        one |= {"from": steps[0], "to": steps[1]}
    if not isinstance(hold, (Mapping, type(None))):
        raise TypeError(f"hold must be a dict such as {{'f': 1}}, got {type(hold).__name__} ({hold!r})")
    held = [{"gate": gate, "value": value} | one for gate, value in (hold or {}).items()]
    numbers = {}
    for name, places in arrays.items():
        if not isinstance(places, (Mapping, type(None))):
            raise TypeError(f"{name} must be a dict of places and numbers, got {type(places).__name__} ({places!r})")
        for place, value in (places or {}).items():
            index = place if isinstance(place, tuple) else (place,)
            if name == "x" and len(index) == 2:
                index = (batch, *index)
            numbers[f"{name}[{','.join(str(n) for n in index)}]"] = value
    return checked({"hold": held, "numbers": numbers, "mistake": mistake or ""}, spec)


def joined(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Both; where they change the same thing, the new one."""

    def where(held):
        return {key: value for key, value in held.items() if key != "value"}

    again = [where(held) for held in new.get("hold", ())]
    both = {
        "hold": [h for h in old.get("hold", ()) if where(h) not in again] + list(new.get("hold", ())),
        "numbers": {**old.get("numbers", {}), **new.get("numbers", {})},
        "mistake": new.get("mistake") or old.get("mistake"),
    }
    return {name: part for name, part in both.items() if part}


# --- the parts ------------------------------------------------------------------------------------------------------


# What an activation can give, where it has bounds.
_RANGES = {
    **dict.fromkeys(("sigmoid", "hard_sigmoid", "hard_sigmoid_keras2"), (0.0, 1.0)),
    **dict.fromkeys(("tanh", "softsign", "hard_tanh"), (-1.0, 1.0)),
}


def _hold(held: Any, spec: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(held, Mapping):
        raise TypeError(f'a gate is held by a dict such as {{"gate": "f", "value": 1}}, got {held!r}')
    unknown = [name for name in held if name not in ("gate", "value", "unit", "from", "to")]
    if unknown:
        raise ValueError(f"hold has gate, value, unit, from and to, got {unknown[0]!r}")
    gate = held.get("gate")
    if gate not in tuple(GATES):
        hint = ": c and h are states, which the gates make" if gate in ("c", "h") else ""
        raise ValueError(f"a gate to hold is one of i, f, g, o, got {gate!r}{hint}")
    if "value" not in held:
        raise ValueError(f'the value at which {gate} is held is missing: {{"gate": {gate!r}, "value": 1}}')
    found = {"gate": gate, "value": _number(held["value"], f"the value at which {gate} is held")}
    function = spec["activation"] if gate == "g" else spec["recurrent_activation"]
    least, most = _RANGES.get(function, (-math.inf, math.inf))
    if not least <= found["value"] <= most:
        raise ValueError(
            f"{gate} is held at {held['value']:g}, which {function} never gives: it is between {least:g} and {most:g}"
        )
    for name, count, what in (("unit", "units", "unit"), ("from", "steps", "step"), ("to", "steps", "step")):
        if held.get(name) is not None:
            found[name] = _base.where(f"hold: {name}", held[name], spec[count], what)
    if found.get("from", 0) > found.get("to", spec["steps"] - 1):
        raise ValueError(
            f"hold: the first step must not come after the last, got from {found['from']} to {found['to']}: swapped?"
        )
    return found


def _place(place: Any, spec: Mapping[str, Any]) -> str:
    width = 4 * spec["units"]
    shapes = {
        "x": (spec["rows"], spec["steps"], spec["features"]),
        "kernel": (spec["features"], width),
        "recurrent_kernel": (spec["units"], width),
    }
    if spec["use_bias"]:
        shapes["bias"] = (width,)
    written = str(place).replace(" ", "")
    match = _PLACE.fullmatch(written)
    if match and match[1] == "bias" and not spec["use_bias"]:
        raise ValueError(f"{written} cannot be changed: this layer has no bias (use_bias=False)")
    index = tuple(int(n) for n in match[2].split(",")) if match else ()
    shape = shapes.get(match[1], ()) if match else ()
    fits = shape and len(index) == len(shape) and all(n < size for n, size in zip(index, shape, strict=True))
    if match is None or not fits:
        known = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        raise ValueError(f'a number to change is named like "kernel[0,3]", in {known}; got {str(place)!r}')
    return f"{match[1]}[{','.join(map(str, index))}]"


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{what} must be a number, got {value!r} ({type(value).__name__})")
    if not math.isfinite(value):
        raise ValueError(f"{what} must be a finite number, got {value!r}")
    return float(value)


def _mistake(mistake: Any, spec: Mapping[str, Any]) -> str:
    if not isinstance(mistake, str):
        raise TypeError(f"a mistake is named by its id in le.mistakes(), got {mistake!r} ({type(mistake).__name__})")
    known = [entry["id"] for entry in spec["mistakes"]]
    if mistake in known:
        return mistake
    from difflib import get_close_matches

    from lstm_edu.doctor.mistake import CATALOGUE

    if mistake in CATALOGUE:
        raise ValueError(
            f"{mistake} cannot be switched on here: it belongs to another kind of layer or input (no mask, no initial "
            "state?), or the page cannot compute it"
        )
    close = get_close_matches(mistake, known, n=1) or [known[0]]
    raise ValueError(f"the catalogue has no mistake {mistake!r}; did you mean {close[0]!r}? le.mistakes() lists them")
