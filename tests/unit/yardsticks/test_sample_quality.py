"""Figures from samples, on densities where they are known."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from worlds import measured, subject

from beyond_mle.errors import UserError
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.objectives.js import JS
from beyond_mle.objectives.mle import MLE
from beyond_mle.tasks.plane import Plane
from beyond_mle.yardsticks.density import DensityDistance
from beyond_mle.yardsticks.sample_quality import SampleQuality, coverage, kernel_log_density, quality

TASK = Plane(Plane.Options(mixture_seed=15))
GAUSSIAN = Plane(Plane.Options(mixture_seed=None, mean=(0.5, 0.0), covariance=((4.0, 0.0), (0.0, 0.25)), grid_step=0.1))


def test_the_kernel_estimate_is_the_density_widened_by_the_kernel():
    task = Plane(Plane.Options(mixture_seed=None, grid_step=0.1))
    point_M2, log_weight_M = task.grid()
    samples = torch.from_numpy(task.sample(400_000, np.random.default_rng(0)))
    wide = Plane(Plane.Options(mixture_seed=None, covariance=((1.09, 0.0), (0.0, 1.09))))
    density = kernel_log_density(samples, point_M2, bandwidth=0.3).exp()
    torch.testing.assert_close(density, wide.log_prob(point_M2).exp(), rtol=0, atol=3e-3)
    assert (density * log_weight_M.exp()).sum().item() == pytest.approx(1.0, abs=1e-3)


def test_coverage_counts_the_heavy_components_that_are_reached():
    heavy = np.flatnonzero(TASK.weight_K >= 0.05)
    everywhere = torch.from_numpy(TASK.sample(5000, np.random.default_rng(0)))
    one = torch.from_numpy(TASK.mean_K2[[heavy[0]]]).repeat(100, 1)
    assert coverage(everywhere, TASK, 0.05, 0.1) == 1
    assert coverage(one, TASK, 0.05, 0.1) == pytest.approx(1 / len(heavy))


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_a_component_is_reached_by_its_share_of_the_samples(share):
    """All but n of 1000 samples lie on the heaviest component, n on the second: does n reach share × its weight?"""
    first, second = np.argsort(-TASK.weight_K)[:2]
    needed = math.ceil(1000 * share * TASK.weight_K[second])
    for n, reached in ((needed, True), (needed - 1, False)):
        points = np.repeat(TASK.mean_K2[[first, second]], [1000 - n, n], axis=0)
        heavy = (TASK.weight_K >= 0.05).sum()
        found = coverage(torch.from_numpy(points), TASK, 0.05, share)
        assert found == pytest.approx((1 + reached) / heavy)


def test_quality_of_p_s_own_samples_is_minus_its_entropy_and_best_at_the_mode():
    samples = torch.from_numpy(GAUSSIAN.sample(100_000, np.random.default_rng(0)))
    entropy = math.log(2 * math.pi * math.e) + math.log(4.0 * 0.25) / 2
    assert quality(samples, GAUSSIAN) == pytest.approx(-entropy, abs=0.015)
    spike = torch.tensor([[0.5, 0.0]]).repeat(10, 1)
    assert quality(spike, GAUSSIAN) == pytest.approx(-math.log(2 * math.pi), abs=1e-12)
    # One sd away from the mean along either axis costs half a nat.
    assert quality(torch.tensor([[2.5, 0.0], [0.5, 0.5]]), GAUSSIAN) == pytest.approx(-math.log(2 * math.pi) - 0.5)


def measure(data, model, objective, **given) -> dict[str, float]:
    yardstick = SampleQuality(SampleQuality.Options(samples=20_000))
    found = measured(yardstick.measure(subject(data, model, objective, **given)))
    return {metric: score.value for (_, metric), score in found.items()}


def gaussian(data, **options) -> IsotropicGaussian:
    return IsotropicGaussian(IsotropicGaussian.Options(**options), data.spec)


def test_the_yardstick_agrees_with_the_density_where_there_is_one():
    data = TASK.open(Path())
    model, objective = gaussian(data, mean=[1.0, 1.0], scale=1.8), JS(JS.Options(pi=0.3), data.spec)
    found = measure(data, model, objective)
    given = subject(data, model, objective)
    exact = {score.metric: score.value for score in DensityDistance(DensityDistance.Options()).measure(given)}
    for name in ("kl", "reverse-kl", "js"):
        assert found[f"{name}-kernel"] == pytest.approx(exact[name], rel=0.1), name
    # E_q[log p] = −KL[Q‖P] − H[Q], and a round Gaussian's entropy is known.
    entropy = math.log(2 * math.pi * math.e * 1.8**2)
    assert found["quality"] == pytest.approx(-exact["reverse-kl"] - entropy, abs=0.1)
    assert 0 < found["coverage"] <= 1


def test_js_is_measured_only_where_the_objective_has_a_pi():
    data = TASK.open(Path())
    found = measure(data, gaussian(data), MLE(MLE.Options(), data.spec))
    assert set(found) == {"coverage", "quality", "kl-kernel", "reverse-kl-kernel"}


def test_the_seed_decides_the_samples():
    data = TASK.open(Path())
    model, objective = gaussian(data), JS(JS.Options(), data.spec)
    one, same, other = (measure(data, model, objective, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one["quality"] != other["quality"]


def test_a_diverged_model_is_said_to_have_diverged():
    data = TASK.open(Path())
    model = gaussian(data)
    with torch.no_grad():
        model.log_scale.fill_(math.inf)
    with pytest.raises(UserError, match="the model diverged"):
        measure(data, model, JS(JS.Options(), data.spec))
