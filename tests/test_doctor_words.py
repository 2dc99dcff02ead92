"""What people do wrong in one layer, told in one sentence: another activation, coarse weights, approximated functions.

The wrong outputs are computed here with NumPy, by code that shares nothing with the catalogue.
"""

import numpy as np
import pytest
from helpers import rng_of

import lstm_edu as le

Array = np.ndarray


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


FUNCTIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    "selu": lambda z: 1.05070098735548 * np.where(z > 0, z, 1.67326324235438 * (np.exp(np.minimum(z, 0)) - 1)),
    "silu": lambda z: z * sigmoid(z),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "hard_sigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
    "hard_sigmoid_keras2": lambda z: np.clip(z / 5 + 0.5, 0, 1),
    "exponential": np.exp,
}
UNNAMED = {
    "leaky-relu-0.01": lambda z: np.where(z > 0, z, 0.01 * z),
    "leaky-relu-0.3": lambda z: np.where(z > 0, z, 0.3 * z),
    "leaky-relu-0.07": lambda z: np.where(z > 0, z, 0.07 * z),
    "gelu-tanh": lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    "softmax-over-the-batch": lambda z: softmax(z, 0),
    "relu6": lambda z: np.clip(z, 0, 6),
}
LISTED_BEFORE = {"linear": "extra-activation:left-out", "hard_sigmoid": "hard-sigmoid-v3",
                 "hard_sigmoid_keras2": "hard-sigmoid-v2"}  # fmt: skip


def lstm(x, weights, act=np.tanh, out=None, gate=sigmoid, start=None):
    W, U, b = (w.astype(np.float64) for w in weights)
    h, c = (np.zeros((len(x), len(U))),) * 2 if start is None else start
    ys = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ W + h @ U + b, 4, axis=-1)
        c = gate(f) * c + gate(i) * act(g)
        h = gate(o) * (out or act)(c)
        ys.append(h)
    return np.stack(ys, 1)


def gru(x, weights, act=np.tanh, gate=sigmoid):
    W, U, (b, d) = (w.astype(np.float64) for w in weights)
    h, ys = np.zeros((len(x), len(U))), []
    for t in range(x.shape[1]):
        (xz, xr, xg), (hz, hr, hg) = np.split(x[:, t] @ W + b, 3, -1), np.split(h @ U + d, 3, -1)
        z, r = gate(xz + hz), gate(xr + hr)
        h = z * h + (1 - z) * act(xg + r * hg)
        ys.append(h)
    return np.stack(ys, 1)


def simple_rnn(x, weights, act=np.tanh):
    W, U, b = (w.astype(np.float64) for w in weights)
    h, ys = np.zeros((len(x), len(U))), []
    for t in range(x.shape[1]):
        h = act(x[:, t] @ W + h @ U + b)
        ys.append(h)
    return np.stack(ys, 1)


BY_HAND = {"LSTM": lstm, "GRU": gru, "SimpleRNN": simple_rnn}


def built(layer, shape, seed=0, scale=1.2):
    """With weights as after training: none zero, biases included."""
    layer.build(shape)
    rng = rng_of(seed)
    layer.set_weights(
        [rng.normal(size=w.shape) * scale / np.sqrt(w.shape[0] if w.ndim > 1 else 3) for w in layer.get_weights()]
    )
    return layer


def recurrent(kind="LSTM", units=4, features=3, seed=0, scale=1.2, **flags):
    flags = {"return_sequences": True} | flags
    return built(getattr(le, kind)(units, **flags), (None, None, features), seed, scale)


def sequences(batch=3, timesteps=7, features=3, seed=1):
    return rng_of(seed).normal(size=(batch, timesteps, features)).astype("float32")


def diagnose(theirs, layer, x, *more, pairs=False):
    return le.diagnose(np.asarray(theirs).astype("float32"), layer, x, *more, pairs=pairs, progress=False)


# --- another activation ---------------------------------------------------------------------------------------------


TWO_ACTIVATIONS = [(own, theirs) for own in (*FUNCTIONS, "gelu") for theirs in (*FUNCTIONS, *UNNAMED) if own != theirs]


@pytest.mark.parametrize(("own", "theirs"), TWO_ACTIVATIONS)
def test_a_dense_layer_with_another_activation_is_one_sentence(own, theirs):
    layer = built(le.Dense(4, activation=own), (None, 5), scale=2)
    x = rng_of(3).normal(size=(7, 5)).astype("float32") * (4 if theirs == "relu6" else 1)  # sums above 6
    kernel, bias = layer.get_weights()
    found = diagnose((FUNCTIONS | UNNAMED)[theirs](x.astype(float) @ kernel + bias), layer, x, pairs=True)
    assert found.verdict == "cause" and len(found.candidates[0].mistakes) == 1, found
    name = theirs.replace("_", "-")
    ids = {found.cause, *found.candidates[0].same_as}
    if theirs == "hard_sigmoid" or own.startswith("hard") and theirs == "sigmoid":
        assert any(id.startswith("hard-sigmoid") or id == f"activation-replaced:{name}" for id in ids)
    elif own == "linear" and theirs in ("relu", "tanh", "sigmoid", "softmax"):
        assert found.cause == f"extra-activation:{theirs}" and "or none" in found.explanation
    elif theirs in LISTED_BEFORE:
        assert found.cause in (LISTED_BEFORE[theirs], f"activation-replaced:{name}")
    else:
        assert found.cause == f"activation-replaced:{name}"
        assert own in found.explanation and own in found.fix


@pytest.mark.parametrize("theirs", ["relu", "elu", "softsign", "leaky-relu-0.07", "selu", "sigmoid", "linear"])
@pytest.mark.parametrize("kind", BY_HAND)
def test_another_activation_in_a_recurrent_layer(kind, theirs):
    layer, x = recurrent(kind), sequences()
    function = (FUNCTIONS | UNNAMED)[theirs]
    found = diagnose(BY_HAND[kind](x, layer.get_weights(), act=function), layer, x)
    if kind != "LSTM" and theirs in ("sigmoid", "linear"):
        assert found.cause == f"candidate-activation:{'none' if theirs == 'linear' else theirs}"
        return
    assert found.cause == f"activation-replaced:{theirs.replace('_', '-')}", found
    assert "where the layer has tanh" in found.explanation and "tanh" in found.fix
    only_last = diagnose(BY_HAND[kind](x, layer.get_weights(), act=function)[:, -1], layer, x)
    assert found.cause in [c.id for c in only_last.candidates]


@pytest.mark.parametrize(("own", "theirs"), [("relu", "tanh"), ("tanh", "relu")])
@pytest.mark.parametrize(("where", "words"), [("candidate", "candidate only"), ("output", "is output")])
def test_where_another_activation_is(own, theirs, where, words):
    layer, x = recurrent(activation=own, scale=0.7), sequences()
    act, out = FUNCTIONS[own], FUNCTIONS[own]
    act, out = (FUNCTIONS[theirs], out) if where == "candidate" else (act, FUNCTIONS[theirs])
    found = diagnose(lstm(x, layer.get_weights(), act=act, out=out), layer, x)
    assert found.cause == f"activation-replaced:{theirs}-{where}" and words in found.explanation


@pytest.mark.parametrize("theirs", ["relu", "linear", "softsign"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_another_activation_on_the_gates(kind, theirs):
    layer, x = recurrent(kind, scale=0.5), sequences()
    found = diagnose(BY_HAND[kind](x, layer.get_weights(), gate=FUNCTIONS[theirs]), layer, x)
    assert found.cause == f"activation-replaced:{theirs}-gates"
    assert "sigmoid" in found.explanation and "recurrent_activation='sigmoid'" in found.fix


def test_another_activation_in_one_layer_of_a_model_and_in_both_directions():
    x = sequences()
    both = le.Bidirectional(le.LSTM(4, return_sequences=True), name="both")
    model = le.Sequential([both, le.GRU(5, name="second"), le.Dense(3, activation="elu", name="answer")])
    model = built(model, (None, None, 3))
    weights = model.get_weights()
    two_ways = [lstm(x, weights[:3], act=FUNCTIONS["relu"]), lstm(x[:, ::-1], weights[3:6], act=FUNCTIONS["relu"])]
    y = np.concatenate([two_ways[0], two_ways[1][:, ::-1]], axis=-1)
    y = gru(y, weights[6:9])[:, -1]
    found = diagnose(FUNCTIONS["elu"](y @ weights[9] + weights[10]), model, x)
    assert found.cause == "activation-replaced:relu" and "both directions" in found.candidates[0].place
    right = gru(model.layers[0](x).astype(float), weights[6:9])[:, -1]
    found = diagnose(FUNCTIONS["relu"](right @ weights[9] + weights[10]), model, x)
    assert found.cause == "activation-replaced:relu" and found.candidates[0].place == "in 'answer'"
    assert "elu" in found.explanation


@pytest.mark.parametrize(
    ("own", "theirs", "id"),
    [
        ("leaky_relu(0.3)", "leaky-relu-0.01", "leaky-relu-0.01"),
        ("leaky_relu(0.3)", "leaky-relu-0.07", "leaky-relu-0.07"),
        ("elu", "relu", "relu"),
        ("relu", "tanh", "tanh"),
        ("tanh", "linear", None),
    ],
)
@pytest.mark.parametrize("before", ["Dense", "LSTM", "BatchNormalization"])
def test_another_activation_in_a_layer_of_its_own(own, theirs, id, before):
    middle = {"LSTM": le.LSTM(5, name="m"), "BatchNormalization": le.BatchNormalization(name="m")}.get(before)
    first = le.GRU(4, return_sequences=before == "LSTM", name="first")
    parts = [first, middle or le.Dense(5, name="m"), le.Activation(own, name="act"), le.Dense(3, name="end")]
    model = built(le.Sequential(parts), (None, None, 3), scale=2)
    if before == "BatchNormalization":
        middle.set_weights([np.abs(w) + 0.1 for w in middle.get_weights()])
    x = sequences(batch=6)
    seen, weights = parts[1](first(x)).astype(float), model.get_weights()
    y = (FUNCTIONS | UNNAMED)[theirs](seen) @ weights[-2] + weights[-1]
    found = diagnose(y, model, x)
    if id is None:
        assert found.cause in ("activation-replaced:linear", "layer-count:without-act")
        return
    assert found.cause == f"activation-replaced:{id}" and found.candidates[0].place == "in 'act'", found
    assert f"where the layer has {own}" in found.explanation and f"{own}(x)" in found.fix


def test_another_activation_together_with_another_mistake():
    layer = built(le.Dense(4, activation="elu"), (None, 5), scale=2)
    x = rng_of(3).normal(size=(7, 5)).astype("float32")
    found = diagnose(np.tanh(x @ layer.kernel), layer, x, pairs=True)
    assert set(found.candidates[0].ids) == {"activation-replaced:tanh", "bias-missing"} and found.cause
    layer, x = recurrent("GRU", units=3), sequences()
    kernel, recurrent_kernel, bias = layer.get_weights()
    found = diagnose(gru(x, [kernel, recurrent_kernel, 0 * bias], act=FUNCTIONS["relu"]), layer, x, pairs=True)
    assert set(found.candidates[0].ids) == {"activation-replaced:relu", "bias-missing"} and found.cause


# --- numbers that are not finite ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_not_finite_is_said_first(value):
    layer, x = recurrent(), sequences()
    y = np.array(layer(x))
    y[1, 3, 2] = value
    found = diagnose(y, layer, x)
    assert found.verdict == "not finite" and found.cause is None and not found
    assert found.tried == 0 and found.first.where == {"sequence": 1, "timestep": 3, "unit": 2}
    assert "sequence 1, timestep 3, unit 2" in found.explanation and str(value) in found.explanation


def test_what_is_not_finite_in_the_right_numbers_either_is_no_reason():
    layer, x = recurrent(), sequences()
    x[0, 4, 1] = np.nan
    assert diagnose(layer(x), layer, x).verdict in ("agrees", "undecided")
    y = np.array(layer(x))
    y[2, 0, 3] = np.inf
    assert diagnose(y, layer, x).first.where == {"sequence": 2, "timestep": 0, "unit": 3}


# --- coarse weights -------------------------------------------------------------------------------------------------


def whole_numbers(w: Array, bits: int = 8, axis: int | None = None) -> Array:
    """As TFLite keeps them: w / scale rounded, the scale a largest |w| / 127, of all or of each column."""
    scale = np.abs(w).max(axis=axis, keepdims=True) / (2 ** (bits - 1) - 1)
    return np.round(w / scale) * scale


def with_zero_point(w: Array) -> Array:
    low, high = min(float(w.min()), 0.0), max(float(w.max()), 0.0)
    scale = (high - low) / 255
    zero = np.round(-low / scale)
    return (np.clip(np.round(w / scale) + zero, 0, 255) - zero) * scale


COARSE = {
    **{f"{n}-decimals": (lambda w, n=n: np.round(w, n)) for n in (1, 2, 3, 4)},
    "float16": lambda w: w.astype("float16"),
    "4-digits": lambda w: np.vectorize(lambda v: float(f"{v:.4g}"))(w),
    "3-decimals-cut": lambda w: np.trunc(w * 1000) / 1000,
    "fixed-point-8": lambda w: np.round(w * 256) / 256,
    "fixed-point-10-down": lambda w: np.floor(w * 1024) / 1024,
}
KERNELS = {
    "int8-per-tensor": whole_numbers,
    "int8-per-channel": lambda w: whole_numbers(w, axis=0),
    "int8-per-tensor-asymmetric": with_zero_point,
    "int4-per-channel": lambda w: whole_numbers(w, 4, axis=0),
    "3-decimals": lambda w: np.round(w, 3),
}
SMALL_LAYERS = {
    "LSTM": lambda: recurrent(),
    "GRU": lambda: recurrent("GRU", return_sequences=False, units=5),
    "SimpleRNN": lambda: recurrent("SimpleRNN"),
    "Dense": lambda: built(le.Dense(6, activation="tanh"), (None, None, 3)),
    "Bidirectional": lambda: built(le.Bidirectional(le.LSTM(4)), (None, None, 3)),
    "Sequential": lambda: built(
        le.Sequential([le.LSTM(5, return_sequences=True), le.GRU(4), le.Dense(3, activation="softmax")]),
        (None, None, 3),
    ),
}


def stored_coarsely(layer, x, coarse, bias=True):
    own = layer.get_weights()
    names = layer.weight_names
    layer.set_weights(
        [
            np.asarray(coarse(w.astype(np.float64)) if bias or name.endswith("kernel") else w, "float32")
            for name, w in zip(names, own, strict=True)
        ]
    )
    y = layer(x)
    layer.set_weights(own)
    return y


@pytest.mark.parametrize("kind", SMALL_LAYERS)
@pytest.mark.parametrize("how", COARSE)
def test_weights_that_were_stored_coarsely_are_called_that(kind, how):
    layer, x = SMALL_LAYERS[kind](), sequences(batch=5)
    found = diagnose(stored_coarsely(layer, x, COARSE[how]), layer, x)
    assert found.verdict == "rounding" and found, found
    assert found.cause == f"weights-rounded:{how}"
    assert "not a logic error" in found.explanation
    if kind in ("Bidirectional", "Sequential"):
        assert found.candidates[0].place in ("in both directions", "in every layer")


@pytest.mark.parametrize("kind", ["LSTM", "Dense", "Bidirectional", "Sequential"])
@pytest.mark.parametrize("how", KERNELS)
def test_kernels_that_were_stored_coarsely_beside_a_bias_as_it_is(kind, how):
    layer, x = SMALL_LAYERS[kind](), sequences(batch=5)
    found = diagnose(stored_coarsely(layer, x, KERNELS[how], bias=False), layer, x)
    assert found.verdict == "rounding", found
    assert f"weights-rounded:{how}-kernels" in [c.id for c in found.candidates]


@pytest.mark.parametrize("kind", SMALL_LAYERS)
def test_noise_of_the_size_of_rounded_weights_is_not_called_that(kind):
    layer, x = SMALL_LAYERS[kind](), sequences(batch=3)
    right = layer(x)
    for seed in range(8):  # the benchmark tries hundreds
        rng = rng_of(seed)
        coarse = rng.choice(list(COARSE))
        size = np.std(stored_coarsely(layer, x, COARSE[coarse]) - right)
        noisy = right + rng.normal(size=right.shape) * size
        if np.abs(noisy - right).max() > 1e-5:
            assert diagnose(noisy, layer, x).cause is None, (seed, coarse)


# --- approximated functions -----------------------------------------------------------------------------------------


def pade(z: Array) -> Array:
    z = np.clip(z, -3, 3)
    return z * (27 + z * z) / (27 + 9 * z * z)


def from_table(f, reach, n=1024, nearest=False):
    values = f(np.linspace(-reach, reach, n, endpoint=False))
    shift = 0.5 if nearest else 0.0
    return lambda z: values[np.clip(((z + reach) / (2 * reach) * n + shift).astype(int), 0, n - 1)]


def by_polynomial(f, reach, degree=9):
    """A form that no list has: fitted to points, and cut off outside."""
    knots = np.linspace(-reach, reach, 401)
    fitted = np.polynomial.chebyshev.Chebyshev.fit(knots, f(knots), degree)
    return lambda z: np.where(np.abs(z) < reach, fitted(np.clip(z, -reach, reach)), f(np.sign(z) * reach))


def gate_of(tanh):
    return lambda z: 0.5 * (tanh(z / 2) + 1)


NEARLY = {
    "rational-3-2-both": (pade, gate_of(pade)),
    "rational-3-2": (pade, sigmoid),
    "table-tanh-1024-4-below-sigmoid-1024-8-below": (from_table(np.tanh, 4), from_table(sigmoid, 8)),
    "table-sigmoid-512-6-nearest": (np.tanh, from_table(sigmoid, 6, 512, nearest=True)),
}


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize("how", NEARLY)
def test_functions_that_are_nearly_tanh_and_sigmoid_are_no_mistake_of_logic(kind, how):
    layer, x = recurrent(kind, scale=0.9), sequences(batch=3, timesteps=8)
    tanh, gate = NEARLY[how]
    y = BY_HAND[kind](x, layer.get_weights(), act=tanh, gate=gate)
    found = diagnose(y, layer, x)
    assert found.verdict == "approximation", found
    assert "not a logic error" in found.explanation and "the sums agree" in found.explanation
    written = found.cause.removeprefix("approximated-functions:").split("-")
    assert written[:2] == how.split("-")[:2]


@pytest.mark.parametrize("kind", BY_HAND)
def test_an_approximation_of_no_known_form_is_recognised(kind):
    layer, x = recurrent(kind, units=6, scale=0.8), sequences(batch=4, timesteps=15)
    functions = {"act": by_polynomial(np.tanh, 4)} | (
        {} if kind == "SimpleRNN" else {"gate": by_polynomial(sigmoid, 6)}
    )
    found = diagnose(BY_HAND[kind](x, layer.get_weights(), **functions), layer, x)
    assert found.verdict == "approximation" and found.cause == "approximated-functions:found", found
    assert "tanh is off by about 0.02 near" in found.explanation.lower()


@pytest.mark.parametrize("kind", [*BY_HAND, "Dense"])
def test_what_is_no_approximation_is_not_called_one(kind):
    """Noise, scaled outputs, shifted ones, scaled weights, other biases: as far from the right numbers as one is."""
    if kind == "Dense":
        layer, x = built(le.Dense(5, activation="tanh"), (None, 3)), sequences(batch=30)[:, 0]
    else:
        layer, x = recurrent(kind, units=5), sequences(batch=4, timesteps=12)
    right, weights = np.array(layer(x), np.float64), layer.get_weights()

    def with_weights(change):
        layer.set_weights([change(w) for w in weights])
        y = layer(x)
        layer.set_weights(weights)
        return y

    rng = rng_of(3)
    for size in (1e-3, 7e-3, 0.023):
        for wrong in (
            right + size * rng.normal(size=right.shape),
            right * (1 + size),
            right + size,
            with_weights(lambda w, size=size: w * (1 + size)),
            with_weights(lambda w, size=size: w + np.float32(size)),
            with_weights(lambda w, size=size: w + np.float32(size) * rng.normal(size=w.shape)),
        ):
            found = diagnose(wrong, layer, x)
            assert found.verdict in ("unexplained", "other weights"), found


# --- a factor too many ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("how", ["times", "divided"])
@pytest.mark.parametrize("where", ["input", "recurrent", "output"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "Dense"])
def test_dropouts_scaling_is_found_with_its_rate(kind, where, how, rate):
    factor = 1 - rate if how == "times" else 1 / (1 - rate)
    if kind == "Dense":
        if where == "recurrent":
            return
        layer, x = built(le.Dense(4, activation="tanh"), (None, 3)), sequences(batch=9)[:, 0]
    else:
        layer, x = recurrent(kind), sequences()
    kernel, *others = layer.get_weights()
    other = type(layer)(layer.units, **({"activation": "tanh"} if kind == "Dense" else {"return_sequences": True}))
    other.build((None, 3) if kind == "Dense" else (None, None, 3))
    if where == "input":
        y = layer((factor * x).astype("float32"))
    elif where == "output":
        y = factor * layer(x)
    else:
        other.set_weights([kernel, factor * others[0], others[1]])
        y = other(x)
    found = diagnose(y, layer, x)
    assert found.cause == f"dropout-scaling:{where}-{how}-{1 - rate:.3g}", found
    assert f"p = {rate:.3g}" in found.explanation


SCALINGS = {
    "input-scaled:0.003922-x": lambda x: x / 255,
    "input-scaled:0.007843-x-1": lambda x: x / 127.5 - 1,
    "input-scaled:standardised-whole": lambda x: (x - x.mean()) / x.std(),
    "input-scaled:standardised-features": lambda x: (x - x.mean((0, 1))) / x.std((0, 1)),
    "input-scaled:centred-features": lambda x: x - x.mean((0, 1)),
    "input-scaled:minmax-features": lambda x: (x - x.min((0, 1))) / (x.max((0, 1)) - x.min((0, 1))),
    "input-scaled:1.7-x-0.4": lambda x: 1.7 * x - 0.4,
    "input-scaled:1-x+0.3": lambda x: x + 0.3,
    "input-scaled:0.37-x": lambda x: 0.37 * x,
}


@pytest.mark.parametrize("how", SCALINGS)
@pytest.mark.parametrize("kind", ["LSTM", "Bidirectional", "Sequential"])
def test_an_input_that_was_scaled_is_found_with_its_scale(kind, how):
    layer, x = SMALL_LAYERS[kind](), sequences(batch=4, timesteps=9)
    x = (x * 1.5 + 0.4).astype("float32")
    found = diagnose(layer(SCALINGS[how](x).astype("float32")), layer, x)
    assert found.cause == how, found
    assert "scale" in found.cause and found.evidence.enough


# --- swapped, viewed, flipped, kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BY_HAND)
def test_kernels_that_were_exchanged(kind):
    layer, x = recurrent(kind, units=3), sequences()
    kernel, recurrent_kernel, bias = layer.get_weights()
    for id, weights in {
        "kernels-exchanged": [recurrent_kernel, kernel, bias],
        "kernels-exchanged:kernel-twice": [kernel, kernel, bias],
        "kernels-exchanged:recurrent-twice": [recurrent_kernel, recurrent_kernel, bias],
    }.items():
        assert diagnose(BY_HAND[kind](x, weights), layer, x).cause == id
    assert not any(m.family == "kernels-exchanged" for m in le.mistakes(recurrent(kind, units=4)))


def test_the_last_outputs_of_two_directions_viewed_as_rows():
    layer, x = SMALL_LAYERS["Bidirectional"](), sequences(batch=3)
    forward, backward = np.split(layer(x), 2, axis=-1)
    h_n = np.stack([forward, backward])  # as PyTorch has it: (directions, batch, units)
    found = diagnose(h_n.reshape(3, -1), layer, x)
    assert found.cause == "h-n-view" and "permute" in found.fix


def test_a_backward_layer_flipped_along_the_batch():
    layer = built(le.Bidirectional(le.GRU(4, return_sequences=True)), (None, None, 3))
    x, weights = sequences(batch=3), layer.get_weights()
    forward, turned = gru(x, weights[:3]), gru(x[:, ::-1], weights[3:])
    found = diagnose(np.concatenate([forward, turned[::-1]], axis=-1), layer, x)
    assert found.cause == "flipped-along-the-batch"
    of_flipped = gru(x[::-1], weights[3:])
    found = diagnose(np.concatenate([forward, of_flipped[:, ::-1]], axis=-1), layer, x)
    assert found.cause == "flipped-along-the-batch:input"


def test_a_stateful_layer_against_one_that_starts_from_zeros_and_the_other_way_round():
    layer, x = built(le.LSTM(4, return_sequences=True, stateful=True), (3, None, 3)), sequences()
    other = recurrent()
    layer(sequences(seed=9))  # a call before
    found = diagnose(other(x), layer, x)
    assert found.cause == "stateful-carry:not-kept"
    assert "stateful" in found.explanation and "reset_state()" in found.fix
    layer.reset_state()
    layer(x)
    found = diagnose(layer(x), other, x)
    assert found.cause == "stateful-carry" and "stateful" in found.explanation and "reset_state()" in found.explanation


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kind", BY_HAND)
def test_a_stateful_layer_that_has_seen_other_input_before(kind, backwards):
    layer, x = recurrent(kind, go_backwards=backwards), sequences(batch=2, timesteps=6)
    other = recurrent(kind, go_backwards=backwards, return_state=True)
    _, *states = other(sequences(batch=2, timesteps=9, seed=5))
    found = diagnose(layer(x, initial_state=states), layer, x)
    assert found.cause == "stateful-carry:another-input", found
    assert "stateful layer" in found.explanation and "reset_state()" in found.fix
    # What is wrong in other steps too is not called that, nor noise in the first steps.
    wrong = np.asarray(layer(x, initial_state=states)).copy()
    wrong[:, 3] += 0.01
    assert diagnose(wrong, layer, x).verdict == "unexplained"
    early = np.asarray(layer(x)).copy()
    early[:, :2] += 0.1 * rng_of(6).standard_normal(early[:, :2].shape)
    assert diagnose(early, layer, x).verdict == "unexplained"


def test_a_whole_model_that_was_called_before():
    def parts(**stateful):
        return [le.LSTM(4, return_sequences=True, **stateful), le.GRU(3, **stateful), le.Dense(2)]

    model, x = built(le.Sequential(parts()), (None, None, 3)), sequences(batch=4)
    called_before = le.Sequential(parts(stateful=True))
    called_before.build((4, None, 3))
    called_before.set_weights(model.get_weights())
    called_before(x)
    found = diagnose(called_before(x), model, x)
    assert found.cause == "stateful-carry:model" and "stateful" in found.explanation
