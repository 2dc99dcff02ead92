"""le.formats: a layer goes to another library's format, that library's own arithmetic runs it, and it comes back."""

import numpy as np
import onnx_by_hand
import pytest
from helpers import B, F, H, T, ours, rng_of, sequences, states, theirs

import lstm_edu as le
from lstm_edu import formats
from lstm_edu.formats import packing

KINDS = ("LSTM", "GRU", "SimpleRNN")


def recurrent(kind, rng, **config):
    return ours(kind, rng, units=H, return_sequences=True, **config)


def both(kind, rng, **config):
    one = getattr(le, kind)(H, return_sequences=True, **config)
    layer = le.Bidirectional(one)
    layer.build((None, None, F))
    layer.set_weights([0.5 * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def assert_same_weights(a, b):
    for p, q in zip(a.get_weights(), b.get_weights(), strict=True):
        assert p.shape == q.shape
        np.testing.assert_allclose(p, q, rtol=1e-6, atol=1e-7)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- reorder ----------------------------------------------------------------------------------------------------------


def test_blocks_go_where_their_letters_go():
    packed = np.repeat([0.0, 1, 2, 3], 2)[None]  # i i f f g g o o
    assert formats.reorder(packed, "ifgo", "iofg").tolist() == [[0, 0, 3, 3, 1, 1, 2, 2]]
    assert (formats.reorder(packed, "keras", "onnx") == formats.reorder(packed, "ifgo", "iofg")).all()
    there = formats.reorder(packed.T, "keras", "dl4j", axis=0)
    assert (formats.reorder(there, "dl4j", "keras", axis=0) == packed.T).all()
    for arguments, said in [
        (("ifgo", "ifg"), "same letters"),
        (("iifg", "iifg"), "same letters"),
        (("abc", "cba"), "3 blocks"),
    ]:
        with pytest.raises(ValueError, match=said):
            formats.reorder(packed, *arguments)


# --- PyTorch ----------------------------------------------------------------------------------------------------------


def pytorch_by_its_documentation(kind, arrays, x, state, way="", n=0, relu=False):
    """The equations in the documentation of torch.nn.LSTM, GRU and RNN, with its names."""
    w_ih, w_hh = arrays[f"weight_ih_l{n}{way}"], arrays[f"weight_hh_l{n}{way}"]
    rows = len(w_ih)
    b_ih = arrays.get(f"bias_ih_l{n}{way}", np.zeros(rows))
    b_hh = arrays.get(f"bias_hh_l{n}{way}", np.zeros(rows))
    h, *c = state
    outputs = []
    for t in reversed(range(x.shape[1])) if way else range(x.shape[1]):
        of_x, of_h = x[:, t] @ w_ih.T + b_ih, h @ w_hh.T + b_hh
        if kind == "LSTM":
            i, f, g, o = np.split(of_x + of_h, 4, axis=1)
            c = [sigmoid(f) * c[0] + sigmoid(i) * np.tanh(g)]
            h = sigmoid(o) * np.tanh(c[0])
        elif kind == "GRU":
            (r, z, new), (r_h, z_h, new_h) = np.split(of_x, 3, axis=1), np.split(of_h, 3, axis=1)
            r, z = sigmoid(r + r_h), sigmoid(z + z_h)
            h = (1 - z) * np.tanh(new + r * new_h) + z * h
        else:
            h = np.maximum(of_x + of_h, 0) if relu else np.tanh(of_x + of_h)
        outputs.append(h)
    return np.stack(outputs[::-1] if way else outputs, axis=1)


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_keras_layer_in_pytorchs_equations_and_back(kind, use_bias):
    rng = rng_of(1)
    keras_layer = theirs(kind, rng, units=H, return_sequences=True, use_bias=use_bias)
    x, start = sequences(rng), states(rng, count=2 if kind == "LSTM" else 1)
    arrays = formats.to_pytorch(le.from_keras(keras_layer))
    assert arrays["weight_ih_l0"].shape == (packing.BLOCKS[kind] * H, F)
    output = pytorch_by_its_documentation(kind, arrays, x, start)
    le.compare(output.astype("float32"), keras_layer(x, initial_state=start)).check()
    back = formats.from_pytorch(arrays)
    assert_same_weights(back, le.from_keras(keras_layer))
    le.compare(back(x, initial_state=start), keras_layer(x, initial_state=start)).check()


@pytest.mark.parametrize("kind", KINDS)
def test_pytorch_arrays_with_two_different_biases(kind):
    rng = rng_of(2)
    n = packing.BLOCKS[kind] * H
    shapes = {"weight_ih": (n, F), "weight_hh": (n, H), "bias_ih": (n,), "bias_hh": (n,)}
    arrays = {
        f"rnn.{name}_l0{way}": rng.standard_normal(s) * 0.5 for way in ("", "_reverse") for name, s in shapes.items()
    }
    x, zero = sequences(rng, dtype="float64"), [np.zeros((B, H))] * 2
    layer = formats.from_pytorch(arrays, prefix="rnn.", name="mine")
    assert isinstance(layer, le.Bidirectional)
    plain = {name.removeprefix("rnn."): a for name, a in arrays.items()}
    expected = [pytorch_by_its_documentation(kind, plain, x, zero, way) for way in ("", "_reverse")]
    le.compare(layer(x), np.concatenate(expected, axis=-1)).check()
    again = formats.to_pytorch(layer, prefix="rnn.")
    assert again.keys() == arrays.keys()
    assert_same_weights(formats.from_pytorch(again, "rnn."), layer)


def test_several_layers_become_a_stack_and_one_of_them_a_layer():
    rng = rng_of(3)
    stack = le.Sequential([le.GRU(H, return_sequences=True), le.GRU(H, return_sequences=True)])
    stack.build((None, None, F))
    stack.set_weights([0.5 * rng.standard_normal(w.shape) for w in stack.get_weights()])
    arrays = formats.to_pytorch(stack)
    x, zero = sequences(rng), [np.zeros((B, H))]
    first = pytorch_by_its_documentation("GRU", arrays, x, zero)
    second = pytorch_by_its_documentation("GRU", arrays, first, zero, n=1)
    assert arrays["weight_ih_l1"].shape == (3 * H, H)
    le.compare(formats.from_pytorch(arrays)(x), second.astype("float32")).check()
    assert_same_weights(formats.from_pytorch(arrays, layer=1), stack.layers[1])
    assert formats.from_pytorch(arrays, layer=1, return_sequences=False)(first).shape == (B, H)


def test_linear_and_embedding():
    rng = rng_of(4)
    dense = ours("Dense", rng, (None, F), units=3)
    arrays = formats.to_pytorch(dense, "head.")
    x = rng.standard_normal((B, F)).astype("float32")
    le.compare(x @ arrays["head.weight"].T + arrays["head.bias"], dense(x)).check()
    assert_same_weights(formats.from_pytorch(arrays, "head."), dense)
    table = ours("Embedding", rng, (None, T), input_dim=7, output_dim=3)
    weight = formats.to_pytorch(table)
    assert_same_weights(formats.from_pytorch(weight, kind="Embedding"), table)
    assert formats.from_pytorch(weight, kind="Dense").units == 7
    with pytest.raises(ValueError, match="kind='Embedding'"):
        formats.from_pytorch(weight)


def test_a_relu_rnn():
    layer = recurrent("SimpleRNN", rng_of(5), activation="relu")
    arrays, x = formats.to_pytorch(layer), sequences(rng_of(6))
    expected = pytorch_by_its_documentation("SimpleRNN", arrays, x, [np.zeros((B, H))], relu=True)
    le.compare(formats.from_pytorch(arrays, nonlinearity="relu")(x), expected.astype("float32")).check()


def test_the_real_pytorch():
    torch = pytest.importorskip("torch")
    rng = rng_of(7)
    for kind, module in [("LSTM", "LSTM"), ("GRU", "GRU"), ("SimpleRNN", "RNN")]:
        for two in (False, True):
            layer = both(kind, rng) if two else recurrent(kind, rng)
            real = getattr(torch.nn, module)(F, H, batch_first=True, bidirectional=two)
            real.load_state_dict({name: torch.from_numpy(a) for name, a in formats.to_pytorch(layer).items()})
            x = sequences(rng)
            with torch.inference_mode():
                le.compare(layer(x), real(torch.from_numpy(x))[0].numpy()).check()
            with torch.no_grad():
                for parameter in real.parameters():
                    parameter.copy_(torch.from_numpy(rng.standard_normal(parameter.shape)))
            back = formats.from_pytorch(real.state_dict())
            with torch.inference_mode():
                le.compare(back(x), real(torch.from_numpy(x))[0].numpy()).check()
    deep = torch.nn.LSTM(F, H, num_layers=3, bidirectional=True, batch_first=True)
    with torch.inference_mode():
        le.compare(formats.from_pytorch(deep.state_dict())(x), deep(torch.from_numpy(x))[0].numpy()).check()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: {f"encoder.{name}": v for name, v in a.items()}, r"prefix ''.*'encoder\.'"),
        (lambda a: {name: v for name, v in a.items() if name != "weight_ih_l0"}, "weight_ih_l0 is missing"),
        (lambda a: {name: v for name, v in a.items() if name != "bias_hh_l0"}, "one of bias_ih and bias_hh"),
        (lambda a: a | {"weight_hr_l0": np.ones((2, H))}, "proj_size"),
        (lambda a: {name.replace("l0", "l1"): v for name, v in a.items()}, "without a gap"),
        (lambda a: a | {"weight_hh_l0": a["weight_hh_l0"].T}, "blocks of 16 rows"),
        (lambda a: a | {"weight_ih_l0": a["weight_ih_l0"].T}, "looks transposed"),
        (lambda a: a | {"bias_ih_l0": np.ones(3)}, r"bias_ih_l0 must have shape \(16\), got \(3"),
        (lambda a: a | {"bias_ih_l0": "text"}, "real numbers"),
        (lambda a: {}, "none"),
    ],
)
def test_state_dicts_that_cannot_be_are_refused(change, said):
    arrays = formats.to_pytorch(recurrent("LSTM", rng_of(8)))
    with pytest.raises((ValueError, TypeError), match=said):
        formats.from_pytorch(change(arrays))


# --- ONNX -------------------------------------------------------------------------------------------------------------


def onnx_runtime(layer, x, **model):
    """(B, T, D H), by ONNX Runtime."""
    weights = formats.to_onnx(layer)
    y = onnx_by_hand.run(onnx_by_hand.recurrent_model(weights, **model), X=np.ascontiguousarray(x.transpose(1, 0, 2)))
    return y.transpose(2, 0, 1, 3).reshape(*x.shape[:2], -1)


ONNX_LAYERS = {
    "LSTM": lambda rng: recurrent("LSTM", rng),
    "LSTM, no bias": lambda rng: recurrent("LSTM", rng, use_bias=False),
    "LSTM, old hard_sigmoid": lambda rng: recurrent("LSTM", rng, recurrent_activation="hard_sigmoid_keras2"),
    "LSTM, new hard_sigmoid": lambda rng: recurrent("LSTM", rng, recurrent_activation="hard_sigmoid"),
    "LSTM, softsign": lambda rng: recurrent("LSTM", rng, activation="softsign"),
    "GRU": lambda rng: recurrent("GRU", rng),
    "GRU, reset before": lambda rng: recurrent("GRU", rng, reset_after=False),
    "SimpleRNN": lambda rng: recurrent("SimpleRNN", rng),
    "SimpleRNN, relu": lambda rng: recurrent("SimpleRNN", rng, activation="relu"),
    "Both ways": lambda rng: both("LSTM", rng),
    "GRU both ways": lambda rng: both("GRU", rng, reset_after=False),
    "Both ways, hard_sigmoid": lambda rng: both("LSTM", rng, recurrent_activation="hard_sigmoid_keras2"),
}


@pytest.mark.parametrize("name", ONNX_LAYERS)
def test_onnx_runtime_computes_the_same_and_it_comes_back(name):
    pytest.importorskip("onnxruntime", reason="no ONNX Runtime for this machine")
    rng = rng_of(9)
    layer = ONNX_LAYERS[name](rng)
    x = sequences(rng)
    theirs_output = onnx_runtime(layer, x)
    assert np.abs(theirs_output - layer(x)).max() < 1e-5  # ONNX Runtime's tanh is an approximation
    weights = formats.to_onnx(layer)
    back = formats.from_onnx(weights.W, weights.R, weights.B, **weights.attributes)
    assert np.abs(back(x) - theirs_output).max() < 1e-5
    (read,) = formats.read_onnx(onnx_by_hand.recurrent_model(weights, name="the/lstm")).values()
    if not name.endswith("no bias"):
        assert_same_weights(back, layer)
    assert (read(x) == back(x)).all()


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_onnx_arrays_with_two_different_biases(kind):
    pytest.importorskip("onnxruntime", reason="no ONNX Runtime for this machine")
    rng = rng_of(10)
    for reset_after in (True, False) if kind == "GRU" else (None,):
        layer = recurrent(kind, rng, **({} if reset_after is None else {"reset_after": reset_after}))
        weights = formats.to_onnx(layer)
        weights = weights._replace(B=rng.standard_normal(weights.B.shape).astype("float32"))
        x = sequences(rng)
        y = onnx_by_hand.run(onnx_by_hand.recurrent_model(weights), X=np.ascontiguousarray(x.transpose(1, 0, 2)))
        ours_output = formats.from_onnx(weights.W, weights.R, weights.B, **weights.attributes)(x)
        assert np.abs(y[:, 0].transpose(1, 0, 2) - ours_output).max() < 1e-5


def test_a_file_with_recurrent_and_dense_layers(tmp_path):
    rng = rng_of(11)
    lstm, dense = recurrent("LSTM", rng), ours("Dense", rng, (None, H), units=3)
    weights = formats.to_onnx(lstm)
    kernel, bias = dense.get_weights()
    arrays = {
        "W": weights.W,
        "R": weights.R,
        "B": weights.B,
        "K": kernel,
        "KT": np.ascontiguousarray(kernel.T),
        "b": bias,
    }
    nodes = [
        onnx_by_hand.node("LSTM", ["X", "W", "R", "B"], ["Y"], "lstm", **weights.attributes),
        onnx_by_hand.node("Relu", ["Y"], ["Z"], "relu"),
        onnx_by_hand.node("MatMul", ["Z", "K"], ["M"], "matmul"),
        onnx_by_hand.node("Add", ["M", "b"], ["S"], "add"),
        onnx_by_hand.node("Gemm", ["Z", "KT", "b"], ["G"], "gemm", transB=1, beta=0.5),
        onnx_by_hand.node("Constant", [], ["C"], "constant", value=kernel),
        onnx_by_hand.node("MatMul", ["Z", "C"], ["N"], "bare"),
    ]
    for raw in (True, False):
        content = onnx_by_hand.model(nodes, arrays, {"X": ("T", "N", F)}, {"S": ("T", 1, "N", 3)}, raw)
        (tmp_path / "model.onnx").write_bytes(content)
        layers = formats.read_onnx(tmp_path / "model.onnx")
        assert list(layers) == ["lstm", "matmul", "gemm", "bare"]
        assert_same_weights(layers["lstm"], lstm)
        assert_same_weights(layers["matmul"], dense)
        le.compare(layers["gemm"].get_weights(), [kernel, 0.5 * bias]).check()
        assert len(layers["bare"].get_weights()) == 1


def test_onnxs_own_library_reads_the_files_of_these_tests():
    onnx = pytest.importorskip("onnx")
    weights = formats.to_onnx(both("LSTM", rng_of(12), recurrent_activation="hard_sigmoid"))
    onnx.checker.check_model(onnx.load_from_string(onnx_by_hand.recurrent_model(weights)), full_check=True)


def test_files_that_are_no_onnx_are_refused(tmp_path):
    weights = formats.to_onnx(recurrent("LSTM", rng_of(13)))
    content = onnx_by_hand.recurrent_model(weights)
    for bad in (
        b"",
        b"text that is not a model",
        content[:200],
        content[: len(content) // 2],
        bytes(1000),
        b"\xff" * 100,
    ):
        with pytest.raises(ValueError, match="not an .onnx file|damaged|no graph"):
            formats.read_onnx(bad)
    with pytest.raises(FileNotFoundError):
        formats.read_onnx(tmp_path / "none.onnx")
    computed = onnx_by_hand.model(
        [onnx_by_hand.node("LSTM", ["X", "V", "R", "B"], ["Y"], "made")], {"R": weights.R}, {}, {"Y": ("T",)}
    )
    with pytest.raises(ValueError, match="LSTM 'made': its W, 'V', is not stored in the file but given when it runs"):
        formats.read_onnx(computed)
    short = onnx_by_hand.tensor("W", weights.W).replace(weights.W.tobytes(), weights.W.tobytes()[:-4])
    with pytest.raises(ValueError, match="not an .onnx file|damaged"):
        formats.read_onnx(onnx_by_hand.field(7, onnx_by_hand.field(5, short)))


@pytest.mark.parametrize("seed", range(30))
def test_any_damage_to_a_file_is_a_clear_refusal_or_none(seed):
    rng = rng_of(14, seed)
    content = bytearray(onnx_by_hand.recurrent_model(formats.to_onnx(recurrent("LSTM", rng))))
    for place in rng.integers(0, min(len(content), 200 if seed % 2 else len(content)), 3):
        content[place] = rng.integers(0, 256)
    try:
        formats.read_onnx(bytes(content))
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"P": np.ones((1, 3 * H))}, "peepholes"),
        ({"clip": 3.0}, "clip=3.0"),
        ({"input_forget": 1}, "input_forget=1"),
        ({"layout": 1}, "layout=1"),
        ({"direction": "bidirectional"}, "1 direction"),
        ({"hidden_size": 7}, "hidden_size is 7"),
        ({"activations": ["Sigmoid", "Tanh"]}, "must have 3 names"),
        ({"activations": ["Sigmoid", "Tanh", "Relu"]}, "one activation for candidate and cell"),
        ({"activations": ["ThresholdedRelu", "Tanh", "Tanh"]}, "'ThresholdedRelu' is not supported"),
        ({"activations": ["HardSigmoid", "Tanh", "Tanh"], "activation_alpha": [0.3]}, "alpha=0.3"),
        ({"B": np.ones((1, 3))}, r"B must have shape \(1, 32\)"),
        ({"W": np.ones((1, 3, 2))}, "W must have shape"),
        ({"R": np.ones((1, 7, H))}, "blocks of 4 rows each, got 7"),
    ],
)
def test_operators_that_keras_cannot_follow_are_refused(change, said):
    weights = formats.to_onnx(recurrent("LSTM", rng_of(15)))
    given = {"W": weights.W, "R": weights.R, "B": weights.B, **weights.attributes} | change
    with pytest.raises(ValueError, match=said):
        formats.from_onnx(**given)


def test_a_reverse_operator_is_one_that_goes_backwards():
    pytest.importorskip("onnxruntime", reason="no ONNX Runtime for this machine")
    weights = formats.to_onnx(recurrent("LSTM", rng_of(16)))
    weights = weights._replace(attributes=weights.attributes | {"direction": "reverse"})
    x = sequences(rng_of(17))
    y = onnx_by_hand.run(onnx_by_hand.recurrent_model(weights), X=np.ascontiguousarray(x.transpose(1, 0, 2)))
    layer = formats.from_onnx(weights.W, weights.R, weights.B, **weights.attributes)
    assert layer.go_backwards
    assert np.abs(y[:, 0].transpose(1, 0, 2) - layer(x)[:, ::-1]).max() < 1e-5


# --- TensorFlow 1 -----------------------------------------------------------------------------------------------------


def test_the_published_numbers_of_basic_lstm_cell():
    """Weights .5, bias 0, x = [1, 1], c = h = .1: with the forget bias that is added when it runs, and without."""
    variables = {"rnn/basic_lstm_cell/kernel": np.full((4, 8), 0.5), "rnn/basic_lstm_cell/bias": np.zeros(8)}
    for forget_bias, c, h in [(1.0, 0.68967271, 0.44848421), (0.0, 0.67560849, 0.44164589)]:
        layer = formats.from_tf1(variables, forget_bias=forget_bias, return_state=True)
        _, got_h, got_c = layer(np.ones((1, 1, 2)), initial_state=[np.full((1, 2), 0.1)] * 2)
        assert np.abs(got_c - c).max() < 1e-7 and np.abs(got_h - h).max() < 1e-7  # printed from float32


@pytest.mark.parametrize("forget_bias", [1.0, 0.0, 0.3])
def test_tensorflows_own_lstm_cell(forget_bias):
    import tensorflow as tf

    rng = rng_of(18)
    keras_layer = theirs("LSTM", rng, units=H, return_sequences=True, return_state=True)
    variables = formats.to_tf1(le.from_keras(keras_layer), forget_bias=forget_bias)
    x, (h, c) = sequences(rng), states(rng)
    expected = keras_layer(x, initial_state=[h, c])
    unused = np.zeros(H, "float32")
    outputs = []
    for t in range(T):
        cell = tf.raw_ops.LSTMBlockCell(
            x=x[:, t], cs_prev=c, h_prev=h, w=variables["kernel"], wci=unused, wcf=unused, wco=unused,
            b=variables["bias"], forget_bias=forget_bias, cell_clip=-1, use_peephole=False,
        )  # fmt: skip
        h, c = cell.h, cell.cs
        outputs.append(h)
    le.compare(np.stack(outputs, axis=1), expected[0]).check()
    le.compare(np.asarray(c), expected[2]).check()
    back = formats.from_tf1({f"cell/{name}:0": a for name, a in variables.items()}, forget_bias=forget_bias)
    assert_same_weights(back, le.from_keras(keras_layer))


def test_tensorflows_own_gru_cell():
    import tensorflow as tf

    rng = rng_of(19)
    keras_layer = theirs("GRU", rng, units=H, return_sequences=True, reset_after=False)
    variables = formats.to_tf1(le.from_keras(keras_layer))
    x, (h,) = sequences(rng), states(rng, count=1)
    expected = keras_layer(x, initial_state=h)
    outputs = []
    for t in range(T):
        h = tf.raw_ops.GRUBlockCell(
            x=x[:, t], h_prev=h, w_ru=variables["gates/kernel"], w_c=variables["candidate/kernel"],
            b_ru=variables["gates/bias"], b_c=variables["candidate/bias"],
        ).h  # fmt: skip
        outputs.append(h)
    le.compare(np.stack(outputs, axis=1), expected).check()
    back = formats.from_tf1({f"rnn/gru_cell/{name}": a for name, a in variables.items()}, "rnn/")
    assert_same_weights(back, le.from_keras(keras_layer))
    le.compare(back(x), keras_layer(x)).check()


def test_a_basic_rnn_cell():
    layer = recurrent("SimpleRNN", rng_of(20))
    variables = formats.to_tf1(layer)
    x, h = sequences(rng_of(21)), np.zeros((B, H))
    for t in range(T):
        h = np.tanh(np.concatenate([x[:, t], h], axis=1) @ variables["kernel"] + variables["bias"])
    le.compare(h.astype("float32"), layer(x)[:, -1]).check()
    named = {f"rnn/basic_rnn_cell/{name}": a for name, a in variables.items()}
    assert_same_weights(formats.from_tf1(named), layer)
    assert_same_weights(formats.from_tf1(variables, kind="SimpleRNN"), layer)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "one kernel.*got 0"),
        ({"a/kernel": np.ones((5, 8)), "b/kernel": np.ones((5, 8))}, "got 2: a/kernel, b/kernel"),
        ({"kernel": np.ones((5, 8))}, "bias is missing"),
        ({"kernel": np.ones((5, 8)), "bias": np.ones(7)}, "bias must have shape"),
        ({"kernel": np.ones((2, 8)), "bias": np.ones(8)}, "0 rows would be left for x"),
        ({"kernel": np.ones((5, 7)), "bias": np.ones(7)}, "with H = 1.75"),
        ({"kernel": np.ones((5, 8)), "bias": np.ones(8), "w_f_diag": np.ones(2)}, "peepholes"),
        ({"gates/kernel": np.ones((5, 8)), "gates/bias": np.ones(8)}, "one candidate/kernel"),
    ],
)
def test_variables_that_cannot_be_are_refused(variables, said):
    with pytest.raises(ValueError, match=said):
        formats.from_tf1(variables)


# --- Keras 1, Deeplearning4j ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_keras_1_in_its_own_equations_and_back(kind):
    """recurrent.py of Keras 1.2, step by step: one W, U and b a gate."""
    rng = rng_of(22)
    config = {"LSTM": {}, "GRU": {"reset_after": False}, "SimpleRNN": None}[kind]
    config = {} if config is None else config | {"recurrent_activation": "hard_sigmoid_keras2"}
    layer = recurrent(kind, rng, **config)
    arrays = formats.to_keras1(layer)
    assert len(arrays) == {"LSTM": 12, "GRU": 9, "SimpleRNN": 3}[kind]
    gates = [arrays[k : k + 3] for k in range(0, len(arrays), 3)]
    x = sequences(rng)
    h = c = np.zeros((B, H))

    def inner(z):
        return np.clip(0.2 * z + 0.5, 0, 1)

    def at(gate, t, h):
        w, u, b = gate
        return x[:, t] @ w + b + h @ u

    for t in range(T):
        if kind == "LSTM":
            i, g, f, o = (at(gate, t, h) for gate in gates)
            c = inner(f) * c + inner(i) * np.tanh(g)
            h = inner(o) * np.tanh(c)
        elif kind == "GRU":
            z, r = inner(at(gates[0], t, h)), inner(at(gates[1], t, h))
            h = z * h + (1 - z) * np.tanh(at(gates[2], t, r * h))
        else:
            h = np.tanh(at(gates[0], t, h))
    le.compare(h.astype("float32"), layer(x)[:, -1]).check()
    back = formats.from_keras1(arrays)
    assert_same_weights(back, layer)
    le.compare(back(x), layer(x)).check()


def test_what_keras_1_cannot_be():
    good = formats.to_keras1(recurrent("LSTM", rng_of(23), recurrent_activation="sigmoid"))
    assert formats.from_keras1(good, inner_activation="sigmoid").recurrent_activation.name == "sigmoid"
    for arrays, said in [
        (good[:5], "got 5"),
        (good[:3] + [good[3].T, *good[4:]], r"arrays\[3\] must have shape.*transposed"),
        ([np.ones((5, 16)), np.ones((4, 16)), np.ones(16)], "look packed"),
    ]:
        with pytest.raises(ValueError, match=said):
            formats.from_keras1(arrays)


def test_deeplearning4j_in_its_own_order_and_back():
    rng = rng_of(24)
    layer = recurrent("LSTM", rng)
    arrays = formats.to_dl4j(layer)
    x = sequences(rng)
    h = c = np.zeros((B, H))
    for t in range(T):
        g, f, o, i = np.split(x[:, t] @ arrays["W"] + h @ arrays["RW"] + arrays["b"], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    le.compare(h.astype("float32"), layer(x)[:, -1]).check()
    assert_same_weights(formats.from_dl4j(**arrays), layer)
    with pytest.raises(ValueError, match="peepholes of a GravesLSTM"):
        formats.from_dl4j(arrays["W"], np.ones((H, 4 * H + 3)), arrays["b"])


# --- what no other format can say -------------------------------------------------------------------------------------

TO = {name: getattr(formats, name) for name in ("to_pytorch", "to_onnx", "to_tf1", "to_keras1", "to_dl4j")}
CANNOT = [
    ("to_pytorch", lambda r: recurrent("GRU", r, reset_after=False), "reset_after=False"),
    ("to_pytorch", lambda r: recurrent("LSTM", r, recurrent_activation="hard_sigmoid"), "always sigmoid"),
    ("to_pytorch", lambda r: recurrent("LSTM", r, activation="relu"), "activation='relu'"),
    ("to_pytorch", lambda r: recurrent("SimpleRNN", r, activation="softsign"), "tanh or relu"),
    ("to_pytorch", lambda r: ours("Dense", r, (None, F), units=2, activation="softmax"), "activation='softmax'"),
    ("to_tf1", lambda r: recurrent("GRU", r), "reset_after=True"),
    ("to_tf1", lambda r: both("LSTM", r), "one by one"),
    ("to_keras1", lambda r: recurrent("GRU", r), "reset_after=True"),
    ("to_keras1", lambda r: recurrent("LSTM", r, recurrent_activation="hard_sigmoid"), "slope is 0.2"),
    ("to_onnx", lambda r: recurrent("LSTM", r, activation="gelu"), "'gelu'"),
    ("to_dl4j", lambda r: recurrent("GRU", r), "takes LSTM"),
    *((name, lambda r: recurrent("LSTM", r, go_backwards=True), "go_backwards=True") for name in TO),
    *((name, lambda r: le.LSTM(3), "is not built") for name in TO),
]


@pytest.mark.parametrize("number", range(len(CANNOT)))
def test_what_a_format_cannot_say_is_refused_by_name(number):
    name, make, said = CANNOT[number]
    with pytest.raises(ValueError, match=said):
        TO[name](make(rng_of(25)))


@pytest.mark.parametrize("name", TO)
def test_layers_of_keras_are_told_the_way(name):
    with pytest.raises(TypeError, match=rf"le\.formats\.{name}\(le\.from_keras\(layer\)\)"):
        TO[name](theirs("LSTM", rng_of(26), units=H))


def test_directions_that_differ_are_refused():
    back = le.LSTM(H + 1, return_sequences=True, go_backwards=True)
    layer = le.Bidirectional(le.LSTM(H, return_sequences=True), backward_layer=back)
    layer.build((None, None, F))
    for name in ("to_pytorch", "to_onnx"):
        with pytest.raises(ValueError, match="4 and 5 units"):
            TO[name](layer)
        with pytest.raises(ValueError, match="merge_mode='sum'"):
            summed = le.Bidirectional(le.LSTM(H), "sum")
            summed.build((None, None, F))
            TO[name](summed)
    stack = le.Sequential([le.LSTM(H, return_sequences=True), le.LSTM(H + 1)])
    stack.build((None, None, F))
    with pytest.raises(ValueError, match="num_layers are all alike"):
        formats.to_pytorch(stack)


def test_float64_stays_float64_and_arguments_go_on():
    layer = recurrent("LSTM", rng_of(28), dtype="float64")
    back = formats.from_pytorch(formats.to_pytorch(layer), return_state=True, name="kept")
    assert back.dtype == np.float64 and back.name == "kept" and back.return_state
    with pytest.raises(TypeError, match="no argument 'unknown'"):
        formats.from_pytorch(formats.to_pytorch(layer), unknown=1)
