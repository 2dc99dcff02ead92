"""Losses and their gradients against Keras's, on random configurations and at the edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from side_by_side import assert_close, keras, tf

import lstm_edu as le
from lstm_edu.core import losses

# name of the class -> the options that it is tried with
OPTIONS = {
    "MeanSquaredError": [{}],
    "MeanAbsoluteError": [{}],
    "BinaryCrossentropy": [
        {},
        {"from_logits": True},
        {"label_smoothing": 0.2},
        {"from_logits": True, "label_smoothing": 0.3},
    ],
    "CategoricalCrossentropy": [
        {},
        {"from_logits": True},
        {"label_smoothing": 0.2},
        {"from_logits": True, "label_smoothing": 0.3},
    ],
    "SparseCategoricalCrossentropy": [{}, {"from_logits": True}],
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]


def data(name, options, shape, seed, edges=False):
    """Targets and predictions that suit a loss; with edges, predictions as far out as they get."""
    rng = np.random.default_rng(seed)
    p = rng.standard_normal(shape) * (300 if edges else 2)
    if "Crossentropy" in name and not options.get("from_logits"):
        p = rng.random(shape) + 0.01
        if edges:
            p[rng.random(shape) < 0.3] = 0
            p[rng.random(shape) < 0.2] = 1
            p[..., 0] = 1e-3  # no row of zeros only
    if name == "SparseCategoricalCrossentropy":
        return rng.integers(0, shape[-1], shape[:-1]), p
    if name == "CategoricalCrossentropy":
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])], p
    return (rng.random(shape) < 0.4 if name == "BinaryCrossentropy" else rng.standard_normal(shape)), p


def keras_loss(loss, y, p, mask=None):
    """Value and gradient, by tf.GradientTape."""
    p = tf.constant(p)
    with tf.GradientTape() as tape:
        tape.watch(p)
        y_pred = tf.identity(p)
        if mask is not None:
            keras.src.backend.set_keras_mask(y_pred, tf.constant(mask))
        value = loss(y, y_pred)
    return value.numpy(), tf.convert_to_tensor(tape.gradient(value, p)).numpy()


@pytest.mark.parametrize(("name", "options"), CASES)
@settings(max_examples=12)
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=2).flatmap(
        lambda lead: st.integers(2, 6).map(lambda k: (*lead, k))
    ),
    masked=st.booleans(),
    reduction=st.sampled_from(["sum_over_batch_size", "sum"]),
    seed=st.integers(0, 10**6),
)
def test_values_and_gradients_equal_keras_in_float64(name, options, shape, masked, reduction, seed):
    y, p = data(name, options, shape, seed)
    mask = np.random.default_rng(seed + 1).random(shape[:-1]) < 0.6 if masked else None
    arguments = options | {"dtype": "float64", "reduction": reduction}
    ours, theirs = getattr(le.losses, name)(**arguments), getattr(keras.losses, name)(**arguments)
    value, gradient = keras_loss(theirs, y, p, mask)
    assert_close([ours(y, p, mask)], [value], "loss", 1e-12, 1e-12)
    assert_close([ours.backward(y, p, mask)], [gradient], "gradient", 1e-12, 1e-11)
    assert_close(
        [ours.call(y, p)], [theirs.call(tf.cast(y, "float64"), tf.constant(p)).numpy()], "values", 1e-12, 1e-12
    )


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_saturated_predictions(name, options, seed):
    """Probabilities 0 and 1, logits of hundreds: clipped where Keras clips, with no slope where Keras has none."""
    y, p = data(name, options, (40, 3), seed, edges=True)
    ours, theirs = (getattr(library.losses, name)(**options, dtype="float64") for library in (le, keras))
    value, gradient = keras_loss(theirs, y, p)
    assert_close([ours(y, p)], [value], "loss", 1e-12, 1e-12)
    assert_close([ours.backward(y, p)], [gradient], "gradient", 1e-12, 1e-11)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_float32_is_the_dtype_whatever_the_predictions_are(name, options):
    y, p = data(name, options, (4, 5, 3), 7)
    ours, theirs = (getattr(library.losses, name)(**options) for library in (le, keras))
    value, gradient = keras_loss(theirs, y, p)
    assert ours(y, p).dtype == value.dtype == np.float32
    assert ours.backward(y, p).dtype == np.float32
    assert_close([ours(y, p)], [value], "loss", 2e-6, 2e-5)
    assert_close([ours.backward(y, p)], [gradient], "gradient", 2e-6, 2e-5)


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("mask", [None, np.array([[1, 1, 0], [0, 1, 0]], bool)])
def test_the_gradient_is_the_derivative(name, options, mask):
    y, p = data(name, options, (2, 3, 4), 5)
    loss = getattr(le.losses, name)(**options, dtype="float64")
    if name == "CategoricalCrossentropy" and not options.get("from_logits"):
        p /= p.sum(axis=-1, keepdims=True) * 1.3  # a sum other than 1, and nothing clipped
    gradient, eps = loss.backward(y, p, mask), 1e-6
    for index in np.ndindex(p.shape):
        step = np.zeros_like(p)
        step[index] = eps
        expected = (loss(y, p + step, mask) - loss(y, p - step, mask)) / (2 * eps)
        assert gradient[index] == pytest.approx(expected, abs=1e-8, rel=1e-6), index


def test_masked_steps_do_not_count_and_an_empty_mask_gives_0():
    y, p = data("MeanSquaredError", {}, (2, 3, 4), 0)
    mask = np.array([[1, 0, 1], [0, 0, 1]], bool)
    loss = le.losses.MeanSquaredError(dtype="float64")
    assert loss(y, p, mask) == pytest.approx(((y - p) ** 2).mean(-1)[mask].mean())
    assert (loss.backward(y, p, mask)[~mask] == 0).all()
    assert loss(y, p, ~mask & mask) == 0 and (loss.backward(y, p, ~mask & mask) == 0).all()
    assert loss(y, p, mask.astype(int)) == loss(y, p, mask)


def test_categorical_targets_that_do_not_sum_to_one_get_tensorflows_gradient():
    y, z = np.array([[1.0, 1, 0], [0, 0, 0]]), np.random.default_rng(0).standard_normal((2, 3))
    arguments = {"from_logits": True, "dtype": "float64"}
    _, gradient = keras_loss(keras.losses.CategoricalCrossentropy(**arguments), y, z)
    assert_close([le.losses.CategoricalCrossentropy(**arguments).backward(y, z)], [gradient], "gradient", 1e-12, 0)


# --- names ----------------------------------------------------------------------------------------------------------

NAMES = ["mse", "MSE", "mae", "MAE", "bce", "BCE", *OPTIONS]
NAMES += ["mean_squared_error", "mean_absolute_error", "binary_crossentropy"]
NAMES += ["categorical_crossentropy", "sparse_categorical_crossentropy"]


@pytest.mark.parametrize("name", NAMES)
def test_names_mean_what_they_mean_in_keras(name):
    """A function's name gives the function, with one value per sample; a class's name the averaging loss."""
    ours, theirs = le.losses.get(name), keras.losses.get(name)
    assert isinstance(ours, le.losses.Loss) == isinstance(theirs, keras.losses.Loss)
    kind = type(losses.as_loss(name)).__name__
    y, p = data(kind, {}, (4, 3), 2)
    p = p.astype("float32")
    assert_close([ours(y, p)], [np.asarray(theirs(y.astype("float32"), p))], name, 1e-6, 1e-5)
    assert losses.as_loss(name).name == {"bce": "binary_crossentropy"}.get(name, losses.as_loss(name).name)


def test_functions_take_options_and_keep_the_dtype():
    y, z = data("BinaryCrossentropy", {"from_logits": True}, (4, 3), 2)
    for dtype in ("float32", "float64"):
        values = le.losses.binary_crossentropy(y, z.astype(dtype), from_logits=True)
        assert values.dtype == dtype and values.shape == (4,)
    assert le.losses.get(le.losses.mse) is le.losses.mse is le.losses.mean_squared_error
    assert le.losses.mse.__name__ == "mean_squared_error" and "MeanSquaredError" in le.losses.mse.__doc__


def test_a_loss_of_ones_own_needs_its_terms_only():
    class Cubic(le.losses.Loss):
        """mean_k |p - t|^3."""

        name = "cubic"

        def terms(self, t, p):
            e = p - t
            return (np.abs(e) ** 3).mean(-1), 3 * e * np.abs(e) / p.shape[-1]

    y, p = data("MeanSquaredError", {}, (4, 3), 1)
    loss = Cubic(dtype="float64")
    assert loss(y, p) == pytest.approx((np.abs(y - p) ** 3).mean())
    assert losses.as_loss(loss) is loss
    with pytest.raises(ValueError, match="cubic: y_true must have y_pred's shape"):
        loss(y[:, :2], p)


# --- shapes ---------------------------------------------------------------------------------------------------------


def test_one_target_a_sample_for_one_output():
    y, p = np.array([0, 1, 1.0]), np.array([[0.2], [0.7], [0.4]])
    for name in ("MeanSquaredError", "MeanAbsoluteError", "BinaryCrossentropy"):
        ours, theirs = getattr(le.losses, name)(), getattr(keras.losses, name)()
        assert ours(y, p) == pytest.approx(float(theirs(y, p)), rel=1e-6)
        assert ours(y, p) == ours(y[:, None], p)


def test_class_numbers_may_have_an_axis_of_their_own_and_be_floats():
    y, p = data("SparseCategoricalCrossentropy", {}, (2, 3, 4), 1)
    loss = le.losses.SparseCategoricalCrossentropy()
    assert loss(y, p) == loss(y[..., None], p) == loss(y.astype(float), p)


P = np.full((4, 3), 1 / 3)
SEQUENCE = np.full((4, 5, 3), 1 / 3)


@pytest.mark.parametrize(
    ("name", "y", "p", "error", "words"),
    [
        ("mse", np.zeros((4, 1)), P, ValueError, r"\(4, 3\), got \(4, 1\)"),  # Keras broadcasts these two
        ("mse", np.zeros(3), P, ValueError, r"got \(3,\)"),
        ("mse", np.zeros((3, 4)), P, ValueError, r"got \(3, 4\)"),
        ("mse", np.zeros((4, 5)), SEQUENCE[..., :1], ValueError, r"y_true\[..., None\]"),
        ("mse", np.zeros((4, 3)), SEQUENCE, ValueError, "did you mean return_sequences=True"),
        ("mse", np.zeros((4, 5, 3)), P, ValueError, "return_sequences=True missing"),
        ("mse", np.zeros(()), np.zeros(()), ValueError, "array"),
        ("mse", None, P, TypeError, "y_true.*None"),
        ("mse", np.zeros((4, 3)), "good", TypeError, "y_pred"),
        ("categorical_crossentropy", np.zeros(4), P, ValueError, "sparse_categorical_crossentropy"),
        ("categorical_crossentropy", np.zeros((4, 1)), P, ValueError, "sparse_categorical_crossentropy"),
        ("categorical_crossentropy", np.zeros((4, 1)), P[:, :1], ValueError, "binary_crossentropy"),
        ("sparse_categorical_crossentropy", P, P, ValueError, "one-hot rows go with categorical"),
        ("sparse_categorical_crossentropy", np.zeros(5), P, ValueError, r"\(4,\).*got \(5,\)"),
        ("sparse_categorical_crossentropy", np.zeros(4), SEQUENCE, ValueError, "did you mean return_sequences=True"),
        ("sparse_categorical_crossentropy", [0, 1, 2, 3], P, ValueError, r"0 to 2, got 3 at y_true\[3\].*from 1"),
        ("sparse_categorical_crossentropy", [0, -1, 2, 1], P, ValueError, r"got -1 at y_true\[1\].*mask"),
        ("sparse_categorical_crossentropy", [0, 1, 9, 1], P, ValueError, "an output for every class"),
        ("sparse_categorical_crossentropy", [0, 1, 1.5, 1], P, ValueError, "1.5.*whole"),
        ("sparse_categorical_crossentropy", [0, 1, np.nan, 1], P, ValueError, "nan.*whole"),
        ("sparse_categorical_crossentropy", [0, 0, 1, 0], P[:, :1], ValueError, "binary_crossentropy"),
    ],
)
def test_bad_targets_are_refused(name, y, p, error, words):
    with pytest.raises(error, match=words):
        losses.as_loss(name)(y, p)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: le.losses.get("huber"), ValueError, r"unknown loss 'huber'\. Known: "),
        (lambda: le.losses.get("mean_squared_eror"), ValueError, "did you mean 'mean_squared_error'"),
        (lambda: le.losses.get(lambda y, p: 0), TypeError, "no known derivative"),
        (lambda: le.losses.get(le.losses.MeanSquaredError), TypeError, r"MeanSquaredError\(\)"),
        (lambda: le.losses.get(3), TypeError, "int"),
        (lambda: le.losses.MeanSquaredError(reduction="none"), ValueError, "reduction.*'none'.*call"),
        (lambda: le.losses.MeanSquaredError(dtype="float16"), ValueError, "float16"),
        (lambda: le.losses.MeanSquaredError(from_logits=True), TypeError, "from_logits"),
        (lambda: le.losses.SparseCategoricalCrossentropy(ignore_class=0), TypeError, "ignore_class"),
        (lambda: le.losses.BinaryCrossentropy(axis=1), TypeError, "axis"),
        (lambda: le.losses.BinaryCrossentropy(from_logits="no"), TypeError, "from_logits.*no"),
        (lambda: le.losses.CategoricalCrossentropy(label_smoothing=2), ValueError, "label_smoothing.*2"),
        (lambda: le.losses.MeanSquaredError()(P, P, mask=np.ones((4, 3))), ValueError, r"\(4,\), got \(4, 3\)"),
    ],
)
def test_bad_arguments_are_refused_by_name(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_configuration_of_a_keras_loss_is_understood(name, options):
    theirs = getattr(keras.losses, name)(**options)
    ours = getattr(le.losses, name)(**theirs.get_config(), dtype=theirs.dtype)
    y, p = data(name, options, (4, 3), 7)
    assert ours(y, p) == pytest.approx(float(theirs(y, p)), rel=1e-5)
