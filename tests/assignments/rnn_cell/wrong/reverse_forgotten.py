"""The weights of the backward direction are left out."""

LOSES = {"weight_shapes_visible": 1, "weight_shapes_hidden": 3}


def weight_shapes(input_size, hidden_size, num_layers=1, bidirectional=False):
    directions = [""] * (1 + bidirectional)
    shapes = {}
    for layer in range(num_layers):
        reads = input_size if layer == 0 else len(directions) * hidden_size
        for direction in directions:
            shapes[f"weight_ih_l{layer}{direction}"] = (hidden_size, reads)
            shapes[f"weight_hh_l{layer}{direction}"] = (hidden_size, hidden_size)
            shapes[f"bias_ih_l{layer}{direction}"] = (hidden_size,)
            shapes[f"bias_hh_l{layer}{direction}"] = (hidden_size,)
    return shapes
