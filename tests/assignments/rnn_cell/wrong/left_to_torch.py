"""torch.nn.RNN does the work: all results are right, and none is the learner's."""

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
    cell = torch.nn.RNNCell(W_ih.shape[1], len(b_ih), dtype=x_t.dtype)
    weights = (W_ih, W_hh, b_ih, b_hh)
    cell.load_state_dict(dict(zip(cell.state_dict(), weights, strict=True)))
    return cell(x_t, h_before).detach()


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    layer = torch.nn.RNN(W_ih.shape[1], len(b_ih), dtype=x.dtype)
    weights = (W_ih, W_hh, b_ih, b_hh)
    layer.load_state_dict(dict(zip(layer.state_dict(), weights, strict=True)))
    output, h_n = layer(x, h_0[None])
    return output.detach(), h_n[0].detach()


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    cell = torch.nn.RNNCell(W_ih.shape[1], len(b_ih), dtype=x.dtype)
    weights = (W_ih, W_hh, b_ih, b_hh)
    cell.load_state_dict(dict(zip(cell.state_dict(), weights, strict=True)))
    output = []
    for x_t, new in zip(x, starts, strict=True):
        h_0 = cell(x_t, h_0.masked_fill(new[:, None], 0)).detach()
        output.append(h_0)
    return torch.stack(output), h_0


def run_layers(x, h_0, layers):
    I, (L, _, H) = x.shape[2], h_0.shape
    layer = torch.nn.RNN(I, H, num_layers=L, dtype=x.dtype)
    weights = [weight for weights in layers for weight in weights]
    layer.load_state_dict(dict(zip(layer.state_dict(), weights, strict=True)))
    output, h_n = layer(x, h_0)
    return output.detach(), h_n.detach()


def run_both_ways(x, h_0, forward, backward):
    layer = torch.nn.RNN(x.shape[2], h_0.shape[2], bidirectional=True, dtype=x.dtype)
    weights = (*forward, *backward)
    layer.load_state_dict(dict(zip(layer.state_dict(), weights, strict=True)))
    output, h_n = layer(x, h_0)
    return output.detach(), h_n.detach()


def weight_shapes(input_size, hidden_size, num_layers=1, bidirectional=False):
    layer = torch.nn.RNN(input_size, hidden_size, num_layers, bidirectional=bidirectional)
    return {name: tuple(weight.shape) for name, weight in layer.state_dict().items()}


def rnn_layer(x, weights, num_layers=1, bidirectional=False, batch_first=False, h_0=None):
    options = {"bidirectional": bidirectional, "batch_first": batch_first, "dtype": x.dtype}
    layer = torch.nn.RNN(x.shape[-1], len(weights["bias_hh_l0"]), num_layers, **options)
    layer.load_state_dict(weights)
    output, h_n = layer(x, h_0)
    return output.detach(), h_n.detach()
