"""PackingExplorer: where each gate's weights are in a layer's arrays, in Keras 3 and elsewhere."""

from __future__ import annotations

from typing import Any

import traitlets

from lstm_edu.core import GRU, LSTM, Dense, SimpleRNN
from lstm_edu.core.checks import positive_int
from lstm_edu.core.kinds import NOTATION
from lstm_edu.core.layer import Layer
from lstm_edu.palette import GATES, NAMES, whose
from lstm_edu.palette import GRU as GRU_LETTERS
from lstm_edu.plots.layouts import KINDS, as_dict, layouts
from lstm_edu.widgets import _base, words

_CLASSES = {"LSTM": LSTM, "GRU": GRU, "SimpleRNN": SimpleRNN, "Dense": Dense}
_MOST = 2048


class PackingExplorer(_base.Explorer):
    """A layer's arrays, drawn to scale, with the gates' blocks in their colours; next to Keras's, those of others.

    Point at a block, or move among the blocks with the arrow keys: its name, its slice, its shape and how many numbers
    it has. `units`, `features`, `block` ("W_f", or "" for none) and `beside` ("PyTorch", "ONNX", "TF1", "Keras 1",
    or "") are traits that Python and the page share.

    Args:
        units: H; or an LSTM, GRU, SimpleRNN or Dense layer that has been built (then without anything else).
        features: F.
        kind: "LSTM", "GRU", "SimpleRNN" or "Dense".
        reset_after: which GRU, see `lstm_edu.GRU`.
        use_bias: whether there is one.
        block: the block to begin with: W_i, W_f, W_g, W_o, U_i ..., b_i ... of an LSTM; W_z, W_r, W_g ... of a GRU,
            and with reset_after b_z ... and d_z ... for the two rows of its bias; W, U, b of the others.
        beside: the layout to begin with.
        total: whether to show how many numbers there are in all, with the formula; False where that is the question.

    Raises:
        TypeError, ValueError: not whole numbers >= 1, a layer of another kind or not built, an unknown block or layout.
    """

    _MODULE = "packing/explorer.js"

    units = traitlets.Int(1, help="H, the number of units.").tag(sync=True)
    features = traitlets.Int(1, help="F, the number of features of the input.").tag(sync=True)
    block = traitlets.Unicode("", help="The block pointed out: W_i ... b_o, or nothing.").tag(sync=True)
    beside = traitlets.Unicode("", help="The layout drawn next to Keras 3's, or nothing.").tag(sync=True)

    def __init__(
        self,
        units: Any,
        features: int | None = None,
        *,
        kind: str | None = None,
        reset_after: bool | None = None,
        use_bias: bool | None = None,
        block: str = "",
        beside: str = "",
        total: bool = True,
        **layout: Any,
    ):
        layer = units if isinstance(units, Layer) or hasattr(units, "weights") else None
        if layer is not None:
            given = {"features": features, "kind": kind, "reset_after": reset_after, "use_bias": use_bias}
            kind, units, features = self._of_layer(layer, [name for name, value in given.items() if value is not None])
            name, use_bias, reset_after = layer.name, layer.use_bias, getattr(layer, "reset_after", True)
        elif features is None:
            raise TypeError("packing needs both sizes, packing(units, features), or a layer that has been built")
        else:
            kind = "LSTM" if kind is None else kind
            name, use_bias = kind, use_bias is not False
            if reset_after is not None and kind != "GRU":
                raise ValueError(f"only a GRU has reset_after, got it with kind={kind!r}")
            reset_after = reset_after is not False
        units = self._size("units", units)
        features = self._size("features", features)
        known = list(layouts(kind, use_bias, reset_after).values())
        variant = f" with reset_after={reset_after}" if kind == "GRU" else ""
        article = f"{'an' if kind == 'LSTM' else 'a'} {kind}{variant}"
        spec = {
            "kind": "Packing",
            "of": kind,
            "name": name,
            "article": article,
            **words.packing(article, units, features),
            "layouts": [as_dict(one) for one in known],
            "gates": _gates(kind),
            "blocks": list(dict.fromkeys(b for array in known[0].arrays for row in array.blocks for b in row)),
            "absent": _absent(kind, reset_after),
            "total": bool(total),
            "most": {"units": max(16, 2 * units), "features": max(16, 2 * features)},
        }
        super().__init__(spec, {}, units=units, features=features, block=block, beside=beside, **layout)

    @staticmethod
    def _of_layer(layer: Any, given: list[str]) -> tuple[str, int, int]:
        kind = next((kind for kind, known in _CLASSES.items() if type(layer) is known), None)
        if kind is None:
            raise TypeError(
                f"packing shows {', '.join(KINDS)} layers of lstm_edu, got {type(layer).__name__}: "
                "le.from_keras(layer) makes one of a Keras layer, and packing(units, features) needs none"
            )
        if given:
            raise ValueError(f"a layer has its own {given[0]}: packing(layer), or packing(units, features)")
        if not layer.built:
            raise ValueError(
                f"{kind} {layer.name!r} has no weights yet: call build(...) first, or packing(units, features)"
            )
        return kind, layer.units, layer.kernel.shape[0]

    @staticmethod
    def _size(name: str, value: Any) -> int:
        value = positive_int(value, name, "packing")
        if value > _MOST:
            raise ValueError(f"packing draws at most {_MOST} {name}, got {value}")
        return value

    @traitlets.validate("units", "features", "block", "beside")
    def _valid(self, proposal: Any) -> Any:
        return self._check(proposal["trait"].name, proposal["value"])

    def _check(self, name: str, value: Any) -> Any:
        if name in ("units", "features"):
            return self._size(name, value)
        known = self._spec["blocks"] if name == "block" else [one["name"] for one in self._spec["layouts"][1:]]
        if value not in ("", *known):
            why = f". {self._spec['absent']}" if name == "beside" and self._spec["absent"] else ""
            raise ValueError(f"{name} must be one of {', '.join(known)}, or '' for none, got {value!r}{why}")
        return value

    def goto(
        self,
        block: str | None = None,
        units: int | None = None,
        features: int | None = None,
        beside: str | None = None,
    ) -> None:
        """Point out a block, change the sizes, show another layout; what is not given stays as it is."""
        _base.go(self, {"block": block, "units": units, "features": features, "beside": beside})


def _gates(kind: str) -> list[dict[str, str]]:
    """The gates in Keras's order: the letter, whose colour it has, its name, and its other names."""
    if kind == "LSTM":
        also = {"g": "in Keras's own code its letter is c"}
        return [{"letter": g, "color": g, "name": NAMES[g], "also": also.get(g, "")} for g in GATES]
    if kind == "GRU":
        also = {"g": "in Keras's own code its letter is h"}
        return [
            {"letter": g, "color": whose(kind, g), "name": GRU_LETTERS[g][1], "also": also.get(g, "")}
            for g in NOTATION[kind].gates
        ]
    return [{"letter": "", "color": "h", "name": "output", "also": ""}]


def _absent(kind: str, reset_after: bool) -> str:
    """Which of the others cannot hold such a layer, and why."""
    if kind != "GRU":
        return ""
    if reset_after:
        return "TensorFlow 1 and Keras 1 had only reset_after=False: le.packing(H, F, kind='GRU', reset_after=False)."
    return "PyTorch has only reset_after=True."
