"""from_keras: the same layer, or a refusal that names what is not supported."""

import os
import subprocess
import sys

import numpy as np
import pytest
from helpers import B, F, H, T, as_arrays, keras, keras_noise_allowed, randomise, rng_of, sequences, states, theirs
from limits import HANGS

import lstm_edu as le
from lstm_edu.keras_bridge import loading

# A configuration in which nothing has its default value.
LSTM_CONFIG = {
    "units": H,
    "activation": "softsign",
    "recurrent_activation": "hard_sigmoid",
    "use_bias": False,
    "unit_forget_bias": False,
    "dropout": 0.25,
    "recurrent_dropout": 0.5,
    "seed": 7,
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
    "zero_output_for_mask": True,
    "use_cudnn": False,
    "trainable": False,
    "dtype": "float64",
    "name": "mine",
    "kernel_regularizer": "l2",
    "recurrent_constraint": "max_norm",
}


def test_every_argument_of_an_lstm_is_carried_over():
    layer = theirs("LSTM", rng_of(1), (B, None, F), **LSTM_CONFIG)
    mine = le.from_keras(layer)
    for name, value in LSTM_CONFIG.items():
        if name in ("activation", "recurrent_activation"):
            assert getattr(mine, name).name == value
        elif name.endswith(("regularizer", "constraint")):
            assert mine.training_only[name]["class_name"] in ("L2", "MaxNorm")
        else:
            assert getattr(mine, name) == value, name
    # None of Keras's arguments was forgotten: the others change only how weights are first drawn, or training.
    assert {*layer.get_config()} - {*LSTM_CONFIG} <= {
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
        "recurrent_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
    }


def test_every_argument_of_a_dense_layer_is_carried_over():
    config = {
        "units": 3,
        "activation": "gelu",
        "use_bias": False,
        "name": "mine",
        "dtype": "float64",
        "trainable": False,
    }
    layer = theirs("Dense", rng_of(2), (None, F), bias_constraint="non_neg", **config)
    mine = le.from_keras(layer)
    for name, value in config.items():
        assert (mine.activation.name if name == "activation" else getattr(mine, name)) == value
    assert {*layer.get_config()} - {*config} <= {
        "trainable",
        "kernel_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "bias_regularizer",
        "kernel_constraint",
        "bias_constraint",
        "quantization_config",
    }


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("GRU", {"units": 3, "activation": "relu", "reset_after": False, "go_backwards": True, "return_state": True}),
        ("SimpleRNN", {"units": 3, "activation": "relu", "use_bias": False, "return_sequences": True}),
        ("Masking", {"mask_value": -1.5}),
        ("Dropout", {"rate": 0.25, "noise_shape": (None, 1, F), "seed": 3}),
        ("Embedding", {"input_dim": 7, "output_dim": 3, "mask_zero": True}),
    ],
)
def test_the_other_layers_carry_their_arguments(kind, config):
    mine = le.from_keras(theirs(kind, rng_of(2), (None, T) if kind == "Embedding" else (None, T, F), **config))
    assert type(mine).__name__ == kind
    for name, value in config.items():
        assert (mine.activation.name if name == "activation" else getattr(mine, name)) == value


def test_layers_around_layers_carry_theirs():
    layers = keras().layers
    one = layers.LSTM(3, return_sequences=True, recurrent_activation="hard_sigmoid")
    back = layers.LSTM(3, return_sequences=True, go_backwards=True, activation="relu")
    mine = le.from_keras(randomise(built(layers.Bidirectional(one, "ave", backward_layer=back)), rng_of(2)))
    assert mine.merge_mode == "ave" and mine.forward_layer.recurrent_activation.name == "hard_sigmoid"
    assert mine.backward_layer.activation.name == "relu"
    mine = le.from_keras(randomise(built(layers.TimeDistributed(layers.Dense(2, "relu"))), rng_of(2)))
    assert mine.layer.activation.name == "relu"
    twice = layers.Bidirectional(layers.LSTM(3, dtype="float64"))
    with pytest.raises(ValueError, match="casts the input twice"):
        le.from_keras(built(twice))


def built(layer):
    layer.build((None, T, F))
    return layer


def test_the_weights_are_copies():
    layer = theirs("LSTM", rng_of(3), units=H)
    mine = le.from_keras(layer)
    before = layer.get_weights()
    for a, b in zip(mine.get_weights(), before, strict=True):
        assert a.dtype == b.dtype and (a == b).all()
    randomise(mine, rng_of(4))
    for a, b in zip(layer.get_weights(), before, strict=True):
        assert (a == b).all()
    randomise(layer, rng_of(5))
    assert (mine.kernel != layer.get_weights()[0]).all()


@pytest.mark.parametrize("name", sorted({*le.activations.names()} - {"hard_sigmoid_keras2", "swish", "hard_swish"}))
def test_every_activation_is_known_by_its_name(name):
    layer = theirs("Dense", rng_of(6), (None, F), units=4, activation=name)
    assert le.from_keras(layer).activation.name == name


def test_hard_sigmoid_is_the_one_of_keras_3():
    layer = theirs("LSTM", rng_of(7), units=H, recurrent_activation="hard_sigmoid")
    assert le.from_keras(layer).recurrent_activation(np.float64(1.0)) == pytest.approx(1 / 6 + 0.5)


# --- models and files -----------------------------------------------------------------------------------------------


def chain(functional=False, **last):
    """Input(T, F) -> LSTM -> LSTM -> Dense, as a Sequential or a Functional model."""
    layers = keras().layers
    parts = [layers.LSTM(4, return_sequences=True), layers.LSTM(3), layers.Dense(2, "softmax", **last)]
    if functional:
        x = inputs = keras().Input((T, F))
        for layer in parts:
            x = layer(x)
        return randomise(keras().Model(inputs, x), rng_of(8))
    return randomise(keras().Sequential([keras().Input((T, F)), *parts]), rng_of(8))


@pytest.mark.parametrize("functional", [False, True])
def test_a_model_keeps_its_names_shapes_and_numbers(functional):
    model = chain(functional)
    mine = le.from_keras(model)
    assert isinstance(mine, le.Sequential) and mine.name == model.name
    assert [layer.name for layer in mine.layers] == [la.name for la in model.layers if la.get_weights()]
    assert mine.count_params() == model.count_params()
    assert f"(None, {T}, 4)" in mine.summary()
    x = sequences(rng_of(9))
    le.compare(mine(x), model(x)).check()


def test_models_inside_models():
    inner = chain()
    outer = keras().Sequential([keras().Input((T, F)), keras().layers.Dense(F), inner, keras().layers.Dense(2)])
    randomise(outer, rng_of(10))
    x = sequences(rng_of(11))
    le.verify(outer, x).check()
    le.compare(le.from_keras(outer)(x), outer(x)).check()


def test_a_model_whose_last_layer_returns_its_states():
    inputs = keras().Input((T, F))
    model = randomise(keras().Model(inputs, keras().layers.LSTM(H, return_state=True)(inputs)), rng_of(12))
    le.verify(model, sequences(rng_of(13))).check()


def test_a_saved_model(tmp_path):
    model = chain()
    with keras_noise_allowed():
        model.save(tmp_path / "model.keras")
        for path in (tmp_path / "model.keras", str(tmp_path / "model.keras")):
            mine = le.from_keras(path)
    x = sequences(rng_of(14))
    le.compare(mine(x), model(x)).check()
    with keras_noise_allowed():
        le.verify(tmp_path / "model.keras", x).check()


# --- what is refused ------------------------------------------------------------------------------------------------


def branching(make):
    inputs = keras().Input((T, F))
    return keras().Model(inputs, make(keras().layers, inputs))


def twice(layers, x):
    dense = layers.Dense(F)
    return dense(dense(x))


GRAPHS = {
    "two outputs": (lambda la, x: [la.Dense(2)(x), la.Dense(3)(x)], "not a chain: it uses"),
    "a sum": (lambda la, x: la.Add()([la.Dense(F)(x), x]), "not a chain: it calls.*with 2 inputs"),
    "an operator": (lambda la, x: la.Dense(F)(x) + x, "computes 'add"),
    "a function": (lambda la, x: keras().ops.relu(la.Dense(F)(x)), "computes 'relu"),
    "a layer used twice": (twice, "uses the layer.*twice"),
    "some of the states": (lambda la, x: la.LSTM(H, return_state=True)(x)[:2], "exactly what the layer before"),
    "a state as output": (lambda la, x: la.LSTM(H, return_state=True)(x)[2], "exactly what the layer before"),
    "a call in training mode": (lambda la, x: la.LSTM(H)(x, training=True), "with the arguments training"),
    "a mask of its own": (lambda la, x: la.LSTM(H)(x, mask=keras().ops.any(x > 0, axis=-1)), "the arguments mask"),
    "another layer": (lambda la, x: la.Dense(2)(la.Conv1D(3, 2)(x)), "Conv1D.*not supported.*Supported: "),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_that_is_no_chain_is_ours_as_far_as_we_have_its_layers(name):
    make, _ = GRAPHS[name]
    model = randomise(branching(make), rng_of(16))
    mine, x = le.from_keras(model), sequences(rng_of(17))
    assert isinstance(mine, le.Graph) and mine.count_params() > 0
    for own, keras_own in zip(as_arrays(mine(x)), as_arrays(model(x)), strict=True):
        le.compare(own, keras_own).check()


@pytest.mark.parametrize("name", GRAPHS)
def test_what_needs_a_chain_says_why_a_graph_is_none(name):
    make, said = GRAPHS[name]
    with pytest.raises(ValueError, match=said):
        le.keras_bridge.keras_trace(branching(make), sequences(rng_of(18)))


def test_a_model_in_which_nothing_is_ours_is_refused_with_its_layers():
    inputs = keras().Input((T, F))
    model = keras().Model(inputs, keras().layers.Conv1D(2, 2, name="conv")(inputs))
    with pytest.raises(ValueError, match="no layer that can be rebuilt.*conv: .*Conv1D.*Supported: Dense"):
        le.from_keras(model)


def test_a_model_with_three_inputs():
    layers = keras().layers
    x, h, c = keras().Input((T, F)), keras().Input((H,)), keras().Input((H,))
    model = keras().Model([x, h, c], layers.LSTM(H)(x, initial_state=[h, c]))
    rng = rng_of(19)
    given = [sequences(rng), *states(rng)]
    le.compare(le.from_keras(randomise(model, rng))(given), model(given)).check()
    with pytest.raises(ValueError, match="3 inputs"):
        le.keras_bridge.keras_trace(model, given[0])
    with pytest.raises(ValueError, match="has 3 inputs.*needs a list of as many arrays"):
        le.from_keras(model)(given[0])


def test_a_subclass_of_a_layer_is_refused_for_it_may_compute_anything():
    class LSTM(keras().layers.LSTM):
        pass

    class Mine(keras().Model):
        def __init__(self):
            super().__init__()
            self.dense = keras().layers.Dense(2, name="dense")

        def call(self, x):
            return self.dense(x)

    class Chain(keras().Sequential):
        pass

    x = sequences(rng_of(15))
    for source, said in [(LSTM(H), "subclass of LSTM"), (Chain([LSTM(H)]), "subclass of LSTM")]:
        source(x)
        with pytest.raises(ValueError, match=said):
            le.from_keras(source)
    model = Mine()
    model(x)
    mine = le.from_keras(randomise(model, rng_of(20)))
    assert list(mine.inner) == ["dense"]
    le.compare(mine(x), model(x)).check()


def test_unbuilt_layers_and_models_are_refused():
    layers = keras().layers
    for source in (layers.LSTM(H), layers.Dense(2), keras().Sequential([layers.LSTM(H)])):
        with pytest.raises(ValueError, match="is not built, so it has no weights yet"):
            le.from_keras(source)
    inputs = keras().Input((T, F))
    with pytest.raises(ValueError, match="has no layers"):
        le.from_keras(keras().Model(inputs, inputs))


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_half_and_mixed_precision_are_carried_over(policy):
    layer = keras().layers.LSTM(H, dtype=policy, recurrent_initializer="zeros")
    layer.build((None, None, F))
    mine = le.from_keras(layer)
    assert (mine.dtype_policy.name, mine.compute_dtype) == (policy, layer.compute_dtype)
    assert mine.dtype_policy.variable_dtype == layer.variable_dtype


def test_activations_that_are_no_name_are_refused():
    import tensorflow as tf

    layers = keras().layers
    for activation, said in [
        (lambda x: x, "lambda"),
        (tf.nn.relu, "pass activation='relu'"),
        (keras().ops.tanh, "pass activation='tanh'"),
        (layers.LeakyReLU(), "LeakyReLU"),
    ]:
        layer = layers.LSTM(H, activation=activation)
        layer.build((None, None, F))
        with pytest.raises(ValueError, match=f"activation is.*not one of keras.activations.*{said}|{said}.*not one of"):
            le.from_keras(layer)


def test_quantised_and_adapted_layers_are_refused():
    for adapt in (lambda la: la.quantize("int8"), lambda la: la.enable_lora(2)):
        layer = theirs("Dense", rng_of(16), (None, F), units=3)
        with keras_noise_allowed():
            adapt(layer)
        with pytest.raises(ValueError, match="quantised and LoRA"):
            le.from_keras(layer)


@pytest.mark.parametrize(
    ("source", "said"),
    [(3, "got int"), (None, "got NoneType"), (np.ones(3), "got ndarray"), (le.LSTM(2), "which is already converted")],
)
def test_what_is_no_keras_layer_is_refused(source, said):
    with pytest.raises(TypeError, match=said):
        le.from_keras(source)
    with pytest.raises(TypeError, match="make one: LSTM"):
        le.from_keras(keras().layers.LSTM)


# --- Keras itself ---------------------------------------------------------------------------------------------------


def run_python(code, environment=os.environ):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=HANGS)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')", "tensorflow"),
        ("__version__ = '2.15.0'", "needs Keras 3, but Keras 2.15.0 is installed"),
    ],
)
def test_a_missing_or_old_keras_says_how_to_install_it(planted, said, tmp_path):
    with keras_noise_allowed():
        chain().save(tmp_path / "model.keras")
    (tmp_path / "keras.py").write_text(planted)
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import lstm_edu as le
le.compare([1.0], [1.0]).check()
for use in (le.from_keras, lambda path: le.verify(path, [1.0])):
    try:
        use({str(tmp_path / "model.keras")!r})
    except ImportError as error:
        print(error)
"""
    done = run_python(code)
    assert said in done.stdout, done.stderr
    assert done.stdout.count("pip install") == 4


def test_keras_is_loaded_without_chatter():
    environment = {k: v for k, v in os.environ.items() if k not in ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS")}
    code = "from lstm_edu.keras_bridge.loading import keras; print(keras().backend.backend())"
    done = run_python(code, environment)
    assert done.stdout.strip() == "tensorflow", done.stderr
    assert done.stderr == ""


def test_nothing_is_keras_before_keras_is_there(monkeypatch):
    assert not loading.is_keras(3)
    assert loading.is_keras(keras().layers.LSTM(2)) and loading.is_keras(chain())
    monkeypatch.delitem(sys.modules, "keras")
    assert not loading.is_keras(object())
