"""One sequence is written down, and torch.vmap runs the batch, or all changed numbers at once."""

import torch


def step_backward(d_h, h_t, W_hh):
    def one(d_h, h):  # (H,), (H,)
        d_a = d_h - d_h * h * h
        return d_a, torch.mv(W_hh.T, d_a)

    return torch.vmap(one)(d_h, h_t)


def step_gradients(d_a, x_t, h_before):
    each = torch.vmap(torch.outer)
    return each(d_a, x_t).sum(0), each(d_a, h_before).sum(0), d_a.sum(0)


def scan_backward(d_output, states, W_hh):
    def one(d_output, states):  # (T, H), (T, H)
        carried, d_a = torch.zeros_like(d_output[0]), []
        for t in range(len(states) - 1, -1, -1):
            d_a.append((d_output[t] + carried) * (1 - states[t] ** 2))
            carried = torch.mv(W_hh.T, d_a[-1])
        d_a.reverse()
        return torch.stack(d_a), carried

    return torch.vmap(one, in_dims=1, out_dims=(1, 0))(d_output, states)


def numerical_gradient(inputs, target, name, eps=1e-5):
    inputs = {key: tensor.double() for key, tensor in inputs.items()}
    target = target.double()

    def loss(changed):
        values = inputs | {name: changed}
        h, states = values["h_0"], []
        for x_t in values["x"].unbind(0):
            h = torch.tanh(x_t @ values["W_ih"].mT + h @ values["W_hh"].mT + values["b"])
            states.append(h)
        compared = h if target.dim() == 2 else torch.stack(states)
        return torch.square(compared - target).mean()

    count = inputs[name].numel()
    changes = eps * torch.eye(count, dtype=torch.float64).view(count, *inputs[name].shape)
    up, down = torch.vmap(loss)(inputs[name] + changes), torch.vmap(loss)(inputs[name] - changes)
    return ((up - down) / (2 * eps)).view(inputs[name].shape)
