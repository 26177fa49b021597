"""A hidden variable z ~ N(0, I): two bounds on log p(x) = log ∫ p(x|z) N(z; 0, I) dz, and the integral itself.

For any q(z|x) = N(μ, diag σ²), by its draws z = μ + σ·v, v ~ N(0, I) (the notes on hidden variables, 4.b; there the
trace of Σ is printed as its determinant, k as 1, and the loss lacks the ½, so that it is a β-VAE with β = 2):

    log p(x) ≥ E_q[log p(x|z)] − KL(q ‖ N(0, I)),    KL = ½ Σ_k (μ_k² + σ_k² − 1 − log σ_k²).

It falls short by KL(q ‖ p(z|x)). The mean over r draws estimates it without bias. The importance-weighted bound of r
draws (Burda et al. 2016), E[log (1/r) Σ_j p(x, z_j) / q(z_j|x)], is no smaller, and tends to log p(x).

Shapes: B items, K coordinates of z, R draws, M nodes of quadrature. Values are in nats.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import qmc
from torch import Tensor

STRETCH = 2.0
"""By how much wider than the prior the nodes of quadrature lie; with 2 the error falls fastest with their number."""


@dataclass(frozen=True)
class DiagonalGaussian:
    """N(μ, diag σ²) of each item, over K coordinates: what an encoder says of z, or a decoder of x."""

    mean_BK: Tensor
    log_sd_BK: Tensor

    def draw(self, noise_RBK: Tensor) -> Tensor:
        """μ + σ·v of each draw of v ~ N(0, I), [R, B, K]; differentiable in μ and σ."""
        return self.mean_BK + self.log_sd_BK.exp() * noise_RBK

    @property
    def kl_BK(self) -> Tensor:
        """The KL divergence from it to N(0, I), coordinate by coordinate."""
        return (self.mean_BK.square() + (2 * self.log_sd_BK).exp() - 1) / 2 - self.log_sd_BK

    def log_density(self, value_RBK: Tensor) -> Tensor:
        """The logarithm of its density, [R, B]."""
        standard_RBK = (value_RBK - self.mean_BK) * (-self.log_sd_BK).exp()
        return log_prior(standard_RBK) - self.log_sd_BK.sum(-1)


def log_prior(latent: Tensor) -> Tensor:
    """log N(z; 0, I) of […, K]."""
    return -latent.square().sum(-1) / 2 - latent.shape[-1] / 2 * math.log(2 * math.pi)


def evidence_bound(log_likelihood_RB: Tensor, kl_B: Tensor) -> Tensor:
    """The bound on log p(x) [B], from log p(x|z) at R draws of q and KL(q ‖ prior)."""
    return log_likelihood_RB.mean(0) - kl_B


def log_weights(log_likelihood_RB: Tensor, posterior: DiagonalGaussian, latent_RBK: Tensor) -> Tensor:
    """log p(x, z) / q(z|x) of each draw [R, B]: the logarithm of its mean is the importance-weighted bound."""
    return log_likelihood_RB + log_prior(latent_RBK) - posterior.log_density(latent_RBK)


def log_mean(log_value_RB: Tensor) -> Tensor:
    """The logarithm of the mean over R, [B]."""
    return log_value_RB.logsumexp(0) - math.log(len(log_value_RB))


def fixed_noise(count: int, dimensions: int) -> Tensor:
    """Points v in place of draws of N(0, I), [count, K], always the same: Halton's, made to have its first moments.

    So their mean is exact for functions of the second degree: the bound of a linear Gaussian model is.

    Args:
        count: even, and at least twice the dimensions.
        dimensions: K.
    """
    engine = qmc.MultivariateNormalQMC(
        np.zeros(dimensions), engine=qmc.Halton(dimensions, rng=np.random.default_rng(0))
    )
    half_HK = torch.from_numpy(engine.random(count // 2))
    factor_KK = torch.linalg.cholesky(half_HK.T @ half_HK / len(half_HK))
    white_HK = torch.linalg.solve_triangular(factor_KK, half_HK.T, upper=False).T
    return torch.cat([white_HK, -white_HK])


def prior_nodes(per_axis: int, dimensions: int) -> tuple[Tensor, Tensor]:
    """Nodes z [M, K] and logarithms of weights [M] with ∫ f(z) N(z; 0, I) dz ≈ Σ_m weight_m f(z_m); M = per_axis^K.

    On each axis they are quantiles of N(0, 2²), denser where the prior is.
    """
    axis = STRETCH * torch.special.ndtri((torch.arange(per_axis, dtype=torch.float64) + 0.5) / per_axis)
    node_MK = torch.cartesian_prod(*[axis] * dimensions).view(-1, dimensions)
    return node_MK, (log_prior(node_MK) - log_prior(node_MK / STRETCH)).log_softmax(0)
