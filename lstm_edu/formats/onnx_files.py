"""The layers in an .onnx file, and by name what is not read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_edu.core import Embedding, Layer, checks
from lstm_edu.formats import onnx_steps, packing, protobuf
from lstm_edu.formats.onnx import ATTRIBUTES, OPERATORS, finite, from_onnx
from lstm_edu.formats.onnx_operators import Values, evaluate
from lstm_edu.formats.protobuf import Node

# Numbers that computing weights may make: so many times those that are stored, plus this many.
MOST_TIMES, MOST_BESIDES = 8, 2**20
# What changes the entries of a sequence one by one, and not their order.
_STEP_BY_STEP = ("Identity", "Cast", "Dropout", "MatMul", "Add", "Sub", "Mul", "Div", "Relu", "Tanh", "Sigmoid", "Clip")
_SETTINGS = ("Resize", "Upsample", "RandomNormal", "RandomUniform")  # their floats are not weights
_LOOP = (
    "export it so that it becomes an LSTM, GRU or RNN operator (PyTorch's do; of Keras's an LSTM with sigmoid and tanh)"
)


class OnnxLayers(dict):
    """What `read_onnx` finds: name -> built layer, in the order of the graph.

    Attributes:
        not_read: name -> a sentence, for each operator with weights that was not read.
        notes: name -> sentences: what else the file does with a layer, which its weights do not show.
        initial_state: name -> [h], [h, c] or, both ways, the forward one's, then the backward one's, each (1, H) or
            (B, H): where a layer starts from states that are stored and not zero. `layer(x, initial_state=...)`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.not_read: dict[str, str] = {}
        self.notes: dict[str, list[str]] = {}
        self.initial_state: dict[str, list[np.ndarray]] = {}

    def lines(self) -> list[str]:
        """Each layer, what there is to know about it, and what was not read."""
        found = []
        for name, layer in self.items():
            shapes = ", ".join(f"{n} {w.shape}" for n, w in zip(layer.weight_names, layer.weights, strict=False))
            found.append(f"{name!r} is {_article(type(layer).__name__)}: {shapes}")
            found += [f"{name!r}: {note}" for note in self.notes.get(name, ())]
        return found + [f"not read: {sentence}" for sentence in self.not_read.values()]


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIO' or kind.startswith('LSTM') else 'a'} {kind}"


def read_onnx(source: str | os.PathLike | bytes, **config: Any) -> OnnxLayers:
    """The recurrent, dense and embedding layers of an .onnx file. No ONNX library is needed.

    Read are the operators LSTM, GRU and RNN; a Loop, or steps written out one after the other, that compute what a
    layer of Keras computes (tf2onnx writes many so); Gemm, and MatMul with the Add after it (a Dense with activation
    "linear": what else follows it in the graph is ignored); Gather from a stored table (an Embedding).
    Weights that the graph makes from stored arrays are computed. A layer that reads a sequence which the graph
    reversed is one that goes backwards; both directions written as two layers are two.

    Args:
        source: a path, or the file's bytes. Arrays in another file are read if it is next to the path's.
        config: further arguments of the recurrent layers made.

    Returns:
        name -> built layer, in the order of the graph; names are the operators', or their first output's. With
        `.not_read`, `.notes` and `.initial_state`, which a warning mentions too.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not an .onnx file, or damaged; weights in another file which is not there, that only running
            the graph would give, or that are not finite; what `from_onnx` refuses, with the operator's name; a file
            with weights none of which can be read.

    Warns:
        UserWarning: an operator with weights was not read, or a layer starts from a stored state, by name.
    """
    path = None if isinstance(source, bytes) else Path(source)
    content = source if path is None else path.read_bytes()
    if content.startswith(b"version https://git-lfs"):
        raise ValueError("read_onnx: this is a pointer of Git LFS; `git lfs pull` brings the file itself")
    try:
        graph = protobuf.graph(content, None if path is None else path.parent)
        stored = sum(array.size for array in graph.arrays.values())  # some perhaps in another file
        reader = _Reader(graph, MOST_TIMES * (len(content) // 4 + stored) + MOST_BESIDES, config)
        layers = reader.read()
    except ValueError as error:
        raise ValueError(f"read_onnx: {error}") from error
    except (TypeError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        # An operator without an input or attribute that it must have, or with one of another kind.
        raise ValueError(f"read_onnx: the file is damaged ({error})") from error
    if layers.not_read and not layers:
        raise ValueError(f"read_onnx: nothing in the file could be read. {' '.join(layers.not_read.values())}")
    told = [*layers.not_read.values(), *(f"{n!r}: {note}" for n, notes in layers.notes.items() for note in notes)]
    if told:
        warnings.warn("read_onnx: " + " ".join(told), UserWarning, stacklevel=2)
    return layers


class _Reader:
    """One graph, and what has been read from it."""

    def __init__(self, graph: protobuf.Graph, most: int, config: dict[str, Any]):
        self.nodes, self.most, self.config = graph.nodes, most, config
        self.values: Values = dict(graph.arrays)
        evaluate(graph.nodes, self.values, most)
        self.maker = onnx_steps.makers(graph.nodes)
        self.users: dict[str, list[Node]] = {}
        for node in graph.nodes:
            for name in node.inputs:
                self.users.setdefault(name, []).append(node)
        self.used: set[str] = set()  # stored arrays that are some layer's weights
        self.written_out: set[str] = set()  # of these, those of layers written out as operators
        self.dense: set[tuple[str, ...]] = set()
        self.layers = OnnxLayers()
        self.found: dict[int, tuple[str, Layer]] = {}  # by the node's place in the graph
        self.place = {id(node): k for k, node in enumerate(graph.nodes)}

    def read(self) -> OnnxLayers:
        for node in self.nodes:
            name = _name(node)
            try:
                if node.op in OPERATORS and not node.domain:
                    self.keep(node, name, self.operator(node, name))
                elif node.op == "Loop":
                    self.loop(node, name)
            except ValueError as error:
                raise ValueError(f"{node.op} {name!r}: {error}") from error
        for found in onnx_steps.unrolled(self.nodes, self.values, self.most, **self.config):
            self.steps(found)
        for node in self.nodes:
            try:
                self.plain(node, _name(node))
            except ValueError as error:
                raise ValueError(f"{node.op} {_name(node)!r}: {error}") from error
        for _, (name, layer) in sorted(self.found.items()):
            self.layers[name] = layer
        self.rest()
        return self.layers

    # --- layers ---------------------------------------------------------------------------------------------------

    def keep(self, node: Node, name: str, layer: Layer) -> None:
        for array in layer.get_weights():
            finite(array, "one of its weights")
        self.found[self.place[id(node)]] = (name, layer)

    def stored(self, names: Iterable[str]) -> set[str]:
        """The stored weights from which these known arrays are made."""
        return {
            name
            for name in onnx_steps.roots(self.maker, [n for n in names if n in self.values])
            if self.values[name].dtype.kind == "f" and self.values[name].size > 1
        }

    def use(self, names: Iterable[str]) -> None:
        self.used |= self.stored(names)

    def note(self, name: str, sentence: str) -> None:
        self.layers.notes.setdefault(name, []).append(sentence)

    def operator(self, node: Node, name: str) -> Layer:
        """LSTM, GRU, RNN."""
        given = dict(zip(("X", "W", "R", "B", "lengths", "h", "c", "P"), node.inputs, strict=False))
        found = {}
        for letter in ("W", "R", "B", "P"):
            source = given.get(letter)
            if source and source not in self.values:
                raise ValueError(f"its {letter}, {source!r}, {self.unknown(source)}")
            found[letter] = self.values[source] if source else None
        if missing := [letter for letter in "WR" if found[letter] is None]:
            raise ValueError(f"it has no {missing[0]}: the file is damaged")
        if unknown := [key for key in node.attributes if key not in ATTRIBUTES]:
            raise ValueError(f"it has the attribute {unknown[0]!r}, which no such operator has: the file is damaged")
        self.use(node.inputs)
        config = dict(self.config)
        time = 1 if node.attributes.get("layout") else 0
        if self.turned(given.get("X", ""), time):
            if node.attributes.get("direction", "forward") != "forward":
                raise ValueError("it reads a sequence that the graph has reversed, in two directions or backwards")
            config = {"go_backwards": True} | config
        if given.get("lengths"):
            config = {"zero_output_for_mask": True} | config
            self.note(
                name,
                f"it gets the lengths of the sequences from {given['lengths']!r}: past a length its output is zero. "
                "Give the layer a mask, mask=np.arange(T) < lengths[:, None], and it computes the same",
            )
        layer = from_onnx(**found, **node.attributes, **config)
        self.start(name, [given.get("h", ""), given.get("c", "")], found["R"].shape[-1])
        return layer

    def unknown(self, name: str) -> str:
        """Why an array is not known, and what that means."""
        node = self.maker.get(name)
        if node is None:
            return "is not stored in the file but given when it runs"
        from_outside = [n for n in onnx_steps.roots(self.maker, [name]) if n not in self.values]
        return f"is computed by other operators and not stored in the file ({node.op} {_name(node)!r}" + (
            f", from {', '.join(map(repr, sorted(from_outside)[:3]))})" if from_outside else ")"
        )

    def turned(self, name: str, axis: int) -> bool:
        """Whether a sequence comes from one that was reversed along this axis."""
        for _ in self.nodes:
            node = self.maker.get(name)
            if node is None or not node.inputs:
                return False
            if node.op == "Transpose":
                axis = node.attributes.get("perm", list(range(9))[::-1])[axis]
            elif node.op == "ReverseSequence":
                if node.attributes.get("time_axis", 0) == axis and not self.whole_length(node):
                    raise ValueError(f"{_name(node)!r} reverses each sequence within its own length")
                return node.attributes.get("time_axis", 0) == axis
            elif node.op == "Slice":
                if self.reversing_slice(node, axis):
                    return True
            elif node.op not in _STEP_BY_STEP:
                return False
            name = next((i for i in node.inputs if i not in self.values), "")
        return False

    def reversing_slice(self, node: Node, axis: int) -> bool:
        """x[:, ::-1], as PyTorch's flip becomes."""
        given = [self.values.get(name) for name in node.inputs[1:]]
        if len(given) < 4 or given[2] is None or given[3] is None:
            return False
        return (axis, -1) in zip(np.ravel(given[2]).tolist(), np.ravel(given[3]).tolist(), strict=False)

    def whole_length(self, node: Node) -> bool:
        """Whether a ReverseSequence reverses whole sequences: its lengths are all one number, or come from a Shape."""
        lengths = node.inputs[1] if len(node.inputs) > 1 else ""
        if lengths in self.values:
            return len(set(np.ravel(self.values[lengths]).tolist())) == 1
        known = {name: one for name, one in self.maker.items() if one.op != "Shape"}
        return all(
            name in self.values or (name in self.maker and self.maker[name].op == "Shape")
            for name in onnx_steps.roots(known, [lengths])
        )

    def start(self, name: str, states: Sequence[str], units: int) -> None:
        """Note the states that a layer starts from, unless they are zeros."""
        found: list[np.ndarray] = []
        for state in (s for s in states if s):
            array = self.state(state)
            if array is None:
                self.note(name, f"it starts from {state!r}, which the graph computes: give it as initial_state")
                return
            found.append(array)
            if array.shape[-1] not in (1, units):
                raise ValueError(
                    f"its state {state!r} has {checks.plural(array.shape[-1], 'number')} for each sequence, but its "
                    f"weights are for {checks.plural(units, 'unit')}: no library can run it. PyTorch's exporter writes "
                    "this for an LSTM with proj_size"
                )
        if not any(np.any(array) for array in found):
            return
        # (D, B, H) each; the forward states first.
        shape = max((array.shape for array in found), key=np.prod)
        found = [np.broadcast_to(array, shape) for array in found]  # zeros of any shape
        directions = shape[0]
        self.layers.initial_state[name] = [np.array(array[d]) for d in range(directions) for array in found]
        self.note(
            name,
            "it starts from states that are stored in the file and are not zero (Keras exports a stateful layer so): "
            f"initial_state[{name!r}] of the result has them",
        )

    def state(self, name: str) -> np.ndarray | None:
        """A state (D, B, H), with B = 1 where one row is for all sequences; zeros of any shape. None if not known."""
        for _ in self.nodes:
            if name in self.values:
                array = self.values[name]
                self.use([name])
                if not np.any(array) and array.size < 2:
                    return np.zeros((1, 1, 1))
                return array.reshape((1,) * (3 - array.ndim) + array.shape) if 1 < array.ndim <= 3 else None
            node = self.maker.get(name)
            if node is None or not node.inputs:
                return None
            if node.op == "ConstantOfShape":
                return None if np.any(node.attributes.get("value", 0)) else np.zeros((1, 1, 1))
            if node.op == "Concat":
                parts = [self.state(part) for part in node.inputs]
                return np.zeros((1, 1, 1)) if all(a is not None and not np.any(a) for a in parts) else None
            if node.op not in (*onnx_steps.SHAPES, "Expand", "Tile", "Slice", "Transpose"):
                return None
            name = node.inputs[0]
        return None

    def loop(self, node: Node, name: str) -> None:
        found = onnx_steps.loop(node, self.values, self.most, **self.config)
        if isinstance(found, str):
            if shapes := self.inside(node):
                self.layers.not_read[name] = f"Loop {name!r} has weights {shapes} and is not read: {found}; {_LOOP}."
                self.written_out |= self.stored(node.inputs)
            return
        layer = self.whole(found.step, found.sequence)
        if layer is None:
            self.layers.not_read[name] = f"Loop {name!r} is not read: it is not clear where its input is multiplied."
            return
        self.use_steps(found.stored)
        if self.turned(found.sequence, 0):
            layer = _backwards(layer)
        self.keep(node, name, layer)
        self.use(found.carried)
        if found.mask is not None:
            self.note(name, f"it skips the steps that a mask hides, {found.mask!r} in the file: give the layer a mask")
        self.start(name, found.states, layer.units)

    def steps(self, found: onnx_steps.Unrolled | tuple[onnx_steps.Product, str]) -> None:
        if isinstance(found, tuple):
            product, why = found
            name = _name(product.node)
            self.use_steps(product.stored)
            self.layers.not_read[name] = (
                f"{product.node.op} {name!r} and those like it are a recurrent layer, step after step, which is not "
                f"read: {why}; export the layer with unroll=False."
            )
            return
        node, layer = found.first.node, self.whole(found.step, found.step.x)
        if layer is None:
            self.steps((found.first, "it is not clear where its input is multiplied"))
            return
        if found.forwards is not None and found.forwards == self.turned(found.sequence, found.axis):
            layer = _backwards(layer)
        elif found.forwards is None:
            self.note(
                _name(node), "its steps are written out, and it is not clear in which order they read the sequence"
            )
        self.use_steps(found.step.stored)
        self.keep(node, _name(node), layer)

    def whole(self, step: onnx_steps.Step, sequence: str) -> Layer | None:
        """The layer of a step, with the kernel that multiplied its input beforehand."""
        if not step.projected:
            return step.layer
        found = onnx_steps.projection(self.maker, self.values, sequence)
        if found is None:
            return None
        product, added, stored = found
        order, recurrent, *bias = step.layer.get_weights()  # the kernel only puts the gates in order
        added = sum((b for b in (product.bias, added) if b is not None), np.zeros(len(order), order.dtype)) @ order
        if bias and bias[0].ndim == 2:
            bias[0][0] += added
        elif bias or np.any(added):
            bias = [added + bias[0] if bias else added]
        weights = [product.matrix @ order, recurrent, *bias]
        layer = step.layer.copy(use_bias=len(weights) == 3)
        layer.build((None, None, len(weights[0])))
        layer.set_weights(weights)
        self.use_steps(stored)
        return layer

    def use_steps(self, names: Iterable[str]) -> None:
        """Of a recurrent layer that is written out: its products are not Dense layers."""
        names = set(names)
        self.used |= self.stored(names) | names
        self.written_out |= self.stored(names)

    def plain(self, node: Node, name: str) -> None:
        """Dense and Embedding."""
        known = [self.values.get(source) for source in node.inputs]
        if node.op == "Gather" and len(known) > 1 and known[0] is not None and known[1] is None:
            table = known[0]
            if table.ndim == 2 and table.dtype.kind == "f" and not node.attributes.get("axis"):
                table = packing.array(table, "its table", "read_onnx")
                layer = Embedding(*table.shape, dtype=table.dtype.name)
                layer.build((None, None))
                layer.set_weights([table])
                self.use(node.inputs[:1])
                self.keep(node, name, layer)
            return
        product = next(onnx_steps.products([node], self.values), None)
        if product is None or product.more or product.stored in self.dense:
            return
        if not self.written_out.isdisjoint(self.stored(product.stored)):
            return
        self.dense.add(product.stored)
        weights, used, bias = [product.matrix], list(product.stored), product.bias
        if node.op == "MatMul":
            behind = self.behind(node)
            if behind is not None and behind.op == "MatMul":
                self.layers.not_read[name] = (
                    f"MatMul {name!r} {product.matrix.shape} is added to another product, as in a step of a recurrent "
                    "layer, and is not read."
                )
                self.use(product.stored)
                return
            arrays = [i for i in (behind.inputs if behind else ()) if i in self.values]
            if arrays and np.size(self.values[arrays[0]]) == product.matrix.shape[1] and self.values[arrays[0]].ndim:
                bias = np.ravel(self.values[arrays[0]])
                used.append(arrays[0])
        if bias is not None:
            weights.append(bias)
        self.use(used)
        self.keep(node, name, packing.made("Dense", [packing.array(w, "its weight", "read_onnx") for w in weights]))

    def behind(self, node: Node) -> Node | None:
        """The Add that takes this product alone, or another MatMul whose product is added to it."""
        name = node.outputs[0]
        while True:
            users = self.users.get(name, [])
            if len(users) != 1:
                return None
            if users[0].op == "Add":
                other = next((i for i in users[0].inputs if i != name), "")
                maker = self.maker.get(other)
                if maker is not None and maker.op == "MatMul" and maker.inputs[1] in self.values:
                    return maker
                return users[0]
            if users[0].op not in onnx_steps.SHAPES or users[0].inputs[0] != name:
                return None
            name = users[0].outputs[0]

    # --- the rest -------------------------------------------------------------------------------------------------

    def rest(self) -> None:
        """Name every operator that uses stored weights which no layer has."""
        for node in self.nodes:
            if node.op in _SETTINGS or all(name in self.values for name in node.outputs):
                continue
            left = [self.values[name].shape for name in node.inputs if self.left(name)]
            if self.place[id(node)] not in self.found:
                left += [(len(v),) for v in node.attributes.values() if isinstance(v, list) and _many_floats(v)]
            name = _name(node)
            if name in self.layers.not_read:
                continue
            if left:
                shapes = ", ".join(map(str, left))
                self.layers.not_read[name] = (
                    f"{node.op} {name!r} has weights {shapes} and is not read{self.own_function(node)}."
                )
            elif shapes := self.inside(node):
                self.layers.not_read[name] = f"{node.op} {name!r} has weights {shapes} inside that are not read."

    @staticmethod
    def own_function(node: Node) -> str:
        return f": it belongs to {node.domain!r}, not one of ONNX's own operators" if node.domain else ""

    def left(self, name: str) -> bool:
        array = self.values.get(name)
        if array is None or array.dtype.kind != "f" or array.size < 2:
            return False  # no weights
        if self.used.issuperset(self.stored([name])) or not array.any():
            return False
        # An exporter may have stored a part of a bias separately, or added it to the zeros that the first step starts
        # from.
        rows = {row.tobytes() for row in array.reshape(-1, array.shape[-1])} if array.ndim else set()
        known = [self.values[n].tobytes() for n in self.written_out if n in self.values]
        return not all(any(row in other for other in known) for row in rows)

    def inside(self, node: Node) -> str:
        """The shapes of the weights in the graphs that an operator holds, or gives them, and that no layer has."""
        shapes, todo = [self.values[name].shape for name in node.inputs if self.left(name)], [node]
        while todo:
            for graph in (g for g in todo.pop().attributes.values() if isinstance(g, protobuf.Graph)):
                todo += graph.nodes
                constants = (one for one in graph.nodes if one.op == "Constant" and one.outputs)
                stored = graph.arrays | {one.outputs[0]: np.asarray(one.attributes.get("value")) for one in constants}
                weights = {n: a for n, a in stored.items() if a.dtype.kind == "f" and a.size > 1}
                shapes += [a.shape for n, a in weights.items() if n not in self.used]
                names = {name for inner in graph.nodes for name in inner.inputs} - {*stored, *graph.inputs}
                shapes += [self.values[name].shape for name in sorted(names) if self.left(name)]
        return ", ".join(map(str, shapes))


def _backwards(layer: Layer) -> Layer:
    """The same layer, reading the last step first."""
    turned = layer.copy(go_backwards=True)
    turned.build_with(layer.input_shape, layer.weights)
    return turned


def _many_floats(values: list[Any]) -> bool:
    return len(values) > 1 and isinstance(values[0], float)


def _name(node: Node) -> str:
    return node.name or (node.outputs or ["?"])[0]
