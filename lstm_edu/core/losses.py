"""Keras's losses: how far predictions are from targets, as one number, and which way to go.

Each loss is two lines of mathematics side by side: its value for every sample (and timestep), and the slope of that
value along each prediction. Notation: t targets, p predictions, K the size of the last axis, z logits (what goes into a
softmax or sigmoid).

    mean_squared_error                mean_k (p - t)^2                          2 (p - t) / K
    mean_absolute_error               mean_k |p - t|                            sign(p - t) / K
    binary_crossentropy               mean_k -(t ln p + (1 - t) ln(1 - p))      (p - t) / (p (1 - p)) / K
        from logits                                                             (sigmoid(z) - t) / K
    categorical_crossentropy          -sum_k t ln p                             -t / p, through the renormalisation
        from logits                                                             softmax(z) - t
    sparse_categorical_crossentropy   the same; targets are class numbers

The functions give one value for each sample (and timestep), as Keras's functions do. The classes average them:

    loss = le.losses.SparseCategoricalCrossentropy()
    loss(y_true, y_pred, mask=None)              # one number
    loss.backward(y_true, y_pred, mask=None)     # dL/d(y_pred), of y_pred's shape

Source: keras.losses of Keras 3.15.1 on TensorFlow 2.21.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from lstm_edu.core import activations, checks
from lstm_edu.core.layer import quietly

EPSILON = 1e-7  # keras.config.epsilon(): probabilities are kept this far from 0 and 1

# What else some of Keras's losses can do, with the value that switches it off.
_UNSUPPORTED = {"axis": -1, "ignore_class": None}
_REDUCTIONS = ("sum_over_batch_size", "mean", "sum")


class Loss:
    """Base of all losses. Your own loss overrides only `terms`.

    Args:
        name: for messages.
        reduction: "sum_over_batch_size" (or "mean"): the mean over samples and timesteps, those that count where there
            is a mask; "sum": their sum.
        dtype: what everything is computed in. None is "float32", as in Keras, for float64 predictions too.
    """

    name = "loss"

    def __init__(
        self, name: str | None = None, reduction: str = "sum_over_batch_size", dtype: Any = None, **unsupported: Any
    ):
        kind = type(self).__name__
        for key, value in unsupported.items():
            if key not in _UNSUPPORTED or value != _UNSUPPORTED[key]:
                raise TypeError(
                    f"{kind}: {key}={value!r}: Keras's loss has no such argument, or it is not supported here"
                )
        if reduction not in _REDUCTIONS:
            raise ValueError(
                f"{kind}: reduction must be one of {', '.join(map(repr, _REDUCTIONS))}, got {reduction!r}; "
                "for unreduced values use call(y_true, y_pred)"
            )
        self.name = name or type(self).name
        self.reduction = reduction
        self.dtype = checks.float_dtype(dtype, kind)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def terms(self, t: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The values (...), one per sample, and their slopes d(value)/dp (..., K). t and p have the loss's dtype."""
        raise NotImplementedError

    def targets(self, t: np.ndarray, p: np.ndarray) -> np.ndarray:
        """The targets as `terms` needs them: of p's shape. ValueError for any other; nothing is broadcast."""
        if t.shape == p.shape:
            return t
        if p.ndim == 2 and p.shape[1] == 1 and t.shape == p.shape[:1]:
            return t[:, None]  # one number per sample: Keras, too, takes (B,) for (B, 1)
        raise ValueError(
            f"{self.name}: y_true must have y_pred's shape {checks.shape_text(p.shape)}, "
            f"got {checks.shape_text(t.shape)}{self._shape_hint(t, p)}"
        )

    def _shape_hint(self, t: np.ndarray, p: np.ndarray) -> str:
        if t.shape == p.shape[:-1] and p.shape[-1] == 1:
            return ": write y_true[..., None], one number for each timestep"
        if (t.ndim, p.ndim) == (2, 3):
            return ": y_pred has timesteps; did you mean return_sequences=True?"
        if (t.ndim, p.ndim) == (3, 2):
            return ": y_true has timesteps; is return_sequences=True missing in the last recurrent layer?"
        return ""

    # --- what a loss is used for -----------------------------------------------------------------------------------

    def __call__(self, y_true: Any, y_pred: Any, mask: Any = None) -> np.floating:
        """The loss, one number of the loss's dtype.

        Args:
            y_true: targets. y_pred: (B, ..., K) predictions.
            mask: True where a value counts: (B, T) for predictions (B, T, K). With none at all the loss is 0.

        Raises:
            ValueError: shapes that do not belong together, targets that are not valid.
        """
        return self.value_and_gradient(y_true, y_pred, mask)[0]

    def backward(self, y_true: Any, y_pred: Any, mask: Any = None) -> np.ndarray:
        """dL/d(y_pred), of y_pred's shape, in the loss's dtype. Arguments as for a call."""
        return self.value_and_gradient(y_true, y_pred, mask)[1]

    def call(self, y_true: Any, y_pred: Any) -> np.ndarray:
        """The values before they are averaged: (B,), or (B, T) for predictions with timesteps."""
        return self._terms(y_true, y_pred)[0]

    def value_and_gradient(self, y_true: Any, y_pred: Any, mask: Any = None) -> tuple[np.floating, np.ndarray]:
        """Both at once: the loss, and dL/d(y_pred)."""
        values, slopes = self._terms(y_true, y_pred)
        weights = self._weights(values.shape, mask)
        with quietly():
            return (values * weights).sum(), slopes * np.broadcast_to(weights, values.shape)[..., None]

    def _terms(self, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
        p = checks.cast(checks.numbers(y_pred, "y_pred", self.name), self.dtype)
        if p.ndim == 0:
            raise ValueError(f"{self.name}: y_pred must be an array (batch, ..., outputs), got the number {p}")
        t = self.targets(checks.numbers(y_true, "y_true", self.name), p)
        with quietly():
            return self.terms(checks.cast(t, self.dtype), p)

    def _weights(self, shape: tuple[int, ...], mask: Any) -> np.ndarray:
        """How much each value counts: 1/n in a mean, n being those that the mask leaves."""
        one = self.dtype.type(1)
        if mask is None:
            return one if self.reduction == "sum" else one / max(int(np.prod(shape)), 1)
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != shape:
            raise ValueError(
                f"{self.name}: mask must have one value for each sample and timestep, {checks.shape_text(shape)}, "
                f"got {checks.shape_text(mask.shape)}"
            )
        return mask.astype(self.dtype) / (1 if self.reduction == "sum" else max(int(mask.sum()), 1))


# --- distances ------------------------------------------------------------------------------------------------------


class MeanSquaredError(Loss):
    """mean_k (p - t)^2 (keras.losses.MeanSquaredError)."""

    name = "mean_squared_error"

    def terms(self, t: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        e = p - t
        return (e * e).mean(axis=-1), 2 * e / p.shape[-1]


class MeanAbsoluteError(Loss):
    """mean_k |p - t| (keras.losses.MeanAbsoluteError). Where p = t the slope is 0, as in TensorFlow."""

    name = "mean_absolute_error"

    def terms(self, t: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        e = p - t
        return np.abs(e).mean(axis=-1), np.sign(e) / p.shape[-1]


# --- cross-entropies ------------------------------------------------------------------------------------------------


class Crossentropy(Loss):
    """What the three cross-entropies share.

    Args:
        from_logits: predictions are logits z, from which the loss computes the probabilities itself: sigmoid(z) or
            softmax(z). Otherwise they are probabilities, which are clipped to [1e-7, 1 - 1e-7]; a clipped one has no
            slope, so nothing can ever be learned from it: a reason to prefer logits, which have no such limit.
    """

    finds_logits = True  # it takes the logits of a softmax or sigmoid before it, as Keras does on TensorFlow only

    def __init__(self, from_logits: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.from_logits = checks.flag(from_logits, "from_logits", type(self).__name__)

    def on_logits(self) -> Crossentropy:
        """The same loss, from logits."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, from_logits=True)
        return twin


class _Smoothed(Crossentropy):
    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **kwargs: Any):
        super().__init__(from_logits, **kwargs)
        self.label_smoothing = checks.number(label_smoothing, "label_smoothing", type(self).__name__, 0, 1)

    def _smooth(self, t: np.ndarray, classes: int) -> np.ndarray:
        s = self.label_smoothing
        return t * (1 - s) + s / classes if s else t


class BinaryCrossentropy(_Smoothed):
    """mean_k -(t ln p + (1 - t) ln(1 - p)) (keras.losses.BinaryCrossentropy).

    Args:
        from_logits: see `Crossentropy`.
        label_smoothing: s moves the targets towards 1/2: t (1 - s) + s/2.
    """

    name = "binary_crossentropy"

    def terms(self, t: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        t, k = self._smooth(t, 2), p.shape[-1]
        if self.from_logits:
            # -(t ln sigmoid(z) + (1 - t) ln(1 - sigmoid(z))), written so that nothing overflows
            values = np.maximum(p, 0) - p * t + np.log1p(np.exp(-np.abs(p)))
            return values.mean(axis=-1), (activations.sigmoid(p) - t) / k
        p, inside = _clip(p)
        values = -(t * np.log(p) + (1 - t) * np.log(1 - p))
        return values.mean(axis=-1), inside * ((1 - t) / (1 - p) - t / p) / k


class CategoricalCrossentropy(_Smoothed):
    """-sum_k t ln p, for targets that are one-hot or a distribution (keras.losses.CategoricalCrossentropy).

    Probabilities that do not sum to 1 are divided by their sum first. From logits the slope is softmax(z) - t, which is
    the derivative only where the targets sum to 1; TensorFlow returns it in any case, and so does this.

    Args:
        from_logits: see `Crossentropy`.
        label_smoothing: s moves the targets towards the uniform distribution: t (1 - s) + s/K.
    """

    name = "categorical_crossentropy"

    def targets(self, t: np.ndarray, p: np.ndarray) -> np.ndarray:
        if p.shape[-1] == 1:
            raise ValueError(
                f"{self.name}: y_pred has one class, {checks.shape_text(p.shape)}, and its probability is always 1; "
                "for a single sigmoid output use binary_crossentropy"
            )
        return super().targets(t, p)

    def _shape_hint(self, t: np.ndarray, p: np.ndarray) -> str:
        if t.shape == p.shape[:-1] or t.shape == (*p.shape[:-1], 1):
            return ": class numbers go with sparse_categorical_crossentropy, one-hot rows with this loss"
        return super()._shape_hint(t, p)

    def terms(self, t: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        t = self._smooth(t, p.shape[-1])
        if self.from_logits:
            return _softmax_crossentropy(t, p)
        total = p.sum(axis=-1, keepdims=True)
        q, inside = _clip(p / total)
        dq = -inside * t / q
        return -(t * np.log(q)).sum(axis=-1), (dq - (dq * p / total).sum(axis=-1, keepdims=True)) / total


class SparseCategoricalCrossentropy(Crossentropy):
    """-ln p[class], for targets that are class numbers 0 .. K-1 (keras.losses.SparseCategoricalCrossentropy).

    y_true is (B,) or (B, 1) for predictions (B, K); (B, T) or (B, T, 1) for (B, T, K). Probabilities are clipped first
    and then divided by their sum (categorical_crossentropy does it the other way round).

    Args:
        from_logits: see `Crossentropy`.

    Raises:
        ValueError: a target that is not a whole number (Keras cuts it off silently) or not one of the classes, be it at
            a masked step, where a label has to be a class too, as in Keras on a CPU.
    """

    name = "sparse_categorical_crossentropy"

    def targets(self, t: np.ndarray, p: np.ndarray) -> np.ndarray:
        if t.shape == (*p.shape[:-1], 1):
            t = t[..., 0]
        if t.shape != p.shape[:-1]:
            raise ValueError(
                f"{self.name}: y_true must have one class number for each prediction, "
                f"{checks.shape_text(p.shape[:-1])} for y_pred {checks.shape_text(p.shape)}, "
                f"got {checks.shape_text(t.shape)}{self._shape_hint(t, p)}"
            )
        classes = p.shape[-1]
        whole = np.where(np.isfinite(t), t, -1).astype(np.int64)
        wrong = (whole != t) | (whole < 0) | (whole >= classes)
        if wrong.any():
            place = np.argwhere(wrong)[0].tolist()
            label = t[tuple(place)]
            if classes == 1:
                cause = "with a single output use binary_crossentropy"
            elif whole[tuple(place)] != label:
                cause = "class numbers are whole numbers; to predict numbers use mean_squared_error"
            elif label == classes:
                cause = "are the classes counted from 1?"
            elif label < 0:
                cause = "padding? give it any class and mask it"
            else:
                cause = "does the last layer have an output for every class?"
            raise ValueError(
                f"{self.name}: y_true must hold class numbers from 0 to {classes - 1}, "
                f"got {label} at y_true{place}: {cause}"
            )
        return whole[..., None] == np.arange(classes)

    def _shape_hint(self, t: np.ndarray, p: np.ndarray) -> str:
        if t.shape == p.shape:
            return ": one-hot rows go with categorical_crossentropy, class numbers with this loss"
        return super()._shape_hint(t[..., None], p)

    def terms(self, t: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.from_logits:
            return _softmax_crossentropy(t, p)
        p, inside = _clip(p)
        values, slopes = _softmax_crossentropy(t, np.log(p))
        return values, inside * slopes / p


def _softmax_crossentropy(t: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-sum_k t ln softmax(z), and its slopes along z."""
    shifted = z - z.max(axis=-1, keepdims=True)  # the same softmax, without overflow
    e = np.exp(shifted)
    total = e.sum(axis=-1, keepdims=True)
    return (t * (np.log(total) - shifted)).sum(axis=-1), e / total - t


def _clip(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """p within [EPSILON, 1 - EPSILON], and 1 where it was there before, where a slope gets through; else 0."""
    clipped = np.clip(p, p.dtype.type(EPSILON), p.dtype.type(1 - EPSILON))
    return clipped, (clipped == p).astype(p.dtype)


# --- by name --------------------------------------------------------------------------------------------------------

_CLASSES = (
    MeanSquaredError,
    MeanAbsoluteError,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)


CLASS_OF: dict[Callable, type[Loss]] = {}  # of each of the functions below


def _function(cls: type[Loss], doc: str) -> Callable[..., np.ndarray]:
    def values(y_true: Any, y_pred: Any, **options: Any) -> np.ndarray:
        p = checks.numbers(y_pred, "y_pred", cls.name)
        return cls(dtype=p.dtype if p.dtype.kind == "f" else None, **options).call(y_true, p)

    values.__name__ = values.__qualname__ = cls.name
    values.__doc__ = f"{doc} One value for each sample (and timestep), in y_pred's dtype; see `{cls.__name__}`."
    CLASS_OF[values] = cls
    return values


mean_squared_error = mse = _function(MeanSquaredError, "mean_k (p - t)^2.")
mean_absolute_error = mae = _function(MeanAbsoluteError, "mean_k |p - t|.")
binary_crossentropy = _function(BinaryCrossentropy, "Binary cross-entropy; from_logits, label_smoothing.")
categorical_crossentropy = _function(CategoricalCrossentropy, "Cross-entropy; from_logits, label_smoothing.")
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy, "Cross-entropy; from_logits.")

_KNOWN: dict[str, Any] = {cls.__name__: cls for cls in _CLASSES} | {
    function.__name__: function
    for function in (
        mean_squared_error,
        mean_absolute_error,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
    )
}
_KNOWN |= dict.fromkeys(("mse", "MSE"), mean_squared_error) | dict.fromkeys(("mae", "MAE"), mean_absolute_error)
_KNOWN |= dict.fromkeys(("bce", "BCE"), binary_crossentropy)


def get(identifier: str | Loss | Callable) -> Loss | Callable[..., np.ndarray]:
    """The loss of Keras's name: a `Loss` for a class's name, a function for a function's or an alias, as in Keras.

    A `Loss`, or one of the functions, is returned as it is. ValueError for an unknown name, TypeError for other things.
    """
    if isinstance(identifier, Loss) or (isinstance(identifier, FunctionType) and identifier in CLASS_OF):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        raise TypeError(f"a loss is expected, got the class {identifier.__name__}: write {identifier.__name__}()")
    if not isinstance(identifier, str):
        raise TypeError(
            f"a loss is given by Keras's name, or as one of le.losses, got {type(identifier).__name__} "
            f"({identifier!r}). A hand-written function has no known derivative: subclass le.losses.Loss"
        )
    if identifier not in _KNOWN:
        close = difflib.get_close_matches(identifier, _KNOWN, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise ValueError(f"unknown loss {identifier!r}{hint} Known: {', '.join(sorted(_KNOWN))}")
    known = _KNOWN[identifier]
    return known() if isinstance(known, type) else known


def as_loss(identifier: str | Loss | Callable) -> Loss:
    """The same, but always a `Loss` that averages: what `compile` needs."""
    known = get(identifier)
    return known if isinstance(known, Loss) else CLASS_OF[known]()
