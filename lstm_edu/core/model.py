"""Sequential: layers one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.container import unique_names
from lstm_edu.core.layer import Gradients, Layer, Shape
from lstm_edu.core.training import Trainer
from lstm_edu.trace import Trace


class Sequential(Trainer):
    """Keras's Sequential model (keras.Sequential, Keras 3.15.1): each layer's output is the next one's input.

    Masks travel along as in Keras: a layer that returns sequences passes its mask on. The trace of a model has no
    quantities itself; `trace.children` maps each layer's name to its trace, `trace.layers` lists them.
    compile, fit, train_on_batch, evaluate and predict are in `Trainer`.

    Args:
        layers: a list of layers of this package, each used once.
        name: the model's name.
    """

    _by_name: dict[str, Layer]

    def __init__(self, layers: Sequence[Layer], name: str | None = None):
        if isinstance(layers, Layer) or not isinstance(layers, Sequence):
            raise TypeError(f"Sequential needs a list of layers, got {type(layers).__name__}")
        if not layers:
            raise ValueError("Sequential needs at least one layer, got an empty list")
        for position, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                hint = "; le.from_keras(model) rebuilds a Keras model" if "keras" in type(layer).__module__ else ""
                raise TypeError(
                    f"Sequential: layer {position} must be a layer of lstm_edu, got {type(layer).__name__}{hint}"
                )
            if any(layer is other for other in layers[:position]):
                raise ValueError(f"Sequential: layer {position} ({layer.name!r}) is in the list twice")
            if position < len(layers) - 1 and getattr(layer, "return_state", False):
                raise ValueError(
                    f"Sequential: {layer.name!r} has return_state=True, so it returns several arrays, "
                    "which the next layer cannot take; only the last layer may"
                )
        super().__init__(name=name, dtype=layers[-1].dtype_policy)
        self._configure(layers=tuple(layers), _by_name=unique_names(layers))

    @property
    def inner(self) -> dict[str, Layer]:
        return self._by_name

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Build every layer in turn, each for the output shape of the one before it."""
        shape = self._checked_input_shape(input_shape)
        for layer in self.layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self._input_shape = self.layers[0].input_shape

    def summary(self) -> str:
        """The layers, their output shapes and their numbers of weights, as text."""
        self._require_built("summary()")
        rows, shape = [("layer", "output shape", "weights")], self.input_shape
        for name, layer in self.inner.items():
            shape = layer.compute_output_shape(shape)
            rows.append((f"{name} ({type(layer).__name__})", checks.shape_text(shape), f"{layer.count_params():,}"))
        rows.append(("total", "", f"{self.count_params():,}"))
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)

    # --- forward and backward --------------------------------------------------------------------------------------

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        self._require_built("compute_mask()")
        return self._run(x, mask=mask, training=False, keep=frozenset())["output_mask"]

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        children = {}
        for name, layer in self.inner.items():
            run = layer._run(x, mask=mask, training=training, keep=keep)
            children[name] = Trace(layer, **run)
            x, mask = run["output"], run["output_mask"]
        return {"arrays": {}, "output": x, "output_mask": mask, "children": children}

    def _returned(self, output: Any) -> Any:
        return self.layers[-1]._returned(output)

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        d_weights: list[np.ndarray] = []
        d_start: list[np.ndarray] = []
        children = {}
        for name, child in reversed(trace.children.items()):
            grads = child.layer._backward(child, dy, d_state)
            d_weights = grads.weights + d_weights
            children[name] = grads.trace
            d_start = grads.initial_state
            dy, d_state = grads.x, None
        record = Trace(self, {}, trace.output, children=dict(reversed(children.items())), weights=trace.weights)
        return Gradients(d_weights, dy, d_start, record)

    # --- plumbing --------------------------------------------------------------------------------------------------

    def _features(self, shape: Sequence[int | None]) -> Any:
        return self.layers[0]._features(shape)

    def _checked_input_shape(self, shape: Any) -> Shape:
        return self.layers[0]._checked_input_shape(shape)
