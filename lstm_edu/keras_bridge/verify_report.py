"""What `verify` found, layer by layer, as sentences, tables and a page."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib import import_module
from typing import Any

import numpy as np

from lstm_edu.comparison import adequate, tables
from lstm_edu.comparison.places import Where, number_text, where_text
from lstm_edu.comparison.report import DIFFERENT, EQUAL, UNDECIDED, Report, Row, joined
from lstm_edu.core.checks import plural
from lstm_edu.keras_bridge.caution import Caution
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
        name, kind: of the layer. report: one row per quantity.
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
    def verdict(self) -> str:
        """ "equal", "different" or "undecided": see `Report.verdict`."""
        return self.report.verdict

    @property
    def max_abs(self) -> float:
        return self.report.max_abs

    @property
    def _undecided(self) -> Row:
        """Of an undecided layer, the quantity that can be decided for the fewest timesteps."""
        return _undecided(self.report)

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
    """A layer that was not rebuilt: its output was taken from Keras.

    Attributes:
        name, kind: of the layer. what: its size, in words, or "". why: why it was not rebuilt.
        inner: the layers inside it that were rebuilt and compared.
        counts: whether it is a layer that could differ: not an operation between layers, nor one that does nothing at
            inference.
    """

    name: str
    kind: str
    what: str
    why: str
    inner: tuple[str, ...] = ()
    counts: bool = True

    def __str__(self) -> str:
        size = f" ({self.what})" if self.what else ""
        were = "were" if len(self.inner) > 1 else "was"
        inner = f"; of what is inside, {', '.join(self.inner)} {were} compared" if self.inner else ""
        taken = "its output was taken from Keras: " if self.counts else ""
        return f"{self.kind} {self.name!r}{size}; {taken}{self.why}{inner}"


@dataclass(frozen=True)
class VerifyReport:
    """What `verify` found: true if every number that was compared is equal up to rounding. A table in a notebook.

    Attributes:
        name: the layer's or model's name.
        layers: one LayerReport per layer, in order; one per call for a layer that the model shares.
        whole: the model's output, ours computed from x through all our layers; None for a single layer. Where a model
            is not a chain of layers that this package has: its output with our numbers instead of Keras's in every
                layer
            that was rebuilt.
        gradients: the loss, and one row for the gradient of each weight, of the input and of each initial state that
            was given; None without y.
        passed: the layers that were not rebuilt.
        cautions: what runs without complaint but may not do what you think, each with `.id`, `.layer`, `.text`.
        notes: anything else, such as that no input was given.
        kind: of the model: "Sequential", or "Model" for any other; not used for a single layer.
        about: what was compared with what, in lines: file, versions, backend, date, and the command if one was typed.
        vocabulary: the words of the model's TextVectorization or StringLookup, by id; () where it has none, or several.
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
    about: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict == EQUAL

    @property
    def verdict(self) -> str:
        """ "equal" up to rounding, "different", or "undecided": rounding alone can move the numbers so far that their
        type cannot decide."""
        return joined(report.verdict for report in self._reports)

    @property
    def _reports(self) -> list[Report]:
        return [*(layer.report for layer in self.layers), *self._beyond_layers]

    @property
    def _beyond_layers(self) -> list[Report]:
        return [report for report in (self.whole, self.gradients) if report is not None]

    @cached_property
    def adequacy(self) -> Any:
        """Which known mistakes would have been caught with these weights, inputs and masks, and which not and why: a
        `le.doctor.Adequacy`, computed when it is asked for or shown. Each layer is checked on its own input; of large
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
        return max(report.max_abs for report in self._reports)

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
        """The result in words: how much was compared, and the outcome."""
        if self.verdict == DIFFERENT:
            return f"{self._difference} ({self._counted}{self._not_compared})"
        if self.verdict == UNDECIDED:
            undecided = [layer for layer in self.layers if layer.verdict == UNDECIDED]
            if undecided:
                what = f"{undecided[0].name}: {undecided[0]._undecided.undecided()}"
            else:
                what = self._first_undecided.sentence
            return f"{what} ({self._counted}, no difference beyond rounding{self._not_compared})"
        n = sum(row.size for layer in self.layers for row in layer.report.rows)
        numbers = plural(n, "number")
        if self.gradients is not None:
            numbers += f" and {sum(row.size for row in self.gradients.rows):,} of their gradients"
        return f"{self.name} agrees with Keras: {self._counted}, {numbers} equal up to rounding{self._not_compared}"

    @property
    def _difference(self) -> str:
        if self.first is not None:
            return self.first.sentence
        for layer in self.layers:
            if layer.verdict == DIFFERENT:
                return f"{layer.name}: {layer.report.sentence}"
        if self.whole is not None and self.whole.verdict == DIFFERENT:
            return f"every layer agrees on its own, but the model does not: {self.whole.sentence}"
        return f"{self.name} computes what Keras computes, but not its gradients: {self._first_different.sentence}"

    @property
    def _first_different(self) -> Report:
        return next(report for report in self._beyond_layers if report.verdict == DIFFERENT)

    @property
    def _first_undecided(self) -> Report:
        return next(report for report in self._beyond_layers if report.verdict == UNDECIDED)

    @property
    def _missing(self) -> list[PassedThrough]:
        return [layer for layer in self.passed if layer.counts]

    @property
    def _counted(self) -> str:
        done = len({layer.name.split(" (call ")[0] for layer in self.layers})
        of = done + len(self._missing)
        return f"{done} of {plural(of, 'layer')} compared"

    @property
    def _not_compared(self) -> str:
        """The layers that were left out, with the reason if it is one layer."""
        missing = self._missing
        if not missing:
            return ""
        if len(missing) == 1:
            return f"; {missing[0].name} was not compared: {missing[0].why}"
        names = [layer.name for layer in missing]
        most = 4
        if len(names) > most:
            names = [*names[: most - 1], f"{len(names) - most + 1} more"]
        return f"; {', '.join(names[:-1])} and {names[-1]} were not compared"

    def check(self) -> VerifyReport:
        """The report itself if all is equal up to rounding. AssertionError with `sentence` if not."""
        if not self:
            raise AssertionError(self.sentence)
        return self

    def _table(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Header and rows, without the place of the first difference if there is none."""
        rows = self._rows()
        kept = [k for k in range(len(_HEADER)) if k != _PLACE or any(row[k] != "—" for row in rows)]
        header, *rows = (tuple(line[k] for k in kept) for line in (_HEADER, *rows))
        return header, rows

    def _rows(self) -> list[tuple[str, ...]]:
        rows = []
        for layer in self.layers:
            quantities = _grouped([row.name for row in layer.report.rows])
            place = "—" if layer.first is None else f"{layer.first.quantity} at {where_text(layer.first.where)}"
            rows.append((f"{layer.name} ({layer.kind})", _result(layer.report), layer.max_abs, place, quantities))
        if self.whole is not None:
            place = where_text(self.whole.where) if self.whole.verdict == DIFFERENT else "—"
            rows.append(("whole model", _result(self.whole, names=False), self.whole.max_abs, place, "output"))
        if self.gradients is not None:
            report, place = self.gradients, "—"
            quantities = _grouped([row.name.removeprefix("gradient of ") for row in report.rows])
            wrong = [row for row in report.rows if row.verdict == DIFFERENT]
            if wrong:
                place = f"{wrong[0].name} at {where_text(wrong[0].where)}" if wrong[0].where else wrong[0].name
            rows.append(("gradients", _result(report), report.max_abs, place, quantities))
        return [(name, result, f"{size:.2g}", place, what) for name, result, size, place, what in rows]

    @property
    def _advice(self) -> list[str]:
        """What to do about a verdict that rounding prevents."""
        if self.verdict != UNDECIDED:
            return []
        dtype = _undecided(next(report for report in self._reports if report.verdict == UNDECIDED)).dtype
        finer = [] if "float64" in dtype else ["the same weights in a model of dtype float64"]
        return [", or ".join(["fewer timesteps", *finer])]

    def _lists(self) -> dict[str, list[str]]:
        """What is listed under the table: title -> lines."""
        counted: dict[str, str] = {}
        for layer in self.layers:
            if layer.parameters and not layer.parameters.startswith("0 "):
                counted.setdefault(layer.name.split(" (call ")[0], f"{layer.kind}: {layer.parameters}")
        return {
            "Parameters": [f"{name}, {text}" for name, text in counted.items()],
            "Not compared": [str(layer) for layer in self.passed],
            "What would decide": self._advice,
            "Good to know": [str(caution) for caution in self.cautions],
            "Input": list(self.notes),
            "About this report": list(self.about),
        }

    def text(self, width: int | None = None) -> str:
        """The report in plain text, in lines of at most `width` characters if that is given."""
        parts = [tables.text(self.verdict, self.sentence, *self._table(), width)]
        parts += [tables.text_list(title, lines, width) for title, lines in self._lists().items()]
        if self:
            parts.append(self.adequacy.line if width is None else textwrap.fill(self.adequacy.line, width))
        return ("\n" if width is None else "\n\n").join(filter(None, parts))

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        table = tables.html(self.verdict, self.sentence, *self._table())
        lists = "".join(tables.html_list(title, lines) for title, lines in self._lists().items())
        return table + lists + (self.adequacy.fold if self else "")

    @property
    def title(self) -> str:
        return f"{self.name}: lstm-edu and Keras"

    def body(self) -> str:
        """The report, and every layer's own table to unfold, as HTML."""
        return self._repr_html_() + "".join(
            f"<details><summary>{escape(layer.name)} ({escape(layer.kind)})</summary>{layer.report.table()}</details>"
            for layer in self.layers
        )

    def page(self) -> str:
        """The report as an HTML page that needs nothing else."""
        return tables.page(self.title, self.body())

    @property
    def trace(self) -> Trace:
        """Ours of every layer, as one Trace with a child for each layer; of a single layer, its own."""
        return self._together([layer.ours for layer in self.layers])

    @property
    def keras_trace(self) -> Trace:
        """The same with Keras's numbers."""
        return self._together([layer.keras for layer in self.layers])

    def _together(self, traces: list[Trace]) -> Trace:
        if self.whole is None and len(traces) == 1:
            return traces[0]
        names = [layer.name for layer in self.layers]
        children = dict(zip(names, traces, strict=True))
        chain = self.kind == "Sequential" and all(one.kind in LOOKUPS or not one.counts for one in self.passed)
        model = Model(self.name, vocabulary=self.vocabulary, chain=chain)
        return Trace(model, {}, traces[-1].output, children=children, kind=self.kind)

    def explore(self, **places: Any) -> Any:
        """Step through every layer's numbers, ours next to Keras's: an explorer, with one tab per layer.

        Args:
            places: as in `le.explore`: where to begin (layer, t, unit, batch), how much is shown (detail), names.
        """
        explore = import_module("lstm_edu").explore  # the widgets read the bridge, which does not know them
        return explore(self.trace, reference=self.keras_trace, **places)


@dataclass(frozen=True)
class Model:
    """A model of any shape in a trace: a name for what its layers recorded.

    `vocabulary`: the words by id, where the model looks them up. `chain`: whether each layer reads the one before.
    """

    name: str
    weights: tuple[np.ndarray, ...] = ()
    vocabulary: tuple[str, ...] = ()
    chain: bool = False


LOOKUPS = ("TextVectorization", "StringLookup")


def _grouped(names: list[str]) -> str:
    """`forward: z h; backward: z h; output` for forward/z, forward/h, backward/z, backward/h, output."""
    groups: dict[str, list[str]] = {}
    for name in names:
        inner, _, quantity = name.rpartition("/")
        groups.setdefault(inner, []).append(quantity)
    return "; ".join((f"{inner}: " if inner else "") + " ".join(quantities) for inner, quantities in groups.items())


def _undecided(report: Report) -> Row:
    """The row that cannot be decided from the earliest timestep on."""
    rows = [row for row in report.rows if row.verdict == UNDECIDED]
    return min(rows, key=lambda row: row.blind_from.get("timestep", 0))


def _result(report: Report, names: bool = True) -> str:
    """A verdict in a cell: of a difference with the names of what differs, else since when nothing can be decided."""
    if report.verdict == UNDECIDED:
        return tables.verdict(UNDECIDED) + _undecided(report).since
    wrong = [row.name for row in report.rows if row.verdict == DIFFERENT]
    return tables.verdict(report.verdict) + (f": {', '.join(wrong)}" if wrong and names else "")


_HEADER = ("layer", "result", "largest difference", "first to differ", "compared")
_PLACE = _HEADER.index("first to differ")
