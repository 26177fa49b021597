"""A mixture of Gaussians of full covariance, which EM fits in closed form. K: components; D: coordinates."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from beyond_mle.capabilities import Statistics
from beyond_mle.errors import UserError
from beyond_mle.models.mixture_gradient import with_gradient
from beyond_mle.models.noise import standard_normal
from beyond_mle.options import Options as BaseOptions
from beyond_mle.registry import MODELS
from beyond_mle.types import LogProb, Points, Spec, VectorSpec


@MODELS.register("gaussian-mixture")
class GaussianMixture(nn.Module):
    """q = Σ_k w_k N(μ_k, L_k L_kᵀ), in double precision; parameters are the logits of w, μ, log diag L and L below."""

    accepts: ClassVar[type[Spec]] = VectorSpec

    class Options(BaseOptions):
        """How many components, and where they start."""

        headline: ClassVar[tuple[str, ...]] = ("components",)

        components: int = Field(default=10, gt=0)
        """K."""
        scale: float = Field(default=2.0, gt=0)
        """Means start at random, with this standard deviation, and components as round Gaussians of it."""

    def __init__(self, options: Options, spec: VectorSpec):
        super().__init__()
        k, d = options.components, spec.dimensions
        self.logit_K = nn.Parameter(torch.zeros(k, dtype=torch.float64))
        self.mean_KD = nn.Parameter(options.scale * torch.randn(k, d, dtype=torch.float64))
        self.log_diagonal_KD = nn.Parameter(torch.full((k, d), options.scale, dtype=torch.float64).log())
        self.below_KE = nn.Parameter(torch.zeros(k, d * (d - 1) // 2, dtype=torch.float64))

    @property
    def factor_KDD(self) -> Tensor:
        """L, lower triangular."""
        factor_KDD = torch.diag_embed(self.log_diagonal_KD.exp())
        component_K1 = torch.arange(len(factor_KDD), device=factor_KDD.device)[:, None]
        return factor_KDD.index_put((component_K1, *_below(factor_KDD)), self.below_KE)

    def log_joint(self, point_BD: Tensor) -> Tensor:
        """log q(x, k) of each point and component, [B, K]."""
        components = MultivariateNormal(self.mean_KD, scale_tril=self.factor_KDD, validate_args=False)
        return self.logit_K.log_softmax(0) + components.log_prob(point_BD[:, None])

    def log_prob(self, batch: Points) -> LogProb:
        """log q of each point; there is no sequence, so T = 1."""
        return _said(self.log_joint(batch.point_BD))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points as [n, D], differentiable in the parameters, the weights included."""
        device = self.mean_KD.device if generator is None else generator.device
        weight_K = self.logit_K.detach().softmax(0).to(device)
        component_N = torch.multinomial(weight_K, n, replacement=True, generator=generator).to(self.mean_KD.device)
        noise_ND = standard_normal(n, self.mean_KD.shape[1], self.mean_KD, generator)
        factor_KDD = self.factor_KDD
        point_ND = self.mean_KD[component_N] + torch.einsum("nij,nj->ni", factor_KDD[component_N], noise_ND)
        return with_gradient(point_ND.detach(), self.logit_K.log_softmax(0), self.mean_KD, factor_KDD)

    @torch.no_grad()
    def restart(self, batch: Points) -> None:
        """Means at random items, and each component as wide as all of them together."""
        weight_B = torch.ones(len(batch)) if batch.density is None else batch.density.weight_B
        point_BD, weight_B = batch.point_BD, weight_B.to(batch.point_BD)
        chosen_K = torch.multinomial(weight_B, len(self.logit_K), replacement=len(batch) < len(self.logit_K))
        centred_BD = point_BD - weight_B @ point_BD / weight_B.sum()
        self.logit_K.zero_()
        self.mean_KD.copy_(point_BD[chosen_K])
        self._set_covariance((centred_BD.T * weight_B @ centred_BD / weight_B.sum()).expand_as(self.factor_KDD))

    @torch.no_grad()
    def e_step(self, batch: Points) -> "Responsibilities":
        """p(k | x) of each point."""
        return Responsibilities(self.log_joint(batch.point_BD), batch.point_BD, self.mean_KD.detach())

    @torch.no_grad()
    def m_step(self, statistics: Statistics) -> None:
        """Weighted moments. A component that explains no point keeps its place, with weight 0.

        Raises:
            UserError: if a component has collapsed onto too few points, where the likelihood has no maximum.
        """
        mass_K, moved_KD, spread_KDD = (statistics[name] for name in ("mass_K", "moved_KD", "spread_KDD"))
        alive_K = mass_K > torch.finfo(mass_K.dtype).tiny
        mass_K1 = torch.where(alive_K, mass_K, 1.0)[:, None]
        shift_KD = moved_KD / mass_K1
        covariance_KDD = spread_KDD / mass_K1[:, :, None] - shift_KD[:, :, None] * shift_KD[:, None, :]
        factor_KDD = self.factor_KDD
        old_KDD = factor_KDD @ factor_KDD.mT
        self.logit_K.copy_(torch.where(alive_K, mass_K, 0.0).log() - mass_K.sum().log())
        self.mean_KD.add_(torch.where(alive_K[:, None], shift_KD, 0.0))
        self._set_covariance(torch.where(alive_K[:, None, None], covariance_KDD, old_KDD))

    def _set_covariance(self, covariance_KDD: Tensor) -> None:
        factor_KDD, fault_K = torch.linalg.cholesky_ex(covariance_KDD)
        if fault_K.any() or not factor_KDD.isfinite().all():
            raise UserError(
                f"gaussian-mixture: component {int(fault_K.argmax())} has collapsed onto too few points, where the "
                "likelihood has no maximum: ask for fewer `components`, give more samples, or start elsewhere"
            )
        self.log_diagonal_KD.copy_(factor_KDD.diagonal(dim1=1, dim2=2).log())
        self.below_KE.copy_(factor_KDD[:, *_below(factor_KDD)])


@dataclass(frozen=True)
class Responsibilities:
    """Which component each point belongs to."""

    log_joint_BK: Tensor
    point_BD: Tensor
    mean_KD: Tensor
    """From which the moments are taken: those of the model, so that nothing cancels."""

    @property
    def log_prob(self) -> LogProb:
        """As of the model."""
        return _said(self.log_joint_BK)

    def statistics(self, weight_B: Tensor) -> Statistics:
        """Of each component its mass, and the first two moments about its mean, over the points with these weights."""
        mass_BK = weight_B[:, None] * self.log_joint_BK.softmax(1)
        away_BKD = self.point_BD[:, None] - self.mean_KD
        weighed_KDB = (mass_BK[:, :, None] * away_BKD).permute(1, 2, 0)
        return {
            "mass_K": mass_BK.sum(0),
            "moved_KD": weighed_KDB.sum(2),
            "spread_KDD": weighed_KDB @ away_BKD.transpose(0, 1),
        }


def _below(factor_KDD: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and columns of the entries below the diagonal."""
    d = factor_KDD.shape[1]
    rows, columns = torch.tril_indices(d, d, -1, device=factor_KDD.device)
    return rows, columns


def _said(log_joint_BK: Tensor) -> LogProb:
    total_B = log_joint_BK.logsumexp(1)
    return LogProb(total_B, torch.ones_like(total_B))
