"""How a layer's weights are stored, in Keras 3 and elsewhere: data, from which the pictures and the explorer draw.

A block is one gate's part of one array and has our name everywhere: W_f is what the input is multiplied by on its way
to the forget gate. Where another program keeps two biases and adds them, both blocks are called b_f.

Sources: PyTorch 2 (torch.nn.LSTM, GRU, RNN, Linear), ONNX (the operators LSTM, GRU, RNN, Gemm of opset 22), TensorFlow
1.15 (tf.nn.rnn_cell.BasicLSTMCell, GRUCell, BasicRNNCell, tf.layers.Dense), Keras 1.2 (keras.layers.recurrent, Dense).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lstm_edu.core.kinds import NOTATION

KINDS = ("LSTM", "GRU", "SimpleRNN", "Dense")
KERAS = "Keras 3"
_LSTM, _GRU = NOTATION["LSTM"].gates, NOTATION["GRU"].gates


@dataclass(frozen=True)
class Array:
    """One array, as a grid of blocks; sizes are written "1", "F" (features) or "H" (units).

    Attributes:
        name: what the program calls it, as a Python name.
        rows, columns: the sizes of the grid's rows and columns.
        blocks: the names of the blocks, one tuple per row.
        transposed: the array has its blocks transposed: (H, F) where Keras has (F, H).
        batch: it has one more axis of length 1 in front.
        flat: it has one axis only. With several columns, the picture shows them side by side, one after another.
        numbered: its rows are counted, not sliced: bias[0, ...].
        added: pairs (block, what the program adds to it when it runs).
    """

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    transposed: bool = False
    batch: bool = False
    flat: bool = False
    numbered: bool = False
    added: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Layout:
    """The arrays of one program, in lines as they are drawn; `unit` is how its users write H; `note` is said below."""

    name: str
    lines: tuple[tuple[Array, ...], ...]
    unit: str = "H"
    note: str = ""

    @property
    def arrays(self) -> tuple[Array, ...]:
        return tuple(array for line in self.lines for array in line)

    def count(self, units: int, features: int) -> int:
        """How many numbers all arrays have together."""
        size = {"1": 1, "F": features, "H": units}
        return sum(sum(size[r] for r in array.rows) * sum(size[c] for c in array.columns) for array in self.arrays)


def layouts(kind: str, use_bias: bool = True, reset_after: bool = True) -> dict[str, Layout]:
    """The layouts of that kind of layer by the program's name, Keras 3 first; only those that can hold such a layer.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if kind == "GRU":
        found = _gru(use_bias, reset_after)
    else:
        found = {"LSTM": _lstm, "SimpleRNN": _simple_rnn, "Dense": _dense}[kind](use_bias)
    return {layout.name: layout for layout in found}


def as_dict(layout: Layout) -> dict[str, Any]:
    """What is sent to the page."""
    return asdict(layout)


# --- the pieces -----------------------------------------------------------------------------------------------------


def _named(letter: str, gates: str) -> tuple[str, ...]:
    return tuple(f"{letter}_{gate}" for gate in gates) if gates else (letter,)


def _beside(name: str, size: str, blocks: tuple[str, ...], **flags: Any) -> Array:
    """Blocks side by side, as in Keras and TensorFlow: rows of `size`, H columns per gate."""
    return Array(name, (size,), ("H",) * len(blocks), (blocks,), **flags)


def _below(name: str, size: str, blocks: tuple[str, ...], **flags: Any) -> Array:
    """Blocks one below another, as in PyTorch and ONNX: H rows per gate, `size` columns."""
    return Array(name, ("H",) * len(blocks), (size,), tuple((block,) for block in blocks), **flags)


def _column(name: str, *columns: tuple[str, ...], **flags: Any) -> Array:
    """A flat array of biases next to such blocks; several columns follow one another in memory."""
    return Array(name, ("H",) * len(columns[0]), ("1",) * len(columns), tuple(zip(*columns, strict=True)), flat=True,
                 **flags)  # fmt: skip


def _keras(gates: str, use_bias: bool, two_rows: bool = False) -> Layout:
    W, U, b, d = (_named(letter, gates) for letter in "WUbd")
    lines = [(_beside("kernel", "F", W),), (_beside("recurrent_kernel", "H", U),)]
    if use_bias and two_rows:
        lines.append((Array("bias", ("1", "1"), ("H",) * len(b), (b, d), numbered=True),))
    elif use_bias:
        lines.append((_beside("bias", "1", b, flat=True),))
    return Layout(KERAS, tuple(lines), "units")


def _pytorch(gates: str, use_bias: bool, note: str, second: str = "b") -> Layout:
    line = [
        _below("weight_ih_l0", "F", _named("W", gates), transposed=True),
        _below("weight_hh_l0", "H", _named("U", gates), transposed=True),
    ]
    if use_bias:
        line += [_column("bias_ih_l0", _named("b", gates)), _column("bias_hh_l0", _named(second, gates))]
    return Layout("PyTorch", (tuple(line),), note=f"Each array is transposed: (H, F) where Keras has (F, H). {note}")


def _onnx(gates: str, use_bias: bool, note: str, second: str = "b") -> Layout:
    line = [
        _below("W", "F", _named("W", gates), transposed=True, batch=True),
        _below("R", "H", _named("U", gates), transposed=True, batch=True),
    ]
    if use_bias:
        line.append(_column("B", _named("b", gates), _named(second, gates), batch=True))
        note += " B is one row of numbers, drawn here as two columns: the second follows the first."
    return Layout("ONNX", (tuple(line),), note=f"The first axis counts the directions. {note}")


_TWO_BIASES = "It keeps two biases and adds them: only their sum matters."


def _lstm(use_bias: bool) -> list[Layout]:
    tf1 = [(Array("kernel", ("F", "H"), ("H",) * 4, (_named("W", "igfo"), _named("U", "igfo"))),)]
    if use_bias:
        tf1.append((_beside("bias", "1", _named("b", "igfo"), flat=True, added=(("b_f", "forget_bias"),)),))
    return [
        _keras(_LSTM, use_bias),
        _pytorch("ifgo", use_bias, f"Gates in Keras's order. {_TWO_BIASES if use_bias else ''}"),
        _onnx("iofg", use_bias, f"Gates in the order i, o, f, c; c is our g. {_TWO_BIASES if use_bias else ''}"),
        Layout(
            "TF1",
            tuple(tf1),
            note="BasicLSTMCell: W above U in one array. Gates in the order i, j, f, o; j is our g. forget_bias, "
            "1.0 unless told otherwise, is added to the forget gate's sum when the cell runs and is not in the bias.",
        ),
        _keras1("igfo", use_bias, "Twelve arrays, gates in the order i, c, f, o; c is our g."),
    ]


def _keras1(gates: str, use_bias: bool, note: str) -> Layout:
    letters = "WUb" if use_bias else "WU"
    sizes = {"W": "F", "U": "H", "b": "1"}
    spelled = {"g": "c" if "f" in gates else "h"}  # in Keras 1's own names
    lines = tuple(
        tuple(
            Array(
                f"{letter}_{spelled.get(gate, gate)}",
                (sizes[letter],),
                ("H",),
                ((f"{letter}_{gate}",),),
                flat=letter == "b",
            )  # fmt: skip
            for gate in gates
        )
        for letter in letters
    )
    return Layout("Keras 1", lines, note=f"{note} get_weights() goes gate by gate: W, U, b of the first, and so on.")


def _gru(use_bias: bool, reset_after: bool) -> list[Layout]:
    found = [_keras(_GRU, use_bias, two_rows=reset_after)]
    if reset_after:
        note = "Gates in the order r, z, n; n is our g. Its two biases are Keras's two rows."
        found.append(_pytorch("rzg", use_bias, note if use_bias else note.partition(" Its")[0], "d"))
        found.append(_onnx("zrg", use_bias, "linear_before_reset = 1. Gates in Keras's order.", "d"))
        return found
    found.append(
        _onnx(
            "zrg",
            use_bias,
            f"linear_before_reset = 0. Gates in Keras's order. {_TWO_BIASES if use_bias else ''}",
        )
    )
    tf1 = [
        (
            Array("gates_kernel", ("F", "H"), ("H",) * 2, (_named("W", "rz"), _named("U", "rz"))),
            Array("candidate_kernel", ("F", "H"), ("H",), (("W_g",), ("U_g",))),
        )
    ]
    if use_bias:
        tf1.append(
            (
                _beside("gates_bias", "1", _named("b", "rz"), flat=True),
                _beside("candidate_bias", "1", ("b_g",), flat=True),
            )
        )
    note = "GRUCell: W above U. Gates in the order r, u, then the candidate; u is our z."
    found.append(Layout("TF1", tuple(tf1), note=note))
    found.append(_keras1("zrg", use_bias, "Nine arrays, gates in Keras's order."))
    return found


def _simple_rnn(use_bias: bool) -> list[Layout]:
    tf1 = [(Array("kernel", ("F", "H"), ("H",), (("W",), ("U",))),)]
    old = [(_beside("W", "F", ("W",)),), (_beside("U", "H", ("U",)),)]
    if use_bias:
        tf1.append((_beside("bias", "1", ("b",), flat=True),))
        old.append((_beside("b", "1", ("b",), flat=True),))
    return [
        _keras("", use_bias),
        _pytorch("", use_bias, _TWO_BIASES if use_bias else ""),
        _onnx("", use_bias, _TWO_BIASES if use_bias else ""),
        Layout("TF1", tuple(tf1), note="BasicRNNCell: W above U in one array."),
        Layout("Keras 1", tuple(old), note="The same arrays under other names."),
    ]


def _dense(use_bias: bool) -> list[Layout]:
    def two(kernel: str, bias: str) -> tuple[tuple[Array, ...], ...]:
        lines = ((_beside(kernel, "F", ("W",)),), (_beside(bias, "1", ("b",), flat=True),))
        return lines if use_bias else lines[:1]

    torch = (_below("weight", "F", ("W",), transposed=True), _column("bias", ("b",)))
    return [
        Layout(KERAS, two("kernel", "bias"), "units"),
        Layout("PyTorch", (torch if use_bias else torch[:1],), note="Linear: the array is transposed, (H, F)."),
        Layout("ONNX", two("B", "C"), note="Gemm with transB = 0; with transB = 1, B is transposed."),
        Layout("TF1", two("kernel", "bias"), note="The same as Keras 3."),
        Layout("Keras 1", two("W", "b"), note="The same arrays under other names."),
    ]  # fmt: skip
