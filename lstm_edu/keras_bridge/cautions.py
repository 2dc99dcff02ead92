"""What runs without complaint but may not do what you think: found in a model, or in one run of it.

Sources: Keras 3.15.1, run; keras.layers and its
TensorFlow backend (`_assert_valid_mask` for what cuDNN takes).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_edu.core import GRU, Layer, Masking
from lstm_edu.core.checks import plural
from lstm_edu.keras_bridge.caution import Caution
from lstm_edu.keras_bridge.loading import keras

if TYPE_CHECKING:
    from lstm_edu.keras_bridge.tapping import Call


def of_layer(layer: Any, name: str, x: np.ndarray, mask: np.ndarray | None, output: Any, ours: Layer) -> list[Caution]:
    """What to know about one layer of Keras, run on x: ours is the same in NumPy."""
    found = [*_slope(name, ours, x, mask, output), *_states(layer, name)]
    for one in getattr(ours, "inner", {"": ours}).values():
        found += _not_zeroed(one, name, mask)
    if type(layer).__name__ in ("LSTM", "GRU", "Bidirectional"):
        found += _cudnn(layer, name, mask)
    if isinstance(ours, GRU) and not ours.reset_after:
        found.append(
            Caution(
                "gru-reset-after",
                name,
                "reset_after=False: the reset gate works on h before the recurrent product, as in the paper and in "
                "Keras before TensorFlow 2. PyTorch, cuDNN and Keras's default apply it after; such weights cannot be "
                "moved there",
            )
        )
    if isinstance(ours, Masking):
        found += _mask_value(name, ours)
    if type(layer).__name__ == "Embedding":
        found += _padding(layer, name, x)
    return found


def _slope(name: str, ours: Layer, x: np.ndarray, mask: Any, output: Any) -> Iterator[Caution]:
    """The two functions called hard_sigmoid, and what taking the other one would do here."""
    swaps = {"hard_sigmoid": "hard_sigmoid_keras2", "hard_sigmoid_keras2": "hard_sigmoid"}
    uses = {
        argument: getattr(ours, argument).name
        for argument in ("activation", "recurrent_activation")
        if getattr(getattr(ours, argument, None), "name", None) in swaps
    }
    if not uses:
        return
    other = ours.copy(**{argument: swaps[used] for argument, used in uses.items()})
    other.build_with(ours.input_shape, ours.weights)
    with np.errstate(all="ignore"):
        theirs = other(x, mask=mask)
    first, second = (a[0] if isinstance(a, tuple) else a for a in (output, theirs))
    far = float(np.nanmax(np.abs(np.subtract(first, second, dtype=np.float64)), initial=0))
    if "hard_sigmoid" in uses.values():
        yield Caution(
            "hard-sigmoid-v3",
            name,
            "hard_sigmoid is clip(z/6 + 0.5, 0, 1) in Keras 3, and was clip(0.2 z + 0.5, 0, 1) in Keras 1 and 2. If "
            "the weights were trained there, these are not the numbers they gave; on this input they differ by up to "
            f"{far:.2g}",
        )
    else:
        yield Caution(
            "hard-sigmoid-v2",
            name,
            f"with Keras 3's own hard_sigmoid the output would differ by up to {far:.2g} on this input",
        )


def _states(layer: Any, name: str) -> Iterator[Caution]:
    if getattr(layer, "stateful", False):
        yield Caution(
            "stateful-carry",
            name,
            "stateful: it starts from the states that the last call left, so two calls on the same input differ. "
            "These numbers start from the states it has now; the layer's reset_state() sets them to zero. "
            + ("On JAX every predict starts afresh; only model(x) continues. " if _backend() == "jax" else "")
            + "In Keras 3 such a model needs keras.Input(batch_shape=...)",
        )


def _not_zeroed(ours: Any, name: str, mask: np.ndarray | None) -> Iterator[Caution]:
    """zero_output_for_mask, which JAX and NumPy ignore in an unrolled layer."""
    if mask is not None and getattr(ours, "zero_output_for_mask", False) and ours.masked_output != "zero":
        yield Caution(
            "masked-steps:repeated",
            name,
            f"zero_output_for_mask does nothing here: Keras on {ours.keras_backend} ignores it in a layer with "
            "unroll=True, so masked steps repeat the output before them. On TensorFlow and PyTorch they are zero",
        )


def _backend() -> str:
    return keras().backend.backend()


def _cudnn(layer: Any, name: str, mask: np.ndarray | None) -> Iterator[Caution]:
    # Only TensorFlow and PyTorch give cuDNN a mask; JAX runs its loop.
    if mask is None or getattr(layer, "use_cudnn", "auto") is False or _backend() not in ("tensorflow", "torch"):
        return
    if any(not _for_cudnn(one) for one in (getattr(layer, "forward_layer", layer),)):
        return
    lengths = mask.sum(axis=1)
    padded_right = (mask == (np.arange(mask.shape[1]) < lengths[:, None])).all()
    why = []
    if not padded_right:
        row = int(np.flatnonzero((mask != (np.arange(mask.shape[1]) < lengths[:, None])).any(axis=1))[0])
        why.append(f"the mask of sequence {row} is not padded on the right only")
    if not lengths.all():
        why.append(f"sequence {int(np.flatnonzero(lengths == 0)[0])} is masked everywhere")
    if why:
        yield Caution(
            "cudnn-mask",
            name,
            f"{' and '.join(why)}: on a GPU, where cuDNN computes this layer, predict and fit stop at such a mask. "
            "Pad on the right, leave no sequence empty, or give the layer use_cudnn=False",
        )


def _for_cudnn(layer: Any) -> bool:
    """Whether Keras would give this layer to cuDNN on a GPU."""
    if type(layer).__name__ not in ("LSTM", "GRU"):
        return False
    names = [getattr(getattr(layer, a), "__name__", "") for a in ("activation", "recurrent_activation")]
    return (
        names == ["tanh", "sigmoid"]
        and layer.use_bias
        and not layer.unroll
        and not layer.recurrent_dropout
        and getattr(layer, "reset_after", True)
    )


def _mask_value(name: str, ours: Masking) -> Iterator[Caution]:
    """A mask_value that half precision cannot hold: Keras rounds x but not the value."""
    rounded = float(ours.dtype_policy.cast(np.array([ours.mask_value], np.float32))[0])
    if rounded != np.float32(ours.mask_value):
        yield Caution(
            "mask-lost",
            name,
            f"mask_value={ours.mask_value:g} is {rounded:g} in {ours.compute_dtype}. Keras rounds the input, compares "
            "it with the unrounded value, and so never masks a step. Choose a number that this type can hold, "
            "such as 0 or -1, or give this layer dtype='float32'",
        )


def _padding(layer: Any, name: str, ids: np.ndarray) -> Iterator[Caution]:
    """Zeros at one end of the sequences, and no mask for them."""
    if layer.mask_zero or ids.ndim != 2 or ids.shape[1] < 3:
        return
    ends = ((ids[:, :2] == 0).all(axis=1) | (ids[:, -2:] == 0).all(axis=1)) & (ids != 0).any(axis=1)
    if ends.any():
        begin = "begins or ends" if ends.sum() == 1 else "begin or end"
        yield Caution(
            "mask-lost",
            name,
            f"mask_zero is off, and {int(ends.sum())} of {plural(len(ids), 'sequence')} {begin} with zeros: if those "
            "are padding, the layers after it compute with them as if they were words",
        )


def of_run(calls: list[Call]) -> list[Caution]:
    """Where masks were lost on the way through a model."""
    found = []
    for call in calls:
        if call.mask_arrived and call.mask_is_ignored:
            found.append(
                Caution(
                    "mask-lost",
                    call.name,
                    f"a mask arrives here and is not passed on: {call.kind} does not support masks, so what follows it "
                    "computes with the padded steps",
                )
            )
        elif call.mask_arrived and call.mask_not_handed_in:
            found.append(
                Caution(
                    "mask-lost",
                    call.name,
                    "its input carries a mask, but it is not used: Keras 3 passes one on by itself only to a layer "
                    "that is called with one tensor, and this one is called with "
                    f"{'an initial_state too' if call.initial_state else 'more'}. Call it with "
                    "mask=embedding.compute_mask(ids) as well",
                )
            )
    return found
