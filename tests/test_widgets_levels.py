"""How much an explorer shows, on Python's side: which levels there are, what is refused. tests/browser has the page."""

import numpy as np
import pytest
from helpers import keras, keras_noise_allowed

import lstm_edu as le

RNG = np.random.default_rng(31)
B, T, F, H = 2, 6, 3, 4
X = RNG.normal(size=(B, T, F)).astype("float32")
IDS = RNG.integers(0, 9, size=(B, T))


def made(kind, *arguments, shape=(None, T, F), **options):
    layer = getattr(le, kind)(*arguments, **options)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def stack(*layers, shape=(None, T, F)):
    model = le.Sequential(list(layers))
    model.build(shape)
    model.set_weights([RNG.normal(size=w.shape) for w in model.get_weights()])
    return model


MADE = {
    "LSTM": lambda **more: le.explore(made("LSTM", H), X, **more),
    "GRU": lambda **more: le.explore(made("GRU", H), X, **more),
    "SimpleRNN": lambda **more: le.explore(made("SimpleRNN", H), X, **more),
    "Dense": lambda **more: le.explore(made("Dense", H), X, **more),
    "TimeDistributed": lambda **more: le.explore(made("TimeDistributed", le.Dense(2)), X, **more),
    "Embedding": lambda **more: le.explore(made("Embedding", 9, 4, shape=(None, T)), IDS, **more),
    "Masking": lambda **more: le.explore(made("Masking"), X, **more),
    "model": lambda **more: le.explore(stack(le.Masking(), le.Dense(3), le.GRU(2)), X, **more),
    "model of Dense": lambda **more: le.explore(stack(le.Dropout(0.2), le.Dense(2)), X, **more),
}
MIDDLE = {
    "LSTM": "gates", "GRU": "gates", "SimpleRNN": "sums", "Dense": "weights", "TimeDistributed": "weights",
    "Embedding": "output", "Masking": None, "model": "gates", "model of Dense": "weights",
}  # fmt: skip


@pytest.mark.parametrize("which", MADE)
def test_every_explorer_of_a_layer_has_levels_and_shows_all_to_whoever_does_not_ask(which):
    assert MADE[which]().detail == "all"
    for level in ("simple", "gates", "all"):
        explorer = MADE[which](detail=level)
        assert explorer.detail == explorer._spec["detail"] == level
        assert explorer._spec["levels"].get("gates") == MIDDLE[which]
        assert {"simple", "all"} <= set(explorer._spec["levels"])


def test_a_level_can_be_set_and_observed():
    explorer, seen = MADE["LSTM"](detail="simple"), []
    explorer.observe(lambda change: seen.append(change["new"]), "detail")
    explorer.detail = "gates"
    with pytest.raises(ValueError, match=r'detail must be "simple" .* or "all" .*, got \'everything\''):
        explorer.detail = "everything"
    assert seen == ["gates"] and explorer.detail == "gates"


@pytest.mark.parametrize("which", MADE)
@pytest.mark.parametrize(
    ("detail", "error", "message"),
    [
        ("x", ValueError, r"""detail must be "simple" \(what comes in.*\), "gates" .* or "all" .*, got 'x'"""),
        ("", ValueError, "got ''"),
        ("Simple", ValueError, "got 'Simple'"),
        (1, TypeError, r"detail must be a string, got 1 \(int\)"),
        (None, TypeError, "detail must be a string, got None"),
        (("simple",), TypeError, r"detail must be a string, got \('simple',\)"),
    ],
)
def test_a_level_that_there_is_not_is_told_by_rule_value_and_what_there_is(which, detail, error, message):
    with pytest.raises(error, match=message):
        MADE[which](detail=detail)


@pytest.mark.parametrize("level", ["simple", "gates", "all"])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: made("LSTM", H).trace(X, keep=("x", "c", "h")), "did not keep z, i, f, g, o: call layer.trace"),
        (lambda: made("GRU", H).trace(X, keep=("x", "h")), "did not keep a, z, r, g: call layer.trace"),
        (lambda: made("Dense", H).trace(X, keep=("y",)), "did not keep x, z: call layer.trace"),
    ],
)
def test_a_trace_without_the_quantities_is_refused_at_every_level(make, message, level):
    """At the simple level too: the reader may change to the next one."""
    with pytest.raises(ValueError, match=message):
        le.explore(make(), detail=level)


def test_explorers_without_levels_say_so():
    trace = made("LSTM", H).trace(X)
    for make in (
        lambda: le.explore_pair(trace, trace, detail="simple"),
        lambda: le.explore_gradients(made("LSTM", H), X, detail="simple"),
    ):
        with pytest.raises(TypeError, match=r"has no 'detail', got detail='simple'"):
            make()


def test_a_file_and_a_report_open_at_a_level(tmp_path):
    layers = keras().layers
    model = keras().Sequential([keras().Input((T, F)), layers.LSTM(H, name="listener"), layers.Dense(2)])
    with keras_noise_allowed():
        model.save(tmp_path / "model.keras")
    explorer = le.explore(tmp_path / "model.keras", X, detail="simple", layer="listener")
    assert (explorer.detail, explorer.layer) == ("simple", "listener")
    assert explorer._spec["layers"][0]["comparison"]["agrees"]
    assert le.verify(model, X).explore(detail="gates").detail == "gates"
