"""A generator network: samples in the plane without a density."""

from typing import Protocol

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS


class Generator(Protocol):
    """What adversarial training asks of a model in the plane."""

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n points as [n, 2], differentiable in the parameters."""


@MODELS.register("plane-generator")
class PlaneGenerator(nn.Module):
    """x = g(z), z ~ N(0, I) in the plane, g a network of two hidden layers; it gives samples, no log-probability."""

    class Options(BaseOptions):
        """Its size."""

        width: int = Field(default=32, gt=0)
        """Units of either hidden layer."""

    def __init__(self, options: Options):
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(2, options.width),
            nn.SiLU(),
            nn.Linear(options.width, options.width),
            nn.SiLU(),
            nn.Linear(options.width, 2),
        )

    def forward(self, noise_N2: Tensor) -> Tensor:
        """The points that noise is mapped to."""
        return noise_N2 + self.network(noise_N2)  # starts near N(0, I)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n points as [n, 2], differentiable in the parameters."""
        return self(torch.randn((n, 2), generator=generator, dtype=self.network[0].weight.dtype))
