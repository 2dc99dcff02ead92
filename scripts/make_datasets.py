"""Make lstm_edu/datasets/files/*.npz from the files that the Python packages aeon and scikit-learn carry.

For developers only: lstm_edu needs neither package. Both need only be found, not imported, so this is enough:

    pip download --no-deps aeon scikit-learn, unzip both wheels into DIR, and
    PYTHONPATH=DIR python scripts/make_datasets.py

The same sources give the same bytes (with a zlib that compresses as the usual one does; zlib-ng does not, and then the
arrays are the same but the bytes are not): tests/test_datasets.py holds that.
"""

import gzip
import hashlib
import importlib.util
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

OUTPUT = Path(__file__).parents[1] / "lstm_edu" / "datasets" / "files"
# UCI's own optdigits.tes; scikit-learn's digits.csv.gz is that file, compressed.
OPTDIGITS_TES = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"


def find(package: str, *path: str) -> Path:
    """A data file of an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"{package} is not installed: pip install {package}", name=package)
    return Path(next(iter(spec.submodule_search_locations)), *path)


def vowels() -> dict[str, np.ndarray]:
    """Per split: every frame in millionths (frames, 12) int32, exact; lengths (N,) and speaker 1..9 (N,) uint8.

    A line of aeon's .ts file is one utterance: 12 coefficients, each over time, and the speaker, separated by colons.
    """
    arrays = {}
    for split in ("train", "test"):
        text = find("aeon", "datasets", "data", "JapaneseVowels", f"JapaneseVowels_{split.upper()}.ts").read_text()
        utterances, speakers = [], []
        for line in text.splitlines():
            if line.strip() and line[0] not in "#@":
                *coefficients, speaker = line.split(":")
                utterances.append(np.array([c.split(",") for c in coefficients], np.float64).T)  # (length, 12)
                speakers.append(speaker)
        frames = np.concatenate(utterances)
        millionths = np.rint(frames * 1e6).astype("<i4")
        if not np.array_equal(millionths / 1e6, frames):
            raise ValueError(f"the {split} file has numbers of more than six decimals: they would be rounded")
        arrays[f"{split}_millionths"] = millionths
        arrays[f"{split}_lengths"] = np.array([len(u) for u in utterances], np.uint8)
        arrays[f"{split}_speaker"] = np.array(speakers, np.uint8)
    return arrays


def digits() -> dict[str, np.ndarray]:
    """images (1797, 8, 8) uint8 in 0..16 and labels (1797,) uint8, in the source's order."""
    text = gzip.decompress(find("sklearn", "datasets", "data", "digits.csv.gz").read_bytes())
    if (found := hashlib.sha256(text).hexdigest()) != OPTDIGITS_TES:
        raise ValueError(f"digits.csv.gz should hold UCI's optdigits.tes, sha256 {OPTDIGITS_TES}, but has {found}")
    table = np.loadtxt(io.BytesIO(text), delimiter=",", dtype=np.uint8)  # (1797, 64 + 1)
    return {"images": table[:, :-1].reshape(-1, 8, 8), "labels": table[:, -1]}


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """What np.savez_compressed writes, but the same bytes on every system and at every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


MAKERS = {"vowels.npz": vowels, "digits.npz": digits}


def main() -> int:
    OUTPUT.mkdir(exist_ok=True)
    for filename, maker in MAKERS.items():
        data = npz(maker())
        (OUTPUT / filename).write_bytes(data)
        print(f"{filename}  {len(data):,} bytes  sha256 {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
