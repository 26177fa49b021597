"""How short and how long an output may be."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Stepwise
from beyond_mle.options import Options
from beyond_mle.symbols import EOS, PAD


class LengthLimit(Options):
    """From `min_length` to `max_ratio`·S + `max_extra` output tokens for a source of S tokens (fairseq's a·S + b)."""

    min_length: int = Field(default=1, ge=0)
    """No output is shorter. The official scripts leave fairseq's 1: without it, label smoothing makes the empty output
    the most probable one of many sentences, which beam search finds (Stahlberg and Byrne 2019)."""
    max_ratio: float = Field(default=2.0, ge=0)
    """Output tokens per source token."""
    max_extra: int = Field(default=10, ge=1)
    """Output tokens on top of that."""

    def lengths(self, source_BS: Tensor, model: Stepwise) -> Tensor:
        """The limit of each source, as int64 [B], never beyond the model's own; S counts EOS and no padding."""
        limit_B = (self.max_ratio * (source_BS != PAD).sum(dim=1)).long() + self.max_extra
        return limit_B.clamp(max=model.longest_output)


def forbid_end(log_prob_RV: Tensor) -> None:
    """Take EOS out of next-token scores, in place."""
    log_prob_RV[:, EOS] = -torch.inf
