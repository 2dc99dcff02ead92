"""Models of any shape: ours where we have the layer, Keras's for the rest; called, traced, diagnosed, explored."""

import copy

import numpy as np
import pytest
from helpers import B, F, H, T, keras, keras_noise_allowed, randomise, rng_of, sequences

import lstm_edu as le
from lstm_edu.core.graph import Graph, Reached, Refused
from lstm_edu.doctor.hypotheses import single_mistakes, with_mistakes
from lstm_edu.doctor.recipes import recipe_of
from lstm_edu.doctor.running import run

pytestmark = pytest.mark.filterwarnings("ignore:.*does not support masking.*:UserWarning")


def stacked(*layers, shape=(T, F), rng=None):
    """A Sequential of Keras with random weights, variances positive."""
    model = keras().Sequential([keras().Input(shape), *layers])
    randomise(model, rng or rng_of(1))
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([np.abs(w) + 0.1 for w in layer.get_weights()])
    return model


def branching():
    """Ids and a signal; a shared LSTM; states handed from one layer to another; two outputs."""
    layers = keras().layers
    ids, signal = keras().Input((T,), dtype="int32", name="ids"), keras().Input((T, F), name="signal")
    words = layers.Embedding(9, F, mask_zero=True, name="words")(ids)
    shared = layers.LSTM(H, return_sequences=True, return_state=True, name="shared")
    y, h, c = shared(words)
    z, *_ = shared(layers.Conv1D(F, 3, padding="same", name="conv")(signal), initial_state=[h, c])
    pooled = layers.GlobalMaxPooling1D(name="pool")(z)
    a = layers.Dense(3, "softmax", name="classes")(layers.Concatenate()([pooled, h]))
    return randomise(keras().Model([ids, signal], [a, layers.Dense(2, name="other")(y)], name="branching"), rng_of(2))


def branching_input(rng):
    ids = rng.integers(1, 9, (B, T))
    ids[1, 4:] = 0
    return [ids, sequences(rng)]


def mine():
    """A model with code of its own."""

    class Mine(keras().Model):
        def __init__(self):
            super().__init__(name="mine")
            self.read = keras().layers.Bidirectional(keras().layers.GRU(H, return_sequences=True), name="read")
            self.last = keras().layers.Dense(2, name="last")

        def call(self, x):
            return 2 * self.last(keras().ops.mean(self.read(x * x), axis=1)) + 1

    model = Mine()
    model(sequences(rng_of(3)))
    return randomise(model, rng_of(3))


# --- calls and traces -----------------------------------------------------------------------------------------------


def test_a_graph_returns_what_the_model_returns():
    model = branching()
    x = branching_input(rng_of(4))
    graph = le.from_keras(model)
    assert isinstance(graph, le.Graph)
    for own, theirs in zip(graph(x), model(x), strict=True):
        le.compare(own, theirs).check()
    by_name = graph(dict(zip(("signal", "ids"), reversed(x), strict=True)))
    assert all((p == q).all() for p, q in zip(by_name, graph(x), strict=True))


def test_our_weights_are_the_ones_that_compute():
    model, x = branching(), branching_input(rng_of(4))
    graph = le.from_keras(model)
    graph.set_weights([w + 0.5 for w in graph.get_weights()])
    assert all(np.abs(own - theirs).max() > 1e-3 for own, theirs in zip(graph(x), model(x), strict=True))


def test_a_trace_has_a_child_for_every_call_of_our_layers():
    model, x = branching(), branching_input(rng_of(5))
    trace = le.from_keras(model).trace(x)
    report = le.verify(model, x)
    assert list(trace.children) == [layer.name for layer in report.layers]
    assert "shared (call 2 of 2)" in trace.children
    for layer in report.layers:
        for name in layer.ours.names:
            le.compare(trace[layer.name][name], layer.ours[name]).check()
    le.compare(trace.output[0], model(x)[0]).check()


def test_a_model_with_code_of_its_own():
    model, x = mine(), sequences(rng_of(6), batch=4)
    graph = le.from_keras(model)
    assert list(graph.inner) == ["read", "last"]
    le.compare(graph(x), model(x)).check()


def test_a_chain_is_still_a_sequential_and_batch_normalization_belongs_to_it():
    layers = keras().layers
    model = stacked(layers.LSTM(H), layers.BatchNormalization(), layers.Dense(2))
    ours = le.from_keras(model)
    assert isinstance(ours, le.Sequential)
    assert [type(layer).__name__ for layer in ours.layers] == ["LSTM", "BatchNormalization", "Dense"]
    x, y = sequences(rng_of(7)), rng_of(8).standard_normal((B, 2))
    le.verify(model, x, y, loss="mse").check()


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("scale", [True, False])
def test_batch_normalization_computes_what_keras_computes(center, scale):
    layer = keras().layers.BatchNormalization(epsilon=1e-4, center=center, scale=scale)
    layer.build((None, T, F))
    layer.set_weights([np.abs(w) + 0.1 for w in randomise(layer, rng_of(9)).get_weights()])
    x = sequences(rng_of(10))
    le.verify(layer, x, rng_of(11).standard_normal(x.shape)).check()


def test_batch_normalization_does_not_follow_training():
    layer = le.BatchNormalization()
    layer.build((None, F))
    x = rng_of(12).standard_normal((B, F))
    with pytest.raises(ValueError, match="statistics of the batch, which is not supported"):
        layer(x, training=True)
    frozen = le.BatchNormalization(trainable=False)
    frozen.build((None, F))
    assert (frozen(x, training=True) == frozen(x)).all()
    with pytest.raises(ValueError, match="only axis=-1"):
        le.BatchNormalization(axis=1)


def test_what_a_graph_does_not_do_is_said():
    graph, x = le.from_keras(branching()), branching_input(rng_of(13))
    with pytest.raises(ValueError, match="inference only"):
        graph(x, training=True)
    with pytest.raises(ValueError, match="no gradient can be taken through it"):
        graph.backward(graph.trace(x), np.ones((B, 3)))
    with pytest.raises(ValueError, match="has 2 inputs"):
        graph(x[0])
    with pytest.raises(ValueError, match="no layer is ours"):
        Graph({}, graph.rest)


def test_text_is_taken_as_strings():
    layers = keras().layers
    split = layers.TextVectorization(output_sequence_length=T)
    split.adapt(["the cat sat on the mat", "a dog ran"])
    model = keras().Sequential(
        [
            keras().Input((1,), dtype="string"),
            split,
            layers.Embedding(split.vocabulary_size(), 3, mask_zero=True),
            layers.LSTM(H),
        ]
    )
    randomise(model, rng_of(14))
    said = ["the cat ran", "a dog"]
    right = np.asarray(model(keras().ops.convert_to_tensor([[line] for line in said])))
    graph = le.from_keras(model)
    for x in (said, np.array(said), np.array(said, dtype=object)[:, None]):
        le.compare(graph(x), right).check()
        le.verify(model, x).check()
    assert le.diagnose(right, model, said, progress=False).verdict == "agrees"
    with pytest.raises(TypeError, match="takes text: give strings"):
        le.verify(model, np.ones((2, 1)))


# --- going on from a layer ------------------------------------------------------------------------------------------


def counted(graph):
    """The graph's own answers, and a list of the layers that were asked."""
    asked = []

    def compute(reached: Reached):
        asked.append((reached.name, len(reached.x)))
        given = {} if reached.initial_state is None else {"initial_state": reached.initial_state}
        return graph.inner[reached.name](reached.x, mask=reached.mask, **given)

    return compute, asked


def test_only_what_comes_after_a_layer_is_computed_again_for_many_at_once():
    model, x = branching(), branching_input(rng_of(15))
    graph = le.from_keras(model)
    compute, asked = counted(graph)
    run_once = graph.rest.record(graph.rest.inputs(x), None, compute)
    assert run_once.separable
    at = [reached.name for reached in run_once.reached].index("classes")
    y = graph.inner["classes"](run_once.reached[at].x)
    asked.clear()
    together = run_once.go_on(at, np.concatenate([y, y / 2, y * 3]), compute, copies=3)
    assert "words" not in dict(asked) and "shared" not in dict(asked)
    for k, one in enumerate((y, y / 2, y * 3)):
        alone = run_once.go_on(at, one, compute)
        for a, b in zip(together, alone, strict=True):
            assert np.allclose(a[k * B : (k + 1) * B], b, atol=1e-6)


def test_what_does_not_fit_is_refused_and_every_other_fault_stays_one():
    layers = keras().layers
    graph = le.from_keras(stacked(layers.LSTM(H, name="lstm"), layers.Reshape((H, 1)), layers.Conv1D(2, 2)))
    x = graph.rest.inputs(sequences(rng_of(16)))
    compute, _ = counted(graph)
    recording = graph.rest.record(x, None, compute)
    with pytest.raises(Refused):
        recording.go_on(0, np.zeros((B, H + 1)), compute)

    def faulty(reached):
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        graph.rest.record(x, None, faulty)
    right = recipe_of(graph, x)
    right.layer.rest.record = faulty
    with pytest.raises(TypeError):
        run([right])


def test_samples_that_are_mixed_are_not_put_together():
    class Centred(keras().layers.Layer):
        def call(self, x):
            return x - keras().ops.mean(x, axis=0, keepdims=True)

    layers = keras().layers
    model = stacked(layers.LSTM(H, name="lstm"), Centred(), layers.Dense(2))
    graph, x = le.from_keras(model), sequences(rng_of(16))
    compute, _ = counted(graph)
    assert not graph.rest.record(graph.rest.inputs(x), None, compute).separable
    wrong = le.doctor.CATALOGUE["bias-missing"].output(graph, x, place=("lstm",))
    assert le.diagnose(wrong, model, x, pairs=False, progress=False).cause == "bias-missing"


@pytest.mark.parametrize("make", [branching, mine], ids=["branching", "mine"])
def test_a_mistake_in_a_graph_is_the_same_as_in_the_weights(make):
    """What is gone on with agrees with a graph whose layer has the wrong numbers itself."""
    model = make()
    x = branching_input(rng_of(17)) if make is branching else sequences(rng_of(17))
    graph = le.from_keras(model)
    for name, layer in graph.inner.items():
        if "bias" not in layer.weight_names:
            continue
        wrong = copy.deepcopy(layer)
        wrong.set_weights([*layer.get_weights()[:-1], 0 * layer.weights[-1]])
        expected = Graph(graph.inner | {name: wrong}, graph.rest, None, name="wrong")(x)
        got = le.doctor.CATALOGUE["bias-missing"].output(graph, x, place=(name,))
        for a, b in zip(*(v if isinstance(v, (list, tuple)) else [v] for v in (got, expected)), strict=True):
            assert np.allclose(a, b, atol=1e-5), name


def test_many_mistakes_at_once_are_what_each_is_alone():
    model, x = branching(), branching_input(rng_of(18))
    graph = le.from_keras(model)
    right = recipe_of(graph, x)
    run([right])
    made = [m for m in single_mistakes(graph) if with_mistakes(right, (m,)) is not None][::7]
    together = run([with_mistakes(right, (m,)) for m in made])
    for m, outputs in zip(made, together, strict=True):
        (alone,) = run([with_mistakes(recipe_of(graph, x), (m,))])
        assert (outputs is None) == (alone is None), m
        for a, b in zip(outputs or (), alone or (), strict=True):
            assert np.allclose(a, b, atol=1e-5, equal_nan=True), m


# --- diagnosing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mistake", "place"),
    [
        ("gate-order:i,g,f,o", ("shared",)),
        ("bias-missing", ("classes",)),
        ("extra-activation:softmax", ("classes",)),
        ("mask-lost", ("shared",)),
        ("slicing:ids-plus-one", ("words",)),
    ],
)
def test_a_mistake_in_one_branch_is_named_with_its_place(mistake, place):
    model, x = branching(), branching_input(rng_of(19))
    wrong = le.doctor.CATALOGUE[mistake].output(le.from_keras(model), x, place=place)
    found = le.diagnose(list(wrong), model, x, pairs=False, progress=False)
    assert found.candidates and mistake in {i for c in found.candidates for i in (c.id, *c.same_as)}, found
    assert found.candidates[0].places[0] == place or found.verdict == "several"


def test_two_mistakes_in_one_layer_of_a_graph():
    layers = keras().layers
    model = stacked(
        layers.Conv1D(3, 2), layers.LSTM(H, name="lstm"), layers.Reshape((2, 2)), layers.Flatten(), layers.Dense(3)
    )
    x = sequences(rng_of(20), batch=4)
    graph = le.from_keras(model)
    right = recipe_of(graph, x)
    catalogue = {m.mistake.id: m for m in single_mistakes(graph) if m.place == ("lstm",)}
    both = catalogue["gate-order:i,g,f,o"], catalogue["bias-missing"]
    ((wrong,),) = run([with_mistakes(right, both)])
    found = le.diagnose(wrong, model, x, progress=False)
    assert found.verdict == "cause" and set(found.candidates[0].ids) == {"gate-order:i,g,f,o", "bias-missing"}


@pytest.mark.parametrize("epsilon", [1e-5, 1e-2])
def test_the_epsilon_of_batch_normalization(epsilon):
    layers = keras().layers
    model = stacked(layers.GRU(H), layers.BatchNormalization(name="norm"), layers.Dense(2))
    twin = keras().models.clone_model(
        model,
        clone_function=lambda layer: layer.__class__.from_config(
            layer.get_config() | ({"epsilon": epsilon} if layer.name == "norm" else {})
        ),
    )
    twin.set_weights(model.get_weights())
    x = sequences(rng_of(21), batch=6)
    found = le.diagnose(np.asarray(twin(x)), model, x, progress=False)
    assert found.verdict == "cause" and found.cause == f"batchnorm-epsilon:{epsilon:g}", found


def test_batch_normalization_left_in_training_mode():
    layers = keras().layers
    model = stacked(layers.GRU(H), layers.BatchNormalization(name="norm"), layers.Dense(2))
    x = sequences(rng_of(22), batch=9)
    model.layers[0].trainable = False
    before = model.get_weights()
    wrong = np.asarray(model(x, training=True))
    model.set_weights(before)
    assert le.diagnose(wrong, model, x, progress=False).cause == "batchnorm-statistics:batch"


def test_noise_in_a_graph_is_explained_by_nothing():
    model, x = branching(), branching_input(rng_of(23))
    rng = rng_of(24)
    wrong = [np.asarray(y) + 0.01 * rng.standard_normal(y.shape) for y in model(x)]
    found = le.diagnose(wrong, model, x, pairs=False, progress=False)
    assert found.verdict == "unexplained" and found.tried > 100


def test_the_right_numbers_of_a_graph_agree():
    model, x = branching(), branching_input(rng_of(25))
    assert le.diagnose([np.asarray(y) for y in model(x)], model, x, progress=False).verdict == "agrees"
    with pytest.raises(ValueError, match="returns 2 arrays"):
        le.diagnose(np.asarray(model(x)[0]), model, x, progress=False)


def test_a_function_that_computes_a_graph():
    layers = keras().layers
    model = stacked(layers.Conv1D(3, 2), layers.LSTM(H, name="lstm"), layers.Dense(3))
    graph = le.from_keras(model)

    def wrong(x):
        return le.doctor.CATALOGUE["candidate-activation:sigmoid"].output(graph, x, place=("lstm",))

    x = sequences(rng_of(26))
    assert le.diagnose(wrong, model, x, pairs=False, progress=False).cause == "candidate-activation:sigmoid"
    assert le.diagnose(lambda x: np.asarray(model(x)), model, x, pairs=False, progress=False).verdict == "agrees"


# --- looking at it --------------------------------------------------------------------------------------------------


def test_an_explorer_has_a_tab_for_every_layer_of_a_graph(tmp_path):
    model, x = branching(), branching_input(rng_of(27))
    path = tmp_path / "branching.keras"
    with keras_noise_allowed():
        model.save(path)
        shown = [le.explore(le.from_keras(model), x), le.explore(model, x), le.explore(path, x), le.explore(str(path))]
    for explorer in shown:
        assert explorer.layers == tuple(le.from_keras(model).trace(x).children)
    with pytest.raises(ValueError, match="explore needs an input"):
        le.explore(model)
    with keras_noise_allowed(), pytest.raises(FileNotFoundError):
        le.explore(tmp_path / "none.keras", x)
