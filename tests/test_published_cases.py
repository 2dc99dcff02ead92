"""Questions that people asked in public, with their own numbers where they gave them, and their known answers.

Each test names its source. Where no data were given, the data are our own.
"""

import numpy as np
import pytest
from helpers import keras, randomise, rng_of

import lstm_edu as le
from lstm_edu.doctor import CATALOGUE, adequacy


def built(layer, shape):
    layer.build(shape)
    return layer


def diagnose(theirs, layer, x, *arguments, pairs=False):
    return le.diagnose(theirs, layer, x, *arguments, pairs=pairs, progress=False)


# --- stackoverflow.com/q/49759614, tensorflow#47495: nearly Keras's LSTM, and worse at each step ---------------------


def hard_sigmoid(z, slope):
    return np.clip(np.float32(slope) * z + np.float32(0.5), 0, 1)


def by_hand(x, weights, slope, steps=None):
    """An LSTM as in the question: a function for a step, and a loop that keeps every output. steps: which of x a step
    reads."""
    kernel, recurrent_kernel, bias = weights
    h = c = np.zeros((len(x), len(recurrent_kernel)), "float32")
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t if steps is None else steps(t)] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        c = hard_sigmoid(z_f, slope) * c + hard_sigmoid(z_i, slope) * np.tanh(z_g)
        h = hard_sigmoid(z_o, slope) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def sensors():
    """Two LSTMs and a softmax over six activities, on 128 timesteps of 9 features, as in the question."""
    layers = [le.LSTM(32, return_sequences=True, name="first"), le.LSTM(32, name="second")]
    model = built(le.Sequential([*layers, le.Dense(6, activation="softmax", name="activity")]), (None, 128, 9))
    rng = rng_of(0)
    model.set_weights([rng.normal(size=w.shape) / np.sqrt(1 + w.size / w.shape[-1]) for w in model.get_weights()])
    return model, rng.standard_normal((2, 128, 9)).astype("float32")


@pytest.mark.parametrize(("slope", "id"), [(0.2, "hard-sigmoid-v2"), (1 / 6, "hard-sigmoid-v3")])
def test_the_hard_sigmoid_of_another_keras(slope, id):
    model, x = sensors()
    first = model.layers[0]
    mine, right = by_hand(x[:1], first.get_weights(), slope), first(x[:1])
    error = np.abs(mine - right).mean(axis=(0, 2))
    assert 0.003 < error[0] < 0.03  # nearly,
    assert error[20:].mean() > 1.1 * error[0]  # and worse later
    found = diagnose(mine, first, x[:1])
    assert found.cause == id and found.first.timestep == 0
    assert diagnose(mine[:, -1], first, x[:1]).cause == id  # the last step is enough
    assert diagnose(str(np.round(mine[:, :3].astype("float64"), 4)), first, x[:1, :3]).cause == id  # so are 4 digits


def test_keras_itself_computes_that_with_the_old_function():
    model, x = sensors()
    first = model.layers[0]
    old = keras().layers.LSTM(
        32, return_sequences=True, recurrent_activation=lambda z: keras().ops.clip(0.2 * z + 0.5, 0, 1)
    )
    old.build((None, 128, 9))
    old.set_weights(first.get_weights())
    le.compare(by_hand(x, first.get_weights(), 0.2), old(x)).check()
    assert diagnose(np.asarray(old(x)), first, x).cause == "hard-sigmoid-v2"


def test_the_old_hard_sigmoid_seen_from_the_end_of_the_model():
    model, x = sensors()
    weights = model.get_weights()
    last = by_hand(by_hand(x, weights[:3], 0.2), weights[3:6], 0.2)[:, -1]
    scores = np.exp(last @ weights[6] + weights[7])
    found = diagnose(scores / scores.sum(axis=-1, keepdims=True), model, x)
    assert found.cause == "hard-sigmoid-v2" and found.candidates[0].place == "in every LSTM"


def test_a_slice_that_takes_the_first_step_each_time_as_well():
    """`X_test[0][0:1][0:9]` in the loop over time: it does not slice the features, and always is the first step."""
    model, x = sensors()
    first, x = model.layers[0], x[:1, :16]
    assert x[0][0:1][0:3].shape == (1, 9)
    found = diagnose(by_hand(x, first.get_weights(), 0.2, steps=lambda t: 0), first, x, pairs=True)
    assert set(found.candidates[0].ids) == {"hard-sigmoid-v2", "slicing:first-step-everywhere"} and found.cause


# --- TensorFlow 1, rnn_cell_test.py: BasicLSTMCell ------------------------------------------------------------------


def tf1_cell():
    """2 units, 2 inputs, all weights .5, biases 0, x = [1, 1], c = h = .1."""
    layer = built(le.LSTM(2, return_state=True), (None, None, 2))
    layer.set_weights([np.full((2, 8), 0.5), np.full((2, 8), 0.5), np.zeros(8)])
    return layer, np.ones((1, 1, 2)), [np.full((1, 2), 0.1)] * 2


def test_tf1_basic_lstm_cell_adds_a_forget_bias():
    layer, x, start = tf1_cell()
    c, h = [[0.68967271, 0.68967271]], [[0.44848421, 0.44848421]]
    found = diagnose([np.array(h), np.array(c)], layer, x, None, start)
    assert found.cause == "tf1-forget-bias"
    assert "unit-forget-bias:twice" in found.candidates[0].same_as
    assert found.evidence.precision == "8 decimals"
    _, *states = CATALOGUE["tf1-forget-bias"].output(layer, x, None, start)
    np.testing.assert_allclose(states, [h, c], atol=1e-6)


def test_tf1_basic_lstm_cell_without_its_forget_bias_is_keras():
    layer, x, start = tf1_cell()
    c, h = 0.67560849, 0.44164589
    found = diagnose([np.full((1, 2), h), np.full((1, 2), c)], layer, x, None, start)
    assert found.verdict == "agrees" and found.cause is None
    step = le.lstm_step(x[:, 0], *start, *layer.get_weights())
    np.testing.assert_allclose([step.c, step.h], [[[c, c]], [[h, h]]], atol=1e-7)


def test_with_weights_that_are_all_equal_that_test_cannot_see_much():
    layer, x, start = tf1_cell()
    missed = {one.id: one.why for one in adequacy(layer, x, None, start).missed}
    assert "h-c-swapped" in missed and missed["bias-missing"] == "all biases are zero"
    assert sum(id.startswith("gate-order") for id in missed) >= 5


# --- StackOverflow, the puzzle of notebook 01: the weights that were printed were not those that were used -----------

PRINTED = [
    [-0.6072792, 0.87520194, -0.5916964, -0.28233814, 0.37042332],
    [0.24503589, -0.8950937, -0.7122175, 0.67322683, 0.9035703],
]
SEEN = [-0.25280607, 1.0728977, -0.6096982, 1.1957564, 0.82103825]


def test_a_dense_layer_whose_weights_were_drawn_twice():
    layer = built(le.Dense(5), (None, 2))
    layer.set_weights([PRINTED, np.zeros(5)])
    right = layer(np.ones((1, 2)))[0]
    np.testing.assert_allclose(right, np.sum(PRINTED, axis=0), atol=1e-6)
    assert np.abs(right - SEEN).min() > 0.05
    found = diagnose(SEEN, layer, np.ones((1, 2)), pairs=True)
    assert found.cause is None and found.verdict == "unexplained"  # five numbers cannot prove it
    assert "weights-redrawn" in found.explanation and "no activation that only rises" in found.explanation


# --- keras#8720: the GRU's two rows of biases -----------------------------------------------------------------------


def test_gru_bias_rows_are_invisible_while_they_are_zero():
    layer = randomise(built(le.GRU(3, return_sequences=True), (None, None, 5)), rng_of(0))
    x = rng_of(1).standard_normal((2, 6, 5)).astype("float32")
    kernel, recurrent_kernel, (b, d) = layer.get_weights()
    h, outputs = np.zeros((2, 3), "float32"), []
    for t in range(x.shape[1]):  # the two rows added up, all on the side of the input
        a, u = x[:, t] @ kernel + b + d, h @ recurrent_kernel
        z, r = (1 / (1 + np.exp(-(a + u)[:, k : k + 3])) for k in (0, 3))
        h = z * h + (1 - z) * np.tanh(a[:, 6:] + r * u[:, 6:])
        outputs.append(h)
    assert diagnose(np.stack(outputs, axis=1), layer, x).cause == "gru-bias-rows:summed"
    layer.set_weights([kernel, recurrent_kernel, np.zeros((2, 9))])
    missed = {one.id: one.why for one in adequacy(layer, x).missed}
    assert missed["gru-bias-rows:summed"] == "all biases are zero"


# --- keras#6143: softmax in the layer, and once more in the loss ----------------------------------------------------


def test_double_softmax():
    layer = built(le.Dense(2, activation="softmax", use_bias=False), (None, 2))
    layer.set_weights([np.eye(2)])
    x, target = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])
    once = layer(x)
    twice = np.exp(once) / np.exp(once).sum()
    assert -np.log(once[0, 0]) == pytest.approx(0.313262, abs=1e-6)
    assert -np.log(twice[0, 0]) == pytest.approx(0.488548, abs=1e-6)
    assert diagnose(twice, layer, x).cause == "extra-activation:softmax"
    for loss in (le.losses.CategoricalCrossentropy, keras().losses.CategoricalCrossentropy):
        assert float(loss(from_logits=False)(target, once)) == pytest.approx(0.313262, abs=1e-6)
        assert float(loss(from_logits=True)(target, once)) == pytest.approx(0.488548, abs=1e-6)
