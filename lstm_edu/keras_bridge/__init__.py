"""The only place that knows Keras: load a layer, a model or a file; record, compare, verify, train side by side.

`compare` needs no Keras; the others import it when they are called.
"""

from lstm_edu.comparison import Report, Row, compare
from lstm_edu.keras_bridge.graph import from_keras
from lstm_edu.keras_bridge.recording import keras_trace
from lstm_edu.keras_bridge.side_by_side import TrainingReport, TrainingStep, train_side_by_side
from lstm_edu.keras_bridge.verify_report import Divergence, LayerReport, VerifyReport
from lstm_edu.keras_bridge.verifying import verify

__all__ = [
    "Divergence",
    "LayerReport",
    "Report",
    "Row",
    "TrainingReport",
    "TrainingStep",
    "VerifyReport",
    "compare",
    "from_keras",
    "keras_trace",
    "train_side_by_side",
    "verify",
]
