"""read_onnx on what real exporters write, compared with ONNX Runtime, which runs the same file."""

import itertools
import re
import warnings
import zipfile

import numpy as np
import onnx_by_hand
import pytest
from helpers import rng_of

import lstm_edu as le
from lstm_edu import formats
from lstm_edu.formats import onnx_operators
from lstm_edu.formats.protobuf import Node

B, T, F, H = 3, 4, 5, 4  # as scripts/make_onnx_files.py


@pytest.fixture(scope="module")
def exported(root):
    """name -> the bytes of a file by scripts/make_onnx_files.py."""
    with zipfile.ZipFile(root / "tests" / "data" / "onnx.zip") as archive:
        return {name.removesuffix(".onnx"): archive.read(name) for name in archive.namelist()}


def read(content):
    """The layers, and the warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layers = formats.read_onnx(content)
    assert len(caught) <= 1
    return layers, " ".join(str(one.message) for one in caught)


def run(content, *inputs):
    """The first output, by ONNX Runtime."""
    runtime = pytest.importorskip("onnxruntime", reason="no ONNX Runtime for this machine")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip((i.name for i in session.get_inputs()), inputs, strict=True)))[0]


def padded(rng):
    """(B, T, F) with zeros at the end, at the beginning and inside, and the mask."""
    x = rng.standard_normal((B, T, F)).astype("float32")
    x[0, 2:] = x[1, :1] = x[2, 1:2] = 0
    return x, np.any(x != 0, axis=-1)


def last(y):
    return y[:, -1]


def forwards_and_back(one, two, x):
    """Two layers as Bidirectional has them."""
    return np.concatenate([one(x), two(x)[:, ::-1]], axis=-1)


# name -> the kinds of layers with what they must be, and what they compute of x together.

CASES = {
    "lstm": ([("LSTM", {}), ("Dense", {})], lambda x, lstm, dense: dense(lstm(x))),
    "lstm-backwards": ([("LSTM", {"go_backwards": True})], lambda x, lstm: lstm(x)),
    "lstm-hard": ([("LSTM", {"recurrent_activation": "hard_sigmoid"})], lambda x, lstm: lstm(x)),
    "lstm-unrolled": ([("LSTM", {})], lambda x, lstm: last(lstm(x))),
    "lstm-one-row": ([("LSTM", {"units": H}), ("LSTM", {"units": 3})], lambda x, one, two: last(two(one(x)))),
    "gru-reset-before": ([("GRU", {"reset_after": False})], lambda x, gru: gru(x)),
    "gru-unrolled-backwards": ([("GRU", {"go_backwards": True})], lambda x, gru: last(gru(x))),
    "rnn-relu-backwards": (
        [("SimpleRNN", {"activation": "relu", "go_backwards": True, "use_bias": False})],
        lambda x, rnn: rnn(x),
    ),
    "gru-both-ways": (
        [("GRU", {"go_backwards": False}), ("GRU", {"go_backwards": True})],
        lambda x, *both: forwards_and_back(*sorted(both, key=lambda gru: gru.go_backwards), x),
    ),
    "two-branches": (
        [("GRU", {"units": 3}), ("LSTM", {"units": H}), ("Dense", {})],
        lambda x, gru, lstm, dense: dense(np.concatenate([last(lstm(x)), last(gru(x))], axis=-1)),
    ),
    "torch-lstm": ([("Bidirectional", {})] * 2 + [("Dense", {})], lambda x, one, two, dense: dense(two(one(x)))),
    "torch-gru": ([("GRU", {"reset_after": True}), ("Dense", {})], lambda x, gru, dense: dense(gru(x))),
    "torch-rnn": ([("SimpleRNN", {"activation": "relu"}), ("Dense", {})], lambda x, rnn, dense: dense(rnn(x))),
    "torch-flipped": ([("LSTM", {"go_backwards": True}), ("Dense", {})], lambda x, lstm, dense: dense(lstm(x))),
    "torch-cell": ([("LSTM", {})], lambda x, lstm: last(lstm(x))),
}


def assert_kinds(layers, expected):
    found = [(type(layer).__name__, layer) for layer in layers.values()]
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    for (kind, layer), (_, settings) in zip(found, expected, strict=True):
        for key, value in settings.items():
            assert getattr(getattr(layer, key), "name", getattr(layer, key)) == value, (kind, key)


@pytest.mark.parametrize("name", CASES)
def test_layers_compute_what_onnx_runtime_computes_of_the_file(name, exported):
    expected, computed = CASES[name]
    layers, said = read(exported[name])
    assert_kinds(layers, expected)
    assert said == ""
    assert not layers.not_read
    x = rng_of(1).standard_normal((1 if name == "lstm-one-row" else B, T, F)).astype("float32")
    assert np.abs(computed(x, *layers.values()) - run(exported[name], x)).max() < 2e-6


def test_an_embedding(exported):
    layers, _ = read(exported["gru"])
    assert_kinds(layers, [("Embedding", {"input_dim": 9}), ("GRU", {"reset_after": True})])
    ids = rng_of(2).integers(0, 9, (B, T)).astype("float32")
    embedding, gru = layers.values()
    assert np.abs(gru(embedding(ids)) - run(exported["gru"], ids)).max() < 2e-6


@pytest.mark.parametrize("name", ["lstm-masked", "gru-masked"])
def test_a_masked_layer_is_no_two_dense_layers_and_its_mask_is_told(name, exported):
    layers, said = read(exported[name])
    assert [type(layer).__name__ for layer in layers.values()] == [name.split("-")[0].upper()]
    assert "skips the steps that a mask hides" in said
    assert not layers.not_read
    x, mask = padded(rng_of(3))
    (layer,) = layers.values()
    theirs = run(exported[name], x)
    assert np.abs(last(layer(x, mask=mask)) - theirs).max() < 2e-6
    assert np.abs(last(layer(x)) - theirs).max() > 1e-2, "the mask matters here"


@pytest.mark.parametrize("name", ["lstm-stateful", "gru-stateful", "torch-states"])
def test_states_that_are_stored_are_not_lost(name, exported):
    layers, said = read(exported[name])
    ((key, layer),) = layers.items()
    assert f"initial_state[{key!r}] of the result has them" in said
    assert not layers.not_read
    states = layers.initial_state[key]
    assert len(states) == len(layer.state_names)
    assert {state.shape for state in states} == {(1 if name == "torch-states" else B, H)}
    x = rng_of(4).standard_normal((B, T, F)).astype("float32")
    y = layer(x, initial_state=[np.repeat(s, B // len(s), axis=0) for s in states])
    theirs = run(exported[name], x)
    assert np.abs((y if theirs.ndim == 3 else last(y)) - theirs).max() < 2e-6
    assert np.abs(last(layer(x) - y)).max() > 1e-3, "the states matter here"


def test_a_state_that_the_graph_computes_is_told(exported):
    layers, said = read(exported["encoder-decoder"])
    decoder = list(layers)[1]
    assert f"{decoder!r}: it starts from" in said and "give it as initial_state" in said
    encoder = layers[list(layers)[0]]
    x, y = (rng_of(5, n).standard_normal((B, t, f)).astype("float32") for n, t, f in ((0, T, F), (1, 7, 2)))
    _, *states = with_states(encoder)(x)
    assert np.abs(layers[decoder](y, initial_state=states) - run(exported["encoder-decoder"], x, y)).max() < 2e-6


def with_states(layer):
    other = layer.copy(return_state=True)
    other.build((None, None, layer.kernel.shape[0]))
    other.set_weights(layer.get_weights())
    return other


def test_operators_that_are_not_read_are_named(exported):
    layers, said = read(exported["conv"])
    assert_kinds(layers, [("LSTM", {"units": H})])
    assert re.search(r"Conv '[^']*conv1d[^']*' has weights \(6, 5, 1, 3\) and is not read", said)
    assert all(name in said for name in layers.not_read)
    assert any(line.startswith("not read: Conv") for line in layers.lines())


def test_a_loop_that_is_no_layer_is_named_with_the_reason_and_a_next_step(exported):
    with pytest.raises(
        ValueError, match=r"Loop '.*while_loop' has weights .*\(4, 16\).* not read: .*several cells"
    ) as e:
        formats.read_onnx(exported["stacked-cells"])
    assert "becomes an LSTM, GRU or RNN operator" in str(e.value)


def replaced(content, old, new):
    """With an operator of another kind, whose name is as long."""
    assert len(old) == len(new) and old in content
    return content.replace(old, new)


@pytest.mark.parametrize(("old", "new"), [(b"\x04Tanh", b"\x04Sqrt"), (b"\x03Sub", b"\x03Add")])
def test_a_loop_that_computes_something_else_is_not_taken_for_a_layer(old, new, exported):
    """The same matrices, another function: looks alone would pass it."""
    with pytest.raises(ValueError, match="has the matrices of a GRU of 4 units, but does not compute what Keras"):
        formats.read_onnx(replaced(exported["gru-reset-before"], old, new))


def test_a_loop_whose_masked_steps_do_something_else_is_not_taken_for_a_masked_layer(exported):
    """Where the mask is True all is as before; where it is False the state changes its sign."""
    other = replaced(exported["gru-masked"], b'while/SelectV2_1"\x03Add', b'while/SelectV2_1"\x03Sub')
    with pytest.raises(ValueError, match="nothing in the file could be read. Loop .* does not compute what Keras"):
        formats.read_onnx(other)


def test_steps_that_compute_something_else_are_named_too(exported):
    with pytest.raises(
        ValueError, match=r"step after step, which is not read: .*does not compute what Keras.*unroll=False"
    ):
        formats.read_onnx(replaced(exported["lstm-unrolled"], b"\x04Tanh", b"\x04Sqrt"))


def test_a_loop_that_reads_in_another_order_is_not_taken_for_a_layer(exported):
    """The counter goes by 2 instead of 1."""
    one = onnx_by_hand.field(9, np.int32(1).tobytes())
    with pytest.raises(ValueError, match="does not read its sequence entry by entry"):
        formats.read_onnx(replaced(exported["gru-reset-before"], one, onnx_by_hand.field(9, np.int32(2).tobytes())))


# --- written by hand --------------------------------------------------------------------------------------------------


def lstm_file(rng, before=(), extra=None, inputs=("X", "W", "R", "B"), **attributes):
    """An LSTM operator with other operators before it."""
    layer = le.LSTM(H, return_sequences=True)
    layer.build((None, None, F))
    layer.set_weights([0.5 * rng.standard_normal(w.shape) for w in layer.get_weights()])
    weights = formats.to_onnx(layer)
    arrays = {"W": weights.W, "R": weights.R, "B": weights.B} | (extra or {})
    node = onnx_by_hand.node("LSTM", list(inputs), ["Y"], "lstm", **weights.attributes | attributes)
    return layer, onnx_by_hand.model([*before, node], arrays, {"X": (T, B, F)}, {"Y": (T, 1, B, H)})


def time_first(x):
    return np.ascontiguousarray(x.transpose(1, 0, 2))


def test_lengths_of_the_sequences_are_told_and_a_mask_says_the_same():
    rng = rng_of(6)
    lengths = np.array([4, 2, 3], np.int32)
    _, content = lstm_file(rng, inputs=("X", "W", "R", "B", "lengths"))
    content = onnx_by_hand_with_input(content, "lengths", (B,))
    layers, said = read(content)
    assert "gets the lengths of the sequences from 'lengths'" in said
    x = rng.standard_normal((B, T, F)).astype("float32")
    y = layers["lstm"](x, mask=np.arange(T) < lengths[:, None])
    assert np.abs(y - run(content, time_first(x), lengths)[:, 0].transpose(1, 0, 2)).max() < 2e-6


def onnx_by_hand_with_input(content, name, shape):
    """The same graph with one more input, of int32."""
    graph_at = content.index(b"\x3a")
    _, size_at = 0, graph_at + 1
    size, shift, at = 0, 0, size_at
    while True:
        byte = content[at]
        size |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            break
    dims = b"".join(onnx_by_hand.field(1, onnx_by_hand.field(1, n)) for n in shape)
    kind = onnx_by_hand.field(1, onnx_by_hand.field(1, 6) + onnx_by_hand.field(2, dims))
    info = onnx_by_hand.field(11, onnx_by_hand.field(1, name) + onnx_by_hand.field(2, kind))
    return content[:graph_at] + onnx_by_hand.field(7, content[at : at + size] + info) + content[at + size :]


def test_a_sequence_turned_round_in_two_directions_is_refused():
    flip = onnx_by_hand.node("Slice", ["X", "start", "end", "axis", "step"], ["V"], "flip")
    numbers = {"start": -1, "end": -(2**62), "axis": 0, "step": -1}
    extra = {name: np.array([n]) for name, n in numbers.items()}
    given = {"before": [flip], "extra": extra, "inputs": ("V", "W", "R", "B")}
    layer, content = lstm_file(rng_of(7), **given)
    found = formats.read_onnx(content)["lstm"]
    assert found.go_backwards
    x = rng_of(8).standard_normal((B, T, F)).astype("float32")
    assert np.abs(found(x) - run(content, time_first(x))[:, 0].transpose(1, 0, 2)).max() < 2e-6
    assert np.abs(found(x) - layer(x)).max() > 1e-2
    with pytest.raises(ValueError, match="LSTM 'lstm': .*reversed, in two directions or backwards"):
        formats.read_onnx(lstm_file(rng_of(7), **given, direction="reverse")[1])
    other = given | {"extra": extra | {"axis": np.array([1])}}  # the sequences change places: no matter to the layer
    assert not formats.read_onnx(lstm_file(rng_of(7), **other)[1])["lstm"].go_backwards


def test_a_product_added_to_a_product_is_no_dense_layer():
    """One step of a SimpleRNN without bias; and two Dense layers whose outputs are added, each with its bias."""
    rng = rng_of(9)
    K, U, b = (rng.standard_normal(shape).astype("float32") for shape in ((F, 3), (H, 3), (3,)))
    node = onnx_by_hand.node
    nodes = [
        node("MatMul", ["x", "K"], ["p"], "p"),
        node("MatMul", ["h", "U"], ["q"], "q"),
        node("Add", ["p", "q"], ["s"]),
    ]
    with pytest.raises(ValueError, match=r"MatMul 'p' \(5, 3\) is added to another product"):
        formats.read_onnx(onnx_by_hand.model(nodes, {"K": K, "U": U}, {"x": (B, F), "h": (B, H)}, {"s": (B, 3)}))
    nodes = [
        node("MatMul", ["x", "K"], ["p"], "p"),
        node("Add", ["p", "b"], ["pb"]),
        node("MatMul", ["h", "U"], ["q"], "q"),
        node("Add", ["b", "q"], ["qb"]),
        node("Add", ["pb", "qb"], ["s"]),
    ]
    layers = formats.read_onnx(
        onnx_by_hand.model(nodes, {"K": K, "U": U, "b": b}, {"x": (B, F), "h": (B, H)}, {"s": (B, 3)})
    )
    assert [len(layer.get_weights()) for layer in layers.values()] == [2, 2]


def test_two_dense_layers_with_tied_weights_are_two():
    table = rng_of(10).standard_normal((9, F)).astype("float32")
    nodes = [
        onnx_by_hand.node("Cast", ["x"], ["ids"], to=7),
        onnx_by_hand.node("Gather", ["E", "ids"], ["e"], "embedding"),
        onnx_by_hand.node("Transpose", ["E"], ["ET"], perm=[1, 0]),
        onnx_by_hand.node("MatMul", ["e", "ET"], ["y"], "logits"),
    ]
    layers = formats.read_onnx(onnx_by_hand.model(nodes, {"E": table}, {"x": (B,)}, {"y": (B, 9)}))
    assert [type(layer).__name__ for layer in layers.values()] == ["Embedding", "Dense"]
    assert (layers["logits"].kernel == table.T).all()


# --- weights that the graph computes ----------------------------------------------------------------------------------

TABLE = {  # operator -> inputs that are stored, and attributes
    "Slice": ({"data": (6, 5), "starts": [4, -1], "ends": [1, -9], "axes": [0, 1], "steps": [-2, -1]}, {}),
    "Concat": ({"a": (2, 5), "b": (3, 5)}, {"axis": 0}),
    "Unsqueeze": ({"data": (4, 5), "axes": [0, -1]}, {}),
    "Squeeze": ({"data": (1, 4, 1, 5), "axes": [0, 2]}, {}),
    "Transpose": ({"data": (2, 3, 4)}, {"perm": [2, 0, 1]}),
    "Reshape": ({"data": (2, 3, 4), "shape": [0, -1, 2]}, {}),
    "Gather": ({"data": (4, 6), "indices": [[3, -1], [0, 2]]}, {"axis": 1}),
    "Cast": ({"data": (3, 4)}, {"to": 7}),
    "Identity": ({"data": (3, 4)}, {}),
    "Expand": ({"data": (3, 1), "shape": [2, 1, 4]}, {}),
    "Tile": ({"data": (2, 3), "repeats": [2, 3]}, {}),
    "ConstantOfShape": ({"shape": [2, 3]}, {"value": np.array([0.25], "float32")}),
    "Split": ({"data": (2, 7), "split": [3, 4]}, {"axis": 1}),
    "Add": ({"a": (3, 4), "b": (4,)}, {}),
    "Sub": ({"a": (3, 4), "b": (3, 1)}, {}),
    "Mul": ({"a": (3, 4), "b": (4,)}, {}),
    "Div": ({"a": (3, 4), "b": (4,)}, {}),
    "Max": ({"a": (3, 4), "b": (4,), "c": (3, 1)}, {}),
    "Clip": ({"data": (3, 4), "low": -0.5, "high": 0.25}, {}),
    "MatMul": ({"a": (3, 4), "b": (4, 2)}, {}),
    "Gemm": ({"a": (4, 3), "b": (2, 4), "c": (2,)}, {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0}),
    "Shape": ({"data": (3, 4)}, {}),
    "HardSigmoid": ({"data": (3, 9)}, {"alpha": 0.3, "beta": 0.4}),
    "LeakyRelu": ({"data": (3, 4)}, {"alpha": 0.3}),
    "Elu": ({"data": (3, 4)}, {"alpha": 0.7}),
    **{op: ({"data": (3, 4)}, {}) for op in ("Sigmoid", "Tanh", "Relu", "Softsign", "Softplus", "Erf", "Neg", "Abs")},
}


@pytest.mark.parametrize("op", TABLE)
def test_the_operators_compute_what_onnx_runtime_computes(op):
    given, attributes = TABLE[op]
    rng = rng_of(11)
    arrays = {}
    for name, value in given.items():
        if isinstance(value, tuple):
            arrays[name] = rng.standard_normal(value).astype("float32")
        else:
            arrays[name] = np.array(value, "float32" if isinstance(value, float) else "int64")
    outputs = ["y", "z"] if op == "Split" else ["y"]
    node = onnx_by_hand.node(op, list(arrays), outputs, **attributes)
    computed = dict(arrays)
    onnx_operators.evaluate([Node(op, "", "", list(arrays), outputs, attributes)], computed, 10**6)
    whole = [onnx_by_hand.node("Cast", ["y"], ["whole"], to=1)]  # the file's outputs are floats
    theirs = run(onnx_by_hand.model([node, *whole], arrays, {}, {"whole": ()}))
    assert computed["y"].dtype == {"Cast": "int64", "Shape": "int64"}.get(op, "float32")
    assert computed["y"].shape == theirs.shape
    np.testing.assert_allclose(computed["y"], theirs, rtol=3e-6, atol=1e-6)


def test_every_operator_of_the_table_is_proved():
    ways = {"Constant", "DequantizeLinear", "Pow", "Min", "Where", "Equal", "Less", "LessOrEqual", "Greater"}
    ways |= {"GreaterOrEqual", "And", "Or", "Not", "Exp", "Log", "Sqrt", "Reciprocal"}
    assert set(onnx_operators.OPERATORS) == set(TABLE) | ways


def test_dequantized_weights():
    rng = rng_of(12)
    stored = rng.integers(-100, 100, (F, 3)).astype("int8")
    scale, zero = (0.01 * rng.random(3) + 0.01).astype("float32"), np.array([3, -2, 7], "int8")
    values = {"q": stored, "s": scale, "z": zero}
    onnx_operators.evaluate([Node("DequantizeLinear", "", "", ["q", "s", "z"], ["y"], {"axis": 1})], values, 100)
    np.testing.assert_allclose(values["y"], (stored.astype(float) - zero) * scale, rtol=1e-6)


def test_weights_in_attributes_and_pointers_are_named():
    trees = onnx_by_hand.node("TreeEnsembleRegressor", ["x"], ["y"], "trees", nodes_values=[0.5, 1.5, 2.5])
    with pytest.raises(
        ValueError, match=r"nothing in the file could be read. .*'trees' has weights \(3,\) and is not read"
    ):
        formats.read_onnx(onnx_by_hand.model([trees], {}, {"x": (B, F)}, {"y": (B, 1)}))
    with pytest.raises(ValueError, match="a pointer of Git LFS; `git lfs pull`"):
        formats.read_onnx(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")


def test_a_product_to_which_the_graph_adds_something_of_its_own_is_no_dense_layer():
    K = rng_of(17).standard_normal((F, 3)).astype("float32")
    gemm = onnx_by_hand.node("Gemm", ["x", "K", "c"], ["y"], "gemm")
    with pytest.raises(ValueError, match=r"Gemm 'gemm' has weights \(5, 3\) and is not read"):
        formats.read_onnx(onnx_by_hand.model([gemm], {"K": K}, {"x": (B, F), "c": (B, 3)}, {"y": (B, 3)}))


# --- damaged and hostile ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), list(itertools.product("WRB", [np.nan, np.inf, -np.inf])))
def test_weights_that_are_not_finite_are_refused_with_their_place(name, value):
    array = {"W": (1, 4 * H, F), "R": (1, 4 * H, H), "B": (1, 8 * H)}
    arrays = {key: rng_of(13).standard_normal(shape).astype("float32") for key, shape in array.items()}
    arrays[name][0, 2] = value
    with pytest.raises(ValueError, match=rf"read_onnx: LSTM 'lstm': {name} holds {value} at \(0, 2.*not finite"):
        formats.read_onnx(lstm_file(rng_of(13), extra=arrays)[1])


def test_halves_of_a_bias_whose_sum_overflows_are_refused_without_a_bare_warning():
    B_ = np.full((1, 8 * H), 3e38, "float32")
    with pytest.raises(ValueError, match="the sum of B's two halves holds inf"):
        formats.read_onnx(lstm_file(rng_of(14), extra={"B": B_})[1])


def test_a_graph_that_asks_for_more_numbers_than_a_model_needs():
    nodes = [onnx_by_hand.node("ConstantOfShape", ["shape"], ["W"], "huge")]
    content = onnx_by_hand.model(nodes, {"shape": np.array([2**20, 2**20])}, {}, {"W": ()})
    with pytest.raises(ValueError, match="ConstantOfShape asks for .* hostile"):
        formats.read_onnx(content)
    nodes = [onnx_by_hand.node("Concat", [f"a{n}"] * 2, [f"a{n + 1}"], axis=0) for n in range(40)]
    content = onnx_by_hand.model(nodes, {"a0": np.ones((8, 8), "float32")}, {}, {"a40": ()})
    with pytest.raises(ValueError, match="Concat asks for .* hostile"):
        formats.read_onnx(content)


def test_graphs_that_lie_in_each_other_without_end():
    graph = b""
    for _ in range(2000):
        attribute = onnx_by_hand.field(1, "body") + onnx_by_hand.field(6, graph) + onnx_by_hand.field(20, 5)
        graph = onnx_by_hand.field(1, onnx_by_hand.field(4, "Loop") + onnx_by_hand.field(5, attribute))
    with pytest.raises(ValueError, match="more than 16 graphs are nested"):
        formats.read_onnx(onnx_by_hand.field(7, graph))


@pytest.mark.parametrize("seed", range(40))
def test_any_damage_is_a_clear_refusal_or_none(seed, exported):
    rng = rng_of(15, seed)
    content = bytearray(exported[sorted(exported)[seed % len(exported)]])
    for place in rng.integers(0, len(content), 3):
        content[place] = rng.integers(0, 256)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "read_onnx: ", UserWarning)
        try:
            formats.read_onnx(bytes(content[: len(content) - seed % 3]))
        except ValueError as error:
            assert str(error).startswith("read_onnx: ")


def elsewhere(location, offset=0, length=None):
    """An LSTM whose W is in another file."""
    layer, _ = lstm_file(rng_of(16))
    weights = formats.to_onnx(layer)
    place = {"location": location, "offset": str(offset), "length": str(length or weights.W.nbytes)}
    entries = b"".join(
        onnx_by_hand.field(13, onnx_by_hand.field(1, key) + onnx_by_hand.field(2, value))
        for key, value in place.items()
    )
    dims = b"".join(onnx_by_hand.field(1, n) for n in weights.W.shape)
    tensor = dims + onnx_by_hand.field(2, 1) + onnx_by_hand.field(8, "W") + entries + onnx_by_hand.field(14, 1)
    node = onnx_by_hand.node("LSTM", ["X", "W", "R", "B"], ["Y"], "lstm", **weights.attributes)
    graph = onnx_by_hand.field(1, node) + onnx_by_hand.field(5, tensor)
    graph += b"".join(
        onnx_by_hand.field(5, onnx_by_hand.tensor(n, a)) for n, a in {"R": weights.R, "B": weights.B}.items()
    )
    return layer, weights.W, onnx_by_hand.field(1, 8) + onnx_by_hand.field(7, graph)


def test_weights_in_another_file_of_the_same_folder(tmp_path):
    """As PyTorch's new exporter saves a model unless told otherwise."""
    layer, W, content = elsewhere("model.onnx.data", offset=12)
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ValueError, match="'W' is in another file, 'model.onnx.data', which is not next to this one"):
        formats.read_onnx(tmp_path / "model.onnx")
    (tmp_path / "model.onnx.data").write_bytes(bytes(12) + W.tobytes())
    (found,) = formats.read_onnx(tmp_path / "model.onnx").values()
    assert (found.kernel == layer.kernel).all()
    with pytest.raises(ValueError, match="give the path of the .onnx file and not its bytes"):
        formats.read_onnx(content)
    (tmp_path / "model.onnx.data").write_bytes(W.tobytes())
    with pytest.raises(ValueError, match="beyond the end of 'model.onnx.data'"):
        formats.read_onnx(tmp_path / "model.onnx")


def test_large_weights_in_another_file_may_be_put_together(tmp_path):
    """3 million numbers that a Concat makes of an array which this file does not hold itself."""
    half = rng_of(18).standard_normal((1500, 1000)).astype("float32")
    nodes = [
        onnx_by_hand.node("Concat", ["half", "half"], ["whole"], "concat", axis=0),
        onnx_by_hand.node("MatMul", ["x", "whole"], ["y"], "dense"),
    ]
    entry = onnx_by_hand.field(13, onnx_by_hand.field(1, "location") + onnx_by_hand.field(2, "data"))
    tensor = b"".join(onnx_by_hand.field(1, n) for n in half.shape) + onnx_by_hand.field(2, 1)
    tensor += onnx_by_hand.field(8, "half") + entry + onnx_by_hand.field(14, 1)
    graph = b"".join(onnx_by_hand.field(1, node) for node in nodes) + onnx_by_hand.field(5, tensor)
    (tmp_path / "model.onnx").write_bytes(onnx_by_hand.field(1, 8) + onnx_by_hand.field(7, graph))
    (tmp_path / "data").write_bytes(half.tobytes())
    (dense,) = formats.read_onnx(tmp_path / "model.onnx").values()
    assert (dense.kernel == np.concatenate([half, half])).all()


@pytest.mark.parametrize("location", ["../secret", "/etc/hostname", "", "..", "folder/secret", "link"])
def test_no_file_elsewhere_is_read(location, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(10_000))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "link").symlink_to(tmp_path / "secret")
    _, _, content = elsewhere(location)
    (tmp_path / "model" / "model.onnx").write_bytes(content)
    with pytest.raises(ValueError, match="which is not a file in the same folder and is not read"):
        formats.read_onnx(tmp_path / "model" / "model.onnx")
