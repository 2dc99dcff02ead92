"""Keras's own code over many timesteps, compiled where the backend is slow without.

TensorFlow takes about a millisecond for each step of a layer that it runs eagerly, and a tenth of a second to compile
the loop: long sequences are worth it. JAX compiles each operation anyway, and the whole loop is faster. PyTorch and
NumPy run immediately.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from lstm_edu.keras_bridge.loading import keras

_EAGER = 24  # timesteps; TensorFlow compiles what is longer

Quantities = dict[str, Any]
Step = Callable[[tuple, list], tuple[Quantities, list]]  # (what is read at t, states) -> (name -> tensor, states)


def compiled(layer: Any, x: Any, function: Callable[[], Any]) -> Any:
    """function(), which runs a Keras layer or model on x: compiled, as `predict` does it, where that is worth it."""
    if not _long(x) or not any(isinstance(one, keras().layers.RNN) for one in layer._flatten_layers()):
        return function()
    return _run_compiled(function)


def _run_compiled(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives when TensorFlow compiles it for this one call."""
    import tensorflow as tf

    with _without_advice():
        return tf.function(function, autograph=False)(*arguments)


@contextmanager
def _without_advice() -> Iterator[None]:
    """TensorFlow warns of functions that it compiles again and again; here each one is another layer's."""

    def not_advice(record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(not_advice)
    try:
        yield
    finally:
        logger.removeFilter(not_advice)


def _long(x: Any) -> bool:
    """Whether TensorFlow would rather compile what runs over x, (B, T, ...)."""
    return keras().backend.backend() == "tensorflow" and np.ndim(x) > 1 and np.shape(x)[1] > _EAGER


def over_time(step: Step, read: Sequence[np.ndarray], start: Sequence[Any], cell: Any) -> dict[str, np.ndarray]:
    """Run `step` over time, in the order of the arrays.

    Args:
        step: what happens at one timestep.
        read: arrays (B, T, ...), of which every step gets its own entry.
        start: the states before the first step.
        cell: Keras's layer whose weights `step` uses.

    Returns:
        name -> (B, T, ...), for each quantity of the step; views of what the backend returned, not to be written to.
    """
    run = _in_jax if keras().backend.backend() == "jax" else _in_tensorflow if _long(read[0]) else _at_once
    states = [keras().ops.cast(s, cell.compute_dtype) for s in start]
    found = run(step, [tensor(a.swapaxes(0, 1)) for a in read], states, cell)
    return {name: array.swapaxes(0, 1) for name, array in found.items()}


def tensor(array: Any) -> Any:
    """The array as a tensor of its own type: left to themselves, PyTorch and NumPy make float32 of float64."""
    return keras().ops.convert_to_tensor(array, dtype=np.asarray(array).dtype.name)


def _at_once(step: Step, read: list, states: list, cell: Any) -> dict[str, np.ndarray]:
    steps = []
    for t in range(read[0].shape[0]):
        quantities, states = step(tuple(a[t] for a in read), states)
        steps.append({name: array_of(value) for name, value in quantities.items()})
    return {name: np.stack([step[name] for step in steps]) for name in steps[0]}


def array_of(tensor: Any) -> np.ndarray:
    if hasattr(tensor, "detach"):  # PyTorch
        return keras().ops.convert_to_numpy(tensor)
    return np.asarray(tensor)  # which knows TensorFlow's bfloat16


def _in_tensorflow(step: Step, read: list, states: list, cell: Any) -> dict[str, np.ndarray]:
    import tensorflow as tf

    timesteps = read[0].shape[0]

    def run(read, states):
        inputs = [tf.TensorArray(a.dtype, timesteps).unstack(a) for a in read]
        first, states = step(tuple(a.read(0) for a in inputs), states)  # which says what is recorded

        def body(t, states, kept):
            quantities, states = step(tuple(a.read(t) for a in inputs), states)
            return t + 1, states, [array.write(t, quantities[name]) for name, array in zip(first, kept, strict=True)]

        kept = [tf.TensorArray(value.dtype, timesteps).write(0, value) for value in first.values()]
        _, _, kept = tf.while_loop(lambda t, *_: t < timesteps, body, (1, states, kept))
        return {name: array.stack() for name, array in zip(first, kept, strict=True)}

    found = _run_compiled(run, read, states)
    return {name: np.asarray(value) for name, value in found.items()}


def _in_jax(step: Step, read: list, states: list, cell: Any) -> dict[str, np.ndarray]:
    import jax

    variables = cell.variables

    @jax.jit
    def run(values, read, states):
        def body(states, read):
            with keras().StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                quantities, states = step(read, states)
            return states, quantities

        return jax.lax.scan(body, states, read)[1]

    found = run([v.value for v in variables], tuple(read), states)
    return {name: np.asarray(value) for name, value in found.items()}
