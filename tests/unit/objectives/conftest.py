"""What tests of objectives share: a world that is small enough to enumerate, exact fits on finite languages, and
Gaussians of which an energy and a proposal are made.

The world has two sources and three words: all that q can say is listed, and p is given by hand.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from beyond_mle.models.string_network import StringNetwork
from beyond_mle.models.transformer import Transformer
from beyond_mle.symbols import EOS, PAD, UNK
from beyond_mle.text.padding import pad
from beyond_mle.types import Density, FiniteSpec, Strings, Support, TextBatch, TextSpec

VOCABULARY = 6
WORDS = (UNK, 4, 5)
P = [{(4, 5): 0.5, (5,): 0.3, (): 0.2}, {(4, 4, 5): 0.6, (UNK,): 0.4}]


class World:
    """A Transformer in double precision that ends early, so that hardly any output reaches its length limit."""

    spec: ClassVar = TextSpec(VOCABULARY)
    outputs: ClassVar = [words for length in range(7) for words in itertools.product(WORDS, repeat=length)]
    source_BS = torch.tensor([[4, 5, EOS], [5, EOS, PAD]])

    def __init__(self, p: list[dict[tuple[int, ...], float]] = P):
        torch.manual_seed(0)
        sizes = dict(width=8, heads=2, feedforward=16, encoder_layers=1, decoder_layers=1, max_positions=8)
        self.model = Transformer(Transformer.Options(**sizes), self.spec).double()
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


class GaussianEBM(nn.Module):
    """f(x, y) = c − λ (y − a x − b)²/2 of one input x: p(y|x) = N(a x + b, 1/λ), log Z = c + log(2π/λ)/2."""

    feature_width = 1

    def __init__(self, slope: float = 0.0, shift: float = 0.0, precision: float = 1.0, constant: float = 0.0):
        super().__init__()
        values = (slope, shift, precision, constant)
        self.numbers = nn.Parameter(torch.tensor(values, dtype=torch.float64))

    def features(self, input_BX: Tensor) -> Tensor:
        return self.numbers[0] * input_BX.double()

    def energy(self, feature_BD: Tensor, target_BM: Tensor) -> Tensor:
        _, shift, precision, constant = self.numbers
        return constant - precision * (target_BM - feature_BD - shift).square() / 2


class NormalProposal(nn.Module):
    """N(y; μ, s²), whatever the input."""

    def __init__(self, mean: float = 1.0, sd: float = 1.5):
        super().__init__()
        self.numbers = nn.Parameter(torch.tensor([mean, sd], dtype=torch.float64))

    def conditional_log_prob(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        return torch.distributions.Normal(*self.numbers).log_prob(target_BM)

    def conditional_sample(self, input_BX: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
        return torch.distributions.Normal(*self.numbers).sample((len(input_BX), n))


@pytest.fixture
def gaussian_ebm() -> type[GaussianEBM]:
    return GaussianEBM


@pytest.fixture
def normal_proposal() -> type[NormalProposal]:
    return NormalProposal


def whole_language(p_N: np.ndarray) -> Strings:
    """A batch of every string, with its probability."""
    log_p_N = torch.as_tensor(p_N, dtype=torch.float64).log()
    return Strings(torch.arange(len(p_N)), Density(log_p_N, torch.zeros_like(log_p_N)))


@pytest.fixture
def fitted_q() -> Callable[[Any, Sequence[tuple[int, ...]], np.ndarray], np.ndarray]:
    """Fit a string network to a language by an objective's exact expected loss (L-BFGS): q of each string."""

    def fit(objective: Any, support: Sequence[tuple[int, ...]], p_N: np.ndarray) -> np.ndarray:
        torch.manual_seed(0)
        model = StringNetwork(StringNetwork.Options(width=16), FiniteSpec(tuple(support)))
        batch = whole_language(p_N)
        optimiser = torch.optim.LBFGS(
            model.parameters(), max_iter=2000, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
        )

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = objective.losses(model, batch)["model"]
            (loss.total / loss.count).backward()
            return loss.metrics["loss"]

        optimiser.step(closure)
        return model.log_prob(batch).total_B.exp().detach().numpy()

    return fit
