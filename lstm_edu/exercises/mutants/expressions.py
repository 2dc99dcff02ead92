"""Mutations of one expression: a term dropped, a function replaced, an index shifted.

Each operator takes an expression and what is known about it, and yields `New`s. An operator's sentences say what is so
in the wrong program; the changed line is shown after them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.exercises.mutants.edits import binary, call, item, method, name, number, part
from lstm_edu.exercises.mutants.words import Words, code


class New(NamedTuple):
    """What replaces an expression; what that costs, what is said about it, and the family it belongs to."""

    node: ast.expr
    cost: float
    phrase: str
    family: Any = None


SILENT = "silent"  # a family: the line that would be shown is not what anybody writes


class Around(NamedTuple):
    """What an operator may know about the program around an expression.

    Attributes:
        words: names for things. names: what is in reach, with the values at the end.
        value: what an expression was in a right run; None if it was not reached.
        sizes: counts that a program may divide by, as code: "len(x)", "x.shape[1]".
        minus: the expression is subtracted as a whole. below: it is under a fraction bar. turned: it is transposed.
    """

    words: Words
    names: dict[str, Any]
    value: Callable[[ast.AST], Any]
    sizes: tuple[str, ...]
    minus: bool = False
    below: bool = False
    turned: bool = False

    def alike(self, text: str) -> list[str]:
        """Other names whose values have the same form as that of `text`."""
        mine = self.names.get(text)
        if isinstance(mine, (list, str)) or mine is None:
            return []
        return [n for n, other in self.names.items() if n != text and _same_form(mine, other)]

    def is_array(self, node: ast.AST) -> bool:
        value = self.value(node)
        return isinstance(value, np.ndarray) and value.ndim > 0

    def is_real(self, node: ast.AST) -> bool:
        """Whether it is an array of fractions, or a fraction."""
        value = self.value(node)
        return isinstance(value, (np.ndarray, np.floating, float)) and np.asarray(value).dtype.kind == "f"


def _same_form(one: Any, other: Any) -> bool:
    if isinstance(one, (bool, np.bool_)) or isinstance(other, (bool, np.bool_)):
        return False
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.shape == other.shape and one.dtype.kind == other.dtype.kind
    return np.isscalar(one) and np.isscalar(other) and not isinstance(other, str)


Operator = Callable[[ast.expr, Around], Iterator[New]]

# --- sums -----------------------------------------------------------------------------------------------------------


def is_sum(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))


def is_product(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div))


def _chain(node: ast.expr, belongs: Callable[[ast.AST], bool]) -> list[tuple[ast.operator | None, ast.expr]]:
    """a + b - c as [(None, a), (+, b), (-, c)]."""
    parts: list[tuple[ast.operator | None, ast.expr]] = []
    while belongs(node):
        assert isinstance(node, ast.BinOp)
        parts.insert(0, (node.op, node.right))
        node = node.left
    return [(None, node), *parts]


def _joined(parts: list[tuple[ast.operator | None, ast.expr]]) -> ast.expr:
    (op, result), *rest = parts
    if isinstance(op, ast.Sub):
        result = ast.UnaryOp(ast.USub(), result)
    elif isinstance(op, ast.Div):
        result = binary(ast.Constant(1), ast.Div(), result)
    for op, node in rest:
        assert op is not None
        result = binary(result, op, node)
    return result


def sums(node: ast.expr, around: Around) -> Iterator[New]:
    if not is_sum(node):
        return
    terms, w = _chain(node, is_sum), around.words
    for k, (op, term) in enumerate(terms):
        added = isinstance(op, ast.Sub) == around.minus  # seen from outside: a - (b + c) subtracts c
        verb = "added" if added else "subtracted"
        others = terms[:k] + terms[k + 1 :]
        alone = len(others) == 1 and isinstance(others[0][0], ast.Sub)
        if not alone:
            counts = isinstance(term, ast.Constant) and isinstance(around.value(node), (int, np.integer))
            said = (
                f"`{code(_joined(others))}` is used where `{code(node)}` belongs."
                if counts
                else f"{w.first(term)} is not {verb}."
            )
            yield New(_joined(others), 1, said, ("drop", code(term)))
        if alone:
            rest = others[0][1]
            yield New(
                rest,
                1,
                f"{w.first(rest)} itself is used instead of {w.of(node)}.",
                ("complement", code(node)),
            )
            yield New(_joined(others), 1.4, f"{w.first(term)} is missing.")
        yield New(
            _joined([*terms, (op or ast.Add(), term)]),
            1.2,
            f"{w.first(term)} is {verb} twice.",
            ("twice", code(term)),
        )
        if k:
            flipped = [*terms[:k], (ast.Add() if isinstance(op, ast.Sub) else ast.Sub(), term), *terms[k + 1 :]]
            wrong = "subtracted" if added else "added"
            yield New(
                _joined(flipped),
                1,
                f"{w.first(term)} is {wrong}; it should be {verb}.",
                ("sign", code(term)),
            )
        elif len(terms) == 2:
            yield New(_joined([(ast.Sub(), term), *terms[1:]]), 1.3, f"{w.first(term)} has the wrong sign.")
        yield from _spread(terms, k, w)
        yield from _partly(terms, k, around)
        yield from _into_the_call(terms, k, w)
        yield from _other_term(terms, k, w)
    (_, a), (op, b) = terms[0], terms[-1]
    if len(terms) == 2:
        value = around.value(node)
        if isinstance(op, ast.Add) and isinstance(value, np.ndarray):
            yield New(
                binary(node, ast.Div(), ast.Constant(2)),
                1.2,
                f"The mean of {w.of(a)} and {w.of(b)} is taken; it should be their sum.",
            )
            if value.ndim == 1:
                yield New(
                    call("np.concatenate", ast.List([a, b], ast.Load())),
                    1.2,
                    f"{w.first(a)} and {w.of(b)} are put one after the other; they should be added.",
                )
        if isinstance(op, ast.Sub):
            yield New(
                binary(b, ast.Sub(), a),
                1.05,  # a minus sign that is missing in front is likelier
                f"The subtraction is the wrong way round: it should be `{code(node)}`.",
                ("reversed", code(node)),
            )
        yield New(
            binary(a, ast.Mult(), b),
            1.2,
            f"{w.first(a)} is multiplied by {w.of(b)}; here it should be a "
            f"{'sum' if isinstance(op, ast.Add) else 'difference'}.",
        )
        yield New(
            binary(a, ast.Div(), b),
            1.8,
            f"{w.first(a)} is divided by {w.of(b)}; here it should be a "
            f"{'sum' if isinstance(op, ast.Add) else 'difference'}.",
        )
        if isinstance(op, ast.Add):
            for function, what in (("np.maximum", "larger"), ("np.minimum", "smaller")):
                yield New(call(function, a, b), 2, f"The {what} of the two is taken; they should be added.")
        yield New(call("abs", node), 1.8, f"The sign of {w.of(node)} is dropped (abs).")


def _partly(terms: list, k: int, around: Around) -> Iterator[New]:
    """A term that goes into the first row only, or the last."""
    if not k:
        return
    op, term = terms[k]
    without = _joined(terms[:k])
    value = around.value(without)
    whole = _joined(terms[: k + 1])
    if not isinstance(value, np.ndarray) or value.ndim < 1 or not around.is_real(term):
        return
    w, verb = around.words, "subtracted from" if isinstance(op, ast.Sub) else "added to"
    part = "row" if value.ndim > 1 else "number"
    for which, first, second in (
        ("first", item(whole, ":1"), item(without, "1:")),
        ("last", item(without, ":-1"), item(whole, "-1:")),
    ):
        new = call("np.concatenate", ast.List([first, second], ast.Load()))
        yield New(
            _joined([(None, new), *terms[k + 1 :]]),
            1.3,
            f"{w.first(term)} is {verb} the {which} {part} only; it should be {verb} every {part}.",
            SILENT,
        )


def _into_the_call(terms: list, k: int, w: Words) -> Iterator[New]:
    """f(a) + b as f(a + b)."""
    op, term = terms[k]
    if isinstance(term, ast.Call) and len(term.args) == 1 and not term.keywords and k + 1 < len(terms):
        sign, other = terms[k + 1]
        new = ast.Call(term.func, [binary(term.args[0], sign, other)], [])
        yield New(
            _joined([*terms[:k], (op, new), *terms[k + 2 :]]),
            1.1,
            f"{w.first(other)} has slipped into the brackets of `{code(term.func)}`; it belongs outside.",
        )


def _other_term(terms: list, k: int, w: Words) -> Iterator[New]:
    """A factor at another term: a - b * m as a * m - b."""
    op, term = terms[k]
    if not is_product(term):
        return
    factors = _chain(term, is_product)
    for f, (kind, factor) in enumerate(factors):
        if isinstance(factor, ast.Constant) or f == 0 and isinstance(factors[1][0], ast.Div):
            continue
        rest = _joined(factors[:f] + factors[f + 1 :])
        for j, (other_op, other) in enumerate(terms):
            if j != k:
                moved = list(terms)
                moved[k] = (op, rest)
                moved[j] = (other_op, binary(other, kind or ast.Mult(), factor))
                yield New(
                    _joined(moved),
                    1.3,
                    f"{w.first(factor)} is at {w.of(other)}; it belongs to {w.of(rest)}.",
                )


def _spread(terms: list, k: int, w: Words) -> Iterator[New]:
    """Brackets: a * b + c as a * (b + c), and x / y + c as x / (y + c)."""
    op, term = terms[k]
    for j in (k - 1, k + 1):
        if not 0 <= j < len(terms) or not is_product(term) or op is not None and isinstance(op, ast.Sub):
            continue
        other_op, other = terms[j]
        if isinstance(other_op, ast.Sub) and j < k:
            continue
        factors = _chain(term, is_product)
        sign = other_op if j > k else op
        rest = [t for n, t in enumerate(terms) if n not in (j, k)]
        for f, (kind, factor) in enumerate(factors):
            if (
                f == 0
                and len(factors) > 1
                and isinstance(factors[1][0], ast.Div)
                or len(factors) > 2
                and f == 1
                and j > k
            ):
                continue
            remaining = factors[:f] + factors[f + 1 :]
            if isinstance(kind, ast.Div) and f == len(factors) - 1:  # (a + c) / b
                inner = (
                    binary(_joined(remaining), sign or ast.Add(), other)
                    if j > k
                    else binary(other, sign or ast.Add(), _joined(remaining))
                )
                new = binary(inner, ast.Div(), factor)
                said = f"{w.first(other)} is divided by {w.of(factor)} too."
            elif not isinstance(kind, ast.Div):
                pair = (_joined(remaining), other) if j > k else (other, _joined(remaining))
                new = binary(factor, ast.Mult(), binary(pair[0], sign or ast.Add(), pair[1]))
                said = f"{w.first(other)} is multiplied by {w.of(factor)} too."
            else:
                continue
            yield New(_joined([*rest[: min(j, k)], (terms[min(j, k)][0], new), *rest[min(j, k) :]]), 1.1, said)
        if len(factors) == 2 and isinstance(factors[1][0], ast.Div) and j > k:  # x / (y + c)
            new = binary(factors[0][1], ast.Div(), binary(factors[1][1], sign or ast.Add(), other))
            yield New(
                _joined([*rest[:k], (terms[k][0], new), *rest[k:]]),
                1.3,
                f"{w.first(other)} has slipped under the fraction bar.",
            )


# --- products -------------------------------------------------------------------------------------------------------


def products(node: ast.expr, around: Around) -> Iterator[New]:
    if not is_product(node):
        return
    factors, w = _chain(node, is_product), around.words
    for k, (op, factor) in enumerate(factors):
        divided = isinstance(op, ast.Div) != around.below  # seen from outside: a / (b * c) is divided by c
        others = factors[:k] + factors[k + 1 :]
        numeric = isinstance(factor, ast.Constant)
        said = (
            f"The division by {w.of(factor)} is missing." if divided else f"{w.first(factor)} is missing as a factor."
        )
        yield New(_joined(others), 1, said, ("drop", code(factor)))
        if not numeric:
            again = "It is divided by {} twice." if divided else "{} is there twice as a factor."
            yield New(
                _joined([*factors, (op or ast.Mult(), factor)]),
                1.3,
                again.format(w.of(factor) if again[0] != "{" else w.first(factor)),
                ("twice", code(factor)),
            )
        if k:
            other = ast.Mult() if isinstance(op, ast.Div) else ast.Div()
            turned = [*factors[:k], (other, factor), *factors[k + 1 :]]
            now = (
                "It is multiplied by {}; it should be divided by it."
                if divided
                else ("It is divided by {}; it should be multiplied by it.")
            )
            yield New(_joined(turned), 1.2, now.format(w.of(factor)), ("inverse", code(factor)))
        if around.is_real(factor) and isinstance(factor, ast.Name):
            new = binary(ast.Constant(1), ast.Sub(), factor)
            yield New(
                _joined([*factors[:k], (op, new), *factors[k + 1 :]]),
                1.3,
                f"`1 - {code(factor)}` is used instead of {w.of(factor)}.",
                ("complement", code(factor)),
            )
        if is_sum(factor):
            yield from _unbracketed(factors, k, w)
    if len(factors) == 2:
        (_, a), (op, b) = factors
        if isinstance(op, ast.Div):
            for by in (1, -1):
                new = binary(a, ast.Div(), binary(b, ast.Add() if by > 0 else ast.Sub(), ast.Constant(1)))
                yield New(
                    new,
                    1.35,
                    f"{w.first(b)} is one too {'large' if by > 0 else 'small'} here: 1 is "
                    f"{'added' if by > 0 else 'subtracted'}.",
                )
            yield New(binary(b, ast.Div(), a), 1.2, f"The fraction is upside down: it should be `{code(node)}`.")
            yield New(binary(a, ast.FloorDiv(), b), 1.2, "`//` cuts the fraction off; write `/`.")
            yield New(binary(a, ast.Sub(), b), 1.6, f"{w.first(b)} is subtracted; it should be divided by it.")
        else:
            yield New(binary(a, ast.Add(), b), 1.2, f"{w.first(a)} and {w.of(b)} are added instead of multiplied.")
            if around.is_array(a) and around.is_array(b):
                for left, right in ((a, b), (part(a, "T"), b), (a, part(b, "T"))):
                    yield New(
                        binary(left, ast.MatMult(), right),
                        1.5,
                        "That is a matrix product (`@`); these are multiplied element by element (`*`).",
                        ("matmul",),
                    )
    whole = around.value(node)
    if isinstance(whole, np.ndarray) and len(factors) == 2 and isinstance(factors[1][0], ast.Mult):
        for at in (0, 1):
            inside, partner = factors[at][1], factors[1 - at][1]
            if isinstance(inside, ast.Call) and len(inside.args) == 1 and not inside.keywords:
                pair = (inside.args[0], partner) if at == 0 else (partner, inside.args[0])
                product = binary(pair[0], ast.Mult(), pair[1])
                f = code(inside.func)
                yield New(
                    ast.Call(inside.func, [product], []),
                    1.1,
                    f"{_function(f)} is applied to the whole product `{code(product)}`; it belongs around "
                    f"`{code(inside.args[0])}` alone.",
                )


def _unbracketed(factors: list, k: int, w: Words) -> Iterator[New]:
    """a * (b + c) as a * b + c; (b + c) / a as b + c / a; a / (b + c) as a / b + c."""
    op, total = factors[k]
    terms = _chain(total, is_sum)
    if k and k == len(factors) - 1:
        head = [*factors[:k], (op, terms[0][1])]
        rest = terms[1:]
        new = _joined([(None, _joined(head)), *rest])
        t = terms[0][1]
        yield New(
            new,
            1.1,
            (
                f"Brackets are missing around `{code(total)}`: only {w.of(t)} is multiplied by "
                f"{w.of(_joined(factors[:k]))}."
                if not isinstance(op, ast.Div)
                else f"Brackets are missing around `{code(total)}`: it is divided by {w.of(t)} only."
            ),
        )
    if k == 0 and len(factors) > 1:
        last = terms[-1]
        new = _joined([*terms[:-1], (last[0], _joined([(None, last[1]), *factors[1:]]))])
        divided = isinstance(factors[1][0], ast.Div)
        yield New(
            new,
            1.1,
            f"Brackets are missing around `{code(total)}`: only {w.of(last[1])} is "
            f"{'divided' if divided else 'multiplied'}.",
        )


def powers(node: ast.expr, around: Around) -> Iterator[New]:
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)):
        return
    base, exponent, w = node.left, node.right, around.words
    if isinstance(exponent, ast.Constant) and exponent.value == 2:
        yield New(base, 1, f"{w.first(base)} is not squared.", ("square",))
        yield New(
            binary(base, ast.Mult(), ast.Constant(2)),
            1.1,
            f"{w.first(base)} is doubled instead of squared.",
            ("double",),
        )
        yield New(call("abs", base), 1.2, f"The size of {w.of(base)} is used, not its square.", ("abs",))
        yield New(binary(base, ast.Pow(), ast.Constant(3)), 1.8, f"{w.first(base)} is cubed instead of squared.")
        if isinstance(base, ast.Call) and len(base.args) == 1:
            inner = base.args[0]
            yield New(
                ast.Call(base.func, [binary(inner, ast.Pow(), exponent)], []),
                1.3,
                f"{w.first(inner)} is squared before {_function(code(base.func))} is applied.",
            )
    else:
        yield New(base, 1.1, f"The exponent {w.of(exponent)} is missing.", ("exponent",))
        yield New(
            binary(base, ast.Mult(), exponent),
            1.3,
            f"{w.first(base)} is multiplied by {w.of(exponent)}; it should be raised to that power.",
            ("exponent*",),
        )
        for by, words in ((1, "one too high"), (-1, "one too low")):
            new = binary(exponent, ast.Add() if by > 0 else ast.Sub(), ast.Constant(1))
            yield New(binary(base, ast.Pow(), new), 1.2, f"The exponent is {words}.", ("exponent", by))


def matrix_products(node: ast.expr, around: Around) -> Iterator[New]:
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)):
        return
    a, b = node.left, node.right
    yield New(
        binary(a, ast.Mult(), b),
        1.3,
        f"`{code(a)} * {code(b)}` multiplies element by element; a matrix product is written `@`.",
        ("@",),
    )
    yield New(binary(b, ast.MatMult(), a), 1.3, f"The factors of `{code(node)}` have changed places.", ("turned@",))
    yield New(call("np.outer", a, b), 2, f"`np.outer` is used instead of the matrix product `{code(node)}`.")


def transpositions(node: ast.expr, around: Around) -> Iterator[New]:
    """Of what is multiplied as a matrix, and where `.T` is written."""
    w = around.words
    if isinstance(node, ast.Attribute) and node.attr == "T":
        value = around.value(node)
        yield New(node.value, 1, f"{w.first(node.value)} is not transposed.", ("not.T",))
        if isinstance(value, np.ndarray) and value.ndim == 2:
            turned = ast.Tuple([item(part(node.value, "shape"), "1"), item(part(node.value, "shape"), "0")], ast.Load())
            yield New(
                method(node.value, "reshape", turned),
                1.1,
                f"{w.first(node.value)} is reshaped, which keeps the order of its numbers; it should be transposed.",
                ("reshape.T",),
            )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        for field in ("left", "right"):
            factor = getattr(node, field)
            value = around.value(factor)
            if isinstance(factor, ast.Name) and isinstance(value, np.ndarray) and value.ndim == 2:
                new = ast.BinOp(node.left, node.op, node.right)
                setattr(new, field, part(factor, "T"))
                yield New(
                    new,
                    1.1,
                    f"{w.first(factor)} is transposed; it should be used as it is.",
                    ("T", code(factor)),
                )
            if isinstance(factor, ast.Attribute) and factor.attr == "T":
                new = ast.BinOp(node.left, node.op, node.right)
                setattr(new, field, factor.value)


# --- signs and single names -----------------------------------------------------------------------------------------


def signs(node: ast.expr, around: Around) -> Iterator[New]:
    w = around.words
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield New(node.operand, 1, f"The minus sign in front of {w.of(node.operand)} is missing.", ("minus",))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        yield New(node.operand, 1, f"{w.first(node.operand)} is not inverted.", ("not~",))
    if (
        isinstance(node, ast.Call)
        and node.args
        and around.is_real(node.args[0])
        and isinstance(node.func, (ast.Name, ast.Attribute))
    ):
        inside = node.args[0]
        known = isinstance(node.func, ast.Attribute) or code(node.func) in _ACTIVATIONS
        if known and not isinstance(inside, (ast.UnaryOp, ast.Constant)) and len(node.args) == 1 and not node.keywords:
            minus = ast.UnaryOp(ast.USub(), inside)
            yield New(
                ast.Call(node.func, [minus], []),
                1.5,
                f"There is a minus sign too many in front of {w.of(inside)}.",
                ("minus inside", code(node.func)),
            )


def masks(node: ast.expr, around: Around) -> Iterator[New]:
    value, w = around.value(node), around.words
    if (
        isinstance(value, np.ndarray)
        and value.dtype.kind == "b"
        and isinstance(node, (ast.Name, ast.Subscript, ast.Compare))
    ):
        yield New(
            ast.UnaryOp(ast.Invert(), node),
            1,
            f"{w.first(node)} is inverted: True and False have changed places.",
            ("invert", code(node)),
        )
        yield New(call("np.ones_like", node), 1.2, f"{w.first(node)} is not used.", ("unused", code(node)))
        for how, said in (("all", "all rows count"), ("any", "any row counts")):
            yield New(
                method(node, how),
                1.3,
                f"One decision is made for all rows together (whether {said}); each row should decide for itself.",
                (how, code(node)),
            )


def names(node: ast.expr, around: Around) -> Iterator[New]:
    """Another name instead of this one."""
    if not isinstance(node, ast.Name):
        return
    w = around.words
    for other in around.alike(node.id):
        yield New(
            name(other),
            1.5,
            f"{w.first(other)} is used where {w.of(node)} belongs.",
            ("name", node.id, other),
        )
    value = around.value(node)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield New(call("np.zeros_like", node), 1.7, f"{w.first(node)} is taken as zero.", ("zero", node.id))
        yield New(call("np.ones_like", node), 1.9, f"{w.first(node)} is taken as one.", ("one", node.id))
        yield New(binary(ast.Constant(2), ast.Mult(), node), 2, f"{w.first(node)} is doubled.", ("double", node.id))
        yield New(
            binary(node, ast.Pow(), ast.Constant(2)),
            2,
            f"{w.first(node)} is squared; it should be used as it is.",
        )
        for function, said in (("abs", "only the size of {}, without its sign, is used"),):
            yield New(call(function, node), 2, _upper(said.format(w.of(node))) + ".")
    elif isinstance(value, float):
        yield New(number(1), 1.5, f"{w.first(node)} is not used.", ("one", node.id))
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        for by, text in ((1, "one too large"), (-1, "one too small")):
            new = binary(node, ast.Add() if by > 0 else ast.Sub(), ast.Constant(1))
            yield New(new, 1.4, f"{w.first(node)} is {text} here.", ("by", node.id, by))


def constants(node: ast.expr, around: Around) -> Iterator[New]:
    if not isinstance(node, ast.Constant) or isinstance(node.value, (str, bool)) or node.value is None:
        return
    old: Any = node.value
    if isinstance(old, int):
        others: tuple[Any, ...] = (old + 1, old - 1, *((-1,) if old == 0 else ()), *((-old,) if old > 1 else ()))
        others += (10, 0.5) if old == 1 else ()
        others += (1,) if old > 2 else ()
    else:
        others = (
            1 - old,
            -old,
            1.0,
            2 * old,
            old / 2,
            0.0,
            round(1 - 10 * (1 - old), 6),
            round(1 - (1 - old) / 10, 8),
            10 * old,
            old / 10,
        )
        others += (0.9, 0.99, 0.999, 0.1, 0.01, 0.001, 0.25, 0.2, 0.5)
    for other in dict.fromkeys(o for o in others if o != old):
        other = round(other, 9) if isinstance(other, float) else other
        near = abs(other - old) == 1 if isinstance(old, int) else old != 0 and 0.5 < other / old < 2
        yield New(
            number(other),
            1.3 if near else 1.5,
            f"`{other}` is used where `{old}` belongs.",
            ("constant", old, other),
        )
    if old == 0.0:
        for text, value in around.names.items():
            if isinstance(value, np.ndarray) and value.ndim == 1:
                for index, which in ((0, "first"), (-1, "last")):
                    new = ast.Subscript(name(text), number(index), ast.Load())
                    yield New(
                        new,
                        1.4,
                        f"It begins with the {which} number of {around.words.of(text)}; it should begin with {old}.",
                    )


def sizes(node: ast.expr, around: Around) -> Iterator[New]:
    """Another count instead of this one: the number of units for the number of rows."""
    text = code(node)
    if text not in around.sizes:
        return
    w = around.words
    for other in around.sizes:
        if other != text:
            yield New(
                name(other),
                1.3,
                f"{w.first(other)} is used where {w.of(node)} belongs.",
                ("size", text, other),
            )


# --- functions ------------------------------------------------------------------------------------------------------

_ACTIVATIONS = ("sigmoid", "np.tanh", "relu", "softmax", "hard_sigmoid")
# Functions that appear in no right answer, and what they are called.
_OTHERS = {
    "older_hard_sigmoid": "the hard sigmoid of older versions, 0.2 x + 0.5 cut off at 0 and 1,",
    "softplus": "softplus, log(1 + exp(x)),",
    "softsign": "softsign, x / (1 + |x|),",
    "elu": "elu",
    "leaky_relu": "leaky relu",
    "silu": "silu, x * sigmoid(x),",
    "gelu": "gelu",
    "normal_cdf": "the cumulative normal distribution",
    "np.sin": "the sine",
}


def _function(text: str) -> str:
    return f"`{text}`"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def activations(node: ast.expr, around: Around) -> Iterator[New]:
    w = around.words
    if (
        isinstance(node, ast.Call)
        and code(node.func) in (*_ACTIVATIONS, "np.exp", "np.log", "np.sqrt")
        and len(node.args) == 1
    ):
        f, inside = code(node.func), node.args[0]
        yield New(inside, 1, f"`{f}` is missing: {w.of(inside)} is used as it is.", ("no", f))
        if f in _ACTIVATIONS:
            for other in _ACTIVATIONS:
                if other != f:
                    yield New(
                        call(other, inside),
                        1.1,
                        f"`{other}` is applied to {w.of(inside)}; it should be `{f}`.",
                        ("other", f, other),
                    )
            for other, called in _OTHERS.items():
                yield New(
                    call(other, inside),
                    1.2,
                    f"{_upper(called)} is applied to {w.of(inside)}; it should be `{f}`.".replace(", is", " is"),
                    ("other", f, other),
                )
            yield New(call(f, node), 1.2, f"`{f}` is applied twice to {w.of(inside)}.", ("twice", f))
            if is_sum(inside):
                terms = _chain(inside, is_sum)
                for k in range(1, len(terms)):
                    new = _joined([(None, call(f, _joined(terms[:k]))), *terms[k:]])
                    yield New(
                        new,
                        1.1,
                        f"The brackets of `{f}` close too early: it is applied to "
                        f"`{code(_joined(terms[:k]))}` only, not to the whole sum.",
                    )
                yield New(
                    _joined([(op, call(f, t)) for op, t in terms]),
                    1.4,
                    f"`{f}` is applied to each term by itself; it should be applied to the sum.",
                )
            new = binary(ast.Constant(1), ast.Sub(), node)
            yield New(new, 1.6, f"That is 1 minus `{code(node)}`.")
    if isinstance(node, ast.Call) and code(node.func) == "np.log" and len(node.args) == 1:
        for other, said in (
            ("np.log2", "the logarithm to base 2"),
            ("np.log10", "the logarithm to base 10"),
            ("np.log1p", "the logarithm of 1 + the number"),
        ):
            yield New(
                call(other, node.args[0]),
                1,
                f"That is {said}; the natural logarithm, `np.log`, is expected.",
            )
    if isinstance(node, ast.Call) and code(node.func) == "np.exp" and len(node.args) == 1:
        yield New(
            binary(ast.Constant(2), ast.Pow(), node.args[0]),
            1.5,
            "2 is raised to the power, not e: `np.exp` is expected.",
        )
        yield New(
            binary(ast.Constant(10), ast.Pow(), node.args[0]),
            1.8,
            "10 is raised to the power, not e: `np.exp` is expected.",
        )
    if isinstance(node, ast.Call) and code(node.func) == "np.sqrt" and len(node.args) == 1:
        inside = node.args[0]
        yield New(
            binary(inside, ast.Pow(), ast.Constant(2)),
            1.5,
            f"{w.first(inside)} is squared; its root is expected.",
        )
        if is_sum(inside):
            terms = _chain(inside, is_sum)
            yield New(
                _joined([(op, call("np.sqrt", t)) for op, t in terms]),
                1.2,
                "The root is taken of each term by itself; it is the root of the sum.",
            )


_COLLECT = {
    "sum": "the sum",
    "mean": "the mean",
    "max": "the maximum",
    "min": "the minimum",
    "prod": "the product",
    "std": "the standard deviation",
    "cumsum": "the running sum",
    "argmax": "the place of the maximum",
    "argmin": "the place of the minimum",
}


def collecting(node: ast.expr, around: Around) -> Iterator[New]:
    """sum, mean, max ...: another one, along another axis, not at all."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COLLECT):
        return
    owner, kind = node.func.value, node.func.attr
    w = around.words
    inside = node.args[0] if code(owner) == "np" and node.args else owner
    value = around.value(inside)
    if not isinstance(value, np.ndarray):
        return
    keys = {str(k.arg): k.value for k in node.keywords}
    places = ("argmax", "argmin")
    for other in _COLLECT:
        if other == kind or (kind in places) != (other in places):
            continue
        more = {k: v for k, v in keys.items() if k != "keepdims"} if other == "cumsum" else keys
        yield New(
            method(inside, other, **more),
            1,
            f"{_upper(_COLLECT[other])} of {w.of(inside)} is taken; it should be {_COLLECT[kind]}.",
            ("collect", kind, other),
        )
    yield New(inside, 1.3, f"{_upper(_COLLECT[kind])} of {w.of(inside)} is not taken.", ("no", kind))
    axis = keys.get("axis")
    now: Any = axis.value if isinstance(axis, ast.Constant) else None
    others: list[int | None] = [a for a in range(value.ndim) if now is None or a != now % value.ndim]
    for along in others + ([None] if now is not None else []):
        kept = {k: number(along) if k == "axis" else v for k, v in keys.items() if k != "axis" or along is not None}
        if now is None:
            kept["axis"] = number(along)
        if along is None:
            said = f"{_upper(_COLLECT[kind])} is taken over the whole of {w.of(inside)}, not along axis {now}."
        elif now is None:
            said = (
                f"{_upper(_COLLECT[kind])} of {w.of(inside)} is taken along axis {along} only; it goes over the whole."
            )
        else:
            said = (
                f"{_upper(_COLLECT[kind])} of {w.of(inside)} is taken along axis {along}; it should be "
                f"along axis {now}."
            )
        yield New(method(inside, kind, **kept), 1, said, ("axis", now, along))
    if axis is not None:
        if "keepdims" in keys:
            yield New(
                method(inside, kind, axis=axis),
                1,
                "`keepdims=True` is missing: what was found for a row is applied to a column.",
                ("keepdims",),
            )
        else:
            yield New(
                method(inside, kind, axis=axis, keepdims=ast.Constant(True)),
                1.3,
                "`keepdims=True` keeps an axis of length 1 that should be gone.",
                ("keepdims+",),
            )
    if np.asarray(value).dtype.kind == "f" and kind == "sum":
        yield New(
            method(ast.Compare(inside, [ast.Gt()], [ast.Constant(0)]), "sum", **keys),
            1.6,
            f"The numbers of {w.of(inside)} that are above 0 are counted; their values should be added up.",
        )
        yield New(
            method(call("abs", inside), "sum", **keys),
            1.5,
            f"The sizes of {w.of(inside)}, without their signs, are added up.",
        )


def two_arguments(node: ast.expr, around: Around) -> Iterator[New]:
    """max and min, np.where, np.clip, np.maximum: the other one, arguments swapped, one alone."""
    if not isinstance(node, ast.Call):
        return
    f, w, a = code(node.func), around.words, node.args
    swap = {"min": "max", "max": "min", "np.maximum": "np.minimum", "np.minimum": "np.maximum"}
    if f in swap and len(a) == 2:
        yield New(call(swap[f], *a), 1, f"`{swap[f]}` is used; it should be `{f}`.")
        for x in a:
            yield New(x, 1.2, f"It is always {w.of(x)}: the `{f}` is missing.", ("only", f, code(x)))
    if f == "np.where" and len(a) == 3:
        yield New(
            call(f, a[0], a[2], a[1]),
            1,
            f"{w.first(a[1])} is taken where {w.of(a[2])} belongs, and the other way round.",
            ("where",),
        )
        yield New(
            a[1],
            1.1,
            f"{w.first(a[1])} is taken everywhere; where {w.of(a[0])} is False, {w.of(a[2])} belongs.",
            ("where", 1, code(a[1])),
        )
        yield New(
            a[2],
            1.3,
            f"{w.first(a[2])} is taken everywhere; where {w.of(a[0])} is True, {w.of(a[1])} belongs.",
            ("where", 2, code(a[2])),
        )
        yield New(
            call(f, a[0], a[1], ast.Constant(0.0)),
            1.1,
            f"Where {w.of(a[0])} is False there is 0 instead of {w.of(a[2])}.",
            ("where0",),
        )
        for other in (a[2], a[1]):
            for new in around.alike(code(other)):
                changed = [name(new) if x is other else x for x in a]
                yield New(call(f, *changed), 1.2, f"{w.first(new)} is used where {w.of(other)} belongs.")
    if f == "np.clip" and len(a) == 3:
        x, low, high = a
        yield New(x, 1, "Nothing is cut off.")
        yield New(call("np.maximum", x, low), 1, "It is cut off below, but not above.")
        yield New(call("np.minimum", x, high), 1, "It is cut off above, but not below.")
        yield New(call(f, x, high, low), 1.5, "The two limits have changed places.")
        if is_sum(x):
            for k, (op, term) in enumerate(_chain(x, is_sum)):
                rest = _chain(x, is_sum)
                rest[k] = (op, call(f, term, low, high))
                yield New(
                    _joined(rest),
                    1.2,
                    f"{w.first(term)} alone is cut off; first the whole line `{code(x)}`, then the limits.",
                )
        inner = next((n for n in ast.walk(x) if isinstance(n, ast.Name) and around.is_array(n)), None)
        if inner is not None:
            clipped = ast.parse(code(x), mode="eval").body
            for owner in ast.walk(clipped):
                for field, old in ast.iter_fields(owner):
                    if isinstance(old, ast.Name) and old.id == inner.id:
                        setattr(owner, field, call(f, inner, low, high))
            if code(clipped) != code(x):
                yield New(
                    ast.fix_missing_locations(clipped),
                    1.2,
                    f"{w.first(inner)} itself is cut off; first the whole line `{code(x)}`, then the limits.",
                )
        yield New(call("sigmoid", x), 1.5, "The smooth sigmoid is applied where the line should be cut off.")
        yield New(call("np.tanh", x), 1.8, "tanh is applied where the line should be cut off.")
    opposite = {
        "np.zeros_like": "np.ones_like",
        "np.ones_like": "np.zeros_like",
        "np.zeros": "np.ones",
        "np.ones": "np.zeros",
    }
    if f in opposite:
        yield New(
            ast.Call(name(opposite[f]), a, node.keywords),
            1.2,
            f"It begins with {'ones' if 'zeros' in f else 'zeros'} instead of {'zeros' if 'zeros' in f else 'ones'}.",
        )
        for x in a[:1]:
            if f.endswith("_like"):
                yield New(x, 1.2, f"It begins with {w.of(x)} instead of {'zeros' if 'zeros' in f else 'ones'}.")


def norms(node: ast.expr, around: Around) -> Iterator[New]:
    """Another length of an array."""
    if not (isinstance(node, ast.Call) and code(node.func) == "np.linalg.norm" and len(node.args) == 1):
        return
    x, w = node.args[0], around.words
    for new, said in (
        (method(call("abs", x), "sum"), "the sum of its sizes"),
        (method(call("abs", x), "max"), "its largest number, without the sign,"),
        (call("np.linalg.norm", x, number(2)), "its largest singular value (the norm of a matrix)"),
        (method(binary(x, ast.Pow(), number(2)), "sum"), "the sum of its squares, without the root,"),
        (method(x, "sum"), "its sum"),
        (call("np.sqrt", method(binary(x, ast.Pow(), number(2)), "mean")), "the root of the mean of its squares"),
    ):
        yield New(
            new,
            1.2,
            f"For the length of {w.of(x)}, {said} is taken; the length is the root of the sum of all squares.",
            ("norm", said),
        )


_AXES = {
    "np.stack": "stacked",
    "np.concatenate": "joined",
    "np.split": "cut",
    "np.hstack": "joined",
    "np.cumprod": "multiplied",
    "np.cumsum": "added up",
}


_LYING = ("below each other", "side by side")


def joining(node: ast.expr, around: Around) -> Iterator[New]:
    """stack, concatenate, split: another axis, another order, a piece left out."""
    if not (isinstance(node, ast.Call) and code(node.func) in _AXES and node.args):
        return
    f, w, inside = code(node.func), around.words, node.args[0]
    keys = {str(k.arg): k.value for k in node.keywords}
    now = ast.literal_eval(keys["axis"]) if "axis" in keys else 0
    value = around.value(node)
    first = value[0] if isinstance(value, list) else value
    rank = first.ndim if isinstance(first, np.ndarray) else 0
    for other in range(rank):
        if other != now % max(rank, 1):
            kept = keys | {"axis": number(other)}
            along, right = (1 - other, 1 - now % rank) if around.turned and rank == 2 else (other, now)
            yield New(
                ast.Call(node.func, node.args, [ast.keyword(k, v) for k, v in kept.items()]),
                1,
                f"The pieces of the result lie {_LYING[along]}; they should lie {_LYING[right]}."
                if around.turned and rank == 2
                else f"It is {_AXES[f]} along axis {along}; it should be along axis {right}.",
                ("axis", f, other),
            )
    if f in ("np.stack", "np.concatenate") and isinstance(value, np.ndarray):
        if f == "np.stack" and now == 1:
            size = ast.Starred(
                ast.Subscript(
                    part(call("np.stack", inside, axis=ast.Constant(1)), "shape"),
                    ast.Slice(None, ast.Constant(2)),
                    ast.Load(),
                ),
                ast.Load(),
            )
            flat = call("np.stack", inside)
            yield New(
                method(flat, "reshape", size, number(-1)),
                1,
                "A reshape gives the right shape, but it does not swap axes: the numbers end up in other places.",
            )
        if f == "np.stack":
            yield New(
                call("np.concatenate", inside, axis=number(now if now < rank - 1 else -1)),
                1.3,
                "The pieces are joined along an axis that they already have; they should get a new one.",
            )
        else:
            if isinstance(inside, ast.List) and isinstance(value, np.ndarray):
                shape = ast.Starred(
                    ast.Subscript(part(inside.elts[0], "shape"), ast.Slice(None, number(-1)), ast.Load()), ast.Load()
                )
                mixed = method(call("np.stack", inside, axis=number(-1)), "reshape", shape, number(-1))
                yield New(
                    mixed,
                    1.2,
                    "The pieces are interleaved, one number of each in turn; they should be one block after the other.",
                    SILENT,
                )
            yield New(
                call("np.stack", inside, axis=number(now)),
                1.2,
                "The pieces are stacked along a new axis; they should be joined along one that they have.",
            )
            yield New(
                call("np.stack", inside),
                1.2,
                "The pieces are stacked along a new axis; they should be joined along one that they have.",
            )
    if isinstance(inside, (ast.List, ast.Tuple)) and 2 <= len(inside.elts) <= 4 and f != "np.split":
        right = ", ".join(code(e) for e in inside.elts)
        for order in list(permutations(inside.elts))[1:]:
            yield New(
                ast.Call(node.func, [ast.List(list(order), ast.Load()), *node.args[1:]], node.keywords),
                1.2,
                f"The pieces are in the order `{', '.join(code(e) for e in order)}`; it should be `{right}`.",
            )
        if len(inside.elts) == 2 and f == "np.concatenate":
            a, b = inside.elts
            for new, said in (
                (binary(a, ast.Add(), b), "added (that is `merge_mode='sum'`)"),
                (binary(a, ast.Mult(), b), "multiplied (that is `merge_mode='mul'`)"),
                (binary(binary(a, ast.Add(), b), ast.Div(), ast.Constant(2)), "averaged (that is `merge_mode='ave'`)"),
            ):
                yield New(new, 1.2, f"The two pieces are {said}; they should be side by side.")
            for x in (a, b):
                yield New(x, 1.5, f"Only {w.of(x)} is left.")
                yield New(
                    call("np.concatenate", ast.List([x, x], ast.Load()), axis=number(now)),
                    1.5,
                    f"{w.first(x)} is there twice, and the other piece is missing.",
                )
    if f == "np.split":
        pieces = node.args[1]
        if isinstance(pieces, ast.Constant) and isinstance(pieces.value, int):
            n = pieces.value
            each = ast.parse(f"[_[..., k::{n}] for k in range({n})]", mode="eval").body
            for sub in ast.walk(each):
                if isinstance(sub, ast.Subscript):
                    sub.value = inside
            cut = method(inside, "reshape", number(n), item(part(inside, "shape"), "0"), number(-1))
            if np.ndim(around.value(inside)) == 2:
                yield New(
                    cut,
                    1.25,
                    f"A reshape into {n} parts cuts the blocks; that mixes rows and blocks, because it only "
                    "keeps the order of the numbers.",
                )
            yield New(
                each,
                1.3,
                f"Every {('', '', 'second', 'third', 'fourth')[n] if n < 5 else n} column is taken; the "
                "columns of one block are next to each other.",
                ("interleaved",),
            )


def indexing(node: ast.expr, around: Around) -> Iterator[New]:
    """An index one further, the first or the last; a slice that is reversed, or begins or ends elsewhere."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return
    w, inside = around.words, node.value
    value = around.value(inside)
    entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]

    def with_entry(k: int, new: ast.expr | None) -> ast.expr:
        changed = [e if j != k else new for j, e in enumerate(entries)]
        left = [e for e in changed if e is not None]
        if not left:
            return inside
        return ast.Subscript(inside, left[0] if len(left) == 1 else ast.Tuple(left, ast.Load()), ast.Load())

    for k, entry in enumerate(entries):
        if isinstance(entry, ast.Slice):
            yield from _slices(node, k, entry, with_entry, around)
        elif isinstance(entry, ast.Constant) and entry.value is None:
            yield New(with_entry(k, None), 1, f"The new axis in `{code(node)}` is missing (`None`).", ("None",))
        elif isinstance(entry, (ast.Name, ast.BinOp)) and isinstance(around.value(entry), (int, np.integer)):
            for by, said in ((-1, "one too low"), (1, "one too high")):
                op = ast.Add() if by > 0 else ast.Sub()
                new = binary(entry, op, ast.Constant(1))
                yield New(with_entry(k, new), 1.1, f"The index in `{code(node)}` is {said}.", ("index", by))
            for fixed, said in ((0, "first"), (-1, "last")):
                yield New(
                    with_entry(k, number(fixed)),
                    1.2,
                    f"The index is always {fixed}, so the {said} entry is read each time; it should be `{code(node)}`.",
                    ("index", said),
                )
            turned = binary(ast.UnaryOp(ast.USub(), entry), ast.Sub(), ast.Constant(1))
            yield New(
                with_entry(k, turned),
                1.2,
                f"`{code(node)}` is read from the end to the beginning.",
                ("index", "turned"),
            )
            if isinstance(value, np.ndarray) and k == 1 and isinstance(entries[0], ast.Slice) and len(entries) == 2:
                yield New(
                    ast.Subscript(inside, entry, ast.Load()),
                    1.2,
                    f"The index is on the first axis; it belongs on the second: `{code(node)}`.",
                    ("axis0",),
                )
        elif isinstance(entry, ast.Name) and isinstance(around.value(entry), np.ndarray) and len(entries) == 2:
            yield New(
                with_entry(1 - k, ast.Slice()),
                1.2,
                f"Whole {'columns' if k else 'rows'} are taken; one number from each row is expected: `{code(node)}`.",
            )
    if isinstance(value, np.ndarray) and len(entries) == 1 and isinstance(entries[0], ast.Constant) and value.ndim > 1:
        yield New(inside, 1.2, f"All of {w.of(inside)} is used; only `{code(node)}` belongs here.", ("whole",))


def _slices(node: Any, k: int, entry: ast.Slice, with_entry: Any, around: Around) -> Iterator[New]:
    w = around.words
    text = code(node)
    step = entry.step
    if step is not None and code(step) == "-1":
        yield New(with_entry(k, ast.Slice()), 1, f"{w.first(node.value)} is not reversed.", ("unreversed",))
    for bound in ("lower", "upper"):
        old = getattr(entry, bound)
        if old is not None:
            for by, said in ((1, "later"), (-1, "earlier")):
                new = ast.Slice(entry.lower, entry.upper, step)
                setattr(new, bound, binary(old, ast.Add() if by > 0 else ast.Sub(), ast.Constant(1)))
                what = "begins" if bound == "lower" else "ends"
                yield New(
                    with_entry(k, new),
                    1.2,
                    f"The slice {what} one place {said} than `{text}`.",
                    ("slice", bound, by),
                )
            new = ast.Slice(entry.lower, entry.upper, step)
            setattr(new, bound, None)
            what = "begins at the beginning" if bound == "lower" else "goes on to the end"
            yield New(with_entry(k, new), 1.2, f"The slice {what}; it should be `{text}`.", ("slice", bound, None))
        elif step is None and (entry.lower is not None or entry.upper is not None):
            new = ast.Slice(entry.lower, entry.upper, step)
            setattr(new, bound, number(1 if bound == "lower" else -1))
            what = "leaves out the first" if bound == "lower" else "leaves out the last"
            yield New(
                with_entry(k, new),
                1.3,
                f"The slice {what} entry; it should be `{text}`.",
                ("slice without", bound),
            )


def comparisons(node: ast.expr, around: Around) -> Iterator[New]:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    turned = {ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
    other = turned.get(type(node.ops[0]))
    if other is not None:
        yield New(
            ast.Compare(node.left, [other()], node.comparators),
            1.2,
            f"The comparison is the wrong way round: it should be `{code(node)}`.",
        )


def extra(node: ast.expr, around: Around) -> Iterator[New]:
    """A function around what should be used as it is."""
    if not around.is_real(node) or isinstance(node, (ast.Constant, ast.UnaryOp)):
        return
    if (
        isinstance(node, ast.Call)
        and code(node.func) in _ACTIVATIONS
        or not isinstance(node, (ast.Name, ast.BinOp, ast.Call))
    ):
        return
    w = around.words
    plain = 1.4 if isinstance(node, ast.Name) else 1.6
    for f in ("np.tanh", "sigmoid", "relu", "softmax", "np.exp"):
        yield New(
            call(f, node),
            plain,
            f"`{f}` is applied to {w.of(node)}, which should be used as it is.",
            ("extra", f, code(node)),
        )


OPERATORS: tuple[Operator, ...] = (
    sums, products, powers, matrix_products, transpositions, signs, masks, names, constants, sizes, activations,
    collecting, two_arguments, norms, joining, indexing, comparisons, extra,
)  # fmt: skip
