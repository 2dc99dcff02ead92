"""Were the printed weights used at all? Where it can be proved: different weights give exactly these numbers.

A layer whose sums can be read back from its outputs is a set of linear equations for its weights. If there are more
equations than unknowns and they are solved to the last digit, a layer of this kind with those weights made the numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lstm_edu.core import Dense, SimpleRNN
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.wrappers import TimeDistributed
from lstm_edu.doctor.observed import Observed
from lstm_edu.doctor.recipes import DenseRecipe, EmbeddingRecipe, Recipe, RecurrentRecipe

Array = np.ndarray


def _logit(y: Array) -> Array:
    return np.log(y) - np.log1p(-y)


_INVERSE: dict[str, Callable[[Array], Array]] = {
    "linear": lambda y: y,
    "tanh": np.arctanh,
    "sigmoid": _logit,
    "softplus": lambda y: np.log(np.expm1(y)),
    "exponential": np.log,
    "softsign": lambda y: y / (1 - np.abs(y)),
}

_CERTAIN = 24.0  # bits
_MOST_BITS = 12.0  # that one equation can count for: the sums are read back with few digits


def proof(observed: Observed, recipe: Recipe) -> str | None:
    """Words, if it can be proved that other weights of a layer of this kind gave these numbers; else None."""
    y = observed.arrays[0]
    layer = recipe.layer.layer if isinstance(recipe.layer, TimeDistributed) else recipe.layer
    if isinstance(recipe, EmbeddingRecipe):
        return _other_table(y, recipe)
    if observed.record or not isinstance(layer, (Dense, Recurrent)) or layer.activation.name not in _INVERSE:
        return None
    if isinstance(recipe, DenseRecipe) and isinstance(layer, Dense):
        if y.shape != (*recipe.x.shape[:-1], layer.units):
            return None
        return _solved(layer, recipe.x.reshape(-1, recipe.x.shape[-1]), y.reshape(-1, y.shape[-1]), observed)
    if isinstance(layer, SimpleRNN) and isinstance(recipe, RecurrentRecipe):
        if y.ndim != 3 or y.shape[:2] != recipe.x.shape[:2] or recipe.mask is not None:
            return None
        before = np.concatenate([recipe.start[0][:, None], y[:, :-1]], axis=1)
        seen = np.concatenate([recipe.x, before], axis=-1)
        return _solved(layer, seen.reshape(-1, seen.shape[-1]), y.reshape(-1, y.shape[-1]), observed)
    return None


def _solved(layer: Dense | Recurrent, seen: Array, y: Array, observed: Observed) -> str | None:
    """Whether one kernel (and bias) turns all rows of `seen` into the sums behind y."""
    with np.errstate(all="ignore"):
        z = _INVERSE[layer.activation.name](y)
        nudge = np.where(y == 0, 2.0**-22, y * 2.0**-22)  # an output of exactly 0 is an equation like any other
        nudged = _INVERSE[layer.activation.name](y - nudge)
        # What a last digit of y makes in z: where the activation is flat, nothing can be read back.
        blur = 8 * np.abs(z - nudged) + 4 * _half(observed, z.shape) * np.abs((z - nudged) / nudge)
    if not np.isfinite(z).any():
        return None
    if layer.use_bias:
        seen = np.concatenate([seen, np.ones((len(seen), 1))], axis=1)
    usable = np.isfinite(z) & np.isfinite(blur) & (blur < 1e-2 * np.nanstd(np.where(np.isfinite(z), z, np.nan)))
    bits, spare = 0.0, 0
    for unit in range(z.shape[1]):
        rows = usable[:, unit]
        if rows.sum() <= seen.shape[1]:
            return None
        a, b = seen[rows], z[rows, unit]
        weights, _, rank, _ = np.linalg.lstsq(a, b, rcond=None)
        allowed = blur[rows, unit] + 1e-5 * np.abs(a) @ np.abs(weights)
        if (np.abs(a @ weights - b) > 3 * allowed.max()).any():
            return None
        free = int(rows.sum() - rank)
        spare += free
        bits += free * min(_MOST_BITS, max(0.0, float(np.log2(b.std() / (3 * allowed.max()) + 1e-300))))
    if bits < _CERTAIN:
        return None
    return (
        f"The numbers are exactly those of a {type(layer).__name__} layer of this size with different weights: "
        f"there are {spare} more equations than unknowns, and all are satisfied."
    )


def _half(observed: Observed, shape: tuple[int, ...]) -> Array:
    return observed.precision.half[0].reshape(shape)


def _other_table(y: Array, recipe: EmbeddingRecipe) -> str | None:
    if y.shape != (*recipe.x.shape, recipe.table.shape[1]):
        return None
    ids, rows = recipe.x.ravel(), y.reshape(-1, y.shape[-1])
    repeated = 0
    for token in np.unique(ids):
        own = rows[ids == token]
        if not np.array_equal(own, np.broadcast_to(own[:1], own.shape)):
            return None
        repeated += (len(own) - 1) * own.shape[1]
    if repeated * _MOST_BITS < _CERTAIN or not _all_different(rows[np.unique(ids, return_index=True)[1]]):
        return None
    return "Each id has one vector wherever it appears, as in an Embedding, but these are not the rows of this table."


def _all_different(rows: Array) -> bool:
    return len(np.unique(rows, axis=0)) == len(rows)


def ruled_out(observed: Observed, recipe: Recipe, right: list[Array]) -> str:
    """What can be said against every function of these sums, for a Dense layer too small for a proof; "" if nothing."""
    if not isinstance(recipe, DenseRecipe):
        return ""
    y, z = observed.arrays[0].ravel(), (recipe.x @ recipe.kernel + recipe.bias).ravel()
    if y.size < 3 or len(np.unique(y)) < 3:
        return ""
    said = []
    order = np.argsort(z, kind="stable")
    rises = np.diff(y[order])
    if (rises > 0).any() and (rises < 0).any():
        said.append("no activation that only rises, or only falls, turns these sums into these outputs")
    shared = np.isclose(np.sort(y)[:, None], np.sort(right[0].ravel())[None], rtol=1e-5, atol=1e-6)
    if not shared.any():
        said.append("not one of the right numbers appears anywhere among yours")
    return (f"Ruled out: {', and '.join(said)}. ") if said else ""
