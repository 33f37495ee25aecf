"""The difference is taken to one side."""

import torch

LOSES = {"numerical_gradient_visible": 1, "numerical_gradient_hidden": 3}


def numerical_gradient(inputs, target, name, eps=1e-5):
    def loss():
        h, states = inputs["h_0"], []
        for x_t in inputs["x"]:
            h = torch.tanh(x_t @ inputs["W_ih"].T + h @ inputs["W_hh"].T + inputs["b"])
            states.append(h)
        return ((torch.stack(states) if target.dim() == 3 else h) - target).square().mean()

    inputs = {key: tensor.double().clone() for key, tensor in inputs.items()}
    target = target.double()
    numbers = inputs[name].view(-1)
    slopes = torch.zeros_like(numbers)
    for i, kept in enumerate(numbers.tolist()):
        numbers[i] = kept + eps
        up = loss()
        numbers[i] = kept
        slopes[i] = (up - loss()) / eps
    return slopes.view_as(inputs[name])
