"""States that are not carried, not reset, swapped, or not started from."""

from __future__ import annotations

from functools import partial

import numpy as np

from lstm_edu.doctor.mistake import CATALOGUE, RECURRENT, Mistake, mistake
from lstm_edu.doctor.recipes import Folding, Form, RecurrentRecipe
from lstm_edu.doctor.running import run


def not_carried(r: RecurrentRecipe, states: str, instead: str) -> RecurrentRecipe | None:
    if instead == "start" and not any(s.any() for s in r.start):
        return None  # the same as zeros
    names = zip(r.equations.states, r.before, strict=True)
    return r.but(before=tuple(instead if name in states else kind for name, kind in names))


for _variant, _states, _instead, _kinds, _what in (
    ("", "hc", "zero", RECURRENT, "The states are set to zero at every step"),
    (":h", "h", "zero", ("LSTM",), "h is zero at the beginning of every step; only c is carried"),
    (":c", "c", "zero", ("LSTM",), "c is zero at the beginning of every step; only h is carried"),
    (":initial-everywhere", "hc", "start", RECURRENT, "Every step starts from the initial state"),
):
    mistake(
        f"state-not-carried{_variant}",
        *_kinds,
        sentence=f"{_what}. Each step should start from what the previous step left.",
        fix="h, c = np.zeros(...), np.zeros(...)   # before the loop over time, not in it",
        versions="hand-written code; Keras's layer called once per timestep without stateful=True",
        source="keras.layers.LSTM",
    )(partial(not_carried, states=_states, instead=_instead))


@mistake(
    "state-not-carried:initial-state",
    *RECURRENT,
    sentence="The initial state is not used: the first step starts from zeros.",
    fix="layer(x, initial_state=[h0, c0])",
    condition=lambda layer: not layer.stateful,
    versions="hand-written code; an encoder's state that never reaches the decoder",
    source="keras.layers.LSTM: initial_state",
)
def _from_zeros(r):
    return r.but(start=tuple(map(np.zeros_like, r.start))) if any(s.any() for s in r.start) else None


mistake(
    "stateful-carry:not-kept",
    *RECURRENT,
    sentence="The first step starts from zeros; this layer is stateful and starts from the state in which its last "
    "call ended, until reset_state().",
    fix="layer.reset_state()   # before the call; or stateful=False; or keep h and c from one call to the next",
    condition=lambda layer: layer.stateful,
    versions="stateful=True in Keras, and nothing like it elsewhere",
    source="keras.layers.RNN: stateful",
)(_from_zeros)


@mistake(
    "state-not-reset",
    *RECURRENT,
    sentence="A sequence starts from the state in which the sequence before it in the batch ended; "
    "each starts from the initial state.",
    fix="for sequence in x: h, c = np.zeros(units), np.zeros(units); ...",
    versions="hand-written code, with a loop over the sequences",
    source="keras.layers.LSTM",
    across=True,
)
def _batch_in_a_row(r):
    batch, timesteps = r.x.shape[:2]
    if batch == 1:
        return None

    def one_after_another(a):
        return None if a is None else a.reshape(1, batch * timesteps, *a.shape[2:])

    def as_batch(sequence):
        return sequence.reshape(batch, timesteps, -1)

    return r.but(
        x=one_after_another(r.x),
        mask=one_after_another(r.mask),
        start=tuple(s[:1] for s in r.start),
        folding=Folding(as_batch, as_batch),
    )


@mistake(
    "stateful-carry",
    *RECURRENT,
    sentence="The layer starts from the state in which its last call on this input ended, as a stateful layer does; "
    "reset_state() was not called in between.",
    fix="layer.reset_state()   # before the second call; or stateful=False",
    versions="stateful=True; Keras 3's models have no reset_states, the layers have",
    source="keras.layers.RNN: stateful",
)
def _second_call(r):
    return r.but(passes=r.passes + 1)


CATALOGUE.add(
    Mistake(
        "stateful-carry:another-input",
        RECURRENT,
        "The first step starts from another state; every step after it follows from the one before as it should. So a "
        "stateful layer has seen other input before, or was given an initial state.",
        "layer.reset_state()   # before the call; or stateful=False; or the same initial_state in both",
        None,
        versions="stateful=True in one of two programs",
        source="keras.layers.RNN: stateful",
    )
)


@mistake(
    "stateful-carry:model",
    "Sequential",
    sentence="All recurrent layers of the model start from the states in which its last call on this input ended, as "
    "stateful layers do; their states were not reset in between.",
    fix="for layer in model.layers: getattr(layer, 'reset_state', lambda: None)()   # before the second call",
    condition=lambda model: sum(type(layer).__name__ in RECURRENT for layer in model.layers) > 1,
    versions="stateful=True; Keras 3's models have no reset_states, the layers have",
    source="keras.layers.RNN: stateful",
)
def _second_call_of_all(r):
    run([r])  # so that it is known what reaches each layer
    starts = dict(r.starts)
    for name in r.layer.inner:
        part = r.right_part(name)
        if isinstance(part, RecurrentRecipe):
            (outputs,) = run([part.but(form=Form(part.form.sequences, True))])
            if outputs is None:
                return None
            starts[name] = outputs[1:]
    return r.but(starts=starts, reached={}, made={})


@mistake(
    "h-c-swapped",
    "LSTM",
    sentence="The initial states are given as [c, h]; Keras takes [h, c].",
    fix="initial_state=[h0, c0]",
    versions="TensorFlow 1's LSTMStateTuple is (c, h)",
    source="keras.layers.LSTM: initial_state; tf.nn.rnn_cell.LSTMStateTuple",
)
def _c_first(r):
    return r.but(start=r.start[::-1]) if any(s.any() for s in r.start) else None


@mistake(
    "h-c-swapped:returned",
    "LSTM",
    sentence="The final states are returned as (c, h); Keras returns (output, h, c).",
    fix="y, h, c = layer(x)   # with return_state=True",
    versions="TensorFlow 1's LSTMStateTuple is (c, h)",
    source="keras.layers.LSTM: return_state",
)
def _returned_c_first(r):
    return r.then(lambda outputs: [outputs[0], outputs[2], outputs[1]]) if r.form.states else None
