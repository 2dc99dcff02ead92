#!/usr/bin/env bash
# onnx 1.23.2, NumPy 2.4.6
#
# One would guess: onnx.reference.ReferenceEvaluator, "the reference", computes an LSTM as the operator's definition says, or refuses
#   what it does not know: sequence_lens, activations, clip.
# What happens: it takes them and ignores them. A padded batch is computed to its padded end, and Y_h is the state there;
#   activations other than Sigmoid, Tanh, Tanh are replaced by these. A converter tested against it passes with wrong lengths.
# Seen: outputs behind the end of a sequence of 2 of 6 steps: not 0, as the definition says, but up to 0.56; the same numbers
#   with activations Sigmoid, Relu, Relu as without.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 numpy==2.4.6
cat > "$folder/run.py" <<'PYTHON'
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

F, H, T, B = 5, 4, 6, 2
rng = np.random.default_rng(0)
stored = {
    "W": 0.5 * rng.standard_normal((1, 4 * H, F)),
    "R": 0.5 * rng.standard_normal((1, 4 * H, H)),
    "b": 0.5 * rng.standard_normal((1, 8 * H)),
}
x = rng.standard_normal((T, B, F)).astype("float32")


def run(lengths=None, **attributes):
    arrays = {name: a.astype("float32") for name, a in stored.items()}
    if lengths:
        arrays["lengths"] = np.array(lengths, np.int32)
    inputs = ["X", "W", "R", "b"] + ["lengths"] * bool(lengths)
    node = helper.make_node("LSTM", inputs, ["Y", "Y_h"], hidden_size=H, **attributes)
    graph = helper.make_graph(
        [node],
        "lstm",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [T, B, F])],
        [
            helper.make_tensor_value_info("Y", TensorProto.FLOAT, [T, 1, B, H]),
            helper.make_tensor_value_info("Y_h", TensorProto.FLOAT, [1, B, H]),
        ],
        [numpy_helper.from_array(a, name) for name, a in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)])
    onnx.checker.check_model(model, full_check=True)
    return ReferenceEvaluator(model).run(None, {"X": x})


whole = run()
short = run(lengths=[T, 2])
relu = run(activations=["Sigmoid", "Relu", "Relu"])
behind = float(abs(short[0][2:, 0, 1]).max())
print("onnx", onnx.__version__)
print(f"sequence_lens = [6, 2]: largest output behind the end of the second sequence {behind:.2g} (definition: 0)")
print("its Y_h is that of step 6:", bool((short[1] == whole[1]).all()))
print("activations Sigmoid, Relu, Relu: the same numbers as without:", bool((relu[0] == whole[0]).all()))
sys.exit(not (behind > 0.01 and (short[1] == whole[1]).all() and (relu[0] == whole[0]).all()))
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
