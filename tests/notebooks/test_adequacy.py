"""What the notebooks compare with Keras could have failed: every mistake that applies would have been caught.

test_notebooks.py asks it of every notebook, where it is run; here are the rules, and tests of these.

It is measured, for the very weights, inputs, masks and states of each comparison that ends in `.check()`. A mistake
that can be made in a kind of layer must be caught by at least one of the notebook's comparisons of that kind. A
comparison that is meant to show what cannot be seen says so in its cell, in a comment that begins with "# Cannot
catch", and counts for nothing.
"""

from collections.abc import Iterable

import nbformat
import pytest
from running import CANNOT_CATCH, run

ONE_STEP = "there is only one timestep"
NOT_NEGATIVE = "no output is negative"  # what a model has learned may well be positive: a sum, a price


def by_kind(comparisons: Iterable[tuple]) -> dict[str, list[dict]]:
    """What was found of each kind of layer, in the comparisons that count."""
    found: dict[str, list[dict]] = {}
    for cell, comparison in comparisons:
        if CANNOT_CATCH not in cell.source:
            for layer in comparison["layers"] or ():
                found.setdefault(layer["layer"].split()[0], []).append(layer)
    return found


def missed(comparisons: Iterable[tuple]) -> dict[str, dict[str, str]]:
    """For each kind of layer, the mistakes that none of its comparisons would have caught, each with a reason."""
    everywhere: dict[str, dict[str, str]] = {}
    for kind, layers in by_kind(comparisons).items():
        caught = {id for layer in layers for id in layer["caught"]}
        # A notebook about a single step need not go through time.
        excused = {NOT_NEGATIVE} | ({ONE_STEP} if all(layer["steps"] == 1 for layer in layers) else set())
        left = {id: why for layer in layers for id, why in layer["missed"].items() if id not in caught}
        left = {id: why for id, why in left.items() if why not in excused}
        if left:
            everywhere[kind] = left
    return everywhere


def without_need(comparisons: Iterable[tuple]) -> list[str]:
    """Cells that say that they cannot catch something, and catch all."""
    marked: dict[str, bool] = {}
    for cell, comparison in comparisons:
        if CANNOT_CATCH in cell.source:
            short = any(layer["missed"] for layer in comparison["layers"] or ())
            marked[cell.id] = marked.get(cell.id, False) or short
    return [id for id, short in marked.items() if not short]


def judged(comparisons: Iterable[tuple]) -> int:
    """Of how many comparisons it was measured what they would have caught."""
    return sum(comparison["layers"] is not None for _, comparison in comparisons)


# --- the test itself ------------------------------------------------------------------------------------------------


def layer(kind="LSTM", steps=5, caught=(), **missed):
    return {"layer": f"{kind} 'a'", "weights": "0", "steps": steps, "caught": list(caught), "missed": missed}


def compared(*layers, source="le.compare(a, b).check()", id="cell"):
    cell = nbformat.v4.new_code_cell(source, id=id)
    return cell, {"what": "h", "layers": list(layers) or None}


def test_what_one_comparison_misses_another_of_the_same_kind_may_catch():
    assert missed([compared(layer(caught=["a"], b="zero")), compared(layer(caught=["b"], a="zero"))]) == {}
    assert missed([compared(layer(caught=["a"], b="zero")), compared(layer("GRU", caught=["b"]))]) == {
        "LSTM": {"b": "zero"}
    }
    assert missed([compared()]) == {}


def test_a_single_step_is_excused_where_no_comparison_has_more():
    one = compared(layer(steps=1, caught=["a"], b=ONE_STEP, c="zero"))
    assert missed([one]) == {"LSTM": {"c": "zero"}}
    assert missed([one, compared(layer(steps=4, caught=["c"]))]) == {"LSTM": {"b": ONE_STEP}}


def test_a_marked_comparison_counts_for_nothing_and_must_deserve_its_mark():
    marked = f"{CANNOT_CATCH} b: it is zero\nle.compare(a, b).check()"
    short, full = layer(caught=["a"], b="zero"), layer(caught=["a", "b"])
    assert missed([compared(short, source=marked)]) == {}
    assert missed([compared(short), compared(full, source=marked)]) == {"LSTM": {"b": "zero"}}
    assert without_need([compared(short, source=marked)]) == []
    assert without_need([compared(full, source=marked, id="why")]) == ["why"]


CELLS = [
    "import numpy as np\nimport lstm_edu as le\nimport keras",
    "rng = np.random.default_rng(0)\nx = rng.normal(size=(2, 6, 3)).astype('float32')\n"
    "lstm = keras.layers.LSTM(4, return_sequences=True)\nlstm.build((None, None, 3))",
    "y = lstm(x)\nle.compare(le.from_keras(lstm)(x), y).check()",  # fresh weights: three biases are zero
    "assert not le.compare(le.from_keras(lstm)(x) + 1, y)",  # no .check(): this shows something, and proves nothing
    "lstm.set_weights([rng.normal(size=w.shape) for w in lstm.get_weights()])\n"
    "le.compare(le.from_keras(lstm).trace(x).f, le.keras_bridge.keras_trace(lstm, x).f).check()",
    "dense = keras.layers.Dense(3)\ndense.build((None, 4))\n"
    "model = keras.Sequential([keras.Input((6, 3)), lstm, dense])\nle.verify(model, x).check()",
]


@pytest.mark.notebooks
def test_a_comparison_that_cannot_fail_is_found(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    ran = run(notebook, tmp_path)
    assert not ran.failure, ran.failure
    assert [notebook.cells.index(cell) for cell, _ in ran.comparisons] == [2, 4, 5]
    fresh = missed(ran.comparisons[:1])
    assert fresh["LSTM"]["bias-missing:g"] == "b_i, b_g and b_o are all zero"
    by_quantity = ran.comparisons[1][1]["layers"][0]  # found by its numbers, which are in Keras's trace
    assert by_quantity["layer"].startswith("LSTM") and not by_quantity["missed"]
    assert missed(ran.comparisons) == {"Dense": {"bias-missing": "the bias is zero", "bias-twice": "the bias is zero"}}
