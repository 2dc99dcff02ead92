"""A mistake: a named mutation of the right computation, written once, with what a learner should know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstm_edu.core import Activation, Graph, Layer, Sequential, StackedRNN
from lstm_edu.core.graph import Alteration
from lstm_edu.core.wrappers import Bidirectional
from lstm_edu.doctor.recipes import BidirectionalRecipe, GraphRecipe, ModelRecipe, Recipe, RecurrentRecipe, recipe_of
from lstm_edu.doctor.running import run
from lstm_edu.trace import Trace

Mutation = Callable[[Any], Recipe | None]
Place = tuple[str, ...]
RECURRENT = ("SimpleRNN", "GRU", "LSTM")
BOTH = "both"
EVERY = "every "  # "every LSTM": all layers of this kind in a stack
EVERYWHERE = f"{EVERY}layer"  # of a stack: whatever can be made in any of them


@dataclass(frozen=True)
class Mistake:
    """One entry of the catalogue.

    Attributes:
        id: the name, with a variant after a colon: "gate-order:i,f,o,g".
        kinds: the classes of layers in which it can be made.
        sentence: what was done and what Keras does, for a learner.
        fix: the right thing in code.
        mutation: the right recipe -> the recipe with the mistake, or None where this input leaves nothing to compute
            (another number of features, no mask). None for a mistake that cannot be computed from the weights at all.
        condition: which layers of these kinds can have it.
        versions: what it is typical of. source: where it was seen, or what says how it should be.
        together: in a Bidirectional layer it can only be made in both directions at once.
        across: it mixes the sequences of a batch; other mistakes show in each sequence by itself.
        rounding: coarser numbers or arithmetic, which is not a mistake.
        family_of: for an entry that represents many mistakes which differ in a parameter (which activation, how many
            decimals): it looks for those of its mistakes that may give the numbers, see `families`.
        everywhere: in a stack it is also made in all layers at once, as an exporter would.
        of_rest: of weights, what it leaves of an array of a layer that is not ours, where it is made everywhere.
        alone: it is tried alone only, not with another mistake: one of many in a family.
        of_output: whether it is made in what a layer returns; where an Activation layer follows, it is made there.
        parameters: how many of its numbers were found from the output, and so explain that many fewer.
    """

    id: str
    kinds: tuple[str, ...]
    sentence: str
    fix: str
    mutation: Mutation | None = field(repr=False)
    condition: Callable[[Any], bool] = field(default=lambda layer: True, repr=False)
    versions: str = ""
    source: str = ""
    together: bool = False
    across: bool = False
    rounding: bool = False
    family_of: Callable[[Any], Iterable[Sequence[Mistake]]] | None = field(default=None, repr=False)
    everywhere: bool = False
    alone: bool = False
    of_rest: Callable[[np.ndarray], np.ndarray] | None = field(default=None, repr=False)
    of_output: Callable[[Any], bool] = field(default=lambda layer: False, repr=False)
    parameters: int = 0

    @property
    def family(self) -> str:
        """The id without its variant."""
        return self.id.partition(":")[0]

    @property
    def variant(self) -> str:
        return self.id.partition(":")[2]

    def places(self, layer: Layer) -> list[Place]:
        """Where in a built layer it can be made: () is the layer itself, ("lstm", "forward") a layer inside.

        In a Bidirectional layer ("both",) comes first, in a stack ("every LSTM",): code that is written once is wrong
        wherever it is used.
        """
        if self.mutation is None and self.family_of is None:
            return []
        if isinstance(getattr(layer, "forward_layer", None), StackedRNN):
            return []
        if type(layer).__name__ in self.kinds:
            return [()] if self.condition(layer) else []
        inner = getattr(layer, "inner", {})
        activated = _activated(layer)
        found = [
            (name, *place)
            for name, child in inner.items()
            if not (name in activated and self.of_output(child))
            for place in self.places(child)
        ]
        if isinstance(layer, Bidirectional):
            if len(found) < len(inner):
                return [] if self.together else found
            return [(BOTH,)] if self.together else [(BOTH,), *found]
        if isinstance(layer, (Sequential, Graph)):
            kinds = [type(inner[name]).__name__ for name, *rest in found if not rest]
            found = [(EVERY + kind,) for kind in dict.fromkeys(kinds) if kinds.count(kind) > 1] + found
            rest = self.of_rest is not None and isinstance(layer, Graph) and any(p.weights for p in layer.rest.parts())
            if self.everywhere and found and (rest or len({name for name, *_ in found}) > 1):
                found = [(EVERYWHERE,), *found]
        return found

    def applies(self, layer: Layer) -> bool:
        """Whether it can be made in this built layer, or in one inside it."""
        return bool(self.places(layer))

    def output(
        self, layer: Layer, x: Any, mask: Any = None, initial_state: Any = None, place: Place | None = None
    ) -> Any:
        """What `layer(x)` would return with this mistake in it, in the layer's dtype.

        Args:
            layer: a built layer of this package. x, mask, initial_state: as for a call.
            place: where the mistake is made; the first of `places(layer)` if None.

        Raises:
            ValueError: the mistake cannot be made in this layer, or not with this input.
        """
        places = self.places(layer)
        if not places:
            raise ValueError(f"{self.id} cannot be made in {layer!r}")
        right = recipe_of(layer, x, mask, initial_state, dtype=layer.dtype)
        outputs = outputs_of(mutated(right, self, places[0] if place is None else place), self.id)
        return tuple(outputs) if len(outputs) > 1 else outputs[0]

    def trace(self, layer: Layer, x: Any, mask: Any = None, initial_state: Any = None) -> Trace:
        """What `layer.trace(x)` would record with this mistake in it: to look at, next to the right one.

        Raises:
            ValueError: as `output`; or the layer is not a single SimpleRNN, GRU or LSTM.
        """
        output = self.output(layer, x, mask, initial_state)
        wrong = mutated(recipe_of(layer, x, mask, initial_state, dtype=layer.dtype), self)
        if not isinstance(wrong, RecurrentRecipe):
            raise ValueError(f"only a single SimpleRNN, GRU or LSTM can be traced with a mistake in it, got {layer!r}")
        names = wrong.equations.quantities
        recorded = run([wrong.but(record=names, after=())])[0]
        steps = np.arange(wrong.x.shape[1])
        return Trace(
            layer,
            {"x": wrong.x, **dict(zip(names, recorded, strict=True))},
            output,
            mask=wrong.mask,
            initial_state=list(wrong.start),
            time=steps[::-1] if layer.go_backwards else steps,
        )

    def __repr__(self) -> str:
        return f"<Mistake {self.id}: {self.sentence}>"


def of_input(which: int | None) -> str:
    """The end of the id of a mistake that is made in one of several inputs: nothing for the first, or the only one."""
    return f",input-{which}" if which else ""


def _activated(model: Layer) -> set[str | None]:
    """The layers of a model whose output goes into an Activation layer."""
    inner = getattr(model, "inner", {})
    ends = [name for name, layer in inner.items() if isinstance(layer, Activation)]
    if isinstance(model, Graph):
        return set(map(model.rest.maker, ends))
    names = list(inner) if isinstance(model, Sequential) else []
    return {names[names.index(end) - 1] for end in ends if end in names[1:]}


class Mistakes:
    """One mistake, or two that were made together."""

    mistakes: tuple[Mistake, ...]

    @property
    def id(self) -> str:
        """The catalogue's id; of a pair, both: "gate-order:i,f,o,g + bias-missing"."""
        return " + ".join(m.id for m in self.mistakes)

    @property
    def sentence(self) -> str:
        if len(self.mistakes) == 1:
            return self.mistakes[0].sentence
        return " ".join(f"{k}) {m.sentence}" for k, m in enumerate(self.mistakes, 1))

    @property
    def fix(self) -> str:
        return "\n".join(dict.fromkeys(m.fix for m in self.mistakes))


def outputs_of(wrong: Recipe | None, mistake_id: str) -> Sequence[Any]:
    """What a recipe with a mistake returns; ValueError where it cannot be made, or computes nothing, with its input."""
    outputs = None if wrong is None else run([wrong])[0]
    if outputs is None:
        raise ValueError(f"{mistake_id} cannot be made with this input: it leaves nothing that could be computed")
    return outputs


def mutated(recipe: Recipe, mistake: Mistake, place: Place = ()) -> Recipe | None:
    """The recipe with the mistake at that place; None where it cannot be made with this input."""
    if place == (EVERYWHERE,):
        for name, layer in recipe.layer.inner.items():
            inner = mistake.places(layer)
            recipe = _at(recipe, mistake.mutation, (name, *inner[0])) if inner else recipe
        if mistake.of_rest is not None and isinstance(recipe, GraphRecipe):
            recipe = recipe.but(alteration=Alteration("", "weights", mistake.of_rest), run=[])
        return recipe
    return _at(recipe, mistake.mutation, place)


def _at(recipe: Recipe, mutation: Mutation, place: Place) -> Recipe | None:
    if recipe.closed:
        return None
    if not place:
        return mutation(recipe)
    where, *rest = place
    if isinstance(recipe, ModelRecipe):
        names = [where]
        if where.startswith(EVERY):
            kind = where.removeprefix(EVERY)
            names = [name for name, layer in recipe.layer.inner.items() if type(layer).__name__ == kind]

        def change(inner):
            return _at(inner, mutation, tuple(rest))

        return recipe.but(changes=recipe.changes | {name: (*recipe.changes.get(name, ()), change) for name in names})
    if isinstance(recipe, BidirectionalRecipe):
        names = tuple(recipe.parts) if where == BOTH else (where,)
        changed = {name: mutation(recipe.parts[name]) for name in names}
        return None if None in changed.values() else recipe.but(parts=recipe.parts | changed)
    return _at(recipe, mutation, tuple(rest))  # TimeDistributed: its recipe is that of the layer inside


class Catalogue:
    """The mistakes by id, in the order in which they were written down."""

    def __init__(self) -> None:
        self._entries: dict[str, Mistake] = {}

    def __iter__(self) -> Iterator[Mistake]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, id: str) -> Mistake:
        try:
            return self._entries[id]
        except KeyError:
            raise KeyError(f"the catalogue has no mistake {id!r}; le.mistakes() lists them") from None

    def __contains__(self, id: object) -> bool:
        return id in self._entries

    def add(self, mistake: Mistake) -> None:
        if mistake.id in self._entries:
            raise ValueError(f"the catalogue has {mistake.id!r} already")
        self._entries[mistake.id] = mistake


CATALOGUE = Catalogue()


def mistake(id: str, *kinds: str, sentence: str, fix: str, **more: Any) -> Callable[[Mutation], Mutation]:
    """Decorator: put the mutation that follows into the catalogue. The other arguments are those of `Mistake`."""

    def enter(mutation: Mutation) -> Mutation:
        CATALOGUE.add(Mistake(id, kinds, sentence, fix, mutation, **more))
        return mutation

    return enter
