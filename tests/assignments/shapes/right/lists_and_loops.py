"""Lists in place of tuples, loops in place of indexing."""

import torch


def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):
    directions = 1 + bool(bidirectional)
    output, h_n = [T, B, directions * hidden_size], [num_layers * directions, B, hidden_size]
    if batch_first:
        output[0], output[1] = output[1], output[0]
    return [
        [size for size in output if size is not None],
        [size for size in h_n if size is not None],
    ]


def to_batch_first(x):
    return torch.stack([x[:, b] for b in range(x.shape[1])])


def pipeline_shapes(B, T=10, input_size=5, hidden_size=8, num_classes=3):
    steps = [[B, T, size] for size in (input_size, hidden_size)]
    return (*steps, [1, B, hidden_size], [B, hidden_size], [B, num_classes])
