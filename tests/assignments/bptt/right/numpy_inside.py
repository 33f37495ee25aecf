"""NumPy does the work."""

import numpy as np
import torch


def step_backward(d_h, h_t, W_hh):
    d_a = d_h.numpy() * (1 - h_t.numpy() ** 2)
    return torch.from_numpy(d_a), torch.from_numpy(d_a @ W_hh.numpy())


def step_gradients(d_a, x_t, h_before):
    d_a = d_a.numpy()
    products = d_a.T @ x_t.numpy(), d_a.T @ h_before.numpy(), d_a.sum(axis=0)
    return tuple(map(torch.from_numpy, products))


def scan_backward(d_output, states, W_hh):
    d_output, slopes, W_hh = d_output.numpy(), 1 - states.numpy() ** 2, W_hh.numpy()
    d_a, carried = np.empty_like(slopes), np.zeros_like(slopes[0])
    for t in range(len(slopes))[::-1]:
        d_a[t] = (d_output[t] + carried) * slopes[t]
        carried = d_a[t] @ W_hh
    return torch.from_numpy(d_a), torch.from_numpy(carried)


def all_gradients(d_a, x, h_0, states, W_ih):
    d_a, x, h_0, states, W_ih = (t.numpy() for t in (d_a, x, h_0, states, W_ih))
    before = np.roll(states, 1, axis=0)
    before[0] = h_0
    d_W_ih = np.tensordot(d_a, x, axes=[(0, 1), (0, 1)])
    d_W_hh = np.tensordot(d_a, before, axes=[(0, 1), (0, 1)])
    found = np.dot(d_a, W_ih), d_W_ih, d_W_hh, d_a.sum(axis=(0, 1))
    return [torch.from_numpy(gradient) for gradient in found]


def value_and_gradients(inputs, target):
    x, h_0, W_ih, W_hh, b = (inputs[name].numpy() for name in ("x", "h_0", "W_ih", "W_hh", "b"))
    target, states = target.numpy(), [h_0]
    for x_t in x:
        states.append(np.tanh(x_t @ W_ih.T + states[-1] @ W_hh.T + b))
    gradients = {name: np.zeros_like(tensor.numpy()) for name, tensor in inputs.items()}
    loss, carried = 0.0, np.zeros_like(h_0)
    for t in reversed(range(len(x))):
        if target.ndim == 3 or t == len(x) - 1:
            error = states[t + 1] - (target[t] if target.ndim == 3 else target)
            loss += (error**2).sum() / target.size
            carried = carried + 2 * error / target.size
        d_a = (1 - states[t + 1] ** 2) * carried
        gradients["x"][t] = d_a @ W_ih
        gradients["W_ih"] += d_a.T @ x[t]
        gradients["W_hh"] += d_a.T @ states[t]
        gradients["b"] += d_a.sum(axis=0)
        carried = d_a @ W_hh
    gradients["h_0"] = carried
    return float(loss), {name: torch.from_numpy(value) for name, value in gradients.items()}


def numerical_gradient(inputs, target, name, eps=1e-5):
    arrays = {key: np.array(tensor.numpy(), dtype=np.float64) for key, tensor in inputs.items()}

    def loss():
        h, errors = arrays["h_0"], []
        for x_t in arrays["x"]:
            h = np.tanh(x_t @ arrays["W_ih"].T + h @ arrays["W_hh"].T + arrays["b"])
            errors.append(h)
        states = np.stack(errors) if target.dim() == 3 else h
        return np.mean((states - target.numpy()) ** 2)

    slopes = np.empty_like(arrays[name])
    for at, kept in np.ndenumerate(arrays[name].copy()):
        both = []
        for sign in (1, -1):
            arrays[name][at] = kept + sign * eps
            both.append(loss())
        arrays[name][at] = kept
        slopes[at] = (both[0] - both[1]) / (2 * eps)
    return torch.from_numpy(slopes)


def truncated_scan(d_output, states, W_hh, k):
    d_a, slopes = d_output.numpy().copy(), 1 - states.numpy() ** 2
    for t in range(len(slopes))[::-1]:
        if (t + 1) % k and t + 1 < len(slopes):
            d_a[t] += d_a[t + 1] @ W_hh.numpy()
        d_a[t] *= slopes[t]
    return torch.from_numpy(d_a)
