"""The patients: a story, a layer, an input, and the mistakes that it might be. Which of them it is is sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import combinations
from typing import Any

import numpy as np

from lstm_edu import core
from lstm_edu.core import Layer
from lstm_edu.doctor import CATALOGUE, Mistake
from lstm_edu.doctor.hypotheses import Made, with_mistakes
from lstm_edu.doctor.mistake import Mistakes, outputs_of
from lstm_edu.doctor.recipes import recipe_of

Array = np.ndarray

# What a learner calls a mistake. The entry of the catalogue says more, when it has been found.
WORDS = {
    "all-steps-at-once:averaged": "the timesteps are averaged first",
    "axes-swapped:batch-time": "the loop goes over the batch instead of the timesteps",
    "bias-missing": "the bias is left out",
    "bias-missing:f": "the bias of the forget gate is left out",
    "bias-missing:z": "the bias of the update gate is left out",
    "bias-twice": "the bias is added twice",
    "bias-wrong-gate:i-o": "the biases of i and o are swapped",
    "bidirectional-order": "the backward part comes first",
    "bidirectional-order:weights": "the two directions have each other's weights",
    "candidate-activation:none": "tanh is missing",
    "candidate-activation:sigmoid": "the candidate is a sigmoid instead of a tanh",
    "candidate-activation:tanh-on-o": "the output gate is a tanh instead of a sigmoid",
    "extra-activation:relu": "there is an extra relu at the end",
    "extra-activation:tanh": "there is an extra tanh at the end",
    "flipped-along-the-batch": "the backward outputs are reversed along the batch instead of the time",
    "gate-order:i,f,o,g": "the blocks are read in the order i, f, o, g",
    "gate-order:i,o,f,g": "the blocks are read in the order i, o, f, g",
    "go-backwards-order": "the outputs are in reverse order of time",
    "go-backwards-order:both-forward": "both directions read forwards",
    "go-backwards-order:direction": "the sequence is read from the end",
    "go-backwards-order:not-turned": "the backward outputs are left in the order in which they were computed",
    "gru-bias-rows:exchanged": "the two rows of the bias are swapped",
    "gru-bias-rows:input-only": "only the first row of the bias is used",
    "gru-bias-rows:recurrent-only": "only the second row of the bias is used",
    "gru-bias-rows:summed": "the two rows of the bias are added first",
    "gru-gate-order:r,z,g": "the blocks are read in the order r, z, g",
    "gru-reset-after": "the reset gate is applied on the wrong side of the product with U",
    "gru-update-flipped": "z and 1 - z are swapped",
    "hard-sigmoid-v3": "the gates are hard sigmoids",
    "kernel-transposed": "the kernel W is transposed",
    "kernels-exchanged": "W and U are swapped",
    "mask-lost": "the mask is ignored",
    "mask-lost:inverted": "the mask is inverted",
    "masked-steps:c-goes-on": "at a masked step c changes; only h is kept",
    "masked-steps:h-goes-on": "at a masked step h changes; only c is kept",
    "masked-steps:input-zeroed": "at a masked step the input is zero, and the step is computed",
    "masked-steps:state-zeroed-output-repeated": "at a masked step the states are set to zero",
    "masked-steps:zero": "at a masked step the output is zero",
    "precision-only:float16": "there is no mistake: the numbers have only the 3 digits of float16",
    "recurrent-transposed": "the recurrent kernel U is transposed",
    "slicing:last-step-skipped": "the last timestep is left out",
    "state-not-carried": "the states start again at zero at every step",
    "state-not-carried:c": "c starts again at zero at every step; h is carried over",
    "state-not-carried:h": "h starts again at zero at every step; c is carried over",
    "state-not-carried:initial-everywhere": "every step starts from the initial states",
    "state-not-carried:initial-state": "the initial states are not used",
    "tf1-forget-bias": "1 is added to the sum of the forget gate",
    "unit-forget-bias:missing": "the forget gate's bias is too small by 1",
    "wrong-previous-state:cell-not-squashed": "tanh is missing where h is made from c",
    "wrong-previous-state:gates-see-c": "the gates see the old c instead of the old h",
    "wrong-previous-state:h-for-c": "the forget gate keeps the old h instead of the old c",
    "wrong-previous-state:output-from-old-c": "h is made from the old c",
    "wrong-previous-state:squashed-c-kept": "tanh(c) is carried over instead of c",
    "wrong-previous-state:tanh-twice": "tanh is applied to c twice before the output",
}


@dataclass(frozen=True)
class Setting:
    """What was computed: a built layer of this package, and the arguments of its call."""

    layer: Layer
    x: Array
    mask: Array | None = None
    initial_state: list[Array] | None = None


@dataclass(frozen=True)
class Record:
    """One patient.

    Attributes:
        story: whose code it is, in words that do not give the mistake away.
        setting: (rng) -> what was computed.
        choices: ids of the catalogue that it might be, one of them the right one.
        seal: a digest of the right one, or of the right ones.
        asked: whether the learner gets the function, and may call it with their own inputs.
        mistakes: how many of the choices were made, 1 or 2.
    """

    story: str
    setting: Callable[[np.random.Generator], Setting]
    choices: tuple[str, ...]
    seal: str
    asked: bool = False
    mistakes: int = 1


@dataclass(frozen=True)
class Cause(Mistakes):
    """A mistake of the catalogue, or two that were made together, in the order of their ids."""

    mistakes: tuple[Mistake, ...]

    @classmethod
    def of(cls, ids: Iterable[str]) -> Cause:
        return cls(tuple(CATALOGUE[mistake_id] for mistake_id in sorted(ids)))

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(mistake.id for mistake in self.mistakes)

    def output(
        self, layer: Layer, x: Any, mask: Any = None, initial_state: Any = None, places: Sequence[Any] = ()
    ) -> Array:
        """What `layer(x)` would return; ValueError where these mistakes cannot be made. places: of each mistake."""
        if not all(mistake.places(layer) for mistake in self.mistakes):
            raise ValueError(f"{self.id} cannot be made in {layer!r}")
        where = places or [mistake.places(layer)[0] for mistake in self.mistakes]
        right = recipe_of(layer, x, mask, initial_state, dtype=layer.dtype)
        return np.asarray(outputs_of(with_mistakes(right, map(Made, self.mistakes, where)), self.id)[0])


def digest(number: int, cause_id: str) -> str:
    """What a patient's seal is compared with: an id cannot be read from it."""
    return sha256(f"lstm_edu.clinic {number} {cause_id}".encode()).hexdigest()[:16]


def opened(number: int) -> Cause:
    """What a patient has, by trying all choices on its seal."""
    record = RECORDS[number]
    possible = map(Cause.of, combinations(record.choices, record.mistakes))
    return next(cause for cause in possible if digest(number, cause.id) == record.seal)


def _built(layer: Layer, features: int, rng: np.random.Generator, scale: float) -> Layer:
    layer.build((None, features) if isinstance(layer, core.Dense) else (None, None, features))
    layer.set_weights([rng.normal(scale=scale, size=w.shape).astype(w.dtype) for w in layer.get_weights()])
    return layer


def _random(rng: np.random.Generator, *shape: int) -> Array:
    return rng.normal(size=shape).astype(np.float32)


def _dense(rng: np.random.Generator, batch: int, features: int, units: int) -> Setting:
    return Setting(_built(core.Dense(units), features, rng, 0.8), _random(rng, batch, features))


def _recurrent(
    rng: np.random.Generator,
    kind: str,
    shape: tuple[int, int, int],
    units: int,
    scale: float = 0.9,
    masked: bool = False,
    states: bool = False,
) -> Setting:
    batch, timesteps, features = shape
    layer = getattr(core, kind)(units, return_sequences=True)
    mask = None
    if masked:  # gaps in the middle; every sequence begins and ends with a step that counts
        mask = np.ones((batch, timesteps), bool)
        for row in range(batch):
            mask[row, 2 + row : 4 + row] = False
    start = [_random(rng, batch, units) for _ in layer.state_names] if states else None
    return Setting(_built(layer, features, rng, scale), _random(rng, *shape), mask, start)


def _both_ways(rng: np.random.Generator) -> Setting:
    layer = core.Bidirectional(core.LSTM(2, return_sequences=True))
    return Setting(_built(layer, 3, rng, 0.9), _random(rng, 2, 5, 3))


_LSTM = partial(_recurrent, kind="LSTM")
_GRU = partial(_recurrent, kind="GRU")

RECORDS: dict[int, Record] = {
    1: Record(
        "Ada wrote an LSTM in NumPy, with Keras's weights. Nothing agrees, not even the first timestep. "
        '"But look how strong my outputs are!"',
        partial(_LSTM, shape=(2, 12, 3), units=4, scale=1.6),
        (
            "bias-twice",
            "candidate-activation:sigmoid",
            "gate-order:i,f,o,g",
            "state-not-carried",
            "wrong-previous-state:cell-not-squashed",
        ),
        "62f58b41b6774bb4",
    ),
    2: Record(
        "Ben's loop is short and elegant, and every number that Keras returns is somewhere in his output, too.",
        partial(_LSTM, shape=(2, 7, 2), units=3),
        (
            "axes-swapped:batch-time",
            "go-backwards-order",
            "go-backwards-order:direction",
            "slicing:last-step-skipped",
            "state-not-carried",
        ),
        "0031bb3edfbf2bd8",
    ),
    3: Record(
        "Chen rebuilt a Dense layer and gives you the function. Call it with whatever you like: zeros, ones, the "
        "identity.",
        partial(_dense, batch=4, features=3, units=3),
        (
            "bias-missing",
            "bias-twice",
            "extra-activation:relu",
            "extra-activation:tanh",
            "kernel-transposed",
        ),
        "d259517d6c646ef7",
        asked=True,
    ),
    4: Record(
        "Dina's LSTM is supposed to say which way a share price moves, up or down. It only ever goes up.",
        partial(_LSTM, shape=(3, 6, 2), units=3),
        (
            "bias-missing",
            "candidate-activation:sigmoid",
            "candidate-activation:tanh-on-o",
            "extra-activation:relu",
            "gate-order:i,o,f,g",
            "wrong-previous-state:tanh-twice",
        ),
        "95b5c4b89ef818f0",
    ),
    5: Record(
        "Emil passes in the states from an earlier recording, as he should. His first timestep is perfect.",
        partial(_LSTM, shape=(2, 6, 3), units=4, states=True),
        (
            "recurrent-transposed",
            "state-not-carried:c",
            "state-not-carried:initial-everywhere",
            "state-not-carried:initial-state",
            "wrong-previous-state:squashed-c-kept",
        ),
        "46c79a542fe35c7a",
    ),
    6: Record(
        "Fatima's layer answers one step too late, or so she says. It has nothing to say about the first timestep.",
        partial(_LSTM, shape=(2, 6, 3), units=3),
        (
            "all-steps-at-once:averaged",
            "go-backwards-order",
            "state-not-carried:c",
            "wrong-previous-state:gates-see-c",
            "wrong-previous-state:h-for-c",
            "wrong-previous-state:output-from-old-c",
        ),
        "2ca0b7b583d00421",
    ),
    7: Record(
        "Goran wrote a SimpleRNN with as many units as features. You get the function. For a single timestep it is "
        "always right.",
        partial(_recurrent, kind="SimpleRNN", shape=(3, 5, 4), units=4, scale=0.6),
        (
            "bias-missing",
            "candidate-activation:none",
            "kernel-transposed",
            "kernels-exchanged",
            "recurrent-transposed",
            "state-not-carried",
        ),
        "d3393542db053443",
        asked=True,
    ),
    8: Record(
        "Hana took a GRU's equations from a book and its weights from Keras. Both are correct.",
        partial(_GRU, shape=(2, 5, 3), units=4),
        (
            "bias-missing:z",
            "gru-bias-rows:summed",
            "gru-gate-order:r,z,g",
            "gru-reset-after",
            "gru-update-flipped",
            "state-not-carried",
        ),
        "cb1d542e0f44da74",
    ),
    9: Record(
        "Ivo's sequences have gaps, and a mask says where. Without a mask his loop agrees with Keras.",
        partial(_LSTM, shape=(3, 8, 2), units=3, masked=True),
        (
            "mask-lost",
            "mask-lost:inverted",
            "masked-steps:c-goes-on",
            "masked-steps:h-goes-on",
            "masked-steps:input-zeroed",
            "masked-steps:state-zeroed-output-repeated",
            "masked-steps:zero",
        ),
        "3fef3b09eb28b7ae",
    ),
    10: Record(
        "Jonas converted a model from another program. He gives you the function that runs it. For one timestep it "
        "is right, and then it drifts.",
        partial(_LSTM, shape=(2, 6, 3), units=3),
        (
            "bias-missing:f",
            "bias-twice",
            "hard-sigmoid-v3",
            "state-not-carried:c",
            "tf1-forget-bias",
            "unit-forget-bias:missing",
        ),
        "35670f1b68ce4657",
        asked=True,
    ),
    11: Record(
        "Kira's bidirectional layer is right in one half of its units.",
        _both_ways,
        (
            "bidirectional-order",
            "bidirectional-order:weights",
            "flipped-along-the-batch",
            "go-backwards-order:both-forward",
            "go-backwards-order:not-turned",
        ),
        "2ca82f67b2484c77",
    ),
    12: Record(
        "Luis is worried: nearly all his numbers differ from Keras's, and the comparison says ✗ everywhere.",
        partial(_LSTM, shape=(2, 6, 3), units=4),
        (
            "bias-wrong-gate:i-o",
            "hard-sigmoid-v3",
            "precision-only:float16",
            "tf1-forget-bias",
            "wrong-previous-state:tanh-twice",
        ),
        "b75bd91b1281b5c3",
    ),
    13: Record(
        "Mei's LSTM is right at the first timestep and only a little off at the second. She has checked every gate, "
        'twice. "The gates are right, as long as what comes in is right."',
        partial(_LSTM, shape=(2, 7, 3), units=4, scale=0.7),
        (
            "recurrent-transposed",
            "state-not-carried:c",
            "state-not-carried:h",
            "tf1-forget-bias",
            "wrong-previous-state:h-for-c",
            "wrong-previous-state:squashed-c-kept",
            "wrong-previous-state:tanh-twice",
        ),
        "0b48ceab2cbea01e",
    ),
    14: Record(
        "Noor's GRU has been in use for a year, and she gives you the function. Only yesterday was one of its "
        "forecasts compared with Keras's.",
        partial(_GRU, shape=(3, 5, 2), units=3),
        (
            "gru-bias-rows:exchanged",
            "gru-bias-rows:input-only",
            "gru-bias-rows:recurrent-only",
            "gru-bias-rows:summed",
            "gru-reset-after",
            "gru-update-flipped",
        ),
        "e4897dd2168bf99c",
        asked=True,
    ),
    15: Record(
        "Omar's LSTM was wrong from the first timestep on. He found a mistake and fixed it: the first timestep was "
        "right, and all others were still wrong. He has put it back in, so that you can find both.",
        partial(_LSTM, shape=(2, 6, 3), units=4),
        (
            "bias-missing",
            "bias-twice",
            "candidate-activation:tanh-on-o",
            "gate-order:i,o,f,g",
            "recurrent-transposed",
            "state-not-carried:c",
            "state-not-carried:h",
        ),
        "eb216c38b8bb2998",
        mistakes=2,
    ),
    16: Record(
        "Pia rewrote a SimpleRNN, and gives you the function. She has tried every fix she could think of, one at a "
        'time. "None of them helps!" None of them can: there are two mistakes in it.',
        partial(_recurrent, kind="SimpleRNN", shape=(3, 5, 3), units=4, scale=0.6),
        (
            "bias-missing",
            "bias-twice",
            "candidate-activation:none",
            "go-backwards-order:direction",
            "recurrent-transposed",
            "state-not-carried",
        ),
        "97e3fbae6cf52f05",
        asked=True,
        mistakes=2,
    ),
}
