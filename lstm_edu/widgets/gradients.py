"""GradientExplorer: follow a gradient back through time, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from lstm_edu import palette
from lstm_edu.core import Layer
from lstm_edu.core.gradient_flow import Flow, flow
from lstm_edu.core.kinds import NOTATION
from lstm_edu.core.recurrent import live
from lstm_edu.keras_bridge.loading import is_keras
from lstm_edu.plots.scales import signed_scale
from lstm_edu.widgets import _base, words

# Kind -> the blocks that its sums fall into (an LSTM's z, a GRU's a): name -> the letter whose colour it has.
BLOCKS = {
    kind: {gate: palette.whose(kind, gate) for gate in NOTATION[kind].gates} for kind in ("LSTM", "GRU", "SimpleRNN")
}
_KEPT = {"LSTM": ("c", "h", "o"), "GRU": ("h", "r"), "SimpleRNN": ("h",)}


class GradientExplorer(_base.InLevels, _base.OverTime):
    """Backpropagation through time, in the page: the run, what the loss sends back, and what is left of it.

    Forward maps of c and h with dL/dc and dL/dh under them, a marker that walks from the last step to the first, the
    size of the gradient over time on a logarithmic axis, the factors of one unit's own way back (forget gates; the
    slope times U[u, u] in a SimpleRNN), the equations with their numbers, and what each step gives to dL/db. A second
    layer, run on the same input, is shown next to the first. The numbers are those that `layer.backward` recorded.

    Keys: left is one step back in time, right one on; up and down a unit; Page Up and Page Down ten steps; Home and End
    the first and the last step; Space plays, from the last step to the first. `t`, `unit`, `batch`, `show`, `log_maps`
    and `log_norm` are traits that Python may set and observe.

    Args:
        layer, x, dy, mask, initial_state, beside: as for `le.explore_gradients`.
        t: where to begin; the last step if None. unit, batch: from 0.
        show: how much is shown, "size", "path" or "all".
        log_maps: colours of the gradients by powers of ten. log_norm: the same for the axis of the curve.

    Raises:
        TypeError: `layer` or `beside` is not an LSTM, GRU or SimpleRNN; a place is not a whole number; show is not a
            string.
        ValueError: the layer is not built, x does not fit, no sequence or step, dy of a different shape from the
            output, an activation that mixes units, a place out of range, a level that there is not.
    """

    _MODULE = "gradients/explorer.js"
    _LEVEL = "show"

    show = _base.Level(words.SHOW, help='How much is shown: "size", "path" or "all".').tag(sync=True)
    log_maps = traitlets.Bool(False, help="Whether the gradients' colours go by powers of ten.").tag(sync=True)
    log_norm = traitlets.Bool(True, help="Whether the gradient's size has a logarithmic axis.").tag(sync=True)

    def __init__(
        self,
        layer: Any,
        x: Any,
        dy: Any = None,
        *,
        mask: Any = None,
        initial_state: Any = None,
        beside: Any = None,
        t: int | None = None,
        unit: int = 0,
        batch: int = 0,
        **layout: Any,
    ):
        spec, arrays = describe(layer, x, dy, mask, initial_state, beside)
        t = spec["steps"] - 1 if t is None else t
        super().__init__(spec, arrays, t=t, unit=unit, batch=batch, **layout)

    def goto(self, t: int | None = None, unit: int | None = None, batch: int | None = None) -> None:
        """Go to a step, a unit, a sequence; what is not given stays as it is."""
        _base.go(self, {"t": t, "unit": unit, "batch": batch})


def explore_gradients(
    layer: Any,
    x: Any,
    dy: Any = None,
    *,
    mask: Any = None,
    initial_state: Any = None,
    beside: Any = None,
    show: str = "all",
    **places: Any,
) -> GradientExplorer:
    """How the gradient of a loss flows back through an LSTM, a GRU or a SimpleRNN, to be shown in a cell.

    To see a gradient vanish, and another that does not, over 60 steps of noise::

        lstm, rnn = le.LSTM(8, seed=1), le.SimpleRNN(8, seed=1)
        for layer in (lstm, rnn):
            layer.build((None, None, 4))
        kernel, recurrent_kernel, bias = lstm.get_weights()
        bias[8:16] = 3  # the forget gates: open to about 0.95
        lstm.set_weights([kernel, recurrent_kernel, bias])
        le.explore_gradients(lstm, np.random.default_rng(0).normal(size=(1, 60, 4)), beside=rnn)

    With Keras's own start, a forget bias of 1, an LSTM forgets too: 0.73 per step, 6e-9 after 60. And a SimpleRNN keeps
    more on small inputs, where its slopes stay near 1 and its U is orthogonal.

    Args:
        layer: an LSTM, GRU or SimpleRNN, of this package (built) or of Keras.
        x: (B, T, F). mask: (B, T) or None. initial_state: [h0, c0] (LSTM) or [h0], each (B, units), or None.
        dy: dL/d(output), of the shape of what the layer returns, (B, units) or (B, T, units). None: the loss is the
            sum of the last output over all units, L = h_T[0] + h_T[1] + ...: so every unit of the last step begins
            with a gradient of exactly 1, and everything at earlier steps has come back through time.
        beside: a second layer, run on the same x and mask from zero states, with the same kind of loss (dy too, where
            its output has the same shape): a SimpleRNN next to an LSTM shows what vanishes.
        show: how much is shown. "size": one curve, how large the gradient is at each step, with a sentence about it and
            the controls. "path": the way back too: the states and their gradients as maps, and the factors of a unit's
            own way. "all": the equations and what each step gives to the weights' gradients too. Readers change it in
            the page, which remembers what they chose; from Python it is the trait `show`.
        places: where to begin: t (the last step if not given), unit, batch; and log_maps, log_norm.

    Raises:
        As `GradientExplorer`.

    The gradients are those of `layer.backward`, which equal TensorFlow's (tests hold the two side by side).
    """
    return GradientExplorer(layer, x, dy, mask=mask, initial_state=initial_state, beside=beside, show=show, **places)


def describe(
    layer: Any, x: Any, dy: Any = None, mask: Any = None, initial_state: Any = None, beside: Any = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page needs: (spec, arrays). The arrays of the first layer are "0/h", those of the second "1/h" ..."""
    layers = [_ours(layer, "layer")] + ([] if beside is None else [_ours(beside, "beside")])
    flows = [flow(layers[0], x, dy, mask, initial_state)]
    if beside is not None:
        output = np.shape(flows[0].dy)
        fits = dy is not None and layers[1].compute_output_shape(np.shape(x)) in (output, (output,))
        if dy is not None and not fits:
            raise ValueError(
                f"explore_gradients: dy has shape {output}, which is not that of beside's output, "
                f"{layers[1].compute_output_shape(np.shape(x))}: give both layers the same units and return_sequences, "
                "or omit dy"
            )
        flows.append(flow(layers[1], x, dy, mask))
    per_row = {f"{n}/{name}": array for n, f in enumerate(flows) for name, array in _per_row(f).items()}
    rows = _base.fitting(per_row)
    arrays = {name: array[:rows] for name, array in per_row.items()}
    for n, f in enumerate(flows):
        arrays |= {f"{n}/{name}": array for name, array in (("whole", f.whole[:rows]), ("norm", f.norm[:rows]))}
        recurrent = f.trace.weights[1]
        if recurrent.nbytes <= _base.MAX_BYTES // 4:
            arrays[f"{n}/U"] = recurrent
    if flows[0].trace.mask is not None:
        arrays["counts"] = flows[0].trace.mask[:rows]
    trace = flows[0].trace
    batch, steps, features = trace["x"].shape
    spec = {
        "kind": "Gradients",
        "title": words.gradients([f.trace for f in flows], steps),
        "levels": words.GRADIENT_LEVELS,
        "layers": [_spec_of(f, rows) for f in flows],
        "rows": rows,
        "batch": batch,
        "steps": steps,
        "features": features,
        "units": trace["h"].shape[2],
        "time": _base.reading_order(trace),
        "given": dy is not None,
    }
    return spec, arrays


def _ours(layer: Any, argument: str) -> Any:
    """A layer of this package, converted if it is Keras's. Flow says what is wrong with other kinds."""
    if isinstance(layer, Layer):
        return layer
    if is_keras(layer):
        from lstm_edu import keras_bridge

        return keras_bridge.from_keras(layer)
    trace = ": a trace cannot be run again; give its layer, trace.layer" if hasattr(layer, "layer") else ""
    raise TypeError(
        f"explore_gradients needs an LSTM, GRU or SimpleRNN, of lstm_edu or of Keras, as its {argument}, "
        f"got {type(layer).__name__}{trace}"
    )


def _per_row(f: Flow) -> dict[str, np.ndarray]:
    """What travels of each sequence, (B, T, .)."""
    trace, back = f.trace, f.grads.trace
    found = {name: trace[name] for name in _KEPT[trace.kind]}
    found |= {f"d_{name}": back[name] for name in dict.fromkeys((NOTATION[trace.kind].carries, "h"))}
    found["d_sums"] = back[NOTATION[trace.kind].sums]
    found |= {"slope": f.slope, "direct": f.direct}
    own = _own(f)
    if own[:, :-1].any():  # else the page knows it: nothing before the last step
        found["own"] = own
    found["x_norm"] = np.linalg.norm(trace["x"], axis=2)[..., None]
    for n, name in enumerate(trace.layer.state_names):
        found[f"{name}_start"] = trace.initial_state[n]
    return found


def _own(f: Flow) -> np.ndarray:
    """dL/dh of each step through the layer's own output there, (B, T, H): what backward adds to what comes back."""
    trace, layer = f.trace, f.trace.layer
    own = np.zeros_like(trace["h"])
    if layer.return_sequences:
        own[:] = f.dy
    else:
        own[:, -1] = f.dy
    if trace.mask is not None:
        own *= live(~trace.mask.T[:, :, None], layer.masked_output).transpose(1, 0, 2)
    return own


def _spec_of(f: Flow, rows: int) -> dict[str, Any]:
    trace, back = f.trace, f.grads.trace
    layer, kind = trace.layer, trace.kind
    shown = list(dict.fromkeys((NOTATION[kind].carries, "h")))
    return {
        "kind": kind,
        "name": layer.name,
        "units": layer.units,
        "carries": NOTATION[kind].carries,
        "blocks": [{"name": name, "like": like} for name, like in BLOCKS[kind].items()],
        "activation": layer.activation.name,
        "use_bias": layer.use_bias,
        "reset_after": bool(getattr(layer, "reset_after", False)),
        "traced": min(rows, len(f.norm)),
        "scales": {name: signed_scale(trace[name][:rows]) for name in shown}
        | {f"d_{name}": signed_scale(back[name][:rows]) for name in shown},
    }
