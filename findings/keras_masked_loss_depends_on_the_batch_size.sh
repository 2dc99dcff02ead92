#!/usr/bin/env bash
# Keras 3.15.1, on JAX 0.10.2
#
# One would guess: evaluate's loss is a mean over the data, so it does not depend on batch_size, which is a matter of memory and speed; and
#   the same cross-entropy, given as loss and as metric, is one number.
# What happens: of a model that answers at each step (return_sequences=True) with a mask, each batch's loss is the mean over its real
#   steps, and the batches are then averaged by their number of sequences. A step of a short sequence counts the more, the fewer long
#   ones share its batch, in fit's and evaluate's loss and so in early stopping on val_loss. The metric counts each real step once.
# Seen: 6 sequences of 1 to 7 steps: loss 4.54 with batch_size=1, 4.04 with 2, 4.07 with 6; as a metric 4.07 each time.
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

lengths, T, words, classes = [7, 1, 2, 6, 1, 3], 7, 9, 5
rng = np.random.default_rng(0)
x = np.zeros((len(lengths), T), int)
for row, length in zip(x, lengths):
    row[:length] = rng.integers(1, words, length)
y = rng.integers(0, classes, x.shape)
layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((T,)),
        layers.Embedding(words, 4, mask_zero=True),
        layers.LSTM(3, return_sequences=True),
        layers.Dense(classes, activation="softmax"),
    ]
)
model.set_weights([2 * rng.standard_normal(w.shape) for w in model.get_weights()])
metric = keras.metrics.SparseCategoricalCrossentropy(name="metric")
model.compile(loss="sparse_categorical_crossentropy", metrics=[metric])

of_each_step = -np.log(np.take_along_axis(model.predict(x, verbose=0), y[..., None], -1)[..., 0])
by_step = float(of_each_step[x > 0].mean())
by_sequence = float(np.mean([steps[:length].mean() for steps, length in zip(of_each_step, lengths)]))
print("Keras", keras.__version__, "on", keras.backend.backend(), jax.__version__)
print(f"mean over the real steps {by_step:.3f}, over the sequences' means {by_sequence:.3f}")
seen = {}
for batch_size in (1, 2, 6):
    answer = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
    seen[batch_size] = answer["loss"]
    print(f"batch_size={batch_size}: loss {answer['loss']:.3f}, the same as a metric {answer['metric']:.3f}")
    assert abs(answer["metric"] - by_step) < 1e-4
as_said = abs(seen[1] - by_sequence) < 1e-4 and abs(seen[6] - by_step) < 1e-4
sys.exit(not (as_said and max(seen.values()) - min(seen.values()) > 0.1))
PYTHON
KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/run.py"
