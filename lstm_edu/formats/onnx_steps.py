"""Recurrent layers that an .onnx file writes out in operators: a Loop over time, or the steps one after the other.

tf2onnx 1.17, which Keras's `model.export(format="onnx")` uses, writes a GRU, a SimpleRNN, an LSTM with hard_sigmoid or
with a mask as a Loop; an unrolled layer, and a cell that is called in Python's own loop, as operators step by step.
What such a step computes is not guessed from its form: the layer that its stored matrices suggest is made, and accepted
only if one step of it gives the numbers that the operators give, for random inputs and states.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core import Layer, activations, checks
from lstm_edu.formats import packing
from lstm_edu.formats.onnx_operators import Values, evaluate
from lstm_edu.formats.protobuf import Graph, Node

_ROWS = 16
_CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # the operators round to float32 here and there
# Which of Keras's activations an operator may be a part of.
_SIGNS = {
    "Sigmoid": ("sigmoid", "silu"),
    "Tanh": ("tanh",),
    "Relu": ("relu",),
    "Clip": ("hard_sigmoid", "hard_sigmoid_keras2", "relu6", "hard_tanh"),
    "HardSigmoid": ("hard_sigmoid", "hard_sigmoid_keras2"),
    "Softsign": ("softsign",),
    "Softplus": ("softplus",),
    "Elu": ("elu",),
    "Selu": ("selu",),
    "LeakyRelu": ("leaky_relu",),
    "Erf": ("gelu",),
    "Exp": ("exponential", "sigmoid"),
}


SHAPES = ("Identity", "Squeeze", "Unsqueeze", "Reshape", "Cast")  # the numbers stay what they are


class Product(NamedTuple):
    """value @ matrix (+ bias): a MatMul or Gemm with a stored matrix.

    stored: the names of what is stored. more: whether something that the graph computes is added as well.
    """

    node: Node
    value: str
    matrix: np.ndarray
    bias: np.ndarray | None
    stored: tuple[str, ...]
    more: bool = False


@dataclass
class Step:
    """A layer found, and the names of what it was found from: x_t, h, c (None without), and its stored arrays.

    projected: x_t is already a product with the kernel, which was made for all steps at once; the layer's kernel only
    puts the gates in order.
    """

    layer: Layer
    x: str
    h: str
    c: str | None
    stored: set[str] = field(default_factory=set)
    projected: bool = False


def dependents(nodes: Iterable[Node], sources: Iterable[str]) -> set[str]:
    """The names that are computed from `sources`, and those themselves."""
    found = set(sources)
    for node in nodes:
        if found.intersection(node.inputs):
            found.update(node.outputs)
    return found


def products(nodes: Iterable[Node], values: Values) -> Iterator[Product]:
    """Every product of something that is not stored with a stored matrix."""
    for node in nodes:
        if node.op not in ("MatMul", "Gemm") or len(node.inputs) < 2 or node.inputs[0] in values:
            continue
        value, name, *rest = node.inputs
        matrix = values.get(name)
        if matrix is None or matrix.ndim != 2 or matrix.dtype.kind != "f":
            continue
        stored, bias, more = (name,), None, bool(rest and rest[0] and rest[0] not in values)
        if node.op == "Gemm":
            if node.attributes.get("transA"):
                continue
            matrix = node.attributes.get("alpha", 1.0) * (matrix.T if node.attributes.get("transB") else matrix)
            if rest and rest[0] and not more:
                stored += (rest[0],)
                bias = node.attributes.get("beta", 1.0) * np.broadcast_to(np.ravel(values[rest[0]]), matrix.shape[1:])
        yield Product(node, value, matrix, bias, stored, more)


def recognised(
    nodes: Sequence[Node],
    values: Values,
    states: Mapping[str, str | None],
    masks: Collection[str] = (),
    most: int = 2**24,
    **config: Any,
) -> Step | str:
    """The layer of which `nodes` compute one step, or why there is none.

    Args:
        values: what is known: stored arrays and what is made of them.
        states: name of a state -> name of what it becomes (None if that is not known).
        masks: names of what says, row by row, whether a step counts.
        config: of the layer made.
    """
    values = {name: values[name] for node in nodes for name in node.inputs if name in values}
    evaluate(nodes, values, most)
    moving = dependents(nodes, states)
    found = list(products(nodes, values))
    recurrent, inputs = ([p for p in found if (p.value in moving) is way] for way in (True, False))
    if not recurrent:
        return "no stored matrix multiplies its state"
    if not inputs and not (inputs := _added(nodes, values, moving, recurrent)):
        return "no stored matrix multiplies its input"
    h = [name for name in states if recurrent[0].value in dependents(nodes, [name])]
    if len(h) != 1 or len({p.value for p in inputs}) > 1:
        return "its state is a mixture of several" if len(h) != 1 else "it has several inputs"
    try:
        W, U = (np.concatenate([p.matrix for p in some], axis=1) for some in (inputs, recurrent))
    except ValueError:
        return "it holds matrices of different heights, as several cells have"
    W, U = (w.astype(np.result_type(w, np.float32)) for w in (W, U))  # some are stored in half precision
    units, columns = U.shape
    if W.shape[1] != columns or columns not in (units, 3 * units, 4 * units):
        return f"its matrices {W.shape} and {U.shape} do not fit an LSTM, a GRU or a SimpleRNN"
    kind = packing.kind_of(columns, units, "read_onnx")
    biases, names = _biases(nodes, values, inputs, recurrent, columns)
    stored = names.union(*(p.stored for p in found))
    cells = [name for name in states if name != h[0]] if kind == "LSTM" else [None]
    real = _activations(nodes)
    for c in cells:
        run = _Trial(nodes, values, states, masks, inputs[0].value, h[0], c, W.shape[0], units, most)
        if run.new_h is None:
            continue
        for weights, own in _candidates(kind, W, U, biases):
            for names_of in real if kind == "SimpleRNN" else ((a, r) for a in real for r in real):
                used = dict(zip(("activation", "recurrent_activation"), np.ravel(names_of).tolist(), strict=False))
                if run.agrees(packing.made(kind, [w.astype(float) for w in weights], **own | used)):
                    layer = packing.made(kind, weights, **own | used | config)
                    return Step(layer, inputs[0].value, h[0], c, stored, not inputs[0].stored)
    return f"it has the matrices of a {kind} of {checks.plural(units, 'unit')}, but does not compute what Keras's does"


def _added(nodes, values, moving, recurrent) -> list[Product]:
    """What is added to the state's product where the input was multiplied beforehand, for all steps at once."""
    width = sum(p.matrix.shape[1] for p in recurrent)
    names = {
        name: node
        for node in nodes
        if node.op == "Add" and len(node.inputs) == 2 and moving.intersection(node.inputs)
        for name in node.inputs
        if name not in moving and name not in values
    }
    if len(names) != 1:
        return []
    name, node = next(iter(names.items()))
    return [Product(Node(outputs=[name]), name, np.eye(width, dtype=recurrent[0].matrix.dtype), None, ())]


def _biases(nodes, values, inputs, recurrent, columns) -> tuple[list[np.ndarray | None], set[str]]:
    """What is added to the input's product, to the state's product, and to the sum of both; and the arrays' names."""
    x, h = (dependents(nodes, [name for p in some for name in p.node.outputs]) for some in (inputs, recurrent))
    found: list[np.ndarray | None] = [None, None, None]
    names = set()

    def add(place, bias):
        found[place] = bias if found[place] is None else found[place] + bias

    for place, some in enumerate((inputs, recurrent)):
        if any(p.bias is not None for p in some):
            add(place, np.concatenate([np.zeros(p.matrix.shape[1]) if p.bias is None else p.bias for p in some]))
    for node in nodes:
        if node.op != "Add" or len(node.inputs) != 2:
            continue
        for bias, other in (node.inputs, node.inputs[::-1]):
            array = values.get(bias)
            if array is None or not array.ndim or array.size != columns or other in values:
                continue
            if other in x or other in h:
                add(2 if other in x and other in h else int(other in h), np.ravel(array))
                names.add(bias)
    return found, names


def _candidates(kind, W, U, biases) -> Iterator[tuple[list[np.ndarray], dict[str, Any]]]:
    """Weights in Keras's order, and what further arguments: as each library packs the gates."""
    dtype = np.result_type(W, U)
    b_x, b_h, b = (None if bias is None else bias.astype(dtype) for bias in biases)
    present = [bias for bias in (b_x, b_h, b) if bias is not None]
    zeros = np.zeros(W.shape[1], dtype)
    options: list[tuple[list[np.ndarray], dict[str, Any]]] = [([sum(present)] if present else [], {})]
    if kind == "GRU":
        after = [np.stack([sum((v for v in (b_x, b) if v is not None), zeros), zeros if b_h is None else b_h])]
        options = [(after if present else [], {"reset_after": True}), (options[0][0], {"reset_after": False})]
    orders = packing.ORDERS.get(kind, {"keras": "h"})
    for order in dict.fromkeys(orders.values()):
        for bias, own in options:
            if kind == "SimpleRNN":
                yield [W, U, *bias], own
            else:
                yield [packing.reorder(w, order, orders["keras"]) for w in (W, U, *bias)], own


def _activations(nodes: Iterable[Node]) -> list[str]:
    ops = {node.op for node in nodes}
    known = activations.names()
    found = [name for op, names in _SIGNS.items() if op in ops for name in names if name in known]
    return list(dict.fromkeys([*found, "linear"]))


class _Trial:
    """One step of the operators on random numbers, to compare layers with."""

    def __init__(self, nodes, values, states, masks, x, h, c, features, units, most):
        rng = np.random.default_rng(0)
        self.x = 2 * rng.standard_normal((_ROWS, features))
        self.mask = rng.random((_ROWS, 1)) < 0.5
        self.old = {name: rng.standard_normal((_ROWS, units)) for name in states}
        self.h, self.c = h, c
        new = [self._run(nodes, values, states, masks, x, mask, most) for mask in (np.ones_like(self.mask), self.mask)]
        self.new_h, self.new_c = (None if name is None else new[0].get(states[name]) for name in (h, c))
        shape = (_ROWS, units)
        fits = all(a is None or (a.shape == shape and np.isfinite(a).all()) for a in (self.new_h, self.new_c))
        keeps = not masks or all(
            np.allclose(new[1].get(states[name], np.nan), np.where(self.mask, new[0][states[name]], self.old[name]))
            for name in (h, c)
            if name is not None and states[name] in new[0]
        )
        if not (fits and keeps):
            self.new_h = None

    def _run(self, nodes, values, states, masks, x, mask, most):
        # In float64 as far as the operators go.
        known = {name: a.astype(float) if a.dtype.kind == "f" else a for name, a in values.items()}
        known |= self.old | {x: self.x} | dict.fromkeys(masks, mask)
        evaluate([node for node in nodes if x not in node.outputs], known, most)
        return known

    def agrees(self, layer: Layer) -> bool:
        with np.errstate(all="ignore"):
            start = [self.old[name] for name in (self.h, self.c) if name is not None]
            own = layer.copy(return_state=True)
            own.build((None, None, self.x.shape[1]))
            own.set_weights(layer.get_weights())
            _, *states = own(self.x[:, None], initial_state=start)
        theirs = [self.new_h, self.new_c]
        return all(b is None or np.allclose(a, b, **_CLOSE) for a, b in zip(states, theirs, strict=False))


# --- a Loop -----------------------------------------------------------------------------------------------------------


@dataclass
class Loop:
    """A layer found in a Loop.

    sequence: the name of what it reads along its first axis. states: names of what it starts from; carried: of all that
    changes from step to step. mask: of the mask. stored: the names, outside, of the arrays it uses.
    """

    step: Step
    sequence: str
    states: list[str]
    carried: list[str]
    mask: str | None
    stored: set[str]


def loop(node: Node, values: Values, most: int, **config: Any) -> Loop | str:
    """The layer that a Loop computes, or why there is none."""
    body = node.attributes.get("body")
    if not isinstance(body, Graph) or len(body.inputs) < 2:
        return "it has no body"
    iteration, _, *carried = body.inputs
    known = {name: a for name, a in values.items() if name not in body.inputs} | body.arrays
    maker = makers(body.nodes)
    outside = {name: name for name in values}  # a name in the body -> the name outside
    states: dict[str, str | None] = {}
    starts: dict[str, str] = {}
    counters: dict[str, str] = {}
    for name, source, result in zip(carried, node.inputs[2:], body.outputs[1:], strict=False):
        if origin(maker, result) == name:
            outside[name] = source
            if source in values:
                known[name] = values[source]
        elif body.inputs[name]:
            states[name], starts[name] = result, source
        else:
            counters[name], starts[name] = result, source
    slices = {
        reader.outputs[0]: reader
        for reader in body.nodes
        if reader.op == "Gather"
        and len(reader.inputs) == 2
        and not reader.attributes.get("axis")
        and reader.inputs[0] not in {*known, *states}
        and reader.inputs[1] in {iteration, *counters}
    }
    moving = dependents(body.nodes, states)
    inner = dict(known)
    evaluate(body.nodes, inner, most)
    xs = {
        origin(maker, p.value)
        for p in products(body.nodes, inner)
        if p.value not in moving and origin(maker, p.value) in slices
    }
    if not xs:  # multiplied beforehand
        xs = {name for name in slices if any(name in one.inputs and one.op == "Add" for one in body.nodes)}
    masks = [name for name in slices if name not in xs]
    found = recognised(body.nodes, known, states, masks, most, **config)
    if isinstance(found, str):
        return found
    reader = slices.get(origin(maker, found.x))
    if reader is None or len(masks) > 1:
        return "what it reads at each step is not one entry of a sequence after the other"
    index = reader.inputs[1]
    if index != iteration:
        after = dict(known) | {index: np.int64(5)}
        evaluate([maker[name] for name in [counters[index]] if name in maker], after, most)
        if after.get(counters[index]) != 6 or values.get(starts[index], np.array(1)).tolist() != 0:
            return "it does not read its sequence entry by entry from the first one on"
    return Loop(
        found,
        outside.get(reader.inputs[0], reader.inputs[0]),
        [starts[name] for name in (found.h, found.c) if name is not None],
        [starts[name] for name in states],
        slices[masks[0]].inputs[0] if masks else None,
        {outside.get(root, root) for root in roots(maker, found.stored)},
    )


def makers(nodes: Iterable[Node]) -> dict[str, Node]:
    """name -> the node that computes it."""
    return {name: node for node in nodes for name in node.outputs}


def origin(maker: Mapping[str, Node], name: str) -> str:
    """Back to where a value comes from unchanged, or changed in its shape only."""
    seen = set()
    while name in maker and maker[name].op in SHAPES:
        if name in seen or not maker[name].inputs:
            break
        seen.add(name)
        name = maker[name].inputs[0]
    return name


def ancestors(maker: Mapping[str, Node], names: Iterable[str]) -> set[str]:
    """The names from which `names` are computed, and those themselves."""
    todo, seen = list(names), set()
    while todo:
        one = todo.pop()
        if one and one not in seen:
            seen.add(one)
            todo += maker[one].inputs if one in maker else []
    return seen


def roots(maker: Mapping[str, Node], names: Iterable[str]) -> set[str]:
    """Those from which `names` are computed and that nothing computes: what is stored, or given."""
    return {name for name in ancestors(maker, names) if name not in maker or not maker[name].inputs}


# --- steps one after the other ----------------------------------------------------------------------------------------


@dataclass
class Unrolled:
    """A layer found in steps that are written out.

    first: one of its products. sequence, axis: what it reads, and along which axis. forwards: from the first entry on;
    None where it does not show, and then there is no sequence.
    """

    step: Step
    first: Product
    sequence: str = ""
    axis: int = 0
    forwards: bool | None = None


def unrolled(
    nodes: Sequence[Node], values: Values, most: int, **config: Any
) -> Iterator[Unrolled | tuple[Product, str]]:
    """Each layer whose steps are written out one after the other; of a chain that is none, (its product, why)."""
    maker = makers(nodes)
    shared: dict[str, list[Product]] = {}
    for product in products(nodes, values):
        shared.setdefault(product.stored[0], []).append(product)
    done: set[str] = set()
    for name, uses in shared.items():
        if len(uses) < 2 or name in done:
            continue
        leading = ancestors(maker, [uses[-1].value])
        before = [p for p in uses[:-1] if p.node.outputs[0] in leading]
        if not before:
            continue  # used several times next to each other: a layer that is shared
        old, new = before[-1].value, uses[-1].value
        ancestors_of_old = ancestors(maker, [old])
        inside = leading - ancestors_of_old
        step = [node for node in nodes if inside.intersection(node.outputs)]
        made = {out for node in step for out in node.outputs}
        border = list(dict.fromkeys(i for node in step for i in node.inputs if i and i not in made and i not in values))
        why = "its steps are written out, and nothing in them looks like a state"
        for states in ({old: new}, *({old: new, other: None} for other in border if other != old)):
            found = recognised(step, values, states, (), most, **config)
            if not isinstance(found, str):
                break
            why = found if len(states) == 1 else why
        else:
            yield uses[0], why
            continue
        done |= found.stored
        earlier = ancestors(maker, [before[-2].value]) if len(before) > 1 else set()
        entry = _entry(maker, values, found.x)
        others = {
            _entry(maker, values, name)
            for node in nodes
            if any(out in ancestors_of_old and out not in earlier for out in node.outputs)
            for name in node.inputs
        }
        places = {other[2] for other in others if other is not None and entry is not None and other[:2] == entry[:2]}
        if len(places) == 1:
            yield Unrolled(found, uses[0], *entry[:2], places.pop() < entry[2])
        else:
            yield Unrolled(found, uses[0])


def _entry(maker: Mapping[str, Node], values: Values, name: str) -> tuple[str, int, int] | None:
    """Of which sequence, along which axis, which entry this is, where that can be seen."""
    name = origin(maker, name)
    node = maker.get(name)
    if node is None:
        return None
    axis = node.attributes.get("axis", 0)
    if node.op == "Split":
        return node.inputs[0], axis, node.outputs.index(name)
    if node.op == "Slice" and len(node.inputs) > 3 and np.size(values.get(node.inputs[3], ())) == 1:
        axis = int(np.ravel(values[node.inputs[3]])[0])
    place = values.get(node.inputs[1]) if node.op in ("Gather", "Slice") and len(node.inputs) > 1 else None
    return (node.inputs[0], axis, int(np.ravel(place)[0])) if place is not None and place.size == 1 else None


def projection(
    maker: Mapping[str, Node], values: Values, name: str
) -> tuple[Product, np.ndarray | None, set[str]] | None:
    """The product, and what was added to it, from which a sequence comes; and the names of the stored arrays."""
    bias, stored = None, set()
    while name in maker:
        node = maker[name]
        product = next(products([node], values), None)
        if product is not None:
            return product, bias, stored | set(product.stored)
        known = [i for i in node.inputs if i in values]
        if node.op == "Add" and len(known) == 1 and bias is None:
            bias = np.ravel(values[known[0]])
            stored.add(known[0])
            name = next(i for i in node.inputs if i not in values)
        elif node.op in (*SHAPES, "Slice", "Gather", "Split", "Transpose"):
            name = node.inputs[0]
        else:
            return None
    return None
