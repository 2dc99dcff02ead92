#!/usr/bin/env bash
# OpenVINO 2026.4.1 (CPU), onnx 1.23.2, ONNX Runtime 1.32.0, NumPy 2.4.6
#
# One would guess: a dynamic axis says that a size is not known yet, nothing more. The same ONNX file with time or batch left open gives
#   the same numbers as with fixed sizes, and sequence_lens, the true lengths of a padded batch, counts in both.
# What happens: with fixed sizes the lengths count. As soon as time or batch is dynamic, which is how exporters write files, an LSTM and a
#   GRU go on through the padding, in either direction, as if there were no lengths, and nothing is said.
# Seen: off from ONNX Runtime, to which both files are the same: with fixed axes 9e-08 (LSTM) and 6e-08 (GRU), with dynamic ones 0.55
#   and 0.98; what comes out of the dynamic file is, to 2e-07, what ONNX Runtime computes without lengths.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper

F, H, T, B = 5, 4, 6, 3
rng = np.random.default_rng(0)
x = rng.standard_normal((T, B, F)).astype("float32")
lengths = np.array([T, 2, 4], np.int32)


def file(kind, sizes, with_lengths, direction):
    gates = {"LSTM": 4, "GRU": 3}[kind]
    draw = np.random.default_rng(1).standard_normal
    arrays = {
        name: 0.5 * draw(shape).astype("float32")
        for name, shape in (("W", (1, gates * H, F)), ("R", (1, gates * H, H)), ("b", (1, 2 * gates * H)))
    }
    node = helper.make_node(
        kind, ["X", "W", "R", "b"] + ["lengths"] * with_lengths, ["Y", "Y_h"], hidden_size=H, direction=direction
    )
    time, batch = sizes
    inputs = [helper.make_tensor_value_info("X", TensorProto.FLOAT, [time, batch, F])]
    if with_lengths:
        inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, [batch]))
    outputs = [
        helper.make_tensor_value_info("Y", TensorProto.FLOAT, [time, 1, batch, H]),
        helper.make_tensor_value_info("Y_h", TensorProto.FLOAT, [1, batch, H]),
    ]
    stored = [numpy_helper.from_array(a, name) for name, a in arrays.items()]
    graph = helper.make_graph([node], kind, inputs, outputs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def of_onnxruntime(file, feed):
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, feed)


def of_openvino(file, feed):
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answer = compiled(feed)
    return [answer["Y"], answer["Y_h"]]


def apart(these, those):
    return max(float(abs(a - b).max()) for a, b in zip(these, those))


print("OpenVINO", version("openvino"), "ONNX Runtime", onnxruntime.__version__)
as_said = True
feed = {"X": x, "lengths": lengths}
for kind in ("LSTM", "GRU"):
    for direction in ("forward", "reverse"):
        fixed, dynamic = (file(kind, sizes, True, direction) for sizes in ((T, B), ("time", "batch")))
        without = of_onnxruntime(file(kind, (T, B), False, direction), {"X": x})
        right = of_onnxruntime(fixed, feed)
        here = {name: apart(of_openvino(f, feed), right) for name, f in (("fixed", fixed), ("dynamic", dynamic))}
        runtime = apart(of_onnxruntime(dynamic, feed), right)
        ignored = apart(of_openvino(dynamic, feed), without)
        print(
            f"{kind}, {direction}: off with fixed axes {here['fixed']:.1g}, with dynamic ones {here['dynamic']:.2g} "
            f"(ONNX Runtime: {runtime:.1g}); dynamic from ONNX Runtime without lengths {ignored:.1g}"
        )
        as_said &= max(here["fixed"], runtime, ignored) < 1e-5 and here["dynamic"] > 0.05
sys.exit(not as_said)
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
