"""In which order a solution computes its quantities: what is wrong first is named first."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable


def assigned(function: Callable) -> tuple[str, ...]:
    """The names that a function assigns, in the order in which they get their last value."""
    lines: dict[str, int] = {}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            lines[node.id] = max(node.lineno, lines.get(node.id, 0))
    return tuple(sorted(lines, key=lambda name: lines[name]))
