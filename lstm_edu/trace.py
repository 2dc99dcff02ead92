"""What a layer recorded while it computed: named, read-only arrays with a time axis.

Notation, fixed once for the whole package: B batch, T timesteps, F features, H units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np


class Trace:
    """Everything a layer computed for one input. Read-only; the widgets, plots and comparisons read nothing else.

    A recorded quantity is an attribute and an item: ``trace.f`` is ``trace["f"]``. Recurrent layers record in
    *processing order*: index s along the time axis is the s-th step computed, for every quantity including ``x``, so
    that everything at one index belongs together. ``time[s]`` is the timestep of the input which that step read: s
    itself, or T-1-s under ``go_backwards``.

    Attributes:
        kind: the layer's class name, ``"LSTM"``.
        layer: the layer that made the trace (its configuration never changes).
        weights: the weights as they were then, in ``get_weights()`` order.
        names: the recorded quantities, in the order in which they are computed.
        output: exactly what ``layer(x)`` returns: an array, or a tuple of arrays (a flat one for a StackedRNN too).
        output_mask: the mask that is passed on to the next layer, or None.
        mask: (B, T) bool, or None. True is a step that counts.
        initial_state: list of (B, H) arrays; empty for a layer without state.
        time: (T,) int, or None for a layer without time.
        dropout_masks: the masks used in training, input side then recurrent side; empty or None where nothing dropped.
        children: the traces of inner layers by name, in order (Sequential, Bidirectional, StackedRNN, TimeDistributed).
    """

    kind: str
    layer: Any  # a Layer of core, which is above this file
    weights: tuple[np.ndarray, ...]
    output: Any  # an array, or a tuple of arrays
    output_mask: np.ndarray | None
    mask: np.ndarray | None
    initial_state: list[np.ndarray]
    time: np.ndarray | None
    dropout_masks: tuple[np.ndarray | None, ...]
    children: dict[str, Trace]
    _arrays: dict[str, np.ndarray]

    __slots__ = (
        "_arrays",
        "children",
        "dropout_masks",
        "initial_state",
        "kind",
        "layer",
        "mask",
        "output",
        "output_mask",
        "time",
        "weights",
    )

    def __init__(
        self,
        layer: Any,
        arrays: Mapping[str, np.ndarray],
        output: np.ndarray | tuple[np.ndarray, ...],
        *,
        mask: np.ndarray | None = None,
        output_mask: np.ndarray | None = None,
        initial_state: list[np.ndarray] | tuple = (),
        time: np.ndarray | None = None,
        dropout_masks: tuple[np.ndarray | None, ...] = (),
        children: Mapping[str, Trace] | None = None,
        weights: tuple[np.ndarray, ...] | None = None,
        kind: str | None = None,
    ):
        put = object.__setattr__
        put(self, "kind", kind or type(layer).__name__)
        put(self, "layer", layer)
        put(self, "weights", tuple(layer.weights) if weights is None else weights)
        put(self, "_arrays", {name: read_only(a) for name, a in arrays.items()})
        put(self, "output", tuple(map(read_only, output)) if isinstance(output, tuple) else read_only(output))
        put(self, "mask", mask if mask is None else read_only(mask))
        put(self, "output_mask", output_mask if output_mask is None else read_only(output_mask))
        put(self, "initial_state", [read_only(a) for a in initial_state])
        put(self, "time", time if time is None else read_only(time))
        put(self, "dropout_masks", tuple(m if m is None else read_only(m) for m in dropout_masks))
        put(self, "children", dict(children or {}))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a trace is a record and cannot be changed (tried to set {name!r}); run the layer again")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def at(self, time: np.ndarray) -> Trace:
        """The same record with other timesteps: the one that each step has read, time (T,) int."""
        same = object.__new__(Trace)
        same.__setstate__(self.__getstate__() | {"time": time})
        return same

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._arrays)

    @property
    def layers(self) -> tuple[Trace, ...]:
        """The traces of the inner layers, in order."""
        return tuple(self.children.values())

    @property
    def nbytes(self) -> int:
        """Bytes of the recorded quantities, counting memory that several of them share once."""
        owners = {}
        for array in self._all_arrays():
            owner = array
            while isinstance(owner.base, np.ndarray):
                owner = owner.base
            owners[id(owner)] = owner.nbytes
        return sum(owners.values())

    def _all_arrays(self) -> Iterator[np.ndarray]:
        yield from self._arrays.values()
        yield from self.output if isinstance(self.output, tuple) else (self.output,)
        for child in self.children.values():
            yield from child._all_arrays()

    def __getitem__(self, name: str) -> Any:  # an array; of an inner layer's name, its Trace
        if name in self._arrays:
            return self._arrays[name]
        if name in self.children:
            return self.children[name]
        raise KeyError(self._missing(name))

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._arrays[name]
        except KeyError:
            raise AttributeError(self._missing(name)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._arrays or name in self.children

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._arrays]

    def __getstate__(self) -> dict[str, Any]:
        return {slot: getattr(self, slot) for slot in self.__slots__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for slot, value in state.items():
            object.__setattr__(self, slot, _read_only_throughout(value))  # pickling loses the read-only flag of arrays

    def _missing(self, name: str) -> str:
        recorded = ", ".join([*self._arrays, *self.children]) or "nothing"
        return f"this {self.kind} trace has no {name!r}; it recorded {recorded}"

    def __repr__(self) -> str:
        lines = [f"Trace of {self.kind} {self.layer.name!r}"]
        lines += [f"  {name:<8} {a.shape} {a.dtype}" for name, a in self._arrays.items()]
        for name, child in self.children.items():
            lines += [f"  {name}: " + repr(child).replace("\n", "\n  ")]
        return "\n".join(lines)


def read_only(array: np.ndarray) -> np.ndarray:
    """The same memory as `array`, seen through a view that cannot be written to."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def _read_only_throughout(value: Any) -> Any:
    """`value` with every array in it read-only; looks into tuples, lists and dicts."""
    if isinstance(value, np.ndarray):
        return read_only(value)
    if type(value) in (tuple, list):
        return type(value)(map(_read_only_throughout, value))
    if isinstance(value, dict):
        return {key: _read_only_throughout(v) for key, v in value.items()}
    return value
