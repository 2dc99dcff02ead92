"""Weights of other libraries, to and from this package's layers, which store them as Keras does.

`from_...` gives a built layer of this package, whose `get_weights()` go into a Keras layer of the same arguments; its
sequence of outputs is what the other library computes, to rounding. `to_...` gives the arrays that the other library
expects. What cannot be expressed in the other format is refused and never dropped: a GRU with its reset gate before the
product has no PyTorch form, an LSTM with hard_sigmoid no TensorFlow 1 form. NumPy alone is needed; tensors of PyTorch
are taken where that is installed anyway.

`from_library` and `to_library` do this for any class of the table `PACKINGS`: Chainer, DyNet, Equinox, Flax, Haiku,
JAX, MLX, ncnn, OpenVINO, Paddle, thinc and others, each by its own names of arrays. The functions for one library know
more about it: several layers, directions, files. How some of them pack an LSTM's gates (i input, f forget, g candidate,
o output) and a GRU's (z update, r reset, g candidate):

| | LSTM | GRU | matrices | biases |
|---|---|---|---|---|
| Keras, this package | i f g o | z r g | kernel (F, nH), recurrent_kernel (H, nH) | one; GRU with reset_after two |
| PyTorch | i f g o | r z n | weight_ih (nH, F), weight_hh (nH, H) | two |
| ONNX | i o f c | z r h | W (D, nH, F), R (D, nH, H) | two, in one B (D, 2nH) |
| TensorFlow 1 | i j f o | r u, then c | one kernel (F + H, nH) | one; forget_bias is added when it runs |
| Keras 1 | i c f o | z r h | 12 or 9 arrays, each gate by itself | one |
| Deeplearning4j | g f o i | | W (F, 4H), RW (H, 4H) | one |

Sources: the documentation of torch.nn.LSTM and torch.nn.GRU (2.13); the ONNX operators LSTM, GRU and RNN (opset 14);
tensorflow.raw_ops.LSTMBlockCell and GRUBlockCell (2.21), which compute what BasicLSTMCell and GRUCell did; Keras 1.2's
recurrent.py; Deeplearning4j's LSTMParamInitializer; and what each row of PACKINGS says.
"""

from lstm_edu.formats.keras1 import from_keras1, to_keras1
from lstm_edu.formats.library import from_library, packing_of, to_library
from lstm_edu.formats.onnx import OnnxWeights, from_onnx, to_onnx
from lstm_edu.formats.onnx_files import OnnxLayers, read_onnx
from lstm_edu.formats.packing import ORDERS, from_dl4j, reorder, to_dl4j
from lstm_edu.formats.pytorch import from_pytorch, to_pytorch
from lstm_edu.formats.tf1 import from_tf1, to_tf1
from lstm_edu.libraries import PACKINGS

__all__ = [
    "ORDERS",
    "PACKINGS",
    "OnnxLayers",
    "OnnxWeights",
    "from_dl4j",
    "from_keras1",
    "from_library",
    "from_onnx",
    "from_pytorch",
    "from_tf1",
    "packing_of",
    "read_onnx",
    "reorder",
    "to_dl4j",
    "to_keras1",
    "to_library",
    "to_onnx",
    "to_pytorch",
    "to_tf1",
]
