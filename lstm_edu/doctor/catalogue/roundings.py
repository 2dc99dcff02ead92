"""Coarser arithmetic: not mistakes, and reported as rounding."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from lstm_edu.doctor import rounding
from lstm_edu.doctor.catalogue.gates import with_equations
from lstm_edu.doctor.equations import LSTMEquations
from lstm_edu.doctor.mistake import RECURRENT, mistake
from lstm_edu.doctor.recipes import DenseRecipe, Recipe, RecurrentRecipe
from lstm_edu.doctor.rounding import rounded


def products(r: DenseRecipe | RecurrentRecipe, coarse: Callable[[np.ndarray], np.ndarray]) -> Any:
    """The operands of matrix products are rounded, sums are exact: how GPUs and TPUs multiply."""
    changes: dict[str, Any] = {"x": coarse(r.x), "kernel": coarse(r.kernel)}
    if isinstance(r, RecurrentRecipe):
        changes["recurrent_kernel"] = coarse(r.recurrent_kernel)
        changes["equations"] = dataclasses.replace(r.equations, seen=rounded(r.equations.seen, coarse))
    return r.but(**changes)


def everything(r: DenseRecipe | RecurrentRecipe, coarse: Callable[[np.ndarray], np.ndarray]) -> Recipe:
    """Every number that is stored is rounded."""
    r = products(r, coarse).but(bias=coarse(r.bias))
    if isinstance(r, DenseRecipe):
        return r.but(activation=rounded(r.activation, coarse))
    pieces: dict[str, Any] = {"activations": tuple(rounded(a, coarse) for a in r.equations.activations)}
    if isinstance(r.equations, LSTMEquations):
        pieces |= {"cell": rounded(r.equations.cell, coarse), "output": rounded(r.equations.output, coarse)}
    elif hasattr(r.equations, "mixed"):
        pieces["mixed"] = rounded(r.equations.mixed, coarse)
    return with_equations(r.but(start=tuple(map(coarse, r.start))), **pieces)


for _variant, _mutation, _sentence in (
    (
        "tf32",
        partial(products, coarse=rounding.tf32),
        "TF32: the GPU's matrix products keep 10 bits after the leading one, about 3 digits, of what they multiply.",
    ),
    (
        "bfloat16-products",
        partial(products, coarse=rounding.bfloat16),
        "Matrix products in bfloat16: about 2 digits of what is multiplied, the default on TPUs.",
    ),
    ("float16", partial(everything, coarse=rounding.float16), "float16: about 3 digits of every number."),
    ("bfloat16", partial(everything, coarse=rounding.bfloat16), "bfloat16: about 2 digits of every number."),
):
    mistake(
        f"precision-only:{_variant}",
        "Dense",
        *RECURRENT,
        sentence=f"{_sentence} This is rounding, not a mistake.",
        fix="tf.config.experimental.enable_tensor_float_32_execution(False)"
        if _variant == "tf32"
        else 'keras.config.set_dtype_policy("float32")',
        versions="GPUs since Ampere, for TF32; mixed precision",
        source="the formats' definitions: IEEE 754 binary16, bfloat16, NVIDIA's TF32",
        together=True,
        rounding=True,
    )(_mutation)
