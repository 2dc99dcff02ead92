"""BatchNormalization: another epsilon, the batch's own statistics, parts left out or swapped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from lstm_edu.doctor.mistake import mistake
from lstm_edu.doctor.recipes import NormalizationRecipe

_KIND = "BatchNormalization"
_KERAS = "keras.layers.BatchNormalization"


def with_parts(r: NormalizationRecipe, **parts: Any) -> NormalizationRecipe:
    return r.but(**parts)


# Epsilons that libraries have: Keras 1e-3, PyTorch, Flax, Caffe and ONNX 1e-5. Below 1e-6 two look the same.
for _epsilon in (1e-3, 1e-5, 1e-4, 2e-5, 1e-6, 1e-2, 0.0):
    mistake(
        f"batchnorm-epsilon:{_epsilon:g}",
        _KIND,
        sentence=f"BatchNormalization adds {_epsilon:g} to the variance; the layer has a different epsilon. Keras's "
        "default is 0.001, PyTorch's and ONNX's 0.00001.",
        fix="(x - mean) / np.sqrt(variance + layer.epsilon)",
        condition=lambda layer, own=_epsilon: not np.isclose(layer.epsilon, own, rtol=1e-3, atol=0),
        versions="weights moved between Keras (1e-3) and PyTorch, Caffe or ONNX (1e-5)",
        source=f"nn-transfer#3; tensorflow#42605; {_KERAS}: epsilon",
    )(partial(with_parts, epsilon=_epsilon))


def _after_the_root(variance, epsilon):
    return np.sqrt(variance) + epsilon


def _no_root(variance, epsilon):
    return variance + epsilon


for _variant, _root, _sentence in (
    ("outside", _after_the_root, "Epsilon is added to the square root; it belongs to the variance, inside the root."),
    ("no-root", _no_root, "BatchNormalization divides by the variance; it should divide by its square root."),
):
    mistake(
        f"batchnorm-epsilon:{_variant}",
        _KIND,
        sentence=_sentence,
        fix="(x - mean) / np.sqrt(variance + epsilon)",
        versions="hand-written code",
        source=_KERAS,
    )(partial(with_parts, root=_root))


@mistake(
    "batchnorm-statistics:batch",
    _KIND,
    sentence="BatchNormalization uses the mean and variance of this batch, as in training. At inference it uses the "
    "moving ones, which are among its weights.",
    fix="layer(x, training=False)   # PyTorch: model.eval()",
    versions="models left in training mode",
    source=f"{_KERAS}: training",
    across=True,
)
def _of_the_batch(r: NormalizationRecipe):
    rows = r.x.reshape(-1, r.x.shape[-1])
    return r.but(mean=rows.mean(axis=0), variance=rows.var(axis=0)) if len(rows) > 1 else None


@mistake(
    "batchnorm-statistics:exchanged",
    _KIND,
    sentence="The moving mean and the moving variance are swapped; get_weights() has gamma, beta, mean, variance.",
    fix="gamma, beta, moving_mean, moving_variance = layer.get_weights()",
    versions="weights moved by hand",
    source=f"{_KERAS}: get_weights()",
)
def _statistics_exchanged(r: NormalizationRecipe):
    return r.but(mean=r.variance, variance=r.mean)


@mistake(
    "batchnorm-gamma-beta:exchanged",
    _KIND,
    sentence="Gamma and beta are swapped: gamma multiplies, beta is added; get_weights() has gamma first.",
    fix="gamma, beta, moving_mean, moving_variance = layer.get_weights()",
    condition=lambda layer: layer.scale and layer.center,
    versions="weights moved by hand",
    source=f"{_KERAS}: get_weights()",
)
def _both_exchanged(r: NormalizationRecipe):
    return r.but(gamma=r.beta, beta=r.gamma)


def left_out(r: NormalizationRecipe, parts: Mapping[str, float]) -> NormalizationRecipe:
    return r.but(**{name: np.full_like(getattr(r, name), value) for name, value in parts.items()})


for _id, _parts, _what in (
    ("batchnorm-gamma-beta:gamma-missing", {"gamma": 1}, "gamma is"),
    ("batchnorm-gamma-beta:beta-missing", {"beta": 0}, "beta is"),
    ("batchnorm-gamma-beta:both-missing", {"gamma": 1, "beta": 0}, "gamma and beta are"),
    ("batchnorm-statistics:mean-missing", {"mean": 0}, "the moving mean is"),
    ("batchnorm-statistics:variance-missing", {"variance": 1}, "the moving variance is"),
):

    def _has(layer, parts=_parts):
        return ("gamma" not in parts or layer.scale) and ("beta" not in parts or layer.center)

    mistake(
        _id,
        _KIND,
        sentence=f"In BatchNormalization {_what} left out.",
        fix="gamma * (x - moving_mean) / np.sqrt(moving_variance + epsilon) + beta",
        condition=_has,
        versions="hand-written code; weights of which only some were moved",
        source=_KERAS,
    )(partial(left_out, parts=_parts))
