"""Diffusion in the plane: its bound against exact densities, and what it becomes with the exact reverse kernels."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from beyond_mle.formulas.diffusion import optimal_noise
from beyond_mle.models.plane_diffusion import PlaneDiffusion, quadrature
from beyond_mle.objectives.convex_exp import ConvexExp
from beyond_mle.objectives.mle import MLE
from beyond_mle.tasks.plane import Plane
from beyond_mle.types import Points, VectorSpec
from beyond_mle.yardsticks.sample_quality import coverage


class ExactNoise(PlaneDiffusion):
    """With ε* of a density in place of the network."""

    p: Plane

    def predict_noise(self, noised_BD: Tensor, step_B: Tensor) -> Tensor:
        components, weight_K = self.p.distribution.component_distribution, torch.from_numpy(self.p.weight_K)
        return optimal_noise(noised_BD, self.alpha_bar_T[step_B[0]], components, weight_K)


def exact(p: Plane, **options) -> ExactNoise:
    model = ExactNoise(PlaneDiffusion.Options(**options), VectorSpec(2)).eval()
    model.p = p
    return model


def untrained(**options) -> PlaneDiffusion:
    torch.manual_seed(0)
    return PlaneDiffusion(PlaneDiffusion.Options(**{"width": 8, "steps": 10} | options), VectorSpec(2)).eval()


def gaussian(**options) -> Plane:
    return Plane(Plane.Options(mixture_seed=None, grid_step=0.4, **options))


def bound(model: PlaneDiffusion, points: Tensor) -> Tensor:
    with torch.no_grad():
        return model.log_prob(Points(points)).total_B


POINTS = 1.5 * torch.randn(200, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_quadrature_is_exact_for_polynomials() -> None:
    noise, share = quadrature(4, 2)
    assert noise.shape == (16, 2)
    x, y = noise.T
    moments = [share.sum(), share @ x, share @ (x * y), share @ x**2, share @ (x**4 * y**2), share @ y**6]
    assert [moment.item() for moment in moments] == pytest.approx([1, 0, 0, 1, 3, 15], abs=1e-9)


def test_where_the_reverse_kernels_are_exact_the_bound_is_the_likelihood() -> None:
    """Of p = N(0, I) they are Gaussian, of variance β_t, whatever the number of steps."""
    p = gaussian()
    model = exact(p, steps=5)
    torch.testing.assert_close(bound(model, POINTS), p.log_prob(POINTS))
    network = untrained(steps=5)
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    torch.testing.assert_close(bound(network, POINTS), p.log_prob(POINTS))  # it starts near there


def test_with_more_steps_the_exact_noise_brings_the_bound_to_the_likelihood() -> None:
    p = Plane(Plane.Options(mixture_seed=3, grid_step=0.4))
    points = torch.from_numpy(p.sample(60, np.random.default_rng(0)))
    gaps = [(p.log_prob(points) - bound(exact(p, steps=steps), points)).mean().item() for steps in (30, 60, 120)]
    assert gaps[0] > 1.6 * gaps[1] > 1.6**2 * gaps[2] > 0
    assert gaps[2] < 0.025


def test_the_bound_lies_below_the_density_of_a_gaussian_chain() -> None:
    """With a linear ε_θ = c x_t all kernels are linear, so that q(x_0) is a Gaussian known by recursion."""
    model = untrained(steps=8)

    def linear(noised_BD: Tensor, step_B: Tensor) -> Tensor:
        return 0.7 * noised_BD

    model.predict_noise = linear  # type: ignore[method-assign]
    schedule, variance = model.schedule, 1.0
    for step in range(8, 0, -1):
        factor = schedule.reverse_mean(torch.ones(1), 0.7 * torch.ones(1), step).item()
        variance = factor**2 * variance + schedule.beta(step).item()
    log_q = torch.distributions.Normal(0.0, math.sqrt(variance)).log_prob(POINTS).sum(1)
    assert (bound(model, POINTS) < log_q).all()
    samples = model.sample(40_000, torch.Generator().manual_seed(0))
    assert samples.var().item() == pytest.approx(variance, rel=0.03)


def test_the_bound_is_what_its_kernels_say() -> None:
    """Σ_t E KL[q(x_{t−1}|x_t, x_0) ‖ N(μ_θ, β_t)] and the ends, from PyTorch's own Gaussians, at the same noise."""
    from torch.distributions import Independent, Normal, kl_divergence

    model, point = untrained(steps=6, nodes=3), POINTS[:1]
    schedule, (noise, share) = model.schedule, quadrature(3, 2)

    def round_gaussian(mean: Tensor, variance: Tensor) -> Independent:
        return Independent(Normal(mean, variance.sqrt().expand_as(mean)), 1)

    last = schedule.alpha_bar_T[-1]
    total = -kl_divergence(round_gaussian(last.sqrt() * point, 1 - last), round_gaussian(0 * point, 0 * last + 1))[0]
    for step in range(1, 7):
        repeated = point.expand(len(noise), -1)
        noised = schedule.noised(repeated, noise, step)
        predicted = model.predict_noise(noised, torch.full((len(noise),), step))
        reverse = round_gaussian(schedule.reverse_mean(noised, predicted, step), schedule.beta(step))
        if step == 1:
            total = total + share @ reverse.log_prob(repeated)
        else:
            total = total - share @ kl_divergence(round_gaussian(*schedule.posterior(repeated, noised, step)), reverse)
    torch.testing.assert_close(bound(model, point)[0], total.detach())


def test_the_estimate_in_training_has_the_bound_as_its_mean() -> None:
    model = untrained(steps=5, nodes=10)
    expected = bound(model, POINTS[:1]).item()
    model.train()
    torch.manual_seed(0)
    drawn = bound(model, POINTS[:1].expand(100_000, -1))
    assert drawn.mean().item() == pytest.approx(expected, abs=5 * drawn.std().item() / math.sqrt(100_000))
    assert drawn.std() > 0.1


def test_of_all_of_p_the_bound_is_not_drawn_in_training_either() -> None:
    model, batch = untrained(nodes=2).train(), gaussian().open(Path()).whole()
    assert torch.equal(model.log_prob(batch).total_B, model.log_prob(batch).total_B)


def test_ancestral_sampling_with_the_exact_noise_gives_p() -> None:
    p = Plane(Plane.Options(mixture_seed=3, grid_step=0.4))
    samples = exact(p, steps=60).sample(4000, torch.Generator().manual_seed(0))
    truth = torch.from_numpy(p.sample(4000, np.random.default_rng(1)))
    torch.testing.assert_close(samples.mean(0), truth.mean(0), rtol=0, atol=0.1)
    torch.testing.assert_close(samples.T.cov(), truth.T.cov(), rtol=0.1, atol=0.1)
    assert coverage(samples, p, 0.05, 0.5) == 1
    assert p.log_prob(samples).mean().item() == pytest.approx(p.log_prob(truth).mean().item(), abs=0.06)


@pytest.mark.parametrize(
    "objective", [MLE(MLE.Options(), VectorSpec(2)), ConvexExp(ConvexExp.Options(), VectorSpec(2))]
)
def test_likelihood_objectives_raise_the_bound(objective) -> None:
    data = gaussian(covariance=((4.0, 0.0), (0.0, 0.2))).open(Path())
    model = untrained(nodes=2).train()
    optimiser, before = torch.optim.Adam(model.parameters(), lr=1e-2), None
    for _ in range(10):
        loss = objective.losses(model, data.whole())["model"]
        before = loss.metrics["loss"] if before is None else before
        optimiser.zero_grad()
        (loss.total / loss.count).backward()
        optimiser.step()
    assert objective.losses(model, data.whole())["model"].metrics["loss"] < before
