"""A tiny CTC model with random tables, whose every alignment can be enumerated."""

import itertools
import math

import torch
from torch import Tensor
from toy_models import N_SOURCES, WORDS, V, source_code

from beyond_mle.symbols import BOS, EOS, PAD
from beyond_mle.types import Encoded

BLANK = EOS


class ToyAligned:
    """q(v at u | x) from random tables; a source of S tokens has S positions."""

    blank = BLANK

    def __init__(self, seed: int = 0, longest: int = 6, sharpness: float = 1.0):
        generator = torch.Generator().manual_seed(seed)
        logits = sharpness * torch.randn(N_SOURCES, longest, V, generator=generator)
        logits[..., [PAD, BOS]] = -torch.inf
        self.table = logits.log_softmax(dim=-1)

    def encode(self, source_BS: Tensor) -> Encoded:
        return Encoded(source_BS[:, :, None].float(), source_BS != PAD, source_BS)

    def alignment_log_probs(self, encoded: Encoded) -> Tensor:
        certain_V = torch.full((V,), -torch.inf)
        certain_V[BLANK] = 0
        positions = encoded.mask_BS.shape[1]
        table_BUV = self.table[source_code(encoded.source_BS), :positions]
        return table_BUV.where(encoded.mask_BS[:, :, None], certain_V)

    def own_table(self, source: list[int]) -> Tensor:
        """log q of each symbol at each position of one source, [U, V]."""
        return self.table[sum(source) % N_SOURCES, : len(source)]


def naive_collapse(alignment) -> tuple[int, ...]:
    """Merge repeats, then drop blanks."""
    return tuple(symbol for symbol, _ in itertools.groupby(alignment) if symbol != BLANK)


def output_probs(table_UV: Tensor) -> dict[tuple[int, ...], float]:
    """q of every output, by enumerating all alignments."""
    probs: dict[tuple[int, ...], float] = {}
    for alignment in itertools.product((BLANK, *WORDS), repeat=len(table_UV)):
        prob = math.exp(sum(float(table_UV[u, symbol]) for u, symbol in enumerate(alignment)))
        output = naive_collapse(alignment)
        probs[output] = probs.get(output, 0.0) + prob
    return probs
