"""Objectives on an EBM without its normaliser: against closed forms of Gaussian energies."""

import math

import pytest
import torch
from torch import Tensor, nn

from beyond_mle.errors import UserError
from beyond_mle.objectives.denoising_score_matching import DenoisingScoreMatching
from beyond_mle.objectives.mcmc_ml import MCMCML
from beyond_mle.objectives.score_matching import ScoreMatching
from beyond_mle.types import Regression, RegressionSpec

SPEC = RegressionSpec(inputs=1, low=-8.0, high=8.0)
AT = (0.4, -0.3, 1.7, 0.2)
"""Slope, shift, precision and constant of an EBM."""
BATCH = Regression(torch.linspace(-2, 2, 5)[:, None], torch.linspace(-1, 1, 5))


def make(kind, **options):
    return kind(kind.Options(**options), SPEC)


def error_B(model) -> Tensor:
    """y − a x − b."""
    return BATCH.target_B.double() - model.numbers[0] * BATCH.input_BX[:, 0].double() - model.numbers[1]


def agree(loss, model, expected: Tensor, **tolerance: float) -> None:
    """The reported loss, and the gradient that training follows."""
    torch.testing.assert_close(loss.metrics["loss"], expected.detach(), **tolerance)
    torch.testing.assert_close(loss.total.detach() / loss.count, expected.detach(), **tolerance)
    parts = [torch.autograd.grad(one, [model.numbers])[0] for one in (loss.total / loss.count, expected)]
    torch.testing.assert_close(*parts, **tolerance)


def test_score_matching_of_a_gaussian(gaussian_ebm):
    """−λ + λ² (y − m)²/2."""
    model = gaussian_ebm(*AT)
    precision = model.numbers[2]
    loss = make(ScoreMatching).losses(model, BATCH)["model"]
    agree(loss, model, (-precision + precision**2 * error_B(model).square() / 2).mean(), rtol=1e-6, atol=1e-7)


def test_score_matching_is_least_at_the_truth(gaussian_ebm):
    torch.manual_seed(0)
    batch = Regression(torch.zeros(400_000, 1), 1 + torch.randn(400_000) / 2)
    model = gaussian_ebm(shift=1.0, precision=4.0)
    loss = make(ScoreMatching).losses(model, batch)["model"]
    (found,) = torch.autograd.grad(loss.total / loss.count, [model.numbers])
    assert found.tolist() == pytest.approx([0] * 4, abs=0.03)


def test_an_energy_without_a_second_derivative_cannot_be_matched():
    class Kinked(nn.Module):
        feature_width = 1

        def features(self, input_BX: Tensor) -> Tensor:
            return input_BX

        def energy(self, feature_BD: Tensor, target_BM: Tensor) -> Tensor:
            return (target_BM - feature_BD).relu()

    with pytest.raises(UserError, match="choose a smooth activation for the energy"):
        make(ScoreMatching).losses(Kinked(), BATCH)


@pytest.mark.parametrize("blur", [0.5, 2.0])
def test_denoising_score_matching_of_a_gaussian(blur, gaussian_ebm):
    """E[(−λ (ỹ − m) + ε/s)²] = λ² ((y − m)² + s²) − 2 λ + 1/s²."""
    torch.manual_seed(0)
    model, n = gaussian_ebm(*AT), 200_000
    many = Regression(BATCH.input_BX.repeat(n, 1), BATCH.target_B.repeat(n))
    loss = make(DenoisingScoreMatching, blur=blur).losses(model, many)["model"]
    precision = model.numbers[2]
    expected = (precision**2 * (error_B(model).square() + blur**2) - 2 * precision + 1 / blur**2).mean()
    agree(loss, model, expected, rtol=0.01, atol=0.02)


def test_denoising_score_matching_is_least_at_the_blurred_truth(gaussian_ebm):
    torch.manual_seed(0)
    batch = Regression(torch.zeros(400_000, 1), torch.randn(400_000) / 2)
    model = gaussian_ebm(precision=1 / (0.25 + 0.6**2))
    loss = make(DenoisingScoreMatching, blur=0.6).losses(model, batch)["model"]
    (found,) = torch.autograd.grad(loss.total / loss.count, [model.numbers])
    assert found.tolist() == pytest.approx([0] * 4, abs=0.02)


def test_long_chains_give_the_gradient_of_the_likelihood(gaussian_ebm):
    torch.manual_seed(0)
    model = gaussian_ebm(*AT)
    loss = make(MCMCML, samples=20_000, chain_steps=300, step_size=0.2).losses(model, BATCH)["model"]
    log_p_B = torch.distributions.Normal(0.0, model.numbers[2] ** -0.5).log_prob(error_B(model))
    (found,) = torch.autograd.grad(loss.total / loss.count, [model.numbers])
    (exact,) = torch.autograd.grad(-log_p_B.mean(), [model.numbers])
    torch.testing.assert_close(found, exact, rtol=0, atol=0.03)


def test_short_chains_stay_near_the_data(gaussian_ebm):
    """One step of length λ moves a target by λ²/2 ∂f/∂y on average, and spreads it by λ."""
    torch.manual_seed(0)
    model = gaussian_ebm(precision=2.0)
    objective = make(MCMCML, samples=1, chain_steps=1, step_size=0.1)
    ends = objective.chains(model, torch.zeros(1, 1), torch.full((1, 400_000), 3.0, dtype=torch.float64))
    assert not ends.requires_grad
    assert ends.mean().item() == pytest.approx(3 - 0.01 / 2 * 2 * 3, abs=0.001)
    assert ends.std().item() == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("kind", [ScoreMatching, DenoisingScoreMatching, MCMCML])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_target_that_is_no_number_is_an_error(kind, wrong, gaussian_ebm):
    with pytest.raises(UserError, match="a target of the training data is not a finite number"):
        make(kind).losses(gaussian_ebm(), Regression(torch.zeros(2, 1), torch.tensor([0.5, wrong])))


@pytest.mark.parametrize("kind", [ScoreMatching, DenoisingScoreMatching, MCMCML])
def test_constant_targets_give_finite_losses(kind, gaussian_ebm):
    model = gaussian_ebm()
    loss = make(kind).losses(model, Regression(torch.zeros(3, 1), torch.full((3,), 0.5)))["model"]
    assert loss.metrics["loss"].isfinite()
    (found,) = torch.autograd.grad(loss.total, [model.numbers])
    assert found.isfinite().all()
