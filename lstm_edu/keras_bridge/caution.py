"""One thing to know about a layer; `files` finds them in a file, `cautions` in a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caution:
    """Something to know about a layer that agrees.

    Attributes:
        id: of the catalogue of mistakes, or its own name. layer: the layer's name. text: one or two sentences.
    """

    id: str
    layer: str
    text: str

    def __str__(self) -> str:
        return f"{self.layer}: {self.text}"
