"""backward does the work: all results are right, and none is the learner's."""

import torch

LOSES = {"value_and_gradients_visible": 1, "value_and_gradients_hidden": 5}


def value_and_gradients(inputs, target):
    leaves = {name: tensor.detach().clone() for name, tensor in inputs.items()}
    x, h_0, W_ih, W_hh, b = (leaves[n].requires_grad_() for n in ("x", "h_0", "W_ih", "W_hh", "b"))
    h, states = h_0, []
    for x_t in x:
        h = torch.tanh(x_t @ W_ih.T + h @ W_hh.T + b)
        states.append(h)
    output = torch.stack(states)
    seen = slice(None) if target.dim() == 3 else -1
    loss = (output[seen] - target).square().mean()
    loss.backward()
    return loss.detach(), {name: leaf.grad for name, leaf in leaves.items()}
