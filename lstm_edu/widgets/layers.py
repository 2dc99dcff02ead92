"""Which explorer shows which kind of layer. A new one is a row here, and one of INSIDE in static/model/explorer.js."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lstm_edu.widgets import dense, embedding, lstm, plain, recurrent
from lstm_edu.widgets._base import Explorer


class Shown(NamedTuple):
    """How a kind of layer is shown: in its own explorer, and what a model's explorer sends about it to the page."""

    explorer: type[Explorer]
    describe: Callable[..., tuple[dict[str, Any], dict[str, Any]]]


LAYERS = {
    "LSTM": Shown(lstm.LSTMExplorer, lstm.describe),
    "GRU": Shown(recurrent.RecurrentExplorer, recurrent.describe),
    "SimpleRNN": Shown(recurrent.RecurrentExplorer, recurrent.describe),
    "Dense": Shown(dense.DenseExplorer, dense.describe),
    "Embedding": Shown(embedding.EmbeddingExplorer, embedding.describe),
    "plain": Shown(plain.LayerExplorer, plain.describe),  # all others: what goes in and what comes out
}
