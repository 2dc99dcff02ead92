"""The record every dataset is returned as: arrays, what they mean, and where they come from."""

from dataclasses import dataclass
from html import escape

import numpy as np

SPLITS = ("train", "test")


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """One dataset, split into train and test. Frozen, with read-only arrays: copy an array to change it.

    N_train and N_test are the numbers of sequences; T timesteps; F features.
    """

    name: str
    x_train: np.ndarray  # (N_train, T, F) float32; padded with 0 on the right where a sequence is shorter than T
    y_train: (
        np.ndarray
    )  # what to predict: a class (N_train,) or one per timestep (N_train, T), int64; or values, float32
    mask_train: np.ndarray | None  # (N_train, T) bool, True at real timesteps; None where nothing is padded
    lengths_train: np.ndarray  # (N_train,) int64, how many timesteps of each sequence are real
    x_test: np.ndarray  # (N_test, T, F) float32
    y_test: np.ndarray
    mask_test: np.ndarray | None  # (N_test, T) bool
    lengths_test: np.ndarray  # (N_test,) int64
    mean: np.ndarray  # (F,) float32: at real timesteps x = (recorded - mean) / scale
    scale: np.ndarray  # (F,) float32: zeros and ones where x is as recorded
    class_names: tuple[str, ...]  # class_names[y]; () where y is not a class
    feature_names: tuple[str, ...]  # F names
    timestep: str  # what one step of time is
    description: str
    source: str
    licence: str
    citation: str
    changes: str  # what was done to the source (CC BY requires this)

    def __post_init__(self):
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def _rows(self) -> list[tuple[str, str, str, str]]:
        """One row per split: its name, x, the real lengths, y."""
        rows = []
        for split in SPLITS:
            x, y, lengths = (getattr(self, f"{part}_{split}") for part in ("x", "y", "lengths"))
            target = f"{y.shape} {y.dtype}"
            if self.class_names and y.ndim == 1:
                count = np.bincount(y.astype(np.intp), minlength=len(self.class_names))
                target += f", {_span(count)} of each of {len(count)} classes"
            elif self.class_names:
                target += f", {len(self.class_names)} classes, one per timestep"
            rows.append((split, f"{x.shape} {x.dtype}", f"{_span(lengths)} timesteps", target))
        return rows

    def _facts(self) -> list[tuple[str, str]]:
        padding = "none" if self.mask_train is None else "0 on the right; mask_train and mask_test are False there"
        return [
            ("one timestep", self.timestep),
            ("features", _listing(self.feature_names)),
            ("classes", _listing(self.class_names) or "none: y holds values"),
            ("padding", padding),
            ("licence", self.licence),
        ]

    def __repr__(self) -> str:
        lines = [f"Dataset {self.name!r}: {self.description}"]
        lines += [f"  {split:<5} x {x}, {lengths}; y {y}" for split, x, lengths, y in self._rows()]
        lines += [f"  {key}: {value}" for key, value in self._facts()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        # No colours of our own: the card takes the page's, so it is right in light and dark.
        left = ' style="text-align:left"'
        head = "".join(f'<th scope="col"{left}>{name}</th>' for name in ("", "x", "real length", "y"))
        body = "".join(
            f'<tr><th scope="row"{left}>{split}</th>'
            + "".join(f"<td{left}>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for split, *cells in self._rows()
        )
        facts = "<br>".join(f"<b>{key}</b>: {escape(value)}" for key, value in self._facts())
        kept = [(key, getattr(self, key)) for key in ("source", "citation", "changes")]
        origin = "<br>".join(f"<b>{key}</b>: {escape(value)}" for key, value in kept if value)
        return (
            f'<div class="lstm-edu-dataset" style="max-width:50em">'
            f'<table style="margin:0;color:inherit"><caption{left}><b>{escape(self.name)}</b>: '
            f"{escape(self.description)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<div>{facts}</div><details><summary>Source, citation, changes</summary>{origin}</details></div>"
        )


def _span(numbers: np.ndarray) -> str:
    low, high = int(numbers.min()), int(numbers.max())
    return f"{low}" if low == high else f"{low} to {high}"


def _listing(names: tuple[str, ...]) -> str:
    """All names if they are few; else the first, the last and how many."""
    return ", ".join(names) if len(names) <= 4 else f"{names[0]} ... {names[-1]} ({len(names)})"
