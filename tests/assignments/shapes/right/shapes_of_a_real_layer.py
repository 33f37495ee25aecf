"""A real layer is built, run, and asked."""

import torch


def rnn_shapes(T, B, hidden_size, **options):
    layer = torch.nn.RNN(1, hidden_size, **options)
    axes = [T] if B is None else [B, T] if options.get("batch_first") else [T, B]
    output, h_n = layer(torch.zeros(*axes, 1))
    return output.shape, h_n.shape


def count_parameters(input_size, hidden_size, *args, **options):
    layer = torch.nn.RNN(input_size, hidden_size, *args, **options)
    return sum(parameter.numel() for parameter in layer.parameters())


def pipeline_shapes(B, T=10, input_size=5, hidden_size=8, num_classes=3):
    x = torch.zeros(B, T, input_size)
    output, h_n = torch.nn.RNN(input_size, hidden_size, batch_first=True)(x)
    last = output[:, -1]
    scores = torch.nn.Linear(hidden_size, num_classes)(last)
    return [tensor.shape for tensor in (x, output, h_n, last, scores)]
