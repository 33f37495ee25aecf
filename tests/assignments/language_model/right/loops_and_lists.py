"""Character by character, in Python's own loops."""

import math

import torch


def encode(text, training_text):
    vocabulary = list("�")
    for character in sorted(training_text):
        if character != vocabulary[-1]:
            vocabulary.append(character)
    codes = torch.zeros(len(text), dtype=torch.int64)
    for i, character in enumerate(text):
        for code, known in enumerate(vocabulary):
            if character == known:
                codes[i] = code
    return vocabulary, codes


def cut_streams(codes, B, T):
    length = len(codes) // B
    batches = []
    for start in range(0, length - 1, T):
        steps = range(start, min(start + T, length - 1))
        x = [[int(codes[b * length + t]) for b in range(B)] for t in steps]
        y = [[int(codes[b * length + t + 1]) for b in range(B)] for t in steps]
        batches.append((torch.tensor(x), torch.tensor(y)))
    return batches


def trigram_table(codes, C, alpha):
    codes = codes.tolist()
    counts = {}
    for n in (1, 2, 3):
        for end in range(n, len(codes) + 1):
            gram = tuple(codes[end - n : end])
            counts.setdefault(gram[:-1], [0] * C)[gram[-1]] += 1

    def shares(context):
        shorter = shares(context[1:]) if context else [1 / C] * C
        row = counts.get(context, [0] * C)
        return [(n + alpha * p) / (sum(row) + alpha) for n, p in zip(row, shorter, strict=True)]

    table = [[shares((a, b)) for b in range(C)] for a in range(C)]
    return torch.tensor(table, dtype=torch.float64)


def bits_per_character(scores, y):
    T, B, _ = scores.shape
    total = 0.0
    for t in range(T):
        for b in range(B):
            row = scores[t, b].tolist()
            top = max(row)
            log_sum = top + math.log(sum(math.exp(s - top) for s in row))
            total += (log_sum - row[int(y[t, b])]) / math.log(2)
    return total / (T * B)


def tempered_top_k(scores, temperature, k):
    p = torch.zeros_like(scores)
    for b, row in enumerate(scores.tolist()):
        kept = sorted(range(len(row)), key=lambda c: -row[c])[:k]
        powers = [math.exp((row[c] - max(row)) / temperature) for c in kept]
        for c, power in zip(kept, powers, strict=True):
            p[b, c] = power / sum(powers)
    return p


def draw(p, u):
    codes = []
    for row, number in zip(p.tolist(), u.tolist(), strict=True):
        border = 0.0
        for c, share in enumerate(row):
            if share > 0:
                code = c  # the last one with a piece, if no border is beyond u
            border += share
            if number < border:
                break
        codes.append(code)
    return torch.tensor(codes)
