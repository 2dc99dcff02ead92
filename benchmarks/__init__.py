"""How fast lstm_edu is, and how much memory a trace takes, beside Keras, PyTorch and ONNX Runtime.

`python -m benchmarks` from the repository's folder prints the tables; `--readme` also writes them into README.md.
Everything that is compared is measured in one run, in turns, after its numbers were found equal to Keras's.
"""
