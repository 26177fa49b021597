"""The exact solver on functions whose minima are known, and on the plane."""

import math

import numpy as np
import pytest
import torch

from beyond_mle.objectives.divergence import JS, ReverseKL
from beyond_mle.objectives.likelihood import MLE, ConvexExp
from beyond_mle.tasks.plane import Plane
from beyond_mle.training.exact import SolverOptions, follow, local_minima
from beyond_mle.training.plane import PlaneFit
from beyond_mle.formulas.divergence import js_estimate

SOLVER = SolverOptions()


def tilted(tilt: float):
    """A double well (x² − 1)² + tilt x, in x; with |tilt| below 1.5396 it has two minima."""
    return lambda v: (v[0] ** 2 - 1) ** 2 + tilt * v[0] + v[1] ** 2


def starts(*places: float) -> list[np.ndarray]:
    return [np.array([place, 0.3]) for place in places]


def test_all_minima_are_found_once_the_lowest_first_and_no_maximum():
    found = local_minima(tilted(0.3), [*starts(-2, -1.5, 0.5, 2), np.zeros(2)], SOLVER)
    roots = sorted(np.roots([4, 0, -4, 0.3]))
    assert [optimum.parameters_D[0] for optimum in found] == pytest.approx([roots[0], roots[2]], abs=1e-7)
    assert local_minima(tilted(0.0), [np.zeros(2)], SOLVER) == []


def test_the_scale_of_a_loss_does_not_matter():
    (optimum,) = local_minima(lambda v: 1e-7 * (v - 0.25).square().sum(), starts(1.0), SOLVER)
    assert optimum.parameters_D == pytest.approx([0.25, 0.25], abs=1e-7)


def test_branches_end_where_their_minimum_does():
    knobs = [round(0.1 * step, 1) for step in range(-20, 21)]
    branches = follow(tilted, knobs, [-2.0, 2.0], starts(-1, 1), SOLVER)
    assert [(min(branch), max(branch)) for branch in branches] == [(-2.0, 1.5), (-1.5, 2.0)]
    assert all(branches[0][knob].parameters_D[0] > 0.57 for knob in branches[0])


@pytest.mark.parametrize(("pi", "sd"), [(1e-4, 1.4572), (0.1, 1.3045), (0.5, 1.0), (0.99, 0.6986), (0.9999, 0.6862)])
def test_a_stretched_gaussian_is_covered_or_sought_in_width_only(pi, sd):
    """P = N(0, diag(4, ¼)): published optima; the mean stays at 0 for every π."""
    fit = PlaneFit(Plane(Plane.Options(mixture_seed=None, covariance=((4.0, 0.0), (0.0, 0.25)), grid_step=0.1)))
    (optimum, *_) = local_minima(fit.loss(JS(JS.Options(pi=pi))), [np.array([0.1, 0.1, 0.0])], SOLVER)
    assert optimum.parameters_D[:2] == pytest.approx([0, 0], abs=1e-6)
    assert math.exp(optimum.parameters_D[2]) == pytest.approx(sd, abs=5e-5)


def test_the_limits_of_a_stretched_gaussian_have_closed_forms():
    fit = PlaneFit(Plane(Plane.Options(mixture_seed=None, covariance=((4.0, 0.0), (0.0, 0.25)), grid_step=0.1)))
    for objective, variance in ((MLE(MLE.Options()), 4.25 / 2), (ReverseKL(ReverseKL.Options()), 2 / 4.25)):
        (optimum,) = local_minima(fit.loss(objective), [np.array([0.1, 0.1, 0.0])], SOLVER)
        assert math.exp(2 * optimum.parameters_D[2]) == pytest.approx(variance, abs=1e-6)


def test_maximum_likelihood_on_a_mixture_matches_its_moments():
    task = Plane(Plane.Options(mixture_seed=3))
    (optimum,) = local_minima(PlaneFit(task).loss(MLE(MLE.Options())), [np.zeros(3)], SOLVER)
    assert optimum.parameters_D == pytest.approx([*task.mean_2, math.log(task.isotropic_sd)], abs=1e-7)


def test_the_convex_loss_by_quadrature_has_its_closed_form():
    """E_p[q^k] of a mixture: Σ p_i (2πa²)^(−k) 2πs² N(b; m_i, v_i + s²), s² = a²/k."""
    task, order, scale, mean = Plane(Plane.Options(mixture_seed=22)), 0.4, 0.6, np.array([0.2, -0.9])
    shared = scale**2 / order
    variance = task.covariance_K22[:, 0, 0] + shared
    squares = ((task.mean_K2 - mean) ** 2).sum(axis=1)
    terms = task.weight_K * shared / variance * np.exp(-squares / (2 * variance))
    expected = -((2 * math.pi * scale**2) ** -order) * terms.sum()
    loss = PlaneFit(task).loss(ConvexExp(ConvexExp.Options(order=order)))
    assert loss(torch.tensor([*mean, math.log(scale)], dtype=torch.float64)).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("pi", [0.05, 0.5, 0.9])
def test_monte_carlo_agrees_with_quadrature(pi):
    fit, rng = PlaneFit(Plane(Plane.Options(mixture_seed=15))), np.random.default_rng(1)
    parameters = torch.tensor([1.0, 1.0, math.log(1.3)], dtype=torch.float64)
    of_p = torch.from_numpy(fit.task.sample(50_000, rng))
    of_q = parameters[:2] + 1.3 * torch.from_numpy(rng.standard_normal((30_000, 2)))
    both = [(fit.task.log_prob(x), fit.log_q(parameters, x)) for x in (of_p, of_q)]
    estimate, error = js_estimate(*both, pi)
    exact = fit.loss(JS(JS.Options(pi=pi)))(parameters)
    assert abs(estimate - exact) < 4 * error
    assert error < 0.02 * exact
