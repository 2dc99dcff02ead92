"""Model files as somebody else's data: what is opened, what is refused, and what Keras 2 meant."""

import io
import json
import pickle
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest
from helpers import F, H, T, keras, keras_noise_allowed, randomise, rng_of, sequences

import lstm_edu as le
from lstm_edu.keras_bridge import files
from lstm_edu.keras_bridge.keras2 import is_old

FROM_KERAS_2 = ("keras2.h5", "keras2.keras")  # by scripts/make_keras2_files.py


def small_model(*more):
    layers = keras().layers
    parts = [keras().Input((T, F)), layers.LSTM(H, return_sequences=True, name="first"), *more, layers.Dense(2)]
    return randomise(keras().Sequential(parts), rng_of(1))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of a good .keras file, by member."""
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    with keras_noise_allowed():
        small_model().save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(path, members, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in {**members, **more}.items():
            new.writestr(name, content)
    return path


def with_config(members, change):
    config = json.loads(members["config.json"])
    change(config)
    return members | {"config.json": json.dumps(config).encode()}


def with_weights(members, change):
    """The HDF5 member, changed by a function of the open file."""
    memory = io.BytesIO(members["model.weights.h5"])
    with h5py.File(memory, "r+") as file:
        change(file)
    return members | {"model.weights.h5": memory.getvalue()}


# --- what is opened ---------------------------------------------------------------------------------------------------


def test_a_saved_model(tmp_path):
    model = small_model()
    with keras_noise_allowed():
        model.save(tmp_path / "model.keras")
        for path in (tmp_path / "model.keras", str(tmp_path / "model.keras")):
            mine = le.from_keras(path)
    x = sequences(rng_of(2))
    le.compare(mine(x), model(x)).check()


def test_the_first_bytes_say_what_a_file_is_and_not_its_name(tmp_path, saved):
    path = archive(tmp_path / "model.bin", saved)
    assert isinstance(le.from_keras(path), le.Sequential)


@pytest.mark.parametrize("name", FROM_KERAS_2)
def test_a_file_of_keras_2_gives_the_numbers_of_keras_2(name, root):
    data = np.load(root / "tests" / "data" / "keras2.npz")
    path = root / "tests" / "data" / name
    with keras_noise_allowed():
        mine = le.from_keras(path)
        report = le.verify(path, data["ids"]).check()
    le.compare(mine(data["ids"]), data["output"]).check()
    assert [layer.recurrent_activation.name for layer in mine.layers[1:3]] == ["hard_sigmoid_keras2", "sigmoid"]
    assert not mine.layers[2].reset_after
    old = [caution for caution in report.cautions if caution.id == "hard-sigmoid-v2"]
    assert {caution.layer for caution in old} == {"old"}
    assert "load_model uses it without a warning" in old[0].text
    assert any("would differ by up to" in caution.text for caution in old)


@pytest.mark.parametrize("name", FROM_KERAS_2)
def test_what_is_said_of_the_other_slope_is_true(name, root):
    """Without our care, the same weights give other numbers: this test would not see otherwise that it matters."""
    data = np.load(root / "tests" / "data" / "keras2.npz")
    with keras_noise_allowed():
        mine = le.from_keras(root / "tests" / "data" / name)
    layers = [layer.copy() for layer in mine.layers]
    layers[1] = mine.layers[1].copy(recurrent_activation="hard_sigmoid")
    other = le.Sequential(layers)
    other.build((None, 6))
    other.set_weights(mine.get_weights())
    assert np.abs(other(data["ids"]) - data["output"]).max() > 1e-3


def keras2_layer(kind, name, **config):
    return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}


def write_keras2(path, layers, weights, version="2.3.1", kind="Sequential", config=None):
    """An HDF5 file as Keras 1 and 2 wrote it: the configuration as JSON, the weights in a group a layer.

    layers: as in the configuration. weights: the layer's name -> {weight's name: array}.
    """
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = np.bytes_(version)
        file.attrs["backend"] = np.bytes_("tensorflow")
        file.attrs["model_config"] = np.bytes_(
            json.dumps({"class_name": kind, "config": config or {"name": "old_model", "layers": layers}})
        )
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        group.attrs["backend"], group.attrs["keras_version"] = np.bytes_("tensorflow"), np.bytes_(version)
        for layer, arrays in weights.items():
            one = group.create_group(layer)
            one.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in arrays]
            for name, array in arrays.items():
                one.create_dataset(f"{layer}/{name}:0", data=array)
    return path


RNN = {
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "unroll": False,
    "time_major": False,
    "implementation": 1,
    "use_bias": True,
    "activation": "tanh",
}


def gates(rng, n, features=F, units=H, bias_rows=None):
    shape = (n * units,) if bias_rows is None else (bias_rows, n * units)
    shapes = {"kernel": (features, n * units), "recurrent_kernel": (units, n * units), "bias": shape}
    return {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}


@pytest.mark.parametrize(("rows", "reset_after"), [(None, False), (2, True)])
def test_the_reset_gate_of_an_old_gru_is_read_from_its_bias(rows, reset_after, tmp_path):
    rng = rng_of(3)
    weights = gates(rng, 3, bias_rows=rows)
    config = RNN | {"units": H, "recurrent_activation": "hard_sigmoid", "batch_input_shape": [None, T, F]}
    path = write_keras2(tmp_path / "gru.h5", [keras2_layer("GRU", "gates", **config)], {"gates": weights}, "2.2.4")
    x = sequences(rng)
    report = le.verify(path, x).check()
    ours = report.layers[0].ours.layer
    assert ours.reset_after is reset_after
    same = le.GRU(H, reset_after=reset_after, recurrent_activation="hard_sigmoid_keras2")
    same.build((None, T, F))
    same.set_weights([*weights.values()])
    le.compare(report.layers[0].keras.output, same(x)).check()
    said = [caution.text for caution in report.cautions if caution.id == "gru-reset-after"]
    assert f"reset_after={reset_after}, because its bias has {2 if rows else 1}" in said[0]


def test_a_functional_file_of_keras_2_with_its_fixes(tmp_path):
    """batch_input_shape in an InputLayer, time_major, implementation, nodes as lists, axis as a list."""
    rng = rng_of(4)
    config = RNN | {"units": H, "recurrent_activation": "sigmoid", "return_sequences": True}
    node = {"inbound_nodes": [[["x", 0, 0, {}]]], "name": "lstm"}
    inputs = keras2_layer("InputLayer", "x", batch_input_shape=[None, T, F], sparse=False, ragged=False)
    inputs["config"].pop("trainable")
    norm = keras2_layer("BatchNormalization", "norm", axis=[2], momentum=0.99, epsilon=0.001, center=True, scale=True)
    layers = [
        inputs | {"inbound_nodes": [], "name": "x"},
        keras2_layer("LSTM", "lstm", **config) | node,
        norm | {"inbound_nodes": [[["lstm", 0, 0, {}]]], "name": "norm"},
    ]
    graph = {
        "name": "functional",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [["norm", 0, 0]],
    }
    statistics = ("gamma", "beta", "moving_mean", "moving_variance")
    weights = {"lstm": gates(rng, 4), "norm": {name: rng.random(H).astype("float32") + 0.5 for name in statistics}}
    path = write_keras2(tmp_path / "model.h5", layers, weights, "2.4.0-tf", "Functional", graph)
    x = sequences(rng)
    report = le.verify(path, x).check()
    same = le.LSTM(H, return_sequences=True)
    same.build((None, T, F))
    same.set_weights([*weights["lstm"].values()])
    le.compare(report.layers[0].keras.output, same(x)).check()
    assert [layer.name for layer in report.layers] == ["lstm", "norm"] and not report.passed
    assert report.cautions == ()


def test_a_stateful_file_of_keras_2_keeps_its_batch(tmp_path):
    rng = rng_of(5)
    config = RNN | {"units": H, "stateful": True, "batch_input_shape": [2, T, F]}
    path = write_keras2(tmp_path / "m.h5", [keras2_layer("SimpleRNN", "rnn", **config)], {"rnn": gates(rng, 1)})
    report = le.verify(path).check()
    assert report.layers[0].ours.x.shape == (2, T, F)
    assert [caution.id for caution in report.cautions] == ["stateful-carry"]


def keras2_graph(layers, inputs, outputs):
    """The configuration of a Functional model: layers with their calls, (layer, calls) each."""
    named = [layer | {"name": layer["config"]["name"], "inbound_nodes": calls} for layer, calls in layers]
    ends = {"input_layers": [[name, 0, 0] for name in inputs], "output_layers": [[name, 0, 0] for name in outputs]}
    return {"name": "functional", "layers": named, **ends}


def two_ways(rng, n, name, bias_rows=None):
    ways = {way: gates(rng, n, bias_rows=bias_rows) for way in ("forward", "backward")}
    return {f"{way}_{name}/{weight}": array for way, arrays in ways.items() for weight, array in arrays.items()}


@pytest.mark.parametrize(("kind", "rows"), [("LSTM", None), ("GRU", None), ("GRU", 2)])
def test_layers_inside_layers_of_keras_2(kind, rows, tmp_path):
    """Keras 3 does not find such a layer by itself: the file names no module for it."""
    rng = rng_of(31)
    config = RNN | {"units": H, "recurrent_activation": "sigmoid", "return_sequences": True}
    both = keras2_layer("Bidirectional", "both", layer=keras2_layer(kind, "inner", **config), merge_mode="concat")
    both["config"]["batch_input_shape"] = [None, T, F]
    dense = keras2_layer("Dense", "head", units=2, activation="relu", use_bias=True)
    each = keras2_layer("TimeDistributed", "each", layer=dense)
    weights = {
        "both": two_ways(rng, 4 if kind == "LSTM" else 3, "inner", rows),
        "each": {"kernel": rng.standard_normal((2 * H, 2)), "bias": rng.standard_normal(2)},
    }
    path = write_keras2(tmp_path / "wrapped.h5", [both, each], weights, "2.2.4")
    x = sequences(rng)
    report = le.verify(path, x).check()
    assert [layer.kind for layer in report.layers] == ["Bidirectional", "TimeDistributed"] and not report.passed
    same = getattr(le, kind)(H, return_sequences=True, **({"reset_after": rows == 2} if kind == "GRU" else {}))
    same = le.Bidirectional(same)
    same.build((None, T, F))
    same.set_weights([*weights["both"].values()])
    le.compare(report.layers[0].keras.output, same(x)).check()
    said = [caution.text for caution in report.cautions if caution.id == "gru-reset-after"]
    assert all(f"because its bias has {rows or 1} ax" in text for text in said[:1]) and bool(said) == (kind == "GRU")


def test_cells_and_models_inside_layers_of_keras_2(tmp_path):
    rng = rng_of(32)
    own = {key: RNN[key] for key in ("use_bias", "activation")} | {"recurrent_activation": "sigmoid"}
    cells = [keras2_layer("LSTMCell", "low", units=H, **own), keras2_layer("LSTMCell", "high", units=2, **own)]
    stack = keras2_layer("StackedRNNCells", "stack", cells=cells)
    flags = {key: False for key in ("return_state", "go_backwards", "stateful", "unroll", "time_major")}
    over = keras2_layer("RNN", "over", cell=stack, return_sequences=True, **flags)
    head = keras2_layer("Dense", "head", units=3, activation="tanh", use_bias=True)
    head["config"]["batch_input_shape"] = [None, 2]
    each = keras2_layer(
        "TimeDistributed", "each", layer={"class_name": "Sequential", "config": {"name": "small", "layers": [head]}}
    )
    over["config"]["batch_input_shape"] = [None, T, F]
    low, high = gates(rng, 4), gates(rng, 4, H, 2)
    weights = {
        "over": {f"low/{name}": a for name, a in low.items()} | {f"high/{name}": a for name, a in high.items()},
        "each": {"kernel": rng.standard_normal((2, 3)), "bias": rng.standard_normal(3)},
    }
    x = sequences(rng)
    report = le.verify(write_keras2(tmp_path / "cells.h5", [over, each], weights, "2.4.0"), x).check()
    same = le.StackedRNN([le.LSTM(H), le.LSTM(2)], return_sequences=True)
    same.build((None, T, F))
    same.set_weights([*low.values(), *high.values()])
    le.compare(report.layers[0].keras.output, same(x)).check()


@pytest.mark.parametrize("both_ways", [False, True])
def test_a_decoder_of_keras_2_gets_its_initial_states(both_ways, tmp_path):
    """Keras 2 lists them after the input of the call."""
    rng = rng_of(33)
    config = RNN | {"units": H, "recurrent_activation": "sigmoid", "return_sequences": True}
    decoder = keras2_layer("LSTM", "decoder", **config)
    if both_ways:
        decoder = keras2_layer("Bidirectional", "decoder", layer=decoder, merge_mode="concat")
    names = ["h_f", "c_f", "h_b", "c_b"][: 4 if both_ways else 2]
    steps = keras2_layer("InputLayer", "words", batch_input_shape=[None, T, F])
    layers = [(steps, []), *((keras2_layer("InputLayer", name, batch_input_shape=[None, H]), []) for name in names)]
    layers.append((decoder, [[[name, 0, 0, {}] for name in ("words", *names)]]))
    graph = keras2_graph(layers, ["words", *names], ["decoder"])
    weights = {"decoder": two_ways(rng, 4, "decoder") if both_ways else gates(rng, 4)}
    path = write_keras2(tmp_path / "decoder.h5", layers, weights, "2.2.4", "Model", graph)
    x, *states = sequences(rng), *(rng.standard_normal((2, H)).astype("float32") for _ in names)
    x = x[:2]
    report = le.verify(path, [x, *states]).check()
    same = le.LSTM(H, return_sequences=True)
    same = le.Bidirectional(same) if both_ways else same
    same.build((None, T, F))
    same.set_weights([*weights["decoder"].values()])
    le.compare(report.layers[0].keras.output, same(x, initial_state=states)).check()
    assert np.abs(report.layers[0].keras.output - same(x)).max() > 1e-3


def test_a_spatial_dropout_of_keras_2(tmp_path):
    """It wrote all that a Dropout has; Keras 3's takes neither noise_shape nor trainable."""
    rng = rng_of(37)
    config = RNN | {"units": H, "recurrent_activation": "sigmoid"}
    drop = keras2_layer("SpatialDropout1D", "drop", rate=0.3, noise_shape=None, seed=None)
    drop["config"]["batch_input_shape"] = [None, T, F]
    layers = [drop, keras2_layer("LSTM", "lstm", **config)]
    report = le.verify(write_keras2(tmp_path / "drop.h5", layers, {"lstm": gates(rng, 4)}, "2.15.0")).check()
    assert [layer.name for layer in report.layers] == ["lstm"] and [one.name for one in report.passed] == ["drop"]


def test_a_functional_keras_file_of_late_keras_2(tmp_path):
    """Keras 2.13 to 2.15 named modules in .keras files, those of its own models."""
    rng, layers = rng_of(36), keras().layers
    x = keras().Input((T, F), name="words")
    model = keras().Model(x, layers.Dense(2, name="head")(layers.LSTM(H, name="lstm")(x)))
    path = tmp_path / "new.keras"
    with keras_noise_allowed():
        randomise(model, rng).save(path)
    with zipfile.ZipFile(path) as saved:
        members = {name: saved.read(name) for name in saved.namelist()}

    def older(config):
        config["module"] = "keras.src.engine.functional"
        for layer, call in zip(config["config"]["layers"], ([], ["words"], ["lstm"]), strict=True):
            layer["inbound_nodes"] = [[[name, 0, 0, {}] for name in call]] if call else []
            layer["config"].pop("dtype")

    members = with_config(members, older) | {"metadata.json": b'{"keras_version": "2.13.1"}'}
    report = le.verify(archive(tmp_path / "old.keras", members), given := sequences(rng)).check()
    assert [layer.name for layer in report.layers] == ["lstm", "head"]
    le.compare(report.layers[-1].keras.output, np.asarray(model(given))).check()


def test_a_class_of_the_author_is_named(tmp_path, saved):
    def custom(config):
        config["config"]["layers"][1] |= {"module": None, "class_name": "Attention", "registered_name": "Attention"}

    path = archive(tmp_path / "custom.keras", with_config(saved, custom))
    refused(path, "the layer 'first' needs a class Attention of the model's author, which is not in the file")


def test_tensors_among_the_arguments_of_a_call_of_keras_2(tmp_path):
    """tf.keras writes MultiHeadAttention(query, value=v) with the place of v among the arguments."""
    rng = rng_of(34)
    attention = keras2_layer("MultiHeadAttention", "look", num_heads=2, key_dim=3, value_dim=3)
    words, other = (keras2_layer("InputLayer", name, batch_input_shape=[None, T, F]) for name in ("words", "other"))
    head = keras2_layer("Dense", "head", units=2, activation="linear", use_bias=True)
    call = [["words", 0, 0, {"value": ["other", 0, 0], "training": None}]]
    layers = [(words, []), (other, []), (attention, [call]), (head, [[["look", 0, 0, {}]]])]
    parts = {f"{part}/kernel": (F, 2, 3) for part in ("query", "key", "value")} | {"output/kernel": (2, 3, F)}
    shapes = {}
    for name, shape in parts.items():
        shapes |= {
            name: shape,
            name.replace("kernel", "bias"): shape[1:] if len(shape) == 3 and shape[0] == F else (F,),
        }
    weights = {
        "look": {name: rng.standard_normal(shape) for name, shape in shapes.items()},
        "head": {"kernel": rng.standard_normal((F, 2)), "bias": rng.standard_normal(2)},
    }
    graph = keras2_graph(layers, ["words", "other"], ["head"])
    path = write_keras2(tmp_path / "look.h5", layers, weights, "2.10.0", "Functional", graph)
    a, b = sequences(rng), sequences(rng_of(35))
    first, second = (le.verify(path, [a, other]).check().layers[0].keras.output for other in (b, a))
    assert np.abs(first - second).max() > 1e-3


def test_versions():
    assert all(map(is_old, ("2.2.4-tf", "2.15.0", "1.2.2", "2", "1")))
    assert not any(map(is_old, ("3.15.1", "", "23.0", "nonsense")))


# --- what is refused --------------------------------------------------------------------------------------------------


def refused(path, said, error=ValueError):
    """The refusal, and that it did not take much memory."""
    tracemalloc.start()
    try:
        with pytest.raises(error, match=said) as caught:
            files.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20
    assert len(str(caught.value)) < 1500
    return str(caught.value)


def test_what_is_no_file(tmp_path):
    refused(tmp_path / "none.keras", "there is no file", FileNotFoundError)
    refused(tmp_path, "is a folder")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"text", "neither a .keras file nor HDF5"),
        (pickle.dumps({"weights": [1.0]}), "a pickle, it seems, which can run any code"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"PK\x03\x04 cut off", "damaged or cut off"),
        (b"\x89HDF\r\n\x1a\n cut off", "damaged or cut off"),
        (b"\x89HDF", "neither"),
    ],
)
def test_wrong_and_short_content(content, said, tmp_path):
    (tmp_path / "bad.keras").write_bytes(content)
    assert "could not load 'bad.keras'" in refused(tmp_path / "bad.keras", said)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.99])
def test_cut_off_anywhere(part, tmp_path, saved, root):
    whole = archive(tmp_path / "whole.keras", saved).read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: int(part * len(whole))])
    refused(tmp_path / "cut.keras", "damaged or cut off")
    whole = (root / "tests" / "data" / "keras2.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: int(part * len(whole))])
    refused(tmp_path / "cut.h5", "damaged or cut off")


def test_weights_cut_off_inside_a_good_archive(tmp_path, saved):
    members = saved | {"model.weights.h5": saved["model.weights.h5"][:3000]}
    refused(archive(tmp_path / "cut.keras", members), "model.weights.h5 is damaged or cut off")


def test_flipped_bytes_are_noticed(tmp_path, saved):
    path = tmp_path / "flipped.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for name, content in saved.items():
            new.writestr(name, content)
    content = bytearray(path.read_bytes())
    place = content.index(saved["config.json"][:40])
    content[place + 20] ^= 1
    path.write_bytes(content)
    refused(path, "damaged or cut off.*CRC")


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../evil", "..\\evil", "C:evil"])
def test_paths_that_lead_out_of_the_archive(name, tmp_path, saved):
    refused(archive(tmp_path / "bad.keras", saved, **{name: b"x"}), "leads out of it")
    assert not (tmp_path.parent / "evil.txt").exists()


def test_links_and_doubles_in_the_archive(tmp_path, saved):
    path = archive(tmp_path / "link.keras", saved)
    link = zipfile.ZipInfo("assets")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as more:
        more.writestr(link, "/etc/passwd")
    refused(path, "a link to another file")
    path = archive(tmp_path / "twice.keras", saved)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as more:
        more.writestr("config.json", b"{}")
    refused(path, "'config.json' twice")


def test_a_zip_bomb(tmp_path, saved):
    path = archive(tmp_path / "bomb.keras", saved, **{"assets/zeros": bytes(60 * 2**20)})
    assert path.stat().st_size < 100_000
    assert "a zip bomb" in refused(path, "would expand to")


def test_a_bomb_of_hdf5_chunks(tmp_path, saved):
    def blow_up(file):
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (2**40, 2), "f4", chunks=(1024, 2), compression="gzip")

    refused(archive(tmp_path / "bomb.keras", with_weights(saved, blow_up)), "hostile, because weights hardly compress")
    path = write_keras2(tmp_path / "bomb.h5", [keras2_layer("Dense", "d", units=2)], {"d": {"kernel": np.ones((3, 2))}})
    with h5py.File(path, "r+") as file:
        file["model_weights"].create_dataset("more", (2**40,), "f4", chunks=(1024,))
    refused(path, "hostile")


def test_hdf5_that_points_elsewhere(tmp_path, saved):
    def external_link(file):
        file["layers/more"] = h5py.ExternalLink("/etc/passwd", "/")

    def soft_link(file):
        file["layers/more"] = h5py.SoftLink("/layers")

    def external_data(file):
        file.create_dataset("layers/more", (4,), "f4", external=[("/etc/hostname", 0, 16)])

    for change, said in [(external_link, "link"), (soft_link, "link"), (external_data, "from another file")]:
        refused(archive(tmp_path / "bad.keras", with_weights(saved, change)), said)


def test_groups_that_contain_each_other_come_to_an_end(tmp_path, saved):
    def loop(file):
        file["layers/dense/again"] = file["layers"]

    assert files.load(archive(tmp_path / "loop.keras", with_weights(saved, loop))).model.count_params() > 0


@pytest.mark.parametrize("units", [10**9, 10**18])
def test_a_configuration_that_asks_for_more_weights_than_there_are(units, tmp_path, saved):
    def grow(config):
        config["config"]["layers"][1]["config"]["units"] = units

    said = refused(
        archive(tmp_path / "huge.keras", with_config(saved, grow)), "asks for more weights than the file holds"
    )
    assert "LSTMCell" in said and f"(5, {4 * units})" in said
    config = {"units": units, "activation": "linear", "use_bias": True, "batch_input_shape": [None, 3]}
    weights = {"d": {"kernel": np.ones((3, 2)), "bias": np.ones(2)}}
    path = write_keras2(tmp_path / "huge.h5", [keras2_layer("Dense", "d", **config)], weights)
    refused(path, "asks for more weights")
    small = keras().layers.Dense(2)
    small.build((None, 3))
    assert small.count_params() == 8, "afterwards Keras makes layers as before"


def test_a_huge_batch_of_states(tmp_path, saved):
    def grow(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = [10**9, T, F]
        config["config"]["layers"][1]["config"]["stateful"] = True

    refused(archive(tmp_path / "huge.keras", with_config(saved, grow)), "sequences in a batch")


def test_no_random_input_of_any_size(tmp_path, saved):
    def grow(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, 10**9, F]
        config.pop("build_config", None)

    path = archive(tmp_path / "long.keras", with_config(saved, grow))
    with keras_noise_allowed(), pytest.raises(ValueError, match="too big to be drawn"):
        le.verify(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not readable JSON"),
        (b"[" * 200_000, "not readable JSON|not that of a model"),
        (b"[]", "not that of a model"),
        (b'"text"', "not that of a model"),
        (b"\xff\xfe\x00", "not readable JSON"),
        (b"{" + b" " * (17 * 2**20) + b"}", "config.json has"),
        (b'{"class_name": "Sequential", "config": {"layers": 3}}', "Keras 3.* said"),
        (b'{"class_name": "NoSuchLayer", "config": {}, "module": "keras.layers"}', "custom layers"),
    ],
)
def test_configurations_that_are_none(content, said, tmp_path, saved):
    refused(archive(tmp_path / "bad.keras", saved | {"config.json": content}), said)


def test_half_a_model(tmp_path, saved):
    for name in ("config.json", "model.weights.h5"):
        members = {other: content for other, content in saved.items() if other != name}
        refused(archive(tmp_path / "half.keras", members), f"has no {name}")
    path = tmp_path / "only.weights.h5"
    with keras_noise_allowed():
        small_model().save_weights(path)
    refused(path, "it holds no model, only weights")
    with h5py.File(tmp_path / "config.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": []}})
    refused(tmp_path / "config.h5", "a model without weights")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers(value, tmp_path, saved):
    def spoil(file):
        kernel = file["layers/dense/vars/0"]
        kernel[1, 0] = value

    said = refused(archive(tmp_path / "nan.keras", with_weights(saved, spoil)), r"holds -?(nan|inf) at \(1, 0\)")
    assert "dense" in said and "1 of 8 values" in said


def test_code_in_a_file_is_not_run_and_its_layer_is_named(tmp_path):
    ran = tmp_path / "ran"
    twice = keras().layers.Lambda(lambda x: 2 * x, name="doubler")
    with keras_noise_allowed():
        small_model(twice).save(tmp_path / "lambda.keras")
    said = refused(
        tmp_path / "lambda.keras", "'doubler' is a Lambda, whose code is in the file or named by it. Code is not run"
    )
    assert "safe_mode=False" in said
    config = {"function": ["4wEAAAA=", None, None], "function_type": "lambda", "batch_input_shape": [None, 3]}
    path = write_keras2(tmp_path / "lambda.h5", [keras2_layer("Lambda", "old_code", **config)], {})
    refused(path, "'old_code' is a Lambda")
    assert not ran.exists()


def test_no_module_is_imported_because_a_file_says_so(tmp_path, saved, monkeypatch):
    (tmp_path / "planted_module.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass Evil: pass\n")
    monkeypatch.syspath_prepend(tmp_path)

    def plant(config):
        config["config"]["layers"][2] |= {"module": "planted_module", "class_name": "Evil", "registered_name": "Evil"}

    said = refused(archive(tmp_path / "bad.keras", with_config(saved, plant)), "Python module 'planted_module'")
    assert "register_keras_serializable" in said
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("os", "system"),
        ("keras.utils", "get_file"),
        ("keras.src.saving.saving_lib", "load_model"),
    ],
)
def test_no_function_is_called_because_a_file_says_so(module, name, tmp_path, saved):
    def plant(config):
        config["config"]["layers"][2]["config"]["activation"] = {"module": module, "class_name": name, "config": "x"}

    refused(
        archive(tmp_path / "bad.keras", with_config(saved, plant)), f"needs {name} from the Python module '{module}'"
    )


def test_a_layer_that_the_user_made_known_is_loaded(tmp_path):
    @keras().saving.register_keras_serializable("test_files")
    class Doubles(keras().layers.Layer):
        def call(self, x):
            return 2 * x

    model = small_model(Doubles(name="own"))
    with keras_noise_allowed():
        model.save(tmp_path / "own.keras")
        report = le.verify(tmp_path / "own.keras", sequences(rng_of(6))).check()
    assert [(layer.name, layer.kind) for layer in report.passed] == [("own", "Doubles")]
    assert "a custom class" in str(report.passed[0])


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("LSTM", RNN | {"units": H, "time_major": True}, "time_major=True"),
        ("CuDNNLSTM", {"units": H}, "CuDNNLSTM of Keras 2.3.1, which Keras 3 lacks.*recurrent_activation='sigmoid'"),
        ("TFOpLambda", {"function": "math.multiply"}, "write it with keras.ops"),
        ("LSTM", {"output_dim": H, "inner_activation": "hard_sigmoid"}, "Keras 1.*from_keras1"),
        ("NoSuchLayer", {}, "needs the layer 'NoSuchLayer', which is not one of Keras's: make it known"),
    ],
)
def test_what_keras_3_lacks_is_refused_by_name(kind, config, said, tmp_path):
    layer = keras2_layer(kind, "odd", batch_input_shape=[None, T, F], **config)
    refused(write_keras2(tmp_path / "odd.h5", [layer], {"odd": gates(rng_of(7), 4)}), said)
