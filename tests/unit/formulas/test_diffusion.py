"""Diffusion in closed form: posteriors by Bayes' rule, the optimal noise by the score."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, Normal

from beyond_mle.formulas.diffusion import SCHEDULES, Schedule, optimal_noise

WEIGHT = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
COMPONENTS = MultivariateNormal(
    torch.tensor([[-2.0, 0.5], [1.0, 1.0], [0.0, -3.0]], dtype=torch.float64),
    torch.tensor([[[0.5, 0.2], [0.2, 0.4]], [[1.0, 0.0], [0.0, 0.3]], [[0.2, -0.1], [-0.1, 0.9]]], dtype=torch.float64),
)


@pytest.fixture(params=SCHEDULES)
def schedule(request: pytest.FixtureRequest) -> Schedule:
    return Schedule(SCHEDULES[request.param](20))


def test_points_become_noise(schedule: Schedule) -> None:
    alpha_bar_T = schedule.alpha_bar_T
    assert schedule.steps == 20
    assert alpha_bar_T[0] == 1
    assert (alpha_bar_T.diff() < 0).all()
    assert 0 < alpha_bar_T[-1] < 1e-3


def test_of_a_thousand_steps_the_linear_schedule_is_the_published_one() -> None:
    schedule = Schedule(SCHEDULES["linear"](1000))
    assert schedule.beta(1).item() == pytest.approx(1e-4)
    assert schedule.beta(1000).item() == pytest.approx(0.02)


def test_steps_compose_to_the_closed_form(schedule: Schedule) -> None:
    """x_t = √(1 − β_t) x_{t−1} + √β_t ε: mean and variance by recursion."""
    mean, variance = 1.0, 0.0
    for step in range(1, schedule.steps + 1):
        beta = schedule.beta(step).item()
        mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
        one, nothing = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
        assert schedule.noised(one, nothing, step).item() == pytest.approx(mean)
        assert schedule.noised(nothing, one, step).item() ** 2 == pytest.approx(variance)


@pytest.mark.parametrize("step", [2, 7, 20])
def test_the_posterior_is_that_of_bayes(schedule: Schedule, step: int) -> None:
    """q(x_{t−1} | x_t, x_0) ∝ q(x_t | x_{t−1}) q(x_{t−1} | x_0), on a grid."""
    point, noised = torch.tensor([[1.3]], dtype=torch.float64), torch.tensor([[-0.4]], dtype=torch.float64)
    grid = torch.linspace(-8, 8, 160_001, dtype=torch.float64)
    before, beta = schedule.alpha_bar_T[step - 1], schedule.beta(step)
    log_joint = Normal((1 - beta).sqrt() * grid, beta.sqrt()).log_prob(noised[0]) + Normal(
        before.sqrt() * point[0], (1 - before).sqrt()
    ).log_prob(grid)
    weight = log_joint.softmax(0)
    mean, variance = schedule.posterior(point, noised, step)
    assert mean.item() == pytest.approx((weight @ grid).item(), abs=1e-6)
    assert variance.item() == pytest.approx((weight @ (grid - weight @ grid).square()).item(), rel=1e-6)


def test_the_reverse_mean_is_the_posterior_s_where_the_noise_is_known(schedule: Schedule) -> None:
    generator = torch.Generator().manual_seed(0)
    point, noise = torch.randn(2, 50, 2, generator=generator, dtype=torch.float64)
    for step in range(1, schedule.steps + 1):
        noised = schedule.noised(point, noise, step)
        torch.testing.assert_close(
            schedule.reverse_mean(noised, noise, step), schedule.posterior(point, noised, step)[0]
        )


def test_steps_may_differ_between_points(schedule: Schedule) -> None:
    point, noise = torch.randn(2, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    together = schedule.noised(point, noise, torch.tensor([1, 5, 20]))
    for row, step in enumerate([1, 5, 20]):
        torch.testing.assert_close(together[row], schedule.noised(point, noise, step)[row])


@pytest.mark.parametrize("alpha_bar", [0.999, 0.6, 0.01])
def test_the_optimal_noise_is_the_score(alpha_bar: float) -> None:
    """ε* = −√(1 − ᾱ) ∇ log p_t, by automatic differentiation of the noised mixture's density."""
    point = 2 * torch.randn(100, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    point.requires_grad_()
    spread = alpha_bar * COMPONENTS.covariance_matrix + (1 - alpha_bar) * torch.eye(2, dtype=torch.float64)
    noised = MixtureSameFamily(Categorical(WEIGHT), MultivariateNormal(math.sqrt(alpha_bar) * COMPONENTS.loc, spread))
    (score,) = torch.autograd.grad(noised.log_prob(point).sum(), point)
    best = optimal_noise(point.detach(), alpha_bar, COMPONENTS, WEIGHT)
    torch.testing.assert_close(best, -math.sqrt(1 - alpha_bar) * score)


def test_no_other_prediction_has_a_smaller_error() -> None:
    """E‖ε − ε*‖² + E‖ε* − ε̂‖² = E‖ε − ε̂‖², for any function ε̂ of x_t: ε* is the conditional mean."""
    torch.manual_seed(0)
    alpha_bar, n = 0.5, 200_000
    point = MixtureSameFamily(Categorical(WEIGHT), COMPONENTS).sample((n,))
    noise = torch.randn(n, 2, dtype=torch.float64)
    noised = math.sqrt(alpha_bar) * point + math.sqrt(1 - alpha_bar) * noise
    best = optimal_noise(noised, alpha_bar, COMPONENTS, WEIGHT)
    other = 0.7 * noised.tanh() + 0.2

    def error(one: torch.Tensor, two: torch.Tensor) -> float:
        return (one - two).square().sum(1).mean().item()

    assert error(noise, best) + error(best, other) == pytest.approx(error(noise, other), rel=0.01)
    assert error(noise, best) < error(noise, other)
