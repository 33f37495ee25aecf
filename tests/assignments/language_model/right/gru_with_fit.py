"""A GRU, once through the text, by the training loop of the library."""

import torch


def learn_text(codes, C):
    from rnnlib.training import fit, streams

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(C, 32)
            self.layer = torch.nn.GRU(32, 96)
            self.linear = torch.nn.Linear(96, C)

        def forward(self, x, state=None):
            output, state = self.layer(self.embedding(x), state)
            return self.linear(output), state

    def loss(scores, y):
        return torch.nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten())

    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = Model()
    batches = streams(codes, batch_size=32, steps=50)
    fit(model, batches, loss, epochs=1, lr=0.01, clip=1.0, carry_state=True, progress=False)
    names = ("embedding", "W_ih", "W_hh", "b_ih", "b_hh", "W_out", "b_out")
    weights = zip(names, (p.double() for p in model.parameters()), strict=True)
    return {name: weight.detach() for name, weight in weights} | {"cell": "GRU"}
