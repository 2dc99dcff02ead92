"""The input of a model: its columns in another order, its axes reshaped, its padding at the other end or left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, permutations
from typing import Any

import numpy as np

from lstm_edu.core import Embedding, Graph, Layer, Sequential
from lstm_edu.core.checks import plural
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.doctor.catalogue.models import bits_of_an_order, changed, computed, order_text
from lstm_edu.doctor.families import Situation, flat
from lstm_edu.doctor.mistake import CATALOGUE, EVERY, RECURRENT, Mistake, Mutation, mistake, of_input
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    Form,
    GraphRecipe,
    InputChange,
    ModelRecipe,
    Outputs,
    Recipe,
    RecurrentRecipe,
    StackRecipe,
    inputs_of,
    last_step,
    with_input,
)

Array = np.ndarray


# --- (batch, time, features) by a reshape ---------------------------------------------------------------------------


def features_by_reshape(x: Array, mask: Array | None) -> tuple[Array, Array | None]:
    batch, timesteps, features = x.shape
    return x.reshape(batch, features, timesteps).swapaxes(1, 2), mask


def features_first_buffer(x: Array, mask: Array | None) -> tuple[Array, Array | None]:
    return np.ascontiguousarray(x.swapaxes(1, 2)).reshape(x.shape), mask


def time_first_buffer(x: Array, mask: Array | None) -> tuple[Array, Array | None]:
    return np.ascontiguousarray(x.swapaxes(0, 1)).reshape(x.shape), mask


def reshaped(r: Recipe, change: InputChange, needs_batch: bool) -> Recipe | None:
    (x, *others) = inputs_of(r)
    batch, timesteps, features = x.shape if x.ndim == 3 else (1, 1, 1)
    if others or timesteps == 1 or (batch if needs_batch else features) == 1:
        return None
    return with_input(r, change)


for _variant, _change, _needs_batch, _sentence, _fix, _source in (
    (
        "features-reshaped",
        features_by_reshape,
        False,
        "The input is turned into (batch, features, timesteps) by a reshape; it has to be transposed.",
        "x.transpose(0, 2, 1)   # not x.reshape(batch, features, timesteps)",
        "deeplearning4j#8701",
    ),
    (
        "features-buffer",
        features_first_buffer,
        False,
        "Each sequence is stored feature by feature, but read as if it were stored timestep by timestep.",
        "x.reshape(batch, features, timesteps).transpose(0, 2, 1)   # not x.reshape(batch, timesteps, features)",
        "deeplearning4j#8924; tensors that are called NCW and NWC",
    ),
    (
        "time-buffer",
        time_first_buffer,
        True,
        "The numbers of all sequences are stored timestep by timestep, but read as if sequence by sequence.",
        "x.reshape(timesteps, batch, features).transpose(1, 0, 2)   # not x.reshape(batch, timesteps, features)",
        "oneDNN#838: tnc and ntc",
    ),
):
    mistake(
        f"axes-swapped:{_variant}",
        *RECURRENT,
        sentence=_sentence,
        fix=_fix,
        versions="arrays handed from one library to another, or read from a file",
        source=_source,
        together=True,
        across=_needs_batch,
    )(partial(reshaped, change=_change, needs_batch=_needs_batch))


# --- columns in another order ---------------------------------------------------------------------------------------

_MOST_SWAPS = 300  # orders with two columns swapped that are tried
_MOST_SOLVED = 12  # columns whose order is searched for
_MOST_WORK = 4e8  # multiplications that searching may take


def in_order(r: Recipe, order: Sequence[int], which: int = 0) -> Recipe | None:
    """An input's columns are read in another order."""
    if inputs_of(r)[which].shape[-1] != len(order):
        return None
    return with_input(r, lambda x, mask: (x[..., list(order)], mask), which)


def input_columns(situation: Situation) -> Iterator[list[Mistake]]:
    """A layer's columns in another order: flattened in another way, reversed, rotated, two swapped; finally any."""
    layer = situation.layer
    n = layer.weights[0].shape[0]
    if n < 2 or (situation.place and situation.place[0].startswith(EVERY)):
        return
    flattened = list(_flattened(situation, layer, n))
    rotated = [tuple(np.roll(np.arange(n), -k).tolist()) for k in range(1, n)] if n <= _MOST_SWAPS else []
    common = [tuple(range(n))[::-1], *rotated]
    known = {m.id for m in flattened}
    others = [columns_in(order, alone=k > 0) for k, order in enumerate(common)]
    yield [*flattened, *(m for m in others if m.id not in known)]
    if n * (n - 1) // 2 <= _MOST_SWAPS:
        yield [columns_in(with_exchanged(n, a, b), alone=True) for a, b in combinations(range(n), 2)]
    if n <= _MOST_SOLVED and _is_first(situation) and (order := _searched(situation, n)) is not None:
        yield [columns_in(order, alone=True)]


def with_exchanged(n: int, a: int, b: int) -> tuple[int, ...]:
    order = list(range(n))
    order[a], order[b] = b, a
    return tuple(order)


def _is_first(situation: Situation) -> bool:
    """Whether the layer reads the input of the whole."""
    base = situation.base.layer
    return not isinstance(base, Graph) and (
        not isinstance(base, Sequential) or situation.place[:1] == (next(iter(base.inner)),)
    )


def columns_in(order: tuple[int, ...], alone: bool, which: int | None = None) -> Mistake:
    """The columns of a layer's input in this order; of a whole graph's, its input number `which`."""
    name = ",".join(map(str, order)) if len(order) <= _MOST_SOLVED else order_text(order).replace(" ", "-")
    return Mistake(
        f"input-columns:{name}" + of_input(which),
        ("Dense", *RECURRENT) if which is None else ("Graph",),
        f"The columns of the input (its features) are in another order than the "
        f"{'layer' if which is None else 'model'}'s: {order_text(order)}.",
        "x = x[..., [names.index(name) for name in the_names_in_training]]",
        partial(in_order, order=order, which=which or 0),
        versions="columns by name in alphabetical order, features put together in another order than in training",
        source="keras#13830; pandas.DataFrame: the order of columns",
        alone=alone,
        parameters=bits_of_an_order(len(order)) if alone else 0,
    )


def _searched(situation: Situation, n: int) -> tuple[int, ...] | None:
    """The order that gives the observed numbers, found by swapping two columns as long as that brings them nearer."""
    work = situation.base.layer.count_params() * sum(x.size for x in inputs_of(situation.base)) / max(1, n)
    starts = int(min(_MOST_STARTS, _MOST_WORK / (work * n * n * 4)))
    if not starts or situation.right is None:
        return None
    target = flat(situation.observed)
    if not np.isfinite(target).all():
        return None
    small = 1e-4 * max(float(np.abs(target).max()), 1e-30)
    rng = np.random.default_rng(0)
    pairs = list(combinations(range(n), 2))
    for start in range(starts):
        order = list(range(n)) if start == 0 else rng.permutation(n).tolist()
        best = np.inf
        while True:
            tried = [order, *(_swapped(order, a, b) for a, b in pairs)]
            outputs = situation.compute([partial(in_order, order=o) for o in tried])
            off = [np.inf if y is None else float(np.sqrt(np.mean((y - target) ** 2))) for y in outputs]
            k = int(np.argmin(off))
            if off[k] <= small:
                return tuple(tried[k])
            if off[k] >= best * 0.999:
                break
            order, best = tried[k], off[k]
    return None


_MOST_STARTS = 40


def _swapped(order: Sequence[int], a: int, b: int) -> list[int]:
    order = list(order)
    order[a], order[b] = order[b], order[a]
    return order


# --- flattened in another order -------------------------------------------------------------------------------------


def _flattened(situation: Situation, layer: Layer, n: int) -> Iterator[Mistake]:
    """A Dense layer on what was flattened: from columns, or channels first, where Keras goes row by row."""
    if type(layer).__name__ != "Dense":
        return
    base, place = situation.base.layer, situation.place
    if isinstance(base, Graph):
        shape = base.rest.before(place[0])
        shapes = [] if shape is None or None in shape or int(np.prod(shape)) != n else [tuple(shape)]
    elif _is_first(situation):
        shapes = [(a, n // a) for a in range(2, n // 2 + 1) if n % a == 0]
    else:
        shapes = []
    for shape in shapes:
        for axes in permutations(range(len(shape))):
            order = tuple(np.arange(n).reshape(shape).transpose(axes).ravel().tolist())
            if order != tuple(range(n)):
                yield _flat_in(shape, axes, order, known=isinstance(base, Graph))


def _flat_in(shape: tuple[int, ...], axes: tuple[int, ...], order: tuple[int, ...], known: bool) -> Mistake:
    sizes = " x ".join(map(str, shape))
    if len(shape) == 2:
        how = "column by column (features, or channels, first; Fortran's order)"
    else:
        how = f"with its axes in the order {', '.join(map(str, axes))}"
    before = f"What reaches the Dense layer is an array of {sizes} numbers" if known else f"As an array of {sizes}, x"
    return Mistake(
        f"flatten-order:{'x'.join(map(str, shape))}" + (f",axes-{''.join(map(str, axes))}" if len(shape) > 2 else ""),
        ("Dense",),
        f"{before} {'that is' if known else 'is'} flattened {how}; Keras's Flatten goes row by row, the last axis "
        "fastest.",
        f"x.reshape(len(x), -1)   # of (batch, {', '.join(map(str, shape))}), and not of its transpose",
        partial(in_order, order=order),
        versions="MATLAB and Julia (columns first); channels-first libraries",
        source="keras#13830; tfjs#2205; hls4ml#1052; keras.layers.Flatten",
    )


# --- padding --------------------------------------------------------------------------------------------------------


def paddings(x: Array) -> tuple[Array, Array] | None:
    """(leading, trailing) empty steps of each row: id 0, or all features 0. None if no row has any, or only such."""
    if x.ndim == 2 and x.dtype.kind in "iu" or x.ndim == 2 and np.array_equal(x, np.round(x)):
        empty = x == 0
    elif x.ndim == 3:
        empty = (x == 0).all(axis=-1)
    else:
        return None
    leading = np.cumprod(empty, axis=1).sum(axis=1)
    trailing = np.cumprod(empty[:, ::-1], axis=1).sum(axis=1)
    trailing = np.where(leading == x.shape[1], 0, trailing)
    return (leading, trailing) if (leading + trailing).any() else None


def where_padded(r: Recipe, change: InputChange, which: int) -> Recipe | None:
    return None if paddings(inputs_of(r)[which]) is None else with_input(r, change, which)


def moved(x: Array, mask: Array | None, to_the_end: bool) -> tuple[Array, Array | None]:
    """Each row's padding at one end, the beginning or the end."""
    leading, trailing = paddings(x)
    shift = -leading if to_the_end else trailing
    steps = (np.arange(x.shape[1])[None] - shift[:, None]) % x.shape[1]
    rows = np.arange(len(x))[:, None]
    return x[rows, steps], None if mask is None else mask[rows, steps]


def padded_with(x: Array, mask: Array | None, value: float) -> tuple[Array, Array | None]:
    leading, trailing = paddings(x)
    steps = np.arange(x.shape[1])[None]
    is_padding = (steps < leading[:, None]) | (steps >= x.shape[1] - trailing[:, None])
    return np.where(is_padding if x.ndim == 2 else is_padding[..., None], x.dtype.type(value), x), mask


@dataclass(frozen=True, eq=False, kw_only=True)
class EachAlone(Recipe):
    """Each sequence at its own length: recipes of sequences of equal length, and which rows of the batch they are."""

    closed = True

    recipes: tuple[Recipe, ...]
    rows: tuple[Array, ...]

    def compute(self) -> Outputs:
        found = computed(self.recipes)
        first = found[0]
        outputs = [np.empty((sum(map(len, self.rows)), *a.shape[1:])) for a in first]
        for rows, arrays in zip(self.rows, found, strict=True):
            for whole, part in zip(outputs, arrays, strict=True):
                whole[rows] = part
        return outputs


def without_padding(r: Recipe, which: int) -> Recipe | None:
    """None where the outputs are sequences: these would be of different lengths."""
    x = inputs_of(r)[which]
    found = paddings(x)
    if found is None or len(inputs_of(r)) > 1:
        return None
    leading, trailing = found
    leading = np.where(leading == x.shape[1], 0, leading)  # nothing but padding: left as it is
    spans = np.stack([leading, x.shape[1] - trailing], axis=1)
    recipes, rows = [], []
    for begin, end in np.unique(spans, axis=0):
        those = np.flatnonzero((spans == (begin, end)).all(axis=1))
        recipes.append(_only(r, those, int(begin), int(end)))
        rows.append(those)
    return EachAlone(layer=r.layer, recipes=tuple(recipes), rows=tuple(rows))


def _only(r: Recipe, rows: Array, begin: int, end: int) -> Recipe:
    def cut(x, mask):
        return x[rows, begin:end], None if mask is None else mask[rows, begin:end]

    if isinstance(r, BidirectionalRecipe):
        return r.but(parts={name: _only(part, rows, begin, end) for name, part in r.parts.items()})
    r = with_input(r, cut)
    return r.but(start=tuple(s[rows] for s in r.start)) if isinstance(r, RecurrentRecipe) else r


def cut_to(r: Recipe, steps: slice) -> Recipe | None:
    return with_input(r, lambda x, mask: (x[:, steps], None if mask is None else mask[:, steps]))


def ended_after(r: Recipe, k: int) -> Recipe | None:
    """The first k steps only: where no step depends on later ones, these have been taken already."""
    if isinstance(r, StackRecipe) and not (r.changes or r.exchanged or r.starts):
        layers = r.layer.inner
        *_, last = [name for name, layer in layers.items() if isinstance(layer, Recurrent)] or [""]
        if last and not layers[last].return_sequences and all(map(_goes_forward, layers.values())):
            return changed(r, last, partial(ended_after, k=k))
    if isinstance(r, RecurrentRecipe) and r.form == Form(False, False) and r.last is last_step and not r.backwards:
        return r.but(last=partial(_step, k=k - 1))
    return cut_to(r, slice(None, k))


def _step(sequence: Array, k: int) -> Array:
    return sequence[:, k]


def _goes_forward(layer: Layer) -> bool:
    if isinstance(layer, Recurrent):
        return not layer.go_backwards
    return type(layer).__name__ in _EACH_STEP


_EACH_STEP = ("Dense", "Activation", "Embedding", "BatchNormalization", "TimeDistributed", "Dropout", "Masking")


def padding(situation: Situation) -> Iterator[list[Mistake]]:
    """Padding at the other end, left out or of another value, for each input that has some; then cut sequences."""
    base = situation.base
    arrays = inputs_of(base)
    entries = []
    for which, x in enumerate(arrays):
        if x.dtype.kind in "OUS" or paddings(x) is None:
            continue
        leading, trailing = paddings(x)
        ends = ("end", "beginning")
        for to_the_end, there in ((True, leading), (False, trailing)):
            if there.any():
                here, other = ends if to_the_end else ends[::-1]
                entries.append(_padding_at(which, to_the_end, here, other))
        entries.append(_unpadded(which))
        entries += [_another_value(which, value) for value in _values(base, x)]
    yield entries
    cuts = []
    if len(arrays) == 1 and arrays[0].ndim >= 2 and arrays[0].dtype.kind in "iuf" and _reads_time(base):
        n = arrays[0].shape[1]
        for k in range(1, n) if n <= _MOST_CUTS and not _one_output_per_step(situation, n) else ():
            last_k = partial(cut_to, steps=slice(n - k, None))
            cuts += [_cut_short(k, partial(ended_after, k=k), "first"), _cut_short(k, last_k, "last")]
    yield cuts


_MOST_CUTS = 250


def _reads_time(r: Recipe) -> bool:
    return isinstance(r, (RecurrentRecipe, BidirectionalRecipe, ModelRecipe))


def _one_output_per_step(situation: Situation, n: int) -> bool:
    """Whether as many steps came out as went in: a sequence that was cut has fewer."""
    y = situation.observed[0]
    return (
        situation.right is not None
        and not isinstance(situation.base, GraphRecipe)
        and y.shape[1:2] == (n,)
        and y.ndim > 2
    )


def _values(r: Recipe, x: Array) -> list[float]:
    """Other values that padding may have."""
    if x.ndim == 3:
        return [-1.0, 1.0]
    first = next(iter(getattr(r.layer, "inner", {"": r.layer}).values()))
    top = first.input_dim if isinstance(first, Embedding) else int(x.max()) + 1
    return [float(v) for v in dict.fromkeys((1, 2, top - 1)) if 0 < v < top]


_PADDED: dict[str, Any] = {
    "versions": "Keras's pad_sequences pads and cuts at the beginning unless told otherwise; others at the end"
}
_PADDED_KINDS = ("Sequential", "Graph", "Bidirectional", *RECURRENT)


def _padding_at(which: int, to_the_end: bool, here: str, other: str) -> Mistake:
    return Mistake(
        f"padding-side:{here}" + of_input(which),
        _PADDED_KINDS,
        f"The padding is at the {here} of each sequence; in x it is at the {other}.",
        f'pad_sequences(sequences, padding="{"pre" if to_the_end else "post"}")   # as in training',
        partial(where_padded, change=partial(moved, to_the_end=to_the_end), which=which),
        source="keras#20898; kensho bubs#19; keras.utils.pad_sequences",
        **_PADDED,
    )


def _unpadded(which: int) -> Mistake:
    return Mistake(
        "padding-side:none" + of_input(which),
        _PADDED_KINDS,
        "Each sequence is given at its own length, without its padding; the model reads padding like any other step "
        "(nothing masks it).",
        "x = pad_sequences(sequences, maxlen=x.shape[1], padding=...)   # as in training; or mask the padding in both",
        partial(without_padding, which=which),
        source="TextAttack#413; keras.utils.pad_sequences",
        **_PADDED,
    )


def _another_value(which: int, value: float) -> Mistake:
    return Mistake(
        f"padding-value:{value:g}" + of_input(which),
        _PADDED_KINDS,
        f"The padding is {value:g}; in x it is 0.",
        "pad_sequences(sequences, value=0)   # the value of training",
        partial(where_padded, change=partial(padded_with, value=value), which=which),
        source="keras.utils.pad_sequences: value",
        **_PADDED,
    )


def _cut_short(k: int, mutation: Mutation, which: str) -> Mistake:
    return Mistake(
        f"sequence-cut:{which}-{k}",
        _PADDED_KINDS,
        f"Only the {which} {plural(k, 'step')} of each sequence {'are' if k > 1 else 'is'} read.",
        "pad_sequences(sequences, maxlen=..., truncating=...)   # both as in training",
        mutation,
        source="keras#20898; keras.utils.pad_sequences: maxlen, truncating",
        alone=True,
        **_PADDED,
    )


for _id, _kinds, _sentence, _family in (
    (
        "input-columns",
        ("Dense", *RECURRENT),
        "The columns of the input, its features, are in another order; the doctor finds it, and a Flatten in "
        "another order too.",
        input_columns,
    ),
    (
        "padding-side",
        _PADDED_KINDS,
        "The padding is at the other end, left out, or of another value; or sequences are cut short.",
        padding,
    ),
):
    CATALOGUE.add(
        Mistake(
            _id,
            _kinds,
            _sentence,
            "x = prepared(raw)   # exactly the function that prepared the input in training",
            None,
            versions="inputs that are prepared again outside of training",
            source="keras#13830; keras#20898",
            family_of=_family,
            together=_id == "input-columns",
        )
    )
for _id, _sentence in (
    ("flatten-order", "A Dense layer reads what was flattened in a different order from that of Keras's Flatten."),
    ("padding-value", "The padding has a value other than 0; in x it is 0."),
    ("sequence-cut", "Sequences are cut short at one end."),
):
    CATALOGUE.add(
        Mistake(
            _id, ("Dense",) if _id == "flatten-order" else _PADDED_KINDS, _sentence, "x = prepared(raw)", None,
            versions="inputs that are prepared again outside of training", source="keras#13830; keras#20898",
        )
    )  # fmt: skip
