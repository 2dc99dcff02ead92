"""Each row of le.formats.PACKINGS, run by the library itself: our weights there, its weights here.

The libraries are not in README's environment, and a test whose library is missing is skipped. To run them all, make
one environment for each block of tests/requirements-libraries.txt, which says how.
"""

import re
from dataclasses import replace

import numpy as np
import pytest
from helpers import B, F, H, T, rng_of, sequences, states
from other_libraries import RUN

import lstm_edu as le
from lstm_edu import formats
from lstm_edu.core.kinds import NOTATION
from lstm_edu.formats.library import written
from lstm_edu.libraries import PACKINGS, spelled
from lstm_edu.plots.layouts import layouts

pytestmark = pytest.mark.filterwarnings("default")  # the libraries warn of each other

CLOSE = 5e-6  # float32; some of them have a sigmoid and a tanh of their own
ROWS = [pytest.param(row, id=f"{row.name}{'' if row.reset_after is None else row.reset_after}") for row in PACKINGS]
RUN_ROWS = [p for p in ROWS if p.values[0].run]


def settings(row):
    """The arguments of our layer that computes what this class computes by default."""
    found = {"activation": row.activations[0]}
    if row.kind != "SimpleRNN":
        found["recurrent_activation"] = row.recurrent_activations[0]
    return found | ({"reset_after": row.reset_after} if row.kind == "GRU" else {})


def layer_of(row, rng, **config):
    """A layer with weights as training leaves them, no bias zero, that this class can say."""
    layer = getattr(le, row.kind)(H, return_sequences=True, **settings(row) | config)
    layer.build((None, None, F))
    weights = [0.6 * rng.standard_normal(w.shape) for w in layer.get_weights()]
    if row.name == "flax.nnx.GRUCell" and len(weights) == 3:
        weights[2][1] = 0  # it has no biases there
    layer.set_weights(weights)
    return layer


def arguments(row):
    """What from_library has to be told besides the arrays."""
    flat = {"units": H} if any(array.lies == "flat" for array in row.arrays) else {}
    return flat | ({"reset_after": row.reset_after} if len(formats.packing_of(row.name)) > 1 else {})


def inputs(row, rng):
    return sequences(rng), states(rng, count=2 if row.kind == "LSTM" else 1)


@pytest.mark.parametrize("row", RUN_ROWS)
def test_the_library_computes_with_our_weights_what_we_compute(row):
    rng = rng_of(1)
    layer, (x, start) = layer_of(row, rng), inputs(row, rng)
    theirs = RUN[row.name](row, formats.to_library(row.name, layer), x, start)
    assert theirs.shape == (B, T, H)
    np.testing.assert_allclose(theirs, layer(x, initial_state=start), atol=CLOSE)


@pytest.mark.parametrize("row", RUN_ROWS)
def test_we_compute_with_the_librarys_weights_what_it_computes(row):
    rng = rng_of(2)
    shapes = {name: a.shape for name, a in formats.to_library(row.name, layer_of(row, rng)).items()}
    arrays = {name: (0.6 * rng.standard_normal(shape)).astype("float32") for name, shape in shapes.items()}
    x, start = inputs(row, rng)
    ours = formats.from_library(row.name, arrays, **arguments(row))
    theirs = RUN[row.name](row, arrays, x, start)
    np.testing.assert_allclose(theirs, ours(x, initial_state=start), atol=CLOSE)


def test_every_row_that_says_it_was_run_is_run_here():
    assert {row.name for row in PACKINGS if row.run} == set(RUN)


# --- what needs no library --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS)
def test_there_and_back(row):
    rng = rng_of(3)
    layer, (x, start) = layer_of(row, rng), inputs(row, rng)
    arrays = formats.to_library(row.name, layer, prefix="model.rnn.")
    assert all(name.startswith("model.rnn.") and a.dtype == np.float32 for name, a in arrays.items())
    arrays["model.head.weight"] = np.ones(3)
    back = formats.from_library(row.name, arrays, "model.rnn.", return_state=True, **arguments(row))
    np.testing.assert_allclose(back(x, initial_state=start)[0], layer(x, initial_state=start), atol=CLOSE)


@pytest.mark.parametrize("row", ROWS)
def test_the_biases_may_be_left_out_all_together(row):
    rng = rng_of(4)
    layer, (x, start) = layer_of(row, rng, use_bias=False), inputs(row, rng)
    arrays = formats.to_library(row.name, layer)
    biases = [array.name for array in row.named_arrays if array.only_biases]
    without = {name: a for name, a in arrays.items() if name not in biases}
    back = formats.from_library(row.name, without, **arguments(row))
    if row.forget_bias:  # it is added whether or not there are biases
        assert back.get_weights()[2].tolist() == np.repeat([0, 1, 0, 0], H).tolist()
        return
    assert back.use_bias is (not biases)  # a flat vector always has them
    np.testing.assert_allclose(back(x, initial_state=start), layer(x, initial_state=start), atol=CLOSE)
    if len(biases) > 1:
        with pytest.raises(ValueError, match=f"{re.escape(biases[0])} is missing"):
            formats.from_library(row.name, without | {biases[1]: arrays[biases[1]]}, **arguments(row))


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_everything(row):
    assert sorted(row.order) == sorted(NOTATION[row.kind].gates)
    assert row.version and row.source and row.states and row.padding
    assert (row.reset_after is None) == (row.kind != "GRU")
    held = [block for array in row.named_arrays for block in array.blocks(row.order)]
    assert len(set(held)) == len(held)
    assert {block for block in held if block[0] in "WU"} == {f"{k}_{gate}" for k in "WU" for gate in row.order}


def assert_same_arrays(theirs, others):
    assert list(theirs) == list(others)
    for name, array in theirs.items():
        np.testing.assert_array_equal(array, others[name])


@pytest.mark.parametrize("row", [p for p in ROWS if p.values[0].library in ("torch", "onnx", "tf1", "keras1", "dl4j")])
def test_the_functions_of_single_libraries_give_the_same_arrays(row):
    layer = layer_of(row, rng_of(8))
    theirs = formats.to_library(row.name, layer)
    if row.library == "torch":
        assert_same_arrays(theirs, formats.to_pytorch(layer))
    elif row.library == "onnx":
        weights = formats.to_onnx(layer)
        assert_same_arrays(theirs, {name: getattr(weights, name) for name in "WRB"})
    elif row.library == "tf1":
        assert_same_arrays(theirs, formats.to_tf1(layer))
    elif row.library == "dl4j":
        assert_same_arrays(theirs, formats.to_dl4j(layer))
    else:  # get_weights() went gate by gate
        n = len(row.order)
        in_turn = [name for k in range(n) for name in list(theirs)[k::n]]
        assert_same_arrays(
            {name: theirs[name] for name in in_turn}, dict(zip(in_turn, formats.to_keras1(layer), strict=True))
        )


DRAWN = {
    "PyTorch": {"LSTM": "torch.nn.LSTM", "GRU": "torch.nn.GRU"},
    "ONNX": {"LSTM": "onnx.LSTM", "GRU": "onnx.GRU"},
    "TF1": {"LSTM": "tf1.BasicLSTMCell", "GRU": "tf1.GRUCell"},
    "Keras 1": {"LSTM": "keras1.LSTM", "GRU": "keras1.GRU"},
}


@pytest.mark.parametrize(("program", "kind"), [(program, kind) for program in DRAWN for kind in ("LSTM", "GRU")])
def test_the_packing_explorer_draws_the_orders_of_the_table(program, kind):
    drawn = [known[program] for after in (True, False) if program in (known := layouts(kind, reset_after=after))]
    assert drawn
    for layout in drawn:
        blocks = [block for array in layout.arrays for floor in array.blocks for block in floor]
        order = "".join(dict.fromkeys(block[2:] for block in blocks if block.startswith("W_")))
        assert order == formats.packing_of(DRAWN[program][kind])[0].order


def test_units_of_one_gate_stand_apart_where_gates_are_interleaved():
    layer = layer_of(formats.packing_of("chainer.links.LSTM")[0], rng_of(5))
    kernel = layer.get_weights()[0]
    upward = formats.to_library("chainer.links.LSTM", layer)["upward/W"]
    for k, gate in enumerate("gifo"):
        first = "ifgo".index(gate) * H
        assert (upward[k::4] == kernel[:, first : first + H].T).all()


def test_the_orders_of_reorder_are_those_of_the_table():
    packed = np.arange(4.0)[None]  # i f g o
    assert formats.reorder(packed, "keras", "thinc").tolist() == [[1, 0, 3, 2]]
    assert formats.reorder(packed, "openvino", "keras").tolist() == [[1, 0, 2, 3]]
    assert formats.reorder(packed, "keras", "chainer.links.LSTM").tolist() == [[2, 0, 1, 3]]
    assert "chainer" not in formats.ORDERS["LSTM"]  # it has two
    assert formats.ORDERS["GRU"]["pytorch"] == "rzg"


TORCH, THINC, ONNX, FLAX = "torch.nn.LSTM", "thinc.LSTM", "onnx.GRU", "flax.nnx.GRUCell"
SMALL = {name: (4 * H, n) for name, n in (("weight_ih_l0", F), ("weight_hh_l0", H))}
KERAS_NAMES = {"kernel": (F, 4 * H), "recurrent_kernel": (H, 4 * H), "bias": (4 * H,)}


@pytest.mark.parametrize(
    ("name", "shapes", "said"),
    [
        ("equinox", {}, "it has equinox.nn.LSTMCell, equinox.nn.GRUCell"),
        ("torch.LSTM", {}, "it has torch.nn.LSTM"),
        (TORCH, {}, r"has weight_ih_l0 \(4H, F\).*got no array: weight_ih_l0 is missing"),
        (TORCH, SMALL | {"bias_ih_l0": (16,)}, "bias_hh_l0 is missing"),
        (TORCH, SMALL | {"weight_hr_l0": (2, H)}, "'weight_hr_l0' is none of them"),
        (TORCH, SMALL | {"weight_hh_l0": (H, 4 * H)}, r"must be \(16, 4\), got \(4, 16\), which looks transposed"),
        (TORCH, SMALL | {"weight_ih_l0": (3 * H, F)}, r"with 4 units and 5 features weight_ih_l0 must be \(16, 5\)"),
        (TORCH, KERAS_NAMES, "This looks like Keras's own layout"),
        (TORCH, {"weight_ih_l0": (F, 4 * H), "weight_hh_l0": (H, 4 * H)}, "This looks like Keras's own layout"),
        (TORCH, {"weight_ih_l0": (17, F), "weight_hh_l0": (17, 17)}, "must be"),
        (THINC, {"LSTM": (176,)}, "give units="),
        (ONNX, {"W": (1, 12, 5), "R": (1, 12, 4), "B": (1, 24)}, "give reset_after=True or False"),
        (ONNX, {"W": (1, 12, 5), "R": (1, 12, 4), "B": (1, 12)}, r"B must be \(1, 24\), got \(1, 12\)"),
    ],
)
def test_arrays_that_cannot_be_are_refused(name, shapes, said):
    with pytest.raises(ValueError, match=said):
        formats.from_library(name, {key: np.ones(shape) for key, shape in shapes.items()})


def test_units_that_do_not_fit_a_flat_vector_are_refused():
    with pytest.raises(ValueError, match=r"with 5 units and 0 features LSTM must be"):
        formats.from_library(THINC, {"LSTM": np.ones(176)}, units=5)
    assert formats.from_library(THINC, {"LSTM": np.ones(176)}, units=4).kernel.shape == (F, 4 * H)


def test_no_mapping_and_no_numbers():
    with pytest.raises(TypeError, match="mapping of names to arrays, got list"):
        formats.from_library(TORCH, [np.ones(3)])
    with pytest.raises(TypeError, match="weight_ih_l0 must hold real numbers"):
        formats.from_library(TORCH, {"weight_ih_l0": ["text"]})


def test_what_a_class_cannot_say_is_refused_by_name():
    gru = layer_of(formats.packing_of("torch.nn.GRU")[0], rng_of(6))
    lstm = layer_of(formats.packing_of("torch.nn.LSTM")[0], rng_of(7), recurrent_activation="hard_sigmoid")
    for name, layer, said in [
        (FLAX, gru, "biases of g on the recurrent side.*flax.nnx.GRUCell has no array"),
        ("haiku.GRU", gru, "reset_after=True.*haiku.GRU has the reset gate before the product"),
        ("thinc.LSTM", lstm, "recurrent_activation='hard_sigmoid'.*always sigmoid"),
        ("thinc.LSTM", gru, "takes LSTM, got GRU"),
        ("thinc.LSTM", le.LSTM(3), "not built"),
    ]:
        with pytest.raises(ValueError, match=said):
            formats.to_library(name, layer)
    with pytest.raises(ValueError, match="has only reset_after=True"):
        formats.from_library("torch.nn.GRU", formats.to_library("torch.nn.GRU", gru), reset_after=False)


# --- the doctor knows them --------------------------------------------------------------------------------------------


def as_they_are(row, layer):
    """Keras's blocks put into the library's arrays without a thought: nothing reordered, added or transposed."""
    keras = NOTATION[row.kind].gates
    arrays = tuple(
        replace(
            array,
            holds=array.holds.translate(str.maketrans(row.order, keras)),
            lies="below" if array.lies == "interleaved" else array.lies,
        )
        for array in row.arrays
    )
    return written(replace(row, order=keras, arrays=arrays, forget_bias=0.0, update="old"), layer)


UNLIKE = [
    pytest.param(row, reset_after, id=f"{row.name}{row.reset_after}-{reset_after}")
    for row in PACKINGS
    for reset_after in ((True, False) if row.kind == "GRU" else (None,))
    if row.name != "flax.nnx.GRUCell"  # cannot hold all of Keras's biases
    and row.kind != "SimpleRNN"
    and (row.order != NOTATION[row.kind].gates or (row.update == "new" and reset_after))
]


@pytest.mark.parametrize(("row", "reset_after"), UNLIKE)
def test_weights_that_were_handed_over_as_they_are_are_told_by_the_librarys_name(row, reset_after):
    rng = rng_of(9)
    layer = layer_of(row, rng, **({} if reset_after is None else {"reset_after": reset_after}))
    x, start = inputs(row, rng)
    theirs = formats.from_library(row.name, as_they_are(row, layer), **arguments(row))(x, initial_state=start)
    found = le.diagnose(theirs, layer, x, initial_state=start, progress=False)
    assert found.verdict == "cause", found
    cause = le.doctor.CATALOGUE[found.cause]
    assert cause.family in ("gate-order", "gru-gate-order", "library-packing")
    assert row.name in cause.versions
    assert spelled([row]) in cause.sentence or "others)" in cause.sentence
