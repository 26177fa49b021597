"""A normalizing flow: points are noise, bent by an invertible map, so that their density is known exactly.

The map is that of neural spline flows (Durkan et al. 2019), by the library zuko.
"""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.distributions import Normal
from zuko.flows import NSF, ElementWiseTransform
from zuko.lazy import LazyComposedTransform
from zuko.transforms import ComposedTransform

from beyond_mle.models.noise import standard_normal
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Points, Spec, VectorSpec


@MODELS.register("plane-flow")
class PlaneFlow(nn.Module):
    """x = f⁻¹(z), z ~ N(0, I): log q(x) = log N(f(x); 0, I) + log |det f′(x)|, in double precision.

    f scales and shifts each coordinate, then bends one after another by a monotonic rational-quadratic spline whose
    knots depend on the coordinates before it, in orders that alternate. The splines reach from −5 to 5; beyond that
    they are straight.
    """

    accepts: ClassVar[type[Spec]] = VectorSpec

    class Options(BaseOptions):
        """Its size."""

        transforms: int = Field(default=3, gt=0)
        """How many times all coordinates are bent."""
        bins: int = Field(default=8, gt=1)
        """Pieces of each spline."""
        width: int = Field(default=32, gt=0)
        """Units of each of the two hidden layers of the networks that place the knots."""

    def __init__(self, options: Options, spec: VectorSpec):
        super().__init__()
        scale = ElementWiseTransform(spec.dimensions)
        for parameter in scale.parameters():
            nn.init.zeros_(parameter)
        splines = NSF(
            spec.dimensions,
            transforms=options.transforms,
            bins=options.bins,
            hidden_features=[options.width] * 2,
            activation=nn.SiLU,
        )
        self.dimensions = spec.dimensions
        self.lazy_transform = LazyComposedTransform(scale, *splines.transform.transforms)
        self.double()

    @property
    def transform(self) -> ComposedTransform:
        """f, from points [N, D] to noise [N, D]; `transform.inv` leads back."""
        return self.lazy_transform()

    def log_prob(self, batch: Points) -> LogProb:
        """log q of each point; there is no sequence, so T = 1."""
        noise_BD, log_det_B = self.transform.call_and_ladj(batch.point_BD)
        total_B = Normal(0.0, 1.0).log_prob(noise_BD).sum(1) + log_det_B
        return LogProb(total_B, torch.ones_like(total_B))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points as [n, D], differentiable in the parameters."""
        return self.transform.inv(standard_normal(n, self.dimensions, next(self.parameters()), generator))
