"""PackingExplorer: where each gate's weights lie in kernel, recurrent_kernel and bias."""

from __future__ import annotations

from typing import Any

import traitlets

from lstm_edu.core import LSTM
from lstm_edu.core.checks import positive_int
from lstm_edu.palette import GATES
from lstm_edu.widgets import _base

BLOCKS = tuple(f"{letter}_{gate}" for letter in "WUb" for gate in GATES)  # W_i ... b_o
_MOST = 2048


class PackingExplorer(_base.Explorer):
    """The three arrays of an LSTM, drawn to scale, with the gates' blocks in their colours.

    Point at a block, or move among the blocks with the arrow keys: its name, its slice, its shape and how many numbers
    it holds. `units`, `features` and `block` ("W_f", or "" for none) are traits that Python and the page share.

    Args:
        units: H, or an LSTM layer that has been built (then without `features`).
        features: F.
        block: the block to begin with.

    Raises:
        TypeError, ValueError: not whole numbers >= 1, a layer of another kind or not built, an unknown block.
    """

    _esm = _base.module("packing.js", build="packingExplorer")

    units = traitlets.Int(1, help="H, the number of units.").tag(sync=True)
    features = traitlets.Int(1, help="F, the number of features of the input.").tag(sync=True)
    block = traitlets.Unicode("", help="The block pointed out: W_i ... b_o, or nothing.").tag(sync=True)

    def __init__(self, units: Any, features: int | None = None, *, block: str = "", **layout: Any):
        name, use_bias = "LSTM", True
        if isinstance(units, LSTM):
            layer = units
            if features is not None:
                raise ValueError("a layer has its own number of features: packing(layer), or packing(units, features)")
            if not layer.built:
                raise ValueError(
                    f"LSTM {layer.name!r} has no weights yet: call build((None, None, features)) first, "
                    "or packing(units, features)"
                )
            units, features = layer.units, layer.kernel.shape[0]
            name, use_bias = layer.name, layer.use_bias
        elif not isinstance(units, int) and hasattr(units, "weights"):
            raise TypeError(
                f"packing shows LSTM layers of lstm_edu, got {type(units).__name__}: "
                "le.from_keras(layer) makes one of a Keras layer, and packing(units, features) needs none"
            )
        elif features is None:
            raise TypeError("packing needs both sizes, packing(units, features), or an LSTM layer that has been built")
        units = self._size("units", units)
        features = self._size("features", features)
        spec = {
            "kind": "Packing",
            "name": name,
            "title": f"the weights of an LSTM of {units} units on {features} features",
            "use_bias": use_bias,
            "most": {"units": max(16, 2 * units), "features": max(16, 2 * features)},
        }
        super().__init__(spec, {}, units=units, features=features, block=block, **layout)

    @staticmethod
    def _size(name: str, value: Any) -> int:
        value = positive_int(value, name, "packing")
        if value > _MOST:
            raise ValueError(f"packing draws at most {_MOST} {name}, got {value}")
        return value

    @traitlets.validate("units", "features", "block")
    def _valid(self, proposal: Any) -> Any:
        return self._check(proposal["trait"].name, proposal["value"])

    def _check(self, name: str, value: Any) -> Any:
        if name != "block":
            return self._size(name, value)
        known = BLOCKS if self._spec["use_bias"] else BLOCKS[:8]
        if value not in ("", *known):
            raise ValueError(f"block must be one of {', '.join(known)}, or '' for none, got {value!r}")
        return value

    def goto(self, block: str | None = None, units: int | None = None, features: int | None = None) -> None:
        """Point out a block, change the sizes; what is not given stays as it is."""
        _base.go(self, {"block": block, "units": units, "features": features})
