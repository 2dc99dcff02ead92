"""The explorers' texts that are made in Python: titles, how two runs compare, why something is not offered.

Texts about a place are made in the page, where the place is: static/shared/words.js, and words.js of each explorer.
A translation begins in these files. Errors are not here: they are for programmers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from lstm_edu.core.checks import plural
from lstm_edu.libraries import packed_in_order, spelled
from lstm_edu.trace import Trace

# --- titles ---------------------------------------------------------------------------------------------------------


def layer(trace: Trace, *about: str) -> str:
    """ "LSTM 'memory', 5 units, ..."."""
    return ", ".join([f"{trace.kind} {trace.layer.name!r}", *about])


def recurrent_layer(trace: Trace) -> str:
    """ "LSTM 'memory', 5 units, 8 timesteps of 3 features"."""
    _, steps, features = trace["x"].shape
    return layer(
        trace, plural(trace["h"].shape[2], "unit"), f"{plural(steps, 'timestep')} of {plural(features, 'feature')}"
    )


def model(trace: Trace, layers: Sequence[str]) -> str:
    """ "Sequential 'net', layers embedding, lstm"."""
    return layer(trace, f"layers {', '.join(layers)}")


def bins(samples: int, count: int) -> str:
    """ "7 samples in 4 bins"."""
    return f"{plural(samples, 'sample')} in {plural(count, 'bin')}"


def gradients(traces: Sequence[Trace], steps: int) -> str:
    """ "gradients of LSTM 'a' and GRU 'b' over 9 timesteps"."""
    return f"gradients of {' and '.join(layer(trace) for trace in traces)} over {plural(steps, 'timestep')}"


def pair(names: Sequence[str], steps: int) -> str:
    """ "ours and theirs side by side over 9 timesteps"."""
    return f"{names[0]} and {names[1]} side by side over {plural(steps, 'timestep')}"


def packing(article: str, units: int, features: int) -> dict[str, str]:
    """The title and the line below it; `article`, "an LSTM"."""
    return {
        "title": f"the weights of {article} of {plural(units, 'unit')} on {plural(features, 'feature')}",
        "subtitle": f"how the weights of {article} are packed in Keras: get_weights()",
    }


# --- how much is shown ------------------------------------------------------------------------------------------------

# What the levels of `detail` and of a gradient explorer's `show` are, for whoever asks for one that there is not.
DETAIL = {
    "simple": "what comes in, what is kept, what is written, in words",
    "gates": "the gates too",
    "all": "the equations and Keras's numbers too",
}
SHOW = {
    "size": "one curve, of how large the gradient is at each step, and a sentence",
    "path": "the states and their gradients as maps too, and the factors of a unit's own way back",
    "all": "the equations and what each step gives to the weights' gradients too",
}

_WITH_GATES = {"simple": "simple", "gates": "gates", "all": "all"}
_LEVELS = {
    "LSTM": _WITH_GATES,
    "GRU": _WITH_GATES,
    "SimpleRNN": {"simple": "simple", "gates": "sums", "all": "all"},
    "Dense": {"simple": "simple", "gates": "weights", "all": "all"},
    "Embedding": {"simple": "simple", "gates": "output", "all": "all"},
}


def levels(kinds: Sequence[str]) -> dict[str, str]:
    """What the levels are called where these kinds of layers are shown; those that show no more are left out."""
    known = [_LEVELS[kind] for kind in kinds if kind in _LEVELS]
    if _WITH_GATES in known:
        return _WITH_GATES
    return known[0] if known else {"simple": "simple", "all": "all"}


GRADIENT_LEVELS = {level: level for level in SHOW}


# --- two runs -------------------------------------------------------------------------------------------------------


def agree(largest: float) -> str:
    """Ours and Keras's are equal up to rounding."""
    return f"every number agrees; the largest difference is {f'{largest:.1e}' if largest else '0'}"


def differ(name: str, index: Sequence[Any], axes: Sequence[str], size: float) -> str:
    """They are not; and where they differ most."""
    how = f"{size:.1e}" if np.isfinite(size) else "not finite"
    return f"they differ, most of all in {place(name, index, axes)}: the difference there is {how}"


def undecided(name: str, index: Sequence[Any], axes: Sequence[str], dtype: str) -> str:
    """Up to this place they are equal, and from it on this cannot be decided."""
    return (
        f"from {place(name, index, axes)} on {dtype} cannot decide, because errors grow until "
        "rounding alone decides the numbers; before that they agree"
    )


def place(name: str, index: Sequence[Any], axes: Sequence[str]) -> str:
    """ "c at sequence 0, step 3, unit 2"."""
    return f"{name} at " + ", ".join(f"{axis} {n}" for axis, n in zip(axes, index, strict=True))


# --- mistakes that a reader can make in an LSTM ----------------------------------------------------------------------

_ORDERS = "gates in another order"  # gate-order: as many as there are orders
_MISTAKES = {
    "another activation": {
        "candidate-activation:sigmoid": "sigmoid on the candidate g",
        "candidate-activation:none": "no activation on the candidate g",
        "candidate-activation:tanh-on-i": "tanh on the input gate i",
        "candidate-activation:tanh-on-f": "tanh on the forget gate f",
        "candidate-activation:tanh-on-o": "tanh on the output gate o",
        "candidate-activation:tanh-on-ifo": "tanh on all three gates i, f and o",
        "candidate-activation:sigmoid-on-c": "sigmoid on the cell state on its way out",
        "hard-sigmoid-v2": "the hard sigmoid of Keras 2 on the gates",
        "hard-sigmoid-v3": "the hard sigmoid of Keras 3 on the gates",
        "hard-sigmoid-v3:sigmoid": "sigmoid on the gates instead of hard sigmoid",
    },
    "a bias missing, added twice or swapped": {
        "bias-missing": "no bias at all",
        **{f"bias-missing:{gate}": f"no bias for {gate}" for gate in "ifgo"},
        "bias-twice": "the bias added twice",
        "torch-two-biases": "the bias copied into both of PyTorch's biases",
        "tf1-forget-bias": "1 added to the forget gate's sum, as in TensorFlow 1",
        "unit-forget-bias:twice": "the forget gate's bias of 1 added a second time",
        "unit-forget-bias:missing": "the forget gate's bias without its 1",
        **{f"bias-wrong-gate:only-{gate}": f"the bias of {gate} used for every gate" for gate in "ifgo"},
        **{f"bias-wrong-gate:{a}-{b}": f"the biases of {a} and {b} swapped" for a, b in combinations("ifgo", 2)},
    },
    "weights transposed or reshaped": {
        "kernel-transposed": "W transposed, gate by gate",
        "recurrent-transposed": "U transposed, gate by gate",
        "kernel-reshaped": "W reshaped instead of transposed",
        "kernel-reshaped:back": "W reshaped back instead of transposed back",
        "kernel-reshaped:recurrent": "U reshaped instead of transposed",
        "kernel-reshaped:recurrent-back": "U reshaped back instead of transposed back",
        "kernel-reshaped:both": "W and U reshaped instead of transposed",
        "kernel-reshaped:both-back": "W and U reshaped back instead of transposed back",
        "kernel-reshaped:interleaved": "columns taken unit by unit instead of gate by gate",
        "kernel-reshaped:cut-across": "W and U cut into gates along their rows",
    },
    "h and c mixed up": {
        "wrong-previous-state:gates-see-c": "the gates see the old c instead of the old h",
        "wrong-previous-state:h-for-c": "the forget gate keeps h instead of c",
        "wrong-previous-state:output-from-old-c": "the output made from the old c",
        "wrong-previous-state:cell-not-squashed": "no tanh on c on its way out",
        "wrong-previous-state:tanh-twice": "tanh twice on c on its way out",
        "wrong-previous-state:squashed-c-kept": "tanh(c) carried on instead of c",
        "h-c-swapped": "initial states given as [c, h]",
        "peepholes:ones": "the gates also see c (peepholes)",
        "peepholes:recurrent-kernel": "U multiplied by h + c instead of h",
    },
    "np.dot instead of number by number": {
        "product-not-elementwise:f-c": "np.dot for f · c",
        "product-not-elementwise:i-g": "np.dot for i · g",
        "product-not-elementwise:f-c-i-g": "np.dot for f · c and i · g",
        "product-not-elementwise:o-c": "np.dot for o · tanh(c)",
        "product-not-elementwise:all": "np.dot for all three products",
    },
    "states not carried from step to step": {
        "state-not-carried": "h and c set to zero at every step",
        "state-not-carried:h": "h set to zero at every step",
        "state-not-carried:c": "c set to zero at every step",
        "state-not-carried:initial-everywhere": "every step starts from the initial state",
        "state-not-carried:initial-state": "the initial state not used",
        "stateful-carry": "the states of an earlier call not reset",
    },
    "masked steps": {
        "mask-lost": "the mask lost: padding computed like the rest",
        "mask-lost:inverted": "the mask inverted: only the padding counts",
        "cudnn-mask": "only the number of real steps used, as in cuDNN",
        "masked-steps:state-zeroed": "states set to zero at masked steps",
        "masked-steps:c-goes-on": "c computed on at masked steps",
        "masked-steps:h-goes-on": "h computed on at masked steps",
        "masked-steps:input-zeroed": "input set to zero instead of steps skipped",
        "masked-steps:zero": "zero returned at masked steps",
        "masked-steps:repeated": "the output repeated at masked steps, not zero",
        "masked-steps:initial-state": "the initial state returned before the first step that counts",
    },
    "something else returned": {
        "return-last-vs-sequence:c-for-h": "c returned instead of h",
        "return-last-vs-sequence:last": "only the last step returned",
        "return-last-vs-sequence:sequence": "every step returned, not only the last",
        "return-last-vs-sequence:first": "the first step returned instead of the last",
        "go-backwards-order": "the steps returned in reverse order",
        "slicing:last-step-skipped": "the last step missing",
        "units-vs-timesteps": "only as many steps as there are units",
        **{
            f"extra-activation:{name}": f"{name} applied to what is returned"
            for name in ("softmax", "tanh", "sigmoid", "relu")
        },
    },
}
_GROUPS = {id: group for group, entries in _MISTAKES.items() for id in entries}


def mistake(id: str) -> dict[str, str] | None:
    """The group of a mistake that the page can make in an LSTM, and the mistake in a few words; None for any other.

    >>> mistake("gate-order:i,o,f,g")
    {'group': 'gates in another order', 'words': 'order i, o, f, g, as in ONNX'}
    """
    family, _, variant = id.partition(":")
    if family == "gate-order":
        order = variant.split(",")
        rows = packed_in_order("LSTM", order)
        return {"group": _ORDERS, "words": f"order {', '.join(order)}" + (f", as in {spelled(rows)}" if rows else "")}
    group = _GROUPS.get(id)
    return None if group is None else {"group": group, "words": _MISTAKES[group][id]}


# --- what is not offered --------------------------------------------------------------------------------------------

DROPPED = "This run dropped numbers (training=True)"
TOO_LARGE = "The weights are too large to send to this page"
NO_WHAT_IF_IN_TRAINING = (
    "This run was made in training, with numbers dropped at random: the page does not recompute it."
)


def no_what_if_of(size: float) -> str:
    """The weights, `size` bytes, stay in Python."""
    return f"The weights ({size / 2**20:.1f} MB) are too large to send to the page, so it cannot recompute the run."


# --- layers without their own explorer ------------------------------------------------------------------------------


def what_it_does(trace: Trace) -> str:
    """What such a layer does, in words, with the numbers of this one."""
    one = trace.layer
    if trace.kind == "Masking":
        counted = f"{int(trace.mask.sum())} of {trace.mask.size}" if trace.mask is not None else "all"
        return (
            f"Finds the steps that are only padding: those whose features all equal {one.mask_value:g}. Their output "
            f"is 0, and the mask tells the layers that follow to skip them. {counted} steps count."
        )
    if trace.kind == "Dropout":
        used = [mask for mask in trace.dropout_masks if mask is not None]
        if not used:
            return (
                f"Does nothing here: numbers are dropped only in training, each with probability {one.rate:g}. "
                "The output is the input."
            )
        lost = np.mean([np.mean(mask == 0) for mask in used])
        return (
            f"In training: {lost:.0%} of the numbers were set to 0 (the rate is {one.rate:g}), and the others were "
            f"multiplied by {1 / (1 - one.rate):.4g}, so that sums stay as large on average."
        )
    if trace.kind == "Bidirectional":
        n = one.forward_layer.units
        merge = {
            "concat": f"side by side: features 0 to {n - 1} are the forward layer's, the others the backward layer's",
            "sum": "added",
            "mul": "multiplied",
            "ave": "averaged",
            None: "both returned, one after the other; the first is shown",
        }[one.merge_mode]
        turned = ", the backward layer's reversed, so that both refer to the same timestep" * one.return_sequences
        return (
            f"Two layers read the same input, one from its start, one from its end. Their outputs are {merge}{turned}."
        )
    return f"A {trace.kind} layer: what comes in, and what goes out. It has no explorer."
