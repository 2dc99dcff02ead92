"""What the notebooks quote of benchmarks/claims.json is what is in it, and every experiment is quoted."""

import re

import pytest
from test_prose import NOTEBOOKS, cells

from benchmarks import claims

FIGURES = claims.read()


def said(number: str) -> str:
    """A notebook's texts, the cards' too, without the marks of Markdown and with single spaces."""
    path = next(path for path in NOTEBOOKS if path.name.startswith(number))
    text = "\n".join(cell.source for cell in cells(path))
    return re.sub(r"\s+", " ", re.sub(r'"\n\s*"|\*\*', "", text))


def times(ratio: float) -> str:
    """A ratio as one says it: "350 times", to two digits."""
    return f"{float(f'{ratio:.2g}'):g} times"


fresh = FIGURES["fresh_gradients"]
QUOTES = [  # notebook, what it says
    ("10", f"with 5 units the LSTM has {times(fresh['LSTM over SimpleRNN, 5 units'][1])} as much left"),
    ("10", f"with 128 units the SimpleRNN has {times(1 / fresh['LSTM over SimpleRNN, 128 units'][1])} as much"),
]


@pytest.mark.parametrize(("number", "sentence"), QUOTES)
def test_a_notebook_says_what_was_measured(number, sentence):
    assert sentence in said(number)


def test_every_experiment_was_run_and_is_named_where_it_is_quoted():
    assert set(FIGURES) <= set(claims.EXPERIMENTS)
    text = "\n".join(said(path.name[:2]) for path in NOTEBOOKS)
    assert [name for name in FIGURES if name not in text] == []
