#!/usr/bin/env bash
# Flax 0.12.8, JAX 0.10.2
#
# One would guess: flax.nnx.GRUCell is the successor of flax.linen.GRUCell and computes the formula in its own docstring,
#   n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), which is that of linen.GRUCell and of PyTorch.
# What happens: nnx.GRUCell has no b_hn: its only bias is dense_i.bias. A trained GRU of Linen, PyTorch or Keras (reset_after=True)
#   has no place for its candidate's recurrent bias, and because r multiplies it, it cannot be added to another.
# Seen: the same arrays in both, as far as nnx has them: apart by 6e-08 with hn.bias = 0, by 0.27 with hn.bias = 0.5.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check flax==0.12.8 jax==0.10.2 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen, nnx

F, H = 5, 4
rng = np.random.default_rng(0)
x, h = rng.standard_normal((3, F)), rng.standard_normal((3, H))
old = linen.GRUCell(H)
shapes = jax.tree.map(np.shape, old.init(jax.random.PRNGKey(0), h, x)["params"])
parameters = jax.tree.map(
    lambda shape: 0.5 * rng.standard_normal(shape), shapes, is_leaf=lambda s: isinstance(s, tuple)
)

new = nnx.GRUCell(F, H, rngs=nnx.Rngs(0))
new.dense_i.kernel[...] = jnp.concatenate([parameters[f"i{gate}"]["kernel"] for gate in "rzn"], axis=1)
new.dense_i.bias[...] = jnp.concatenate([parameters[f"i{gate}"]["bias"] for gate in "rzn"])
new.dense_h.kernel[...] = jnp.concatenate([parameters[f"h{gate}"]["kernel"] for gate in "rzn"], axis=1)
arrays = sorted(".".join(map(str, path)) for path, _ in nnx.to_flat_state(nnx.state(new, nnx.Param)))
formula = next(line.strip() for line in nnx.GRUCell.__doc__.splitlines() if "n = " in line)
print("nnx.GRUCell's docstring:", formula)
print("its arrays:", ", ".join(arrays))

apart = {}
for value in (0.0, 0.5):
    parameters["hn"]["bias"] = np.full(H, value)
    theirs = old.apply({"params": parameters}, h, x)[1]
    apart[value] = float(abs(new(h, x)[1] - theirs).max())
    print(f"linen with hn.bias = {value}: apart by {apart[value]:.2g}")
as_said = "b_{hn}" in formula and arrays == ["dense_h.kernel", "dense_i.bias", "dense_i.kernel"]
sys.exit(not (as_said and apart[0.0] < 1e-6 and apart[0.5] > 0.01))
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
