"""Every function returns what it was given, or a constant."""

import torch

LOSES = {
    "encode_visible": 1,
    "encode_hidden": 2,
    "cut_streams_visible": 1,
    "cut_streams_hidden": 3,
    "trigram_table_visible": 1,
    "trigram_table_hidden": 3,
    "bits_per_character_visible": 1,
    "bits_per_character_hidden": 3,
    "tempered_top_k_visible": 1,
    "tempered_top_k_hidden": 3,
    "draw_visible": 1,
    "draw_hidden": 2,
    "train_streams_visible": 1,
    "train_streams_hidden": 3,
    "learn_text_visible": 1,
    "learn_text_hidden": 5,
}


def encode(text, training_text):
    return training_text, text


def cut_streams(codes, B, T):
    return [(codes, codes)]


def trigram_table(codes, C, alpha):
    return torch.full((C, C, C), 1 / C, dtype=torch.float64)


def bits_per_character(scores, y):
    return 1.5


def tempered_top_k(scores, temperature, k):
    return scores


def draw(p, u):
    return torch.zeros(len(u), dtype=torch.int64)


def train_streams(weights, batches, lr):
    return [0.0] * len(batches), weights


def learn_text(codes, C):
    return {}
