"""With batch_first, the backward direction reads the sequences in reverse, not their steps."""

import torch

LOSES = {"rnn_layer_hidden": 1}


def rnn_layer(x, weights, num_layers=1, bidirectional=False, batch_first=False, h_0=None):
    directions = ["", "_reverse"] if bidirectional else [""]
    time = 1 if batch_first else 0
    if h_0 is None:
        H = weights["weight_hh_l0"].shape[0]
        h_0 = x.new_zeros(num_layers * len(directions), x.shape[1 - time], H)
    h_n = []
    for layer in range(num_layers):
        outputs = []
        for direction in directions:
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            W_ih, W_hh, b_ih, b_hh = (weights[f"{name}_l{layer}{direction}"] for name in names)
            h, states = h_0[len(h_n)], []
            for x_t in (x.flip(0) if direction else x).unbind(time):
                h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
                states.append(h)
            output = torch.stack(states, dim=time)
            outputs.append(output.flip(0) if direction else output)
            h_n.append(h)
        x = torch.cat(outputs, dim=-1)
    return x, torch.stack(h_n)
