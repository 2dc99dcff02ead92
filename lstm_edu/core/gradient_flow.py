"""What is left of a gradient on its way back: from the last step's state to the state of each step before it.

Of a layer's states, s is the one that carries: an LSTM's c, a GRU's or a SimpleRNN's h. One unit's own way from step
t+1 back to step t multiplies the gradient by

    LSTM        f[t+1]                      c[t] = f * c[t-1] + i * g
    GRU         z[t+1]                      h[t] = z * h[t-1] + (1 - z) * g
    SimpleRNN   tanh'(z[t+1]) * U[u, u]     h[t] = tanh(x[t] W + h[t-1] U + b)

and by 1 at a masked step. The product of these factors is what the direct way lets through; next to it there are the
ways through h, U and the gates. Together they are ds_T[u]/ds_t[u], and for all units the Jacobian ds_T/ds_t, whose
spectral norm is an upper bound on how much a change at step t can still change the end.

Sources: Hochreiter (1991); Bengio, Simard and Frasconi (1994); Pascanu, Mikolov and Bengio (2013), section 2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core.gru import GRU
from lstm_edu.core.kinds import NOTATION
from lstm_edu.core.layer import Gradients
from lstm_edu.core.lstm import LSTM
from lstm_edu.core.recurrent import Recurrent
from lstm_edu.core.simple_rnn import SimpleRNN
from lstm_edu.trace import Trace

_MOST_WORK = 2e8  # multiplications for all Jacobians together: about a second
_MOST_WORK_ALONE = 5e8  # for those of one sequence: two or three
_STEP = 2e5  # a step takes as long as so many, however small the layer
_MOST_BYTES = 1 << 26  # of memory for them at a time


class Flow(NamedTuple):
    """A run forward and back.

    Attributes:
        trace: the run. dy: (of the output's shape) the gradient that was sent in. grads: what came back.
        slope: (B, T, H), the slope of the activation at c (LSTM) or at the sum (SimpleRNN, GRU's candidate).
        direct: (B, T, H), the factor by which a unit's gradient gets from step t to step t-1 on its own way.
        whole: (R, T, H) float64, ds_T[u]/ds_t[u] of the first R sequences; R is 0 where that was too much work.
        norm: (R, T) float64, the spectral norm of ds_T/ds_t.
    """

    trace: Trace
    dy: np.ndarray
    grads: Gradients
    slope: np.ndarray
    direct: np.ndarray
    whole: np.ndarray
    norm: np.ndarray


def flow(
    layer: Recurrent,
    x: Any,
    dy: Any = None,
    mask: Any = None,
    initial_state: Any = None,
    rows: int | None = None,
) -> Flow:
    """Run a layer forward and back, and follow the gradient on its way.

    Args:
        layer: an LSTM, GRU or SimpleRNN that has been built. x (B, T, F), mask, initial_state: as for `layer.trace`.
        dy: dL/d(output), of the output's shape. None: the loss is the sum of the last output, so 1 for each of its
            units and 0 for all earlier steps.
        rows: for how many sequences to compute `whole` and `norm`; None: for as many as take a few seconds.

    Raises:
        TypeError: another kind of layer. ValueError: no sequence, an activation that mixes units (softmax), and what
            `layer.trace` and `layer.backward` complain of.
    """
    if type(layer) not in (LSTM, GRU, SimpleRNN):
        raise TypeError(
            "gradients through time can be shown for a single LSTM, GRU or SimpleRNN, "
            f"got {type(layer).__name__}: of a model take one layer, model.layers[0]; of Keras, le.from_keras(layer)"
        )
    if not layer.activation.elementwise:
        raise ValueError(
            f"{layer.name!r} has the activation {layer.activation.name!r}, which mixes its units: the gradient cannot "
            "be written unit by unit"
        )
    trace = layer.trace(x, mask=mask, initial_state=initial_state)
    if trace["h"].shape[0] == 0:
        raise ValueError(f"gradients need at least one sequence, but x has shape {trace['x'].shape}")
    output = trace.output[0] if isinstance(trace.output, tuple) else trace.output
    if dy is None:
        dy = np.zeros_like(output)
        dy[:, -1] = 1
        if not layer.return_sequences:
            dy[:] = 1
    grads = layer.backward(trace, dy)
    slope, direct = factors(trace)
    whole, norm = jacobians(layer, x, trace, rows)
    return Flow(trace, np.asarray(dy, layer.dtype), grads, slope, direct, whole, norm)


def factors(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """(slope, direct), each (B, T, H), as `Flow` describes them."""
    act = trace.layer.activation
    with np.errstate(all="ignore"):
        if trace.kind == "LSTM":
            slope, direct = act.derivative(trace["c"]), trace["f"]
        elif trace.kind == "GRU":
            sums = np.split(trace["a"], 3, axis=-1)[2]
            slope, direct = act.slope(sums, trace["g"]), trace["z"]
        else:
            slope = act.derivative(trace["z"])
            direct = slope * np.diag(trace.weights[1])
    return slope, direct if trace.mask is None else np.where(trace.mask[..., None], direct, direct.dtype.type(1))


def jacobians(layer: Recurrent, x: Any, trace: Trace, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """ds_T/ds_t of the first sequences: (its diagonal (R, T, H), its spectral norm (R, T)), in float64.

    The rows of a Jacobian are gradients of single units of the last state, so the layer's own backward computes them:
    a sequence is run once for each unit, all at once.
    """
    batch, steps, units = trace["h"].shape
    if rows is None:
        work = steps * layer.blocks * units**3
        rows = max(int(_MOST_WORK // max(work, steps * _STEP)), int(work < _MOST_WORK_ALONE))
    rows = min(batch, rows)
    whole, norm = np.zeros((rows, steps, units)), np.zeros((rows, steps))
    if not rows:
        return whole, norm
    twin = layer.copy(dtype="float64", return_sequences=False, return_state=True, stateful=False, dropout=0.0,
                      recurrent_dropout=0.0)  # fmt: skip
    twin.build((None, None, trace["x"].shape[2]))
    twin._assign([w.astype(np.float64) for w in trace.weights])
    x = np.asarray(x)
    mask = None if trace.mask is None else trace.mask[:, :: -1 if layer.go_backwards else 1]
    at_once = max(1, min(units, _MOST_BYTES // (8 * steps * units * 4 * layer.blocks)))
    carries = NOTATION[trace.kind].carries
    for row in range(rows):
        jacobian = np.empty((steps, units, units))
        again = twin.trace(
            np.repeat(x[row : row + 1], at_once, axis=0),
            None if mask is None else np.repeat(mask[row : row + 1], at_once, axis=0),
            [np.repeat(s[row : row + 1], at_once, axis=0) for s in trace.initial_state],
        )
        for first in range(0, units, at_once):
            chosen = np.eye(units)[first : first + at_once]
            count = len(chosen)
            d_state = [np.zeros((at_once, units)) for _ in twin.state_names]
            d_state[twin.state_names.index(carries)][:count] = chosen
            back = twin.backward(again, np.zeros((at_once, units)), d_state).trace[carries]
            jacobian[:, first : first + count] = back[:count].transpose(1, 0, 2)
        whole[row] = np.diagonal(jacobian, axis1=1, axis2=2)
        norm[row] = _spectral(jacobian)
    return whole, norm


def _spectral(matrices: np.ndarray) -> np.ndarray:
    """The largest singular value of each matrix; NaN where one is not finite."""
    finite = np.isfinite(matrices).all(axis=(1, 2))
    norms = np.full(len(matrices), np.nan)
    norms[finite] = np.linalg.norm(matrices[finite], 2, axis=(1, 2))
    return norms
