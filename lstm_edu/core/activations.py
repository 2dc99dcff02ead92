"""Keras's activation functions by Keras's names, each with its derivative.

`get("tanh")` returns an `Activation`: call it for y = f(x), ask `.slope(x, y)` for dy/dx where each output depends on
its own input only, and `.backward(dy, x, y)` for the chain rule, which every activation has. "leaky_relu(0.3)" and
"elu(0.5)" are those with another slope or alpha, as Keras's layers LeakyReLU and ELU have.

Source: keras.activations of Keras 3.15.1 on TensorFlow 2.21, whose numbers these equal (see keras_bridge's tests).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from lstm_edu.core.precision import Coarse

Array = np.ndarray


@dataclass(frozen=True)
class Activation:
    """One activation function.

    Attributes:
        name: Keras's name.
        formula: the function as one would write it on paper.
        function: x -> y, same dtype; same shape except for glu, which halves the last axis.
        slope: (x, y) -> dy/dx of the same shape, or None where outputs mix several inputs (softmax).
        pullback: (dy, x, y) -> dL/dx; only needed where there is no slope.
    """

    name: str
    formula: str
    function: Callable[[Array], Array] = field(repr=False)
    slope: Callable[[Array, Array], Array] | None = field(default=None, repr=False)
    pullback: Callable[[Array, Array, Array], Array] | None = field(default=None, repr=False)

    def __call__(self, x: Array) -> Array:
        """y = f(x). Integers become float32, as Keras casts them."""
        x = np.asarray(x)
        if x.dtype.kind not in "fiub":
            raise TypeError(f"{self.name} needs real numbers, got dtype {x.dtype}")
        with np.errstate(all="ignore"):  # infinities and NaN go where Keras lets them go
            return self.function(x if x.dtype.kind == "f" else x.astype(np.float32))

    def __reduce__(self) -> tuple[Callable, tuple[str]]:
        return get, (self.name,)

    @property
    def elementwise(self) -> bool:
        """Whether each output depends on its own input only."""
        return self.slope is not None

    def derivative(self, x: Array) -> Array:
        """dy/dx at x, same shape. ValueError for activations that mix inputs: use `backward`."""
        if self.slope is None:
            raise ValueError(
                f"{self.name} has no derivative of x's own shape: each output depends on every input of its row; "
                "use backward(dy, x, y), which applies the chain rule"
            )
        x = np.asarray(x, dtype=np.result_type(np.float32, np.asarray(x).dtype))
        return self.slope(x, self(x))

    def backward(self, dy: Array, x: Array, y: Array) -> Array:
        """dL/dx from dL/dy, given the x that went in and the y that came out."""
        if self.slope is not None:
            return dy * self.slope(x, y)
        assert self.pullback is not None, f"{self.name} has neither slope nor pullback"
        return self.pullback(dy, x, y)


_ALL: dict[str, Activation] = {}


def _define(
    name: str,
    formula: str,
    function: Callable[[Array], Array],
    slope: Callable[[Array, Array], Array] | None = None,
    pullback: Callable[[Array, Array, Array], Array] | None = None,
) -> Activation:
    _ALL[name] = Activation(name, formula, function, slope, pullback)
    return _ALL[name]


def get(identifier: str | Activation | None) -> Activation:
    """The activation of that name; None is ``"linear"``, as in Keras. TypeError or ValueError otherwise."""
    if identifier is None:
        return linear
    if isinstance(identifier, Activation):
        return identifier
    if not isinstance(identifier, str):
        raise TypeError(
            f"an activation is given by Keras's name, as a string, or as None; got {type(identifier).__name__} "
            f"({identifier!r}). A hand-written function has no known derivative and cannot be used in a layer"
        )
    if identifier in _ALL:
        return _ALL[identifier]
    if (given := re.fullmatch(r"(\w+)\((.+)\)", identifier)) and given[1] in _WITH_A_NUMBER:
        return _with_a_number(identifier, given[1], given[2])
    if identifier == "threshold":
        raise ValueError("threshold needs two more arguments and so cannot be named in a layer, in Keras either")
    import difflib

    close = difflib.get_close_matches(identifier.lower(), _ALL, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    raise ValueError(f"unknown activation {identifier!r}{hint} Known: {', '.join(sorted(_ALL))}")


def names() -> tuple[str, ...]:
    """Every name that `get` knows."""
    return tuple(_ALL)


# --- the four that an LSTM lesson needs -----------------------------------------------------------------------------


def _sigmoid(x: Array) -> Array:
    if isinstance(x, Coarse):  # in half precision the form matters: TensorFlow has e^x / (1 + e^x)
        e = np.exp(x)
        return np.where(np.isinf(e), 1, e / (1 + e)).view(type(x))
    with np.errstate(over="ignore"):  # exp(1e4) is inf, and 1/inf is the right answer: 0
        return 1 / (1 + np.exp(-x))


linear = _define("linear", "x", lambda x: x, lambda x, y: np.ones_like(y))
tanh = _define("tanh", "tanh(x)", np.tanh, lambda x, y: 1 - y * y)
sigmoid = _define("sigmoid", "1 / (1 + exp(-x))", _sigmoid, lambda x, y: y * (1 - y))


def _softmax(x: Array) -> Array:
    with np.errstate(invalid="ignore"):  # inf - inf: NaN, as in Keras
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        if isinstance(x, Coarse):
            return e * (1 / e.sum(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


softmax = _define(
    "softmax",
    "exp(x) / sum(exp(x))",
    _softmax,
    pullback=lambda dy, x, y: y * (dy - (dy * y).sum(axis=-1, keepdims=True)),
)

# --- the hard ones: straight lines, and two generations with the same name ------------------------------------------


def _between(x: Array, low: float, high: float) -> Array:
    """1 strictly inside (low, high), else 0: the slope of a clip (0 at its corners, as in TensorFlow)."""
    return ((x > low) & (x < high)).astype(x.dtype)


hard_sigmoid = _define(
    "hard_sigmoid",
    "clip(x/6 + 1/2, 0, 1)",
    lambda x: np.clip(x + 3, 0, 6) / 6,
    lambda x, y: _between(x, -3, 3) / 6,
)
# Keras 1 and 2 had a different slope under the same name; it was the LSTM's default recurrent activation until 2.3.
hard_sigmoid_keras2 = _define(
    "hard_sigmoid_keras2",
    "clip(x/5 + 1/2, 0, 1)",
    lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    lambda x, y: 0.2 * _between(x, -2.5, 2.5),
)
hard_tanh = _define(
    "hard_tanh", "clip(x, -1, 1)", lambda x: np.clip(x, -1, 1), lambda x, y: ((x >= -1) & (x <= 1)).astype(x.dtype)
)
hard_silu = _define(
    "hard_silu",
    "x hard_sigmoid(x)",
    lambda x: x * hard_sigmoid.function(x),
    lambda x, y: hard_sigmoid.function(x) + hard_sigmoid.backward(x, x, y),  # x times its slope, which needs no y
)
_ALL["hard_swish"] = hard_silu

# --- the relu family ------------------------------------------------------------------------------------------------

relu = _define("relu", "max(x, 0)", lambda x: np.maximum(x, 0), lambda x, y: (x > 0).astype(x.dtype))
relu6 = _define("relu6", "min(max(x, 0), 6)", lambda x: np.clip(x, 0, 6), lambda x, y: _between(x, 0, 6))

# TensorFlow holds this slope as float32 even in a float64 layer (KERAS_FACTS 13).
_LEAK = float(np.float32(0.2))
leaky_relu = _define(
    "leaky_relu",
    "max(x, 0.2 x)",
    lambda x: np.maximum(x, _LEAK * x),
    lambda x, y: np.where(x > 0, 1, _LEAK).astype(x.dtype),
)


def _leaky(name: str, slope: float) -> Activation:
    held = float(np.float32(slope))
    return Activation(
        name,
        f"x if x > 0 else {slope:g} x",
        lambda x: np.where(x > 0, x, held * x),
        lambda x, y: np.where(x > 0, 1, held).astype(x.dtype),
    )


def _expm1_below(x: Array) -> Array:
    return np.exp(np.minimum(x, 0)) - 1 if isinstance(x, Coarse) else np.expm1(np.minimum(x, 0))


elu = _define(
    "elu",
    "x if x > 0 else exp(x) - 1",
    lambda x: np.where(x > 0, x, _expm1_below(x)),
    lambda x, y: np.where(x > 0, 1, y + 1).astype(x.dtype),
)


def _elu_of(name: str, alpha: float) -> Activation:
    return Activation(
        name,
        f"x if x > 0 else {alpha:g} (exp(x) - 1)",
        lambda x: np.where(x > 0, x, alpha * _expm1_below(x)),
        lambda x, y: np.where(x > 0, 1, y + alpha).astype(x.dtype),
    )


_WITH_A_NUMBER: dict[str, Callable[[str, float], Activation]] = {"leaky_relu": _leaky, "elu": _elu_of}


@cache
def _with_a_number(identifier: str, kind: str, text: str) -> Activation:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{kind}(...) needs a number in its brackets, such as {kind}(0.1); got {identifier!r}")
    return _WITH_A_NUMBER[kind](identifier, number)


celu = _define("celu", elu.formula, lambda x: np.maximum(x, 0) + np.expm1(np.minimum(x, 0)), elu.slope)
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
selu = _define(
    "selu",
    "1.0507 (x if x > 0 else 1.67326 (exp(x) - 1))",
    lambda x: np.where(x > 0, _SELU_SCALE * x, _SELU_SCALE * _SELU_ALPHA * _expm1_below(x)),
    lambda x, y: np.where(x >= 0, _SELU_SCALE, y + _SELU_SCALE * _SELU_ALPHA).astype(x.dtype),
)
soft_shrink = _define(
    "soft_shrink",
    "x - 0.5 if x > 0.5, x + 0.5 if x < -0.5, else 0",
    lambda x: np.where(x > 0.5, x - 0.5, np.where(x < -0.5, x + 0.5, np.zeros_like(x))),
    lambda x, y: (np.abs(x) > 0.5).astype(x.dtype),
)
hard_shrink = _define(
    "hard_shrink",
    "x if |x| > 0.5 else 0",
    lambda x: np.where(np.abs(x) > 0.5, x, np.zeros_like(x)),
    lambda x, y: (np.abs(x) > 0.5).astype(x.dtype),
)

# --- the smooth ones ------------------------------------------------------------------------------------------------


def _softplus(x: Array) -> Array:
    if isinstance(x, Coarse):
        e, large = np.exp(x), -2 - math.log(2 * x.unit)
        return np.where(x > large, x, np.where(x < -large, e, np.log1p(e))).view(type(x))
    return np.logaddexp(np.zeros((), x.dtype), x)  # log(1 + e^x) without overflow


def _times(x: Array, factor: Array) -> Array:
    with np.errstate(invalid="ignore"):  # -inf * 0 is NaN, in Keras too (KERAS_FACTS 11)
        return x * factor


def _exponential(x: Array) -> Array:
    with np.errstate(over="ignore"):  # inf is the right answer, in Keras too
        return np.exp(x)


exponential = _define("exponential", "exp(x)", _exponential, lambda x, y: y)
softplus = _define("softplus", "log(1 + exp(x))", _softplus, lambda x, y: _sigmoid(x))
log_sigmoid = _define("log_sigmoid", "-log(1 + exp(-x))", lambda x: -_softplus(-x), lambda x, y: _sigmoid(-x))


def _softsign(x: Array) -> Array:
    with np.errstate(invalid="ignore"):  # inf/inf: NaN, as in Keras
        return x / (1 + np.abs(x))


softsign = _define("softsign", "x / (1 + |x|)", _softsign, lambda x, y: 1 / (1 + np.abs(x)) ** 2)


def _silu_slope(x: Array, y: Array) -> Array:
    s = _sigmoid(x)
    return s + x * s * (1 - s)


silu = _define("silu", "x sigmoid(x)", lambda x: _times(x, _sigmoid(x)), _silu_slope)
_ALL["swish"] = silu


def _mish_slope(x: Array, y: Array) -> Array:
    t = np.tanh(_softplus(x))
    return t + x * (1 - t * t) * _sigmoid(x)


mish = _define("mish", "x tanh(log(1 + exp(x)))", lambda x: _times(x, np.tanh(_softplus(x))), _mish_slope)
tanh_shrink = _define("tanh_shrink", "x - tanh(x)", lambda x: x - np.tanh(x), lambda x, y: np.tanh(x) ** 2)
squareplus = _define(
    "squareplus",
    "(x + sqrt(x^2 + 4)) / 2",
    lambda x: (x + np.sqrt(x * x + 4)) / 2,
    lambda x, y: (1 + x / np.sqrt(x * x + 4)) / 2,
)
sparse_plus = _define(
    "sparse_plus",
    "0 if x <= -1, (x + 1)^2 / 4 if x < 1, else x",
    lambda x: np.where(x <= -1, np.zeros_like(x), np.where(x < 1, np.square(np.clip(x, -1, 1) + 1) / 4, x)),
    lambda x, y: np.clip((x + 1) / 2, 0, 1),
)
sparse_sigmoid = _define(
    "sparse_sigmoid",
    "clip((x + 1)/2, 0, 1)",
    lambda x: np.clip((x + 1) / 2, 0, 1),
    lambda x, y: 0.5 * _between(x, -1, 1),
)

# NumPy has no error function; Python's own, element by element, is exact and fast enough for a lesson.
_erf = np.frompyfunc(math.erf, 1, 1)
# TensorFlow multiplies by the square root of 1/2 and rounds that constant to float32, in float64 too (KERAS_FACTS 13).
_SQRT_HALF = float(np.float32(math.sqrt(0.5)))


def _gauss_cdf(x: Array) -> Array:
    if isinstance(x, Coarse):
        erf = np.asarray(_erf(x / math.sqrt(2)), np.float32).view(type(x))
        return 0.5 * (1 + 1.0 * erf)  # 1.0 * rounds it
    return (0.5 * (1 + np.asarray(_erf(x * _SQRT_HALF), np.float64))).astype(x.dtype)


gelu = _define(
    "gelu",
    "x Phi(x), Phi the Gaussian's cumulative distribution",
    lambda x: _times(x, _gauss_cdf(x)),
    # d/dx of the function above as written, rounded constant included
    lambda x, y: _gauss_cdf(x) + x * np.exp(-np.square(x * _SQRT_HALF)) * (_SQRT_HALF / math.sqrt(math.pi)),
)

# --- those that mix the inputs of a row -----------------------------------------------------------------------------


def _log_softmax(x: Array) -> Array:
    with np.errstate(invalid="ignore"):
        shifted = x - x.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


log_softmax = _define(
    "log_softmax",
    "x - log(sum(exp(x)))",
    _log_softmax,
    pullback=lambda dy, x, y: dy - np.exp(y) * dy.sum(axis=-1, keepdims=True),
)


def _sparsemax_threshold(x: Array) -> tuple[Array, Array]:
    """What is subtracted from every x of a row, and its slope: (tau, dtau/dx).

    Martins and Astudillo (2016) have tau = (sum of the k largest x - 1) / k, which makes a row add up to 1. Keras 3.15,
    on every backend, adds up the *running sums* of the k largest instead, so that its rows do not. Here as in Keras.
    """
    order = np.argsort(-x, axis=-1, kind="stable")
    ordered = np.take_along_axis(x, order, axis=-1)
    total = np.cumsum(ordered, axis=-1)
    rank = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    supported = ordered - (total - 1) / rank > 0
    k = supported.sum(axis=-1, keepdims=True, dtype=x.dtype)
    tau = (np.where(supported, total, 0).sum(axis=-1, keepdims=True) - 1) / k
    slope = np.empty_like(x)
    np.put_along_axis(slope, order, np.where(supported, (k - rank + 1) / k, 0).astype(x.dtype), axis=-1)
    return tau, slope


def _sparsemax(x: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.maximum(x - _sparsemax_threshold(x)[0], 0)


def _sparsemax_pullback(dy: Array, x: Array, y: Array) -> Array:
    through = np.where(y > 0, dy, np.zeros_like(dy))
    return through - _sparsemax_threshold(x)[1] * through.sum(axis=-1, keepdims=True)


sparsemax = _define("sparsemax", "max(x - tau, 0)", _sparsemax, pullback=_sparsemax_pullback)


def _glu(x: Array) -> Array:
    if x.shape[-1] % 2:
        raise ValueError(f"glu splits the last axis into two halves, so its size must be even; got shape {x.shape}")
    a, b = np.split(x, 2, axis=-1)
    return a * _sigmoid(b)


def _glu_pullback(dy: Array, x: Array, y: Array) -> Array:
    a, b = np.split(x, 2, axis=-1)
    gate = _sigmoid(b)
    return np.concatenate([dy * gate, dy * a * gate * (1 - gate)], axis=-1)


glu = _define("glu", "a sigmoid(b), where x = [a, b]", _glu, pullback=_glu_pullback)
