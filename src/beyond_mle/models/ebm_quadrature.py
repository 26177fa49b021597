"""The energy-based model with its integral: in one dimension it can be had, and the likelihood is exact."""

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.models.ebm import EBM
from beyond_mle.models.quadrature import grid, log_normaliser
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Regression, RegressionSpec


@MODELS.register("ebm-quadrature")
class EBMQuadrature(EBM):
    """`ebm`, normalised on a grid of targets: what estimates of its likelihood are held against."""

    class Options(EBM.Options):
        """Its size, and how finely it is integrated."""

        points: int = Field(default=512, gt=1)
        """Of the grid, over the interval of targets."""

    place_1G: Tensor

    def __init__(self, options: Options, spec: RegressionSpec):
        super().__init__(options, spec)
        self.spec = spec
        self.register_buffer("place_1G", grid(spec, options.points)[None], persistent=False)

    def log_prob(self, batch: Regression) -> LogProb:
        """log q(y|x) of each item; there is no sequence, so T = 1."""
        total_B = self.conditional_log_prob(batch.input_BX, batch.target_B[:, None])[:, 0]
        return LogProb(total_B, torch.ones_like(total_B))

    def conditional_log_prob(self, input_BX: Tensor, target_BM: Tensor) -> Tensor:
        """log q(y|x) of M targets for each input, [B, M]."""
        feature_BD = self.features(input_BX)
        log_z_B = log_normaliser(self.energy(feature_BD, self.place_1G), self.spec)
        return self.energy(feature_BD, target_BM) - log_z_B[:, None]

    @torch.no_grad()
    def conditional_sample(self, input_BX: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n targets for each input, [B, n]: a cell of the grid, and anywhere in it."""
        probability_BG = self.energy(self.features(input_BX), self.place_1G).softmax(1)
        cell_Bn = torch.multinomial(probability_BG, n, replacement=True, generator=generator)
        width = (self.spec.high - self.spec.low) / self.place_1G.shape[1]
        inside_Bn = torch.empty_like(cell_Bn, dtype=probability_BG.dtype).uniform_(generator=generator)
        return self.place_1G[0].to(probability_BG.dtype)[cell_Bn] + width * (inside_Bn - 0.5)
