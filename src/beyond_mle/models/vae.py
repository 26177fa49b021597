"""The variational auto-encoder of points (Kingma & Welling 2014): a Gaussian decoder."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from beyond_mle.formulas.gaussian_latent import DiagonalGaussian
from beyond_mle.models.latent_model import LatentModel, LatentOptions
from beyond_mle.models.noise import standard_normal
from beyond_mle.models.perceptron import perceptron
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Points, Spec, VectorSpec


@MODELS.register("vae")
class VAE(LatentModel):
    """q(x|z) = N(μ(z), diag σ(z)²), z ~ N(0, I); encoder and decoder have two hidden layers; in double precision."""

    accepts: ClassVar[type[Spec]] = VectorSpec

    class Options(LatentOptions):
        """The hidden variable, and the networks."""

        width: int = Field(default=32, gt=0)
        """Units of each hidden layer."""

    def __init__(self, options: Options, spec: VectorSpec):
        super().__init__(options)
        self.dimensions = spec.dimensions
        self.encoder = perceptron(spec.dimensions, options.width, 2 * options.latent)
        self.decoder = perceptron(options.latent, options.width, 2 * spec.dimensions)
        self.double()

    def posterior(self, batch: Points) -> DiagonalGaussian:
        """q(z|x) of each point."""
        return DiagonalGaussian(*self.encoder(batch.point_BD).chunk(2, dim=-1))

    def log_prob_given(self, batch: Points, latent_RBK: Tensor) -> LogProb:
        """log q(x|z) as [R, B]; there is no sequence, so T = 1."""
        total_RB = self.given(latent_RBK).log_density(batch.point_BD)
        return LogProb(total_RB, torch.ones_like(total_RB[0]))

    def given(self, latent: Tensor) -> DiagonalGaussian:
        """q(x|z) of z […, K], over D coordinates."""
        return DiagonalGaussian(*self.decoder(latent).chunk(2, dim=-1))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points as [n, D], differentiable in the decoder's parameters."""
        like = next(self.parameters())
        latent_NK = standard_normal(n, self.latent, like, generator)
        return self.given(latent_NK).draw(standard_normal(n, self.dimensions, like, generator))
