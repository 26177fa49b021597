"""The mean of an energy-based model, by self-normalised importance sampling."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.capabilities import Energy
from beyond_mle.decoding.proposal_decoder import ProposalDecoder, weighted
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import DECODERS
from beyond_mle.types import RegressionSpec


@DECODERS.register("snis-mean")
class SNISMean(ProposalDecoder):
    """Σ w y / Σ w over draws y from the proposal q, w = e^f / q: it tends to E[y|x] as their number grows."""

    class Options(BaseOptions):
        """How many draws."""

        draws: int = Field(default=1024, gt=0)
        """M, of each input."""

    options: Options

    @torch.no_grad()
    def decode(self, model: Energy, input_BX: Tensor, spec: RegressionSpec, generator: torch.Generator) -> Tensor:
        """One target of each input, [B, 1]."""
        feature_BD = model.features(input_BX)
        target_BM, log_weight_BM = weighted(model, self.proposal, feature_BD, self.options.draws, generator)
        return (log_weight_BM.softmax(1) * target_BM).sum(1, keepdim=True)
