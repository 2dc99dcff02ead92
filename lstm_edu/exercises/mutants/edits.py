"""A change of a program: other nodes put into its tree, and the sentence that describes it."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple


class Edit(NamedTuple):
    """`new` takes the place owner.field, or owner.field[at]."""

    owner: ast.AST
    field: str
    at: int | None
    new: Any


class Slip(NamedTuple):
    """What learners write instead of a piece of a program: an expression, or a statement.

    Attributes:
        old: the piece; of a loop its head. new: what takes its place; "" for nothing.
        said: the sentence for the learner. cost: as of a `Change`.
        where: a statement without which a program means something else by `new`, so that the slip is not made in it.
    """

    old: str
    new: str
    said: str
    cost: float = 1.0
    where: str = ""


@dataclass(frozen=True, eq=False)
class Change:
    """One mutation.

    Attributes:
        edits: what is put where.
        cost: how unusual it is; of two changes that give the same numbers the cheaper one is told.
        phrase: the sentence for the learner, which ends in a full stop.
        statement: the statement that is changed, shown as it then is; None if the phrase says enough.
        family: changes of one family, made in all their places at once, are a mutation as well.
        fix: the right line; "" for the statement as it was.
        function: the name of the function that it is made in.
        slip: whether somebody wrote it down (a `Slip`); two of these are tried first.
    """

    edits: tuple[Edit, ...]
    cost: float
    phrase: str
    statement: ast.stmt | None = None
    family: Any = None
    fix: str = ""
    function: str = ""
    slip: bool = False

    @cached_property
    def removed(self) -> frozenset[int]:
        """The nodes that it takes out of the tree, by their ids; asked while the tree is as it was."""
        there = {id(node) for edit in self.edits for node in _nodes(_old(edit))}
        return frozenset(there - {id(node) for edit in self.edits for node in _nodes(edit.new)})


@contextlib.contextmanager
def made(edits: Sequence[Edit]) -> Iterator[None]:
    """Inside, the edits are in the tree; afterwards it is as it was."""
    undo: list[Edit] = []
    try:
        for edit in edits:
            undo.append(edit._replace(new=_put(edit)))
        yield
    finally:
        for edit in reversed(undo):
            _put(edit)


def _old(edit: Edit) -> Any:
    old = getattr(edit.owner, edit.field)
    return old if edit.at is None else old[edit.at]


def _nodes(part: Any) -> Iterator[ast.AST]:
    for node in part if isinstance(part, list) else [part]:
        if isinstance(node, ast.AST):
            yield from ast.walk(node)


def _put(edit: Edit) -> Any:
    """Make one edit; returns what was there."""
    if edit.at is None:
        old = getattr(edit.owner, edit.field)
        setattr(edit.owner, edit.field, edit.new)
    else:
        box = getattr(edit.owner, edit.field)
        old, box[edit.at] = box[edit.at], edit.new
    return old


def located(change: Change) -> Change:
    """The same change; its new nodes have a place in a file, without which Python compiles nothing."""
    for edit in change.edits:
        for node in edit.new if isinstance(edit.new, list) else [edit.new]:
            if isinstance(node, ast.AST):
                place(node)
    return change


def place(tree: Any) -> Any:
    """The tree, all new nodes at its top with a place in a file; below one of the program's own there are none."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "lineno"):
            continue
        if "lineno" in node._attributes:
            node.lineno = node.end_lineno = 1  # type: ignore[attr-defined]
            node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
        waiting += ast.iter_child_nodes(node)
    return tree


def collide(one: Change, other: Change) -> bool:
    """Whether two changes are made in one place, or one inside what the other takes out, so that one would undo the
    other, or a part of it."""
    if any(id(e.owner) in other.removed for e in one.edits) or any(id(e.owner) in one.removed for e in other.edits):
        return True
    places = {(id(e.owner), e.field): e for e in one.edits}
    for edit in other.edits:
        same = places.get((id(edit.owner), edit.field))
        if same is not None and (same.at is None or edit.at is None or same.at == edit.at):
            return True
    return False


def speaks_of(change: Change, argument: str, called: str, written: bool = False) -> bool:
    """Whether a change is about an argument: its sentence names it as it is called, or it replaces what is made of it
    alone. written: also if the sentence shows code in which the argument is read."""
    if called.lower() in change.phrase.lower() or written and re.search(rf"\b{argument}\b", change.phrase):
        return True
    for edit in change.edits:
        old = _old(edit)
        names = {n.id for n in ast.walk(old) if isinstance(n, ast.Name)} if isinstance(old, ast.expr) else set()
        if names - {"np"} == {argument}:
            return True
    return False


def counts(change: Change) -> bool:
    """Whether a count is one too large or too small in it, which may look like many another mistake."""
    return isinstance(change.family, tuple) and change.family[:1] == ("by",)


# --- nodes ----------------------------------------------------------------------------------------------------------


def name(text: str) -> ast.expr:
    """The expression that this text is; for names and short expressions."""
    return ast.parse(text, mode="eval").body


def number(value: float | None) -> ast.expr:
    if value is not None and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, op, right)


def call(function: str, *arguments: ast.expr, **keywords: ast.expr) -> ast.Call:
    return ast.Call(name(function), list(arguments), [ast.keyword(key, value) for key, value in keywords.items()])


def method(owner: ast.expr, attribute: str, *arguments: ast.expr, **keywords: ast.expr) -> ast.Call:
    keys = [ast.keyword(key, value) for key, value in keywords.items()]
    return ast.Call(ast.Attribute(owner, attribute, ast.Load()), list(arguments), keys)


def part(owner: ast.expr, attribute: str) -> ast.expr:
    return ast.Attribute(owner, attribute, ast.Load())


def item(owner: ast.expr, index: str) -> ast.expr:
    """owner[index], the index as text."""
    subscript = ast.parse(f"_[{index}]", mode="eval").body
    assert isinstance(subscript, ast.Subscript)
    return ast.Subscript(owner, subscript.slice, ast.Load())
