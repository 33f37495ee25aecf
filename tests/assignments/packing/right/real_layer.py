"""From Task 5 on everything is allowed: real layers, packing by torch, autograd."""

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, unpad_sequence


def last_valid(output, lengths, batch_first=False):
    sequences = unpad_sequence(output.clone(), torch.tensor(lengths), batch_first)
    return torch.stack([sequence[-1] for sequence in sequences])


def masked_mse(prediction, target, lengths):
    mine = torch.nn.Parameter(prediction.clone())
    packed = [pack_padded_sequence(x, lengths, enforce_sorted=False).data for x in (mine, target)]
    loss = torch.nn.functional.mse_loss(*packed)
    loss.backward()
    return loss, mine.grad


def backward_first_states(x, lengths, W_ih, W_hh, b):
    layer = torch.nn.RNN(x.shape[2], len(b), bidirectional=True, dtype=x.dtype)
    with torch.no_grad():
        layer.weight_ih_l0_reverse.copy_(W_ih)
        layer.weight_hh_l0_reverse.copy_(W_hh)
        layer.bias_ih_l0_reverse.copy_(b)
        layer.bias_hh_l0_reverse.zero_()
        _, unpacked = layer(x)
        sequences = [x[:n, i] for i, n in enumerate(lengths)]
        _, packed = layer(pack_sequence(sequences, enforce_sorted=False))
    return unpacked[1], packed[1]
