"""Pairs of changes in one program, thousands at once.

A program is a row of statements; a loop is one too if it has a single round, so sequences are cut to that. Each change
is run for itself, and what the names are before every later statement is kept. A change of such a statement is then run
once for all of them: they lie along one axis more, in front of the others.

What is found is only likely. A statement that does not know what to do with one axis more gives other numbers, or none,
and there is more than one round. So each pair is run for itself afterwards.

What the pairs give does not depend on the learner, so of each a few sums are kept for the next check of the exercise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.exercises.explaining import Answered
from lstm_edu.exercises.mutants.comparing import as_numbers
from lstm_edu.exercises.mutants.edits import Change, call, item, made, name, number, place
from lstm_edu.exercises.mutants.mutant import FAILURES, Arguments, Changed
from lstm_edu.exercises.mutants.outside import Given, letters
from lstm_edu.exercises.mutants.program import Names, Program

_TOLERANCE = 2e-4  # roughly: each pair is compared exactly afterwards
_RETURNED = "_returned"
_SUMS = 4  # of the numbers of each pair, with random weights: what is kept of them
_MOST_TABLES = 4  # of sums that are kept for a program: one for pairs and one for other arguments, of two questions
_NOTHING = compile("", "<mutant>", "exec")


class _Placed(NamedTuple):
    """A change: how many statements before it are as they were, how many after it; and those between, as changed."""

    before: int
    after: int
    between: list[CodeType]
    lanes: list[CodeType]


class _Reading(NamedTuple):
    """The names that a statement reads, and those that it gives a value; None where it may do more than that."""

    reads: frozenset[str]
    gives: tuple[str, ...] | None


class _Second(NamedTuple):
    """A change, and whether it does for many lanes what it does for one."""

    change: Any
    as_for_one: bool


class _Met(NamedTuple):
    """What changes made before a statement (or other arguments) give together with each change of that statement.

    sums: (seconds, firsts, _SUMS), nan where nothing comes out.
    """

    place: tuple[int, int]
    firsts: list[Any]
    seconds: list[_Second]
    sums: np.ndarray


class Tried:
    """Which pairs of changes were tried together for one question: not those of which the first one leaves values of
    another form, and not those of which the second one does something else for many lanes than for one."""

    def __init__(self) -> None:
        self._firsts: dict[tuple[int, int], set[int]] = {}  # a program and a statement -> changes made before it
        self._seconds: dict[int, tuple[int, int]] = {}

    def first(self, place: tuple[int, int], changes: Iterable[Any]) -> None:
        self._firsts[place] = set(map(id, changes))

    def second(self, place: tuple[int, int], change: Any) -> None:
        self._seconds[id(change)] = place

    def __contains__(self, pair: tuple[Any, Any]) -> bool:
        return any(
            id(a) in self._firsts.get(self._seconds[id(b)], ()) for a, b in (pair, pair[::-1]) if id(b) in self._seconds
        )


class Batches:
    """The statements of a program's answer in one round, and how each of its changes changes them."""

    def __init__(self, program: Program):
        self._program = program
        self._tree = program.trees[program.answer]
        self._linked = program.linked()
        self._heads: dict[tuple[int, int], ast.stmt] = {}  # what replaces the head of a loop
        self._flat = self._statements()
        self._place_of = {id(node): k for k, s in enumerate(self._flat) for node in ast.walk(s)}
        self._place_of |= {
            key: k for (key, _), head in self._heads.items() for k, s in enumerate(self._flat) if s is head
        }
        self._written = {
            n.value.id
            for n in ast.walk(self._tree)
            if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store) and isinstance(n.value, ast.Name)
        }
        self._ranks = {
            node._k: value.ndim  # type: ignore[attr-defined]
            for node in ast.walk(self._tree)
            if isinstance(value := program.values.get(id(node)), np.ndarray)
        }
        names = program.locals.get(program.answer, {})
        self._ranks_of_names = {n: v.ndim for n, v in names.items() if isinstance(v, np.ndarray)}
        self._codes = [self._compiled(s) for s in self._flat]
        self._lanes = [self._compiled_for_lanes(s) for s in self._flat]
        self._readings = [self._reading(s) for s in self._flat]
        self._placed: dict[int, _Placed | None] = {}
        self._tables: dict[Any, list[_Met]] = {}  # by question

    @property
    def loops(self) -> bool:
        """Whether it is a row of statements only for one round."""
        return bool(self._heads)

    def gives(self, arguments: Arguments, right: Sequence[Any]) -> bool:
        """Whether these statements, each once, give what is right."""
        outputs = self._run(self._codes, self._linked | _own(arguments))
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return len(outputs) == len(right) and all(
            np.shape(a) == np.shape(b) and np.allclose(a, b, _TOLERANCE, _TOLERANCE)
            for a, b in zip(outputs, right, strict=True)
        )

    def pairs(
        self, singles: Sequence[Changed], arguments: Arguments, values: Sequence[np.ndarray], tried: Tried | None = None
    ) -> Iterator[tuple[Changed, Changed]]:
        """Pairs of these that seem to give these values. The first is made in an earlier statement than the second.

        tried: is told which pairs were tried.
        """
        yield from self._seeming(self._kept(singles, arguments, values), values, tried)

    def given_pairs(
        self,
        singles: Sequence[Changed],
        arguments: Arguments,
        values: Sequence[np.ndarray],
        given: Sequence[tuple[Given, Arguments]],
    ) -> Iterator[tuple[Given, Changed]]:
        """Other arguments and one of these, which together seem to give these values. Apart from `pairs`, where other
        weights in some lanes would make each product one of many weights."""
        yield from self._seeming(self._kept(singles, arguments, values, given), values)

    def _kept(
        self,
        singles: Sequence[Changed],
        arguments: Arguments,
        values: Sequence[np.ndarray],
        given: Sequence[tuple[Given, Arguments]] | None = None,
    ) -> list[_Met]:
        """What all pairs give, computed once for a question and for a form of what came back."""
        shapes = tuple(v.shape for v in values)
        of = tuple(map(id, singles)), tuple(id(one) for one, _ in given or ()), given is None
        key = question_key(arguments), shapes, of
        if key not in self._tables:
            while len(self._tables) >= _MOST_TABLES:
                self._tables.pop(next(iter(self._tables)))
            self._tables[key] = list(self._all_pairs(singles, arguments, shapes, given))
        return self._tables[key]

    def _all_pairs(
        self,
        singles: Sequence[Changed],
        arguments: Arguments,
        shapes: Sequence[tuple[int, ...]],
        given: Sequence[tuple[Given, Arguments]] | None,
    ) -> Iterator[_Met]:
        right = self._snapshots(self._linked | _own(arguments), self._codes)
        placed = [(one, p) for one in singles if (p := self._place(one)) is not None]
        if right is None or not placed:
            return
        lanes: list[tuple[Any, dict[int, Names]]]
        if given is None:
            lanes = [(one, self._names_after(p, right) or {}) for one, p in placed]
        else:
            lanes = [(one, self._names_of(other)) for one, other in given]
        yield from self._of_lanes(lanes, placed, right, shapes)

    @staticmethod
    def _seeming(
        table: Sequence[_Met], values: Sequence[np.ndarray], tried: Tried | None = None
    ) -> Iterator[tuple[Any, Any]]:
        """(what a lane is of, a change of a later statement) where the two seem to give these values."""
        wanted, far = _sums_of_one(values)
        for met in table:
            with np.errstate(invalid="ignore"):
                near = (np.abs(met.sums - wanted) <= far).all(axis=-1)
            for k, j in np.argwhere(near):
                yield met.firsts[j], met.seconds[k].change
            if tried is not None:
                tried.first(met.place, met.firsts)
                for second in met.seconds:
                    if second.as_for_one:
                        tried.second(met.place, second.change)

    def _of_lanes(
        self,
        lanes: Sequence[tuple[Any, dict[int, Names]]],
        placed: Sequence[tuple[Changed, _Placed]],
        right: Sequence[Names],
        shapes: Sequence[tuple[int, ...]],
    ) -> Iterator[_Met]:
        rank = max(self._ranks.values(), default=0)
        for at in range(len(self._flat)):
            changing = [(one, p) for one, p in placed if p.before == at]
            ended = [(one, names[at]) for one, names in lanes if at in names]
            if not changing or not ended:
                continue
            stacked, alike = _stacked([names for _, names in ended], right[at], rank)
            if not alike:
                continue
            unchanged = self._snapshots(self._copied(stacked), [*self._lanes[at:], _NOTHING]) or []
            seconds, sums = [], np.full((len(changing), len(alike), _SUMS), np.nan, np.float32)
            for k, (one, p) in enumerate(changing):
                end = len(self._flat) - p.after
                outputs = self._run_lanes(p, stacked, dict(enumerate(unchanged, at)))
                if (found := _sums_of_all(outputs, shapes, len(alike))) is not None:
                    sums[k] = found
                alone = [*p.between, *self._codes[end:]]
                seconds.append(_Second(one, self._as_for_one(outputs, alone, [ended[j][1] for j in alike])))
            yield _Met((id(self), at), [ended[j][0] for j in alike], seconds, sums)

    def _run_lanes(self, place: _Placed, names: Names, unchanged: dict[int, Names]) -> Any:
        """What comes out of all lanes with one more change. unchanged: the names before each statement without it: what
        reads none that the change has changed gives what it gave there."""
        names = self._copied(names)
        try:
            for code in place.lanes:
                exec(code, names)
            for k in range(len(self._flat) - place.after, len(self._flat)):
                reads, gives = self._readings[k]
                before, after = unchanged.get(k), unchanged.get(k + 1)
                same = before is not None and all(names.get(n) is before.get(n) for n in reads)
                if same and after is not None and gives is not None:
                    names |= self._copied({n: after[n] for n in gives})
                else:
                    exec(self._lanes[k], names)
        except FAILURES:
            return None
        return names.get(_RETURNED)

    def _as_for_one(self, outputs: Any, codes: Sequence[CodeType], lanes: Sequence[Names]) -> bool:
        """Whether these outputs of all lanes are those that each would give alone, as far as one of them tells."""
        if outputs is None or not lanes:
            return False
        k = len(lanes) // 2
        alone = self._run(codes, lanes[k])
        found = [as_numbers(v) for v in (alone if isinstance(alone, tuple) else (alone,))]
        values = [v for v in found if v is not None]
        return len(values) == len(found) and k in _agreeing(outputs, values, len(lanes))

    # --- where a change is made --------------------------------------------------------------------------------------

    def _statements(self) -> list[ast.stmt]:
        """The statements of the function, each loop as one round."""
        found: list[ast.stmt] = []
        for s in self._tree.body:
            if isinstance(s, ast.For):
                key = id(s), id(s.iter)
                self._heads.setdefault(key, ast.Assign([s.target], item(call("list", s.iter), "0")))
                found += [self._heads[key], *s.body]
            else:
                found.append(s)
        return found

    def _place(self, single: Changed) -> _Placed | None:
        key = id(single.changes[0])
        if key not in self._placed:
            try:
                self._placed[key] = self._found_place(single.changes[0])
            except FAILURES:
                self._placed[key] = None
        return self._placed[key]

    def _found_place(self, change: Change) -> _Placed | None:
        """None where it is not made in these statements."""
        touched = {self._place_of.get(id(e.owner)) for e in change.edits if not isinstance(e.new, (list, ast.stmt))}
        if change.function != self._program.answer or None in touched:
            return None
        changed = {id(self._flat[k]) for k in touched if k is not None}
        with made(change.edits):
            flat = self._statements()
            before = _alike(flat, self._flat, changed)
            most = min(len(flat), len(self._flat)) - before
            after = min(_alike(flat[::-1], self._flat[::-1], changed), most)
            between = flat[before : len(flat) - after]
            plain = [self._compiled(s) for s in between]
            return _Placed(before, after, plain, [self._compiled_for_lanes(s) for s in between])

    @staticmethod
    def _compiled(statement: ast.stmt) -> CodeType:
        if isinstance(statement, ast.Return):
            statement = ast.Assign([ast.Name(_RETURNED, ast.Store())], statement.value or ast.Constant(None))
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):  # no array may change
            old = ast.Name(statement.target.id, ast.Load())
            statement = ast.Assign([statement.target], ast.BinOp(old, statement.op, statement.value))
        return compile(ast.Module([place(statement)], []), "<mutant>", "exec")

    def _compiled_for_lanes(self, statement: ast.stmt) -> CodeType:
        statement = _ForLanes(self._ranks, self._ranks_of_names).visit(_copy(statement))
        return self._compiled(ast.fix_missing_locations(statement))

    def _reading(self, statement: ast.stmt) -> _Reading:
        nodes = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        reads = frozenset(n.id for n in nodes if isinstance(n.ctx, ast.Load))
        gives = tuple(n.id for n in nodes if isinstance(n.ctx, ast.Store))
        plain = isinstance(statement, ast.Assign) and all(
            isinstance(n, ast.Name) for target in statement.targets for n in getattr(target, "elts", [target])
        )
        return _Reading(reads, gives if plain and not self._written & {*gives} else None)

    # --- running -----------------------------------------------------------------------------------------------------

    def _names_after(self, place: _Placed, right: Sequence[Names]) -> dict[int, Names] | None:
        """The names before each statement that comes after a change."""
        if place.before >= len(right):
            return None
        end = len(self._flat) - place.after
        names = {n: v.copy() if isinstance(v, np.ndarray) else v for n, v in self._copied(right[place.before]).items()}
        try:
            for code in place.between:
                exec(code, names)
        except FAILURES:
            return None
        return dict(enumerate(self._snapshots(names, self._codes[end:]) or [], end))

    def _names_of(self, arguments: Arguments) -> dict[int, Names]:
        """The names before each statement, for other arguments."""
        return dict(enumerate(self._snapshots(self._linked | _own(arguments), self._codes) or []))

    def _snapshots(self, names: Names, codes: Sequence[CodeType]) -> list[Names] | None:
        found = []
        try:
            for code in codes:
                found.append(self._copied(names))
                exec(code, names)
        except FAILURES:
            return None
        return found

    def _run(self, codes: Sequence[CodeType], names: Names) -> Any:
        names = self._copied(names)
        try:
            for code in codes:
                exec(code, names)
        except FAILURES:
            return None
        return names.get(_RETURNED)

    def _copied(self, names: Names) -> Names:
        """The same names; what statements write into is a copy."""
        found = dict(names)
        for text, value in names.items():
            if isinstance(value, list) or text in self._written and isinstance(value, np.ndarray):
                found[text] = value.copy()
        return found


def _own(arguments: Arguments) -> Names:
    """Copies, into which may be written."""
    return {n: np.array(v) if isinstance(v, np.ndarray) else v for n, v in arguments.items()}


def _alike(some: Sequence[ast.stmt], others: Sequence[ast.stmt], changed: set[int]) -> int:
    """How many statements at the beginning are the same, and not changed inside."""
    n = 0
    for a, b in zip(some, others, strict=False):
        if a is not b or id(a) in changed:
            break
        n += 1
    return n


def _copy(node: Any) -> Any:
    """The same tree in new nodes, with what Python's grammar knows and their numbers, and nothing else.

    IPython's tracebacks leave a `parent` on nodes, and on `ast.Load()`, which is one object for all trees.
    """
    if isinstance(node, list):
        return [_copy(n) for n in node]
    if not isinstance(node, ast.AST):
        return node
    new = node.__class__()
    for field in (*node._fields, *node._attributes, "_k"):
        if hasattr(node, field):
            value = getattr(node, field)
            setattr(new, field, _copy(value) if isinstance(value, (ast.AST, list)) else value)
    return new


# --- one round --------------------------------------------------------------------------------------------------------


def one_round(exercise: Any, one: Answered) -> Iterator[tuple[Arguments, list[np.ndarray], list[Any]]]:
    """The question cut to one timestep, or one step, or to two timesteps: with what the learner's function gives for
    it, and what is right."""
    times = {name: letters(shape).index("T") for name, shape, _ in exercise.takes if "T" in letters(shape)}
    counts = {name: 1 for name, value in one.arguments.items() if isinstance(value, int)}
    along = [out.axes.index("timestep") if out.axes and "timestep" in out.axes else None for out in exercise.returns]
    for kept in (slice(0, 1), slice(-1, None), slice(-2, None)):
        cut = {name: _cut(value, kept, times.get(name)) for name, value in one.arguments.items()} | counts
        right = exercise.solved(cut)
        if one.ask is not None:
            values = next(iter(one.ask([cut]) or []), None)
        elif counts or not all(
            np.allclose(_cut(r, kept, k), mine, _TOLERANCE, _TOLERANCE)
            for r, k, mine in zip(one.right, along, right, strict=True)
        ):
            continue  # what comes there depends on the rest
        else:
            values = [_cut(v, kept, k) for v, k in zip(one.values, along, strict=True)]
        if values is not None and not any(isinstance(v, list) for v in values):
            yield cut, [np.asarray(v) for v in values], right


def _cut(value: Any, kept: slice, axis: int | None) -> Any:
    if axis is None or np.ndim(value) <= axis:
        return value
    return np.asarray(value)[(slice(None),) * axis + (kept,)]


def question_key(arguments: Arguments) -> Any:
    """The same for the same question."""
    return tuple((n, v.tobytes() if isinstance(v, np.ndarray) else repr(v)) for n, v in arguments.items())


# --- many at once -----------------------------------------------------------------------------------------------------


def _stacked(lanes: Sequence[Names], right: Names, rank: int) -> tuple[Names, list[int]]:
    """The names of all lanes as one, and which lanes these are: those whose values have the form of the right ones.

    An array with lanes has `rank` axes more, some of length 1, so that one of few axes still meets one of many.
    """
    names = [n for n, v in right.items() if isinstance(v, (np.ndarray, np.generic, list, int, float))]
    forms = {n: _form(right[n]) for n in names}
    alike = [k for k, lane in enumerate(lanes) if all(_of_form(lane, n, right[n], forms[n]) for n in names)]
    found = right | {"np": _NUMPY, "_put": _put}
    for n in names if alike else ():
        values = [lanes[k][n] for k in alike]
        if isinstance(right[n], list):
            if any(v[k] is not r for v in values for k, r in enumerate(right[n])):
                found[n] = [_lanes([v[k] for v in values], rank) for k in range(len(right[n]))]
        elif _is_real(right[n]) and any(v is not right[n] for v in values):
            stacked = _lanes(values, rank)
            if np.any(stacked != right[n]):  # else all lanes have the right one
                found[n] = stacked
    return found, alike


def _of_form(lane: Names, name: str, right: Any, form: Any) -> bool:
    """A change may also leave a name without a value, as a loop that is never entered does."""
    return name in lane and (lane[name] is right or _form(lane[name]) == form)


def _lanes(values: Sequence[np.ndarray], rank: int) -> np.ndarray:
    array = np.stack(values)
    return array.reshape(len(array), *(1,) * (rank - array.ndim + 1), *array.shape[1:])


def _is_real(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.floating, float))


def _form(value: Any) -> Any:
    if _is_real(value):
        return np.shape(value)
    if isinstance(value, list):
        return [_form(v) if isinstance(v, np.ndarray) else "other" for v in value]
    return value.item() if isinstance(value, np.generic) else value  # NumPy's False is compared with each of a shape


def _agreeing(outputs: Any, values: Sequence[np.ndarray], lanes: int) -> Sequence[int]:
    """In which lanes these are the values."""
    sums = _sums_of_all(outputs, [v.shape for v in values], lanes)
    if sums is None:
        return ()
    wanted, far = _sums_of_one(values)
    return np.flatnonzero((np.abs(sums - wanted) <= far).all(axis=1)).tolist()


def _sums_of_all(outputs: Any, shapes: Sequence[tuple[int, ...]], lanes: int) -> np.ndarray | None:
    """Sums of each lane's numbers, (lanes, _SUMS); None where they have other shapes than these."""
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    if len(outputs) != len(shapes):
        return None
    rows = []
    for mine, shape in zip(outputs, shapes, strict=True):
        if not isinstance(mine, np.ndarray) or mine.dtype.kind not in "fiub":
            return None
        if mine.ndim > len(shape) and mine.shape[0] == lanes:
            mine = mine.reshape(
                lanes, *[n for k, n in enumerate(mine.shape[1:], 1) if k >= mine.ndim - len(shape) or n > 1]
            )
        if mine.shape == shape:
            mine = np.broadcast_to(mine, (lanes, *shape))
        if mine.shape != (lanes, *shape):
            return None
        rows.append(mine.reshape(lanes, -1))
    flat = np.concatenate(rows, axis=1).astype(np.float64)
    return flat @ _weights(flat.shape[1])


def _sums_of_one(values: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The same sums of these values, and how far from them those are of which each number is roughly the same."""
    flat = np.concatenate([np.ravel(v) for v in values]).astype(np.float64)
    weights = _weights(len(flat))
    return flat @ weights, _TOLERANCE * ((1 + np.abs(flat)) @ np.abs(weights))


@cache
def _weights(numbers: int) -> np.ndarray:
    return np.random.default_rng(numbers).uniform(-1, 1, (numbers, _SUMS))


def _put(array: np.ndarray, index: Any, value: Any, rank: int) -> np.ndarray:
    """The array with a value at an index, in each lane if the value has lanes. rank: the array's without lanes."""
    inside = np.ndim(array[index]) - (array.ndim - rank)
    if np.ndim(value) > inside:
        value = np.reshape(value, (len(value), *np.shape(value)[np.ndim(value) - inside :]))
        if array.ndim == rank:
            array = np.broadcast_to(array, (len(value), *array.shape))
    array = array.copy()  # it may have another name as well
    array[index] = value
    return array


def _level(pieces: Sequence[Any]) -> list[np.ndarray]:
    """Arrays of which some have lanes: all have them."""
    arrays = [np.asarray(p) for p in pieces]
    most = max(arrays, key=np.ndim)
    return [np.broadcast_to(a, (*most.shape[: most.ndim - a.ndim], *a.shape)) for a in arrays]


class _Numpy:
    """NumPy, which joins arrays even if only some of them have lanes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @staticmethod
    def concatenate(pieces: Sequence[Any], axis: int = 0) -> np.ndarray:
        return np.concatenate(_level(pieces), axis=axis)

    @staticmethod
    def stack(pieces: Sequence[Any], axis: int = 0) -> np.ndarray:
        return np.stack(_level(pieces), axis=axis)


_NUMPY = _Numpy()
_COLLECTING = ("sum", "mean", "max", "min", "prod", "cumsum", "cumprod", "flip", "softmax")


class _ForLanes(ast.NodeTransformer):
    """A statement that does for the last axes what it did for all.

    ranks: of its expressions, by their number. of_names: of what it writes into.
    """

    def __init__(self, ranks: dict[int, int], of_names: dict[str, int]):
        self._ranks, self._of_names = ranks, of_names

    def _rank(self, node: ast.AST) -> int:
        """0 where it is not known. What a learner may have written instead has no number; its names are known."""
        if isinstance(node, ast.Name) and node.id in self._of_names:
            return self._of_names[node.id]
        if isinstance(node, ast.List) and node.elts:
            return self._rank(node.elts[0])
        return self._ranks.get(getattr(node, "_k", -1), 0)

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        self.generic_visit(node)
        array = target.value.id if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) else ""
        if isinstance(target, ast.Subscript) and array in self._of_names:
            rank = self._of_names[array]
            index = ast.Subscript(name("np.s_"), self._last(target.slice, rank), ast.Load())
            new = call("_put", ast.Name(array, ast.Load()), index, node.value, number(rank))
            return ast.Assign([ast.Name(array, ast.Store())], new)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        rank = self._rank(node.value)
        of_shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        owner = node.value.value if of_shape else None  # type: ignore[attr-defined]
        self.generic_visit(node)
        if owner is not None and isinstance(node.slice, ast.Constant) and (r := self._rank(owner)):
            if isinstance(node.slice.value, int) and node.slice.value >= 0:
                node.slice = number(node.slice.value - r)
        elif rank and isinstance(node.ctx, ast.Load):
            node.slice = self._last(node.slice, rank)
        return node

    @staticmethod
    def _last(index: ast.expr, rank: int) -> ast.expr:
        """The index for the last axes."""
        entries = index.elts if isinstance(index, ast.Tuple) else [index]
        named = [e for e in entries if not (isinstance(e, ast.Constant) and e.value is None)]
        if any(isinstance(e, ast.Constant) and e.value is ... for e in named):
            return index
        more: list[ast.expr] = [ast.Slice() for _ in range(max(rank - len(named), 0))]
        return ast.Tuple([ast.Constant(...), *entries, *more], ast.Load())

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        rank = self._rank(node.value)
        self.generic_visit(node)
        return call("np.swapaxes", node.value, number(-1), number(-2)) if node.attr == "T" and rank == 2 else node

    def visit_Call(self, node: ast.Call) -> Any:
        f, of_numpy = node.func, False
        rank = self._rank(node.args[0]) if node.args else 0
        if isinstance(f, ast.Name) and f.id == "len" and rank:
            self.generic_visit(node)
            return ast.Subscript(ast.Attribute(node.args[0], "shape", ast.Load()), number(-rank), ast.Load())
        if isinstance(f, ast.Attribute):
            of_numpy = isinstance(f.value, ast.Name) and f.value.id == "np"
            if of_numpy and f.attr in ("stack", "concatenate"):
                pieces = rank + (f.attr == "stack") if rank else 0
                self._from_the_end(node, self._rank(node) or pieces, 0)
            elif f.attr == "split" and of_numpy:
                self._from_the_end(node, rank, 0)
            elif f.attr in _COLLECTING:
                self._from_the_end(node, rank if of_numpy else self._rank(f.value), None)
        self.generic_visit(node)
        return node

    @staticmethod
    def _from_the_end(node: ast.Call, rank: int, usual: int | None) -> None:
        """The axis, counted from the end."""
        if not rank:
            return
        given = next((k for k in node.keywords if k.arg == "axis"), None)
        if given is None and usual is not None:
            node.keywords.append(ast.keyword("axis", number(usual - rank)))
        elif given is not None and isinstance(given.value, ast.Constant) and isinstance(given.value.value, int):
            given.value = number(given.value.value - rank)
