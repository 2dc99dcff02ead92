#!/usr/bin/env bash
# OpenCV 5.0.0 (opencv-python-headless 5.0.0.93), onnx 1.23.2, ONNX Runtime 1.32.0, NumPy 2.4.6
#
# One would guess: cv2.dnn.readNetFromONNX reads a GRU as ONNX defines it, or refuses it, as it refuses a GRU's activations and an
#   LSTM's sequence_lens.
# What happens: direction="reverse" is computed forward (bidirectional is right); sequence_lens is ignored, so that the padding
#   is computed too; and if Y, every step's output, is the node's only output, what comes out as Y is Y_h, the last step's.
# Seen: off from ONNX Runtime: forward and bidirectional 2e-07, reverse 1.3, with sequence_lens 1.0; the last two are, to 2e-07, a
#   plain forward GRU. Only Y: shape (1, 3, 4) instead of (6, 1, 3, 4).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 \
    onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

F, H, T, B = 5, 4, 6, 3
rng = np.random.default_rng(0)
x = rng.standard_normal((T, B, F)).astype("float32")


def file(direction="forward", lengths=None, outputs=("Y", "Y_h")):
    D = 2 if direction == "bidirectional" else 1
    draw = np.random.default_rng(1).standard_normal
    shapes = {"W": (D, 3 * H, F), "R": (D, 3 * H, H), "b": (D, 6 * H)}
    arrays = {name: 0.5 * draw(shape).astype("float32") for name, shape in shapes.items()}
    if lengths:
        arrays["lengths"] = np.array(lengths, np.int32)
    node = helper.make_node(
        "GRU", ["X", *arrays], outputs, hidden_size=H, direction=direction, linear_before_reset=1
    )
    shapes = {"Y": [T, D, B, H], "Y_h": [D, B, H]}
    graph = helper.make_graph(
        [node],
        "gru",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [T, B, F])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs],
        [numpy_helper.from_array(a, name) for name, a in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def of_onnxruntime(file):
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"X": x})


def of_opencv(file, outputs=("Y", "Y_h")):
    net = cv2.dnn.readNetFromONNX(np.frombuffer(file, np.uint8))
    net.setInput(x, "X")
    return net.forward(list(outputs))


def apart(these, those):
    return max(float(abs(a - b).max()) for a, b in zip(these, those, strict=True))


print("OpenCV", cv2.__version__, "ONNX Runtime", onnxruntime.__version__)
plain, both, reverse = (file(direction) for direction in ("forward", "bidirectional", "reverse"))
padded = file(lengths=[T, 2, 4])
right = max(apart(of_opencv(f), of_onnxruntime(f)) for f in (plain, both))
print(f"forward and bidirectional: off by at most {right:.1g}")
as_said = right < 1e-5
for name, f in (("reverse", reverse), ("with sequence_lens", padded)):
    theirs = of_opencv(f)
    off, ignored = apart(theirs, of_onnxruntime(f)), apart(theirs, of_onnxruntime(plain))
    print(f"{name}: off by {off:.2g}; from a plain forward GRU {ignored:.1g}")
    as_said &= off > 0.05 and ignored < 1e-5
alone = of_opencv(file(outputs=["Y"]), ["Y"])[0]
steps, last = of_onnxruntime(plain)
print("only Y: shape", alone.shape, "instead of", steps.shape)
as_said &= alone.shape == last.shape and apart([alone], [last]) < 1e-5
sys.exit(not as_said)
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
