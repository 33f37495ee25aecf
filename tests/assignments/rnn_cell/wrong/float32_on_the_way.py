"""The result has the right dtype, but it was computed in float32."""

import torch

LOSES = {
    "rnn_step_visible": 1,
    "rnn_step_hidden": 1,
    "run_visible": 1,
    "run_hidden": 3,
    "run_stream_hidden": 3,
    "run_both_ways_visible": 1,
    "run_both_ways_hidden": 4,
}


def rnn_step(x_t, h_before, W_ih, W_hh, b_ih, b_hh):
    x, h, W_ih, W_hh = (tensor.float() for tensor in (x_t, h_before, W_ih, W_hh))
    return torch.tanh(x @ W_ih.T + h @ W_hh.T + (b_ih + b_hh).float()).to(x_t.dtype)


def run(x, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0.float(), torch.zeros(*x.shape[:2], len(b_ih), dtype=x.dtype)
    for t, x_t in enumerate(x.float()):
        h = torch.tanh(x_t @ W_ih.float().T + h @ W_hh.float().T + (b_ih + b_hh).float())
        output[t] = h
    return output, h.to(x.dtype)


def run_stream(x, starts, h_0, W_ih, W_hh, b_ih, b_hh):
    h, output = h_0.float(), torch.zeros(*x.shape[:2], len(b_ih), dtype=x.dtype)
    for t, x_t in enumerate(x.float()):
        h = h.masked_fill(starts[t][:, None], 0)
        h = torch.tanh(x_t @ W_ih.float().T + h @ W_hh.float().T + (b_ih + b_hh).float())
        output[t] = h
    return output, h.to(x.dtype)


def run_both_ways(x, h_0, forward, backward):
    def one_way(x, h, *weights):
        W_ih, W_hh, b_ih, b_hh = (weight.float() for weight in weights)
        states = []
        for x_t in x:
            h = torch.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
            states.append(h)
        return torch.stack(states), h

    there, h_there = one_way(x.float(), h_0[0].float(), *forward)
    back, h_back = one_way(x.flip(0).float(), h_0[1].float(), *backward)
    output = torch.cat([there, back.flip(0)], dim=-1)
    return output.to(x.dtype), torch.stack([h_there, h_back]).to(x.dtype)
