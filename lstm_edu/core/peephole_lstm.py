"""Peephole LSTM: gates that also look at the cell state (Gers and Schmidhuber, 2000). Keras has none; ONNX does.

    i = sigmoid(x[t] W_i + h[t-1] U_i + p_i * c[t-1] + b_i)
    f = sigmoid(x[t] W_f + h[t-1] U_f + p_f * c[t-1] + b_f)
    g = tanh   (x[t] W_g + h[t-1] U_g                + b_g)
    c[t] = f * c[t-1] + i * g
    o = sigmoid(x[t] W_o + h[t-1] U_o + p_o * c[t]   + b_o)      the output gate sees the new cell state
    h[t] = o * tanh(c[t])

A peephole is one number per unit and gate, multiplied element by element. With all of them 0 this is Keras's LSTM.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_edu.core.dropout import product
from lstm_edu.core.layer import Shape, WeightSpec
from lstm_edu.core.lstm import LSTM
from lstm_edu.core.recurrent import Dropped, Scanned, in_turn, record


class PeepholeLSTM(LSTM):
    """An LSTM with peepholes, for the lesson on relatives. The equations are at the top of this file.

    Weights: Keras's three (kernel, recurrent_kernel, bias), then peepholes (3H,): blocks p_i, p_f, p_o.
    The trace is an LSTM's; z includes the peepholes' part. Source: the LSTM operator of ONNX (opset 22), whose P has
    the blocks i, o, f.

    Args: those of `LSTM`.
    """

    in_half = False

    @property
    def weight_names(self) -> tuple[str, ...]:
        return (*super().weight_names, "peepholes")

    @property
    def peepholes(self) -> np.ndarray:
        """p, (3H,), blocks p_i, p_f, p_o; read-only."""
        self._require_built("peepholes")
        return self._weights["peepholes"]

    def _weight_specs(self, input_shape: Shape) -> dict[str, WeightSpec]:
        return super()._weight_specs(input_shape) | {"peepholes": ((3 * self.units,), "random_normal")}

    def _scan(
        self, x: np.ndarray, start: list[np.ndarray], skipped: np.ndarray | None, keep: frozenset[str], dropped: Dropped
    ) -> Scanned:
        timesteps, batch, _ = x.shape
        n = self.units
        gate, act = self.recurrent_activation.function, self.activation.function
        p_i, p_f, p_o = self._peephole_blocks(self.weights)
        z, *memory = record(
            keep, timesteps, batch, self.dtype, whole=frozenset({"z"}), z=4 * n, **dict.fromkeys("ifgoch", n)
        )
        ours = self._project_input(x, dropped.input, z)
        h, c = start
        for t, (z_t, i, f, g, o, c_t, h_t) in enumerate(zip(z, *(in_turn(m, timesteps) for m in memory), strict=True)):
            z_t += product(h, self.recurrent_kernel, dropped.recurrent)
            z_i, z_f, z_g, z_o = np.split(z_t, 4, axis=-1)
            z_i += p_i * c
            z_f += p_f * c
            i[...] = gate(z_i)
            f[...] = gate(z_f)
            g[...] = act(z_g)
            c_t[...] = f * c + i * g
            z_o += p_o * c_t
            o[...] = gate(z_o)
            h_t[...] = o * act(c_t)
            if skipped is not None:
                np.copyto(c_t, c, where=skipped[t])
                np.copyto(h_t, h, where=skipped[t])
            h, c = h_t, c_t
        named = dict(zip("ifgoch", memory, strict=True))
        return Scanned({"x": ours, "z": z, **named}, named["h"], [h, c])

    def _peephole_blocks(self, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
        return np.split(weights[-1], 3)
