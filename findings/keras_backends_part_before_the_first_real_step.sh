#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.21.0 and on JAX 0.10.2
#
# One would guess: one Keras model, with the same weights, inputs and mask, gives the same numbers on each of its backends.
# What happens: where a sequence begins with masked steps (padded on the left) and the layer has an initial_state, the outputs before
#   the first real step are zeros on TensorFlow and the initial state on JAX; with unroll=True they are zeros on both. And
#   zero_output_for_mask=True together with unroll=True zeroes on TensorFlow and is ignored on JAX.
# Seen: an LSTM, 2 of 5 steps masked at the start, h0 = 1: largest output at those steps 0.0 on TensorFlow, 1.0 on JAX; unrolled 0.0 on
#   both; a masked last step with zero_output_for_mask=True, unrolled: 0.0 on TensorFlow, 0.52 on JAX.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0 jax==0.10.2
cat > "$folder/run.py" <<'PYTHON'
import json

import keras
import numpy as np

F, H, T = 5, 4, 5
rng = np.random.default_rng(0)
x = rng.standard_normal((1, T, F)).astype("float32")
weights = [0.5 * rng.standard_normal(shape) for shape in ((F, 4 * H), (H, 4 * H), (4 * H,))]
start = [np.ones((1, H), "float32")] * 2
late = np.array([[False, False, True, True, True]])
early = np.array([[True, True, True, True, False]])


def output(mask, **config):
    layer = keras.layers.LSTM(H, return_sequences=True, **config)
    layer.build((None, T, F))
    layer.set_weights(weights)
    return np.asarray(keras.ops.convert_to_numpy(layer(x, mask=mask, initial_state=start)))


print(
    json.dumps(
        {
            "before the first real step": float(abs(output(late)[:, :2]).max()),
            "the same, unrolled": float(abs(output(late, unroll=True)[:, :2]).max()),
            "zero_output_for_mask, unrolled": float(
                abs(output(early, unroll=True, zero_output_for_mask=True)[:, -1]).max()
            ),
        }
    )
)
PYTHON
for backend in tensorflow jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/run.py" > "$folder/$backend.json" 2> "$folder/log" ||
        { cat "$folder/log"; exit 1; }
done
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import sys
from pathlib import Path

seen = {name: json.loads(Path(sys.argv[1], f"{name}.json").read_text()) for name in ("tensorflow", "jax")}
for what in seen["jax"]:
    print(f"largest output, {what}: TensorFlow {seen['tensorflow'][what]:.2g}, JAX {seen['jax'][what]:.2g}")
first, unrolled, zeroed = seen["jax"].values()
sys.exit(not (list(seen["tensorflow"].values()) == [0.0, 0.0, 0.0] and first == 1.0 and unrolled == 0.0 and zeroed > 0.01))
PYTHON
