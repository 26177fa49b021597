"""Samples of an energy-based model, by sampling importance resampling."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Energy
from beyond_mle.decoding.proposal_decoder import ProposalDecoder, weighted
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import DECODERS
from beyond_mle.types import RegressionSpec


@DECODERS.register("sir")
class SIR(ProposalDecoder):
    """Draws from the proposal q, drawn again with probabilities in proportion to e^f / q: approximate samples."""

    class Options(BaseOptions):
        """How many."""

        draws: int = Field(default=1024, gt=0)
        """M: from the proposal, for each input."""
        samples: int = Field(default=8, gt=0)
        """Of those, with replacement."""

    options: Options

    @torch.no_grad()
    def decode(self, model: Energy, input_BX: Tensor, spec: RegressionSpec, generator: torch.Generator) -> Tensor:
        """The samples of each input, [B, N]."""
        feature_BD = model.features(input_BX)
        target_BM, log_weight_BM = weighted(model, self.proposal, feature_BD, self.options.draws, generator)
        below_BM = log_weight_BM.double().softmax(1).cumsum(1)[:, :-1].contiguous()
        place_BN = torch.empty((len(below_BM), self.options.samples), dtype=below_BM.dtype, device=below_BM.device)
        return target_BM.gather(1, torch.searchsorted(below_BM, place_BN.uniform_(generator=generator)))
