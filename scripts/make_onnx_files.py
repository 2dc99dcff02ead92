"""Write tests/data/onnx.zip: what Keras's export (tf2onnx) and PyTorch's two exporters make of small recurrent models.

Needs tf2onnx, onnxscript and PyTorch next to Keras and TensorFlow (written with Keras 3.15.1, TensorFlow 2.21.0,
tf2onnx 1.17.0, PyTorch 2.13.0), in a separate environment: `python scripts/make_onnx_files.py`.
"""

import os
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
import torch

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
B, T, F, H = 3, 4, 5, 4
L = keras.layers


def sequential(*layers, shape=(T, F), batch=None) -> keras.Model:
    return keras.Sequential([keras.Input(shape, batch_size=batch), *layers])


def two_branches() -> keras.Model:
    x = keras.Input((T, F))
    both = [L.LSTM(H, name="left")(x), L.GRU(3, name="right")(x)]
    return keras.Model(x, L.Dense(2, name="head")(L.Concatenate()(both)))


def encoder_decoder() -> keras.Model:
    x, y = keras.Input((T, F)), keras.Input((7, 2))
    _, h, c = L.LSTM(H, return_state=True, name="encoder")(x)
    return keras.Model([x, y], L.LSTM(H, return_sequences=True, name="decoder")(y, initial_state=[h, c]))


KERAS: dict[str, Callable[[], keras.Model]] = {
    "lstm": lambda: sequential(L.LSTM(H, return_sequences=True), L.Dense(2)),
    "lstm-backwards": lambda: sequential(L.LSTM(H, return_sequences=True, go_backwards=True)),
    "lstm-masked": lambda: sequential(L.Masking(), L.LSTM(H)),
    "lstm-hard": lambda: sequential(L.LSTM(H, recurrent_activation="hard_sigmoid", return_sequences=True)),
    "lstm-one-row": lambda: sequential(L.LSTM(H, return_sequences=True), L.LSTM(3), batch=1),
    "lstm-stateful": lambda: sequential(L.LSTM(H, stateful=True, return_sequences=True), batch=B),
    "lstm-unrolled": lambda: sequential(L.LSTM(H, unroll=True)),
    "gru": lambda: sequential(L.Embedding(9, F), L.GRU(H, return_sequences=True), shape=(T,)),
    "gru-reset-before": lambda: sequential(L.GRU(H, reset_after=False, return_sequences=True)),
    "gru-masked": lambda: sequential(L.Masking(), L.GRU(H)),
    "gru-stateful": lambda: sequential(L.GRU(H, stateful=True), batch=B),
    "gru-unrolled-backwards": lambda: sequential(L.GRU(H, unroll=True, go_backwards=True)),
    "rnn-relu-backwards": lambda: sequential(
        L.SimpleRNN(H, activation="relu", use_bias=False, go_backwards=True, return_sequences=True)
    ),
    "gru-both-ways": lambda: sequential(L.Bidirectional(L.GRU(H, return_sequences=True))),
    "two-branches": two_branches,
    "encoder-decoder": encoder_decoder,
    "conv": lambda: sequential(L.Conv1D(6, 3), L.LSTM(H)),
    "stacked-cells": lambda: sequential(L.RNN([L.LSTMCell(H), L.LSTMCell(3)])),
}


class Recurrent(torch.nn.Module):
    """A recurrent layer, and a Linear on its outputs."""

    def __init__(self, rnn, width, flip=False):
        super().__init__()
        self.rnn, self.linear, self.flip = rnn, torch.nn.Linear(width, 2), flip

    def forward(self, x):
        return self.linear(self.rnn(x.flip(1) if self.flip else x)[0])


class States(torch.nn.Module):
    """An LSTM with its own initial states, one row for all sequences."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(F, H, batch_first=True)
        self.h, self.c = (torch.nn.Parameter(torch.randn(1, 1, H)) for _ in range(2))

    def forward(self, x):
        return self.rnn(x, tuple(s.expand(1, x.shape[0], H).contiguous() for s in (self.h, self.c)))[0]


class Cell(torch.nn.Module):
    """Python's own loop."""

    def __init__(self):
        super().__init__()
        self.cell = torch.nn.LSTMCell(F, H)

    def forward(self, x):
        h = c = torch.zeros(x.shape[0], H)
        for t in range(T):
            h, c = self.cell(x[:, t], (h, c))
        return h


TORCH: dict[str, tuple[Callable[[], torch.nn.Module], bool]] = {  # and whether with the new exporter
    "torch-lstm": (lambda: Recurrent(torch.nn.LSTM(F, H, 2, batch_first=True, bidirectional=True), 2 * H), False),
    "torch-gru": (lambda: Recurrent(torch.nn.GRU(F, H, batch_first=True), H), False),
    "torch-rnn": (lambda: Recurrent(torch.nn.RNN(F, H, batch_first=True, nonlinearity="relu"), H), True),
    "torch-flipped": (lambda: Recurrent(torch.nn.LSTM(F, H, batch_first=True), H, flip=True), True),
    "torch-states": (States, False),
    "torch-cell": (Cell, False),
}


def exported(folder: Path) -> Iterator[Path]:
    rng = np.random.default_rng(1)
    for name, make in KERAS.items():
        model = make()
        model.set_weights([0.5 * rng.standard_normal(w.shape) for w in model.get_weights()])
        inputs = [np.zeros([d or B for d in i.shape], "float32") for i in model.inputs]
        if name.endswith("stateful"):
            inputs = [rng.standard_normal(inputs[0].shape).astype("float32")]
        model(inputs if len(inputs) > 1 else inputs[0])
        path = folder / f"{name}.onnx"
        if name == "lstm-one-row":  # tf2onnx as people call it themselves; one row alone gives operators of its own
            shapes = [tf.TensorSpec(x.shape, tf.float32) for x in inputs]
            tf2onnx.convert.from_function(tf.function(model), shapes, opset=15, output_path=str(path))
        else:
            model.export(path, format="onnx", verbose=False)
        yield path
    torch.manual_seed(1)
    for name, (make, new) in TORCH.items():
        path = folder / f"{name}.onnx"
        module = make().eval()
        options = {"external_data": False} if new else {"do_constant_folding": False, "opset_version": 17}
        dynamic = {} if new else {"dynamic_axes": {"x": {0: "batch"}}}
        torch.onnx.export(module, (torch.randn(B, T, F),), path, input_names=["x"], dynamo=new, **options, **dynamic)
        _without_traces(path)
        yield path


def _without_traces(path: Path) -> None:
    """Without the lines of source, with their places, that the new exporter notes."""
    model = onnx.load(path)
    for item in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del item.metadata_props[:]
        item.doc_string = ""
    onnx.save(model, path)


def main() -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(DATA / "onnx.zip", "w", zipfile.ZIP_DEFLATED) as new:
        for path in exported(Path(folder)):
            new.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    print((DATA / "onnx.zip").stat().st_size, "bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
