"""The modules, losses and optimisers of torch.nn do the work."""

import math
from collections import defaultdict

import torch


def encode(text, training_text):
    code_of = defaultdict(int, {c: code for code, c in enumerate(sorted(set(training_text)), 1)})
    codes = [code_of[character] for character in text]
    known = [character for character, code in code_of.items() if code]
    return ["�", *known], torch.tensor(codes).long()


def cut_streams(codes, B, T):
    streams = codes.split(len(codes) // B)[:B]
    columns = torch.stack(streams, dim=1)
    pairs = torch.stack([columns[:-1], columns[1:]])  # (2, steps, B)
    return [tuple(piece) for piece in pairs.split(T, dim=1)]


def bits_per_character(scores, y):
    loss = torch.nn.CrossEntropyLoss()
    return loss(scores.permute(0, 2, 1), y) * math.log2(math.e)


def tempered_top_k(scores, temperature, k):
    dropped = torch.ones_like(scores, dtype=torch.bool)
    dropped.scatter_(1, scores.sort(1, descending=True).indices[:, :k], False)
    softmax = torch.nn.Softmax(dim=1)
    return softmax(scores.masked_fill(dropped, -math.inf).div(temperature))


def train_streams(weights, batches, lr):
    H, C = weights["W_ih"].shape
    cell = torch.nn.RNNCell(C, H, dtype=weights["b"].dtype)
    head = torch.nn.Linear(H, C, dtype=weights["b"].dtype)
    cell.load_state_dict(
        {
            "weight_ih": weights["W_ih"],
            "weight_hh": weights["W_hh"],
            "bias_ih": weights["b"],
            "bias_hh": torch.zeros_like(weights["b"]),
        }
    )
    head.load_state_dict({"weight": weights["W_out"], "bias": weights["b_out"]})
    cell.bias_hh.requires_grad_(False)
    optimizer = torch.optim.SGD([*cell.parameters(), *head.parameters()], lr)
    state, losses = None, []
    for x, y in batches:
        loss = 0
        for x_t, y_t in zip(x, y, strict=True):
            one_hot = torch.nn.functional.one_hot(x_t, C).to(head.weight)
            state = cell(one_hot) if state is None else cell(one_hot, state)
            loss = loss + torch.nn.functional.cross_entropy(head(state), y_t) / len(x)
        loss = loss * math.log2(math.e)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
        state = state.detach()
    return losses, {
        "W_ih": cell.weight_ih,
        "W_hh": cell.weight_hh,
        "b": cell.bias_ih,
        "W_out": head.weight,
        "b_out": head.bias,
    }
