"""What the recurrent layers share: time, masks, states and flags. The equations are in simple_rnn, gru and lstm.

Inside, arrays are time-major, (T, B, H): one timestep is one piece of memory. The trace shows them as (B, T, H).
Everything is in processing order: under go_backwards, step 0 reads the last timestep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import numpy as np

from lstm_edu.core import activations, checks, initializers, slab, threads
from lstm_edu.core.dropout import draw_mask, product
from lstm_edu.core.layer import Gradients, Shape, WeightSpec, features_of, quietly
from lstm_edu.core.over_time import OneWay
from lstm_edu.trace import Trace


class BackwardOfStep(Protocol):
    """Writes dL/dx of step t into `out`, given dL/dy of that step."""

    def __call__(self, t: int, dy_t: np.ndarray, out: np.ndarray) -> None: ...


_BACKENDS = ("tensorflow", "torch", "jax", "numpy")
_CACHED = 1 << 15  # numbers that fit into a processor's cache


class Dropped(NamedTuple):
    """The dropout masks of one call: (B, F) and (B, H), or one for each gate, (blocks, B, .); None: nothing drops."""

    input: np.ndarray | None
    recurrent: np.ndarray | None


class Scanned(NamedTuple):
    """What the loop over time returns.

    Attributes:
        arrays: name -> (T, B, .) of at least the kept quantities. h: (T, B, H), if kept. end: the final states.
    """

    arrays: dict[str, np.ndarray]
    h: np.ndarray
    end: list[np.ndarray]


class Run(NamedTuple):
    """What the loop back through time needs from the forward run.

    Attributes:
        arrays: name -> (T, B, .), every quantity. weights, start: the weights and the states before step 0.
        skipped: (T, B, 1) bool, True where a step was masked, or None. dropped: the dropout masks.
    """

    arrays: dict[str, np.ndarray]
    weights: tuple[np.ndarray, ...]
    start: list[np.ndarray]
    skipped: np.ndarray | None
    dropped: Dropped


class ScannedBack(NamedTuple):
    """What the loop back through time returns: name -> dL/d(quantity), time-major; [dL/dw]; [dL/d(initial state)]."""

    arrays: dict[str, np.ndarray]
    weights: list[np.ndarray]
    start: list[np.ndarray]


class Recurrent(OneWay):
    """Base of SimpleRNN, GRU and LSTM. Source: keras.layers.RNN and keras.backend.rnn of Keras 3.15.1.

    A masked step computes as usual and its result is then discarded: the states are carried over unchanged. The
    *output* of a masked step repeats the previous output, which is zeros before the first step that counts (not the
    initial state), or is zeros throughout with zero_output_for_mask. So does Keras on TensorFlow and PyTorch. On JAX
    and NumPy the output before the first step that counts is the initial state; with unroll=True it is zeros there, and
    zero_output_for_mask does nothing. `from_keras` sets keras_backend to the one that Keras runs on.

    Args:
        units: H, the size of the output and of each state.
        return_sequences: return the outputs of all steps, (B, T, H), instead of the last, (B, H).
        return_state: return the final states as well: (output, *states), each (B, H).
        go_backwards: process the last timestep first; the outputs stay in processing order.
        stateful: start each call from the states in which the last one ended; needs a fixed batch size in build().
        zero_output_for_mask: see above.
        dropout, recurrent_dropout: in training, the fractions of the input and of the previous output that are dropped;
            one mask per sequence, the same at every timestep. With recurrent_dropout each gate gets its own masks, as
            in Keras. Masks can be given: layer(x, training=True, dropout_mask=..., recurrent_dropout_mask=...).
        unroll, use_cudnn: how Keras computes; accepted, without effect apart from what is said about unroll above.
        keras_backend: "tensorflow", "torch", "jax" or "numpy": which of them to follow where they differ, see above.
    """

    state_names: tuple[str, ...] = ("h",)
    blocks = 1  # how many gates' columns are side by side in the kernel
    in_half = True  # whether half precision is possible

    activation: activations.Activation
    use_bias: bool
    kernel_initializer: Any
    recurrent_initializer: Any
    bias_initializer: Any
    dropout: float
    recurrent_dropout: float
    use_cudnn: str | bool
    keras_backend: str
    _states: list[np.ndarray] | None  # what a stateful layer begins its next call with
    _rng: np.random.Generator

    def __init__(
        self,
        units: int,
        activation: Any,
        use_bias: bool,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        zero_output_for_mask: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        keras_backend: str = "tensorflow",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        kind = type(self).__name__
        if self.dtype_policy.half and not self.in_half:
            raise ValueError(f"{kind}: dtype must be 'float32' or 'float64', got '{self.dtype_policy}'")
        if use_cudnn not in ("auto", True, False):
            raise ValueError(f'{kind}: use_cudnn must be "auto", True or False, got {use_cudnn!r}')
        if keras_backend not in _BACKENDS:
            raise ValueError(f"{kind}: keras_backend must be one of {', '.join(_BACKENDS)}, got {keras_backend!r}")
        self._configure(
            units=checks.positive_int(units, "units", kind),
            activation=same_shape(activation, "activation", kind),
            use_bias=checks.flag(use_bias, "use_bias", kind),
            kernel_initializer=initializers.known(kernel_initializer),
            recurrent_initializer=initializers.known(recurrent_initializer),
            bias_initializer=initializers.known(bias_initializer),
            dropout=checks.dropout_rate(dropout, "dropout", kind),
            recurrent_dropout=checks.dropout_rate(recurrent_dropout, "recurrent_dropout", kind),
            use_cudnn=use_cudnn,
            keras_backend=keras_backend,
        )
        self._set_flags(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            zero_output_for_mask=zero_output_for_mask,
            unroll=unroll,
        )
        self._states = None
        self._rng = np.random.default_rng(self.seed)

    # --- weights ---------------------------------------------------------------------------------------------------

    @property
    def weight_names(self) -> tuple[str, ...]:
        return ("kernel", "recurrent_kernel", "bias") if self.use_bias else ("kernel", "recurrent_kernel")

    @property
    def kernel(self) -> np.ndarray:
        """W, (F, blocks * H): what the input is multiplied by; read-only."""
        self._require_built("kernel")
        return self._weights["kernel"]

    @property
    def recurrent_kernel(self) -> np.ndarray:
        """U, (H, blocks * H): what the previous output is multiplied by; read-only."""
        self._require_built("recurrent_kernel")
        return self._weights["recurrent_kernel"]

    @property
    def bias(self) -> np.ndarray | None:
        """b; None without bias; read-only."""
        self._require_built("bias")
        return self._weights.get("bias")

    def _weight_specs(self, input_shape: Shape) -> dict[str, WeightSpec]:
        features, width = features_of(input_shape), self.blocks * self.units
        specs: dict[str, WeightSpec] = {
            "kernel": ((features, width), self.kernel_initializer),
            "recurrent_kernel": ((self.units, width), self.recurrent_initializer),
        }
        if self.use_bias:
            specs["bias"] = self._bias_spec()
        return specs

    def _bias_spec(self) -> WeightSpec:
        return (self.blocks * self.units,), self.bias_initializer

    def build(self, input_shape: Sequence[int | None]) -> None:
        super().build(input_shape)
        if self.stateful and self._states is None:
            self._states = self._zero_states(cast(int, self.input_shape[0]))  # its own check asks for it

    def _checked_input_shape(self, shape: Any) -> Shape:
        shape = super()._checked_input_shape(shape)
        if len(shape) != 3 or not shape[-1]:
            hint = ": should the layer before it have return_sequences=True?" if len(shape) == 2 else ""
            raise ValueError(
                f"{self._label}: the input shape must be (batch, timesteps, features) with the number of features "
                f"known, such as (None, None, 9), got {checks.shape_text(shape)}{hint}"
            )
        if self.stateful and not shape[0]:
            raise ValueError(
                f"{self._label}: a stateful layer keeps one state for each sequence of the batch, so build() needs the "
                f"batch size, such as (4, None, {shape[-1]}), got {checks.shape_text(shape)}"
            )
        return shape

    def _shape_hint(self, name: str, shape: tuple[int, ...]) -> str:
        """What an array of a wrong shape probably is: people pass weights of other libraries and other layers."""
        h, width = self.units, self.blocks * self.units
        last = shape[-1] if shape else 0
        if name == "bias" and shape == (2, width):
            return "two rows, as PyTorch and cuDNN keep them; Keras's single bias is their sum"
        if name != "bias" and len(shape) == 2 and last != width:
            for blocks, kind in ((1, "SimpleRNN"), (3, "GRU"), (4, "LSTM")):
                if blocks != self.blocks and last == blocks * h:
                    return f"{blocks} * units columns belong to a {kind}"
            if last % self.blocks == 0 and last > 0:
                units = last // self.blocks
                return f"{last} columns = {self.blocks} * {units}: a layer of {checks.plural(units, 'unit')}?"
        if name == "kernel" and len(shape) == 2 and last == width:
            return f"it belongs to inputs of {checks.plural(shape[0], 'feature')}"
        return ""

    def _count_hint(self, weights: Sequence[Any]) -> str:
        if len(weights) == len(self.weights) + 1:
            return ": with PyTorch's two biases, pass their sum" if self.use_bias else ": this layer has use_bias=False"
        if len(weights) == len(self.weights) - 1:
            return ": the bias is missing; was it saved from a layer with use_bias=False?"
        return ""

    # --- shapes and masks ------------------------------------------------------------------------------------------

    @property
    def state_sizes(self) -> list[int]:
        return [self.units] * len(self.state_names)

    @property
    def masked_output(self) -> str:
        """The output of a masked step: "zero"; "repeat", the previous output, which is zeros before the first step
        that counts; or "state", h, which is the initial state there."""
        scanned = self.keras_backend in ("jax", "numpy")
        if scanned and self.unroll:
            return "repeat"
        if self.zero_output_for_mask:
            return "zero"
        return "state" if scanned else "repeat"

    # --- states ----------------------------------------------------------------------------------------------------

    @property
    def states(self) -> list[np.ndarray] | None:
        """The states that a stateful layer will start its next call from; None for other layers."""
        return None if self._states is None else [s.copy() for s in self._states]

    def reset_state(self) -> None:
        """Set the kept states of a stateful layer to zeros."""
        if self._states is not None:
            self._states = self._zero_states(len(self._states[0]))

    def _zero_states(self, batch: int) -> list[np.ndarray]:
        return [np.zeros((batch, self.units), self.dtype) for _ in self.state_names]

    def start_states(self, initial_state: Any, batch: int) -> list[np.ndarray]:
        names = ", ".join(self.state_names)
        if self._states is not None and len(self._states[0]) != batch:
            raise ValueError(
                f"{self._label} is stateful and was built for batches of {len(self._states[0])}, "
                f"got {checks.plural(batch, 'sequence')}"
            )
        if initial_state is None:
            return self._zero_states(batch) if self._states is None else self._states
        single = len(self.state_names) == 1
        if isinstance(initial_state, np.ndarray) or not isinstance(initial_state, Sequence):
            if not single:
                raise TypeError(
                    f"{self._label}: initial_state must be a list of {len(self.state_names)} arrays [{names}], each "
                    f"(batch, units) = ({batch}, {self.units}), got {type(initial_state).__name__}"
                )
            initial_state = [initial_state]
        if len(initial_state) != len(self.state_names):
            raise ValueError(
                f"{self._label}: initial_state must hold {len(self.state_names)} array(s) [{names}], "
                f"got {len(initial_state)}"
            )
        start = []
        for name, value in zip(self.state_names, initial_state, strict=True):
            array = checks.numbers(value, f"initial_state {name}", self._label)
            if array.shape != (batch, self.units):
                raise ValueError(
                    f"{self._label}: initial_state {name} must have shape (batch, units) = ({batch}, {self.units}), "
                    f"got {checks.shape_text(array.shape)}: one row for each sequence, none is repeated silently"
                )
            start.append(np.array(self.dtype_policy.cast(array)))
        return start

    # --- forward ---------------------------------------------------------------------------------------------------

    def checked_input(self, x: Any) -> np.ndarray:
        x = checks.numbers(x, "x", self._label)
        features = self.kernel.shape[0]
        if x.ndim != 3:
            cause = {
                2: "for one sequence write x[None, :, :]; for sequences of single numbers x[:, :, None]",
                1: "for one sequence of single numbers write x[None, :, None]",
            }.get(x.ndim, "there are too many axes")
            raise ValueError(
                f"{self._label}: x must have shape (batch, timesteps, features) = (any, any, {features}), "
                f"got {checks.shape_text(x.shape)}: {cause}"
            )
        if x.shape[2] != features:
            cause = "time and features look swapped" if x.shape[1] == features else "it was built for another number"
            raise ValueError(
                f"{self._label}: x must have {checks.plural(features, 'feature')} on its last axis, "
                f"got shape {checks.shape_text(x.shape)}: {cause}"
            )
        if x.shape[1] == 0:
            raise ValueError(f"{self._label}: x must have at least one timestep, got {checks.shape_text(x.shape)}")
        return self.dtype_policy.cast(x)

    def _dropped(self, training: bool, batch: int, dropout_mask: Any, recurrent_dropout_mask: Any) -> Dropped:
        """The dropout masks of this call: given ones, drawn ones, or none."""
        each_gate = (self.blocks,) if self.recurrent_dropout and self.blocks > 1 else ()
        masks: list[np.ndarray | None] = []
        for given, name, rate, width in (
            (dropout_mask, "dropout_mask", self.dropout, self.kernel.shape[0]),
            (recurrent_dropout_mask, "recurrent_dropout_mask", self.recurrent_dropout, self.units),
        ):
            shape = (*each_gate, batch, width)
            if given is not None:
                checks.in_training(training, name, self._label)
                if not rate:
                    raise ValueError(f"{self._label}: {name} was given to a layer whose rate is 0")
                masks.append(checks.dropout_mask(given, shape, self.dtype, name, self._label))
            else:
                masks.append(draw_mask(shape, rate, self._rng, self.dtype) if training and rate else None)
        return Dropped(*masks)

    def _run(
        self,
        x: Any,
        *,
        mask: Any,
        training: bool,
        keep: frozenset[str],
        initial_state: Any = None,
        dropout_mask: Any = None,
        recurrent_dropout_mask: Any = None,
    ) -> dict[str, Any]:
        x, mask, start, time = self.prepared(x, mask, initial_state)
        dropped = self._dropped(training, len(x), dropout_mask, recurrent_dropout_mask)
        skipped = None if mask is None else ~mask.T[:, :, None]  # (T, B, 1)
        # As it came, even under go_backwards: so does Keras.
        passed_on = mask[:, time] if mask is not None and self.return_sequences else None

        scan = self._scan_in_half if self.dtype_policy.half else self._scan
        with threads.one_thread(len(x) * self.recurrent_kernel.size):
            arrays, h, end = scan(
                x.transpose(1, 0, 2), start, skipped, keep | {"h"} if self.return_sequences else keep, dropped
            )
        if self.return_sequences:
            output = _outputs(h, skipped, self.masked_output).transpose(1, 0, 2)
        else:
            output = _last_output(end[0], skipped, self.masked_output)
        if self.stateful:
            self._states = [s.copy() for s in end]
        return {
            "arrays": {name: arrays[name].transpose(1, 0, 2) for name in self.quantities if name in keep},
            "output": (output, *[s.copy() for s in end]) if self.return_state else output,
            "mask": mask,
            "output_mask": passed_on,
            "initial_state": start,
            "time": time,
            "dropout_masks": dropped,
        }

    def _project_input(self, x: np.ndarray, masks: np.ndarray | None, sums: np.ndarray) -> np.ndarray:
        """Write x W + b for all steps at once into `sums` (T, B, blocks * H); return our own copy of x (T, B, F).

        The input's part of the sum does not wait for time. The bias goes in as the weight of one more input that is
        always 1, which saves a pass over the memory.
        """
        timesteps, batch, features = x.shape
        bias = self._input_bias()
        kernel = self.kernel if bias is None else np.concatenate([self.kernel, bias[None]])
        ours = np.empty((timesteps, batch, len(kernel)), self.dtype)
        ours[:, :, :features] = x
        ours[:, :, features:] = 1
        flat = sums.reshape(timesteps * batch, sums.shape[-1])
        if masks is None:
            np.dot(ours.reshape(timesteps * batch, len(kernel)), kernel, out=flat)
        else:
            if self.use_bias:  # the 1 is never dropped
                masks = np.concatenate([masks, np.ones_like(masks[..., :1])], axis=-1)
            product(ours, kernel, masks, out=sums)
        return ours[:, :, :features]

    def _input_bias(self) -> np.ndarray | None:
        """The bias on the input side of the sum."""
        return self.bias

    def computed(self, arrays: Mapping[str, np.ndarray], start: Sequence[np.ndarray]) -> np.ndarray:
        """(B, T, H): the output that each step computed, also where the step is masked and it was discarded.

        Args:
            arrays: every recorded quantity. start: the states before the first step.
        """
        time_major = {name: a.transpose(1, 0, 2) for name, a in arrays.items()}
        if self.dtype_policy.half:
            time_major = {name: self.dtype_policy.coarse(a) for name, a in time_major.items()}
        with quietly():
            return self.dtype_policy.plain(self._computed(time_major, start)).transpose(1, 0, 2)

    def _computed(self, arrays: Mapping[str, np.ndarray], start: Sequence[np.ndarray]) -> np.ndarray:
        raise NotImplementedError

    def _scan(
        self, x: np.ndarray, start: list[np.ndarray], skipped: np.ndarray | None, keep: frozenset[str], dropped: Dropped
    ) -> Scanned:
        """The loop over time.

        Args:
            x: (T, B, F), the caller's memory: copy what is kept. start: the states before step 0, each (B, H).
            skipped: (T, B, 1) bool, True where a step is masked, or None.
            keep: the names of the quantities to record. dropped: the dropout masks.
        """
        raise NotImplementedError

    def _scan_in_half(
        self, x: np.ndarray, start: list[np.ndarray], skipped: np.ndarray | None, keep: frozenset[str], dropped: Dropped
    ) -> Scanned:
        """`_scan` in half precision: step by step, every operation rounded, in Keras's order of operations."""
        half = self.dtype_policy
        kernel, recurrent_kernel, *bias = map(half.coarse, self.weights)
        projected = product(half.coarse(x), kernel, dropped.input)
        states, steps = list(map(half.coarse, start)), []
        for t in range(len(x)):
            found = self._step(half.coarse(projected[t]), states, recurrent_kernel, bias, dropped.recurrent)
            if skipped is not None:
                for name, old in zip(self.state_names, states, strict=True):
                    found[name] = np.where(skipped[t], old, found[name])
            states = [half.coarse(found[name]) for name in self.state_names]
            steps.append(found)
        arrays = {"x": half.plain(x)} | {name: half.plain(np.stack([s[name] for s in steps])) for name in steps[0]}
        return Scanned(arrays, arrays["h"], [half.plain(state) for state in states])

    def _step(
        self,
        projected: np.ndarray,
        states: list[np.ndarray],
        recurrent_kernel: np.ndarray,
        bias: list[np.ndarray],
        masks: np.ndarray | None,
    ) -> dict[str, np.ndarray]:
        """One step in half precision: every recorded quantity but x. All arrays are `Coarse`; projected is x W."""
        raise NotImplementedError

    def _activated(self, activation: activations.Activation, z: np.ndarray) -> np.ndarray:
        return self.dtype_policy.coarse(activation.function(z))

    # --- backward --------------------------------------------------------------------------------------------------

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        returned = trace.output if self.return_state else (trace.output,)
        dy = self._gradient(dy, returned[0], "dy")
        if d_state is None:
            d_end = [np.zeros_like(s) for s in trace.initial_state]
        elif not self.return_state:
            raise ValueError(
                f"{self._label}: d_state is the gradient of returned states, and this layer returns none "
                "(return_state=False)"
            )
        else:
            if isinstance(d_state, np.ndarray) or len(d_state) != len(self.state_names):
                raise ValueError(
                    f"{self._label}: d_state must be a list of {checks.plural(len(self.state_names), 'array')} "
                    f"[{', '.join('d' + n for n in self.state_names)}]"
                )
            d_end = [
                self._gradient(d, s, f"d_state d{n}")
                for n, d, s in zip(self.state_names, d_state, returned[1:], strict=True)
            ]

        forward = {name: trace[name].transpose(1, 0, 2) for name in self.quantities}  # (T, B, .)
        skipped = None if trace.mask is None else ~trace.mask.T[:, :, None]
        # dL/dh of each step through the layer's output alone; the loop adds what comes back from later steps.
        dh = np.zeros_like(forward["h"])
        if self.return_sequences:
            dh[:] = dy.transpose(1, 0, 2)
        else:
            dh[-1] = dy
        if skipped is not None:
            dh *= live(skipped, self.masked_output)
        weights = tuple(map(self.dtype_policy.cast, trace.weights))
        run = Run(forward, weights, trace.initial_state, skipped, Dropped(*trace.dropout_masks))
        with threads.one_thread(dh.shape[1] * self.recurrent_kernel.size):
            d_arrays, d_weights, d_start = self._scan_backward(run, dh, d_end)
        record = {name: d_arrays[name].transpose(1, 0, 2) for name in self.quantities}
        return Gradients(
            d_weights,
            np.ascontiguousarray(record["x"][:, self.order]),
            d_start,
            Trace(self, record, dy, mask=trace.mask, initial_state=d_start, time=trace.time, weights=trace.weights),
        )

    def _scan_backward(self, run: Run, dh: np.ndarray, d_end: list[np.ndarray]) -> ScannedBack:
        """The loop back through time.

        Args:
            dh: (T, B, H), dL/dh through the output of each step; is changed. d_end: dL/d(final states).
        """
        raise NotImplementedError


def before(sequence: np.ndarray, start: np.ndarray) -> np.ndarray:
    """A state's value *before* each step: (T, B, H) from its values after each step and the start."""
    return np.concatenate([start[None], sequence[:-1]])


def record(
    keep: frozenset[str],
    timesteps: int,
    batch: int,
    dtype: np.dtype,
    whole: frozenset[str] = frozenset(),
    **widths: int,
) -> list[np.ndarray]:
    """Memory for a scan's quantities, (T, B, width) each: all steps, or two in turn where a quantity is not kept.

    `whole` names those that the scan needs for all steps though they are not kept. What is kept is separate from
    everything else, which is freed when the scan ends.
    """
    steps = {name: timesteps if name in keep | whole else min(timesteps, 2) for name in widths}
    shapes = {name: (steps[name], batch, width) for name, width in widths.items()}
    found: dict[str, np.ndarray] = {}
    for names in ([name for name in widths if name in keep], [name for name in widths if name not in keep]):
        found |= zip(names, slab.arrays(*(shapes[name] for name in names), dtype=dtype), strict=True)
    return [found[name] for name in widths]


def backward_by_step(activation: activations.Activation, x: np.ndarray, y: np.ndarray) -> BackwardOfStep:
    """A function (t, dy_t, out) that writes dL/dx of step t, given all x that went in and y that came out, (T, B, H).

    Where each output depends on its own input only, the slopes do not wait for the loop: they are taken for many
    timesteps at once, as many as stay in the cache.
    """
    slope = activation.slope
    if slope is None:
        return lambda t, dy_t, out: np.copyto(out, activation.backward(dy_t, x[t], y[t]))
    at_once = max(1, _CACHED // x[0].size)
    first, slopes = -1, x[:0]  # a block of timesteps: where it begins, and its slopes

    def backward(t: int, dy_t: np.ndarray, out: np.ndarray) -> None:
        nonlocal first, slopes
        if t - t % at_once != first:
            first = t - t % at_once
            slopes = slope(x[first : first + at_once], y[first : first + at_once])
        np.multiply(dy_t, slopes[t - first], out=out)

    return backward


def in_turn(steps: np.ndarray, timesteps: int) -> list[np.ndarray]:
    """Where to write at each of the timesteps: its own place, or that of the step before the last."""
    return list(steps) if len(steps) == timesteps else [steps[t % len(steps)] for t in range(timesteps)]


def live(skipped: np.ndarray, masked_output: str) -> np.ndarray:
    """(T, B, 1) bool: where the output is the state h; elsewhere it is zero."""
    if masked_output == "state":
        return np.ones_like(skipped)
    return ~skipped if masked_output == "zero" else np.logical_or.accumulate(~skipped, axis=0)


def _outputs(h: np.ndarray, skipped: np.ndarray | None, masked_output: str) -> np.ndarray:
    """The outputs of all steps. A carried h *is* the previous output, once there has been one."""
    if skipped is None:
        return h
    shown = live(skipped, masked_output)
    return h if shown.all() else np.where(shown, h, np.zeros((), h.dtype))


def _last_output(h: np.ndarray, skipped: np.ndarray | None, masked_output: str) -> np.ndarray:
    if skipped is None:
        return h.copy()  # or it would hold all memory of the scan
    return np.where(live(skipped, masked_output)[-1], h, np.zeros((), h.dtype))


def same_shape(activation: Any, name: str, kind: str) -> activations.Activation:
    activation = activations.get(activation)
    if activation.name == "glu":
        raise ValueError(f"{kind}: {name} 'glu' halves its input and cannot be a gate")
    return activation
