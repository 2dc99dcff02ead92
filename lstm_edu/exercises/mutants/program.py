"""A program: the functions that are a right answer, as trees that can be changed and run.

A changed program is not compiled as a whole. Each statement is compiled once, and a *plan* puts statements together as
loops and branches do; of a changed program only the statements in which something changed are compiled again. So
thousands of programs, and pairs of changes, cost little more than running them.
"""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import math
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from lstm_edu.exercises.mutants.edits import Change, made
from lstm_edu.exercises.mutants.words import Words

Arguments = Mapping[str, Any]
Names = dict[str, Any]
_MOST_ROUNDS = 10_000  # of all loops in one call; no question needs a tenth of it
_WORTH_IT = 12  # operations: what a function that is called by others needs, so that its results are remembered
_MOST_REMEMBERED = 2_000  # calls of one function


def sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def hard_sigmoid(x):
    return np.clip(x / 6 + 0.5, 0, 1)


def older_hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def softplus(x):
    return np.logaddexp(x, 0)


def softsign(x):
    return x / (1 + np.abs(x))


def elu(x):
    return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)


def leaky_relu(x):
    return np.where(x > 0, x, 0.01 * x)


def silu(x):
    return x * sigmoid(x)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


_ERF = np.vectorize(math.erf, otypes=[float])


def normal_cdf(x):
    return 0.5 + 0.5 * _ERF(x / np.sqrt(2))


_FUNCTIONS = (
    sigmoid, relu, softmax, hard_sigmoid, older_hard_sigmoid, softplus, softsign, elu, leaky_relu, silu, gelu,
    normal_cdf,
)  # fmt: skip


class _Numpy:
    """NumPy, whose `split` into equal parts is ten times as fast."""

    def __init__(self) -> None:
        vars(self).update(vars(np))
        self.split = _split

    def __getattr__(self, name: str) -> Any:  # what NumPy imports when it is first asked for
        return getattr(np, name)


def _split(array: Any, parts: Any, axis: int = 0) -> list[np.ndarray]:
    if not isinstance(parts, int) or not isinstance(array, np.ndarray) or not -array.ndim <= axis < array.ndim:
        return np.split(array, parts, axis)
    size, left_over = divmod(array.shape[axis], parts) if parts > 0 else (0, 1)
    if left_over:
        return np.split(array, parts, axis)
    return [array[piece] for piece in _pieces(parts, size, axis % array.ndim)]


@cache
def _pieces(parts: int, size: int, axis: int) -> list[tuple[slice, ...]]:
    return [(slice(None),) * axis + (slice(k * size, (k + 1) * size),) for k in range(parts)]


_HELPERS: Names = {"np": _Numpy(), "__builtins__": builtins} | {f.__name__: f for f in _FUNCTIONS}

# A plan is a list of steps: (_DO, code), (_RETURN, code), (_FOR, code of the values, name or code, plan),
# (_IF, code, plan, plan).
_DO, _RETURN, _FOR, _IF = range(4)
Plan = list[tuple]
_NOTHING_RETURNED = object()


class Program:
    """Functions, of which the last is the answer, and words for what is in them.

    Attributes:
        trees: each function's tree, by name. answer: the last one's name.
        values: what each expression was when the program was run on `arguments` (None: not reached), by the node's id.
        locals: what the names of each function were at its end.
        operations: how many operators, calls and indices were evaluated in that run. Most are NumPy's on small arrays
            and take about as long as each other, so this is a program's work, in a unit that no computer changes.
    """

    def __init__(self, functions: Sequence[Callable], words: Words, arguments: Arguments):
        self.words = words
        self.trees: dict[str, ast.FunctionDef] = {}
        for function in functions:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
            assert isinstance(tree, ast.FunctionDef)
            self.trees[tree.name] = tree
        self.answer = functions[-1].__name__
        self._statement_of = {
            id(node): statement for tree in self.trees.values() for statement, node in _with_statements(tree)
        }
        self._around = {id(inner): s for s in self._all_statements() for inner in ast.iter_child_nodes(s)}
        self._codes: dict[Any, Any] = {}
        self._steps: dict[int, tuple] = {}  # of statements in which nothing is changed
        self._remembered: dict[str, dict] = {
            name: {} for name, tree in self.trees.items() if name != self.answer and _is_worth_remembering(tree)
        }
        self._whole = {name: _function_code(tree) for name, tree in self.trees.items()}
        self.values: dict[int, Any] = {}
        self.locals: dict[str, Names] = {}
        self.operations = 0
        self._record(arguments)

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The statement that a node of the program belongs to; None for a function."""
        return self._statement_of.get(id(node))

    def _all_statements(self) -> list[ast.stmt]:
        return [node for tree in self.trees.values() for node in ast.walk(tree) if isinstance(node, ast.stmt)]

    def linked(self) -> Names:
        """The functions by their names, and what they may use."""
        return _linked(self._whole)

    def function(self, changes: Sequence[Change] = ()) -> Callable:
        """The answer, with these changes.

        Raises SyntaxError, ValueError, TypeError or IndexError if that is not a program.
        """
        if not changes:
            return self.linked()[self.answer]
        touched: dict[int, list[int]] = {}
        other: set[int] = set()  # statements in which something changes, and those around them
        for change in changes:
            for edit in change.edits:
                statement = self.statement_of(edit.owner)
                other |= self._with_those_around(statement)
                # A list of statements that is replaced leaves its owner's own code as it is.
                if statement is not None and not isinstance(edit.new, (list, ast.stmt)):
                    touched.setdefault(id(statement), []).append(id(change))
        names = self.linked()
        if all(change.function == self.answer for change in changes):
            names |= {name: _Remembering(names[name], known) for name, known in self._remembered.items()}
        with made([edit for change in changes for edit in change.edits]):
            for within in {change.function for change in changes}:
                tree = self.trees[within]
                plan = self._plan(tree.body, touched, other)
                names[within] = _Running([a.arg for a in tree.args.args], plan, names)
        return names[self.answer]

    def _with_those_around(self, statement: ast.stmt | None) -> set[int]:
        found = set()
        while statement is not None:
            found.add(id(statement))
            statement = self._around.get(id(statement))
        return found

    def _plan(self, body: Sequence[ast.stmt], touched: Mapping[int, list[int]], other: Collection[int]) -> Plan:
        return [self._step(statement, touched, other) for statement in body]

    def _step(self, s: ast.stmt, touched: Mapping[int, list[int]], other: Collection[int]) -> tuple:
        if id(s) in other or id(s) not in self._statement_of:
            return self._new_step(s, touched, other)
        if id(s) not in self._steps:
            self._steps[id(s)] = self._new_step(s, touched, other)
        return self._steps[id(s)]

    def _new_step(self, s: ast.stmt, touched: Mapping[int, list[int]], other: Collection[int]) -> tuple:
        key = (id(s), *touched.get(id(s), ()))
        if isinstance(s, ast.For):
            target = (
                s.target.id
                if isinstance(s.target, ast.Name)
                else self._code((*key, "to"), ast.Assign([s.target], _TAKEN, lineno=1, col_offset=0), s)
            )
            return _FOR, self._code((*key, "in"), s.iter, s), target, self._plan(s.body, touched, other)
        if isinstance(s, ast.If):
            return (
                _IF,
                self._code((*key, "if"), s.test, s),
                self._plan(s.body, touched, other),
                self._plan(s.orelse, touched, other),
            )
        if isinstance(s, ast.Return):
            return _RETURN, self._code(key, s.value or ast.Constant(None), s)
        return _DO, self._code(key, s, s)

    def _code(self, key: Any, node: ast.stmt | ast.expr, keep: Any) -> CodeType:
        """The node compiled; kept with the statement, so that its id stays its own."""
        if key not in self._codes:
            self._codes[key] = (_compiled(node), keep)
        return self._codes[key][0]

    def _record(self, arguments: Arguments) -> None:
        """Run the program once and keep what each expression and each name is."""
        nodes: dict[int, ast.expr] = {}

        def keep(k: int, value: Any) -> Any:
            self.values[id(nodes[k])] = value
            self.operations += not isinstance(nodes[k], (ast.Name, ast.Constant))
            return value

        def ended(where: str, names: Names) -> None:
            self.locals.setdefault(where, {}).update(names)

        codes = {}
        for where, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.expr):
                    node._k = len(nodes)  # type: ignore[attr-defined]
                    nodes[len(nodes)] = node
            codes[where] = _function_code(ast.fix_missing_locations(_Recording(where).visit(copy.deepcopy(tree))))
        names = _linked(codes) | {"_keep": keep, "_ended": ended}
        names |= {where: FunctionType(code, names, where) for where, code in codes.items()}
        with np.errstate(all="ignore"):
            names[self.answer](*copy.deepcopy(list(arguments.values())))


_TAKEN = ast.Name("_taken", ast.Load(), lineno=1, col_offset=0)


class _Running:
    """A function made of a plan."""

    def __init__(self, names: Sequence[str], plan: Plan, others: Names):
        self._names, self._plan, self._others = names, plan, others

    def __call__(self, *arguments: Any) -> Any:
        names = dict(self._others)
        names.update(zip(self._names, arguments, strict=True))
        self._rounds = 0
        value = self._run(self._plan, names)
        return None if value is _NOTHING_RETURNED else value

    def _run(self, plan: Plan, names: Names) -> Any:
        for step in plan:
            kind = step[0]
            if kind == _DO:
                exec(step[1], names)
            elif kind == _RETURN:
                return eval(step[1], names)
            elif kind == _IF:
                value = self._run(step[2] if eval(step[1], names) else step[3], names)
                if value is not _NOTHING_RETURNED:
                    return value
            else:
                for taken in eval(step[1], names):
                    self._rounds += 1
                    if self._rounds > _MOST_ROUNDS:
                        raise ValueError("a loop that goes on and on")
                    if isinstance(step[2], str):
                        names[step[2]] = taken
                    else:
                        names["_taken"] = taken
                        exec(step[2], names)
                    value = self._run(step[3], names)
                    if value is not _NOTHING_RETURNED:
                        return value
        return _NOTHING_RETURNED


class _Remembering:
    """A function that keeps what it returned: many changed programs call it with the same numbers."""

    def __init__(self, function: Callable, known: dict[Any, tuple]):
        self._function, self._known = function, known

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if named or not all(type(a) is np.ndarray and a.dtype.kind == "f" for a in arguments):
            return self._function(*arguments, **named)
        key = tuple([(a.dtype.char, a.shape, a.tobytes()) for a in arguments])
        if key not in self._known:
            value = self._function(*arguments)
            if not isinstance(value, tuple) or not all(type(v) is np.ndarray for v in value):
                return value
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = value
        return tuple([v.copy() for v in self._known[key]])


def _is_worth_remembering(tree: ast.FunctionDef) -> bool:
    """Whether it computes much, and writes into nothing that it is given."""
    nodes = list(ast.walk(tree))
    writes = any(
        isinstance(n, ast.AugAssign) or isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store) for n in nodes
    )
    return not writes and sum(isinstance(n, (ast.BinOp, ast.Call)) for n in nodes) >= _WORTH_IT


def _with_statements(tree: ast.FunctionDef):
    """(the statement that a node belongs to, the node) for all nodes; a statement belongs to itself."""
    waiting: list[tuple[ast.stmt | None, ast.AST]] = [(None, tree)]
    while waiting:
        statement, node = waiting.pop()
        if isinstance(node, ast.stmt) and node is not tree and not isinstance(statement, ast.FunctionDef):
            statement = node
        if statement is not None:
            yield statement, node
        waiting += [(statement, child) for child in ast.iter_child_nodes(node)]


def _compiled(node: ast.stmt | ast.expr) -> CodeType:
    if isinstance(node, ast.expr):
        return compile(ast.Expression(node), "<mutant>", "eval")
    return compile(ast.Module([node], []), "<mutant>", "exec")


def _function_code(tree: ast.FunctionDef) -> CodeType:
    return next(c for c in _compiled(tree).co_consts if isinstance(c, CodeType))


def _linked(codes: Mapping[str, CodeType]) -> Names:
    """Functions of these codes that see each other, and what they may use."""
    names = dict(_HELPERS)
    for name, code in codes.items():
        names[name] = FunctionType(code, names, name)
    return names


class _Recording(ast.NodeTransformer):
    """Every expression hands its value to `_keep`; before each return the names go to `_ended`."""

    def __init__(self, where: str):
        self.where = where

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        node.args = [self.visit(a) for a in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return self._kept(node)

    def visit_Return(self, node: ast.Return) -> Any:
        self.generic_visit(node)
        names = ast.Call(ast.Name("locals", ast.Load()), [], [])
        told = ast.Call(ast.Name("_ended", ast.Load()), [ast.Constant(self.where), names], [])
        return [ast.Expr(told), node]

    def generic_visit(self, node: ast.AST) -> Any:
        super().generic_visit(node)
        if not isinstance(node, ast.expr) or isinstance(node, (ast.Slice, ast.Starred, ast.Lambda, ast.GeneratorExp)):
            return node
        if isinstance(node, ast.Tuple) and any(isinstance(e, ast.Slice) for e in node.elts):
            return node
        return self._kept(node) if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) else node

    def _kept(self, node: Any) -> ast.expr:
        if not hasattr(node, "_k"):
            return node
        return ast.Call(ast.Name("_keep", ast.Load()), [ast.Constant(node._k), node], [])
