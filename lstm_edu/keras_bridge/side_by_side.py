"""Training side by side: the same model, the same batches, twice; the losses and every weight after every update."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import numpy as np

from lstm_edu.comparison import tables
from lstm_edu.comparison.places import Where, number_text, weight_places, where_text
from lstm_edu.comparison.report import Report, Row, compare_arrays
from lstm_edu.comparison.tolerance import Tolerance
from lstm_edu.core import Sequential, checks
from lstm_edu.core.container import leaves
from lstm_edu.keras_bridge.compiling import compiled_loss, optimizer_of
from lstm_edu.keras_bridge.converting import convert, is_model, opened
from lstm_edu.keras_bridge.gradients import least_precise, none_here
from lstm_edu.keras_bridge.layers import numbers
from lstm_edu.keras_bridge.loading import keras
from lstm_edu.keras_bridge.recording import rounded

# How much weights may differ: absolute + relative |w| + of_moved * (how far the array has moved), w being Keras's. In
# float32 Adam makes full-length steps even from a gradient that is only rounding, so weights diverge sooner.
_TOLERANCES = {"float64": (1e-9, 1e-7, 0.0), "float32": (1e-6, 1e-5, 5e-3)}
_SHOWN = 20  # steps in a table


@dataclass(frozen=True)
class TrainingStep:
    """One update.

    Attributes:
        number: 1, 2, ...
        loss: ours and Keras's, of this step's batch before the update; `loss.values` has both.
        weights: every weight after the update, one row each, in get_weights() order.
    """

    number: int
    loss: Row
    weights: Report

    def __bool__(self) -> bool:
        return self.loss.ok and bool(self.weights)

    @property
    def sentence(self) -> str:
        """The step in words: the first thing that differs."""
        return f"step {self.number}: {self.weights.sentence if self.loss.ok else self.loss.sentence}"


@dataclass(frozen=True)
class TrainingReport:
    """What `train_side_by_side` found: true if every loss and every weight agrees. Shown as a table in a notebook.

    Attributes:
        name: the model's name. optimizer: in words, as at the first update.
        weight_names: of every weight array, in get_weights() order.
        steps: one TrainingStep per update.
        moved: how far each weight array's numbers are from where they began, at most, after the last step: a
            comparison of weights that hardly moved says little.
        ours, keras: the two models as they are after the last step.
    """

    name: str
    optimizer: str
    weight_names: tuple[str, ...]
    steps: tuple[TrainingStep, ...]
    moved: tuple[float, ...]
    ours: Sequential = field(repr=False)
    keras: Any = field(repr=False)

    def __bool__(self) -> bool:
        return all(self.steps)

    @property
    def losses(self) -> np.ndarray:
        """(steps, 2): the loss before each update, ours and Keras's."""
        return np.array([step.loss.values for step in self.steps])

    @property
    def differences(self) -> np.ndarray:
        """(steps, weights): the largest |ours - Keras's| of each weight array after each update."""
        return np.array([[row.max_abs for row in step.weights.rows] for step in self.steps])

    @property
    def max_abs(self) -> float:
        """The largest |ours - Keras's| of any weight after any update."""
        return float(self.differences.max())

    @property
    def first(self) -> TrainingStep | None:
        """The first step in which something differs, or None."""
        return next((step for step in self.steps if not step), None)

    @property
    def where(self) -> Where:
        """The place of the first difference by name, with its step and quantity; empty if there is none."""
        if self.first is None:
            return {}
        rows = (self.first.loss, *self.first.weights.rows)
        row = next(row for row in rows if not row.ok)
        return {"step": self.first.number, "quantity": row.name, **row.where}

    @property
    def sentence(self) -> str:
        """The result in words."""
        if self.first is not None:
            return f"{self.name} ({self.optimizer}), {self.first.sentence}"
        return (
            f"{self.name} ({self.optimizer}), {checks.plural(len(self.steps), 'step')}: the losses and weights agree "
            f"with Keras's; weights differ by at most {self.max_abs:.2g}, after moving by up to {max(self.moved):.2g}"
        )

    def check(self) -> TrainingReport:
        """The report itself if all agrees. AssertionError with `sentence` if not."""
        if not self:
            raise AssertionError(self.sentence)
        return self

    def _rows(self) -> list[tuple[str, ...]]:
        steps: tuple[TrainingStep | None, ...] = self.steps
        if len(steps) > _SHOWN:  # the beginning, the first that differs, the end
            half = _SHOWN // 2
            middle = [s for s in steps[half:-half] if s is self.first]
            steps = (*steps[:half], None, *middle, *([None] if middle else []), *steps[-half:])
        rows: list[tuple[str, ...]] = []
        for step in steps:
            if step is None:
                rows.append(("…",) * len(_HEADER))
                continue
            worst = step.weights.worst
            assert step.loss.values is not None  # a loss is a number, always comparable
            ours, theirs = map(number_text, step.loss.values)
            place = f"{worst.name}: {where_text(worst.where)}" if worst.max_abs else "—"
            rows.append((str(step.number), ours, theirs, f"{worst.max_abs:.2g}", place, tables.verdict(bool(step))))
        return rows

    def __repr__(self) -> str:
        return tables.text(bool(self), self.sentence, _HEADER, self._rows())

    def _repr_html_(self) -> str:
        return tables.html(bool(self), self.sentence, _HEADER, self._rows())


_HEADER = ("step", "our loss", "Keras's loss", "weights differ by", "most in", "result")


def train_side_by_side(
    source: Any,
    x: Any,
    y: Any,
    *,
    steps: int = 20,
    batch_size: int | None = None,
    in_place: bool = False,
) -> TrainingReport:
    """Train a Keras model and the same model in NumPy on the same batches, and compare after every update.

    Model, optimizer and loss are rebuilt in NumPy from the compiled Keras model; from then on neither side sees the
    other. Keras's side is its own train_on_batch, ours is `Sequential.train_on_batch`.

    Losses agree within 2e-6 + 2e-5 |loss|, because Keras reports them in float32. Weights agree within 1e-9 + 1e-7 |w|
    in float64. If anything computes in float32 (as every loss of Keras does that is not made with dtype="float64"),
    within 1e-6 + 1e-5 |w| + 0.005 (how far the array has moved so far).

    Args:
        source: a compiled Keras model that is a chain of layers of this package, without dropout, whose optimizer is
            SGD or Adam.
        x, y: inputs and targets, samples first. Masks are those that the model finds (Masking, Embedding).
        steps: how many updates.
        batch_size: samples per update, one batch after the other in the order of x, the last one being what is left,
            then from the start again. None: everything in every step.
        in_place: train the given Keras model itself. Otherwise a copy is trained, with a new optimizer of the same
            settings, and the given model stays as it is.

    Returns:
        A TrainingReport: `bool(report)`, `.losses`, `.differences`, `.steps`, `.first`, `.check()`.

    Raises:
        TypeError: not a model. ValueError: a model that is not compiled; a layer, loss, optimizer or setting that is
            not supported, by name; dropout; nothing to train; in_place with an optimizer that has made updates before.

    Example:
        >>> model.compile("adam", keras.losses.MeanSquaredError(dtype="float64"))       # doctest: +SKIP
        >>> train_side_by_side(model, x, y).check()                                     # doctest: +SKIP
    """
    source = opened(source)
    if not is_model(source):
        raise TypeError(
            f"train_side_by_side needs a compiled Keras model, got the layer {type(source).__name__} {source.name!r}; "
            "put it in a keras.Sequential"
        )
    steps = checks.positive_int(steps, "steps", "train_side_by_side")
    checks.flag(in_place, "in_place", "train_side_by_side")
    if none_here():
        raise RuntimeError(f"train_side_by_side: {none_here()}")
    their_loss, our_loss = compiled_loss(source)
    optimizer = optimizer_of(source.optimizer)
    in_words = f"{type(optimizer).__name__}, learning rate {optimizer.learning_rate:.6g}"
    done = int(numbers(source.optimizer.iterations))
    if in_place and done:
        raise ValueError(
            f"in_place=True: the optimizer of {source.name!r} has made {done} updates, and remembers what ours has not "
            "seen; compile the model again, or omit in_place"
        )
    ours: Any = convert(source, None)
    _refuse_dropout(ours)
    ours.compile(optimizer, our_loss)
    batches = _batches(rounded(checks.numbers(x, "x", "train_side_by_side"), source), y, batch_size)
    theirs = source if in_place else _copy(source, their_loss)

    places = weight_places(ours)
    precision = least_precise(ours, our_loss)
    start = theirs.get_weights()
    record = []
    for number, (x_batch, y_batch) in enumerate(islice(batches, steps), 1):
        mine = ours.train_on_batch(x_batch, y_batch)  # first, because its errors are clearer
        loss = theirs.train_on_batch(x_batch, y_batch, return_dict=True)["loss"]
        after = [numbers(w) for w in theirs.get_weights()]
        moved = [float(np.abs(w - before).max(initial=0)) for w, before in zip(after, start, strict=True)]
        rows = [
            compare_arrays(
                place.name, w, expected, axes=place.axes, gates=place.gates, allowed=_tolerance(precision, distance)
            )
            for place, w, expected, distance in zip(places, ours.weights, after, moved, strict=True)
        ]
        both = (np.asarray(one, np.float32) for one in (mine, loss))
        record.append(TrainingStep(number, compare_arrays("loss", *both), Report(tuple(rows))))
    names = tuple(place.name for place in places)
    return TrainingReport(source.name, in_words, names, tuple(record), tuple(moved), ours, theirs)


def _tolerance(precision: str, moved: float) -> Tolerance:
    absolute, relative, of_moved = _TOLERANCES[precision]
    return Tolerance(absolute + of_moved * moved if np.isfinite(moved) else absolute, relative, "w")


def _refuse_dropout(ours: Sequential) -> None:
    for layer in leaves(ours):
        for setting in ("rate", "dropout", "recurrent_dropout"):
            if getattr(layer, setting, 0):
                raise ValueError(
                    f"the layer {layer.name!r} has {setting}={getattr(layer, setting)}: in training it drops at random,"
                    " and what Keras drops cannot be known here; set it to 0 to compare"
                )


def _batches(x: np.ndarray, y: Any, batch_size: int | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(x, y) of one batch after the other, without end."""
    y = checks.numbers(y, "y", "train_side_by_side")
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or not len(x):
        raise ValueError(
            "train_side_by_side: x and y must have one entry for each sample, got the shapes "
            f"{checks.shape_text(x.shape)} and {checks.shape_text(y.shape)}"
        )
    size = len(x) if batch_size is None else checks.positive_int(batch_size, "batch_size", "train_side_by_side")
    return cycle([(x[k : k + size], y[k : k + size]) for k in range(0, len(x), size)])


def _copy(model: Any, loss: Any) -> Any:
    """A Keras model that computes and learns as this one, from the same weights and states."""
    twin = keras().models.clone_model(model)
    twin.set_weights(model.get_weights())
    for layer, own in zip(model._flatten_layers(), twin._flatten_layers(), strict=True):
        for state, fresh in zip(getattr(layer, "states", None) or (), getattr(own, "states", None) or (), strict=True):
            fresh.assign(state)
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    # Not as the clone was compiled: Keras's copy of a loss forgets its dtype. And without metrics.
    twin.compile(optimizer, loss, metrics=[], run_eagerly=model.run_eagerly, jit_compile=model.jit_compile)
    return twin
