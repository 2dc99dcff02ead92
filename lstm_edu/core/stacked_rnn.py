"""Several cells, one above the other, run as one recurrent layer: Keras's RNN over StackedRNNCells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lstm_edu.core.container import Container, unique_names
from lstm_edu.core.layer import Gradients, Shape
from lstm_edu.core.over_time import FLAGS, OneWay, shared_out, states_of
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.trace import Trace


class StackedRNN(OneWay, Container):
    """keras.layers.RNN over keras.layers.StackedRNNCells (Keras 3.15.1).

    At each timestep the first cell reads x, and each other one the output of the cell below it. That is what layers one
    after another compute too, except for masks: at a masked step the states of *every* cell are carried over, and the
    output repeats the previous output of the last cell (zeros before the first step that counts).

    Weights: those of the cells, in order. States: those of the cells, in order, [h, c] of an LSTM. Keras nests them,
    one list for each cell; a call returns them so, and takes them so or in one list. The trace has one child for each
    cell, all in processing order; its output is one flat tuple.

    Args:
        cells: SimpleRNN, GRU and LSTM layers, lowest first; their own flags of time must be left alone. They are
            copied: the ones that are passed in stay as they are.
        return_sequences, return_state, go_backwards, stateful, zero_output_for_mask, unroll: as in `Recurrent`.
        seed: for the cells' initial weights, one more for each cell; their own seeds if None.
    """

    _example_shape = "(None, None, 9)"

    cells: tuple[Recurrent, ...]
    _by_name: dict[str, Recurrent]

    def __init__(
        self,
        cells: Sequence[Recurrent],
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        *,
        zero_output_for_mask: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if not isinstance(cells, Sequence) or not cells:
            raise TypeError(f"StackedRNN needs a list of SimpleRNN, GRU or LSTM layers, got {cells!r}")
        for position, cell in enumerate(cells):
            if not isinstance(cell, Recurrent):
                raise TypeError(
                    f"StackedRNN: cell {position} must be a SimpleRNN, GRU or LSTM, got {type(cell).__name__}"
                )
            flag = next((flag for flag in FLAGS if flag != "unroll" and getattr(cell, flag)), None)
            if flag is not None:
                raise ValueError(
                    f"StackedRNN: cell {position} ({cell.name!r}) has {flag}=True, which belongs to the whole stack: "
                    f"StackedRNN(cells, {flag}=True)"
                )
        kwargs.setdefault("dtype", cells[0].dtype_policy)
        super().__init__(seed=cells[0].seed if seed is None else seed, **kwargs)
        for cell in cells:
            if cell.compute_dtype != self.compute_dtype:
                raise ValueError(
                    f"StackedRNN: all cells must have the stack's dtype, {self.compute_dtype}, "
                    f"got {cell.compute_dtype} ({cell.name!r})"
                )
        flags = {"return_sequences": True, "return_state": True, "stateful": stateful, "unroll": unroll}
        copies = [
            cell.copy(**flags, **({} if seed is None else {"seed": seed + position}))
            for position, cell in enumerate(cells)
        ]
        copies[-1] = copies[-1].copy(zero_output_for_mask=zero_output_for_mask)
        named = unique_names(copies)
        self._configure(
            cells=tuple(copies),
            _by_name=named,
            units=copies[-1].units,
            state_names=tuple(f"{name}/{state}" for name, cell in named.items() for state in cell.state_names),
        )
        self._set_flags(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            zero_output_for_mask=zero_output_for_mask,
            unroll=unroll,
        )

    @property
    def inner(self) -> dict[str, Recurrent]:
        return self._by_name

    @property
    def layers(self) -> tuple[Recurrent, ...]:
        """The cells, each as the layer that has it as its cell; lowest first."""
        return self.cells

    @property
    def state_sizes(self) -> list[int]:
        return [size for cell in self.cells for size in cell.state_sizes]

    @property
    def states(self) -> list[np.ndarray] | None:
        """The states that a stateful stack will start its next call from; None for others."""
        return [state for cell in self.cells for state in cell.states or ()] if self.stateful else None

    def build(self, input_shape: Sequence[int | None]) -> None:
        shape = self._checked_input_shape(input_shape)
        for cell in self.cells:
            cell.build(shape)
            shape = (*shape[:2], cell.units)
        self._input_shape = self.cells[0]._input_shape

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        output_mask = mask if self.return_sequences else None
        return [output_mask, *(None for _ in self.cells)] if self.return_state else output_mask

    def per_cell(self, states: Sequence[Any]) -> list[list[Any]]:
        """A flat list of states as Keras nests them: one list per cell."""
        return shared_out(self.cells, states)

    # --- forward ---------------------------------------------------------------------------------------------------

    def checked_input(self, x: Any) -> np.ndarray:
        return self.cells[0].checked_input(x)

    def start_states(self, initial_state: Any, batch: int) -> list[np.ndarray]:
        starts = [None] * len(self.cells) if initial_state is None else self.starts(initial_state)
        return [s for cell, start in zip(self.cells, starts, strict=True) for s in cell.start_states(start, batch)]

    def _run(
        self, x: Any, *, mask: Any, training: bool, keep: frozenset[str], initial_state: Any = None
    ) -> dict[str, Any]:
        x, mask, states, time = self.prepared(x, mask, initial_state)
        passed_on = mask[:, time] if mask is not None and self.return_sequences else None
        starts = self.per_cell(states)
        # What a masked step computed goes on to the next cell, though it is discarded afterwards: so everything is kept
        # for it.
        needed = keep | {"h"} if mask is None else frozenset(self.quantities)
        children = {}
        for (name, cell), start in zip(self.inner.items(), starts, strict=True):
            run = cell._run(x, mask=mask, training=training, keep=needed, initial_state=start)
            x = run["output"][0] if mask is None else cell.computed(run["arrays"], run["initial_state"])
            arrays = {quantity: a for quantity, a in run["arrays"].items() if quantity in keep}
            children[name] = Trace(cell, **run | {"arrays": arrays, "time": time})
        return {
            "arrays": {},
            "output": self.gathered(children),
            "mask": mask,
            "output_mask": passed_on,
            "initial_state": [s for child in children.values() for s in child.initial_state],
            "time": time,
            "children": children,
        }

    def _returned(self, output: Any) -> Any:
        return (output[0], *self.per_cell(output[1:])) if self.return_state else output

    def gathered(self, children: Mapping[str, Trace]) -> Any:
        """What the stack returns, from the traces of its cells."""
        outputs = [child.output for child in children.values()]
        y = outputs[-1][0] if self.return_sequences else outputs[-1][0][:, -1].copy()
        return (y, *(state for output in outputs for state in output[1:])) if self.return_state else y

    def starts(self, initial_state: Any) -> list[list[Any]]:
        """The states for each cell, given as Keras nests them or in one list."""
        return states_of(self.inner, initial_state, self._label)

    # --- backward --------------------------------------------------------------------------------------------------

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        y = trace.output[0] if self.return_state else trace.output
        dy = self._gradient(dy, y, "dy")
        if d_state is not None and not self.return_state:
            self._no_state(d_state)
        d_states: Sequence[Any] = [None] * len(self.cells)
        if d_state is not None:
            d_states = states_of(self.inner, d_state, self._label, "d_state")
        d_output = dy
        if not self.return_sequences:
            d_output = np.zeros_like(trace.layers[-1].output[0])
            d_output[:, -1] = dy
        d_weights: list[np.ndarray] = []
        d_start: list[np.ndarray] = []
        children = {}
        for (name, child), d_end in zip(reversed(trace.children.items()), reversed(d_states), strict=True):
            grads = child.layer._backward(child, d_output, d_end)
            d_weights = grads.weights + d_weights
            d_start = grads.initial_state + d_start
            children[name] = grads.trace
            d_output = grads.x
        record = Trace(
            self,
            {},
            dy,
            mask=trace.mask,
            initial_state=d_start,
            time=trace.time,
            children=dict(reversed(children.items())),
            weights=trace.weights,
        )
        return Gradients(d_weights, np.ascontiguousarray(d_output[:, self.order]), d_start, record)

    # --- plumbing --------------------------------------------------------------------------------------------------

    def _features(self, shape: Sequence[int | None]) -> Any:
        return self.cells[0]._features(shape)

    def _checked_input_shape(self, shape: Any) -> Shape:
        return self.cells[0]._checked_input_shape(shape)
