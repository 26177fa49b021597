"""Vanilla-NAT (Gu et al. 2018, as in fairseq's nonautoregressive_transformer): all tokens in one pass.

The decoder's input is the source's embeddings, copied uniformly to T positions.
"""

import torch
from torch import Tensor

from beyond_mle.models.one_pass_model import OnePassModel
from beyond_mle.registry import MODELS
from beyond_mle.types import Encoded


@MODELS.register("vanilla-nat")
class VanillaNAT(OnePassModel):
    """Every position predicts its token from the source alone, in training as in decoding."""

    def decoder_input(self, encoded: Encoded, length_B: Tensor, longest: int) -> Tensor:
        """The copied source tokens."""
        return encoded.source_BS.gather(1, uniform_copy(encoded.mask_BS.sum(1), length_B, longest))


def uniform_copy(source_B: Tensor, length_B: Tensor, longest: int) -> Tensor:
    """Which source position each target position copies: round(t·(S−1)/(T−1)), [B, longest]."""
    step_B = (source_B - 1) / (length_B - 1).clamp(min=1)
    positions_T = torch.arange(longest, device=source_B.device)
    copied_BT = (positions_T * step_B[:, None]).round().long()
    return torch.minimum(copied_BT, source_B[:, None] - 1)
