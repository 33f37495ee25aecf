"""The lengths are not looked at: what is 0 is believed to be padding."""

LOSES = {"pack_hidden": 5}


def pack(padded, lengths, enforce_sorted=True):
    mask = (padded != 0).any(2)
    order = back = None
    if not enforce_sorted:
        order = mask.sum(0).argsort(descending=True)
        back = order.argsort()
        padded, mask = padded[:, order], mask[:, order]
    sizes = mask.sum(1)
    return padded[mask], sizes[sizes > 0], order, back
