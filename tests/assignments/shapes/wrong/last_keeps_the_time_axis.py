"""output[:, -1] is believed to keep a time axis of size 1."""

LOSES = {"pipeline_shapes_visible": 1, "pipeline_shapes_hidden": 1}


def pipeline_shapes(B, T=10, input_size=5, hidden_size=8, num_classes=3):
    return [
        (B, T, input_size),
        (B, T, hidden_size),
        (1, B, hidden_size),
        (B, 1, hidden_size),
        (B, 1, num_classes),
    ]
