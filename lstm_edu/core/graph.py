"""Graph: our layers in a model of any shape, whose other parts something else computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import numpy as np

from lstm_edu.core.container import Container
from lstm_edu.core.layer import Gradients, Layer, Shape, quietly
from lstm_edu.trace import Trace

Array = np.ndarray


class Reached(NamedTuple):
    """One of our layers is reached, and given its input.

    Attributes:
        name: of our layer in `Graph.inner`. number: which call of this layer, from 1; a shared layer has several.
        x: its input. mask: (B, T) bool or None. initial_state: a list of arrays, or None.
    """

    name: str
    number: int
    x: Array
    mask: Array | None = None
    initial_state: list[Array] | None = None


class Refused(ValueError):
    """What computes the rest does not accept what one of our layers returned: its shape is wrong."""


Compute = Callable[[Reached], Any]  # what one of our layers returns: an array, or a tuple of arrays


class Alteration(NamedTuple):
    """Something done to a layer that is not ours.

    Attributes:
        layer: its name; "" for all of them. what: "without" it, its "epsilon", or its "weights".
        how: the epsilon; or what is left of each array of weights.
    """

    layer: str
    what: str
    how: Any = None


class Part(NamedTuple):
    """A layer that is not ours.

    Attributes:
        name, kind: its name and class. keeps_the_shape: whether it returns what has its input's shape.
        epsilon: None if it has none. weights: whether it has any.
    """

    name: str
    kind: str
    keeps_the_shape: bool
    epsilon: float | None
    weights: bool


class Recording(Protocol):
    """One run of a graph, which can be continued from any of its layers.

    Attributes:
        reached: our layers in the order in which they were reached. outputs: of the whole, one array after another.
        separable: whether each sample is computed by itself, so that several batches can be computed as one.
    """

    reached: list[Reached]
    outputs: list[Array]

    @property
    def separable(self) -> bool: ...

    def go_on(self, at: int, returned: Any, compute: Compute, copies: int = 1) -> list[Array]:
        """The outputs if the layer that was reached as number `at` had returned this. `Refused` if that does not fit.

        Only what comes after it is computed. copies: `returned` holds so many batches, one after another.
        """


class Rest(Protocol):
    """The model without our layers: what computes it, and in which order. x is a tuple, one array for each input."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs."""

    def inputs(self, x: Any) -> tuple[Array, ...]:
        """What a call takes, checked, as one array for each input."""

    def run(self, x: tuple[Array, ...], mask: Any, compute: Compute) -> Any:
        """What the model returns, as it returns it."""

    def flat(self, returned: Any) -> list[Array]:
        """What the model returns as one array for each output."""

    def record(self, x: tuple[Array, ...], mask: Any, compute: Compute) -> Recording:
        """Run it, and keep what is needed to go on from anywhere. `Refused` for an x that does not fit."""

    def drawn(self, seed: int) -> tuple[Array, ...]:
        """Inputs of the kind that the model was made for. ValueError where nothing is known about them."""

    def parts(self) -> list[Part]:
        """The layers that are not ours."""

    def altered(self, alteration: Alteration) -> AbstractContextManager[None]:
        """While open, runs and recordings are those of a model in which this was done."""

    def maker(self, name: str) -> str | None:
        """The layer of ours whose output this one reads, if it reads it as it is; else None."""

    def before(self, name: str) -> tuple[int | None, ...] | None:
        """The shape of one sample before it was flattened for this layer, if it was; else None."""


class Graph(Container):
    """A model of any shape: the layers that this package has are ours; `rest` computes everything else.

    `graph(x)` is what the model returns. The trace has one child for each call of a layer of ours ("shared (call 2 of
    3)" where a layer has several); its output is an array, or a tuple of all outputs. Weights are those of our layers,
    in the order of `inner`. Gradients are not computed.

    Args:
        layers: name -> layer, built. rest: what computes everything else.
        end: the layer whose output is the model's; None if it is not one of ours, or if there are several outputs.
    """

    rest: Rest
    end: Layer | None
    _by_name: dict[str, Layer]

    def __init__(self, layers: Mapping[str, Layer], rest: Rest, end: Layer | None = None, name: str | None = None):
        if not layers:
            raise ValueError("Graph: no layer is ours, so nothing would be computed here")
        super().__init__(name=name, dtype=next(iter(layers.values())).dtype)
        self._configure(rest=rest, end=end, _by_name=dict(layers))
        self._input_shape = (None,)

    @property
    def inner(self) -> dict[str, Layer]:
        return self._by_name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Our layers."""
        return tuple(self.inner.values())

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Nothing to do: a graph is made of built layers."""

    def __call__(self, x: Any, mask: Any = None, **call: Any) -> Any:
        """What the model returns, in the form in which it does: an array, a list, a dict."""
        self._inference_only(call)

        with quietly():
            return self.rest.run(self.rest.inputs(x), mask, self.compute)

    def compute(self, reached: Reached) -> Any:
        """What our layer returns for the input that it was given."""
        given: dict[str, Any] = {} if reached.initial_state is None else {"initial_state": reached.initial_state}
        return self.inner[reached.name](reached.x, mask=reached.mask, **given)

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str], **call: Any) -> dict[str, Any]:
        self._inference_only({"training": training, **call})
        traces: list[tuple[Reached, Trace]] = []

        def compute(reached: Reached) -> Any:
            given = {} if reached.initial_state is None else {"initial_state": reached.initial_state}
            layer = self.inner[reached.name]
            run = layer._run(reached.x, mask=reached.mask, training=False, keep=keep, **given)
            traces.append((reached, Trace(layer, **run)))
            return traces[-1][1].output

        outputs = self.rest.flat(self.rest.run(self.rest.inputs(x), mask, compute))
        calls = [reached.name for reached, _ in traces]
        children = {}
        for reached, trace in traces:
            n = calls.count(reached.name)
            children[reached.name + (f" (call {reached.number} of {n})" if n > 1 else "")] = trace
        return {"arrays": {}, "output": outputs[0] if len(outputs) == 1 else tuple(outputs), "children": children}

    def _inference_only(self, call: Mapping[str, Any]) -> None:
        unknown = sorted(name for name, value in call.items() if value is not None and value is not False)
        if unknown:
            raise ValueError(
                f"{self._label} takes an x and a mask, got {', '.join(unknown)}: its layers find their own states, and "
                "it computes at inference only"
            )

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        raise ValueError(f"{self._label}: the output shape of a graph is known once it has run: graph(x)")

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        raise ValueError(
            f"{self._label} has parts that are not ours, so no gradient can be taken through it; take "
            "those of its layers, one by one"
        )

    def _missing(self, trace: Trace) -> list[str]:
        return []

    def _features(self, shape: Sequence[int | None]) -> Any:
        return None

    def _checked_input_shape(self, shape: Any) -> Shape:
        return (None,)

    def __repr__(self) -> str:
        kinds = ", ".join(f"{name} ({type(layer).__name__})" for name, layer in self.inner.items())
        return f"<Graph {self.name!r}: {kinds}; everything else is computed by Keras>"
