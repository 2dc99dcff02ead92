"""Training: forward, loss, backward, update; again and again. What Sequential can do beyond computing.

    model.compile(optimizer="adam", loss="mse")
    model.train_on_batch(x, y)              # one update; the loss before it
    history = model.fit(x, y, epochs=5)     # many; history.history["loss"]

The loss sees what Keras's sees (3.15.1 on TensorFlow 2.21), which means three surprises:

* **Logits.** Where the model ends in a Dense layer with softmax or sigmoid, and the loss is a cross-entropy, Keras
  computes the loss from the layer's logits z and never from its probabilities. Nothing is clipped, and the gradient is
  the famous y - t. It does not check which of the two it is: softmax with binary_crossentropy trains as a sigmoid
  would, and sigmoid with categorical_crossentropy as a softmax would. Around the Dense layer there must be nothing, not
  even TimeDistributed, or the probabilities are used. (Keras on JAX, PyTorch and NumPy always uses the probabilities.)
* **float32.** Losses compute in float32 even for a float64 model, and then without the logits; give the loss
  dtype="float64" to change both. `fit`, `evaluate` and `predict` (not `train_on_batch`) round their data to float32.
* **Masks.** The loss of a batch is the mean over its timesteps that count; the loss of an epoch is the mean over the
  batches, weighted by their numbers of sequences, whatever their masks.

Keras's models find their masks in the data (Masking, Embedding); here a mask may also be given, as to a layer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from lstm_edu.core import checks, losses, optimizers
from lstm_edu.core.activation import Activation
from lstm_edu.core.container import Container, containers, leaves
from lstm_edu.core.dense import Dense
from lstm_edu.core.layer import Gradients, Layer, quietly
from lstm_edu.trace import Trace


class LossAndGradients(NamedTuple):
    """What `model.loss_and_gradients` returns.

    Attributes:
        loss: one number, a float.
        gradients: as from `model.backward`: .weights in get_weights() order, .x, .trace. Where the loss works on the
            logits, the last layer's record is that of a layer without activation: its y is z.
        trace: everything that was computed on the way; trace.output is the prediction.
    """

    loss: float
    gradients: Gradients
    trace: Trace


@dataclass(repr=False)
class History:
    """What `fit` returns: the numbers of each epoch.

    Attributes:
        history: name -> one number per epoch: "loss", the metrics, and with validation data "val_loss", ...
        epoch: the epochs' numbers, from 0.
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    epoch: list[int] = field(default_factory=list)

    def __repr__(self) -> str:
        ways = [f"{name} {values[0]:.4g} -> {values[-1]:.4g}" for name, values in self.history.items()]
        return f"<History of {checks.plural(len(self.epoch), 'epoch')}: {', '.join(ways)}>"

    def _add(self, epoch: int, values: dict[str, float]) -> None:
        self.epoch.append(epoch)
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)


@dataclass(frozen=True)
class _Compiled:
    optimizer: optimizers.Optimizer
    loss: losses.Loss
    metrics: dict[str, _Metric]
    linear_end: Dense | Activation | None  # the last layer without its activation, where the loss works on the logits


class Trainer(Container):
    """The part of a model that learns."""

    layers: tuple[Layer, ...]

    _compiled: _Compiled | None = None
    _history: History | None = None

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Sequence[str] | None = None) -> None:
        """Choose how to learn.

        Args:
            optimizer: one of le.optimizers, or "sgd" or "adam" for Keras's defaults. Keras's own default, "rmsprop", is
                not supported: name one.
            loss: one of le.losses, or Keras's name.
            metrics: names of what else to report: "accuracy" (binary, sparse or categorical, whichever fits, as Keras
                chooses) or a loss's name. They ignore masked timesteps.

        Raises:
            ValueError: something that is not supported, by name; a layer with a regularizer or constraint, which
                training would have to apply.
        """
        optimizer, loss = optimizers.get(optimizer), _loss(loss)
        for layer in [*leaves(self), *containers(self)]:
            if layer.training_only:
                name, value = next(iter(layer.training_only.items()))
                raise ValueError(
                    f"{layer._label}: training with {name}={value!r} is not supported; without it the layer would "
                    "learn something different than in Keras"
                )
        for layer in leaves(self):
            if layer.dtype_policy.half:
                raise ValueError(
                    f"{layer._label}: training in half precision ({layer.dtype_policy}) is not supported; Keras rounds "
                    "every gradient too, and scales the loss so that small ones are not lost"
                )
        for layer in containers(self):
            if not layer.trainable and any(leaf.trainable for leaf in leaves(layer)):
                raise ValueError(
                    f"{layer._label}: trainable=False does not reach the layers inside (nor in Keras 3, where they "
                    "go on learning); set it on those layers"
                )
        last = self.layers[-1]
        if getattr(last, "return_state", False) or getattr(last, "merge_mode", "") is None:
            raise ValueError(
                f"{self._label}: a loss needs one output, but {last._label} returns several "
                "(return_state=True or merge_mode=None)"
            )
        if optimizer._model not in (None, self):
            raise ValueError(
                f"{self._label}: this optimizer belongs to another model, {optimizer._model.name!r}, and remembers "
                "momenta of its weights; make a new one"
            )
        optimizer._model = self
        linear_end = _linear_end(self, loss)
        if linear_end is not None:
            if loss.from_logits:
                warnings.warn(
                    f"{loss.name} has from_logits=True, but the model ends in a softmax or sigmoid, which makes "
                    "probabilities of logits. As in Keras the loss uses the logits, once",
                    stacklevel=2,
                )
            loss = loss.on_logits()
        names = [metrics] if isinstance(metrics, str) else list(metrics or [])
        self._compiled = _Compiled(optimizer, loss, {name: _Metric.of(name) for name in names}, linear_end)

    @property
    def optimizer(self) -> optimizers.Optimizer | None:
        """What compile() chose."""
        return None if self._compiled is None else self._compiled.optimizer

    @property
    def history(self) -> History | None:
        """The last `fit`'s, as far as it got."""
        return self._history

    # --- one batch -------------------------------------------------------------------------------------------------

    def loss_and_gradients(self, x: Any, y: Any, mask: Any = None, *, training: bool = False) -> LossAndGradients:
        """The loss on one batch, and its gradient along everything. Changes no weight.

        Args:
            x, y: inputs and targets. mask: (B, T), if the model does not find its own.
            training: True computes as training does: with dropout.
        """
        job = self._require_compiled("loss_and_gradients()")
        self._build_for(x)
        trace = self.trace(x, mask, training=training)
        end = trace if job.linear_end is None else _at_logits(trace, job.linear_end)
        loss, d_end = job.loss.value_and_gradient(y, end.output, trace.output_mask)
        with quietly():
            return LossAndGradients(float(loss), self._backward(end, d_end, None), trace)

    def train_on_batch(self, x: Any, y: Any, mask: Any = None) -> float | list[float]:
        """One update. Returns the loss before it, of this batch; with metrics a list, the loss first."""
        means = _Means()
        self._train(x, y, mask, means)
        return _loss_first(means.result())

    def test_on_batch(self, x: Any, y: Any, mask: Any = None) -> float | list[float]:
        """The loss of one batch, without an update; with metrics a list, the loss first."""
        means = _Means()
        self._test(x, y, mask, means)
        return _loss_first(means.result())

    def _train(self, x: Any, y: Any, mask: Any, means: _Means) -> None:
        job = self._require_compiled("train_on_batch()")
        loss, gradients, trace = self.loss_and_gradients(x, y, mask, training=True)
        learning = [k for k, learns in enumerate(_learns(self)) if learns]
        if not learning:
            raise ValueError(f"{self._label} has no weights to train: every layer has trainable=False or none")
        weights = self.weights
        new = job.optimizer.update([weights[k] for k in learning], [gradients.weights[k] for k in learning])
        for k, w in zip(learning, new, strict=True):
            weights[k] = w
        self._assign(weights)
        self._report(job, means, loss, y, trace)

    def _test(self, x: Any, y: Any, mask: Any, means: _Means) -> None:
        job = self._require_compiled("test_on_batch()")
        self._build_for(x)
        trace = self.trace(x, mask, keep="z" if "z" in self.quantities else ())
        end = trace.output if job.linear_end is None else _logits(_last(trace))
        self._report(job, means, float(job.loss(y, end, trace.output_mask)), y, trace)

    def _report(self, job: _Compiled, means: _Means, loss: float, y: Any, trace: Trace) -> None:
        batch = len(trace.output)
        means.add("loss", loss * batch, batch)
        for name, metric in job.metrics.items():
            means.add(name, *metric.total(np.asarray(y), trace.output, trace.output_mask))

    # --- whole data sets -------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int | str = "auto",
        *,
        validation_split: float = 0.0,
        validation_data: tuple[Any, Any] | None = None,
        shuffle: bool = True,
        mask: Any = None,
        validation_mask: Any = None,
        seed: int | None = None,
    ) -> History:
        """Train for some epochs, batch by batch, the last batch being what is left.

        Args:
            x, y: all inputs and targets, samples first. mask: (N, T), if the model does not find its own.
            batch_size: samples per update. epochs: how often everything is seen.
            verbose: 0 is silent, 1 or "auto" shows a progress bar.
            validation_split: this fraction of the samples, the last ones, is held back and evaluated after each epoch.
            validation_data: (x, y) to evaluate after each epoch; validation_mask: their mask.
            shuffle: another random order in every epoch, from `seed`.

        Returns:
            History. As in Keras its loss is the mean of the losses during the epoch, while weights were changing (and
            with dropout); `evaluate` gives the loss afterwards. States of stateful layers are kept throughout.
        """
        self._require_compiled("fit()")
        batch_size = checks.positive_int(batch_size, "batch_size", "fit")
        epochs = checks.positive_int(epochs, "epochs", "fit")
        checks.flag(shuffle, "shuffle", "fit")
        data = _Data(x, y, mask)
        validation = None
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
                raise ValueError("fit: validation_data must be a pair (x, y); its mask goes into validation_mask")
            validation = _Data(*validation_data, validation_mask)
        elif validation_mask is not None:
            raise ValueError("fit: validation_mask belongs to validation_data, and there is none")
        elif validation_split:
            data, validation = data.split(checks.number(validation_split, "validation_split", "fit", 0, 1))

        rng = np.random.default_rng(seed)
        self._history = history = History()
        with _progress_bar(epochs * data.batches(batch_size), verbose, "fit") as bar:
            for epoch in range(epochs):
                bar.set_description(f"epoch {epoch + 1}/{epochs}", refresh=False)
                order = rng.permutation(len(data)) if shuffle else None
                means = _Means()
                for batch in data.each(batch_size, order):
                    self._train(*batch, means)
                    bar.set_postfix(means.result(), refresh=False)
                    bar.update()
                values = means.result()
                if validation is not None:
                    values |= {f"val_{name}": value for name, value in self._evaluate(validation, batch_size).items()}
                    bar.set_postfix(values, refresh=False)
                history._add(epoch, values)
            bar.refresh()
        return history

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        verbose: int | str = 0,
        *,
        mask: Any = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """The loss on a data set, computed batch by batch as Keras does; with metrics a list, the loss first."""
        self._require_compiled("evaluate()")
        batch_size = checks.positive_int(batch_size, "batch_size", "evaluate")
        data = _Data(x, y, mask)
        with _progress_bar(data.batches(batch_size), verbose, "evaluate") as bar:
            values = self._evaluate(data, batch_size, bar.update)
        return values if return_dict else _loss_first(values)

    def _evaluate(self, data: _Data, batch_size: int, tick: Callable[[], Any] = lambda: None) -> dict[str, float]:
        means = _Means()
        for batch in data.each(batch_size):
            self._test(*batch, means)
            tick()
        return means.result()

    def predict(
        self, x: Any, batch_size: int = 32, verbose: int | str = 0, *, mask: Any = None
    ) -> np.ndarray | tuple[np.ndarray, ...]:
        """The model's output for a data set, computed batch by batch. Needs no compile()."""
        batch_size = checks.positive_int(batch_size, "batch_size", "predict")
        self._build_for(x)
        data = _Data(x, None, mask)
        outputs: list[Any] = []
        with _progress_bar(data.batches(batch_size), verbose, "predict") as bar:
            for samples, _, their_mask in data.each(batch_size):
                outputs.append(self(samples, their_mask))
                bar.update()
        if isinstance(outputs[0], tuple):
            return tuple(np.concatenate(parts) for parts in zip(*outputs, strict=True))
        return np.concatenate(outputs)

    # --- plumbing --------------------------------------------------------------------------------------------------

    def _require_compiled(self, what: str) -> _Compiled:
        if self._compiled is None:
            raise ValueError(
                f"{self._label}: {what} needs an optimizer and a loss: call compile() first, for example "
                'model.compile(optimizer="adam", loss="mse")'
            )
        return self._compiled

    def _build_for(self, x: Any) -> None:
        """Build the model for the data it meets, as Keras does."""
        if not self.built:
            batch, *shape = np.shape(x)
            stateful = any(getattr(layer, "stateful", False) for layer in leaves(self))
            self.build((batch if stateful else None, *shape))


# --- layers ---------------------------------------------------------------------------------------------------------


def _learns(model: Layer) -> list[bool]:
    """For each weight array, whether the optimizer may change it."""
    return [layer.trainable for layer in leaves(model) for _ in layer.weights]


def _linear_end(model: Trainer, loss: losses.Loss) -> Dense | Activation | None:
    """The last layer without its activation, if Keras would compute this loss from the logits."""
    last = model.layers[-1]
    while isinstance(last, Trainer):
        last = last.layers[-1]
    if (
        isinstance(loss, losses.Crossentropy)
        and loss.finds_logits
        and isinstance(last, (Dense, Activation))
        and last.activation.name in ("softmax", "sigmoid")
        and loss.dtype == last.dtype  # casting the predictions loses the logits
    ):
        return last.copy(activation=None)
    return None


def _last(trace: Trace) -> Trace:
    """The last layer's trace, of models inside the model too."""
    return _last(trace.layers[-1]) if isinstance(trace.layer, Trainer) else trace


def _logits(trace: Trace) -> np.ndarray:
    """What goes into the activation of the last layer, a Dense or an Activation."""
    return trace.z if "z" in trace else trace.x


def _at_logits(trace: Trace, linear_end: Dense | Activation) -> Trace:
    """The same computation, ending at the last layer's logits."""
    if not isinstance(trace.layer, Trainer):
        z = _logits(trace)
        arrays = {"x": trace.x, "z": z, "y": z}
        arrays = {name: arrays[name] for name in linear_end.quantities}
        return Trace(linear_end, arrays, z, mask=trace.mask, weights=trace.weights)
    *_, name = trace.children
    end = _at_logits(trace.children[name], linear_end)
    return Trace(trace.layer, {}, end.output, children={**trace.children, name: end}, weights=trace.weights)


# --- numbers to report ----------------------------------------------------------------------------------------------


class _Means:
    """Running means by name."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}

    def add(self, name: str, total: float, count: int) -> None:
        sums = self._sums.setdefault(name, [0.0, 0])
        sums[0] += total
        sums[1] += count

    def result(self) -> dict[str, float]:
        return {name: total / count if count else 0.0 for name, (total, count) in self._sums.items()}


def _loss_first(values: dict[str, float]) -> float | list[float]:
    return values["loss"] if len(values) == 1 else list(values.values())


def _loss(identifier: Any) -> losses.Loss:
    if identifier is None:
        raise ValueError('compile needs a loss, for example loss="mse" or loss="sparse_categorical_crossentropy"')
    return losses.as_loss(identifier)


@dataclass(frozen=True)
class _Metric:
    """Something to report next to the loss: the mean of its values over everything that counts."""

    values: Callable[[np.ndarray, np.ndarray], np.ndarray]  # (targets, predictions) -> (B,) or (B, T)

    @classmethod
    def of(cls, name: Any) -> _Metric:
        if not isinstance(name, str):
            raise TypeError(f"a metric is given by its name, got {type(name).__name__}")
        if name in ("accuracy", "acc"):
            return cls(_hits)
        try:
            return cls(losses.as_loss(name).call)
        except ValueError as error:
            raise ValueError(f"unknown metric {name!r}; known are 'accuracy' and the losses' names") from error

    def total(self, y: np.ndarray, p: np.ndarray, mask: np.ndarray | None) -> tuple[float, int]:
        """The sum over what counts, and how much counts."""
        values = self.values(y, p)
        if mask is not None:
            values = values[mask]
        return float(values.sum()), values.size


def _hits(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """How much of each prediction is right, 0 to 1. What "right" means depends on the shapes, as in Keras."""
    if p.shape[-1] == 1:
        return (y.reshape(p.shape) == (p > 0.5)).mean(axis=-1)
    best = p.argmax(axis=-1)
    return (y.reshape(best.shape) if y.size == best.size else y.argmax(axis=-1)) == best


# --- data -----------------------------------------------------------------------------------------------------------


class _Batch(NamedTuple):
    x: np.ndarray
    y: np.ndarray | None
    mask: np.ndarray | None


class _Data:
    """Inputs, targets and mask of a data set, to be taken in batches."""

    def __init__(self, x: Any, y: Any, mask: Any):
        self._x = _float32(checks.numbers(x, "x", "data"))
        self._y, self._mask = (
            None if a is None else _float32(checks.numbers(a, name, "data")) for name, a in (("y", y), ("mask", mask))
        )
        for name, array in (("x", self._x), ("y", self._y), ("mask", self._mask)):
            if array is not None and (array.ndim == 0 or len(array) != len(self._x)):
                raise ValueError(
                    f"x and {name} must have one entry for each sample, got shapes "
                    f"{checks.shape_text(self._x.shape)} and {checks.shape_text(array.shape)}"
                )
        if not len(self):
            raise ValueError("the data set is empty: x holds no sample")

    def __len__(self) -> int:
        return len(self._x)

    def batches(self, batch_size: int) -> int:
        return -(-len(self) // batch_size)

    def each(self, batch_size: int, order: np.ndarray | None = None) -> Iterator[_Batch]:
        """x, y and mask of each batch; the samples in the given order."""
        for start in range(0, len(self), batch_size):
            samples = slice(start, start + batch_size)
            yield self._taken(samples if order is None else order[samples])

    def split(self, fraction: float) -> tuple[_Data, _Data]:
        """The first samples, and that fraction of them which comes last."""
        at = int(len(self) * (1 - fraction))
        if at in (0, len(self)):
            raise ValueError(f"validation_split={fraction} of {len(self)} samples leaves one of the two parts empty")
        return _Data(*self._taken(slice(at))), _Data(*self._taken(slice(at, None)))

    def _taken(self, samples: slice | np.ndarray) -> _Batch:
        y, mask = (None if array is None else array[samples] for array in (self._y, self._mask))
        return _Batch(self._x[samples], y, mask)


def _float32(array: np.ndarray) -> np.ndarray:
    return checks.cast(array, np.dtype("float32")) if array.dtype.kind == "f" else array


# --- the progress bar -----------------------------------------------------------------------------------------------


class _NoBar:
    """What replaces the progress bar in a silent run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def set_description(self, *args: Any, **kwargs: Any) -> None:
        pass

    set_postfix = update = refresh = set_description


def _progress_bar(total: int, verbose: int | str, owner: str) -> Any:
    if verbose not in (0, 1, "auto"):
        raise ValueError(f'{owner}: verbose must be 0 (silent), 1 or "auto" (a progress bar), got {verbose!r}')
    if not verbose:
        return _NoBar()
    from tqdm.auto import tqdm

    return tqdm(total=total, unit="batch")
