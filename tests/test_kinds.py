"""The table of letters holds for what the layers record, and the catalogue speaks its language."""

import re

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import core
from lstm_edu.core.kinds import NOTATION
from lstm_edu.doctor.equations import GRUEquations, LSTMEquations, SimpleRNNEquations
from lstm_edu.palette import whose

EQUATIONS = {"LSTM": LSTMEquations, "GRU": GRUEquations, "SimpleRNN": SimpleRNNEquations}


@pytest.mark.parametrize("kind", NOTATION)
def test_the_letters_are_those_of_the_trace(kind):
    layer = getattr(core, kind)(5, seed=1)
    layer.build((None, None, 3))
    trace = layer.trace(np.random.default_rng(2).normal(size=(2, 4, 3)))
    sums, gates, carries = NOTATION[kind]
    assert trace[sums].shape[2] == len(gates) * 5 == layer.kernel.shape[1]
    assert {*gates, carries} <= set(trace.names)
    for gate, z in zip(gates, np.split(trace[sums], len(gates), axis=2), strict=True):
        function = layer.recurrent_activation if gate in NOTATION[kind].fractions else layer.activation
        np.testing.assert_allclose(trace[gate], function(z), atol=1e-6)  # "g" among an LSTM's is the third block
        assert whose(kind, gate) in "ifgoh"


@pytest.mark.parametrize("kind", EQUATIONS)
def test_the_doctors_equations_have_the_same_letters(kind):
    assert EQUATIONS[kind].gates == NOTATION[kind].gates
    assert NOTATION[kind].sums in EQUATIONS[kind].quantities


def test_no_mistake_of_a_gru_speaks_another_notation():
    for mistake in le.doctor.CATALOGUE:
        if mistake.kinds == ("GRU",):
            text = f"{mistake.id} {mistake.fix}"
            assert not re.search(r"\bz_[zrgh]\b|\b[WUbd]_h\b|a_h\b|[:,]h\b", text), text
    assert NOTATION["GRU"].sum_of("g") == "a_g"
    assert NOTATION["SimpleRNN"].sum_of("h") == "z"
