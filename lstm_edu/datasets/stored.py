"""The two real datasets, read from files/ in this package. scripts/make_datasets.py made those files."""

from importlib import resources
from typing import Any

import numpy as np

from .dataset import Dataset

# UCI's digits come as 14 filled-in forms of up to 130 digits, one after the other: the same row of labels, 14 times.
# Cutting between two forms keeps a form, and so the hand that filled it in, on one side.
DIGITS_TRAIN = 1287  # images of the first ten forms; the last four have 510


def vowels(normalise: bool = False) -> Dataset:
    """Japanese Vowels: nine men say /ae/; which of them is speaking? 640 utterances (Kudo, Toyama and Shimbo, 1999).

    Args:
        normalise: False gives the coefficients as recorded. True standardises each of the 12: minus the mean and
            over the standard deviation of its 4274 *training* frames (the test set is scaled by the same numbers,
            which are kept in `mean` and `scale`). Padding stays 0 either way.

    Returns:
        A `Dataset`: x_train (270, 29, 12) and x_test (370, 29, 12) float32, the official split; y 0..8 for speakers
        1..9; lengths 7..29; masks (N, 29) bool. 30 training utterances per speaker; 24 to 88 test utterances. The order
        is the source's, speaker after speaker: shuffle before you train on it in batches.

    Raises:
        TypeError: normalise is not True or False.

    Source: UCI Machine Learning Repository, doi:10.24432/C5NS47; the licence is in README.md next to this file.
    """
    if not isinstance(normalise, bool | np.bool_):
        raise TypeError(
            f"normalise must be True or False, got {normalise!r} ({type(normalise).__name__}): vowels() standardises "
            "each coefficient with the training set's mean and standard deviation, or leaves it as recorded"
        )
    stored = _load("vowels.npz")
    frames = {split: stored[f"{split}_millionths"] / 1e6 for split in ("train", "test")}  # each (frames, 12) float64
    if normalise:
        mean, scale = frames["train"].mean(axis=0), frames["train"].std(axis=0)
        frames = {split: (values - mean) / scale for split, values in frames.items()}
    else:
        mean, scale = np.zeros(12), np.ones(12)

    arrays: dict[str, Any] = {}
    for split, values in frames.items():
        lengths = stored[f"{split}_lengths"].astype(np.int64)
        mask = np.arange(29) < lengths[:, np.newaxis]  # (N, 29)
        x = np.zeros((*mask.shape, 12), np.float32)
        x[mask] = values  # both run through utterances, then through time
        arrays |= {f"x_{split}": x, f"mask_{split}": mask, f"lengths_{split}": lengths}
        arrays[f"y_{split}"] = stored[f"{split}_speaker"].astype(np.int64) - 1

    return Dataset(
        name="vowels",
        **arrays,
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        class_names=tuple(f"speaker {k}" for k in range(1, 10)),
        feature_names=tuple(f"cepstrum {k}" for k in range(1, 13)),
        timestep="25.6 ms of speech, 6.4 ms after the step before",
        description="Japanese Vowels. Nine men say /ae/: which of them is speaking?",
        source="UCI Machine Learning Repository, https://doi.org/10.24432/C5NS47 (by way of the Python package aeon)",
        licence="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/; the donors ask to be told about publications "
        "and to be asked before commercial use",
        citation="Kudo, M., Toyama, J. and Shimbo, M. (1999). Japanese Vowels [Dataset]. UCI Machine Learning "
        "Repository. https://doi.org/10.24432/C5NS47",
        changes="official split and order kept; speakers 1..9 became classes 0..8; padded with 0 on the right to 29 "
        "timesteps" + ("; standardised with the training set's mean and standard deviation" if normalise else ""),
    )


def digits() -> Dataset:
    """Handwritten digits, 1797 images of 8x8 (Alpaydin and Kaynak, 1998), read row by row: a row is a timestep.

    Returns:
        A `Dataset`: x_train (1287, 8, 8) and x_test (510, 8, 8) float32 in 0..1, which are the source's whole numbers
        0..16 divided by 16 (so `16 * x` gives them back exactly); y 0..9. Every sequence has 8 timesteps: no masks.

    The source's own training part is not included: all 1797 images are its *test* part, and this package splits them
    itself, in the source's order: the first ten filled-in forms are for training, the last four for testing. So the
    test digits are by writers not trained on (except one at most: UCI counts 13 writers, and there are 14 forms).
    Scores cannot be compared with those published for the official split, nor with those of a shuffled one.

    Source: UCI Machine Learning Repository, doi:10.24432/C50P49; the licence is in README.md next to this file.
    """
    stored = _load("digits.npz")
    parts = {"train": slice(None, DIGITS_TRAIN), "test": slice(DIGITS_TRAIN, None)}
    arrays: dict[str, Any] = {}
    for split, part in parts.items():
        x = stored["images"][part] / np.float32(16)  # (N, 8, 8): image, row, column; exact in float32
        arrays |= {f"x_{split}": x, f"mask_{split}": None, f"lengths_{split}": np.full(len(x), 8, np.int64)}
        arrays[f"y_{split}"] = stored["labels"][part].astype(np.int64)

    return Dataset(
        name="digits",
        **arrays,
        mean=np.zeros(8, np.float32),
        scale=np.full(8, 16, np.float32),
        class_names=tuple(str(k) for k in range(10)),
        feature_names=tuple(f"column {k}" for k in range(1, 9)),
        timestep="one row of the image, from top to bottom",
        description="Handwritten digits, 8x8, read row by row: which digit is it?",
        source="UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, the file optdigits.tes (by way of "
        "the Python package scikit-learn)",
        licence="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
        citation="Alpaydin, E. and Kaynak, C. (1998). Optical Recognition of Handwritten Digits [Dataset]. UCI Machine "
        "Learning Repository. https://doi.org/10.24432/C50P49",
        changes="only the source's test part; values 0..16 divided by 16; split here, in the source's order, into the "
        "first 1287 images (ten forms) for training and the last 510 (four forms) for testing",
    )


def _load(filename: str) -> dict[str, np.ndarray]:
    with resources.files(__package__).joinpath("files", filename).open("rb") as file:
        with np.load(file, allow_pickle=False) as stored:
            return dict(stored)
