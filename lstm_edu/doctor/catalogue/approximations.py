"""tanh and sigmoid approximated: by a fraction of polynomials, by straight lines, from a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import product
from typing import Any

import numpy as np

from lstm_edu.doctor.catalogue.gates import with_equations
from lstm_edu.doctor.equations import Function, function_of
from lstm_edu.doctor.families import Situation, flat
from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake
from lstm_edu.doctor.recipes import ActivationRecipe, DenseRecipe, Recipe

Array = np.ndarray

_TANH, _SIGMOID = function_of("tanh"), function_of("sigmoid")


# --- what is used for tanh and for sigmoid ---------------------------------------------------------------------------


def _pade_3_2(z: Array) -> Array:
    z = np.clip(z, -3, 3)
    return z * (27 + z * z) / (27 + 9 * z * z)


def _pade_7_6(z: Array) -> Array:
    s = z * z
    top, bottom = z * (135135 + s * (17325 + s * (378 + s))), 135135 + s * (62370 + s * (3150 + 28 * s))
    return np.clip(top / bottom, -1, 1)


def _pade_5_4(z: Array) -> Array:
    s = z * z
    return np.clip(z * (945 + s * (105 + s)) / (945 + s * (420 + 15 * s)), -1, 1)


def _nam(z: Array) -> Array:
    """The fast tanh of NeuralAmpModelerCore (NAM/activations.h)."""
    a, s = np.abs(z), z * z
    top = z * (2.45550750702956 + 2.45550750702956 * a + (0.893229853513558 + 0.821226666969744 * a) * s)
    return top / (2.44506634652299 + (2.44506634652299 + s) * np.abs(z + 0.814642734961073 * z * a))


def _softsign(z: Array) -> Array:
    return z / (1 + np.abs(z))


def _plan(z: Array) -> Array:
    """Piecewise linear approximation of a nonlinearity (Amin, Curtis and Hayes-Gill, 1997)."""
    a = np.abs(z)
    y = np.select([a >= 5, a >= 2.375, a >= 1], [1.0, 0.03125 * a + 0.84375, 0.125 * a + 0.625], 0.25 * a + 0.5)
    return np.where(z >= 0, y, 1 - y)


def _by_powers(z: Array, n: int) -> Array:
    """exp(z) as (1 + z / n) ** n."""
    with np.errstate(all="ignore"):
        return 1 / (1 + np.maximum(1 - z / n, 0) ** n)


_TANHS: dict[str, tuple[str, Function]] = {
    "rational-3-2": ("z (27 + z^2) / (27 + 9 z^2)", _pade_3_2),
    "rational-5-4": ("z (945 + 105 z^2 + z^4) / (945 + 420 z^2 + 15 z^4)", _pade_5_4),
    "rational-7-6": ("a fraction of polynomials of degree 7 and 6", _pade_7_6),
    "fast-tanh": ("NeuralAmpModeler's fast tanh", _nam),
}
_SIGMOIDS: dict[str, tuple[str, Function]] = {
    "softsign": ("(z / (1 + |z|) + 1) / 2", lambda z: 0.5 * (_softsign(z) + 1)),
    "straight-lines": ("straight lines (PLAN)", _plan),
    "power-256": ("1 / (1 + (1 - z/256)^256)", partial(_by_powers, n=256)),
    "power-1024": ("1 / (1 + (1 - z/1024)^1024)", partial(_by_powers, n=1024)),
}


@cache
def _gate_of(tanh: Function) -> Function:
    return lambda z: 0.5 * (tanh(z / 2) + 1)


@cache
def _tanh_of(sigmoid: Function) -> Function:
    return lambda z: 2 * sigmoid(2 * z) - 1


@cache
def table(name: str, n: int, reach: float, end: bool, look: str) -> Function:
    """A table of n values between -reach and reach (`end`: the last included): looked up "below", at the "nearest", or
    "between" two."""
    function = {"tanh": _TANH, "sigmoid": _SIGMOID}[name]
    values = function(np.linspace(-reach, reach, n, endpoint=end))
    step = 2 * reach / (n - 1 if end else n)

    def looked_up(z: Array) -> Array:
        place = np.clip((np.nan_to_num(z) + reach) / step, 0, n - 1)
        if look == "between":
            return np.interp(place, np.arange(n), values)
        return values[np.clip(np.trunc(place) if look == "below" else np.rint(place), 0, n - 1).astype(int)]

    return looked_up


# --- the family ------------------------------------------------------------------------------------------------------


def nearly(r: Any, tanh: Function | None = None, sigmoid: Function | None = None) -> Recipe:
    """The recipe with other functions instead of its tanh and its sigmoid."""
    instead = {_TANH: tanh or _TANH, _SIGMOID: sigmoid or _SIGMOID}
    if isinstance(r, (DenseRecipe, ActivationRecipe)):
        return r.but(activation=instead.get(r.activation, r.activation))
    pieces: dict[str, Any] = {"activations": tuple(instead.get(a, a) for a in r.equations.activations)}
    if hasattr(r.equations, "squash"):
        pieces["squash"] = instead.get(r.equations.squash, r.equations.squash)
    return with_equations(r, **pieces)


def functions_in(layer) -> tuple[bool, bool]:
    """Whether it uses tanh, and whether it uses sigmoid."""
    names = {layer.activation.name, getattr(layer, "recurrent_activation", layer.activation).name}
    return "tanh" in names, "sigmoid" in names


_KINDS = ("Dense", "Activation", *RECURRENT)
_FIX = "np.tanh(z); 1 / (1 + np.exp(-z))   # exact; or live with differences of this size"
_SOURCE = "NeuralAmpModelerCore#43; RTNeural#149; tflite-micro#1455; hls4ml#329 and #1052"


def approximation(id: str, what: str, mutation: Callable, parameters: int = 0) -> Mistake:
    return Mistake(
        f"approximated-functions:{id}",
        _KINDS,
        f"{what}: the sums agree, the gates almost do. This is not a logic error.",
        _FIX,
        mutation,
        versions="libraries for small or fast devices",
        source=_SOURCE,
        rounding=True,
        together=True,
        everywhere=True,
        alone=True,
        parameters=parameters,
    )


_SMALL = 0.06  # of the size of the numbers: what an approximation may differ by
_KNOWN = 0.25  # the same for a known form: that it gives exactly these numbers is proof enough


def small_difference(situation: Situation, most: float = _SMALL) -> bool:
    """Whether the observed numbers are close to the right ones, as they are with an approximated function."""
    if situation.right is None:
        return False
    right, theirs = flat(situation.right), flat(situation.observed)
    with np.errstate(invalid="ignore"):
        return bool(np.sqrt(np.mean((theirs - right) ** 2)) <= most * np.sqrt(np.mean(right**2)))


def approximated(situation: Situation) -> Iterator[list[Mistake]]:
    """Known forms, then tables whose size and range are found."""
    has_tanh, has_sigmoid = functions_in(situation.layer)
    if not (has_tanh or has_sigmoid) or not small_difference(situation, _KNOWN):
        return
    found = []
    for id, (formula, f) in _TANHS.items():
        if has_tanh:
            found.append(approximation(id, f"tanh is approximated by {formula}", partial(nearly, tanh=f)))
        if has_tanh and has_sigmoid:
            found.append(
                approximation(
                    f"{id}-both",
                    f"tanh is approximated by {formula}, and sigmoid by that of z/2",
                    partial(nearly, tanh=f, sigmoid=_gate_of(f)),
                )
            )
        if has_sigmoid:
            what = f"sigmoid is approximated by (tanh(z/2) + 1) / 2, and that tanh by {formula}"
            found.append(approximation(f"{id}-gates", what, partial(nearly, sigmoid=_gate_of(f))))
    for id, (formula, f) in _SIGMOIDS.items():
        if has_sigmoid:
            what = f"sigmoid is approximated by {formula}"
            found.append(approximation(f"{id}-gates", what, partial(nearly, sigmoid=f)))
            if has_tanh:
                what = f"{what}, and tanh by that of 2 z"
                found.append(approximation(f"{id}-both", what, partial(nearly, tanh=_tanh_of(f), sigmoid=f)))
            found += [
                approximation(
                    f"{id}-and-{other}",
                    f"sigmoid is approximated by {formula} and tanh by {t_formula}",
                    partial(nearly, tanh=t, sigmoid=f),
                )
                for other, (t_formula, t) in _TANHS.items()
                if has_tanh
            ]
    yield found
    if situation.first and small_difference(situation):
        yield _tables(situation, has_tanh, has_sigmoid)


# The usual ones first: tables with the same step are the same where the sums stay inside both.
_SIZES = (1024, 2048, 512, 256, 4096, 1000, 128, 64)
_REACHES = (8, 4, 5, 6, 10, 3, 16)
_STEPS = 3  # timesteps with which tables are told apart
_HELPS = 0.8  # of the squared differences, at most, are left by the right table for one of two functions
_MOST_WORK = 2e8  # multiplications
_WAYS = ((False, "below"), (False, "nearest"), (True, "nearest"), (True, "between"))  # the end included; how


def _tables(situation: Situation, has_tanh: bool, has_sigmoid: bool) -> list[Mistake]:
    """The tables that come nearest: of the one function, and with it of the other."""
    situation = situation.beginning(_STEPS)
    if situation.work * len(_SIZES) * len(_REACHES) > _MOST_WORK:
        return []
    assert situation.right is not None
    target, right = flat(situation.observed), flat(situation.right)
    before = float(np.mean((right - target) ** 2))
    wanted = [name for name, used in (("tanh", has_tanh), ("sigmoid", has_sigmoid)) if used]

    def best(name: str, fixed: dict[str, Function]) -> tuple[float, tuple]:
        tried = [(n, reach, *way) for n, reach, way in product(_SIZES, _REACHES, _WAYS)]
        outputs = situation.compute([partial(nearly, **fixed, **{name: table(name, *shape)}) for shape in tried])
        off = [np.inf if y is None else float(np.mean((y - target) ** 2)) for y in outputs]
        k = int(np.argmin(off))
        return off[k], tried[k]

    first = {name: best(name, {}) for name in wanted}
    found = []
    if min(off for off, _ in first.values()) > _HELPS * before:
        return []  # no table brings the numbers nearer
    for name in sorted(wanted, key=lambda name: first[name][0]):
        chosen = {name: first[name][1]}
        found.append(_of_tables(chosen))
        for other in wanted:
            if other != name:
                chosen = {name: chosen[name], other: best(other, {name: table(name, *chosen[name])})[1]}
                again = best(name, {other: table(other, *chosen[other])})[1]  # the first was found with the other exact
                found += [_of_tables(chosen), _of_tables(chosen | {name: again})]
    return found


def _of_tables(chosen: dict[str, tuple]) -> Mistake:
    said, id = [], []
    for name, (n, reach, end, look) in chosen.items():
        said.append(f"{name} from a table of {n} values between -{reach} and {reach} (or one with the same step)")
        id.append(f"{name}-{n}-{reach}-{look}" + "-end" * end)
    functions = {name: table(name, *shape) for name, shape in chosen.items()}
    return approximation(
        f"table-{'-'.join(id)}", f"{' and '.join(said)}", partial(nearly, **functions), parameters=len(chosen)
    )


CATALOGUE.add(
    Mistake(
        "approximated-functions",
        _KINDS,
        "tanh or sigmoid is approximated (a fraction of polynomials, straight lines, a table): the sums agree, the "
        "gates almost do. This is not a logic error.",
        _FIX,
        None,
        condition=lambda layer: any(functions_in(layer)),
        versions="libraries for small or fast devices",
        source=_SOURCE,
        rounding=True,
        together=True,
        everywhere=True,
        family_of=approximated,
    )
)
