"""The densities in the plane: known moments, a grid that integrates, samples that agree."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from beyond_mle.errors import UserError
from beyond_mle.options import parse
from beyond_mle.tasks.plane import Plane

GAUSSIAN = Plane.Options(mixture_seed=None, mean=(0.5, -1.0), covariance=((2.0, 0.6), (0.6, 0.5)))
EACH = pytest.mark.parametrize("options", [Plane.Options(mixture_seed=22), GAUSSIAN], ids=["mixture", "gaussian"])


@EACH
def test_the_density_integrates_to_one_and_has_its_moments(options):
    task = Plane(options)
    grid = task.grid()
    mass = (task.log_prob(grid.points_N2) + grid.log_weight_N).exp()
    assert mass.sum().item() == pytest.approx(1, abs=1e-8)
    mean = mass @ grid.points_N2
    np.testing.assert_allclose(mean, task.mean_2, atol=1e-7)
    variance = mass @ (grid.points_N2 - mean).square().sum(1)
    assert variance.item() / 2 == pytest.approx(task.isotropic_sd**2, abs=1e-6)


@EACH
def test_samples_have_the_moments_of_the_density(options):
    task = Plane(options)
    samples = task.sample(200_000, np.random.default_rng(0))
    error = np.sqrt(samples.var(axis=0) / len(samples))
    assert (np.abs(samples.mean(axis=0) - task.mean_2) < 4.5 * error).all()
    assert np.sqrt(samples.var(axis=0).mean()) == pytest.approx(task.isotropic_sd, rel=0.01)
    np.testing.assert_array_equal(samples, task.sample(200_000, np.random.default_rng(0)))


def test_the_gaussian_is_scipys():
    points = np.random.default_rng(1).normal(size=(50, 2))
    expected = multivariate_normal(GAUSSIAN.mean, GAUSSIAN.covariance).logpdf(points)
    np.testing.assert_allclose(Plane(GAUSSIAN).log_prob(torch.from_numpy(points)), expected, rtol=1e-12)


@pytest.mark.parametrize("covariance", [((1.0, 2.0), (2.0, 1.0)), ((1.0, 0.1), (0.2, 1.0))])
def test_a_matrix_that_is_no_covariance_is_an_error(covariance):
    with pytest.raises(UserError, match="symmetric and positive definite"):
        parse(Plane.Options, {"mixture_seed": None, "covariance": covariance}, "tasks.plane")
