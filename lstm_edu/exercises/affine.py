"""What a function does with one of its arguments, where it only weighs and adds: called with zeros and single ones,
it reveals its weights and its bias, and these are compared with the right ones.

Nothing is guessed: what is said about the weights was measured on every question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.comparison.places import number_text
from lstm_edu.exercises.answers import NUMBERS, agrees
from lstm_edu.exercises.explaining import Answered, Exercise, Found
from lstm_edu.exercises.quantities import assigned

Array = np.ndarray
_MOST = 64  # numbers of an argument that are asked about one by one
_HOW = "(Your function was called with zeros and with single ones to find that out.)"
_CLOSE = 1e-4  # of the largest weight: what float32 leaves


@dataclass(frozen=True)
class Weights:
    """out = coefficients @ argument + start, for one output of one question, both as one row of numbers.

    coefficients: (outputs, inputs). start: (outputs,).
    """

    coefficients: Array
    start: Array

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Weights)
            and _close(self.coefficients, other.coefficients)
            and _close(self.start, other.start)
        )


def weighed(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """Which weights and biases the function uses, where it should be y = x W + b and is something like that."""
    if list(answered[0].arguments) == ["x", "kernel", "bias"] and answered[0].right[0].ndim == 2:
        for name, _, pairs in _measured(exercise, answered):
            if name == "x" and (said := _as_dense(answered, pairs)) is not None:
                return Found(said)
    return None


def unused(exercise: Exercise, answered: Sequence[Answered]) -> Found | None:
    """What the function leaves out of an argument in which it is affine, and the solution does not."""
    first = answered[0]
    for name, k, pairs in _measured(exercise, answered):
        enough = _asked(lambda many: [exercise.solved(a) for a in many], first, name, k, first.right[k])
        if enough is not None and _unused(first.arguments[name].shape, enough, pairs[0][1]):
            continue  # there are other ways that are right: a row of several that are alike, say
        left_out = [_unused(one.arguments[name].shape, *pair) for one, pair in zip(answered, pairs, strict=True)]
        if left_out[0] and all(words == left_out[0] for words in left_out):
            return Found(f"Your function does not use {left_out[0].format(name)}.")
    return None


def measured(exercise: Exercise, answered: Sequence[Answered]) -> str:
    """The first weight that differs, in the numbers of the first question; "" if there is none."""
    for name, k, pairs in _measured(exercise, answered[:1]):
        return _first(exercise.returns[k].name, name, answered[0], k, *pairs[0])
    return ""


def _measured(
    exercise: Exercise, answered: Sequence[Answered]
) -> Iterator[tuple[str, int, list[tuple[Weights, Weights]]]]:
    """Of the output that is computed first and wrong: each argument that is only weighed and added, the output's place,
    and the learner's weights and the right ones in each question."""
    wrong = [k for k, out in enumerate(exercise.returns) if _is_wrong(answered[0], k) and out.kind == NUMBERS]
    if not wrong or any(one.ask is None for one in answered):
        return
    order = assigned(exercise.answer[-1])
    names = [exercise.returns[k].name for k in wrong]
    k = min(wrong, key=lambda k: order.index(exercise.returns[k].name) if set(names) <= set(order) else k)
    for name, value in answered[0].arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or value.size > _MOST:
            continue
        pairs = []
        for one in answered:
            if (pair := _compared(exercise, one, name, k)) is None:
                break
            pairs.append(pair)
        if len(pairs) == len(answered):
            yield name, k, pairs


def _is_wrong(one: Answered, k: int) -> bool:
    return not agrees(one.values[k], one.right[k])


def _compared(exercise: Exercise, one: Answered, name: str, k: int) -> tuple[Weights, Weights] | None:
    """The learner's weights and the right ones; None where one of the two functions does more than weigh and add."""
    if one.values[k].shape != one.right[k].shape or one.arguments[name].size > _MOST:
        return None
    right = _asked(lambda many: [exercise.reference(a) for a in many], one, name, k, one.right[k])
    if right is None or one.ask is None:
        return None
    theirs = _asked(one.ask, one, name, k, one.values[k])
    return None if theirs is None or theirs == right else (theirs, right)


def _asked(ask: Callable[[list], Any], one: Answered, name: str, k: int, known: Array) -> Weights | None:
    """The weights, if they give the known outputs for this argument, and for another one."""
    x = one.arguments[name]
    if not _may_be_affine(ask, one.arguments, name, k, known):
        return None
    units = np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
    other = np.flip(x).astype(x.dtype) * x.dtype.type(-1.5)
    with np.errstate(all="ignore"):
        answers = ask([one.arguments | {name: value} for value in (np.zeros_like(x), *units, other)])
    if answers is None or any(not _usable(a[k], known) for a in answers):
        return None
    start, *columns, last = (np.asarray(a[k], dtype=np.float64).ravel() for a in answers)
    found = Weights(np.stack(columns, axis=1) - start[:, None], start)
    for argument, output in ((x, np.asarray(known, dtype=np.float64).ravel()), (other, last)):
        if not _close(found.coefficients @ argument.ravel().astype(np.float64) + start, output):
            return None
    return found


def _may_be_affine(ask: Callable[[list], Any], arguments: dict[str, Any], name: str, k: int, known: Array) -> bool:
    """Whether twice the argument makes twice the difference: a first look, for two calls only."""
    x = arguments[name]
    try:
        with np.errstate(all="ignore"):
            start, twice = (a[k] for a in ask([arguments | {name: value} for value in (np.zeros_like(x), 2 * x)]))
    except Exception:  # a layer of ours that takes no such argument; a function that fails for zeros
        return False
    return _usable(start, known) and _usable(twice, known) and _close(twice - start, 2.0 * (known - start))


def _usable(value: Any, known: Array) -> bool:
    return isinstance(value, np.ndarray) and value.shape == known.shape and bool(np.isfinite(value).all())


def _close(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    scale = max(1e-3, float(np.abs(other).max(initial=0)))
    return bool((np.abs(one - other) <= _CLOSE * scale).all())


# --- in words -------------------------------------------------------------------------------------------------------


def _unused(shape: tuple[int, ...], theirs: Weights, right: Weights) -> str:
    """The slice of the argument that has no weight in any output, and should have: "the last row of {}"."""
    needed = (np.abs(right.coefficients) > _CLOSE).any(axis=0).reshape(shape)
    without = needed & ~(np.abs(theirs.coefficients) > _CLOSE).any(axis=0).reshape(shape)
    if not without.any():
        return ""
    if np.array_equal(without, needed):
        return "{} at all"
    words = {1: ("number",), 2: ("row", "column")}.get(len(shape), ())
    for axis, word in enumerate(words):
        for index, which in ((0, "first"), (shape[axis] - 1, "last")):
            only = np.zeros(shape, dtype=bool)
            only[(slice(None),) * axis + (index,)] = True
            if np.array_equal(without, only & needed):
                return f"the {which} {word} of {{}}"
            if np.array_equal(without, ~only & needed):
                return f"anything but the {which} {word} of {{}}"
    return ""


def _first(output: str, name: str, one: Answered, k: int, theirs: Weights, right: Weights) -> str:
    """The first weight, or number to start with, that differs."""
    rows, columns = one.right[k].shape, one.arguments[name].shape
    apart = np.argwhere(
        np.abs(theirs.coefficients - right.coefficients) > _CLOSE * max(1.0, np.abs(right.coefficients).max())
    )
    if len(apart) == 0:
        j = int(np.abs(theirs.start - right.start).argmax())
        return (
            f"Your function treats the given {name} correctly. With zeros as {name}, your {_at(output, j, rows)} "
            f"is {_number(theirs.start[j])}; {_number(right.start[j])} is right."
        )
    j, m = (int(n) for n in apart[0])
    if (moved := _only_one(theirs.coefficients[j])) is not None and (_only_one(right.coefficients[j])) is not None:
        stays = _only_one(right.coefficients[j])
        return f"Your {_at(output, j, rows)} is {_at(name, moved, columns)}; it should be {_at(name, stays, columns)}."
    return (
        f"In your {_at(output, j, rows)}, the given {_at(name, m, columns)} counts "
        f"{_number(theirs.coefficients[j, m])} times; {_number(right.coefficients[j, m])} times is right. {_HOW}"
    )


def _only_one(weights: Array) -> int | None:
    """The place of the only number that counts, if it counts once."""
    used = np.flatnonzero(np.abs(weights) > _CLOSE)
    return int(used[0]) if len(used) == 1 and abs(weights[used[0]] - 1) < _CLOSE else None


def _at(name: str, flat: int | None, shape: tuple[int, ...]) -> str:
    index = np.unravel_index(flat or 0, shape) if shape else ()
    return f"{name}[{', '.join(str(int(n)) for n in index)}]" if index else name


def _number(value: float) -> str:
    return number_text(float(f"{0.0 if abs(value) < _CLOSE else value:.4g}"))


# --- y = x W + b ----------------------------------------------------------------------------------------------------


def _as_dense(answered: Sequence[Answered], pairs: Sequence[tuple[Weights, Weights]]) -> str | None:
    """What W and b are, of a function y = x W + b that is given both. None where rows are mixed."""
    found = []
    for one, (theirs, _) in zip(answered, pairs, strict=True):
        (batch, features), units = one.arguments["x"].shape, one.right[0].shape[1]
        w = theirs.coefficients.reshape(batch, units, batch, features)
        own = w[0, :, 0].T
        whole = np.einsum("mn,fu->munf", np.eye(batch), own)
        start = theirs.start.reshape(batch, units)
        if not _close(w, whole) or not _close(start, np.broadcast_to(start[0], start.shape)):
            return None
        found.append((one.arguments["kernel"], one.arguments["bias"], batch, own, start[0]))
    kernel, bias = _named(found, _kernels, 3), _named(found, _biases, 4)
    if kernel is None:
        kernel = _unlike("The weights are not those of kernel", "kernel", [(one[3], one[0]) for one in found])
    if bias is None:
        bias = _unlike("The biases are not those of bias", "bias", [(one[4], one[1]) for one in found])
    parts = [kernel or "The weights are right.", bias or "The bias is right."]
    return f"{' '.join(parts)} {_HOW}"


def _unlike(words: str, name: str, pairs: Sequence[tuple[Array, Array]]) -> str:
    """The first number that differs, in the first question in which one does."""
    theirs, right = next((a, b) for a, b in pairs if not _close(a, b))
    place = tuple(np.argwhere(np.abs(theirs - right) > _CLOSE * max(1e-3, np.abs(right).max()))[0])
    at = ", ".join(str(int(n)) for n in place)
    return f"{words}: {name}[{at}] counts as {_number(theirs[place])} instead of {_number(right[place])}."


def _named(found: Sequence[tuple], candidates: Callable[..., Iterator[tuple[str, Array]]], at: int) -> str | None:
    """The words that hold on every question; "" where it is as it should be; None if none do."""
    left: list[str] | None = None
    for kernel, bias, batch, *_rest in found:
        theirs = (kernel, bias, batch, *_rest)[at]
        here = [words for words, w in candidates(kernel, bias, batch) if _close(np.asarray(theirs), np.asarray(w))]
        left = here if left is None else [words for words in left if words in here]
    return left[0] if left else None


def _kernels(w: Array, b: Array, batch: int) -> Iterator[tuple[str, Array]]:
    features, units = w.shape
    first, last = np.zeros_like(w), np.zeros_like(w)
    first[0], last[-1] = w[0], w[-1]
    yield "", w
    yield "Only the first feature of each row counts.", first
    yield "Only the last feature of each row counts: is there a `=` where `+=` is meant?", last
    yield "The first feature does not count.", w - first
    yield "The last feature does not count.", w - last
    yield "No feature counts: y does not depend on x.", np.zeros_like(w)
    yield "The weights are kernel divided by the number of features: is it a mean instead of a sum?", w / features
    yield "The weights are kernel divided by the number of units.", w / units
    yield "The weights are kernel divided by the number of rows.", w / batch
    yield "Every weight counts twice.", 2 * w
    yield "Every weight has the opposite sign.", -w
    yield "The weights are kernel + bias: the bias belongs to y, not to the weights.", w + b
    yield "The weights are kernel * bias: a bias is added; it does not multiply anything.", w * b
    yield "All weights are 1: kernel is not used.", np.ones_like(w)
    yield "The features are read in reverse order.", w[::-1]
    yield "The units are read in reverse order.", w[:, ::-1]
    yield "The weights are squared.", w**2
    yield "The weights have lost their signs.", np.abs(w)
    if min(w.shape) > 1:
        one_column = (
            "kernel has a row for each feature and a column for each unit, so unit j's weights are kernel[:, j]."
        )
        yield f"The numbers of kernel are read as if it had a row for each unit: {one_column}", w.reshape(units, -1).T
        yield (
            f"The numbers of kernel are read column by column and laid out row by row: {one_column}",
            w.T.reshape(w.shape),
        )
    yield "Every unit has the weights of the first one.", np.broadcast_to(w[:, :1], w.shape)
    yield "Every unit has the weights of the last one.", np.broadcast_to(w[:, -1:], w.shape)
    yield "Every unit has the sum of all units' weights.", np.broadcast_to(w.sum(axis=1, keepdims=True), w.shape)


def _biases(w: Array, b: Array, batch: int) -> Iterator[tuple[str, Array]]:
    features, units = w.shape
    yield "", b
    yield "Without input y is 0: no bias is added.", np.zeros_like(b)
    yield "The bias is added twice.", 2 * b
    yield "The bias is subtracted; it is added.", -b
    yield "Every unit gets the sum of all biases; each has its own bias.", np.full_like(b, b.sum())
    yield "Every unit gets the mean of all biases; each has its own bias.", np.full_like(b, b.mean())
    yield "Every unit gets the first bias; each has its own bias.", np.full_like(b, b[0])
    yield "Every unit gets the last bias; each has its own bias.", np.full_like(b, b[-1])
    yield "Every unit gets the largest bias; each has its own bias.", np.full_like(b, b.max())
    yield "The biases are added in reverse order.", b[::-1]
    yield "The bias is added once for every feature; once for each y is right.", features * b
    yield "The bias is added once for every row; once for each y is right.", batch * b
    yield "The bias is divided by the number of features.", b / features
    yield "The bias is divided by the number of rows.", b / batch
    yield "The bias is divided by the number of units.", b / units
    yield "The square of the bias is added.", b**2
    yield "1 is added instead of the bias.", np.ones_like(b)
