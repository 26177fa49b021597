"""With the optimal discriminator the generator follows the exact JS_π; and the discriminator's loss is least there."""

import math

import pytest
import torch
from beyond_mle.objectives.divergence import JS
from beyond_mle.objectives.plane_adversarial import PlaneAdversarial
from beyond_mle.training.plane import PlaneFit
from torch import nn

from beyond_mle.formulas import divergence
from beyond_mle.formulas.density_ratio import balanced_loss, reward
from beyond_mle.models.isotropic_gaussian import IsotropicGaussian
from beyond_mle.tasks.plane import Plane

AT = (0.3, -0.5, 0.2)
PIS = [0.01, 0.1, 0.5, 0.9, 0.99]


@pytest.fixture(scope="module")
def fit() -> PlaneFit:
    return PlaneFit(Plane(Plane.Options(mixture_seed=15, grid_step=0.1)))


class OptimalLogit(nn.Module):
    """log p/q for the round Gaussian at `AT`, held fixed."""

    def __init__(self, fit: PlaneFit):
        super().__init__()
        self.fit = fit

    def forward(self, points_N2: torch.Tensor) -> torch.Tensor:
        return self.fit.task.log_prob(points_N2) - self.fit.log_q(torch.tensor(AT).double(), points_N2)


@pytest.mark.parametrize("pi", PIS)
def test_the_generators_gradient_is_that_of_js(fit, pi):
    """The expectation over the noise by quadrature; JS_π's own gradient by central differences."""
    axis = torch.linspace(-8, 8, 161, dtype=torch.float64)
    noise_N2 = torch.cartesian_prod(axis, axis)
    weight_N = (-noise_N2.square().sum(1) / 2).exp() * 0.1**2 / (2 * math.pi)
    parameters = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    points_N2 = parameters[:2] + parameters[2].exp() * noise_N2
    loss = -(1 - pi) * (weight_N * reward(OptimalLogit(fit)(points_N2), torch.tensor(pi, dtype=torch.float64))).sum()
    (gradient,) = torch.autograd.grad(loss, parameters)

    js = fit.loss(JS(JS.Options(pi=pi)))
    step = 1e-3 * torch.eye(3, dtype=torch.float64)
    at = parameters.detach()
    five_point = [(8 * (js(at + h) - js(at - h)) - js(at + 2 * h) + js(at - 2 * h)) / 12e-3 for h in step]
    exact = torch.stack(five_point)
    assert (gradient - exact).norm() < 1e-6 * exact.norm()


@pytest.mark.parametrize("pi", PIS)
def test_its_losses_estimate_the_gradient_of_js_from_samples(fit, pi):
    model = IsotropicGaussian(IsotropicGaussian.Options(mean=AT[:2], scale=math.exp(AT[2])))
    objective = PlaneAdversarial(PlaneAdversarial.Options(pi=pi))
    objective.discriminator = OptimalLogit(fit)
    losses = objective.pathwise_losses(
        model, torch.zeros(200_000, 2, dtype=torch.float64), torch.Generator().manual_seed(0)
    )
    loss = losses["model"].total / losses["model"].count
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])
    at = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    (exact,) = torch.autograd.grad(fit.loss(JS(JS.Options(pi=pi)))(at), at)
    assert (gradient - exact).norm() < 0.03 * exact.norm()


def test_the_discriminators_loss_is_least_at_log_p_over_q(fit):
    """Minimised point by point on a part of the grid."""
    log_q_N = fit.log_q(torch.tensor(AT).double(), fit.grid.points_N2)
    near_N = (fit.log_p_N > -12) & (log_q_N > -12)
    log_p_N, log_q_N = fit.log_p_N[near_N][::50], log_q_N[near_N][::50]
    logit_N = torch.zeros_like(log_p_N, requires_grad=True)
    solver = torch.optim.LBFGS([logit_N], max_iter=500, tolerance_grad=1e-12, line_search_fn="strong_wolfe")
    # Dividing by p + q changes no point's own minimum and makes them all equally steep.
    share_N = torch.sigmoid(log_p_N - log_q_N)

    def closure() -> torch.Tensor:
        solver.zero_grad()
        never = torch.full_like(logit_N, math.inf)
        loss = (share_N * balanced_loss(logit_N, -never) + (1 - share_N) * balanced_loss(never, logit_N)).sum()
        loss.backward()
        return loss

    solver.step(closure)
    optimal_N = log_p_N - log_q_N
    torch.testing.assert_close(torch.sigmoid(logit_N.detach()), torch.sigmoid(optimal_N), rtol=0, atol=1e-5)


@pytest.mark.parametrize("pi", PIS)
def test_one_balanced_logit_reaches_the_highest_value_for_every_prior(fit, pi):
    """V_π at s + logit π is JS_π − H_b(π), and the reward is log((1−D)/(1−π)) with a minus sign."""
    log_q_N = fit.log_q(torch.tensor(AT).double(), fit.grid.points_N2)
    logit_N = fit.log_p_N - log_q_N
    prior = torch.tensor(pi, dtype=torch.float64)
    shifted_N = logit_N + prior.logit()
    known = (fit.log_p_N, log_q_N, fit.grid.log_weight_N)
    value = divergence.adversarial_value(shifted_N, *known, pi)
    expected = divergence.js(*known, pi) - divergence.binary_entropy(pi)
    torch.testing.assert_close(value, expected, rtol=0, atol=1e-9)
    moved = divergence.adversarial_value(shifted_N + 0.1, *known, pi)
    assert moved < value
    torch.testing.assert_close(reward(logit_N, prior), torch.log1p(-prior) - nn.functional.logsigmoid(-shifted_N))
