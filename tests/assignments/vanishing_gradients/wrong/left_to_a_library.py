"""The library of the course and PyTorch do the work."""

LOSES = {
    "step_jacobian_visible": 1,
    "step_jacobian_hidden": 2,
    "growth_visible": 1,
    "growth_hidden": 3,
    "clip_gradients_visible": 1,
    "clip_gradients_hidden": 3,
}


def step_jacobian(W_hh, h_t):
    from rnnlib.gradients import tanh_jacobian

    return tanh_jacobian(W_hh, h_t)


def growth(W_hh, lag):
    from rnnlib import gradients

    radius = gradients.spectral_radius(W_hh)
    return radius, radius**lag, gradients.jacobian_bound(W_hh, max(lag, 1))[-1] ** min(lag, 1)


def clip_gradients(gradients, max_norm):
    import torch

    parameters = [torch.nn.Parameter(g.clone()) for g in gradients]
    for parameter, g in zip(parameters, gradients, strict=True):
        parameter.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters], norm
