"""The layers of PyTorch do the work."""

import torch

LOSES = {
    "lstm_step_visible": 1,
    "lstm_step_hidden": 2,
    "run_lstm_visible": 1,
    "run_lstm_hidden": 3,
    "gru_step_visible": 1,
    "gru_step_hidden": 3,
    "count_parameters_visible": 1,
    "count_parameters_hidden": 3,
    "mended_lstm_visible": 1,
    "mended_lstm_hidden": 2,
    "mended_gru_visible": 1,
    "mended_gru_hidden": 2,
    "mended_rnn_visible": 1,
    "mended_rnn_hidden": 2,
}


def lstm_step(x_t, h, c, W_ih, W_hh, b_ih, b_hh):
    cell = torch.nn.LSTMCell(x_t.shape[1], h.shape[1], dtype=h.dtype)
    cell.weight_ih.data, cell.weight_hh.data = W_ih, W_hh
    cell.bias_ih.data, cell.bias_hh.data = b_ih, b_hh
    return cell(x_t, (h, c))


def run_lstm(x, h_0, c_0, W_ih, W_hh, b_ih, b_hh):
    layer = torch.nn.LSTM(x.shape[2], h_0.shape[1], dtype=x.dtype)
    layer.weight_ih_l0.data, layer.weight_hh_l0.data = W_ih, W_hh
    layer.bias_ih_l0.data, layer.bias_hh_l0.data = b_ih, b_hh
    output, (h_n, c_n) = layer(x, (h_0[None], c_0[None]))
    return output, h_n[0], c_n[0]


def gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh):
    cell = torch.nn.GRUCell(x_t.shape[1], h.shape[1], dtype=h.dtype)
    cell.weight_ih.data, cell.weight_hh.data = W_ih, W_hh
    cell.bias_ih.data, cell.bias_hh.data = b_ih, b_hh
    return cell(x_t, h)


def count_parameters(kind, I, H, num_layers=1, bidirectional=False):
    layer = getattr(torch.nn, kind)(I, H, num_layers, bidirectional=bidirectional)
    return sum(parameter.numel() for parameter in layer.parameters())


def mended_lstm(x, W_ih, W_hh, b_ih, b_hh):
    layer = torch.nn.LSTM(x.shape[2], W_hh.shape[1], dtype=x.dtype)
    layer.weight_ih_l0.data, layer.weight_hh_l0.data = W_ih, W_hh
    layer.bias_ih_l0.data, layer.bias_hh_l0.data = b_ih, b_hh
    return layer(x)[0]


def mended_gru(x, W_ih, W_hh, b_ih, b_hh):
    layer = torch.nn.GRU(x.shape[2], W_hh.shape[1], dtype=x.dtype)
    layer.weight_ih_l0.data, layer.weight_hh_l0.data = W_ih, W_hh
    layer.bias_ih_l0.data, layer.bias_hh_l0.data = b_ih, b_hh
    return layer(x)[0]


def mended_rnn(x, W_ih, W_hh, b_ih, b_hh):
    layer = torch.nn.RNN(x.shape[2], W_hh.shape[1], dtype=x.dtype)
    layer.weight_ih_l0.data, layer.weight_hh_l0.data = W_ih, W_hh
    layer.bias_ih_l0.data, layer.bias_hh_l0.data = b_ih, b_hh
    return layer(x)[0]
