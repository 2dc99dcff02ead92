"""How fast lstm_edu is, and how much memory a trace takes, next to Keras, PyTorch and ONNX Runtime.

`python -m benchmarks` from the repository's folder prints the tables; `--docs` also writes them into
docs/measurements.md.
Everything that is compared is measured in one run, in turns, after its numbers were found equal to Keras's.
"""

import os

# Keras as fast as it is: lstm_edu, imported later, would switch oneDNN off for the sake of equal digits.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
