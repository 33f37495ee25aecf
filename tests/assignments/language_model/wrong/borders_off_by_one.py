"""The borders are those on the left of the pieces."""

LOSES = {"draw_visible": 1, "draw_hidden": 1}


def draw(p, u):
    return (p.cumsum(1) - p < u[:, None]).sum(1) - 1
