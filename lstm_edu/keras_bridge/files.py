"""A saved model is someone else's data: it is checked before Keras sees it, and its code is never run.

Opened are `.keras` (a zip archive of config.json, metadata.json and model.weights.h5, by Keras 3 or late Keras 2, or
the folder of such), HDF5 as Keras 1 and 2 wrote it, and a configuration as JSON with its weights in an HDF5 file. What
a file is, its first bytes say, not its name. Before Keras is even imported: nothing in the archive may be outside it
or expand to many times its size, the HDF5 part may point to no other file, and the configuration may hold no code.
While Keras builds the model, it may make no more weights than the file has. Nothing is unpickled anywhere.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from lstm_edu.keras_bridge import keras2, kinds
from lstm_edu.keras_bridge.caution import Caution
from lstm_edu.keras_bridge.loading import keras

_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"

# What a file may expand to: so many times its own size, plus this much. Weights hardly compress.
MOST_TIMES, MOST_BESIDES = 100, 16 * 2**20
MOST_CONFIG = 16 * 2**20  # bytes of config.json
MOST_BATCH = 2**16  # sequences in a batch of fixed size
_PARTS = ("config.json", "metadata.json", "model.weights.h5")


# How people name the weights of NAME.json: of Keras 2's pairs and Keras 3's.
_ENDINGS = ("_weights.h5", ".weights.h5", "-weights.h5", ".h5", "_weights.hdf5", ".hdf5")


@dataclass(frozen=True)
class Pair(os.PathLike):
    """A model in two files: its configuration as JSON, and its weights. Accepted wherever a path is."""

    config: str | os.PathLike
    weights: str | os.PathLike

    def __fspath__(self) -> str:
        return os.fspath(self.config)


@dataclass(frozen=True)
class SavedModel:
    """A model from a file, and what loading it changed without a warning from Keras."""

    model: Any
    cautions: tuple[Caution, ...]


def load(path: str | os.PathLike) -> SavedModel:
    """The Keras model saved in a `.keras` file, in an `.h5` file of Keras 2, or in JSON and a file of weights.

    Args:
        path: the file, or the folder of an unpacked `.keras` file. Of JSON, and of weights that lie next to JSON of the
            same name, the other file is found (NAME.json with NAME_weights.h5, NAME.weights.h5 or NAME.h5), and a
            caution says which was taken; a `Pair` names both.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not such a file, with its kind and the next step; damaged, hostile or too big; of a newer
            Keras than this one; holds code, or needs layers that are not Keras's own; holds weights but no model, a
            model but no weights, or weights that are not numbers.
        ImportError: Keras is not installed.
    """
    weights = None
    if isinstance(path, Pair):
        weights, path = Path(path.weights), path.config
        if not weights.is_file():
            raise FileNotFoundError(f"there is no file {str(weights)!r}, whose weights were asked for")
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    try:
        return _opened(path, weights)
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        raise ValueError(f"could not load {path.name!r}: {_sentence(error)}") from error


def _opened(path: Path, weights: Path | None) -> SavedModel:
    if path.is_dir():
        whole = all((path / part).is_file() for part in (_PARTS[0], _PARTS[2]))
        load_it = _load_folder if whole else None
        said = kinds.of_folder(path)
    else:
        with path.open("rb") as file:
            start = file.read(64)
        if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b'"'):
            return _load_json(path, weights)
        load_it = _load_archive if start.startswith(_ZIP) else _load_hdf5 if start.startswith(_HDF5) else None
        said = kinds.of_bytes(start, path.name)
    if load_it is None:
        raise ValueError(
            f"it is {said}" if said else f"it is neither a .keras file nor HDF5 by its first bytes, {start[:8]!r}"
        )
    if weights is not None:
        raise ValueError(
            f"it is not a configuration as JSON but holds a model with its weights, and {weights.name!r} is given too: "
            "leave that out, or call model.load_weights() yourself and pass the model"
        )
    return load_it(path)


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 600 else text[:600] + " ..."


# --- .keras ---------------------------------------------------------------------------------------------------------


def _load_archive(path: Path) -> SavedModel:
    with _damage("the archive is damaged or cut off"), zipfile.ZipFile(path) as archive:
        _check_members(archive, path)
        names = set(archive.namelist())
        if missing := [part for part in _PARTS[:1] + _PARTS[2:] if part not in names]:
            if said := kinds.of_archive(names):
                raise ValueError(f"it is {said}")
            other = "; weights in files other than model.weights.h5 are not read" if len(names) > 2 else ""
            raise ValueError(f"the archive has no {' and no '.join(missing)}: it is not a whole model{other}")
        config = _json(archive.read("config.json"), "config.json")
        metadata = _json(archive.read("metadata.json"), "metadata.json") if "metadata.json" in names else {}
        check_config(config)
        with archive.open("model.weights.h5") as file:
            stored = _check_hdf5(file, path, archive.getinfo("model.weights.h5").file_size)
    version = str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else ""
    if not keras2.is_old(version) and path.suffix == ".keras":
        with _limited(stored):
            return _finished(_keras_loads(path, version), ())
    mended, cautions = keras2.mended(config, version) if keras2.is_old(version) else (config, ())
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.keras"  # Keras goes by the name
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as new:
            for name in archive.namelist():
                content = json.dumps(mended).encode() if name == "config.json" else archive.read(name)
                new.writestr(name, content)
        with _limited(stored):
            model = _keras_loads(copy, version)
    if keras2.is_old(version):
        cautions += keras2.with_old_functions(model, version)
    return _finished(model, cautions)


def _load_folder(path: Path) -> SavedModel:
    """What Keras 3 writes with zipped=False, or an unpacked archive."""
    return _packed({part: path / part for part in _PARTS if (path / part).is_file()})


def _packed(parts: Mapping[str, Path | bytes]) -> SavedModel:
    """The model whose parts are these files, through an archive, in which everything is checked."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.keras"
        with zipfile.ZipFile(archive, "w") as new:
            for name, part in parts.items():
                if isinstance(part, bytes):
                    new.writestr(name, part)
                else:
                    new.write(part, name)
        return _load_archive(archive)


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    total, most = 0, MOST_TIMES * path.stat().st_size + MOST_BESIDES
    seen = set()
    for info in archive.infolist():
        name = info.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in name or "\0" in name:
            raise ValueError(f"the archive holds {name!r}, a path that leads out of it; no Keras model does")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ValueError(f"the archive holds {name!r}, a link to another file; no Keras model does")
        if name in seen:
            raise ValueError(f"the archive holds {name!r} twice; no Keras model does")
        if info.flag_bits & 1:
            raise ValueError(f"{name!r} in the archive is encrypted")
        if name == "config.json" and info.file_size > MOST_CONFIG:
            raise ValueError(f"config.json has {info.file_size:,} bytes, more than {MOST_CONFIG:,}: no model needs it")
        seen.add(name)
        total += info.file_size
    if total > most:
        raise ValueError(
            f"the archive of {path.stat().st_size:,} bytes would expand to {total:,}, more than {most:,}: a zip bomb, "
            "because weights hardly compress"
        )


def _json(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not readable JSON: {error}") from error


def _keras_loads(path: Path, version: str) -> Any:
    """Keras's own loader in safe mode. A file that asks for too much, or of a newer Keras, is reported first."""
    load_model = keras().saving.load_model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of arguments that Keras 3 takes but no longer likes
        try:
            return load_model(path, compile=False, safe_mode=True)
        except _TooManyWeights:
            raise
        except Exception as error:
            cause: BaseException | None = error
            while cause is not None:
                if isinstance(cause, _TooManyWeights):
                    raise cause from None
                cause = cause.__cause__ or cause.__context__
            own = keras().__version__
            newer = (
                f"it was saved by Keras {version}, and the Keras here is {own}, which is older: python -m pip install "
                f"'keras>={version}'. If that is not it, "
                if keras2.numbers(version) > keras2.numbers(own)
                else ""
            )
            needed = re.search(r"(?:Unknown layer:|Could not locate class) '([^']+)'", str(error))
            if needed and not any(hasattr(place, needed[1]) for place in (keras(), keras().layers)):
                reason = f"it needs the layer {needed[1]!r}, which is not one of Keras's: make it"
            else:
                reason = "it is damaged, holds code, which safe mode refuses, or needs custom layers: make them"
            raise ValueError(
                f"{newer}{reason} known with keras.saving.register_keras_serializable, or load the model yourself and "
                f"pass it instead of the path. Keras {own} said: {error}"
            ) from error


@contextmanager
def _damage(said: str) -> Iterator[None]:
    """What damaged data makes the libraries below raise, as one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError, OSError, KeyError, RuntimeError, NotImplementedError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{said} ({_sentence(error)})") from error


# --- HDF5 -----------------------------------------------------------------------------------------------------------


def _load_hdf5(path: Path) -> SavedModel:
    import h5py

    with _damage("the HDF5 file is damaged or cut off"), h5py.File(path, "r") as file:
        stored = _check_hdf5(file, path, path.stat().st_size)
        config = file.attrs.get("model_config")
        if config is None:
            layers = _layers_with_weights(file)
        elif "model_weights" not in file:
            raise ValueError("it holds a model without weights")
        else:
            config = _json(config if isinstance(config, bytes) else str(config).encode(), "model_config")
            version = _text(file.attrs.get("keras_version", file["model_weights"].attrs.get("keras_version", "")))
            check_config(config)
            biases = keras2.gru_biases(file["model_weights"])
    if config is None:
        return _load_weights_only(path, layers)
    return _from_hdf5(path, "model_weights", config, version, biases, stored)


def _from_hdf5(path: Path, group: str, config: Any, version: str, biases: dict[str, int], stored: int) -> SavedModel:
    """A checked configuration, with the weights in that group of an HDF5 file."""
    if not keras2.is_old(version):  # Keras 3 can still write such files
        with _limited(stored):
            return _finished(_keras_loads_hdf5(path, group, config, version), ())
    mended, cautions = keras2.mended(config, version, biases)
    with _limited(stored):
        model = _keras_loads_hdf5(path, group, mended, version)
    return _finished(model, cautions + keras2.with_old_functions(model, version))


def _layers_with_weights(file: Any) -> list[str]:
    """The names of the layers in a file of weights alone, as far as it says."""
    names = file.attrs.get("layer_names")
    if names is None:
        return list(file["layers"]) if "layers" in file and hasattr(file["layers"], "keys") else []
    return [_text(name) for name in names if _text(name) in file and len(file[_text(name)])]


def _load_weights_only(path: Path, layers: list[str]) -> SavedModel:
    """The configuration may be next to the weights, under the same name."""
    for ending in _ENDINGS:
        config = path.with_name(path.name.removesuffix(ending) + ".json")
        if path.name.endswith(ending) and config.is_file():
            return _load_json(config, path, f"the layers are those in {config.name!r}, found next to the weights")
    of = f" (of {', '.join(layers[:6])}{' ...' * (len(layers) > 6)})" if layers else ""
    raise ValueError(
        f"it holds no model, only weights{of} (save_weights writes such files): build the model, call "
        "model.load_weights(path), and pass the model instead; or put its model.to_json() next to it, under the same "
        "name with .json"
    )


def _keras_loads_hdf5(path: Path, group: str, config: Any, version: str) -> Any:
    """Through a copy whose configuration is the given one, under a name that tells Keras what it is."""
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.h5"
        with h5py.File(path, "r") as old, h5py.File(copy, "w") as new:
            for key, value in old.attrs.items():
                if key not in ("model_config", "training_config"):
                    new.attrs[key] = value
            weights = new.create_group("model_weights")
            for name in old[group]:
                old.copy(f"{group}/{name}", weights, name)
            for key, value in old[group].attrs.items():
                weights.attrs[key] = value
            # The attribute of an HDF5 object cannot be longer than 64 kB unless it is stored separately, as h5py does
            # with a str.
            new.attrs["model_config"] = json.dumps(config)
        return _keras_loads(copy, version)


# --- JSON and weights -----------------------------------------------------------------------------------------------


def _load_json(path: Path, weights: Path | None, found: str = "") -> SavedModel:
    """A configuration as model.to_json() gives it, with the weights in a separate file.

    Args:
        found: what to say about a file that was not named but found.
    """
    if path.stat().st_size > MOST_CONFIG:
        raise ValueError(f"it has {path.stat().st_size:,} bytes of JSON, more than {MOST_CONFIG:,}: no model needs it")
    config = _json(path.read_bytes(), path.name)
    if isinstance(config, str):  # json.dump(model.to_json()) puts it into JSON twice
        config = _json(config.encode(), path.name)
    if said := kinds.of_json(config):
        raise ValueError(f"it is {said}")
    check_config(config)
    version = str(config.get("keras_version", ""))
    if weights is None:
        weights = _weights_next_to(path)
        found = f"the weights are those in {weights.name!r}, found by its name next to {path.name!r}"
    name = str(config["config"].get("name", path.stem)) if isinstance(config.get("config"), dict) else path.stem
    cautions = (Caution("found-next-to-it", name, found),) if found else ()
    with weights.open("rb") as file:
        start = file.read(64)
    if not start.startswith(_HDF5):
        said = kinds.of_bytes(start, weights.name)
        raise ValueError(f"its weights, {weights.name!r}, are not an HDF5 file{f' but {said}' if said else ''}")
    try:
        saved = _with_weights(config, version, weights)
    except ValueError as error:
        raise ValueError(f"with the weights in {weights.name!r}: {error}") from error
    return SavedModel(saved.model, cautions + saved.cautions)


def _with_weights(config: Any, version: str, path: Path) -> SavedModel:
    import h5py

    with _damage(f"{path.name!r} is damaged or cut off"), h5py.File(path, "r") as file:
        stored = _check_hdf5(file, path, path.stat().st_size)
        group = "model_weights" if "model_weights" in file else "/"
        if "layer_names" not in file[group].attrs and "layer_names0" not in file[group].attrs:
            group = ""  # as Keras 3 writes them
        else:
            version = version or _text(file[group].attrs.get("keras_version", ""))
            biases = keras2.gru_biases(file[group])
    if group:
        return _from_hdf5(path, group, config, version, biases, stored)
    kind = config["class_name"]
    if "module" not in config and kind in ("Model", "Functional"):  # Keras 2 leaves it out
        config = config | {"module": "keras.src.models.functional", "registered_name": "Functional"}
    elif "module" not in config:
        config = config | {"module": "keras", "registered_name": None}
    metadata = json.dumps({"keras_version": version}).encode()
    return _packed(dict(zip(_PARTS, (json.dumps(config).encode(), metadata, path), strict=True)))


def _weights_next_to(path: Path) -> Path:
    """The file of weights that has the same name as this JSON."""
    stem = path.name.removesuffix(".json")
    tried = [path.with_name(stem + ending) for ending in _ENDINGS]
    if there := [one for one in tried if one.is_file()]:
        return min(there, key=_is_whole_model)
    others = sorted(one.name for one in path.parent.iterdir() if one.name.endswith((".h5", ".hdf5")))
    raise ValueError(
        f"it is the configuration of a model, without weights. There is no {tried[0].name!r}, {tried[1].name!r} or "
        f"{tried[3].name!r} next to it: name the file, --weights FILE or le.from_keras(path, weights=FILE)"
        + (f". There are {', '.join(map(repr, others[:6]))}" if others else "")
    )


def _is_whole_model(path: Path) -> bool:
    """Whether an HDF5 file has its own configuration, and so is hardly the weights of another."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return "model_config" in file.attrs
    except OSError:  # damaged, or of another kind: said when it is opened
        return False


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _check_hdf5(source: Any, path: Path, size: int) -> int:
    """How many numbers the file's datasets hold, after a look at each of them, without reading any.

    Raises:
        ValueError: a link to another file or place, data in another file, or more than the file could hold.
    """
    import h5py

    if not isinstance(source, h5py.Group):
        with _damage("model.weights.h5 is damaged or cut off"), h5py.File(source, "r") as file:
            return _check_hdf5(file, path, size)
    count, nbytes, most = 0, 0, MOST_TIMES * size + MOST_BESIDES
    todo = [(source, "")]
    visited: set[Any] = set()
    while todo:
        group, where = todo.pop()
        for name in group:
            link, place = group.get(name, getlink=True), f"{where}/{name}"
            if not isinstance(link, h5py.HardLink):
                raise ValueError(f"{place} in the HDF5 part is a link to somewhere else; no Keras model has one")
            item = group[name]
            if isinstance(item, h5py.Group):
                if item.id not in visited:  # groups can contain each other
                    visited.add(item.id)
                    todo.append((item, place))
                continue
            if not isinstance(item, h5py.Dataset):
                continue
            if item.external or item.is_virtual:
                raise ValueError(f"{place} in the HDF5 part takes its data from another file; no Keras model does")
            count += item.size or 0
            nbytes += (item.size or 0) * item.dtype.itemsize
            if nbytes > most:
                raise ValueError(
                    f"the HDF5 part of {size:,} bytes would expand to more than {most:,} ({place} has shape "
                    f"{item.shape}): it is hostile, because weights hardly compress"
                )
    return count


# --- the configuration ----------------------------------------------------------------------------------------------


def check_config(config: Any) -> None:
    """Refuse a configuration that contains code, or needs any that is not Keras's own.

    Raises:
        ValueError: it does, naming the layer; or it is not a configuration at all.
    """
    if not isinstance(config, Mapping) or "class_name" not in config:
        raise ValueError("its configuration is not that of a model: it has no class_name")
    for layer, node in _nodes(config):
        kind, inner = node.get("class_name"), node.get("config")
        if kind in ("__lambda__", "Lambda"):
            raise ValueError(
                f"the layer {layer!r} is a Lambda, whose code is in the file or named by it. Code is not run because a "
                "file says so. If you trust it, load it yourself, model = keras.saving.load_model(path, "
                "safe_mode=False), and pass the model; or write that layer with keras.ops, or as a layer class"
            )
        shape = inner.get("batch_shape", inner.get("batch_input_shape")) if isinstance(inner, Mapping) else None
        if isinstance(shape, list) and shape and isinstance(shape[0], (int, float)) and shape[0] > MOST_BATCH:
            raise ValueError(
                f"the layer {layer!r} asks for {shape[0]:,} sequences in a batch, more than {MOST_BATCH:,}: a stateful "
                "layer would make a state for each"
            )
        module = node.get("module")
        if "module" in node and module is None and node.get("registered_name") == kind and not _registered(node):
            raise ValueError(
                f"the layer {layer!r} needs a class {kind} of the model's author, which is not in the file. If it is "
                "yours, import it first and make it known with keras.saving.register_keras_serializable(); or load the "
                "model yourself and pass it instead"
            )
        if not isinstance(module, str) or "class_name" not in node:
            continue
        if not _of_keras(module, kind) and not _registered(node):
            raise ValueError(
                f"the layer {layer!r} needs {kind} from the Python module {module!r}, which has none of Keras's "
                "layers and is not used just because a file says so. If it is yours, import it first and make it known "
                "with keras.saving.register_keras_serializable(); or load the model yourself and pass it instead"
            )


def _nodes(config: Any) -> Iterator[tuple[str, Mapping]]:
    """(the layer's name, node) of every dict inside, however deep."""
    todo = [(config, "?")]
    while todo:
        node, layer = todo.pop()
        if isinstance(node, Mapping):
            inner = node.get("config")
            name = inner.get("name") if isinstance(inner, Mapping) else None
            layer = name if isinstance(name, str) else layer
            yield layer, node
            todo += [(value, layer) for value in node.values()]
        elif isinstance(node, (list, tuple)):
            todo += [(value, layer) for value in node]


def _of_keras(module: str, kind: Any) -> bool:
    """Whether a class of that module is a part of models; Keras's tools that fetch, unpack and load files are not."""
    first, *rest = module.split(".")
    if first == "builtins":
        return kind == "function"  # a function by its name, which Keras looks up among those that it knows
    return first in ("keras", "tf_keras") and not {"utils", "saving", "backend", "export"} & set(rest)


def _registered(node: Mapping) -> bool:
    """Whether the user has made this class known to Keras."""
    name = node.get("registered_name")
    return isinstance(name, str) and keras().saving.get_registered_object(name) is not None


# --- no more weights than the file has ------------------------------------------------------------------------------


class _TooManyWeights(ValueError):
    pass


@contextmanager
def _limited(most: int) -> Iterator[None]:
    """While open, Keras may make layers with about so many weights in all; one that asks for many more is named.

    Some more there may be: Bidirectional makes the layer that it was given, and then two copies of it.
    """
    layer_class = keras().Layer
    add_weight = layer_class.add_weight
    allowed = 4 * most + 4096
    made = 0

    def add_within_limit(self, shape=None, *args, **kwargs):
        nonlocal made
        sizes = (shape,) if isinstance(shape, int) else tuple(shape or ())
        made += int(np.prod([float(n or 0) for n in sizes]))
        if made > allowed:
            raise _TooManyWeights(
                f"its configuration asks for more weights than the file holds: {type(self).__name__} {self.name!r} "
                f"asks for a weight of shape {sizes}, but the file has {most:,} numbers in all"
            )
        return add_weight(self, shape, *args, **kwargs)

    layer_class.add_weight = add_within_limit
    try:
        yield
    finally:
        layer_class.add_weight = add_weight


def _finished(model: Any, cautions: tuple[Caution, ...]) -> SavedModel:
    for weight in model.weights:
        values = np.asarray(weight.value)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            place = tuple(int(k) for k in np.argwhere(~np.isfinite(values))[0])
            raise ValueError(
                f"the weight {weight.path!r} holds {values[place]} at {place} ({int((~np.isfinite(values)).sum())} of "
                f"{values.size} values are not finite): training has diverged, or the file is damaged. Comparing "
                "such numbers says nothing"
            )
    return SavedModel(model, cautions)
