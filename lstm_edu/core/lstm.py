"""LSTM: Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000), as in Keras.

    z = x[t] W + h[t-1] U + b          (B, 4H), one sum for all four gates: blocks i, f, g, o
    i = sigmoid(z_i)                   input gate: how much of the candidate is written
    f = sigmoid(z_f)                   forget gate: how much of the old cell state is kept
    g = tanh(z_g)                      candidate: what could be written (Keras's code calls it c)
    o = sigmoid(z_o)                   output gate: how much of the cell state is shown
    c[t] = f * c[t-1] + i * g          cell state
    h[t] = o * tanh(c[t])              output

`lstm_step` writes these out. `LSTM` computes the same over all timesteps, fast; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import activations, checks, initializers, slab
from lstm_edu.core.dropout import product, product_back, product_weight
from lstm_edu.core.layer import WeightSpec
from lstm_edu.core.recurrent import (
    Dropped,
    Recurrent,
    Run,
    Scanned,
    ScannedBack,
    backward_by_step,
    before,
    in_turn,
    record,
    same_shape,
)


class LSTMStep(NamedTuple):
    """One step of an LSTM: the sum z (B, 4H), the gates i, f, g, o and the new states c, h, each (B, H)."""

    z: np.ndarray
    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c: np.ndarray
    h: np.ndarray


def lstm_step(
    x_t: Any,
    h: Any,
    c: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    activation: str | activations.Activation | None = "tanh",
    recurrent_activation: str | activations.Activation | None = "sigmoid",
) -> LSTMStep:
    """One timestep, equation by equation.

    Args:
        x_t: the input of this timestep, (B, F); or (F,) for a single sequence.
        h, c: the output and the cell state of the previous timestep, (B, H); or (H,).
        kernel (F, 4H), recurrent_kernel (H, 4H), bias (4H,) or None: Keras's layout, blocks i, f, g, o.

    Returns:
        LSTMStep(z, i, f, g, o, c, h), with the batch axis if x_t has one.

    Raises:
        ValueError: shapes that do not belong together; nothing is broadcast.
    """
    x_t, h, c, kernel, recurrent_kernel, bias = _step_arguments(x_t, h, c, kernel, recurrent_kernel, bias)
    act, gate = same_shape(activation, "activation", "lstm_step"), activations.get(recurrent_activation)

    z = x_t @ kernel + h @ recurrent_kernel + bias
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    i = gate(z_i)
    f = gate(z_f)
    g = act(z_g)
    o = gate(z_o)
    c = f * c + i * g
    h = o * act(c)
    return LSTMStep(z, i, f, g, o, c, h)


class LSTM(Recurrent):
    """Keras's LSTM layer (keras.layers.LSTM, Keras 3.15.1). The equations are at the top of this file.

    Weights: kernel (F, 4H), recurrent_kernel (H, 4H), bias (4H,); blocks of H columns in the order i, f, g, o.
    The trace records x (B, T, F), z (B, T, 4H), i, f, g, o, c, h (B, T, H). States: [h, c].

    Args:
        units: H.
        activation: of the candidate and of the cell state on its way out. recurrent_activation: of i, f and o.
        use_bias: whether b is added, once, to the sum.
        kernel_initializer, recurrent_initializer, bias_initializer: Keras's names.
        unit_forget_bias: set the forget gate's block of the first bias to 1. The other blocks stay at
            bias_initializer (Keras's documentation says they become zeros; they do not).
        Everything else: see `Recurrent` and `Layer`.
    """

    quantities = ("x", "z", "i", "f", "g", "o", "c", "h")
    state_names = ("h", "c")
    blocks = 4

    recurrent_activation: activations.Activation
    unit_forget_bias: bool

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        **kwargs: Any,
    ):
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, **kwargs
        )
        self._configure(
            recurrent_activation=same_shape(recurrent_activation, "recurrent_activation", "LSTM"),
            unit_forget_bias=checks.flag(unit_forget_bias, "unit_forget_bias", "LSTM"),
        )

    def _bias_spec(self) -> WeightSpec:
        h, others = self.units, initializers.get(self.bias_initializer)

        def forget_block_of_ones(shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype) -> np.ndarray:
            return np.concatenate([others((h,), rng, dtype), np.ones(h, dtype), others((2 * h,), rng, dtype)])

        return (4 * h,), forget_block_of_ones if self.unit_forget_bias else self.bias_initializer

    def checked_input(self, x: Any) -> np.ndarray:
        x = super().checked_input(x)
        if x.shape[0] == 0:
            raise ValueError(f"{self._label}: x must hold at least one sequence, got {checks.shape_text(x.shape)}")
        return x

    def _scan(
        self, x: np.ndarray, start: list[np.ndarray], skipped: np.ndarray | None, keep: frozenset[str], dropped: Dropped
    ) -> Scanned:
        timesteps, batch, _ = x.shape
        n, dtype = self.units, self.dtype
        recurrent_kernel = self.recurrent_kernel

        all_gates = keep.issuperset("ifgo")
        widths = {"gates": 4 * n, "c": n, "h": n} | ({"z": 4 * n} if "z" in keep else {})
        gates, c_memory, h_memory, *sums = record(
            keep | {"gates"} if all_gates else keep, timesteps, batch, dtype, whole=frozenset({"gates"}), **widths
        )
        z = sums[0] if sums else gates  # sums that are not kept are written over by the gates
        ours = self._project_input(x, dropped.input, z)
        i, f, g, o = (gates[:, :, k * n : (k + 1) * n] for k in range(4))

        squash = self.activation.function
        open_gates = self._gate_writer(batch)
        hu = np.empty((batch, 4 * n), dtype)
        ig = np.empty((batch, n), dtype)
        h, c = start
        for t, (z_t, gates_t, i_t, f_t, g_t, o_t, c_t, h_t) in enumerate(
            zip(z, gates, i, f, g, o, in_turn(c_memory, timesteps), in_turn(h_memory, timesteps), strict=True)
        ):
            z_t += product(h, recurrent_kernel, dropped.recurrent, out=hu)
            open_gates(z_t, gates_t)
            np.multiply(i_t, g_t, out=ig)
            np.multiply(f_t, c, out=c_t)  # c[t] = f * c[t-1] + i * g
            c_t += ig
            if squash is np.tanh:
                np.tanh(c_t, out=h_t)
            else:
                h_t[...] = squash(c_t)
            h_t *= o_t  # h[t] = o * tanh(c[t])
            if skipped is not None:
                np.copyto(c_t, c, where=skipped[t])
                np.copyto(h_t, h, where=skipped[t])
            h, c = h_t, c_t

        arrays = {"x": ours, "z": z, "c": c_memory, "h": h_memory}
        named = {"i": i, "f": f, "g": g, "o": o}
        if not all_gates:  # let go of the memory that the gates share
            named = {name: gate.copy() for name, gate in named.items() if name in keep}
        return Scanned(arrays | named, h_memory, [h, c])

    def _step(
        self,
        projected: np.ndarray,
        states: list[np.ndarray],
        recurrent_kernel: np.ndarray,
        bias: list[np.ndarray],
        masks: np.ndarray | None,
    ) -> dict[str, np.ndarray]:
        act, gate = self.activation, self.recurrent_activation
        h, c = states
        z = projected + product(h, recurrent_kernel, masks)
        if bias:
            z = z + bias[0]
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        i, f, o = (self._activated(gate, z_k) for z_k in (z_i, z_f, z_o))
        g = self._activated(act, z_g)
        c = f * c + i * g
        h = o * self._activated(act, c)
        return {"z": z, "i": i, "f": f, "g": g, "o": o, "c": c, "h": h}

    def _computed(self, arrays: Mapping[str, np.ndarray], start: Sequence[np.ndarray]) -> np.ndarray:
        i, f, g, o, c = (arrays[name] for name in "ifgoc")
        return o * self.activation.function(f * before(c, start[1]) + i * g)

    def _gate_writer(self, batch: int) -> Callable[[np.ndarray, np.ndarray], None]:
        """A function (z_t, gates_t): apply the four gates' activations to one step's sum, in place."""
        n = self.units
        act, gate = self.activation.function, self.recurrent_activation.function
        if self.activation is activations.tanh and self.recurrent_activation is activations.sigmoid:
            # sigmoid(z) = 1/2 + tanh(z/2)/2: a single tanh over the whole row computes all four gates.
            scale = np.full((batch, 4 * n), 0.5, self.dtype)
            scale[:, 2 * n : 3 * n] = 1
            shift = 1 - scale

            def fused(z_t: np.ndarray, gates_t: np.ndarray) -> None:
                np.multiply(z_t, scale, out=gates_t)
                np.tanh(gates_t, out=gates_t)
                np.multiply(gates_t, scale, out=gates_t)
                np.add(gates_t, shift, out=gates_t)

            return fused

        def one_by_one(z_t: np.ndarray, gates_t: np.ndarray) -> None:
            for k, function in enumerate((gate, gate, act, gate)):
                block = slice(k * n, (k + 1) * n)
                gates_t[:, block] = function(z_t[:, block])

        return one_by_one

    def _scan_backward(self, run: Run, dh: np.ndarray, d_end: list[np.ndarray]) -> ScannedBack:
        forward, weights, start, skipped, dropped = run
        kernel, recurrent_kernel = weights[:2]
        act, gate = self.activation, self.recurrent_activation
        peepholes = self._peephole_blocks(weights)
        z, i, f, g, o, c, h = (forward[name] for name in ("z", "i", "f", "g", "o", "c", "h"))
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        squashed = act.function(c)

        dz, di, df, dg, do, dc = slab.arrays(z.shape, *[c.shape] * 5, dtype=self.dtype)
        dz_i, dz_f, dz_g, dz_o = np.split(dz, 4, axis=-1)
        back_i, back_f, back_o = (backward_by_step(gate, *gate_of) for gate_of in ((z_i, i), (z_f, f), (z_o, o)))
        back_g, back_c = (backward_by_step(act, *act_of) for act_of in ((z_g, g), (c, squashed)))
        through_h = np.empty_like(start[1])
        dh_next, dc_next = d_end  # what comes back from step t+1
        for t in reversed(range(len(z))):
            c_before = c[t - 1] if t else start[1]
            dh_t, dc_t = dh[t], dc[t]
            dh_t += dh_next
            dh_live, dc_live = dh_t, dc_next
            if skipped is not None:  # a skipped step passes both gradients through, unchanged
                dh_live, dc_live = (np.where(skipped[t], 0, d) for d in (dh_t, dc_next))
            np.multiply(dh_live, squashed[t], out=do[t])
            back_o(t, do[t], out=dz_o[t])
            np.multiply(dh_live, o[t], out=through_h)
            back_c(t, through_h, out=through_h)
            np.add(dc_live, through_h, out=dc_t)
            if peepholes is not None:
                dc_t += dz_o[t] * peepholes[2]
            np.multiply(dc_t, g[t], out=di[t])
            np.multiply(dc_t, c_before, out=df[t])
            np.multiply(dc_t, i[t], out=dg[t])
            back_i(t, di[t], out=dz_i[t])
            back_f(t, df[t], out=dz_f[t])
            back_g(t, dg[t], out=dz_g[t])
            dh_before = product_back(dz[t], recurrent_kernel, dropped.recurrent)
            dc_before = dc_t * f[t]
            if peepholes is not None:
                dc_before += dz_i[t] * peepholes[0] + dz_f[t] * peepholes[1]
            if skipped is not None:
                dh_before += np.where(skipped[t], dh_t, 0)
                dc_before += np.where(skipped[t], dc_next, 0)
                np.copyto(dc_t, dc_next, where=skipped[t])
            dh_next, dc_next = dh_before, dc_before

        d_weights = [
            product_weight(forward["x"], dz, dropped.input),
            product_weight(start[0], dz[0], dropped.recurrent) + product_weight(h[:-1], dz[1:], dropped.recurrent),
        ]
        if self.use_bias:
            d_weights.append(dz.sum(axis=(0, 1)))
        if peepholes is not None:
            c_before = before(c, start[1])
            seen = ((dz_i, c_before), (dz_f, c_before), (dz_o, c))
            d_weights.append(np.concatenate([(d * state).sum(axis=(0, 1)) for d, state in seen]))
        dx = product_back(dz, kernel, dropped.input)
        d_arrays = {"x": dx, "z": dz, "i": di, "f": df, "g": dg, "o": do, "c": dc, "h": dh}
        return ScannedBack(d_arrays, d_weights, [dh_next, dc_next])

    def _peephole_blocks(self, weights: Sequence[np.ndarray]) -> list[np.ndarray] | None:
        """p_i, p_f, p_o of a PeepholeLSTM; Keras's LSTM has none."""
        return None


def _step_arguments(x_t: Any, h: Any, c: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> list[np.ndarray]:
    """The arguments of `lstm_step` as arrays of one float dtype whose shapes belong together."""
    owner = "lstm_step"
    given = {"x_t": x_t, "h": h, "c": c, "kernel": kernel, "recurrent_kernel": recurrent_kernel}
    arrays = {name: checks.numbers(value, name, owner) for name, value in given.items()}
    if bias is not None:
        arrays["bias"] = checks.numbers(bias, "bias", owner)
    dtype = np.result_type(np.float32, *arrays.values())
    arrays = {name: a.astype(dtype, copy=False) for name, a in arrays.items()}

    x_t, h, kernel, recurrent_kernel = (arrays[name] for name in ("x_t", "h", "kernel", "recurrent_kernel"))
    if x_t.ndim not in (1, 2):
        raise ValueError(
            f"{owner}: x_t must be one timestep, (batch, features) or (features,), got {checks.shape_text(x_t.shape)}: "
            "a whole sequence goes to LSTM, or step by step through x[:, t]"
        )
    if h.ndim != x_t.ndim:
        raise ValueError(
            f"{owner}: x_t and h must both have a batch axis or both have none, "
            f"got {checks.shape_text(x_t.shape)} and {checks.shape_text(h.shape)}"
        )
    features, units = x_t.shape[-1], h.shape[-1]
    batch = x_t.shape[:-1]
    arrays.setdefault("bias", np.zeros(4 * units, dtype))
    wanted = {
        "h": (*batch, units),
        "c": (*batch, units),
        "kernel": (features, 4 * units),
        "recurrent_kernel": (units, 4 * units),
        "bias": (4 * units,),
    }
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            hint = ": it looks transposed" if len(shape) == 2 and arrays[name].shape == shape[::-1] else ""
            raise ValueError(
                f"{owner}: with {checks.plural(features, 'feature')} and {checks.plural(units, 'unit')}, {name} must "
                f"have shape {checks.shape_text(shape)}, got {checks.shape_text(arrays[name].shape)}{hint}"
            )
    return [arrays[name] for name in ("x_t", "h", "c", "kernel", "recurrent_kernel", "bias")]
