"""Keras's optimizers: from weights and their gradients to new weights.

Notation: w a weight array, g its gradient dL/dw, lr the learning rate, t = 1, 2, ... the update.

    SGD                  w = w - lr g
      with momentum mu   m = mu m - lr g;  w = w + m                  (Nesterov: w = w + mu m - lr g)
    Adam                 m = m + (1 - b1) (g - m);  v = v + (1 - b2) (g^2 - v)
                         w = w - lr sqrt(1 - b2^t) / (1 - b1^t)  m / (sqrt(v) + eps)

Where Keras differs from what one might expect, these follow Keras (3.15.1 on TensorFlow 2.21, floatx "float32"):

* Adam's eps is 1e-7 and is added to the uncorrected sqrt(v): Kingma and Ba's "epsilon hat". PyTorch adds 1e-8 to the
  corrected one.
* The learning rate, mu, and b1, b2 under their powers are rounded to float32, even for float64 weights.
* A token that occurs k times in a batch has k gradients for its row of an Embedding. Adam's v gets the sum of their
  squares, not the square of their sum; clipvalue clips each, and norms are taken over all of them. After
  global_clipnorm, though, whether it clips or not, Adam sees their sum only.

Source: keras.optimizers; Kingma and Ba (2015); Reddi et al. (2018) for amsgrad; Sutskever et al. (2013) for Nesterov.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.embedding import RowGradient
from lstm_edu.core.layer import quietly

# What else Keras's optimizers can do, with the values that switch it off.
_UNSUPPORTED = {
    "weight_decay": (None,),
    "use_ema": (False,),
    "ema_momentum": (0.99,),
    "ema_overwrite_frequency": (None,),
    "loss_scale_factor": (None,),
    "gradient_accumulation_steps": (None,),
}


class ExponentialDecay:
    """A learning rate that falls: initial_learning_rate * decay_rate^(t / decay_steps), t = 0, 1, ... updates done.

    Keras's keras.optimizers.schedules.ExponentialDecay, in float32 as there. With `staircase` the exponent is rounded
    down to whole numbers.
    """

    def __init__(self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False):
        kind = "ExponentialDecay"
        self.initial_learning_rate = checks.number(initial_learning_rate, "initial_learning_rate", kind)
        self.decay_steps = checks.number(decay_steps, "decay_steps", kind)
        self.decay_rate = checks.number(decay_rate, "decay_rate", kind)
        self.staircase = checks.flag(staircase, "staircase", kind)
        if self.decay_steps <= 0:
            raise ValueError(f"{kind}: decay_steps must be greater than 0, got {decay_steps}")

    def __call__(self, step: int) -> float:
        exponent = np.float32(step) / np.float32(self.decay_steps)
        if self.staircase:
            exponent = np.floor(exponent)
        return float(np.float32(self.initial_learning_rate) * _power(self.decay_rate, exponent, np.dtype("float32")))


schedules = SimpleNamespace(ExponentialDecay=ExponentialDecay)


class Optimizer:
    """Base of all optimizers. `update` does the bookkeeping; `_new_weight` is the equation.

    An optimizer remembers something about every weight array (momenta), so it serves one model only.

    Args:
        learning_rate: a number > 0, or a schedule.
        clipnorm: the largest norm of one array's gradient; a longer one is scaled down to it.
        clipvalue: the largest |g| of a single number.
        global_clipnorm: the largest norm of all gradients together. Only one of the three can be set.
    """

    _learning_rate: float | ExponentialDecay
    slot_names: tuple[str, ...] = ()  # what is remembered about each weight array, of its shape, zero at first

    def __init__(
        self,
        learning_rate: Any,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        **unsupported: Any,
    ):
        kind = type(self).__name__
        for key, value in unsupported.items():
            if key not in _UNSUPPORTED:
                raise TypeError(f"{kind} has no argument {key!r}")
            if value not in _UNSUPPORTED[key]:
                raise ValueError(f"{kind}: {key}={value!r} is not supported here")
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = {key: checks.number(value, key, kind) for key, value in clips.items() if value is not None}
        if len(given) > 1:
            raise ValueError(f"{kind}: only one of clipnorm, clipvalue and global_clipnorm can be set, got {given}")
        for key, value in given.items():
            if value <= 0:
                raise ValueError(f"{kind}: {key} must be greater than 0, got {value}")
        self.clipnorm, self.clipvalue, self.global_clipnorm = (given.get(key) for key in clips)
        self.name = name or kind.lower()
        self.learning_rate = learning_rate
        self.iterations = 0
        self.slots: list[dict[str, np.ndarray]] | None = None
        self._model: Any = None  # whose weights the slots belong to

    @property
    def learning_rate(self) -> float:
        """What the next update uses; a new number can be set at any time."""
        return self._learning_rate(self.iterations) if callable(self._learning_rate) else self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        kind = type(self).__name__
        if isinstance(value, ExponentialDecay):
            self._learning_rate = value
            return
        if callable(value):
            raise TypeError(
                f"{kind}: learning_rate must be a number or le.optimizers.schedules.ExponentialDecay, "
                f"got {type(value).__name__}; other schedules are not supported, but learning_rate can be set "
                "again between two updates"
            )
        self._learning_rate = _float32(checks.number(value, "learning_rate", kind, 0))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} learning_rate={self.learning_rate:.6g}, {self.iterations} updates>"

    def update(self, weights: Sequence[np.ndarray], grads: Sequence[np.ndarray]) -> list[np.ndarray]:
        """New weights. The given arrays are left as they are.

        Args:
            weights: the arrays to be learned, the same ones in the same order at every call.
            grads: dL/dw for each, of its shape.

        Raises:
            ValueError: gradients of other shapes than their weights, or other weights than at the first call.
        """
        self._check(weights, grads)
        if self.slots is None:
            self.slots = [{name: np.zeros_like(w) for name in self.slot_names} for w in weights]
        with quietly():
            grads = self._clip(grads)
            lr, t = self.learning_rate, self.iterations + 1
            new = [
                np.asarray(self._new_weight(w, g, lr, t, slot))
                for w, g, slot in zip(weights, grads, self.slots, strict=True)
            ]
        self.iterations = t
        return new

    def _new_weight(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, slot: dict[str, np.ndarray]) -> np.ndarray:
        """The equation: the new value of w. Brings `slot` up to date."""
        raise NotImplementedError

    def _check(self, weights: Sequence[np.ndarray], grads: Sequence[np.ndarray]) -> None:
        kind = type(self).__name__
        if len(weights) != len(grads):
            raise ValueError(f"{kind}: {len(weights)} weight arrays need as many gradients, got {len(grads)}")
        for k, (w, g) in enumerate(zip(weights, grads, strict=True)):
            if w.shape != g.shape:
                raise ValueError(
                    f"{kind}: gradient {k} must have its weight's shape {checks.shape_text(w.shape)}, "
                    f"got {checks.shape_text(g.shape)}"
                )
        if self.slots is not None:
            known = [next(iter(slot.values())).shape if slot else None for slot in self.slots]
            if len(known) != len(weights) or any(s not in (None, w.shape) for s, w in zip(known, weights, strict=True)):
                raise ValueError(
                    f"{kind}: these are not the weights of the first update; what an optimizer remembers belongs to "
                    "one set of weights, so make a new optimizer"
                )

    def _clip(self, grads: Sequence[np.ndarray]) -> list[np.ndarray]:
        if self.clipvalue is not None:
            return [_map(lambda values: np.clip(values, -self.clipvalue, self.clipvalue), g) for g in grads]
        if self.clipnorm is not None:
            norms = [math.sqrt(_sum_of_squares(g)) for g in grads]
            factors = [self.clipnorm / max(norm, self.clipnorm) for norm in norms]
            return [_map(lambda values, f=f: values * f, g) for g, f in zip(grads, factors, strict=True)]
        if self.global_clipnorm is not None:
            norm = math.sqrt(sum(_sum_of_squares(g) for g in grads))
            factor = self.global_clipnorm / max(norm, self.global_clipnorm)
            factor += norm - norm  # all is NaN if one is not finite, as in Keras
            return [np.asarray(g) * factor for g in grads]
        return list(grads)


class SGD(Optimizer):
    """Gradient descent (keras.optimizers.SGD). The equations are at the top of this file.

    Args:
        learning_rate: lr. momentum: mu, from 0 to 1. nesterov: look ahead.
        clipnorm, clipvalue, global_clipnorm: see `Optimizer`.
    """

    def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any):
        super().__init__(learning_rate, **kwargs)
        self.momentum = checks.number(momentum, "momentum", "SGD", 0, 1)
        self.nesterov = checks.flag(nesterov, "nesterov", "SGD")
        self.slot_names = ("m",) if self.momentum else ()

    def _new_weight(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, slot: dict[str, np.ndarray]) -> np.ndarray:
        if not self.momentum:
            return w - lr * g
        mu = _float32(self.momentum)
        m = slot["m"]
        m *= mu
        m -= lr * g
        return w + mu * m - lr * g if self.nesterov else w + m


class Adam(Optimizer):
    """Adam (keras.optimizers.Adam). The equations are at the top of this file.

    Args:
        learning_rate: lr. beta_1: b1, how slowly m follows the gradient. beta_2: b2, how slowly v follows its square.
        epsilon: eps.
        amsgrad: divide by the largest v so far instead of v.
        clipnorm, clipvalue, global_clipnorm: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = checks.number(beta_1, "beta_1", "Adam", 0, 1)
        self.beta_2 = checks.number(beta_2, "beta_2", "Adam", 0, 1)
        if 1 in (self.beta_1, self.beta_2):
            raise ValueError("Adam: beta_1 and beta_2 must be less than 1: at 1 no gradient ever has an effect")
        self.epsilon = checks.number(epsilon, "epsilon", "Adam", 0)
        self.amsgrad = checks.flag(amsgrad, "amsgrad", "Adam")
        self.slot_names = ("m", "v", "v_max") if self.amsgrad else ("m", "v")

    def _new_weight(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, slot: dict[str, np.ndarray]) -> np.ndarray:
        m, v = slot["m"], slot["v"]
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (_square(g) - v)
        if self.amsgrad:
            v = np.maximum(slot["v_max"], v, out=slot["v_max"])
        one = w.dtype.type(1)
        alpha = lr * np.sqrt(one - _power(self.beta_2, t, w.dtype)) / (one - _power(self.beta_1, t, w.dtype))
        return w - alpha * m / (np.sqrt(v) + self.epsilon)


# --- gradients that come by row -------------------------------------------------------------------------------------


def _map(function: Any, g: np.ndarray) -> np.ndarray:
    """function(g); of an embedding's gradient, applied to each occurrence and summed again."""
    return RowGradient.of(g.indices, function(g.rows), len(g)) if isinstance(g, RowGradient) else function(g)


def _square(g: np.ndarray) -> np.ndarray:
    return np.asarray(_map(np.square, g))


def _sum_of_squares(g: np.ndarray) -> float:
    values = g.rows if isinstance(g, RowGradient) else g
    return float(np.vdot(values, values))


# --- numbers --------------------------------------------------------------------------------------------------------


def _float32(value: float) -> float:
    return float(np.float32(value))


def _power(base: float, exponent: float | np.floating, dtype: np.dtype) -> np.floating:
    """base, rounded to float32, to the power of exponent, in dtype (the C library's pow, as in TensorFlow)."""
    return dtype.type(math.pow(_float32(base), exponent))


# --- by name --------------------------------------------------------------------------------------------------------

_CLASSES = {"sgd": SGD, "adam": Adam}


def get(identifier: str | Optimizer) -> Optimizer:
    """The optimizer of Keras's name ("sgd" or "adam", in any case) with Keras's defaults, or the given one itself."""
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        raise TypeError(f"an optimizer is expected, got the class {identifier.__name__}: write {identifier.__name__}()")
    if not isinstance(identifier, str):
        hint = "; make one of le.optimizers" if "keras" in type(identifier).__module__ else ""
        raise TypeError(
            f"an optimizer is given by name or as one of le.optimizers, got {type(identifier).__name__}{hint}"
        )
    if identifier.lower() not in _CLASSES:
        close = difflib.get_close_matches(identifier.lower(), _CLASSES, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise ValueError(f"optimizer {identifier!r} is unknown or not supported here{hint} Known: sgd, adam")
    return _CLASSES[identifier.lower()]()
