"""Mutations of whole statements: left out, too early, too late, once instead of each time; a state not carried on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np

from lstm_edu.exercises.mutants.edits import Change, Edit, binary, call, method, name, number
from lstm_edu.exercises.mutants.expressions import Around
from lstm_edu.exercises.mutants.words import code


def changes(tree: ast.FunctionDef, around: Around) -> Iterator[Change]:
    """All of them in one function."""
    for statement in ast.walk(tree):
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Return)):
            yield from _exchanged(statement, around)
    for owner, field, body in bodies(tree):
        yield from _lines(tree, owner, field, body, around)
        yield from _assignments(tree, owner, field, body, around)
        for k, statement in enumerate(body):
            if isinstance(statement, ast.For):
                yield from _loops(tree, owner, field, body, k, around)
    yield from _returns(tree, around)


def bodies(tree: ast.AST) -> Iterator[tuple[ast.AST, str, list[ast.stmt]]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield node, field, body


def _replaced(owner: ast.AST, field: str, body: list[ast.stmt]) -> tuple[Edit, ...]:
    return (Edit(owner, field, None, body),)


def _targets(statement: ast.stmt) -> list[str]:
    """The names that a statement gives a value."""
    if isinstance(statement, ast.For):
        return [n for s in statement.body for n in _targets(s)]
    return [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def _reads(node: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]


def _changed_by(statement: ast.stmt) -> list[str]:
    """The names whose things a statement changes: its targets, what it writes into, what it appends to."""
    found = _targets(statement)
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            found.append(node.value.id)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "insert")
        ):
            if isinstance(node.func.value, ast.Name):
                found.append(node.func.value.id)
    return found


def _quoted(statement: ast.stmt) -> str:
    return f"`{code(statement)}`"


def _simple(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr))


def _exchanged(statement: ast.stmt, around: Around) -> Iterator[Change]:
    """Two names of one line in each other's place."""
    w = around.words
    found = list(dict.fromkeys(n.id for n in _reads(statement)))
    for k, one in enumerate(found):
        for other in found[k + 1 :]:
            if other in around.alike(one):
                edits = (*_renamed(statement, one, other), *_renamed(statement, other, one))
                yield Change(
                    edits,
                    1.05,
                    f"{w.first(one)} and {w.of(other)} have changed places.",
                    statement=statement,
                )


# --- lines: left out, swapped, moved --------------------------------------------------------------------------------


def _lines(tree, owner, field, body, around: Around) -> Iterator[Change]:
    for k, statement in enumerate(body):
        if isinstance(statement, ast.Return) or len(body) < 2:
            continue
        rest = body[:k] + body[k + 1 :]
        if _simple(statement):
            yield Change(
                _replaced(owner, field, rest),
                1.2,
                f"The line {_quoted(statement)} is missing.",
                fix=code(statement),
            )
        for j in range(k + 1, len(body)):
            later = body[j]
            if isinstance(later, ast.Return) or not (_simple(statement) and _simple(later)):
                break
            if not {*_changed_by(statement)} & {n.id for n in _reads(later)} and not {*_changed_by(later)} & {
                n.id for n in _reads(statement)
            }:
                continue
            moved = [*body[:k], *body[k + 1 : j + 1], statement, *body[j + 1 :]]
            yield Change(
                _replaced(owner, field, moved),
                1.2 + 0.1 * (j - k - 1),
                f"{_quoted(statement)} comes too late: it belongs before {_quoted(later)}.",
                fix=f"{code(statement)}\n{code(later)}",
            )
            if j > k + 1:
                early = [*body[:k], later, *body[k:j], *body[j + 1 :]]
                yield Change(
                    _replaced(owner, field, early),
                    1.3,
                    f"{_quoted(later)} comes too early: it belongs after {_quoted(statement)}.",
                    fix=f"{code(statement)}\n{code(later)}",
                )


def _assignments(tree, owner, field, body, around: Around) -> Iterator[Change]:
    w = around.words
    for k, statement in enumerate(body):
        if isinstance(statement, ast.AugAssign):
            into = statement.target
            plain = _as_load(into)
            only = ast.Assign([into], statement.value)
            looked_up = _is_looked_up(tree, into)
            yield Change(
                (Edit(owner, field, k, only),),
                0.9,
                f"{w.first(into)} gets only what comes last: `=` replaces what was there, and `+=` with arrays as "
                "indices adds only once where a place occurs several times. A loop with `+=` adds each time, and so "
                "does np.add.at."
                if looked_up
                else f"`=` replaces what {w.of(into)} was; `+=` adds to it.",
                statement=None if looked_up else only,
                fix=code(statement),
            )
            less = ast.AugAssign(into, ast.Sub(), statement.value)
            yield Change(
                (Edit(owner, field, k, less),),
                1.3,
                f"{w.first(into)} gets smaller by it; it should be added.",
                statement=less,
                fix=code(statement),
            )
            twice = ast.Assign([into], binary(binary(ast.Constant(2), ast.Mult(), plain), ast.Add(), statement.value))
            yield Change(
                (Edit(owner, field, k, twice),),
                1.6,
                f"{w.first(into)} is added to itself: `+=` adds the old value already.",
                statement=twice,
                fix=code(statement),
            )
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target: Any = statement.targets[0]
        if isinstance(target, ast.Name):
            yield from _shared(tree, owner, field, k, statement, around)
            yield from _stale(owner, field, body, k, target.id, around)
            added = ast.AugAssign(target, ast.Add(), statement.value)
            yield Change(
                (Edit(owner, field, k, added),),
                1.3,
                f"What is computed is added to the old {w.of(target).removeprefix('the ')}; it should replace it.",
                statement=added,
                fix=code(statement),
            )
        if isinstance(target, ast.Tuple) and 2 <= len(target.elts) <= 4:
            yield from _orders(statement, target, around)
            if isinstance(statement.value, ast.Tuple) and len(statement.value.elts) == len(target.elts):
                lines: list[ast.stmt] = [
                    ast.Assign([t], v) for t, v in zip(target.elts, statement.value.elts, strict=True)
                ]
                yield Change(
                    _replaced(owner, field, [*body[:k], *lines, *body[k + 1 :]]),
                    1,
                    f"{w.first(target.elts[0])} is replaced first, and {w.of(target.elts[1])} is then "
                    "computed with the new one.",
                    fix=code(statement),
                )


def _shared(tree, owner, field, k: int, statement: ast.Assign, around: Around) -> Iterator[Change]:
    """No new array to write into: new = h instead of new = np.zeros_like(h)."""
    target, made = statement.targets[0], statement.value
    stored = [n for n in ast.walk(tree) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)]
    if code(target) not in [code(n.value) for n in stored] or not isinstance(made, ast.Call):
        return
    if code(made.func) in ("np.zeros_like", "np.ones_like"):
        old = made.args[0]
        yield Change(
            (Edit(owner, field, k, ast.Assign([target], old)),),
            1.1,
            f"What is computed is written into {around.words.of(old)} itself, so that later lines read new numbers "
            "where they need the old ones; write it into a new array.",
            fix=code(statement),
        )


def _is_looked_up(tree: ast.AST, target: ast.expr) -> bool:
    """Whether a place is found by data, so that it may occur several times: table[ids[n]], not table[n]."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    counting = ("range", "enumerate", "reversed")
    data = [s.target for s in loops if not (isinstance(s.iter, ast.Call) and code(s.iter.func) in counting)]
    taken = {n.id for each in data for n in ast.walk(each) if isinstance(n, ast.Name)}
    return isinstance(target, ast.Subscript) and any(
        isinstance(n, ast.Subscript) or isinstance(n, ast.Name) and n.id in taken for n in ast.walk(target.slice)
    )


def _as_load(target: ast.expr) -> ast.expr:
    return ast.parse(code(target), mode="eval").body


def _orders(statement: ast.Assign, target: ast.Tuple, around: Around) -> Iterator[Change]:
    """The parts of a tuple, taken in another order."""
    right = ", ".join(code(e) for e in target.elts)
    letters = [code(e).rpartition("_")[2] for e in target.elts]
    for order in list(permutations(target.elts))[1:]:
        moved = sum(a is not b for a, b in zip(order, target.elts, strict=True))
        new = ast.Tuple(list(order), ast.Store())

        if len(order) == 2:
            one, other = (around.words.first(order[0]), around.words.of(order[1]))
            said = f"{one} and {other} have changed places: the order is `{right}`."
        else:
            taken = ", ".join(code(e).rpartition("_")[2] for e in order)
            said = f"The parts are taken in the order {taken}; they come in the order {', '.join(letters)}."

        yield Change(
            (Edit(statement, "targets", 0, new),),
            1.1 + 0.05 * moved,
            said,
            statement=statement,
            family=("order", *map(target.elts.index, order)),
        )


def _stale(owner, field, body, k: int, text: str, around: Around) -> Iterator[Change]:
    """What was there before the line, used after it."""
    old = f"{text}_before"
    keep = ast.Assign([ast.Name(old, ast.Store())], name(text))
    w = around.words
    inserted = _replaced(owner, field, [*body[:k], keep, *body[k:]])
    later = [s for s in body[k + 1 :] if any(n.id == text for n in _reads(s))]
    for statement in later:
        edits = inserted + tuple(_renamed(statement, text, old))
        returned = isinstance(statement, ast.Return)
        appended = isinstance(statement, ast.Expr)
        verb = "returned" if returned else "stored" if appended else f"used in {_quoted(statement)}"
        yield Change(
            edits,
            0.9,
            f"{w.first(text)} as it was before `{code(body[k])}` is {verb}; it should be the new one.",
            fix=f"{code(body[k])}\n{code(statement)}",
        )
    if len(later) > 1:
        edits = inserted + tuple(e for s in later for e in _renamed(s, text, old))
        yield Change(
            edits,
            1,
            f"{w.first(text)} as it was before `{code(body[k])}` goes on being used; it should be the new one.",
            fix=code(body[k]),
        )


def _bare(words: str) -> str:
    return words.removeprefix("the ")


def _renamed(node: ast.AST, text: str, new: str) -> Iterator[Edit]:
    for inner in ast.walk(node):
        for field, value in ast.iter_fields(inner):
            if isinstance(value, ast.Name) and value.id == text and isinstance(value.ctx, ast.Load):
                yield Edit(inner, field, None, name(new))
            if isinstance(value, list):
                for k, each in enumerate(value):
                    if isinstance(each, ast.Name) and each.id == text and isinstance(each.ctx, ast.Load):
                        yield Edit(inner, field, k, name(new))


# --- loops ----------------------------------------------------------------------------------------------------------


def _loops(tree, owner, field, body, k: int, around: Around) -> Iterator[Change]:
    loop = body[k]
    yield from _ranges(loop, around)
    yield from _carried(tree, owner, field, body, k, around)
    yield from _in_and_out(tree, owner, field, body, k, around)
    yield from _collected(owner, field, body, k, around)
    if isinstance(body[-1], ast.Return):
        inside = [*loop.body, body[-1]]
        yield Change(
            _replaced(loop, "body", inside),
            1,
            "Only one step is taken: the `return` is inside the loop. It belongs after it, one level further out.",
            fix=f"{code(loop)}\n    ...\n{code(body[-1])}   # after the loop",
        )


def _ranges(loop: ast.For, around: Around) -> Iterator[Change]:
    source: Any = loop.iter
    w = around.words
    turned = isinstance(source, ast.Call) and code(source.func) == "reversed"
    step = "timestep" if code(loop.target) == "t" else "round"

    def new(node: ast.expr, cost: float, said: str) -> Change:
        return Change((Edit(loop, "iter", None, node),), cost, said, statement=loop, family=("range", said))

    if turned:
        yield new(
            source.args[0], 1, f"The loop goes forwards; it should go backwards, from the last {step} to the first."
        )
    elif (
        isinstance(around.value(source), range)
        and around.value(source).step > 0
        or not isinstance(around.value(source), range)
    ):
        yield new(call("reversed", source), 1.1, f"The loop goes backwards, from the last {step} to the first.")
    ranged = source.args[0] if turned else source
    if not (isinstance(ranged, ast.Call) and code(ranged.func) == "range"):
        for text, said in (("1:", f"The first {step} is left out."), (":-1", f"The last {step} is left out.")):
            node = ast.parse(f"_[{text}]", mode="eval").body
            node.value = source  # type: ignore[attr-defined]
            yield new(node, 1.1, said)
        return
    backwards = len(ranged.args) == 3
    first, last = (
        (ranged.args[0] if len(ranged.args) > 1 else ast.Constant(0)),
        ranged.args[min(len(ranged.args) - 1, 1)],
    )
    more = ranged.args[2:]

    def ranging(a: ast.expr, b: ast.expr) -> ast.expr:
        begins_at_0 = isinstance(a, ast.Constant) and a.value == 0 and not more
        r = call("range", b) if begins_at_0 else call("range", a, b, *more)
        return call("reversed", r) if turned else r

    def plus(x: Any, by: int) -> ast.expr:
        if code(x).lstrip("-").isdigit():
            return number(int(code(x)) + by)
        if isinstance(x, ast.BinOp) and isinstance(x.op, (ast.Add, ast.Sub)) and isinstance(x.right, ast.Constant):
            value: Any = x.right.value
            total = by + (value if isinstance(x.op, ast.Add) else -value)
            return plus(x.left, total) if total else x.left
        return binary(x, ast.Add() if by > 0 else ast.Sub(), ast.Constant(abs(by)))

    sign = -1 if backwards else 1
    begins, ends = ("begins", "ends") if not turned else ("ends", "begins")
    yield new(
        ranging(plus(first, sign), last),
        1,
        f"The loop {begins} one {step} too {'late' if not turned else 'early'}: one is left out.",
    )
    yield new(
        ranging(first, plus(last, -sign)),
        1,
        f"The loop {ends} one {step} too {'early' if not turned else 'late'}: one is left out.",
    )
    yield new(
        ranging(plus(first, -sign), last), 1.1, f"The loop {begins} one {step} too {'early' if not turned else 'late'}."
    )
    yield new(
        ranging(first, plus(last, sign)),
        1.1,
        f"The loop {ends} one {step} too {'late' if not turned else 'early'}: there is one too many.",
    )
    yield new(ranging(plus(first, sign), plus(last, sign)), 1.3, f"The loop is shifted by one {step}.")
    yield new(ranging(plus(first, -sign), plus(last, -sign)), 1.3, f"The loop is shifted by one {step}.")
    if not more:
        yield new(call("range", first, plus(first, 1)), 1.2, f"Only one {step} is done.")
        yield new(call("range", first, last, ast.Constant(2)), 1.6, f"Every second {step} is left out.")
    for size in around.sizes:
        if code(last) in around.sizes and size != code(last):
            yield new(
                ranging(first, name(size)), 1.2, f"The loop goes over {w.of(size)}; it should go over {w.of(last)}."
            )


def _carried(tree, owner, field, body, k: int, around: Around) -> Iterator[Change]:
    """States that go from one round to the next, and what happens if they do not, or begin elsewhere."""
    loop, w = body[k], around.words
    known = _given_before(tree, loop)
    read = {r.id for inner in loop.body for r in _reads(inner)}
    arguments = {a.arg for a in tree.args.args}  # the learner has these names too, but maybe none of the others
    carried = [n for n in dict.fromkeys(_targets(loop)) if n in known and n in read]
    carried = [n for n in carried if isinstance(around.names.get(n), (np.ndarray, float, np.floating))]

    def assign(target: str, value: ast.expr) -> ast.stmt:
        return ast.Assign([ast.Name(target, ast.Store())], value)

    def zero(text: str) -> ast.expr:
        return call("np.zeros_like", name(text)) if isinstance(around.names[text], np.ndarray) else number(0.0)

    groups = [[n] for n in carried] + ([carried] if len(carried) > 1 else [])
    for group in groups:
        shared = all(w.of(n) != f"`{n}`" or n in arguments for n in group)
        said = " and ".join(w.of(n) for n in group) if shared else "what each round passes on to the next"
        are = "is" if len(group) == 1 or not shared else "are"
        cost = 1 if len(group) == len(carried) else 1.1
        saved = [assign(f"{n}_first", name(n)) for n in group]
        again = [assign(n, name(f"{n}_first")) for n in group]
        first = said[0].upper() + said[1:]
        yield Change(
            _replaced(owner, field, [*body[:k], *saved, *body[k:]]) + _replaced(loop, "body", [*again, *loop.body]),
            cost,
            f"{first} {are} not carried on: every step begins again with what was there before the loop.",
        )
        yield Change(
            _replaced(loop, "body", [*(assign(n, zero(n)) for n in group), *loop.body]),
            cost + 0.05,
            f"{first} {are} not carried on: every step begins again with 0.",
        )
        yield Change(
            _replaced(owner, field, [*body[:k], *(assign(n, zero(n)) for n in group), *body[k:]]),
            cost,
            f"{first} {are} set to 0 before the loop; what was given is lost.",
        )
    for text in carried:
        once_more = ast.AugAssign(ast.Name(text, ast.Store()), ast.Add(), name(f"{text}_first"))
        for j, inner in enumerate(loop.body):
            if text in _targets(inner) and _simple(inner):
                longer = [*loop.body[: j + 1], once_more, *loop.body[j + 1 :]]
                yield Change(
                    _replaced(owner, field, [*body[:k], assign(f"{text}_first", name(text)), *body[k:]])
                    + _replaced(loop, "body", longer),
                    1.3,
                    f"{w.first(text)} as it was before the loop is added again at every step.",
                )
    fresh = [
        (j, inner)
        for j, inner in enumerate(loop.body)
        if isinstance(inner, ast.Assign)
        and isinstance(inner.targets[0], ast.Name)
        and inner.targets[0].id not in carried
    ]
    gradients = [(j, inner) for j, inner in fresh if code(inner.targets[0]).startswith("d_")]
    for several in [[one] for one in fresh] + ([gradients] if len(gradients) > 1 else []):
        texts = [code(inner.targets[0]) for _, inner in several]
        begins = [assign(text, number(0.0)) for text in texts]
        more = tuple(
            Edit(loop, "body", j, ast.AugAssign(ast.Name(text, ast.Store()), ast.Add(), inner.value))
            for text, (j, inner) in zip(texts, several, strict=True)
        )
        named = w.first(texts[0]) if w.of(texts[0]) != f"`{texts[0]}`" else "What each round computes"
        said = f"{named} is" if len(texts) == 1 else "The gradients are"
        new = "a new one" if len(texts) == 1 else "new ones"
        yield Change(
            _replaced(owner, field, [*body[:k], *begins, *body[k:]]) + more,
            1.25 if len(texts) == 1 else 1.2,
            f"{said} added up over all steps; each step should start with {new}.",
            fix="\n".join(code(inner) for _, inner in several),
        )
    if len(carried) == 2:
        a, b = carried
        swap = ast.Assign(
            [ast.Tuple([ast.Name(a, ast.Store()), ast.Name(b, ast.Store())], ast.Store())],
            ast.Tuple([name(b), name(a)], ast.Load()),
        )
        yield Change(
            _replaced(owner, field, [*body[:k], swap, *body[k:]]),
            1.1,
            f"{w.first(a)} and {w.of(b)} have changed places before the first step.",
        )
        yield Change(
            _replaced(loop, "body", [*loop.body, swap]),
            1.2,
            f"{w.first(a)} and {w.of(b)} change places from one step to the next.",
        )


def _given_before(tree: ast.FunctionDef, loop: ast.For) -> set[str]:
    """The arguments, and what is assigned outside the loop."""
    inside = {id(node) for node in ast.walk(loop)}
    outside = {n for s in ast.walk(tree) if isinstance(s, ast.Assign) and id(s) not in inside for n in _targets(s)}
    return outside | {a.arg for a in tree.args.args}


def _in_and_out(tree, owner, field, body, k: int, around: Around) -> Iterator[Change]:
    """A line of the loop once before it, or once after it; a line before the loop in each round."""
    loop = body[k]
    for j, statement in enumerate(loop.body):
        if not _simple(statement):
            continue
        rest = loop.body[:j] + loop.body[j + 1 :]
        if not rest:
            continue
        first_again = isinstance(statement, ast.Assign) and any(
            n in _targets(statement) for later in loop.body[j + 1 :] for n in _changed_by(later)
        )
        if first_again and owner is not tree and isinstance(tree.body[-1], ast.Return):
            yield Change(
                _replaced(tree, "body", [statement, *tree.body]) + _replaced(loop, "body", rest),
                1.15,
                f"{_quoted(statement)} is done only once, at the beginning, so that every round goes on from "
                "the one before.",
                fix=f"{code(loop)}\n    {code(statement)}",
            )
        yield Change(
            _replaced(owner, field, [*body[:k], statement, *body[k:]]) + _replaced(loop, "body", rest),
            1.1,
            (
                f"{_quoted(statement)} is done once, before the loop, so that each round goes on from the one "
                "before; it belongs inside."
                if first_again
                else f"{_quoted(statement)} is computed once, before the loop; it belongs inside, because it "
                "changes with every step."
            ),
            fix=f"{code(loop)}\n    {code(statement)}",
        )
        yield Change(
            _replaced(owner, field, [*body[: k + 1], statement, *body[k + 1 :]]) + _replaced(loop, "body", rest),
            1.1,
            f"{_quoted(statement)} is done once, after the loop; it belongs inside.",
            fix=f"{code(loop)}\n    {code(statement)}",
        )
    for j in range(k):
        statement = body[j]
        if isinstance(statement, ast.Assign) and {*_targets(statement)} & {*_changed_by(loop)}:
            yield Change(
                _replaced(loop, "body", [statement, *loop.body]),
                1.1,
                f"{_quoted(statement)} is inside the loop, so that it begins again each time; it belongs "
                "before the loop.",
                fix=f"{code(statement)}\n{code(loop)}",
            )
    for j in range(k + 1, len(body)):
        statement = body[j]
        if isinstance(statement, (ast.Assign, ast.AugAssign)):
            yield Change(
                _replaced(owner, field, [*body[:j], *body[j + 1 :]]) + _replaced(loop, "body", [*loop.body, statement]),
                1.1,
                f"{_quoted(statement)} is inside the loop; it belongs after it.",
                fix=code(statement),
            )


def _collected(owner, field, body, k: int, around: Around) -> Iterator[Change]:
    """What goes into the list of a loop, and when; one array put in again and again."""
    loop, w = body[k], around.words
    for j, statement in enumerate(loop.body):
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
            continue
        added = statement.value
        if not (isinstance(added.func, ast.Attribute) and added.func.attr in ("append", "insert")):
            continue
        box, what = added.func.value, added.args[-1]
        early = [statement, *loop.body[:j], *loop.body[j + 1 :]]
        yield Change(
            _replaced(loop, "body", early),
            1,
            f"{w.first(what)} is stored before it is updated: what was there before the first step comes first, and "
            "the last one is missing.",
            fix=f"...\n{code(statement)}   # after the update",
        )
        first = ast.Expr(method(box, "append", what))
        yield Change(
            _replaced(owner, field, [*body[:k], first, *body[k:]]),
            1.1,
            f"There is one entry too many: {w.of(what)} as it was before the first step is in the list too.",
            fix=f"{code(statement)}   # only inside the loop",
        )
        same = ast.Assign([_stored(box)], binary(ast.List([what], ast.Load()), ast.Mult(), call("len", box)))
        yield Change(
            _replaced(owner, field, [*body[: k + 1], same, *body[k + 1 :]]),
            0.9,
            f"Every entry is the same, the last {_bare(w.of(what))}: one array was put into the list each "
            "time and changed later, or the list was filled after the loop.",
            fix=f"{code(box)}.append({code(what)}.copy())   # inside the loop",
        )
        if added.func.attr == "append":
            yield Change(
                (Edit(statement, "value", None, method(box, "insert", ast.Constant(0), what)),),
                1.1,
                "The entries are in reverse order: each is put in front of those before it.",
                statement=statement,
            )
        else:
            yield Change(
                (Edit(statement, "value", None, method(box, "append", what)),),
                1.1,
                "The entries are in reverse order: each is put behind those before it; here it belongs in front.",
                statement=statement,
            )


def _stored(node: ast.expr) -> ast.expr:
    assert isinstance(node, ast.Name)
    return ast.Name(node.id, ast.Store())


# --- what is returned -----------------------------------------------------------------------------------------------


def _returns(tree: ast.FunctionDef, around: Around) -> Iterator[Change]:
    w = around.words
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.Return) or statement.value is None:
            continue
        value = statement.value
        if isinstance(value, ast.Tuple):
            right = ", ".join(code(e) for e in value.elts)
            if len(value.elts) <= 4:
                for order in list(permutations(value.elts))[1:]:
                    new = ast.Tuple(list(order), ast.Load())
                    yield Change(
                        (Edit(statement, "value", None, new),),
                        1.1,
                        f"The results are returned in the order `{', '.join(code(e) for e in order)}`; it "
                        f"should be `{right}`.",
                        statement=statement,
                    )
            for k, element in enumerate(value.elts):
                for other in [
                    n
                    for n, v in around.names.items()
                    if isinstance(v, np.ndarray) and v.shape == np.shape(around.value(element))
                ]:
                    if other != code(element):
                        yield Change(
                            (Edit(value, "elts", k, name(other)),),
                            1.4,
                            f"{w.first(other)} is returned where {w.of(element)} belongs.",
                            statement=statement,
                        )
        else:
            for other, v in around.names.items():
                if isinstance(v, np.ndarray) and other != code(value):
                    yield Change(
                        (Edit(statement, "value", None, name(other)),),
                        1.5,
                        f"{w.first(other)} is returned as it is; it should be "
                        f"{w.of(value) if isinstance(value, ast.Name) else f'`{code(value)}`'}.",
                        statement=statement,
                    )
