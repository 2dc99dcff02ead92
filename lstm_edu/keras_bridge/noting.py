"""What the cell of a recurrent layer computes at each step, noted while Keras runs the layer: nothing is run twice.

Where TensorFlow compiles the loop, every step passes its numbers to Python on the way to the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from lstm_edu.keras_bridge.layers import Cell, cell_of, tapped_step
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.looping import array_of


class Noted:
    """The numbers of one run, step after step, in processing order."""

    def __init__(self, timesteps: int, states: Sequence[str]):
        self.timesteps, self.states = timesteps, states
        self.count, self._steps = 0, dict[str, np.ndarray]()

    def step(self, quantities: dict[str, np.ndarray]) -> None:
        """Note the next one."""
        for name, array in quantities.items():
            if not self.count:
                self._steps[name] = np.empty((self.timesteps + 1, *array.shape), array.dtype)
            if self.count <= self.timesteps:
                self._steps[name][self.count] = array
        self.count += 1

    def arrays(self, mask: np.ndarray | None, start: Sequence[np.ndarray]) -> dict[str, np.ndarray] | None:
        """name -> (B, T, .); None if Keras did not run the cell once for each step.

        Where nothing is compiled, it runs the first step once more, before all others, to see what comes out.

        Args:
            mask: (B, T). start: the states before the first step. What a masked step computed is discarded, as Keras
                does it.
        """
        first = self.count - self.timesteps
        if first not in (0, 1):
            return None
        found = {name: a[first : first + self.timesteps] for name, a in self._steps.items()}
        if mask is not None:
            for name, state in zip(self.states, start, strict=True):
                for now, counts in zip(found[name], mask.T[:, :, None], strict=True):
                    np.copyto(now, state.astype(now.dtype), where=~counts)
                    state = now
        return {name: a.swapaxes(0, 1) for name, a in found.items()}


@contextmanager
def noting(layer: Any, x: Any) -> Iterator[Noted | None]:
    """While open, note what the layer's cell computes when the layer is run on x, (B, T, F).

    None for other layers, and on JAX, which shows no numbers before the loop is over.
    """
    how = cell_of(layer)
    if how is None or np.ndim(x) != 3 or keras().backend.backend() == "jax":
        yield None
        return
    cell, noted = layer.cell, Noted(np.shape(x)[1], how.states)
    before, call = vars(cell).get("call"), cell.call
    vars(cell)["call"] = lambda *args, **kwargs: _step(cell, how, call, args, kwargs, noted)
    try:
        yield noted
    finally:
        if before is None:
            del vars(cell)["call"]
        else:
            vars(cell)["call"] = before


def _step(cell: Any, how: Cell, call: Any, args: tuple, kwargs: dict, noted: Noted) -> Any:
    quantities, (output, states) = tapped_step(cell, how, lambda: call(*args, **kwargs))
    if keras().backend.backend() != "tensorflow" or _eager():
        noted.step({name: array_of(value) for name, value in quantities.items()})
        return output, states
    handed_on = _handed_out(quantities, noted)
    first, *others = states if isinstance(states, (list, tuple)) else [states]
    assert first is quantities["h"]
    return handed_on, [handed_on, *others] if isinstance(states, (list, tuple)) else handed_on


def _eager() -> bool:
    import tensorflow as tf

    return bool(tf.executing_eagerly())


def _handed_out(quantities: dict[str, Any], noted: Noted) -> Any:
    """h, which the next step cannot have before this one's numbers are noted: so they come in order."""
    import tensorflow as tf

    names, h = list(quantities), quantities["h"]

    def note(*arrays):
        noted.step(dict(zip(names, arrays, strict=True)))
        return arrays[names.index("h")]

    # Without effects, as TensorFlow sees it, so that a first step which it computes for its shape only is left out.
    same = tf.numpy_function(note, list(quantities.values()), h.dtype, stateful=False)
    same.set_shape(h.shape)
    return same
