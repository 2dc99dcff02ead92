"""All first mutations of a program."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from lstm_edu.exercises.mutants import expressions, statements
from lstm_edu.exercises.mutants.edits import Change, Edit, collide, located
from lstm_edu.exercises.mutants.expressions import OPERATORS, SILENT, Around, is_product, is_sum
from lstm_edu.exercises.mutants.program import Program
from lstm_edu.exercises.mutants.words import code

_LIKELY, _POSSIBLE = 1.3, 1.45  # up to this cost a change is made in functions that an answer calls in a loop, or once
_DEEPER = 0.01  # what it costs more for each bracket that a change is inside
_EVERYWHERE = 0.1  # what it costs more to make one mistake in all places where it can be made


def changes(program: Program, besides: Collection[str] = ()) -> list[Change]:
    """Every change of one place, and of all places of one kind at once, in the order in which they are made.

    besides: functions that stay as they are, because another program has the same.
    """
    found: list[Change] = []
    for where, tree in program.trees.items():
        if where in besides:
            continue
        names = program.locals.get(where, {})
        around = Around(program.words, names, lambda node: program.values.get(id(node)), _sizes(names))
        here = [*_of_expressions(tree, around), *statements.changes(tree, around)]
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
        for owner, field, index, node, depth in _expressions(statement):
            for operator in OPERATORS:
                if operator in (expressions.sums, expressions.products) and _inside_its_chain(owner, field, node):
                    continue
                for new in operator(node, around):
                    cost = new.cost + _DEEPER * depth
                    edits = (Edit(owner, field, index, new.node),)
                    if new.family == SILENT:
                        yield Change(edits, cost, new.phrase, fix=code(statement))
                    else:
                        yield Change(edits, cost, new.phrase, statement, new.family)


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
            yield Change(edits, first.cost + _EVERYWHERE, first.phrase, first.statement, None, first.fix)
