"""The model with nothing in the way: a free probability for every string."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import FiniteSpec, LogProb, Spec, Strings


@MODELS.register("tabular")
class Tabular(nn.Module):
    """Free logits over the strings of a finite language, in double precision."""

    Options = BaseOptions
    accepts: ClassVar[type[Spec]] = FiniteSpec
    length_N: Tensor

    def __init__(self, options: BaseOptions, spec: FiniteSpec):
        super().__init__()
        self.logits_N = nn.Parameter(torch.zeros(len(spec.support), dtype=torch.float64))
        self.register_buffer("length_N", torch.tensor([len(string) for string in spec.support]))

    def log_prob(self, batch: Strings) -> LogProb:
        """log q of each string; T is the number of its symbols."""
        return LogProb(self.logits_N.log_softmax(0)[batch.index_B], self.length_N[batch.index_B])
