"""A round Gaussian for each of several densities, such as the mixtures of a sample."""

import math
from typing import ClassVar

import torch
from torch import nn

from beyond_mle.models.isotropic_gaussian import IsotropicGaussian, log_density
from beyond_mle.registry import MODELS
from beyond_mle.types import CasesSpec, LogProb, Points, Spec, VectorSpec


@MODELS.register("gaussian-per-case")
class GaussianPerCase(nn.Module):
    """q(x, c) = N(x; b_c, a_c² I) / C over points x and C cases c, as likely as each other, as under p."""

    accepts: ClassVar[type[Spec]] = CasesSpec
    Options = IsotropicGaussian.Options
    parts: nn.ModuleList

    def __init__(self, options: IsotropicGaussian.Options, spec: CasesSpec):
        super().__init__()
        own = VectorSpec(spec.dimensions)
        self.parts = nn.ModuleList(IsotropicGaussian(options, own) for _ in range(spec.cases))

    def log_prob(self, batch: Points) -> LogProb:
        """log q of each point with its case; there is no sequence, so T = 1."""
        case_B, point_BD = batch.point_BD[:, 0].long(), batch.point_BD[:, 1:]
        mean_CD, log_scale_C = (torch.stack([getattr(p, name) for p in self.parts]) for name in ("mean", "log_scale"))
        total_B = log_density(point_BD, mean_CD[case_B], log_scale_C[case_B]) - math.log(len(self.parts))
        return LogProb(total_B, torch.ones_like(total_B))
