"""The catalogue as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload

from lstm_edu.comparison import tables
from lstm_edu.core.checks import plural
from lstm_edu.doctor.mistake import CATALOGUE, Mistake
from lstm_edu.doctor.source import ours


@dataclass(frozen=True)
class MistakeTable:
    """Mistakes, in the catalogue's order: a sequence, and a table in a notebook."""

    entries: tuple[Mistake, ...]
    title: str

    def __iter__(self) -> Iterator[Mistake]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, key: int) -> Mistake: ...
    @overload
    def __getitem__(self, key: str) -> Mistake: ...
    def __getitem__(self, key):
        """By position, or by id."""
        if isinstance(key, str):
            return CATALOGUE[key]
        return self.entries[key]

    def __contains__(self, key: object) -> bool:
        return any(key == m.id or key == m for m in self.entries)

    def __repr__(self) -> str:
        rows = [(m.id, ", ".join(m.kinds), m.sentence) for m in self.entries]
        return tables.text(None, self.title, ("id", "layers", "what was done"), rows)

    def _repr_html_(self) -> str:
        header = ("id", "layers", "what was done, and what Keras does", "right", "typical of; source")
        rows = [(m.id, ", ".join(m.kinds), m.sentence, m.fix, f"{m.versions}; {m.source}") for m in self.entries]
        return tables.html(None, self.title, header, rows, height="32em")


def mistakes(layer: Any = None) -> MistakeTable:
    """The catalogue of mistakes, or those of it that can be made in a layer.

    Args:
        layer: a built layer or stack, ours or Keras's; None: everything.

    Example:
        >>> mistakes()["bias-twice"].fix
        'z = x_t @ kernel + h @ recurrent_kernel + bias   # once, to the sum'
    """
    if layer is None:
        return MistakeTable(tuple(CATALOGUE), f"{len(CATALOGUE)} mistakes")
    layer = ours(layer)
    entries = tuple(m for m in CATALOGUE if m.applies(layer))
    return MistakeTable(
        entries, f"{plural(len(entries), 'mistake')} that can be made in {type(layer).__name__} {layer.name!r}"
    )
