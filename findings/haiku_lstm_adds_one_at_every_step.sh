#!/usr/bin/env bash
# Haiku 0.0.17 (dm-haiku), JAX 0.10.2
#
# One would guess from hk.LSTM's docstring ("we add 1.0 to b_f after initialization"), and from Keras's unit_forget_bias: a fresh
#   layer's bias holds ones for the forget gate, and its parameters are the whole truth.
# What happens: the parameters hold zeros. The 1 is added at every call (sigmoid(f + 1)) and stands in no array, so that parameters
#   taken from Haiku, by whatever gate order, compute something else anywhere else, and biases of 1 brought from Keras count twice.
# Seen: a fresh layer's bias is 0 everywhere; with every parameter 0, x = 0 and a cell state of 1, the new cell state is 0.731,
#   sigmoid(1), and not 0.5, sigmoid(0).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dm-haiku==0.0.17 jax==0.10.2 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys

import haiku as hk
import jax
import jax.numpy as jnp

F, H = 5, 4
x, state = jnp.zeros((1, F)), hk.LSTMState(hidden=jnp.zeros((1, H)), cell=jnp.ones((1, H)))
layer = hk.without_apply_rng(hk.transform(lambda x, state: hk.LSTM(H)(x, state)))
parameters = layer.init(jax.random.PRNGKey(0), x, state)
bias = parameters["lstm/linear"]["b"]
zeros = jax.tree.map(jnp.zeros_like, parameters)
cell = layer.apply(zeros, x, state)[1].cell
print("docstring:", " ".join(hk.LSTM.__doc__.split("Notes:")[1].split()))
print("largest number in a fresh layer's bias:", float(abs(bias).max()))
print("every parameter 0, cell state 1: new cell state", [round(float(c), 3) for c in cell[0]])
as_said = "after initialization" in " ".join(hk.LSTM.__doc__.split())
sys.exit(not (as_said and not bias.any() and abs(cell - jax.nn.sigmoid(1.0)).max() < 1e-6))
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
