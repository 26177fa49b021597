"""What models with a hidden variable have in common: q(x) = ∫ q(x|z) N(z; 0, I) dz, of which a bound is known.

The encoder, q(z|x), is part of the model: without it there is no bound, whatever objective trains it and whatever
yardstick judges it. It is no second player either, as it raises the same bound.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from beyond_mle.formulas.gaussian_latent import (
    DiagonalGaussian,
    evidence_bound,
    fixed_noise,
    log_mean,
    log_weights,
    prior_nodes,
)
from beyond_mle.models.noise import standard_normal
from beyond_mle.options import Options
from beyond_mle.types import LogProb

AT_ONCE = 16
"""Draws, or nodes of quadrature, of each item that are evaluated together."""
NODES = {1: 400, 2: 80}
"""By coordinates of z, how many nodes each axis has: in its middle 0.013 and 0.063 apart."""


class LatentOptions(Options):
    """The hidden variable."""

    latent: int = Field(default=2, gt=0)
    """K: its coordinates."""
    points: int = Field(default=32, gt=0, multiple_of=2)
    """Fixed draws of z, the same for each item, by which the bound is computed outside of training. There it is one."""

    @model_validator(mode="after")
    def _enough_points(self) -> "LatentOptions":
        if self.points < 2 * self.latent:
            raise ValueError(f"points = {self.points} must be at least twice latent = {self.latent}")
        return self


@dataclass(frozen=True)
class Inferred:
    """What encoder and decoder say of a batch."""

    posterior: DiagonalGaussian
    latent_RBK: Tensor
    """R draws of z."""
    given: LogProb
    """log q(x|z) of each draw, as `total_B` with axes [R, B]."""

    def bound(self, kl_B: Tensor | None = None) -> LogProb:
        """The bound on log q(x).

        Args:
            kl_B: what takes the place of KL(q(z|x) ‖ prior), if anything does.
        """
        own_B = self.posterior.kl_BK.sum(1)
        return self._log_prob(evidence_bound(self.given.total_B, own_B if kl_B is None else kl_B))

    def importance_weighted_bound(self) -> LogProb:
        """The tighter bound, in which draws are weighted."""
        return self._log_prob(log_mean(self.log_weight_RB))

    @property
    def log_weight_RB(self) -> Tensor:
        """log q(x, z) / q(z|x) of each draw."""
        return log_weights(self.given.total_B, self.posterior, self.latent_RBK)

    def _log_prob(self, total_B: Tensor) -> LogProb:
        kl_B, given = self.posterior.kl_BK.sum(1), self.given
        return LogProb(total_B, given.length_B, "lower-bound", given.boundary, latent_kl_B=kl_B)


class LatentModel(nn.Module, ABC):
    """Encoder and decoder; a subclass says what they are."""

    bounded: ClassVar[bool] = True
    latent: int
    """Coordinates of z."""

    def __init__(self, options: LatentOptions):
        super().__init__()
        self.options = options
        self.latent = options.latent

    @abstractmethod
    def posterior(self, batch: Any) -> DiagonalGaussian:
        """q(z|x) of each item."""

    @abstractmethod
    def log_prob_given(self, batch: Any, latent_RBK: Tensor) -> LogProb:
        """log q(x|z) of each item for R values of z, as `total_B` with axes [R, B]; B of z may be 1, for all items."""

    def log_prob(self, batch: Any) -> LogProb:
        """The bound on log q of each item: in training by one draw of z from torch's global generator."""
        return self.infer(batch).bound()

    def infer(self, batch: Any, draws: int = 1) -> Inferred:
        """What encoder and decoder say of draws of z.

        Args:
            batch: the items.
            draws: of each item, in training. Outside of it, and in a batch that is all of p, fixed points stand in
                their place, so that the same is always said of the same item.
        """
        posterior = self.posterior(batch)
        if self.training and batch.density is None:
            shape = (draws, *posterior.mean_BK.shape)
            noise_RBK = standard_normal(draws * shape[1], self.latent, posterior.mean_BK, None).view(shape)
        else:
            noise_RBK = fixed_noise(self.options.points, self.latent)[:, None].to(posterior.mean_BK)
        return self._at(batch, posterior, noise_RBK)

    def importance_weighted_log_prob(self, batch: Any, draws: int, generator: torch.Generator | None = None) -> LogProb:
        """The importance-weighted bound by many draws, some at a time; apart for each item, so that errors cancel."""
        posterior = self.posterior(batch)
        like_BK, parts = posterior.mean_BK, []
        for first in range(0, draws, AT_ONCE):
            count = min(AT_ONCE, draws - first)
            noise_NK = standard_normal(count * len(like_BK), self.latent, like_BK, generator)
            parts.append(self._at(batch, posterior, noise_NK.view(count, *like_BK.shape)))
        total_B = log_mean(torch.cat([part.log_weight_RB for part in parts]))
        return replace(parts[0].bound(), total_B=total_B)

    def marginal_log_prob(self, batch: Any, fewer: int = 1) -> LogProb:
        """log q(x) itself, by quadrature over z, if z has at most two coordinates; else the bound.

        Args:
            batch: the items.
            fewer: by what the number of nodes on an axis is divided; above 1 it tells how much their number matters.
        """
        if self.latent not in NODES:
            return self.log_prob(batch)
        node_MK, log_weight_M = prior_nodes(NODES[self.latent] // fewer, self.latent)
        like = next(self.parameters())
        parts = zip(node_MK.to(like).split(AT_ONCE), log_weight_M.to(like).split(AT_ONCE), strict=True)
        total_B, said = torch.tensor(-torch.inf).to(like), None
        for node_RK, log_weight_R in parts:
            said = self.log_prob_given(batch, node_RK[:, None])
            total_B = torch.logaddexp(total_B, (said.total_B + log_weight_R[:, None]).logsumexp(0))
        assert said is not None  # there are nodes
        return LogProb(total_B, said.length_B, boundary=said.boundary)

    def _at(self, batch: Any, posterior: DiagonalGaussian, noise_RBK: Tensor) -> Inferred:
        latent_RBK = posterior.draw(noise_RBK)
        return Inferred(posterior, latent_RBK, self.log_prob_given(batch, latent_RBK))
