"""What the parts of a program are called: "the input gate i" for `i`, else the code itself in backticks."""

from __future__ import annotations

import ast
from collections.abc import Mapping


class Words:
    """Names for pieces of code, by their text: {"i": "the input gate i", "h @ recurrent_kernel": "its part of z"}.

    `of(node)` is for the middle of a sentence, `first(node)` for its beginning.
    """

    def __init__(self, names: Mapping[str, str]):
        self._names = dict(names)

    def of(self, node: ast.AST | str) -> str:
        text = node if isinstance(node, str) else code(node)
        if self._names.get(text, text) != text:
            return self._names[text]
        if text.startswith("-") and text[1:] in self._names:
            return f"minus {self._names[text[1:]]}"
        return f"`{text}`"

    def first(self, node: ast.AST | str) -> str:
        text = self.of(node)
        return text[0].upper() + text[1:] if " " in text else text


def code(node: ast.AST) -> str:
    """The node as a line of Python; of a loop or an `if` its head alone."""
    text = ast.unparse(node).partition("\n")[0]
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and text.startswith("return ("):
        return f"return {text.removeprefix('return (').removesuffix(')')}"
    return text
