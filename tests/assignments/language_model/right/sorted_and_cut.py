"""Sorted probabilities are cut, and streams are taken by their places."""

import torch


def cut_streams(codes, B, T):
    length = len(codes) // B
    steps = torch.arange(length - 1)[:, None]
    places = steps + length * torch.arange(B)  # (length - 1, B)
    starts = range(0, length - 1, T)
    pieces = [places[start : start + T] for start in starts]
    return [[codes[piece], codes[piece + 1]] for piece in pieces]


def encode(text, training_text):
    known = "".join(sorted(set(training_text)))
    return ["�", *known], torch.tensor([known.find(c) + 1 for c in text], dtype=torch.int64)


def tempered_top_k(scores, temperature, k):
    p = scores.log_softmax(1).exp()
    ordered, places = p.sort(dim=1, descending=True, stable=True)
    ordered[:, k:] = 0
    powers = ordered ** (1 / temperature)
    powers = powers / powers.sum(1, keepdim=True)
    return powers.gather(1, places.argsort(1))


def draw(p, u):
    inside = u[:, None] < p.cumsum(1)
    last = torch.where(p > 0, torch.arange(p.shape[1]), -1).amax(1)
    return torch.where(inside.any(1), inside.int().argmax(1), last)


def trigram_table(codes, C, alpha):
    def count(n):
        windows = codes.unfold(0, n, 1) if len(codes) >= n else codes.new_zeros(0, n)
        counts = torch.zeros([C] * n, dtype=torch.float64)
        return counts.index_put(
            tuple(windows.T), torch.ones((), dtype=torch.float64), accumulate=True
        )

    p = torch.ones(C).double() / C
    for n in range(1, 4):
        counts = count(n)
        followed = counts.sum(-1, keepdim=True)
        weight = followed / (followed + alpha)
        p = weight * counts / followed.clamp(min=1) + (1 - weight) * p
    return p
