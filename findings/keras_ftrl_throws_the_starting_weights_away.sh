#!/usr/bin/env bash
# Keras 3.15.1, on JAX 0.10.2
#
# One would guess: an optimizer starts from the weights that are there, a step moves them by something like the learning rate, and
#   the row of a word that is not in the batch, whose gradient is 0, stays.
# What happens: keras.optimizers.Ftrl builds every weight from the gradients it has seen itself. In its first step the old weights are
#   all but forgotten, a trained model's too, and what has no gradient, every row of an Embedding that the batch does not mention,
#   becomes exactly 0. To go on training with it, or to bring trained embeddings, is to lose them, and nothing is said.
# Seen: one step, learning rate 0.001: an embedding of a word in the batch moves by up to 2.0, the LSTM's kernel by up to 2.3, and the
#   largest embedding of a word that is not in it goes from 2.0 to 0. Adam: moved by 0.001, 0.001 and 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys

import jax
import keras
import numpy as np

words, T = 8, 4
rng = np.random.default_rng(0)
x, y = rng.integers(0, 4, (3, T)), rng.standard_normal((3, 2))  # the words 4 to 7 are not in the batch
layers = keras.layers
start = None
print("Keras", keras.__version__, "on", keras.backend.backend(), jax.__version__)
seen, moved = {}, {}
for optimizer in (keras.optimizers.Ftrl(0.001), keras.optimizers.Adam(0.001)):
    model = keras.Sequential([keras.Input((T,)), layers.Embedding(words, 5), layers.LSTM(4), layers.Dense(2)])
    if start is None:
        start = [rng.standard_normal(w.shape) for w in model.get_weights()]  # a trained model's, say
    model.set_weights(start)
    model.compile(optimizer, "mse")
    model.train_on_batch(x, y)
    parts = [
        (name, before.astype("float32"), after)
        for name, pick in (
            ("words in the batch", lambda w: w[0][np.unique(x)]),
            ("words that are not", lambda w: w[0][4:]),
            ("LSTM kernel", lambda w: w[1]),
        )
        for before, after in [(pick(start), pick(model.get_weights()))]
    ]
    name = type(optimizer).__name__
    seen[name] = [float(abs(after).max()) for _, _, after in parts]
    moved[name] = [float(abs(after - before).max()) for _, before, after in parts]
    for (part, before, after), by in zip(parts, moved[name]):
        print(f"{name}, {part}: largest {abs(before).max():.2g} before, {abs(after).max():.2g} after; moved by {by:.2g}")
in_batch, not_in_batch, kernel = moved["Adam"]
as_said = seen["Ftrl"][1] == 0.0 and min(moved["Ftrl"]) > 1
sys.exit(not (as_said and max(in_batch, kernel) < 0.002 and not_in_batch == 0.0))
PYTHON
KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/run.py"
