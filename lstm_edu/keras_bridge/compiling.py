"""What a Keras model was compiled with, in NumPy: its loss and its optimizer."""

from __future__ import annotations

from typing import Any

from lstm_edu.core import losses, optimizers
from lstm_edu.keras_bridge.loading import keras

LOSSES = tuple(cls.__name__ for cls in losses._CLASSES)
OPTIMIZERS = ("SGD", "Adam")


def loss_of(identifier: Any) -> tuple[Any, losses.Loss]:
    """Keras's loss object and the same in NumPy.

    Args:
        identifier: what Keras's compile(loss=...) takes: a name, a function or a loss of keras.losses. A name or a
            function stands for Keras's loss with its defaults, which computes in float32.

    Raises:
        ValueError: a loss that is not supported, or one with a setting that is not.
        TypeError: something that is not a loss; several losses.
    """
    if isinstance(identifier, (list, tuple, dict)):
        raise TypeError(f"a chain-shaped model has one output and needs one loss, got a {type(identifier).__name__}")
    module = keras().losses
    try:
        given = module.get(identifier)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Keras has no loss {identifier!r}. Supported: {', '.join(LOSSES)}") from error
    kind = type(given).__name__
    name = getattr(given, "__name__", "")
    own = losses.CLASS_OF.get(vars(losses)[name]) if name in vars(losses) else None
    if own is not None and getattr(module, name, None) is given:
        kind = own.__name__
        given = getattr(module, kind)()
    if kind not in LOSSES or type(given) is not getattr(module, kind):
        what = name or kind
        ours = "; that one is already in NumPy, give Keras's" if isinstance(given, losses.Loss) else ""
        raise ValueError(f"the loss {what} cannot be rebuilt{ours}. Supported: {', '.join(LOSSES)}")
    ours = getattr(losses, kind)(**given.get_config(), dtype=given.dtype)
    if isinstance(ours, losses.Crossentropy):
        ours.finds_logits = keras().backend.backend() == "tensorflow"
    return given, ours


def compiled_loss(model: Any, loss: Any = None) -> tuple[Any, losses.Loss]:
    """As `loss_of`, for the given loss or else the one that the model was compiled with.

    Raises:
        ValueError: there is neither; loss_weights.
    """
    if loss is not None:
        return loss_of(loss)
    if not model.compiled or model.loss is None:
        raise ValueError(
            f"targets y need a loss, but the model {model.name!r} is not compiled (a file is opened without what it "
            'was compiled with): compile it, or give a loss, such as loss="mse"'
        )
    pair = loss_of(model.loss)
    weights = (model.get_compile_config() or {}).get("loss_weights")
    if weights is not None:
        raise ValueError(f"the model {model.name!r} is compiled with loss_weights={weights!r}, which is not supported")
    return pair


def optimizer_of(optimizer: Any) -> optimizers.Optimizer:
    """The optimizer in NumPy with Keras's settings, before its first update.

    Raises:
        ValueError: an optimizer, a learning-rate schedule or a setting that is not supported, by name.
    """
    kind = type(optimizer).__name__
    if kind not in OPTIMIZERS or type(optimizer) is not getattr(keras().optimizers, kind):
        raise ValueError(f"the optimizer {kind} is not supported. Supported: {', '.join(OPTIMIZERS)}")
    settings = optimizer.get_config()
    rate = settings["learning_rate"]
    if isinstance(rate, dict):
        schedule = rate["class_name"]
        if schedule != "ExponentialDecay":
            raise ValueError(
                f"{kind}: the learning rate {schedule} is not supported. Supported: a number, and ExponentialDecay"
            )
        rate = optimizers.ExponentialDecay(**{k: v for k, v in rate["config"].items() if k != "name"})
    return getattr(optimizers, kind)(**settings | {"learning_rate": rate})
