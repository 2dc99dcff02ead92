"""Between layers: weights swapped, a layer left out or used twice, the outputs' columns in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, permutations
from typing import Any

import numpy as np

from lstm_edu.core import Graph, Layer
from lstm_edu.doctor.families import Situation
from lstm_edu.doctor.hypotheses import with_mistakes
from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake
from lstm_edu.doctor.recipes import (
    ActivationRecipe,
    BidirectionalRecipe,
    DenseRecipe,
    HandedOn,
    ModelRecipe,
    NormalizationRecipe,
    Outputs,
    Recipe,
    RecurrentRecipe,
)
from lstm_edu.doctor.running import run

Array = np.ndarray
Path = tuple[str, ...]

_MODELS = ("Sequential", "Graph")
_MOST_WITH_OTHERS = 12  # of a family: more are tried alone


# --- weights of another layer ---------------------------------------------------------------------------------------


def parts(layer: Layer, path: Path = (), start: int = 0) -> Iterator[tuple[Path, Layer, slice]]:
    """(path, layer, its place in get_weights()) of every layer inside that has weights itself."""
    inner = getattr(layer, "inner", None)
    if not inner:
        yield path, layer, slice(start, start + len(layer.weights))
        return
    for name, child in inner.items():
        yield from parts(child, (*path, name), start)
        start += len(child.weights)


def alike(layer: Layer) -> list[list[Path]]:
    """Layers of one kind with weights of the same shapes, in groups of two and more."""
    groups: dict[tuple, list[Path]] = {}
    for path, part, _ in parts(layer):
        if part.weights:
            groups.setdefault((type(part).__name__, *(w.shape for w in part.weights)), []).append(path)
    return [group for group in groups.values() if len(group) > 1]


def with_weights_of(r: ModelRecipe, source: Mapping[Path, Path]) -> ModelRecipe:
    """Some layers compute with the weights of others."""
    names = list(r.layer.inner)
    flat = [w for name in names for w in r.exchanged.get(name, r.weights[name])]
    places = {path: where for path, _, where in parts(r.layer)}
    new = list(flat)
    for path, other in source.items():
        new[places[path]] = flat[places[other]]
    changed, start = {}, 0
    for name in names:
        n = len(r.weights[name])
        if any(path[0] == name for path in source):
            changed[name] = new[start : start + n]
        start += n
    return r.but(exchanged=r.exchanged | changed)


def _called(path: Path) -> str:
    return "/".join(path)


_ORDER: dict[str, Any] = {
    "versions": "files read by hand: the groups of an HDF5 file come in alphabetical order of their names",
    "source": "keras#8134",
}


def other_layers_weights(situation: Situation) -> Iterator[list[Mistake]]:
    layer = situation.base.layer
    groups = alike(layer)
    by_name = {
        path: other
        for group in groups
        for path, other in zip(group, sorted(group, key=_called), strict=True)
        if path != other
    }
    first = []
    if by_name:
        first.append(
            Mistake(
                "layers-exchanged:alphabetical",
                _MODELS,
                "Layers of the same shape have each other's weights: they are in alphabetical order of the layers' "
                f"names, in which lstm_10 comes before lstm_9. Here: {_pairs_text(by_name)}.",
                "for layer in model.layers: layer.set_weights(weights[layer.name])   # by name; the order is in\n"
                '# file.attrs["layer_names"]',
                partial(with_weights_of, source=by_name),
                **_ORDER,
            )
        )
    two = [pair for group in groups for pair in combinations(group, 2) if by_name != _exchange(pair)]
    alone = len(two) > _MOST_WITH_OTHERS
    yield [*first, *(_exchanged(pair, alone) for pair in two)]
    yield [_in_order(source) for group in groups for source in _orders(group) if source != by_name]
    one_for_another = [
        (path, other) for group in groups for path in group for other in group if path != other and len(group) > 1
    ]
    yield [_reused(path, other, len(one_for_another) > _MOST_WITH_OTHERS) for path, other in one_for_another]


_MOST_ORDERED = 4  # layers of which every order is tried; of more those that are reversed, or moved on


def _orders(group: Sequence[Path]) -> list[dict[Path, Path]]:
    """Orders of three and more layers: layer -> whose weights it has, where more than two have another's."""
    n = len(group)
    tried = permutations(range(n)) if n <= _MOST_ORDERED else [range(n)[::-1], *(_moved_on(n, k) for k in range(1, n))]
    sources = ({group[k]: group[other] for k, other in enumerate(order) if k != other} for order in tried)
    return [source for source in sources if len(source) > 2]


def _moved_on(n: int, k: int) -> list[int]:
    return [(one + k) % n for one in range(n)]


def _in_order(source: Mapping[Path, Path]) -> Mistake:
    return Mistake(
        f"layers-exchanged:{','.join(f'{_called(path)}-has-{_called(other)}' for path, other in source.items())}",
        _MODELS,
        f"Layers of the same shape have each other's weights: {_pairs_text(source)}.",
        "for layer in model.layers: layer.set_weights(weights[layer.name])   # by name, not by position",
        partial(with_weights_of, source=source),
        alone=True,
        **_ORDER,
    )


def _exchange(pair: Sequence[Path]) -> dict[Path, Path]:
    one, other = pair
    return {one: other, other: one}


def _pairs_text(source: Mapping[Path, Path]) -> str:
    return ", ".join(f"{_called(path)!r} has those of {_called(other)!r}" for path, other in source.items())


def _exchanged(pair: Sequence[Path], alone: bool) -> Mistake:
    one, other = map(_called, pair)
    return Mistake(
        f"layers-exchanged:{one},{other}",
        _MODELS,
        f"{one!r} and {other!r} have each other's weights. They have the same shapes, so there is no error message.",
        "for layer in model.layers: layer.set_weights(weights[layer.name])   # by name, not by position",
        partial(with_weights_of, source=_exchange(pair)),
        alone=alone,
        **_ORDER,
    )


def _reused(path: Path, other: Path, alone: bool) -> Mistake:
    return Mistake(
        f"layers-exchanged:{_called(other)}-twice,not-{_called(path)}",
        _MODELS,
        f"The weights of {_called(other)!r} are used in {_called(path)!r} too, instead of its own. They have the same "
        "shapes, so there is no error message.",
        f"weights of {_called(path)!r}   # each layer its own",
        partial(with_weights_of, source={path: other}),
        alone=alone,
        **_ORDER,
    )


# --- a layer too few or too many ------------------------------------------------------------------------------------


def computed(recipes: Sequence[Recipe]) -> list[Outputs]:
    """The outputs of all of them. ValueError if one cannot be computed."""
    found = run(recipes)
    if None in found:
        raise ValueError("a part of this recipe cannot be computed")
    return found


@dataclass(frozen=True, eq=False, kw_only=True)
class Twice(Recipe):
    """A layer on its input, and once more on what it returned."""

    closed = True

    first: Recipe

    def compute(self) -> Outputs:
        (outputs,) = computed([self.first])
        (again,) = computed([fed(self.first, outputs[0])])
        return again


def given_to(r: Recipe) -> Array | None:
    """What a layer's recipe reads, in the order of the input."""
    if isinstance(r, RecurrentRecipe):
        return r.x[:, ::-1] if r.backwards else r.x
    if isinstance(r, BidirectionalRecipe):
        return given_to(r.parts["forward"])
    return r.x if isinstance(r, (ActivationRecipe, DenseRecipe, NormalizationRecipe)) else None


def fed(r: Recipe, x: Array) -> Recipe:
    """The same on another input."""
    if isinstance(r, RecurrentRecipe):
        return r.but(x=x[:, ::-1] if r.backwards else x)
    if isinstance(r, BidirectionalRecipe):
        return r.but(parts={name: fed(part, x) for name, part in r.parts.items()})
    return r.but(x=x)


def left_out(r: Recipe) -> Recipe | None:
    x = given_to(r)
    if x is None:
        return None
    whole = not isinstance(r, (RecurrentRecipe, BidirectionalRecipe)) or r.form.sequences
    return HandedOn(layer=r.layer, outputs=(x if whole else x[:, -1],))


def repeated(r: Recipe) -> Recipe | None:
    if isinstance(r, (RecurrentRecipe, BidirectionalRecipe)) and not r.form.sequences:
        return None
    return None if given_to(r) is None else Twice(layer=r.layer, first=r)


def changed(r: ModelRecipe, name: str, change) -> ModelRecipe:
    return r.but(changes=r.changes | {name: (*r.changes.get(name, ()), change)})


def _keeps_the_width(layer: Layer) -> bool:
    """Whether what a layer returns could be its input as well."""
    kind = type(layer).__name__
    if kind == "Bidirectional":
        width = layer.forward_layer.units + (layer.backward_layer.units if layer.merge_mode == "concat" else 0)
        return layer.merge_mode is not None and layer.forward_layer.weights[0].shape[0] == width
    if kind in ("BatchNormalization", "Activation"):
        return True
    return kind in ("Dense", *RECURRENT) and layer.weights[0].shape[0] == layer.units


def another_number_of_layers(situation: Situation) -> Iterator[list[Mistake]]:
    inner = situation.base.layer.inner
    names = [name for name, layer in inner.items() if _keeps_the_width(layer)]
    alone = 2 * len(names) > _MOST_WITH_OTHERS
    missing = [
        Mistake(
            f"layer-count:without-{name}",
            _MODELS,
            f"The {type(inner[name]).__name__} layer {name!r} is left out: its input is passed on unchanged. Input and "
            "output have the same size, so there is no error message.",
            "for layer in model.layers: x = layer(x)   # every one; PyTorch: num_layers",
            partial(changed, name=name, change=left_out),
            versions="hand-written code; PyTorch's num_layers=1, its default",
            source="keras#8134; torch.nn.LSTM: num_layers",
            alone=alone,
        )
        for name in names
    ]
    again = [
        Mistake(
            f"layer-count:{name}-twice",
            _MODELS,
            f"The {type(inner[name]).__name__} layer {name!r} is run twice, the second time on its own output.",
            "for layer in model.layers: x = layer(x)   # each once",
            partial(changed, name=name, change=repeated),
            versions="hand-written code",
            source="keras#8134",
            alone=alone,
        )
        for name in names
    ]
    yield [*missing, *again]


# --- two layers in the other order ----------------------------------------------------------------------------------


def swapped(r: ModelRecipe, one: str, other: str) -> ModelRecipe | None:
    """The second layer on the input of the first, and then the first on what that returned."""
    first, second = r.right_part(one), r.right_part(other)
    if first is None or second is None or given_to(first) is None or given_to(second) is None:
        return None

    def instead(by: Recipe, own: Recipe) -> Recipe | None:
        x = given_to(own)
        return None if x is None else fed(by, x)

    return changed(changed(r, one, partial(instead, second)), other, partial(instead, first))


def _next_to_each_other(model: Layer) -> Iterator[tuple[str, str]]:
    """Two layers of which the second reads what the first returned, and that keep its size."""
    inner = model.inner
    names = list(inner)
    for other in names:
        k = names.index(other)
        one = model.rest.maker(other) if isinstance(model, Graph) else names[k - 1] if k else None
        if one is None or type(inner[one]) is type(inner[other]):  # of one kind: as if their weights were swapped
            continue
        if all(_keeps_the_width(inner[name]) for name in (one, other)):
            yield one, other


def another_order_of_layers(situation: Situation) -> Iterator[list[Mistake]]:
    model = situation.base.layer
    run([situation.base])  # so that it is known what reaches each layer
    yield [
        Mistake(
            f"layer-order:{one},{other}",
            _MODELS,
            f"{one!r} and {other!r} ({type(model.inner[one]).__name__}, {type(model.inner[other]).__name__}) are in "
            "the other order. Both keep the size of their input, so there is no error message.",
            "for layer in model.layers: x = layer(x)   # in this order",
            partial(swapped, one=one, other=other),
            versions="hand-written code; activation before or after BatchNormalization",
            source="keras.layers.BatchNormalization, Activation",
            alone=True,
        )
        for one, other in _next_to_each_other(model)
    ]


# --- columns of the output ------------------------------------------------------------------------------------------

_CLOSE = 1e-4  # of the largest number: columns as near as that are taken for the same


def output_columns(situation: Situation) -> Iterator[list[Mistake]]:
    """The outputs' columns in another order: found by matching them, for the right numbers and after each mistake."""
    theirs = situation.observed[0]
    if theirs.ndim < 2 or not 2 <= theirs.shape[-1] <= _MOST_COLUMNS or situation.right is None:
        return
    found = matching(situation.right[0], theirs)
    yield [] if found is None else [_reordered(found)]
    orders: dict[tuple[int, ...], None] = {}
    recipes = [with_mistakes(situation.base, hypothesis) for hypothesis in situation.reordered]
    for outputs in run([r for r in recipes if r is not None]):
        if outputs is not None and outputs[0].shape == theirs.shape:
            order = matching(outputs[0], theirs)
            if order is not None:
                orders[order] = None
    yield [_reordered(order) for order in orders if order != found]


_MOST_COLUMNS = 512


def matching(right: Array, theirs: Array) -> tuple[int, ...] | None:
    """The order in which the right columns are the observed ones; None if there is none, or if it is the same."""
    if right.shape != theirs.shape or not (np.isfinite(right).all() and np.isfinite(theirs).all()):
        return None
    n = right.shape[-1]
    if right.size < 2 * n:  # with a single row any shuffle is an order of columns: nothing shows that it is one
        return None
    a, b = theirs.reshape(-1, n).T, right.reshape(-1, n).T
    size = max(float(np.abs(b).max()), 1e-30)
    order: list[int] = []
    free = np.ones(n, bool)
    for column in a:
        off = np.where(free, np.abs(b - column).max(axis=1), np.inf)
        best = int(np.argmin(off))
        if off[best] > _CLOSE * size:
            return None
        free[best] = False
        order.append(best)
    return None if order == list(range(n)) else tuple(order)


def bits_of_an_order(n: int) -> int:
    """How many numbers finding an order of n things uses up: log2(n!) bits, some ten of them to a number."""
    return int(np.ceil(sum(np.log2(k) for k in range(2, n + 1)) / 10))


def order_text(order: Sequence[int], most: int = 12) -> str:
    if list(order) == list(range(len(order)))[::-1]:
        return "the last one first"
    moved = [k for k, own in enumerate(order) if k != own]
    if len(moved) == 2:
        return f"{moved[0]} and {moved[1]} swapped"
    shift = order[0]
    if all(own == (k + shift) % len(order) for k, own in enumerate(order)):
        return f"rotated by {shift}"
    return ", ".join(map(str, order)) if len(order) <= most else ", ".join(map(str, order[:most])) + ", ..."


def _reordered(order: tuple[int, ...]) -> Mistake:
    def columns(outputs: Outputs) -> Outputs:
        return [outputs[0][..., list(order)], *outputs[1:]]

    return Mistake(
        f"output-columns:{','.join(map(str, order))}" if len(order) <= 12 else "output-columns",
        _OUTPUT_KINDS,
        "The columns of the output (the classes, or the units) are in another order than the layer's: "
        f"{order_text(order)}. The numbers are right.",
        "classes = sorted(set(labels))   # one order, that of training, for labels, weights and outputs",
        lambda r: r.then(columns),
        versions="labels in the order in which they were met, or in alphabetical order",
        source="keras#13830; LabelEncoder and flow_from_directory sort the classes' names",
        parameters=bits_of_an_order(len(order)),
    )


_OUTPUT_KINDS = (*_MODELS, "Dense", *RECURRENT, "Bidirectional", "TimeDistributed")

for _id, _kinds, _sentence, _family, _source in (
    (
        "layers-exchanged",
        _MODELS,
        "Layers of the same shape have each other's weights, or one uses another's.",
        other_layers_weights,
        "keras#8134",
    ),
    (
        "layer-count",
        _MODELS,
        "A layer that keeps the size of its input is left out, or run twice.",
        another_number_of_layers,
        "keras#8134; torch.nn.LSTM: num_layers",
    ),
    (
        "layer-order",
        _MODELS,
        "Two layers that keep the size of their input are in the other order, such as an activation and a "
        "BatchNormalization.",
        another_order_of_layers,
        "keras.layers.BatchNormalization, Activation",
    ),
    (
        "output-columns",
        _OUTPUT_KINDS,
        "The columns of the output, classes or units, are in another order; the doctor finds it.",
        output_columns,
        "keras#13830",
    ),
):
    CATALOGUE.add(
        Mistake(
            _id,
            _kinds,
            _sentence,
            "for layer in model.layers: x = layer(x)   # each once, in order, with its own weights",
            None,
            versions="weights and layers that are put together by hand",
            source=_source,
            family_of=_family,
        )
    )
