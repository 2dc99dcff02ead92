"""What can be seen in a patient's numbers, in words, without knowing the mistake; and what contradicts a guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_edu.comparison.places import where, where_text
from lstm_edu.comparison.tolerance import TOLERANCES, apart
from lstm_edu.core.checks import plural, shape_text

Array = np.ndarray
_SMALL = 0.01  # of the largest number: a difference up to this is called small


def differ(one: Array, other: Array) -> Array:
    """Where two arrays of one shape differ by more than a comparison in float32 allows."""
    return apart(one, other, TOLERANCES["float32"])


def agree(one: Array | None, other: Array) -> bool:
    return one is not None and one.shape == other.shape and not differ(one, other).any()


def place_text(index: Sequence[int], shape: tuple[int, ...]) -> str:
    axes = ("sequence", "timestep", "unit") if len(shape) == 3 else ("row", "unit")
    return where_text(where(index, shape, axes))


def summary(output: Array, right: Array) -> str:
    """How many numbers differ, and by how much."""
    wrong = differ(output, right)
    largest = np.abs(output - right).max()
    differs = "differs" if wrong.sum() == 1 else "differ"
    return f"{wrong.sum()} of {plural(wrong.size, 'number')} {differs} from the right ones, by up to {largest:.2g}."


# What plays no part at the first timestep from states of zero, and what goes from one step to the next.
_PARTS = {
    "LSTM": (
        "the recurrent kernel and the forget gate play no part",
        "the states, the recurrent kernel, the forget gate",
    ),
    "GRU": ("the recurrent kernel plays no part", "the state, the recurrent kernel, the gates z and r"),
    "SimpleRNN": ("the recurrent kernel plays no part", "the state and the recurrent kernel"),
}


def seen(output: Array, right: Array, mask: Array | None, kind: str, from_zeros: bool) -> str:
    """Where the mistake shows first, and what is strange about the numbers."""
    found = [*_in_time(output, right, mask, kind, from_zeros), *_by_unit(output, right), *_strange(output, right)]
    return " ".join(found)


def _in_time(output: Array, right: Array, mask: Array | None, kind: str, from_zeros: bool) -> list[str]:
    if output.ndim < 3 or kind not in _PARTS:
        return []
    idle, carried = _PARTS[kind]
    wrong = differ(output, right)
    first = int(wrong.any(axis=(0, 2)).argmax())
    if first == 0:
        return ["Timestep 0 is already wrong." + (f" There, from states of zero, {idle}." if from_zeros else "")]
    before = "At timestep 0" if first == 1 else f"Up to timestep {first - 1}"
    row = int(wrong[:, first].any(axis=1).argmax())
    if mask is not None and not mask[row, : first + 1].all():
        steps = " and ".join(map(str, np.flatnonzero(~mask[row, : first + 1])))
        return [
            f"{before} all numbers are right. The first that differs is in sequence {row}, at timestep {first}; of "
            f"that sequence the timesteps {steps} are masked. So look at what happens at a masked step."
        ]
    return [
        f"{before} all numbers are right; after that they differ. So look at what goes from one step to the next: "
        f"{carried}."
    ]


def _by_unit(output: Array, right: Array) -> list[str]:
    wrong = differ(output, right).any(axis=tuple(range(output.ndim - 1)))
    if wrong.all():
        return []
    *others, last = map(str, np.flatnonzero(wrong))
    return [f"Only units {', '.join(others)} and {last} differ." if others else f"Only unit {last} differs."]


def _strange(output: Array, right: Array) -> list[str]:
    found = []
    if agree(np.sort(output, axis=None), np.sort(right, axis=None)):
        found.append("All the right numbers are there, but in other places.")
    if output.ndim == 3 and not output[:, 0].any() and right[:, 0].any():
        found.append("At timestep 0 every number is exactly 0.")
    if output.min() >= 0 > right.min():
        found.append(f"No number is negative; the right ones go down to {right.min():.2f}.")
    if np.abs(output).max() > 1 >= np.abs(right).max() and output.ndim == 3:
        found.append(f"The largest number is {np.abs(output).max():.2f}; what has been through tanh stays below 1.")
    if np.abs(output - right).max() < _SMALL * np.abs(right).max():
        found.append("All differences are small, everywhere.")
    return found


def against(guessed: Array | None, output: Array, right: Array, what: str = "that mistake") -> str:
    """Why the mistake that would give `guessed` is not the patient's: the first place that shows it."""
    if guessed is None:
        return f"{what[0].upper()}{what[1:]} cannot be made in this layer, with this input."
    if guessed.shape != output.shape:
        return (
            f"With {what} the output would have shape {shape_text(guessed.shape)}; "
            f"here it has shape {shape_text(output.shape)}."
        )
    apart_here = np.argwhere(differ(guessed, output))
    healthy, healthy_if = ~differ(output, right), ~differ(guessed, right)
    in_time = sorted(map(tuple, apart_here), key=lambda k: (k[1], k[0], k[-1]) if len(k) == 3 else k)
    telling = [k for k in in_time if healthy[k] != healthy_if[k]]
    k = (telling or in_time)[0]
    at = place_text(k, output.shape)
    here, there, should = _told_apart(output[k], guessed[k], right[k])
    if healthy[k] and telling:
        return f"Look at {at}: it is still right ({here}). With {what} it would already be wrong ({there})."
    if telling:
        return f"Look at {at}: it is already wrong ({here}). With {what} it would still be right ({should})."
    return f"Look at {at}: with {what} it would be {there}, and here it is {here}."


def _told_apart(here: float, there: float, should: float) -> tuple[str, str, str]:
    """The three with just enough digits to tell the first two apart."""
    digits = next((d for d in range(3, 9) if f"{here:.{d}g}" != f"{there:.{d}g}"), 9)
    return f"{here:.{digits}g}", f"{there:.{digits}g}", f"{should:.{digits}g}"
