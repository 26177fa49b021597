"""The model with nothing in the way: a free probability for every string."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from beyond_mle.options import Options
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb


@MODELS.register("tabular")
class Tabular(nn.Module):
    """Free logits over the strings of a finite language; a batch is their indices.

    Args:
        options: none.
        support: the strings, each a tuple of symbols.
    """

    Options = Options

    def __init__(self, options: Options, support: Sequence[tuple[int, ...]]):
        super().__init__()
        self.logits_N = nn.Parameter(torch.zeros(len(support)))
        self.register_buffer("length_N", torch.tensor([len(string) for string in support]))

    def log_prob(self, index_B: Tensor) -> LogProb:
        """log q of the strings with these indices; T is the number of their symbols."""
        return LogProb(self.logits_N.log_softmax(0)[index_B], self.length_N[index_B])
