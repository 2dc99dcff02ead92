#!/usr/bin/env bash
# thinc 9.1.1 (and 8.3.14), NumPy 2.4.6
#
# One would guess: thinc.api.Ops and thinc.api.NumpyOps are two implementations of the same operations, one generic, one compiled,
#   so that a layer gives the same numbers with either.
# What happens: with the generic Ops an LSTM computes one sequence of the batch, the longest, and returns zeros for all the others,
#   without a word. lstm_forward_training (thinc/backends/ops.py) begins with states of one row, h_init.reshape((1, nO)), and then cuts
#   each step's batch to as many rows as the states have. NumpyOps has an LSTM of its own in Cython and is right; CupyOps, for GPUs,
#   inherits this one (cupy_ops.py has no LSTM; not run here).
# Seen: sequence of 6 steps: largest difference 8.9e-08; of 5 and 4 steps: 4.4e-01 and 6.5e-01, every output of the generic Ops is 0.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/run.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from thinc.api import LSTM, NumpyOps, Ops
from thinc.types import Padded

rng = np.random.default_rng(0)
F, H, lengths = 5, 4, [6, 5, 4]
model = LSTM(H, F)
model.initialize()
model.set_param("LSTM", (0.5 * rng.standard_normal(model.get_param("LSTM").shape)).astype("f"))
data = rng.standard_normal((max(lengths), len(lengths), F)).astype("f")  # time, batch, features
size_at_t = np.array([sum(length > t for length in lengths) for t in range(max(lengths))], dtype="i")
x = Padded(data, size_at_t, np.array(lengths, dtype="i"), np.arange(len(lengths), dtype="i"))

outputs = {}
for ops in (NumpyOps(), Ops()):
    model.ops = ops
    outputs[type(ops).__name__] = model.predict(x).data
compiled, generic = outputs["NumpyOps"], outputs["Ops"]

as_said = True
print("thinc", version("thinc"))
for b, length in enumerate(lengths):
    apart = np.abs(compiled[:length, b] - generic[:length, b]).max()
    largest = np.abs(generic[:length, b]).max()
    print(f"sequence of {length} steps: largest difference {apart:.1e}, largest output of the generic Ops {largest}")
    as_said &= bool(apart < 1e-6 if b == 0 else largest == 0.0 and apart > 0.1)
sys.exit(not as_said)
PYTHON
for release in 9.1.1 8.3.14; do
    python3 -m venv "$folder/$release"
    "$folder/$release/bin/pip" install --quiet --disable-pip-version-check "thinc==$release" numpy==2.4.6
    "$folder/$release/bin/python" "$folder/run.py"
done
