"""No training: the units stand for what was read last, and the weights are counted."""

import torch


def learn_text(codes, C, pairs=500, triples=500, alpha=4.0):
    """A 4-gram table of the most frequent contexts, written into a plain network."""
    # Shares of what follows one character, then two, then three, each smoothed by the one before.
    single = torch.bincount(codes, minlength=C).double()
    single = (single + alpha / C) / (len(codes) + alpha)
    after_1 = torch.bincount(codes[:-1] * C + codes[1:], minlength=C * C).view(C, C)
    after_1 = (after_1 + alpha * single) / (after_1.sum(1, keepdim=True) + alpha)
    two = codes[:-1] * C + codes[1:]  # the pair that ends at each character
    counts_2 = torch.bincount(two[:-1] * C + codes[2:], minlength=C**3).view(C * C, C)
    pair_codes = counts_2.sum(1).topk(pairs).indices
    place = torch.full((C * C,), -1)
    place[pair_codes] = torch.arange(pairs)
    counts_2 = counts_2[pair_codes]
    after_2 = (counts_2 + alpha * after_1[pair_codes % C]) / (counts_2.sum(1, keepdim=True) + alpha)
    # A triple needs the unit of its first pair, one step before, and the table of its second.
    usable = (place[two[:-2]] >= 0) & (place[two[1:-1]] >= 0)
    three = (two[:-2] * C + codes[2:-1])[usable]
    known, which, how_often = three.unique(return_inverse=True, return_counts=True)
    best = how_often.topk(triples).indices
    position = torch.full((len(known),), -1)
    position[best] = torch.arange(triples)
    row, following = position[which], codes[3:][usable]
    counts_3 = torch.bincount((row * C + following)[row >= 0], minlength=triples * C).view(-1, C)
    first, last = place[known[best] // C], place[known[best] % (C * C)]
    after_3 = (counts_3 + alpha * after_2[last]) / (counts_3.sum(1, keepdim=True) + alpha)

    # A unit is 1 if its context has just been read, else -1.
    H, sharp = C + pairs + triples, 8.0
    W_ih, W_hh, b = torch.zeros(H, C), torch.zeros(H, H), torch.full((H,), -2 * sharp)
    W_ih[range(C), range(C)], b[:C] = 2 * sharp, -sharp
    unit = torch.arange(C, C + pairs)
    W_ih[unit, pair_codes % C], W_hh[unit, pair_codes // C] = 2 * sharp, sharp
    unit = torch.arange(C + pairs, H)
    W_ih[unit, known[best] % C], W_hh[unit, C + first] = 2 * sharp, sharp
    # Each unit adds what its context changes in the logarithms.
    change_2 = after_2.log() - after_1[pair_codes % C].log()
    change_3 = after_3.log() - after_2[last].log()
    W_out = torch.cat([after_1.log(), change_2, change_3]).T / 2
    return {
        "cell": "RNN",
        "embedding": torch.eye(C),
        "W_ih": W_ih,
        "W_hh": W_hh,
        "b_ih": b,
        "b_hh": torch.zeros(H),
        "W_out": W_out,
        "b_out": W_out.sum(1),
    }
