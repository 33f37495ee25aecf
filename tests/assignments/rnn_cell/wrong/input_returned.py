"""Every function returns what it was given."""

import torch

LOSES = {
    "rnn_step_visible": 1,
    "rnn_step_hidden": 2,
    "run_visible": 1,
    "run_hidden": 3,
    "run_stream_visible": 1,
    "run_stream_hidden": 3,
    "run_layers_visible": 1,
    "run_layers_hidden": 4,
    "run_both_ways_visible": 1,
    "run_both_ways_hidden": 4,
    "weight_shapes_visible": 1,
    "weight_shapes_hidden": 3,
    "rnn_layer_visible": 1,
    "rnn_layer_hidden": 5,
}


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    return h_before


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    return x, h_0


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    return x, h_0


def run_layers(x, h_0, layers):
    return x, h_0


def run_both_ways(x, h_0, forward, backward):
    return torch.cat([x, x], dim=-1), h_0


def weight_shapes(input_size, hidden_size, num_layers=1, bidirectional=False):
    return {"input_size": input_size, "hidden_size": hidden_size}


def rnn_layer(x, weights, num_layers=1, bidirectional=False, batch_first=False, h_0=None):
    return x, h_0
