"""One kernel instead of the other; two directions that were joined, or flipped, along the batch."""

from __future__ import annotations

from functools import partial

import numpy as np

from lstm_edu.core.wrappers import Bidirectional
from lstm_edu.doctor.mistake import RECURRENT, mistake
from lstm_edu.doctor.recipes import BidirectionalRecipe, Outputs, RecurrentRecipe

Array = np.ndarray


# --- the kernels -----------------------------------------------------------------------------------------------------


def with_kernels(r: RecurrentRecipe, of_x: str, of_h: str) -> RecurrentRecipe:
    return r.but(kernel=getattr(r, of_x), recurrent_kernel=getattr(r, of_h))


for _variant, _of_x, _of_h, _sentence in (
    ("", "recurrent_kernel", "kernel", "The kernel and the recurrent kernel are swapped"),
    (":kernel-twice", "kernel", "kernel", "The kernel is used as the recurrent kernel too"),
    (
        ":recurrent-twice",
        "recurrent_kernel",
        "recurrent_kernel",
        "The recurrent kernel is used as the kernel too",
    ),
):
    mistake(
        f"kernels-exchanged{_variant}",
        *RECURRENT,
        sentence=f"{_sentence}. With as many features as units there is no error message.",
        fix="kernel, recurrent_kernel, bias = layer.get_weights()\nz = x_t @ kernel + h @ recurrent_kernel + bias",
        condition=lambda layer: layer.weights[0].shape == layer.weights[1].shape,
        versions="hand-written code, converters",
        source="qkeras#89",
    )(partial(with_kernels, of_x=_of_x, of_h=_of_h))


# --- two directions --------------------------------------------------------------------------------------------------


def _one_vector_each(layer: Bidirectional) -> bool:
    same = layer.forward_layer.units == layer.backward_layer.units
    return layer.merge_mode == "concat" and not layer.return_sequences and same


@mistake(
    "h-n-view",
    "Bidirectional",
    sentence="The two directions' last outputs, an array (2, batch, units) such as PyTorch's h_n, were turned into "
    "(batch, 2 units) with view or reshape: a row then mixes two sequences, not two directions.",
    fix="h_n.permute(1, 0, 2).reshape(batch, -1)   # or torch.cat([h_n[0], h_n[1]], dim=-1); not h_n.view(batch, -1)",
    condition=_one_vector_each,
    versions="PyTorch: h_n is (layers x directions, batch, units)",
    source="torch.nn.LSTM: h_n",
    across=True,
)
def _viewed(r: BidirectionalRecipe):
    def view(outputs: Outputs) -> Outputs:
        y = outputs[0]
        batch, both = y.shape
        return [np.concatenate([y[:, : both // 2], y[:, both // 2 :]]).reshape(batch, both), *outputs[1:]]

    return r.then(view) if len(next(iter(r.parts.values())).x) > 1 else None


def _flipped_outputs(outputs: Outputs) -> Outputs:
    return [outputs[0][::-1], *outputs[1:]]


@mistake(
    "flipped-along-the-batch",
    "Bidirectional",
    sentence="The backward layer's outputs are flipped along the batch, axis 0; Bidirectional reverses them in "
    "time, axis 1.",
    fix="y_backward[:, ::-1]   # np.flip(y, axis=1), torch.flip(y, [1]); not y[::-1]",
    condition=lambda layer: layer.return_sequences,
    versions="hand-written code",
    source="tensorflow#39635",
    across=True,
)
def _outputs_flipped(r: BidirectionalRecipe):
    back = r.parts["backward"]
    return None if len(back.x) < 2 else r.but(
        parts=r.parts | {"backward": back.then(_flipped_outputs)}, turned=not r.turned
    )  # fmt: skip


@mistake(
    "flipped-along-the-batch:input",
    "Bidirectional",
    sentence="The backward layer's input is flipped along the batch, axis 0; it must be reversed in time, axis 1.",
    fix="backward(x[:, ::-1])   # np.flip(x, axis=1), torch.flip(x, [1]); not x[::-1]",
    versions="hand-written code",
    source="tensorflow#39635",
    across=True,
)
def _input_flipped(r: BidirectionalRecipe):
    back = r.parts["backward"]
    if len(back.x) < 2:
        return None

    def other_way(a: Array | None) -> Array | None:
        return None if a is None else a[::-1, ::-1]

    return r.but(parts=r.parts | {"backward": back.but(x=other_way(back.x), mask=other_way(back.mask))})
