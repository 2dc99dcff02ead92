"""What the tests of layers share: random weights, inputs, masks and states, all different, so that no mistake hides."""

import contextlib
import warnings

import numpy as np

import lstm_edu as le
from lstm_edu.keras_bridge.loading import keras

# Sizes of batch, time, features and units: all different, so that a transposition shows.
B, T, F, H = 3, 6, 5, 4

# Activations that keep numbers apart and small: safe wherever a test needs some activation.
# (The bounded ones, as gates too: a gate that may be 3 triples a rounding error at every step.)
BOUNDED = ("tanh", "sigmoid", "hard_sigmoid", "softsign")
MILD = (*BOUNDED, "relu", "linear", "silu")


def rng_of(*seed):
    return np.random.default_rng(seed)


def randomise(layer, rng, scale=0.5):
    """Give a built layer, ours or Keras's, weights that are all random and all different; returns the layer."""
    layer.set_weights([scale * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def ours(kind, rng, input_shape=(None, None, F), **config):
    """A built layer of ours with random weights: ours("LSTM", rng, units=4)."""
    layer = getattr(le, kind)(**config)
    layer.build(input_shape)
    return randomise(layer, rng)


def theirs(kind, rng, input_shape=(None, None, F), **config):
    """A built layer of Keras with random weights."""
    layer = getattr(keras().layers, kind)(**config)
    layer.build(input_shape)
    return randomise(layer, rng)


def sequences(rng, batch=B, timesteps=T, features=F, dtype="float32"):
    return rng.standard_normal((batch, timesteps, features)).astype(dtype)


def states(rng, batch=B, units=H, dtype="float32", count=2):
    return [rng.standard_normal((batch, units)).astype(dtype) for _ in range(count)]


MASKS = ("none", "left", "right", "interior", "full row", "everything", "nothing")


def mask_of(kind, rng, batch=B, timesteps=T):
    """A (B, T) mask whose rows are masked in different places; None for "none"."""
    if kind == "none":
        return None
    mask = np.ones((batch, timesteps), bool)
    if kind == "everything":
        return ~mask
    for row in mask:
        n = int(rng.integers(0, timesteps))
        if kind == "left":
            row[:n] = False
        elif kind == "right":
            row[timesteps - n :] = False
        elif kind != "nothing":
            row[:] = rng.random(timesteps) > 0.4
    if kind == "full row":
        mask[int(rng.integers(0, batch))] = False
    return mask


def as_arrays(output):
    """What a layer returned, as a list of arrays."""
    return [np.asarray(a) for a in (output if isinstance(output, (tuple, list)) else [output])]


def assert_close(ours, theirs, absolute, relative, what=""):
    """|ours - theirs| <= absolute + relative |theirs|, naming the quantity and the worst place."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, expected {theirs.shape}"
    excess = np.abs(ours - theirs) - (absolute + relative * np.abs(theirs))
    if excess.size and not (excess <= 0).all():
        place = np.unravel_index(np.argmax(np.where(np.isnan(excess), np.inf, excess)), excess.shape)
        index = tuple(int(k) for k in place)
        raise AssertionError(f"{what}{list(index)}: {ours[index]!r}, expected {theirs[index]!r}")


@contextlib.contextmanager
def keras_noise_allowed():
    """For calls into Keras that warn of NumPy 2 inside Keras itself (saving, quantising)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def differences_of(loss, arguments, step=1e-6):
    """dL/d(each argument) by central differences: a list of arrays. Evaluates `loss` twice for each number."""
    arguments = [np.array(a, "float64") for a in arguments]
    gradients = []
    for argument in arguments:
        gradient = np.empty_like(argument)
        for place in np.ndindex(argument.shape):
            value = argument[place]
            argument[place] = value + step
            above = loss(*arguments)
            argument[place] = value - step
            below = loss(*arguments)
            argument[place] = value
            gradient[place] = (above - below) / (2 * step)
        gradients.append(gradient)
    loss(*arguments)  # whatever the loss set, it set for the arguments as they are
    return gradients


def tape_gradients(layer, inputs, d_out, mask=None):
    """TensorFlow's gradients of sum(d_out * outputs): of the layer's weights, then of [x, *initial_state]."""
    import tensorflow as tf

    x, *start = tensors = [tf.constant(a) for a in inputs]
    call = {} if mask is None else {"mask": tf.constant(mask)}
    call |= {"initial_state": start} if start else {}
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = layer(x, **call)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        loss = sum(tf.reduce_sum(d * y) for d, y in zip(d_out, outputs, strict=True))
    weights = [w.value for w in layer.trainable_weights]
    found = tape.gradient(loss, [*weights, *tensors], unconnected_gradients="zero")
    return [np.asarray(g) for g in found]
