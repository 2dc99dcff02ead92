"""GRU: Cho et al. (2014), as Keras has it, with the reset gate on either side of the recurrent product.

a_z = x[t] W_z + h[t-1] U_z + b_z
a_r = x[t] W_r + h[t-1] U_r + b_r
z = sigmoid(a_z)                   update gate: how much of the old state is kept
r = sigmoid(a_r)                   reset gate: how much of the old state the candidate sees

reset_after=True (Keras's default; cuDNN, PyTorch): two rows of biases, b on the input side, d on the recurrent
a_g = x[t] W_g + b_g + r * (h[t-1] U_g + d_g)
reset_after=False (the paper; Keras before TensorFlow 2): one row
a_g = x[t] W_g + b_g + (r * h[t-1]) U_g

g = tanh(a_g)                      candidate (Keras's code calls it hh, and its block h)
h[t] = z * h[t-1] + (1 - z) * g
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lstm_edu.core import activations, checks
from lstm_edu.core.dropout import product, product_back, product_weight
from lstm_edu.core.layer import WeightSpec
from lstm_edu.core.recurrent import Dropped, Recurrent, Run, Scanned, ScannedBack, before, in_turn, record, same_shape


class GRU(Recurrent):
    """Keras's GRU layer (keras.layers.GRU, Keras 3.15.1). The equations are at the top of this file.

    Weights: kernel (F, 3H), recurrent_kernel (H, 3H), blocks z, r, g; bias (2, 3H) under reset_after (row 0 on the
    input side, row 1 on the recurrent side), else (3H,). States: [h].
    The trace records x (B, T, F), a (B, T, 3H: the sums a_z, a_r, a_g), z, r, g and h (B, T, H). Note that z is the
    update gate here, as in the paper and in Keras; the LSTM's z are its sums.

    Args:
        activation: of the candidate. recurrent_activation: of z and r.
        reset_after: where the reset gate is applied, see above.
        Everything else: see `Recurrent` and `Layer`.
    """

    quantities = ("x", "a", "z", "r", "g", "h")
    blocks = 3

    recurrent_activation: activations.Activation
    reset_after: bool

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        *,
        reset_after: bool = True,
        **kwargs: Any,
    ):
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, **kwargs
        )
        self._configure(
            recurrent_activation=same_shape(recurrent_activation, "recurrent_activation", "GRU"),
            reset_after=checks.flag(reset_after, "reset_after", "GRU"),
        )

    def _bias_spec(self) -> WeightSpec:
        return ((2, 3 * self.units) if self.reset_after else (3 * self.units,)), self.bias_initializer

    def _shape_hint(self, name: str, shape: tuple[int, ...]) -> str:
        if name == "bias" and shape == (3 * self.units,):
            return "one row belongs to reset_after=False"
        if name == "bias" and shape == (2, 3 * self.units):
            return "two rows belong to reset_after=True"
        if name == "bias" and shape == (6 * self.units,):
            return "it looks like cuDNN's flat bias: reshape(2, 3 * units)"
        return super()._shape_hint(name, shape)

    def _input_bias(self) -> np.ndarray | None:
        return self.bias[0] if self.reset_after and self.bias is not None else self.bias

    def _scan(
        self, x: np.ndarray, start: list[np.ndarray], skipped: np.ndarray | None, keep: frozenset[str], dropped: Dropped
    ) -> Scanned:
        timesteps, batch, _ = x.shape
        n, dtype = self.units, self.dtype
        recurrent_kernel, bias = self.recurrent_kernel, self.bias
        gate, act = self.recurrent_activation.function, self.activation.function

        a, *memory = record(keep, timesteps, batch, dtype, whole=frozenset({"a"}), a=3 * n, z=n, r=n, g=n, h=n)
        ours = self._project_input(x, dropped.input, a)
        (h,) = start
        for t, (a_t, z_t, r_t, g_t, h_t) in enumerate(zip(a, *(in_turn(m, timesteps) for m in memory), strict=True)):
            if self.reset_after:
                hu = product(h, recurrent_kernel, dropped.recurrent)
                if bias is not None:
                    hu += bias[1]
                a_t[:, : 2 * n] += hu[:, : 2 * n]
            else:
                masks = None if dropped.recurrent is None else dropped.recurrent[:2]
                a_t[:, : 2 * n] += product(h, recurrent_kernel[:, : 2 * n], masks)
            z_t[...] = gate(a_t[:, :n])
            r_t[...] = gate(a_t[:, n : 2 * n])
            if self.reset_after:
                a_t[:, 2 * n :] += r_t * hu[:, 2 * n :]
            else:
                a_t[:, 2 * n :] += self._let_through(r_t, h, dropped) @ recurrent_kernel[:, 2 * n :]
            g_t[...] = act(a_t[:, 2 * n :])
            h_t[...] = z_t * h + (1 - z_t) * g_t
            if skipped is not None:
                np.copyto(h_t, h, where=skipped[t])
            h = h_t

        z, r, g, h_memory = memory
        return Scanned({"x": ours, "a": a, "z": z, "r": r, "g": g, "h": h_memory}, h_memory, [h])

    def _step(
        self,
        projected: np.ndarray,
        states: list[np.ndarray],
        recurrent_kernel: np.ndarray,
        bias: list[np.ndarray],
        masks: np.ndarray | None,
    ) -> dict[str, np.ndarray]:
        gate, n = self.recurrent_activation, self.units
        (h,) = states
        if bias:
            projected = projected + (bias[0][0] if self.reset_after else bias[0])
        x_z, x_r, x_g = np.split(projected, 3, axis=-1)
        if self.reset_after:
            back = product(h, recurrent_kernel, masks)
            if bias:
                back = back + bias[0][1]
        else:
            back = product(h, recurrent_kernel[:, : 2 * n], None if masks is None else masks[:2])
        back = self.dtype_policy.coarse(back)
        a_z, a_r = x_z + back[:, :n], x_r + back[:, n : 2 * n]
        z, r = self._activated(gate, a_z), self._activated(gate, a_r)
        if self.reset_after:
            a_g = x_g + r * back[:, 2 * n :]
        else:
            a_g = x_g + self._let_through(r, h, Dropped(None, masks)) @ recurrent_kernel[:, 2 * n :]
        g = self._activated(self.activation, a_g)
        h = z * h + (1 - z) * g
        return {"a": np.concatenate([a_z, a_r, a_g], axis=-1), "z": z, "r": r, "g": g, "h": h}

    def _computed(self, arrays: Mapping[str, np.ndarray], start: Sequence[np.ndarray]) -> np.ndarray:
        z, g, h = (arrays[name] for name in "zgh")
        return z * before(h, start[0]) + (1 - z) * g

    def _scan_backward(self, run: Run, dh: np.ndarray, d_end: list[np.ndarray]) -> ScannedBack:
        forward, weights, start, skipped, dropped = run
        kernel, recurrent_kernel = weights[:2]
        n = self.units
        u_zr, u_g = recurrent_kernel[:, : 2 * n], recurrent_kernel[:, 2 * n :]
        gate, act = self.recurrent_activation, self.activation
        a, z, r, g = (forward[name] for name in ("a", "z", "r", "g"))
        h_before = before(forward["h"], start[0])
        a_z, a_r, a_g = np.split(a, 3, axis=-1)
        zr_masks = None if dropped.recurrent is None else dropped.recurrent[:2]

        da = np.empty_like(a)
        dhu = np.empty_like(a)  # dL/d(h[t-1] U), reset_after; elsewhere only its blocks z and r
        dz, dr, dg = (np.empty_like(g) for _ in range(3))
        (dh_next,) = d_end  # what comes back from step t+1
        for t in reversed(range(len(a))):
            dh[t] += dh_next
            dh_t = dh[t] if skipped is None else np.where(skipped[t], 0, dh[t])
            dz[t] = dh_t * (h_before[t] - g[t])
            dg[t] = dh_t * (1 - z[t])
            da_g = act.backward(dg[t], a_g[t], g[t])
            dh_next = dh_t * z[t]
            if self.reset_after:
                hu_g = product(h_before[t], recurrent_kernel, dropped.recurrent)[:, 2 * n :]
                if self.use_bias:
                    hu_g = hu_g + weights[2][1, 2 * n :]
                dr[t] = da_g * hu_g
            else:
                seen = self._let_through(np.ones_like(r[t]), h_before[t], dropped)
                d_seen = da_g @ u_g.T
                dr[t] = d_seen * seen
                dh_next = dh_next + self._let_through(r[t], d_seen, dropped)
            da[t] = np.concatenate(
                [gate.backward(dz[t], a_z[t], z[t]), gate.backward(dr[t], a_r[t], r[t]), da_g], axis=-1
            )
            dhu[t] = da[t]
            if self.reset_after:
                dhu[t, :, 2 * n :] *= r[t]
                dh_next = dh_next + product_back(dhu[t], recurrent_kernel, dropped.recurrent)
            else:
                dh_next = dh_next + product_back(dhu[t, :, : 2 * n], u_zr, zr_masks)
            if skipped is not None:
                dh_next = dh_next + np.where(skipped[t], dh[t], 0)

        if self.reset_after:
            d_recurrent = product_weight(h_before, dhu, dropped.recurrent)
        else:
            d_recurrent = np.concatenate(
                [
                    product_weight(h_before, dhu[:, :, : 2 * n], zr_masks),
                    product_weight(self._let_through(r, h_before, dropped), da[:, :, 2 * n :], None),
                ],
                axis=1,
            )
        d_weights = [product_weight(forward["x"], da, dropped.input), d_recurrent]
        if self.use_bias:
            d_bias = da.sum(axis=(0, 1))
            d_weights.append(np.stack([d_bias, dhu.sum(axis=(0, 1))]) if self.reset_after else d_bias)
        d_arrays = {"x": product_back(da, kernel, dropped.input), "a": da, "z": dz, "r": dr, "g": dg, "h": dh}
        return ScannedBack(d_arrays, d_weights, [dh_next])

    def _let_through(self, r: np.ndarray, h: np.ndarray, dropped: Dropped) -> np.ndarray:
        """r * h under the candidate's own dropout: what the candidate sees of the state when reset_after=False."""
        return r * h if dropped.recurrent is None else r * h * dropped.recurrent[2]
