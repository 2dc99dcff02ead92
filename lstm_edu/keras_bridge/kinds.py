"""What a file is that Keras cannot open as a model: its kind by its contents, and the next step.

By the first bytes and the names inside, because a file's own name says little. Nothing is run and little is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PICKLE = "a pickle, it seems, which can run any code and is never opened"
_ONNX = (
    "an ONNX model: le.formats.read_onnx(path) reads its layers. verify compares with what Keras computes, so give it "
    "the Keras model that the file was made from"
)
_TFLITE = (
    "a TensorFlow Lite model, which is not read. Verify the Keras model that it was converted from, and give what "
    "TensorFlow Lite computes to le.diagnose(its_output, model, x)"
)
_PYTORCH = (
    "a PyTorch file. In Python, torch.load(path, weights_only=True) gives its state_dict, and "
    "le.formats.from_pytorch(state_dict) the layers"
)
_CHECKPOINT = (
    "a checkpoint of TensorFlow, which holds weights but no layers: build the model, model.load_weights(prefix) in the "
    "Keras that wrote it, and model.save('name.keras') or, in Keras 2, model.save('name.h5')"
)
_YAML = (
    "a model's configuration in YAML, which Keras no longer reads: in the Keras that wrote it, model_from_yaml, then "
    "model.save('name.h5'), or model.to_json() and its weights"
)

_STARTS = (
    (b"\x80", PICKLE),
    (b"version https://git-lfs", "a pointer of Git LFS, it seems; `git lfs pull` brings the file itself"),
    (b"\x93NUMPY", "an array of NumPy, not a model"),
    (b"GGUF", "a GGUF file, which holds no layers of Keras"),
    (b"\x1f\x8b", "packed by gzip: unpack it first"),
    (b"BZh", "packed by bzip2: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "packed by 7-Zip: unpack it first"),
    (b"backend:", _YAML),
    (b"class_name:", _YAML),
)


def of_bytes(start: bytes, name: str) -> str:
    """What a file is, "" if that is not known.

    Args:
        start: its first 64 bytes or more. name: the file's name, for kinds whose bytes say too little.
    """
    if not start:
        return "empty"
    if start[4:8] == b"TFL3":
        return _TFLITE
    if start.lstrip()[:5].lower() in (b"<!doc", b"<html"):
        return "a web page: the download brought a page about the file (on GitHub, take the link Raw or Download)"
    for begins, said in _STARTS:
        if start.startswith(begins):
            return said
    if start[8:10] == b'{"' and int.from_bytes(start[:8], "little") < 2**32:
        return "a safetensors file, which holds weights but no layers: build the model and set its weights"
    if name.endswith((".index", "checkpoint")) or ".data-0" in name:
        return _CHECKPOINT
    # Protocol buffers: a version, then text that says who wrote it, or the graph.
    if start[:1] == b"\x08" and name.endswith(".pb"):
        return "a graph of TensorFlow; of a SavedModel give the folder"
    if start[:1] == b"\x08" and 0 < start[1] < 20 and start[2:3] in b"\x12\x1a\x22\x28\x32\x3a\x42":
        return _ONNX
    return ""


def is_onnx(path: Path) -> bool:
    """Whether a file's first bytes are those of an ONNX model."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return of_bytes(file.read(64), path.name) == _ONNX


def of_archive(names: Iterable[str]) -> str:
    """What a zip archive is, by the names in it."""
    names = set(names)
    if any(name.endswith("data.pkl") for name in names):
        return _PYTORCH
    if names and all(name.endswith(".npy") for name in names):
        return "arrays of NumPy (.npz), not a model"
    if any(name.endswith("saved_model.pb") for name in names):
        return "a SavedModel of TensorFlow, packed: " + _SAVED_MODEL
    return ""


_SAVED_MODEL = (
    "Keras 3 runs such a model as one block (keras.layers.TFSMLayer) and does not see its layers. In the Keras it was "
    "made with: model = keras.models.load_model(folder), then model.save('name.keras') or, in Keras 2, 'name.h5'"
)


def of_folder(folder: Path) -> str:
    """What a folder is that does not hold a Keras 3 model."""
    names = {item.name for item in folder.iterdir()}
    if "saved_model.pb" in names:
        return f"a SavedModel of TensorFlow: {_SAVED_MODEL}"
    if models := sorted(n for n in names if n.endswith((".keras", ".h5", ".hdf5", ".json"))):
        return f"a folder; give one of its files, such as {models[0]!r}"
    return "a folder, and only Keras files are opened: load it with what it was made with, and model.save('name.keras')"


def of_json(content: Any) -> str:
    """What JSON is that is not a Keras model's configuration; "" if it may be one."""
    if isinstance(content, list) or not isinstance(content, Mapping):
        return f"JSON whose content is a {type(content).__name__}, not a model"
    layers = content.get("layers")
    layers = [layer for layer in layers if isinstance(layer, Mapping)] if isinstance(layers, list) else []
    if "modelTopology" in content:
        return (
            "a model of TensorFlow.js: `tensorflowjs_converter --input_format tfjs_layers_model --output_format keras "
            "model.json model.h5` makes a file that is read here"
        )
    if "in_shape" in content and layers:
        kinds = ", ".join(str(layer.get("type")) for layer in layers[:6]) + " ..." * (len(layers) > 6)
        return (
            f"a model of RTNeural ({kinds}), which holds no layers of Keras. Its weights are in the order of "
            "get_weights(): verify the Keras model it was written from, or build that model and set them"
        )
    if "state_dict" in content:
        return (
            "a PyTorch state_dict written as JSON: le.formats.from_pytorch({name: np.array(value, 'float32') for name, "
            "value in content['state_dict'].items()}, prefix) reads its layers"
        )
    if "trainable_params" in content:
        return "a model of frugally-deep: verify the Keras model that it was converted from"
    if {"architecture", "weights"} <= set(content):
        return f"a model of Neural Amp Modeler ({content['architecture']}), which comes from PyTorch and is not read"
    if any("architecture" in layer for layer in layers):
        return "a model of lwtnn: verify the Keras model that it was converted from"
    if "class_name" not in content:
        named = ", ".join(map(repr, list(content)[:6])) or "nothing"
        return f"JSON with {named}, not a Keras model's configuration, which has a class_name"
    return ""
