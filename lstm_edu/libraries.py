"""How other libraries pack an LSTM, a GRU or a simple RNN: one table, as data. `formats` converts with it, and the
doctor uses it to name whose order a layer's weights are in. Letters are this package's: gates i, f, g, o of an LSTM, z,
r, g of a GRU; a SimpleRNN has one block, which is called h.

Each row is one class. Most were run: tests/test_libraries.py gives a layer's weights to that class and compares what it
computes, at the version given; where it could not be installed the row says "read".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Array:
    """One array, or one for each gate, and the gates' blocks in it.

    Attributes:
        name: what the library calls it; as many names as gates, for one array each.
        holds: the blocks: W (F, H) for the input, U (H, H) for the previous output, and for biases b on the input
            side, d on the recurrent side, s where one bias serves both. "W" means all gates in the library's order,
            "s:zr" two of them; "b d" one after another; "W/U" the one on top of the other.
        shape: F features, H units: "4H, F".
        lies: how the blocks are arranged: "beside" one another, as in Keras; "below" one another, each transposed, as
            in PyTorch; "interleaved": transposed, the gates of one unit and then those of the next; "flat": transposed,
            all numbers in one row.
    """

    name: str
    holds: str
    shape: str
    lies: str = "beside"

    @property
    def axes(self) -> list[str]:
        return [axis.strip() for axis in self.shape.split(",")]

    @property
    def only_biases(self) -> bool:
        return not set("WU") & set(self.holds)

    def grid(self, order: str) -> list[list[str]]:
        """The blocks, "W_i" ..., floor by floor."""
        floors = []
        for floor in self.holds.split("/"):
            pieces = [piece.partition(":") for piece in floor.split()]
            floors.append([f"{letter}_{gate}" for letter, _, gates in pieces for gate in gates or order])
        return floors

    def blocks(self, order: str) -> list[str]:
        return [block for floor in self.grid(order) for block in floor]

    def each(self, order: str) -> tuple[Array, ...]:
        """One array for each gate where there are as many names."""
        names = self.name.split()
        if len(names) == 1:
            return (self,)
        return tuple(
            replace(self, name=name, holds=f"{self.holds}:{gate}") for name, gate in zip(names, order, strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class Packing:
    """One class of one library.

    Attributes:
        name: the class, from its library's name on: "equinox.nn.LSTMCell".
        kind: "LSTM", "GRU" or "SimpleRNN".
        order: the gates in the library's order, in this package's letters.
        arrays: see `Array`.
        activations, recurrent_activations: what it can have; the first is its default.
        forget_bias: what is added to the forget gate when it runs, and is in no array.
        update: of a GRU, what z weighs: the "old" state, as in Keras, or the "new" value.
        reset_after: of a GRU, as in Keras: whether the reset gate is applied after the recurrent product.
        states: what it takes and returns, in its order. padding: what happens after the end of a short sequence.
        version: the one that was examined. run: whether it was run, or only read. source: where it is written.
        note: what else a reader should know.
    """

    name: str
    kind: str
    order: str
    arrays: tuple[Array, ...]
    version: str
    source: str
    states: str
    padding: str = "none: whole sequences"
    activations: tuple[str, ...] = ("tanh",)
    recurrent_activations: tuple[str, ...] = ("sigmoid",)
    forget_bias: float = 0.0
    update: str = "old"
    reset_after: bool | None = None
    run: bool = True
    note: str = ""

    @property
    def library(self) -> str:
        """The first word of its name: "torch"."""
        return self.name.partition(".")[0]

    @property
    def named_arrays(self) -> list[Array]:
        """One entry for each array, also where each gate has its own."""
        return [one for array in self.arrays for one in array.each(self.order)]

    @property
    def interleaved(self) -> bool:
        return any(array.lies == "interleaved" for array in self.arrays)


def _torch(n: int, suffix: str = "", second: str = "d") -> tuple[Array, ...]:
    gates = "" if n == 1 else str(n)
    return (
        Array(f"weight_ih{suffix}", "W", f"{gates}H, F", "below"),
        Array(f"weight_hh{suffix}", "U", f"{gates}H, H", "below"),
        Array(f"bias_ih{suffix}", "b", f"{gates}H"),
        Array(f"bias_hh{suffix}", second, f"{gates}H"),
    )


def _keras(n: int, rows: int = 1) -> tuple[Array, ...]:
    gates = "" if n == 1 else str(n)
    bias = Array("bias", "b d", f"2, {gates}H") if rows == 2 else Array("bias", "s", f"{gates}H")
    return (Array("kernel", "W", f"F, {gates}H"), Array("recurrent_kernel", "U", f"H, {gates}H"), bias)


def _onnx(n: int, biases: str = "b d") -> tuple[Array, ...]:
    gates = "" if n == 1 else str(n)
    return (
        Array("W", "W", f"1, {gates}H, F", "below"),
        Array("R", "U", f"1, {gates}H, H", "below"),
        Array("B", biases, f"1, {2 * n}H"),
    )


def _keras1(*gates: str) -> tuple[Array, ...]:
    return tuple(
        Array(" ".join(f"{name}{gate}" for gate in gates), holds, shape)
        for name, holds, shape in (("W", "W", "F, H"), ("U", "U", "H, H"), ("b", "s", "H"))
    )


_ZEROS = "zeros after a sequence's end; the last states are those of its last step"
_ALONE = "each sequence as if it were alone"
_STEP = "none: one step; the loop is yours"
_FLAX = "computed to the end; RNN(cell)(x, seq_lengths=) picks the states of the last step"

PACKINGS: tuple[Packing, ...] = (
    Packing(
        name="torch.nn.LSTM",
        kind="LSTM",
        order="ifgo",
        arrays=_torch(4, "_l0"),
        version="2.13.0",
        source="torch.nn.LSTM's documentation",
        states="(h_n, c_n), each (layers * directions, batch, H)",
        padding=f"with pack_padded_sequence {_ZEROS}",
        note="from_pytorch reads several layers and both directions",
    ),
    Packing(
        name="torch.nn.GRU",
        kind="GRU",
        order="rzg",
        arrays=_torch(3, "_l0"),
        reset_after=True,
        version="2.13.0",
        source="torch.nn.GRU's documentation, where g is n",
        states="h_n (layers * directions, batch, H)",
        padding=f"with pack_padded_sequence {_ZEROS}",
        note="from_pytorch reads several layers and both directions",
    ),
    Packing(
        name="torch.nn.RNN",
        kind="SimpleRNN",
        order="h",
        arrays=_torch(1, "_l0"),
        activations=("tanh", "relu"),
        version="2.13.0",
        source="torch.nn.RNN's documentation",
        states="h_n (layers * directions, batch, H)",
        padding=f"with pack_padded_sequence {_ZEROS}",
        note="from_pytorch reads several layers and both directions",
    ),
    Packing(
        name="onnx.LSTM",
        kind="LSTM",
        order="iofg",
        arrays=_onnx(4),
        version="opset 14, ONNX Runtime 1.32.0",
        source="the operator LSTM, where g is c",
        states="initial_h, initial_c; Y, Y_h, Y_c",
        padding=f"with sequence_lens {_ZEROS}; a length of 0 gives zeros",
        note="from_onnx reads both directions and other activations",
    ),
    *(
        Packing(
            name="onnx.GRU",
            kind="GRU",
            order="zrg",
            arrays=_onnx(3),
            reset_after=reset_after,
            version="opset 14, ONNX Runtime 1.32.0",
            source="the operator GRU, where g is h",
            states="initial_h; Y, Y_h",
            padding=f"with sequence_lens {_ZEROS}; a length of 0 gives zeros",
            note=f"linear_before_reset={int(reset_after)}; from_onnx reads both directions and other activations",
        )
        for reset_after in (True, False)
    ),
    Packing(
        name="onnx.RNN",
        kind="SimpleRNN",
        order="h",
        arrays=_onnx(1),
        activations=("tanh", "relu", "sigmoid", "softsign"),
        version="opset 14, ONNX Runtime 1.32.0",
        source="the operator RNN",
        states="initial_h; Y, Y_h",
        padding=f"with sequence_lens {_ZEROS}; a length of 0 gives zeros",
        note="from_onnx reads both directions",
    ),
    Packing(
        name="tf1.BasicLSTMCell",
        kind="LSTM",
        order="igfo",
        arrays=(Array("kernel", "W/U", "F + H, 4H"), Array("bias", "s", "4H")),
        forget_bias=1.0,
        version="1.15; raw_ops.LSTMBlockCell of 2.21",
        source="tf.nn.rnn_cell.BasicLSTMCell, where g is j",
        states="c, h",
        padding=f"dynamic_rnn: {_ZEROS}",
        note="forget_bias is an argument of the cell; from_tf1 takes another one",
    ),
    Packing(
        name="tf1.GRUCell",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("gates/kernel", "W:rz/U:rz", "F + H, 2H"),
            Array("gates/bias", "s:rz", "2H"),
            Array("candidate/kernel", "W:g/U:g", "F + H, H"),
            Array("candidate/bias", "s:g", "H"),
        ),
        reset_after=False,
        version="1.15; raw_ops.GRUBlockCell of 2.21",
        source="tf.nn.rnn_cell.GRUCell, where z is u",
        states="h",
        padding=f"dynamic_rnn: {_ZEROS}",
    ),
    Packing(
        name="tf1.BasicRNNCell",
        kind="SimpleRNN",
        order="h",
        arrays=(Array("kernel", "W/U", "F + H, H"), Array("bias", "s", "H")),
        version="1.15",
        source="tf.nn.rnn_cell.BasicRNNCell",
        states="h",
        padding=f"dynamic_rnn: {_ZEROS}",
        run=False,
    ),
    Packing(
        name="keras1.LSTM",
        kind="LSTM",
        order="igfo",
        arrays=_keras1("_i", "_c", "_f", "_o"),
        recurrent_activations=("hard_sigmoid_keras2", "sigmoid"),
        version="1.2",
        source="keras/layers/recurrent.py, where g is c",
        states="h, c",
        padding="as in Keras 3",
        run=False,
        note="from_keras1 takes the list that get_weights() gave",
    ),
    Packing(
        name="keras1.GRU",
        kind="GRU",
        order="zrg",
        arrays=_keras1("_z", "_r", "_h"),
        recurrent_activations=("hard_sigmoid_keras2", "sigmoid"),
        reset_after=False,
        version="1.2",
        source="keras/layers/recurrent.py, where g is h",
        states="h",
        padding="as in Keras 3",
        run=False,
        note="from_keras1 takes the list that get_weights() gave",
    ),
    Packing(
        name="dl4j.LSTM",
        kind="LSTM",
        order="gfoi",
        arrays=(Array("W", "W", "F, 4H"), Array("RW", "U", "H, 4H"), Array("b", "s", "1, 4H")),
        version="1.0.0-M2.1",
        source="Deeplearning4j's LSTMParamInitializer",
        states="h, c",
        padding="a masked step gives zeros",
        run=False,
    ),
    Packing(
        name="equinox.nn.LSTMCell",
        kind="LSTM",
        order="ifgo",
        arrays=(
            Array("weight_ih", "W", "4H, F", "below"),
            Array("weight_hh", "U", "4H, H", "below"),
            Array("bias", "s", "4H"),
        ),
        version="0.13.8",
        source="equinox/nn/_rnn.py",
        states="(h, c)",
        padding=_STEP,
    ),
    Packing(
        name="equinox.nn.GRUCell",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("weight_ih", "W", "3H, F", "below"),
            Array("weight_hh", "U", "3H, H", "below"),
            Array("bias", "s:rz b:g", "3H"),
            Array("bias_n", "d:g", "H"),
        ),
        reset_after=True,
        version="0.13.8",
        source="equinox/nn/_rnn.py, where z is inp and g is new",
        states="h",
        padding=_STEP,
    ),
    Packing(
        name="flax.nnx.LSTMCell",
        kind="LSTM",
        order="ifgo",
        arrays=(
            Array("ii.kernel if_.kernel ig.kernel io.kernel", "W", "F, H"),
            Array("hi.kernel hf.kernel hg.kernel ho.kernel", "U", "H, H"),
            Array("hi.bias hf.bias hg.bias ho.bias", "s", "H"),
        ),
        version="0.12.8",
        source="flax/nnx/nn/recurrent.py",
        states="(c, h)",
        padding=_FLAX,
    ),
    Packing(
        name="flax.nnx.OptimizedLSTMCell",
        kind="LSTM",
        order="ifgo",
        arrays=(
            Array("dense_i.kernel", "W", "F, 4H"),
            Array("dense_h.kernel", "U", "H, 4H"),
            Array("dense_h.bias", "s", "4H"),
        ),
        version="0.12.8",
        source="flax/nnx/nn/recurrent.py",
        states="(c, h)",
        padding=_FLAX,
    ),
    Packing(
        name="flax.nnx.GRUCell",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("dense_i.kernel", "W", "F, 3H"),
            Array("dense_h.kernel", "U", "H, 3H"),
            Array("dense_i.bias", "s:rz b:g", "3H"),
        ),
        reset_after=True,
        version="0.12.8",
        source="flax/nnx/nn/recurrent.py, where g is n",
        states="h",
        padding=_FLAX,
        note="has no bias b_hn, although the formula in its docstring has it",
    ),
    Packing(
        name="flax.nnx.SimpleCell",
        kind="SimpleRNN",
        order="h",
        arrays=(
            Array("dense_i.kernel", "W", "F, H"),
            Array("dense_h.kernel", "U", "H, H"),
            Array("dense_i.bias", "s", "H"),
        ),
        version="0.12.8",
        source="flax/nnx/nn/recurrent.py",
        states="h",
        padding=_FLAX,
    ),
    Packing(
        name="flax.linen.LSTMCell",
        kind="LSTM",
        order="ifgo",
        arrays=(
            Array("ii/kernel if/kernel ig/kernel io/kernel", "W", "F, H"),
            Array("hi/kernel hf/kernel hg/kernel ho/kernel", "U", "H, H"),
            Array("hi/bias hf/bias hg/bias ho/bias", "s", "H"),
        ),
        version="0.12.8",
        source="flax/linen/recurrent.py; OptimizedLSTMCell has the same",
        states="(c, h)",
        padding=_FLAX,
    ),
    Packing(
        name="flax.linen.GRUCell",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("ir/kernel iz/kernel in/kernel", "W", "F, H"),
            Array("hr/kernel hz/kernel hn/kernel", "U", "H, H"),
            Array("ir/bias", "s:r", "H"),
            Array("iz/bias", "s:z", "H"),
            Array("in/bias", "b:g", "H"),
            Array("hn/bias", "d:g", "H"),
        ),
        reset_after=True,
        version="0.12.8",
        source="flax/linen/recurrent.py, where g is n",
        states="h",
        padding=_FLAX,
    ),
    Packing(
        name="flax.linen.SimpleCell",
        kind="SimpleRNN",
        order="h",
        arrays=(
            Array("i/kernel", "W", "F, H"),
            Array("h/kernel", "U", "H, H"),
            Array("i/bias", "s", "H"),
        ),
        version="0.12.8",
        source="flax/linen/recurrent.py",
        states="h",
        padding=_FLAX,
    ),
    Packing(
        name="haiku.LSTM",
        kind="LSTM",
        order="igfo",
        arrays=(Array("linear/w", "W/U", "F + H, 4H"), Array("linear/b", "s", "4H")),
        forget_bias=1.0,
        version="0.0.17",
        source="haiku/_src/recurrent.py",
        states="(hidden, cell)",
        padding="dynamic_unroll computes to the end",
    ),
    Packing(
        name="haiku.GRU",
        kind="GRU",
        order="zrg",
        arrays=(Array("w_i", "W", "F, 3H"), Array("w_h", "U", "H, 3H"), Array("b", "s", "3H")),
        update="new",
        reset_after=False,
        version="0.0.17",
        source="haiku/_src/recurrent.py, where g is a",
        states="h",
        padding="dynamic_unroll computes to the end",
    ),
    Packing(
        name="haiku.VanillaRNN",
        kind="SimpleRNN",
        order="h",
        arrays=(
            Array("linear/w", "W", "F, H"),
            Array("linear_1/w", "U", "H, H"),
            Array("linear/b", "b", "H"),
            Array("linear_1/b", "d", "H"),
        ),
        activations=("relu",),
        version="0.0.17",
        source="haiku/_src/recurrent.py",
        states="h",
        padding="dynamic_unroll computes to the end",
    ),
    Packing(
        name="brainstate.nn.LSTMCell",
        kind="LSTM",
        order="igfo",
        arrays=(Array("weight", "W/U", "F + H, 4H"), Array("bias", "s", "4H")),
        activations=("tanh", "relu"),
        forget_bias=1.0,
        version="0.5.4",
        source="brainstate/nn/_rnns.py",
        states="c and h, attributes of the cell",
        padding=_STEP,
    ),
    Packing(
        name="brainstate.nn.GRUCell",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("Wrz.weight", "W:rz/U:rz", "F + H, 2H"),
            Array("Wrz.bias", "s:rz", "2H"),
            Array("Wh.weight", "W:g/U:g", "F + H, H"),
            Array("Wh.bias", "s:g", "H"),
        ),
        activations=("tanh", "relu"),
        update="new",
        reset_after=False,
        version="0.5.4",
        source="brainstate/nn/_rnns.py",
        states="h, an attribute of the cell",
        padding=_STEP,
    ),
    Packing(
        name="brainstate.nn.ValinaRNNCell",
        kind="SimpleRNN",
        order="h",
        arrays=(Array("weight", "W/U", "F + H, H"), Array("bias", "s", "H")),
        activations=("relu", "tanh"),
        version="0.5.4",
        source="brainstate/nn/_rnns.py",
        states="h, an attribute of the cell",
        padding=_STEP,
    ),
    Packing(
        name="jax.experimental.rnn.lstm",
        kind="LSTM",
        order="ifgo",
        arrays=(Array("weights", "W U b d", "4FH + 4HH + 8H", "flat"),),
        version="0.10.2",
        source="jax/experimental/rnn.py; its lstm_ref and unpack_lstm_weights",
        states="h_0, c_0; y, h_n, c_n",
        padding=_ZEROS,
        note="its lstm needs cuDNN; lstm_ref computes the same anywhere",
    ),
    Packing(
        name="mlx.nn.LSTM",
        kind="LSTM",
        order="ifgo",
        arrays=(Array("Wx", "W", "4H, F", "below"), Array("Wh", "U", "4H, H", "below"), Array("bias", "s", "4H")),
        version="0.32.4",
        source="mlx/nn/layers/recurrent.py",
        states="hidden=, cell=; all h and all c are returned",
    ),
    Packing(
        name="mlx.nn.GRU",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("Wx", "W", "3H, F", "below"),
            Array("Wh", "U", "3H, H", "below"),
            Array("b", "s:rz b:g", "3H"),
            Array("bhn", "d:g", "H"),
        ),
        reset_after=True,
        version="0.32.4",
        source="mlx/nn/layers/recurrent.py, where g is n",
        states="hidden=; all h are returned",
    ),
    Packing(
        name="mlx.nn.RNN",
        kind="SimpleRNN",
        order="h",
        arrays=(Array("Wxh", "W", "H, F", "below"), Array("Whh", "U", "H, H", "below"), Array("bias", "s", "H")),
        activations=("tanh", "relu"),
        version="0.32.4",
        source="mlx/nn/layers/recurrent.py",
        states="hidden=; all h are returned",
    ),
    Packing(
        name="tfjs.layers.lstm",
        kind="LSTM",
        order="ifgo",
        arrays=_keras(4),
        recurrent_activations=("hard_sigmoid_keras2", "sigmoid", "tanh", "relu"),
        activations=("tanh", "sigmoid", "relu", "softsign", "hard_sigmoid_keras2", "linear"),
        version="4.22.0",
        source="tfjs-layers, layers/recurrent.ts, where g is c",
        states="h, c",
        padding="masks are not supported",
        note="recurrentActivation is hardSigmoid unless given; the forget bias is unitForgetBias's",
    ),
    Packing(
        name="tfjs.layers.gru",
        kind="GRU",
        order="zrg",
        arrays=_keras(3),
        recurrent_activations=("hard_sigmoid_keras2", "sigmoid", "tanh", "relu"),
        activations=("tanh", "sigmoid", "relu", "softsign", "hard_sigmoid_keras2", "linear"),
        reset_after=False,
        version="4.22.0",
        source="tfjs-layers, layers/recurrent.ts, where g is h",
        states="h",
        padding="masks are not supported",
        note="recurrentActivation is hardSigmoid unless given; resetAfter=true is refused",
    ),
    Packing(
        name="tfjs.layers.simpleRNN",
        kind="SimpleRNN",
        order="h",
        arrays=_keras(1),
        activations=("tanh", "sigmoid", "relu", "softsign", "hard_sigmoid_keras2", "linear"),
        version="4.22.0",
        source="tfjs-layers, layers/recurrent.ts",
        states="h",
        padding="masks are not supported",
    ),
    Packing(
        name="thinc.LSTM",
        kind="LSTM",
        order="fiog",
        arrays=(Array("LSTM", "W b U d", "4FH + 4HH + 8H", "flat"),),
        version="9.1.1",
        source="thinc/backends/ops.py: _split_weights, lstm_forward_training",
        states="HC0 (2, depth, directions, H): c, then h",
        padding=_ALONE,
        note="HC0 gets no gradient",
    ),
    Packing(
        name="chainer.links.NStepLSTM",
        kind="LSTM",
        order="ifgo",
        arrays=(
            Array("w0 w1 w2 w3", "W", "H, F", "below"),
            Array("w4 w5 w6 w7", "U", "H, H", "below"),
            Array("b0 b1 b2 b3", "b", "H"),
            Array("b4 b5 b6 b7", "d", "H"),
        ),
        version="7.8.1",
        source="chainer/functions/rnn/n_step_lstm.py",
        states="h, c",
        padding=_ALONE,
    ),
    Packing(
        name="chainer.links.NStepGRU",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("w0 w1 w2", "W", "H, F", "below"),
            Array("w3 w4 w5", "U", "H, H", "below"),
            Array("b0 b1 b2", "b", "H"),
            Array("b3 b4 b5", "d", "H"),
        ),
        reset_after=True,
        version="7.8.1",
        source="chainer/functions/rnn/n_step_gru.py",
        states="h",
        padding=_ALONE,
    ),
    Packing(
        name="chainer.links.NStepRNNTanh",
        kind="SimpleRNN",
        order="h",
        arrays=(
            Array("w0", "W", "H, F", "below"),
            Array("w1", "U", "H, H", "below"),
            Array("b0", "b", "H"),
            Array("b1", "d", "H"),
        ),
        version="7.8.1",
        source="chainer/functions/rnn/n_step_rnn.py; NStepRNNReLU has the same",
        states="h",
        padding=_ALONE,
    ),
    Packing(
        name="chainer.links.LSTM",
        kind="LSTM",
        order="gifo",
        arrays=(
            Array("upward/W", "W", "4H, F", "interleaved"),
            Array("lateral/W", "U", "4H, H", "interleaved"),
            Array("upward/b", "s", "4H", "interleaved"),
        ),
        version="7.8.1",
        source="chainer/links/rnn/lstm.py and functions/rnn/lstm.py, where g is a",
        states="c, h, attributes of the link",
        padding="none: one step; a shorter batch leaves the other states as they are",
    ),
    Packing(
        name="chainer.links.StatefulGRU",
        kind="GRU",
        order="zrg",
        arrays=(
            Array("W_z/W W_r/W W/W", "W", "H, F", "below"),
            Array("U_z/W U_r/W U/W", "U", "H, H", "below"),
            Array("W_z/b W_r/b W/b", "b", "H"),
            Array("U_z/b U_r/b U/b", "d", "H"),
        ),
        update="new",
        reset_after=False,
        version="7.8.1",
        source="chainer/links/rnn/gru.py; StatelessGRU has the same",
        states="h, an attribute of the link",
        padding=_STEP,
        note="at the first step of a fresh link its recurrent biases are left out; after set_state(zeros) they are not",
    ),
    Packing(
        name="paddle.nn.LSTM",
        kind="LSTM",
        order="ifgo",
        arrays=_torch(4, "_l0"),
        version="3.3.1",
        source="paddle/nn/layer/rnn.py",
        states="(h, c)",
        padding=f"with sequence_length {_ZEROS}, both ways",
    ),
    Packing(
        name="paddle.nn.GRU",
        kind="GRU",
        order="rzg",
        arrays=_torch(3, "_l0"),
        reset_after=True,
        version="3.3.1",
        source="paddle/nn/layer/rnn.py, where g is c",
        states="h",
        padding=f"with sequence_length {_ZEROS}, both ways",
    ),
    Packing(
        name="paddle.nn.SimpleRNN",
        kind="SimpleRNN",
        order="h",
        arrays=_torch(1, "_l0"),
        activations=("tanh", "relu"),
        version="3.3.1",
        source="paddle/nn/layer/rnn.py",
        states="h",
        padding=f"with sequence_length {_ZEROS}, both ways",
    ),
    Packing(
        name="ncnn.LSTM",
        kind="LSTM",
        order="ifog",
        arrays=(
            Array("weight_xc", "W", "1, 4H, F", "below"),
            Array("bias_c", "s", "1, 4, H"),
            Array("weight_hc", "U", "1, 4H, H", "below"),
        ),
        version="1.0.20261020",
        source="ncnn/src/layer/lstm.cpp",
        states="hidden, cell",
        padding="none: no batch",
        note="in the .bin file in this order; a direction=1 layer reverses its outputs again",
    ),
    Packing(
        name="ncnn.GRU",
        kind="GRU",
        order="rzg",
        arrays=(
            Array("weight_xc", "W", "1, 3H, F", "below"),
            Array("bias_c", "s:rz b:g d:g", "1, 4, H"),
            Array("weight_hc", "U", "1, 3H, H", "below"),
        ),
        reset_after=True,
        version="1.0.20261020",
        source="ncnn/src/layer/gru.cpp, where z is U and g is N",
        states="hidden",
        padding="none: no batch",
        note="in the .bin file in this order; a direction=1 layer reverses its outputs again",
    ),
    Packing(
        name="ncnn.RNN",
        kind="SimpleRNN",
        order="h",
        arrays=(
            Array("weight_xc", "W", "1, H, F", "below"),
            Array("bias_c", "s", "1, 1, H"),
            Array("weight_hc", "U", "1, H, H", "below"),
        ),
        version="1.0.20261020",
        source="ncnn/src/layer/rnn.cpp",
        states="hidden",
        padding="none: no batch",
        note="in the .bin file in this order; a direction=1 layer reverses its outputs again",
    ),
    Packing(
        name="openvino.LSTMSequence",
        kind="LSTM",
        order="figo",
        arrays=(
            Array("W", "W", "1, 4H, F", "below"),
            Array("R", "U", "1, 4H, H", "below"),
            Array("B", "s", "1, 4H"),
        ),
        version="2026.4.1",
        source="the operation LSTMSequence-5, where g is c",
        states="initial_hidden_state, initial_cell_state; Y, Ho, Co",
        padding=f"{_ZEROS}; a length of 0 gives zeros",
    ),
    *(
        Packing(
            name="openvino.GRUSequence",
            kind="GRU",
            order="zrg",
            arrays=(
                Array("W", "W", "1, 3H, F", "below"),
                Array("R", "U", "1, 3H, H", "below"),
                Array("B", "s:zr b:g d:g", "1, 4H") if reset_after else Array("B", "s", "1, 3H"),
            ),
            reset_after=reset_after,
            version="2026.4.1",
            source="the operation GRUSequence-5, where g is h",
            states="initial_hidden_state; Y, Ho",
            padding=f"{_ZEROS}; a length of 0 gives zeros",
            note=f"linear_before_reset={reset_after}",
        )
        for reset_after in (True, False)
    ),
    Packing(
        name="openvino.RNNSequence",
        kind="SimpleRNN",
        order="h",
        arrays=(
            Array("W", "W", "1, H, F", "below"),
            Array("R", "U", "1, H, H", "below"),
            Array("B", "s", "1, H"),
        ),
        activations=("tanh", "relu", "sigmoid"),
        version="2026.4.1",
        source="the operation RNNSequence-5",
        states="initial_hidden_state; Y, Ho",
        padding=f"{_ZEROS}; a length of 0 gives zeros",
    ),
    *(
        Packing(
            name=f"dynet.{builder}",
            kind="LSTM",
            order="ifog",
            arrays=(
                Array("x2i", "W", "4H, F", "below"),
                Array("h2i", "U", "4H, H", "below"),
                Array("bi", "s", "4H"),
            ),
            forget_bias=1.0,
            version="dynet38 2.2",
            source="dynet/lstm.cc",
            states="(c, h) by layers: first all c, then all h",
            padding=_STEP,
        )
        for builder in ("VanillaLSTMBuilder", "CompactVanillaLSTMBuilder")
    ),
    Packing(
        name="dynet.GRUBuilder",
        kind="GRU",
        order="zrg",
        arrays=(
            Array("x2z x2r x2h", "W", "H, F", "below"),
            Array("h2z h2r h2h", "U", "H, H", "below"),
            Array("bz br bh", "s", "H"),
        ),
        update="new",
        reset_after=False,
        version="dynet38 2.2",
        source="dynet/gru.cc, where g is h",
        states="h",
        padding=_STEP,
    ),
    Packing(
        name="dynet.SimpleRNNBuilder",
        kind="SimpleRNN",
        order="h",
        arrays=(Array("x2h", "W", "H, F", "below"), Array("h2h", "U", "H, H", "below"), Array("hb", "s", "H")),
        version="dynet38 2.2",
        source="dynet/rnn.cc",
        states="h",
        padding=_STEP,
    ),
    Packing(
        name="tinygrad.nn.LSTMCell",
        kind="LSTM",
        order="ifgo",
        arrays=_torch(4),
        version="0.14.0",
        source="tinygrad/nn/__init__.py",
        states="(h, c)",
        padding=_STEP,
    ),
    Packing(
        name="coremltools.add_unilstm",
        kind="LSTM",
        order="ifog",
        arrays=(
            Array("W_x_i W_x_f W_x_o W_x_z", "W", "H, F", "below"),
            Array("W_h_i W_h_f W_h_o W_h_z", "U", "H, H", "below"),
            Array("b_i b_f b_o b_z", "s", "H"),
        ),
        version="9.0",
        source="coremltools.models.neural_network.NeuralNetworkBuilder, where g is z",
        states="h, c",
        padding="none: whole sequences",
        run=False,
        note="W_x, W_h and b are lists of four arrays; runs on macOS only",
    ),
)

_SPELLED = {
    "torch": "PyTorch",
    "onnx": "ONNX",
    "tf1": "TensorFlow 1",
    "keras1": "Keras 1",
    "dl4j": "Deeplearning4j",
    "equinox": "Equinox",
    "flax": "Flax",
    "haiku": "Haiku",
    "brainstate": "BrainState",
    "jax": "JAX",
    "mlx": "MLX",
    "tfjs": "TensorFlow.js",
    "chainer": "Chainer",
    "paddle": "Paddle",
    "openvino": "OpenVINO",
    "dynet": "DyNet",
    "coremltools": "Core ML",
}


def packed_in_order(kind: str, order: Iterable[str]) -> list[Packing]:
    """The rows of this kind of layer whose gates lie in this order, one block after another."""
    return [row for row in PACKINGS if row.kind == kind and row.order == "".join(order) and not row.interleaved]


def spelled(rows: Iterable[Packing], most: int = 4) -> str:
    """The libraries of these rows as they spell themselves: "Haiku or Flax", "PyTorch (or 7 others)"."""
    names = [_SPELLED.get(library, library) for library in dict.fromkeys(row.library for row in rows)]
    if len(names) > most:
        return f"{names[0]} (or {len(names) - 1} others)"
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
