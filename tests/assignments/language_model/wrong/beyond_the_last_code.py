"""Close to 1, a code comes out that does not exist."""

LOSES = {"draw_hidden": 1}


def draw(p, u):
    return (p.cumsum(1) <= u[:, None]).sum(1)
