"""The kernels transposed, reshaped, swapped, or not the ones that were used."""

from __future__ import annotations

from functools import partial

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.doctor.equations import blocks
from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake, mistake
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    DenseRecipe,
    EmbeddingRecipe,
    Recipe,
    RecurrentRecipe,
    StackRecipe,
)

Array = np.ndarray


# --- turned ---------------------------------------------------------------------------------------------------------


def turned(packed: Array, n: int) -> Array:
    """Each block transposed."""
    return np.concatenate([block.T for block in blocks(packed, n)], axis=-1)


def _square_blocks(layer: Layer) -> bool:
    rows, columns = layer.weights[0].shape
    return rows == columns // getattr(layer, "blocks", 1) > 1


@mistake(
    "kernel-transposed",
    "Dense",
    "Embedding",
    *RECURRENT,
    sentence="The kernel is transposed (where there are gates, the block of each); Keras's has one row per feature and "
    "one column per unit. With as many features as units there is no error message.",
    fix="z = x @ W   # W (features, units); not x @ W.T, not W @ x",
    condition=_square_blocks,
    versions="textbooks write W x, with W (units, features); so does PyTorch",
    source="keras.layers.Dense; torch.nn.Linear",
)
def _kernel_transposed(r):
    if isinstance(r, EmbeddingRecipe):
        return r.but(table=r.table.T)
    return r.but(kernel=turned(r.kernel, 1 if isinstance(r, DenseRecipe) else len(r.gates)))


@mistake(
    "recurrent-transposed",
    *RECURRENT,
    sentence="Each block of the recurrent kernel is transposed. The blocks are square, so there is no error message.",
    fix="z = x_t @ W + h @ U   # not h @ U.T",
    condition=lambda layer: layer.units > 1,
    versions="weights taken from PyTorch, whose weight_hh is (4 units, units)",
    source="torch.nn.LSTM; keras.layers.LSTM",
)
def _recurrent_transposed(r):
    return r.but(recurrent_kernel=turned(r.recurrent_kernel, len(r.gates)))


# --- reshaped -------------------------------------------------------------------------------------------------------


def as_rows(a: Array, n: int) -> Array:
    """Reshaped to (columns, rows) where it should have been transposed, and used as such."""
    return a.reshape(a.shape[::-1]).T


def from_rows(a: Array, n: int) -> Array:
    """Taken from its transpose by a reshape."""
    return np.ascontiguousarray(a.T).reshape(a.shape)


def interleaved(a: Array, n: int) -> Array:
    """The gates' columns taken in turns: z.reshape(units, n) instead of z.reshape(n, units)."""
    return np.concatenate([a[..., k::n] for k in range(n)], axis=-1)


def cut_across(a: Array, n: int) -> Array:
    """kernel.reshape(n, rows, units)[k] instead of kernel[:, k * units : (k + 1) * units]."""
    return np.concatenate(list(a.reshape(n, a.shape[0], -1)), axis=-1)


def reshaped(r: DenseRecipe | RecurrentRecipe | EmbeddingRecipe, how, which: tuple[str, ...]) -> Recipe:
    if isinstance(r, EmbeddingRecipe):
        return r.but(table=how(r.table, 1))
    n = 1 if isinstance(r, DenseRecipe) else len(r.gates)
    return r.but(**{name: how(getattr(r, name), n) for name in which})


def _moves_numbers(layer: Layer, which: str) -> bool:
    """Whether a reshape changes anything and is not a transposition under another name."""
    rows, columns = layer.weights[_BOTH.index(which)].shape
    return min(rows, columns) > 1 and rows != columns


_BOTH = ("kernel", "recurrent_kernel")
for _id, _how, _which, _kinds, _sentence, _fix in (
    (
        "kernel-reshaped",
        as_rows,
        ("kernel",),
        ("Dense", "Embedding", *RECURRENT),
        "The kernel is reshaped to (columns, rows) where it should be transposed: the numbers end up in other places.",
        "kernel.T   # not kernel.reshape(kernel.shape[::-1])",
    ),
    (
        "kernel-reshaped:back",
        from_rows,
        ("kernel",),
        ("Dense", "Embedding", *RECURRENT),
        "The kernel is turned from (columns, rows) into (rows, columns) by a reshape; it should be transposed.",
        "kernel = weight_ih.T   # not weight_ih.reshape(features, -1)",
    ),
    (
        "kernel-reshaped:recurrent",
        as_rows,
        ("recurrent_kernel",),
        ("GRU", "LSTM"),
        "The recurrent kernel is reshaped to (columns, rows) where it should be transposed.",
        "recurrent_kernel.T   # not recurrent_kernel.reshape(-1, units)",
    ),
    (
        "kernel-reshaped:recurrent-back",
        from_rows,
        ("recurrent_kernel",),
        ("GRU", "LSTM"),
        "The recurrent kernel is turned back from (columns, rows) by a reshape; it should be transposed.",
        "recurrent_kernel = weight_hh.T   # not weight_hh.reshape(units, -1)",
    ),
    (
        "kernel-reshaped:both",
        as_rows,
        _BOTH,
        ("GRU", "LSTM"),
        "Both kernels are reshaped to (columns, rows) where they should be transposed.",
        "kernel.T, recurrent_kernel.T   # not reshape",
    ),
    (
        "kernel-reshaped:both-back",
        from_rows,
        _BOTH,
        ("GRU", "LSTM"),
        "Both kernels are turned back from (columns, rows) by a reshape; they should be transposed.",
        "kernel, recurrent_kernel = weight_ih.T, weight_hh.T   # not reshape",
    ),
    (
        "kernel-reshaped:interleaved",
        interleaved,
        (*_BOTH, "bias"),
        ("GRU", "LSTM"),
        "The gates' columns are taken in turns, all of the first unit, then all of the second; Keras keeps a gate's "
        "columns together.",
        "z_i = z[:, :units]   # not z.reshape(-1, units, 4)[..., 0]",
    ),
    (
        "kernel-reshaped:cut-across",
        cut_across,
        _BOTH,
        ("GRU", "LSTM"),
        "The kernels are split into gates along their rows; in Keras the gates are side by side, as blocks of columns.",
        "np.split(kernel, 4, axis=-1)   # not kernel.reshape(4, features, units)",
    ),
):
    mistake(
        _id,
        *_kinds,
        sentence=_sentence,
        fix=_fix,
        condition=partial(_moves_numbers, which=_which[0]),
        versions="weights moved between Keras and PyTorch or hand-written code",
        source="keras.layers: get_weights()",
    )(partial(reshaped, how=_how, which=_which))


# --- another layer's, another draw ----------------------------------------------------------------------------------

_ONE_DRAW = {
    "fix": 'kernel_initializer="glorot_uniform"   # by name: each layer makes its own initialiser',
    "versions": "Keras 3: one initialiser object gives the same values at every call",
    "source": "keras.initializers",
}


def one_way_for_both(r: BidirectionalRecipe, which: str) -> BidirectionalRecipe:
    own = r.parts[which]
    same = {"kernel": own.kernel, "recurrent_kernel": own.recurrent_kernel, "bias": own.bias}
    return r.but(parts={name: part.but(**same) for name, part in r.parts.items()})


def _twins(layer) -> bool:
    shapes = [[w.shape for w in inner.weights] for inner in layer.inner.values()]
    return shapes[0] == shapes[1] and type(layer.forward_layer) is type(layer.backward_layer)


for _way in ("forward", "backward"):
    mistake(
        f"shared-initializer:{_way}",
        "Bidirectional",
        sentence=f"Both directions use the {_way} layer's weights; each direction has its own.",
        condition=_twins,
        **_ONE_DRAW,
    )(partial(one_way_for_both, which=_way))


def _alike(layer) -> dict[str, str]:
    """Layer -> an earlier layer of the same kind with weights of the same shapes."""
    first: dict[tuple, str] = {}
    found = {}
    for name, inner in layer.inner.items():
        if inner.weights:
            key = (type(inner).__name__, *(w.shape for w in inner.weights))
            if key in first:
                found[name] = first[key]
            first.setdefault(key, name)
    return found


@mistake(
    "shared-initializer",
    "Sequential",
    sentence="Layers of the same shape have the same weights, those of the first of them.",
    condition=lambda layer: bool(_alike(layer)),
    **_ONE_DRAW,
)
def _first_of_them(r: StackRecipe):
    return r.but(exchanged={name: r.weights[first] for name, first in _alike(r.layer).items()})


CATALOGUE.add(
    Mistake(
        "weights-redrawn",
        ("Dense", "Embedding", *RECURRENT),
        "The weights that are printed are not the weights that were used: the layer was made, or its initialiser run, "
        "again. No function of the printed weights gives the output.",
        "layer = keras.layers.Dense(5)   # once; take the weights and the output from this one",
        None,
        versions="TensorFlow 1's sessions; Keras 3's from_config and clone_model make new weights",
        source="the puzzle of notebook 01",
    )
)
