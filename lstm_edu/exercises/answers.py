"""What a function returned, held against what it should return."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from lstm_edu.comparison.places import number_text, where, where_text
from lstm_edu.comparison.tolerance import TOLERANCES, apart
from lstm_edu.core.checks import shape_text

NUMBERS, COUNT, NAMES = "numbers", "count", "names"


@dataclass(frozen=True)
class Output:
    """One thing that the function returns.

    Attributes:
        name: as the task calls it. axes: the names of its axes; None for an array of any shape.
        meaning: for the task.
        kind: numbers in an array, a whole number, or a list of names.
        gates: letters of the gates that lie side by side along the last axis.
    """

    name: str
    axes: tuple[str, ...] | None
    meaning: str
    kind: str = NUMBERS
    gates: str | None = None


class Unusable(Exception):
    """What was returned cannot be compared; the text says why, to the learner."""


def taken(value: Any, outputs: Sequence[Output]) -> list[Any]:
    """What was returned as one array (or count, or list of names) for each output. `Unusable` for anything else."""
    if len(outputs) == 1:
        return [_taken(value, outputs[0], "Your function returned")]
    names = ", ".join(o.name for o in outputs)
    if not isinstance(value, (tuple, list)):
        raise Unusable(f"Your function returned {kind_of(value)}; it has to return {len(outputs)} things: {names}.")
    if len(value) != len(outputs):
        raise Unusable(f"Your function returned {len(value)} things; it has to return {len(outputs)}: {names}.")
    return [_taken(v, o, f"As {o.name} your function returned") for v, o in zip(value, outputs, strict=True)]


def _taken(value: Any, output: Output, begin: str) -> Any:
    if value is None or value is ...:
        raise Unusable(f"{begin} {value}: something is still missing there.")
    if output.kind == COUNT:
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
            raise Unusable(f"{begin} {kind_of(value)}; a count is a whole number (int).")
        return int(value)
    if output.kind == NAMES:
        if not isinstance(value, (list, tuple, np.ndarray)) or np.ndim(value) != 1:
            raise Unusable(f"{begin} {kind_of(value)}; wanted is a list of names, one for each row.")
        return [str(v) if isinstance(v, str) else v for v in list(value)]
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if type(value) is tuple and value and all(isinstance(v, np.ndarray) for v in value):
        raise Unusable(f"{begin} {_how_many(value)}; wanted is one, {output.name}.")
    if type(value) is not np.ndarray:
        raise Unusable(f"{begin} {kind_of(value)}; wanted is a NumPy array{_remedy(value)}.")
    if value.dtype.kind != "f" or value.dtype.itemsize < 4:
        why = {
            "c": "the numbers here are real",
            "O": "rows of different lengths, or None among the numbers?",
            "i": "a fraction was cut off somewhere: was an array of whole numbers filled with fractions?",
            "u": "a fraction was cut off somewhere: was an array of whole numbers filled with fractions?",
            "b": "was a comparison returned in place of the numbers?",
            "f": "half precision keeps 3 digits only",
        }.get(value.dtype.kind, "these are no numbers")
        raise Unusable(f"{begin} an array of dtype {value.dtype}; wanted is float32 or float64 ({why}).")
    return value


def kind_of(value: Any) -> str:
    """What a value is, for a beginner: "a list", "a generator (the function has a `yield`)"."""
    if type(value) is np.ndarray:
        return f"an array of shape {shape_text(value.shape)}"
    if inspect.isgenerator(value):
        return "a generator (made by `yield`, or by round brackets with a `for` in them)"
    if inspect.iscoroutine(value):
        value.close()
        return "a coroutine (made by `async def`)"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if callable(value):
        return "a function (are the brackets of a call missing?)"
    if isinstance(value, (bool, int, float)):
        return f"{value} ({type(value).__name__})"
    name = type(value).__name__
    return f"an object of type {name}" if name[:1].isupper() else f"a {name}"


def _how_many(arrays: tuple) -> str:
    if len(arrays) == 1:  # `return h,`
        return "a tuple of one array (is there a comma at the end of the line?)"
    return f"a tuple of {len(arrays)} arrays"


def _remedy(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ": np.array(...) or np.stack(...) makes one"
    return ": np.array(...) makes one" if hasattr(value, "__array__") or isinstance(value, np.ndarray) else ""


# --- comparing ------------------------------------------------------------------------------------------------------


def agrees(one: Any, other: Any) -> bool:
    """Whether a comparison would call two taken outputs equal; shapes count."""
    if isinstance(one, np.ndarray) != isinstance(other, np.ndarray):
        return False
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and not apart(one, other, TOLERANCES["float32"]).any()
    return one == other


def all_agree(ones: Sequence[Any], others: Sequence[Any]) -> bool:
    return all(agrees(a, b) for a, b in zip(ones, others, strict=True))


def first_difference(values: Sequence[Any], expected: Sequence[Any], outputs: Sequence[Output]) -> str | None:
    """Where what was returned first differs from what is right, in words; None if it does not."""
    wrong = [not agrees(v, e) for v, e in zip(values, expected, strict=True)]
    if not any(wrong):
        return None
    for order in permutations(values):
        if all_agree(order, expected):
            return f"The numbers are right, but in another order; wanted are {', '.join(o.name for o in outputs)}."
    k = wrong.index(True)
    right = [o.name for o, bad in zip(outputs, wrong, strict=True) if not bad]
    text = _difference(values[k], expected[k], outputs[k])
    return text + (f" ({', '.join(right)} {'is' if len(right) == 1 else 'are'} right.)" if right else "")


def _difference(value: Any, expected: Any, output: Output) -> str:
    name = output.name
    if output.kind == COUNT:
        return f"Your {name} is {value}; the right one is {expected}."
    if output.kind == NAMES:
        if len(value) != len(expected):
            return f"{name} has {len(value)} entries; wanted are {len(expected)}, one for each row."
        k = next(k for k, (a, b) in enumerate(zip(value, expected, strict=True)) if a != b)
        return f"{name}[{k}] is {str(value[k])[:40]!r}; the right one is {expected[k]!r}."
    if value.shape != expected.shape:
        named = "" if output.axes is None else f" ({', '.join(output.axes)})"
        return (
            f"{name} has shape {shape_text(value.shape)}; wanted is {shape_text(expected.shape)}{named}"
            f"{_shape_cause(value.shape, expected.shape, output)}."
        )
    bad = np.argwhere(apart(value, expected, TOLERANCES["float32"]))
    axes: Sequence[str] = output.axes or tuple(f"axis {k}" for k in range(value.ndim))
    before = ""
    if "timestep" in axes:
        steps = bad[:, axes.index("timestep")]
        bad = bad[steps == steps.min()]
        if steps.min() > 0:
            before = f" All timesteps before {steps.min()} are right: look at what goes from one step to the next."
    index = tuple(bad[0])
    theirs, right = (number_text(a[index]) for a in (value, expected))
    place = where(index, value.shape, axes, output.gates)
    at = f" at {where_text(place)}" if place else ""
    if output.axes is None and index:  # axes without names: as one would write it
        at = f" at {name}[{', '.join(map(str, index))}]"
    return f"{name} differs first{at}: yours {theirs}, the right one {right}.{before}"


def _shape_cause(got: tuple[int, ...], wanted: tuple[int, ...], output: Output) -> str:
    if not got:
        return ": it is a single number (was a sum or a mean taken over all of it?)"
    if len(got) == 2 and got == wanted[::-1]:
        return ": it looks transposed"
    if len(wanted) == 3 and got == (wanted[1], wanted[0], wanted[2]):
        return ": batch and time are exchanged; np.stack(..., axis=1) puts time second"
    if len(wanted) == 3 and got == (wanted[0], wanted[2]):
        return ": that is one timestep; all of them are wanted"
    if output.axes and "timestep" in output.axes and len(got) == len(wanted):
        k = output.axes.index("timestep")
        if got[:k] + got[k + 1 :] == wanted[:k] + wanted[k + 1 :]:
            if got[k] == 1:
                return ": there is only one timestep (does `return` stand inside the loop?)"
            if got[k] == wanted[k] + 1:
                return ": one timestep too many (is the state before the first step among them?)"
    if len(got) == len(wanted) - 1 and got == wanted[1:]:
        return f": the {output.axes[0] if output.axes else 'first'} axis is gone"
    return ""
