"""The latent part of variational auto-encoders, against Monte Carlo, torch.distributions and closed forms."""

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from beyond_mle.formulas.gaussian_latent import (
    DiagonalGaussian,
    evidence_bound,
    fixed_noise,
    log_mean,
    log_prior,
    log_weights,
    prior_nodes,
)


def randn(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


Q = DiagonalGaussian(randn(4, 3), 0.5 * randn(4, 3, seed=2))


class LinearGaussian:
    """x = W z + m + s·noise, with W of orthogonal columns, so that the posterior is diagonal."""

    weight_DK = torch.linalg.qr(randn(3, 2))[0] * torch.tensor([1.5, 0.7])
    mean_D, sd = randn(3, seed=4), 0.6
    point_BD = 2 * randn(5, 3, seed=5)

    def exact(self) -> torch.Tensor:
        """log N(x; m, WWᵀ + s²I), the marginal of probabilistic PCA."""
        covariance_DD = self.weight_DK @ self.weight_DK.T + self.sd**2 * torch.eye(3).double()
        return MultivariateNormal(self.mean_D, covariance_DD).log_prob(self.point_BD)

    def log_likelihood(self, latent_RBK: torch.Tensor) -> torch.Tensor:
        return Normal(latent_RBK @ self.weight_DK.T + self.mean_D, self.sd).log_prob(self.point_BD).sum(-1)

    def posterior(self) -> DiagonalGaussian:
        precision_K = 1 + self.weight_DK.square().sum(0) / self.sd**2
        mean_BK = (self.point_BD - self.mean_D) @ self.weight_DK / self.sd**2 / precision_K
        return DiagonalGaussian(mean_BK, (-precision_K.log() / 2).expand_as(mean_BK))

    def wrong(self) -> DiagonalGaussian:
        exact = self.posterior()
        return DiagonalGaussian(exact.mean_BK + 0.3, exact.log_sd_BK + 0.4)


@pytest.fixture
def world() -> LinearGaussian:
    return LinearGaussian()


def test_the_closed_form_kl_is_that_of_torch():
    theirs = kl_divergence(Normal(Q.mean_BK, Q.log_sd_BK.exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(Q.kl_BK, theirs)


def test_the_closed_form_kl_is_the_mean_of_log_ratios():
    z = Q.draw(randn(200_000, 4, 3))
    ratio = Q.log_density(z) - log_prior(z)
    error = ratio.std(0) / len(ratio) ** 0.5
    assert ((ratio.mean(0) - Q.kl_BK.sum(1)).abs() < 4 * error).all()


def test_densities_are_those_of_torch():
    z = randn(7, 4, 3, seed=3)
    torch.testing.assert_close(Q.log_density(z), Normal(Q.mean_BK, Q.log_sd_BK.exp()).log_prob(z).sum(-1))
    torch.testing.assert_close(log_prior(z), Normal(0.0, 1.0).log_prob(z).double().sum(-1))


def test_the_gradient_through_draws_is_that_of_finite_differences():
    """Of the bound with fixed noise, in μ and log σ."""
    noise = randn(6, 4, 3, seed=7)

    def bound(mean_BK: torch.Tensor, log_sd_BK: torch.Tensor) -> torch.Tensor:
        q = DiagonalGaussian(mean_BK, log_sd_BK)
        return evidence_bound(q.draw(noise).sin().sum(-1), q.kl_BK.sum(1))

    inputs = [tensor.clone().requires_grad_() for tensor in (Q.mean_BK, Q.log_sd_BK)]
    assert torch.autograd.gradcheck(bound, inputs)


def test_with_the_exact_posterior_the_bounds_are_the_likelihood(world):
    q = world.posterior()
    z = q.draw(fixed_noise(8, 2)[:, None])
    torch.testing.assert_close(evidence_bound(world.log_likelihood(z), q.kl_BK.sum(1)), world.exact())
    # Then every single draw has the same weight.
    weight_RB = log_weights(world.log_likelihood(z), q, z)
    torch.testing.assert_close(weight_RB, world.exact().expand_as(weight_RB))


def test_with_another_q_the_bound_falls_short_by_the_divergence_from_the_posterior(world):
    q, exact = world.wrong(), world.posterior()
    bound = evidence_bound(world.log_likelihood(q.draw(fixed_noise(8, 2)[:, None])), q.kl_BK.sum(1))
    gap = kl_divergence(*(Normal(one.mean_BK, one.log_sd_BK.exp()) for one in (q, exact))).sum(1)
    torch.testing.assert_close(world.exact() - bound, gap)


def test_quadrature_is_the_likelihood(world):
    node_MK, log_weight_M = prior_nodes(80, 2)
    total = (world.log_likelihood(node_MK[:, None]) + log_weight_M[:, None]).logsumexp(0)
    torch.testing.assert_close(total, world.exact(), rtol=0, atol=1e-6)


def test_the_weighted_bound_rises_with_the_draws_to_the_likelihood(world):
    q = world.wrong()
    z = q.draw(randn(64 * 4000, 5, 2, seed=8))
    weight = log_weights(world.log_likelihood(z), q, z).view(4000, 64, 5)
    bounds, errors = [], []
    for draws in (1, 2, 4, 16, 64):
        estimate = log_mean(weight[:, :draws].transpose(0, 1)).mean(1)
        bounds.append(estimate.mean().item())
        errors.append((estimate.std() / 4000**0.5).item())
    assert all(later - earlier > -3 * error for earlier, later, error in zip(bounds, bounds[1:], errors, strict=False))
    assert bounds[0] < bounds[2] < bounds[4] < world.exact().mean().item() + 3 * errors[-1]
    assert world.exact().mean().item() - bounds[-1] < 0.01 < world.exact().mean().item() - bounds[0]
    unweighted = evidence_bound(world.log_likelihood(z), q.kl_BK.sum(1)).mean().item()
    assert bounds[0] == pytest.approx(unweighted, abs=4 * errors[0])  # of one draw both bounds are the same


def test_the_variance_of_the_estimate_falls_with_the_draws(world):
    """Like 1/r: with 4000 estimates of each, a ratio of variances has a relative error of about 3 %."""
    q = world.wrong()
    variance = {}
    for draws in (1, 4, 16):
        noise = randn(draws, 4000, 2, seed=draws)
        z = DiagonalGaussian(q.mean_BK[:1], q.log_sd_BK[:1]).draw(noise)
        likelihood = Normal(z @ world.weight_DK.T + world.mean_D, world.sd).log_prob(world.point_BD[0]).sum(-1)
        variance[draws] = evidence_bound(likelihood, q.kl_BK[:1].sum(1)).var().item()
    for draws in (4, 16):
        assert variance[1] / variance[draws] == pytest.approx(draws, rel=0.15)


@pytest.mark.parametrize(("count", "dimensions"), [(32, 2), (16, 8), (8, 1)])
def test_fixed_points_have_the_first_moments_of_the_normal(count, dimensions):
    noise = fixed_noise(count, dimensions)
    assert noise.shape == (count, dimensions)
    torch.testing.assert_close(noise.mean(0), torch.zeros(dimensions).double())
    torch.testing.assert_close(noise.T @ noise / count, torch.eye(dimensions).double())
    assert torch.equal(noise, fixed_noise(count, dimensions))


@pytest.mark.parametrize("dimensions", [1, 2])
def test_nodes_integrate_the_prior(dimensions):
    node_MK, log_weight_M = prior_nodes(80, dimensions)
    weight = log_weight_M.exp()
    assert weight.sum().item() == pytest.approx(1)
    torch.testing.assert_close(weight @ node_MK.square(), torch.ones(dimensions).double(), rtol=0, atol=1e-4)
    torch.testing.assert_close(weight @ node_MK.pow(4), torch.full((dimensions,), 3.0).double(), rtol=0, atol=1e-3)
