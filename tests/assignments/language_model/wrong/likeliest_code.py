"""The likeliest code is taken, whatever u is."""

LOSES = {"draw_visible": 1, "draw_hidden": 2}


def draw(p, u):
    return p.argmax(1)
