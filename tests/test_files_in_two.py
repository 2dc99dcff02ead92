"""A model in two files, and files of other kinds: opened, or named with the next step."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest
from helpers import F, T, keras, keras_noise_allowed, randomise, rng_of, sequences
from test_files import archive, refused, small_model

import lstm_edu as le
from lstm_edu.__main__ import main
from lstm_edu.keras_bridge import files, kinds
from lstm_edu.keras_bridge.keras2 import numbers

# --- a model in two files ---------------------------------------------------------------------------------------------


def keras2_pair(root, folder, json_name="model.json", weights_name="model_weights.h5", change=None):
    """The parts of tests/data/keras2.h5 as Keras 2's to_json() and save_weights() write them."""
    with h5py.File(root / "tests" / "data" / "keras2.h5", "r") as whole:
        config = json.loads(whole.attrs["model_config"])
        with h5py.File(folder / weights_name, "w") as new:
            for name in whole["model_weights"]:
                whole.copy(f"model_weights/{name}", new, name)
            for key, value in whole["model_weights"].attrs.items():
                new.attrs[key] = value
            if change:
                change(new)
        version = whole.attrs["keras_version"]
    config |= {
        "keras_version": version.decode() if isinstance(version, bytes) else str(version),
        "backend": "tensorflow",
    }
    (folder / json_name).write_text(json.dumps(config))
    return folder / json_name


@pytest.mark.parametrize("ending", files._ENDINGS)
def test_keras_2s_pair_is_found_by_its_name_and_gives_keras_2s_numbers(ending, tmp_path, root):
    data = np.load(root / "tests" / "data" / "keras2.npz")
    path = keras2_pair(root, tmp_path, weights_name=f"model{ending}")
    with keras_noise_allowed():
        for given in (path, tmp_path / f"model{ending}"):  # one of the two finds the other
            saved = files.load(given)
            np.testing.assert_allclose(saved.model(data["ids"]).numpy(), data["output"], rtol=1e-5, atol=1e-6)
            said = [caution.text for caution in saved.cautions if caution.id == "found-next-to-it"]
            other = f"model{ending}" if given == path else "model.json"
            assert len(said) == 1 and repr(other) in said[0]
    assert "hard-sigmoid-v2" in {caution.id for caution in saved.cautions}
    assert "gru-reset-after" not in {c.id for c in saved.cautions}, "this configuration says it itself"


def test_the_weights_can_be_named(tmp_path, root):
    data = np.load(root / "tests" / "data" / "keras2.npz")
    path = keras2_pair(root, tmp_path, "architecture.json", "weights_of_epoch_20.h5")
    with keras_noise_allowed():
        mine = le.from_keras(path, weights=tmp_path / "weights_of_epoch_20.h5")
        report = le.verify(files.Pair(path, tmp_path / "weights_of_epoch_20.h5"), data["ids"]).check()
    le.compare(mine(data["ids"]), data["output"]).check()
    assert "found-next-to-it" not in {caution.id for caution in report.cautions}
    said = refused(path, "without weights")
    assert "no 'architecture_weights.h5'" in said and "--weights FILE" in said and "'weights_of_epoch_20.h5'" in said


def test_the_reset_gate_of_an_old_gru_is_read_from_the_weights(tmp_path, root):
    path = keras2_pair(root, tmp_path)
    config = json.loads(path.read_text())
    assert config["config"]["layers"][3]["config"].pop("reset_after") is False
    path.write_text(json.dumps(config))
    with keras_noise_allowed():
        saved = files.load(path)
    assert saved.model.layers[2].reset_after is False
    assert any(c.id == "gru-reset-after" and "its bias has 1 axis" in c.text for c in saved.cautions)


def test_json_in_json_and_with_a_byte_order_mark(tmp_path, root):
    path = keras2_pair(root, tmp_path)
    content = path.read_text()
    with keras_noise_allowed():
        for text in (json.dumps(content), "\ufeff" + content, "\n  " + content):
            path.write_text(text, encoding="utf-8")
            assert files.load(path).model.count_params() > 0


@pytest.mark.parametrize("functional", [False, True])
def test_keras_3s_pair_and_its_folder(functional, tmp_path):
    layers = keras().layers
    if functional:
        x = keras().Input((T, F))
        both = layers.Concatenate()([layers.LSTM(4, name="left")(x), layers.GRU(3, name="right")(x)])
        model = randomise(keras().Model(x, layers.Dense(2)(both)), rng_of(1))
    else:
        model = small_model()
    x = sequences(rng_of(2))
    with keras_noise_allowed():
        (tmp_path / "model.json").write_text(model.to_json())
        model.save_weights(tmp_path / "model.weights.h5")
        keras().saving.save_model(model, tmp_path / "folder", zipped=False)
        for path in (tmp_path / "model.json", tmp_path / "folder"):
            np.testing.assert_allclose(files.load(path).model(x), model(x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_late_keras_2s_json_with_weights_as_keras_3_has_them(kind, tmp_path, root):
    """Keras 2 writes "module" for the layers and not for the model itself."""
    with zipfile.ZipFile(root / "tests" / "data" / "keras2.keras") as whole:
        config = json.loads(whole.read("config.json"))
        (tmp_path / "model.weights.h5").write_bytes(whole.read("model.weights.h5"))
        version = json.loads(whole.read("metadata.json"))["keras_version"]
    config = {"class_name": config["class_name"], "config": config["config"], "keras_version": version}
    if kind == "Functional":
        layers = config["config"]["layers"]
        first, *rest = [layer["config"]["name"] for layer in layers]
        for before, layer in zip([first, *rest], layers[1:], strict=False):
            layer |= {"inbound_nodes": [[[before, 0, 0, {}]]], "name": layer["config"]["name"]}
        layers[0] |= {"inbound_nodes": [], "name": first}
        ends = {"input_layers": [[first, 0, 0]], "output_layers": [[rest[-1], 0, 0]]}
        config |= {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}
    (tmp_path / "model.json").write_text(json.dumps(config))
    data = np.load(root / "tests" / "data" / "keras2.npz")
    with keras_noise_allowed():
        saved = files.load(tmp_path / "model.json")
    given = [data["ids"]] if kind == "Functional" else data["ids"]
    np.testing.assert_allclose(saved.model(given), data["output"], rtol=1e-5, atol=1e-6)


def test_two_files_that_do_not_go_together(tmp_path, root):
    path = keras2_pair(root, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no file '.*other.h5', whose weights were asked for"):
        files.load(files.Pair(path, tmp_path / "other.h5"))
    (tmp_path / "note.h5").write_bytes(b"\x80\x04 a pickle")
    with pytest.raises(ValueError, match="'note.h5', are not an HDF5 file but a pickle, it seems"):
        files.load(files.Pair(path, tmp_path / "note.h5"))
    whole = root / "tests" / "data" / "keras2.h5"
    with pytest.raises(ValueError, match=r"holds a model with its weights, and 'model_weights.h5' is given too"):
        files.load(files.Pair(whole, tmp_path / "model_weights.h5"))
    with pytest.raises(TypeError, match="weights go with the path of a model's JSON"):
        le.from_keras(keras().layers.Dense(2), weights=tmp_path / "model_weights.h5")


def test_of_several_files_the_one_without_a_configuration_is_taken(tmp_path, root):
    """A whole model of another shape has the likelier name."""
    path = keras2_pair(root, tmp_path, weights_name="model.h5")
    with keras_noise_allowed():
        small_model().save(tmp_path / "model_weights.h5")
        saved = files.load(path)
        assert "'model.h5'" in next(c.text for c in saved.cautions if c.id == "found-next-to-it")
        (tmp_path / "model.h5").unlink()
        said = refused(path, "with the weights in 'model_weights.h5': ")
    assert "Layer count mismatch" in said


def test_a_layer_that_is_not_keras_own_is_named(tmp_path, root):
    def other_kind(layer):
        layer["class_name"] = "QLSTM"

    path = with_layer(keras2_pair(root, tmp_path), other_kind)
    refused(
        path,
        "it needs the layer 'QLSTM', which is not one of Keras's: make it known with .*register_keras_serializable",
    )


def with_layer(path, change):
    config = json.loads(path.read_text())
    change(config["config"]["layers"][2])
    path.write_text(json.dumps(config))
    return path


def test_a_hostile_pair_is_refused_as_a_hostile_file_is(tmp_path, root):
    def lambda_layer(layer):
        layer |= {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEAAAA=", None, None]}}

    def grow(layer):
        layer["config"]["units"] = 10**9

    def module(layer):
        layer |= {"module": "os", "class_name": "system"}

    for change, said in [
        (lambda_layer, "'evil' is a Lambda"),
        (grow, "more weights than the file"),
        (module, "module 'os'"),
    ]:
        refused(with_layer(keras2_pair(root, tmp_path), change), said)

    def link(file):
        file["more"] = h5py.ExternalLink("/etc/passwd", "/")

    def bomb(file):
        file.create_dataset("more", (2**40,), "f4", chunks=(1024,))

    for change, said in [(link, "a link to somewhere else"), (bomb, "hostile")]:
        refused(keras2_pair(root, tmp_path, change=change), said)
    path = keras2_pair(root, tmp_path)
    content = (tmp_path / "model_weights.h5").read_bytes()
    (tmp_path / "model_weights.h5").write_bytes(content[: len(content) // 2])
    refused(path, "'model_weights.h5' is damaged or cut off")
    path.write_bytes(b"{" + b" " * (17 * 2**20) + b"}")
    refused(path, "bytes of JSON, more than")
    path.write_text('{"class_name": "Seq')
    refused(path, "not readable JSON")


def test_weights_alone_name_their_layers(tmp_path, root):
    keras2_pair(root, tmp_path, weights_name="only.h5")
    refused(
        tmp_path / "only.h5", r"no model, only weights \(of words, old, gru, probabilities\) \(save_weights.*with .json"
    )
    with keras_noise_allowed():
        small_model().save_weights(tmp_path / "three.weights.h5")
    refused(tmp_path / "three.weights.h5", r"no model, only weights \(of .*lstm.*\) \(save_weights")


# --- a newer Keras ----------------------------------------------------------------------------------------------------


def newer(tmp_path, version, change=None):
    """A good .keras file whose metadata names another Keras, with what only that one knows."""
    with keras_noise_allowed():
        small_model().save(tmp_path / "good.keras")
    with zipfile.ZipFile(tmp_path / "good.keras") as good:
        members = {name: good.read(name) for name in good.namelist()}
    config, metadata = json.loads(members["config.json"]), json.loads(members["metadata.json"])
    if change:
        config["config"]["layers"][1]["config"] |= change
    members |= {"metadata.json": json.dumps(metadata | {"keras_version": version}), "config.json": json.dumps(config)}
    return archive(tmp_path / "newer.keras", members)


def test_a_file_of_a_newer_keras_is_not_called_damaged_first(tmp_path):
    own = keras().__version__
    said = refused(newer(tmp_path, "99.1.0", {"only_there": 1}), "it was saved by Keras 99.1.0")
    assert f"the Keras here is {own}, which is older: python -m pip install 'keras>=99.1.0'" in said
    assert said.index("99.1.0") < said.index("damaged")
    assert "was saved by" not in refused(newer(tmp_path, own, {"only_there": 1}), "damaged")
    with keras_noise_allowed():
        assert files.load(newer(tmp_path, "99.1.0")).model.count_params() > 0, "what can be read is"


def test_numbers_of_versions():
    assert numbers("3.15.1") > numbers("3.9.2") > numbers("2.15.0-tf") > numbers("nonsense") == numbers("") == ()


# --- other kinds ------------------------------------------------------------------------------------------------------


def zipped(*names):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as new:
        for name in names:
            new.writestr(name, b"content")
    return memory.getvalue()


RTNEURAL = {"in_shape": [None, None, 1], "layers": [{"type": "lstm", "shape": [None, None, 8], "weights": []}]}
KINDS = {  # the file's name -> (its content, what is said)
    "model.tflite": (b"\x1c\0\0\0TFL3\0\0", "a TensorFlow Lite model.*le.diagnose"),
    "model.onnx": (b"\x08\x08\x12\x07pytorch", "an ONNX model: le.formats.read_onnx"),
    "graph.bin": (b"\x08\x07:\x05graph", "an ONNX model"),
    "saved_model.pb": (b"\x08\x01\x12\x07graph", "a graph of TensorFlow; of a SavedModel give the folder"),
    "w.data-00000-of-00001": (b"\0\0\x80?", "a checkpoint of TensorFlow"),
    "w.index": (b"\0\0\x05", "a checkpoint of TensorFlow"),
    "model.pth": (zipped("archive/data.pkl", "archive/version"), "a PyTorch file.*from_pytorch"),
    "old.pth": (b"\x80\x02\x8a\n", "a pickle"),
    "model.npz": (zipped("kernel.npy", "bias.npy"), "arrays of NumPy"),
    "model.npy": (b"\x93NUMPY\x01\0", "an array of NumPy"),
    "saved.zip": (zipped("saved/saved_model.pb"), "a SavedModel of TensorFlow, packed"),
    "model.safetensors": ((100).to_bytes(8, "little") + b'{"w":', "a safetensors file"),
    "model.gguf": (b"GGUF\x03", "a GGUF file"),
    "model.h5.gz": (b"\x1f\x8b\x08", "packed by gzip"),
    "model.h5": (b"<!DOCTYPE html><html>", "a web page: the download"),
    "model.yaml": (b"backend: tensorflow\nclass_name: Sequential\n", "in YAML, which Keras no longer reads"),
    "rtneural.json": (json.dumps(RTNEURAL).encode(), r"a model of RTNeural \(lstm\).*verify the Keras model"),
    "tfjs.json": (
        b'{"format": "layers-model", "modelTopology": {}, "weightsManifest": []}',
        "TensorFlow.js.*converter",
    ),
    "guitarml.json": (
        b'{"model_data": {}, "state_dict": {"rec.weight_ih_l0": []}}',
        "PyTorch state_dict.*from_pytorch",
    ),
    "fdeep.json": (b'{"architecture": {}, "image_data_format": "", "trainable_params": {}}', "frugally-deep"),
    "lwtnn.json": (b'{"inputs": [], "layers": [{"architecture": "lstm"}]}', "lwtnn"),
    "model.nam": (
        b'{"version": "0.5", "architecture": "LSTM", "config": {}, "weights": []}',
        r"Neural Amp Modeler \(LSTM\)",
    ),
    "list.json": (b'"[1, 2]"', "JSON whose content is a list"),
    "data.json": (b'{"a": 1, "b": 2}', "JSON with 'a', 'b', not a Keras model's configuration"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_named_with_the_next_step(name, tmp_path):
    content, said = KINDS[name]
    (tmp_path / name).write_bytes(content)
    assert f"could not load '{name}': it is" in refused(tmp_path / name, said)


def test_folders(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    refused(tmp_path, "a SavedModel of TensorFlow: Keras 3 runs.*TFSMLayer.*'name.h5'")
    (tmp_path / "saved_model.pb").unlink()
    (tmp_path / "best.keras").write_bytes(b"")
    refused(tmp_path, "give one of its files, such as 'best.keras'")


def test_real_files_of_other_libraries_are_known(root, tmp_path):
    with zipfile.ZipFile(root / "tests" / "data" / "onnx.zip") as exported:
        for name in exported.namelist():
            exported.extract(name, tmp_path)
            assert kinds.is_onnx(tmp_path / name), name
    assert not kinds.is_onnx(root / "tests" / "data" / "keras2.h5")
    assert not kinds.is_onnx(tmp_path / "none.onnx")


# --- in a terminal ----------------------------------------------------------------------------------------------------


def test_verify_takes_the_two_files(tmp_path, root, capsys):
    path = keras2_pair(root, tmp_path, "architecture.json", "epoch20.h5")
    np.save(tmp_path / "x.npy", np.load(root / "tests" / "data" / "keras2.npz")["ids"])
    given = [str(path), "--input", str(tmp_path / "x.npy")]
    with keras_noise_allowed():
        assert main(["verify", *given, "--weights", str(tmp_path / "epoch20.h5")]) == 0
        assert "agrees with Keras" in capsys.readouterr().out
        assert main(["verify", *given]) == 2
    assert "without weights" in capsys.readouterr().err


def test_verify_says_what_is_in_an_onnx_file(tmp_path, root, capsys):
    with zipfile.ZipFile(root / "tests" / "data" / "onnx.zip") as exported:
        for name in ("conv.onnx", "stacked-cells.onnx"):
            exported.extract(name, tmp_path)
    assert main(["verify", str(tmp_path / "conv.onnx")]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    for part in ("is an ONNX model", "is an LSTM: kernel (6, 16)", "not read: Conv", "read_onnx("):
        assert part in said
    assert main(["verify", str(tmp_path / "stacked-cells.onnx")]) == 2
    assert "nothing in the file could be read. Loop" in capsys.readouterr().err
    (tmp_path / "bad.onnx").write_bytes(b"\x08\x08\x12\x07pytorch")
    assert main(["verify", str(tmp_path / "bad.onnx")]) == 2
    assert "it has no graph" in capsys.readouterr().err
