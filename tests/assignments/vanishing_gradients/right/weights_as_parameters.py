"""The weights are parameters that want gradients, with hidden numbers that do nothing."""

import torch


def learn_adding():
    rnn, linear = torch.nn.RNN(2, 40, nonlinearity="relu"), torch.nn.Linear(40, 1)
    with torch.no_grad():
        for parameter in [*rnn.parameters(), *linear.parameters()]:
            parameter.zero_()
        rnn.weight_ih_l0[7] = 1  # number + mark - 1: the number, if it is marked
        rnn.bias_hh_l0[7] = -1
        rnn.weight_hh_l0[3, 3] = rnn.weight_hh_l0[3, 7] = 1
        linear.weight[0, 3] = linear.weight[0, 7] = 1
    names = ("W_ih", "W_hh", "b_ih", "b_hh", "W_out", "b_out")
    weights = dict(zip(names, [*rnn.parameters(), *linear.parameters()], strict=True))
    return {"nonlinearity": rnn.nonlinearity, **weights}
