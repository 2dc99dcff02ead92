"""Each mistake of the catalogue: it can be made, it shows, it is found. Made from the catalogue, none by hand."""

import itertools
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from helpers import as_arrays, rng_of

import lstm_edu as le
from lstm_edu.comparison.tolerance import same
from lstm_edu.doctor.examples import examples
from lstm_edu.doctor.mistake import CATALOGUE
from lstm_edu.doctor.recipes import Form, recipe_of
from lstm_edu.doctor.running import run

COMPUTABLE = [m for m in CATALOGUE if m.mutation is not None]
MISTAKES = [m for m in COMPUTABLE if not m.rounding]


def built(layer, shape=(None, None, 5)):
    layer.build(shape)
    return layer


# Layers among which every mistake finds one in which it can be made. A new entry that fits none of them needs one here.
SPECIMENS = [
    lambda: built(le.LSTM(3, return_sequences=True)),
    lambda: built(le.LSTM(4, return_state=True)),
    lambda: built(le.LSTM(5, return_sequences=True)),  # as many units as features
    lambda: built(le.LSTM(3, zero_output_for_mask=True, return_sequences=True)),
    lambda: built(le.LSTM(3, recurrent_activation="hard_sigmoid")),
    lambda: built(le.GRU(3, return_sequences=True)),
    lambda: built(le.GRU(4, reset_after=False)),
    lambda: built(le.SimpleRNN(4, return_sequences=True)),
    lambda: built(le.SimpleRNN(3)),
    lambda: built(le.Dense(3, activation="softmax"), (None, 5)),
    lambda: built(le.Dense(5), (None, 5)),
    lambda: built(le.TimeDistributed(le.Dense(3))),
    lambda: built(le.BatchNormalization(epsilon=3e-2), (None, 5)),
    lambda: built(le.Embedding(7, 3), (None, None)),
    lambda: built(le.Embedding(4, 4), (None, None)),
    lambda: built(le.Bidirectional(le.LSTM(3, return_sequences=True))),
    lambda: built(le.Bidirectional(le.GRU(3), merge_mode="sum")),
    lambda: built(le.Bidirectional(le.LSTM(3))),
    lambda: built(le.LSTM(3, return_sequences=True, stateful=True), (5, None, 5)),
    lambda: built(le.Sequential([le.GRU(3, return_sequences=True), le.SimpleRNN(3), le.Dense(3), le.Dense(3)])),
]


def inputs(layer):
    """Examples with masks and states, with neither, and with as many timesteps as features."""
    for masked, states in itertools.product((True, False), repeat=2):
        yield next(examples(layer, 3, masked=masked, states=states))
    if getattr(layer, "stateful", False):
        return  # its batch has one size
    if len(layer._checked_input_shape((None, None, 5)[-2:] if isinstance(layer, le.Dense) else (None, None, 5))) == 3:
        square = next(examples(layer, 3, masked=False, states=False))
        if np.ndim(square.x) == 3:
            yield le.doctor.Example(rng_of(0).standard_normal((3, 5, 5)).astype("float32"), weights=square.weights)


def specimen(mistake):
    """A layer with weights and an input in which this mistake shows, and what it gives."""
    for make in SPECIMENS:
        layer = make()
        places = mistake.places(layer)
        if not places or (isinstance(layer, le.Sequential) and places[0] != ()):
            continue
        for example in inputs(layer):
            layer.set_weights(example.weights)
            try:
                wrong = mistake.output(layer, example.x, example.mask, example.initial_state)
            except ValueError:
                continue
            right = layer(example.x, **example.call)
            if not same(as_arrays(wrong), as_arrays(right)):
                return layer, example, wrong
    raise AssertionError(f"no specimen shows {mistake.id}: add a layer or an input to this file")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_a_mistake_is_found_from_the_output_alone(mistake):
    layer, example, wrong = specimen(mistake)
    found = le.diagnose(wrong, layer, example.x, example.mask, example.initial_state, pairs=False, progress=False)
    assert found.verdict in ("cause", "several"), found
    assert mistake.id in [c.id for c in found.candidates]
    if found.verdict == "cause":
        first = found.candidates[0]
        assert mistake.id in (first.id, *first.same_as)
        assert found.cause == first.id and found.fix == first.fix
        assert found.evidence.enough
    else:
        assert found.experiment is not None and found.cause is None


@pytest.mark.parametrize("mistake", COMPUTABLE, ids=lambda m: m.id)
def test_a_mistake_gives_what_float32_gives_but_for_rounding(mistake):
    if mistake.rounding:
        layer = SPECIMENS[0]()
        example = next(examples(layer))
        wrong = mistake.output(layer, example.x, example.mask, example.initial_state)
    else:
        layer, example, wrong = specimen(mistake)
    assert all(y.dtype == layer.dtype and np.isfinite(y).all() for y in as_arrays(wrong))


@pytest.mark.parametrize("mistake", CATALOGUE, ids=lambda m: m.id)
def test_an_entry_tells_a_learner_everything(mistake):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(:[A-Za-z0-9.,-]+)?", mistake.id)
    assert mistake.sentence.endswith((".", ".)")) and len(mistake.sentence) > 30
    assert mistake.fix and mistake.versions and mistake.source
    assert mistake.kinds
    for kind in mistake.kinds:
        assert hasattr(le, kind)


IDS_OF_THE_CATALOGUE = """
hard-sigmoid-v2 hard-sigmoid-v3 gate-order gru-gate-order gru-reset-after gru-update-flipped gru-bias-rows
torch-two-biases tf1-forget-bias unit-forget-bias bias-missing bias-twice bias-wrong-gate kernel-transposed
recurrent-transposed kernel-reshaped weights-redrawn weights-rounded shared-initializer wrong-previous-state
candidate-activation product-not-elementwise activation-replaced peepholes all-steps-at-once extra-activation
precision-only state-not-carried state-not-reset stateful-carry h-c-swapped return-last-vs-sequence
go-backwards-order bidirectional-merge bidirectional-order library-packing masked-steps mask-lost cudnn-mask
axes-swapped slicing dropout-active units-vs-timesteps time-distributed batchnorm-epsilon batchnorm-statistics
batchnorm-gamma-beta approximated-functions dropout-scaling input-scaled kernels-exchanged h-n-view
flipped-along-the-batch layers-exchanged layer-count layer-order output-columns input-columns model-input part-of-keras
flatten-order padding-side
padding-value sequence-cut
""".split()


def test_the_families_are_those_of_the_catalogue():
    assert {m.family for m in CATALOGUE} == set(IDS_OF_THE_CATALOGUE)
    assert len(CATALOGUE) >= 45


def test_every_wrong_order_of_the_gates_is_there_once():
    orders = [m.variant for m in CATALOGUE if m.family == "gate-order"]
    assert len(set(orders)) == len(orders) == 23
    assert "i,f,g,o" not in orders
    assert all(sorted(order.split(",")) == sorted("ifgo") for order in orders)


@pytest.mark.parametrize("order", ["i,g,f,o", "g,f,o,i", "o,i,f,g"])
def test_a_gate_order_is_how_the_blocks_are_read(order):
    layer, rng = built(le.LSTM(3)), rng_of(1)
    layer.set_weights([rng.standard_normal(w.shape) for w in layer.get_weights()])
    x = rng.standard_normal((2, 4, 5)).astype("float32")
    z = dict(zip(order.split(","), range(4), strict=True))  # letter -> the block that is taken for it
    swapped = [np.concatenate([np.split(w, 4, axis=-1)[z[gate]] for gate in "ifgo"], axis=-1) for w in layer.weights]
    other = built(le.LSTM(3))
    other.set_weights(swapped)
    wrong = CATALOGUE[f"gate-order:{order}"].output(layer, x)
    np.testing.assert_allclose(wrong, other(x), atol=1e-6)


def test_an_unknown_id_says_where_they_are_listed():
    with pytest.raises(KeyError, match="le.mistakes"):
        CATALOGUE["gate-ordre"]


def test_a_mistake_that_cannot_be_made_says_so():
    with pytest.raises(ValueError, match="cannot be made in"):
        CATALOGUE["gru-reset-after"].output(built(le.LSTM(3)), np.zeros((1, 2, 5)))
    with pytest.raises(ValueError, match="with this input"):
        CATALOGUE["mask-lost"].output(built(le.LSTM(3)), np.zeros((1, 2, 5)))


# --- the right computation, taken apart -----------------------------------------------------------------------------


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize(
    "form", list(itertools.product([False, True], repeat=2)), ids=lambda f: f"sequences{f[0]}-states{f[1]}"
)
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "GRU before", "SimpleRNN"])
def test_the_equations_that_can_be_taken_apart_equal_the_layers(kind, form, zero, backwards):
    config = {"return_sequences": form[0], "return_state": form[1], "dtype": "float64"}
    config |= {"reset_after": False} if kind == "GRU before" else {}
    layer = built(getattr(le, kind.split()[0])(4, zero_output_for_mask=zero, go_backwards=backwards, **config))
    for example in itertools.islice(examples(layer, 2), 2):
        layer.set_weights(example.weights)
        for call in ({}, example.call):
            right = as_arrays(layer(example.x, **call))
            (outputs,) = run([recipe_of(layer, example.x, call.get("mask"), call.get("initial_state"))])
            assert [y.shape for y in outputs] == [y.shape for y in right]
            for ours, expected in zip(outputs, right, strict=True):
                np.testing.assert_allclose(ours, expected, atol=1e-13)


@pytest.mark.parametrize("make", SPECIMENS)
def test_the_right_recipe_equals_the_layer(make):
    layer = make()
    for example in inputs(layer):
        layer.set_weights(example.weights)
        (outputs,) = run([recipe_of(layer, example.x, example.mask, example.initial_state)])
        assert same(as_arrays(layer(example.x, **example.call)), outputs)


def test_recipes_side_by_side_equal_recipes_one_by_one():
    layer = SPECIMENS[1]()
    example = next(examples(layer))
    right = recipe_of(layer, example.x, example.mask, example.initial_state, form=Form(True, True))
    recipes = [r for m in MISTAKES if m.applies(layer) and (r := m.mutation(right)) is not None]
    assert len(recipes) > 90
    for together, recipe in zip(run(recipes), recipes, strict=True):
        (alone,) = run([recipe])
        for a, b in zip(together, alone, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-12)


def test_a_mistake_can_be_traced():
    layer, rng = SPECIMENS[1](), rng_of(4)
    layer.set_weights([rng.standard_normal(w.shape) for w in layer.get_weights()])
    x = rng.standard_normal((2, 6, 5)).astype("float32")
    right = layer.trace(x)
    wrong = CATALOGUE["bias-missing:g"].trace(layer, x)
    assert wrong.names == right.names
    z_g = np.s_[..., 8:12]
    np.testing.assert_allclose(wrong.z[:, 0][z_g] + layer.bias[8:12], right.z[:, 0][z_g], atol=1e-6)
    np.testing.assert_allclose(wrong.i[:, 0], right.i[:, 0], atol=1e-6)
    assert not same([wrong.c], [right.c])
    assert same(as_arrays(wrong.output), as_arrays(CATALOGUE["bias-missing:g"].output(layer, x)))


# --- the list -------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Fails on tags that do not match; keeps what was opened."""

    def __init__(self, html):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_mistakes_lists_the_catalogue_as_a_table():
    table = le.mistakes()
    assert len(table) == len(CATALOGUE)
    assert table["bias-twice"] is CATALOGUE["bias-twice"] and "bias-twice" in table
    html = Tags(table._repr_html_())
    assert sum(tag == "tr" for tag, _ in html.seen) == len(table) + 1
    assert sum(tag == "caption" for tag, _ in html.seen) == 1
    assert sum(attrs.get("scope") == "row" for _, attrs in html.seen) == len(table)
    for m in table:
        assert m.id in html.text and m.id in repr(table)


def test_mistakes_of_a_layer_are_those_that_can_be_made_in_it():
    of_dense = [m.id for m in le.mistakes(built(le.Dense(3), (None, 5)))]
    assert "bias-missing" in of_dense and "kernel-reshaped" in of_dense
    assert not any(i.startswith(("gate-order", "kernel-transposed", "masked")) for i in of_dense)
    without_bias = le.mistakes(built(le.LSTM(3, use_bias=False)))
    assert not any("bias" in m.id and m.id != "tf1-forget-bias" for m in without_bias)
