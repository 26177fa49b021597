"""The Gaussian mixture: against scikit-learn step by step; gradients of samples; components that die or collapse."""

import math
import warnings

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as Reference

from beyond_mle.errors import UserError
from beyond_mle.models.gaussian_mixture import GaussianMixture
from beyond_mle.tasks.plane import Plane
from beyond_mle.types import Points, VectorSpec

PLANE = Plane(Plane.Options(mixture_seed=3))
POINTS = torch.from_numpy(PLANE.sample(500, np.random.default_rng(0)))


def make(components: int = 4, dimensions: int = 2, seed: int = 0) -> GaussianMixture:
    """With covariances that are not round."""
    torch.manual_seed(seed)
    model = GaussianMixture(GaussianMixture.Options(components=components), VectorSpec(dimensions))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return model


def covariance(model: GaussianMixture) -> torch.Tensor:
    factor_KDD = model.factor_KDD.detach()
    return factor_KDD @ factor_KDD.mT


def climb(model: GaussianMixture, batch: Points, steps: int) -> list[float]:
    """The log-likelihood before each step, and after the last."""
    values = []
    for step in range(steps + 1):
        expectation = model.e_step(batch)
        values.append(expectation.log_prob.total_B.mean().item())
        if step < steps:
            model.m_step(expectation.statistics(torch.ones(len(batch), dtype=torch.float64)))
    return values


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_it_equals_scikit_learn_step_by_step(dimensions):
    generator = torch.Generator().manual_seed(1)
    point_BD = torch.randn(300, dimensions, generator=generator).double() * 3 + 50  # far from 0, where moments cancel
    model, steps = make(3, dimensions), 15
    with torch.no_grad():
        model.mean_KD += 50
    reference = Reference(
        3,
        reg_covar=0,
        tol=0,
        max_iter=steps,
        weights_init=model.logit_K.softmax(0).detach().numpy(),
        means_init=model.mean_KD.detach().numpy(),
        precisions_init=torch.linalg.inv(covariance(model)).numpy(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        reference.fit(point_BD.numpy())
    values = climb(model, Points(point_BD), steps)
    assert values[steps - 1] == pytest.approx(reference.lower_bound_, abs=1e-9)
    assert values[-1] == pytest.approx(reference.score(point_BD.numpy()), abs=1e-9)
    np.testing.assert_allclose(model.logit_K.softmax(0).detach(), reference.weights_, atol=1e-6)
    np.testing.assert_allclose(model.mean_KD.detach(), reference.means_, atol=1e-6)
    np.testing.assert_allclose(covariance(model), reference.covariances_, atol=1e-6)
    np.testing.assert_allclose(
        model.log_prob(Points(point_BD)).total_B.detach(), reference.score_samples(point_BD.numpy()), atol=1e-6
    )


def test_a_step_never_lowers_the_likelihood():
    values = climb(make(6), Points(POINTS), 100)
    assert np.diff(values).min() >= -1e-9
    assert values[-1] > values[0] + 0.1


def test_with_the_parameters_of_p_it_is_p():
    model = make(10)
    with torch.no_grad():
        model.logit_K.copy_(torch.from_numpy(PLANE.weight_K).log())
        model.mean_KD.copy_(torch.from_numpy(PLANE.mean_K2))
        model._set_covariance(torch.from_numpy(PLANE.covariance_K22))
    torch.testing.assert_close(model.log_prob(Points(POINTS)).total_B, PLANE.log_prob(POINTS))
    samples = model.sample(40_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(samples.mean(0), torch.from_numpy(PLANE.mean_2), rtol=0, atol=0.03)


def test_gradients_of_samples_are_those_of_what_they_average_to():
    """E[x], E[x²] and E[x₁x₂] have closed forms in all parameters, the weights included."""
    model, powers = make(3), torch.tensor([0.7, -0.4])
    point_ND = model.sample(400_000, torch.Generator().manual_seed(0))
    sampled = (point_ND @ powers.double() + point_ND[:, 0] * point_ND[:, 1] + point_ND[:, 1] ** 2).mean()
    factor_KDD, mean_KD = model.factor_KDD, model.mean_KD
    second_KDD = factor_KDD @ factor_KDD.mT + mean_KD[:, :, None] * mean_KD[:, None, :]
    exact_K = mean_KD @ powers.double() + second_KDD[:, 0, 1] + second_KDD[:, 1, 1]
    exact = model.logit_K.softmax(0) @ exact_K
    parameters = list(model.parameters())
    for got, expected in zip(
        torch.autograd.grad(sampled, parameters), torch.autograd.grad(exact, parameters), strict=True
    ):
        torch.testing.assert_close(got, expected, rtol=0.02, atol=0.05)


def test_samples_are_those_that_were_drawn():
    model = make(3)
    with torch.no_grad():
        drawn = model.sample(10, torch.Generator().manual_seed(4))
    assert torch.equal(model.sample(10, torch.Generator().manual_seed(4)).detach(), drawn)


def test_it_starts_at_points_and_as_wide_as_they_are():
    model = make(5)
    torch.manual_seed(0)
    model.restart(Points(POINTS))
    assert all((mean == POINTS).all(1).any() for mean in model.mean_KD)
    torch.testing.assert_close(covariance(model), torch.cov(POINTS.T, correction=0).expand(5, 2, 2))
    torch.testing.assert_close(model.logit_K.softmax(0), torch.full((5,), 0.2, dtype=torch.float64))


def test_a_component_that_dies_keeps_its_place_and_the_others_go_on():
    model = make(3)
    with torch.no_grad():
        model.mean_KD[1] = 1e6
    place = model.mean_KD[1].clone(), covariance(model)[1]
    values = climb(model, Points(POINTS), 20)
    assert np.diff(values).min() >= -1e-9
    assert model.logit_K.softmax(0)[1] == 0
    assert torch.equal(model.mean_KD[1], place[0])
    torch.testing.assert_close(covariance(model)[1], place[1])
    assert all(
        gradient.isfinite().all()
        for gradient in torch.autograd.grad(model.log_prob(Points(POINTS)).total_B.sum(), list(model.parameters()))
    )


def test_a_component_that_collapses_is_named():
    model = make(2)
    points = torch.cat([torch.zeros(1, 2), 100 + torch.randn(50, 2)]).double()
    with torch.no_grad():
        model.mean_KD.copy_(torch.tensor([[0.0, 0.0], [100.0, 100.0]]))
    with pytest.raises(UserError, match=r"component 0 has collapsed .* fewer `components`"):
        climb(model, Points(points), 3)


def test_one_component_is_the_gaussian_of_the_moments():
    model = make(1)
    values = climb(model, Points(POINTS), 1)
    torch.testing.assert_close(model.mean_KD[0].detach(), POINTS.mean(0))
    torch.testing.assert_close(covariance(model)[0], torch.cov(POINTS.T, correction=0))
    expected = -1 - math.log(2 * math.pi) - torch.logdet(torch.cov(POINTS.T, correction=0)).item() / 2
    assert values[-1] == pytest.approx(expected)
