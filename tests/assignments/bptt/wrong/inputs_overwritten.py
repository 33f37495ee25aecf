"""The caller's float64 numbers are changed, and come back with a rounding error."""

import torch

LOSES = {"numerical_gradient_hidden": 1}


def numerical_gradient(inputs, target, name, eps=1e-5):
    def loss():
        h, states = inputs["h_0"], []
        for x_t in inputs["x"]:
            h = torch.tanh(x_t @ inputs["W_ih"].T + h @ inputs["W_hh"].T + inputs["b"])
            states.append(h)
        return ((torch.stack(states) if target.dim() == 3 else h) - target).square().mean()

    inputs = {key: tensor.double() for key, tensor in inputs.items()}
    target = target.double()
    numbers = inputs[name].view(-1)
    slopes = torch.zeros_like(numbers)
    for i in range(len(numbers)):
        numbers[i] += eps
        up = loss()
        numbers[i] -= 2 * eps
        slopes[i] = (up - loss()) / (2 * eps)
        numbers[i] += eps
    return slopes.view_as(inputs[name])
