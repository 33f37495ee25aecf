"""Every function returns what it was given."""

LOSES = {
    "step_backward_visible": 1,
    "step_backward_hidden": 2,
    "step_gradients_visible": 1,
    "step_gradients_hidden": 3,
    "scan_backward_visible": 1,
    "scan_backward_hidden": 4,
    "all_gradients_visible": 1,
    "all_gradients_hidden": 4,
    "value_and_gradients_visible": 1,
    "value_and_gradients_hidden": 5,
    "numerical_gradient_visible": 1,
    "numerical_gradient_hidden": 3,
    "truncated_scan_visible": 1,
    "truncated_scan_hidden": 2,
}


def step_backward(d_h, h_t, W_hh):
    return d_h, d_h


def step_gradients(d_a, x_t, h_before):
    return x_t, h_before, d_a[0]


def scan_backward(d_output, states, W_hh):
    return d_output, d_output[0]


def all_gradients(d_a, x, h_0, states, W_ih):
    return x, W_ih, h_0, d_a[0, 0]


def value_and_gradients(inputs, target):
    return target.mean(), inputs


def numerical_gradient(inputs, target, name, eps=1e-5):
    return inputs[name].double()


def truncated_scan(d_output, states, W_hh, k):
    return d_output
