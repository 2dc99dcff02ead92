"""What cannot be in a page is said in one line, in a real IPython."""

import sys

import keras
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lstm_edu.live import missing


class Fit:
    """Keras's model as it is on NumPy: its own words."""

    def __init__(self):
        self.trained = False

    def fit(self):
        raise NotImplementedError("fit not implemented for NumPy backend.")


@pytest.fixture
def run(monkeypatch):
    """Runs a cell; gives what it shows: "line: ..." for a card, the name of an error, or what it prints."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # as if it were not installed
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.user_ns |= {"model": Fit(), "other": Fit(), "keras": keras}
    recorded = {
        "history = model.fit()": {"versions": "Keras 9", "outputs": [{"data": {"text/plain": "loss 0.25"}}]},
        "masked = 2": {"versions": "", "outputs": [], "why": "Keras on NumPy says 3"},
        "print(7)": {"versions": "", "outputs": [{"data": {"text/plain": "8"}}], "note": "TensorFlow says 8"},
    }
    missing.install(shell, recorded)
    errors = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, error, lines: errors.append(kind.__name__))

    def run(cell):
        errors.clear()
        with capture_output() as shown:
            shell.run_cell(cell, store_history=True)
        lines = [output.data["text/plain"] for output in shown.outputs]
        return [*lines, *errors, *shown.stdout.split("\n")[:-1]]

    yield run
    InteractiveShell.clear_instance()


MODEL = "Not in this page. model comes from a cell above that cannot run inside a web page."


def test_a_cell_that_cannot_run_shows_its_line_and_the_recorded_result(run):
    line, recorded = run("history = model.fit()")
    assert line.startswith("Not in this page. `fit` needs gradients, and Keras on NumPy")
    assert recorded == "loss 0.25"
    assert run("history = model.fit()") == [line, recorded]
    assert run("history = model.fit()  # mine") == [line]  # what was recorded belongs to the cell as it was


def test_a_cell_that_builds_on_it_is_not_run(run):
    run("history = model.fit()")
    assert run("print(history)") == [MODEL.replace("model comes", "history comes")]
    assert run("print(1, [model.trained for _ in 'ab'])") == [MODEL]  # not trained: its numbers would be wrong
    assert run("def show():\n    return model.trained") == [MODEL]
    assert run("show()") == [MODEL.replace("model comes", "show comes")]
    assert run("print('other', other.trained)") == ["other False"]
    assert run("print((lambda model: model)(3), [model for model in 'ab'])") == ["3 ['a', 'b']"]


def test_what_a_later_cell_makes_itself_is_there_again(run):
    run("history = model.fit()")
    assert run("model = 'new'\nprint(model)") == ["new"]
    assert run("print(model)") == ["new"]
    assert run("print(keras.__name__)") == ["keras"]


def test_what_it_would_have_filled_is_lost_too(run):
    assert "`fit`" in run("losses, seen = {}, []\nlosses['LSTM'] = model.fit()\nkeras.utils.set_random_seed(1)")[0]
    assert "losses comes from a cell above" in run("print(losses)\nseen.append(losses)")[0]
    assert (
        "seen comes from a cell above" in run("print(len(seen))")[0]
    )  # the cell that was not run would have filled it
    assert run("print(keras.__name__)") == ["keras"]  # a module is never lost


def test_what_keras_computes_otherwise_here_is_not_run(run):
    assert run("masked = 2") == ["Not in this page. Keras on NumPy says 3."]
    assert "masked comes from a cell above" in run("print(masked)")[0]
    assert run("masked = 2 + 1\nprint(masked)") == ["3"]  # the learner's own


def test_what_is_different_is_said_below_a_cell_that_has_run(run):
    assert run("print(7)") == ["Different in this page. TensorFlow says 8.", "8", "7"]  # lines of text are last
    assert run("print(7 )") == ["7"]
    assert "<b>Different" in missing.card("x", None, "Different in this page.")


def test_what_only_reads_loses_nothing(run):
    run("import numpy as np\nrng = np.random.default_rng(1)")
    run("import tensorflow\nmodel.get_weights()\nrng.random()\nother.fit()")
    assert run("print(rng.random() < 1)") == ["True"]
    assert run("print(model.trained)") == ["False"]
    assert "other comes from" in run("print(other.trained)")[0]


def test_only_what_comes_after_the_error_is_lost(run):
    assert "TensorFlow" in run("first = 1\nimport tensorflow as tf\nsecond = tf.constant(first)")[0]
    assert run("print(first)") == ["1"]
    assert "second comes from a cell above" in run("print(second)")[0]


def test_other_errors_are_shown_as_always(run):
    assert run("1 / 0") == ["ZeroDivisionError"]
    assert run("print(unknown)") == ["NameError"]
    assert run("import nothing_of_this_name") == ["ModuleNotFoundError"]
    assert run("raise NotImplementedError('later')") == ["NotImplementedError"]
    assert run("raise ValueError('units must be 3')") == ["ValueError"]
    assert run("print('goes on')") == ["goes on"]


@pytest.mark.parametrize(
    "error, words",
    [
        (NotImplementedError("train_on_batch not implemented for NumPy backend."), "`train_on_batch` needs gradients"),
        (ImportError("This requires the tensorflow module. You can install it"), "needs TensorFlow"),
        (ModuleNotFoundError("no", name="h5py"), "needs h5py"),
        (IndexError("Could not automatically infer the output shape / dtype of 'mine'"), "made-up numbers"),
        (RuntimeError("can't start new thread"), "a second thread"),
        (missing.NotInTheBrowser("jax.lax.reduce_window", "JAX"), "jax.lax.reduce_window needs JAX"),
        (RuntimeError("fit_both: Keras computes no gradients on the backend 'numpy', so"), "asks for gradients"),
        (ModuleNotFoundError("no", name="pandas"), None),
        (RuntimeError("something else"), None),
    ],
)
def test_reasons(error, words):
    said = missing.reason(error)
    assert said is None if words is None else words in said


def test_nothing_in_a_card_becomes_markup():
    html = missing.card("`<b>` & x", {"versions": "<i>", "outputs": [{}]})
    assert "<code>&lt;b&gt;</code> &amp; x" in html and "&lt;i&gt;" in html
