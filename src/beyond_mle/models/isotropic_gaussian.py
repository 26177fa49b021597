"""One round Gaussian: the model of Figure 1 of Huszár (2015), too simple for what it is fitted to."""

import math
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.capabilities import KnownMixture, describe, implements
from beyond_mle.errors import UserError
from beyond_mle.models.noise import standard_normal
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Points, Spec, VectorSpec


@MODELS.register("isotropic-gaussian")
class IsotropicGaussian(nn.Module):
    """q = N(b, a² I) over points of D coordinates, with parameters b and log a."""

    accepts: ClassVar[type[Spec]] = VectorSpec

    class Options(BaseOptions):
        """Where it starts."""

        mean: list[float] | None = None
        """b; by default the origin."""
        scale: float = Field(default=1.0, gt=0)
        """a."""

    def __init__(self, options: Options, spec: VectorSpec):
        super().__init__()
        mean = options.mean or [0.0] * spec.dimensions
        self.mean = nn.Parameter(torch.tensor(mean, dtype=torch.float64))
        self.log_scale = nn.Parameter(torch.tensor(math.log(options.scale), dtype=torch.float64))

    def log_prob(self, batch: Points) -> LogProb:
        """log q of each point; there is no sequence, so T = 1."""
        total_B = log_density(batch.point_BD, self.mean, self.log_scale)
        return LogProb(total_B, torch.ones_like(total_B))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points b + a z, z ~ N(0, I), as [n, D]; differentiable in b and a."""
        return self.mean + self.log_scale.exp() * standard_normal(n, len(self.mean), self.mean, generator)

    def starts(self, data: Any, least_weight: float) -> list[np.ndarray]:
        """Parameters (b, log a) to start from: p's own moments, each heavy component, and a coarse 3 × 3 set.

        Args:
            data: with `KnownMixture`.
            least_weight: the weight that makes a component heavy enough.

        Raises:
            UserError: if p has no components.
        """
        if not implements(type(data), KnownMixture):
            raise UserError(f"starts from p need {describe(KnownMixture)}; write `starts: model` under the solver")
        p, sd = data.mixture, data.mixture.isotropic_sd
        moments = [np.array([*p.mean_2, math.log(sd)])]
        components = [
            np.array([*mean_2, math.log(np.trace(covariance_22) / 2) / 2])
            for weight, mean_2, covariance_22 in zip(p.weight_K, p.mean_K2, p.covariance_K22, strict=True)
            if weight >= least_weight
        ]
        coarse = [
            np.array([*(p.mean_2 + sd * np.array([x, y])), math.log(sd / 2)]) for x in (-1, 0, 1) for y in (-1, 0, 1)
        ]
        return moments + components + coarse

    def figures(self) -> dict[str, float]:
        """Its parameters as metrics: `mean-x`, `mean-y`, … and `sigma`."""
        return {
            **{f"mean-{axis}": value for axis, value in zip("xyz", self.mean.tolist(), strict=False)},
            "sigma": math.exp(self.log_scale.item()),
        }


def log_density(point_BD: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """log N(b, a² I) at each point; b and log a are common to all points, or have a row for each."""
    dimensions = point_BD.shape[-1]
    total_B = -(point_BD - mean).square().sum(dim=-1) * torch.exp(-2 * log_scale) / 2
    return total_B - dimensions * log_scale - dimensions / 2 * math.log(2 * math.pi)
