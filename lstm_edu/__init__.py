"""What Keras's Dense and LSTM layers really compute, step by step, in NumPy, next to Keras's own output.

`import lstm_edu` loads NumPy and nothing heavier. Whatever needs Keras, matplotlib or ipywidgets is loaded when it is
first used.
"""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

if find_spec("numpy") is None:
    _message = f"lstm_edu needs NumPy, which {sys.executable} lacks: use .venv/bin/python, see README"
    # Under `python -m lstm_edu`, one line instead of a traceback.
    raise SystemExit(_message) if sys.argv[:1] == ["-m"] else ModuleNotFoundError(_message, name="numpy")

from lstm_edu.core import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Gradients,
    Graph,
    Layer,
    LSTMStep,
    Masking,
    PeepholeLSTM,
    Sequential,
    SimpleRNN,
    StackedRNN,
    TimeDistributed,
    activations,
    initializers,
    losses,
    lstm_step,
    optimizers,
)
from lstm_edu.core.gradcheck import gradcheck
from lstm_edu.trace import Trace

__version__ = "0.1.0"

# For TensorFlow, if it is imported later and nothing else was chosen. Its notes about the processor would appear in
# red below a learner's first cell; and without oneDNN's own orders of summation, thirty different laptops show
# the same last digits.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

# Public name -> the module that has it; None: the module itself. Loaded at first use.
_LATER = {
    "from_keras": "lstm_edu.keras_bridge",
    "compare": "lstm_edu.comparison",
    "verify": "lstm_edu.keras_bridge",
    "adequate_example": "lstm_edu.doctor",
    "diagnose": "lstm_edu.doctor",
    "mistakes": "lstm_edu.doctor",
    "explore": "lstm_edu.widgets",
    "explore_gradients": "lstm_edu.widgets",
    "explore_pair": "lstm_edu.widgets",
    "packing": "lstm_edu.widgets",
    "predict": "lstm_edu.widgets",
    "save_html": "lstm_edu.export",
    "explore_bins": "lstm_edu.widgets",
    "clinic": None,
    "datasets": None,
    "doctor": None,
    "exercises": None,
    "formats": None,
    "keras_bridge": None,
    "palette": None,
    "plots": None,
    "widgets": None,
}

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "BatchNormalization",
    "Bidirectional",
    "Dense",
    "Dropout",
    "Embedding",
    "Gradients",
    "Graph",
    "LSTMStep",
    "Layer",
    "Masking",
    "PeepholeLSTM",
    "Sequential",
    "SimpleRNN",
    "StackedRNN",
    "TimeDistributed",
    "Trace",
    "activations",
    "gradcheck",
    "initializers",
    "losses",
    "lstm_step",
    "optimizers",
    *_LATER,
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'lstm_edu' has no attribute {name!r}")
    home = _LATER[name]
    value = import_module(f"lstm_edu.{name}") if home is None else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
