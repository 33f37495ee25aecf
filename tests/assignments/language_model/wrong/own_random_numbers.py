"""u is not used."""

LOSES = {"draw_visible": 1, "draw_hidden": 2}


def draw(p, u):
    return p.multinomial(1)[:, 0]
