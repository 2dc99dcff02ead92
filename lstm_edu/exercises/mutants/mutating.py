"""All first mutations of a program."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from lstm_edu.exercises.mutants import expressions, statements
from lstm_edu.exercises.mutants.edits import Change, Edit, Slip, collide, located, name
from lstm_edu.exercises.mutants.expressions import OPERATORS, SILENT, Around, is_product, is_sum
from lstm_edu.exercises.mutants.program import Program
from lstm_edu.exercises.mutants.words import code

_LIKELY, _POSSIBLE = 1.3, 1.45  # up to this cost a change is made in functions that an answer calls in a loop, or once
_DEEPER = 0.01  # what it costs more for each bracket that a change is inside
_EVERYWHERE = 0.1  # what it costs more to make one mistake in all places where it can be made


def changes(program: Program, besides: Collection[str] = (), slips: Sequence[Slip] = ()) -> list[Change]:
    """Every change of one place, and of all places of one kind at once, in the order in which they are made.

    besides: functions that stay as they are, because another program has the same.
    slips: changes that somebody wrote down.
    """
    found: list[Change] = []
    for where, tree in program.trees.items():
        if where in besides:
            continue
        names = program.locals.get(where, {})
        around = Around(program.words, names, lambda node: program.values.get(id(node)), _sizes(names))
        here = [*_slipped(tree, slips), *_of_expressions(tree, around), *statements.changes(tree, around)]
        again = any(isinstance(node, ast.For) for node in ast.walk(program.trees[program.answer]))
        allowed = np.inf if where == program.answer else _LIKELY if again else _POSSIBLE
        found += [
            located(replace(change, function=where)) for change in [*here, *_families(here)] if change.cost <= allowed
        ]
    return found


def _sizes(names: dict) -> tuple[str, ...]:
    """The counts that a program may take: rows, columns, all numbers of the arrays in reach; whole numbers by name."""
    found = []
    for text, value in names.items():
        if isinstance(value, np.ndarray) and value.ndim:
            found += [f"len({text})", *(f"{text}.shape[{k}]" for k in range(value.ndim)), f"{text}.size"]
        elif isinstance(value, int) and not isinstance(value, bool):
            found.append(text)
    return tuple(found)


def _of_expressions(tree: ast.FunctionDef, around: Around) -> Iterator[Change]:
    for statement in _statements(tree):
        seen = _from_outside(statement)
        for owner, field, index, node, depth in _expressions(statement):
            here = around._replace(**seen.get(id(node), {}))
            for operator in OPERATORS:
                if operator in (expressions.sums, expressions.products) and _inside_its_chain(owner, field, node):
                    continue
                for new in operator(node, here):
                    cost = new.cost + _DEEPER * depth
                    edits = (Edit(owner, field, index, new.node),)
                    if new.family == SILENT:
                        yield Change(edits, cost, new.phrase, fix=code(statement))
                    else:
                        yield Change(edits, cost, new.phrase, statement, new.family)


def _from_outside(statement: ast.stmt) -> dict[int, dict[str, Any]]:
    """Which expressions are subtracted as a whole, under a fraction bar, or transposed."""
    found: dict[int, dict[str, Any]] = {}

    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop(0)
        inside = found.get(id(node), {})
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            found[id(node.left)] = {"minus": inside.get("minus", False)}
            found[id(node.right)] = {"minus": inside.get("minus", False) != isinstance(node.op, ast.Sub)}
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
            below = inside.get("below", False)
            found[id(node.left)] = {"below": below}
            found[id(node.right)] = {"below": below != isinstance(node.op, ast.Div)}
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            found[id(node.operand)] = {"minus": not inside.get("minus", False)}
        elif isinstance(node, ast.Attribute) and node.attr == "T":
            found[id(node.value)] = {"turned": True}
        waiting += ast.iter_child_nodes(node)
    return found


def _slipped(tree: ast.FunctionDef, slips: Sequence[Slip]) -> Iterator[Change]:
    """What somebody wrote down, made in all places where the program has the old piece."""
    pieces: dict[str, list[tuple[ast.AST, str, int | None, ast.stmt]]] = {}
    for statement in _statements(tree) if slips else ():
        for owner, field, index, node in _loaded(statement):
            pieces.setdefault(code(node), []).append((owner, field, index, statement))
    lines: dict[str, list[tuple[ast.AST, str, int]]] = {}
    for owner, field, body in statements.bodies(tree) if slips else ():
        for k, statement in enumerate(body):
            lines.setdefault(code(statement), []).append((owner, field, k))
    for slip in slips:
        if slip.where and slip.where not in lines:
            continue
        old = _as_code(slip.old)
        if edits := tuple(_rewritten(lines.get(old, ()), slip.new)):
            yield Change(edits, slip.cost, slip.said, fix=old, slip=True)
        elif old in pieces:
            edits = tuple(Edit(owner, field, index, name(slip.new)) for owner, field, index, _ in pieces[old])
            yield Change(edits, slip.cost, slip.said, fix=code(pieces[old][0][-1]), slip=True)


@cache
def _as_code(text: str) -> str:
    """As `code` writes it; the head of a loop or of an `if` as it is."""
    return text if text.startswith(("for ", "if ")) else code(ast.parse(text).body[0])


def _loaded(statement: ast.stmt) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """Every expression of a statement that is read, with where it is kept; not those of statements inside."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        owner = waiting.pop()
        for field, value in ast.iter_fields(owner):
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(node, ast.AST) or isinstance(node, ast.stmt):
                    continue
                waiting.append(node)
                if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                    yield owner, field, index, node


def _rewritten(places: Iterable[tuple[ast.AST, str, int]], new: str) -> Iterator[Edit]:
    """Other statements in each of these places. Several are one `if True:`, so that the statements next to it can be
    changed too."""
    for owner, field, k in places:
        several = ast.parse(new or "pass").body
        yield Edit(owner, field, k, several[0] if len(several) == 1 else ast.If(ast.Constant(True), several, []))


def _inside_its_chain(owner: ast.AST, field: str, node: ast.AST) -> bool:
    return field == "left" and any(belongs(owner) and belongs(node) for belongs in (is_sum, is_product))


def _statements(tree: ast.FunctionDef) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node is not tree:
            yield node


def _expressions(statement: ast.stmt) -> Iterator[tuple[ast.AST, str, int | None, ast.expr, int]]:
    """Every expression of a statement that has a value, with where it is kept and how deep; not those of statements
    inside."""
    waiting: list[tuple[ast.AST, int]] = [(statement, 0)]
    while waiting:
        owner, depth = waiting.pop(0)
        for field, value in ast.iter_fields(owner):
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(node, ast.AST) or isinstance(node, ast.stmt):
                    continue
                waiting.append((node, depth + 1))
                called = isinstance(owner, ast.Call) and field == "func"
                axis = isinstance(owner, ast.keyword) and owner.arg in ("axis", "keepdims")
                loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
                if isinstance(node, ast.expr) and loaded and not called and not axis and not _is_module(node):
                    yield owner, field, index, node, depth


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "np"


def _families(changes: list[Change]) -> Iterator[Change]:
    """One mistake made in all its places: every `sigmoid` a `tanh`, no learning rate anywhere."""
    kinds: dict[object, list[Change]] = {}
    for change in changes:
        if change.family is not None:
            kinds.setdefault(change.family, []).append(change)
    for members in kinds.values():
        if len(members) > 1 and not any(collide(a, b) for a, b in combinations(members, 2)):
            first = members[0]
            edits = tuple(edit for change in members for edit in change.edits)
            yield Change(edits, first.cost + _EVERYWHERE, _of_all(members), first.statement, None, first.fix)


def _of_all(members: list[Change]) -> str:
    """The first one's sentence, and that it is so elsewhere too if it names its place."""
    phrase, others = members[0].phrase, len(members) - 1
    if len({change.phrase for change in members}) == 1:
        return phrase
    return f"{phrase} The same goes for the other {f'{others} places' if others > 1 else 'place'}."
