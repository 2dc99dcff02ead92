"""What really arrives at each layer while Keras runs a model, whatever the model's shape.

The `call` of every layer is noted while the model runs once, eagerly: branches, several inputs, shared layers, models
inside models and models with custom code are all handled in the same way.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.keras_bridge.calling import call_keras, unchanged
from lstm_edu.keras_bridge.converting import is_model
from lstm_edu.keras_bridge.layers import numbers, support
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.looping import compiled
from lstm_edu.keras_bridge.noting import Noted, noting


@dataclass
class Call:
    """One call of one layer while the model ran. A layer that is shared has several.

    Attributes:
        layer: Keras's layer or operation. path: its name, with those of the models and layers around it.
        number: which call of this layer, from 1. of: how many there were.
        x: its first argument, as Keras passed it in: an array, or a list of arrays; None where it was symbolic.
        mask: (B, T) bool, or None. initial_state: a list of arrays, or None. training: whether it was called so.
        output: what it returned.
        supported: whether this package has such a layer. why_not: if not, the reason.
        mask_arrived: whether a mask came with the input. mask_given: whether the layer was called with one.
        carried: whether initial_state is what the layer, a stateful one, kept from the call before.
        steps: of a recurrent layer, what its cell computed.
    """

    layer: Any
    path: str
    number: int = 1
    of: int = 1
    x: Any = None
    mask: np.ndarray | None = None
    initial_state: list[np.ndarray] | None = None
    training: bool = False
    output: Any = None
    supported: bool = False
    why_not: str = ""
    mask_arrived: bool = False
    mask_given: bool = False
    carried: bool = False
    steps: Noted | None = None

    @property
    def name(self) -> str:
        return self.path + (f" (call {self.number} of {self.of})" if self.of > 1 else "")

    @property
    def kind(self) -> str:
        return type(self.layer).__name__

    @property
    def mask_is_ignored(self) -> bool:
        """Whether a mask ends at this layer because it does not support masks."""
        return not getattr(self.layer, "supports_masking", False)

    @property
    def is_operation(self) -> bool:
        """Whether this is an operation between layers, such as x + y."""
        return not isinstance(self.layer, keras().Layer)

    @property
    def mask_not_handed_in(self) -> bool:
        """Whether it could have used the mask of its input, and was not given it."""
        return "mask" in _parameters(self.layer) and not self.mask_given


def record(model: Any, inputs: Any, mask: Any = None) -> tuple[list[Call], Any]:
    """Run the model once. Returns every call of its layers, in order, and the model's output (a nest of arrays)."""
    calls: list[Call] = []
    around: list[Call] = []

    def note(layer: Any, call: Callable, args: tuple, kwargs: dict) -> Any:
        if any(one.supported for one in around):  # the inside of a layer that is rebuilt whole
            return call(*args, **kwargs)
        noted = _noted(layer, "/".join([*(one.path.split("/")[-1] for one in around), layer.name]), args, kwargs)
        noted.number = 1 + sum(other.layer is layer for other in calls)
        at = len(calls)
        around.append(noted)
        try:
            if noted.supported:  # Keras's own class, so that it can be compiled
                with noting(layer, noted.x) as noted.steps:
                    output = compiled(layer, noted.x, lambda: call(*args, **kwargs))
            else:
                output = call(*args, **kwargs)
        finally:
            around.pop()
        if is_model(layer):
            return output  # its layers are recorded instead
        noted.output = _arrays(output)
        if noted.is_operation and np.asarray(noted.output).dtype.kind == "b":
            return output  # the mask of an Embedding, in a Functional model
        if not noted.supported:  # of what is inside an unknown layer, only what can be rebuilt
            calls[at:] = [one for one in calls[at:] if one.supported]
        calls.append(noted)
        return output

    with unchanged(model), _tapped(model, note):
        output = call_keras(model, inputs, mask=mask)
    for one in calls:
        one.of = sum(other.layer is one.layer for other in calls)
    return calls, keras().tree.map_structure(numbers, output)


@contextmanager
def _tapped(model: Any, note: Callable[[Any, Callable, tuple, dict], Any]) -> Iterator[None]:
    """While open, the call of each layer and operation inside goes through `note(layer, call, args, kwargs)`."""
    parts = {id(part): part for part in _parts(model)}
    own = {key: vars(part).get("call") for key, part in parts.items()}

    def tap(part):
        call = part.call
        return lambda *args, **kwargs: note(part, call, args, kwargs)

    for part in parts.values():  # past Layer.__setattr__, which would track what it is given
        vars(part)["call"] = tap(part)
    try:
        yield
    finally:
        for key, part in parts.items():
            if own[key] is None:
                del vars(part)["call"]
            else:
                vars(part)["call"] = own[key]


def _parts(model: Any) -> Iterator[Any]:
    """Every layer inside, and the operations between them in Functional models."""
    inputs = keras().layers.InputLayer
    for layer in model._flatten_layers():
        if layer is not model and not isinstance(layer, inputs):
            yield layer
        for operation in getattr(layer, "operations", None) or ():
            if not isinstance(operation, inputs):
                yield operation


def _noted(layer: Any, path: str, args: tuple, kwargs: dict) -> Call:
    noted = Call(layer, path)
    try:
        support(layer)
        noted.supported = True
    except ValueError as error:
        noted.why_not = str(error)
    given = _bound(layer, args, kwargs)
    first = next(iter(given.values()), None)
    noted.mask_given = any(mask is not None for mask in keras().tree.flatten([given.get("mask")]))
    noted.mask_arrived = noted.mask_given or any(
        getattr(tensor, "_keras_mask", None) is not None for tensor in keras().tree.flatten(first)
    )
    noted.training = bool(given.get("training"))
    try:
        noted.x = _arrays(first)
        noted.mask = None if given.get("mask") is None else _mask(given["mask"])
        state = given.get("initial_state")
        noted.initial_state = None if state is None else [numbers(s) for s in keras().tree.flatten(state)]
        if noted.initial_state is None and getattr(layer, "stateful", False) and getattr(layer, "states", None):
            noted.initial_state = [numbers(s) for s in keras().tree.flatten(layer.states)]
            noted.carried = True
    except Exception:  # numbers that are not there yet: inside a function that is being compiled
        noted.supported, noted.x = False, None
        noted.why_not = "it runs inside a compiled function, where its numbers cannot be seen"
    return noted


def _mask(mask: Any) -> np.ndarray | None:
    masks = [m for m in keras().tree.flatten(mask) if m is not None]
    return numbers(masks[0]).astype(bool) if len(masks) == 1 else None


def _parameters(layer: Any) -> Any:
    return inspect.signature(type(layer).call).parameters


def _bound(layer: Any, args: tuple, kwargs: dict) -> dict[str, Any]:
    """The arguments of a call by name."""
    try:
        _, *given = inspect.signature(type(layer).call).bind(layer, *args, **kwargs).arguments.items()
        return dict(given)
    except TypeError:
        return {"x": args[0] if args else None} | kwargs


def _arrays(value: Any) -> Any:
    if value is None or isinstance(value, (str, bytes, int, float, bool)):
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(map(_arrays, value)) if type(value) in (list, tuple) else [*map(_arrays, value)]
    return numbers(value)
