"""Explorers: look into a layer in the page, step by step. anywidget; plain ES modules; no network."""

from __future__ import annotations

import os
from typing import Any

from lstm_edu.core import Layer
from lstm_edu.keras_bridge.loading import is_keras
from lstm_edu.trace import Trace
from lstm_edu.widgets import named
from lstm_edu.widgets._base import Explorer
from lstm_edu.widgets.bins import BinsExplorer, explore_bins
from lstm_edu.widgets.dense import DenseExplorer
from lstm_edu.widgets.embedding import EmbeddingExplorer
from lstm_edu.widgets.gradients import GradientExplorer, explore_gradients
from lstm_edu.widgets.layers import LAYERS
from lstm_edu.widgets.lstm import LSTMExplorer
from lstm_edu.widgets.model import ModelExplorer, inside_of
from lstm_edu.widgets.packing import PackingExplorer
from lstm_edu.widgets.pair import PairExplorer, explore_pair
from lstm_edu.widgets.plain import LayerExplorer
from lstm_edu.widgets.predict import Prediction, predict
from lstm_edu.widgets.recurrent import RecurrentExplorer

__all__ = [
    "BinsExplorer",
    "DenseExplorer",
    "EmbeddingExplorer",
    "Explorer",
    "GradientExplorer",
    "LSTMExplorer",
    "LayerExplorer",
    "ModelExplorer",
    "PackingExplorer",
    "PairExplorer",
    "Prediction",
    "RecurrentExplorer",
    "explore",
    "explore_bins",
    "explore_gradients",
    "explore_pair",
    "packing",
    "predict",
]


def explore(
    source: Any,
    x: Any = None,
    mask: Any = None,
    initial_state: Any = None,
    *,
    reference: Any = None,
    detail: str = "all",
    features: Any = None,
    units: Any = None,
    classes: Any = None,
    words: Any = None,
    steps: Any = None,
    **places: Any,
) -> Explorer:
    """The explorer that fits, to be shown as the last line of a cell.

    Args:
        source: a Trace; or a layer or model of this package, with x; or a Keras layer or model, or the path of a saved
            one, with x: then Keras's own numbers are shown next to ours. Any model will do: it has a tab for each of
                its
            layers that this package has.
        x, mask, initial_state: what the layer is run on: x (B, T, F) for LSTMs, (B, F) or (B, T, F) for Dense, mask
            (B, T) or None, initial_state [h0, c0], each (B, units), or None. Not with a Trace, which has been run. With
            a path x may be left out: then the input is drawn at random, as `le.verify` does.
        reference: a Trace of the same quantities to show next to ours, or a Keras layer or model with the same weights.
        detail: how much is shown. "simple": what comes in, what is kept, what is written, and a sentence about it, with
            0.000 for what is next to nothing. "gates": the pictures of all gates and the cell too; of a Dense layer
            its weights, of a SimpleRNN its sums. "all": the equations, "What if ..." and Keras's numbers too. Those who
            call explore have a question, so "all" is the default; for readers who meet a layer for the first time,
            "simple" is kinder. Readers change it in the page, which remembers what they chose; from Python it is the
            trait `detail`.
        features, units, classes, words, steps: names, lists of strings, shown next to the numbers wherever these
            appear: of the input's features, of a layer's units, of the outputs of a Dense layer (then the largest
            is called by its name), of the rows of an Embedding's table, of the steps (one list for all sequences, or
            one for each). features and classes may be a dataset of `le.datasets`, words a TextVectorization, a
            StringLookup or a Tokenizer; those of a Keras model that looks words up itself are found. Of a model,
            features are its input's, classes its last Dense layer's, and units={layer: names} where there are several
            recurrent layers; what a Sequential's layer calls its units, the next one calls its features.
        places: where to begin: t, unit, batch; for a model also layer. And name: what to call it, instead of the
            layer's own name.

    Returns:
        LSTMExplorer; RecurrentExplorer for GRU and SimpleRNN; DenseExplorer, also for TimeDistributed(Dense);
        EmbeddingExplorer; ModelExplorer with one tab per layer, also for Bidirectional; LayerExplorer for all others:
        what goes in and what comes out.

    Raises:
        TypeError: something that is neither a Trace nor a layer; a detail that is not a string; names that are not a
            list of strings, or that name what the layer does not have.
        ValueError: x missing, or given with a Trace; a detail that does not exist; a Trace that did not keep what the
            explorer shows, at whichever level; not one name for each, or two that are equal (steps may be).
    """
    run = {"mask": mask, "initial_state": initial_state}
    run = {name: value for name, value in run.items() if value is not None}
    if isinstance(source, Trace):
        given = [name for name in ("x", *run) if name in run or x is not None]
        if given:
            raise ValueError(
                f"a Trace has already been run and takes no {given[0]}: explore(trace), or explore(layer, x)"
            )
        if is_keras(reference):
            raise ValueError(
                "with a Trace, the reference must be a Trace too, le.keras_bridge.keras_trace(keras_layer, x); "
                "or explore the Keras layer itself, with x"
            )
        trace = source
    elif isinstance(source, Layer):
        trace = source.trace(_need_x(x, source), **run)
        if is_keras(reference):
            from lstm_edu import keras_bridge

            reference = keras_bridge.keras_trace(reference, x, **run)
    elif is_keras(source) or isinstance(source, (str, os.PathLike)):
        from lstm_edu import keras_bridge

        if reference is not None:
            raise ValueError("a Keras layer is its own reference: explore(keras_layer, x)")
        report = keras_bridge.verify(source, _need_x(x, source) if is_keras(source) else x, **run)
        trace, reference = report.trace, report.keras_trace
    else:
        raise TypeError(
            "explore needs a Trace (layer.trace(x)), a layer or model of lstm_edu, or one of Keras or its file, "
            f"got {type(source).__name__}"
        )
    words = named.vocabulary(trace) if words is None else words
    names = {"features": features, "units": units, "classes": classes, "words": words, "steps": steps}
    names = {argument: given for argument, given in names.items() if given is not None}
    return _explorer(trace, reference, places | {"detail": detail} | names)


def packing(units: Any, features: int | None = None, *, kind: str | None = None, **options: Any) -> PackingExplorer:
    """Where a layer's weights are in its arrays: packing(units, features, kind="GRU"), or packing(layer).

    A layer of Keras is taken as well. Options: reset_after, use_bias, block, beside ("PyTorch", "ONNX", "TF1",
    "Keras 1"), total (False: do not say how many numbers there are). See `PackingExplorer` for what they are and for
    the errors.
    """
    if is_keras(units):
        from lstm_edu import keras_bridge

        units = keras_bridge.from_keras(units)
    return PackingExplorer(units, features, kind=kind, **options)


def _explorer(trace: Trace, reference: Trace | None, places: dict[str, Any]) -> Explorer:
    explorer: Any
    if trace.kind in LAYERS:
        explorer = LAYERS[trace.kind].explorer
    elif trace.children and trace.kind != "TimeDistributed":
        explorer = ModelExplorer
    else:
        explorer = LAYERS[inside_of(trace)].explorer
    return explorer(trace, reference=reference, **places)


def _need_x(x: Any, source: Any) -> Any:
    if x is None:
        name = getattr(source, "name", type(source).__name__)
        raise ValueError(f"explore needs an input to run {name!r} on: explore(layer, x), or explore(layer.trace(x))")
    return x
