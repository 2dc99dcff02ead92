"""The mathematics. NumPy only: draws nothing, reads no files, knows no Keras."""

from lstm_edu.core.dense import Dense
from lstm_edu.core.layer import Gradients, Layer
from lstm_edu.core.lstm import LSTM, LSTMStep, lstm_step
from lstm_edu.core.model import Sequential

__all__ = ["LSTM", "Dense", "Gradients", "LSTMStep", "Layer", "Sequential", "lstm_step"]
