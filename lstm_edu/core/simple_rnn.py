"""SimpleRNN: Elman (1990), as in Keras.

z = x[t] W + h[t-1] U + b        (B, H)
h[t] = tanh(z)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lstm_edu.core.dropout import product, product_back, product_weight
from lstm_edu.core.recurrent import Dropped, Recurrent, Run, Scanned, ScannedBack, before, in_turn, record


class SimpleRNN(Recurrent):
    """Keras's SimpleRNN layer (keras.layers.SimpleRNN, Keras 3.15.1). The equations are at the top of this file.

    Weights: kernel (F, H), recurrent_kernel (H, H), bias (H,). States: [h].
    The trace records x (B, T, F), z and h (B, T, H).

    Args: see `Recurrent` and `Layer`.
    """

    quantities = ("x", "z", "h")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ):
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, **kwargs
        )

    def _scan(
        self, x: np.ndarray, start: list[np.ndarray], skipped: np.ndarray | None, keep: frozenset[str], dropped: Dropped
    ) -> Scanned:
        timesteps, batch, _ = x.shape
        act = self.activation.function
        recurrent_kernel = self.recurrent_kernel
        z, h_memory = record(keep, timesteps, batch, self.dtype, whole=frozenset({"z"}), z=self.units, h=self.units)
        ours = self._project_input(x, dropped.input, z)
        (h,) = start
        for t, (z_t, h_t) in enumerate(zip(z, in_turn(h_memory, timesteps), strict=True)):
            z_t += product(h, recurrent_kernel, dropped.recurrent)
            h_t[...] = act(z_t)
            if skipped is not None:
                np.copyto(h_t, h, where=skipped[t])
            h = h_t
        return Scanned({"x": ours, "z": z, "h": h_memory}, h_memory, [h])

    def _step(
        self,
        projected: np.ndarray,
        states: list[np.ndarray],
        recurrent_kernel: np.ndarray,
        bias: list[np.ndarray],
        masks: np.ndarray | None,
    ) -> dict[str, np.ndarray]:
        z = projected + bias[0] if bias else projected
        z = z + product(states[0], recurrent_kernel, masks)
        return {"z": z, "h": self._activated(self.activation, z)}

    def _computed(self, arrays: Mapping[str, np.ndarray], start: Sequence[np.ndarray]) -> np.ndarray:
        return self.activation.function(arrays["z"])

    def _scan_backward(self, run: Run, dh: np.ndarray, d_end: list[np.ndarray]) -> ScannedBack:
        forward, weights, start, skipped, dropped = run
        kernel, recurrent_kernel = weights[:2]
        z = forward["z"]
        h_before = before(forward["h"], start[0])
        dz = np.empty_like(z)
        (dh_next,) = d_end  # what comes back from step t+1
        for t in reversed(range(len(z))):
            dh[t] += dh_next
            dh_t = dh[t] if skipped is None else np.where(skipped[t], 0, dh[t])
            h_t = self.activation.function(z[t]) if skipped is not None else forward["h"][t]
            dz[t] = self.activation.backward(dh_t, z[t], h_t)
            dh_next = product_back(dz[t], recurrent_kernel, dropped.recurrent)
            if skipped is not None:
                dh_next += np.where(skipped[t], dh[t], 0)

        d_weights = [product_weight(forward["x"], dz, dropped.input), product_weight(h_before, dz, dropped.recurrent)]
        if self.use_bias:
            d_weights.append(dz.sum(axis=(0, 1)))
        d_arrays = {"x": product_back(dz, kernel, dropped.input), "z": dz, "h": dh}
        return ScannedBack(d_arrays, d_weights, [dh_next])
