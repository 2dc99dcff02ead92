"""What a function returned, compared with what it should return: numbers first, then their form."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.comparison.places import number_text, where, where_text
from lstm_edu.comparison.tolerance import TOLERANCES, apart
from lstm_edu.core.checks import plural, shape_text

NUMBERS, COUNT, NAMES = "numbers", "count", "names"
BATCH = ("row", "sequence", "sentence")  # what the first axis, the batch, holds


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


class Taken(NamedTuple):
    """What was returned.

    Attributes:
        values: one array (or count, or list of names) for each output.
        remarks: what is unusual in its form, in words. The numbers count; these are told next to them.
        raw: the values with the axes that they came with.
    """

    values: list[Any]
    remarks: tuple[str, ...] = ()
    raw: list[Any] = []


def taken(value: Any, outputs: Sequence[Output]) -> list[Any]:
    """What was returned as one array (or count, or list of names) for each output. `Unusable` for anything else."""
    return read(value, outputs).values


def read(value: Any, outputs: Sequence[Output], right: Sequence[Any] | None = None, iterator: str = "") -> Taken:
    """What was returned, and what is unusual in its form: the numbers come first.

    Args:
        right: what should have been returned. With it an axis of length 1 too many is left out.
        iterator: the kind of iterator that `value`, a list, was taken from.
    """
    remarks = [f"You returned {_an(iterator)} (is there a `yield`?); {_instead(outputs)}"] if iterator else []
    if len(outputs) == 1:
        if isinstance(value, Mapping) and (inside := _in_dictionary(value, outputs[0].name)) is not None:
            value = inside
            remarks.append(f"You returned a dictionary; {_instead(outputs)}")
        values: Sequence[Any] = [value]
    else:
        values = _unpacked(value, outputs, remarks)
    found, raw = list[Any](), list[Any]()
    for k, (one, output) in enumerate(zip(values, outputs, strict=True)):
        begin = "Your function returned" if len(outputs) == 1 else f"As {output.name} your function returned"
        numbers, remark = _taken(one, output, begin, None if right is None else right[k])
        raw.append(numbers)
        if right is not None and (spare := _spare_axis(numbers, right[k], output)):
            numbers, remark = numbers.reshape(right[k].shape), remark or spare
        found.append(numbers)
        remarks += [remark] if remark and not (iterator and remark.startswith("You returned a list")) else []
    return Taken(found, tuple(dict.fromkeys(remarks)), raw)


def _in_dictionary(value: Mapping, name: str) -> Any:
    """What a dictionary holds by the output's name, or by the numbers 0, 1, 2 ...; None if neither."""
    if name in value:
        return value[name]
    if value and set(value) == set(range(len(value))):
        return np.array([value[k] for k in range(len(value))])
    return None


def _spare_axis(numbers: Any, right: Any, output: Output) -> str:
    """A remark on axes of length 1 too many; "" if there are none."""
    if not isinstance(numbers, np.ndarray) or numbers.ndim <= right.ndim:
        return ""
    if [n for n in numbers.shape if n != 1] != [n for n in right.shape if n != 1]:
        return ""
    return (
        f"Your {output.name} has shape {shape_text(numbers.shape)}, with an axis of length 1 too many; "
        f"{shape_text(right.shape)} is expected."
    )


def _instead(outputs: Sequence[Output]) -> str:
    if len(outputs) > 1:
        return f"what is expected is `return {', '.join(o.name for o in outputs)}`."
    return f"NumPy users return an array, such as `np.array({outputs[0].name})`."


def _an(word: str) -> str:
    return f"{'an' if word[:1] in 'aeiouAEIOU' else 'a'} {word}"


def _unpacked(value: Any, outputs: Sequence[Output], remarks: list[str]) -> Sequence[Any]:
    """One thing for each of several outputs."""
    names = ", ".join(o.name for o in outputs)
    if isinstance(value, Mapping) and all(o.name in value for o in outputs):
        remarks.append(f"You returned a dictionary; {_instead(outputs)}")
        return [value[o.name] for o in outputs]
    last = [o.name.rpartition("_")[2] for o in outputs]
    as_in_keras = [key.replace("g", "c") for key in last]  # Keras's own code calls the candidate c
    named = [o.name.replace("_g", "_c") for o in outputs]
    for keys in (last, as_in_keras, named, range(len(outputs)), range(1, len(outputs) + 1)):  # i, f, g, o; numbers
        if isinstance(value, Mapping) and len(value) == len(outputs) and set(value) == set(keys):
            remarks.append(f"You returned a dictionary; {_instead(outputs)}")
            return [value[key] for key in keys]
    if isinstance(value, np.ndarray) and value.ndim > 1 and len(value) == len(outputs):
        remarks.append(f"You returned one array that holds all {len(outputs)}; {_instead(outputs)}")
        return list(value)
    if not isinstance(value, (tuple, list)):
        raise Unusable(f"Your function returned {kind_of(value)}; it has to return {len(outputs)} things: {names}.")
    if len(value) != len(outputs):
        raise Unusable(f"Your function returned {len(value)} things; it has to return {len(outputs)}: {names}.")
    return value


def _taken(value: Any, output: Output, begin: str, right: Any) -> tuple[Any, str]:
    """The numbers, and a remark on their form or ""."""
    if value is None or value is ...:
        raise Unusable(f"{begin} {value}: something is still missing there.")
    if output.kind == COUNT:
        return _count(value, begin)
    if output.kind == NAMES:
        if not isinstance(value, (list, tuple, np.ndarray)) or np.ndim(value) != 1:
            raise Unusable(f"{begin} {kind_of(value)}; a list of names is expected, one for each row.")
        return [str(v) if isinstance(v, str) else v for v in list(value)], ""
    array, remark = _array(value, output, begin, right)
    numbers, whole = _floats(array, begin)
    return numbers, remark or whole


def _count(value: Any, begin: str) -> tuple[Any, str]:
    number = value.item() if isinstance(value, (np.ndarray, np.generic)) and np.size(value) == 1 else value
    if isinstance(number, float) and number.is_integer():
        return int(number), f"You returned {number} (float); a count is a whole number, {int(number)}. (// gives one.)"
    if isinstance(number, bool) or not isinstance(number, int):
        raise Unusable(f"{begin} {kind_of(value)}; a count is a whole number (int).")
    return number, ""


def _array(value: Any, output: Output, begin: str, right: Any) -> tuple[np.ndarray, str]:
    if isinstance(value, np.generic):
        return np.asarray(value), ""
    if type(value) is np.ndarray:
        return value, ""
    remark = f"You returned {kind_of(value)}; {_instead([output])}"
    if np.ma.is_masked(value):
        raise Unusable(f"{begin} {kind_of(value)}, in which some numbers are masked; a NumPy array is expected.")
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], np.ndarray):  # `return h,`
        return value[0], "You returned a tuple of one array (is there a comma at the end of the line?)."
    arrays = isinstance(value, (tuple, list)) and [isinstance(v, np.ndarray) for v in value]
    if arrays and len(arrays) > 1 and all(arrays) and right is not None and np.ndim(value[0]) != right.ndim - 1:
        raise Unusable(
            f"{begin} a {type(value).__name__} of {plural(len(arrays), 'array')}; one is expected, {output.name}."
        )
    if arrays and any(arrays) and not all(arrays):
        raise Unusable(f"{begin} {kind_of(value)} things of different kinds; one array is expected, {output.name}.")
    if isinstance(value, (int, float, complex)) and right is not None and right.ndim:
        raise Unusable(f"{begin} {kind_of(value)}; an array of shape {shape_text(right.shape)} is expected.")
    if not (isinstance(value, (list, tuple, int, float, complex)) or hasattr(value, "__array__")):
        raise Unusable(f"{begin} {kind_of(value)}; a NumPy array is expected.")
    kind = kind_of(value)
    try:
        if isinstance(value, (list, tuple)):
            value = [np.asarray(v) if hasattr(v, "__array__") else v for v in value]
        return np.asarray(value), "" if isinstance(value, (int, float, complex)) else remark
    except Exception as error:  # of rows of different lengths; of a tensor that has no numbers
        different = isinstance(value, list) and isinstance(error, ValueError)
        why = "its rows have different lengths" if different else f"{type(error).__name__}: {error}"[:200]
        raise Unusable(f"{begin} {kind} that NumPy cannot turn into an array ({why}).") from None


def _floats(array: np.ndarray, begin: str) -> tuple[np.ndarray, str]:
    """The numbers as float32 or float64, and a remark where they were not."""
    kind, dtype = array.dtype.kind, array.dtype
    if kind == "f" and dtype.itemsize >= 4:
        return array, ""
    if kind == "f":
        return array.astype(np.float32), f"Your array has dtype {dtype}: half precision keeps only 3 digits."
    if kind in "iu":
        return array.astype(np.float64), (
            f"Your array has dtype {dtype}, whole numbers only: a fraction stored in it is cut off."
        )
    if kind == "c" and not np.any(array.imag):
        return array.real, f"Your array has dtype {dtype}; the numbers here are real."
    if kind == "O":
        with contextlib.suppress(TypeError, ValueError):
            if all(v is not None for v in array.flat):
                return array.astype(np.float64), "Your array has dtype object; for numbers it should be float."
    why = {
        "c": "the numbers here are real",
        "O": "rows of different lengths, or None among the numbers?",
        "b": "was a comparison returned instead of the numbers?",
    }.get(kind, "these are not numbers")
    raise Unusable(f"{begin} an array of dtype {dtype}; float32 or float64 is expected ({why}).")


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


ANOTHER_ORDER = "The numbers are right, but in another order"


def first_difference(
    values: Sequence[Any], expected: Sequence[Any], outputs: Sequence[Output], computed: Sequence[str] = ()
) -> str | None:
    """Where what was returned first differs from what is right, in words; None if it does not.

    Args:
        computed: the outputs' names in the order in which they are computed: what is computed first is named.
    """
    wrong = [not agrees(v, e) for v, e in zip(values, expected, strict=True)]
    if not any(wrong):
        return None
    for order in permutations(values):
        if all_agree(order, expected):
            return f"{ANOTHER_ORDER}; {', '.join(o.name for o in outputs)} is expected."
    ranks = {name: rank for rank, name in enumerate(computed)}
    k = min((k for k, bad in enumerate(wrong) if bad), key=lambda k: ranks.get(outputs[k].name, k))
    right = [o.name for o, bad in zip(outputs, wrong, strict=True) if not bad]
    text = _difference(values[k], expected[k], outputs[k])
    return text + (f" ({', '.join(right)} {'is' if len(right) == 1 else 'are'} right.)" if right else "")


def _difference(value: Any, expected: Any, output: Output) -> str:
    name = output.name
    if output.kind == COUNT:
        return f"Your {name} is {value}; the right one is {expected}."
    if output.kind == NAMES:
        if len(value) != len(expected):
            return f"{name} has {plural(len(value), 'entry')}; {len(expected)} are expected, one for each row."
        k = next(k for k, (a, b) in enumerate(zip(value, expected, strict=True)) if a != b)
        return f"{name}[{k}] is {str(value[k])[:40]!r}; the right one is {expected[k]!r}."
    if (turned := _other_axes(value, expected, output)) is not None:
        return turned
    if value.shape != expected.shape:
        named = "" if output.axes is None else f", that is ({', '.join(output.axes)})"
        return (
            f"{name} has shape {shape_text(value.shape)}; {shape_text(expected.shape)} is expected{named}"
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
    return f"{name} differs first{place_of(index, value.shape, output)}: {both(value, expected, index)}.{before}"


def place_of(index: tuple[int, ...], shape: tuple[int, ...], output: Output) -> str:
    """ " at sequence 0, unit 3"; "" for a single number."""
    if output.axes is None:  # as one would write it
        return f" at {output.name}[{', '.join(map(str, index))}]" if index else ""
    place = where(index, shape, output.axes, output.gates)
    return f" at {where_text(place)}" if place else ""


def both(value: np.ndarray, expected: np.ndarray, index: tuple[int, ...]) -> str:
    return f"yours {number_text(value[index])}, the right one {number_text(expected[index])}"


def _other_axes(value: np.ndarray, expected: np.ndarray, output: Output) -> str | None:
    """The right numbers, with the axes in another order, or with other rows and columns."""
    if value.ndim != expected.ndim or not 2 <= value.ndim <= 3:
        return None
    for order in permutations(range(value.ndim)):
        if value.shape == tuple(expected.shape[k] for k in order) and agrees(np.transpose(expected, order), value):
            axes = output.axes or tuple(f"axis {k}" for k in range(value.ndim))
            theirs = ", ".join(axes[k] for k in order)
            shown = f"{output.name} has shape {shape_text(value.shape)}; {shape_text(expected.shape)} is expected. "
            looks = "It looks transposed: the" if value.ndim == 2 else "The"
            return f"{shown}{looks} numbers are right, but the axes are ({theirs}), not ({', '.join(axes)})."
    return None


def _shape_cause(got: tuple[int, ...], wanted: tuple[int, ...], output: Output) -> str:
    if not got:
        return ": it is a single number (was a sum or a mean taken over all of it?)"
    if len(got) == 2 and got == wanted[::-1]:
        return ": it looks transposed"
    if len(wanted) == 3 and got == (wanted[1], wanted[0], wanted[2]):
        return ": batch and time are swapped; np.stack(..., axis=1) puts time second"
    if len(wanted) == 3 and got == (wanted[0], wanted[2]):
        return ": that is one timestep; all of them are expected"
    if output.axes and "timestep" in output.axes and len(got) == len(wanted):
        k = output.axes.index("timestep")
        if got[:k] + got[k + 1 :] == wanted[:k] + wanted[k + 1 :]:
            if got[k] == 1:
                return ": there is only one timestep (is `return` inside the loop?)"
            if got[k] == wanted[k] + 1:
                return ": one timestep too many (is the state before the first step among them?)"
    if len(got) == len(wanted) - 1 and got == wanted[1:]:
        return ": the batch axis is gone" if output.axes and output.axes[0] in BATCH else ": the first axis is gone"
    return ""
