"""Every layer, every timestep, every gate: ours against what Keras computes inside, and where they first part."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib import import_module
from typing import Any

import numpy as np

from lstm_edu.comparison import adequate, tables
from lstm_edu.comparison.pairs import trace_pairs
from lstm_edu.comparison.places import Where, number_text, where, where_text
from lstm_edu.comparison.report import Report, Row, compare, compare_arrays, differences
from lstm_edu.core import Layer, Sequential
from lstm_edu.keras_bridge import counting, files, inputs
from lstm_edu.keras_bridge.cautions import Caution, of_layer, of_run
from lstm_edu.keras_bridge.converting import chain, convert, from_keras, is_model, opened
from lstm_edu.keras_bridge.gradients import compare_gradients, require_tape
from lstm_edu.keras_bridge.layers import LAYERS
from lstm_edu.keras_bridge.recording import confirm, keras_trace, rounded, trace_of
from lstm_edu.keras_bridge.tapping import Call, record, replaced
from lstm_edu.trace import Trace


@dataclass(frozen=True)
class Divergence:
    """The first number that differs: the earliest step, and in it the first quantity computed.

    Attributes:
        layer: the layer's name. quantity: z, i, f, g, o, c, h, y, or "output".
        where: its place by name. ours, keras: the two numbers.
    """

    layer: str
    quantity: str
    where: Where
    ours: Any
    keras: Any

    @property
    def timestep(self) -> int | None:
        """The timestep of the input; None for a quantity without time."""
        return self.where.get("timestep")  # type: ignore[return-value]

    @property
    def sentence(self) -> str:
        return (
            f"{self.layer}: {self.quantity} is the first to differ from Keras's, at {where_text(self.where)}: "
            f"ours {number_text(self.ours)}, Keras's {number_text(self.keras)}"
        )


@dataclass(frozen=True)
class LayerReport:
    """One layer on Keras's own input to it.

    Attributes:
        name, kind: of the layer. report: one row a quantity.
        first: where ours first differs, or None.
        ours, keras: the two traces.
        parameters: the number of its parameters, and where it comes from.
    """

    name: str
    kind: str
    report: Report
    first: Divergence | None
    ours: Trace = field(repr=False)
    keras: Trace = field(repr=False)
    parameters: str = ""

    def __bool__(self) -> bool:
        return bool(self.report)

    @property
    def max_abs(self) -> float:
        return self.report.max_abs

    @property
    def adequacy(self) -> Any:
        """Which known mistakes in this layer would have been caught: see `VerifyReport.adequacy`."""
        return self.report.adequacy

    def __repr__(self) -> str:
        return f"{self.name} ({self.kind}): {self.report!r}"

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


@dataclass(frozen=True)
class PassedThrough:
    """A layer that was not rebuilt: what it computed was taken from Keras.

    Attributes:
        name, kind: of the layer. what: its size, in words, or "". why: why it was not rebuilt.
        inner: the layers inside it that were rebuilt and compared.
    """

    name: str
    kind: str
    what: str
    why: str
    inner: tuple[str, ...] = ()

    def __str__(self) -> str:
        size = f" ({self.what})" if self.what else ""
        inner = f"; of what is inside, {', '.join(self.inner)} was compared" if self.inner else ""
        return f"{self.kind} {self.name!r}{size}; its output was taken from Keras: {self.why}{inner}"


@dataclass(frozen=True)
class VerifyReport:
    """What `verify` found: true if every number of every layer agrees. Shown as a table in a notebook.

    Attributes:
        name: the layer's or model's name.
        layers: one LayerReport a layer, in order; one a call for a layer that the model shares.
        whole: the model's output, ours computed from x through all our layers; None for a single layer. Where a model
            is no chain of layers that this package has: its output with our numbers in place of Keras's in every layer
            that was rebuilt.
        gradients: the loss, and one row for the gradient of each weight, of the input and of each initial state that
            was given; None without y.
        passed: the layers that were not rebuilt.
        cautions: what computes without complaint and yet is not what one thinks, each with `.id`, `.layer`, `.text`.
        notes: what else there is to say, such as that no input was given.
        kind: of the model: "Sequential", or "Model" for any other; not used for a single layer.
        first: the first divergence of the forward pass, or None.
    """

    name: str
    layers: tuple[LayerReport, ...]
    whole: Report | None
    gradients: Report | None = None
    passed: tuple[PassedThrough, ...] = ()
    cautions: tuple[Caution, ...] = ()
    notes: tuple[str, ...] = ()
    kind: str = "Model"

    def __bool__(self) -> bool:
        return all(self.layers) and all(self._beyond_layers)

    @property
    def _beyond_layers(self) -> list[Report]:
        return [report for report in (self.whole, self.gradients) if report is not None]

    @cached_property
    def adequacy(self) -> Any:
        """Which known mistakes would have been caught with these weights, inputs and masks, and which not and why: a
        `le.doctor.Adequacy`, computed when it is asked for or shown. Each layer is looked at on its own input; of large
        ones a few sequences, in about a second."""
        if len(self.layers) == 1:
            return self.layers[0].adequacy
        return adequate.joined({layer.name: layer.adequacy for layer in self.layers})

    @property
    def first(self) -> Divergence | None:
        return next((layer.first for layer in self.layers if layer.first is not None), None)

    @property
    def max_abs(self) -> float:
        """The largest |ours - Keras's| of all quantities of all layers, and of all gradients."""
        return max(report.max_abs for report in (*self.layers, *self._beyond_layers))

    @property
    def where(self) -> Where:
        """The place of the first divergence by name, with its layer and quantity; empty if there is none."""
        first = self.first
        if first is not None:
            return {"layer": first.layer, "quantity": first.quantity, **first.where}
        if self.gradients is not None and not self.gradients:
            wrong = next(row for row in self.gradients.rows if not row.ok)
            return {"quantity": wrong.name, **wrong.where}
        return {}

    @property
    def sentence(self) -> str:
        """The result in words."""
        if self:
            n = sum(row.size for layer in self.layers for row in layer.report.rows)
            count = len({layer.name.split(" (call ")[0] for layer in self.layers})
            layers = f"{count} layer" + ("s" if count > 1 else "")
            if self.gradients is not None:
                layers += f" and {sum(row.size for row in self.gradients.rows):,} of their gradients"
            others = f"; {len(self.passed)} not rebuilt" if self.passed else ""
            return (
                f"{self.name} agrees with Keras: {n:,} numbers in {layers}, largest difference {self.max_abs:.2g}"
                + others
            )
        if self.first is not None:
            return self.first.sentence
        for layer in self.layers:
            if not layer:
                return f"{layer.name}: {layer.report.sentence}"
        if self.whole is not None and not self.whole:
            return f"every layer agrees on its own, but the model does not: {self.whole.sentence}"
        return f"{self.name} computes what Keras computes, but not its gradients: {self.gradients.sentence}"

    def check(self) -> VerifyReport:
        """The report itself if all agrees. AssertionError with `sentence` if not."""
        if not self:
            raise AssertionError(self.sentence)
        return self

    def _rows(self) -> list[tuple[str, ...]]:
        rows = []
        for layer in self.layers:
            quantities = _grouped([row.name for row in layer.report.rows])
            wrong = [row.name for row in layer.report.rows if not row.ok]
            result = tables.verdict(bool(layer)) + (f": {', '.join(wrong)}" if wrong else "")
            place = "—" if layer.first is None else f"{layer.first.quantity} at {where_text(layer.first.where)}"
            rows.append((f"{layer.name} ({layer.kind})", quantities, f"{layer.max_abs:.2g}", place, result))
        if self.whole is not None:
            place = "—" if self.whole else where_text(self.whole.where)
            rows.append(("whole model", "output", f"{self.whole.max_abs:.2g}", place, tables.verdict(bool(self.whole))))
        if self.gradients is not None:
            report, place = self.gradients, "—"
            quantities = _grouped([row.name.removeprefix("gradient of ") for row in report.rows])
            wrong = [row for row in report.rows if not row.ok]
            result = tables.verdict(bool(report)) + (f": {', '.join(row.name for row in wrong)}" if wrong else "")
            if wrong:
                place = f"{wrong[0].name} at {where_text(wrong[0].where)}" if wrong[0].where else wrong[0].name
            rows.append(("gradients", quantities, f"{report.max_abs:.2g}", place, result))
        return rows

    def _lists(self) -> dict[str, list[str]]:
        """What stands under the table: title -> lines."""
        counted: dict[str, str] = {}
        for layer in self.layers:
            if layer.parameters and not layer.parameters.startswith("0 "):
                counted.setdefault(layer.name.split(" (call ")[0], f"{layer.kind}: {layer.parameters}")
        return {
            "Parameters": [f"{name}, {text}" for name, text in counted.items()],
            "Not rebuilt": [str(layer) for layer in self.passed],
            "Good to know": [str(caution) for caution in self.cautions],
            "Input": list(self.notes),
        }

    def text(self, width: int | None = None) -> str:
        """The report in plain text, in lines of at most `width` characters if that is given."""
        parts = [tables.text(bool(self), self.sentence, _HEADER, self._rows(), width)]
        parts += [tables.text_list(title, lines, width) for title, lines in self._lists().items()]
        if self:
            parts.append(self.adequacy.line if width is None else textwrap.fill(self.adequacy.line, width))
        return ("\n" if width is None else "\n\n").join(filter(None, parts))

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        table = tables.html(bool(self), self.sentence, _HEADER, self._rows())
        lists = "".join(tables.html_list(title, lines) for title, lines in self._lists().items())
        return table + lists + (self.adequacy.fold if self else "")

    @property
    def title(self) -> str:
        return f"{self.name}: lstm-edu beside Keras"

    def body(self) -> str:
        """The report, and every layer's own table to unfold, as HTML."""
        return self._repr_html_() + "".join(
            f"<details><summary>{escape(layer.name)} ({escape(layer.kind)})</summary>{layer._repr_html_()}</details>"
            for layer in self.layers
        )

    def page(self) -> str:
        """The report as an HTML page that needs nothing else."""
        return tables.page(self.title, self.body())

    @property
    def trace(self) -> Trace:
        """Ours of every layer, as one Trace with a child a layer; of a single layer, its own."""
        return self._together([layer.ours for layer in self.layers])

    @property
    def keras_trace(self) -> Trace:
        """The same with Keras's numbers."""
        return self._together([layer.keras for layer in self.layers])

    def _together(self, traces: list[Trace]) -> Trace:
        if self.whole is None:
            return traces[0]
        names = [layer.name for layer in self.layers]
        shape = Chain(self.name) if self.kind == "Sequential" else Model(self.name)
        return Trace(shape, {}, traces[-1].output, children=dict(zip(names, traces, strict=True)))

    def explore(self, **places: Any) -> Any:
        """Step through every layer's numbers, ours beside Keras's: an explorer, with one tab a layer.

        Args:
            places: where to begin, as in `le.explore`: layer, t, unit, batch.
        """
        explore = import_module("lstm_edu").explore  # the widgets read the bridge, which knows none
        return explore(self.trace, reference=self.keras_trace, **places)


@dataclass(frozen=True)
class Model:
    """Stands for a model of any shape in a trace: a name for what its layers recorded."""

    name: str
    weights: tuple[np.ndarray, ...] = ()


class Chain(Model):
    """One layer after the other; in a trace it is called what it is in Keras and here."""


Chain.__name__ = "Sequential"


def _kind(model: Any) -> str:
    return "Sequential" if type(model).__name__ == "Sequential" else "Model"


def _grouped(names: list[str]) -> str:
    """`forward: z h; backward: z h; output` for forward/z, forward/h, backward/z, backward/h, output."""
    groups: dict[str, list[str]] = {}
    for name in names:
        inner, _, quantity = name.rpartition("/")
        groups.setdefault(inner, []).append(quantity)
    return "; ".join((f"{inner}: " if inner else "") + " ".join(quantities) for inner, quantities in groups.items())


_HEADER = ("layer", "compared", "largest difference", "first to differ", "result")


def verify(
    source: Any,
    x: Any = None,
    y: Any = None,
    *,
    mask: Any = None,
    initial_state: Sequence[Any] | None = None,
    ours: Layer | None = None,
    loss: Any = None,
) -> VerifyReport:
    """Hold every number that a layer or model computes for `x` against Keras's own.

    Each layer is given what Keras hands to it, so that a difference in one is not carried into the next; then the
    model is compared as a whole. Inside a layer every recorded quantity is compared at every timestep. Any model will
    do, branching ones too: a layer that this package does not have is passed through and listed (`report.passed`).
    Layers that compute something else than one may think are named with the reason (`report.cautions`).

    With y the gradients are compared too: ours, from the chain rule, with Keras's, from tf.GradientTape, for every
    weight (frozen ones too), the input (unless it is token ids) and the initial states that are given. Both are taken
    at inference, where dropout does nothing. Gradients agree within 1e-10 + 1e-8 |g| in float64, and within
    1e-7 + 1e-4 |g| + 1e-5 (the largest |g| of the array) if anything computes in float32, g being Keras's. Losses of
    Keras compute in float32, whatever the model does, unless they are made with dtype="float64".

    Args:
        source: a Keras layer or model, or the path of a `.keras` file or of an `.h5` file of Keras 2. Code in a file is
            not run.
        x: what to compute: an array; for a model with several inputs a list of one for each, or a dict by their names;
            None for random numbers of the right shapes (and ids that an Embedding knows), which the report then says.
        y: for a model its targets. For a single layer, which has no loss, dL/d(output), in the output's shape; where
            it returns several arrays, a list of one for each (with return_state=True: [dy, dh, dc]).
        mask: (B, T), if the layers do not find their own. initial_state: for a single recurrent layer.
        ours: a layer or model of lstm_edu to hold against it, with its own weights; `from_keras(source)` if None.
        loss: for targets, as in Keras's compile: a name or a loss of keras.losses. If None, what the model was compiled
            with.

    Returns:
        A VerifyReport: `bool(report)`, `.first`, `.layers`, `.gradients`, `.max_abs`, `.check()`, `.explore()`.

    Raises:
        ValueError, TypeError: as `keras_trace`, or as `files.load` for a path; no layer of the model can be rebuilt;
            y, ours or initial_state for a model that is no chain of supported layers; `ours` is another kind of layer
            or takes other inputs. With y: no loss, a loss or regularizer that is not supported, a y of another shape.
        RuntimeError: y is given and Keras runs on another backend than TensorFlow.

    Example:
        >>> verify(model, x).check()                                        # doctest: +SKIP
        >>> verify(model, x, y, loss="mse").gradients                       # doctest: +SKIP
    """
    if y is None and loss is not None:
        raise ValueError("verify: a loss needs the targets y, and there are none")
    cautions: tuple[Caution, ...] = ()
    if isinstance(source, (str, os.PathLike)):
        saved = files.load(source)
        source, cautions = saved.model, saved.cautions
    source = opened(source)
    if y is not None:
        require_tape()
    try:
        rebuilt = from_keras(source)
    except ValueError:
        if not is_model(source) or not source.built or y is not None or ours is not None or initial_state is not None:
            raise
        return _verify_graph(source, x, mask, cautions)
    x, note = _input(source, x)
    theirs = keras_trace(source, x, mask, initial_state)
    ours = rebuilt if ours is None else ours
    if not isinstance(ours, Layer):
        raise TypeError(f"verify: ours must be a layer or model of lstm_edu, got {type(ours).__name__}")
    given = {} if initial_state is None else {"initial_state": initial_state}
    with _states_kept(ours):
        layers = tuple(
            _verify_layer(name, own, keras, given) for name, own, keras in _leaves(source.name, ours, theirs)
        )
    whole = None
    if is_model(source):
        with _states_kept(ours):
            whole = compare(ours(rounded(np.asarray(x), source), mask=mask), theirs.output)
    gradients = None
    if y is not None:
        gradients = compare_gradients(source, ours, theirs, x, y, mask=mask, initial_state=initial_state, loss=loss)
    keras_layers = list(_flat_chain(source))
    for one, layer in zip(layers, keras_layers, strict=True):
        cautions += _cautions(one, layer)
    return VerifyReport(
        source.name, layers, whole, gradients, (), _once(cautions), (note,) if note else (), _kind(source)
    )


def _input(source: Any, x: Any) -> tuple[Any, str]:
    """x as one array for a layer or a model with one input, and what there is to say of it."""
    if not is_model(source):
        return inputs.of_layer(source) if x is None else (x, "")
    if x is not None and not isinstance(x, (Mapping, list, tuple)):
        return x, ""
    given, note = inputs.of_model(source, x)
    (array,) = inputs.flat(given)
    return array, note


def _flat_chain(source: Any) -> Iterator[Any]:
    """Keras's layers in the order of `_leaves`."""
    if is_model(source):
        for layer in chain(source):
            yield from _flat_chain(layer)
    else:
        yield source


def _cautions(report: LayerReport, layer: Any) -> tuple[Caution, ...]:
    x, mask = _input_of(report.keras)
    return tuple(of_layer(layer, report.name, x, mask, report.keras.output, report.keras.layer))


def _once(cautions: Sequence[Caution]) -> tuple[Caution, ...]:
    return tuple(dict.fromkeys(cautions))


def _verify_graph(model: Any, x: Any, mask: Any, cautions: tuple[Caution, ...]) -> VerifyReport:
    """A model that is no chain, or has layers that this package lacks: each layer on what Keras handed to it."""
    given, note = inputs.of_model(model, x)
    calls, output = record(model, given, mask)
    reports, passed, by = [], [], {}
    for call in calls:
        report = _verify_call(call) if call.supported else None
        if report is None:
            passed.append(_passed(call))
            continue
        reports.append(report)
        cautions += _cautions(report, call.layer)
        by.setdefault(id(call.layer), _in_place_of(report.ours.layer))
    if not reports:
        raise ValueError(
            f"{model.name!r} has no layer that can be rebuilt: {'; '.join(map(str, passed))}. Supported: "
            f"{', '.join(LAYERS)}"
        )
    changed = replaced(model, given, by, mask)
    pairs = list(zip(_named(changed), _named(output), strict=True))
    whole = Report(tuple(compare_arrays(name, own, theirs) for (name, own), (_, theirs) in pairs))
    cautions += tuple(of_run(calls))
    return VerifyReport(
        model.name,
        tuple(reports),
        whole,
        None,
        _unique(passed),
        _once(cautions),
        (note,) if note else (),
        _kind(model),
    )


def _verify_call(call: Call) -> LayerReport | None:
    """One call of one layer, rebuilt; None if it cannot be, and `call.why_not` then says why."""
    if call.training and (getattr(call.layer, "dropout", 0) or getattr(call.layer, "rate", 0)):
        call.why_not = "it is called with training=True, so that its dropout draws at random"
        return None
    try:
        batch, *steps, features = call.x.shape
        fixed = batch if getattr(call.layer, "stateful", False) else None
        ours = convert(call.layer, (fixed, *(None for _ in steps), features))
        keras_own = trace_of(call.layer, ours, call.x, call.mask, call.initial_state)
    except (ValueError, TypeError, AttributeError) as error:
        call.why_not = str(error)
        return None
    given = {} if call.initial_state is None else {"initial_state": call.initial_state}
    with _states_kept(ours):
        report = _verify_layer(call.name, ours, keras_own, given)
    confirm(call.layer, (keras_own.output, _tupled(call.output)))
    return report


def _tupled(output: Any) -> Any:
    return tuple(output) if isinstance(output, (list, tuple)) else output


def _in_place_of(ours: Layer) -> Any:
    def call(x, mask, initial_state):
        given = {} if initial_state is None else {"initial_state": initial_state}
        return ours(x, mask=mask, **given)  # a stateful one goes on from call to call, as Keras's does

    return call


def _named(nest: Any, name: str = "output") -> list[tuple[str, np.ndarray]]:
    """(name, array) of each output of a model."""
    if isinstance(nest, Mapping):
        return [pair for key, value in nest.items() for pair in _named(value, f"{name} {key!r}")]
    if isinstance(nest, (list, tuple)):
        return [pair for k, value in enumerate(nest) for pair in _named(value, f"{name} {k}")]
    return [(name, nest)]


def _passed(call: Call) -> PassedThrough:
    layer, what = call.layer, ""
    for size in ("units", "filters", "rate"):
        value = getattr(layer, size, None)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            what = f"rate {value}" if size == "rate" else f"{value} {size}"
            break
    if call.is_operation:
        why = "an operation between layers"
    elif "which is not supported" in call.why_not:
        own = type(layer).__module__.split(".")[0] != "keras"
        why = "a class of its own, which may compute anything" if own else "lstm_edu has no such layer"
    else:
        why = call.why_not
    return PassedThrough(call.path, call.kind, what, why, tuple(call.inner))


def _unique(passed: list[PassedThrough]) -> tuple[PassedThrough, ...]:
    return tuple({(one.name, one.kind): one for one in passed}.values())


def _leaves(name: str, ours: Layer, keras: Trace, inside: str = "") -> Iterator[tuple[str, Layer, Trace]]:
    """(name, our layer, Keras's trace) of each layer that computes something itself; "inner/dense" inside a model."""
    if type(ours).__name__ != keras.kind:
        raise ValueError(f"verify: {name!r} is a {keras.kind} in Keras, but ours is a {type(ours).__name__}")
    if not isinstance(ours, Sequential):
        yield name, ours, keras
        return
    if len(ours.layers) != len(keras.children):
        raise ValueError(f"verify: {name!r} has {len(keras.children)} layers in Keras, but ours has {len(ours.layers)}")
    for (child, trace), own in zip(keras.children.items(), ours.layers, strict=True):
        yield from _leaves(f"{inside}{child}", own, trace, f"{inside}{child}/")


def _verify_layer(name: str, ours: Layer, keras: Trace, given: dict[str, Any]) -> LayerReport:
    x, mask = _input_of(keras)
    own = ours.trace(x, mask=mask, **given)
    pairs = [pair for pair in trace_pairs(own, keras) if pair.name.split("/")[-1] != "x"]  # the same x went into both
    rows = tuple(compare_arrays(p.name, p.ours, p.keras, axes=p.axes, gates=p.gates, gate=p.gate) for p in pairs)
    report, first = Report(rows, own, inside=True), _first(name, pairs, rows)
    return LayerReport(name, keras.kind, report, first, own, keras, counting.explained(ours))


def _input_of(trace: Trace) -> tuple[np.ndarray, np.ndarray | None]:
    """x and mask in the order of the input, back from the order of processing."""
    if "x" not in trace.names:  # a layer around layers that all read the same
        return _input_of(trace.layers[0])
    if trace.time is None:
        return trace.x, trace.mask
    return trace.x[:, trace.time], None if trace.mask is None else trace.mask[:, trace.time]


def _first(name: str, pairs: list, rows: tuple[Row, ...]) -> Divergence | None:
    """The earliest step, then the first quantity, then the largest difference."""
    found = None
    for pair, row in zip(pairs, rows, strict=True):
        if row.ok or row.values is None:
            continue
        difference, wrong, _ = differences(pair.ours, pair.keras)
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


@contextmanager
def _states_kept(layer: Layer) -> Iterator[None]:
    """Leave stateful layers of ours with the states that they had."""
    layers = list(_flat(layer))
    before = [getattr(inner, "_states", None) for inner in layers]
    try:
        yield
    finally:
        for inner, states in zip(layers, before, strict=True):
            if states is not None:
                inner._states = states


def _flat(layer: Layer) -> Iterator[Layer]:
    yield layer
    for inner in getattr(layer, "inner", {}).values():
        yield from _flat(inner)
