"""The norms of the gradients are added up."""

LOSES = {"clip_gradients_visible": 1, "clip_gradients_hidden": 3}


def clip_gradients(gradients, max_norm):
    norm = sum(g.norm() for g in gradients)
    factor = min(1.0, max_norm / float(norm + 1e-6))
    return [factor * g for g in gradients], norm
