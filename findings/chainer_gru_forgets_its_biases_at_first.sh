#!/usr/bin/env bash
# Chainer 7.8.1, NumPy 1.23.5
#
# One would guess: a recurrent link without a state begins with zeros, as L.LSTM of the same library does: a fresh StatefulGRU gives
#   what it gives after set_state(zeros), and what StatelessGRU gives for h = zeros.
# What happens: a fresh StatefulGRU (L.GRU is another name for it) leaves out the recurrent half of its equations at the first step, the
#   biases of U_z and U included, which do not vanish with h. After set_state(zeros) they are there. StatelessGRU with h=None
#   leaves them out too. A GRU of another library, whose recurrent biases are trained, is off from its first step on.
# Seen: fresh and after set_state(zeros) apart by 0.64 at the first step, 0.37 at the second; L.LSTM by 0 and 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==1.23.5 six==1.17.0 setuptools==65.5.0 wheel
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-build-isolation chainer==7.8.1
cat > "$folder/run.py" <<'PYTHON'
import sys
import warnings

warnings.simplefilter("ignore")  # of a NumPy that is newer than Chainer
import chainer
import chainer.links as L
import numpy as np

F, H = 5, 4
rng = np.random.default_rng(0)
x = rng.standard_normal((2, 3, F)).astype("f")  # two steps of three sequences
zeros = chainer.Variable(np.zeros((3, H), "f"))


def steps(link, *state):
    link.reset_state()
    if state:
        link.set_state(*state)
    return [link(x_t).array for x_t in x]


print("chainer", chainer.__version__)
apart = {}
for link, state in ((L.StatefulGRU(F, H), [zeros]), (L.LSTM(F, H), [zeros, zeros])):
    for parameter in link.params():
        parameter.array[...] = 0.5 * rng.standard_normal(parameter.shape)
    fresh, from_zeros = steps(link), steps(link, *state)
    name = type(link).__name__
    apart[name] = [float(abs(a - b).max()) for a, b in zip(fresh, from_zeros)]
    print(f"{name}: fresh and from zeros apart by {apart[name][0]:.2g} at step 1, {apart[name][1]:.2g} at step 2")
sys.exit(not (min(apart["StatefulGRU"]) > 0.01 and max(apart["LSTM"]) < 1e-6))
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
