"""A world of two sources and three words that is small enough to enumerate: all that q can say, and p by hand."""

import itertools
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from beyond_mle.models.transformer import Transformer
from beyond_mle.symbols import EOS, PAD, UNK
from beyond_mle.text.padding import pad
from beyond_mle.types import Support, TextBatch

VOCABULARY = 6
WORDS = (UNK, 4, 5)
P = [{(4, 5): 0.5, (5,): 0.3, (): 0.2}, {(4, 4, 5): 0.6, (UNK,): 0.4}]


class World:
    """A Transformer in double precision that ends early, so that hardly any output reaches its length limit."""

    outputs: ClassVar = [words for length in range(7) for words in itertools.product(WORDS, repeat=length)]
    source_BS = torch.tensor([[4, 5, EOS], [5, EOS, PAD]])

    def __init__(self, p: list[dict[tuple[int, ...], float]] = P):
        torch.manual_seed(0)
        sizes = dict(width=8, heads=2, feedforward=16, encoder_layers=1, decoder_layers=1, max_positions=8)
        self.model = Transformer(Transformer.Options(**sizes), VOCABULARY).double()
        with torch.no_grad():
            end = self.model.embedding.token.weight[EOS]
            self.model.norm.bias += 4 * end / end.square().sum()
        self.p = p
        rows = [(row, output, p_of) for row, source in enumerate(p) for output, p_of in source.items()]
        row_R, output_R, p_R = zip(*rows, strict=True)
        support = Support(pad(output_R), torch.tensor(row_R), torch.tensor(p_R).double().log())
        self.batch = TextBatch(self.source_BS, torch.tensor([[4, 5], [UNK, PAD]]), support)

    def log_q(self) -> Tensor:
        """log q of each output of each source [2, N]."""
        n = len(self.outputs)
        pairs = TextBatch(self.source_BS.repeat_interleave(n, 0), pad(self.outputs * 2))
        return self.model.log_prob(pairs).total_B.view(2, n)

    def log_p(self) -> Tensor:
        """log p of each output of each source [2, N]."""
        p = [[source.get(output, 0.0) for output in self.outputs] for source in self.p]
        return torch.tensor(p, dtype=torch.float64).log()

    def gradient(self, loss: Tensor) -> Tensor:
        """Of a loss in all of the model's parameters, as one vector."""
        gradients = torch.autograd.grad(loss, list(self.model.parameters()), materialize_grads=True)
        return torch.cat([g.flatten() for g in gradients])

    def gradient_of(self, objective) -> Tensor:
        """The gradient that training follows."""
        loss = objective.losses(self.model, self.batch)["model"]
        return self.gradient(loss.total / loss.count)


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    assert (1 - made.log_q().detach().exp().sum(1)).abs().max() < 1e-6
    return made


@pytest.fixture(scope="module")
def full_world() -> World:
    """p gives something to everything that q says."""
    random = torch.rand(2, len(World.outputs), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    length = torch.tensor([len(output) for output in World.outputs])
    p = random * 0.1**length
    return World([dict(zip(World.outputs, row.tolist(), strict=True)) for row in p / p.sum(1, keepdim=True)])
