"""NumPy does the work, and the way back through time is written by hand."""

import numpy as np
import torch


def encode(text, training_text):
    letters = np.unique(np.array(list(training_text)))
    given = np.array(list(text), dtype=letters.dtype)
    places = np.searchsorted(letters, given).clip(max=len(letters) - 1)
    codes = np.where(letters[places] == given, places + 1, 0)
    return ["�", *letters.tolist()], torch.from_numpy(codes.astype(np.int64))


def cut_streams(codes, B, T):
    length = len(codes) // B
    columns = np.stack(np.split(codes.numpy()[: B * length], B), axis=1)
    starts = np.arange(0, length - 1, T)
    x = [columns[:-1][start : start + T] for start in starts]
    y = [columns[1:][start : start + T] for start in starts]
    return [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in zip(x, y, strict=True)]


def trigram_table(codes, C, alpha):
    codes, p = codes.numpy(), np.float64(1 / C)
    for n in (1, 2, 3):
        counts = np.zeros([C] * n)
        N = max(0, len(codes) - n + 1)
        np.add.at(counts, tuple(codes[k : k + N] for k in range(n)), 1)
        p = (counts + alpha * p) / (counts.sum(-1, keepdims=True) + alpha)
    return torch.from_numpy(p)


def bits_per_character(scores, y):
    s = scores.numpy()
    s = s - s.max(-1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(-1, keepdims=True))
    return -np.take_along_axis(log_p, y.numpy()[..., None], -1).mean() / np.log(2)


def tempered_top_k(scores, temperature, k):
    s = scores.numpy()
    order = np.argsort(-s, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    powers = np.where(rank < k, np.exp((s - s.max(1, keepdims=True)) / temperature), 0)
    return torch.from_numpy((powers / powers.sum(1, keepdims=True)).astype(s.dtype))


def draw(p, u):
    codes = []
    for row, number in zip(p.numpy(), u.numpy(), strict=True):
        alive = np.flatnonzero(row)
        borders = np.cumsum(row[alive])[:-1]  # the last piece has no end
        codes.append(alive[np.searchsorted(borders, number, side="right")])
    return torch.tensor(np.array(codes))


def train_streams(weights, batches, lr):
    w = {name: weight.numpy().copy() for name, weight in weights.items()}
    H = len(w["b"])
    state = np.zeros((batches[0][0].shape[1], H), w["b"].dtype)
    losses = []
    for x, y in batches:
        x, y = x.numpy(), y.numpy()
        T, B = x.shape
        h = np.concatenate([state[None], np.zeros((T, B, H), state.dtype)])
        scores = np.empty((T, B, len(w["b_out"])), state.dtype)
        for t in range(T):
            h[t + 1] = np.tanh(w["W_ih"].T[x[t]] + h[t] @ w["W_hh"].T + w["b"])
            scores[t] = h[t + 1] @ w["W_out"].T + w["b_out"]
        p = np.exp(scores - scores.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        right = np.take_along_axis(p, y[..., None], -1)
        losses.append(-np.log2(right).mean())
        np.put_along_axis(p, y[..., None], right - 1, -1)
        d_scores = p / (T * B * np.log(2).astype(p.dtype))
        g = {name: np.zeros_like(weight) for name, weight in w.items()}
        arriving = np.zeros_like(state)
        for t in reversed(range(T)):
            g["W_out"] += d_scores[t].T @ h[t + 1]
            g["b_out"] += d_scores[t].sum(0)
            d = (d_scores[t] @ w["W_out"] + arriving) * (1 - h[t + 1] ** 2)
            np.add.at(g["W_ih"].T, x[t], d)
            g["W_hh"] += d.T @ h[t]
            g["b"] += d.sum(0)
            arriving = d @ w["W_hh"]
        w = {name: weight - lr * g[name] for name, weight in w.items()}
        state = h[-1]
    return losses, {name: torch.from_numpy(weight) for name, weight in w.items()}
