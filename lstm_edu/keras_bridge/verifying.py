"""Every layer, every timestep, every gate: ours against what Keras computes inside, and where they first differ.

One path for every source. A model is run once, and what Keras passes to each layer is noted (`tapping`); a chain of
layers is a graph like any other, and a single layer has one call. Each layer that this package has is rebuilt and run
on that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.comparison.pairs import Pair, pairs_of, trace_pairs, with_rounding
from lstm_edu.comparison.places import where
from lstm_edu.comparison.report import DIFFERENT, Report, Row, compare_pair, differences
from lstm_edu.comparison.rounding import Chain, Rounding, Spread, disturbed, spread, spread_of_runs
from lstm_edu.core import Graph, Layer, Sequential
from lstm_edu.core.checks import plural
from lstm_edu.core.container import states_kept, unique_names
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.core.progress import Line
from lstm_edu.keras_bridge import about, counting, files, inputs
from lstm_edu.keras_bridge.caution import Caution
from lstm_edu.keras_bridge.cautions import of_layer, of_run
from lstm_edu.keras_bridge.converting import convert, is_model, opened
from lstm_edu.keras_bridge.gradients import compare_gradients, none_here
from lstm_edu.keras_bridge.graph import IN_TRAINING, KerasRest
from lstm_edu.keras_bridge.layers import LAYERS
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.randomizing import randomized
from lstm_edu.keras_bridge.recording import rounded, trace_of_call
from lstm_edu.keras_bridge.tapping import Call, record
from lstm_edu.keras_bridge.verify_report import LOOKUPS, Divergence, LayerReport, PassedThrough, VerifyReport
from lstm_edu.trace import Trace


def verify(
    source: Any,
    x: Any = None,
    y: Any = None,
    *,
    mask: Any = None,
    initial_state: Sequence[Any] | None = None,
    ours: Layer | None = None,
    loss: Any = None,
    randomize: bool = False,
) -> VerifyReport:
    """Compare every number that a layer or model computes for `x` with Keras's own.

    Each layer gets exactly what Keras passes to it, so a difference in one is not carried into the next; then the
    model is compared as a whole. Inside a layer every recorded quantity is compared at every timestep. Any model will
    do, branching ones too: a layer that this package does not have is passed through and listed (`report.passed`).
    Layers that run without complaint but may not do what you think are named with the reason (`report.cautions`).

    How far rounding can move each number is estimated for these weights and this input
    (`lstm_edu.comparison.rounding`). So there are three verdicts: "equal" up to rounding, "different", or "undecided",
    where a layer makes rounding errors grow until its type cannot decide.

    With y the gradients are compared too: ours, from the chain rule, with Keras's, from TensorFlow, JAX or PyTorch, for
    every weight (frozen ones too), the input (unless it is token ids) and the initial states that are given. Where
    Keras runs on NumPy it has none: the report says so, and the rest is compared. Both gradients are taken
    at inference, where dropout does nothing. Gradients agree within 1e-10 + 1e-8 |g| in float64, and within
    1e-7 + 1e-4 |g| + 1e-5 (the largest |g| of the array) if anything computes in float32, g being Keras's; more where
    rounding is seen to move them further. Losses of Keras compute in float32, whatever the model does, unless they are
    made with dtype="float64".

    Args:
        source: a Keras layer or model, or the path of a `.keras` file or of an `.h5` file of Keras 2. Code in a file is
            not run.
        x: what to compute: an array; for a model with several inputs a list of one for each, or a dict by their names;
            None for random numbers of the right shapes (and ids that an Embedding knows), which the report then
            mentions.
        y: for a model its targets. For a single layer, which has no loss, dL/d(output), in the output's shape; where
            it returns several arrays, a list of one for each (with return_state=True: [dy, dh, dc]).
        mask: (B, T), if the layers do not find their own. initial_state: for a single recurrent layer.
        ours: a layer or model of lstm_edu to compare with it, with its own weights; `from_keras(source)` if None.
        loss: for targets, as in Keras's compile: a name or a loss of keras.losses. If None, what the model was compiled
            with.
        randomize: compare with random weights instead of the layer's own, which it gets back: a fresh layer's zero
            biases hide every mistake that has to do with a bias.

    Returns:
        A VerifyReport: `bool(report)`, `.verdict`, `.first`, `.layers`, `.gradients`, `.max_abs`, `.check()`,
        `.explore()`.

    Raises:
        ValueError, TypeError: as `keras_trace`, or as `files.load` for a path; no layer of the model can be rebuilt;
            y, ours or initial_state for a model that is not a chain of supported layers; `ours` is another kind of
            layer or takes other inputs. With y: no loss, a loss or regularizer that is not supported, a y of another
            shape.

    Example:
        >>> verify(model, x).check()                                        # doctest: +SKIP
        >>> verify(model, x, y, loss="mse").gradients                       # doctest: +SKIP
    """
    if y is None and loss is not None:
        raise ValueError("verify: a loss needs the targets y, and there are none")
    if ours is not None and not isinstance(ours, Layer):
        raise TypeError(f"verify: ours must be a layer or model of lstm_edu, got {type(ours).__name__}")
    cautions: tuple[Caution, ...] = ()
    facts = about.of(source)
    if isinstance(source, (str, os.PathLike)):
        saved = files.load(source)
        source, cautions = saved.model, saved.cautions
    source = opened(source)
    with randomized(source) if randomize else nullcontext():
        asked = Asked(source, mask, initial_state, ours, y, loss)
        report = _verified(asked, x, cautions)
    note = ("the weights were drawn at random for this comparison (randomize=True)",) if randomize else ()
    return replace(report, notes=report.notes + note, about=facts)


class Asked(NamedTuple):
    """What `verify` was asked, apart from x."""

    source: Any
    mask: Any
    initial_state: Any
    ours: Layer | None
    y: Any
    loss: Any

    @property
    def needs_a_chain(self) -> bool:
        """Whether something was asked for that only a layer, or a chain of layers that we have, can answer."""
        return any(given is not None for given in (self.initial_state, self.ours, self.y))


def _verified(asked: Asked, x: Any, cautions: tuple[Caution, ...]) -> VerifyReport:
    """Every layer on what Keras passes to it; then the model as a whole, and its gradients."""
    source = asked.source
    rebuilt = _rebuilt(asked)
    given, note = _given(source, x)
    calls, output = _calls(asked, given, rebuilt)
    pairs = [None] * len(calls) if rebuilt is None else _paired(source.name, asked.ours or rebuilt, rebuilt, calls)
    spread_of = _Apart() if rebuilt is None else Chain([ours for ours, _ in pairs])
    reports: list[tuple[Call, LayerReport]] = []
    passed, progress = [], Line()
    for n, (call, pair) in enumerate(zip(calls, pairs, strict=True)):
        progress(n, len(calls), "layers compared")
        report = None if _does_nothing(call) and len(calls) > 1 else _compared(call, pair, spread_of)
        if report is None:
            passed.append(_passed(call, [other.layer.name for other, _ in reports if _inside(other, call)]))
            continue
        reports.append((call, report))
        x_seen, mask = input_of(report.keras)
        cautions += tuple(of_layer(call.layer, report.name, x_seen, mask, report.keras.output, report.keras.layer))
    progress(len(calls), len(calls), "layers compared")
    if not reports:
        raise ValueError(
            f"{source.name!r} has no layer that can be rebuilt: {'; '.join(map(str, passed))}. Supported: "
            f"{', '.join(LAYERS)}"
        )
    whole = gradients = None
    if is_model(source):
        cautions += tuple(of_run(calls))
        if rebuilt is None:
            whole = _whole_of_graph(asked, given, reports, output, spread_of.outputs)
        else:
            whole = _whole_of_chain(asked, given, asked.ours or rebuilt, reports, output, spread_of.output)
    notes = [note] if note else []
    if asked.y is not None and none_here():
        notes.append(none_here())
    elif asked.y is not None:
        theirs = Trace(rebuilt, {}, output) if is_model(source) else reports[0][1].keras
        gradients = compare_gradients(
            source,
            asked.ours or rebuilt,
            theirs,
            inputs.flat(given)[0] if is_model(source) else given,
            asked.y,
            mask=asked.mask,
            initial_state=asked.initial_state,
            loss=asked.loss,
        )
    return VerifyReport(
        source.name,
        tuple(report for _, report in reports),
        whole,
        gradients,
        tuple({(one.name, one.kind): one for one in passed}.values()),
        tuple(dict.fromkeys(cautions)),
        tuple(notes),
        "Sequential" if type(source).__name__ == "Sequential" else "Model",
        vocabulary=_vocabulary(source),
    )


def _vocabulary(source: Any) -> tuple[str, ...]:
    """The words that a model looks up, by id; () where none of its layers does, or several do."""
    lookups = [layer for layer in getattr(source, "layers", ()) if type(layer).__name__ in LOOKUPS]
    return tuple(map(str, lookups[0].get_vocabulary())) if len(lookups) == 1 else ()


def _rebuilt(asked: Asked) -> Layer | None:
    """A layer or a chain of layers as one of ours; None for a model of another shape, whose layers are taken one by
    one."""
    try:
        return convert(asked.source, None)
    except ValueError:
        if not is_model(asked.source) or not asked.source.built or asked.needs_a_chain:
            raise
        return None


def _given(source: Any, x: Any) -> tuple[Any, str]:
    """The input as the source takes it, and what there is to say about it."""
    if is_model(source):
        return inputs.of_model(source, x)
    return inputs.of_layer(source) if x is None else (np.asarray(x), "")


def _calls(asked: Asked, given: Any, rebuilt: Layer | None) -> tuple[list[Call], Any]:
    """What Keras passes to each layer, in order, and the model's output; of a single layer its one call."""
    if is_model(asked.source):
        if asked.initial_state is not None:
            raise ValueError(
                f"the model {asked.source.name!r} takes no initial_state; only a single recurrent layer does"
            )
        return record(asked.source, given, asked.mask)
    state = asked.initial_state
    return [Call(asked.source, asked.source.name, x=given, mask=asked.mask, initial_state=state, supported=True)], None


def _paired(name: str, ours: Layer, rebuilt: Layer, calls: list[Call]) -> list[tuple[Layer, Layer]]:
    """For each call of a chain our layer, and Keras's rebuilt, which is of the same kind."""
    layers = list(_flat(ours))
    if len(layers) != len(calls):
        raise ValueError(f"verify: {name!r} has {plural(len(calls), 'layer')} in Keras, but ours has {len(layers)}")
    for layer, right, call in zip(layers, _flat(rebuilt), calls, strict=True):
        if type(layer).__name__ != type(right).__name__:
            raise ValueError(f"verify: {call.name!r} is a {call.kind} in Keras, but ours is a {type(layer).__name__}")
    return list(zip(layers, _flat(rebuilt), strict=True))


def _flat(layer: Layer) -> Iterator[Layer]:
    """The layers of a chain, of chains inside it too."""
    if isinstance(layer, Sequential):
        for inner in layer.layers:
            yield from _flat(inner)
    else:
        yield layer


# --- one layer ------------------------------------------------------------------------------------------------------


def _does_nothing(call: Call) -> bool:
    """A layer that passes its input on at inference: nothing to compare."""
    return call.kind in IN_TRAINING


def _compared(call: Call, pair: tuple[Layer, Layer] | None, spread_of: Callable[[Trace], Spread]) -> LayerReport | None:
    """One call of one layer. None if it cannot be rebuilt, and `call.why_not` then says why.

    pair: the layer to compare with, and Keras's rebuilt, in a chain or for a single layer, where a fault is the
        caller's; if None, it is rebuilt.
    """
    if pair is not None:
        return _verify_call(call, *pair, spread_of)
    if not call.supported:
        return None
    if call.training and (getattr(call.layer, "dropout", 0) or getattr(call.layer, "rate", 0)):
        call.why_not = "it is called with training=True, so its dropout draws at random"
        return None
    try:
        batch, *steps, features = call.x.shape
        fixed = batch if getattr(call.layer, "stateful", False) else None
        rebuilt = convert(call.layer, (fixed, *(None for _ in steps), features))
        return _verify_call(call, rebuilt, rebuilt, spread_of)
    except (ValueError, TypeError, AttributeError) as error:
        call.why_not = str(error)
        return None


def _verify_call(call: Call, ours: Layer, rebuilt: Layer, spread_of: Callable[[Trace], Spread]) -> LayerReport:
    theirs = trace_of_call(call, rebuilt)
    x, mask = input_of(theirs)
    given = {} if call.initial_state is None else {"initial_state": call.initial_state}
    with states_kept(ours):
        own = ours.trace(x, mask=mask, **given)
    # The same x went into both.
    pairs = [p for p in trace_pairs(own, theirs, spread=spread_of(own)) if p.name.split("/")[-1] != "x"]
    rows = tuple(compare_pair(pair) for pair in pairs)
    first = _first(call.name, pairs, rows)
    return LayerReport(
        call.name, theirs.kind, Report(rows, own, inside=True), first, own, theirs, counting.explained(ours)
    )


def input_of(trace: Trace) -> tuple[np.ndarray, np.ndarray | None]:
    """x and mask in the order of the input, back from the order of processing."""
    if "x" not in trace.names:  # a layer around layers that all read the same
        return input_of(trace.layers[0])
    if trace.time is None:
        return trace.x, trace.mask
    return trace.x[:, trace.time], None if trace.mask is None else trace.mask[:, trace.time]


def _first(name: str, pairs: list[Pair], rows: tuple[Row, ...]) -> Divergence | None:
    """The earliest step, then the first quantity, then the largest difference."""
    found = None
    for pair, row in zip(pairs, rows, strict=True):
        if row.verdict != DIFFERENT or row.values is None:
            continue
        difference, wrong, *_ = differences(pair.ours, pair.keras, pair.rounding)
        timed = bool(pair.axes) and pair.axes[1:2] in (("timestep",), ("step",))
        if timed:
            step = int(np.flatnonzero(wrong.any(axis=(0, *range(2, wrong.ndim))))[0])
            here = np.zeros_like(wrong)
            here[:, step] = wrong[:, step]
        else:
            step, here = np.inf, wrong
        if found is not None and step >= found[0]:
            continue
        index = np.unravel_index(np.argmax(np.where(here, difference, -1)), difference.shape)
        place = where(index, difference.shape, pair.axes, pair.gates, pair.gate)
        if "step" in place and pair.time is not None:
            place["timestep"] = int(pair.time[place["step"]])
        found = step, Divergence(name, row.name, place, pair.ours[index], pair.keras[index])
    return None if found is None else found[1]


def _inside(call: Call, other: Call) -> bool:
    return call.path.startswith(f"{other.path}/")


def _passed(call: Call, inner: list[str]) -> PassedThrough:
    """inner: the layers inside it that were compared."""
    layer, what = call.layer, ""
    for size in ("units", "filters", "rate"):
        value = getattr(layer, size, None)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            what = f"rate {value:.4g}" if size == "rate" else f"{value} {size}"
            break
    if _does_nothing(call):
        why = "it does nothing at inference"
    elif call.is_operation:
        why = "an operation between layers"
    elif "which is not supported" in call.why_not:
        own = type(layer).__module__.split(".")[0] != "keras"
        why = "a custom class, which may compute anything" if own else "lstm_edu has no such layer"
    else:
        why = call.why_not
    counts = not (call.is_operation or _does_nothing(call))
    return PassedThrough(call.path, call.kind, what, why, tuple(inner), counts)


# --- the model as a whole -------------------------------------------------------------------------------------------

Reports = Sequence[tuple[Call, LayerReport]]


def _whole_of_chain(
    asked: Asked, given: Any, ours: Layer, reports: Reports, output: Any, known: tuple[np.ndarray, ...]
) -> Report:
    """x through all our layers, and Keras's output."""
    x = rounded(inputs.flat(given)[0], asked.source)
    with states_kept(ours):
        own = ours(x, mask=asked.mask)
    pairs = with_rounding(pairs_of(own, _tupled(output)), Spread({}, known), _coarsest(reports))
    return Report(tuple(compare_pair(pair) for pair in pairs))


class _Apart:
    """The spread of each layer by itself; `outputs`: of what it returned, by its trace."""

    def __init__(self) -> None:
        self.outputs: dict[int, tuple[np.ndarray, ...]] = {}

    def __call__(self, trace: Trace) -> Spread:
        found = spread(trace)
        self.outputs[id(trace)] = found.output
        return found


def _whole_of_graph(
    asked: Asked, given: Any, reports: Reports, output: Any, spreads: Mapping[int, tuple[np.ndarray, ...]]
) -> Report | None:
    """The model's output with our numbers instead of Keras's in every layer that was rebuilt, and Keras's own.

    What rounding does to it is seen by disturbing our numbers as much as rounding could. None if of no layer all calls
    could be compared.
    """
    known = [(call, report.ours) for call, report in reports if _all_compared(call.layer, call.of, reports)]
    if not known:
        return None
    layers = {id(call.layer): trace.layer for call, trace in reversed(known)}
    by_name = unique_names(list(layers.values()))
    graph = Graph(by_name, KerasRest(asked.source, dict(zip(layers, by_name, strict=True))))
    with states_kept(graph):
        runs = [graph(given, mask=asked.mask)]
    runs += disturbed(graph, given, asked.mask, [(spreads[id(one)], one.initial_state or None) for _, one in known])
    named, unit = [_named(run) for run in runs], _coarsest(reports)
    rows = []
    for k, (name, theirs) in enumerate(_named(output)):
        arrays = [run[k][1] for run in named]
        rounding = Rounding(spread_of_runs(arrays), unit) if np.asarray(theirs).dtype.kind == "f" else None
        rows.append(compare_pair(Pair(name, arrays[0], theirs, rounding=rounding)))
    return Report(tuple(rows))


def _all_compared(layer: Any, calls: int, reports: Reports) -> bool:
    return sum(call.layer is layer for call, _ in reports) == calls


def _coarsest(reports: Reports) -> float:
    return max(unit_roundoff(report.ours.layer) for _, report in reports)


def _tupled(output: Any) -> Any:
    """Several arrays, which may be nested, in one tuple."""
    return tuple(keras().tree.flatten(output)) if isinstance(output, (list, tuple)) else output


def _named(nest: Any, name: str = "output") -> list[tuple[str, np.ndarray]]:
    """(name, array) of each output of a model."""
    if isinstance(nest, Mapping):
        return [pair for key, value in nest.items() for pair in _named(value, f"{name} {key!r}")]
    if isinstance(nest, (list, tuple)):
        return [pair for k, value in enumerate(nest) for pair in _named(value, f"{name} {k}")]
    return [(name, nest)]
