"""A Keras model of any shape as a `Graph`: the layers that this package has are ours, Keras computes everything else.

Keras runs the model, eagerly; wherever it calls a layer that is ours, ours answers. A recorded run can be continued
from any of our layers: what comes before it is returned as it was recorded, and not computed again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstm_edu.core import Graph, Layer
from lstm_edu.core.graph import Alteration, Compute, Part, Reached, Refused
from lstm_edu.keras_bridge import files, inputs
from lstm_edu.keras_bridge.calling import call_keras, unchanged
from lstm_edu.keras_bridge.converting import convert, is_model, opened, require_built
from lstm_edu.keras_bridge.layers import LAYERS, nested_states, numbers, support
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.tapping import _noted, _tapped

Array = np.ndarray


def from_keras(source: Any, weights: str | os.PathLike | None = None) -> Layer:
    """The same layer or model in NumPy: Keras's configuration and a copy of Keras's weights.

    Args:
        source: a built Keras layer or model, or the path of a saved `.keras` file (or `.h5` file of Keras 2, or JSON by
            to_json()). Any model will do: with branches, several inputs or outputs, shared layers, layers that this
            package does not have, or custom code.
        weights: of JSON, the file of its weights; if None, the one next to it of the same name.

    Returns:
        An lstm_edu layer; for a model that is a chain of layers of this package, Input -> layer -> layer, a
        `Sequential` without its input layers. For every other model a `Graph`: the layers of this package are ours, and
        Keras computes the rest whenever the graph is called. Layers keep their Keras names, a stateful one its states.

    Raises:
        TypeError: `source` is something else; weights for something that is not a path.
        ValueError: not built; a layer, subclass, activation or dtype that is not supported, by name; a model in which
            no layer can be rebuilt.
        ImportError: Keras is not installed.
    """
    if weights is not None:
        if not isinstance(source, (str, os.PathLike)):
            raise TypeError(f"weights go with the path of a model's JSON, but source is a {type(source).__name__}")
        source = files.Pair(source, weights)
    source = opened(source)
    if not is_model(source):
        return convert(source, None)
    try:
        return convert(source, None)
    except ValueError:
        require_built(source)
        return graph_of(source)


def graph_of(model: Any) -> Graph:
    """A built Keras model as a graph. ValueError, with the reasons, if none of its layers can be rebuilt."""
    layers, names, why_not = {}, {}, []
    for name, layer in _named_layers(model):
        try:
            support(layer)
            layers[name] = convert(layer, None)
            names[id(layer)] = name
        except (ValueError, TypeError) as error:
            why_not.append(f"{name}: {error}")
    if not any(layer.weights for layer in layers.values()):
        reasons = "; ".join(why_not) or "it has no layers"
        raise ValueError(
            f"the model {model.name!r} has no layer that can be rebuilt, so nothing of it would be computed here "
            f"({reasons}). Supported: {', '.join(LAYERS)}"
        )
    rest = KerasRest(model, names)
    return Graph(layers, rest, layers.get(names.get(id(_end(model)), "")), name=model.name)


def _named_layers(model: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """(name, layer) of every layer but those inside a layer of ours; "inner/dense" for one inside a model or layer."""
    seen = set() if seen is None else seen
    for layer in model._flatten_layers(include_self=False, recursive=False):
        if id(layer) in seen or isinstance(layer, keras().layers.InputLayer):
            continue
        seen.add(id(layer))
        name = path + layer.name
        inside = list(layer._flatten_layers(include_self=False, recursive=False))
        if not is_model(layer):
            yield name, layer
        if is_model(layer) or (inside and not _ours(layer)):
            yield from _named_layers(layer, f"{name}/", seen)


def _ours(layer: Any) -> bool:
    try:
        support(layer)
    except ValueError:
        return False
    return True


def _end(model: Any) -> Any:
    """The layer whose only output is the model's only output, or None."""
    outputs = keras().tree.flatten(getattr(model, "outputs", None) or [])
    if len(outputs) != 1:
        return None
    history = outputs[0]._keras_history
    made = keras().tree.flatten(history.operation._inbound_nodes[history.node_index].outputs)
    if len(made) != 1:
        return None
    return _end(history.operation) if is_model(history.operation) else history.operation


# --- running it -----------------------------------------------------------------------------------------------------


@dataclass
class _Event:
    """One call while the model ran. end: the number of the first call after it that is not inside it."""

    layer: int
    end: int = 0
    output: Any = None


@dataclass
class KerasRest:
    """What computes everything that is not ours (see `core.graph.Rest`). names: id(Keras layer) -> ours."""

    model: Any
    names: dict[int, str]
    _last: Any = field(default=None, repr=False)  # the last input, as it came
    _without: set[int] = field(default_factory=set, repr=False)  # the ids of layers that pass on their input

    @property
    def outputs(self) -> tuple[str, ...]:
        names = getattr(self.model, "output_names", None) or ["output"]
        return ("output",) if len(names) == 1 else tuple(f"output {name!r}" for name in names)

    def inputs(self, x: Any) -> tuple[Array, ...]:
        given, _ = inputs.of_model(self.model, x)
        self._last = given
        return tuple(map(np.asarray, keras().tree.flatten(given)))

    def run(self, x: tuple[Array, ...], mask: Any, compute: Compute) -> Any:
        return keras().tree.map_structure(numbers, self._pass(x, mask, compute))

    def flat(self, returned: Any) -> list[Array]:
        return keras().tree.flatten(returned)

    def record(self, x: tuple[Array, ...], mask: Any, compute: Compute) -> KerasRecording:
        events: list[_Event] = []
        reached: list[tuple[int, Reached]] = []
        with _refusing():
            outputs = self._pass(x, mask, compute, events=events, reached=reached)
        return KerasRecording(
            self, x, mask, events, [k for k, _ in reached], [r for _, r in reached], self.flat(_arrays(outputs))
        )

    def _pass(
        self,
        x: tuple[Array, ...],
        mask: Any,
        compute: Compute,
        *,
        events: list[_Event] | None = None,
        reached: list[tuple[int, Reached]] | None = None,
        past: Callable[[int], _Event | None] | None = None,
    ) -> Any:
        """Run the model once.

        events: the calls, to be filled. reached: our layers with the number of their call, to be filled. past: the
        number of a call -> what is returned instead, if anything.
        """
        counts: dict[int, int] = {}
        n = 0

        def note(layer: Any, call: Callable, args: tuple, kwargs: dict) -> Any:
            nonlocal n
            k, n = n, n + 1
            known = None if past is None else past(k)
            if known is not None:
                n = known.end
                return known.output
            event = _Event(id(layer))
            if events is not None:
                events.append(event)
            given = self._given(layer, args, kwargs, counts)
            if given is None:
                event.output = args[0] if id(layer) in self._without else call(*args, **kwargs)
            else:
                if reached is not None:
                    reached.append((k, given))
                event.output = tensors(compute(given), layer)
            event.end = n
            return event.output

        with unchanged(self.model), _tapped(self.model, note):
            return call_keras(self.model, self._packed(x), mask=mask)

    def _given(self, layer: Any, args: tuple, kwargs: dict, counts: dict[int, int]) -> Reached | None:
        """What our layer receives instead of this one; None if Keras has to compute it."""
        name = self.names.get(id(layer))
        if name is None:
            return None
        noted = _noted(layer, name, args, kwargs)
        drops = getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0) or getattr(layer, "rate", 0)
        if not noted.supported or (noted.training and drops):
            return None
        counts[id(layer)] = number = counts.get(id(layer), 0) + 1
        start = None if noted.carried else noted.initial_state
        return Reached(name, number, noted.x, noted.mask, start)

    def _packed(self, x: tuple[Array, ...]) -> Any:
        if getattr(self.model, "inputs", None) is not None:
            return inputs.structured(self.model, list(x))
        return keras().tree.pack_sequence_as(self._last, [inputs.tensor(a) for a in x])

    def drawn(self, seed: int) -> tuple[Array, ...]:
        try:
            given, _ = inputs.of_model(self.model, None, seed=seed)
        except ValueError:  # a model that does not say: what it was last given, shuffled
            if self._last is None:
                raise
            rng = np.random.default_rng(seed)
            return tuple(rng.permutation(np.asarray(a), axis=-1) for a in keras().tree.flatten(self._last))
        return tuple(map(np.asarray, keras().tree.flatten(given)))

    def parts(self) -> list[Part]:
        return [
            Part(
                name,
                type(layer).__name__,
                _keeps_the_shape(layer),
                epsilon if isinstance(epsilon := getattr(layer, "epsilon", None), float) else None,
                bool(layer.weights),
            )
            for name, layer in self._not_ours()
            if type(layer).__name__ not in (*IN_TRAINING, "Identity")
        ]

    @contextmanager
    def altered(self, alteration: Alteration) -> Iterator[None]:
        layers = [layer for name, layer in self._not_ours() if alteration.layer in ("", name)]
        with ExitStack() as undone:
            if alteration.what == "without":
                self._without = {id(layer) for layer in layers}
                undone.callback(self._without.clear)
            elif alteration.what == "epsilon":
                for layer in layers:
                    undone.callback(setattr, layer, "epsilon", layer.epsilon)
                    layer.epsilon = alteration.how
            else:
                for variable in (v for layer in layers for v in layer.weights if "float" in str(v.dtype)):
                    array = numbers(variable)
                    undone.callback(variable.assign, array)
                    variable.assign(alteration.how(array))
            yield

    def _not_ours(self) -> Iterator[tuple[str, Any]]:
        return ((name, layer) for name, layer in _named_layers(self.model) if id(layer) not in self.names)

    def _id_of(self, name: str) -> int:
        return next(k for k, ours in self.names.items() if ours == name)

    def maker(self, name: str) -> str | None:
        layer = self._id_of(name)
        made = [
            self.names.get(id(tensor._keras_history.operation))
            for operation in _operations(self.model)
            if id(operation) == layer
            for node in operation._inbound_nodes
            for tensor in node.input_tensors
        ]
        return made[0] if len(made) == 1 else None

    def before(self, name: str) -> tuple[int | None, ...] | None:
        layer = self._id_of(name)
        for operation in _operations(self.model):
            if id(operation) != layer:
                continue
            for node in operation._inbound_nodes:
                for tensor in node.input_tensors:
                    maker = tensor._keras_history.operation
                    while type(maker).__name__ in _CHANGE_NO_ORDER and maker._inbound_nodes:
                        maker = maker._inbound_nodes[0].input_tensors[0]._keras_history.operation
                    if type(maker).__name__ == "Flatten":
                        return tuple(maker._inbound_nodes[0].input_tensors[0].shape[1:])
        return None


# Kinds of layers that pass on their input at inference.
IN_TRAINING = (
    *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"),
    *("GaussianNoise", "GaussianDropout", "ActivityRegularization"),
)


def _keeps_the_shape(layer: Any) -> bool:
    for node in layer._inbound_nodes:
        given, returned = node.input_tensors, node.outputs
        if len(given) != 1 or len(returned) != 1 or tuple(given[0].shape) != tuple(returned[0].shape):
            return False
    return bool(layer._inbound_nodes)


_CHANGE_NO_ORDER = ("Dropout", "Activation", "ReLU", "LeakyReLU", "BatchNormalization", "Identity")


def _operations(model: Any) -> Iterator[Any]:
    functional = getattr(model, "_functional", None) or model
    for operation in getattr(functional, "operations", None) or ():
        yield operation
        if is_model(operation):
            yield from _operations(operation)


def tensors(value: Any, layer: Any) -> Any:
    """What our layer returns as Keras's layer would: tensors of its dtype."""
    if not isinstance(value, (list, tuple)):
        return keras().ops.convert_to_tensor(value, dtype=layer.compute_dtype)
    y, *states = (tensors(one, layer) for one in keras().tree.flatten(value))
    return (y, *nested_states(layer, states)) if states else y


def _arrays(nest: Any) -> Any:
    return keras().tree.map_structure(numbers, nest)


@dataclass
class KerasRecording:
    """One run, to be continued (see `core.graph.Recording`).

    events: every call. at: for each of our layers that were reached, the number of its call.
    """

    rest: KerasRest
    x: tuple[Array, ...]
    mask: Any
    events: list[_Event]
    at: list[int]
    reached: list[Reached]
    outputs: list[Array]
    _separable: bool | None = None

    @property
    def separable(self) -> bool:
        if self._separable is None:
            self._separable = self._each_by_itself()
        return self._separable

    def _each_by_itself(self) -> bool:
        """Whether the outputs stay the same when other samples are computed along with these."""
        if any(_stateful(layer) for layer in self.rest.model._flatten_layers()):
            return False
        others = [np.flip(a, axis=tuple(range(1, a.ndim))) for a in self.x]
        mask = None if self.mask is None else np.concatenate([self.mask, self.mask])
        doubled = tuple(np.concatenate(pair) for pair in zip(self.x, others, strict=True))
        try:
            with unchanged(self.rest.model):
                outputs = call_keras(self.rest.model, self.rest._packed(doubled), mask=mask)
                alone = call_keras(self.rest.model, self.rest._packed(self.x), mask=self.mask)
        except Exception:  # a model for batches of one size
            return False
        n = len(self.x[0])
        pairs = zip(self.rest.flat(_arrays(outputs)), self.rest.flat(_arrays(alone)), strict=True)
        return all(len(y) == 2 * n and np.allclose(y[:n], a, rtol=1e-4, atol=1e-5, equal_nan=True) for y, a in pairs)

    def go_on(self, at: int, returned: Any, compute: Compute, copies: int = 1) -> list[Array]:
        target = self.at[at]
        layer = next(part for part in self.rest.model._flatten_layers() if id(part) == self.events[target].layer)
        given = _Event(0, target + 1, tensors(returned, layer))

        def past(k: int) -> _Event | None:
            if k == target:
                return given
            if k < target and self.events[k].end <= target:
                event = self.events[k]
                return _Event(event.layer, event.end, self._copied(event.output, copies))
            return None

        x = tuple(np.concatenate([a] * copies) for a in self.x) if copies > 1 else self.x
        mask = None if self.mask is None else np.concatenate([self.mask] * copies)
        with _refusing():
            return self.rest.flat(_arrays(self.rest._pass(x, mask, compute, past=past)))

    def _copied(self, output: Any, copies: int) -> Any:
        batch = len(self.x[0])
        if copies == 1:
            return output

        def copied(tensor: Any) -> Any:
            if len(getattr(tensor, "shape", ())) and tensor.shape[0] == batch:
                return keras().ops.concatenate([tensor] * copies, axis=0)
            return tensor

        return keras().tree.map_structure(copied, output)


@contextmanager
def _refusing() -> Iterator[None]:
    """`Refused` for what Keras and its backends say to arrays that do not fit. All else is a fault, and stays one."""
    said: tuple[type[Exception], ...] = (ValueError, TypeError, IndexError)  # Keras, NumPy, JAX
    if (tensorflow := sys.modules.get("tensorflow")) is not None:
        said += (tensorflow.errors.InvalidArgumentError,)
    if "torch" in sys.modules:
        said += (RuntimeError,)
    try:
        yield
    except said as error:
        raise Refused(f"{type(error).__name__}: {error}") from error


def _stateful(layer: Any) -> bool:
    return bool(getattr(layer, "stateful", False)) and bool(getattr(layer, "states", None))
