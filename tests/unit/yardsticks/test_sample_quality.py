"""Figures from samples, on densities where they are known."""

import numpy as np
import pytest
import torch

from beyond_mle.tasks.plane import Plane
from beyond_mle.yardsticks.sample_quality import coverage, kernel_log_density, quality

TASK = Plane(Plane.Options(mixture_seed=15))


def test_the_kernel_estimate_is_the_density_widened_by_the_kernel():
    task = Plane(Plane.Options(mixture_seed=None, grid_step=0.1))
    grid = task.grid()
    samples = torch.from_numpy(task.sample(400_000, np.random.default_rng(0)))
    wide = Plane(Plane.Options(mixture_seed=None, covariance=((1.09, 0.0), (0.0, 1.09))))
    density = kernel_log_density(samples, grid, bandwidth=0.3).exp()
    torch.testing.assert_close(density, wide.log_prob(grid.points_N2).exp(), rtol=0, atol=3e-3)
    assert (density * grid.log_weight_N.exp()).sum().item() == pytest.approx(1.0, abs=1e-3)


def test_coverage_counts_the_heavy_components_that_are_reached():
    heavy = np.flatnonzero(TASK.weight_K >= 0.05)
    everywhere = torch.from_numpy(TASK.sample(5000, np.random.default_rng(0)))
    one = torch.from_numpy(TASK.mean_K2[[heavy[0]]]).repeat(100, 1)
    assert coverage(everywhere, TASK, 0.05, 0.1) == 1
    assert coverage(one, TASK, 0.05, 0.1) == pytest.approx(1 / len(heavy))


def test_quality_is_the_mean_log_density():
    points = torch.tensor([[0.0, 0.0], [1.0, 2.0]], dtype=torch.float64)
    assert quality(points, TASK) == pytest.approx(TASK.log_prob(points).mean().item())
