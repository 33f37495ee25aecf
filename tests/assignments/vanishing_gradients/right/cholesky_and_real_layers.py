"""A Cholesky factor is the R with a positive diagonal; torch.nn.RNN makes the steps."""

import torch


def initial_W_hh(kind, A, gain=1.0):
    if kind == "identity":
        return torch.zeros_like(A).fill_diagonal_(gain)
    exact = A.double()
    for _ in range(2):  # once more, for the sake of rounding
        R = torch.linalg.cholesky(exact.T @ exact).mH
        exact = torch.linalg.solve_triangular(R, exact, upper=True, left=False)
    return (gain * exact).to(A)


def growth(W_hh, lag):
    powers = torch.linalg.matrix_power(torch.diag(torch.linalg.eigvals(W_hh)), 1)
    radius = powers.diagonal().abs().amax()
    largest = torch.linalg.svd(W_hh).S[0]
    return [radius.item(), radius.pow(lag), largest.pow(lag)]


def clip_gradients(gradients, max_norm):
    flat = torch.nn.utils.parameters_to_vector(gradients)
    norm = torch.linalg.vector_norm(flat)
    direction = torch.nn.functional.normalize(flat, dim=0)
    flat = direction * norm.clamp(max=max_norm)
    pieces = flat.split([g.numel() for g in gradients])
    return [p.reshape(g.shape) for p, g in zip(pieces, gradients, strict=True)], norm


def truncated_gradient(W_ih, W_hh, b, x, y, k):
    rnn = torch.nn.RNN(x.shape[2], len(b), dtype=x.dtype)
    rnn.weight_ih_l0.data, rnn.weight_hh_l0.data = W_ih, W_hh
    rnn.bias_ih_l0.data, rnn.bias_hh_l0.data = b, torch.zeros_like(b)
    h = x.new_zeros(1, x.shape[1], len(b))
    for start in range(0, len(x), k):
        output, h = rnn(x[start : start + k], h.detach())
        (0.5 * (output - y[start : start + k]).pow(2)).sum().backward()
    return rnn.weight_hh_l0.grad


def learn_adding():
    # Unit 0 lets through the number of a marked step, unit 1 adds up what unit 0 let through.
    return {
        "W_ih": torch.tensor([[1.0, 1.0], [0.0, 0.0]]),
        "W_hh": torch.tensor([[0.0, 0.0], [1.0, 1.0]]),
        "b_ih": torch.tensor([-1.0, 0.0]),
        "b_hh": torch.zeros(2),
        "W_out": torch.ones(1, 2),
        "b_out": torch.zeros(1),
        "nonlinearity": "relu",
    }
