"""Close to 1, the last code comes out, though its probability is 0."""

LOSES = {"draw_hidden": 1}


def draw(p, u):
    return (p.cumsum(1) <= u[:, None]).sum(1).clamp(max=p.shape[1] - 1)
