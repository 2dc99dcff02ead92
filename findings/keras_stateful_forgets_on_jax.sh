#!/usr/bin/env bash
# Keras 3.15.1 on JAX 0.10.2
#
# One would guess: LSTM(stateful=True) begins each batch where the last one ended, in fit, evaluate and predict as in a call of the model,
#   on each backend; a long sequence can be given in pieces.
# What happens: on JAX only model(x) goes on. fit, evaluate and predict compile functions that are given the model's variables and
#   hand them back; the state is not among these, so it stays as it was: every batch begins with zeros, stateful=True or not, and nothing
#   is said. run_eagerly=True does not change that. On TensorFlow 2.21 and PyTorch 2.13 predict goes on.
# Seen: two pieces of a sequence, against the whole one: model(x) 0; predict 0.12 (LSTM), 0.54 (GRU), 0.52 (SimpleRNN), the same with
#   run_eagerly=True, and as two batches of one predict; the layer's state after fit: 0 everywhere.
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

B, T, F, H = 2, 3, 5, 4
rng = np.random.default_rng(0)
x = rng.standard_normal((B, 2 * T, F)).astype("float32")
first, second = x[:, :T], x[:, T:]
print("Keras", keras.__version__, "on", keras.backend.backend(), jax.__version__)
as_said = True
for kind in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN):
    layer = kind(H, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(B, T, F)), layer])
    weights = [0.7 * rng.standard_normal(w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    whole = kind(H)
    whole.build(x.shape)
    whole.set_weights(weights)
    right = np.asarray(whole(x))

    def off(run):
        """How far the second piece ends from the whole sequence."""
        layer.reset_states()
        return float(abs(np.asarray(run()) - right).max())

    def one_after_the_other(run):
        run(first)
        return run(second)

    def predict(x):
        return model.predict(x, verbose=0)

    seen = {"model(x)": off(lambda: one_after_the_other(model))}
    for name, eagerly in (("predict, run_eagerly=True", True), ("predict", False)):
        model.compile("sgd", "mse", run_eagerly=eagerly)
        seen[name] = off(lambda: one_after_the_other(predict))
    both = np.concatenate([first, second])
    seen["two batches of one predict"] = off(lambda: model.predict(both, batch_size=B, verbose=0)[B:])
    layer.reset_states()
    model.fit(both, np.zeros((2 * B, H)), batch_size=B, shuffle=False, verbose=0)
    state = max(float(abs(np.asarray(s)).max()) for s in layer.states)
    print(f"{kind.__name__}: off:", ", ".join(f"{name} {value:.2g}" for name, value in seen.items()))
    print(f"   largest number in its state after fit: {state:.2g}")
    as_said &= seen.pop("model(x)") < 1e-5 and min(seen.values()) > 0.02 and state == 0.0
sys.exit(not as_said)
PYTHON
KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/run.py"
