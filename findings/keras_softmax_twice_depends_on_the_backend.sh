#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.21.0 and on JAX 0.10.2
#
# One would guess: CategoricalCrossentropy(from_logits=True) applies a softmax to what the model gives; for a model that ends in one this
#   is a mistake, and the same mistake on each backend.
# What happens: on TensorFlow Keras finds the scores behind the softmax and takes these, with a warning, so that the loss is the
#   right one. On JAX (and PyTorch) the softmax is applied twice, without a word: a model that learned on one backend learns slowly
#   on another. On TensorFlow too, one more layer after the softmax, a Reshape to the same shape, ends the repair, and so does
#   model.predict: loss(y, model(x)) and loss(y, model.predict(x)) are two numbers.
# Seen: same weights and data: TensorFlow 4.33, JAX 1.72; with the Reshape 1.72 on both; TensorFlow, loss(y, model.predict(x)) 1.72.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0 jax==0.10.2 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import json

import keras
import numpy as np

B, T, F, classes = 6, 4, 3, 5
rng = np.random.default_rng(0)
x = rng.standard_normal((B, T, F)).astype("float32")
y = np.eye(classes, dtype="float32")[rng.integers(0, classes, B)]
layers = keras.layers
loss = keras.losses.CategoricalCrossentropy(from_logits=True)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


model = keras.Sequential([keras.Input((T, F)), layers.LSTM(4), layers.Dense(classes, activation="softmax")])
model.set_weights([3 * rng.standard_normal(w.shape) for w in model.get_weights()])
model.compile(loss=loss)
reshaped = keras.Sequential([model, layers.Reshape((classes,))])
reshaped.compile(loss=loss)
p = model.predict(x, verbose=0)
print(
    json.dumps(
        {
            "softmax once, by hand": float(-(y * np.log(p)).sum(axis=-1).mean()),
            "softmax twice, by hand": float(-(y * np.log(softmax(p))).sum(axis=-1).mean()),
            "evaluate": model.evaluate(x, y, verbose=0),
            "evaluate with a Reshape at the end": reshaped.evaluate(x, y, verbose=0),
            "loss(y, model(x))": float(loss(y, model(x))),
            "loss(y, model.predict(x))": float(loss(y, p)),
        }
    )
)
PYTHON
for backend in tensorflow jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/run.py" \
        > "$folder/$backend.json" 2> "$folder/$backend.log" || { cat "$folder/$backend.log"; exit 1; }
done
python3 - "$folder" <<'PYTHON'
import json
import sys
from pathlib import Path

seen = {name: json.loads(Path(sys.argv[1], f"{name}.json").read_text()) for name in ("tensorflow", "jax")}
for what, value in seen["tensorflow"].items():
    print(f"{what}: TensorFlow {value:.3f}, JAX {seen['jax'][what]:.3f}")
warned = {name: "from_logits=True" in Path(sys.argv[1], f"{name}.log").read_text() for name in seen}
print("a warning of from_logits:", warned)
once, twice, *_ = seen["jax"].values()
expected = {"tensorflow": [once, twice, once, twice], "jax": [twice, twice, twice, twice]}
as_said = warned == {"tensorflow": True, "jax": False} and once - twice > 1
for name, values in expected.items():
    as_said &= all(abs(a - b) < 1e-3 for a, b in zip(list(seen[name].values())[2:], values))
sys.exit(not as_said)
PYTHON
