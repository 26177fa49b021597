"""Tiny models with random tables, whose every output can be enumerated."""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from beyond_mle.symbols import BOS, EOS, PAD, UNK
from beyond_mle.types import Encoded

V = 6
WORDS = (UNK, 4, 5)
N_SOURCES = 7


def source_code(source_BS: Tensor) -> Tensor:
    """Which of the N_SOURCES distributions a source has; padding does not matter."""
    return source_BS.sum(dim=1) % N_SOURCES


def random_sources(n: int, seed: int = 0) -> list[list[int]]:
    """Sources of 1 to 5 tokens and EOS."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 6, (n,), generator=generator).tolist()
    return [[*torch.randint(3, 12, (length,), generator=generator).tolist(), EOS] for length in lengths]


class ToyState:
    """Source and prefix of every row as numbers."""

    def __init__(self, source_R: Tensor, max_length: int):
        self.source_R = source_R
        self.prefix_R = torch.ones_like(source_R)
        self.room = max_length

    def select(self, rows_R: Tensor) -> None:
        self.source_R, self.prefix_R = self.source_R[rows_R], self.prefix_R[rows_R]

    def reorder(self, rows_R: Tensor) -> None:
        assert torch.equal(self.source_R[rows_R], self.source_R), "reorder may not leave the source"
        self.prefix_R = self.prefix_R[rows_R]


class ToyStepwise:
    """q(next | source, whole prefix) from a random table."""

    longest_output = 100
    device = torch.device("cpu")

    def __init__(self, seed: int = 0, sharpness: float = 1.5, prefixes: int = V**5):
        generator = torch.Generator().manual_seed(seed)
        logits = sharpness * torch.randn(N_SOURCES, prefixes, V, generator=generator)
        logits[..., [PAD, BOS]] = -torch.inf
        self.table = logits.log_softmax(dim=-1)
        self.steps = 0

    def start(self, source_BS: Tensor, max_length: int) -> ToyState:
        self.steps = 0
        return ToyState(source_code(source_BS), max_length)

    def step(self, token_R: Tensor, state: ToyState) -> Tensor:
        state.room -= 1
        assert state.room >= 0, "more steps than were announced"
        self.steps += 1
        fed_R = (state.prefix_R * V + token_R) % self.table.shape[1]
        state.prefix_R = torch.where(token_R == BOS, state.prefix_R, fed_R)
        return self.table[state.source_R, state.prefix_R]

    def next_log_probs(self, source: list[int], prefix: tuple[int, ...]) -> Tensor:
        """log q(next) after a prefix, computed apart from `step`."""
        code = 1
        for token in prefix:
            code = (code * V + token) % self.table.shape[1]
        return self.table[sum(source) % N_SOURCES, code]

    def log_prob(self, source: list[int], tokens: tuple[int, ...]) -> float:
        """log q(tokens, EOS | source)."""
        whole = (*tokens, EOS)
        return sum(float(self.next_log_probs(source, whole[:t])[token]) for t, token in enumerate(whole))


def all_outputs(limit: int) -> list[tuple[int, ...]]:
    """Every output of at most `limit` words."""
    return [words for length in range(limit + 1) for words in itertools.product(WORDS, repeat=length)]


class ToyOnePass:
    """q(T|x) and q(v at t | x, T) from random tables; some lengths are impossible."""

    def __init__(self, seed: int = 0, longest: int = 5, possible: tuple[int, ...] = (1, 2, 3, 5)):
        generator = torch.Generator().manual_seed(seed)
        logits = torch.randn(N_SOURCES, longest + 1, generator=generator)
        logits[:, [length for length in range(longest + 1) if length not in possible]] = -torch.inf
        self.lengths = logits.log_softmax(dim=-1)
        words = torch.randn(N_SOURCES, longest + 1, longest, V, generator=generator)
        words[..., [PAD, BOS, EOS]] = -torch.inf
        self.words = words.log_softmax(dim=-1)

    def encode(self, source_BS: Tensor) -> Encoded:
        return Encoded(source_BS[:, :, None].float(), source_BS != PAD, source_BS)

    def length_log_probs(self, encoded: Encoded) -> Tensor:
        return self.lengths[source_code(encoded.source_BS)]

    def token_log_probs(self, encoded: Encoded, length_B: Tensor) -> Tensor:
        assert (length_B > 0).all(), "length 0 is impossible"
        return self.words[source_code(encoded.source_BS), length_B, : int(length_B.max())]


def assert_frequencies(samples: list[list[int]], probability: dict[tuple[int, ...], float]) -> None:
    """The samples' frequencies against exact probabilities, rare outputs pooled."""
    counts = Counter(map(tuple, samples))
    assert set(counts) <= set(probability)
    expected = len(samples) * np.array(list(probability.values()))
    assert expected.sum() == pytest.approx(len(samples), rel=1e-5)
    observed = np.array([counts[output] for output in probability], dtype=float)
    rare = expected < 5
    if rare.any():
        observed, expected = (np.append(x[~rare], x[rare].sum()) for x in (observed, expected))
    assert chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 0.001
