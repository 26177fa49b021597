"""The round Gaussian against torch's, and as any objective's model."""

import math

import torch

from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.likelihood import MLE

MODEL = IsotropicGaussian(IsotropicGaussian.Options(mean=(1.0, -2.0), scale=0.7))


def test_its_density_is_torchs():
    points = torch.randn(20, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    reference = torch.distributions.MultivariateNormal(MODEL.mean, 0.49 * torch.eye(2, dtype=torch.float64))
    torch.testing.assert_close(MODEL.log_prob(points).total_B, reference.log_prob(points))


def test_samples_are_differentiable_in_its_parameters():
    """E|x|² = |b|² + 2a², so its gradients are 2b and, in log a, 4a²."""
    samples = MODEL.sample(400_000, torch.Generator().manual_seed(0))
    mean, log_scale = torch.autograd.grad(samples.square().sum(1).mean(), list(MODEL.parameters()))
    torch.testing.assert_close(mean, 2 * MODEL.mean.detach(), rtol=0, atol=0.02)
    assert math.isclose(log_scale.item(), 4 * 0.49, abs_tol=0.05)


def test_a_likelihood_objective_takes_it_as_it_is():
    points = MODEL.sample(50, torch.Generator().manual_seed(1)).detach()
    loss = MLE(MLE.Options()).losses(MODEL, points)["model"]
    torch.testing.assert_close(loss.total / loss.count, -MODEL.log_prob(points).total_B.mean())
