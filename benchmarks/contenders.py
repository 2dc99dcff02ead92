"""The same job for every library: an LSTM layer forward, forward and backward, and a model's training step.

Each library gets its input in the layout and type it likes best, made beforehand. Keras is always here; PyTorch and
ONNX Runtime (with `onnx`, which builds its graph) only where they are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

import lstm_edu as le

RECORDED = "lstm-edu, everything recorded"
UNRECORDED = "lstm-edu, nothing recorded"
STEPS = "lstm_step, step by step"
KERAS = "Keras, under tf.function"
EAGER = "Keras, called eagerly"
PREDICT = "Keras, model.predict"
TORCH = "PyTorch"
ONNX = "ONNX Runtime"
OUR_STEP = "lstm-edu, train_on_batch"
KERAS_STEP = "Keras, train_on_batch"

OPTIONAL = {TORCH: ("torch",), ONNX: ("onnx", "onnxruntime")}


class Size(NamedTuple):
    """How much an LSTM layer has to do."""

    batch: int
    timesteps: int
    features: int
    units: int

    def __str__(self) -> str:
        return f"{self.batch}x{self.timesteps}x{self.features} -> {self.units}"


class Contender(NamedTuple):
    """One way of doing the job: what is timed, and how its result reads as one array in Keras's order."""

    call: Callable[[], Any]
    numbers: Callable[[Any], np.ndarray]


def installed(name: str) -> bool:
    return all(find_spec(module) for module in OPTIONAL.get(name, ()))


def skipped() -> list[str]:
    """A line for each library that is not here."""
    return [
        f"{name} is skipped: pip install {' '.join(modules)} brings it in."
        for name, modules in OPTIONAL.items()
        if not installed(name)
    ]


def check_equal(contenders: Mapping[str, Contender], reference: str = KERAS, tolerance: float = 1e-5) -> None:
    """Every contender computes what Keras computes, or the comparison is worthless. AssertionError if not."""
    results = {name: numbers(call()) for name, (call, numbers) in contenders.items()}  # one call each: a step trains
    expected = results[reference]
    for name, found in results.items():
        if found.shape != expected.shape:
            raise AssertionError(f"{name} returns shape {found.shape}, {reference} {expected.shape}")
        worst = float(np.abs(found - expected).max() / np.abs(expected).max())
        if not worst <= tolerance:
            raise AssertionError(
                f"{name} differs from {reference} by {worst:.1e} of the largest number, more than {tolerance:.0e}"
            )


class Problem:
    """One LSTM layer with random weights and one batch of random input, as every library needs them."""

    def __init__(self, size: Size, seed: int = 0):
        self.size = size
        rng = np.random.default_rng(seed)
        batch, timesteps, features, units = size
        self.layer = le.LSTM(units, return_sequences=True, seed=seed)
        self.layer.build((None, None, features))
        kernel, recurrent_kernel, bias = self.layer.get_weights()
        bias += rng.normal(scale=0.1, size=bias.shape).astype(np.float32)
        self.weights = [kernel, recurrent_kernel, bias]
        self.layer.set_weights(self.weights)
        self.x = rng.normal(size=(batch, timesteps, features)).astype(np.float32)
        self.dy = rng.normal(size=(batch, timesteps, units)).astype(np.float32)

    def keras_layer(self) -> Any:
        import keras

        layer = keras.layers.LSTM(self.size.units, return_sequences=True)
        layer.build(self.x.shape)
        layer.set_weights(self.weights)
        return layer

    def torch_layer(self) -> Any:
        import torch

        kernel, recurrent_kernel, bias = map(torch.from_numpy, self.weights)
        layer = torch.nn.LSTM(self.size.features, self.size.units)  # gates i, f, g, o, as in Keras
        with torch.no_grad():
            layer.weight_ih_l0.copy_(kernel.T)
            layer.weight_hh_l0.copy_(recurrent_kernel.T)
            layer.bias_ih_l0.copy_(bias)
            layer.bias_hh_l0.zero_()
        return layer


def forward(problem: Problem, only: tuple[str, ...] | None = None) -> dict[str, Contender]:
    """The layer's output for every timestep; all contenders that are installed, or the named ones."""
    make = {
        RECORDED: lambda p: Contender(lambda: p.layer.trace(p.x), lambda trace: trace.h),
        UNRECORDED: lambda p: Contender(lambda: p.layer(p.x), lambda y: y),
        STEPS: _step_by_step,
        KERAS: _keras_function,
        EAGER: _keras_eager,
        PREDICT: _keras_predict,
        TORCH: _torch_forward,
        ONNX: _onnx_forward,
    }
    return {name: make[name](problem) for name in only or make if installed(name)}


def backward(problem: Problem) -> dict[str, Contender]:
    """Forward, then the gradients of all weights and of the input."""
    make = {RECORDED: _our_gradients, KERAS: _keras_gradients, TORCH: _torch_gradients}
    return {name: make[name](problem) for name in make if installed(name)}


def training_step(batch: int) -> dict[str, Contender]:
    """`train_on_batch` of Masking, LSTM(32), Dense(9, softmax) with Adam on the vowels; `numbers` gives the loss."""
    import keras

    data = le.datasets.vowels()
    x, y = data.x_train[:batch].copy(), data.y_train[:batch].copy()
    theirs = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            keras.layers.Masking(),
            keras.layers.LSTM(32),
            keras.layers.Dense(9, activation="softmax"),
        ]
    )
    ours = le.Sequential([le.Masking(), le.LSTM(32), le.Dense(9, activation="softmax")])
    ours.build((None, *x.shape[1:]))
    ours.set_weights(theirs.get_weights())
    theirs.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
    ours.compile(le.optimizers.Adam(), "sparse_categorical_crossentropy")
    return {
        OUR_STEP: Contender(lambda: ours.train_on_batch(x, y), np.asarray),
        KERAS_STEP: Contender(lambda: theirs.train_on_batch(x, y), np.asarray),
    }


# --- forward --------------------------------------------------------------------------------------------------------


def _step_by_step(problem: Problem) -> Contender:
    x, weights = problem.x, problem.weights
    start = np.zeros((problem.size.batch, problem.size.units), np.float32)

    def call():
        h = c = start
        steps = []
        for t in range(x.shape[1]):
            step = le.lstm_step(x[:, t], h, c, *weights)
            h, c = step.h, step.c
            steps.append(step)
        return steps

    return Contender(call, lambda steps: np.stack([step.h for step in steps], axis=1))


def _keras_function(problem: Problem) -> Contender:
    import tensorflow as tf

    layer, x = problem.keras_layer(), tf.constant(problem.x)
    function = tf.function(lambda x: layer(x))
    return Contender(lambda: function(x), np.asarray)


def _keras_eager(problem: Problem) -> Contender:
    import tensorflow as tf

    layer, x = problem.keras_layer(), tf.constant(problem.x)
    return Contender(lambda: layer(x), np.asarray)


def _keras_predict(problem: Problem) -> Contender:
    import keras

    layer, x = problem.keras_layer(), problem.x
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    return Contender(lambda: model.predict(x, batch_size=len(x), verbose=0), np.asarray)


def _torch_forward(problem: Problem) -> Contender:
    import torch

    layer, x = problem.torch_layer(), torch.from_numpy(problem.x.transpose(1, 0, 2).copy())

    def call():
        with torch.inference_mode():
            return layer(x)[0]

    return Contender(call, lambda y: y.numpy().transpose(1, 0, 2))


def _onnx_forward(problem: Problem) -> Contender:
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx_model(problem.weights), providers=["CPUExecutionProvider"])
    given = {"X": problem.x.transpose(1, 0, 2).copy()}
    return Contender(lambda: session.run(["Y"], given)[0], lambda y: y[:, 0].transpose(1, 0, 2))


def onnx_model(weights: list[np.ndarray]) -> bytes:
    """The same layer as an ONNX graph: X (T, B, F) -> Y (T, 1, B, H). ONNX keeps its gates in the order i, o, f, g."""
    import onnx

    kernel, recurrent_kernel, bias = weights
    features, units = kernel.shape[0], recurrent_kernel.shape[0]

    def in_onnx_order(packed: np.ndarray) -> np.ndarray:
        i, f, g, o = np.split(packed, 4, axis=-1)
        return np.ascontiguousarray(np.concatenate([i, o, f, g], axis=-1).T[None])

    recurrent_bias = np.zeros_like(bias)
    initializers = {
        "W": in_onnx_order(kernel),  # (1, 4H, F)
        "R": in_onnx_order(recurrent_kernel),  # (1, 4H, H)
        "B": np.concatenate([in_onnx_order(bias), in_onnx_order(recurrent_bias)], axis=-1),  # (1, 8H)
    }
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("LSTM", ["X", *initializers], ["Y"], hidden_size=units)],
        "lstm",
        [onnx.helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, ["T", "B", features])],
        [onnx.helper.make_tensor_value_info("Y", onnx.TensorProto.FLOAT, ["T", 1, "B", units])],
        [onnx.numpy_helper.from_array(array, name) for name, array in initializers.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


# --- forward and backward -------------------------------------------------------------------------------------------


def _flat(gradients: list[Any]) -> np.ndarray:
    return np.concatenate([np.asarray(g).reshape(-1) for g in gradients])


def _our_gradients(problem: Problem) -> Contender:
    layer, x, dy = problem.layer, problem.x, problem.dy
    return Contender(lambda: layer.backward(layer.trace(x), dy), lambda grads: _flat([*grads.weights, grads.x]))


def _keras_gradients(problem: Problem) -> Contender:
    import tensorflow as tf

    layer, x, dy = problem.keras_layer(), tf.constant(problem.x), tf.constant(problem.dy)

    @tf.function
    def gradients(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, [*(w.value for w in layer.trainable_variables), x], dy)

    return Contender(lambda: gradients(x, dy), _flat)


def _torch_gradients(problem: Problem) -> Contender:
    import torch

    layer = problem.torch_layer()
    x, dy = (torch.from_numpy(a.transpose(1, 0, 2).copy()) for a in (problem.x, problem.dy))
    x.requires_grad_()
    parameters = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0]

    def numbers(gradients):
        kernel, recurrent_kernel, bias, dx = (g.numpy() for g in gradients)
        return _flat([kernel.T, recurrent_kernel.T, bias, dx.transpose(1, 0, 2)])

    return Contender(lambda: torch.autograd.grad(layer(x)[0], [*parameters, x], dy), numbers)
