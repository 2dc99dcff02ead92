#!/usr/bin/env bash
# Keras 3.15.1 on PyTorch 2.13.0 (CPU), NumPy 2.4.6
#
# One would guess: layers of dtype="float64" compute in float64, since their weights are float64 and so is what they return; a
#   re-implementation can be checked against them to 1e-12.
# What happens: on PyTorch keras.ops.matmul makes float32 of two float64 tensors, and adding the bias makes float64 of it again. A Dense
#   therefore says float64 and has the digits of float32. An LSTM, which Keras 3.15 gives to PyTorch's own, is float64 throughout;
#   RNN(LSTMCell), the same mathematics, is not. (keras-team/keras, issue 23704, of a later build, in which Dense
#   returns float32.)
# Seen: all three return float64; off from NumPy's float64 by 2e-07 (Dense), 1e-16 (LSTM), 4e-08 (RNN over LSTMCell).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 torch==2.13.0 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys

import keras
import numpy as np

F, H, T = 6, 4, 7
rng = np.random.default_rng(0)
x = rng.standard_normal((3, T, F))
sigmoid = lambda z: 1 / (1 + np.exp(-z))


def lstm(x, W, U, b):
    h = c = np.zeros((len(x), H))
    steps = []
    for t in range(T):
        i, f, g, o = np.split(x[:, t] @ W + h @ U + b, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        steps.append(h)
    return np.stack(steps, axis=1)


layers = keras.layers
keras.utils.set_random_seed(0)
dense = layers.Dense(H, dtype="float64")
alone = layers.LSTM(H, return_sequences=True, dtype="float64")
cell = layers.RNN(layers.LSTMCell(H, dtype="float64"), return_sequences=True, dtype="float64")
returned = {name: layer(x) for name, layer in (("Dense", dense), ("LSTM", alone), ("RNN over LSTMCell", cell))}
W, b = dense.get_weights()
ours = {
    "Dense": x @ W + b,
    "LSTM": lstm(x, *alone.get_weights()),
    "RNN over LSTMCell": lstm(x, *cell.get_weights()),
}
off = {}
for name, tensor in returned.items():
    off[name] = float(np.abs(keras.ops.convert_to_numpy(tensor) - ours[name]).max())
    print(f"{name}: returns {keras.backend.standardize_dtype(tensor.dtype)}, off by {off[name]:.0e}")
same = all(keras.backend.standardize_dtype(tensor.dtype) == "float64" for tensor in returned.values())
same &= off["Dense"] > 1e-9 and off["LSTM"] < 1e-13 and off["RNN over LSTMCell"] > 1e-10
sys.exit(not same)
PYTHON
KERAS_BACKEND=torch "$folder/venv/bin/python" "$folder/run.py"
