"""Embedding: a table of vectors, one row per token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import checks, initializers
from lstm_edu.core.layer import Gradients, Layer, Shape, WeightSpec
from lstm_edu.trace import Trace


class RowGradient(np.ndarray):
    """dL/d(table): an ordinary array, the sum over all occurrences, that also remembers each occurrence.

    Optimizers need them: on TensorFlow, Keras's Adam squares the gradient of each occurrence of a token and not their
    sum (KERAS_FACTS 18).

    Attributes:
        indices: (N,) int, the row that each looked-up token used.
        rows: (N, D), dL/d(the vector that it got).
    """

    indices: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, indices: np.ndarray, rows: np.ndarray, size: int) -> RowGradient:
        total = np.zeros((size, rows.shape[-1]), rows.dtype)
        np.add.at(total, indices, rows)
        table = total.view(cls)
        table.indices, table.rows = indices, rows
        return table


class Embedding(Layer):
    """Keras's Embedding layer (keras.layers.Embedding, Keras 3.15.1): y = table[x].

    x holds token ids, (B, T) or any shape; y gets one more axis of size D = output_dim. The trace records x (int64)
    and y. Weights: embeddings (input_dim, D).

    Args:
        input_dim: rows of the table, the largest id + 1 (with mask_zero: vocabulary + 1, because id 0 means "no
            token").
        output_dim: D.
        embeddings_initializer: Keras's name.
        mask_zero: mask the steps whose id is 0.
        weights: the table, instead of a drawn one.

    Raises:
        ValueError: an id >= input_dim or < -input_dim. A negative id counts from the end, as in Keras (KERAS_FACTS 12).
    """

    quantities = ("x", "y")
    weight_names = ("embeddings",)
    _example_shape = "(None, None)"

    input_dim: int
    output_dim: int
    embeddings_initializer: Any
    mask_zero: bool

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._configure(
            input_dim=checks.positive_int(input_dim, "input_dim", "Embedding"),
            output_dim=checks.positive_int(output_dim, "output_dim", "Embedding"),
            embeddings_initializer=initializers.known(embeddings_initializer),
            mask_zero=checks.flag(mask_zero, "mask_zero", "Embedding"),
        )
        if weights is not None:
            self.build((None, None))
            self.set_weights([weights] if np.ndim(weights) == 2 else weights)

    @property
    def embeddings(self) -> np.ndarray:
        """The table, (input_dim, D), read-only."""
        self._require_built("embeddings")
        return self._weights["embeddings"]

    def _weight_specs(self, input_shape: Shape) -> dict[str, WeightSpec]:
        return {"embeddings": ((self.input_dim, self.output_dim), self.embeddings_initializer)}

    def _features(self, shape: Sequence[int | None]) -> Any:
        return None

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        return (*input_shape, self.output_dim)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return self._ids(x) != 0 if self.mask_zero else None

    def _ids(self, x: Any) -> np.ndarray:
        ids = checks.numbers(x, "x", self._label)
        whole = np.where(np.isfinite(ids), ids, 0).astype(np.int64)
        if (fraction := whole != ids).any():
            raise ValueError(
                f"{self._label}: x must hold token ids, whole numbers, got {ids[fraction].flat[0]}; "
                "are these features rather than tokens?"
            )
        outside = (whole >= self.input_dim) | (whole < -self.input_dim)
        if outside.any():
            place = np.argwhere(outside)[0].tolist()
            raise ValueError(
                f"{self._label}: x{place} is {whole[tuple(place)]}, but input_dim = {self.input_dim} allows only ids "
                f"below {self.input_dim}: the table needs a row for every id, so input_dim must be the largest id + 1"
            )
        return whole

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        ids = self._ids(x)
        y = self.dtype_policy.cast(self.embeddings[ids])
        arrays = {"x": ids, "y": y}
        mask = ids != 0 if self.mask_zero else None
        return {
            "arrays": {name: arrays[name] for name in self.quantities if name in keep},
            "output": y,
            "output_mask": mask,
        }

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        self._no_state(d_state)
        dy = self._gradient(dy, trace.output, "dy")
        ids = trace.x.reshape(-1) % self.input_dim  # negative ids count from the end
        d_table = RowGradient.of(ids, dy.reshape(-1, self.output_dim), self.input_dim)
        no_gradient = np.zeros(trace.x.shape, self.dtype)  # ids are not numbers that could change a little
        return Gradients([d_table], None, [], Trace(self, {"x": no_gradient, "y": dy}, dy, weights=trace.weights))
