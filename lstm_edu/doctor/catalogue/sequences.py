"""Time: which steps are read, in which order, on which axis."""

from __future__ import annotations

from functools import partial

import numpy as np

from lstm_edu.doctor.mistake import RECURRENT, mistake
from lstm_edu.doctor.recipes import (
    BidirectionalRecipe,
    DenseRecipe,
    EmbeddingRecipe,
    Folding,
    RecurrentRecipe,
    unchanged,
)


def _turned(a):
    return None if a is None else a[:, ::-1]


# --- directions -----------------------------------------------------------------------------------------------------


@mistake(
    "go-backwards-order",
    *RECURRENT,
    sentence="The outputs are in reverse order of time. With go_backwards Keras leaves them in the order in which "
    "they were computed, the last timestep's first.",
    fix="y[:, ::-1]   # to bring the outputs of go_backwards into the input's order",
    versions="all; only Bidirectional reverses its backward layer's outputs",
    source="keras#1431; keras.layers.RNN: go_backwards",
)
def _outputs_turned(r):
    return r.but(shown=(*r.shown, lambda y, c: y[:, ::-1])) if r.form.sequences else None


@mistake(
    "go-backwards-order:direction",
    *RECURRENT,
    sentence="The sequence is read in the other direction (go_backwards forgotten, or set where it should not be).",
    fix="keras.layers.LSTM(units, go_backwards=...)   # the same in both",
    versions="all",
    source="keras.layers.RNN: go_backwards",
)
def _other_direction(r):
    return r.but(x=_turned(r.x), mask=_turned(r.mask))


@mistake(
    "go-backwards-order:not-turned",
    "Bidirectional",
    sentence="The backward layer's outputs are left in the order in which they were computed; Bidirectional reverses "
    "them, so that both directions refer to the same timestep.",
    fix="np.concatenate([y_forward, y_backward[:, ::-1]], axis=-1)",
    condition=lambda layer: layer.return_sequences,
    versions="hand-written code",
    source="keras#3163; keras.layers.Bidirectional",
)
def _not_turned(r):
    return r.but(turned=not r.turned)


@mistake(
    "go-backwards-order:both-forward",
    "Bidirectional",
    sentence="Both layers read the sequence in the same direction; the backward layer must read it from the end.",
    fix="keras.layers.Bidirectional(layer)   # makes the backward layer with go_backwards=True",
    versions="hand-written code",
    source="keras.layers.Bidirectional",
)
def _both_forward(r):
    return r.but(parts=r.parts | {"backward": _other_direction(r.parts["backward"])}, turned=False)


# --- two directions joined ------------------------------------------------------------------------------------------


def _merged(r: BidirectionalRecipe, mode: str) -> BidirectionalRecipe:
    return r.but(merge=mode)


for _mode in ("concat", "sum", "mul", "ave"):

    def _can(layer, mode=_mode):
        same = layer.forward_layer.units == layer.backward_layer.units
        return layer.merge_mode not in (mode, None) and (mode == "concat" or same)

    mistake(
        f"bidirectional-merge:{_mode}",
        "Bidirectional",
        sentence=f'The two directions are merged with merge_mode="{_mode}"; the layer has a different one.',
        fix='keras.layers.Bidirectional(layer, merge_mode="concat")   # the default',
        condition=_can,
        versions='all; the default is "concat"',
        source="keras.layers.Bidirectional: merge_mode",
    )(partial(_merged, mode=_mode))

_EXCHANGED = {
    "versions": "all",
    "source": "keras.layers.Bidirectional: forward first, then backward; states [h, c] of one, then of the other",
}


def _two_alike(layer) -> bool:
    one, other = layer.forward_layer, layer.backward_layer
    return one.units == other.units and type(one) is type(other)


@mistake(
    "bidirectional-order",
    "Bidirectional",
    sentence="The backward layer's outputs and states come first; Keras puts the forward layer's first.",
    fix="np.concatenate([y_forward, y_backward], axis=-1)",
    condition=lambda layer: layer.merge_mode in ("concat", None) and _two_alike(layer),
    **_EXCHANGED,
)
def _backward_first(r):
    return r.but(order=r.order[::-1])


@mistake(
    "bidirectional-order:weights",
    "Bidirectional",
    sentence="The two directions' weights are swapped; get_weights() has the forward layer's first.",
    fix="half = len(weights) // 2; forward, backward = weights[:half], weights[half:]",
    condition=_two_alike,
    **_EXCHANGED,
)
def _weights_exchanged(r: BidirectionalRecipe):
    one, other = r.parts.values()
    names = ("kernel", "recurrent_kernel", "bias")
    given = {name: {a: getattr(part, a) for a in names} for name, part in zip(r.parts, (other, one), strict=True)}
    return r.but(parts={name: part.but(**given[name]) for name, part in r.parts.items()})


@mistake(
    "bidirectional-order:states",
    "Bidirectional",
    sentence="The two directions' initial states are swapped; Keras takes the forward layer's first, [h, c, h, c].",
    fix="initial_state=[h_forward, c_forward, h_backward, c_backward]",
    condition=_two_alike,
    **_EXCHANGED,
)
def _states_exchanged(r: BidirectionalRecipe):
    one, other = r.parts.values()
    if not any(s.any() for part in (one, other) for s in part.start):
        return None
    return r.but(parts={"forward": one.but(start=other.start), "backward": other.but(start=one.start)})


@mistake(
    "bidirectional-order:last-timestep",
    "Bidirectional",
    sentence="The backward layer's output is taken at the last timestep, where it has only begun to read; "
    "Keras takes it where it has read everything.",
    fix="np.concatenate([y_forward[:, -1], y_backward[:, 0]], axis=-1)   # both sequences in the input's order",
    condition=lambda layer: not layer.return_sequences,
    versions="PyTorch code: out[:, -1] of a bidirectional LSTM",
    source="keras#4791; aymericdamien/TensorFlow-Examples#201",
)
def _begun_only(r):
    return r.but(parts=r.parts | {"backward": r.parts["backward"].but(last=lambda y: y[:, 0])})


# --- which steps are returned ---------------------------------------------------------------------------------------


def _form(r: RecurrentRecipe, **changes) -> RecurrentRecipe:
    return r.but(form=r.form._replace(**changes))


@mistake(
    "return-last-vs-sequence:last",
    *RECURRENT,
    sentence="Only the last step's output is returned; the layer has return_sequences=True and returns every step's.",
    fix="keras.layers.LSTM(units, return_sequences=True)",
    condition=lambda layer: layer.return_sequences,
    versions="all",
    source="keras.layers.RNN: return_sequences",
    together=True,
)
def _only_last(r):
    return _form(r, sequences=False)


@mistake(
    "return-last-vs-sequence:sequence",
    *RECURRENT,
    sentence="Every step's output is returned; the layer has return_sequences=False and returns the last one's.",
    fix="y[:, -1]   # or return_sequences=True",
    condition=lambda layer: not layer.return_sequences,
    versions="all",
    source="keras.layers.RNN: return_sequences",
    together=True,
)
def _all_steps(r):
    return _form(r, sequences=True)


@mistake(
    "return-last-vs-sequence:first",
    *RECURRENT,
    sentence="The first step's output is returned instead of the last one's.",
    fix="y[:, -1]",
    versions="hand-written code; taking y[:, 0] of a layer with go_backwards",
    source="keras.layers.RNN: return_sequences",
)
def _first_step(r):
    return None if r.form.sequences else r.but(last=lambda y: y[:, 0])


@mistake(
    "return-last-vs-sequence:last-sequence",
    *RECURRENT,
    sentence="y[-1] picks the last sequence of the batch; the last timestep of every sequence is y[:, -1].",
    fix="y[:, -1]",
    versions="all; in time-major code y[-1] is right",
    source="keras.layers.RNN: outputs are (batch, timesteps, units)",
    across=True,
)
def _last_of_batch(r):
    return None if r.form.sequences or len(r.x) == 1 else r.but(last=lambda y: y[-1])


@mistake(
    "return-last-vs-sequence:c-for-h",
    "LSTM",
    sentence="The cell state c is taken for the output; the output is h.",
    fix="y, h, c = layer(x)   # return_state=True: y is the same as h, not c",
    versions="TensorFlow 1's LSTMStateTuple is (c, h)",
    source="keras.layers.LSTM: return_state",
)
def _cell_shown(r):
    return r.but(shown=(*r.shown, lambda y, c: c))


# --- axes -----------------------------------------------------------------------------------------------------------


def _no_states(r) -> bool:
    return not any(s.any() for s in r.start)


def _exchanged(a):
    return None if a is None else a.swapaxes(0, 1)


@mistake(
    "axes-swapped:batch-time",
    *RECURRENT,
    sentence="Batch and time are swapped: the layer goes through the batch as if it were time.",
    fix="x   # (batch, timesteps, features); x.transpose(1, 0, 2) if yours is (timesteps, batch, features)",
    versions="time-major code: PyTorch without batch_first=True, TensorFlow 1's time_major=True",
    source="keras.layers.RNN: inputs are (batch, timesteps, features)",
    across=True,
)
def _time_first(r):
    if not _no_states(r):
        return None
    start = tuple(np.zeros((r.x.shape[1], r.units), s.dtype) for s in r.start)
    return r.reread(
        lambda x, mask: (_exchanged(x), _exchanged(mask)), start=start, folding=Folding(_exchanged, unchanged)
    )


@mistake(
    "axes-swapped:output",
    *RECURRENT,
    sentence="The outputs are (timesteps, batch, units); Keras's are (batch, timesteps, units).",
    fix="y.transpose(1, 0, 2)",
    versions="time-major code: PyTorch without batch_first=True, TensorFlow 1's time_major=True",
    source="keras.layers.RNN: outputs are (batch, timesteps, units)",
    together=True,
    across=True,
)
def _output_time_first(r):
    return r.then(lambda outputs: [_exchanged(outputs[0]), *outputs[1:]]) if r.form.sequences else None


@mistake(
    "axes-swapped:reshaped",
    *RECURRENT,
    sentence="The input is turned into (timesteps, batch, features) by a reshape; it has to be transposed.",
    fix="x.transpose(1, 0, 2)   # not x.reshape(timesteps, batch, features)",
    versions="time-major code",
    source="keras.layers.RNN: inputs are (batch, timesteps, features)",
    across=True,
)
def _reshaped(r):
    batch, timesteps, features = r.x.shape
    if batch == 1 or timesteps == 1:
        return None
    return r.reread(lambda x, mask: (x.reshape(timesteps, batch, features).swapaxes(0, 1), mask))


@mistake(
    "axes-swapped:time-features",
    *RECURRENT,
    sentence="Time and features are swapped; with as many timesteps as features there is no error message.",
    fix="x.transpose(0, 2, 1)   # if yours is (batch, features, timesteps)",
    versions="Conv1D code with channels first",
    source="keras.layers.RNN: inputs are (batch, timesteps, features)",
)
def _features_first(r):
    same = r.x.shape[1] == r.x.shape[2] > 1
    return r.reread(lambda x, mask: (x.swapaxes(1, 2), mask)) if same else None


@mistake(
    "axes-swapped",
    "Dense",
    "Embedding",
    sentence="The input's first two axes are swapped, and with them the output's.",
    fix="x.swapaxes(0, 1)",
    versions="time-major code",
    source="keras.layers.Dense: the last axis is the features'",
    across=True,
)
def _input_turned(r: DenseRecipe | EmbeddingRecipe):
    if r.x.ndim < 2 or (isinstance(r, DenseRecipe) and r.x.ndim == 2 and r.x.shape[0] != r.x.shape[1]):
        return None
    return r.but(x=r.x.swapaxes(0, 1))


# --- steps left out -------------------------------------------------------------------------------------------------


def only(r: RecurrentRecipe, steps: slice) -> RecurrentRecipe | None:
    """Only these steps are computed; in a sequence the others' outputs stay zero."""
    timesteps = r.x.shape[1]
    kept = range(timesteps)[steps]
    if not 0 < len(kept) < timesteps:
        return None

    def padded(y):
        return np.pad(y, ((0, 0), (kept[0], timesteps - 1 - kept[-1]), (0, 0)))

    return r.but(x=r.x[:, steps], mask=None if r.mask is None else r.mask[:, steps], folding=Folding(padded, unchanged))


for _variant, _steps, _sentence, _fix in (
    (
        "first-step-skipped",
        slice(1, None),
        "The first step is not computed: the loop starts one step too late.",
        "for t in range(timesteps):",
    ),
    (
        "last-step-skipped",
        slice(None, -1),
        "The last step is not computed: the loop stops one step too early.",
        "for t in range(timesteps):",
    ),
):
    mistake(
        f"slicing:{_variant}",
        *RECURRENT,
        sentence=_sentence,
        fix=_fix,
        versions="hand-written code: range(1, timesteps), range(timesteps - 1)",
        source="keras.layers.RNN",
    )(partial(only, steps=_steps))


@mistake(
    "slicing:first-step-everywhere",
    *RECURRENT,
    sentence="Every step reads the first timestep of the input.",
    fix="x_t = x[:, t]   # not x[:, 0]; X[0][i:i+1][0:9] does not slice the features either",
    versions="hand-written code",
    source="keras.layers.RNN",
)
def _one_timestep(r):
    return r.reread(lambda x, mask: (np.repeat(x[:, :1], x.shape[1], axis=1), mask))


def _other_ids(r: EmbeddingRecipe, shift: int) -> EmbeddingRecipe:
    return r.but(x=(r.x + shift) % len(r.table))


for _variant, _shift in (("ids-plus-one", 1), ("ids-minus-one", -1)):
    mistake(
        f"slicing:{_variant}",
        "Embedding",
        sentence=f"Each id looks up the row {'after' if _shift > 0 else 'before'} its own.",
        fix="table[ids]   # input_dim = largest id + 1; with mask_zero, id 0 means no token",
        versions="vocabularies that start at 1",
        source="keras.layers.Embedding",
    )(partial(_other_ids, shift=_shift))


@mistake(
    "units-vs-timesteps",
    *RECURRENT,
    sentence="Only as many steps are computed as there are units. The number of units is the size of the state; the "
    "loop runs over all timesteps.",
    fix="for t in range(x.shape[1]):   # not range(units)",
    versions='the picture of "an LSTM of 128 cells"',
    source="keras.layers.LSTM: units",
)
def _as_many_as_units(r):
    return only(r, slice(None, r.units))


def all_at_once(r: RecurrentRecipe, how) -> RecurrentRecipe:
    return r.but(x=how(r.x, axis=1, keepdims=True), mask=None)


for _variant, _how in (("summed", np.sum), ("averaged", np.mean), ("multiplied", np.prod)):
    mistake(
        f"all-steps-at-once:{_variant}",
        *RECURRENT,
        sentence=f"The timesteps are {_variant} and given to the layer as one; it must see them one after another.",
        fix="for t in range(timesteps): h, c = step(x[:, t], h, c)",
        versions="hand-written code",
        source="keras.layers.RNN",
    )(partial(all_at_once, how=_how))


@mistake(
    "time-distributed",
    "Dense",
    sentence="The layer is applied to the last timestep only; Dense acts on the last axis, so on every timestep.",
    fix="layer(x)   # (batch, timesteps, units); TimeDistributed(Dense) gives the same",
    versions="all",
    source="keras.layers.Dense; keras.layers.TimeDistributed",
)
def _last_timestep(r):
    return r.but(x=r.x[:, -1]) if r.x.ndim > 2 else None
