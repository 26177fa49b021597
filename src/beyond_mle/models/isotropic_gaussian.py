"""One round Gaussian in the plane: the model of Figure 1 of Huszár (2015), too simple for what it is fitted to."""

import math

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb


@MODELS.register("isotropic-gaussian")
class IsotropicGaussian(nn.Module):
    """q = N(b, a² I) over the plane, with parameters b and log a."""

    class Options(BaseOptions):
        """Where it starts."""

        mean: tuple[float, float] = (0.0, 0.0)
        """b."""
        scale: float = Field(default=1.0, gt=0)
        """a."""

    def __init__(self, options: Options):
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(options.mean, dtype=torch.float64))
        self.log_scale = nn.Parameter(torch.tensor(math.log(options.scale), dtype=torch.float64))

    def log_prob(self, points_B2: Tensor) -> LogProb:
        """log q of each point; there is no sequence, so T = 1."""
        squares_B = (points_B2 - self.mean).square().sum(dim=-1)
        total_B = -squares_B * torch.exp(-2 * self.log_scale) / 2 - 2 * self.log_scale - math.log(2 * math.pi)
        return LogProb(total_B, torch.ones_like(total_B))

    forward = log_prob

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n points b + a z, z ~ N(0, I), as [n, 2]; differentiable in b and a."""
        noise_N2 = torch.randn((n, 2), generator=generator, dtype=self.mean.dtype)
        return self.mean + self.log_scale.exp() * noise_N2
