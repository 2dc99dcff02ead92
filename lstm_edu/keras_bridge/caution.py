"""One thing to know of a layer; `files` finds such in a file, `cautions` in a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caution:
    """Something to know of a layer that agrees.

    Attributes:
        id: of the catalogue of mistakes, or a name of its own. layer: the layer's name. text: one or two sentences.
    """

    id: str
    layer: str
    text: str

    def __str__(self) -> str:
        return f"{self.layer}: {self.text}"
