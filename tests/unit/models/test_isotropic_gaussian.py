"""The round Gaussian against torch's, and as any objective's model."""

import math

import numpy as np
import pytest
import torch

from beyond_mle.errors import UserError
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.mle import MLE
from beyond_mle.tasks.plane import Plane, PlaneData
from beyond_mle.types import Points, VectorSpec

SPEC = VectorSpec(2)
MODEL = IsotropicGaussian(IsotropicGaussian.Options(mean=(1.0, -2.0), scale=0.7), SPEC)


def test_its_density_is_torchs():
    points = torch.randn(20, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    reference = torch.distributions.MultivariateNormal(MODEL.mean, 0.49 * torch.eye(2, dtype=torch.float64))
    torch.testing.assert_close(MODEL.log_prob(Points(points)).total_B, reference.log_prob(points))


@pytest.mark.parametrize("dimensions", [1, 3])
def test_it_has_as_many_coordinates_as_the_data(dimensions):
    model = IsotropicGaussian(IsotropicGaussian.Options(), VectorSpec(dimensions))
    points = torch.randn(5, dimensions, dtype=torch.float64)
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(points).sum(1)
    torch.testing.assert_close(model.log_prob(Points(points)).total_B, expected)
    assert model.sample(4).shape == (4, dimensions)


def test_samples_are_differentiable_in_its_parameters():
    """E|x|² = |b|² + 2a², so its gradients are 2b and, in log a, 4a²."""
    samples = MODEL.sample(400_000, torch.Generator().manual_seed(0))
    mean, log_scale = torch.autograd.grad(samples.square().sum(1).mean(), list(MODEL.parameters()))
    torch.testing.assert_close(mean, 2 * MODEL.mean.detach(), rtol=0, atol=0.02)
    assert math.isclose(log_scale.item(), 4 * 0.49, abs_tol=0.05)


def test_a_likelihood_objective_takes_it_as_it_is():
    points = Points(MODEL.sample(50, torch.Generator().manual_seed(1)).detach())
    loss = MLE(MLE.Options(), SPEC).losses(MODEL, points)["model"]
    torch.testing.assert_close(loss.total / loss.count, -MODEL.log_prob(points).total_B.mean())


def test_its_parameters_are_figures():
    assert MODEL.figures() == pytest.approx({"mean-x": 1.0, "mean-y": -2.0, "sigma": 0.7})


def test_starts_are_the_moments_of_p_its_heavy_components_and_places_around_them():
    plane = Plane(Plane.Options(mixture_seed=22))
    moments, *others = MODEL.starts(PlaneData(plane), least_weight=0.05)
    np.testing.assert_allclose(moments, [*plane.mean_2, math.log(plane.isotropic_sd)])
    heavy = plane.weight_K >= 0.05
    assert len(others) == heavy.sum() + 9
    np.testing.assert_allclose([start[:2] for start in others[: heavy.sum()]], plane.mean_K2[heavy])
    assert len(MODEL.starts(PlaneData(plane), least_weight=1.0)) == 10


def test_a_p_without_components_proposes_no_starts():
    with pytest.raises(UserError, match="a mixture of Gaussians in the plane; write `starts: model`"):
        MODEL.starts(object(), least_weight=0.05)
