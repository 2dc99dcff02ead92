"""Masks: lost, inverted, or applied in another way."""

from __future__ import annotations

from functools import partial

import numpy as np

from lstm_edu.doctor.mistake import RECURRENT, mistake
from lstm_edu.doctor.recipes import EmbeddingRecipe, RecurrentRecipe


def masked(r: RecurrentRecipe, states: dict[str, str] | str | None = None, shown: str | None = None):
    """The recipe with another rule for masked steps; None if there are none, or if the rule is the right one."""
    if r.mask is None or (shown == "state" and not any(s.any() for s in r.start)):
        return None
    rules = dict(zip(r.equations.states, r.masking.states, strict=True))
    if states is not None:
        rules |= dict.fromkeys(rules, states) if isinstance(states, str) else states
    masking = r.masking._replace(states=tuple(rules.values()), shown=shown or r.masking.shown)
    return None if masking == r.masking else r.but(masking=masking)


@mistake(
    "mask-lost",
    *RECURRENT,
    sentence="The mask does not reach the layer: padded steps are computed like all others.",
    fix="layer(x, mask=mask)   # Flatten, pooling and reshapes drop a mask; mask_zero=True or Masking makes one",
    versions="all",
    source="keras.layers.Masking",
)
def _no_mask(r):
    return None if r.mask is None else r.but(mask=None)


@mistake(
    "mask-lost:inverted",
    *RECURRENT,
    sentence="The mask is inverted: True means padding. In Keras True means that the step counts.",
    fix="mask = ids != 0   # True: a real step",
    versions="PyTorch's key_padding_mask has True for padding",
    source="keras.layers.Masking",
)
def _inverted(r):
    return None if r.mask is None else r.but(mask=~r.mask)


@mistake(
    "cudnn-mask",
    *RECURRENT,
    sentence="Only the number of steps that count is used, as if they were at the beginning: cuDNN and packed "
    "sequences know lengths, not masks.",
    fix="pad on the right; or keras.layers.LSTM(units, use_cudnn=False)",
    versions="Keras on a GPU; PyTorch's pack_padded_sequence",
    source="keras.layers.LSTM: the conditions for cuDNN",
)
def _lengths_only(r):
    if r.mask is None:
        return None
    steps = np.arange(r.x.shape[1])
    return r.but(mask=steps < r.mask.sum(axis=1, keepdims=True))


_SHOWN = {
    "versions": "PyTorch's packed sequences and ONNX's sequence_lens give zeros; Keras only with zero_output_for_mask",
    "source": "keras#7227, keras#7878; keras.backend.rnn",
}

mistake(
    "masked-steps:zero",
    *RECURRENT,
    sentence="The output of a masked step is zero; in Keras it repeats the output of the step before.",
    fix="y[t] = np.where(mask[:, t, None], h, y[t - 1])",
    condition=lambda layer: layer.masked_output != "zero",
    **_SHOWN,
)(partial(masked, shown="zero"))

mistake(
    "masked-steps:repeated",
    *RECURRENT,
    sentence="The output of a masked step repeats the one before; with zero_output_for_mask it is zero (Bidirectional "
    "sets that flag in its layers when it returns sequences).",
    fix="y[t] = np.where(mask[:, t, None], h, 0)",
    condition=lambda layer: layer.masked_output == "zero",
    **_SHOWN,
)(partial(masked, shown="repeat"))

mistake(
    "masked-steps:initial-state",
    *RECURRENT,
    sentence="Before the first step that counts, the output is the initial state; in Keras it is zero there (on "
    "TensorFlow and PyTorch; on JAX and NumPy it is the initial state).",
    fix="y[t] = 0 until the first step with mask[:, t]; h stays h0",
    condition=lambda layer: layer.masked_output == "repeat",
    **_SHOWN,
)(partial(masked, shown="state"))

mistake(
    "masked-steps:fresh",
    *RECURRENT,
    sentence="The output of a masked step is the newly computed one; only the states are protected from it.",
    fix="y[t] = np.where(mask[:, t, None], h, y[t - 1])",
    versions="hand-written code",
    source="keras.backend.rnn",
)(partial(masked, shown="fresh"))

for _variant, _shown_then, _with in (
    ("", None, "the output is zero there"),
    ("-output-repeated", "held", "the output repeats the one before"),
    ("-output-fresh", "fresh", "the output is the one computed before that"),
):
    mistake(
        f"masked-steps:state-zeroed{_variant}",
        *RECURRENT,
        sentence=f"The states are set to zero at a masked step ({_with}); they must stay as they are.",
        fix="h, c = np.where(mask_t, new_h, h), np.where(mask_t, new_c, c)",
        condition=(lambda layer: layer.masked_output == "repeat") if _shown_then == "held" else (lambda layer: True),
        versions="hand-written code: h *= mask",
        source="keras.backend.rnn",
    )(partial(masked, states="zero", shown=_shown_then))

for _kept, _lost in (("h", "c"), ("c", "h")):
    mistake(
        f"masked-steps:{_lost}-goes-on",
        "LSTM",
        sentence=f"At a masked step only {_kept} is kept; {_lost} goes on as if the step counted.",
        fix="h, c = np.where(mask_t, new_h, h), np.where(mask_t, new_c, c)",
        versions="hand-written code",
        source="keras.backend.rnn",
    )(partial(masked, states={_lost: "compute"}, shown="fresh" if _lost == "h" else None))


@mistake(
    "masked-steps:input-zeroed",
    *RECURRENT,
    sentence="The input is set to zero at masked steps, and the steps are still computed; they must be skipped.",
    fix="layer(x, mask=mask)   # not layer(x * mask[..., None])",
    versions="hand-written code",
    source="keras.layers.Masking",
)
def _zeros_computed(r):
    return None if r.mask is None else r.but(x=r.x * r.mask[:, :, None], mask=None)


@mistake(
    "masked-steps:zero-row",
    "Embedding",
    sentence="Id 0 gets a vector of zeros; in Keras it gets row 0 of the table, and mask_zero only masks the step.",
    fix="table[ids]   # row 0 as it is",
    versions="PyTorch's padding_idx=0",
    source="keras.layers.Embedding: mask_zero; torch.nn.Embedding: padding_idx",
)
def _zero_row(r: EmbeddingRecipe):
    return r.but(table=np.concatenate([0 * r.table[:1], r.table[1:]]))
