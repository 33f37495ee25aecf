"""The probabilities of the k likeliest, without their places."""

LOSES = {"tempered_top_k_visible": 1, "tempered_top_k_hidden": 3}


def tempered_top_k(scores, temperature, k):
    return (scores / temperature).topk(k, dim=1).values.softmax(1)
