"""What the recurrent layers' quantities are called: the one table that everything with letters in it reads.

An LSTM's sums are called z. A GRU's z is its update gate, so its sums are called a; its candidate is g, as the LSTM's
(Keras's own code calls that block h, or hh). This is the notation of notebook 12.
"""

from __future__ import annotations

from typing import NamedTuple


class Notation(NamedTuple):
    """The letters of one kind of layer.

    sums: what the trace calls the packed sums. gates: the letters of the blocks, in Keras's order; a SimpleRNN has one.
    carries: the state by which a gradient travels back through time.
    """

    sums: str
    gates: str
    carries: str

    @property
    def fractions(self) -> str:
        """The gates that let a share through; the others are what they let through."""
        return "".join(gate for gate in self.gates if gate not in "gh")

    def sum_of(self, gate: str) -> str:
        """The name of one gate's sum: z_i, a_g; of a layer with one block only z."""
        return f"{self.sums}_{gate}" if len(self.gates) > 1 else self.sums


NOTATION = {
    "LSTM": Notation("z", "ifgo", "c"),
    "PeepholeLSTM": Notation("z", "ifgo", "c"),
    "GRU": Notation("a", "zrg", "h"),
    "SimpleRNN": Notation("z", "h", "h"),
}
