"""gradcheck: right for every layer, wrong for a wrong one, and whole models against tf.GradientTape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from side_by_side import assert_close, keras, models, tf

import lstm_edu as le

MASK = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]], bool)
B, T, F = 4, 4, 3


def filled(layer, shape=(None, None, F), seed=0):
    layer.build(shape)
    rng = np.random.default_rng(seed)
    layer.set_weights([0.7 * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def recurrent(name, **arguments):
    return getattr(le, name)(2, **arguments, dtype="float64")


def x_of(shape=(B, T, F), seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


FLAGS = [
    {},
    {"return_sequences": True},
    {"return_state": True, "go_backwards": True},
    {"return_sequences": True, "zero_output_for_mask": True},
    {"use_bias": False, "recurrent_activation": "hard_sigmoid_keras2", "activation": "softsign"},
]


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM", "PeepholeLSTM"])
@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
def test_recurrent_layers(name, flags, mask):
    if name in ("SimpleRNN", "PeepholeLSTM"):
        flags = {key: value for key, value in flags.items() if key not in ("recurrent_activation", "use_bias")}
    layer = filled(recurrent(name, **flags))
    states = [x_of((B, 2), seed) for seed in range(2, 2 + len(layer.state_names))]
    report = le.gradcheck(layer, x_of(), mask, states).check()
    assert report and report.max_abs < 1e-8
    names = [a.argument for a in report.arguments]
    assert names == [*layer.weight_names, "x", *(f"initial_state[{k}]" for k in range(len(states)))]
    assert all(np.abs(a.received).max() > 1e-3 for a in report.arguments)  # there was something to compare


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
def test_bidirectional(merge_mode):
    layer = filled(le.Bidirectional(recurrent("GRU", return_sequences=True, return_state=True), merge_mode=merge_mode))
    assert le.gradcheck(layer, x_of(), MASK, [x_of((B, 2), 5), x_of((B, 2), 6)]).check()


def test_models_with_embeddings_states_and_softmax():
    model = filled(
        le.Sequential(
            [
                le.Embedding(6, 3, mask_zero=True, dtype="float64"),
                recurrent("LSTM", return_sequences=True, stateful=True),
                le.TimeDistributed(le.Dense(3, "softmax", dtype="float64")),
                recurrent("SimpleRNN", stateful=True),
            ]
        ),
        (2, None),
    )
    model(np.array([[1, 2, 5, 0], [3, 0, 0, 0]]))
    states, weights = model.layers[1].states, model.get_weights()
    report = le.gradcheck(model, [[1, 2, 2, 0], [3, 5, 0, 0]]).check()
    assert "x" not in [a.argument for a in report.arguments]  # token ids have no gradient
    assert_close(model.layers[1].states, states, "state", 0, 0)  # the layer is left as it was
    assert_close(model.get_weights(), weights, "weight", 0, 0)


class Broken(le.Dense):
    """A Dense layer whose backward pass is wrong in one number of the bias."""

    def _backward(self, trace, dy, d_state):
        grads = super()._backward(trace, dy, d_state)
        grads.weights[1][2] *= 1.0001
        return grads


def test_one_wrong_number_is_found_and_named():
    layer = filled(Broken(4, "tanh", dtype="float64", name="mine"), (None, F))
    report = le.gradcheck(layer, x_of((5, F)))
    assert (
        not report and "bias      (4,)" in repr(report) and "1 of 4 wrong" in repr(report) and "WRONG" in repr(report)
    )
    with pytest.raises(AssertionError) as error:
        report.check()
    bias = report.arguments[1]
    for word in ("Broken 'mine'", "bias", "(2,)", f"{bias.received[2]:.9g}", f"{bias.expected[2]:.9g}"):
        assert word in str(error.value)
    assert report.arguments[0].ok.all() and list(bias.ok) == [True, True, False, True]
    assert report.max_abs == bias.max_abs == pytest.approx(1e-4 * abs(bias.expected[2]), rel=1e-3)


def test_a_report_reads_as_a_table():
    text = repr(le.gradcheck(filled(recurrent("LSTM")), x_of()))
    assert text.splitlines()[0] == "Gradients of LSTM 'lstm': all agree"
    assert [line.split()[0] for line in text.splitlines()[1:]] == [
        "argument",
        "kernel",
        "recurrent_kernel",
        "bias",
        "x",
    ]


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: le.gradcheck(filled(le.LSTM(2)), x_of()), ValueError, "float64.*it has float32"),
        (lambda: le.gradcheck(le.LSTM(2, dtype="float64"), x_of()), ValueError, "no weights yet"),
        (lambda: le.gradcheck(np.tanh, x_of()), TypeError, "ufunc"),
        (
            lambda: le.gradcheck(filled(le.Sequential([le.LSTM(2), recurrent("Dense")])), x_of()),
            ValueError,
            "Sequential.*it has float32",
        ),
        (lambda: le.gradcheck(filled(recurrent("LSTM")), x_of((B, T, 2))), ValueError, "3 features"),
    ],
)
def test_bad_input(act, error, words):
    with pytest.raises(error, match=words):
        act()


# --- whole models against tf.GradientTape ---------------------------------------------------------------------------

STACKS = st.lists(
    st.tuples(
        st.sampled_from(["SimpleRNN", "GRU", "LSTM"]),
        st.fixed_dictionaries({"units": st.integers(1, 4), "go_backwards": st.booleans()}),
    ),
    min_size=1,
    max_size=2,
)


@settings(max_examples=10)
@given(STACKS, st.booleans(), st.sampled_from(["softmax", "sigmoid", "tanh"]), st.integers(0, 10**6))
def test_gradients_of_random_models_equal_gradient_tape(stack, sequences, activation, seed):
    """Masking, one or two recurrent layers, Dense, a loss: dL/dw of every weight, and dL/dx."""
    rng = np.random.default_rng(seed)
    stack = [(name, arguments | {"return_sequences": True}) for name, arguments in stack]
    if not sequences:
        stack[-1] = (stack[-1][0], stack[-1][1] | {"return_sequences": False})
    spec = [("Masking", {}), *stack, ("Dense", {"units": 5, "activation": activation})]
    ours, theirs = models(spec, (None, T, F), seed=seed)
    x = x_of((3, T, F), seed) * (rng.random((3, T, 1)) < 0.7)
    name = "SparseCategoricalCrossentropy" if activation == "softmax" else "MeanSquaredError"
    outputs = (3, T) if sequences else (3,)
    y = rng.integers(0, 5, outputs) if activation == "softmax" else rng.standard_normal((*outputs, 5))
    ours.compile("sgd", getattr(le.losses, name)(dtype="float64"))
    loss, gradients, _ = ours.loss_and_gradients(x, y)

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        expected = getattr(keras.losses, name)(dtype="float64")(y, theirs(x))
    *d_weights, dx = tape.gradient(expected, [*theirs.trainable_variables, x])
    assert_close([loss], [expected.numpy()], "loss", 1e-11, 1e-9)
    assert_close([*gradients.weights, gradients.x], [d.numpy() for d in (*d_weights, dx)], "gradient", 1e-10, 1e-8)
