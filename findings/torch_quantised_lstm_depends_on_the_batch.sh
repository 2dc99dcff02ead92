#!/usr/bin/env bash
# PyTorch 2.13.0 (CPU), NumPy 2.4.6
#
# One would guess: a dynamically quantised nn.LSTM (torch.ao.quantization.quantize_dynamic) computes each sequence of a batch by itself,
#   as nn.LSTM does, so that how well it was quantised can be measured on any batch, one sequence included.
# What happens: "dynamic" means that the input and the state are scaled anew at each step, by one scale for the whole batch. Next to a
#   loud sequence a quiet one is rounded to a few levels.
# Seen: one sequence alone: off by 0.0063 from float32; the same sequence in a batch with one that is 50 times as loud: by 0.3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys
import warnings

import torch

warnings.simplefilter("ignore")  # of what PyTorch is going to move elsewhere
torch.manual_seed(0)
layer = torch.nn.LSTM(8, 16, batch_first=True)
quantised = torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(layer), {torch.nn.LSTM}, dtype=torch.qint8)[0]
quiet, loud = torch.randn(1, 20, 8), 50 * torch.randn(1, 20, 8)
with torch.inference_mode():
    exact = layer(quiet)[0]
    both = layer(torch.cat([quiet, loud]))[0][:1]
    alone = quantised(quiet)[0]
    beside = quantised(torch.cat([quiet, loud]))[0][:1]
error = {name: float((y - exact).abs().max()) for name, y in (("alone", alone), ("beside", beside), ("float32", both))}
print("torch", torch.__version__)
print(f"off from float32: alone {error['alone']:.2g}, next to a loud sequence {error['beside']:.2g}")
print(f"nn.LSTM itself, alone and next to it: {error['float32']:.2g} apart")
sys.exit(not (error["beside"] > 10 * error["alone"] and error["float32"] < 1e-5))
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
