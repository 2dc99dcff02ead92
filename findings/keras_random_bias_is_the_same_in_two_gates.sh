#!/usr/bin/env bash
# Keras 3.15.1, on JAX 0.10.2
#
# One would guess: keras.layers.LSTM(units, bias_initializer="random_normal") draws its bias at random, ones for the forget gate
#   aside (unit_forget_bias=True): 3 * units different numbers.
# What happens: the input gate's bias and the candidate's are the same numbers. The initialiser is called once for the input gate
#   and once for the candidate and the output gate together, and one without a seed of its own draws the same numbers each time.
#   Units that should break the symmetry between what is written and whether it is written begin alike.
# Seen: b_i == b_g in every unit, for random_normal, random_uniform and truncated_normal; with unit_forget_bias=False in none.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys

import keras
import numpy as np

units, as_said = 8, True
print("keras", keras.__version__, "on", keras.backend.backend())
for name in ("random_normal", "random_uniform", "truncated_normal"):
    same = {}
    for ones in (True, False):
        layer = keras.layers.LSTM(units, bias_initializer=name, unit_forget_bias=ones)
        layer.build((None, None, 5))
        b_i, b_f, b_g, b_o = np.split(np.asarray(layer.get_weights()[2]), 4)
        same[ones] = int((b_i == b_g).sum())
    print(f"{name}: b_i == b_g in {same[True]} of {units} units; with unit_forget_bias=False in {same[False]}")
    as_said &= same == {True: units, False: 0}
sys.exit(not as_said)
PYTHON
KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/run.py"
