"""Every code gets a piece of the same length."""

LOSES = {"draw_visible": 1, "draw_hidden": 2}


def draw(p, u):
    return (u * p.shape[1]).long()
