"""A layer above the first is believed to read H numbers, also below it both directions run."""

LOSES = {"count_parameters_hidden": 1}


def count_parameters(input_size, hidden_size, num_layers=1, bidirectional=False, bias=True):
    D = 2 if bidirectional else 1
    total = 0
    for layer in range(num_layers):
        columns = input_size if layer == 0 else hidden_size
        total += D * hidden_size * (columns + hidden_size + (2 if bias else 0))
    return total
