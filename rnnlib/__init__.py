"""Recurrent layers from first principles, drop-in for those of :mod:`torch.nn`."""

from .cells import GRUCell, LSTMCell, RNNCell, gru_step, lstm_step, rnn_step
from .layers import GRU, LSTM, RNN
from .verify import Report, verify

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "Report",
    "__version__",
    "gru_step",
    "lstm_step",
    "rnn_step",
    "verify",
]

__version__ = "0.1.0"
