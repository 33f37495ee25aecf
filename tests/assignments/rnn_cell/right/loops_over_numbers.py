"""Plain Python numbers: four loops, and tensors only at the end."""

import math

import torch


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    rows = []
    for x, h in zip(x_t.tolist(), h_before.tolist(), strict=True):
        row = []
        for i in range(len(b_ih)):
            total = b_ih[i].item() + b_hh[i].item()
            total += sum(w * number for w, number in zip(W_ih[i].tolist(), x, strict=True))
            total += sum(w * number for w, number in zip(W_hh[i].tolist(), h, strict=True))
            row.append(math.tanh(total))
        rows.append(row)
    return torch.tensor(rows, dtype=x_t.dtype)


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    columns = []
    for b in range(x.shape[1]):
        h, column = h_0[b], []
        for t in range(x.shape[0]):
            h = torch.tanh(W_ih @ x[t, b] + W_hh @ h + b_ih + b_hh)
            column.append(h)
        columns.append(torch.stack(column))
    output = torch.stack(columns, dim=1)
    return [output, output[-1]]


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    output = torch.zeros(*x.shape[:2], len(b_ih), dtype=x.dtype)
    for b in range(x.shape[1]):
        h = h_0[b]
        for t in range(x.shape[0]):
            if starts[t, b]:
                h = torch.zeros_like(h)
            h = torch.tanh(W_ih @ x[t, b] + W_hh @ h + b_ih + b_hh)
            output[t, b] = h
    return output, output[-1].clone()


def weight_shapes(input_size, hidden_size, num_layers=1, bidirectional=False):
    shapes = {}
    for layer in range(num_layers):
        for end in ("_reverse", "") if bidirectional else ("",):
            name = "_l" + str(layer) + end
            columns = input_size
            if layer > 0:
                columns = hidden_size + hidden_size * bidirectional
            shapes["bias_hh" + name] = shapes["bias_ih" + name] = [hidden_size]
            shapes["weight_hh" + name] = [hidden_size, hidden_size]
            shapes["weight_ih" + name] = [hidden_size, columns]
    return shapes
