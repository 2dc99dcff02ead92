"""Every layer, every timestep, every gate: ours against what Keras computes inside, and where they first part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from lstm_edu.core import Layer, Sequential
from lstm_edu.keras_bridge import adequate, tables
from lstm_edu.keras_bridge.comparing import (
    Report,
    Row,
    Where,
    compare,
    compare_arrays,
    differences,
    number_text,
    trace_pairs,
    where,
    where_text,
)
from lstm_edu.keras_bridge.converting import is_model, opened
from lstm_edu.keras_bridge.gradients import compare_gradients, require_tape
from lstm_edu.keras_bridge.recording import keras_trace, rounded
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
    """

    name: str
    kind: str
    report: Report
    first: Divergence | None
    ours: Trace = field(repr=False)
    keras: Trace = field(repr=False)

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
class VerifyReport:
    """What `verify` found: true if every number of every layer agrees. Shown as a table in a notebook.

    Attributes:
        name: the layer's or model's name.
        layers: one LayerReport a layer, in order.
        whole: the model's output, ours computed from x through all our layers; None for a single layer.
        gradients: the loss, and one row for the gradient of each weight, of the input and of each initial state that
            was given; None without y.
        first: the first divergence of the forward pass, or None.
    """

    name: str
    layers: tuple[LayerReport, ...]
    whole: Report | None
    gradients: Report | None = None

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
            layers = f"{len(self.layers)} layer" + ("s" if len(self.layers) > 1 else "")
            if self.gradients is not None:
                layers += f" and {sum(row.size for row in self.gradients.rows):,} of their gradients"
            return f"{self.name} agrees with Keras: {n:,} numbers in {layers}, largest difference {self.max_abs:.2g}"
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

    def __repr__(self) -> str:
        table = tables.text(bool(self), self.sentence, _HEADER, self._rows())
        return table + (f"\n{self.adequacy.line}" if self else "")

    def _repr_html_(self) -> str:
        table = tables.html(bool(self), self.sentence, _HEADER, self._rows())
        return table + (self.adequacy.fold if self else "")


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
    x: Any,
    y: Any = None,
    *,
    mask: Any = None,
    initial_state: Sequence[Any] | None = None,
    ours: Layer | None = None,
    loss: Any = None,
) -> VerifyReport:
    """Hold every number that a layer or model computes for `x` against Keras's own.

    Each layer is given what Keras hands to it, so that a difference in one is not carried into the next; then the
    model is compared as a whole. Inside a layer every recorded quantity is compared at every timestep.

    With y the gradients are compared too: ours, from the chain rule, with Keras's, from tf.GradientTape, for every
    weight (frozen ones too), the input (unless it is token ids) and the initial states that are given. Both are taken
    at inference, where dropout does nothing. Gradients agree within 1e-10 + 1e-8 |g| in float64, and within
    1e-7 + 1e-4 |g| + 1e-5 (the largest |g| of the array) if anything computes in float32, g being Keras's. Losses of
    Keras compute in float32, whatever the model does, unless they are made with dtype="float64".

    Args:
        source: a Keras layer or model that `from_keras` supports, or the path of a `.keras` file.
        x: what to compute.
        y: for a model its targets. For a single layer, which has no loss, dL/d(output), in the output's shape; where
            it returns several arrays, a list of one for each (with return_state=True: [dy, dh, dc]).
        mask: (B, T), if the layers do not find their own. initial_state: for a single recurrent layer.
        ours: a layer or model of lstm_edu to hold against it, with its own weights; `from_keras(source)` if None.
        loss: for targets, as in Keras's compile: a name or a loss of keras.losses. If None, what the model was compiled
            with.

    Returns:
        A VerifyReport: `bool(report)`, `.first`, `.layers`, `.gradients`, `.max_abs`, `.check()`.

    Raises:
        ValueError, TypeError: as `keras_trace`; or `ours` is another kind of layer or takes other inputs. With y: no
            loss, a loss or regularizer that is not supported, a y of another shape.
        RuntimeError: y is given and Keras runs on another backend than TensorFlow.

    Example:
        >>> verify(model, x).check()                                        # doctest: +SKIP
        >>> verify(model, x, y, loss="mse").gradients                       # doctest: +SKIP
    """
    if y is None and loss is not None:
        raise ValueError("verify: a loss needs the targets y, and there are none")
    source = opened(source)
    if y is not None:
        require_tape()
    theirs = keras_trace(source, x, mask, initial_state)
    ours = theirs.layer if ours is None else ours
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
    return VerifyReport(source.name, layers, whole, gradients)


def _leaves(name: str, ours: Layer, keras: Trace) -> Iterator[tuple[str, Layer, Trace]]:
    """(name, our layer, Keras's trace) of each layer that computes something itself."""
    if type(ours).__name__ != keras.kind:
        raise ValueError(f"verify: {name!r} is a {keras.kind} in Keras, but ours is a {type(ours).__name__}")
    if not isinstance(ours, Sequential):
        yield name, ours, keras
        return
    if len(ours.layers) != len(keras.children):
        raise ValueError(f"verify: {name!r} has {len(keras.children)} layers in Keras, but ours has {len(ours.layers)}")
    for (child, trace), own in zip(keras.children.items(), ours.layers, strict=True):
        yield from _leaves(child, own, trace)


def _verify_layer(name: str, ours: Layer, keras: Trace, given: dict[str, Any]) -> LayerReport:
    x, mask = _input_of(keras)
    own = ours.trace(x, mask=mask, **given)
    pairs = [pair for pair in trace_pairs(own, keras) if pair.name.split("/")[-1] != "x"]  # the same x went into both
    rows = tuple(compare_arrays(p.name, p.ours, p.keras, axes=p.axes, gates=p.gates, gate=p.gate) for p in pairs)
    return LayerReport(name, keras.kind, Report(rows, own, inside=True), _first(name, pairs, rows), own, keras)


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
