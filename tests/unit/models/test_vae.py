"""The variational auto-encoder of points: its bounds beside its likelihood."""

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.distributions import MultivariateNormal

from beyond_mle.models.vae import VAE
from beyond_mle.types import Density, Points, VectorSpec

POINTS = Points(torch.tensor([[0.3, -1.2], [1.5, 0.4], [-2.0, 0.1]], dtype=torch.float64))


def make(**options) -> VAE:
    torch.manual_seed(0)
    model = VAE(VAE.Options(**options), VectorSpec(2)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.15 * torch.randn(parameter.shape, dtype=torch.float64)
    return model


def linear(sd: float = 0.5) -> tuple[VAE, MultivariateNormal]:
    """A linear decoder of one coordinate with the encoder that is its posterior, and its marginal N(0, WWᵀ + s²I)."""
    model, weight_D = make(latent=1), torch.tensor([1.2, -0.8], dtype=torch.float64)
    model.decoder, model.encoder = nn.Linear(1, 4).double(), nn.Linear(2, 2).double()
    precision = 1 + weight_D.square().sum() / sd**2
    with torch.no_grad():
        model.decoder.weight.copy_(torch.cat([weight_D, torch.zeros(2)])[:, None])
        model.decoder.bias.copy_(torch.tensor([0, 0, sd, sd]).log().nan_to_num(neginf=0))
        model.encoder.weight.copy_(torch.stack([weight_D / sd**2 / precision, torch.zeros(2)]))
        model.encoder.bias.copy_(torch.stack([torch.zeros(()), -precision.log() / 2]))
    covariance_DD = weight_D[:, None] * weight_D + sd**2 * torch.eye(2).double()
    return model, MultivariateNormal(torch.zeros(2).double(), covariance_DD)


def test_a_linear_model_with_its_posterior_reaches_the_likelihood() -> None:
    model, marginal = linear()
    exact = marginal.log_prob(POINTS.point_BD)
    for log_prob in (
        model.log_prob(POINTS),
        model.marginal_log_prob(POINTS),
        model.importance_weighted_log_prob(POINTS, 3, torch.Generator().manual_seed(1)),
    ):
        torch.testing.assert_close(log_prob.total_B, exact, rtol=0, atol=1e-6)


@pytest.mark.parametrize("latent", [1, 2])
def test_bounds_are_below_the_likelihood_by_quadrature(latent) -> None:
    model = make(latent=latent)
    with torch.no_grad():
        exact, coarse = model.marginal_log_prob(POINTS), model.marginal_log_prob(POINTS, fewer=2)
        bound = model.log_prob(POINTS)
        weighted = model.importance_weighted_log_prob(POINTS, 5000, torch.Generator().manual_seed(1))
    torch.testing.assert_close(coarse.total_B, exact.total_B, rtol=0, atol=1e-3)
    assert (bound.total_B < exact.total_B).all()
    assert (bound.total_B < weighted.total_B).all()
    torch.testing.assert_close(weighted.total_B, exact.total_B, rtol=0, atol=0.05)
    assert (exact.certainty, bound.certainty, weighted.certainty) == ("exact", "lower-bound", "lower-bound")


def test_beyond_two_coordinates_there_is_only_the_bound() -> None:
    model = make(latent=3)
    got = model.marginal_log_prob(POINTS)
    assert got.certainty == "lower-bound"
    assert torch.equal(got.total_B, model.log_prob(POINTS).total_B)


def test_the_likelihood_integrates_to_one() -> None:
    model, step = make(latent=2), 0.25
    axis = torch.arange(-15, 15, step, dtype=torch.float64)
    with torch.no_grad():
        log_q_N = model.marginal_log_prob(Points(torch.cartesian_prod(axis, axis)), fewer=4).total_B
    assert log_q_N.exp().sum().item() * step**2 == pytest.approx(1, abs=1e-3)


def test_samples_are_of_the_marginal() -> None:
    model, marginal = linear()
    with torch.no_grad():
        sample_ND = model.sample(100_000, torch.Generator().manual_seed(3))
    torch.testing.assert_close(sample_ND.mean(0), marginal.mean, rtol=0, atol=0.02)
    torch.testing.assert_close(sample_ND.T.cov(), marginal.covariance_matrix, rtol=0, atol=0.03)


def test_training_draws_from_the_global_generator_and_judging_does_not() -> None:
    model = make()
    judged = [model.log_prob(POINTS).total_B for seed in (1, 2) if torch.manual_seed(seed)]
    assert torch.equal(*judged)
    model.train()
    drawn = [model.log_prob(POINTS).total_B for seed in (1, 1, 2) if torch.manual_seed(seed)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    whole = Points(POINTS.point_BD, Density(torch.zeros(3).double(), torch.zeros(3).double()))
    assert torch.equal(model.log_prob(whole).total_B, judged[0])  # all of p: an expectation, not an estimate


@pytest.mark.parametrize("options", [{"latent": 8, "points": 14}, {"points": 7}, {"latent": 0}])
def test_points_that_cannot_have_the_moments_are_refused(options) -> None:
    with pytest.raises(ValidationError, match=r"points|latent|multiple"):
        VAE.Options(**options)
