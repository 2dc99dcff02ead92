#!/usr/bin/env bash
# thinc 9.1.1, NumPy 2.4.6
#
# One would guess: the parameter HC0 of thinc.api.LSTM, of shape (2, depth, directions, H), holds h0 and then c0, as it is called, and as
#   forward() reads it ("H0 = HC0[0]; C0 = HC0[1]"); and, being a parameter, it is trained.
# What happens: HC0[0] is the initial cell state and HC0[1] the initial output: H0 is handed on as the argument c_init. Initial
#   states of a PyTorch or Keras model, put in by the name, are exchanged. And backprop gives it no gradient, so it stays as it is.
# Seen: against the six equations: HC0 = (h, c) 0.7 apart, HC0 = (c, h) 5e-08; after backprop there is a gradient of LSTM, none of HC0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check thinc==9.1.1 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from thinc.api import LSTM
from thinc.types import Padded

F, H, T = 5, 4, 6
rng = np.random.default_rng(0)
x = rng.standard_normal((T, 1, F)).astype("f")
batch = Padded(x, np.ones(T, "i"), np.array([T], "i"), np.array([0], "i"))
W, b, U, d = (0.5 * rng.standard_normal(shape) for shape in ((4 * H, F), 4 * H, (4 * H, H), 4 * H))
h0, c0 = rng.standard_normal((2, H))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


h, c, expected = h0, c0, []
for t in range(T):
    f, i, o, g = np.split(W @ x[t, 0] + b + U @ h + d, 4)  # thinc's order
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    expected.append(h)

model = LSTM(H, F)
model.initialize()
model.set_param("LSTM", np.concatenate([a.ravel() for a in (W, b, U, d)]).astype("f"))
print("thinc", version("thinc"))
apart = {}
for name, states in (("(h, c)", (h0, c0)), ("(c, h)", (c0, h0))):
    model.set_param("HC0", np.stack(states).reshape(2, 1, 1, H).astype("f"))
    apart[name] = float(abs(model.predict(batch).data[:, 0] - np.array(expected)).max())
    print(f"HC0 = {name}: {apart[name]:.2g} apart")
outputs, backprop = model.begin_update(batch)
backprop(outputs)
print("gradients of:", ", ".join(name for name in model.param_names if model.has_grad(name)))
trained = model.has_grad("LSTM") and not model.has_grad("HC0")
sys.exit(not (apart["(h, c)"] > 0.01 and apart["(c, h)"] < 1e-6 and trained))
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
