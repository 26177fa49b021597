"""A generator network: samples without a density."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from beyond_mle.models.noise import standard_normal
from beyond_mle.models.perceptron import perceptron
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import Spec, VectorSpec


@MODELS.register("plane-generator")
class PlaneGenerator(nn.Module):
    """x = g(z), z ~ N(0, I), g a network of two hidden layers; it gives samples, no log-probability."""

    accepts: ClassVar[type[Spec]] = VectorSpec

    class Options(BaseOptions):
        """Its size."""

        width: int = Field(default=32, gt=0)
        """Units of either hidden layer."""

    def __init__(self, options: Options, spec: VectorSpec):
        super().__init__()
        self.dimensions = spec.dimensions
        self.network = perceptron(spec.dimensions, options.width, spec.dimensions)

    def forward(self, noise_ND: Tensor) -> Tensor:
        """The points that noise is mapped to."""
        return noise_ND + self.network(noise_ND)  # starts near N(0, I)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points as [n, D], differentiable in the parameters."""
        return self(standard_normal(n, self.dimensions, next(self.parameters()), generator))
