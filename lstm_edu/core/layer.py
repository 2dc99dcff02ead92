"""What all layers share: a fixed configuration, weights in Keras's order, a trace, and the backward pass through it."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple, Self, cast

import numpy as np

from lstm_edu.core import checks, initializers
from lstm_edu.core.precision import Policy, policy
from lstm_edu.trace import Trace, read_only

# Constructor arguments of Keras's layers that change only training. A layer takes them, so that a model
# which has them can be rebuilt and compared; compile() refuses to train with one that it does not support.
# By the module of Keras that they come from.
TRAINING_ONLY = {
    "regularizers": (
        "kernel_regularizer",
        "recurrent_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "embeddings_regularizer",
    ),
    "constraints": ("kernel_constraint", "recurrent_constraint", "bias_constraint", "embeddings_constraint"),
}

Shape = tuple[int | None, ...]  # of an input or an output; None where it may be any number
WeightSpec = tuple[tuple[int, ...], Any]  # the shape of a weight and its initializer


_draws = ContextVar("draws", default=True)  # whether build() draws weights, or makes room for some that are there


def features_of(shape: Shape) -> int:
    """The size of the last axis, which the layers with a kernel have checked to be known."""
    return cast(int, shape[-1])


def quietly() -> np.errstate:
    """Infinities and NaN go where Keras lets them go, without NumPy's warnings (KERAS_FACTS 11)."""
    return np.errstate(over="ignore", under="ignore", invalid="ignore")


class Gradients(NamedTuple):
    """What `layer.backward` returns.

    Attributes:
        weights: dL/dw for each weight, in get_weights() order.
        x: dL/dx, of x's shape and in x's own order of time; None where the input has no gradient (token ids).
        initial_state: dL/d(initial state), one array per state; empty for a layer without state.
        trace: dL/d(every recorded quantity), under the names and shapes of the forward trace.
    """

    weights: list[np.ndarray]
    x: np.ndarray | None
    initial_state: list[np.ndarray]
    trace: Trace


class Prepared(NamedTuple):
    """What a layer's computation starts from, in processing order, checked and cast.

    Attributes:
        x: (B, ...). mask: (B, T) bool, or None. initial_state: the states before the first step; empty without state.
        time: (T,) int, the timestep of the input that each step reads; None for a layer without time.
    """

    x: np.ndarray
    mask: np.ndarray | None
    initial_state: list[np.ndarray]
    time: np.ndarray | None


class Layer:
    """Base of all layers. Subclasses say which weights they have, how they compute, and how gradients come back.

    Args:
        name: a name for messages and traces; the class's name in snake case if none is given.
        dtype: what inputs are cast to and everything is computed in: "float32", "float64", "float16", "bfloat16"; or
            "mixed_float16", "mixed_bfloat16", which keep the weights in float32. Arrays of half precision are held in
            float32, each number being one of the half type (`core.precision` says why). Their gradients are computed
            in float32.
        trainable: whether an optimizer changes the weights.
        seed: for the initial weights (and dropout): the same seed gives the same numbers.
    """

    name: str
    dtype: np.dtype  # of the arrays
    dtype_policy: Policy
    trainable: bool
    seed: int | None
    training_only: dict[str, Any]
    _arguments: dict[str, Any]  # what the layer was made with
    _label: str  # how messages call this layer
    _weights: dict[str, np.ndarray]
    _input_shape: Shape | None

    def __init__(
        self,
        *,
        name: str | None = None,
        dtype: Any = "float32",
        trainable: bool = True,
        seed: int | None = None,
        **training_only: Any,
    ):
        kind = type(self).__name__
        unknown = sorted(set(training_only).difference(*TRAINING_ONLY.values()))
        if unknown:
            raise TypeError(
                f"{kind} has no argument {unknown[0]!r}: Keras 3's layer does not have it either, "
                "or it is not supported here"
            )
        if name is not None and not isinstance(name, str):
            raise TypeError(f"{kind}: name must be a string, got {name!r}")
        self._configure(
            name=name or _snake_case(kind),
            dtype=policy(dtype, kind).held_in,
            dtype_policy=policy(dtype, kind),
            trainable=checks.flag(trainable, "trainable", kind),
            seed=seed,
            training_only={key: value for key, value in training_only.items() if value is not None},
        )
        self._label = kind if self.name == _snake_case(kind) else f"{kind} {self.name!r}"
        self._weights = {}
        self._input_shape = None

    # --- configuration: fixed when the layer is made ---------------------------------------------------------------

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        try:
            bound = inspect.signature(cls.__init__).bind(layer, *args, **kwargs).arguments
        except TypeError:
            return layer  # __init__ is about to raise the same error
        _, *given = bound.items()
        object.__setattr__(layer, "_arguments", {k: v for k, v in given if k != "kwargs"} | bound.get("kwargs", {}))
        return layer

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        return (), dict(self._arguments)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Pickling and copying lose the read-only flag of arrays.
        self._weights = {name: read_only(w) for name, w in self._weights.items()}

    def copy(self, **changes: Any) -> Self:
        """A new layer of the same configuration apart from `changes`; with new weights, not yet drawn."""
        return type(self)(**(self._arguments | changes))

    def _configure(self, **values: Any) -> None:
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise AttributeError(
                f"{type(self).__name__}.{name} is fixed when the layer is made; make a new layer, "
                "or use set_weights() for its numbers"
            )
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{n} {w.shape}" for n, w in zip(self.weight_names, self.weights, strict=False))
        return f"<{type(self).__name__} {self.name!r}: {shapes or ('built' if self.built else 'not built')}>"

    # --- weights ---------------------------------------------------------------------------------------------------

    @property
    def compute_dtype(self) -> str:
        """The name of the type in which it computes."""
        return self.dtype_policy.compute_dtype

    @property
    def quantities(self) -> tuple[str, ...]:
        """What a trace records, in the order of computation."""
        return ()

    @property
    def weight_names(self) -> tuple[str, ...]:
        """The weights' names, in get_weights() order."""
        return ()

    @property
    def built(self) -> bool:
        return self._input_shape is not None

    @property
    def input_shape(self) -> Shape:
        """The shape of the inputs that the layer was built for, e.g. (None, None, 9). ValueError before that."""
        self._require_built("input_shape")
        return cast(Shape, self._input_shape)

    @property
    def weights(self) -> list[np.ndarray]:
        """The weights themselves, read-only, in get_weights() order."""
        return list(self._weights.values())

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Draw the initial weights for inputs of this shape, e.g. (None, None, 9) for (batch, time, 9 features)."""
        shape = self._checked_input_shape(input_shape)
        if self.built:
            if self._features(shape) != self._features(self.input_shape):
                raise ValueError(
                    f"{self._label} was built for inputs {checks.shape_text(self.input_shape)} and cannot be built "
                    f"again for {checks.shape_text(shape)}: its weights would be lost. Make a new layer"
                )
            return
        rng = np.random.default_rng(self.seed)
        self._weights = {
            name: read_only(self._drawn(draw if _draws.get() else "zeros", size, rng))
            for name, (size, draw) in self._weight_specs(shape).items()
        }
        self._input_shape = shape

    def build_with(self, input_shape: Sequence[int | None], weights: Sequence[Any]) -> None:
        """`build` and `set_weights`, without drawing weights first: orthogonal ones of 512 units take seconds."""
        token = _draws.set(False)
        try:
            self.build(input_shape)
        finally:
            _draws.reset(token)
        self.set_weights(weights)

    def _drawn(self, draw: Any, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return self.dtype_policy.kept(np.asarray(initializers.get(draw)(shape, rng, self.dtype)))

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights, in Keras's order."""
        self._require_built("get_weights()")
        return [w.copy() for w in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Take over weights in Keras's order and layout, cast to the type that the layer keeps them in.

        All or none: ValueError for a wrong number of arrays, a wrong shape or a value that is not finite.
        """
        self._require_built("set_weights()")
        if isinstance(weights, np.ndarray) or not isinstance(weights, Sequence):
            raise TypeError(
                f"{self._label}: set_weights needs a list of arrays, [{', '.join(self._weights) or 'empty'}], "
                f"got {type(weights).__name__}"
            )
        if len(weights) != len(self.weights):
            raise ValueError(
                f"{self._label} has {len(self.weights)} weight arrays "
                f"[{', '.join(f'{n} {w.shape}' for n, w in self._weights.items())}], got {len(weights)}"
                + self._count_hint(weights)
            )
        self._weights = {
            name: read_only(
                checks.weight(
                    new, old.shape, self.dtype_policy.kept, name, self._label, self._shape_hint(name, np.shape(new))
                )
            )
            for (name, old), new in zip(self._weights.items(), weights, strict=True)
        }

    def _assign(self, weights: Sequence[np.ndarray]) -> None:
        """Take over arrays that are known to fit (an optimizer's), without copying or checking."""
        self._weights = dict(zip(self._weights, map(read_only, weights), strict=True))

    def count_params(self) -> int:
        """How many numbers the weights have in all."""
        self._require_built("count_params()")
        return sum(w.size for w in self.weights)

    # --- forward ---------------------------------------------------------------------------------------------------

    def __call__(self, x: Any, mask: Any = None, *, training: bool = False, **call: Any) -> Any:
        """What Keras's layer returns for the same weights and flags."""
        self._require_built("a call")
        with quietly():
            return self._returned(self._run(x, mask=mask, training=training, keep=frozenset(), **call)["output"])

    def trace(
        self, x: Any, mask: Any = None, *, training: bool = False, keep: Iterable[str] | None = None, **call: Any
    ) -> Trace:
        """Compute, and return everything that was computed; `trace.output` is what `layer(x)` returns.

        `keep` names the quantities to record, to save memory; all of them if None.
        """
        self._require_built("trace()")
        kept = checks.keep(keep, self.quantities, self._label)
        with quietly():
            return Trace(self, **self._run(x, mask=mask, training=training, keep=kept, **call))

    def _returned(self, output: Any) -> Any:
        """What a call returns: `output`, several arrays in the lists in which Keras returns them."""
        return output

    def prepared(self, x: Any, mask: Any = None, initial_state: Any = None) -> Prepared:
        """What `trace` for the same arguments starts from, with all its checks. Nothing of the layer changes."""
        states = {} if initial_state is None else {"initial_state": initial_state}
        trace = copy.deepcopy(self).trace(x, mask, **states)
        return Prepared(np.asarray(x), trace.mask, trace.initial_state, trace.time)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """The mask that is passed on to the next layer."""
        return mask

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Any:
        """The output's shape for inputs of this shape, unknown sizes None; a tuple of them for several outputs."""
        return tuple(input_shape)

    def reset_state(self) -> None:
        """Forget the state kept from the last batch (stateful layers; others have nothing to forget)."""

    # --- backward --------------------------------------------------------------------------------------------------

    def backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None = None) -> Gradients:
        """The chain rule through everything in `trace`.

        Args:
            trace: a complete trace of this layer.
            dy: dL/d(output), of the output's shape.
            d_state: dL/d(each returned state), where the layer returns its state.

        Raises:
            ValueError: the trace is another layer's or incomplete, or a gradient's shape is not that of its value.
        """
        if not isinstance(trace, Trace):
            raise TypeError(f"{self._label}: backward needs a Trace (layer.trace(x)), got {type(trace).__name__}")
        if trace.layer is not self:
            raise ValueError(
                f"{self._label}: this trace was made by another layer, {trace.kind} {trace.layer.name!r}; "
                "backward needs the layer's own"
            )
        missing = self._missing(trace)
        if missing:
            raise ValueError(
                f"{self._label}: backward needs a complete trace, but this one did not keep {', '.join(missing)}; "
                "call trace(x) without keep"
            )
        with quietly():
            return self._backward(trace, dy, d_state)

    def _missing(self, trace: Trace) -> list[str]:
        """The quantities that backward needs and `trace` did not keep."""
        return [name for name in self.quantities if name not in trace]

    def _gradient(self, value: Any, like: np.ndarray, name: str) -> np.ndarray:
        """A gradient that came in from outside, of the very shape of what it belongs to."""
        array = checks.numbers(value, name, self._label)
        if array.shape != like.shape:
            raise ValueError(
                f"{self._label}: {name} must have the shape of what it is the gradient of, "
                f"{checks.shape_text(like.shape)}, got {checks.shape_text(array.shape)}"
            )
        return checks.cast(array, self.dtype)

    def _no_state(self, d_state: Any) -> None:
        if d_state is not None:
            raise ValueError(f"{self._label} returns no state, so there is no d_state to go back from")

    # --- for subclasses --------------------------------------------------------------------------------------------

    def _weight_specs(self, input_shape: Shape) -> dict[str, WeightSpec]:
        """Name -> (shape, initialiser) of each weight, in Keras's order."""
        return {}

    def _run(self, x: Any, *, mask: Any, training: bool, keep: frozenset[str]) -> dict[str, Any]:
        """Compute: the arguments of a Trace, without the layer. Some layers take more, such as initial_state."""
        raise NotImplementedError

    def _backward(self, trace: Trace, dy: Any, d_state: Sequence[Any] | None) -> Gradients:
        raise NotImplementedError

    def _features(self, shape: Sequence[int | None]) -> Any:
        """The part of an input shape on which the weights depend."""
        return shape[-1]

    def _shape_hint(self, name: str, shape: tuple[int, ...]) -> str:
        return ""

    def _count_hint(self, weights: Sequence[Any]) -> str:
        return ""

    def _require_built(self, what: str) -> None:
        if not self.built:
            raise ValueError(
                f"{self._label} has no weights yet, so {what} is not possible: call build(input_shape) first, "
                f"for example build({self._example_shape}) for inputs with 9 features"
            )

    _example_shape = "(None, None, 9)"

    def _checked_input_shape(self, shape: Any) -> Shape:
        if isinstance(shape, (int, np.integer)) or not isinstance(shape, Sequence):
            raise TypeError(f"{self._label}: an input shape is a tuple such as {self._example_shape}, got {shape!r}")
        shape = tuple(shape)
        for n in shape:
            if n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0):
                raise ValueError(
                    f"{self._label}: sizes in an input shape are whole numbers or None, got {checks.shape_text(shape)}"
                )
        return tuple(None if n is None else int(n) for n in shape)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
