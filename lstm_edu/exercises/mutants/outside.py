"""Mutations of what goes in and of what comes out: an argument not used, an output reversed, squared, transposed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lstm_edu.exercises.answers import NUMBERS, Output
from lstm_edu.exercises.mutants.words import Words

Array = np.ndarray
Arguments = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Turned:
    """An output of the right answer made into another: how, and what is said about it alone, and after another
    mistake."""

    output: int
    change: Callable[[Array], Any]
    cost: float
    phrase: str
    fix: str = ""
    after: str = ""

    def applied(self, outputs: Sequence[Any]) -> tuple[Any, ...]:
        changed = self.change(np.asarray(outputs[self.output], dtype=np.float64))
        return tuple(changed if k == self.output else value for k, value in enumerate(outputs))

    def of_many(self, many: Array) -> Array | None:
        """What becomes of many arrays (along the first axis), where numbers are only moved, or each is changed by
        itself; None where it is neither."""
        shape, rng = many.shape[1:], np.random.default_rng(0)
        one, other = rng.normal(size=(2, *shape))
        made = np.asarray(self.change(one))
        places = np.asarray(self.change(np.arange(1.0, one.size + 1).reshape(shape)))  # 0: a zero from nowhere
        at = np.clip(places, 0, one.size).astype(int)
        if places.shape == made.shape and np.array_equal(places, at):
            if np.array_equal(np.append(0.0, one)[at], made):
                return np.pad(many.reshape(len(many), -1), ((0, 0), (1, 0)))[:, at]
        both = np.append(one, other)
        if made.shape == shape and np.array_equal(np.append(made, self.change(other)), self.change(both)):
            return self.change(many.ravel()).reshape(many.shape)
        return None


@dataclass(frozen=True, eq=False)
class Given:
    """Other arguments for the right answer: how, what is said about it, and which arguments that concerns.

    alone: never one of two mistakes, because it gives too many numbers: a count that is one too large.
    """

    change: Callable[[Arguments], Arguments]
    cost: float
    phrase: str
    about: tuple[str, ...]
    alone: bool = False
    fix: str = ""

    def changed(self, arguments: Arguments) -> Arguments | None:
        """The other arguments; None where that cannot be."""
        try:
            return self.change(arguments)
        except (ValueError, TypeError, IndexError, ArithmeticError):
            return None


_Whole = Callable[[Array], Any]
_Along = Callable[[Array, int], Any]

# (what is done, "The numbers of NAME are the right ones ...", cost)
_POINTWISE: tuple[tuple[_Whole, str, float], ...] = (
    (np.negative, "with the opposite sign", 1.3),
    (lambda y: 100 * y, "in percent, 100 times as large", 1.3),
    (np.abs, "without the signs (abs)", 1.5),
    (np.square, "squared", 1.5),
    (lambda y: np.sqrt(np.where(y < 0, np.nan, y)), "with the root taken", 1.7),
    (np.round, "rounded to whole numbers", 1.5),
    (np.trunc, "cut off to whole numbers (int)", 1.5),
    (lambda y: np.round(y, 1), "rounded to 1 decimal", 1.5),
    (lambda y: np.round(y, 2), "rounded to 2 decimals", 1.5),
    (lambda y: np.round(y, 3), "rounded to 3 decimals", 1.5),
    (lambda y: np.round(y, 4), "rounded to 4 decimals", 1.5),
    (np.tanh, "with `np.tanh` applied", 1.5),
    (lambda y: 1 / (1 + np.exp(-y)), "with the sigmoid applied", 1.5),
    (lambda y: np.maximum(y, 0), "with everything below 0 set to 0 (relu)", 1.5),
    (lambda y: np.clip(y, 0, 1), "cut off below 0 and above 1", 1.6),
    (lambda y: 1 - y, "subtracted from 1", 1.5),
    (lambda y: y + 1, "with 1 added", 1.8),
    (lambda y: y - 1, "with 1 subtracted", 1.8),
    (lambda y: 1 / y, "turned upside down (1 divided by each)", 1.7),
    (np.exp, "with `np.exp` applied", 1.7),
    (lambda y: np.log(np.where(y <= 0, np.nan, y)), "with `np.log` applied", 1.7),
    (lambda y: y / np.linalg.norm(y), "divided by the length of all together", 2.0),
    (lambda y: y / y.sum(), "divided by the sum of all", 1.8),
    (lambda y: y / y.max(), "divided by the largest", 1.8),
    (lambda y: y - y.mean(), "less the mean of all", 1.9),
)

# (what is done, the sentence, cost, what to write instead)
_WHOLE: tuple[tuple[_Whole, str, float, str], ...] = (
    (np.sum, "Only the sum of all numbers of {name} is returned; each of them is expected.", 1.5, ""),
    (np.mean, "Only the mean of all numbers of {name} is returned; each of them is expected.", 1.5, ""),
    (np.max, "Only the largest number of {name} is returned; each of them is expected.", 1.6, ""),
    (lambda y: np.full_like(y, y.mean()), "Every entry of {name} is the mean of all of them.", 1.6, ""),
    (lambda y: np.full_like(y, y.sum()), "Every entry of {name} is the sum of all of them.", 1.7, ""),
    (lambda y: np.full_like(y, y.flat[0]), "Every entry of {name} is the first one.", 1.6, ""),
    (lambda y: np.full_like(y, y.flat[-1]), "Every entry of {name} is the last one.", 1.6, ""),
    (np.flip, "{Right} with all axes in reverse order (`np.flip` without an axis).", 1.4, ""),
    (np.ravel, "The numbers of {name} are right, but all in one long row.", 1.3, "{name} = ...   # without ravel()"),
    (
        lambda y: y[..., None],
        "{Right} with one axis of length 1 too many, at the end.",
        1.2,
        "{name} = {name}[..., 0]",
    ),
    (lambda y: np.sort(y.ravel()), "The numbers of {name} are right, but sorted by size.", 2.0, ""),
)

# (what is done along an axis, the sentence, cost); {many} and {one} are what lies along the axis: timesteps, a timestep
_ALONG: tuple[tuple[_Along, str, float], ...] = (
    (np.flip, "{Right} with the {many} in reverse order.", 1.2),
    (lambda y, x: np.roll(y, 1, x), "{Shifted}: the last has come to the front.", 1.4),
    (lambda y, x: np.roll(y, -1, x), "{Shifted}: the first has come to the end.", 1.4),
    (lambda y, x: _moved(y, x, 1), "{Shifted}, with 0 at the beginning.", 1.3),
    (lambda y, x: _moved(y, x, -1), "{Shifted}, with 0 at the end.", 1.3),
    (lambda y, x: _without(y, x, 0), "{Right}, but the first {one} is left at 0.", 1.25),
    (lambda y, x: _without(y, x, -1), "{Right}, but the last {one} is left at 0.", 1.25),
    (lambda y, x: _padded(y, x, 1), "There is one {one} too many in {name}: it begins with 0.", 1.3),
    (lambda y, x: _padded(y, x, -1), "There is one {one} too many in {name}: it ends with 0.", 1.3),
    (lambda y, x: np.delete(y, 0, x), "The first {one} of {name} is missing; the others are right.", 1.2),
    (lambda y, x: np.delete(y, -1, x), "The last {one} of {name} is missing; the others are right.", 1.2),
    (lambda y, x: np.take(y, 0, x), "That is the first {one} of {name} only; all of them are expected.", 1.2),
    (lambda y, x: np.take(y, -1, x), "That is the last {one} of {name} only; all of them are expected.", 1.2),
    (lambda y, x: np.repeat(np.take(y, [0], x), y.shape[x], x), "All {many} of {name} are the first one.", 1.3),
    (lambda y, x: np.repeat(np.take(y, [-1], x), y.shape[x], x), "All {many} of {name} are the last one.", 1.3),
    (
        np.cumsum,
        "The numbers of {name} are added up from {one} to {one}: each is the right one plus all before it.",
        1.4,
    ),
    (
        lambda y, x: np.flip(np.cumsum(np.flip(y, x), x), x),
        "The numbers of {name} are added up from the last {one} back to the first.",
        1.6,
    ),
    (np.sort, "{Right} with the {many} sorted by size.", 1.8),
    (lambda y, x: y.sum(x), "The {many} of {name} are added up; each should be there by itself.", 1.3),
    (lambda y, x: y.mean(x), "That is the mean of {name} over the {many}; each should be there by itself.", 1.3),
    (lambda y, x: y.sum(x, keepdims=True), "The {many} of {name} are added up; each should be there by itself.", 1.4),
    (
        lambda y, x: y.mean(x, keepdims=True),
        "That is the mean of {name} over the {many}; each should be there by itself.",
        1.4,
    ),
    (
        lambda y, x: np.repeat(y.mean(x, keepdims=True), y.shape[x], x),
        "Each of the {many} of {name} is the mean of all of them.",
        1.6,
    ),
    (
        lambda y, x: y / y.sum(x, keepdims=True),
        "{Right} divided by the sum over the {many}.",
        1.7,
    ),
    (
        lambda y, x: y - y.mean(x, keepdims=True),
        "{Right} less the mean over the {many}.",
        1.9,
    ),
    (
        lambda y, x: _softmax(y, x),
        "{Right} with a softmax over the {many} applied.",
        1.5,
    ),
    (
        lambda y, x: np.expand_dims(y, x),
        "{Right} with one axis of length 1 too many.",
        1.2,
    ),
)


def turned(outputs: Sequence[Output]) -> Iterator[Turned]:
    """All changes of one output."""
    for k, output in enumerate(outputs):
        if output.kind != NUMBERS:
            continue
        name = output.name
        for change, said, cost in _POINTWISE:
            yield _turned(k, change, cost, f"{{Right}} {said}.", name)
        for change, said, cost, fix in _WHOLE:
            yield _turned(k, change, cost, said, name, fix.format(name=name))
        yield from _along_axes(k, output)


def _along_axes(k: int, output: Output) -> Iterator[Turned]:
    """Reversed, shifted, added up along each axis; two axes swapped."""
    name, axes = output.name, output.axes
    rank = 3 if axes is None else len(axes)
    for axis in range(rank):
        one = f"entry along axis {axis}" if axes is None else _ONE.get(axes[axis], axes[axis])
        many = f"entries along axis {axis}" if axes is None else _MANY.get(axes[axis], f"{axes[axis]}s")
        for along, said, cost in _ALONG:
            yield _turned(k, partial(_on_axis, along, axis), cost, said, name, one=one, many=many)
        for other in range(axis + 1, rank):
            pair = f"axes {axis} and {other}" if axes is None else f"the axes {axes[axis]} and {axes[other]}"
            right = f"{name} = {name}.T" if rank == 2 else f"{name} = np.swapaxes({name}, {axis}, {other})"
            yield Turned(
                k,
                partial(_swapped, axis, other),
                1.1,
                f"The numbers of {name} are the right ones, but {pair} have changed places.",
                right,
                f"{pair[0].upper()}{pair[1:]} of {name} have changed places.",
            )
            yield Turned(
                k,
                partial(_swapped_and_reshaped, axis, other),
                1.2,
                f"The shape of {name} is right, but its numbers are in other places: a reshape keeps their order in "
                "memory, and does not swap axes.",
                f"{name} = np.swapaxes(..., {axis}, {other})   # instead of the reshape",
            )


def _turned(k: int, change: _Whole, cost: float, said: str, name: str, fix: str = "", **words: str) -> Turned:
    """What is said about it alone, and after another mistake that the numbers show too."""
    alone, after = (
        said.replace("{Shifted}", "{Right}, shifted by one {one}").format(name=name, Right=right, **words)
        for right in (f"The numbers of {name} are the right ones", f"The numbers of {name} are returned")
    )
    return Turned(k, change, cost, alone, fix, after if after != alone else "")


_ONE = {"batch": "row of the batch"}
_MANY = {"batch": "rows of the batch", "class": "classes"}


def _on_axis(change: _Along, axis: int, y: Array) -> Any:
    return change(y, _there(y, axis))


def _swapped(axis: int, other: int, y: Array) -> Array:
    return np.swapaxes(y, axis, other)


def _swapped_and_reshaped(axis: int, other: int, y: Array) -> Array:
    return np.swapaxes(y, axis, other).reshape(y.shape)


def _there(y: Array, axis: int) -> int:
    """The axis, if there is one. ValueError where there is none."""
    if axis >= y.ndim:
        raise ValueError(f"no axis {axis}")
    return axis


def _moved(y: Array, axis: int, by: int) -> Array:
    y = np.moveaxis(y, axis, 0)
    zero = np.zeros_like(y[:1])
    return np.moveaxis(np.concatenate([zero, y[:-1]] if by > 0 else [y[1:], zero]), 0, axis)


def _padded(y: Array, axis: int, by: int) -> Array:
    y = np.moveaxis(y, axis, 0)
    zero = np.zeros_like(y[:1])
    return np.moveaxis(np.concatenate([zero, y] if by > 0 else [y, zero]), 0, axis)


def _softmax(y: Array, axis: int) -> Array:
    e = np.exp(y - y.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


# --- arguments ------------------------------------------------------------------------------------------------------


# (what is done with an array of fractions, the sentence, cost)
_VALUES: tuple[tuple[_Whole, str, float], ...] = (
    (np.zeros_like, "{First} is not used: your numbers are those for zeros.", 1.3),
    (lambda v: 2 * v, "{First} is counted twice.", 1.6),
    (np.negative, "{First} is used with the wrong sign.", 1.5),
    (lambda v: v / 2, "{First} is halved.", 1.9),
    (np.ones_like, "{First} is not used: your numbers are those for ones.", 1.9),
    (np.abs, "{First} is used without its signs.", 1.8),
    (np.tanh, "`np.tanh` is applied to {it} first.", 1.7),
    (lambda v: 1 / (1 + np.exp(-v)), "The sigmoid is applied to {it} first.", 1.7),
    (lambda v: np.full_like(v, v.sum()), "The sum of all of {it} is used in each place.", 1.6),
    (lambda v: np.full_like(v, v.mean()), "The mean of all of {it} is used in each place.", 1.6),
    (lambda v: np.full_like(v, v.flat[0]), "The first number of {it} is used in each place.", 1.6),
    (lambda v: np.full_like(v, v.flat[-1]), "The last number of {it} is used in each place.", 1.6),
    (lambda v: v - v.max(), "The largest number of {it} is subtracted first.", 1.8),
    (lambda v: v - v.min(), "The smallest number of {it} is subtracted first.", 1.9),
    (lambda v: v - v.mean(), "The mean of {it} is subtracted first.", 1.8),
    (
        lambda v: (v - v.mean()) / v.std(),
        "{First} is standardized first (minus the mean, divided by the deviation).",
        1.8,
    ),
    (lambda v: v / np.abs(v).max(), "{First} is divided by its largest number first.", 1.9),
    *(
        (partial(np.clip, a_min=-at, a_max=at), f"{{First}} is cut off at -{at} and {at} first.", 1.9)
        for at in (1, 2, 3, 4, 5, 6, 8, 10, 20)
    ),
)
_TABLES: tuple[tuple[_Whole, str, float], ...] = (
    (
        np.transpose,
        "Rows and columns of {it} are the wrong way round: a `.T` is missing, or there is one too many.",
        1.2,
    ),
    (np.flip, "{First} is reversed along both axes (`np.flip` without an axis).", 1.6),
    (lambda v: v.T.reshape(v.shape), "{First} is transposed and reshaped, which mixes its numbers.", 1.4),
    (lambda v: v.reshape(v.shape[::-1]).T, "{First} is reshaped where it should be transposed.", 1.4),
)
_SERIES: tuple[tuple[_Whole, str, float], ...] = (
    (
        partial(_swapped_and_reshaped, 0, 1),
        "{First} is read with its timesteps first, so that its rows come in another order than those of the rest.",
        1.5,
    ),
)
_MASKS: tuple[tuple[_Whole, str, float], ...] = (
    (np.logical_not, "{First} is inverted: True and False have changed places.", 1.0),
    (np.ones_like, "{First} is not used.", 1.1),
)
_MASK_TABLES: tuple[tuple[_Whole, str, float], ...] = (
    (
        lambda v: np.repeat(v.all(axis=0, keepdims=True), len(v), 0),
        "One decision is made for all rows together (only what counts in all of them counts); each row has its own.",
        1.2,
    ),
    (
        lambda v: np.repeat(v.any(axis=0, keepdims=True), len(v), 0),
        "One decision is made for all rows together (what counts in any of them counts in all); each row has its own.",
        1.2,
    ),
    (lambda v: np.repeat(v[:1], len(v), 0), "The first row of {it} is used for all rows.", 1.3),
    (
        lambda v: np.sort(v, axis=1)[:, ::-1],
        "Only the number of True in each row of {it} is used, as if they all came first.",
        1.3,
    ),
)
# along an axis; {entry} is "timestep", or "entry along axis 1"
_AXES: tuple[tuple[_Along, str, float], ...] = (
    (
        np.flip,
        "{First} is used the wrong way round, the first {entry} last: it is reversed and should not be, or should be "
        "and is not.",
        1.5,
    ),
    (lambda v, x: np.repeat(np.take(v, [0], x), v.shape[x], x), "The first {entry} of {it} is used everywhere.", 1.4),
    (lambda v, x: np.repeat(np.take(v, [-1], x), v.shape[x], x), "The last {entry} of {it} is used everywhere.", 1.4),
    (
        lambda v, x: np.roll(v, 1, x),
        "{First} is shifted: each {entry} has the values of the one before, and the first those of the last.",
        1.7,
    ),
    (
        lambda v, x: np.roll(v, -1, x),
        "{First} is shifted: each {entry} has the values of the next one, and the last those of the first.",
        1.7,
    ),
    (
        lambda v, x: _moved(v, x, 1),
        "{First} is shifted: each {entry} has the values of the one before, and the first is 0.",
        1.7,
    ),
    (
        lambda v, x: _moved(v, x, -1),
        "{First} is shifted: each {entry} has the values of the next one, and the last is 0.",
        1.7,
    ),
    (lambda v, x: _without(v, x, 0), "The first {entry} of {it} is not used.", 1.4),
    (lambda v, x: _without(v, x, -1), "The last {entry} of {it} is not used.", 1.4),
    (lambda v, x: _alone(v, x, 0), "Only the first {entry} of {it} is used.", 1.4),
    (lambda v, x: _alone(v, x, -1), "Only the last {entry} of {it} is used.", 1.4),
)
_COUNTS_GIVEN: tuple[tuple[Callable[[Any], Any], str, float], ...] = (
    (lambda v: v + 1, "Your numbers are those for one more: {it} is one too large.", 1.2),
    (lambda v: v - 1, "Your numbers are those for one less: {it} is one too small.", 1.2),
    (lambda v: 1, "{First} is not used: your numbers are those for 1.", 1.4),
)
_FRACTIONS: tuple[tuple[Callable[[Any], Any], str, float], ...] = (
    (lambda v: -v, "{First} is used with the wrong sign.", 1.2),
    (lambda v: 1.0, "{First} is not used: your numbers are those for 1.", 1.3),
    (lambda v: 1 - v, "`1 - {name}` is used where `{name}` belongs.", 1.3),
    (lambda v: 2 * v, "{First} is doubled.", 1.6),
    (lambda v: v / 2, "{First} is halved.", 1.6),
    (lambda v: 10 * v, "{First} is ten times too large.", 1.6),
    (lambda v: v / 10, "{First} is ten times too small.", 1.6),
    (lambda v: v**2, "{First} is squared.", 1.7),
)


def given(takes: Sequence[tuple[str, str, str]], example: Mapping[str, Any], words: Words) -> Iterator[Given]:
    """Other arguments: one reversed, transposed, taken as zero; two swapped; a part of one only."""
    for name, shape, what in takes:
        is_count = isinstance(example[name], int) and not isinstance(example[name], bool)
        alone = is_count and "the number of the" not in what  # which one, not how many: as many numbers as before
        for change, said, cost in _of_one(example[name], letters(shape)):
            phrase = said.format(First=words.first(name), it=words.of(name), name=name)
            yield Given(partial(_with, name, change), cost, phrase, (name,), alone=alone)
    names = [name for name, *_ in takes]
    if "h" in names and "c" in names:
        both = "The given h and c are not used: it begins with zeros."
        yield Given(lambda a: a | {n: np.zeros_like(a[n]) for n in "hc"}, 1.2, both, ("h", "c"))
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            if isinstance(example[one], np.ndarray) == isinstance(example[other], np.ndarray):
                exchanged = f"{words.first(one)} and {words.of(other)} have changed places."
                yield Given(partial(_from, {one: other, other: one}), 1.2, exchanged, (one, other))
                for left, used in ((one, other), (other, one)):
                    said = f"{words.first(used)} is used instead of {words.of(left)}."
                    yield Given(partial(_from, {left: used}), 1.4, said, (left, used))


def _of_one(value: Any, letters: Sequence[str]) -> Iterator[tuple[Callable[[Any], Any], str, float]]:
    """What may be done with one argument."""
    if isinstance(value, np.ndarray):
        fractions = value.dtype.kind == "f"
        yield from _VALUES if fractions else _MASKS if value.dtype.kind == "b" else ()
        if value.ndim == 2:
            yield from _TABLES if fractions else _MASK_TABLES if value.dtype.kind == "b" else ()
        if value.ndim == 3 and fractions:
            yield from _SERIES
        for axis in range(value.ndim if value.dtype.kind in "fb" else 0):
            timed = axis < len(letters) and letters[axis] == "T"
            entry = "timestep" if timed else "entry" if value.ndim == 1 else f"entry along axis {axis}"
            for change, said, cost in _AXES:
                yield partial(_on_axis, change, axis), said.replace("{entry}", entry), cost - 0.2 * timed
    elif isinstance(value, float):
        yield from _FRACTIONS
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _COUNTS_GIVEN


def letters(shape: str) -> list[str]:
    """The names of the axes in "(B, T, F)"."""
    return [letter.strip() for letter in shape.partition(")")[0].strip("(").split(",") if letter.strip()]


def _with(name: str, change: Callable[[Any], Any], arguments: Arguments) -> Arguments:
    return arguments | {name: change(arguments[name])}


def _from(others: Mapping[str, str], arguments: Arguments) -> Arguments:
    return arguments | {name: arguments[other] for name, other in others.items()}


def _without(v: Array, axis: int, index: int) -> Array:
    v = np.array(v)
    np.moveaxis(v, axis, 0)[index] = 0
    return v


def _alone(v: Array, axis: int, index: int) -> Array:
    new = np.zeros_like(v)
    np.moveaxis(new, axis, 0)[index] = np.moveaxis(v, axis, 0)[index]
    return new


# --- one factor -----------------------------------------------------------------------------------------------------


def scales(takes: Sequence[tuple[str, str, str]]) -> Iterator[tuple[Callable[[Arguments], float], str]]:
    """Factors that a program may have too many or too few, and what they are called."""
    sizes: dict[str, _Value] = {}
    for name, shape, _ in takes:
        for axis, letter in enumerate(letters(shape)):
            if letter in _COUNTS:
                sizes.setdefault(letter, partial(_size, name, axis))
    singles = [(_COUNTS[letter], value) for letter, value in sizes.items()]
    many = singles + [(f"`{name}`", partial(_argument, name)) for name, shape, _ in takes if shape == "float"]
    many += [(str(number), partial(_constant, number)) for number in (2, 3, 4, 10, 100)]
    for text, value in many:
        yield value, f"the right ones multiplied by {text}"
        yield partial(_inverse, value), f"the right ones divided by {text}"
    for k, (text, value) in enumerate(singles):
        for other, second in singles[k:]:
            both = f"{text} times {other}" if other != text else f"the square of {text}"
            yield partial(_product, value, second), f"the right ones multiplied by {both}"
            yield partial(_inverse, partial(_product, value, second)), f"the right ones divided by {both}"
        for other, second in many:
            if other != text:
                said = f"the right ones multiplied by {text} and divided by {other}"
                yield partial(_product, value, partial(_inverse, second)), said


_Value = Callable[[Arguments], float]


def _size(name: str, axis: int, arguments: Arguments) -> float:
    return np.shape(arguments[name])[axis]


def _argument(name: str, arguments: Arguments) -> float:
    return arguments[name]


def _constant(number: float, arguments: Arguments) -> float:
    return number


def _inverse(value: _Value, arguments: Arguments) -> float:
    return 1 / value(arguments)


def _product(one: _Value, other: _Value, arguments: Arguments) -> float:
    return one(arguments) * other(arguments)


_COUNTS = {
    "B": "the number of rows",
    "T": "the number of timesteps",
    "F": "the number of features",
    "H": "the number of units",
    "U": "the number of units",
    "K": "the number of classes",
    "D": "the number of columns",
    "V": "the number of rows of the table",
}
