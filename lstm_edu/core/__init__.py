"""The mathematics. NumPy only: draws nothing, reads no files, does not know Keras."""

from lstm_edu.core.activation import Activation
from lstm_edu.core.batch_normalization import BatchNormalization
from lstm_edu.core.dense import Dense
from lstm_edu.core.dropout import Dropout
from lstm_edu.core.embedding import Embedding
from lstm_edu.core.graph import Graph
from lstm_edu.core.gru import GRU
from lstm_edu.core.layer import Gradients, Layer
from lstm_edu.core.lstm import LSTM, LSTMStep, lstm_step
from lstm_edu.core.masking import Masking
from lstm_edu.core.model import Sequential
from lstm_edu.core.peephole_lstm import PeepholeLSTM
from lstm_edu.core.simple_rnn import SimpleRNN
from lstm_edu.core.stacked_rnn import StackedRNN
from lstm_edu.core.wrappers import Bidirectional, TimeDistributed

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
    "lstm_step",
]
